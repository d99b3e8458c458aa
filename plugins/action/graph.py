# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of all modules that connect: ``meta/runtime.yml`` names it for each of them."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_loader

from ansible_collections.entra.cross_tenant_sync.plugins import modules
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import RUN_FOLDER, incomplete
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import run_folder, run_in_worker

COLLECTION = "entra.cross_tenant_sync"
PROCESS_VARIABLE = "cross_tenant_sync_module_process"
"""A variable that sends every task to a module process when it is true."""
MODULES = {
    f"{COLLECTION}.{name}": module
    for _finder, name, _package in pkgutil.iter_modules(modules.__path__)
    if hasattr(module := import_module(f"{modules.__name__}.{name}"), "SUBJECT")
}
"""The modules that connect, by their full names."""


class ActionModule(ActionBase):
    """Runs the module that the task names, without a process of its own if nothing speaks against it."""

    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result, whether it ran here or in a process.

        :raises AnsibleActionFail: if the task names this plugin instead of a module.
        """
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        name = self._task.action
        module = MODULES.get(self._module_name())
        if module is None:
            raise AnsibleActionFail(f"{name} is not a module. Name the module to run, for example {COLLECTION}.link_info.")
        if self._needs_process(variables):
            self._share_run_folder()
            answer: dict[str, Any] = self._execute_module(module_name=name, task_vars=variables, wrap_async=bool(self._task.async_val))
            return {**result, **answer}

        def progress(message: str) -> None:
            self._display.display(f"{variables.get('inventory_hostname')}: {message}")

        return {**result, **run_in_worker(name, module.SUBJECT, module.OPTIONS, self._task.args, self._task.check_mode, progress)}

    def _module_name(self) -> str:
        """The full name of the task's module; the task may have a short one, or another collection's that is redirected to ours.

        ``resolved_action`` does not serve: in ansible-core before 2.19 it is the name of this plugin.
        """
        found = module_loader.find_plugin_with_context(self._task.action, collection_list=self._task.collections)
        return str(found.resolved_fqcn)

    def _share_run_folder(self) -> None:
        """Hand a module process of the same user on the same machine the folder where this run keeps the ids it has learnt.

        The process signs in again, since a token could only reach it through a file or the environment.
        """
        if self._connection.transport == "local" and not self._play_context.become and not self._task.async_val:
            self._task.environment = [*(self._task.environment or ()), {RUN_FOLDER: run_folder()}]

    def _needs_process(self, variables: Mapping[str, Any]) -> bool:
        """Whether the task runs on another machine, as another user, with another environment, or on an interpreter with other libraries."""
        asked = self._templar.template(variables.get(PROCESS_VARIABLE, False))
        return (
            boolean(asked, strict=False)
            or self._connection.transport != "local"
            or bool(self._task.async_val)
            or bool(self._play_context.become)
            or any(self._task.environment or ())
            or incomplete() is not None
        )
