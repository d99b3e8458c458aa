# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Read, plan, apply: the one idea all resources share.

A plan is plain data that a pure function made. Check mode is a run that stops before `apply`, so it cannot lie.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from itertools import groupby
from typing import Any, Generic, TypeVar

from .graph.batch import send_all
from .graph.client import Answer, Client, Request, all_of
from .graph.errors import GraphFailure, ServiceError, Uncertain

SOON = 5.0
"""Seconds in which what was done shows, if it shows by itself."""

_RANDOM = random.SystemRandom()
FEW = 5
"""Attempts after which a conflict that nothing explains is not expected to pass on an old object."""
Facts = Mapping[str, Any]
Desired = TypeVar("Desired")
Seen = TypeVar("Seen")
Current = TypeVar("Current")


class Refusal(Exception):
    """The request cannot be carried out as it stands. One sentence for the admin; nothing was written."""


class Unseen(Refusal):
    """Something is missing that belongs to what was read: a replica may not know it yet (fact sheet 0.3), so reading again may help."""


class HalfDone(Exception):
    """An operation broke off at ``cause``. ``report`` tells what was done before."""

    def __init__(self, cause: GraphFailure, report: Facts) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.report = dict(report)


@dataclass(frozen=True)
class Wait:
    """Read ``path`` until ``until`` holds for its body (``None`` when the object is not there). A collection comes as one page."""

    path: str
    until: Callable[[Any], bool]
    version: str = "v1.0"
    as_planned: Callable[[Any], bool] | None = None
    """Whether there is nothing but what was planned. Otherwise somebody else has changed it since it was read."""


def present(body: Any) -> bool:
    """The object can be read."""
    return body is not None


def listed(body: Any) -> bool:
    """The collection has members."""
    return bool(body and all_of(body))


@dataclass(frozen=True)
class Conflict:
    """A 409 of the synchronization service passes on a new object, and does not pass where something is there already
    (fact sheet 0.1, 3.3 and 13.5).
    """

    named: Callable[[Any], str | None]
    """What is there, in a sentence, from the body that ``visible`` reads; ``None`` where that shows nothing."""
    unnamed: str
    """The sentence for an old object that goes on to conflict with what nothing shows."""


@dataclass(frozen=True)
class Action:
    """One change, in the words an admin uses, with the requests it stands for.

    ``{name}`` in a request's path or body stands for an id that an earlier answer will tell; ``binds`` maps such a name to
    its dotted place in the answer of the last request.
    """

    verb: str
    object: str
    tenant: str
    requests: tuple[Request, ...]
    before: Any = None
    after: Any = None
    effects: Mapping[str, Any] = field(default_factory=dict)
    binds: Mapping[str, str] = field(default_factory=dict)
    visible: Wait | None = None
    settled_by: Wait | None = None
    """For what must never be sent twice: where it shows up, if the lost or lying answer hides that it was made."""
    uncertain_statuses: tuple[int, ...] = ()
    """Statuses after which the change may have been made all the same (fact sheet 0.3, instantiate)."""
    done_codes: tuple[str, ...] = ()
    """Error codes that mean: it is so already."""
    passing_codes: tuple[str, ...] = ()
    """Error codes that may pass by themselves while a policy spreads through the service."""
    hint: str = ""
    """What else to say when one of the passing codes does not pass."""
    conflict: Conflict | None = None
    """What ends the patience with a 409."""
    insists: Request | None = None
    """What to send if ``visible`` does not show soon: by one reading of the service, the requests alone do not bring it about."""
    leaves_trace: bool = True
    """Whether reading shows that it was done. A restart cannot be seen, so it may be planned a second time."""
    answered: datetime | None = None
    """When the service had carried it out, by the service's own clock. Filled in by `apply`."""
    follows_creation: bool = False
    """It works on something that an earlier action of the same plan creates, and that a replica may not know yet."""
    batched: bool = False
    refresh: Callable[[Client], tuple[Request, ...]] | None = None
    """For what has no ETag: the requests anew, from what is there now, asked for right before they are sent; raises Refusal."""
    gives_way: Callable[[Client, Mapping[str, str], Pace], str] | None = None
    """For what two runs may make at the same moment: looks again, and takes back what was made here if another one was first.
    Returns what to say of it, or nothing.
    """
    note: str = ""
    """What carrying it out has shown, for the admin."""

    def __str__(self) -> str:
        return f"{self.verb} {self.object}"

    def describe(self) -> dict[str, Any]:
        """What the result shows of it."""
        shown: dict[str, Any] = {"verb": self.verb, "object": self.object, "tenant": self.tenant}
        if self.effects:
            shown["effects"] = dict(self.effects)
        return shown


@dataclass(frozen=True)
class Outcome:
    """What the service is to reach by itself after the plan was applied, such as the end of a cycle."""

    path: str
    reached: Callable[[Any, datetime | None], bool]
    """Whether it is reached, by the body that is read and the time from which on things count; ``None`` if that is not known."""
    after: tuple[str, ...]
    """The verbs of the actions from which on things count: the last of those that were done."""
    timeout: float
    """Seconds."""
    name: str
    progress: Callable[[Any], str]
    """How far it is, in a few words, from the body that is read."""
    there: Callable[[Client, Any], Sight] | None = None
    """What is seen of it in the other tenant of the link, from its client and the body that is read. It has the last word."""


@dataclass(frozen=True)
class Sight:
    """What is seen of an outcome in the other tenant: how far it is, why it is not what was wanted, and the facts."""

    told: str
    complaint: str | None
    facts: Facts


@dataclass(frozen=True)
class Plan:
    """What to do, and what is managed before and after it. No actions: nothing to do."""

    before: Facts
    after: Facts
    facts: Facts
    actions: tuple[Action, ...] = ()
    warnings: tuple[str, ...] = ()
    unmet: str | None = None
    """Why this cannot be applied yet, though it can be planned: something that an earlier step makes is not there."""
    lasting: bool = True
    """Whether planning again after applying must find nothing to do. A restart would be planned again."""
    outcome: Outcome | None = None
    change_facts: Facts = field(default_factory=dict)
    """What to tell of the change itself, where ``facts`` tell of the state after it."""
    foreign: Facts = field(default_factory=dict)
    """What shares an object with what is managed and should not change, by a name that a warning can use."""
    foretells: Callable[[Client], None] | None = None
    """Has later tasks of the run know what this plan brings about: tasks in check mode, and those that a late replica would deceive."""


class Interrupted(Exception):
    """Applying stopped at ``action``. ``done`` were carried out before it, and so were ``writes`` of the action's own requests."""

    def __init__(self, action: Action, cause: GraphFailure, done: Sequence[Action], writes: int = 0) -> None:
        super().__init__(str(cause))
        self.action = action
        self.cause = cause
        self.done = tuple(done)
        self.writes = writes

    @property
    def may_be_resolved_by_reading(self) -> bool:
        """The change may have been made, by us or by another link at the same time."""
        return isinstance(self.cause, Uncertain) or (isinstance(self.cause, ServiceError) and self.cause.status in (400, 404, 409))

    @property
    def may_be_repeated(self) -> bool:
        """Reading showed that it is not so, and a second try cannot make a second object."""
        if isinstance(self.cause, Uncertain):
            return self.action.settled_by is None
        return isinstance(self.cause, ServiceError) and self.cause.status == 409


@dataclass
class Pace:
    """Bounded, jittered waits, summed up for the result. ``longest`` is in seconds and holds for each single wait."""

    longest: float = 60.0
    slowest: float = 5.0
    """The longest single sleep, in seconds."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    waited: float = 0.0

    def attempts(self, at_least: int = 1) -> Iterator[int]:
        """Counts attempts, sleeping between them; ends when the time is used up and enough attempts were made."""
        end = self.clock() + self.longest
        delay = 0.25
        attempt = 0
        while True:
            yield attempt
            attempt += 1
            remaining = end - self.clock()
            if remaining <= 0 and attempt >= at_least:
                return
            self.rest(min(delay * _RANDOM.uniform(0.75, 1.25), max(remaining, 0.0)))
            delay = min(delay * 1.6, self.slowest)

    def rest(self, seconds: float) -> None:
        """Sleep, and count it."""
        if seconds > 0:
            self.sleep(seconds)
            self.waited += seconds


def apply(plan: Plan, client: Client, pace: Pace, done: list[Action] | None = None) -> list[Action]:
    """Carry out the plan's actions in order and return them. ``done`` is where they are noted, for a caller who wants to know
    them however it ends.

    :raises Interrupted: at the first action that fails.
    :raises Refusal: at the first action that the state of the moment forbids.
    """
    done = [] if done is None else done
    bound: dict[str, str] = {}
    for batched, actions in groupby(plan.actions, key=lambda action: action.batched):
        if batched:
            _apply_batch(list(actions), client, pace, bound, done)
        else:
            for action in actions:
                _apply_one(action, client, pace, bound, done)
    return done


def _apply_one(action: Action, client: Client, pace: Pace, bound: dict[str, str], done: list[Action]) -> None:
    before = client.changes
    try:
        answer: Answer | None = None
        for request in action.refresh(client) if action.refresh else action.requests:
            answer = _send_patiently(action, request, client, pace, bound)
        bound.update({name: _dig(action, answer, place) for name, place in action.binds.items()})
    except Refusal as refusal:
        raise Interrupted(action, GraphFailure(str(refusal)), done) from refusal
    except GraphFailure as failure:
        if action.settled_by and isinstance(failure, Uncertain):
            with contextlib.suppress(GraphFailure):
                await_state(action.settled_by, client, pace, bound)
        raise Interrupted(action, failure, done, client.changes - before) from failure
    done.append(dataclasses.replace(action, answered=_time(answer)))
    _await_visible(action, client, pace, bound, done)
    _give_way(action, client, pace, bound, done)


def _await_visible(action: Action, client: Client, pace: Pace, bound: Mapping[str, str], done: list[Action]) -> None:
    """The change was made; whatever goes wrong from here on does not undo it."""
    if action.visible is None:
        return
    try:
        if action.insists and not _shows_soon(action.visible, client, pace, bound):
            _send_patiently(action, action.insists, client, pace, bound)
        seen, body = _await(action.visible, client, pace, bound)
    except GraphFailure as failure:
        raise Interrupted(action, failure, done) from failure
    if not seen:
        late = "was changed but cannot be read back; the service is late, or somebody else has changed it at the same moment"
        raise Interrupted(action, GraphFailure(f"{action.object} {late}"), done)
    if action.visible.as_planned and not action.visible.as_planned(body):
        note = f"{action.object}: somebody else has changed something while this run did; both changes are kept, look at them"
        done[-1] = dataclasses.replace(action, note=note)


def _give_way(action: Action, client: Client, pace: Pace, bound: Mapping[str, str], done: list[Action]) -> None:
    """What is left of the plan is about the one that was made here, so it is planned anew if that one is gone."""
    if action.gives_way is None:
        return
    try:
        note = action.gives_way(client, bound, pace)
    except Refusal as refusal:
        raise Interrupted(action, GraphFailure(str(refusal)), done) from refusal
    except GraphFailure as failure:
        raise Interrupted(action, failure, done) from failure
    if note:
        done[-1] = dataclasses.replace(action, note=note)
        raise Interrupted(action, Uncertain(GraphFailure(note)), done)


def _shows_soon(wait: Wait, client: Client, pace: Pace, bound: Mapping[str, str]) -> bool:
    """Whether it shows without more ado. A replica may be late (fact sheet 0.3), but not for long."""
    short = dataclasses.replace(pace, longest=min(pace.longest, SOON), waited=0.0)
    seen = await_state(wait, client, short, bound)
    pace.waited += short.waited
    return seen


def _time(answer: Answer | None) -> datetime | None:
    """When an answer was given, by the clock of who gave it."""
    told = answer.headers.get("Date") if answer else None
    try:
        return parsedate_to_datetime(told).astimezone(timezone.utc) if told else None
    except ValueError:
        return None


def _send_patiently(action: Action, template: Request, client: Client, pace: Pace, bound: Mapping[str, str]) -> Answer:
    """Send, and repeat what the service refuses only because an object is new (fact sheet 0.3)."""
    request = fill(template, bound)
    new = action.follows_creation or request.path != template.path or request.body != template.body
    for attempt in pace.attempts():
        try:
            return client.send(request)
        except ServiceError as error:
            if error.status in action.uncertain_statuses:
                raise Uncertain(error) from None
            if _already_so(error, action):
                return Answer(error.status)
            if not _passing(error, action, new):
                raise
            if error.status == 409 and _shows(action, client, bound, patient=new or attempt < FEW):
                return Answer(error.status)
            last = error
    raise last


def _shows(action: Action, client: Client, bound: Mapping[str, str], patient: bool) -> bool:
    """Whether the change can be seen. A conflict with what was made before, and did not show, is none (fact sheet 3.3).

    :raises Refusal: for a conflict with something else, or with what nothing shows, when that is not waited for any longer.
    """
    if action.visible is None:
        return False
    seen = None
    with contextlib.suppress(GraphFailure), client.reading():
        seen = client.whole(client.find(_fill_text(action.visible.path, bound), version=action.visible.version))
        if action.visible.until(seen):
            return True
    if action.conflict:
        obstacle = action.conflict.named(seen) or (None if patient else action.conflict.unnamed)
        if obstacle:
            raise Refusal(obstacle)
    return False


def _already_so(error: ServiceError, action: Action) -> bool:
    if action.verb in ("delete", "unassign") and error.missing:
        return True
    return any(error.names(code) for code in action.done_codes)


def _passing(error: ServiceError, action: Action, new: bool) -> bool:
    """403, 404 and 409 pass on an object that this run has just made; so does a 400 about its reference (fact sheet 0.2)."""
    if any(error.names(code) for code in action.passing_codes):
        return True
    if "/synchronization/" in error.path and error.status == 409:
        return True
    return new and error.status in (400, 403, 404, 409) and not error.details


def _apply_batch(actions: list[Action], client: Client, pace: Pace, bound: Mapping[str, str], done: list[Action]) -> None:
    """Actions of one request each, twenty at a time. All are tried; the first real failure is raised after the rest is known."""
    waiting = actions
    failures: dict[int, GraphFailure] = {}
    for _attempt in pace.attempts():
        outcomes = send_all(client, [fill(action.requests[0], bound) for action in waiting])
        again = []
        for action, outcome in zip(waiting, outcomes, strict=True):
            if not isinstance(outcome, GraphFailure) or (isinstance(outcome, ServiceError) and _already_so(outcome, action)):
                done.append(action)
                continue
            failures[id(action)] = outcome
            # The configuration was read just now, so a missing or invalid reference is lag (fact sheet 0.2 and 5).
            if isinstance(outcome, ServiceError) and _passing(outcome, action, new=outcome.status in (400, 404)):
                again.append(action)
        waiting = again
        if not waiting:
            break
    finished = {id(action) for action in done}
    for action in actions:
        if id(action) not in finished:
            raise Interrupted(action, failures[id(action)], done) from failures[id(action)]


def await_state(wait: Wait, client: Client, pace: Pace, bound: Mapping[str, str]) -> bool:
    """Whether the awaited state was seen in time."""
    return _await(wait, client, pace, bound)[0]


def _await(wait: Wait, client: Client, pace: Pace, bound: Mapping[str, str]) -> tuple[bool, Any]:
    """Whether the awaited state was seen in time, and the body that showed it."""
    path = _fill_text(wait.path, bound)
    for _attempt in pace.attempts():
        try:
            with client.reading():
                body = client.whole(client.find(path, version=wait.version), version=wait.version)
                if wait.until(body):
                    return True, body
        except ServiceError as error:
            # A new object's synchronization endpoints answer 403 or 409 for a while (fact sheet 0.1).
            if error.status not in (403, 404, 409):
                raise
    return False, None


def fill(request: Request, bound: Mapping[str, str]) -> Request:
    """The request with every ``{name}`` replaced by what is known."""
    return dataclasses.replace(request, path=_fill_text(request.path, bound), body=_fill(request.body, bound))


def _fill(value: Any, bound: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return bound.get(value[1:-1], value) if value.startswith("{") and value.endswith("}") else value
    if isinstance(value, dict):
        return {key: _fill(member, bound) for key, member in value.items()}
    if isinstance(value, list):
        return [_fill(member, bound) for member in value]
    return value


def _fill_text(path: str, bound: Mapping[str, str]) -> str:
    for name, value in bound.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def _dig(action: Action, answer: Answer | None, place: str) -> str:
    """What an answer tells.

    :raises Uncertain: when it does not: the object was made, and only reading can tell its id.
    """
    value = answer.body if answer else None
    for step in place.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if not value:
        raise Uncertain(GraphFailure(f"the answer does not tell the id of {action.object}"))
    return str(value)


@dataclass(frozen=True)
class Resource(Generic[Desired, Current]):
    """A managed thing: how to understand what is wanted, how to read what is there, and how to decide."""

    desired: Callable[[Mapping[str, Any]], Desired]
    read: Callable[[Client, Desired], Current]
    plan: Callable[[Current, Desired], Plan]


@dataclass(frozen=True)
class Operation:
    """A thing that is done each time it is asked for and has a report to give. In check mode it only says what it would do."""

    perform: Callable[[Client, Mapping[str, Any], bool, Pace], Facts]


@dataclass(frozen=True)
class Inquiry:
    """A thing that is only read."""

    read: Callable[[Client, Mapping[str, Any]], Facts]


@dataclass(frozen=True)
class LinkInquiry:
    """A thing that is read in both tenants of a link: in the source, then in the target, which completes what the source told."""

    source: Callable[[Client, Mapping[str, Any]], Facts]
    target: Callable[[Client, Mapping[str, Any], Facts], Facts]


@dataclass(frozen=True)
class LinkResource(Generic[Desired, Seen, Current]):
    """A thing that is managed in the source tenant of a link and seen in both: in the source, then in the target, which completes
    what the source told.
    """

    desired: Callable[[Mapping[str, Any]], Desired]
    source: Callable[[Client, Desired], Seen]
    target: Callable[[Client, Desired, Seen], Current]
    plan: Callable[[Current, Desired], Plan]
