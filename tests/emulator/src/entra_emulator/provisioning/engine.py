# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's door: a job's actions, and the passing of virtual time (F65, F68, F74, F82)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from entra_emulator.provisioning import cycle, lifecycle, memory, policies, population, purge, status
from entra_emulator.provisioning.on_demand import UnknownRule, provision_on_demand
from entra_emulator.settings import Settings
from entra_emulator.state import Job, World, moment, stamp

Json = dict[str, Any]

DEFAULT_RESTART = frozenset(["QuarantineState", "Watermark", "Escrows"])
FULL_RESTART = DEFAULT_RESTART | {"ConnectorDataStore"}


@dataclass(frozen=True)
class _Due:
    """A job and the time of the next thing that happens to it."""

    at: datetime
    tenant_id: str
    sp_id: str
    job_id: str


def _job(world: World, tenant_id: str, sp_id: str, job_id: str) -> Job:
    return world.tenants[tenant_id].synchronizations[sp_id].jobs[job_id]


def start(world: World, tenant_id: str, sp_id: str, job_id: str) -> None:
    """Resume from the watermark and leave quarantine; nothing on a job that runs already (F71)."""
    job = _job(world, tenant_id, sp_id, job_id)
    if job.schedule_state == "Active" and not job.status.get("quarantine"):
        return
    job.schedule_state = "Active"
    _awaken(world, job)


def _awaken(world: World, job: Job) -> None:
    lifecycle.leave_quarantine(job)
    if job.cycles_completed == 0:
        job.status = status.started_status(job.status)
    else:
        job.status["code"] = "Active"
    if "running" not in memory.of(job):
        job.next_cycle = world.clock


def pause(world: World, tenant_id: str, sp_id: str, job_id: str, settings: Settings | None = None) -> None:
    """Stop after the running cycle; everything is remembered (F73)."""
    job = _job(world, tenant_id, sp_id, job_id)
    job.schedule_state = settings.pause_state if settings else "Disabled"
    job.status["code"] = "Paused"
    job.next_cycle = None


def restart(world: World, tenant_id: str, sp_id: str, job_id: str, reset_scopes: set[str], settings: Settings | None = None) -> None:
    """Restart with these reset scopes; none of them is the portal's "Restart provisioning". A paused job may stay paused (F75)."""
    job = _job(world, tenant_id, sp_id, job_id)
    own = memory.of(job)
    scopes = set(reset_scopes) or set(DEFAULT_RESTART)
    if "Full" in scopes:
        scopes |= FULL_RESTART
    if "ForceDeletes" in scopes:
        job.deletes_approved = True
    if "ConnectorDataStore" in scopes:
        memory.reset_people(job)
    if "Escrows" in scopes:
        own.pop("skips", None)
    own.pop("sync_all", None)
    own.pop("running", None)
    if "Watermark" in scopes:
        own.update(full=True, corrects_names=True, initial=True)
        job.status["progress"] = []
    if settings and settings.restart_of_paused_job == "stays_paused" and job.schedule_state != "Active":
        return
    job.schedule_state = "Active"
    _awaken(world, job)


def schema_changed(world: World, tenant_id: str, sp_id: str, job_id: str) -> None:
    """The next cycle evaluates all users again (F82)."""
    memory.of(_job(world, tenant_id, sp_id, job_id))["full"] = True


def _nothing() -> None:
    """The default: nothing is watched."""


def advance(world: World, until: datetime, settings: Settings, watch: Callable[[], None] = _nothing) -> list[Json]:
    """Run every due cycle of every started job in the order of virtual time, purge what is due, and set the clock.

    `watch` is called after each step, at its time.
    """
    summaries = []
    while (due := _next(world, until)) is not None:
        world.clock = max(world.clock, stamp(due.at))
        purge.purge(world, due.at)
        summary = _step(world, due, settings)
        watch()
        if summary is not None:
            summaries.append(summary)
    world.clock = max(world.clock, stamp(until))
    purge.purge(world, until)
    _observe_progress(world, until)
    return summaries


def _jobs(world: World) -> Iterator[tuple[str, str, Job]]:
    for tenant in world.tenants.values():
        for sp_id, synchronization in tenant.synchronizations.items():
            for job in synchronization.jobs.values():
                yield tenant.id, sp_id, job


def _next(world: World, until: datetime) -> _Due | None:
    """The earliest thing to happen: the end of a running cycle, or the beginning of the next one."""
    found: list[_Due] = []
    for tenant_id, sp_id, job in _jobs(world):
        running = memory.of(job).get("running")
        time = running["ends"] if running else job.next_cycle if job.schedule_state == "Active" else None
        if time is not None:
            found.append(_Due(moment(time), tenant_id, sp_id, job.id))
    earliest = min(found, key=lambda due: (due.at, due.tenant_id, due.job_id), default=None)
    return earliest if earliest is not None and earliest.at <= until else None


def _step(world: World, due: _Due, settings: Settings) -> Json | None:
    """Begin a cycle, or end the running one. Its work is done at its end; only initial cycles take time."""
    job = _job(world, due.tenant_id, due.sp_id, due.job_id)
    own = memory.of(job)
    running = own.pop("running", None)
    if running is not None:
        return _run(world, due, settings, moment(running["began"]))
    length, size = _length(world, due, settings)
    if length > timedelta(0):
        own["running"] = {"began": stamp(due.at), "ends": stamp(due.at + length), "size": size}
        return None
    return _run(world, due, settings, due.at)


def _run(world: World, due: _Due, settings: Settings, began: datetime) -> Json:
    job = _job(world, due.tenant_id, due.sp_id, due.job_id)
    summary = cycle.run_cycle(world, due.tenant_id, due.sp_id, due.job_id, settings, began, due.at)
    memory.of(job).pop("initial", None)
    if job.schedule_state != "Active":
        job.next_cycle = None
        if not job.status.get("quarantine"):
            job.status["code"] = "Paused"
    return summary


def _length(world: World, due: _Due, settings: Settings) -> tuple[timedelta, int]:
    """An initial cycle grows with assigned people, groups and memberships (F68)."""
    job = _job(world, due.tenant_id, due.sp_id, due.job_id)
    if job.cycles_completed and not memory.of(job).get("initial"):
        return timedelta(0), 0
    tenant = world.tenants[due.tenant_id]
    secrets = tenant.synchronizations[due.sp_id].secrets
    if isinstance(policies.connection(world, tenant, secrets, settings), policies.Refusal):
        return timedelta(0), 0  # The connection is tested first; such a cycle ends at once.
    if population.sync_all(tenant, due.sp_id, job):
        size = len(tenant.users)
    else:
        assigned = population.assignments(tenant, due.sp_id)
        size = len(assigned.people) + len(assigned.groups) + assigned.memberships
    return timedelta(seconds=round(size * settings.initial_cycle_seconds_per_object)), size


def _observe_progress(world: World, at: datetime) -> None:
    """Progress of the initial cycles that are under way (F68)."""
    for _tenant, _principal, job in _jobs(world):
        running = memory.of(job).get("running")
        if running:
            began, ends = moment(running["began"]), moment(running["ends"])
            share = (at - began) / (ends - began)
            job.status["progress"] = status.progress(int(running["size"] * share), running["size"], stamp(at))


__all__ = ["UnknownRule", "advance", "pause", "provision_on_demand", "restart", "schema_changed", "start"]
