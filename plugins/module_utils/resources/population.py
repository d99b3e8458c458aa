# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""People in scope, and how many of them may leave.

In scope is whoever is assigned effectively, and whoever is a direct member of a group that is (fact sheet 5). An assignment with another
app role puts nobody into scope, external people never are (10), and whoever is in scope twice leaves only with the second assignment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..plan import Refusal
from .directory import Principal

Members = Mapping[str, Sequence[Principal]]
"""The direct members of groups, by group id."""


class Limits(Protocol):
    """What an admin allows."""

    @property
    def max_removals(self) -> int | None:
        """As many people may leave."""

    @property
    def max_removal_percent(self) -> int | None:
        """Of a hundred people, as many may leave."""

    @property
    def allow_empty(self) -> bool:
        """Whether everybody may leave."""


@dataclass(frozen=True)
class Leaving:
    """Who leaves the scope. ``count`` and ``before`` are ``None`` where nobody counted: everybody is in scope and no limit holds."""

    people: Mapping[str, Principal] = field(default_factory=dict)
    """By id. Where everybody who is not assigned leaves, only those who were assigned are known by name."""
    count: int | None = 0
    before: int | None = 0
    empties: bool = False
    """Whether somebody was in scope and nobody is any more."""

    def by(self, principal: Principal, members: Members) -> bool:
        """Whether somebody leaves with an assignment of this user or group."""
        if principal.kind == "user":
            return principal.id in self.people
        return any(one.id in self.people for one in members.get(principal.id, ()))

    def shown(self, most: int, everything: bool) -> dict[str, Any]:
        """How many, and who, as a result tells it."""
        names = sorted(one.name for one in self.people.values())
        return {"count": self.count, "users": names if everything else names[:most]}


def in_scope(assigned: Mapping[str, Principal], members: Members) -> dict[str, Principal]:
    """The people that effective assignments put into scope, by id."""
    direct = [one for one in assigned.values() if one.kind == "user"]
    through = [member for one in assigned.values() if one.kind == "group" for member in members.get(one.id, ()) if member.kind == "user"]
    return {one.id: one for one in [*through, *direct] if not one.external}


def leaving(
    before: Mapping[str, Principal],
    after: Mapping[str, Principal],
    members: Members,
    mode_before: str,
    mode_after: str,
    everybody: int | None = None,
) -> Leaving:
    """Who leaves, by the effective assignments and the mode before and after. ``everybody`` is how many mode ``all`` has in scope."""
    if mode_after == "all":
        return Leaving()
    was, stay = in_scope(before, members), in_scope(after, members)
    gone = {number: one for number, one in was.items() if number not in stay}
    if mode_before == "all":
        count = None if everybody is None else max(0, everybody - len(stay))
        return Leaving(gone, count, everybody, empties=not stay)
    return Leaving(gone, len(gone), len(was), bool(gone) and not stay)


def guard(leavers: Leaving, limits: Limits) -> None:
    """Judge before anything is written: whoever leaves the scope is soft-deleted in the target (pain point 2).

    A limit never permits what ``allow_empty`` is asked for.

    :raises Refusal: when more people would leave than allowed.
    """
    count, before = leavers.count, leavers.before
    if count and before:
        some = f"{count} of {before} people"
        if limits.max_removals is not None and count > limits.max_removals:
            raise Refusal(f"{some} would leave the scope, more than max_removals {limits.max_removals}{_who(leavers)}; nothing was changed")
        if limits.max_removal_percent is not None and 100 * count > limits.max_removal_percent * before:
            raise Refusal(
                f"{some} ({100 * count / before:.1f} %) would leave the scope, "
                f"more than max_removal_percent {limits.max_removal_percent}{_who(leavers)}; nothing was changed"
            )
    if leavers.empties and not limits.allow_empty:
        everybody = "everybody" if before is None else f"all {before} people"
        raise Refusal(
            f"{everybody} would leave the scope and be soft-deleted in the target{_who(leavers)}; "
            "name users or groups that stay, or set allow_empty if nobody shall be in scope; nothing was changed"
        )


def _who(leavers: Leaving) -> str:
    names = sorted(one.name for one in leavers.people.values())
    if not names:
        return ""
    more = (leavers.count or len(names)) - len(names[:5])
    return f": {', '.join(names[:5])}" + (f" and {more} more" if more > 0 else "")
