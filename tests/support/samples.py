# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The samples of all guides, and which test runs which of them. With PYTHONPATH=.build, this prints the table:

python -m ansible_collections.entra.cross_tenant_sync.tests.support.samples
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.inventory import topology
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION

from .playbooks import REPOSITORY

GUIDES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "examples/README.md", "tests/emulator/README.md")),
    *sorted(REPOSITORY.glob("docs/**/*.md")),
    *sorted(REPOSITORY.glob("roles/*/README.md")),
]
FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
OF_TOPOLOGY = {*yaml.safe_load(topology.DOCUMENTATION)["options"], "strict", "compose", "groups", "keyed_groups"}
NO_SAMPLES = ("text", "console", "powershell", "{toctree}")
"""What is printed, what is for another tool such as Exchange's, and what builds the site."""
RUNNERS = {
    "play": "tests/integration/test_documentation.py::test_every_play_runs",
    "inventory": "tests/integration/test_documentation.py::test_every_inventory_can_be_planned",
    "variables of a link": "tests/integration/test_documentation.py::test_every_variable_of_a_link_is_taken",
    "variables beside another configuration": "tests/integration/test_scenarios.py::test_a_link_beside_a_multitenant_organization",
    "topology": "tests/unit/test_documentation.py::test_a_whole_file_has_no_fault",
    "part of a topology": "tests/unit/test_documentation.py::test_a_part_of_one_has_no_fault_in_a_whole_file",
    "connection": "tests/unit/test_documentation.py::test_it_parses_and_uses_what_exists",
    "requirements": "tests/integration/test_samples.py::test_requirements_name_this_collection",
    "commands": "tests/integration/test_samples.py::test_every_command_is_understood",
    "settings of Ansible": "tests/integration/test_samples.py::test_settings_exist",
    "scenario of the emulator": "tests/integration/test_samples.py::test_a_scenario_starts",
}
"""The test that runs, or reads as Ansible would, each kind of sample."""


@dataclass(frozen=True)
class Sample:
    """A fenced block of a guide."""

    guide: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.guide.relative_to(REPOSITORY)}:{self.line}"


@functools.cache
def samples() -> tuple[Sample, ...]:
    """The fenced blocks of all guides, also those in lists."""
    found = []
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        for fence in FENCE.finditer(text):
            unindented = re.sub(rf"^{fence[1]}", "", fence[3], flags=re.MULTILINE)
            found.append(Sample(guide, text[: fence.start()].count("\n") + 1, fence[2], unindented))
    return tuple(one for one in found if one.language not in NO_SAMPLES)


def kind(sample: Sample) -> str | None:
    """What it is, by its form; ``None`` if no test knows such a sample."""
    if sample.language in ("shell", "ini", "json"):
        return {"shell": "commands", "ini": "settings of Ansible", "json": "scenario of the emulator"}[sample.language]
    return _kind_of(yaml.safe_load(sample.text)) if sample.language == "yaml" else None


def _kind_of(content: Any) -> str | None:
    if isinstance(content, list):
        return "play" if all("hosts" in one for one in content) else None
    if not isinstance(content, dict):
        return None
    names = set(content)
    if all(name.startswith("link_") for name in names):
        return "variables beside another configuration" if "link_others" in names else "variables of a link"
    forms = {
        "inventory": "all" in names,
        "topology": "plugin" in names,
        "requirements": names == {"collections"},
        "connection": names <= {"tenants", *CONNECTION},
        "part of a topology": names <= OF_TOPOLOGY,
    }
    return next((form for form, fits in forms.items() if fits), None)


def main() -> None:
    """Print which test runs how many samples of which guide."""
    counted = Counter((str(sample.guide.relative_to(REPOSITORY)), str(kind(sample))) for sample in samples())
    for (guide, form), number in sorted(counted.items()):
        print(f"{guide}\t{number} x {form}\t{RUNNERS[form]}")


if __name__ == "__main__":
    main()
