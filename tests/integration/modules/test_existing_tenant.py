# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sync.yml changes no foreign setting in a tenant that has been in use for years."""

from __future__ import annotations

import copy
import json
from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import Playbooks
from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import Mould

from .test_mapping import customise

ELSEWHERE = "dddddddd-0000-4000-8000-000000000007"
MANAGED = ("displayName", "employeeId")


def fill(state: dict[str, Any], mould: Mould) -> None:
    """Twenty-four partners, two configurations for another target, and the link's configuration, created manually with foreign settings."""
    all_users = {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}
    for number in range(24):
        partner = f"dddddddd-0000-4000-8000-{number:012}"
        variants: list[dict[str, Any]] = [
            {},
            {"automaticUserConsentSettings": None, "crossCloudMeetingConfiguration": None},
            {"inboundTrust": {"isMfaAccepted": None, "isCompliantDeviceAccepted": True, "isHybridAzureADJoinedDeviceAccepted": None}},
            {
                "b2bCollaborationInbound": {"usersAndGroups": all_users, "applications": None},
                "protectedContentSharing": {"inboundAllowed": True},
            },
            {"isServiceProvider": True, "isInMultiTenantOrganization": None, "futureMember": {"a": [1, None]}},
            {"m365CollaborationInbound": {"users": all_users}, "tenantRestrictions": {"devices": None}},
        ]
        variant = variants[number % len(variants)]
        for tenant in (CONTOSO, FABRIKAM):
            tenants.add_partner(state, tenant, partner, **variant)
        if number % 5 == 0:
            tenants.allow_synchronization(state, FABRIKAM, partner, [True, None][number % 2], displayName=f"By hand {number}")
    tenants.trust_each_other(state)
    entry = state["tenants"][FABRIKAM]["access_policy"]["partners"][CONTOSO]
    entry |= {"m365CollaborationInbound": {"users": all_users}, "protectedContentSharing": {"inboundAllowed": None}}
    entry["automaticUserConsentSettings"]["inboundAllowed"] = None
    for name in ("Guests elsewhere", "Members elsewhere"):
        other = mould.cast(state, name, target=ELSEWHERE, bag={"Domain": "by-hand.example"})
        customise(next(iter(other["jobs"].values()))["job_schema"])
    notification = {"Enabled": True, "Recipients": "old@contoso.kr", "DeleteThresholdEnabled": False, "futureMember": {"b": None}}
    synchronization = mould.cast(
        state, "Fabrikam", bag={"SyncNotificationSettings": json.dumps(notification), "Url": "https://by-hand.example/", "SyncAll": "False"}
    )
    customise(next(iter(synchronization["jobs"].values()))["job_schema"])
    tenants.assign(state, tenants.user(state, "bora.cho@"))


def foreign_parts(state: dict[str, Any]) -> dict[str, Any]:
    """Both tenants without the parts that the inventory manages and those that only the service writes."""
    rest: dict[str, Any] = copy.deepcopy(state["tenants"])
    for tenant in rest.values():
        tenant["audit_log"] = []
    entry = rest[FABRIKAM]["access_policy"]["partners"][CONTOSO]
    entry["automaticUserConsentSettings"].pop("inboundAllowed")
    principal = tenants.principal_id(state, "Fabrikam")
    contoso = rest[CONTOSO]
    foreign_assignments = {"bora.cho@contoso.kr"}
    users = {user["id"]: user["userPrincipalName"] for user in contoso["users"].values()}
    assignments = contoso["assignments"][principal]
    contoso["assignments"][principal] = {
        key: assignment for key, assignment in assignments.items() if users.get(assignment["principalId"]) in foreign_assignments
    }
    synchronization = contoso["synchronizations"][principal]
    notification = json.loads(synchronization["secrets"].pop("SyncNotificationSettings"))
    synchronization["inner"] = {name: value for name, value in notification.items() if not name.startswith("DeleteThreshold")}
    (its_job,) = synchronization["jobs"].values()
    for name in ("schedule_state", "status", "next_cycle", "memory"):
        its_job.pop(name)
    its_job["job_schema"].pop("version")
    user_mapping = its_job["job_schema"]["synchronizationRules"][0]["objectMappings"][0]
    user_mapping["attributeMappings"] = [row for row in user_mapping["attributeMappings"] if row["targetAttributeName"] not in MANAGED]
    return rest


def test_nothing_foreign_changes(playbooks: Playbooks, emulator: Emulator, mould: Mould, state: dict[str, Any]) -> None:
    fill(state, mould)
    emulator.control("PUT", "state", state)
    before = emulator.state()

    plan = playbooks.sync("--check", "--diff")
    assert plan.code == 0, plan.output
    assert emulator.state() == before

    run = playbooks.sync("--diff")
    assert run.code == 0, run.output
    assert run.actions() == plan.actions()
    assert run.diffs() == plan.diffs()
    assert run.actions() == [
        f"update partner {CONTOSO} (redemption_inbound)",
        "update settings of configuration Fabrikam (deletion_threshold)",
        "update mappings of configuration Fabrikam (change displayName, remove employeeId)",
        "assign group Sales to configuration Fabrikam",
        "assign user minsu.kim@contoso.kr to configuration Fabrikam",
        "start provisioning job of configuration Fabrikam",
    ]
    after = emulator.state()
    assert foreign_parts(after) == foreign_parts(before)

    for again in (playbooks.sync("--check", "--diff"), playbooks.sync("--diff")):
        assert again.code == 0, again.output
        assert again.changed() == []
        assert again.actions() == []
        assert emulator.state() == after


def test_removing_the_link_keeps_everything_else(playbooks: Playbooks, emulator: Emulator, mould: Mould, state: dict[str, Any]) -> None:
    fill(state, mould)
    emulator.control("PUT", "state", state)
    run = playbooks.sync("-e", "link_state=absent")
    assert run.code == 0, run.output
    after = emulator.state()["tenants"]
    contoso, fabrikam = after[CONTOSO], after[FABRIKAM]
    assert sorted(principal["displayName"] for principal in contoso["service_principals"].values()) == [
        "Guests elsewhere",
        "Members elsewhere",
    ]
    partners = {tenant: dict(state["tenants"][tenant]["access_policy"]["partners"]) for tenant in (CONTOSO, FABRIKAM)}
    partners[CONTOSO].pop(FABRIKAM)
    # Fabrikam's entry contains more than the link needed, so it stays.
    kept = partners[FABRIKAM][CONTOSO]
    assert fabrikam["access_policy"]["partners"] == {**partners[FABRIKAM], CONTOSO: kept}
    assert contoso["access_policy"]["partners"] == partners[CONTOSO]
    assert CONTOSO not in fabrikam["access_policy"]["identity_synchronizations"]
    again = playbooks.sync("-e", "link_state=absent")
    assert again.code == 0, again.output
    assert again.changed() == []


def test_removing_a_link_keeps_the_trust_that_others_need(
    playbooks: Playbooks, emulator: Emulator, mould: Mould, state: dict[str, Any]
) -> None:
    """Otherwise the other configuration's job goes into quarantine (fact F80)."""
    tenants.trust_each_other(state)
    mould.cast(state, "Fabrikam")
    mould.cast(state, f"MTO_Sync_{FABRIKAM}")
    emulator.control("PUT", "state", state)
    check, run = (playbooks.sync(*flags, "-e", "link_state=absent") for flags in (["--check"], []))
    for result in (check, run):
        assert result.code == 0, result.output
        assert f"redemption_outbound of partner {FABRIKAM}: kept, because they still serve MTO_Sync_{FABRIKAM}" in result.output
        assert f"user_sync_inbound, redemption_inbound of partner {CONTOSO}: kept" in result.output
    assert run.actions() == check.actions() == ["delete provisioning job of configuration Fabrikam", "delete configuration Fabrikam"]
    after = emulator.state()["tenants"]
    for tenant in (CONTOSO, FABRIKAM):
        before, current = (policies[tenant]["access_policy"] for policies in (state["tenants"], after))
        assert current["partners"] == before["partners"]
        assert current["identity_synchronizations"] == before["identity_synchronizations"]
    again = playbooks.sync("-e", "link_state=absent")
    assert (again.code, again.changed()) == (0, [])


def test_a_link_that_was_renamed_in_the_portal_is_not_removed_in_part(
    playbooks: Playbooks, emulator: Emulator, mould: Mould, state: dict[str, Any]
) -> None:
    tenants.trust_each_other(state)
    mould.cast(state, "Renamed in the portal")
    emulator.control("PUT", "state", state)
    refused = playbooks.sync("-e", "link_state=absent")
    assert refused.code != 0
    assert "Renamed in the portal" in refused.output
    assert emulator.state()["tenants"][CONTOSO]["access_policy"] == state["tenants"][CONTOSO]["access_policy"]
    assert emulator.state()["tenants"][FABRIKAM]["access_policy"] == state["tenants"][FABRIKAM]["access_policy"]
    removal = playbooks.sync("-e", "link_state=absent", "-e", "link_adopt=true")
    assert removal.code == 0, removal.output
    assert emulator.state()["tenants"][CONTOSO]["service_principals"] == {}
    assert FABRIKAM not in emulator.state()["tenants"][CONTOSO]["access_policy"]["partners"]
