# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What is left of a module whose work is done in the controller, where the variables are: its documentation, and a failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule


def refuse_module(name: str, argument_spec: Mapping[str, Any]) -> None:
    """Fail, because the task was run as a module. It does not return."""
    module = AnsibleModule(argument_spec=dict(argument_spec), supports_check_mode=True)
    module.fail_json(msg=f"{name} runs in the controller, where the variables are; it cannot be run as a module")
