# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users of the one tenant see of people of the other one, by a model of its own: it knows the facts F200 to F205, F250 and F251, the
state of the service and the variables of a link, and no code of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from entra_emulator.state import AccessPolicy, Tenant, World

from .tenants import SOURCE, TARGET

Json = dict[str, Any]
Held = Mapping[str, Json]
"""Capabilities by name."""
Seen = frozenset[tuple[str, str]]
"""Of whom something is seen: a capability, and the id of a person."""

SIDES: Mapping[str, tuple[str, str]] = {"source": (SOURCE, TARGET), "target": (TARGET, SOURCE)}
"""The tenant that is looked at, and the one whose users look."""
LEVELS: Mapping[str, Mapping[str, str]] = {
    "free_busy": {"basic": "crossTenantCalendarAvailabilityBasic", "limited_details": "crossTenantCalendarAvailabilityLimitedDetails"},
    "mail_tips": {"limited": "crossTenantMailTipsLimited", "all": "crossTenantMailTipsAll"},
    "calendar_sharing": {
        "simple": "crossTenantCalendarSharingFreeBusySimple",
        "detail": "crossTenantCalendarSharingFreeBusyDetail",
        "reviewer": "crossTenantCalendarSharingFreeBusyReviewer",
    },
    "profile_card": {"True": "crossTenantOpenProfileCard"},
}
"""The capabilities of the levels of each feature, as far as the simulation wishes for them."""
EVERY_USER = {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}
TRUST = "m365CollaborationInbound"


def is_empty(world: World) -> bool:
    """Whether nobody shares anything, and nobody could."""
    return not any(
        policy.default_capabilities or policy.capabilities.get(looker)
        for policy, looker in ((world.tenants[holder].access_policy, looker) for holder, looker in SIDES.values())
    )


def own(world: World, side: str) -> Held:
    """The capabilities of the partner on a side."""
    holder, looker = SIDES[side]
    return world.tenants[holder].access_policy.capabilities.get(looker) or {}


def trust(world: World, side: str) -> Any:
    """What the entry of the partner says about its users; ``None`` if nothing."""
    holder, looker = SIDES[side]
    return ((world.tenants[holder].access_policy.partners.get(looker) or {}).get(TRUST) or {}).get("users")


def default_trust(world: World, side: str) -> Any:
    """The same of the default policy."""
    return ((world.tenants[SIDES[side][0]].access_policy.default or {}).get(TRUST) or {}).get("users")


def lets_anybody(users: Any) -> bool:
    """Whether a trust lets some of the users through: anything but none, or all of them blocked."""
    if not users:
        return False
    everybody = any(str(one.get("target")).lower() == "allusers" for one in users.get("targets") or ())
    return bool(users.get("targets")) if users["accessType"] == "allowed" else not everybody


Reading = Callable[[Held, Held], Held]
"""Which capabilities count, of the partner's own and those of the default policy: that is not said (fact F251)."""
READINGS: Mapping[str, Reading] = {
    "one by one": lambda own, default: {**default, **own},
    "as a whole": lambda own, default: own or default,
}


def shown(world: World, side: str, reading: str) -> Seen:
    """What the users of the other tenant see."""
    tenant = world.tenants[SIDES[side][0]]
    if not lets_anybody(trust(world, side) or default_trust(world, side)):
        return frozenset()
    return _seen(tenant, READINGS[reading](own(world, side), tenant.access_policy.default_capabilities))


def dormant(world: World, side: str) -> Seen:
    """What they would see if they were let through, under any reading."""
    tenant = world.tenants[SIDES[side][0]]
    held = (own(world, side), tenant.access_policy.default_capabilities)
    return frozenset().union(*(_seen(tenant, reading(*held)) for reading in READINGS.values()))


def _seen(tenant: Tenant, held: Held) -> Seen:
    return frozenset(
        (name, person) for name, about in held.items() if about["inboundAccess"].get("isAllowed") for person in people(tenant, about)
    )


def people(tenant: Tenant, about: Json) -> frozenset[str]:
    """Whom a capability is about; who is excluded is not, even if included (fact F203)."""
    scopes = about["inboundAccess"]["resourceScopes"]
    return _covered(tenant, scopes.get("included")) - _covered(tenant, scopes.get("excluded"))


def _covered(tenant: Tenant, scopes: Iterable[Json] | None) -> frozenset[str]:
    found: set[str] = set()
    for scope in scopes or ():
        key = str(scope["resourceId"]).lower()
        found |= _own_people(tenant) if key == "all" else {key} if scope["resourceType"] == "user" else set(tenant.members.get(key, ()))
    return _own_people(tenant) & found


def _own_people(tenant: Tenant) -> frozenset[str]:
    """All but external users, who come and go with cycles."""
    return frozenset(key for key, user in tenant.users.items() if "#EXT#" not in user["userPrincipalName"])


def _members(tenant: Tenant, group: str) -> frozenset[str]:
    return _own_people(tenant) & frozenset(tenant.members.get(group, ()))


# Wishes --------------------------------------------------------------------------------------------------------------


def wished(wish: Mapping[str, Any], side: str) -> Mapping[str, Any]:
    """What a wish says about a side, without what another link keeps."""
    about = (wish.get("link_share") or {}).get(side) or {}
    kept = (wish.get("link_share_keep") or {}).get(side, ()) if removes(wish) else ()
    return {name: value for name, value in about.items() if name not in kept}


def removes(wish: Mapping[str, Any]) -> bool:
    """Whether it takes the link down."""
    return wish.get("link_state") == "absent"


def levels(wish: Mapping[str, Any], side: str) -> Mapping[str, str | None]:
    """The capability that each named feature is to have, or ``None``."""
    about = wished(wish, side)
    named = {feature: of.get(str(about[feature])) for feature, of in LEVELS.items() if feature in about}
    return dict.fromkeys(named) if removes(wish) else named


def grants(wish: Mapping[str, Any], side: str) -> bool:
    """Whether it shows anybody anything on that side."""
    return any(levels(wish, side).values())


def named(wish: Mapping[str, Any], side: str) -> frozenset[str]:
    """The capabilities that the wish is about."""
    return frozenset(name for feature in levels(wish, side) for name in LEVELS[feature].values())


def in_scope(world: World, wish: Mapping[str, Any], side: str, feature: str) -> tuple[frozenset[str], frozenset[str]]:
    """Whom a feature is to show: at least these, and at most those. They differ where a wish leaves something as it is."""
    tenant, about = world.tenants[SIDES[side][0]], wished(wish, side)
    there = [own(world, side)[name] for name in LEVELS[feature].values() if name in own(world, side)]
    excluded: frozenset[str] = frozenset().union(*(_covered(tenant, _scopes(one, "excluded")) for one in there))
    if about.get("scope") is None:
        every = [_covered(tenant, _scopes(one, "included")) for one in there]
        return frozenset(), frozenset().union(*every)
    groups = [key for key, group in tenant.groups.items() if group["displayName"] in about.get("groups", ())]
    included = _own_people(tenant) if about["scope"] == "all" else frozenset().union(*(_members(tenant, key) for key in groups))
    if about.get("excluded_groups") is None:
        return included - excluded, included
    out = [key for key, group in tenant.groups.items() if group["displayName"] in about["excluded_groups"]]
    exactly = included - frozenset().union(*(_members(tenant, key) for key in out))
    return exactly, exactly


def _scopes(about: Json, part: str) -> Any:
    return about["inboundAccess"]["resourceScopes"].get(part)


def asked(world: World, wish: Mapping[str, Any], side: str) -> Seen:
    """What a run of this wish may show, in this state."""
    found = {(name, person) for feature, name in levels(wish, side).items() if name for person in in_scope(world, wish, side, feature)[1]}
    about = named(wish, side)
    if grants(wish, side):
        # The trust puts into effect what is there for it. It comes before what disallows what the default policy shows (fact F204).
        found |= {(name, person) for name, person in dormant(world, side) if name not in about or name not in own(world, side)}
    elif removes(wish) and about:
        default = _seen(world.tenants[SIDES[side][0]], world.tenants[SIDES[side][0]].access_policy.default_capabilities)
        found |= {(name, person) for name, person in default if name not in about}
    return frozenset(found)


Bounds = Mapping[tuple[str, str], Seen]
"""What may be seen while a run goes on, by side and reading."""


def bounds(world: World, wishes: Iterable[Mapping[str, Any]]) -> Bounds:
    """What is seen now, and what these wishes show."""
    held = list(wishes)
    return {
        (side, reading): shown(world, side, reading).union(*(asked(world, wish, side) for wish in held))
        for side in SIDES
        for reading in READINGS
    }


def beyond(world: World, limits: Bounds) -> Iterator[str]:
    """What is seen beyond that."""
    for (side, reading), most in limits.items():
        more = shown(world, side, reading) - most
        if more:
            yield f"users of the other tenant see {sorted(more)[0]} of the {side}, if the default policy counts {reading}"


def conflicts(world: World) -> frozenset[tuple[str, str]]:
    """The features of which several levels are allowed at once, by side (fact F250)."""
    return frozenset((side, feature) for side in SIDES for feature, of in LEVELS.items() if len(_allowed(own(world, side), of)) > 1)


def _allowed(held: Held, of: Mapping[str, str]) -> list[str]:
    return [name for name in of.values() if name in held and held[name]["inboundAccess"].get("isAllowed")]


def not_as_wished(world: World, wish: Mapping[str, Any]) -> Iterator[str]:
    """How what is shared differs from the wish after a run that succeeded."""
    for side in SIDES:
        held = own(world, side)
        for feature, wanted in levels(wish, side).items():
            allowed = _allowed(held, LEVELS[feature])
            if allowed != [wanted][: wanted is not None]:
                yield f"the {side} allows {allowed} of {feature}, not {wanted}"
            elif wanted is None:
                names = set(LEVELS[feature].values())
                still = {name for reading in READINGS for name, _person in shown(world, side, reading) if name in names}
                if still and not removes(wish):
                    yield f"the {side} still shows {sorted(still)}"
            else:
                yield from _scope_not_as_wished(world, wish, side, feature, held[wanted])
        if grants(wish, side) and not lets_anybody(trust(world, side) or default_trust(world, side)):
            yield f"the {side} trusts nobody"


def _scope_not_as_wished(world: World, wish: Mapping[str, Any], side: str, feature: str, about: Json) -> Iterator[str]:
    least, most = in_scope(world, wish, side, feature)
    covered = people(world.tenants[SIDES[side][0]], about)
    if not least <= covered <= most:
        yield f"{feature} of the {side} shows {len(covered)} people, not {len(least)} to {len(most)}"


def silent(world: World, side: str, accesses: Mapping[str, Json]) -> frozenset[str]:
    """Those of these capabilities that disallow what the default policy does not allow."""
    default = world.tenants[SIDES[side][0]].access_policy.default_capabilities
    allowed = {name for name, about in default.items() if about["inboundAccess"].get("isAllowed")}
    return frozenset(name for name, access in accesses.items() if not access.get("isAllowed") and name not in allowed)


def plain(policy: AccessPolicy, looker: str) -> Json:
    """The capabilities of a partner as they are compared: without the time of their last change."""
    return {name: about["inboundAccess"] for name, about in (policy.capabilities.get(looker) or {}).items()}
