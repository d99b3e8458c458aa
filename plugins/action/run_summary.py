# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase

from ansible_collections.entra.cross_tenant_sync.plugins.modules.run_summary import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import run_summary
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import plain_secrets
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted


class ActionModule(ActionBase):
    """Hands the outcome of a run to a scheduler, from the variables of all its links."""

    _requires_connection = False

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The outcome, also as custom statistics."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        given: dict[str, Any] = arguments_of(self, ARGUMENTS)
        hosts = list(map(str, variables["ansible_play_hosts_all"]))
        raw_get = variables["hostvars"].raw_get
        found = run_summary.of_run(hosts, set(map(str, variables["ansible_play_hosts"])), raw_get, self._task.check_mode)
        secrets = {secret for host in hosts for secret in plain_secrets(raw_get(host))}
        outcome: dict[str, Any] = remove_values(found, secrets)
        # As set_stats hands them over, but in place of what an earlier batch of the run has handed over.
        stats = {"data": {given["run"]: outcome}, "per_host": False, "aggregate": False}
        return {**result, "changed": False, "outcome": outcome, "ansible_stats": stats}
