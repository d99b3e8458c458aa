# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenants that the service has discovered as related to a tenant (facts F196 to F199)."""

from __future__ import annotations

from typing import Any

from .. import errors
from ..call import Call, Reply
from ..errors import GraphError
from ..router import Operation
from ..state import GraphObject

RELATED = "/directory/tenantGovernance/relatedTenants"
METRICS = (
    "b2BRegistrationMetrics",
    "b2BSignInActivityMetrics",
    "appB2BSignInActivityMetrics",
    "multiTenantApplicationMetrics",
    "billingMetrics",
)
"""The signals of a related tenant. Most of them are null (F199)."""


def list_related(call: Call) -> Reply:
    """F196 without query options; F197 while discovery is not enabled; F198 where the version does not have it."""
    served = {"both": ("v1.0", "beta"), "beta": ("beta",), "absent": ()}[call.settings.related_tenants]
    if call.request.version not in served:
        raise errors.no_route("/directory/tenantGovernance")
    found = call.tenant.related_tenants
    if found is None:
        message = f"Related tenant discovery has not been enabled for tenant {call.tenant.id}"
        raise GraphError(403, "Authorization_RequestDenied", message)
    body = {"@odata.context": call.context("directory/tenantGovernance/relatedTenants"), "value": [_served(related) for related in found]}
    return Reply(200, body)


def _served(related: GraphObject) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.relatedTenant", **dict.fromkeys(METRICS), **related}


OPERATIONS = [Operation("GET", RELATED, list_related)]
