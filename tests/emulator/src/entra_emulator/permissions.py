# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which application permissions let a caller in (facts F135 to F140, and Graph's permission tables).

One table. A caller needs any one of the names. ``OwnedBy`` names admit it to what it owns.
"""

from __future__ import annotations

POLICY_READ = ("Policy.Read.All", "Policy.ReadWrite.CrossTenantAccess")
POLICY_WRITE = ("Policy.ReadWrite.CrossTenantAccess",)
# F206: the permission for the policy itself does not read the capabilities.
CAPABILITY_WRITE = ("Policy.ReadWrite.CrossTenantCapability",)
CAPABILITY_READ = ("Policy.Read.All", *CAPABILITY_WRITE)
DIRECTORY_READ = ("Directory.Read.All", "Directory.ReadWrite.All")
DIRECTORY_WRITE = ("Directory.ReadWrite.All",)
APP_READ = ("Application.ReadWrite.OwnedBy", "Application.Read.All", "Application.ReadWrite.All", *DIRECTORY_READ)
APP_WRITE = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", *DIRECTORY_WRITE)
APP_UPDATE = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
ASSIGN = ("Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All")
SYNC_READ = ("Application.ReadWrite.OwnedBy", "Synchronization.Read.All", "Synchronization.ReadWrite.All")
SYNC_WRITE = ("Application.ReadWrite.OwnedBy", "Synchronization.ReadWrite.All")
USER_READ = ("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", *DIRECTORY_READ)
USER_WRITE = ("User.ReadWrite.All", *DIRECTORY_WRITE)
GROUP_READ = ("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All", *DIRECTORY_READ)
GROUP_WRITE = ("Group.ReadWrite.All", *DIRECTORY_WRITE)
MEMBER_WRITE = ("GroupMember.ReadWrite.All", *GROUP_WRITE)
MEMBER_OF_READ = ("User.Read.All", "User.ReadWrite.All", *GROUP_READ)
OWNED_READ = ("User.Read.All", "User.ReadWrite.All", *DIRECTORY_READ)
ROLE_READ = ("RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory", *DIRECTORY_READ)
ELIGIBILITY_READ = (
    "RoleEligibilitySchedule.Read.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
)
CONTACT_READ = ("OrgContact.Read.All", *DIRECTORY_READ)
ORGANIZATION_READ = (
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Application.Read.All",
    "Application.ReadWrite.All",
    *DIRECTORY_READ,
)
LICENCE_READ = ("LicenseAssignment.Read.All", "Organization.Read.All", "Organization.ReadWrite.All", *DIRECTORY_READ)
B2B_POLICY_READ = ("Policy.Read.B2BManagementPolicy", "Policy.ReadWrite.B2BManagementPolicy")
DOMAIN_READ = ("Domain.Read.All", "Domain.ReadWrite.All", *DIRECTORY_READ)
TENANT_INFORMATION = ("CrossTenantInformation.ReadBasic.All",)
RELATED_TENANTS = ("TenantGovernance-RelatedTenant.Read.All",)
PROVISIONING_LOG = ("ProvisioningLog.Read.All", "AuditLog.Read.All", *DIRECTORY_READ)
AUDIT_LOG = ("AuditLog.Read.All", *DIRECTORY_READ)
MTO_READ = (
    "Policy.Read.All",
    "Policy.ReadWrite.CrossTenantAccess",
    "MultiTenantOrganization.Read.All",
    "MultiTenantOrganization.ReadWrite.All",
)

PARTNERS = "/policies/crossTenantAccessPolicy/partners"
SP = "/servicePrincipals/{sp}"
SYNC = SP + "/synchronization"
JOB = SYNC + "/jobs/{job}"
SCHEMA = JOB + "/schema"
DELETED = "/directory/deletedItems"

PERMISSIONS: dict[tuple[str, str], tuple[str, ...]] = {
    # F137
    ("GET", PARTNERS): POLICY_READ,
    ("GET", PARTNERS + "/$count"): POLICY_READ,
    ("POST", PARTNERS): POLICY_WRITE,
    ("GET", PARTNERS + "/{partner}"): POLICY_READ,
    ("PATCH", PARTNERS + "/{partner}"): POLICY_WRITE,
    ("DELETE", PARTNERS + "/{partner}"): POLICY_WRITE,
    ("GET", PARTNERS + "/{partner}/identitySynchronization"): POLICY_READ,
    ("PUT", PARTNERS + "/{partner}/identitySynchronization"): POLICY_WRITE,
    ("PATCH", PARTNERS + "/{partner}/identitySynchronization"): POLICY_WRITE,
    ("DELETE", PARTNERS + "/{partner}/identitySynchronization"): POLICY_WRITE,
    ("GET", "/policies/crossTenantAccessPolicy"): POLICY_READ,
    ("PATCH", "/policies/crossTenantAccessPolicy"): POLICY_WRITE,
    ("GET", "/policies/crossTenantAccessPolicy/default"): POLICY_READ,
    ("PATCH", "/policies/crossTenantAccessPolicy/default"): POLICY_WRITE,
    ("POST", "/policies/crossTenantAccessPolicy/default/resetToSystemDefault"): POLICY_WRITE,
    **{
        (method, f"/policies/crossTenantAccessPolicy/{parent}/m365Capabilities{suffix}"): names
        for parent in ("partners/{partner}", "default")
        for method, suffix, names in (
            ("GET", "", CAPABILITY_READ),
            ("GET", "/$count", CAPABILITY_READ),
            ("POST", "", CAPABILITY_WRITE),
            ("GET", "/{capability}", CAPABILITY_READ),
            ("PATCH", "/{capability}", CAPABILITY_WRITE),
            ("DELETE", "/{capability}", CAPABILITY_WRITE),
        )
    },
    ("GET", "/policies/authorizationPolicy"): ("Policy.Read.All", "Policy.Read.AuthorizationPolicy", "Policy.ReadWrite.Authorization"),
    ("PATCH", "/policies/authorizationPolicy"): ("Policy.ReadWrite.Authorization",),
    ("GET", "/policies/b2bManagementPolicies"): B2B_POLICY_READ,
    # F47
    ("GET", "/tenantRelationships/findTenantInformationByTenantId(tenantId='{tenant}')"): TENANT_INFORMATION,
    ("GET", "/tenantRelationships/findTenantInformationByDomainName(domainName='{domain}')"): TENANT_INFORMATION,
    # F196
    ("GET", "/directory/tenantGovernance/relatedTenants"): RELATED_TENANTS,
    ("GET", "/organization"): ORGANIZATION_READ,
    ("GET", "/organization/$count"): ORGANIZATION_READ,
    ("GET", "/organization/{tenant}"): ORGANIZATION_READ,
    ("GET", "/subscribedSkus"): LICENCE_READ,
    ("GET", "/domains"): DOMAIN_READ,
    ("GET", "/domains/{domain}"): DOMAIN_READ,
    # F138
    ("GET", "/applicationTemplates"): APP_READ,
    ("GET", "/applicationTemplates/$count"): APP_READ,
    ("GET", "/applicationTemplates/{template}"): APP_READ,
    ("POST", "/applicationTemplates/{template}/instantiate"): APP_WRITE,
    ("GET", "/applications"): APP_READ,
    ("GET", "/applications/$count"): APP_READ,
    ("GET", "/applications/{application}"): APP_READ,
    ("GET", "/applications(appId='{app}')"): APP_READ,
    ("PATCH", "/applications/{application}"): APP_UPDATE,
    ("DELETE", "/applications/{application}"): APP_UPDATE,
    ("GET", "/servicePrincipals"): APP_READ,
    ("GET", "/servicePrincipals/$count"): APP_READ,
    ("GET", SP): APP_READ,
    ("GET", "/servicePrincipals(appId='{app}')"): APP_READ,
    ("PATCH", SP): APP_WRITE,
    ("DELETE", SP): APP_WRITE,
    # F138
    ("GET", SP + "/appRoleAssignedTo"): APP_READ,
    ("GET", SP + "/appRoleAssignedTo/$count"): APP_READ,
    ("GET", SP + "/appRoleAssignedTo/{assignment}"): APP_READ,
    ("POST", SP + "/appRoleAssignedTo"): ASSIGN,
    ("DELETE", SP + "/appRoleAssignedTo/{assignment}"): ASSIGN,
    ("GET", "/servicePrincipals(appId='{app}')/appRoleAssignedTo"): APP_READ,
    ("POST", "/servicePrincipals(appId='{app}')/appRoleAssignedTo"): ASSIGN,
    # F135
    ("GET", SYNC + "/templates"): SYNC_READ,
    ("GET", SYNC + "/templates/{template}"): SYNC_READ,
    ("GET", SYNC + "/templates/$count"): SYNC_READ,
    ("GET", SYNC + "/jobs/$count"): SYNC_READ,
    ("GET", SYNC + "/secrets/$count"): SYNC_READ,
    ("GET", SYNC + "/jobs"): SYNC_READ,
    ("POST", SYNC + "/jobs"): SYNC_WRITE,
    ("POST", SYNC + "/jobs/validateCredentials"): SYNC_WRITE,
    ("GET", JOB): SYNC_READ,
    ("PATCH", JOB): ("Synchronization.ReadWrite.All",),
    ("DELETE", JOB): SYNC_WRITE,
    ("POST", JOB + "/start"): SYNC_WRITE,
    ("POST", JOB + "/pause"): SYNC_WRITE,
    ("POST", JOB + "/restart"): SYNC_WRITE,
    ("POST", JOB + "/validateCredentials"): SYNC_WRITE,
    ("POST", JOB + "/provisionOnDemand"): SYNC_WRITE,
    ("GET", SYNC + "/secrets"): SYNC_READ,
    ("PUT", SYNC + "/secrets"): SYNC_WRITE,
    ("PUT", SCHEMA): SYNC_WRITE,
    ("DELETE", SCHEMA): SYNC_WRITE,
    **{
        (method, schema + suffix): permissions
        for schema in (SCHEMA, SYNC + "/templates/{template}/schema")
        for method, suffix, permissions in (
            ("GET", "", SYNC_READ),
            ("GET", "/directories", SYNC_READ),
            ("GET", "/directories/$count", SYNC_READ),
            ("GET", "/directories/{directory}", SYNC_READ),
            ("POST", "/directories/{directory}/discover", ("Application.ReadWrite.OwnedBy", "Directory.ReadWrite.All")),
            ("GET", "/filterOperators", SYNC_WRITE),
            ("GET", "/filterOperators()", SYNC_WRITE),
            ("GET", "/functions", SYNC_WRITE),
            ("GET", "/functions()", SYNC_WRITE),
            ("POST", "/parseExpression", SYNC_WRITE),
        )
    },
    # F139
    ("GET", "/auditLogs/provisioning"): PROVISIONING_LOG,
    ("GET", "/auditLogs/directoryAudits"): AUDIT_LOG,
    ("GET", "/auditLogs/directoryAudits/$count"): AUDIT_LOG,
    ("GET", "/auditLogs/directoryAudits/{audit}"): AUDIT_LOG,
    # People, groups, contacts
    ("GET", "/users"): USER_READ,
    ("GET", "/users/$count"): USER_READ,
    ("POST", "/users"): USER_WRITE,
    ("GET", "/users/{user}"): USER_READ,
    ("PATCH", "/users/{user}"): USER_WRITE,
    ("DELETE", "/users/{user}"): USER_WRITE,
    **{
        ("GET", f"/users/{{user}}/memberOf{suffix}"): MEMBER_OF_READ
        for suffix in ("", "/$count", "/microsoft.graph.group", "/microsoft.graph.group/$count", "/{group}")
    },
    **{
        (method, f"/{principal}/appRoleAssignments{suffix}"): permissions
        for principal, readers in (("users/{user}", DIRECTORY_READ), ("groups/{group}", GROUP_READ))
        for method, suffix, permissions in (
            ("GET", "", (*readers, "AppRoleAssignment.ReadWrite.All", "Application.Read.All", "Application.ReadWrite.All")),
            ("GET", "/{assignment}", (*readers, "AppRoleAssignment.ReadWrite.All", "Application.Read.All", "Application.ReadWrite.All")),
            ("POST", "", ASSIGN),
            ("DELETE", "/{assignment}", ASSIGN),
        )
    },
    ("GET", "/users/{user}/ownedObjects"): OWNED_READ,
    ("GET", "/groups/{group}/owners"): GROUP_READ,
    ("GET", "/groups/{group}/memberOf"): GROUP_READ,
    ("GET", "/applications/{application}/owners"): APP_READ,
    ("GET", SP + "/owners"): APP_READ,
    ("GET", "/users/{user}/manager"): ("User.Read.All", "User.ReadWrite.All", *DIRECTORY_READ),
    ("PUT", "/users/{user}/manager/$ref"): USER_WRITE,
    ("DELETE", "/users/{user}/manager/$ref"): USER_WRITE,
    ("GET", "/groups"): GROUP_READ,
    ("GET", "/groups/$count"): GROUP_READ,
    ("POST", "/groups"): GROUP_WRITE,
    ("GET", "/groups/{group}"): GROUP_READ,
    ("PATCH", "/groups/{group}"): GROUP_WRITE,
    ("DELETE", "/groups/{group}"): GROUP_WRITE,
    **{
        ("GET", f"/groups/{{group}}/{relation}{cast}{number}"): GROUP_READ
        for relation in ("members", "transitiveMembers")
        for cast in ("", "/microsoft.graph.user", "/microsoft.graph.group", "/microsoft.graph.servicePrincipal")
        for number in ("", "/$count")
    },
    ("GET", "/groups/{group}/members/$ref"): GROUP_READ,
    ("GET", "/groups/{group}/transitiveMembers/{member}"): GROUP_READ,
    ("POST", "/groups/{group}/members/$ref"): MEMBER_WRITE,
    ("DELETE", "/groups/{group}/members/{member}/$ref"): MEMBER_WRITE,
    ("GET", "/roleManagement/directory/roleDefinitions"): ROLE_READ,
    ("GET", "/roleManagement/directory/roleAssignments"): ROLE_READ,
    ("GET", "/roleManagement/directory/roleEligibilityScheduleInstances"): ELIGIBILITY_READ,
    ("GET", "/contacts"): CONTACT_READ,
    ("GET", "/contacts/{contact}"): CONTACT_READ,
    ("POST", "/directoryObjects/getByIds"): (
        "User.Read.All",
        "Group.Read.All",
        "Application.Read.All",
        "Application.ReadWrite.All",
        "GroupMember.Read.All",
        *DIRECTORY_READ,
    ),
    # Deleted items; the object's own type narrows the last three, see DELETED_OBJECT.
    **{
        ("GET", f"{DELETED}/microsoft.graph.{name}{number}"): readers
        for number in ("", "/$count")
        for name, readers in (
            ("user", ("User.Read.All", "User.ReadWrite.All", "User.DeleteRestore.All", *DIRECTORY_READ)),
            ("group", ("Group.Read.All", "Group.ReadWrite.All", *DIRECTORY_READ)),
            ("application", ("Application.Read.All", "Application.ReadWrite.All", *DIRECTORY_READ)),
            ("servicePrincipal", ("Application.Read.All", "Application.ReadWrite.All", *DIRECTORY_READ)),
        )
    },
    ("GET", DELETED + "/{item}"): (
        "User.Read.All",
        "User.ReadWrite.All",
        "User.DeleteRestore.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        *APP_READ,
    ),
    ("POST", DELETED + "/{item}/restore"): (
        "User.DeleteRestore.All",
        "User.ReadWrite.All",
        "Group.ReadWrite.All",
        "Application.ReadWrite.All",
        *DIRECTORY_WRITE,
    ),
    ("DELETE", DELETED + "/{item}"): (
        "User.DeleteRestore.All",
        "User.ReadWrite.All",
        "Group.ReadWrite.All",
        "Application.ReadWrite.All",
        *DIRECTORY_WRITE,
    ),
}

DELETED_OBJECT: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "user"): ("User.Read.All", "User.ReadWrite.All", "User.DeleteRestore.All", *DIRECTORY_READ),
    ("GET", "group"): ("Group.Read.All", "Group.ReadWrite.All", *DIRECTORY_READ),
    ("GET", "application"): APP_READ,
    ("GET", "servicePrincipal"): APP_READ,
    ("WRITE", "user"): ("User.DeleteRestore.All", "User.ReadWrite.All"),
    ("WRITE", "group"): ("Group.ReadWrite.All",),
    ("WRITE", "application"): ("Application.ReadWrite.All",),
    ("WRITE", "servicePrincipal"): ("Application.ReadWrite.All",),
}


KNOWN = frozenset(name for names in (*PERMISSIONS.values(), *DELETED_OBJECT.values()) for name in names)
"""Every permission that an operation asks for."""


def granted(method: str, template: str, roles: frozenset[str]) -> frozenset[str]:
    """The caller's permissions that admit it to an operation; empty means refused."""
    return roles.intersection(PERMISSIONS[(method, template)])


def owned_only(names: frozenset[str]) -> bool:
    """Whether the permissions that matched reach no further than what the caller owns."""
    return all(name.endswith(".OwnedBy") for name in names)
