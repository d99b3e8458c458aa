# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Carrying out a plan: its actions in order, each with its own wait until it can be seen."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from itertools import groupby
from typing import Any

from .graph.batch import send_all
from .graph.client import Answer, Client, Request
from .graph.errors import GraphFailure, ServiceError, Uncertain
from .plan import Action, Pace, Plan, Refusal, Wait

SOON = 5.0
"""Seconds in which what was done shows, if it shows by itself."""

FEW = 5
"""Attempts after which a conflict that nothing explains is not expected to pass on an old object."""


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
        seen, body = _await_soon(action.visible, client, pace, bound) if action.insists else (False, None)
        if not seen:
            if action.insists:
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


def _await_soon(wait: Wait, client: Client, pace: Pace, bound: Mapping[str, str]) -> tuple[bool, Any]:
    """Like `_await`, for what shows without more ado. A replica may be late (fact sheet 0.3), but not for long."""
    short = dataclasses.replace(pace, longest=min(pace.longest, SOON), waited=0.0)
    seen = _await(wait, client, short, bound)
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
