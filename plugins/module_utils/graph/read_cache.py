# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What was read and need not be read again: within a task, and between the tasks of a run.

Within a task, `ReadCache.remember` keeps what is read from then on: one look at one moment.

Between tasks, reads are shared through the files of the `RunCache`, if a task has said so with `ReadCache.share`. The rule:

- *A plan that finds nothing to do may rest on what the run has read in the last `SECONDS`. A plan that writes is made on a fresh read.*
  So a task plans on shared reads first, and whatever comes of it but "nothing to do" (an action, something to wait for, a refusal, a
  failure) is planned again with `read_afresh`. What the task itself has read for the first plan is fresh. Waits, read-backs and the reads
  right before a write come after `forget`, and use neither.
- A write ends what was shared of the same tenant and the same area: ``applications`` (applications, their templates and service
  principals, with all that is below them), ``policies``, or, for a write anywhere else, all of them. It does so before it is sent and
  after it was answered, and a read counts from before it was sent. So a read that overlaps with a write of any task of the run, for this
  link or another one, is not used, however the two are interleaved. What shares nothing with a write stays right.
- What somebody outside of the run changes in these seconds is not seen by a task that found nothing to do. It could have come a moment
  later as well, and the next run sees it. The same holds for a replica that is late: a task whose writes do not show distrusts all
  that was shared (`distrust`).
- The tenant must be named by its id, as a domain may name it in another task. A task that names it by a domain shares nothing, and a
  write of it ends everything that is shared.
- Only a task that signs in as the same application, and with the same credential, finds what was read: another one may not be allowed to read it.

Never shared: tokens and secrets (``private`` says which answers may hold one), collections of more than a page, and failures, but that an
object is not there.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .errors import ServiceError
from .message import BATCH, Answer, Request
from .odata import is_id
from .run_cache import RunCache

SECONDS = 60.0
"""How long a plan that finds nothing to do may rest on what was read."""
FULL_PAGE = 999
"""Members from which on an answer counts as part of a long collection."""

APPLICATIONS, POLICIES, ELSEWHERE = "applications", "policies", "elsewhere"
_AREAS = {"applications": APPLICATIONS, "applicationTemplates": APPLICATIONS, "servicePrincipals": APPLICATIONS, "policies": POLICIES}

_KIND = "shared reads"
Marks: TypeAlias = "list[str | None]"


Known: TypeAlias = "Answer | ServiceError"
"""What is known of a read: an answer, or that the object is not there."""


@dataclass(frozen=True)
class Moment:
    """When a read was sent, in seconds, and what no write of the run may have replaced since, by area."""

    at: float
    marks: Mapping[str, Marks]


class ReadCache:
    """The reads of one task in one tenant. ``reader`` tells who reads, ``private`` which answers must not get into a file."""

    def __init__(
        self,
        run_cache: RunCache,
        endpoint: str,
        tenant: str,
        reader: Callable[[], str],
        private: Callable[[Request, Any], bool] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.objects: dict[str, Any] = {}
        """What this task has read of single objects, by id, for those who only need what does not change while it lasts."""
        self._run_cache = run_cache
        self._place = (_KIND, endpoint, tenant.lower())
        self._reader = reader
        self._private = private or (lambda _request, _body: False)
        self._clock = clock
        self._named_by_id = is_id(tenant)
        self._own: dict[tuple[str, ...], Known] | None = None
        self._gives = False
        self._rests = False
        self._rested = False
        self._may_rest = True

    # Within the task ---------------------------------------------------------------------------------------------------

    def remember(self) -> None:
        """Begin to look at one moment: what is read from now on is not read a second time."""
        self._own = {}

    def forget(self) -> None:
        """From now on everything is read, and rests on nothing that was read before."""
        self._own = None
        self._rests = False

    # Between tasks -----------------------------------------------------------------------------------------------------

    def share(self) -> None:
        """Let the tasks of the run share what they read in this tenant, and begin with what this one reads from now on."""
        if self._named_by_id and not self._open():
            self._run_cache.keep(_new(), *self._place)
        self._gives = True

    def keep_private(self) -> None:
        """Give later tasks nothing of what this one reads from now on."""
        self._gives = False

    def use_shared(self) -> None:
        """Rest on what the run has read, where that is shared, and share what this task reads. Not after `read_afresh`."""
        if self._may_rest and self._open():
            self._rests = self._gives = True
            self.remember()

    def read_afresh(self) -> bool:
        """Rest on nothing that other tasks have read, from now on. Returns whether anything did."""
        rested, self._rests, self._rested, self._may_rest = self._rested, False, False, False
        if rested:
            self.objects.clear()
        return rested

    def distrust(self) -> None:
        """What was shared of this tenant may be outdated."""
        self._end((APPLICATIONS, POLICIES, ELSEWHERE))

    # Reads and writes --------------------------------------------------------------------------------------------------

    def recall(self, *requests: Request) -> list[Known | None]:
        """What is known of reads that a plan wants in one batch. Where half of them or more must be sent, all are: it is one call anyway, and
        if the plan is to write, it is made on a fresh read at once.
        """
        known = [self._remembered(request) for request in requests]
        if not self._rests:
            return known
        shared = [self._shared(request) if own is None else None for request, own in zip(requests, known, strict=True)]
        found = len([outcome for outcome in shared if outcome is not None])
        if 2 * found <= known.count(None):
            return known
        self._rested = True
        return [own or other for own, other in zip(known, shared, strict=True)]

    def _remembered(self, request: Request) -> Known | None:
        return self._own.get(_key(request)) if self._own is not None and _is_read(request) else None

    def moment(self) -> Moment | None:
        """Now, before a read is sent; ``None`` where nothing is shared."""
        if not self._gives or not self._open():
            return None
        return Moment(self._clock(), {area: self._marks(area) for area in (APPLICATIONS, POLICIES, ELSEWHERE)})

    def keep(self, request: Request, outcome: Any, moment: Moment | None) -> None:
        """Keep the outcome of a read that was sent at that moment. Of failures only that the object is not there."""
        if not _is_read(request) or not _is_known(outcome) or _is_long(request, outcome):
            return
        if self._own is not None and request.method == "GET":
            self._own[_key(request)] = outcome
        if moment is not None and not (isinstance(outcome, Answer) and self._private(request, outcome.body)):
            marks = moment.marks[_area(request.path)]
            self._run_cache.keep({"at": moment.at, "marks": marks, **_packed(outcome)}, *self._place, self._reader(), *_key(request))

    def written(self, request: Request) -> None:
        """A write is about to be sent, or was answered: what was read of its area, by anyone in the run, may be outdated."""
        if self._own is not None:
            self._own = {}
        if not self._named_by_id:
            distrust_all(self._run_cache)
        elif self._open():
            self._end({_area(path) for path in _written_paths(request)})

    def _end(self, areas: Iterable[str]) -> None:
        for area in (APPLICATIONS, POLICIES, ELSEWHERE) if ELSEWHERE in areas else areas:
            self._run_cache.keep(_new(), *self._place, area)

    def _open(self) -> bool:
        return self._named_by_id and self._run_cache.recall(*self._place) is not None

    def _marks(self, area: str) -> Marks:
        return [self._run_cache.recall(*key) for key in ((_KIND,), self._place, (*self._place, area))]

    def _shared(self, request: Request) -> Known | None:
        found = self._run_cache.recall(*self._place, self._reader(), *_key(request)) if _is_read(request) else None
        if not found or found["marks"] != self._marks(_area(request.path)) or not 0 <= self._clock() - found["at"] <= SECONDS:
            return None
        return _unpacked(found)


def distrust_all(run_cache: RunCache) -> None:
    """Whatever was shared may be outdated: a task writes of which is not known where, or which has no access to the files of the run."""
    run_cache.keep(_new(), _KIND)


def _new() -> str:
    return uuid.uuid4().hex


def _is_read(request: Request) -> bool:
    return request.reads and request.path != BATCH


def _is_known(outcome: Any) -> bool:
    return isinstance(outcome, Answer) or (isinstance(outcome, ServiceError) and outcome.missing)


def _is_long(request: Request, outcome: Known) -> bool:
    """It is a page of a collection that may be large, and is read once anyway."""
    body = outcome.body if isinstance(outcome, Answer) else None
    if not isinstance(body, Mapping):
        return False
    members = next((member for member in body.values() if isinstance(member, list)), ())
    return "$skiptoken" in request.path or "@odata.nextLink" in body or len(members) >= FULL_PAGE


def _key(request: Request) -> tuple[str, ...]:
    asked = "" if request.body is None else json.dumps(request.body, sort_keys=True)
    return (request.version, request.method, request.path, asked)


def _area(path: str) -> str:
    return _AREAS.get(path.partition("?")[0].split("/")[1], ELSEWHERE)


def _written_paths(request: Request) -> list[str]:
    if request.path != BATCH:
        return [request.path]
    return [str(item["url"]) for item in request.body["requests"] if item["method"] != "GET"]


def _packed(known: Known) -> dict[str, Any]:
    if isinstance(known, Answer):
        return {"status": known.status, "body": known.body}
    return {"missing": {name: getattr(known, name) for name in ("method", "path", "status", "code", "message")}}


def _unpacked(found: Mapping[str, Any]) -> Known:
    return ServiceError(**found["missing"]) if "missing" in found else Answer(found["status"], found["body"])
