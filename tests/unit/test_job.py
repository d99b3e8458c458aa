# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning the job's run state, and reading it (facts F67, F74)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import find_configuration, job
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.debt import TAG
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import Configuration
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.job import Current
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, refusal
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
        run_cache = RunCache()

        def read() -> tuple[list[int], str]:
            graph = FakeGraph(SourceService([link]), run_cache=run_cache)
            current, schema = job.find_with_schema(graph, "Fabrikam")
            assert schema is not None
            return [len(batch) for batch in graph.batches], (current.job or {})["id"]

        assert read()[1] == "Azure2Azure.1"
        find_configuration.record_ids(
            FakeGraph(SourceService([link]), run_cache=run_cache), Configuration(link.id, "", "Fabrikam", None), "Azure2Azure.1"
        )
        assert max(read()[0]) == 3
        link.jobs = [{**new_job(), "id": "Azure2Azure.2"}]
        assert read()[1] == "Azure2Azure.2"
        link.jobs = []
        assert job.find_with_schema(FakeGraph(SourceService([link]), run_cache=run_cache), "Fabrikam")[1] is None

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
