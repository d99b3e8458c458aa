# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Protected users: whoever would lose their account although they are named, or important in the target, stops the run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...graph.client import Client
from ...plan import Refusal
from ..directory import Principal, members_of_all, people_named, pick_groups
from .importance import KINDS, Importance
from .model import Consequence, Effect

HARMFUL: frozenset[Effect] = frozenset({"soft_deleted", "disabled", "converted"})
"""What is not done to a protected user, whether or not they leave the scope."""
MOST_NAMES = 10
"""How many users a refusal names."""
_PHRASES: Mapping[Effect, str] = {
    "soft_deleted": "would be deleted in the target",
    "disabled": "would be disabled in the target",
    "converted": "would be converted between guest and member",
    "unknown": "may leave, which cannot be computed",
}


@dataclass(frozen=True)
class Protection:
    """Who is protected, and from whom the protection is taken."""

    users: frozenset[str] = frozenset()
    """The object ids, in either tenant, of the users who are named."""
    members: Mapping[str, str] = field(default_factory=dict)
    """The names of the groups that are named, by the object id of each member."""
    kinds: tuple[str, ...] = KINDS
    """The kinds of importance that protect."""
    release: frozenset[str] = frozenset()
    """The user principal names and object ids of those who may leave, in lower case."""

    def reasons(self, consequence: Consequence, importance: Importance) -> tuple[str, ...]:
        """Why the user is protected; empty if nothing protects them."""
        users = (consequence.source, consequence.target)
        ids = [user.id.lower() for user in users if user]
        named = ("named as protected",) if self.users.intersection(ids) else ()
        groups = tuple(dict.fromkeys(f"member of group {self.members[user_id]}" for user_id in ids if user_id in self.members))
        important = importance.reasons.get(consequence.target.id, ()) if consequence.target and self.kinds else ()
        return (*named, *groups, *important)

    def releases(self, consequence: Consequence) -> bool:
        """Whether the user is named among those who may leave."""
        users = (consequence.source, consequence.target)
        return any(text.lower() in self.release for user in users if user for text in (user.id, user.name))


@dataclass(frozen=True)
class Alarm:
    """A protected user to whom a change would do harm."""

    name: str
    """The user principal name in the source, otherwise the one in the target."""
    effect: Effect
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.reasons)}) {_PHRASES.get(self.effect, 'would leave the scope')}"


def resolve(
    source: Client, target: Client | None, protected: Sequence[str], release: Sequence[str], kinds: Collection[str] = KINDS
) -> Protection:
    """Who is protected. A name means a user or a group of either tenant, each by a name that it has there, or by its id.

    :raises Refusal: naming the names that mean nobody in either tenant, or several groups of one tenant.
    """
    raise NotImplementedError


def alarms(consequences: Iterable[Consequence], importance: Importance, protection: Protection) -> list[Alarm]:
    """The protected users who would leave, or be deleted, disabled or converted, without those who are released."""
    return [
        Alarm(consequence.name, consequence.effect, reasons)
        for consequence in consequences
        if does_harm(consequence)
        and (reasons := protection.reasons(consequence, importance))
        and not protection.releases(consequence)
    ]


def does_harm(consequence: Consequence) -> bool:
    """Whether a protected user must be spared it. What cannot be computed counts as harm if the change makes a difference."""
    uncertain = consequence.effect == "unknown" or (consequence.before.in_scope is not False and consequence.after.in_scope is None)
    return consequence.leaves or consequence.effect in HARMFUL or (uncertain and consequence.before != consequence.after)


def guard(found: Sequence[Alarm]) -> None:
    """Check that no protected user would be harmed, before anything is written.

    :raises Refusal: if there is an alarm.
    """
    if not found:
        return
    named = "; ".join(map(str, found[:MOST_NAMES]))
    more = f"; and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else ""
    raise Refusal(
        f"protected users would be lost: {named}{more}; keep them in scope, or name each of them in protected_release to let them go; "
        "nothing was changed"
    )
