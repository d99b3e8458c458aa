# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.modules.links_info import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import hand_over, links_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import files
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_action import LinksAction, without_secrets
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted


class ActionModule(LinksAction):
    """Compares the links of all hosts of the play's batch at once, in the controller."""

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """For each host, the next file of tasks."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        arguments: dict[str, Any] = arguments_of(self, ARGUMENTS, {"expected_plan"})
        folder = arguments["report_folder"]
        fault = None if folder is None else files.fault("report_folder", folder, files.REPORT.values())
        if fault:
            return {**result, "failed": True, "msg": f"{fault} Nothing was changed."}
        ending = {"ending": links_info.ending(self._task.check_mode, folder is not None)}
        if "expected_plan" in self._task.args:
            planned = links_info.planned(variables.get("ansible_play_batch") or variables["ansible_play_hosts"])
            return {**result, **planned, **ending}
        prepare = links_info.prepare_complete if arguments["complete"] else links_info.prepare
        looked, inventory = self.prepared(variables, prepare, arguments["state"])
        seen = self.seen(looked, links_info.pairs_of(inventory))
        if arguments["complete"]:
            answer = links_info.report_in_full(looked, self.compared_alone(seen, looked))
            if arguments["purpose"] == "report":
                answer = links_info.before_report(answer, arguments["report_users"])
        else:
            answer = links_info.report(looked, seen, one_stays=bool(ending["ending"]))
        for line in links_info.lines(answer):
            self.progress(line)
        return {**result, **hand_over.handed(variables, without_secrets(answer, looked)), **ending}
