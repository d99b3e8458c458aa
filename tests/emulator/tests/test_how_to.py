# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented how-to from end to end, in the order of fact F56."""

from __future__ import annotations

import json

import pytest
from api import CONTOSO, FABRIKAM, PARTNERS, TEMPLATE, Api, connection


@pytest.mark.fact("F29", "The verify calls in the target, with # percent-encoded")
def test_the_recommended_order_puts_people_into_the_target(api: Api) -> None:
    """Section 11: every call of both tenants, then section 7: the result."""
    api.refused(404, "Request_ResourceNotFound", "GET", f"{PARTNERS}/{CONTOSO}?$expand=identitySynchronization", account="fabrikam")
    api.link_policies()
    partner = api.get(f"{PARTNERS}/{CONTOSO}?$expand=identitySynchronization", "fabrikam")
    assert partner["identitySynchronization"]["userSyncInbound"] == {"isSyncAllowed": True}

    principal = api.configuration()["servicePrincipal"]
    found = api.get(f"/servicePrincipals?$filter=applicationTemplateId eq '{TEMPLATE}'&$select=id,appId,displayName")
    assert [item["id"] for item in found["value"]] == [principal["id"]]
    root = f"/servicePrincipals/{principal['id']}/synchronization"
    credentials = {"useSavedCredentials": False, "templateId": "Azure2Azure", "credentials": connection()[:2]}
    assert api.send("POST", f"{root}/jobs/validateCredentials", credentials).status_code == 204
    job = api.ok("POST", f"{root}/jobs", {"templateId": "Azure2Azure"})
    assert job["id"] == f"Azure2Azure.{CONTOSO.replace('-', '')}.{principal['appId']}"
    api.ok("PUT", f"{root}/secrets", {"value": connection()})
    schema = api.get(f"{root}/jobs/{job['id']}/schema")
    assert api.send("PUT", f"{root}/jobs/{job['id']}/schema", schema).status_code == 204
    minsu = api.user_id("minsu.kim@contoso.kr")
    api.assign(principal["id"], principal["appRoles"][0]["id"], minsu)
    assert api.send("POST", f"{root}/jobs/{job['id']}/start").status_code == 204
    assert api.advance("PT1H")["cycles"]

    listed = api.get("/users?$filter=mail eq 'minsu.kim@contoso.kr'&$select=id,userPrincipalName,userType,showInAddressList", "fabrikam")
    assert [person["userPrincipalName"] for person in listed["value"]] == ["minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com"]
    assert listed["value"][0]["userType"] == "Member"
    by_name = api.get("/users?$filter=userPrincipalName eq 'minsu.kim_contoso.kr%23EXT%23@fabrikam.onmicrosoft.com'", "fabrikam")
    assert by_name["value"][0]["mail"] == "minsu.kim@contoso.kr"
    log = api.get(f"/auditLogs/provisioning?$filter=jobId eq '{job['id']}'")["value"]
    assert {entry["targetIdentity"]["id"] for entry in log if entry["provisioningAction"] == "create"} == {listed["value"][0]["id"]}
    assert api.get(f"{root}/jobs/{job['id']}")["status"]["code"] == "Active"


@pytest.mark.fact("F114", "The full teardown order")
@pytest.mark.fact("F54", "Deleting job, configuration and policies leaves the people")
def test_taking_the_link_down_leaves_nothing_of_it(api: Api) -> None:
    """F114, full teardown order; F54: the people stay."""
    api.link_policies()
    sp_id, job, role = api.job()
    api.assign(sp_id, role, api.user_id("minsu.kim@contoso.kr"))
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    assert api.send("POST", f"{job}/pause").status_code == 204
    assert api.send("DELETE", job).status_code == 204
    application = api.get(f"/applications?$filter=applicationTemplateId eq '{TEMPLATE}'")["value"][0]["id"]
    assert api.send("DELETE", f"/applications/{application}").status_code == 204
    api.refused(404, "Request_ResourceNotFound", "GET", f"/servicePrincipals/{sp_id}")
    api.ok("DELETE", f"{PARTNERS}/{CONTOSO}/identitySynchronization", account="fabrikam")
    api.ok("DELETE", f"{PARTNERS}/{CONTOSO}", account="fabrikam")
    api.ok("DELETE", f"{PARTNERS}/{FABRIKAM}")
    assert len(api.get("/users?$filter=mail eq 'minsu.kim@contoso.kr'", "fabrikam")["value"]) == 1


@pytest.mark.fact("F130", "Both generations of the provisionOnDemand response (switch on_demand)")
def test_on_demand_answers_in_both_generations(api: Api) -> None:
    """F131, F130: works before the first start; an array under StatusInfo, or an object under a result key."""
    api.link_policies()
    sp_id, job, role = api.job()
    minsu = api.user_id("minsu.kim@contoso.kr")
    api.assign(sp_id, role, minsu)
    rule = api.get(f"{job}/schema")["synchronizationRules"][0]["id"]
    body = {"parameters": [{"ruleId": rule, "subjects": [{"objectId": minsu, "objectTypeName": "User"}]}]}
    first = api.ok("POST", f"{job}/provisionOnDemand", body)
    assert first["key"] == "Microsoft.Identity.Health.CPP.Common.DataContracts.SyncFabric.StatusInfo"
    assert json.loads(first["value"])[0]["provisioningSteps"]
    api.set(on_demand="object")
    second = api.ok("POST", f"{job}/provisionOnDemand", body)
    assert json.loads(second["key"])["result"] in ("Success", "Skipped")
    assert isinstance(json.loads(second["value"]), dict)
