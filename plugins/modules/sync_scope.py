#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_scope
short_description: Manage which users a configuration synchronizes
version_added: 0.1.0
description:
  - Manages the scope of a configuration - whether all users or only assigned users and groups are synchronized, and which are assigned.
  - Users who leave the scope are soft-deleted in the target tenant by the next cycle of the service. The module counts and names them before
    it writes anything, in check mode too, and refuses the change if they are more than the options allow, or if one of them is protected.
  - The service synchronizes only users and the direct members of groups. It skips members of nested groups, external users and disabled
    users.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  mode:
    description:
      - Whether V(all) users of the tenant are in scope, or only V(assigned) ones. If not set, it is left alone.
      - For a change from V(all) to V(assigned), the job must be restarted before the change takes effect, see O(restart_job).
    type: str
    choices: [assigned, all]
  users:
    description:
      - The users to assign, by user principal name, mail address or object id.
    type: list
    elements: str
  groups:
    description:
      - The groups to assign, by display name or object id.
      - In a text of one line, commas separate the names. A name with a comma needs a list, or a text with one name per line.
    type: list
    elements: str
  exact:
    description:
      - Whether O(users) and O(groups) are the complete list, so that every other assignment is removed.
    type: bool
    default: false
  allow_empty:
    description:
      - Whether an empty scope is intended. Without it, a change that empties a scope with users is refused.
      - The limits O(max_removals) and O(max_removal_percent) hold in any case. They do not allow an empty scope.
    type: bool
    default: false
  max_removals:
    description:
      - How many users may leave the scope at once. If more would leave, the change is refused and nothing is written.
      - In scope are the assigned users and the direct members of assigned groups, except external users. A user with another assignment
        does not leave. An assignment that the service skips, such as the default access of the portal, does not put a user into scope.
      - If O(mode) changes from V(all) to V(assigned), all users leave who are not assigned. Then all members of the tenant are counted.
    type: int
  max_removal_percent:
    description:
      - Which part of the users in scope may leave at once, in percent from 0 to 100. If more would leave, the change is refused and nothing
        is written.
    type: int
  group_sync:
    description:
      - Whether the assigned groups are to become groups in the target tenant, as with O(entra.cross_tenant_sync.sync_mapping#module:groups).
      - With V(true), RV(scope.groups) returns for each assigned group whether it becomes one, the task warns of those that do not, and names
        groups that leave. It sends no further request. V(true) is refused if the mode is V(all).
    type: bool
  restart_owed:
    description:
      - Whether an earlier task of the same run returned RV(restart_owed=true). Then the restart is not recorded and the job not paused a
        second time, also in check mode, in which nothing is recorded.
    type: bool
    default: false
  full_result:
    description:
      - Whether RV(scope.assigned), RV(leaving) and the diff list all users and groups, however many there are.
      - Otherwise, for more than 50 assignments the result has only their number, and the diff only those that change.
    type: bool
    default: false
  state:
    description:
      - V(present) assigns O(users) and O(groups), V(absent) removes them from the scope.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - entra.cross_tenant_sync.impact.judged
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.graph.wait
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.configuration.restart
  - entra.cross_tenant_sync.impact
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
  - module: entra.cross_tenant_sync.impact_info
  - module: entra.cross_tenant_sync.sync_configuration
  - module: entra.cross_tenant_sync.sync_job
"""

EXAMPLES = r"""
- name: Synchronize one user and the members of Sales
  entra.cross_tenant_sync.sync_scope:
    configuration: Fabrikam
    mode: assigned
    users: [minsu.kim@contoso.kr]
    groups: [Sales]

- name: Synchronize exactly these groups, and let at most five users leave
  entra.cross_tenant_sync.sync_scope:
    configuration: Fabrikam
    groups: [Sales, Engineering]
    exact: true
    max_removals: 5

- name: Put Engineering in the place of Sales, unless the account of an administrator of Fabrikam would be lost
  entra.cross_tenant_sync.sync_scope:
    target: "{{ tenants.fabrikam | entra.cross_tenant_sync.connection }}"
    configuration: Fabrikam
    groups: [Engineering]
    exact: true
    protected: [Board]

- name: Synchronize a group as a group too, and show what becomes of it
  entra.cross_tenant_sync.sync_scope:
    configuration: Fabrikam
    mode: assigned
    groups: [Sales]
    group_sync: true

- name: Remove all users from the scope
  entra.cross_tenant_sync.sync_scope:
    configuration: Fabrikam
    users: []
    exact: true
    allow_empty: true

- name: Remove one user from the scope
  entra.cross_tenant_sync.sync_scope:
    configuration: Fabrikam
    users: [minsu.kim@contoso.kr]
    state: absent
"""

RETURN = r"""
scope:
  description: The scope after the task; in check mode, as it would be.
  returned: success
  type: dict
  contains:
    service_principal_id:
      description: The object id of the configuration's service principal. V(null) if it does not exist yet.
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
      sample: 1
    groups:
      description: What becomes of each assigned group in the target tenant. V(null) unless O(group_sync) is V(true).
      type: list
      elements: dict
      contains:
        id:
          description: The object id of the group in the source tenant.
          type: str
          sample: 5d1b6c8e-8c61-4c1c-9d2a-0f4b7a0c2e11
        name:
          description: Its display name.
          type: str
          sample: Sales
        kind:
          description:
            - V(security), V(dynamic_security), V(microsoft_365), V(mail_enabled_security), V(distribution), V(role_assignable) or V(unknown).
          type: str
          sample: dynamic_security
        becomes_group:
          description: Whether it becomes a group in the target tenant. V(null) if that is not known.
          type: bool
          sample: true
        reason:
          description: What it becomes, or why not.
          type: str
          sample: a dynamic group becomes a security group whose members follow those of the source; the rule stays in the source
leaving:
  description: The users who leave the scope by this change.
  returned: success
  type: dict
  contains:
    count:
      description:
        - How many users leave. V(null) if O(mode) changes from V(all) to V(assigned) without a limit, because then they are not counted.
      type: int
      sample: 1
    users:
      description:
        - The user principal names of the first 50, or of all with O(full_result). If O(mode) changes from V(all) to V(assigned), only users
          who were assigned are named.
      type: list
      elements: str
      sample: [minsu.kim@contoso.kr]
leaving_groups:
  description:
    - The groups that leave the scope by this change, and that the service soft-deletes in the target tenant if they were synchronized. Empty
      if the job does not synchronize groups; with O(judged), O(group_sync) decides that.
  returned: success
  type: list
  elements: str
  sample: []
impact:
  description:
    - What the change does to users, as RV(entra.cross_tenant_sync.impact_info#module:impact). V(null) if it cannot remove, convert, rename or
      disable users, or with O(judged).
    - Also returned if the task fails because of a limit or a protected user.
  returned: success
  type: dict
  sample: null
restart_needed:
  description: Whether the job must be restarted before this change takes effect, see O(restart_job).
  returned: success
  type: bool
  sample: false
restart_owed:
  description:
    - Whether a restart of the job is recorded in the service that has not been made yet. M(entra.cross_tenant_sync.sync_job) makes it.
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
    - verb: assign
      object: user minsu.kim@contoso.kr to configuration Fabrikam
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
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import (
    CONFIGURATION,
    JUDGED,
    OPTIONAL_TARGET,
    RESTART,
    SCOPE,
    Options,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences import foresight

SUBJECT = foresight.SCOPE
OPTIONS = Options(
    {
        **CONFIGURATION,
        **SCOPE,
        "target": OPTIONAL_TARGET,
        **JUDGED,
        **RESTART,
        "restart_owed": {"type": "bool", "default": False},
        "group_sync": {"type": "bool"},
        "full_result": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
