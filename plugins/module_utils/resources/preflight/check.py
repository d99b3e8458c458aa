# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The types of the preflight checks: the sides on which a check is made, its reads, and a pure function of what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ...graph.client import Client, Request, all_of
from ..permissions import Need
from .finding import Finding

ABSENT: Mapping[str, Any] = {}
"""The body of an object that does not exist."""


@dataclass(frozen=True)
class User:
    """A user who is to be created in the target, with the values of the source."""

    name: str
    mail: str | None

    @property
    def address(self) -> str:
        """The address of an invitation, in lower case."""
        return (self.mail or self.name).lower()

    @property
    def domain(self) -> str:
        """The domain of that address."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class Link:
    """The options of a link, for the reads and checks in one of its tenants."""

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
    roles_protect: bool = True
    """Whether users with directory roles are protected, so that it is checked whether they can be seen."""
    group_sync: bool = False
    """Whether groups are synchronized as well."""
    shares: tuple[str, ...] = ()
    """The features of ``cross_tenant_capability`` that the users of the other tenant are to see of this one."""
    sees: tuple[str, ...] = ()
    """Those that the users of this tenant are to see of the other one."""
    exchange: bool = False
    """Whether Exchange of the target returns which recipients have an address, so that Graph is not asked for contacts and groups."""


Longer: TypeAlias = Callable[[Client], Iterable[Any]]
"""A read that takes several requests."""


def _no_requests(_link: Link) -> Sequence[Request]:
    return ()


def _nothing_longer(_link: Link, _seen: Seen) -> Sequence[Longer]:
    return ()


@dataclass(frozen=True, eq=False)
class Read:
    """A read that checks need. It is made once for all checks that list it, and not at all if a permission is missing."""

    name: str
    """The check name of the finding that reports a failure of this read."""
    needs: tuple[Need, ...]
    requests: Callable[[Link], Sequence[Request]] = _no_requests
    """They are sent in the same batch as those of all other reads."""
    longer: Callable[[Link, Seen], Sequence[Longer]] = _nothing_longer
    """The reads after that batch. They depend on the earlier reads, in the order in which the checks list them."""
    in_exchange: Callable[[Link, Seen], Sequence[Longer]] = _nothing_longer
    """The reads in Exchange after all others, if it can be asked."""
    refusable: bool = False
    """Whether the options of the link may name objects that do not exist. Then a check reports the `Seen.refusal`."""


@dataclass
class Outcome:
    """The result of a read."""

    bodies: list[Any] = field(default_factory=list)
    """The bodies of the requests that were answered, with all pages of a collection."""
    items: list[Any] = field(default_factory=list)
    """The members that the longer reads returned."""
    refusal: str | None = None
    """Why a longer read is not possible, in one sentence."""
    whole: bool = True
    """Whether no part of the read failed."""


@dataclass(eq=False)
class Seen:
    """The results of all reads so far."""

    outcomes: dict[Read, Outcome] = field(default_factory=dict)

    def whole(self, read: Read) -> bool:
        """Whether it was read completely."""
        return read in self.outcomes and self.outcomes[read].whole

    def body(self, read: Read) -> Any:
        """The body of its first answer, `ABSENT` if the object does not exist, ``None`` if it was not read."""
        outcome = self.outcomes.get(read)
        return outcome.bodies[0] if outcome and outcome.bodies else None

    def members(self, read: Read) -> list[Any]:
        """The members of all its collections and of its longer reads; those that could not be read are missing."""
        outcome = self.outcomes.get(read, Outcome())
        return [*(member for body in outcome.bodies if body for member in all_of(body)), *outcome.items]

    def refusal(self, read: Read) -> str | None:
        """Why it is not possible, in one sentence; ``None`` if it is."""
        return self.outcomes[read].refusal if read in self.outcomes else None


@dataclass(frozen=True)
class Check:
    """One row of the table: the name of its findings, the sides on which it is made, its reads, and its function."""

    name: str
    sides: tuple[str, ...]
    judge: Callable[[Link, Seen], Sequence[Finding]]
    """A pure function. It is called only if all ``reads`` are complete."""
    reads: tuple[Read, ...] = ()
    also: tuple[Read, ...] = ()
    """Reads that may be incomplete."""

    @property
    def all_reads(self) -> tuple[Read, ...]:
        """All reads of the check."""
        return (*self.reads, *self.also)
