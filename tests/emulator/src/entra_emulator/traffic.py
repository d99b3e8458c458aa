# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much was asked, for those who measure clients. Nothing of what was said is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakSet

from .resources import is_for_another


@dataclass
class Traffic:
    """Counts since the last reset."""

    connections: int = 0
    """Connections on which anything was asked of sign-in, Graph or Exchange."""
    discovery_requests: int = 0
    token_requests: int = 0
    graph_requests: int = 0
    """HTTP requests; a ``$batch`` is one."""
    batch_items: int = 0
    exchange_requests: int = 0
    """Apart from those to Graph, because a client asks Exchange only where its user allows it."""
    exchange_batch_items: int = 0
    exchange_token_requests: int = 0
    """How many of the token requests asked for a token for Exchange."""
    wrong_audience: int = 0
    """Requests and batch items that carried a token for another resource than the one that was asked: Exchange's to Graph, or Graph's
    to Exchange."""
    _seen: WeakSet[object] = field(default_factory=WeakSet, repr=False)

    def arrived(self, connection: object) -> None:
        """Notes on which connection something was asked; a test client without a network has none."""
        if connection is not None and connection not in self._seen:
            self._seen.add(connection)
            self.connections += 1

    def shown(self, authorization: str, served: tuple[str, ...]) -> None:
        """Notes a token that was shown to a service which is these resources."""
        if is_for_another(authorization, served):
            self.wrong_audience += 1

    def counts(self) -> dict[str, int]:
        """The counts by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, int)}
