# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What Exchange knows of the users: their recipients, and other recipients that have their addresses (facts F151, F153, F154, F156).

Whoever could not be asked about is known as such: no answer, and no incomplete one, counts as "Exchange has no such recipient".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...exchange import asking
from ...graph.client import Client
from ...graph.errors import GraphFailure
from .. import tenants
from ..causes import clause
from .evidence import Person, Recipient

SELECT = (
    "Guid",
    "ExternalDirectoryObjectId",
    "RecipientTypeDetails",
    "HiddenFromAddressListsEnabled",
    "AddressListMembership",
    "DisplayName",
    "PrimarySmtpAddress",
    "ExternalEmailAddress",
    "EmailAddresses",
    "CustomAttribute15",
    "IsDirSynced",
)
PROVED = "the tenant that answers"
NOT_ALLOWED = "the connection of the target tenant does not allow it; set exchange to true"


@dataclass(frozen=True)
class Answers:
    """What Exchange answered. ``refusal`` is why it could not be asked about anyone."""

    own: Mapping[str, Recipient] = field(default_factory=dict)
    """The recipients of the users, by the id in Entra."""
    rivals: Mapping[str, tuple[Recipient, ...]] = field(default_factory=dict)
    """The other recipients with an address, by the address in lower case."""
    unasked: Mapping[str, str] = field(default_factory=dict)
    """Why Exchange could not be asked about an id or an address in lower case, as a clause."""
    refusal: str | None = None
    only_members: bool = False
    """Whether only the members of a group are known."""


def ask(exchange: Client | GraphFailure | None, graph: Client, people: Sequence[Person], group: str | None) -> Answers:
    """Ask Exchange about the people who are users of the target. ``exchange`` is the failure to connect, or ``None`` if that is not allowed;
    ``group`` is the group whose members are read in place of all recipients.
    """
    if exchange is None:
        return Answers(refusal=NOT_ALLOWED)
    if isinstance(exchange, GraphFailure):
        return Answers(refusal=clause(exchange))
    try:
        with exchange.reading():
            return _members(exchange, group) if group else _recipients(exchange, graph, people)
    except GraphFailure as failure:
        return Answers(refusal=clause(failure))


def completed(people: Iterable[Person], answers: Answers) -> Iterator[Person]:
    """The people with what Exchange knows of them. Those who are no users of the target are unchanged."""
    for person in people:
        if person.entra is None:
            yield person
            continue
        own = answers.own.get(person.entra.id.lower())
        addresses = addresses_of(person)
        rivals = {rival.guid: rival for address in addresses for rival in answers.rivals.get(address, ()) if own is None}
        others = tuple(rival for rival in rivals.values() if rival.object_id.lower() != person.entra.id.lower())
        names = (person.entra.id.lower(), *(() if own else addresses))
        unasked = answers.refusal or next((answers.unasked[name] for name in names if name in answers.unasked), None)
        yield replace(person, recipient=own, rivals=others, unasked=unasked)


def addresses_of(person: Person) -> list[str]:
    """The addresses that the user should have here, in lower case: those in the target and in the source (fact F112)."""
    entra, source = person.entra, person.source
    named = (
        entra.mail if entra else None,
        source.mail if source else None,
        entra.source_name if entra else None,
    )
    return list(dict.fromkeys(address.lower() for address in named if address and "@" in address))


def _recipients(exchange: Client, graph: Client, people: Sequence[Person]) -> Answers:
    """The recipients by the ids, and for the users without one the recipients by the addresses.

    :raises GraphFailure: if Exchange does not answer for this tenant, or returns recipients of which it is not clear whose they are.
    """
    ids = [person.entra.id.lower() for person in people if person.entra]
    if not ids:
        return Answers()
    _prove_tenant(exchange, graph)
    found = asking.find_by(exchange, "ExternalDirectoryObjectId", ids, SELECT)
    own = {recipient.object_id.lower(): recipient for recipient in map(Recipient.from_exchange, found.objects)}
    if not own.keys() <= set(ids):
        raise GraphFailure("Exchange returned recipients that were not asked for")
    unasked = {name: clause(failure) for name, failure in found.unasked.items()}
    answered = own.keys() | unasked.keys()
    without = [person for person in people if person.entra and person.entra.id.lower() not in answered]
    addresses = [address for person in without for address in addresses_of(person)]
    others = asking.find_by(exchange, "EmailAddresses", addresses, SELECT, "addresses")
    rivals: dict[str, tuple[Recipient, ...]] = {}
    for recipient in map(Recipient.from_exchange, others.objects):
        for address in {
            address.lower() for address in (*recipient.addresses, recipient.primary_address, recipient.external_address) if address
        }:
            rivals[address] = (*rivals.get(address, ()), recipient)
    unasked.update({name: clause(failure) for name, failure in others.unasked.items()})
    return Answers(own, rivals, unasked)


def _prove_tenant(exchange: Client, graph: Client) -> None:
    """Check that Exchange answers for the tenant in which the users were read, once a task.

    :raises GraphFailure: if it does not.
    """
    if PROVED in exchange.reads.objects:
        return
    with graph.reading():
        own_id = tenants.own_id(graph)
        domains = tenants.verified_domains(graph)
    asking.prove_tenant(exchange, domains, lambda domain: tenants.owner(graph, domain), str(own_id))
    exchange.reads.objects[PROVED] = own_id


def _members(exchange: Client, group: str) -> Answers:
    """The members of the group. They are recognized by their ids in Entra, so those of another tenant are nobody here."""
    found = [Recipient.from_exchange(raw) for raw in asking.members(exchange, group)]
    return Answers({recipient.object_id.lower(): recipient for recipient in found if recipient.object_id}, only_members=True)
