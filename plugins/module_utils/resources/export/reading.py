# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads a tenant for an export. Each part that cannot be read leaves the others as they are, and becomes a sentence."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from ...graph.batch import find_all, read_all
from ...graph.claims import OpaqueToken
from ...graph.client import Client, Request
from ...graph.errors import GraphFailure
from ...graph.odata import is_id
from ...plan import Refusal
from .. import configuration_list, directory, find_configuration, partner, partner_list, related_tenants, scope, tenant, tenants
from ..causes import clause
from ..configuration_list import ListedConfiguration
from ..find_configuration import Configuration
from ..mapping import schema as schemas
from ..mapping.types import Schema
from ..partner_list import ListedPartner
from ..related_tenants import Related
from . import sharing
from .model import Identity, SeenConfiguration, SeenTenant

T = TypeVar("T")


def read(client: Client, short: str) -> SeenTenant:
    """All of a tenant that an export describes."""
    client.reads.cache()
    unread: list[str] = []

    def part(reading: Callable[[], T], otherwise: T) -> T:
        value, why = _attempt(client, reading)
        if why is not None:
            unread.append(f"Tenant {client.tenant}: {why}")
        return otherwise if value is None else value

    own = part(lambda: _own_id(client), None)
    identity = part(lambda: _identity(client, own), None) if own else None
    if identity is None:
        # The sign-in failed, as it would for everything else.
        return SeenTenant(short, Identity(own or client.tenant.lower()), client.cloud.name, unread=tuple(unread))
    partners: list[ListedPartner] = part(lambda: partner_list.inquire(client, {"names": True})["partners"], [])
    listed: list[ListedConfiguration] = part(lambda: configuration_list.inquire(client, {})["configurations"], [])
    serving = [one for one in listed if one["target_tenant_id"] and not one["multitenant_organization"]]
    found: list[Configuration] = part(lambda: find_configuration.configurations(client), []) if serving else []
    by_id = {one.id: one for one in found}
    related, related_unknown = _attempt(client, lambda: related_tenants.read(client))
    return SeenTenant(
        short=short,
        identity=identity,
        cloud=client.cloud.name,
        partners=tuple(partners),
        configurations=tuple(_configuration(client, one, by_id[one["service_principal_id"]]) for one in serving),
        multitenant=tuple((one["name"], str(one["target_tenant_id"] or "").lower()) for one in listed if one["multitenant_organization"]),
        idle=tuple(one["name"] for one in listed if not one["target_tenant_id"] and not one["multitenant_organization"]),
        names=tuple(one["name"] for one in listed),
        template=_template(client, serving),
        lets_groups_in=part(lambda: _groups_inbound(client, partners), {}),
        sharing=part(lambda: sharing.read(client), {}) if partners else {},
        related=related or (),
        related_unknown=related_unknown,
        unread=tuple(dict.fromkeys(unread)),
        known=_names(client, partners, serving, related or ()),
    )


def _attempt(client: Client, reading: Callable[[], T]) -> tuple[T | None, str | None]:
    """What was read, or why it was not, the same words for the same cause."""
    try:
        with client.reading():
            return reading(), None
    except Refusal as refusal:
        return None, str(refusal)
    except GraphFailure as failure:
        return None, clause(failure)


def _own_id(client: Client) -> str:
    """The id of the tenant, which needs no sign-in."""
    own = tenants.own_id(client)
    if own is None:
        raise Refusal("the id of the tenant is not known; name it by its id, and check that it exists")
    return own.lower()


def _identity(client: Client, own: str) -> Identity:
    try:
        found = tenant.inquire(client, {})["tenant"]
    except OpaqueToken:
        return Identity(own)
    return Identity(own, found["name"], found["default_domain"])


def _configuration(client: Client, listed: ListedConfiguration, found: Configuration) -> SeenConfiguration:
    of_list = SeenConfiguration(
        name=listed["name"],
        id=listed["service_principal_id"],
        target=str(listed["target_tenant_id"]).lower(),
        mode=listed["scope_mode"],
        deletion_threshold=listed["deletion_threshold"],
        notification_email=listed["notification_email"],
        job_state=listed["job_state"],
        role_id=found.role_id,
    )
    parts, why = _attempt(client, lambda: _parts(client, listed, found))
    return _with(of_list, obstacle=why) if parts is None else _with(of_list, **parts)


def _with(found: SeenConfiguration, **members: Any) -> SeenConfiguration:
    return SeenConfiguration(**{**vars(found), **members})


def _parts(client: Client, listed: ListedConfiguration, found: Configuration) -> dict[str, Any]:
    requests = [Request("GET", f"/servicePrincipals/{found.id}{scope.ASSIGNED}")]
    if listed["job_id"]:
        requests.append(Request("GET", f"{found.synchronization}/jobs/{listed['job_id']}/schema"))
    bodies = [answer.body for answer in read_all(client, requests)]
    schema: Schema | None = bodies[1] if listed["job_id"] else None
    problem = schemas.problem(schema) if schema is not None else None
    if problem:
        raise Refusal(f"the mappings cannot be understood: in the answer of the service, {problem}")
    assignments = scope.assignments(client, found, bodies[0])
    existing = frozenset(one.id for one in directory.by_ids(client, (assignment.principal.id for assignment in assignments)))
    groups = [assignment.principal for assignment in assignments if assignment.principal.kind == "group"]
    names = sorted({group.name for group in groups if group.id in existing and not is_id(group.name)})
    return {"assignments": assignments, "existing": existing, "ambiguous": _ambiguous(client, names), "schema": schema}


def _ambiguous(client: Client, names: Sequence[str]) -> frozenset[str]:
    """The names that several groups have."""
    ids: dict[str, set[str]] = defaultdict(set)
    bodies = [answer.body for answer in read_all(client, directory.group_requests(names))] if names else []
    for group in map(directory.group, directory.listed(client, bodies)):
        ids[group.name.lower()].add(group.id)
    return frozenset(name for name, found in ids.items() if len(found) > 1)


def _template(client: Client, serving: Sequence[ListedConfiguration]) -> Schema | None:
    """The schema of a new configuration, the same for all of a tenant; ``None`` if it cannot be read."""
    for one in serving[:1]:
        path = f"/servicePrincipals/{one['service_principal_id']}/synchronization/templates/{find_configuration.JOB_TEMPLATE}/schema"
        template: Schema | None = _attempt(client, functools.partial(client.get, path))[0]
        return template if template is not None and schemas.problem(template) is None and schemas.user_mapping(template) else None
    return None


def _groups_inbound(client: Client, partners: Iterable[ListedPartner]) -> dict[str, bool]:
    """Whether the partners that may synchronize users may synchronize groups. Only the beta version knows it (fact F45)."""
    letting = [str(one["tenant_id"]) for one in partners if one["user_sync_inbound"]]
    bodies = find_all(client, [Request("GET", partner.paths(number)[1], version="beta") for number in letting])
    return {
        number.lower(): bool(partner.settings({}, body or {})["group_sync_inbound"]) for number, body in zip(letting, bodies, strict=True)
    }


def _names(
    client: Client, partners: Iterable[Mapping[str, Any]], serving: Iterable[ListedConfiguration], related: Iterable[Related]
) -> dict[str, Identity]:
    """The names of the other tenants, where they may be read."""
    of_partners = {
        str(one["tenant_id"]).lower(): Identity(str(one["tenant_id"]).lower(), one["name"], one["default_domain"]) for one in partners
    }
    others = {str(one["target_tenant_id"]).lower() for one in serving} | {one.tenant_id for one in related}
    looked_up = _attempt(client, lambda: tenants.several(client, sorted(others - of_partners.keys())))[0] or {}
    found = {name: Identity(name, raw.get("displayName"), raw.get("defaultDomainName")) for name, raw in looked_up.items()}
    return {**found, **of_partners}
