# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Links as they are in the service now: who is in scope, by which way, by which rules, and whether cycles run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...graph.batch import read_all
from ...graph.client import Client, Request
from ...plan import Refusal
from .. import debt, find_configuration, job, settings_bag
from ..directory import Principal, members_of_all
from ..find_configuration import Configuration, Raw
from ..job import Quarantine
from ..mapping import schema
from ..scope import PARTS, Assignment, assignments
from . import properties
from .model import Scope, SourceUser, State
from .rules import Needs, needed, rules_of

ALWAYS = frozenset({"accountEnabled", "userPrincipalName", "mail"})
"""The attributes that every user has, whatever the rules read."""


@dataclass(frozen=True)
class Present:
    """A link as it is in the service now."""

    configuration: Configuration
    job: Raw
    state: State
    """As if cycles ran: what becomes of users when they do."""
    users: Mapping[str, Principal]
    """Everyone whom an assignment names and the direct members of assigned groups, by id; external users, too."""
    groups: Mapping[str, frozenset[str]]
    """The ids of the members of assigned groups, by group id."""
    nested: Mapping[str, str]
    """The names of the groups that are members of an assigned group, by id: their own members are not in scope (fact F109)."""

    @property
    def name(self) -> str:
        """The name of the configuration."""
        return self.configuration.name

    @property
    def keeps(self) -> str | None:
        """Why the job deletes no account, as a clause; ``None`` if it does (facts F105, F118)."""
        if not self.state.rules.enabled:
            return "the mapping of users is switched off"
        if "Delete" not in self.state.rules.flows:
            return "the target actions of the link do not include delete"
        return None if job.has_run(self.job) else "the job has not run yet, so it maintains no account"

    @property
    def creates(self) -> bool:
        """Whether the job creates accounts (fact F105)."""
        return self.state.rules.enabled and "Add" in self.state.rules.flows

    @property
    def quarantine(self) -> Quarantine | None:
        """The quarantine of the job, if there is one."""
        return job.quarantine(self.job)

    @property
    def held_since(self) -> str | None:
        """Since when the deletion guard holds deletions back (fact F81)."""
        found = self.quarantine
        return (found["since"] or "an unknown time") if found and found["reason"] == job.TOO_MANY_DELETES else None

    @property
    def when(self) -> str:
        """When the next cycle runs, as the end of a sentence."""
        if job.run_state(self.job) != "started":
            return "as soon as the job is started"
        return "in the next cycle" if self.quarantine is None else "in a cycle after the quarantine"

    @property
    def full(self) -> bool:
        """Whether the next cycle compares every user with the target: after a restart, and the first one (facts F83, F119)."""
        return debt.owed(self.configuration) or not job.has_run(self.job)

    @property
    def names(self) -> dict[str, str]:
        """The user principal names that are known, by id."""
        return {user.id: user.name for user in self.users.values()}

    @property
    def needs(self) -> Needs:
        """The attributes that the rules read."""
        return needed(self.state.rules)


def read(client: Client, name: str) -> Present:
    """The link of the configuration with this name or id.

    :raises Refusal: if the configuration, its job or its mapping of users does not exist.
    """
    configuration, bodies = find_configuration.find_with(client, name, *PARTS)
    if configuration is None:
        raise Refusal(find_configuration.missing(name))
    return _present(client, configuration, bodies)


def serving(client: Client, target_id: str) -> list[Present]:
    """Every link of the tenant to a target, those without a job excepted: they synchronize nobody."""
    found = find_configuration.serving(client, target_id)
    links = []
    for configuration in found:
        bodies = [
            answer.body for answer in read_all(client, [Request("GET", f"/servicePrincipals/{configuration.id}{part}") for part in PARTS])
        ]
        if find_configuration.only_job(list(client.members(bodies[2])), configuration.name):
            links.append(_present(client, configuration, bodies))
    return links


def _present(client: Client, configuration: Configuration, bodies: Sequence[Any]) -> Present:
    secrets, first_page, jobs = bodies
    running = find_configuration.only_job(list(client.members(jobs)), configuration.name)
    if running is None:
        raise Refusal(find_configuration.missing_job(configuration.name))
    mapping = schema.user_mapping(client.get(f"{configuration.synchronization}/jobs/{running['id']}/schema"))
    if mapping is None:
        raise Refusal(f"the schema of configuration {configuration.name!r} has no mapping of users, so what a cycle does is not known")
    assigned = assignments(client, configuration, first_page)
    members = members_of_all(client, [found.principal.id for found in assigned if found.principal.kind == "group"])
    mode = "all" if settings_bag.synchronizes_all(settings_bag.parse(client.whole(secrets))) else "assigned"
    users = {found.principal.id: found.principal for found in assigned if found.principal.kind == "user"}
    within = [member for listed in members.values() for member in listed]
    return Present(
        configuration,
        running,
        State(scope_of(mode, assigned, members, configuration.role_id), rules_of(mapping), remembers=job.has_run(running)),
        {user.id: user for user in within if user.kind == "user"} | users,
        {group_id: frozenset(member.id for member in listed) for group_id, listed in members.items()},
        {group.id: group.name for group in within if group.kind == "group"},
    )


def scope_of(mode: str, assigned: Iterable[Assignment], members: Mapping[str, Sequence[Principal]], role_id: str | None) -> Scope:
    """Who is in scope by which way: directly assigned, or as a direct member of an assigned group (facts F108, F109)."""
    paths: dict[str, list[str]] = {}
    others: set[str] = set()
    for found in sorted(assigned, key=lambda assignment: (assignment.principal.kind != "user", assignment.principal.name)):
        principal = found.principal
        path = "directly assigned" if principal.kind == "user" else f"group {principal.name}"
        reached = (
            [principal.id] if principal.kind == "user" else [member.id for member in members.get(principal.id, ()) if member.kind == "user"]
        )
        for user_id in reached:
            if found.role_id == role_id:
                paths.setdefault(user_id, []).append(path)
            else:
                others.add(user_id)
    return Scope(mode, {user_id: tuple(ways) for user_id, ways in paths.items()}, frozenset(others - paths.keys()))


def select(needs: Needs, *more: str) -> str:
    """The properties of a source user that the rules read, as a value of ``$select``."""
    return ",".join(sorted({"id", "userType", "displayName", *properties.selected({*ALWAYS, *needs.source}), *more}))


def source_user(raw: Mapping[str, Any], needs: Needs, deleted: bool = False) -> SourceUser:
    """A user of the source from Graph's JSON. External users have a mark in their name (fact F112)."""
    name = str(raw.get("userPrincipalName") or raw.get("displayName") or raw["id"])
    wanted = {*ALWAYS, *needs.source}
    return SourceUser(
        id=str(raw["id"]),
        name=name,
        attributes=properties.values(raw, wanted),
        enabled=raw.get("accountEnabled") is not False,
        external="#EXT#" in name or raw.get("userType") == "Guest",
        deleted=deleted,
        unread=properties.unread(wanted),
    )
