# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties that hold from any start: applying a plan leaves nothing to do, check mode predicts it, and what the collection does not manage stays.

The models of the service behave in every way that the documents leave open (facts F35, F42, F58).
"""

from __future__ import annotations

import contextlib
import copy
import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.apply import Interrupted, apply
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal, Resource, Unseen
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import (
    configuration,
    configuration_list,
    partner,
    scope,
    settings_bag,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.expression import attribute_source, constant_source
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner_settings import TABLE
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import TARGET, FakeGraph, Outcome, Reply
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import EMPTY_ENTRY, Link, PartnerService, SourceService, new_job

Desired = TypeVar("Desired")
Current = TypeVar("Current")

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
maybe = st.none() | st.booleans()


def planned(resource: Resource[Desired, Current], client: Client, desired: Desired) -> Plan:
    """The plan, created by a planner that does not change its arguments."""
    current = resource.read(client, desired)
    given_ = copy.deepcopy((current, desired))
    plan = resource.plan(current, desired)
    assert (current, desired) == given_
    return plan


def converge(resource: Resource[Desired, Current], service: Any, desired: Desired) -> tuple[Plan, Plan]:
    """Plan, apply, and plan again."""
    client = FakeGraph(service)
    first = planned(resource, client, desired)
    assert client.writes == [] or all("getByIds" in request or "parseExpression" in request for request in client.writes)
    apply(first, client, client.clock.pace(0))
    return first, planned(resource, client, desired)


# ----------------------------------------------------------------------------------------------------------- the partner entry

REDEMPTION = {"redemption_inbound": "inboundAllowed", "redemption_outbound": "outboundAllowed"}
TRUST = {
    "mfa": "isMfaAccepted",
    "compliant_device": "isCompliantDeviceAccepted",
    "hybrid_joined_device": "isHybridAzureADJoinedDeviceAccepted",
}
ACCESS = {
    "b2b_collaboration_inbound": "b2bCollaborationInbound",
    "b2b_collaboration_outbound": "b2bCollaborationOutbound",
    "b2b_direct_connect_inbound": "b2bDirectConnectInbound",
    "b2b_direct_connect_outbound": "b2bDirectConnectOutbound",
}
# All four are handled in the same way, and test_partner.py tests each.
SOME_ACCESS = ("b2b_collaboration_inbound", "b2b_direct_connect_outbound")
target = st.sampled_from(["AllUsers", "0f6d0b1c-2d3e-4f50-8a61-7b8c9d0e1f2a", "1f6d0b1c-2d3e-4f50-8a61-7b8c9d0e1f2a"])
raw_targets = st.lists(
    st.fixed_dictionaries({"target": target, "targetType": st.sampled_from(["user", "group"])}),
    max_size=3,
    unique_by=lambda mapping: tuple(mapping.values()),
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
    unique_by=lambda clause: tuple(clause.values()),
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
inherited = st.lists(st.sampled_from(TABLE.inheritable), unique=True)


def wanted_partner(given_: Mapping[str, Any], inherit: list[str], state: str = "present") -> partner.Desired:
    chosen = [name for name in inherit if name not in given_]
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
    def test_unknown_members_survive(self, service: PartnerService, given_: dict[str, Any], inherit: list[str]) -> None:
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
    def test_the_named_settings_are_set_afterwards(self, service: PartnerService, given_: dict[str, Any]) -> None:
        converge(partner.RESOURCE, service, wanted_partner(given_, []))
        after = ours_of(service)
        for name in ("user_sync_inbound", "display_name", *REDEMPTION):
            if name in given_:
                assert after[name] == given_[name]
        for name, value in given_.get("inbound_trust", {}).items():
            assert value is None or after["inbound_trust"][name] == value

    @QUICK
    @given(partner_services, inherited)
    def test_a_removal_leaves_nothing_to_do(self, service: PartnerService, inherit: list[str]) -> None:
        before = copy.deepcopy(service)
        first, second = converge(partner.RESOURCE, service, wanted_partner({}, inherit, "absent"))
        assert second.actions == ()
        assert second.facts == first.facts
        if not inherit:
            assert service.entry is None
            assert service.policy is None
        elif service.entry is not None and before.entry is not None:
            kept, was = ours_of(service), ours_of(before)
            # These two belong to the identity synchronization and are removed with it.
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
notifications = members.map(lambda settings: {settings_bag.NOTIFICATION: json.dumps(settings)}) | st.sampled_from(
    [{}, {settings_bag.NOTIFICATION: "broken"}]
)
masked = st.sampled_from([{}, {"Password": settings_bag.MASKED}, {"SecretToken": settings_bag.MASKED}])
bags = st.builds(
    lambda bag, notification, secret: {**bag, **notification, **secret}, st.dictionaries(keys, values, max_size=6), notifications, masked
)
source_services = st.builds(SourceService, replaces=st.booleans(), rewrites=st.booleans())


FABRIKAM = {"name": "Fabrikam", "target_tenant_id": TARGET}
OFF = 0.0
anything: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-1, 999) | st.floats() | st.just([]) | st.just({"a": 1}) | st.text(max_size=4)
)
guards = st.fixed_dictionaries(
    {},
    optional={
        "DeleteThresholdEnabled": st.sampled_from([True, False, None, "true", "True", " TRUE ", "false", "False", "1", 1, 0]) | anything,
        "DeleteThresholdValue": st.sampled_from([500, 20, 9999, 0, -5, "500", " 20 ", "20.0", 20.0, 20.5, True, "9" * 30]) | anything,
        "Enabled": st.booleans(),
    },
).map(json.dumps) | st.sampled_from(["", "broken", "[]", "null", "7"])


def strength(bag: Mapping[str, str]) -> float:
    """The strength of a guard, computed independently from the samples of fact F63: off is nothing, a number
    the more the lower it is, and a guard that is on without a readable number has an unknown strength, so it is only as strong as itself.
    """
    try:
        members_ = json.loads(bag.get(settings_bag.NOTIFICATION) or "{}", parse_constant=_no_json)
    except ValueError:
        return OFF
    if not isinstance(members_, dict) or str(members_.get("DeleteThresholdEnabled")).strip().lower() != "true":
        return OFF
    try:
        number = float(str(members_.get("DeleteThresholdValue")).strip())
    except ValueError:
        return math.inf
    return 1 / number if number > 0 and number.is_integer() and number < 1e19 else math.inf


def _no_json(constant: str) -> None:
    """RFC 8259 has no ``NaN`` and no ``Infinity``: with them, the text is no JSON."""
    raise ValueError(constant)


class TestSettingsBag:
    @QUICK
    @given(bags, st.dictionaries(keys, st.sampled_from(["x", "y"]), max_size=3), members, st.booleans())
    def test_foreign_members_survive_whether_the_service_merges_or_replaces(
        self, bag: dict[str, str], values_: dict[str, str], members_: Any, replaces: bool
    ) -> None:
        new = settings_bag.merged(bag, values_, members_)
        service = SourceService([Link("F", dict(bag), id="sp")], replaces=replaces)
        service(settings_bag.write("/servicePrincipals/sp/synchronization", new))
        after = service.links[0].bag
        for key in {*bag} - {*values_} - {settings_bag.NOTIFICATION}:
            # Only a masked value may be lost, and only if the service replaces the bag (fact F59).
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
        st.sampled_from([None, 0, 20, 500]),
        st.booleans(),
    )
    def test_a_configuration_converges(
        self, bag: dict[str, str], service: SourceService, jobs: int, email: str | None, threshold: int | None, test_connection: bool
    ) -> None:
        link = Link("Fabrikam", dict(bag), [new_job(str(number)) for number in range(min(jobs, 1))])
        service.links.append(link)
        desired = configuration.desired(
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
            first, second = converge(configuration.RESOURCE, service, desired)
        except Refusal:
            # It belongs to another target.
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
    @given(guards, source_services)
    def test_a_run_that_names_no_threshold_never_loosens_the_guard(self, guard: str, service: SourceService) -> None:
        bag = {"AuthenticationType": "SyncPolicy", "CompanyId": TARGET, "SyncAll": "false", settings_bag.NOTIFICATION: guard}
        link = Link("Fabrikam", dict(bag), [new_job()])
        service.links.append(link)
        first, second = converge(configuration.RESOURCE, service, configuration.desired(options("sync_configuration", **FABRIKAM)))
        assert second.actions == ()
        assert second.before == second.after == first.after
        assert strength(link.bag) >= strength(bag)
        assert strength(link.bag) > OFF
        if strength(bag) > OFF:
            # A guard that is on stays unchanged.
            assert first.actions == ()
        (shown,) = configuration_list.inquire(FakeGraph(service), {})["configurations"]
        assert shown["deletion_threshold"] == second.facts["configuration"]["deletion_threshold"] == second.after["deletion_threshold"]

    @QUICK
    @given(guards, source_services, st.sampled_from([0, 1, 500, 10_000]))
    def test_a_named_threshold_is_set_afterwards(self, guard: str, service: SourceService, threshold: int) -> None:
        link = Link("Fabrikam", {"CompanyId": TARGET, settings_bag.NOTIFICATION: guard}, [new_job()])
        service.links.append(link)
        desired = configuration.desired(options("sync_configuration", **FABRIKAM, deletion_threshold=threshold))
        _first, second = converge(configuration.RESOURCE, service, desired)
        assert second.actions == ()
        assert settings_bag.deletion_guard(link.bag) == threshold

    @QUICK
    @given(bags, bags, source_services, st.sampled_from([None, 0, 20]), st.none() | st.sampled_from(["a@x"]))
    def test_a_change_by_another_process_in_between_is_kept(
        self, bag: dict[str, str], by_hand: dict[str, str], service: SourceService, threshold: int | None, email: str | None
    ) -> None:
        """The bag has no ETag: changes between reading and writing are merged, or refused (fact F17)."""
        link = Link("Fabrikam", {**bag, "CompanyId": TARGET}, [new_job()])
        service.links.append(link)
        client = FakeGraph(service)
        desired = configuration.desired(
            options("sync_configuration", **FABRIKAM, deletion_threshold=threshold, notification_email=email, test_connection=False)
        )
        first = planned(configuration.RESOURCE, client, desired)
        link.bag = dict(by_hand)
        try:
            apply(first, client, client.clock.pace(0))
        except Interrupted:
            assert link.bag == by_hand
            return
        ours = {"CompanyId", "AuthenticationType", "SyncAll", settings_bag.NOTIFICATION}
        for key in {*by_hand} - ours:
            assert link.bag.get(key) == by_hand[key] or by_hand[key] == settings_bag.MASKED
        if "SyncAll" in by_hand:
            assert link.bag["SyncAll"] == by_hand["SyncAll"]
        members_ = {"DeleteThresholdEnabled", "DeleteThresholdValue", *(("Enabled", "Recipients") if email else ())}
        now = settings_bag.notification(link.bag)
        for name, value in settings_bag.notification(by_hand).items():
            assert name in members_ or now[name] == value
        if threshold is None:
            assert strength(link.bag) >= strength(by_hand)

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
user_number = st.integers(0, len(PEOPLE) - 1)


class TestScope:
    @QUICK
    @given(
        st.lists(st.tuples(user_number, st.booleans()), unique=True),
        st.lists(user_number, unique=True, min_size=1),
        st.booleans(),
        st.sampled_from(["present", "absent"]),
    )
    def test_assignments_converge(self, current: list[tuple[int, bool]], named: list[int], exact: bool, state: str) -> None:
        link = Link("Fabrikam", {"SyncAll": "false"})
        for number, effective in current:
            link.assign(PEOPLE[number]["id"], role_id=None if effective else "00000000-0000-0000-0000-000000000000")
        service = SourceService([link], PEOPLE)
        desired = scope.desired(
            options(
                "sync_scope",
                configuration="Fabrikam",
                users=[PEOPLE[number]["userPrincipalName"] for number in named],
                exact=exact and state == "present",
                state=state,
                allow_empty=True,
            )
        )
        first, second = converge(scope.RESOURCE, service, desired)
        assert second.actions == ()
        assert second.facts["scope"] == first.facts["scope"]
        in_scope = {assignment["principalId"] for assignment in service.links[0].assignments if assignment["appRoleId"] == link.role_id}
        who = {PEOPLE[number]["id"] for number in named}
        before = {PEOPLE[number]["id"] for number, counts in current if counts}
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
    made: Any = default_schema()
    rule = made["synchronizationRules"][0]
    user_mapping = rule["objectMappings"][0]
    changed = draw(st.dictionaries(st.sampled_from(NAMES), raw_row, max_size=4))
    user_mapping["attributeMappings"] = [row for row in user_mapping["attributeMappings"] if row["targetAttributeName"] not in changed]
    user_mapping["attributeMappings"] += [{"targetAttributeName": name, **row} for name, row in changed.items()]
    user_mapping["flowTypes"] = draw(st.sampled_from(["Add,Update,Delete", "Add, Update, Delete", "Add, Update", "Add", ""]))
    user_mapping["scope"] = {"groups": draw(st.lists(raw_group, max_size=2)), "inputFilterGroups": BUILT_IN, "categoryFilterGroups": []}
    rule["objectMappings"].append(
        {"name": "", "attributeMappings": [{"targetAttributeName": "city", "source": None}], "unknown": draw(st.integers())}
    )
    return {**made, "id": "job", "version": "v1.2", "unknown": draw(st.integers())}


CONSTANTS = {"userType": ["Member", "guest"], "showInAddressList": ["TRUE", "false"]}
our_mapping = st.one_of(
    st.fixed_dictionaries({"target": st.sampled_from(NAMES), "state": st.just("absent")}),
    st.builds(
        lambda target_and_source, rest: {**target_and_source, **rest},
        st.sampled_from(NAMES).flatmap(
            lambda target_: st.one_of(
                st.sampled_from(NAMES).map(lambda name: {"target": target_, "source": name}),
                st.sampled_from(CONSTANTS.get(target_, ["Member", "TRUE", "false", "", 'quo"te\\'])).map(
                    lambda text: {"target": target_, "constant": text}
                ),
                st.sampled_from(EXPRESSIONS).map(lambda text: {"target": target_, "expression": text}),
            )
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
        "mappings": st.lists(our_mapping, unique_by=lambda mapping: mapping["target"], max_size=4),
        "filters": st.lists(our_filter, max_size=2),
        "target_actions": st.lists(st.sampled_from(["create", "update", "delete"]), unique=True, min_size=1),
        "exact": st.booleans(),
    },
)


def people_of(body: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(body["synchronizationRules"][0]["objectMappings"][0])
    return found


class TestMapping:
    @QUICK
    @given(schemas(), mapping_options)
    def test_nothing_is_left_to_do_and_what_is_not_named_stays(self, current: Any, given_: dict[str, Any]) -> None:
        link = Link("Fabrikam", jobs=[new_job()], schema=copy.deepcopy(current))
        service = SourceService([link])
        first, second = converge(mapping.RESOURCE, service, mapping.desired(options("sync_mapping", configuration="Fabrikam", **given_)))
        assert second.actions == ()
        assert second.before == second.after == first.after
        assert {name: second.facts[name] for name in ("mappings", "filters", "target_actions")} == {
            name: first.facts[name] for name in ("mappings", "filters", "target_actions")
        }
        after = link.schema
        if not first.actions:
            assert after == current
        assert {name: value for name, value in after.items() if name not in ("version", "synchronizationRules")} == {
            name: value for name, value in current.items() if name not in ("version", "synchronizationRules")
        }
        assert after["synchronizationRules"][0]["objectMappings"][1:] == current["synchronizationRules"][0]["objectMappings"][1:]
        was, now = people_of(current), people_of(after)
        assert now["scope"]["inputFilterGroups"] == BUILT_IN
        if "filters" not in given_:
            assert now["scope"] == was["scope"]
        if "target_actions" not in given_:
            assert now["flowTypes"] == was["flowTypes"]
        named = {mapping["target"] for mapping in given_.get("mappings", ())}
        kept = {row["targetAttributeName"]: row for row in now["attributeMappings"]}
        for row in was["attributeMappings"]:
            name = row["targetAttributeName"]
            if name not in named and (not given_.get("exact") or name in mapping.ESSENTIAL):
                assert kept[name] == row
            elif name in kept and "unknown" in row:
                assert kept[name]["unknown"] == row["unknown"]

    @QUICK
    @given(schemas(), mapping_options)
    def test_the_backup_restores_everything(self, current: Any, given_: dict[str, Any]) -> None:
        link = Link("Fabrikam", jobs=[new_job()], schema=copy.deepcopy(current))
        service = SourceService([link])
        first, _second = converge(mapping.RESOURCE, service, mapping.desired(options("sync_mapping", configuration="Fabrikam", **given_)))
        assume(first.actions)
        restore = mapping.desired(options("sync_mapping", configuration="Fabrikam", restore=first.change_facts["backup"]))
        _restored, again = converge(mapping.RESOURCE, service, restore)
        assert again.actions == ()
        assert schema.rules_meaning(link.schema) == schema.rules_meaning(current)


# ----------------------------------------------------------------------------------------------------------- a crash at any point


class Crash(Exception):
    """The run is killed at this point."""


class TestCrash:
    @pytest.mark.parametrize("carried_out", [True, False])
    @pytest.mark.parametrize("writes", range(6))
    def test_a_configuration_is_completed_by_the_next_run_and_never_created_twice(self, writes: int, carried_out: bool) -> None:
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

        desired = configuration.desired(options("sync_configuration", name="Fabrikam", target_tenant_id=TARGET))
        with contextlib.suppress(Crash):
            converge(configuration.RESOURCE, answer, desired)
        _first, second = converge(configuration.RESOURCE, service, desired)
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

        desired = wanted_partner(given_, [])
        with contextlib.suppress(Crash):
            converge(partner.RESOURCE, answer, desired)
        _first, second = converge(partner.RESOURCE, service, desired)
        assert second.actions == ()

    @pytest.mark.parametrize("carried_out", [True, False])
    @pytest.mark.parametrize("keeps_principal", [True, False])
    @pytest.mark.parametrize("requests", range(16))
    def test_a_removal_continues_after_any_interruption(self, requests: int, keeps_principal: bool, carried_out: bool) -> None:
        """After any interruption, of whose state the service may show only a part for a while (facts F14, F53)."""
        bag = {"AuthenticationType": "SyncPolicy", "CompanyId": TARGET}
        service = SourceService([Link("Fabrikam", bag, [new_job(state="Active")]), Link("Other", {"CompanyId": "x"})])
        service.keeps_principal = keeps_principal
        desired = configuration.desired(options("sync_configuration", **FABRIKAM, state="absent"))
        with contextlib.suppress(Crash):
            to_the_end(configuration.RESOURCE, ended_after(service, requests, carried_out), desired)
        to_the_end(configuration.RESOURCE, service, desired)
        assert [link.name for link in service.links] == ["Other"]
        client = FakeGraph(service)
        assert planned(configuration.RESOURCE, client, desired).actions == ()

    @QUICK
    @given(partner_services, inherited, st.integers(0, 8), st.booleans())
    def test_a_removal_of_a_partner_continues_after_any_interruption(
        self, service: PartnerService, inherit: list[str], requests: int, carried_out: bool
    ) -> None:
        undisturbed = copy.deepcopy(service)
        desired = wanted_partner({}, inherit, "absent")
        to_the_end(partner.RESOURCE, undisturbed, desired)
        with contextlib.suppress(Crash):
            to_the_end(partner.RESOURCE, ended_after(service, requests, carried_out), desired)
        to_the_end(partner.RESOURCE, service, desired)
        assert service == undisturbed


def ended_after(service: Any, requests: int, carried_out: bool) -> Callable[[Request], Outcome]:
    """The service for a run that is killed at a request, before or after it is carried out."""
    left = [requests]

    def answer(request: Request) -> Outcome:
        if request.path == "/$batch":
            return Reply()
        left[0] -= 1
        if left[0] < 0:
            if carried_out:
                service(request)
            raise Crash
        outcome: Outcome = service(request)
        return outcome

    return answer


def to_the_end(resource: Resource[Desired, Current], answer: Callable[[Request], Outcome], desired: Desired) -> None:
    """Like a run: objects that a replica may not have yet are read again, and the rest is planned again."""
    client = FakeGraph(answer)
    for _look in range(20):
        with contextlib.suppress(Unseen):
            plan = planned(resource, client, desired)
            if not plan.actions:
                return
            apply(plan, client, client.clock.pace(0))
    raise AssertionError("it does not come to an end")
