# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people of one tenant see of a person in another one in Outlook, and by which object (facts F204, F205, F212)."""

from __future__ import annotations

from typing import Literal

from .endpoints.capabilities import EVERYBODY, trusted
from .settings import Settings
from .state import GraphObject, Tenant

Feature = Literal["free_busy", "mail_tips", "calendar_sharing", "profile_card", "room_booking", "desk_booking"]
LEVELS: dict[Feature, dict[str, str]] = {
    "free_busy": {"crossTenantCalendarAvailabilityLimitedDetails": "limited_details", "crossTenantCalendarAvailabilityBasic": "basic"},
    "mail_tips": {"crossTenantMailTipsAll": "all", "crossTenantMailTipsLimited": "limited"},
    "calendar_sharing": {
        "crossTenantCalendarSharingFreeBusyReviewer": "reviewer",
        "crossTenantCalendarSharingFreeBusyDetail": "detail",
        "crossTenantCalendarSharingFreeBusySimple": "simple",
    },
    "profile_card": {"crossTenantOpenProfileCard": "allowed"},
    "room_booking": {"crossTenantPlacesRoomBooking": "allowed"},
    "desk_booking": {"crossTenantPlacesDeskBooking": "allowed"},
}
"""The capabilities of each feature and their levels. Where two are allowed, the wider one counts here: that is not documented (F205)."""
OLD_LEVELS = {"AvailabilityOnly": "basic", "LimitedDetails": "limited_details", "Limited": "limited", "All": "all"}
OLD_CALENDARS = {
    "CalendarSharingFreeBusyReviewer": "reviewer",
    "CalendarSharingFreeBusyDetail": "detail",
    "CalendarSharingFreeBusySimple": "simple",
}
DENIED, NOT_SERVED = "5016", "7002"
"""What Outlook is answered about free/busy times: the person is out of scope, or nothing serves this pair of tenants (F212)."""


def seen(holder: Tenant, looker: Tenant, person: GraphObject, settings: Settings) -> dict[Feature, GraphObject]:
    """Of each feature its level, the object that decides, and the error for free/busy times that Outlook shows."""
    return {feature: _seen(feature, holder, looker, person, settings) for feature in LEVELS}


def _seen(feature: Feature, holder: Tenant, looker: Tenant, person: GraphObject, settings: Settings) -> GraphObject:
    old = _old(feature, holder, looker, person)
    new = None if settings.m365_capabilities == "absent" else _capability(feature, holder, looker, person)
    found = (old or new) if settings.old_sharing == "wins" else (new or old)
    return found or {"level": None, "by": None, **_error(feature, NOT_SERVED)}


def _error(feature: Feature, code: str) -> GraphObject:
    return {"error": code} if feature == "free_busy" else {}


# Capabilities -------------------------------------------------------------------------------------------------------


def _capability(feature: Feature, holder: Tenant, looker: Tenant, person: GraphObject) -> GraphObject | None:
    """The entry of a partner wins over the default policy; without the trust it counts for nothing (F204)."""
    policy = holder.access_policy
    own = policy.capabilities.get(looker.id, {}) if trusted(holder, looker.id) else {}
    for capabilities in (own, policy.default_capabilities):
        named = {name: item["inboundAccess"] for name, item in capabilities.items() if name in LEVELS[feature]}
        allowed = [name for name in LEVELS[feature] if name in named and named[name].get("isAllowed")]
        for name in allowed:
            if _in_scope(holder, named[name], person):
                return {"level": LEVELS[feature][name], "by": name}
        if named:
            return {"level": None, "by": next(iter(named)), **_error(feature, DENIED)}
    return None


def _in_scope(holder: Tenant, access: GraphObject, person: GraphObject) -> bool:
    scopes = access["resourceScopes"]
    return _covers(holder, scopes.get("included"), person) and not _covers(holder, scopes.get("excluded"), person)


def _covers(holder: Tenant, scopes: list[GraphObject] | None, person: GraphObject) -> bool:
    for scope in scopes or []:
        key = str(scope.get("resourceId")).lower()
        if key in (EVERYBODY, person["id"]) or person["id"] in holder.members.get(key, []):
            return True
    return False


# Old objects --------------------------------------------------------------------------------------------------------


def _old(feature: Feature, holder: Tenant, looker: Tenant, person: GraphObject) -> GraphObject | None:
    if feature in ("free_busy", "mail_tips"):
        return _relationship(feature, holder, looker, person)
    if feature == "calendar_sharing":
        return _policy(holder, looker)
    return None


def _relationship(feature: Feature, holder: Tenant, looker: Tenant, person: GraphObject) -> GraphObject | None:
    """An address space of those who look decides where free/busy is asked for, and a relationship of the others what is answered."""
    if feature == "free_busy":
        for space in looker.exchange.availability_address_spaces:
            if _names(holder, [space["ForestName"]]):
                return {"level": "basic", "by": f"availability address space {space['Name']} of {looker.display_name}"}
    part = "FreeBusyAccess" if feature == "free_busy" else "MailTipsAccess"
    for item in holder.exchange.organization_relationships:
        if item["Enabled"] and item[f"{part}Enabled"] and _names(looker, item["DomainNames"]):
            by = f"organization relationship {item['Name']} of {holder.display_name}"
            if not _in_group(holder, item[f"{part}Scope"], person):
                return {"level": None, "by": by, **_error(feature, DENIED)}
            return {"level": OLD_LEVELS.get(item[f"{part}Level"]), "by": by}
    return None


def _policy(holder: Tenant, looker: Tenant) -> GraphObject | None:
    for policy in holder.exchange.sharing_policies:
        for entry in policy["Domains"] if policy["Enabled"] else []:
            domain, _colon, actions = entry.partition(":")
            levels = [OLD_CALENDARS[action.strip()] for action in actions.split(",") if action.strip() in OLD_CALENDARS]
            if levels and (domain == "*" or _names(looker, [domain])):
                return {"level": levels[0], "by": f"sharing policy {policy['Name']} of {holder.display_name}"}
    return None


def _names(tenant: Tenant, domains: list[str]) -> bool:
    own = {domain.casefold() for domain in (*tenant.domains, tenant.initial_domain)}
    return not own.isdisjoint(domain.casefold() for domain in domains)


def _in_group(holder: Tenant, name: str | None, person: GraphObject) -> bool:
    if not name:
        return True
    groups = [key for key, group in holder.groups.items() if name.casefold() in (str(group["displayName"]).casefold(), key)]
    return any(person["id"] in holder.members.get(key, []) for key in groups)
