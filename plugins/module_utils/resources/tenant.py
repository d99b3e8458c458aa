# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Who we are in a tenant, who the tenant is, and which tenant a domain belongs to (fact sheet 1.5 and 9)."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..graph.claims import Claims
from ..graph.client import Client
from ..graph.errors import ServiceError
from ..graph.odata import escape, is_id
from ..plan import Inquiry, Refusal

GRAPH, OPENID = "graph", "openid"


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The token's own words, the tenant, and the tenants that were asked for."""
    claims = client.claims()
    return {
        "application": application(claims),
        "tenant": _own(client, claims),
        "tenants": [find(client, name) for name in params.get("resolve") or ()],
    }


def application(claims: Claims) -> dict[str, Any]:
    """The bearer of a token as a result shows it."""
    expires = None
    with contextlib.suppress(ValueError, OverflowError, OSError):
        # Whoever made the token may have put any number there.
        expires = claims.expires and datetime.fromtimestamp(claims.expires, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": claims.application_id,
        "name": claims.application_name,
        "object_id": claims.object_id,
        "permissions": sorted(claims.permissions),
        "delegated": claims.delegated,
        "token_expires": expires,
    }


def _own(client: Client, claims: Claims) -> dict[str, Any]:
    """What may not be read is ``None``: neither permission is needed for a link."""
    tenant_id = claims.tenant_id or client.owner_of(client.tenant)
    raw = _allowed(client, "/organization?$select=id,displayName,verifiedDomains")
    organization = next(client.members(raw), None) if raw else None
    if organization is not None:
        verified = organization.get("verifiedDomains") or []
        return {
            "id": tenant_id,
            "name": organization.get("displayName"),
            "default_domain": next((one["name"] for one in verified if one.get("isDefault")), None),
            "initial_domain": next((one["name"] for one in verified if one.get("isInitial")), None),
            "domains": sorted(one["name"] for one in verified),
            "cloud": client.cloud.name,
        }
    known = (_allowed(client, _by_id(tenant_id)) if tenant_id else None) or {}
    return {
        "id": tenant_id,
        "name": known.get("displayName"),
        "default_domain": known.get("defaultDomainName"),
        "initial_domain": None,
        "domains": None,
        "cloud": client.cloud.name,
    }


def find(client: Client, name: str) -> dict[str, Any]:
    """Another tenant, by one of its domains or its id.

    :raises Refusal: when there is none in this cloud.
    """
    path = _by_id(name) if is_id(name) else f"/tenantRelationships/findTenantInformationByDomainName(domainName='{escape(name)}')"
    try:
        raw = client.get(path)
    except ServiceError as error:
        if error.denied:
            return _found(name, {"tenantId": client.owner_of(name)}, OPENID)
        if error.status in (400, 404):
            return _found(name, {}, GRAPH)
        raise
    return _found(name, raw, GRAPH)


def _found(name: str, raw: Mapping[str, Any], source: str) -> dict[str, Any]:
    if not raw.get("tenantId"):
        raise Refusal(f"no tenant in this cloud is or owns {name!r}")
    return {
        "query": name,
        "id": raw["tenantId"],
        "name": raw.get("displayName"),
        "default_domain": raw.get("defaultDomainName"),
        "source": source,
    }


def _by_id(tenant_id: str) -> str:
    return f"/tenantRelationships/findTenantInformationByTenantId(tenantId='{escape(tenant_id)}')"


def _allowed(client: Client, path: str) -> Any:
    """The body, or ``None`` where a permission is missing."""
    try:
        return client.get(path)
    except ServiceError as error:
        if error.denied:
            return None
        raise


INQUIRY = Inquiry(inquire)
