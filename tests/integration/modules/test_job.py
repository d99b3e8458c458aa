# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sync_job and sync_job_info: whether the service synchronizes, and how it is doing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import Behaviour
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Control, Do, Step, Teller, advance, converges, four
from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import job

JOB = "sync_job"
CONFIGURATION = {"configuration": "Fabrikam"}
TITLE = "provisioning job of configuration Fabrikam"
STARTED, PAUSED, ABSENT = ({**CONFIGURATION, "state": state} for state in ("started", "paused", "absent"))
INFO = Do("sync_job_info", CONFIGURATION)


@pytest.fixture
def assigned(linked: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Minsu and Hyejin are in scope; the first cycle has not begun."""
    for name in ("minsu.kim@", "hyejin.lee@"):
        tenants.assign(linked, tenants.user(linked, name))
    emulator.control("PUT", "state", linked)
    return linked


@pytest.fixture
def running(assigned: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """A job that has run for a while."""
    run_for_a_while(emulator, assigned)
    return emulator.state()


def run_for_a_while(emulator: Emulator, state: dict[str, Any]) -> None:
    """Start the job without the collection, and let its first cycles pass."""
    started = job(state)
    started |= {"schedule_state": "Active", "next_cycle": state["clock"], "status": {**started["status"], "code": "NotRun"}}
    tenants.synchronization(state)["jobs"] = {started["id"]: started}
    emulator.control("PUT", "state", state)
    emulator.advance("PT40M")
    emulator.advance("PT40M")


@contextmanager
def meanwhile(emulator: Emulator, happens: Callable[[], object], after: str, every: float = 0.3) -> Iterator[None]:
    """Do something again and again from the first request on whose path contains ``after``, while the playbook runs."""
    stop = threading.Event()

    def watch() -> None:
        begun = False
        while not stop.wait(every):
            begun = begun or any(after in request["path"] for request in emulator.control("GET", "requests")["requests"])
            if begun:
                happens()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def reset_scope(step: Step) -> Any:
    """The reset scope of the only restart."""
    (restart,) = [request for request in step.writes if request["path"].endswith("/restart")]
    return (restart["request_body"].get("criteria") or {}).get("resetScope") or ""


@pytest.mark.parametrize("pause_state", ["Disabled", "Paused"])
@pytest.mark.usefixtures("assigned")
def test_the_twelve_steps(tell: Teller, emulator: Emulator, pause_state: str) -> None:
    emulator.control("PUT", "settings", {"pause_state": pause_state})
    story = tell(four(JOB, STARTED), four(JOB, PAUSED), four(JOB, ABSENT))
    start, pause, delete = story.fours()
    converges(start, f"start {TITLE}")
    assert job(start[1].after)["schedule_state"] == "Active"
    assert start[0].result["job"]["state"] == start[1].result["job"]["state"] == start[3].result["job"]["state"] == "started"
    converges(pause, f"pause {TITLE}")
    assert job(pause[1].after)["schedule_state"] == pause_state
    assert pause[1].result["job"]["state"] == "paused"
    converges(delete, f"delete {TITLE}")
    assert tenants.synchronization(delete[1].after)["jobs"] == {}
    assert delete[1].result["job"] is None
    assert delete[1].result["actions"][0]["effects"] == {"keeps_synced_users": True}


@pytest.mark.parametrize("setting", ["allowed", "refused"])
def test_deleting_a_running_job(tell: Teller, emulator: Emulator, running: dict[str, Any], setting: str) -> None:
    """Whether the service wants it paused first is not known."""
    del running
    emulator.control("PUT", "settings", {"delete_running_job": setting})
    story = tell(four(JOB, {**ABSENT, "visibility_timeout": 1}))
    converges(story.steps)
    assert story[-1].after["tenants"][FABRIKAM]["users"] == story[0].before["tenants"][FABRIKAM]["users"]


RESTARTS = [
    (None, "", True),
    ("retry_failed", "Escrows", False),
    ("reevaluate_all", "Watermark", True),
    ("release_quarantine", "QuarantineState", False),
    ("approve_deletions", "ForceDeletes", False),
    ("full", "Full", True),
]


@pytest.mark.usefixtures("running")
def test_every_reason_to_restart(tell: Teller) -> None:
    """It is done every time it is asked for, with just the reset scope that its reason needs."""
    options = [
        {**CONFIGURATION, "state": "restarted", **({"restart_reason": reason} if reason else {}), "acknowledge_full": reason == "full"}
        for reason, _unused, _unneeded in RESTARTS
    ]
    story = tell(
        [do for given in options for do in four(JOB, given)],
        Do(JOB, {**options[-1], "acknowledge_full": False}),
        Do(JOB, {**STARTED, "restart_reason": "retry_failed"}),
    )
    for number, (reason, scope, full_cycle) in enumerate(RESTARTS):
        check, run, check_again, run_again = story.steps[4 * number : 4 * number + 4]
        for step in (check, check_again):
            assert step.actions == [f"restart {TITLE}"]
            assert step.writes == []
            assert step.left_alone
        for step in (run, run_again):
            assert step.actions == [f"restart {TITLE}"]
            assert reset_scope(step) == scope, reason
            assert step.result["actions"][0]["effects"]["triggers_full_cycle"] is full_cycle
            assert step.result["job"]["state"] == "started"
        assert check.result["actions"] == run.result["actions"]
        assert check.result["diff"] == run.result["diff"]
    unacknowledged, misplaced = story.steps[-2:]
    assert "set acknowledge_full to allow it" in unacknowledged.message
    assert "restart_reason requires state restarted" in misplaced.message
    assert unacknowledged.left_alone
    assert misplaced.left_alone


@pytest.mark.usefixtures("assigned")
def test_a_job_is_not_restarted_without_a_reason(tell: Teller) -> None:
    """Asking for what is so already sends nothing, however often."""
    story = tell(Do(JOB, PAUSED), Do(JOB, STARTED), advance(), Do(JOB, STARTED), advance(), Do(JOB, STARTED))
    assert [step.result["changed"] for step in story] == [False, True, False, False]
    assert [len(step.writes) for step in story] == [0, 1, 0, 0]


@pytest.mark.parametrize("code", ["Paused", "NotConfigured"])
def test_a_new_job_is_no_failure(tell: Teller, emulator: Emulator, state: dict[str, Any], code: str) -> None:
    """Before its first cycle, a job reports a cycle that failed with code None in the year 1."""
    tenants.trust_each_other(state)
    emulator.control("PUT", "state", state)
    emulator.control("PUT", "settings", {"new_job_code": code})
    story = tell(
        Do("sync_configuration", {"name": "Fabrikam", "target_tenant_id": FABRIKAM}),
        INFO,
        Do(JOB, STARTED),
        INFO,
        advance("PT40M"),
        INFO,
    )
    _unused, new, started, begun, done = story
    assert new.result["verdict"]["verdict"] == "paused"
    assert "start it" in new.result["verdict"]["next_action"]
    for step in (started, begun):
        for name in ("last_cycle", "last_successful_cycle", "steady_since", "quarantine"):
            assert step.result["job"][name] is None
        assert step.result["job"]["status"] == "NotRun"
    assert begun.result["verdict"]["verdict"] == "never_run"
    assert done.result["verdict"]["verdict"] == "healthy"
    assert done.result["job"]["last_cycle"]["state"] == "Succeeded"
    assert done.result["job"]["interval"] == "PT40M"


@pytest.mark.parametrize("outcome", ["first_cycle", "steady", "idle"])
@pytest.mark.usefixtures("assigned")
def test_waiting_after_a_start(tell: Teller, emulator: Emulator, outcome: str) -> None:
    """The clock moves while the task waits; check mode does not wait."""
    options = {**STARTED, "wait": outcome, "wait_timeout": 120}
    with meanwhile(emulator, lambda: emulator.advance("PT1M"), "/start"):
        story = tell.once()(Do(JOB, options, check=True), Do(JOB, options))
    check, run = story
    assert check.actions == run.actions == [f"start {TITLE}"]
    assert check.result["waited_seconds"] == 0
    if outcome != "idle":
        assert run.result["waited_seconds"] > 0
        assert run.result["job"]["last_cycle"]["state"] == "Succeeded"
        assert run.result["job"]["steady_since"]


@pytest.mark.usefixtures("running")
def test_after_a_restart_only_what_happens_later_counts(tell: Teller, emulator: Emulator) -> None:
    before = job(emulator.state())["status"]["lastExecution"]["timeEnded"]
    options = {**CONFIGURATION, "state": "restarted", "restart_reason": "reevaluate_all", "wait": "first_cycle", "wait_timeout": 120}
    with meanwhile(emulator, lambda: emulator.advance("PT1M"), "/restart"):
        story = tell.once()(Do(JOB, options))
    assert story[0].result["job"]["last_cycle"]["ended"] > before
    assert story[0].result["waited_seconds"] > 0
    assert "waiting for the end of a cycle" in story.run.output


@pytest.mark.usefixtures("running")
def test_waiting_for_what_is_so_already(tell: Teller) -> None:
    story = tell([Do(JOB, {**STARTED, "wait": outcome, "wait_timeout": 5}) for outcome in ("first_cycle", "steady", "idle")])
    for step in story:
        assert step.result["changed"] is False
        assert step.result["waited_seconds"] == 0


@pytest.mark.usefixtures("assigned")
def test_waiting_ends_in_time(tell: Teller) -> None:
    """The clock stands still, so no state is ever reached; the changes before the wait are reported."""
    began = time.monotonic()
    story = tell(
        Do(JOB, {**STARTED, "wait": "first_cycle", "wait_timeout": 1}),
        Do(JOB, {**STARTED, "wait": "steady", "wait_timeout": 1}),
        Do(JOB, {**ABSENT, "wait": "idle"}),
    )
    assert time.monotonic() - began < 30
    for step, words in zip(story.steps[:2], ("the end of a cycle", "the steady state"), strict=True):
        assert f"{words} was not reached within 1 seconds" in step.message
    assert story[0].result["changed"] is True
    assert [action["verb"] for action in story[0].result["actions"]] == ["start"]
    assert "wait cannot be combined with state absent" in story[2].message


def test_pausing_waits_for_the_running_cycle(tell: Teller, emulator: Emulator, assigned: dict[str, Any]) -> None:
    """The service finishes the cycle that it is in; ``wait: idle`` outwaits it."""
    del assigned
    emulator.control("PUT", "settings", {"initial_cycle_seconds_per_object": 600})
    options = {**PAUSED, "wait": "idle", "wait_timeout": 120}
    with meanwhile(emulator, lambda: emulator.advance("PT5M"), "/pause"):
        story = tell.once()(Do(JOB, STARTED), advance("PT5M"), INFO, Do(JOB, options), INFO)
    assert story[1].result["verdict"]["verdict"] == "running"
    assert story[2].result["waited_seconds"] > 0
    assert story[2].result["job"]["last_cycle"]
    assert story[3].result["job"]["state"] == "paused"
    assert story[3].result["verdict"]["verdict"] == "paused"


def test_what_is_not_there(tell: Teller, emulator: Emulator, mould: tenants.Mould, state: dict[str, Any]) -> None:
    mould.cast(state, "Fabrikam", job=False)
    emulator.control("PUT", "state", state)
    story = tell(
        Do(JOB, {"configuration": "Not yet"}, check=True),
        Do(JOB, {"configuration": "Not yet"}),
        Do(JOB, STARTED, check=True),
        Do(JOB, STARTED),
        Do(JOB, ABSENT),
        Do(JOB, {"configuration": "Not yet", "state": "absent"}),
        INFO,
        Do("sync_job_info", {"configuration": "Not yet"}),
    )
    planned, missing, planned_job, missing_job, absent, nowhere, info, no_info = story
    assert planned.actions == ["start provisioning job of configuration Not yet"]
    assert planned_job.actions == [f"start {TITLE}"]
    assert "there is no configuration 'Not yet'; run sync_configuration first" in missing.message
    assert "configuration 'Fabrikam' has no provisioning job; run sync_configuration, which creates it" in missing_job.message
    for step in (absent, nowhere):
        assert step.result["changed"] is False
    for step in (info, no_info):
        assert step.result["job"] is None
        assert step.result["verdict"]["verdict"] == "absent"


def test_a_lost_trust_quarantines_and_is_explained(tell: Teller, emulator: Emulator, running: dict[str, Any]) -> None:
    policy = running["tenants"][FABRIKAM]["access_policy"]["identity_synchronizations"]
    next(iter(policy.values()))["userSyncInbound"] = {"isSyncAllowed": False}
    emulator.control("PUT", "state", running)
    story = tell(
        advance("PT40M"),
        INFO,
        Do("sync_job_info", CONFIGURATION, check=True),
        Do(JOB, STARTED),
        Do(
            "cross_tenant_policy",
            {"partner_tenant_id": CONTOSO, "user_sync_inbound": True},
            "fabrikam",
        ),
        Do(JOB, {**CONFIGURATION, "state": "restarted", "restart_reason": "release_quarantine"}),
        advance("PT40M"),
        INFO,
    )
    info, checked, started, _unused, released, after = story
    assert info.result["verdict"]["verdict"] == "quarantined"
    assert info.result["verdict"]["reason"] == "EncounteredQuarantineException"
    assert "release_quarantine" in info.result["verdict"]["next_action"]
    assert info.result["verdict"]["since"]
    assert 0 <= info.result["verdict"]["days_until_disabled"] <= 28
    assert checked.result["verdict"] == info.result["verdict"]
    assert started.result["changed"] is False
    assert "in quarantine since" in started.warnings
    assert released.result["job"]["quarantine"] is None
    assert after.result["verdict"]["verdict"] == "healthy"


def test_held_deletions_are_approved(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    names = ["minsu.kim@contoso.kr", "hyejin.lee@contoso.kr", "junho.choi@contoso.kr"]
    for name in names:
        tenants.assign(linked, tenants.user(linked, name))
    run_for_a_while(emulator, linked)
    story = tell(
        Do("sync_configuration", {"name": "Fabrikam", "target_tenant_id": FABRIKAM, "deletion_threshold": 1}),
        Do("sync_scope", {**CONFIGURATION, "state": "absent", "users": names[:2]}),
        advance("PT40M"),
        INFO,
        Do(JOB, {**CONFIGURATION, "state": "restarted", "restart_reason": "approve_deletions"}),
        advance("PT40M"),
        INFO,
    )
    held, approved, after = story[2], story[3], story[4]
    assert held.result["verdict"]["verdict"] == "quarantined"
    assert held.result["verdict"]["reason"] == "TooManyDeletes"
    assert "approve_deletions" in held.result["verdict"]["next_action"]
    assert approved.result["actions"][0]["effects"]["carries_out_held_deletions"] is True
    assert after.result["verdict"]["verdict"] == "healthy"
    left = [user["userPrincipalName"] for user in after.after["tenants"][FABRIKAM]["users"].values()]
    assert not [name for name in left if name.startswith(("minsu.kim_contoso", "hyejin.lee_contoso"))]
    assert [name for name in left if name.startswith("junho.choi_contoso")]


def test_failures_degrade_the_verdict(tell: Teller, emulator: Emulator, running: dict[str, Any]) -> None:
    """Invitations are blocked in the target, so the next user cannot be created."""
    running["tenants"][FABRIKAM]["authorization_policy"]["allowInvitesFrom"] = "none"
    emulator.control("PUT", "state", running)
    story = tell(Do("sync_scope", {**CONFIGURATION, "users": ["junho.choi@contoso.kr"]}), advance("PT40M"), INFO)
    assert story[1].result["verdict"]["verdict"] == "degraded"
    assert "provisioning_log_info" in story[1].result["verdict"]["next_action"]
    assert story[1].result["job"]["last_cycle"]["held_for_retry"] == 1


@pytest.mark.parametrize(
    ("path", "options"),
    [("/start$", STARTED), ("/pause$", PAUSED), ("/jobs/[^/]+$", ABSENT)],
)
def test_a_lost_answer_is_resolved_by_reading(
    tell: Teller, emulator: Emulator, assigned: dict[str, Any], path: str, options: dict[str, Any], behaviour: Behaviour
) -> None:
    """A job that still shows is deleted again, which does no harm."""
    if options is PAUSED:
        run_for_a_while(emulator, assigned)
    method = "DELETE" if options is ABSENT else "POST"
    emulator.control("POST", "faults", [{"method": method, "path": path, "fault": "reset_after_commit"}])
    story = tell(Do(JOB, options), Control("DELETE", "faults"), Do(JOB, options))
    assert story[0].result["changed"] is True
    assert len(story[0].writes) == (2 if options is ABSENT and behaviour.shows_late else 1)
    assert story[1].result["changed"] is False
