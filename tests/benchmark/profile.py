# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The profile of a rerun without changes: the milliseconds of its parts."""

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
    """A line of the profile: how often, and how many milliseconds in total in a run; the mean of several runs."""

    place: str
    name: str
    times: float
    milliseconds: float


def profile(here: Arena) -> list[Part]:
    """The parts in the controller in their order, and then the parts of the collection's tasks in their workers."""
    here.load("settled")
    log = here.files.folder / "where_time_goes.jsonl"
    log.unlink(missing_ok=True)
    plain = contestants.OURS.command(here.files, "noop", 0)
    watching = {
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callback_plugins")),
        "ANSIBLE_CALLBACKS_ENABLED": "where_time_goes",
        "WHERE_TIME_GOES": str(log),
    }
    for _run in range(RUNS):
        run(here.emulator, Command(plain.arguments, plain.environment | watching), here.files.folder)
    seconds: Counter[tuple[str, str]] = Counter()
    times: Counter[tuple[str, str]] = Counter()
    for line in log.read_text().splitlines():
        record = json.loads(line)
        place = "worker" if "worker" in record else "controller"
        seconds[place, record[place]] += record["seconds"]
        times[place, record[place]] += 1
    return [Part(*key, times[key] / RUNS, 1000 * total / RUNS) for key, total in seconds.items()]
