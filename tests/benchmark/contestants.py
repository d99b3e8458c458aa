# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contestants, each with the command that starts it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY

from .measure import Command

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent
WORKS = ("create", "noop", "change", "teardown")
_RECAP = re.compile(r"ok=(\d+) +changed=(\d+).*skipped=(\d+)")


@dataclass(frozen=True)
class Files:
    """The input of a contestant: an inventory, and a spec for scripts; each also with one user replaced by another.

    ``programs`` is the folder of Ansible's own programs, which can be those of another version.
    """

    folder: Path
    programs: Path = PROGRAMS

    def inventory(self, work: str) -> Path:
        """For playbooks."""
        return self.folder / ("changed.yml" if work == "change" else "inventory.yml")

    def spec(self, work: str) -> str:
        """For scripts."""
        return str(self.folder / ("changed.json" if work == "change" else "spec.json"))


@dataclass(frozen=True)
class Contestant:
    """``command`` gets the files, the work, and the number of tasks that the playbook of the collection executed for it."""

    letter: str
    name: str
    command: Callable[[Files, str, int], Command]


@dataclass(frozen=True)
class Recap:
    """Ansible's own last lines, summed over the hosts."""

    executed: int
    changed: int
    skipped: int


def recap(output: str) -> Recap:
    """The recap of a playbook run."""
    found = [tuple(int(number) for number in match.groups()) for match in _RECAP.finditer(output)]
    return Recap(*(sum(column) for column in zip(*found, strict=True))) if found else Recap(0, 0, 0)


def playbook(files: Files, inventory: Path, path: Path, *arguments: str) -> Command:
    """A run of ansible-playbook that writes all its files to the folder."""
    program = str(files.programs / "ansible-playbook")
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".build"),
        "ANSIBLE_LOCAL_TEMP": str(files.folder / "local_tmp"),
        "ANSIBLE_REMOTE_TEMP": str(files.folder / "remote_tmp"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        # Else an inventory that cannot be read is loaded very quickly.
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True",
    }
    return Command([program, "-i", str(inventory), str(path), *arguments], environment)


def no_tasks(files: Files, inventory: Path) -> Command:
    """A play without tasks: Ansible starts and loads the inventory."""
    path = files.folder / "no_tasks.yml"
    play = {"name": "Do nothing", "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": []}
    path.write_text(yaml.safe_dump([play], sort_keys=False))
    return playbook(files, inventory, path)


def _ours(files: Files, work: str, _tasks: int, *arguments: str) -> Command:
    inventory = files.inventory(work)
    if work != "teardown":
        return playbook(files, inventory, REPOSITORY / "playbooks" / "sync.yml", *arguments)
    links = yaml.safe_load(inventory.read_text())["all"]["children"]["links"]["hosts"]
    named = ("-e", f"link_teardown={','.join(links)}")
    return playbook(files, inventory, REPOSITORY / "playbooks" / "teardown.yml", *named, *arguments)


def _processes(files: Files, work: str, tasks: int) -> Command:
    return _ours(files, work, tasks, "-e", "cross_tenant_sync_module_process=true")


def _uri(files: Files, work: str, _tasks: int) -> Command:
    return playbook(files, files.inventory(work), HERE / "uri" / ("teardown.yml" if work == "teardown" else "sync.yml"))


def _script(name: str) -> Callable[[Files, str, int], Command]:
    return lambda files, work, _tasks: Command([sys.executable, str(HERE / name), files.spec(work), work], {})


def floor_play(tasks: int) -> str:
    """A play that does nothing, in so many tasks."""
    messages = [{"name": f"Say {number}", "ansible.builtin.debug": {"msg": "nothing"}} for number in range(tasks)]
    return yaml.safe_dump(
        [{"name": "Do nothing", "hosts": "links", "connection": "local", "gather_facts": False, "tasks": messages}], sort_keys=False
    )


def _floor(files: Files, work: str, tasks: int) -> Command:
    path = files.folder / "floor.yml"
    path.write_text(floor_play(tasks))
    return playbook(files, files.inventory(work), path)


OURS = Contestant("a", "our playbook", _ours)
PROCESSES = Contestant("b", "our playbook, module processes", _processes)
URI = Contestant("c", "`ansible.builtin.uri` by hand", _uri)
SDK = Contestant("d", "script on Microsoft's SDK", _script("sdk.py"))
FLOOR = Contestant("e", "as many `debug` tasks", _floor)
BARE = Contestant("f", "bare requests session", _script("bare.py"))
ALL = (OURS, PROCESSES, URI, SDK, FLOOR, BARE)
