# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The synchronization schema as a request body (fact F84)."""

from __future__ import annotations

from typing import Any, Literal

from .bodies import Body, StringPair

FLOW_TYPES = frozenset({"None", "Add", "Update", "Delete"})


class Source(Body):
    type: Literal["Attribute", "Constant", "Function"] | None = None
    name: str | None = None
    expression: str | None = None
    parameters: list[SourceParameter] | None = None


class SourceParameter(Body):
    key: str | None = None
    value: Source | None = None


class AttributeMapping(Body):
    targetAttributeName: str
    matchingPriority: int = 0
    flowType: Literal["Always", "ObjectAddOnly", "MultiValueAddOnly", "ValueAddOnly", "AttributeAddOnly"] = "Always"
    flowBehavior: Literal["FlowWhenChanged", "FlowAlways"] = "FlowWhenChanged"
    defaultValue: str | None = None
    exportMissingReferences: bool = False
    source: Source | None = None


class Operand(Body):
    values: list[str] | None = None


class Clause(Body):
    sourceOperandName: str | None = None
    operatorName: str | None = None
    targetOperand: Operand | None = None


class FilterGroup(Body):
    name: str | None = None
    clauses: list[Clause] | None = None


class Filter(Body):
    groups: list[FilterGroup] | None = None
    categoryFilterGroups: list[FilterGroup] | None = None
    inputFilterGroups: list[FilterGroup] | None = None


class ObjectMapping(Body):
    name: str | None = None
    enabled: bool = True
    flowTypes: str = "Add, Update, Delete"
    sourceObjectName: str | None = None
    targetObjectName: str | None = None
    scope: Filter | None = None
    metadata: list[StringPair] | None = None
    attributeMappings: list[AttributeMapping] | None = None


class ContainerFilter(Body):
    includedContainers: list[str] | None = None


class GroupFilter(Body):
    includedGroups: list[str] | None = None


class Rule(Body):
    id: str | None = None
    name: str | None = None
    priority: int = 1
    editable: bool = True
    sourceDirectoryName: str | None = None
    targetDirectoryName: str | None = None
    containerFilter: ContainerFilter | None = None
    groupFilter: GroupFilter | None = None
    metadata: list[StringPair] | None = None
    objectMappings: list[ObjectMapping] | None = None


class ReferencedObject(Body):
    referencedObjectName: str | None = None
    referencedProperty: str | None = None


class AttributeDefinition(Body):
    name: str
    type: Literal["String", "Integer", "Reference", "Binary", "Boolean", "DateTime"] = "String"
    required: bool = False
    multivalued: bool = False
    caseExact: bool = False
    anchor: bool = False
    mutability: Literal["ReadWrite", "ReadOnly", "Immutable", "WriteOnly"] = "ReadWrite"
    defaultValue: str | None = None
    flowNullValues: bool = False
    apiExpressions: list[StringPair] | None = None
    metadata: list[StringPair] | None = None
    referencedObjects: list[ReferencedObject] | None = None


class ObjectDefinition(Body):
    name: str
    supportedApis: list[str] | None = None
    metadata: list[StringPair] | None = None
    attributes: list[AttributeDefinition] | None = None


class Directory(Body):
    id: str | None = None
    name: str
    readOnly: bool = False
    version: str | None = None
    discoverabilities: str | None = None
    discoveryDateTime: str | None = None
    objects: list[ObjectDefinition] | None = None


class Schema(Body):
    """The whole schema; PUT replaces it."""

    id: str | None = None
    version: str | None = None
    provisioningTaskIdentifier: str | None = None
    synchronizationRules: list[Rule]
    directories: list[Directory] | None = None


DOCUMENTED = frozenset(
    name for model in list(vars().values()) if isinstance(model, type) and issubclass(model, Body) for name in model.model_fields
)
"""The names of all members that a schema may have."""


def flow_type_problems(schema: dict[str, Any]) -> list[str]:
    """Object mappings whose ``flowTypes`` is not a combination of the known flags."""
    problems = []
    for rule in schema.get("synchronizationRules") or []:
        for mapping in rule.get("objectMappings") or []:
            flags = {flag.strip() for flag in mapping.get("flowTypes", "").split(",")}
            if not flags <= FLOW_TYPES:
                problems.append(f"Invalid value '{mapping.get('flowTypes')}' for flowTypes of object mapping '{mapping.get('name')}'.")
    return problems
