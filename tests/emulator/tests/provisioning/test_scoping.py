# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scoping filters (fact F100)."""

from __future__ import annotations

from typing import Any

import pytest

from entra_emulator.provisioning import scoping


def clause(name: str, operator: str, *values: str) -> dict[str, Any]:
    return {"sourceOperandName": name, "operatorName": operator, "targetOperand": {"values": list(values)} if values else None}


PERSON = {"department": "Marketing", "empty": "", "level": "15", "accountEnabled": True, "mail": "a@contoso.kr"}


@pytest.mark.fact("F100", "Every operator; strings compare with their case, Greater_Than needs integers")
@pytest.mark.parametrize(
    ("name", "operator", "operand", "passes"),
    [
        ("department", "EQUALS", "Marketing", True),
        ("department", "EQUALS", "marketing", False),
        ("department", "NOT EQUALS", "Sales", True),
        ("department", "NOT EQUALS", "Marketing", False),
        ("department", "REGEX MATCH", "^Mark", True),
        ("department", "REGEX MATCH", "^mark", False),
        ("department", "REGEX MATCH", "(", False),
        ("department", "NOT REGEX MATCH", "^Sales", True),
        ("mail", "ENDS_WITH", "@contoso.kr", True),
        ("mail", "Includes", "contoso", True),
        ("level", "Greater_Than", "14", True),
        ("level", "Greater_Than", "15", False),
        ("level", "Greater_Than_OR_EQUALS", "15", True),
        ("department", "Greater_Than", "1", False),
        ("level", "&", "8", True),
        ("level", "!&", "16", True),
        ("accountEnabled", "IS TRUE", None, True),
        ("accountEnabled", "IS FALSE", None, False),
        ("department", "IS NULL", None, False),
        ("department", "IS NOT NULL", None, True),
    ],
)
def test_operators(name: str, operator: str, operand: str | None, passes: bool) -> None:
    """Comparison is case-sensitive, Greater_Than needs integers."""
    assert scoping.clause_passes(clause(name, operator, *([operand] if operand else [])), PERSON) is passes


@pytest.mark.fact("F100", "All operators are false on null and empty, except IS NULL")
@pytest.mark.parametrize("name", ["missing", "empty"])
@pytest.mark.parametrize("operator", sorted(scoping.operators("portal")))
def test_null_passes_only_is_null(name: str, operator: str) -> None:
    """All operators return false on null or empty except IS NULL, NOT EQUALS and NOT REGEX MATCH included."""
    values = [] if operator in scoping.UNARY else ["x"]
    assert scoping.clause_passes(clause(name, operator, *values), PERSON) is (operator == "IS NULL")


@pytest.mark.fact("F100", "Clauses of a group are ANDed, groups ORed")
def test_groups_or_and_clauses_and() -> None:
    marketing, sales = clause("department", "EQUALS", "Marketing"), clause("department", "EQUALS", "Sales")
    both = {"groups": [{"name": "g", "clauses": [marketing, sales]}]}
    either = {"groups": [{"name": "g", "clauses": [marketing]}, {"name": "h", "clauses": [sales]}]}
    assert not scoping.evaluate(both, PERSON).passed
    assert scoping.evaluate(either, PERSON).passed
    assert scoping.evaluate(either, PERSON).results == {"g.department EQUALS 'Marketing'": True, "h.department EQUALS 'Sales'": False}
    assert scoping.evaluate({"groups": []}, {}).passed


@pytest.mark.fact("F102", "The built-in filter in one group or in two (switch input_filter)")
def test_every_input_group_must_pass() -> None:
    """With the clauses in two groups an accepted guest still stays out (F102, inferred)."""
    groups = [{"name": "a", "clauses": [clause("x", "EQUALS", "None")]}, {"name": "b", "clauses": [clause("y", "NOT EQUALS", "P")]}]
    assert not scoping.evaluate_input({"inputFilterGroups": groups}, {"x": "external", "y": "Accepted"}).passed
    assert scoping.evaluate_input({"inputFilterGroups": groups}, {"x": "None", "y": "None"}).passed


@pytest.mark.fact("F104", "REGEX MATCH anywhere or on the whole value (switch regex_match)")
@pytest.mark.parametrize(("how", "passes"), [("anywhere", True), ("whole", False)])
def test_a_pattern_matches_anywhere_or_everything(how: str, passes: bool) -> None:
    """The switch regex_match (F104)."""
    assert scoping.clause_passes(clause("department", "REGEX MATCH", "arket"), PERSON, how) is passes
    assert scoping.clause_passes(clause("department", "NOT REGEX MATCH", "arket"), PERSON, how) is not passes
    assert scoping.clause_passes(clause("department", "REGEX MATCH", "Mark.*"), PERSON, how)
