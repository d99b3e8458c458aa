# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each promise of SECURITY.md is tested, by tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PROMISED, _HEADING, REST = TEXT.partition("## How it is tested")
ITEMS = re.findall(r"^- (.*?)(?=\n-|\n\n)", PROMISED, re.M | re.S)
PARAGRAPHS = [text for text in re.findall(r"^\*\*(.*?)\n\n", PROMISED, re.M | re.S) if not text.endswith(".**")]
PROMISES = [" ".join(text.split()) for text in (*ITEMS, *PARAGRAPHS)]
"""The items of the lists, and the paragraphs that have none."""
ROWS = dict(re.findall(r"^\| (?!promise|-)(.+?) \| (.+) \|$", REST, re.M))


def functions(path: Path) -> set[str]:
    """The names of all functions of a file."""
    return {node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)}


def test_each_promise_is_in_the_table() -> None:
    assert len(PROMISES) >= 12
    assert [promise for promise in PROMISES if not any(row in promise for row in ROWS)] == []


def test_each_row_is_a_promise() -> None:
    assert [row for row in ROWS if not any(row in promise for promise in PROMISES)] == []


@pytest.mark.parametrize("row", ROWS)
def test_its_tests_exist(row: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", ROWS[row])
    assert named
    for file, function in named:
        found = functions(ROOT / file)
        assert function in found if function else any(name.startswith("test_") for name in found), (file, function)


def test_the_audit_is_a_part_of_the_checks() -> None:
    script = ROOT / ".ci" / "run"
    if not script.exists():
        pytest.skip("the checks of every change are not shipped")
    made = [line.split() for line in script.read_text(encoding="utf-8").splitlines() if line.startswith("make ")]
    assert any("audit" in words for words in made)
