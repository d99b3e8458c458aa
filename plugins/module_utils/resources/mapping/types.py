# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The shapes of mappings: as Graph holds them (fact F84), and in the form of the options, which results have as well."""

from __future__ import annotations

from typing import Any, TypedDict


class Source(TypedDict, total=False):
    """Where the value of an attribute comes from, as Graph holds it."""

    type: str
    name: str | None
    expression: str | None
    parameters: list[Any]


class Row(TypedDict, total=False):
    """An attribute mapping as Graph holds it. `MappingRow` is the same in the form of the options."""

    targetAttributeName: str
    source: Source | None
    flowType: str
    flowBehavior: str
    defaultValue: str | None
    matchingPriority: int
    exportMissingReferences: bool


class ObjectMapping(TypedDict, total=False):
    """The mapping of one kind of object, such as users."""

    name: str
    sourceObjectName: str
    targetObjectName: str
    enabled: bool
    flowTypes: str
    scope: dict[str, Any] | None
    attributeMappings: list[Row]


class Rule(TypedDict, total=False):
    """A synchronization rule: the mappings from one directory to another."""

    id: str
    name: str
    sourceDirectoryName: str
    targetDirectoryName: str
    objectMappings: list[ObjectMapping]


class Schema(TypedDict, total=False):
    """A job's schema as Graph holds it. Any member can be missing; there are others, which are sent back unchanged."""

    id: str
    version: str
    synchronizationRules: list[Rule]
    directories: list[dict[str, Any]]


class Clause(TypedDict):
    """A condition of a filter, in the form of the option ``filters``."""

    attribute: str
    operator: str
    values: list[str]


class Filter(TypedDict):
    """A scoping filter in the form of the option ``filters``: all of its clauses must hold."""

    name: str
    clauses: list[Clause]


Filters = list[Filter]


class _Target(TypedDict):
    target: str


class MappingRow(_Target, total=False):
    """An attribute mapping in the form of the option ``mappings``, which results have as well. It has at most one of the three sources.
    ``state`` is in options only, never in results.
    """

    source: str | None
    constant: str | None
    expression: str | None
    default: str | None
    apply: str | None
    state: str


class Shown(TypedDict):
    """The mappings of users and groups in the form of the options. ``mappings`` and ``group_mappings`` are by target attribute."""

    mappings: dict[str, MappingRow]
    filters: Filters
    target_actions: list[str]
    groups: bool | None
    """``None`` if the schema has no mapping of groups."""
    group_mappings: dict[str, MappingRow]


class TriedChange(TypedDict):
    """An attribute before and after the change of the mappings. ``unknown`` is why the value after it is not known."""

    attribute: str
    before: Any
    after: Any
    unknown: str | None


class Tried(TypedDict):
    """The changed attributes of a user, as ``sync_mapping`` returns them."""

    user_principal_name: str
    changes: list[TriedChange]
    warnings: list[str]
