# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.log_streams import Unread, read_logs
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import audit_log
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import hand_over, links_drift
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_action import LinksAction, without_secrets
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import Looked, pairs_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import VAULT, run_folder


class ActionModule(LinksAction):
    """Finds what was changed in the links of all hosts of the play's batch, and who changed it, in the controller."""

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The verdict on each host, and its changes."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        self.validate_argument_spec(argument_spec={})  # type: ignore[no-untyped-call]
        looked, inventory = self.prepared(variables, links_drift.prepare)
        seen = self.compared_alone(self.seen(looked, pairs_of(inventory)), looked)
        found = links_drift.found_in(looked, seen)
        answer = links_drift.report(looked, seen, found, self._logs(looked, found))
        for line in links_drift.lines(answer):
            self.progress(line)
        return {**result, **hand_over.handed(variables, without_secrets(answer, looked))}

    def _logs(self, looked: Mapping[str, Looked], found: links_drift.Found) -> dict[str, audit_log.Log | str]:
        """The audit logs of the tenants in which something was changed."""
        activities = found.activities

        def read(client: Client) -> audit_log.Log:
            return audit_log.read(client, activities[client.tenant.lower()])

        logs = read_logs(links_drift.connections(looked, activities), read, run_folder(), VAULT, self.progress)
        return {tenant: log.reason if isinstance(log, Unread) else log for tenant, log in logs.items()}
