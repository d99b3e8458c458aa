# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Read, plan, apply: the one idea all resources share.

A plan is plain data that a pure function made. Check mode is a run that stops before `apply`, so it cannot lie.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from .graph.client import Client, Request, all_of
from .graph.errors import GraphFailure

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
    rests_on_run: bool = False
    """Whether it may rest on what earlier tasks of the run have read moments ago, see `read_cache`."""


@dataclass(frozen=True)
class LinkInquiry:
    """A thing that is read in both tenants of a link: in the source, then in the target, which completes what the source told.
    ``excuse`` gives the result in place of a failure, from its message and its ``error``, or ``None`` if it stays one; ``complain``
    says why the task fails although everything could be read.
    """

    source: Callable[[Client, Mapping[str, Any]], Facts]
    target: Callable[[Client, Mapping[str, Any], Facts], Facts]
    excuse: Callable[[Mapping[str, Any], str, Mapping[str, Any]], Facts | None]
    complain: Callable[[Mapping[str, Any], Facts], str | None]


@dataclass(frozen=True)
class LinkResource(Generic[Desired, Seen, Current]):
    """A thing that is managed in the source tenant of a link and seen in both: in the source, then in the target, which completes
    what the source told.
    """

    desired: Callable[[Mapping[str, Any]], Desired]
    source: Callable[[Client, Desired], Seen]
    target: Callable[[Client, Desired, Seen], Current]
    plan: Callable[[Current, Desired], Plan]
