# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected users: no way of leaving and no kind of importance slips, and nobody else raises an alarm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.importance import KINDS, Importance
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import (
    EFFECTS,
    Consequence,
    SourceUser,
    Standing,
    TargetUser,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.protected import (
    Protection,
    alarms,
    does_harm,
    guard,
    resolve,
)
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.directory import users
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, SOURCE, TARGET, FakeGraph, Outcome, Reply, refusal

IN, OUT = Standing(True, "group Sales"), Standing(False, "not assigned")
DIRECT = Standing(True, "directly assigned")
NOT_KNOWN = Standing(None, "the filter Region reads netId, which cannot be read")


def pair(number: int = 1) -> tuple[SourceUser, TargetUser]:
    """A user in both tenants."""
    name = f"user{number}"
    source = SourceUser(f"{number:08}-0000-4000-8000-00000000AAAA", f"{name}@contoso.kr", {})
    return source, TargetUser(f"{number:08}-0000-4000-8000-00000000BBBB", f"{name}_contoso.kr#EXT#@fabrikam.onmicrosoft.com", {})


def leaver(before: Standing, after: Standing, effect: Any, **more: Any) -> Callable[[int], Consequence]:
    return lambda number: Consequence(*pair(number), before, after, effect, **more)


def gone(number: int) -> Consequence:
    """The user was deleted in the source, and could not be read there any more."""
    return Consequence(None, pair(number)[1], IN, Standing(False, "deleted in the source"), "soft_deleted")


def out(reason: str) -> Standing:
    return Standing(False, reason)


WAYS: dict[str, Callable[[int], Consequence]] = {
    "the user is unassigned": leaver(DIRECT, OUT, "soft_deleted"),
    "the group is unassigned": leaver(IN, OUT, "soft_deleted"),
    "the group is swapped": leaver(IN, out("not a direct member of group Sales Seoul"), "soft_deleted"),
    "a filter is added": leaver(IN, out("filter Staff: department EQUALS 'Sales' does not hold"), "soft_deleted"),
    "mode all ends": leaver(Standing(True, "all users"), OUT, "soft_deleted"),
    "exact with less": leaver(DIRECT, OUT, "soft_deleted"),
    "the teardown": leaver(IN, out("the link is removed"), "soft_deleted"),
    "the user type changes": leaver(IN, IN, "converted"),
    "sign-in is blocked by a mapping": leaver(IN, IN, "disabled"),
    "the target action Delete is off": leaver(IN, OUT, "kept"),
    "the role puts nobody into scope": leaver(IN, out("assigned with default access"), "soft_deleted"),
    "the user is deleted in the source": gone,
}
MORE_WAYS: dict[str, Callable[[int], Consequence]] = {
    "Delete is switched on for users who left before": leaver(OUT, OUT, "soft_deleted"),
    "the scope cannot be computed": leaver(IN, NOT_KNOWN, "unknown"),
    "the scope cannot be computed for another reason": leaver(NOT_KNOWN, Standing(None, "another filter"), "unknown"),
    "the effect cannot be computed": leaver(IN, IN, "unknown"),
    "it is not documented whether the user is deleted": leaver(IN, IN, "updated", possible=("soft_deleted", "updated")),
    "administrators may be spared": leaver(IN, OUT, "failed", possible=("soft_deleted", "failed")),
}
SOURCE_ID, TARGET_ID = pair()[0].id, pair()[1].id
KINDS_OF_IMPORTANCE: dict[str, tuple[Protection, Importance, str]] = {
    "named in the source": (Protection(frozenset({SOURCE_ID.lower()})), Importance(), "named as protected"),
    "named in the target": (Protection(frozenset({TARGET_ID.lower()})), Importance(), "named as protected"),
    "in a group": (Protection(members={TARGET_ID.lower(): "Board"}), Importance(), "member of group Board"),
    **{
        kind: (Protection(), Importance({TARGET_ID.lower(): (reason,)}), reason)
        for kind, reason in {
            "roles": "Global Administrator",
            "eligible roles": "Global Administrator (eligible)",
            "owners": "owner of group Board",
            "licences": "licence SPE_E5",
            "mailboxes": "mailbox",
        }.items()
    },
}


@pytest.mark.parametrize("kind", KINDS_OF_IMPORTANCE)
@pytest.mark.parametrize("way", [*WAYS, *MORE_WAYS])
def test_nothing_slips(way: str, kind: str) -> None:
    """Whoever is deleted in the source has no id there any more; the account in the target still has."""
    protection, importance, reason = KINDS_OF_IMPORTANCE[kind]
    consequence = {**WAYS, **MORE_WAYS}[way](1)
    if consequence.source is None and kind == "named in the source":
        protection = Protection(frozenset({TARGET_ID.lower()}))
    (alarm,) = alarms([consequence], importance, protection)
    assert (alarm.name, alarm.effect, alarm.reasons) == (consequence.name, consequence.effect, (reason,))
    with pytest.raises(Refusal) as refused:
        guard([alarm])
    said = (consequence.name, reason, "protected_release (link_protected_release)", "nothing was changed")
    assert [text for text in said if text not in str(refused.value)] == []


@pytest.mark.parametrize("way", [*WAYS, *MORE_WAYS])
def test_the_unimportant_raise_no_alarm(way: str) -> None:
    protection = Protection(frozenset({pair(5000)[0].id.lower()}), {pair(5001)[0].id.lower(): "Board"})
    importance = Importance({pair(5002)[1].id.lower(): ("mailbox",)})
    crowd = [{**WAYS, **MORE_WAYS}[way](number) for number in range(1, 1001)]
    found = alarms(crowd, importance, protection)
    assert found == []
    guard(found)


@pytest.mark.parametrize("way", [*WAYS, *MORE_WAYS])
@pytest.mark.parametrize("name", ["source name", "target name", "source id", "target id"])
def test_a_released_user_may_leave(way: str, name: str) -> None:
    consequence = {**WAYS, **MORE_WAYS}[way](1)
    user = consequence.source if name.startswith("source") else consequence.target
    if user is None:
        pytest.skip("the user has no account there any more")
    text = (user.id if name.endswith("id") else user.name).lower()
    importance = Importance({TARGET_ID.lower(): ("mailbox",)})
    assert alarms([consequence], importance, Protection(release=frozenset({text}))) == []
    assert len(alarms([consequence], importance, Protection(release=frozenset({"somebody@contoso.kr"})))) == 1


HARMLESS = {
    "updated": leaver(IN, IN, "updated"),
    "unchanged": leaver(IN, DIRECT, "unchanged"),
    "created": leaver(OUT, IN, "created"),
    "restored": leaver(OUT, IN, "restored"),
    "joins, with an unknown effect": leaver(OUT, IN, "unknown"),
    "may join": leaver(OUT, NOT_KNOWN, "unknown"),
    "never known": leaver(NOT_KNOWN, NOT_KNOWN, "unknown"),
    "one of two harmless effects": leaver(IN, IN, "unknown", possible=("updated", "unchanged")),
    "not in scope": leaver(OUT, OUT, "unchanged"),
}


@pytest.mark.parametrize("way", HARMLESS)
def test_what_does_no_harm_raises_no_alarm(way: str) -> None:
    assert not does_harm(HARMLESS[way](1))


def test_every_effect_was_thought_of() -> None:
    """A user who is and stays in scope, by effect; a new effect needs a decision."""
    harmful = {effect for effect in EFFECTS if does_harm(Consequence(*pair(), IN, IN, effect))}
    assert harmful == {"soft_deleted", "disabled", "converted", "unknown"}
    assert all(does_harm(Consequence(*pair(), IN, OUT, effect)) for effect in EFFECTS), "whoever leaves is spared whatever the effect is"


def test_a_user_without_an_account_is_protected_by_name_only() -> None:
    source, target = pair()
    consequence = Consequence(source, None, IN, OUT, "unchanged")
    assert alarms([consequence], Importance({target.id.lower(): ("mailbox",)}), Protection()) == []
    assert len(alarms([consequence], Importance(), Protection(frozenset({source.id.lower()})))) == 1


def test_all_reasons_are_named() -> None:
    protection = Protection(frozenset({SOURCE_ID.lower()}), {SOURCE_ID.lower(): "Board", TARGET_ID.lower(): "Board"})
    importance = Importance({TARGET_ID.lower(): ("Global Administrator", "mailbox")})
    (alarm,) = alarms([WAYS["the user is unassigned"](1)], importance, protection)
    assert str(alarm) == (
        "user1@contoso.kr (named as protected, member of group Board, Global Administrator, mailbox) would be deleted in the target"
    )


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("the user is unassigned", "would be deleted in the target"),
        ("sign-in is blocked by a mapping", "would be disabled in the target"),
        ("the user type changes", "would be converted between guest and member"),
        ("the target action Delete is off", "would leave the scope"),
        ("the scope cannot be computed", "may leave: what happens to them cannot be computed"),
        ("it is not documented whether the user is deleted", "may be deleted in the target"),
        ("administrators may be spared", "may be deleted in the target"),
    ],
)
def test_messages(way: str, said: str) -> None:
    (alarm,) = alarms([{**WAYS, **MORE_WAYS}[way](1)], Importance({TARGET_ID.lower(): ("mailbox",)}), Protection())
    assert str(alarm) == f"{alarm.name} (mailbox) {said}"


def test_a_refusal_names_ten_users() -> None:
    reasons = {pair(number)[1].id.lower(): ("mailbox",) for number in range(1, 13)}
    found = alarms((WAYS["the user is unassigned"](number) for number in range(1, 13)), Importance(reasons), Protection())
    with pytest.raises(Refusal, match=r"^12 protected users would be lost: user1@contoso\.kr .*; user10@contoso\.kr .*; and 2 more; keep"):
        guard(found)


# Names ---------------------------------------------------------------------------------------------------------------


def person(tenant: str, number: int, name: str, mail: str | None = None) -> dict[str, Any]:
    return {"id": f"{number:08}-0000-4000-8000-00000000{tenant}", "userPrincipalName": name, "displayName": name, "mail": mail}


class Directory:
    """The users and groups of a tenant. ``members`` are ids by group."""

    def __init__(self, people: list[dict[str, Any]], groups: dict[str, str], members: dict[str, list[str]]) -> None:
        self.people, self.groups, self.members = people, groups, members

    def __call__(self, request: Request) -> Outcome:
        path = request.path.partition("?")[0]
        if path == "/users":
            return users(request, self.people)
        if path == "/groups":
            wanted = [(key, name) for key, name in self.groups.items() if f"'{key}'" in request.path or f"'{name}'" in request.path.title()]
            return Reply(body={"value": [{"id": key, "displayName": name} for key, name in wanted]})
        if path.endswith("/transitiveMembers"):
            return Reply(body={"value": [{"id": one} for one in self.members[path.split("/")[2]]]})
        return NOT_FOUND if path != "/$batch" else Reply()


BOARD, OTHER_BOARD = "b0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"
ANNE = person("AAAA", 1, "anne@contoso.kr", "anne.lee@contoso.kr")
BORA = person("BBBB", 2, "bora_contoso.kr#EXT#@fabrikam.onmicrosoft.com", "bora@contoso.kr")


def tenants() -> tuple[FakeGraph, FakeGraph]:
    return (
        FakeGraph(Directory([ANNE], {BOARD: "Board"}, {BOARD: ["S1", "S2"]}), SOURCE),
        FakeGraph(Directory([BORA], {OTHER_BOARD: "Board"}, {OTHER_BOARD: ["T1"]}), TARGET),
    )


@pytest.mark.parametrize(
    ("names", "who", "members"),
    [
        (["anne@contoso.kr"], [ANNE], {}),
        (["ANNE.LEE@contoso.kr", "bora@contoso.kr"], [ANNE, BORA], {}),
        ([ANNE["id"].lower(), BORA["userPrincipalName"]], [ANNE, BORA], {}),
        (["board"], [], {"s1": "Board", "s2": "Board", "t1": "Board"}),
        ([OTHER_BOARD], [], {"t1": "Board"}),
        (["anne@contoso.kr", "Board"], [ANNE], {"s1": "Board", "s2": "Board", "t1": "Board"}),
    ],
)
def test_names_of_either_tenant(names: list[str], who: list[dict[str, Any]], members: dict[str, str]) -> None:
    found = resolve(*tenants(), names, [])
    assert found == Protection(frozenset(one["id"].lower() for one in who), members)


def test_an_unknown_name_is_refused() -> None:
    """A protection that protects nobody would be noticed too late."""
    with pytest.raises(Refusal, match=f"there is no user or group 'nobody@contoso.kr', 'Bord' in tenant {SOURCE} or tenant {TARGET}"):
        resolve(*tenants(), ["nobody@contoso.kr", "Board", "Bord", "anne@contoso.kr"], [])
    with pytest.raises(Refusal, match=f"'bora@contoso.kr' in tenant {SOURCE}, so"):
        resolve(tenants()[0], None, ["bora@contoso.kr"], [])


def test_without_names_nothing_is_asked() -> None:
    source, target = tenants()
    found = resolve(source, target, [], ["Anne@Contoso.kr"], ["roles"])
    assert found == Protection(kinds=("roles",), release=frozenset({"anne@contoso.kr"}))
    assert source.sent == target.sent == []


def test_a_failed_question_is_not_an_unknown_name() -> None:
    source, target = tenants()
    target.answer = lambda request: refusal(403, "Authorization_RequestDenied")
    with pytest.raises(Exception, match="HTTP 403"):
        resolve(source, target, ["Board"], [])


def test_kinds_are_those_that_are_read() -> None:
    assert Protection().kinds == KINDS == ("roles", "owners", "licences", "mailboxes")
