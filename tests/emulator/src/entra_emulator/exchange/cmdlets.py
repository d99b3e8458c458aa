# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cmdlets: what each one needs, takes, returns and does (F151)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..settings import Settings
from ..state import GraphObject, Tenant


@dataclass(frozen=True)
class Invocation:
    """A cmdlet that was let in, with its checked parameters. `tenant` is the one whose Exchange answers."""

    tenant: Tenant
    settings: Settings
    clock: str
    parameters: dict[str, Any]
    server: str = "SE2P216A01DC001.KORPR01A001.PROD.OUTLOOK.COM"


@dataclass(frozen=True)
class Result:
    """What a cmdlet gives: objects as they are kept, and texts."""

    objects: list[GraphObject] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    confirmation: str | None = None
    """What would have been done: WhatIf, or the question that is left unanswered."""


@dataclass(frozen=True)
class Cmdlet:
    """One cmdlet."""

    run: Callable[[Invocation], Result]
    right: str
    """The kind of right it needs, see `roles.RIGHTS`."""
    parameters: dict[str, str]
    """The names of its parameters, and what each of them takes."""
    properties: tuple[str, ...]
    """What it returns of an object."""
    sets: bool = False
    """Whether it is a setter, which answers as the switch says."""
