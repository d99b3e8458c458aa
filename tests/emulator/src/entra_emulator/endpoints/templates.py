# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Application templates and instantiate (fact F50)."""

from __future__ import annotations

from .. import errors, odata
from ..audit import audit
from ..bodies import Instantiate, read
from ..call import Call, Reply
from ..errors import GraphError
from ..odata import APPLICATION_TEMPLATE
from ..router import Operation
from ..service import written
from ..state import GraphObject, Synchronization, new_id

CROSS_TENANT_TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
CUSTOM_TEMPLATE = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
HOME_PAGE = "https://account.activedirectory.windowsazure.com:444/applications/default.aspx?metadata={}|ISV9.1|primary|z"


def _template(template_id: str, name: str, description: str, provisioning: list[str]) -> GraphObject:
    return {
        "id": template_id,
        "displayName": name,
        "homePageUrl": None,
        "supportedSingleSignOnModes": [],
        "supportedProvisioningTypes": provisioning,
        "logoUrl": None,
        "categories": [],
        "publisher": "Microsoft",
        "description": description,
        "endpoints": [],
        "isEntraIntegrated": True,
    }


TEMPLATES = {
    CROSS_TENANT_TEMPLATE: _template(
        CROSS_TENANT_TEMPLATE, "Microsoft Entra cross-tenant synchronization", "Synchronizes people to another tenant.", ["sync"]
    ),
    CUSTOM_TEMPLATE: _template(CUSTOM_TEMPLATE, "Custom", "An application that is not in the gallery.", []),
}


def list_templates(call: Call) -> Reply:
    return odata.collection(call, APPLICATION_TEMPLATE, TEMPLATES.values())


def count_templates(call: Call) -> Reply:
    return odata.count(call, APPLICATION_TEMPLATE, list(TEMPLATES.values()))


def _find(call: Call) -> GraphObject:
    found = TEMPLATES.get(call.params["template"].lower())
    if found is None:
        raise errors.not_found(call.params["template"])
    return found


def get_template(call: Call) -> Reply:
    return odata.single(call, APPLICATION_TEMPLATE, _find(call))


def _role() -> GraphObject:
    """The one role of an instantiated application; its id is random (F51)."""
    return {
        "allowedMemberTypes": ["User"],
        "description": "msiam_access",
        "displayName": "msiam_access",
        "id": new_id(),
        "isEnabled": True,
        "origin": "Application",
        "value": None,
    }


def _scope(name: str) -> GraphObject:
    return {
        "adminConsentDescription": f"Allow the application to access {name} on behalf of the signed-in user.",
        "adminConsentDisplayName": f"Access {name}",
        "id": new_id(),
        "isEnabled": True,
        "type": "User",
        "userConsentDescription": f"Allow the application to access {name} on your behalf.",
        "userConsentDisplayName": f"Access {name}",
        "value": "user_impersonation",
    }


def new_application(call: Call, template_id: str, name: str, reference: str | None) -> tuple[GraphObject, GraphObject]:
    """An application and its service principal in the shape of the how-to (F50)."""
    role, scope, app_id = _role(), _scope(name), new_id()
    key = "aad2aadsync" if template_id == CROSS_TENANT_TEMPLATE else "customappsso"
    home = HOME_PAGE.format(key)
    application: GraphObject = {
        "id": new_id(),
        "deletedDateTime": None,
        "appId": app_id,
        "applicationTemplateId": template_id,
        "createdDateTime": call.world.clock,
        "displayName": name,
        "description": None,
        "identifierUris": [],
        "notes": None,
        "publisherDomain": call.tenant.domains[0],
        "serviceManagementReference": reference,
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "addIns": [],
        "appRoles": [role],
        "keyCredentials": [],
        "passwordCredentials": [],
        "requiredResourceAccess": [],
        "api": {
            "acceptMappedClaims": None,
            "knownClientApplications": [],
            "oauth2PermissionScopes": [scope],
            "preAuthorizedApplications": [],
            "requestedAccessTokenVersion": None,
        },
        "web": {"homePageUrl": home, "logoutUrl": None, "redirectUris": []},
        "_owner": call.caller.client_id,
    }
    return application, _new_principal(call, application)


def _new_principal(call: Call, application: GraphObject) -> GraphObject:
    """The service principal of an instantiated application (F50)."""
    name, app_id = application["displayName"], application["appId"]
    return {
        "id": new_id(),
        "deletedDateTime": None,
        "accountEnabled": True,
        "alternativeNames": [],
        "appDescription": None,
        "appDisplayName": name,
        "appId": app_id,
        "applicationTemplateId": application["applicationTemplateId"],
        "appOwnerOrganizationId": call.tenant.id,
        "appRoleAssignmentRequired": True,
        "description": None,
        "displayName": name,
        "homepage": application["web"]["homePageUrl"],
        "loginUrl": None,
        "logoutUrl": None,
        "notes": None,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": None,
        "replyUrls": [],
        "servicePrincipalNames": [app_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        "addIns": [],
        "appRoles": [dict(role) for role in application["appRoles"]],
        "keyCredentials": [],
        "passwordCredentials": [],
        "oauth2PermissionScopes": [dict(scope) for scope in application["api"]["oauth2PermissionScopes"]],
        "_owner": call.caller.client_id,
        "_application": application["id"],
    }


def instantiate(call: Call) -> Reply:
    """Every call makes another application, even with the same name (F50)."""
    template, sent = _find(call), read(Instantiate, call.body)
    if not sent.displayName.strip():
        raise errors.bad_request("A value is required for property 'displayName' of resource.")
    application, principal = new_application(call, template["id"], sent.displayName, sent.serviceManagementReference)
    written(call, "application", f"application/{application['id']}", None)
    written(call, "application", f"servicePrincipal/{principal['id']}", None)
    call.tenant.applications[application["id"]] = application
    call.tenant.service_principals[principal["id"]] = principal
    call.tenant.assignments[principal["id"]] = {}
    call.tenant.synchronizations[principal["id"]] = Synchronization()
    audit(call, "ApplicationManagement", "Core Directory", "Add application", application, "Application")
    audit(call, "ApplicationManagement", "Core Directory", "Add service principal", principal, "ServicePrincipal")
    if call.settings.instantiate_answers_404:
        raise GraphError(
            404, "Request_ResourceNotFound", "Resource does not exist or one of its queried reference-property objects are not present."
        )
    body = {
        "@odata.context": call.context("microsoft.graph.applicationServicePrincipal"),
        "application": odata.entity(call, odata.APPLICATION, application),
        "servicePrincipal": odata.entity(call, odata.SERVICE_PRINCIPAL, principal),
    }
    return Reply(201, body)


OPERATIONS = [
    Operation("GET", "/applicationTemplates", list_templates, query=odata.LIST),
    Operation("GET", "/applicationTemplates/$count", count_templates, query=odata.COUNTED),
    Operation("GET", "/applicationTemplates/{template}", get_template, query=odata.SINGLE),
    Operation("POST", "/applicationTemplates/{template}/instantiate", instantiate, body=True),
]
