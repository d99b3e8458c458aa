# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of synchronized groups, from cycle to cycle (facts F106, F214 to F219)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from linked_tenants import CYCLE, SOURCE, LinkedTenants

from entra_emulator.provisioning.template import mapping as row


def mapping(s: LinkedTenants) -> dict[str, Any]:
    """The object mapping of groups."""
    found: dict[str, Any] = next(
        item for item in s.job.job_schema["synchronizationRules"][0]["objectMappings"] if item["sourceObjectName"] == "Group"
    )
    return found


def allow(s: LinkedTenants, allowed: bool = True, switch: str = "groupSyncInbound") -> None:
    s.target.access_policy.identity_synchronizations[SOURCE][switch] = {"isSyncAllowed": allowed}


def linked(**switches: Any) -> LinkedTenants:
    """A link that synchronizes groups: one group, Sales, with Minsu and Jiwoo."""
    s = LinkedTenants(**switches)
    mapping(s)["enabled"] = True
    allow(s)
    s.person("minsu", assigned=False)
    s.person("jiwoo", assigned=False)
    s.group("sales", "minsu", "jiwoo", description="Everybody who sells")
    return s


def synced(s: LinkedTenants, name: str = "sales") -> dict[str, Any]:
    """The live counterpart of a group."""
    return s.target.groups[s.job.links[name]]


def members(s: LinkedTenants, name: str = "sales") -> list[str]:
    return sorted(s.target.users[member]["displayName"] for member in s.target.members[s.job.links[name]])


def log(s: LinkedTenants, name: str = "sales") -> tuple[str, str, str]:
    """What the newest entry of the log says about a group: action, status, code."""
    entry = s.last_log(name)
    return entry["provisioningAction"], entry["provisioningStatusInfo"]["status"], s.error(name)


@pytest.mark.fact("F106", "Created with its members, who are created in the same cycle; the cycle after changes nothing")
def test_a_group_is_created_with_its_members() -> None:
    s = linked()
    s.first()
    assert s.names() == ["Jiwoo", "Minsu"]
    group = synced(s)
    assert {name: group[name] for name in ("displayName", "description", "groupTypes", "securityEnabled", "mailEnabled")} == {
        "displayName": "sales",
        "description": "Everybody who sells",
        "groupTypes": [],
        "securityEnabled": True,
        "mailEnabled": False,
    }
    assert members(s) == ["Jiwoo", "Minsu"]
    assert log(s) == ("create", "success", "")
    entries = len(s.source.provisioning_log)
    assert s.cycle()["updated"] == 0 and len(s.source.provisioning_log) == entries


@pytest.mark.fact("F106", "A member who comes is created and added, one who leaves is removed and deleted, each in a cycle")
def test_members_come_and_leave() -> None:
    s = linked()
    s.first()
    s.person("haeun", assigned=False)
    s.source.members["sales"].append("haeun")
    s.cycle()
    assert members(s) == ["Haeun", "Jiwoo", "Minsu"]
    assert [change["displayName"] for change in s.last_log("sales")["modifiedProperties"]] == ["members"]
    s.source.members["sales"].remove("minsu")
    s.cycle()
    assert members(s) == ["Haeun", "Jiwoo"] and s.names() == ["Haeun", "Jiwoo"]


@pytest.mark.fact("F215", "A renamed group is renamed; the mapping of groups decides what flows")
def test_renaming_and_mappings() -> None:
    s = linked()
    mapping(s)["attributeMappings"] = [
        row("objectId", "[objectId]", flow="ObjectAddOnly", priority=1),
        row("displayName", 'Append("Contoso ", [displayName])'),
        row("members", "[members]"),
    ]
    s.first()
    assert synced(s)["displayName"] == "Contoso sales" and synced(s)["description"] is None
    s.source.groups["sales"]["displayName"] = "Sales and Service"
    s.cycle()
    assert synced(s)["displayName"] == "Contoso Sales and Service"
    assert log(s) == ("update", "success", "")
    mapping(s)["attributeMappings"].pop()
    s.source.members["sales"] = ["minsu"]
    s.cycle()
    assert len(s.target.members[s.job.links["sales"]]) == 2, "members that are not mapped do not flow"


@pytest.mark.fact("F215", "What is changed in the target persists until the group changes in the source; then the source wins")
def test_the_source_wins_when_it_changes() -> None:
    s = linked()
    s.first()
    synced(s)["displayName"] = "Renamed in the target"
    s.target.members[s.job.links["sales"]] = []
    s.cycle()
    assert synced(s)["displayName"] == "Renamed in the target" and members(s) == []
    s.source.groups["sales"]["description"] = "Changed"
    s.cycle()
    assert synced(s)["displayName"] == "sales" and members(s) == ["Jiwoo", "Minsu"]


@pytest.mark.fact("F215", "A group of the same name in the target is never matched: there are two, also after a full restart")
def test_existing_groups_are_never_matched() -> None:
    s = linked()
    s.target.groups["own"] = {"id": "own", "displayName": "sales", "securityEnabled": True, "groupTypes": []}
    s.first()
    assert sorted(group["displayName"] for group in s.target.groups.values()) == ["sales", "sales"]
    made = s.job.links["sales"]
    s.restart("Full")
    s.cycle()
    assert s.job.links["sales"] == made and len(s.target.groups) == 2


@pytest.mark.fact("F215", "A counterpart deleted in the target is InvalidAnchor once the source changes; a full restart makes another")
def test_a_counterpart_deleted_by_hand() -> None:
    s = linked()
    s.first()
    del s.target.groups[s.job.links["sales"]]
    s.cycle()
    assert log(s)[0] == "create"
    s.source.groups["sales"]["description"] = "Changed"
    s.cycle()
    assert log(s) == ("update", "failure", "InvalidAnchor")
    s.restart("Full")
    s.cycle()
    assert members(s) == ["Jiwoo", "Minsu"]


@pytest.mark.fact("F216", "An unassigned group is soft-deleted with the people it brought; assigned again, it is restored or made anew")
@pytest.mark.parametrize(("switch", "same"), [("restore", True), ("unsupported", False)])
def test_unassigned_and_assigned_again(switch: str, same: bool) -> None:
    s = linked(restore_soft_deleted=switch)
    s.first()
    made = s.job.links["sales"]
    s.unassign("sales")
    s.cycle()
    assert s.target.groups == {} and s.target.deleted_items[made]["@odata.type"] == "#microsoft.graph.group"
    assert log(s) == ("delete", "success", "") and s.names() == []
    s.cycle()
    s.assign("sales")
    s.cycle()
    assert (s.job.links["sales"] == made) is same
    assert members(s) == ["Jiwoo", "Minsu"]


@pytest.mark.fact("F216", "A group deleted in the source is soft-deleted in the target, and restored with it for 30 days")
@pytest.mark.parametrize(("days", "same"), [(1, True), (31, False)])
def test_deleted_and_restored_in_the_source(days: int, same: bool) -> None:
    s = linked()
    s.person("haeun")
    s.first()
    made = s.job.links["sales"]
    group = s.source.groups.pop("sales")
    s.cycle()
    assert s.target.groups == {} and s.names() == ["Haeun"]
    s.advance(timedelta(days=days))
    s.source.groups["sales"] = group
    s.cycle()
    assert (s.job.links["sales"] == made) is same
    assert members(s) == ["Jiwoo", "Minsu"]


@pytest.mark.fact("F216", "Without the target action Delete an unassigned group stays")
def test_without_the_action_delete() -> None:
    s = linked()
    mapping(s)["flowTypes"] = "Add, Update"
    s.first()
    s.unassign("sales")
    s.cycle()
    assert len(s.target.groups) == 1


@pytest.mark.fact("F214", "Security groups and Microsoft 365 groups, static and dynamic, become static security groups")
@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"groupTypes": ["DynamicMembership"], "membershipRule": "user.department -eq 'Sales'"},
        {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False, "mail": "sales@contoso.kr"},
        {"groupTypes": ["Unified", "DynamicMembership"], "mailEnabled": True, "securityEnabled": True},
    ],
)
def test_what_becomes_a_static_security_group(kind: dict[str, Any]) -> None:
    s = linked()
    s.source.groups["sales"].update(kind)
    s.first()
    group = synced(s)
    assert (group["groupTypes"], group["securityEnabled"], group["mailEnabled"], group["mail"]) == ([], True, False, None)
    assert "membershipRule" not in group


@pytest.mark.fact("F214", "Mail-enabled security groups, distribution groups and role-assignable groups are skipped; their members are not")
@pytest.mark.parametrize(
    "kind",
    [
        {"mailEnabled": True, "securityEnabled": True},
        {"mailEnabled": True, "securityEnabled": False},
        {"isAssignableToRole": True},
    ],
)
def test_what_is_skipped(kind: dict[str, Any]) -> None:
    s = linked()
    s.source.groups["sales"].update(kind)
    s.first()
    assert log(s) == ("other", "skipped", "EntityTypeNotSupported")
    assert s.target.groups == {} and s.names() == ["Jiwoo", "Minsu"]


@pytest.mark.fact("F214", "Nested groups are not followed: neither the group inside nor its members come along")
def test_nested_groups() -> None:
    s = linked()
    s.person("haeun", assigned=False)
    s.group("korea", "haeun", assigned=False)
    s.source.members["sales"].append("korea")
    s.first()
    assert members(s) == ["Jiwoo", "Minsu"] and list(s.target.groups) == [s.job.links["sales"]]


@pytest.mark.fact("F214", "Members who are not in scope themselves are not members of the counterpart")
def test_only_synced_members() -> None:
    s = linked()
    s.person("guest", assigned=False, userType="Guest", externalUserState="Accepted")
    s.source.members["sales"].append("guest")
    s.first()
    assert members(s) == ["Jiwoo", "Minsu"]


@pytest.mark.fact("F214", "With all users in scope, groups are not synchronized")
def test_with_all_users() -> None:
    s = linked()
    s.secrets["SyncAll"] = "true"
    s.first()
    assert s.names() == ["Jiwoo", "Minsu"] and s.target.groups == {}


@pytest.mark.fact("F219", "Role-assignable groups come where the target allows them too")
def test_role_assignable_groups_that_are_allowed() -> None:
    s = linked()
    allow(s, switch="roleEnabledGroupSyncInbound")
    s.source.groups["sales"]["isAssignableToRole"] = True
    s.first()
    assert synced(s)["isAssignableToRole"] is True


@pytest.mark.fact("F106", "Switched off again, groups are skipped as EntityTypeNotSupported and stay with what they have")
def test_the_mapping_off_again() -> None:
    s = linked()
    s.first()
    mapping(s)["enabled"] = False
    s.source.groups["sales"]["displayName"] = "Renamed"
    s.cycle()
    assert log(s) == ("other", "skipped", "EntityTypeNotSupported")
    assert synced(s)["displayName"] == "sales" and s.job.status["code"] == "Active"
    s.unassign("sales")
    s.cycle()
    assert len(s.target.groups) == 1 and s.names() == []


@pytest.mark.fact("F217", "A target that stops allowing groups stops every change and deletion of them, and the synced groups stay")
def test_the_target_stops_groups_in_the_middle() -> None:
    s = linked()
    s.first()
    allow(s, False)
    s.cycle()
    assert log(s) == ("create", "success", ""), "nothing changed, so nothing is tried"
    s.source.groups["sales"]["displayName"] = "Renamed"
    s.cycle()
    assert log(s) == ("update", "failure", "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure")
    s.unassign("sales")
    s.cycle()
    assert log(s) == ("delete", "failure", "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure")
    assert synced(s)["displayName"] == "sales"
    allow(s)
    s.cycle()
    assert s.target.groups == {}


@pytest.mark.fact("F134", "A group is provisioned on demand where that is offered (switch on_demand_groups)")
def test_groups_on_demand() -> None:
    s = linked(on_demand_groups="allowed")
    assert s.on_demand("sales", "Group")["statusInfo"]["status"] == "Success"
    assert s.on_demand("sales", "Group")["statusInfo"]["errorCode"] == "RedundantExport"
    s.group("others", assigned=False)
    assert s.on_demand("others", "Group")["statusInfo"]["errorCode"] == "NotEffectivelyEntitled"


@pytest.mark.fact("F81", "Deletions of groups count with those of people, and are held back with them, until they are approved")
def test_the_guard_counts_and_holds_groups() -> None:
    s = linked()
    s.group("service")
    s.guard(4)
    s.first()
    s.unassign("sales", "service")
    s.cycle()
    assert len(s.job.staged_deletes) == 4, "two people and two groups"
    assert len(s.target.groups) == 2 and s.names() == ["Jiwoo", "Minsu"]
    assert log(s) == ("stagedDelete", "skipped", "TooManyDeletes") and s.last_log("sales")["sourceIdentity"]["identityType"] == "Group"
    assert s.job.status["quarantine"]["reason"] == "TooManyDeletes"
    s.restart("ForceDeletes")
    s.cycle()
    assert s.target.groups == {} and s.names() == [] and s.job.staged_deletes == []


@pytest.mark.fact("F63", "As many deletions as the value of the guard are too many, or only more (switch deletion_threshold)")
@pytest.mark.parametrize(("switch", "held"), [("met", True), ("exceeded", False)])
def test_met_or_exceeded(switch: str, held: bool) -> None:
    s = linked(deletion_threshold=switch)
    s.guard(3)
    s.first()
    s.unassign("sales")
    s.cycle()
    assert bool(s.job.staged_deletes) is held and bool(s.target.groups) is held


@pytest.mark.fact("F81", "Groups that come back into scope are no longer held back")
def test_held_groups_come_back() -> None:
    s = linked()
    s.guard(1)
    s.first()
    s.unassign("sales")
    s.cycle()
    assert s.job.status["quarantine"]["reason"] == "TooManyDeletes"
    s.assign("sales")
    s.advance(timedelta(hours=6) + CYCLE)
    assert s.job.staged_deletes == [] and s.job.status["code"] == "Active" and members(s) == ["Jiwoo", "Minsu"]
