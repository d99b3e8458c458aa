# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What deprovisioning has to know of both tenants: whether the service can remove people, and whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...graph.batch import find_all
from ...graph.client import Client, Request
from ...graph.errors import ServiceError
from ...plan import Refusal
from .. import debt, partner, scope, settings_bag, synced_user
from ..configuration import with_bags
from ..configuration_choice import Found
from ..directory import PERSON, Principal, default_domain_of_tenant, members_of, person
from ..find_configuration import Configuration, of_multitenant_organization, only_job, same_name
from ..mapping import schema
from ..scope import Assignment
from . import bystanders

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
"""The role whose bearers the service skips (fact sheet 5)."""


@dataclass(frozen=True)
class Desired:
    """What is wanted. ``threshold`` 0 switches the deletion guard off, ``None`` leaves it as it is."""

    tenant: str
    configuration: str
    target: str
    threshold: int | None
    wait_timeout: float
    domains: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """Configurations that somebody else looks after."""


@dataclass(frozen=True)
class Person:
    """Somebody in the target, by the name of the source; ``blocked`` if he may not sign in."""

    name: str
    target_id: str
    blocked: bool = False


@dataclass(frozen=True)
class Current:
    """What is there. What the target says is not known before `read_target`."""

    target_id: str
    configuration: Configuration | None = None
    bag: Mapping[str, str] = field(default_factory=dict)
    job: Mapping[str, Any] | None = None
    enabled: bool = True
    """Whether the mapping of people is switched on."""
    target_actions: tuple[str, ...] = ("create", "update", "delete")
    assignments: tuple[Assignment, ...] = ()
    in_scope: tuple[Principal, ...] = ()
    """The people in scope by name."""
    domains: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    """The switches of the link that are off, and where."""
    synced: tuple[Person, ...] = ()
    """Everybody in the target who came from the source, as far as a name can say that."""
    leaving: tuple[Person, ...] = ()
    """Those of them who are to be removed."""
    doubts: tuple[str, ...] = ()

    @property
    def mode(self) -> str:
        """Who is synchronized."""
        return "all" if settings_bag.synchronizes_all(self.bag) else "assigned"

    @property
    def connected(self) -> bool:
        """Whether a connection is saved."""
        return bool(self.bag.get("CompanyId"))

    @property
    def owed(self) -> bool:
        """Whether the job is owed a restart."""
        return debt.owed(self.configuration)

    @property
    def bystanders(self) -> frozenset[str] | None:
        """Who is not of this link, as an earlier run saw it; ``None`` if none was begun."""
        return bystanders.remembered(self.configuration.tags) if self.configuration else None

    @property
    def remembered_domains(self) -> frozenset[str]:
        """The domains of the people in scope, and of those who were, as an earlier run saw it."""
        known = bystanders.domains(self.configuration.tags) if self.configuration else frozenset()
        names = (name for one in self.in_scope for name in (one.name, one.mail) if name)
        return known | {name.rpartition("@")[2].lower() for name in names}

    @property
    def resumes(self) -> bool:
        """Whether people have left scope before, so that the names in it do not say who is to be removed."""
        return (self.owed and self.bystanders is not None) or (self.mode == "assigned" and not self.assignments)


def read_source(client: Client, wanted: Desired) -> Current:
    """The configuration, who is in scope, and whether the service can remove people."""
    target_id = partner.resolve(client, wanted.target)
    match = choose(with_bags(client), wanted, target_id)
    domains, doubts = _domains(client, wanted)
    if match is None:
        return Current(target_id, domains=domains, doubts=doubts)
    configuration = match.configuration
    jobs = f"{configuration.synchronization}/jobs"
    job = only_job(list(client.pages(jobs)), wanted.configuration)
    mapping = schema.user_mapping(client.get(f"{jobs}/{job['id']}/schema")) if job else None
    assignments = scope.assignments(client, configuration)
    everybody = settings_bag.synchronizes_all(match.bag)
    return Current(
        target_id,
        configuration,
        match.bag,
        job,
        enabled=(mapping or {}).get("enabled") is not False,
        target_actions=tuple(schema.flows(mapping or {})),
        assignments=assignments,
        in_scope=tuple(_everybody(client) if everybody else _assigned(client, assignments)),
        domains=domains,
        closed=_closed_in_source(client, target_id),
        doubts=doubts,
    )


def choose(found: Sequence[Found], wanted: Desired, target_id: str) -> Found | None:
    """The configuration of that name or id, which must serve the target or nobody yet.

    :raises Refusal: when it serves another tenant, or another one serves the target: its people would stay and be forgotten.
    """
    named = [
        one for one in found if wanted.configuration == one.configuration.id or same_name(one.configuration.name, wanted.configuration)
    ]
    ours = [one for one in named if one.serves == target_id.lower()] or [one for one in named if not one.serves]
    if len(ours) > 1:
        ids = ", ".join(one.configuration.id for one in ours)
        raise Refusal(f"there are {len(ours)} configurations named {wanted.configuration!r}; name one by its id: {ids}")
    if ours:
        return ours[0]
    if named:
        raise Refusal(
            f"configuration {wanted.configuration!r} ({named[0].configuration.id}) serves tenant {named[0].serves}, not {wanted.target}; "
            "name the one that serves it; nothing was changed"
        )
    others = [one for one in found if one.serves == target_id.lower() and not _somebody_elses(one.configuration, wanted)]
    if others:
        listed = ", ".join(f"{one.configuration.name!r} ({one.configuration.id})" for one in others)
        raise Refusal(
            f"there is no configuration {wanted.configuration!r}, but tenant {wanted.target} is served by {listed}; "
            "give that name, or the people it synchronizes stay; nothing was changed"
        )
    return None


def _somebody_elses(one: Configuration, wanted: Desired) -> bool:
    """One of the multitenant organization is not of this link (fact sheet 1.6), nor is one that another link is known to manage."""
    return of_multitenant_organization(one.name) or any(same_name(one.name, other) or one.id == other.lower() for other in wanted.others)


def _everybody(client: Client) -> Iterable[Principal]:
    """Everybody whom scope mode all synchronizes: the service takes internal members only (fact sheet 10)."""
    return (one for one in map(person, client.pages(f"/users?$select={PERSON}&$top=999")) if not one.external)


def _assigned(client: Client, assignments: Sequence[Assignment]) -> Iterable[Principal]:
    """The assigned people and the direct members of assigned groups; default access does not count (fact sheet 5)."""
    effective = [one.principal for one in assignments if one.role_id != DEFAULT_ACCESS]
    members = [member for one in effective if one.kind == "group" for member in members_of(client, one.id)]
    people = {one.id: one for one in [*effective, *members] if one.kind == "user" and not one.external}
    return sorted(people.values(), key=lambda one: one.name)


def _closed_in_source(client: Client, target_id: str) -> tuple[str, ...]:
    entry = client.find(f"{partner.PARTNERS}/{target_id}")
    on = partner.settings(entry or {}, {})["redemption_outbound"]
    return () if on else (f"redemption_outbound for tenant {target_id} is off in tenant {client.tenant}",)


def _domains(client: Client, wanted: Desired) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The domains of the source's people, and what is to be said of them."""
    if wanted.domains:
        return wanted.domains, ()
    try:
        organizations = list(client.pages("/organization?$select=id,verifiedDomains"))
    except ServiceError as error:
        if not error.denied:
            raise
        unread = (
            f"the verified domains of tenant {wanted.tenant} may not be read (permission Organization.Read.All), so people of others than "
            "its default domain and those in scope are not seen in the target; grant it, or set source_domains (link_source_domains)"
        )
        return (), (unread,)
    return tuple(str(one["name"]) for raw in organizations for one in raw.get("verifiedDomains") or () if one.get("name")), ()


def read_target(target: Client, wanted: Desired, seen: Current) -> Current:
    """Who is there, and whether the service is let in."""
    source_id = partner.resolve(target, wanted.tenant)
    domains = seen.domains or (default_domain_of_tenant(target, source_id)[0],)
    # Whoever is in scope, or was, is of the source whatever list of domains was given.
    known = sorted({*domains, *seen.remembered_domains})
    rows = synced_user.inquire(target, {"source_domains": known})["synced_users"]
    people = [(_person(one), one) for one in rows]
    complete = replace(
        seen,
        synced=tuple(sorted((one for one, _row in people), key=_by_name)),
        closed=(*seen.closed, *_closed_in_target(target, source_id)) if seen.configuration else (),
    )
    return replace(complete, leaving=_leaving(complete, _named(seen.in_scope, people)))


def _leaving(current: Current, named: set[Person]) -> tuple[Person, ...]:
    """Those in scope by name; and where people have left it before, everybody who was not seen beside them then."""
    if current.configuration is None:
        return ()
    unknown = bystanders.without((one.target_id for one in current.synced), current.bystanders)
    left_before = {one for one in current.synced if current.resumes and one.target_id in unknown}
    return tuple(sorted(named | left_before, key=_by_name))


def _closed_in_target(target: Client, source_id: str) -> tuple[str, ...]:
    path = f"{partner.PARTNERS}/{source_id}"
    raw, policy = find_all(target, [Request("GET", path), Request("GET", f"{path}/identitySynchronization")])
    said = partner.settings(raw or {}, policy or {})
    switches = ("user_sync_inbound", "redemption_inbound")
    return tuple(f"{name} for tenant {source_id} is off in tenant {target.tenant}" for name in switches if not said.get(name))


def _person(row: Mapping[str, Any]) -> Person:
    return Person(str(row["source_user_principal_name"]), str(row["id"]), row.get("account_enabled") is False)


def _by_name(one: Person) -> tuple[str, str]:
    return one.name, one.target_id


def _named(in_scope: Iterable[Principal], people: Sequence[tuple[Person, Mapping[str, Any]]]) -> set[Person]:
    """Who of the people in scope is there: by user principal name, or by mail where that became the name (fact sheet 7)."""
    by_name = {one.name.lower(): one for one, _row in people}
    by_mail = {str(row["mail"]).lower(): one for one, row in people if row.get("mail")}
    found = set()
    for one in in_scope:
        mail = (one.mail or "").lower()
        match = by_name.get(one.name.lower()) or by_name.get(mail) or by_mail.get(mail)
        if match:
            found.add(match)
    return found
