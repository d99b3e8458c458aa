# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs mutmut in the folder that `stage` has made: ``python -m ...engine <file> <result>``, and writes what became of the mutants."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from unittest import mock

from mutmut.__main__ import cli
from mutmut.mutation import file_mutation
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.mutators import mutation_operators
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

from .decisions import only_decisions
from .decorated import PREFIX
from .report import SURVIVED, UNTESTED, Mutant

SAME_AS = {"no tests": SURVIVED, "check was interrupted by user": "killed", "caught by type check": "refused"}
"""Other words of mutmut. What no test calls survives; pytest ends as if it was interrupted if a mutant breaks the import of a test."""

FAULT = 255
"""The exit code if the tests could not be started, for example because they have other names in every process. mutmut takes it for a timeout."""


def mutants(path: str) -> dict[str, Mutant]:
    """What became of the mutants of a file, by mutmut's names."""
    data = SourceFileMutationData(path=path)
    data.load()
    return {
        key: _mutant(path, key, UNTESTED if code == FAULT else status_by_exit_code[code]) for key, code in data.exit_code_by_key.items()
    }


def _mutant(path: str, key: str, status: str) -> Mutant:
    function, owner = orig_function_and_class_names_from_key(key)
    name = function.removeprefix(PREFIX)
    changed = [line for line in get_diff_for_mutant(key, path=path).splitlines()[2:] if line[0] in "-+"]
    return Mutant(
        f"{owner}.{name}" if owner else name, "\n".join(f"{line[0]} {line[1:].strip()}" for line in changed), SAME_AS.get(status, status)
    )


def main(path: str, result: str, jobs: str, again: str) -> None:
    """Test the mutants, or only those that survived the last time, or took too long, perhaps because the machine was busy."""
    survivors = (
        [key for key, mutant in mutants(path).items() if mutant.status in (SURVIVED, UNTESTED, "timeout")] if again == "again" else []
    )
    with mock.patch.object(file_mutation, "mutation_operators", only_decisions(mutation_operators)):
        cli.main(["run", "--max-children", jobs, *survivors], standalone_mode=False)
    found = [mutant.__dict__ for mutant in mutants(path).values()]
    Path(result).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
