# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark measures equal work: every contestant reaches the same state, and a rerun writes nothing."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.benchmark import cast, contestants, loading, mesh, strangers, world
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.contestants import (
    BARE,
    FLOOR,
    OURS,
    PROCESSES,
    SDK,
    URI,
    Contestant,
    Files,
)
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.link import Arena, arena, outcome
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.measure import QUIET, Command, Done, Failure, alone, run
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator

ASSIGNMENTS = 3
_ASKING = re.compile(r"/(parseExpression|getByIds|validateCredentials|\$batch|token)$")


@dataclass(frozen=True)
class Reached:
    """What a contestant has done."""

    state: dict[str, Any]
    writes: list[str]
    """The requests that change something."""
    run: Done


@dataclass
class Works:
    """The works of all contestants, each done once, when it is asked for."""

    arena: Arena
    done: dict[tuple[str, str], Reached] = field(default_factory=dict)

    def of(self, contestant: Contestant, work: str) -> Reached:
        """What the contestant has done."""
        place = (contestant.letter, work)
        if place not in self.done:
            if contestant is FLOOR:
                self.of(OURS, work)
            self.arena.emulator.control("DELETE", "requests")
            run = self.arena.work(contestant, work)
            sent: list[dict[str, Any]] = self.arena.emulator.control("GET", "requests")["requests"]
            writes = [f"{one['method']} {one['path']}" for one in sent if one["method"] != "GET" and not _ASKING.search(one["path"])]
            self.done[place] = Reached(outcome(self.arena.emulator.state()), writes, run)
        return self.done[place]


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    pytest.importorskip("msgraph", reason="msgraph-sdk is not installed")
    with arena(Files(tmp_path_factory.mktemp("benchmark") / "arena"), ASSIGNMENTS) as running:
        yield Works(running)


@pytest.mark.parametrize("work", contestants.WORKS)
@pytest.mark.parametrize("contestant", [PROCESSES, URI, SDK, BARE], ids=lambda contestant: contestant.letter)
def test_every_contestant_reaches_the_same_state_as_the_collection(works: Works, contestant: Contestant, work: str) -> None:
    """Assignments, job, settings, mappings and partner entries."""
    assert works.of(contestant, work).state == works.of(OURS, work).state


def test_the_collection_does_the_work(works: Works) -> None:
    """The reference for the others is really created, and really removed."""
    created, changed, settled, gone = (works.of(OURS, work).state for work in ("create", "change", "noop", "teardown"))
    assert created["Contoso"]["assigned"] == [f"person{number:05}@contoso.example" for number in (0, 1, 2)]
    assert changed["Contoso"]["assigned"] == [f"person{number:05}@contoso.example" for number in (1, 2, 3)]
    (configuration,) = created["Contoso"]["configurations"]
    assert configuration["state"] == "Active"
    assert "employeeId" not in [row["targetAttributeName"] for row in configuration["rows"]]
    assert len(settled["Fabrikam"]["people"]) == 1 + ASSIGNMENTS
    assert gone["Contoso"]["applications"] == []
    assert gone["Contoso"]["redemption"] == gone["Fabrikam"]["synchronization"] == {}


@pytest.mark.parametrize("contestant", [OURS, PROCESSES, URI, SDK, BARE], ids=lambda contestant: contestant.letter)
def test_a_rerun_writes_nothing(works: Works, contestant: Contestant) -> None:
    """According to the emulator."""
    assert works.of(contestant, "noop").writes == []
    assert len(works.of(contestant, "change").writes) == 2


@pytest.mark.parametrize(("work", "least"), [("create", 11), ("noop", 2)])
def test_the_floor_has_as_many_tasks_as_the_collection(works: Works, work: str, least: int) -> None:
    """And it sends no request."""
    ours, floor = (contestants.recap(works.of(contestant, work).run.output) for contestant in (OURS, FLOOR))
    assert floor.executed == ours.executed >= least
    cost = works.of(FLOOR, work).run.cost
    assert cost.requests == cost.connections == 0
    assert (ours.changed > 0) is (work == "create")


def test_costs_are_counted(works: Works) -> None:
    """Requests, batches, connections, tokens, time and memory of the process and its children."""
    bare = works.of(BARE, "noop").run.cost
    assert (bare.token_requests, bare.connections) == (2, 2)
    assert 0 < bare.requests < bare.requests + bare.batch_items < 20
    assert bare.cpu > 0.05
    assert 15 < bare.peak_mb < 200
    assert works.of(PROCESSES, "create").run.cost.cpu > 2 * works.of(OURS, "create").run.cost.cpu > 2 * bare.cpu


def test_the_emulator_is_not_counted(works: Works) -> None:
    """What it needs to answer is not the client's: here it reads its own large state, for a client that only waits."""
    here = works.arena
    state = json.loads(here.states["settled"])
    here.states["large"] = strangers.with_strangers(json.dumps(state).encode(), 5_000)
    here.load("large")
    wait = f"import urllib.request as u, ssl; u.urlopen('{here.emulator.url}/emulator/state', context=ssl._create_unverified_context())"
    cost = run(here.emulator, Command([sys.executable, "-c", wait], {}), here.files.folder).cost
    assert cost.emulator_cpu > 2 * cost.cpu > 0


def test_latency_is_waited_for(works: Works) -> None:
    """A request is answered later by the latency that is set."""
    here = works.arena
    here.emulator.control("PUT", "settings", {"latency_ms": 200})
    slow = here.work(BARE, "noop").cost
    here.emulator.control("PUT", "settings", {"latency_ms": 0})
    assert slow.wall > 0.2 * (slow.requests + slow.token_requests)


def test_schemas_are_of_realistic_size(works: Works) -> None:
    """The same for all contestants: each job has it from the service."""
    state = json.loads(works.arena.states["settled"])
    jobs = [job for tenant in state["tenants"].values() for held in tenant["synchronizations"].values() for job in held["jobs"].values()]
    sizes = [len(directory["objects"][0]["attributes"]) for job in jobs for directory in job["job_schema"]["directories"]]
    assert len(sizes) == 2
    assert min(sizes) >= 200


def test_strangers_change_no_request(works: Works) -> None:
    """Employees of the target."""
    works.of(OURS, "noop")
    costs = strangers.reruns(works.arena, 2_000, 1, lambda _text: None)
    assert [len(runs) for runs in costs.values()] == [1, 1]
    assert len({runs[0].requests for runs in costs.values()}) == 1


def test_a_mesh_is_in_sync_and_a_rerun_proves_it(tmp_path: Path) -> None:
    """It is built without the collection. A link that differs is noticed."""
    measured = mesh.rerun(Files(tmp_path / "mesh"), 5, 1, lambda _text: None)
    assert (measured.tenants, measured.links, len(measured.runs), len(measured.floor)) == (5, 20, 1, 1)
    assert measured.runs[0].requests < 5 * 8
    assert 0 < measured.floor[0].cpu < measured.runs[0].cpu
    for wrong in ("19 of 20 links are in sync", '"msg": "in sync;' * 19, "20 of 20 links are in sync\nok=3 changed=1 skipped=0"):
        with pytest.raises(Failure, match="not all of 20 links"):
            mesh.expect_settled(wrong, 20)


def test_both_inventories_describe_the_same_links(tmp_path: Path) -> None:
    """The file of the plugin, and YAML in which each link has all its variables."""
    folder = tmp_path / "loading"
    folder.mkdir()
    paths = loading.inventories(folder, 3)
    found = {}
    for kind, path in paths.items():
        command = contestants.playbook(Files(folder), path, path)
        program = [command.arguments[0].replace("ansible-playbook", "ansible-inventory"), "-i", str(path), "--list", "--export"]
        done = subprocess.run(program, env={**os.environ, **command.environment}, capture_output=True, text=True, check=True)
        found[kind] = json.loads(done.stdout)["_meta"]["hostvars"]
    assert found["start"] == {}
    assert len(found["plugin"]) == 6
    assert found["plugin"] == found["yaml"]
    assert "&" not in paths["yaml"].read_text()
    costs = loading.load(Files(tmp_path / "again"), 3, 1, lambda _text: None)
    assert [len(runs) for runs in costs.values()] == [1, 1, 1]
    paths["yaml"].write_text("links: [")
    with pytest.raises(Failure, match=r"hosts\.yml"):
        alone(contestants.no_tasks(Files(folder), paths["yaml"]), folder)


def test_copies_of_a_link_share_no_id(tmp_path: Path) -> None:
    """Each tenant has its own objects, and the users of the others."""
    companies = world.mesh(4, cast.PEOPLE)
    scenario = tmp_path / "scenario.json"
    scenario.write_text(json.dumps(world.scenario(companies)))
    with Emulator(tmp_path / "emulator", str(scenario), QUIET) as emulator:
        links = cast.settle(emulator, companies)
        state = emulator.state()
    assert [(link["link_source"], link["link_target"]) for link in links] == [
        (source.name, target.name) for source, target in itertools.permutations(companies, 2)
    ]
    tenants = list(state["tenants"].values())
    for kind, number in (("applications", 12), ("service_principals", 12), ("users", 4 * 2 + 12 * 2)):
        assert len({key for tenant in tenants for key in tenant[kind]}) == number
    for company, tenant in zip(companies, tenants, strict=True):
        text = yaml.safe_dump({"users": list(tenant["users"].values())})
        assert all(f"{other.user(1).replace('@', '_')}#EXT#@{company.name}" in text for other in companies if other is not company)
        assert {held["secrets"]["CompanyId"] for held in tenant["synchronizations"].values()} == {
            other.tenant_id for other in companies if other is not company
        }
