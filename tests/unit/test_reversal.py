# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every verb that a planner can give an action says whether a later run can reverse it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.reversal import COMING_BACK, TABLE, UNKNOWN, reversal

RESOURCES = Path(__file__).resolve().parents[2] / "plugins" / "module_utils" / "resources"
RUN_JOB = ("sync_job", "sync_mapping", "sync_scope")
MODULES: dict[str, tuple[str, ...]] = {
    # the modules whose actions a file makes
    "address_book/visibility.py": ("address_book_visibility",),
    "capability_actions.py": ("cross_tenant_capability",),
    "configuration.py": ("sync_configuration",),
    "debt.py": (*RUN_JOB, "sync_deprovision"),
    "deprovision/resource.py": ("sync_deprovision",),
    "job.py": RUN_JOB,
    "mapping/resource.py": ("sync_mapping",),
    "on_demand.py": ("sync_on_demand",),
    "partner_entry.py": ("cross_tenant_policy",),
    "partner_removal.py": ("cross_tenant_policy",),
    "scope.py": ("sync_scope", "sync_deprovision"),
}
NEVER = {("delete", "sync_mapping"), ("delete", "sync_scope"), *((verb, "sync_deprovision") for verb in ("assign",))}
"""Verbs of a shared file that this module does not use."""


def verbs_in(tree: ast.Module) -> Iterator[str]:
    """The verbs of all actions that a file makes, wherever they come from."""
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for function in functions.values():
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Action":
                yield from values(node.args[0], function, functions, tree)
            if isinstance(node, ast.Dict):
                named = {key.value: value for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)}
                if {"verb", "object"} <= named.keys():
                    yield from values(named["verb"], function, functions, tree)


def values(node: ast.expr, function: ast.FunctionDef, functions: dict[str, ast.FunctionDef], tree: ast.Module) -> Iterator[str]:
    """The texts that an expression of a function can have."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from values(node.body, function, functions, tree)
        yield from values(node.orelse, function, functions, tree)
    elif isinstance(node, ast.Name):
        parameters = [argument.arg for argument in function.args.args]
        if node.id in parameters:
            yield from arguments(function.name, parameters.index(node.id), functions, tree)
        else:
            yield from first_of_results(node.id, function, functions, tree)
    else:
        pytest.fail(f"a verb of {function.name} cannot be followed: {ast.unparse(node)}")


def arguments(name: str, place: int, functions: dict[str, ast.FunctionDef], tree: ast.Module) -> Iterator[str]:
    for caller in functions.values():
        for node in ast.walk(caller):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield from values(node.args[place], caller, functions, tree)


def first_of_results(name: str, function: ast.FunctionDef, functions: dict[str, ast.FunctionDef], tree: ast.Module) -> Iterator[str]:
    """For ``verb, rest = words(...)``: the first members of what the function returns."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Call):
            first = node.targets[0].elts[0]
            if isinstance(first, ast.Name) and first.id == name and isinstance(node.value.func, ast.Name):
                called = functions[node.value.func.id]
                for returned in (each for each in ast.walk(called) if isinstance(each, ast.Return)):
                    choices = [returned.value.body, returned.value.orelse] if isinstance(returned.value, ast.IfExp) else [returned.value]
                    for pair in (each for each in choices if isinstance(each, ast.Tuple)):
                        yield from values(pair.elts[0], called, functions, tree)


def found() -> list[tuple[str, str]]:
    """Each verb with each module that can give it to an action."""
    pairs = set()
    for path in RESOURCES.rglob("*.py"):
        for verb in verbs_in(ast.parse(path.read_text(encoding="utf-8"))):
            pairs |= {(verb, module) for module in MODULES[str(path.relative_to(RESOURCES))]}
    return sorted(pairs - NEVER)


def test_the_scan_finds_the_verbs_of_each_form() -> None:
    verbs = {verb for verb, _module in found()}
    constants, choices, parameters, results, other = (
        {"assign", "rename"},
        {"save", "create"},
        {"record", "pause"},
        {"show", "sort"},
        {"provision"},
    )
    assert constants | choices | parameters | results | other <= verbs


@pytest.mark.parametrize(("verb", "module"), found())
def test_every_verb_of_every_planner_is_in_the_table(verb: str, module: str) -> None:
    assert reversal({"verb": verb, "object": "", "effects": {}}, module)[1] != UNKNOWN


def test_the_table_has_no_row_that_no_planner_needs() -> None:
    pairs = found()
    assert [row for row in TABLE if not any(row.verb == verb and row.module in (None, module) for verb, module in pairs)] == []


@pytest.mark.parametrize(
    ("module", "action", "reversible", "words"),
    [
        ("sync_scope", {"verb": "assign", "object": "group Sales"}, True, "soft-deletes the accounts"),
        ("sync_scope", {"verb": "unassign", "object": "group Sales", "effects": {"soft_deletes_in_target": True}}, False, "30 days"),
        (
            "sync_scope",
            {"verb": "unassign", "object": "group Sales", "effects": {"soft_deletes_group_in_target": True}},
            False,
            "not documented",
        ),
        ("sync_scope", {"verb": "unassign", "object": "group Sales"}, True, "assign it again"),
        ("sync_scope", {"verb": "update", "object": "scope mode", "effects": {"needs_restart": True}}, False, "30 days"),
        ("sync_mapping", {"verb": "update", "object": "mappings of configuration F (filters)"}, False, COMING_BACK),
        ("sync_mapping", {"verb": "update", "object": "mappings of configuration F (filters, add department)"}, False, "backup"),
        ("sync_mapping", {"verb": "restart", "object": "provisioning job of configuration F"}, False, "cannot be taken back"),
        ("sync_job", {"verb": "restart", "object": "job", "effects": {"carries_out_held_deletions": True}}, False, "held deletions"),
        ("cross_tenant_policy", {"verb": "delete", "object": "partner X"}, False, "refuse to create it again"),
        ("sync_configuration", {"verb": "delete", "object": "configuration F"}, False, "are lost"),
        ("address_book_visibility", {"verb": "clear", "object": "user x of the mark"}, True, "interrupted run"),
        ("sync_job", {"verb": "clear", "object": "pending restart"}, True, "sets the mark again"),
        ("sync_job", {"verb": "dance", "object": "job"}, False, UNKNOWN),
        ("sync_job", {}, False, UNKNOWN),
    ],
)
def test_what_is_said(module: str, action: dict[str, Any], reversible: bool, words: str) -> None:
    said = reversal(action, module)
    assert said[0] is reversible
    assert words in said[1]
    assert "\n" not in said[1]
