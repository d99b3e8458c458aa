# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the folder in which mutmut works: a copy of the repository in ``mutants``, and the file to mutate beside it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from .decorated import with_plain_bodies

ROOT = Path(__file__).resolve().parents[2]
STAGES = ROOT / ".build" / "mutation"
COLLECTION = Path("ansible_collections/entra/cross_tenant_sync")
ENGINE = COLLECTION / "plugins" / "module_utils"
MYPY = (
    "mypy",
    "--config-file=",
    "--strict",
    "--no-warn-unused-ignores",
    "--python-version=3.10",
    "--namespace-packages",
    "--explicit-package-bases",
    "--cache-dir=../../mypy_cache",
    "--output=json",
)
"""As in mypy.ini, but code that is never reached is no error, and neither are the marks of mutmut."""
PYTEST = ("-pno:unraisableexception", "-pno:threadexception", "-pno:xdist", "-pno:hypothesispytest")
"""Without plugins that take two thirds of the time of a mutant, mostly to collect garbage."""


def of(file: str) -> Path:
    """The folder for the mutants of a file."""
    return STAGES / file.removesuffix(".py").replace("/", ".")


def fresh(file: str, tests: Sequence[str]) -> None:
    """Prepare everything for the mutants of one file."""
    stage = of(file)
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(ROOT, stage / "mutants" / COLLECTION, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    # mutmut writes the mutated file where a copy without mutations may not be yet.
    (stage / "mutants" / ENGINE / file).unlink()
    source = stage / ENGINE / file
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(_source(file), encoding="utf-8")
    (stage / "setup.cfg").write_text(_settings(file, tests), encoding="utf-8")


def with_new_tests(file: str, tests: Sequence[str]) -> None:
    """Prepare everything for the same mutants and other tests.

    :raises SystemExit: if the file has changed, so that these would be other mutants.
    """
    stage = of(file)
    if (stage / ENGINE / file).read_text(encoding="utf-8") != _source(file):
        raise SystemExit(f"{file} has changed since its mutants were made; test all of them")
    shutil.rmtree(stage / "mutants" / COLLECTION / "tests")
    shutil.copytree(ROOT / "tests", stage / "mutants" / COLLECTION / "tests", ignore=shutil.ignore_patterns(".*", "__pycache__"))
    (stage / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    (stage / "setup.cfg").write_text(_settings(file, tests), encoding="utf-8")


def _source(file: str) -> str:
    """The file as mutmut gets it."""
    return with_plain_bodies((ROOT / "plugins" / "module_utils" / file).read_text(encoding="utf-8"))


def _settings(file: str, tests: Sequence[str]) -> str:
    """The settings of mutmut. Each mutant is tested in a process that is forked from one that has imported the tests, and run none of them:
    whatever is computed once would else be that of the code without mutations.
    """
    settings = {
        "source_paths": [str(ENGINE / file)],
        "pytest_add_cli_args_test_selection": [str(COLLECTION / "tests" / "unit" / name) for name in tests],
        "pytest_add_cli_args": [*PYTEST],
        "type_check_command": [*MYPY, str(ENGINE / file)],
        "process_isolation": ["forkserver"],
        "timeout_constant": ["6"],
        "timeout_multiplier": ["6"],
        "use_git_change_detection": ["false"],
    }
    lines = [f"{name} = " + "\n    ".join(["", *values] if len(values) > 1 else values) for name, values in settings.items()]
    return "\n".join(["[mutmut]", *lines, ""])
