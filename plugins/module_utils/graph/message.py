# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""One call of Graph, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BATCH = "/$batch"
"""The path of requests that hold others, which count instead of it."""


@dataclass(frozen=True)
class Request:
    """One call: ``path`` is relative to the version's root and already encoded for a URL."""

    method: str
    path: str
    body: Any = None
    version: str = "v1.0"
    headers: Mapping[str, str] = field(default_factory=dict)
    only_asks: bool = False
    """A POST that changes nothing."""
    repeatable: bool = False
    """A POST that leaves the same behind however often it is sent, such as a batch of deletions."""

    @property
    def reads(self) -> bool:
        """It changes nothing."""
        return self.method == "GET" or self.only_asks

    @property
    def harmless(self) -> bool:
        """Sending it a second time leaves the same behind as sending it once: full values, and deletions. A POST makes another one."""
        return self.reads or self.repeatable or self.method in ("PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Answer:
    """What came back: ``body`` is parsed JSON, or ``None`` where there is none."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
