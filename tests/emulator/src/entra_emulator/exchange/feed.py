# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a tenant's Exchange directory follows its Entra directory: late, and without losing what Exchange knows better (F154).

Nothing is copied before the first request. Objects with which the scenario began are in Exchange from the beginning; every other object,
and every change, arrives after ``exchange_lag_seconds`` of virtual time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..provisioning.directory import addresses_of
from ..settings import Settings
from ..state import GraphObject, Tenant, World, moment, stamp
from . import addresslists, recipients

Objects = dict[str, tuple[str, GraphObject]]


def watch(world: World, settings: Settings) -> None:
    """Notes in every tenant what has changed by now, for the moment from which the lag counts. Without a lag that does not matter."""
    if settings.exchange_lag_seconds:
        for tenant in world.tenants.values():
            feed(tenant, settings, world.clock)


def feed(tenant: Tenant, settings: Settings, at: str) -> None:
    """Brings the tenant's Exchange directory to what has arrived at this time."""
    exchange = tenant.exchange
    latest = stamp(moment(at) - timedelta(seconds=settings.exchange_lag_seconds))
    objects: Objects = {
        key: (kind, thing)
        for kind, things in (("contact", tenant.contacts), ("group", tenant.groups), ("user", tenant.users))
        for key, thing in things.items()
    }
    taken = {address for things in (tenant.contacts, tenant.groups) for thing in things.values() for address in addresses_of(thing)}
    known = _known(tenant, settings, taken)
    for key, (kind, thing) in objects.items():
        if known.get(key) == thing:
            exchange.waiting.pop(key, None)
            continue
        now = _image(kind, thing, settings, taken)
        if exchange.received.get(key) == now:
            exchange.waiting.pop(key, None)
            known[key] = dict(thing)
        elif _arrived(tenant, key, _noticed(tenant, key, thing, at), latest, at):
            _receive(tenant, key, kind, thing, now, at)
            known[key] = dict(thing)
    for key in [key for key in exchange.received if key not in objects]:
        if _arrived(tenant, key, at, latest, at):
            _lose(tenant, key, at)
            known.pop(key, None)
    for key in [key for key in exchange.soft_deleted if key not in tenant.deleted_items and key not in objects]:
        del exchange.soft_deleted[key]


def _known(tenant: Tenant, settings: Settings, taken: set[str]) -> dict[str, GraphObject]:
    """Copies of what has been received; none of it counts when something else changed that decides about recipients."""
    basis = (settings.exchange_members, taken)
    if tenant.exchange._known[0] != basis:
        tenant.exchange._known = (basis, {})
    return tenant.exchange._known[1]


def _image(kind: str, thing: GraphObject, settings: Settings, taken: set[str]) -> list[Any]:
    """What decides about an object's recipient, to be compared with what was received before."""
    image = [thing.get(name) for name in recipients.RECEIVED[kind]]
    details = recipients.kind_of(kind, thing, settings.exchange_members)
    if details in recipients.MAIL_USERS and str(thing["mail"]).lower() in taken:
        details = None  # A contact or group has the address: the guest is without one (F154).
    return [*image, details]


def _noticed(tenant: Tenant, key: str, thing: GraphObject, at: str) -> str:
    """Since when an object that was not received yet, or is other than it was, is on its way."""
    if key in tenant.exchange.received:
        return at
    created = str(thing.get("createdDateTime") or "")
    return created if created > tenant.exchange.since else ""


def _arrived(tenant: Tenant, key: str, since: str, latest: str, at: str) -> bool:
    exchange = tenant.exchange
    if exchange.held.get(key, "") > at:
        return False
    exchange.held.pop(key, None)
    return exchange.waiting.setdefault(key, since) <= latest


def _receive(tenant: Tenant, key: str, kind: str, thing: GraphObject, image: list[Any], at: str) -> None:
    exchange, details = tenant.exchange, image[-1]
    exchange.waiting.pop(key, None)
    before = exchange.received.get(key)
    exchange.received[key] = image
    # A deleted recipient that returns is the one that it was.
    known = exchange.recipients.get(key) or exchange.soft_deleted.pop(key, None)
    if details is None:
        exchange.recipients.pop(key, None)
        return
    if known is not None and exchange.recipients.get(key) is known and _other_type_only(before, image):
        known |= recipients.values(thing, details)
        return
    record = dict(known or recipients.new(tenant, key, at)) | recipients.values(thing, details) | {"WhenSoftDeleted": None}
    if kind == "contact":
        record |= {"Name": thing["displayName"], "Identity": thing["displayName"]}
        record["DistinguishedName"] = recipients.distinguished_name(tenant, str(thing["displayName"]))
    if record.get("_mail") != thing["mail"] or known is None or known["RecipientTypeDetails"] != details:
        kept = [address for address in record.get("EmailAddresses", []) if not address.lower().startswith("smtp:")]
        record |= recipients.addresses(details, str(thing["mail"]), kept) | {"_mail": thing["mail"]}
    if not record.get("_hiddenHere"):
        record["HiddenFromAddressListsEnabled"] = recipients.hidden(thing, details)
    if record != known:
        written(record, at)
    exchange.recipients[key] = record


def _other_type_only(before: list[Any] | None, image: list[Any]) -> bool:
    """Whether nothing changed but the switch that says what external members are, which is no event in the service."""
    return before is not None and before[:-1] == image[:-1] and {before[-1], image[-1]} <= recipients.MAIL_USERS


def written(record: GraphObject, at: str) -> None:
    """What every write of a recipient does to it, whatever was written: it is sorted into the address lists anew (F151)."""
    record["WhenChangedUTC"] = at
    record["AddressListMembership"] = addresslists.membership(record)


def _lose(tenant: Tenant, key: str, at: str) -> None:
    """Deleted in Entra: what can be restored there leaves a record."""
    exchange = tenant.exchange
    exchange.waiting.pop(key, None)
    del exchange.received[key]
    record = exchange.recipients.pop(key, None)
    if record is not None and key in tenant.deleted_items:
        exchange.soft_deleted[key] = record | {"WhenSoftDeleted": at}
