# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The scope: which users are synchronized. The mode is a key of the settings bag, users and groups are assigned (facts F61, F107)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from sys import intern
from typing import Any, TypedDict

from ..graph.client import Client, Request
from ..plan import NO_PATH, Action, Plan, Refusal, Resource
from . import change, find_configuration, group_kinds, job, people, settings_bag
from .directory import Principal, by_ids, count_members, find_groups, find_people, group_requests, listed, members_of_all, pick_groups
from .find_configuration import Configuration, Raw
from .group_kinds import ASSIGNED_ONLY, Becoming
from .population import Leaving, guard, leaving

ASSIGNED = "/appRoleAssignedTo?$top=999"
PARTS = ("/synchronization/secrets", ASSIGNED, job.JOBS)
"""Read together with the configuration: the settings bag, the first page of assignments and the job."""
SHOWN = 50
"""The largest number of assignments that a result lists in full; of more, only those that change."""
ALREADY_ASSIGNED = "InvalidUpdate"
"""The detail code of a repeated assignment (fact F107)."""


class AssignedPrincipal(TypedDict):
    """An assigned user or group as ``sync_scope`` returns it."""

    id: str
    type: str
    """``user`` or ``group``."""
    name: str
    """The user principal name of a user, the display name of a group."""


class ScopeFacts(TypedDict):
    """The scope as ``sync_scope`` returns it."""

    service_principal_id: str | None
    """``None`` while the configuration does not exist."""
    mode: str
    """``assigned`` or ``all``."""
    assigned: list[AssignedPrincipal] | None
    """``None`` if there are more than `SHOWN` and the full result is not requested."""
    assigned_users: int
    assigned_groups: int
    groups: list[Becoming] | None
    """``None`` unless the option ``group_sync`` asks for it."""


@dataclass(frozen=True)
class Desired:
    """The desired state. ``mode`` ``None`` leaves the mode unchanged. A limit that is ``None`` allows any number of users to leave, but not
    all of them: only ``allow_empty`` allows an empty scope.
    """

    tenant: str
    configuration: str
    absent: bool
    mode: str | None
    users: tuple[str, ...]
    groups: tuple[str, ...]
    exact: bool
    allow_empty: bool
    max_removals: int | None
    max_removal_percent: int | None
    restart_owed: bool
    """Whether an earlier task of this run has recorded a pending restart and paused the job."""
    restart_job: bool
    full_result: bool
    group_sync: bool = False
    """Whether the assigned groups are to become groups in the target."""

    @property
    def limited(self) -> bool:
        """Whether there is a limit that a number of leaving users can exceed."""
        return self.max_removals is not None or self.max_removal_percent not in (None, 100)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A user or group in scope, with the id by which the assignment is removed."""

    id: str
    principal: Principal
    role_id: str


@dataclass(frozen=True)
class Current:
    """The current state. ``configuration`` is ``None`` if it does not exist yet: then there are no assignments, as in a new one.
    ``named`` are the users and groups that the options name.
    """

    configuration: Configuration | None
    bag: Mapping[str, str] = field(default_factory=dict)
    assignments: tuple[Assignment, ...] = ()
    named: tuple[Principal, ...] = ()
    members: Mapping[str, tuple[Principal, ...]] = field(default_factory=dict)
    """The direct members of groups, by group id: of the groups to be assigned, and of all groups in scope if users may leave."""
    all_users: int | None = None
    """The number of users that mode ``all`` has in scope; ``None`` if no limit requires it."""
    job: Raw | None = None
    judged: bool = False
    """Whether the impact on users was computed, whose limits are exact. Those of the plan do not know filters."""
    groups_on: bool = False
    """Whether the job synchronizes groups, where its mappings were read."""


@dataclass(frozen=True)
class Goal:
    """The assignments to add and to remove, and the effective assignments before and after that, by the principal's id."""

    added: tuple[Principal, ...]
    removed: tuple[Assignment, ...]
    before: Mapping[str, Principal]
    after: Mapping[str, Principal]
    mode_before: str
    mode_after: str

    @property
    def may_leave(self) -> bool:
        """Whether users may leave, so that the members of groups must be read."""
        if self.mode_after == "all":
            return False
        return self.mode_before == "all" or bool(self.before.keys() - self.after.keys())


def desired(params: Mapping[str, Any]) -> Desired:
    """The desired state by the options of ``sync_scope``.

    :raises Refusal: when an option is invalid or cannot be combined with another.
    """
    absent = params["state"] == "absent"
    users, groups = tuple(params.get("users") or ()), tuple(params.get("groups") or ())
    if absent and (params["exact"] or params.get("mode")):
        raise Refusal("state absent removes the named users and groups from the scope; exact and mode cannot be combined with it")
    if absent and not users and not groups:
        raise Refusal("state absent requires users or groups to remove from the scope")
    if params["exact"] and params.get("users") is None and params.get("groups") is None:
        raise Refusal("exact requires users or groups: the complete list of those in scope")
    if params.get("group_sync") and params.get("mode") == "all":
        raise Refusal(ASSIGNED_ONLY)
    if (params.get("max_removals") or 0) < 0:
        raise Refusal("max_removals must be 0 or more")
    if not 0 <= (params.get("max_removal_percent") or 0) <= 100:
        raise Refusal("max_removal_percent must be from 0 to 100")
    # A judged change keeps the limits already, by the users who pass the filters. Assignments do not show who they are.
    judged = params["judged"]
    return Desired(
        tenant=params["tenant_id"],
        configuration=params["configuration"],
        absent=absent,
        mode=params.get("mode"),
        users=users,
        groups=groups,
        exact=params["exact"],
        allow_empty=params["allow_empty"],
        max_removals=None if judged else params.get("max_removals"),
        max_removal_percent=None if judged else params.get("max_removal_percent"),
        restart_owed=params["restart_owed"],
        restart_job=params["restart_job"],
        full_result=params["full_result"],
        group_sync=bool(params.get("group_sync")),
    )


def read(client: Client, wanted: Desired) -> Current:
    """The configuration's mode and assignments, and the users and groups that the options name.

    :raises Refusal: naming all users and groups that are unknown or ambiguous.
    """
    configuration, bodies = find_configuration.find_with(client, wanted.configuration, *PARTS, also=group_requests(wanted.groups))
    if configuration is None:
        named = _named(client, wanted, (), find_groups(client, wanted.groups))
        return _with_members(client, Current(None, named=named), wanted)
    secrets, first_page, jobs, *listings = bodies
    assigned = assignments(client, configuration, first_page)
    named = _named(client, wanted, [assignment.principal for assignment in assigned], pick_groups(wanted.groups, listed(client, listings)))
    sync_job = find_configuration.only_job(list(client.members(jobs)), wanted.configuration)
    current = Current(configuration, settings_bag.parse(client.whole(secrets)), assigned, named, job=sync_job)
    if find_configuration.would_be_connected(client, configuration):
        current = connected(current)
    return _with_members(client, current, wanted)


def connected(current: Current) -> Current:
    """The state after ``sync_configuration``, which never leaves it open whether all users are in scope (fact F61)."""
    return replace(current, bag={"SyncAll": "false", **current.bag}) if current.configuration else current


def read_assigned(client: Client, name: str) -> Current:
    """The mode and the assignments of a configuration, without the names of users."""
    configuration, bodies = find_configuration.find_with(client, name, *PARTS[:2])
    if configuration is None:
        return Current(None)
    secrets, first_page = bodies
    assigned = assignments(client, configuration, first_page, named=False)
    return Current(configuration, settings_bag.parse(client.whole(secrets)), assigned)


def _with_members(client: Client, current: Current, wanted: Desired) -> Current:
    """Add the members of groups: of new groups, so that the warnings can name the users whom the service will skip; of all groups in
    scope, and the number of users in the tenant, only if users may leave.
    """
    goal = goal_of(current, wanted)
    groups = [principal for principal in goal.added if principal.kind == "group"]
    if goal.may_leave and (goal.mode_before == "assigned" or wanted.limited or not _users(goal.after)):
        groups += [*goal.before.values(), *goal.after.values()]
    members = members_of_all(client, dict.fromkeys(principal.id for principal in groups if principal.kind == "group"))
    counts = goal.may_leave and goal.mode_before == "all" and wanted.limited
    return replace(current, members=members, all_users=count_members(client) if counts else None)


def _users(principals: Mapping[str, Principal]) -> list[Principal]:
    return [principal for principal in principals.values() if principal.kind == "user" and not principal.external]


def assignments(client: Client, configuration: Configuration, first_page: Any = None, named: bool = True) -> tuple[Assignment, ...]:
    """All assignments of users and groups to a configuration; ``first_page`` is the body of `ASSIGNED` if it was read already. If they need
    not be ``named``, users have their display names, and nothing shows which of them are external.

    Names are read in batches of a thousand. There may be a hundred thousand assignments, so pages are not kept.
    """
    page = first_page or client.get(f"/servicePrincipals/{configuration.id}{ASSIGNED}")
    unnamed = [_assignment(raw) for raw in client.members(page) if raw.get("principalType") in ("User", "Group")]
    if not named:
        return tuple(unnamed)
    known = {principal.id: principal for principal in by_ids(client, (assignment.principal.id for assignment in unnamed))}
    return tuple(Assignment(found.id, known.get(found.principal.id, found.principal), found.role_id) for found in unnamed)


def _assignment(raw: Raw) -> Assignment:
    """An assignment, with the display name that it contains as the name of its principal."""
    principal_id = str(raw["principalId"])
    kind = "user" if raw["principalType"] == "User" else "group"
    principal = Principal(principal_id, kind, str(raw.get("principalDisplayName") or principal_id))
    return Assignment(str(raw["id"]), principal, intern(str(raw["appRoleId"])))


def _named(client: Client, wanted: Desired, known: Sequence[Principal], groups: Mapping[str, Principal]) -> tuple[Principal, ...]:
    """The users and groups that the options name. A user principal name is unique, so an assigned user needs no lookup."""
    assigned_users = [principal for principal in known if principal.kind == "user"]
    by_name = {user.name.lower(): user for user in assigned_users} | {user.id: user for user in assigned_users}
    unread = [name for name in wanted.users if name.lower() not in by_name]
    found = find_people(client, unread)
    users = [by_name.get(name.lower()) or found[name] for name in wanted.users]
    named = {principal.id: principal for principal in [*users, *(groups[name] for name in wanted.groups)]}
    client.reads.objects.update(named)
    return tuple(named.values())


def plan(current: Current, wanted: Desired) -> Plan:
    """The actions from the current state to the desired state.

    :raises Refusal: when more users would leave than allowed, or the configuration lacks the app role.
    """
    if current.configuration and current.configuration.role_id is None:
        raise Refusal(
            f"configuration {wanted.configuration!r} has no app role {find_configuration.ROLE!r}, without which an assignment has no effect"
        )
    goal = goal_of(current, wanted)
    if wanted.group_sync and goal.mode_after == "all":
        raise Refusal(f"configuration {wanted.configuration!r}: {ASSIGNED_ONLY}")
    leavers = leaving(goal.before, goal.after, current.members, goal.mode_before, goal.mode_after, current.all_users)
    guard(leavers, replace(wanted, max_removals=None, max_removal_percent=None) if current.judged else wanted)
    leaving_groups = _leaving_groups(goal, current, wanted)
    changes_mode = goal.mode_after != goal.mode_before or (wanted.mode and current.configuration and "SyncAll" not in current.bag)
    # It is not documented whether the service synchronizes all users while the key is missing (fact F61), so writing it counts as a change
    # from all.
    narrows = goal.mode_after == "assigned"
    write = (_set_mode(goal, narrows, current, wanted),) if changes_mode else ()
    whole = change.with_restart(
        job.Current(current.configuration, current.job),
        write if narrows else (),
        wanted.restart_job,
        wanted.configuration,
        wanted.tenant,
        wanted.restart_owed,
    )
    owed_before, owed_after = whole.pending_restart()
    before, after = _shown(goal, wanted)
    return Plan(
        before={"mode": goal.mode_before, **before, **owed_before},
        after={"mode": goal.mode_after, **after, **owed_after},
        facts={"scope": _facts(current, goal, wanted), "restart_owed": whole.owed_after},
        change_facts={
            "restart_needed": whole.needs_restart,
            "leaving": leavers.shown(SHOWN, wanted.full_result),
            "leaving_groups": [group.name for group in leaving_groups],
        },
        actions=(
            # Nobody is unassigned before everybody is in scope who must be: a user can be assigned by a group that leaves and by name, and
            # would be deleted in the target if a run ended in between.
            *(_assign(principal, current, wanted) for principal in sorted(goal.added, key=_order)),
            *(() if narrows else write),
            *(_unassign(assignment, leavers, leaving_groups, current, wanted) for assignment in _sorted(goal.removed)),
            *whole.actions,
        ),
        warnings=(
            *_warnings(goal, current),
            *_group_warnings(goal, leaving_groups, wanted),
            *change.waits_for_start(whole, wanted.restart_job),
        ),
        unmet=None if current.configuration or wanted.absent else find_configuration.missing(wanted.configuration),
        basis=lambda: _basis(current, goal),
    )


def _basis(current: Current, goal: Goal) -> dict[str, Any]:
    """The mode, and all assignments but those that change. One with another role than that of the configuration has no effect."""
    removed = {assignment.id for assignment in goal.removed}
    kept = [assignment for assignment in current.assignments if assignment.id not in removed]
    found: dict[str, list[str]] = {"users": [], "groups": [], "without effect": []}
    for assignment in _sorted(kept):
        kind = f"{assignment.principal.kind}s" if _is_effective(assignment, current) else "without effect"
        found[kind].append(assignment.principal.name)
    return {"mode": goal.mode_before, **found} if current.configuration else {}


def goal_of(current: Current, wanted: Desired) -> Goal:
    """The assignments to add and to remove."""
    effective = [assignment for assignment in current.assignments if _is_effective(assignment, current)]
    before = {assignment.principal.id: assignment.principal for assignment in effective}
    named = {principal.id: principal for principal in current.named}
    if wanted.absent:
        added: list[Principal] = []
        removed = [assignment for assignment in current.assignments if assignment.principal.id in named]
    else:
        added = [principal for principal in current.named if principal.id not in before]
        removed = [assignment for assignment in current.assignments if wanted.exact and assignment.principal.id not in named]
        # An assignment with another role is skipped by the service; it is replaced (fact F108).
        removed += [
            assignment for assignment in current.assignments if assignment.principal.id in named and assignment.principal.id not in before
        ]
    left_ids = {assignment.principal.id for assignment in removed} - {principal.id for principal in added}
    after = {principal_id: principal for principal_id, principal in before.items() if principal_id not in left_ids}
    after |= {principal.id: principal for principal in added}
    mode = mode_of(current)
    return Goal(tuple(added), tuple(removed), before, after, mode, wanted.mode or mode)


def mode_of(current: Current) -> str:
    """The mode: ``all`` or ``assigned``."""
    return "all" if settings_bag.synchronizes_all(current.bag) else "assigned"


def _is_effective(assignment: Assignment, current: Current) -> bool:
    return current.configuration is None or assignment.role_id == current.configuration.role_id


def _assign(principal: Principal, current: Current, wanted: Desired) -> Action:
    configuration = current.configuration
    resource, role = (configuration.id, configuration.role_id) if configuration else (NO_PATH, NO_PATH)
    body = {"principalId": principal.id, "resourceId": resource, "appRoleId": role}
    return Action(
        "assign",
        f"{principal} to configuration {wanted.configuration}",
        wanted.tenant,
        (Request("POST", f"/servicePrincipals/{resource}/appRoleAssignedTo", body),),
        done_codes=(ALREADY_ASSIGNED,),
        batched=True,
    )


def _unassign(assignment: Assignment, leavers: Leaving, groups: Sequence[Principal], current: Current, wanted: Desired) -> Action:
    resource = current.configuration.id if current.configuration else NO_PATH
    deletes = leavers.caused_by(assignment.principal, current.members)
    action = unassignment(assignment, resource, wanted.configuration, wanted.tenant, deletes)
    of_group = {"soft_deletes_group_in_target": True} if assignment.principal in groups else {}
    return replace(action, effects={**action.effects, **of_group})


def unassignment(assignment: Assignment, service_principal_id: str, configuration: str, tenant: str, soft_deletes: bool) -> Action:
    """The removal of an assignment. ``soft_deletes``: whether the service then deletes users in the target."""
    return Action(
        "unassign",
        f"{assignment.principal} from configuration {configuration}",
        tenant,
        (Request("DELETE", f"/servicePrincipals/{service_principal_id}/appRoleAssignedTo/{assignment.id}"),),
        effects={"soft_deletes_in_target": True} if soft_deletes else {},
        batched=True,
    )


def _set_mode(goal: Goal, narrows: bool, current: Current, wanted: Desired) -> Action:
    after = goal.mode_after
    synchronization = current.configuration.synchronization if current.configuration else NO_PATH
    values = {"SyncAll": "true" if after == "all" else "false"}
    writing = settings_bag.writing(synchronization, current.bag, lambda bag: settings_bag.merged(bag, values))
    # The change from all to assigned takes effect only after a restart (fact F62).
    effects = {"needs_restart": True} if narrows and change.was_started(current.job) else {}
    return Action(
        "update",
        f"scope mode of configuration {wanted.configuration} to {after}",
        wanted.tenant,
        writing.requests,
        effects=effects,
        visible=writing.visible,
        refresh=writing.refresh,
    )


def _leaving_groups(goal: Goal, current: Current, wanted: Desired) -> list[Principal]:
    """The groups that leave the scope of a job that synchronizes groups, unless they are of a kind that never becomes a group."""
    if not (current.groups_on or wanted.group_sync) or goal.mode_before == "all":
        return []
    left = [principal for number, principal in goal.before.items() if number not in goal.after and principal.kind == "group"]
    return sorted((group for group in left if group_kinds.kind_of(group).may_become), key=_order)


def _group_warnings(goal: Goal, leaving_groups: Sequence[Principal], wanted: Desired) -> tuple[str, ...]:
    """Which groups are deleted in the target, and which assigned groups never become groups there (facts F214, F216)."""
    gone = people.some([group.name for group in leaving_groups])
    deleted = (f"groups that leave the scope are soft-deleted in the target if they were synchronized: {gone}",) if gone else ()
    groups = [principal for principal in goal.after.values() if principal.kind == "group"] if wanted.group_sync else []
    return (*deleted, *(f"{kind.reason}: {people.some(names)}" for kind, names in group_kinds.left_out(groups)))


def _warnings(goal: Goal, current: Current) -> tuple[str, ...]:
    """Users who will be skipped, or collide, although they are assigned (facts F111, F121)."""
    added, mode = goal.added, goal.mode_after
    within = [member for principal in added for member in current.members.get(principal.id, ())]
    users = people.distinct([*added, *within], "user")
    warnings = [said for _reason, said in people.skipped(people.InScope(users, people.distinct(within, "group")))]
    if mode == "all" and added:
        warnings.append("scope mode is all, so the assignments have no effect")
    return tuple(warnings)


def _order(principal: Principal) -> tuple[str, str]:
    return principal.kind, principal.name


def _sorted(assignments: Iterable[Assignment]) -> list[Assignment]:
    return sorted(assignments, key=lambda assignment: _order(assignment.principal))


def _shown(goal: Goal, wanted: Desired) -> tuple[dict[str, Any], dict[str, Any]]:
    """The assigned users and groups before and after. Of many, only those that change, and the number of the others."""
    if wanted.full_result or max(len(goal.before), len(goal.after)) <= SHOWN:
        return _listed(goal.before.values()), _listed(goal.after.values())
    unchanged = [principal for principal in goal.before.values() if principal.id in goal.after]
    counts = {f"unchanged_{kind}s": _count(unchanged, kind) for kind in ("user", "group")}
    removed = [principal for principal in goal.before.values() if principal.id not in goal.after]
    added = [principal for principal in goal.after.values() if principal.id not in goal.before]
    return {**_listed(removed), **counts}, {**_listed(added), **counts}


def _count(principals: Sequence[Principal], kind: str) -> int:
    return len([principal for principal in principals if principal.kind == kind])


def _listed(principals: Iterable[Principal]) -> dict[str, list[str]]:
    ordered = sorted(principals, key=_order)
    return {f"{kind}s": [principal.name for principal in ordered if principal.kind == kind] for kind in ("user", "group")}


def _facts(current: Current, goal: Goal, wanted: Desired) -> ScopeFacts:
    ordered = sorted(goal.after.values(), key=_order)
    listed_in_full = wanted.full_result or len(ordered) <= SHOWN
    assigned: list[AssignedPrincipal] = [
        {"id": principal.id, "type": principal.kind, "name": principal.name} for principal in ordered if listed_in_full
    ]
    return {
        "service_principal_id": current.configuration.id if current.configuration else None,
        "mode": goal.mode_after,
        "assigned": assigned if listed_in_full else None,
        "assigned_users": _count(ordered, "user"),
        "assigned_groups": _count(ordered, "group"),
        "groups": [group_kinds.becoming(principal) for principal in ordered if principal.kind == "group"] if wanted.group_sync else None,
    }


RESOURCE = Resource(desired, read, plan)
