# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The tenants that the service has discovered as related to a tenant, whether or not anybody wrote them down (facts F196 to F199)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..graph.client import Client
from ..graph.errors import ServiceError
from ..plan import Refusal

RELATED = "/directory/tenantGovernance/relatedTenants"
NOT_ENABLED = "discovery has not been enabled"
"""In the message of the refusal while the discovery is not enabled, which is otherwise that of a missing permission (fact F197)."""

_NUMBERS = (
    ("b2BRegistrationMetrics", "inboundTotalUsers", "guests from it"),
    ("b2BRegistrationMetrics", "outboundTotalUsers", "guests in it"),
    ("b2BSignInActivityMetrics", "inboundMonthlyTotalUsers", "users from it sign in each month"),
    ("b2BSignInActivityMetrics", "outboundMonthlyTotalUsers", "users sign in there each month"),
    ("multiTenantApplicationMetrics", "inboundMonthlyTotalApplications", "of its applications used here"),
    ("multiTenantApplicationMetrics", "outboundMonthlyTotalApplications", "applications used there"),
)
"""The numbers of a signal that are shown, with the words that follow them. Most signals are null (fact F199)."""


@dataclass(frozen=True)
class Related:
    """A related tenant, and the reasons, in words."""

    tenant_id: str
    signals: tuple[str, ...]


def read(client: Client) -> tuple[Related, ...]:
    """The related tenants, without those that are Microsoft's own.

    :raises Refusal: if the discovery is not enabled, or the cloud does not have it.
    :raises ServiceError: without the permission.
    """
    for version in ("v1.0", "beta"):
        try:
            found = list(client.pages(RELATED, version=version))
        except ServiceError as error:
            if error.status == 403 and NOT_ENABLED in error.message:
                raise Refusal("the discovery of related tenants is not enabled in this tenant") from None
            if error.status not in (400, 404):
                raise
        else:
            named = (raw for raw in found if raw.get("id") and not raw.get("isMicrosoftInfrastructure"))
            return tuple(sorted((Related(str(raw["id"]).lower(), tuple(_signals(raw))) for raw in named), key=lambda one: one.tenant_id))
    raise Refusal("the service does not offer the discovery of related tenants in this cloud")


def _signals(raw: Mapping[str, Any]) -> Iterator[str]:
    for metric, member, words in _NUMBERS:
        number = ((raw.get(metric) or {}).get("recent") or {}).get(member)
        if number:
            yield f"{number} {words}"
    if raw.get("billingMetrics"):
        yield "a shared billing account"
