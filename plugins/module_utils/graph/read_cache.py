# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Caches reads: within a task, and between the tasks of a run.

Within a task, `ReadCache.cache` caches everything that is read from then on, so that it is read once.

Between tasks, reads are shared through the files of the `RunCache`, if a task has called `ReadCache.share`. The rules:

- *A plan without changes can be based on what the run has read in the last `SECONDS`. A plan that writes is based on fresh reads.*
  A task plans with shared reads first. If the result is anything but "nothing to do" (an action, a state to wait for, a refusal, a
  failure), it plans again after `read_afresh`. Reads that the task itself has made for the first plan are fresh. Waits, read-backs and
  the reads right before a write follow `discard`, and use no cached read.
- A write invalidates the shared reads of the same tenant and the same area: ``applications`` (applications, their templates and service
  principals, with everything below them), ``policies``, or, for any other write, all of them. It does so before it is sent and after it
  was answered, and a read is dated before it was sent. Therefore a read that overlaps with a write of any task of the run, for this link
  or another one, is not used, in whichever order they are carried out. Reads of other areas stay valid.
- A task that found nothing to do may miss a change that another process makes in these seconds. The change could also have been made
  a moment later, and the next run finds it. The same applies to a delayed replica: a task whose writes are not visible invalidates
  all shared reads (`invalidate`).
- The tenant must be named by its id, because another task may name it by a domain. A task that names it by a domain shares nothing,
  and its writes invalidate everything that is shared.
- Only a task with the same application and the same credential finds a shared read, because another one may not be permitted to read it.

Never shared: tokens and secrets (``private`` selects the answers that may contain one), collections of more than a page, and failures,
except that an object does not exist.
"""

from __future__ import annotations

import functools
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
"""How long shared reads can be used."""
FULL_PAGE = 999
"""Members from which on an answer counts as part of a long collection."""

APPLICATIONS, POLICIES, ELSEWHERE = "applications", "policies", "elsewhere"
_AREAS = {"applications": APPLICATIONS, "applicationTemplates": APPLICATIONS, "servicePrincipals": APPLICATIONS, "policies": POLICIES}

_KIND = "shared reads"
Marks: TypeAlias = "list[str | None]"


Known: TypeAlias = "Answer | ServiceError"
"""The cached outcome of a read: an answer, or that the object does not exist."""


@dataclass(frozen=True)
class Moment:
    """When a read was sent, in seconds, and the marks of that time by area, which a write of the run replaces."""

    at: float
    marks: Mapping[str, Marks]


class ReadCache:
    """The reads of one task in one tenant. ``reader`` returns the identity that reads; ``private`` is true for an answer that must not be
    written to a file.
    """

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
        """Single objects that this task has read, by id, for callers that only use what does not change during the task."""
        self._run_cache = run_cache
        self._of = (endpoint, tenant, reader, private)
        self._place = (_KIND, endpoint, tenant.lower())
        self._identity = reader
        self._private = private or (lambda _request, _body: False)
        self._clock = clock
        self._named_by_id = is_id(tenant)
        self._own: dict[tuple[str, ...], Known] | None = None
        self._held_back: list[tuple[Request, Known, Moment]] | None = None
        self._shares = False
        self._uses_shared = False
        self._used_shared = False
        self._may_use_shared = True

    def separate(self, run_cache: RunCache, at: float) -> ReadCache:
        """The reads of another piece of work in the same tenant, all of which count as sent at that time, in seconds."""
        reads = ReadCache(run_cache, *self._of, clock=lambda: at)
        reads._held_back = []
        return reads

    def publish(self) -> None:
        """Share what a `separate` piece of work has read, which is held back until then."""
        held_back, self._held_back = self._held_back, None
        for request, outcome, moment in held_back or ():
            self._share(request, outcome, moment)

    # Within the task ---------------------------------------------------------------------------------------------------

    def cache(self) -> None:
        """Cache what is read from now on, so that it is not read a second time."""
        self._own = {}

    def discard(self) -> None:
        """Discard what was read. From now on every read is sent."""
        self._own = None
        self._uses_shared = False

    # Between tasks -----------------------------------------------------------------------------------------------------

    def share(self) -> None:
        """Let the tasks of the run share their reads in this tenant, and share those of this task from now on."""
        if self._named_by_id and not self._is_shared():
            self._run_cache.keep(_new(), *self._place)
        self._shares = True

    def keep_private(self) -> None:
        """Do not share what this task reads from now on."""
        self._shares = False

    def use_shared(self) -> None:
        """Use the shared reads of the run, if there are any, and share those of this task. Without effect after `read_afresh`."""
        if self._may_use_shared and self._is_shared():
            self._uses_shared = self._shares = True
            self.cache()

    def read_afresh(self) -> bool:
        """Use no reads of other tasks from now on. Returns whether any were used before."""
        used, self._uses_shared, self._used_shared, self._may_use_shared = self._used_shared, False, False, False
        if used:
            self.objects.clear()
        return used

    def invalidate(self) -> None:
        """Invalidate the shared reads of this tenant, which may be outdated."""
        self._invalidate((APPLICATIONS, POLICIES, ELSEWHERE))

    # Reads and writes --------------------------------------------------------------------------------------------------

    def recall(self, *requests: Request) -> list[Known | None]:
        """The cached outcomes of reads for one batch. If half of them or more must be sent, all are sent: it is one request in any case, and
        a plan with changes is then based on fresh reads already.
        """
        known = [self._cached(request) for request in requests]
        if not self._uses_shared:
            return known
        shared = [self._shared(request) if own is None else None for request, own in zip(requests, known, strict=True)]
        found = len([outcome for outcome in shared if outcome is not None])
        if 2 * found <= known.count(None):
            return known
        self._used_shared = True
        return [own or other for own, other in zip(known, shared, strict=True)]

    def _cached(self, request: Request) -> Known | None:
        return self._own.get(request.key) if self._own is not None and _is_read(request) else None

    def moment(self) -> Moment | None:
        """The present moment, before a read is sent; ``None`` if nothing is shared."""
        if not self._shares or not self._is_shared():
            return None
        return Moment(self._clock(), self._marks(APPLICATIONS, POLICIES, ELSEWHERE))

    def keep(self, request: Request, outcome: Any, moment: Moment | None) -> None:
        """Cache the outcome of a read that was sent at that moment. The only failure that is cached is that the object does not exist."""
        if not _is_read(request) or not _is_known(outcome) or _is_long(request, outcome):
            return
        if self._own is not None and request.method == "GET":
            self._own[request.key] = outcome
        if moment is not None and self._held_back is not None:
            self._held_back.append((request, outcome, moment))
        elif moment is not None:
            self._share(request, outcome, moment)

    def _share(self, request: Request, outcome: Known, moment: Moment) -> None:
        if not (isinstance(outcome, Answer) and self._private(request, outcome.body)):
            marks = moment.marks[_area(request.path)]
            self._run_cache.keep({"at": moment.at, "marks": marks, **_packed(outcome)}, *self._place, self._reader, *request.key)

    def written(self, request: Request) -> None:
        """Invalidate the reads of the area of a write, by all tasks of the run, before it is sent and after it was answered."""
        if self._own is not None:
            self._own = {}
        if not self._named_by_id:
            invalidate_all(self._run_cache)
        elif self._is_shared():
            self._invalidate({_area(path) for path in _written_paths(request)})

    def _invalidate(self, areas: Iterable[str]) -> None:
        for area in (APPLICATIONS, POLICIES, ELSEWHERE) if ELSEWHERE in areas else areas:
            self._run_cache.keep(_new(), *self._place, area)

    def _is_shared(self) -> bool:
        return self._named_by_id and self._run_cache.recall(*self._place) is not None

    def _marks(self, *areas: str) -> dict[str, Marks]:
        """The present marks by area. Those of all tenants and of the whole tenant are read once: each is a file."""
        common = [self._run_cache.recall(_KIND), self._run_cache.recall(*self._place)]
        return {area: [*common, self._run_cache.recall(*self._place, area)] for area in areas}

    @functools.cached_property
    def _reader(self) -> str:
        """Who reads, asked once: the proof of an identity may be a file."""
        return self._identity()

    def _shared(self, request: Request) -> Known | None:
        found = self._run_cache.recall(*self._place, self._reader, *request.key) if _is_read(request) else None
        area = _area(request.path)
        if not found or found["marks"] != self._marks(area)[area] or not 0 <= self._clock() - found["at"] <= SECONDS:
            return None
        return _unpacked(found)


def invalidate_all(run_cache: RunCache) -> None:
    """Invalidate all shared reads: for a task that writes in an unknown tenant, or that has no access to the files of the run."""
    run_cache.keep(_new(), _KIND)


def _new() -> str:
    return uuid.uuid4().hex


def _is_read(request: Request) -> bool:
    return request.reads and request.path != BATCH


def _is_known(outcome: Any) -> bool:
    return isinstance(outcome, Answer) or (isinstance(outcome, ServiceError) and outcome.missing)


def _is_long(request: Request, outcome: Known) -> bool:
    """Whether it is a page of a collection that may be large, and is read only once."""
    body = outcome.body if isinstance(outcome, Answer) else None
    if not isinstance(body, Mapping):
        return False
    members = next((member for member in body.values() if isinstance(member, list)), ())
    return "$skiptoken" in request.path or "@odata.nextLink" in body or len(members) >= FULL_PAGE


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
