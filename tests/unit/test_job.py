# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning the job's run state, and reading it (facts F67, F74)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import find_configuration, job
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.debt import TAG
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import Configuration
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.job import Current
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Faulty, Link, SourceService, new_job

HERE = Configuration("sp", "app", "Fabrikam", "role")
JOB = "/servicePrincipals/sp/synchronization/jobs/Azure2Azure.1"
NEVER = "0001-01-01T00:00:00Z"


def job_with(state: str | None = "Disabled", code: str = "Paused", **status: Any) -> dict[str, Any]:
    return {**new_job(), "schedule": {"state": state, "interval": "PT40M"}, "status": {"code": code, **status}}


def plan(current: dict[str, Any] | None, state: str, reason: str | None = None, configuration: Configuration | None = HERE) -> Plan:
    wanted = job.desired(options("sync_job", configuration="Fabrikam", state=state, restart_reason=reason))
    return job.plan(Current(configuration, current), wanted)


QUARANTINE = {"reason": "TooManyDeletes", "currentBegan": "2026-11-01T00:00:00Z", "error": {"code": "X", "message": "y"}}


class TestRunState:
    @pytest.mark.parametrize(
        ("current", "state"),
        [
            (None, "absent"),
            (job_with("Disabled", "Paused"), "paused"),
            (job_with("Disabled", "NotConfigured"), "paused"),
            (job_with("Paused", "Paused"), "paused"),
            (job_with("Active", "NotRun"), "started"),
            (job_with("Active", "Active"), "started"),
            (job_with("Active", "Quarantine"), "started"),
            ({"id": "x"}, "paused"),
            ({"id": "x", "schedule": None}, "paused"),
        ],
    )
    def test_table_of_the_documents(self, current: dict[str, Any] | None, state: str) -> None:
        """Fact F67: only schedule.state shows it."""
        assert job.run_state(current) == state


class TestPlan:
    @pytest.mark.parametrize(
        ("current", "state", "expected"),
        [
            (job_with("Disabled"), "started", [("start", f"{JOB}/start")]),
            (job_with("Paused"), "started", [("start", f"{JOB}/start")]),
            (job_with("Active"), "started", []),
            (job_with("Active", "Quarantine"), "started", []),
            (job_with("Active"), "paused", [("pause", f"{JOB}/pause")]),
            (job_with("Disabled"), "paused", []),
            (job_with("Paused"), "paused", []),
            (job_with("Active"), "restarted", [("restart", f"{JOB}/restart")]),
            (job_with("Disabled"), "restarted", [("restart", f"{JOB}/restart")]),
            (job_with("Active"), "absent", [("pause", f"{JOB}/pause"), ("delete", JOB)]),
            (None, "absent", []),
        ],
    )
    def test_what_is_sent(self, current: dict[str, Any] | None, state: str, expected: list[tuple[str, str]]) -> None:
        planned = plan(current, state)
        assert [(action.verb, action.requests[0].path) for action in planned.actions] == expected
        assert planned.unmet is None

    def test_start_and_pause_have_no_body(self) -> None:
        assert plan(job_with("Disabled"), "started").actions[0].requests[0].body is None
        assert plan(job_with("Active"), "paused").actions[0].requests[0].body is None

    @pytest.mark.parametrize(
        ("reason", "criteria", "effects"),
        [
            (None, {}, {"triggers_full_cycle": True}),
            ("retry_failed", {"resetScope": "Escrows"}, {"triggers_full_cycle": False}),
            ("reevaluate_all", {"resetScope": "Watermark"}, {"triggers_full_cycle": True}),
            ("release_quarantine", {"resetScope": "QuarantineState"}, {"triggers_full_cycle": False}),
            ("approve_deletions", {"resetScope": "ForceDeletes"}, {"triggers_full_cycle": False, "carries_out_held_deletions": True}),
        ],
    )
    def test_restarting_by_intent(self, reason: str | None, criteria: dict[str, str], effects: dict[str, Any]) -> None:
        """Fact F74: an empty scope is what the portal's button does."""
        action = plan(job_with("Active"), "restarted", reason).actions[0]
        assert action.requests[0].body == {"criteria": criteria}
        assert action.effects == effects

    def test_a_restart_is_planned_again_every_time(self) -> None:
        assert plan(job_with("Active"), "restarted").lasting is False
        assert plan(job_with("Active"), "started").lasting is True

    @pytest.mark.parametrize("state", ["started", "paused", "restarted"])
    @pytest.mark.parametrize("configuration", [None, HERE])
    def test_without_a_job_it_can_be_planned_but_not_applied(self, state: str, configuration: Configuration | None) -> None:
        planned = plan(None, state, configuration=configuration)
        assert [action.verb for action in planned.actions] == {"started": ["start"], "paused": [], "restarted": ["restart"]}[state]
        assert planned.unmet == (
            "configuration 'Fabrikam' has no provisioning job; run sync_configuration, which creates it"
            if configuration
            else "there is no configuration 'Fabrikam'; run sync_configuration first"
        )

    def test_deleting_a_job_keeps_the_users(self) -> None:
        action = plan(job_with(), "absent").actions[0]
        assert (action.effects, action.requests) == ({"keeps_synced_users": True}, (Request("DELETE", JOB),))
        assert plan(job_with(), "absent").facts == {"job": None, "restart_owed": False}

    def test_a_quarantine_causes_a_warning(self) -> None:
        current = job_with("Active", "Quarantine", quarantine=QUARANTINE)
        warning = "the job is in quarantine since 2026-11-01T00:00:00Z (TooManyDeletes); fix the cause, then restart the job"
        assert plan(current, "started").warnings == (warning,)
        assert plan(current, "restarted").warnings == ()
        assert plan(job_with("Active"), "started").warnings == ()


class TestPendingRestart:
    """A restart that an earlier task has recorded, in the service or in this run, is made as soon as the job runs (facts F62, F83)."""

    @pytest.mark.parametrize(
        ("current", "state", "given", "verbs", "before", "after"),
        [
            (job_with("Active"), "started", {}, [], ("started", False), ("started", False)),
            (job_with("Active"), "started", {"tags": (TAG,)}, ["restart", "clear"], ("started", True), ("started", False)),
            (job_with("Disabled"), "started", {"tags": (TAG,)}, ["restart", "clear"], ("paused", True), ("started", False)),
            (job_with("Active"), "started", {"restart_owed": True}, ["restart", "clear"], ("paused", True), ("started", False)),
            (job_with("Active"), "paused", {"restart_owed": True}, [], ("paused", True), ("paused", True)),
            (job_with("Active"), "paused", {"tags": (TAG,)}, ["pause"], ("started", True), ("paused", True)),
            (job_with("Disabled"), "paused", {"tags": (TAG,)}, [], ("paused", True), ("paused", True)),
            (job_with("Active"), "restarted", {"tags": (TAG,)}, ["restart", "clear"], ("started", True), ("started", False)),
            (
                job_with("Active"),
                "restarted",
                {"tags": (TAG,), "restart_reason": "full"},
                ["restart", "clear"],
                ("started", True),
                ("started", False),
            ),
            (
                job_with("Active"),
                "restarted",
                {"tags": (TAG,), "restart_reason": "retry_failed"},
                ["restart"],
                ("started", True),
                ("started", True),
            ),
            (job_with("Active"), "absent", {"tags": (TAG,)}, ["pause", "delete", "clear"], ("started", True), ("absent", False)),
            (None, "absent", {"tags": (TAG,)}, ["clear"], ("absent", True), ("absent", False)),
            (None, "started", {}, ["start"], ("paused", False), ("started", False)),
        ],
        ids=str,
    )
    def test_what_is_done_and_shown(
        self,
        current: dict[str, Any] | None,
        state: str,
        given: dict[str, Any],
        verbs: list[str],
        before: tuple[str, bool],
        after: tuple[str, bool],
    ) -> None:
        here = replace(HERE, tags=given.get("tags", ()))
        rest = {name: value for name, value in given.items() if name != "tags"}
        wanted = job.desired(options("sync_job", configuration="Fabrikam", state=state, acknowledge_full=True, **rest))
        planned = job.plan(Current(here, current), wanted)
        assert [action.verb for action in planned.actions] == verbs
        assert planned.before == {"configuration": "Fabrikam", "state": before[0], "restart_owed": before[1]}
        assert planned.after == {"configuration": "Fabrikam", "state": after[0], "restart_owed": after[1]}
        assert planned.facts["restart_owed"] is after[1]
        assert planned.lasting is (state != "restarted" and "restart_owed" not in given)

    def test_it_evaluates_all_users_and_keeps_who_belongs_to_whom(self) -> None:
        """The empty scope of the portal's button is for whoever asks for it (fact F74)."""
        planned = plan(job_with("Active"), "started", configuration=replace(HERE, tags=(TAG,)))
        assert planned.actions[0].requests[0].body == {"criteria": {"resetScope": "Watermark"}}

    def test_without_a_configuration_nothing_can_be_recorded(self) -> None:
        wanted = job.desired(options("sync_job", configuration="Fabrikam", state="started", restart_owed=True))
        assert job.plan(Current(None, None), wanted).before["restart_owed"] is False

    @pytest.mark.parametrize("before", ["started", "paused"])
    def test_a_restart_of_a_paused_job_must_also_start_it(self, before: str) -> None:
        """Whether it does is not documented (fact F75), so the state is checked, and the job started if it does not run soon."""
        action = job.restart(JOB, before, None, "Fabrikam", "tenant")
        assert action.requests == (Request("POST", f"{JOB}/restart", {"criteria": {}}),)
        assert action.leaves_trace is False
        if before == "started":
            assert (action.visible, action.insists) == (None, None)
            return
        assert action.visible is not None
        assert (action.visible.path, action.insists) == (JOB, Request("POST", f"{JOB}/start"))
        assert [action.visible.until(one) for one in (None, job_with("Disabled"), job_with("Active"))] == [False, False, True]

    def test_a_pause(self) -> None:
        action = job.pause(JOB, "Fabrikam", "tenant")
        assert (str(action), action.tenant) == ("pause provisioning job of configuration Fabrikam", "tenant")
        assert action.requests == (Request("POST", f"{JOB}/pause"),)


class TestBasis:
    """What somebody relies on who approves a plan, and that is not in it."""

    @pytest.mark.parametrize(
        ("current", "tags", "basis"),
        [
            (None, (), {}),
            (job_with("Active"), (), {"running": True, "restart pending": False, "quarantine": None, "interval": "PT40M"}),
            (job_with("Paused"), (TAG,), {"running": False, "restart pending": True, "quarantine": None, "interval": "PT40M"}),
            (
                {"id": "x", "schedule": None, "status": {"quarantine": QUARANTINE}},
                (),
                {"running": False, "restart pending": False, "quarantine": "TooManyDeletes", "interval": None},
            ),
        ],
        ids=str,
    )
    def test_of_a_job(self, current: dict[str, Any] | None, tags: tuple[str, ...], basis: dict[str, Any]) -> None:
        assert plan(current, "started", configuration=replace(HERE, tags=tags)).basis() == basis


class TestFacts:
    def test_a_new_job_that_never_ran(self) -> None:
        """Fact F66: Failed in the year 1 with the code None is no failure."""
        never = {
            "state": "Failed",
            "timeBegan": NEVER,
            "timeEnded": NEVER,
            "error": {"code": "None", "message": "", "tenantActionable": False},
        }
        current = job_with("Active", "NotRun", lastExecution=never, lastSuccessfulExecution=None, steadyStateFirstAchievedTime=NEVER)
        shown = plan(current, "started").facts["job"]
        assert (shown["id"], shown["configuration"], shown["service_principal_id"]) == ("Azure2Azure.1", "Fabrikam", "sp")
        assert (shown["state"], shown["status"], shown["interval"]) == ("started", "NotRun", "PT40M")
        assert [shown[name] for name in ("last_cycle", "last_successful_cycle", "steady_since", "quarantine")] == [None] * 4
        assert shown["synchronized"] == {}

    def test_a_job_that_runs(self) -> None:
        cycle = {
            "state": "EntryLevelErrors",
            "timeBegan": "2026-11-23T02:00:00Z",
            "timeEnded": "2026-11-23T02:01:10Z",
            "countEntitled": 12,
            "countExported": 11,
            "countEscrowed": 1,
        }
        current = job_with(
            "Active",
            "Active",
            lastExecution=cycle,
            lastSuccessfulExecution=cycle,
            steadyStateFirstAchievedTime="2026-11-23T02:01:10Z",
            synchronizedEntryCountByType=[{"key": "User", "value": 12}],
            progress=[{"completedUnits": 3, "totalUnits": 4}],
            quarantine=QUARANTINE,
        )
        shown = plan(current, "started").facts["job"]
        assert shown["last_cycle"] == {
            "began": "2026-11-23T02:00:00Z",
            "ended": "2026-11-23T02:01:10Z",
            "state": "EntryLevelErrors",
            "entitled": 12,
            "exported": 11,
            "held_for_retry": 1,
        }
        assert shown["last_successful_cycle"] == shown["last_cycle"]
        assert shown["progress"] == [{"done": 3, "total": 4}]
        assert shown["steady_since"] == "2026-11-23T02:01:10Z"
        assert shown["synchronized"] == {"User": 12}
        assert shown["quarantine"] == {"reason": "TooManyDeletes", "since": "2026-11-01T00:00:00Z", "code": "X", "message": "y"}

    def test_check_mode_returns_the_state_after_the_run(self) -> None:
        assert plan(job_with("Disabled"), "started").facts["job"]["state"] == "started"


class TestReading:
    def read(self, *links: Link, name: str = "Fabrikam") -> Current:
        return job.find(FakeGraph(SourceService(list(links))), name)

    def test_by_name_and_by_id(self) -> None:
        link = Link("Fabrikam", jobs=[new_job()])
        assert self.read(link).job == new_job()
        assert self.read(link, name=link.id).job == new_job()

    @pytest.mark.parametrize("name", ["Nothing", "00000000-0000-4000-8000-000000000099"])
    def test_that_is_not_there(self, name: str) -> None:
        assert self.read(Link("Fabrikam"), name=name) == Current(None, None)

    def test_the_job_of_another_template_is_ignored(self) -> None:
        assert self.read(Link("Fabrikam", jobs=[{**new_job(), "templateId": "Other"}])).job is None

    def test_a_name_that_is_not_unique(self) -> None:
        with pytest.raises(Refusal) as caught:
            self.read(Link("Fabrikam", id="first"), Link("Fabrikam", id="second"))
        assert str(caught.value) == "there are 2 configurations named 'Fabrikam'; use an id instead of the name: first, second"

    def test_with_its_schema_in_one_batch_if_a_task_before_has_seen_the_job(self) -> None:
        """Another job of the same configuration has another schema, and is read by itself."""
        link = Link("Fabrikam", jobs=[new_job()])
        here, run_cache = Configuration(link.id, link.app_id, "Fabrikam", None), RunCache()

        def read() -> tuple[str | None, str | None, bool, list[str], bool]:
            graph = FakeGraph(SourceService([link]), run_cache=run_cache)
            current, schema = job.find_with_schema(graph, "Fabrikam")
            asked = dict.fromkeys(request.path for request in graph.sent if request.path.endswith("/schema"))
            batched = any(request.path in asked for batch in graph.batches for request in batch)
            name = current.configuration.name if current.configuration else None
            return name, current.job["id"] if current.job else None, schema is not None, [*asked], batched

        first, second = ("Azure2Azure.1", "Azure2Azure.2")
        schema = f"/servicePrincipals/{link.id}/synchronization/jobs/{{}}/schema"
        assert read() == ("Fabrikam", first, True, [schema.format(first)], False)
        find_configuration.record_ids(FakeGraph(SourceService([link]), run_cache=run_cache), here, first)
        assert read() == ("Fabrikam", first, True, [schema.format(first)], True)
        graph = FakeGraph(SourceService([link]), run_cache=run_cache)
        job.find_with_schema(graph, "Fabrikam")
        assert [request.path for request in graph.sent].count(schema.format(first)) == 1
        gone = Faulty(SourceService([link]), {"GET .*/schema": [refusal(404, "UnknownError")] * 2})
        assert job.find_with_schema(FakeGraph(gone, run_cache=run_cache), "Fabrikam")[1] is not None
        link.jobs = [{**new_job(), "id": second}]
        # A replica may still show the schema of the job that was there (fact F14).
        stale = FakeGraph(Faulty(SourceService([link]), {"GET .*1/schema": [Reply(200, {"id": "stale"})]}), run_cache=run_cache)
        assert job.find_with_schema(stale, "Fabrikam")[1] != {"id": "stale"}
        assert read() == ("Fabrikam", second, True, [schema.format(first), schema.format(second)], True)
        link.jobs = []
        assert read() == ("Fabrikam", None, False, [schema.format(first)], True)

    @pytest.mark.parametrize("known", [False, True])
    def test_a_failure_of_its_schema_is_one(self, known: bool) -> None:
        link, run_cache = Link("Fabrikam", jobs=[new_job()]), RunCache()
        if known:
            here = Configuration(link.id, link.app_id, "Fabrikam", None)
            find_configuration.record_ids(FakeGraph(SourceService([link]), run_cache=run_cache), here, "Azure2Azure.1")
        service = Faulty(SourceService([link]), {"GET .*/schema": [refusal(403, "Forbidden")] * (2 if known else 1)})
        with pytest.raises(ServiceError):
            job.find_with_schema(FakeGraph(service, run_cache=run_cache), "Fabrikam")
        missing = Faulty(SourceService([link]), {"GET .*/jobs$": [refusal(404, "UnknownError")] * 9})
        with pytest.raises(ServiceError):
            job.find_with_schema(FakeGraph(missing), "Fabrikam")

    def test_of_a_configuration_that_is_not_there(self) -> None:
        assert job.find_with_schema(FakeGraph(SourceService([])), "Fabrikam") == (Current(None, None), None)

    def test_names_with_apostrophes_and_blanks(self) -> None:
        assert self.read(Link("O'Brien & Söhne 100%", jobs=[new_job()]), name="O'Brien & Söhne 100%").job == new_job()

    def test_a_denied_read_is_no_absence(self) -> None:
        service = Faulty(SourceService([Link("Fabrikam", jobs=[new_job()])]), {"GET .*/jobs": [refusal(401, "UnknownError")]})
        with pytest.raises(Exception, match="401"):
            job.find(FakeGraph(service), "Fabrikam")

    def test_the_inquiry(self) -> None:
        graph = FakeGraph(SourceService([Link("Fabrikam", jobs=[new_job(state="Active")])]))
        assert job.inquire(graph, options("sync_job_info", configuration="Fabrikam"))["job"]["state"] == "started"
        assert job.inquire(graph, options("sync_job_info", configuration="Other"))["job"] is None

    @pytest.mark.parametrize("tags", [[], [TAG]])
    def test_the_inquiry_knows_a_pending_restart(self, tags: list[str]) -> None:
        graph = FakeGraph(SourceService([Link("Fabrikam", jobs=[new_job(state="Active")], tags=tags)]))
        found = job.inquire(graph, options("sync_job_info", configuration="Fabrikam"))
        assert found["restart_owed"] is bool(tags)
        assert ("a restart is pending" in found["verdict"]["next_action"]) is bool(tags)
