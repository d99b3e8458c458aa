# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The job's run state (facts F67, F74)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, TypedDict

from ..graph.client import Client, Request
from ..graph.errors import ServiceError
from ..plan import NO_PATH, Action, Inquiry, Outcome, Plan, Refusal, Resource, Wait
from . import debt, find_configuration
from .find_configuration import Configuration

JOBS = "/synchronization/jobs"
NEVER = "0001-01-01T00:00:00Z"
READ_THE_LOG = "read provisioning_log_info for the users who failed"
"""The next action if only users have failed."""
TOO_MANY_DELETES = "TooManyDeletes"
"""The reason of a quarantine that the deletion guard caused (fact F81)."""

RESET_SCOPES = {
    None: "",
    "retry_failed": "Escrows",
    "reevaluate_all": "Watermark",
    "release_quarantine": "QuarantineState",
    "approve_deletions": "ForceDeletes",
    "full": "Full",
}
"""The option ``restart_reason``, and the reset scope of Graph. Without a reason: the same as the portal's button (fact F74)."""
EVALUATES_ALL = (None, "reevaluate_all", "full")
"""The reasons after which the service evaluates all users in scope again."""


@dataclass(frozen=True)
class Desired:
    """The desired state. ``wait_timeout`` is in seconds."""

    tenant: str
    configuration: str
    state: str
    restart_reason: str | None
    wait: str | None
    wait_timeout: float
    owed: bool = False
    """Whether the option ``restart_owed`` reports a pending restart of an earlier task. In check mode it is not recorded anywhere else."""


@dataclass(frozen=True)
class Current:
    """The current state; ``job`` is the object of Graph."""

    configuration: Configuration | None
    job: Mapping[str, Any] | None


MISSING = Current(None, None)
"""No configuration, and therefore no job."""


class Cycle(TypedDict):
    """A finished cycle, as in results. The service can leave numbers out."""

    began: str | None
    ended: str
    state: str | None
    entitled: int | None
    exported: int | None
    held_for_retry: int | None


class Quarantine(TypedDict):
    """The reason and the begin of a quarantine, as in results."""

    reason: str | None
    since: str | None
    code: str | None
    message: str | None


class Progress(TypedDict):
    """The progress of the running cycle for one kind of object."""

    done: int | None
    total: int | None


class ShownJob(TypedDict):
    """A job, as in results. Times are in ISO 8601; ``None`` is a member that does not exist or an event that did not happen."""

    id: str | None
    configuration: str | None
    service_principal_id: str | None
    state: str
    status: str | None
    interval: str | None
    last_cycle: Cycle | None
    last_successful_cycle: Cycle | None
    steady_since: str | None
    quarantine: Quarantine | None
    progress: list[Progress]
    synchronized: dict[str, int]


class Verdict(TypedDict):
    """The state of a job in one word, and the next action."""

    verdict: str
    next_action: str
    reason: str | None
    since: str | None
    days_until_disabled: int | None


def desired(params: Mapping[str, Any]) -> Desired:
    """The desired state that the options of ``sync_job`` describe.

    :raises Refusal: if options contradict each other.
    """
    reason = params.get("restart_reason")
    if reason and params["state"] != "restarted":
        raise Refusal("restart_reason requires state restarted")
    if reason == "full" and not params["acknowledge_full"]:
        raise Refusal(
            "restart_reason full makes the service discard which user in the target belongs to which user in the source; "
            "set acknowledge_full to allow it"
        )
    if params.get("wait") and params["state"] == "absent":
        raise Refusal("wait cannot be combined with state absent")
    if params["state"] == "paused" and params.get("wait") not in (None, "idle"):
        raise Refusal("a paused job begins no cycle, so state paused allows only wait idle")
    return Desired(
        params["tenant_id"],
        params["configuration"],
        params["state"],
        reason,
        params.get("wait"),
        params["wait_timeout"],
        params["restart_owed"],
    )


def read(client: Client, wanted: Desired) -> Current:
    """The job of the wanted configuration."""
    return find(client, wanted.configuration)


def find(client: Client, name: str) -> Current:
    """A configuration and its job, by the configuration's name or id."""
    configuration, parts = find_configuration.find_with(client, name, JOBS)
    return Current(configuration, find_configuration.only_job(list(client.members(parts[0])), name) if configuration else None)


def find_with_schema(client: Client, name: str) -> tuple[Current, Any]:
    """Like `find`, with the job's schema: in the same batch, if an earlier task of the run has read the job."""
    known = find_configuration.known_job(client, name)
    try:
        configuration, parts = find_configuration.find_with(client, name, JOBS, *([f"{JOBS}/{known}/schema"] if known else []))
    except ServiceError as error:
        if not known or error.status != 404:
            raise
        # The job was created again in the meantime.
        configuration, parts = find_configuration.find_with(client, name, JOBS)
    job = find_configuration.only_job(list(client.members(parts[0])), name) if configuration else None
    if configuration is None or job is None:
        return Current(configuration, None), None
    if len(parts) == 2 and job["id"] == known:
        return Current(configuration, job), parts[1]
    return Current(configuration, job), client.get(f"{configuration.synchronization}/jobs/{job['id']}/schema")


def plan(current: Current, wanted: Desired) -> Plan:
    """The plan for the current state: start, pause, restart or delete the job, and make a pending restart."""
    before = run_state(current.job)
    if before == "absent" and wanted.state != "absent":
        # sync_configuration will have created it by then.
        before = "paused"
    if before == "started" and wanted.owed:
        # An earlier task of this run has paused it, which is not visible in check mode.
        before = "paused"
    after = {"restarted": "started"}.get(wanted.state, wanted.state)
    path = path_of(current)
    owed = debt.owed(current.configuration) or (wanted.owed and current.configuration is not None)
    actions = _actions(current, wanted, before, owed)
    cleared = any(action.verb == "clear" for action in actions)
    return Plan(
        before={"configuration": wanted.configuration, "state": before, "restart_owed": owed},
        after={"configuration": wanted.configuration, "state": after, "restart_owed": owed and not cleared},
        facts={"job": _shown(current, after), "restart_owed": owed and not cleared},
        actions=actions,
        warnings=_warnings(current.job, wanted),
        unmet=find_configuration.unmet(current.configuration, current.job, wanted.configuration) if wanted.state != "absent" else None,
        lasting=wanted.state != "restarted" and not wanted.owed,
        outcome=_outcome(current.job, wanted, path, bool(actions)) if current.job else None,
        basis=lambda: _basis(current),
    )


def _basis(current: Current) -> dict[str, Any]:
    """The job, without what changes with every cycle. ``state`` in a plan can be that after earlier tasks of the run, so it is not in here."""
    if current.job is None:
        return {}
    found = quarantine(current.job)
    return {
        "running": run_state(current.job) == "started",
        "restart pending": debt.owed(current.configuration),
        "quarantine": found["reason"] if found else None,
        "interval": (current.job.get("schedule") or {}).get("interval"),
    }


def _actions(current: Current, wanted: Desired, before: str, owed: bool) -> tuple[Action, ...]:
    """The actions, with a pending restart: when the job runs again, it must evaluate all users in scope."""
    name, tenant, path = wanted.configuration, wanted.tenant, path_of(current)
    clear = (debt.clear(current.configuration, name, tenant),) if owed and current.configuration else ()
    if wanted.state == "restarted":
        evaluates_all = wanted.restart_reason in EVALUATES_ALL
        return (restart(path, before, wanted.restart_reason, name, tenant), *(clear if evaluates_all else ()))
    if wanted.state == "absent":
        # The service may refuse to delete a job that runs (fact F76). A new job evaluates all users in scope anyway.
        stop = (_plain("pause", path, name, tenant),) if before == "started" else ()
        return (*stop, *((_delete(path, name, tenant),) if before != "absent" else ()), *clear)
    if wanted.state == "started" and clear:
        return (restart(path, before, "reevaluate_all", name, tenant), *clear)
    if before == wanted.state:
        return ()
    return (_plain("start" if wanted.state == "started" else "pause", path, name, tenant),)


def path_of(current: Current) -> str:
    """The path of the job, `NO_PATH` if there is none."""
    return f"{current.configuration.synchronization}/jobs/{current.job['id']}" if current.configuration and current.job else NO_PATH


def _outcome(job: Mapping[str, Any], wanted: Desired, path: str, acts: bool) -> Outcome | None:
    """The outcome to wait for. After a start or restart, only a cycle that began later counts: a running cycle used the previous state."""
    if wanted.wait is None:
        return None
    began_late_enough = _cycle_after(job.get("status") or {}, acts)

    def steady(now: Mapping[str, Any], since: datetime | None) -> bool:
        reached = _moment(now.get("steadyStateLastAchievedTime"))
        if not acts or reached is None:
            return reached is not None
        last = _last_cycle(now.get("lastExecution"))
        return last is not None and began_late_enough(now, since) and _time(reached) >= _time(last["began"] or last["ended"])

    reached: dict[str, Callable[[Mapping[str, Any], datetime | None], bool]] = {
        "first_cycle": began_late_enough,
        "steady": steady,
        "idle": lambda now, _since: not _unfinished(now),
    }
    until = reached[wanted.wait]
    return Outcome(
        path,
        lambda body, since: bool(body) and until(body.get("status") or {}, since),
        ("start", "restart"),
        wanted.wait_timeout,
        {"first_cycle": "the end of a cycle", "steady": "the steady state", "idle": "the end of the running cycle"}[wanted.wait],
        lambda body: _progress((body or {}).get("status") or {}),
    )


def cycle_after(before: Mapping[str, Any]) -> Callable[[Any, datetime | None], bool]:
    """A function of a job that is read later and the time of a restart: whether the job has ended a cycle that began after the restart.

    ``before`` is the job before the restart. A cycle that was running then does not count: it may have used the old scope.
    """
    after = _cycle_after(before.get("status") or {}, acts=True)
    return lambda now, since: bool(now) and after(now.get("status") or {}, since)


def _cycle_after(before: Mapping[str, Any], acts: bool) -> Callable[[Mapping[str, Any], datetime | None], bool]:
    known = _latest_moment(before) if acts else None

    def after(now: Mapping[str, Any], since: datetime | None) -> bool:
        last = _last_cycle(now.get("lastExecution"))
        if last is None or (acts and now["lastExecution"] == before.get("lastExecution")):
            return False
        return all(_time(last["began"] or last["ended"]) >= moment for moment in (since, known) if moment)

    return after


def _latest_moment(status: Mapping[str, Any]) -> datetime | None:
    """The latest time that the service reports: everything that it begins from now on begins later."""
    last = _last_cycle(status.get("lastExecution"))
    ended = last["ended"] if last else None
    observed = [_moment(step.get("progressObservationDateTime")) for step in status.get("progress") or ()]
    return max((_time(moment) for moment in (ended, *observed) if moment), default=None)


def _time(moment: str) -> datetime:
    return datetime.fromisoformat(moment[:19]).replace(tzinfo=timezone.utc)


def _unfinished(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [step for step in status.get("progress") or () if (step.get("completedUnits") or 0) < (step.get("totalUnits") or 0)]


def progress(job: Any) -> str:
    """The progress of the job, in a few words."""
    return _progress((job or {}).get("status") or {})


def _progress(status: Mapping[str, Any]) -> str:
    steps = ", ".join(
        f"{step.get('completedUnits')} of {step.get('totalUnits')} {step.get('units') or 'units'}" for step in _unfinished(status)
    )
    synchronized = {str(entry.get("key")): entry.get("value") for entry in status.get("synchronizedEntryCountByType") or ()}
    users = f", {synchronized['User']} users synchronized so far" if synchronized.get("User") is not None else ""
    return f"{steps or 'status ' + str(status.get('code'))}{users}"


def _plain(verb: str, path: str, name: str, tenant: str) -> Action:
    return Action(verb, _title(name), tenant, (Request("POST", f"{path}/{verb}"),))


def pause(path: str, name: str, tenant: str) -> Action:
    """A pause. The service finishes a running cycle first (fact F74)."""
    return _plain("pause", path, name, tenant)


def _delete(path: str, name: str, tenant: str) -> Action:
    return Action("delete", _title(name), tenant, (Request("DELETE", path),), effects={"keeps_synced_users": True})


def restart(path: str, before: str, reason: str | None, name: str, tenant: str) -> Action:
    """A restart. It is not documented whether it also starts a paused job, so the state is checked afterwards (fact F75).

    ``before`` is the `run_state` before the restart.
    """
    body = {"criteria": {"resetScope": RESET_SCOPES[reason]}} if reason else {"criteria": {}}
    effects: dict[str, Any] = {"triggers_full_cycle": reason in EVALUATES_ALL}
    if reason == "approve_deletions":
        effects["carries_out_held_deletions"] = True
    action = Action("restart", _title(name), tenant, (Request("POST", f"{path}/restart", body),), effects=effects, leaves_trace=False)
    if before == "started":
        return action
    runs = Wait(path, lambda job: run_state(job) == "started")
    return replace(action, visible=runs, insists=Request("POST", f"{path}/start"))


def _title(name: str) -> str:
    return f"provisioning job of configuration {name}"


def run_state(job: Mapping[str, Any] | None) -> str:
    """``started``, ``paused`` or ``absent``. A job that does not run is ``Disabled`` or ``Paused`` (fact F67)."""
    if job is None:
        return "absent"
    return "started" if (job.get("schedule") or {}).get("state") == "Active" else "paused"


def quarantine(job: Mapping[str, Any] | None) -> Quarantine | None:
    """The quarantine of the job; ``None`` if there is none."""
    raw = ((job or {}).get("status") or {}).get("quarantine")
    if not raw:
        return None
    error = raw.get("error") or {}
    return {"reason": raw.get("reason"), "since": raw.get("currentBegan"), "code": error.get("code"), "message": error.get("message")}


def verdict(job: Mapping[str, Any] | None, now: datetime, owed: bool = False) -> Verdict:
    """The state of the job in one word, and the next action (fact F78). ``owed``: whether a restart is pending."""
    if job is None:
        return _verdict("absent", "run sync_configuration, which creates the configuration and its job")
    status = job.get("status") or {}
    why = quarantine(job)
    if why:
        left = _days_until_disabled(status["quarantine"], now)
        disabled = left == 0 and run_state(job) != "started"
        until = "" if left is None or disabled else f" within {left} days, before the service disables the job"
        action = _QUARANTINE.get(str(why["reason"]), "read provisioning_log_info, fix the cause, then restart with release_quarantine")
        return {**_verdict("quarantined", f"{action}{until}"), "reason": why["reason"], "since": why["since"], "days_until_disabled": left}
    if run_state(job) != "started":
        return _verdict("paused", "start it with sync_job")
    last = _last_cycle(status.get("lastExecution"))
    if owed:
        word = "never_run" if last is None else "running" if _unfinished(status) else "degraded"
        return _verdict(word, "run sync_job with state started: a restart is pending because the scope or the mappings were changed")
    if last is None:
        return _verdict("running" if _unfinished(status) else "never_run", "wait for the first cycle")
    if _unfinished(status):
        return _verdict("running", "wait for the end of the cycle")
    if last["state"] == "Succeeded" and not last["held_for_retry"]:
        return _verdict("healthy", "nothing")
    return _verdict("degraded", READ_THE_LOG)


_QUARANTINE = {
    TOO_MANY_DELETES: "check the held deletions in provisioning_log_info, then bring the users back into scope "
    "or restart with approve_deletions",
    "EncounteredQuarantineException": "check the trust settings of both tenants, then restart with release_quarantine",
}


def _verdict(word: str, action: str) -> Verdict:
    return {"verdict": word, "next_action": action, "reason": None, "since": None, "days_until_disabled": None}


def _days_until_disabled(raw: Mapping[str, Any], now: datetime) -> int | None:
    """The service disables a job that was in quarantine for four weeks (fact F78)."""
    began = _moment(raw.get("seriesBegan") or raw.get("currentBegan"))
    if began is None:
        return None
    return max(0, (_time(began) + timedelta(days=28) - now).days)


def _warnings(job: Mapping[str, Any] | None, wanted: Desired) -> tuple[str, ...]:
    why = quarantine(job)
    if not why or wanted.state != "started":
        return ()
    return (f"the job is in quarantine since {why['since']} ({why['reason']}); fix the cause, then restart the job",)


def _shown(current: Current, state: str) -> ShownJob | None:
    """The job as in results. Times of events that did not happen are ``None``."""
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
        "progress": [{"done": step.get("completedUnits"), "total": step.get("totalUnits")} for step in status.get("progress") or ()],
        "synchronized": {entry["key"]: entry["value"] for entry in status.get("synchronizedEntryCountByType") or ()},
    }


def _last_cycle(raw: Mapping[str, Any] | None) -> Cycle | None:
    """A finished cycle; ``None`` if there is none. A new job reports a cycle that failed in the year 1: it never ran (fact F66)."""
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


def has_run(job: Mapping[str, Any] | None) -> bool:
    """Whether a cycle of the job has ended."""
    status = (job or {}).get("status") or {}
    return any(_last_cycle(status.get(name)) for name in ("lastExecution", "lastSuccessfulExecution"))


def has_met_users(job: Mapping[str, Any] | None) -> bool:
    """Whether a cycle of the job has ended, or its first one shows progress (fact F68). Before that, the service knows no user."""
    return has_run(job) or bool(((job or {}).get("status") or {}).get("progress"))


def _moment(text: str | None) -> str | None:
    """A time; ``None`` for the time of an event that did not happen, and for an invalid text."""
    if not text or text.startswith(NEVER[:4]):
        return None
    try:
        _time(text)
    except ValueError:
        return None
    return text


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The results of ``sync_job_info``: the job (``None`` if there is none), whether a restart is pending, and the verdict."""
    current = find(client, params["configuration"])
    shown = _shown(current, run_state(current.job))
    owed = debt.owed(current.configuration)
    return {"job": shown, "restart_owed": owed, "verdict": verdict(current.job, client.service_clock.now(), owed)}


RESOURCE = Resource(desired, read, plan)
INQUIRY = Inquiry(inquire)
