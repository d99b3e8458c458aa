#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_job_info
short_description: Read the provisioning job of a configuration
version_added: 0.1.0
description:
  - Returns whether the job of a configuration runs, how its last cycle ended, and whether it is in quarantine.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.sync_job
"""

EXAMPLES = r"""
- name: Read the job
  entra.cross_tenant_sync.sync_job_info:
    configuration: Fabrikam
  register: link

- name: Fail if it is in quarantine
  ansible.builtin.assert:
    that: link.job.quarantine is none
"""

RETURN = r"""
verdict:
  description: The state of the job in one word, and what to do next.
  returned: success
  type: dict
  contains:
    verdict:
      description:
        - V(absent), V(never_run), V(running), V(healthy), V(degraded), V(quarantined) or V(paused).
      type: str
      sample: quarantined
    next_action:
      description: What to do next.
      type: str
      sample: check the trust settings of both tenants, then restart with release_quarantine within 26 days, before the service disables the job
    reason:
      description: The service's reason for the quarantine.
      type: str
      sample: EncounteredQuarantineException
    since:
      description: Since when the job is in quarantine.
      type: str
      sample: "2026-11-21T02:00:00Z"
    days_until_disabled:
      description: How many days are left until the service disables a job in quarantine.
      type: int
      sample: 26
job:
  description: The job. V(null) if there is none.
  returned: success
  type: dict
  contains:
    id:
      description: The job's id.
      type: str
      sample: Azure2Azure.a0c898ca24454e74ab4bafd7916549a6.9b0f7a52-2a0e-4cf5-9c86-53d9a8a2c1aa
    configuration:
      description: The configuration's name.
      type: str
      sample: Fabrikam
    service_principal_id:
      description: The object id of the configuration's service principal.
      type: str
      sample: 3c2d9a1e-7f0b-4d6b-8f39-1c5a0a2f7b61
    state:
      description: V(started) or V(paused).
      type: str
      sample: started
    status:
      description: The state in the word of the service.
      type: str
      sample: Active
    interval:
      description: The time from the start of one cycle to the next, as an ISO 8601 duration.
      type: str
      sample: PT40M
    last_cycle:
      description: The last cycle that ended. V(null) if there was none.
      type: dict
      sample:
        began: "2026-11-23T02:00:00Z"
        ended: "2026-11-23T02:01:10Z"
        state: Succeeded
        entitled: 12
        exported: 12
        held_for_retry: 0
    last_successful_cycle:
      description: The last cycle that succeeded. V(null) if there was none.
      type: dict
    steady_since:
      description: When the job first finished an initial cycle.
      type: str
      sample: "2026-11-23T02:01:10Z"
    quarantine:
      description: Why and since when the job is in quarantine. V(null) if it is not.
      type: dict
      sample: null
    progress:
      description: The progress of the running cycle, one entry per kind of object. Empty while none runs.
      type: list
      elements: dict
      contains:
        done:
          description: How many objects the service has processed.
          type: int
        total:
          description: The number of objects that the service has recorded.
          type: int
      sample:
        - done: 3
          total: 12
    synchronized:
      description: How many objects are synchronized, by type.
      type: dict
      sample:
        User: 12
restart_owed:
  description:
    - Whether a restart of the job is recorded in the service that has not been made yet. M(entra.cross_tenant_sync.sync_job) makes it.
  returned: success
  type: bool
  sample: false
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONFIGURATION, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import job

SUBJECT = job.INQUIRY
OPTIONS = Options(CONFIGURATION, writes=False)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
