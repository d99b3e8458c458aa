# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deprovisioning: refusals, plans, the users who are left, and the continuation of a run that was interrupted at any point."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import debt, job, settings_bag
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.deprovision import bystanders
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.deprovision import resource as deprovision
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.run import run
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET, FakeGraph, Lost, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, new_job
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.two_tenants import (
    BY_HAND,
    NAMES,
    TwoTenants,
    changed,
    guest,
    moment,
    running_link,
)

RESTART = "restart provisioning job of configuration Fabrikam"
START = "start provisioning job of configuration Fabrikam"
PENDING = "pending restart of configuration Fabrikam"
UNASSIGN = [
    f"unassign {principal} from configuration Fabrikam" for principal in ("group Sales", "user hyejin@contoso.kr", "user minsu@contoso.kr")
]
RECORD_OTHERS = f"record other users in tenant {TARGET} at configuration Fabrikam"
ALL = [RECORD_OTHERS, f"record {PENDING}", *UNASSIGN, RESTART, f"clear {PENDING}"]
AGAIN = [f"record {PENDING}", RESTART, f"clear {PENDING}"]


class Killed(BaseException):
    """The process is killed: no code handles this."""


@dataclass
class Host:
    """Runs the module against two tenants in memory. ``interferes`` gets every request before it is answered."""

    monkeypatch: pytest.MonkeyPatch
    requests: list[tuple[str, Request]] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)

    def run(
        self,
        two: TwoTenants,
        *,
        check: bool = False,
        interferes: Callable[[int, Callable[[], Outcome]], Outcome] | None = None,
        **given: Any,
    ) -> dict[str, Any]:
        clock = FakeClock()
        self.requests.clear()
        self.reports.clear()

        def client(params: Mapping[str, Any], *_unused: Any) -> FakeGraph:
            tenant = str(params["tenant_id"])

            def answer(request: Request) -> Outcome:
                if request.path == "/$batch":
                    return Reply()
                self.requests.append((tenant, request))
                ask = partial(two.answer, tenant, request)
                return interferes(len(self.requests) - 1, ask) if interferes else ask()

            return FakeGraph(answer, tenant, clock)

        self.monkeypatch.setattr(engine, "connect", client)
        named = {"target": {"tenant_id": TARGET}, "configuration": "Fabrikam", **given}
        return run(deprovision.RESOURCE, options("sync_deprovision", **named), check, clock.pace(), self.reports.append)

    def fail(self, two: TwoTenants, **given: Any) -> RunFailure:
        with pytest.raises(RunFailure) as caught:
            self.run(two, **given)
        return caught.value

    @property
    def writes(self) -> list[str]:
        return [f"{request.method} {request.path}" for _tenant, request in self.requests if not request.reads]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def titles(result: Mapping[str, Any]) -> list[str]:
    return [f"{action['verb']} {action['object']}" for action in result["actions"]]


def names(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(user["user_principal_name"].partition("@")[0], user["state"]) for user in result["people"]]


class TestARun:
    def test_all_users_are_removed_and_check_mode_names_them(self, host: Host) -> None:
        two = TwoTenants()
        check = host.run(two, check=True)
        assert host.writes == []
        assert two.there == {*NAMES, BY_HAND}
        done = host.run(two)
        assert titles(check) == titles(done) == ALL
        assert {**check, "waited_seconds": 0} == {**done, "waited_seconds": 0}
        assert names(done) == [(name, "removed") for name in sorted(NAMES)]
        assert two.there == {BY_HAND}
        assert debt.TAG not in two.link.tags
        for again in (host.run(two, check=True), host.run(two)):
            assert (again["changed"], again["people"], titles(again)) == (False, [], [])
            assert frozenset(again) == frozenset(done)

    def test_no_user_leaves_the_scope_before_the_restart_is_recorded_and_the_settings_are_saved(self, host: Host) -> None:
        two = TwoTenants(link=running_link())
        two.link.bag["SyncAll"] = "true"
        host.run(two, deletion_threshold=7)
        kinds = [write.split("/")[-1].split("?")[0] if "appRole" not in write else "unassign" for write in host.writes]
        assert kinds == [two.link.id, two.link.id, "secrets", "unassign", "unassign", "unassign", "restart", two.link.id]

    @pytest.mark.parametrize("starts_paused", [True, False])
    def test_a_paused_job_is_started_however_the_service_understands_a_restart(self, host: Host, starts_paused: bool) -> None:
        two = TwoTenants(starts_paused=starts_paused)
        two.link.jobs[0]["schedule"]["state"] = "Disabled"
        assert titles(host.run(two))[-3:] == [START, RESTART, f"clear {PENDING}"]
        assert two.there == {BY_HAND}

    def test_the_threshold_is_written_with_the_mode_and_only_if_it_is_set(self, host: Host) -> None:
        for threshold, members in ((None, (True, 500)), (5, (True, 5)), (0, (False, 500))):
            two = TwoTenants()
            host.run(two, deletion_threshold=threshold)
            notification = settings_bag.notification(two.link.bag)
            assert (notification["DeleteThresholdEnabled"], notification["DeleteThresholdValue"]) == members

    def test_waiting_is_reported_with_the_configuration_the_seconds_and_the_users(self, host: Host) -> None:
        two = TwoTenants()
        hold = iter(range(9))

        def slowly(_number: int, ask: Callable[[], Outcome]) -> Outcome:
            if two.pending and next(hold, None) is not None:
                two.pending = False
                answer = ask()
                two.pending = True
                return answer
            return ask()

        host.run(two, interferes=slowly)
        assert any("configuration Fabrikam" in text and "seconds" in text and "4 of 4 users are left" in text for text in host.reports)

    def test_an_older_cycle_that_ends_after_the_restart_does_not_count(self) -> None:
        before = new_job(state="Active")
        before["status"]["progress"] = [{"completedUnits": 1, "totalUnits": 9, "progressObservationDateTime": moment(10)}]
        after = job.cycle_after(before)

        def ended(began: int, end: int) -> dict[str, Any]:
            return {"status": {"lastExecution": {"timeBegan": moment(began), "timeEnded": moment(end)}}}

        assert [after(body, None) for body in (None, {}, {"status": None}, ended(9, 12), ended(10, 12))] == [
            False,
            False,
            False,
            False,
            True,
        ]
        known = job.cycle_after({**before, **ended(8, 9), "status": {**before["status"], **ended(11, 12)["status"]}})
        assert [known(ended(11, 12), None), known(ended(11, 13), None), known(ended(12, 13), None)] == [False, False, True]

    def test_without_users_in_the_target_and_with_a_paused_job_there_is_nothing_to_do(self, host: Host) -> None:
        two = TwoTenants()
        two.target_people = []
        two.link.jobs[0]["schedule"]["state"] = "Disabled"
        assert titles(host.run(two)) == []

    def test_a_job_that_might_still_create_users_gets_an_empty_scope(self, host: Host) -> None:
        two = TwoTenants()
        two.target_people, two.synchronized = [], {}
        assert titles(host.run(two)) == ALL

    @pytest.mark.parametrize(
        ("limit", "groups", "suffices"), [(4, False, None), (5, False, 6), (6, False, None), (6, True, 7), (7, True, None)]
    )
    def test_a_warning_says_what_else_the_guard_may_count(self, host: Host, limit: int, groups: bool, suffices: int | None) -> None:
        """Somebody who left the scope before, and is not removed yet, looks like somebody who was invited (fact F118); groups count as
        well (fact F81).
        """
        two = TwoTenants()
        if groups:
            _maps_groups(two)
        given: dict[str, Any] = {"check": True, "deletion_threshold": limit}
        if limit == 4:
            assert "(link_deletion_threshold) to 6, or to 0 for no guard" in host.fail(two, **given).msg
            return
        warned = [warning for warning in host.run(two, **given)["warnings"] if "deletion guard" in warning]
        assert len(warned) == int(suffices is not None)
        for warning in warned:
            assert f"up to {limit} deletions" in warning
            assert f"(link_deletion_threshold) to {suffices}, or to 0 for no guard" in warning

    def test_without_a_guard_nothing_is_said_about_it(self, host: Host) -> None:
        for limit in (0, None):
            result = host.run(TwoTenants(), check=True, deletion_threshold=limit)
            assert not [warning for warning in result["warnings"] if "guard" in warning]

    def test_users_are_found_by_mail_where_the_name_differs(self, host: Host) -> None:
        two = TwoTenants()
        two.target_people[0] |= {"userPrincipalName": "m.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com"}
        assert len(host.run(two, check=True)["people"]) == 4

    def test_a_list_of_domains_hides_no_user_in_scope(self, host: Host) -> None:
        two = TwoTenants()
        two.people[0] |= {"userPrincipalName": "minsu@second.kr"}
        two.target_people[0] |= {"userPrincipalName": "minsu_second.kr#EXT#@fabrikam.onmicrosoft.com"}
        assert len(host.run(two, check=True, source_domains=["contoso.kr"])["people"]) == 4

    def test_of_many_users_fifty_are_named_and_the_others_counted(self, host: Host) -> None:
        two = TwoTenants()
        two.link.assignments.clear()
        two.target_people += [guest(number, f"person{number}") for number in range(100, 200)]
        check = host.run(two, check=True)
        assert (len(check["people"]), check["people_count"]) == (50, 105)
        assert len(check["diff"]["before"]["in_target"]) == 50
        restart = next(action for action in check["actions"] if action["verb"] == "restart")
        assert (restart["effects"]["removes_users"], len(restart["effects"]["users"])) == (105, 50)

    def test_a_warning_names_disabled_users_because_the_service_does_not_remove_them(self, host: Host) -> None:
        """Fact F116: disabled first and removed later is not deleted."""
        two = TwoTenants()
        two.target_people[0]["accountEnabled"] = False
        (warning,) = [warning for warning in host.run(two, check=True)["warnings"] if "disabled" in warning]
        assert "minsu@contoso.kr" in warning


def _maps_groups(two: TwoTenants) -> None:
    mapping = schema.group_mapping(two.link.schema)
    assert isinstance(mapping, dict)
    mapping["enabled"] = True


def _no_delete(two: TwoTenants) -> None:
    two.mapping()["flowTypes"] = "Add,Update"


def _switched_off(two: TwoTenants) -> None:
    two.mapping()["enabled"] = False


def _no_outbound(two: TwoTenants) -> None:
    two.source_partner.entry = None


def _no_inbound(two: TwoTenants) -> None:
    two.target_partner.entry = two.target_partner.policy = None


def _no_sync(two: TwoTenants) -> None:
    two.target_partner.policy = {"tenantId": SOURCE, "userSyncInbound": {"isSyncAllowed": False}}


def _no_job(two: TwoTenants) -> None:
    two.link.jobs.clear()


def _no_connection(two: TwoTenants) -> None:
    two.link.bag.clear()


def _low_guard(two: TwoTenants) -> None:
    two.link.bag = changed(two.link.bag, DeleteThresholdValue=4)


def _quarantined(two: TwoTenants) -> None:
    two.link.jobs[0]["status"]["quarantine"] = {"reason": "EncounteredQuarantineException", "currentBegan": moment(1)}


def _never_ran(two: TwoTenants) -> None:
    two.link.jobs[0]["status"] = {
        **new_job()["status"],
        "lastExecution": {"timeBegan": job.NEVER, "timeEnded": job.NEVER, "state": "Failed"},
    }


def _rebuilt(two: TwoTenants) -> None:
    """An earlier run has removed users, and the link was built again since."""
    two.link.tags = list(bystanders.tagged(two.link.tags, []))
    _never_ran(two)


def _never_ran_for_nobody(two: TwoTenants) -> None:
    """The scope of a new link is empty, but users are there."""
    two.link.assignments.clear()
    _never_ran(two)


def _elsewhere(two: TwoTenants) -> None:
    two.link.bag["CompanyId"] = "b0c898ca-2445-4e74-ab4b-afd7916549a6"


def _renamed(two: TwoTenants) -> None:
    two.link.name = "Fabrikam (old)"


def _twins(two: TwoTenants) -> None:
    two.tenant.links.append(running_link())


REFUSALS: dict[Callable[[TwoTenants], None], list[str]] = {
    _no_delete: ["do not include delete", "4 users are in tenant", "link_target_actions", "link_users keep"],
    _switched_off: ["mapping of users", "is switched off"],
    _no_outbound: [f"redemption_outbound for tenant {TARGET} is off in tenant {SOURCE}", "playbook sync"],
    _no_inbound: [f"user_sync_inbound for tenant {SOURCE} is off in tenant {TARGET}", f"redemption_inbound for tenant {SOURCE} is off"],
    _no_sync: [f"user_sync_inbound for tenant {SOURCE} is off in tenant {TARGET}"],
    _no_job: ["has no job any more", "link_users keep"],
    _no_connection: ["has no connection to that tenant any more"],
    _low_guard: ["4 users are to be removed", "which is 4", "deletion_threshold (link_deletion_threshold) to 6"],
    _quarantined: ["in quarantine", "EncounteredQuarantineException", "release_quarantine"],
    _never_ran: ["has not finished a cycle yet", "4 users are in tenant", "wait first_cycle", "link_users keep"],
    _rebuilt: ["has not finished a cycle yet"],
    _never_ran_for_nobody: ["has not finished a cycle yet", "5 users are in tenant"],
    _elsewhere: ["serves tenant b0c898ca-2445-4e74-ab4b-afd7916549a6"],
    _renamed: ["there is no configuration 'Fabrikam'", "'Fabrikam (old)'"],
    _twins: ["there are 2 configurations named 'Fabrikam'"],
}


class TestRefusals:
    @pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
    @pytest.mark.parametrize("spoil", REFUSALS, ids=lambda spoil: spoil.__name__)
    def test_before_anything_is_written(self, host: Host, spoil: Callable[[TwoTenants], None], check: bool) -> None:
        two = TwoTenants()
        spoil(two)
        failure = host.fail(two, check=check)
        for words in REFUSALS[spoil]:
            assert words in failure.msg
        assert failure.msg.startswith(f"Tenant {SOURCE}: ")
        assert host.writes == []

    @pytest.mark.parametrize("spoil", [_no_delete, _switched_off, _no_outbound, _no_sync, _no_job, _no_connection, _low_guard, _never_ran])
    def test_without_users_to_remove_nothing_is_refused(self, host: Host, spoil: Callable[[TwoTenants], None]) -> None:
        two = TwoTenants()
        two.target_people, two.synchronized = [], {}
        two.link.jobs[0]["schedule"]["state"] = "Disabled"
        spoil(two)
        assert titles(host.run(two)) == []

    @pytest.mark.parametrize("given", [{"deletion_threshold": -1}, {"wait_timeout": -1}], ids=str)
    def test_invalid_options(self, host: Host, given: dict[str, Any]) -> None:
        assert next(iter(given)) in host.fail(TwoTenants(), **given).msg
        assert host.requests == []

    def test_without_a_configuration_a_warning_names_the_users_in_the_target(self, host: Host) -> None:
        two = TwoTenants()
        two.tenant.links.clear()
        done = host.run(two)
        assert titles(done) == []
        assert "5 users of the source tenant are in tenant" in done["warnings"][0]

    def test_a_configuration_of_the_multitenant_organization_is_no_conflict(self, host: Host) -> None:
        two = TwoTenants(link=running_link())
        two.link.name = "MTO_Sync_1"
        assert titles(host.run(two)) == []

    def test_where_domains_cannot_be_read_those_of_the_users_in_scope_are_recorded(self, host: Host) -> None:
        """A user of a second domain whom the service keeps is found by a run that finds an empty scope."""
        two = TwoTenants(domains=False)
        two.people[0] |= {"userPrincipalName": "minsu@second.kr", "mail": "minsu@second.kr"}
        two.target_people[0] |= {"userPrincipalName": "minsu_second.kr#EXT#@fabrikam.onmicrosoft.com", "mail": "minsu@second.kr"}
        two.administrators = {two.target_people[0]["id"]}
        assert "minsu@second.kr" in host.fail(two).msg
        assert "1 of 1 users" in host.fail(two).msg
        assert any("Organization.Read.All" in warning for warning in host.run(two, check=True)["warnings"])
        two.administrators.clear()
        host.run(two)
        assert two.there == {BY_HAND}

    def test_a_failure_in_the_target_names_the_target(self, host: Host) -> None:
        denied = refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")

        def deny(_number: int, ask: Callable[[], Outcome]) -> Outcome:
            tenant, request = host.requests[-1]
            return denied if tenant == TARGET and request.path.startswith("/users") else ask()

        assert host.fail(TwoTenants(), interferes=deny).msg.startswith(f"Tenant {TARGET}: ")


class TestUsersWhoAreLeft:
    def test_an_administrator_is_named_and_a_later_run_finishes(self, host: Host) -> None:
        two = TwoTenants()
        two.administrators = {two.target_people[0]["id"]}
        failure = host.fail(two)
        assert f"1 of 4 users are still in tenant {TARGET} after the cycle: minsu@contoso.kr" in failure.msg
        assert "configuration and trust are kept" in failure.msg
        assert names(failure.details)[0] == ("minsu", "left")
        assert failure.details["people_count"] == 4
        assert failure.details["changed"] is True
        assert "1 of 1 users" in host.fail(two).msg
        two.administrators.clear()
        assert titles(host.run(two)) == AGAIN
        assert two.there == {BY_HAND}

    def test_held_by_a_guard_that_was_lowered_in_the_meantime(self, host: Host) -> None:
        two = TwoTenants()

        def lower(_number: int, ask: Callable[[], Outcome]) -> Outcome:
            if two.pending:
                two.link.bag = changed(two.link.bag, DeleteThresholdValue=2)
            return ask()

        failure = host.fail(two, interferes=lower)
        assert "the deletion guard holds their deletions back" in failure.msg
        assert "to a number above 5" in failure.msg
        assert "already holds the deletions back" in host.fail(two).msg
        assert host.run(two, deletion_threshold=6)["changed"] is True
        assert two.there == {BY_HAND}

    def test_a_cycle_that_does_not_end_in_time(self, host: Host) -> None:
        two = TwoTenants()

        failure = host.fail(two, interferes=_without_cycles(two), wait_timeout=120)
        assert "was not reached within 120 seconds" in failure.msg
        assert "4 of 4 users are left" in failure.msg
        assert host.run(two)["changed"] is True
        assert two.there == {BY_HAND}

    def test_trust_that_is_removed_during_the_wait(self, host: Host) -> None:
        two = TwoTenants()

        def close(_number: int, ask: Callable[[], Outcome]) -> Outcome:
            if two.pending:
                two.target_partner.policy = None
            return ask()

        assert "4 of 4 users are still" in host.fail(two, interferes=close).msg
        assert "the trust of the link is missing" in host.fail(two).msg


def _interrupted(two: TwoTenants, after: bool) -> Callable[[Callable[[], Outcome]], Outcome]:
    def end(ask: Callable[[], Outcome]) -> Outcome:
        if after:
            ask()
        raise Killed

    return end


def _lost(ask: Callable[[], Outcome]) -> Outcome:
    ask()
    return Lost()


FAULTS: dict[str, Callable[[Callable[[], Outcome]], Outcome]] = {
    "killed before": _interrupted(TwoTenants(), after=False),
    "killed after": _interrupted(TwoTenants(), after=True),
    "answer lost": _lost,
    "503": lambda _ask: refusal(503, "ServiceUnavailable"),
}


def _mode_all() -> TwoTenants:
    two = TwoTenants(everybody=True)
    two.link.bag["SyncAll"] = "true"
    two.people.append({**two.people[0], "id": "00000000-0000-4000-8000-000000000099", "userPrincipalName": "new@contoso.kr", "mail": None})
    return two


def _paused() -> TwoTenants:
    two = TwoTenants(starts_paused=False)
    two.link.jobs[0]["schedule"]["state"] = "Disabled"
    return two


class TestInterruptedAnywhere:
    """From every state that an interrupted run leaves, the next run continues to the same final state in the service."""

    @pytest.mark.parametrize("cycle_between", [False, True], ids=["immediately", "after an ordinary cycle"])
    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("beginning", [TwoTenants, _mode_all, _paused], ids=["assigned", "all", "paused"])
    def test_the_next_run_finishes(self, host: Host, beginning: Callable[[], TwoTenants], fault: str, cycle_between: bool) -> None:
        host.run(beginning())
        requests = len(host.requests)
        assert requests >= 20
        for place in range(requests):
            two = beginning()

            def interfere(number: int, ask: Callable[[], Outcome], place: int = place) -> Outcome:
                return FAULTS[fault](ask) if number == place else ask()

            with contextlib.suppress(Killed, RunFailure):
                host.run(two, interferes=interfere)
            if cycle_between:
                two.pass_time(ordinary=True)
            host.run(two)
            assert two.there == {BY_HAND}, place
            assert two.link.assignments == [], place
            assert two.link.bag["SyncAll"] == "false", place
            assert two.restarts >= 1, place
            assert debt.TAG not in two.link.tags, place
            assert titles(host.run(two)) == [], place

    @pytest.mark.parametrize("fault", ["killed before", "killed after"])
    def test_a_user_who_stays_is_still_reported(self, host: Host, fault: str) -> None:
        """With an administrator among the users: wherever the first run was interrupted, the second run does not report success."""
        host.fail(_with_administrator())
        requests = len(host.requests)
        for place in range(requests):
            two = _with_administrator()

            def interfere(number: int, ask: Callable[[], Outcome], place: int = place) -> Outcome:
                return FAULTS[fault](ask) if number == place else ask()

            with pytest.raises((Killed, RunFailure)):
                host.run(two, interferes=interfere)
            assert "minsu@contoso.kr" in host.fail(two).msg, place

    def test_in_the_first_cycle_it_is_not_too_early(self, host: Host) -> None:
        """Somebody synchronizes the wrong users, and takes them back at once: the service knows those whom it has created."""
        two = TwoTenants()
        _never_ran(two)
        two.link.jobs[0]["status"]["progress"] = [{"units": "Objects", "completedUnits": 4, "totalUnits": 5}]
        assert titles(host.run(two)) == ALL
        assert two.there == {BY_HAND}

    def test_whatever_a_restarted_job_shows_until_its_cycle_ends(self, host: Host) -> None:
        """It may show that it never ran. The run that began when it had is continued."""
        two = TwoTenants()

        assert "was not reached" in host.fail(two, interferes=_without_cycles(two), wait_timeout=120).msg
        _never_ran(two)
        assert host.run(two)["changed"] is True
        assert two.there == {BY_HAND}

    def test_after_the_job_was_deleted(self, host: Host) -> None:
        """The teardown was interrupted between deleting the job and the application: the users are already removed, so it continues."""
        two = TwoTenants()
        host.run(two)
        two.link.jobs.clear()
        assert titles(host.run(two)) == []


def _without_cycles(two: TwoTenants) -> Callable[[int, Callable[[], Outcome]], Outcome]:
    """What happens at each request if the restarted job never comes to its cycle."""

    def interfere(_number: int, ask: Callable[[], Outcome]) -> Outcome:
        two.pending = False
        return ask()

    return interfere


def _with_administrator() -> TwoTenants:
    two = TwoTenants()
    two.administrators = {two.target_people[0]["id"]}
    return two


class TestPurity:
    def test_planning_does_not_change_its_arguments(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        calls = []

        def watched(current: Any, wanted: Any) -> Any:
            before = copy.deepcopy((current, wanted))
            plan = deprovision.plan(current, wanted)
            calls.append((before, (current, wanted)))
            return plan

        monkeypatch.setattr(deprovision, "RESOURCE", dataclasses.replace(deprovision.RESOURCE, plan=watched))
        host.run(TwoTenants(), deletion_threshold=9)
        assert calls
        assert all(before == after for before, after in calls)


class TestBystanders:
    @given(
        st.lists(st.uuids().map(str), unique_by=lambda object_id: object_id[:8], max_size=bystanders.LARGEST),
        st.lists(st.sampled_from(["HideApp", "x"])),
    )
    def test_recorded_users_are_read_again(self, ids: list[str], others: list[str]) -> None:
        tags = bystanders.tagged([*others, f"{bystanders.PREFIX}00000000"], ids)
        known = bystanders.recorded(tags)
        assert known is not None
        assert bystanders.without(ids, known) == set()
        assert {bystanders.short(object_id) for object_id in ids} == known
        assert [tag for tag in tags if not tag.startswith(bystanders.PREFIX)] == others
        assert max(map(len, tags)) < 256

    def test_too_many_users_are_not_recorded_but_the_beginning_is(self) -> None:
        tags = bystanders.tagged([], [f"{number:08}" for number in range(bystanders.LARGEST + 1)])
        assert bystanders.recorded(tags) == frozenset()
        assert bystanders.recorded(["other"]) is None


def test_a_missing_mode_counts_as_all_users(host: Host) -> None:
    """Fact F61: without SyncAll the service may synchronize all users, so it is written."""
    two = TwoTenants(link=running_link())
    del two.link.bag["SyncAll"]
    host.run(two)
    assert two.link.bag["SyncAll"] == "false"


def test_names_are_compared_as_entra_does(host: Host) -> None:
    assert titles(host.run(TwoTenants(), check=True, configuration="fabrikam"))[1] == "record pending restart of configuration fabrikam"


def test_an_id_names_a_configuration(host: Host) -> None:
    two = TwoTenants()
    other: Link = running_link()
    two.tenant.links.append(other)
    assert len(host.run(two, check=True, configuration=two.link.id)["people"]) == 4
