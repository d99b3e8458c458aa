# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planners are pure functions and do not change what was read, so a later use of it is correct."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal, Resource
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import (
    configuration,
    job,
    link,
    link_comparison,
    partner,
    scope,
    settings_bag,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.tests.unit import test_properties as properties
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET, FakeGraph, Outcome, Reply
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, PartnerService, SourceService, new_job

QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
EXTENSION = "extension_0123456789abcdef0123456789abcdef_costCenter"


class Watched:
    """A service that records every body it returned, to check whether it was changed."""

    def __init__(self, service: Any) -> None:
        self._service = service
        self._given: list[tuple[Any, Any]] = []

    def __call__(self, request: Request) -> Outcome:
        """Answer a request."""
        outcome: Outcome = self._service(request)
        if isinstance(outcome, Reply):
            self._given.append((outcome.body, copy.deepcopy(outcome.body)))
        return outcome

    def untouched(self) -> bool:
        """Whether every body is unchanged."""
        return all(now == then for now, then in self._given)


def pure(resource: Resource[Any, Any], service: Any, wanted: Any) -> None:
    """Check that planning changes neither the current nor the desired state, and gives the same plan again."""
    watched = Watched(service)
    try:
        current = resource.read(FakeGraph(watched), wanted)
    except Refusal:
        return
    before = copy.deepcopy((current, wanted))
    plans = []
    for _time in range(2):
        with contextlib.suppress(Refusal):
            plan = resource.plan(current, wanted)
            plans.append(
                (plan.before, plan.after, plan.facts, plan.change_facts, [(str(action), action.requests) for action in plan.actions])
            )
        assert (current, wanted) == before
        assert watched.untouched()
    assert plans[:1] == plans[1:]


def definitions(names: list[str]) -> list[dict[str, Any]]:
    return [{"name": name, "type": "String", "multivalued": False, "required": False} for name in names]


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    """The schemas of the property tests, mostly with directories, in which an extension is declared."""
    made = draw(properties.schemas())
    made["synchronizationRules"][0] |= {"sourceDirectoryName": "source", "targetDirectoryName": "target"}
    names = [*properties.NAMES, *(row["targetAttributeName"] for row in properties.people_of(made)["attributeMappings"])]
    if draw(st.booleans()):
        made["directories"] = [
            {"name": side, "objects": [{"name": "User", "attributes": definitions(names)}]} for side in ("source", "target")
        ]
    return made


extension = st.sampled_from(
    [
        [{"target": EXTENSION, "source": EXTENSION}],
        [{"target": "city", "expression": f'Append([{EXTENSION}], "x")'}],
        [{"target": EXTENSION, "state": "absent"}],
    ]
)
mapping_options = st.one_of(
    properties.mapping_options,
    st.fixed_dictionaries({"mappings": extension}, optional={"reset": st.booleans(), "exact": st.booleans()}),
    st.fixed_dictionaries({"mappings": extension, "restore": schemas()}),
)


class TestPlanners:
    @QUICK
    @given(schemas(), mapping_options)
    def test_mapping(self, current_schema: dict[str, Any], given_: dict[str, Any]) -> None:
        link_ = Link("Fabrikam", jobs=[new_job()], schema=current_schema, template=copy.deepcopy(current_schema))
        pure(mapping.RESOURCE, SourceService([link_]), mapping.desired(options("sync_mapping", configuration="Fabrikam", **given_)))

    @QUICK
    @given(schemas(), mapping_options)
    def test_the_backup_is_what_was_read(self, current_schema: dict[str, Any], given_: dict[str, Any]) -> None:
        """Byte for byte: it does not contain an extension that planning declares."""
        link_ = Link("Fabrikam", jobs=[new_job()], schema=copy.deepcopy(current_schema), template=copy.deepcopy(current_schema))
        wanted = mapping.desired(options("sync_mapping", configuration="Fabrikam", **given_))
        current = mapping.read(FakeGraph(SourceService([link_])), wanted)
        with contextlib.suppress(Refusal):
            plan = mapping.plan(current, wanted)
            assert plan.change_facts["backup"] == (current_schema if plan.actions else None)

    @QUICK
    @given(properties.partner_services, properties.our_settings, properties.inherited, st.sampled_from(["present", "absent"]))
    def test_partner(self, service: PartnerService, given_: dict[str, Any], inherit: list[str], state: str) -> None:
        pure(partner.RESOURCE, service, properties.wanted_partner(given_ if state == "present" else {}, inherit, state))

    @QUICK
    @given(
        properties.bags, properties.source_services, st.integers(0, 1), st.none() | st.just("a@x"), st.sampled_from(["present", "absent"])
    )
    def test_configuration(self, bag: dict[str, str], service: SourceService, jobs: int, email: str | None, state: str) -> None:
        service.links.append(Link("Fabrikam", dict(bag), [new_job(str(number)) for number in range(jobs)]))
        given_ = {"notification_email": email} if state == "present" else {}
        pure(
            configuration.RESOURCE,
            service,
            configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET, state=state, **given_)),
        )

    @QUICK
    @given(
        properties.bags,
        st.lists(properties.user_number, unique=True),
        st.lists(properties.user_number, unique=True, min_size=1),
        st.none() | st.sampled_from(["all", "assigned"]),
        st.booleans(),
    )
    def test_scope(self, bag: dict[str, str], current_schema: list[int], named: list[int], mode: str | None, exact: bool) -> None:
        link_ = Link("Fabrikam", {**bag, settings_bag.NOTIFICATION: "{}"}, [new_job()])
        for number in current_schema:
            link_.assign(properties.PEOPLE[number]["id"])
        users = [properties.PEOPLE[number]["userPrincipalName"] for number in named]
        wanted = scope.desired(options("sync_scope", configuration="Fabrikam", users=users, mode=mode, exact=exact, max_removals=100))
        pure(scope.RESOURCE, SourceService([link_], properties.PEOPLE), wanted)

    @QUICK
    @given(
        st.sampled_from(["Active", "Disabled", "Paused"]), st.sampled_from(["started", "paused", "restarted", "absent"]), st.integers(0, 1)
    )
    def test_job(self, schedule: str, state: str, jobs: int) -> None:
        made = [new_job() for _number in range(jobs)]
        for body in made:
            body["schedule"]["state"] = schedule
        reason = {"restart_reason": "reevaluate_all"} if state == "restarted" else {}
        wanted = job.desired(options("sync_job", configuration="Fabrikam", state=state, **reason))
        pure(job.RESOURCE, SourceService([Link("Fabrikam", {}, made)]), wanted)


class TestLooking:
    @QUICK
    @given(schemas(), properties.mapping_options, properties.bags)
    def test_a_link_is_compared_without_changing_what_was_read(
        self, current_schema: dict[str, Any], given_: dict[str, Any], bag: dict[str, str]
    ) -> None:
        """Each body is read once and used by several planners."""
        source, policy = SourceService([Link("Fabrikam", dict(bag), [new_job()], schema=current_schema)]), PartnerService({})
        service = Watched(lambda request: (policy if request.path.startswith("/policies") else source)(request))
        given_options = {name: value for name, value in given_.items() if name in link.MAPPING}
        connection = {"tenant_id": SOURCE, "cloud": "global"}
        params = options(
            "link_info", configuration="Fabrikam", target={**connection, "tenant_id": TARGET}, stop_at_difference=False, **given_options
        )
        with contextlib.suppress(Refusal):
            link_comparison.in_source(FakeGraph(service), params)
        assert service.untouched()
