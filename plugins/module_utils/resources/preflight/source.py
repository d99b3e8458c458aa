# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Checks of the source: configurations, licences, and the users in scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from ...graph.client import Client, Request
from ...plan import Refusal
from .. import configuration, people, scope, settings_bag
from ..configuration_choice import Found, Wanted, choose
from ..directory import PERSON, Principal, find_groups, find_people, members_of, person
from ..find_configuration import of_multitenant_organization
from ..permissions import (
    FIND_CONFIGURATION,
    FIND_GROUPS,
    FIND_USERS,
    LICENCES,
    ORGANIZATION,
    READ_SYNCHRONIZATION,
    SOURCE,
    Need,
)
from . import policy
from .check import Check, Link, Longer, Read, Seen, User
from .finding import ERROR, WARNING, Finding

# Reads ---------------------------------------------------------------------------------------------------------------


def _assigned(link: Link, seen: Seen) -> Sequence[Longer]:
    if all_in_scope(link, seen):
        return [_all_users]
    serving = chosen(link, seen)[0]
    return [partial(_assignments, serving)] if serving and not link.exact else []


def _assignments(serving: Found, client: Client) -> Iterable[Principal]:
    return [assignment.principal for assignment in scope.assignments(client, serving.configuration)]


def _all_users(client: Client) -> Iterable[Principal]:
    return map(person, client.pages(f"/users?$filter=userType%20eq%20'Member'&$select={PERSON}&$top=999"))


def _named_users(link: Link, seen: Seen) -> Sequence[Longer]:
    known = {principal.name.lower() for principal in seen.members(ASSIGNED)}
    names = [name for name in link.users if name.lower() not in known]
    return [lambda client: find_people(client, names).values()] if names and not all_in_scope(link, seen) else []


def _named_groups(link: Link, seen: Seen) -> Sequence[Longer]:
    wanted = link.groups and not all_in_scope(link, seen) and not _unknown(seen)
    return [lambda client: find_groups(client, link.groups).values()] if wanted else []


def _members(_link: Link, seen: Seen) -> Sequence[Longer]:
    if _unknown(seen):
        return []
    groups = people.distinct([*seen.members(ASSIGNED), *seen.members(NAMED_GROUPS)], "group")
    return [partial(_members_of, group) for group in groups]


def _members_of(group: Principal, client: Client) -> Iterable[Principal]:
    return members_of(client, group.id)


LICENCES_PATH = "/subscribedSkus?$select=capabilityStatus,prepaidUnits,servicePlans"
CONFIGURATIONS = Read("configurations", (FIND_CONFIGURATION, READ_SYNCHRONIZATION), longer=lambda _link, _seen: [configuration.with_bags])
SKUS = Read(
    "licences",
    (Need("read the licences", LICENCES.read),),
    lambda _link: [Request("GET", LICENCES_PATH)],
)
VERIFIED = Read(
    "mail_domains",
    (Need("compare mail addresses with the verified domains", ORGANIZATION.read),),
    lambda _link: [Request("GET", "/organization?$select=verifiedDomains")],
)
ASSIGNED = Read("users", (FIND_USERS,), longer=_assigned)
NAMED_USERS = Read("users", (FIND_USERS,), longer=_named_users, refusable=True)
NAMED_GROUPS = Read("groups", (FIND_GROUPS,), longer=_named_groups, refusable=True)
MEMBERS = Read("groups", (FIND_GROUPS,), longer=_members)
IN_SCOPE = (ASSIGNED, NAMED_USERS, NAMED_GROUPS, MEMBERS)


# What was read -------------------------------------------------------------------------------------------------------


def chosen(link: Link, seen: Seen) -> tuple[Found | None, str | None]:
    """The configuration that sync_configuration would use, and the conflict if there is one."""
    if link.configuration is None:
        serving = _serving(link, seen)
        return (serving[0] if len(serving) == 1 else None), None
    try:
        wanted = Wanted(link.configuration, adopt=link.adopt, others=link.others)
        return choose(seen.members(CONFIGURATIONS), wanted, link.partner), None
    except Refusal as refusal:
        return None, str(refusal)


def _serving(link: Link, seen: Seen) -> list[Found]:
    return [found for found in seen.members(CONFIGURATIONS) if found.serves == link.partner]


def all_in_scope(link: Link, seen: Seen) -> bool:
    """Whether all users of the tenant are to be in scope."""
    serving = chosen(link, seen)[0]
    return link.mode == "all" or (link.mode is None and serving is not None and settings_bag.synchronizes_all(serving.bag))


def _unknown(seen: Seen) -> str | None:
    """The named users or groups that do not exist, in one sentence; ``None`` if all exist."""
    return seen.refusal(NAMED_USERS) or seen.refusal(NAMED_GROUPS)


def in_scope(seen: Seen) -> list[Principal]:
    """The users in the scope of the link, with the direct members of groups, and the groups that are nested in groups."""
    if _unknown(seen):
        return seen.members(ASSIGNED)
    together = {principal.id: principal for read in (ASSIGNED, NAMED_USERS, NAMED_GROUPS) for principal in seen.members(read)}
    principals = [*together.values(), *seen.members(MEMBERS)]
    return [principal for principal in principals if principal.kind == "user" or principal.id not in together]


def arriving(seen: Seen) -> list[User]:
    """The users whom the service creates in the target."""
    return [User(principal.name, principal.mail) for principal in people.taken(in_scope(seen))]


def _verified_domains(seen: Seen) -> frozenset[str] | None:
    organizations: list[dict[str, Any]] = seen.members(VERIFIED)
    return frozenset(str(domain["name"]).lower() for domain in organizations[0].get("verifiedDomains") or ()) if organizations else None


# Judges --------------------------------------------------------------------------------------------------------------


def _configurations(link: Link, seen: Seen) -> list[Finding]:
    match, refused = chosen(link, seen)
    found = several(_serving(link, seen), with_new=link.configuration is not None and match is None and refused is None)
    if refused:
        remedy = "rename or remove the conflicting configuration, or choose another link_configuration"
        found.append(Finding("configurations", ERROR, refused, remedy))
    return found


def several(serving: Sequence[Found], with_new: bool = False) -> list[Finding]:
    """Several configurations for a pair of tenants are possible if their scopes do not overlap (fact F55).

    ``with_new``: whether the link creates another configuration.
    """
    if len(serving) + with_new < 2:
        return []
    configurations = [found.configuration for found in serving]
    names = ", ".join(f"{found.name} ({found.id})" for found in configurations)
    foreign = any(of_multitenant_organization(found.name) for found in configurations)
    also = "; the configuration whose name begins with MTO_Sync_ belongs to the Microsoft 365 admin center" if foreign else ""
    others = "1 configuration serves" if len(serving) == 1 else f"{len(serving)} configurations serve"
    cause = f"{others} the same target{' in addition to the configuration that this link creates' if with_new else ''}: {names}{also}"
    return [Finding("configurations", WARNING, cause, "make sure that their scopes do not overlap, or remove those that are not needed")]


def _licences(link: Link, seen: Seen) -> list[Finding]:
    skus = seen.members(SKUS)
    in_groups = people.taken(seen.members(MEMBERS))
    return [*policy.licences(skus, len(arriving(seen))), *(policy.group_licences(skus, len(in_groups)) if link.group_sync else [])]


def _users(_link: Link, seen: Seen) -> list[Finding]:
    unknown = _unknown(seen)
    refused = [Finding("users", ERROR, unknown, "correct link_scope_users and link_scope_groups")] if unknown else []
    return [*refused, *skipped(in_scope(seen), _verified_domains(seen))]


def skipped(principals: Sequence[Principal], verified: frozenset[str] | None) -> list[Finding]:
    """Users in scope who will not be created, or not as expected, by reason (facts F111, F121)."""
    users, nested = (people.distinct(principals, kind) for kind in ("user", "group"))
    found = people.skipped(people.InScope(users, nested, verified))
    return [Finding("users", WARNING, cause, reason.remedy) for reason, cause in found]


CHECKS = (
    Check("configurations", (SOURCE,), _configurations, reads=(CONFIGURATIONS,)),
    Check("users", (SOURCE,), _users, also=(VERIFIED, *IN_SCOPE)),
    Check("licences", (SOURCE,), _licences, reads=(SKUS,), also=IN_SCOPE),
)
