# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's schedule and status between cycles: success, failure, quarantine and its retries (F68, F78)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from entra_emulator.provisioning import memory, status
from entra_emulator.state import NEVER, Job, moment, stamp

Json = dict[str, Any]

INTERVAL = timedelta(minutes=40)
RETRIES = (timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
"""Pauses before the first retries in quarantine; afterwards daily."""

QUARANTINE_LIFETIME = timedelta(days=28)
EVALUATED_FROM = 5_000
TOO_MANY_FAILURES = 40_000
TOTAL_FAILURES = 60_000
TOO_LARGE_SHARE = 0.4


def escrow_quarantine(failed: int, entitled: int) -> str | None:
    """The quarantine reason for this many failed entries, if any (F79)."""
    if failed >= TOTAL_FAILURES:
        return "EncounteredTotalEscrowThreshold"
    if failed > TOO_MANY_FAILURES:
        return "EncounteredBaseEscrowThreshold"
    if failed >= EVALUATED_FROM and failed > TOO_LARGE_SHARE * max(entitled, 1):
        return "EncounteredEscrowProportionThreshold"
    return None


def completed(job: Job, began: datetime, ended: datetime, counters: Json, entries: list[Json], clean: bool) -> None:
    """A cycle that ran to its end; it is clean when no entry failed and no deletion was held back."""
    execution = status.execution("EntryLevelErrors" if counters["countEscrowed"] else "Succeeded", stamp(began), stamp(ended), counters)
    job.status["lastExecution"] = execution
    job.status["countSuccessiveCompleteFailures"] = 0
    job.status["synchronizedEntryCountByType"] = entries
    job.status["progress"] = status.progress(counters["countImported"], counters["countImported"], stamp(ended))
    if clean:
        job.status["lastSuccessfulExecution"] = execution
        if counters["countExports"]:
            job.status["lastSuccessfulExecutionWithExports"] = execution
        if job.status["steadyStateFirstAchievedTime"] == NEVER:
            job.status["steadyStateFirstAchievedTime"] = stamp(ended)
        job.status["steadyStateLastAchievedTime"] = stamp(ended)
    job.cycles_completed += 1
    if job.schedule_state == "Active":
        job.status["code"] = "Active"
    job.next_cycle = stamp(max(began + INTERVAL, ended))


def failed(job: Job, began: datetime, error: Json) -> None:
    """A cycle that could not run at all: the execution failed, and the job is quarantined at once (F80, inferred)."""
    job.status["lastExecution"] = status.execution("Failed", stamp(began), stamp(began), {}, error)
    job.status["countSuccessiveCompleteFailures"] += 1
    quarantine(job, began, "EncounteredQuarantineException", error)


def quarantine(job: Job, at: datetime, reason: str, error: Json) -> None:
    """Enter quarantine, or stay there: retries after 6, 12 and 24 hours, then daily; after four weeks the job is disabled."""
    series = memory.of(job).setdefault("series", {"began": stamp(at), "count": 0})
    series["count"] += 1
    pause = RETRIES[min(series["count"], len(RETRIES)) - 1]
    job.status["code"] = "Quarantine" if job.schedule_state == "Active" else "Paused"
    job.status["troubleshootingUrl"] = status.TROUBLESHOOTING_URL
    job.status["quarantine"] = status.quarantine(reason, error, stamp(at), series["began"], series["count"], stamp(at + pause))
    job.next_cycle = stamp(at + pause)
    if at - moment(series["began"]) >= QUARANTINE_LIFETIME:
        job.schedule_state = "Disabled"
        job.next_cycle = None


def leave_quarantine(job: Job) -> None:
    """What start and restart do to a quarantine, and a cycle without a reason for one (F71, F78)."""
    job.status["quarantine"] = None
    job.status["troubleshootingUrl"] = ""
    memory.of(job).pop("series", None)
