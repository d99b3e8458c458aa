# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job's mapping of people, compiled from its schema, and the values it gives for one person (F84, F92)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entra_emulator.provisioning import attributes
from entra_emulator.provisioning.expressions import Expression, attributes_of, calls_of, evaluate, parse
from entra_emulator.provisioning.functions import is_empty
from entra_emulator.settings import Settings

Json = dict[str, Any]

IDENTITY = "alternativeSecurityIds"
SOFT_DELETED = "IsSoftDeleted"
REFERENCES = frozenset(["manager", "members"])
VOLATILE = frozenset(["Guid", "Now", "RandomString"])
"""Functions that give another value each time."""
REDACT = "Redact"


@dataclass(frozen=True)
class Row:
    """One attribute mapping; a missing expression is the portal's kind "None"."""

    target: str
    expression: Expression | None
    default: str | None
    flow: str
    flow_always: bool


@dataclass(frozen=True)
class ObjectMapping:
    """One object mapping, ready to run."""

    enabled: bool
    flows: frozenset[str]
    scope: Json | None
    identity: Row | None
    manager: Row | None
    members: bool
    soft_deletes: bool
    rows: tuple[Row, ...]
    volatile: frozenset[str]
    """The targets whose value differs each time, whatever the source has."""
    reads: tuple[str, ...]
    """The source attributes that their expressions read."""


def flow_types(value: str) -> frozenset[str]:
    """``"Add, Update, Delete"`` with or without blanks, as a set (F85)."""
    return frozenset(part.strip() for part in value.split(",") if part.strip())


def object_mapping(schema: Json, kind: str) -> ObjectMapping | None:
    """The first object mapping with a name for `kind` (``User`` or ``Group``); the nameless ones are internal (F84)."""
    for rule in schema.get("synchronizationRules") or []:
        for candidate in rule.get("objectMappings") or []:
            if candidate.get("name") and candidate.get("sourceObjectName") == kind:
                return _compiled(candidate)
    return None


def _compiled(mapping: Json) -> ObjectMapping:
    rows = [_row(row) for row in mapping.get("attributeMappings") or []]
    by_target = {row.target: row for row in rows}
    special = {IDENTITY, SOFT_DELETED, *REFERENCES}
    volatile = [row for row in rows if any(call.name in VOLATILE for call in calls_of(row.expression))]
    return ObjectMapping(
        enabled=bool(mapping.get("enabled", True)),
        flows=flow_types(mapping.get("flowTypes") or ""),
        scope=mapping.get("scope"),
        identity=by_target.get(IDENTITY),
        manager=by_target.get("manager"),
        members="members" in by_target,
        soft_deletes=SOFT_DELETED in by_target,
        rows=tuple(row for row in rows if row.target not in special),
        volatile=frozenset(row.target for row in volatile),
        reads=tuple(sorted(set().union(*(attributes_of(row.expression) for row in volatile)))),
    )


def redacted(schema: Json, kind: str) -> frozenset[str]:
    """What the provisioning log does not show of objects of a kind: the targets of mappings with Redact, and what it is given (F300)."""
    found: set[str] = set()
    for rule in schema.get("synchronizationRules") or []:
        for mapping in rule.get("objectMappings") or []:
            for row in mapping.get("attributeMappings") or [] if mapping.get("sourceObjectName") == kind else []:
                found |= _redacted_of(_row(row))
    return frozenset(found)


def _redacted_of(row: Row) -> set[str]:
    calls = [call for call in calls_of(row.expression) if call.name == REDACT]
    return {row.target}.union(*(attributes_of(call) for call in calls)) if calls else set()


def _row(row: Json) -> Row:
    source = row.get("source")
    return Row(
        target=row["targetAttributeName"],
        expression=parse(source["expression"]) if source else None,
        default=row.get("defaultValue") or None,
        flow=row.get("flowType") or "Always",
        flow_always=row.get("flowBehavior") == "FlowAlways",
    )


def value_of(row: Row | None, source: Mapping[str, Any], settings: Settings) -> Any:
    """The mapped value in the target's type; null and the empty string flow nowhere (F96)."""
    value = evaluate(row.expression, source, settings) if row else None
    return None if row is None or is_empty(value) else attributes.coerced(row.target, value)


def desired(mapping: ObjectMapping, source: Mapping[str, Any], settings: Settings) -> Json:
    """What the mapping wants in the target, without nulls. Rows that only apply on creation are included."""
    found = {row.target: value_of(row, source, settings) for row in mapping.rows}
    return {target: value for target, value in found.items() if value is not None}


def basis(mapping: ObjectMapping, source: Mapping[str, Any], wanted: Json) -> Json:
    """By what the next cycle sees whether the source has changed. A function that gives another value each time is no change (F301)."""
    if not mapping.volatile:
        return wanted
    steady = {target: value for target, value in wanted.items() if target not in mapping.volatile}
    return {**steady, **{f"[{name}]": source.get(name) for name in mapping.reads}}


def on_creation(mapping: ObjectMapping, wanted: Json) -> Json:
    """The values for a new object: "default value if null" applies only now (F96)."""
    defaults = {row.target: attributes.coerced(row.target, row.default) for row in mapping.rows if row.default is not None}
    return {**defaults, **wanted}


def on_update(mapping: ObjectMapping, wanted: Json, present: Mapping[str, Any]) -> Json:
    """The part of `wanted` that may be written to an existing object whose values are `present`, by flow type (F87)."""
    allowed: Json = {}
    for row in mapping.rows:
        if row.target not in wanted or row.flow == "ObjectAddOnly":
            continue
        value, now = wanted[row.target], present.get(row.target)
        if row.flow == "AttributeAddOnly" or (row.flow in ("ValueAddOnly", "MultiValueAddOnly") and not isinstance(value, list)):
            if is_empty(now):
                allowed[row.target] = value
        elif row.flow in ("ValueAddOnly", "MultiValueAddOnly"):
            allowed[row.target] = [*(now or []), *(item for item in value if item not in (now or []))]
        else:
            allowed[row.target] = value
    return allowed
