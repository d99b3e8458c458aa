# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that an object mapping of a schema contains, and the attributes that they need (facts F84-F87, F92)."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import Clause, FilterGroup, Row
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.rules import needed, rules_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import DIRECT, default_schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.schema import user_mapping

DEFAULT: Any = user_mapping(default_schema())
BUILT_IN = {
    "name": "Filter external users",
    "clauses": [
        {"sourceOperandName": "alternativeSecurityIds", "operatorName": "EQUALS", "targetOperand": {"values": ["None"]}},
        {"sourceOperandName": "userState", "operatorName": "NOT EQUALS", "targetOperand": {"values": ["PendingAcceptance"]}},
    ],
}


def changed(**members: Any) -> Any:
    """The default mapping with other members."""
    return {**DEFAULT, **members}


def test_the_default_schema() -> None:
    rules = rules_of(DEFAULT)
    targets = [row.target for row in rules.rows]
    # The matching row, IsSoftDeleted and the manager are no values that are computed from one user.
    assert targets == [*(name for name in DIRECT if name not in ("IsSoftDeleted", "manager")), "showInAddressList", "userType"]
    assert rules.rows[-1] == Row("userType", ("constant", "Member"), "ObjectAddOnly")
    assert (rules.flows, rules.enabled, rules.soft_deletes) == (frozenset({"Add", "Update", "Delete"}), True, True)


@pytest.mark.parametrize(
    ("flow_types", "flows"),
    [("Add, Update, Delete", {"Add", "Update", "Delete"}), ("Add,Update", {"Add", "Update"}), ("", set()), (None, set())],
)
def test_target_actions_with_and_without_blanks(flow_types: str | None, flows: set[str]) -> None:
    assert rules_of(changed(flowTypes=flow_types)).flows == flows


def test_filters_and_the_built_in_filter() -> None:
    unary = {"sourceOperandName": "department", "operatorName": "IS NOT NULL", "targetOperand": None}
    scope = {"groups": [{"name": "Staff", "clauses": [unary]}], "inputFilterGroups": [BUILT_IN], "categoryFilterGroups": []}
    rules = rules_of(changed(scope=scope))
    assert rules.filters == (FilterGroup("Staff", (Clause("department", "IS NOT NULL"),)),)
    assert rules.input_filters[0].clauses[0] == Clause("alternativeSecurityIds", "EQUALS", ("None",))


def test_rows_of_all_kinds() -> None:
    rows: list[Any] = [
        {"targetAttributeName": "city", "source": None, "defaultValue": "Seoul"},
        {"targetAttributeName": "state", "source": {"type": "Attribute", "name": "state"}, "flowBehavior": "FlowAlways"},
        {"targetAttributeName": "country", "source": {"type": "Function", "expression": "ToUpper([country])"}, "defaultValue": ""},
    ]
    assert rules_of(changed(attributeMappings=rows)).rows == (
        Row("city", None, default="Seoul"),
        Row("state", ("attribute", "state"), flow_always=True),
        Row("country", ("function", "toupper", (("attribute", "country"),))),
    )


def test_without_the_row_that_carries_deletions_over() -> None:
    rows = [row for row in DEFAULT["attributeMappings"] if row["targetAttributeName"] != "IsSoftDeleted"]
    assert rules_of(changed(attributeMappings=rows)).soft_deletes is False


def test_the_attributes_that_are_needed() -> None:
    suffix: Any = {"targetAttributeName": "displayName", "source": {"type": "Function", "expression": 'Append([givenName], "!")'}}
    staff = {"name": "Staff", "clauses": [{"sourceOperandName": "companyName", "operatorName": "IS NULL"}]}
    before = rules_of(changed(attributeMappings=[suffix], scope={"inputFilterGroups": [BUILT_IN]}))
    after = rules_of(changed(attributeMappings=[], scope={"groups": [staff]}))
    needs = needed(before, after)
    assert needs.source == {"givenName", "companyName", "accountEnabled", "userPrincipalName", "mail"}
    assert needs.target == {"displayName"}
