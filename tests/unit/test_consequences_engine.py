# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next cycle does to a user, case by case (facts F83, F91-F122)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.engine import consequence, standing, values
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import (
    EFFECTS,
    AttributeChange,
    Clause,
    Consequence,
    FilterGroup,
    Row,
    Rules,
    Scope,
    SourceUser,
    State,
    Switches,
    TargetUser,
    Unknown,
)

ENDING = "fabrikam.onmicrosoft.com"
NAME, EXTERNAL = "minsu.kim@contoso.kr", f"minsu.kim_contoso.kr#EXT#@{ENDING}"


def direct(name: str) -> Row:
    return Row(name, ("attribute", name))


MEMBER, ALWAYS_MEMBER = Row("userType", ("constant", "Member"), "ObjectAddOnly"), Row("userType", ("constant", "Member"))
BASIC = tuple(direct(name) for name in ("accountEnabled", "displayName", "userPrincipalName", "mail"))
RULES = Rules((*BASIC, MEMBER))
CONVERTING = Rules((*BASIC, ALWAYS_MEMBER))
KEEPING = replace(RULES, flows=frozenset({"Add", "Update"}))
FAILING = Rules((*BASIC, Row("city", ("function", "bitand", (("attribute", "x"), ("constant", "1"))))))
"""A function of an empty attribute that needs a number."""
SALES = FilterGroup("Sales only", (Clause("department", "EQUALS", ("Sales",)),))
INPUT = FilterGroup(
    "Filter external users",
    (Clause("alternativeSecurityIds", "EQUALS", ("None",)), Clause("userState", "NOT EQUALS", ("PendingAcceptance",))),
)

USER = SourceUser("1", NAME, {"displayName": "Kim Minsu", "mail": NAME, "department": "Sales"})
OFF = replace(USER, enabled=False)
GONE = replace(USER, deleted=True)
ACCOUNT = TargetUser("a", EXTERNAL, {"displayName": "Kim Minsu", "mail": NAME})
OTHER = replace(ACCOUNT, attributes={"displayName": "Kim", "mail": NAME})
BLOCKED = replace(ACCOUNT, enabled=False)
GUEST = replace(OTHER, user_type="Guest")
PENDING = replace(GUEST, redeemed=False)
DELETED = replace(ACCOUNT, deleted=True)
ADMINISTRATOR = replace(ACCOUNT, administrator=True)
LICENSED = replace(ACCOUNT, licensed=True, attributes={"displayName": "Kim Minsu", "mail": "other@contoso.kr"})

IN = State(Scope("assigned", {"1": ("group Sales",)}), RULES)
OUT = State(Scope("assigned", {}), RULES)
ALL = State(Scope("all"), RULES)
KNOWN = Switches(True, True, True, True, True)


def within(rules: Rules) -> State:
    return replace(IN, rules=rules)


def without(rules: Rules) -> State:
    return replace(OUT, rules=rules)


@dataclass(frozen=True)
class Case:
    source: SourceUser
    target: TargetUser | None
    before: State
    after: State
    effect: str
    reason: str = ""
    full: bool = True
    switches: Switches = field(default_factory=Switches)
    possible: tuple[str, ...] = ()


CASES = {
    # Leaving: fact F114
    "unassigned": Case(USER, ACCOUNT, IN, OUT, "soft_deleted", "not assigned"),
    "unassigned, in a cycle that is not full": Case(USER, ACCOUNT, IN, OUT, "soft_deleted", "not assigned", full=False),
    "mode all to assigned": Case(USER, ACCOUNT, ALL, OUT, "soft_deleted", "not assigned"),
    "default access": Case(
        USER,
        ACCOUNT,
        IN,
        replace(OUT, scope=Scope("assigned", {}, frozenset({"1"}))),
        "soft_deleted",
        "assigned with the default access role only",
    ),
    "one of two ways": Case(
        USER, ACCOUNT, replace(IN, scope=Scope("assigned", {"1": ("directly assigned", "group Sales")})), IN, "unchanged"
    ),
    "filtered": Case(
        replace(USER, attributes={**USER.attributes, "department": "IT"}),
        ACCOUNT,
        IN,
        within(replace(RULES, filters=(SALES,))),
        "soft_deleted",
        "filter Sales only: department EQUALS 'Sales' does not hold",
    ),
    "leaves without an account": Case(USER, None, IN, OUT, "unchanged"),
    "leaves with an account that is deleted": Case(USER, DELETED, IN, OUT, "unchanged"),
    "leaves with a pending guest": Case(USER, PENDING, IN, OUT, "unchanged"),
    "a new job remembers nobody": Case(USER, ACCOUNT, replace(IN, remembers=False), OUT, "unchanged"),
    "a new configuration adopts": Case(USER, OTHER, replace(OUT, remembers=False), IN, "updated", switches=KNOWN, full=False),
    "never in scope": Case(USER, ACCOUNT, OUT, OUT, "unchanged"),
    # Keeping: facts F101, F105, F116
    "the delete action is off": Case(USER, ACCOUNT, IN, without(KEEPING), "kept", "the target action delete is switched off"),
    "the mapping is off": Case(USER, ACCOUNT, IN, without(replace(RULES, enabled=False)), "kept", "the mapping of users is switched off"),
    "the mapping is off and nobody leaves": Case(USER, OTHER, IN, within(replace(RULES, enabled=False)), "unchanged"),
    "disabled and synchronized before": Case(OFF, BLOCKED, IN, OUT, "kept", "disabled before it leaves the scope"),
    "disabled, but not synchronized yet": Case(OFF, ACCOUNT, IN, OUT, "soft_deleted", "not assigned"),
    "blocked in the target only": Case(USER, BLOCKED, IN, OUT, "soft_deleted", "not assigned"),
    "disabled, but sign-in is not mapped": Case(
        OFF, BLOCKED, within(Rules(BASIC[1:])), without(Rules(BASIC[1:])), "soft_deleted", "not assigned"
    ),
    "the built-in filter": Case(
        replace(USER, attributes={**USER.attributes, "userState": "PendingAcceptance"}),
        ACCOUNT,
        IN,
        within(replace(RULES, input_filters=(INPUT,))),
        "kept",
    ),
    "external": Case(replace(USER, external=True), ACCOUNT, IN, IN, "unchanged"),
    # Deleted in the source: facts F93, F94
    "deleted in the source": Case(GONE, ACCOUNT, ALL, ALL, "soft_deleted", "deleted in the source"),
    "deleted in the source, with its assignment": Case(GONE, ACCOUNT, IN, IN, "soft_deleted", "deleted in the source", full=False),
    "deleted in the source without IsSoftDeleted": Case(GONE, ACCOUNT, IN, within(replace(RULES, soft_deletes=False)), "kept"),
    "deleted in the source, never in scope that anybody sees": Case(
        GONE,
        ACCOUNT,
        OUT,
        OUT,
        "unknown",
        "whether the synchronization provided the account is not known",
        possible=("soft_deleted", "unchanged"),
    ),
    "deleted in the source without an account": Case(GONE, None, ALL, ALL, "unchanged"),
    # Administrators: fact F117
    "an administrator leaves": Case(USER, ADMINISTRATOR, IN, OUT, "unknown", possible=("soft_deleted", "failed")),
    "an administrator who is deleted": Case(USER, ADMINISTRATOR, IN, OUT, "soft_deleted", "not assigned", switches=KNOWN),
    "an administrator who is refused": Case(USER, ADMINISTRATOR, IN, OUT, "failed", switches=replace(KNOWN, deletes_administrators=False)),
    "an administrator whom the actions keep": Case(USER, ADMINISTRATOR, IN, without(KEEPING), "kept"),
    "an administrator who stays": Case(USER, ADMINISTRATOR, IN, IN, "unchanged"),
    # What waits for a cycle: fact F105
    "deletions are switched on": Case(USER, ACCOUNT, without(KEEPING), OUT, "unknown", possible=("soft_deleted", "unchanged")),
    "a paused job is started": Case(USER, ACCOUNT, replace(OUT, runs=False), OUT, "unknown", possible=("soft_deleted", "unchanged")),
    "a paused job is started, and the user was disabled": Case(OFF, BLOCKED, replace(OUT, runs=False), OUT, "unchanged"),
    "a new job is started": Case(USER, ACCOUNT, replace(OUT, runs=False, remembers=False), OUT, "unchanged"),
    "no cycle runs": Case(USER, ACCOUNT, IN, replace(OUT, runs=False), "soft_deleted", "not assigned; no cycle runs at present"),
    # Arriving: facts F105, F112, F113
    "arrives": Case(USER, None, OUT, IN, "created"),
    "arrives, disabled": Case(OFF, None, OUT, IN, "skipped", "disabled in the source"),
    "arrives without the create action": Case(USER, None, OUT, within(replace(RULES, flows=frozenset({"Update"}))), "skipped"),
    "external, arrives": Case(replace(USER, external=True), None, OUT, ALL, "unchanged"),
    "a guest arrives": Case(USER, GUEST, OUT, IN, "updated", switches=KNOWN),
    "a guest arrives, whom nobody knows to be matched": Case(USER, GUEST, OUT, IN, "updated", possible=("updated", "failed")),
    "a guest is converted": Case(USER, GUEST, OUT, within(CONVERTING), "converted", switches=KNOWN, full=False),
    "a guest is converted, perhaps": Case(USER, GUEST, OUT, within(CONVERTING), "unknown", possible=("converted", "failed")),
    "a guest in scope is converted": Case(USER, GUEST, IN, within(CONVERTING), "converted"),
    "a guest without a collision": Case(
        USER,
        replace(GUEST, name=f"old_contoso.kr#EXT#@{ENDING}", attributes={}),
        OUT,
        IN,
        "updated",
        switches=replace(KNOWN, matches_guests=False),
        possible=("updated", "created"),
    ),
    "a pending guest joins": Case(USER, PENDING, OUT, IN, "updated", switches=KNOWN),
    "a pending guest is converted": Case(USER, PENDING, OUT, within(CONVERTING), "converted", switches=KNOWN),
    "a pending guest blocks": Case(USER, PENDING, OUT, IN, "failed", switches=replace(KNOWN, joins_pending_guests=False)),
    "a pending guest, perhaps": Case(USER, PENDING, OUT, IN, "updated", possible=("updated", "failed")),
    "a pending guest, perhaps converted": Case(USER, PENDING, OUT, within(CONVERTING), "unknown", possible=("converted", "failed")),
    "a pending guest whose user is disabled": Case(OFF, PENDING, OUT, IN, "skipped"),
    # Coming back: fact F115
    "comes back": Case(USER, DELETED, OUT, IN, "restored", possible=("restored", "created")),
    "comes back and is restored": Case(USER, DELETED, OUT, IN, "restored", switches=KNOWN),
    "comes back and is created": Case(USER, DELETED, OUT, IN, "created", switches=replace(KNOWN, restores=False)),
    "comes back, disabled": Case(OFF, DELETED, OUT, IN, "skipped"),
    "comes back to a new job": Case(USER, DELETED, replace(OUT, remembers=False), IN, "created"),
    "deleted in the target by hand": Case(USER, DELETED, IN, IN, "unchanged", full=False),
    "deleted in the target by hand, before a full cycle": Case(USER, DELETED, IN, IN, "created"),
    # Staying: facts F96, F98, F105, F119, F120
    "stays": Case(USER, ACCOUNT, IN, IN, "unchanged"),
    "an edit in the target stays": Case(USER, OTHER, IN, IN, "unchanged", full=False),
    "a full cycle undoes an edit": Case(USER, OTHER, IN, IN, "updated"),
    "what flows always": Case(USER, OTHER, IN, within(Rules((replace(BASIC[1], flow_always=True),))), "updated", full=False),
    "disabled": Case(OFF, ACCOUNT, IN, IN, "disabled"),
    "disabled and converted": Case(OFF, replace(GUEST), IN, within(CONVERTING), "disabled"),
    "enabled again": Case(USER, BLOCKED, IN, IN, "updated"),
    "without the update action": Case(USER, OTHER, IN, within(replace(RULES, flows=frozenset({"Add", "Delete"}))), "unchanged"),
    "what Exchange owns": Case(USER, LICENSED, IN, IN, "failed", "Exchange owns mail of the account"),
    "what Exchange owns and more": Case(OFF, LICENSED, IN, IN, "disabled"),
    "an empty value clears nothing": Case(replace(USER, attributes={"mail": NAME}), ACCOUNT, IN, IN, "unchanged"),
    # What is not known: facts F91, F104, F121
    "an attribute that was not read": Case(
        replace(USER, unread=frozenset({"displayName"})), ACCOUNT, IN, IN, "unknown", "displayName: displayName cannot be read"
    ),
    "an unknown value beside a known one": Case(replace(OFF, unread=frozenset({"displayName"})), ACCOUNT, IN, IN, "disabled"),
    "an unknown type of user": Case(USER, OTHER, IN, within(Rules((*BASIC, Row("userType", ("attribute", "x"))))), "updated"),
    "an unread type of user": Case(
        replace(USER, unread=frozenset({"x"})), OTHER, IN, within(Rules((*BASIC, Row("userType", ("attribute", "x"))))), "unknown"
    ),
    "a filter that was not read": Case(
        replace(USER, unread=frozenset({"department"})),
        ACCOUNT,
        IN,
        within(replace(RULES, filters=(SALES,))),
        "unknown",
        possible=("soft_deleted", "unchanged"),
    ),
    "a filter that was not read, without an account": Case(
        replace(USER, unread=frozenset({"department"})),
        None,
        OUT,
        within(replace(RULES, filters=(SALES,))),
        "created",
        possible=("created", "unchanged"),
    ),
    "a filter that was not read and does not change": Case(
        replace(USER, unread=frozenset({"department"})),
        ACCOUNT,
        within(replace(RULES, filters=(SALES,))),
        within(replace(RULES, filters=(SALES,))),
        "unchanged",
    ),
    "equal mail addresses": Case(replace(USER, shares_mail=True), ACCOUNT, IN, IN, "unknown"),
    "equal mail addresses out of scope": Case(replace(USER, shares_mail=True), ACCOUNT, OUT, OUT, "unchanged"),
    "a function that could not work": Case(USER, ACCOUNT, within(FAILING), OUT, "unknown", possible=("soft_deleted", "unchanged")),
    "a function that cannot work": Case(USER, None, OUT, within(FAILING), "created", possible=("created", "failed")),
}


def run(case: Case) -> Consequence:
    return consequence(case.source, case.target, case.before, case.after, case.switches, full=case.full, ending=ENDING)


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str) -> None:
    case = CASES[name]
    found = run(case)
    assert (found.effect, found.possible) == (case.effect, case.possible), found
    assert case.reason in found.reason


def test_every_effect_has_a_case() -> None:
    assert {case.effect for case in CASES.values()} == set(EFFECTS)


def changes(case: Case) -> dict[str, tuple[Any, Any]]:
    return {change.attribute: (change.before, change.after) for change in run(case).changes}


def test_the_attributes_of_a_new_account() -> None:
    rules = Rules((*BASIC, MEMBER, replace(direct("city"), default="Seoul"), replace(direct("state"), default="CA")))
    case = Case(replace(USER, attributes={**USER.attributes, "state": "NSW"}), None, OUT, within(rules), "created")
    assert changes(case) == {
        "accountEnabled": (None, True),
        "displayName": (None, "Kim Minsu"),
        "userPrincipalName": (None, EXTERNAL),
        "mail": (None, NAME),
        "userType": (None, "Member"),
        "city": (None, "Seoul"),
        "state": (None, "NSW"),
    }


def test_the_attributes_of_an_update() -> None:
    renamed = replace(USER, name="min@contoso.kr")
    case = Case(renamed, replace(GUEST, enabled=False), IN, within(CONVERTING), "converted")
    assert changes(case) == {
        "accountEnabled": (False, True),
        "displayName": ("Kim", "Kim Minsu"),
        "userPrincipalName": (EXTERNAL, f"min_contoso.kr#EXT#@{ENDING}"),
        "userType": ("Guest", "Member"),
    }


@pytest.mark.parametrize(("full", "renamed"), [(True, True), (False, False)])
def test_a_pending_guest_keeps_the_name_until_a_restart(full: bool, renamed: bool) -> None:
    guest = replace(PENDING, name=f"min_contoso.kr#EXT#@{ENDING}")
    assert ("userPrincipalName" in changes(Case(USER, guest, OUT, IN, "updated", full=full, switches=KNOWN))) is renamed


def test_without_the_target_s_domain_the_name_is_not_known() -> None:
    found = consequence(USER, None, OUT, IN)
    assert AttributeChange("userPrincipalName", None, None, "the domain of the target is not known") in found.changes
    assert consequence(USER, ACCOUNT, IN, IN).effect == "unchanged"


def test_flow_types_that_add_only() -> None:
    adding = within(Rules((replace(direct("city"), flow="AttributeAddOnly"),)))
    seoul = replace(USER, attributes={"city": "Seoul"})
    assert changes(Case(seoul, ACCOUNT, IN, adding, "updated")) == {"city": (None, "Seoul")}
    other = replace(ACCOUNT, attributes={"city": "Busan"})
    assert consequence(seoul, other, IN, adding).effect == "unknown"


def test_a_pattern_that_is_open_is_read_in_both_ways() -> None:
    pattern = FilterGroup("Sales", (Clause("department", "REGEX MATCH", ("Sale",)),))
    filtered = within(replace(RULES, filters=(pattern,)))
    assert standing(USER, filtered).in_scope is None
    assert run(Case(USER, ACCOUNT, IN, filtered, "")).effect == "unknown"
    assert run(Case(USER, ACCOUNT, IN, filtered, "", switches=Switches(regex_anywhere=True))).effect == "unchanged"
    assert run(Case(USER, ACCOUNT, IN, filtered, "", switches=Switches(regex_anywhere=False))).effect == "soft_deleted"
    # The same open point on both sides is no change.
    assert run(Case(USER, ACCOUNT, filtered, filtered, "")).effect == "unchanged"


@pytest.mark.parametrize(
    ("user", "state", "in_scope", "reason"),
    [
        (USER, IN, True, "group Sales"),
        (USER, replace(IN, scope=Scope("assigned", {"1": ("directly assigned", "group Sales")})), True, "directly assigned, group Sales"),
        (USER, ALL, True, "all users"),
        (USER, OUT, False, "not assigned"),
        (GONE, IN, False, "deleted in the source"),
        (replace(USER, external=True), ALL, False, "external user"),
        (OFF, IN, True, "group Sales"),
        (USER, within(replace(RULES, filters=(SALES,))), True, "group Sales"),
        (USER, within(replace(RULES, input_filters=(INPUT,))), True, "group Sales"),
    ],
)
def test_the_standing_of_a_user(user: SourceUser, state: State, in_scope: bool, reason: str) -> None:
    found = standing(user, state)
    assert (found.in_scope, found.reason) == (in_scope, reason)


def test_leaving_is_what_counts() -> None:
    assert run(CASES["unassigned"]).leaves
    assert run(CASES["disabled and synchronized before"]).leaves
    assert not run(CASES["an edit in the target stays"]).leaves


def test_an_account_without_a_user() -> None:
    found = consequence(None, ACCOUNT, IN, OUT)
    assert (found.effect, found.name, found.leaves) == ("unchanged", EXTERNAL, False)


@pytest.mark.parametrize(
    ("target", "value", "wanted"),
    [
        ("accountEnabled", "TRUE", True),
        ("showInAddressList", "false", False),
        ("userType", "member", "Member"),
        ("employeeId", 7, "7"),
        ("displayName", True, "True"),
        ("displayName", "", None),
    ],
)
def test_values_have_the_type_of_the_target(target: str, value: Any, wanted: Any) -> None:
    found = values(Rules((Row(target, ("attribute", "x")),)), replace(USER, attributes={"x": value}))
    assert found == ({} if wanted is None else {target: wanted})


@pytest.mark.parametrize(("target", "value"), [("accountEnabled", "maybe"), ("userType", "Admin"), ("displayName", ["a"])])
def test_values_that_do_not_fit_are_unknown(target: str, value: Any) -> None:
    found = values(Rules((Row(target, ("attribute", "x")),)), replace(USER, attributes={"x": value}))
    assert isinstance(found[target], Unknown)


def test_ten_thousand_users_are_fast() -> None:
    rows = tuple(direct(name) for name in ("displayName", "mail", "department", "city", "country", "jobTitle", "surname", "givenName"))
    suffix = Row("companyName", ("function", "append", (("attribute", "displayName"), ("constant", "!"))))
    rules = Rules((*rows, *BASIC, suffix, ALWAYS_MEMBER), filters=(SALES,))
    states = [State(Scope("assigned", {str(number): ("group Sales",) for number in range(count)}), rules) for count in (10_000, 5_000)]
    began = time.process_time()
    effects = [
        consequence(replace(USER, id=str(number)), replace(OTHER, id=str(number)), states[0], states[1], ending=ENDING).effect
        for number in range(10_000)
    ]
    assert effects.count("soft_deleted") == 5_000
    # Measured: 0.9 s; the limit leaves room for a machine that is busy.
    assert time.process_time() - began < 8
