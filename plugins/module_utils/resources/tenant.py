# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Who we are in a tenant, who the tenant is, and which tenant a domain belongs to (facts F47, F48)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ..graph.claims import Claims
from ..graph.client import Client
from ..graph.errors import ServiceError
from ..plan import Inquiry, Refusal
from . import tenants


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """What the token says, the tenant, and the tenants that were asked for."""
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
        # The number in a token may be any.
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
    tenant_id = claims.tenant_id or tenants.owner(client, client.tenant)
    raw = _allowed(lambda: client.get("/organization?$select=id,displayName,verifiedDomains"))
    organization = next(client.members(raw), None) if raw else None
    if organization is not None:
        verified = organization.get("verifiedDomains") or []
        return {
            "id": tenant_id,
            "name": organization.get("displayName"),
            "default_domain": next((domain["name"] for domain in verified if domain.get("isDefault")), None),
            "initial_domain": next((domain["name"] for domain in verified if domain.get("isInitial")), None),
            "domains": sorted(domain["name"] for domain in verified),
            "cloud": client.cloud.name,
        }
    known = (_allowed(lambda: tenants.look_up(client, tenant_id)[0]) if tenant_id else None) or {}
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
    raw, source = tenants.find(client, name)
    if not raw or not raw.get("tenantId"):
        raise Refusal(f"no tenant in this cloud is or owns {name!r}")
    return {
        "query": name,
        "id": raw["tenantId"],
        "name": raw.get("displayName"),
        "default_domain": raw.get("defaultDomainName"),
        "source": source,
    }


def _allowed(read: Callable[[], Any]) -> Any:
    """What is read, or ``None`` where a permission is missing."""
    try:
        return read()
    except ServiceError as error:
        if error.denied:
            return None
        raise


INQUIRY = Inquiry(inquire)
