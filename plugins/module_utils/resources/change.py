# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A change of scope or mappings, with the restart of the job that it needs to take effect (facts F62, F83)."""

from __future__ import annotations

from dataclasses import dataclass

from ..plan import Action
from . import debt, job
from .find_configuration import Raw


@dataclass(frozen=True)
class Change:
    """The actions of a change of scope or mappings, including the restart. ``owed_before`` and ``owed_after``: whether a restart is pending
    before and after them; ``needs_restart``: whether the change itself needs a restart.
    """

    actions: tuple[Action, ...]
    owed_before: bool = False
    owed_after: bool = False
    needs_restart: bool = False

    def pending_restart(self) -> tuple[dict[str, bool], dict[str, bool]]:
        """The pending restart in the diff before and after; both are empty if no restart is pending at either time."""
        if not self.owed_before and not self.owed_after:
            return {}, {}
        return {"restart_owed": self.owed_before}, {"restart_owed": self.owed_after}


def with_restart(
    current: job.Current, writes: tuple[Action, ...], restart_job: bool, name: str, tenant: str, recorded: bool = False
) -> Change:
    """``writes``, which need a restart of the job, with the actions around them: the pending restart is recorded before them and, if
    ``restart_job`` is set and the job runs, made after them. A pending restart of an earlier run is made even without a change.

    If a later task makes the restart, more changes may come before it. A running job is paused then, so that no cycle uses half of the
    changes, such as the old scope without its filter. ``recorded`` means that an earlier task of this run has already recorded the
    restart and paused the job, which check mode cannot read.
    """
    configuration = current.configuration
    owed, needs_restart = recorded or debt.owed(configuration), bool(writes) and was_started(current.job)
    if configuration is None or not (owed or needs_restart):
        return Change(writes)
    record = (debt.record(configuration, name, tenant),) if not owed else ()
    runs = job.run_state(current.job) == "started"
    if not restart_job or not runs:
        pause = (job.pause(job.path_of(current), name, tenant),) if runs and not recorded else ()
        return Change((*record, *pause, *writes), owed, True, needs_restart)
    restart = (job.restart(job.path_of(current), "started", "reevaluate_all", name, tenant), debt.clear(configuration, name, tenant))
    return Change((*record, *writes, *restart), owed, False, needs_restart)


def was_started(sync_job: Raw | None) -> bool:
    """Whether the job was ever started. If it was not, a change needs no restart, because the first cycle evaluates all users in scope.
    Before the first start, ``lastExecution`` is null and there is no progress (fact F65); a job that was paused in its first cycle
    has them.
    """
    if sync_job is None:
        return False
    status = sync_job.get("status") or {}
    return job.run_state(sync_job) == "started" or bool(status.get("lastExecution") or status.get("progress"))


def waits_for_start(change: Change, restart_job: bool) -> tuple[str, ...]:
    """The warning that the pending restart is not made while the job is paused."""
    if not (restart_job and change.owed_after):
        return ()
    return (
        "the job is paused, and a restart is pending so that the service evaluates all users in scope again; "
        "sync_job makes it when it starts the job",
    )
