# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of a job: the assigned users and the direct members of assigned groups, or all users (F57, F109, F111)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from entra_emulator.provisioning import memory
from entra_emulator.state import GraphObject, Job, Tenant

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
ROLE = "msiam_access"


@dataclass(frozen=True)
class Candidate:
    """One person the job has to look at."""

    id: str
    user: GraphObject | None
    deleted: bool
    assigned: bool
    entitled: bool


@dataclass(frozen=True)
class Assignments:
    """The configuration's assignments resolved: person or group id to whether the role entitles to provisioning."""

    people: dict[str, bool]
    groups: dict[str, bool]
    memberships: int


def assignments(tenant: Tenant, sp_id: str) -> Assignments:
    """Only direct members of a group count, nested groups never (F109). Any one entitling way in is enough."""
    entitling = roles(tenant, sp_id)
    people: dict[str, bool] = {}
    groups: dict[str, bool] = {}
    memberships = 0
    for assignment in tenant.assignments.get(sp_id, {}).values():
        principal, entitled = assignment["principalId"], assignment["appRoleId"] in entitling
        if principal in tenant.groups:
            groups[principal] = groups.get(principal, False) or entitled
            for member in tenant.members.get(principal, []):
                if member in tenant.users:
                    memberships += 1
                    people[member] = people.get(member, False) or entitled
        elif principal in tenant.users:
            people[principal] = people.get(principal, False) or entitled
    return Assignments(people, groups, memberships)


def roles(tenant: Tenant, sp_id: str) -> frozenset[str]:
    """The app roles that entitle: every role the application defines. Default access never does (F108)."""
    defined = tenant.service_principals.get(sp_id, {}).get("appRoles") or []
    return frozenset(role["id"] for role in defined if role.get("isEnabled", True)) - {DEFAULT_ACCESS}


def sync_all(tenant: Tenant, sp_id: str, job: Job) -> bool:
    """Whether all users are in scope. A change from true to false waits for a restart (F62)."""
    synchronization = tenant.synchronizations[sp_id]
    wanted = str(synchronization.secrets.get("SyncAll", "false")).lower() == "true"
    own = memory.of(job)
    own["sync_all"] = wanted or bool(own.get("sync_all"))
    return bool(own["sync_all"])


def candidates(tenant: Tenant, job: Job, assigned: Assignments, all_users: bool) -> Iterator[Candidate]:
    """Everyone in scope, then everyone the job has provisioned before and who is no longer there."""
    for user_id in tenant.users if all_users else assigned.people:
        yield candidate(tenant, user_id, assigned, all_users)
    for user_id in list(job.links):
        gone_from_scope = user_id not in tenant.users or (not all_users and user_id not in assigned.people)
        if gone_from_scope and user_id not in tenant.groups and not memory.known(job, user_id).get("group"):
            yield candidate(tenant, user_id, assigned, all_users)


def candidate(tenant: Tenant, user_id: str, assigned: Assignments, all_users: bool) -> Candidate:
    """One person by id, who may be deleted or even purged from the source."""
    user = tenant.users.get(user_id)
    deleted = user is None
    entitled = all_users or assigned.people.get(user_id, False)
    return Candidate(user_id, user or tenant.deleted_items.get(user_id), deleted, all_users or user_id in assigned.people, entitled)
