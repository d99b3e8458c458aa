# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which groups become groups, and what a change does to them (facts F214, F216, F217)."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import directory, group_kinds, scope
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences import group_impact
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.group_impact import Groups
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import Configuration
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options

CONFIGURATION = Configuration("sp", "app", "Fabrikam", "role")
BAG = {"SyncAll": "false"}


def raw(types: Any = (), security: bool = True, mail: bool = False, role: bool | None = None) -> dict[str, Any]:
    return {
        "id": "1",
        "displayName": "Sales",
        "groupTypes": list(types) if isinstance(types, tuple) else types,
        "securityEnabled": security,
        "mailEnabled": mail,
        "isAssignableToRole": role,
    }


def group(name: str, kind: str | None = "security") -> Principal:
    return Principal(name.lower(), "group", name, group_kind=kind)


class TestKinds:
    @pytest.mark.parametrize(
        ("members", "kind", "becomes"),
        [
            (raw(), "security", True),
            (raw(role=False), "security", True),
            (raw(("DynamicMembership",)), "dynamic_security", True),
            (raw(("Unified",), mail=True), "microsoft_365", True),
            (raw(("Unified",), security=False, mail=True), "microsoft_365", True),
            (raw(("Unified", "DynamicMembership"), mail=True), "microsoft_365", True),
            (raw(mail=True), "mail_enabled_security", False),
            (raw(security=False, mail=True), "distribution", False),
            (raw(role=True), "role_assignable", False),
            (raw(("Unified",), mail=True, role=True), "role_assignable", False),
            (raw(security=False), "unknown", None),
            (raw(None), "unknown", None),
            ({"id": "1", "displayName": "Sales"}, None, None),
        ],
    )
    def test_what_becomes_of_each(self, members: dict[str, Any], kind: str | None, becomes: bool | None) -> None:
        found = directory.group(members)
        assert found.group_kind == kind
        verdict = group_kinds.becoming(found)
        assert (verdict["name"], verdict["kind"], verdict["becomes_group"]) == ("Sales", kind or "unknown", becomes)
        assert verdict["reason"]

    def test_every_kind_that_is_left_out_has_a_remedy(self) -> None:
        assert [kind.name for kind in group_kinds.KINDS.values() if bool(kind.remedy) is bool(kind.becomes)] == []

    def test_the_names_are_sorted_by_kind(self) -> None:
        found = group_kinds.left_out([group("B", "distribution"), group("A", "distribution"), group("C"), group("D", None)])
        assert [(kind.name, names) for kind, names in found] == [("distribution", ["A", "B"]), ("unknown", ["D"])]


class TestScope:
    """What sync_scope says of groups."""

    @staticmethod
    def plan(there: tuple[Principal, ...], named: tuple[Principal, ...], on: bool = False, **given: Any) -> Plan:
        assigned = tuple(scope.Assignment(f"a{group.id}", group, "role") for group in there)
        current = scope.Current(CONFIGURATION, BAG, assigned, named, {group.id: () for group in (*there, *named)}, groups_on=on)
        return scope.plan(current, scope.desired(options("sync_scope", configuration="Fabrikam", **given)))

    def test_without_the_option_nothing_is_said(self) -> None:
        planned = self.plan((), (group("Sales", "distribution"),), groups=["Sales"])
        assert (planned.facts["scope"]["groups"], planned.warnings, planned.change_facts["leaving_groups"]) == (None, (), [])

    def test_each_group_is_judged(self) -> None:
        planned = self.plan((group("Sales"), group("All", "distribution")), (group("Sales"),), groups=["Sales"], group_sync=True)
        assert [(found["name"], found["becomes_group"]) for found in planned.facts["scope"]["groups"]] == [("All", False), ("Sales", True)]
        assert planned.warnings == ("distribution groups are not synchronized as groups: All",)
        assert planned.actions == ()

    @pytest.mark.parametrize(("on", "option"), [(True, False), (False, True), (True, True), (False, False)])
    def test_groups_that_leave_are_named(self, on: bool, option: bool) -> None:
        there = (group("Sales"), group("All", "distribution"), group("Lost", None))
        planned = self.plan(there, (), on, groups=[], exact=True, allow_empty=True, group_sync=option)
        known = on or option
        assert planned.change_facts["leaving_groups"] == (["Lost", "Sales"] if known else [])
        said = "groups that leave the scope are soft-deleted in the target if they were synchronized: Lost, Sales"
        assert (said in planned.warnings) is known
        deletes = {"soft_deletes_group_in_target": True}
        assert [action.effects for action in planned.actions] == ([{}, deletes, deletes] if known else [{}] * 3)

    def test_all_users_in_scope_are_refused(self) -> None:
        with pytest.raises(Refusal, match="groups are synchronized only with scope mode assigned"):
            scope.desired(options("sync_scope", configuration="Fabrikam", mode="all", group_sync=True))
        wanted = scope.desired(options("sync_scope", configuration="Fabrikam", users=["a"], group_sync=True))
        with pytest.raises(Refusal, match="configuration 'Fabrikam': groups are synchronized only with scope mode assigned"):
            scope.plan(scope.Current(CONFIGURATION, {"SyncAll": "true"}), wanted)


class TestImpact:
    ALL: ClassVar = {group.id: group for group in (group("Sales"), group("Board", "role_assignable"), group("Lost", None))}

    @pytest.mark.parametrize(
        ("before", "after", "created", "deleted", "kept", "judged"),
        [
            ((ALL, False), (ALL, True), ["Lost", "Sales"], [], [], 3),
            ((ALL, True), (ALL, False), [], [], ["Board", "Lost", "Sales"], 0),
            ((ALL, True), (ALL, True), [], [], [], 3),
            ((ALL, True), ({}, True), [], ["Board", "Lost", "Sales"], [], 0),
            ((ALL, True), ({}, False), [], [], ["Board", "Lost", "Sales"], 0),
            (({}, True), (ALL, True), ["Lost", "Sales"], [], [], 3),
        ],
    )
    def test_who_comes_and_goes(
        self, before: Any, after: Any, created: list[str], deleted: list[str], kept: list[str], judged: int
    ) -> None:
        facts = group_impact.compare(Groups(*before), Groups(*after))
        assert facts is not None
        assert (facts["created"], facts["deleted"], facts["kept"], len(facts["assigned"])) == (created, deleted, kept, judged)
        assert len(group_impact.lines(facts)) == bool(created) + bool(deleted) + bool(kept) + (2 if judged else 0)

    def test_without_the_action_delete_they_stay(self) -> None:
        facts = group_impact.compare(Groups(self.ALL, True), Groups({}, True, deletes=False))
        assert facts is not None
        assert (facts["deleted"], facts["kept"]) == ([], ["Board", "Lost", "Sales"])

    def test_without_groups_nothing_is_said(self) -> None:
        facts = group_impact.compare(Groups(self.ALL, False), Groups({}, False))
        assert (facts, group_impact.lines(facts)) == (None, [])

    @pytest.mark.parametrize(("enabled", "mode", "on"), [(True, "assigned", True), (True, "all", False), (False, "assigned", False)])
    def test_whether_groups_are_on(self, enabled: bool, mode: str, on: bool) -> None:
        rules = default_schema()
        rules["synchronizationRules"][0]["objectMappings"][1]["enabled"] = enabled
        found = group_impact.groups_of({**self.ALL, "u": Principal("u", "user", "u")}, mode, rules)
        assert (found.on, set(found.assigned)) == (on, set(self.ALL))
