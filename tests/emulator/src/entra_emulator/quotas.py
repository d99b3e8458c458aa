# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented quotas: which of them a request spends, and which headers the answer contains (fact F18).

Costs that the sheet does not list are from the public page "Microsoft Graph service-specific throttling limits".
"""

from __future__ import annotations

import re

from . import errors
from .call import Caller, Request
from .errors import GraphError, is_synchronization
from .service import Service
from .settings import Settings
from .state import Tenant
from .throttle import Quota

BUSY = 5
"""Requests per ten seconds to the logs, and of provisionOnDemand."""
POLICY = "/policies/crosstenantaccesspolicy"
WARNED_FROM = 0.8
WORST = 1.8
READING_POSTS = re.compile(r"/directoryObjects/getByIds", re.IGNORECASE)
COSTS = tuple(
    (method, re.compile(path, re.IGNORECASE), cost)
    for method, path, cost in (
        ("GET", "/(applications|users)", 2),
        ("GET", "/groups/[^/]+/members", 3),
        ("GET", "/groups/[^/]+/transitiveMembers", 5),
        ("GET", "/policies/crossTenantAccessPolicy/default", 4),
        ("POST", "/directoryObjects/getByIds", 5),
    )
)
"""Every other request costs one unit. The default policy's four were seen in a live answer (F39)."""


def charge(service: Service, request: Request, caller: Caller, tenant: Tenant) -> dict[str, str]:
    """Spends what the request costs, and returns the headers about it.

    :raises GraphError: 429, when the request does not fit into one of its quotas.
    """
    if not service.settings.throttling:
        return {}
    quotas = _quotas(service.settings, request, caller, tenant)
    refused = service.throttle.charge(quotas)
    counted = [quota for quota in quotas if quota.refills]
    headers = {"x-ms-resource-unit": str(resource_units(request))} if counted else {}
    share = service.throttle.share(counted) if not refused else max(1.0, service.throttle.share(counted))
    if counted and share > WARNED_FROM:
        headers["x-ms-throttle-limit-percentage"] = f"{min(share, WORST):.2f}"
    if refused:
        raise _too_many_requests(refused.quota, refused.retry_after, headers)
    return headers


def _too_many_requests(quota: Quota, retry_after: int, headers: dict[str, str]) -> GraphError:
    problem = errors.too_many_requests(retry_after, quota.scope, quota.information)
    problem.headers.update(headers)
    if not quota.is_reported:
        problem.headers.pop("Retry-After")
    return problem


def _quotas(settings: Settings, request: Request, caller: Caller, tenant: Tenant) -> list[Quota]:
    pair = f"{caller.client_id}/{tenant.id}"
    if request.path.startswith("/auditLogs/"):
        return [_busy("reports", pair)]
    if is_synchronization(request.path):
        return [_busy("provisionOnDemand", pair)] if request.path.endswith("/provisionOnDemand") else []
    if request.path.lower().startswith(POLICY) and settings.policy_quota == "conditional_access":
        scope = f"Tenant/ReadWrite/{pair}"
        return [Quota("conditional access", tenant.id, scope, "ResourceUnitLimitExceeded", 1, 1.0, refills=False, is_reported=False)]
    units = settings.directory_throttle_units or granted(tenant)
    cost = resource_units(request)
    quotas = [Quota("units", pair, f"Tenant_Application/ReadWrite/{pair}", "ResourceUnitLimitExceeded", units, 10.0, cost)]
    if request.method != "GET" and not READING_POSTS.fullmatch(request.path):
        own, shared = settings.directory_throttle_writes, settings.tenant_throttle_writes
        quotas.append(Quota("writes", pair, f"Tenant_Application/Write/{pair}", "WriteLimitExceeded", own, 150.0))
        quotas.append(Quota("tenant writes", tenant.id, f"Tenant/Write/{pair}", "WriteLimitExceeded", shared, 300.0))
    return quotas


def _busy(name: str, pair: str) -> Quota:
    return Quota(name, pair, f"Tenant_Application/ReadWrite/{pair}", "ResourceUnitLimitExceeded", BUSY, 10.0, refills=False)


def granted(tenant: Tenant) -> int:
    """Units per ten seconds, by the size of the tenant."""
    people = len(tenant.users)
    if people < 50:
        return 3500
    return 5000 if people <= 500 else 8000


def resource_units(request: Request) -> int:
    """What a request costs."""
    path = request.path.rstrip("/")
    cost = next((units for method, pattern, units in COSTS if method == request.method and pattern.fullmatch(path)), 1)
    top = request.query.get("$top", "")
    cost -= "$select" in request.query
    cost += "$expand" in request.query
    cost -= top.isdigit() and int(top) < 20
    return max(1, cost)
