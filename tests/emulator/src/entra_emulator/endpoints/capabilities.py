# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a partner, or everybody without an entry of its own, sees of this tenant's people in Microsoft 365 (facts F200 to F207)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .. import errors, odata
from ..audit import audit_capability
from ..bodies import GUID, CapabilityCreate, CapabilityUpdate, read
from ..call import NO_CONTENT, Call, Reply
from ..odata import CAPABILITY
from ..router import Operation
from ..service import written
from ..state import GraphObject, Tenant
from . import partners
from .policies import DEFAULT

SEGMENT = "/m365Capabilities"
PARTNER_PATH = partners.ROOT + "/{partner}" + SEGMENT
DEFAULT_PATH = DEFAULT + SEGMENT

EVERYWHERE = (
    "crossTenantCalendarAvailabilityBasic",
    "crossTenantCalendarAvailabilityLimitedDetails",
    "crossTenantCalendarSharingFreeBusyDetail",
    "crossTenantCalendarSharingFreeBusyReviewer",
    "crossTenantCalendarSharingFreeBusySimple",
    "crossTenantMailTipsAll",
    "crossTenantMailTipsLimited",
    "crossTenantOpenProfileCard",
    "crossTenantPlacesDeskBooking",
    "crossTenantPlacesRoomBooking",
)
ONLY_PARTNER = ("crossTenantMigration",)
ONLY_DEFAULT = (
    "anonymousCalendarSharingFreeBusyDetail",
    "anonymousCalendarSharingFreeBusyReviewer",
    "anonymousCalendarSharingFreeBusySimple",
)
NAMES = {name.casefold(): name for name in (*EVERYWHERE, *ONLY_PARTNER, *ONLY_DEFAULT)}
NAMESPACE = "#microsoft.graph."
EVERYBODY = "all"
BLANK: GraphObject = {"isAllowed": None, "resourceScopes": {"included": [], "excluded": []}}


def trusted(tenant: Tenant, partner: str) -> bool:
    """Whether the entry of a partner has the trust without which its capabilities count for nothing (F204)."""
    users = ((tenant.access_policy.partners.get(partner) or {}).get("m365CollaborationInbound") or {}).get("users") or {}
    return users.get("accessType") == "allowed"


def _owner(call: Call) -> str | None:
    """The partner in the path, whose entry is there and visible; none stands for the default policy."""
    available = call.settings.m365_capabilities
    if available == "absent" or (available == "beta_only" and not call.beta):
        # A version that lacks them answers as for every unknown segment (F207).
        raise errors.no_route(call.request.path[: call.request.path.lower().index(SEGMENT.lower()) + len(SEGMENT)])
    return str(partners.find_partner(call)["tenantId"]) if "partner" in call.params else None


def _held(call: Call, partner: str | None) -> dict[str, GraphObject]:
    """The capabilities as they are. Writing makes room for those of a partner, because reading changes nothing."""
    policy = call.tenant.access_policy
    return policy.default_capabilities if partner is None else policy.capabilities.get(partner, {})


def _prefix(partner: str | None) -> str:
    return f"capability/{partner or 'default'}/"


def _visible(call: Call, partner: str | None) -> list[GraphObject]:
    held = call.service.replicas.collection("partner", call.tenant.id, _held(call, partner), _prefix(partner))
    return sorted(held.values(), key=lambda item: str(item["name"]))


def _found(call: Call, partner: str | None) -> GraphObject:
    """The capability in the path; 404 when absent or not replicated."""
    name = NAMES.get(call.params["capability"].casefold(), call.params["capability"])
    seen = call.service.replicas.read("partner", call.tenant.id, _prefix(partner) + name, _held(call, partner).get(name))
    if seen is None:
        raise errors.not_found(call.params["capability"])
    return seen


def _set(partner: str | None) -> str:
    parent = "default" if partner is None else f"partners('{partner}')"
    return f"policies/crossTenantAccessPolicy/{parent}{SEGMENT}"


# Reading ------------------------------------------------------------------------------------------------------------


def list_capabilities(call: Call) -> Reply:
    """Different types in one collection: each member has its own (F201)."""
    partner = _owner(call)
    items = [{**item, "_kind": replace(CAPABILITY, name=item["name"])} for item in _visible(call, partner)]
    return odata.collection(call, CAPABILITY, items, typed=True, context=_set(partner))


def count_capabilities(call: Call) -> Reply:
    return odata.count(call, CAPABILITY, _visible(call, _owner(call)))


def get_capability(call: Call) -> Reply:
    partner = _owner(call)
    item = _found(call, partner)
    return odata.single(call, replace(CAPABILITY, entity_set=_set(partner)), item, {"@odata.type": NAMESPACE + item["name"]})


# Writing ------------------------------------------------------------------------------------------------------------


def create_capability(call: Call) -> Reply:
    partner = _owner(call)
    name = _type(call, partner)
    sent = read(CapabilityCreate, call.body).sent()
    if sent.get("name", name) != name:
        raise errors.bad_request("Invalid value specified for property 'name' of resource.")
    held = _held(call, partner)
    seen = call.service.replicas.read("partner", call.tenant.id, _prefix(partner) + name, held.get(name))
    if name in held or seen is not None:
        raise errors.capability_exists()
    if partner is not None and call.settings.capability_without_trust == "refused" and not trusted(call.tenant, partner):
        raise errors.bad_request("The partner has no Microsoft 365 collaboration trust, which the capability requires.")
    return Reply(201, {"@odata.context": call.context(f"{_set(partner)}/$entity"), **_store(call, partner, name, sent)})


def _type(call: Call, partner: str | None) -> str:
    """The type that the body has to name (F201), where this policy has it (F205)."""
    written_type = call.body.get("@odata.type")
    if not isinstance(written_type, str):
        raise errors.bad_request("A value is required for property '@odata.type' of resource.")
    name = written_type.removeprefix("#").removeprefix("microsoft.graph.")
    if name not in NAMES.values():
        raise errors.bad_request(f"Invalid value '{written_type}' specified for property '@odata.type' of resource.")
    if name in (ONLY_DEFAULT if partner is not None else ONLY_PARTNER):
        where = "partner" if partner is not None else "default"
        raise errors.bad_request(f"The capability '{name}' is not supported in a {where} configuration.")
    return name


def update_capability(call: Call) -> Reply:
    partner = _owner(call)
    held = _held(call, partner).get(_found(call, partner)["name"])
    if held is None:
        raise errors.not_found(call.params["capability"])
    written_type = call.body.get("@odata.type", NAMESPACE + held["name"])
    if not isinstance(written_type, str) or written_type.removeprefix("#").removeprefix("microsoft.graph.") != held["name"]:
        raise errors.bad_request(f"Invalid value '{written_type}' specified for property '@odata.type' of resource.")
    sent = read(CapabilityUpdate, call.body).sent()
    if sent.get("name", held["name"]) != held["name"]:
        raise errors.bad_request("Property 'name' is read-only and cannot be set.")
    _store(call, partner, held["name"], sent)
    return NO_CONTENT


def delete_capability(call: Call) -> Reply:
    partner = _owner(call)
    name = str(_found(call, partner)["name"])
    held = _held(call, partner)
    if name not in held:
        raise errors.not_found(call.params["capability"])
    written(call, "partner", _prefix(partner) + name, held[name])
    audit_capability(call, partner, held.pop(name), None)
    return NO_CONTENT


def _store(call: Call, partner: str | None, name: str, sent: GraphObject) -> GraphObject:
    if partner is not None:
        call.tenant.access_policy.capabilities.setdefault(partner, {})
    held = _held(call, partner)
    before = held.get(name)
    access = _merged(call, (before or {}).get("inboundAccess"), sent.get("inboundAccess"))
    _check_groups(call.tenant, access)
    written(call, "partner", _prefix(partner) + name, before)
    item = {"name": name, "lastModifiedDateTime": call.world.clock, "inboundAccess": access}
    held[name] = item
    audit_capability(call, partner, before, item)
    return {"@odata.type": NAMESPACE + name, **item}


def _merged(call: Call, before: GraphObject | None, sent: GraphObject | None) -> GraphObject:
    """What is not sent is kept; whether that holds inside inboundAccess as well is not documented (F202)."""
    if sent is None:
        return before or BLANK
    kept = (before or {}) if call.settings.capability_update == "merge" else {}
    scopes = {**BLANK["resourceScopes"], **(kept.get("resourceScopes") or {}), **(sent.get("resourceScopes") or {})}
    return {**BLANK, **kept, **sent, "resourceScopes": scopes}


def _check_groups(tenant: Tenant, access: GraphObject) -> None:
    """A scope names everybody, or objects that exist; an id is no name and no address (F203)."""
    scope: dict[str, Any]
    for scope in [*(access["resourceScopes"].get("included") or []), *(access["resourceScopes"].get("excluded") or [])]:
        key, kind = str(scope.get("resourceId") or ""), scope.get("resourceType")
        everybody = key.casefold() == EVERYBODY and kind == "user"
        if not everybody and not GUID.fullmatch(key):
            raise errors.bad_request(f"Invalid value '{key}' specified for property 'resourceId' of resource.")
        known: dict[str, Any] = {"group": tenant.groups, "user": tenant.users}.get(str(kind), {})
        if not everybody and key.lower() not in known:
            raise errors.bad_request(f"Resource '{key}' of type '{kind}' does not exist.")


OPERATIONS = [
    Operation(method, path + suffix, handler, query=query, body=method in ("POST", "PATCH"))
    for path in (PARTNER_PATH, DEFAULT_PATH)
    for method, suffix, handler, query in (
        ("GET", "", list_capabilities, odata.LIST),
        ("GET", "/$count", count_capabilities, frozenset({"$filter"})),
        ("POST", "", create_capability, frozenset[str]()),
        ("GET", "/{capability}", get_capability, odata.SINGLE),
        ("PATCH", "/{capability}", update_capability, frozenset[str]()),
        ("DELETE", "/{capability}", delete_capability, frozenset[str]()),
    )
]
