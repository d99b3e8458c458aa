# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What anyone may know of a tenant: Graph's findTenantInformation and the public OpenID document (fact F48).

Each answer is kept for the run. Where no tenant is found, nothing is kept.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..graph.batch import read_all, send_all
from ..graph.claims import OpaqueToken
from ..graph.client import Answer, Client, Request
from ..graph.errors import ServiceError
from ..graph.odata import escape, is_id
from ..plan import Refusal

FIND = "/tenantRelationships/findTenantInformationBy"
GRAPH, OPENID = "graph", "openid"
PROGRESS = 100
"""Domains after which the progress is reported. Without the permission, each is a request."""

Raw = Mapping[str, Any]
"""``tenantId``, ``displayName`` and ``defaultDomainName``, as Graph words them. The OpenID document only has the id."""


def look_up(client: Client, name: str, *others: Request) -> tuple[Raw | None, list[Any]]:
    """What Graph says of the tenant that an id or a domain names, ``None`` if there is none, and the bodies of other reads in the same
    batch. If there is no such tenant, there are no bodies either.

    :raises ServiceError: also where the permission is missing.
    """
    known = _known(client, name)
    asked = [] if known else [request_for(name)]
    try:
        bodies = [answer.body for answer in read_all(client, [*asked, *others])]
    except ServiceError as error:
        if error.path.startswith(FIND) and error.status in (400, 404):
            return None, []
        raise
    if asked:
        known = _keep(client, name, bodies.pop(0))
    return known, bodies


def find(client: Client, name: str) -> tuple[Raw | None, str]:
    """The same of one tenant, and who says it: ``graph``, or ``openid`` where the permission for Graph's answer is missing."""
    try:
        return look_up(client, name)[0], GRAPH
    except ServiceError as error:
        if not error.denied:
            raise
    tenant_id = owner(client, name)
    return {"tenantId": tenant_id} if tenant_id else None, OPENID


def several(client: Client, tenant_ids: Iterable[str]) -> dict[str, Raw]:
    """What Graph says of many tenants, in batches. Those that cannot be read are left out."""
    names = list(tenant_ids)
    found = {name: known for name in names if (known := _known(client, name))}
    unknown = [name for name in names if name not in found]
    outcomes = send_all(client, [request_for(name) for name in unknown])
    for name, outcome in zip(unknown, outcomes, strict=True):
        if isinstance(outcome, Answer):
            found[name] = _keep(client, name, outcome.body)
    return found


def owners(client: Client, domains: Sequence[str]) -> dict[str, str | None]:
    """The id of the tenant that owns each domain, in lower case, ``None`` if none does: from Graph in batches, or from the OpenID documents
    where Graph's answer is not permitted.

    :raises GraphFailure: if a domain cannot be looked up: its owner is then not known, and could be any tenant.
    """
    found: dict[str, str | None] = {domain: str(known["tenantId"]) for domain in domains if (known := _known(client, domain))}
    unknown = [domain for domain in domains if domain not in found]
    first = send_all(client, [request_for(domain) for domain in unknown[:1]])
    # Where the permission is missing, it is missing for every domain.
    denied = any(isinstance(outcome, ServiceError) and outcome.denied for outcome in first)
    outcomes = first * len(unknown) if denied else [*first, *send_all(client, [request_for(domain) for domain in unknown[1:]])]
    for number, (domain, outcome) in enumerate(zip(unknown, outcomes, strict=True), 1):
        if isinstance(outcome, Answer):
            found[domain] = str(_keep(client, domain, outcome.body)["tenantId"])
        elif isinstance(outcome, ServiceError) and outcome.denied:
            found[domain] = owner(client, domain)
            if number % PROGRESS == 0:
                client.progress(f"Tenant {client.tenant}: {number} of {len(unknown)} domains were looked up")
        elif isinstance(outcome, ServiceError) and outcome.status in (400, 404):
            found[domain] = None
        else:
            raise outcome
    return {domain: tenant_id and tenant_id.lower() for domain, tenant_id in found.items()}


def id_of_domain(client: Client, domain: str) -> str:
    """The id of the tenant that owns a domain. No permission is needed.

    :raises Refusal: when no tenant owns it.
    """
    tenant, _source = find(client, domain)
    if tenant is None:
        raise Refusal(f"no tenant owns the domain {domain!r}")
    return str(tenant["tenantId"])


def default_domain(client: Client, tenant_id: str, *others: Request) -> tuple[str, list[Any]]:
    """The default domain of another tenant, and the bodies of other reads in the same batch.

    :raises Refusal: when there is no such tenant.
    """
    tenant, bodies = look_up(client, tenant_id, *others)
    if tenant is None:
        raise Refusal(f"there is no tenant {tenant_id} in this cloud")
    return str(tenant["defaultDomainName"]), bodies


def verified_domains(client: Client) -> list[str] | None:
    """The verified domains of the tenant we work in, in lower case; ``None`` if they may not be read."""
    try:
        organizations = list(client.pages("/organization?$select=verifiedDomains"))
    except ServiceError as error:
        if not error.denied:
            raise
        return None
    named = (domain.get("name") for organization in organizations for domain in organization.get("verifiedDomains") or ())
    return [str(name).lower() for name in named if name] or None


def owner(client: Client, name: str) -> str | None:
    """The id of the tenant that a domain or an id names, from the public OpenID document; ``None`` if there is none."""
    key = ("owner of", client.cloud.login_endpoint, name.lower())
    known: str | None = client.run_cache.recall(*key)
    if known is None:
        known = client.owner_of(name)
        if known:
            client.run_cache.keep(known, *key)
    return known


def is_own(client: Client, tenant_id: str) -> bool:
    """Whether it is the tenant we work in."""
    own = own_id(client)
    return own is not None and own.lower() == tenant_id.lower()


def own_id(client: Client) -> str | None:
    """The id of the tenant we work in. If the options name it by a domain, the token has its id, or else the OpenID document."""
    if is_id(client.tenant):
        return client.tenant
    own: str | None = None
    with contextlib.suppress(OpaqueToken):
        own = client.claims().tenant_id
    return own or owner(client, client.tenant)


def request_for(name: str) -> Request:
    """The read of what Graph says of the tenant that an id or a domain names."""
    function = f"TenantId(tenantId='{escape(name)}')" if is_id(name) else f"DomainName(domainName='{escape(name)}')"
    return Request("GET", f"{FIND}{function}")


def _key(client: Client, name: str) -> tuple[str, ...]:
    return "tenant information", client.cloud.graph_endpoint, name.lower()


def _known(client: Client, name: str) -> Raw | None:
    known: Raw | None = client.run_cache.recall(*_key(client, name))
    return known


def _keep(client: Client, name: str, raw: Raw) -> Raw:
    client.run_cache.keep(raw, *_key(client, name))
    return raw
