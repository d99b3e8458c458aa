# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's `synchronizationStatus` in every moment of its life (F65, F78)."""

from __future__ import annotations

from typing import Any

from entra_emulator.state import NEVER, new_id

Json = dict[str, Any]

TROUBLESHOOTING_URL = "https://go.microsoft.com/fwlink/?linkid=2162553"

COUNTERS = (
    "countEntitled", "countEntitledForProvisioning", "countEscrowed", "countEscrowedRaw", "countExported", "countExports",
    "countImported", "countImportedDeltas", "countImportedReferenceDeltas",
)  # fmt: skip


def new_job_status(code: str = "Paused") -> Json:
    """After ``POST jobs``: never ran. The how-to shows Paused, generic samples NotConfigured."""
    return {
        "code": code,
        "countSuccessiveCompleteFailures": 0,
        "escrowsPruned": False,
        "lastExecution": None,
        "lastSuccessfulExecution": None,
        "lastSuccessfulExecutionWithExports": None,
        "progress": [],
        "quarantine": None,
        "steadyStateFirstAchievedTime": NEVER,
        "steadyStateLastAchievedTime": NEVER,
        "synchronizedEntryCountByType": [],
        "troubleshootingUrl": "",
    }


def started_status(status: Json) -> Json:
    """After start, before the first run completes: NotRun, with an execution that says Failed, None and year one (F66)."""
    return {**status, "code": "NotRun", "lastExecution": unfinished_execution(), "quarantine": None, "troubleshootingUrl": ""}


def unfinished_execution() -> Json:
    """The quirk of F66: an execution that has not happened reads ``Failed`` with error code ``None``."""
    return {
        "activityIdentifier": None,
        **dict.fromkeys(COUNTERS, 0),
        "state": "Failed",
        "timeBegan": NEVER,
        "timeEnded": NEVER,
        "error": {"code": "None", "message": "", "tenantActionable": False},
    }


def execution(state: str, began: str, ended: str, counters: Json, error: Json | None = None) -> Json:
    """A `synchronizationTaskExecution`."""
    return {
        "activityIdentifier": new_id(),
        **dict.fromkeys(COUNTERS, 0),
        **counters,
        "state": state,
        "timeBegan": began,
        "timeEnded": ended,
        "error": error,
    }


def error(code: str, message: str) -> Json:
    """A `synchronizationError` the tenant's administrators can do something about."""
    return {"code": code, "message": message, "tenantActionable": True}


def progress(completed: int, total: int, at: str) -> list[Json]:
    """`synchronizationProgress` of the people handled so far."""
    return [{"completedUnits": completed, "totalUnits": total, "progressObservationDateTime": at, "units": "User"}]


def quarantine(reason: str, cause: Json, began: str, series_began: str, count: int, next_attempt: str) -> Json:
    """A `synchronizationQuarantine`."""
    return {
        "currentBegan": began,
        "nextAttempt": next_attempt,
        "reason": reason,
        "seriesBegan": series_began,
        "seriesCount": count,
        "error": cause,
    }
