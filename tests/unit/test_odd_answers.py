# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer that is not as documented: where it is found, what is reported, and that faults of this collection are not mistaken for it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.apply import Interrupted, apply
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.batch import send_all
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Answer, Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import OddAnswer, Uncertain, Unreachable
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Action, Inquiry, Plan, Resource, Wait
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import answer_forms
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.run import run
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, FakeGraph, Reply
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import new_job

Read = Callable[[Client, Mapping[str, Any]], dict[str, Any]]
STAYS = "run again, and report it if it stays"


def run_with(monkeypatch: pytest.MonkeyPatch, subject: Any, body: Any) -> dict[str, Any]:
    monkeypatch.setattr(engine, "connect", lambda *_unused: FakeGraph(lambda _request: Reply(200, body)))
    return run(subject, options("sync_job_info", configuration="Fabrikam"), False)


@pytest.mark.parametrize(
    ("body", "read", "lack"),
    [
        ({}, lambda body: body["value"], "it has no member value"),
        ({"value": [{}]}, lambda body: body["value"][0]["id"], "it has no member id"),
        ({"value": None}, lambda body: list(body["value"]), "a member has another form"),
        ({"value": "very-secret"}, lambda body: body["value"].items(), "a member has another form"),
        ({"value": []}, lambda body: body["value"][0], "a member has another form"),
        ({"value": "very-secret"}, lambda body: int(body["value"]), "a member has another form"),
        ({"value": {}}, lambda body: body["value"]["very-secret"], "a member has another form"),
    ],
)
def test_the_message(monkeypatch: pytest.MonkeyPatch, body: Any, read: Any, lack: str) -> None:
    def inquire(client: Client, _params: Mapping[str, Any]) -> dict[str, Any]:
        read(client.get("/things?$filter=very-secret"))
        return {}

    with pytest.raises(RunFailure) as caught:
        run_with(monkeypatch, Inquiry(inquire), body)
    assert caught.value.msg == f"Tenant {SOURCE}: the answer of GET /things is not as Microsoft documents it ({lack}); {STAYS}."
    assert caught.value.details["error"] == {"code": "OddAnswer"}


def test_the_requests_of_a_batch_are_named() -> None:
    graph = FakeGraph(lambda _request: Reply(200, {}))

    def read() -> None:
        with graph.reading():
            outcomes = send_all(graph, [Request("GET", f"/things/{number}?$top=1") for number in range(5)])
            [outcome.body["value"] for outcome in outcomes if isinstance(outcome, Answer)]

    with pytest.raises(OddAnswer) as caught:
        read()
    named = "one of the answers of GET /things/0, GET /things/1, GET /things/2 and 2 more"
    assert str(caught.value) == f"{named} is not as Microsoft documents it (it has no member value); {STAYS}"


def test_a_fault_of_a_planner_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(current: Any, _wanted: Any) -> Plan:
        raise KeyError(current["ours"])

    resource = Resource(lambda params: params, lambda client, _wanted: client.get("/things"), plan)
    with pytest.raises(KeyError, match="ours"):
        run_with(monkeypatch, resource, {})


def test_an_unexpected_answer_after_a_write() -> None:
    """The write was made and is reported."""
    action = Action("create", "thing", SOURCE, (Request("POST", "/things", {}),), visible=Wait("/things", lambda body: bool(body["value"])))
    graph = FakeGraph(lambda request: Reply(201, {"id": "1"}) if request.method == "POST" else Reply(200, {}))
    with pytest.raises(Interrupted) as caught:
        apply(Plan({}, {}, {}, (action,)), graph, graph.clock.pace())
    assert isinstance(caught.value.cause, OddAnswer)
    assert caught.value.done == (action,)


@pytest.mark.parametrize(
    "envelope",
    [
        None,
        [],
        "x",
        {},
        {"responses": None},
        {"responses": {"id": "0"}},
        {"responses": [None, {}, {"id": "x"}, {"id": "7", "status": 200}]},
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unexpected_batch_leaves_its_items_unanswered(envelope: Any, method: str) -> None:
    class Odd(FakeGraph):
        def _batch(self, request: Request) -> Answer:
            return Answer(200, envelope)

    for outcome in send_all(Odd(lambda _request: Reply()), [Request(method, "/a"), Request(method, "/b")]):
        assert isinstance(outcome, Unreachable if method == "GET" else Uncertain)


JOBS = Request("GET", "/servicePrincipals/sp/synchronization/jobs")
SCHEMA = Request("GET", "/servicePrincipals/sp/synchronization/jobs/Azure2Azure.1/schema")


def test_documented_jobs_and_schemas_are_accepted() -> None:
    assert answer_forms.lack(JOBS, {"value": [new_job()]}) is None
    assert answer_forms.lack(JOBS, {"value": []}) is None
    assert answer_forms.lack(SCHEMA, default_schema()) is None
    assert answer_forms.lack(Request("GET", "/users"), None) is None


@pytest.mark.parametrize(
    ("change", "lack"),
    [
        (lambda job: job.pop("id"), "value[0] has no id"),
        (lambda job: job.update(id=7), "value[0].id has another type"),
        (lambda job: job.update(status=[]), "value[0].status is not an object"),
        (lambda job: job["status"].update(progress={}), "value[0].status.progress is not a list"),
        (lambda job: job["status"].update(quarantine={"currentBegan": 7}), "value[0].status.quarantine.currentBegan has another type"),
    ],
)
def test_an_unexpected_job(change: Callable[[dict[str, Any]], Any], lack: str) -> None:
    job = copy.deepcopy(new_job())
    change(job)
    assert answer_forms.lack(JOBS, {"value": [job]}) == lack
