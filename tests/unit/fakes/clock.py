# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A clock that only moves when somebody sleeps."""

from __future__ import annotations

from dataclasses import dataclass, field

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Patience
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Pace


@dataclass
class FakeClock:
    """Remembers every sleep and takes no time."""

    now: float = 1000.0
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.sleeps.append(seconds)
        self.now += seconds

    def time(self) -> float:
        """The time of this clock."""
        return self.now

    def patience(self, retries: int = 5) -> Patience:
        """How the client waits."""
        return Patience(retries=retries, sleep=self.sleep)

    def pace(self, longest: float = 60.0) -> Pace:
        """How a plan waits."""
        return Pace(longest=longest, sleep=self.sleep, clock=self.time)
