# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Finding one's way in a job's schema as Graph holds it (fact sheet 4.2). Nothing here decides or changes anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .default_schema import MATCHING
from .expression import constant_text, source_meaning
from .types import MappingRow, ObjectMapping, Row, Rule, Schema, Source

RULE = "USER_INBOUND_USER"
APPLY = {"always": "Always", "create_only": "ObjectAddOnly"}
_APPLY_OF = {theirs: ours for ours, theirs in APPLY.items()}
FLOWS = {"create": "Add", "update": "Update", "delete": "Delete"}

_GROUPS: list[Any] = [{"clauses": [{"targetOperand": {"values": [str]}}]}]
_SOURCE: dict[str, Any] = {"type": str, "name": str, "expression": str}
_SOURCE["parameters"] = [{"value": _SOURCE}]
SHAPE: dict[str, Any] = {
    "synchronizationRules": [
        {
            "name": str,
            "sourceDirectoryName": str,
            "targetDirectoryName": str,
            "objectMappings": [
                {
                    "flowTypes": str,
                    "sourceObjectName": str,
                    "targetObjectName": str,
                    "scope": {"groups": _GROUPS, "inputFilterGroups": _GROUPS},
                    "attributeMappings": [
                        {"targetAttributeName": str, "flowType": str, "defaultValue": str, "matchingPriority": int, "source": _SOURCE}
                    ],
                }
            ],
        }
    ],
    "directories": [{"name": str, "objects": [{"name": str, "attributes": [{"name": str, "type": str}]}]}],
}
"""Of a schema what is looked at here (fact sheet 4.2). Whatever may be missing or null there may be so here, too."""


def problem(schema: Any) -> str | None:
    """Why this cannot be understood as a schema, as half a sentence."""
    if isinstance(schema, Mapping) and not isinstance(schema.get("synchronizationRules"), list):
        return "it has no list synchronizationRules"
    return _misshapen(schema, SHAPE, "it")


def _misshapen(value: Any, shape: Any, place: str) -> str | None:
    """The first member that has another type than the documents say."""
    if isinstance(shape, dict):
        if not isinstance(value, Mapping):
            return f"{place} is {_kind(value)} instead of {_KINDS[dict]}"
        inside = ((name, value[name]) for name in shape if value.get(name) is not None)
        named = (_misshapen(member, shape[name], name if place == "it" else f"{place}.{name}") for name, member in inside)
        return next(filter(None, named), None)
    expected = list if isinstance(shape, list) else shape
    if not isinstance(value, expected):
        return f"{place} is {_kind(value)} instead of {_KINDS[expected]}"
    if isinstance(shape, list):
        return next(filter(None, (_misshapen(one, shape[0], f"{place}[{number}]") for number, one in enumerate(value))), None)
    return None


_KINDS: dict[Any, str] = {dict: "an object", list: "a list", str: "a text", int: "a number"}


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "a boolean"
    return next((name for kind, name in _KINDS.items() if isinstance(value, kind)), "something else")


def user_rule(schema: Schema) -> Rule | None:
    """The rule that synchronizes people. Directory names differ by age, so it is known by its own name."""
    rules = schema.get("synchronizationRules") or []
    return next((rule for rule in rules if rule.get("name") == RULE), rules[0] if len(rules) == 1 else None)


def user_mapping(schema: Schema) -> ObjectMapping | None:
    """The object mapping of people: the one with the matching attribute. Its name differs by age, and nameless ones follow it."""
    rule = user_rule(schema)
    for mapping in (rule.get("objectMappings") if rule else None) or ():
        if any(row.get("targetAttributeName") == MATCHING for row in mapping.get("attributeMappings") or ()):
            return mapping
    return None


def rows(mapping: ObjectMapping) -> dict[str, Row]:
    """The attribute mappings by target attribute."""
    listed = mapping.get("attributeMappings") or ()
    return {row["targetAttributeName"]: row for row in listed if row.get("targetAttributeName")}


def definitions(schema: Schema, side: str) -> dict[str, Mapping[str, Any]]:
    """The attribute definitions of people on one ``side``, ``source`` or ``target``, by name; empty where none are listed."""
    return {one["name"]: one for found in _objects(schema, side) for one in found.get("attributes") or () if one.get("name")}


def with_definition(schema: Schema, side: str, attribute: str) -> Schema:
    """The schema with a directory extension among one side's definitions, if there is a place for it (fact sheet 4.3).

    The schema that is given stays as it is. Only what leads to the new definition is copied, because directories are large.
    """
    place = next(_objects(schema, side), None)
    definition = {
        "name": attribute,
        "type": "String",
        "mutability": "ReadWrite",
        "multivalued": False,
        "required": False,
        "caseExact": False,
        "anchor": False,
    }

    def extended(one: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**one, "attributes": [*(one.get("attributes") or ()), definition]} if one is place else one

    directories = [
        {**one, "objects": [extended(found) for found in one["objects"]]} if one.get("objects") else one
        for one in schema.get("directories") or ()
    ]
    return {**schema, "directories": directories} if place is not None else {**schema}


def _objects(schema: Schema, side: str) -> Iterator[Mapping[str, Any]]:
    rule, mapping = user_rule(schema), user_mapping(schema)
    if not rule or not mapping:
        return
    names = (
        (rule.get("sourceDirectoryName"), mapping.get("sourceObjectName"))
        if side == "source"
        else (rule.get("targetDirectoryName"), mapping.get("targetObjectName"))
    )
    if None in names:
        return
    for directory in schema.get("directories") or ():
        if directory.get("name") == names[0]:
            yield from (one for one in directory.get("objects") or () if one.get("name") == names[1])


def flows(mapping: ObjectMapping) -> list[str]:
    """The target actions, in our words. The service writes them with or without blanks (fact sheet 4.2)."""
    have = {one.strip() for one in str(mapping.get("flowTypes") or "").split(",")}
    return [ours for ours, theirs in FLOWS.items() if theirs in have]


def flow_types(actions: list[str], like: str | None) -> str:
    """Target actions as the service writes them, with blanks if it did so before."""
    separator = "," if like and ", " not in like and "," in like else ", "
    return separator.join(FLOWS[one] for one in FLOWS if one in actions)


def shown(row: Row) -> MappingRow:
    """An attribute mapping in our words."""
    source: Source = row.get("source") or {}
    result: MappingRow = {"target": row["targetAttributeName"]}
    if source.get("type") == "Attribute":
        result["source"] = source.get("name")
    elif source.get("type") == "Constant":
        result["constant"] = constant_text(source)
    elif source:
        result["expression"] = source.get("expression")
    result["apply"] = _APPLY_OF.get(row.get("flowType") or "Always", row.get("flowType"))
    if row.get("defaultValue"):
        result["default"] = row["defaultValue"]
    return result


def row_meaning(row: Row) -> tuple[Any, ...]:
    """What a row means: an empty default is no default, an absent flow type is ``Always``, a boolean constant has no case."""
    meaning = source_meaning(row.get("source"))
    if meaning and meaning[0] == "constant" and str(meaning[1]).lower() in ("true", "false"):
        meaning = ("constant", str(meaning[1]).lower())
    return (meaning, row.get("flowType") or "Always", row.get("defaultValue") or "", row.get("matchingPriority") or 0)


def rules_meaning(schema: Schema) -> Any:
    """Everything of a schema that decides who and what is synchronized, without versions, ids and order (fact sheet 11)."""
    return [
        (
            rule.get("name"),
            [
                (
                    mapping.get("sourceObjectName"),
                    mapping.get("targetObjectName"),
                    bool(mapping.get("enabled")),
                    flows(mapping),
                    plain(mapping.get("scope")),
                    sorted(((target, row_meaning(row)) for target, row in rows(mapping).items()), key=lambda one: one[0]),
                )
                for mapping in rule.get("objectMappings") or ()
            ],
        )
        for rule in schema.get("synchronizationRules") or ()
    ]


def plain(value: Any) -> Any:
    """Without what says nothing: the service leaves empty members out or writes them as null."""
    if isinstance(value, Mapping):
        members = {key: plain(member) for key, member in value.items() if not key.startswith("@")}
        return {key: member for key, member in members.items() if member not in (None, [], {})}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return value
