# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan is approved, somebody else changes something, and the run refuses, names it and writes nothing. After a new plan it applies."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import look
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import DEPROVISION, REMOVAL, removal
from ansible_collections.entra.cross_tenant_sync.tests.support.another_admin import TEMPLATE, Admin
from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.life import CYCLE, LINK, living, sync
from ansible_collections.entra.cross_tenant_sync.tests.support.tasks import TaskFailure

MINSU, SOOJIN, JIYOUNG, HYEJIN, BORA, JAEWON = (
    f"{name}@contoso.kr" for name in ("minsu.kim", "soojin.nam", "jiyoung.park", "hyejin.lee", "bora.cho", "jaewon.shin")
)
BUILT: dict[str, Any] = {
    "link_scope_users": [MINSU, SOOJIN, JIYOUNG],
    "link_scope_groups": ["Sales", "Engineering"],
    "link_scope_exact": True,
    "link_scope_max_removals": 20,
    "link_scope_max_removal_percent": 100,
    "link_user_type": "member",
    "link_mappings": [
        {"target": "employeeId", "state": "absent"},
        {"target": "displayName", "expression": 'Append([displayName], " (Contoso)")'},
    ],
    "link_filters": [{"name": "Staff", "clauses": [{"attribute": "department", "operator": "IS NOT NULL"}]}],
    "link_deletion_threshold": 500,
    "link_job_state": "started",
}
"""The link as it is."""
WISHED = {
    **BUILT,
    "link_scope_users": [MINSU, SOOJIN],
    "link_scope_groups": ["Sales"],
    "link_mappings": [*BUILT["link_mappings"][:1], {"target": "displayName", "expression": 'Append([displayName], " (Contoso Ltd)")'}],
}
"""The link as it is to be: a user and a group leave, and all users get another name."""
SECRET = "hunter2-of-somebody"
ALL_USERS = {"usersAndGroups": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}}
ALL_APPLICATIONS = {"applications": {"accessType": "allowed", "targets": [{"target": "AllApplications", "targetType": "application"}]}}
ACCESS = {**ALL_USERS, **ALL_APPLICATIONS}
BLOCKED = {**ALL_APPLICATIONS, "usersAndGroups": {**ALL_USERS["usersAndGroups"], "accessType": "blocked"}}
TRUST = {"isMfaAccepted": True, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False}

Change = Callable[[Admin], object]


def trust(tenant: str, **flags: bool) -> Change:
    return lambda admin: admin.partner(tenant, inboundTrust={**TRUST, **flags})


def partner(tenant: str, **members: Any) -> Change:
    return lambda admin: admin.partner(tenant, **members)


def identity(method: str, body: Any = None) -> Change:
    return lambda admin: admin.send(FABRIKAM, method, f"{admin.partner_path(FABRIKAM)}/identitySynchronization", body)


def partner_deleted(tenant: str) -> Change:
    def change(admin: Admin) -> None:
        if tenant == FABRIKAM:
            identity("DELETE")(admin)
        admin.send(tenant, "DELETE", admin.partner_path(tenant))

    return change


def key(name: str, value: str) -> Change:
    return lambda admin: admin.secrets(lambda bag: bag.update({name: value}))


def notification(**members: Any) -> Change:
    def change(bag: dict[str, str]) -> None:
        bag["SyncNotificationSettings"] = json.dumps({**json.loads(bag["SyncNotificationSettings"]), **members})

    return lambda admin: admin.secrets(change)


def row(target: str, **members: Any) -> Change:
    """An attribute mapping with other members; without any, it is removed."""

    def change(mapping: dict[str, Any]) -> None:
        rows = mapping["attributeMappings"]
        (found,) = [one for one in rows if one["targetAttributeName"] == target]
        if members:
            found.update(members)
        else:
            rows.remove(found)

    return lambda admin: admin.schema(change)


def row_added(mapping: dict[str, Any]) -> None:
    rows = mapping["attributeMappings"]
    (like,) = [one for one in rows if one["targetAttributeName"] == "city"]
    source = {**like["source"], "name": "state", "expression": "[state]"}
    rows.append({**copy.deepcopy(like), "targetAttributeName": "extensionAttribute7", "source": source})


def matching(mapping: dict[str, Any]) -> None:
    for one in mapping["attributeMappings"]:
        if one.get("matchingPriority"):
            one["matchingPriority"] += 1


def constant(text: str) -> dict[str, Any]:
    return {"source": {"type": "Constant", "name": text, "expression": f'"{text}"', "parameters": []}}


def attribute(name: str) -> dict[str, Any]:
    return {"source": {"type": "Attribute", "name": name, "expression": f"[{name}]", "parameters": []}}


def function(text: str, name: str) -> dict[str, Any]:
    parameter = {"key": "source", "value": {"type": "Attribute", "name": name, "expression": f"[{name}]", "parameters": []}}
    return {"source": {"type": "Function", "name": text, "expression": f"{text}([{name}])", "parameters": [parameter]}}


def members(**changed: Any) -> Change:
    return lambda admin: admin.schema(lambda mapping: mapping.update(changed))


def filters(change: Callable[[list[dict[str, Any]]], object]) -> Change:
    return lambda admin: admin.schema(lambda mapping: change(mapping["scope"]["groups"]))


def clause(attribute_name: str, operator: str, *values: str) -> dict[str, Any]:
    return {"operatorName": operator, "sourceOperandName": attribute_name, "targetOperand": {"values": list(values)}}


def job(verb: str) -> Change:
    return lambda admin: admin.send(CONTOSO, "POST", f"{admin.job()}/{verb}")


def job_deleted(admin: Admin) -> None:
    path = admin.job()
    admin.send(CONTOSO, "POST", f"{path}/pause")
    admin.send(CONTOSO, "DELETE", path)


def renamed(admin: Admin) -> None:
    principal = admin.principal()
    application = admin.send(CONTOSO, "GET", f"/applications?$filter=appId eq '{principal['appId']}'")["value"][0]["id"]
    for path in (f"/applications/{application}", f"/servicePrincipals/{principal['id']}"):
        admin.send(CONTOSO, "PATCH", path, {"displayName": "Fabrikam (old)"})


def configuration_deleted(admin: Admin) -> None:
    principal = admin.principal()
    application = admin.send(CONTOSO, "GET", f"/applications?$filter=appId eq '{principal['appId']}'")["value"][0]["id"]
    admin.send(CONTOSO, "DELETE", f"/applications/{application}")


def second_configuration(admin: Admin) -> None:
    made = admin.send(CONTOSO, "POST", f"/applicationTemplates/{TEMPLATE}/instantiate", {"displayName": "Other"})
    bag = {"AuthenticationType": "SyncPolicy", "CompanyId": FABRIKAM, "SyncAll": "false"}
    value = [{"key": name, "value": text} for name, text in bag.items()]
    admin.send(CONTOSO, "PUT", f"/servicePrincipals/{made['servicePrincipal']['id']}/synchronization/secrets", {"value": value})


def assigned(kind: str, name: str) -> Change:
    return lambda admin: admin.assigns(kind, name)


def unassigned(kind: str, name: str) -> Change:
    return lambda admin: admin.unassigns(kind, name)


def joins(group: str, name: str) -> Change:
    def change(admin: Admin) -> None:
        body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{admin.id_of('user', name)}"}
        admin.send(CONTOSO, "POST", f"/groups/{admin.id_of('group', group)}/members/$ref", body)

    return change


def leaves(group: str, name: str) -> Change:
    return lambda admin: admin.send(CONTOSO, "DELETE", f"/groups/{admin.id_of('group', group)}/members/{admin.id_of('user', name)}/$ref")


def becomes_administrator(name: str) -> Change:
    """The account of a user in the target holds a role."""

    def change(_admin: Admin) -> None:
        users = approved().cloud.world.tenants[FABRIKAM].users.values()
        (account,) = [user for user in users if str(user["userPrincipalName"]).startswith(f"{name.replace('@', '_')}#EXT#")]
        account["_directoryRoles"] = ["Global Administrator"]

    return change


def quarantined(admin: Admin) -> None:
    """The trust is switched off for a cycle, and on again."""
    identity("PATCH", {"userSyncInbound": {"isSyncAllowed": False}})(admin)
    approved().cloud.sleep(CYCLE)
    identity("PATCH", {"userSyncInbound": {"isSyncAllowed": True}})(admin)


@dataclass(frozen=True)
class Kind:
    """A change by another administrator, what the refusal says about it, and whether the link can be applied after a new plan."""

    name: str
    change: Change
    named: tuple[str, ...]
    applies: bool = True


SOURCE_ENTRY, TARGET_ENTRY = "cross_tenant_policy in contoso", "cross_tenant_policy in fabrikam"
CONFIGURATION, MAPPING = "sync_configuration in contoso", "sync_mapping in contoso"
SCOPE, JOB = "sync_scope in contoso", "sync_job in contoso"


def of_partner(tenant: str, where: str) -> list[Kind]:
    return [
        Kind(f"{where}: MFA", trust(tenant, isMfaAccepted=False), (f"{where}: inbound_trust.", "was true, and is false now")),
        Kind(f"{where}: compliant devices", trust(tenant, isCompliantDeviceAccepted=True), (f"{where}: inbound_trust.", "is true now")),
        Kind(f"{where}: joined devices", trust(tenant, isHybridAzureADJoinedDeviceAccepted=True), (f"{where}: inbound_trust.", "is true")),
        Kind(f"{where}: collaboration in", partner(tenant, b2bCollaborationInbound=BLOCKED), (f"{where}: b2b_collaboration_inbound",)),
        Kind(f"{where}: collaboration out", partner(tenant, b2bCollaborationOutbound=BLOCKED), (f"{where}: b2b_collaboration_outbound",)),
        Kind(f"{where}: direct connect in", partner(tenant, b2bDirectConnectInbound=ACCESS), (f"{where}: b2b_direct_connect_inbound",)),
        Kind(f"{where}: direct connect out", partner(tenant, b2bDirectConnectOutbound=ACCESS), (f"{where}: b2b_direct_connect_outbound",)),
        Kind(f"{where}: restrictions", partner(tenant, tenantRestrictions=BLOCKED), (f"{where}: tenantRestrictions",)),
    ]


KINDS = [
    *of_partner(CONTOSO, SOURCE_ENTRY),
    *of_partner(FABRIKAM, TARGET_ENTRY),
    Kind(
        "redemption in the source",
        partner(CONTOSO, automaticUserConsentSettings={"outboundAllowed": False}),
        (f"{SOURCE_ENTRY}: not in the plan: update", "redemption_outbound was true, and is false now"),
    ),
    Kind(
        "redemption of the source's own guests",
        partner(CONTOSO, automaticUserConsentSettings={"inboundAllowed": True}),
        (f"{SOURCE_ENTRY}: redemption_inbound was",),
    ),
    Kind(
        "redemption in the target",
        partner(FABRIKAM, automaticUserConsentSettings={"inboundAllowed": False}),
        (f"{TARGET_ENTRY}: not in the plan: update", "redemption_inbound was true"),
    ),
    Kind(
        "redemption of the target's own guests",
        partner(FABRIKAM, automaticUserConsentSettings={"outboundAllowed": True}),
        (f"{TARGET_ENTRY}: redemption_outbound was",),
    ),
    Kind(
        "synchronization",
        identity("PATCH", {"userSyncInbound": {"isSyncAllowed": False}}),
        (f"{TARGET_ENTRY}: user_sync_inbound was true",),
    ),
    Kind("synchronization renamed", identity("PATCH", {"displayName": "Contoso"}), (f"{TARGET_ENTRY}: display_name was",)),
    Kind("synchronization deleted", identity("DELETE"), (f"{TARGET_ENTRY}: not in the plan: create identity synchronization",)),
    Kind("entry of the source deleted", partner_deleted(CONTOSO), (f"{SOURCE_ENTRY}: not in the plan: create partner",)),
    Kind("entry of the target deleted", partner_deleted(FABRIKAM), (f"{TARGET_ENTRY}: not in the plan: create partner",)),
    Kind("configuration renamed", renamed, ("is impossible to plan now", "Fabrikam (old)"), applies=False),
    Kind("configuration deleted", configuration_deleted, (f"{CONFIGURATION}: not in the plan: create configuration Fabrikam",)),
    Kind(
        "notification address", notification(Enabled=True, Recipients="it@contoso.kr"), (f"{CONFIGURATION}: notification_email was null",)
    ),
    Kind("guard", notification(DeleteThresholdValue=9), (f"{CONFIGURATION}: deletion_threshold was 500, and is 9 now",)),
    Kind("guard off", notification(DeleteThresholdEnabled=False), (f"{CONFIGURATION}: deletion_threshold was 500, and is 0 now",)),
    Kind("unknown member", notification(Language="ko"), (f"{CONFIGURATION}: SyncNotificationSettings", "ko")),
    Kind("unknown key", key("SkipOutOfScopeDeletions", "true"), (f"{CONFIGURATION}: SkipOutOfScopeDeletions was not there",)),
    Kind("a secret", key("SecretToken", SECRET), (f'{CONFIGURATION}: SecretToken was not there, and is "(a value)" now',)),
    Kind(
        "target of the configuration",
        key("CompanyId", "99999999-9999-4999-8999-999999999999"),
        ("is impossible to plan now",),
        applies=False,
    ),
    Kind("second configuration", second_configuration, (f"{CONFIGURATION}: other configuration Other was not there",)),
    Kind("mapping added", lambda admin: admin.schema(row_added), (f"{MAPPING}: mappings.extensionAttribute7 was not there",)),
    Kind("mapping removed", row("city"), (f"{MAPPING}: mappings.city was", "not there now")),
    Kind("other source", row("city", **attribute("state")), (f'{MAPPING}: mappings.city.source was "city", and is "state" now',)),
    Kind("constant", row("department", **constant("HQ")), (f'{MAPPING}: mappings.department.constant was not there, and is "HQ" now',)),
    Kind("expression", row("jobTitle", **function("ToUpper", "jobTitle")), (f"{MAPPING}: mappings.jobTitle.expression was not there",)),
    Kind("flow", row("city", flowType="ObjectAddOnly"), (f'{MAPPING}: mappings.city.apply was "always", and is "create_only" now',)),
    Kind("default", row("city", defaultValue="Seoul"), (f'{MAPPING}: mappings.city.default was not there, and is "Seoul" now',)),
    Kind("managed mapping", row("userType", **constant("Guest")), (f"{MAPPING}: not in the plan: update mappings",)),
    Kind("changing mapping", row("displayName", **attribute("displayName")), (f"{MAPPING}: mappings.displayName.expression was",)),
    Kind("matching", lambda admin: admin.schema(matching), (f"{MAPPING}: matching",)),
    Kind(
        "filter added",
        filters(lambda groups: groups.append({"name": "Seoul", "clauses": [clause("city", "EQUALS", "Seoul")]})),
        (f"{MAPPING}: filters was",),
    ),
    Kind("filter changed", filters(lambda groups: groups[0].update(clauses=[clause("city", "IS NOT NULL")])), (f"{MAPPING}: filters was",)),
    Kind("filter removed", filters(lambda groups: groups.clear()), (f"{MAPPING}: filters was",)),
    Kind("target actions", members(flowTypes="Add, Update"), (f"{MAPPING}: target_actions: delete has gone",)),
    Kind("mapping of users off", members(enabled=False), (f'{MAPPING}: mapping of users was "enabled", and is "disabled" now',)),
    Kind("user assigned", assigned("user", BORA), (f"{SCOPE}: not in the plan: unassign user {BORA}", f"users: {BORA} has come")),
    Kind("user unassigned", unassigned("user", MINSU), (f"{SCOPE}: not in the plan: assign user {MINSU}",)),
    Kind("planned user unassigned", unassigned("user", JIYOUNG), (f"{SCOPE}: no longer planned: unassign user {JIYOUNG}",)),
    Kind("group assigned", assigned("group", "Sales Seoul"), (f"{SCOPE}: not in the plan: unassign group Sales Seoul",)),
    Kind("group unassigned", unassigned("group", "Sales"), (f"{SCOPE}: not in the plan: assign group Sales",)),
    Kind("mode all", key("SyncAll", "true"), (f'{SCOPE}: mode was "assigned", and is "all" now',)),
    Kind("job paused", job("pause"), (f"{JOB}: running was true, and is false now",)),
    Kind("job deleted", job_deleted, (f"{CONFIGURATION}: not in the plan: create provisioning job",)),
    Kind("quarantine", quarantined, (f'{JOB}: quarantine was null, and is "EncounteredQuarantineException" now',)),
    Kind("somebody else leaves", leaves("Sales", HYEJIN), (f"user {HYEJIN} would be deleted in the target, which was not planned",)),
    Kind("somebody stays", joins("Sales", JIYOUNG), (f"user {JIYOUNG} would no longer be deleted in the target",)),
    Kind("somebody leaves before", leaves("Engineering", JAEWON), (f"user {JAEWON} would no longer be deleted in the target",)),
    Kind(
        "administrator", becomes_administrator(JIYOUNG), ("is impossible to plan now", f"{JIYOUNG} (Global Administrator)"), applies=False
    ),
]


@dataclass(frozen=True)
class Approved:
    """The link before its change, and the plan that was approved."""

    cloud: Cloud
    state: bytes
    plan: dict[str, Any]


@functools.cache
def approved() -> Approved:
    """One cloud for all kinds: its state is put back before each."""
    cloud = Cloud()
    with living(cloud):
        admin = Admin()
        joins("Engineering", HYEJIN)(admin)
        sync(cloud, BUILT)
        for tenant in (CONTOSO, FABRIKAM):
            admin.partner(tenant, inboundTrust=TRUST)
        cloud.sleep(CYCLE)
        cloud.sleep(CYCLE)
        made = plan(cloud)
    return Approved(cloud, cloud.save(), made)


def plan(cloud: Cloud, **variables: Any) -> dict[str, Any]:
    """The plan that plan.yml makes."""
    made: dict[str, Any] = sync(cloud, {**WISHED, **variables}, "plan.yml").variables["plan_found"]["plan"]
    return made


def test_there_are_forty_kinds() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 40


def test_the_plan_that_nobody_disturbs_is_applied() -> None:
    found = approved()
    found.cloud.load(found.state)
    with living(found.cloud):
        run = sync(found.cloud, {**WISHED, "expected_plan": found.plan["hash"]})
        assert [module for module, result in run.results if result.get("changed")] == ["sync_mapping", "sync_scope", "sync_job"]
        assert plan(found.cloud)["links"][LINK]["status"] == "in_sync"


def test_a_plan_does_not_depend_on_how_many_links_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many links, what was read of those that are in sync in the source is discarded. If they differ in the target, each is compared by
    itself.
    """
    found = approved()
    found.cloud.load(found.state)
    with living(found.cloud):
        identity("DELETE")(Admin())
        few = plan(found.cloud, **BUILT)
        assert [part["side"] for part in few["links"][LINK]["parts"]] == ["target"]
        assert len(few["links"][LINK]["untouched"]) == 5
        monkeypatch.setattr(look, "MOST_WITH_READS", 0)
        assert plan(found.cloud, **BUILT) == few


def test_what_would_be_removed_does_not_look_as_if_it_were() -> None:
    """A report at the end of a run that was refused reads what the roles have registered."""
    found = approved()
    found.cloud.load(found.state)
    absent = {**WISHED, "link_state": "absent"}
    with living(found.cloud):
        variables = sync(found.cloud, absent, "plan.yml").variables
        made = variables["plan_found"]["plan"]
        assert made["links"][LINK]["status"] == "to_remove"
        assert variables["plan_removal"]["source_tenant_configuration"]["actions"]
        assert [variables[step.registered] for step in (DEPROVISION, *REMOVAL)] == [{}] * (len(REMOVAL) + 1)
        run = sync(found.cloud, {**absent, "expected_plan": made})
        assert [module for module, result in run.results if result.get("changed")][-3:] == [
            step.module for step in removal(deprovision=False, sharing=())
        ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_foreign_change_is_refused_and_named_and_applied_after_a_new_plan(kind: Kind) -> None:
    found = approved()
    cloud = found.cloud
    cloud.load(found.state)
    with living(cloud):
        kind.change(Admin())
        cloud.calm()
        with pytest.raises(TaskFailure) as refused:
            sync(cloud, {**WISHED, "expected_plan": copy.deepcopy(found.plan)})
        assert refused.value.name.startswith("Compare the plan with the one that was approved")
        for text in kind.named:
            assert text in refused.value.msg
        assert SECRET not in json.dumps(dict(refused.value.result))
        assert [str(arrival) for arrival in cloud.arrivals if arrival.writes] == []
        if kind.applies:
            again = plan(cloud)
            run = sync(cloud, {**WISHED, "expected_plan": again["hash"]})
            assert run.changed
            assert again["hash"] != found.plan["hash"]
