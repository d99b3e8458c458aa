# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The relations between directory objects, which have paths of their own and can be expanded (facts F161, F286)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from .odata import APPLICATION, GROUP, SERVICE_PRINCIPAL, USER, Kind
from .state import GraphObject, Tenant

Found = tuple[GraphObject, Kind]


@dataclass(frozen=True)
class Relation:
    """``of`` returns the living objects to which an object is related, with their types."""

    of: Callable[[Tenant, str], Iterable[Found]]
    path: str
    """Its own path, whose permissions are needed to expand it."""
    single: bool = False


def living(tenant: Tenant, members: Iterable[str]) -> Iterator[Found]:
    """The users and groups behind ids; deleted ones are not members any more."""
    for member in members:
        if member in tenant.users:
            yield tenant.users[member], USER
        elif member in tenant.groups:
            yield tenant.groups[member], GROUP


def _members(tenant: Tenant, group_id: str) -> Iterator[Found]:
    return living(tenant, tenant.members.get(group_id, ()))


def _member_of(tenant: Tenant, object_id: str) -> list[Found]:
    return [(group, GROUP) for group_id, group in tenant.groups.items() if object_id in tenant.members.get(group_id, ())]


def _owners(tenant: Tenant, object_id: str) -> list[Found]:
    return [(tenant.users[owner], USER) for owner in tenant.owners.get(object_id, ()) if owner in tenant.users]


def owned(tenant: Tenant, user_id: str) -> list[Found]:
    """The objects of which a user is an owner."""
    homes = ((tenant.groups, GROUP), (tenant.applications, APPLICATION), (tenant.service_principals, SERVICE_PRINCIPAL))
    return [(item, kind) for items, kind in homes for item in items.values() if user_id in tenant.owners.get(str(item["id"]), ())]


def _manager(tenant: Tenant, user_id: str) -> list[Found]:
    manager = tenant.users.get(tenant.managers.get(user_id, ""))
    return [(manager, USER)] if manager else []


OF: Mapping[Kind, Mapping[str, Relation]] = {
    USER: {
        "manager": Relation(_manager, "/users/{user}/manager", single=True),
        "memberOf": Relation(_member_of, "/users/{user}/memberOf"),
        "ownedObjects": Relation(owned, "/users/{user}/ownedObjects"),
    },
    GROUP: {
        "members": Relation(_members, "/groups/{group}/members"),
        "memberOf": Relation(_member_of, "/groups/{group}/memberOf"),
        "owners": Relation(_owners, "/groups/{group}/owners"),
    },
    APPLICATION: {"owners": Relation(_owners, "/applications/{application}/owners")},
    SERVICE_PRINCIPAL: {"owners": Relation(_owners, "/servicePrincipals/{sp}/owners")},
}
"""By the type of the object, then by name."""
