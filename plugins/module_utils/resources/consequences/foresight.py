# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The resources whose changes can remove, convert or rename users, with the judgement of their impact before the first write."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ...graph.client import Client
from ...plan import Facts, ForeseenResource, JointInquiry
from .. import job, scope
from ..link import BUILDING, Given
from ..mapping import resource as mapping
from ..mapping import schema
from ..mapping.default_schema import default_schema
from ..mapping.new_schema import new_schema
from ..mapping.types import Schema
from . import group_impact
from .changes import Assigned, assigned_after, assigned_before, change_of, decides, may_leave, rules_in
from .group_impact import GroupFacts
from .impact import Change, Guards, Impact, compute, deletions_begin, guards
from .summary import lines

NOBODY: Facts = {"impact": None}
"""The result of a change that can affect nobody."""
NONE = Assigned("assigned", {})


def judged(source: Client, target: Client | None, change: Change | None, limits: Guards) -> Facts:
    """The impact as a result.

    :raises Refusal: if a guard does not allow it.
    """
    if change is None:
        return NOBODY
    found: Impact = compute(source, target, change, limits)
    found.judge(limits)
    return {"impact": found.facts()}


# Scope -------------------------------------------------------------------------------------------------------------------


def _scope_affects(current: scope.Current, wanted: scope.Desired, given: Given) -> bool:
    if given["judged"] or current.configuration is None:
        return False
    return may_leave(assigned_before(current), assigned_after(current, wanted))


def _judge_scope(
    source: Client, target: Client | None, current: scope.Current, wanted: scope.Desired, given: Given
) -> tuple[scope.Current, Facts]:
    running = job.Current(current.configuration, current.job)
    with source.reading():
        held = source.get(f"{job.path_of(running)}/schema") if running.job else default_schema()
    rules = rules_in(held)
    sides = assigned_before(current), assigned_after(current, wanted)
    change = change_of(source, sides, current.members, (rules, rules), running)
    groups_on = bool((schema.group_mapping(held) or {}).get("enabled"))
    return dataclasses.replace(current, judged=True, groups_on=groups_on), judged(source, target, change, guards(given))


SCOPE = ForeseenResource(scope.RESOURCE, _scope_affects, _judge_scope)

# Mappings ----------------------------------------------------------------------------------------------------------------


def _mapping_affects(current: mapping.Current, wanted: mapping.Desired, given: Given) -> bool:
    if given["judged"] or current.path is None:
        return False
    return decides(schema.user_mapping(current.schema), schema.user_mapping(new_schema(current, wanted)))


def _judge_mapping(
    source: Client, target: Client | None, current: mapping.Current, wanted: mapping.Desired, given: Given
) -> tuple[mapping.Current, Facts]:
    with source.reading():
        there = scope.read_assigned(source, wanted.configuration)
    rules = rules_in(current.schema), rules_in(new_schema(current, wanted))
    assigned = assigned_before(there)
    if assigned.mode == "assigned" and not assigned.principals and not deletions_begin(*rules):
        return current, NOBODY
    change = change_of(source, (assigned, assigned), there.members, rules, current.parent)
    return current, judged(source, target, change, guards(given))


MAPPING = ForeseenResource(mapping.RESOURCE, _mapping_affects, _judge_mapping)

# A whole link ------------------------------------------------------------------------------------------------------------


def inquire(source: Client, target: Client, given: Given) -> Facts:
    """The impact of the wished link, for ``impact_info``.

    :raises Refusal: if a guard does not allow it, or the desired state of a part is refused.
    """
    change, groups = _change_of_link(source, given)
    facts = judged(source, target, change, guards(given, "scope_"))
    return {**facts, "groups": groups, "report": [*report(facts["impact"]), *group_impact.lines(groups)]}


def report(impact: Facts | None) -> list[str]:
    """The impact as lines for the output of a run."""
    if impact is None:
        return ["no user who is in scope is removed, converted, renamed or disabled"]
    return lines(impact["summary"], impact["users"], impact["more"])


def _change_of_link(source: Client, given: Mapping[str, Any]) -> tuple[Change | None, GroupFacts | None]:
    parts = {part.module: part for part in BUILDING}
    # The limits are those of the impact, which knows the filters.
    free = {**given, "scope_max_removals": None, "scope_max_removal_percent": None}
    wished_scope = scope.desired(parts["sync_scope"].options(free))
    wished_mapping = mapping.desired(parts["sync_mapping"].options(free))
    with source.reading():
        there = scope.read(source, wished_scope)
        mapped = mapping.read(source, wished_mapping)
    if given["state"] != "absent":
        # Whatever the later tasks refuse because of the wish, such as an empty scope, is refused before the first write.
        scope.plan(there, wished_scope)
        mapping.plan(mapped, wished_mapping)
    before, new = assigned_before(there), new_schema(mapped, wished_mapping)
    after = assigned_after(there, wished_scope)
    if given["state"] == "absent":
        after, new = NONE, mapped.schema
    rules = rules_in(mapped.schema), rules_in(new)
    sides = ((before, mapped.schema), (after, new))
    groups = group_impact.compare(*(group_impact.groups_of(side.principals, side.mode, held) for side, held in sides))
    harmful = affects(before, after, mapped.schema, new)
    if not harmful and (given["harmful_only"] or (before == after and rules[0] == rules[1])):
        return None, groups
    return change_of(source, (before, after), there.members, rules, mapped.parent), groups


def harms(planned: Mapping[str, tuple[Any, Any]]) -> bool:
    """Whether the plans for a link do harm, from the states and the wishes of its parts by module."""
    there, wished = planned["sync_scope"]
    mapped, wished_mapping = planned["sync_mapping"]
    if there.configuration is None:
        return False
    return affects(assigned_before(there), assigned_after(there, wished), mapped.schema, new_schema(mapped, wished_mapping))


def affects(before: Assigned, after: Assigned, old: Schema, new: Schema) -> bool:
    """Whether a change can remove, convert, rename or disable users who are in scope before it."""
    if before.mode == "assigned" and not before.principals:
        return deletions_begin(rules_in(old), rules_in(new))
    return may_leave(before, after) or decides(schema.user_mapping(old), schema.user_mapping(new))


IMPACT = JointInquiry(inquire)
