# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Who holds directory roles in a tenant, and who is eligible for them, also through groups (facts F159 to F161).

All holders are listed: a tenant has far fewer of them than a link has users, and the number of requests does not grow with the users.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from ...graph.batch import read_all
from ...graph.client import Client, Request
from ...graph.errors import ServiceError
from ...graph.odata import LARGEST_IN, quoted
from ..directory import members_of_all
from ..permissions import ELIGIBLE_ROLES, GROUPS, ROLES, OneOf

ROOT = "/roleManagement/directory"
DEFINITIONS = f"{ROOT}/roleDefinitions?$select=id,displayName"
ASSIGNMENTS = f"{ROOT}/roleAssignments?$expand=principal"
ELIGIBLE = f"{ROOT}/roleEligibilityScheduleInstances?$expand=principal"
NO_LICENCE = "AadPremiumLicenseRequired"
"""Without the licence, nobody is eligible for a role (fact F160)."""
FILTER_NEEDED = 400

Raw = Mapping[str, Any]
Read = TypeVar("Read")


@dataclass(frozen=True)
class Roles:
    """The roles of users, in words by user id, and what could not be checked, a sentence each."""

    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_checked: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Holding:
    principal: str
    """The id of a user, a group or a service principal."""
    role: str
    eligible: bool
    group: str | None
    """The name of the principal if it is a group; of one whose type is not known, its id."""

    def __str__(self) -> str:
        details = [*(["eligible"] if self.eligible else []), *([f"through group {self.group}"] if self.group else [])]
        return f"{self.role} ({', '.join(details)})" if details else self.role


def read_roles(client: Client, user_ids: Collection[str]) -> Roles:
    """The active and eligible roles of these users; ids in lower case.

    :raises GraphFailure: if something could not be read for another reason than a missing permission.
    """
    names = _permitted(lambda: _names(client)) or {}
    active, eligible = _permitted(lambda: _active(client, names)), _permitted(lambda: _eligible(client))
    rows = [*((raw, False) for raw in active or ()), *((raw, True) for raw in eligible or ())]
    holdings = [_holding(raw, names, is_eligible) for raw, is_eligible in rows]
    groups = {holding.principal for holding in holdings if holding.group}.difference(user_ids)
    members = _permitted(lambda: members_of_all(client, sorted(groups)))
    lacks = []
    if active is None:
        lacks.append(missing("roles" if eligible is None else "active roles", ROLES.read, client))
    elif eligible is None:
        lacks.append(missing("eligible roles", ELIGIBLE_ROLES.read, client))
    if members is None:
        lacks.append(missing("roles through groups", GROUPS.read, client))
    held: dict[str, dict[str, None]] = defaultdict(dict)
    for holding in holdings:
        held[holding.principal][str(holding)] = None
        for member in (members or {}).get(holding.principal, ()):
            held[member.id.lower()][str(holding)] = None
    return Roles({user_id: tuple(held[user_id]) for user_id in user_ids if user_id in held}, tuple(lacks))


def missing(what: str, one_of: OneOf, client: Client) -> str:
    """The sentence about what was not checked because a permission is missing."""
    return f"{what} not checked: permission {one_of[0]} is missing in tenant {client.tenant}"


def _permitted(read: Callable[[], Read]) -> Read | None:
    """What was read; ``None`` if a permission is missing."""
    try:
        return read()
    except ServiceError as error:
        if not error.denied:
            raise
        return None


def _names(client: Client) -> dict[str, str]:
    """The names of all roles by id."""
    return {str(raw["id"]).lower(): str(raw["displayName"]) for raw in client.pages(DEFINITIONS)}


def _active(client: Client, role_ids: Iterable[str]) -> list[Raw]:
    try:
        return list(client.pages(ASSIGNMENTS))
    except ServiceError as error:
        if error.status != FILTER_NEEDED:
            raise
    # The service may want a filter: its documentation contradicts itself (fact F159).
    answers = read_all(client, list(_by_role(role_ids)))
    return [raw for answer in answers for raw in client.members(answer.body)]


def _by_role(role_ids: Iterable[str]) -> Iterator[Request]:
    remaining = iter(role_ids)
    while chunk := list(islice(remaining, LARGEST_IN)):
        yield Request("GET", f"{ASSIGNMENTS}&$filter=roleDefinitionId%20in%20({','.join(map(quoted, chunk))})")


def _eligible(client: Client) -> list[Raw]:
    try:
        return list(client.pages(ELIGIBLE))
    except ServiceError as error:
        if not error.names(NO_LICENCE):
            raise
        return []


def _holding(raw: Raw, names: Mapping[str, str], eligible: bool) -> _Holding:
    """Of a principal that the application may not read, only type and id are known (fact F161)."""
    role, principal = str(raw["roleDefinitionId"]), raw.get("principal") or {}
    holder = str(raw["principalId"])
    kind = str(principal.get("@odata.type") or "").rpartition(".")[2]
    group = str(principal.get("displayName") or holder) if kind in ("group", "") else None
    return _Holding(holder.lower(), names.get(role.lower(), f"role {role}"), eligible, group)
