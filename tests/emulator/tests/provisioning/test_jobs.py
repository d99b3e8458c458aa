# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios of jobs: states, schedules, restarts, quarantine, the deletion guard (facts F65, F74, F81)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from linked_tenants import CYCLE, JOB, SOURCE, SP, TARGET, LinkedTenants

from entra_emulator.provisioning import engine, lifecycle
from entra_emulator.state import NEVER, World, moment

HOUR = timedelta(hours=1)


def people(count: int, **switches: object) -> LinkedTenants:
    s = LinkedTenants(**switches)
    for number in range(count):
        s.person(f"p{number}")
    return s


@pytest.mark.fact("F68", "The states through the first cycles and a pause")
def test_the_states_of_a_job() -> None:
    """F65: Paused, NotRun with the Failed quirk, Active, Paused."""
    s = people(10)
    assert (s.job.schedule_state, s.job.status["code"]) == ("Disabled", "Paused")
    s.start()
    s.advance(timedelta(seconds=1))
    assert (s.job.schedule_state, s.job.status["code"]) == ("Active", "NotRun")
    assert (s.job.status["lastExecution"]["state"], s.job.status["lastExecution"]["error"]["code"]) == ("Failed", "None")
    assert s.job.status["steadyStateFirstAchievedTime"] == NEVER
    s.advance(CYCLE)
    assert s.job.status["code"] == "Active"
    assert s.job.status["lastExecution"]["state"] == "Succeeded"
    assert s.job.status["lastSuccessfulExecutionWithExports"]["countExported"] == 10
    assert s.job.status["synchronizedEntryCountByType"] == [{"key": "User to User", "value": 10}]
    first = s.job.status["steadyStateFirstAchievedTime"]
    s.cycle()
    assert s.job.status["steadyStateFirstAchievedTime"] == first < s.job.status["steadyStateLastAchievedTime"]
    assert s.job.status["lastSuccessfulExecutionWithExports"]["countExported"] == 10
    engine.pause(s.world, SOURCE, SP, JOB)
    assert (s.job.schedule_state, s.job.status["code"]) == ("Disabled", "Paused")
    assert s.advance(CYCLE * 3) == []


@pytest.mark.fact("F68", "Cycles are forty minutes apart, start to start")
def test_cycles_are_forty_minutes_apart_start_to_start() -> None:
    """The interval is fixed and measured from start to start (F68)."""
    s = people(1)
    s.start()
    began = [summary["began"] for summary in s.advance(timedelta(hours=2))]
    assert began == ["2026-01-05T00:00:00Z", "2026-01-05T00:40:00Z", "2026-01-05T01:20:00Z", "2026-01-05T02:00:00Z"]


@pytest.mark.fact("F68", "The initial cycle grows with people, groups and memberships, and shows progress")
def test_the_initial_cycle_grows_with_the_scope() -> None:
    """Its length is proportional to people, groups and memberships; in the meantime there is progress and no synced user (F68)."""
    s = people(1000, initial_cycle_seconds_per_object=3)
    s.start()
    s.advance(timedelta(minutes=25))
    assert s.names() == []
    assert s.job.status["progress"][0] | {"progressObservationDateTime": ""} == {
        "completedUnits": 500,
        "totalUnits": 1000,
        "progressObservationDateTime": "",
        "units": "User",
    }
    s.advance(timedelta(minutes=26))
    assert len(s.names()) == 1000


@pytest.mark.fact("F73", "Pause lets the running cycle finish")
def test_pausing_lets_the_running_cycle_finish() -> None:
    """Stop is not stop (F73)."""
    s = people(100)
    s.start()
    s.advance(timedelta(seconds=10))
    engine.pause(s.world, SOURCE, SP, JOB)
    s.advance(CYCLE)
    assert len(s.names()) == 100
    assert s.job.status["code"] == "Paused"
    assert s.advance(CYCLE) == []


@pytest.mark.fact("F71", "Start resumes from the watermark")
def test_start_resumes_where_the_job_stopped() -> None:
    """Start keeps the watermark: nothing is exported again (F71)."""
    s = people(3)
    s.first()
    engine.pause(s.world, SOURCE, SP, JOB)
    s.person("late")
    s.start()
    assert s.job.status["code"] == "Active"
    summary = s.cycle()
    assert (summary["created"], summary["updated"]) == (0, 0)
    assert len(s.names()) == 4


@pytest.mark.fact("F74", "Restart looks at everybody again")
def test_a_restart_looks_at_everybody_again() -> None:
    """QuarantineState, Watermark and Escrows by default: target edits are undone (F74)."""
    s = people(1)
    s.first()
    user = s.synced("p0")
    assert user is not None
    user["displayName"] = "Edited"
    s.restart("None")
    s.cycle()
    assert user["displayName"] == "Edited"
    s.restart()
    s.cycle()
    assert user["displayName"] == "P0"


@pytest.mark.fact("F127", "InvalidAnchor when the target object vanished, until a restart")
def test_an_invalid_anchor_needs_a_restart() -> None:
    """The object matched before was purged: a failure until a restart matches again (F127)."""
    s = people(1)
    s.first()
    del s.target.users[s.job.links["p0"]]
    assert s.cycle()["failed"] == 0
    s.source.users["p0"]["jobTitle"] = "Boss"
    assert s.cycle()["failed"] == 1
    assert s.error("p0") == "InvalidAnchor"
    assert s.job.status["lastExecution"]["state"] == "EntryLevelErrors"
    assert s.job.status["lastExecution"]["countEscrowed"] == 1
    s.restart()
    s.cycle()
    assert s.names() == ["P0"]


@pytest.mark.fact("F74", "Full clears the connector data store")
def test_a_full_restart_forgets_who_was_provisioned() -> None:
    """ConnectorDataStore clears the links, so people out of scope are forgotten, not deleted (F74)."""
    s = people(2)
    s.first()
    s.unassign("p0")
    s.restart("Full")
    s.cycle()
    assert s.names() == ["P0", "P1"]
    assert list(s.job.links) == ["p1"]


@pytest.mark.fact("F63", "DeleteThresholdValue 500 lets 499 pass")
@pytest.mark.parametrize(("limit", "leavers", "deleted"), [(5, 4, 4), (5, 5, 0), (1, 1, 0)])
def test_the_deletion_guard(limit: int, leavers: int, deleted: int) -> None:
    """500 means 499 pass; with more, all of the cycle's deletions are staged (F63, F81)."""
    s = people(10)
    s.guard(limit)
    s.first()
    s.unassign(*[f"p{number}" for number in range(leavers)])
    assert s.cycle()["deleted"] == deleted
    assert len(s.job.staged_deletes) == leavers - deleted
    assert s.job.status["code"] == ("Active" if deleted else "Quarantine")


@pytest.mark.fact("F81", "Held-back deletions are logged as stagedDelete, and the job is quarantined with TooManyDeletes")
@pytest.mark.fact("F81", "ForceDeletes lets held-back deletions go, once")
def test_staged_deletions_are_logged_and_approved() -> None:
    """stagedDelete, quarantine TooManyDeletes; ForceDeletes lets them go, once (F81)."""
    s = people(6)
    s.guard(2)
    s.first()
    s.unassign("p0", "p1", "p2")
    s.cycle()
    assert s.job.status["quarantine"]["reason"] == "TooManyDeletes"
    assert s.last_log("p0")["provisioningAction"] == "stagedDelete"
    s.restart()
    s.cycle()
    assert len(s.names()) == 6
    s.restart("ForceDeletes")
    s.cycle()
    assert (s.names(), s.job.status["code"], s.job.staged_deletes) == (["P3", "P4", "P5"], "Active", [])
    s.unassign("p3", "p4")
    s.cycle()
    assert len(s.names()) == 3


@pytest.mark.fact("F81", "Putting the people back and restarting is the other way out")
def test_reassigning_is_the_other_way_out() -> None:
    """Put the people back and restart (F81)."""
    s = people(3)
    s.guard(2)
    s.first()
    s.unassign("p0", "p1")
    s.cycle()
    s.assign("p0")
    s.assign("p1")
    s.restart()
    s.cycle()
    assert (len(s.names()), s.job.status["code"], s.job.status["quarantine"]) == (3, "Active", None)


@pytest.mark.fact("F81", "Disables count against the guard")
def test_disables_count_against_the_guard() -> None:
    """Disables count too (F81)."""
    s = people(3)
    s.guard(2)
    s.first()
    s.source.users["p0"]["accountEnabled"] = s.source.users["p1"]["accountEnabled"] = False
    s.cycle()
    assert s.job.status["code"] == "Quarantine"
    user = s.synced("p0")
    assert user is not None and user["accountEnabled"] is True


@pytest.mark.fact("F81", "The guard counts each cycle alone")
def test_the_guard_counts_each_cycle_alone() -> None:
    """A slow bleed under the threshold never trips it (F81)."""
    s = people(4)
    s.guard(2)
    s.first()
    for number in range(4):
        s.unassign(f"p{number}")
        s.cycle()
    assert s.names() == []


@pytest.mark.fact("F63", "DeleteThresholdEnabled false is no guard")
def test_guard_that_is_off() -> None:
    """DeleteThresholdEnabled false is no guard (F63)."""
    s = people(4)
    s.guard(2)
    s.secrets["SyncNotificationSettings"] = '{"DeleteThresholdEnabled":false,"DeleteThresholdValue":1}'
    s.first()
    s.unassign("p0", "p1", "p2")
    assert s.cycle()["deleted"] == 3


NEW, OLD = "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure", "AzureDirectoryB2BManagementPolicyCheckFailure"


@pytest.mark.fact("F46", "isSyncAllowed false stops synchronization and leaves people alone")
@pytest.mark.fact("F80", "A missing policy half quarantines the job, and it heals by itself")
@pytest.mark.parametrize("broken", ["outbound", "inbound", "sync", "no partner"])
@pytest.mark.parametrize(("switch", "code"), [("new", NEW), ("old", OLD)])
def test_both_policies_are_checked_each_cycle(broken: str, switch: str, code: str) -> None:
    """A missing half quarantines the job and leaves users unchanged; it recovers automatically (F11, F46, F80)."""
    s = people(2, validation_code=switch)
    s.first()
    saved = s.world.model_dump_json()
    s.unassign("p0")
    if broken == "outbound":
        s.source.access_policy.partners[TARGET]["automaticUserConsentSettings"]["outboundAllowed"] = None
    elif broken == "inbound":
        s.target.access_policy.partners[SOURCE]["automaticUserConsentSettings"]["inboundAllowed"] = False
    elif broken == "sync":
        s.target.access_policy.identity_synchronizations[SOURCE]["userSyncInbound"]["isSyncAllowed"] = False
    else:
        del s.target.access_policy.partners[SOURCE]
    assert s.cycle()["error"] == code
    assert len(s.names()) == 2
    assert (s.job.status["code"], s.job.schedule_state) == ("Quarantine", "Active")
    assert s.job.status["quarantine"]["reason"] == "EncounteredQuarantineException"
    assert s.job.status["quarantine"]["error"]["code"] == code
    intact = World.model_validate_json(saved)
    s.source.access_policy, s.target.access_policy = intact.tenants[SOURCE].access_policy, intact.tenants[TARGET].access_policy
    s.advance(HOUR * 7)
    assert (s.job.status["code"], s.job.status["quarantine"], len(s.names())) == ("Active", None, 1)


@pytest.mark.fact("F12", "A job whose target tenant is unknown fails with ExternalTenantNotFound")
def test_an_unknown_target_tenant() -> None:
    """ExternalTenantNotFound (F12)."""
    s = people(1)
    s.secrets["CompanyId"] = "11111111-0000-0000-0000-000000000000"
    assert s.first()["error"] == "ExternalTenantNotFound"
    assert s.names() == []
    assert s.job.status["quarantine"]["error"]["code"] == "ExternalTenantNotFound"


@pytest.mark.fact("F78", "Retries after 6, 12 and 24 hours, then daily; disabled after 28 days")
def test_quarantine_retries_and_the_end_after_four_weeks() -> None:
    """Retries after 6, 12 and 24 hours, then daily; disabled after 28 days (F78)."""
    s = people(1)
    s.target.access_policy.identity_synchronizations.clear()
    s.start()
    tries = [summary["ended"] for summary in s.advance(timedelta(days=40))]
    assert tries[:4] == ["2026-01-05T00:00:00Z", "2026-01-05T06:00:00Z", "2026-01-05T18:00:00Z", "2026-01-06T18:00:00Z"]
    assert tries[-1] < "2026-02-04"
    assert s.job.schedule_state == "Disabled"
    assert s.job.status["quarantine"]["seriesCount"] == len(tries)
    s.target.access_policy.identity_synchronizations[SOURCE] = {"userSyncInbound": {"isSyncAllowed": True}}
    s.first()
    assert (s.names(), s.job.status["code"]) == (["P0"], "Active")


@pytest.mark.fact("F79", "Quarantine at over 40 per cent or 40,000 failures from 5,000 on, or 60,000")
@pytest.mark.parametrize(
    ("failed", "entitled", "reason"),
    [
        (4_999, 4_999, None),
        (5_000, 12_500, None),
        (5_001, 12_500, "EncounteredEscrowProportionThreshold"),
        (40_001, 1_000_000, "EncounteredBaseEscrowThreshold"),
        (60_000, 1_000_000, "EncounteredTotalEscrowThreshold"),
    ],
)
def test_thresholds_of_failed_entries(failed: int, entitled: int, reason: str | None) -> None:
    """Evaluated from 5,000 failures: over 40 per cent, over 40,000, or 60,000 (F79)."""
    assert lifecycle.escrow_quarantine(failed, entitled) == reason


def test_two_jobs_run_in_the_order_of_time() -> None:
    """Contoso to Fabrikam and back; people synced in are external and never loop (F111)."""
    s = LinkedTenants()
    back = LinkedTenants()
    s.person("minsu")
    s.target.users["hana"] = {"id": "hana", "userPrincipalName": "hana@fabrikam.kr", "displayName": "Hana", "userType": "Member"}
    s.target.users["hana"] |= {"mail": "hana@fabrikam.kr", "accountEnabled": True}
    s.target.service_principals[SP] = back.source.service_principals[SP]
    s.target.synchronizations[SP] = back.source.synchronizations[SP]
    s.target.synchronizations[SP].secrets.update(CompanyId=SOURCE, SyncAll="true")
    for tenant, other in ((s.source, TARGET), (s.target, SOURCE)):
        tenant.access_policy.partners[other] = {"automaticUserConsentSettings": {"inboundAllowed": True, "outboundAllowed": True}}
        tenant.access_policy.identity_synchronizations[other] = {"userSyncInbound": {"isSyncAllowed": True}}
    s.start()
    engine.start(s.world, TARGET, SP, JOB)
    ends = [summary["ended"] for summary in s.advance(timedelta(hours=3))]
    assert ends == sorted(ends)
    assert s.names() == ["Hana", "Minsu"]
    assert sorted(user["displayName"] for user in s.source.users.values()) == ["Hana", "Minsu"]


def test_the_state_survives_a_dump() -> None:
    """What the engine remembers is part of the world's dump."""
    s = people(3)
    s.start()
    s.advance(timedelta(seconds=2))
    world = World.model_validate_json(s.world.model_dump_json())
    engine.advance(world, moment(world.clock) + CYCLE, s.settings)
    assert len(world.tenants[TARGET].users) == 3


def test_ten_thousand_people() -> None:
    """A large tenant is a matter of seconds, and an unchanged cycle of less."""
    s = people(10_000)
    s.start()
    assert s.advance(timedelta(hours=8.5))[0]["created"] == 10_000
