# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Capabilities: what is read, what each action sends and looks after, and what a plan shows (facts F200 to F204)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Action, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import capability_reading, foretold
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability import Current, plan, read
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability_actions import EXISTS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability_features import EVERYONE, FEATURES, Access, body
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability_trust import MEMBER
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner import LARGEST_POLICY, PARTNERS, policy_bytes
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET, FakeGraph, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import EMPTY_ENTRY, PartnerService, SourceService
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_capability import (
    ALL,
    BASIC,
    BOARD,
    CARD,
    GROUPS,
    LIMITED,
    NO,
    NOT_BOARD,
    OF_SALES,
    OPEN,
    SALES,
    SOME,
    TIPS,
    there,
    wish,
)

PATH = f"{PARTNERS}/{TARGET}/m365Capabilities"
SIMPLE, DETAIL, REVIEWER = FEATURES["calendar_sharing"].levels.values()
OTHERS = ({"tenantId": SOURCE, "inboundTrust": {"isMfaAccepted": True}},)


def raw(own: Mapping[str, Access]) -> list[dict[str, Any]]:
    """Capabilities in Graph's words."""
    return [{"name": name, **body(access)} for name, access in own.items()]


def entry(trust: Any = None) -> dict[str, Any]:
    return {**EMPTY_ENTRY, "tenantId": TARGET, MEMBER: trust}


def client_of(tmp_path: Path, partner: Any = None, own: Mapping[str, Access] | None = None) -> FakeGraph:
    """A tenant in which the default policy shows MailTips and trusts some, with two groups and another partner."""
    policies = PartnerService(partner, capabilities=raw(own or {}), of_default=raw({TIPS: ALL}), default={MEMBER: SOME}, others=OTHERS)
    groups = SourceService(groups=[{"id": number, "displayName": name, "groupTypes": []} for name, number in GROUPS.items()])

    def answer(request: Request) -> Outcome:
        return (groups if request.path.startswith("/groups") else policies)(request)

    return FakeGraph(answer, run_cache=RunCache(str(tmp_path)))


class TestReading:
    @pytest.mark.parametrize(
        ("partner", "own", "given", "expected"),
        [
            pytest.param(
                entry(OPEN),
                {BASIC: ALL},
                {"scope": "groups", "groups": ["Sales"], "excluded_groups": ["Board"]},
                Current(TARGET, "v1.0", True, OPEN, {BASIC: ALL}, {TIPS: ALL}, SOME, GROUPS),
                id="everything",
            ),
            pytest.param(
                entry(),
                {},
                {"scope": "all"},
                Current(TARGET, "v1.0", True, None, {}, {TIPS: ALL}, SOME, policy_bytes=policy_bytes([*OTHERS, entry()])),
                id="the trust may come, so the policy is measured",
            ),
            pytest.param(
                None,
                {},
                {"scope": "all"},
                Current(TARGET, "v1.0", False, None, {}, {TIPS: ALL}, SOME, policy_bytes=policy_bytes(OTHERS)),
                id="no entry yet",
            ),
            pytest.param(
                entry(SOME), {}, {"scope": "all"}, Current(TARGET, "v1.0", True, SOME, {}, {TIPS: ALL}, SOME), id="a trust that stays"
            ),
            pytest.param(
                entry(),
                {BASIC: NO},
                {"state": "absent", "scope": "groups", "groups": ["Sales"], "excluded_groups": ["Board"]},
                Current(TARGET, "v1.0", True, None, {BASIC: NO}, {TIPS: ALL}, SOME),
                id="a removal is about everybody",
            ),
            pytest.param(
                None, {}, {"default": True, "scope": "all"}, Current(None, "v1.0", True, None, {TIPS: ALL}), id="the default policy"
            ),
        ],
    )
    def test_what_is_there(self, tmp_path: Path, partner: Any, own: Mapping[str, Access], given: dict[str, Any], expected: Current) -> None:
        client = client_of(tmp_path, partner, own)
        assert read(client, wish(free_busy="basic", **given)) == expected
        assert sum(request.path == PARTNERS for request in client.sent) == bool(expected.policy_bytes)

    def test_where_the_service_has_no_capabilities_no_policy_grows(self, tmp_path: Path) -> None:
        def answer(request: Request) -> Outcome:
            if "m365Capabilities" in request.path:
                return refusal(400, "BadRequest", "Resource not found for the segment 'm365Capabilities'.")
            return PartnerService(entry(), others=OTHERS)(request)

        client = FakeGraph(answer, run_cache=RunCache(str(tmp_path)))
        assert read(client, wish(free_busy="basic", scope="all")) == Current(TARGET, None, True)

    def test_the_tenant_itself_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Refusal, match="partner_tenant_id is the tenant itself"):
            read(client_of(tmp_path), wish(partner_tenant_id=SOURCE, free_busy="basic", scope="all"))

    def test_in_check_mode_it_is_what_earlier_tasks_would_have_left(self, tmp_path: Path) -> None:
        client = client_of(tmp_path, entry(OPEN), {BASIC: ALL, CARD: ALL})
        client.check_mode = True
        foretold.record_removal(client, TARGET, [BASIC], True)
        found = read(client, wish(mail_tips="all", scope="all"))
        assert (found.own, found.trust, found.exists) == ({CARD: ALL}, None, True)
        client = client_of(tmp_path)
        client.check_mode = True
        assert not read(client, wish(mail_tips="all", scope="all")).exists
        foretold.record_entry(client, TARGET)
        assert read(client, wish(mail_tips="all", scope="all")).exists


def told(action: Action) -> tuple[Any, ...]:
    """An action, with what its only request sends."""
    (request,) = action.requests
    return (str(action), request.method, request.path, request.version, request.body, action.follows_creation, action.done_codes)


class TestActions:
    def test_the_first_grant_creates_the_entry(self) -> None:
        """A second capability of the same name in a new entry is that of another run, and no lag."""
        current = Current(TARGET, "beta", False, groups=GROUPS)
        wanted = wish(free_busy="basic", scope="groups", groups=["Sales"], excluded_groups=["Board"])
        sent = body(Access(True, replace(OF_SALES, excluded=NOT_BOARD.excluded)))
        assert [told(action) for action in plan(current, wanted).actions] == [
            (f"create partner {TARGET}", "POST", PARTNERS, "v1.0", {"tenantId": TARGET, MEMBER: OPEN}, False, ()),
            (
                f"create capability {BASIC} of partner {TARGET} (allowed)",
                "POST",
                PATH,
                "beta",
                {"@odata.type": f"#microsoft.graph.{BASIC}", **sent},
                True,
                (EXISTS,),
            ),
        ]

    def test_a_new_level_takes_over_the_scope_of_the_old_one(self) -> None:
        current = Current(TARGET, "beta", True, OPEN, {BASIC: Access(True, OF_SALES)})
        on, off = body(Access(True, OF_SALES)), body(Access(False, OF_SALES))
        new = (f"create capability {LIMITED} of partner {TARGET} (disallowed)", "POST", PATH, "beta")
        old = (f"update capability {BASIC} of partner {TARGET} (disallowed)", "PATCH", f"{PATH}/{BASIC}", "beta", off, False, ())
        then = (f"update capability {LIMITED} of partner {TARGET} (allowed)", "PATCH", f"{PATH}/{LIMITED}", "beta", on)
        assert [told(action) for action in plan(current, wish(free_busy="limited_details")).actions] == [
            (*new, {"@odata.type": f"#microsoft.graph.{LIMITED}", **off}, False, ()),
            old,
            (*then, True, ()),
        ]
        there_already = replace(current, own={**current.own, LIMITED: NO})
        assert [told(action) for action in plan(there_already, wish(free_busy="limited_details")).actions] == [
            (f"update capability {LIMITED} of partner {TARGET} (disallowed)", "PATCH", f"{PATH}/{LIMITED}", "beta", off, False, ()),
            old,
            (*then, False, ()),
        ]

    def test_a_removal(self) -> None:
        current = Current(TARGET, "beta", True, OPEN, {BASIC: ALL})
        assert [told(action) for action in plan(current, wish(free_busy="basic", state="absent")).actions] == [
            (f"delete capability {BASIC} of partner {TARGET}", "DELETE", f"{PATH}/{BASIC}", "beta", None, False, ()),
            (f"update partner {TARGET} (trust)", "PATCH", f"{PARTNERS}/{TARGET}", "v1.0", {MEMBER: None}, False, ()),
        ]

    def test_of_the_default_policy(self) -> None:
        (action,) = plan(Current(None, "v1.0", True), wish(default=True, free_busy="basic", scope="all")).actions
        assert told(action)[:3] == (
            f"create capability {BASIC} of the default policy (allowed)",
            "POST",
            "/policies/crossTenantAccessPolicy/default/m365Capabilities",
        )

    def test_what_others_have_put_into_the_trust_is_sent_back(self) -> None:
        """This collection does not know it, and the service may replace nested values (fact F35)."""
        current = there(trust={"users": None, "devices": {"a": 1}})
        assert plan(current, wish(free_busy="basic", scope="all")).actions[0].requests[0].body == {MEMBER: {"devices": {"a": 1}, **OPEN}}


class TestTwoRuns:
    """Another run has allowed another level of a feature at the same time: the level that shows less stays."""

    def settled(self, given: dict[str, Any], own: Mapping[str, Access]) -> tuple[FakeGraph, Any]:
        """The client, and what the last action looks like after it."""
        client = FakeGraph(lambda _request: Reply(200, {"value": raw(own)}))
        return client, plan(replace(there(), version="beta"), wish(scope="all", **given)).actions[-1].gives_way

    def changes(self, client: FakeGraph) -> list[tuple[str, bool, Any]]:
        assert {(request.path, request.version) for request in client.sent if request.method == "GET"} == {(PATH, "beta")}
        writes = [request for request in client.sent if request.method != "GET"]
        assert {(request.method, request.version) for request in writes} <= {("PATCH", "beta")}
        return [(request.path.rpartition("/")[2], request.body["inboundAccess"]["isAllowed"], request.body) for request in writes]

    @pytest.mark.parametrize("ours", [{LIMITED: ALL}, {}], ids=["shown", "not shown yet"])
    def test_less_than_ours(self, ours: dict[str, Access]) -> None:
        client, look = self.settled({"free_busy": "limited_details"}, {BASIC: Access(True, OF_SALES), **ours})
        with pytest.raises(Refusal) as caught:
            look(client, {}, FakeClock().pace())
        assert str(caught.value) == (
            "another process has set free_busy to basic at the same time, so limited_details is not allowed; only one level can be, "
            "make the two tasks agree and run again"
        )
        assert self.changes(client) == [(LIMITED, False, body(Access(False, EVERYONE)))]

    def test_less_than_ours_for_a_group(self) -> None:
        client, look = self.settled({"free_busy": "limited_details"}, {BASIC: ALL, LIMITED: Access(True, OF_SALES)})
        with pytest.raises(Refusal):
            look(client, {}, FakeClock().pace())
        assert self.changes(client) == [(LIMITED, False, body(Access(False, OF_SALES)))]

    def test_more_than_ours(self) -> None:
        own = {BASIC: ALL, LIMITED: Access(True, OF_SALES), SIMPLE: ALL, REVIEWER: ALL, DETAIL: ALL}
        client, look = self.settled({"free_busy": "basic", "calendar_sharing": "simple"}, own)
        said = "another process has set {} at the same time, which is disallowed again"
        assert look(client, {}, FakeClock().pace()) == "; ".join(
            said.format(what) for what in ("free_busy to limited_details", "calendar_sharing to detail", "calendar_sharing to reviewer")
        )
        assert self.changes(client) == [
            (LIMITED, False, body(Access(False, OF_SALES))),
            (DETAIL, False, body(NO)),
            (REVIEWER, False, body(NO)),
        ]

    def test_only_what_this_run_has_allowed_is_looked_after(self) -> None:
        client, look = self.settled({"free_busy": "none", "mail_tips": "limited"}, {BASIC: ALL, TIPS: ALL})
        assert (
            look(client, {}, FakeClock().pace()) == "another process has set mail_tips to all at the same time, which is disallowed again"
        )
        assert self.changes(client) == [(TIPS, False, body(NO))]

    @pytest.mark.parametrize(("own", "removed"), [({CARD: ALL}, False), ({CARD: NO}, True), ({BASIC: ALL}, True)])
    def test_the_trust_stays_for_what_another_run_has_allowed(self, own: dict[str, Access], removed: bool) -> None:
        """What this run has removed may be shown for a while (fact F14)."""
        client = FakeGraph(lambda _request: Reply(200, {"value": raw(own)}))
        refresh = plan(Current(TARGET, "beta", True, OPEN, {BASIC: ALL}), wish(free_busy="basic", state="absent")).actions[-1].refresh
        assert refresh
        assert [request.body for request in refresh(client)] == ([{MEMBER: None}] if removed else [])
        assert [(request.path, request.version) for request in client.sent] == [(PATH, "beta")]


NOTHING: dict[str, Any] = {"also_allowed": [], "scope": None, "groups": [], "excluded_groups": [], "users": [], "excluded_users": []}
OFF = {"level": "none", **NOTHING}


class TestShowing:
    def test_a_grant(self) -> None:
        planned = plan(there({BASIC: NO}, trust=None), wish(free_busy="basic", scope="all"))
        basic = {**OFF, "level": "basic", "scope": "all"}
        assert planned.before == {"partner": TARGET, "free_busy": OFF, "trust": None}
        assert planned.after == {"partner": TARGET, "free_busy": basic, "trust": "all"}
        assert planned.facts == {
            "partner_tenant_id": TARGET,
            "features": {
                **{name: {**NOTHING, "level": False if feature.is_switch else "none"} for name, feature in FEATURES.items()},
                "free_busy": basic,
            },
            "trust": "all",
        }

    @pytest.mark.parametrize(("other", "trust"), [({}, None), ({TIPS: ALL}, "all")], ids=["the last", "not the last"])
    def test_a_removal(self, other: dict[str, Access], trust: str | None) -> None:
        planned = plan(there({BASIC: ALL, **other}), wish(free_busy="basic", state="absent"))
        assert planned.before == {"partner": TARGET, "free_busy": {**OFF, "level": "basic", "scope": "all"}, "trust": "all"}
        assert planned.after == {"partner": TARGET, "free_busy": OFF, "trust": trust}
        assert planned.facts["trust"] == trust
        assert planned.warnings == ()

    def test_the_default_policy(self) -> None:
        planned = plan(Current(None, "v1.0", True), wish(default=True, free_busy="none"))
        assert planned.before == planned.after == {"default": True, "free_busy": OFF}
        assert planned.facts.keys() == {"partner_tenant_id", "features"}
        assert planned.facts["partner_tenant_id"] is None

    def test_a_tenant_without_capabilities(self) -> None:
        assert plan(Current(TARGET, None, True, OPEN), wish(free_busy="none")).after == {
            "partner": TARGET,
            "free_busy": OFF,
            "trust": "all",
        }


class TestForetelling:
    """In check mode, later tasks see what this one would have removed: the entry goes if nothing else is left in it."""

    @pytest.mark.parametrize(
        ("current", "gone", "trust"),
        [
            (there({BASIC: ALL}), {BASIC}, None),
            (there({BASIC: ALL, TIPS: ALL}), {BASIC}, OPEN),
            (there({}), set(), None),
            (there({BASIC: ALL, TIPS: ALL}, inherited={BASIC: NO}), {BASIC}, OPEN),
            (there({BASIC: Access(True, OF_SALES), TIPS: ALL}, inherited={BASIC: ALL}), None, OPEN),
            (there({}, trust=None), None, None),
        ],
        ids=["all", "a capability", "the trust", "what the default policy disallows", "nothing, it is held", "nothing"],
    )
    def test_of_a_partner(self, tmp_path: Path, current: Current, gone: set[str] | None, trust: Any) -> None:
        planned = plan(current, wish(free_busy="basic", state="absent"))
        assert (planned.foretells is None) is (gone is None)
        client = client_of(tmp_path)
        client.check_mode = True
        if planned.foretells:
            planned.foretells(client)
        assert foretold.removed_capabilities(client, TARGET) == (gone or set())
        assert capability_reading.trust_of(foretold.entry(client, TARGET, entry(current.trust))) == trust

    def test_of_the_default_policy_nothing(self) -> None:
        assert plan(Current(None, "v1.0", True, own={BASIC: ALL}), wish(default=True, free_busy="none", state="absent")).foretells is None


class TestSize:
    """Fact F38: the whole policy may have 25 KB."""

    OF_SEVEN: ClassVar = {"users": {"accessType": "allowed", "targets": [{"target": "1234567", "targetType": "user"}]}}

    @pytest.mark.parametrize(
        ("trust", "room", "fits"),
        [
            pytest.param(None, 84, True, id="it fits exactly"),
            pytest.param(None, 83, False, id="a byte is missing"),
            pytest.param(OF_SEVEN, 1, True, id="a byte more"),
            pytest.param(OF_SEVEN, 0, False, id="a byte too much"),
            pytest.param(SOME, -100, True, id="it becomes shorter"),
            pytest.param(OPEN, -100, True, id="it stays"),
        ],
    )
    def test_to_the_byte(self, trust: Any, room: int, fits: bool) -> None:
        current, wanted = there(trust=trust, policy_bytes=LARGEST_POLICY - room), wish(free_busy="basic", scope="all", trust_all_users=True)
        if fits:
            assert plan(current, wanted).actions
        else:
            with pytest.raises(Refusal, match=f"would have about {LARGEST_POLICY + 1} bytes with the trust of partner"):
                plan(current, wanted)


def test_ids_of_groups_are_those_of_the_named_groups() -> None:
    sent = plan(there(), wish(free_busy="basic", scope="groups", groups=["Sales", "Board"])).actions[0].requests[0].body
    assert [one["resourceId"] for one in sent["inboundAccess"]["resourceScopes"]["included"]] == [SALES, BOARD]
