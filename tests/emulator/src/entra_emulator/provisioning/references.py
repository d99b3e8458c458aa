# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managers: set when both people are in scope; a removed manager is not propagated (F99)."""

from __future__ import annotations

from collections.abc import Iterator

from entra_emulator.provisioning import logs, mapping, memory
from entra_emulator.provisioning.model import Outcome, Plan, Run
from entra_emulator.provisioning.population import Candidate
from entra_emulator.state import GraphObject


def link_managers(run: Run, outcomes: dict[str, Outcome]) -> Iterator[Outcome]:
    """Resolve references after all users exist. A change joins the person's log entry of this cycle, or makes its own."""
    if run.mapping.manager is None or "Update" not in run.mapping.flows:
        return
    for person_id in list(run.job.links):
        change = link_manager(run, person_id)
        if change is None:
            continue
        outcome = outcomes.get(person_id)
        if outcome is not None and outcome.status in ("success", "warning"):
            outcome.modified.append(change)
        else:
            yield manager_outcome(run, person_id, change)


def link_manager(run: Run, person_id: str) -> dict[str, str | None] | None:
    """Set one person's manager where it changed in the source; the modified property, or None."""
    user = run.source.users.get(person_id)
    seen = memory.known(run.job, person_id)
    manager_id = _mapped_manager(run, user) if user else None
    if manager_id is None or not _live(run, person_id) or not _live(run, manager_id):
        return None
    person, manager = run.job.links[person_id], run.job.links[manager_id]
    if seen.get("manager") == manager and not (run.full or run.on_demand):
        return None
    seen["manager"] = manager
    before = run.target.managers.get(person)
    if before == manager:
        return None
    run.target.managers[person] = manager
    return {"displayName": "manager", "oldValue": before, "newValue": manager}


def _mapped_manager(run: Run, user: GraphObject) -> str | None:
    found = mapping.value_of(run.mapping.manager, {"manager": run.source.managers.get(str(user["id"]))}, run.settings)
    return str(found) if found else None


def _live(run: Run, person_id: str) -> bool:
    if memory.known(run.job, person_id).get("deleted") or memory.known(run.job, person_id).get("group"):
        return False
    return run.job.links.get(person_id) in run.target.users


def manager_outcome(run: Run, person_id: str, change: dict[str, str | None]) -> Outcome:
    """The log entry of a person for whom nothing but the manager changed."""
    user = run.source.users[person_id]
    target = run.target.users[run.job.links[person_id]]
    plan = Plan(Candidate(person_id, user, False, True, True), "update", target_id=str(target["id"]))
    label = {"displayName": user.get("displayName"), "userPrincipalName": user.get("userPrincipalName")}
    logs.audit(run, "Update user", "Update", target, [change])
    return Outcome(plan, "update", "success", target=target, modified=[change], label=label)
