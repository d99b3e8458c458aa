# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's quotas (fact sheet 0.5) in real time: sliding windows of ten seconds."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW_SECONDS = 10.0


@dataclass
class Throttle:
    """Remembers what was spent; `now` is replaceable so that tests need not wait."""

    now: Callable[[], float] = time.monotonic
    spent: dict[tuple[str, ...], deque[tuple[float, int]]] = field(default_factory=dict)

    def wait(self, bucket: tuple[str, ...], limit: int, units: int = 1) -> int:
        """Seconds to wait before `units` fit into the bucket; 0 means that they fitted and were spent."""
        now = self.now()
        entries = self.spent.setdefault(bucket, deque())
        while entries and entries[0][0] <= now - WINDOW_SECONDS:
            entries.popleft()
        if sum(cost for _, cost in entries) + units <= limit or not entries:
            entries.append((now, units))
            return 0
        return max(1, math.ceil(entries[0][0] + WINDOW_SECONDS - now))
