# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark measures equal work: every contestant reaches the same state, and a rerun writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.benchmark import contestants
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.contestants import BARE, FLOOR, OURS, PROCESSES, SDK, URI, Contestant
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.link import Arena, arena, outcome

pytest.importorskip("msgraph", reason="msgraph-sdk is not installed")

ASSIGNMENTS = 3
_ASKING = re.compile(r"/(parseExpression|getByIds|validateCredentials|\$batch|token)$")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with arena(tmp_path_factory.mktemp("benchmark") / "arena", ASSIGNMENTS) as running:
        yield running


def writes(here: Arena) -> list[str]:
    """The requests that change something."""
    sent: list[dict[str, Any]] = here.emulator.control("GET", "requests")["requests"]
    return [
        f"{request['method']} {request['path']}" for request in sent if request["method"] != "GET" and not _ASKING.search(request["path"])
    ]


def reached(here: Arena, contestant: Contestant, work: str) -> dict[str, Any]:
    """The outcome of a run."""
    here.emulator.control("DELETE", "requests")
    here.work(contestant, work)
    return outcome(here.emulator.state())


@pytest.mark.parametrize("work", contestants.WORKS)
@pytest.mark.parametrize("contestant", [PROCESSES, URI, SDK, BARE], ids=lambda contestant: contestant.letter)
def test_every_contestant_reaches_the_same_state_as_the_collection(here: Arena, contestant: Contestant, work: str) -> None:
    """Assignments, job, settings, mappings and partner entries."""
    assert reached(here, contestant, work) == reached(here, OURS, work)


def test_the_collection_does_the_work(here: Arena) -> None:
    """The reference for the others is really created, and really removed."""
    created, changed = reached(here, OURS, "create"), reached(here, OURS, "change")
    assert created["Contoso"]["assigned"] == [f"person{number:05}@contoso.example" for number in (0, 1, 2)]
    assert changed["Contoso"]["assigned"] == [f"person{number:05}@contoso.example" for number in (1, 2, 3)]
    (configuration,) = created["Contoso"]["configurations"]
    assert configuration["state"] == "Active"
    assert "employeeId" not in [row["targetAttributeName"] for row in configuration["rows"]]
    settled = reached(here, OURS, "noop")
    assert len(settled["Fabrikam"]["people"]) == 1 + ASSIGNMENTS
    gone = reached(here, OURS, "teardown")
    assert gone["Contoso"]["applications"] == []
    assert gone["Contoso"]["redemption"] == gone["Fabrikam"]["synchronization"] == {}


@pytest.mark.parametrize("contestant", [OURS, PROCESSES, URI, SDK, BARE], ids=lambda contestant: contestant.letter)
def test_a_rerun_writes_nothing(here: Arena, contestant: Contestant) -> None:
    """According to the emulator."""
    reached(here, contestant, "noop")
    assert writes(here) == []
    reached(here, contestant, "change")
    assert len(writes(here)) == 2


@pytest.mark.parametrize(("work", "least"), [("create", 11), ("noop", 2)])
def test_the_floor_has_as_many_tasks_as_the_collection(here: Arena, work: str, least: int) -> None:
    """And it sends no request."""
    ours = contestants.recap(here.work(OURS, work).output)
    floor = here.work(FLOOR, work)
    assert contestants.recap(floor.output).executed == ours.executed >= least
    assert floor.cost.requests == floor.cost.connections == 0
    assert (ours.changed > 0) is (work == "create")


def test_costs_are_counted(here: Arena) -> None:
    """Requests, batches, connections, tokens, time and memory of the process and its children."""
    bare = here.work(BARE, "noop").cost
    assert (bare.token_requests, bare.connections) == (2, 2)
    assert 0 < bare.requests < bare.requests + bare.batch_items < 20
    assert bare.cpu > 0.05
    assert 15 < bare.peak_mb < 200
    processes = here.work(PROCESSES, "create").cost
    assert processes.cpu > 2 * here.work(OURS, "create").cost.cpu > 2 * bare.cpu


def test_latency_is_waited_for(here: Arena) -> None:
    """A request is answered later by the latency that is set."""
    here.emulator.control("PUT", "settings", {"latency_ms": 200})
    slow = here.work(BARE, "noop").cost
    here.emulator.control("PUT", "settings", {"latency_ms": 0})
    assert slow.wall > 0.2 * (slow.requests + slow.token_requests)
