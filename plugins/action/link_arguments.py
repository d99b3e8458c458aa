# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import incomplete
from ansible_collections.entra.cross_tenant_sync.plugins.modules.link_arguments import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import hand_over
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import (
    LinkHost,
    play_of,
    rivals_of_inventory,
    validate_link,
)
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import VAULT, run_folder


class ActionModule(ActionBase):
    """Validates the variables of a link in the controller, where they are defined."""

    _requires_connection = False

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of `validate_link`."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        arguments: dict[str, Any] = arguments_of(self, ARGUMENTS)
        here = self._connection.transport == "local" and not self._play_context.become and incomplete() is None
        host = LinkHost(variables["inventory_hostname"], variables, self._templar.template, arguments["role"], here, arguments["state"])
        answer = validate_link(host, lambda: self._rivals(variables, arguments["state"]))
        return {**result, **hand_over.handed(variables, answer)}

    def _rivals(self, variables: Mapping[str, Any], state: str | None) -> Mapping[str, Any]:
        """The conflicts of this host with all links of the inventory, also with those that ``--limit`` excludes."""
        found = rivals_of_inventory(variables, play_of(self._task), state, RunCache(run_folder()), VAULT)
        of_host: Mapping[str, Any] = found.get(variables["inventory_hostname"], {})
        return of_host
