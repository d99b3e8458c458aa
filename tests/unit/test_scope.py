# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning the scope: which users enter and leave it, and how many may leave (facts F57, F100, F107)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import scope
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import Configuration
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.scope import Assignment, Current
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Reply, Script
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService, new_job

ROLE = "msiam-role"
DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
CONFIGURATION = Configuration("sp", "app", "Fabrikam", ROLE)
MINSU = Principal("1", "user", "minsu.kim@contoso.kr", "minsu.kim@contoso.kr")
JIWOO = Principal("2", "user", "jiwoo.lee@contoso.kr", "jiwoo.lee@contoso.kr")
HARU = Principal("3", "user", "haru@contoso.kr", "haru@contoso.kr")
SALES = Principal("10", "group", "Sales")
YUNA, SEJIN = (Principal(name, "user", f"{name}@contoso.kr", f"{name}@contoso.kr") for name in ("yuna", "sejin"))
"""The members of Sales."""
ALL_ASSIGNED = (MINSU, JIWOO, HARU, SALES)


def assigned(*principals: Principal, role: str = ROLE) -> tuple[Assignment, ...]:
    return tuple(Assignment(f"{role}-{principal.id}", principal, role) for principal in principals)


def desired(**given: Any) -> scope.Desired:
    # The names of the options are resolved in `Current.named`; planning does not use them again.
    return scope.desired(options("sync_scope", configuration="Fabrikam", **given))


def plan(
    assignments: Sequence[Assignment] = (),
    named: Sequence[Principal] = (),
    bag: dict[str, str] | None = None,
    configuration: Configuration | None = CONFIGURATION,
    members: dict[str, tuple[Principal, ...]] | None = None,
    all_users: int | None = None,
    job: dict[str, Any] | None = None,
    **given: Any,
) -> Plan:
    bag = {"SyncAll": "false", "CompanyId": "t"} if bag is None else bag
    current = Current(
        configuration, bag, tuple(assignments), tuple(named), {"10": (YUNA, SEJIN)} if members is None else members, all_users, job
    )
    return scope.plan(current, desired(users=[principal.name for principal in named], **given))


def actions(planned: Plan) -> list[str]:
    return [str(action).removesuffix(" configuration Fabrikam") for action in planned.actions]


class TestAssignments:
    @pytest.mark.parametrize(
        ("assignments", "named", "given", "expected"),
        [
            pytest.param([], [MINSU, SALES], {}, ["assign group Sales to", "assign user minsu.kim@contoso.kr to"], id="assign"),
            pytest.param(assigned(MINSU), [MINSU], {}, [], id="assigned already"),
            pytest.param(assigned(MINSU, JIWOO), [MINSU], {}, [], id="others are unchanged"),
            pytest.param(assigned(MINSU), [JIWOO], {}, ["assign user jiwoo.lee@contoso.kr to"], id="another user"),
            pytest.param(
                assigned(MINSU, JIWOO, SALES),
                [MINSU],
                {"exact": True},
                ["unassign group Sales from", "unassign user jiwoo.lee@contoso.kr from"],
                id="exact",
            ),
            pytest.param(
                assigned(JIWOO),
                [MINSU],
                {"exact": True},
                ["assign user minsu.kim@contoso.kr to", "unassign user jiwoo.lee@contoso.kr from"],
                id="exact, replacing a user",
            ),
            pytest.param(assigned(MINSU, JIWOO), [JIWOO], {"state": "absent"}, ["unassign user jiwoo.lee@contoso.kr from"], id="absent"),
            pytest.param(assigned(MINSU), [JIWOO], {"state": "absent"}, [], id="absent already"),
            pytest.param(
                assigned(MINSU, role=DEFAULT_ACCESS),
                [MINSU],
                {},
                ["assign user minsu.kim@contoso.kr to", "unassign user minsu.kim@contoso.kr from"],
                id="an ineffective assignment is replaced",
            ),
            pytest.param(
                [*assigned(MINSU), *assigned(MINSU, role=DEFAULT_ACCESS)],
                [MINSU],
                {},
                [],
                id="an ineffective assignment in addition to an effective one",
            ),
            pytest.param(
                assigned(JIWOO, role=DEFAULT_ACCESS),
                [MINSU],
                {},
                ["assign user minsu.kim@contoso.kr to"],
                id="an ineffective assignment of another user",
            ),
        ],
    )
    def test_users_enter_and_leave(
        self, assignments: list[Assignment], named: list[Principal], given: dict[str, Any], expected: list[str]
    ) -> None:
        assert actions(plan(assignments, named, **given)) == expected

    def test_the_requests(self) -> None:
        planned = plan(assigned(JIWOO), [MINSU], exact=True)
        assert [(request.method, request.path, request.body) for action in planned.actions for request in action.requests] == [
            ("POST", "/servicePrincipals/sp/appRoleAssignedTo", {"principalId": "1", "resourceId": "sp", "appRoleId": ROLE}),
            ("DELETE", "/servicePrincipals/sp/appRoleAssignedTo/msiam-role-2", None),
        ]
        assert all(action.batched for action in planned.actions)

    def test_nobody_is_unassigned_before_all_are_in_scope_who_must_be(self) -> None:
        """A user whom the wish keeps by another assignment, or by the mode, would be deleted if a run ended in between."""
        planned = plan(assigned(SALES), [MINSU], bag={"SyncAll": "false"}, mode="all", exact=True)
        verbs = [action.verb for action in planned.actions]
        assert verbs == ["assign", "update", "unassign"]

    def test_a_repeated_assignment_is_no_failure(self) -> None:
        """Fact F107: 400 with the detail InvalidUpdate."""
        assert plan([], [MINSU]).actions[0].done_codes == ("InvalidUpdate",)

    def test_users_who_leave_are_soft_deleted(self) -> None:
        assert plan(assigned(MINSU, JIWOO), [MINSU], exact=True).actions[0].effects == {"soft_deletes_in_target": True}

    def test_an_ineffective_assignment_in_addition_to_an_effective_one_is_no_removal(self) -> None:
        """A user who keeps an assignment with the right role stays in scope."""
        planned = plan([*assigned(MINSU), *assigned(MINSU, role=DEFAULT_ACCESS)], [MINSU], max_removals=0)
        assert planned.after["users"] == ["minsu.kim@contoso.kr"]

    def test_replacing_an_assignment_is_no_removal(self) -> None:
        assert plan(assigned(MINSU, role=DEFAULT_ACCESS), [MINSU], max_removals=0).after["users"] == ["minsu.kim@contoso.kr"]


class TestMode:
    @pytest.mark.parametrize(
        ("bag", "mode", "expected"),
        [
            ({"SyncAll": "false"}, None, []),
            ({"SyncAll": "true"}, None, []),
            ({}, None, []),
            ({"SyncAll": "false"}, "assigned", []),
            ({"SyncAll": "False"}, "assigned", []),
            ({"SyncAll": "true"}, "all", []),
            ({"SyncAll": "True"}, "all", []),
            ({"SyncAll": "false"}, "all", ["update scope mode of configuration Fabrikam to all"]),
            ({"SyncAll": "true"}, "assigned", ["update scope mode of configuration Fabrikam to assigned"]),
            ({}, "all", ["update scope mode of configuration Fabrikam to all"]),
            ({}, "assigned", ["update scope mode of configuration Fabrikam to assigned"]),
        ],
    )
    def test_is_changed_if_it_differs_or_is_missing(self, bag: dict[str, str], mode: str | None, expected: list[str]) -> None:
        assert actions(plan(assigned(MINSU), bag=bag, mode=mode)) == expected

    def test_the_connection_leaves_no_mode_open(self) -> None:
        """``sync_configuration`` comes before, and writes the mode of a configuration that has none (fact F61)."""
        current = scope.connected(Current(CONFIGURATION, {}))
        assert actions(scope.plan(current, desired(users=[], mode="assigned"))) == []
        assert scope.connected(Current(CONFIGURATION, {"SyncAll": "true"})).bag == {"SyncAll": "true"}
        assert scope.connected(Current(None)) == Current(None)

    def test_from_all_to_an_empty_scope_must_be_allowed(self) -> None:
        """All users would be soft-deleted in the target (fact F114)."""
        with pytest.raises(Refusal, match="all users would leave the scope and be soft-deleted in the target; name users or groups"):
            plan(bag={"SyncAll": "true"}, mode="assigned")
        limits: tuple[dict[str, Any], ...] = ({"max_removals": 5}, {"max_removals": 5000}, {"max_removal_percent": 100})
        for limit in limits:
            with pytest.raises(Refusal, match="set allow_empty"):
                plan(bag={"SyncAll": "true"}, mode="assigned", all_users=4, **limit)
        assert plan(bag={"SyncAll": "true"}, mode="assigned", allow_empty=True).actions

    def test_groups_without_members_are_an_empty_scope(self) -> None:
        with pytest.raises(Refusal, match="all users would leave the scope"):
            plan(assigned(SALES), bag={"SyncAll": "true"}, mode="assigned", members={})

    @pytest.mark.parametrize(
        ("limit", "sentence"),
        [
            ({"max_removals": 36}, "37 of 40 users would leave the scope, more than max_removals 36; nothing was changed"),
            (
                {"max_removal_percent": 92},
                "37 of 40 users (92.5 %) would leave the scope, more than max_removal_percent 92; nothing was changed",
            ),
        ],
    )
    def test_from_all_a_limit_counts_all_users(self, limit: dict[str, Any], sentence: str) -> None:
        """Without a count, the limit would have no effect."""
        assignments = assigned(MINSU, SALES)
        with pytest.raises(Refusal) as caught:
            plan(assignments, bag={"SyncAll": "true"}, mode="assigned", all_users=40, **limit)
        assert str(caught.value) == sentence
        raised: dict[str, Any] = {name: value + 1 for name, value in limit.items()}
        assert plan(assignments, bag={"SyncAll": "true"}, mode="assigned", all_users=40, **raised).actions

    def test_the_rest_of_the_bag_is_kept(self) -> None:
        bag = {"SyncAll": "true", "CompanyId": "t", "SyncNotificationSettings": "{}"}
        request = plan(assigned(MINSU), bag=bag, mode="assigned").actions[0].requests[0]
        assert request.path == "/servicePrincipals/sp/synchronization/secrets"
        assert {entry["key"]: entry["value"] for entry in request.body["value"]} == {
            "SyncAll": "false",
            "CompanyId": "t",
            "SyncNotificationSettings": "{}",
        }

    @pytest.mark.parametrize(
        ("before", "after", "restart"),
        [("true", "assigned", True), (None, "assigned", True), ("false", "all", False), (None, "all", False), ("false", "assigned", False)],
    )
    def test_from_all_to_assigned_the_job_must_be_restarted(self, before: str | None, after: str, restart: bool) -> None:
        """Facts F61, F62, if the key is missing."""
        bag = {} if before is None else {"SyncAll": before}
        planned = plan(assigned(MINSU), bag=bag, mode=after, job=new_job(state="Active"))
        assert planned.change_facts["restart_needed"] is restart
        assert any(action.effects.get("needs_restart") for action in planned.actions) is restart

    def test_the_bag_is_read_again_right_before_it_is_written(self) -> None:
        """It has no ETag (fact F17), and others write other keys of it."""
        refresh = plan(bag={"SyncAll": "false"}, mode="all").actions[0].refresh
        assert refresh is not None
        path = "/servicePrincipals/sp/synchronization/secrets"
        now = Reply(200, {"value": [{"key": "SyncAll", "value": "false"}, {"key": "New", "value": "1"}]})
        (request,) = refresh(FakeGraph(Script({f"GET {path}": now})))
        assert {entry["key"]: entry["value"] for entry in request.body["value"]} == {"SyncAll": "true", "New": "1"}

    def test_the_new_mode_is_recognized_in_the_services_own_spelling(self) -> None:
        """Facts F56, F60: the service writes 'True' as well as 'true', and may add keys of its own."""
        visible = plan(bag={"SyncAll": "false"}, mode="all").actions[0].visible
        assert visible is not None
        assert visible.until({"value": [{"key": "SyncAll", "value": "True"}, {"key": "SomethingNew", "value": "1"}]})
        assert not visible.until({"value": [{"key": "SyncAll", "value": "False"}]})

    def test_groups_leave_only_from_a_scope_of_assignments(self) -> None:
        """In mode all, no group is synchronized, whatever is assigned."""
        for bag, leaving in (({"SyncAll": "false"}, ["Sales"]), ({"SyncAll": "true"}, [])):
            planned = (
                plan(assigned(MINSU, SALES), [SALES], bag=bag, state="absent", group_sync=True)
                if leaving
                else plan(assigned(MINSU, SALES), [MINSU], bag=bag, mode="assigned", exact=True, group_sync=True)
            )
            assert planned.change_facts["leaving_groups"] == leaving

    @pytest.mark.parametrize("owed", [True, False])
    def test_a_pending_restart_of_an_earlier_task_stays_pending(self, owed: bool) -> None:
        assert plan(assigned(MINSU), restart_owed=owed).facts["restart_owed"] is owed

    def test_only_what_cannot_be_applied_is_unmet(self) -> None:
        assert plan(assigned(MINSU)).unmet is None
        assert plan(named=[MINSU], configuration=None, bag={}, state="absent").unmet is None

    def test_assignments_have_no_effect_in_mode_all(self) -> None:
        assert "scope mode is all, so the assignments have no effect" in plan([], [MINSU], mode="all").warnings


class TestGuard:
    @pytest.mark.parametrize(
        ("assignments", "named", "given"),
        [
            pytest.param(assigned(*ALL_ASSIGNED), [MINSU], {"max_removals": 4}, id="as many as allowed"),
            pytest.param(assigned(*ALL_ASSIGNED), [MINSU, JIWOO], {"max_removal_percent": 60}, id="as many percent as allowed"),
            pytest.param(assigned(MINSU), [], {"allow_empty": True, "groups": []}, id="the last user, allowed"),
            pytest.param(assigned(MINSU), [], {"allow_empty": True, "max_removals": 1, "groups": []}, id="the last user, within the limit"),
            pytest.param(assigned(MINSU), [JIWOO], {}, id="the last user, replaced"),
            pytest.param((), [], {}, id="an empty scope"),
            pytest.param(
                assigned(MINSU, YUNA, SALES), [MINSU, SALES], {"max_removals": 0}, id="a user who stays through a group does not leave"
            ),
            pytest.param(assigned(MINSU, JIWOO, role=DEFAULT_ACCESS), [HARU], {"max_removals": 0}, id="users who were never in scope"),
            pytest.param(
                assigned(MINSU, role=DEFAULT_ACCESS), [], {"max_removal_percent": 0}, id="an empty scope with an ineffective assignment"
            ),
            pytest.param(
                [*assigned(HARU), *assigned(MINSU, JIWOO, role=DEFAULT_ACCESS)],
                [HARU],
                {"max_removal_percent": 0},
                id="ineffective assignments are not counted on either side",
            ),
        ],
    )
    def test_lets_pass(self, assignments: Sequence[Assignment], named: list[Principal], given: dict[str, Any]) -> None:
        plan(assignments, named, exact=True, **given)

    @pytest.mark.parametrize(
        ("assignments", "named", "given", "sentence"),
        [
            pytest.param(
                assigned(*ALL_ASSIGNED),
                [MINSU],
                {"max_removals": 3},
                "4 of 5 users would leave the scope, more than max_removals 3: "
                "haru@contoso.kr, jiwoo.lee@contoso.kr, sejin@contoso.kr, yuna@contoso.kr; nothing was changed",
                id="too many, members of a group among them",
            ),
            pytest.param(
                assigned(*ALL_ASSIGNED),
                [MINSU, JIWOO, HARU, YUNA],
                {"max_removal_percent": 19},
                "1 of 5 users (20.0 %) would leave the scope, more than max_removal_percent 19: sejin@contoso.kr; nothing was changed",
                id="too many percent",
            ),
            pytest.param(
                assigned(MINSU, JIWOO),
                [MINSU],
                {"max_removals": 0},
                "1 of 2 users would leave the scope, more than max_removals 0: jiwoo.lee@contoso.kr; nothing was changed",
                id="none",
            ),
            *(
                pytest.param(
                    assigned(MINSU, SALES),
                    [],
                    limit,
                    "all 3 users would leave the scope and be soft-deleted in the target: "
                    "minsu.kim@contoso.kr, sejin@contoso.kr, yuna@contoso.kr; "
                    "name users or groups that stay, or set allow_empty to allow an empty scope; nothing was changed",
                    id=f"all users, {limit}",
                )
                for limit in ({}, {"max_removals": 3}, {"max_removals": 5}, {"max_removal_percent": 100})
            ),
            pytest.param(
                assigned(MINSU, SALES),
                [],
                {"allow_empty": True, "max_removals": 2},
                "3 of 3 users would leave the scope, more than max_removals 2: "
                "minsu.kim@contoso.kr, sejin@contoso.kr, yuna@contoso.kr; nothing was changed",
                id="allow_empty does not loosen a limit",
            ),
        ],
    )
    def test_refuses(self, assignments: Sequence[Assignment], named: list[Principal], given: dict[str, Any], sentence: str) -> None:
        with pytest.raises(Refusal) as caught:
            plan(assignments, named, exact=True, **given)
        assert str(caught.value) == sentence

    def test_five_names_and_the_number_of_the_others(self) -> None:
        users = [Principal(str(number), "user", f"person{number}@contoso.kr") for number in range(9)]
        with pytest.raises(Refusal, match=r"8 of 9 users .*: person1@contoso.kr, .*, person5@contoso.kr and 3 more; nothing was changed"):
            plan(assigned(*users), users[:1], exact=True, max_removals=7)

    @pytest.mark.parametrize(("count", "leave", "percent"), [(3, 1, 33), (200, 5, 2), (7, 1, 14)])
    def test_rounding_does_not_exceed_a_limit(self, count: int, leave: int, percent: int) -> None:
        """A third is more than 33 percent."""
        users = [Principal(str(number), "user", f"person{number}@contoso.kr") for number in range(count)]
        with pytest.raises(Refusal, match="max_removal_percent"):
            plan(assigned(*users), users[leave:], exact=True, max_removal_percent=percent)

    def test_removing_the_last_user_is_refused_too(self) -> None:
        with pytest.raises(Refusal, match="all 1 users would leave the scope and be soft-deleted"):
            plan(assigned(MINSU), [MINSU], state="absent")

    def test_a_change_that_was_judged_keeps_no_limit_again(self) -> None:
        """The impact counts those whom the filters let pass, and the assignments would count others as well. An empty scope needs no filter."""
        planned = plan(assigned(MINSU, JIWOO, HARU), [MINSU], exact=True, max_removals=1, max_removal_percent=10, judged=True)
        assert len(planned.actions) == 2
        with pytest.raises(Refusal, match="all 3 users would leave"):
            plan(assigned(MINSU, JIWOO, HARU), [], exact=True, groups=[], judged=True)

    @pytest.mark.parametrize("limit", [{"max_removals": 0}, {"max_removal_percent": 0}], ids=str)
    def test_an_impact_that_was_computed_keeps_the_limits_of_its_own(self, limit: dict[str, Any]) -> None:
        current = Current(CONFIGURATION, {"SyncAll": "false"}, assigned(MINSU, JIWOO), (MINSU,), judged=True)
        assert len(scope.plan(current, desired(users=[MINSU.name], exact=True, **limit)).actions) == 1


class TestOptions:
    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            (
                {"state": "absent", "exact": True, "users": ["x"]},
                "state absent removes the named users and groups from the scope; exact and mode cannot be combined with it",
            ),
            (
                {"state": "absent", "mode": "all", "users": ["x"]},
                "state absent removes the named users and groups from the scope; exact and mode cannot be combined with it",
            ),
            ({"state": "absent"}, "state absent requires users or groups to remove from the scope"),
            ({"state": "absent", "users": [], "groups": []}, "state absent requires users or groups to remove from the scope"),
            ({"exact": True}, "exact requires users or groups: the complete list of those in scope"),
            ({"max_removals": -1}, "max_removals must be 0 or more"),
            ({"max_removal_percent": -1}, "max_removal_percent must be from 0 to 100"),
            ({"max_removal_percent": 101}, "max_removal_percent must be from 0 to 100"),
        ],
    )
    def test_that_contradict_each_other(self, given: dict[str, Any], sentence: str) -> None:
        with pytest.raises(Refusal) as caught:
            desired(**given)
        assert str(caught.value) == sentence

    def test_an_empty_scope_can_be_requested(self) -> None:
        assert desired(exact=True, users=[]).users == ()


class TestWarnings:
    EXTERNAL = Principal("20", "user", "guest_x#EXT#@contoso.kr", "g@x", external=True)
    DISABLED = Principal("21", "user", "disabled@contoso.kr", "disabled@contoso.kr", enabled=False)
    MAILLESS = Principal("22", "user", "nomail@contoso.kr")

    @pytest.mark.parametrize(
        ("user", "warning"),
        [
            (EXTERNAL, "external users are skipped: guest_x#EXT#@contoso.kr"),
            (DISABLED, "disabled users are not created: disabled@contoso.kr"),
            (MAILLESS, "users without a mail address appear without one in the target's address book: nomail@contoso.kr"),
        ],
    )
    def test_users_whom_the_service_skips(self, user: Principal, warning: str) -> None:
        assert plan([], [user, MINSU, SALES]).warnings == (warning,)
        assert plan(assigned(user), [user]).warnings == ()

    def test_five_names_are_enough(self) -> None:
        many = [Principal(str(number), "user", f"p{number}@x", f"m{number}@x", enabled=False) for number in range(9)]
        assert plan([], many).warnings[0].endswith("p0@x, p1@x, p2@x, p3@x, p4@x and 4 more")

    @pytest.mark.parametrize(
        ("members", "warning"),
        [
            ([DISABLED, MINSU], "disabled users are not created: disabled@contoso.kr"),
            (
                [Principal("30", "group", "Inner"), MINSU],
                "members of nested groups are not synchronized, only direct members are: Inner",
            ),
            (
                [MINSU, Principal("31", "user", "twin@contoso.kr", "MINSU.KIM@contoso.kr")],
                "users who share a mail address become one user in the target: minsu.kim@contoso.kr, twin@contoso.kr",
            ),
        ],
    )
    def test_members_of_a_group(self, members: list[Principal], warning: str) -> None:
        """Facts F109, F121: direct members only; equal mail addresses collapse into a single user."""
        current = Current(CONFIGURATION, {"SyncAll": "false"}, (), (SALES,), {SALES.id: tuple(members)})
        assert scope.plan(current, desired(groups=["Sales"])).warnings == (warning,)

    def test_a_user_who_is_named_and_in_a_group_counts_once(self) -> None:
        current = Current(CONFIGURATION, {"SyncAll": "false"}, (), (MINSU, SALES), {SALES.id: (MINSU,)})
        assert scope.plan(current, desired(users=[MINSU.name], groups=["Sales"])).warnings == ()


class TestShowing:
    def test_before_after_and_facts(self) -> None:
        planned = plan(assigned(JIWOO, SALES), [MINSU, SALES], exact=True, mode="assigned")
        assert planned.before == {"mode": "assigned", "users": ["jiwoo.lee@contoso.kr"], "groups": ["Sales"]}
        assert planned.after == {"mode": "assigned", "users": ["minsu.kim@contoso.kr"], "groups": ["Sales"]}
        assert planned.facts["scope"] == {
            "service_principal_id": "sp",
            "mode": "assigned",
            "assigned": [{"id": "10", "type": "group", "name": "Sales"}, {"id": "1", "type": "user", "name": "minsu.kim@contoso.kr"}],
            "assigned_users": 1,
            "assigned_groups": 1,
            "groups": None,
        }
        assert planned.change_facts["leaving"] == {"count": 1, "users": ["jiwoo.lee@contoso.kr"]}

    MANY = tuple(Principal(f"m{number}", "user", f"person{number:04}@contoso.kr") for number in range(2000))

    def test_of_many_only_those_that_change(self) -> None:
        assignments, named = assigned(*self.MANY[:1990], SALES), [*self.MANY[10:], SALES]
        planned = plan(assignments, named, exact=True)
        assert planned.before == {
            "mode": "assigned",
            "users": [principal.name for principal in self.MANY[:10]],
            "groups": [],
            "unchanged_users": 1980,
            "unchanged_groups": 1,
        }
        assert planned.after == {**planned.before, "users": [principal.name for principal in self.MANY[1990:]]}
        assert {name: planned.facts["scope"][name] for name in ("assigned", "assigned_users", "assigned_groups")} == {
            "assigned": None,
            "assigned_users": 1990,
            "assigned_groups": 1,
        }
        assert planned.change_facts["leaving"] == {"count": 10, "users": [principal.name for principal in self.MANY[:10]]}
        nothing = plan(assignments, [*self.MANY[:1990], SALES], exact=True)
        assert nothing.before == nothing.after
        assert len(str((nothing.before, nothing.facts, nothing.change_facts))) < 500

    def test_everything_on_request(self) -> None:
        planned = plan(assigned(*self.MANY), [], full_result=True)
        assert len(planned.facts["scope"]["assigned"]) == len(planned.before["users"]) == 2000

    @pytest.mark.parametrize(("count", "shown"), [(50, 50), (51, 0)])
    def test_up_to_fifty_are_shown(self, count: int, shown: int) -> None:
        planned = plan(assigned(*self.MANY[:count]), [])
        assert len(planned.after["users"]) == shown
        assert len(planned.facts["scope"]["assigned"] or ()) == shown

    def test_a_configuration_that_does_not_exist_yet(self) -> None:
        planned = plan(named=[MINSU], configuration=None, bag={}, mode="assigned")
        assert planned.unmet == "there is no configuration 'Fabrikam'; run sync_configuration first"
        assert actions(planned) == ["assign user minsu.kim@contoso.kr to"]
        assert planned.before == {"mode": "assigned", "users": [], "groups": []}


class TestBasis:
    """What somebody relies on who approves a plan: the assignments that stay."""

    def test_what_changes_is_not_in_it(self) -> None:
        kept = [*assigned(MINSU, SALES), *assigned(HARU, role=DEFAULT_ACCESS)]
        planned = plan([*kept, *assigned(JIWOO)], [JIWOO], state="absent")
        assert planned.basis() == {
            "mode": "assigned",
            "users": ["minsu.kim@contoso.kr"],
            "groups": ["Sales"],
            "without effect": ["haru@contoso.kr"],
        }

    def test_of_a_configuration_that_does_not_exist(self) -> None:
        assert plan(named=[MINSU], configuration=None, bag={}).basis() == {}


class TestReading:
    USERS = (
        {"id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "Minsu.Kim@contoso.kr", "mail": "minsu@contoso.kr"},
        {"id": "00000000-0000-4000-8000-000000000002", "userPrincipalName": "jiwoo@contoso.kr", "mail": None},
    )
    GROUPS = ({"id": "00000000-0000-4000-8000-000000000010", "displayName": "Sales"},)

    SALES_ID, MINSU_ID, JIWOO_ID = str(GROUPS[0]["id"]), str(USERS[0]["id"]), str(USERS[1]["id"])

    def read(self, link: Link, **given: Any) -> tuple[FakeGraph, Current]:
        graph = FakeGraph(SourceService([link], self.USERS, self.GROUPS, {self.SALES_ID: [self.USERS[1]]}))
        return graph, scope.read(graph, desired(**given))

    def test_users_and_groups(self) -> None:
        link = Link("Fabrikam", {"SyncAll": "true"})
        link.assign(str(self.USERS[0]["id"]))
        link.assign(str(self.GROUPS[0]["id"]), "Group")
        link.assign("99999999-0000-4000-8000-000000000099", "ServicePrincipal")
        _graph, current = self.read(link, users=["JIWOO@contoso.kr"], groups=["sales"])
        assert [(assignment.principal.kind, assignment.principal.name) for assignment in current.assignments] == [
            ("user", "Minsu.Kim@contoso.kr"),
            ("group", "Sales"),
        ]
        assert [principal.name for principal in current.named] == ["jiwoo@contoso.kr", "Sales"]
        assert current.bag == {"SyncAll": "true"}

    def test_an_assigned_user_needs_no_lookup(self) -> None:
        link = Link("Fabrikam")
        link.assign(str(self.USERS[0]["id"]))
        graph, current = self.read(link, users=["minsu.kim@contoso.kr"])
        assert [principal.id for principal in current.named] == [self.USERS[0]["id"]]
        assert not [request for request in graph.sent if request.path.startswith("/users")]

    def test_a_user_named_twice_counts_once(self) -> None:
        _graph, current = self.read(Link("Fabrikam"), users=["minsu.kim@contoso.kr", "minsu@contoso.kr", str(self.USERS[0]["id"])])
        assert len(current.named) == 1

    def test_an_assignment_of_a_deleted_user(self) -> None:
        link = Link("Fabrikam")
        link.assign("99999999-0000-4000-8000-000000000099")
        _graph, current = self.read(link)
        assert current.assignments[0].principal == Principal("99999999-0000-4000-8000-000000000099", "user", "?")

    def test_the_configuration_and_its_job(self) -> None:
        graph, current = self.read(Link("Fabrikam", {"SyncAll": "true"}, [new_job()]))
        assert current.configuration is not None
        assert (current.configuration.name, (current.job or {})["id"]) == ("Fabrikam", "Azure2Azure.1")
        assert len([request for request in graph.sent if "appRoleAssignedTo" in request.path]) == 1
        assert not [request for request in graph.sent if request.path.startswith("/users")]

    def test_whom_the_options_name_is_read_before_there_is_a_configuration(self) -> None:
        _graph, current = self.read(Link("Other"), users=["jiwoo@contoso.kr"], groups=["Sales"])
        assert current.configuration is None
        assert [principal.name for principal in current.named] == ["jiwoo@contoso.kr", "Sales"]

    @pytest.mark.parametrize(
        ("all_before", "assigned_before", "given", "members", "counted"),
        [
            pytest.param(False, "", {"groups": ["Sales"]}, True, False, id="a group that enters, for the warnings"),
            pytest.param(False, "", {"users": ["jiwoo@contoso.kr"]}, False, False, id="a user who enters"),
            pytest.param(False, "GU", {}, False, False, id="nothing changes"),
            pytest.param(
                False, "GU", {"users": ["minsu@contoso.kr"], "state": "absent"}, True, False, id="the group that stays can keep who leaves"
            ),
            pytest.param(False, "GU", {"groups": ["Sales"], "state": "absent"}, True, False, id="the group that leaves"),
            pytest.param(True, "GU", {"mode": "all"}, False, False, id="the mode stays all"),
            pytest.param(True, "GU", {"mode": "all", "max_removals": 1}, False, False, id="the mode stays all, with a limit"),
            pytest.param(False, "GU", {"mode": "all", "users": [], "exact": True}, False, False, id="to all, nobody can leave"),
            pytest.param(True, "GU", {"mode": "assigned"}, False, False, id="from all without a limit, a user stays"),
            pytest.param(True, "G", {"mode": "assigned"}, True, False, id="from all without a limit, perhaps nobody stays"),
            pytest.param(
                True, "X", {"mode": "assigned", "groups": ["Sales"]}, True, False, id="from all, only an external user and a group stay"
            ),
            pytest.param(True, "GU", {"mode": "assigned", "max_removals": 1}, True, True, id="from all with a limit"),
            pytest.param(True, "GU", {"mode": "assigned", "max_removal_percent": 50}, True, True, id="from all with a limit in percent"),
            pytest.param(
                True, "GU", {"mode": "assigned", "max_removal_percent": 100}, False, False, id="from all with a limit that is none"
            ),
            pytest.param(
                False, "GU", {"groups": ["Sales"], "state": "absent", "max_removals": 1}, True, False, id="not from all, with a limit"
            ),
        ],
    )
    def test_members_are_read_and_users_counted_only_where_somebody_can_leave(
        self, all_before: bool, assigned_before: str, given: dict[str, Any], members: bool, counted: bool
    ) -> None:
        guest = {
            "id": "00000000-0000-4000-8000-000000000003",
            "userPrincipalName": "g_x#EXT#@contoso.kr",
            "userType": "Guest",
            "mail": "g@x",
        }
        link = Link("Fabrikam", {"SyncAll": str(all_before).lower()})
        for one in assigned_before:
            link.assign({"G": self.SALES_ID, "U": self.MINSU_ID, "X": guest["id"]}[one], "Group" if one == "G" else "User")
        graph = FakeGraph(SourceService([link], [*self.USERS, guest], self.GROUPS, {self.SALES_ID: [self.USERS[1]]}))
        current = scope.read(graph, desired(**given))
        assert {name: [one.id for one in found] for name, found in current.members.items()} == (
            {self.SALES_ID: [self.JIWOO_ID]} if members else {}
        )
        assert (current.all_users is not None) is counted

    def test_the_assignments_without_names(self) -> None:
        """For whoever needs only their number and their roles: no user is read."""
        link = Link("Fabrikam", {"SyncAll": "true"})
        link.assign(self.MINSU_ID)
        link.assign(self.SALES_ID, "Group", DEFAULT_ACCESS)
        graph = FakeGraph(SourceService([link], self.USERS, self.GROUPS))
        current = scope.read_assigned(graph, "Fabrikam")
        assert current.configuration is not None
        assert (current.configuration.id, current.bag) == (link.id, {"SyncAll": "true"})
        ids = [str(one["id"]) for one in link.assignments]
        assert current.assignments == (
            Assignment(ids[0], Principal(self.MINSU_ID, "user", "?"), link.role_id),
            Assignment(ids[1], Principal(self.SALES_ID, "group", "?"), DEFAULT_ACCESS),
        )
        assert [request.path.rpartition("/")[2].partition("?")[0] for request in graph.sent[1:]] == ["secrets", "appRoleAssignedTo"]
        assert scope.read_assigned(graph, "Other") == Current(None)
        assert scope.assignments(graph, current.configuration, named=False) == current.assignments
