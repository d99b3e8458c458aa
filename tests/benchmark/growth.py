# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cost of a rerun with more and more assignments. The sizes alternate, because the speed of a machine varies within an hour."""

from __future__ import annotations

from collections.abc import Callable

from . import contestants
from .link import Arenas
from .measure import Cost


def reruns(arenas: Arenas, sizes: tuple[int, ...], repeats: int, report: Callable[[str], None]) -> dict[int, list[Cost]]:
    """The costs of the collection's playbook on settled links, by their number of assignments."""
    costs: dict[int, list[Cost]] = {size: [] for size in sizes}
    for _repeat in range(repeats):
        for size in sizes:
            costs[size].append(arenas.of(size).work(contestants.OURS, "noop").cost)
            report(f"growth: {size} assignments {costs[size][-1].wall:.2f} s")
    return costs
