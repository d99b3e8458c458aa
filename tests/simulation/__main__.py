# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make simulate SEEDS=1000 FIRST=0``: plays the histories of these seeds on all cores, and says what was found and covered."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from . import aim, chance, shrink
from .branches import Branches, measured
from .history import source
from .simulator import play
from .wire import BATCH, FAULTS, ITEM, ITEM_FAULTS

SHARE = 50
"""The number of histories that a process plays at a time."""
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
    yield f"{found.histories} histories with {found.requests} requests in {wall:.0f} s ({rate:.1f} a second; {found.seconds:.0f} s of CPU)"
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
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--no-branches", action="store_true", help="do not count the branches of the engine")
    parser.add_argument("--trace", action="store_true", help="print the history of the first seed, and what happened in it")
    given = parser.parse_args()
    if given.trace:
        return _traced(given.first)
    began, found = time.monotonic(), Tally()
    end = given.first + given.seeds
    shares = [range(first, min(first + SHARE, end)) for first in range(given.first, end, SHARE)]
    with ProcessPoolExecutor(given.processes) as pool:
        for share in pool.map(tally, shares):
            found.add(share)
            if sys.stderr.isatty():
                print(f"\r{found.histories} histories, {len(found.failed)} violations", end="", file=sys.stderr)
    wall = time.monotonic() - began
    branches = None if given.no_branches else measured(range(given.first, min(end, given.first + MEASURED)))
    print("\n".join(lines(found, wall, branches)))
    for seed in sorted(found.failed)[:MOST_SHRUNK]:
        print(f"\n{shrink.as_test(shrink.shrunk(chance.history(seed)))}")
    return 1 if found.failed else 0


def _traced(seed: int) -> int:
    history = chance.history(seed)
    print(source(history))
    report = play(history)
    print("\n".join(report.trace))
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
