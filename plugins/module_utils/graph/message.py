# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A request to Graph, and its answer."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BATCH = "/$batch"
"""The path of a batch. Its items are counted as requests, not the batch."""


@dataclass(frozen=True)
class Request:
    """A request: ``path`` is relative to the root of the version, and already encoded for a URL."""

    method: str
    path: str
    body: Any = None
    version: str = "v1.0"
    headers: Mapping[str, str] = field(default_factory=dict)
    only_asks: bool = False
    """A POST that changes nothing."""
    repeatable: bool = False
    """A POST that can be sent repeatedly with the same result, such as a batch of deletions."""

    @functools.cached_property
    def key(self) -> tuple[str, ...]:
        """What identifies a read: equal for two requests with the same answer. The body must not be changed afterwards."""
        asked = "" if self.body is None else json.dumps(self.body, sort_keys=True)
        return (self.version, self.method, self.path, asked)

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET" or self.only_asks

    @property
    def harmless(self) -> bool:
        """Whether a second request has the same result as the first: full values, and deletions. A POST creates a second object."""
        return self.reads or self.repeatable or self.method in ("PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Answer:
    """An answer: ``body`` is parsed JSON, or ``None`` if it is empty."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
