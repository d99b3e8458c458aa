# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is assigned to a configuration: appRoleAssignedTo (fact F107)."""

from __future__ import annotations

import base64
import uuid
from dataclasses import replace

from .. import errors, odata
from ..audit import audit_assignment
from ..bodies import Assignment, read
from ..call import NO_CONTENT, Call, Reply
from ..odata import ASSIGNMENT
from ..router import Operation
from ..service import find_service_principal, written
from ..state import GraphObject
from . import groups, users

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"


def _visible(call: Call, sp_id: str) -> list[GraphObject]:
    held = call.tenant.assignments.get(sp_id, {})
    seen = call.service.replicas.collection("assignment", call.tenant.id, held, f"{sp_id}/").values()
    alive = (call.tenant.users, call.tenant.groups, call.tenant.service_principals)
    return [item for item in seen if any(item["principalId"] in objects for objects in alive)]


def list_assignments(call: Call) -> Reply:
    principal = find_service_principal(call)
    return odata.collection(call, ASSIGNMENT, _visible(call, principal["id"]), context="appRoleAssignments")


def count_assignments(call: Call) -> Reply:
    return odata.count(call, ASSIGNMENT, _visible(call, find_service_principal(call)["id"]))


def get_assignment(call: Call) -> Reply:
    principal = find_service_principal(call)
    return odata.single(call, ASSIGNMENT, _named(call, _visible(call, principal["id"])))


def _principal(call: Call, principal_id: str) -> tuple[str, GraphObject]:
    """The person, group or application that is assigned; a stale replica makes the reference invalid (F5)."""
    tenant, replicas = call.tenant, call.service.replicas
    kinds = (
        ("User", "user", "", tenant.users),
        ("Group", "group", "", tenant.groups),
        ("ServicePrincipal", "application", "servicePrincipal/", tenant.service_principals),
    )
    for name, kind, prefix, items in kinds:
        if principal_id in items:
            if replicas.read(kind, tenant.id, prefix + principal_id, items[principal_id]) is None:
                raise errors.not_valid_reference("principalId")
            return name, items[principal_id]
    raise errors.not_found(principal_id)


def _holder(call: Call) -> GraphObject:
    """The user or group in the path."""
    return users.find(call) if "user" in call.params else groups.find(call)


def _of_principal(call: Call) -> list[GraphObject]:
    holder = _holder(call)["id"]
    return [item for sp_id in list(call.tenant.assignments) for item in _visible(call, sp_id) if item["principalId"] == holder]


def list_of_principal(call: Call) -> Reply:
    return odata.collection(call, ASSIGNMENT, _of_principal(call), context="appRoleAssignments")


def get_of_principal(call: Call) -> Reply:
    return odata.single(call, ASSIGNMENT, _named(call, _of_principal(call)))


def _named(call: Call, items: list[GraphObject]) -> GraphObject:
    for item in items:
        if item["id"] == call.params["assignment"]:
            return item
    raise errors.not_found(call.params["assignment"])


def create_of_principal(call: Call) -> Reply:
    """The same assignment, from the other side: the body names the resource."""
    holder, sent = _holder(call), read(Assignment, call.body)
    if sent.principalId != holder["id"]:
        raise errors.bad_request("Invalid value specified for property 'principalId' of resource 'AppRoleAssignment'.")
    return create_assignment(_towards(call, sent.resourceId))


def delete_of_principal(call: Call) -> Reply:
    return delete_assignment(_towards(call, str(_named(call, _of_principal(call))["resourceId"])))


def _towards(call: Call, sp_id: str) -> Call:
    return replace(call, params={**call.params, "sp": sp_id})


def create_assignment(call: Call) -> Reply:
    sp_id = call.params.get("sp", "").lower()
    held_principal = call.tenant.service_principals.get(sp_id)
    if held_principal and call.service.replicas.read("application", call.tenant.id, f"servicePrincipal/{sp_id}", held_principal) is None:
        raise errors.not_valid_reference("resourceId")
    resource = find_service_principal(call)
    sent = read(Assignment, call.body)
    if sent.resourceId != resource["id"]:
        raise errors.bad_request("Invalid value specified for property 'resourceId' of resource 'AppRoleAssignment'.")
    kind, principal = _principal(call, sent.principalId)
    roles = {role["id"] for role in resource["appRoles"] if role["isEnabled"]} | {DEFAULT_ACCESS}
    if sent.appRoleId not in roles:
        raise errors.bad_request("Permission being assigned was not found on application")
    held = call.tenant.assignments.setdefault(resource["id"], {})
    if any(item["principalId"] == sent.principalId and item["appRoleId"] == sent.appRoleId for item in held.values()):
        raise errors.assignment_exists()
    assignment: GraphObject = {
        "id": assignment_id(sent.principalId),
        "deletedDateTime": None,
        "appRoleId": sent.appRoleId,
        "createdDateTime": call.world.clock,
        "principalDisplayName": principal.get("displayName"),
        "principalId": sent.principalId,
        "principalType": kind,
        "resourceDisplayName": resource["displayName"],
        "resourceId": resource["id"],
    }
    written(call, "assignment", f"{resource['id']}/{assignment['id']}", None)
    held[assignment["id"]] = assignment
    audit_assignment(call, True, resource, assignment, principal)
    return Reply(201, {"@odata.context": call.context("appRoleAssignments/$entity"), **odata.entity(call, ASSIGNMENT, assignment)})


def assignment_id(principal_id: str) -> str:
    """An opaque base64url id; the service's begin with the principal's id."""
    return base64.urlsafe_b64encode(uuid.UUID(principal_id).bytes_le + uuid.uuid4().bytes).decode().rstrip("=")


def delete_assignment(call: Call) -> Reply:
    resource = find_service_principal(call)
    held = call.tenant.assignments.setdefault(resource["id"], {})
    key = call.params["assignment"]
    if key not in held:
        raise errors.not_found(key)
    written(call, "assignment", f"{resource['id']}/{key}", held[key])
    removed = held.pop(key)
    kinds = (call.tenant.users, call.tenant.groups, call.tenant.service_principals)
    gone = {"id": removed["principalId"], "displayName": removed["principalDisplayName"]}
    principal = next((items[removed["principalId"]] for items in kinds if removed["principalId"] in items), gone)
    audit_assignment(call, False, resource, removed, principal)
    return NO_CONTENT


PATH = "/servicePrincipals/{sp}/appRoleAssignedTo"
BY_APP = "/servicePrincipals(appId='{app}')/appRoleAssignedTo"

OPERATIONS = [
    Operation("GET", PATH, list_assignments, query=odata.LIST),
    Operation("POST", PATH, create_assignment, body=True),
    Operation("GET", PATH + "/$count", count_assignments, query=odata.COUNTED),
    Operation("GET", PATH + "/{assignment}", get_assignment, query=odata.SINGLE),
    Operation("DELETE", PATH + "/{assignment}", delete_assignment),
    Operation("GET", BY_APP, list_assignments, query=odata.LIST),
    Operation("POST", BY_APP, create_assignment, body=True),
    *[
        operation
        for path in ("/users/{user}/appRoleAssignments", "/groups/{group}/appRoleAssignments")
        for operation in (
            Operation("GET", path, list_of_principal, query=odata.LIST),
            Operation("POST", path, create_of_principal, body=True),
            Operation("GET", path + "/{assignment}", get_of_principal, query=odata.SINGLE),
            Operation("DELETE", path + "/{assignment}", delete_of_principal),
        )
    ],
]
