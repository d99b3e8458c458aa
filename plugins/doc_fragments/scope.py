# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The wished scope, for modules that compare a whole link."""

    DOCUMENTATION = r"""
options:
  scope_mode:
    description:
      - See O(entra.cross_tenant_sync.sync_scope#module:mode).
    type: str
    choices: [assigned, all]
  scope_users:
    description:
      - See O(entra.cross_tenant_sync.sync_scope#module:users).
    type: list
    elements: str
  scope_groups:
    description:
      - See O(entra.cross_tenant_sync.sync_scope#module:groups).
    type: list
    elements: str
  scope_exact:
    description:
      - See O(entra.cross_tenant_sync.sync_scope#module:exact).
    type: bool
    default: false
"""

    ALLOW_EMPTY = r"""
options:
  scope_allow_empty:
    description:
      - See O(entra.cross_tenant_sync.sync_scope#module:allow_empty).
    type: bool
    default: false
"""
