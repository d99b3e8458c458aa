# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The scope: who is synchronized. The mode lives in the settings bag, the people in assignments (fact sheet 3.4 and 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from ..graph.client import Client, Request
from ..plan import Action, Plan, Refusal, Resource
from . import lookup, settings_bag
from .configuration import NEW
from .directory import Principal, by_ids, find_groups, find_people, group_requests, listed, members_of, pick_groups
from .lookup import Configuration

ASSIGNED = "/appRoleAssignedTo?$top=999"
PARTS = ("/synchronization/secrets", ASSIGNED)
"""What is read together with the configuration: the settings bag and the first page of assignments."""
ALREADY_ASSIGNED = "InvalidUpdate"
"""The detail code of a repeated assignment (fact sheet 0.2)."""


@dataclass(frozen=True)
class Desired:
    """What is wanted. ``mode`` ``None`` leaves the mode alone; ``max_removals`` ``None`` allows all but the last one."""

    tenant: str
    configuration: str
    absent: bool
    mode: str | None
    users: tuple[str, ...]
    groups: tuple[str, ...]
    exact: bool
    max_removals: int | None
    max_removal_percent: int | None


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
    """The direct members of the named groups that are not assigned yet, by group id."""


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
    return Desired(
        tenant=params["tenant_id"],
        configuration=params["configuration"],
        absent=absent,
        mode=params.get("mode"),
        users=users,
        groups=groups,
        exact=params["exact"],
        max_removals=params.get("max_removals"),
        max_removal_percent=params.get("max_removal_percent"),
    )


def read(client: Client, wanted: Desired) -> Current:
    """The configuration's mode and assignments, and the people and groups that the options name."""
    configuration, bodies = lookup.find_with(client, wanted.configuration, *PARTS, also=group_requests(wanted.groups))
    if configuration is None:
        named = _named(client, wanted, (), find_groups(client, wanted.groups))
        return Current(None, named=named, members=_members(client, wanted, named, ()))
    secrets, first_page, *listings = bodies
    bag = settings_bag.parse(client.whole(secrets))
    assigned = assignments(client, configuration, first_page)
    known = [one.principal for one in assigned]
    named = _named(client, wanted, known, pick_groups(wanted.groups, listed(client, listings)))
    return Current(configuration, bag, assigned, named, _members(client, wanted, named, known))


def _members(client: Client, wanted: Desired, named: Sequence[Principal], known: Sequence[Principal]) -> dict[str, tuple[Principal, ...]]:
    """Who comes with a group that is going to be assigned, so that those who will be skipped can be named beforehand."""
    assigned = {one.id for one in known}
    new = [one for one in named if one.kind == "group" and one.id not in assigned and not wanted.absent]
    return {one.id: tuple(members_of(client, one.id)) for one in new}


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
    client.met.update(named)
    return tuple(named.values())


def plan(current: Current, wanted: Desired) -> Plan:
    """Decide."""
    if current.configuration and current.configuration.role_id is None:
        raise Refusal(f"configuration {wanted.configuration!r} has no app role {lookup.ROLE!r}, without which an assignment does not count")
    assigned = {one.principal.id: one for one in current.assignments if _counts(one, current)}
    ineffective = [one for one in current.assignments if not _counts(one, current)]
    named = {one.id: one for one in current.named}
    if wanted.absent:
        added: list[Principal] = []
        removed = [one for one in current.assignments if one.principal.id in named]
    else:
        added = [one for one in current.named if one.id not in assigned]
        removed = [one for one in current.assignments if wanted.exact and one.principal.id not in named]
        # An assignment with another role is skipped by the service; it is replaced (fact sheet 5).
        removed += [one for one in ineffective if one.principal.id in named and one.principal.id not in assigned]
    gone = {one.principal.id for one in removed} - {one.id for one in added}
    left = len((assigned.keys() | {one.id for one in added}) - gone)
    _guard(removals=len(gone), before=len(assigned), after=left, wanted=wanted)
    mode_before = "all" if settings_bag.synchronizes_all(current.bag) else "assigned"
    mode_after = wanted.mode or mode_before
    if (mode_before, mode_after, left) == ("all", "assigned", 0):
        _guard_everybody(wanted)
    actions = [_unassign(one, current, wanted) for one in _sorted(removed)]
    actions += [_assign(one, current, wanted) for one in sorted(added, key=_order)]
    if mode_after != mode_before or (wanted.mode and current.configuration and "SyncAll" not in current.bag):
        actions.append(_set_mode(mode_before, mode_after, current, wanted))
    before = [one.principal for one in assigned.values()]
    after = [one for one in before if one.id not in gone] + [one for one in added if one.id not in assigned]
    return Plan(
        before={"mode": mode_before, **_shown(before)},
        after={"mode": mode_after, **_shown(after)},
        facts=_facts(current, mode_after, after),
        change_facts={"restart_needed": mode_before == "all" and mode_after == "assigned"},
        actions=tuple(actions),
        warnings=_warnings(added, current, mode_after),
        unmet=None if current.configuration or wanted.absent else lookup.missing(wanted.configuration),
    )


def _counts(assignment: Assignment, current: Current) -> bool:
    return current.configuration is None or assignment.role_id == current.configuration.role_id


def _guard(removals: int, before: int, after: int, wanted: Desired) -> None:
    """Judge removals before anything is written: whoever leaves scope is soft-deleted in the target (pain point 2).

    :raises Refusal: when more would leave than allowed.
    """
    if wanted.max_removals is not None and removals > wanted.max_removals:
        raise Refusal(
            f"{removals} of {before} assignments would be removed, more than max_removals {wanted.max_removals}; nothing was changed"
        )
    if wanted.max_removal_percent is not None and 100 * removals > wanted.max_removal_percent * before:
        raise Refusal(
            f"{removals} of {before} assignments ({100 * removals / before:.1f} %) would be removed, "
            f"more than max_removal_percent {wanted.max_removal_percent}; nothing was changed"
        )
    if removals and not after and wanted.max_removals is None and wanted.max_removal_percent is None:
        raise Refusal(
            f"all {before} assignments would be removed and everybody would be soft-deleted in the target; "
            f"set max_removals to {removals} if that is meant; nothing was changed"
        )


def _guard_everybody(wanted: Desired) -> None:
    """From everybody to the assigned ones, of whom there are none.

    :raises Refusal: unless a limit says that all may leave.
    """
    if wanted.max_removal_percent != 100 and not wanted.max_removals:
        raise Refusal(
            "everybody is in scope now and nobody would be assigned, so everybody would be soft-deleted in the target; "
            "name users or groups, or set max_removal_percent to 100 if that is meant; nothing was changed"
        )


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


def _unassign(assignment: Assignment, current: Current, wanted: Desired) -> Action:
    configuration = current.configuration
    resource = configuration.id if configuration else "{service_principal_id}"
    return Action(
        "unassign",
        f"{assignment.principal} from configuration {wanted.configuration}",
        wanted.tenant,
        (Request("DELETE", f"/servicePrincipals/{resource}/appRoleAssignedTo/{assignment.id}"),),
        before={"id": assignment.principal.id, "name": assignment.principal.name},
        effects={"soft_deletes_in_target": True},
        batched=True,
    )


def _set_mode(before: str, after: str, current: Current, wanted: Desired) -> Action:
    synchronization = current.configuration.synchronization if current.configuration else NEW
    values = {"SyncAll": "true" if after == "all" else "false"}
    writing = settings_bag.writing(synchronization, current.bag, lambda bag: settings_bag.merged(bag, values))
    # From all to assigned the service needs a restart before it takes the change up (fact sheet 3.4).
    effects = {"needs_restart": True} if before == "all" and after == "assigned" else {}
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


def _shown(principals: Iterable[Principal]) -> dict[str, list[str]]:
    ordered = sorted(principals, key=_order)
    return {"users": [one.name for one in ordered if one.kind == "user"], "groups": [one.name for one in ordered if one.kind == "group"]}


def _facts(current: Current, mode: str, principals: Sequence[Principal]) -> dict[str, Any]:
    return {
        "scope": {
            "service_principal_id": current.configuration.id if current.configuration else None,
            "mode": mode,
            "assigned": [{"id": one.id, "type": one.kind, "name": one.name} for one in sorted(principals, key=_order)],
        },
    }


RESOURCE = Resource(desired, read, plan)
