# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Users of a target tenant who came from a given source, as an address book shows them (facts F112, F118).

The directory of the target is not listed: users are asked for by name, or selected and counted by the service (`external_names`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.batch import outcomes_of, read_all
from ..graph.client import Answer, Client, Request, all_of
from ..graph.odata import requests_by
from ..plan import Inquiry, Refusal
from . import external_names, tenants
from .directory import listed
from .external_names import ADVANCED, FIRST, NEXT, PENDING, source_name

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


def by_name(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The synced users with these names in their source, by name: user principal names there, or mail addresses.

    :raises Refusal: for a name that means nobody, or several users.
    """
    names = list(params["names"])
    requests = [*external_names.requests_by_source_name(names, SELECT), *requests_by("/users", "mail", SELECT, names)]
    users = list(listed(client, (answer.body for answer in read_all(client, requests))))
    return {"users": {name: only_one(name, users) for name in names}}


def only_one(name: str, users: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The user with this name in the source. A guest who was renamed or taken over is found by the mail address (fact F113).

    :raises Refusal: if there is none, or more than one.
    """
    external = {str(user["id"]): user for user in users if _domain(user)}.values()
    wanted = name.lower()
    found = [user for user in external if (source_name(str(user["userPrincipalName"])) or "").lower() == wanted]
    found = found or [user for user in external if str(user.get("mail") or "").lower() == wanted]
    if not found:
        raise Refusal(f"there is no synced user {name}; check the name in the source, and whether the user has arrived")
    if len(found) > 1:
        several = ", ".join(sorted(str(user["userPrincipalName"]) for user in found))
        raise Refusal(f"{name} means several users: {several}; use the user principal name in the source")
    return _shown(found[0])


def _shown(user: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{ours: user.get(theirs) for ours, theirs in ADDRESS_BOOK.items()},
        "source_user_principal_name": source_name(str(user["userPrincipalName"])),
    }


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
    """Read in one batch what `domains_of` and `arrived` ask first, and other requests, for a client that caches its reads. A read that
    fails here is repeated where its result is required.
    """
    looked_up = [tenants.request_for(origin.tenant_id)] if origin.tenant_id and not origin.domains else []
    requests = [*also, *looked_up, *_first(client), *external_names.requests_by_source_name(names, SELECT)]
    outcomes = outcomes_of(client, requests) if len(requests) > 1 else []
    for request, outcome in zip(requests, outcomes, strict=False):
        # A page of many is not cached.
        if request is FIRST and isinstance(outcome, Answer) and NEXT in outcome.body:
            external_names.endings_here(client, outcome.body)


def _first(client: Client) -> list[Request]:
    return [] if external_names.recorded_endings(client) else [FIRST]


def arrived(client: Client, domains: Iterable[str], names: Iterable[str] = ()) -> Arrived:
    """The number of synced users from these domains, and those of them with these names in the source.

    A tenant with up to a thousand external users shows them all in one request. Of more, the service counts those from the domains.
    """
    wanted, known = _lower(domains), external_names.recorded_endings(client)
    by_name = list(external_names.requests_by_source_name(names, SELECT))
    number = external_names.counting(wanted, known) if known else [FIRST]
    bodies = [answer.body for answer in read_all(client, [*by_name, *number])]
    named, numbers = list(listed(client, bodies[: len(by_name)])), bodies[len(by_name) :]
    if known or NEXT in numbers[0]:
        ends = {*(known or external_names.endings_here(client, numbers[0])), *external_names.endings(named)}
        more = read_all(client, external_names.counting(wanted, sorted(ends.difference(known))))
        count = external_names.counted(client, [*(numbers if known else ()), *(answer.body for answer in more)])
    else:
        by_domain = client.derived(_synced_by_domain, numbers[0])
        count = sum(by_domain[domain] for domain in wanted)
    return Arrived(count, tuple(synced_users(named, wanted)))


def from_domains(client: Client, domains: Iterable[str], names: Iterable[str] = (), user_type: str | None = None) -> list[dict[str, Any]]:
    """The synced users from these domains. Those with these names in the source are read by name as well, because the service can be late
    in selecting new users by domain (fact F158).
    """
    return synced_users(external_users(client, domains, names, user_type), _lower(domains), user_type)


def external_users(
    client: Client, domains: Iterable[str], names: Iterable[str] = (), user_type: str | None = None, select: str = SELECT
) -> list[dict[str, Any]]:
    """The users from these domains as Graph returned them, each once, with those whose invitation is pending; and those with these names
    in the source.
    """
    wanted, first = _lower(domains), _first(client)
    by_name = list(external_names.requests_by_source_name(names, select))
    bodies = [answer.body for answer in read_all(client, [*first, *by_name])]
    users = list(listed(client, bodies[len(first) :]))
    here = external_names.endings_here(client, bodies[0]) if first else external_names.recorded_endings(client)
    selecting = external_names.selecting(wanted, sorted({*here, *external_names.endings(users)}), select, user_type)
    for answer in read_all(client, selecting):
        users += client.members(answer.body, headers=ADVANCED)
    return list({str(user["id"]): user for user in users}.values())


def synced_users(raw: Iterable[Mapping[str, Any]], domains: Iterable[str], user_type: str | None = None) -> list[dict[str, Any]]:
    """Those whose user principal name was made from one of the domains, by display name."""
    wanted = _lower(domains)
    found = [_shown(user) for user in raw if _is_synced(user, wanted) and (not user_type or str(user.get("userType")).lower() == user_type)]
    return sorted(found, key=lambda user: (str(user["display_name"]), user["id"]))


def _is_synced(user: Mapping[str, Any], domains: Collection[str]) -> bool:
    return _domain(user) in domains


def _domain(user: Mapping[str, Any]) -> str | None:
    """The domain from which a user was synchronized, in lower case; ``None`` for any other user.

    A user who has not redeemed an invitation was invited by hand: synchronization redeems at once (fact F113).
    """
    origin = source_name(str(user.get("userPrincipalName") or ""))
    return None if origin is None or user.get("externalUserState") == PENDING else origin.rpartition("@")[2].lower()


def _synced_by_domain(body: Any) -> Counter[str | None]:
    """The number of synced users in a collection that was read to its end, by domain."""
    return Counter(map(_domain, all_of(body)))


def _lower(domains: Iterable[str]) -> frozenset[str]:
    return frozenset(domain.lower() for domain in domains)


def missing(users: Iterable[Mapping[str, Any]], names: Iterable[str]) -> list[str]:
    """Which of the source's users, by user principal name, the target's address book does not show."""
    visible = {
        user["source_user_principal_name"].lower()
        for user in users
        if user["account_enabled"] and user["show_in_address_list"] is not False
    }
    return [name for name in names if name.lower() not in visible]


INQUIRY = Inquiry(inquire)
BY_NAME = Inquiry(by_name)
