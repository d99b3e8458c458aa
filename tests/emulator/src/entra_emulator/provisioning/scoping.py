# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scoping filters: ``scope.groups`` and ``scope.inputFilterGroups`` of an object mapping (F100)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entra_emulator.provisioning.functions import is_empty, text

Json = dict[str, Any]

UNARY = ("IS NULL", "IS NOT NULL", "IS TRUE", "IS FALSE")
BINARY = ("EQUALS", "NOT EQUALS", "REGEX MATCH", "NOT REGEX MATCH", "ENDS_WITH", "&", "!&")
UNCERTAIN = {
    "portal": ("Greater_Than", "Greater_Than_OR_EQUALS", "Includes"),
    "upper": ("GREATER_THAN", "GREATER_THAN_OR_EQUALS", "INCLUDES"),
}
"""The three operators whose literals are unverified (F103), by the switch ``operator_literals``."""

UNFILTERABLE = frozenset(
    ["userType", "manager", "members", "appRoleAssignments", "employeeHireDate", "employeeLeaveDateTime", "otherMails", "proxyAddresses"]
)
"""Attributes that scoping filters do not support: multi-valued, references, dates, userType (F100)."""


def operators(literals: str) -> frozenset[str]:
    """Every operator name that a filter may use."""
    return frozenset((*UNARY, *BINARY, *UNCERTAIN[literals]))


@dataclass(frozen=True)
class Verdict:
    """Whether a filter passed, and each clause's outcome keyed as the logs show it (F132)."""

    passed: bool
    results: dict[str, bool]


def _integers(value: Any, operand: str) -> tuple[int, int] | None:
    try:
        return int(text(value)), int(operand)
    except ValueError:
        return None


def _matches(pattern: str, value: str, how: str) -> bool:
    """The pattern may match anywhere in the value (inferred from .NET's Regex.IsMatch), or has to match all of it (the switch
    ``regex_match``). A bad pattern matches nothing."""
    try:
        return (re.search if how == "anywhere" else re.fullmatch)(pattern, value) is not None
    except re.error:
        return False


def _binary(operator: str, value: Any, operand: str, regex_match: str) -> bool:
    """One operand against one value that is not empty; strings compare with their case."""
    written = text(value)
    if operator in ("EQUALS", "NOT EQUALS"):
        return (written == operand) == (operator == "EQUALS")
    if operator == "REGEX MATCH":
        return _matches(operand, written, regex_match)
    if operator == "NOT REGEX MATCH":
        return not _matches(operand, written, regex_match)
    if operator == "ENDS_WITH":
        return written.endswith(operand)
    if operator.upper() == "INCLUDES":
        return operand in written
    pair = _integers(value, operand)
    if pair is None:
        return False
    if operator in ("&", "!&"):
        return bool(pair[0] & pair[1]) == (operator == "&")
    return pair[0] > pair[1] if operator.upper() == "GREATER_THAN" else pair[0] >= pair[1]


def clause_passes(clause: Json, attributes: Mapping[str, Any], regex_match: str = "anywhere") -> bool:
    """One clause. Every operator is false on null and empty, except IS NULL (F100)."""
    operator, value = clause["operatorName"], attributes.get(clause["sourceOperandName"])
    if operator == "IS NULL":
        return is_empty(value)
    if is_empty(value):
        return False
    if operator == "IS NOT NULL":
        return True
    if operator in ("IS TRUE", "IS FALSE"):
        return text(value).lower() == ("true" if operator == "IS TRUE" else "false")
    return any(_binary(operator, value, operand, regex_match) for operand in operands(clause))


def operands(clause: Json) -> list[str]:
    """The clause's right-hand values; unary clauses have none."""
    return [text(value) for value in (clause.get("targetOperand") or {}).get("values") or []]


def _label(group: Json, clause: Json) -> str:
    """``<group>.<attribute> <OPERATOR> '<value>'``, the key in ScopeEvaluationResult (F132)."""
    values = operands(clause)
    right = f" '{values[0]}'" if values else ""
    return f"{group.get('name') or ''}.{clause['sourceOperandName']} {clause['operatorName']}{right}"


def _groups(groups: list[Json], attributes: Mapping[str, Any], regex_match: str) -> tuple[list[bool], dict[str, bool]]:
    passed: list[bool] = []
    results: dict[str, bool] = {}
    for group in groups:
        outcome = {_label(group, clause): clause_passes(clause, attributes, regex_match) for clause in group.get("clauses") or []}
        results |= outcome
        passed.append(all(outcome.values()))
    return passed, results


def evaluate(scope: Json | None, attributes: Mapping[str, Any], regex_match: str = "anywhere") -> Verdict:
    """The user's own filters: clauses of a group are ANDed, groups ORed; without a group, every user passes."""
    passed, results = _groups((scope or {}).get("groups") or [], attributes, regex_match)
    return Verdict(any(passed) if passed else True, results)


def evaluate_input(scope: Json | None, attributes: Mapping[str, Any], regex_match: str = "anywhere") -> Verdict:
    """The built-in input filter. Inferred: every group must pass, for otherwise two groups would let external people through."""
    passed, results = _groups((scope or {}).get("inputFilterGroups") or [], attributes, regex_match)
    return Verdict(all(passed), results)


def graph_operators(literals: str, name_key: str = "id") -> list[Json]:
    """`filterOperatorSchema` objects as ``GET .../schema/filterOperators`` lists them (F89), their names under `name_key`."""
    types = {name: ["Boolean"] for name in ("IS TRUE", "IS FALSE")}
    types |= {name: ["Integer", "String", "Binary", "Boolean"] for name in ("IS NULL", "IS NOT NULL")}
    types |= {name: ["Integer"] for name in ("&", "!&", *UNCERTAIN[literals][:2])}
    types |= {name: ["String"] for name in ("ENDS_WITH", UNCERTAIN[literals][2])}
    return [
        {
            name_key: name,
            "arity": "Unary" if name in UNARY else "Binary",
            "multivaluedComparisonType": "All",
            "supportedAttributeTypes": types.get(name, ["Integer", "String"]),
        }
        for name in sorted(operators(literals))
    ]
