# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Users of a target tenant who came from a given source, as an address book shows them (facts F112, F118)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..graph.client import Client, Request
from ..plan import Inquiry, Refusal
from . import tenants

ADDRESS_BOOK = {
    "id": "id",
    "user_principal_name": "userPrincipalName",
    "display_name": "displayName",
    "given_name": "givenName",
    "surname": "surname",
    "mail": "mail",
    "job_title": "jobTitle",
    "department": "department",
    "company_name": "companyName",
    "office_location": "officeLocation",
    "business_phones": "businessPhones",
    "mobile_phone": "mobilePhone",
    "user_type": "userType",
    "account_enabled": "accountEnabled",
    "external_user_state": "externalUserState",
    "show_in_address_list": "showInAddressList",
}

PENDING = "PendingAcceptance"

_EXTERNAL = re.compile(r"^(?P<alias>.+)_(?P<domain>[^_@]+)#EXT#@", re.IGNORECASE)


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The synced users of one source, by display name.

    :raises Refusal: when no source is named.
    """
    domains = list(params.get("source_domains") or ())
    first_page = Request("GET", f"/users?$select={','.join(ADDRESS_BOOK.values())}&$top=999")
    if domains:
        page = client.send(first_page).body
    elif params.get("source_tenant_id"):
        domain, (page,) = tenants.default_domain(client, params["source_tenant_id"], first_page)
        domains = [domain]
    else:
        raise Refusal("source_domains or source_tenant_id is needed to know which source is meant")
    return {"synced_users": synced_users(client.members(page), domains, params.get("user_type")), "source_domains": domains}


def synced_users(raw: Iterable[Mapping[str, Any]], domains: Iterable[str], user_type: str | None = None) -> list[dict[str, Any]]:
    """Those whose user principal name was made from one of the domains.

    A user who has not redeemed an invitation was invited by hand: synchronization redeems at once (fact F113).
    """
    wanted = {domain.lower() for domain in domains}
    found = []
    for user in raw:
        origin = source_name(str(user.get("userPrincipalName") or ""))
        if user.get("externalUserState") == PENDING or (user_type and str(user.get("userType")).lower() != user_type):
            continue
        if origin and origin.rpartition("@")[2].lower() in wanted:
            found.append({**{ours: user.get(theirs) for ours, theirs in ADDRESS_BOOK.items()}, "source_user_principal_name": origin})
    return sorted(found, key=lambda user: (str(user["display_name"]), user["id"]))


def missing(users: Iterable[Mapping[str, Any]], names: Iterable[str]) -> list[str]:
    """Which of the source's users, by user principal name, the target's address book does not show."""
    visible = {
        user["source_user_principal_name"].lower()
        for user in users
        if user["account_enabled"] and user["show_in_address_list"] is not False
    }
    return [name for name in names if name.lower() not in visible]


def source_name(user_principal_name: str) -> str | None:
    """``alias@domain`` of a user whose name here is ``alias_domain#EXT#@...``; ``None`` for the tenant's own users.

    A domain holds no underscore, so the last one before ``#EXT#`` is the former ``@``.
    """
    match = _EXTERNAL.match(user_principal_name)
    return f"{match['alias']}@{match['domain']}" if match else None


INQUIRY = Inquiry(inquire)
