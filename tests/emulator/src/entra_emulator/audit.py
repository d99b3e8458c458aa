# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory audit log: who changed what, with the values before and after (facts F129, F190 to F194)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from .call import Call
from .requestlog import MASK, is_secret_like
from .state import GraphObject, new_id

DIRECTORY = "Core Directory"
PROVISIONING = "Account Provisioning"
ASSIGNMENTS = {
    "User": ("UserManagement", "Add app role assignment grant to user", "Remove app role assignment from user"),
    "Group": ("GroupManagement", "Add app role assignment to group", "Remove app role assignment from group"),
    "ServicePrincipal": (
        "ApplicationManagement",
        "Add app role assignment to service principal",
        "Remove app role assignment from service principal",
    ),
}
"""Category and activities, by the kind of what is assigned (F190)."""


def application_object_id(tenant_id: str, client_id: str) -> str:
    """The service principal of a registered application: ``oid`` of its tokens."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{tenant_id}/{client_id}"))


def modified(name: str, old: Any, new: Any) -> GraphObject:
    """A modified property: both values are JSON in a text, or null (F192)."""
    return {"displayName": name, "oldValue": _text(old), "newValue": _text(new)}


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def resource(item: Mapping[str, Any], kind: str, properties: Sequence[GraphObject] = ()) -> GraphObject:
    """One of the target resources of an entry."""
    return {
        "id": item.get("id"),
        "displayName": item.get("displayName"),
        "type": kind,
        "userPrincipalName": item.get("userPrincipalName"),
        "groupType": None,
        "modifiedProperties": list(properties),
    }


def audit(
    call: Call,
    category: str,
    service: str,
    activity: str,
    target: Mapping[str, Any] | None = None,
    kind: str = "Other",
    properties: Sequence[GraphObject] = (),
    more: Sequence[GraphObject] = (),
) -> None:
    """Adds an entry to the tenant's directory audit log (F129). ``more`` are further target resources."""
    shown = () if call.settings.audit_modified_properties == "empty" else properties
    call.tenant.audit_log.append(
        {
            "id": f"{service.replace(' ', '')}_{new_id()}",
            "category": category,
            "correlationId": call.request.identifiers.request_id,
            "result": "success",
            "resultReason": "",
            "activityDisplayName": activity,
            "activityDateTime": call.world.clock,
            "loggedByService": service,
            "operationType": activity.split(" ", 1)[0],
            "initiatedBy": _initiator(call),
            "targetResources": [*([resource(target, kind, shown)] if target is not None else []), *more],
            "additionalDetails": [],
        }
    )


def _initiator(call: Call) -> GraphObject:
    """A user, or the application itself, whose appId is null in some entries (F194)."""
    if call.caller.user is not None:
        user = call.tenant.users[call.caller.user]
        names = {name: user.get(name) for name in ("id", "displayName", "userPrincipalName")}
        return {"user": {**names, "ipAddress": "203.0.113.7"}, "app": None}
    client_id = call.caller.client_id
    app = {
        "appId": client_id if call.settings.audit_app_id == "present" else None,
        "displayName": call.tenant.registrations[client_id].display_name,
        "servicePrincipalId": application_object_id(call.tenant.id, client_id),
        "servicePrincipalName": None,
    }
    return {"user": None, "app": app}


# Policies -----------------------------------------------------------------------------------------------------------


def audit_policy(call: Call, activity: str, partner: str, before: GraphObject | None, after: GraphObject | None, part: str) -> None:
    """An entry about a partner. ``part`` is ``AccessSettings`` or ``IdentitySyncSettings`` (F190, F191)."""
    policy = {
        "id": partner if call.settings.audit_policy_target == "partner" else _policy_id(call),
        "displayName": f"CrossTenantAccessPolicy for {call.tenant.id}",
    }
    document = call.settings.audit_modified_properties == "document"
    properties = _document(partner, after, part) if document else _settings(partner, before, after, part)
    audit(call, f"CrossTenant{part}", DIRECTORY, activity, policy, "Policy", properties)


def audit_capability(call: Call, partner: str | None, before: GraphObject | None, after: GraphObject | None) -> None:
    """An entry about a capability: a change of the partner's entry, or of the default policy (F208)."""
    name = str((after or before or {})["name"])
    old, new = ({name: item["inboundAccess"]} if item is not None else {} for item in (before, after))
    if partner is not None:
        audit_policy(call, "Update a partner cross-tenant access setting", partner, old, new, "AccessSettings")
        return
    properties = [modified(name, old.get(name), new.get(name))]
    activity = "Update the company default cross-tenant access setting"
    audit(call, "CrossTenantAccessSettings", DIRECTORY, activity, {"id": "default"}, "Policy", properties)


def _policy_id(call: Call) -> str:
    return str(uuid.uuid5(uuid.UUID(call.tenant.id), "crossTenantAccessPolicy"))


def _settings(partner: str, before: GraphObject | None, after: GraphObject | None, part: str) -> list[GraphObject]:
    old, new = before or {}, after or {}
    names = [name for name in {**old, **new} if name != "tenantId" and old.get(name) != new.get(name)]
    changed = [modified(name, old.get(name), new.get(name)) for name in names]
    named = modified("tenantId", partner if before is not None else None, partner if after is not None else None)
    # Documented queries read the partner as the first property of an addition, and the switch as the first one of a synchronization.
    return [named, *changed] if part == "AccessSettings" else [*changed, named]


def _document(partner: str, after: GraphObject | None, part: str) -> list[GraphObject]:
    return [
        modified("PartnerIdentifier", None, partner),
        modified("PartnerPolicyType", None, part),
        {"displayName": "PartnerPolicyDetail", "oldValue": None, "newValue": _text(after)},
        modified("PartnerPolicyDetailVersion", None, "1"),
    ]


# Other objects ------------------------------------------------------------------------------------------------------


def audit_assignment(call: Call, added: bool, configuration: GraphObject, assignment: GraphObject, principal: GraphObject) -> None:
    """An app role assignment: the application is the first target, with the principal in its properties (F192)."""
    kind = assignment["principalType"]
    category, add, remove = ASSIGNMENTS[kind]
    role: GraphObject = next((role for role in configuration["appRoles"] if role["id"] == assignment["appRoleId"]), {})
    values = {
        "AppRole.Id": assignment["appRoleId"],
        "AppRole.Value": role.get("value") or "",
        "AppRole.DisplayName": role.get("displayName") or "",
        "AppRoleAssignment.CreatedDateTime": assignment["createdDateTime"],
        "AppRoleAssignment.LastModifiedDateTime": call.world.clock,
        f"{kind}.ObjectID": assignment["principalId"],
        **({"User.UPN": principal.get("userPrincipalName")} if kind == "User" else {f"{kind}.DisplayName": principal.get("displayName")}),
        "TargetId.ServicePrincipalNames": configuration["appId"],
    }
    properties = [modified(name, None if added else value, value if added else None) for name, value in values.items()]
    more = [resource(principal, kind)]
    audit(call, category, DIRECTORY, add if added else remove, configuration, "ServicePrincipal", properties, more)


def audit_object(call: Call, activity: str, item: GraphObject, kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """An update of a directory object: values are lists, and the names of what changed follow (F192)."""
    names = [name for name in after if before.get(name) != after[name]]
    properties = [modified(_capital(name), _listed(before.get(name)), _listed(after[name])) for name in names]
    properties.append(modified("Included Updated Properties", None, ", ".join(_capital(name) for name in names)))
    audit(call, "ApplicationManagement", DIRECTORY, activity, item, kind, properties)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def audit_provisioning(
    call: Call,
    activity: str,
    configuration: GraphObject,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """An entry of the provisioning service. Which values it writes is not documented (F193)."""
    old, new = before or {}, after or {}
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    properties = [modified(name, *((MASK, MASK) if is_secret_like(name) else (old.get(name), new.get(name)))) for name in names]
    audit(call, "ProvisioningManagement", PROVISIONING, activity, configuration, "ServicePrincipal", properties)
