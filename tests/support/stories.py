# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stories of many tasks, read back step by step with the requests and states in between.

A single ansible-playbook run tells a story. Where only the service's behaviour is of interest, the same tasks run in this process.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.vault import Vault
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import worker_runner
from ansible_collections.entra.cross_tenant_sync.tests.support.runners import compare

from .emulator import SECRETS, Emulator
from .playbooks import PREFIX, Playbooks, Run, Task, inventory
from .traffic import changes, is_of_exchange, is_of_graph


@dataclass(frozen=True)
class Do:
    """A task: ``module`` with ``options`` in one of the two tenants."""

    module: str
    options: dict[str, Any]
    tenant: str = "contoso"
    check: bool = False
    process: bool = False
    """Whether it runs in a module process instead of the controller's worker."""
    register: str | None = None

    def task(self, connections: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """The task as it stands in a playbook."""
        task: dict[str, Any] = {
            "name": f"{'Check' if self.check else 'Run'} {self.module}",
            PREFIX + self.module: {**connections[self.tenant], **self.options},
            "check_mode": self.check,
            "diff": True,
            "ignore_errors": True,
            "vars": {"cross_tenant_sync_module_process": self.process},
        }
        return {**task, "register": self.register} if self.register else task


@dataclass(frozen=True)
class Control:
    """Something that happens between tasks: a call of the emulator's control interface."""

    method: str
    path: str
    body: Any = None

    def task(self, _connections: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """A task that contains the call for the callback plugin."""
        # A list with one text, because templating converts a text that looks like JSON.
        return {"name": "control", "ansible.builtin.debug": {"msg": json.dumps([self.method, self.path, self.body])}, "check_mode": False}


def advance(duration: str = "PT40M") -> Control:
    """Let virtual time pass."""
    return Control("POST", "clock", {"advance": duration})


@dataclass(frozen=True)
class Step:
    """The result of a task, its requests, and the emulator's state before and after it."""

    task: Task
    requests: list[dict[str, Any]]
    before: dict[str, Any]
    after: dict[str, Any]
    warnings: str = ""
    """All warnings as a single text."""
    said: Any = None

    @property
    def result(self) -> dict[str, Any]:
        """The task's result."""
        return self.task.result

    @property
    def failed(self) -> bool:
        """Whether the task failed."""
        return self.task.status != "ok"

    @property
    def message(self) -> str:
        """The message of a task that failed, which must contain no traceback."""
        assert self.failed, self.result
        message = str(self.result["msg"])
        assert "Traceback" not in json.dumps(self.result), self.result
        return message

    @property
    def actions(self) -> list[str]:
        """The actions that were done, or would be, as texts."""
        assert not self.failed, self.result["msg"]
        return [f"{action['verb']} {action['object']}" for action in self.result["actions"]]

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The requests to Graph, without sign-in. Of a batch, only its items are contained."""
        return [request for request in self.requests if is_of_graph(request["path"]) and not request["path"].endswith("/$batch")]

    @property
    def to_exchange(self) -> list[dict[str, Any]]:
        """The requests to Exchange. Of a batch, only its items are contained."""
        return [request for request in self.requests if is_of_exchange(request["path"]) and not request["path"].endswith("/$batch")]

    @property
    def calls(self) -> int:
        """The number of calls of Graph; a batch counts once."""
        return len([request for request in self.requests if is_of_graph(request["path"]) and not request.get("batched")])

    @property
    def writes(self) -> list[dict[str, Any]]:
        """The requests that change something, in Graph and in Exchange."""
        sent = [*self.sent, *self.to_exchange]
        return [request for request in sent if changes(request["method"], request["path"], request["request_body"])]

    @property
    def left_alone(self) -> bool:
        """Whether the task changed nothing. The audit log does not count, because only the service writes it."""
        return self.before == self.after


@dataclass(frozen=True)
class Story:
    """A run, step by step."""

    run: Run
    steps: list[Step] = field(default_factory=list)

    def __getitem__(self, number: int) -> Step:
        return self.steps[number]

    def __iter__(self) -> Any:
        return iter(self.steps)

    def fours(self) -> list[list[Step]]:
        """The steps in groups of four."""
        assert len(self.steps) % 4 == 0
        return [self.steps[start : start + 4] for start in range(0, len(self.steps), 4)]


def four(module: str, options: dict[str, Any], tenant: str = "contoso", process: bool = False) -> list[Do]:
    """Check, apply, check, apply."""
    return [Do(module, options, tenant, check, process) for check in (True, False, True, False)]


def converges(steps: Sequence[Step], *actions: str) -> None:
    """The rule for every managed object: check mode predicts what a run does, and a second run finds nothing to do.

    ``actions`` are what is to be done; without any, whatever is done counts, but something must be.
    """
    check, run, check_again, run_again = steps
    for step in steps:
        assert not step.failed, step.result["msg"]
    assert run.actions == list(actions) if actions else run.actions
    assert check.actions == run.actions
    assert check.result["actions"] == run.result["actions"]
    assert check.result["diff"] == run.result["diff"]
    assert run.result["diff"]["before"] != run.result["diff"]["after"]
    assert check.result["changed"] is run.result["changed"] is True
    assert run.writes
    for again in (check_again, run_again):
        assert again.result["changed"] is False
        assert again.actions == []
        assert again.writes == []
        assert again.result["diff"]["before"] == again.result["diff"]["after"]
        assert again.left_alone
    assert check.writes == []
    assert check.left_alone
    assert len({frozenset(step.result) for step in steps}) == 1, [sorted(step.result) for step in steps]


@dataclass(frozen=True)
class Teller:
    """Runs stories with an emulator."""

    emulator: Emulator
    playbooks: Playbooks
    both_runners: bool = False
    """Whether every story is run a second time, through module processes, and compared."""
    here: bool = False
    """Whether stories that do not need Ansible run in this process. Its start takes three quarters of a story's time."""

    def __call__(self, *scenes: Do | Control | Sequence[Do | Control], variables: dict[str, Any] | None = None) -> Story:
        """Run all scenes in a single playbook. The steps of the story are the tasks, without the calls between them."""
        flat: list[Do | Control] = []
        for scene in scenes:
            flat.extend([scene] if isinstance(scene, (Do, Control)) else scene)
        before = {part: self.emulator.control("GET", part) for part in ("state", "settings", "faults")} if self.both_runners else None
        story = self._tell(flat, variables)
        if before:
            after = {part: self.emulator.control("GET", part) for part in ("state", "settings", "faults")}
            self._put(before)
            processes = [dataclasses.replace(scene, process=True) if isinstance(scene, Do) else scene for scene in flat]
            compare(story, self._play(processes, variables))
            self._put(after)
        return story

    def once(self) -> Teller:
        """A teller for a story whose results depend on the time of events outside of it. It runs the story in one runner only."""
        return dataclasses.replace(self, both_runners=False)

    def _put(self, parts: dict[str, Any]) -> None:
        """Put the emulator back into its earlier state."""
        for part in ("settings", "state"):
            self.emulator.control("PUT", part, parts[part])
        self.emulator.control("DELETE", "faults")
        self.emulator.control("POST", "faults", parts["faults"]["faults"])

    def _tell(self, flat: Sequence[Do | Control], variables: dict[str, Any] | None) -> Story:
        needs_ansible = bool(variables) or any(isinstance(scene, Do) and (scene.process or scene.register) for scene in flat)
        return self._run(flat) if self.here and not needs_ansible else self._play(flat, variables)

    def _run(self, flat: Sequence[Do | Control]) -> Story:
        """Run the tasks in this process, one by one, as Ansible's worker does."""
        connections = inventory(self.emulator)["all"]["vars"]["tenants"]
        self.emulator.given([scene.task(connections) for scene in flat])
        output: list[str] = []
        steps = []
        before = self.emulator.state()
        self.emulator.control("DELETE", "requests")
        with _as_one_run():
            for scene in flat:
                if isinstance(scene, Control):
                    self.emulator.control(scene.method, scene.path, scene.body)
                    before = self.emulator.state()
                else:
                    task, warnings = _done(scene, connections[scene.tenant], output.append)
                    sent, after = self.emulator.control("GET", "requests")["requests"], self.emulator.state()
                    steps.append(Step(task, sent, before, after, "\n".join(warnings)))
                    before = after
                self.emulator.control("DELETE", "requests")
        return Story(Run(0, "\n".join(output), [step.task for step in steps]), steps)

    def _play(self, flat: Sequence[Do | Control], variables: dict[str, Any] | None) -> Story:
        hosts = inventory(self.emulator)
        hosts["all"]["vars"].update(variables or {})
        connections = hosts["all"]["vars"]["tenants"]
        tasks = [scene.task(connections) for scene in flat]
        play = [{"name": "Run a story", "hosts": "links", "connection": "local", "gather_facts": False, "tasks": tasks}]
        folder = self.playbooks.folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "story.yml"
        path.write_text(yaml.safe_dump(play, sort_keys=False, allow_unicode=True))
        self.emulator.given(tasks)
        run, watched, before = self.watch(lambda env: self.playbooks.play(path, hosts, env=env))
        assert len(run.tasks) == len(watched) == len(flat), run.output
        steps = []
        for scene, task, line in zip(flat, run.tasks, watched, strict=True):
            if isinstance(scene, Do):
                steps.append(Step(task, line["requests"], before, line["state"], "\n".join(line["warnings"]), line["said"]))
            before = line["state"]
        return Story(run, steps)

    def watch(self, play: Any) -> tuple[Run, list[dict[str, Any]], dict[str, Any]]:
        """Any run, with the record of each of its tasks, and the state before it."""
        seen = self.playbooks.folder / "watched.jsonl"
        seen.unlink(missing_ok=True)
        before = self.emulator.state()
        self.emulator.control("DELETE", "requests")
        env = {
            "ANSIBLE_CALLBACKS_ENABLED": "record,watch",
            "WATCH_EMULATOR": self.emulator.url,
            "WATCH_CA": str(self.emulator.ca_path),
            "WATCH_RESULTS": str(seen),
            **({"WATCH_EXCHANGE": "yes"} if self.emulator.asks_exchange else {}),
        }
        run = play(env)
        lines = seen.read_text().splitlines() if seen.exists() else []
        return run, [json.loads(line) for line in lines], before


@contextmanager
def _as_one_run() -> Iterator[None]:
    """What the tasks of one run share, and no other run does: the tokens, and the folder of the reads."""
    with tempfile.TemporaryDirectory() as folder:
        vault = mock.patch.object(worker_runner, "VAULT", Vault())
        with vault, mock.patch.object(worker_runner, "run_folder", return_value=folder):
            yield


def _filled(value: Any) -> Any:
    """The value with the secrets instead of the templates that look them up in the environment."""
    if isinstance(value, dict):
        return {name: _filled(member) for name, member in value.items()}
    secrets = {f"{{{{ lookup('ansible.builtin.env', '{name}') }}}}": secret for name, secret in SECRETS.items()}
    return secrets.get(value, value) if isinstance(value, str) else value


def _done(do: Do, connection: dict[str, Any], progress: Any) -> tuple[Task, list[str]]:
    """The result of a task as Ansible shows it, and its warnings."""
    name = PREFIX + do.module
    module = worker_runner.connecting_module(name)
    assert module is not None, name
    args = _filled({**connection, **do.options})
    result = worker_runner.run_in_worker(name, module.SUBJECT, module.OPTIONS, args, do.check, progress)
    shown = {"changed": False, **{member: value for member, value in result.items() if member not in ("invocation", "warnings")}}
    return Task("contoso_to_fabrikam", name, name, "failed" if result.get("failed") else "ok", json.loads(json.dumps(shown))), [
        str(warning) for warning in result.get("warnings", ())
    ]
