# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partners of the cross-tenant access policy (facts F30, F34)."""

from __future__ import annotations

import json
from typing import Any

from .. import errors, odata
from ..audit import audit_policy
from ..bodies import GUID, PartnerCreate, PartnerUpdate, read
from ..call import NO_CONTENT, Call, Reply
from ..odata import PARTNER
from ..router import Operation
from ..service import tenant_of, written
from ..state import GraphObject, Tenant

ROOT = "/policies/crossTenantAccessPolicy/partners"
NESTED = ("automaticUserConsentSettings", "inboundTrust")
MAXIMUM_POLICY_BYTES = 25 * 1024
READ_ONLY = ("tenantId", "isInMultiTenantOrganization", "crossCloudMeetingConfiguration", "protectedContentSharing")


def new_partner(tenant_id: str) -> GraphObject:
    """A partner that inherits everything; the members of the how-to's creation sample (F31)."""
    return {
        "tenantId": tenant_id,
        "isServiceProvider": None,
        "isInMultiTenantOrganization": False,
        "inboundTrust": None,
        "b2bCollaborationOutbound": None,
        "b2bCollaborationInbound": None,
        "b2bDirectConnectOutbound": None,
        "b2bDirectConnectInbound": None,
        "tenantRestrictions": None,
        "crossCloudMeetingConfiguration": {"inboundAllowed": None, "outboundAllowed": None},
        "automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": None},
    }


def _visible(call: Call) -> dict[str, GraphObject]:
    return call.service.replicas.collection("partner", call.tenant.id, call.tenant.access_policy.partners, "entry/")


def find_partner(call: Call) -> GraphObject:
    """The partner in the path; 404 when absent or not replicated."""
    key = call.params["partner"].lower()
    held = call.tenant.access_policy.partners.get(key)
    seen = call.service.replicas.read("partner", call.tenant.id, f"entry/{key}", held)
    if seen is None:
        raise errors.not_found(call.params["partner"])
    return seen


def _expanded(call: Call, partner: GraphObject) -> dict[str, Any]:
    """The member that $expand adds (F44)."""
    expand = call.request.query.get("$expand")
    if expand is None:
        return {}
    if expand.split("(")[0] != "identitySynchronization":
        raise errors.bad_request(
            f"Parsing OData Select and Expand failed: Could not find a property named '{expand}' on type '{PARTNER.type_name}'.",
            "BadRequest",
        )
    policy = call.tenant.access_policy.identity_synchronizations.get(partner["tenantId"])
    policy = call.service.replicas.read("partner", call.tenant.id, f"policy/{partner['tenantId']}", policy)
    if policy is None and call.settings.expand_absent_policy == "omitted":
        return {}
    return {"identitySynchronization": policy_view(call, policy) if policy is not None else None}


def policy_view(call: Call, policy: GraphObject) -> GraphObject:
    """An identitySynchronization as this version serves it: group and cross-cloud members are beta's (F45)."""
    names = ["tenantId", "displayName", "userSyncInbound"]
    if call.beta:
        names += ["groupSyncInbound", "roleEnabledGroupSyncInbound", "externalCloudAuthorizedApplicationId", "deletedDateTime"]
    elif call.settings.group_sync_inbound == "both":
        names.append("groupSyncInbound")
    return {name: policy.get(name) for name in names}


def list_partners(call: Call) -> Reply:
    reply = odata.collection(call, PARTNER, _visible(call).values())
    if "$expand" in call.request.query:
        partners = call.tenant.access_policy.partners
        for shown in reply.body["value"]:
            if "tenantId" in shown and shown["tenantId"] in partners:
                shown.update(_expanded(call, partners[shown["tenantId"]]))
    return reply


def count_partners(call: Call) -> Reply:
    return odata.count(call, PARTNER, list(_visible(call).values()))


def get_partner(call: Call) -> Reply:
    partner = find_partner(call)
    return odata.single(call, PARTNER, partner, _expanded(call, partner))


def create_partner(call: Call) -> Reply:
    sent = _checked(call, read(PartnerCreate, call.body).sent())
    tenant_id: str = sent["tenantId"]
    partners = call.tenant.access_policy.partners
    # While a deletion propagates, the name is still taken (F37).
    seen = call.service.replicas.read("partner", call.tenant.id, f"entry/{tenant_id}", partners.get(tenant_id))
    if tenant_id in partners or seen is not None or _blocked(call, tenant_id):
        raise errors.partner_exists()
    if tenant_id == call.tenant.id or tenant_of(call.world, tenant_id) is None:
        raise errors.bad_request(
            "Invalid value specified for property 'tenantId' of resource 'CrossTenantAccessPolicyConfigurationPartner'."
        )
    partner = _merged(call, new_partner(tenant_id), sent)
    _check_size(call.tenant, tenant_id, partner)
    written(call, "partner", f"entry/{tenant_id}", None)
    partners[tenant_id] = partner
    audit_policy(call, "Add a partner to cross-tenant access setting", tenant_id, None, sent, "AccessSettings")
    return Reply(201, {"@odata.context": call.context(f"{PARTNER.entity_set}/$entity"), **odata.entity(call, PARTNER, partner)})


def _blocked(call: Call, tenant_id: str) -> bool:
    """Whether the soft-deleted partner still stands in the way (F37)."""
    key = (call.tenant.id, tenant_id)
    left = call.service.blocked_partners.get(key, 0)
    if call.settings.soft_deleted_partner != "blocks" or left <= 0:
        return False
    call.service.blocked_partners[key] = left - 1
    return True


def update_partner(call: Call) -> Reply:
    find_partner(call)
    tenant_id = call.params["partner"].lower()
    held = call.tenant.access_policy.partners.get(tenant_id)
    if held is None:
        raise errors.not_found(call.params["partner"])
    sent = _checked(call, read(PartnerUpdate, call.body).sent())
    for name in READ_ONLY:
        if name in sent and sent.pop(name) != held.get(name):
            raise errors.bad_request(f"Property '{name}' is read-only and cannot be set.")
    partner = _merged(call, held, sent)
    _check_size(call.tenant, tenant_id, partner)
    written(call, "partner", f"entry/{tenant_id}", held)
    call.tenant.access_policy.partners[tenant_id] = partner
    audit_policy(call, "Update a partner cross-tenant access setting", tenant_id, held, partner, "AccessSettings")
    return NO_CONTENT


def delete_partner(call: Call) -> Reply:
    find_partner(call)
    policy, tenant_id = call.tenant.access_policy, call.params["partner"].lower()
    if tenant_id not in policy.partners:
        raise errors.not_found(call.params["partner"])
    if tenant_id in policy.identity_synchronizations:
        if call.settings.partner_delete_with_policy == "refused":
            # F36: the policy has to go first; the error's text is not documented.
            raise errors.bad_request(
                "The partner configuration cannot be deleted because an identity synchronization policy exists for it."
            )
        del policy.identity_synchronizations[tenant_id]
    policy.capabilities.pop(tenant_id, None)
    written(call, "partner", f"entry/{tenant_id}", policy.partners[tenant_id])
    removed = policy.partners.pop(tenant_id)
    call.service.blocked_partners[(call.tenant.id, tenant_id)] = call.settings.soft_deleted_partner_posts
    audit_policy(call, "Delete partner specific cross-tenant access setting", tenant_id, removed, None, "AccessSettings")
    return NO_CONTENT


def _checked(call: Call, sent: GraphObject) -> GraphObject:
    """Application callers must not send isServiceProvider true or false (F32)."""
    if sent.get("isServiceProvider") is not None:
        raise errors.denied()
    if not GUID.fullmatch(sent.get("tenantId") or call.tenant.id):
        raise errors.bad_request("Invalid value specified for property 'tenantId' of resource.")
    return sent


def _merged(call: Call, partner: GraphObject, sent: GraphObject) -> GraphObject:
    """PATCH semantics (F35): members sent replace; of the two nested settings the members merge, or not (nested_settings)."""
    result = {**partner, **sent}
    for name in NESTED:
        if isinstance(sent.get(name), dict):
            before = partner.get(name) if call.settings.nested_settings == "merge" else None
            blank = dict.fromkeys(_members(name))
            result[name] = {**blank, **(before or {}), **sent[name]}
    # Never null as an object on read (F30).
    if result["automaticUserConsentSettings"] is None:
        result["automaticUserConsentSettings"] = {"inboundAllowed": None, "outboundAllowed": None}
    return result


def _members(name: str) -> tuple[str, ...]:
    if name == "inboundTrust":
        return ("isMfaAccepted", "isCompliantDeviceAccepted", "isHybridAzureADJoinedDeviceAccepted")
    return ("inboundAllowed", "outboundAllowed")


def _check_size(tenant: Tenant, tenant_id: str, partner: GraphObject) -> None:
    """400 when the whole policy would exceed 25 KB (F38). What is inherited takes no room."""
    stored = {**tenant.access_policy.partners, tenant_id: partner}
    settings = [{name: value for name, value in item.items() if value is not None} for item in stored.values()]
    if len(json.dumps([tenant.access_policy.default, settings], separators=(",", ":"))) > MAXIMUM_POLICY_BYTES:
        raise errors.bad_request("The cross-tenant access policy object exceeds the maximum size of 25 KB.")


READ = frozenset({"$select", "$expand"})

OPERATIONS = [
    Operation("GET", ROOT, list_partners, query=odata.LIST | READ | {"$skip"}),
    Operation("GET", ROOT + "/$count", count_partners, query=frozenset({"$filter"})),
    Operation("POST", ROOT, create_partner, body=True),
    Operation("GET", ROOT + "/{partner}", get_partner, query=READ),
    Operation("PATCH", ROOT + "/{partner}", update_partner, body=True),
    Operation("DELETE", ROOT + "/{partner}", delete_partner),
]
