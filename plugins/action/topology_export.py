# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import private_file
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import incomplete
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.modules.topology_export import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import topology_export
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import LinkHost
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted

NOTHING = "Nothing was written."


class ActionModule(ActionBase):
    """Describes the links that exist in given tenants, in the controller, where the variable ``tenants`` is."""

    _requires_connection = False

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result, after the file was written."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        arguments: dict[str, Any] = arguments_of(self, ARGUMENTS)
        lacking = incomplete()
        if lacking:
            return {**result, **_failed(f"The controller lacks the Python library {lacking.name}; install it")}
        path = os.path.abspath(arguments["path"])
        refusal = _refusal(path, arguments["force"])
        if refusal:
            return {**result, "failed": True, "msg": f"{refusal}. {NOTHING}"}
        host = LinkHost(str(variables["inventory_hostname"]), variables, self._templar.template)
        given = topology_export.given_tenants(host, arguments["tenants"])
        answer = self._answer(given, path, arguments) if not given.faults else _failed("; ".join(map(_clause, given.faults)))
        shown: dict[str, Any] = remove_values(answer, given.secrets)
        return {**result, **shown}

    def _answer(self, given: topology_export.Given, path: str, arguments: dict[str, Any]) -> dict[str, Any]:
        def progress(message: str) -> None:
            self._display.display(message)

        try:
            export = topology_export.exported(given, progress)
        except Refusal as refusal:
            return _failed(_clause(str(refusal)))
        text = topology_export.text_of(export, given)
        found = topology_export.summary(export)
        answer = {**found, "path": path, "summary": topology_export.line_of(export)}
        progress(answer["summary"])
        fails = bool(export.unread) and not arguments["partial"]
        kept = fails and os.path.lexists(path)
        answer["changed"] = not kept and private_file.differs(path, text.encode())
        if self._task.check_mode:
            answer["content"] = text
        elif answer["changed"]:
            since = _refusal(path, arguments["force"])
            if since:
                return _failed(since)
            private_file.write(path, text.encode())
        if fails:
            rest = f"{path} was kept" if kept else "the file has only what could be read"
            msg = f"{'; '.join(map(_clause, export.unread))}; {rest}; with partial: true (export_partial), that is no failure."
            return {**answer, "failed": True, "msg": msg}
        return answer


def _refusal(path: str, force: bool) -> str | None:
    """Why the file cannot be written."""
    if not path.endswith(topology_export.NAMES):
        return f"The name of the file must end in {' or '.join(topology_export.NAMES)}, so that the inventory plugin reads it; it is {path}"
    if os.path.lexists(path) and not force:
        return f"{path} exists; choose another file, or set force (export_force) to replace it"
    return private_file.obstacle(path)


def _failed(msg: str) -> dict[str, Any]:
    return {"failed": True, "msg": f"{msg}. {NOTHING}"}


def _clause(sentence: str) -> str:
    return sentence.rstrip(".")
