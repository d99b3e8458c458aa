# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory audit log: what entries say of changes, who made them, and what the log can be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api import CONTOSO, FABRIKAM, PARTNERS, Api

MINSU = "minsu.kim@contoso.kr"


def act(api: Api, method: str, path: str, body: Any = None, by: str | None = MINSU, tenant: str = CONTOSO) -> Any:
    """A request in the name of a user of the tenant."""
    answer = api.http.post("/emulator/acts", json={"tenant": tenant, "method": method, "path": path, "body": body, "by": by})
    assert answer.status_code == 200, answer.text
    return answer.json()["answers"][0]


def newest(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.get("/auditLogs/directoryAudits?$orderby=activityDateTime desc&$top=1")["value"][0]
    return found


def values(entry: dict[str, Any], number: int = 0) -> dict[str, tuple[Any, Any]]:
    """The modified properties of a target, with their values out of the JSON texts."""
    properties = entry["targetResources"][number]["modifiedProperties"]
    return {item["displayName"]: tuple(text and json.loads(text) for text in (item["oldValue"], item["newValue"])) for item in properties}


@pytest.fixture
def linked(api: Api) -> Api:
    api.link_policies()
    return api


@pytest.mark.fact("F190", "Each change of a partner and of its identity synchronization has an activity and a category")
@pytest.mark.fact("F191", "An addition names the partner first, a synchronization its switch first")
@pytest.mark.fact("F192", "The values of modified properties are JSON in texts")
def test_policies(linked: Api) -> None:
    path = f"{PARTNERS}/{FABRIKAM}"
    linked.advance("PT1M")
    act(linked, "PATCH", path, {"inboundTrust": {"isMfaAccepted": True}})
    entry = newest(linked)
    assert (entry["activityDisplayName"], entry["category"], entry["loggedByService"]) == (
        "Update a partner cross-tenant access setting",
        "CrossTenantAccessSettings",
        "Core Directory",
    )
    assert entry["targetResources"][0]["type"] == "Policy"
    assert FABRIKAM not in entry["targetResources"][0]["id"]
    found = values(entry)
    assert found["tenantId"] == (FABRIKAM, FABRIKAM)
    assert found["inboundTrust"][1]["isMfaAccepted"] is True
    linked.advance("PT1M")
    act(linked, "PUT", f"{path}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}})
    entry = newest(linked)
    assert entry["activityDisplayName"] == "Create a partner cross-tenant identity sync setting"
    assert entry["category"] == "CrossTenantIdentitySyncSettings"
    assert "true" in entry["targetResources"][0]["modifiedProperties"][0]["newValue"]
    linked.advance("PT1M")
    act(linked, "DELETE", f"{path}/identitySynchronization")
    assert newest(linked)["activityDisplayName"] == "Delete a partner cross-tenant identity sync setting"
    linked.advance("PT1M")
    act(linked, "DELETE", path)
    entry = newest(linked)
    assert entry["activityDisplayName"] == "Delete partner specific cross-tenant access setting"
    assert values(entry)["tenantId"] == (FABRIKAM, None)
    linked.advance("PT1M")
    act(linked, "POST", PARTNERS, {"tenantId": FABRIKAM})
    entry = newest(linked)
    assert entry["activityDisplayName"] == "Add a partner to cross-tenant access setting"
    assert entry["targetResources"][0]["modifiedProperties"] == [{"displayName": "tenantId", "oldValue": None, "newValue": f'"{FABRIKAM}"'}]


@pytest.mark.fact("F191", "The whole new policy in one text, no properties, or the partner as the target (switches)")
@pytest.mark.parametrize(("form", "names"), [("document", {"PartnerIdentifier", "PartnerPolicyDetail"}), ("empty", set())])
def test_other_forms_of_policies(linked: Api, form: str, names: set[str]) -> None:
    linked.set(audit_modified_properties=form, audit_policy_target="partner")
    linked.advance("PT1M")
    act(linked, "PATCH", f"{PARTNERS}/{FABRIKAM}", {"inboundTrust": {"isMfaAccepted": True}})
    entry = newest(linked)
    assert entry["targetResources"][0]["id"] == FABRIKAM
    found = values(entry)
    assert names <= set(found) and bool(names) is bool(found)
    if names:
        assert found["PartnerPolicyDetail"][1]["inboundTrust"]["isMfaAccepted"] is True


@pytest.mark.fact("F190", "Assignments have an activity for users and one for groups")
@pytest.mark.fact("F192", "The first target of an assignment is the application, its properties name the principal")
def test_assignments(linked: Api) -> None:
    sp_id, _job, role = linked.job()
    for principal, kind, added, removed in (
        (linked.user_id(MINSU), "User", "Add app role assignment grant to user", "Remove app role assignment from user"),
        (
            linked.get("/groups?$filter=displayName eq 'Sales'")["value"][0]["id"],
            "Group",
            "Add app role assignment to group",
            "Remove app role assignment from group",
        ),
    ):
        linked.advance("PT1M")
        body = {"principalId": principal, "resourceId": sp_id, "appRoleId": role}
        made = act(linked, "POST", f"/servicePrincipals/{sp_id}/appRoleAssignedTo", body)
        entry = newest(linked)
        assert (entry["activityDisplayName"], entry["category"]) == (added, f"{kind}Management")
        assert [target["id"] for target in entry["targetResources"]] == [sp_id, principal]
        assert values(entry)[f"{kind}.ObjectID"] == (None, principal)
        linked.advance("PT1M")
        act(linked, "DELETE", f"/servicePrincipals/{sp_id}/appRoleAssignedTo/{made['id']}")
        entry = newest(linked)
        assert (entry["activityDisplayName"], values(entry)[f"{kind}.ObjectID"]) == (removed, (principal, None))


@pytest.mark.fact("F192", "Values of directory objects are lists")
@pytest.mark.fact("F193", "What was changed is in the entry, or not (switch audit_modified_properties); secrets never are")
def test_configurations(linked: Api) -> None:
    made = linked.configuration()
    sp_id, application = made["servicePrincipal"]["id"], made["application"]["id"]
    linked.advance("PT1M")
    act(linked, "PATCH", f"/applications/{application}", {"displayName": "Other"})
    entry = newest(linked)
    assert values(entry)["DisplayName"][1] == ["Other"]
    assert values(entry)["Included Updated Properties"] == (None, "DisplayName")
    linked.advance("PT1M")
    act(linked, "PUT", f"/servicePrincipals/{sp_id}/synchronization/secrets", {"value": [{"key": "SyncAll", "value": "true"}]})
    entry = newest(linked)
    assert entry["activityDisplayName"] == "Update provisioning setting or credentials"
    assert (entry["category"], entry["loggedByService"]) == ("ProvisioningManagement", "Account Provisioning")
    assert entry["targetResources"][0]["id"] == sp_id
    assert values(entry) == {"SyncAll": (None, "true")}
    linked.advance("PT1M")
    secret = [{"key": "SecretToken", "value": "hidden"}]
    act(linked, "PUT", f"/servicePrincipals/{sp_id}/synchronization/secrets", {"value": secret})
    assert "hidden" not in json.dumps(newest(linked))
    linked.set(audit_modified_properties="empty")
    linked.advance("PT1M")
    act(linked, "POST", f"/servicePrincipals/{sp_id}/synchronization/jobs", {"templateId": "Azure2Azure"})
    assert newest(linked)["activityDisplayName"] == "Add provisioning configuration"
    assert newest(linked)["targetResources"][0]["modifiedProperties"] == []


@pytest.mark.fact("F193", "A change of mappings names the attributes")
def test_mappings(linked: Api) -> None:
    _sp_id, job, _role = linked.job()
    schema = linked.get(f"{job}/schema")
    mapping = schema["synchronizationRules"][0]["objectMappings"][0]
    row = next(row for row in mapping["attributeMappings"] if row["targetAttributeName"] == "department")
    mapping["attributeMappings"].remove(row)
    linked.advance("PT1M")
    act(linked, "PUT", f"{job}/schema", {name: value for name, value in schema.items() if not name.startswith("@")})
    entry = newest(linked)
    assert entry["activityDisplayName"] == "Update attribute mappings or scope"
    assert set(values(entry)) == {"department"}
    linked.advance("PT1M")
    act(linked, "DELETE", job)
    assert newest(linked)["activityDisplayName"] == "Delete provisioning configuration"


@pytest.mark.fact("F194", "A change is made by a user, or by an application; its appId may be missing (switch audit_app_id)")
def test_actors(linked: Api) -> None:
    path = f"{PARTNERS}/{FABRIKAM}"
    linked.advance("PT1M")
    act(linked, "PATCH", path, {"inboundTrust": {"isMfaAccepted": True}})
    user = newest(linked)["initiatedBy"]["user"]
    assert (user["id"], user["userPrincipalName"]) == (linked.user_id(MINSU), MINSU)
    assert user["ipAddress"] and newest(linked)["initiatedBy"]["app"] is None
    linked.advance("PT1M")
    linked.ok("PATCH", path, {"inboundTrust": {"isMfaAccepted": False}})
    app = newest(linked)["initiatedBy"]["app"]
    assert (app["appId"], app["displayName"]) == ("11111111-1111-4111-8111-111111111111", "Ansible (source)")
    linked.set(audit_app_id="null")
    linked.advance("PT1M")
    act(linked, "PATCH", path, {"inboundTrust": {"isMfaAccepted": True}}, by="33333333-3333-4333-8333-333333333333")
    other = newest(linked)["initiatedBy"]["app"]
    assert other["appId"] is None and other["servicePrincipalId"] not in (None, app["servicePrincipalId"])


@pytest.mark.fact("F195", "What the log can be filtered and ordered by; everything else is refused")
@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("activityDisplayName eq 'Update a partner cross-tenant access setting'", True),
        ("startswith(activityDisplayName,'Update a partner')", True),
        ("activityDisplayName eq 'x' or activityDisplayName eq 'Update a partner cross-tenant access setting'", True),
        ("activityDateTime ge 2020-01-01T00:00:00Z and loggedByService eq 'Core Directory'", True),
        (f"initiatedBy/user/userPrincipalName eq '{MINSU}'", True),
        ("startswith(initiatedBy/user/userPrincipalName,'minsu')", True),
        ("targetResources/any(t:startswith(t/displayName,'CrossTenant'))", True),
        ("category eq 'CrossTenantAccessSettings'", False),
        ("activityDateTime gt 2020-01-01T00:00:00Z", False),
        ("contains(activityDisplayName,'partner')", False),
        ("result eq 'success'", False),
        ("targetResources/any(t:t/type eq 'Policy')", False),
        ("startswith(loggedByService,'Core')", False),
        ("initiatedBy/user/ipAddress eq '203.0.113.7'", False),
    ],
)
def test_filters(linked: Api, text: str, works: bool) -> None:
    act(linked, "PATCH", f"{PARTNERS}/{FABRIKAM}", {"inboundTrust": {"isMfaAccepted": True}})
    path = f"/auditLogs/directoryAudits?$filter={text}"
    if works:
        assert "Update a partner cross-tenant access setting" in {entry["activityDisplayName"] for entry in linked.get(path)["value"]}
    else:
        linked.refused(400, "Request_UnsupportedQuery", "GET", path)


@pytest.mark.parametrize("by", ["nobody@contoso.kr", "99999999-9999-4999-8999-999999999999"])
def test_nobody_acts(linked: Api, by: str) -> None:
    sent = {"tenant": CONTOSO, "method": "GET", "path": PARTNERS, "by": by}
    answer = linked.http.post("/emulator/acts", json=sent)
    assert answer.status_code == 400 and by in answer.json()["error"]
    assert linked.http.post("/emulator/acts", json={**sent, "by": None, "path": "/nowhere"}).status_code == 400
    assert linked.http.post("/emulator/acts", json={**sent, "by": None, "tenant": by}).status_code == 400


EXPORT = {"Details", "ErrorCode", "EventName", "ipaddr", "JoiningProperty", "SourceAnchor", "TargetAnchor"}


def done(api: Api, activity: str) -> list[dict[str, Any]]:
    """The entries of the source about one kind of work of the provisioning service."""
    path = f"/auditLogs/directoryAudits?$filter=activityDisplayName eq '{activity}'&$top=999"
    found: list[dict[str, Any]] = api.get(path)["value"]
    return found


@pytest.mark.fact("F302", "What was done to an object is in the source's audit log too: Import, Synchronization rule action, Export")
def test_the_work_of_the_provisioning_service(linked: Api) -> None:
    """F302: in the form of the how-to's sample, with the event and the anchors of the tutorial."""
    sp_id, job, role = linked.job()
    linked.assign(sp_id, role, linked.user_id(MINSU))
    linked.ok("POST", f"{job}/start")
    linked.advance("PT1H")
    (entry,) = done(linked, "Export")
    assert (entry["category"], entry["loggedByService"], entry["result"]) == ("ProvisioningManagement", "Account Provisioning", "success")
    assert entry["resultReason"] == f"User '{MINSU}' was created in Azure Active Directory (target tenant)"
    (logged,) = linked.get("/auditLogs/provisioning")["value"]
    assert entry["correlationId"] == logged["cycleId"] and entry["id"].startswith(f"Sync_{logged['cycleId']}_")
    assert linked.get(f"/auditLogs/directoryAudits/{entry['id']}")["id"] == entry["id"]
    configuration, person = entry["targetResources"]
    assert (configuration["id"], configuration["type"]) == (sp_id, "ServicePrincipal")
    assert (person["id"], person["displayName"], person["type"]) == ("", MINSU, "User")
    details = {item["key"]: item["value"] for item in entry["additionalDetails"]}
    assert details.keys() == EXPORT
    assert (details["EventName"], details["ErrorCode"]) == ("EntryExportAdd", "None")
    assert details["TargetAnchor"] == logged["targetIdentity"]["id"] and details["SourceAnchor"] == logged["sourceIdentity"]["id"]
    (decided,) = done(linked, "Synchronization rule action")
    assert decided["resultReason"].startswith(f"User '{MINSU}' will be created in Azure Active Directory (target tenant)")
    assert done(linked, "Import")[-1]["additionalDetails"][2] == {"key": "EventName", "value": "EntryImportAdd"}
    times = [item["activityDateTime"] for item in linked.get("/auditLogs/directoryAudits?$top=999")["value"]]
    assert times == sorted(times, reverse=True)


def test_a_refused_export(linked: Api) -> None:
    """The code of the error, and the sentence."""
    sp_id, job, role = linked.job()
    linked.service.world.tenants[FABRIKAM].authorization_policy["allowInvitesFrom"] = "none"
    linked.assign(sp_id, role, linked.user_id(MINSU))
    linked.ok("POST", f"{job}/start")
    linked.advance("PT1H")
    entry = done(linked, "Export")[0]
    details = {item["key"]: item["value"] for item in entry["additionalDetails"]}
    assert (entry["result"], details["ErrorCode"]) == ("failure", "AzureActiveDirectoryForbidden")
    assert details["Details"]


@pytest.mark.fact("F302", "Or only the provisioning log has it (switch audit_synchronization)")
def test_work_that_only_the_provisioning_log_has(linked: Api) -> None:
    """F302: as it was announced once."""
    linked.set(audit_synchronization="absent")
    sp_id, job, role = linked.job()
    linked.assign(sp_id, role, linked.user_id(MINSU))
    linked.ok("POST", f"{job}/start")
    linked.advance("PT1H")
    assert linked.get("/auditLogs/provisioning")["value"]
    assert [done(linked, activity) for activity in ("Import", "Synchronization rule action", "Export")] == [[], [], []]


def test_the_audit_log_grows_with_the_provisioning_log(linked: Api) -> None:
    """A log that was read before has the new entries too, and another state has none of the old ones."""
    sp_id, job, role = linked.job()
    before = linked.http.get("/emulator/state").json()
    linked.assign(sp_id, role, linked.user_id(MINSU))
    linked.ok("POST", f"{job}/start")
    linked.advance("PT1H")
    (first,) = done(linked, "Export")
    linked.ok("PATCH", f"/users/{linked.user_id(MINSU)}", {"jobTitle": "Director"}, "contoso-admin")
    linked.advance("PT1H")
    second, again = done(linked, "Export")
    assert again == first and second["id"] != first["id"]
    assert second["resultReason"].startswith(f"User '{MINSU}' was updated")
    assert linked.http.put("/emulator/state", json=before).status_code == 204
    assert done(linked, "Export") == []
