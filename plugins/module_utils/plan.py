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
from itertools import groupby
from typing import Any, Generic, TypeVar

from .graph.batch import send_all
from .graph.client import Answer, Client, Request
from .graph.errors import GraphFailure, ServiceError, Uncertain

_RANDOM = random.SystemRandom()
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
    """Read ``path`` until ``until`` holds for its body (``None`` when the object is not there)."""

    path: str
    until: Callable[[Any], bool]
    version: str = "v1.0"


def present(body: Any) -> bool:
    """The object can be read."""
    return body is not None


def listed(body: Any) -> bool:
    """The collection has members."""
    return bool(body and body["value"])


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
    follows_creation: bool = False
    """It works on something that an earlier action of the same plan creates, and that a replica may not know yet."""
    batched: bool = False

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

    wait: Wait
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


class Interrupted(Exception):
    """Applying stopped at ``action``. ``done`` were carried out before it."""

    def __init__(self, action: Action, cause: GraphFailure, done: Sequence[Action]) -> None:
        super().__init__(str(cause))
        self.action = action
        self.cause = cause
        self.done = tuple(done)

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


def apply(plan: Plan, client: Client, pace: Pace) -> list[Action]:
    """Carry out the plan's actions in order and return them.

    :raises Interrupted: at the first action that fails.
    """
    done: list[Action] = []
    bound: dict[str, str] = {}
    for batched, actions in groupby(plan.actions, key=lambda action: action.batched):
        if batched:
            _apply_batch(list(actions), client, pace, bound, done)
        else:
            for action in actions:
                _apply_one(action, client, pace, bound, done)
    return done


def _apply_one(action: Action, client: Client, pace: Pace, bound: dict[str, str], done: list[Action]) -> None:
    try:
        answer: Answer | None = None
        for request in action.requests:
            answer = _send_patiently(action, request, client, pace, bound)
        bound.update({name: _dig(action, answer, place) for name, place in action.binds.items()})
    except GraphFailure as failure:
        if action.settled_by and isinstance(failure, Uncertain):
            with contextlib.suppress(GraphFailure):
                await_state(action.settled_by, client, pace, bound)
        raise Interrupted(action, failure, done) from failure
    done.append(action)
    _await_visible(action, client, pace, bound, done)


def _await_visible(action: Action, client: Client, pace: Pace, bound: Mapping[str, str], done: Sequence[Action]) -> None:
    """The change was made; whatever goes wrong from here on does not undo it."""
    if action.visible is None:
        return
    try:
        seen = await_state(action.visible, client, pace, bound)
    except GraphFailure as failure:
        raise Interrupted(action, failure, done) from failure
    if not seen:
        raise Interrupted(action, GraphFailure(f"{action.object} was changed but cannot be read back yet"), done)


def _send_patiently(action: Action, template: Request, client: Client, pace: Pace, bound: Mapping[str, str]) -> Answer:
    """Send, and repeat what the service refuses only because an object is new (fact sheet 0.3)."""
    request = fill(template, bound)
    new = action.follows_creation or request.path != template.path or request.body != template.body
    for _attempt in pace.attempts():
        try:
            return client.send(request)
        except ServiceError as error:
            if error.status in action.uncertain_statuses:
                raise Uncertain(error) from None
            if _already_so(error, action):
                return Answer(error.status)
            if not _passing(error, action, new):
                raise
            if error.status == 409 and _shows(action, client, bound):
                return Answer(error.status)
            last = error
    raise last


def _shows(action: Action, client: Client, bound: Mapping[str, str]) -> bool:
    """Whether the change can be seen. A conflict with what was made before, and did not show, is none (fact sheet 3.3)."""
    if action.visible is None:
        return False
    with contextlib.suppress(GraphFailure):
        return action.visible.until(client.find(_fill_text(action.visible.path, bound), version=action.visible.version))
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
    path = _fill_text(wait.path, bound)
    for _attempt in pace.attempts():
        try:
            if wait.until(client.find(path, version=wait.version)):
                return True
        except ServiceError as error:
            # A new object's synchronization endpoints answer 403 or 409 for a while (fact sheet 0.1).
            if error.status not in (403, 404, 409):
                raise
    return False


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
