# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""How the states of links and users look on a page: a word, a form and a color, of which each alone is enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .model import ReportUser

Tone = Literal["good", "info", "warn", "bad", "none"]


@dataclass(frozen=True)
class Look:
    """The appearance of a state."""

    text: str
    tone: Tone
    """The color."""
    form: str
    """The name of a symbol of the page."""


LINKS = {
    "failed": Look("failed", "bad", "cross"),
    "cannot_be_planned": Look("cannot be planned", "bad", "cross"),
    "drifted": Look("drifted", "warn", "wave"),
    "degraded": Look("degraded", "warn", "alert"),
    "to_remove": Look("to remove", "warn", "minus"),
    "to_change": Look("to change", "info", "delta"),
    "unknown": Look("unknown", "none", "question"),
    "could_not_look": Look("could not look", "none", "question"),
    "changed": Look("changed", "info", "diamond"),
    "in_sync": Look("in sync", "good", "check"),
    "healthy": Look("healthy", "good", "check"),
}
"""The states of links in plans and reports, and the verdicts on their health, the worst first."""
_USERS = {
    "failed": Look("failed", "bad", "cross"),
    "address_taken": Look("address taken", "bad", "cross"),
    "wrong_address": Look("wrong address", "bad", "cross"),
    "soft_deleted": Look("soft deleted", "bad", "minus"),
    "disabled": Look("disabled", "bad", "minus"),
    "orphan": Look("orphan", "warn", "alert"),
    "deleted": Look("deleted", "warn", "minus"),
    "converted": Look("converted", "warn", "delta"),
    "hidden_in_exchange": Look("hidden in Exchange", "warn", "alert"),
    "not_indexed": Look("not indexed", "warn", "alert"),
    "not_mail_enabled": Look("not mail-enabled", "warn", "alert"),
    "invited": Look("invited", "warn", "alert"),
    "invitation_pending": Look("invitation pending", "warn", "alert"),
    "skipped": Look("skipped", "warn", "alert"),
    "has_mailbox": Look("has mailbox", "info", "diamond"),
    "hidden_by_mapping": Look("hidden by mapping", "info", "diamond"),
    "not_yet": Look("not yet", "info", "delta"),
    "coming": Look("coming", "info", "delta"),
    "created": Look("created", "info", "delta"),
    "updated": Look("updated", "info", "delta"),
    "restored": Look("restored", "info", "delta"),
    "left": Look("left", "none", "minus"),
    "kept": Look("kept", "none", "minus"),
    "synced": Look("synced", "good", "check"),
    "listed": Look("listed", "good", "check"),
    "unchanged": Look("unchanged", "good", "check"),
}
"""The states of users, Exchange's verdicts on them, and what a change does to them, the worst first."""
_RANKS = {name: rank for looks in (LINKS, _USERS) for rank, name in enumerate(looks)}
_BAD: tuple[Tone, ...] = ("bad", "warn")


def of_link(name: str) -> Look:
    """The look of the state of a link. A state that is not known here has its own name as text."""
    return LINKS.get(name) or Look(name.replace("_", " "), "none", "question")


def of_user(name: str) -> Look:
    """The look of the state of a user, or of Exchange's verdict."""
    return _USERS.get(name) or Look(name.replace("_", " "), "none", "question")


def worst(names: Iterable[str]) -> str:
    """The worst state of some links; ``unknown`` if there are none."""
    return min(names, key=lambda name: list(LINKS).index(name) if name in LINKS else len(LINKS), default="unknown")


def counted(names: Iterable[str]) -> list[tuple[str, int]]:
    """How often each state occurs, the worst first."""
    return sorted(Counter(names).items(), key=lambda pair: (_RANKS.get(pair[0], len(_RANKS)), pair[0]))


def needs_attention(user: ReportUser) -> bool:
    """Whether somebody has to look at the user."""
    looks = [of_user(user["state"]), *([of_user(user["address_book"])] if user["address_book"] else [])]
    return bool(user["remedy"]) or any(look.tone in _BAD for look in looks)
