# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures that the project aims at, and whether it reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .results import Results, median

TOLERANCE = 1.25
"""The largest ratio of an assignment's cost among many to its cost among few for which the growth counts as linear."""


@dataclass(frozen=True)
class Figure:
    """A figure. ``value`` is ``None`` if it was not measured."""

    what: str
    limit: str
    value: float | None
    met: bool | None
    unit: str = ""

    def __str__(self) -> str:
        if self.value is None:
            return f"not measured  {self.what}: {self.limit}"
        return f"{'met    ' if self.met else 'NOT MET'}  {self.what}: {self.shown}, {self.limit}"

    @property
    def shown(self) -> str:
        """The value with its unit."""
        return "not measured" if self.value is None else f"{self.value:.4g}{self.unit}"


def at_most(what: str, value: float | None, limit: float, unit: str = "") -> Figure:
    """A value that should be small."""
    return Figure(what, f"at most {limit:g}{unit}", value, None if value is None else value <= limit, unit)


def at_least(what: str, value: float | None, limit: float, unit: str = "") -> Figure:
    """A value that should be large."""
    return Figure(what, f"at least {limit:g}{unit}", value, None if value is None else value >= limit, unit)


def figures(results: Results) -> Iterator[Figure]:
    """All figures."""

    def value(work: str, letter: str, name: str, assignments: int) -> float | None:
        cell = results.cell(assignments, 0, work, letter)
        return median(cell["runs"], name) if cell and cell["runs"] else None

    ours, floor, uri = (value("noop", letter, "wall", 50) for letter in "aec")
    yield at_most("rerun of one link, compared with as many `debug` tasks", ratio(ours, floor), 2, " x")
    yield at_least("rerun of one link, faster than `ansible.builtin.uri` by hand", ratio(uri, ours), 6, " x")
    yield at_most("rerun with 1,000 assignments, Graph requests", value("noop", "a", "requests", 1000), 14)
    yield at_most("rerun with 1,000 assignments, token requests of both tenants", value("noop", "a", "token_requests", 1000), 2)
    yield at_most("create with 1,000 assignments, Graph requests", value("create", "a", "requests", 1000), 90)
    create, bare = (value("create", letter, "wall", 1000) for letter in "af")
    yield at_most("create with 1,000 assignments, compared with the bare session", ratio(create, bare), 4, " x")
    yield at_most("rerun with 10,000 assignments, Graph requests", value("noop", "a", "requests", 10_000), 45)
    yield at_most("rerun with 10,000 assignments, peak memory", value("noop", "a", "peak_mb", 10_000), 250, " MB")
    yield at_most("rerun, an assignment from 5,000 to 10,000, compared with one from 1,000 to 5,000", growth(results), TOLERANCE, " x")
    yield at_most("full mesh of 20 tenants, CPU a link", mesh_cpu(results.mesh(20)), 0.25, " s")


def ratio(measured: float | None, other: float | None) -> float | None:
    """A value as a multiple of another."""
    return None if measured is None or not other else measured / other


def growth(results: Results) -> float | None:
    """The cost of another assignment among many, as a multiple of its cost among few."""
    measured = [(size, median(runs, "wall")) for size, runs in results.growth()]
    if len(measured) != 3:
        return None
    _start, some, many = ((later[1] - earlier[1]) / (later[0] - earlier[0]) for earlier, later in pairwise([(0, 0.0), *measured]))
    return None if some <= 0 else many / some


def mesh_cpu(mesh: dict[str, Any] | None) -> float | None:
    """The processor time for each link."""
    return median(mesh["runs"], "cpu") / mesh["links"] if mesh else None
