# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a plan: order, ids that are learnt on the way, waits, batches, and where it stops (facts F7, F14, F24)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, ClassVar
from unittest.mock import Mock

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import plan as planning
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.apply import Interrupted, apply, await_state
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure, ServiceError, Uncertain
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import (
    NEW_ID,
    Action,
    Conflict,
    HalfDone,
    Pace,
    Plan,
    Refusal,
    Wait,
    listed,
    present,
)
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, THROTTLED, FakeGraph, Lost, Reply, Script, refusal

FORBIDDEN = refusal(403, "Authorization_RequestDenied")
CONFLICT = refusal(409, "Conflict")


def action(path: str, method: str = "POST", verb: str = "create", **rest: Any) -> Action:
    requests = rest.pop("requests", (Request(method, path, rest.pop("body", None)),))
    return Action(verb, f"thing {path}", "tenant", requests, **rest)


def carry_out(script: dict[str, Any], *actions: Action, longest: float = 60) -> tuple[FakeGraph, Pace, list[Action]]:
    clock = FakeClock()
    graph, pace = FakeGraph(Script(script), clock=clock), clock.pace(longest)
    return graph, pace, apply(Plan({}, {}, {}, actions), graph, pace)


def interrupted(script: dict[str, Any], *actions: Action, longest: float = 60) -> tuple[FakeGraph, Pace, Interrupted]:
    clock = FakeClock()
    graph, pace = FakeGraph(Script(script), clock=clock), clock.pace(longest)
    with pytest.raises(Interrupted) as caught:
        apply(Plan({}, {}, {}, actions), graph, pace)
    return graph, pace, caught.value


class TestOrder:
    def test_actions_in_order_and_requests_within_them(self) -> None:
        two = action("/b", requests=(Request("POST", "/b/test"), Request("PUT", "/b")))
        graph, pace, done = carry_out(
            {"POST /a": Reply(), "POST /b/test": Reply(204), "PUT /b": Reply(204), "DELETE /c": Reply(204)},
            action("/a"),
            two,
            action("/c", "DELETE", "delete"),
        )
        assert graph.writes == ["POST /a", "POST /b/test", "PUT /b", "DELETE /c"]
        assert [str(action) for action in done] == ["create thing /a", "create thing /b", "delete thing /c"]
        assert pace.waited == 0

    def test_nothing_to_do(self) -> None:
        graph, _pace, done = carry_out({})
        assert (graph.sent, done) == ([], [])

    def test_requests_are_made_anew_right_before_they_are_sent(self) -> None:
        """For what has no ETag (fact F17). Whoever planned first may have been overtaken by the actions before, too."""
        sent: list[int] = []

        def anew(client: Client) -> tuple[Request, ...]:
            sent.append(len(client.sent) if isinstance(client, FakeGraph) else -1)
            return (Request("PUT", "/new", {"x": 1}),)

        script = {"POST /a": Reply(201, {"id": "a"}), "PUT /new": Reply(204)}
        graph, _pace, done = carry_out(script, action("/a"), action("/old", refresh=anew), action("/old", refresh=lambda _client: ()))
        assert graph.writes == ["POST /a", "PUT /new"]
        assert sent == [1]
        assert len(done) == 3

    def test_nothing_after_the_first_failure(self) -> None:
        graph, _pace, stop = interrupted(
            {"POST /a": Reply(), "POST /b": FORBIDDEN, "POST /c": Reply()}, action("/a"), action("/b"), action("/c")
        )
        assert graph.writes == ["POST /a", "POST /b"]
        assert str(stop.action) == "create thing /b"
        assert [str(action) for action in stop.done] == ["create thing /a"]
        assert isinstance(stop.cause, ServiceError)

    def test_an_interruption_says_its_cause_and_counts_the_writes_of_its_own_action(self) -> None:
        """With them, a message can say that a change was made in part."""
        parts = (Request("POST", "/b/1"), Request("POST", "/b/2"), Request("POST", "/b/3"))
        script = {"POST /a": Reply(), "POST /b/1": Reply(), "POST /b/2": Reply(), "POST /b/3": FORBIDDEN}
        _graph, _pace, stop = interrupted(script, action("/a"), action("/b", requests=parts))
        assert (str(stop), stop.writes) == (str(stop.cause), 2)
        assert Interrupted(action("/a"), GraphFailure("no"), ()).writes == 0

    def test_the_actions_done_are_added_to_those_of_the_caller(self) -> None:
        done: list[Action] = []
        assert apply(Plan({}, {}, {}, (action("/a"),)), FakeGraph(Script({"POST /a": Reply()})), FakeClock().pace(), done) is done
        assert len(done) == 1

    def test_an_action_remembers_when_the_service_had_done_it(self) -> None:
        """By the clock of the service, because events that follow are compared with it."""
        headers = {"Date": "Thu, 05 Mar 2026 10:00:00 GMT"}
        _graph, _pace, done = carry_out({"POST /a": Reply(headers=headers), "POST /b": Reply()}, action("/a"), action("/b"))
        assert [one.answered for one in done] == [datetime(2026, 3, 5, 10, tzinfo=timezone.utc), None]


class TestRefreshing:
    """What has no ETag is read again right before it is written (fact F17)."""

    def test_what_is_sent_is_made_right_before(self) -> None:
        seen: list[list[str]] = []

        def refresh(client: Client) -> tuple[Request, ...]:
            seen.append([f"{request.method} {request.path}" for request in client.sent])  # type: ignore[attr-defined]
            return (Request("PUT", "/b", client.get("/b")),)

        script = {"POST /a": Reply(), "GET /b": Reply(200, {"now": 1}), "PUT /b": Reply(204)}
        graph, _pace, done = carry_out(script, action("/a"), action("/b", body={"then": 0}, refresh=refresh))
        assert seen == [["POST /a"]]
        assert graph.sent[-1] == Request("PUT", "/b", {"now": 1})
        assert len(done) == 2

    def test_a_refusal_stops_the_run_and_keeps_the_actions_done(self) -> None:
        def refresh(_client: Client) -> tuple[Request, ...]:
            raise Refusal("another process was here")

        graph, _pace, stop = interrupted({"POST /a": Reply(), "PUT /b": Reply(204)}, action("/a"), action("/b", refresh=refresh))
        assert graph.writes == ["POST /a"]
        assert [str(action) for action in stop.done] == ["create thing /a"]
        assert str(stop.cause) == "another process was here"
        assert not stop.may_be_resolved_by_reading

    @pytest.mark.parametrize("planned", [True, False])
    def test_a_change_of_another_process_in_the_meantime_is_reported(self, planned: bool) -> None:
        seen = Wait("/b", present, as_planned=lambda body: body == {"ours": 1})
        body = {"ours": 1} if planned else {"ours": 1, "theirs": 2}
        _graph, _pace, done = carry_out({"POST /b": Reply(), "GET /b": Reply(200, body)}, action("/b", visible=seen))
        assert bool(done[0].note) is not planned


class TestGivingWay:
    """An object that two runs create at the same time."""

    @staticmethod
    def maker(note: str) -> Action:
        return action("/make", new_id_at="id", gives_way=lambda _client, answer, _pace: note and f"{note} {answer['id']}")

    def test_the_first_goes_on(self) -> None:
        graph, _pace, done = carry_out({"POST /make": Reply(201, {"id": "7"}), "POST /b": Reply()}, self.maker(""), action("/b"))
        assert graph.writes == ["POST /make", "POST /b"]
        assert done[0].note == ""

    def test_the_second_plans_again(self) -> None:
        graph, _pace, stop = interrupted({"POST /make": Reply(201, {"id": "7"}), "POST /b": Reply()}, self.maker("removed:"), action("/b"))
        assert graph.writes == ["POST /make"]
        assert stop.may_be_resolved_by_reading
        assert [action.note for action in stop.done] == ["removed: 7"]
        assert "removed: 7" in str(stop.cause)

    @pytest.mark.parametrize("failure", [Refusal("both were removed"), GraphFailure("both were removed")], ids=repr)
    def test_what_fails_then_is_the_cause(self, failure: Exception) -> None:
        def fails(_client: Client, _answer: Any, _pace: Pace) -> str:
            raise failure

        _graph, _pace, stop = interrupted({"POST /make": Reply(201)}, action("/make", gives_way=fails))
        assert str(stop.cause) == "both were removed"
        assert len(stop.done) == 1


class TestNewIds:
    def test_without_an_id_the_path_stays_as_it_is(self) -> None:
        path = f"/things/{NEW_ID}"
        graph, _pace, _done = carry_out({f"POST {path}": Reply()}, action(path))
        assert graph.writes == [f"POST {path}"]
        assert await_state(Wait(path, present), FakeGraph(Script({f"GET {path}": Reply(200, {})})), FakeClock().pace(0))

    def test_the_id_of_an_answer_is_used_in_later_paths(self) -> None:
        maker = action("/make", new_id_at="servicePrincipal.id")
        user = action(f"/sp/{NEW_ID}/jobs", body={"text": f"about {NEW_ID}"})
        last = action(f"/sp/{NEW_ID}/start")
        script = {
            "POST /make": Reply(201, {"servicePrincipal": {"id": "1"}, "application": {"id": "2"}}),
            "POST /sp/1/jobs": Reply(201, {"id": "3"}),
            "POST /sp/1/start": Reply(204),
        }
        graph, _pace, _done = carry_out(script, maker, user, last)
        assert graph.writes == ["POST /make", "POST /sp/1/jobs", "POST /sp/1/start"]
        assert graph.sent[1].body == {"text": f"about {NEW_ID}"}

    @pytest.mark.parametrize("body", [None, {}, {"servicePrincipal": None}])
    def test_an_answer_without_the_id_stops_the_run(self, body: Any) -> None:
        """The object was made, so going on with a made-up id would be wrong and repeating would make another."""
        maker = action("/make", new_id_at="servicePrincipal.id")
        later = {"POST /sp/None": Reply(), f"POST /sp/{NEW_ID}": Reply()}
        graph, _pace, _stop = interrupted({"POST /make": Reply(201, body), **later}, maker, action(f"/sp/{NEW_ID}"))
        assert graph.writes == ["POST /make"]


class TestWaiting:
    def test_until_it_can_be_read(self) -> None:
        maker = action("/make", new_id_at="id", visible=Wait(f"/things/{NEW_ID}", present))
        script = {"POST /make": Reply(201, {"id": "7"}), "GET /things/7": [NOT_FOUND, FORBIDDEN, CONFLICT, Reply(200, {})]}
        graph, pace, done = carry_out(script, maker)
        assert len(done) == 1
        assert graph.writes == ["POST /make"]
        assert len(graph.clock.sleeps) == 3
        assert pace.waited == pytest.approx(sum(graph.clock.sleeps))

    def test_a_collection_has_members(self) -> None:
        script = {"POST /make": Reply(201, {}), "GET /things": [Reply(200, {"value": []}), Reply(200, {"value": [1]})]}
        graph, _pace, _done = carry_out(script, action("/make", visible=Wait("/things", listed)))
        assert len(graph.clock.sleeps) == 1

    def test_an_unknown_route_of_a_new_object_is_not_there_yet(self) -> None:
        script = {"POST /make": Reply(), "GET /t": [refusal(404, "UnknownError"), Reply(200, {})]}
        graph, _pace, _done = carry_out(script, action("/make", visible=Wait("/t", present)))
        assert len(graph.clock.sleeps) == 1

    def test_all_pages_are_read_in_the_version_that_the_plan_names(self) -> None:
        more = {"value": [1], "@odata.nextLink": "https://graph.microsoft.com/beta/things?$skiptoken=2"}
        script = {"POST /make": Reply(), "GET /things": Reply(200, more), "GET /things?$skiptoken=2": Reply(200, {"value": [2]})}
        both = Wait("/things", lambda body: body == {"value": [1, 2]}, "beta")
        graph, _pace, _done = carry_out(script, action("/make", visible=both))
        assert [request.version for request in graph.sent] == ["v1.0", "beta", "beta"]

    @pytest.mark.parametrize("failure", [refusal(401, "UnknownError"), refusal(400, "Request_BadRequest")], ids=str)
    def test_another_error_while_waiting_stops_immediately(self, failure: Reply) -> None:
        script = {"POST /make": Reply(201, {}), "GET /things": failure}
        graph, _pace, _stop = interrupted(script, action("/make", visible=Wait("/things", present)))
        assert graph.clock.sleeps == []

    def test_a_change_that_never_becomes_visible_was_made_nevertheless(self) -> None:
        graph, pace, stop = interrupted(
            {"POST /a": Reply(), "POST /make": Reply(201, {})}, action("/a"), action("/make", visible=Wait("/things", present)), longest=20
        )
        assert pace.waited == pytest.approx(20)
        assert max(graph.clock.sleeps) < 7
        assert "cannot be read back; the service has not shown the change yet" in str(stop.cause)
        assert [str(action) for action in stop.done] == ["create thing /a", "create thing /make"]

    def test_the_waits_are_jittered(self) -> None:
        assert len({carry_out_wait() for _number in range(20)}) > 1

    def test_await_state_gives_up_in_time(self) -> None:
        clock = FakeClock()
        assert not await_state(Wait("/things", present), FakeGraph(Script({})), clock.pace(5))
        assert clock.now == pytest.approx(1005)

    @pytest.mark.parametrize(("longest", "at_least", "attempts"), [(0, 1, 1), (0, 3, 3), (0, 0, 1)])
    def test_the_fewest_attempts(self, longest: float, at_least: int, attempts: int) -> None:
        clock = FakeClock()
        assert len(list(clock.pace(longest).attempts(at_least))) == attempts
        assert clock.sleeps == []

    def test_one_attempt_is_the_default(self) -> None:
        assert len(list(FakeClock().pace(0).attempts())) == 1

    @pytest.mark.parametrize(("pick", "share"), [(min, 0.75), (max, 1.25)])
    def test_the_jitter_is_a_quarter(self, monkeypatch: pytest.MonkeyPatch, pick: Callable[[float, float], float], share: float) -> None:
        monkeypatch.setattr(planning, "_RANDOM", Mock(uniform=pick))
        clock = FakeClock()
        list(clock.pace(1).attempts())
        assert clock.sleeps[0] == pytest.approx(0.25 * share)

    def test_the_waits_become_longer_up_to_the_slowest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(planning, "_RANDOM", Mock(uniform=lambda _least, _most: 1.0))
        clock = FakeClock()
        assert len(list(clock.pace(8).attempts())) == 8
        assert clock.sleeps == pytest.approx([0.25, 0.4, 0.64, 1.024, 1.6384, 2.62144, 1.42616])


def carry_out_wait() -> float:
    return carry_out({"POST /make": Reply(), "GET /t": [NOT_FOUND, Reply(200, {})]}, action("/make", visible=Wait("/t", present)))[1].waited


class TestInsisting:
    """What may not happen by itself is asked for, once it does not happen soon."""

    SCRIPT: ClassVar[dict[str, Any]] = {
        "POST /a": Reply(),
        "GET /a": [NOT_FOUND, Reply(200, {})],
        "POST /make": Reply(),
        "PATCH /make": Reply(204),
    }

    @staticmethod
    def maker() -> Action:
        return action("/make", visible=Wait("/make", present), insists=Request("PATCH", "/make"))

    def test_not_if_it_happens_soon(self) -> None:
        script = {**self.SCRIPT, "GET /make": [NOT_FOUND, NOT_FOUND, Reply(200, {})]}
        graph, pace, done = carry_out(script, action("/a", visible=Wait("/a", present)), self.maker())
        assert graph.writes == ["POST /a", "POST /make"]
        assert len(done) == 2
        assert pace.waited == pytest.approx(sum(graph.clock.sleeps))

    @pytest.mark.parametrize(("longest", "soon"), [(60, 5), (2, 2)])
    def test_after_five_seconds_or_when_no_more_is_allowed(self, longest: float, soon: float) -> None:
        clock = FakeClock()
        asked: list[float] = []

        def answer(request: Request) -> Reply:
            if request.method == "PATCH":
                asked.append(clock.now)
            return Reply(200, {}) if asked or not request.reads else NOT_FOUND

        pace = clock.pace(longest)
        assert len(apply(Plan({}, {}, {}, (self.maker(),)), FakeGraph(answer, clock=clock), pace)) == 1
        assert asked == [pytest.approx(1000 + soon)]
        assert pace.waited == pytest.approx(soon)


class TestConflicts:
    """A 409 can pass, can be about this change itself, and can be about another object (facts F4, F70)."""

    PATH = "/servicePrincipals/1/synchronization/jobs"

    def changes(self, **rest: Any) -> Action:
        return action(self.PATH, visible=Wait("/jobs", listed, "beta"), **rest)

    def test_with_the_change_itself_it_is_done(self) -> None:
        page = {"value": [], "@odata.nextLink": "https://graph.microsoft.com/beta/jobs?$skiptoken=2"}
        script = {f"POST {self.PATH}": CONFLICT, "GET /jobs": Reply(200, page), "GET /jobs?$skiptoken=2": Reply(200, {"value": [1]})}
        graph, pace, done = carry_out(script, self.changes())
        assert graph.writes == [f"POST {self.PATH}"]
        assert {request.version for request in graph.sent if request.path == "/jobs"} == {"beta"}
        assert (len(done), pace.waited) == (1, 0)

    def test_without_a_read_that_shows_it_the_request_is_repeated(self) -> None:
        script = {
            f"POST {self.PATH}": [CONFLICT, CONFLICT, Reply()],
            "GET /jobs": [*[Reply(200, {"value": []})] * 2, Reply(200, {"value": [1]})],
        }
        graph, _pace, _done = carry_out(script, self.changes())
        assert graph.writes == [f"POST {self.PATH}"] * 3

    def test_only_a_409_is_one(self) -> None:
        """A new object that is refused for another reason is not there, whatever a read shows."""
        script = {f"POST {self.PATH}": [FORBIDDEN, Reply()], "GET /jobs": Reply(200, {"value": [1]})}
        graph, _pace, _done = carry_out(script, self.changes(follows_creation=True))
        assert graph.writes == [f"POST {self.PATH}"] * 2

    def test_an_object_that_a_read_names_is_the_cause(self) -> None:
        conflict = Conflict(lambda body: f"{len(body['value'])} other jobs", "nothing to see")
        script = {f"POST {self.PATH}": CONFLICT, "GET /jobs": Reply(200, {"value": []})}
        graph, _pace, stop = interrupted(script, self.changes(conflict=conflict))
        assert str(stop.cause) == "0 other jobs"
        assert graph.writes == [f"POST {self.PATH}"]

    @pytest.mark.parametrize("new", [False, True])
    def test_without_a_cause_it_is_expected_to_pass_five_times_for_an_old_object_and_always_for_a_new_one(self, new: bool) -> None:
        seen: list[Any] = []
        conflict = Conflict(seen.append, "nothing to see")
        script = {f"POST {self.PATH}": CONFLICT, "GET /jobs": FORBIDDEN}
        graph, _pace, stop = interrupted(script, self.changes(conflict=conflict, follows_creation=new))
        assert (str(stop.cause) == "nothing to see", len(graph.writes) == 6) == ((False, False) if new else (True, True))
        assert set(seen) == {None}


class TestPassingRefusals:
    """An object that this run has just made may be refused for a while (facts F4, F5, F14)."""

    @pytest.mark.parametrize(
        "refused", [NOT_FOUND, FORBIDDEN, CONFLICT, refusal(400, "Request_BadRequest", "Not a valid reference update")], ids=str
    )
    def test_of_a_new_object_are_repeated(self, refused: Reply) -> None:
        maker = action("/make", new_id_at="id")
        script = {"POST /make": Reply(201, {"id": "7"}), "POST /things/7": [refused, refused, Reply(204)]}
        graph, pace, _done = carry_out(script, maker, action(f"/things/{NEW_ID}"))
        assert graph.writes == ["POST /make", *["POST /things/7"] * 3]
        assert pace.waited > 0

    @pytest.mark.parametrize(
        "refused", [NOT_FOUND, FORBIDDEN, CONFLICT, refusal(400, "Request_BadRequest", "Not a valid reference update")], ids=str
    )
    def test_of_an_old_object_are_not(self, refused: Reply) -> None:
        graph, _pace, _stop = interrupted({"POST /things/7": [refused, Reply(204)]}, action("/things/7"))
        assert graph.writes == ["POST /things/7"]

    def test_a_conflict_of_the_synchronization_service_passes_always(self) -> None:
        path = "/servicePrincipals/1/synchronization/secrets"
        carry_out({f"PUT {path}": [CONFLICT, Reply(204)]}, action(path, "PUT"))

    def test_a_real_refusal_of_a_new_object_is_not_repeated(self) -> None:
        """An error with details reports a fault of the request itself."""
        maker = action("/make", new_id_at="id")
        script = {
            "POST /make": Reply(201, {"id": "7"}),
            "POST /things/7": [refusal(400, "Request_BadRequest", "no", ["InvalidValue"]), Reply()],
        }
        graph, _pace, _stop = interrupted(script, maker, action(f"/things/{NEW_ID}"))
        assert graph.writes == ["POST /make", "POST /things/7"]

    def test_a_code_that_passes_while_a_policy_spreads(self) -> None:
        script = {"POST /test": [refusal(400, "PolicyCheckFailure"), Reply(204)], "POST /other": [refusal(400, "Else"), Reply(204)]}
        carry_out(script, action("/test", passing_codes=("PolicyCheckFailure",)))
        interrupted(script, action("/other", passing_codes=("PolicyCheckFailure",)))

    def test_repeating_ends(self) -> None:
        path = "/servicePrincipals/1/synchronization/secrets"
        graph, pace, stop = interrupted({f"PUT {path}": CONFLICT}, action(path, "PUT"), longest=10)
        assert pace.waited == pytest.approx(10)
        assert isinstance(stop.cause, ServiceError)
        assert stop.cause.status == 409
        assert len(graph.writes) > 3


class TestDoneAlready:
    @pytest.mark.parametrize("verb", ["delete", "unassign"])
    def test_an_object_to_delete_may_be_missing_already(self, verb: str) -> None:
        _graph, _pace, done = carry_out({"DELETE /a": NOT_FOUND}, action("/a", "DELETE", verb))
        assert len(done) == 1

    @pytest.mark.parametrize("refused", [refusal(404, "UnknownError"), FORBIDDEN, refusal(401, "UnknownError")], ids=str)
    def test_another_refusal_of_a_deletion_is_one(self, refused: Reply) -> None:
        interrupted({"DELETE /a": refused}, action("/a", "DELETE", "delete"))

    def test_an_update_of_a_missing_object_is_a_failure(self) -> None:
        interrupted({"PATCH /a": NOT_FOUND}, action("/a", "PATCH", "update"))

    @pytest.mark.parametrize(
        "refused", [refusal(400, "Request_BadRequest", details=["InvalidUpdate"]), refusal(400, "InvalidUpdate")], ids=str
    )
    def test_done_codes(self, refused: Reply) -> None:
        carry_out({"POST /a": refused}, action("/a", done_codes=("InvalidUpdate",)))
        interrupted({"POST /a": refused}, action("/a", done_codes=("Other",)))


class TestUncertainty:
    def test_a_lost_answer_is_not_repeated(self) -> None:
        graph, _pace, stop = interrupted({"POST /a": [Lost(), Reply()]}, action("/a"))
        assert graph.writes == ["POST /a"]
        assert isinstance(stop.cause, Uncertain)
        assert stop.may_be_resolved_by_reading
        assert stop.may_be_repeated

    def test_an_object_that_must_not_be_created_twice_is_awaited_and_never_repeated(self) -> None:
        maker = action("/make", settled_by=Wait("/things", listed), uncertain_statuses=(404,))
        script = {"POST /make": NOT_FOUND, "GET /things": [Reply(200, {"value": []}), Reply(200, {"value": [1]})]}
        graph, _pace, stop = interrupted(script, maker)
        assert graph.writes == ["POST /make"]
        assert len(graph.clock.sleeps) == 1
        assert isinstance(stop.cause, Uncertain)
        assert stop.may_be_resolved_by_reading
        assert not stop.may_be_repeated

    @pytest.mark.parametrize("reading", [Lost(), refusal(500, "Fault"), refusal(401, "UnknownError")], ids=str)
    def test_the_actions_done_are_kept_even_if_the_state_cannot_be_determined(self, reading: Lost | Reply) -> None:
        maker = action("/make", settled_by=Wait("/things", listed))
        _graph, _pace, stop = interrupted({"POST /a": Reply(), "POST /make": Lost(), "GET /things": reading}, action("/a"), maker)
        assert isinstance(stop.cause, Uncertain)
        assert [str(action) for action in stop.done] == ["create thing /a"]

    @pytest.mark.parametrize(
        ("status", "resolved", "repeated"),
        [(400, True, False), (404, True, False), (409, True, True), (403, False, False), (429, False, False)],
    )
    def test_which_refusals_are_resolved_by_a_read(self, status: int, resolved: bool, repeated: bool) -> None:
        stop = Interrupted(action("/a"), ServiceError("POST", "/a", status, "Code", ""), ())
        assert (stop.may_be_resolved_by_reading, stop.may_be_repeated) == (resolved, repeated)


def assign(number: int, verb: str = "assign") -> Action:
    method, path = ("POST", f"/assign/{number}") if verb == "assign" else ("DELETE", f"/assign/{number}")
    return action(path, method, verb, batched=True, done_codes=("InvalidUpdate",))


class TestBatches:
    def test_neighbours_share_a_batch_and_the_order_is_kept(self) -> None:
        script = {"POST /first": Reply(), "POST /last": Reply(), **{f"POST /assign/{number}": Reply(201) for number in range(23)}}
        graph, _pace, done = carry_out(script, action("/first"), *(assign(number) for number in range(23)), action("/last"))
        # Both are sent at the same time, in any order.
        assert sorted(len(batch) for batch in graph.batches) == [3, 20]
        assert graph.writes[0] == "POST /first"
        assert graph.writes[-1] == "POST /last"
        assert len(done) == 25

    def test_different_actions_are_in_different_batches(self) -> None:
        """Nobody is unassigned while an assignment that keeps them in scope is missing."""
        script = {"POST /assign/0": Reply(201), "POST /assign/1": FORBIDDEN, "DELETE /assign/2": Reply(204)}
        graph, _pace, stop = interrupted(script, assign(0), assign(1), assign(2, "unassign"))
        assert [[request.path for request in batch] for batch in graph.batches] == [["/assign/0", "/assign/1"]]
        assert [str(done) for done in stop.done] == ["assign thing /assign/0"]
        script["POST /assign/1"] = Reply(201)
        graph, _pace, done = carry_out(script, assign(0), assign(1), assign(2, "unassign"))
        assert [len(batch) for batch in graph.batches] == [2, 1]
        assert len(done) == 3

    def test_all_are_tried_and_the_rest_is_not_lost(self) -> None:
        script = {f"POST /assign/{number}": Reply(201) for number in range(5)} | {"POST /assign/1": FORBIDDEN, "POST /last": Reply()}
        graph, _pace, stop = interrupted(script, *(assign(number) for number in range(5)), action("/last"))
        assert "POST /last" not in graph.writes
        assert str(stop.action) == "assign thing /assign/1"
        assert sorted(str(action) for action in stop.done) == [f"assign thing /assign/{number}" for number in (0, 2, 3, 4)]

    def test_an_action_whose_result_exists_already_is_done(self) -> None:
        script = {"POST /assign/0": refusal(400, "Request_BadRequest", details=["InvalidUpdate"]), "DELETE /assign/1": NOT_FOUND}
        _graph, _pace, done = carry_out(script, assign(0), assign(1, "unassign"))
        assert len(done) == 2

    @pytest.mark.parametrize("refused", [NOT_FOUND, refusal(400, "Request_BadRequest", "Not a valid reference update")], ids=str)
    def test_what_is_not_replicated_yet_is_repeated_alone(self, refused: Reply) -> None:
        """Fact F5: right after instantiate, 404 or 400 about the reference."""
        graph, pace, done = carry_out(
            {"POST /assign/0": Reply(201), "POST /assign/1": [refused, refused, Reply(201)]}, assign(0), assign(1)
        )
        assert [[request.path for request in batch] for batch in graph.batches] == [
            ["/assign/0", "/assign/1"],
            ["/assign/1"],
            ["/assign/1"],
        ]
        assert len(done) == 2
        assert pace.waited > 0

    def test_a_lost_item_is_not_repeated(self) -> None:
        graph, _pace, stop = interrupted({"POST /assign/0": Reply(201), "POST /assign/1": [Lost(), Reply(201)]}, assign(0), assign(1))
        assert graph.writes.count("POST /assign/1") == 1
        assert isinstance(stop.cause, Uncertain)

    def test_throttling_is_waited_for(self) -> None:
        graph, _pace, done = carry_out({"POST /assign/0": [THROTTLED, Reply(201)], "POST /assign/1": Reply(201)}, assign(0), assign(1))
        assert graph.clock.sleeps == [7]
        assert len(done) == 2

    @pytest.mark.parametrize("failure", [Lost(), Lost(certain=True), FORBIDDEN], ids=str)
    def test_a_batch_that_fails_as_a_whole_is_an_interruption_that_keeps_the_actions_done(self, failure: Lost | Reply) -> None:
        script = {"POST /first": Reply(), "POST /$batch": failure}
        _graph, _pace, stop = interrupted(script, action("/first"), assign(0), assign(1))
        assert [str(action) for action in stop.done] == ["create thing /first"]
        assert isinstance(stop.cause, GraphFailure)


class TestDescribing:
    def test_bodies_are_not_shown(self) -> None:
        described = action("/a", body={"value": "confidential"}, effects={"triggers_full_cycle": True})
        assert described.describe() == {
            "verb": "create",
            "object": "thing /a",
            "tenant": "tenant",
            "effects": {"triggers_full_cycle": True},
        }

    def test_an_operation_that_failed_half_way_says_why(self) -> None:
        assert str(HalfDone(GraphFailure("the third user failed"), {"users": 2})) == "the third user failed"

    def test_no_effects_are_left_out(self) -> None:
        assert "effects" not in action("/a").describe()
