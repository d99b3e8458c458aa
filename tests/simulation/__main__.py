# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make simulate SEEDS=1000 FIRST=0``: plays the histories of these seeds on all cores, and says what was found and covered.

With ``--minutes 30`` it plays for so long. Ctrl-C ends it early: it says what was found so far.
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, field

from . import aim, chance, shrink
from .branches import Branches, measured
from .history import source
from .simulator import garbage_later, play
from .wire import BATCH, FAULTS, ITEM, ITEM_FAULTS

SHARE = 10
"""The number of histories that a process plays at a time: a second, after which it can be interrupted."""
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C has ended."""
QUIET = 60.0
"""The seconds between two lines about the progress, where no terminal shows it."""
MOST_SHRUNK = 3
MOST_NAMED = 6
"""The number of faults that are named, of those that never struck a kind of requests."""
MEASURED = 200
"""The number of histories whose branches are counted: that makes them slower."""


@dataclass
class Tally:
    """What came of some histories."""

    histories: int = 0
    requests: int = 0
    seconds: float = 0.0
    """Of CPU."""
    failed: dict[int, str] = field(default_factory=dict)
    """The first violation, by seed."""
    aimed: int = 0
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add those of other histories."""
        self.histories += other.histories
        self.requests += other.requests
        self.seconds += other.seconds
        self.failed |= other.failed
        self.aimed += other.aimed
        self.struck += other.struck
        self.sent += other.sent
        self.done += other.done


def tally(seeds: range) -> Tally:
    """Play the histories of these seeds."""
    with garbage_later():
        return _tally(seeds)


def _tally(seeds: range) -> Tally:
    found, began = Tally(), time.process_time()
    for seed in seeds:
        report = play(chance.history(seed))
        found.histories += 1
        found.requests += report.sent.total()
        found.aimed += report.aimed
        found.struck += report.struck
        found.sent += report.sent
        found.done += report.done
        if report.violations:
            found.failed[seed] = str(report.violations[0])
    found.seconds = time.process_time() - began
    return found


def _pairs(found: Tally) -> list[tuple[str, str]]:
    """Which fault can strike which kind of requests."""
    items = tuple(ITEM + name for name in ITEM_FAULTS)
    return [(kind, fault) for kind in sorted({*aim.KINDS, *found.sent}) for fault in (*FAULTS, *(items if kind == BATCH else ()))]


def lines(found: Tally, wall: float, branches: Branches | None) -> Iterator[str]:
    """The result, for a person."""
    rate = found.histories / wall
    yield f"{found.histories} histories with {found.requests} requests in {wall:.0f} s: {rate:.1f} a second"
    yield f"{found.seconds:.0f} s of CPU: {found.histories / max(found.seconds, 1e-9):.1f} histories a second of CPU"
    struck, pairs = found.struck.total(), _pairs(found)
    hit = [pair for pair in pairs if found.struck[pair]]
    yield f"{struck} of {found.aimed} faults struck ({100 * struck / max(found.aimed, 1):.0f} %)"
    yield f"{len(hit)} of {len(pairs)} pairs of a kind of requests and a fault ({100 * len(hit) / len(pairs):.0f} %)"
    for kind in sorted(found.sent, key=lambda one: -found.sent[one]):
        by = {fault: count for (one, fault), count in found.struck.items() if one == kind}
        never = [fault for one, fault in pairs if one == kind and fault not in by]
        named = f"; never by: {', '.join(never)}" if 0 < len(never) <= MOST_NAMED else ""
        yield f"  {kind}: sent {found.sent[kind]}, struck {sum(by.values())} by {len(by)} of {len(by) + len(never)} kinds{named}"
    yield from (f"  {kind}: never sent" for kind in aim.KINDS if kind not in found.sent)
    yield "what runs did:"
    yield from (f"  {count:>7}  {name}" for name, count in found.done.most_common())
    if branches:
        yield f"branches of the engine, in {branches.histories} of the histories:"
        yield from (f"  {line}" for line in branches.lines())
    yield f"{len(found.failed)} violations"
    yield from (f"  seed {seed}: {text}" for seed, text in sorted(found.failed.items()))


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="make simulate")
    parser.add_argument("seeds", type=int, nargs="?", default=1000, help="how many histories")
    parser.add_argument("first", type=int, nargs="?", default=0, help="the first seed")
    parser.add_argument("--minutes", type=float, help="play for so long, instead of a number of histories")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--no-branches", action="store_true", help="do not count the branches of the engine")
    parser.add_argument("--trace", action="store_true", help="print the history of the first seed, and what happened in it")
    given = parser.parse_args()
    if given.trace:
        return _traced(given.first)
    began, interrupted = time.monotonic(), _interruption()
    ends = began + 60 * given.minutes if given.minutes else None
    end = None if ends else given.first + given.seeds
    print(f"playing from seed {given.first} on", file=sys.stderr, flush=True)

    def goes_on() -> bool:
        return not interrupted.is_set() and (ends is None or time.monotonic() < ends)

    found = played(itertools.takewhile(lambda _share: goes_on(), shares(given.first, end)), given.processes, Progress(began).show)
    wall = time.monotonic() - began
    branches = (
        None if given.no_branches or interrupted.is_set() else measured(range(given.first, given.first + min(found.histories, MEASURED)))
    )
    print("\n".join(lines(found, wall, branches)))
    if interrupted.is_set():
        return INTERRUPTED
    for seed in sorted(found.failed)[:MOST_SHRUNK]:
        print(f"\n{shrink.as_test(shrink.shrunk(chance.history(seed)))}")
    return 1 if found.failed else 0


def _interruption() -> threading.Event:
    """What Ctrl-C sets. A second one ends the command at once."""
    interrupted = threading.Event()

    def interrupt(*_about: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        interrupted.set()

    signal.signal(signal.SIGINT, interrupt)
    return interrupted


def shares(first: int, end: int | None) -> Iterator[range]:
    """The seeds from the first one to the end, if there is one, in shares."""
    for start in itertools.count(first, SHARE) if end is None else range(first, end, SHARE):
        yield range(start, start + SHARE if end is None else min(start + SHARE, end))


def played(seeds: Iterator[range], processes: int, show: Callable[[Tally], None]) -> Tally:
    """Play shares of seeds in processes, until there is none left."""
    found = Tally()
    # Ctrl-C reaches every process, and only this one acts on it.
    with ProcessPoolExecutor(processes, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)) as pool:
        waiting = {pool.submit(tally, share) for share in itertools.islice(seeds, processes + 1)}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for one in done:
                found.add(one.result())
            show(found)
            waiting |= {pool.submit(tally, share) for share in itertools.islice(seeds, len(done))}
    return found


class Progress:
    """Shows the progress: always in a terminal, and now and then elsewhere; and each violation at once, because a run can take an hour."""

    def __init__(self, began: float) -> None:
        self.began = self.shown = began
        self._named: set[int] = set()

    def show(self, found: Tally) -> None:
        """Show it."""
        now = time.monotonic()
        for seed in sorted(found.failed.keys() - self._named):
            self._named.add(seed)
            print(f"\rseed {seed}: {found.failed[seed]}", file=sys.stderr, flush=True)
        text = f"{found.histories} histories, {found.histories / (now - self.began):.1f} a second, {len(found.failed)} violations"
        if sys.stderr.isatty():
            print(f"\r{text}", end="", file=sys.stderr, flush=True)
        elif now - self.shown >= QUIET:
            self.shown = now
            print(text, file=sys.stderr, flush=True)


def _traced(seed: int) -> int:
    history = chance.history(seed)
    print(source(history))
    report = play(history)
    print("\n".join(report.trace))
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
