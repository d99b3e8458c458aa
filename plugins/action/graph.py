# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's worker as a host of the engine, for every module of the collection (see meta/runtime.yml).

A module process costs a third of a second before it does anything. A local task needs none: the engine runs right here,
and what this file imports was imported once by the controller. Anything else falls back to the module.
"""

from __future__ import annotations

import importlib
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import host
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import Options

MODULES = "ansible_collections.entra.cross_tenant_sync.plugins.modules"
PROCESS_VARIABLE = "cross_tenant_sync_module_process"
"""Set to true, every task runs as a module process."""
