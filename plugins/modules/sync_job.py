#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_job
short_description: Start, pause, restart or delete the provisioning job of a configuration
description:
  - Manages whether the service synchronizes by a configuration.
  - The job itself is made by M(entra.cross_tenant_sync.sync_configuration).
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  configuration:
    description:
      - The configuration, by name or by the object id of its service principal.
    type: str
    required: true
  state:
    description:
      - V(started) lets the service run a cycle every forty minutes. If a restart is owed for a change of scope or mappings, see
        RV(restart_owed), it is made now.
      - V(paused) stops that. A cycle that is running is finished first.
      - V(restarted) starts over, see O(restart_reason). It is done every time it is asked for. A paused job runs afterwards.
      - V(absent) deletes the job with all its state. Users that were synchronized stay as they are.
    type: str
    choices: [started, paused, restarted, absent]
    default: started
  restart_reason:
    description:
      - What a restart is for. Without it, everybody is evaluated again, failures are forgotten and quarantine is left.
      - V(retry_failed) forgets failures, V(reevaluate_all) evaluates everybody again, V(release_quarantine) leaves quarantine.
      - V(approve_deletions) carries out the deletions that the deletion guard holds back.
      - V(full) also makes the service forget which people belong together, and needs O(acknowledge_full).
    type: str
    choices: [retry_failed, reevaluate_all, release_quarantine, approve_deletions, full]
  acknowledge_full:
    description:
      - That O(restart_reason=full) is meant. Microsoft advises it only on request of its support.
    type: bool
    default: false
  restart_owed:
    description:
      - That a restart is owed, as RV(restart_owed) of an earlier task of the same run says. Then it is made although the service does not
        show it, and planned in check mode, in which nothing is recorded.
    type: bool
    default: false
  wait:
    description:
      - What to wait for before the task ends. After a start or restart, only a cycle that began later counts.
      - V(first_cycle) waits for the end of a cycle, V(steady) for the first cycle without failures, V(idle) for the end of a running cycle.
    type: str
    choices: [first_cycle, steady, idle]
  wait_timeout:
    description:
      - How long to wait for O(wait), in seconds. A first cycle takes 0.01 to 0.08 minutes a person.
    type: int
    default: 3600
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.wait
  - entra.cross_tenant_sync.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - A restart is done every time it is asked for.
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.sync_job_info
"""

EXAMPLES = r"""
- name: Start provisioning
  entra.cross_tenant_sync.sync_job:
    configuration: Fabrikam
    state: started

- name: Pause provisioning before a change window
  entra.cross_tenant_sync.sync_job:
    configuration: Fabrikam
    state: paused

- name: Carry out the deletions that the guard holds back
  entra.cross_tenant_sync.sync_job:
    configuration: Fabrikam
    state: restarted
    restart_reason: approve_deletions
"""

RETURN = r"""
job:
  description: The job as it is now, or will be. V(null) if it is absent.
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
      description: The service's own word for it.
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
      description: How far the running cycle is, one entry a kind of object. Empty while none runs.
      type: list
      elements: dict
      contains:
        done:
          description: How many objects the service is done with.
          type: int
        total:
          description: How many objects there are, as far as the service knows.
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
    - Whether a restart of the job is recorded in the service that was not made yet.
    - Any run of this module makes it when the job is started, or restarted for everybody.
  returned: success
  type: bool
  sample: false
actions:
  description: What was done, or would be done in check mode, in order.
  returned: success
  type: list
  elements: dict
  contains:
    verb:
      description: What is done.
      type: str
    object:
      description: What it is done to.
      type: str
    tenant:
      description: The tenant it is done in, as O(tenant_id) named it.
      type: str
    effects:
      description: What else follows from it in the service.
      type: dict
      returned: when there are any
  sample:
    - verb: start
      object: provisioning job of configuration Fabrikam
      tenant: a0c898ca-2445-4e74-ab4b-afd7916549a6
waited_seconds:
  description: How long the module waited for the service to catch up with itself.
  returned: success
  type: float
  sample: 1.4
error:
  description: What the service answered, for a failure that it caused.
  returned: failure
  type: dict
  sample:
    status: 401
    code: UnknownError
    request_id: 7e2b6f4c-4a8e-4b7b-9a43-0f6d0b1c2d3e
    client_request_id: 1d0b6c52-5f4e-4d0c-a3a7-0c9f3f1d2e4b
    method: GET
    path: /servicePrincipals/3c2d9a1e-7f0b-4d6b-8f39-1c5a0a2f7b61/synchronization/jobs
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import job

SUBJECT = job.RESOURCE
OPTIONS = Options(
    {
        "configuration": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["started", "paused", "restarted", "absent"], "default": "started"},
        "restart_reason": {"type": "str", "choices": [reason for reason in job.RESET_SCOPES if reason]},
        "acknowledge_full": {"type": "bool", "default": False},
        "restart_owed": {"type": "bool", "default": False},
        "wait": {"type": "str", "choices": ["first_cycle", "steady", "idle"]},
        "wait_timeout": {"type": "int", "default": 3600},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
