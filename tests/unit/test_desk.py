# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reads of many in one tenant: what is sent, in which order, how often, and what each of them gets."""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.desk import SLICE, Desk
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import (
    CredentialProblem,
    GraphFailure,
    ServiceError,
    SignInFailure,
    Unreachable,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.message import Answer, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.odata import requests_by
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.shortcuts import Listing, by_value
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, FakeGraph, Lost, Outcome, Reply, Script, refusal

ROOT = "https://graph.microsoft.com/v1.0"


def things(*paths: str) -> list[Request]:
    return [Request("GET", f"/{path}") for path in paths]


def echo(request: Request) -> Outcome:
    return Reply(200, {"path": request.path})


def read(desk: Desk, *requests: Request, alone: bool = False) -> list[Any]:
    """The outcomes that somebody gets who reads these: bodies, or failures."""
    for _round in range(20):
        missing = desk.missing(requests, alone)
        if not missing:
            outcomes = [desk.outcome(request) for request in requests]
            return [outcome.body if isinstance(outcome, Answer) else outcome for outcome in outcomes]
        desk.want(missing)
        while any(desk.lacks(request.key) for request in missing):
            desk.send(SLICE)
    raise AssertionError("the reads never end")


def sent(graph: FakeGraph) -> list[str]:
    return [request.path for request in graph.sent]


def status(outcome: Any) -> int:
    assert isinstance(outcome, ServiceError), outcome
    return outcome.status


class TestSending:
    def test_reads_are_sent_in_the_order_in_which_they_were_wanted_and_each_once(self) -> None:
        graph = FakeGraph(echo)
        desk = Desk(graph)
        for wanted in (things("a", "b"), things("b", "c"), things("a", "d")):
            desk.want(wanted)
        desk.send(3)
        assert sent(graph) == ["/a", "/b", "/c"]
        assert [desk.lacks(request.key) for request in things("a", "c", "d")] == [False, False, True]
        desk.send(3)
        assert sent(graph) == ["/a", "/b", "/c", "/d"]

    @pytest.mark.parametrize(("number", "batches"), [(0, []), (1, []), (2, [2]), (20, [20]), (21, [20, 1]), (80, [20] * 4)])
    def test_what_is_sent_together_shares_batches(self, number: int, batches: list[int]) -> None:
        graph = FakeGraph(echo)
        desk = Desk(graph)
        desk.want(things(*map(str, range(number))))
        desk.send(SLICE)
        assert sorted(map(len, graph.batches), reverse=True) == batches
        assert len(graph.sent) == number

    def test_reads_that_differ_in_anything_but_marks_are_sent_separately(self) -> None:
        graph = FakeGraph(echo)
        desk = Desk(graph)
        body = {"ids": ["x"]}
        read(desk, Request("GET", "/a"), Request("POST", "/a", body, only_asks=True), Request("POST", "/a", {}, only_asks=True))
        read(desk, Request("GET", "/a"), Request("GET", "/a", only_asks=True), Request("POST", "/a", dict(body), only_asks=True))
        assert len(graph.sent) == 3

    def test_a_fault_of_the_code_leaves_nothing_to_be_sent(self) -> None:
        """Otherwise, those who wait would wait forever."""

        def answer(_request: Request) -> Outcome:
            raise ZeroDivisionError

        desk = Desk(FakeGraph(answer))
        desk.want(things("a", "b"))
        with pytest.raises(ZeroDivisionError):
            desk.send(SLICE)
        assert not any(desk.lacks(request.key) for request in things("a", "b"))


class TestFailedItems:
    """A read that fails in a batch is sent separately if somebody needs it, once for all."""

    @pytest.mark.parametrize("alone", [False, True])
    @pytest.mark.parametrize(
        ("failure", "again", "refused"),
        [
            (refusal(400, "BadRequest"), True, True),
            (refusal(405, "MethodNotAllowed"), True, True),
            (refusal(501, "NotImplemented"), True, True),
            (refusal(401, "UnknownError"), True, False),
            (refusal(403, "Authorization_RequestDenied"), True, False),
            (refusal(404, "UnknownError"), True, False),
            (refusal(500, "InternalServerError"), True, False),
            (refusal(503, "ServiceUnavailable"), True, False),
            (Lost(), True, False),
            (NOT_FOUND, False, False),
        ],
        ids=lambda value: str(getattr(value, "status", value)),
    )
    def test_what_is_sent_again(self, failure: Outcome, again: bool, refused: bool, alone: bool) -> None:
        odd = "/servicePrincipals/1/odd"
        graph = FakeGraph(Script({f"GET {odd}": [failure, Reply(200, {"id": 1})], "GET /even": Reply(200, {"id": 2})}))
        desk = Desk(graph)
        request, even = Request("GET", odd), Request("GET", "/even")
        assert isinstance(read(desk, request, even)[0], GraphFailure)
        (found,) = read(desk, request, alone=alone)
        assert (found == {"id": 1}) is (again and alone)
        assert sent(graph).count(odd) == (2 if again and alone else 1)
        # Whoever asks later gets the same, without another request.
        assert read(desk, request, even, alone=True)[1] == {"id": 2}
        assert sent(graph).count(odd) == (2 if again else 1)
        # Such reads are not tried in a batch again.
        before = len(graph.batches)
        read(desk, Request("GET", "/servicePrincipals/2/odd"), Request("GET", "/servicePrincipals/3/odd"))
        assert (len(graph.batches) == before) is refused

    def test_whoever_asks_for_what_is_sent_again_gets_the_new_outcome(self) -> None:
        graph = FakeGraph(Script({"GET /odd": [refusal(500, "x"), Reply(200, {"id": 1})], "GET /even": Reply(200, {})}))
        desk = Desk(graph)
        read(desk, *things("odd", "even"))
        (odd,) = things("odd")
        desk.want(desk.missing([odd], True))
        assert desk.missing([odd], False) == [odd]
        desk.send(SLICE)
        assert desk.outcome(odd) == Answer(200, {"id": 1}, {})

    def test_a_read_that_fails_again_stays_failed(self) -> None:
        graph = FakeGraph(Script({"GET /odd": refusal(403, "Authorization_RequestDenied"), "GET /even": Reply(200, {})}))
        desk = Desk(graph)
        for _time in range(3):
            assert status(read(desk, *things("odd", "even"), alone=True)[0]) == 403
        assert sent(graph) == ["/odd", "/even", "/odd"]

    @pytest.mark.parametrize("whole", [refusal(400, "BadRequest"), refusal(403, "Forbidden"), Lost(), Reply(200, {}), Reply(200, None)])
    def test_a_batch_that_fails_as_a_whole(self, whole: Outcome) -> None:
        class NoBatches(FakeGraph):
            def _batch(self, request: Request) -> Answer:
                if isinstance(whole, Reply) and whole.status == 200:
                    return Answer(200, whole.body)
                return super()._batch(request)

        graph = NoBatches(lambda request: whole if request.path == "/$batch" else echo(request))
        desk = Desk(graph)
        read(desk, *things("before"))
        results = read(desk, *things("a", "b"), alone=True)
        if isinstance(whole, Lost):
            # Nobody answers, so nothing else is sent.
            assert [type(result) for result in results] == [Unreachable] * 2
            assert sent(graph) == ["/before"]
        else:
            assert results == [{"path": "/a"}, {"path": "/b"}]
            assert sent(graph) == ["/before", "/a", "/b"]


SIGN_IN = SignInFailure("contoso.kr", "client", (7000215,), "wrong secret")


class TestTheEnd:
    """After a failed sign-in, or without any answer, everything else has the same outcome and nothing is sent."""

    @pytest.mark.parametrize("failure", [SIGN_IN, CredentialProblem("no certificate")], ids=["sign-in", "credential"])
    @pytest.mark.parametrize("number", [1, 3, 50])
    def test_a_failed_sign_in(self, failure: GraphFailure, number: int) -> None:
        tried: list[str] = []

        def answer(request: Request) -> Outcome:
            if request.path == "/before":
                return Reply(200, {"known": True})
            tried.append(request.path)
            raise failure

        desk = Desk(FakeGraph(answer))
        before = things("before")
        desk.ask(before)
        assert read(desk, *before) == [{"known": True}]
        assert read(desk, *things(*map(str, range(number))), alone=True) == [failure] * number
        count = len(tried)
        # The batches of one wave are sent at the same time.
        assert count == -(-number // 20)
        assert read(desk, *things("later"), *before) == [failure, {"known": True}]
        assert len(tried) == count

    @pytest.mark.parametrize(
        ("answered", "number", "ends"),
        [(False, 1, True), (False, 3, True), (True, 1, False), (True, 3, True)],
        ids=["a single first read", "several first reads", "a single later read", "several later reads"],
    )
    def test_nobody_answers(self, answered: bool, number: int, ends: bool) -> None:
        def answer(request: Request) -> Outcome:
            if request.path in ("/before", "/later"):
                return echo(request)
            return Lost(certain=True)

        desk = Desk(FakeGraph(answer))
        if answered:
            read(desk, *things("before"))
        lost = read(desk, *things(*map(str, range(number))))
        assert [type(outcome) for outcome in lost] == [Unreachable] * number
        (later,) = read(desk, *things("later"))
        assert isinstance(later, Unreachable) is ends

    def test_an_error_is_an_answer(self) -> None:
        """A service that refuses everything is there."""
        graph = FakeGraph(lambda request: Lost() if request.path == "/lost" else refusal(403, "Authorization_RequestDenied"))
        desk = Desk(graph)
        first, lost = read(desk, *things("denied", "lost"), alone=True)
        assert (status(first), type(lost)) == (403, Unreachable)
        assert status(read(desk, *things("another"))[0]) == 403


LISTING = Request("GET", "/things?$expand=all")
BY_ID = Listing(LISTING, lambda member: member["id"].casefold(), re.compile(r"/things/([\w-]+)"), lambda found: found[0] if found else None)
BY_NAME = Listing(
    LISTING,
    lambda member: member["name"].casefold(),
    re.compile(r"/things\?\$filter=name%20eq%20'([^&]*)'"),
    lambda found: {"value": list(found)} if found else None,
)


def page(*members: Any, following: Any = None) -> Reply:
    return Reply(200, {"value": list(members), **({} if following is None else {"@odata.nextLink": following})})


def thing(name: str, **more: Any) -> dict[str, Any]:
    return {"id": f"id-{name}", "name": name, **more}


class TestLists:
    def graph(self, first: Outcome, pages: Mapping[str, Outcome] | None = None) -> FakeGraph:
        """Lists, and every object by itself, which then has a mark."""
        listed = {LISTING.path: first, **(pages or {})}

        def answer(request: Request) -> Outcome:
            if request.path in listed:
                return listed[request.path]
            single = BY_ID.single.fullmatch(request.path)
            if single and single[1] == "id-gone":
                return NOT_FOUND
            return Reply(200, thing(single[1].removeprefix("id-"), own=True)) if single else Reply(200, {"value": [], "own": True})

        return FakeGraph(answer)

    @pytest.mark.parametrize(
        ("asked", "found", "more"),
        [
            ("things/id-a", thing("a"), False),
            ("things/ID-A", thing("a"), False),
            ("things/id-b", thing("b", own=True), True),
            ("things?$filter=name%20eq%20'a'", {"value": [thing("a")]}, False),
            ("things?$filter=name%20eq%20'A'", {"value": [thing("a")]}, False),
            ("things?$filter=name%20eq%20'It''s'", {"value": [thing("It's")]}, False),
            ("things?$filter=name%20eq%20'It%27%27s'", {"value": [thing("It's")]}, False),
            ("things?$filter=name%20eq%20'b'", {"value": [], "own": True}, True),
        ],
    )
    def test_what_a_list_answers(self, asked: str, found: Any, more: bool) -> None:
        graph = self.graph(page(thing("a"), thing("It's")))
        assert read(Desk(graph, [BY_ID, BY_NAME]), *things(asked)) == [found]
        assert sent(graph) == [LISTING.path, *([f"/{asked}"] if more else [])]

    @pytest.mark.parametrize(
        "request_",
        [
            Request("GET", "/things/id-a", version="beta"),
            Request("POST", "/things/id-a", {}, only_asks=True),
            Request("GET", "/things/id-a/parts"),
            Request("GET", "/others/id-a"),
        ],
        ids=["version", "method", "part", "other"],
    )
    def test_what_it_does_not(self, request_: Request) -> None:
        graph = self.graph(page(thing("a")))
        read(Desk(graph, [BY_ID, BY_NAME]), request_)
        assert sent(graph) == [request_.path]

    def test_an_object_that_is_gone_is_missing(self) -> None:
        graph = self.graph(page(thing("a")))
        (found,) = read(Desk(graph, [BY_ID]), *things("things/id-gone"), alone=True)
        assert isinstance(found, ServiceError)
        assert found.missing
        assert sent(graph) == [LISTING.path, "/things/id-gone"]

    @pytest.mark.parametrize(
        "first",
        [
            refusal(403, "Authorization_RequestDenied"),
            refusal(404, "UnknownError"),
            NOT_FOUND,
            refusal(500, "InternalServerError"),
            Reply(200, None),
            Reply(200, []),
            Reply(200, "text"),
            Reply(200, {}),
            Reply(200, {"value": None}),
            Reply(200, {"value": {"id-a": {}}}),
            page(None),
            page("text"),
            page({"name": "a"}),
            page({"id": None, "name": "a"}),
            page({"id": ["a"], "name": "a"}),
            page(thing("a"), {"id": 7}),
            page(thing("a"), following=7),
            page(thing("a"), following=["x"]),
            page(thing("a"), following="https://[broken"),
        ],
        ids=lambda reply: f"{reply.status} {reply.body}"[:60],
    )
    def test_a_list_that_is_broken_answers_nothing(self, first: Outcome) -> None:
        """Nothing is concluded from it: every object is read by itself."""
        graph = self.graph(first)
        desk = Desk(graph, [BY_ID])
        assert read(desk, *things("things/id-a", "things/id-b")) == [thing("a", own=True), thing("b", own=True)]
        assert sorted(sent(graph)) == ["/things/id-a", "/things/id-b", LISTING.path]
        read(desk, *things("things/id-c"))
        assert sent(graph).count(LISTING.path) == 1

    @pytest.mark.parametrize(
        ("pages", "answers", "requests"),
        [
            ({"1": page(thing("b"))}, True, 2),
            ({"1": page(following=f"{ROOT}/things?$skiptoken=2"), "2": page(thing("b"))}, True, 3),
            ({"1": page(thing("b"), following="")}, True, 2),
            ({"1": refusal(403, "Authorization_RequestDenied")}, False, 2),
            ({"1": NOT_FOUND}, False, 2),
            ({"1": Reply(200, {"odd": 1})}, False, 2),
            ({"1": page(thing("b"), following=f"{ROOT}/things?$skiptoken=1")}, False, 2),
            ({"1": page(thing("b"), following=f"{ROOT}{LISTING.path}")}, False, 2),
        ],
        ids=["a page", "an empty page between", "an empty link", "denied", "gone", "odd", "leads to itself", "leads to the beginning"],
    )
    def test_a_list_of_several_pages_counts_as_a_whole_or_not_at_all(self, pages: dict[str, Outcome], answers: bool, requests: int) -> None:
        following = {f"/things?$skiptoken={number}": outcome for number, outcome in pages.items()}
        graph = self.graph(page(thing("a"), following=f"{ROOT}/things?$skiptoken=1"), following)
        desk = Desk(graph, [BY_ID])
        own = {} if answers else {"own": True}
        assert read(desk, *things("things/id-a", "things/id-b")) == [thing("a", **own), thing("b", **own)]
        assert len(graph.sent) == requests + (0 if answers else 2)

    def test_a_link_cannot_lead_to_another_server(self) -> None:
        graph = self.graph(page(thing("a"), following="https://evil.example/v1.0/things?$skiptoken=1"), {"/things?$skiptoken=1": page()})
        assert read(Desk(graph, [BY_ID]), *things("things/id-a")) == [thing("a")]
        assert sent(graph) == [LISTING.path, "/things?$skiptoken=1"]

    def test_a_list_answers_what_was_read_of_it_before(self) -> None:
        """Whoever asks for the list itself gets its pages, and it is read once."""
        graph = self.graph(page(thing("a")))
        desk = Desk(graph, [BY_ID])
        assert read(desk, LISTING) == [{"value": [thing("a")]}]
        assert read(desk, *things("things/id-a")) == [thing("a")]
        assert sent(graph) == [LISTING.path]


def query(name: str, *values: str, path: str = "/users", select: str = "id,mail") -> Request:
    (request,) = requests_by(path, name, select, values)
    return request


def by_ids(*ids: str, types: Sequence[str] = ("user",)) -> Request:
    return Request("POST", "/directoryObjects/getByIds", {"ids": list(ids), "types": list(types)}, only_asks=True)


class TestQueriesByValue:
    """Queries of objects by the values of a property are combined, and everyone gets their own part."""

    def directory(self, *, odd: Callable[[Request], Outcome | None] = lambda _request: None) -> FakeGraph:
        """Every value finds one object, except for those that begin with "no"."""

        def answer(request: Request) -> Outcome:
            asked = by_value(request)
            if asked is None:
                return Reply()
            name = "id" if request.method == "POST" else asked.family[1]
            found = [{"id": f"id-{value}", "mail": "?", name: value.upper()} for value in asked.values if not value.startswith("no")]
            return odd(request) or Reply(200, {"value": found})

        return FakeGraph(answer)

    def values(self, graph: FakeGraph) -> list[tuple[str, ...]]:
        return [asked.values for request in graph.sent if (asked := by_value(request))]

    def found(self, bodies: Iterable[Any], name: str = "mail") -> list[list[str]]:
        return [[member[name] for member in body["value"]] for body in bodies]

    @pytest.mark.parametrize(
        "values",
        ["a", "It's", "O'Neil''s", "a,b", "a&b=c", "50% (x)", "Ünï@ö.example", "ab#EXT#@x", "a+b", "a/b?c", "'", "''"],
    )
    def test_any_text_is_found_again(self, values: str) -> None:
        graph = self.directory()
        bodies = read(Desk(graph), query("mail", values), query("mail", "other", values), query("mail", "another"))
        assert self.found(bodies) == [[values.upper()], ["OTHER", values.upper()], ["ANOTHER"]]
        assert self.values(graph) == [(values.lower(), "other", "another")]

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (query("mail", "a"), query("userPrincipalName", "a")),
            (query("mail", "a"), query("mail", "a", select="id")),
            (query("mail", "a"), query("mail", "a", path="/groups")),
            (by_ids("a"), by_ids("a", types=["group"])),
        ],
        ids=["property", "selection", "kind", "types"],
    )
    def test_different_queries_are_not_mixed(self, first: Request, second: Request) -> None:
        graph = self.directory()
        read(Desk(graph), first, second, first)
        assert sorted(request.key for request in graph.sent) == sorted([first.key, second.key])

    @pytest.mark.parametrize(("number", "queries"), [(1, 1), (15, 1), (16, 2), (45, 3), (46, 4)])
    def test_the_fewest_queries(self, number: int, queries: int) -> None:
        graph = self.directory()
        bodies = read(Desk(graph), *(query("mail", f"{value}@x", f"no{value}@x") for value in range(number)))
        assert self.found(bodies) == [[f"{value}@X"] for value in range(number)]
        assert len(self.values(graph)) == -(-2 * number // 15)
        assert queries <= len(self.values(graph))

    def test_only_what_is_not_known_is_asked_for(self) -> None:
        graph = self.directory()
        desk = Desk(graph)
        for asked in (by_ids("a", "b"), by_ids("b", "noC"), by_ids("a", "noC", "d")):
            read(desk, asked)
        assert self.values(graph) == [("a", "b"), ("noc",), ("d",)]
        assert self.found(read(desk, by_ids("noc"), by_ids("D", "B", "d")), "id") == [[], ["D", "B"]]

    ODD: ClassVar = {
        "refused": refusal(400, "BadRequest"),
        "denied": refusal(403, "Authorization_RequestDenied"),
        "broken": refusal(500, "InternalServerError"),
        "another page": page({"id": "1", "mail": "a"}, following=f"{ROOT}/users?$skiptoken=1"),
        "a stranger": page({"id": "1", "mail": "stranger"}),
        "without the property": page({"id": "1"}),
        "no object": page(None),
        "no list": Reply(200, {"value": None}),
        "nothing": Reply(200, None),
    }

    @pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
    def test_a_combined_query_that_is_refused_is_sent_in_its_parts(self, odd: Outcome) -> None:
        """And no such query is combined again, but others are."""
        graph = self.directory(odd=lambda request: odd if "mail%20in" in request.path else None)
        desk = Desk(graph)
        wanted = [query("mail", "a"), query("mail", "b"), by_ids("a"), by_ids("b")]
        bodies = read(desk, *wanted)
        assert self.found(bodies[:2]) == [["A"], ["B"]]
        assert self.found(bodies[2:], "id") == [["A"], ["B"]]
        assert self.values(graph) == [("a", "b"), ("a", "b"), ("a",), ("b",)]
        assert self.found(read(desk, query("mail", "c"), query("mail", "d"))) == [["C"], ["D"]]
        assert self.values(graph)[4:] == [("c",), ("d",)]

    @pytest.mark.parametrize("number", [1, 2])
    def test_a_query_that_is_refused_itself_is_the_failure_of_whoever_asks(self, number: int) -> None:
        graph = self.directory(odd=lambda _request: refusal(403, "Authorization_RequestDenied"))
        desk = Desk(graph)
        wanted = [query("mail", f"{value}") for value in range(number)]
        outcomes = read(desk, *wanted, alone=True)
        assert [status(outcome) for outcome in outcomes] == [403] * number
        count = len(graph.sent)
        read(desk, *wanted, alone=True)
        assert len(graph.sent) == count <= 1 + 2 * number

    def test_an_odd_answer_is_left_to_whoever_asked_for_it(self) -> None:
        odd = {"value": [{"id": "1", "mail": "stranger"}]}
        graph = self.directory(odd=lambda _request: Reply(200, odd))
        assert read(Desk(graph), query("mail", "a")) == [odd]
        assert len(graph.sent) == 1


class TestForesight:
    """What follows from an answer is sent before somebody asks for it."""

    def desk(self, graph: FakeGraph) -> Desk:
        def foresee(request: Request, _body: Any) -> list[Request]:
            return things(*{"/a": ["b", "c"], "/b": ["d"]}.get(request.path, []))

        desk = Desk(graph)
        desk.foresee = foresee
        return desk

    def test_a_chain(self) -> None:
        graph = FakeGraph(echo)
        desk = self.desk(graph)
        desk.expect(things("a"))
        for path in ("a", "b", "c", "d"):
            read(desk, *things(path))
        assert sent(graph) == ["/a", "/b", "/c", "/d"]
        assert [len(batch) for batch in graph.batches] == [2]

    def test_nothing_follows_from_a_failure(self) -> None:
        graph = FakeGraph(Script({}))
        desk = self.desk(graph)
        desk.expect(things("a"))
        read(desk, *things("a", "x"))
        assert sorted(sent(graph)) == ["/a", "/x"]

    def test_what_is_known_is_not_sent_again(self) -> None:
        graph = FakeGraph(echo)
        desk = self.desk(graph)
        read(desk, *things("b"))
        desk.expect(things("a", "b"))
        desk.expect(things("a", "b"))
        for path in ("a", "b", "c", "d"):
            read(desk, *things(path))
        assert sorted(sent(graph)) == ["/a", "/b", "/c", "/d"]

    def test_what_follows_from_a_list_that_is_known(self) -> None:
        """The next links of a tenant begin with the lists of the first ones."""
        graph = FakeGraph(lambda request: page(thing("a")) if request == LISTING else echo(request))
        desk = Desk(graph, [BY_ID])
        for name in ("first", "second"):
            desk.foresee = lambda request, _body, name=name: things(name) if request == LISTING else ()  # type: ignore[misc]
            desk.expect([LISTING])
            read(desk, *things("things/id-a", name))
            desk.rest()
        assert sent(graph) == [LISTING.path, "/first", "/second"]


class Body(dict[str, Any]):
    """A body of which a test can see whether it is still held."""


class TestMemory:
    """What nobody waits for is not held."""

    def graph(self) -> tuple[FakeGraph, Callable[[], set[str]]]:
        bodies: weakref.WeakValueDictionary[str, Body] = weakref.WeakValueDictionary()

        def answer(request: Request) -> Outcome:
            bodies[request.path] = body = Body(path=request.path, value=[])
            return Reply(200, body)

        def held() -> set[str]:
            gc.collect()
            return set(bodies)

        return FakeGraph(answer), held

    def test_an_outcome_is_held_until_the_last_who_asked_has_left(self) -> None:
        graph, held = self.graph()
        desk = Desk(graph)
        shared, own = things("shared"), things("own")
        desk.ask([*shared, *own])
        desk.ask(shared)
        read(desk, *shared, *own)
        assert held() == {"/shared", "/own"}
        desk.leave([*shared, *own])
        assert held() == {"/shared"}
        desk.leave(shared)
        assert held() == set()

    def test_a_list_is_held(self) -> None:
        graph, held = self.graph()
        desk = Desk(graph, [BY_ID])
        asked = [LISTING, *things("things/id-a")]
        desk.ask(asked)
        read(desk, *asked)
        desk.leave(asked)
        desk.rest()
        assert held() == {LISTING.path}

    def test_what_was_read_in_vain_is_discarded_at_the_end(self) -> None:
        graph, held = self.graph()
        desk = Desk(graph)
        desk.foresee = lambda request, _body: things("vain", "late") if request.path == "/a" else ()
        wanted = things("a")
        desk.ask(wanted)
        read(desk, *wanted)
        desk.send(1)
        desk.leave(wanted)
        assert held() == {"/vain"}
        desk.rest()
        assert held() == set()
        desk.send(SLICE)
        assert "/late" not in sent(graph)

    def test_what_was_derived_is_discarded_at_the_end(self) -> None:
        graph, held = self.graph()
        desk = Desk(graph)
        wanted = things("a")
        desk.ask(wanted)
        lengths: list[int] = []

        def length(body: Any) -> int:
            lengths.append(len(body))
            return len(body)

        for _time in range(2):
            assert graph.derived(length, read(desk, *wanted)[0]) == 2
        assert len(lengths) == 1
        desk.leave(wanted)
        assert held() == {"/a"}
        desk.rest()
        assert held() == set()


class TestOwners:
    @pytest.mark.parametrize("owner", ["id", None])
    def test_each_name_is_asked_for_once(self, owner: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        graph = FakeGraph(echo)

        def owner_of(name: str) -> str | None:
            asked.append(name)
            return owner

        monkeypatch.setattr(graph, "owner_of", owner_of)
        desk = Desk(graph)
        assert [desk.owner_of(name) for name in ("a.example", "b.example", "a.example")] == [owner] * 3
        assert asked == ["a.example", "b.example"]

    def test_nobody_waits_for_the_same_failure_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []

        def fail(name: str) -> str | None:
            asked.append(name)
            if name == "known.example":
                return "id"
            raise Unreachable("GET", "https://login", "no answer")

        graph = FakeGraph(echo)
        monkeypatch.setattr(graph, "owner_of", fail)
        desk = Desk(graph)
        assert desk.owner_of("known.example") == "id"
        for name in ("a.example", "a.example", "b.example"):
            with pytest.raises(Unreachable):
                desk.owner_of(name)
        assert desk.owner_of("known.example") == "id"
        assert asked == ["known.example", "a.example"]
