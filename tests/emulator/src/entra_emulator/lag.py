# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eventual consistency (fact sheet 0.3): for its first reads, a freshly written object looks as it did before the write."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .settings import Lag

T = TypeVar("T")


@dataclass
class Stale:
    """What a replica still shows, and for how many reads."""

    before: Any
    reads: int


@dataclass
class Replicas:
    """The stale views of all tenants, by (kind of object, tenant, key)."""

    stale: dict[tuple[str, str, str], Stale] = field(default_factory=dict)

    def written(self, lag: Lag, kind: str, tenant_id: str, key: str, before: Any) -> None:
        """Notes that an object is about to change; `before` is what it is now, or None if there is none."""
        reads: int = getattr(lag, kind)
        if reads <= 0:
            return
        pending = self.stale.get((kind, tenant_id, key))
        shown = pending.before if pending else copy.deepcopy(before)
        self.stale[(kind, tenant_id, key)] = Stale(shown, reads)

    def read(self, kind: str, tenant_id: str, key: str, current: T | None) -> T | None:
        """One read of one object."""
        pending = self.stale.get((kind, tenant_id, key))
        if pending is None:
            return current
        pending.reads -= 1
        if pending.reads <= 0:
            del self.stale[(kind, tenant_id, key)]
        shown: T | None = pending.before
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
