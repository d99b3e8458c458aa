# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads both tenants before a deprovisioning: whether the service can remove users, and which users it must remove."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...graph.batch import find_all
from ...graph.client import Client, Request
from ...graph.errors import ServiceError
from ...plan import Refusal
from .. import debt, partner, scope, settings_bag, synced_user, tenants
from ..configuration import with_bags
from ..configuration_choice import Found
from ..directory import Principal, all_people, members_of
from ..find_configuration import Configuration, Raw, of_multitenant_organization, only_job, same_name
from ..mapping import schema
from ..mapping.types import Schema
from ..scope import Assignment
from . import bystanders

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
"""The app role "default access": the service skips users who are assigned with it (fact F108)."""


@dataclass(frozen=True)
class Desired:
    """The desired state. ``threshold`` 0 switches the deletion guard off, ``None`` leaves it unchanged. ``wait_timeout`` is in seconds."""

    tenant: str
    configuration: str
    target: str
    threshold: int | None
    wait_timeout: float
    domains: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """The names or ids of configurations that are managed elsewhere."""


@dataclass(frozen=True)
class TargetUser:
    """A user in the target. ``name`` is the user principal name in the source."""

    name: str
    target_id: str
    disabled: bool = False
    target_name: str = ""


@dataclass(frozen=True)
class Current:
    """The current state. What is read in the target is empty before `read_target`."""

    target_id: str
    configuration: Configuration | None = None
    bag: Mapping[str, str] = field(default_factory=dict)
    job: Raw | None = None
    mapping_enabled: bool = True
    """Whether the mapping of users is switched on."""
    target_actions: tuple[str, ...] = ("create", "update", "delete")
    assignments: tuple[Assignment, ...] = ()
    groups: int = 0
    """The number of assigned groups, if the job synchronizes groups."""
    in_scope: tuple[Principal, ...] = ()
    """The users in scope, by their names in the source."""
    domains: tuple[str, ...] = ()
    switches_off: tuple[str, ...] = ()
    """The trust switches of the link that are off, each as a clause that names the tenant."""
    synced: tuple[TargetUser, ...] = ()
    """The users in the target who come from the source, by their user principal names."""
    leaving: tuple[TargetUser, ...] = ()
    """Those of them who are to be removed."""
    warnings: tuple[str, ...] = ()

    @property
    def mode(self) -> str:
        """The scope mode: ``all`` or ``assigned``."""
        return "all" if settings_bag.synchronizes_all(self.bag) else "assigned"

    @property
    def connected(self) -> bool:
        """Whether a connection is saved."""
        return bool(self.bag.get("CompanyId"))

    @property
    def owed(self) -> bool:
        """Whether a restart of the job is pending."""
        return debt.owed(self.configuration)

    @property
    def bystanders(self) -> frozenset[str] | None:
        """The users who are not synced users of this link, as an earlier run has recorded them; ``None`` if no deprovisioning has begun."""
        return bystanders.recorded(self.configuration.tags) if self.configuration else None

    @property
    def known_domains(self) -> frozenset[str]:
        """The domains of the users in scope, and of those who were in scope when an earlier run recorded them."""
        known = bystanders.domains(self.configuration.tags) if self.configuration else frozenset()
        names = (name for user in self.in_scope for name in (user.name, user.mail) if name)
        return known | {name.rpartition("@")[2].lower() for name in names}

    @property
    def others(self) -> tuple[TargetUser, ...]:
        """The users of the source in the target who are not known to leave."""
        leaving = {user.target_id for user in self.leaving}
        return tuple(user for user in self.synced if user.target_id not in leaving)

    @property
    def most_deletions(self) -> int:
        """The most deletions that the deletion guard can count, as far as they can be read: groups as well (fact F81), and users who left the
        scope before, but are not removed yet. Nothing distinguishes those from users who were invited (fact F118).
        """
        return len(self.leaving) + len(self.others) + self.groups

    @property
    def resumes(self) -> bool:
        """Whether users have already left the scope, so that its names do not include all users who are to be removed."""
        return (self.owed and self.bystanders is not None) or (self.mode == "assigned" and not self.assignments)

    @property
    def began(self) -> bool:
        """Whether an earlier run has begun to deprovision, and nobody was brought back into scope since."""
        return self.resumes and self.bystanders is not None


def read_source(client: Client, wanted: Desired) -> Current:
    """The configuration, the users in scope, and whether the service can remove users.

    :raises Refusal: when it is not clear which configuration is meant (`choose`).
    """
    target_id = partner.resolve(client, wanted.target)
    match = choose(with_bags(client), wanted, target_id)
    domains, warnings = _domains(client, wanted)
    if match is None:
        return Current(target_id, domains=domains, warnings=warnings)
    configuration = match.configuration
    jobs = f"{configuration.synchronization}/jobs"
    job = only_job(list(client.pages(jobs)), wanted.configuration)
    job_schema: Schema = client.get(f"{jobs}/{job['id']}/schema") if job else {}
    mapping, groups = schema.user_mapping(job_schema), schema.group_mapping(job_schema)
    assignments = scope.assignments(client, configuration)
    all_users = settings_bag.synchronizes_all(match.bag)
    return Current(
        target_id,
        configuration,
        match.bag,
        job,
        mapping_enabled=(mapping or {}).get("enabled") is not False,
        target_actions=tuple(schema.flows(mapping or {})),
        assignments=assignments,
        groups=sum(one.principal.kind == "group" for one in assignments) if groups and groups.get("enabled") is not False else 0,
        in_scope=tuple(all_people(client) if all_users else _assigned(client, assignments)),
        domains=domains,
        switches_off=_switches_off_in_source(client, target_id),
        warnings=warnings,
    )


def choose(found: Sequence[Found], wanted: Desired, target_id: str) -> Found | None:
    """The configuration of that name or id, which must serve the target or have no target yet; ``None`` if there is none.

    :raises Refusal: when several match, it serves another tenant, or another configuration serves the target: its synced users would
        stay, and nothing would record them.
    """
    named = [
        candidate
        for candidate in found
        if wanted.configuration == candidate.configuration.id or same_name(candidate.configuration.name, wanted.configuration)
    ]
    matches = [candidate for candidate in named if candidate.serves == target_id.lower()]
    matches = matches or [candidate for candidate in named if not candidate.serves]
    if len(matches) > 1:
        ids = ", ".join(match.configuration.id for match in matches)
        raise Refusal(f"there are {len(matches)} configurations named {wanted.configuration!r}; use an id instead of the name: {ids}")
    if matches:
        return matches[0]
    if named:
        raise Refusal(
            f"configuration {wanted.configuration!r} ({named[0].configuration.id}) serves tenant {named[0].serves}, not {wanted.target}; "
            "name the configuration that serves it; nothing was changed"
        )
    others = [other for other in found if other.serves == target_id.lower() and not _managed_elsewhere(other.configuration, wanted)]
    if others:
        listed = ", ".join(map(str, others))
        raise Refusal(
            f"there is no configuration {wanted.configuration!r}, but tenant {wanted.target} is served by {listed}; "
            "use that name, otherwise its synced users stay; nothing was changed"
        )
    return None


def _managed_elsewhere(configuration: Configuration, wanted: Desired) -> bool:
    """Whether it belongs to the multitenant organization (fact F49), or the options name it among the others."""
    return of_multitenant_organization(configuration.name) or any(
        same_name(configuration.name, other) or configuration.id == other.lower() for other in wanted.others
    )


def _assigned(client: Client, assignments: Sequence[Assignment]) -> Iterable[Principal]:
    """The assigned users and the direct members of assigned groups, without those who only have default access (facts F108, F109)."""
    effective = [assignment.principal for assignment in assignments if assignment.role_id != DEFAULT_ACCESS]
    members = [member for principal in effective if principal.kind == "group" for member in members_of(client, principal.id)]
    users = {principal.id: principal for principal in [*effective, *members] if principal.kind == "user" and not principal.external}
    return sorted(users.values(), key=lambda user: user.name)


def _switches_off_in_source(client: Client, target_id: str) -> tuple[str, ...]:
    entry = client.find(f"{partner.PARTNERS}/{target_id}")
    on = partner.settings(entry or {}, {})["redemption_outbound"]
    return () if on else (f"redemption_outbound for tenant {target_id} is off in tenant {client.tenant}",)


def _domains(client: Client, wanted: Desired) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The domains of the source's users, and the warnings about them."""
    if wanted.domains:
        return wanted.domains, ()
    try:
        organizations = list(client.pages("/organization?$select=id,verifiedDomains"))
    except ServiceError as error:
        if not error.denied:
            raise
        unread = (
            f"the verified domains of tenant {wanted.tenant} cannot be read (permission Organization.Read.All), so users of domains other "
            "than its default domain and those of the users in scope are not found in the target; grant the permission, or set "
            "source_domains (link_source_domains)"
        )
        return (), (unread,)
    domains = (domain for organization in organizations for domain in organization.get("verifiedDomains") or ())
    return tuple(str(domain["name"]) for domain in domains if domain.get("name")), ()


def read_target(target: Client, wanted: Desired, source: Current) -> Current:
    """The state read in the source, with the users of the source in the target and the target's trust switches."""
    source_id = partner.resolve(target, wanted.tenant)
    domains = source.domains or (tenants.default_domain(target, source_id)[0],)
    # The users who are or were in scope come from the source, whichever domains the options name.
    known = sorted({*domains, *source.known_domains})
    names = [name for user in source.in_scope for name in (user.name, user.mail) if name]
    rows = synced_user.from_domains(target, known, names)
    users = [(_target_user(row), row) for row in rows]
    complete = replace(
        source,
        synced=tuple(sorted((user for user, _row in users), key=_by_name)),
        switches_off=(*source.switches_off, *_switches_off_in_target(target, source_id)) if source.configuration else (),
    )
    return replace(complete, leaving=_leaving(complete, _named(source.in_scope, users)))


def _leaving(current: Current, named: set[TargetUser]) -> tuple[TargetUser, ...]:
    """The users in scope; and if users have left the scope before, every synced user who was not recorded as a bystander."""
    if current.configuration is None:
        return ()
    unrecorded = bystanders.without((user.target_id for user in current.synced), current.bystanders)
    left_before = {user for user in current.synced if current.resumes and user.target_id in unrecorded}
    return tuple(sorted(named | left_before, key=_by_name))


def _switches_off_in_target(target: Client, source_id: str) -> tuple[str, ...]:
    path = f"{partner.PARTNERS}/{source_id}"
    raw, policy = find_all(target, [Request("GET", path), Request("GET", f"{path}/identitySynchronization")])
    settings = partner.settings(raw or {}, policy or {})
    switches = ("user_sync_inbound", "redemption_inbound")
    return tuple(f"{name} for tenant {source_id} is off in tenant {target.tenant}" for name in switches if not settings.get(name))


def _target_user(row: Mapping[str, Any]) -> TargetUser:
    disabled = row.get("account_enabled") is False
    return TargetUser(str(row["source_user_principal_name"]), str(row["id"]), disabled, str(row["user_principal_name"]))


def _by_name(user: TargetUser) -> tuple[str, str]:
    return user.name, user.target_id


def _named(in_scope: Iterable[Principal], users: Sequence[tuple[TargetUser, Mapping[str, Any]]]) -> set[TargetUser]:
    """The users in scope who are in the target: by user principal name, or by mail where it became the name (fact F112)."""
    by_name = {user.name.lower(): user for user, _row in users}
    by_mail = {str(row["mail"]).lower(): user for user, row in users if row.get("mail")}
    found = set()
    for principal in in_scope:
        mail = (principal.mail or "").lower()
        match = by_name.get(principal.name.lower()) or by_name.get(mail) or by_mail.get(mail)
        if match:
            found.add(match)
    return found
