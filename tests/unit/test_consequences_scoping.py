# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scoping filters: what each operator does, what is left open, and how clauses and groups are combined (facts F100-F104, F172)."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import (
    Clause,
    FilterGroup,
    SourceUser,
    Switches,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.scoping import passes, passes_all

ANYWHERE, WHOLE, OPEN = Switches(regex_anywhere=True), Switches(regex_anywhere=False), Switches()


def user(**attributes: Any) -> SourceUser:
    return SourceUser("id", "minsu.kim@contoso.kr", attributes, unread=frozenset({"unread"}))


def group(name: str, *clauses: Clause) -> FilterGroup:
    return FilterGroup(name, clauses)


HOLDS: list[tuple[Any, str, tuple[str, ...], bool | None]] = [
    ("Sales", "EQUALS", ("Sales",), True),
    ("sales", "EQUALS", ("Sales",), False),
    ("Sales", "EQUALS", ("People", "Sales"), True),
    (None, "EQUALS", ("Sales",), False),
    ("", "EQUALS", ("",), False),
    ("Sales", "equals", ("Sales",), None),
    ("Sales", "NOT EQUALS", ("Sales",), False),
    ("People", "NOT EQUALS", ("Sales",), True),
    (None, "NOT EQUALS", ("Sales",), False),
    ("Sales", "NOT EQUALS", ("Sales", "People"), None),
    ("IT", "NOT EQUALS", ("Sales", "People"), True),
    ("Sales Ops", "REGEX MATCH", ("Sales.*",), True),
    ("Sales Ops", "REGEX MATCH", ("Sales",), None),
    ("IT", "REGEX MATCH", ("Sales",), False),
    ("1500000", "REGEX MATCH", ("(1[0-9][0-9][0-9][0-9][0-9][0-9])",), True),
    ("a@domain.com", "REGEX MATCH", (r".*\@domain.com",), True),
    ("a@domain.com", "NOT REGEX MATCH", (r".*\@domain.com",), False),
    ("a@other.com", "NOT REGEX MATCH", (r".*\@domain.com",), True),
    (None, "NOT REGEX MATCH", (".*",), False),
    ("x", "REGEX MATCH", (r"\p{L}",), None),
    ("x", "REGEX MATCH", ("(",), None),
    ("x", "REGEX MATCH", ("(?<name>x)",), True),
    ("a@contoso.kr", "ENDS_WITH", ("@contoso.kr",), True),
    ("a@CONTOSO.kr", "ENDS_WITH", ("@contoso.kr",), False),
    ("Sales Ops", "Includes", ("Ops",), True),
    ("Sales Ops", "INCLUDES", ("ops",), False),
    ("42", "Greater_Than", ("7",), True),
    ("7", "Greater_Than", ("7",), False),
    ("7", "Greater_Than_OR_EQUALS", ("7",), True),
    ("7", "GREATER_THAN_OR_EQUALS", ("8",), False),
    ("C7", "Greater_Than", ("7",), None),
    ("-1", "Greater_Than", ("0",), None),
    (None, "Greater_Than", ("0",), False),
    ("x", "IS NULL", (), False),
    (None, "IS NULL", (), True),
    ("", "IS NULL", (), True),
    ("x", "IS NOT NULL", (), True),
    (None, "IS NOT NULL", (), False),
    (True, "IS TRUE", (), True),
    (False, "IS TRUE", (), False),
    (None, "IS TRUE", (), False),
    (False, "IS FALSE", (), True),
    (None, "IS FALSE", (), False),
    ("true", "IS TRUE", (), None),
    ("yes", "IS TRUE", (), False),
    (True, "EQUALS", ("True",), True),
    (True, "EQUALS", ("true",), None),
    (True, "EQUALS", ("False",), False),
    ("x", "&", ("y",), False),
    ("x", "!&", ("y",), True),
    ("x", "&", ("xy",), None),
    ("6", "&", ("2",), None),
    ("2", "&", ("2",), True),
    ("x", "IsMemberOf", ("y",), None),
    (["x"], "EQUALS", ("x",), None),
]


@pytest.mark.parametrize(("value", "operator", "values", "wanted"), HOLDS)
def test_an_operator(value: Any, operator: str, values: tuple[str, ...], wanted: bool | None) -> None:
    attributes = {} if value is None else {"department": value}
    found = passes((group("Staff", Clause("department", operator, values)),), user(**attributes), OPEN)
    assert found.in_scope is wanted, found
    assert ("department" in found.reason) is (wanted is not True)


def test_what_was_not_read_is_not_known() -> None:
    found = passes((group("Staff", Clause("unread", "IS NULL")),), user(), OPEN)
    assert found.in_scope is None
    assert found.reason == "filter Staff: unread IS NULL: unread cannot be read"


@pytest.mark.parametrize(("switches", "wanted"), [(ANYWHERE, True), (WHOLE, False), (OPEN, None)])
def test_a_pattern_may_match_a_part_or_not(switches: Switches, wanted: bool | None) -> None:
    clause = Clause("department", "REGEX MATCH", ("Sales",))
    assert passes((group("Staff", clause),), user(department="Sales Ops"), switches).in_scope is wanted
    negated = Clause("department", "NOT REGEX MATCH", ("Sales",))
    opposite = None if wanted is None else not wanted
    assert passes((group("Staff", negated),), user(department="Sales Ops"), switches).in_scope is opposite


YES, NO = Clause("country", "EQUALS", ("KR",)), Clause("country", "EQUALS", ("US",))
MAYBE = Clause("unread", "EQUALS", ("x",))


@pytest.mark.parametrize(
    ("groups", "one", "every"),
    [
        ((), True, True),
        (((YES,),), True, True),
        (((YES, NO),), False, False),
        (((YES, MAYBE),), None, None),
        (((NO, MAYBE),), False, False),
        (((MAYBE, NO),), False, False),
        (((NO,), (YES,)), True, False),
        (((MAYBE,), (YES,)), True, None),
        (((MAYBE,), (NO,)), None, False),
        (((),), None, None),
    ],
)
def test_clauses_and_groups(groups: tuple[tuple[Clause, ...], ...], one: bool | None, every: bool | None) -> None:
    named = tuple(group(f"Filter {number}", *clauses) for number, clauses in enumerate(groups))
    assert passes(named, user(country="KR"), OPEN).in_scope is one
    assert passes_all(named, user(country="KR"), OPEN).in_scope is every


def test_the_reason_names_the_clause_of_each_filter() -> None:
    named = tuple(group(f"Filter {number}", YES, NO) for number in range(5))
    assert passes(named[:1], user(country="KR"), OPEN).reason == "filter Filter 0: country EQUALS 'US' does not hold"
    assert passes(named, user(country="KR"), OPEN).reason.endswith("filter Filter 2: country EQUALS 'US' does not hold; and 2 more")
