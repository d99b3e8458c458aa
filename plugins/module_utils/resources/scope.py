# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The scope: who is synchronized. The mode lives in the settings bag, the people in assignments (fact sheet 3.4 and 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from sys import intern
from typing import Any

from ..graph.client import Client, Request
from ..plan import Action, Plan, Refusal, Resource
from . import change, find_configuration, job, settings_bag
from .configuration import NEW
from .directory import Principal, by_ids, count_members, find_groups, find_people, group_requests, listed, members_of_all, pick_groups
from .find_configuration import Configuration
from .population import Leaving, guard, leaving

ASSIGNED = "/appRoleAssignedTo?$top=999"
PARTS = ("/synchronization/secrets", ASSIGNED, job.JOBS)
"""What is read together with the configuration: the settings bag, the first page of assignments and the job."""
SHOWN = 50
"""Up to so many assignments are shown one by one; of more, only those that change."""
ALREADY_ASSIGNED = "InvalidUpdate"
"""The detail code of a repeated assignment (fact sheet 0.2)."""


@dataclass(frozen=True)
class Desired:
    """What is wanted. ``mode`` ``None`` leaves the mode alone. A limit that is ``None`` allows any number of people to leave but all;
    ``allow_empty`` alone lets everybody leave.
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
    """Whether an earlier task of this run has recorded that a restart is owed, and paused the job."""
    restart_job: bool
    full_result: bool

    @property
    def limited(self) -> bool:
        """Whether there is a limit that so many people could exceed."""
        return self.max_removals is not None or self.max_removal_percent not in (None, 100)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Somebody in scope, and the id by which he can be taken out of it."""

    id: str
    principal: Principal
    role_id: str


@dataclass(frozen=True)
class Current:
    """What is there. ``configuration`` is ``None`` where it does not exist yet: then nobody is assigned, as in a new one.
    ``named`` are the principals the options mean.
    """

    configuration: Configuration | None
    bag: Mapping[str, str] = field(default_factory=dict)
    assignments: tuple[Assignment, ...] = ()
    named: tuple[Principal, ...] = ()
    members: Mapping[str, tuple[Principal, ...]] = field(default_factory=dict)
    """The direct members of groups, by group id: of those that are going to be assigned, and of all in scope if somebody may leave."""
    everybody: int | None = None
    """How many people mode ``all`` has in scope, where they must be counted because a limit holds for them."""
    job: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Goal:
    """What comes and goes, and who is assigned effectively before and after it."""

    added: tuple[Principal, ...]
    removed: tuple[Assignment, ...]
    before: Mapping[str, Principal]
    after: Mapping[str, Principal]
    mode_before: str
    mode_after: str

    @property
    def may_leave(self) -> bool:
        """Whether somebody may leave, so that groups have to be looked into."""
        if self.mode_after == "all":
            return False
        return self.mode_before == "all" or bool(self.before.keys() - self.after.keys())


def desired(params: Mapping[str, Any]) -> Desired:
    """Understand the options."""
    absent = params["state"] == "absent"
    users, groups = tuple(params.get("users") or ()), tuple(params.get("groups") or ())
    if absent and (params["exact"] or params.get("mode")):
        raise Refusal("state absent takes the named users and groups out of scope; exact and mode do not go with it")
    if absent and not users and not groups:
        raise Refusal("state absent needs users or groups to take out of scope")
    if params["exact"] and params.get("users") is None and params.get("groups") is None:
        raise Refusal("exact needs users or groups: the complete list of who shall be in scope")
    if (params.get("max_removals") or 0) < 0:
        raise Refusal("max_removals must be 0 or more")
    if not 0 <= (params.get("max_removal_percent") or 0) <= 100:
        raise Refusal("max_removal_percent must be from 0 to 100")
    return Desired(
        tenant=params["tenant_id"],
        configuration=params["configuration"],
        absent=absent,
        mode=params.get("mode"),
        users=users,
        groups=groups,
        exact=params["exact"],
        allow_empty=params["allow_empty"],
        max_removals=params.get("max_removals"),
        max_removal_percent=params.get("max_removal_percent"),
        restart_owed=params["restart_owed"],
        restart_job=params["restart_job"],
        full_result=params["full_result"],
    )


def read(client: Client, wanted: Desired) -> Current:
    """The configuration's mode and assignments, and the people and groups that the options name."""
    configuration, bodies = find_configuration.find_with(client, wanted.configuration, *PARTS, also=group_requests(wanted.groups))
    if configuration is None:
        named = _named(client, wanted, (), find_groups(client, wanted.groups))
        return _looked_into(client, Current(None, named=named), wanted)
    secrets, first_page, jobs, *listings = bodies
    assigned = assignments(client, configuration, first_page)
    named = _named(client, wanted, [one.principal for one in assigned], pick_groups(wanted.groups, listed(client, listings)))
    there = find_configuration.only_job(list(client.members(jobs)), wanted.configuration)
    return _looked_into(client, Current(configuration, settings_bag.parse(client.whole(secrets)), assigned, named, job=there), wanted)


def _looked_into(client: Client, current: Current, wanted: Desired) -> Current:
    """With the members of groups: of new ones, so that those who will be skipped can be named beforehand; of all in scope, and with the
    number of people in the tenant, only if somebody may leave.
    """
    goal = _goal(current, wanted)
    groups = [one for one in goal.added if one.kind == "group"]
    if goal.may_leave and (goal.mode_before == "assigned" or wanted.limited or not _people(goal.after)):
        groups += [*goal.before.values(), *goal.after.values()]
    members = members_of_all(client, dict.fromkeys(one.id for one in groups if one.kind == "group"))
    counts = goal.may_leave and goal.mode_before == "all" and wanted.limited
    return replace(current, members=members, everybody=count_members(client) if counts else None)


def _people(principals: Mapping[str, Principal]) -> list[Principal]:
    return [one for one in principals.values() if one.kind == "user" and not one.external]


def assignments(client: Client, configuration: Configuration, first_page: Any = None) -> tuple[Assignment, ...]:
    """All assignments; names come a thousand at a time instead of one by one. There may be a hundred thousand, so no page is kept."""
    page = first_page or client.get(f"/servicePrincipals/{configuration.id}{ASSIGNED}")
    rows = [_row(one) for one in client.members(page) if one.get("principalType") in ("User", "Group")]
    known = {one.id: one for one in by_ids(client, (principal.id for _id, principal, _role in rows))}
    return tuple(Assignment(number, known.get(unnamed.id, unnamed), role) for number, unnamed, role in rows)


def _row(raw: Mapping[str, Any]) -> tuple[str, Principal, str]:
    """An assignment's id, its principal by what the assignment remembers of it, and its role."""
    principal = str(raw["principalId"])
    kind = "user" if raw["principalType"] == "User" else "group"
    return str(raw["id"]), Principal(principal, kind, str(raw.get("principalDisplayName") or principal)), intern(str(raw["appRoleId"]))


def _named(client: Client, wanted: Desired, known: Sequence[Principal], groups: Mapping[str, Principal]) -> tuple[Principal, ...]:
    """The principals that the options mean. A user principal name is unique, so one we have read needs no second look."""
    by_name = {one.name.lower(): one for one in known if one.kind == "user"} | {one.id: one for one in known if one.kind == "user"}
    unread = [name for name in wanted.users if name.lower() not in by_name]
    people = find_people(client, unread) if unread else {}
    users = [by_name.get(name.lower()) or people[name] for name in wanted.users]
    named = {one.id: one for one in [*users, *(groups[name] for name in wanted.groups)]}
    client.reads.objects.update(named)
    return tuple(named.values())


def plan(current: Current, wanted: Desired) -> Plan:
    """Decide."""
    if current.configuration and current.configuration.role_id is None:
        raise Refusal(
            f"configuration {wanted.configuration!r} has no app role {find_configuration.ROLE!r}, without which an assignment does not count"
        )
    goal = _goal(current, wanted)
    leavers = leaving(goal.before, goal.after, current.members, goal.mode_before, goal.mode_after, current.everybody)
    guard(leavers, wanted)
    turned = goal.mode_after != goal.mode_before or (wanted.mode and current.configuration and "SyncAll" not in current.bag)
    # Nobody knows whether the service takes everybody as long as nothing was said (fact sheet 13.4), so that counts as all here.
    narrows = goal.mode_after == "assigned" and (goal.mode_before == "all" or "SyncAll" not in current.bag)
    write = (_set_mode(goal, narrows, current, wanted),) if turned else ()
    whole = change.with_restart(
        job.Current(current.configuration, current.job),
        write if narrows else (),
        wanted.restart_job,
        wanted.configuration,
        wanted.tenant,
        wanted.restart_owed,
    )
    owed_before, owed_after = whole.debts()
    before, after = _shown(goal, wanted)
    return Plan(
        before={"mode": goal.mode_before, **before, **owed_before},
        after={"mode": goal.mode_after, **after, **owed_after},
        facts={"scope": _facts(current, goal, wanted), "restart_owed": whole.owed_after},
        change_facts={"restart_needed": whole.needs_restart, "leaving": leavers.shown(SHOWN, wanted.full_result)},
        actions=(
            *(_unassign(one, leavers, current, wanted) for one in _sorted(goal.removed)),
            *(_assign(one, current, wanted) for one in sorted(goal.added, key=_order)),
            *(() if narrows else write),
            *whole.actions,
        ),
        warnings=(*_warnings(goal.added, current, goal.mode_after), *change.waits_for_start(whole, wanted.restart_job)),
        unmet=None if current.configuration or wanted.absent else find_configuration.missing(wanted.configuration),
    )


def _goal(current: Current, wanted: Desired) -> Goal:
    """What comes and goes."""
    before = {one.principal.id: one.principal for one in current.assignments if _counts(one, current)}
    named = {one.id: one for one in current.named}
    if wanted.absent:
        added: list[Principal] = []
        removed = [one for one in current.assignments if one.principal.id in named]
    else:
        added = [one for one in current.named if one.id not in before]
        removed = [one for one in current.assignments if wanted.exact and one.principal.id not in named]
        # An assignment with another role is skipped by the service; it is replaced (fact sheet 5).
        removed += [one for one in current.assignments if one.principal.id in named and one.principal.id not in before]
    gone = {one.principal.id for one in removed} - {one.id for one in added}
    after = {number: one for number, one in before.items() if number not in gone} | {one.id: one for one in added}
    mode = "all" if settings_bag.synchronizes_all(current.bag) else "assigned"
    return Goal(tuple(added), tuple(removed), before, after, mode, wanted.mode or mode)


def _counts(assignment: Assignment, current: Current) -> bool:
    return current.configuration is None or assignment.role_id == current.configuration.role_id


def _assign(principal: Principal, current: Current, wanted: Desired) -> Action:
    configuration = current.configuration
    resource = configuration.id if configuration else "{service_principal_id}"
    body = {"principalId": principal.id, "resourceId": resource, "appRoleId": configuration.role_id if configuration else "{role_id}"}
    return Action(
        "assign",
        f"{principal} to configuration {wanted.configuration}",
        wanted.tenant,
        (Request("POST", f"/servicePrincipals/{resource}/appRoleAssignedTo", body),),
        after={"id": principal.id, "name": principal.name},
        done_codes=(ALREADY_ASSIGNED,),
        batched=True,
    )


def _unassign(assignment: Assignment, leavers: Leaving, current: Current, wanted: Desired) -> Action:
    configuration = current.configuration
    resource = configuration.id if configuration else "{service_principal_id}"
    return Action(
        "unassign",
        f"{assignment.principal} from configuration {wanted.configuration}",
        wanted.tenant,
        (Request("DELETE", f"/servicePrincipals/{resource}/appRoleAssignedTo/{assignment.id}"),),
        before={"id": assignment.principal.id, "name": assignment.principal.name},
        effects={"soft_deletes_in_target": True} if leavers.by(assignment.principal, current.members) else {},
        batched=True,
    )


def _set_mode(goal: Goal, narrows: bool, current: Current, wanted: Desired) -> Action:
    before, after = goal.mode_before, goal.mode_after
    synchronization = current.configuration.synchronization if current.configuration else NEW
    values = {"SyncAll": "true" if after == "all" else "false"}
    writing = settings_bag.writing(synchronization, current.bag, lambda bag: settings_bag.merged(bag, values))
    # From all to assigned the service needs a restart before it takes the change up (fact sheet 3.4).
    effects = {"needs_restart": True} if narrows and change.can_owe(current.job) else {}
    return Action(
        "update",
        f"scope mode of configuration {wanted.configuration} to {after}",
        wanted.tenant,
        writing.requests,
        before={"mode": before},
        after={"mode": after},
        effects=effects,
        visible=writing.visible,
        refresh=writing.refresh,
    )


def _warnings(added: Sequence[Principal], current: Current, mode: str) -> tuple[str, ...]:
    """Who will be skipped, or collide, although he is assigned (pain points 14 and 26)."""
    within = [member for one in added for member in current.members.get(one.id, ())]
    people = list({one.id: one for one in [*added, *within] if one.kind == "user"}.values())
    internal = [one for one in people if not one.external]
    mails = Counter(one.mail.lower() for one in internal if one.mail)
    reasons = (
        ("are external, and the service skips external people", [one for one in people if one.external]),
        ("are disabled, and the service does not create disabled people", [one for one in internal if not one.enabled]),
        ("have no mail address, so an address book shows them without one", [one for one in internal if not one.mail]),
        (
            "share a mail address, and become one person in the target",
            [one for one in internal if one.mail and mails[one.mail.lower()] > 1],
        ),
    )
    warnings = [f"{len(those)} of the people in scope {reason}: {_some(those)}" for reason, those in reasons if those]
    nested = [one for one in within if one.kind == "group"]
    if nested:
        warnings.append(f"members of nested groups are not synchronized, only direct ones; nested are: {_some(nested)}")
    if mode == "all" and added:
        warnings.append("scope mode is all, so the assignments have no effect")
    return tuple(warnings)


def _some(principals: Sequence[Principal]) -> str:
    names = ", ".join(one.name for one in principals[:5])
    return f"{names} and {len(principals) - 5} more" if len(principals) > 5 else names


def _order(principal: Principal) -> tuple[str, str]:
    return principal.kind, principal.name


def _sorted(assignments: Iterable[Assignment]) -> list[Assignment]:
    return sorted(assignments, key=lambda one: _order(one.principal))


def _shown(goal: Goal, wanted: Desired) -> tuple[dict[str, Any], dict[str, Any]]:
    """Who is assigned before and after. Of many, only those who change, and how many stay."""
    if wanted.full_result or max(len(goal.before), len(goal.after)) <= SHOWN:
        return _listed(goal.before.values()), _listed(goal.after.values())
    stay = [one for one in goal.before.values() if one.id in goal.after]
    counts = {f"unchanged_{kind}s": len([one for one in stay if one.kind == kind]) for kind in ("user", "group")}
    gone = [one for one in goal.before.values() if one.id not in goal.after]
    new = [one for one in goal.after.values() if one.id not in goal.before]
    return {**_listed(gone), **counts}, {**_listed(new), **counts}


def _listed(principals: Iterable[Principal]) -> dict[str, list[str]]:
    ordered = sorted(principals, key=_order)
    return {"users": [one.name for one in ordered if one.kind == "user"], "groups": [one.name for one in ordered if one.kind == "group"]}


def _facts(current: Current, goal: Goal, wanted: Desired) -> dict[str, Any]:
    ordered = sorted(goal.after.values(), key=_order)
    whole = wanted.full_result or len(ordered) <= SHOWN
    return {
        "service_principal_id": current.configuration.id if current.configuration else None,
        "mode": goal.mode_after,
        "assigned": [{"id": one.id, "type": one.kind, "name": one.name} for one in ordered] if whole else None,
        "assigned_users": len([one for one in ordered if one.kind == "user"]),
        "assigned_groups": len([one for one in ordered if one.kind == "group"]),
    }


RESOURCE = Resource(desired, read, plan)
