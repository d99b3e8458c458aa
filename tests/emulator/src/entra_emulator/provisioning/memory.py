# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine remembers of a job, and of each person it has looked at."""

from __future__ import annotations

from typing import Any

from entra_emulator.state import Job


def of(job: Job) -> dict[str, Any]:
    """The job's own memory: ``full``, ``sync_all``, ``running``, ``quarantine_series`` and the like."""
    return job.memory


def person(job: Job, source_id: str) -> dict[str, Any]:
    """What was exported for one person: ``exported``, ``basis``, ``manager``, ``deleted``, ``keep_upn``, ``skip``, ``label``."""
    return job.seen.setdefault(source_id, {})


def known(job: Job, source_id: str) -> dict[str, Any]:
    """As `person`, without starting a record."""
    return job.seen.get(source_id, {})


def reset_people(job: Job) -> None:
    """Forget every person and link (restart with ConnectorDataStore, F74)."""
    job.links.clear()
    job.seen.clear()
