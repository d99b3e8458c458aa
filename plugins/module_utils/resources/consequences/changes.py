# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The change of scope and rules that the planners of a link plan, as the states before and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ...graph.client import Client
from .. import job, scope
from ..change import was_started
from ..directory import Principal, members_of_all
from ..mapping import schema
from ..mapping.default_schema import MATCHING, SOFT_DELETED
from ..mapping.types import ObjectMapping, Schema
from ..population import paths
from .impact import Change
from .model import Rules, Scope, State
from .rules import rules_of

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
"""The app role "default access", which puts no user into scope. Any other role that the application defines does (fact F108)."""
DECISIVE = (MATCHING, SOFT_DELETED, "userPrincipalName", "userType", "accountEnabled")
"""The mappings that decide whether users are matched, removed, renamed, converted or disabled."""


@dataclass(frozen=True)
class Assigned:
    """The mode, and the users and groups that put users into scope, by id. ``others`` are assigned without effect."""

    mode: str
    principals: Mapping[str, Principal]
    others: frozenset[str] = frozenset()

    @property
    def groups(self) -> list[Principal]:
        """The groups."""
        return [principal for principal in self.principals.values() if principal.kind == "group"]


def assigned_before(current: scope.Current) -> Assigned:
    """Who is in scope, by the service's rule: each role but the default access counts (fact F108)."""
    effective = {found.principal.id: found.principal for found in current.assignments if found.role_id != DEFAULT_ACCESS}
    others = frozenset(found.principal.id for found in current.assignments) - effective.keys()
    return Assigned(scope.mode_of(current), effective, others)


def assigned_after(current: scope.Current, wanted: scope.Desired) -> Assigned:
    """Who is in scope after the change that is wanted."""
    goal, before = scope.goal_of(current, wanted), assigned_before(current)
    removed = {found.id for found in goal.removed}
    left = {
        found.principal.id: found.principal for found in current.assignments if found.role_id != DEFAULT_ACCESS and found.id not in removed
    }
    principals = {**left, **{principal.id: principal for principal in goal.added}}
    return Assigned(goal.mode_after, principals, before.others - principals.keys())


def may_leave(before: Assigned, after: Assigned) -> bool:
    """Whether the assignments or the mode alone can make users leave."""
    if after.mode == "all":
        return False
    return before.mode == "all" or bool(before.principals.keys() - after.principals.keys())


def decides(old: ObjectMapping | None, new: ObjectMapping | None) -> bool:
    """Whether a change of rules can remove, convert, rename or disable users who were synchronized before."""
    return old is not None and _decisive(old) != _decisive(new or {})


def _decisive(mapping: ObjectMapping) -> object:
    listed = schema.rows(mapping)
    rows = {name: schema.row_meaning(listed[name]) for name in DECISIVE if name in listed}
    # A mapping that applies on creation only leaves the users alone who are there (fact F98).
    always = {name: meaning for name, meaning in rows.items() if meaning[1] != schema.APPLY["create_only"]}
    filters = schema.without_empty(mapping.get("scope")) or {}
    return always, filters, schema.flows(mapping), mapping.get("enabled") is not False


def change_of(
    client: Client,
    sides: tuple[Assigned, Assigned],
    known: Mapping[str, Collection[Principal]],
    rules: tuple[Rules, Rules],
    running: job.Current,
) -> Change:
    """The change. ``known`` are the members of groups that were read before, by group id; those of others are read."""
    groups = {group.id: group for side in sides for group in side.groups}
    unread = [group_id for group_id in groups if group_id not in known]
    members = {group_id: tuple(found) for group_id, found in known.items() if group_id in groups}
    if unread:
        with client.reading():
            members |= members_of_all(client, unread)
    before, after = (_scope(side, members) for side in sides)
    remembers = was_started(running.job)
    runs = job.run_state(running.job) == "started" and not job.quarantine(running.job)
    return Change(
        State(before, rules[0], runs, remembers),
        State(after, rules[1], True, remembers),
        full=rules[0] != rules[1],
        known=_known(sides, members.values()),
        groups={group_id: frozenset(member.id for member in found) for group_id, found in members.items()},
    )


def _scope(side: Assigned, members: Mapping[str, tuple[Principal, ...]]) -> Scope:
    ways = paths(side.principals.values(), members)
    return Scope(side.mode, ways, side.others - ways.keys())


def _known(sides: Iterable[Assigned], members: Iterable[Iterable[Principal]]) -> dict[str, Principal]:
    """Members come last: of them, it is known whether they are enabled."""
    direct = [principal for side in sides for principal in side.principals.values()]
    inside = [member for found in members for member in found]
    return {user.id: user for user in [*direct, *inside] if user.kind == "user"}


def rules_in(schema_: Schema) -> Rules:
    """The rules of a schema's mapping of users. Without one, nobody is synchronized."""
    mapping = schema.user_mapping(schema_)
    return rules_of(mapping) if mapping else Rules((), enabled=False)
