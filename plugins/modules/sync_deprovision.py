#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_deprovision
short_description: Remove the users of a link from the target tenant, before the link is removed
version_added: 0.1.0
description:
  - Removes all users from the scope, makes the service delete them in the target tenant, waits for the cycle that does it, and checks
    whether users are left. Only the service deletes users; they are soft-deleted, and can be restored for thirty days.
  - In check mode, RV(people) lists the users who would be removed.
  - Fails before anything is written, in check mode too, if more users would be removed than the options allow, or if one of them is protected.
  - Fails before anything is written if the service would not remove the users - if the target actions do not include V(delete), a switch of
    the link's trust is off, the deletion guard would hold the deletions back, the job is missing or in quarantine, or the configuration
    serves another tenant.
  - Fails after the cycle if users are left in the target, for example because they hold an administrator role there. The configuration and
    the trust are not changed then, and RV(people) lists the users.
  - A run that follows an interrupted one continues it. Before the first user leaves the scope, the module writes three things into the tags
    of the configuration's service principal - that a restart is owed, which domains the users have, and which other users of the source
    are in the target, at most 200. So it does not wait for guests who were invited by other means.
  - If the scope was empty from the start, these other users are unknown. Then all users count whose user principal name in the target was
    made from a domain of the source tenant.
  - Users in scope are searched for by name, fifteen in a request and up to twenty requests in a batch, and all users of the source by domain,
    a thousand at a time. How many other users the target tenant has makes no difference.
  - Does nothing if there is no configuration. The role C(source_tenant) runs it before it removes a link with C(link_users=deprovision).
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  configuration:
    description:
      - The configuration, by its name or by the object id of its service principal. It must serve the tenant of O(target).
    type: str
    required: true
  others:
    description:
      - The names or ids of other configurations that serve the same target tenant and are managed elsewhere.
      - If O(configuration) does not exist, the module refuses to run while a configuration that is not listed here serves the target, since
        its users would stay.
    type: list
    elements: str
  deletion_threshold:
    description:
      - The deletion guard to set before users are removed. It holds the deletions of a cycle back that reach this number; V(0) switches it off.
      - If not set, the guard is left alone, and the task is refused if the guard would hold the deletions back.
    type: int
  source_domains:
    description:
      - The domains of the user principal names in the source tenant.
      - If not set, these are the verified domains of the source tenant, or its default domain if the verified ones cannot be read.
      - The domains of the users in scope are added.
    type: list
    elements: str
  max_removals:
    description:
      - How many users may be removed. If there are more, the task is refused and nothing is written.
    type: int
  max_removal_percent:
    description:
      - Which part of the users in scope may be removed, in percent from 0 to 100. A deprovisioning removes all of them, so any smaller number
        refuses it.
    type: int
  wait_timeout:
    description:
      - How long to wait for the end of the cycle, in seconds. It takes 0.01 to 0.08 minutes per user.
    type: int
    default: 7200
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.graph.wait
  - entra.cross_tenant_sync.impact
  - entra.cross_tenant_sync.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - If the scope was empty from the start and the target has users whom the service does not remove, for example guests who were invited
        by other means, another run starts another cycle and fails again.
  action_group: {}
notes:
  - In the source tenant it needs the permissions of M(entra.cross_tenant_sync.sync_scope) and M(entra.cross_tenant_sync.sync_job), and
    C(Policy.Read.All) or C(Policy.ReadWrite.CrossTenantAccess). With C(Organization.Read.All) it finds all domains of the source.
  - In the target tenant it needs C(User.Read.All), C(Policy.Read.All) or C(Policy.ReadWrite.CrossTenantAccess), and
    C(CrossTenantInformation.ReadBasic.All) if the source's domains must be looked up there.
seealso:
  - module: entra.cross_tenant_sync.synced_user_info
  - module: entra.cross_tenant_sync.provisioning_log_info
"""

EXAMPLES = r"""
- name: Remove all users of this link from Fabrikam
  entra.cross_tenant_sync.sync_deprovision:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    target:
      tenant_id: afab079d-1f08-4de3-881e-435e497f923f
      client_id: 22222222-2222-4222-8222-222222222222
      client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    configuration: Fabrikam

- name: Remove 1200 users, more than the deletion guard lets pass
  entra.cross_tenant_sync.sync_deprovision:
    target: "{{ tenants.fabrikam | entra.cross_tenant_sync.connection }}"
    configuration: Fabrikam
    deletion_threshold: 1201
    wait_timeout: 14400
"""

RETURN = r"""
people:
  description:
    - The users who were removed; in check mode, those who would be. At most fifty, with those first who are left.
    - Empty if there are none. Also returned if the task fails because users are left.
  returned: success
  type: list
  elements: dict
  contains:
    user_principal_name:
      description: The user principal name in the source tenant.
      type: str
      sample: minsu.kim@contoso.kr
    target_id:
      description: The object id in the target tenant.
      type: str
      sample: 5f8c2b7d-9a43-4c1e-8b16-0e7c2d4a9f35
    state:
      description: V(removed), or V(left) if the user is still in the target after the cycle.
      type: str
      sample: removed
people_count:
  description: How many users these are.
  returned: success
  type: int
  sample: 1
impact:
  description:
    - What the change does to users, as RV(entra.cross_tenant_sync.impact_info#module:impact). V(null) if no user is to be removed.
    - Also returned if the task fails because of a limit or a protected user.
  returned: success
  type: dict
  sample: null
actions:
  description:
    - The changes in order; in check mode, the changes that a run would make. The keys are those of
      RV(entra.cross_tenant_sync.sync_configuration#module:actions). In the effects of the restart,
      C(removes_users) is the number of removed users and C(users) lists them.
  returned: success
  type: list
  elements: dict
  sample:
    - verb: restart
      object: provisioning job of configuration Fabrikam
      tenant: a0c898ca-2445-4e74-ab4b-afd7916549a6
      effects:
        triggers_full_cycle: true
        removes_users: 1
        users: [minsu.kim@contoso.kr]
        target: afab079d-1f08-4de3-881e-435e497f923f
waited_seconds:
  description: How many seconds the module waited for the cycle, and for its changes to become visible.
  returned: success
  type: float
  sample: 312.5
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONFIGURATION, LIMITS, PROTECTED, TARGET, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.deprovision import resource as deprovision

SUBJECT = deprovision.RESOURCE
OPTIONS = Options(
    {
        "target": TARGET,
        **CONFIGURATION,
        "others": {"type": "list", "elements": "str"},
        "deletion_threshold": {"type": "int"},
        "source_domains": {"type": "list", "elements": "str"},
        **LIMITS,
        **PROTECTED,
        "wait_timeout": {"type": "int", "default": 7200},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
