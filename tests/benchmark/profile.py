# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the milliseconds of a rerun without changes go."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from . import contestants
from .link import Arena
from .measure import Command, run

RUNS = 5


@dataclass(frozen=True)
class Part:
    """One line of the profile: how often, and for how many milliseconds together in one run; the mean of several runs."""

    place: str
    name: str
    times: float
    milliseconds: float


def profile(here: Arena) -> list[Part]:
    """The parts as the controller sees them, one after the other, and then what our own tasks do in their workers."""
    here.load("settled")
    log = here.folder / "where_time_goes.jsonl"
    log.unlink(missing_ok=True)
    plain = contestants.OURS.command(here.files, "noop", 0)
    watching = {
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callback_plugins")),
        "ANSIBLE_CALLBACKS_ENABLED": "where_time_goes",
        "WHERE_TIME_GOES": str(log),
    }
    for _run in range(RUNS):
        run(here.emulator, Command(plain.arguments, plain.environment | watching), here.folder)
    seconds: Counter[tuple[str, str]] = Counter()
    times: Counter[tuple[str, str]] = Counter()
    for line in log.read_text().splitlines():
        said = json.loads(line)
        place = "worker" if "worker" in said else "controller"
        seconds[place, said[place]] += said["seconds"]
        times[place, said[place]] += 1
    return [Part(*key, times[key] / RUNS, 1000 * total / RUNS) for key, total in seconds.items()]
