# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States of a recipient that nothing but an administrator or a fault of the service brings about, made on request (F154, F155)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ..service import Service
from ..state import GraphObject, Tenant, new_id
from . import addresslists, recipients
from .feed import feed, written


class StateError(ValueError):
    """A state that cannot be made; the text says why."""


class State(BaseModel):
    """What is to be true of one user in Exchange; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    user: str = Field(description="The user: id, userPrincipalName or mail.")
    hidden: bool | None = Field(default=None, description="HiddenFromAddressListsEnabled, set in Exchange; Entra no longer changes it.")
    indexed: bool | None = Field(default=None, description="False: in none but the system's address lists, until the next write.")
    external_address: str | None = Field(default=None, description="ExternalEmailAddress and primary address, set in Exchange.")
    mailbox: bool | None = Field(default=None, description="Whether the user has a mailbox here.")
    contact: str | None = Field(default=None, description="Display name of a new contact that takes the user's address.")
    absent_until: str | None = Field(
        default=None, pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", description="No recipient until this virtual time."
    )
    custom_attributes: dict[str, str] = Field(default_factory=dict, description="CustomAttribute1 to 15.")


def find(tenant: Tenant, name: str) -> GraphObject:
    """A user by id, user principal name or mail address."""
    wanted = name.casefold()
    for user in tenant.users.values():
        if wanted in (str(user["id"]).casefold(), str(user["userPrincipalName"]).casefold(), str(user.get("mail")).casefold()):
            return user
    raise StateError(f"{name} is not a user of {tenant.display_name}.")


def make(service: Service, tenant: Tenant, state: State) -> None:
    """Brings one state about.

    :raises StateError: when the user does not exist, or the state needs a recipient and there is none.
    """
    user, clock = find(tenant, state.user), service.world.clock
    if state.mailbox is not None:
        user["_exchangeLicensed"] = state.mailbox
    if state.contact is not None:
        _take_address(tenant, user, state.contact)
    if state.absent_until is not None:
        _withdraw(tenant, str(user["id"]), state.absent_until)
    feed(tenant, service.settings, clock)
    if state.hidden is None and state.indexed is None and state.external_address is None and not state.custom_attributes:
        return
    record = tenant.exchange.recipients.get(str(user["id"]))
    if record is None:
        raise StateError(f"{state.user} is no recipient of {tenant.display_name}.")
    _diverge(record, state, clock)


def _take_address(tenant: Tenant, user: GraphObject, name: str) -> None:
    """The contact has the address from now on, and the user is without mail (F154)."""
    mail = user.get("mail")
    if not mail:
        raise StateError(f"{user['userPrincipalName']} has no mail address that a contact could take.")
    contact: GraphObject = {"id": new_id(), "deletedDateTime": None, "displayName": name, "mail": mail}
    contact |= {"mailNickname": mail.partition("@")[0], "proxyAddresses": [f"SMTP:{mail}"], "addresses": [], "phones": []}
    tenant.contacts[contact["id"]] = contact
    user |= {"mail": None, "proxyAddresses": [], "otherMails": [mail]}


def _withdraw(tenant: Tenant, key: str, until: str) -> None:
    exchange = tenant.exchange
    exchange.held[key] = until
    for held in (exchange.recipients, exchange.received, exchange.waiting):
        held.pop(key, None)
    exchange._known[1].pop(key, None)


def _diverge(record: GraphObject, state: State, clock: str) -> None:
    if state.hidden is not None:
        record |= {"HiddenFromAddressListsEnabled": state.hidden, "_hiddenHere": True}
    if state.external_address is not None:
        record |= recipients.addresses(record["RecipientTypeDetails"], state.external_address, [])
    for name, value in state.custom_attributes.items():
        if name not in recipients.CUSTOM_ATTRIBUTES:
            raise StateError(f"There is no {name}.")
        record[name] = value
    written(record, clock)
    if state.indexed is False:
        record["AddressListMembership"] = addresslists.indexes(record)
