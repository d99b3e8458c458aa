# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an action on a link may be carried out, by what was read of it and what the administrator expects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.action.link_guard import holding
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import link_guard
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_guard import CHANGE_JOB, LEAVE_ALONE, PROVISION, Decision

ANN, BEN, CID = "ann@contoso.kr", "ben@contoso.kr", "cid@contoso.kr"
PROTECTED = {"user_principal_name": ANN, "target_user_principal_name": "ann_x", "protected_by": ["Global Administrator"]}
GONE = {"user_principal_name": None, "target_user_principal_name": "ann_x", "protected_by": ["licensed"]}


def look(held: tuple[str, ...] = (), removed: tuple[str, ...] = (), may: tuple[str, ...] = (), **members: Any) -> dict[str, Any]:
    """A result of watch_info: a link whose deletion guard holds deletions back if somebody is held."""
    fates = {name: list(users) for name, users in (("held", held), ("removed", removed), ("may_be_removed", may)) if users}
    return {
        "job_state": "started",
        "protected": [],
        "could_not_look": [],
        "findings": ["the deletion guard holds"] if held else [],
        "held": {"since": "2026-11-29T02:40:00Z", "users": list(held), "count": len(held), "unknown": None} if held else None,
        "leaving": fates,
        "not_in_scope": {name: len(users) for name, users in fates.items()},
        "next_cycle": {"when": "in the next cycle", "full": False, "removes": len(removed)},
        "counts": {},
        **members,
    }


HELD = look(held=(BEN, ANN))
NONE_NAMED = {"leaving": {"held": [ANN]}}


class TestApproval:
    @pytest.mark.parametrize(
        ("seen", "expected"),
        [
            (HELD, 2),
            (HELD, "2"),
            (HELD, " 2\n"),
            (HELD, [ANN, BEN]),
            (HELD, f"{BEN.upper()}, {ANN}"),
            (HELD, f"{ANN}\n{BEN}\n"),
            (look(held=(ANN,), removed=(BEN, CID)), 3),
            (look(held=(ANN,), removed=(BEN,)), [ANN, BEN]),
            ({**HELD, **NONE_NAMED}, 2),
        ],
    )
    @pytest.mark.parametrize("check_mode", [True, False])
    def test_what_is_expected_is_approved(self, seen: dict[str, Any], expected: Any, check_mode: bool) -> None:
        found = link_guard.approve_deletions(seen, expected, ["a_to_b"], check_mode)
        assert (found.tasks, found.refused, found.restart_reason) == (CHANGE_JOB, False, "approve_deletions"), found.msg
        assert found.job_state == "restarted"

    @pytest.mark.parametrize(
        ("seen", "expected", "holding", "words"),
        [
            (HELD, 3, 1, "approve_deletions_expected is 3, but 2 users would be deleted: ann@contoso.kr, ben@contoso.kr"),
            (HELD, 0, 1, "approve_deletions_expected is 0"),
            (HELD, "two", 1, "names two, who would not be deleted and does not name ann@contoso.kr, ben@contoso.kr, who would be deleted"),
            (HELD, [ANN], 1, "does not name ben@contoso.kr"),
            (HELD, [ANN, BEN, CID], 1, "names cid@contoso.kr, who would not be deleted"),
            (HELD, {"a": 2}, 1, "must be a list"),
            (HELD, True, 1, "must be a list"),
            (HELD, 2, 2, "is for one link, but link 1, link 2 hold deletions back"),
            ({**HELD, **NONE_NAMED}, [ANN, BEN], 1, "only 1 of 2 users are named"),
            # Somebody left after the service had stopped.
            (look(held=(ANN,), removed=(BEN,)), 1, 1, "2 users would be deleted"),
            (
                {**HELD, "protected": [PROTECTED]},
                2,
                1,
                "takes the accounts of protected users: ann@contoso.kr (Global Administrator); bring",
            ),
            ({**HELD, "protected": [GONE]}, 2, 1, "protected users: ann_x (licensed)"),
            ({**HELD, "could_not_look": ["roles not checked"]}, 2, 1, "it is not known whether protected users lose"),
            ({**HELD, "job_state": "paused"}, 2, 1, "run the playbook resume first"),
            ({**HELD, "held": {**HELD["held"], "unknown": "the log cannot be read: no"}}, 2, 1, "not known whose deletions"),
            (look(held=()) | {"held": {"since": "x", "users": [], "count": None, "unknown": None}}, 0, 1, "the log cannot be read"),
        ],
    )
    @pytest.mark.parametrize("check_mode", [True, False])
    def test_everything_else_is_refused_in_check_mode_too(
        self, seen: dict[str, Any], expected: Any, holding: int, words: str, check_mode: bool
    ) -> None:
        found = link_guard.approve_deletions(seen, expected, [f"link {number + 1}" for number in range(holding)], check_mode)
        assert words in found.msg
        assert (found.refused, found.tasks) == (True, LEAVE_ALONE)

    @pytest.mark.parametrize("missing", [None, "", "  "])
    def test_check_mode_needs_no_expectation(self, missing: Any) -> None:
        check = link_guard.approve_deletions(HELD, missing, ["a_to_b"], check_mode=True)
        run = link_guard.approve_deletions(HELD, missing, ["a_to_b"], check_mode=False)
        assert (check.refused, run.refused, check.msg) == (False, True, run.msg)
        assert "set approve_deletions_expected to 2" in check.msg
        assert check.lines == run.lines != ()

    def test_everybody_is_named_first(self) -> None:
        seen = look(held=(ANN,), removed=(BEN,), may=(CID,))
        assert link_guard.approve_deletions(seen, 7, ["a_to_b"], check_mode=False).lines == (
            "the deletion guard holds deletions back since 2026-11-29T02:40:00Z; an approval deletes 2 users",
            f"held back: {ANN}",
            f"left since then: {BEN}",
            f"may be deleted as well: {CID}",
        )
        assert "and 1 more" in link_guard.approve_deletions({**HELD, **NONE_NAMED}, 7, ["a_to_b"], check_mode=False).lines

    def test_without_held_deletions_nothing_happens_whatever_is_expected(self) -> None:
        """So that a second run is no failure."""
        found = link_guard.approve_deletions(look(removed=(ANN,)), 2, [], check_mode=False)
        assert (found.tasks, found.refused) == (LEAVE_ALONE, False)
        back = look() | {"held": {"since": "x", "users": [], "count": 0, "unknown": None}}
        assert "in scope again" in link_guard.approve_deletions(back, 2, ["a_to_b"], check_mode=False).msg


def job(state: str = "started", **progress: int) -> dict[str, Any]:
    return {"job": {"state": state, "progress": [progress] if progress else []}}


def test_which_links_of_the_run_hold_deletions_back() -> None:
    """A link whose look failed, or that was not looked at, is none of them."""
    looks: dict[str, dict[str, Any]] = {
        "a": {"watch_look": HELD},
        "b": {"watch_look": look()},
        "c": {"watch_look": {"failed": True, "msg": "no"}},
        "d": {},
        "e": {"watch_look": HELD},
    }
    assert holding({"hostvars": looks, "ansible_play_hosts_all": list(looks)}) == ["a", "e"]


class TestPauseAndResume:
    @pytest.mark.parametrize(
        ("seen", "reason", "wished", "tasks", "words"),
        [
            (job(), None, "started", CHANGE_JOB, "pauses the job; users who leave the scope keep"),
            (job(), "  ", "started", CHANGE_JOB, "pauses the job; users"),
            (job(), "a\n b", None, CHANGE_JOB, "pauses the job; reason: a b; "),
            (job(), None, None, CHANGE_JOB, "unless link_job_state is paused"),
            (job(done=3, total=9), None, None, CHANGE_JOB, "the running cycle ends first"),
            (job("paused"), "x", "started", LEAVE_ALONE, "paused already"),
        ],
    )
    def test_pause(self, seen: dict[str, Any], reason: Any, wished: str | None, tasks: str, words: str) -> None:
        found = link_guard.pause(seen, reason, wished)
        assert (found.tasks, found.refused) == (tasks, False)
        assert words in found.msg
        assert found.job_state == ("paused" if tasks == CHANGE_JOB else None)

    def test_what_is_not_said_of_a_pause(self) -> None:
        assert "link_job_state" not in link_guard.pause(job(), None, "paused").msg
        assert "running cycle" not in link_guard.pause(job(done=9, total=9), None, "paused").msg
        assert link_guard.pause({"job": None}, None, None).refused

    @pytest.mark.parametrize(
        ("seen", "words"),
        [
            (look(), "no account will be deleted"),
            (look(removed=(ANN, BEN)), "2 users will be deleted: ann@contoso.kr, ben@contoso.kr"),
            (look(counts={"created": 3, "updated": 1}), "3 will be created; 1 will be updated"),
            (look(may=(CID,)), "1 user may be deleted: cid@contoso.kr"),
            (look(held=(ANN,)), "keeps holding deletions back"),
        ],
    )
    def test_resume(self, seen: dict[str, Any], words: str) -> None:
        found = link_guard.resume({**seen, "job_state": "paused"}, "started")
        assert (found.tasks, found.refused, found.job_state) == (CHANGE_JOB, False, "started")
        assert words in found.msg
        assert "pauses the job again" in link_guard.resume({**seen, "job_state": "paused"}, "paused").msg

    @pytest.mark.parametrize(
        ("members", "words"),
        [
            ({"protected": [PROTECTED], "findings": ["ann will be deleted"]}, "protected users: ann@contoso.kr (Global Administrator)"),
            ({"could_not_look": ["roles not checked"]}, "roles not checked"),
            ({"findings": ["2 of 3 users will be deleted, more than max_removals 1: x"]}, "more than link_scope_max_removals 1: x; bring"),
            ({"findings": ["more than max_removal_percent 5"]}, "link_scope_max_removal_percent 5"),
        ],
    )
    def test_what_is_not_resumed(self, members: dict[str, Any], words: str) -> None:
        seen = {**look(removed=(ANN,)), **members}
        found = link_guard.resume({**seen, "job_state": "paused"}, None)
        assert found.refused
        assert words in found.msg
        assert found.lines == (f"will be deleted: {ANN}",)
        assert link_guard.resume(seen, None) == Decision("the job runs already")

    def test_a_limit_is_found_behind_held_deletions(self) -> None:
        seen = look(held=(BEN,), removed=(ANN,), job_state="paused")
        assert not link_guard.resume(seen, None).refused
        assert link_guard.resume({**seen, "findings": [*seen["findings"], "more than max_removals 0"]}, None).refused


def person(name: str = ANN, in_scope: bool | None = True, state: str = "none", **members: Any) -> dict[str, Any]:
    """An answer of person_info in a loop."""
    source = {"user_principal_name": name, "deleted": False}
    sentence = f"{name} is not assigned; assign the user."
    about = {"user_principal_name": name, "sentence": sentence, "source": source, "scope": {"in_scope": in_scope}}
    return {**about, "target": {"state": state}, "item": name, **members}


class TestProvisioning:
    @pytest.mark.parametrize(
        ("raw", "users"),
        [(ANN, (ANN,)), (f"{ANN}, {BEN}", (ANN, BEN)), (f"{ANN}\n{BEN}\n", (ANN, BEN)), ([ANN, ANN.upper()], (ANN.upper(),))],
    )
    def test_who_is_meant(self, raw: Any, users: tuple[str, ...]) -> None:
        found = link_guard.name_users(raw)
        assert (found.users, found.refused) == (users, False)

    @pytest.mark.parametrize("raw", [None, "", " \n", [], [""], {"a": 1}, True])
    def test_nobody_is_meant(self, raw: Any) -> None:
        found = link_guard.name_users(raw)
        assert found.refused
        assert "provision_users" in found.msg

    def test_users_in_scope(self) -> None:
        # The service itself decides about a user of whom it cannot be computed.
        found = link_guard.provision([person(), person(BEN, None), person(ANN, state="active")])
        assert (found.tasks, found.users, found.refused) == (PROVISION, (ANN, BEN), False)

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            (person(BEN, False), "ben@contoso.kr is not assigned; assign the user"),
            (person(BEN, state="deleted"), "ben@contoso.kr has a deleted account"),
            (person(BEN, source=None), "ben@contoso.kr is not assigned"),
            (person(BEN, source={"user_principal_name": BEN, "deleted": True}), "ben@contoso.kr is not assigned"),
            ({"failed": True, "msg": "Tenant x: two users have this address.", "item": BEN}, "ben@contoso.kr: Tenant x: two users"),
        ],
    )
    def test_one_of_them_stops_all(self, wrong: Mapping[str, Any], words: str) -> None:
        found = link_guard.provision([person(), wrong])
        assert found.refused
        assert words in found.msg
        assert ".." not in found.result("a_to_b")["msg"]

    def test_what_the_service_did(self) -> None:
        outcomes = [
            {"user": ANN, "status": "success", "remedy": None, "reason": "done", "code": None},
            {"user": BEN, "status": "failure", "remedy": "two accounts match", "reason": "x", "code": "Duplicate"},
        ]
        found = link_guard.provision_result({"outcomes": outcomes, "failed_users": [BEN], "unknown_users": []})
        assert found.lines == (f"{ANN}: success", f"{BEN}: failure (two accounts match)")
        result = found.result("a_to_b")
        assert result["failed"]
        assert result["msg"] == "Link a_to_b: the service could not provision ben@contoso.kr"
        silent = link_guard.provision_result({"outcomes": outcomes[:1], "failed_users": [], "unknown_users": [CID]})
        assert not silent.result("a_to_b").get("failed")
        assert CID in silent.msg


class TestTeardown:
    @pytest.mark.parametrize("named", ["a, b", "a\nb", ["b", "a"], "a,b,c"])
    def test_named_links(self, named: Any) -> None:
        assert not link_guard.teardown(["a", "b"], named, check_mode=False).refused

    @pytest.mark.parametrize(
        ("named", "words"),
        [
            (None, "a_to_b, b_to_a would be removed, but link_teardown does not name them; name every link"),
            ("", "does not name them"),
            ("a_to_b", "b_to_a would be removed, but link_teardown does not name it; "),
            ("a_to_b b_to_a", "a_to_b, b_to_a would be removed"),
            (["a_to_b", "b_to_aa"], "does not name it (did you mean b_to_aa?)"),
            (True, "link_teardown must be a list"),
        ],
    )
    def test_links_that_are_not_named(self, named: Any, words: str) -> None:
        found = link_guard.teardown(["a_to_b", "b_to_a"], named, check_mode=False)
        assert words in found.msg
        assert found.result(None)["msg"].endswith(". Nothing was changed.")
        assert found.result(None)["failed"]

    def test_check_mode_needs_no_names(self) -> None:
        assert link_guard.teardown(["a", "b"], None, check_mode=True) == Decision("outside of check mode, link_teardown must name a, b")


class TestForeignLooks:
    """A playbook of one's own can hand over anything; each action says what it needs, and nothing is decided."""

    GOOD: ClassVar[dict[str, dict[str, Any]]] = {
        "approve_deletions": HELD,
        "resume": look(),
        "pause": job(),
        "provision_now": {"results": [person()]},
        "provision_result": {"outcomes": [], "failed_users": [], "unknown_users": []},
    }

    @pytest.mark.parametrize("action", link_guard.LOOKS)
    def test_the_right_one(self, action: str) -> None:
        assert link_guard.unfit(action, self.GOOD[action]) is None

    @pytest.mark.parametrize(
        ("action", "member"), [(action, member) for action, (_module, members) in link_guard.LOOKS.items() for member in members]
    )
    @pytest.mark.parametrize("value", ["missing", 5])
    def test_each_member_is_needed(self, action: str, member: str, value: Any) -> None:
        seen = {name: found for name, found in self.GOOD[action].items() if name != member or value != "missing"}
        found = link_guard.unfit(action, {**seen, member: value} if value != "missing" else seen)
        assert found is not None
        assert found.msg == f"look must be the result of {link_guard.LOOKS[action][0]}, but {member} is missing in it, or is something else"
        assert (found.refused, found.tasks) == (True, LEAVE_ALONE)

    @pytest.mark.parametrize("action", ["approve_deletions", "resume", "pause", "provision_result"])
    def test_a_failure_that_was_ignored(self, action: str) -> None:
        found = link_guard.unfit(action, {"failed": True, "msg": "Tenant x: access denied.", "changed": False})
        assert found is not None
        assert found.result("a_to_b")["msg"] == (
            "Link a_to_b: the look at the link has failed, so nothing is known of it: Tenant x: access denied. Nothing was changed."
        )


def test_results_are_complete() -> None:
    assert link_guard.must_not_exist().result("a_to_b") == {
        "changed": False,
        "msg": "Link a_to_b: the link must not exist, so it is left alone",
        "tasks": LEAVE_ALONE,
        "lines": [],
        "users": [],
    }
