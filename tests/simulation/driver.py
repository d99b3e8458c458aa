# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the roles for one link, without Ansible: the table of `resources/link.py` in its order, module by module.

``test_repository.py`` compares that table with the tasks of the roles.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import link_variables
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Pace
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import (
    DEPROVISION,
    REMOVAL,
    TARGET,
    Step,
    building,
    removal,
)

from .wire import Wire

MODULES = "ansible_collections.entra.cross_tenant_sync.plugins.modules."
LONGEST = 4 * 3600
"""How long a run waits for the cycle that removes the users."""
NO_SENTENCE = re.compile(r"Traceback|object at 0x|\n|^'|Error\(")
Json = dict[str, Any]
Connections = Mapping[str, Mapping[str, Any]]
"""The connection options of the tenants, by side."""


@dataclass
class Done:
    """What one module did, or with which sentence it failed."""

    module: str
    side: str
    result: Json
    failed: bool = False
    first: int = 0
    """The number of its first request, and of the request after its last, among all that arrived."""
    end: int = 0

    @property
    def actions(self) -> list[str]:
        """Its actions, as they are reported."""
        return [f"{self.module}: {action['verb']} {action['object']}" for action in self.result.get("actions", ())]


@dataclass
class Ran:
    """One run of a link: what its modules did, and how it ended."""

    wish: Mapping[str, Any]
    check: bool
    steps: list[Done] = field(default_factory=list)
    looks: bool = True
    """Whether the look comes first, as in the playbook sync; the roles alone have none."""
    killed: bool = False
    fault: str | None = None
    """An exception that is no sentence for an admin."""

    @property
    def failure(self) -> Done | None:
        """The step that failed."""
        return self.steps[-1] if self.steps and self.steps[-1].failed else None

    @property
    def succeeded(self) -> bool:
        """Whether it came to its end."""
        return not self.killed and self.fault is None and self.failure is None

    @property
    def refused(self) -> bool:
        """Whether it refused the wish, so that running it again is refused as well."""
        return self.failure is not None and (self.failure.result.get("error") or {}).get("code") == "Refused"

    @property
    def actions(self) -> list[str]:
        """The actions of all its modules."""
        return [action for done in self.steps for action in done.actions]


class Driver:
    """Carries out runs on a wire, as the playbook sync does for a link."""

    def __init__(self, wire: Wire, connections: Connections) -> None:
        self.wire = wire
        self.connections = connections

    def carry_out(self, ran: Ran) -> None:
        """One run, from its first step to its end. It is filled in while it goes on, because it can be killed."""
        link = ran.wish
        params = understood("link_info", _json({**link_options("link_info", link), **self._both()}))
        for step, options in self._steps(ran, params):
            done = Done(step.module, step.side, {}, first=len(self.wire.arrivals))
            ran.steps.append(done)
            try:
                done.result = self._module(step.module, {**self.connections[step.side], **options}, ran.check)
            except RunFailure as failure:
                done.result, done.failed = {**failure.details, "msg": failure.msg}, True
                return
            except Exception as error:
                ran.fault = f"{step.module}: {type(error).__name__}: {error}"
                return
            finally:
                done.end = len(self.wire.arrivals)

    def _both(self) -> Json:
        return {**self.connections["source"], "target": dict(self.connections["target"])}

    def _steps(self, ran: Ran, params: Mapping[str, Any]) -> Iterator[tuple[Step, Json]]:
        """The steps with their options, which depend on what the steps before returned."""
        link = ran.wish
        if link.get("link_state") == "absent":
            served: Any = None
            for step in removal(link.get("link_users") == "deprovision", link.get("link_share") or {}):
                more: Json = {"wait_timeout": LONGEST} if step is DEPROVISION else {}
                if step.module == REMOVAL[-1].module and step.side == TARGET and served:
                    more = {"keep_for": served}
                yield step, {**_given(step, params, False), **more}
                served = ran.steps[-1].result.get("still_served_by", served)
            return
        target = dict(self.connections["target"])
        if ran.looks:
            yield LOOK, {**link_options("link_info", link), "target": target, "stop_at_difference": True, "share_reads": True}
            if ran.steps[-1].result.get("tasks") == "in_sync":
                return
        if not ran.looks or ran.steps[-1].result.get("tasks") != "harmless":
            yield IMPACT, {**link_options("impact_info", link), "target": target, "harmful_only": True}
        owed = False
        for part in building(params):
            yield part, _given(part, params, owed)
            owed = bool(ran.steps[-1].result.get("restart_owed", owed))

    def _module(self, name: str, options: Json, check: bool) -> Json:
        wire = self.wire
        module = importlib.import_module(MODULES + name)
        given = understood(name, _json({key: value for key, value in options.items() if value is not None}))
        pace = Pace(longest=float(given.get("visibility_timeout") or 0), sleep=wire.sleep, clock=wire.clock)
        return engine.run(module.SUBJECT, given, check, pace, run_folder="shared")


LOOK = Step(module="link_info", side="source", registered="", from_link={}, fixed={})
"""The comparison with which the playbook sync begins."""
IMPACT = Step(module="impact_info", side="source", registered="", from_link={}, fixed={})
"""The judgement before the first write, which the roles carry out as well."""


def _given(step: Step, params: Mapping[str, Any], owed: bool) -> Json:
    return {name: value for name, value in step.options(params, owed).items() if value is not None and name not in ("tenant_id", "cloud")}


def link_options(module: str, link: Mapping[str, Any]) -> Json:
    """The options of a module from the variables of a link."""
    return dict(link_variables.options_of(module, link))


@functools.lru_cache(4096)
def understood(module: str, options: bytes) -> Mapping[str, Any]:
    """The options of a module as the engine gets them, from their JSON.

    :raises ValueError: if they are wrong.
    """
    about = importlib.import_module(MODULES + module).OPTIONS
    read = about.understand(orjson.loads(options))
    checked = _validator(module).validate(read.args)
    wrong = read.wrong or "; ".join(checked.error_messages)
    if wrong:
        raise ValueError(f"{module}: {wrong}")
    params: Mapping[str, Any] = checked.validated_parameters
    return params


@functools.cache
def _validator(module: str) -> ArgumentSpecValidator:
    about = importlib.import_module(MODULES + module).OPTIONS
    return ArgumentSpecValidator(about.argument_spec(), **about.rules)


def _json(options: Json) -> bytes:
    return orjson.dumps(options, option=orjson.OPT_SORT_KEYS)
