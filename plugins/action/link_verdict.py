# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.entra.cross_tenant_sync.plugins.modules.link_verdict import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.unquoted import unquoted
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.verdicts import ending


class ActionModule(ActionBase):
    """Ends a link by the verdict on it, in the controller."""

    _requires_connection = False

    @unquoted
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The verdict on this link."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        given: dict[str, Any] = arguments_of(self, ARGUMENTS, {"summary"})
        ended = ending(given["verdict"], given["whole"], given["summary"], given["fail"])
        self._display.display(f"{variables['inventory_hostname']}: {ended['msg']}")
        return {**result, **ended}
