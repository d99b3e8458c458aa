# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fact F196: the tenants that the service has discovered as related."""

from __future__ import annotations

from typing import Any

import pytest
from api import CONTOSO, FABRIKAM, Api

RELATED = "/directory/tenantGovernance/relatedTenants"
PERMISSION = "TenantGovernance-RelatedTenant.Read.All"
SIGN_INS = {"recent": {"inboundMonthlyTotalUsers": 3, "outboundMonthlyTotalUsers": 0}}


@pytest.fixture
def permitted(api: Api) -> Api:
    for registration in api.service.world.tenants[CONTOSO].registrations.values():
        registration.roles.append(PERMISSION)
    return api


def discovered(api: Api, *found: dict[str, Any]) -> None:
    api.service.world.tenants[CONTOSO].related_tenants = list(found)


@pytest.mark.fact("F196", "The list has the ids of the other tenants, with the metrics that relate them, and takes no query options")
@pytest.mark.fact("F199", "A metric that the service does not have is null")
def test_related_tenants(permitted: Api) -> None:
    discovered(permitted, {"id": FABRIKAM, "b2BSignInActivityMetrics": SIGN_INS})
    body = permitted.get(RELATED)
    assert body["@odata.context"].endswith("$metadata#directory/tenantGovernance/relatedTenants")
    (related,) = body["value"]
    assert (related["id"], related["b2BSignInActivityMetrics"]) == (FABRIKAM, SIGN_INS)
    assert related["billingMetrics"] is None and related["multiTenantApplicationMetrics"] is None
    permitted.refused(400, "Request_BadRequest", "GET", f"{RELATED}?$top=1")


@pytest.mark.fact("F196", "It needs a permission of its own, 403 without it")
def test_the_permission(api: Api) -> None:
    discovered(api)
    api.refused(403, "Authorization_RequestDenied", "GET", RELATED)


@pytest.mark.fact("F197", "403 with a message of its own while the discovery is not enabled")
def test_discovery_that_is_not_enabled(permitted: Api) -> None:
    error = permitted.refused(403, "Authorization_RequestDenied", "GET", RELATED)
    assert error["message"] == f"Related tenant discovery has not been enabled for tenant {CONTOSO}"


@pytest.mark.fact("F198", "In v1.0 and beta, in beta only, or nowhere (switch related_tenants)")
@pytest.mark.parametrize(("reading", "versions"), [("both", {"v1.0", "beta"}), ("beta", {"beta"}), ("absent", set())])
def test_versions(permitted: Api, reading: str, versions: set[str]) -> None:
    discovered(permitted)
    permitted.set(related_tenants=reading)
    assert {version for version in ("v1.0", "beta") if permitted.send("GET", RELATED, version=version).status_code == 200} == versions
    if reading != "both":
        error = permitted.refused(400, "BadRequest", "GET", RELATED)
        assert error["message"] == "Resource not found for the segment 'tenantGovernance'."
