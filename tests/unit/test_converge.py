# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan, apply, and plan again, with a resource that is as small as possible: a set of letters that the service shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from unittest.mock import Mock

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import plan as planning
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.converge import READS, converge, read_with_retries
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure, ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import (
    Action,
    Conflict,
    OtherTenantState,
    Outcome,
    Plan,
    Refusal,
    Resource,
    Unseen,
    Wait,
    present,
)
from ansible_collections.entra.cross_tenant_sync.tests.support.cases import check_each
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, SOURCE, TARGET, FakeGraph, Lost, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import Outcome as Answered

CONFLICT = refusal(409, "Conflict")
FORBIDDEN = refusal(403, "Authorization_RequestDenied")
LETTERS = "/letters"


@dataclass
class Service:
    """Keeps letters. ``faults`` are answers in place of the next ones, by method and path; ``late`` reads still show the letters before."""

    letters: set[str] = field(default_factory=set)
    faults: dict[str, list[Answered]] = field(default_factory=dict)
    late: int = 0
    before: set[str] = field(default_factory=set)
    loses: bool = False
    """Whether the answer of the next write is lost after it was carried out."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answered:
        faults = self.faults.get(f"{request.method} {request.path}")
        if faults:
            return faults.pop(0)
        if request.reads:
            self.late -= 1
            return Reply(200, {"value": sorted(self.before if self.late >= 0 else self.letters)})
        self.before = set(self.letters)
        letter = request.path.removeprefix("/letters/")
        (self.letters.discard if request.method == "DELETE" else self.letters.add)(letter)
        if self.loses:
            self.loses = False
            return Lost()
        return Reply(204, headers=self.headers)


def put(letter: str, **rest: Any) -> Action:
    return Action("put", letter, "tenant", (Request("PUT", f"/letters/{letter}"),), **rest)


Planner = Callable[[set[str], str], Plan]


def to_put(seen: set[str], wish: str, **rest: Any) -> Plan:
    """Puts what is missing. Foreign are the letters that nobody wished for."""
    actions = tuple(put(letter) for letter in wish if letter not in seen)
    foreign = {"strangers": sorted(seen - set(wish))}
    return Plan({"letters": sorted(seen)}, {"letters": sorted({*seen, *wish})}, {"shown": sorted(seen)}, actions, foreign=foreign, **rest)


def read_letters(client: Client, _wish: str) -> set[str]:
    return set(client.get(LETTERS)["value"])


@dataclass
class Task:
    """One task with a plan of letters."""

    service: Service = field(default_factory=Service)
    plan: Planner = to_put
    read: Callable[[Client, str], set[str]] = read_letters
    other: Client | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    longest: float = 60.0
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.graph = FakeGraph(self.service, clock=self.clock)
        self.pace = self.clock.pace(self.longest)

    def run(self, wish: str = "ab", check: bool = False) -> dict[str, Any]:
        resource = Resource(lambda _params: wish, self.read, self.plan)
        return converge(resource, self.graph, wish, check, self.pace, self.told.append, self.other)

    def fail(self, wish: str = "ab") -> RunFailure:
        with pytest.raises(RunFailure) as caught:
            self.run(wish)
        return caught.value


def titles(result: Mapping[str, Any]) -> list[str]:
    return [f"{one['verb']} {one['object']}" for one in result["actions"]]


class TestResult:
    def test_of_a_change(self) -> None:
        task = Task(Service({"a"}))
        assert task.run() == {
            "shown": ["a", "b"],
            "changed": True,
            "actions": [{"verb": "put", "object": "b", "tenant": "tenant"}],
            "diff": {
                "before_header": f"tenant {SOURCE}",
                "after_header": f"tenant {SOURCE}",
                "before": {"letters": ["a"]},
                "after": {"letters": ["a", "b"]},
            },
            "warnings": [],
            "waited_seconds": 0,
        }
        assert task.graph.writes == ["PUT /letters/b"]

    def test_of_no_change(self) -> None:
        result = Task(Service({"a", "b"})).run()
        assert (result["changed"], result["actions"], result["shown"]) == (False, [], ["a", "b"])

    def test_of_check_mode(self) -> None:
        task = Task(Service({"a"}))
        result = task.run(check=True)
        assert (result["changed"], titles(result), result["shown"], task.graph.writes) == (True, ["put b"], ["a"], [])

    def test_of_facts_warnings_and_notes(self) -> None:
        """The facts are those of the last plan, and the facts of the change those of the first. Each warning is there once."""

        def plan(seen: set[str], wish: str) -> Plan:
            of = "".join(sorted(seen))
            warnings = ("always", f"with {of}")
            visible = Wait("/note", present, as_planned=lambda _body: False)
            action = Action("put", "b", "tenant", (Request("PUT", "/letters/b"),), visible=visible)
            return Plan({}, {}, {"facts": of, "both": of}, (action,) if "b" not in seen else (), warnings, change_facts={"both": "first"})

        result = Task(Service({"a"}), plan).run()
        assert (result["facts"], result["both"]) == ("ab", "first")
        assert [text.split(":")[0] for text in result["warnings"]] == ["always", "with a", "b", "with ab"]

    def test_waits_are_rounded(self) -> None:
        task = Task()
        task.pace.waited = 1.26
        assert task.run("")["waited_seconds"] == 1.3

    def test_changes_of_others_are_named(self) -> None:
        """Of what is foreign, whatever appeared, vanished or differs between the first read and the last."""

        def plan(seen: set[str], _wish: str) -> Plan:
            foreign = {"same": 1, "other": 1, "gone": None} if "b" not in seen else {"same": 1, "other": 2, "new": 1}
            return Plan({}, {}, {}, () if "b" in seen else (put("b"),), foreign=foreign)

        (warning,) = Task(plan=plan).run()["warnings"]
        assert "another process changed other, new while this task ran" in warning
        assert Task().run()["warnings"] == []


class TestForetelling:
    @pytest.mark.parametrize("check", [True, False])
    def test_later_tasks_see_a_change_and_only_a_change(self, check: bool) -> None:
        told: list[Client] = []

        def plan(seen: set[str], wish: str) -> Plan:
            return to_put(seen, wish, foretells=told.append)

        task = Task(plan=plan)
        task.run(check=check)
        assert told == [task.graph]
        task.run(check=False)
        assert len(told) == (2 if check else 1)


class TestFirstPlan:
    """A plan that changes nothing can be based on reads of the run; any other is based on reads of its own."""

    @staticmethod
    def sharing(task: Task, afresh: list[bool]) -> list[str]:
        """Pretends that the first read came from the reads of the run, if ``afresh`` says so."""
        calls: list[str] = []
        reads = task.graph.reads

        def read_afresh() -> bool:
            calls.append("afresh")
            return afresh.pop(0) if afresh else False

        for name in ("use_shared", "discard", "invalidate"):
            setattr(reads, name, lambda name=name: calls.append(name))
        reads.read_afresh = read_afresh  # type: ignore[method-assign]
        return calls

    def test_what_is_planned_anew(self) -> None:
        plans: list[tuple[Plan, int]] = [
            (Plan({}, {}, {}), 1),
            (Plan({}, {}, {}, (put("a"),)), 2),
            (Plan({}, {}, {}, unmet="no configuration"), 2),
            (Plan({}, {}, {}, outcome=outcome()), 2),
        ]

        def check(case: tuple[Plan, int]) -> None:
            for shared in (True, False):
                task = Task(plan=lambda _seen, _wish: case[0])
                calls = self.sharing(task, [shared])
                task.run(check=True)
                assert len(task.graph.sent) == (case[1] if shared else 1)
                assert calls == ["use_shared", "afresh", "discard"]

        check_each(plans, check)

    def test_a_failure_of_shared_reads_counts_only_if_it_comes_again(self) -> None:
        task = Task(Service(faults={f"GET {LETTERS}": [FORBIDDEN]}))
        self.sharing(task, [True])
        assert titles(task.run("a", check=True)) == ["put a"]
        assert task.clock.sleeps == []

    def test_what_is_unmet_can_be_there_a_little_later(self) -> None:
        """A replica may not show yet what an earlier task has created (fact F14)."""

        def plan(seen: set[str], wish: str) -> Plan:
            return Plan({}, {}, {"shown": sorted(seen)}, unmet=None if "x" in seen else "create x first")

        task = Task(Service({"x"}, late=READS - 1), plan)
        assert task.run() == {**task.run(), "waited_seconds": READS - 1}
        assert task.clock.sleeps == [1.0] * (READS - 1)
        late = Task(Service({"x"}, late=READS + 3), plan)
        assert late.run(check=True)["shown"] == []
        assert late.clock.sleeps == []

    def test_what_stays_unmet_is_refused(self) -> None:
        task = Task(plan=lambda _seen, _wish: Plan({}, {}, {}, unmet="create x first"))
        assert str(task.fail()) == f"Tenant {SOURCE}: create x first."
        assert len(task.graph.sent) == READS


class TestReading:
    @pytest.mark.parametrize(
        "failure", [Unseen("a part is missing"), ServiceError("GET", "/a", 404, "Request_ResourceNotFound", "")], ids=repr
    )
    def test_what_is_not_there_yet_is_read_again(self, failure: Exception) -> None:
        for failures in (READS - 1, READS):
            clock = FakeClock()
            read = Mock(side_effect=[*[failure] * failures, "there"])
            graph, pace = FakeGraph(Service(), clock=clock), clock.pace()
            if failures < READS:
                assert read_with_retries(read, graph, pace) == "there"
            else:
                with pytest.raises(type(failure)):
                    read_with_retries(read, graph, pace)
            assert clock.sleeps == [1.0] * (READS - 1)
            assert pace.waited == READS - 1

    @pytest.mark.parametrize("failure", [Refusal("no"), GraphFailure("no"), ServiceError("GET", "/a", 403, "Denied", "")], ids=repr)
    def test_anything_else_counts_at_once(self, failure: Exception) -> None:
        reads: list[int] = []

        def read() -> None:
            reads.append(1)
            raise failure

        with pytest.raises(type(failure)):
            read_with_retries(read, FakeGraph(Service()), FakeClock().pace())
        assert len(reads) == 1

    def test_a_fault_of_a_planner_is_not_one_of_the_service(self) -> None:
        def plan(_seen: set[str], _wish: str) -> Plan:
            raise KeyError("planner")

        with pytest.raises(KeyError):
            Task(plan=plan).run()
        task = Task(read=lambda client, _wish: client.get(LETTERS)["nothing"])
        with pytest.raises(GraphFailure, match="is not as Microsoft documents it"):
            task.run()


class TestReplanning:
    """After an action that failed, the rest is planned anew, unless that would repeat it blindly."""

    def test_what_was_done_in_spite_of_a_lost_answer_counts(self) -> None:
        task = Task(Service(loses=True))
        assert titles(task.run("abc")) == ["put a", "put b", "put c"]
        assert task.graph.writes == ["PUT /letters/a", "PUT /letters/b", "PUT /letters/c"]

    def test_what_was_not_done_is_sent_again(self) -> None:
        task = Task(Service(faults={"PUT /letters/b": [Lost()]}))
        assert titles(task.run("abc")) == ["put a", "put b", "put c"]
        assert task.graph.writes == ["PUT /letters/a", "PUT /letters/b", "PUT /letters/b", "PUT /letters/c"]

    def test_of_a_lost_batch_the_actions_that_were_done_are_reported(self) -> None:
        """Another action that vanished from the plan, and was not in the batch, is not reported."""

        def plan(seen: set[str], wish: str) -> Plan:
            batched = tuple(put(letter, batched=True) for letter in wish if letter not in seen)
            return Plan({}, {}, {}, (*batched, put("z")) if "z" not in seen else batched)

        service = Service({"c"}, faults={"POST /$batch": [Lost()]})

        def read(client: Client, _wish: str) -> set[str]:
            return set(client.get(LETTERS)["value"])

        task = Task(service, plan, read)

        def lost_after(request: Request) -> Answered:
            if request.path == "/$batch" and service.faults["POST /$batch"]:
                service.letters |= {"a", "z"}
            return service(request) if request.path != "/$batch" or service.faults["POST /$batch"] else Reply()

        task.graph.answer = lost_after
        assert titles(task.run("ab")) == ["put a", "put b"]

    def test_of_a_batch_that_was_lost_in_part_each_action_is_reported_once(self) -> None:
        service = Service()
        task = Task(service, lambda seen, _wish: Plan({}, {}, {}, tuple(put(one, batched=True) for one in "ab" if one not in seen)))

        def answer(request: Request) -> Answered:
            service.loses = request.path == "/letters/b"
            return Reply() if request.path == "/$batch" else service(request)

        task.graph.answer = answer
        assert titles(task.run()) == ["put a", "put b"]

    def test_of_single_actions_only_the_one_that_failed_is_reported(self) -> None:
        """What another process did at the same time is not a change of this task."""
        service = Service(loses=True)
        task = Task(service)

        def answer(request: Request) -> Answered:
            if request.path == "/letters/a":
                service.letters.add("b")
            return service(request)

        task.graph.answer = answer
        assert titles(task.run("ab")) == ["put a"]

    def test_a_refusal_that_stays_ends(self) -> None:
        task = Task(Service(faults={"PUT /letters/a": [CONFLICT] * 99}), longest=0)
        failure = task.fail("a")
        assert f"Tenant {SOURCE}: could not put a: " in str(failure)
        assert task.graph.writes == ["PUT /letters/a"] * 3
        assert failure.details["changed"] is False

    def test_a_refusal_that_no_read_explains_is_not_repeated(self) -> None:
        for status in (400, 404):
            task = Task(Service(faults={"PUT /letters/b": [refusal(status, "Request_BadRequest", "no", ["Bad"])] * 2}))
            failure = task.fail("ab")
            assert task.graph.writes == ["PUT /letters/a", "PUT /letters/b"]
            assert titles(failure.details) == ["put a"]

    def test_a_refusal_that_means_that_it_is_there_already_is_a_change_that_is_reported(self) -> None:
        service = Service()

        def answer(request: Request) -> Answered:
            if request.path == "/letters/a":
                service.letters.add("a")
                return CONFLICT
            return service(request)

        task = Task(service)
        task.graph.answer = answer
        assert titles(task.run("a")) == ["put a"]

    def test_a_refusal_before_an_action_keeps_what_was_done(self) -> None:
        def plan(seen: set[str], _wish: str) -> Plan:
            if "a" in seen:
                return Plan({}, {}, {}, unmet="b cannot be there")
            return Plan({}, {}, {}, (put("a"), put("b")))

        task = Task(Service(faults={"PUT /letters/b": [Lost()]}), plan, longest=0)
        failure = task.fail()
        assert titles(failure.details) == ["put a"]
        assert "could not put b" in str(failure)

    def test_a_refusal_after_an_action_was_sent_keeps_what_was_done(self) -> None:
        """The request that insists meets another object."""
        conflict = Conflict(lambda _body: "there is another b", "")
        insisting = put("b", visible=Wait("/b", present), insists=Request("POST", "/b"), conflict=conflict, follows_creation=True)
        service = Service(faults={"GET /b": [NOT_FOUND] * 99, "POST /b": [CONFLICT]})
        failure = Task(service, lambda _seen, _wish: Plan({}, {}, {}, (put("a"), insisting))).fail()
        assert str(failure) == f"Tenant {SOURCE}: there is another b. Already done: put a, put b."
        assert titles(failure.details) == ["put a", "put b"]

    def test_writes_of_several_attempts_at_one_action_are_added(self) -> None:
        """So that a message says that it was done in part, whichever attempts got beyond the first request."""
        two = Action("put", "ab", "tenant", (Request("PUT", "/letters/a"), Request("PUT", "/letters/b")))

        def plan(_seen: set[str], _wish: str) -> Plan:
            return Plan({}, {}, {}, (two,))

        def check(sent: tuple[bool, bool, bool]) -> None:
            faults: dict[str, list[Answered]] = {
                "PUT /letters/a": [Reply(204) if one else CONFLICT for one in sent],
                "PUT /letters/b": [CONFLICT] * 3,
            }
            assert "Partly done: put ab." in str(Task(Service(faults=faults), plan, longest=0).fail())

        check_each([(True, False, False), (True, True, False), (False, False, True)], check)

    def test_writes_of_another_action_are_not(self) -> None:
        two = Action("put", "ab", "tenant", (Request("PUT", "/letters/a"), Request("PUT", "/letters/b")))

        def plan(seen: set[str], _wish: str) -> Plan:
            return Plan({}, {}, {}, (put("c"),) if "b" in seen else (two,))

        service = Service()

        def answer(request: Request) -> Answered:
            if request.path == "/letters/b":
                service.letters.add("b")
                return CONFLICT
            return CONFLICT if request.path == "/letters/c" else service(request)

        task = Task(service, plan, longest=0)
        task.graph.answer = answer
        assert "Partly done" not in str(task.fail())

    def test_retry_after(self) -> None:
        """A write whose answer was a failure is repeated after the time that the service wants, if that is not too long."""
        cases = [(7.0, True), (300.0, True), (301.0, False)]

        def check(case: tuple[float, bool]) -> None:
            asked, repeated = case
            broken = refusal(503, "ServiceUnavailable", headers={"Retry-After": f"{asked:.0f}"})
            task = Task(Service(faults={"PUT /letters/a": [broken]}))
            if repeated:
                assert titles(task.run("a")) == ["put a"]
                assert task.clock.sleeps[0] == asked
                assert task.pace.waited == sum(task.clock.sleeps) < asked + 1
            else:
                assert "could not put a" in str(task.fail("a"))
                assert task.clock.sleeps == []

        check_each(cases, check)

    def test_no_wait_for_what_is_not_repeated(self) -> None:
        broken = refusal(503, "ServiceUnavailable", headers={"Retry-After": "7"})
        settled = put("a", settled_by=Wait("/settled", present))
        service = Service(faults={"PUT /letters/a": [broken], "GET /settled": [refusal(401, "UnknownError")]})
        task = Task(service, lambda _seen, _wish: Plan({}, {}, {}, (settled,)))
        assert "could not put a" in str(task.fail())
        assert task.clock.sleeps == []

    def test_stale_reads_repeat_nothing(self) -> None:
        """What was done must be shown before the rest is planned (fact F14)."""
        service = Service(faults={"PUT /letters/b": [Lost()]})

        def answer(request: Request) -> Answered:
            if request.path == "/letters/b" and service.faults["PUT /letters/b"]:
                service.late = 3
            return service(request)

        task = Task(service)
        task.graph.answer = answer
        assert titles(task.run("ab")) == ["put a", "put b"]
        assert task.graph.writes.count("PUT /letters/a") == 1
        assert len(task.clock.sleeps) == 4  # three until it is shown, and one before the rest is tried

    def test_reads_that_stay_stale_end(self) -> None:
        service = Service(faults={"PUT /letters/b": [Lost()]})

        def answer(request: Request) -> Answered:
            return Reply(200, {"value": []}) if request.reads else service(request)

        task = Task(service, longest=10)
        task.graph.answer = answer
        failure = task.fail("ab")
        assert task.graph.writes == ["PUT /letters/a", "PUT /letters/b"]
        assert "could not put b" in str(failure)
        assert task.pace.waited == pytest.approx(10)

    def test_what_leaves_no_trace_is_done_once(self) -> None:
        """A restart is planned again by every read. The one that failed is the exception: it had no effect."""
        restart = Action("restart", "job", "tenant", (Request("PUT", "/letters/r"),), leaves_trace=False)

        def plan(seen: set[str], _wish: str) -> Plan:
            return Plan({}, {}, {}, (restart, *(() if "b" in seen else (put("b"),))), lasting=False)

        task = Task(Service(faults={"PUT /letters/b": [Lost()]}), plan)
        assert titles(task.run()) == ["restart job", "put b"]
        assert task.graph.writes == ["PUT /letters/r", "PUT /letters/b", "PUT /letters/b"]
        again = Task(Service(faults={"PUT /letters/r": [CONFLICT]}), plan)
        assert titles(again.run()) == ["restart job", "put b"]
        assert again.graph.writes == ["PUT /letters/r", "PUT /letters/r", "PUT /letters/b"]

    def test_what_leaves_no_trace_and_had_no_effect_is_done_again(self) -> None:
        """A restart that did not start the job, where the answer to the start was lost (fact F75)."""
        job = Wait("/job", present)
        restart = Action(
            "restart", "job", "tenant", (Request("PUT", "/letters/r"),), leaves_trace=False, visible=job, insists=Request("POST", "/go")
        )
        faults: dict[str, list[Answered]] = {"POST /go": [Lost()], "GET /job": []}
        service = Service(faults=faults)

        def answer(request: Request) -> Answered:
            return NOT_FOUND if request.path == "/job" and faults["POST /go"] else service(request)

        task = Task(service, lambda _seen, _wish: Plan({}, {}, {}, (restart,), lasting=False))
        task.graph.answer = answer
        task.run()
        assert task.graph.writes == ["PUT /letters/r", "POST /go", "PUT /letters/r"]

    def test_a_part_that_was_done_is_said_although_a_read_fails_then(self) -> None:
        two = Action("put", "ab", "tenant", (Request("PUT", "/letters/a"), Request("PUT", "/letters/b")))
        service = Service(faults={"PUT /letters/b": [Lost()]})
        task = Task(service, lambda _seen, _wish: Plan({}, {}, {}, (two,)))
        task.graph.answer = lambda request: FORBIDDEN if request.reads and service.letters else service(request)
        assert "Partly done: put ab." in str(task.fail())

    def test_a_read_that_fails_then_is_the_failure_and_the_answer_stays_uncertain(self) -> None:
        for lost, uncertain in ((Lost(), True), (CONFLICT, False)):
            service = Service(faults={"PUT /letters/b": [lost], f"GET {LETTERS}": []})

            def answer(request: Request, service: Service = service) -> Answered:
                if request.reads and not service.faults["PUT /letters/b"]:
                    return FORBIDDEN
                return service(request)

            task = Task(service)
            task.graph.answer = answer
            failure = task.fail("ab")
            assert failure.details["error"]["status"] == 403
            assert titles(failure.details) == ["put a"]
            assert ("may or may not have been made" in str(failure)) == uncertain

    def test_a_new_object_is_read_until_the_service_lets_it(self) -> None:
        """Fact F4: the synchronization endpoints of what the task has created, or may have, answer 403 and 409 for a while. Anything else that
        is refused is refused."""

        def check(case: tuple[bool, str, int, bool]) -> None:
            creates, path, status, passes = case
            refused = [refusal(status, "UnknownError")]

            def plan(seen: set[str], _wish: str) -> Plan:
                return Plan({}, {}, {}, () if "a" in seen else (put("a", new_id_at="id" if creates else ""),))

            service = Service(loses=True)

            def answer(request: Request) -> Answered:
                if request.path == path:
                    return refused.pop() if refused and service.letters else Reply(200, {"value": []})
                return service(request)

            def read(client: Client, wish: str) -> set[str]:
                client.get(path)
                return read_letters(client, wish)

            task = Task(service, plan, read)
            task.graph.answer = answer
            if passes:
                assert titles(task.run("a")) == ["put a"]
            else:
                assert task.fail("a").details["error"]["status"] == status
            assert task.graph.writes == ["PUT /letters/a"]

        below = "/servicePrincipals/1/synchronization/secrets"
        check_each(
            [
                (True, below, 403, True),
                (True, below, 409, True),
                (False, below, 403, False),
                (True, below, 401, False),
                (True, "/servicePrincipals", 403, False),
            ],
            check,
        )

    def test_a_new_object_that_the_service_never_lets_read_is_a_failure(self) -> None:
        service = Service(loses=True)

        def read(client: Client, wish: str) -> set[str]:
            client.get("/synchronization/secrets")
            return read_letters(client, wish)

        task = Task(service, lambda _seen, _wish: Plan({}, {}, {}, (put("a", new_id_at="id"),)), read, longest=20)
        task.graph.answer = lambda request: (
            service(request) if "/synchronization/" not in request.path else FORBIDDEN if service.letters else Reply(200, {"value": []})
        )
        failure = task.fail("a")
        assert (failure.details["error"]["status"], task.graph.writes) == (403, ["PUT /letters/a"])
        assert "may or may not have been made" in str(failure)
        assert round(sum(task.clock.sleeps)) == 20

    def test_a_refusal_of_the_planner_then_is_the_failure(self) -> None:
        def plan(seen: set[str], wish: str) -> Plan:
            if "a" in seen:
                raise Refusal("a was not expected")
            return to_put(seen, wish)

        failure = Task(Service(faults={"PUT /letters/b": [CONFLICT]}), plan).fail("ab")
        assert "could not put b: a was not expected" in str(failure)


class TestReadingBack:
    def test_until_the_service_shows_the_changes(self) -> None:
        service = Service()
        task = Task(service)

        def answer(request: Request) -> Answered:
            if not request.reads:
                service.late = 2
            return service(request)

        task.graph.answer = answer
        result = task.run("a")
        assert (result["shown"], result["warnings"], len(task.clock.sleeps)) == (["a"], [], 2)

    def test_what_is_unmet_then_is_not_shown_yet(self) -> None:
        seen_first: list[int] = []

        def plan(seen: set[str], _wish: str) -> Plan:
            if "a" not in seen:
                return Plan({}, {}, {}, (put("a"),))
            seen_first.append(1)
            return Plan({}, {}, {}, unmet="gone" if len(seen_first) == 1 else None)

        task = Task(plan=plan)
        assert task.run("a")["warnings"] == []
        assert len(task.clock.sleeps) == 1

    def test_what_is_never_shown_is_a_warning_with_at_most_five_names(self) -> None:
        service = Service()
        task = Task(service, longest=3)
        invalidated: list[int] = []
        task.graph.reads.invalidate = lambda: invalidated.append(1)  # type: ignore[method-assign]
        task.graph.answer = lambda request: Reply(200, {"value": []}) if request.reads else service(request)
        warnings = task.run("abcdef")["warnings"]
        assert warnings == ["the service has not shown these changes yet: put a, put b, put c, put d, put e"]
        assert invalidated == [1]

    def test_of_a_plan_that_became_unmet_the_changes_are_named_and_its_warnings_kept(self) -> None:
        def plan(seen: set[str], _wish: str) -> Plan:
            return Plan({}, {}, {}, warnings=("beware",), unmet="gone") if "a" in seen else Plan({}, {}, {}, (put("a"),))

        assert Task(plan=plan, longest=0).run("a")["warnings"] == ["beware", "the service has not shown these changes yet: put a"]

    @pytest.mark.parametrize(("then", "fails"), [("b", True), ("a (more of it)", False)])
    def test_only_what_the_task_has_changed_is_shown_late(self, then: str, fails: bool) -> None:
        """Something else differs because the first read was outdated, as after an interrupted run. It is in no plan that anybody has seen."""

        def plan(seen: set[str], _wish: str) -> Plan:
            return Plan({}, {}, {}, (put(then),)) if "a" in seen else Plan({}, {}, {}, (put("a"),))

        task = Task(plan=plan, longest=3)
        if not fails:
            assert task.run("a")["warnings"] == [f"the service has not shown these changes yet: put {then}"]
            return
        failure = task.fail("a")
        assert "the state is not as desired" in str(failure)
        assert str(failure).endswith("run again, which will do: put b. Already done: put a.")
        assert (failure.details["changed"], titles(failure.details), task.service.letters) == (True, ["put a"], {"a"})

    def test_of_many_other_differences_five_are_named(self) -> None:
        def plan(seen: set[str], _wish: str) -> Plan:
            return Plan({}, {}, {}, tuple(map(put, "bcdefg"))) if "a" in seen else Plan({}, {}, {}, (put("a"),))

        assert "which will do: put b, put c, put d, put e, put f. Already done" in str(Task(plan=plan, longest=0).fail("a"))

    def test_a_read_that_fails_is_a_failure_after_the_changes(self) -> None:
        service = Service()
        task = Task(service)
        task.graph.answer = lambda request: FORBIDDEN if request.reads and service.letters else service(request)
        failure = task.fail("a")
        assert "all changes were made, but could not be read back: " in str(failure)
        assert " Already done: put a." in str(failure)
        assert (failure.details["error"]["status"], titles(failure.details), failure.details["changed"]) == (403, ["put a"], True)

    def test_a_new_object_that_cannot_be_read_for_a_while_is_read_again(self) -> None:
        """Fact F4."""
        below, refused = "/synchronization/secrets", [CONFLICT]
        service = Service()

        def read(client: Client, wish: str) -> set[str]:
            client.get(below)
            return read_letters(client, wish)

        def answer(request: Request) -> Answered:
            if request.path == below:
                return refused.pop() if refused and service.letters else Reply(200, {"value": []})
            outcome = service(request)
            return outcome if request.reads else Reply(201, {"id": "1"})

        def plan(seen: set[str], _wish: str) -> Plan:
            return Plan({}, {}, {}, () if "a" in seen else (put("a", new_id_at="id"),))

        task = Task(service, plan, read)
        task.graph.answer = answer
        assert titles(task.run("a")) == ["put a"]

    def test_a_plan_that_does_not_last_is_read_until_nothing_is_unmet(self) -> None:
        reads: list[int] = []

        def plan(seen: set[str], _wish: str) -> Plan:
            if not seen:
                return Plan({}, {}, {}, (put("a"),), lasting=False)
            reads.append(1)
            return Plan({}, {}, {"reads": len(reads)}, (put("a"),), lasting=False, unmet="gone" if len(reads) < 3 else None)

        task = Task(plan=plan)
        assert task.run("a")["reads"] == 3
        assert task.graph.writes == ["PUT /letters/a"]
        assert len(task.clock.sleeps) == 2


def outcome(**rest: Any) -> Outcome:
    """The end of a cycle: letters appear one by one."""
    given: dict[str, Any] = {
        "path": "/cycle",
        "reached": lambda body, _since: body["value"] == ["done"],
        "after": ("put",),
        "timeout": 100.0,
        "name": "the first cycle",
        "progress": lambda body: f"{body['value']}",
    }
    return Outcome(**{**given, **rest})


@dataclass
class Cycle:
    """Answers reads of the cycle: it is done after some reads. Everything else is answered by the service of letters."""

    reads: int
    service: Service = field(default_factory=Service)

    def __call__(self, request: Request) -> Answered:
        if request.path != "/cycle":
            return self.service(request)
        self.reads -= 1
        return Reply(200, {"value": ["done"] if self.reads < 0 else ["running"]})


class TestAwaiting:
    """A state that the service reaches by itself."""

    @staticmethod
    def task(cycle: Callable[[Request], Answered], awaited: Outcome, **rest: Any) -> Task:
        task = Task(plan=lambda seen, wish: to_put(seen, wish, outcome=awaited), **rest)
        task.graph.answer = cycle
        return task

    def test_progress_is_told_until_it_is_reached(self) -> None:
        task = self.task(Cycle(2), outcome())
        result = task.run("")
        assert len(task.told) == 2
        assert task.told[0] == f"Tenant {SOURCE}: waiting for the first cycle (0 of at most 100 seconds): ['running']"
        waited = sum(task.clock.sleeps)
        assert f"({task.clock.sleeps[0]:.0f} of at most" in task.told[1]
        assert result["waited_seconds"] == round(waited, 1)

    def test_waits_before_it_count_too_and_sleeps_become_longer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(planning, "_RANDOM", Mock(uniform=lambda _least, _most: 1.0))
        task = self.task(Cycle(20), outcome(timeout=3000.0))
        task.pace.waited = 100.0
        result = task.run("")
        assert result["waited_seconds"] == round(100 + sum(task.clock.sleeps), 1)
        assert max(task.clock.sleeps) == 30

    def test_the_state_is_read_after_it(self) -> None:
        cycle = Cycle(1, Service({"x"}))

        def reached(body: Any, _since: datetime | None) -> bool:
            cycle.service.letters.add("y")
            return bool(body["value"] == ["done"])

        task = self.task(cycle, outcome(reached=reached))
        assert task.run("")["shown"] == ["x", "y"]

    def test_a_timeout(self) -> None:
        task = self.task(Cycle(999), outcome())
        failure = task.fail("a")
        assert str(failure) == (
            f"Tenant {SOURCE}: the first cycle was not reached within 100 seconds (['running']); the service continues, check again later."
        )
        assert (titles(failure.details), failure.details["changed"]) == (["put a"], True)
        assert sum(task.clock.sleeps) == pytest.approx(100)

    def test_events_count_from_the_last_action_of_its_verbs(self) -> None:
        since: list[datetime | None] = []
        early, late = "Thu, 05 Mar 2026 10:00:00 GMT", "Thu, 05 Mar 2026 11:00:00 GMT"

        def answer(request: Request) -> Answered:
            if request.path == "/cycle":
                return Reply(200, {"value": ["done"]})
            if request.reads:
                return Reply(200, {"value": []})
            return Reply(204, headers={"Date": late if request.path == "/letters/b" else early})

        def reached(_body: Any, at: datetime | None) -> bool:
            since.append(at)
            return True

        def run(after: tuple[str, ...]) -> None:
            other = Action("other", "c", "tenant", (Request("PUT", "/letters/c"),))
            planned = Plan({}, {}, {}, (put("a"), put("b"), other), outcome=outcome(reached=reached, after=after), lasting=False)
            task = Task(plan=lambda _seen, _wish: planned)
            task.graph.answer = answer
            task.run()

        run(("put",))
        run(("start", "restart"))
        assert since == [datetime(2026, 3, 5, 11, tzinfo=timezone.utc), None]

    def test_a_read_that_fails(self) -> None:
        service = Service()
        task = self.task(lambda request: FORBIDDEN if request.path == "/cycle" else service(request), outcome())
        failure = task.fail("a")
        assert f"Tenant {SOURCE}: could not check whether the first cycle was reached: " in str(failure)
        assert " Already done: put a." in str(failure)
        assert (failure.details["error"]["status"], titles(failure.details), failure.details["changed"]) == (403, ["put a"], True)

    def test_an_odd_answer_is_one_of_the_service(self) -> None:
        service = Service()
        task = self.task(lambda request: Reply(200, {}) if request.path == "/cycle" else service(request), outcome())
        assert "is not as Microsoft documents it" in str(task.fail("a"))


class TestTheOtherTenant:
    """Its state decides at the end."""

    @staticmethod
    def task(cycle: Callable[[Request], Answered], states: list[OtherTenantState | GraphFailure], **rest: Any) -> tuple[Task, list[Any]]:
        asked: list[Any] = []

        def state(client: Client, body: Any) -> OtherTenantState:
            asked.append((client.tenant, body["value"]))
            current = states.pop(0) if len(states) > 1 else states[0]
            if isinstance(current, GraphFailure):
                raise current
            return current

        task = Task(
            plan=lambda seen, wish: to_put(seen, wish, outcome=outcome(in_other_tenant=state)), other=FakeGraph(Service(), TARGET), **rest
        )
        task.graph.answer = cycle
        return task, asked

    def test_its_progress_is_told(self) -> None:
        task, asked = self.task(Cycle(1), [OtherTenantState("3 users", "too few", {}), OtherTenantState("5 users", None, {"users": 5})])
        result = task.run("")
        assert task.told == [f"Tenant {SOURCE}: waiting for the first cycle (0 of at most 100 seconds): ['running'], 3 users"]
        assert asked == [(TARGET, ["running"]), (TARGET, ["done"])]
        assert result["shown"] == []

    def test_the_first_plan_has_the_facts(self) -> None:
        """The state was read in the tenant that decides, so the source is not read again."""
        task, _asked = self.task(Cycle(0), [OtherTenantState("5 users", None, {})])
        result = task.run("a")
        assert (titles(result), result["shown"]) == (["put a"], [])
        assert [request.path for request in task.graph.sent].count(LETTERS) == 1

    def test_a_complaint_is_checked_five_times_and_fails(self) -> None:
        task, asked = self.task(Cycle(0), [OtherTenantState("3 users", "2 users are missing", {"users": 3})])
        failure = task.fail("a")
        assert str(failure) == f"Tenant {SOURCE}: 2 users are missing."
        assert failure.details == {"actions": [put("a").describe()], "changed": True, "users": 3}
        assert len(asked) == READS
        assert task.clock.sleeps == [1.0] * READS
        assert task.pace.waited == READS

    def test_a_delayed_replica_is_no_complaint(self) -> None:
        task, asked = self.task(
            Cycle(0), [OtherTenantState("", "late", {}), OtherTenantState("", "late", {}), OtherTenantState("", None, {})]
        )
        assert titles(task.run("a")) == ["put a"]
        assert len(asked) == 3

    def test_at_a_timeout_its_facts_are_told(self) -> None:
        task, _asked = self.task(Cycle(999), [OtherTenantState("3 users", None, {"users": 3})])
        failure = task.fail("a")
        assert "within 100 seconds (['running'], 3 users);" in str(failure)
        assert failure.details == {"actions": [put("a").describe()], "changed": True, "users": 3}

    def test_a_read_that_fails(self) -> None:
        task, _asked = self.task(Cycle(0), [ServiceError("GET", "/users", 403, "Denied", "")])
        failure = task.fail("a")
        assert f"Tenant {TARGET}: could not check the progress of the first cycle: " in str(failure)
        assert " Already done: put a." in str(failure)
        assert (failure.details["error"]["status"], titles(failure.details), failure.details["changed"]) == (403, ["put a"], True)

    def test_without_a_client_of_it_only_the_source_counts(self) -> None:
        task, asked = self.task(Cycle(0), [OtherTenantState("3 users", "too few", {})])
        task.other = None
        assert titles(task.run("a")) == ["put a"]
        assert asked == []
