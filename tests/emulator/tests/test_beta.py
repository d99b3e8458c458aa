# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What beta writes in another way than v1.0 (facts F303, F304)."""

from __future__ import annotations

from typing import Any

import pytest
from api import CONTOSO, FABRIKAM, PARTNERS, Api

ADMIN = "contoso-admin"

Differences = list[tuple[str, str, set[str], set[str]]]


def differences(api: Api) -> Differences:
    """A path, who asks, what only v1.0 has there, and what only beta has."""
    api.link_policies()
    sp_id, job, role = api.job()
    assigned = api.assign(sp_id, role, api.user_id("minsu.kim@contoso.kr"))
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    app_id = api.get(f"/servicePrincipals/{sp_id}")["appId"]
    audit = api.get("/auditLogs/directoryAudits?$top=1")["value"][0]["id"]
    principal = {"errorUrl", "passwordSingleSignOnSettings", "preferredTokenSigningKeyEndDateTime", "publisherName", "samlMetadataUrl"}
    partner = {"blockServiceProviderOutboundAccess", "deletedDateTime"}
    switches = {"deletedDateTime", "externalCloudAuthorizedApplicationId", "groupSyncInbound", "roleEnabledGroupSyncInbound"}
    return [
        (f"/applications(appId='{app_id}')", "contoso", {"addIns", "applicationTemplateId"}, {"onPremisesPublishing", "windows"}),
        ("/applications", "contoso", {"addIns", "applicationTemplateId"}, {"onPremisesPublishing", "windows"}),
        (f"/servicePrincipals/{sp_id}", "contoso", {"oauth2PermissionScopes"}, {"publishedPermissionScopes", *principal}),
        ("/servicePrincipals", "contoso", {"oauth2PermissionScopes"}, {"publishedPermissionScopes", *principal}),
        (f"/servicePrincipals/{sp_id}/appRoleAssignedTo", "contoso", {"createdDateTime"}, {"creationTimestamp"}),
        (f"/servicePrincipals/{sp_id}/appRoleAssignedTo/{assigned['id']}", "contoso", {"createdDateTime"}, {"creationTimestamp"}),
        (f"/users/{assigned['principalId']}/appRoleAssignments", ADMIN, {"createdDateTime"}, {"creationTimestamp"}),
        (f"{PARTNERS}/{FABRIKAM}", "contoso", set(), partner),
        (PARTNERS, "contoso", set(), partner),
        (f"{PARTNERS}/{CONTOSO}/identitySynchronization", "fabrikam", set(), switches),
        ("/policies/crossTenantAccessPolicy", "contoso", set(), {"definition"}),
        ("/policies/crossTenantAccessPolicy/default", "contoso", set(), {"blockServiceProviderOutboundAccess"}),
        ("/organization", "contoso", set(), {"directorySizeQuota"}),
        ("/auditLogs/provisioning", "contoso", set(), {"action", "statusInfo"}),
        (f"/auditLogs/directoryAudits/{audit}", "contoso", set(), {"performedBy", "userAgent"}),
    ]


def members(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["value"][0] if "value" in answer else answer
    return {name: value for name, value in found.items() if "@" not in name}


@pytest.mark.fact("F303", "Members that have another name in beta, or are in one version only")
def test_members_of_the_versions(api: Api) -> None:
    """F303: nothing else differs, and a renamed member keeps its value."""
    for path, account, only_v1, only_beta in differences(api):
        old, new = members(api.get(path, account)), members(api.get(path, account, "beta"))
        assert (old.keys() - new.keys(), new.keys() - old.keys()) == (only_v1, only_beta), path
        if len(only_v1) == 1 and "createdDateTime" in only_v1:
            assert new["creationTimestamp"] == old["createdDateTime"]
        assert all(new[name] == old[name] for name in old.keys() & new.keys()), path


@pytest.mark.fact("F303", "$select and $filter take the names of the version")
def test_names_in_queries(api: Api) -> None:
    """F303: another version's name is unknown."""
    sp_id, _job, role = api.job()
    api.assign(sp_id, role, api.user_id("minsu.kim@contoso.kr"))
    path = f"/servicePrincipals/{sp_id}/appRoleAssignedTo"
    (only,) = api.get(f"{path}?$select=creationTimestamp", version="beta")["value"]
    assert only.keys() == {"creationTimestamp"}
    api.refused(400, "BadRequest", "GET", f"{path}?$select=creationTimestamp")
    api.refused(400, "BadRequest", "GET", f"{path}?$select=createdDateTime", version="beta")
    template = api.get(f"/servicePrincipals/{sp_id}")["applicationTemplateId"]
    text = f"$filter=applicationTemplateId eq '{template}'"
    assert len(api.get(f"/applications?{text}")["value"]) == len(api.get(f"/servicePrincipals?{text}", version="beta")["value"]) == 1
    assert api.send("GET", f"/applications?{text}", version="beta").status_code == 400


def test_what_a_creation_answers(api: Api) -> None:
    """Instantiate, an assignment, a partner, and the objects behind ids are in the version that was asked."""
    made = api.ok("POST", "/applicationTemplates/518e5f48-1fc8-4c48-9387-9fdf28b0dfe7/instantiate", {"displayName": "B"}, version="beta")
    principal = made["servicePrincipal"]
    assert "publishedPermissionScopes" in principal and "applicationTemplateId" not in made["application"]
    body = {"principalId": api.user_id("minsu.kim@contoso.kr"), "resourceId": principal["id"], "appRoleId": principal["appRoles"][0]["id"]}
    assigned = api.ok("POST", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", body, version="beta")
    assert "creationTimestamp" in assigned and "createdDateTime" not in assigned
    partner = api.ok("POST", PARTNERS, {"tenantId": FABRIKAM}, version="beta")
    assert partner["blockServiceProviderOutboundAccess"] is None
    (found,) = api.ok("POST", "/directoryObjects/getByIds", {"ids": [principal["id"]]}, ADMIN, "beta")["value"]
    assert "publishedPermissionScopes" in found


@pytest.mark.fact("F303", "Beta has the status of a log entry once more, with the details of an error")
def test_the_older_members_of_a_log_entry(api: Api) -> None:
    """F303: a type of its own where there is an error."""
    api.link_policies()
    sp_id, job, role = api.job()
    api.service.world.tenants[FABRIKAM].authorization_policy["allowInvitesFrom"] = "none"
    api.assign(sp_id, role, api.user_id("minsu.kim@contoso.kr"))
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    entry = api.get("/auditLogs/provisioning", version="beta")["value"][-1]
    information = entry["provisioningStatusInfo"]["errorInformation"]
    assert (entry["action"], entry["provisioningAction"]) == ("Create", "create")
    assert entry["statusInfo"] == {"@odata.type": "#microsoft.graph.statusDetails", "status": "failure", **information}


@pytest.mark.fact(
    "F304", "The template's metadata has undeclared and repeated keys, or those of the published type (switch template_metadata)"
)
def test_the_metadata_of_the_template(api: Api) -> None:
    """F304: and the template's schema has an id and a version of its own."""
    sp_id, _job, _role = api.job()
    path = f"/servicePrincipals/{sp_id}/synchronization/templates/Azure2Azure"
    pairs = [(pair["key"], pair["value"]) for pair in api.get(path)["metadata"]]
    keys = [key for key, _value in pairs]
    assert {key for key in keys if keys.count(key) == 2} == {"AzureIngestionAttributeOptimization", "LookaheadQueryEnabled"}
    assert dict(pairs)["SyncPolicy"] == '[{"defaultLabel":"Tenant Id","name":"companyId"}]'
    assert (dict(pairs)["galleryApplicationKey"], dict(pairs)["isOAuthEnabled"]) == ("aad2aadsync", "false")
    schema = api.get(f"{path}/schema")
    assert (schema["id"], schema["version"]) == ("Azure2Azure." + "0" * 32, "v1.1")
    api.set(template_metadata="published")
    assert api.get(path)["metadata"][0]["key"] == "GalleryApplicationIdentifier"
    assert api.get(path, version="beta")["metadata"][0]["key"] == "galleryApplicationIdentifier"


@pytest.mark.fact("F84", "Lists of keys and values may have a key twice, and come back as they were written")
def test_keys_that_occur_twice_survive(api: Api) -> None:
    """F84: a read and a write of the whole schema lose nothing."""
    _sp_id, job, _role = api.job()
    schema = api.get(f"{job}/schema")
    pair = {"key": "LookaheadQueryEnabled", "value": "False"}
    for place in (schema["synchronizationRules"][0], schema["synchronizationRules"][0]["objectMappings"][0]):
        place["metadata"] += [pair, {**pair, "value": "True"}]
    api.ok("PUT", f"{job}/schema", schema)
    again = api.get(f"{job}/schema")
    assert again["synchronizationRules"] == schema["synchronizationRules"]
