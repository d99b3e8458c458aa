# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table at the end of a run in check mode: whatever is planned is in it, and counted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.entra.cross_tenant_sync.plugins.filter.plan_table import FilterModule, plan_table


def action(verb: str, what: str, tenant: str = "a", **effects: Any) -> dict[str, Any]:
    return {"verb": verb, "object": what, "tenant": tenant, **({"effects": effects} if effects else {})}


def link(*results: Any, name: str = "a_to_b") -> dict[str, Any]:
    return {"link": name, "tenants": {"a": "contoso", "b": "fabrikam"}, "results": list(results)}


def test_the_filter_has_its_name() -> None:
    assert FilterModule().filters() == {"plan_table": plan_table}


def test_every_action_is_a_row_with_its_tenant_and_effects() -> None:
    lines = plan_table(
        [
            link(
                {"actions": [action("create", "partner x", "b")]},
                {"skipped": True},
                {"failed": True, "msg": "no"},
                None,
                {"actions": [action("unassign", "user m", soft_deletes_in_target=True, removes_users=["m", "n"], nothing=0)]},
            ),
            link(name="quiet"),
        ]
    )
    assert [line.split(None, 3)[:3] for line in lines[1:-1]] == [["a_to_b", "fabrikam", "create"], ["a_to_b", "contoso", "unassign"]]
    assert lines[0].split() == ["link", "tenant", "verb", "object", "effects"]
    assert lines[2].endswith("user m     soft_deletes_in_target, removes_users: m, n")
    assert lines[-1] == "2 actions for 1 of 2 links: 1 create, 1 unassign"


def test_nothing_to_do_is_one_line() -> None:
    assert plan_table([link({"actions": []}), link()]) == ["nothing to do for 2 links"]


@pytest.mark.parametrize(("number", "rows"), [(20, 20), (21, 1), (2000, 1)])
def test_many_of_a_kind_are_one_row(number: int, rows: int) -> None:
    lines = plan_table([link({"actions": [action("assign", f"user {one}") for one in range(number)]})])
    assert len(lines) == rows + 2
    assert lines[-1] == f"{number} actions for 1 of 1 link: {number} assign"
    if rows == 1:
        assert f"user 0 and {number - 1} more" in lines[1]


def test_others_between_many_of_a_kind_are_seen() -> None:
    many = [action("unassign", f"user {one}", soft_deletes_in_target=True) for one in range(30)]
    lines = plan_table([link({"actions": [*many, action("delete", "configuration F"), *many]})])
    assert [line.split()[2] for line in lines[1:-1]] == ["unassign", "delete", "unassign"]


def test_a_long_object_is_cut() -> None:
    lines = plan_table([link({"actions": [action("update", "x" * 500)]})])
    assert all(len(line) < 200 for line in lines)


@pytest.mark.parametrize("wrong", ["text", 5, None, {"link": "x"}, ["text"]])
def test_something_else_is_refused(wrong: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="plan_table takes a list of dictionaries"):
        plan_table(wrong)
