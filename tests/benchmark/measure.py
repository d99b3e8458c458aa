# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of a command against an emulator, and its cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator

LAUNCHER = Path(__file__).with_name("launch.py")
QUIET = ("--set", "throttling=false", "--set", "initial_cycle_seconds_per_object=0")
"""Speed is measured without the service's quotas, and the first cycle takes no virtual time."""


@dataclass(frozen=True)
class Command:
    """A command, and the additions to its environment."""

    arguments: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Cost:
    """The cost of a run. Times are in seconds; a ``$batch`` counts once in ``requests``, and its items are counted separately."""

    wall: float
    cpu: float
    peak_mb: float
    requests: int
    batch_items: int
    token_requests: int
    discovery_requests: int
    connections: int

    def as_dict(self) -> dict[str, float]:
        """For the JSON file."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Done:
    """A run that succeeded, with its output."""

    cost: Cost
    output: str


class Failure(Exception):
    """A run that did not do its work, so that nothing can be measured."""


def run(emulator: Emulator, command: Command, folder: Path) -> Done:
    """Run the command and count its requests to the emulator.

    :raises Failure: when it does not succeed.
    """
    result, log = folder / "cost.json", folder / "output.txt"
    emulator.control("DELETE", "traffic")
    launcher = [sys.executable, "-S", "-E", str(LAUNCHER), str(result), str(log)]
    subprocess.run([*launcher, *command.arguments], env={**os.environ, **command.environment}, cwd=folder, check=True)
    traffic = emulator.control("GET", "traffic")
    cost, output = json.loads(result.read_text()), log.read_text()
    if cost["code"]:
        raise Failure(f"{' '.join(command.arguments)} ended with {cost['code']}:\n{output[-3000:]}")
    counts = {name: traffic[name] for name in ("batch_items", "token_requests", "discovery_requests", "connections")}
    times = {name: cost[name] for name in ("wall", "cpu", "peak_mb")}
    return Done(Cost(**times, requests=traffic["graph_requests"], **counts), output)
