# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Links as they are in the service now: who is in scope, by which way, by which rules, and whether cycles run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...graph.batch import read_all
from ...graph.client import Client, Request
from ...plan import Refusal
from .. import debt, find_configuration, job, scope
from ..directory import Principal
from ..find_configuration import Configuration, Raw
from ..job import Quarantine
from ..mapping import schema
from .changes import assigned_before, change_of
from .model import State
from .rules import Needs, needed, rules_of


@dataclass(frozen=True)
class Present:
    """A link as it is in the service now."""

    configuration: Configuration
    job: Raw
    state: State
    """As if cycles ran: what becomes of users when they do."""
    known: Mapping[str, Principal]
    """The assigned users and the members of assigned groups, by id. The names of assigned users are display names."""
    groups: Mapping[str, Collection[str]]
    """The ids of the members of assigned groups, by group id."""

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
    def stands_still(self) -> str | None:
        """Why no cycle runs, as a clause; ``None`` if cycles run."""
        return None if job.run_state(self.job) == "started" else "the job of the link is paused"

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
    def needs(self) -> Needs:
        """The attributes that the rules read."""
        return needed(self.state.rules)


def read(client: Client, name: str) -> Present:
    """The link of the configuration with this name or id.

    :raises Refusal: if the configuration, its job or its mapping of users does not exist.
    """
    running, held = job.find_with_schema(client, name)
    if running.configuration is None:
        raise Refusal(find_configuration.missing(name))
    if running.job is None:
        raise Refusal(find_configuration.missing_job(name))
    mapping = schema.user_mapping(held)
    if mapping is None:
        raise Refusal(f"the schema of configuration {name!r} has no mapping of users, so what a cycle does is not known")
    current = scope.read_assigned(client, running.configuration.id)
    rules, side = rules_of(mapping), assigned_before(current)
    whole = change_of(client, (side, side), current.members, (rules, rules), running)
    return Present(running.configuration, running.job, whole.after, whole.known, whole.groups)


def serving(client: Client, target_id: str) -> list[Present]:
    """Every link of the tenant to a target, those without a job excepted: they synchronize nobody."""
    found = find_configuration.serving(client, target_id)
    jobs = read_all(client, [Request("GET", f"/servicePrincipals/{configuration.id}{job.JOBS}") for configuration in found])
    have_jobs = (
        find_configuration.only_job(list(client.members(answer.body)), each.name) for each, answer in zip(found, jobs, strict=True)
    )
    return [read(client, configuration.id) for configuration, running in zip(found, have_jobs, strict=True) if running]
