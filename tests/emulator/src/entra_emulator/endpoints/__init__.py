# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Graph operations, one file an area."""

from __future__ import annotations

from ..router import Operation
from . import (
    applications,
    assignments,
    capabilities,
    deleted,
    directory,
    governance,
    groups,
    identity_synchronization,
    jobs,
    logs,
    on_demand,
    owned,
    partners,
    policies,
    roles,
    schema,
    secrets,
    templates,
    tenants,
    users,
    validation,
)

OPERATIONS: list[Operation] = [
    operation
    for module in (
        partners,
        identity_synchronization,
        capabilities,
        policies,
        tenants,
        governance,
        templates,
        applications,
        assignments,
        jobs,
        validation,
        on_demand,
        secrets,
        schema,
        logs,
        users,
        owned,
        groups,
        roles,
        directory,
        deleted,
    )
    for operation in module.OPERATIONS
]
