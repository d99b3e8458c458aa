# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options as a module hands them to the engine: checked and completed by Ansible with the module's own argument spec."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE

MODULES = "ansible_collections.entra.cross_tenant_sync.plugins.modules"


@functools.cache
def _validator(module: str) -> ArgumentSpecValidator:
    declared = importlib.import_module(f"{MODULES}.{module}").OPTIONS
    return ArgumentSpecValidator(declared.argument_spec(), **declared.rules)


def options(module: str, **given: Any) -> dict[str, Any]:
    """The parameters of a task of the named module; ``None`` counts as not given, as it does in a playbook."""
    named = {name: value for name, value in {"tenant_id": SOURCE, **given}.items() if value is not None}
    result = _validator(module).validate(named)
    if result.error_messages:
        raise ValueError("; ".join(result.error_messages))
    parameters: dict[str, Any] = result.validated_parameters
    return parameters
