# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and measures its cost, in a small separate process, because a child's peak memory begins with its parent's.

``launch.py RESULT LOG COMMAND...`` writes a JSON object to RESULT, and the output of the command to LOG.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main(result: str, log: str, *command: str) -> None:
    """Start the command, wait, and write the result. ``wait4`` counts the command and all descendants that it waited for."""
    with open(log, "wb") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    cost = {
        "code": os.waitstatus_to_exitcode(status),
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }
    with open(result, "w", encoding="utf-8") as file:
        json.dump(cost, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
