# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import link_variables
from ansible_collections.entra.cross_tenant_sync.plugins.modules.link_guard import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import hand_over, link_guard
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_guard import Decision
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted

LOOK = "watch_look"
"""The variable in which the tasks of the playbook watch register the result of watch_info."""


class ActionModule(ActionBase):
    """Decides in the controller whether an action on a link may be carried out."""

    _requires_connection = False

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The decision, whose lines are shown."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        arguments: dict[str, Any] = arguments_of(self, ARGUMENTS)
        host = str(variables["inventory_hostname"])
        of_run = arguments["action"] == "teardown"
        decided = self._decision(arguments, variables)
        for line in (*decided.lines, *(() if decided.refused or decided.failed else (decided.msg,))):
            self._display.display(line if of_run else f"{host}: {line}")
        answer = {**decided.result(None if of_run else host), "configuration": self._value("link_configuration", variables)}
        return {**result, **hand_over.handed(variables, answer)}

    def _decision(self, arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> Decision:
        action, look = arguments["action"], arguments["look"]
        if action == "teardown":
            return link_guard.teardown(list(map(str, variables["ansible_play_hosts_all"])), arguments["expected"], self._task.check_mode)
        if action == "name_users":
            return link_guard.name_users(arguments["expected"])
        if not look:
            return link_guard.must_not_exist()
        if wrong := link_guard.unfit(action, look):
            return wrong
        if action == "approve_deletions":
            return link_guard.approve_deletions(look, arguments["expected"], holding(variables), self._task.check_mode)
        if action == "provision_now":
            return link_guard.provision(look["results"])
        if action == "provision_result":
            return link_guard.provision_result(look)
        wished = self._value("link_job_state", variables)
        return link_guard.pause(look, arguments["reason"], wished) if action == "pause" else link_guard.resume(look, wished)

    def _value(self, name: str, variables: Mapping[str, Any]) -> Any:
        """A variable of the link, which link_arguments has validated."""
        return link_variables.value_of(name, self._templar.template(variables.get(name)))[0]


def holding(variables: Mapping[str, Any]) -> list[str]:
    """The links of the run that hold deletions back."""
    hostvars = variables["hostvars"]
    return [str(host) for host in variables["ansible_play_hosts_all"] if (hostvars[host].get(LOOK) or {}).get("held")]
