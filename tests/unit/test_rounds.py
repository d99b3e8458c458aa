# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many pieces of work side by side: none waits forever, whatever another one does, and none disturbs another one."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.batch import find_all, outcomes_of, read_all
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Together
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.desk import Desk
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import (
    CredentialProblem,
    GraphFailure,
    ServiceError,
    SignInFailure,
    Unreachable,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.message import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.rounds import TENANTS_AT_ONCE, Group, run_together
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import Draft
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Lost, Outcome, Reply, refusal

LONGEST = 20.0
"""Seconds after which a test counts as a deadlock."""

Work = Callable[[Client], Any]


def echo(request: Request) -> Outcome:
    return Reply(200, {"path": request.path})


def group(desk: Desk, *work: Work, begin: Callable[[], None] = lambda: None) -> Group[Any]:
    """Work with a client of its own; a failure of the service is a result."""

    def piece(own: Work) -> Callable[[Desk, Together], Any]:
        def run(at: Desk, others: Together) -> Any:
            try:
                return own(at.client.joining(others, Draft(at.run_cache), at.began))
            except GraphFailure as failure:
                return failure

        return run

    return Group(desk, [piece(own) for own in work], begin)


def run(*groups: Group[Any]) -> list[list[Any]]:
    """The results, unless somebody waits forever."""
    found: list[Any] = []

    def target() -> None:
        try:
            found.append(run_together(groups))
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    thread.join(LONGEST)
    assert found, "deadlock"
    if isinstance(found[0], BaseException):
        raise found[0]
    results: list[list[Any]] = found[0]
    return results


def get(*things: str) -> Work:
    return lambda client: [client.get(f"/{thing}")["path"] for thing in things]


def sent(graph: FakeGraph) -> list[str]:
    return [request.path for request in graph.sent]


class TestResults:
    @pytest.mark.parametrize("groups", [[], [0], [1], [0, 3, 0], [3] * (2 * TENANTS_AT_ONCE + 1), [100], [1] * 30])
    def test_every_piece_has_its_result_in_its_place(self, groups: list[int]) -> None:
        desks = [Desk(FakeGraph(echo)) for _size in groups]
        given = [
            group(desk, *(get(f"{number}/{piece}", f"same/{number}") for piece in range(size)))
            for number, (desk, size) in enumerate(zip(desks, groups, strict=True))
        ]
        expected = [[[f"/{number}/{piece}", f"/same/{number}"] for piece in range(size)] for number, size in enumerate(groups)]
        assert run(*given) == expected

    def test_work_without_a_read(self) -> None:
        graph = FakeGraph(echo)
        assert run(group(Desk(graph), lambda _client: 1, get("a"), lambda _client: 2)) == [[1, ["/a"], 2]]

    @pytest.mark.parametrize("lengths", [(1, 2, 3), (3, 2, 1), (0, 5), (1, 1, 1, 4)])
    def test_pieces_of_different_length(self, lengths: Sequence[int]) -> None:
        graph = FakeGraph(echo)
        work = [get(*(f"{piece}/{step}" for step in range(length))) for piece, length in enumerate(lengths)]
        assert run(group(Desk(graph), *work)) == [[[f"/{piece}/{step}" for step in range(length)] for piece, length in enumerate(lengths)]]
        # What is at the same step shares a batch.
        assert [len(batch) for batch in graph.batches] == [
            size for step in range(max(lengths)) if (size := sum(length > step for length in lengths)) > 1
        ]

    @pytest.mark.parametrize("reader", [find_all, outcomes_of, read_all])
    def test_the_reads_of_one_piece_share_batches_with_those_of_others(self, reader: Callable[..., list[Any]]) -> None:
        graph = FakeGraph(echo)

        def work(number: int) -> Work:
            return lambda client: len(reader(client, [Request("GET", f"/{number}/{part}") for part in range(4)]))

        assert run(group(Desk(graph), *map(work, range(5)))) == [[4] * 5]
        assert [len(batch) for batch in graph.batches] == [20]

    def test_a_piece_may_ask_for_the_same_twice(self) -> None:
        graph = FakeGraph(echo)
        assert run(group(Desk(graph), get("a", "a", "b", "a"), get("a", "b"))) == [[["/a", "/a", "/b", "/a"], ["/a", "/b"]]]
        assert sent(graph) == ["/a", "/b"]


class TestFaults:
    """A fault of the code in one piece ends that piece. Afterwards, it is raised."""

    @pytest.mark.parametrize("where", ["before the first read", "after a read", "last of all"])
    @pytest.mark.parametrize(
        "error", [ZeroDivisionError(), KeyError("x"), AssertionError(), SystemExit(1), MemoryError(), KeyboardInterrupt()]
    )
    def test_others_finish(self, error: BaseException, where: str) -> None:
        graph = FakeGraph(echo)
        done: list[str] = []

        def faulty(client: Client) -> None:
            reads = {"before the first read": 0, "after a read": 1, "last of all": 5}[where]
            for number in range(reads):
                client.get(f"/faulty/{number}")
            raise error

        def sound(number: int) -> Work:
            def work(client: Client) -> None:
                for step in range(3):
                    client.get(f"/{number}/{step}")
                done.append(f"sound {number}")

            return work

        other = FakeGraph(echo)
        with pytest.raises(type(error)):
            run(group(Desk(graph), sound(1), faulty, sound(2)), *(group(Desk(other), sound(number)) for number in range(3, 9)))
        assert sorted(done) == [f"sound {number}" for number in range(1, 9)]

    def test_the_first_fault_is_raised(self) -> None:
        def faulty(error: type[Exception], *reads: str) -> Work:
            def work(client: Client) -> None:
                get(*reads)(client)
                raise error

            return work

        with pytest.raises(KeyError):
            run(group(Desk(FakeGraph(echo)), faulty(KeyError, "a", "b"), faulty(IndexError)))

    @pytest.mark.parametrize("pieces", [1, 2, 30])
    def test_a_fault_while_sending_is_raised_in_every_piece_that_waits(self, pieces: int) -> None:
        """It may be caught there. Then the piece can go on."""

        def answer(request: Request) -> Outcome:
            if request.path.startswith("/faulty"):
                raise ZeroDivisionError
            return echo(request)

        def work(number: int) -> Work:
            def own(client: Client) -> str:
                try:
                    client.get(f"/faulty/{number}")
                except ZeroDivisionError:
                    return str(client.get(f"/sound/{number}")["path"])
                return "no fault"

            return own

        other = FakeGraph(echo)
        results = run(group(Desk(FakeGraph(answer)), *map(work, range(pieces))), group(Desk(other), get("a")))
        assert results == [[f"/sound/{number}" for number in range(pieces)], [["/a"]]]

    def test_a_fault_of_the_foresight(self) -> None:
        graph = FakeGraph(echo)
        desk = Desk(graph)

        def foresee(_request: Request, _body: Any) -> list[Request]:
            raise ZeroDivisionError

        desk.foresee = foresee
        with pytest.raises(ZeroDivisionError):
            run(group(desk, get("a", "b"), get("c")))

    def test_no_thread_is_left(self) -> None:
        before = threading.active_count()
        with pytest.raises(ZeroDivisionError):
            run(group(Desk(FakeGraph(echo)), *(get(f"{number}") for number in range(50)), lambda _client: 1 / 0))
        deadline = time.monotonic() + LONGEST
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert threading.active_count() <= before


class TestFailures:
    """A failure of the service is that of whoever needs the answer."""

    FAILURES = (
        (SignInFailure("contoso.kr", "client", (7000215,), "wrong secret"), True),
        (CredentialProblem("no certificate"), True),
        (Unreachable("GET", "https://graph", "no answer"), True),
        (refusal(403, "Authorization_RequestDenied"), False),
        (refusal(500, "InternalServerError"), False),
    )

    @pytest.mark.parametrize(("failure", "ends"), FAILURES, ids=lambda value: type(value).__name__)
    def test_one_tenant_fails_and_others_do_not(self, failure: Any, ends: bool) -> None:
        tried: list[str] = []

        def answer(request: Request) -> Outcome:
            tried.append(request.path)
            if isinstance(failure, Reply):
                return failure
            raise failure

        groups = [group(Desk(FakeGraph(answer)), *(get(f"{number}/a", f"{number}/b") for number in range(5)))]
        groups += [group(Desk(FakeGraph(echo)), get("a", "b")) for _tenant in range(5)]
        failed, *others = run(*groups)
        assert all(isinstance(outcome, GraphFailure) for outcome in failed)
        assert others == [[["/a", "/b"]]] * 5
        assert not [path for path in tried if path.endswith("/b")]
        assert (len(set(map(id, failed))) == 1) is ends

    def test_a_failed_sign_in_ends_all_pieces_that_follow(self) -> None:
        """Also those of the next group with the same desk."""
        tried: list[str] = []

        def answer(request: Request) -> Outcome:
            tried.append(request.path)
            raise SignInFailure("contoso.kr", "client", (7000215,), "wrong secret")

        desk = Desk(FakeGraph(answer))
        results = run(group(desk, get("a")), group(desk, get("b"), get("c")))
        assert [type(outcome) for outcomes in results for outcome in outcomes] == [SignInFailure] * 3
        assert len(tried) == 1

    @pytest.mark.parametrize("kind", ["denied", "gone", "lost"])
    def test_only_those_who_need_it_fail(self, kind: str) -> None:
        outcomes: dict[str, Outcome] = {
            "/denied": refusal(403, "Authorization_RequestDenied"),
            "/gone": refusal(404, "Request_ResourceNotFound"),
            "/lost": Lost(),
        }
        graph = FakeGraph(lambda request: outcomes.get(request.path) or echo(request))
        first, second, third, fourth = run(group(Desk(graph), get("a", kind), get("a", "b"), get(kind), get("b", "c")))[0]
        assert isinstance(first, GraphFailure)
        assert first is third
        assert (second, fourth) == (["/a", "/b"], ["/b", "/c"])

    def test_what_does_not_exist(self) -> None:
        graph = FakeGraph(lambda request: refusal(404, "Request_ResourceNotFound") if "gone" in request.path else echo(request))

        def work(client: Client) -> Any:
            return client.find("/gone"), find_all(client, [Request("GET", "/gone"), Request("GET", "/a"), Request("GET", "/gone2")])

        assert run(group(Desk(graph), work, work)) == [[(None, [None, {"path": "/a"}, None])] * 2]
        assert sorted(sent(graph)) == ["/a", "/gone", "/gone2"]

    @pytest.mark.parametrize(("place", "kind"), [(0, "ServiceError"), (2, "Answer")])
    def test_a_failed_item_is_sent_separately_for_those_who_need_it(self, place: int, kind: str) -> None:
        """Whoever does not need it takes what is there."""
        answers = {"/odd": [refusal(400, "BadRequest"), Reply(200, {"path": "odd"})]}

        def answer(request: Request) -> Outcome:
            listed = answers.get(request.path)
            return (listed.pop(0) if len(listed) > 1 else listed[0]) if listed else echo(request)

        def optional(client: Client) -> str:
            return type(outcomes_of(client, [Request("GET", "/odd"), Request("GET", "/x")])[0]).__name__

        graph = FakeGraph(answer)
        work = [get("odd", "a"), get("odd"), get("b")]
        work.insert(place, optional)
        expected: list[Any] = [["odd", "/a"], ["odd"], ["/b"]]
        expected.insert(place, kind)
        assert run(group(Desk(graph), *work)) == [expected]
        assert sent(graph).count("/odd") == 2

    def test_reads_that_batches_refuse_are_sent_separately_in_one_round(self) -> None:
        """Not one after another, each in a round of its own."""
        at_once, most, lock = [0], [0], threading.Lock()

        class Slow(FakeGraph):
            def _send(self, request: Request) -> Any:
                with lock:
                    at_once[0] += 1
                    most[0] = max(most[0], at_once[0])
                time.sleep(0.02)
                try:
                    return super()._send(request)
                finally:
                    with lock:
                        at_once[0] -= 1

        graph = Slow(echo)
        graph.run_cache.keep(True, "alone", graph.cloud.graph_endpoint, graph.tenant, "servicePrincipals", "odd")

        def work(number: int) -> Work:
            return lambda client: len(read_all(client, [Request("GET", f"/servicePrincipals/{number}{part}/odd") for part in "abcd"]))

        assert run(group(Desk(graph), *map(work, range(3)))) == [[4, 4, 4]]
        assert graph.batches == []
        assert most[0] > 1


class TestSideBySide:
    def test_one_piece_of_work_runs_at_a_time(self) -> None:
        running, most = [0], [0]

        def work(number: int) -> Work:
            def own(client: Client) -> None:
                for step in range(3):
                    running[0] += 1
                    most[0] = max(most[0], running[0])
                    time.sleep(0.001)
                    running[0] -= 1
                    client.get(f"/{number}/{step}")

            return own

        run(*(group(Desk(FakeGraph(echo)), *map(work, range(5))) for _tenant in range(6)))
        assert most[0] == 1

    def test_tenants_are_asked_at_the_same_time_but_not_all(self) -> None:
        barrier = threading.Barrier(TENANTS_AT_ONCE, timeout=LONGEST)
        asking, most, lock = [0], [0], threading.Lock()

        def answer(request: Request) -> Outcome:
            with lock:
                asking[0] += 1
                most[0] = max(most[0], asking[0])
            barrier.wait()
            with lock:
                asking[0] -= 1
            barrier.wait()
            return echo(request)

        run(*(group(Desk(FakeGraph(answer)), get("a")) for _tenant in range(3 * TENANTS_AT_ONCE)))
        assert most[0] == TENANTS_AT_ONCE

    def test_groups_with_the_same_desk_follow_one_another(self) -> None:
        """No piece of work of a tenant runs while its reads are sent, and each group begins after the one before it has ended."""
        story: list[str] = []
        graphs = [FakeGraph(echo) for _tenant in range(2)]
        desks = [Desk(graph) for graph in graphs]

        def work(name: str) -> Work:
            def own(client: Client) -> str:
                for step in range(3):
                    client.get(f"/{name}/{step}")
                    story.append(name)
                return name

            return own

        names = ["0a", "0b", "1a", "0c", "1b"]
        groups = [
            group(desks[int(name[0])], work(name), work(f"{name}x"), begin=lambda name=name: story.append(f"begin {name}"))  # type: ignore[misc]
            for name in names
        ]
        assert run(*groups) == [[name, f"{name}x"] for name in names]
        for tenant in "01":
            mine = [entry.removesuffix("x") for entry in story if entry.removeprefix("begin ").startswith(tenant)]
            expected = [entry for name in names if name.startswith(tenant) for entry in (f"begin {name}", *([name] * 6))]
            assert mine == expected

    def test_a_full_slice_of_many_pieces(self) -> None:
        graph = FakeGraph(echo)
        number = 300
        results = run(group(Desk(graph), *(get(f"a/{piece}", f"b/{piece}", "same") for piece in range(number))))
        assert results == [[[f"/a/{piece}", f"/b/{piece}", "/same"] for piece in range(number)]]
        assert len(graph.sent) == 2 * number + 1
        assert sum(len(batch) == 20 for batch in graph.batches) == 2 * number / 20


class TestFirst:
    """What is common to all pieces of work of a group is done before them."""

    def test_what_is_read_first_is_there_for_the_rest(self) -> None:
        graph = FakeGraph(echo)
        story: list[str] = []

        def first(client: Client) -> None:
            get("common/1", "common/2")(client)
            story.append("first")

        def work(number: int) -> Work:
            def own(client: Client) -> Any:
                story.append(f"work {number}")
                return get("common/1", f"own/{number}", "common/2")(client)

            return own

        with_first = group(Desk(graph), *map(work, range(3)))
        with_first.first = group(Desk(graph), first, first).work
        assert run(with_first) == [[["/common/1", f"/own/{number}", "/common/2"] for number in range(3)]]
        assert story == ["first", "first", "work 0", "work 1", "work 2"]
        assert sent(graph) == ["/common/1", "/common/2", "/own/0", "/own/1", "/own/2"]

    @pytest.mark.parametrize("error", [ZeroDivisionError(), ServiceError("GET", "/x", 403, "Denied", ""), SystemExit(1)])
    def test_a_fault_of_it_is_nobodys(self, error: BaseException) -> None:
        def first(_desk: Desk, _others: Together) -> None:
            raise error

        graph = FakeGraph(echo)
        with_first = group(Desk(graph), get("a"))
        with_first.first = [first]
        assert run(with_first, group(Desk(FakeGraph(echo)), get("b"))) == [[["/a"]], [["/b"]]]

    def test_nothing_of_it_is_kept_for_the_next_group(self) -> None:
        graph = FakeGraph(echo)
        desk = Desk(graph)
        groups = [group(desk, get("common", "own")) for _number in range(2)]
        for number, each in enumerate(groups):

            def first(client: Client, number: int = number) -> None:
                assert client.commons == {}
                client.get("/common")
                client.commons[get] = number

            def own(client: Client, number: int = number) -> int:
                assert client.commons[get] == number
                return number

            each.first, each.work = group(desk, first).work, group(desk, own).work
        assert run(*groups) == [[0], [1]]
        assert sent(graph) == ["/common", "/common"]

    def test_a_group_without_other_work(self) -> None:
        graph = FakeGraph(echo)
        only = group(Desk(graph))
        only.first = group(Desk(graph), get("a")).work
        assert run(only) == [[]]


class Body(dict[str, Any]):
    """A body of which a test can see whether it is still held."""


class TestMemory:
    def test_what_nobody_waits_for_is_not_held(self) -> None:
        """A piece that has ended holds nothing, while others are still working."""
        bodies: weakref.WeakValueDictionary[str, Body] = weakref.WeakValueDictionary()
        held: list[set[str]] = []

        def answer(request: Request) -> Outcome:
            if request.path == "/$batch":
                return Reply()
            gc.collect()
            held.append(set(bodies))
            bodies[request.path] = body = Body(path=request.path)
            return Reply(200, body)

        desk = Desk(FakeGraph(answer))
        run(group(desk, get("short", "shared"), get("long/1", "shared", "long/3", "long/4")), group(desk, get("next")))
        # The last reads of the long piece find nothing of the short one, and the next group nothing at all.
        assert "/short" in held[1]
        assert held[-2:] == [{"/long/1", "/shared", "/long/3"}, set()]
        gc.collect()
        assert set(bodies) == set()

    def test_results_do_not_hold_the_work(self) -> None:
        class Big:
            pass

        alive: weakref.WeakSet[Big] = weakref.WeakSet()

        def work(client: Client) -> str:
            big = Big()
            alive.add(big)
            return str(client.get("/a")["path"])

        desk = Desk(FakeGraph(echo))
        assert run(group(desk, work, work)) == [["/a", "/a"]]
        gc.collect()
        assert len(alive) == 0


def test_owners_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = FakeGraph(echo)
    asked: list[str] = []

    def owner_of(client: Client, name: str) -> str | None:
        if client.together is not None:
            return client.together.owner_of(name)
        asked.append(name)
        return f"id of {name}"

    monkeypatch.setattr(FakeGraph, "owner_of", owner_of)
    results = run(group(Desk(graph), *(lambda client: client.owner_of("a.example") for _piece in range(3))))
    assert results == [["id of a.example"] * 3]
    assert asked == ["a.example"]


def test_service_errors_are_not_faults() -> None:
    graph = FakeGraph(lambda _request: refusal(403, "Authorization_RequestDenied"))
    (outcome,) = run(group(Desk(graph), get("a")))[0]
    assert isinstance(outcome, ServiceError)
