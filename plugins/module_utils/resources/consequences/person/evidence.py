# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What is known of one user of a link: from both directories, the configuration, the provisioning log and Exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...address_book.evidence import Entra
from ...address_book.verdict import Judged
from ...provisioning_log import LogEntry
from ..model import AttributeChange, Consequence, Rules, SourceUser, Standing, TargetUser


@dataclass(frozen=True)
class Link:
    """The configuration and its job. ``rules`` are ``None`` without a job, or without a mapping of users."""

    configuration: str
    mode: str
    rules: Rules | None
    job: str
    """The verdict on the job in one word, as ``sync_job_info`` returns it."""
    quarantine: str | None = None
    """The reason of the quarantine, or the code of its error."""
    owed: bool = False
    """Whether a restart is pending."""

    @property
    def runs(self) -> bool:
        """Whether cycles run."""
        return self.job not in ("absent", "paused", "quarantined")


@dataclass(frozen=True)
class Nested:
    """A group of which the user is a member, and the assigned group in which it is nested."""

    group: str
    assigned: str


@dataclass(frozen=True)
class Access:
    """Which assignments concern the user."""

    paths: tuple[str, ...] = ()
    """What puts the user into scope: "directly assigned", or "group <name>"."""
    default: tuple[str, ...] = ()
    """Assignments with a role that puts no user into scope (fact F108), in the same words."""
    nested: tuple[Nested, ...] = ()
    unread: str | None = None
    """Why the groups of the user could not be read, as a clause."""


@dataclass(frozen=True)
class Unmet:
    """A clause of a filter that does not hold. ``value`` is what the user has, ``None`` if the attribute is empty."""

    filter: str
    clause: str
    attribute: str
    value: Any


@dataclass(frozen=True)
class History:
    """The entries of the provisioning log about the user, newest first. ``unread`` is why not all of them could be read, as a clause."""

    entries: tuple[LogEntry, ...] = ()
    unread: str | None = None


@dataclass(frozen=True)
class Evidence:
    """All that is known of one user."""

    name: str
    """The user principal name in the source; if it is not known, the one in the target, or the name as given."""
    link: Link
    standing: Standing
    next: Consequence
    """What the next cycle does, if it looks at the user."""
    book: Judged
    differences: tuple[AttributeChange, ...] = ()
    """The mapped attributes whose value in the target differs, whether or not a cycle changes them."""
    source: SourceUser | None = None
    access: Access = field(default_factory=Access)
    unmet: tuple[Unmet, ...] = ()
    accounts: tuple[Entra, ...] = ()
    """The accounts of the target that match the user. Several are one too many."""
    own_user: bool = False
    """Whether the name means a user of the target itself."""
    account: TargetUser | None = None
    """The account, among the deleted ones if there is no other."""
    history: History = field(default_factory=History)
    values: Mapping[str, Any] = field(default_factory=dict)
    """The mapped values by target attribute."""
    verified: tuple[str, ...] | None = None
    """The verified domains of the source, ``None`` if they are not known."""
    incomplete: tuple[str, ...] = ()
    """What could not be read, one sentence each without a full stop."""
