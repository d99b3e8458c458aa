# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.log_streams import read_logs
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import log_stream
from ansible_collections.entra.cross_tenant_sync.plugins.modules.links_health_info import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import hand_over, links_health_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_action import LinksAction, without_secrets
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import VAULT, run_folder


class ActionModule(LinksAction):
    """Reads the jobs and logs of the links of all hosts of the play's batch at once, in the controller."""

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The health of each link."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        arguments: dict[str, Any] = arguments_of(self, ARGUMENTS)
        fault = links_health_info.fault(arguments["stale_factor"])
        if fault:
            return {**result, "failed": True, "msg": fault}
        looked, _inventory = self.prepared(variables, links_health_info.prepare)
        seen = self.compared_alone(self.seen(looked), looked).verdicts
        logs = read_logs(links_health_info.sources(looked, seen), log_stream.read, run_folder(), VAULT, self.progress)
        answer = links_health_info.report(links_health_info.judged(looked, seen, logs, arguments["stale_factor"]))
        for line in links_health_info.lines(answer):
            self.progress(line)
        return {**result, **hand_over.handed(variables, without_secrets(answer, looked))}
