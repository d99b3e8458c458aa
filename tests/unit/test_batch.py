# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches: twenty at a time, each item with an outcome of its own (fact F25)."""

from __future__ import annotations

import json
import threading
import time
from email.utils import formatdate
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.batch import find_all, read_all, send_all
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Answer, Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure, ServiceError, Uncertain, Unreachable
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import (
    NOT_FOUND,
    SOURCE,
    THROTTLED,
    CountingCredential,
    FakeGraph,
    ListedTransport,
    Lost,
    Outcome,
    Reply,
    Script,
    refusal,
)


def reads(count: int) -> list[Request]:
    return [Request("GET", f"/things/{number}") for number in range(count)]


def writes(count: int) -> list[Request]:
    return [Request("POST", f"/things/{number}", {"number": number}) for number in range(count)]


def graph(outcomes: dict[str, Any], clock: FakeClock | None = None) -> FakeGraph:
    return FakeGraph(Script(outcomes), clock=clock)


def echo(request: Request) -> Outcome:
    return Reply(200, {"path": request.path})


class TestSendAll:
    @pytest.mark.parametrize(("count", "chunks"), [(0, []), (1, [1]), (20, [20]), (21, [20, 1]), (45, [20, 20, 5])])
    def test_twenty_at_a_time_in_the_order_given(self, count: int, chunks: list[int]) -> None:
        """FakeGraph answers a batch in reverse, as the service may."""
        client = FakeGraph(echo)
        outcomes = send_all(client, reads(count))
        assert [one.body["path"] for one in outcomes if isinstance(one, Answer)] == [f"/things/{number}" for number in range(count)]
        assert sorted((len(batch) for batch in client.batches), reverse=True) == chunks

    def test_what_a_batch_looks_like(self) -> None:
        transport = ListedTransport(
            [Reply(200, {"responses": [{"id": "0", "status": 200}, {"id": "1", "status": 201}, {"id": "2", "status": 204}]})]
        )
        client = Client(SOURCE, CLOUDS["global"], CountingCredential(), transport)
        send_all(client, [Request("GET", "/a?$top=1"), Request("POST", "/b", {"x": 1}, headers={"Prefer": "y"}), Request("DELETE", "/c")])
        method, url, options = transport.requests[0]
        assert (method, url) == ("POST", "https://graph.microsoft.com/v1.0/$batch")
        assert json.loads(options["data"]) == {
            "requests": [
                {"id": "0", "method": "GET", "url": "/a?$top=1"},
                {
                    "id": "1",
                    "method": "POST",
                    "url": "/b",
                    "body": {"x": 1},
                    "headers": {"Prefer": "y", "Content-Type": "application/json"},
                },
                {"id": "2", "method": "DELETE", "url": "/c"},
            ]
        }

    def test_each_item_has_its_own_outcome(self) -> None:
        client = graph({"POST /things/0": Reply(201, {"id": 1}), "POST /things/1": NOT_FOUND, "POST /things/2": refusal(500, "Fault")})
        made, missing, lost = send_all(client, writes(3))
        assert isinstance(made, Answer)
        assert made.body == {"id": 1}
        assert isinstance(missing, ServiceError)
        assert (missing.status, missing.path, missing.request_id) == (404, "/things/1", "inner-request")
        assert isinstance(lost, Uncertain)

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_broken_item_is_uncertain_for_a_write_and_an_error_for_a_read(self, status: int) -> None:
        client = graph({"POST /things/0": refusal(status, "Fault"), "GET /things/0": refusal(status, "Fault")})
        write, read = send_all(client, [*writes(1), *reads(1)])
        assert isinstance(write, Uncertain)
        assert isinstance(read, ServiceError)
        assert len(client.sent) == 2

    def test_only_throttled_items_are_sent_again(self) -> None:
        clock = FakeClock()
        client = graph({"POST /things/0": Reply(201), "POST /things/1": [THROTTLED, Reply(201)], "POST /things/2": NOT_FOUND}, clock)
        outcomes = send_all(client, writes(3))
        assert [getattr(one, "status", None) for one in outcomes] == [201, 201, 404]
        assert [[one.path for one in batch] for batch in client.batches] == [["/things/0", "/things/1", "/things/2"], ["/things/1"]]
        assert clock.sleeps == [7]

    def test_the_longest_retry_after_of_the_items_counts(self) -> None:
        clock = FakeClock()
        slow, slower = (refusal(429, "TooManyRequests", headers={"Retry-After": one}) for one in ("3", "11"))
        send_all(graph({"GET /things/0": [slow, Reply()], "GET /things/1": [slower, Reply()]}, clock), reads(2))
        assert clock.sleeps == [11]

    @pytest.mark.parametrize("form", ["HTTP header names have no case", "a date"])
    def test_an_items_retry_after_in_other_forms(self, form: str) -> None:
        headers = {"retry-after": "11"} if form != "a date" else {"Retry-After": formatdate(time.time() + 200, usegmt=True)}
        clock = FakeClock()
        send_all(graph({"GET /things/0": [refusal(429, "TooManyRequests", headers=headers), Reply()]}, clock), reads(1))
        assert clock.sleeps[0] > 10

    def test_an_items_retry_after_that_is_nonsense(self) -> None:
        clock = FakeClock()
        send_all(graph({"GET /things/0": [refusal(429, "TooManyRequests", headers={"Retry-After": "1.5"}), Reply()]}, clock), reads(1))
        assert len(clock.sleeps) == 1

    def test_an_item_throttled_for_ever_stays_an_error(self) -> None:
        clock = FakeClock()
        made, throttled = send_all(graph({"POST /things/0": Reply(201), "POST /things/1": THROTTLED}, clock), writes(2))
        assert isinstance(made, Answer)
        assert isinstance(throttled, ServiceError)
        assert throttled.status == 429
        assert len(clock.sleeps) == 5

    def test_an_item_without_an_answer(self) -> None:
        client = graph({"POST /things/0": Reply(201), "POST /things/1": Lost(), "GET /things/0": Lost()})
        made, write, read = send_all(client, [*writes(2), *reads(1)])
        assert isinstance(made, Answer)
        assert isinstance(write, Uncertain)
        assert isinstance(read, Unreachable)

    def test_a_lost_batch_leaves_every_item_uncertain_and_is_not_repeated(self) -> None:
        client = graph({"POST /$batch": [Lost(), Reply()]})
        outcomes = send_all(client, writes(3))
        assert [type(one) for one in outcomes] == [Uncertain] * 3
        assert client.sent == []

    @pytest.mark.parametrize("failure", [Lost(), Lost(certain=True), refusal(403, "Authorization_RequestDenied")], ids=str)
    def test_a_later_batch_that_fails_does_not_hide_what_the_first_did(self, failure: Outcome) -> None:
        """Both are sent at the same time, so the one that fails is known by what is in it."""

        def answer(request: Request) -> Outcome:
            if request.path != "/$batch":
                return Reply(201)
            return failure if len(request.body["requests"]) == 5 else Reply()

        outcomes = send_all(FakeGraph(answer), writes(25))
        assert [isinstance(one, Answer) for one in outcomes] == [True] * 20 + [False] * 5

    @pytest.mark.parametrize("body", [None, {}, {"responses": None}])
    def test_a_batch_answered_without_responses_is_uncertain(self, body: Any) -> None:
        client = Client(SOURCE, CLOUDS["global"], CountingCredential(), ListedTransport([Reply(200, body)]), FakeClock().patience(0))
        outcomes = send_all(client, writes(2))
        assert [type(one) for one in outcomes] == [Uncertain] * 2


class TestAtOnce:
    def test_four_are_under_way_and_the_next_wait_for_them(self) -> None:
        meeting = threading.Barrier(4, timeout=10)

        def answer(request: Request) -> Outcome:
            if request.path == "/$batch":
                # Whoever is alone here waits in vain.
                meeting.wait()
            return echo(request)

        outcomes = send_all(FakeGraph(answer), writes(160))
        assert [one.body["path"] for one in outcomes if isinstance(one, Answer)] == [f"/things/{number}" for number in range(160)]

    @pytest.mark.parametrize("said", ["0.8", "1.25"])
    def test_a_quota_that_is_nearly_used_up_is_not_exceeded(self, said: str) -> None:
        """One batch a second is what the quota refills (fact F19); a wave is over when the service first says so."""
        clock = FakeClock()
        client = FakeGraph(lambda request: Reply(200, {}, {"x-ms-throttle-limit-percentage": said}), clock=clock)
        assert len(send_all(client, writes(7 * 20))) == 140
        assert clock.sleeps == [1.0] * 3

    @pytest.mark.parametrize("said", ["0.79", "", "nonsense"])
    def test_there_is_no_waiting_for_nothing(self, said: str) -> None:
        clock = FakeClock()
        send_all(FakeGraph(lambda request: Reply(200, {}, {"X-MS-Throttle-Limit-Percentage": said}), clock=clock), writes(140))
        assert clock.sleeps == []

    def test_after_being_throttled_one_goes_at_a_time(self) -> None:
        clock = FakeClock()
        script = {f"POST /things/{number}": Reply(201, {}) for number in range(120)}
        client = graph({**script, "POST /things/5": [THROTTLED, Reply(201, {})]}, clock)
        assert all(isinstance(one, Answer) for one in send_all(client, writes(120)))
        assert clock.sleeps == [7.0, 1.0]
        assert sorted(len(batch) for batch in client.batches) == [1, *[20] * 6]


class TestReadAll:
    def test_one_read_needs_no_batch(self) -> None:
        client = FakeGraph(echo)
        assert [one.body for one in read_all(client, reads(1))] == [{"path": "/things/0"}]
        assert client.batches == []

    def test_nothing_to_read(self) -> None:
        assert read_all(FakeGraph(echo), []) == []

    @pytest.mark.parametrize(
        "inside",
        [refusal(404, "UnknownError"), refusal(400, "BadRequest"), refusal(500, "Fault"), refusal(424, "FailedDependency"), Lost()],
        ids=str,
    )
    def test_what_fails_inside_a_batch_is_read_separately(self, inside: Outcome) -> None:
        """Fact F26: synchronization endpoints are not proven in batches."""
        client = graph({"GET /things/0": Reply(200, {"n": 0}), "GET /things/1": [inside, Reply(200, {"n": 1})]})
        assert [one.body["n"] for one in read_all(client, reads(2))] == [0, 1]
        assert [one.path for one in client.sent] == ["/things/0", "/things/1", "/things/1"]

    def test_a_batch_that_is_lost_as_a_whole_is_read_one_by_one(self) -> None:
        client = graph({"POST /$batch": Lost(), "GET /things/0": Reply(200, {"n": 0}), "GET /things/1": Reply(200, {"n": 1})})
        assert [one.body["n"] for one in read_all(client, reads(2))] == [0, 1]

    def test_a_batch_that_is_not_found_as_a_whole_says_nothing_of_its_objects(self) -> None:
        """Otherwise everything in it would count as absent, and what is to be deleted as deleted."""
        client = graph({"POST /$batch": NOT_FOUND, "GET /things/0": Reply(200, {"n": 0}), "GET /things/1": NOT_FOUND})
        assert find_all(client, reads(2)) == [{"n": 0}, None]
        (outcome,) = send_all(client, [Request("DELETE", "/things/0")])
        assert isinstance(outcome, ServiceError)
        assert not outcome.missing

    def test_what_also_fails_separately_is_the_failure(self) -> None:
        client = graph({"GET /things/0": Reply(200, {}), "GET /things/1": refusal(403, "Authorization_RequestDenied")})
        with pytest.raises(GraphFailure, match="Authorization_RequestDenied"):
            read_all(client, reads(2))

    @pytest.mark.parametrize(("inside", "batches"), [(refusal(400, "BadRequest"), 1), (refusal(409, "Conflict"), 2), (Lost(), 2)], ids=str)
    def test_what_batches_refuse_is_not_put_into_them_again(self, inside: Outcome, batches: int) -> None:
        """Only a refusal is recorded: a temporary fault does not concern batches."""
        below = [Request("GET", "/principals/1/below/a"), Request("GET", "/principals/1/beside/b")]
        good = Reply(200, {})
        client = graph({"GET /principals/1/below/a": [inside, good], "GET /principals/1/beside/b": good})
        read_all(client, below)
        read_all(client, below)
        assert len(client.batches) == batches

    def test_what_batches_refuse_leaves_the_others_in_them(self) -> None:
        script = {f"GET /principals/{number}/{part}/a": Reply(200, {"n": number}) for number in range(3) for part in ("below", "beside")}
        client = graph({**script, "GET /principals/0/below/a": [refusal(400, "BadRequest"), Reply(200, {"n": 0})]})
        paths = [f"/principals/{number}/{part}/a" for number in range(3) for part in ("below", "beside")]
        read_all(client, [Request("GET", path) for path in paths[:2]])
        assert [one.body["n"] for one in read_all(client, [Request("GET", path) for path in paths[2:]])] == [1, 1, 2, 2]
        assert [[one.path for one in batch] for batch in client.batches[1:]] == [["/principals/1/beside/a", "/principals/2/beside/a"]]


class TestLookingOnce:
    def test_only_what_was_not_seen_goes_into_a_batch(self) -> None:
        client = FakeGraph(echo)
        client.reads.cache()
        client.get("/things/0")
        for _time in range(2):
            assert [one.body["path"] for one in read_all(client, reads(4))] == [f"/things/{number}" for number in range(4)]
        assert [[one.path for one in batch] for batch in client.batches] == [[f"/things/{number}" for number in (1, 2, 3)]]
        assert client.get("/things/3") == {"path": "/things/3"}
        assert len(client.sent) == 4

    def test_what_failed_is_read_again(self) -> None:
        client = graph({"GET /things/0": [refusal(500, "Busy"), Reply(200, {"a": 1})], "GET /things/1": Reply(200, {"a": 2})})
        client.reads.cache()
        for _time in range(2):
            assert [one.body for one in read_all(client, reads(2))] == [{"a": 1}, {"a": 2}]
        assert [one.path for one in client.sent] == ["/things/0", "/things/1", "/things/0"]


class TestFindAll:
    def test_what_is_not_there_is_none(self) -> None:
        client = graph({"GET /things/0": Reply(200, {"n": 0}), "GET /things/1": NOT_FOUND})
        assert find_all(client, reads(2)) == [{"n": 0}, None]
        assert len(client.sent) == 2

    def test_alone_it_is_the_same(self) -> None:
        assert find_all(graph({}), reads(1)) == [None]

    def test_an_unknown_route_inside_a_batch_is_no_absence(self) -> None:
        client = graph({"GET /things/0": Reply(200, {"n": 0}), "GET /things/1": [refusal(404, "UnknownError"), Reply(200, {"n": 1})]})
        assert find_all(client, reads(2)) == [{"n": 0}, {"n": 1}]

    def test_a_read_that_fails_is_no_absence(self) -> None:
        client = graph({"GET /things/0": Reply(200, {}), "GET /things/1": refusal(403, "Authorization_RequestDenied")})
        with pytest.raises(GraphFailure, match="Authorization_RequestDenied"):
            find_all(client, reads(2))
