# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads the capabilities of a partner or of the default policy, in the version of Graph that has them (facts F201, F207)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph.batch import find_all
from ..graph.client import Client, Request
from ..graph.errors import ServiceError
from . import capability_trust, directory
from .capability_features import Access, accesses
from .partner_entry import PARTNERS
from .partner_values import Raw

DEFAULT = "/policies/crossTenantAccessPolicy/default"
CAPABILITIES = "m365Capabilities"
VERSIONS = ("v1.0", "beta")
"""In the order in which they are tried: beta only where v1.0 has no such path."""


@dataclass(frozen=True)
class Seen:
    """What was read. ``version`` is that of the capabilities, ``None`` where the service has none of them."""

    version: str | None
    entry: Raw | None
    """The partner entry; ``None`` if there is none, or if the default policy was asked for."""
    own: Mapping[str, Access] = field(default_factory=dict)
    inherited: Mapping[str, Access] = field(default_factory=dict)
    """The capabilities of the default policy, if those of a partner are asked for."""
    default_trust: Raw | None = None
    """The trust of the default policy, if a partner is asked for."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """The ids of the named groups, by name."""


def place(partner_id: str | None) -> str:
    """The path of the capabilities of a partner, or of the default policy."""
    return f"{PARTNERS}/{partner_id}/{CAPABILITIES}" if partner_id else f"{DEFAULT}/{CAPABILITIES}"


def read(client: Client, partner_id: str | None, groups: Sequence[str]) -> Seen:
    """The entry of the partner, the default policy, the capabilities of both, and the named groups, in one batch.

    :raises Refusal: naming all groups that are unknown or ambiguous.
    """
    # The default policy always exists, so it shows whether the service has capabilities (fact F207).
    lists = list(dict.fromkeys([place(partner_id), place(None)]))
    policies = [Request("GET", path) for path in (f"{PARTNERS}/{partner_id}", DEFAULT)] if partner_id else []
    others = [*policies, *directory.group_requests(groups)]
    version, bodies, rest = _in_some_version(client, lists, others)
    entry, default = rest[: len(policies)] or (None, None)
    found = directory.pick_groups(groups, directory.listed(client, rest[len(policies) :]))
    capabilities = [accesses(client.members(body, version=version or VERSIONS[0])) if body else {} for body in bodies]
    own: Mapping[str, Access]
    own, *inherited = capabilities or [{}]
    return Seen(
        version,
        entry,
        own,
        inherited[0] if inherited else {},
        trust_of(default),
        {name: principal.id for name, principal in found.items()},
    )


def trust_of(policy: Raw | None) -> Raw | None:
    """The trust in an entry or in the default policy, if it has the documented form."""
    trust: Raw | None = (policy or {}).get(capability_trust.MEMBER)
    capability_trust.trusted(trust)
    capability_trust.is_ours(trust)
    return trust


def _in_some_version(client: Client, lists: Sequence[str], others: Sequence[Request]) -> tuple[str | None, list[Any], list[Any]]:
    """The version, the lists in it, and the other reads, which are in v1.0. That v1.0 has no such lists is remembered for the run."""
    key = ("no capabilities in", VERSIONS[0], client.cloud.graph_endpoint, client.tenant)
    if not client.run_cache.recall(*key):
        try:
            answers = find_all(client, [*(Request("GET", path) for path in lists), *others])
            return VERSIONS[0], answers[: len(lists)], answers[len(lists) :]
        except ServiceError as error:
            if not lacks_path(error):
                raise
        client.run_cache.keep(True, *key)
    rest = find_all(client, others)
    try:
        return VERSIONS[1], find_all(client, [Request("GET", path, version=VERSIONS[1]) for path in lists]), rest
    except ServiceError as error:
        if not lacks_path(error):
            raise
        return None, [], rest


def lacks_path(error: ServiceError) -> bool:
    """Whether the service reports that this version has no capabilities, rather than that one does not exist (fact F207)."""
    return error.status in (400, 404, 501) and "segment" in error.message.lower() and CAPABILITIES.lower() in error.message.lower()
