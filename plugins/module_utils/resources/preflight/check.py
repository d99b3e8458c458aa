# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a check of the preflight is: the side it looks at, what it reads, and a pure judge of what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ...graph.client import Client, Request, all_of
from ..permissions import Need
from .finding import Finding

ABSENT: Mapping[str, Any] = {}
"""The body of an object that is not there."""


@dataclass(frozen=True)
class User:
    """A user who is to arrive in the target, as the source knows them."""

    name: str
    mail: str | None

    @property
    def address(self) -> str:
        """Where an invitation goes."""
        return (self.mail or self.name).lower()

    @property
    def domain(self) -> str:
        """The domain of that address."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class Link:
    """What is known of a link before anything is read in one of its tenants."""

    side: str
    partner: str
    """The id of the other tenant."""
    cloud: str = "global"
    switches_required: bool = False
    configuration: str | None = None
    mode: str | None = None
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    exact: bool = False
    adopt: bool = False
    others: tuple[str, ...] = ()
    arriving: tuple[User, ...] = ()


Longer: TypeAlias = Callable[[Client], Iterable[Any]]
"""A read that takes several requests."""


def _no_requests(_link: Link) -> Sequence[Request]:
    return ()


def _nothing_longer(_link: Link, _seen: Seen) -> Sequence[Longer]:
    return ()


@dataclass(frozen=True, eq=False)
class Read:
    """Something that checks look at. What several checks list is read once, and not at all where a permission is missing for it."""

    name: str
    """What a finding is called which says that this could not be read."""
    needs: tuple[Need, ...]
    requests: Callable[[Link], Sequence[Request]] = _no_requests
    """They go into one batch with those of all other reads."""
    longer: Callable[[Link, Seen], Sequence[Longer]] = _nothing_longer
    """What is read after that batch. It depends on what was read so far, in the order in which the checks list their reads."""
    refusable: bool = False
    """Whether the options of the link may name what does not exist. Then a judge reports the `Seen.refusal`."""


@dataclass
class Outcome:
    """What came of one read."""

    bodies: list[Any] = field(default_factory=list)
    """Of the requests that were answered, whole collections."""
    items: list[Any] = field(default_factory=list)
    """What the longer reads brought."""
    refusal: str | None = None
    """Why a longer read makes no sense, in one sentence."""
    whole: bool = True
    """Whether nothing failed."""


@dataclass(eq=False)
class Seen:
    """What was read so far."""

    outcomes: dict[Read, Outcome] = field(default_factory=dict)

    def whole(self, read: Read) -> bool:
        """Whether it was read, and nothing of it failed."""
        return read in self.outcomes and self.outcomes[read].whole

    def body(self, read: Read) -> Any:
        """The body of its first answer, `ABSENT` if the object is not there, ``None`` if it was not read."""
        outcome = self.outcomes.get(read)
        return outcome.bodies[0] if outcome and outcome.bodies else None

    def members(self, read: Read) -> list[Any]:
        """The members of all its collections, and what its longer reads brought; what could not be read is not among them."""
        outcome = self.outcomes.get(read, Outcome())
        return [*(member for body in outcome.bodies if body for member in all_of(body)), *outcome.items]

    def refusal(self, read: Read) -> str | None:
        """Why it makes no sense, in one sentence."""
        return self.outcomes[read].refusal if read in self.outcomes else None


@dataclass(frozen=True)
class Check:
    """One row of the table: the name of its findings, the sides it is made on, what it reads, and its judge."""

    name: str
    sides: tuple[str, ...]
    judge: Callable[[Link, Seen], Sequence[Finding]]
    """Only asked if all ``reads`` are whole. A pure function."""
    reads: tuple[Read, ...] = ()
    also: tuple[Read, ...] = ()
    """Reads that it can do without."""

    @property
    def all_reads(self) -> tuple[Read, ...]:
        """Everything that it looks at."""
        return (*self.reads, *self.also)
