# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios of refusals of the target, of logs, of provisioning on demand and of groups (facts F106, F114, F124, F134, F141)."""

from __future__ import annotations

from typing import Any

import pytest
from linked_tenants import SOURCE, TARGET, LinkedTenants

from entra_emulator.provisioning.engine import UnknownRule, provision_on_demand

ALL_USERS = {"usersAndGroups": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]}}
INVALID = "InvitationCreationFailureInvalidPropertyValue"


def forbid_invitations(s: LinkedTenants) -> None:
    s.target.authorization_policy["allowInvitesFrom"] = "none"


def deny_domain(s: LinkedTenants) -> None:
    s.target.authorization_policy["_invitationsBlockedDomains"] = ["Contoso.kr"]


def allow_others(s: LinkedTenants) -> None:
    s.target.authorization_policy["_invitationsAllowedDomains"] = ["other.kr"]


def block_inbound(s: LinkedTenants) -> None:
    s.target.access_policy.partners[SOURCE]["b2bCollaborationInbound"] = ALL_USERS


def block_outbound_by_default(s: LinkedTenants) -> None:
    s.source.access_policy.default["b2bCollaborationOutbound"] = ALL_USERS


def contact(s: LinkedTenants) -> None:
    s.target.contacts["c"] = {"id": "c", "mail": "Minsu@contoso.kr"}


def group_address(s: LinkedTenants) -> None:
    s.target.groups["g"] = {"id": "g", "mail": "minsu@contoso.kr"}


def internal_user(s: LinkedTenants) -> None:
    proxies = ["smtp:minsu@contoso.kr"]
    s.target.users["i"] = {"id": "i", "userPrincipalName": "i@fabrikam.kr", "displayName": "I", "proxyAddresses": proxies}


def unverified_domain(s: LinkedTenants) -> None:
    s.source.users["minsu"]["mail"] = "minsu@gmail.com"


def wrong_type(s: LinkedTenants) -> None:
    s.row("userType")["source"].update(name="Employee", expression='"Employee"')


@pytest.mark.fact("F127", "The error codes of refused creations, which are retried and heal")
@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (forbid_invitations, "AzureActiveDirectoryForbidden"),
        (deny_domain, "InvitationCreationFailure"),
        (allow_others, "InvitationCreationFailure"),
        (block_inbound, "InvitationCreationFailure"),
        (block_outbound_by_default, "InvitationCreationFailure"),
        (contact, INVALID),
        (group_address, INVALID),
        (unverified_domain, INVALID),
        (wrong_type, INVALID),
        (internal_user, "InvitationCreationFailureAmbiguousUser"),
    ],
)
def test_creation_is_refused(prepare: Any, code: str) -> None:
    """The documented codes (F117, F120, F122, F123, F127); the failure is retried, and heals when the cause is gone."""
    s = LinkedTenants()
    s.person("minsu")
    before = s.world.model_copy(deep=True)
    schema = s.job.model_copy(deep=True).job_schema
    prepare(s)
    assert s.first()["failed"] == 1
    assert s.error("minsu") == code
    assert s.last_log("minsu")["provisioningStatusInfo"]["status"] == "failure"
    assert s.job.status["lastExecution"]["state"] == "EntryLevelErrors"
    for tenant_id in (SOURCE, TARGET):
        tenant, old = s.world.tenants[tenant_id], before.tenants[tenant_id]
        tenant.users, tenant.groups, tenant.contacts = old.users, old.groups, old.contacts
        tenant.authorization_policy, tenant.access_policy = old.authorization_policy, old.access_policy
    s.job.job_schema = schema
    assert s.cycle()["created"] == 1


@pytest.mark.fact("F122", "A contact with the same address collides")
def test_a_contact_lets_a_guest_in_without_mail() -> None:
    """Contact and guest: the guest is created, but without its address (F122)."""
    s = LinkedTenants()
    s.row("userType")["source"].update(name="Guest", expression='"Guest"')
    s.person("minsu")
    contact(s)
    s.first()
    user = s.synced("minsu")
    assert user is not None and "mail" not in user


def leaves_with(s: LinkedTenants, role: str) -> None:
    """Minsu comes, is given a role in the target, and leaves the scope."""
    s.person("minsu")
    s.first()
    user = s.synced("minsu")
    assert user is not None
    user["_directoryRoles"] = [role]
    s.unassign("minsu")
    s.cycle()


@pytest.mark.fact("F117", "Target users with administrator roles cannot be deleted")
def test_administrators_cannot_be_deleted() -> None:
    """AzureActiveDirectoryInsufficientRights (F117)."""
    s = LinkedTenants()
    leaves_with(s, "Global Administrator")
    assert s.error("minsu") == "AzureActiveDirectoryInsufficientRights"
    assert s.names() == ["Minsu"]


@pytest.mark.fact("F117", "Unless the role is User or Helpdesk administrator")
def test_lesser_administrators_can_be_deleted() -> None:
    """The roles that section 7 excepts."""
    s = LinkedTenants()
    leaves_with(s, "Helpdesk Administrator")
    assert s.names() == []


@pytest.mark.fact("F117", "Or administrators are deleted like everybody (switch administrator_deletion)")
def test_administrators_can_be_deleted_where_the_service_does_it() -> None:
    """One tenant lost a Global Administrator to a cycle (F117)."""
    s = LinkedTenants(administrator_deletion="allowed")
    leaves_with(s, "Global Administrator")
    assert s.names() == []


@pytest.mark.fact("F120", "mail and showInAddressList cannot change while an Exchange licence is assigned")
def test_mail_cannot_change_while_a_licence_is_assigned() -> None:
    """The service retries without the attributes that belong to Exchange (F120, F127)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    user = s.synced("minsu")
    assert user is not None
    user["_exchangeLicensed"] = True
    s.source.users["minsu"].update(mail="kim@contoso.kr", jobTitle="Boss")
    s.cycle()
    assert (user["mail"], user["jobTitle"]) == ("minsu@contoso.kr", "Boss")
    assert s.error("minsu") == "AzureActiveDirectoryCannotUpdateObjectsOriginatedInExternalService"


@pytest.mark.fact("F125", "The provisioning log entry: enums, steps, identities, systems, strings throughout")
def test_the_log_of_a_creation() -> None:
    """The entry of F125: system, steps and strings throughout."""
    s = LinkedTenants()
    s.person("minsu", department="Sales")
    s.first()
    entry = s.last_log("minsu")
    assert (entry["provisioningAction"], entry["provisioningStatusInfo"]["status"]) == ("create", "success")
    assert [step["name"] for step in entry["provisioningSteps"]] == [
        "EntryImportAdd", "EntrySynchronizationScoping", "EntryImport", "EntrySynchronizationAdd", "EntryExportAdd",
    ]  # fmt: skip
    details = entry["provisioningSteps"][0]["details"]
    assert (details["IsSoftDeleted"], details["alternativeSecurityIds"], details["appRoleAssignments"]) == (
        "False",
        "None",
        "msiam_access",
    )
    assert all(isinstance(value, str) for step in entry["provisioningSteps"] for value in step["details"].values())
    assert (entry["tenantId"], entry["jobId"], entry["targetSystem"]["displayName"]) == (
        SOURCE,
        s.job.id,
        "Azure Active Directory (target tenant)",
    )
    assert entry["initiatedBy"]["initiatorType"] == "system"
    assert entry["targetIdentity"]["id"] == s.job.links["minsu"]


@pytest.mark.fact("F125", "tenantId of an entry is the source tenant's or the target's (switch log_tenant_id)")
@pytest.mark.parametrize(("switch", "tenant"), [("source", SOURCE), ("target", TARGET)])
def test_the_tenant_of_a_log_entry(switch: str, tenant: str) -> None:
    """F125."""
    s = LinkedTenants(log_tenant_id=switch)
    s.person("minsu")
    s.first()
    assert s.last_log("minsu")["tenantId"] == tenant


@pytest.mark.fact("F129", "Changes in the target are made by Microsoft.Azure.SyncFabric")
def test_the_audit_log_of_the_target() -> None:
    """Changes are made by Microsoft.Azure.SyncFabric (F129)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    s.unassign("minsu")
    s.cycle()
    assert [entry["activityDisplayName"] for entry in s.target.audit_log] == ["Add user", "Delete user"]
    assert {entry["initiatedBy"]["app"]["displayName"] for entry in s.target.audit_log} == {"Microsoft.Azure.SyncFabric"}


@pytest.mark.fact("F126", "Skipped people are logged once, and again on a full cycle")
def test_skips_are_logged_once() -> None:
    """A skip is news once, and again when all users are evaluated (F126)."""
    s = LinkedTenants()
    s.person("guest", userType="Guest")
    s.first()
    s.cycle()
    assert len(s.source.provisioning_log) == 1
    s.restart()
    s.cycle()
    assert len(s.source.provisioning_log) == 2


@pytest.mark.fact("F131", "On-demand provisioning works while the job is paused")
def test_on_demand() -> None:
    """Works while the job is paused: creates, then finds nothing to do (F131)."""
    s = LinkedTenants()
    s.person("minsu")
    first, second = s.on_demand("minsu"), s.on_demand("minsu")
    assert (first["action"], first["statusInfo"]["status"]) == ("Create", "Success")
    assert [step["type"] for step in first["provisioningSteps"]] == ["Import", "Scoping", "Matching", "Processing", "Export"]
    assert s.names() == ["Minsu"]
    assert (second["statusInfo"]["status"], second["statusInfo"]["errorCode"]) == ("Skipped", "RedundantExport")
    assert second["provisioningSteps"][-1]["details"]["SkipReason"] == "RedundantExport"


@pytest.mark.fact("F132", "The triage of results: RedundantExport, NotEffectivelyEntitled, out of scope")
@pytest.mark.parametrize(
    ("assigned", "more", "code"),
    [
        (False, {}, "NotEffectivelyEntitled"),
        (True, {"userType": "Guest"}, "EntrySynchronizationSkipped"),
        (True, {"accountEnabled": False}, "EntrySynchronizationSkipped"),
    ],
)
def test_on_demand_skips(assigned: bool, more: dict[str, Any], code: str) -> None:
    """The triage of F132; a skipped person is an answer, not an error."""
    s = LinkedTenants()
    s.person("minsu", assigned=assigned, **more)
    info = s.on_demand("minsu")
    assert (info["statusInfo"]["status"], info["statusInfo"]["errorCode"]) == ("Skipped", code)
    assert s.names() == []


@pytest.mark.fact("F132", "The scoping step names each clause with its outcome")
def test_on_demand_scope_evaluation() -> None:
    """The scoping step names each clause with its outcome (F132)."""
    s = LinkedTenants()
    s.person("guest", userType="Guest")
    scoping = next(step for step in s.on_demand("guest")["provisioningSteps"] if step["type"] == "Scoping")
    assert "Filter external users.alternativeSecurityIds EQUALS 'None'\": false" in scoping["details"]["ScopeEvaluationResult"]


@pytest.mark.fact("F133", "Deleting and provisioning on demand makes a duplicate")
def test_on_demand_cannot_restore() -> None:
    """Delete, then on demand: a duplicate (F133)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    before = s.job.links["minsu"]
    s.unassign("minsu")
    s.cycle()
    s.assign("minsu")
    s.on_demand("minsu")
    assert (before in s.target.deleted_items, s.names()) == (True, ["Minsu"])
    assert s.job.links["minsu"] != before


@pytest.mark.fact("F131", "On-demand provisioning checks both policies and the rule")
def test_on_demand_checks_policies_and_rules() -> None:
    """The same codes as a cycle; an unknown rule is refused (F11, F86)."""
    s = LinkedTenants()
    s.person("minsu")
    s.target.access_policy.identity_synchronizations.clear()
    assert s.on_demand("minsu")["statusInfo"]["errorCode"] == "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure"
    with pytest.raises(UnknownRule):
        provision_on_demand(s.world, SOURCE, "sp", s.job.id, "nope", "minsu", "User", s.settings)


@pytest.mark.fact("F106", "Assigned groups are skipped as EntityTypeNotSupported while the group mapping is off")
def test_groups_are_skipped_while_their_mapping_is_off() -> None:
    """EntityTypeNotSupported; the members are provisioned all the same (F106)."""
    s = LinkedTenants()
    s.person("minsu", assigned=False)
    s.group("sales", "minsu")
    s.first()
    assert s.error("sales") == "EntityTypeNotSupported"
    assert (s.names(), s.target.groups) == (["Minsu"], {})


@pytest.mark.fact("F106", "With the mapping on and groupSyncInbound allowed, groups become static security groups")
def test_groups_become_static_security_groups() -> None:
    """With the mapping on and groupSyncInbound allowed (F106)."""
    s = LinkedTenants()
    for mapping in s.job.job_schema["synchronizationRules"][0]["objectMappings"]:
        mapping["enabled"] = mapping["enabled"] or mapping["sourceObjectName"] == "Group"
    s.person("minsu", assigned=False)
    s.group("sales", "minsu", groupTypes=["DynamicMembership"])
    s.first()
    assert s.error("sales") == "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure"
    s.target.access_policy.identity_synchronizations[SOURCE]["groupSyncInbound"] = {"isSyncAllowed": True}
    s.cycle()
    group = s.target.groups[s.job.links["sales"]]
    assert (group["displayName"], group["groupTypes"], group["securityEnabled"]) == ("sales", [], True)
    assert s.target.members[group["id"]] == [s.job.links["minsu"]]
    s.unassign("sales")
    s.cycle()
    assert (s.target.groups, s.names()) == ({}, [])
