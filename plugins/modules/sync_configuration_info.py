#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_configuration_info
short_description: Read the cross-tenant synchronization configurations of a tenant
version_added: 0.1.0
description:
  - Returns the configurations of a source tenant with their target tenants, settings and jobs.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  name:
    description:
      - Only configurations with this name.
    type: str
  target_tenant_id:
    description:
      - Only configurations for this target tenant, by its tenant id or one of its domains.
    type: str
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.sync_configuration
"""

EXAMPLES = r"""
- name: Read to which tenants this tenant synchronizes
  entra.cross_tenant_sync.sync_configuration_info:
  register: links
"""

RETURN = r"""
configurations:
  description: The configurations, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    restart_owed:
      description: Whether the job must be restarted before a change of scope or mappings takes effect. M(entra.cross_tenant_sync.sync_job) restarts it.
      type: bool
      sample: false
  sample:
    - name: Fabrikam
      service_principal_id: 3c2d9a1e-7f0b-4d6b-8f39-1c5a0a2f7b61
      app_id: 9b0f7a52-2a0e-4cf5-9c86-53d9a8a2c1aa
      target_tenant_id: afab079d-1f08-4de3-881e-435e497f923f
      scope_mode: assigned
      deletion_threshold: 500
      notification_email: identity@contoso.kr
      multitenant_organization: false
      job_id: Azure2Azure.a0c898ca24454e74ab4bafd7916549a6.9b0f7a52-2a0e-4cf5-9c86-53d9a8a2c1aa
      job_state: started
      restart_owed: false
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import configuration_list

SUBJECT = configuration_list.INQUIRY
OPTIONS = Options(
    {
        "name": {"type": "str"},
        "target_tenant_id": {"type": "str"},
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
