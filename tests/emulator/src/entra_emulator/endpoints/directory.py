# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contacts and getByIds."""

from __future__ import annotations

from .. import errors, odata
from ..bodies import GetByIds, read
from ..call import Call, Reply
from ..odata import APPLICATION, CONTACT, GROUP, SERVICE_PRINCIPAL, USER
from ..router import Operation
from ..state import GraphObject

MAXIMUM_IDS = 1000


def list_contacts(call: Call) -> Reply:
    return odata.collection(call, CONTACT, call.tenant.contacts.values())


def get_contact(call: Call) -> Reply:
    found = call.tenant.contacts.get(call.params["contact"].lower())
    if found is None:
        raise errors.not_found(call.params["contact"])
    return odata.single(call, CONTACT, found)


def get_by_ids(call: Call) -> Reply:
    """The objects with these ids, of these types; unknown ids are left out silently."""
    sent = read(GetByIds, call.body)
    if not sent.ids or len(sent.ids) > MAXIMUM_IDS:
        raise errors.bad_request(f"The number of ids must be between 1 and {MAXIMUM_IDS}.")
    tenant, replicas = call.tenant, call.service.replicas
    sources = (
        (USER, "user", "", tenant.users),
        (GROUP, "group", "", tenant.groups),
        (SERVICE_PRINCIPAL, "application", "servicePrincipal/", tenant.service_principals),
        (APPLICATION, "application", "application/", tenant.applications),
        (CONTACT, "user", "contact/", tenant.contacts),
    )
    found: list[GraphObject] = []
    for kind, lag, prefix, items in sources:
        if sent.types and kind.name.casefold() not in {name.casefold() for name in sent.types} | {"directoryobject"} & set(sent.types):
            continue
        for object_id in sent.ids:
            seen = replicas.read(lag, tenant.id, prefix + object_id, items.get(object_id))
            if seen is not None:
                found.append({"@odata.type": f"#{kind.type_name}", **odata.entity(call, kind, seen)})
    return Reply(200, {"@odata.context": call.context("directoryObjects"), "value": found})


OPERATIONS = [
    Operation("GET", "/contacts", list_contacts, query=odata.LIST),
    Operation("GET", "/contacts/{contact}", get_contact, query=odata.SINGLE),
    Operation("POST", "/directoryObjects/getByIds", get_by_ids, body=True),
]
