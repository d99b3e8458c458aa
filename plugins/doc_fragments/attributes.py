# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Answers about check mode, diff mode and idempotence that modules share."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changes without making them.
  diff_mode:
    description: In diff mode, returns the changes; in check mode, those that a run would make.
  idempotent:
    description: A second run with the same arguments, outside check mode, changes nothing.
  action_group:
    description: Use C(group/entra.cross_tenant_sync.graph) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - entra.cross_tenant_sync.graph
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - This module changes nothing.
"""

    # It must come before the others: of two fragments, the first one decides.
    CONTROLLER = r"""
options: {}
attributes:
  action_group:
    support: none
    membership: []
    details:
      - It takes no connection options. Where it connects to a tenant, it uses C(tenants), like the roles.
"""
