# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a cycle does to each user: the shapes that the engine of consequences takes and returns. They know nothing of Graph's requests.

Attributes have the names of the job's schema (fact F97): ``mobile``, ``telephoneNumber``, ``physicalDeliveryOfficeName``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Effect = Literal[
    "created", "updated", "converted", "disabled", "soft_deleted", "restored", "unchanged", "skipped", "kept", "failed", "unknown"
]
"""What happens to the user in the target in the next cycle.

``converted``: a guest becomes a member, or the reverse. ``disabled``: sign-in is blocked. ``skipped``: the service does not create the user.
``kept``: the user leaves the scope, and the account stays (facts F105, F116). ``failed``: the service logs an error. ``unknown``: it cannot
be computed; ``reason`` says why.
"""
EFFECTS: tuple[Effect, ...] = (
    "soft_deleted",
    "disabled",
    "converted",
    "updated",
    "restored",
    "created",
    "kept",
    "failed",
    "skipped",
    "unchanged",
    "unknown",
)
"""All effects, in the order in which a report shows them."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that cannot be computed; ``reason`` says why. Nothing is ever guessed in its place."""

    reason: str
    fails: bool = False
    """Whether the service may refuse the whole user for it: a function was given what it cannot work with."""


class NotKnown(Exception):
    """What is computed at present depends on something that is not documented or not read; ``reason`` says on what."""

    fails = False

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unsuitable(NotKnown):
    """A function was given what it cannot work with."""

    fails = True


@dataclass(frozen=True, slots=True)
class SourceUser:
    """A user of the source tenant, as the service reads it."""

    id: str
    name: str
    """The user principal name."""
    attributes: Mapping[str, Any]
    """The attributes that the rules read, without those that are null, and always ``accountEnabled``, ``userPrincipalName``, ``mail``."""
    enabled: bool = True
    external: bool = False
    deleted: bool = False
    unread: frozenset[str] = frozenset()
    """Attributes that the rules read and that could not be read, such as ``netId``, or a directory extension that Graph does not know."""
    shares_mail: bool = False
    """Whether another user of the source has the same mail address: both then become one user in the target (fact F121)."""


@dataclass(frozen=True, slots=True)
class TargetUser:
    """The account of a user in the target tenant."""

    id: str
    name: str
    """The user principal name there."""
    attributes: Mapping[str, Any]
    """The attributes that the mappings write, without those that are null."""
    enabled: bool = True
    user_type: str = "Member"
    deleted: bool = False
    redeemed: bool = True
    """Whether an invitation is not pending: only such accounts are matched (fact F113)."""
    licensed: bool = False
    """Whether it has a mailbox or an Exchange licence, so that Exchange owns some attributes (fact F120)."""
    administrator: bool = False
    """Whether it is known to hold a role that may protect it from deletion, which User and Helpdesk Administrator do not (fact F117)."""


@dataclass(frozen=True, slots=True)
class Row:
    """An attribute mapping. ``meaning`` is a canonical expression (`mapping.expression`); ``None`` for the kind None."""

    target: str
    meaning: tuple[Any, ...] | None
    flow: str = "Always"
    default: str | None = None
    flow_always: bool = False


@dataclass(frozen=True)
class Clause:
    """A clause of a scoping filter."""

    attribute: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class FilterGroup:
    """A group of clauses that must all hold."""

    name: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Rules:
    """What the schema's object mapping of users says."""

    rows: tuple[Row, ...]
    filters: tuple[FilterGroup, ...] = ()
    input_filters: tuple[FilterGroup, ...] = ()
    flows: frozenset[str] = frozenset({"Add", "Update", "Delete"})
    enabled: bool = True
    soft_deletes: bool = True
    """Whether ``IsSoftDeleted`` is mapped, which drives the deletion of users who are deleted in the source (facts F93, F94)."""


@dataclass(frozen=True)
class Scope:
    """The mode, and through which assignments a user is in scope."""

    mode: str
    """``assigned`` or ``all``."""
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By user id: the names of what puts the user into scope, "directly assigned" or "group <name>", direct assignments first."""
    not_entitled: frozenset[str] = frozenset()
    """Ids of users who are assigned with a role that puts no user into scope (fact F108)."""


@dataclass(frozen=True)
class State:
    """Everything that decides what a cycle does: before or after a change."""

    scope: Scope
    rules: Rules
    runs: bool = True
    """Whether cycles run: the job exists, is started and not in quarantine. Without, the next cycle is the first one after a start."""
    remembers: bool = True
    """Whether the job has run before, so that the service remembers whom it provided. A new job deletes no users (fact F118)."""


@dataclass(frozen=True)
class Switches:
    """Points on which the documentation is silent or contradicts itself; ``None`` is not known. An effect that depends on one of them is
    computed for both readings. It is ``unknown`` if they differ in who is removed or converted, otherwise the first one in `EFFECTS`.
    """

    regex_anywhere: bool | None = None
    """Whether a pattern may match a part of the value (fact F104)."""
    restores: bool | None = None
    """Whether the service restores users whom it deleted; it makes a second account otherwise (fact F115)."""
    matches_guests: bool | None = None
    """Whether guests who redeemed an invitation are taken over (fact F113)."""
    joins_pending_guests: bool | None = None
    """Whether guests who did not redeem their invitation become the synchronized user; they block it otherwise (fact F113)."""
    deletes_administrators: bool | None = None
    """Whether users who hold administrator roles in the target are deleted (fact F117)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a user is in scope, and why: ``reason`` is a phrase such as "group Sales", "directly assigned", "not assigned",
    "filter Sales only: department EQUALS 'Sales' does not hold", "external user". ``None`` if it cannot be computed.
    """

    in_scope: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """A mapped attribute in the target before and after. ``unknown`` is the reason why the value after it cannot be computed."""

    attribute: str
    before: Any
    after: Any
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What happens to one user."""

    source: SourceUser | None
    target: TargetUser | None
    before: Standing
    after: Standing
    effect: Effect
    reason: str = ""
    changes: tuple[AttributeChange, ...] = ()
    possible: tuple[Effect, ...] = ()
    """The effects of all readings if they differ: the documentation does not say which of them it is. ``reason`` names the open point."""

    @property
    def name(self) -> str:
        """The name that an administrator of the source knows, otherwise that of the target."""
        return self.source.name if self.source else self.target.name if self.target else ""

    @property
    def leaves(self) -> bool:
        """Whether the user was in scope and no longer is."""
        return self.before.in_scope is True and self.after.in_scope is False


@dataclass(frozen=True)
class Population:
    """The users of whom consequences are computed: each source user with the account in the target, ``None`` if there is none.

    ``users`` is a stream, so that a hundred thousand users are never in memory together.
    """

    users: Iterable[tuple[SourceUser | None, TargetUser | None]]
    incomplete: Sequence[str] = ()
    """What could not be read, one sentence each. Then nothing that depends on it counts as absent. It is complete when the stream has ended."""
