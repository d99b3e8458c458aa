# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a preflight has to say: findings as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ERROR, WARNING, UNKNOWN = "error", "warning", "unknown"
SEVERITIES = (ERROR, WARNING, UNKNOWN)
"""In the order in which they are shown. ``unknown`` is a check that could not be made; it is never passed over as fine."""
MOST_NAMES = 5


@dataclass(frozen=True)
class Finding:
    """One thing that an admin should know before anything is written. ``cause`` and ``remedy`` are sentences without a full stop."""

    check: str
    severity: str
    cause: str
    remedy: str

    def describe(self, tenant: str) -> dict[str, str]:
        """What the result shows of it."""
        return {"severity": self.severity, "tenant": tenant, "check": self.check, "cause": self.cause, "remedy": self.remedy}


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first, otherwise as they were found."""
    return sorted(findings, key=lambda one: SEVERITIES.index(one.severity))


def some(names: Sequence[str]) -> str:
    """The first names of many."""
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown
