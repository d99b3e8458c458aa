# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at the same time, in every order of their requests: in the end each object exists once (facts F14, F50)."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import ServiceError, Uncertain
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Pace, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import configuration, job, scope, twins
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, TARGET, FakeGraph, Outcome, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Faulty, Link, SourceService

NAME = {"name": "Fabrikam", "target_tenant_id": TARGET}
USERS = [{"id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "minsu.kim@contoso.kr", "mail": "m@x", "userType": "Member"}]
LONGEST = 60
"""More requests than a run of a single task sends."""

Turns = Iterator[int]


class Numbered(SourceService):
    """The ids of new objects rise or fall, because the id decides between two that were created in the same second."""

    rising = True

    def _instantiate(self, body: Any) -> Outcome:
        answer = super()._instantiate(body)
        made = self.links[-1]
        number = len(self.links) if self.rising else 999 - len(self.links)
        made.app_id = f"00000000-0000-4000-8000-{number:012}"
        answer.body["servicePrincipal"] = made.principal()  # type: ignore[union-attr]
        return answer


class Stage:
    """Lets a single run send a request at a time, in the order of ``turns``; when they are used up, each run continues to its end."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._running: set[int] = set()
        self._current: int | None = None
        self._changed = threading.Condition()

    def enter(self, who: int) -> None:
        with self._changed:
            self._running.add(who)

    def leave(self, who: int) -> None:
        with self._changed:
            self._running.discard(who)
            self._next()

    def _next(self) -> None:
        wanted = next((who for who in self._turns if who in self._running), None)
        self._current = min(self._running, default=None) if wanted is None else wanted
        self._changed.notify_all()

    def begin(self) -> None:
        with self._changed:
            self._next()

    def wait_for(self, who: int) -> None:
        """Wait for the run's turn."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._current == who, timeout=20)

    def pass_on(self) -> None:
        """End the turn."""
        with self._changed:
            self._next()


class Race:
    """Runs the same tasks twice at the same time, against one service and one clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, service: SourceService, clock: FakeClock) -> None:
        self.service = service
        self.clock = clock
        self.graphs: dict[int, FakeGraph] = {}
        self.results: dict[int, list[dict[str, Any]]] = {0: [], 1: []}
        self.failures: list[BaseException] = []
        service.now = clock.time
        self._local = threading.local()
        monkeypatch.setattr(engine, "connect", lambda *_unused: self._local.graph)

    def run(self, turns: Turns, tasks: list[tuple[Any, dict[str, Any]]]) -> None:
        stage = Stage(turns)
        threads = [threading.Thread(target=self._play, args=(stage, who, tasks), daemon=True) for who in (0, 1)]
        for who in (0, 1):
            stage.enter(who)
        for thread in threads:
            thread.start()
        stage.begin()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()

    def _play(self, stage: Stage, who: int, tasks: list[tuple[Any, dict[str, Any]]]) -> None:
        def answer(request: Request) -> Outcome:
            stage.wait_for(who)
            try:
                return self.service(request)
            finally:
                # The next step of the run happens in its next turn, as its sleep does.
                stage.pass_on()

        try:
            self._local.graph = self.graphs[who] = FakeGraph(answer, clock=self.clock)
            for resource, parameters in tasks:
                pace = Pace(longest=60, sleep=self.clock.sleep, clock=self.clock.time)
                self.results[who].append(engine.run(resource, parameters, False, pace))
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            stage.leave(who)


def of_configuration() -> list[tuple[Any, dict[str, Any]]]:
    return [(configuration.RESOURCE, options("sync_configuration", **NAME))]


def whole() -> list[tuple[Any, dict[str, Any]]]:
    return [
        *of_configuration(),
        (scope.RESOURCE, options("sync_scope", configuration="Fabrikam", mode="assigned", users=["minsu.kim@contoso.kr"])),
        (job.RESOURCE, options("sync_job", configuration="Fabrikam", state="started")),
    ]


def service(rising: bool, second_job: str) -> Numbered:
    made = Numbered(people=USERS, second_job=second_job)
    made.rising = rising
    return made


def each_exists_once(race: Race) -> None:
    assert [str(failure) for failure in race.failures] == []
    (left,) = race.service.links
    assert len(left.jobs) == 1
    assert left.bag["CompanyId"] == TARGET
    for results in race.results.values():
        assert results[0]["configuration"]["service_principal_id"] == left.id


def in_order(first: int, second: int, last: int) -> Turns:
    """Some requests of the first run, some of the second, then the rest of the run ``last``, then the rest of the other."""
    return itertools.chain([0] * first, [1] * second, [last] * LONGEST, [1 - last] * LONGEST)


@pytest.mark.parametrize("second_job", ["refused", "same"])
@pytest.mark.parametrize("rising", [True, False])
@pytest.mark.parametrize("last", [0, 1])
def test_every_pair_of_requests(monkeypatch: pytest.MonkeyPatch, rising: bool, second_job: str, last: int) -> None:
    alone = Race(monkeypatch, service(rising, second_job), FakeClock())
    alone.run(in_order(LONGEST, 0, 0), of_configuration())
    each_exists_once(alone)
    length = len(alone.graphs[0].sent)
    stepped_back = 0
    for first, second in itertools.product(range(length + 1), repeat=2):
        race = Race(monkeypatch, service(rising, second_job), FakeClock())
        race.run(in_order(first, second, last), of_configuration())
        each_exists_once(race)
        warnings = [warning for results in race.results.values() for result in results for warning in result["warnings"]]
        stepped_back += sum("another run created configuration Fabrikam at the same time" in warning for warning in warnings)
    assert stepped_back


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.integers(0, 1), max_size=80), st.booleans(), st.sampled_from(["refused", "same"]))
def test_whole_runs_in_any_order(monkeypatch: pytest.MonkeyPatch, turns: list[int], rising: bool, second_job: str) -> None:
    race = Race(monkeypatch, service(rising, second_job), FakeClock())
    race.run(iter(turns), whole())
    each_exists_once(race)
    (left,) = race.service.links
    assert [assignment["principalId"] for assignment in left.assignments] == [USERS[0]["id"]]
    assert left.jobs[0]["schedule"]["state"] == "Active"


def made(created: Link) -> dict[str, Any]:
    """What the service answers to the instantiation."""
    return {"servicePrincipal": {"id": created.id, "appId": created.app_id}}


class TestGivingWay:
    """A run that finds an earlier configuration of the same name."""

    def give_way(self, created: Link, *others: Link, change: Callable[[Link], None] | None = None) -> tuple[FakeGraph, str]:
        graph = FakeGraph(SourceService([*others, created]))
        if change:
            change(created)
        return graph, twins.gives_way("Fabrikam")(graph, made(created), graph.clock.pace(10))

    @pytest.mark.parametrize("answer", [{}, {"servicePrincipal": None}, {"servicePrincipal": {"id": "1"}}])
    def test_an_answer_that_does_not_tell_the_application_is_no_certainty(self, answer: dict[str, Any]) -> None:
        graph = FakeGraph(SourceService([Link("Fabrikam")]))
        with pytest.raises(Uncertain):
            twins.gives_way("Fabrikam")(graph, answer, graph.clock.pace(10))
        assert graph.sent == []

    def test_alone(self) -> None:
        graph, note = self.give_way(Link("Fabrikam"), Link("Other", created="2020-01-01T00:00:00Z"))
        assert (note, graph.writes) == ("", [])
        assert len(graph.sent) == 1

    def test_an_earlier_configuration(self) -> None:
        created = Link("Fabrikam", created="2026-11-25T00:00:01Z")
        graph, note = self.give_way(created, Link("fabrikam", created="2026-11-25T00:00:00Z"))
        assert "another run created configuration Fabrikam at the same time" in note
        assert graph.writes == [f"DELETE /applications/app-{created.id}"]

    @pytest.mark.parametrize("status", [403, 409])
    def test_its_own_configuration_is_new_and_may_not_be_read_yet(self, status: int) -> None:
        """Otherwise both would stay, because the service refused a read for a while (fact F4)."""
        created = Link("Fabrikam", created="2026-11-25T00:00:01Z")
        service = SourceService([Link("Fabrikam", created="2026-11-25T00:00:00Z"), created])
        path = f"GET /servicePrincipals/{created.id}/synchronization/secrets"
        graph = FakeGraph(Faulty(service, {path: [refusal(status, "UnknownError", "")] * 6}))
        assert "was removed again" in twins.gives_way("Fabrikam")(graph, made(created), graph.clock.pace(60))
        assert graph.writes == [f"DELETE /applications/app-{created.id}"]

    def test_its_own_configuration_that_can_never_be_read_is_kept(self) -> None:
        created = Link("Fabrikam", created="2026-11-25T00:00:01Z")
        service = SourceService([Link("Fabrikam", created="2026-11-25T00:00:00Z"), created])
        graph = FakeGraph(Faulty(service, {f"GET /servicePrincipals/{created.id}/synchronization/secrets": [refusal(403, "X", "")] * 99}))
        with pytest.raises(ServiceError):
            twins.gives_way("Fabrikam")(graph, made(created), graph.clock.pace(10))
        assert graph.writes == []

    def test_an_application_without_a_time_is_no_later_one(self) -> None:
        """It was there before, as far as anybody knows."""
        _graph, note = self.give_way(Link("Fabrikam"), Link("Fabrikam", created=""))
        assert "was removed again" in note

    def test_what_a_replica_does_not_know_yet_is_not_in_use(self) -> None:
        created = Link("Fabrikam", created="2026-11-25T00:00:01Z")
        service = SourceService([Link("Fabrikam", created="2026-11-25T00:00:00Z"), created])
        graph = FakeGraph(Faulty(service, {f"GET /servicePrincipals/{created.id}/": [NOT_FOUND] * 2}))
        assert "was removed again" in twins.gives_way("Fabrikam")(graph, made(created), graph.clock.pace(10))

    def test_a_later_configuration(self) -> None:
        graph, note = self.give_way(Link("Fabrikam"), Link("Fabrikam", created="2026-11-25T00:00:01Z"))
        assert (note, graph.writes) == ("", [])

    @pytest.mark.parametrize(("own_id", "other_id", "gives_way"), [("1", "2", False), ("2", "1", True)])
    def test_of_the_same_second(self, own_id: str, other_id: str, gives_way: bool) -> None:
        _graph, note = self.give_way(Link("Fabrikam", app_id=own_id), Link("Fabrikam", app_id=other_id))
        assert bool(note) is gives_way

    def test_an_application_left_over_without_its_service_principal(self) -> None:
        """Otherwise every run would remove the configuration that it has created."""
        created = Link("Fabrikam", created="2026-11-25T00:00:01Z")
        service = SourceService([Link("Fabrikam", created="2020-01-01T00:00:00Z", hidden_reads=10**6), created])
        graph = FakeGraph(service)
        assert twins.gives_way("Fabrikam")(graph, made(created), graph.clock.pace(10)) == ""
        assert graph.writes == []

    @pytest.mark.parametrize("what", ["bag", "assignments"])
    def test_a_configuration_that_is_in_use_is_not_removed(self, what: str) -> None:
        def use(created: Link) -> None:
            if what == "bag":
                created.bag = {"CompanyId": TARGET}
            else:
                created.assign(USERS[0]["id"])

        with pytest.raises(Refusal, match="which this run created, is already in use"):
            self.give_way(Link("Fabrikam", created="2026-11-25T00:00:01Z"), Link("Fabrikam"), change=use)

    def test_an_outdated_listing_without_the_new_configuration_decides_nothing(self) -> None:
        created = Link("Fabrikam", application=False)
        graph, note = self.give_way(created, Link("Fabrikam"))
        assert (note, graph.writes) == ("", [])
