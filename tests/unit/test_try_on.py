# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the value of a mapping that is tried on a user (facts F96, F177)."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.evaluate import Unknown
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.try_on import Change, cautions, longest


def change(target: str = "displayName", default: str | None = None) -> Change:
    return Change(target, None, {"targetAttributeName": target, "defaultValue": default}, longest(target, None))


class TestCautions:
    @pytest.mark.parametrize(
        ("target", "before", "after", "warning"),
        [
            ("displayName", "Kim", "Kim (Contoso)", None),
            (
                "displayName",
                "Kim (Contoso)",
                "Kim (Contoso) (Contoso)",
                "displayName ends twice with '(Contoso)': 'Kim (Contoso) (Contoso)'",
            ),
            ("displayName", "Kim", "Kim (Contoso)(Contoso)", "displayName ends twice with '(Contoso)': 'Kim (Contoso)(Contoso)'"),
            ("displayName", "Kim", "Kim [C] [C]", "displayName ends twice with '[C]': 'Kim [C] [C]'"),
            ("displayName", "Kim", "Kim (Sales) (Contoso)", None),
            ("displayName", "Kim", "Kim (Contoso) of (Contoso)", None),
            ("department", None, "D" * 64, None),
            ("department", None, "D" * 65, f"department has 65 characters, and the target takes at most 64: '{'D' * 65}'"),
            ("employeeType", None, "E" * 5000, None),
            ("department", "Sales", None, "department has no value, and an empty value is not synchronized, so the target keeps 'Sales'"),
            ("department", None, None, "department has no value, and an empty value is not synchronized"),
            ("department", Unknown("x"), None, "department has no value, and an empty value is not synchronized"),
            (
                "userPrincipalName",
                "a@x.kr",
                "a_x.kr#EXT#@y.kr",
                "userPrincipalName contains #EXT#, which the target adds to the names of external users: 'a_x.kr#EXT#@y.kr'",
            ),
            ("jobTitle", None, "#EXT#", None),
            ("displayName", "Kim", Unknown("nobody knows"), "the value of displayName is not known: nobody knows"),
            ("accountEnabled", None, True, None),
        ],
    )
    def test_what_is_wrong_with_a_value(self, target: str, before: Any, after: Any, warning: str | None) -> None:
        assert cautions(change(target), before, after) == ([] if warning is None else [warning])

    def test_a_default_is_for_new_users_only(self) -> None:
        (said,) = cautions(change("department", "None"), "Sales", None)
        assert said == "department has no value, so a new user gets the default 'None', and an existing one keeps the old value"

    @pytest.mark.parametrize(
        ("metadata", "expected"),
        [
            (None, 64),
            ([], 64),
            ([{"key": "MaximumLength", "value": "10"}], 10),
            ([{"key": "MaximumLength", "value": '"12"'}], 12),
            ([{"key": "MaximumLength", "value": None}], 64),
            ([{"key": "BaseAttributeName", "value": "10"}], 64),
        ],
    )
    def test_a_length_of_the_schema_wins(self, metadata: Any, expected: int) -> None:
        assert longest("department", {"metadata": metadata}) == expected
        assert longest("employeeType", None) is None
