# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Scoping filters as readable data: a user must pass at least one filter, and all clauses of that filter (fact F100)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...plan import Refusal
from . import patterns
from .types import Clause, Filter, Filters, ObjectMapping

UNARY = ("IS NULL", "IS NOT NULL", "IS TRUE", "IS FALSE")
BINARY = ("EQUALS", "NOT EQUALS", "REGEX MATCH", "NOT REGEX MATCH", "ENDS_WITH", "&", "!&")
UNCONFIRMED = tuple(name for known in ("Greater_Than", "Greater_Than_OR_EQUALS", "Includes") for name in (known, known.upper()))
"""Operators whose spelling only a job's own list of operators shows (fact F103)."""
UNFILTERABLE = ("userType", "manager", "members", "appRoleAssignments", "IsMemberOf")
"""Attributes that a filter cannot use (fact F100)."""


def shown(mapping: ObjectMapping) -> Filters:
    """The filters of an object mapping in the form of the option ``filters``. The built-in input filter is not among them."""
    scope = mapping.get("scope") or {}
    return [
        {"name": group.get("name") or "", "clauses": [_clause(clause) for clause in group.get("clauses") or ()]}
        for group in scope.get("groups") or ()
    ]


def from_options(filters: Sequence[Mapping[str, Any]]) -> Filters:
    """The option ``filters`` in the same form as `shown`.

    :raises Refusal: if a filter or a clause lacks a member; the message names both.
    """
    return [_filter_from_option(number, option) for number, option in enumerate(filters, 1)]


def _filter_from_option(number: int, option: Mapping[str, Any]) -> Filter:
    name = _text(option, "name", f"filter {number}")
    clauses = option.get("clauses") or ()
    if not clauses:
        raise Refusal(f"filter {name!r} has no clauses; a filter without clauses excludes all users")
    return {
        "name": name,
        "clauses": [
            {
                "attribute": _text(clause, "attribute", f"filter {name!r}, clause {place}"),
                "operator": _text(clause, "operator", f"filter {name!r}, clause {place}"),
                "values": list(clause.get("values") or ()),
            }
            for place, clause in enumerate(clauses, 1)
        ],
    }


def _text(option: Mapping[str, Any], member: str, where: str) -> str:
    value = option.get(member)
    if value is None or not str(value).strip():
        raise Refusal(f"{where} has no {member}; give one")
    return str(value)


def check(filters: Filters, operators: Collection[str], attributes: Mapping[str, Mapping[str, Any]]) -> None:
    """Reject filters that the service would refuse, or that can never match.

    ``operators`` are the names of the job's own list, empty without a job. ``attributes`` are the definitions of the source by name.

    :raises Refusal: for the first such clause; the message names the filter and the attribute.
    """
    for group in filters:
        for clause in group["clauses"]:
            _check_clause(f"filter {group['name']!r}, attribute {clause['attribute']!r}", clause, operators, attributes)


def _check_clause(where: str, clause: Clause, operators: Collection[str], attributes: Mapping[str, Mapping[str, Any]]) -> None:
    name, operator, values = clause["attribute"], clause["operator"], clause["values"]
    known = operators or (*UNARY, *BINARY, *UNCONFIRMED)
    if operator not in known:
        raise Refusal(f"{where}: there is no operator {operator!r}; the service supports {', '.join(sorted(known))}")
    definition = attributes.get(name, {})
    if name in UNFILTERABLE or definition.get("multivalued") or definition.get("type") in ("Reference", "DateTime"):
        raise Refusal(f"{where}: the service cannot filter by this attribute")
    if operator in UNARY and values:
        raise Refusal(f"{where}: {operator} takes no values")
    if operator in UNARY:
        return
    if not values:
        raise Refusal(f"{where}: {operator} needs values to compare with")
    if "" in values:
        # No comparison holds for an attribute without a value (fact F100).
        raise Refusal(f"{where}: {operator} cannot compare with an empty text; use IS NULL or IS NOT NULL")
    for value in values if operator in ("REGEX MATCH", "NOT REGEX MATCH") else ():
        problem = patterns.problem(value)
        if problem:
            raise Refusal(f"{where}: {value!r} is not a valid regular expression: {problem}")


def to_graph(filters: Filters) -> list[dict[str, Any]]:
    """The filters as Graph holds them."""
    return [
        {
            "name": group["name"],
            "clauses": [
                {
                    "sourceOperandName": clause["attribute"],
                    "operatorName": clause["operator"],
                    "targetOperand": {"values": clause["values"]},
                }
                for clause in group["clauses"]
            ],
        }
        for group in filters
    ]


def _clause(raw: Any) -> Clause:
    operand = raw.get("targetOperand") or {}
    return {
        "attribute": raw.get("sourceOperandName"),
        "operator": raw.get("operatorName"),
        "values": list(operand.get("values") or ()),
    }
