# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an empty directory to a green plan of the hub of five, as a user of the artifact would go there, with a stopwatch: ``make stopwatch``.

The user has a virtual environment. The emulator stands for the five tenants; its start does not count.

Usage: python -m ansible_collections.entra.cross_tenant_sync.tests.tools.stopwatch ARTIFACT
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator

SECONDS = 90
NAME = "entra.cross_tenant_sync"
LINK = "contoso_to_adatum"


class Failure(Exception):
    """A step did not do what it should."""


class Desk:
    """The user's empty directory, and the time since they began."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.total = 0.0
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHON"))} | {
            "PATH": f"{folder / 'venv' / 'bin'}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections"),
            "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_NOCOLOR": "1",
        }

    def type(self, command: str) -> str:
        """Type a command. What it prints."""
        begun = time.monotonic()
        done = subprocess.run(shlex.split(command), cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - begun
        self.total += seconds
        print(f"{self.total:6.1f} s  (+{seconds:4.1f})  {command}", flush=True)
        if done.returncode:
            raise Failure(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def write_hub(self, emulator: Emulator) -> None:
        """Take the hub of five from the examples of the collection, and connect its tenants to the emulator."""
        examples = self.folder / "collections" / "ansible_collections" / "entra" / "cross_tenant_sync" / "examples"
        shutil.copy(examples / "ansible.cfg", self.folder)
        content = yaml.safe_load((examples / "hub" / "topology.yml").read_text(encoding="utf-8"))
        for name, tenant in content["tenants"].items():
            tenant.update(emulator.connection())
            self.environment[f"{name.upper()}_CLIENT_SECRET"] = f"{name}-rehearsal-secret"
        (self.folder / "topology.yml").write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def main(artifact: Path) -> int:
    """Go there, and say how long it took."""
    with tempfile.TemporaryDirectory(prefix="stopwatch-") as folder, Emulator(Path(folder) / "emulator", "ten-companies") as emulator:
        venv.create(Path(folder, "venv"), with_pip=True)
        desk = Desk(Path(folder))
        try:
            go(desk, emulator, artifact)
        except Failure as failure:
            print(f"failed: {failure}", file=sys.stderr)
            return 1
    print(f"{desk.total:6.1f} s  from pip install ansible-core to a green plan; {SECONDS} s are allowed")
    return 0 if desk.total < SECONDS else 1


def go(desk: Desk, emulator: Emulator, artifact: Path) -> None:
    """Every step of the user."""
    desk.type("pip install --quiet ansible-core msal requests")
    desk.type(f"ansible-galaxy collection install --offline --collections-path collections {artifact}")
    desk.write_hub(emulator)
    one = desk.type(f"ansible-playbook -i topology.yml {NAME}.sync --limit {LINK}")
    _expect(changed(one) == {LINK}, "the first run was to build one link", one)
    everything = desk.type(f"ansible-playbook -i topology.yml {NAME}.sync")
    _expect(len(changed(everything)) == 7, "the second run was to build the other seven links", everything)
    plan = desk.type(f"ansible-playbook -i topology.yml {NAME}.plan")
    _expect("nothing to change: 8 links in sync" in plan, "the plan was to be empty", plan)


def changed(output: str) -> set[str]:
    """The hosts that changed, as the recap says."""
    lines = [line.split() for line in output.rpartition("PLAY RECAP")[2].splitlines() if " changed=" in line]
    return {words[0] for words in lines if "changed=0" not in words}


def _expect(truth: bool, what: str, output: str) -> None:
    if not truth:
        raise Failure(f"{what}:\n{output}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
