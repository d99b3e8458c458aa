# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a schema's object mapping of users says, as `model.Rules`, and which attributes they read and write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..mapping.default_schema import MATCHING, SOFT_DELETED
from ..mapping.expression import attributes, source_meaning
from ..mapping.types import ObjectMapping
from .model import Clause, FilterGroup, Row, Rules

MANAGER = "manager"
"""It refers to another user, so it is not computed from one user's attributes (fact F99)."""
_NOT_VALUES = (MATCHING, SOFT_DELETED, MANAGER)
ALWAYS_READ = frozenset({"accountEnabled", "userPrincipalName", "mail"})
BUILT_IN = frozenset({"alternativeSecurityIds", "userState"})
"""What the built-in filter reads (fact F102). Graph does not show it; `SourceUser.external` stands for it."""


@dataclass(frozen=True)
class Needs:
    """The attributes that rules read in the source and write in the target, by the names of the schema (fact F97)."""

    source: frozenset[str]
    target: frozenset[str]


def rules_of(mapping: ObjectMapping) -> Rules:
    """The rules of an object mapping as Graph holds it."""
    rows = [row for row in mapping.get("attributeMappings") or () if row.get("targetAttributeName")]
    scope = mapping.get("scope") or {}
    return Rules(
        rows=tuple(_row(row) for row in rows if row["targetAttributeName"] not in _NOT_VALUES),
        filters=tuple(_groups(scope.get("groups"))),
        input_filters=tuple(_groups(scope.get("inputFilterGroups"))),
        flows=frozenset(flow.strip() for flow in str(mapping.get("flowTypes") or "").split(",") if flow.strip()),
        enabled=bool(mapping.get("enabled", True)),
        soft_deletes=any(row["targetAttributeName"] == SOFT_DELETED for row in rows),
    )


def needed(*rules: Rules) -> Needs:
    """The attributes that any of these rules need."""
    source = {name for given in rules for name in _read(given)} - BUILT_IN
    return Needs(frozenset(source) | ALWAYS_READ, frozenset(row.target for given in rules for row in given.rows))


def _read(rules: Rules) -> Iterator[str]:
    for row in rules.rows:
        yield from attributes(row.meaning)
    for group in (*rules.filters, *rules.input_filters):
        yield from (clause.attribute for clause in group.clauses)


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        target=row["targetAttributeName"],
        meaning=source_meaning(row.get("source")),
        flow=row.get("flowType") or "Always",
        default=row.get("defaultValue") or None,
        flow_always=row.get("flowBehavior") == "FlowAlways",
    )


def _groups(groups: Any) -> Iterator[FilterGroup]:
    for group in groups or ():
        yield FilterGroup(str(group.get("name") or ""), tuple(_clause(clause) for clause in group.get("clauses") or ()))


def _clause(clause: Mapping[str, Any]) -> Clause:
    values = (clause.get("targetOperand") or {}).get("values") or ()
    return Clause(str(clause.get("sourceOperandName") or ""), str(clause.get("operatorName") or ""), tuple(str(value) for value in values))
