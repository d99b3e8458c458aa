# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base policy, its default configuration, the authorization and the B2B management policy (facts F39, F123)."""

from __future__ import annotations

import json
import uuid
from typing import Any

from .. import errors, odata, shapes
from ..audit import audit
from ..bodies import AuthorizationPolicyBody, DefaultUpdate, PolicyUpdate, directory_members, read
from ..call import NO_CONTENT, Call, Reply
from ..router import BETA, Operation
from ..state import GraphObject

ROOT = "/policies/crossTenantAccessPolicy"
DEFAULT = ROOT + "/default"
B2B_MANAGEMENT = "/policies/b2bManagementPolicies"
AUTHORIZATION = "/policies/authorizationPolicy"


def _setting(access: str) -> dict[str, Any]:
    return {
        "usersAndGroups": {"accessType": access, "targets": [{"target": "AllUsers", "targetType": "user"}]},
        "applications": {"accessType": access, "targets": [{"target": "AllApplications", "targetType": "application"}]},
    }


def system_default() -> GraphObject:
    """The values a tenant starts with (F39)."""
    return {
        "isServiceDefault": True,
        "inboundTrust": {"isMfaAccepted": False, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False},
        "b2bCollaborationOutbound": _setting("allowed"),
        "b2bCollaborationInbound": _setting("allowed"),
        "b2bDirectConnectOutbound": _setting("blocked"),
        "b2bDirectConnectInbound": _setting("blocked"),
        "tenantRestrictions": {"devices": None, **_setting("blocked")},
        "automaticUserConsentSettings": {"inboundAllowed": False, "outboundAllowed": False},
        "invitationRedemptionIdentityProviderConfiguration": {
            "primaryIdentityProviderPrecedenceOrder": ["externalFederation", "azureActiveDirectory", "socialIdentityProviders"],
            "fallbackIdentityProvider": "defaultConfiguredIdp",
        },
    }


def get_policy(call: Call) -> Reply:
    policy = call.tenant.access_policy
    body = {
        "@odata.context": call.context("policies/crossTenantAccessPolicy/$entity"),
        "id": "CrossTenantAccessPolicy",
        "deletedDateTime": None,
        "displayName": policy.display_name,
        "allowedCloudEndpoints": list(policy.allowed_cloud_endpoints),
        **({"definition": []} if call.beta else {}),
    }
    return Reply(200, body)


def patch_policy(call: Call) -> Reply:
    sent = read(PolicyUpdate, call.body).sent()
    policy = call.tenant.access_policy
    policy.display_name = sent.get("displayName", policy.display_name) or ""
    policy.allowed_cloud_endpoints = sent.get("allowedCloudEndpoints", policy.allowed_cloud_endpoints) or []
    audit(
        call,
        "CrossTenantAccessSettings",
        "Core Directory",
        "Update a cross-tenant access setting",
        {"id": "CrossTenantAccessPolicy"},
        "Policy",
    )
    return NO_CONTENT


def get_default(call: Call) -> Reply:
    body = {"@odata.context": call.context("policies/crossTenantAccessPolicy/default/$entity"), "id": "default"}
    settings = call.tenant.access_policy.default or system_default()
    return Reply(200, {**body, **(shapes.shaped("crossTenantAccessPolicyConfigurationDefault", settings) if call.beta else settings)})


def patch_default(call: Call) -> Reply:
    sent = read(DefaultUpdate, call.body).sent()
    policy = call.tenant.access_policy
    if any((sent.pop("automaticUserConsentSettings", None) or {}).values()):
        raise errors.bad_request("Property 'automaticUserConsentSettings' is read-only in the default configuration and cannot be set.")
    policy.default = {**(policy.default or system_default()), **sent, "isServiceDefault": False}
    audit(
        call,
        "CrossTenantAccessSettings",
        "Core Directory",
        "Update the company default cross-tenant access setting",
        {"id": "default"},
        "Policy",
    )
    return NO_CONTENT


def reset_default(call: Call) -> Reply:
    call.tenant.access_policy.default = {}
    audit(call, "CrossTenantAccessSettings", "Core Directory", "Reset the cross-tenant access default setting", {"id": "default"}, "Policy")
    return NO_CONTENT


def authorization_defaults() -> GraphObject:
    """The authorization policy a tenant starts with; a preflight reads allowInvitesFrom (F123, F141)."""
    return {
        "id": "authorizationPolicy",
        "deletedDateTime": None,
        "displayName": "Authorization Policy",
        "description": "Used to manage authorization related settings across the company.",
        "allowInvitesFrom": "everyone",
        "allowedToSignUpEmailBasedSubscriptions": True,
        "allowedToUseSSPR": True,
        "allowEmailVerifiedUsersToJoinOrganization": False,
        "allowUserConsentForRiskyApps": None,
        "blockMsolPowerShell": False,
        "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        "defaultUserRolePermissions": {
            "allowedToCreateApps": True,
            "allowedToCreateSecurityGroups": True,
            "allowedToCreateTenants": True,
            "allowedToReadBitlockerKeysForOwnedDevice": True,
            "allowedToReadOtherUsers": True,
            "permissionGrantPoliciesAssigned": [],
        },
    }


def get_authorization(call: Call) -> Reply:
    policy = {**authorization_defaults(), **call.tenant.authorization_policy}
    names = [name for name in call.request.query.get("$select", "").split(",") if name]
    shown = {name: policy.get(name) for name in names or policy if not name.startswith("_")}
    return Reply(200, {"@odata.context": call.context("policies/authorizationPolicy/$entity"), **shown})


def patch_authorization(call: Call) -> Reply:
    sent = directory_members(AuthorizationPolicyBody, call.body, frozenset(authorization_defaults()))
    call.tenant.authorization_policy.update(sent)
    audit(call, "AuthorizationPolicy", "Authorization", "Update authorization policy", {"id": "authorizationPolicy"}, "Policy")
    return NO_CONTENT


def list_b2b_management(call: Call) -> Reply:
    """The allow or deny list of invitations, as JSON text in a policy; no policy while there is no list (F123)."""
    policy = call.tenant.authorization_policy
    members = {"AllowedDomains": policy.get("_invitationsAllowedDomains"), "BlockedDomains": policy.get("_invitationsBlockedDomains")}
    listed = {name: domains for name, domains in members.items() if domains}
    definition = json.dumps({"B2BManagementPolicy": {"InvitationsAllowedAndBlockedDomainsPolicy": listed}}, separators=(",", ":"))
    found = {
        "id": str(uuid.uuid5(uuid.UUID(call.tenant.id), "b2bManagementPolicy")),
        "deletedDateTime": None,
        "definition": [definition],
        "displayName": "B2BManagementPolicy",
        "isOrganizationDefault": True,
    }
    return Reply(200, {"@odata.context": call.context("policies/b2bManagementPolicies"), "value": [found] if listed else []})


OPERATIONS = [
    Operation("GET", ROOT, get_policy, query=odata.SINGLE),
    Operation("PATCH", ROOT, patch_policy, body=True),
    Operation("GET", DEFAULT, get_default, query=odata.SINGLE),
    Operation("PATCH", DEFAULT, patch_default, body=True),
    Operation("POST", DEFAULT + "/resetToSystemDefault", reset_default),
    Operation("GET", B2B_MANAGEMENT, list_b2b_management, versions=BETA),
    Operation("GET", AUTHORIZATION, get_authorization, query=odata.SINGLE),
    Operation("PATCH", AUTHORIZATION, patch_authorization, body=True),
]
