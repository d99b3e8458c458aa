# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict of a job, and waiting for its cycles (facts F68, F74, F78)."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Outcome as Awaited
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Pace, Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import job
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import Configuration
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.job import Current, verdict
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, FakeGraph, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService, new_job

NEVER = "0001-01-01T00:00:00Z"
NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
HERE = Configuration("sp", "app", "Fabrikam", "role")
JOB = "/servicePrincipals/sp/synchronization/jobs/Azure2Azure.1"
NEVER_RAN = {
    "state": "Failed",
    "timeBegan": NEVER,
    "timeEnded": NEVER,
    "countEscrowed": 0,
    "error": {"code": "None", "message": "", "tenantActionable": False},
}
"""The last cycle that a started job reports before its first cycle ends: this is not a failure (fact F68)."""
HALF = [{"completedUnits": 5, "totalUnits": 10, "units": "objects"}]
WHOLE = [{"completedUnits": 10, "totalUnits": 10, "units": "objects"}]


def cycle(hour: int = 2, state: str = "Succeeded", held: int | None = 0) -> dict[str, Any]:
    return {
        "state": state,
        "timeBegan": f"2026-11-23T{hour:02}:00:00Z",
        "timeEnded": f"2026-11-23T{hour:02}:01:00Z",
        "countEscrowed": held,
        "countEntitled": 3,
        "countExported": 3,
    }


def job_with(state: str = "Active", code: str = "Active", **status: Any) -> dict[str, Any]:
    return {**new_job(), "schedule": {"state": state, "interval": "PT40M"}, "status": {"code": code, **status}}


def quarantined(reason: str | None = "TooManyDeletes", state: str = "Active", **rest: Any) -> dict[str, Any]:
    return job_with(
        state, "Quarantine", quarantine={"reason": reason, "currentBegan": "2026-11-20T00:00:00Z", **rest}, lastExecution=cycle()
    )


class TestVerdict:
    @pytest.mark.parametrize(
        ("current", "word", "action"),
        [
            pytest.param(None, "absent", "run sync_configuration, which creates the configuration and its job", id="no job"),
            pytest.param(
                job_with("Disabled", "Paused", lastExecution=None, progress=[]), "paused", "start it with sync_job", id="just made"
            ),
            pytest.param(job_with("Paused", "Paused", lastExecution=cycle()), "paused", "start it with sync_job", id="paused"),
            pytest.param(
                job_with("Disabled", "Paused", lastExecution=cycle(state="Failed")), "paused", "start it with sync_job", id="stopped"
            ),
            pytest.param(job_with("Active", "NotRun", lastExecution=None), "never_run", "wait for the first cycle", id="just started"),
            pytest.param(
                job_with("Active", "NotRun", lastExecution=NEVER_RAN), "never_run", "wait for the first cycle", id="failed in the year 1"
            ),
            pytest.param(
                job_with("Active", "NotRun", lastExecution=NEVER_RAN, progress=HALF),
                "running",
                "wait for the first cycle",
                id="in the first cycle",
            ),
            pytest.param(job_with(lastExecution=cycle(), progress=HALF), "running", "wait for the end of the cycle", id="in a later cycle"),
            pytest.param(
                job_with(lastExecution=cycle(state="Failed"), progress=HALF),
                "running",
                "wait for the end of the cycle",
                id="in a cycle after a failure",
            ),
            pytest.param(job_with(lastExecution=cycle()), "healthy", "nothing", id="succeeded"),
            pytest.param(job_with(lastExecution=cycle(held=None), progress=None), "healthy", "nothing", id="succeeded, nothing counted"),
            pytest.param(job_with(lastExecution=cycle(), progress=WHOLE), "healthy", "nothing", id="progress of a cycle that ended"),
            pytest.param(
                job_with(lastExecution=cycle(held=1)),
                "degraded",
                "read provisioning_log_info for the users who failed",
                id="held for retry",
            ),
            pytest.param(
                job_with(lastExecution=cycle(state="EntryLevelErrors")),
                "degraded",
                "read provisioning_log_info for the users who failed",
                id="some failed",
            ),
            pytest.param(
                job_with(lastExecution=cycle(state="Failed")),
                "degraded",
                "read provisioning_log_info for the users who failed",
                id="failed",
            ),
            pytest.param({"id": "x"}, "paused", "start it with sync_job", id="a job that says nothing"),
            pytest.param(
                {"id": "x", "schedule": {"state": "Active"}, "status": None}, "never_run", "wait for the first cycle", id="no status"
            ),
        ],
    )
    def test_table_of_the_documents(self, current: dict[str, Any] | None, word: str, action: str) -> None:
        """Fact F65: the sequence of states."""
        assert verdict(current, NOW) == {"verdict": word, "next_action": action, "reason": None, "since": None, "days_until_disabled": None}

    @pytest.mark.parametrize("state", ["Active", "Disabled", "Paused"])
    @pytest.mark.parametrize(
        ("reason", "action"),
        [
            ("TooManyDeletes", "approve_deletions"),
            ("EncounteredQuarantineException", "check the trust settings of both tenants, then restart with release_quarantine"),
            ("EncounteredEscrowProportionThreshold", "read provisioning_log_info, fix the cause, then restart with release_quarantine"),
            ("IngestionInterrupted", "release_quarantine"),
            ("Unknown", "release_quarantine"),
            (None, "release_quarantine"),
        ],
    )
    def test_quarantine_counts_before_everything_else(self, state: str, reason: str | None, action: str) -> None:
        """Facts F67, F78. The service disables a job that stays in quarantine; that is no pause."""
        found = verdict(quarantined(reason, state), NOW)
        assert found["verdict"] == "quarantined"
        assert action in found["next_action"]
        assert found["next_action"].endswith(" within 24 days, before the service disables the job")
        assert (found["reason"], found["since"], found["days_until_disabled"]) == (reason, "2026-11-20T00:00:00Z", 24)

    @pytest.mark.parametrize(
        ("raw", "days"),
        [
            ({"currentBegan": "2026-11-23T12:00:00Z"}, 28),
            ({"currentBegan": "2026-11-23T11:59:59Z"}, 27),
            ({"currentBegan": "2026-11-22T12:00:00.1234567Z"}, 27),
            ({"currentBegan": "2026-11-22T12:00:00Z", "seriesBegan": "2026-11-12T12:00:00Z"}, 17),
            ({"currentBegan": "2026-11-22T12:00:00Z", "seriesBegan": None}, 27),
            ({"currentBegan": "2026-10-26T12:00:00Z"}, 0),
            ({"currentBegan": "2026-10-01T12:00:00Z"}, 0),
            ({"currentBegan": NEVER}, None),
            ({"currentBegan": None}, None),
            ({"currentBegan": "yesterday"}, None),
            ({"currentBegan": "2026-13-45T00:00:00Z"}, None),
            ({}, None),
        ],
        ids=str,
    )
    def test_days_until_the_service_disables_it(self, raw: dict[str, Any], days: int | None) -> None:
        """Fact F78: after four weeks, counted from the first of a series."""
        found = verdict(job_with(quarantine={"reason": "Unknown", **raw}), NOW)
        assert found["days_until_disabled"] == days
        assert ("before the service disables" in found["next_action"]) is (days is not None)

    @pytest.mark.parametrize(
        ("state", "began", "end"),
        [
            ("Active", "2026-10-01", " within 0 days, before the service disables the job"),
            ("Disabled", "2026-10-01", "release_quarantine"),
            ("Disabled", "2026-10-27", " within 1 days, before the service disables the job"),
        ],
    )
    def test_of_a_job_that_is_disabled_already_no_days_are_named(self, state: str, began: str, end: str) -> None:
        raw = {"reason": "Unknown", "currentBegan": f"{began}T00:00:00Z"}
        assert verdict(job_with(state, quarantine=raw), datetime(2026, 11, 23, tzinfo=timezone.utc))["next_action"].endswith(end)

    @pytest.mark.parametrize(
        ("status", "word"),
        [
            ({"lastExecution": None}, "never_run"),
            ({"lastExecution": NEVER_RAN, "progress": HALF}, "never_run"),
            ({"lastExecution": cycle(), "progress": HALF}, "running"),
            ({"lastExecution": cycle()}, "degraded"),
        ],
        ids=str,
    )
    def test_a_pending_restart_is_what_is_done_next(self, status: dict[str, Any], word: str) -> None:
        found = verdict(job_with(**status), NOW, owed=True)
        assert found["verdict"] == word
        assert (
            found["next_action"] == "run sync_job with state started: a restart is pending because the scope or the mappings were changed"
        )

    @pytest.mark.parametrize("nothing", [None, {}])
    def test_an_empty_quarantine_is_none(self, nothing: Any) -> None:
        assert verdict(job_with(quarantine=nothing, lastExecution=cycle()), NOW)["verdict"] == "healthy"

    def test_the_inquiry_returns_it(self) -> None:
        graph = FakeGraph(SourceService([Link("Fabrikam", jobs=[new_job(state="Active")])]))
        assert job.inquire(graph, options("sync_job_info", configuration="Fabrikam"))["verdict"]["verdict"] == "never_run"
        assert job.inquire(graph, options("sync_job_info", configuration="Other"))["verdict"]["verdict"] == "absent"


class TestOptions:
    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"state": "started", "restart_reason": "retry_failed"}, "restart_reason requires state restarted"),
            ({"state": "paused", "restart_reason": "full", "acknowledge_full": True}, "restart_reason requires state restarted"),
            ({"state": "restarted", "restart_reason": "full"}, "set acknowledge_full to allow it"),
            ({"state": "restarted", "restart_reason": "full", "acknowledge_full": False}, "set acknowledge_full to allow it"),
            ({"state": "absent", "wait": "idle"}, "wait cannot be combined with state absent"),
            ({"state": "absent", "wait": "first_cycle"}, "wait cannot be combined with state absent"),
            ({"state": "absent", "wait": "steady"}, "wait cannot be combined with state absent"),
        ],
        ids=str,
    )
    def test_options_that_cannot_be_combined(self, given: dict[str, Any], sentence: str) -> None:
        with pytest.raises(Refusal) as caught:
            job.desired(options("sync_job", configuration="Fabrikam", **given))
        assert sentence in str(caught.value)

    @pytest.mark.parametrize("reason", [reason for reason in job.RESET_SCOPES if reason != "full"])
    def test_only_a_full_restart_needs_to_be_acknowledged(self, reason: str | None) -> None:
        """Fact F74: only Full forgets who belongs to whom."""
        assert job.desired(options("sync_job", configuration="Fabrikam", state="restarted", restart_reason=reason)).restart_reason == reason

    def test_a_full_restart_that_is_acknowledged(self) -> None:
        planned = plan(job_with(), state="restarted", restart_reason="full", acknowledge_full=True)
        assert planned.actions[0].requests[0].body == {"criteria": {"resetScope": "Full"}}
        assert planned.actions[0].effects == {"triggers_full_cycle": True}

    def test_acknowledging_alone_asks_for_nothing(self) -> None:
        assert plan(job_with(), state="restarted", acknowledge_full=True).actions[0].requests[0].body == {"criteria": {}}
        assert plan(job_with(), acknowledge_full=True).actions == ()

    def test_absent_without_waiting(self) -> None:
        assert plan(job_with(), state="absent").outcome is None


def plan(current: dict[str, Any] | None, **given: Any) -> Plan:
    wanted = job.desired(options("sync_job", configuration="Fabrikam", **given))
    return job.plan(Current(HERE, current), wanted)


def awaited(current: dict[str, Any] | None, **given: Any) -> Awaited:
    outcome = plan(current, **given).outcome
    assert outcome is not None
    return outcome


class TestOutcome:
    BEFORE = job_with("Active", lastExecution=cycle(2), steadyStateLastAchievedTime="2026-11-23T02:01:00Z")

    @pytest.mark.parametrize(
        ("wait", "state", "now", "reached"),
        [
            # Nothing is done, so what was is enough.
            ("first_cycle", "started", BEFORE, True),
            ("first_cycle", "started", job_with("Active", "NotRun", lastExecution=NEVER_RAN), False),
            ("first_cycle", "started", job_with(lastExecution=None), False),
            ("steady", "started", BEFORE, True),
            ("steady", "started", job_with(lastExecution=cycle(2), steadyStateLastAchievedTime=NEVER), False),
            ("idle", "started", BEFORE, True),
            ("idle", "started", job_with(progress=WHOLE), True),
            ("idle", "started", job_with(progress=HALF), False),
            # After a restart only what happens later counts.
            ("first_cycle", "restarted", BEFORE, False),
            ("first_cycle", "restarted", job_with(lastExecution=cycle(3)), True),
            ("first_cycle", "restarted", job_with(lastExecution=cycle(3, "Failed")), True),
            ("first_cycle", "restarted", job_with(lastExecution=NEVER_RAN), False),
            ("steady", "restarted", BEFORE, False),
            ("steady", "restarted", job_with(lastExecution=cycle(3), steadyStateLastAchievedTime="2026-11-23T03:01:00Z"), True),
            ("steady", "restarted", job_with(lastExecution=cycle(3), steadyStateLastAchievedTime="2026-11-23T03:00:00Z"), True),
            ("steady", "restarted", job_with(lastExecution=cycle(3), steadyStateLastAchievedTime="2026-11-23T02:01:00Z"), False),
            ("steady", "restarted", job_with(lastExecution=cycle(2), steadyStateLastAchievedTime="2026-11-23T03:01:00Z"), False),
            ("steady", "restarted", job_with(steadyStateLastAchievedTime=NEVER), False),
            ("idle", "restarted", job_with(progress=HALF), False),
            ("idle", "paused", job_with("Disabled", progress=HALF), False),
            ("idle", "paused", job_with("Disabled"), True),
        ],
    )
    def test_when_it_is_reached(self, wait: str, state: str, now: dict[str, Any], reached: bool) -> None:
        """Fact F66: a time in the year 1 is never."""
        outcome = awaited(self.BEFORE, wait=wait, state=state)
        assert outcome.path == JOB
        assert outcome.reached(now, None) is reached

    @pytest.mark.parametrize("wait", ["first_cycle", "steady", "idle"])
    @pytest.mark.parametrize("body", [None, {}])
    def test_a_job_that_cannot_be_seen_reached_nothing(self, wait: str, body: Any) -> None:
        outcome = awaited(self.BEFORE, wait=wait)
        assert outcome.reached(body, None) is False
        assert outcome.progress(body) == "status None"

    def test_starting_a_job_that_ran_before_waits_for_the_next_cycle(self) -> None:
        outcome = awaited(job_with("Disabled", "Paused", lastExecution=cycle(2)), wait="first_cycle")
        assert outcome.reached(job_with(lastExecution=cycle(2)), None) is False
        assert outcome.reached(job_with(lastExecution=cycle(3)), None) is True

    @pytest.mark.parametrize("wait", ["first_cycle", "steady"])
    @pytest.mark.parametrize(
        ("restarted", "ended", "reached"),
        [
            # Cycle 3 begins at 03:00:00 and ends at 03:01:00 (fact F68). One that was in flight saw the state before the restart.
            pytest.param("2026-11-23T02:59:59", 3, True, id="began after the restart"),
            pytest.param("2026-11-23T03:00:00", 3, True, id="began in the same second"),
            pytest.param("2026-11-23T03:00:30", 3, False, id="was in flight"),
            pytest.param("2026-11-23T03:00:30", 4, True, id="the cycle after that"),
        ],
    )
    def test_a_cycle_that_was_in_flight_at_the_restart_does_not_count(self, wait: str, restarted: str, ended: int, reached: bool) -> None:
        outcome = awaited(self.BEFORE, wait=wait, state="restarted")
        now = job_with(lastExecution=cycle(ended), steadyStateLastAchievedTime=f"2026-11-23T0{ended}:01:00Z")
        assert outcome.after == ("start", "restart")
        assert outcome.reached(now, datetime.fromisoformat(f"{restarted}+00:00")) is reached

    def test_without_the_time_of_the_service_its_last_known_time_is_the_bound(self) -> None:
        """Progress that was seen before the restart belongs to a cycle that was in flight."""
        observed = [{**HALF[0], "progressObservationDateTime": "2026-11-23T03:00:30Z"}]
        outcome = awaited(job_with("Active", lastExecution=cycle(2), progress=observed), wait="first_cycle", state="restarted")
        assert outcome.reached(job_with(lastExecution=cycle(3)), None) is False
        assert outcome.reached(job_with(lastExecution=cycle(4)), None) is True

    def test_without_progress_the_end_of_the_last_cycle_is_the_bound(self) -> None:
        outcome = awaited(job_with("Active", lastExecution=cycle(2)), wait="first_cycle", state="restarted")
        early, late = ({**cycle(3), "timeBegan": f"2026-11-23T02:0{minutes}Z"} for minutes in ("0:59", "1:00"))
        assert (outcome.reached(job_with(lastExecution=early), None), outcome.reached(job_with(lastExecution=late), None)) == (False, True)

    def test_a_cycle_after_a_restart_for_whoever_restarts_by_itself(self) -> None:
        for before in ({}, {"status": None}, {"status": {"lastExecution": cycle(2)}}):
            after = job.cycle_after(before)
            assert [after(body, None) for body in (None, {}, {"status": None})] == [False] * 3
            assert after(job_with(lastExecution=cycle(3)), None)
            assert not after(job_with(lastExecution=cycle(3)), datetime.fromisoformat("2026-11-23T03:00:01+00:00"))
        assert not job.cycle_after(job_with(lastExecution=cycle(2)))(job_with(lastExecution=cycle(2)), None)

    def test_a_cycle_of_no_length_is_not_taken_for_the_next(self) -> None:
        short = {**cycle(2), "timeEnded": cycle(2)["timeBegan"]}
        outcome = awaited(job_with("Active", lastExecution=short), wait="first_cycle", state="restarted")
        at = datetime.fromisoformat("2026-11-23T02:00:00+00:00")
        assert outcome.reached(job_with(lastExecution=short), at) is False
        assert outcome.reached(job_with(lastExecution={**short, "activityIdentifier": "another"}), at) is True

    @pytest.mark.parametrize(
        ("wait", "name"),
        [("first_cycle", "the end of a cycle"), ("steady", "the steady state"), ("idle", "the end of the running cycle")],
    )
    def test_its_name_and_how_long(self, wait: str, name: str) -> None:
        outcome = awaited(self.BEFORE, wait=wait, wait_timeout=90)
        assert (outcome.name, outcome.timeout) == (name, 90)

    @pytest.mark.parametrize(
        ("status", "text"),
        [
            ({"code": "NotRun"}, "status NotRun"),
            ({"code": "Active", "progress": WHOLE}, "status Active"),
            ({"code": "Active", "progress": HALF}, "5 of 10 objects"),
            ({"progress": [{"completedUnits": 0, "totalUnits": 7}]}, "0 of 7 units"),
            ({"progress": [{"completedUnits": 0, "totalUnits": 1}]}, "0 of 1 units"),
            ({"progress": [*WHOLE, *HALF, {"completedUnits": 1, "totalUnits": 2, "units": "links"}]}, "5 of 10 objects, 1 of 2 links"),
            ({"code": "Active", "progress": [{"completedUnits": None, "totalUnits": None}]}, "status Active"),
            ({"code": "Quarantine", "progress": None}, "status Quarantine"),
        ],
        ids=str,
    )
    def test_progress(self, status: dict[str, Any], text: str) -> None:
        assert awaited(self.BEFORE, wait="idle").progress({"status": status}) == text

    def test_progress_of_a_job_that_may_not_be_there(self) -> None:
        assert job.progress(job_with(progress=HALF)) == "5 of 10 objects"
        assert [job.progress(one) for one in (None, {}, {"status": None})] == ["status None"] * 3

    @pytest.mark.parametrize(
        ("status", "ran"),
        [
            (None, False),
            ({}, False),
            ({"lastExecution": NEVER_RAN}, False),
            ({"lastExecution": cycle()}, True),
            ({"lastExecution": NEVER_RAN, "lastSuccessfulExecution": cycle()}, True),
        ],
        ids=str,
    )
    def test_whether_it_has_run(self, status: dict[str, Any] | None, ran: bool) -> None:
        assert job.has_run({"status": status}) is ran
        assert job.has_run(None) is False

    def test_without_the_option_there_is_no_wait(self) -> None:
        assert plan(self.BEFORE).outcome is None
        assert plan(None, wait="idle").outcome is None


@dataclass
class Cycles:
    """A configuration whose job has another status at each read; the last status stays."""

    statuses: Sequence[dict[str, Any] | Outcome]
    state: str = "Disabled"
    status: dict[str, Any] = field(default_factory=lambda: {"code": "Paused"})
    polls: int = 0
    date: str = ""
    """What the service says is the time."""

    def __post_init__(self) -> None:
        self.link = Link("Fabrikam", id="sp", app_id="app", jobs=[{**new_job(state=self.state), "status": self.status}])
        self.service = SourceService([self.link])

    def __call__(self, request: Request) -> Outcome:
        if (request.method, request.path) != ("GET", JOB):
            outcome = self.service(request)
            return replace(outcome, headers={"Date": self.date}) if self.date and isinstance(outcome, Reply) else outcome
        status = self.statuses[min(self.polls, len(self.statuses) - 1)]
        self.polls += 1
        if not isinstance(status, dict):
            return status
        self.link.jobs[0]["status"] = status
        return Reply(200, copy.deepcopy(self.link.jobs[0]))


class Host:
    """Runs sync_job against a Graph in memory, and records the progress texts of a wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.clock = FakeClock()
        self.texts: list[str] = []
        self.graph = FakeGraph(lambda _request: Reply())

    def run(self, service: Cycles, *, check: bool = False, **given: Any) -> dict[str, Any]:
        self.graph = FakeGraph(service, clock=self.clock)
        self._monkeypatch.setattr(engine, "connect", lambda *_unused: self.graph)
        params = options("sync_job", configuration="Fabrikam", **given)
        return engine.run(job.RESOURCE, params, check, self.clock.pace(), self.texts.append)

    def fail(self, service: Cycles, **given: Any) -> RunFailure:
        with pytest.raises(RunFailure) as caught:
            self.run(service, **given)
        return caught.value


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


NOT_RUN = {"code": "NotRun", "lastExecution": NEVER_RAN}
RUNNING = {"code": "NotRun", "lastExecution": NEVER_RAN, "progress": HALF}
ENDED = {"code": "Active", "lastExecution": cycle(3), "steadyStateFirstAchievedTime": NEVER}


class TestWaiting:
    def test_for_the_first_cycle(self, host: Host) -> None:
        service = Cycles([NOT_RUN, RUNNING, RUNNING, ENDED])
        result = host.run(service, wait="first_cycle")
        assert host.graph.writes == [f"POST {JOB}/start"]
        assert result["changed"] is True
        assert result["job"]["last_cycle"]["ended"] == "2026-11-23T03:01:00Z"
        assert result["waited_seconds"] == round(sum(host.clock.sleeps), 1) > 0
        assert [text.rpartition(": ")[2] for text in host.texts] == ["status NotRun", "5 of 10 objects", "5 of 10 objects"]
        wanted = rf"Tenant {SOURCE}: waiting for the end of a cycle \((\d+) of at most \d+ seconds\): .+"
        waited = [int(re.fullmatch(wanted, text)[1]) for text in host.texts]  # type: ignore[index]  # a mismatch is a failure
        assert waited == sorted(waited)

    def test_the_number_of_synchronized_users_is_reported(self, host: Host) -> None:
        counted = {**RUNNING, "synchronizedEntryCountByType": [{"key": "User", "value": 7}]}
        host.run(Cycles([counted, ENDED]), wait="first_cycle")
        assert host.texts[0].endswith(": 5 of 10 objects, 7 users synchronized so far")

    def test_for_a_state_that_is_reached_already(self, host: Host) -> None:
        service = Cycles([ENDED], "Active", ENDED)
        result = host.run(service, wait="first_cycle")
        assert (result["changed"], result["waited_seconds"], host.texts, host.clock.sleeps) == (False, 0.0, [], [])
        assert service.polls == 1

    def test_a_restart_waits_for_a_cycle_of_its_own(self, host: Host) -> None:
        later = {**ENDED, "lastExecution": cycle(4)}
        result = host.run(Cycles([ENDED, ENDED, later], "Active", ENDED), state="restarted", wait="first_cycle")
        assert result["job"]["last_cycle"]["ended"] == "2026-11-23T04:01:00Z"
        assert len(host.texts) == 2

    def test_a_restart_does_not_count_the_cycle_that_was_in_flight(self, host: Host) -> None:
        """Its end is no end of what the restart began, and the time of the restart is the service's own."""
        later = {**ENDED, "lastExecution": cycle(4)}
        service = Cycles([ENDED, ENDED, later], "Active", NOT_RUN, date="Mon, 23 Nov 2026 03:00:30 GMT")
        result = host.run(service, state="restarted", wait="first_cycle")
        assert result["job"]["last_cycle"]["ended"] == "2026-11-23T04:01:00Z"
        assert len(host.texts) == 2

    @pytest.mark.parametrize("given", [{"check": True, "wait": "steady"}, {}], ids=["check mode", "not asked to"])
    def test_there_is_no_wait(self, host: Host, given: dict[str, Any]) -> None:
        service = Cycles([NOT_RUN])
        assert host.run(service, **given)["changed"] is True
        assert (service.polls, host.clock.sleeps) == (0, [])

    @pytest.mark.parametrize("wait", ["first_cycle", "steady", "idle"])
    def test_a_job_that_is_not_there(self, host: Host, wait: str) -> None:
        service = Cycles([NOT_RUN])
        service.link.jobs.clear()
        missing = "configuration 'Fabrikam' has no provisioning job; run sync_configuration, which creates it"
        assert host.fail(service, wait=wait).msg == f"Tenant {SOURCE}: {missing}."
        assert service.polls == 0

    @pytest.mark.parametrize("timeout", [0, 1, 60, 3600])
    def test_no_longer_than_asked(self, host: Host, timeout: int) -> None:
        failure = host.fail(Cycles([RUNNING]), wait="steady", wait_timeout=timeout)
        assert failure.msg == (
            f"Tenant {SOURCE}: the steady state was not reached within {timeout} seconds (5 of 10 objects); "
            "the service continues, check again later."
        )
        assert sum(host.clock.sleeps) == pytest.approx(timeout)

    def test_a_long_wait_reads_rarely(self, host: Host) -> None:
        """At most two requests a minute in a long wait, so that waiting for a hundred links causes no throttling."""
        service = Cycles([RUNNING])
        host.fail(service, wait="first_cycle", wait_timeout=3600)
        assert service.polls < 200
        assert max(host.clock.sleeps) <= 30 * 1.25

    def test_the_wait_for_visibility_does_not_shorten_it(self, host: Host) -> None:
        host.fail(Cycles([RUNNING]), wait="first_cycle", wait_timeout=300, visibility_timeout=1)
        assert sum(host.clock.sleeps) == pytest.approx(300)

    def test_a_job_that_is_not_visible_for_a_moment(self, host: Host) -> None:
        """Fact F14: a replica may not know it."""
        result = host.run(Cycles([refusal(404, "ResourceNotFound"), ENDED]), wait="first_cycle")
        assert [text.rpartition(": ")[2] for text in host.texts] == ["status None"]
        assert result["job"]["last_cycle"] is not None

    def test_a_read_that_fails_ends_it(self, host: Host) -> None:
        failure = host.fail(Cycles([refusal(403, "Authorization_RequestDenied")]), wait="first_cycle")
        assert failure.details["error"]["status"] == 403
        assert len(host.clock.sleeps) == 0

    @pytest.mark.parametrize(
        "status",
        [
            pytest.param(RUNNING, id="too late"),
            pytest.param(refusal(403, "Authorization_RequestDenied"), id="denied"),
        ],
    )
    def test_a_wait_that_fails_returns_the_changes_before_it(self, host: Host, status: dict[str, Any] | Outcome) -> None:
        failure = host.fail(Cycles([status]), wait="first_cycle", wait_timeout=5)
        assert failure.details.get("changed") is True
        assert [action["verb"] for action in failure.details["actions"]] == ["start"]

    @pytest.mark.parametrize("wait", ["first_cycle", "steady"])
    def test_a_pause_cannot_wait_for_a_cycle(self, wait: str) -> None:
        """A paused job begins no cycle; it can only finish the running cycle."""
        with pytest.raises(Refusal):
            job.desired(options("sync_job", configuration="Fabrikam", state="paused", wait=wait))

    def test_without_a_display(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = FakeClock()
        monkeypatch.setattr(engine, "connect", lambda *_unused: FakeGraph(Cycles([RUNNING, ENDED]), clock=clock))
        params = options("sync_job", configuration="Fabrikam", wait="first_cycle")
        assert engine.run(job.RESOURCE, params, False, Pace(sleep=clock.sleep, clock=clock.time))["waited_seconds"] > 0
