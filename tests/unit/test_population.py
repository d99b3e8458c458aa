# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users who leave the scope, for every mixture of assignments, roles and groups (facts F108, F109, F110)."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import scope
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService, new_job

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
USERS = [
    {"id": f"00000000-0000-4000-8000-{number:012}", "userPrincipalName": f"person{number}@contoso.kr", "userType": "Member"}
    for number in range(6)
]
GROUPS = [{"id": f"00000000-0000-4000-9000-{number:012}", "displayName": f"Group {number}"} for number in range(3)]
user_numbers, group_numbers = st.integers(0, len(USERS) - 1), st.integers(0, len(GROUPS) - 1)
assignments = st.lists(st.tuples(st.sampled_from("ug"), st.integers(0, 5), st.booleans()), max_size=8, unique=True)
limits = st.fixed_dictionaries(
    {}, optional={"max_removals": st.integers(0, 6), "max_removal_percent": st.integers(0, 100), "allow_empty": st.booleans()}
)


def principal(kind: str, number: int) -> dict[str, Any]:
    return USERS[number] if kind == "u" else GROUPS[number % len(GROUPS)]


def users_in_scope(link: Link, members: dict[str, list[dict[str, Any]]]) -> set[str]:
    """The users whom the service synchronizes, by its own rule."""
    if link.bag["SyncAll"] == "true":
        return {str(user["id"]) for user in USERS}
    effective = {assignment["principalId"] for assignment in link.assignments if assignment["appRoleId"] == link.role_id}
    through = {str(member["id"]) for principal_id in effective for member in members.get(principal_id, ())}
    return {str(user["id"]) for user in USERS} & (effective | through)


class TestProperty:
    @settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        assignments,
        st.lists(st.lists(user_numbers, unique=True), min_size=3, max_size=3),
        st.lists(user_numbers, unique=True, max_size=3),
        st.lists(group_numbers, unique=True, max_size=2),
        st.sampled_from(["add", "exact", "absent"]),
        st.sampled_from(["true", "false"]),
        st.none() | st.sampled_from(["all", "assigned"]),
        limits,
    )
    def test_the_users_who_leave_are_the_difference_and_limits_are_exact(
        self,
        assigned: list[tuple[str, int, bool]],
        memberships: list[list[int]],
        users: list[int],
        groups: list[int],
        operation: str,
        sync_all: str,
        mode: str | None,
        given_: dict[str, Any],
    ) -> None:
        members = {str(group["id"]): [USERS[number] for number in inside] for group, inside in zip(GROUPS, memberships, strict=True)}
        link = Link("Fabrikam", {"SyncAll": sync_all, "CompanyId": "t"}, [new_job(state="Active")])
        for kind, number, effective in assigned:
            link.assign(principal(kind, number)["id"], "User" if kind == "u" else "Group", None if effective else DEFAULT_ACCESS)
        graph = FakeGraph(SourceService([link], USERS, GROUPS, members))
        names = {
            "users": [USERS[number]["userPrincipalName"] for number in users],
            "groups": [GROUPS[number]["displayName"] for number in groups],
        }
        if operation == "absent" and not (users or groups):
            operation = "add"
        state = {"state": "absent"} if operation == "absent" else {"exact": operation == "exact", "mode": mode}
        wanted = scope.desired(options("sync_scope", configuration="Fabrikam", **names, **state, **given_))
        before = users_in_scope(link, members)
        current = scope.read(graph, wanted)
        try:
            plan = scope.plan(current, wanted)
        except Refusal as refusal:
            message = str(refusal)
            assert "would leave the scope" in message
            assert "nothing was changed" in message
            free = scope.desired(options("sync_scope", configuration="Fabrikam", **names, **state, allow_empty=True))
            plan = scope.plan(scope.read(graph, free), free)
        else:
            message = ""
        leaving = plan.change_facts["leaving"]
        for action in plan.actions:
            for request in action.requests:
                graph.send(request)
        after = users_in_scope(link, members)
        left = before - after
        assert leaving["count"] in (len(left), None)
        assert 0 <= len(left) <= len(before)
        if leaving["count"] is None:
            # The users of a directory are not counted without a limit.
            assert sync_all == "true"
            assert not wanted.limited or message
        elif sync_all == "false":
            assert leaving["users"] == sorted(user["userPrincipalName"] for user in USERS if user["id"] in left)
        allowed = (
            len(left) <= given_.get("max_removals", len(left))
            and 100 * len(left) <= given_.get("max_removal_percent", 100) * len(before)
            and (given_.get("allow_empty", False) or bool(after) or not left)
        )
        assert bool(message) is not allowed
