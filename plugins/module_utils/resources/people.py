# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Users in scope whom the service skips or does not show as expected, and why: the one table of reasons (facts F107, F111, F114)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from .directory import Principal

MOST_NAMES = 5


@dataclass(frozen=True)
class InScope:
    """Users who are in scope, the groups nested in groups in scope, and the tenant's verified domains, ``None`` if they are not known."""

    users: Sequence[Principal]
    nested: Sequence[Principal] = ()
    verified: Collection[str] | None = None

    @property
    def internal(self) -> list[Principal]:
        """The users of the tenant itself."""
        return [user for user in self.users if not user.external]

    @property
    def with_mail(self) -> list[tuple[Principal, str]]:
        """Those of them who have a mail address, with it."""
        return [(user, user.mail.lower()) for user in self.internal if user.mail]


@dataclass(frozen=True)
class Reason:
    """One reason in words, what to do, and which users or groups it holds for. ``said`` and ``remedy`` have no full stop."""

    said: str
    remedy: str
    holds_for: Callable[[InScope], Iterable[Principal]]


def _sharing(scope: InScope) -> list[Principal]:
    counted = Counter(mail for _user, mail in scope.with_mail)
    return [user for user, mail in scope.with_mail if counted[mail] > 1]


def _outside(scope: InScope) -> list[Principal]:
    if scope.verified is None:
        return []
    return [user for user, mail in scope.with_mail if mail.rpartition("@")[2] not in scope.verified]


REASONS = (
    Reason(
        "external users are skipped",
        "take them out of scope",
        lambda scope: [user for user in scope.users if user.external],
    ),
    Reason(
        "disabled users are not created",
        "enable them, or take them out of scope",
        lambda scope: [user for user in scope.internal if not user.enabled],
    ),
    Reason(
        "users without a mail address appear without one in the target's address book",
        "give them a mail address in this tenant",
        lambda scope: [user for user in scope.internal if not user.mail],
    ),
    Reason(
        "users who share a mail address become one user in the target",
        "give each of them their own mail address",
        _sharing,
    ),
    Reason(
        "mail addresses outside the verified domains of this tenant are not taken over reliably",
        "verify the domain, or change the addresses",
        _outside,
    ),
    Reason(
        "members of nested groups are not synchronized, only direct members are",
        "assign the nested groups themselves",
        lambda scope: scope.nested,
    ),
)


def skipped(scope: InScope) -> list[tuple[Reason, str]]:
    """Each reason that holds, with a sentence that names the users or groups."""
    found = ((reason, [principal.name for principal in reason.holds_for(scope)]) for reason in REASONS)
    return [(reason, f"{reason.said}: {some(names)}") for reason, names in found if names]


def taken(principals: Iterable[Principal]) -> list[Principal]:
    """The users whom the service creates: enabled ones of the tenant itself. A user who is in scope twice is one."""
    takes = {user.id: user for user in principals if user.kind == "user" and user.enabled and not user.external}
    return list(takes.values())


def distinct(principals: Iterable[Principal], kind: str) -> list[Principal]:
    """The users or the groups among them, each once."""
    return list({principal.id: principal for principal in principals if principal.kind == kind}.values())


def some(names: Sequence[str]) -> str:
    """The first names of many."""
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else shown
