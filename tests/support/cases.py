# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many cases of a table in one test, because ``ansible-test units`` forks a process for each test, and pytest reports on each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Case = TypeVar("Case")
SHOWN = 10


def check_each(cases: Iterable[Case], check: Callable[[Case], None]) -> None:
    """Check every case, also after one that fails. The cases that failed are named, with what was wrong."""
    failures: list[tuple[Case, Exception]] = []
    known = list(cases)
    for case in known:
        try:
            check(case)
        except Exception as error:
            failures.append((case, error))
    assert known, "there is no case"
    if failures:
        named = "\n".join(f"{case}: {type(error).__name__}: {error}" for case, error in failures[:SHOWN])
        raise AssertionError(f"{len(failures)} of {len(known)} cases failed:\n{named}") from failures[0][1]
