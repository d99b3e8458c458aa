# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a change of a link does to groups: pure functions of the assigned groups and of whether groups are synchronized (facts F217, F214,
F216). Users are judged by the engine; of groups, it is named which become groups, which leave, and which stay without updates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from .. import group_kinds
from ..directory import Principal
from ..group_kinds import Becoming
from ..mapping import schema
from ..mapping.types import Schema
from ..people import some


class GroupFacts(TypedDict):
    """What happens to groups, as results contain it. The lists of names are sorted."""

    created: list[str]
    deleted: list[str]
    kept: list[str]
    """Those that stay in the target, and are not updated any more."""
    assigned: list[Becoming]


@dataclass(frozen=True)
class Groups:
    """The assigned groups of a link by id, and whether its job creates and deletes their counterparts."""

    assigned: Mapping[str, Principal]
    on: bool
    deletes: bool = True

    @property
    def becoming(self) -> dict[str, Principal]:
        """The groups that have a counterpart, or may have one."""
        return {number: group for number, group in self.assigned.items() if self.on and group_kinds.kind_of(group).may_become}


def groups_of(principals: Mapping[str, Principal], mode: str, rules: Schema) -> Groups:
    """The groups on one side of a change. With all users in scope, no group is synchronized (fact F214)."""
    mapping = schema.group_mapping(rules) or {}
    assigned = {number: principal for number, principal in principals.items() if principal.kind == "group"}
    return Groups(assigned, bool(mapping.get("enabled")) and mode == "assigned", "delete" in schema.flows(mapping))


def compare(before: Groups, after: Groups) -> GroupFacts | None:
    """What happens to groups; ``None`` if groups are synchronized neither before nor after the change."""
    if not (before.on or after.on):
        return None
    old, new = before.becoming, after.becoming
    left = {number: group for number, group in old.items() if number not in new}
    deletes = after.on and after.deletes
    return {
        "created": _names(
            {number: group for number, group in new.items() if number not in old and group_kinds.kind_of(group).becomes is not False}
        ),
        "deleted": _names(left) if deletes else [],
        "kept": [] if deletes else _names(left),
        "assigned": [
            group_kinds.becoming(group) for group in sorted(after.assigned.values(), key=lambda group: (group.name, group.id)) if after.on
        ],
    }


def lines(facts: GroupFacts | None) -> list[str]:
    """The same as lines for the output of a run."""
    if facts is None:
        return []
    left_out = [f"group {group['name']}: {group['reason']}" for group in facts["assigned"] if not group["becomes_group"]]
    said = (
        ("groups that are created in the target", facts["created"]),
        ("groups that leave the scope, and are soft-deleted in the target if they were synchronized", facts["deleted"]),
        ("groups that stay in the target with their members, and are not updated any more", facts["kept"]),
    )
    return [*(f"{what}: {some(names)}" for what, names in said if names), *left_out]


def _names(groups: Mapping[str, Principal]) -> list[str]:
    return sorted(group.name for group in groups.values())
