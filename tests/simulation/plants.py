# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that are planted in the engine by hand, to see whether the simulation finds them, and how soon.

``python -m ansible_collections.entra.cross_tenant_sync.tests.simulation.plants``
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from unittest import mock

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import client
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.message import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import change, population

from . import chance
from .beginnings import ALL, saved
from .simulator import play

Planted = Callable[[], contextlib.AbstractContextManager[object]]


def forgotten_restart() -> contextlib.AbstractContextManager[object]:
    """A change of a paused job that ran before counts as one that needs no restart."""
    usual = change.was_started

    def forgets(job: object) -> bool:
        return usual(job) and job["schedule"]["state"] == "Active"  # type: ignore[arg-type, index]  # as the engine calls it

    return mock.patch.object(change, "was_started", forgets)


def blind_repetition() -> contextlib.AbstractContextManager[object]:
    """A POST is sent again after an error of the server."""
    usual = client._worth_repeating

    def repeats(request: Request, error: ServiceError) -> bool:
        return usual(request, error) or (request.method == "POST" and error.status in client.BROKEN)

    return mock.patch.object(client, "_worth_repeating", repeats)


def limit_off_by_one() -> contextlib.AbstractContextManager[object]:
    """One user more than the limit may leave."""
    usual = population.guard

    class Looser:
        def __init__(self, limits: population.Limits) -> None:
            self.allow_empty, self.max_removal_percent = limits.allow_empty, limits.max_removal_percent
            self.max_removals = None if limits.max_removals is None else limits.max_removals + 1

    return mock.patch.object(population, "guard", lambda leavers, limits: usual(leavers, Looser(limits)))


PLANTS: dict[str, Planted] = {
    "a forgotten restart": forgotten_restart,
    "a blind repetition": blind_repetition,
    "a limit off by one": limit_off_by_one,
}


@dataclass(frozen=True)
class Discovery:
    """The first history that violated something while the fault was there."""

    seed: int
    seconds: float
    """Of CPU, from the first history on."""
    violation: str


def found(plant: Planted, first: int = 0, seconds: float = 600.0) -> Discovery | None:
    """Play histories until one of them violates something, for so many seconds of CPU at most."""
    for name in ALL:
        # They are built once a process, by an engine without the fault.
        saved(name)
    began = time.process_time()
    with plant():
        for seed in itertools.count(first):
            report = play(chance.history(seed))
            passed = time.process_time() - began
            if report.violations:
                return Discovery(seed, passed, str(report.violations[0]))
            if passed > seconds:
                return None
    return None


def lines() -> Iterator[str]:
    """What was found, a line for each plant."""
    for name, plant in PLANTS.items():
        discovery = found(plant)
        if discovery is None:
            yield f"{name}: not found"
        else:
            yield f"{name}: found by seed {discovery.seed} after {discovery.seconds:.1f} s of CPU: {discovery.violation}"


if __name__ == "__main__":
    for line in lines():
        print(line, flush=True)
    sys.exit(0)
