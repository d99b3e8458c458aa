# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures that the project aims at, and whether it reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from .results import Results, Runs, median
from .strangers import STRANGERS, USERS

TOLERANCE = 1.25
"""The largest ratio of an assignment's cost among many to its cost among few for which the growth counts as linear."""


@dataclass(frozen=True)
class Figure:
    """A figure. ``value`` is ``None`` if it was not measured; ``before`` is what it was, before a whole tenant was read at once."""

    what: str
    limit: str
    value: float | None
    met: bool | None
    unit: str = ""
    before: str = ""

    def __str__(self) -> str:
        if self.value is None:
            return f"not measured  {self.what}: {self.limit}"
        return f"{'met    ' if self.met else 'NOT MET'}  {self.what}: {self.shown}, {self.limit}"

    @property
    def shown(self) -> str:
        """The value with its unit."""
        return "not measured" if self.value is None else f"{_short(self.value)}{self.unit}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def at_most(what: str, value: float | None, limit: float, unit: str = "", before: str = "") -> Figure:
    """A value that should be small."""
    return Figure(what, f"at most {limit:,g}{unit}", value, None if value is None else value <= limit, unit, before)


def at_least(what: str, value: float | None, limit: float, unit: str = "", before: str = "") -> Figure:
    """A value that should be large."""
    return Figure(what, f"at least {limit:,g}{unit}", value, None if value is None else value >= limit, unit, before)


def figures(results: Results) -> Iterator[Figure]:
    """All figures."""
    yield from _of_a_link(results)
    yield from _of_many_links(results)


def _of_a_link(results: Results) -> Iterator[Figure]:
    def value(work: str, letter: str, name: str, assignments: int) -> float | None:
        cell = results.cell(assignments, 0, work, letter)
        return middle(cell["runs"] if cell else [], name)

    ours, floor, uri = (value("noop", letter, "wall", 50) for letter in "aec")
    yield at_most("rerun of one link", ours, 0.77, " s", before="0.77 s")
    yield at_most("rerun of one link, Graph requests", value("noop", "a", "requests", 50), 8, before="8")
    yield at_most("rerun of one link, compared with as many `debug` tasks", ratio(ours, floor), 2, " x", before="1.45 x")
    yield at_least("rerun of one link, faster than `ansible.builtin.uri` by hand", ratio(uri, ours), 6, " x", before="6.563 x")
    rerun, create = "rerun with 1,000 assignments", "create with 1,000 assignments"
    yield at_most(f"{rerun}, Graph requests", value("noop", "a", "requests", 1000), 14, before="10")
    yield at_most(f"{rerun}, token requests of both tenants", value("noop", "a", "token_requests", 1000), 2, before="2")
    yield at_most(f"{create}, Graph requests", value("create", "a", "requests", 1000), 90, before="88")
    made, bare = (value("create", letter, "wall", 1000) for letter in "af")
    yield at_most(f"{create}, compared with the bare session", ratio(made, bare), 4, " x", before="3.852 x")
    rerun = "rerun with 10,000 assignments"
    yield at_most(f"{rerun}, Graph requests", value("noop", "a", "requests", 10_000), 45, before="37")
    yield at_most(f"{rerun}, peak memory", value("noop", "a", "peak_mb", 10_000), 250, " MB", before="89.07 MB")
    linear = at_most("rerun, an assignment from 5,000 to 10,000, compared with one from 1,000 to 5,000", growth(results), TOLERANCE, " x")
    yield replace(linear, before="0.963 x")
    crowd = f"rerun with {USERS} users in scope and {STRANGERS:,} others in the target, Graph requests"
    yield at_most(crowd, middle(results.strangers(STRANGERS), "requests"), 9, before="58")


def _of_many_links(results: Results) -> Iterator[Figure]:
    def value(tenants: int, name: str) -> float | None:
        mesh = results.mesh(tenants)
        return middle(mesh["runs"] if mesh else [], name)

    mesh = "full mesh of 20 tenants (380 links)"
    yield at_most(f"{mesh}, Graph requests", value(20, "requests"), 160, before="3,040")
    cpu = value(20, "cpu")
    yield at_most(f"{mesh}, CPU", cpu, 12, " s", before="64 s")
    yield at_most(f"{mesh}, CPU a link", ratio(cpu, 380), 0.25, " s", before="0.1684 s")
    mesh = "full mesh of 100 tenants (9,900 links)"
    yield at_most(f"{mesh}, Graph requests", value(100, "requests"), 2600, before="79,200 by slope")
    yield at_most(mesh, value(100, "wall"), 180, " s", before="16 min by slope")
    yield at_most(f"{mesh}, peak memory", value(100, "peak_mb"), 500, " MB")
    written, plugin = (middle(results.loading(kind), "cpu") for kind in ("yaml", "plugin"))
    yield at_least("loading 9,900 links, CPU with YAML compared with the plugin", ratio(written, plugin), 20, " x")


def middle(runs: Runs, name: str) -> float | None:
    """The median, if anything was measured."""
    return median(runs, name) if runs else None


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
