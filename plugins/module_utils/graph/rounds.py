# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Many pieces of work that only read, side by side, so that their reads share batches.

Each piece of work is ordinary code with a client of its own. Where it reads, it stops until the answer is there. As soon as all pieces of
work of a tenant have stopped, their reads are sent together. One piece of work runs at a time, and none of a tenant while its reads are sent,
so the code needs no locks. A piece of work that fails with a fault of the code does not end the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .batch import Outcome
from .client import Together
from .desk import SLICE, Desk, Key
from .message import Request

Result = TypeVar("Result")
TENANTS_AT_ONCE = 4
"""Tenants whose work is held in memory and whose requests are sent at the same time."""


def _nothing() -> None:
    pass


@dataclass
class Group(Generic[Result]):
    """Pieces of work that read in one tenant. Groups with the same desk follow one another; what one has read is discarded at its end."""

    desk: Desk
    work: Sequence[Callable[[Desk, Together], Result]]
    begin: Callable[[], None] = _nothing
    """Is called before the first piece of work."""
    first: Sequence[Callable[[Desk, Together], object]] = ()
    """Work that is done before the rest, whose reads are kept for it. Its results and faults are discarded."""


class _Piece(threading.Thread, Generic[Result]):
    """A piece of work, on a thread that never runs at the same time as another one."""

    def __init__(self, work: Callable[[Desk, Together], Result], desk: Desk, keeps: bool = False) -> None:
        super().__init__(daemon=True)
        self.needs: set[Key] = set()
        """The reads without which it cannot continue. Empty after its end."""
        self.ended = False
        self.result: Result
        self.error: BaseException | None = None
        """What it has raised."""
        self.fault: BaseException | None = None
        """Why its reads could not be sent, apart from a failure of the service. It is raised in the work."""
        self._asked: dict[Key, Request] = {}
        self._work = work
        self._keeps = keeps
        self._desk = desk
        self._turn = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)

    def proceed(self) -> None:
        """Run until the next read or the end."""
        if self.ident is None:
            self.start()
        self._turn.release()
        self._stopped.acquire()

    def run(self) -> None:
        """The thread."""
        self._turn.acquire()
        try:
            self.result = self._work(self._desk, self)
        except BaseException as error:
            self.error = error
        if not self._keeps:
            self.leave()
        self.needs = set()
        self.ended = True
        self._stopped.release()

    def leave(self) -> None:
        """Keep nothing that was read for it."""
        self._desk.leave(self._asked.values())
        self._asked.clear()

    def owner_of(self, name: str) -> str | None:
        """See `Together`."""
        return self._desk.owner_of(name)

    def gather(self, requests: Sequence[Request], alone: bool) -> list[Outcome]:
        """See `Together`. Other pieces of work run while this one waits."""
        new = {key: request for request in requests if (key := request.key) not in self._asked}
        self._asked.update(new)
        self._desk.ask(new.values())
        missing = self._desk.missing(requests, alone)
        while missing:
            self._desk.want(missing)
            self.needs = {request.key for request in missing}
            self._stopped.release()
            self._turn.acquire()
            fault = self.fault
            if fault is not None:
                self.fault = None
                raise fault
            missing = self._desk.missing(requests, alone)
        return [self._desk.outcome(request) for request in requests]


@dataclass
class _Running(Generic[Result]):
    """A group that has begun."""

    desk: Desk
    first: list[_Piece[object]]
    pieces: list[_Piece[Result]]
    ready: list[_Piece[Any]]
    later: list[_Piece[Result]]
    """What begins when all that has begun has ended."""
    stopped: list[_Piece[Any]] = field(default_factory=list)
    sending: Future[None] | None = None

    def proceed(self, pool: ThreadPoolExecutor) -> None:
        """Run everything that can run, and send what is needed then."""
        while self.ready:
            piece = self.ready.pop(0)
            piece.proceed()
            if not piece.ended:
                self.stopped.append(piece)
            if not self.ready and not self.stopped:
                self.ready, self.later = self.later, []
        if self.stopped and self.sending is None:
            self.sending = pool.submit(self.desk.send, SLICE)

    def receive(self) -> None:
        """Take what was sent. Work with all its answers can continue."""
        if self.sending is None or not self.sending.done():
            return
        fault, self.sending = self.sending.exception(), None
        waiting, self.stopped = self.stopped, []
        for piece in waiting:
            piece.fault = fault
            (self.stopped if not fault and any(self.desk.lacks(key) for key in piece.needs) else self.ready).append(piece)

    def end(self) -> None:
        """Keep nothing."""
        for piece in self.first:
            piece.leave()
        self.desk.rest()


def run_together(groups: Sequence[Group[Result]]) -> list[list[Result]]:
    """The results of each group, in the order given. What a piece of work raises is raised after all groups have ended."""
    results: dict[int, list[Result]] = {}
    errors: list[BaseException] = []
    running: dict[int, _Running[Result]] = {}
    coming = dict(enumerate(groups))
    pool = ThreadPoolExecutor(TENANTS_AT_ONCE)
    try:
        while coming or running:
            while len(running) < TENANTS_AT_ONCE and (number := _next(coming, running)) is not None:
                running[number] = _begun(coming.pop(number))
            for number, group in list(running.items()):
                group.receive()
                group.proceed(pool)
                if not group.stopped:
                    errors += [piece.error for piece in group.pieces if piece.error]
                    results[number] = [piece.result for piece in group.pieces if not piece.error]
                    group.end()
                    del running[number]
            sending = [group.sending for group in running.values() if group.sending]
            if sending and (len(running) == TENANTS_AT_ONCE or _next(coming, running) is None):
                wait(sending, return_when=FIRST_COMPLETED)
    finally:
        # An interrupted task does not wait for the service.
        pool.shutdown(wait=False, cancel_futures=True)
    if errors:
        raise errors[0]
    return [results[number] for number in range(len(groups))]


def _next(coming: Mapping[int, Group[Result]], running: Mapping[int, _Running[Result]]) -> int | None:
    """The next group whose desk is not in use."""
    used = [group.desk for group in running.values()]
    return next((number for number, group in coming.items() if group.desk not in used), None)


def _begun(group: Group[Result]) -> _Running[Result]:
    group.begin()
    first = [_Piece(work, group.desk, keeps=True) for work in group.first]
    pieces = [_Piece(work, group.desk) for work in group.work]
    return _Running(group.desk, first, pieces, ready=[*(first or pieces)], later=[*pieces] if first else [])
