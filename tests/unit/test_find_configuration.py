# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding a configuration: with what is known from an earlier task, and never deceived by it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal, Unseen
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import configuration, find_configuration, job
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET, FakeGraph, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Faulty, Link, SourceService, new_job

SECRETS = "/synchronization/secrets"


def link(name: str = "Fabrikam", **rest: Any) -> Link:
    return Link(name, {"CompanyId": TARGET}, [new_job()], **rest)


def find(client: FakeGraph, name: str = "Fabrikam") -> str | None:
    """The id of what is found, and its secrets with it."""
    found, bodies = find_configuration.find_with(client, name, SECRETS)
    assert len(bodies) == (1 if found else 0)
    return found.id if found else None


def fresh(client: FakeGraph) -> list[str]:
    """The ways taken since, one for each request or batch."""
    ways = ["batch" if batch else "" for batch in client.batches] + [one.path for one in client.sent if "$filter" in one.path]
    client.batches.clear()
    client.sent.clear()
    return ways


class TestMemory:
    def test_the_first_look_lists_and_the_second_is_one_batch(self) -> None:
        one = link()
        client = FakeGraph(SourceService([link("Other"), one]))
        assert find(client) == one.id
        assert len(fresh(client)) == 1
        assert find(client, "FABRIKAM") == one.id
        assert fresh(client) == ["batch"]

    def test_an_id_is_one_batch(self) -> None:
        one = link()
        client = FakeGraph(SourceService([one]))
        assert find(client, one.id) == one.id
        assert fresh(client) == ["batch"]

    @pytest.mark.parametrize("change", ["gone", "renamed", "another template", "made anew"])
    def test_what_is_outdated_is_looked_up_again(self, change: str) -> None:
        one, new = link(), link()
        service = SourceService([one])
        client = FakeGraph(service)
        find(client)
        expected: str | None = None
        if change == "renamed":
            one.name = "Contoso"
        elif change == "another template":
            one.template_id = None
            expected = one.id
        else:
            service.links = [] if change == "gone" else [new]
            expected = None if change == "gone" else new.id
        fresh(client)
        assert find(client) == expected
        assert len(fresh(client)) == 2
        assert find(client) == expected

    def test_absence_is_never_remembered(self) -> None:
        service = SourceService([])
        client = FakeGraph(service)
        assert find(client) is None
        service.links = [link()]
        assert find(client) == service.links[0].id

    def test_a_part_that_is_not_there_is_a_failure(self) -> None:
        one = link()
        client = FakeGraph(Faulty(SourceService([one]), {"secrets": [refusal(404, "Request_ResourceNotFound")] * 2}))
        with pytest.raises(ServiceError):
            find(client, one.id)

    def test_a_name_that_two_have_is_refused_even_if_one_serves_the_target(self) -> None:
        other = link()
        other.bag = {"CompanyId": SOURCE}
        client = FakeGraph(SourceService([link(), other]))
        configuration.read(client, configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET)))
        with pytest.raises(Refusal, match="there are 2 configurations"):
            find(client)


class TestSchema:
    def seen(self, service: SourceService | Faulty) -> FakeGraph:
        """A client of a run in which sync_configuration came first."""
        client = FakeGraph(service)
        configuration.read(client, configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET)))
        fresh(client)
        return client

    def test_it_comes_with_the_job_in_one_batch(self) -> None:
        one = link()
        client = self.seen(SourceService([one]))
        there, schema = job.find_with_schema(client, "Fabrikam")
        assert there.job == one.jobs[0]
        assert schema == one.schema
        assert (len(client.batches), len(client.sent)) == (1, 3)

    def test_of_a_job_that_was_made_anew(self) -> None:
        one = link()
        client = self.seen(SourceService([one]))
        one.jobs = [new_job("2")]
        there, schema = job.find_with_schema(client, "Fabrikam")
        assert there.job == one.jobs[0]
        assert schema == one.schema

    def test_without_a_job(self) -> None:
        one = link()
        client = self.seen(SourceService([one]))
        one.jobs = []
        there, schema = job.find_with_schema(client, "Fabrikam")
        assert there.configuration is not None
        assert there.job is schema is None

    def test_without_a_configuration(self) -> None:
        assert job.find_with_schema(FakeGraph(SourceService([])), "Fabrikam") == (job.Current(None, None), None)

    def test_sync_configuration_forgets_what_is_gone(self) -> None:
        service = SourceService([link()])
        client = self.seen(service)
        service.links = []
        configuration.read(client, configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET)))
        client.sent.clear()
        assert find(client) is None
        assert len(client.sent) == 1

    def test_sync_configuration_makes_no_second_one_for_a_replica_that_does_not_list_the_first(self) -> None:
        """Fact sheet 0.3: what one read shows, the next may not know."""
        service = Faulty(SourceService([link()]), {})
        client = self.seen(service)
        service.faults = {r"GET /servicePrincipals\?": [Reply(200, {"value": []}) for _look in range(2)]}
        wanted = options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET)
        with pytest.raises(Unseen, match="does not list it yet"):
            configuration.read(client, configuration.desired(wanted))
        assert configuration.read(client, configuration.desired({**wanted, "state": "absent"})).found == ()
