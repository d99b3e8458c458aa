# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures as a JSON file and as tables for the documentation."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import contestants, loading
from .link import Cell
from .measure import Cost
from .mesh import Mesh
from .profile import Part
from .strangers import USERS

WORK_NAMES = {"create": "create", "noop": "rerun", "change": "one change", "teardown": "teardown"}
LINK_COLUMNS = (
    *("work", "contestant", "wall s (min-max)", "CPU s", "peak MB", "requests", "in batches", "sign-in", "connections"),
    *("x (c)", "x (e)", "x (f)", "runs"),
)
GROWTH_COLUMNS = ("assignments", "wall s (min-max)", "CPU s", "ms for each one more", "requests", "peak MB", "runs")
MESH_COLUMNS = (
    *("tenants", "links", "wall s (min-max)", "CPU s", "of that Ansible's own", "CPU ms a link", "emulator's CPU s"),
    *("requests", "in batches", "requests a tenant", "sign-in", "peak MB", "runs"),
)
STRANGERS_COLUMNS = ("others in the target", "requests", "in batches", "wall s (min-max)", "CPU s", "emulator's CPU s", "peak MB", "runs")
LOADING_COLUMNS = ("inventory", "wall s (min-max)", "CPU s", "peak MB", "runs")

Runs = list[dict[str, float]]


def nothing() -> dict[str, Any]:
    """The content when nothing is measured."""
    return {"link": [], "growth": [], "mesh": [], "strangers": [], "loading": {}, "profile": [], "versions": {}}


def median(runs: Runs, name: str) -> float:
    """The middle of several."""
    return statistics.median(run[name] for run in runs)


@dataclass
class Results:
    """All measurements; a part that is measured again replaces the old figures."""

    content: dict[str, Any] = field(default_factory=nothing)

    @staticmethod
    def read(path: Path) -> Results:
        """The earlier measurements."""
        return Results({**nothing(), **json.loads(path.read_text())}) if path.exists() else Results()

    def write(self, path: Path) -> None:
        """Write the measurements for later runs and for readers."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.content, indent=1) + "\n")

    def note_machine(self, versions: dict[str, str]) -> None:
        """The machine of the measurements, with the versions of what is measured."""
        self.content["machine"] = {"cores": os.cpu_count(), "system": platform.system(), **versions}

    def of_core(self, core: str) -> Results:
        """The measurements with another version of ansible-core."""
        return Results(self.content["versions"].setdefault(core, nothing()))

    def cores(self) -> dict[str, Results]:
        """All measurements with other versions, from old to new."""
        return {core: self.of_core(core) for core in sorted(self.content["versions"], key=_numbers)}

    def cell(self, assignments: int, latency_ms: int, work: str, letter: str) -> dict[str, Any] | None:
        """The cell of a contestant, if it was measured."""
        place = (assignments, latency_ms, work, letter)
        cells: list[dict[str, Any]] = self.content["link"]
        return next((cell for cell in cells if _place(cell) == place), None)

    def mesh(self, tenants: int) -> dict[str, Any] | None:
        """The mesh of that size, if it was measured."""
        meshes: list[dict[str, Any]] = self.content["mesh"]
        return next((mesh for mesh in meshes if mesh["tenants"] == tenants), None)

    def add_cells(self, assignments: int, latency_ms: int, work: str, cells: list[Cell]) -> None:
        """The cells of a work."""
        for cell in cells:
            new: dict[str, Any] = {"assignments": assignments, "latency_ms": latency_ms, "work": work, "contestant": cell.contestant.letter}
            new |= {"runs": [run.as_dict() for run in cell.runs], "why_not": cell.why_not}
            self.content["link"] = [cell for cell in self.content["link"] if _place(cell) != _place(new)] + [new]
        self.content["link"].sort(key=_order)

    def add_growth(self, costs: dict[int, list[Cost]]) -> None:
        """Reruns by the number of assignments."""
        self.content["growth"] = [{"assignments": size, "runs": [run.as_dict() for run in runs]} for size, runs in sorted(costs.items())]

    def growth(self) -> list[tuple[int, Runs]]:
        """The same, from few to many; nothing if it was not measured."""
        return [(growth["assignments"], growth["runs"]) for growth in self.content.get("growth", ())]

    def add_strangers(self, costs: dict[int, list[Cost]]) -> None:
        """Reruns by the number of strangers in the target."""
        self.content["strangers"] = [{"strangers": number, "runs": [run.as_dict() for run in runs]} for number, runs in costs.items()]

    def strangers(self, number: int) -> Runs:
        """The reruns with so many strangers, if they were measured."""
        return next((entry["runs"] for entry in self.content["strangers"] if entry["strangers"] == number), [])

    def add_loading(self, costs: dict[str, list[Cost]]) -> None:
        """Plays without tasks, by the kind of the inventory."""
        self.content["loading"] = {kind: [run.as_dict() for run in runs] for kind, runs in costs.items()}

    def loading(self, kind: str) -> Runs:
        """The plays without tasks with this kind of inventory, if they were measured."""
        runs: Runs = self.content["loading"].get(kind, [])
        return runs

    def add_mesh(self, mesh: Mesh) -> None:
        """A mesh."""
        new: dict[str, Any] = {"tenants": mesh.tenants, "links": mesh.links}
        new |= {"runs": [run.as_dict() for run in mesh.runs], "floor": [run.as_dict() for run in mesh.floor]}
        self.content["mesh"] = [kept for kept in self.content["mesh"] if kept["tenants"] != mesh.tenants] + [new]
        self.content["mesh"].sort(key=lambda mesh: mesh["tenants"])

    def add_profile(self, parts: list[Part]) -> None:
        """The profile of a link's rerun."""
        self.content["profile"] = [{**vars(part), "milliseconds": round(part.milliseconds, 1)} for part in parts]

    def tables(self) -> Iterator[str]:
        """Everything for the documentation, line by line."""
        places = dict.fromkeys((cell["assignments"], cell["latency_ms"]) for cell in self.content["link"])
        for assignments, latency_ms in places:
            yield from ("", f"### {assignments:,} assignments, {latency_ms} ms latency", "")
            yield from _head(LINK_COLUMNS)
            cells = [cell for cell in self.content["link"] if (cell["assignments"], cell["latency_ms"]) == (assignments, latency_ms)]
            yield from (self._row(cell) for cell in cells if cell["runs"])
            yield from _left_out(cells)
        if self.growth():
            yield from ("", "### Rerun with more and more assignments, 0 ms latency", "")
            yield from _head(GROWTH_COLUMNS)
            for (fewer, before), (size, runs) in pairwise([(0, []), *self.growth()]):
                yield _growth_row(fewer, before, size, runs)
        yield from self._tables_of_many()

    def _tables_of_many(self) -> Iterator[str]:
        if self.content["strangers"]:
            yield from ("", f"### Rerun with {USERS} users in scope, and others in the target", "")
            yield from _head(STRANGERS_COLUMNS)
            yield from (_strangers_row(entry["strangers"], entry["runs"]) for entry in self.content["strangers"])
        if self.content["mesh"]:
            yield from ("", "### Full mesh, rerun without changes", "")
            yield from _head(MESH_COLUMNS)
            yield from map(_mesh_row, self.content["mesh"])
        if self.content["loading"]:
            yield from ("", "### A play without tasks with 9,900 links", "")
            yield from _head(LOADING_COLUMNS)
            yield from (_loading_row(kind, runs) for kind, runs in self.content["loading"].items())

    def _row(self, cell: dict[str, Any]) -> str:
        known = next(contestant for contestant in contestants.ALL if contestant.letter == cell["contestant"])
        begin = f"| {WORK_NAMES[cell['work']]} | ({known.letter}) {known.name} |"
        runs: Runs = cell["runs"]
        counts = [f"{median(runs, name):.0f}" for name in ("peak_mb", "requests", "batch_items")]
        sign_in = f"{median(runs, 'token_requests') + median(runs, 'discovery_requests'):.0f}"
        ratios = [self._ratio(cell, letter) for letter in "cef"]
        rest = [f"{median(runs, 'cpu'):.2f}", *counts, sign_in, f"{median(runs, 'connections'):.0f}", *ratios, str(len(runs))]
        return f"{begin} {_walls(runs)} | {' | '.join(rest)} |"

    def _ratio(self, cell: dict[str, Any], letter: str) -> str:
        other = self.cell(cell["assignments"], cell["latency_ms"], cell["work"], letter)
        if not other or not other["runs"] or letter == cell["contestant"]:
            return ""
        return f"{median(cell['runs'], 'wall') / median(other['runs'], 'wall'):.2f}"

    def profile_table(self) -> Iterator[str]:
        """The profile, line by line."""
        for place, title in (("controller", "One after the other, as the controller sees it"), ("worker", "Of that, inside our own tasks")):
            yield from ("", f"| {title} | times | ms together | ms each |", "| --- | --- | --- | --- |")
            for part in self.content["profile"]:
                if part["place"] == place:
                    each = part["milliseconds"] / part["times"]
                    yield f"| {part['name']} | {part['times']:g} | {part['milliseconds']:.0f} | {each:.1f} |"


def _head(columns: tuple[str, ...]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|" + " --- |" * len(columns)


def _place(cell: dict[str, Any]) -> tuple[int, int, str, str]:
    return cell["assignments"], cell["latency_ms"], cell["work"], cell["contestant"]


def _order(cell: dict[str, Any]) -> tuple[int, int, int, str]:
    return cell["assignments"], cell["latency_ms"], contestants.WORKS.index(cell["work"]), cell["contestant"]


def _range(runs: Runs, name: str) -> str:
    values = [run[name] for run in runs]
    return f"{min(values):.2f}-{max(values):.2f}"


def _growth_row(fewer: int, before: Runs, size: int, runs: Runs) -> str:
    each = f"{1000 * (median(runs, 'wall') - median(before, 'wall')) / (size - fewer):.3f}" if before else ""
    return f"| {size:,} | {_walls(runs)} | {median(runs, 'cpu'):.2f} | {each} | {median(runs, 'requests'):.0f} | {median(runs, 'peak_mb'):.0f} | {len(runs)} |"


def _left_out(cells: list[dict[str, Any]]) -> Iterator[str]:
    """Who is not in a table, and why: a sentence for each contestant and reason."""
    works: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        if not cell["runs"]:
            works.setdefault((cell["contestant"], cell["why_not"]), []).append(WORK_NAMES[cell["work"]])
    if works:
        yield ""
    for (letter, reason), names in works.items():
        what = "" if len(names) == len(WORK_NAMES) else f" {', '.join(names)}"
        yield f"- ({letter}){what} not run: {reason}."


def _strangers_row(strangers: int, runs: Runs) -> str:
    asked = f"{median(runs, 'requests'):.0f} | {median(runs, 'batch_items'):.0f}"
    spent = f"{_walls(runs)} | {median(runs, 'cpu'):.2f} | {median(runs, 'emulator_cpu'):.2f}"
    return f"| {strangers:,} | {asked} | {spent} | {median(runs, 'peak_mb'):.0f} | {len(runs)} |"


def _loading_row(kind: str, runs: Runs) -> str:
    return f"| {loading.NAMES[kind]} | {_walls(runs)} | {median(runs, 'cpu'):.2f} | {median(runs, 'peak_mb'):.0f} | {len(runs)} |"


def _mesh_row(mesh: dict[str, Any]) -> str:
    runs, links = mesh["runs"], mesh["links"]
    cpu, own, asked = median(runs, "cpu"), median(mesh["floor"], "cpu"), median(runs, "requests")
    cost = f"{_walls(runs)} | {cpu:.1f} | {own:.1f} | {1000 * cpu / links:.1f} | {median(runs, 'emulator_cpu'):.1f}"
    sign_in = median(runs, "token_requests") + median(runs, "discovery_requests")
    requests = f"{asked:,.0f} | {median(runs, 'batch_items'):,.0f} | {asked / mesh['tenants']:.1f} | {sign_in:.0f}"
    return f"| {mesh['tenants']} | {links:,} | {cost} | {requests} | {median(runs, 'peak_mb'):.0f} | {len(runs)} |"


def _walls(runs: Runs) -> str:
    return f"{median(runs, 'wall'):.2f} ({_range(runs, 'wall')})"


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
