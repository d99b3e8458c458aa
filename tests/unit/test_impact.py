# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The impact of a change: who is read, how they are counted, which changes can do harm, and what the guards refuse (facts F97, F105, F114)."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences import changes, foresight, properties
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.impact import (
    Change,
    Guards,
    assess,
    compute,
    deletions_begin,
    guards,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import (
    EFFECTS,
    Consequence,
    Effect,
    Population,
    Rules,
    Scope,
    SourceUser,
    Standing,
    State,
    TargetUser,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.population import (
    CHUNK,
    Wanted,
    read_population,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.rules import rules_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.summary import Summary, departs
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, TARGET, FakeGraph, Outcome, Reply, refusal

DENIED = refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def number(value: int) -> str:
    return f"00000000-0000-4000-8000-{value:012}"


def person(value: int, **about: Any) -> dict[str, Any]:
    name = f"person{value}@contoso.kr"
    return {"id": number(value), "userPrincipalName": name, "mail": name, "accountEnabled": True, "userType": "Member", **about}


def account(value: int, **about: Any) -> dict[str, Any]:
    name = f"person{value}_contoso.kr#EXT#@fabrikam.onmicrosoft.com"
    return {"id": number(100_000 + value), "userPrincipalName": name, "userType": "Member", "accountEnabled": True, **about}


@dataclass
class Directory:
    """A tenant with users and groups. ``denied`` is the beginning of the path of which reads are not permitted."""

    users: list[dict[str, Any]] = field(default_factory=list)
    members: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    deleted: list[dict[str, Any]] = field(default_factory=list)
    denied: str = "-"
    fails: str = "-"

    def __call__(self, request: Request) -> Outcome:
        path, _mark, query = request.path.partition("?")
        query = unquote(query)
        if path == "/$batch":
            return Reply()
        if path.startswith(self.denied):
            return DENIED
        if path.startswith(self.fails):
            return refusal(400, "Request_BadRequest", "It cannot be.")
        if path.startswith("/groups/"):
            return Reply(200, {"value": [{"@odata.type": "#microsoft.graph.user", **user} for user in self.members[path.split("/")[2]]]})
        if path.startswith("/directory/deletedItems"):
            return Reply(200, {"value": self.deleted})
        if path == "/organization":
            return Reply(200, {"value": [{"id": "x", "verifiedDomains": [{"name": "contoso.kr"}]}]})
        if path == "/users":
            found = [user for user in self.users if _passes(user, query)]
            return Reply(200, {"value": found, "@odata.count": len(found)})
        return NOT_FOUND


def _passes(user: dict[str, Any], query: str) -> bool:
    """The few filters that are used."""
    name = str(user["userPrincipalName"]).lower()
    values = {value.lower() for value in re.findall(r"'((?:[^']|'')*)'", query)}
    if "startsWith(" in query:
        return any(name.startswith(value) for value in values)
    if "endsWith(" in query:
        return any(name.endswith(value) for value in values)
    if "accountEnabled eq false" in query:
        return user["accountEnabled"] is False
    if "creationType" in query or "userType eq" in query:
        return True
    for property_name in ("id", "userPrincipalName", "mail"):
        if query.startswith((f"$filter={property_name} in", f"$filter={property_name} eq")):
            return str(user.get(property_name)).lower() in values
    return "$filter" not in query


def scope(*users: int, mode: str = "assigned") -> Scope:
    return Scope(mode, {number(user): ("directly assigned",) for user in users})


class TestProperties:
    @pytest.mark.parametrize(
        ("attribute", "raw", "value"),
        [
            ("telephoneNumber", {"businessPhones": ["+82 2 1", "+82 2 2"]}, "+82 2 1"),
            ("telephoneNumber", {"businessPhones": []}, None),
            ("physicalDeliveryOfficeName", {"officeLocation": "Seoul"}, "Seoul"),
            ("mobile", {"mobilePhone": "+82 10"}, "+82 10"),
            ("extensionAttribute3", {"onPremisesExtensionAttributes": {"extensionAttribute3": "x"}}, "x"),
            ("extensionAttribute3", {"onPremisesExtensionAttributes": None}, None),
            ("employeeOrgData.costCenter", {"employeeOrgData": {"costCenter": "C1"}}, "C1"),
            ("department", {"department": None}, None),
            ("extension_0123456789abcdef0123456789abcdef_cost", {"extension_0123456789abcdef0123456789abcdef_cost": "y"}, "y"),
            ("objectId", {"id": "1"}, "1"),
        ],
    )
    def test_where_an_attribute_is(self, attribute: str, raw: dict[str, Any], value: Any) -> None:
        assert properties.values(raw, [attribute]) == ({} if value is None else {attribute: value})
        assert properties.selected([attribute]) == set(raw)

    @pytest.mark.parametrize("attribute", ["netId", "alternativeSecurityIds", "manager", "employeeLeaveDateTime", "appRoleAssignments"])
    def test_what_cannot_be_read_is_said(self, attribute: str) -> None:
        assert properties.unread([attribute, "mail"]) == {attribute}
        assert properties.selected([attribute]) == set()


class TestPopulation:
    def read(self, source: Directory, target: Directory | None, **wanted: Any) -> tuple[dict[str, str | None], FakeGraph, Population]:
        """The account of each user, by name."""
        given = {"before": scope(1, 2, 3), "after": scope(2), **wanted}
        here, there = FakeGraph(source), FakeGraph(target, TARGET) if target else None
        population = read_population(here, there, Wanted(**given))
        pairs = {user.name: account.id if account else None for user, account in population.users if user}
        return pairs, here, population

    def test_each_user_has_the_account_of_that_name(self) -> None:
        source = Directory([person(1), person(2), person(3)])
        found, _here, population = self.read(source, Directory([account(1), account(3)]))
        assert found == {"person1@contoso.kr": number(100_001), "person2@contoso.kr": None, "person3@contoso.kr": number(100_003)}
        assert list(population.incomplete) == []

    def test_a_guest_who_was_invited_by_mail_or_renamed_is_found(self) -> None:
        """Fact F113: the account is named after the mail address; the synchronization updates the address, not the name."""
        source = Directory([person(1, mail="kim@contoso.kr"), person(3, mail="lee@contoso.kr")])
        by_name = account(1, userPrincipalName="kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com")
        renamed = account(3, userPrincipalName="old_contoso.kr#EXT#@fabrikam.onmicrosoft.com", mail="Lee@contoso.kr")
        found, _here, _population = self.read(source, Directory([by_name, renamed]), before=scope(1, 3), after=scope())
        assert found == {"person1@contoso.kr": by_name["id"], "person3@contoso.kr": renamed["id"]}

    def test_only_those_who_move_are_read_if_the_rules_stay(self) -> None:
        source = Directory([person(1), person(2), person(3)])
        found, here, _population = self.read(source, None, moved=True)
        assert set(found) == {"person1@contoso.kr", "person3@contoso.kr"}
        assert not any(number(2) in request.path for request in here.sent)

    def test_members_of_a_large_group_are_read_by_the_group(self) -> None:
        users = [person(value) for value in range(CHUNK + 1)]
        ids = frozenset(user["id"] for user in users)
        source = Directory(users, {"g": users})
        found, here, _population = self.read(source, None, before=scope(*range(CHUNK + 1)), after=scope(), groups={"g": ids})
        assert len(found) == CHUNK + 1
        assert [request.path.partition("?")[0] for request in here.sent] == ["/groups/g/members"]

    def test_mode_all_reads_the_users_of_the_tenant(self) -> None:
        source = Directory([person(1), person(2), person(3, userType="Guest")])
        found, _here, _population = self.read(source, None, before=Scope("all"), after=scope(2), moved=True)
        assert set(found) == {"person1@contoso.kr", "person3@contoso.kr"}

    @pytest.mark.parametrize("direct", [2, CHUNK + 1], ids=["few", "many"])
    def test_of_leavers_it_is_only_read_whether_they_are_enabled(self, direct: int) -> None:
        users = [person(value, accountEnabled=value != 1) for value in range(1, direct + 1)]
        known = {user["id"]: Principal(user["id"], "user", user["userPrincipalName"], user["mail"]) for user in users}
        here = FakeGraph(Directory(users))
        wanted = Wanted(scope(*range(1, direct + 1)), scope(), moved=True, light=True, known=known)
        enabled = {user.name: user.enabled for user, _account in read_population(here, None, wanted).users if user}
        assert len(enabled) == direct
        assert [name for name, is_enabled in enabled.items() if not is_enabled] == ["person1@contoso.kr"]
        assert len(here.sent) == 1

    def test_without_permission_in_the_target_nobody_counts_as_absent(self) -> None:
        source = Directory([person(1)])
        found, _here, population = self.read(source, Directory([account(1)], denied="/users"), before=scope(1), after=scope())
        assert found == {"person1@contoso.kr": None}
        (sentence,) = population.incomplete
        assert "User.Read.All" in sentence
        assert TARGET in sentence

    def test_another_failure_is_raised_with_its_tenant(self) -> None:
        with pytest.raises(ServiceError) as raised:
            self.read(Directory([person(1)]), Directory(fails="/users"), before=scope(1), after=scope())
        assert raised.value.where == TARGET

    def test_a_user_who_is_not_returned_is_not_known(self) -> None:
        population = read_population(
            FakeGraph(Directory()),
            None,
            Wanted(scope(1), scope(), frozenset({"department"}), known={number(1): Principal("", "user", "x")}),
        )
        ((user, _account),) = population.users
        assert user is not None
        assert user.name == "x"
        assert "department" in user.unread

    def test_deleted_accounts_are_read_only_for_users_who_enter(self) -> None:
        deleted = account(9, userPrincipalName="0123456789abcdef0123456789abcdefperson9_contoso.kr#EXT#@fabrikam.onmicrosoft.com")
        source, target = Directory([person(1), person(9)]), Directory([account(1)], deleted=[deleted])
        pairs = list(read_population(FakeGraph(source), there := FakeGraph(target, TARGET), Wanted(scope(1), scope())).users)
        assert not any("deletedItems" in request.path for request in there.sent)
        pairs = list(read_population(FakeGraph(source), FakeGraph(target, TARGET), Wanted(scope(1), scope(1, 9))).users)
        found = {user.name: (there and there.id, there and there.deleted) for user, there in pairs if user}
        assert found["person9@contoso.kr"] == (deleted["id"], True)

    def test_users_who_left_earlier_are_found_by_their_accounts(self) -> None:
        source = Directory([person(1), person(2)])
        target = Directory([account(1), account(2), account(5)])
        found, _here, _population = self.read(source, target, before=scope(1), after=scope(1), left=True)
        assert found == {f"person{value}@contoso.kr": number(100_000 + value) for value in (1, 2, 5)}


def standing(before: bool | None, after: bool | None, effect: Effect = "unchanged", **about: Any) -> Consequence:
    user = about.pop("user", SourceUser(number(1), "person1@contoso.kr", {"department": "Sales"}))
    return Consequence(user, None, Standing(before, "before"), Standing(after, "after"), effect, **about)


class TestCounting:
    @pytest.mark.parametrize(
        ("consequence", "leaves"),
        [
            (standing(True, False, "soft_deleted"), True),
            (standing(True, False, "kept"), True),
            (standing(None, False), True),
            (standing(True, None, "unknown"), True),
            (standing(None, None, "unknown"), False),
            (standing(False, False), False),
            (standing(False, True, "created"), False),
            (standing(True, True, "updated"), False),
            (standing(False, False, "unknown", possible=("soft_deleted", "unchanged")), True),
            (standing(False, False, "unknown", possible=("created", "failed")), False),
        ],
    )
    def test_who_counts_as_leaving(self, consequence: Consequence, leaves: bool) -> None:
        assert departs(consequence) is leaves

    def test_many_are_counted_and_few_are_named_in_the_order_of_effects(self) -> None:
        summary = Summary(limit=3)
        for value in range(1000):
            effect = EFFECTS[value % len(EFFECTS)]
            summary.add(standing(True, True, effect, user=SourceUser("", f"person{value:04}@contoso.kr", {})))
        assert sum(summary.counts.values()) == 1000
        assert [shown.name for shown in summary.first] == [f"person{value:04}@contoso.kr" for value in (0, 11, 22)]
        assert summary.listed == 1000 - summary.counts["unchanged"]
        assert all(not shown.source.attributes for shown in summary.first if shown.source)


RULES = Rules(())


def rule_change(change: Callable[[dict[str, Any]], Any]) -> tuple[Any, Any]:
    before = default_schema()
    after = copy.deepcopy(before)
    mapping: Any = schema.user_mapping(after)
    change(mapping)
    return schema.user_mapping(before), mapping


def row(mapping: dict[str, Any], target: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in mapping["attributeMappings"] if row["targetAttributeName"] == target)
    return found


CONSTANT = {"type": "Constant", "name": "x", "expression": '"x"', "parameters": []}


class TestWhatCanDoHarm:
    @pytest.mark.parametrize(
        ("change", "harmful"),
        [
            (lambda mapping: row(mapping, "jobTitle").update(source=CONSTANT), False),
            (lambda mapping: row(mapping, "displayName").update(source=CONSTANT), False),
            (lambda mapping: row(mapping, "userType").update(source=CONSTANT), False),
            (lambda mapping: row(mapping, "userType").update(flowType="Always"), True),
            (lambda mapping: row(mapping, "accountEnabled").update(source=CONSTANT), True),
            (lambda mapping: row(mapping, "userPrincipalName").update(source=CONSTANT), True),
            (lambda mapping: mapping["attributeMappings"].remove(row(mapping, "IsSoftDeleted")), True),
            (lambda mapping: mapping.update(flowTypes="Add,Update"), True),
            (lambda mapping: mapping.update(flowTypes="Delete,Update,Add"), False),
            (lambda mapping: mapping.update(enabled=False), True),
            (lambda mapping: mapping.update(scope={"groups": [{"name": "x", "clauses": [{"sourceOperandName": "y"}]}]}), True),
            (lambda mapping: mapping.update(scope={"groups": []}), False),
        ],
    )
    def test_rules(self, change: Callable[[dict[str, Any]], Any], harmful: bool) -> None:
        assert changes.decides(*rule_change(change)) is harmful

    @pytest.mark.parametrize(
        ("before", "after", "begin"),
        [
            (Rules((), flows=frozenset({"Add"})), RULES, True),
            (Rules((), enabled=False), RULES, True),
            (RULES, RULES, False),
            (RULES, Rules((), flows=frozenset({"Add"})), False),
            (Rules((), flows=frozenset({"Add"})), Rules((), enabled=False), False),
        ],
    )
    def test_deletions_are_switched_on(self, before: Rules, after: Rules, begin: bool) -> None:
        """Fact F105: without Delete, users who leave the scope stay."""
        assert deletions_begin(before, after) is begin

    @pytest.mark.parametrize(
        ("before", "after", "harmful"),
        [
            (("assigned", "a"), ("assigned", "ab"), False),
            (("assigned", "ab"), ("assigned", "a"), True),
            (("assigned", "a"), ("assigned", "b"), True),
            (("assigned", "a"), ("all", ""), False),
            (("all", ""), ("assigned", "a"), True),
            (("all", "a"), ("all", ""), False),
        ],
    )
    def test_assignments(self, before: tuple[str, str], after: tuple[str, str], harmful: bool) -> None:
        sides = [
            changes.Assigned(mode, {letter: Principal(letter, "group", letter) for letter in letters}) for mode, letters in (before, after)
        ]
        assert changes.may_leave(sides[0], sides[1]) is harmful


def assessed(users: int, limits: Guards, leave: int) -> Any:
    pairs = [
        (SourceUser(number(value), f"person{value:03}@contoso.kr", {}), TargetUser(number(100_000 + value), f"account{value}", {}))
        for value in range(users)
    ]
    after = Scope("assigned", {number(value): ("directly assigned",) for value in range(leave, users)})
    change = Change(State(scope(*range(users)), RULES), State(after, RULES), full=False)
    unimportant = Guards(limits.max_removals, limits.max_removal_percent, kinds=())
    return assess(FakeGraph(Directory()), FakeGraph(Directory(), TARGET), Population(pairs), change, unimportant)


class TestGuards:
    @pytest.mark.parametrize(
        ("limits", "said"),
        [
            (Guards(), ""),
            (Guards(max_removals=3), ""),
            (Guards(max_removals=2), "3 of 10 users would leave the scope, more than max_removals 2: person000@contoso.kr, "),
            (Guards(max_removal_percent=30), ""),
            (Guards(max_removal_percent=29), "3 of 10 users (30.0 %) would leave the scope, more than max_removal_percent 29"),
        ],
    )
    def test_limits_count_users(self, limits: Guards, said: str) -> None:
        impact = assessed(10, limits, 3)
        if not said:
            impact.judge(limits)
            return
        with pytest.raises(Refusal, match="nothing was changed") as raised:
            impact.judge(limits)
        assert said in str(raised.value)
        assert raised.value.facts["impact"]["leaving"] == {"count": 3, "before": 10, "percent": 30.0}

    def test_the_sentence(self) -> None:
        assert assessed(10, Guards(), 3).facts()["summary"] == "3 of 10 users leave the scope; 3 deleted in the target"

    def test_the_lines_of_a_report(self) -> None:
        """Users to whom nothing happens are left out, and so are all but the first."""
        shown = assessed(60, Guards(), 55).facts()
        said = foresight.report(shown)
        assert said[0] == "55 of 60 users leave the scope; 55 deleted in the target"
        assert said[1] == "soft_deleted: person000@contoso.kr (directly assigned -> not assigned)"
        assert (len(said), said[-1]) == (1 + 50 + 1, "and 5 more users")
        assert foresight.report(None) == ["no user who is in scope is removed, converted, renamed or disabled"]

    def test_a_percentage_counts_those_who_pass_the_filters(self) -> None:
        """All in scope are read then, because who was kept out by a filter is not in scope."""
        clause = {"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Sales"]}}
        mapping: Any = schema.user_mapping(default_schema())
        mapping["scope"] = {"groups": [{"name": "Sales", "clauses": [clause]}]}
        rules = rules_of(mapping)
        users = [person(value, department="Sales" if value < 2 else "People") for value in range(10)]
        change = Change(State(scope(*range(10)), rules), State(scope(*range(1, 10)), rules), full=False)
        limits = Guards(max_removal_percent=20, kinds=())
        impact = compute(FakeGraph(Directory(users)), None, change, limits)
        assert impact.facts()["leaving"] == {"count": 1, "before": 2, "percent": 50.0}
        with pytest.raises(Refusal, match="max_removal_percent 20"):
            impact.judge(limits)

    def test_options_that_are_not_set(self) -> None:
        assert guards({}) == Guards()
        assert guards({"protected_importance": [], "scope_max_removals": 4, "impact_limit": 0}, "scope_") == Guards(4, kinds=(), limit=0)
