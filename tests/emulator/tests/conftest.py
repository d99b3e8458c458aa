# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the emulator's own tests, which run in this folder and from the root of the repository."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# With pytest's import mode importlib, the modules next to the tests are not found automatically.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "provisioning")]

from api import Api  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "fact(number, text): the fact of docs/developers/facts.md that the test proves, and in what respect; see tools/facts.py"
    )


@pytest.fixture
def api() -> Api:
    return Api()
