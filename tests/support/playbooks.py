# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ansible-playbook runs, read back as data."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .emulator import CONTOSO, FABRIKAM, SECRETS, Emulator

REPOSITORY = Path(__file__).resolve().parents[2]
COLLECTIONS = (
    REPOSITORY.parents[2] if REPOSITORY.parts[-3:] == ("ansible_collections", "entra", "cross_tenant_sync") else REPOSITORY / ".build"
)
"""Where Ansible finds this collection: around it, where it lies like an installed one, and else by the link that the Makefile makes."""
PREFIX = "entra.cross_tenant_sync."
SEND_NOTHING = ("link_arguments", "run_summary")
"""Modules that the playbooks run for every link or every run."""


@dataclass(frozen=True)
class Task:
    """The result of a task."""

    host: str
    name: str
    action: str
    status: str
    result: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A run: its output, and the result of every task."""

    code: int
    output: str
    tasks: list[Task]

    def ours(self) -> list[Task]:
        """The tasks that ran a module of this collection in a tenant. The validation of arguments and the summary send nothing."""
        ran = [task for task in self.tasks if task.action.startswith(PREFIX) and task.status != "skipped"]
        return [task for task in ran if task.action.removeprefix(PREFIX) not in SEND_NOTHING and not _looks_at_nothing(task)]

    def of(self, module: str) -> dict[str, Any]:
        """The result of the last task that ran the named module."""
        return [task for task in self.ours() if task.action == PREFIX + module][-1].result

    def looked(self, link: str = "contoso_to_fabrikam") -> dict[str, Any]:
        """What the look at all links found of one."""
        found: dict[str, Any] = self.of("links_info")["links"][link]
        return found

    def outcome(self) -> dict[str, Any]:
        """What the run has handed to the scheduler."""
        found: dict[str, Any] = [
            task.result["outcome"] for task in self.tasks if task.action == f"{PREFIX}run_summary" and task.status == "ok"
        ][-1]
        return found

    def actions(self) -> list[str]:
        """Every action of every task, in order."""
        return [f"{action['verb']} {action['object']}" for task in self.ours() for action in task.result.get("actions") or ()]

    def diffs(self) -> list[Any]:
        """Every diff, in order."""
        return [task.result["diff"] for task in self.ours() if task.result.get("diff")]

    def changed(self) -> list[str]:
        """The names of the tasks that changed something."""
        return [task.name for task in self.tasks if task.result.get("changed")]

    def failure(self) -> str:
        """The message of the task that failed."""
        return str(next(task.result["msg"] for task in self.tasks if task.status == "failed"))


def _looks_at_nothing(task: Task) -> bool:
    """Whether it is a look at links none of which can be compared, so that it sends nothing."""
    return task.action == f"{PREFIX}links_info" and not any(found.keys() - {"tasks"} for found in task.result.get("links", {}).values())


def inventory(emulator: Emulator, **link: Any) -> dict[str, Any]:
    """The inventory of the quick start, connected to the emulator; ``link`` replaces variables of its link."""
    return {
        "all": {
            "vars": {
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "tenants": {
                    "contoso": {
                        "tenant_id": CONTOSO,
                        "client_id": "11111111-1111-4111-8111-111111111111",
                        "client_secret": "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}",
                        **emulator.connection(),
                    },
                    "fabrikam": {
                        "tenant_id": FABRIKAM,
                        "client_id": "22222222-2222-4222-8222-222222222222",
                        "client_secret": "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}",
                        **emulator.connection(),
                    },
                },
            },
            "children": {
                "links": {
                    "hosts": {
                        "contoso_to_fabrikam": {
                            "link_source": "contoso",
                            "link_target": "fabrikam",
                            "link_configuration": "Fabrikam",
                            "link_scope_mode": "assigned",
                            "link_scope_users": ["minsu.kim@contoso.kr"],
                            "link_scope_groups": ["Sales"],
                            "link_user_type": "member",
                            "link_mappings": [
                                {"target": "employeeId", "state": "absent"},
                                {"target": "displayName", "expression": 'Append([displayName], " (Contoso)")'},
                            ],
                            "link_job_state": "started",
                            **link,
                        }
                    }
                }
            },
        }
    }


@dataclass(frozen=True)
class Playbooks:
    """Runs playbooks against an emulator. They write all their files to ``folder``."""

    emulator: Emulator
    folder: Path

    def sync(self, *arguments: str, env: dict[str, str] | None = None, **link: Any) -> Run:
        """The playbook sync.yml with the quick start's inventory."""
        return self.play(REPOSITORY / "playbooks" / "sync.yml", inventory(self.emulator, **link), *arguments, env=env)

    def task(self, module: str, tenant: str, options: dict[str, Any], *arguments: str) -> Run:
        """A task with a module in a tenant of the scenario."""
        hosts = inventory(self.emulator)
        connection = hosts["all"]["vars"]["tenants"][tenant]
        task = {"name": f"Run {module}", PREFIX + module: {**connection, **options}}
        play = [{"name": "Run a module", "hosts": "links", "connection": "local", "gather_facts": False, "tasks": [task]}]
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "task.yml"
        path.write_text(yaml.safe_dump(play, sort_keys=False, allow_unicode=True))
        return self.play(path, hosts, *arguments)

    def play(
        self,
        playbook: Path,
        hosts: dict[str, Any],
        *arguments: str,
        env: dict[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
        file: str = "inventory.yml",
    ) -> Run:
        """Any playbook with any inventory, in a file of that name. There is no terminal, unless ``stdin`` is one."""
        self.emulator.given(hosts, playbook.read_text(), arguments)
        self.folder.mkdir(parents=True, exist_ok=True)
        where = self.folder / file
        where.write_text(yaml.safe_dump(hosts, sort_keys=False, allow_unicode=True))
        # Ansible would load and ask all of its inventory plugins.
        plain = {"ANSIBLE_INVENTORY_ENABLED": "yaml"} if file == "inventory.yml" and "-i" not in arguments else {}
        return self._run(["ansible-playbook", "-i", str(where), str(playbook), *arguments], plain | (env or {}), stdin)

    def command(self, line: str, env: dict[str, str] | None = None) -> Run:
        """A command of Ansible as a guide prints it, in the folder with its files."""
        self.emulator.given(line, *(path.read_text() for path in self.folder.glob("*.yml")))
        return self._run(shlex.split(line), env, subprocess.DEVNULL)

    def _run(self, command: list[str], env: dict[str, str] | None, stdin: int) -> Run:
        record = self.folder / "results.jsonl"
        record.unlink(missing_ok=True)
        program, *arguments = command
        done = subprocess.run(
            [str(Path(sys.executable).with_name(program)), *arguments],
            cwd=self.folder,
            env=self._environment(record) | (env or {}),
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        tasks = [Task(**_task(line)) for line in record.read_text().splitlines()] if record.exists() else []
        return Run(done.returncode, done.stdout + done.stderr, tasks)

    def _environment(self, record: Path) -> dict[str, str]:
        support = Path(__file__).parent
        return {
            **os.environ,
            **SECRETS,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_CALLBACK_PLUGINS": str(support / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local_tmp"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote_tmp"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_DEPRECATION_WARNINGS": "False",
            "RECORD_RESULTS": str(record),
        }


def _task(line: str) -> dict[str, Any]:
    fields = json.loads(line)
    return {
        "host": fields["host"],
        "name": fields["task"],
        "action": fields["action"],
        "status": fields["status"],
        "result": fields["result"],
    }
