# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleted items: kept for 30 days, restored, or purged permanently (facts F53, F115)."""

from __future__ import annotations

from functools import partial

from .. import errors, odata
from ..audit import audit
from ..call import NO_CONTENT, Call, Reply
from ..odata import APPLICATION, GROUP, SERVICE_PRINCIPAL, USER, Kind
from ..permissions import DELETED_OBJECT
from ..router import Operation
from ..state import GraphObject
from .applications import restore_principal
from .users import resolve

ROOT = "/directory/deletedItems"
KINDS = {kind.name: kind for kind in (USER, GROUP, APPLICATION, SERVICE_PRINCIPAL)}


def _kind(item: GraphObject) -> Kind:
    return KINDS[str(item["@odata.type"]).rpartition(".")[2]]


def _of_kind(call: Call, kind: Kind) -> list[GraphObject]:
    items = [item for item in call.tenant.deleted_items.values() if _kind(item) is kind]
    return [{name: value for name, value in item.items() if name != "@odata.type"} for item in items]


def count_deleted(call: Call, kind: Kind) -> Reply:
    return odata.count(call, kind, _of_kind(call, kind))


def list_deleted(call: Call, kind: Kind) -> Reply:
    plain = _of_kind(call, kind)
    reply = odata.collection(call, kind, plain)
    if kind.default and "$select" not in call.request.query:
        dates = {item["id"]: item["deletedDateTime"] for item in plain}
        for shown in reply.body["value"]:
            shown.setdefault("deletedDateTime", dates[shown["id"]])
    return reply


def _find(call: Call, access: str) -> tuple[GraphObject, Kind]:
    item = call.tenant.deleted_items.get(call.params["item"].lower())
    if item is None:
        raise errors.not_found(call.params["item"])
    kind = _kind(item)
    if not call.caller.roles.intersection(DELETED_OBJECT[(access, kind.name)]):
        raise errors.denied()
    return item, kind


def _view(call: Call, item: GraphObject, kind: Kind) -> GraphObject:
    shown = odata.entity(call, kind, {name: value for name, value in item.items() if name != "@odata.type"})
    return {"@odata.context": call.context("directoryObjects/$entity"), "@odata.type": f"#{kind.type_name}", **shown}


def get_deleted(call: Call) -> Reply:
    item, kind = _find(call, "GET")
    return Reply(200, {**_view(call, item, kind), "deletedDateTime": item["deletedDateTime"]})


def restore(call: Call) -> Reply:
    item, kind = _find(call, "WRITE")
    tenant = call.tenant
    if kind is SERVICE_PRINCIPAL:
        restored = restore_principal(tenant, item, call.world.clock)
        audit(call, "ApplicationManagement", "Core Directory", "Restore service principal", restored, "ServicePrincipal")
        return Reply(200, _view(call, restored, kind))
    restored = {name: value for name, value in item.items() if name != "@odata.type"}
    restored["deletedDateTime"] = None
    if kind is USER and resolve(call, str(restored["userPrincipalName"])) is not None:
        raise errors.GraphError(
            400,
            "Request_BadRequest",
            "Another object with the same value for property userPrincipalName already exists.",
            [{"code": "ObjectConflict", "target": "userPrincipalName", "message": "The user principal name is taken."}],
        )
    homes = {"user": tenant.users, "group": tenant.groups, "application": tenant.applications}
    homes[kind.name][restored["id"]] = restored
    del tenant.deleted_items[restored["id"]]
    if kind is APPLICATION:
        for principal in [held for held in tenant.deleted_items.values() if _is_principal_of(held, restored)]:
            restore_principal(tenant, principal, call.world.clock)
    audit(call, f"{kind.name.capitalize()}Management", "Core Directory", f"Restore {kind.name}", restored, kind.name.capitalize())
    return Reply(200, _view(call, restored, kind))


def _is_principal_of(item: GraphObject, application: GraphObject) -> bool:
    """Whether it is the service principal that was deleted with the application, and is restored with it (F284)."""
    return _kind(item) is SERVICE_PRINCIPAL and item["appId"] == application["appId"]


def purge(call: Call) -> Reply:
    item, kind = _find(call, "WRITE")
    del call.tenant.deleted_items[item["id"]]
    audit(call, f"{kind.name.capitalize()}Management", "Core Directory", f"Hard Delete {kind.name}", item, kind.name.capitalize())
    return NO_CONTENT


OPERATIONS = [
    *[
        operation
        for kind in KINDS.values()
        for operation in (
            Operation("GET", f"{ROOT}/microsoft.graph.{kind.name}", partial(list_deleted, kind=kind), query=odata.LIST | odata.SEARCH),
            Operation("GET", f"{ROOT}/microsoft.graph.{kind.name}/$count", partial(count_deleted, kind=kind), query=odata.COUNTED),
        )
    ],
    Operation("GET", ROOT + "/{item}", get_deleted, query=odata.SINGLE),
    Operation("POST", ROOT + "/{item}/restore", restore),
    Operation("DELETE", ROOT + "/{item}", purge),
]
