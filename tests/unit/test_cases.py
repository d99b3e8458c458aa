# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A test of many cases fails if one of them does, and says which."""

from __future__ import annotations

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.cases import check_each


def is_small(number: int) -> None:
    assert number < 3, f"{number} is large"
    _nothing = 1 / number


def test_all_cases_are_checked_and_those_that_fail_are_named() -> None:
    with pytest.raises(
        AssertionError, match=r"(?s)3 of 5 cases failed:\n3: AssertionError: 3 is large.*\n0: ZeroDivisionError: .*\n4: "
    ) as failed:
        check_each([1, 3, 0, 2, 4], is_small)
    assert isinstance(failed.value.__cause__, AssertionError)
    check_each([1, 2], is_small)


def test_a_table_without_cases_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="there is no case"):
        check_each([], is_small)
