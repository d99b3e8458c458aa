# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The job's run state (fact sheet 3.2 and 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..graph.client import Client, Request
from ..plan import Action, Inquiry, Plan, Resource
from . import lookup
from .configuration import NEW
from .lookup import Configuration

NEVER = "0001-01-01T00:00:00Z"

RESET_SCOPES = {
    None: "",
    "retry_failed": "Escrows",
    "reevaluate_all": "Watermark",
    "release_quarantine": "QuarantineState",
    "approve_deletions": "ForceDeletes",
}
"""Why an admin restarts, and the reset scope that does it. Without a reason: what the portal's button does (fact sheet 3.3)."""


@dataclass(frozen=True)
class Desired:
    """What is wanted."""

    tenant: str
    configuration: str
    state: str
    restart_reason: str | None


@dataclass(frozen=True)
class Current:
    """What is there; ``job`` is Graph's own object."""

    configuration: Configuration | None
    job: Mapping[str, Any] | None


def desired(params: Mapping[str, Any]) -> Desired:
    """Understand the options."""
    return Desired(params["tenant_id"], params["configuration"], params["state"], params.get("restart_reason"))


def read(client: Client, wanted: Desired) -> Current:
    """The job of the named configuration."""
    return find(client, wanted.configuration)


def find(client: Client, name: str) -> Current:
    """A configuration and its job, by the configuration's name or id."""
    configuration = lookup.find(client, name)
    if configuration is None:
        return Current(None, None)
    return Current(configuration, lookup.only_job(client.get(f"{configuration.synchronization}/jobs")["value"], name))


def plan(current: Current, wanted: Desired) -> Plan:
    """Decide."""
    before = run_state(current.job)
    if before == "absent" and wanted.state != "absent":
        # What sync_configuration will have made by then.
        before = "paused"
    after = {"restarted": "started"}.get(wanted.state, wanted.state)
    base = current.configuration.synchronization if current.configuration else NEW
    path = f"{base}/jobs/{current.job['id'] if current.job else '{job_id}'}"
    actions = (_action(wanted, path),) if wanted.state == "restarted" or before != after else ()
    return Plan(
        before={"configuration": wanted.configuration, "state": before},
        after={"configuration": wanted.configuration, "state": after},
        facts={"job": _shown(current, after)},
        actions=actions,
        warnings=_warnings(current.job, wanted),
        unmet=lookup.missing(wanted.configuration) if current.job is None and wanted.state != "absent" else None,
        lasting=wanted.state != "restarted",
    )


def _action(wanted: Desired, path: str) -> Action:
    title = f"provisioning job of configuration {wanted.configuration}"
    if wanted.state == "started":
        return Action("start", title, wanted.tenant, (Request("POST", f"{path}/start"),))
    if wanted.state == "paused":
        return Action("pause", title, wanted.tenant, (Request("POST", f"{path}/pause"),))
    if wanted.state == "absent":
        return Action("delete", title, wanted.tenant, (Request("DELETE", path),), effects={"keeps_synced_users": True})
    body = {"criteria": {"resetScope": RESET_SCOPES[wanted.restart_reason]}} if wanted.restart_reason else {"criteria": {}}
    effects: dict[str, Any] = {"triggers_full_cycle": wanted.restart_reason in (None, "reevaluate_all")}
    if wanted.restart_reason == "approve_deletions":
        effects["carries_out_held_deletions"] = True
    return Action("restart", title, wanted.tenant, (Request("POST", f"{path}/restart", body),), effects=effects)


def run_state(job: Mapping[str, Any] | None) -> str:
    """started, paused or absent. The service says ``Disabled`` or ``Paused`` of a job that does not run (fact sheet 3.2)."""
    if job is None:
        return "absent"
    return "started" if (job.get("schedule") or {}).get("state") == "Active" else "paused"


def quarantine(job: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Why and since when the job is in quarantine."""
    raw = ((job or {}).get("status") or {}).get("quarantine")
    if not raw:
        return None
    error = raw.get("error") or {}
    return {"reason": raw.get("reason"), "since": raw.get("currentBegan"), "code": error.get("code"), "message": error.get("message")}


def _warnings(job: Mapping[str, Any] | None, wanted: Desired) -> tuple[str, ...]:
    why = quarantine(job)
    if not why or wanted.state != "started":
        return ()
    return (f"the job is in quarantine since {why['since']} ({why['reason']}); mend the cause, then restart it",)


def _shown(current: Current, state: str) -> dict[str, Any] | None:
    """The job as an admin asks for it. Times the service never reached are left out."""
    if state == "absent":
        return None
    job = current.job or {}
    status = job.get("status") or {}
    last = _last_cycle(status.get("lastExecution"))
    return {
        "id": job.get("id"),
        "configuration": current.configuration.name if current.configuration else None,
        "service_principal_id": current.configuration.id if current.configuration else None,
        "state": state,
        "status": status.get("code"),
        "interval": (job.get("schedule") or {}).get("interval"),
        "last_cycle": last,
        "last_successful_cycle": _last_cycle(status.get("lastSuccessfulExecution")),
        "steady_since": _moment(status.get("steadyStateFirstAchievedTime")),
        "quarantine": quarantine(current.job),
        "synchronized": {one["key"]: one["value"] for one in status.get("synchronizedEntryCountByType") or ()},
    }


def _last_cycle(raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A cycle that ended. A new job reports one that failed in the year 1 with the code None: it never ran (fact sheet 3.2)."""
    ended = _moment((raw or {}).get("timeEnded"))
    if raw is None or ended is None:
        return None
    return {
        "began": _moment(raw.get("timeBegan")),
        "ended": ended,
        "state": raw.get("state"),
        "entitled": raw.get("countEntitled"),
        "exported": raw.get("countExported"),
        "held_for_retry": raw.get("countEscrowed"),
    }


def _moment(text: str | None) -> str | None:
    return None if not text or text.startswith(NEVER[:4]) else text


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The job as it is; ``None`` where there is none."""
    current = find(client, params["configuration"])
    return {"job": _shown(current, run_state(current.job))}


RESOURCE = Resource(desired, read, plan)
INQUIRY = Inquiry(inquire)
