# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What an export has seen, and what it describes. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..mapping.types import Schema
from ..partner_list import ListedPartner
from ..related_tenants import Related
from ..scope import Assignment


@dataclass(frozen=True)
class SeenConfiguration:
    """A configuration that serves a tenant, with all that the variables of a link are made of."""

    name: str
    id: str
    target: str
    """The id of the tenant that it serves, in lower case."""
    mode: str
    deletion_threshold: int | None
    notification_email: str | None
    job_state: str
    role_id: str | None
    assignments: tuple[Assignment, ...] = ()
    existing: frozenset[str] = frozenset()
    """The ids of the assigned users and groups that exist."""
    ambiguous: frozenset[str] = frozenset()
    """The names of assigned groups that other groups have as well, in lower case."""
    schema: Schema | None = None
    """``None`` without a job."""
    obstacle: str | None = None
    """Why it could not be read."""


@dataclass(frozen=True)
class Identity:
    """A tenant with its names, as far as they are known."""

    id: str
    name: str | None = None
    default_domain: str | None = None


@dataclass(frozen=True)
class Described:
    """A configuration as variables of a link, or what is shared as a part of one. ``notes`` is what they do not express, one sentence each."""

    variables: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SeenTenant:
    """What was read in a tenant that an export connects to."""

    short: str
    """Its name in ``tenants``."""
    identity: Identity
    cloud: str = "global"
    partners: tuple[ListedPartner, ...] = ()
    configurations: tuple[SeenConfiguration, ...] = ()
    multitenant: tuple[tuple[str, str], ...] = ()
    """The names of configurations of a multitenant organization, and the tenants that they serve."""
    idle: tuple[str, ...] = ()
    """The names of configurations that serve no tenant."""
    names: tuple[str, ...] = ()
    """The names of all its configurations."""
    template: Schema | None = None
    """The schema of a new configuration."""
    lets_groups_in: Mapping[str, bool] = field(default_factory=dict)
    """Whether a partner that may synchronize users may synchronize groups as well, by the ids of the partners, as far as it is known."""
    sharing: Mapping[str, Described] = field(default_factory=dict)
    """What it shares with its partners, as one side of the variable ``share``, by the ids of the partners."""
    related: tuple[Related, ...] = ()
    related_unknown: str | None = None
    unread: tuple[str, ...] = ()
    """What could not be read, one sentence each."""
    known: Mapping[str, Identity] = field(default_factory=dict)
    """Other tenants whose names were looked up, by id."""


@dataclass(frozen=True)
class ExportedLink:
    """A link of the file. With an ``obstacle``, it is commented out."""

    source: str
    target: str
    suffix: str
    variables: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    obstacle: str | None = None

    @property
    def host(self) -> str:
        """The name of its inventory host."""
        return f"{self.source}_to_{self.target}" + (f"_{self.suffix}" if self.suffix else "")


@dataclass(frozen=True)
class Foreign:
    """A tenant that links lead to, and that the export does not connect to, with the name that it gets."""

    short: str
    identity: Identity
    given: bool = False
    """Whether it has that name in ``tenants``."""


@dataclass(frozen=True)
class Export:
    """All that the file describes."""

    tenants: tuple[SeenTenant, ...]
    foreign: tuple[Foreign, ...]
    links: tuple[ExportedLink, ...]
    inbound: tuple[str, ...] = ()
    """Partners from which users may be synchronized, without a link of the file, one sentence each."""
    partners: tuple[str, ...] = ()
    """Other partners without a link."""
    multitenant: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
