# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties that hold from any start: applying a plan leaves nothing to do, check mode predicts it, and what is not ours stays.

The models of the service behave in every way that the documents leave open (fact sheet 1.2, 1.3 and 3.4).
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Mapping
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal, Resource, apply
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import (
    configuration,
    mapping,
    partner,
    schema,
    scope,
    settings_bag,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.expression import attribute_source, constant_source
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner import ACCESS, REDEMPTION, SETTINGS, TRUST
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import TARGET, FakeGraph, Outcome
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import EMPTY_ENTRY, Link, PartnerService, SourceService, new_job

Desired = TypeVar("Desired")
Current = TypeVar("Current")

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
maybe = st.none() | st.booleans()


def planned(resource: Resource[Desired, Current], client: Client, wanted: Desired) -> Plan:
    return resource.plan(resource.read(client, wanted), wanted)


def converge(resource: Resource[Desired, Current], service: Any, wanted: Desired) -> tuple[Plan, Plan]:
    """Plan, apply, and plan again."""
    client = FakeGraph(service)
    first = planned(resource, client, wanted)
    assert client.writes == [] or all("getByIds" in one or "parseExpression" in one for one in client.writes)
    apply(first, client, client.clock.pace(0))
    return first, planned(resource, client, wanted)


# ----------------------------------------------------------------------------------------------------------- the partner entry

# All four are handled alike, and test_partner.py goes through each.
SOME_ACCESS = ("b2b_collaboration_inbound", "b2b_direct_connect_outbound")
target = st.sampled_from(["AllUsers", "0f6d0b1c-2d3e-4f50-8a61-7b8c9d0e1f2a", "1f6d0b1c-2d3e-4f50-8a61-7b8c9d0e1f2a"])
raw_targets = st.lists(
    st.fixed_dictionaries({"target": target, "targetType": st.sampled_from(["user", "group"])}),
    max_size=3,
    unique_by=lambda one: tuple(one.values()),
)
raw_part = st.none() | st.fixed_dictionaries({"accessType": st.sampled_from(["allowed", "blocked"]), "targets": raw_targets})
raw_access = st.none() | st.fixed_dictionaries({"usersAndGroups": raw_part, "applications": raw_part})
raw_trust = st.none() | st.fixed_dictionaries({**dict.fromkeys(TRUST.values(), maybe), "isCompliantNetworkAccepted": maybe})
entries = st.none() | st.fixed_dictionaries(
    {
        "automaticUserConsentSettings": st.fixed_dictionaries(dict.fromkeys(REDEMPTION.values(), maybe)),
        "inboundTrust": raw_trust,
        **{ACCESS[ours]: raw_access for ours in SOME_ACCESS},
        "crossCloudMeetingConfiguration": st.fixed_dictionaries({"inboundAllowed": maybe, "outboundAllowed": maybe}),
        "tenantRestrictions": st.none() | st.just({"devices": {"mode": "allowed"}}),
        "somethingNew": st.none() | st.integers(),
    }
).map(lambda members: {**EMPTY_ENTRY, **members})
policies = st.none() | st.fixed_dictionaries(
    {
        "displayName": st.none() | st.sampled_from(["Contoso", "old"]),
        "userSyncInbound": st.none() | st.fixed_dictionaries({"isSyncAllowed": maybe}),
    },
    optional={"groupSyncInbound": st.just({"isSyncAllowed": True})},
)
partner_services = st.builds(
    lambda entry, policy, merges, expands: PartnerService(entry, policy if entry is not None else None, merges=merges, expands=expands),
    entries,
    policies,
    st.booleans(),
    st.booleans(),
)

our_targets = st.lists(
    st.fixed_dictionaries({"target": target, "target_type": st.sampled_from(["user", "group"])}),
    max_size=3,
    unique_by=lambda one: tuple(one.values()),
)
our_part = st.fixed_dictionaries({"access_type": st.sampled_from(["allowed", "blocked"]), "targets": our_targets})
our_access = st.fixed_dictionaries({}, optional={"users_and_groups": our_part, "applications": our_part})
our_settings = st.fixed_dictionaries(
    {},
    optional={
        "user_sync_inbound": st.booleans(),
        "group_sync_inbound": st.booleans(),
        **dict.fromkeys(REDEMPTION, st.booleans()),
        "inbound_trust": st.fixed_dictionaries({}, optional=dict.fromkeys(TRUST, maybe)),
        **dict.fromkeys(SOME_ACCESS, our_access),
        "display_name": st.sampled_from(["Contoso", "new"]),
    },
)
inherited = st.lists(st.sampled_from(SETTINGS), unique=True)


def wanted_partner(given_: Mapping[str, Any], inherit: list[str], state: str = "present") -> partner.Desired:
    chosen = [one for one in inherit if one not in given_]
    return partner.desired(options("cross_tenant_policy", partner_tenant_id=TARGET, state=state, inherit=chosen or None, **given_))


def ours_of(service: PartnerService) -> dict[str, Any]:
    return {} if service.entry is None else dict(partner.settings(service.entry, service.policy or {}))


class TestPartner:
    @QUICK
    @given(partner_services, our_settings, inherited)
    def test_nothing_is_left_to_do(self, service: PartnerService, given_: dict[str, Any], inherit: list[str]) -> None:
        first, second = converge(partner.RESOURCE, service, wanted_partner(given_, inherit))
        assert second.actions == ()
        assert second.facts == first.facts
        assert second.before == second.after == first.after

    @QUICK
    @given(partner_services, our_settings, inherited)
    def test_settings_that_are_not_named_never_change(self, service: PartnerService, given_: dict[str, Any], inherit: list[str]) -> None:
        before = ours_of(copy.deepcopy(service))
        converge(partner.RESOURCE, service, wanted_partner(given_, inherit))
        after = ours_of(service)
        for name in {*before} - {*given_} - {*inherit}:
            assert after[name] == before[name], name
        for name in ("inbound_trust", *ACCESS):
            members = {member for member, value in given_.get(name, {}).items() if value is not None}
            for member in {*((before.get(name) or {}) if name in given_ else ())} - members:
                assert (after[name] or {}).get(member) == before[name][member], (name, member)

    @QUICK
    @given(partner_services, our_settings, inherited)
    def test_what_we_do_not_know_survives(self, service: PartnerService, given_: dict[str, Any], inherit: list[str]) -> None:
        before = copy.deepcopy(service)
        converge(partner.RESOURCE, service, wanted_partner(given_, inherit))
        assume(before.entry is not None)
        assert before.entry is not None
        assert service.entry is not None
        for name in ("crossCloudMeetingConfiguration", "tenantRestrictions", "somethingNew", "isServiceProvider"):
            assert service.entry[name] == before.entry[name]
        if before.policy and "group_sync_inbound" not in given_:
            assert (service.policy or {}).get("groupSyncInbound") == before.policy.get("groupSyncInbound")
        unknown = (before.entry["inboundTrust"] or {}).get("isCompliantNetworkAccepted")
        if unknown is not None and "inbound_trust" not in inherit:
            assert service.entry["inboundTrust"]["isCompliantNetworkAccepted"] == unknown

    @QUICK
    @given(partner_services, our_settings)
    def test_what_is_named_is_so_afterwards(self, service: PartnerService, given_: dict[str, Any]) -> None:
        converge(partner.RESOURCE, service, wanted_partner(given_, []))
        after = ours_of(service)
        for name in ("user_sync_inbound", "display_name", *REDEMPTION):
            if name in given_:
                assert after[name] == given_[name]
        for name, value in given_.get("inbound_trust", {}).items():
            assert value is None or after["inbound_trust"][name] == value

    @QUICK
    @given(partner_services, inherited)
    def test_taking_away_leaves_nothing_to_do(self, service: PartnerService, inherit: list[str]) -> None:
        before = copy.deepcopy(service)
        first, second = converge(partner.RESOURCE, service, wanted_partner({}, inherit, "absent"))
        assert second.actions == ()
        assert second.facts == first.facts
        if not inherit:
            assert service.entry is None
            assert service.policy is None
        elif service.entry is not None and before.entry is not None:
            kept, was = ours_of(service), ours_of(before)
            # These two belong to the identity synchronization and go with it.
            for name in {*was} - {*inherit} - {"display_name", "group_sync_inbound"}:
                assert kept[name] == was[name]

    @QUICK
    @given(partner_services, inherited.filter(bool))
    def test_a_shared_entry_is_not_taken_from_others(self, service: PartnerService, inherit: list[str]) -> None:
        before = ours_of(copy.deepcopy(service))
        converge(partner.RESOURCE, service, wanted_partner({}, inherit, "absent"))
        foreign = {
            name
            for name, value in before.items()
            if name not in (*inherit, "display_name", "group_sync_inbound") and isinstance(value, bool)
        }
        assert service.entry is not None or not foreign


# ----------------------------------------------------------------------------------------------------------- the settings bag

keys = st.sampled_from(["CompanyId", "AuthenticationType", "SyncAll", "Domain", "SomethingNew", "Password"])
values = st.sampled_from(["x", "true", "True", "false", TARGET, TARGET.upper()])
members = st.dictionaries(
    st.sampled_from(
        ["Enabled", "Recipients", "DeleteThresholdEnabled", "DeleteThresholdValue", "HumanResourcesLookaheadQueryEnabled", "New"]
    ),
    st.booleans() | st.integers(0, 999) | st.sampled_from(["a@x", ""]),
    max_size=6,
)
notifications = members.map(lambda one: {settings_bag.NOTIFICATION: json.dumps(one)}) | st.sampled_from(
    [{}, {settings_bag.NOTIFICATION: "broken"}]
)
masked = st.sampled_from([{}, {"Password": settings_bag.MASKED}, {"SecretToken": settings_bag.MASKED}])
bags = st.builds(
    lambda bag, notification, secret: {**bag, **notification, **secret}, st.dictionaries(keys, values, max_size=6), notifications, masked
)
source_services = st.builds(SourceService, replaces=st.booleans(), rewrites=st.booleans())


class TestSettingsBag:
    @QUICK
    @given(bags, st.dictionaries(keys, st.sampled_from(["x", "y"]), max_size=3), members, st.booleans())
    def test_what_is_not_ours_survives_whether_the_service_merges_or_replaces(
        self, bag: dict[str, str], values_: dict[str, str], members_: dict[str, Any], replaces: bool
    ) -> None:
        new = settings_bag.merged(bag, values_, members_)
        service = SourceService([Link("F", dict(bag), id="sp")], replaces=replaces)
        service(settings_bag.write("/servicePrincipals/sp/synchronization", new))
        after = service.links[0].bag
        for key in {*bag} - {*values_} - {settings_bag.NOTIFICATION}:
            # Only a masked value may be lost, and only where the service replaces (fact sheet 3.4).
            assert after.get(key) == bag[key] or (bag[key] == settings_bag.MASKED and replaces)
        assert {key: after[key] for key in values_} == values_
        assert settings_bag.notification(after) == {**settings_bag.notification(bag), **members_}
        assert settings_bag.merged(after, values_, members_) == after

    @QUICK
    @given(
        bags,
        source_services,
        st.integers(0, 3),
        st.none() | st.sampled_from(["a@x", "b@x"]),
        st.sampled_from([0, 20, 500]),
        st.booleans(),
    )
    def test_a_configuration_converges(
        self, bag: dict[str, str], service: SourceService, jobs: int, email: str | None, threshold: int, test_connection: bool
    ) -> None:
        link = Link("Fabrikam", dict(bag), [new_job(str(one)) for one in range(min(jobs, 1))])
        service.links.append(link)
        wanted = configuration.desired(
            options(
                "sync_configuration",
                name="Fabrikam",
                target_tenant_id=TARGET,
                notification_email=email,
                deletion_threshold=threshold,
                test_connection=test_connection,
            )
        )
        try:
            first, second = converge(configuration.RESOURCE, service, wanted)
        except Refusal:
            # It serves somebody else.
            assert bag.get("CompanyId", TARGET).lower() != TARGET
            return
        assert second.actions == ()
        assert second.after == first.after
        assert len(service.links) == 1
        before, after = settings_bag.notification(bag), settings_bag.notification(service.links[0].bag)
        for name in ("HumanResourcesLookaheadQueryEnabled", "New", *(() if email else ("Enabled", "Recipients"))):
            assert name not in before or after.get(name) == before[name]
        for key in {*bag} - {"CompanyId", "AuthenticationType", settings_bag.NOTIFICATION}:
            assert service.links[0].bag.get(key) == bag[key] or bag[key] == settings_bag.MASKED

    @QUICK
    @given(bags, source_services, st.none() | st.sampled_from(["all", "assigned"]))
    def test_the_scope_mode_converges(self, bag: dict[str, str], service: SourceService, mode: str | None) -> None:
        service.links.append(Link("Fabrikam", dict(bag)))
        _first, second = converge(
            scope.RESOURCE, service, scope.desired(options("sync_scope", configuration="Fabrikam", mode=mode, allow_empty=True))
        )
        assert second.actions == ()
        if mode is None:
            assert service.links[0].bag == bag
        else:
            assert settings_bag.synchronizes_all(service.links[0].bag) is (mode == "all")


# ----------------------------------------------------------------------------------------------------------- assignments

PEOPLE = [
    {"id": f"00000000-0000-4000-8000-{number:012}", "userPrincipalName": f"person{number}@contoso.kr", "mail": f"p{number}@x"}
    for number in range(8)
]
somebody = st.integers(0, len(PEOPLE) - 1)


class TestScope:
    @QUICK
    @given(
        st.lists(st.tuples(somebody, st.booleans()), unique=True),
        st.lists(somebody, unique=True, min_size=1),
        st.booleans(),
        st.sampled_from(["present", "absent"]),
    )
    def test_assignments_converge(self, there: list[tuple[int, bool]], named: list[int], exact: bool, state: str) -> None:
        link = Link("Fabrikam", {"SyncAll": "false"})
        for number, effective in there:
            link.assign(PEOPLE[number]["id"], role_id=None if effective else "00000000-0000-0000-0000-000000000000")
        service = SourceService([link], PEOPLE)
        wanted = scope.desired(
            options(
                "sync_scope",
                configuration="Fabrikam",
                users=[PEOPLE[number]["userPrincipalName"] for number in named],
                exact=exact and state == "present",
                state=state,
                allow_empty=True,
            )
        )
        first, second = converge(scope.RESOURCE, service, wanted)
        assert second.actions == ()
        assert second.facts["scope"] == first.facts["scope"]
        in_scope = {one["principalId"] for one in service.links[0].assignments if one["appRoleId"] == link.role_id}
        who = {PEOPLE[number]["id"] for number in named}
        before = {PEOPLE[number]["id"] for number, counts in there if counts}
        assert in_scope == (before - who if state == "absent" else who if exact else before | who)


# ----------------------------------------------------------------------------------------------------------- mappings

NAMES = ("city", "department", "displayName", "companyName", "userType", "showInAddressList", "mail")
EXPRESSIONS = ('Append([displayName], " x")', "ToUpper([city])", "[mail]", '"text"', 'IIF([city]="Seoul", "a", [mail])')
raw_source = st.one_of(
    st.none(),
    st.sampled_from(NAMES).map(attribute_source),
    st.sampled_from(["Member", "true", "True", ""]).map(constant_source),
    st.sampled_from(EXPRESSIONS).map(
        lambda text: {"type": "Function", "name": text.partition("(")[0], "expression": text, "parameters": []}
    ),
    st.just({"type": "Function", "name": "New", "expression": "New {syntax}", "parameters": []}),
)
raw_row = st.fixed_dictionaries(
    {
        "source": raw_source,
        "flowType": st.sampled_from(["Always", "ObjectAddOnly", "ValueAddOnly", None]),
        "defaultValue": st.sampled_from([None, "", "d"]),
    },
    optional={"unknown": st.integers(), "flowBehavior": st.just("FlowAlways")},
)
raw_group = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "b"]),
        "clauses": st.lists(
            st.fixed_dictionaries(
                {
                    "sourceOperandName": st.sampled_from(NAMES[:2]),
                    "operatorName": st.just("EQUALS"),
                    "targetOperand": st.just({"values": ["1"]}),
                },
                optional={"unknown": st.just(1)},
            ),
            max_size=2,
        ),
    }
)
BUILT_IN = [
    {
        "name": "Filter external users",
        "clauses": [{"sourceOperandName": "alternativeSecurityIds", "operatorName": "EQUALS", "targetOperand": {"values": ["None"]}}],
    }
]


@st.composite
def schemas(draw: st.DrawFn) -> dict[str, Any]:
    made = default_schema()
    rule = made["synchronizationRules"][0]
    people = rule["objectMappings"][0]
    changed = draw(st.dictionaries(st.sampled_from(NAMES), raw_row, max_size=4))
    people["attributeMappings"] = [row for row in people["attributeMappings"] if row["targetAttributeName"] not in changed]
    people["attributeMappings"] += [{"targetAttributeName": name, **row} for name, row in changed.items()]
    people["flowTypes"] = draw(st.sampled_from(["Add,Update,Delete", "Add, Update, Delete", "Add, Update", "Add", ""]))
    people["scope"] = {"groups": draw(st.lists(raw_group, max_size=2)), "inputFilterGroups": BUILT_IN, "categoryFilterGroups": []}
    rule["objectMappings"].append(
        {"name": "", "attributeMappings": [{"targetAttributeName": "city", "source": None}], "unknown": draw(st.integers())}
    )
    return {**made, "id": "job", "version": "v1.2", "unknown": draw(st.integers())}


our_mapping = st.one_of(
    st.fixed_dictionaries({"target": st.sampled_from(NAMES), "state": st.just("absent")}),
    st.builds(
        lambda target_, source, rest: {"target": target_, **source, **rest},
        st.sampled_from(NAMES),
        st.one_of(
            st.sampled_from(NAMES).map(lambda name: {"source": name}),
            st.sampled_from(["Member", "TRUE", "false", "", 'quo"te\\']).map(lambda text: {"constant": text}),
            st.sampled_from(EXPRESSIONS).map(lambda text: {"expression": text}),
        ),
        st.fixed_dictionaries(
            {}, optional={"apply": st.sampled_from(["always", "create_only"]), "default": st.sampled_from(["", "d", "e"])}
        ),
    ),
)
our_filter = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "b"]),
        "clauses": st.lists(
            st.sampled_from(NAMES[:2]).flatmap(
                lambda name: st.sampled_from(
                    [{"attribute": name, "operator": "EQUALS", "values": ["1"]}, {"attribute": name, "operator": "IS NULL"}]
                )
            ),
            min_size=1,
            max_size=2,
        ),
    }
)
mapping_options = st.fixed_dictionaries(
    {},
    optional={
        "mappings": st.lists(our_mapping, unique_by=lambda one: one["target"], max_size=4),
        "filters": st.lists(our_filter, max_size=2),
        "target_actions": st.lists(st.sampled_from(["create", "update", "delete"]), unique=True),
        "exact": st.booleans(),
    },
)


def people_of(body: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(body["synchronizationRules"][0]["objectMappings"][0])
    return found


class TestMapping:
    @QUICK
    @given(schemas(), mapping_options)
    def test_nothing_is_left_to_do_and_what_is_not_named_stays(self, there: dict[str, Any], given_: dict[str, Any]) -> None:
        link = Link("Fabrikam", jobs=[new_job()], schema=copy.deepcopy(there))
        service = SourceService([link])
        first, second = converge(mapping.RESOURCE, service, mapping.desired(options("sync_mapping", configuration="Fabrikam", **given_)))
        assert second.actions == ()
        assert second.before == second.after == first.after
        assert {name: second.facts[name] for name in ("mappings", "filters", "target_actions")} == {
            name: first.facts[name] for name in ("mappings", "filters", "target_actions")
        }
        after = link.schema
        if not first.actions:
            assert after == there
        assert {name: value for name, value in after.items() if name not in ("version", "synchronizationRules")} == {
            name: value for name, value in there.items() if name not in ("version", "synchronizationRules")
        }
        assert after["synchronizationRules"][0]["objectMappings"][1:] == there["synchronizationRules"][0]["objectMappings"][1:]
        was, now = people_of(there), people_of(after)
        assert now["scope"]["inputFilterGroups"] == BUILT_IN
        if "filters" not in given_:
            assert now["scope"] == was["scope"]
        if "target_actions" not in given_:
            assert now["flowTypes"] == was["flowTypes"]
        named = {one["target"] for one in given_.get("mappings", ())}
        kept = {row["targetAttributeName"]: row for row in now["attributeMappings"]}
        for row in was["attributeMappings"]:
            name = row["targetAttributeName"]
            if name not in named and (not given_.get("exact") or name in mapping.ESSENTIAL):
                assert kept[name] == row
            elif name in kept and "unknown" in row:
                assert kept[name]["unknown"] == row["unknown"]

    @QUICK
    @given(schemas(), mapping_options)
    def test_the_backup_puts_everything_back(self, there: dict[str, Any], given_: dict[str, Any]) -> None:
        link = Link("Fabrikam", jobs=[new_job()], schema=copy.deepcopy(there))
        service = SourceService([link])
        first, _second = converge(mapping.RESOURCE, service, mapping.desired(options("sync_mapping", configuration="Fabrikam", **given_)))
        assume(first.actions)
        restore = mapping.desired(options("sync_mapping", configuration="Fabrikam", restore=first.change_facts["backup"]))
        _restored, again = converge(mapping.RESOURCE, service, restore)
        assert again.actions == ()
        assert schema.rules_meaning(link.schema) == schema.rules_meaning(there)


# ----------------------------------------------------------------------------------------------------------- a crash at any point


class Crash(Exception):
    """The run ends here."""


class TestCrash:
    @pytest.mark.parametrize("carried_out", [True, False])
    @pytest.mark.parametrize("writes", range(6))
    def test_a_configuration_is_completed_by_the_next_run_and_never_made_twice(self, writes: int, carried_out: bool) -> None:
        service = SourceService()
        left = [writes]

        def answer(request: Request) -> Outcome:
            if request.method != "GET":
                left[0] -= 1
                if left[0] < 0:
                    if carried_out:
                        service(request)
                    raise Crash
            return service(request)

        wanted = configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET))
        with contextlib.suppress(Crash):
            converge(configuration.RESOURCE, answer, wanted)
        _first, second = converge(configuration.RESOURCE, service, wanted)
        assert second.actions == ()
        assert len(service.links) == 1
        assert len(service.links[0].jobs) == 1
        assert service.links[0].bag["CompanyId"] == TARGET

    @QUICK
    @given(partner_services, our_settings, st.integers(0, 3), st.booleans())
    def test_a_partner_is_completed_by_the_next_run(
        self, service: PartnerService, given_: dict[str, Any], writes: int, carried_out: bool
    ) -> None:
        left = [writes]

        def answer(request: Request) -> Outcome:
            if request.method != "GET":
                left[0] -= 1
                if left[0] < 0:
                    if carried_out:
                        service(request)
                    raise Crash
            return service(request)

        wanted = wanted_partner(given_, [])
        with contextlib.suppress(Crash):
            converge(partner.RESOURCE, answer, wanted)
        _first, second = converge(partner.RESOURCE, service, wanted)
        assert second.actions == ()
