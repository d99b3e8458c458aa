# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Synchronization that no link of the inventory describes: partners that may synchronize users into a tenant, and configurations of the tenant
that synchronize users out of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..graph.batch import find_all
from ..graph.client import Client, Request
from ..graph.odata import is_id
from . import find_configuration, settings_bag, tenants
from .overview import ALL_PARTNERS
from .partner import paths, settings


@dataclass(frozen=True)
class Described:
    """What the links of the inventory say of a tenant. Other tenants are named by an id or a domain, in lower case."""

    sources: frozenset[str] = frozenset()
    """The tenants that synchronize into it."""
    configurations: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The names or ids of its configurations, in lower case, by the tenants that they serve."""


@dataclass(frozen=True)
class Stranger:
    """A partner or a configuration that no link describes."""

    kind: Literal["partner", "configuration"]
    id: str
    """The tenant id of the partner, or the service principal of the configuration."""
    name: str
    text: str
    """A sentence."""


def described(links: Iterable[tuple[str, str, Collection[str]]]) -> dict[str, Described]:
    """What links say of their tenants. A link is its source, its target, and the names of its configuration and of others that it names."""
    sources: dict[str, set[str]] = defaultdict(set)
    configurations: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for source, target, names in links:
        sources[target].add(source)
        configurations[source][target].update(name.casefold() for name in names)
    return {
        tenant: Described(
            frozenset(sources.get(tenant, ())),
            {target: frozenset(names) for target, names in configurations.get(tenant, {}).items()},
        )
        for tenant in {**sources, **configurations}
    }


def inbound(client: Client, known: Described) -> list[Stranger]:
    """Each partner that may synchronize users into the tenant, although no link describes it.

    An expansion that is missing does not prove that a partner may not, so its own object is read (fact F44).
    """
    entries = {str(entry["tenantId"]).lower(): entry for entry in client.pages(ALL_PARTNERS.path)}
    candidates = [partner for partner in entries if partner not in known.sources]
    unsure = [partner for partner in candidates if entries[partner].get("identitySynchronization") is None]
    read = dict(zip(unsure, find_all(client, [Request("GET", paths(partner)[1]) for partner in unsure]), strict=True))
    allowed = [
        partner
        for partner in candidates
        if settings(entries[partner], entries[partner].get("identitySynchronization") or read.get(partner) or {})["user_sync_inbound"]
    ]
    by_domain = _ids(client, known.sources) if allowed else frozenset()
    text = "Tenant {}: partner {} may synchronize users into it, and no link of the inventory describes that"
    return [
        Stranger("partner", partner, partner, text.format(client.tenant, partner))
        for partner in sorted(allowed)
        if partner not in by_domain
    ]


def outbound(client: Client, known: Described) -> list[Stranger]:
    """Each configuration of the tenant that serves another tenant, although no link describes it."""
    listing = find_configuration.configurations(client)
    bags = find_all(client, [Request("GET", f"{found.synchronization}/secrets") for found in listing])
    serving = [(found, settings_bag.target(settings_bag.parse(client.whole(bag)))) for found, bag in zip(listing, bags, strict=True)]
    strange = [(found, target) for found, target in serving if target and not _names(found, known.configurations.get(target, ()))]
    if strange:
        by_id = {tenant_id: names for name, names in known.configurations.items() for tenant_id in _ids(client, [name])}
        strange = [(found, target) for found, target in strange if not _names(found, by_id.get(target, ()))]
    text = "Tenant {}: configuration {!r} ({}) synchronizes users to tenant {}, and no link of the inventory describes that"
    return [
        Stranger("configuration", found.id, found.name, text.format(client.tenant, found.name, found.id, target))
        for found, target in strange
    ]


def _names(found: find_configuration.Configuration, names: Collection[str]) -> bool:
    return found.name.casefold() in names or found.id.casefold() in names


def _ids(client: Client, names: Iterable[str]) -> frozenset[str]:
    """The ids of the tenants that are named by a domain."""
    owners = (tenants.owner(client, name) for name in sorted(names) if not is_id(name))
    return frozenset(owner.lower() for owner in owners if owner)
