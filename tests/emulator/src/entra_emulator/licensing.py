# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Licences of a tenant and of its users, with the service plans in them (fact F163)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .state import GraphObject, object_id

MAILBOX_PLAN = "EXCHANGE_S_STANDARD"
PLAN_IDS = {
    "EXCHANGE_S_STANDARD": "9aaf7827-d63c-4b61-89c3-182f06f82e5c",
    "EXCHANGE_S_ENTERPRISE": "efb87545-963c-4e0d-99df-69c6916d9eb0",
    "EXCHANGE_S_FOUNDATION": "113feb6c-3fe4-4440-bddc-54d774bf0318",
}
"""The well-known ids of some service plans."""


def plan_id(tenant_id: str, name: str) -> str:
    """The id of a service plan."""
    return PLAN_IDS.get(name) or object_id(tenant_id, "plan", name)


def subscription(tenant_id: str, name: str, service_plans: Sequence[str], enabled: int, consumed: int) -> GraphObject:
    """A licence that a tenant has bought, as `subscribedSkus` shows it."""
    sku = object_id(tenant_id, "sku", name)
    plans = [
        {
            "servicePlanId": plan_id(tenant_id, plan),
            "servicePlanName": plan,
            "provisioningStatus": "Success",
            "appliesTo": "User",
        }
        for plan in service_plans
    ]
    return {
        "id": f"{tenant_id}_{sku}",
        "accountId": tenant_id,
        "accountName": None,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": consumed,
        "prepaidUnits": {"enabled": enabled, "suspended": 0, "warning": 0, "lockedOut": 0},
        "servicePlans": plans,
        "skuId": sku,
        "skuPartNumber": name,
        "subscriptionIds": [],
    }


def licensed(tenant_id: str, bought: Mapping[str, Sequence[str]], mailbox: bool, clock: str) -> GraphObject:
    """The properties of a user with these licences, by name with their service plans. Whoever has a mailbox has a plan of Exchange."""
    plans = [*(plan for several in bought.values() for plan in several), *([MAILBOX_PLAN] if mailbox else [])]
    if not plans:
        return {}
    return {
        "assignedLicenses": [{"disabledPlans": [], "skuId": object_id(tenant_id, "sku", sku)} for sku in bought],
        "assignedPlans": [
            {
                "assignedDateTime": clock,
                "capabilityStatus": "Enabled",
                "service": "exchange" if name.startswith("EXCHANGE_S_") else name.partition("_")[0],
                "servicePlanId": plan_id(tenant_id, name),
            }
            for name in dict.fromkeys(plans)
        ],
    }
