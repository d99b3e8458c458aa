# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a tenant lets its partners, and all other tenants, see of its own people (facts F201, F205)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from ..graph.batch import find_all
from ..graph.client import Client, Request
from ..graph.errors import ServiceError
from ..plan import Inquiry
from . import capability_reading, capability_trust, directory
from .capability_features import ALL, FEATURES, KNOWN, Access, SharedFeature, accesses, shared
from .capability_reading import place
from .capability_trust import MEMBER
from .partner_entry import PARTNERS, resolve
from .partner_values import Raw


class Shared(TypedDict):
    """What is shared with a partner, or by the default policy."""

    trust: str | None
    """``all``, ``some`` or ``none`` of the users are let through; ``None`` if nothing is said."""
    features: dict[str, SharedFeature]
    others: dict[str, bool]
    """Whether each other capability is allowed, by its name in Microsoft Graph."""


class ListedCapabilities(Shared):
    """What is shared with a partner."""

    tenant_id: str


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """Every partner entry with what it shares, or the one asked for, the default policy, and the names of the groups in scopes."""
    wanted = resolve(client, params["partner_tenant_id"]) if params.get("partner_tenant_id") else None
    entries = [entry for entry in client.pages(PARTNERS) if wanted in (None, str(entry["tenantId"]).lower())]
    ids = [str(entry["tenantId"]) for entry in entries]
    version, default, lists = _capabilities(client, ids)
    partners: list[ListedCapabilities] = [
        {"tenant_id": number, **_shared(entry, own)} for number, entry, own in zip(ids, entries, lists, strict=True)
    ]
    found = [default, *lists]
    return {
        "available": version is not None,
        "default": _shared(client.get(capability_reading.DEFAULT), default),
        "partners": sorted(partners, key=lambda partner: partner["tenant_id"]),
        "group_names": _group_names(client, found) if params["names"] else {},
    }


def _capabilities(client: Client, ids: Sequence[str]) -> tuple[str | None, Mapping[str, Access], list[Mapping[str, Access]]]:
    """The version of Graph that has capabilities, those of the default policy, and those of each partner."""
    seen = capability_reading.read(client, None, ())
    if seen.version is None:
        return None, {}, [{} for _number in ids]
    bodies = find_all(client, [Request("GET", place(number), version=seen.version) for number in ids])
    return seen.version, seen.own, [accesses(client.members(body, version=seen.version)) if body else {} for body in bodies]


def _shared(policy: Raw, own: Mapping[str, Access]) -> Shared:
    return {
        "trust": capability_trust.trusted(policy.get(MEMBER)),
        "features": {option: shared(feature, own) for option, feature in FEATURES.items()},
        "others": {name: access.allowed for name, access in sorted(own.items()) if name not in KNOWN},
    }


def _group_names(client: Client, found: Iterable[Mapping[str, Access]]) -> dict[str, str]:
    """The names of all groups in scopes, by id; none if they may not be read."""
    subjects = {one for own in found for access in own.values() for one in access.scope.included | access.scope.excluded}
    ids = sorted(one.id for one in subjects if one.type == "group" and one.id != ALL)
    try:
        return {principal.id: principal.name for principal in directory.by_ids(client, ids)} if ids else {}
    except ServiceError as error:
        if not error.denied:
            raise
        return {}


INQUIRY = Inquiry(inquire)
