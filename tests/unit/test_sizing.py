# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a link is: counting, and the published numbers of the service."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.changes import Assigned
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.sizing import (
    Counted,
    Sizing,
    arriving,
    causes_full_cycle,
    count,
    first_cycle,
    writes_of,
)
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import model

ANNA, BORA, CHUL = (Principal(name, "user", f"{name}@contoso.kr") for name in ("anna", "bora", "chul"))
GUEST = Principal("guest", "user", "x#EXT#@contoso.kr", external=True)
SALES, BOARD = Principal("sales", "group", "Sales"), Principal("board", "group", "Board")


def test_the_members_are_those_of_a_plan() -> None:
    assert {field.name for field in dataclasses.fields(Sizing)} == set(model.Sizing.__annotations__)


@pytest.mark.parametrize(
    ("mode", "objects", "minutes"),
    [
        # The formula, but never less than half an hour at most (fact F180).
        ("assigned", 0, [0, 30]),
        ("assigned", 1, [1, 30]),
        ("assigned", 375, [4, 30]),
        ("assigned", 376, [4, 31]),
        ("assigned", 1_000, [10, 80]),
        ("assigned", 10_000, [100, 800]),
        ("assigned", 100_000, [1_000, 8_000]),
        ("all", 0, [0, 30]),
        ("all", 1_000, [10, 30]),
        ("all", 1_001, [43, 86]),
        ("all", 10_000, [43, 86]),
        ("all", 10_001, [713, 1_425]),
        ("all", 100_000, [713, 1_425]),
        ("all", 200_000, [1_426, 2_850]),
    ],
)
def test_the_length_of_a_full_cycle(mode: str, objects: int, minutes: list[int]) -> None:
    assert first_cycle(mode, objects) == minutes


@pytest.mark.parametrize(
    ("principals", "members", "totals", "counted"),
    [
        ([], {}, {}, Counted(0, 0, frozenset())),
        ([ANNA], {}, {}, Counted(1, 1, frozenset({"anna"}))),
        ([ANNA, GUEST], {}, {}, Counted(1, 2, frozenset({"anna"}))),
        # A user who is in scope twice is one user, and two objects.
        ([ANNA, SALES], {"sales": [ANNA, BORA]}, {}, Counted(2, 4, frozenset({"anna", "bora"}))),
        ([SALES, BOARD], {"sales": [ANNA, BORA], "board": [BORA, CHUL, GUEST]}, {}, Counted(3, 7, frozenset({"anna", "bora", "chul"}))),
        # The members of a nested group are not in scope (fact F109).
        ([SALES], {"sales": [ANNA, BOARD], "board": [CHUL]}, {}, Counted(1, 3, frozenset({"anna"}))),
        ([SALES], {}, {"sales": 5_000}, Counted(5_000, 5_001)),
        ([SALES, ANNA], {}, {"sales": 5_000}, Counted(5_001, 5_002, exact=False)),
        ([SALES, BOARD], {}, {"sales": 5_000, "board": 2_000}, Counted(7_000, 7_002, exact=False)),
        ([SALES], {"sales": []}, {"board": 2_000}, Counted(0, 1, frozenset())),
    ],
)
def test_counting(principals: list[Principal], members: dict[str, Any], totals: dict[str, int], counted: Counted) -> None:
    assert count(Assigned("assigned", {each.id: each for each in principals}), members, totals) == counted


@pytest.mark.parametrize(
    ("before", "after", "users"),
    [
        (None, Counted(3, 3, frozenset("abc")), 3),
        (Counted(3, 3, frozenset("abc")), Counted(3, 3, frozenset("abd")), 1),
        (Counted(3, 3, frozenset("abc")), Counted(0, 0, frozenset()), 0),
        (Counted(3, 3, frozenset("abc")), Counted(5_000, 5_001), 4_997),
        (Counted(5_000, 5_001), Counted(3, 3, frozenset("abc")), 0),
    ],
)
def test_how_many_arrive(before: Counted | None, after: Counted, users: int) -> None:
    assert arriving(before, after) == users


def action(verb: str, **effects: Any) -> dict[str, Any]:
    return {"verb": verb, "object": "x", "effects": effects}


@pytest.mark.parametrize(
    ("differences", "writes"),
    [
        ([], (0, 0.0)),
        ([{"tenant": "a", "actions": [action("assign")] * 30}], (30, 0.0)),
        ([{"tenant": "a", "actions": [action("rename"), action("update")]}], (3, 0.0)),
        ([{"tenant": "a", "actions": [action("assign")] * 3_000}], (3_000, 2.5)),
        # Each tenant has a quota of its own.
        ([{"tenant": "a", "actions": [action("assign")] * 3_000}, {"tenant": "b", "actions": [action("create")] * 600}], (3_600, 2.5)),
        ([{"tenant": "a", "actions": [action("assign")] * 1_200}, {"tenant": "a", "actions": [action("restart")]}], (1_201, 1.0)),
        ([{}, {"actions": None}, {"actions": ["odd"]}], (0, 0.0)),
    ],
)
def test_writes(differences: list[dict[str, Any]], writes: tuple[int, float]) -> None:
    assert writes_of(differences) == writes


@pytest.mark.parametrize(
    ("module", "actions", "job", "full"),
    [
        ("sync_mapping", [action("update", triggers_full_cycle=True)], {"last_cycle": {}}, True),
        ("sync_scope", [action("update", needs_restart=True)], {"last_cycle": {"ended": "x"}}, True),
        ("sync_scope", [action("assign")], {"last_cycle": {"ended": "x"}}, False),
        ("sync_configuration", [action("create")], None, False),
        ("sync_configuration", [action("update")], None, False),
        ("sync_job", [action("start")], None, True),
        ("sync_job", [action("start")], {"last_cycle": None}, True),
        ("sync_job", [action("start")], {"last_cycle": {"ended": "x"}}, False),
        ("sync_job", [action("restart", triggers_full_cycle=False)], {"last_cycle": {"ended": "x"}}, False),
        ("sync_job", [action("pause")], None, False),
        ("cross_tenant_policy", [action("create")], None, False),
        ("cross_tenant_policy", [], None, False),
    ],
)
def test_what_causes_a_full_cycle(module: str, actions: list[dict[str, Any]], job: dict[str, Any] | None, full: bool) -> None:
    assert causes_full_cycle({"module": module, "actions": actions}, job) is full
