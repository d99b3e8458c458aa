# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deletion guard: ``DeleteThresholdEnabled`` and ``DeleteThresholdValue`` in SyncNotificationSettings (F63, F81)."""

from __future__ import annotations

import json
from typing import Any

from entra_emulator.provisioning.model import Outcome, Plan
from entra_emulator.state import Job

DEFAULT_THRESHOLD = 500


def threshold(secrets: dict[str, str]) -> int | None:
    """The value of the guard, or None when it is off."""
    try:
        settings: Any = json.loads(secrets.get("SyncNotificationSettings") or "{}")
    except ValueError:
        return None
    if not isinstance(settings, dict) or not settings.get("DeleteThresholdEnabled"):
        return None
    return int(settings.get("DeleteThresholdValue") or DEFAULT_THRESHOLD)


def trips(limit: int | None, pending: list[Plan], job: Job, switch: str) -> bool:
    """Whether this cycle's deletions and disables of people and groups are held back. Those of one cycle count, never those of the day
    before. Whether as many as the value are too many, or only more, is a switch (F63)."""
    if limit is None or job.deletes_approved:
        return False
    return len(pending) >= limit if switch == "met" else len(pending) > limit


def staged(plan: Plan, kind: str = "User") -> Outcome:
    """A deletion held back."""
    reason = "The deletion is held back because the number of deletions exceeds the accidental deletion threshold."
    return Outcome(plan, "stagedDelete", "skipped", "TooManyDeletes", reason, kind=kind)
