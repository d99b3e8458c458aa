# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eventual consistency (fact F14): freshly written objects look as they did before, for some reads or for some time.

Afterwards a second replica may still be behind: reads alternate between the new state and the old one (`stale_reads`).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .settings import Settings

T = TypeVar("T")


@dataclass
class Stale:
    """What the replicas that are behind still show: for so many reads, until this time, and then every other time."""

    before: Any
    reads: int
    until: float
    alternating: int
    behind: bool = False

    def shows_before(self, now: float) -> bool:
        """One read: whether it hits a replica that is behind."""
        if self.reads > 0:
            self.reads -= 1
            return True
        if now < self.until:
            return True
        if self.alternating > 0:
            self.behind, behind = not self.behind, self.behind
            self.alternating -= behind
            return behind
        return False

    def over(self, now: float) -> bool:
        """Whether every replica has caught up."""
        return self.reads <= 0 and now >= self.until and self.alternating <= 0


@dataclass
class Replicas:
    """The stale views of all tenants, by (kind of object, tenant, key). `now` is the clock of ``lag_seconds``."""

    stale: dict[tuple[str, str, str], Stale] = field(default_factory=dict)
    now: Callable[[], float] = time.monotonic

    def written(self, settings: Settings, kind: str, tenant_id: str, key: str, before: Any) -> None:
        """Notes that an object is about to change; `before` is what it is now, or None if there is none."""
        reads: int = getattr(settings.lag, kind)
        seconds: float = getattr(settings.lag_seconds, kind)
        if reads <= 0 and seconds <= 0 and settings.stale_reads <= 0:
            return
        pending = self.stale.get((kind, tenant_id, key))
        shown = pending.before if pending else copy.deepcopy(before)
        until = self.now() + seconds if seconds > 0 else float("-inf")
        self.stale[(kind, tenant_id, key)] = Stale(shown, reads, until, settings.stale_reads)

    def catch_up(self) -> None:
        """Virtual time has passed: minutes, in which every replica catches up, unless `lag_seconds` still says otherwise."""
        for pending in self.stale.values():
            pending.reads = pending.alternating = 0
        now = self.now()
        self.stale = {key: pending for key, pending in self.stale.items() if not pending.over(now)}

    def read(self, kind: str, tenant_id: str, key: str, current: T | None) -> T | None:
        """One read of one object."""
        pending = self.stale.get((kind, tenant_id, key))
        if pending is None:
            return current
        now = self.now()
        shown: T | None = pending.before if pending.shows_before(now) else current
        if pending.over(now):
            del self.stale[(kind, tenant_id, key)]
        return shown

    def collection(self, kind: str, tenant_id: str, current: Mapping[str, T], prefix: str = "") -> dict[str, T]:
        """One read of a whole collection, whose keys were written with this prefix."""
        keys = [key for (a_kind, a_tenant, key) in self.stale if (a_kind, a_tenant) == (kind, tenant_id) and key.startswith(prefix)]
        if not keys:
            return dict(current)
        seen = dict(current)
        for key in keys:
            plain = key.removeprefix(prefix)
            shown = self.read(kind, tenant_id, key, current.get(plain))
            if shown is None:
                seen.pop(plain, None)
            else:
                seen[plain] = shown
        return seen
