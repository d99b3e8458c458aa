# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Applies a plan: its actions in order, each with its own wait until the change is visible."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from .graph.batch import send_all
from .graph.client import Answer, Client, Request
from .graph.errors import GraphFailure, ServiceError, Uncertain
from .graph.service_clock import date_of
from .plan import NEW_ID, Action, Pace, Plan, Refusal, Wait

SOON = 5.0
"""Seconds in which a change becomes visible, if it does without a further request."""

FEW = 5
"""Attempts after which a conflict without a visible cause is not expected to pass for an old object."""


class Interrupted(Exception):
    """The plan failed at ``action``. ``done`` are the actions before it; ``writes`` is the number of its own requests that succeeded."""

    def __init__(self, action: Action, cause: GraphFailure, done: Sequence[Action], writes: int = 0) -> None:
        super().__init__(str(cause))
        self.action = action
        self.cause = cause
        self.done = tuple(done)
        self.writes = writes

    @property
    def may_be_resolved_by_reading(self) -> bool:
        """Whether the change may have been made, by this task or by another link at the same time."""
        return isinstance(self.cause, Uncertain) or (isinstance(self.cause, ServiceError) and self.cause.status in (400, 404, 409))

    @property
    def may_be_repeated(self) -> bool:
        """Whether the action may be repeated after a read showed no change: a second attempt cannot create a second object."""
        if isinstance(self.cause, Uncertain):
            return self.action.settled_by is None
        return isinstance(self.cause, ServiceError) and self.cause.status == 409


def apply(plan: Plan, client: Client, pace: Pace, done: list[Action] | None = None) -> list[Action]:
    """Carry out the plan's actions in order and return them. They are also added to ``done``, for a caller that needs them even
    after a failure.

    :raises Interrupted: at the first action that fails.
    :raises Refusal: at the first action that the current state does not allow.
    """
    done = [] if done is None else done
    new_id = ""
    # Requests of a batch are independent of each other, so actions of different kinds, whose order has a reason, are in different batches.
    for (batched, _verb), actions in groupby(plan.actions, key=lambda action: (action.batched, action.verb if action.batched else "")):
        if batched:
            _apply_batch(list(actions), client, pace, done)
        else:
            for action in actions:
                new_id = _apply_one(action, client, pace, new_id, done)
    return done


def _apply_one(action: Action, client: Client, pace: Pace, new_id: str, done: list[Action]) -> str:
    """Carry out an action, and return the id that `NEW_ID` stands for from then on."""
    before = client.changes
    try:
        answer: Answer | None = None
        for request in action.refresh(client) if action.refresh else action.requests:
            answer = _send_patiently(action, request, client, pace, new_id)
        new_id = _new_id(action, answer) if action.new_id_at else new_id
    except Refusal as refusal:
        raise Interrupted(action, GraphFailure(str(refusal)), done) from refusal
    except GraphFailure as failure:
        if action.settled_by and isinstance(failure, Uncertain):
            with contextlib.suppress(GraphFailure):
                await_state(action.settled_by, client, pace)
        raise Interrupted(action, failure, done, client.changes - before) from failure
    done.append(dataclasses.replace(action, answered=_time(answer)))
    _await_visible(action, client, pace, new_id, done)
    _give_way(action, client, pace, answer, done)
    return new_id


def _await_visible(action: Action, client: Client, pace: Pace, new_id: str, done: list[Action]) -> None:
    """Wait until the change is visible. It was made already; a failure here does not undo it."""
    if action.visible is None:
        return
    try:
        seen, body = _await_soon(action.visible, client, pace, new_id) if action.insists else (False, None)
        if not seen:
            if action.insists:
                _send_patiently(action, action.insists, client, pace, new_id)
            seen, body = _await(action.visible, client, pace, new_id)
    except GraphFailure as failure:
        raise Interrupted(action, failure, done) from failure
    if not seen:
        late = "the service has not shown the change yet, or another process has changed it at the same time"
        raise Interrupted(action, GraphFailure(f"{action.object} was changed but cannot be read back; {late}"), done)
    if action.visible.as_planned and not action.visible.as_planned(body):
        note = f"{action.object}: another process has changed something at the same time; both changes are kept, check them"
        done[-1] = dataclasses.replace(action, note=note)


def _give_way(action: Action, client: Client, pace: Pace, answer: Answer | None, done: list[Action]) -> None:
    """The rest of the plan is about the object that was created here, so it is planned anew if that object was removed again."""
    if action.gives_way is None:
        return
    try:
        note = action.gives_way(client, (answer.body if answer else None) or {}, pace)
    except Refusal as refusal:
        raise Interrupted(action, GraphFailure(str(refusal)), done) from refusal
    except GraphFailure as failure:
        raise Interrupted(action, failure, done) from failure
    if note:
        done[-1] = dataclasses.replace(action, note=note)
        raise Interrupted(action, Uncertain(GraphFailure(note)), done)


def _await_soon(wait: Wait, client: Client, pace: Pace, new_id: str) -> tuple[bool, Any]:
    """Like `_await`, for a change that becomes visible without a further request. A replica may be delayed (fact F14), but not for long."""
    short = dataclasses.replace(pace, longest=min(pace.longest, SOON), waited=0.0)
    seen = _await(wait, client, short, new_id)
    pace.waited += short.waited
    return seen


def _time(answer: Answer | None) -> datetime | None:
    """The time of an answer, by the clock of the service."""
    return date_of(answer.headers) if answer else None


def _send_patiently(action: Action, template: Request, client: Client, pace: Pace, new_id: str) -> Answer:
    """Send, and repeat what the service refuses only because an object is new (fact F14)."""
    request = dataclasses.replace(template, path=_filled(template.path, new_id))
    new = action.follows_creation or request.path != template.path
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
            if error.status == 409 and _shows(action, client, new_id, patient=new or attempt < FEW):
                return Answer(error.status)
            last = error
    raise last


def _shows(action: Action, client: Client, new_id: str, patient: bool) -> bool:
    """Whether the change is visible. A conflict with this change itself, made by an earlier request, is none (fact F70).

    :raises Refusal: for a conflict with another object, or without a visible cause if ``patient`` is false.
    """
    if action.visible is None:
        return False
    seen = None
    with contextlib.suppress(GraphFailure), client.reading():
        seen = _read(action.visible, client, new_id)
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
    """403, 404 and 409 pass for an object that this run has just created; so does a 400 about a reference to it (fact F5)."""
    if any(error.names(code) for code in action.passing_codes):
        return True
    if "/synchronization/" in error.path and error.status == 409:
        return True
    return new and error.status in (400, 403, 404, 409) and not error.details


def _apply_batch(actions: list[Action], client: Client, pace: Pace, done: list[Action]) -> None:
    """Actions of one request each, twenty at a time. All are tried; the first failure is raised after all have been tried."""
    waiting = actions
    failures: dict[int, GraphFailure] = {}
    for _attempt in pace.attempts():
        outcomes = send_all(client, [action.requests[0] for action in waiting])
        again = []
        for action, outcome in zip(waiting, outcomes, strict=True):
            if not isinstance(outcome, GraphFailure) or (isinstance(outcome, ServiceError) and _already_so(outcome, action)):
                done.append(action)
                continue
            failures[id(action)] = outcome
            # The configuration was read just now, so a missing or invalid reference is lag (fact F5).
            if isinstance(outcome, ServiceError) and _passing(outcome, action, new=outcome.status in (400, 404)):
                again.append(action)
        waiting = again
        if not waiting:
            break
    finished = {id(action) for action in done}
    for action in actions:
        if id(action) not in finished:
            raise Interrupted(action, failures[id(action)], done) from failures[id(action)]


def await_state(wait: Wait, client: Client, pace: Pace, new_id: str = "") -> bool:
    """Whether the awaited state became visible in time."""
    return _await(wait, client, pace, new_id)[0]


def _await(wait: Wait, client: Client, pace: Pace, new_id: str) -> tuple[bool, Any]:
    """Whether the awaited state became visible in time, and the body that showed it."""
    for _attempt in pace.attempts():
        try:
            with client.reading():
                body = _read(wait, client, new_id)
                if wait.until(body):
                    return True, body
        except ServiceError as error:
            # A new object's synchronization endpoints answer 403 or 409 for a while (fact F4).
            if error.status not in (403, 404, 409):
                raise
    return False, None


def _read(wait: Wait, client: Client, new_id: str) -> Any:
    """The body at the path of the wait, with the members of all pages."""
    return client.whole(client.find(_filled(wait.path, new_id), version=wait.version), version=wait.version)


def _filled(path: str, new_id: str) -> str:
    return path.replace(NEW_ID, new_id) if new_id else path


def _new_id(action: Action, answer: Answer | None) -> str:
    """The id of the object that an action has created.

    :raises Uncertain: if the answer does not contain it: the object was created, and only a read can find it.
    """
    value = answer.body if answer else None
    for step in action.new_id_at.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if not value:
        raise Uncertain(GraphFailure(f"the answer does not contain the id of {action.object}"))
    return str(value)
