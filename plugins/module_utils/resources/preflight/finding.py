# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The findings of a preflight, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ERROR, WARNING, UNKNOWN = "error", "warning", "unknown"
SEVERITIES = (ERROR, WARNING, UNKNOWN)
"""In the order in which they are shown. ``unknown`` is a check that could not be made; it never counts as a check without findings."""


@dataclass(frozen=True)
class Finding:
    """A problem or a risk that is reported before anything is written. ``cause`` and ``remedy`` are sentences without a full stop."""

    check: str
    severity: str
    cause: str
    remedy: str

    def describe(self, tenant: str) -> dict[str, str]:
        """The finding as in results."""
        return {"severity": self.severity, "tenant": tenant, "check": self.check, "cause": self.cause, "remedy": self.remedy}


def ordered(described: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Sorted by severity, the worst first; otherwise in the order in which they were found."""
    return sorted(described, key=lambda finding: SEVERITIES.index(finding["severity"]))
