# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Checks that are made in both tenants: the settings for the other tenant in the cross-tenant access policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...graph.client import Client, Request
from ..partner import PARTNERS, policy_bytes, settings
from ..permissions import READ_PARTNER, SOURCE, TARGET
from . import policy
from .check import Check, Link, Longer, Read, Seen
from .finding import Finding

BOTH = (SOURCE, TARGET)
SWITCHES = {SOURCE: ("redemption_outbound",), TARGET: ("user_sync_inbound", "redemption_inbound")}
"""The trust switches of the link in each tenant."""


def _entry(link: Link) -> Sequence[Request]:
    expand = "?$expand=identitySynchronization" if link.side == TARGET else ""
    return [Request("GET", f"{PARTNERS}/{link.partner}{expand}")]


def _synchronization(link: Link) -> Sequence[Request]:
    return [Request("GET", f"{PARTNERS}/{link.partner}/identitySynchronization")] if link.side == TARGET else []


def _partners(_link: Link, seen: Seen) -> Sequence[Longer]:
    """All partner entries, if the entry of the link does not exist: the new entry must fit in."""
    return [_all_partners] if seen.whole(ENTRY) and not seen.body(ENTRY) else []


def _all_partners(client: Client) -> Iterable[Any]:
    return client.pages(PARTNERS)


ENTRY = Read("policy", (READ_PARTNER,), _entry)
SYNCHRONIZATION = Read("policy", (READ_PARTNER,), _synchronization)
DEFAULT = Read("policy", (READ_PARTNER,), lambda _link: [Request("GET", "/policies/crossTenantAccessPolicy/default")])
ALL_PARTNERS = Read("policy", (READ_PARTNER,), longer=_partners)


def switches(link: Link, seen: Seen) -> dict[str, bool | None]:
    """The trust switches of this tenant by name; ``None`` for a switch that could not be read."""
    names = SWITCHES[link.side]
    if not seen.whole(ENTRY):
        return dict.fromkeys(names)
    entry = seen.body(ENTRY) or None
    # The expansion may be empty although the policy exists (fact F44).
    values: Mapping[str, Any] = settings(entry, seen.body(SYNCHRONIZATION) or entry.get("identitySynchronization") or {}) if entry else {}
    return {name: bool(values.get(name)) for name in names}


def _switches(link: Link, seen: Seen) -> list[Finding]:
    return policy.switches(link.side, link.partner, switches(link, seen), link.switches_required)


def _collaboration(link: Link, seen: Seen) -> list[Finding]:
    direction = "outbound" if link.side == SOURCE else "inbound"
    return policy.collaboration(direction, seen.body(ENTRY) or None, seen.body(DEFAULT))


def _policy_size(_link: Link, seen: Seen) -> list[Finding]:
    return policy.policy_size(seen.body(ENTRY) or None, policy_bytes(seen.members(ALL_PARTNERS)))


CHECKS = (
    Check("switches", BOTH, _switches, reads=(ENTRY,), also=(SYNCHRONIZATION,)),
    Check("collaboration", BOTH, _collaboration, reads=(ENTRY, DEFAULT)),
    Check("policy_size", BOTH, _policy_size, reads=(ENTRY, ALL_PARTNERS)),
)
