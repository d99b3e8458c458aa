# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations of Microsoft Graph v1.0 around cross-tenant synchronization: those that Microsoft's SDK performs against the emulator, in
an order that works, and the others with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

ADMIN = "contoso-admin"
"""Who changes users and groups."""
TARGET = "fabrikam"


@dataclass(frozen=True)
class Operation:
    """``path`` has the names of things of the test instead of ids; ``body`` is the SDK's name of a model, with its members."""

    method: str
    path: str
    account: str = "contoso"
    body: tuple[str, dict[str, object]] | None = None
    raw: str = ""
    """A name below which the test keeps the id of what a POST has created."""


def _all(account: str, *rows: str) -> list[Operation]:
    return [Operation(method, path, account=account) for method, path in (row.split(" ", 1) for row in rows)]


SYNC = "/servicePrincipals/{sp}/synchronization"
PARTNERS = "/policies/crossTenantAccessPolicy/partners"
POLICY = "/policies/crossTenantAccessPolicy"
_SCHEMAS = [
    operation
    for schema in (SYNC + "/jobs/{job}/schema", SYNC + "/templates/{template}/schema")
    for operation in (
        Operation("GET", schema),
        Operation("GET", schema + "/directories"),
        Operation("GET", schema + "/directories/$count"),
        Operation("GET", schema + "/directories/{directory}"),
        Operation("POST", schema + "/directories/{directory}/discover", ADMIN),
        Operation("GET", schema + "/filterOperators()"),
        Operation("GET", schema + "/functions()"),
        Operation("POST", schema + "/parseExpression", body=("ParseExpressionPostRequestBody", {"expression": "[mail]"})),
    )
]
_CASTS = [
    Operation("GET", f"/groups/{{group}}/{relation}{cast}{number}", ADMIN)
    for relation in ("members", "transitiveMembers")
    for cast in ("", "/graph.user", "/graph.group", "/graph.servicePrincipal")
    for number in ("", "/$count")
]
_DELETED = [
    Operation("GET", f"/directory/deletedItems/graph.{kind}{number}", ADMIN)
    for kind in ("application", "group", "servicePrincipal", "user")
    for number in ("", "/$count")
]
_SETTINGS = ("InboundOutboundPolicyConfiguration", {"inbound_allowed": True})
_CREDENTIALS = {"use_saved_credentials": True, "template_id": "Azure2Azure"}
_SUBJECT = {"object_id": "{user}", "object_type_name": "User"}

DRIVEN: list[Operation] = [
    *_all(
        "contoso",
        "GET /applicationTemplates",
        "GET /applicationTemplates/$count",
        "GET /applicationTemplates/{gallery}",
        "GET /tenantRelationships/findTenantInformationByTenantId(tenantId='{target}')",
        "GET /tenantRelationships/findTenantInformationByDomainName(domainName='{domain}')",
        "GET /organization",
        "GET /organization/$count",
        "GET /organization/{source}",
        f"GET {POLICY}",
        f"GET {POLICY}/default",
    ),
    Operation("PATCH", POLICY, body=("CrossTenantAccessPolicy", {"display_name": "Cross-tenant access"})),
    Operation(
        "PATCH",
        f"{POLICY}/default",
        body=(
            "CrossTenantAccessPolicyConfigurationDefault",
            {"inbound_trust": ("CrossTenantAccessPolicyInboundTrust", {"is_mfa_accepted": True})},
        ),
    ),
    Operation("POST", f"{POLICY}/default/resetToSystemDefault"),
    Operation(
        "POST",
        PARTNERS,
        TARGET,
        ("CrossTenantAccessPolicyConfigurationPartner", {"tenant_id": "{source}", "automatic_user_consent_settings": _SETTINGS}),
    ),
    Operation("GET", PARTNERS, TARGET),
    Operation("GET", PARTNERS + "/$count", TARGET),
    Operation("GET", PARTNERS + "/{source}", TARGET),
    Operation(
        "PATCH",
        PARTNERS + "/{source}",
        TARGET,
        ("CrossTenantAccessPolicyConfigurationPartner", {"automatic_user_consent_settings": _SETTINGS}),
    ),
    Operation(
        "PUT",
        PARTNERS + "/{source}/identitySynchronization",
        TARGET,
        ("CrossTenantIdentitySyncPolicyPartner", {"user_sync_inbound": ("CrossTenantUserSyncInbound", {"is_sync_allowed": True})}),
    ),
    Operation("GET", PARTNERS + "/{source}/identitySynchronization", TARGET),
    Operation(
        "POST",
        PARTNERS,
        body=(
            "CrossTenantAccessPolicyConfigurationPartner",
            {
                "tenant_id": "{target}",
                "automatic_user_consent_settings": ("InboundOutboundPolicyConfiguration", {"outbound_allowed": True}),
            },
        ),
    ),
    Operation(
        "POST", "/applicationTemplates/{gallery}/instantiate", body=("InstantiatePostRequestBody", {"display_name": "Fabrikam"}), raw="made"
    ),
    *_all(
        "contoso",
        "GET /applications",
        "GET /applications/$count",
        "GET /applications/{application}",
        "GET /servicePrincipals",
        "GET /servicePrincipals/$count",
        "GET /servicePrincipals/{sp}",
    ),
    Operation("PATCH", "/applications/{application}", body=("Application", {"notes": "link to Fabrikam"})),
    Operation("PATCH", "/servicePrincipals/{sp}", body=("ServicePrincipal", {"notes": "link to Fabrikam"})),
    Operation("GET", SYNC + "/templates"),
    Operation("GET", SYNC + "/templates/$count"),
    Operation("GET", SYNC + "/templates/{template}"),
    Operation("POST", SYNC + "/jobs", body=("SynchronizationJob", {"template_id": "Azure2Azure"}), raw="job"),
    Operation(
        "PUT",
        SYNC + "/secrets",
        body=("SecretsPutRequestBody", {"value": "{credentials}"}),
    ),
    Operation("GET", SYNC + "/secrets/$count"),
    Operation("POST", SYNC + "/jobs/validateCredentials", body=("ValidateCredentialsPostRequestBody", _CREDENTIALS)),
    Operation("POST", SYNC + "/jobs/{job}/validateCredentials", body=("ValidateCredentialsPostRequestBody", _CREDENTIALS)),
    Operation("GET", SYNC + "/jobs"),
    Operation("GET", SYNC + "/jobs/$count"),
    Operation("GET", SYNC + "/jobs/{job}"),
    Operation("PATCH", SYNC + "/jobs/{job}", body=("SynchronizationJob", {})),
    *_SCHEMAS,
    Operation(
        "POST",
        "/servicePrincipals/{sp}/appRoleAssignedTo",
        body=("AppRoleAssignment", {"principal_id": "{user}", "resource_id": "{sp}", "app_role_id": "{role}"}),
        raw="assignment",
    ),
    *_all(
        "contoso",
        "GET /servicePrincipals/{sp}/appRoleAssignedTo",
        "GET /servicePrincipals/{sp}/appRoleAssignedTo/$count",
        "GET /servicePrincipals/{sp}/appRoleAssignedTo/{assignment}",
    ),
    Operation(
        "POST",
        SYNC + "/jobs/{job}/provisionOnDemand",
        body=(
            "ProvisionOnDemandPostRequestBody",
            {
                "parameters": [
                    (
                        "SynchronizationJobApplicationParameters",
                        {"rule_id": "{rule}", "subjects": [("SynchronizationJobSubject", _SUBJECT)]},
                    )
                ]
            },
        ),
    ),
    Operation("POST", SYNC + "/jobs/{job}/start"),
    Operation(
        "POST", SYNC + "/jobs/{job}/restart", body=("RestartPostRequestBody", {"criteria": ("SynchronizationJobRestartCriteria", {})})
    ),
    Operation("POST", SYNC + "/jobs/{job}/pause"),
    Operation("GET", "/auditLogs/directoryAudits"),
    Operation("GET", "/auditLogs/directoryAudits/$count"),
    Operation("GET", "/auditLogs/directoryAudits/{audit}"),
    Operation("GET", "/auditLogs/provisioning"),
    *_all("contoso", "GET /users", "GET /users/$count", "GET /users/{user}"),
    Operation(
        "POST",
        "/users",
        ADMIN,
        (
            "User",
            {
                "account_enabled": True,
                "display_name": "Han Sol",
                "mail_nickname": "sol.han",
                "user_principal_name": "sol.han@contoso.kr",
                "password_profile": ("PasswordProfile", {"password": "long-enough-1!"}),
            },
        ),
        raw="new_user",
    ),
    Operation("PATCH", "/users/{new_user}", ADMIN, ("User", {"department": "Sales"})),
    Operation(
        "POST",
        "/groups",
        ADMIN,
        ("Group", {"display_name": "Sol", "mail_enabled": False, "mail_nickname": "sol", "security_enabled": True}),
        raw="group",
    ),
    *_all(ADMIN, "GET /groups", "GET /groups/$count", "GET /groups/{group}"),
    Operation("PATCH", "/groups/{group}", ADMIN, ("Group", {"description": "of Sol"})),
    Operation(
        "POST",
        "/groups/{group}/members/$ref",
        ADMIN,
        ("ReferenceCreate", {"odata_id": "https://graph.microsoft.com/v1.0/users/{new_user}"}),
    ),
    Operation("GET", "/groups/{group}/members/$ref", ADMIN),
    Operation("GET", "/groups/{group}/transitiveMembers/{new_user}", ADMIN),
    *_CASTS,
    *_all(
        ADMIN,
        "GET /users/{new_user}/memberOf",
        "GET /users/{new_user}/memberOf/$count",
        "GET /users/{new_user}/memberOf/graph.group",
        "GET /users/{new_user}/memberOf/graph.group/$count",
        "GET /users/{new_user}/memberOf/{group}",
    ),
    Operation("POST", "/directoryObjects/getByIds", ADMIN, ("GetByIdsPostRequestBody", {"ids": ["{new_user}"], "types": ["user"]})),
    Operation("DELETE", "/groups/{group}/members/{new_user}/$ref", ADMIN),
    Operation("DELETE", "/groups/{group}", ADMIN),
    Operation("DELETE", "/users/{new_user}", ADMIN),
    *_DELETED,
    Operation("GET", "/directory/deletedItems/{new_user}", ADMIN),
    Operation("POST", "/directory/deletedItems/{new_user}/restore", ADMIN),
    Operation("DELETE", "/directory/deletedItems/{group}", ADMIN),
    Operation("DELETE", "/servicePrincipals/{sp}/appRoleAssignedTo/{assignment}"),
    Operation("DELETE", SYNC + "/jobs/{job}/schema"),
    Operation("DELETE", SYNC + "/jobs/{job}"),
    Operation("DELETE", "/servicePrincipals/{sp}"),
    Operation("DELETE", "/applications/{application}"),
    Operation("DELETE", PARTNERS + "/{source}/identitySynchronization", TARGET),
    Operation("DELETE", PARTNERS + "/{source}", TARGET),
]

READ_ONLY_LOGS = "the logs can only be read, and of the provisioning log only the list is documented"
OUTSIDE = "outside of what an address book of several tenants needs"
UNDOCUMENTED = "in the metadata; no page was found that says how it behaves"
SCHEMA_PUT = "the service has PUT instead (fact F82); the how-to with the SDK shows its refusal"
NOT_DRIVEN: dict[str, str] = {
    r"(POST|PATCH|DELETE) /auditLogs/.*": READ_ONLY_LOGS,
    r"GET /auditLogs/provisioning/(\$count|\{\})": READ_ONLY_LOGS,
    r"(POST|PATCH|DELETE) /organization.*": OUTSIDE,
    r"POST /(applications|servicePrincipals)": "an application of the gallery comes from instantiate",
    r".* /tenantRelationships/multiTenantOrganization.*": "multitenant organizations are recognized by what they leave, and not emulated",
    r".* /policies/crossTenantAccessPolicy/templates.*": "templates of multitenant organizations",
    r"DELETE /policies/crossTenantAccessPolicy(/default)?": UNDOCUMENTED,
    r"GET /directory/deletedItems": "the list is documented with a cast only",
    r"GET /directory/deletedItems/\$count": "the list is documented with a cast only",
    r"POST /directory/deletedItems/getByIds": UNDOCUMENTED,
    r"DELETE /groups/\{\}/members/\$ref": "a member is removed by its own path",
    r"PATCH /servicePrincipals/\{\}/appRoleAssignedTo/\{\}": "an assignment cannot be changed",
    r"(GET|PUT|DELETE) /servicePrincipals/\{\}/synchronization": UNDOCUMENTED,
    r"POST /servicePrincipals/\{\}/synchronization/acquireAccessToken": "for OAuth, which this template does not have",
    r".*/bulkUpload.*": "for provisioning from a system of record",
    r"PATCH .*/jobs/\{\}/schema": SCHEMA_PUT,
    r"(POST|PATCH|DELETE) .*/schema/directories(/\{\})?": UNDOCUMENTED,
    r"(POST|PATCH|DELETE) .*/synchronization/templates(/\{\}(/schema)?)?": "the templates of the gallery cannot be changed",
}
"""By a regular expression over the method and the path with ``{}`` for keys."""
