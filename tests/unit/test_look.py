# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many pieces of work share the reads of a tenant: what is sent, and that everyone gets the answer that a read of its own would have."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.batch import find_all, outcomes_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request, Together
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.desk import Desk
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import (
    GraphFailure,
    ServiceError,
    SignInFailure,
    Unreachable,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.odata import requests_by
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.rounds import Group, run_together
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import Draft, Recalled, RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.shortcuts import Listing, by_value, combined
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import external_names, find_configuration, overview
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner import PARTNERS, paths
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.strangers import Stranger, described, inbound, outbound
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Lost, Outcome, Reply, Script, refusal

OTHER, THIRD, FOURTH = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2, 3))

Work = Callable[[Client], Any]


def together(desk: Desk, *work: Work) -> list[Any]:
    """The results of pieces of work; a failure of the service is a result."""

    def piece(one: Work) -> Callable[[Desk, Together], Any]:
        def run(at: Desk, others: Together) -> Any:
            try:
                return one(at.client.joining(others, Draft(at.run_cache), at.began))
            except GraphFailure as failure:
                return failure

        return run

    (results,) = run_together([Group(desk, [piece(one) for one in work])])
    return results


def get(*things: str) -> Work:
    """Reads one after another."""
    return lambda client: [client.get(f"/{thing}") for thing in things]


def echo(request: Request) -> Outcome:
    return Reply(200, {"path": request.path})


def sizes(graph: FakeGraph) -> list[int]:
    return [len(batch) for batch in graph.batches]


class TestRounds:
    def test_what_is_needed_at_the_same_time_is_sent_together(self) -> None:
        graph = FakeGraph(echo)
        results = together(Desk(graph), *(get(f"first/{number}", f"second/{number}") for number in range(45)))
        assert results == [[{"path": f"/first/{number}"}, {"path": f"/second/{number}"}] for number in range(45)]
        assert sorted(sizes(graph)) == [5, 5, 20, 20, 20, 20]

    def test_what_several_need_is_sent_once(self) -> None:
        graph = FakeGraph(echo)
        together(Desk(graph), *(get("same", f"own/{number}") for number in range(5)))
        assert [request.path for request in graph.sent] == ["/same", *(f"/own/{number}" for number in range(5))]

    def test_a_full_slice_does_not_wait_for_the_rest(self) -> None:
        """A hundred first reads are two slices. What the first slice leads to fills the batches of the second one."""
        graph = FakeGraph(echo)
        together(Desk(graph), *(get(f"first/{number}", f"second/{number}") for number in range(100)))
        assert len(sizes(graph)) == 200 / 20

    def test_a_single_read_is_sent_without_a_batch(self) -> None:
        graph = FakeGraph(echo)
        assert together(Desk(graph), get("only")) == [[{"path": "/only"}]]
        assert graph.batches == []

    def test_several_tenants_are_read_side_by_side_and_answered_in_order(self) -> None:
        graphs = [FakeGraph(echo, tenant=f"tenant{number}.example") for number in range(9)]

        def work(number: int) -> Callable[[Desk, Together], Any]:
            return lambda desk, others: desk.client.joining(others, RunCache(), 0.0).get(f"/{number}")["path"]

        groups = [Group(Desk(graph), [work(number)]) for number, graph in enumerate(graphs)]
        assert run_together(groups) == [[f"/{number}"] for number in range(9)]

    def test_a_fault_of_the_code_is_raised(self) -> None:
        with pytest.raises(ZeroDivisionError):
            together(Desk(FakeGraph(echo)), get("first"), lambda _client: 1 / 0)


class TestFailures:
    def test_what_fails_in_a_batch_is_read_by_itself_once_for_all(self) -> None:
        graph = FakeGraph(Script({"GET /odd": [refusal(400, "BadRequest"), Reply(200, {"id": 1})], "GET /even": Reply(200, {"id": 2})}))
        assert together(Desk(graph), get("odd"), get("odd"), get("even")) == [[{"id": 1}], [{"id": 1}], [{"id": 2}]]
        assert [request.path for request in graph.sent] == ["/odd", "/even", "/odd"]

    def test_what_batches_refuse_is_not_sent_in_one_again(self) -> None:
        refused = [refusal(400, "BadRequest"), Reply(200, {"id": 1})]
        graph = FakeGraph(Script({"GET /users/1/parts": refused, "GET /users/2/parts": Reply(200, {"id": 2}), "GET /x": Reply(200, {})}))
        together(Desk(graph), get("users/1/parts", "users/2/parts"), get("x", "x"))
        assert [[item.path for item in batch] for batch in graph.batches] == [["/users/1/parts", "/x"]]

    def test_a_failure_counts_for_all_who_ask(self) -> None:
        graph = FakeGraph(Script({"GET /denied": refusal(403, "Authorization_RequestDenied"), "GET /open": Reply(200, {})}))
        first, second, _third = together(Desk(graph), get("denied"), get("denied"), get("open"))
        assert isinstance(first, ServiceError)
        assert first is second
        assert [request.path for request in graph.sent].count("/denied") == 2

    def test_what_is_missing_is_missing_for_all(self) -> None:
        graph = FakeGraph(Script({"GET /open": Reply(200, {})}))
        found = together(Desk(graph), lambda client: client.find("/gone"), lambda client: client.find("/gone"), get("open"))
        assert found == [None, None, [{}]]
        assert [request.path for request in graph.sent].count("/gone") == 1

    def test_after_a_failed_sign_in_nothing_else_is_sent(self) -> None:
        failure = SignInFailure("contoso.kr", "client", (7000215,), "wrong secret")
        asked = []

        def answer(request: Request) -> Outcome:
            asked.append(request.path)
            raise failure

        results = together(Desk(FakeGraph(answer)), get("first", "second"), get("third"), get("fourth"))
        assert results == [failure] * 3
        assert len(asked) == 1

    def test_a_service_that_is_not_reached_is_not_asked_again(self) -> None:
        graph = FakeGraph(Script({"POST /$batch": Lost(certain=True)}))
        results = together(Desk(graph), get("first"), get("second"), get("third"))
        assert [type(result) for result in results] == [Unreachable] * 3
        assert graph.sent == []

    def test_a_single_read_that_is_lost_ends_nothing_for_others(self) -> None:
        graph = FakeGraph(Script({"GET /lost": Lost(), "GET /a": Reply(200, {"a": 1}), "GET /b": Reply(200, {"b": 1})}))
        lost, *others = together(Desk(graph), get("a", "lost"), get("a", "b"))
        assert isinstance(lost, Unreachable)
        assert others == [[{"a": 1}, {"b": 1}]]

    def test_reads_that_may_fail_are_not_repeated(self) -> None:
        """As in a batch of its own: `outcomes_of` repeats nothing."""
        graph = FakeGraph(Script({"GET /odd": refusal(400, "BadRequest"), "GET /even": Reply(200, {})}))
        things = [Request("GET", "/odd"), Request("GET", "/even")]
        ((odd, _even),) = together(Desk(graph), lambda client: outcomes_of(client, things))
        assert isinstance(odd, ServiceError)
        assert [request.path for request in graph.sent] == ["/odd", "/even"]


THINGS = Listing(
    Request("GET", "/things"), lambda member: member["id"], re.compile(r"/things/(\w+)"), lambda found: found[0] if found else None
)


class TestListings:
    def script(self, *pages: Any) -> FakeGraph:
        answers: dict[str, Any] = {"GET /things/c": Reply(200, {"id": "c"}), "GET /things/a": Reply(200, {"id": "a"})}
        for number, page in enumerate(pages):
            answers["GET /things" if not number else f"GET /things?$skiptoken={number}"] = page
        return FakeGraph(Script(answers))

    def read(self, graph: FakeGraph, *things: str) -> list[str]:
        desk = Desk(graph, [THINGS])
        found = together(desk, *(get(f"things/{thing}") for thing in things))
        assert found == [[{"id": thing}] for thing in things]
        return [request.path for request in graph.sent]

    def test_a_list_answers_for_its_members(self) -> None:
        assert self.read(self.script(Reply(200, {"value": [{"id": "a"}, {"id": "b"}]})), "a", "b") == ["/things"]

    def test_what_a_list_lacks_is_read_by_itself(self) -> None:
        """A list may lag behind (fact F14)."""
        assert self.read(self.script(Reply(200, {"value": [{"id": "a"}]})), "a", "c") == ["/things", "/things/c"]

    def test_a_list_is_read_to_its_end_first(self) -> None:
        first = Reply(200, {"value": [{"id": "a"}], "@odata.nextLink": "https://graph.microsoft.com/v1.0/things?$skiptoken=1"})
        assert self.read(self.script(first, Reply(200, {"value": [{"id": "b"}]})), "a", "b") == ["/things", "/things?$skiptoken=1"]

    @pytest.mark.parametrize(
        "answer",
        [refusal(403, "Authorization_RequestDenied"), Reply(200, {"unexpected": 1}), Reply(200, {"value": [{"no": "id"}]}), Reply(200, [])],
        ids=["denied", "no list", "odd member", "no object"],
    )
    def test_without_a_list_every_object_is_read_by_itself(self, answer: Outcome) -> None:
        assert sorted(self.read(self.script(answer), "a", "c")) == ["/things", "/things/a", "/things/c"]


class TestListsOfATenant:
    """The entry of a list is what a read of its own returns (facts F30, F52)."""

    ENTRY: ClassVar = {"tenantId": OTHER, "inboundTrust": None}
    POLICY: ClassVar = {"tenantId": OTHER, "userSyncInbound": {"isSyncAllowed": True}}

    def read(self, listed: Sequence[Any], *own: str) -> tuple[list[Any], list[str]]:
        answers = {f"GET {path}": Reply(200, {"own": path}) for path in own}
        graph = FakeGraph(Script({**answers, f"GET {overview.ALL_PARTNERS.path}": Reply(200, {"value": listed})}))
        desk = Desk(graph, overview.LISTINGS)
        (found,) = together(desk, lambda client: find_all(client, [Request("GET", path) for path in paths(OTHER)]))
        return found, [request.path for request in graph.sent]

    def test_an_entry_with_its_synchronization(self) -> None:
        found, sent = self.read([{**self.ENTRY, "identitySynchronization@odata.context": "x", "identitySynchronization": self.POLICY}])
        assert found == [self.ENTRY, self.POLICY]
        assert sent == [overview.ALL_PARTNERS.path]

    @pytest.mark.parametrize("expanded", [{}, {"identitySynchronization": None}])
    def test_an_expansion_that_is_missing_proves_nothing(self, expanded: dict[str, Any]) -> None:
        """Fact F44."""
        found, sent = self.read([{**self.ENTRY, **expanded}], paths(OTHER)[1])
        assert found == [self.ENTRY, {"own": paths(OTHER)[1]}]
        assert sent == [overview.ALL_PARTNERS.path, paths(OTHER)[1]]

    def test_a_configuration_by_id_and_by_name(self) -> None:
        listed = [{"id": OTHER, "displayName": "It's & To B"}, {"id": THIRD, "displayName": "To C"}]
        graph = FakeGraph(Script({f"GET {overview.ALL_CONFIGURATIONS.path}": Reply(200, {"value": listed})}))
        requested = [f"/servicePrincipals/{THIRD}{find_configuration.BY_ID}", find_configuration.by_name("it's & to b")]
        (found,) = together(Desk(graph, overview.LISTINGS), lambda client: [client.get(path) for path in requested])
        assert found == [listed[1], {"value": [listed[0]]}]
        assert len(graph.sent) == 1

    def test_the_whole_policy(self) -> None:
        listed = [{**self.ENTRY, "identitySynchronization": self.POLICY}, {"tenantId": THIRD}]
        graph = FakeGraph(Script({f"GET {overview.ALL_PARTNERS.path}": Reply(200, {"value": listed})}))
        (found,) = together(Desk(graph, overview.LISTINGS), lambda client: list(client.pages(PARTNERS)))
        assert found == [self.ENTRY, {"tenantId": THIRD}]


class TestQueriesByValue:
    def directory(self, request: Request) -> Outcome:
        """Users by name, as a service would find them; the letter z has nobody."""
        query = by_value(request)
        if query is None:
            return Reply()
        return Reply(200, {"value": [{"id": f"id-{value}", "mail": value.upper()} for value in query.values if value != "z"]})

    def search(self, *names: str) -> Work:
        def work(client: Client) -> list[str]:
            answers = [client.get(request.path) for request in requests_by("/users", "mail", "id,mail", names)]
            return [user["id"] for answer in answers for user in answer["value"]]

        return work

    def test_queries_of_several_are_one_query(self) -> None:
        graph = FakeGraph(self.directory)
        found = together(Desk(graph), self.search("a", "B"), self.search("b", "z"), self.search("c"))
        assert found == [["id-a", "id-b"], ["id-b"], ["id-c"]]
        assert [request.path for request in graph.sent] == [next(requests_by("/users", "mail", "id,mail", ["a", "b", "z", "c"])).path]

    def test_only_new_values_are_asked_for(self) -> None:
        graph = FakeGraph(self.directory)
        desk = Desk(graph)
        together(desk, self.search("a", "b"))
        together(desk, self.search("b", "c"))
        assert [by_value(request).values for request in graph.sent if by_value(request)] == [("a", "b"), ("c",)]  # type: ignore[union-attr]

    @pytest.mark.parametrize("odd", [Reply(200, {"value": [{"id": "x", "mail": "other"}]}), refusal(400, "BadRequest")])
    def test_what_cannot_be_taken_apart_is_asked_for_one_by_one(self, odd: Outcome) -> None:
        whole = next(requests_by("/users", "mail", "id,mail", ["a", "b"])).path
        graph = FakeGraph(lambda request: odd if request.path == whole else self.directory(request))
        assert together(Desk(graph), self.search("a"), self.search("b")) == [["id-a"], ["id-b"]]

    def test_a_thousand_ids_in_one(self) -> None:
        ids = [f"{number:032x}" for number in range(1001)]
        requests = combined(("/directoryObjects/getByIds", "user", "group"), ids)
        assert [len(request.body["ids"]) for request in requests] == [1000, 1]
        assert by_value(requests[0]) == by_value(Request("POST", "/directoryObjects/getByIds", requests[0].body, only_asks=True))

    @pytest.mark.parametrize(
        "path",
        [
            "/users?$select=id",
            "/users?$filter=mail%20ne%20'a'&$select=id&$top=999",
            "/users?$filter=mail%20eq%20'a'%20or%20mail%20eq%20'b'&$select=id&$top=999",
            "/users?$filter=mail%20eq%20'a'%20and%20userType%20eq%20'Guest'&$select=id&$top=999",
            "/users?$filter=mail%20eq%20null&$select=id&$top=999",
            external_names.FIRST.path,
            "/things",
        ],
    )
    def test_other_requests_are_left_alone(self, path: str) -> None:
        assert by_value(Request("GET", path)) is None


class TestDrafts:
    def test_nothing_is_written_before_it_is_published(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        below = RunCache(str(tmp_path))
        below.keep("old", "kept")
        draft = Draft(Recalled(below))
        draft.keep("new", "key")
        draft.discard("kept")
        assert (draft.recall("key"), draft.recall("kept"), below.recall("key"), below.recall("kept")) == ("new", None, None, "old")
        draft.publish()
        assert (below.recall("key"), below.recall("kept")) == ("new", None)

    def test_reads_are_shared_once_they_are_published(self, tmp_path: Path) -> None:
        """Until then, no later task finds them."""
        tmp_path.chmod(0o700)
        cache = RunCache(str(tmp_path))
        graph = FakeGraph(echo, run_cache=cache)
        graph.reads.share()
        graph.reads.keep_private()
        draft = Draft(Recalled(cache))

        def sent_by_a_later_task() -> int:
            task = FakeGraph(echo, run_cache=cache)
            task.reads.use_shared()
            task.reads.keep_private()
            task.get("/policies/x")
            return len(task.sent)

        class Others:
            def gather(self, requests: Sequence[Request], _alone: bool) -> Sequence[Any]:
                return [graph.send(request) for request in requests]

            def owner_of(self, _name: str) -> str | None:
                return None

        client = graph.joining(Others(), draft, graph.clock.time())
        client.reads.share()
        client.get("/policies/x")
        assert sent_by_a_later_task() == 1
        client.reads.publish()
        draft.publish()
        assert sent_by_a_later_task() == 0


class TestStrangers:
    LINKS = ((OTHER, "own.example", ("To own",)), ("own.example", THIRD, ("To third", "By hand")))

    def search(self, search: Callable[[Client, Any], list[Stranger]], answers: dict[str, Outcome]) -> tuple[list[Stranger], FakeGraph]:
        graph = FakeGraph(Script(answers), tenant="own.example")
        return search(graph, described(self.LINKS)["own.example"]), graph

    @pytest.mark.parametrize(
        ("partner", "allowed", "direct", "stranger"),
        [
            (OTHER, True, None, False),
            (THIRD, True, None, True),
            (THIRD, False, None, False),
            (THIRD, None, True, True),
            (THIRD, None, None, False),
        ],
        ids=["described", "allowed", "off", "only its own object shows it", "none"],
    )
    def test_partners_that_may_synchronize(self, partner: str, allowed: bool | None, direct: bool | None, stranger: bool) -> None:
        def policy(value: bool) -> dict[str, Any]:
            return {"userSyncInbound": {"isSyncAllowed": value}}

        entry = {"tenantId": partner, "identitySynchronization": None if allowed is None else policy(allowed)}
        answers: dict[str, Outcome] = {f"GET {overview.ALL_PARTNERS.path}": Reply(200, {"value": [entry]})}
        if direct is not None:
            answers[f"GET {paths(partner)[1]}"] = Reply(200, policy(direct))
        found, _graph = self.search(inbound, answers)
        assert bool(found) is stranger
        assert all(partner in one.text and "Tenant own.example" in one.text and one.id == partner for one in found)

    def test_configurations_that_synchronize_out(self) -> None:
        targets = {"To third": THIRD, "by hand": THIRD, "Second": THIRD, "To fourth": FOURTH, "New": None}
        listed = [{"id": name, "appId": name, "displayName": name} for name in targets]
        answers: dict[str, Outcome] = {f"GET {overview.ALL_CONFIGURATIONS.path}": Reply(200, {"value": listed})}
        for name, target in targets.items():
            bag = [{"key": "CompanyId", "value": target}] if target else []
            answers[f"GET /servicePrincipals/{name}/synchronization/secrets"] = Reply(200, {"value": bag})
        found, _graph = self.search(outbound, answers)
        assert [re.findall(r"'(.*?)'.* to tenant ([\w-]+)", one.text) for one in found] == [
            [("Second", THIRD)],
            [("To fourth", FOURTH)],
        ]
