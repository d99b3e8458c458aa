# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Mends in Exchange what Exchange can mend: mail users that it hides, that are in no address list, or that have another address.

Only the recipients of the selected users are changed, and of each only what the verdict names. The rest goes to a file of commands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...exchange import asking, cmdlet
from ...graph.client import Client
from ...graph.errors import GraphFailure, ServiceError
from ...plan import Action, ExchangeResource, Facts, Plan, Refusal
from ..causes import explain
from ..people import some
from . import case, commands, matching, people, private_file, recipients
from .evidence import Person, Recipient, Situation
from .people import Selection
from .verdict import ADDRESS, LISTED, SHOW, TOUCH, Judged, judge

MARK = "entra.cross_tenant_sync: address lists"
"""The value of CustomAttribute15 between the two writes of a touch (fact F151). Whoever finds it removes it."""
MAIL_USERS = ("mailuser", "guestmailuser")
MOST_MENDS = 3
"""A user can be hidden, in no list and with another address at most once each."""


@dataclass(frozen=True)
class Desired:
    """The desired state: every selected user in the address book."""

    tenant: str
    selected: Selection
    group: str | None
    global_address_list: str | None
    external_address: bool
    max_changes: int
    commands_path: str | None


@dataclass(frozen=True)
class Current:
    """The users as Exchange has them. ``refusal`` is why Exchange cannot be asked or changed, as a clause."""

    persons: tuple[Person, ...]
    situation: Situation
    refusal: str | None = None


@dataclass(frozen=True)
class Mending:
    """A user before and after the change, and the values to write. A touch needs a second write, which removes the mark."""

    before: Judged
    after: Judged
    values: Mapping[str, Any]
    touches: bool = False


def desired(params: Mapping[str, Any]) -> Desired:
    """The desired state by the options of ``address_book_visibility``.

    :raises Refusal: when an option is invalid or cannot be combined with another.
    """
    if params.get("exchange_group"):
        raise Refusal("the endpoints of exchange_group cannot change anything; remove exchange_group from the connection for this task")
    return Desired(
        params["tenant_id"],
        people.selection(params),
        params.get("exchange_group"),
        params.get("global_address_list"),
        params["external_address"],
        params["max_changes"],
        params.get("commands_path"),
    )


def read(graph: Client, exchange: Client | GraphFailure, wanted: Desired) -> Current:
    """The selected users, with what Exchange knows of them, and whether it may be changed if there is something to change.

    :raises Refusal: if nothing selects any users.
    """
    found = people.read(graph, wanted.selected)
    persons = matching.of_target(found.users, found.deleted, found.unknown)
    answers = recipients.ask(exchange, graph, persons, wanted.group)
    situation = Situation(found.now, global_address_list=wanted.global_address_list)
    current = Current(tuple(recipients.completed(persons, answers)), situation, answers.refusal)
    mendings = mendings_of(current, wanted)
    if mendings and isinstance(exchange, Client):
        return replace(current, refusal=_refusal_to_write(exchange, mendings[0]))
    return current


def _refusal_to_write(exchange: Client, mending: Mending) -> str | None:
    """Why the application may not change recipients: Exchange is asked what it would do, and does nothing (fact F152)."""
    try:
        with exchange.reading():
            asking.run(exchange, cmdlet.would_set_mail_user(_guid(mending), **mending.values))
    except ServiceError as error:
        if error.status in (401, 403):
            return explain(error).rstrip(".")
    return None
