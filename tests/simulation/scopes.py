# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is in scope, by a model of its own: it knows the state of the service and the variables of a link, and no code of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from entra_emulator.state import Job, Synchronization, Tenant, World

from .tenants import DOMAIN, NAME, SOURCE, TARGET

Json = dict[str, Any]
Names = frozenset[str]
OUR_TAGS = "entra.cross_tenant_sync:"
TAG = f"{OUR_TAGS}restart_owed"


@dataclass(frozen=True)
class Link:
    """The configuration of the link in the state of the service."""

    principal: Json
    synchronization: Synchronization

    @property
    def id(self) -> str:
        """Of the service principal."""
        return str(self.principal["id"])

    @property
    def job(self) -> Job | None:
        """The job."""
        return next(iter(self.synchronization.jobs.values()), None)

    @property
    def runs(self) -> bool:
        """Whether the job is started."""
        return self.job is not None and self.job.schedule_state == "Active"

    @property
    def owes(self) -> bool:
        """Whether a pending restart is recorded."""
        return TAG in (self.principal.get("tags") or ())

    @property
    def everybody(self) -> bool:
        """Whether all users are in scope."""
        return self.synchronization.secrets.get("SyncAll", "").lower() == "true"


def links(world: World) -> list[Link]:
    """The configurations that serve the target, or have the name of the link."""
    tenant = world.tenants[SOURCE]
    found = []
    for principal_id, principal in tenant.service_principals.items():
        held = tenant.synchronizations.get(principal_id) or Synchronization()
        named = str(principal["displayName"]).casefold() == NAME.casefold()
        if held.secrets.get("CompanyId", "").lower() == TARGET or (named and not held.secrets.get("CompanyId")):
            found.append(Link(principal, held))
    return found


def the_link(world: World) -> Link | None:
    """The configuration, if there is exactly one."""
    found = links(world)
    return found[0] if len(found) == 1 else None


def assigned(world: World, link: Link) -> dict[str, str]:
    """The effective assignments: the name of each principal with the id of its assignment."""
    tenant = world.tenants[SOURCE]
    role = next((one["id"] for one in link.principal.get("appRoles", ()) if one["displayName"] == "msiam_access"), None)
    held = tenant.assignments.get(link.id, {}).values()
    found = ((_name(tenant, one["principalId"]), str(one["id"])) for one in held if one["appRoleId"] == role)
    return {name: key for name, key in found if name}


def _name(tenant: Tenant, key: str) -> str | None:
    """The name of a user or a group; ``None`` if it was deleted, because the service does not list its assignments."""
    held = tenant.users.get(key) or tenant.groups.get(key)
    return str(held.get("userPrincipalName") or held["displayName"]) if held else None


def expanded(world: World, names: Iterable[str]) -> Names:
    """The users among these names, and the direct members of the groups among them."""
    tenant = world.tenants[SOURCE]
    users = {str(user["userPrincipalName"]).lower(): user for user in tenant.users.values()}
    groups = {group["displayName"]: key for key, group in tenant.groups.items()}
    found = set()
    for name in names:
        if name.lower() in users:
            found.add(users[name.lower()]["userPrincipalName"])
        elif name in groups:
            found |= {
                tenant.users[member]["userPrincipalName"] for member in tenant.members.get(groups[name], ()) if member in tenant.users
            }
    return frozenset(name for name in found if name.endswith(f"@{DOMAIN}"))


def everyone(world: World) -> Names:
    """All users of the source that are not external."""
    return frozenset(
        user["userPrincipalName"] for user in world.tenants[SOURCE].users.values() if user["userPrincipalName"].endswith(f"@{DOMAIN}")
    )


Filters = list[Any]


def filters_of(world: World) -> Filters:
    """The filters of the job, in the form of the variables, as far as the simulation writes them."""
    link = the_link(world)
    mapping = user_mapping(link.job) if link and link.job else None
    groups = ((mapping or {}).get("scope") or {}).get("groups") or ()
    return [
        {
            "name": group.get("name"),
            "clauses": [
                {
                    "attribute": clause["sourceOperandName"],
                    "operator": str(clause["operatorName"]).upper(),
                    "values": list((clause.get("targetOperand") or {}).get("values") or ()),
                }
                for clause in group.get("clauses") or ()
            ],
        }
        for group in groups
    ]


def user_mapping(job: Job) -> Json | None:
    """The mapping of users in the schema of a job."""
    return _mapping(job, "User")


def group_mapping(job: Job) -> Json | None:
    """The mapping of groups; many jobs have none (fact F218)."""
    return _mapping(job, "Group")


def _mapping(job: Job, kind: str) -> Json | None:
    for rule in job.job_schema.get("synchronizationRules") or ():
        for mapping in rule.get("objectMappings") or ():
            if str(mapping.get("sourceObjectName")) == kind:
                found: Json = mapping
                return found
    return None


def passing(world: World, names: Names, filters: Filters) -> Names:
    """Those whom the filters let pass: one filter of all is enough, and all of its clauses must hold."""
    if not filters:
        return names
    by_name = {user["userPrincipalName"]: user for user in world.tenants[SOURCE].users.values()}
    return frozenset(name for name in names if any(all(_holds(by_name[name], clause) for clause in one["clauses"]) for one in filters))


def _holds(user: Mapping[str, Any], clause: Mapping[str, Any]) -> bool:
    value = user.get(clause["attribute"])
    match clause["operator"].upper().replace("_", " "):
        case "IS NOT NULL":
            return bool(value)
        case "NOT EQUALS":
            return value not in clause["values"]
        case "EQUALS":
            return value in clause["values"]
    raise AssertionError(clause)


def scope_now(world: World) -> Names:
    """Who is in scope by the state of the service."""
    link = the_link(world)
    if link is None or link.job is None:
        return frozenset()
    names = everyone(world) if link.everybody else expanded(world, assigned(world, link))
    return passing(world, names, filters_of(world))


def scope_wished(world: World, wish: Mapping[str, Any]) -> Names:
    """Who is in scope after a run of this wish in this state."""
    if wish.get("link_state") == "absent":
        return frozenset()
    link = the_link(world)
    before = set(assigned(world, link)) if link else set()
    mode = wish.get("link_scope_mode") or ("all" if link and link.everybody else "assigned")
    named = {*wish.get("link_scope_users", ()), *wish.get("link_scope_groups", ())}
    names = everyone(world) if mode == "all" else expanded(world, named if wish.get("link_scope_exact") else named | before)
    return passing(world, names, wish["link_filters"] if "link_filters" in wish else filters_of(world))


def enabled(world: World, names: Names) -> Names:
    """Those whose accounts are not disabled."""
    users = world.tenants[SOURCE].users.values()
    return frozenset(user["userPrincipalName"] for user in users if user["userPrincipalName"] in names and user["accountEnabled"])


def groups_wished(world: World, wish: Mapping[str, Any]) -> Names:
    """The groups that are assigned after a run of this wish in this state."""
    if wish.get("link_state") == "absent":
        return frozenset()
    link = the_link(world)
    before = groups_assigned(world) if link else frozenset()
    named = frozenset(wish.get("link_scope_groups", ()))
    return named if wish.get("link_scope_exact") else named | before


def groups_assigned(world: World) -> Names:
    """The names of the groups that are assigned."""
    link = the_link(world)
    names = frozenset(group["displayName"] for group in world.tenants[SOURCE].groups.values())
    return names.intersection(assigned(world, link)) if link else frozenset()


def groups_follow(world: World) -> bool:
    """Whether the service synchronizes groups: both switches are on, and not everybody is in scope (facts F106, F214, F217)."""
    link = the_link(world)
    inbound = (world.tenants[TARGET].access_policy.identity_synchronizations.get(SOURCE) or {}).get("groupSyncInbound") or {}
    if link is None or link.job is None or link.everybody:
        return False
    return bool((group_mapping(link.job) or {}).get("enabled")) and bool(inbound.get("isSyncAllowed"))


def synced_groups(world: World) -> dict[str, list[str]]:
    """The groups in the target that synchronization made: the name of each group of the source with their ids."""
    names = {key: str(group["displayName"]) for key, group in world.tenants[SOURCE].groups.items()}
    found: dict[str, list[str]] = {}
    for key, group in world.tenants[TARGET].groups.items():
        if group.get("_source") and group["_source"][1] in names:
            found.setdefault(names[group["_source"][1]], []).append(key)
    return found


def accounts(world: World) -> dict[str, list[Json]]:
    """The accounts in the target of users of the source, by their names at home."""
    found: dict[str, list[Json]] = {}
    ending = f"_{DOMAIN}#EXT#"
    for user in world.tenants[TARGET].users.values():
        name = str(user["userPrincipalName"])
        if ending in name:
            found.setdefault(name.partition(ending)[0] + f"@{DOMAIN}", []).append(user)
    return found
