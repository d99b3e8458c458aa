# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Users of a target tenant who came from a given source, as an address book shows them (facts F112, F118).

The directory of the target is not listed: users are asked for by name, or selected and counted by the service (`external_names`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.batch import outcomes_of, read_all
from ..graph.client import Answer, Client, Request
from ..plan import Inquiry, Refusal
from . import external_names, tenants
from .directory import listed
from .external_names import ADVANCED, PENDING, SAMPLE, source_name

ADDRESS_BOOK = {
    "id": "id",
    "user_principal_name": "userPrincipalName",
    "display_name": "displayName",
    "given_name": "givenName",
    "surname": "surname",
    "mail": "mail",
    "job_title": "jobTitle",
    "department": "department",
    "company_name": "companyName",
    "office_location": "officeLocation",
    "business_phones": "businessPhones",
    "mobile_phone": "mobilePhone",
    "user_type": "userType",
    "account_enabled": "accountEnabled",
    "external_user_state": "externalUserState",
    "show_in_address_list": "showInAddressList",
}

SELECT = ",".join(ADDRESS_BOOK.values())


@dataclass(frozen=True)
class Origin:
    """The source, by the domains of its users; without any, by its id, and its default domain is looked up."""

    domains: Sequence[str] = ()
    tenant_id: str | None = None


@dataclass(frozen=True)
class Arrived:
    """The number of synced users, and those whose names were asked for, as `synced_users` returns them."""

    count: int
    named: tuple[Mapping[str, Any], ...] = ()


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The synced users of one source, by display name.

    :raises Refusal: when no source is named.
    """
    client.reads.cache()
    origin = Origin(params.get("source_domains") or (), params.get("source_tenant_id"))
    read_together(client, origin)
    domains = domains_of(client, origin)
    return {"synced_users": from_domains(client, domains, user_type=params.get("user_type")), "source_domains": domains}


def domains_of(client: Client, origin: Origin) -> list[str]:
    """The domains of the source.

    :raises Refusal: when no source is named, or there is no such tenant.
    """
    if origin.domains:
        return list(origin.domains)
    if not origin.tenant_id:
        raise Refusal("source_domains or source_tenant_id is needed to know which source is meant")
    return [tenants.default_domain(client, origin.tenant_id)[0]]


def read_together(client: Client, origin: Origin, names: Iterable[str] = (), also: Sequence[Request] = ()) -> None:
    """Read in one batch what the functions below ask first, and other requests, for a client that caches its reads. A read that fails here
    is repeated where its result is required.
    """
    looked_up = [tenants.request_for(origin.tenant_id)] if origin.tenant_id and not origin.domains else []
    requests = [*also, *looked_up, *_sample(client), *external_names.requests_by_source_name(names, SELECT)]
    outcomes = outcomes_of(client, requests) if len(requests) > 1 else []
    sampled = next((outcome for request, outcome in zip(requests, outcomes, strict=False) if request is SAMPLE), None)
    if isinstance(sampled, Answer):
        external_names.learn_from_sample(client, sampled.body)


def arrived(client: Client, domains: Iterable[str], names: Iterable[str] = ()) -> Arrived:
    """The number of synced users from these domains, which the service counts, and those of them with these names in the source."""
    wanted = list(domains)
    named, counts = _ask(client, names, lambda ends: external_names.counting(wanted, ends))
    return Arrived(external_names.counted(client, counts), tuple(synced_users(named, wanted)))


def from_domains(client: Client, domains: Iterable[str], names: Iterable[str] = (), user_type: str | None = None) -> list[dict[str, Any]]:
    """The synced users from these domains. Those with these names in the source are read by name as well, because the service can be late
    in selecting new users by domain (fact F158).
    """
    wanted = list(domains)
    named, pages = _ask(client, names, lambda ends: external_names.selecting(wanted, ends, SELECT, user_type))
    users = [*named, *(user for page in pages for user in client.members(page, headers=ADVANCED))]
    return synced_users({str(user["id"]): user for user in users}.values(), wanted, user_type)


def _ask(client: Client, names: Iterable[str], ask: Callable[[Sequence[str]], list[Request]]) -> tuple[list[dict[str, Any]], list[Any]]:
    """The users with these names in the source, and the bodies of the answers to the requests that ``ask`` makes of the endings of external
    names. It is one batch if the endings are known; otherwise they are learned first.
    """
    known = external_names.endings(client)
    by_ending, sample, by_name = ask(known), _sample(client), list(external_names.requests_by_source_name(names, SELECT))
    bodies = [answer.body for answer in read_all(client, [*by_ending, *sample, *by_name])]
    asked, rest = bodies[: len(by_ending)], bodies[len(by_ending) :]
    for page in rest[: len(sample)]:
        external_names.learn_from_sample(client, page)
    named = list(listed(client, rest[len(sample) :]))
    external_names.learn(client, named)
    new = [ending for ending in external_names.endings(client) if ending not in known]
    return named, [*asked, *(answer.body for answer in read_all(client, ask(new)))]


def _sample(client: Client) -> list[Request]:
    return [] if external_names.endings(client) else [SAMPLE]


def synced_users(raw: Iterable[Mapping[str, Any]], domains: Iterable[str], user_type: str | None = None) -> list[dict[str, Any]]:
    """Those whose user principal name was made from one of the domains.

    A user who has not redeemed an invitation was invited by hand: synchronization redeems at once (fact F113).
    """
    wanted = {domain.lower() for domain in domains}
    found = []
    for user in raw:
        origin = source_name(str(user.get("userPrincipalName") or ""))
        if user.get("externalUserState") == PENDING or (user_type and str(user.get("userType")).lower() != user_type):
            continue
        if origin and origin.rpartition("@")[2].lower() in wanted:
            found.append({**{ours: user.get(theirs) for ours, theirs in ADDRESS_BOOK.items()}, "source_user_principal_name": origin})
    return sorted(found, key=lambda user: (str(user["display_name"]), user["id"]))


def missing(users: Iterable[Mapping[str, Any]], names: Iterable[str]) -> list[str]:
    """Which of the source's users, by user principal name, the target's address book does not show."""
    visible = {
        user["source_user_principal_name"].lower()
        for user in users
        if user["account_enabled"] and user["show_in_address_list"] is not False
    }
    return [name for name in names if name.lower() not in visible]


INQUIRY = Inquiry(inquire)
