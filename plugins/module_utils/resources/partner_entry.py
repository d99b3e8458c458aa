# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The partner entry in Graph: where it is, how it is read, and the actions that write it (fact F30)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..graph.batch import find_all
from ..graph.client import Client, Request
from ..graph.errors import ServiceError
from ..plan import Action, Refusal
from . import find_configuration, foretold
from .partner_settings import ENTRY, SYNCHRONIZATION, TABLE, PartnerSettings, Table, Values
from .partner_values import Raw, says_nothing
from .tenants import id_of_domain, is_own

PARTNERS = "/policies/crossTenantAccessPolicy/partners"
LARGEST_POLICY = 25 * 1024
"""Bytes (fact F38)."""


@dataclass(frozen=True)
class Desired:
    """What is wanted."""

    tenant: str
    partner: str
    absent: bool
    settings: Values
    """The settings that the task names."""
    inherit: tuple[str, ...]
    """The settings to give back to the tenant's default."""
    keep_for: tuple[str, ...] | None = None
    """The configurations that still need the switches, as the task names them; ``None`` if it does not."""
    table: Table = TABLE
    """The settings that exist."""


@dataclass(frozen=True)
class Current:
    """What is there, in our own words."""

    partner_id: str
    settings: PartnerSettings | None
    """``None`` where the entry does not exist."""
    has_synchronization: bool
    """Whether there is an identity synchronization."""
    raw: Raw
    """The entry as Graph returns it."""
    policy_bytes: int = 0
    """The size of the whole policy, where this task may make it larger."""
    served: tuple[str, ...] | None = ()
    """This tenant's configurations that serve the partner, if a switch that they need is removed; ``None`` if they may not be read."""
    capabilities: tuple[str, ...] | None = ()
    """The names of the capabilities that an entry which is to be removed says something with (fact F201); ``None`` if they may not be read."""


def paths(partner_id: str) -> tuple[str, str]:
    """Where an entry and its identity synchronization are."""
    return f"{PARTNERS}/{partner_id}", f"{PARTNERS}/{partner_id}/identitySynchronization"


def resolve(client: Client, partner: str) -> str:
    """The partner's tenant id, from an id or a domain."""
    try:
        return str(uuid.UUID(partner))
    except ValueError:
        return id_of_domain(client, partner)


def read(client: Client, wanted: Desired) -> Current:
    """The entry, its identity synchronization, and the size of the policy if it may grow.

    :raises Refusal: when the partner is the tenant itself.
    """
    partner_id = resolve(client, wanted.partner)
    if is_own(client, partner_id):
        raise Refusal("partner_tenant_id is the tenant itself; a link needs two tenants")
    table = wanted.table
    raw, synchronization = _both_parts(client, partner_id, wanted)
    grows = not wanted.absent and (raw is None or any(table.rows[name].kind.bulky for name in wanted.settings))
    size = policy_bytes(client.pages(PARTNERS)) if grows else 0
    raw = foretold.entry(client, partner_id, raw)
    now = None if raw is None else table.read(raw, synchronization or {})
    return Current(
        partner_id, now, raw is not None and synchronization is not None, raw or {}, size, _served(client, partner_id, wanted, now)
    )


def _both_parts(client: Client, partner_id: str, wanted: Desired) -> tuple[Any, Any]:
    """The entry and its identity synchronization, which an expansion may hide although it is there (fact F44)."""
    named = (*wanted.settings, *wanted.inherit)
    versions = [wanted.table.version(part, named) for part in (ENTRY, SYNCHRONIZATION)]
    entry, synchronization = (Request("GET", path, version=version) for path, version in zip(paths(partner_id), versions, strict=True))
    if entry.version == synchronization.version:
        return tuple(find_all(client, [entry, synchronization]))
    # One batch has one version (fact F24).
    raw = client.find(entry.path, version=entry.version)
    return raw, raw and _in_beta(client, synchronization, named)


def _in_beta(client: Client, synchronization: Request, named: Iterable[str]) -> Any:
    """The identity synchronization in the beta version.

    :raises Refusal: if that version is not available.
    """
    try:
        return client.find(synchronization.path, version=synchronization.version)
    except ServiceError as error:
        if error.denied or error.status == 429 or error.status >= 500:
            raise
        raise Refusal(
            f"the beta version of Microsoft Graph, which alone has {', '.join(name for name in named if 'group_sync' in name)}, is not "
            f"available in this tenant (HTTP {error.status} {error.code}); leave these options out, and switch the synchronization of groups "
            "on in the Microsoft Entra admin center"
        ) from None


def _served(client: Client, partner_id: str, wanted: Desired, now: Values | None) -> tuple[str, ...] | None:
    """The configurations that would go into quarantine without their switch. Those of another tenant cannot be seen from here."""
    if not wanted.absent or wanted.keep_for is not None:
        return ()
    removed = wanted.inherit or [name for name, value in (now or {}).items() if value]
    if not set(needed_by_source(wanted.table)) & set(removed):
        return ()
    try:
        return tuple(configuration.name for configuration in find_configuration.serving(client, partner_id))
    except ServiceError as error:
        if error.denied:
            return None
        raise


def needed_by_source(table: Table) -> tuple[str, ...]:
    """The switches that this tenant's own configurations need."""
    return table.names(lambda row: row.needed and row.link == "source")


def entry_action(current: Current, wanted: Desired, changed: Values) -> Action:
    """Creates or updates the entry."""
    body = wanted.table.body(ENTRY, changed, current.settings or {}, current.raw)
    version = wanted.table.version(ENTRY, changed)
    partner = f"partner {current.partner_id}"
    if current.settings is None:
        create = Request("POST", PARTNERS, {"tenantId": current.partner_id, **body}, version)
        return Action("create", partner, wanted.tenant, (create,))
    update = Request("PATCH", paths(current.partner_id)[0], body, version)
    return Action("update", f"{partner} ({', '.join(changed)})", wanted.tenant, (update,))


def synchronization_action(current: Current, wanted: Desired, changed: Values, exists: bool) -> Action:
    """Creates or updates the identity synchronization. PUT creates and PATCH updates: a second PUT is refused (fact F42). ``exists``: whether
    it is there, or an earlier action of the plan creates it.
    """
    body = wanted.table.body(SYNCHRONIZATION, changed, current.settings or {}, {})
    version = wanted.table.version(SYNCHRONIZATION, changed)
    return Action(
        "update" if exists else "create",
        f"identity synchronization with partner {current.partner_id} ({', '.join(changed)})",
        wanted.tenant,
        (Request("PATCH" if exists else "PUT", paths(current.partner_id)[1], body, version),),
        follows_creation=current.settings is None or exists is not current.has_synchronization,
    )


def facts(partner_id: str, settings: Values | None) -> dict[str, Any]:
    """What the result returns of a partner; no settings: it is absent."""
    return {"partner_tenant_id": partner_id, "partner": None if settings is None else {"tenant_id": partner_id, **settings}}


def policy_bytes(entries: Iterable[Raw]) -> int:
    """How large a policy with these entries is; the service takes 25 KB in all (fact F38)."""
    return json_bytes([_saying(entry) for entry in entries])


def _saying(entry: Raw) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if not name.startswith("@") and not says_nothing(value)}


def json_bytes(value: Any) -> int:
    """How large a value is when it is sent."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
