# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Which groups of the source become groups in the target: the one table of kinds (facts F214, F219). Pure; nothing is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

STATIC = "a security group whose members follow those of the source"
ASSIGNED_ONLY = (
    "groups are synchronized only with scope mode assigned, and the scope mode is all; set the scope mode to assigned, or switch groups off"
)
"""The service does not support groups while all users are in scope (fact F214)."""


@dataclass(frozen=True)
class Kind:
    """A kind of groups. ``becomes`` is ``None`` if it is not known; ``reason`` and ``remedy`` have no full stop."""

    name: str
    becomes: bool | None
    reason: str
    remedy: str = ""
    by_switch: bool = False
    """Whether it becomes a group if a switch of the target is on, which is not known in the source."""

    @property
    def may_become(self) -> bool:
        """Whether such a group may have become a group."""
        return self.becomes is not False or self.by_switch


_INSTEAD = "assign a security group with the same members instead"
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "role_assignable",
            False,
            "groups that roles can be assigned to are not synchronized as groups, unless the target allows them",
            f"{_INSTEAD}, or allow them in the target with role_enabled_group_sync_inbound of cross_tenant_policy",
            by_switch=True,
        ),
        Kind("microsoft_365", True, f"a Microsoft 365 group becomes {STATIC}"),
        Kind("mail_enabled_security", False, "mail-enabled security groups are not synchronized as groups", _INSTEAD),
        Kind("distribution", False, "distribution groups are not synchronized as groups", _INSTEAD),
        Kind("dynamic_security", True, f"a dynamic group becomes {STATIC}; the rule stays in the source"),
        Kind("security", True, f"a security group becomes {STATIC}"),
        Kind(
            "unknown",
            None,
            "the kind of these groups could not be read, so whether they are synchronized as groups is not known",
            "check that they exist, and read them with Group.Read.All",
        ),
    )
}
"""Every kind, by its name in results."""


class Group(Protocol):
    """A group of the source."""

    @property
    def id(self) -> str:
        """Its object id."""

    @property
    def name(self) -> str:
        """Its display name."""

    @property
    def group_kind(self) -> str | None:
        """The name of its kind; ``None`` if it was not read."""


class Becoming(TypedDict):
    """What becomes of an assigned group, as results contain it."""

    id: str
    name: str
    kind: str
    becomes_group: bool | None
    reason: str


def kind_name(raw: Mapping[str, Any]) -> str:
    """The name of the kind of a group, from its members in Graph."""
    types = raw.get("groupTypes")
    if not isinstance(types, list):
        return "unknown"
    if raw.get("isAssignableToRole"):
        return "role_assignable"
    if "Unified" in types:
        return "microsoft_365"
    if raw.get("mailEnabled"):
        return "mail_enabled_security" if raw.get("securityEnabled") else "distribution"
    if raw.get("securityEnabled"):
        return "dynamic_security" if "DynamicMembership" in types else "security"
    return "unknown"


def kind_of(group: Group) -> Kind:
    """The kind of a group."""
    return KINDS[group.group_kind or "unknown"]


def becoming(group: Group) -> Becoming:
    """What becomes of an assigned group when groups are synchronized."""
    kind = kind_of(group)
    return {"id": group.id, "name": group.name, "kind": kind.name, "becomes_group": kind.becomes, "reason": kind.reason}


def left_out(groups: Iterable[Group]) -> list[tuple[Kind, list[str]]]:
    """Each kind that does not become a group, or may not, with the names of the groups of that kind."""
    listed = list(groups)
    named = [(kind, sorted(group.name for group in listed if kind_of(group) is kind)) for kind in KINDS.values() if not kind.becomes]
    return [(kind, names) for kind, names in named if names]
