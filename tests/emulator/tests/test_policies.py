# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fact F30: the cross-tenant access policy."""

from __future__ import annotations

import json

import pytest
from api import CONTOSO, FABRIKAM, PARTNERS, Api

SYNC = f"{PARTNERS}/{FABRIKAM}/identitySynchronization"
ALLOWED = {"userSyncInbound": {"isSyncAllowed": True}}


@pytest.fixture
def partner(api: Api) -> Api:
    api.ok("POST", PARTNERS, {"tenantId": FABRIKAM})
    return api


@pytest.mark.fact("F31", "The creation response of a minimal partner, undeclared members included")
def test_a_minimal_partner_looks_like_the_sample(api: Api) -> None:
    """F31: the creation response of the how-to; F34: 201."""
    response = api.send("POST", PARTNERS, {"tenantId": FABRIKAM})
    assert response.status_code == 201
    body = response.json()
    assert body["@odata.context"] == "https://localhost/v1.0/$metadata#policies/crossTenantAccessPolicy/partners/$entity"
    assert body["automaticUserConsentSettings"] == {"inboundAllowed": None, "outboundAllowed": None}
    assert body["inboundTrust"] is None and body["isServiceProvider"] is None
    assert "identitySynchronization" not in body


@pytest.mark.fact("F6", "POST of a partner that exists is 409 Request_MultipleObjectsWithSameKeyValue")
def test_a_second_partner_conflicts(partner: Api) -> None:
    """F6: 409 Request_MultipleObjectsWithSameKeyValue."""
    error = partner.refused(409, "Request_MultipleObjectsWithSameKeyValue", "POST", PARTNERS, {"tenantId": FABRIKAM})
    assert error["message"] == "Another object with the same value for property tenantId already exists."


@pytest.mark.fact("F34", "PATCH keeps what is not sent, 204; null goes back to inherit")
def test_patch_keeps_what_is_not_sent_and_null_inherits(partner: Api) -> None:
    """F34: subset, 204; null goes back to inherit; the two consents merge."""
    path = f"{PARTNERS}/{FABRIKAM}"
    trust = {"isMfaAccepted": True}
    assert partner.send("PATCH", path, {"inboundTrust": trust}).status_code == 204
    partner.ok("PATCH", path, {"automaticUserConsentSettings": {"inboundAllowed": True}})
    partner.ok("PATCH", path, {"automaticUserConsentSettings": {"outboundAllowed": True}})
    body = partner.get(path)
    assert body["automaticUserConsentSettings"] == {"inboundAllowed": True, "outboundAllowed": True}
    assert body["inboundTrust"]["isMfaAccepted"] is True
    partner.ok("PATCH", path, {"inboundTrust": None, "automaticUserConsentSettings": None})
    body = partner.get(path)
    assert body["inboundTrust"] is None
    assert body["automaticUserConsentSettings"] == {"inboundAllowed": None, "outboundAllowed": None}


@pytest.mark.fact("F35", "Members of the consent settings and the inbound trust merge, or not (switch nested_settings)")
def test_nested_settings_can_be_replaced(partner: Api) -> None:
    """F35, switch nested_settings."""
    partner.set(nested_settings="replace")
    path = f"{PARTNERS}/{FABRIKAM}"
    partner.ok("PATCH", path, {"automaticUserConsentSettings": {"inboundAllowed": True}})
    partner.ok("PATCH", path, {"automaticUserConsentSettings": {"outboundAllowed": True}})
    assert partner.get(path)["automaticUserConsentSettings"] == {"inboundAllowed": None, "outboundAllowed": True}


@pytest.mark.fact("F34", "An @odata.context in a PATCH is accepted")
def test_the_raw_body_of_a_get_can_be_sent_back(partner: Api) -> None:
    """F34: an @odata.context in a PATCH is accepted."""
    path = f"{PARTNERS}/{FABRIKAM}"
    assert partner.send("PATCH", path, partner.get(path)).status_code == 204


@pytest.mark.fact("F32", "An application that sends isServiceProvider, true or false, is refused with 403")
@pytest.mark.parametrize("value", [True, False])
def test_applications_must_not_send_is_service_provider(partner: Api, value: bool) -> None:
    """F32: 403 for true and for false."""
    error = partner.refused(403, "Authorization_RequestDenied", "PATCH", f"{PARTNERS}/{FABRIKAM}", {"isServiceProvider": value})
    assert error["message"] == "Insufficient privileges to complete the operation."


@pytest.mark.fact("F33", "Unknown members, strings for booleans and wrong enum values of a partner are refused")
@pytest.mark.parametrize(
    "body",
    [
        {"automaticUserConsentSetings": {"inboundAllowed": True}},
        {"automaticUserConsentSettings": {"inboundAllowed": "True"}},
        {"inboundTrust": {"isMfaAcepted": True}},
        {"b2bCollaborationInbound": {"usersAndGroups": {"accessType": "Allowed"}}},
        {"userSyncInbound": {"isSyncAllowed": True}},
    ],
)
def test_unknown_members_and_wrong_values_are_refused(partner: Api, body: dict[str, object]) -> None:
    """F33: the partner's members, real booleans, lower-case enum values."""
    partner.refused(400, "Request_BadRequest", "PATCH", f"{PARTNERS}/{FABRIKAM}", body)


@pytest.mark.fact("F33", "tenantId has to be the GUID of another tenant")
def test_an_unknown_tenant_is_no_partner(api: Api) -> None:
    """F33: tenantId is another tenant's."""
    api.refused(400, "Request_BadRequest", "POST", PARTNERS, {"tenantId": "00000000-0000-4000-8000-000000000000"})
    api.refused(400, "Request_BadRequest", "POST", PARTNERS, {"tenantId": CONTOSO})
    api.refused(400, "Request_BadRequest", "POST", PARTNERS, {"tenantId": "fabrikam.kr"})


@pytest.mark.fact("F38", "400 where the whole policy would exceed 25 KB")
def test_the_policy_is_limited_to_25_kilobytes(partner: Api) -> None:
    """F38: 400 when the whole object would exceed 25 KB."""
    targets = [{"target": f"00000000-0000-4000-8000-{number:012d}", "targetType": "user"} for number in range(400)]
    setting = {"usersAndGroups": {"accessType": "allowed", "targets": targets}}
    error = partner.refused(400, "Request_BadRequest", "PATCH", f"{PARTNERS}/{FABRIKAM}", {"b2bCollaborationInbound": setting})
    assert "25 KB" in error["message"]


@pytest.mark.fact("F42", "PUT creates an identitySynchronization with 204, and conflicts with 409 ConflictingObjects where there is one")
def test_put_creates_and_then_conflicts(partner: Api) -> None:
    """F7, F42: 204, then 409 with ConflictingObjects."""
    response = partner.send("PUT", SYNC, ALLOWED)
    assert response.status_code == 204 and not response.content
    error = partner.refused(409, "Request_MultipleObjectsWithSameKeyValue", "PUT", SYNC, ALLOWED)
    assert error["message"] == "A conflicting object with one or more of the specified property values is present in the directory."
    assert error["details"] == [{"code": "ConflictingObjects", "message": error["message"]}]


@pytest.mark.fact("F42", "PUT updates an existing identitySynchronization (switch put_existing_identity_synchronization)")
def test_put_can_update(partner: Api) -> None:
    """F42, switch put_existing_identity_synchronization."""
    partner.set(put_existing_identity_synchronization="update")
    partner.ok("PUT", SYNC, {"displayName": "Fabrikam", **ALLOWED})
    partner.ok("PUT", SYNC, {"userSyncInbound": {"isSyncAllowed": False}})
    body = partner.get(SYNC)
    assert body["displayName"] == "Fabrikam" and body["userSyncInbound"] == {"isSyncAllowed": False}


@pytest.mark.fact("F42", "PATCH of an absent identitySynchronization is 404 Directory_ObjectNotFound with its text")
def test_patch_of_an_absent_policy(partner: Api) -> None:
    """F8: 404 Directory_ObjectNotFound."""
    error = partner.refused(404, "Directory_ObjectNotFound", "PATCH", SYNC, ALLOWED)
    assert error["message"] == "Unable to read the company information from the directory."
    partner.ok("PUT", SYNC, {"userSyncInbound": {"isSyncAllowed": False}})
    assert partner.send("PATCH", SYNC, ALLOWED).status_code == 204
    assert partner.get(SYNC)["userSyncInbound"] == {"isSyncAllowed": True}


@pytest.mark.fact("F42", "The partner has to exist before the PUT")
def test_put_needs_the_partner(api: Api) -> None:
    """F42: the partner must exist before PUT."""
    api.refused(404, "Directory_ObjectNotFound", "PUT", SYNC, ALLOWED)


@pytest.mark.fact("F43", "GET of an absent identitySynchronization is 404 (switch absent_identity_synchronization)")
@pytest.mark.parametrize("code", ["Directory_ObjectNotFound", "Request_ResourceNotFound"])
def test_the_code_of_an_absent_policy_is_a_switch(partner: Api, code: str) -> None:
    """F43."""
    partner.set(absent_identity_synchronization=code)
    partner.refused(404, code, "GET", SYNC)
    partner.refused(404, code, "DELETE", SYNC)


@pytest.mark.fact("F45", "groupSyncInbound exists in beta only")
def test_group_sync_is_beta_only(partner: Api) -> None:
    """F45: groupSyncInbound exists in beta only."""
    partner.refused(400, "Request_BadRequest", "PUT", SYNC, {"groupSyncInbound": {"isSyncAllowed": True}})
    partner.ok("PUT", SYNC, {"groupSyncInbound": {"isSyncAllowed": True}, **ALLOWED}, version="beta")
    assert "groupSyncInbound" not in partner.get(SYNC)
    assert partner.get(SYNC, version="beta")["groupSyncInbound"] == {"isSyncAllowed": True}


@pytest.mark.fact("F44", "$expand=identitySynchronization works on the list and on one partner")
def test_expand_of_lists_and_single_partners(partner: Api) -> None:
    """F44: $expand=identitySynchronization; null for a partner without one, or left out."""
    listed = partner.get(f"{PARTNERS}?$expand=identitySynchronization")["value"]
    assert listed[0]["identitySynchronization"] is None
    partner.set(expand_absent_policy="omitted")
    assert "identitySynchronization" not in partner.get(f"{PARTNERS}/{FABRIKAM}?$expand=identitySynchronization")
    partner.ok("PUT", SYNC, ALLOWED)
    assert partner.get(f"{PARTNERS}?$expand=identitySynchronization")["value"][0]["identitySynchronization"]["tenantId"] == FABRIKAM
    partner.refused(400, "BadRequest", "GET", f"{PARTNERS}?$expand=nonsense")


@pytest.mark.fact("F36", "A partner with an identitySynchronization stays, or takes it along (switch partner_delete_with_policy)")
def test_a_partner_with_a_policy_cannot_be_deleted(partner: Api) -> None:
    """F36: the policy goes first, or it goes along."""
    partner.ok("PUT", SYNC, ALLOWED)
    partner.refused(400, "Request_BadRequest", "DELETE", f"{PARTNERS}/{FABRIKAM}")
    partner.set(partner_delete_with_policy="cascade")
    assert partner.send("DELETE", f"{PARTNERS}/{FABRIKAM}").status_code == 204
    partner.refused(404, "Request_ResourceNotFound", "GET", f"{PARTNERS}/{FABRIKAM}")
    partner.ok("POST", PARTNERS, {"tenantId": FABRIKAM})
    partner.refused(404, "Directory_ObjectNotFound", "GET", SYNC)


@pytest.mark.fact("F37", "Re-creating a partner soon after its deletion can be 409 (switch soft_deleted_partner)")
def test_a_soft_deleted_partner_can_stand_in_the_way(partner: Api) -> None:
    """F37: re-creation answers 409 until the deletion has propagated."""
    partner.set(soft_deleted_partner="blocks", soft_deleted_partner_posts=2)
    partner.ok("DELETE", f"{PARTNERS}/{FABRIKAM}")
    for _time in range(2):
        partner.refused(409, "Request_MultipleObjectsWithSameKeyValue", "POST", PARTNERS, {"tenantId": FABRIKAM})
    partner.ok("POST", PARTNERS, {"tenantId": FABRIKAM})


@pytest.mark.fact("F39", "The system default, PATCH 204 and resetToSystemDefault 204")
def test_the_default_policy(api: Api) -> None:
    """F39: system default, PATCH 204, reset 204."""
    path = "/policies/crossTenantAccessPolicy/default"
    default = api.get(path)
    assert default["isServiceDefault"] is True
    assert default["b2bDirectConnectInbound"]["usersAndGroups"]["accessType"] == "blocked"
    assert default["automaticUserConsentSettings"] == {"inboundAllowed": False, "outboundAllowed": False}
    api.ok("PATCH", path, {"inboundTrust": {"isMfaAccepted": True}})
    assert api.get(path)["isServiceDefault"] is False
    assert api.send("POST", f"{path}/resetToSystemDefault").status_code == 204
    assert api.get(path)["inboundTrust"]["isMfaAccepted"] is False


@pytest.mark.fact("F39", "The base policy's allowedCloudEndpoints and their values")
def test_the_base_policy(api: Api) -> None:
    """F39: allowedCloudEndpoints and its values."""
    path = "/policies/crossTenantAccessPolicy"
    api.ok("PATCH", path, {"allowedCloudEndpoints": ["microsoftonline.us"]})
    assert api.get(path)["allowedCloudEndpoints"] == ["microsoftonline.us"]
    api.refused(400, "Request_BadRequest", "PATCH", path, {"allowedCloudEndpoints": ["example.com"]})


@pytest.mark.fact("F47", "findTenantInformation by id and by domain; an unknown tenant is 404 or 400 (switch unknown_tenant_information)")
def test_tenants_are_found_by_id_and_domain(api: Api) -> None:
    """F47."""
    by_id = api.get(f"/tenantRelationships/findTenantInformationByTenantId(tenantId='{FABRIKAM}')")
    by_domain = api.get("/tenantRelationships/findTenantInformationByDomainName(domainName='fabrikam.kr')")
    assert by_id == by_domain
    assert by_id["tenantId"] == FABRIKAM and by_id["defaultDomainName"] == "fabrikam.kr"
    unknown = "/tenantRelationships/findTenantInformationByDomainName(domainName='nowhere.example')"
    api.refused(404, "Directory_ObjectNotFound", "GET", unknown)
    api.set(unknown_tenant_information="bad_request")
    api.refused(400, "BadRequest", "GET", unknown)


def test_organization_domains_and_authorization_policy(api: Api) -> None:
    """F123, F141: what a preflight reads."""
    organization = api.get("/organization", "contoso-admin")["value"][0]
    assert organization["id"] == CONTOSO
    assert {domain["name"] for domain in organization["verifiedDomains"]} == {"contoso.kr", "contoso.onmicrosoft.com"}
    assert [domain["id"] for domain in api.get("/domains", "contoso-admin")["value"] if domain["isDefault"]] == ["contoso.kr"]
    policy = api.get("/policies/authorizationPolicy", "contoso-admin")
    assert policy["allowInvitesFrom"] == "everyone" and not [name for name in policy if name.startswith("_")]


@pytest.mark.fact("F123", "The allow or deny list of invitations is JSON text in a policy that only beta knows")
def test_the_domain_list(api: Api) -> None:
    """9, and the page of b2bManagementPolicy: beta only, its own permission, no policy while there is no list."""
    path = "/policies/b2bManagementPolicies"
    assert api.get(path, "fabrikam", "beta")["value"] == []
    api.service.world.tenants[FABRIKAM].authorization_policy["_invitationsBlockedDomains"] = ["contoso.kr"]
    (policy,) = api.get(path, "fabrikam", "beta")["value"]
    (definition,) = policy["definition"]
    assert json.loads(definition) == {
        "B2BManagementPolicy": {"InvitationsAllowedAndBlockedDomainsPolicy": {"BlockedDomains": ["contoso.kr"]}}
    }
    assert policy["isOrganizationDefault"] is True
    api.refused(405, "Request_BadRequest", "GET", path, account="fabrikam")
    api.refused(403, "Authorization_RequestDenied", "GET", path, account="contoso", version="beta")


@pytest.mark.fact("F45", "groupSyncInbound exists in beta only, or in v1.0 too (switch group_sync_inbound)")
@pytest.mark.parametrize(("where", "in_v1"), [("beta", False), ("both", True)])
def test_where_the_switch_for_groups_is(partner: Api, where: str, in_v1: bool) -> None:
    partner.set(group_sync_inbound=where)
    partner.ok("PUT", SYNC, ALLOWED)
    groups = {"groupSyncInbound": {"isSyncAllowed": True}}
    assert partner.send("PATCH", SYNC, groups, version="beta").status_code == 204
    assert partner.get(SYNC, version="beta")["groupSyncInbound"] == {"isSyncAllowed": True}
    assert ("groupSyncInbound" in partner.get(SYNC)) is in_v1
    assert partner.send("PATCH", SYNC, groups).status_code == (204 if in_v1 else 400)


@pytest.mark.fact("F219", "roleEnabledGroupSyncInbound exists in beta, and is refused unless groups are allowed; both can be sent at once")
def test_the_switch_for_role_assignable_groups(partner: Api) -> None:
    partner.ok("PUT", SYNC, ALLOWED)
    roles = {"roleEnabledGroupSyncInbound": {"isSyncAllowed": True}}
    partner.refused(400, "Request_BadRequest", "PATCH", SYNC, roles)
    error = partner.refused(400, "Request_BadRequest", "PATCH", SYNC, roles, version="beta")
    assert "groupSyncInbound" in error["message"]
    partner.ok("PATCH", SYNC, {**roles, "groupSyncInbound": {"isSyncAllowed": True}}, version="beta")
    assert partner.get(SYNC, version="beta")["roleEnabledGroupSyncInbound"] == {"isSyncAllowed": True}
    assert "roleEnabledGroupSyncInbound" not in partner.get(SYNC)
    partner.refused(400, "Request_BadRequest", "PATCH", SYNC, {"groupSyncInbound": {"isSyncAllowed": False}}, version="beta")
