# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What is wanted and what is there of the capabilities of a partner, or of the default policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import capability_trust
from .capability_features import Access
from .partner_values import Raw


@dataclass(frozen=True)
class Desired:
    """What is wanted."""

    tenant: str
    partner: str | None
    """``None`` for the default policy."""
    absent: bool
    levels: Mapping[str, str | None]
    """The wanted level of each feature that the task names, ``None`` for none."""
    scope: str | None
    """``all`` or ``groups``; ``None`` leaves the scope of what is allowed already as it is."""
    groups: tuple[str, ...]
    excluded: tuple[str, ...] | None
    """``None`` leaves those that are excluded already excluded."""
    keep: tuple[str, ...] = ()
    """Features that state absent must leave."""
    trust_all_users: bool = False


@dataclass(frozen=True)
class Current:
    """What is there."""

    partner_id: str | None
    version: str | None
    """The version of Graph that has capabilities; ``None`` if the service has none."""
    exists: bool
    """Whether there is a partner entry. The default policy always exists."""
    trust: Raw | None = None
    own: Mapping[str, Access] = field(default_factory=dict)
    inherited: Mapping[str, Access] = field(default_factory=dict)
    """The capabilities of the default policy, which count where a partner has none of its own (fact F251)."""
    default_trust: Raw | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    """The ids of the groups that the task names."""
    policy_bytes: int = 0
    """The size of the whole policy, where this task may make it larger."""

    @property
    def named(self) -> str:
        """The name of what is configured, for actions and messages."""
        return f"partner {self.partner_id}" if self.partner_id else "the default policy"

    def default_shows(self, name: str, trust: Raw | None) -> bool:
        """Whether the default policy would let the partner's users see something, with this trust and without a capability of the
        partner's own.
        """
        allowed = name in self.inherited and self.inherited[name].allowed
        return allowed and capability_trust.lets_through(trust, self.default_trust)
