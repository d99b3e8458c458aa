# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of facts in the documentation, and whether it can be believed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from entra_emulator.settings import FLIPPED

TOOLS = Path(__file__).parents[1] / "tools"


def loaded(name: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"emulator_{name}", TOOLS / f"{name}.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # dataclasses look themselves up
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    return loaded("facts")


def test_the_table_of_switches_is_current() -> None:
    """The README's table comes from the model."""
    tool = loaded("switches")
    assert tool.README.read_text() == tool.readme(), "run: python tests/emulator/tools/switches.py"


def test_the_document_is_current(tool: ModuleType) -> None:
    """Generated from the markers of the tests."""
    if not tool.FACTS.exists():
        pytest.skip("the emulator is not in the collection's repository")
    assert tool.DOCUMENT.read_text() == tool.document(), "run: python tests/emulator/tools/facts.py"


def test_every_marker_names_a_fact(tool: ModuleType) -> None:
    """A marker with another number would not show in the document."""
    if not tool.FACTS.exists():
        pytest.skip("the emulator is not in the collection's repository")
    known = {fact.number for fact in tool.facts()}
    assert [proof for proof in tool.proofs() if proof.number not in known] == []


def test_every_switch_with_two_readings_is_tested() -> None:
    """What has two readings is tested under both."""
    tests = "".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
    assert [name for name in FLIPPED if name not in tests] == []
