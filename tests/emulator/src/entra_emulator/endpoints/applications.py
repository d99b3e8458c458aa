# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications and service principals (facts F52, F53)."""

from __future__ import annotations

from .. import errors, expansion, odata
from ..audit import audit, audit_object
from ..bodies import ApplicationBody, ServicePrincipalBody, directory_members
from ..call import NO_CONTENT, Call, Reply
from ..odata import APPLICATION, SERVICE_PRINCIPAL
from ..router import Operation
from ..service import find_service_principal, require_owned, written
from ..state import GraphObject, Job, Synchronization, Tenant


def _visible(call: Call, items: dict[str, GraphObject], prefix: str) -> list[GraphObject]:
    seen = call.service.replicas.collection("application", call.tenant.id, items, prefix)
    return [item for item in seen.values() if not call.owned_only or item.get("_owner") == call.caller.client_id]


def find_application(call: Call) -> GraphObject:
    if "app" in call.params:
        app_id = call.params["app"].lower()
        held = next((item for item in call.tenant.applications.values() if item["appId"].lower() == app_id), None)
        key, name = (str(held["id"]) if held else app_id), call.params["app"]
    else:
        key = name = call.params["application"]
        key = key.lower()
        held = call.tenant.applications.get(key)
    seen = call.service.replicas.read("application", call.tenant.id, f"application/{key}", held)
    if seen is None or held is None:
        raise errors.not_found(name)
    require_owned(call, held)
    return held


def list_applications(call: Call) -> Reply:
    return expansion.collection(call, APPLICATION, _visible(call, call.tenant.applications, "application/"))


def count_applications(call: Call) -> Reply:
    return odata.count(call, APPLICATION, _visible(call, call.tenant.applications, "application/"))


def get_application(call: Call) -> Reply:
    return expansion.single(call, APPLICATION, find_application(call))


def patch_application(call: Call) -> Reply:
    application = find_application(call)
    sent = directory_members(ApplicationBody, call.body, APPLICATION.properties)
    written(call, "application", f"application/{application['id']}", application)
    before = dict(application)
    application.update(sent)
    if "displayName" in sent:
        # Renaming the application renames its service principal.
        for principal in call.tenant.service_principals.values():
            if principal["appId"] == application["appId"]:
                principal.update({"displayName": sent["displayName"], "appDisplayName": sent["displayName"]})
    audit_object(call, "Update application", application, "Application", before, sent)
    return NO_CONTENT


ASSIGNMENTS, SYNCHRONIZATION = "_assignments", "_synchronization"
"""Where a deleted service principal keeps what it has again when it is restored."""


def remove_principal(tenant: Tenant, principal: GraphObject, clock: str) -> None:
    """A service principal goes to the deleted items with its assignments and its provisioning, which it has again when it is restored
    (F53, F284).
    """
    sp_id = str(principal["id"])
    del tenant.service_principals[sp_id]
    synchronization = tenant.synchronizations.pop(sp_id, Synchronization())
    kept = {ASSIGNMENTS: tenant.assignments.pop(sp_id, {}), SYNCHRONIZATION: synchronization.model_dump()}
    tenant.deleted_items[sp_id] = {"@odata.type": f"#{SERVICE_PRINCIPAL.type_name}", **principal, **kept, "deletedDateTime": clock}


def restore_principal(tenant: Tenant, item: GraphObject, clock: str) -> GraphObject:
    """Takes a service principal out of the deleted items, with what it had (F284)."""
    del tenant.deleted_items[str(item["id"])]
    principal = {name: value for name, value in item.items() if name not in ("@odata.type", ASSIGNMENTS, SYNCHRONIZATION)}
    principal["deletedDateTime"] = None
    synchronization = Synchronization.model_validate(item.get(SYNCHRONIZATION, {}))
    for job in synchronization.jobs.values():
        _resume(job, clock)
    tenant.service_principals[str(item["id"])] = principal
    tenant.assignments[str(item["id"])] = item.get(ASSIGNMENTS, {})
    tenant.synchronizations[str(item["id"])] = synchronization
    return principal


def _resume(job: Job, clock: str) -> None:
    """The cycles that were due in the meantime are not made up for."""
    if job.next_cycle is not None:
        job.next_cycle = max(job.next_cycle, clock)


def delete_application(call: Call) -> Reply:
    application = find_application(call)
    written(call, "application", f"application/{application['id']}", application)
    for principal in list(call.tenant.service_principals.values()):
        if principal["appId"] == application["appId"]:
            written(call, "application", f"servicePrincipal/{principal['id']}", principal)
            remove_principal(call.tenant, principal, call.world.clock)
    del call.tenant.applications[application["id"]]
    deleted = {"@odata.type": f"#{APPLICATION.type_name}", **application, "deletedDateTime": call.world.clock}
    call.tenant.deleted_items[application["id"]] = deleted
    audit(call, "ApplicationManagement", "Core Directory", "Delete application", application, "Application")
    return NO_CONTENT


def list_principals(call: Call) -> Reply:
    return expansion.collection(call, SERVICE_PRINCIPAL, _visible(call, call.tenant.service_principals, "servicePrincipal/"))


def count_principals(call: Call) -> Reply:
    return odata.count(call, SERVICE_PRINCIPAL, _visible(call, call.tenant.service_principals, "servicePrincipal/"))


def get_principal(call: Call) -> Reply:
    return expansion.single(call, SERVICE_PRINCIPAL, find_service_principal(call))


def patch_principal(call: Call) -> Reply:
    principal = find_service_principal(call)
    sent = directory_members(ServicePrincipalBody, call.body, SERVICE_PRINCIPAL.properties)
    written(call, "application", f"servicePrincipal/{principal['id']}", principal)
    before = dict(principal)
    principal.update(sent)
    audit_object(call, "Update service principal", principal, "ServicePrincipal", before, sent)
    return NO_CONTENT


def delete_principal(call: Call) -> Reply:
    principal = find_service_principal(call)
    written(call, "application", f"servicePrincipal/{principal['id']}", principal)
    remove_principal(call.tenant, principal, call.world.clock)
    audit(call, "ApplicationManagement", "Core Directory", "Remove service principal", principal, "ServicePrincipal")
    return NO_CONTENT


SP = "/servicePrincipals/{sp}"
COUNTED = frozenset({"$filter"})

OPERATIONS = [
    Operation("GET", "/applications", list_applications, query=odata.LIST | expansion.EXPAND | odata.SEARCH),
    Operation("GET", "/applications/$count", count_applications, query=COUNTED),
    Operation("GET", "/applications/{application}", get_application, query=odata.SINGLE | expansion.EXPAND),
    Operation("GET", "/applications(appId='{app}')", get_application, query=odata.SINGLE | expansion.EXPAND),
    Operation("PATCH", "/applications/{application}", patch_application, body=True),
    Operation("DELETE", "/applications/{application}", delete_application),
    Operation("GET", "/servicePrincipals", list_principals, query=odata.LIST | expansion.EXPAND | odata.SEARCH),
    Operation("GET", "/servicePrincipals/$count", count_principals, query=COUNTED),
    Operation("GET", SP, get_principal, query=odata.SINGLE | expansion.EXPAND),
    Operation("GET", "/servicePrincipals(appId='{app}')", get_principal, query=odata.SINGLE | expansion.EXPAND),
    Operation("PATCH", SP, patch_principal, body=True),
    Operation("DELETE", SP, delete_principal),
]
