# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Coverage: in which class each user of the source is, and each account of the source in the target. Pure functions.

Every user and every account is in exactly one class, so the numbers of the classes add up to the totals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..provisioning_log import LogEntry
from .accounts import Account, Fate
from .engine import standing
from .model import SourceUser, Standing, Switches
from .present import Present

UserClass = Literal["arrived", "in_target", "coming", "missing", "unlicensed", "disabled", "external", "unknown"]
USER_CLASSES: tuple[UserClass, ...] = ("arrived", "in_target", "coming", "missing", "unlicensed", "disabled", "external", "unknown")
"""``arrived``: in scope of a link and in the target. ``in_target``: in the target, in scope of no link. ``coming``: in scope, and a cycle
creates the account. ``missing``: enabled and licensed, not in the target, and no cycle creates the account. ``unlicensed`` and ``disabled``:
not in the target, and not expected there. ``external``: no user of the source itself. ``unknown``: it cannot be computed.
"""
NAMED = ("missing", "unknown", "in_target", "coming")
"""The classes whose users are named."""
AccountClass = Literal["maintained", "removed", "may_be_removed", "never_removed", "unknown"]
ACCOUNT_CLASSES: tuple[AccountClass, ...] = ("maintained", "removed", "may_be_removed", "never_removed", "unknown")
"""``maintained``: the user is in scope of a link. ``removed``: a cycle deletes the account. ``may_be_removed``: a cycle may delete it.
``never_removed``: no link ever deletes it. ``unknown``: whether the user is in scope cannot be computed.
"""
NO_LINK = "no link of the source serves the target"
_FATES: Mapping[Fate, AccountClass] = {
    "removed": "removed",
    "held": "removed",
    "refused": "may_be_removed",
    "may_be_removed": "may_be_removed",
    "kept": "never_removed",
    "outside": "never_removed",
}


@dataclass
class Classes:
    """How many there are of each class and reason, and the names of the first ones."""

    limit: int
    counts: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    names: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, kind: str, name: str, reason: str) -> None:
        """Count a user or an account."""
        self.counts[kind] += 1
        self.reasons.setdefault(kind, Counter())[reason] += 1
        shown = self.names.setdefault(kind, [])
        if len(shown) < self.limit:
            shown.append({"name": name, "reason": reason})

    def shown(self, kinds: Sequence[str], named: Sequence[str]) -> dict[str, Any]:
        """The classes in the form of a result. ``named`` are those whose members are listed."""
        return {
            kind: {
                "count": self.counts[kind],
                "reasons": dict(self.reasons.get(kind, Counter()).most_common()),
                **({"users": self.names.get(kind, []), "more": self.counts[kind] - len(self.names.get(kind, []))} if kind in named else {}),
            }
            for kind in kinds
        }

    @property
    def total(self) -> int:
        """How many were counted."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Place:
    """Where a user stands: in scope of a link or of none, with the reason."""

    standing: Standing
    link: Present | None = None
    """The link whose scope contains the user."""


def place(user: SourceUser, links: Iterable[Present]) -> Place:
    """The first link whose scope contains the user. If none does, the reason of the only link, or of each of several."""
    refused: list[tuple[Present, Standing]] = []
    unsure: Standing | None = None
    for link in links:
        found = standing(user, link.state, Switches())
        if found.in_scope:
            return Place(found, link)
        if found.in_scope is None:
            unsure = unsure or found
        refused.append((link, found))
    if unsure:
        return Place(unsure)
    if not refused:
        return Place(Standing(False, NO_LINK))
    reasons = {found.reason for _link, found in refused}
    if len(reasons) == 1:
        return Place(refused[0][1])
    return Place(Standing(False, "; ".join(f"{link.name}: {found.reason}" for link, found in refused)))


def class_of_user(user: SourceUser, account: Account | None, where: Place, licensed: bool, entry: LogEntry | None) -> tuple[UserClass, str]:
    """The class of a user of the source, and why. ``entry`` is the newest one of the log about the user."""
    now = where.standing
    if user.external:
        return "external", "external user"
    if account:
        if now.in_scope is None:
            return "unknown", now.reason
        return ("arrived", now.reason) if now.in_scope else ("in_target", now.reason)
    if not user.enabled:
        return "disabled", "disabled in the source"
    if now.in_scope is None:
        return "unknown", now.reason
    obstacle = _obstacle(where.link, entry) if where.link else now.reason
    if obstacle is None:
        # A licence is no condition for the service.
        return ("unknown", skipped) if (skipped := _skipped(entry)) else ("coming", now.reason)
    return ("missing", obstacle) if licensed else ("unlicensed", obstacle)


def _obstacle(link: Present, entry: LogEntry | None) -> str | None:
    """Why no cycle creates the account of a user in scope."""
    if not link.creates:
        return "the target actions of the link do not include create"
    if link.stands_still:
        return link.stands_still
    if entry and entry["status"] == "failure":
        return f"failed: {entry['remedy'] or entry['reason'] or entry['code']}"
    return None


def _skipped(entry: LogEntry | None) -> str | None:
    """Why it is not known whether a cycle creates the account: an entry about a skipped user can be older than what put the user into scope,
    and the built-in filter reads what Graph does not show (facts F102, F111).
    """
    if entry is None or entry["status"] != "skipped":
        return None
    return (
        f"skipped on {entry['time']}, and it is not known whether that still holds: {entry['remedy'] or entry['reason'] or entry['code']}"
    )


def class_of_left(fate: Fate, now: Standing) -> AccountClass:
    """The class of an account whose user is in scope of no link."""
    return "unknown" if now.in_scope is None else _FATES[fate]


@dataclass(frozen=True)
class Totals:
    """What the classes must add up to, counted while reading."""

    users: int
    accounts: int


def facts(users: Classes, accounts: Classes, totals: Totals, links: Sequence[Present], unread: Sequence[str]) -> dict[str, Any]:
    """The result.

    :raises AssertionError: if a user or account is in no class, or in two: a fault of this collection.
    """
    if (users.total, accounts.total) != (totals.users, totals.accounts):
        raise AssertionError(f"{totals} were read, and {users.total} users and {accounts.total} accounts are in classes")
    return {
        "links": [link.name for link in links],
        "users": {"total": users.total, **users.shown(USER_CLASSES, NAMED)},
        "accounts": {"total": accounts.total, **accounts.shown(ACCOUNT_CLASSES, ACCOUNT_CLASSES[1:])},
        "incomplete": list(unread),
        "summary": _summary(users, accounts),
    }


def _summary(users: Classes, accounts: Classes) -> str:
    missing, never, may = users.counts["missing"], accounts.counts["never_removed"], accounts.counts["may_be_removed"]
    arrived, coming = users.counts["arrived"], users.counts["coming"]
    return (
        f"{users.total} users of the source: {arrived} arrived, {coming} coming, {missing} enabled and licensed ones are missing; "
        f"{accounts.total} accounts in the target: {never} that no link will ever remove, {may} that may be removed"
    )
