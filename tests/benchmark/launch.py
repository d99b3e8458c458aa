# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and tells what it cost: a small process of its own, because a child's peak memory begins with its parent's.

``launch.py RESULT LOG COMMAND...`` writes one JSON object to RESULT, and all that the command prints to LOG.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main(result: str, log: str, *command: str) -> None:
    """Start, wait, tell. What ``wait4`` tells holds for the command and for all descendants that it waited for."""
    with open(log, "wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    told = {
        "code": os.waitstatus_to_exitcode(status),
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }
    with open(result, "w", encoding="utf-8") as file:
        json.dump(told, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
