# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The restart that a change needs is recorded in the service before the change is written, and made by this run or the next (facts F62, F71, F83)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Action, Resource
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import debt, job, link, scope
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.debt import TAG
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import Configuration
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Lost, Outcome, Reply, Script, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import LOST_BUT_DONE, AfterDoing, Link, SourceService, new_job

MINSU = {"id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "minsu@contoso.kr", "mail": "minsu@contoso.kr"}
OF_OTHERS = ["WindowsAzureActiveDirectoryIntegratedApp", "custom", "custom"]
"""Existing tags; the last of them twice."""
RAN = {"state": "Succeeded", "timeBegan": "2026-11-23T02:00:00Z", "timeEnded": "2026-11-23T02:01:00Z"}
SUBJECTS: dict[str, Resource[Any, Any]] = {"sync_scope": scope.RESOURCE, "sync_mapping": mapping.RESOURCE, "sync_job": job.RESOURCE}
CHANGES: dict[str, dict[str, Any]] = {"sync_scope": {"mode": "assigned"}, "sync_mapping": {"company_name": "Contoso"}}
STATES = ("running", "paused", "paused in its first cycle", "never started")


class Crash(Exception):
    """The run is interrupted."""


@dataclass
class World:
    """A configuration that changes, and its service: ``missed`` is true while a restart is needed and was not made."""

    state: str = "running"
    restart_starts: bool = True
    sent: list[str] = field(default_factory=list)
    missed: bool = False
    writes_left: int | None = None
    carried_out: bool = True
    faults: dict[str, list[Outcome | AfterDoing]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sync_job = new_job(state="Active" if self.state == "running" else "Disabled")
        sync_job["status"]["lastExecution"] = RAN if self.state in ("running", "paused") else None
        if self.state == "paused in its first cycle":
            sync_job["status"]["progress"] = [{"completedUnits": 1, "totalUnits": 2}]
        bag = {"SyncAll": "true", "CompanyId": "t", "AuthenticationType": "SyncPolicy"}
        self.link = Link("Fabrikam", bag, [sync_job], tags=list(OF_OTHERS))
        self.link.assign(MINSU["id"])
        self.service = SourceService([self.link], people=[MINSU], restart_starts=self.restart_starts)
        self.clock = FakeClock()

    @property
    def job(self) -> dict[str, Any]:
        return self.link.jobs[0]

    def __call__(self, request: Request) -> Outcome:
        if request.path != "/$batch" and not request.reads and self.writes_left is not None:
            self.writes_left -= 1
            if self.writes_left < 0:
                if self.carried_out:
                    self._carry_out(request)
                raise Crash
        fault = next((faults.pop(0) for name, faults in self.faults.items() if faults and self._name(request) == name), None)
        if isinstance(fault, AfterDoing):
            self._carry_out(request)
            return fault.outcome
        return fault or self._carry_out(request)

    def _carry_out(self, request: Request) -> Outcome:
        runs = bool(self.link.jobs) and self.job["schedule"]["state"] == "Active"
        narrows = (request.method == "PUT" and self._name(request) == "mapping") or self.link.bag["SyncAll"] == "true"
        could_miss = narrows and (runs or self.state != "never started")
        outcome = self.service(request)
        name = self._name(request)
        if name:
            self.sent.append(name)
        if name in ("mode", "mapping"):
            self.missed = self.missed or could_miss
        elif name == "restart" and request.body["criteria"].get("resetScope") in (None, "Watermark", "Full"):
            self.missed = False
        elif name == "start" and self.state == "never started":
            self.state = "running"
        # The invariant: while the service would miss a change, the pending restart can be read.
        assert not self.missed or TAG in self.link.tags, self.sent
        return outcome

    @staticmethod
    def _name(request: Request) -> str | None:
        if request.method == "PATCH" and "tags" in (request.body or {}):
            return "record" if TAG in request.body["tags"] else "clear"
        if request.method == "PUT":
            return {"secrets": "mode", "schema": "mapping"}.get(request.path.rpartition("/")[2])
        last = request.path.rpartition("/")[2]
        return last if request.method == "POST" and last in ("start", "restart", "pause") else None

    def run(self, module: str, check: bool = False, **given_: Any) -> dict[str, Any]:
        """Run a single task; the faults may interrupt it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "connect", lambda *_unused: FakeGraph(self, clock=self.clock))
            params = options(module, configuration="Fabrikam", **given_)
            return engine.run(SUBJECTS[module], params, check, self.clock.pace(5))

    def change(self, module: str, **given_: Any) -> dict[str, Any]:
        return self.run(module, **CHANGES[module], **given_)

    def role(self) -> None:
        """The tasks of the role, in its order."""
        self.change("sync_mapping", restart_job=False)
        self.change("sync_scope", restart_job=False)
        self.run("sync_job")


def verbs(result: dict[str, Any]) -> list[str]:
    return [action["verb"] for action in result["actions"]]


@pytest.fixture(params=sorted(CHANGES))
def module(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestRecording:
    """The tag is one of a list that is written as a whole, right after it was read."""

    HERE = Configuration("sp", "app", "Fabrikam", "role")

    @pytest.mark.parametrize(
        ("write", "tags", "sent"),
        [
            (debt.record, OF_OTHERS, [*OF_OTHERS, TAG]),
            (debt.record, [TAG, "custom"], [TAG, "custom"]),
            (debt.clear, [TAG, *OF_OTHERS, TAG], OF_OTHERS),
            (debt.clear, None, []),
        ],
        ids=["beside others", "once", "every one of them", "none"],
    )
    def test_other_tags_are_kept_and_it_is_there_once(
        self, write: Callable[[Configuration, str, str], Action], tags: list[str] | None, sent: list[str]
    ) -> None:
        action = write(self.HERE, "Fabrikam", "tenant")
        path = "/servicePrincipals/sp?$select=id,tags"
        assert action.refresh is not None
        assert action.refresh(FakeGraph(Script({f"GET {path}": Reply(200, {"id": "sp", "tags": tags})}))) == (
            Request("PATCH", "/servicePrincipals/sp", {"tags": sent}),
        )

    @pytest.mark.parametrize(("write", "recorded"), [(debt.record, True), (debt.clear, False)])
    def test_it_is_done_once_a_later_task_can_read_it(self, write: Callable[[Configuration, str, str], Action], recorded: bool) -> None:
        seen = write(self.HERE, "Fabrikam", "tenant").visible
        assert seen is not None
        assert seen.path == "/servicePrincipals/sp?$select=id,tags"
        assert (seen.until({"tags": [TAG]}), seen.until({"tags": []}), seen.until(None)) == (recorded, not recorded, not recorded)


class TestOneTask:
    def test_of_a_running_job_restarts_it(self, module: str) -> None:
        world = World()
        predicted = world.run(module, check=True, **CHANGES[module])
        done = world.change(module)
        assert verbs(predicted) == verbs(done) == ["record", "update", "restart", "clear"]
        assert predicted["diff"] == done["diff"]
        assert (predicted["restart_owed"], done["restart_owed"], done["restart_needed"]) == (False, False, True)
        assert world.sent == ["record", "mode" if module == "sync_scope" else "mapping", "restart", "clear"]
        assert world.link.tags == OF_OTHERS
        again = world.change(module)
        assert (again["changed"], again["restart_needed"]) == (False, False)

    def test_can_leave_the_restart_to_sync_job(self, module: str) -> None:
        world = World()
        done = world.change(module, restart_job=False)
        # Until the restart is made, no cycle uses half of the changes of a run.
        assert verbs(done) == ["record", "pause", "update"]
        assert done["restart_owed"] is True
        assert world.link.tags == [*OF_OTHERS, TAG]
        again = world.change(module, restart_job=False)
        assert (again["changed"], again["restart_owed"]) == (False, True)
        predicted = world.run("sync_job", check=True)
        paid = world.run("sync_job")
        assert verbs(predicted) == verbs(paid) == ["restart", "clear"]
        assert predicted["diff"] == paid["diff"]
        assert (predicted["restart_owed"], paid["restart_owed"]) == (False, False)
        assert world.run("sync_job")["changed"] is False

    def test_a_pending_restart_of_an_earlier_run_is_made_although_nothing_changes(self, module: str) -> None:
        world = World()
        world.change(module, restart_job=False)
        world.job["schedule"]["state"] = "Active"
        assert verbs(world.run(module, check=True, **CHANGES[module])) == ["restart", "clear"]
        assert verbs(world.change(module)) == ["restart", "clear"]
        assert world.link.tags == OF_OTHERS

    @pytest.mark.parametrize("state", ["paused", "paused in its first cycle"])
    @pytest.mark.parametrize("restart_starts", [True, False])
    def test_of_a_paused_job_is_made_when_it_starts(self, module: str, state: str, restart_starts: bool) -> None:
        """Starting alone resumes from the watermark, and all users who should have left stay (fact F71)."""
        world = World(state, restart_starts)
        done = world.change(module)
        assert verbs(done) == ["record", "update"]
        assert done["restart_owed"] is True
        assert "a restart is pending" in done["warnings"][-1]
        assert world.change(module)["changed"] is False
        assert world.run("sync_job", state="paused")["changed"] is False
        predicted = world.run("sync_job", check=True)
        started = world.run("sync_job")
        assert verbs(predicted) == verbs(started) == ["restart", "clear"]
        assert started["job"]["state"] == "started"
        assert world.sent[-2 if restart_starts else -3 :] == (["restart", "clear"] if restart_starts else ["restart", "start", "clear"])
        assert world.job["schedule"]["state"] == "Active"
        assert world.link.tags == OF_OTHERS

    def test_of_a_job_that_was_never_started_needs_no_restart(self, module: str) -> None:
        """Its first start evaluates all users. A new link therefore costs no request for this."""
        world = World("never started")
        done = world.change(module)
        assert verbs(done) == ["update"]
        assert (done["restart_owed"], done["restart_needed"]) == (False, False)
        assert verbs(world.run("sync_job")) == ["start"]
        assert "record" not in world.sent

    def test_widening_the_mode_needs_no_restart(self) -> None:
        world = World()
        world.link.bag["SyncAll"] = "false"
        assert verbs(world.run("sync_scope", mode="all")) == ["update"]


class TestJob:
    def with_pending_restart(self, state: str = "running", **rest: Any) -> World:
        world = World(state, **rest)
        world.link.tags.append(TAG)
        return world

    @pytest.mark.parametrize(
        ("given_", "expected", "owed"),
        [
            ({"state": "restarted"}, ["restart", "clear"], False),
            ({"state": "restarted", "restart_reason": "reevaluate_all"}, ["restart", "clear"], False),
            ({"state": "restarted", "restart_reason": "full", "acknowledge_full": True}, ["restart", "clear"], False),
            ({"state": "restarted", "restart_reason": "retry_failed"}, ["restart"], True),
            ({"state": "restarted", "restart_reason": "release_quarantine"}, ["restart"], True),
            ({"state": "restarted", "restart_reason": "approve_deletions"}, ["restart"], True),
            ({"state": "started"}, ["restart", "clear"], False),
            ({"state": "paused"}, ["pause"], True),
            ({"state": "absent"}, ["pause", "delete", "clear"], False),
        ],
    )
    def test_every_state(self, given_: dict[str, Any], expected: list[str], owed: bool) -> None:
        world = self.with_pending_restart()
        predicted = world.run("sync_job", check=True, **given_)
        done = world.run("sync_job", **given_)
        assert verbs(predicted) == verbs(done) == expected
        assert predicted["restart_owed"] is done["restart_owed"] is owed is (TAG in world.link.tags)

    def test_a_removed_job_has_no_pending_restart(self) -> None:
        world = self.with_pending_restart()
        world.link.jobs.clear()
        assert verbs(world.run("sync_job", state="absent")) == ["clear"]
        assert world.run("sync_job", state="absent")["changed"] is False

    def test_the_restart_for_an_earlier_task_is_planned_in_check_mode_and_made_once(self) -> None:
        """In check mode nothing was recorded; in a run, a replica may not return it yet (fact F14)."""
        world = World()
        predicted = world.run("sync_job", check=True, restart_owed=True)
        done = world.run("sync_job", restart_owed=True)
        assert verbs(predicted) == verbs(done) == ["restart", "clear"]
        assert done["restart_owed"] is False
        assert world.sent == ["restart", "clear"]

    @pytest.mark.parametrize("reason", [reason for reason in job.RESET_SCOPES if reason != "full"])
    def test_a_restart_of_a_paused_job_ends_with_a_job_that_runs(self, reason: str | None) -> None:
        """By one documented interpretation it stays paused (fact F74): it is read again, and started."""
        world = World("paused", restart_starts=False)
        done = world.run("sync_job", state="restarted", restart_reason=reason)
        assert done["job"]["state"] == "started"
        assert world.job["schedule"]["state"] == "Active"
        assert world.sent == ["restart", "start"]

    def test_a_job_that_does_not_start_is_not_reported_as_started(self) -> None:
        world = self.with_pending_restart("paused", restart_starts=False)
        world.faults = {"start": [refusal(400, "InvalidCredentials")]}
        with pytest.raises(RunFailure, match="could not restart provisioning job of configuration Fabrikam"):
            world.run("sync_job")
        assert TAG in world.link.tags

    def test_tags_are_read_again_before_they_are_written_as_a_whole(self) -> None:
        """Another process tags the application between the read and the write."""
        world = self.with_pending_restart()
        answer = world.service.__call__

        class Busy(SourceService):
            def __call__(self, request: Request) -> Outcome:
                if request.path.endswith("/restart"):
                    world.link.tags.append("in between")
                return answer(request)

        world.service = Busy([world.link])
        world.run("sync_job")
        assert world.link.tags == [*OF_OTHERS, "in between"]

    def test_sync_job_info_returns_it(self) -> None:
        world = self.with_pending_restart()
        result = job.inquire(FakeGraph(world), {"configuration": "Fabrikam"})
        assert result["restart_owed"] is True
        assert result["verdict"]["next_action"].startswith("run sync_job with state started: a restart is pending")
        world.link.tags.remove(TAG)
        assert job.inquire(FakeGraph(world), {"configuration": "Fabrikam"})["restart_owed"] is False


class TestFaults:
    @pytest.mark.parametrize(
        "fault", [Lost(), LOST_BUT_DONE, refusal(503, "ServiceUnavailable"), AfterDoing(refusal(500, "Fault"))], ids=str
    )
    @pytest.mark.parametrize("name", ["record", "mode", "restart", "clear"])
    def test_a_lost_answer_is_resolved_by_reading(self, name: str, fault: Outcome | AfterDoing) -> None:
        world = World(faults={name: [fault]})
        done = world.change("sync_scope")
        assert done["restart_owed"] is False
        assert world.sent.index("restart") > world.sent.index("mode")
        assert world.link.tags == OF_OTHERS

    @pytest.mark.parametrize("name", ["record", "mode", "restart", "clear"])
    def test_a_refusal_leaves_what_the_next_run_completes(self, name: str) -> None:
        world = World(faults={name: [refusal(403, "Authorization_RequestDenied")]})
        with pytest.raises(RunFailure):
            world.change("sync_scope")
        world.change("sync_scope")
        assert (world.missed, world.link.tags, world.link.bag["SyncAll"]) == (False, OF_OTHERS, "false")


def subtasks() -> Iterator[str]:
    yield from ("sync_scope", "sync_mapping", "pause", "role")


class TestKilled:
    @settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.sampled_from(STATES),
        st.booleans(),
        st.lists(st.sampled_from(list(subtasks())), min_size=1, max_size=3),
        st.booleans(),
        st.integers(0, 8),
        st.booleans(),
        st.sampled_from(["sync_job", "role"]),
    )
    def test_whatever_ends_a_run_a_later_one_makes_the_restart(
        self, state: str, restart_starts: bool, tasks: list[str], restart_job: bool, writes: int, carried_out: bool, healer: str
    ) -> None:
        """Killed at any write, in any state of a job: in the end the job runs, and a restart was made after the last write."""
        world = World(state, restart_starts, writes_left=writes, carried_out=carried_out)
        with contextlib.suppress(Crash):
            for task in tasks:
                if task == "pause":
                    world.run("sync_job", state="paused")
                elif task == "role":
                    world.role()
                else:
                    world.change(task, restart_job=restart_job)
        world.writes_left = None
        if healer == "role":
            world.role()
        else:
            world.run("sync_job")
        assert TAG not in world.link.tags
        assert world.missed is False
        assert world.job["schedule"]["state"] == "Active"
        assert world.link.tags == OF_OTHERS
        for module in SUBJECTS:
            assert world.run(module)["changed"] is False


class TestLink:
    @pytest.mark.parametrize(("wanted", "differs"), [("started", True), ("paused", False)])
    def test_with_a_pending_restart_is_out_of_sync_if_its_job_must_run(self, wanted: str, differs: bool) -> None:
        world = World("running" if differs else "paused")
        world.link.tags.append(TAG)
        (part,) = [part for part in link.IN_SOURCE if part.module == "sync_job"]
        given_ = {"tenant_id": "t", "cloud": "global", "configuration": "Fabrikam", "job_state": wanted}
        desired = part.resource.desired(part.options(given_))
        plan = part.resource.plan(part.resource.read(FakeGraph(world), desired), desired)
        assert bool(plan.actions) is differs

    def test_the_job_is_last_and_the_filter_is_set_before_the_scope(self) -> None:
        modules = [part.module for part in link.IN_SOURCE]
        # What the tenants show each other comes after it: it is independent of the synchronization.
        assert modules[-4:] == ["sync_mapping", "sync_scope", "sync_job", "cross_tenant_capability"]
