# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the end of a link as data: what it shows, writes, waits for and says, without reading either tenant (fact F114)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Action, Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import debt, find_configuration, job
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.deprovision import bystanders
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.deprovision import resource as deprovision
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.deprovision.reading import Current, Desired, TargetUser
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import Configuration
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.scope import Assignment
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET, FakeGraph, Reply
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import SourceService, new_job

GUARD = '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":500}'
BAG = {"CompanyId": TARGET, "SyncAll": "false", "SyncNotificationSettings": GUARD}
PATH = "/servicePrincipals/sp/synchronization"
FABRIKAM = Configuration("sp", "app", "Fabrikam", "role")
KIM, LEE, HAND = (TargetUser(f"{name}@contoso.kr", f"{number}" * 8) for number, name in enumerate(("kim", "lee", "hand"), 1))
SALES = Assignment("a1", Principal("g", "group", "Sales"), "role")
MINSU = Assignment("a2", Principal("u", "user", "minsu@contoso.kr"), "role")
RUNNING: dict[str, Any] = new_job("1", "Active") | {
    "status": {"code": "Active", "lastExecution": {"timeBegan": "2026-11-01T00:00:00Z", "timeEnded": "2026-11-01T00:10:00Z"}}
}
WANTED = Desired(SOURCE, "Fabrikam", TARGET, None, 3600.0)


def there(**members: Any) -> Current:
    """A link with two users in the target who are to be removed, and a third who was invited."""
    known: dict[str, Any] = {
        "configuration": FABRIKAM,
        "bag": BAG,
        "job": RUNNING,
        "assignments": (MINSU, SALES),
        "in_scope": (Principal("k", "user", "kim@contoso.kr", mail="kim@second.kr"),),
        "synced": (KIM, LEE, HAND),
        "leaving": (KIM, LEE),
    }
    return Current(TARGET, **{**known, **members})


def plan(current: Current, **wish: Any) -> Plan:
    return deprovision.plan(current, replace(WANTED, **wish))


def told(action: Action) -> tuple[str, str, str, Any]:
    (request,) = action.requests
    return (str(action), request.method, request.path, request.body)


def row(user: TargetUser, state: str) -> dict[str, str]:
    return {"user_principal_name": user.name, "target_id": user.target_id, "state": state}


class TestOptions:
    def test_the_desired_state(self) -> None:
        given: dict[str, Any] = {"configuration": "Fabrikam", "target": {"tenant_id": TARGET}, "deletion_threshold": 0, "wait_timeout": 0}
        wanted = deprovision.desired(options("sync_deprovision", source_domains=["contoso.kr"], others=["Guests"], **given))
        assert wanted == Desired(SOURCE, "Fabrikam", TARGET, 0, 0.0, ("contoso.kr",), ("Guests",))


class TestActions:
    TAGS = (f"{bystanders.PREFIX}33333333", f"{bystanders.DOMAIN}contoso.kr", f"{bystanders.DOMAIN}second.kr")

    def test_in_their_order(self) -> None:
        """What a next run needs is recorded first, and a job that does not run is started before it is restarted (fact F75)."""
        planned = plan(there(bag={**BAG, "SyncAll": "True"}, job={**RUNNING, "schedule": {"state": "Disabled"}}), threshold=9)
        guard = '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":9}'
        bag = [
            {"key": "CompanyId", "value": TARGET},
            {"key": "SyncAll", "value": "false"},
            {"key": "SyncNotificationSettings", "value": guard},
        ]
        title = "provisioning job of configuration Fabrikam"
        assert [told(action) for action in planned.actions] == [
            (
                f"record other users in tenant {TARGET} at configuration Fabrikam",
                "PATCH",
                "/servicePrincipals/sp",
                {"tags": list(self.TAGS)},
            ),
            ("record pending restart of configuration Fabrikam", "PATCH", "/servicePrincipals/sp", {"tags": [*self.TAGS, debt.TAG]}),
            (
                "update settings of configuration Fabrikam (scope mode, deletion_threshold)",
                "PUT",
                f"{PATH}/secrets",
                {"value": bag},
            ),
            ("unassign group Sales from configuration Fabrikam", "DELETE", "/servicePrincipals/sp/appRoleAssignedTo/a1", None),
            ("unassign user minsu@contoso.kr from configuration Fabrikam", "DELETE", "/servicePrincipals/sp/appRoleAssignedTo/a2", None),
            (f"start {title}", "POST", f"{PATH}/jobs/Azure2Azure.1/start", None),
            (f"restart {title}", "POST", f"{PATH}/jobs/Azure2Azure.1/restart", {"criteria": {}}),
            ("clear pending restart of configuration Fabrikam", "PATCH", "/servicePrincipals/sp", {"tags": list(self.TAGS)}),
        ]
        assert {action.tenant for action in planned.actions} == {SOURCE}
        assert [action.effects for action in planned.actions[3:5]] == [{"soft_deletes_in_target": True}] * 2
        assert planned.actions[-2].effects == {
            "triggers_full_cycle": True,
            "removes_users": 2,
            "users": [KIM.name, LEE.name],
            "target": TARGET,
        }

    def test_the_record_of_others_must_be_visible_before_the_next_write(self) -> None:
        visible = plan(there()).actions[0].visible
        assert visible
        assert visible.path == "/servicePrincipals/sp?$select=id,tags"
        shown: list[Any] = [None, {"tags": None}, {"tags": [self.TAGS[0]]}, {"tags": ["more", *self.TAGS]}]
        assert [visible.until(body) for body in shown] == [False, False, False, True]

    def test_settings_are_read_back_and_merged_into_those_of_the_moment(self) -> None:
        action = plan(there(), threshold=9).actions[2]
        assert str(action) == "update settings of configuration Fabrikam (deletion_threshold)"
        assert action.visible
        assert action.visible.path == f"{PATH}/secrets"
        assert action.refresh
        now = {"value": [{"key": key, "value": value} for key, value in {**BAG, "Domain": "x"}.items()]}
        (request,) = action.refresh(FakeGraph(lambda _request: Reply(200, now)))
        assert {"key": "Domain", "value": "x"} in request.body["value"]

    @pytest.mark.parametrize(
        ("bag", "threshold", "what"),
        [
            (BAG, None, None),
            (BAG, 500, None),
            (BAG, 9, "deletion_threshold"),
            (BAG, 0, "deletion_threshold"),
            ({**BAG, "SyncNotificationSettings": "{}"}, None, None),
            ({**BAG, "SyncNotificationSettings": "{}"}, 0, None),
            ({**BAG, "SyncNotificationSettings": '{"DeleteThresholdEnabled":true}'}, 500, None),
            ({**BAG, "SyncAll": "true"}, None, "scope mode"),
            ({**BAG, "SyncAll": "true", "SyncNotificationSettings": "{}"}, None, "scope mode"),
            ({key: value for key, value in BAG.items() if key != "SyncAll"}, None, "scope mode"),
        ],
    )
    def test_settings_are_written_only_if_they_differ(self, bag: dict[str, str], threshold: int | None, what: str | None) -> None:
        written = [action for action in plan(there(bag=bag), threshold=threshold).actions if action.verb == "update"]
        assert [str(action) for action in written] == ([f"update settings of configuration Fabrikam ({what})"] if what else [])
        for action in written if what == "scope mode" else ():
            assert {"key": "SyncNotificationSettings", "value": bag["SyncNotificationSettings"]} in action.requests[0].body["value"]

    def test_a_run_that_continues_records_nothing_anew(self) -> None:
        tags = (*self.TAGS, debt.TAG)
        planned = plan(there(configuration=replace(FABRIKAM, tags=tags), assignments=(), synced=(KIM, LEE)))
        assert [action.verb for action in planned.actions] == ["restart", "clear"]
        assert planned.actions[-1].requests[0].body == {"tags": list(self.TAGS)}


class TestWhetherThereIsAnythingToDo:
    @pytest.mark.parametrize(
        ("members", "acts"),
        [
            pytest.param({}, True, id="users to remove"),
            pytest.param({"leaving": ()}, True, id="a running job may create those in scope"),
            pytest.param(
                {"leaving": (), "in_scope": (), "configuration": replace(FABRIKAM, tags=(debt.TAG,))}, True, id="a pending restart"
            ),
            pytest.param({"leaving": (), "in_scope": ()}, False, id="nobody in scope"),
            pytest.param({"leaving": (), "job": new_job()}, False, id="the job does not run"),
            pytest.param({"leaving": (), "switches_off": ("x",)}, False, id="without trust nobody is created"),
            pytest.param({"leaving": (), "bag": {"SyncAll": "false"}}, False, id="without a connection nobody is created"),
            pytest.param({"leaving": (), "job": None}, False, id="no job"),
            pytest.param({"leaving": (), "configuration": None}, False, id="no configuration"),
        ],
    )
    def test_by_what_the_service_may_still_do(self, members: dict[str, Any], acts: bool) -> None:
        assert bool(plan(there(**members)).actions) is acts

    def test_nothing_shows_what_is_there(self) -> None:
        planned = plan(there(leaving=(), in_scope=(), warnings=("beware",)))
        assert planned.before == planned.after == {"configuration": "Fabrikam", "mode": "assigned", "assigned": 2}
        assert planned.facts == {"people": [], "people_count": 0}
        assert planned.warnings == (
            "beware",
            f"3 users of the source tenant are in tenant {TARGET} and will not be removed, because nothing shows that this link created "
            f"them: {KIM.name}, {LEE.name}, {HAND.name}",
        )
        assert plan(there(leaving=(), in_scope=(), synced=())).warnings == ()
        (one,) = plan(there(leaving=(), in_scope=(), synced=(KIM,))).warnings
        assert one.startswith(f"1 user of the source tenant is in tenant {TARGET}")

    @pytest.mark.parametrize(("count", "ends"), [(1, "0@x"), (10, ", 9@x"), (11, ", 9@x and 1 more"), (30, ", 9@x and 20 more")])
    def test_of_many_users_ten_are_named(self, count: int, ends: str) -> None:
        (warning,) = plan(
            there(leaving=(), in_scope=(), synced=[TargetUser(f"{number}@x", str(number)) for number in range(count)])
        ).warnings
        assert warning.endswith(ends)


class TestShowing:
    def test_before_after_and_facts(self) -> None:
        planned = plan(there(bag={**BAG, "SyncAll": "true"}), threshold=9)
        both = {"configuration": "Fabrikam"}
        assert planned.before == {
            **both,
            "mode": "all",
            "assigned": 2,
            "deletion_threshold": 500,
            "in_target": [KIM.name, LEE.name],
            "in_target_count": 2,
        }
        assert planned.after == {
            **both,
            "mode": "assigned",
            "assigned": 0,
            "deletion_threshold": 9,
            "in_target": [],
            "in_target_count": 0,
        }
        assert planned.facts == {"people": [row(KIM, "removed"), row(LEE, "removed")], "people_count": 2}

    @pytest.mark.parametrize(
        ("members", "threshold", "before", "after"),
        [(GUARD, 0, 500, 0), ("{}", None, 0, 0), ("{}", 7, 0, 7), ('{"DeleteThresholdEnabled":true}', None, 500, 500)],
    )
    def test_the_guard(self, members: str, threshold: int | None, before: int, after: int) -> None:
        """0 if it is off, and the portal's default if it is on without a number (fact F63)."""
        planned = plan(there(bag={**BAG, "SyncNotificationSettings": members}), threshold=threshold)
        assert (planned.before["deletion_threshold"], planned.after["deletion_threshold"]) == (before, after)

    def test_in_check_mode_the_job_runs_by_then(self) -> None:
        planned = plan(there(job={**RUNNING, "schedule": {"state": "Disabled"}}))
        client = FakeGraph(SourceService([]))
        client.check_mode = True
        assert planned.foretells
        planned.foretells(client)
        assert find_configuration.foreseen(client, FABRIKAM, [new_job()])[0]["schedule"]["state"] == "Active"


class TestWarnings:
    def said(self, current: Current, **wish: Any) -> Sequence[str]:
        return plan(current, **wish).warnings

    def test_of_users_who_stay(self) -> None:
        disabled = replace(LEE, disabled=True)
        assert self.said(there(leaving=(KIM, disabled), warnings=("about domains",))) == (
            f"1 of the users are disabled, and the service does not remove users who were disabled before they left the scope: {LEE.name}",
            f"1 user of the source tenant is in the target and not in scope, so the task does not wait for them: {HAND.name}",
        )
        assert self.said(there(synced=(KIM, LEE))) == ()

    def test_the_domains_matter_where_the_scope_is_empty_already(self) -> None:
        assert self.said(there(synced=(KIM, LEE), assignments=(), warnings=("about domains",))) == ("about domains",)

    @pytest.mark.parametrize(("count", "warned"), [(bystanders.LARGEST, False), (bystanders.LARGEST + 1, True)])
    def test_too_many_to_be_recorded(self, count: int, warned: bool) -> None:
        many = tuple(TargetUser(f"{number}@contoso.kr", f"{number:08}") for number in range(count))
        for assignments, expected in ((MINSU,), warned), ((), False):
            said = self.said(there(synced=(KIM, LEE, *many), assignments=assignments))
            assert any("too many to be recorded" in warning for warning in said) is expected

    @pytest.mark.parametrize(("threshold", "warned"), [(3, True), (4, False), (0, False), (None, False)])
    def test_the_guard_may_count_more(self, threshold: int | None, warned: bool) -> None:
        said = [warning for warning in self.said(there(), threshold=threshold) if "guard" in warning]
        assert bool(said) is warned
        assert not any("guard" in warning for warning in self.said(there(leaving=()), threshold=1))


class TestHeld:
    @pytest.mark.parametrize(
        ("quarantine", "words"),
        [
            ({"reason": job.TOO_MANY_DELETES, "currentBegan": "2026-11-01T00:00:00Z"}, "already holds the deletions back"),
            (None, "would hold the deletions back"),
        ],
    )
    def test_by_the_guard(self, quarantine: Any, words: str) -> None:
        held = {**RUNNING, "status": {**RUNNING["status"], "quarantine": quarantine}}
        with pytest.raises(Refusal) as caught:
            plan(there(job=held), threshold=2)
        assert str(caught.value) == (
            f"2 users are to be removed from tenant {TARGET}, and the deletion guard of configuration 'Fabrikam', which is 2, {words}: "
            f"{KIM.name}, {LEE.name}; if the deletions are intended, set deletion_threshold (link_deletion_threshold) to 4, or to 0 for no "
            "guard; nothing was changed"
        )
        assert plan(there(job=held), threshold=3).actions
        assert plan(there(job=held), threshold=0).actions

    def test_without_users_to_remove_nothing_is_held(self) -> None:
        ill = {**RUNNING, "status": {**RUNNING["status"], "quarantine": {"reason": "Other", "currentBegan": "2026-11-01T00:00:00Z"}}}
        assert plan(there(leaving=(), job=ill), threshold=1).actions


class TestOutcome:
    def test_what_is_waited_for(self) -> None:
        outcome = plan(there(), wait_timeout=120.0).outcome
        assert outcome
        assert (outcome.path, outcome.after, outcome.timeout) == (f"{PATH}/jobs/Azure2Azure.1", ("restart",), 120.0)
        assert outcome.name == f"the cycle of configuration Fabrikam that removes 2 users from tenant {TARGET}"

    def test_those_who_are_left_are_read_in_the_target(self) -> None:
        """A thousand ids at a time."""
        many = tuple(TargetUser(f"{number}@contoso.kr", f"id-{number}") for number in range(1001))
        left = {"id-3", "id-1000"}

        def answer(request: Request) -> Reply:
            return Reply(200, {"value": [{"id": one} for one in request.body["ids"] if one in left]})

        client = FakeGraph(answer)
        state = deprovision._read_remaining(there(leaving=many), WANTED, client, RUNNING)
        assert [(request.method, request.path, len(request.body["ids"]), request.body["types"]) for request in client.sent] == [
            ("POST", "/directoryObjects/getByIds", 1000, ["user"]),
            ("POST", "/directoryObjects/getByIds", 1, ["user"]),
        ]
        assert client.writes == []
        assert state.progress == "2 of 1001 users are left"
        assert state.facts["people"][:3] == [row(many[3], "left"), row(many[1000], "left"), row(many[0], "removed")]
        assert (len(state.facts["people"]), state.facts["people_count"]) == (50, 1001)

    def state(self, *left: TargetUser, quarantine: Any = None) -> Any:
        body = {**RUNNING, "status": {**RUNNING["status"], "quarantine": quarantine}}
        return deprovision.state_in_target(there(), WANTED, left, body)

    def test_nobody_is_left(self) -> None:
        state = self.state()
        assert (state.progress, state.complaint) == ("0 of 2 users are left", None)
        assert state.facts == {"people": [row(KIM, "removed"), row(LEE, "removed")], "people_count": 2}

    def test_why_somebody_is_left(self) -> None:
        begins = f"1 of 2 users are still in tenant {TARGET} after the cycle: {KIM.name}"
        ends = "; configuration and trust are kept until no user is left"
        assert self.state(KIM, quarantine={"reason": job.TOO_MANY_DELETES, "currentBegan": "2026-11-01T00:00:00Z"}).complaint == (
            f"{begins}; the deletion guard holds their deletions back: set deletion_threshold (link_deletion_threshold) to a number above 3, "
            f"or approve them with sync_job, state restarted, restart_reason approve_deletions, and run again{ends}"
        )
        assert self.state(KIM, quarantine={"reason": "Other", "currentBegan": "2026-11-01T00:00:00Z"}).complaint == (
            f"{begins}; the job is in quarantine since 2026-11-01T00:00:00Z (Other): fix the cause and run again{ends}"
        )
        reason = "; the service does not remove administrators of the target, or retries later (see provisioning_log_info)"
        remedy = (
            ": remove their roles in the target or delete the users manually, and run again; if they were invited manually, the service might "
            f"not manage them: {deprovision.KEEP} then{ends}"
        )
        assert self.state(KIM).complaint == f"{begins}{reason}{remedy}"
        assert self.state(replace(KIM, disabled=True)).complaint == (
            f"{begins}{reason}, and it never removes users who were disabled before they left the scope (1 of these){remedy}"
        )
