# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding a configuration: with the ids that an earlier task has recorded, which may be outdated."""

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
    """The id of the configuration that is found, together with its secrets."""
    found, bodies = find_configuration.find_with(client, name, SECRETS)
    assert len(bodies) == (1 if found else 0)
    return found.id if found else None


def fresh(client: FakeGraph) -> list[str]:
    """The listings and batches sent since the last call: ``batch``, or the path of a listing."""
    ways = ["batch" if batch else "" for batch in client.batches] + [request.path for request in client.sent if "$filter" in request.path]
    client.batches.clear()
    client.sent.clear()
    return ways


class TestRecordedIds:
    def test_the_first_search_lists_and_the_second_is_a_single_batch(self) -> None:
        fabrikam = link()
        client = FakeGraph(SourceService([link("Other"), fabrikam]))
        assert find(client) == fabrikam.id
        assert len(fresh(client)) == 1
        assert find(client, "FABRIKAM") == fabrikam.id
        assert fresh(client) == ["batch"]

    def test_an_id_is_a_single_batch(self) -> None:
        fabrikam = link()
        client = FakeGraph(SourceService([fabrikam]))
        assert find(client, fabrikam.id) == fabrikam.id
        assert fresh(client) == ["batch"]

    @pytest.mark.parametrize("change", ["removed", "renamed", "another template", "created again"])
    def test_an_outdated_id_is_searched_for_again(self, change: str) -> None:
        fabrikam, new = link(), link()
        service = SourceService([fabrikam])
        client = FakeGraph(service)
        find(client)
        expected: str | None = None
        if change == "renamed":
            fabrikam.name = "Contoso"
        elif change == "another template":
            fabrikam.template_id = None
            expected = fabrikam.id
        else:
            service.links = [] if change == "removed" else [new]
            expected = None if change == "removed" else new.id
        fresh(client)
        assert find(client) == expected
        assert len(fresh(client)) == 2
        assert find(client) == expected

    def test_absence_is_never_recorded(self) -> None:
        service = SourceService([])
        client = FakeGraph(service)
        assert find(client) is None
        service.links = [link()]
        assert find(client) == service.links[0].id

    def test_a_missing_part_is_a_failure(self) -> None:
        fabrikam = link()
        client = FakeGraph(Faulty(SourceService([fabrikam]), {"secrets": [refusal(404, "Request_ResourceNotFound")] * 2}))
        with pytest.raises(ServiceError):
            find(client, fabrikam.id)

    def test_a_name_of_two_configurations_is_refused_even_if_only_one_serves_the_target(self) -> None:
        other = link()
        other.bag = {"CompanyId": SOURCE}
        client = FakeGraph(SourceService([link(), other]))
        configuration.read(client, configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET)))
        with pytest.raises(Refusal, match="there are 2 configurations"):
            find(client)

    def test_an_unknown_id_is_no_name_to_search_for(self) -> None:
        client = FakeGraph(SourceService([link()]))
        assert find(client, SOURCE) is None
        assert not [request.path for request in client.sent if "$filter" in request.path]

    def test_a_configuration_may_have_lost_its_role(self) -> None:
        """Somebody can remove it from the application (fact F51)."""
        found = find_configuration.configuration({"id": "1", "appId": "2", "displayName": "Fabrikam", "appRoles": [{"id": "3"}]})
        assert found == find_configuration.Configuration("1", "2", "Fabrikam", None)

    def test_nothing_is_read_for_a_name_that_nobody_has_recorded(self) -> None:
        client = FakeGraph(SourceService([link()]))
        assert find_configuration.find_recorded(client, "Fabrikam") is None
        assert client.sent == []

    @pytest.mark.parametrize(("name", "found"), [("FABRIKAM", True), ("Contoso", False)])
    def test_a_recorded_id_counts_while_the_configuration_has_the_name(self, name: str, found: bool) -> None:
        fabrikam = link()
        client = FakeGraph(SourceService([fabrikam]))
        find(client)
        fabrikam.name = name
        assert (find_configuration.find_recorded(client, "Fabrikam") is not None) is found

    def test_the_job_is_known_by_the_name_and_by_the_id(self) -> None:
        fabrikam = link()
        client = FakeGraph(SourceService([fabrikam]))
        configuration.read(client, configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET)))
        for name in ("fabrikam", fabrikam.id):
            assert find_configuration.known_job(client, name) == fabrikam.jobs[0]["id"]
        assert find_configuration.known_job(client, "Other") is None

    def test_without_anything_below_it(self) -> None:
        fabrikam = link()
        found = find_configuration.find(FakeGraph(SourceService([fabrikam])), "fabrikam")
        assert found == find_configuration.Configuration(fabrikam.id, fabrikam.app_id, "Fabrikam", fabrikam.role_id)
        assert find_configuration.find(FakeGraph(SourceService([])), "Fabrikam") is None


class TestServing:
    """The configurations that need the trust of a target."""

    LINKS = (
        Link("Guests", {"CompanyId": TARGET.upper()}, id="guests"),
        Link("Elsewhere", {"CompanyId": SOURCE}, id="elsewhere"),
        Link("Empty", id="empty"),
        Link("Fabrikam", {"CompanyId": TARGET}, id="fabrikam"),
    )

    @pytest.mark.parametrize("check_mode", [False, True], ids=["run", "check mode"])
    def test_those_that_are_or_would_be_left(self, check_mode: bool) -> None:
        """A replica may list a removed one for a while (fact F14), and in check mode it is still there."""
        client = FakeGraph(SourceService(list(self.LINKS)))
        client.check_mode = check_mode
        assert [found.name for found in find_configuration.serving(client, TARGET)] == ["Fabrikam", "Guests"]
        find_configuration.record_removal(client, "guests")
        assert [found.name for found in find_configuration.serving(client, TARGET)] == ["Fabrikam"]
        assert [found.id for found in find_configuration.configurations(client)] == [
            "elsewhere",
            "empty",
            "fabrikam",
            *(["guests"] if check_mode else []),
        ]

    @pytest.mark.parametrize(("check_mode", "state"), [(False, "Disabled"), (True, "Active")], ids=["run", "check mode"])
    def test_in_check_mode_a_job_runs_that_would_have_been_started(self, check_mode: bool, state: str) -> None:
        client = FakeGraph(SourceService([link(id="fabrikam")]))
        client.check_mode = check_mode
        (found,) = find_configuration.configurations(client)
        assert find_configuration.foreseen(client, found, [new_job()]) == [new_job()]
        find_configuration.record_start(client, "fabrikam")
        assert find_configuration.foreseen(client, found, [new_job()]) == [
            new_job(state="Disabled") | {"schedule": {"interval": "PT40M", "state": state}}
        ]


class TestSchema:
    def read_before(self, service: SourceService | Faulty) -> FakeGraph:
        """A client of a run in which sync_configuration came first."""
        client = FakeGraph(service)
        configuration.read(client, configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET)))
        fresh(client)
        return client

    def test_is_read_with_the_job_in_a_single_batch(self) -> None:
        fabrikam = link()
        client = self.read_before(SourceService([fabrikam]))
        found, schema = job.find_with_schema(client, "Fabrikam")
        assert found.job == fabrikam.jobs[0]
        assert schema == fabrikam.schema
        assert (len(client.batches), len(client.sent)) == (1, 3)

    def test_of_a_job_that_was_created_again(self) -> None:
        fabrikam = link()
        client = self.read_before(SourceService([fabrikam]))
        fabrikam.jobs = [new_job("2")]
        found, schema = job.find_with_schema(client, "Fabrikam")
        assert found.job == fabrikam.jobs[0]
        assert schema == fabrikam.schema

    def test_without_a_job(self) -> None:
        fabrikam = link()
        client = self.read_before(SourceService([fabrikam]))
        fabrikam.jobs = []
        found, schema = job.find_with_schema(client, "Fabrikam")
        assert found.configuration is not None
        assert found.job is schema is None

    def test_without_a_configuration(self) -> None:
        assert job.find_with_schema(FakeGraph(SourceService([])), "Fabrikam") == (job.Current(None, None), None)

    def test_sync_configuration_discards_the_id_of_a_removed_configuration(self) -> None:
        service = SourceService([link()])
        client = self.read_before(service)
        service.links = []
        configuration.read(client, configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET)))
        client.sent.clear()
        assert find(client) is None
        assert len(client.sent) == 1

    def test_sync_configuration_creates_no_second_configuration_if_a_replica_does_not_list_the_first(self) -> None:
        """Fact F14: an object that a read returns may be missing in the next."""
        service = Faulty(SourceService([link()]), {})
        client = self.read_before(service)
        service.faults = {r"GET /servicePrincipals\?": [Reply(200, {"value": []}) for _read in range(2)]}
        wanted = options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET)
        with pytest.raises(Unseen, match="does not list it yet"):
            configuration.read(client, configuration.desired(wanted))
        assert configuration.read(client, configuration.desired({**wanted, "state": "absent"})).found == ()
