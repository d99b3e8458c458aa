#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_scope
short_description: Manage who is synchronized by a configuration
description:
  - Manages the scope of a configuration - whether everybody or only assigned users and groups are synchronized, and who is assigned.
  - Whoever leaves the scope is soft-deleted in the target tenant by the service's next cycle.
    How many people may leave is judged before anything is written.
  - Only users, and direct members of groups, are synchronized.
    Members of nested groups, external and disabled people are skipped by the service.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  configuration:
    description:
      - The configuration, by name or by the object id of its service principal.
    type: str
    required: true
  mode:
    description:
      - Whether V(all) people of the tenant are in scope, or only V(assigned) ones. Left alone if not set.
      - From V(all) to V(assigned) the service needs a restart of the job before it takes the change up, see O(restart_job).
    type: str
    choices: [assigned, all]
  users:
    description:
      - Users to assign, by user principal name, mail address or object id.
    type: list
    elements: str
  groups:
    description:
      - Groups to assign, by display name or object id.
      - As a text of one line, names are parted by commas. A name with a comma needs a list, or a text with one name a line.
    type: list
    elements: str
  exact:
    description:
      - Whether O(users) and O(groups) are the complete list, so that every other assignment is removed.
    type: bool
    default: false
  allow_empty:
    description:
      - Whether it is meant that nobody stays in scope. Without it, a change after which nobody is in scope is refused if somebody was.
      - The limits O(max_removals) and O(max_removal_percent) hold all the same, and are never a consent to this.
    type: bool
    default: false
  max_removals:
    description:
      - The most people that may leave the scope at once. More is refused, and nothing is written.
      - In scope are the assigned users and the direct members of assigned groups, external people excepted. Whoever stays by another
        assignment does not leave, and an assignment that the service skips, such as the portal's default access, puts nobody into scope.
      - If O(mode) changes from V(all) to V(assigned), everybody leaves who is not assigned. Then all members of the tenant are counted.
    type: int
  max_removal_percent:
    description:
      - The largest part of the people in scope that may leave at once, in percent from 0 to 100. More is refused, and nothing is written.
    type: int
  restart_job:
    description:
      - Whether to restart the job at once if the change needs it, so that the service evaluates everybody again.
      - The restart that is owed is recorded in the service before the change is written, as a tag of the configuration's service
        principal, and cleared afterwards. If the run ends in between, or the job is paused, any later run makes the restart.
      - With V(false) it is left to M(entra.cross_tenant_sync.sync_job), which then must follow. Until then a job that runs is paused, so that
        no cycle sees a link that is changed by half.
    type: bool
    default: true
  restart_owed:
    description:
      - That a restart is owed, as RV(restart_owed) of an earlier task of the same run says. Then it is not recorded a second time, nor
        the job paused, also in check mode, in which nothing is recorded.
    type: bool
    default: false
  full_result:
    description:
      - Whether RV(scope.assigned), RV(leaving) and the diff hold everybody, however many they are.
      - Otherwise, of more than 50 assignments the result only has the number, and the diff only those that change.
    type: bool
    default: false
  state:
    description:
      - V(present) assigns the named users and groups, V(absent) takes them out of scope.
    type: str
    choices: [present, absent]
    default: present
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
    support: full
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.sync_configuration
  - module: entra.cross_tenant_sync.sync_job
"""

EXAMPLES = r"""
- name: Synchronize one person and everybody in Sales
  entra.cross_tenant_sync.sync_scope:
    configuration: Fabrikam
    mode: assigned
    users: [minsu.kim@contoso.kr]
    groups: [Sales]

- name: Synchronize exactly these, and let at most five leave
  entra.cross_tenant_sync.sync_scope:
    configuration: Fabrikam
    groups: [Sales, Engineering]
    exact: true
    max_removals: 5

- name: Take everybody out of scope
  entra.cross_tenant_sync.sync_scope:
    configuration: Fabrikam
    users: []
    exact: true
    allow_empty: true

- name: Take one person out of scope
  entra.cross_tenant_sync.sync_scope:
    configuration: Fabrikam
    users: [minsu.kim@contoso.kr]
    state: absent
"""

RETURN = r"""
scope:
  description: The scope as it is now, or will be.
  returned: success
  type: dict
  contains:
    service_principal_id:
      description: The object id of the configuration's service principal, V(null) while it does not exist.
      type: str
      sample: 3c2d9a1e-7f0b-4d6b-8f39-1c5a0a2f7b61
    mode:
      description: V(assigned) or V(all).
      type: str
      sample: assigned
    assigned:
      description: The assigned users and groups. V(null) if there are more than 50 and O(full_result) is not set.
      type: list
      elements: dict
      sample:
        - id: 0f6d0b1c-2d3e-4f50-8a61-7b8c9d0e1f2a
          type: user
          name: minsu.kim@contoso.kr
    assigned_users:
      description: How many users are assigned.
      type: int
      sample: 1
    assigned_groups:
      description: How many groups are assigned.
      type: int
      sample: 0
leaving:
  description: Who leaves the scope by this change.
  returned: success
  type: dict
  contains:
    count:
      description:
        - How many people leave. V(null) if O(mode) changes from V(all) to V(assigned) and there is no limit, because then nobody counts.
      type: int
      sample: 1
    users:
      description:
        - The user principal names of the first 50, or of all with O(full_result). If O(mode) changes from V(all) to V(assigned), only
          those who were assigned are named.
      type: list
      elements: str
      sample: [minsu.kim@contoso.kr]
restart_needed:
  description: Whether this change needs a restart of the job before the service takes it up. See O(restart_job).
  returned: success
  type: bool
  sample: false
restart_owed:
  description:
    - Whether a restart of the job is recorded in the service that was not made yet. Then M(entra.cross_tenant_sync.sync_job) makes it.
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
    - verb: assign
      object: user minsu.kim@contoso.kr to configuration Fabrikam
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
    status: 403
    code: Authorization_RequestDenied
    request_id: 7e2b6f4c-4a8e-4b7b-9a43-0f6d0b1c2d3e
    client_request_id: 1d0b6c52-5f4e-4d0c-a3a7-0c9f3f1d2e4b
    method: POST
    path: /servicePrincipals/3c2d9a1e-7f0b-4d6b-8f39-1c5a0a2f7b61/appRoleAssignedTo
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import scope

SUBJECT = scope.RESOURCE
OPTIONS = Options(
    {
        "configuration": {"type": "str", "required": True},
        "mode": {"type": "str", "choices": ["assigned", "all"]},
        "users": {"type": "list", "elements": "str"},
        "groups": {"type": "list", "elements": "str"},
        "exact": {"type": "bool", "default": False},
        "allow_empty": {"type": "bool", "default": False},
        "max_removals": {"type": "int"},
        "max_removal_percent": {"type": "int"},
        "restart_job": {"type": "bool", "default": True},
        "restart_owed": {"type": "bool", "default": False},
        "full_result": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
