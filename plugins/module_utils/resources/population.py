# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The users in scope, and the limits for the number of users who leave it.

In scope are the users who are assigned effectively and the direct members of groups that are (facts F108, F109). An assignment with another
app role puts no user into scope, external users never are in scope (F111), and a user with two assignments leaves only with the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Protocol, TypedDict

from ..plan import Refusal
from .directory import Principal

Members = Mapping[str, Sequence[Principal]]
"""The direct members of groups, by group id."""


class Limits(Protocol):
    """The limits that an administrator sets."""

    @property
    def max_removals(self) -> int | None:
        """The largest number of users who may leave; ``None`` for no limit."""

    @property
    def max_removal_percent(self) -> int | None:
        """The largest percentage (0 to 100) of the users in scope who may leave; ``None`` for no limit."""

    @property
    def allow_empty(self) -> bool:
        """Whether the scope may become empty."""


class LeavingFacts(TypedDict):
    """The users who leave the scope, as ``sync_scope`` returns them."""

    count: int | None
    users: list[str]
    """User principal names, sorted: the first of them, or all."""


@dataclass(frozen=True)
class Leaving:
    """The users who leave the scope. ``count`` and ``before`` are ``None`` where they were not counted: all users are in scope and there is
    no limit.
    """

    users: Mapping[str, Principal] = field(default_factory=dict)
    """By id. Where mode ``all`` ends, these are only the users who were assigned: the names of the others are not read."""
    count: int | None = 0
    before: int | None = 0
    empties: bool = False
    """Whether the scope had users and becomes empty."""

    def caused_by(self, principal: Principal, members: Members) -> bool:
        """Whether a user leaves when the assignment of this user or group is removed."""
        if principal.kind == "user":
            return principal.id in self.users
        return any(member.id in self.users for member in members.get(principal.id, ()))

    def shown(self, most: int, everything: bool) -> LeavingFacts:
        """The number of users who leave, and the names of ``most`` of them, or of all if ``everything`` is set."""
        names = sorted(user.name for user in self.users.values())
        return {"count": self.count, "users": names if everything else names[:most]}


def in_scope(assigned: Mapping[str, Principal], members: Members) -> dict[str, Principal]:
    """The users that effective assignments put into scope, by id."""
    direct = [principal for principal in assigned.values() if principal.kind == "user"]
    groups = [principal for principal in assigned.values() if principal.kind == "group"]
    through_groups = [member for group in groups for member in members.get(group.id, ()) if member.kind == "user"]
    return {user.id: user for user in [*through_groups, *direct] if not user.external}


def paths(assigned: Iterable[Principal], members: Members) -> dict[str, tuple[str, ...]]:
    """What puts each user into scope, by id: "directly assigned" or "group <name>", direct assignments first."""
    found: dict[str, list[str]] = {}
    for principal in sorted(assigned, key=lambda principal: (principal.kind != "user", principal.name)):
        inside = [principal] if principal.kind == "user" else members.get(principal.id, ())
        way = intern("directly assigned" if principal.kind == "user" else f"group {principal.name}")
        for user in inside:
            if user.kind == "user" and not user.external:
                found.setdefault(user.id, []).append(way)
    return {user_id: tuple(dict.fromkeys(ways)) for user_id, ways in found.items()}


def leaving(
    before: Mapping[str, Principal],
    after: Mapping[str, Principal],
    members: Members,
    mode_before: str,
    mode_after: str,
    all_users: int | None = None,
) -> Leaving:
    """The users who leave, by the effective assignments and the mode before and after. ``all_users`` is the number of users that mode
    ``all`` has in scope, ``None`` if they were not counted.
    """
    if mode_after == "all":
        return Leaving()
    users_before, users_after = in_scope(before, members), in_scope(after, members)
    leavers = {user_id: user for user_id, user in users_before.items() if user_id not in users_after}
    if mode_before == "all":
        count = None if all_users is None else max(0, all_users - len(users_after))
        return Leaving(leavers, count, all_users, empties=not users_after)
    return Leaving(leavers, len(leavers), len(users_before), bool(leavers) and not users_after)


def guard(leavers: Leaving, limits: Limits) -> None:
    """Check the limits before anything is written: the users who leave the scope are soft-deleted in the target (fact F114).

    No limit replaces ``allow_empty``: without it, the scope must not become empty.

    :raises Refusal: when more users would leave than allowed.
    """
    count, before = leavers.count, leavers.before
    if count and before:
        share = f"{count} of {before} users"
        if limits.max_removals is not None and count > limits.max_removals:
            raise Refusal(
                f"{share} would leave the scope, more than max_removals {limits.max_removals}{_names(leavers)}; nothing was changed"
            )
        if limits.max_removal_percent is not None and 100 * count > limits.max_removal_percent * before:
            raise Refusal(
                f"{share} ({100 * count / before:.1f} %) would leave the scope, "
                f"more than max_removal_percent {limits.max_removal_percent}{_names(leavers)}; nothing was changed"
            )
    if leavers.empties and not limits.allow_empty:
        all_users = "all users" if before is None else f"all {before} users"
        raise Refusal(
            f"{all_users} would leave the scope and be soft-deleted in the target{_names(leavers)}; "
            "name users or groups that stay, or set allow_empty to allow an empty scope; nothing was changed"
        )


def _names(leavers: Leaving) -> str:
    names = sorted(user.name for user in leavers.users.values())
    if not names:
        return ""
    more = (leavers.count or len(names)) - len(names[:5])
    return f": {', '.join(names[:5])}" + (f" and {more} more" if more > 0 else "")
