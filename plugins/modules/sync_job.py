#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_job
short_description: Start, pause, restart or delete the provisioning job of a configuration
version_added: 0.1.0
description:
  - Manages whether the service synchronizes by a configuration.
  - The module M(entra.cross_tenant_sync.sync_configuration) creates the job.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  state:
    description:
      - V(started) lets the service run a cycle every forty minutes. If a restart is owed for a change of scope or mappings, see
        RV(restart_owed), it is made at once.
      - V(paused) stops the cycles. A running cycle ends first.
      - V(restarted) starts over, see O(restart_reason), in every run. A paused job runs afterwards.
      - V(absent) deletes the job with all its state. Synchronized users are left unchanged in the target tenant.
    type: str
    choices: [started, paused, restarted, absent]
    default: started
  restart_reason:
    description:
      - The purpose of a restart. If not set, all users are evaluated again, failures are forgotten and quarantine ends.
      - V(retry_failed) forgets failures, V(reevaluate_all) evaluates all users again, V(release_quarantine) ends quarantine.
      - V(approve_deletions) carries out the deletions that the deletion guard holds back.
      - V(full) also makes the service forget which users of the two tenants belong together, and needs O(acknowledge_full).
    type: str
    choices: [retry_failed, reevaluate_all, release_quarantine, approve_deletions, full]
  acknowledge_full:
    description:
      - Whether O(restart_reason=full) is intended. Microsoft advises it only at the request of its support.
    type: bool
    default: false
  restart_owed:
    description:
      - Whether an earlier task of the same run returned RV(restart_owed=true). Then the restart is made although the service does not show
        it, and planned in check mode, in which nothing is recorded.
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
      - How long to wait for O(wait), in seconds. A first cycle takes 0.01 to 0.08 minutes per user.
    type: int
    default: 3600
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.wait
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - A restart is made in every run that asks for it.
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
  description: The job after the task, as RV(entra.cross_tenant_sync.sync_job_info#module:job); in check mode, as it would be. V(null) if it is absent.
  returned: success
  type: dict
restart_owed:
  description:
    - Whether a restart of the job is recorded in the service that has not been made yet.
    - A run of this module makes it when it starts the job, or restarts it for all users.
  returned: success
  type: bool
  sample: false
actions:
  description:
    - The changes in order; in check mode, the changes that a run would make. The keys are those of
      RV(entra.cross_tenant_sync.sync_configuration#module:actions).
  returned: success
  type: list
  elements: dict
  sample:
    - verb: start
      object: provisioning job of configuration Fabrikam
      tenant: a0c898ca-2445-4e74-ab4b-afd7916549a6
waited_seconds:
  description: How many seconds the module waited for its changes to become visible.
  returned: success
  type: float
  sample: 1.4
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONFIGURATION, JOB, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import job

SUBJECT = job.RESOURCE
OPTIONS = Options(
    {
        **CONFIGURATION,
        **JOB,
        "state": {**JOB["state"], "choices": [*JOB["state"]["choices"], "restarted", "absent"]},
        "restart_reason": {"type": "str", "choices": [reason for reason in job.RESET_SCOPES if reason]},
        "acknowledge_full": {"type": "bool", "default": False},
        "restart_owed": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 3600},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
