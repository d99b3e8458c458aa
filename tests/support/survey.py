# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What actions make of the answers of a survey."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.task_arguments import arguments_of

REQUIRED: dict[str, dict[str, Any]] = {
    "link_guard": {"action": "pause"},
    "link_verdict": {"verdict": "nothing", "whole": "nothing", "summary": ""},
    "topology_export": {"path": "topology.yml"},
}


def worked_with(module: str, **args: Any) -> dict[str, Any]:
    """The arguments with which the action of that module works."""
    found = importlib.import_module(f"ansible_collections.entra.cross_tenant_sync.plugins.modules.{module}")
    plugin = importlib.import_module(f"ansible_collections.entra.cross_tenant_sync.plugins.action.{module}").ActionModule
    action = plugin.__new__(plugin)
    action._task = SimpleNamespace(args={**REQUIRED.get(module, {}), **args}, action=module)
    return arguments_of(action, found.ARGUMENTS, {"summary"})
