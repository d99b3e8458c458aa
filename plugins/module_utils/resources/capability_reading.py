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
from . import directory
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
    default: Raw = field(default_factory=dict)
    """The default policy itself, if a partner is asked for."""
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
    version: str | None = VERSIONS[0]
    try:
        bodies, rest = _together(client, lists, others, VERSIONS[0])
    except ServiceError as error:
        if not lacks_path(error):
            raise
        _none, rest = _together(client, [], others, VERSIONS[0])
        version, bodies = _in_beta(client, lists)
    entry, default = rest[: len(policies)] or (None, None)
    found = directory.pick_groups(groups, directory.listed(client, rest[len(policies) :]))
    capabilities = [accesses(client.members(body, version=version or VERSIONS[0])) if body else {} for body in bodies]
    return Seen(
        version,
        entry,
        capabilities[0] if capabilities else {},
        capabilities[1] if len(capabilities) > 1 else {},
        default or {},
        {name: principal.id for name, principal in found.items()},
    )


def _together(client: Client, lists: Sequence[str], others: Sequence[Request], version: str) -> tuple[list[Any], list[Any]]:
    answers = find_all(client, [*(Request("GET", path, version=version) for path in lists), *others])
    return answers[: len(lists)], answers[len(lists) :]


def _in_beta(client: Client, lists: Sequence[str]) -> tuple[str | None, list[Any]]:
    try:
        return VERSIONS[1], _together(client, lists, [], VERSIONS[1])[0]
    except ServiceError as error:
        if not lacks_path(error):
            raise
        return None, []


def lacks_path(error: ServiceError) -> bool:
    """Whether the service reports that this version has no capabilities, rather than that one does not exist (fact F207)."""
    return error.status in (400, 404, 501) and "segment" in error.message.lower() and CAPABILITIES.lower() in error.message.lower()
