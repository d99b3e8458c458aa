# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The geometry of small charts. Pure functions; the templates draw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .model import Cycle

WIDTH, LEFT, RIGHT, ROW = 640, 92, 64, 38
"""The width of a chart, of its names and of its totals, and the height of a row."""
WIDEST = 30
"""The width of a bar, if there are few."""
MOST = 120
"""So many cycles are drawn, the last ones."""
_KINDS = {
    "created": ("create", "restore"),
    "updated": ("update",),
    "deleted": ("delete", "stagedDelete"),
    "disabled": ("disable",),
}
"""The kinds of entries of the log that succeeded, by the service's words for actions."""
_ALWAYS = ("created", "updated", "deleted", "failed")
_TONES = {"deleted": "warn", "disabled": "warn", "failed": "bad"}


@dataclass(frozen=True)
class Bar:
    """A bar of a cycle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Series:
    """A row of the chart: one kind of entries over all cycles."""

    name: str
    tone: str
    numbers: list[int]
    total: int
    most: int
    base: float
    bars: list[Bar]


@dataclass(frozen=True)
class Timeline:
    """The cycles of a link, one row a kind."""

    width: int
    height: int
    times: list[str]
    series: list[Series]
    left_out: int
    """How many earlier cycles are not drawn."""

    @property
    def description(self) -> str:
        """The chart in words."""
        totals = ", ".join(f"{one.total} {one.name}" for one in self.series)
        return f"{len(self.times)} cycles from {self.times[0]} to {self.times[-1]}: {totals}"


def timeline(cycles: Sequence[Cycle]) -> Timeline | None:
    """The chart of cycles; ``None`` if there are none."""
    shown = sorted(cycles, key=lambda cycle: cycle["time"])[-MOST:]
    if not shown:
        return None
    numbers = {name: [_number(cycle, name) for cycle in shown] for name in (*_KINDS, "skipped", "failed", "other")}
    names = [name for name, counts in numbers.items() if name in _ALWAYS or any(counts)]
    series = [_series(name, numbers[name], row) for row, name in enumerate(names)]
    return Timeline(WIDTH, len(series) * ROW + 22, [cycle["time"] for cycle in shown], series, len(cycles) - len(shown))


def share(number: float, whole: float) -> float:
    """A number as a percentage of a whole, at most 100."""
    return round(min(100.0, 100 * number / whole), 1) if whole else 0.0


def _series(name: str, numbers: list[int], row: int) -> Series:
    step = (WIDTH - LEFT - RIGHT) / len(numbers)
    width = min(step * 0.8, WIDEST)
    most, base = max(numbers), (row + 1) * ROW - 6
    heights = [max(2.0, round((ROW - 12) * number / most, 1)) if number else 0.0 for number in numbers]
    bars = [
        Bar(round(LEFT + (index + 0.5) * step - width / 2, 1), round(base - height, 1), round(width, 1), height)
        for index, height in enumerate(heights)
        if height
    ]
    return Series(name, _TONES.get(name, "info"), numbers, sum(numbers), most, base, bars)


def _number(cycle: Cycle, kind: str) -> int:
    return sum(number for words, number in cycle["counts"].items() if _kind(words) == kind)


def _kind(words: str) -> str:
    action, _space, result = words.partition(" ")
    if result in ("failure", "skipped"):
        return "failed" if result == "failure" else "skipped"
    return next((name for name, actions in _KINDS.items() if action in actions), "other")
