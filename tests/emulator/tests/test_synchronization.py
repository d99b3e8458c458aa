# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts F52, F69, F84, F107: configurations, jobs, secrets, schema and assignments."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from api import CONTOSO, FABRIKAM, PARTNERS, TEMPLATE, Api, connection

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"


# 2 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.fact("F50", "instantiate is 201, never idempotent, and makes one msiam_access role with a random id")
def test_instantiate_makes_another_application_each_time(api: Api) -> None:
    """F50, F51: 201, not idempotent, one msiam_access role with a random id."""
    response = api.send("POST", f"/applicationTemplates/{TEMPLATE}/instantiate", {"displayName": "Fabrikam"})
    assert response.status_code == 201
    first, second = response.json(), api.configuration()
    roles = [made["servicePrincipal"]["appRoles"] for made in (first, second)]
    assert [len(role) for role in roles] == [1, 1]
    assert roles[0][0]["displayName"] == "msiam_access" and roles[0][0]["value"] is None
    assert roles[0][0]["id"] != roles[1][0]["id"]
    assert first["application"]["appRoles"] == roles[0]
    assert first["servicePrincipal"]["appRoleAssignmentRequired"] is True
    assert first["servicePrincipal"]["tags"] == ["WindowsAzureActiveDirectoryIntegratedApp"]
    assert len(api.get("/applications?$filter=displayName eq 'Fabrikam'")["value"]) == 2


@pytest.mark.fact("F50", "instantiate needs displayName and takes no unknown members")
def test_instantiate_checks_its_body(api: Api) -> None:
    """F50: displayName is required, other members are unknown."""
    path = f"/applicationTemplates/{TEMPLATE}/instantiate"
    api.refused(400, "Request_BadRequest", "POST", path, {})
    api.refused(400, "Request_BadRequest", "POST", path, {"displayName": "x", "tags": []})
    api.refused(404, "Request_ResourceNotFound", "POST", f"/applicationTemplates/{CONTOSO}/instantiate", {"displayName": "x"})


@pytest.mark.fact("F16", "instantiate answers 404 although the application was created (switch instantiate_answers_404)")
def test_instantiate_can_answer_404_although_it_created(api: Api) -> None:
    """F16, switch instantiate_answers_404."""
    api.set(instantiate_answers_404=True)
    api.refused(404, "Request_ResourceNotFound", "POST", f"/applicationTemplates/{TEMPLATE}/instantiate", {"displayName": "Fabrikam"})
    found = api.get(f"/applications?$filter=applicationTemplateId eq '{TEMPLATE}' and displayName eq 'Fabrikam'")
    assert len(found["value"]) == 1


@pytest.mark.fact("F53", "Deleting the application takes the service principal along; both lie in the deleted items")
def test_deleting_the_application_takes_the_service_principal_along(api: Api) -> None:
    """F53: both are in the deleted items."""
    made = api.configuration()
    api.ok("DELETE", f"/applications/{made['application']['id']}")
    api.refused(404, "Request_ResourceNotFound", "GET", f"/servicePrincipals/{made['servicePrincipal']['id']}")
    deleted = api.get("/directory/deletedItems/microsoft.graph.servicePrincipal")["value"]
    assert [item["id"] for item in deleted] == [made["servicePrincipal"]["id"]]


@pytest.mark.fact("F52", "Configurations are found by applicationTemplateId and by displayName")
def test_renaming_an_application_renames_its_service_principal(api: Api) -> None:
    """F52."""
    made = api.configuration()
    api.ok("PATCH", f"/applications/{made['application']['id']}", {"displayName": "Renamed"})
    assert api.get(f"/servicePrincipals/{made['servicePrincipal']['id']}?$select=displayName")["displayName"] == "Renamed"
    api.refused(400, "Request_BadRequest", "PATCH", f"/applications/{made['application']['id']}", {"appId": "x"})


# 5 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.fact("F107", 'A duplicate assignment is 400 "Permission being assigned already exists on the object"')
@pytest.mark.fact("F107", "POST is 201 with an opaque id, DELETE 204")
def test_assignments(api: Api) -> None:
    """F107: 201 with an opaque id, duplicate 400, delete 204."""
    sp_id, _job, role = api.job()
    minsu = api.user_id("minsu.kim@contoso.kr")
    made = api.assign(sp_id, role, minsu)
    assert made["principalType"] == "User" and made["principalDisplayName"] == "Kim Minsu"
    path = f"/servicePrincipals/{sp_id}/appRoleAssignedTo"
    error = api.refused(400, "Request_BadRequest", "POST", path, {"principalId": minsu, "resourceId": sp_id, "appRoleId": role})
    assert error["message"] == "Permission being assigned already exists on the object"
    assert error["details"][0]["code"] == "InvalidUpdate"
    assert [item["id"] for item in api.get(path)["value"]] == [made["id"]]
    assert api.send("DELETE", f"{path}/{made['id']}").status_code == 204
    assert api.get(path)["value"] == []
    api.refused(404, "Request_ResourceNotFound", "DELETE", f"{path}/{made['id']}")
    api.refused(405, "Request_BadRequest", "PATCH", f"{path}/{made['id']}", {})


@pytest.mark.fact("F107", "servicePrincipals(appId='...') works for assignments; groups can be assigned")
def test_assignments_by_app_id_and_of_groups(api: Api) -> None:
    """F108: servicePrincipals(appId='...') works here; groups; default access is accepted."""
    principal = api.configuration()["servicePrincipal"]
    group = api.get("/groups?$filter=displayName eq 'Sales'")["value"][0]["id"]
    body = {"principalId": group, "resourceId": principal["id"], "appRoleId": DEFAULT_ACCESS}
    path = f"/servicePrincipals(appId='{principal['appId']}')/appRoleAssignedTo"
    assert api.ok("POST", path, body)["principalType"] == "Group"
    assert len(api.get(path)["value"]) == 1


@pytest.mark.fact("F107", "Wrong principals, resources and roles are refused")
def test_assignments_with_wrong_references(api: Api) -> None:
    """F107."""
    sp_id, _job, role = api.job()
    path = f"/servicePrincipals/{sp_id}/appRoleAssignedTo"
    api.refused(404, "Request_ResourceNotFound", "POST", path, {"principalId": FABRIKAM, "resourceId": sp_id, "appRoleId": role})
    minsu = api.user_id("minsu.kim@contoso.kr")
    error = api.refused(400, "Request_BadRequest", "POST", path, {"principalId": minsu, "resourceId": sp_id, "appRoleId": FABRIKAM})
    assert error["message"] == "Permission being assigned was not found on application"
    api.refused(400, "Request_BadRequest", "POST", path, {"principalId": minsu, "resourceId": FABRIKAM, "appRoleId": role})


@pytest.mark.fact("F107", "The list of assignments is paged")
def test_assignments_are_paged(api: Api) -> None:
    """F27, F107: opaque nextLink."""
    sp_id, _job, role = api.job()
    people = [person["id"] for person in api.get("/users?$top=5&$select=id")["value"]]
    for person in people:
        api.assign(sp_id, role, person)
    first = api.get(f"/servicePrincipals/{sp_id}/appRoleAssignedTo?$top=3")
    rest = api.get(first["@odata.nextLink"])
    assert len(first["value"]) == 3 and len(rest["value"]) == 2 and "@odata.nextLink" not in rest
    assert {item["principalId"] for item in first["value"] + rest["value"]} == set(people)


# Templates and jobs ---------------------------------------------------------------------------------------------------------


@pytest.mark.fact("F69", "The one synchronization template is Azure2Azure, and its schema is the pristine default")
def test_templates(api: Api) -> None:
    """F69: the one template is Azure2Azure; its schema is the baseline."""
    sp_id, job, _role = api.job()
    root = f"/servicePrincipals/{sp_id}/synchronization"
    assert [item["id"] for item in api.get(f"{root}/templates")["value"]] == ["Azure2Azure"]
    pristine = api.get(f"{root}/templates/Azure2Azure/schema")
    assert pristine["synchronizationRules"] == api.get(f"{job}/schema")["synchronizationRules"]
    custom = api.ok("POST", "/applicationTemplates/8adf8e6e-67b2-4cf2-a259-e3dc5476c621/instantiate", {"displayName": "Other"})
    other = f"/servicePrincipals/{custom['servicePrincipal']['id']}/synchronization"
    assert api.get(f"{other}/templates")["value"] == []
    assert api.send("POST", f"{other}/jobs", {"templateId": "Azure2Azure"}).status_code == 400


@pytest.mark.fact("F65", "The state table of a job, the quirk of the Failed execution included")
def test_the_states_of_a_job(api: Api) -> None:
    """F65, F66: the state table, the Failed/None quirk included."""
    api.link_policies()
    _sp_id, job, _role = api.job()
    new = api.get(job)
    assert new["schedule"] == {"expiration": None, "interval": "PT40M", "state": "Disabled"}
    assert new["status"]["code"] == "Paused" and new["status"]["lastExecution"] is None and new["status"]["progress"] == []
    assert {item["name"]: item["value"] for item in new["synchronizationJobSettings"]} == {
        "AzureIngestionAttributeOptimization": "False",
        "LookaheadQueryEnabled": "False",
    }
    api.ok("POST", f"{job}/start")
    started = api.get(job)
    assert started["schedule"]["state"] == "Active" and started["status"]["code"] == "NotRun"
    execution = started["status"]["lastExecution"]
    assert execution["state"] == "Failed" and execution["error"] == {"code": "None", "message": "", "tenantActionable": False}
    assert execution["timeBegan"] == "0001-01-01T00:00:00Z" and execution["countExported"] == 0
    api.advance("PT1H")
    assert api.get(job)["status"]["code"] == "Active"
    api.ok("POST", f"{job}/pause")
    paused = api.get(job)
    assert paused["schedule"]["state"] == "Paused" and paused["status"]["code"] == "Paused"


@pytest.mark.fact(
    "F65",
    "Three variants of these states (switches new_job_code, pause_state, job_created_status)",
)
def test_variants_of_the_states(api: Api) -> None:
    """F65, F67: switches new_job_code, pause_state, job_created_status."""
    api.set(new_job_code="NotConfigured", pause_state="Disabled", job_created_status=200)
    api.link_policies()
    _sp_id, job, _role = api.job()
    assert api.get(job)["status"]["code"] == "NotConfigured"
    api.ok("POST", f"{job}/start")
    api.ok("POST", f"{job}/pause")
    assert api.get(job)["schedule"]["state"] == "Disabled"


@pytest.mark.fact("F70", "A second POST jobs is 409 or gives the same job (switch second_job)")
def test_a_second_job(api: Api) -> None:
    """F70: 409, or the same job."""
    sp_id, job, _role = api.job()
    path = f"/servicePrincipals/{sp_id}/synchronization/jobs"
    assert api.send("POST", path, {"templateId": "Azure2Azure"}).status_code == 409
    api.set(second_job="same")
    assert api.ok("POST", path, {"templateId": "Azure2Azure"})["id"] == job.rsplit("/", 1)[1]
    assert len(api.get(path)["value"]) == 1


@pytest.mark.fact("F76", "DELETE of a job is 204, perhaps only after a pause (switch delete_running_job)")
def test_deleting_a_job(api: Api) -> None:
    """F76: 204, perhaps only after a pause."""
    api.set(delete_running_job="refused")
    _sp_id, job, _role = api.job()
    api.ok("POST", f"{job}/start")
    assert api.send("DELETE", job).status_code == 409
    api.ok("POST", f"{job}/pause")
    assert api.send("DELETE", job).status_code == 204
    assert api.send("GET", job).status_code == 404


@pytest.mark.fact("F74", "resetScope is a comma-separated string of flags; an empty one is the portal's restart")
@pytest.mark.parametrize("criteria", [None, {}, {"criteria": {}}, {"criteria": {"resetScope": "Watermark, Escrows, QuarantineState"}}])
def test_restart(api: Api, criteria: dict[str, object] | None) -> None:
    """F74: flags as a comma-separated string; empty is the portal's restart."""
    _sp_id, job, _role = api.job()
    assert api.send("POST", f"{job}/restart", criteria).status_code == 204
    assert api.get(job)["schedule"]["state"] == "Active"


@pytest.mark.fact("F75", "Restart of a paused job starts it, or leaves it paused with what it resets (switch restart_of_paused_job)")
def test_restarting_a_paused_job(api: Api) -> None:
    """F75: the documents speak of restarting a stopped job, and do not say that it runs afterwards."""
    api.link_policies()
    _sp_id, job, _role = api.job()
    api.set(restart_of_paused_job="stays_paused")
    api.ok("POST", f"{job}/restart", {"criteria": {"resetScope": "Watermark"}})
    assert api.get(job)["schedule"]["state"] == "Disabled"
    api.ok("POST", f"{job}/start")
    api.ok("POST", f"{job}/restart", {"criteria": {"resetScope": "Watermark"}})
    assert api.get(job)["schedule"]["state"] == "Active"
    api.ok("POST", f"{job}/pause")
    api.set(restart_of_paused_job="starts")
    api.ok("POST", f"{job}/restart", {"criteria": {"resetScope": "Watermark"}})
    assert api.get(job)["schedule"]["state"] == "Active"


@pytest.mark.fact("F68", "The Date of an answer is of the same clock as the times of cycles")
def test_the_date_of_an_answer(api: Api) -> None:
    """F68: a client that waits for a cycle which began after its request compares the two."""
    _sp_id, job, _role = api.job()
    api.http.post("/emulator/clock", json={"advance": "P100D"})
    moment = parsedate_to_datetime(api.send("POST", f"{job}/start").headers["Date"])
    assert abs((moment - datetime.now(timezone.utc) - timedelta(days=100)).total_seconds()) < 3600


@pytest.mark.fact("F74", "Unknown reset scopes are refused")
def test_restart_refuses_unknown_scopes(api: Api) -> None:
    """F74."""
    _sp_id, job, _role = api.job()
    api.refused(400, "BadRequest", "POST", f"{job}/restart", {"criteria": {"resetScope": "Everything"}})
    api.refused(400, "Request_BadRequest", "POST", f"{job}/restart", {"resetScope": "Full"})


@pytest.mark.fact("F72", "A job does not start before its secrets are there")
def test_a_job_without_a_connection_does_not_start(api: Api) -> None:
    """F72: the how-to puts the secrets before the start."""
    _sp_id, job, _role = api.job(secrets=False)
    assert api.send("POST", f"{job}/start").status_code == 400


# validateCredentials ------------------------------------------------------------------------------------------------

SOURCE = "The source tenant has not enabled automatic user consent with the target tenant. Please enable the outbound cross-tenant access "
TARGET = "The target tenant has not enabled inbound synchronization with this tenant."
CHECK = "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure"


def credentials(target: str = FABRIKAM) -> dict[str, object]:
    return {"useSavedCredentials": False, "templateId": "Azure2Azure", "credentials": connection(target)[:2]}


@pytest.mark.fact("F77", "validateCredentials works before there is a job, 204")
@pytest.mark.fact("F11", "A failed validateCredentials carries the code and text of the side that is missing")
def test_validation_names_the_side_that_is_missing(api: Api) -> None:
    """F11: code and text, for the source, then the target's redemption, then its synchronization."""
    principal = api.configuration()["servicePrincipal"]
    path = f"/servicePrincipals/{principal['id']}/synchronization/jobs/validateCredentials"
    assert api.refused(400, CHECK, "POST", path, credentials())["message"].startswith(SOURCE)
    api.ok("POST", PARTNERS, {"tenantId": FABRIKAM, "automaticUserConsentSettings": {"outboundAllowed": True}})
    assert api.refused(400, CHECK, "POST", path, credentials())["message"].startswith(TARGET)
    api.ok("POST", PARTNERS, {"tenantId": CONTOSO, "automaticUserConsentSettings": {"inboundAllowed": True}}, "fabrikam")
    assert api.refused(400, CHECK, "POST", path, credentials())["message"].startswith(TARGET)
    api.ok("PUT", f"{PARTNERS}/{CONTOSO}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}}, "fabrikam")
    assert api.send("POST", path, credentials()).status_code == 204


@pytest.mark.fact("F11", "The older code, and the code in the message (switches validation_code, validation_failure)")
def test_validation_variants(api: Api) -> None:
    """F11, F13: the older code, and the wrapped form."""
    principal = api.configuration()["servicePrincipal"]
    path = f"/servicePrincipals/{principal['id']}/synchronization/jobs/validateCredentials"
    api.set(validation_code="old")
    error = api.refused(400, "AzureDirectoryB2BManagementPolicyCheckFailure", "POST", path, credentials())
    assert error["message"] == "Policy permitting auto-redemption of invitations not configured."
    api.set(validation_code="new", validation_failure="wrapped")
    assert api.refused(400, "BadRequest", "POST", path, credentials())["message"].startswith(f"{CHECK}: {SOURCE}")


@pytest.mark.fact("F12", "ExternalTenantNotFound with its text")
def test_validation_of_a_tenant_in_another_cloud(api: Api) -> None:
    """F12: ExternalTenantNotFound with its text."""
    principal = api.configuration()["servicePrincipal"]
    path = f"/servicePrincipals/{principal['id']}/synchronization/jobs/validateCredentials"
    stranger = "00000000-0000-4000-8000-00000000beef"
    error = api.refused(400, "ExternalTenantNotFound", "POST", path, credentials(stranger))
    assert error["message"] == (
        f"This tenant was not found by the authentication authority of the current cloud: {stranger}. "
        f"The authentication authority is https://login.microsoftonline.com/{stranger}."
    )
    api.refused(400, "BadRequest", "POST", path, {**credentials(), "templateId": "Other"})


@pytest.mark.fact("F77", "useSavedCredentials tests what is saved; the form on a job needs no template")
def test_validation_of_saved_credentials(api: Api) -> None:
    """F77: useSavedCredentials; the form on a job needs no template."""
    api.link_policies()
    _sp_id, job, _role = api.job()
    assert api.send("POST", f"{job}/validateCredentials", {"useSavedCredentials": True}).status_code == 204


# Settings bag ----------------------------------------------------------------------------------------------------------------


def secrets_of(api: Api, sp_id: str) -> dict[str, str]:
    values = api.get(f"/servicePrincipals/{sp_id}/synchronization/secrets")["value"]
    return {item["key"]: item["value"] for item in values}


@pytest.mark.fact("F58", "PUT secrets replaces or merges (switch secrets_put); an empty value removes its key under both")
@pytest.mark.parametrize(("mode", "left"), [("merge", {"AuthenticationType", "CompanyId"}), ("replace", {"CompanyId"})])
def test_putting_secrets(api: Api, mode: str, left: set[str]) -> None:
    """F58, F61: replace or merge; an empty value removes its key under both."""
    api.set(secrets_put=mode)
    sp_id, _job, _role = api.job()
    body = {"value": [{"key": "CompanyId", "value": CONTOSO}, {"key": "SyncAll", "value": ""}]}
    assert api.send("PUT", f"/servicePrincipals/{sp_id}/synchronization/secrets", body).status_code == 204
    found = secrets_of(api, sp_id)
    assert set(found) == left and found["CompanyId"] == CONTOSO


@pytest.mark.fact("F59", 'Secret-like values read "*", the others in clear')
def test_secret_values_are_masked(api: Api) -> None:
    """F59: secret-like values read "*", the others in clear; a mask that comes back changes nothing."""
    sp_id, _job, _role = api.job()
    path = f"/servicePrincipals/{sp_id}/synchronization/secrets"
    api.ok("PUT", path, {"value": [{"key": "SecretToken", "value": "hush"}]})
    assert secrets_of(api, sp_id)["SecretToken"] == "*"
    assert secrets_of(api, sp_id)["CompanyId"] == FABRIKAM
    api.ok("PUT", path, {"value": [{"key": "SecretToken", "value": "*"}]})
    assert api.service.world.tenants[CONTOSO].synchronizations[sp_id].secrets["SecretToken"] == "hush"
    assert "hush" not in api.http.get("/emulator/requests").text


@pytest.mark.fact("F60", "The array is named value, keys are an enum, SyncNotificationSettings is JSON in a string")
def test_the_body_of_secrets(api: Api) -> None:
    """F57, F60: the array is named value; keys are an enum; the notification settings are JSON in a string."""
    sp_id, job, _role = api.job()
    path = f"/servicePrincipals/{sp_id}/synchronization/secrets"
    api.refused(400, "Request_BadRequest", "PUT", path, {"credentials": connection()})
    api.refused(400, "Request_BadRequest", "PUT", path, {"value": [{"key": "CompanyID", "value": FABRIKAM}]})
    api.refused(400, "BadRequest", "PUT", path, {"value": [{"key": "SyncNotificationSettings", "value": "no"}]})
    notification = '{"Enabled":true,"Recipients":"","DeleteThresholdEnabled":true,"DeleteThresholdValue":7}'
    api.ok("PUT", path, {"value": [{"key": "SyncNotificationSettings", "value": notification}]})
    settings = {item["name"]: item["value"] for item in api.get(job)["synchronizationJobSettings"]}
    assert settings["QuarantineTooManyDeletesThreshold"] == "7"


# Schema ------------------------------------------------------------------------------------------------------------------


@pytest.mark.fact("F82", "PUT replaces the whole schema, 204; DELETE restores the default")
def test_put_replaces_the_schema(api: Api) -> None:
    """F82: 204, what is left out is gone, the version is the service's; DELETE restores."""
    _sp_id, job, _role = api.job()
    schema = api.get(f"{job}/schema")
    assert schema["version"] == "v1.2" and schema["id"] == job.rsplit("/", 1)[1]
    rows = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"] = [
        row for row in rows if row["targetAttributeName"] != "employeeId"
    ]
    assert api.send("PUT", f"{job}/schema", schema).status_code == 204
    changed = api.get(f"{job}/schema")
    left = changed["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    assert len(left) == len(rows) - 1
    assert changed["version"].startswith("Date:")
    assert api.send("DELETE", f"{job}/schema").status_code == 204
    restored = api.get(f"{job}/schema")["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    assert restored == rows


@pytest.mark.fact("F93", "Changing the matching attribute is schemaInvalid")
def test_the_matching_attribute_cannot_be_changed(api: Api) -> None:
    """F82, F93: schemaInvalid, as a code or in the message (F13)."""
    _sp_id, job, _role = api.job()
    schema = api.get(f"{job}/schema")
    rows = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    del rows[0]
    api.refused(400, "schemaInvalid", "PUT", f"{job}/schema", schema)
    api.set(schema_invalid="BadRequest")
    assert "schemaInvalid" in api.refused(400, "BadRequest", "PUT", f"{job}/schema", schema)["message"]


@pytest.mark.fact("F83", "A changed schema starts a full cycle by itself, or waits for a restart (switch schema_put_restarts)")
@pytest.mark.parametrize("restarts", [True, False])
def test_a_changed_schema_restarts_the_job(api: Api, restarts: bool) -> None:
    """F83: people who are there already are looked at again, or not."""
    api.set(schema_put_restarts=restarts)
    api.link_policies()
    sp_id, job, role = api.job()
    api.assign(sp_id, role, api.user_id("minsu.kim@contoso.kr"))
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    schema = api.get(f"{job}/schema")
    rows = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
    next(row for row in rows if row["targetAttributeName"] == "userType").update(
        flowType="Always", source={"type": "Constant", "name": "Guest", "expression": '"Guest"', "parameters": []}
    )
    before = api.get(job)["status"]["progress"]
    assert api.send("PUT", f"{job}/schema", schema).status_code == 204
    assert (api.get(job)["status"]["progress"] == []) is restarts
    assert before


@pytest.mark.fact("F84", "Misspelt members and wrong enum values of a schema are refused")
def test_misspelt_members_of_a_schema_are_refused(api: Api) -> None:
    """F84."""
    _sp_id, job, _role = api.job()
    schema = api.get(f"{job}/schema")
    schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"][3]["flowtype"] = "Always"
    api.refused(400, "Request_BadRequest", "PUT", f"{job}/schema", schema)
    schema = api.get(f"{job}/schema")
    schema["synchronizationRules"][0]["objectMappings"][0]["flowTypes"] = "Add, Udpate"
    api.refused(400, "schemaInvalid", "PUT", f"{job}/schema", schema)
    # Microsoft's SDK drops the flags that it cannot read.
    del schema["synchronizationRules"][0]["objectMappings"][0]["flowTypes"]
    api.refused(400, "schemaInvalid", "PUT", f"{job}/schema", schema)


@pytest.mark.fact("F89", "filterOperators and functions list what schemas may use")
def test_functions_and_operators(api: Api) -> None:
    """F89."""
    _sp_id, job, _role = api.job()
    operators = {item["id"] for item in api.get(f"{job}/schema/filterOperators")["value"]}
    assert {"EQUALS", "NOT EQUALS", "REGEX MATCH", "IS NULL", "Greater_Than"} <= operators
    api.set(operator_literals="upper")
    assert "GREATER_THAN" in {item["id"] for item in api.get(f"{job}/schema/filterOperators")["value"]}
    functions = {item["id"] for item in api.get(f"{job}/schema/functions")["value"]}
    assert {"Append", "Join", "Replace", "Switch", "IIF"} <= functions


@pytest.mark.fact("F89", "Their names are under id or name (switch function_names)")
@pytest.mark.parametrize("name", ["id", "name"])
def test_the_names_of_operators_and_functions(api: Api, name: str) -> None:
    """F89, switch function_names: metadata and documents differ."""
    api.set(function_names=name)
    _sp_id, job, _role = api.job()
    for path, known in (("filterOperators", "EQUALS"), ("functions", "Append")):
        listed = api.get(f"{job}/schema/{path}")["value"]
        assert known in {item[name] for item in listed}
        assert all({"id", "name"} & item.keys() == {name} for item in listed)


@pytest.mark.fact("F103", "A schema has to use the literals of the operators (switch operator_literals)")
@pytest.mark.parametrize(
    ("literals", "good", "bad"), [("portal", "Greater_Than", "GREATER_THAN"), ("upper", "GREATER_THAN", "Greater_Than")]
)
def test_literals_of_operators_are_checked(api: Api, literals: str, good: str, bad: str) -> None:
    """F103: a schema has to use the spelling that filterOperators lists."""
    api.set(operator_literals=literals)
    _sp_id, job, _role = api.job()
    schema = api.get(f"{job}/schema")
    clause = {"sourceOperandName": "employeeId", "operatorName": bad, "targetOperand": {"values": ["5"]}}
    schema["synchronizationRules"][0]["objectMappings"][0]["scope"]["groups"] = [{"name": "few", "clauses": [clause]}]
    api.refused(400, "schemaInvalid", "PUT", f"{job}/schema", schema)
    clause["operatorName"] = good
    assert api.send("PUT", f"{job}/schema", schema).status_code == 204


@pytest.mark.fact("F88", "parseExpression gives the source object and evaluates a test object, always with 200")
def test_parse_expression(api: Api) -> None:
    """F88: always 200; the source object, and the result when there is a test object."""
    _sp_id, job, _role = api.job()
    path = f"{job}/schema/parseExpression"
    text = 'Append([displayName], " (Contoso)")'
    parsed = api.ok("POST", path, {"expression": text})
    assert parsed["parsingSucceeded"] is True and parsed["evaluationSucceeded"] is False
    assert parsed["parsedExpression"]["type"] == "Function" and parsed["parsedExpression"]["name"] == "Append"
    test_object = {"properties": [{"key": "displayName", "value": "Kim Minsu"}]}
    evaluated = api.ok("POST", path, {"expression": text, "testInputObject": test_object})
    assert evaluated["evaluationResult"] == ["Kim Minsu (Contoso)"]
    assert api.ok("POST", path, {"expression": "Now()", "testInputObject": test_object})["evaluationSucceeded"] is True
    broken = api.ok("POST", path, {"expression": "Append([displayName"})
    assert broken["parsingSucceeded"] is False and broken["error"]["message"]
    long = api.ok("POST", path, {"expression": '"' + "x" * 10_001 + '"'})
    assert long["parsingSucceeded"] is False


@pytest.mark.fact("F135", "discover needs Directory.ReadWrite.All")
def test_discover_needs_directory_permissions(api: Api) -> None:
    """F135: discover is not covered by Synchronization.ReadWrite.All."""
    _sp_id, job, _role = api.job()
    directory = api.get(f"{job}/schema")["directories"][0]["id"]
    api.refused(401, "UnknownError", "POST", f"{job}/schema/directories/{directory}/discover")
    found = api.ok("POST", f"{job}/schema/directories/{directory}/discover", account="contoso-admin")
    assert found["discoveryDateTime"]


@pytest.mark.fact("F131", "Only known rules, one person at a time; groups are a switch (on_demand_groups)")
def test_on_demand_refusals(api: Api) -> None:
    """F131: one user; groups are a switch (F134); the rule has to exist."""
    api.link_policies()
    _sp_id, job, _role = api.job()
    rule = api.get(f"{job}/schema")["synchronizationRules"][0]["id"]
    subject = {"objectId": api.user_id("minsu.kim@contoso.kr"), "objectTypeName": "User"}
    path = f"{job}/provisionOnDemand"
    api.refused(400, "BadRequest", "POST", path, {"parameters": [{"ruleId": FABRIKAM, "subjects": [subject]}]})
    api.refused(400, "BadRequest", "POST", path, {"parameters": [{"ruleId": rule, "subjects": [subject, subject]}]})
    api.refused(
        400,
        "EntityTypeNotSupported",
        "POST",
        path,
        {"parameters": [{"ruleId": rule, "subjects": [{**subject, "objectTypeName": "Group"}]}]},
    )
    api.refused(400, "Request_BadRequest", "POST", path, {"parameters": {"ruleId": rule}})


@pytest.mark.fact("F218", "A job that is older than the feature has no group mapping until its schema is reset (switch group_mapping)")
@pytest.mark.parametrize(("switch", "new", "reset"), [("present", True, True), ("only_template", False, True), ("absent", False, False)])
def test_the_group_mapping_of_old_jobs(api: Api, switch: str, new: bool, reset: bool) -> None:
    def has_groups(path: str) -> bool:
        (rule,) = api.get(path)["synchronizationRules"]
        return any(item["name"] and item["sourceObjectName"] == "Group" for item in rule["objectMappings"])

    api.set(group_mapping=switch)
    api.link_policies()
    principal, job, _role = api.job()
    assert has_groups(f"{job}/schema") is new
    assert has_groups(f"/servicePrincipals/{principal}/synchronization/templates/Azure2Azure/schema") is reset
    api.ok("DELETE", f"{job}/schema")
    assert has_groups(f"{job}/schema") is reset
