# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of a run share of what they read: a plan that finds nothing to do may rest on it, a plan that writes never does."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.batch import find_all, outcomes_of, read_all, send_all
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import BATCH, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.read_cache import SECONDS, invalidate_all
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Inquiry, Pace
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import (
    configuration,
    external_names,
    job,
    link_comparison,
    partner,
    scope,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, SOURCE, TARGET, FakeGraph, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, PartnerService, SourceService, new_job

SECRET, TOKEN = "a-secret-of-the-task", "token-of-the-run"
CONNECTION = {"client_id": "11111111-1111-4111-8111-111111111111", "client_secret": SECRET}
THING, OTHER = "/servicePrincipals/1", "/servicePrincipals/2"
Answer = Callable[[Request], Outcome]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    private = tmp_path / "ansible-local"
    private.mkdir(mode=0o700)
    return private


class Tasks:
    """Clients of one run, each of a task of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.number = 0

    def answer(self, _request: Request) -> Outcome:
        """A new value for each read."""
        self.number += 1
        return Reply(200, {"number": self.number})

    def begin(self, answer: Answer | None = None, tenant: str = SOURCE, token: str = TOKEN) -> FakeGraph:
        """A task that has shared nothing yet."""

        def taken_apart(request: Request) -> Outcome:
            return Reply() if request.path == BATCH else (answer or self.answer)(request)

        return FakeGraph(taken_apart, tenant, self.clock, RunCache(str(self.folder)), token)

    def sharing(self, answer: Answer | None = None, **rest: Any) -> FakeGraph:
        """A task that shares what it reads."""
        client = self.begin(answer, **rest)
        client.reads.share()
        return client

    def resting(self, answer: Answer | None = None, **rest: Any) -> FakeGraph:
        """A task that uses the reads of other tasks."""
        client = self.begin(answer, **rest)
        client.reads.use_shared()
        return client

    def text(self) -> str:
        """Everything that is in the folder of the run."""
        return "".join(path.read_text(encoding="utf-8") for path in self.folder.iterdir())


@pytest.fixture
def tasks(folder: Path) -> Tasks:
    return Tasks(folder)


class TestSharing:
    def test_a_task_uses_the_reads_of_another_task(self, tasks: Tasks) -> None:
        assert tasks.sharing().get(THING) == {"number": 1}
        client = tasks.resting()
        assert client.get(THING) == {"number": 1}
        assert client.sent == []
        assert client.reads.read_afresh() is True
        assert client.get(THING) == {"number": 2}
        assert client.reads.read_afresh() is False

    def test_unless_somebody_shares_nothing_is_shared(self, tasks: Tasks) -> None:
        tasks.begin().get(THING)
        assert list(tasks.folder.iterdir()) == []
        client = tasks.resting()
        assert client.get(THING) == {"number": 2}
        assert client.reads.read_afresh() is False

    def test_without_a_folder_nothing_is_shared(self) -> None:
        first, second = FakeGraph(lambda _request: Reply(200, {})), FakeGraph(lambda _request: Reply(200, {}))
        first.reads.share()
        first.get(THING)
        second.reads.use_shared()
        second.get(THING)
        assert len(second.sent) == 1

    def test_a_task_that_only_asks_gives_nothing(self, tasks: Tasks) -> None:
        tasks.sharing()
        tasks.begin().get(THING)
        private = tasks.resting()
        private.reads.keep_private()
        private.get(THING)
        assert tasks.resting().get(THING) == {"number": 3}

    def test_a_task_gives_what_it_reads_after_it_rested(self, tasks: Tasks) -> None:
        tasks.sharing()
        tasks.resting().get(THING)
        assert tasks.resting().get(THING) == {"number": 1}

    def test_absence_and_questions_are_shared_and_batches_are_taken_apart(self, tasks: Tasks) -> None:
        question = Request("POST", "/directoryObjects/getByIds", {"ids": ["1"]}, only_asks=True)

        def answer(request: Request) -> Outcome:
            return NOT_FOUND if request.path == OTHER else tasks.answer(request)

        first = tasks.sharing(answer)
        bodies = find_all(first, [Request("GET", THING), Request("GET", OTHER)])
        assert first.send(question).body == {"number": 2}
        client = tasks.resting(answer)
        assert find_all(client, [Request("GET", THING), Request("GET", OTHER)]) == bodies == [{"number": 1}, None]
        assert [outcome.body for outcome in outcomes_of(client, [Request("GET", THING)]) if not isinstance(outcome, Exception)] == [
            {"number": 1}
        ]
        assert client.send(question).body == {"number": 2}
        assert client.sent == []
        other = Request("POST", "/directoryObjects/getByIds", {"ids": ["2"]}, only_asks=True)
        assert client.send(other).body == {"number": 3}

    @pytest.mark.parametrize(
        "reply",
        [
            pytest.param(Reply(200, {"value": [1], "@odata.nextLink": "https://graph.microsoft.com/v1.0/x?$skiptoken=2"}), id="a page"),
            pytest.param(Reply(200, {"value": list(range(999))}), id="a full page"),
            pytest.param(refusal(404, "UnknownError"), id="an unknown route"),
        ],
    )
    def test_long_collections_and_failures_are_not(self, tasks: Tasks, reply: Reply) -> None:
        for client in (tasks.sharing(lambda _request: reply), tasks.resting(lambda _request: reply)):
            send_all(client, [])
            outcomes_of(client, [Request("GET", THING)])
            assert len(client.sent) == 1

    @pytest.mark.parametrize(("shared", "sent"), [(0, 4), (1, 4), (2, 4), (3, 1), (4, 0)])
    def test_where_half_of_a_batch_must_be_read_all_of_it_is(self, tasks: Tasks, shared: int, sent: int) -> None:
        requests = [Request("GET", f"/groups/{number}") for number in range(4)]
        first = tasks.sharing()
        for request in requests[:shared]:
            first.send(request)
        client = tasks.resting()
        read_all(client, requests)
        assert len(client.sent) == sent
        assert client.reads.read_afresh() is (shared > 2)

    def test_time_ends_it(self, tasks: Tasks) -> None:
        tasks.sharing().get(THING)
        tasks.clock.now += SECONDS
        assert tasks.resting().get(THING) == {"number": 1}
        tasks.clock.now += 1
        assert tasks.resting().get(THING) == {"number": 2}
        tasks.clock.now -= 10 * SECONDS
        assert tasks.resting().get(THING) == {"number": 3}

    @pytest.mark.parametrize(
        "who",
        [
            pytest.param({"token": "of-another-application"}, id="another application"),
            pytest.param({"tenant": TARGET}, id="another tenant"),
            pytest.param({"tenant": "contoso.kr"}, id="the tenant by a domain"),
        ],
    )
    def test_others_find_nothing(self, tasks: Tasks, who: dict[str, Any]) -> None:
        tasks.sharing().get(THING)
        tasks.sharing(**who)
        assert tasks.resting(**who).get(THING) == {"number": 2}

    def test_the_id_of_a_tenant_has_no_case(self, tasks: Tasks) -> None:
        tasks.sharing().get(THING)
        assert tasks.resting(tenant=SOURCE.upper()).get(THING) == {"number": 1}


class TestKeys:
    """The key of a read is determined once, and is no part of the request."""

    @pytest.mark.parametrize(
        ("other", "equal"),
        [
            (Request("GET", "/things?$select=id"), True),
            (Request("GET", "/things?$select=id", only_asks=True), True),
            (Request("GET", "/things?$select=ID"), False),
            (Request("GET", "/things?$select=id", version="beta"), False),
            (Request("POST", "/things?$select=id", only_asks=True), False),
            (Request("GET", "/things?$select=id", {}), False),
        ],
        ids=["the same", "another mark", "path", "version", "method", "body"],
    )
    def test_reads_with_the_same_answer_have_the_same_key(self, other: Request, equal: bool) -> None:
        assert (Request("GET", "/things?$select=id").key == other.key) is equal

    def test_the_order_of_a_body_makes_no_difference(self) -> None:
        first, second = ({"ids": ["a"], "types": ["user"]}, {"types": ["user"], "ids": ["a"]})
        assert Request("POST", "/x", first, only_asks=True).key == Request("POST", "/x", second, only_asks=True).key

    def test_a_request_whose_key_is_known_is_the_same_request(self) -> None:
        known, new = (Request("POST", "/x", {"ids": ["a"]}, only_asks=True) for _number in range(2))
        key = known.key
        assert known.key is key
        assert known == new
        assert repr(known) == repr(new)
        assert dataclasses.asdict(known) == dataclasses.asdict(new)
        assert copy.copy(known) == new
        assert copy.deepcopy(known).key == key
        assert dataclasses.replace(known, path="/y").key == dataclasses.replace(new, path="/y").key != key


class TestWriting:
    READS = (THING, "/policies/crossTenantAccessPolicy/partners", "/groups/1")

    @pytest.mark.parametrize(
        ("write", "ended"),
        [
            (Request("PATCH", OTHER, {}), [THING]),
            (Request("POST", "/applicationTemplates/1/instantiate", {}), [THING]),
            (Request("DELETE", "/applications/1"), [THING]),
            (Request("PUT", "/policies/crossTenantAccessPolicy/partners/1", {}), [READS[1]]),
            (Request("POST", "/groups/2/members/$ref", {}), [*READS]),
            (Request("POST", "/directory/deletedItems/1/restore", {}), [*READS]),
        ],
        ids=lambda one: one.path if isinstance(one, Request) else "",
    )
    @pytest.mark.parametrize("batched", [False, True])
    def test_a_write_ends_what_was_read_of_its_area(self, tasks: Tasks, write: Request, ended: list[str], batched: bool) -> None:
        first = tasks.sharing()
        for path in self.READS:
            first.get(path)
        # A task that shares nothing itself, and signs in as somebody else.
        writer = tasks.begin(token="of-another-application")
        send_all(writer, [write]) if batched else writer.send(write)
        client = tasks.resting()
        for path in self.READS:
            client.get(path)
        assert [request.path for request in client.sent] == ended

    def test_a_write_in_another_tenant_ends_nothing(self, tasks: Tasks) -> None:
        tasks.sharing().get(THING)
        tasks.sharing(tenant=TARGET).send(Request("PATCH", THING, {}))
        assert tasks.resting().get(THING) == {"number": 1}

    def test_a_write_in_a_tenant_that_is_named_by_a_domain_ends_everything(self, tasks: Tasks) -> None:
        tasks.sharing().get(THING)
        tasks.begin(tenant="contoso.kr").send(Request("PATCH", "/policies/x", {}))
        assert tasks.resting().get(THING) == {"number": 3}

    def test_a_task_elsewhere_ends_everything(self, tasks: Tasks) -> None:
        tasks.sharing().get(THING)
        invalidate_all(RunCache(str(tasks.folder)))
        assert tasks.resting().get(THING) == {"number": 2}

    def test_a_write_that_fails_or_is_lost_ends_it_too(self, tasks: Tasks) -> None:
        tasks.sharing().get(THING)
        with pytest.raises(Exception, match="403"):
            tasks.begin(lambda _request: refusal(403, "Forbidden")).send(Request("PATCH", OTHER, {}))
        assert tasks.resting().get(THING) == {"number": 2}

    @pytest.mark.parametrize("written", ["while it is read", "before it is read"])
    def test_a_read_that_overlaps_with_a_write_is_not_used(self, tasks: Tasks, written: str) -> None:
        """Two links of a run work on the same tenant: in every order, no task uses an outdated read."""
        state = {"on": False}

        def write(_request: Request) -> Outcome:
            if written == "before it is read":
                # The write is under way: what is read now is the old state.
                reader.get(THING)
            state["on"] = True
            return Reply(204)

        def read(_request: Request) -> Outcome:
            seen = dict(state)
            if written == "while it is read":
                writer.send(Request("PATCH", THING, {}))
            return Reply(200, seen)

        reader, writer = tasks.sharing(read), tasks.begin(write)
        (reader.get(THING) if written == "while it is read" else writer.send(Request("PATCH", THING, {})))
        assert tasks.resting(lambda _request: Reply(200, dict(state))).get(THING) == {"on": True}


class TestSecrets:
    BAG = "/servicePrincipals/1/synchronization/secrets"

    @pytest.mark.parametrize(
        ("entry", "shared"),
        [
            ({"key": "CompanyId", "value": TARGET}, True),
            ({"key": "SyncNotificationSettings", "value": "{}"}, True),
            ({"key": "SecretToken", "value": "*"}, True),
            ({"key": "Password", "value": ""}, True),
            ({"key": "SecretToken", "value": "in-clear"}, False),
            ({"key": "NobodyKnows", "value": "in-clear"}, False),
        ],
    )
    def test_a_bag_with_a_value_that_may_be_secret_stays_out_of_the_folder(self, tasks: Tasks, entry: dict[str, str], shared: bool) -> None:
        reply = Reply(200, {"value": [{"key": "SyncAll", "value": "false"}, entry]})
        tasks.sharing(lambda _request: reply).get(self.BAG)
        client = tasks.resting(lambda _request: reply)
        client.get(self.BAG)
        assert (client.sent == []) is shared
        assert "in-clear" not in tasks.text()

    def test_no_token_and_no_secret_gets_into_the_folder(self, tasks: Tasks) -> None:
        def answer(request: Request) -> Outcome:
            return Reply(200, {"answers": request.method}) if request.method == "GET" else refusal(404, "NotFound", TOKEN)

        client = tasks.sharing(answer)
        client._token = TOKEN
        client.get(THING)
        outcomes_of(client, [Request("POST", OTHER, {"a": 1}, only_asks=True), Request("GET", THING)])
        assert "answers" in tasks.text()
        assert TOKEN not in tasks.text()
        assert {path.stat().st_mode & 0o777 for path in tasks.folder.iterdir()} == {0o600}


# Tasks of a link ------------------------------------------------------------------------------------------------------

MINSU = {"id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "minsu.kim@contoso.kr", "mail": "minsu.kim@contoso.kr"}
PARTNER = {"partner_tenant_id": TARGET, "redemption_outbound": True}
NAMED = {"configuration": "Fabrikam"}
STEPS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "policy": (partner.RESOURCE, "cross_tenant_policy", PARTNER),
    "configuration": (configuration.RESOURCE, "sync_configuration", {"name": "Fabrikam", "target_tenant_id": TARGET}),
    "mapping": (mapping.RESOURCE, "sync_mapping", {**NAMED, "company_name": "Contoso", "restart_job": False}),
    "scope": (scope.RESOURCE, "sync_scope", {**NAMED, "users": ["minsu.kim@contoso.kr"], "restart_job": False}),
    "job": (job.RESOURCE, "sync_job", NAMED),
}
LINK = {**NAMED, "target": {"tenant_id": TARGET}, "scope_users": ["minsu.kim@contoso.kr"], "company_name": "Contoso"}


class OneLink:
    """A link that runs, in a source and a target, and the tasks of one run that work on it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = FakeClock()
        self._folder = folder
        self._monkeypatch = monkeypatch
        self.service = SourceService([], [MINSU])
        self.policies = {SOURCE: PartnerService(), TARGET: PartnerService()}
        self.clients: list[FakeGraph] = []
        self.before: Callable[[], None] = lambda: None
        """What somebody else does before the next request."""
        self.late: list[Any] | None = None
        """The assignments as a replica shows them that is behind."""
        for subject, module, given in (*STEPS.values(), (partner.RESOURCE, "cross_tenant_policy", self.target())):
            self.task(subject, module, given, tenant=TARGET if "user_sync_inbound" in given else SOURCE, shared=False)

    @staticmethod
    def target() -> dict[str, Any]:
        """The options of the partner entry in the target."""
        return {"partner_tenant_id": SOURCE, "user_sync_inbound": True, "redemption_inbound": True}

    @property
    def link(self) -> Link:
        """The configuration."""
        return self.service.links[0]

    @property
    def sent(self) -> list[str]:
        """What the last task has sent, to both tenants."""
        return [f"{request.method} {request.path.partition('?')[0]}" for client in self.clients for request in client.sent]

    def _answer(self, tenant: str, request: Request) -> Outcome:
        act, self.before = self.before, lambda: None
        act()
        if request.path.startswith("/policies"):
            return self.policies[tenant](request)
        if self.late and request.method == "GET" and "/appRoleAssignedTo" in request.path:
            return Reply(200, {"value": self.late})
        if request.path.startswith("/organization"):
            return Reply(200, {"value": [{"verifiedDomains": [{"name": "contoso.kr"}]}]})
        if request.path == external_names.FIRST.path:
            return Reply(200, {"value": []})
        if request.path == BATCH:
            return Reply()
        return self.service(request) if tenant == SOURCE else NOT_FOUND

    def task(
        self, subject: Any, module: str, given: Mapping[str, Any], tenant: str = SOURCE, shared: bool = True, check: bool = False
    ) -> Any:
        """The result of one task, which signs in with a secret."""
        self.clients = []

        def connect(where: Mapping[str, Any], run_cache: RunCache, *_unused: Any) -> FakeGraph:
            there = str(where["tenant_id"])
            client = FakeGraph(lambda request: self._answer(there, request), there, self.clock, run_cache, token=SECRET)
            self.clients.append(client)
            return client

        self._monkeypatch.setattr(engine, "connect", connect)
        pace = Pace(longest=60, sleep=self.clock.sleep, clock=self.clock.time)
        parameters = {**options(module, **{**CONNECTION, **given, "tenant_id": tenant})}
        return engine.run(subject, parameters, check, pace, run_folder=str(self._folder) if shared else None)

    def step(self, name: str, check: bool = False, **given: Any) -> Any:
        """One of the steps of the link."""
        subject, module, usual = STEPS[name]
        return self.task(subject, module, {**usual, **given}, check=check)

    def look(self, **given: Any) -> Any:
        """The comparison before the steps."""
        return self.task(link_comparison.INQUIRY, "link_info", {**LINK, "share_reads": True, **given})


@pytest.fixture
def one_link(folder: Path, monkeypatch: pytest.MonkeyPatch) -> OneLink:
    return OneLink(folder, monkeypatch)


class TestPlans:
    @pytest.mark.parametrize("name", STEPS)
    def test_a_task_without_changes_uses_the_comparison_with_the_same_result(self, one_link: OneLink, name: str) -> None:
        usual = one_link.step(name)
        assert one_link.sent != []
        assert one_link.look()["in_sync"] is True
        assert one_link.step(name) == usual
        assert one_link.sent == []
        assert usual["changed"] is False
        one_link.clock.now += SECONDS + 1
        assert one_link.step(name) == usual
        assert one_link.sent != []

    def test_the_target_uses_it_too(self, one_link: OneLink) -> None:
        one_link.look()
        assert one_link.task(partner.RESOURCE, "cross_tenant_policy", one_link.target(), TARGET)["changed"] is False
        assert one_link.sent == []

    @pytest.mark.parametrize("share", [{}, {"share_reads": False}], ids=["told", "not told"])
    def test_only_if_the_comparison_is_told_to_share(self, one_link: OneLink, share: dict[str, bool]) -> None:
        one_link.look(**share)
        one_link.step("scope")
        assert (one_link.sent == []) is (share == {})

    @pytest.mark.parametrize("check", [False, True])
    def test_one_that_writes_is_made_on_a_fresh_read(self, one_link: OneLink, check: bool) -> None:
        """The comparison has seen a difference that somebody else has taken away since."""
        one_link.link.assignments.clear()
        assert [found["module"] for found in one_link.look()["differences"]] == ["sync_scope"]
        one_link.link.assign(MINSU["id"])
        result = one_link.step("scope", check)
        assert (result["changed"], result["actions"]) == (False, [])
        assert [client.writes for client in one_link.clients] == [[]]
        assert [name for name in one_link.sent if name.endswith("/appRoleAssignedTo")] != []

    def test_what_is_wanted_now_is_planned_on_what_is_there_now(self, one_link: OneLink) -> None:
        one_link.look()
        schema = copy.deepcopy(one_link.link.schema)
        one_link.before = lambda: one_link.link.bag.update(
            SyncNotificationSettings='{"DeleteThresholdEnabled":true,"DeleteThresholdValue":9}'
        )
        result = one_link.step("configuration", deletion_threshold=7)
        assert result["diff"]["before"]["deletion_threshold"] == 9
        assert one_link.link.schema == schema

    def test_a_refusal_is_made_on_a_fresh_read(self, one_link: OneLink) -> None:
        """The comparison did not find somebody who is there now."""
        one_link.service.people = []
        with pytest.raises(RunFailure, match="there is no user"):
            one_link.look(scope_users=["jiwoo.lee@contoso.kr"])
        one_link.service.people = [MINSU, {**MINSU, "id": "2", "userPrincipalName": "jiwoo.lee@contoso.kr"}]
        assert one_link.step("scope", users=["jiwoo.lee@contoso.kr"])["changed"] is True
        one_link.service.people = []
        with pytest.raises(RunFailure, match="there is no user"):
            one_link.step("scope", users=["bora.cho@contoso.kr"])

    def test_what_a_task_wrote_is_seen_by_the_next(self, one_link: OneLink) -> None:
        one_link.look()
        assert one_link.step("scope", users=[], exact=True, allow_empty=True)["changed"] is True
        assert one_link.step("scope")["changed"] is True
        assert one_link.step("scope")["changed"] is False
        assert one_link.sent == []
        assert [row["principalId"] for row in one_link.link.assignments] == [MINSU["id"]]

    def test_a_wait_reads_what_is_there(self, one_link: OneLink) -> None:
        one_link.look()
        status = one_link.link.jobs[0]["status"]
        ended = {"timeBegan": "2026-11-23T02:00:00Z", "timeEnded": "2026-11-23T02:01:00Z", "state": "Succeeded"}
        one_link.before = lambda: status.update(lastExecution=ended)
        result = one_link.step("job", wait="first_cycle", wait_timeout=60)
        assert result["job"]["last_cycle"]["ended"] == ended["timeEnded"]

    def test_what_does_not_show_is_not_trusted(self, one_link: OneLink) -> None:
        """A replica hides the write, so what it says then is no ground for another task."""
        one_link.look()
        one_link.late = list(one_link.link.assignments)
        stuck = one_link.step("scope", users=[], exact=True, allow_empty=True, visibility_timeout=1)
        assert "has not shown these changes yet" in stuck["warnings"][-1]
        one_link.late = None
        assert one_link.step("scope")["changed"] is True
        assert [row["principalId"] for row in one_link.link.assignments] == [MINSU["id"]]


class TestInquiries:
    def test_the_comparison_itself_reads_everything(self, one_link: OneLink) -> None:
        one_link.look()
        first = one_link.sent
        one_link.look()
        assert one_link.sent == first

    def test_the_look_after_the_steps_reads_only_the_users_that_arrived(self, one_link: OneLink) -> None:
        whole = one_link.look()
        after = one_link.look(compare=False)
        assert one_link.sent == ["GET /users"]
        assert after["job"] == whole["job"]
        assert one_link.look(compare=False, share_reads=False)["job"] == whole["job"]
        assert len(one_link.sent) > 1

    def test_information_is_always_read_unless_it_says_otherwise(self, one_link: OneLink) -> None:
        one_link.look()
        for rests in (False, True):
            one_link.task(Inquiry(job.inquire, uses_shared_reads=rests), "sync_job_info", NAMED)
            assert (one_link.sent == []) is rests

    def test_a_look_that_fails_on_what_others_have_read_is_repeated_without(self, one_link: OneLink) -> None:
        jobs, one_link.link.jobs = one_link.link.jobs, [new_job("1"), new_job("2")]
        with pytest.raises(RunFailure, match="has 2 jobs"):
            one_link.look()
        one_link.link.jobs = jobs
        assert one_link.look(compare=False)["job"] is not None
        one_link.link.jobs = [new_job("1"), new_job("2")]
        one_link.clock.now += SECONDS + 1
        with pytest.raises(RunFailure, match="has 2 jobs"):
            one_link.look(compare=False)

    def test_no_secret_of_a_task_gets_into_the_folder(self, one_link: OneLink, folder: Path) -> None:
        one_link.look()
        one_link.step("scope", users=[], exact=True, allow_empty=True)
        texts = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
        assert any("SyncNotificationSettings" in text for text in texts)
        assert not any(SECRET in text or "eyJ" in text for text in texts)
