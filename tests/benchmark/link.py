# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link: every contestant does the same work, from the same state, in alternation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator

from . import contestants, world
from .contestants import Contestant, Files
from .measure import QUIET, Cost, Done, Failure, run

LONGEST_CELL = 12.0
"""The seconds that the repeats of a cell may take."""
BEFORE = {"create": "empty", "noop": "settled", "change": "settled", "teardown": "settled"}

Outcome = dict[str, Any]


@dataclass
class Arena:
    """An emulator with two tenants, the states from which each work begins, and the input of each contestant."""

    emulator: Emulator
    files: Files
    assignments: int
    states: dict[str, bytes] = field(default_factory=dict)
    tasks: dict[str, int] = field(default_factory=dict)
    """The number of tasks that the collection's playbook executed for each work: the floor must execute as many."""

    def load(self, state: str) -> None:
        """Put the emulator into a state."""
        self.emulator.load(self.states[state])

    def keep(self, state: str) -> None:
        """Store the emulator's state without its logs, which are long and not needed."""
        world_now = self.emulator.state()
        for tenant in world_now["tenants"].values():
            tenant["audit_log"], tenant["provisioning_log"] = [], []
        self.states[state] = json.dumps(world_now).encode()

    def work(self, contestant: Contestant, work: str) -> Done:
        """A run from the state with which the work begins."""
        self.load(BEFORE[work])
        done = run(self.emulator, contestant.command(self.files, work, self.tasks.get(work, 0)), self.files.folder)
        if contestant is contestants.OURS:
            self.tasks[work] = contestants.recap(done.output).executed
        return done


@dataclass
class Arenas:
    """The arenas of a benchmark by their number of assignments. Each is made when it is needed, and runs until the end."""

    files: Files
    stack: ExitStack
    running: dict[int, Arena] = field(default_factory=dict)

    def of(self, assignments: int) -> Arena:
        """The arena of that size."""
        if assignments not in self.running:
            files = replace(self.files, folder=self.files.folder / str(assignments))
            self.running[assignments] = self.stack.enter_context(arena(files, assignments))
        return self.running[assignments]


@contextmanager
def arena(files: Files, assignments: int) -> Iterator[Arena]:
    """A running arena. Its settled state was created by the collection's playbook, and contains the synced users."""
    folder = files.folder
    folder.mkdir(parents=True)
    source, target = world.pair(assignments)
    scenario = folder / "scenario.json"
    scenario.write_text(json.dumps(world.scenario((source, target))))
    with Emulator(folder / "emulator", str(scenario), QUIET) as emulator:
        here = Arena(emulator, files, assignments)
        users = [source.user(number) for number in range(assignments + 1)]
        _write(here, "inventory.yml", "spec.json", (source, target), users[:-1])
        _write(here, "changed.yml", "changed.json", (source, target), users[1:])
        here.keep("empty")
        here.work(contestants.OURS, "create")
        emulator.advance("PT40M")
        here.keep("settled")
        yield here


def _write(here: Arena, inventory: str, spec: str, companies: tuple[world.Company, world.Company], users: list[str]) -> None:
    url, ca_path = here.emulator.url, str(here.emulator.ca_path)
    link = world.link(*companies, users)
    hosts = world.inventory(url, ca_path, companies, [link])
    (here.files.folder / inventory).write_text(yaml.safe_dump(hosts, sort_keys=False))
    (here.files.folder / spec).write_text(json.dumps(world.spec(url, ca_path, *companies, users)))


def outcome(state: dict[str, Any]) -> Outcome:
    """The part of a state in which the contestants must agree: all but ids, and different forms of the same meaning."""
    return {tenant["display_name"]: _tenant(tenant) for tenant in state["tenants"].values()}


def _tenant(tenant: dict[str, Any]) -> dict[str, Any]:
    policy = tenant["access_policy"]
    names = {user["id"]: user["userPrincipalName"] for user in tenant["users"].values()}
    return {
        "redemption": {partner: _meaning(entry["automaticUserConsentSettings"]) for partner, entry in policy["partners"].items()},
        "synchronization": {partner: _meaning(entry["userSyncInbound"]) for partner, entry in policy["identity_synchronizations"].items()},
        "applications": [application["displayName"] for application in tenant["applications"].values()],
        "assigned": sorted(
            names[assignment["principalId"]] for assignments in tenant["assignments"].values() for assignment in assignments.values()
        ),
        "configurations": [
            _configuration(synchronization) for synchronization in tenant["synchronizations"].values() if synchronization["jobs"]
        ],
        "people": sorted(names.values()),
    }


def _meaning(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value is not None}


def _configuration(held: dict[str, Any]) -> dict[str, Any]:
    bag = {**held["secrets"], "SyncNotificationSettings": json.loads(held["secrets"]["SyncNotificationSettings"])}
    (job,) = held["jobs"].values()
    users = job["job_schema"]["synchronizationRules"][0]["objectMappings"][0]
    rows = sorted(users["attributeMappings"], key=lambda row: str(row["targetAttributeName"]))
    return {"bag": bag, "state": job["schedule_state"], "rows": rows}


@dataclass
class Cell:
    """All repeats of a work by a contestant."""

    contestant: Contestant
    runs: list[Cost] = field(default_factory=list)
    why_not: str = ""

    def full(self, repeats: int) -> bool:
        """Whether there are enough runs, or no time for another."""
        spent = sum(run.wall for run in self.runs)
        return bool(self.why_not) or len(self.runs) >= repeats or (bool(self.runs) and spent + spent / len(self.runs) > LONGEST_CELL)


def why_not(contestant: Contestant, work: str, assignments: int, latency_ms: int) -> str:
    """Why a contestant is left out: it would take minutes, or the result is known from another table."""
    if contestant is contestants.PROCESSES and (assignments > 50 or latency_ms):
        return "each task costs as much more than in (a) as with 50 assignments and no latency"
    if contestant is contestants.URI and assignments > 1000:
        return "a task for each assignment, and lists of them in Jinja, take many minutes"
    if contestant is contestants.URI and work == "create" and assignments == 1000:
        return "a task for each assignment takes five minutes"
    if contestant is contestants.SDK and assignments > 1000:
        return "reading 30,000 objects with the SDK takes minutes"
    if contestant in (contestants.URI, contestants.SDK) and assignments == 1000 and latency_ms:
        return "the latency adds as much to each request as with 50 assignments"
    return ""


def compete(
    here: Arena, work: str, latency_ms: int, repeats: int, competitors: tuple[Contestant, ...], report: Callable[[str], None]
) -> list[Cell]:
    """All contestants in turn, as often as there is time for; the first run of each must reach the same state as the collection."""
    here.emulator.control("PUT", "settings", {"latency_ms": latency_ms})
    cells = [Cell(contestant) for contestant in competitors]
    wanted: Outcome | None = None
    for cell in cells:
        cell.why_not = why_not(cell.contestant, work, here.assignments, latency_ms)
    while open_cells := [cell for cell in cells if not cell.full(repeats)]:
        for cell in open_cells:
            done = here.work(cell.contestant, work)
            if not cell.runs and cell.contestant is not contestants.FLOOR:
                reached = outcome(here.emulator.state())
                wanted = wanted or reached
                if reached != wanted:
                    raise Failure(f"({cell.contestant.letter}) {work}: reached another state than ({cells[0].contestant.letter})")
            cell.runs.append(done.cost)
            report(f"{here.assignments} {latency_ms} ms {work} ({cell.contestant.letter}) {done.cost.wall:.2f} s")
    here.emulator.control("PUT", "settings", {"latency_ms": 0})
    return cells
