# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who leaves the scope, counted in people, for every mixture of assignments, roles and groups (fact sheet 5)."""

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
PEOPLE = [
    {"id": f"00000000-0000-4000-8000-{number:012}", "userPrincipalName": f"person{number}@contoso.kr", "userType": "Member"}
    for number in range(6)
]
GROUPS = [{"id": f"00000000-0000-4000-9000-{number:012}", "displayName": f"Group {number}"} for number in range(3)]
person, group = st.integers(0, len(PEOPLE) - 1), st.integers(0, len(GROUPS) - 1)
assignments = st.lists(st.tuples(st.sampled_from("ug"), st.integers(0, 5), st.booleans()), max_size=8, unique=True)
limits = st.fixed_dictionaries(
    {}, optional={"max_removals": st.integers(0, 6), "max_removal_percent": st.integers(0, 100), "allow_empty": st.booleans()}
)


def principal(kind: str, number: int) -> dict[str, Any]:
    return PEOPLE[number] if kind == "u" else GROUPS[number % len(GROUPS)]


def people(link: Link, members: dict[str, list[dict[str, Any]]]) -> set[str]:
    """Who the service takes, by its own rule."""
    if link.bag["SyncAll"] == "true":
        return {str(one["id"]) for one in PEOPLE}
    effective = {one["principalId"] for one in link.assignments if one["appRoleId"] == link.role_id}
    through = {str(each["id"]) for one in effective for each in members.get(one, ())}
    return {str(one["id"]) for one in PEOPLE} & (effective | through)


class TestProperty:
    @settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        assignments,
        st.lists(st.lists(person, unique=True), min_size=3, max_size=3),
        st.lists(person, unique=True, max_size=3),
        st.lists(group, unique=True, max_size=2),
        st.sampled_from(["add", "exact", "absent"]),
        st.sampled_from(["true", "false"]),
        st.none() | st.sampled_from(["all", "assigned"]),
        limits,
    )
    def test_leaving_is_the_difference_and_no_limit_is_exceeded_or_invented(
        self,
        there: list[tuple[str, int, bool]],
        within: list[list[int]],
        users: list[int],
        groups: list[int],
        how: str,
        sync_all: str,
        mode: str | None,
        given_: dict[str, Any],
    ) -> None:
        members = {str(one["id"]): [PEOPLE[number] for number in inside] for one, inside in zip(GROUPS, within, strict=True)}
        link = Link("Fabrikam", {"SyncAll": sync_all, "CompanyId": "t"}, [new_job(state="Active")])
        for kind, number, effective in there:
            link.assign(principal(kind, number)["id"], "User" if kind == "u" else "Group", None if effective else DEFAULT_ACCESS)
        graph = FakeGraph(SourceService([link], PEOPLE, GROUPS, members))
        names = {
            "users": [PEOPLE[number]["userPrincipalName"] for number in users],
            "groups": [GROUPS[number]["displayName"] for number in groups],
        }
        if how == "absent" and not (users or groups):
            how = "add"
        state = {"state": "absent"} if how == "absent" else {"exact": how == "exact", "mode": mode}
        wanted = scope.desired(options("sync_scope", configuration="Fabrikam", **names, **state, **given_))
        before = people(link, members)
        current = scope.read(graph, wanted)
        try:
            plan = scope.plan(current, wanted)
        except Refusal as refusal:
            words = str(refusal)
            assert "would leave the scope" in words
            assert "nothing was changed" in words
            free = scope.desired(options("sync_scope", configuration="Fabrikam", **names, **state, allow_empty=True))
            plan = scope.plan(scope.read(graph, free), free)
        else:
            words = ""
        told = plan.change_facts["leaving"]
        for action in plan.actions:
            for request in action.requests:
                graph.send(request)
        after = people(link, members)
        gone = before - after
        assert told["count"] in (len(gone), None)
        assert 0 <= len(gone) <= len(before)
        if told["count"] is None:
            # Nobody counts a directory for which no limit holds.
            assert sync_all == "true"
            assert not wanted.limited or words
        elif sync_all == "false":
            assert told["users"] == sorted(one["userPrincipalName"] for one in PEOPLE if one["id"] in gone)
        allowed = (
            len(gone) <= given_.get("max_removals", len(gone))
            and 100 * len(gone) <= given_.get("max_removal_percent", 100) * len(before)
            and (given_.get("allow_empty", False) or bool(after) or not gone)
        )
        assert bool(words) is not allowed
