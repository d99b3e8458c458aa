# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The identity synchronization policy of a partner (fact F42)."""

from __future__ import annotations

from .. import errors, odata
from ..audit import audit_policy
from ..bodies import IdentitySynchronization, IdentitySynchronizationBeta, IdentitySynchronizationGroups, read
from ..call import NO_CONTENT, Call, Reply
from ..errors import GraphError
from ..router import Operation
from ..service import written
from ..state import GraphObject
from .partners import ROOT, find_partner, policy_view

PATH = ROOT + "/{partner}/identitySynchronization"
SETTINGS = "IdentitySyncSettings"
CONTEXT = "policies/crossTenantAccessPolicy/partners('{}')/identitySynchronization/$entity"


def _replica_key(call: Call) -> str:
    return f"policy/{call.params['partner'].lower()}"


def _held(call: Call) -> GraphObject | None:
    return call.tenant.access_policy.identity_synchronizations.get(call.params["partner"].lower())


def _absent(call: Call) -> GraphError:
    """F43: the code for reads and deletions of an absent policy is not known."""
    if call.settings.absent_identity_synchronization == "Request_ResourceNotFound":
        return errors.not_found(call.params["partner"])
    return errors.no_company()


def _require_partner(call: Call) -> None:
    """The partner has to exist; right after its creation a stale replica says that it does not (F8)."""
    try:
        find_partner(call)
    except GraphError:
        raise errors.no_company() from None


def get_policy(call: Call) -> Reply:
    seen = call.service.replicas.read("partner", call.tenant.id, _replica_key(call), _held(call))
    if seen is None:
        raise _absent(call)
    shown = policy_view(call, seen)
    names = [name for name in call.request.query.get("$select", "").split(",") if name]
    for name in names:
        if name not in shown:
            raise errors.bad_request(
                f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type "
                "'microsoft.graph.crossTenantIdentitySyncPolicyPartner'.",
                "BadRequest",
            )
    chosen = {name: shown[name] for name in names} if names else shown
    return Reply(200, {"@odata.context": call.context(CONTEXT.format(call.params["partner"])), **chosen})


def _sent(call: Call) -> GraphObject:
    v1 = IdentitySynchronizationGroups if call.settings.group_sync_inbound == "both" else IdentitySynchronization
    model = IdentitySynchronizationBeta if call.beta else v1
    sent = read(model, call.body).sent()
    if sent.pop("tenantId", None) not in (None, call.params["partner"].lower()):
        raise errors.bad_request("Property 'tenantId' is read-only and cannot be set.")
    return sent


def put_policy(call: Call) -> Reply:
    _require_partner(call)
    sent, held = _sent(call), _held(call)
    if held is not None:
        if call.settings.put_existing_identity_synchronization == "conflict":
            raise errors.conflicting_object()
        return _store(call, {**held, **sent}, "Update")
    blank: GraphObject = {"tenantId": call.params["partner"].lower(), "displayName": None, "userSyncInbound": None, "deletedDateTime": None}
    beta = {"groupSyncInbound": None, "roleEnabledGroupSyncInbound": None, "externalCloudAuthorizedApplicationId": None}
    return _store(call, {**blank, **beta, **sent}, "Create")


def patch_policy(call: Call) -> Reply:
    sent, held = _sent(call), _held(call)
    seen = call.service.replicas.read("partner", call.tenant.id, _replica_key(call), held)
    if held is None or seen is None:
        raise errors.no_company()
    return _store(call, {**held, **sent}, "Update")


def _store(call: Call, policy: GraphObject, activity: str) -> Reply:
    held = _held(call)
    if _allowed(policy, "roleEnabledGroupSyncInbound") and not _allowed(policy, "groupSyncInbound"):
        # F219: role-assignable groups only where groups are synchronized at all; the error's text is not documented.
        raise errors.bad_request("roleEnabledGroupSyncInbound cannot be allowed while groupSyncInbound is not allowed.")
    written(call, "partner", _replica_key(call), held)
    call.tenant.access_policy.identity_synchronizations[policy["tenantId"]] = policy
    audit_policy(call, f"{activity} a partner cross-tenant identity sync setting", policy["tenantId"], held, policy, SETTINGS)
    return NO_CONTENT


def _allowed(policy: GraphObject, name: str) -> bool:
    return bool((policy.get(name) or {}).get("isSyncAllowed"))


def delete_policy(call: Call) -> Reply:
    held = _held(call)
    if held is None:
        raise _absent(call)
    written(call, "partner", _replica_key(call), held)
    del call.tenant.access_policy.identity_synchronizations[call.params["partner"].lower()]
    audit_policy(call, "Delete a partner cross-tenant identity sync setting", held["tenantId"], held, None, SETTINGS)
    return NO_CONTENT


OPERATIONS = [
    Operation("GET", PATH, get_policy, query=odata.SINGLE),
    Operation("PUT", PATH, put_policy, body=True),
    Operation("PATCH", PATH, patch_policy, body=True),
    Operation("DELETE", PATH, delete_policy),
]
