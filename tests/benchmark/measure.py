# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of a command against an emulator, and its cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator

LAUNCHER = Path(__file__).with_name("launch.py")
EXTENSIONS = 160
"""The directory extensions of each tenant. With them, each side of a schema lists more than 200 attributes of users, as large tenants have."""
QUIET = (
    *("--set", "throttling=false", "--set", "initial_cycle_seconds_per_object=0"),
    *("--set", f"directory_extensions={EXTENSIONS}", "--set", "log_bodies=false"),
)
"""Speed is measured without the service's quotas, the first cycle takes no virtual time, and the emulator does not copy what it answers."""


@dataclass(frozen=True)
class Command:
    """A command, and the additions to its environment."""

    arguments: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Cost:
    """The cost of a run. Times are in seconds; a ``$batch`` counts once in ``requests``, and its items are counted separately.

    ``cpu`` is that of the command and all its processes. The emulator is none of them; what it needs meanwhile is ``emulator_cpu``.
    """

    wall: float
    cpu: float
    peak_mb: float
    emulator_cpu: float = 0.0
    requests: int = 0
    batch_items: int = 0
    token_requests: int = 0
    discovery_requests: int = 0
    connections: int = 0

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
    emulator.control("DELETE", "traffic")
    before = emulator.cpu()
    done = alone(command, folder)
    emulator_cpu = emulator.cpu() - before
    traffic = emulator.control("GET", "traffic")
    counts = {name: traffic[name] for name in ("batch_items", "token_requests", "discovery_requests", "connections")}
    return Done(replace(done.cost, emulator_cpu=emulator_cpu, requests=traffic["graph_requests"], **counts), done.output)


def alone(command: Command, folder: Path) -> Done:
    """Run a command that sends no requests.

    :raises Failure: when it does not succeed.
    """
    result, log = folder / "cost.json", folder / "output.txt"
    launcher = [sys.executable, "-S", "-E", str(LAUNCHER), str(result), str(log)]
    subprocess.run([*launcher, *command.arguments], env={**os.environ, **command.environment}, cwd=folder, check=True)
    cost, output = json.loads(result.read_text()), log.read_text()
    if cost["code"]:
        raise Failure(f"{' '.join(command.arguments)} ended with {cost['code']}:\n{output[-3000:]}")
    return Done(Cost(**{name: cost[name] for name in ("wall", "cpu", "peak_mb")}), output)
