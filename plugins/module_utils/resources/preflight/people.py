# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The people of a link: who will be skipped in the source, and who is in the way in the target: pure judgements (fact sheet 7 and 10)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..directory import Principal
from ..synced_user import PENDING, source_name
from .finding import WARNING, Finding, some

_DELETED = re.compile(r"^[0-9a-f]{32}", re.IGNORECASE)
"""What the directory puts before the user principal name of somebody who was deleted."""

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Person:
    """Somebody who is to arrive in the target."""

    name: str
    mail: str | None

    @property
    def address(self) -> str:
        """Where an invitation goes."""
        return (self.mail or self.name).lower()

    @property
    def domain(self) -> str:
        """The domain of that address."""
        return self.address.rpartition("@")[2]


def arriving(principals: Iterable[Principal]) -> list[Person]:
    """Those whom the service takes: enabled people of the company itself."""
    takes = {one.id: one for one in principals if one.kind == "user" and one.enabled and not one.external}
    return [Person(one.name, one.mail) for one in takes.values()]


def skipped(principals: Sequence[Principal], verified: Collection[str] | None) -> list[Finding]:
    """Who is in scope and will not arrive, or not as expected, by reason (pain points 14 and 26)."""
    everybody = list({one.id: one for one in principals}.values())
    people = [one for one in everybody if one.kind == "user"]
    internal = [one for one in people if not one.external]
    mails = Counter(one.mail.lower() for one in internal if one.mail)
    reasons = (
        ("external people are skipped", "take them out of scope", [one for one in people if one.external]),
        ("disabled people are not created", "enable them, or take them out of scope", [one for one in internal if not one.enabled]),
        (
            "people without a mail address are shown without one",
            "give them a mail address in this tenant",
            [one for one in internal if not one.mail],
        ),
        (
            "people who share a mail address become one person in the target",
            "give each a mail address of their own",
            [one for one in internal if one.mail and mails[one.mail.lower()] > 1],
        ),
        (
            "mail addresses outside the verified domains of this tenant are not taken over reliably",
            "verify the domain, or change the addresses",
            [one for one in internal if one.mail and verified is not None and one.mail.rpartition("@")[2].lower() not in verified],
        ),
        (
            "members of nested groups are not synchronized, only direct members are",
            "assign the nested groups by themselves",
            [one for one in everybody if one.kind == "group"],
        ),
    )
    return [Finding("people", WARNING, f"{why}: {some([one.name for one in those])}", remedy) for why, remedy, those in reasons if those]


@dataclass(frozen=True)
class There:
    """What the target holds that has one of the people's addresses. A kind that could not be read is empty."""

    users: Sequence[Raw] = ()
    groups: Sequence[Raw] = ()
    contacts: Sequence[Raw] = ()
    deleted: Sequence[Raw] = ()


@dataclass
class Match:
    """What one person meets in the target."""

    present: bool = False
    others: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    guests: list[str] = field(default_factory=list)


def met(people: Sequence[Person], there: There) -> tuple[list[Finding], list[Person]]:
    """What is in the way, and who is not there yet."""
    users, groups, contacts = (_by_address(items) for items in (there.users, there.groups, there.contacts))
    matches = {person.name: _match(person, users, groups, contacts) for person in people}
    collisions = [f"{person.address} is {', '.join(found.others)}" for person in people if (found := matches[person.name]).others]
    pending = [name for found in matches.values() for name in found.pending]
    doubled = [f"{person.name} is {' and '.join(found.guests)}" for person in people if len((found := matches[person.name]).guests) > 1]
    twins = _twins(people, there.deleted)
    findings = [
        Finding("addresses", WARNING, f"addresses of people in scope belong to others here: {some(collisions)}", _OTHERS)
        if collisions
        else None,
        Finding("guests", WARNING, f"invited by hand and not redeemed, so not matched: {some(pending)}", _PENDING) if pending else None,
        Finding("guests", WARNING, f"more than one guest is the same person: {some(doubled)}", _DOUBLED) if doubled else None,
        Finding("deleted_people", WARNING, f"people in scope are among the deleted users: {some(twins)}", _TWINS) if twins else None,
    ]
    return [one for one in findings if one], [person for person in people if not matches[person.name].present]


_OTHERS = "remove the address from the other object, or take the person out of scope"
_PENDING = "have the invitation redeemed, delete the guest, or provision the person on demand"
_DOUBLED = "delete the guest that is not used"
_TWINS = (
    "restore whoever shall come back with the old access; the service does so itself only for those it deleted; remove the others for good"
)


def _match(person: Person, users: Mapping[str, list[Raw]], groups: Mapping[str, list[Raw]], contacts: Mapping[str, list[Raw]]) -> Match:
    found = Match()
    for raw in {one["id"]: one for address in (person.address, person.name.lower()) for one in users.get(address, ())}.values():
        name = str(raw.get("userPrincipalName"))
        origin = source_name(name)
        if origin is None:
            found.others.append(f"user {name}")
            continue
        found.guests.append(name)
        if raw.get("externalUserState") == PENDING:
            found.pending.append(name)
        elif origin.lower() in (person.name.lower(), person.address):
            found.present = True
    found.others += [f"group {one.get('displayName')}" for one in groups.get(person.address, ())]
    found.others += [f"contact {one.get('displayName')}" for one in contacts.get(person.address, ())]
    return found


def _by_address(items: Iterable[Raw]) -> dict[str, list[Raw]]:
    """Every object under each of its addresses; a guest also under the name he has at home."""
    found: dict[str, dict[str, Raw]] = {}
    for raw in items:
        addresses = [str(one).partition(":")[2] for one in raw.get("proxyAddresses") or () if str(one).lower().startswith("smtp:")]
        home = source_name(str(raw.get("userPrincipalName") or ""))
        for address in (*addresses, raw.get("mail"), home):
            if address:
                found.setdefault(str(address).lower(), {})[str(raw["id"])] = raw
    return {address: list(those.values()) for address, those in found.items()}


def _twins(people: Sequence[Person], deleted: Iterable[Raw]) -> list[str]:
    known = {name for person in people for name in (person.name.lower(), person.address)}
    twins = []
    for raw in deleted:
        name = _DELETED.sub("", str(raw.get("userPrincipalName") or ""))
        origin = (source_name(name) or "").lower()
        if origin in known or (origin and str(raw.get("mail") or "").lower() in known):
            twins.append(origin or name)
    return twins
