# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads of Exchange that are complete, or say what they do not cover (facts F146, F148, F153, F156)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph.client import Client, all_of
from ..graph.errors import GraphFailure, ServiceError
from ..graph.message import Request
from . import cmdlet, opath
from .cmdlet import Cmdlet
from .errors import ABSENT, Incomplete, WrongTenant

LARGEST_CHUNK = 100
"""Values in a filter. The longest filter is not documented (fact F157), so a chunk that is refused is halved."""
NEXT = "@odata.nextLink"

Raw = dict[str, Any]
"""An object as Exchange returned it, without the keys that describe its properties."""


@dataclass
class Found:
    """The objects that were found, and the values that could not be asked for, with the failure. Every other value is known: it has the
    objects that are here, and no others.
    """

    objects: list[Raw] = field(default_factory=list)
    unasked: dict[str, GraphFailure] = field(default_factory=dict)


def run(client: Client, command: Cmdlet) -> list[Raw]:
    """All objects that a reading cmdlet returns.

    :raises Incomplete: if the answer is not complete, and its rest cannot be read.
    :raises GraphFailure: for every other failure.
    """
    request = command.request()
    objects: list[Raw] = []
    followed: set[str] = set()
    body = client.send(request).body
    while True:
        objects += _objects(body)
        path = client.path_of(body.get(NEXT), request.version)
        if path is None:
            return objects
        if path in followed:
            raise Incomplete("Exchange names the same next page again and again")
        followed.add(path)
        body = _next_page(client, dataclasses.replace(request, path=path))


def _objects(body: Any) -> list[Raw]:
    """The objects of a page, without their sidecar keys (fact F147).

    :raises GraphFailure: if the body has another form, or reports errors about some of the objects.
    """
    page = all_of({**body, NEXT: None} if isinstance(body, Mapping) else body)
    if body.get("@adminapi.errors"):
        raise Incomplete("Exchange reported errors about some of the objects that it was asked for")
    if not all(isinstance(raw, Mapping) for raw in page):
        raise GraphFailure("Exchange returned something else than objects")
    return [{name: value for name, value in raw.items() if "@" not in name} for raw in page]


def _next_page(client: Client, request: Request) -> Any:
    """The next page, by the same request or by GET: the sources differ (fact F148).

    :raises Incomplete: if neither is accepted.
    """
    try:
        return client.send(request).body
    except ServiceError as error:
        if error.status not in (400, 405):
            raise
    try:
        return client.send(dataclasses.replace(request, method="GET", body=None)).body
    except ServiceError as error:
        if error.status not in (400, 405):
            raise
    raise Incomplete("Exchange returned only a part of the objects, and refuses to return the rest")


def find_by(client: Client, name: str, values: Collection[str], select: Sequence[str], what: str = "users") -> Found:
    """The recipients whose property ``name`` has one of the values.

    The values are asked for in chunks, so that each answer is complete. A chunk that is refused or incomplete is halved. After any other
    failure, which concerns the other chunks as well, nothing more is asked. ``what`` names the values in the progress.
    """
    found = Found()
    waiting = list(dict.fromkeys(values))
    total, size = len(waiting), LARGEST_CHUNK
    while waiting:
        chunk, rest = waiting[:size], waiting[size:]
        try:
            found.objects += run(client, cmdlet.recipients(opath.any_of(name, chunk), select))
        except (Incomplete, ServiceError) as failure:
            if isinstance(failure, ServiceError) and failure.status != 400:
                found.unasked.update(dict.fromkeys(waiting, failure))
                return found
            if len(chunk) > 1:
                size = (len(chunk) + 1) // 2
                continue
            found.unasked[chunk[0]] = failure
        except GraphFailure as failure:
            found.unasked.update(dict.fromkeys(waiting, failure))
            return found
        waiting = rest
        if total > LARGEST_CHUNK:
            client.progress(f"Tenant {client.tenant}: Exchange was asked about {total - len(rest)} of {total} {what}")
    return found


def members(client: Client, group: str) -> list[Raw]:
    """The members of a distribution group, dynamic or not, by the documented endpoints.

    :raises GraphFailure: if there is no such group, or if it cannot be read.
    """
    try:
        return run(client, cmdlet.group_members(group, dynamic=True))
    except ServiceError as error:
        if not error.names(ABSENT):
            raise
    return run(client, cmdlet.group_members(group, dynamic=False))


def prove_tenant(client: Client, domains: Collection[str] | None, owner_of: Callable[[str], str | None], tenant_id: str) -> None:
    """Check that Exchange answers for the tenant: one of its mail domains is among the tenant's verified ``domains``; if these are not known
    (``None``), the tenant owns Exchange's initial domain.

    :raises WrongTenant: if it answers for another tenant.
    :raises GraphFailure: if it does not answer.
    """
    found = run(client, cmdlet.accepted_domains())
    accepted = {str(domain.get("DomainName") or "").lower() for domain in found} - {""}
    if domains is not None:
        answers = not accepted.isdisjoint(domain.lower() for domain in domains)
    else:
        initial = [str(domain["DomainName"]) for domain in found if domain.get("InitialDomain") is True and domain.get("DomainName")]
        answers = any((owner_of(domain) or "").lower() == tenant_id.lower() for domain in initial)
    if not answers:
        names = ", ".join(sorted(accepted)[:3]) or "no domain"
        raise WrongTenant(f"Exchange answers for another tenant, with the mail domains {names}; nothing that it returns is used")
