# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a link, what is wrong with it, and its line."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, get_type_hints

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import job, link_report
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.causes import _LOG_CODES
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import Configuration
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.health import (
    BEGINNINGS,
    Seen,
    absent,
    could_not_look,
    cycles_of,
    deletions,
    failures_of,
    is_stale,
    judge,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.log_stream import Page, Stream, stream
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.provisioning_log import LogEntry, entry
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.synced_user import Arrived
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import LinkHealth

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
SP = "aaaaaaaa-0000-4000-8000-00000000000f"
NEVER = job.NEVER
LINK = {
    "configuration": "Fabrikam",
    "tenant_id": "a",
    "target": {"tenant_id": "b"},
    "compare": False,
    "job_state": "started",
}


def stamp(**ago: float) -> str:
    return (NOW - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def raw_job(**status: Any) -> dict[str, Any]:
    """A job as Graph returns it: it runs, and a cycle ended ten minutes ago."""
    cycle = {"timeBegan": stamp(minutes=11), "timeEnded": stamp(minutes=10), "state": "Succeeded", "countEscrowed": 0}
    return {
        "id": "job",
        "templateId": "Azure2Azure",
        "schedule": {"state": status.pop("state", "Active"), "interval": status.pop("interval", "PT40M")},
        "status": {"code": "Active", "lastExecution": cycle, "steadyStateFirstAchievedTime": stamp(days=3), **status},
    }


def quarantined(reason: str = "EncounteredQuarantineException", **ago: float) -> dict[str, Any]:
    return raw_job(quarantine={"reason": reason, "currentBegan": stamp(**ago or {"days": 5}), "seriesBegan": stamp(**ago or {"days": 5})})


def facts(raw: dict[str, Any] | None, owed: bool = False, users: int | None = 12, wanted: str = "started") -> dict[str, Any]:
    """What the look at a link returns, by its own functions."""
    shown = job._shown(job.Current(Configuration(SP, "app", "Fabrikam", "role"), raw), job.run_state(raw))
    source: dict[str, Any] = {"differences": [], "warnings": [], "job": shown, "verdict": job.verdict(raw, NOW, owed)}
    arrived = None if users is None else Arrived(users, ())
    return link_report.compared(source, {"differences": [], "warnings": []}, arrived, {**LINK, "job_state": wanted})


_NUMBERS = itertools.count()


def logged(person: str = "minsu", status: str = "success", action: str = "update", code: str | None = None, **ago: float) -> dict[str, Any]:
    """An entry of the log, as Graph returns it."""
    return {
        "id": f"entry-{next(_NUMBERS)}",
        "activityDateTime": stamp(**ago or {"hours": 1}),
        "cycleId": f"cycle {ago}",
        "provisioningAction": action,
        "provisioningStatusInfo": {"status": status, "errorInformation": {"errorCode": code, "reason": f"{code}!"} if code else None},
        "servicePrincipal": {"id": SP},
        "sourceIdentity": {"id": person, "displayName": person.title(), "details": {"UserPrincipalName": f"{person}@contoso.kr"}},
        "targetIdentity": {"id": ""},
    }


OLD = logged("old", days=20)


def log(*raws: dict[str, Any], complete: bool = True) -> Stream:
    return stream(NOW, Page(sorted(raws, key=lambda raw: str(raw["activityDateTime"]), reverse=True), complete), None)


def seen(raw: dict[str, Any] | None = None, read: Stream | None = None, **about: Any) -> Seen:
    return Seen(about.get("facts", facts(raw or raw_job())), about.get("failure"), read or log(OLD), about.get("log_failure"), NOW)


def without_log(given: Seen, reason: str = "Tenant a: denied.") -> Seen:
    return Seen(given.facts, given.failure, None, reason, NOW)


INVITATION = "the invitation failed; check the target's invitation settings and allowed domains"
HELD = [logged("a", "skipped", "stagedDelete"), logged("b", "skipped", "stagedDelete")]
CASES: dict[str, tuple[Seen, str, list[str], list[str]]] = {
    "all is well": (seen(), "healthy", [], []),
    "it has never run": (seen(raw_job(lastExecution={"timeEnded": NEVER, "timeBegan": NEVER, "state": "Failed"})), "healthy", [], []),
    "its first cycle runs": (seen(raw_job(lastExecution=None, progress=[{"completedUnits": 1, "totalUnits": 2}])), "healthy", [], []),
    "paused as it must be": (seen(facts=facts(raw_job(state="Disabled"), wanted="paused")), "healthy", [], []),
    "paused": (seen(raw_job(state="Disabled")), "degraded", ["the job is paused and must be started"], []),
    "running, and must not": (seen(facts=facts(raw_job(), wanted="paused")), "degraded", ["the job is started and must be paused"], []),
    "no job": (seen(facts=facts(None)), "degraded", ["the job is absent and must be started"], []),
    "quarantine": (
        seen(quarantined()),
        "degraded",
        [
            "the job is in quarantine (EncounteredQuarantineException): check the trust settings of both tenants, then restart with "
            "release_quarantine within 23 days, before the service disables the job"
        ],
        [],
    ),
    "quarantine on its last day": (
        seen(quarantined("EncounteredEscrowProportionThreshold", days=27, hours=13)),
        "degraded",
        [
            "the job is in quarantine (EncounteredEscrowProportionThreshold): read provisioning_log_info, fix the cause, then restart with "
            "release_quarantine within 0 days, before the service disables the job"
        ],
        [],
    ),
    "disabled by the service after four weeks in quarantine": (
        seen({**quarantined(days=29), "schedule": {"state": "Disabled"}}),
        "degraded",
        [
            "the job is paused and must be started",
            "the job is in quarantine (EncounteredQuarantineException): check the trust settings of both tenants, then restart with "
            "release_quarantine",
        ],
        [],
    ),
    "held deletions": (
        seen(quarantined("TooManyDeletes"), log(*HELD)),
        "degraded",
        [
            "the job is in quarantine (TooManyDeletes): check the held deletions in provisioning_log_info, then bring the users back into "
            "scope or restart with approve_deletions within 23 days, before the service disables the job",
            "2 deletions held back: a@contoso.kr, b@contoso.kr",
        ],
        [],
    ),
    "one of the held deletions was approved": (
        seen(quarantined("TooManyDeletes"), log(*HELD, logged("a", "success", "delete", minutes=5))),
        "degraded",
        ["the job is in quarantine", "1 deletion held back: b@contoso.kr"],
        [],
    ),
    "deletions that were held before": (seen(raw_job(), log(*HELD)), "healthy", [], []),
    "the last cycle failed": (
        seen(raw_job(lastExecution={"timeBegan": stamp(minutes=2), "timeEnded": stamp(minutes=1), "state": "Failed"})),
        "degraded",
        ["the last cycle ended as Failed: read provisioning_log_info for the users who failed"],
        [],
    ),
    "users are held for retry, and the log does not name them": (
        seen(raw_job(lastExecution={"timeEnded": stamp(minutes=1), "state": "Succeeded", "countEscrowed": 3})),
        "degraded",
        ["the last cycle ended as Succeeded, and 3 users are held for retry: read provisioning_log_info for the users who failed"],
        [],
    ),
    "users are held for retry, and the log names them": (
        seen(
            raw_job(lastExecution={"timeEnded": stamp(minutes=1), "state": "EntryLevelErrors", "countEscrowed": 1}),
            log(logged("minsu", "failure", "create", "InvitationCreationFailure")),
        ),
        "degraded",
        [f"1 user failed with InvitationCreationFailure ({INVITATION}): minsu@contoso.kr"],
        [],
    ),
    "a restart is pending": (
        seen(facts=facts(raw_job(), owed=True)),
        "degraded",
        ["run sync_job with state started: a restart is pending because the scope or the mappings were changed"],
        [],
    ),
    "late": (
        seen(raw_job(lastExecution={"timeBegan": stamp(hours=3), "timeEnded": stamp(hours=3), "state": "Succeeded"})),
        "degraded",
        ["no cycle has ended for 3 hours, although one begins every 40 minutes: restart the job with sync_job"],
        [],
    ),
    "a failure after which the service has given up": (
        seen(raw_job(), log(*(logged("minsu", "failure", "update", "EntryConflict", days=days) for days in (10, 13, 16, 17)), OLD)),
        "degraded",
        ["1 user failed with EntryConflict"],
        [],
    ),
    "a failure after which nothing was tried": (
        seen(raw_job(), log(*(logged("minsu", "failure", "update", "EntryConflict", days=days) for days in (10, 12)), OLD)),
        "healthy",
        [],
        [],
    ),
    "a failure whose beginning is not known": (
        seen(raw_job(), log(logged("minsu", "failure", "update", "EntryConflict", days=5), logged("b", days=8), complete=False)),
        "degraded",
        ["1 user failed with EntryConflict"],
        [],
    ),
    "a failure that has passed": (seen(raw_job(), log(logged("minsu", "failure", days=1), logged("minsu", hours=2))), "healthy", [], []),
    "a failure that came back": (
        seen(raw_job(), log(logged("minsu", "failure", days=1), logged("minsu", hours=2), logged("minsu", "failure", hours=1))),
        "degraded",
        ["1 user failed with unknown: minsu@contoso.kr"],
        [],
    ),
    "whoever failed has left the scope": (
        seen(raw_job(), log(logged("minsu", "failure", days=1), logged("minsu", "skipped", "other", "NotEffectivelyEntitled"))),
        "healthy",
        [],
        [],
    ),
    "a warning": (seen(raw_job(), log(logged("minsu", "warning", "update", "DuplicateSourceEntries"))), "healthy", [], []),
    "deletions": (seen(raw_job(), log(*(logged(str(number), action="delete") for number in range(9)))), "healthy", [], []),
    "no permission for the log": (
        without_log(seen()),
        "could_not_look",
        [],
        ["failures and deletions are not known: Tenant a: denied."],
    ),
    "no permission for the log of a job in quarantine": (
        without_log(seen(quarantined())),
        "degraded",
        ["the job is in quarantine"],
        ["failures and deletions are not known: Tenant a: denied."],
    ),
    "the target cannot be read": (
        seen(facts=facts(raw_job(), users=None), failure="Tenant b: sign-in failed."),
        "could_not_look",
        [],
        ["Tenant b: sign-in failed."],
    ),
    "the target cannot be read, and the job is paused": (
        seen(facts=facts(raw_job(state="Paused"), users=None), failure="Tenant b: sign-in failed."),
        "degraded",
        ["the job is paused and must be started"],
        ["Tenant b: sign-in failed."],
    ),
    "several problems": (
        seen(
            quarantined("TooManyDeletes"),
            log(*HELD, logged("c", "failure", "update", "EntryConflict"), logged("d", "failure", "update", "EntryConflict")),
        ),
        "degraded",
        ["the job is in quarantine", "2 users failed with EntryConflict", "2 deletions held back"],
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_link(name: str) -> None:
    given, verdict, problems, unknown = CASES[name]
    found = judge(given)
    assert found["verdict"] == verdict
    assert len(found["problems"]) == len(problems), found["problems"]
    assert all(text.startswith(expected) for text, expected in zip(found["problems"], problems, strict=True)), found["problems"]
    assert found["could_not_look"] == unknown
    assert found["line"].startswith(BEGINNINGS[verdict])
    assert all(text.rstrip(".") in found["line"] for text in (*found["problems"], *unknown))
    assert ".;" not in found["line"]
    assert found.keys() == get_type_hints(LinkHealth).keys()


def test_links_that_are_not_judged_have_the_same_members() -> None:
    for found, verdict in ((absent(), "healthy"), (could_not_look("Link a: link_configuration is missing."), "could_not_look")):
        assert found.keys() == get_type_hints(LinkHealth).keys()
        assert found["verdict"] == verdict
        assert found["line"].startswith(BEGINNINGS[verdict])


@pytest.mark.parametrize(("end", "remedy"), _LOG_CODES, ids=[end for end, _remedy in _LOG_CODES])
def test_each_cause_has_its_remedy(end: str, remedy: str) -> None:
    code = f"AzureActiveDirectory{end}"
    (failure,) = failures_of([entry(logged("minsu", "failure", "create", code))], NOW, NOW)
    assert failure == {"code": code, "count": 1, "users": ["minsu@contoso.kr"], "reason": f"{code}!", "remedy": remedy}
    (problem,) = judge(seen(raw_job(), log(logged("minsu", "failure", "create", code))))["problems"]
    assert problem == f"1 user failed with {code} ({remedy}): minsu@contoso.kr"


def test_an_unknown_cause_is_reported_in_the_words_of_the_service() -> None:
    (problem,) = judge(seen(raw_job(), log(logged("minsu", "failure", "create", "New"))))["problems"]
    assert problem == "1 user failed with New (New!): minsu@contoso.kr"


def entries(*raws: dict[str, Any]) -> list[LogEntry]:
    return [entry(raw) for raw in raws]


class TestFailures:
    def test_by_code_most_frequent_first_with_five_names(self) -> None:
        found = failures_of(
            entries(
                *(logged(f"user{number}", "failure", code="EntryConflict") for number in range(7)),
                logged("b", "failure", code="Timeout"),
                logged("a", "failure", code="InvalidAnchor"),
            ),
            NOW,
            NOW,
        )
        assert [(one["code"], one["count"], len(one["users"])) for one in found] == [
            ("EntryConflict", 7, 5),
            ("InvalidAnchor", 1, 1),
            ("Timeout", 1, 1),
        ]
        (problem, *_others) = judge(seen(raw_job(), log(*(logged(f"user{number}", "failure") for number in range(7)))))["problems"]
        assert problem.endswith("user4@contoso.kr and 2 more")

    def test_a_user_fails_once_with_the_newest_code(self) -> None:
        found = failures_of(entries(logged("a", "failure", code="Timeout"), logged("a", "failure", code="EntryConflict", days=1)), NOW, NOW)
        assert [(one["code"], one["count"]) for one in found] == [("Timeout", 1)]

    @pytest.mark.parametrize(
        ("source", "target", "name"),
        [
            ({"id": "1", "displayName": "Minsu", "details": {"UserPrincipalName": "m@contoso.kr"}}, None, "m@contoso.kr"),
            ({"id": "1", "displayName": "Minsu"}, {"details": {"userPrincipalName": "m#EXT#"}}, "m#EXT#"),
            ({"id": "1", "displayName": "Minsu"}, None, "Minsu"),
            ({"id": "1"}, None, "1"),
            (None, {"id": "2"}, "2"),
            (None, None, "entry"),
        ],
    )
    def test_a_user_always_has_a_name(self, source: Any, target: Any, name: str) -> None:
        raw = {**logged("x", "failure"), "id": "entry", "sourceIdentity": source, "targetIdentity": target}
        assert failures_of([entry(raw)], NOW, NOW)[0]["users"] == [name]

    MONTH = NOW - timedelta(days=30)

    @pytest.mark.parametrize(
        ("failed", "tried"),
        [
            ([{"days": 4}], True),
            ([{"days": 4, "seconds": 1}], False),
            ([{"days": 5}, {"days": 11}], True),
            ([{"days": 5}, {"days": 10, "hours": 23}], False),
            ([{"days": 24, "seconds": 1}], True),
            ([{"days": 24}], False),
        ],
        ids=str,
    )
    def test_whoever_is_not_tried_for_a_week_has_left_the_scope(self, failed: list[dict[str, Any]], tried: bool) -> None:
        found = failures_of(entries(*(logged("a", "failure", **ago) for ago in failed)), NOW, self.MONTH)
        assert bool(found) is tried

    def test_a_success_in_between_begins_anew(self) -> None:
        attempts = entries(logged("a", "failure", days=5), logged("a", days=8), logged("a", "failure", days=12))
        assert failures_of(attempts, NOW, self.MONTH) == []


class TestDeletions:
    @pytest.mark.parametrize(
        ("ago", "week", "month"),
        [
            ({"days": 0}, 1, 1),
            ({"days": 7}, 1, 1),
            ({"days": 7, "seconds": 1}, 0, 1),
            ({"days": 30}, 0, 1),
            ({"days": 30, "seconds": 1}, 0, 0),
        ],
        ids=str,
    )
    def test_the_boundaries(self, ago: dict[str, Any], week: int, month: int) -> None:
        assert deletions(entries(logged("a", action="delete", **ago)), NOW) == {"7": week, "30": month}

    @pytest.mark.parametrize(("status", "action"), [("failure", "delete"), ("skipped", "stagedDelete"), ("success", "disable")])
    def test_what_deletes_nobody(self, status: str, action: str) -> None:
        assert deletions(entries(logged("a", status, action)), NOW) == {"7": 0, "30": 0}

    DELETED = logged("a", action="delete", days=1)

    @pytest.mark.parametrize(
        ("read", "text"),
        [
            (log(OLD), "no deletions in 30 days"),
            (log(), "no deletions since 2026-11-18T12:00:00Z"),
            (log(DELETED, OLD), "deletions: 1 in 7 days, 1 in 30 days"),
            (log(DELETED), "deletions: 1 in 7 days, at least 1 in 30 days"),
            (
                log(DELETED, complete=False),
                "deletions: at least 1 in 7 days, at least 1 in 30 days (the log was read since 2026-11-24T12:00:00Z)",
            ),
        ],
    )
    def test_what_is_not_known_is_said(self, read: Stream, text: str) -> None:
        found = judge(seen(raw_job(), read))
        assert found["line"].endswith(f"; {text}")
        assert found["deletions_since"] == read.deletions_since.strftime("%Y-%m-%dT%H:%M:%SZ")

    def test_failures_of_a_short_log_are_those_since_then(self) -> None:
        quiet = judge(seen(raw_job(), log(logged("a", days=1), complete=False)))
        assert "; no failures since 2026-11-24T12:00:00Z; " in quiet["line"]
        assert quiet["log_since"] == "2026-11-24T12:00:00Z"
        failed = judge(seen(raw_job(), log(logged("a", "failure", days=1), complete=False)))
        assert "; failures read since 2026-11-24T12:00:00Z only; " in failed["line"]
        assert "; no failures; " in judge(seen())["line"]


class TestLate:
    @pytest.mark.parametrize(
        ("interval", "ended", "took", "late"),
        [
            ("PT40M", {"minutes": 120}, {}, False),
            ("PT40M", {"minutes": 120, "seconds": 1}, {}, True),
            ("PT40M", {"minutes": 125}, {"minutes": 10}, False),
            ("PT40M", {"minutes": 131}, {"minutes": 10}, True),
            ("PT2H", {"hours": 5}, {}, False),
            ("PT1H30M", {"hours": 5}, {}, True),
            ("P1D", {"days": 2}, {}, False),
            ("P1DT12H", {"days": 4}, {}, False),
            ("PT90S", {"minutes": 5}, {}, True),
            ("PT0S", {"minutes": 100}, {}, False),
            ("every now and then", {"minutes": 121}, {}, True),
            (None, {"minutes": 119}, {}, False),
        ],
        ids=str,
    )
    def test_by_the_interval_of_the_job(self, interval: str | None, ended: dict[str, float], took: dict[str, float], late: bool) -> None:
        began = NOW - timedelta(**ended) - timedelta(**took)
        last = {"began": began.strftime("%Y-%m-%dT%H:%M:%SZ"), "ended": stamp(**ended)}
        assert is_stale({"state": "started", "interval": interval, "last_cycle": last}, {"verdict": "healthy"}, NOW, 3) is late

    @pytest.mark.parametrize(
        ("verdict", "ended", "late"),
        [
            ("healthy", {"hours": 3}, True),
            ("degraded", {"hours": 3}, True),
            ("quarantined", {"hours": 3}, False),
            ("quarantined", {"days": 3, "seconds": 1}, True),
            ("running", {"days": 2}, False),
            ("running", {"days": 4}, True),
        ],
    )
    def test_cycles_are_rare_in_quarantine_and_a_full_one_is_long(self, verdict: str, ended: dict[str, float], late: bool) -> None:
        shown = {"state": "started", "interval": "PT40M", "last_cycle": {"began": None, "ended": stamp(**ended)}}
        assert is_stale(shown, {"verdict": verdict}, NOW, 3) is late

    @pytest.mark.parametrize("factor", [1, 2.5, 100])
    def test_the_factor(self, factor: float) -> None:
        for seconds, late in ((factor * 2400 - 1, False), (factor * 2400 + 1, True)):
            shown = {"state": "started", "interval": "PT40M", "last_cycle": {"began": None, "ended": stamp(seconds=seconds)}}
            assert is_stale(shown, {"verdict": "healthy"}, NOW, factor) is late

    @pytest.mark.parametrize(
        "shown",
        [
            None,
            {"state": "paused", "interval": "PT40M", "last_cycle": {"began": None, "ended": stamp(days=9)}},
            {"state": "started", "interval": "PT40M", "last_cycle": None},
        ],
    )
    def test_what_is_never_late(self, shown: Any) -> None:
        assert is_stale(shown, {"verdict": "healthy"}, NOW, 1) is False

    @pytest.mark.parametrize(("ago", "text"), [({"minutes": 119}, "119 minutes"), ({"hours": 47}, "47 hours"), ({"days": 2}, "2 days")])
    def test_how_long_is_said(self, ago: dict[str, float], text: str) -> None:
        late = judge(seen(raw_job(lastExecution={"timeEnded": stamp(**ago), "state": "Succeeded"})), 1)
        assert late["problems"] == [f"no cycle has ended for {text}, although one begins every 40 minutes: restart the job with sync_job"]
        assert late["stale"] is True


class TestQuarantine:
    @pytest.mark.parametrize(
        ("ago", "left"),
        [({"days": 0}, 28), ({"days": 5}, 23), ({"days": 27, "hours": 1}, 0), ({"days": 28}, 0), ({"days": 40}, 0)],
        ids=str,
    )
    def test_the_days_that_are_left(self, ago: dict[str, Any], left: int) -> None:
        found = judge(seen(quarantined(**ago)))
        assert found["quarantine"] == {"since": stamp(**ago), "reason": "EncounteredQuarantineException", "days_left": left}

    def test_there_is_none(self) -> None:
        assert judge(seen())["quarantine"] is None


class TestCycles:
    def test_each_cycle_oldest_first(self) -> None:
        found = cycles_of(
            list(log(logged("a", hours=1), logged("b", hours=1), logged("c", "failure", "create", hours=2), logged("d", hours=3)).of(SP))
        )
        assert found == [
            {"time": stamp(hours=3), "counts": {"update success": 1}},
            {"time": stamp(hours=2), "counts": {"create failure": 1}},
            {"time": stamp(hours=1), "counts": {"update success": 2}},
        ]

    @pytest.mark.parametrize(("number", "groups"), [(60, 60), (61, 3)])
    def test_of_many_cycles_those_of_a_day_are_together(self, number: int, groups: int) -> None:
        found = cycles_of(list(log(*(logged("a", hours=count) for count in range(number))).of(SP)))
        assert len(found) == groups
        assert sum(cycle["counts"]["update success"] for cycle in found) == number
        times: Sequence[str] = [cycle["time"] for cycle in found]
        assert list(times) == sorted(times)

    def test_there_are_none(self) -> None:
        assert cycles_of([]) == []


def test_the_line_has_everything() -> None:
    found = judge(seen(raw_job(), log(logged("a", "failure", "create", "EntryConflict"), OLD)))
    assert found["line"] == (
        "Degraded. 1 user failed with EntryConflict (another object in the target has the same address; remove or change it): a@contoso.kr; "
        f"job healthy since {stamp(days=3)}, last cycle ended {stamp(minutes=10)}; 12 synced users; no deletions in 30 days"
    )
    assert judge(seen())["line"] == (
        f"Healthy. job healthy since {stamp(days=3)}, last cycle ended {stamp(minutes=10)}; 12 synced users; no failures; no deletions in 30 days"
    )


def test_another_link_of_the_same_tenant_has_its_own_entries() -> None:
    other = {**logged("a", "failure"), "servicePrincipal": {"id": "bbbbbbbb-0000-4000-8000-00000000000f"}}
    assert judge(seen(raw_job(), log(other)))["failures"] == []
