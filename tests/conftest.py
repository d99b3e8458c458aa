# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles of the property tests. A change must not fail by chance for what it did not touch, so they try the same examples every time;
``HYPOTHESIS_PROFILE=explore make test`` tries new ones, and ten times as many where a test does not set their number.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True)
settings.register_profile("explore", max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more process than processors: many tests wait for a playbook, a service or a time limit, and use none meanwhile."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No test may be named after the place of an object in memory: processes that share the tests among them would not agree on the name."""
    if changing := sorted({item.nodeid.split("[")[0] for item in items if " at 0x" in item.nodeid}):
        raise pytest.UsageError(f"give these tests ids that are always the same: {', '.join(changing)}")
