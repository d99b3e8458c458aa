# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target directory as the engine uses it: indexes built once a cycle, and the writes that keep them right (F114)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from entra_emulator.provisioning import attributes
from entra_emulator.state import GraphObject, Tenant, new_id

Json = dict[str, Any]


@dataclass
class Index:
    """Who is who in the target: by external identity, by address (lower case) and by user principal name."""

    identities: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def add_user(self, user: GraphObject) -> None:
        """Register a user; people without a redeemed identity cannot be matched by it (F113)."""
        if user.get("_alternativeSecurityId"):
            self.identities.setdefault(str(user["_alternativeSecurityId"]), str(user["id"]))
        self.names[str(user.get("userPrincipalName", "")).lower()] = str(user["id"])
        self._add_addresses(user, "external" if attributes.is_external(user) else "internal")

    def _add_addresses(self, thing: GraphObject, kind: str) -> None:
        for address in addresses_of(thing):
            self.addresses.setdefault(address, []).append((kind, str(thing["id"])))

    def remove_user(self, user: GraphObject) -> None:
        """Forget a user."""
        for address in addresses_of(user):
            self.addresses[address] = [entry for entry in self.addresses.get(address, []) if entry[1] != user["id"]]
        self.names.pop(str(user.get("userPrincipalName", "")).lower(), None)
        if self.identities.get(str(user.get("_alternativeSecurityId"))) == user["id"]:
            del self.identities[str(user["_alternativeSecurityId"])]

    def conflicts(self, address: str | None) -> list[tuple[str, str]]:
        """Everything in the directory with this address, as (kind, id)."""
        return self.addresses.get((address or "").lower(), []) if address else []


def addresses_of(thing: GraphObject) -> set[str]:
    """The mail addresses of a user, group or contact, in lower case and without ``smtp:``."""
    proxies = [proxy[5:] for proxy in thing.get("proxyAddresses") or [] if proxy[:5].lower() == "smtp:"]
    return {address.lower() for address in [thing.get("mail"), *proxies] if address}


def index(tenant: Tenant) -> Index:
    """Index a directory: users, groups and contacts."""
    result = Index()
    for user in tenant.users.values():
        result.add_user(user)
    for kind, things in (("group", tenant.groups.values()), ("contact", tenant.contacts.values())):
        _add_all(result, kind, things)
    return result


def _add_all(result: Index, kind: str, things: Iterable[GraphObject]) -> None:
    for thing in things:
        for address in addresses_of(thing):
            result.addresses.setdefault(address, []).append((kind, str(thing["id"])))


def external_name(source_name: str, tenant: Tenant) -> str:
    """``alias_domain#EXT#@<initial domain>``: every other character of the name is kept (F112)."""
    return f"{source_name.replace('@', '_')}#EXT#@{tenant.initial_domain}"


def create_user(tenant: Tenant, known: Index, values: Json, identity: str, at: str) -> GraphObject:
    """A B2B user whose invitation is redeemed on the spot (F113)."""
    user: GraphObject = {
        "id": new_id(),
        "createdDateTime": at,
        "deletedDateTime": None,
        "accountEnabled": True,
        "displayName": str(values["userPrincipalName"]).partition("#EXT#")[0],
        "mailNickname": str(values["userPrincipalName"]).partition("@")[0],
        "businessPhones": [],
        "userType": "Guest",
        "otherMails": [],
        "proxyAddresses": [],
        "_synchronized": True,
    }
    tenant.users[user["id"]] = user
    redeem(user, identity, at)
    write(user, values)
    known.add_user(user)
    return user


def redeem(user: GraphObject, identity: str, at: str) -> None:
    """What redemption leaves on a user (F112, generally known values)."""
    user["creationType"] = "Invitation"
    user["externalUserState"] = "Accepted"
    user["externalUserStateChangeDateTime"] = at
    user["identities"] = [{"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}]
    user["_alternativeSecurityId"] = identity


def write(user: GraphObject, values: Json) -> None:
    """Write mapped values; the target computes proxyAddresses and otherMails from the mail address (F121)."""
    for name, value in values.items():
        attributes.put(user, name, value)
    if "mail" in values:
        user["proxyAddresses"] = [f"SMTP:{values['mail']}"]
        user["otherMails"] = [values["mail"]]


def update_user(known: Index, user: GraphObject, values: Json) -> None:
    """Write changes to an existing user and keep the index right."""
    known.remove_user(user)
    write(user, values)
    known.add_user(user)


def soft_delete(tenant: Tenant, known: Index, user_id: str, at: str) -> GraphObject:
    """Into the deleted items for 30 days (F114)."""
    user = tenant.users.pop(user_id)
    known.remove_user(user)
    user["deletedDateTime"] = at
    tenant.deleted_items[user_id] = {"@odata.type": "#microsoft.graph.user", **user}
    return user


def restore(tenant: Tenant, known: Index, user_id: str) -> GraphObject:
    """Back from the deleted items."""
    user = tenant.deleted_items.pop(user_id)
    user.pop("@odata.type", None)
    user["deletedDateTime"] = None
    tenant.users[user_id] = user
    known.add_user(user)
    return user
