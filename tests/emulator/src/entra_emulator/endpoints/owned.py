# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user owns: groups, applications and service principals (facts F161, F162)."""

from __future__ import annotations

from dataclasses import replace

from .. import errors, limited, odata
from ..call import Call, Reply
from ..errors import bad_request
from ..odata import APPLICATION, GROUP, SERVICE_PRINCIPAL, USER, Kind
from ..permissions import PERMISSIONS
from ..router import Operation
from ..state import GraphObject, Tenant
from .users import find, visible

MOST_EXPANDED = 20
"""$expand shows no more, and has no next page."""
PATH = "/users/{user}/ownedObjects"


def of(tenant: Tenant, user_id: str) -> list[tuple[GraphObject, Kind]]:
    """The living objects of which the user is an owner, with their types."""
    homes = ((tenant.groups, GROUP), (tenant.applications, APPLICATION), (tenant.service_principals, SERVICE_PRINCIPAL))
    return [(item, kind) for items, kind in homes for item in items.values() if user_id in tenant.owners.get(str(item["id"]), ())]


def list_owned(call: Call) -> Reply:
    items = [{**limited.shown(call, item, kind), "_kind": kind} for item, kind in of(call.tenant, str(find(call)["id"]))]
    return odata.collection(call, odata.OWNED, items, typed=True, context="directoryObjects")


def list_users(call: Call) -> Reply:
    """Users, with ``$expand=ownedObjects`` each with what they own."""
    wanted = call.request.query.get("$expand")
    if wanted is None:
        return odata.collection(call, USER, visible(call))
    if wanted != "ownedObjects":
        raise bad_request(f"Parsing OData Select and Expand failed: Could not find a property named '{wanted}' on type '{USER.type_name}'.")
    if call.advanced and call.request.query.get("$count") == "true":
        raise bad_request("$expand is not supported with advanced queries.", "Request_UnsupportedQuery")
    if not call.caller.roles.intersection(PERMISSIONS[("GET", PATH)]):
        raise errors.forbidden(call.request.path)
    select = call.request.query.get("$select")
    added = select is not None and "id" not in select.split(",")
    query = {**call.request.query, "$select": f"{select},id"} if added else call.request.query
    reply = odata.collection(replace(call, request=replace(call.request, query=query)), USER, visible(call))
    for shown in reply.body["value"]:
        user_id = shown.pop("id") if added else shown["id"]
        shown["ownedObjects"] = [limited.shown(call, item, kind) for item, kind in of(call.tenant, user_id)][:MOST_EXPANDED]
    return reply


OPERATIONS = [
    Operation("GET", "/users", list_users, query=odata.LIST | {"$expand"}),
    Operation("GET", PATH, list_owned, query=frozenset({"$select", "$top", "$skiptoken"})),
]
