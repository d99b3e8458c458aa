# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Checks of the target: invitations, quota, and conflicts with the users who are to be created."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import islice

from ...graph.client import Request
from ...graph.odata import LARGEST_IN, quoted
from .. import directory
from ..consequences.roles import ASSIGNMENTS
from ..permissions import (
    CONTACTS,
    FIND_SYNCED_USERS,
    GROUPS,
    INVITATIONS,
    MAIL_DOMAINS,
    ORGANIZATION,
    SEE_ELIGIBLE_ROLES,
    SEE_ROLES,
    TARGET,
    WITHOUT_EXCHANGE,
    Need,
)
from . import exchange, policy, users
from .check import Check, Link, Longer, Read, Seen, User
from .finding import UNKNOWN, Finding
from .granted import IMPORTANCE

KINDS = {
    "users": "id,userPrincipalName,mail,proxyAddresses,externalUserState",
    "groups": "id,displayName,mail,proxyAddresses",
    "contacts": "id,displayName,mail,proxyAddresses",
}
"""The kinds of objects that can have an address, and the members to read."""
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
"""The id of the role in every tenant. Its holders are few, and a filter is accepted in any case (fact F159)."""
QUOTA_PATH = "/organization?$select=directorySizeQuota"
"""In beta."""
DELETED = "/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,mail&$top=999"

# Reads ---------------------------------------------------------------------------------------------------------------


def _searches(kind: str, link: Link) -> list[Request]:
    """The searches for objects with one of the users' addresses. They are sent together with all other reads."""
    if _is_in_exchange(kind, link):
        return []
    addresses = list(dict.fromkeys(address for user in link.arriving for address in (user.address, user.name.lower())))
    return [Request("GET", f"/{kind}?$filter={clause}&$select={KINDS[kind]}&$top=999") for clause in _clauses(kind, addresses)]


def _clauses(kind: str, addresses: Sequence[str]) -> Iterator[str]:
    """Fifteen addresses in a filter. A user may have a mail address without a mailbox, so both attributes are searched for users."""
    remaining = iter(addresses)
    while chunk := list(islice(remaining, LARGEST_IN)):
        if kind == "users":
            yield f"mail%20in%20({','.join(quoted(address) for address in chunk)})"
        yield "%20or%20".join(f"proxyAddresses/any(p:p%20eq%20{quoted(f'smtp:{address}')})" for address in chunk)


def _is_in_exchange(kind: str, link: Link) -> bool:
    """Whether Exchange returns this kind of objects."""
    return link.exchange and kind != "users"


def _with_address(kind: str, need: Need) -> Read:
    return Read(kind, (need,), partial(_searches, kind))


def _recipients(link: Link, seen: Seen) -> Sequence[Longer]:
    """The search in Exchange for the addresses of the users who do not exist yet."""
    there = users.matches(link.arriving, users.Directory(seen.members(USERS)))
    addresses = list(dict.fromkeys(user.address for user in users.missing(there)))
    return [partial(exchange.recipients, addresses)] if addresses else []


def _deleted(link: Link) -> list[Request]:
    return [Request("GET", DELETED)] if link.arriving else []


def _domain_list(link: Link) -> list[Request]:
    """The page of b2bManagementPolicy: beta, and the global cloud only."""
    return [Request("GET", "/policies/b2bManagementPolicies", version="beta")] if link.cloud == "global" else []


def _role_holders(link: Link) -> list[Request]:
    filtered = f"{ASSIGNMENTS}&$filter=roleDefinitionId%20eq%20{quoted(GLOBAL_ADMINISTRATOR)}"
    return [Request("GET", filtered)] if link.roles_protect else []


def _groups_with_roles(_link: Link, seen: Seen) -> Sequence[Longer]:
    """The members of a group among the holders: only a tenant that has such groups needs the permission to read them."""
    rows = seen.members(ROLE_HOLDERS)
    groups = [row["principalId"] for row in rows if str((row.get("principal") or {}).get("@odata.type")).endswith(".group")]
    return [lambda client: directory.members_of(client, groups[0])] if groups else []


AUTHORIZATION = Read(
    "invitations",
    (Need("read whether invitations are allowed", INVITATIONS.read),),
    lambda _link: [Request("GET", "/policies/authorizationPolicy")],
)
DOMAIN_LIST = Read("domains", (Need("read the allow or deny list of mail domains", MAIL_DOMAINS.read),), _domain_list)
QUOTA = Read(
    "quota",
    (Need("read how full the directory is", ORGANIZATION.read),),
    lambda _link: [Request("GET", QUOTA_PATH, version="beta")],
)
USERS = _with_address("users", FIND_SYNCED_USERS)
TARGET_CONTACTS = _with_address("contacts", Need("search for contacts with the same address", CONTACTS.read, feature=WITHOUT_EXCHANGE))
TARGET_GROUPS = _with_address("groups", Need("search for groups with the same address", GROUPS.read, feature=WITHOUT_EXCHANGE))
RECIPIENTS = Read("recipients", (), in_exchange=_recipients)
ROLE_HOLDERS = Read(IMPORTANCE, (SEE_ROLES,), _role_holders)
ELIGIBLE_HOLDERS = Read(IMPORTANCE, (SEE_ELIGIBLE_ROLES,))
"""Is not asked: without the licence for eligible roles, the answer is an error (fact F160)."""
ROLES_OF_GROUPS = Read(IMPORTANCE, (), longer=_groups_with_roles)
DELETED_USERS = Read("users", (FIND_SYNCED_USERS,), _deleted)


# What was read -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _matches(link: Link, seen: Seen) -> list[users.Match]:
    # Several checks need it, and the collections can be those of a whole directory.
    kinds = (USERS, TARGET_GROUPS, TARGET_CONTACTS, RECIPIENTS)
    directory = users.Directory(*(seen.members(read) for read in kinds))
    return users.matches(link.arriving, directory)


def missing(link: Link, seen: Seen) -> list[User]:
    """The users who do not exist in the target yet."""
    return users.missing(_matches(link, seen))


# Judges --------------------------------------------------------------------------------------------------------------


def _invitations(_link: Link, seen: Seen) -> list[Finding]:
    return policy.invitations(seen.body(AUTHORIZATION))


def _domains(link: Link, seen: Seen) -> list[Finding]:
    if link.cloud != "global":
        cause = f"could not read the allow or deny list of mail domains: Microsoft Graph does not have it in the cloud {link.cloud}"
        return [Finding("domains", UNKNOWN, cause, "check the external collaboration settings in the portal")]
    return policy.domains(seen.members(DOMAIN_LIST), Counter(user.domain for user in missing(link, seen)))


def _quota(link: Link, seen: Seen) -> list[Finding]:
    organizations = seen.members(QUOTA) or [{}]
    return policy.quota(organizations[0], len(missing(link, seen)))


def _addresses(link: Link, seen: Seen) -> list[Finding]:
    return users.addresses(_matches(link, seen))


def _guests(link: Link, seen: Seen) -> list[Finding]:
    return users.guests(_matches(link, seen))


def _deleted_users(link: Link, seen: Seen) -> list[Finding]:
    return users.deleted_users(link.arriving, seen.members(DELETED_USERS))


def _importance(_link: Link, _seen: Seen) -> list[Finding]:
    """What matters is whether it can be read; a missing permission and a failure are findings already."""
    return []


CHECKS = (
    Check("invitations", (TARGET,), _invitations, reads=(AUTHORIZATION,)),
    Check("domains", (TARGET,), _domains, reads=(DOMAIN_LIST,), also=(USERS,)),
    Check("quota", (TARGET,), _quota, reads=(QUOTA,), also=(USERS,)),
    Check("addresses", (TARGET,), _addresses, also=(USERS, TARGET_CONTACTS, TARGET_GROUPS, RECIPIENTS)),
    Check("guests", (TARGET,), _guests, also=(USERS,)),
    Check("deleted_users", (TARGET,), _deleted_users, reads=(DELETED_USERS,)),
    Check(IMPORTANCE, (TARGET,), _importance, also=(ROLE_HOLDERS, ELIGIBLE_HOLDERS, ROLES_OF_GROUPS)),
)
