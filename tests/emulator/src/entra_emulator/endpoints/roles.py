# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directory roles: their definitions, who holds them, and who is eligible for them (facts F159, F160)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from .. import limited, odata
from ..call import Call, Reply
from ..errors import GraphError, bad_request
from ..exchange.roles import ROLE_TEMPLATES
from ..odata import ROLE_ASSIGNMENT, ROLE_DEFINITION, ROLE_ELIGIBILITY, Kind
from ..router import Operation
from ..state import GraphObject, Registration, Tenant

ROOT = "/roleManagement/directory"
TEMPLATES = {
    **ROLE_TEMPLATES,
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Directory Readers": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
}
"""The well-known ids of some roles that are built in."""
_OWN_ROLES = uuid.UUID("4a0d2f0e-6c8b-4a55-9b60-0f5c0f1f6c11")
NEEDED_PLANS = frozenset({"AAD_PREMIUM_P2", "Entra_Identity_Governance"})
"""The service plans of which a tenant needs one for eligible roles."""
FILTERED = frozenset({"$select", "$filter", "$expand", "$skiptoken"})

Holding = tuple[GraphObject, Kind, str]
"""Who holds a role: the object, its type, and the name of the role."""


def role_id(name: str) -> str:
    """The id of a role, the same in every tenant."""
    return TEMPLATES.get(name) or str(uuid.uuid5(_OWN_ROLES, name))


def service_principal(registration: Registration) -> GraphObject:
    """The service principal of a registered application, of which the emulator keeps nothing else."""
    name = registration.display_name or registration.client_id
    return {"id": str(uuid.uuid5(_OWN_ROLES, registration.client_id)), "appId": registration.client_id, "displayName": name}


def _held(tenant: Tenant, key: str) -> Iterator[Holding]:
    for kind, items in ((odata.USER, tenant.users), (odata.GROUP, tenant.groups)):
        for item in items.values():
            yield from ((item, kind, name) for name in item.get(key) or ())
    if key == "_directoryRoles":
        for registration in tenant.registrations.values():
            yield from ((service_principal(registration), odata.SERVICE_PRINCIPAL, name) for name in registration.directory_roles)


def _row(holding: Holding, eligible: bool, clock: str) -> GraphObject:
    item, _kind, name = holding
    row = {
        "id": uuid.uuid5(_OWN_ROLES, f"{item['id']}/{name}").hex + ("-1-e" if eligible else "-1"),
        "principalId": item["id"],
        "roleDefinitionId": role_id(name),
        "directoryScopeId": "/",
    }
    if not eligible:
        return row
    schedule = str(uuid.uuid5(_OWN_ROLES, f"{item['id']}/{name}/schedule"))
    start = item.get("createdDateTime") or clock
    return row | {
        "appScopeId": None,
        "startDateTime": start,
        "endDateTime": None,
        "memberType": "Direct",
        "roleEligibilityScheduleId": schedule,
    }


def _definition(name: str) -> GraphObject:
    built_in = name in TEMPLATES
    return {
        "id": role_id(name),
        "description": name,
        "displayName": name,
        "isBuiltIn": built_in,
        "isEnabled": True,
        "resourceScopes": ["/"],
        "rolePermissions": [],
        "templateId": role_id(name),
        "version": "1",
    }


def definitions(tenant: Tenant) -> list[GraphObject]:
    """Every role that is built in, and every other one that somebody has."""
    held = (name for key in ("_directoryRoles", "_eligibleRoles") for _item, _kind, name in _held(tenant, key))
    return [_definition(name) for name in dict.fromkeys([*TEMPLATES, *held])]


def list_definitions(call: Call) -> Reply:
    return odata.collection(call, ROLE_DEFINITION, definitions(call.tenant))


def _expanded(call: Call, holding: Holding) -> GraphObject:
    """The one relationship that $expand adds."""
    item, kind, name = holding
    wanted = call.request.query["$expand"].split("(")[0]
    if wanted == "principal":
        return {"principal": limited.shown(call, item, kind)}
    if wanted == "roleDefinition":
        return {"roleDefinition": _definition(name)}
    raise bad_request(f"Parsing OData Select and Expand failed: Could not find a property named '{wanted}'.", "BadRequest")


def _list(call: Call, kind: Kind, holdings: list[Holding], eligible: bool) -> Reply:
    rows = [_row(holding, eligible, call.world.clock) for holding in holdings]
    reply = odata.collection(call, kind, rows)
    if "$expand" in call.request.query:
        by_id = {row["id"]: holding for row, holding in zip(rows, holdings, strict=True)}
        for shown in reply.body["value"]:
            shown.update(_expanded(call, by_id[shown["id"]]))
    return reply


def list_assignments(call: Call) -> Reply:
    text = call.request.query.get("$filter", "")
    if call.settings.role_assignments_filter == "required" and "principalId" not in text and "roleDefinitionId" not in text:
        raise bad_request("The $filter query parameter is required on roleDefinitionId or principalId.")
    return _list(call, ROLE_ASSIGNMENT, list(_held(call.tenant, "_directoryRoles")), eligible=False)


def list_eligible(call: Call) -> Reply:
    plans = {plan["servicePlanName"] for licence in call.tenant.licences for plan in licence["servicePlans"]}
    if not NEEDED_PLANS & plans:
        message = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
        raise GraphError(400, "AadPremiumLicenseRequired", message)
    return _list(call, ROLE_ELIGIBILITY, list(_held(call.tenant, "_eligibleRoles")), eligible=True)


OPERATIONS = [
    Operation("GET", ROOT + "/roleDefinitions", list_definitions, query=FILTERED - {"$expand"}),
    Operation("GET", ROOT + "/roleAssignments", list_assignments, query=FILTERED),
    Operation("GET", ROOT + "/roleEligibilityScheduleInstances", list_eligible, query=FILTERED),
]
