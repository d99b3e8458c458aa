# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make bench``: measure, store the figures, write the tables, and report which aims were reached."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY

from . import contestants, cores, growth, link, loading, mesh, page, reach, strangers
from .contestants import Contestant, Files
from .measure import Failure
from .profile import profile
from .results import Results

SIZES = {50: (0, 80), 1000: (0, 80), 10_000: (0,)}
"""The latencies in milliseconds, by the number of assignments."""
GROWTH = (1000, 5000, 10_000)
MESHES = {5: 5, 20: 3, 100: 1}
"""The largest number of repeats, by the number of tenants."""
LARGEST = max(MESHES)
REPEATS = 5
PARTS = ("profile", *(str(size) for size in SIZES), "growth", "strangers", *(f"mesh{size}" for size in MESHES), "loading")
KEY_PARTS = ("50", "strangers", "mesh20", "mesh100", "loading")
"""What is measured with other versions of ansible-core, of 50 assignments only the rerun."""
QUICK_PARTS = ("profile", "50")
RESULTS = REPOSITORY / "tests" / "benchmark" / "results.json"
QUICK_RESULTS = REPOSITORY / ".build" / "benchmark" / "quick.json"


@dataclass(frozen=True)
class Bench:
    """What is measured: all contestants in all works, or only what the collection is compared by with another version of ansible-core."""

    files: Files
    repeats: int
    sizes: dict[int, tuple[int, ...]]
    works: tuple[str, ...] = contestants.WORKS
    competitors: tuple[Contestant, ...] = contestants.ALL
    began: float = 0.0

    def report(self, text: str) -> None:
        """Show what was measured, and when."""
        print(f"[{time.monotonic() - self.began:6.0f} s] {text}", file=sys.stderr, flush=True)

    def within(self, name: str) -> Files:
        """The files of a part."""
        return Files(self.files.folder / name, self.files.programs)


def main() -> int:
    """Do what the arguments request."""
    given = arguments()
    where = QUICK_RESULTS if given.quick else RESULTS
    fresh = given.quick or not (given.only or given.tables or given.core)
    results = Results() if fresh else Results.read(where)
    if fresh and not given.quick:
        # Other versions are measured by themselves.
        results.content["versions"] = Results.read(where).content["versions"]
    if not given.tables:
        try:
            run(results, given)
        except Failure as failure:
            print(f"The benchmark failed: {failure}", file=sys.stderr)
            return 1
        finally:
            results.write(where)
    print("\n".join([*results.tables(), *results.profile_table(), *page.versions(results)]))
    if not given.quick:
        page.write(results)
    print()
    for figure in reach.figures(results):
        print(figure)
    return 0


def arguments() -> argparse.Namespace:
    """The validated arguments."""
    parser = argparse.ArgumentParser(prog="make bench BENCH_ARGS=...", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50 assignments, no latency, once each; changes neither file nor page")
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part again and keep the others; may be repeated")
    parser.add_argument(
        "--repeats", type=int, default=REPEATS, help="the number of repeats, unless they take too long (default: %(default)s)"
    )
    parser.add_argument("--tables", action="store_true", help="measure nothing, write the page from the stored figures")
    parser.add_argument("--core", help=f"measure with this version of ansible-core, such as 2.16: only {', '.join(KEY_PARTS)}")
    parser.add_argument("--python", help="the Python for the virtual environment of that version (default: this one)")
    given = parser.parse_args()
    if given.core and (given.quick or not set(given.only or ()) <= set(KEY_PARTS)):
        parser.error(f"with --core, only these parts can be measured: {', '.join(KEY_PARTS)}")
    return given


def run(results: Results, given: argparse.Namespace) -> None:
    """Measure what is requested.

    :raises Failure: if a contestant does not do its work.
    """
    repeats = 1 if given.quick else given.repeats
    with tempfile.TemporaryDirectory(prefix="cross-tenant-sync-bench-") as folder:
        if given.core:
            files = Files(Path(folder), cores.programs(given.core, given.python))
            bench = Bench(files, repeats, {50: (0,)}, ("noop",), (contestants.OURS, contestants.FLOOR), time.monotonic())
            results, parts = results.of_core(given.core), given.only or KEY_PARTS
        else:
            sizes = {size: latencies[:1] for size, latencies in SIZES.items()} if given.quick else SIZES
            bench = Bench(Files(Path(folder)), repeats, sizes, began=time.monotonic())
            parts = given.only or (QUICK_PARTS if given.quick else PARTS)
        sdk = {} if given.core else {"msgraph-sdk": version("msgraph-sdk")}
        results.note_machine({**cores.versions(bench.files.programs), **sdk})
        measure(results, bench, parts)


def measure(results: Results, bench: Bench, parts: Collection[str]) -> None:
    """The named parts."""
    repeats, report = bench.repeats, bench.report
    with ExitStack() as stack:
        arenas = link.Arenas(bench.files, stack)
        if "profile" in parts:
            results.add_profile(profile(arenas.of(min(bench.sizes))))
        if "growth" in parts:
            results.add_growth(growth.reruns(arenas, GROWTH, repeats, report))
        for size, latencies in bench.sizes.items():
            for latency_ms in latencies if str(size) in parts else ():
                for work in bench.works:
                    cells = link.compete(arenas.of(size), work, latency_ms, repeats, bench.competitors, report)
                    results.add_cells(size, latency_ms, work, cells)
        if "strangers" in parts:
            crowd = stack.enter_context(link.arena(bench.within("strangers"), strangers.USERS))
            results.add_strangers(strangers.reruns(crowd, strangers.STRANGERS, min(repeats, 3), report))
    for size, most in MESHES.items():
        if f"mesh{size}" in parts:
            results.add_mesh(mesh.rerun(bench.within(f"mesh{size}"), size, min(repeats, most), report))
    if "loading" in parts:
        results.add_loading(loading.load(bench.within("loading"), LARGEST, repeats, report))


if __name__ == "__main__":
    sys.exit(main())
