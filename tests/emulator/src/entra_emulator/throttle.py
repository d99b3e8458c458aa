# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How quotas are counted, in real time: as token buckets, or as sliding windows (fact F18)."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Quota:
    """How much a client may spend, and the cost of a request."""

    name: str
    owner: str
    """Who shares it."""
    scope: str
    """What ``x-ms-throttle-scope`` says."""
    information: str
    """What ``x-ms-throttle-information`` says."""
    limit: int
    seconds: float
    cost: int = 1
    refills: bool = True
    """A token bucket, which fills up evenly; else a window that slides."""
    is_reported: bool = True
    """Whether a refusal contains how long to wait."""


@dataclass
class Bucket:
    """A token bucket, stored as the amount that is used."""

    used: float = 0.0
    at: float = 0.0

    def use(self, quota: Quota, now: float) -> float:
        """Units in use."""
        self.used = max(0.0, self.used - (now - self.at) * quota.limit / quota.seconds)
        self.at = now
        return self.used

    def spend(self, quota: Quota, now: float) -> None:
        """Take the request's cost."""
        self.used = self.use(quota, now) + quota.cost

    def wait(self, quota: Quota, now: float) -> float:
        """Seconds until the request fits."""
        return (self.use(quota, now) + quota.cost - quota.limit) * quota.seconds / quota.limit


@dataclass
class Window:
    """A sliding window, stored as the amounts that were spent in it and their times."""

    spent: deque[tuple[float, int]] = field(default_factory=deque)

    def use(self, quota: Quota, now: float) -> float:
        """Units in use."""
        while self.spent and self.spent[0][0] <= now - quota.seconds:
            self.spent.popleft()
        return sum(cost for _moment, cost in self.spent)

    def spend(self, quota: Quota, now: float) -> None:
        """Take the request's cost."""
        self.spent.append((now, quota.cost))

    def wait(self, quota: Quota, now: float) -> float:
        """Seconds until the oldest request leaves the window."""
        return self.spent[0][0] + quota.seconds - now


@dataclass(frozen=True)
class Refused:
    """The quota that a request did not fit into, and how long to wait."""

    quota: Quota
    retry_after: int


@dataclass
class Throttle:
    """Remembers what was spent; `now` is replaceable so that tests need not wait."""

    now: Callable[[], float] = time.monotonic
    accounts: dict[tuple[str, str], Bucket | Window] = field(default_factory=dict)

    def charge(self, quotas: Sequence[Quota]) -> Refused | None:
        """Spend what a request costs of all its quotas, or nothing at all where it does not fit into one of them."""
        now = self.now()
        for quota in quotas:
            account = self._account(quota)
            used = account.use(quota, now)
            if used and used + quota.cost > quota.limit:
                return Refused(quota, max(1, math.ceil(account.wait(quota, now))))
        for quota in quotas:
            self._account(quota).spend(quota, now)
        return None

    def share(self, quotas: Sequence[Quota]) -> float:
        """How much of the scarcest of these quotas is used; 1.0 is all of it."""
        now = self.now()
        return max((self._account(quota).use(quota, now) / quota.limit for quota in quotas), default=0.0)

    def _account(self, quota: Quota) -> Bucket | Window:
        key = (quota.name, quota.owner)
        if key not in self.accounts:
            self.accounts[key] = Bucket(at=self.now()) if quota.refills else Window()
        return self.accounts[key]
