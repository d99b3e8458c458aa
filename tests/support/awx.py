# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX starts them: with what the set-up has created, the credentials injected by AWX's own code, through ansible-runner."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner
import yaml
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

from .awx_server import Awx
from .playbooks import REPOSITORY

AWX = REPOSITORY / "docs" / "awx"
COLLECTION = REPOSITORY / ".build" / "awx"
"""Where tests/tools/awx_collection.py puts awx.awx."""
Json = dict[str, Any]


def environment(**more: str) -> dict[str, str]:
    """That of Ansible's commands, with this collection."""
    return {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".build"), "ANSIBLE_NOCOLOR": "1", **more}


def program(name: str, *arguments: str, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """One of Ansible's commands, beside this Python."""
    command = [str(Path(sys.executable).with_name(name)), *arguments]
    return subprocess.run(command, cwd=cwd, env=dict(env), capture_output=True, text=True, check=False, timeout=300)


def set_up(server: Awx, folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the playbook setup.yml with the modules of awx.awx, against a stub of AWX."""
    more = {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTION), "ANSIBLE_PIPELINING": "1", **server.environment(), **env}
    return program("ansible-playbook", "-i", "localhost,", str(AWX / "setup.yml"), *arguments, cwd=folder, env=environment() | more)


@dataclass(frozen=True)
class Job:
    """A job that has ended."""

    code: int
    output: str
    artifacts: Json
    changed: set[str]
    """The hosts that reported a change."""
    failures: list[str]


class _Unsafe(str):
    """A text that Ansible must not evaluate."""


class _Dumper(yaml.SafeDumper):
    """Writes extra variables like AWX: only those of the template's own definition can be templates."""


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


def _unsafe(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unsafe(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_unsafe(member) for member in value]
    return _Unsafe(value) if isinstance(value, str) else value


@dataclass
class Controller:
    """An AWX with the project of the guide. ``server`` has what the set-up has created."""

    folder: Path
    server: Awx
    jobs: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.project = self.folder / "project"
        shutil.copytree(AWX / "project", self.project)
        self.template = {name.rpartition(": ")[2]: template for name, template in self.server.named("job_templates").items()}

    def topology(self, change: Mapping[str, Any]) -> None:
        """Write members of the topology file, and import the inventory, without a credential."""
        path = self.project / "topology.yml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}, sort_keys=False))
        done = program("ansible-inventory", "-i", str(path), "--list", "--export", cwd=self.project, env=environment())
        assert done.returncode == 0, done.stderr
        self.inventory: Json = json.loads(done.stdout)

    def launch(self, name: str, answers: Json, artifacts: Json | None = None, part: tuple[int, int] = (1, 1)) -> Job:
        """A job of the template of that name. ``part`` is the number of the slice, and how many there are."""
        template = self.template[name]
        self.jobs += 1
        private = self.folder / f"job{self.jobs}"
        (private / "env").mkdir(parents=True)
        env: dict[str, Any] = {}
        arguments: list[str] = ["-e", f"@{self._variables(private, template, answers, artifacts or {})}"]
        for name in template["credentials"]:
            credential = self.server.named("credentials")[name]
            kind = self.server.named("credential_types")[credential["credential_type"]]
            known = ManagedCredentialType("custom", kind["name"], kind["kind"], kind["inputs"], kind["injectors"])
            inject_credential(known, Credential(credential["inputs"]), env, {}, arguments, str(private))
        ran = ansible_runner.run(
            private_data_dir=str(private),
            project_dir=str(self.project),
            playbook=template["playbook"],
            inventory=str(self._inventory(private, *part)),
            envvars=environment(ANSIBLE_HOME=str(self.folder / "ansible"), **env),
            cmdline=" ".join(arguments),
            quiet=True,
        )
        events = list(ran.events)
        return Job(ran.rc, ran.stdout.read(), _artifacts(events), set(_changed(events)), list(_failures(events)))

    def _variables(self, private: Path, template: Json, answers: Json, artifacts: Json) -> Path:
        defaults = {one["variable"]: one["default"] for one in template.get("survey_spec", {}).get("spec", ()) if "default" in one}
        own = json.loads(template["extra_vars"] or "{}")
        given = {**own, **defaults, **artifacts, **answers}
        path = private / "env" / "given"
        path.write_text(
            yaml.dump({name: value if own.get(name) == value else _unsafe(value) for name, value in given.items()}, Dumper=_Dumper)
        )
        return path

    def _inventory(self, private: Path, number: int, slices: int) -> Path:
        """The hosts of a slice, as a script."""
        mine = sorted(self.inventory["_meta"]["hostvars"])[number - 1 :: slices]

        def kept(group: Json) -> Json:
            return {**group, "hosts": [host for host in group["hosts"] if host in mine]} if "hosts" in group else group

        content = {name: kept(group) if name != "_meta" else group for name, group in self.inventory.items()}
        content["_meta"] = {"hostvars": {host: self.inventory["_meta"]["hostvars"][host] for host in mine}}
        data = private / "hosts.json"
        data.write_text(json.dumps(content))
        script = private / "hosts"
        script.write_text(f"#!/bin/sh\ncat {data}\n")
        script.chmod(0o700)
        return script


def _artifacts(events: list[Json]) -> Json:
    found: Json = next((event["event_data"].get("artifact_data", {}) for event in events if event["event"] == "playbook_on_stats"), {})
    return found


def _changed(events: list[Json]) -> Iterator[str]:
    for event in events:
        if event["event"] == "runner_on_ok" and event["event_data"]["res"].get("changed"):
            yield event["event_data"]["host"]


def _failures(events: list[Json]) -> Iterator[str]:
    for event in events:
        if event["event"] in ("runner_on_failed", "runner_on_unreachable"):
            yield str(event["event_data"]["res"].get("msg"))
