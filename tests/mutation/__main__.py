# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make mutate FILES="apply.py plan.py"``: tests the mutants of these files, and says which of them survived."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml

from . import report, stage
from .targets import TARGETS, tests_of

PAGE = stage.ROOT / "docs" / "developers" / "mutation.md"
KNOWN = stage.ROOT / "tests" / "mutation" / "survivors.yml"


def tested(file: str, jobs: int, again: bool) -> tuple[report.Row, list[report.Mutant]]:
    """What became of the mutants of a file."""
    if again:
        stage.with_new_tests(file, tests_of(file))
    else:
        stage.fresh(file, tests_of(file))
    folder = stage.of(file)
    result = folder / "result.json"
    began = time.monotonic()
    engine = f"{'.'.join(stage.COLLECTION.parts)}.tests.mutation.engine"
    path = os.pathsep.join(str(folder / "mutants" / name) for name in (".", stage.COLLECTION / "tests" / "emulator" / "src"))
    arguments = [str(stage.ENGINE / file), str(result), str(jobs), "again" if again else ""]
    with (folder / "mutmut.log").open("w", encoding="utf-8") as log:
        # The order of the tests must be the same every time.
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}
        subprocess.run([sys.executable, "-m", engine, *arguments], cwd=folder, env=environment, stdout=log, stderr=log, check=True)
    mutants = [report.Mutant(**one) for one in json.loads(result.read_text(encoding="utf-8"))]
    return report.row(file, mutants, _seconds(folder, time.monotonic() - began, again)), mutants


def _seconds(folder: Path, now: float, again: bool) -> float:
    """How long all mutants of a file take: with ``again``, as long as they took when all of them were tested."""
    known = folder / "seconds"
    if not again:
        known.write_text(f"{now:.1f}", encoding="utf-8")
    return float(known.read_text(encoding="utf-8"))


def main() -> int:
    """Test the mutants of the files, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="below plugins/module_utils; all of the table if none is named")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", action="store_true", help="only the mutants of this one file that survived the last time")
    chosen = parser.parse_args()
    unknown = [file for file in chosen.files if file not in TARGETS]
    if unknown:
        parser.error(f"not in the table of targets.py: {', '.join(unknown)}")
    if chosen.again and len(chosen.files) != 1:
        parser.error("--again takes one file")
    rows, mutants = [], {}
    print(report.HEAD)
    for file in chosen.files or TARGETS:
        one, mutants[file] = tested(file, chosen.jobs, chosen.again)
        rows.append(one)
        print(one, flush=True)
    PAGE.write_text(report.page_with(PAGE.read_text(encoding="utf-8"), rows, list(TARGETS)), encoding="utf-8")
    known = [report.Judged(**one) for one in yaml.safe_load(KNOWN.read_text(encoding="utf-8")) or []]
    wrong = list(report.complaints(rows, mutants, known))
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
