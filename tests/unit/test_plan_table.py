# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table at the end of a run in check mode: whatever is planned is in it, and counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.entra.cross_tenant_sync.plugins.filter.plan_table import ARGUMENTS, FilterModule, plan_table
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import DEPROVISION, REMOVAL


def action(verb: str, what: str, **effects: Any) -> dict[str, Any]:
    return {"verb": verb, "object": what, "tenant": "a0c898ca", **({"effects": effects} if effects else {})}


def link(**results: Any) -> dict[str, Any]:
    return {"link_source": "contoso", "link_target": "fabrikam", **results}


def table(*links: dict[str, Any]) -> list[str]:
    names = ["a_to_b", "quiet"][: len(links)]
    return plan_table(dict(zip(names, links, strict=True)), names)


def scoped(*actions: dict[str, Any]) -> dict[str, Any]:
    return link(source_tenant_scope={"actions": list(actions)})


def test_the_filter_has_its_name() -> None:
    assert FilterModule().filters() == {"plan_table": plan_table}


def test_every_action_is_a_row_with_its_tenant_and_effects() -> None:
    lines = table(
        link(
            source_tenant_scope={
                "actions": [action("unassign", "user m", soft_deletes_in_target=True, removes_users=["m", "n"], nothing=0)]
            },
            source_tenant_policy={"skipped": True},
            source_tenant_mapping={"failed": True, "msg": "no"},
            source_tenant_job=None,
            target_tenant_policy={"actions": [action("create", "partner x")]},
        ),
        link(),
    )
    assert [line.split(None, 3)[:3] for line in lines[1:-1]] == [["a_to_b", "fabrikam", "create"], ["a_to_b", "contoso", "unassign"]]
    assert lines[0].split() == ["link", "tenant", "verb", "object", "effects"]
    assert lines[2].endswith("user m     soft_deletes_in_target, removes_users: m, n")
    assert lines[-1] == "2 actions for 1 of 2 links: 1 create, 1 unassign"


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_what_is_taken_down_comes_in_the_order_of_taking_down(arguments: str) -> None:
    steps = [step.registered for step in (DEPROVISION, *REMOVAL)]
    removal = {name: {"actions": [action("delete", name)]} for name in reversed(steps)}
    lines = table(link(**removal, **{arguments: {"state": "absent"}}))
    assert [line.split()[3] for line in lines[1:-1]] == steps


def test_a_link_that_is_built_again_shows_nothing_of_its_removal() -> None:
    earlier = {"source_tenant_deprovision": {"actions": [action("unassign", "user m")]}}
    assert table(link(**earlier, sync_arguments={"state": "present"})) == ["nothing to do for 1 link"]


def test_a_removal_that_was_refused_halfway_is_shown_as_far_as_it_goes() -> None:
    goes = {"actions": [action("unassign", "user m")]}
    failed = {"failed": True, "msg": "no"}
    lines = table(link(sync_arguments={"state": "absent"}, source_tenant_deprovision=goes, source_tenant_configuration=failed))
    assert lines[-1] == "1 action for 1 of 1 link: 1 unassign"


def test_what_is_looked_at_is_what_the_roles_and_the_playbook_register() -> None:
    """Their tasks follow the table of the link, which test_link proves; what says in which direction is registered first."""
    root = Path(__file__).resolve().parents[2]
    files = [
        root / "playbooks" / "tasks" / "link.yml",
        *(root / "roles" / role / "tasks" / "main.yml" for role in ("source_tenant", "target_tenant")),
    ]
    assert [name for name in ARGUMENTS for file in files if f"register: {name}" in file.read_text(encoding="utf-8")] == list(ARGUMENTS)


def test_nothing_to_do_is_one_line() -> None:
    assert table(scoped(), link()) == ["nothing to do for 2 links"]


@pytest.mark.parametrize(
    ("going", "last"),
    [
        (["l0", "l1"], "1 action for 1 of 3 links: 1 assign"),
        (["l1"], "1 action for 1 of 3 links: 1 assign; 1 link failed"),
        ([], "1 action for 1 of 3 links: 1 assign; 2 links failed"),
    ],
)
def test_links_that_failed_are_counted(going: list[str], last: str) -> None:
    """Not those whose tasks have ended because they are in sync."""
    look = {"sync_look": {"done": {"l2": True}}}
    links = {"l0": link(**look), "l1": {**scoped(action("assign", "user m")), **look}, "l2": link(**look)}
    assert plan_table(links, list(links), 20, going)[-1] == last
    assert plan_table({"l0": link()}, ["l0"], 20, []) == ["nothing to do for 0 links; 1 link failed"]


@pytest.mark.parametrize(("number", "rows"), [(20, 20), (21, 1), (2000, 1)])
def test_many_of_a_kind_are_one_row(number: int, rows: int) -> None:
    lines = table(scoped(*(action("assign", f"user {one}") for one in range(number))))
    assert len(lines) == rows + 2
    assert lines[-1] == f"{number} actions for 1 of 1 link: {number} assign"
    if rows == 1:
        assert f"user 0 and {number - 1} more" in lines[1]


def test_others_between_many_of_a_kind_are_seen() -> None:
    many = [action("unassign", f"user {one}", soft_deletes_in_target=True) for one in range(30)]
    lines = table(scoped(*many, action("delete", "configuration F"), *many))
    assert [line.split()[2] for line in lines[1:-1]] == ["unassign", "delete", "unassign"]


def test_a_long_object_is_cut() -> None:
    lines = table(scoped(action("update", "x" * 500)))
    assert all(len(line) < 200 for line in lines)


@pytest.mark.parametrize(("variables", "hosts"), [("text", []), (None, []), ([], []), ({}, "text"), ({}, None), ({}, {})])
def test_something_else_is_refused(variables: Any, hosts: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="plan_table takes hostvars"):
        plan_table(variables, hosts)
