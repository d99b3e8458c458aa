# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The settings bag of a configuration, which Graph calls its secrets (fact F57).

It is written as a whole: every key that was read is sent again, because the service may replace or merge. With ``SyncPolicy`` it
contains no secret, but a value that is returned masked is never written back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypedDict

from ..graph.client import Client, Request, all_of
from ..graph.json_text import parse as parse_json
from ..plan import NEW_ID, Refusal, Wait

AUTHENTICATION = "SyncPolicy"
NOTIFICATION = "SyncNotificationSettings"
MASKED = "*"

GUARD: Final = "DeleteThresholdEnabled"
GUARD_NUMBER: Final = "DeleteThresholdValue"
DELETION_THRESHOLD = 500
"""The portal's own default (fact F63)."""

PLAIN = frozenset({"AuthenticationType", "CompanyId", "SkipOutOfScopeDeletions", "SyncAll", NOTIFICATION})
"""The keys of a link, none of which holds a secret (fact F61)."""

Bag = Mapping[str, str]
"""The keys and values. One value, that of `NOTIFICATION`, is the JSON of an object with members of its own."""


class Notification(TypedDict, total=False):
    """The members of the notification settings that are managed. Other members are kept."""

    Enabled: bool
    Recipients: str
    DeleteThresholdEnabled: bool
    DeleteThresholdValue: int


@dataclass(frozen=True)
class Writing:
    """The parts of an action that writes a bag and reads it back."""

    requests: tuple[Request, ...]
    visible: Wait
    refresh: Callable[[Client], tuple[Request, ...]] | None


def parse(body: Any) -> dict[str, str]:
    """The keys and values of an answer; an absent bag is empty."""
    return {str(entry["key"]): str(entry.get("value") or "") for entry in (all_of(body) if body else ())}


def may_hold_secret(request: Request, body: Any) -> bool:
    """Whether an answer may contain a secret: an unmasked value of a key that does not belong to a link."""
    if not request.path.partition("?")[0].endswith("/synchronization/secrets"):
        return False
    return any(value not in ("", MASKED) for key, value in parse(body).items() if key not in PLAIN)


def without_secrets(bag: Bag) -> dict[str, str]:
    """The keys and values, where ``(a value)`` stands for every value that may be a secret, masked or not."""
    return {key: value if key in PLAIN or not value else "(a value)" for key, value in bag.items()}


def notification(bag: Bag) -> dict[str, Any]:
    """All members of the notification settings as they are read, of any type; empty if the text is not valid JSON."""
    try:
        members = parse_json(bag.get(NOTIFICATION) or "{}")
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def merged(bag: Bag, values: Mapping[str, str], members: Notification | None = None) -> dict[str, str]:
    """The bag with these values, and these members in the notification settings; everything else is kept."""
    result = {**bag, **values}
    if members:
        before = notification(bag)
        after = {**before, **members}
        # Compared as JSON, because 1 and true are equal in Python.
        if json.dumps(after) != json.dumps(before):
            result[NOTIFICATION] = json.dumps(after, separators=(",", ":"), ensure_ascii=False)
    return result


def write(synchronization: str, bag: Bag) -> Request:
    """The request that saves the whole bag."""
    value = [{"key": key, "value": value} for key, value in bag.items() if value != MASKED]
    return Request("PUT", f"{synchronization}/secrets", {"value": value})


def contains(body: Any, wanted: Bag) -> bool:
    """Whether the service returns the written values. It may add keys, write JSON and booleans in another way, leave out
    a key that was sent empty, and masked values were not sent (facts F58, F59).
    """
    held = parse(body)
    plain = {key: value for key, value in wanted.items() if value not in ("", MASKED) and key != NOTIFICATION}
    members = notification(held)
    return all(held.get(key, "").lower() == value.lower() for key, value in plain.items()) and all(
        members.get(name) == value for name, value in notification(wanted).items()
    )


def target(bag: Bag) -> str:
    """The id of the tenant that is served, in lower case; empty while no connection is saved."""
    return bag.get("CompanyId", "").lower()


def synchronizes_all(bag: Bag) -> bool:
    """Whether all users are in scope. The service writes booleans as text, in upper or lower case."""
    return bag.get("SyncAll", "").lower() == "true"


def deletion_guard(bag: Bag) -> int | None:
    """The number of deletions from which a cycle is stopped: 0 if the guard is off, ``None`` if it is on without a valid number.

    The samples have a boolean and a number (fact F57); other programs may write them as text, or leave one out.
    """
    members = notification(bag)
    return _number(members.get(GUARD_NUMBER)) if _switch(members.get(GUARD)) else 0


def guard_members(bag: Bag, threshold: int | None) -> Notification:
    """The members that set the deletion guard; empty if it is set already. Without a threshold a guard that is on is left
    unchanged, and a guard that is off is switched on.
    """
    now = deletion_guard(bag)
    if threshold is None:
        return {} if now != 0 else {GUARD: True, GUARD_NUMBER: _usual_number(bag)}
    if threshold == now:
        # "Off" is written explicitly if the bag does not contain it.
        return {} if threshold or _switch(notification(bag).get(GUARD)) is False else {GUARD: False}
    return {GUARD: True, GUARD_NUMBER: threshold} if threshold else {GUARD: False}


def _usual_number(bag: Bag) -> int:
    """The default; or the lower number in the bag, if the guard may be on with it because the bag does not switch it off."""
    members = notification(bag)
    number = _number(members.get(GUARD_NUMBER))
    if _switch(members.get(GUARD)) is None and number is not None:
        return min(number, DELETION_THRESHOLD)
    return DELETION_THRESHOLD


def _switch(value: Any) -> bool | None:
    """A boolean, also written as text; ``None`` for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    """A positive whole number, also written as text; ``None`` for anything else."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def writing(synchronization: str, bag: Bag, merge: Callable[[Bag], dict[str, str]], first: Sequence[Request] = ()) -> Writing:
    """The parts of an action that writes the result of ``merge``, after the requests of ``first``.

    The bag has no ETag, so it is read again right before it is written, and the values are merged into the bag of that moment
    (fact F17). The bag of a configuration that the same plan creates is empty, and no other process has changed it.

    :raises Refusal: from the refresh, if another process has set another value for a key that is to be changed.
    """
    path = f"{synchronization}/secrets"
    planned = merge(bag)
    edited: list[Bag] = []

    def refresh(client: Client) -> tuple[Request, ...]:
        now = parse(client.whole(client.get(path)))
        _refuse_contradiction(bag, planned, now)
        edited.extend([now] if now != bag else [])
        return (*first, write(synchronization, merge(now)))

    return Writing(
        (*first, write(synchronization, planned)),
        Wait(path, lambda body: contains(body, merge(parse(body))), as_planned=lambda body: not edited and contains(body, planned)),
        None if NEW_ID in synchronization else refresh,
    )


def _refuse_contradiction(bag: Bag, planned: Bag, now: Bag) -> None:
    for key, value in planned.items():
        value_now = now.get(key, "")
        expected = (bag.get(key, "").lower(), value.lower())
        if key != NOTIFICATION and value != bag.get(key) and value_now.lower() not in expected:
            raise Refusal(f"another process has set {key} to {value_now!r} since it was read; check the value, then run again")
