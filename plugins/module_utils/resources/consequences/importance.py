# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Which users of the target are important: holders of directory roles, owners, licensed users, and users with a mailbox."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ...graph.client import Client

KINDS = ("roles", "owners", "licences", "mailboxes")
"""The kinds of importance."""


@dataclass(frozen=True)
class Importance:
    """Why users are important. A user who is not in ``reasons`` is unimportant only as far as ``not_checked`` is empty."""

    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By object id in the target: phrases such as "Global Administrator (eligible)", "owner of group Board", "licence SPE_E5", "mailbox"."""
    not_checked: Mapping[str, str] = field(default_factory=dict)
    """By kind: why it could not be checked, or not completely, in one sentence."""


def read_importance(target: Client, user_ids: Collection[str], kinds: Collection[str]) -> Importance:
    """Why these users of the target are important, by the kinds given."""
    return Importance(not_checked={kind: f"{kind} not checked in tenant {target.tenant}" for kind in kinds if user_ids})
