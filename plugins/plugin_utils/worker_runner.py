# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Runs tasks in the controller's worker.

The start of a module process takes a third of a second. A local task needs none: it runs in the worker, with libraries that were
imported once, before the worker was forked. Every other task runs in a module process.
"""

from __future__ import annotations

import contextlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import module_loader

from ansible_collections.entra.cross_tenant_sync.plugins import modules
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure, unexpected
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import vault
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.read_cache import invalidate_all
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.secrecy import with_line_ends
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import RUN_FOLDER, incomplete
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.run import run
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import hand_over
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted

COLLECTION = "entra.cross_tenant_sync"
PROCESS_VARIABLE = "cross_tenant_sync_module_process"
"""The variable that runs every task in a module process if it is true."""
MODULES = {f"{COLLECTION}.{name}": f"{modules.__name__}.{name}" for _finder, name, _package in pkgutil.iter_modules(modules.__path__)}
"""The modules of this collection, by their full names: where Python finds them."""
VAULT = vault.shared()
"""The tokens of this run, in memory that the parent allocates before it forks its workers, and that is freed when they end."""


# It needs the planners of all that a link is made of, which nearly every run needs. Other modules are imported by the first task that needs
# them, because otherwise every start of ansible-playbook would wait for them.
import_module(MODULES[f"{COLLECTION}.link_info"])


def connecting_module(full_name: str) -> ModuleType | None:
    """The module of this collection with that full name, imported now if it was not before; ``None`` if it connects to no service."""
    module = import_module(MODULES[full_name]) if full_name in MODULES else None
    return module if hasattr(module, "SUBJECT") else None


class WorkerRunner(ActionBase):
    """Runs the module that the task names, without a separate process if possible."""

    _supports_async = True

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result, whether it ran here or in a process.

        :raises AnsibleActionFail: if the task names no module of this collection.
        """
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        name = self._task.action
        module = connecting_module(self._module_name())
        if module is None:
            raise AnsibleActionFail(f"{name} is not a module of {COLLECTION} that connects to Microsoft Graph.")
        self._task.args = hand_over.whole(self._task.args)
        if self._needs_process(variables):
            with self._sharing_run_folder():
                answer: dict[str, Any] = self._execute_module(module_name=name, task_vars=variables, wrap_async=bool(self._task.async_val))
            return {**result, **hand_over.handed(variables, answer, self._task.diff)}

        def progress(message: str) -> None:
            self._display.display(f"{variables.get('inventory_hostname')}: {message}")

        answer = run_in_worker(name, module.SUBJECT, module.OPTIONS, self._task.args, self._task.check_mode, progress)
        return {**result, **hand_over.handed(variables, answer, self._task.diff)}

    def _module_name(self) -> str:
        """The full name of the task's module; the task may have a short one, or that of another collection which redirects to this one.

        ``resolved_action`` cannot be used: in ansible-core before 2.19 it is the name of this plugin.
        """
        found = module_loader.find_plugin_with_context(self._task.action, collection_list=self._task.collections)
        return str(found.resolved_fqcn)

    @contextlib.contextmanager
    def _sharing_run_folder(self) -> Iterator[None]:
        """Pass the directory of the run's cache to a module process of the same user on the same machine. The process signs in separately,
        because a token could only be passed in a file or in the environment. For any other process all shared reads are invalidated,
        because the run is not informed about its writes.
        """
        if self._connection.transport == "local" and not self._play_context.become and not self._task.async_val:
            self._task.environment = [*(self._task.environment or ()), {RUN_FOLDER: run_folder()}]
            yield
            return
        invalidate_all(RunCache(run_folder()))
        try:
            yield
        finally:
            invalidate_all(RunCache(run_folder()))

    def _needs_process(self, variables: Mapping[str, Any]) -> bool:
        """Whether the task runs on another machine, as another user, with another environment, or on an interpreter with other libraries."""
        required = self._templar.template(variables.get(PROCESS_VARIABLE, False))
        return (
            boolean(required, strict=False)
            or self._connection.transport != "local"
            or bool(self._task.async_val)
            or bool(self._play_context.become)
            or any(self._task.environment or ())
            or incomplete() is not None
        )


def run_folder() -> str:
    """The directory that Ansible creates for this run with access for this user only, and removes at its end."""
    return str(constants.DEFAULT_LOCAL_TMP)  # type: ignore[attr-defined]  # Ansible sets its constants while it starts


def run_in_worker(
    name: str, subject: Any, options: Options, args: Mapping[str, Any], check_mode: bool, progress: Callable[[str], None]
) -> dict[str, Any]:
    """The result that a module process would have returned: with the same checks of options, and the same values masked."""
    spec = options.argument_spec()
    understood = options.understand(plain(args))
    checked = ArgumentSpecValidator(spec, **options.rules).validate(understood.args)
    params = checked.validated_parameters
    secret = {*secrets_in(spec, args), *secrets_in(spec, params)}
    if understood.wrong:
        answer: dict[str, Any] = {"failed": True, "msg": understood.wrong}
    elif checked.error_messages:
        error = checked.errors[0]
        prefix = f"Unsupported parameters for ({name}) module: " if isinstance(error, UnsupportedError) else ""
        answer = {"failed": True, "msg": f"{prefix}{checked.errors.msg if prefix else error.msg}"}
    else:
        try:
            answer = run(subject, params, check_mode, progress=progress, run_folder=run_folder(), vault=VAULT)
        except RunFailure as failure:
            answer = {**failure.details, "failed": True, "msg": failure.msg}
        except Exception as error:
            answer = unexpected(error)
    # The validator returns these without a text; this is the text of AnsibleModule.
    doubled = [f"Both option {pair['option']} and its alias {pair['alias']} are set." for pair in getattr(checked, "_warnings", ())]
    if doubled:
        answer = {**answer, "warnings": [*answer.get("warnings", ()), *doubled]}
    shown: dict[str, Any] = remove_values({**answer, "invocation": {"module_args": params}}, secret)
    return shown


def plain(value: Any) -> Any:
    """The value that a module process would get: without the origin that Ansible records in texts, which the validator copies slowly."""
    if isinstance(value, Mapping):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if is_vaulted(value):
        return str(value)
    return str.__str__(value) if isinstance(value, str) else value


def is_vaulted(value: Any) -> bool:
    """Whether it is a vault in ansible-core before 2.19, which is no text, but becomes one. Later ones decrypt it like a template."""
    return type(value).__name__ == "AnsibleVaultEncryptedUnicode"


def secrets_in(spec: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    """The values of secret options, also of those inside an option, by name or alias."""
    for option, about in spec.items():
        for name in (option, *about.get("aliases", ())):
            value = given.get(name)
            if about.get("no_log") and value and str(value).strip():
                # It is used without the line end of a file. An empty text would mask everything.
                yield from {str(value), str(value).strip(), str(with_line_ends(str(value)))}
            if about.get("type") == "dict" and about.get("options") and isinstance(value, Mapping):
                yield from secrets_in(about["options"], value)
