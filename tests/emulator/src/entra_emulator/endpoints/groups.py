# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups and their members."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from .. import errors, expansion, odata, relations
from ..audit import audit
from ..bodies import BIND, GroupBody, directory_members
from ..call import NO_CONTENT, Call, Reply
from ..odata import GROUP, SERVICE_PRINCIPAL, USER, Kind
from ..router import Operation
from ..service import written
from ..state import GraphObject, Tenant, new_id
from .users import reference_id

REQUIRED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
MAXIMUM_BINDINGS = 20
ALREADY_MEMBER = "One or more added object references already exist for the following modified properties: 'members'."


def _visible(call: Call) -> list[GraphObject]:
    return list(call.service.replicas.collection("group", call.tenant.id, call.tenant.groups).values())


def find(call: Call) -> GraphObject:
    key = call.params["group"].lower()
    seen = call.service.replicas.read("group", call.tenant.id, key, call.tenant.groups.get(key))
    if seen is None:
        raise errors.not_found(call.params["group"])
    return seen


def _writable(call: Call) -> GraphObject:
    group = call.tenant.groups.get(str(find(call)["id"]))
    if group is None:
        raise errors.not_found(call.params["group"])
    return group


def list_groups(call: Call) -> Reply:
    return expansion.collection(call, GROUP, _visible(call))


def count_groups(call: Call) -> Reply:
    return odata.count(call, GROUP, _visible(call))


def get_group(call: Call) -> Reply:
    return expansion.single(call, GROUP, find(call))


def _sent(call: Call, *bound: str) -> GraphObject:
    """The properties of a body, in which these relations may be bound."""
    actions = {relation + BIND for relation in bound}
    return directory_members(GroupBody, {name: value for name, value in call.body.items() if name not in actions}, GROUP.properties)


def _bound(call: Call, relation: str) -> list[str]:
    """The ids of the objects that a body binds to a relation."""
    links = call.body.get(relation + BIND, [])
    if not isinstance(links, list):
        raise errors.bad_request(f"Invalid value specified for property '{relation}@odata.bind' of resource 'Group'.")
    if len(links) > MAXIMUM_BINDINGS:
        raise errors.bad_request(f"At most {MAXIMUM_BINDINGS} references can be added in one request.")
    bound = [reference_id({"@odata.id": link}) for link in links]
    for member in bound:
        _require_member(call.tenant, member)
    return bound


def create_group(call: Call) -> Reply:
    members, owners = _bound(call, "members"), _bound(call, "owners")
    sent = _sent(call, "members", "owners")
    for name in REQUIRED:
        if sent.get(name) is None:
            raise errors.bad_request(f"A value is required for property '{name}' of resource 'Group'.")
    group: GraphObject = {
        "id": new_id(),
        "deletedDateTime": None,
        "createdDateTime": call.world.clock,
        "groupTypes": [],
        "proxyAddresses": [],
        "mail": None,
        **sent,
    }
    written(call, "group", group["id"], None)
    call.tenant.groups[group["id"]] = group
    call.tenant.members[group["id"]] = members
    call.tenant.owners[group["id"]] = owners
    audit(call, "GroupManagement", "Core Directory", "Add group", group, "Group")
    return Reply(201, {"@odata.context": call.context("groups/$entity"), **odata.view(GROUP, group)})


def patch_group(call: Call) -> Reply:
    """Changes properties, or adds members: those who are bound join the others (F283)."""
    group = _writable(call)
    members, sent = _bound(call, "members"), _sent(call, "members")
    held = call.tenant.members.setdefault(group["id"], [])
    if any(member in held for member in members):
        raise errors.bad_request(ALREADY_MEMBER)
    written(call, "group", group["id"], group)
    group.update(sent)
    held += members
    audit(call, "GroupManagement", "Core Directory", "Update group", group, "Group")
    return NO_CONTENT


def delete_group(call: Call) -> Reply:
    group = _writable(call)
    written(call, "group", group["id"], group)
    del call.tenant.groups[group["id"]]
    call.tenant.deleted_items[group["id"]] = {"@odata.type": f"#{GROUP.type_name}", **group, "deletedDateTime": call.world.clock}
    audit(call, "GroupManagement", "Core Directory", "Delete group", group, "Group")
    return NO_CONTENT


# Members ------------------------------------------------------------------------------------------------------------


def _direct(tenant: Tenant, group_id: str) -> list[str]:
    return tenant.members.get(group_id, [])


def _transitive(tenant: Tenant, group_id: str) -> list[str]:
    """Everyone below a group, once, groups included."""
    found: dict[str, None] = {}
    waiting = list(_direct(tenant, group_id))
    while waiting:
        member = waiting.pop(0)
        if member not in found:
            found[member] = None
            waiting += _direct(tenant, member) if member in tenant.groups else []
    return list(found)


def _members(call: Call, transitive: bool, cast: Kind | None) -> list[GraphObject]:
    group_id = str(find(call)["id"])
    ids = _transitive(call.tenant, group_id) if transitive else list(_direct(call.tenant, group_id))
    return [{**item, "_kind": kind} for item, kind in relations.living(call.tenant, ids) if cast in (None, kind)]


MEMBER = Kind(
    "directoryObject",
    "directoryObjects",
    USER.properties | GROUP.properties,
    default=("id",),
    rules=USER.rules,
    searchable=USER.searchable,
)


def list_members(call: Call, transitive: bool, cast: Kind | None) -> Reply:
    items = _members(call, transitive, cast)
    if cast is not None:
        return odata.collection(call, cast, items)
    return odata.collection(call, MEMBER, items, typed=True)


def count_members(call: Call, transitive: bool, cast: Kind | None) -> Reply:
    return odata.count(call, cast or MEMBER, _members(call, transitive, cast))


def _require_member(tenant: Tenant, member: str) -> None:
    if member not in tenant.users and member not in tenant.groups:
        raise errors.not_found(member)


def add_member(call: Call) -> Reply:
    group, member = _writable(call), reference_id(call.body)
    _require_member(call.tenant, member)
    members = call.tenant.members.setdefault(group["id"], [])
    if member in members:
        raise errors.bad_request(ALREADY_MEMBER)
    members.append(member)
    audit(call, "GroupManagement", "Core Directory", "Add member to group", group, "Group")
    return NO_CONTENT


def remove_member(call: Call) -> Reply:
    group, member = _writable(call), call.params["member"].lower()
    members = call.tenant.members.get(group["id"], [])
    if member not in members:
        raise errors.not_found(call.params["member"])
    members.remove(member)
    audit(call, "GroupManagement", "Core Directory", "Remove member from group", group, "Group")
    return NO_CONTENT


def member_of(call: Call) -> Reply:
    """The groups that have the group as a member."""
    found = [group for group, _kind in relations.OF[GROUP]["memberOf"].of(call.tenant, str(find(call)["id"]))]
    return odata.collection(call, GROUP, found, typed=True, context="directoryObjects")


def list_references(call: Call) -> Reply:
    """The addresses of the members."""
    found = [{"@odata.id": f"{call.request.root}/directoryObjects/{item['id']}"} for item in _members(call, False, None)]
    return Reply(200, {"@odata.context": call.context("Collection($ref)"), "value": found})


def get_transitive_member(call: Call) -> Reply:
    member = call.params["member"].lower()
    for item in _members(call, True, None):
        if item["id"] == member:
            body = {"@odata.context": call.context("directoryObjects/$entity")}
            return Reply(200, {**body, **odata.served(item, MEMBER, odata.selected(call, MEMBER), True)})
    raise errors.not_found(call.params["member"])


CASTS: tuple[tuple[str, Kind | None], ...] = (
    ("", None),
    ("/microsoft.graph.user", USER),
    ("/microsoft.graph.group", GROUP),
    ("/microsoft.graph.servicePrincipal", SERVICE_PRINCIPAL),
)


def _member_operations() -> Iterator[Operation]:
    for relation, transitive in (("members", False), ("transitiveMembers", True)):
        for suffix, cast in CASTS:
            path = f"/groups/{{group}}/{relation}{suffix}"
            yield Operation("GET", path, partial(list_members, transitive=transitive, cast=cast), query=odata.LIST | odata.SEARCH)
            yield Operation("GET", path + "/$count", partial(count_members, transitive=transitive, cast=cast), query=odata.COUNTED)


OPERATIONS = [
    Operation("GET", "/groups", list_groups, query=odata.LIST | expansion.EXPAND | odata.SEARCH),
    Operation("GET", "/groups/$count", count_groups, query=odata.COUNTED),
    Operation("POST", "/groups", create_group, body=True),
    Operation("GET", "/groups/{group}", get_group, query=odata.SINGLE | expansion.EXPAND),
    Operation("PATCH", "/groups/{group}", patch_group, body=True),
    Operation("DELETE", "/groups/{group}", delete_group),
    *_member_operations(),
    Operation("GET", "/groups/{group}/members/$ref", list_references),
    Operation("GET", "/groups/{group}/memberOf", member_of, query=odata.LIST | odata.SEARCH),
    Operation("GET", "/groups/{group}/transitiveMembers/{member}", get_transitive_member, query=odata.SINGLE),
    Operation("POST", "/groups/{group}/members/$ref", add_member, body=True),
    Operation("DELETE", "/groups/{group}/members/{member}/$ref", remove_member),
]
