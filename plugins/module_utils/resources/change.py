# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A change of scope or mappings, with the restart of the job that it needs to take effect (fact sheet 3.4, 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..plan import Action
from . import debt, job


@dataclass(frozen=True)
class Change:
    """What a change of scope or mappings comes to with the restart that it needs. ``owed``: whether one is owed before and after."""

    actions: tuple[Action, ...]
    owed_before: bool = False
    owed_after: bool = False
    needs_restart: bool = False

    def debts(self) -> tuple[dict[str, bool], dict[str, bool]]:
        """What a diff shows of it before and after, if anything."""
        if not self.owed_before and not self.owed_after:
            return {}, {}
        return {"restart_owed": self.owed_before}, {"restart_owed": self.owed_after}


def with_restart(current: job.Current, writes: tuple[Action, ...], pay: bool, name: str, tenant: str, told: bool = False) -> Change:
    """``writes``, which need a restart of the job, with all that belongs to them: the debt is recorded before them, and paid after them
    if that is wanted and the job runs. A debt of an earlier run is paid although there is nothing to write.

    If somebody else pays, more is going to be changed before. So a job that runs is paused, and no cycle sees half of it, such as the
    old scope without its filter. ``told`` says that an earlier task of this run has done both, which check mode cannot see.
    """
    configuration = current.configuration
    owed, causes = told or debt.owed(configuration), bool(writes) and can_owe(current.job)
    if configuration is None or not (owed or causes):
        return Change(writes)
    recorded = (debt.record(configuration, name, tenant),) if not owed else ()
    runs = job.run_state(current.job) == "started"
    if not pay or not runs:
        paused = (job.pause(job.path_of(current), name, tenant),) if runs and not told else ()
        return Change((*recorded, *paused, *writes), owed, True, causes)
    paid = (job.restart(job.path_of(current), "started", "reevaluate_all", name, tenant), debt.clear(configuration, name, tenant))
    return Change((*recorded, *writes, *paid), owed, False, causes)


def can_owe(there: Mapping[str, Any] | None) -> bool:
    """Whether the job has been started: one that never was begins with everybody when it is. Then ``lastExecution`` is null and there
    is no progress (fact sheet 3.2); a job that was paused in its first cycle has them.
    """
    if there is None:
        return False
    status = there.get("status") or {}
    return job.run_state(there) == "started" or bool(status.get("lastExecution") or status.get("progress"))


def waits_for_start(change: Change, pay: bool) -> tuple[str, ...]:
    """The warning that a restart is owed which nobody makes as long as the job is paused."""
    if not (pay and change.owed_after):
        return ()
    return (
        "the job is paused, and a restart is owed so that the service evaluates everybody again; sync_job makes it when it starts the job",
    )
