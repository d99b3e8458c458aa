# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner of capabilities, as tables: which requests, in which order, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import OddAnswer, ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import capability_reading, capability_trust
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability import Current, Desired, desired, plan
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability_features import (
    EVERYONE,
    FEATURES,
    KNOWN,
    Access,
    Scope,
    Subject,
    access,
    accesses,
    body,
    group,
    shared,
)
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import TARGET, FakeGraph, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options

BASIC, LIMITED = FEATURES["free_busy"].levels.values()
TIPS = FEATURES["mail_tips"].levels["all"]
CARD = FEATURES["profile_card"].levels["on"]
SALES, BOARD = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-9999-aaaaaaaaaaaa"
GROUPS = {"Sales": SALES, "Board": BOARD}
OF_SALES = Scope(frozenset({group(SALES)}))
NOT_BOARD = Scope(EVERYONE.included, frozenset({group(BOARD)}))
ALL, NO = Access(True, EVERYONE), Access(False, EVERYONE)
OPEN = {"users": capability_trust.ALL_USERS}
BLOCKED = {"users": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]}}
SOME = {"users": {"accessType": "allowed", "targets": [{"target": SALES, "targetType": "group"}]}}


def wish(**given: Any) -> Desired:
    where = {} if "default" in given else {"partner_tenant_id": TARGET}
    return desired(options("cross_tenant_capability", **{**where, **given}))


def there(own: Mapping[str, Access] | None = None, trust: Any = ..., **more: Any) -> Current:
    return Current(TARGET, "v1.0", True, OPEN if trust is ... else trust, own or {}, groups=GROUPS, **more)


def steps(planned: Plan) -> list[str]:
    """The requests, with what they write in a few words."""
    return [_step(request.method, request.path, request.body) for action in planned.actions for request in action.requests]


def _step(method: str, path: str, sent: Any) -> str:
    name = path.rsplit("/", 1)[1]
    if method == "DELETE":
        return f"DELETE {name}"
    if "inboundAccess" in sent:
        allowed = "allow" if sent["inboundAccess"]["isAllowed"] else "disallow"
        return f"{method} {allowed} {sent.get('@odata.type', name).rpartition('.')[2]}"
    trust = capability_trust.trusted(sent.get(capability_trust.MEMBER))
    return f"{method} {'entry' if method == 'POST' else 'trust'} {trust}"


@pytest.mark.parametrize(
    ("current", "given", "expected"),
    [
        # The first grant: the entry with the trust, or the trust, before the capability
        (
            Current(TARGET, "v1.0", False, groups=GROUPS),
            {"free_busy": "basic", "scope": "all"},
            ["POST entry all", f"POST allow {BASIC}"],
        ),
        (there(trust=None), {"free_busy": "basic", "scope": "all"}, ["PATCH trust all", f"POST allow {BASIC}"]),
        (there(trust={"users": None}), {"mail_tips": "all", "scope": "all"}, ["PATCH trust all", f"POST allow {TIPS}"]),
        (there(), {"free_busy": "basic", "scope": "all"}, [f"POST allow {BASIC}"]),
        # Another level: the old one goes first
        (there({BASIC: ALL}), {"free_busy": "limited_details", "scope": "all"}, [f"PATCH disallow {BASIC}", f"POST allow {LIMITED}"]),
        (there({LIMITED: ALL}), {"free_busy": "basic", "scope": "all"}, [f"PATCH disallow {LIMITED}", f"POST allow {BASIC}"]),
        (
            there({LIMITED: ALL, BASIC: NO}),
            {"free_busy": "basic", "scope": "all"},
            [f"PATCH disallow {LIMITED}", f"PATCH allow {BASIC}"],
        ),
        # Without a scope, the new level is written with that of the old one before that goes
        (
            there({BASIC: Access(True, OF_SALES)}),
            {"free_busy": "limited_details"},
            [f"POST disallow {LIMITED}", f"PATCH disallow {BASIC}", f"PATCH allow {LIMITED}"],
        ),
        # Two levels that somebody has allowed at once
        (there({BASIC: ALL, LIMITED: ALL}), {"free_busy": "basic"}, [f"PATCH disallow {LIMITED}"]),
        (there({BASIC: ALL, LIMITED: ALL}), {"free_busy": "none"}, [f"PATCH disallow {BASIC}", f"PATCH disallow {LIMITED}"]),
        # None: what exists is disallowed, what does not is not created
        (there({BASIC: ALL}), {"free_busy": "none"}, [f"PATCH disallow {BASIC}"]),
        (there({BASIC: NO}), {"free_busy": "none"}, []),
        (there(), {"free_busy": "none", "profile_card": False}, []),
        (Current(TARGET, "v1.0", False), {"free_busy": "none"}, []),
        (there({CARD: ALL}, trust=None), {"profile_card": False}, [f"PATCH disallow {CARD}"]),
        # Only the scope changes
        (there({BASIC: ALL}), {"free_busy": "basic", "scope": "groups", "groups": ["Sales"]}, [f"PATCH allow {BASIC}"]),
        (there({BASIC: ALL}), {"free_busy": "basic", "scope": "all", "excluded_groups": ["Board"]}, [f"PATCH allow {BASIC}"]),
        (there({BASIC: Access(True, NOT_BOARD)}), {"free_busy": "basic", "scope": "all"}, []),
        (there({BASIC: Access(True, NOT_BOARD)}), {"free_busy": "basic", "scope": "all", "excluded_groups": []}, [f"PATCH allow {BASIC}"]),
        # What is allowed already may have no effect yet, so its scope changes before the trust comes
        (
            there({BASIC: ALL}, trust=None),
            {"free_busy": "basic", "scope": "groups", "groups": ["Sales"]},
            [f"PATCH allow {BASIC}", "PATCH trust all"],
        ),
        # Without a scope, a level keeps its own, whatever that of another is
        (there({BASIC: Access(True, OF_SALES), LIMITED: ALL}), {"free_busy": "basic"}, [f"PATCH disallow {LIMITED}"]),
        (there({BASIC: Access(False, OF_SALES)}), {"free_busy": "basic"}, [f"PATCH allow {BASIC}"]),
        # All that is disallowed goes first, whatever the order of the options
        (
            there({CARD: ALL, LIMITED: ALL}, trust=None),
            {"mail_tips": "all", "free_busy": "basic", "profile_card": False, "scope": "all"},
            [f"PATCH disallow {LIMITED}", f"PATCH disallow {CARD}", "PATCH trust all", f"POST allow {BASIC}", f"POST allow {TIPS}"],
        ),
        # What the default policy allows is disallowed for the partner
        (
            there(inherited={LIMITED: ALL}),
            {"free_busy": "basic", "scope": "all"},
            [f"POST disallow {LIMITED}", f"POST allow {BASIC}"],
        ),
        (there(inherited={BASIC: ALL}), {"free_busy": "none"}, [f"POST disallow {BASIC}"]),
        (there({BASIC: Access(False, OF_SALES)}, inherited={BASIC: ALL}), {"free_busy": "none"}, [f"PATCH disallow {BASIC}"]),
        (there(trust=None, inherited={BASIC: ALL}), {"free_busy": "none"}, []),
        (
            Current(TARGET, "v1.0", False, inherited={BASIC: ALL}, default_trust=OPEN),
            {"free_busy": "none"},
            ["POST entry all", f"POST disallow {BASIC}"],
        ),
        # The trust of others
        (there(trust=SOME), {"free_busy": "basic", "scope": "all"}, [f"POST allow {BASIC}"]),
        (there(trust=SOME), {"free_busy": "basic", "scope": "all", "trust_all_users": True}, ["PATCH trust all", f"POST allow {BASIC}"]),
        (there(trust=BLOCKED), {"free_busy": "basic", "scope": "all", "trust_all_users": True}, ["PATCH trust all", f"POST allow {BASIC}"]),
        (there({BASIC: ALL}, trust=BLOCKED), {"free_busy": "none"}, [f"PATCH disallow {BASIC}"]),
        # Removal
        (
            there({BASIC: ALL, LIMITED: NO}),
            {"free_busy": "basic", "state": "absent"},
            [f"DELETE {BASIC}", f"DELETE {LIMITED}", "PATCH trust None"],
        ),
        (there({BASIC: ALL, TIPS: ALL}), {"free_busy": "none", "state": "absent"}, [f"DELETE {BASIC}"]),
        (there({BASIC: ALL, TIPS: NO}), {"free_busy": "none", "state": "absent"}, [f"DELETE {BASIC}", "PATCH trust None"]),
        (there({BASIC: ALL, "crossTenantMigration": ALL}), {"free_busy": "none", "state": "absent"}, [f"DELETE {BASIC}"]),
        (there({BASIC: ALL}, trust=SOME), {"free_busy": "none", "state": "absent"}, [f"DELETE {BASIC}"]),
        (there({}), {"free_busy": "none", "state": "absent"}, ["PATCH trust None"]),
        (there({}, trust=None), {"free_busy": "none", "state": "absent"}, []),
        (Current(TARGET, "v1.0", False), {"free_busy": "none", "state": "absent"}, []),
        (
            there({BASIC: ALL, TIPS: ALL}),
            {"free_busy": "basic", "mail_tips": "all", "keep": ["mail_tips"], "state": "absent"},
            [f"DELETE {BASIC}"],
        ),
        (there({}), {"mail_tips": "all", "keep": ["mail_tips"], "state": "absent"}, []),
        # Without its own capability the partner would see what the default policy allows
        (
            there({LIMITED: Access(True, OF_SALES), TIPS: ALL}, inherited={LIMITED: ALL}),
            {"free_busy": "limited_details", "state": "absent"},
            [f"PATCH disallow {LIMITED}"],
        ),
        (
            there({LIMITED: Access(True, OF_SALES)}, inherited={LIMITED: ALL}, default_trust=OPEN),
            {"free_busy": "limited_details", "state": "absent"},
            [f"PATCH disallow {LIMITED}"],
        ),
        (
            there({LIMITED: Access(True, OF_SALES)}, inherited={LIMITED: ALL}, default_trust=BLOCKED),
            {"free_busy": "limited_details", "state": "absent"},
            [f"DELETE {LIMITED}", "PATCH trust None"],
        ),
        (there({LIMITED: NO, TIPS: ALL}, inherited={LIMITED: ALL}), {"free_busy": "limited_details", "state": "absent"}, []),
        (there({LIMITED: ALL, TIPS: ALL}, inherited={LIMITED: ALL}), {"free_busy": "none", "state": "absent"}, [f"DELETE {LIMITED}"]),
        # Where the service has no capabilities, nothing is there
        (Current(TARGET, None, True), {"free_busy": "none"}, []),
        (Current(TARGET, None, True, trust=OPEN), {"free_busy": "basic", "state": "absent"}, []),
        # The default policy
        (Current(None, "v1.0", True), {"default": True, "free_busy": "basic", "scope": "all"}, [f"POST allow {BASIC}"]),
        (Current(None, "v1.0", True, own={BASIC: ALL}), {"default": True, "free_busy": "none"}, [f"PATCH disallow {BASIC}"]),
        (
            Current(None, "v1.0", True, own={BASIC: ALL}),
            {"default": True, "free_busy": "limited_details"},
            [f"POST disallow {LIMITED}", f"PATCH disallow {BASIC}", f"PATCH allow {LIMITED}"],
        ),
        (Current(None, "v1.0", True, own={BASIC: ALL}), {"default": True, "free_busy": "none", "state": "absent"}, [f"DELETE {BASIC}"]),
    ],
)
def test_the_requests_in_their_order(current: Current, given: dict[str, Any], expected: list[str]) -> None:
    assert steps(plan(current, wish(**given))) == expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"default": True, "partner_tenant_id": TARGET, "free_busy": "basic"}, "either partner_tenant_id, or default: true"),
        ({"partner_tenant_id": None, "free_busy": "basic"}, "either partner_tenant_id, or default: true"),
        ({}, "at least one feature to set: free_busy, mail_tips"),
        ({"state": "absent"}, "at least one feature to remove"),
        ({"free_busy": "basic", "keep": ["mail_tips"]}, "cannot be used with state present"),
        ({"free_busy": "basic", "scope": "groups"}, "scope groups needs groups"),
        ({"free_busy": "basic", "groups": ["Sales"]}, "groups needs scope: groups"),
        ({"free_busy": "basic", "scope": "all", "groups": ["Sales"]}, "groups needs scope: groups"),
        ({"free_busy": "basic", "excluded_groups": ["Sales"]}, "excluded_groups needs a scope"),
        ({"free_busy": "basic", "scope": "groups", "groups": ["Sales"], "excluded_groups": ["sales"]}, "sales cannot be in groups and in"),
        ({"free_busy": "basic", "trust_all_users": True, "state": "absent"}, "trust_all_users is about the trust of a partner"),
        ({"default": True, "free_busy": "basic", "trust_all_users": True}, "trust_all_users is about the trust of a partner"),
    ],
)
def test_options_that_contradict_each_other(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        wish(**given)


@pytest.mark.parametrize(
    ("current", "given", "said"),
    [
        (there(), {"free_busy": "basic"}, "free_busy of partner .* needs a scope, all or groups, because nothing of it is allowed yet"),
        (there({TIPS: ALL}), {"free_busy": "basic"}, "because nothing of it is allowed yet"),
        (there({BASIC: ALL}, trust=None), {"free_busy": "basic"}, "because its entry has no trust for Microsoft 365 yet"),
        (
            there(
                {
                    FEATURES["calendar_sharing"].levels["simple"]: ALL,
                    FEATURES["calendar_sharing"].levels["detail"]: Access(True, OF_SALES),
                }
            ),
            {"calendar_sharing": "reviewer"},
            "several levels of it are allowed, for different people",
        ),
        (there(trust=BLOCKED), {"free_busy": "basic", "scope": "all"}, "blocks all of its users"),
        (Current(None, "v1.0", True), {"default": True, "free_busy": "basic"}, "free_busy of the default policy needs a scope"),
        (
            Current(TARGET, None, True),
            {"free_busy": "basic", "profile_card": True},
            "neither in v1.0 nor in beta, so free_busy, profile_card",
        ),
        (
            Current(TARGET, "v1.0", True, OPEN, groups={"Sales": SALES, SALES: SALES}),
            {"free_busy": "basic", "scope": "groups", "groups": ["Sales"], "excluded_groups": [SALES]},
            f"group {SALES} cannot be in groups and in excluded_groups at once",
        ),
        (
            Current(TARGET, "v1.0", False, policy_bytes=25 * 1024 - 50),
            {"free_busy": "basic", "scope": "all"},
            r"would have about \d+ bytes with the trust of partner",
        ),
    ],
)
def test_what_cannot_be_planned(current: Current, given: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        plan(current, wish(**given))


@pytest.mark.parametrize(
    ("current", "given", "said"),
    [
        (there(trust=SOME), {"free_busy": "basic", "scope": "all"}, "lets only some of its users through"),
        (
            there({CARD: ALL}, trust=None),
            {"free_busy": "basic", "scope": "all"},
            f"also puts into effect what this task does not name: {CARD}",
        ),
        (
            there(trust=None, inherited={TIPS: ALL, BASIC: ALL}),
            {"free_busy": "basic", "scope": "all"},
            f"also puts into effect what the default policy allows and this task does not name: {TIPS}",
        ),
        (
            there({LIMITED: ALL, TIPS: ALL}, inherited={LIMITED: Access(True, OF_SALES)}),
            {"free_busy": "none", "state": "absent"},
            f"{LIMITED} of partner {TARGET}: kept and disallowed",
        ),
        (
            there({CARD: ALL}, trust=SOME, default_trust=OPEN),
            {"free_busy": "basic", "scope": "all", "trust_all_users": True},
            f"also puts into effect what this task does not name: {CARD}",
        ),
    ],
)
def test_warnings(current: Current, given: dict[str, Any], said: str) -> None:
    (warning,) = plan(current, wish(**given)).warnings
    assert said in warning


@pytest.mark.parametrize(
    "current",
    [
        there(),
        there({CARD: ALL}),
        there({CARD: NO}, trust=None),
        there({CARD: NO}, trust=None, inherited={CARD: ALL}),
        # The default policy has let all users through before.
        there({CARD: ALL}, trust=None, inherited={TIPS: ALL}, default_trust=OPEN),
    ],
)
def test_no_warning_without_a_reason(current: Current) -> None:
    assert plan(current, wish(free_busy="basic", scope="all")).warnings == ()


@pytest.mark.parametrize("given", [{"free_busy": "none"}, {"free_busy": "none", "state": "absent"}])
def test_a_trust_for_some_is_no_matter_where_nothing_is_allowed(given: dict[str, Any]) -> None:
    assert plan(there({BASIC: ALL}, trust=SOME), wish(**given)).warnings == ()


class TestVersions:
    """Beta is asked for only where v1.0 has no capabilities (fact F207)."""

    @staticmethod
    def service(*versions: str, message: str = "Resource not found for the segment 'm365Capabilities'.") -> Callable[[Request], Outcome]:
        def answer(request: Request) -> Outcome:
            if "m365Capabilities" not in request.path:
                return Reply(200, {"tenantId": TARGET})
            if request.version in versions:
                return Reply(200, {"value": [{"name": TIPS, **body(ALL)}]})
            return refusal(400, "BadRequest", message)

        return answer

    @pytest.mark.parametrize(
        ("versions", "found"), [(("v1.0", "beta"), "v1.0"), (("v1.0",), "v1.0"), (("beta",), "beta"), ((), None)], ids=str
    )
    def test_the_first_that_has_them(self, tmp_path: Path, versions: tuple[str, ...], found: str | None) -> None:
        client = FakeGraph(self.service(*versions), run_cache=RunCache(str(tmp_path)))
        for _time in range(2):
            seen = capability_reading.read(client, TARGET, ())
            assert seen.version == found
            assert set(seen.own) == ({TIPS} if found else set())
            asked = {request.version for request in client.sent if "m365Capabilities" in request.path}
            client.sent.clear()
        # The second task of a run does not ask v1.0 in vain.
        assert asked == ({"v1.0"} if found == "v1.0" else {"beta"})

    def test_another_refusal_is_a_failure(self) -> None:
        client = FakeGraph(self.service("beta", message="Something else."))
        with pytest.raises(ServiceError, match="Something else"):
            capability_reading.read(client, TARGET, ())


class TestSecondLooks:
    """What an action reads right before or after it is carried out."""

    def test_odd_answers_are_no_traceback(self) -> None:
        client = FakeGraph(lambda _request: Reply(200, {"value": [{"name": BASIC, "inboundAccess": "odd"}]}))
        grant = plan(there(), wish(free_busy="basic", scope="all")).actions[-1]
        untrust = plan(there({BASIC: ALL}), wish(free_busy="basic", state="absent")).actions[-1]
        assert grant.gives_way
        assert untrust.refresh
        with pytest.raises(OddAnswer):
            grant.gives_way(client, {}, FakeClock().pace())
        with pytest.raises(OddAnswer):
            untrust.refresh(client)

    def test_what_this_run_has_written_may_be_shown_late(self) -> None:
        """A replica still shows the old state (fact F14)."""
        client = FakeGraph(lambda _request: Reply(200, {"value": [{"name": BASIC, **body(ALL)}, {"name": LIMITED, **body(ALL)}]}))
        change = plan(there({BASIC: ALL}), wish(free_busy="limited_details", scope="all")).actions[-1]
        removal = plan(there({BASIC: ALL, LIMITED: NO}), wish(free_busy="basic", state="absent")).actions[-1]
        assert change.gives_way
        assert removal.refresh
        assert change.gives_way(client, {}, FakeClock().pace()) == ""
        assert [request.method for request in removal.refresh(client)] == ["PATCH"]
        assert client.writes == []


class TestTrust:
    """Whom a trust lets through, and what is written."""

    @pytest.mark.parametrize(
        ("raw", "through"),
        [
            (None, None),
            ({}, None),
            ({"users": None}, None),
            ({"users": {"accessType": None, "targets": None}}, None),
            (OPEN, "all"),
            (SOME, "some"),
            (BLOCKED, "none"),
            ({"users": {"accessType": "allowed", "targets": []}}, "none"),
            ({"users": {"accessType": "blocked", "targets": [{"target": SALES, "targetType": "group"}]}}, "some"),
        ],
    )
    def test_whom_it_lets_through(self, raw: Any, through: str | None) -> None:
        assert capability_trust.trusted(raw) == through

    def test_unknown_members_are_sent_back(self) -> None:
        assert capability_trust.opened({"users": None, "devices": {"a": 1}, "other": None}) == {"devices": {"a": 1}, **OPEN}

    @pytest.mark.parametrize(
        ("raw", "ours"), [(OPEN, True), (SOME, False), (BLOCKED, False), (None, False), ({**OPEN, "devices": {"a": 1}}, False)]
    )
    def test_whether_it_is_ours(self, raw: Any, ours: bool) -> None:
        assert capability_trust.is_ours(raw) is ours

    @pytest.mark.parametrize(
        ("own", "default", "through"),
        [(None, None, False), (None, OPEN, True), (BLOCKED, OPEN, False), (SOME, BLOCKED, True), ({"users": None}, SOME, True)],
    )
    def test_the_default_counts_where_it_says_nothing(self, own: Any, default: Any, through: bool) -> None:
        assert capability_trust.lets_through(own, default) is through


class TestScopes:
    """Scopes in Graph's words and ours."""

    @pytest.mark.parametrize(
        ("scope", "kind"),
        [
            (EVERYONE, "all"),
            (NOT_BOARD, "all"),
            (OF_SALES, "groups"),
            (Scope(), "other"),
            (Scope(frozenset({Subject("group", "All")})), "other"),
            (Scope(frozenset({Subject("user", SALES)})), "other"),
            (Scope(EVERYONE.included | OF_SALES.included), "other"),
            (Scope(EVERYONE.included, frozenset({Subject("user", SALES)})), "other"),
        ],
    )
    def test_kinds(self, scope: Scope, kind: str) -> None:
        assert scope.kind == kind
        assert access(body(Access(True, scope))) == Access(True, scope)

    @pytest.mark.parametrize(
        "raw",
        [
            {},
            {"inboundAccess": None},
            {"inboundAccess": {"isAllowed": None, "resourceScopes": None}},
            {"inboundAccess": {"isAllowed": False, "resourceScopes": {"included": None, "excluded": []}}},
        ],
    )
    def test_what_says_nothing_is_not_allowed(self, raw: Any) -> None:
        assert access(raw) == Access(False, Scope())

    def test_ids_are_compared_without_case(self) -> None:
        scopes = {
            "included": [{"resourceId": "all", "resourceType": "user"}],
            "excluded": [{"resourceId": BOARD.upper(), "resourceType": "group"}],
        }
        assert access({"inboundAccess": {"isAllowed": True, "resourceScopes": scopes}}) == Access(True, NOT_BOARD)

    def test_a_name_that_is_missing_is_that_of_the_type(self) -> None:
        assert accesses([{"@odata.type": f"#microsoft.graph.{BASIC}"}, {"name": TIPS}]).keys() == {BASIC, TIPS}

    def test_of_two_levels_the_one_that_shows_most_is_named(self) -> None:
        found = shared(FEATURES["free_busy"], {BASIC: ALL, LIMITED: Access(True, OF_SALES)})
        assert (found["level"], found["also_allowed"], found["scope"], found["groups"]) == ("limited_details", ["basic"], "groups", [SALES])


def test_each_capability_belongs_to_one_feature() -> None:
    assert len(KNOWN) == sum(len(feature.levels) for feature in FEATURES.values()) == 10


def test_who_approves_a_plan_sees_what_it_leaves_alone() -> None:
    basis = plan(there({TIPS: ALL, "crossTenantMigration": NO}), wish(free_busy="basic", scope="all")).basis()
    assert basis["mail_tips"]["level"] == "all"
    assert basis["crossTenantMigration"]["allowed"] is False
    assert "free_busy" not in basis
