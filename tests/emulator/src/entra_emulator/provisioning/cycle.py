# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cycle of a job: all users in scope and all users provisioned before, in turn (F68, F84, F107, F114)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from entra_emulator.provisioning import (
    directory,
    groups,
    guard,
    lifecycle,
    logs,
    mapping,
    memory,
    policies,
    population,
    references,
    status,
)
from entra_emulator.provisioning.executing import execute
from entra_emulator.provisioning.model import Outcome, Plan, Run
from entra_emulator.provisioning.planning import plan
from entra_emulator.settings import Settings
from entra_emulator.state import World, stamp

Json = dict[str, Any]


@dataclass
class Tally:
    """What a cycle did."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    imported: int = 0
    entitled: int = 0
    staged: int = 0


def prepare(world: World, tenant_id: str, sp_id: str, job_id: str, settings: Settings, at: datetime) -> Run | policies.Refusal:
    """Everything a run needs, or why it cannot reach or may not write the target."""
    source = world.tenants[tenant_id]
    job = source.synchronizations[sp_id].jobs[job_id]
    target = policies.connection(world, source, source.synchronizations[sp_id].secrets, settings)
    if isinstance(target, policies.Refusal):
        return target
    compiled = mapping.object_mapping(job.job_schema, "User")
    if compiled is None:
        return policies.Refusal("schemaInvalid", "The schema has no object mapping for users.")
    run = Run(
        world, settings, source, target, sp_id, job, stamp(at), compiled, directory.index(target), population.assignments(source, sp_id)
    )
    run.redacted = {kind: mapping.redacted(job.job_schema, kind) for kind in ("User", "Group")}
    run.holders = Counter(linked for person, linked in job.links.items() if not memory.known(job, person).get("deleted"))
    return run


def run_cycle(world: World, tenant_id: str, sp_id: str, job_id: str, settings: Settings, began: datetime, ended: datetime) -> Json:
    """Run a cycle that began and ends at these times; its effects are dated by its end. Returns the summary."""
    job = world.tenants[tenant_id].synchronizations[sp_id].jobs[job_id]
    own = memory.of(job)
    run = prepare(world, tenant_id, sp_id, job_id, settings, ended)
    if isinstance(run, policies.Refusal):
        lifecycle.failed(job, ended, status.error(run.code, run.message))
        return _summary(tenant_id, job_id, began, ended, Counter(), error=run.code)
    run.full = bool(own.pop("full", False)) or job.cycles_completed == 0
    run.corrects_names = bool(own.pop("corrects_names", False))
    tally = Tally()
    compiled = groups.compiled_mapping(run)
    people = _people(run, tally) if run.mapping.enabled else []
    leaving = groups.leaving(run, compiled) if compiled is not None else []
    _deletions(run, tally, people, leaving)
    for outcome in references.link_managers(run, tally.outcomes) if run.mapping.enabled else ():
        _settle(run, tally, outcome)
    if compiled is not None:
        for outcome in groups.synchronize(run, compiled):
            _settle(run, tally, outcome)
    run.source.provisioning_log += [logs.entry(run, outcome) for outcome in tally.outcomes.values()]
    job.deletes_approved = False
    _conclude(run, tally, began, ended)
    return _summary(tenant_id, job_id, began, ended, tally.counts)


def _people(run: Run, tally: Tally) -> list[Plan]:
    """Everybody in turn; the deletions wait, because the guard counts them first."""
    all_users = population.sync_all(run.source, run.sp_id, run.job)
    pending: list[Plan] = []
    for candidate in population.candidates(run.source, run.job, run.assigned, all_users):
        tally.imported += 1
        tally.entitled += candidate.entitled and not candidate.deleted
        decided = plan(run, candidate)
        if decided.counts_as_deletion:
            pending.append(decided)
        elif decided.verb != "nothing":
            _settle(run, tally, execute(run, decided))
    return pending


def _deletions(run: Run, tally: Tally, people: list[Plan], leaving: list[Plan]) -> None:
    """Deletions of people and of groups count together, and are held back together (F81)."""
    limit = guard.threshold(run.source.synchronizations[run.sp_id].secrets)
    pending = [*people, *leaving]
    held = guard.trips(limit, pending, run.job, run.settings.deletion_threshold)
    before = set(run.job.staged_deletes)
    run.job.staged_deletes = [decided.candidate.id for decided in pending] if held else []
    tally.staged = len(run.job.staged_deletes)
    if not held:
        for decided in people:
            _settle(run, tally, execute(run, decided))
        for decided in leaving:
            _settle(run, tally, groups.delete(run, decided))
        return
    for kind, decided in [*(("User", person) for person in people), *(("Group", group) for group in leaving)]:
        if decided.candidate.id not in before:
            _settle(run, tally, _staged(run, decided, kind))


def _staged(run: Run, decided: Plan, kind: str) -> Outcome:
    outcome = guard.staged(decided, kind)
    target_id = decided.target_id or ""
    outcome.target = (run.target.users if kind == "User" else run.target.groups).get(target_id)
    outcome.label = dict(decided.candidate.user or memory.known(run.job, decided.candidate.id).get("label") or {})
    return outcome


def _settle(run: Run, tally: Tally, outcome: Outcome) -> None:
    person_id = outcome.plan.candidate.id
    _count(tally, outcome)
    if _worth_logging(run, outcome):
        tally.outcomes[person_id] = outcome


def _count(tally: Tally, outcome: Outcome) -> None:
    if outcome.status in ("skipped", "failure"):
        tally.counts["skipped" if outcome.status == "skipped" else "failed"] += 1
    else:
        tally.counts[{"create": "created", "delete": "deleted"}.get(outcome.action, "updated")] += 1


def _worth_logging(run: Run, outcome: Outcome) -> bool:
    """Skips are logged when they are new, and again by every full evaluation; an unchanged person is not news otherwise."""
    own = memory.of(run.job).setdefault("skips", {})
    person_id = outcome.plan.candidate.id
    if outcome.status != "skipped" or outcome.action == "stagedDelete":
        own.pop(person_id, None)
        return True
    reason = f"{outcome.code}: {outcome.reason}"
    known = own.get(person_id)
    own[person_id] = reason
    return run.full or known != reason


def _conclude(run: Run, tally: Tally, began: datetime, ended: datetime) -> None:
    """Counters, status and the next cycle."""
    job, counts = run.job, tally.counts
    exports = counts["created"] + counts["updated"] + counts["deleted"]
    counters = {
        "countEntitled": tally.entitled,
        "countEntitledForProvisioning": tally.entitled,
        "countEscrowed": counts["failed"],
        "countEscrowedRaw": counts["failed"],
        "countExported": exports,
        "countExports": exports,
        "countImported": tally.imported,
        "countImportedDeltas": exports + counts["failed"] + counts["skipped"],
    }
    clean = not counts["failed"] and not tally.staged
    lifecycle.completed(job, began, ended, counters, _entries(run), clean)
    reason, message = lifecycle.escrow_quarantine(counts["failed"], tally.entitled), "Too many entries failed."
    if tally.staged:
        reason, message = "TooManyDeletes", f"{tally.staged} deletions are held back by the accidental deletion threshold."
    if reason is None:
        lifecycle.leave_quarantine(job)
    else:
        lifecycle.quarantine(job, ended, reason, status.error(reason, message))
        logs.audit_quarantine(run, reason)


def _entries(run: Run) -> list[Json]:
    live = Counter("Group" if memory.known(run.job, p).get("group") else "User" for p in run.job.links if not _deleted(run, p))
    return [{"key": f"{kind} to {kind}", "value": count} for kind, count in sorted(live.items())]


def _deleted(run: Run, person_id: str) -> bool:
    return bool(memory.known(run.job, person_id).get("deleted"))


def _summary(tenant_id: str, job_id: str, began: datetime, ended: datetime, counts: Counter[str], error: str | None = None) -> Json:
    names = ("created", "updated", "deleted", "skipped", "failed")
    return {
        "tenant": tenant_id,
        "job": job_id,
        "began": stamp(began),
        "ended": stamp(ended),
        **{name: counts[name] for name in names},
        "error": error,
    }
