# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People: read, and written by tests and demonstrations."""

from __future__ import annotations

from .. import errors, expansion, odata, relations
from ..audit import audit
from ..bodies import UserBody, directory_members
from ..call import NO_CONTENT, Call, Reply
from ..errors import GraphError
from ..odata import GROUP, USER
from ..router import Operation
from ..service import written
from ..state import GraphObject, new_id

REQUIRED = ("accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile")


def visible(call: Call) -> list[GraphObject]:
    return list(call.service.replicas.collection("user", call.tenant.id, call.tenant.users).values())


def resolve(call: Call, name: str) -> GraphObject | None:
    """A person by id or user principal name, which is compared without case."""
    held = call.tenant.users.get(name.lower())
    if held is not None or "@" not in name:
        return held
    wanted = name.casefold()
    return next((user for user in call.tenant.users.values() if str(user["userPrincipalName"]).casefold() == wanted), None)


def find(call: Call) -> GraphObject:
    """The person in the path; 404 when absent or not replicated."""
    name = call.params["user"]
    held = resolve(call, name)
    key = str(held["id"]) if held else name.lower()
    seen = call.service.replicas.read("user", call.tenant.id, key, held)
    if seen is None:
        raise errors.not_found(name)
    return seen


def _writable(call: Call) -> GraphObject:
    """The person in the path for a change, which needs the person itself and not a replica's copy."""
    user = call.tenant.users.get(str(find(call)["id"]))
    if user is None:
        raise errors.not_found(call.params["user"])
    return user


def list_users(call: Call) -> Reply:
    return expansion.collection(call, USER, visible(call))


def count_users(call: Call) -> Reply:
    return odata.count(call, USER, visible(call))


def get_user(call: Call) -> Reply:
    return expansion.single(call, USER, find(call))


def _taken(property_name: str) -> GraphError:
    message = f"Another object with the same value for property {property_name} already exists."
    details = [{"code": "ObjectConflict", "message": message, "target": property_name}]
    return GraphError(400, "Request_BadRequest", message, details)


def _check_name(call: Call, name: object, own_id: str | None) -> None:
    """User principal names are unique and end in a verified domain."""
    if not isinstance(name, str) or "@" not in name:
        raise errors.bad_request("Invalid value specified for property 'userPrincipalName' of resource 'User'.")
    other = resolve(call, name)
    if other is not None and other["id"] != own_id:
        raise _taken("userPrincipalName")
    domain = name.rpartition("@")[2].lower()
    if domain not in {known.lower() for known in (*call.tenant.domains, call.tenant.initial_domain)}:
        raise errors.bad_request(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your "
            "organization."
        )


def create_user(call: Call) -> Reply:
    sent = directory_members(UserBody, call.body, USER.properties)
    for name in REQUIRED:
        if sent.get(name) is None:
            raise errors.bad_request(f"A value is required for property '{name}' of resource 'User'.")
    _check_name(call, sent["userPrincipalName"], None)
    sent.pop("passwordProfile")
    user: GraphObject = {
        "id": new_id(),
        "deletedDateTime": None,
        "createdDateTime": call.world.clock,
        "userType": "Member",
        "businessPhones": [],
        "otherMails": [],
        "proxyAddresses": [f"SMTP:{sent['mail']}"] if sent.get("mail") else [],
        "identities": [
            {"signInType": "userPrincipalName", "issuer": call.tenant.initial_domain, "issuerAssignedId": sent["userPrincipalName"]}
        ],
        **sent,
    }
    written(call, "user", user["id"], None)
    call.tenant.users[user["id"]] = user
    audit(call, "UserManagement", "Core Directory", "Add user", user, "User")
    return Reply(201, {"@odata.context": call.context("users/$entity"), **odata.view(USER, user)})


def patch_user(call: Call) -> Reply:
    user = _writable(call)
    sent = directory_members(UserBody, call.body, USER.properties)
    sent.pop("passwordProfile", None)
    if "userPrincipalName" in sent:
        _check_name(call, sent["userPrincipalName"], user["id"])
    if "mail" in sent:
        sent["proxyAddresses"] = [f"SMTP:{sent['mail']}"] if sent["mail"] else []
    written(call, "user", user["id"], user)
    user.update(sent)
    audit(call, "UserManagement", "Core Directory", "Update user", user, "User")
    return NO_CONTENT


def delete_user(call: Call) -> Reply:
    """Into the deleted items; memberships and assignments come back with a restore."""
    user = _writable(call)
    written(call, "user", user["id"], user)
    del call.tenant.users[user["id"]]
    call.tenant.deleted_items[user["id"]] = {"@odata.type": f"#{USER.type_name}", **user, "deletedDateTime": call.world.clock}
    audit(call, "UserManagement", "Core Directory", "Delete user", user, "User")
    return NO_CONTENT


def _groups_of(call: Call) -> list[GraphObject]:
    return [group for group, _kind in relations.OF[USER]["memberOf"].of(call.tenant, str(find(call)["id"]))]


def member_of(call: Call) -> Reply:
    typed = "microsoft.graph.group" not in call.request.path.lower()
    return odata.collection(call, GROUP, _groups_of(call), typed=typed, context="directoryObjects" if typed else "groups")


def count_member_of(call: Call) -> Reply:
    return odata.count(call, GROUP, _groups_of(call))


def get_member_of(call: Call) -> Reply:
    for group in _groups_of(call):
        if group["id"] == call.params["group"].lower():
            return odata.single(call, GROUP, group, {"@odata.type": f"#{GROUP.type_name}"})
    raise errors.not_found(call.params["group"])


def get_manager(call: Call) -> Reply:
    user = find(call)
    manager = call.tenant.users.get(call.tenant.managers.get(user["id"], ""))
    if manager is None:
        raise errors.not_found("manager")
    body = {"@odata.context": call.context("directoryObjects/$entity"), "@odata.type": f"#{USER.type_name}"}
    return Reply(200, {**body, **odata.view(USER, manager, odata.selected(call, USER))})


def reference_id(body: object) -> str:
    """The object id in a ``$ref`` body."""
    if not isinstance(body, dict) or set(body) != {"@odata.id"} or not isinstance(body["@odata.id"], str):
        raise errors.bad_request("A value is required for property '@odata.id' of resource.")
    return str(body["@odata.id"]).rstrip("/").rsplit("/", 1)[-1].lower()


def put_manager(call: Call) -> Reply:
    user, manager_id = _writable(call), reference_id(call.body)
    if manager_id not in call.tenant.users:
        raise errors.not_found(manager_id)
    call.tenant.managers[user["id"]] = manager_id
    return NO_CONTENT


def delete_manager(call: Call) -> Reply:
    if call.tenant.managers.pop(_writable(call)["id"], None) is None:
        raise errors.not_found("manager")
    return NO_CONTENT


OPERATIONS = [
    Operation("GET", "/users", list_users, query=odata.LIST | expansion.EXPAND | odata.SEARCH),
    Operation("GET", "/users/$count", count_users, query=odata.COUNTED),
    Operation("POST", "/users", create_user, body=True),
    Operation("GET", "/users/{user}", get_user, query=odata.SINGLE | expansion.EXPAND),
    Operation("PATCH", "/users/{user}", patch_user, body=True),
    Operation("DELETE", "/users/{user}", delete_user),
    *[
        operation
        for path in ("/users/{user}/memberOf", "/users/{user}/memberOf/microsoft.graph.group")
        for operation in (
            Operation("GET", path, member_of, query=odata.LIST | odata.SEARCH),
            Operation("GET", path + "/$count", count_member_of, query=odata.COUNTED),
        )
    ],
    Operation("GET", "/users/{user}/memberOf/{group}", get_member_of, query=odata.SINGLE),
    Operation("GET", "/users/{user}/manager", get_manager, query=odata.SINGLE),
    Operation("PUT", "/users/{user}/manager/$ref", put_manager, body=True),
    Operation("DELETE", "/users/{user}/manager/$ref", delete_manager),
]
