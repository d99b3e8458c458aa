# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Read, plan, apply: the types that all resources share.

A plan is plain data from a pure function. Check mode stops before `apply`, so it reports exactly the actions of a run.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from .graph.client import Client, Request, all_of
from .graph.errors import GraphFailure, ServiceError

_RANDOM = random.SystemRandom()
Facts = Mapping[str, Any]
Desired = TypeVar("Desired")
Seen = TypeVar("Seen")
Current = TypeVar("Current")


NEW_ID = "{new id}"
"""In a path: the id of the object that an earlier action of the same plan creates."""
NO_PATH = ""
"""The path of an object that does not exist yet. A plan with such a path is unmet, so nothing is sent."""


class Refusal(Exception):
    """The request cannot be carried out as it stands. The text is one sentence for an administrator; nothing was written.

    ``facts`` are members of the result that explain it.
    """

    def __init__(self, text: str, facts: Facts | None = None) -> None:
        super().__init__(text)
        self.facts = dict(facts or {})


class Unseen(Refusal):
    """A part of an object that was read is missing: a replica may not show it yet (fact F14), so a second read can help."""


class HalfDone(Exception):
    """An operation failed with ``cause``. ``report`` contains the changes before it."""

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
    """Whether the body contains only the planned values. If not, another process has changed it since it was read."""


def present(body: Any) -> bool:
    """The object can be read."""
    return body is not None


def listed(body: Any) -> bool:
    """The collection has members."""
    return bool(body and all_of(body))


@dataclass(frozen=True)
class Conflict:
    """A 409 of the synchronization service passes for a new object, and does not pass if a conflicting object exists
    (facts F4, F70).
    """

    named: Callable[[Any], str | None]
    """The existing object, as a sentence, from the body that ``visible`` reads; ``None`` if that shows nothing."""
    unnamed: str
    """The sentence for an old object whose conflict does not pass, although no read shows a cause."""


@dataclass(frozen=True)
class Action:
    """One change, as it is reported to an administrator, and its requests."""

    verb: str
    object: str
    tenant: str
    requests: tuple[Request, ...]
    effects: Mapping[str, Any] = field(default_factory=dict)
    new_id_at: str = ""
    """For an action that creates an object: the dotted place of its id in the answer. `NEW_ID` in a later path stands for that id."""
    visible: Wait | None = None
    settled_by: Wait | None = None
    """For a request that must never be sent twice: the read that shows the change if the answer was lost or wrong."""
    uncertain_statuses: tuple[int, ...] = ()
    """Statuses after which the change may have been made nevertheless (fact F16, instantiate)."""
    done_codes: tuple[str, ...] = ()
    """Error codes that mean that the desired state exists already."""
    passing_codes: tuple[str, ...] = ()
    """Error codes that may pass without a change, while a policy is replicated in the service."""
    hint: str = ""
    """A sentence that is added to the message if one of the passing codes does not pass."""
    conflict: Conflict | None = None
    """When a 409 is not repeated any longer."""
    insists: Request | None = None
    """A request that is sent if ``visible`` does not hold soon: possibly the requests alone do not lead to that state."""
    leaves_trace: bool = True
    """Whether a read shows that it was done. A restart is not visible, so it may be planned a second time."""
    answered: datetime | None = None
    """When the service had carried it out, by the service's own clock. Filled in by `apply`."""
    follows_creation: bool = False
    """It changes an object that an earlier action of the same plan creates, and that a replica may not show yet."""
    batched: bool = False
    refresh: Callable[[Client], tuple[Request, ...]] | None = None
    """For an object without an ETag: builds the requests again from the state right before they are sent; raises Refusal."""
    gives_way: Callable[[Client, Facts, Pace], str] | None = None
    """For an object that two runs may create at the same time: reads again, and removes what was created here if another run was first.
    Takes the body of the last answer; returns a note for the administrator, or an empty text.
    """
    note: str = ""
    """A note for the administrator from carrying it out."""

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
    """A state that the service reaches automatically after the plan was applied, such as the end of a cycle."""

    path: str
    reached: Callable[[Any, datetime | None], bool]
    """Whether it is reached, from the body that is read and the time from which events count; ``None`` if that time is unknown."""
    after: tuple[str, ...]
    """The verbs of the actions from which events count: the last of them that was done."""
    timeout: float
    """Seconds."""
    name: str
    progress: Callable[[Any], str]
    """The progress, in a few words, from the body that is read."""
    in_other_tenant: Callable[[Client, Any], OtherTenantState] | None = None
    """The check in the other tenant of the link, from its client and the body that is read. Its result decides."""


@dataclass(frozen=True)
class OtherTenantState:
    """The state of an outcome in the other tenant: ``progress``, in a few words; ``complaint``, why it is not as desired; the facts."""

    progress: str
    complaint: str | None
    facts: Facts


@dataclass(frozen=True)
class Plan:
    """The actions, and the managed state before and after them. Without actions there is nothing to do."""

    before: Facts
    after: Facts
    facts: Facts
    actions: tuple[Action, ...] = ()
    warnings: tuple[str, ...] = ()
    unmet: str | None = None
    """Why this cannot be applied yet, although it can be planned: an object that an earlier step creates does not exist."""
    lasting: bool = True
    """Whether a plan after applying must be without actions. A restart would be planned again."""
    outcome: Outcome | None = None
    change_facts: Facts = field(default_factory=dict)
    """Return values about the change itself; ``facts`` are about the state after it."""
    foreign: Facts = field(default_factory=dict)
    """The parts of the same object that are not managed and should not change, by a name for a warning."""
    basis: Callable[[], Facts] = dict
    """Returns what was read of the same object and does not change, by name: what somebody relies on who approves the plan. Names that are in
    ``before`` as well mean the same there. It is a function because most plans are not approved. Never a secret, and no time.
    """
    foretells: Callable[[Client], None] | None = None
    """Makes the result of this plan visible to later tasks of the run: in check mode, and if a replica is delayed."""


@dataclass
class Pace:
    """Bounded waits with jitter, summed up for the result. ``longest`` is in seconds and holds for each single wait."""

    longest: float = 60.0
    slowest: float = 5.0
    """The longest single sleep, in seconds."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    waited: float = 0.0

    def attempts(self, at_least: int = 1) -> Iterator[int]:
        """Counts attempts, with a sleep between them; stops when the time is used up and enough attempts were made."""
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

    def until_allowed(self, read: Callable[[], Seen]) -> Seen:
        """The result of a read of something new, whose synchronization endpoints answer 403 or 409 for a while (fact F4).

        :raises ServiceError: if the last read was refused, or any read for another reason.
        """
        for _attempt in self.attempts():
            try:
                return read()
            except ServiceError as error:
                if not error.may_be_too_early:
                    raise
                refused = error
        raise refused


@dataclass(frozen=True)
class Resource(Generic[Desired, Current]):
    """A managed object: the functions that read the options, read the current state, and make the plan."""

    desired: Callable[[Mapping[str, Any]], Desired]
    read: Callable[[Client, Desired], Current]
    plan: Callable[[Current, Desired], Plan]


@dataclass(frozen=True)
class ForeseenResource(Generic[Desired, Current]):
    """A managed object of the source tenant of a link whose changes can do harm to users in the target tenant. The impact is computed and
    judged before the first write, in check mode too.
    """

    resource: Resource[Desired, Current]
    affects: Callable[[Current, Desired, Mapping[str, Any]], bool]
    """Whether the change can do harm, from the state, the wish and the options. If not, nothing more is read."""
    judge: Callable[[Client, Client | None, Current, Desired, Mapping[str, Any]], tuple[Current, Facts]]
    """Returns the state to plan with, and the facts about the impact; raises Refusal. The clients are those of the source and of the target,
    ``None`` if the options do not name it.
    """


@dataclass(frozen=True)
class ExchangeResource(Generic[Desired, Current]):
    """An object that is managed in Exchange, and read in Microsoft Graph and in Exchange of the same tenant.

    Its actions are requests to Exchange.
    """

    desired: Callable[[Mapping[str, Any]], Desired]
    read: Callable[[Client, Client | GraphFailure, Desired], Current]
    """Reads the state from the client of Graph and that of Exchange. If the latter cannot be created, the failure is in its place, and
    nothing may be planned that needs it.
    """
    plan: Callable[[Current, Desired], Plan]
    finish: Callable[[Mapping[str, Any], Facts, bool], Facts] = lambda _params, _result, _check_mode: {}
    """Is called at the end of a successful run with the options, the result, and whether it is check mode. Returns the members of the result
    that it replaces.
    """


@dataclass(frozen=True)
class Operation:
    """An operation that is performed at each call and returns a report. In check mode it only reports what it would do."""

    perform: Callable[[Client, Mapping[str, Any], bool, Pace], Facts]


@dataclass(frozen=True)
class Inquiry:
    """Information that is only read."""

    read: Callable[[Client, Mapping[str, Any]], Facts]
    uses_shared_reads: bool = False
    """Whether it can use the recent reads of earlier tasks of the run, see `read_cache`."""


@dataclass(frozen=True)
class JointInquiry:
    """Information about a link that is read in both of its tenants at the same time: from the clients of the source and of the target."""

    read: Callable[[Client, Client, Mapping[str, Any]], Facts]


@dataclass(frozen=True)
class LinkInquiry:
    """Information from both tenants of a link: first from the one that the task is connected to, then from the other, which completes it."""

    here: Callable[[Client, Mapping[str, Any]], Facts]
    there: Callable[[Client, Mapping[str, Any], Facts], Facts]
    is_complete: Callable[[Mapping[str, Any], Facts], bool] = lambda _params, _found: False
    """Whether the facts of the first tenant are complete, so that no request is sent to the other."""
    other: str = "target"
    """The option with the connection to the other tenant."""
    excuse: Callable[[Mapping[str, Any], str, Mapping[str, Any]], Facts | None] = lambda _params, _msg, _error: None
    """The result in place of a failure, from its message and its ``error``; ``None`` if the task fails."""
    complain: Callable[[Mapping[str, Any], Facts], str | None] = lambda _params, _facts: None
    """Why the task fails although everything could be read. Never in check mode."""
    of_failure: Callable[[Facts], Facts] = lambda facts: facts
    """What the result of that failure contains of the facts: Ansible prints it."""
    uses_shared_reads: bool = False
    """Whether it can use the recent reads of earlier tasks of the run, see `read_cache`."""


@dataclass(frozen=True)
class LinkResource(Generic[Desired, Seen, Current]):
    """An object that is managed in the source tenant of a link and read in both: first in the source, then in the target, which
    completes the state.
    """

    desired: Callable[[Mapping[str, Any]], Desired]
    source: Callable[[Client, Desired], Seen]
    target: Callable[[Client, Desired, Seen], Current]
    plan: Callable[[Current, Desired], Plan]
    judge: Callable[[Client, Client, Current, Mapping[str, Any]], Facts] | None = None
    """Judges the impact of a plan with changes on the users of the target, before the first write. Gets the clients of both tenants and the
    options; returns facts about the change; raises Refusal.
    """
