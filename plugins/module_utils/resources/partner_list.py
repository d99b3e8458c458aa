# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""All partners of a tenant, with their names (fact sheet 1; pain point 39)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..graph.batch import send_all
from ..graph.client import Answer, Client, Request
from ..graph.errors import ServiceError
from ..plan import Inquiry
from . import tenants
from .partner import PARTNERS, resolve, settings


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """Every partner entry, or the one asked for. A name that may not be looked up is ``None``, the entry is listed all the same."""
    wanted = resolve(client, params["partner_tenant_id"]) if params.get("partner_tenant_id") else None
    raw = list(client.pages(f"{PARTNERS}?$expand=identitySynchronization"))
    entries = [one for one in raw if wanted in (None, str(one.get("tenantId")).lower())]
    policies = _policies(client, entries)
    names = tenants.several(client, [str(one.get("tenantId")) for one in entries]) if params["names"] else {}
    partners = []
    for one in entries:
        tenant_id = str(one.get("tenantId"))
        known = names.get(tenant_id, {})
        partners.append(
            {
                "tenant_id": tenant_id,
                "name": known.get("displayName"),
                "default_domain": known.get("defaultDomainName"),
                "multitenant_organization": bool(one.get("isInMultiTenantOrganization")),
                **settings(one, policies.get(tenant_id) or {}),
            }
        )
    return {"partners": sorted(partners, key=lambda one: one["tenant_id"])}


def _policies(client: Client, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The identity synchronizations. An expansion may be empty although there is one, so those are read (fact sheet 1.3)."""
    found = {str(one.get("tenantId")): one.get("identitySynchronization") for one in entries}
    unsure = [tenant_id for tenant_id, policy in found.items() if policy is None]
    outcomes = send_all(client, [Request("GET", f"{PARTNERS}/{tenant_id}/identitySynchronization") for tenant_id in unsure])
    for tenant_id, outcome in zip(unsure, outcomes, strict=True):
        if isinstance(outcome, Answer):
            found[tenant_id] = outcome.body
        elif not (isinstance(outcome, ServiceError) and outcome.missing):
            raise outcome
    return found


INQUIRY = Inquiry(inquire)
