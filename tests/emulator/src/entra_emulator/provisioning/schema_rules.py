# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a schema is refused by ``PUT .../schema`` (F13, F82, F84, F92, F100).

Sourced: the matching row can be neither changed, removed nor joined by another (`schemaInvalid`, CONF); the enums (csdl); the
length of an expression; PUT replaces everything, so a schema must be whole; what filters do not support.
Inferred: that the service checks the rest at PUT and not at the next cycle: unknown attributes, duplicate targets, read-only
targets, operator literals, and a source object that disagrees with its expression.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from entra_emulator.provisioning import expressions, scoping
from entra_emulator.provisioning.mapping import flow_types

Json = dict[str, Any]

FLOW_TYPES = ("Always", "ObjectAddOnly", "MultiValueAddOnly", "ValueAddOnly", "AttributeAddOnly")
FLOW_BEHAVIORS = ("FlowWhenChanged", "FlowAlways")
OBJECT_FLOWS = frozenset(["Add", "Update", "Delete", "None"])
SOURCE_TYPES = ("Attribute", "Constant", "Function")

_MEMBERS: dict[str, frozenset[str]] = {
    "synchronizationSchema": frozenset(["id", "version", "synchronizationRules", "directories"]),
    "synchronizationRule": frozenset(
        [
            "id",
            "name",
            "priority",
            "editable",
            "sourceDirectoryName",
            "targetDirectoryName",
            "containerFilter",
            "groupFilter",
            "metadata",
            "objectMappings",
        ]
    ),
    "objectMapping": frozenset(
        ["name", "enabled", "flowTypes", "sourceObjectName", "targetObjectName", "scope", "metadata", "attributeMappings"]
    ),
    "attributeMapping": frozenset(
        ["targetAttributeName", "matchingPriority", "flowType", "flowBehavior", "defaultValue", "exportMissingReferences", "source"]
    ),
    "attributeMappingSource": frozenset(["type", "name", "expression", "parameters"]),
    "filter": frozenset(["groups", "categoryFilterGroups", "inputFilterGroups"]),
    "filterGroup": frozenset(["name", "clauses"]),
    "filterClause": frozenset(["sourceOperandName", "operatorName", "targetOperand"]),
}
"""The members of each type (csdl); annotations (``@odata.context``) are round-tripped."""


def problems(old_schema: Json, new_schema: Json, operator_literals: str = "portal") -> list[str]:
    """Everything that is wrong with `new_schema` as a replacement for `old_schema`; empty when it is accepted."""
    found = list(_unknown("synchronizationSchema", new_schema))
    rules = new_schema.get("synchronizationRules")
    directories = new_schema.get("directories")
    if not isinstance(rules, list) or not rules or not isinstance(directories, list) or not directories:
        return [*found, "The schema is not complete: synchronizationRules and directories are required."]
    by_id = {rule.get("id"): rule for rule in rules}
    for old_rule in old_schema.get("synchronizationRules") or []:
        rule = by_id.get(old_rule.get("id"))
        if rule is None:
            found.append(f"The synchronization rule '{old_rule.get('name')}' is missing.")
        else:
            found += _rule(old_rule, rule, directories, operator_literals)
    return found


def _unknown(kind: str, thing: Json) -> Iterator[str]:
    for name in thing:
        if name not in _MEMBERS[kind] and "@odata" not in name:
            yield f"The property '{name}' does not exist on type 'microsoft.graph.{kind}'."


def _rule(old: Json, new: Json, directories: list[Json], literals: str) -> Iterator[str]:
    yield from _unknown("synchronizationRule", new)
    sources = _objects(directories, new.get("sourceDirectoryName"))
    targets = _objects(directories, new.get("targetDirectoryName"))
    if sources is None or targets is None:
        yield "The synchronization rule names a directory that the schema does not define."
        return
    mappings = new.get("objectMappings") or []
    for old_mapping in old.get("objectMappings") or []:
        if not old_mapping.get("name"):
            continue
        found = next((m for m in mappings if m.get("sourceObjectName") == old_mapping["sourceObjectName"] and m.get("name")), None)
        if found is None:
            yield f"The object mapping '{old_mapping['name']}' is missing."
            continue
        yield from _matching(old_mapping, found)
    for mapping in mappings:
        yield from _object_mapping(mapping, sources, targets, literals)


def _objects(directories: list[Json], name: str | None) -> dict[str, dict[str, Json]] | None:
    """The attributes of each object of a directory, by names; attribute names are case-sensitive (F97)."""
    directory = next((d for d in directories if d.get("name") == name), None)
    if directory is None:
        return None
    return {o["name"]: {a["name"]: a for a in o.get("attributes") or []} for o in directory.get("objects") or []}


def _keys(mapping: Json) -> list[tuple[str, str]]:
    return [
        (row.get("targetAttributeName", ""), (row.get("source") or {}).get("expression", ""))
        for row in mapping.get("attributeMappings") or []
        if row.get("matchingPriority")
    ]


def _matching(old: Json, new: Json) -> Iterator[str]:
    """The matching attribute is locked and cannot be complemented (F93, sourced)."""
    if sorted(_keys(old)) != sorted(_keys(new)):
        yield f"The matching attribute of '{old['name']}' cannot be changed, removed or complemented."


def _object_mapping(mapping: Json, sources: Any, targets: Any, literals: str) -> Iterator[str]:
    label = mapping.get("name") or "(internal)"
    yield from _unknown("objectMapping", mapping)
    unknown = flow_types(mapping.get("flowTypes") or "") - OBJECT_FLOWS
    if unknown:
        yield f"The value '{mapping['flowTypes']}' of property flowTypes of '{label}' is invalid."
    source, target = sources.get(mapping.get("sourceObjectName"), {}), targets.get(mapping.get("targetObjectName"), {})
    rows = mapping.get("attributeMappings") or []
    for name, count in Counter(row.get("targetAttributeName") for row in rows).items():
        if count > 1:
            yield f"The target attribute '{name}' of '{label}' is mapped {count} times."
    for row in rows:
        yield from _row(row, source, target)
    yield from _scope(mapping.get("scope"), source, literals)


def _row(row: Json, source: dict[str, Json], target: dict[str, Json]) -> Iterator[str]:
    yield from _unknown("attributeMapping", row)
    name = row.get("targetAttributeName")
    definition = target.get(str(name))
    if definition is None:
        yield f"The target attribute '{name}' does not exist in the target directory."
    elif definition.get("mutability") == "ReadOnly":
        yield f"The target attribute '{name}' is read-only."
    if row.get("flowType", "Always") not in FLOW_TYPES:
        yield f"The value '{row['flowType']}' of property flowType of '{name}' is invalid."
    if row.get("flowBehavior", "FlowWhenChanged") not in FLOW_BEHAVIORS:
        yield f"The value '{row['flowBehavior']}' of property flowBehavior of '{name}' is invalid."
    if row.get("source") is not None:
        yield from _source(str(name), row["source"], source)


def _source(name: str, value: Json, known: dict[str, Json]) -> Iterator[str]:
    """The expression is what is evaluated; type, name and parameters must say the same (F87)."""
    yield from _unknown("attributeMappingSource", value)
    if value.get("type") not in SOURCE_TYPES:
        yield f"The value '{value.get('type')}' of property type of the source of '{name}' is invalid."
        return
    try:
        parsed = expressions.parse(str(value.get("expression") or ""))
    except expressions.ExpressionError as error:
        yield f"The expression of '{name}' is invalid: {error}"
        return
    expected = expressions.to_source(parsed)
    same = (value["type"], value.get("name")) == (expected["type"], expected["name"])
    if not same or (value["type"] == "Function" and len(value.get("parameters") or []) != len(expected["parameters"])):
        yield f"The source of '{name}' does not agree with its expression {value.get('expression')}."
    for attribute in sorted(expressions.attributes_of(parsed) - known.keys()):
        yield f"The source attribute '{attribute}' of '{name}' does not exist in the source directory."


def _scope(scope: Json | None, known: dict[str, Json], literals: str) -> Iterator[str]:
    if scope is None:
        return
    yield from _unknown("filter", scope)
    for kind in ("groups", "categoryFilterGroups", "inputFilterGroups"):
        for group in scope.get(kind) or []:
            yield from _unknown("filterGroup", group)
            for clause in group.get("clauses") or []:
                yield from _clause(clause, known, literals, kind == "groups")


def _clause(clause: Json, known: dict[str, Json], literals: str, own: bool) -> Iterator[str]:
    """Operator names are compared with their case (F103)."""
    yield from _unknown("filterClause", clause)
    name, operator = clause.get("sourceOperandName"), clause.get("operatorName")
    if name not in known:
        yield f"The attribute '{name}' of a scoping filter does not exist in the source directory."
    elif own and name in scoping.UNFILTERABLE:
        yield f"The attribute '{name}' is not supported in scoping filters."
    if operator not in scoping.operators(literals):
        yield f"The operator '{operator}' does not exist. Operator names are case-sensitive."
    elif (operator in scoping.UNARY) == bool(scoping.operands(clause)):
        yield f"The operator '{operator}' takes {'no value' if operator in scoping.UNARY else 'a value'}."
