# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""All partners of a tenant, with their names (facts F30, F41, F47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..graph.batch import send_all
from ..graph.client import Answer, Client, Request
from ..graph.errors import ServiceError
from ..plan import Inquiry
from . import tenants
from .partner import PARTNERS, paths, resolve
from .partner_settings import PartnerSettings, settings
from .partner_values import Raw


class ListedPartner(PartnerSettings):
    """An entry with the names of its tenant, which are ``None`` if they were not or may not be looked up."""

    tenant_id: str
    name: str | None
    default_domain: str | None
    multitenant_organization: bool


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, list[ListedPartner]]:
    """Every partner entry, or the one asked for, as ``partners``. An entry is listed even if its names may not be looked up."""
    wanted = resolve(client, params["partner_tenant_id"]) if params.get("partner_tenant_id") else None
    entries = list(client.pages(f"{PARTNERS}?$expand=identitySynchronization"))
    entries = [entry for entry in entries if wanted in (None, _tenant_id(entry).lower())]
    synchronizations = _synchronizations(client, entries)
    names = tenants.several(client, [_tenant_id(entry) for entry in entries]) if params["names"] else {}
    partners = [_listed(entry, synchronizations.get(_tenant_id(entry)) or {}, names.get(_tenant_id(entry), {})) for entry in entries]
    return {"partners": sorted(partners, key=lambda partner: partner["tenant_id"])}


def _tenant_id(entry: Raw) -> str:
    return str(entry.get("tenantId"))


def _listed(entry: Raw, synchronization: Raw, names: Raw) -> ListedPartner:
    return {
        "tenant_id": _tenant_id(entry),
        "name": names.get("displayName"),
        "default_domain": names.get("defaultDomainName"),
        "multitenant_organization": bool(entry.get("isInMultiTenantOrganization")),
        **settings(entry, synchronization),
    }


def _synchronizations(client: Client, entries: Sequence[Raw]) -> dict[str, Any]:
    """The identity synchronizations. An expansion may be empty although there is one, so those are read (fact F44)."""
    found = {_tenant_id(entry): entry.get("identitySynchronization") for entry in entries}
    unsure = [tenant_id for tenant_id, synchronization in found.items() if synchronization is None]
    outcomes = send_all(client, [Request("GET", paths(tenant_id)[1]) for tenant_id in unsure])
    for tenant_id, outcome in zip(unsure, outcomes, strict=True):
        if isinstance(outcome, Answer):
            found[tenant_id] = outcome.body
        elif not (isinstance(outcome, ServiceError) and outcome.missing):
            raise outcome
    return found


INQUIRY = Inquiry(inquire)
