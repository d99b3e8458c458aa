# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reading parts of a job's schema as Graph holds it (fact F84). Nothing here decides or changes anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from .default_schema import MATCHING
from .expression import constant_text, source_meaning
from .types import MappingRow, ObjectMapping, Row, Rule, Schema, Source

Side: TypeAlias = Literal["source", "target"]
"""One of the two tenants of a rule."""
RULE = "USER_INBOUND_USER"
GROUPS = ("Provision Microsoft Entra ID Groups", "Provision Azure Active Directory Groups")
"""The names of the mapping of groups: today's, and that of older jobs (facts F85, F106)."""
APPLY = {"always": "Always", "create_only": "ObjectAddOnly"}
_APPLY_OF = {flow_type: apply for apply, flow_type in APPLY.items()}
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
                    "name": str,
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
"""The members of a schema that are read here, and their types (fact F84). Each can be missing or null."""


def problem(schema: Any) -> str | None:
    """Why a value is not a schema, as the end of a message; ``None`` if it is one."""
    if isinstance(schema, Mapping) and not isinstance(schema.get("synchronizationRules"), list):
        return "it has no list synchronizationRules"
    return None if _fits(schema, SHAPE) else _misshapen(schema, SHAPE, "it")


def _fits(value: Any, shape: Any) -> bool:
    """Whether a parsed JSON value has the documented form. A schema has thousands of members, so their places are only determined if not."""
    if isinstance(shape, type):
        return isinstance(value, shape)
    if isinstance(shape, dict):
        return _all_fit([value], shape)
    if not isinstance(value, list):
        return False
    inside = shape[0]
    return _all_fit(value, inside) if isinstance(inside, dict) else all(_fits(member, inside) for member in value)


def _all_fit(objects: list[Any], shape: dict[str, Any]) -> bool:
    for found in objects:
        if not isinstance(found, dict):
            return False
        for name, inside in shape.items():
            member = found.get(name)
            if member is not None and not (isinstance(member, inside) if isinstance(inside, type) else _fits(member, inside)):
                return False
    return True


def _misshapen(value: Any, shape: Any, place: str) -> str | None:
    """The first member whose type is not the documented one, as the end of a message."""
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
        return next(filter(None, (_misshapen(member, shape[0], f"{place}[{number}]") for number, member in enumerate(value))), None)
    return None


_KINDS: dict[Any, str] = {dict: "an object", list: "a list", str: "a text", int: "a number"}


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "a boolean"
    return next((name for kind, name in _KINDS.items() if isinstance(value, kind)), "something else")


def user_rule(schema: Schema) -> Rule | None:
    """The rule that synchronizes users. It is found by its own name, because directory names differ by the age of the job."""
    rules = schema.get("synchronizationRules") or []
    return next((rule for rule in rules if rule.get("name") == RULE), rules[0] if len(rules) == 1 else None)


def user_mapping(schema: Schema) -> ObjectMapping | None:
    """The object mapping of users: it has the matching attribute. Its name differs by the age of the job."""
    rule = user_rule(schema)
    for mapping in (rule.get("objectMappings") if rule else None) or ():
        if any(row.get("targetAttributeName") == MATCHING for row in mapping.get("attributeMappings") or ()):
            return mapping
    return None


def group_mapping(schema: Schema) -> ObjectMapping | None:
    """The object mapping of groups, by its name. If it was renamed: the only one from groups to groups that maps attributes; the nameless
    mappings of the service have none.
    """
    rule = user_rule(schema)
    listed = (rule.get("objectMappings") if rule else None) or []
    named = [mapping for mapping in listed if mapping.get("name") in GROUPS]
    if named:
        return named[0]
    kind = [
        mapping for mapping in listed if mapping.get("sourceObjectName") == mapping.get("targetObjectName") == "Group" and rows(mapping)
    ]
    return kind[0] if len(kind) == 1 else None


def rows(mapping: ObjectMapping) -> dict[str, Row]:
    """The attribute mappings by target attribute."""
    listed = mapping.get("attributeMappings") or ()
    return {row["targetAttributeName"]: row for row in listed if row.get("targetAttributeName")}


def definitions(schema: Schema, side: Side, mapping: ObjectMapping | None = None) -> dict[str, Mapping[str, Any]]:
    """The attribute definitions on one ``side``, ``source`` or ``target``, by name; empty if the schema lists none. They are those of the
    objects of ``mapping``, by default of users.
    """
    listed = [definition for found in _objects(schema, side, mapping) for definition in found.get("attributes") or ()]
    return {definition["name"]: definition for definition in listed if definition.get("name")}


def with_definition(schema: Schema, side: Side, attribute: str, mapping: ObjectMapping | None = None) -> Schema:
    """A copy of the schema that defines a directory extension on one side, if the schema lists the objects of that side (fact F97).

    The given schema is not changed. Only the path to the new definition is copied, because directories are large. ``mapping`` is as in
    `definitions`.
    """
    place = next(_objects(schema, side, mapping), None)
    definition = {
        "name": attribute,
        "type": "String",
        "mutability": "ReadWrite",
        "multivalued": False,
        "required": False,
        "caseExact": False,
        "anchor": False,
    }

    def extended(found: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**found, "attributes": [*(found.get("attributes") or ()), definition]} if found is place else found

    directories = [
        {**directory, "objects": [extended(found) for found in directory["objects"]]} if directory.get("objects") else directory
        for directory in schema.get("directories") or ()
    ]
    return {**schema, "directories": directories} if place is not None else {**schema}


def _objects(schema: Schema, side: Side, mapping: ObjectMapping | None) -> Iterator[Mapping[str, Any]]:
    rule, mapping = user_rule(schema), mapping or user_mapping(schema)
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
            yield from (found for found in directory.get("objects") or () if found.get("name") == names[1])


def flows(mapping: ObjectMapping) -> list[str]:
    """The target actions, as the option ``target_actions`` names them. The service writes them with or without blanks (fact F85)."""
    listed = {flow_type.strip() for flow_type in str(mapping.get("flowTypes") or "").split(",")}
    return [action for action, flow_type in FLOWS.items() if flow_type in listed]


def flow_types(actions: list[str], like: str | None) -> str:
    """Target actions as the service writes them, with blanks unless ``like``, the current text, has none."""
    separator = "," if like and ", " not in like and "," in like else ", "
    return separator.join(FLOWS[action] for action in FLOWS if action in actions)


def shown(row: Row) -> MappingRow:
    """An attribute mapping in the form of the option ``mappings``."""
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
    """The meaning of a row, for comparisons: an empty default is no default, a missing flow type is ``Always``, the case of a boolean
    constant is ignored.
    """
    meaning = source_meaning(row.get("source"))
    if meaning and meaning[0] == "constant" and str(meaning[1]).lower() in ("true", "false"):
        meaning = ("constant", str(meaning[1]).lower())
    return (meaning, row.get("flowType") or "Always", row.get("defaultValue") or "", row.get("matchingPriority") or 0)


def rules_meaning(schema: Schema) -> Any:
    """The parts of a schema that determine which users and attributes are synchronized, without versions, ids and order (fact F56)."""
    return [
        (rule.get("name"), [_mapping_meaning(mapping) for mapping in rule.get("objectMappings") or ()])
        for rule in schema.get("synchronizationRules") or ()
    ]


def _mapping_meaning(mapping: ObjectMapping) -> tuple[Any, ...]:
    return (
        mapping.get("sourceObjectName"),
        mapping.get("targetObjectName"),
        bool(mapping.get("enabled")),
        flows(mapping),
        without_empty(mapping.get("scope")),
        sorted((target, row_meaning(row)) for target, row in rows(mapping).items()),
    )


def other_rules(schema: Schema, *managed: ObjectMapping | None) -> dict[str, Any]:
    """The object mappings beside the managed ones, such as the one of groups, with a digest of what each means. Several can be of the same
    objects: the service has mappings without a name (fact F84).
    """
    others: dict[str, Any] = {}
    for rule in schema.get("synchronizationRules") or ():
        for mapping in rule.get("objectMappings") or ():
            if any(mapping is known for known in managed):
                continue
            name = f"{rule.get('name')}: {mapping.get('sourceObjectName')} to {mapping.get('targetObjectName')}"
            name += f" ({mapping['name']})" if mapping.get("name") else ""
            same = sum(other.partition(" #")[0] == name for other in others)
            others[f"{name} #{same + 1}" if same else name] = {
                "enabled": bool(mapping.get("enabled")),
                "target_actions": flows(mapping),
                "rules": hashlib.sha256(json.dumps(_mapping_meaning(mapping), sort_keys=True).encode()).hexdigest()[:16],
            }
    return others


def copied(value: Any) -> Any:
    """A copy of a parsed JSON value, faster than `copy.deepcopy`. Most members of a schema are texts, which need no call."""
    if isinstance(value, dict):
        return {name: copied(member) if isinstance(member, (dict, list)) else member for name, member in value.items()}
    return [copied(member) for member in value] if isinstance(value, list) else value


def without_empty(value: Any) -> Any:
    """A value without its empty members: the service leaves them out or writes them as null."""
    if isinstance(value, Mapping):
        members = {key: without_empty(member) for key, member in value.items() if not key.startswith("@")}
        return {key: member for key, member in members.items() if member not in (None, [], {})}
    if isinstance(value, list):
        return [without_empty(member) for member in value]
    return value
