# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Compares the users of a link with the directory of the target: pure functions (facts F111, F114)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..external_names import PENDING, source_name
from ..people import some
from .check import User
from .finding import WARNING, Finding

_DELETED = re.compile(r"^[0-9a-f]{32}", re.IGNORECASE)
"""The prefix that the directory adds to the user principal name of a deleted user."""

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Directory:
    """The objects of the target that have one of the users' addresses. A kind that could not be read is empty."""

    users: Sequence[Raw] = ()
    groups: Sequence[Raw] = ()
    contacts: Sequence[Raw] = ()
    recipients: Sequence[Raw] = ()
    """Recipients of Exchange that are no users, each with its kind in a word, where Exchange is asked instead of Graph."""


@dataclass
class Match:
    """The objects in the target that have the addresses of one user."""

    user: User
    present: bool = False
    others: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    guests: list[str] = field(default_factory=list)


def matches(arriving: Sequence[User], directory: Directory) -> list[Match]:
    """The objects with the addresses of each user, in the order of ``arriving``."""
    kinds = {"group": directory.groups, "contact": directory.contacts, "recipient": directory.recipients}
    users, others = _by_address(directory.users), {kind: _by_address(items) for kind, items in kinds.items()}
    return [_match(user, users, others) for user in arriving]


def missing(found: Iterable[Match]) -> list[User]:
    """The users who do not exist in the target yet."""
    return [match.user for match in found if not match.present]


def addresses(found: Iterable[Match]) -> list[Finding]:
    """Addresses that belong to other objects."""
    collisions = [f"{match.user.address} is {', '.join(match.others)}" for match in found if match.others]
    cause = f"addresses of users in scope belong to other objects here: {some(collisions)}"
    remedy = "remove the address from the other object, or take the user out of scope"
    return [Finding("addresses", WARNING, cause, remedy)] if collisions else []


def guests(found: Sequence[Match]) -> list[Finding]:
    """Guests whom the service does not match, and users with more than one guest."""
    pending = [name for match in found for name in match.pending]
    doubled = [f"{match.user.name} is {' and '.join(match.guests)}" for match in found if len(match.guests) > 1]
    findings = []
    if pending:
        cause = f"guests who were invited manually and have not redeemed the invitation are not matched: {some(pending)}"
        remedy = "have the invitation redeemed, delete the guest, or provision the user on demand"
        findings.append(Finding("guests", WARNING, cause, remedy))
    if doubled:
        cause = f"more than one guest is the same user: {some(doubled)}"
        findings.append(Finding("guests", WARNING, cause, "delete the guest that is not used"))
    return findings


def deleted_users(arriving: Sequence[User], deleted: Iterable[Raw]) -> list[Finding]:
    """Users in scope who are among the deleted users of the target."""
    known = {name for user in arriving for name in (user.name.lower(), user.address)}
    found = []
    for raw in deleted:
        name = _DELETED.sub("", str(raw.get("userPrincipalName") or ""))
        origin = (source_name(name) or "").lower()
        if origin in known or (origin and str(raw.get("mail") or "").lower() in known):
            found.append(origin or name)
    cause = f"users in scope are among the deleted users: {some(found)}"
    remedy = (
        "restore the users who should keep their old access (the service restores only those it deleted itself) and delete the others "
        "permanently"
    )
    return [Finding("deleted_users", WARNING, cause, remedy)] if found else []


def _match(user: User, users: Mapping[str, list[Raw]], others: Mapping[str, Mapping[str, list[Raw]]]) -> Match:
    found = Match(user)
    for raw in {raw["id"]: raw for address in (user.address, user.name.lower()) for raw in users.get(address, ())}.values():
        name = str(raw.get("userPrincipalName"))
        origin = source_name(name)
        if origin is None:
            found.others.append(f"user {name}")
            continue
        found.guests.append(name)
        if raw.get("externalUserState") == PENDING:
            found.pending.append(name)
        elif origin.lower() in (user.name.lower(), user.address):
            found.present = True
    taken = ((raw.get("kind", kind), raw) for kind, by_address in others.items() for raw in by_address.get(user.address, ()))
    found.others += [f"{kind} {raw.get('displayName')}" for kind, raw in taken]
    return found


def _by_address(items: Iterable[Raw]) -> dict[str, list[Raw]]:
    """The objects by each of their addresses in lower case; guests also by their user principal name in the source."""
    found: dict[str, dict[str, Raw]] = {}
    for raw in items:
        proxies = [str(proxy) for proxy in raw.get("proxyAddresses") or ()]
        addresses = [proxy.partition(":")[2] for proxy in proxies if proxy.lower().startswith("smtp:")]
        home = source_name(str(raw.get("userPrincipalName") or ""))
        for address in (*addresses, raw.get("mail"), home):
            if address:
                found.setdefault(str(address).lower(), {})[str(raw["id"])] = raw
    return {address: list(objects.values()) for address, objects in found.items()}
