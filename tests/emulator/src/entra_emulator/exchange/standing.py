# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is listed in a tenant's address book and who is not, with the reason: for the page and the control API (F155)."""

from __future__ import annotations

from typing import Literal

from ..state import GraphObject, Tenant
from . import addresslists

Standing = Literal["listed", "hidden_in_exchange", "hidden_by_mapping", "not_indexed", "address_taken", "not_mail_enabled", "not_yet"]
REASONS: dict[str, str] = {
    "listed": "listed",
    "hidden_in_exchange": "hidden in Exchange",
    "hidden_by_mapping": "hidden by the mapping",
    "not_indexed": "in no address list",
    "address_taken": "another recipient has the address",
    "not_mail_enabled": "not mail-enabled",
    "not_yet": "not yet in Exchange",
}


def addresses(tenant: Tenant) -> frozenset[str]:
    """Every address that a recipient of the tenant has, in lower case."""
    records = tenant.exchange.recipients.values()
    return frozenset(address.lower().removeprefix("smtp:") for record in records for address in record["EmailAddresses"])


def standing(tenant: Tenant, user: GraphObject, held: frozenset[str]) -> Standing:
    """What the address book shows of a user. The Exchange directory must have been fed; `held` are its `addresses`."""
    exchange, key = tenant.exchange, str(user["id"])
    record = exchange.recipients.get(key)
    if record is None:
        if key not in exchange.received:
            return "not_yet"
        return "not_mail_enabled" if held.isdisjoint(_own(user)) else "address_taken"
    if record["HiddenFromAddressListsEnabled"]:
        return "hidden_in_exchange" if user.get("showInAddressList") is True or record.get("_hiddenHere") else "hidden_by_mapping"
    return "listed" if addresslists.listed(record) else "not_indexed"


def _own(user: GraphObject) -> set[str]:
    """The addresses that a user has or was to have; the name of an external user is made of the address at home."""
    home, external, _rest = str(user["userPrincipalName"]).partition("#EXT#")
    named = "@".join(home.rsplit("_", 1)) if external else None
    return {str(address).lower() for address in [user.get("mail"), named, *(user.get("otherMails") or [])] if address}
