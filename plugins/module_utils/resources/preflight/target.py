# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Checks of the target: invitations, room, and what is in the way of the users who are to arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from ...graph.client import Client, Request
from ...graph.odata import LARGEST_IN, quoted
from ..permissions import CONTACTS, FIND_SYNCED_USERS, GROUPS, INVITATIONS, MAIL_DOMAINS, ORGANIZATION, TARGET, Need
from . import policy, users
from .check import Check, Link, Longer, Read, Seen, User
from .finding import UNKNOWN, Finding

WORTH_LISTING = 150
"""From this many users on, whole collections are read a thousand at a time, which takes fewer requests than looking for each."""
KINDS = {
    "users": "id,userPrincipalName,mail,proxyAddresses,externalUserState",
    "groups": "id,displayName,mail,proxyAddresses",
    "contacts": "id,displayName,mail,proxyAddresses",
}
"""What can have an address, and what is read of it."""
DELETED = "/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,mail&$top=999"

# Reads ---------------------------------------------------------------------------------------------------------------


def _searches(kind: str, link: Link) -> list[Request]:
    """The reads of what has one of the users' addresses. They go into the same batch as everything else."""
    if len(link.arriving) >= WORTH_LISTING:
        return []
    addresses = list(dict.fromkeys(address for user in link.arriving for address in (user.address, user.name.lower())))
    return [Request("GET", f"/{kind}?$filter={clause}&$select={KINDS[kind]}&$top=999") for clause in _clauses(kind, addresses)]


def _clauses(kind: str, addresses: Sequence[str]) -> Iterator[str]:
    """Fifteen addresses a filter. A user may have a mail address without a mailbox, so users are looked for by both."""
    remaining = iter(addresses)
    while some := list(islice(remaining, LARGEST_IN)):
        if kind == "users":
            yield f"mail%20in%20({','.join(quoted(address) for address in some)})"
        yield "%20or%20".join(f"proxyAddresses/any(p:p%20eq%20{quoted(f'smtp:{address}')})" for address in some)


def _listing(kind: str, link: Link, _seen: Seen) -> Sequence[Longer]:
    """All there are, where that is less work."""
    return [partial(_all, kind)] if len(link.arriving) >= WORTH_LISTING else []


def _all(kind: str, client: Client) -> Iterable[dict[str, Any]]:
    return client.pages(f"/{kind}?$select={KINDS[kind]}&$top=999")


def _with_address(kind: str, need: Need) -> Read:
    return Read(kind, (need,), partial(_searches, kind), partial(_listing, kind))


def _deleted(link: Link) -> list[Request]:
    return [Request("GET", DELETED)] if link.arriving else []


def _domain_list(link: Link) -> list[Request]:
    """The page of b2bManagementPolicy: beta, and the global cloud only."""
    return [Request("GET", "/policies/b2bManagementPolicies", version="beta")] if link.cloud == "global" else []


AUTHORIZATION = Read(
    "invitations",
    (Need("read whether invitations are allowed", INVITATIONS.read),),
    lambda _link: [Request("GET", "/policies/authorizationPolicy")],
)
DOMAIN_LIST = Read("domains", (Need("read the allow or deny list of mail domains", MAIL_DOMAINS.read),), _domain_list)
ROOM = Read(
    "quota",
    (Need("read how full the directory is", ORGANIZATION.read),),
    lambda _link: [Request("GET", "/organization?$select=directorySizeQuota", version="beta")],
)
USERS = _with_address("users", FIND_SYNCED_USERS)
THEIR_CONTACTS = _with_address("contacts", Need("look for contacts with the same address", CONTACTS.read))
THEIR_GROUPS = _with_address("groups", Need("look for groups with the same address", GROUPS.read))
DELETED_USERS = Read("users", (FIND_SYNCED_USERS,), _deleted)


# What was read -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _matches(link: Link, seen: Seen) -> list[users.Match]:
    # Several judges want it, and the collections may be those of a whole directory.
    there = users.There(seen.members(USERS), seen.members(THEIR_GROUPS), seen.members(THEIR_CONTACTS))
    return users.matches(link.arriving, there)


def missing(link: Link, seen: Seen) -> list[User]:
    """The users who are not there yet."""
    return users.missing(_matches(link, seen))


# Judges --------------------------------------------------------------------------------------------------------------


def _invitations(_link: Link, seen: Seen) -> list[Finding]:
    return policy.invitations(seen.body(AUTHORIZATION))


def _domains(link: Link, seen: Seen) -> list[Finding]:
    if link.cloud != "global":
        cause = f"could not read the allow or deny list of mail domains: Microsoft Graph does not have it in the cloud {link.cloud}"
        return [Finding("domains", UNKNOWN, cause, "look at the external collaboration settings in the portal")]
    return policy.domains(seen.members(DOMAIN_LIST), Counter(user.domain for user in missing(link, seen)))


def _quota(link: Link, seen: Seen) -> list[Finding]:
    organizations = seen.members(ROOM) or [{}]
    return policy.quota(organizations[0], len(missing(link, seen)))


def _addresses(link: Link, seen: Seen) -> list[Finding]:
    return users.addresses(_matches(link, seen))


def _guests(link: Link, seen: Seen) -> list[Finding]:
    return users.guests(_matches(link, seen))


def _deleted_users(link: Link, seen: Seen) -> list[Finding]:
    return users.deleted_users(link.arriving, seen.members(DELETED_USERS))


CHECKS = (
    Check("invitations", (TARGET,), _invitations, reads=(AUTHORIZATION,)),
    Check("domains", (TARGET,), _domains, reads=(DOMAIN_LIST,), also=(USERS,)),
    Check("quota", (TARGET,), _quota, reads=(ROOM,), also=(USERS,)),
    Check("addresses", (TARGET,), _addresses, also=(USERS, THEIR_CONTACTS, THEIR_GROUPS)),
    Check("guests", (TARGET,), _guests, also=(USERS,)),
    Check("deleted_users", (TARGET,), _deleted_users, reads=(DELETED_USERS,)),
)
