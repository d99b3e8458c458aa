# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs every session of noxfile.py, one after the other, and prints check, versions, result and time as a table in Markdown.

The slices are left out, because the other sessions contain them. The output of each session is written to .build/matrix.

Usage: python tests/tools/matrix.py [<session>...]
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".build" / "matrix"
VERSIONS = re.compile(r"ansible-core [\d.]+, Python [\d.]+")


def sessions() -> list[str]:
    """The names of all sessions but the slices."""
    listed = subprocess.run(["nox", "--list", "--json", "--tags", "matrix"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [one["session"] for one in json.loads(listed)]


def used() -> float:
    """The seconds of CPU of all processes that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def row(session: str) -> tuple[str, bool]:
    """The row of a session's table, and whether it succeeded."""
    log, began, cpu = LOGS / f"{session}.log", time.monotonic(), used()
    with log.open("w", encoding="utf-8") as file:
        code = subprocess.run(["nox", "--session", session], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    text = log.read_text(encoding="utf-8")
    found = VERSIONS.search(text)
    result = "failed" if code else "passed" if "was successful" in text else "not run: its Python is missing"
    return f"| {session} | {found[0] if found else ''} | {result} | {time.monotonic() - began:.0f} | {used() - cpu:.0f} |", not code


def main(chosen: list[str]) -> int:
    """Print the table, row by row."""
    LOGS.mkdir(parents=True, exist_ok=True)
    print("| `nox --session` | versions | result | seconds | of CPU |\n|---|---|---|---|---|", flush=True)
    well = True
    for session in chosen or sessions():
        line, passed = row(session)
        print(line, flush=True)
        well = well and passed
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
