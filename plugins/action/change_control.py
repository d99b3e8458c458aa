# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.entra.cross_tenant_sync.plugins.modules.change_control import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import change_window
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted


class ActionModule(ActionBase):
    """Judges whether a run may write now, in the controller, whose clock decides."""

    _requires_connection = False

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The change request, and a failure if nothing may be written now."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        arguments: dict[str, Any] = arguments_of(self, ARGUMENTS)
        link = None if arguments["following"] is None else str(variables["inventory_hostname"])
        judged = change_window.judge(arguments, link, datetime.now(timezone.utc), self._task.check_mode)
        if link is None and not judged.get("failed"):
            # As set_stats hands them over: with show_custom_stats, ansible-playbook prints it; in AWX, it is an artifact of the job.
            judged["ansible_stats"] = {"data": {"change": judged["change"]}, "per_host": False, "aggregate": True}
        return {**result, **judged}
