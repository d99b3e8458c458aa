# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a tenant can let a partner's users see of its own people, and with which objects of Microsoft Graph it does (facts F201, F205)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from .partner_values import Raw

SWITCHED_ON = "on"
"""The only level of a feature that is a boolean."""
ALL = "All"
"""The service's word for all users, or all groups."""
OF_TYPE = "#microsoft.graph."


@dataclass(frozen=True)
class Feature:
    """A feature: the capabilities of its levels by our names, beginning with the one that shows least."""

    levels: Mapping[str, str]

    @property
    def is_switch(self) -> bool:
        """Whether it is a boolean."""
        return tuple(self.levels) == (SWITCHED_ON,)

    @property
    def spec(self) -> dict[str, Any]:
        """The argument spec of its option."""
        return {"type": "bool"} if self.is_switch else {"type": "str", "choices": ["none", *self.levels]}

    def level(self, value: Any) -> str | None:
        """The level that the value of its option means, ``None`` for none."""
        if self.is_switch:
            return SWITCHED_ON if value else None
        return None if value == "none" else str(value)

    def value(self, level: str | None) -> str | bool:
        """The value of its option that means the level."""
        return level is not None if self.is_switch else level or "none"

    def allowed(self, own: Mapping[str, Access]) -> list[str]:
        """The levels that these capabilities allow, beginning with the one that shows least."""
        return [level for level, name in self.levels.items() if name in own and own[name].allowed]


FEATURES: Mapping[str, Feature] = {
    "free_busy": Feature(
        {"basic": "crossTenantCalendarAvailabilityBasic", "limited_details": "crossTenantCalendarAvailabilityLimitedDetails"}
    ),
    "mail_tips": Feature({"limited": "crossTenantMailTipsLimited", "all": "crossTenantMailTipsAll"}),
    "calendar_sharing": Feature(
        {
            "simple": "crossTenantCalendarSharingFreeBusySimple",
            "detail": "crossTenantCalendarSharingFreeBusyDetail",
            "reviewer": "crossTenantCalendarSharingFreeBusyReviewer",
        }
    ),
    "profile_card": Feature({SWITCHED_ON: "crossTenantOpenProfileCard"}),
    "room_booking": Feature({SWITCHED_ON: "crossTenantPlacesRoomBooking"}),
    "desk_booking": Feature({SWITCHED_ON: "crossTenantPlacesDeskBooking"}),
}
"""The features by the names of their options. A new one is a line here, and its documentation."""
KNOWN = frozenset(name for feature in FEATURES.values() for name in feature.levels.values())
"""The capabilities that the features are made of. The service has others, such as that of mailbox migration (fact F205)."""


@dataclass(frozen=True, order=True)
class Subject:
    """Whose data is shown: all users, or a user or a group of the tenant. ``id`` is an id in lower case, or `ALL`."""

    type: str
    id: str


@dataclass(frozen=True)
class Scope:
    """Whose data a capability shows. Who is excluded is so even if included as well (fact F203)."""

    included: frozenset[Subject] = frozenset()
    excluded: frozenset[Subject] = frozenset()

    @property
    def kind(self) -> str:
        """``all`` users, ``groups``, or another combination, which only the service's own interfaces can set."""
        if any(subject.type != "group" or subject.id == ALL for subject in self.excluded):
            return "other"
        if self.included == {EVERY_USER}:
            return "all"
        groups = self.included and all(subject.type == "group" and subject.id != ALL for subject in self.included)
        return "groups" if groups else "other"


EVERY_USER = Subject("user", ALL)
EVERYONE = Scope(frozenset({EVERY_USER}))


@dataclass(frozen=True)
class Access:
    """What a capability says: whether it is allowed, and for whom."""

    allowed: bool
    scope: Scope


class SharedFeature(TypedDict):
    """A feature as results contain it. The ids are in alphabetical order."""

    level: str | bool
    """As the option of the feature."""
    also_allowed: list[str]
    """Other levels that are allowed at the same time, which is a conflict."""
    scope: str | None
    """``all``, ``groups`` or ``other``; ``None`` if nothing is allowed."""
    groups: list[str]
    excluded_groups: list[str]
    users: list[str]
    excluded_users: list[str]


def group(group_id: str) -> Subject:
    """A group by its id."""
    return Subject("group", group_id.lower())


def named(raw: Raw) -> str:
    """The name of a capability, which is that of its type (fact F201)."""
    return str(raw.get("name") or str(raw["@odata.type"]).removeprefix(OF_TYPE))


def access(raw: Raw) -> Access:
    """What a capability says, from Graph's JSON.

    :raises TypeError: if it does not say clearly whether it is allowed.
    """
    inbound: Raw = _given(raw.get("inboundAccess"), {})
    scopes: Raw = _given(inbound.get("resourceScopes"), {})
    allowed = _given(inbound.get("isAllowed"), False)
    if not isinstance(allowed, bool):
        raise TypeError("isAllowed is not a boolean")
    return Access(allowed, Scope(_subjects(scopes.get("included")), _subjects(scopes.get("excluded"))))


def _given(value: Any, otherwise: Any) -> Any:
    """The value, or another one for null."""
    return otherwise if value is None else value


def _subjects(raw: Iterable[Raw] | None) -> frozenset[Subject]:
    return frozenset(Subject(str(one["resourceType"]), _id(str(one["resourceId"]))) for one in _given(raw, ()))


def _id(value: str) -> str:
    return ALL if value.lower() == ALL.lower() else value.lower()


def accesses(raw: Iterable[Raw]) -> dict[str, Access]:
    """What the capabilities of a list say, by their names."""
    return {named(one): access(one) for one in raw}


def body(wanted: Access) -> dict[str, Any]:
    """An access as Graph writes it. It is always sent as a whole, which is right whether the service merges nested values or replaces
    them (facts F35, F202).
    """
    return {
        "inboundAccess": {
            "isAllowed": wanted.allowed,
            "resourceScopes": {"included": _written(wanted.scope.included), "excluded": _written(wanted.scope.excluded)},
        }
    }


def _written(subjects: Iterable[Subject]) -> list[dict[str, str]]:
    return [{"resourceId": subject.id, "resourceType": subject.type} for subject in sorted(subjects)]


def shared(feature: Feature, own: Mapping[str, Access]) -> SharedFeature:
    """What these capabilities say of a feature. If several levels are allowed, the one that shows most is named first."""
    levels = feature.allowed(own)
    scope = own[feature.levels[levels[-1]]].scope if levels else Scope()
    return {
        "level": feature.value(levels[-1] if levels else None),
        "also_allowed": levels[:-1],
        "scope": scope.kind if levels else None,
        "groups": _ids(scope.included, "group"),
        "excluded_groups": _ids(scope.excluded, "group"),
        "users": [] if scope.included == {EVERY_USER} else _ids(scope.included, "user"),
        "excluded_users": _ids(scope.excluded, "user"),
    }


def _ids(subjects: Iterable[Subject], kind: str) -> list[str]:
    return sorted(subject.id for subject in subjects if subject.type == kind)
