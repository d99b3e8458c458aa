# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A history as data: what is there at its beginning, and what happens. It prints itself as the Python that makes it."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Chance = random.Random
"""What a seed gives: neither secret nor unpredictable."""
WRITE = "a write"
"""In place of a kind of requests: whatever may change something, apart from batches."""


@dataclass(frozen=True)
class Human:
    """Somebody changes something in the portal: an act of `humans`, and on whom or what."""

    act: str
    subject: str = ""


@dataclass(frozen=True)
class Passes:
    """Time passes; cycles that fall due run."""

    minutes: int


@dataclass(frozen=True)
class Strike:
    """A fault of `wire.FAULTS` strikes the ``nth`` request (counted from 0) of this kind, or `WRITE`; of any kind, if it is empty."""

    fault: str
    kind: str = ""
    nth: int = 0


@dataclass(frozen=True)
class Kill:
    """The process ends before or after the ``nth`` request of this kind."""

    kind: str = ""
    nth: int = 0
    after: bool = False


@dataclass(frozen=True)
class Meanwhile:
    """Something happens right before a request of a run."""

    nth: int
    event: Human | Passes


@dataclass(frozen=True)
class Beside:
    """Another run of the same link at the same time. ``turns``: how many requests each of the two sends before it is the other's turn."""

    wish: Mapping[str, Any]
    turns: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """A run of the link. ``wish`` are its variables."""

    wish: Mapping[str, Any]
    strikes: tuple[Strike, ...] = ()
    kill: Kill | None = None
    beside: Beside | None = None
    meanwhile: tuple[Meanwhile, ...] = ()
    foretold: bool = False
    """Whether the same run in check mode comes before it."""
    looks: bool = True
    """Whether it compares the link first, as the playbook sync does, or begins with the roles."""
    new_token: bool = False
    """Whether it signs in, instead of using a token of an earlier run."""

    @property
    def undisturbed(self) -> bool:
        """Whether nothing comes in between."""
        return not (self.strikes or self.kill or self.beside or self.meanwhile)


Event: TypeAlias = "Human | Passes | Run"


@dataclass(frozen=True)
class History:
    """``seed`` gives ids and jitter; ``beginning`` is a name of `beginnings.BEGINNINGS`; ``settings`` are the emulator's."""

    seed: int
    beginning: str = "nothing"
    settings: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()


def source(value: Any, indent: int = 0) -> str:
    """The Python that makes a history, or a part of it. What has its default is left out."""
    inside = " " * (indent + 4)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = [
            f"{one.name}={source(getattr(value, one.name), indent + 4)}" for one in dataclasses.fields(value) if not _is_default(value, one)
        ]
        short = f"{type(value).__name__}({', '.join(parts)})"
        if len(short) + indent < 120 and "\n" not in short:
            return short
        return f"{type(value).__name__}(\n" + "".join(f"{inside}{part},\n" for part in parts) + " " * indent + ")"
    if isinstance(value, tuple):
        short = "(" + "".join(f"{source(one, indent + 4)}, " for one in value).rstrip() + ")"
        if len(short) + indent < 120 and "\n" not in short:
            return short if len(value) == 1 else short.replace(",)", ")")
        return "(\n" + "".join(f"{inside}{source(one, indent + 4)},\n" for one in value) + " " * indent + ")"
    if isinstance(value, Mapping):
        short = repr(dict(value))
        if len(short) + indent < 120:
            return short
        return "{\n" + "".join(f"{inside}{name!r}: {source(one, indent + 4)},\n" for name, one in value.items()) + " " * indent + "}"
    return repr(value)


def _is_default(value: Any, one: dataclasses.Field[Any]) -> bool:
    held = getattr(value, one.name)
    if one.default is not dataclasses.MISSING:
        return bool(held == one.default)
    return one.default_factory is not dataclasses.MISSING and bool(held == one.default_factory())
