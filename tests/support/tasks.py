# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks and roles of this collection, carried out in this process for one host, task by task as their files say.

Ansible forks a worker for every task, so a test that stops a run between two requests could not hold it. This knows only the
keywords and actions that the collection uses and refuses every other one, so that no task is passed over.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.filter.core import FilterModule as CoreFilters
from ansible.plugins.filter.mathstuff import FilterModule as SetFilters
from ansible.plugins.test.core import TestModule as CoreTests
from ansible.template import Templar
from jinja2 import ChainableUndefined, StrictUndefined
from jinja2.nativetypes import NativeEnvironment
from jinja2.runtime import Context

from ansible_collections.entra.cross_tenant_sync.plugins.filter.connection import connection
from ansible_collections.entra.cross_tenant_sync.plugins.filter.plan_table import plan_table
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.vault import Vault
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import links_action, worker_runner
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.hand_over import SHORT

REPOSITORY = Path(__file__).resolve().parents[2]
PREFIX = "entra.cross_tenant_sync."
BUILTIN = "ansible.builtin."
GROUP = f"group/{PREFIX}graph"
PLUGINS = "ansible_collections.entra.cross_tenant_sync.plugins."

Json = dict[str, Any]
Module = Callable[[str, Json, bool], Json]
"""Runs one module of the collection, by name, options and whether it is check mode, and gives its result; ``failed`` is in it if it failed."""


class TaskFailure(Exception):
    """A task failed, and the play ends for the host."""

    def __init__(self, name: str, result: Mapping[str, Any]) -> None:
        super().__init__(f"{name}: {result.get('msg')}")
        self.name = name
        self.result = result
        self.msg = str(result.get("msg"))


class _Ended(Exception):
    """The play ends for the host, which did not fail."""


class _HostVars(dict[str, Any]):
    """The variables of all hosts, as tasks have them."""

    def raw_get(self, host: str) -> Any:
        """Those of a host, with their templates."""
        return self[host]


OMIT = object()
"""What the variable ``omit`` holds."""

KEYWORDS = {"name", "when", "vars", "register", "notify", "failed_when", "module_defaults", "block", "tags", "no_log", "run_once", "listen"}
KEYWORDS |= {"rescue", "always", "check_mode"}


@dataclass(frozen=True)
class Place:
    """Where a task stands: its file, its role, and what the blocks around it give to it."""

    file: Path
    role: str | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[Any, ...] = ()
    check: bool = False
    """Whether it is check mode."""


@dataclass
class Host:
    """One host of a play. ``variables`` are those of the inventory; what tasks register is added to them."""

    name: str
    variables: Json
    module: Module
    results: list[tuple[str, Json]] = field(default_factory=list)
    """The modules that ran, with their results."""
    notified: list[str] = field(default_factory=list)
    folder: str | None = None
    """What the tasks of a run share, for those that run in the controller."""
    vault: Vault = field(default_factory=Vault)
    stats: Json = field(default_factory=dict)
    """What is handed to the scheduler."""
    others: Mapping[str, Json] = field(default_factory=dict)
    """The variables of the other hosts of the inventory, which are not in the play."""

    def __post_init__(self) -> None:
        own = {"omit": OMIT, "ansible_check_mode": False, "ansible_facts": {}, "inventory_hostname": self.name}
        plays = {key: [self.name] for key in ("ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_batch")}
        self.variables = {
            **own,
            **plays,
            "groups": {"links": [self.name, *self.others]},
            "hostvars": _HostVars({**self.others, self.name: self.variables}),
            **self.variables,
        }
        self._handlers: list[tuple[Json, Place]] = []

    @property
    def changed(self) -> bool:
        """Whether any task changed something."""
        return any(result.get("changed") for _module, result in self.results)

    def play(self, playbook: str, check: bool = False) -> None:
        """Carry out a playbook of the collection, in check mode if asked to.

        :raises TaskFailure: when a task fails.
        """
        file = REPOSITORY / "playbooks" / playbook
        for play in _yaml(file):
            _only(
                play,
                {"name", "hosts", "gather_facts", "connection", "roles", "pre_tasks", "tasks", "post_tasks", "vars", "any_errors_fatal"},
            )
            place = Place(file, variables=play.get("vars", {}), check=check)
            with contextlib.suppress(_Ended):
                self._tasks(play.get("pre_tasks", ()), place)
                for role in play.get("roles", ()):
                    self._role(role["role"], "main", place)
                self._tasks(play.get("tasks", ()), place)
                self._tasks(play.get("post_tasks", ()), place)
                self._flush()

    def _role(self, name: str, tasks_from: str, place: Place) -> None:
        short = name.removeprefix(PREFIX)
        folder = REPOSITORY / "roles" / short
        inside = replace(place, file=folder / "tasks" / f"{tasks_from.removesuffix('.yml')}.yml", role=short)
        for handler in _yaml(folder / "handlers" / "main.yml") if (folder / "handlers" / "main.yml").exists() else ():
            if all(handler["name"] != known["name"] for known, _place in self._handlers):
                self._handlers.append((handler, inside))
        for defaults in ("defaults", "vars"):
            if (folder / defaults / "main.yml").exists():
                self.variables = {**_yaml(folder / defaults / "main.yml"), **self.variables}
        self._tasks(_yaml(inside.file), inside)

    def _flush(self) -> None:
        """Run the handlers that were notified, in the order in which they are written."""
        notified, self.notified = self.notified, []
        for handler, place in self._handlers:
            if handler["name"] in notified:
                self._task(handler, place)

    def _tasks(self, tasks: Sequence[Json], place: Place) -> None:
        for task in tasks:
            self._task(task, place)

    def _task(self, task: Json, place: Place) -> None:
        place = replace(
            place,
            variables={**place.variables, **task.get("vars", {})},
            defaults={**place.defaults, **task.get("module_defaults", {})},
            conditions=(*place.conditions, *_listed(task.get("when", ()))),
            check=place.check or task.get("check_mode", False),
        )
        if "block" in task:
            _only(task, KEYWORDS)
            self._block(task, place)
            return
        (action,) = [name for name in task if name not in KEYWORDS]
        if action.startswith(BUILTIN) and action.endswith(("import_role", "import_tasks")):
            # What is imported inherits the conditions, one by one.
            self._include(action, task[action], place)
            return
        if not all(self._holds(one, place) for one in place.conditions):
            self._register(task, {"skipped": True, "changed": False})
            return
        if action.startswith(BUILTIN) and action.endswith(("include_role", "include_tasks")):
            self._include(action, task[action], replace(place, conditions=()))
            return
        result = self._act(action, task[action], place)
        self._register(task, result)
        # A task's own result is a variable in its own failed_when.
        failed = bool(result.get("failed"))
        if "failed_when" in task:
            failed = all(self._holds(one, place) for one in _listed(task["failed_when"]))
        if failed:
            raise TaskFailure(str(task.get("name", action)), result)
        if result.get("changed"):
            self.notified += _listed(task.get("notify", ()))

    def _block(self, task: Json, place: Place) -> None:
        try:
            self._tasks(task["block"], place)
        except TaskFailure:
            if "rescue" not in task:
                raise
            self._tasks(task["rescue"], place)
        finally:
            self._tasks(task.get("always", ()), place)

    def _register(self, task: Json, result: Json) -> None:
        if "register" in task:
            self.variables[task["register"]] = result

    def _include(self, action: str, what: Any, place: Place) -> None:
        if action.endswith("_role"):
            _only(what, {"name", "tasks_from"})
            self._role(what["name"], self._value(what.get("tasks_from", "main"), place), place)
            return
        name = self._value(what if isinstance(what, str) else what["file"], place)
        beside = place.file.parent / name
        file = beside if beside.exists() else place.file.parent / "tasks" / name
        self._tasks(_yaml(file), replace(place, file=file))

    def _act(self, action: str, options: Any, place: Place) -> Json:
        if action.startswith(PREFIX):
            given = {**self._defaults(action, place), **self._options(options or {}, place)}
            name = action.removeprefix(PREFIX)
            controller = not hasattr(importlib.import_module(f"{PLUGINS}modules.{name}"), "SUBJECT")
            result = self._in_controller(name, given, place) if controller else self.module(name, given, place.check)
            self.results.append((name, result))
            facts = result.get("ansible_facts", {})
            self.variables.update({**facts, "ansible_facts": {**self.variables["ansible_facts"], **facts}})
            return result
        match action.removeprefix(BUILTIN):
            case "assert":
                wrong = [one for one in _listed(options["that"]) if not self._holds(one, place)]
                message = self._value(options.get("fail_msg" if wrong else "success_msg", "an assertion"), place)
                return {"failed": bool(wrong), "changed": False, "msg": message}
            case "fail":
                return {"failed": True, "changed": False, "msg": self._value(options["msg"], place)}
            case "debug":
                return {"changed": False, "msg": self._value(options.get("msg"), place)}
            case "set_fact":
                self.variables.update({name: self._value(value, place) for name, value in options.items()})
                return {"changed": False}
            case "set_stats":
                self.stats.update({name: self._value(value, place) for name, value in options["data"].items()})
                return {"changed": False}
            case "meta" if options == "noop":
                return {"changed": False}
            case "meta" if options in ("end_host", "end_batch"):
                raise _Ended
            case "meta" if options == "flush_handlers":
                self._flush()
                return {"changed": False}
        raise NotImplementedError(f"{place.file}: {action}")

    def _in_controller(self, name: str, options: Json, place: Place) -> Json:
        """An action that looks at the variables instead of at a tenant."""
        # The modules here are not run by actions, which would read what was handed over.
        hostvars = _HostVars({**self.others, self.name: self.variables})
        variables = {**self.variables, **place.variables, SHORT: False, "hostvars": hostvars}
        del variables["omit"]
        task = SimpleNamespace(
            action=PREFIX + name, args=options, async_val=0, check_mode=place.check, diff=False, environment=[], play=None
        )
        here = SimpleNamespace(transport="local", has_pipelining=False, _shell=SimpleNamespace(tmpdir="none is needed"))
        loader = DataLoader()
        plugin = importlib.import_module(f"{PLUGINS}action.{name}")
        action = plugin.ActionModule(task, here, SimpleNamespace(become=False), loader, Templar(loader, variables=variables), None)
        with contextlib.ExitStack() as stack:
            # The tokens of a run must not be those of another one, which the service may not know.
            for user in (plugin, links_action, worker_runner) if self.folder else ():
                if hasattr(user, "VAULT"):
                    stack.enter_context(mock.patch.object(user, "VAULT", self.vault))
                    stack.enter_context(mock.patch.object(user, "run_folder", return_value=self.folder))
            result: Json = action.run(task_vars=variables)
        return result

    def _defaults(self, action: str, place: Place) -> Json:
        """The module defaults around a task, where a group's may be one template."""
        found: Json = {}
        for name in (GROUP, action):
            found |= self._options(self._value(place.defaults.get(name, {}), place), place)
        return found

    def _options(self, options: Mapping[str, Any], place: Place) -> Json:
        values = {name: self._value(value, place) for name, value in options.items()}
        return {name: value for name, value in values.items() if value is not OMIT}

    def _holds(self, condition: Any, place: Place) -> bool:
        return bool(condition if isinstance(condition, bool) else self._value("{{ " + str(condition) + " }}", place))

    def _value(self, value: Any, place: Place) -> Any:
        return rendered(value, {**self.variables, **place.variables})


def _only(thing: Mapping[str, Any], known: set[str]) -> None:
    unknown = set(thing) - known
    if unknown:
        raise NotImplementedError(f"unknown here: {', '.join(sorted(unknown))}")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@cache
def _yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


# Templates ----------------------------------------------------------------------------------------------------------


class _Variables(Context):
    """Variables that are templates themselves, which Ansible fills when they are used."""

    def resolve_or_missing(self, key: str) -> Any:
        value = super().resolve_or_missing(key)
        return rendered(value, self.get_all()) if isinstance(value, (str, list, dict)) and _is_template(value) else value


def _is_template(value: Any) -> bool:
    return any("{{" in text or "{%" in text for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _texts(member)


class _Missing(ChainableUndefined, StrictUndefined):
    """What is not defined. As in Ansible, its members are not defined either, and it cannot be used."""


@cache
def _environment() -> NativeEnvironment:
    environment = NativeEnvironment(undefined=_Missing, trim_blocks=True)
    environment.context_class = _Variables
    for filters in (CoreFilters().filters(), SetFilters().filters()):
        # Jinja's own default is kept: Ansible's needs Ansible's undefined values.
        environment.filters.update({name: one for name, one in filters.items() if name not in environment.filters})
    environment.filters |= {f"{PREFIX}connection": connection, f"{PREFIX}plan_table": plan_table}
    environment.tests.update(CoreTests().tests())
    return environment


@cache
def _expression(text: str) -> Callable[..., Any]:
    return _environment().compile_expression(text, undefined_to_none=False)


@cache
def _template(text: str) -> Any:
    return _environment().from_string(text)


def rendered(value: Any, variables: Mapping[str, Any]) -> Any:
    """The value with its templates filled. One that is nothing but an expression keeps its type."""
    if isinstance(value, Mapping):
        return {name: rendered(member, variables) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [rendered(member, variables) for member in value]
    if not isinstance(value, str) or not _is_template(value):
        return value
    text = value.strip()
    if text.startswith("{{") and text.endswith("}}") and text.count("{{") == 1 and "{%" not in text:
        found = _expression(text[2:-2].strip(" -"))(**variables)
        if isinstance(found, _Missing):
            str(found)  # raises, and says what is undefined
        return found
    return str(_template(value).render(**variables))
