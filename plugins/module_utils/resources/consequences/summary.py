# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The consequences of a change for many users: counts, and the names of the first of them. A stream of any length needs little memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

from ...graph.odata import is_id
from ..directory import Principal
from ..population import Leaving
from .model import EFFECTS, Consequence

_ORDER = {effect: place for place, effect in enumerate(EFFECTS)}


class UserFacts(TypedDict):
    """A user, as results contain it."""

    user_principal_name: str | None
    target_user_principal_name: str | None
    source_id: str | None
    target_id: str | None
    effect: str
    before: str
    after: str
    reason: str
    changes: list[dict[str, Any]]
    protected_by: list[str]


class Harmed(TypedDict):
    """A user who would be removed, converted, renamed or disabled. The ids are ``None`` where there is no account or it is not known."""

    name: str
    source_id: str | None
    target_id: str | None
    effect: str


def departs(consequence: Consequence) -> bool:
    """Whether the user counts as leaving: whoever was, or may have been, in scope, and no longer is, or may no longer be; and whoever left
    before, and may be deleted now.
    """
    before, after = consequence.before.in_scope, consequence.after.in_scope
    deleted = "soft_deleted" in (consequence.effect, *consequence.possible)
    return deleted or (before is not False and after is not True and before != after)


@dataclass
class Summary:
    """The consequences that were added, and the first ``limit`` users, in the order of `model.EFFECTS`."""

    limit: int
    counts: Counter[str] = field(default_factory=Counter)
    leaving: int = 0
    before: int = 0
    """The number of the added users who were, or may have been, in scope."""
    listed: int = 0
    """The number of users to whom something happens."""
    unknown: Counter[str] = field(default_factory=Counter)
    """How many effects cannot be computed, by reason."""
    _first: list[Consequence] = field(default_factory=list)
    _leavers: list[str] = field(default_factory=list)

    def add(self, consequence: Consequence) -> None:
        """Count a user."""
        self.counts[consequence.effect] += 1
        leaves = departs(consequence)
        self.before += leaves or consequence.before.in_scope is not False
        if leaves:
            self.leaving += 1
            self._leavers.append(consequence.name)
        if consequence.effect == "unknown":
            self.unknown[consequence.reason] += 1
        if leaves or consequence.effect != "unchanged":
            self.listed += 1
            self._first.append(slim(consequence))
        if len(self._first) > 2 * self.limit + 100:
            self._first = self.first
        if len(self._leavers) > 100:
            self._leavers = sorted(self._leavers)[:50]

    @property
    def first(self) -> list[Consequence]:
        """The first users."""
        return sorted(self._first, key=lambda consequence: (_ORDER[consequence.effect], consequence.name))[: self.limit]

    def left(self, before: int | None = None) -> Leaving:
        """The users who leave, with some of their names. ``before`` is the number of users in scope, if not all of them were added."""
        users = {name: Principal("", "user", name) for name in sorted(self._leavers)[:50]}
        return Leaving(users, self.leaving, self.before if before is None else before)

    def shown_counts(self) -> dict[str, int]:
        """The number of users by effect, without effects that nobody has."""
        return {effect: self.counts[effect] for effect in EFFECTS if self.counts[effect]}


def lines(counts: str, users: Sequence[UserFacts], more: int) -> list[str]:
    """The impact as lines for the output of a run: the sentence ``counts``, and the users to whom something happens."""
    named = [
        f"{user['effect']}: {user['user_principal_name'] or user['target_user_principal_name']} ({user['before']} -> {user['after']})"
        for user in users
        if user["effect"] != "unchanged"
    ]
    return [counts, *named, *([f"and {more} more users"] if more else [])]


def slim(consequence: Consequence) -> Consequence:
    """A consequence without the attributes of the user, which a result does not contain."""
    source, target = consequence.source, consequence.target
    return replace(consequence, source=source and replace(source, attributes={}), target=target and replace(target, attributes={}))


def harmed_of(consequence: Consequence) -> Harmed:
    """A user to whom a change does harm, in the form of a result."""
    source, target = consequence.source, consequence.target
    return {
        "name": consequence.name,
        "source_id": source.id if source and is_id(source.id) else None,
        "target_id": (target.id or None) if target else None,
        "effect": consequence.effect,
    }


def facts_of(consequence: Consequence, protected_by: Mapping[str, Any] | tuple[str, ...] = ()) -> UserFacts:
    """A user in the form of a result."""
    source, target = consequence.source, consequence.target
    return {
        "user_principal_name": source.name if source else None,
        "target_user_principal_name": (target.name or None) if target else None,
        "source_id": source.id if source and is_id(source.id) else None,
        "target_id": (target.id or None) if target else None,
        "effect": consequence.effect,
        "before": consequence.before.reason,
        "after": consequence.after.reason,
        "reason": consequence.reason,
        "changes": [
            {"attribute": change.attribute, "before": change.before, "after": change.after, "unknown": change.unknown or None}
            for change in consequence.changes
        ],
        "protected_by": list(protected_by),
    }
