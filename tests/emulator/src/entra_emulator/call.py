# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Graph request on its way to a handler, and the answer on its way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import Identifiers
from .state import Tenant, World

if TYPE_CHECKING:
    from .service import Service
    from .settings import Settings


@dataclass(frozen=True)
class Caller:
    """Who the token was issued to."""

    client_id: str
    tenant_id: str
    roles: frozenset[str]
    user: str | None = None
    """The id of the user in whose name the application acts; ``None``: it acts in its own name."""


@dataclass(frozen=True)
class Request:
    """A Graph request as it came in. ``path`` is decoded and has no version; ``raw_query`` is kept for nextLinks."""

    method: str
    version: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    has_body: bool
    root: str
    identifiers: Identifiers


@dataclass(frozen=True)
class Call:
    """A request that was let in: what a handler gets."""

    service: Service
    request: Request
    caller: Caller
    tenant: Tenant
    params: Mapping[str, str]
    owned_only: bool = False
    """The caller may touch only what it owns: nothing but an OwnedBy permission matched."""

    @property
    def world(self) -> World:
        return self.service.world

    @property
    def settings(self) -> Settings:
        return self.service.settings

    @property
    def body(self) -> Any:
        return self.request.body

    @property
    def beta(self) -> bool:
        return self.request.version == "beta"

    @property
    def advanced(self) -> bool:
        """Whether the caller asked for advanced queries: ConsistencyLevel: eventual (Graph's advanced-queries page)."""
        return self.request.headers.get("consistencylevel", "").lower() == "eventual"

    def context(self, fragment: str) -> str:
        """The ``@odata.context`` of an answer."""
        return f"{self.request.root}/$metadata#{fragment}"


@dataclass(frozen=True)
class Reply:
    """An answer. A body of None sends none."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


NO_CONTENT = Reply(204)
