# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Mends in Exchange what Exchange can mend: mail users that it hides, that are in no address list, or that have another address.

Only the recipients of the selected users are changed, and of each only what the verdict names. The rest goes to a file of commands.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ... import private_file
from ...exchange import cmdlet
from ...graph.client import Client
from ...graph.errors import GraphFailure, ServiceError
from ...plan import Action, ExchangeResource, Facts, Plan, Refusal
from ..causes import clause
from ..people import some
from . import case, commands, matching, people, recipients
from .evidence import Person, Recipient, Situation
from .people import Selection
from .verdict import ADDRESS, SHOW, TOUCH, Judged, judge

MARK = "entra.cross_tenant_sync: address lists"
"""The value of CustomAttribute15 between the two writes of a touch (fact F151). Whoever finds it removes it."""
MAIL_USERS = ("mailuser", "guestmailuser")
NOTHING = "# Nothing is to be done."
MOST_MENDS = 3
"""A user can be hidden, in no list and with another address at most once each."""


@dataclass(frozen=True)
class Desired:
    """The desired state: every selected user in the address book."""

    tenant: str
    selected: Selection
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

    @property
    def unable(self) -> str | None:
        """Why Exchange cannot be asked about all users, or be changed."""
        return self.refusal or next((person.unasked for person in self.persons if person.unasked), None)


@dataclass(frozen=True)
class Mending:
    """A user before and after the change, and the values to write. A touch needs a second write, which removes the mark."""

    before: Judged
    after: Judged
    recipient: Recipient
    values: Mapping[str, Any]
    touches: bool

    def state(self, judged: Judged) -> dict[str, Any]:
        """What is managed of the user, as a diff shows it."""
        recipient = judged.person.recipient or self.recipient
        return {
            "hidden": recipient.hidden,
            "listed": judged.listed,
            **({"external_address": recipient.external_address} if "ExternalEmailAddress" in self.values else {}),
            **({"custom_attribute_15": recipient.mark} if "CustomAttribute15" in self.values else {}),
        }


def desired(params: Mapping[str, Any]) -> Desired:
    """The desired state by the options of ``address_book_visibility``.

    :raises Refusal: when an option is invalid or cannot be combined with another.
    """
    path = params.get("commands_path")
    obstacle = private_file.obstacle(path) if path else None
    if obstacle:
        raise Refusal(f"commands_path cannot be written: {obstacle}")
    if params.get("exchange_group"):
        raise Refusal("the endpoints of exchange_group cannot change anything; remove exchange_group from the connection for this task")
    return Desired(
        params["tenant_id"],
        people.selection(params),
        params.get("global_address_list"),
        params["external_address"],
        params["max_changes"],
        path,
    )


def read(graph: Client, exchange: Client | GraphFailure, wanted: Desired) -> Current:
    """The selected users, with what Exchange knows of them, and whether it may be changed if there is something to change.

    :raises Refusal: if nothing selects any users.
    :raises GraphFailure: if Exchange cannot be asked after something was written.
    """
    found = people.read(graph, wanted.selected)
    persons = matching.of_target(found.users, found.deleted, found.unknown)
    answers = recipients.ask(exchange, graph, persons, None)
    situation = Situation(found.now, global_address_list=wanted.global_address_list)
    current = Current(tuple(recipients.completed(persons, answers)), situation, answers.refusal)
    if not isinstance(exchange, Client):
        return current
    if exchange.wrote and current.unable:
        # Otherwise what was written would seem to be as desired.
        raise GraphFailure(current.unable)
    mendings = mendings_of(current, wanted)
    return replace(current, refusal=_refusal_to_write(exchange, mendings[0])) if mendings and not current.refusal else current


def _refusal_to_write(exchange: Client, mending: Mending) -> str | None:
    """Why recipients cannot be changed: Exchange is asked what it would do with the flag that it has (fact F152)."""
    recipient = mending.recipient
    probe = cmdlet.would_set_mail_user(recipient.guid, HiddenFromAddressListsEnabled=recipient.hidden)
    try:
        exchange.send(probe.request())
    except GraphFailure as failure:
        of_this_user = isinstance(failure, ServiceError) and failure.status in (400, 404)
        return None if of_this_user else clause(failure)
    return None


def mendings_of(current: Current, wanted: Desired) -> list[Mending]:
    """The changes that Exchange can make, one for each user."""
    judged = (judge(person, current.situation) for person in current.persons)
    return [mending for each in judged if (mending := _mending(each, current.situation, wanted.external_address))]


def _mending(judged: Judged, situation: Situation, external_address: bool) -> Mending | None:
    """What to write so that the user is in the address book with the right address, as the verdict after each step says."""
    recipient = judged.person.recipient
    if recipient is None or recipient.kind.lower() not in MAIL_USERS or recipient.directory_synced or not recipient.guid:
        return None
    values: dict[str, Any] = {}
    now, touches = judged, False
    if recipient.mark == MARK:
        values["CustomAttribute15"] = None
        now = _after(now, situation, mark="")
    for _step in range(MOST_MENDS):
        if now.mend == SHOW:
            values["HiddenFromAddressListsEnabled"] = False
            now = _after(now, situation, hidden=False, lists=_with_list(now, situation))
        elif now.mend == TOUCH:
            touches = True
            now = _after(now, situation, lists=_with_list(now, situation))
        elif now.mend == ADDRESS and external_address:
            address = case.address(now.person)
            values["ExternalEmailAddress"] = address
            now = _after(now, situation, primary_address=address, external_address=address)
        else:
            break
    if not values and not touches:
        return None
    # Any write has the address lists computed (fact F151).
    return Mending(judged, now, recipient, values, touches and not values)


def _after(judged: Judged, situation: Situation, **changes: Any) -> Judged:
    """The verdict after a change of the recipient."""
    person = judged.person
    return judge(replace(person, recipient=person.recipient and replace(person.recipient, **changes)), situation)


def _with_list(judged: Judged, situation: Situation) -> tuple[str, ...]:
    recipient = judged.person.recipient
    return (*((recipient and recipient.lists) or ()), situation.global_address_list or case.DEFAULT_LIST)


def plan(current: Current, wanted: Desired) -> Plan:
    """The actions that make the selected users visible.

    :raises Refusal: if more users would be changed than allowed; or if Exchange cannot be asked or changed, and there is no file in which the
        commands can be left.
    """
    mendings = [] if current.refusal else mendings_of(current, wanted)
    if current.unable and not wanted.commands_path:
        raise Refusal(
            f"Exchange cannot be asked about all of the users, or not be changed: {current.unable}; correct that, or set commands_path to have the "
            "commands for an administrator written to a file; nothing was changed"
        )
    if len(mendings) > wanted.max_changes:
        names = some([mending.before.person.name for mending in mendings])
        raise Refusal(
            f"{len(mendings)} users would be changed in Exchange, more than max_changes {wanted.max_changes}: {names}; nothing was changed"
        )
    after = {mending.before.person.name: mending for mending in mendings}
    judged = [after[person.name].after if person.name in after else judge(person, current.situation) for person in current.persons]
    unmended = [each for each in judged if each.listed is not True or each.mend]
    return Plan(
        before={mending.before.person.name: mending.state(mending.before) for mending in mendings},
        after={mending.before.person.name: mending.state(mending.after) for mending in mendings},
        facts={"unmended": [_described(each) for each in unmended], "commands": commands.lines(unmended, wanted.tenant)},
        actions=tuple(_action(mending, wanted) for mending in mendings),
        warnings=tuple(_warnings(current, unmended)),
    )


def _action(mending: Mending, wanted: Desired) -> Action:
    guid, name = mending.recipient.guid, mending.before.person.name
    touch = ({"CustomAttribute15": MARK}, {"CustomAttribute15": None}) if mending.touches else (mending.values,)
    verb, rest = _words(mending.values, mending.touches)
    return Action(
        verb,
        f"user {name} {rest}",
        wanted.tenant,
        tuple(cmdlet.set_mail_user(guid, **values).request() for values in touch),
    )


def _words(values: Mapping[str, Any], touches: bool) -> tuple[str, str]:
    """The verb of the action, and what follows the user."""
    address = f"with the address {values['ExternalEmailAddress']}" if "ExternalEmailAddress" in values else ""
    if "HiddenFromAddressListsEnabled" in values:
        return "show", " ".join(filter(None, ("in the address book", address)))
    if address:
        return "correct", f"in the address book, {address}"
    return ("sort", "into the address lists anew") if touches else ("clear", "of the mark that an interrupted run left")


def _described(judged: Judged) -> dict[str, Any]:
    return {"name": judged.person.name, "verdict": judged.verdict, "reason": judged.reason, "remedy": judged.remedy}


def _warnings(current: Current, unmended: Sequence[Judged]) -> Iterator[str]:
    if current.refusal:
        yield f"nothing was changed in Exchange: {current.refusal}"
        return
    unasked = [each.person for each in unmended if each.person.unasked]
    if unasked:
        yield f"Exchange could not be asked about {some([person.name for person in unasked])}: {unasked[0].unasked}"


def finish(params: Mapping[str, Any], result: Facts, check_mode: bool) -> dict[str, Any]:
    """Write the commands to the file, if the options name one. Returns the number of lines.

    :raises Refusal: if the file cannot be written.
    """
    lines, path = result["commands"], params.get("commands_path")
    facts = {"commands": len(lines)}
    if not path or not (lines or os.path.exists(path)):
        return facts
    content = "".join(f"{line}\n" for line in lines or [NOTHING]).encode(commands.ENCODING)
    if not private_file.differs(path, content):
        return facts
    if not check_mode:
        try:
            private_file.write(path, content)
        except OSError as error:
            raise Refusal(f"commands_path {path} cannot be written where this task runs ({error.strerror})") from None
    return {**facts, "changed": True}


RESOURCE = ExchangeResource(desired, read, plan, finish)
