# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which branches of the engine's planners a number of histories takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import coverage

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import apply

from . import chance
from .simulator import play

ENGINE = Path(apply.__file__).parent
FILES = (
    "apply.py",
    "converge.py",
    *(
        f"resources/{name}.py"
        for name in (
            "change",
            "configuration",
            "configuration_choice",
            "debt",
            "job",
            "partner",
            "partner_entry",
            "partner_removal",
            "population",
            "scope",
            "settings_bag",
            "mapping/new_schema",
            "mapping/resource",
            "consequences/foresight",
            "consequences/impact",
            "deprovision/resource",
        )
    ),
)
"""Where it is decided what a run does."""


@dataclass(frozen=True)
class Branches:
    """The branches that were taken, and all of them, by file."""

    histories: int
    taken: dict[str, tuple[int, int]]

    def lines(self) -> Iterator[str]:
        """A line for each file, and one for all."""
        for name, (taken, known) in self.taken.items():
            yield f"{name}: {taken} of {known}"
        taken, known = (sum(counts[place] for counts in self.taken.values()) for place in (0, 1))
        yield f"all: {taken} of {known} ({100 * taken / max(known, 1):.0f} %)"


def measured(seeds: Sequence[int]) -> Branches:
    """The branches that the histories of these seeds take."""
    files = [str(ENGINE / name) for name in FILES]
    recorder = coverage.Coverage(branch=True, include=files, data_file=None, config_file=False)
    recorder.start()
    for seed in seeds:
        play(chance.history(seed))
    recorder.stop()
    found = {}
    for name, file in zip(FILES, files, strict=True):
        numbers = recorder._analyze(file).numbers
        found[name] = (numbers.n_executed_branches, numbers.n_branches)
    return Branches(len(seeds), found)
