# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.entra.cross_tenant_sync.plugins.modules.watch_report import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import watch_report
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted


class ActionModule(ActionBase):
    """Sums up the watch over all links of the play, in the controller, where their variables are."""

    _requires_connection = False

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The verdict on this link, and on all of them."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        arguments: dict[str, Any] = arguments_of(self, ARGUMENTS)
        host = str(variables["inventory_hostname"])
        whole = watch_report.verdicts(map(str, variables["ansible_play_hosts_all"]), variables["hostvars"])
        ended = watch_report.ending(whole, host, arguments["fail"])
        if self._task.run_once:
            self._display.display(whole["summary"])
        else:
            self._display.display(f"{host}: {ended['msg']}")
        return {**result, **ended}
