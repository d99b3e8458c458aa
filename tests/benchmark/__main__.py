# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make bench``: measure, store the figures, write the tables, and report which aims were reached."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY

from . import contestants, growth, link, mesh, reach
from .measure import Failure
from .profile import profile
from .results import Results

SIZES = (50, 1000, 10_000)
LATENCIES = (0, 80)
GROWTH = (1000, 5000, 10_000)
MESHES = (5, 10, 20)
REPEATS = 5
PARTS = ("profile", *(str(size) for size in SIZES), "growth", *(f"mesh{size}" for size in MESHES))
RESULTS = REPOSITORY / "tests" / "benchmark" / "results.json"
QUICK_RESULTS = REPOSITORY / ".build" / "benchmark" / "quick.json"
PAGE = REPOSITORY / "docs" / "developers" / "performance.md"


def main() -> int:
    """Do what the arguments request."""
    parser = argparse.ArgumentParser(prog="make bench BENCH_ARGS=...", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50 assignments, no latency, once each; changes neither file nor page")
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part again and keep the others; may be repeated")
    parser.add_argument(
        "--repeats", type=int, default=REPEATS, help="the number of repeats, unless they take too long (default: %(default)s)"
    )
    parser.add_argument("--tables", action="store_true", help="measure nothing, write the page from the stored figures")
    given = parser.parse_args()
    where = QUICK_RESULTS if given.quick else RESULTS
    results = Results() if given.quick or not (given.only or given.tables) else Results.read(where)
    if not given.tables:
        results.note_machine()
        with tempfile.TemporaryDirectory(prefix="cross-tenant-sync-bench-") as folder:
            try:
                measure(
                    results,
                    Path(folder),
                    given.only or (("profile", "50") if given.quick else PARTS),
                    1 if given.quick else given.repeats,
                    quick=given.quick,
                )
            except Failure as failure:
                print(f"The benchmark failed: {failure}", file=sys.stderr)
                return 1
            finally:
                results.write(where)
    print("\n".join(results.tables()))
    print("\n".join(results.profile_table()))
    if not given.quick:
        write_page(results)
    print()
    for figure in reach.figures(results):
        print(figure)
    return 0


def measure(results: Results, folder: Path, parts: tuple[str, ...] | list[str], repeats: int, *, quick: bool) -> None:
    """All requested parts."""
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {text}", file=sys.stderr, flush=True)

    if "profile" in parts:
        with link.arena(folder / "profile", SIZES[0]) as here:
            results.add_profile(profile(here))
    for size in SIZES:
        if str(size) in parts:
            with link.arena(folder / str(size), size) as here:
                report(f"{size} assignments: the state to begin with is made")
                for latency_ms in LATENCIES[:1] if quick else LATENCIES:
                    for work in contestants.WORKS:
                        cells = link.compete(here, work, latency_ms, repeats, contestants.ALL, report)
                        results.add_cells(size, latency_ms, work, cells)
    if "growth" in parts:
        results.add_growth(growth.reruns(folder / "growth", GROWTH, repeats, report))
    for size in MESHES:
        if f"mesh{size}" in parts:
            results.add_mesh(mesh.rerun(folder / f"mesh{size}", size, repeats if size == MESHES[0] else 1, report))


def write_page(results: Results) -> None:
    """Put the tables between their markers."""
    text = PAGE.read_text()
    rows = [f"| {figure.what} | {figure.limit} | {figure.shown} | {_word(figure.met)} |" for figure in reach.figures(results)]
    aims = ["", "| figure | wanted | measured | |", "| --- | --- | --- | --- |", *rows]
    machine = ", ".join(f"{name} {value}" for name, value in results.content.get("machine", {}).items())
    parts = {"reach": aims, "machine": ["", f"Measured on: {machine}."], "profile": results.profile_table(), "tables": results.tables()}
    for name, lines in parts.items():
        text = between(text, name, "\n".join(lines))
    PAGE.write_text(text)


def between(text: str, name: str, body: str) -> str:
    """The text with ``body`` between the markers of that name."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _begin, rest = text.partition(begin)
    return before + begin + body + "\n" + end + rest.partition(end)[2]


def _word(met: bool | None) -> str:
    return {True: "met", False: "not met", None: ""}[met]


if __name__ == "__main__":
    sys.exit(main())
