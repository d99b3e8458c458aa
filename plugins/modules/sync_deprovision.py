#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_deprovision
short_description: Remove the people of a link from the target tenant, before the link is taken down
description:
  - Takes everybody out of scope, has the service remove them from the target tenant, waits for the cycle that does it, and looks
    whether anybody is left. Only the service deletes people; they are soft-deleted, and can be restored for thirty days.
  - In check mode, RV(people) names who goes.
  - Fails before anything is written if the service would not remove people. This is so if target actions do not include V(delete), if a
    switch of the link's trust is off, if the deletion guard would hold the deletions back, if the job is gone or is in quarantine,
    or if the configuration serves another tenant.
  - Fails after the cycle if somebody is still in the target, for example because he holds an administrator role there. Configuration and
    trust are not touched, so that whoever is left is not forgotten. RV(people) names them.
  - If it was ended before, it continues. Before the first person leaves scope, it writes into the tags of the configuration's service
    principal that a restart is owed, which domains the people have, and who else of the source is in the target, up to 200 people.
    So guests who were invited by hand are not waited for.
  - If nobody was in scope when it began, it cannot know them. Then everybody counts whose user principal name in the target was made from a
    domain of the source tenant.
  - Does nothing if there is no configuration. The role C(source_tenant) runs it before it removes a link with C(link_users=deprovision).
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  configuration:
    description:
      - The configuration, by name or by the object id of its service principal. It must serve the tenant of O(target).
    type: str
    required: true
  others:
    description:
      - The names or ids of configurations that serve the same target tenant and are looked after by somebody else.
      - Otherwise, if there is no O(configuration), one of another name that serves the target is refused, since its people would stay.
    type: list
    elements: str
  deletion_threshold:
    description:
      - The deletion guard to set before people are removed. As many deletions in one cycle are held back; V(0) switches the guard off.
      - If the option is not set, the guard stays as it is, and more people than it lets pass are refused.
    type: int
  source_domains:
    description:
      - The domains of the source tenant's user principal names.
      - If the option is not set, they are the source tenant's verified domains, or its default domain if these may not be read.
      - The domains of the people in scope are added.
    type: list
    elements: str
  wait_timeout:
    description:
      - How long to wait for the end of the cycle, in seconds. It takes 0.01 to 0.08 minutes a person.
    type: int
    default: 7200
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
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
      - If nobody was in scope when it began and people are left in the target whom the service does not remove, for example guests who were
        invited by hand, another run starts another cycle and fails again.
  action_group: {}
notes:
  - In the source tenant it needs the permissions of M(entra.cross_tenant_sync.sync_scope) and M(entra.cross_tenant_sync.sync_job), and
    C(Policy.Read.All) or C(Policy.ReadWrite.CrossTenantAccess). With C(Organization.Read.All) it knows all domains of the source.
  - In the target tenant it needs C(User.Read.All), C(Policy.Read.All) or C(Policy.ReadWrite.CrossTenantAccess), and
    C(CrossTenantInformation.ReadBasic.All) if the source's domains are to be looked up there.
seealso:
  - module: entra.cross_tenant_sync.synced_user_info
  - module: entra.cross_tenant_sync.provisioning_log_info
"""

EXAMPLES = r"""
- name: Remove everybody who came by this link from Fabrikam
  entra.cross_tenant_sync.sync_deprovision:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    target:
      tenant_id: afab079d-1f08-4de3-881e-435e497f923f
      client_id: 22222222-2222-4222-8222-222222222222
      client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    configuration: Fabrikam

- name: Remove 1200 people, more than the deletion guard lets pass
  entra.cross_tenant_sync.sync_deprovision:
    target: "{{ tenants.fabrikam | entra.cross_tenant_sync.connection }}"
    configuration: Fabrikam
    deletion_threshold: 1201
    wait_timeout: 14400
"""

RETURN = r"""
people:
  description:
    - Who was removed, or would be in check mode. The first fifty, those who are left first.
    - Empty if there is nobody to remove. Also returned if somebody is left.
  returned: success
  type: list
  elements: dict
  contains:
    user_principal_name:
      description: The name in the source tenant.
      type: str
      sample: minsu.kim@contoso.kr
    target_id:
      description: The object id in the target tenant.
      type: str
      sample: 5f8c2b7d-9a43-4c1e-8b16-0e7c2d4a9f35
    state:
      description: V(removed), or V(left) if the person is still in the target after the cycle.
      type: str
      sample: removed
people_count:
  description: How many people that are.
  returned: success
  type: int
  sample: 1
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
      description: What else follows from it in the service. Of the restart, C(removes_users) counts who is removed and C(users) names them.
      type: dict
      returned: when there are any
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
  description: How long the module waited for the cycle, and for the service to catch up with itself.
  returned: success
  type: float
  sample: 312.5
error:
  description: What the service answered, for a failure that it caused.
  returned: failure
  type: dict
  sample:
    status: 403
    code: Authorization_RequestDenied
    request_id: 7e2b6f4c-4a8e-4b7b-9a43-0f6d0b1c2d3e
    method: GET
    path: /users
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import TARGET, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.deprovision import resource as deprovision

SUBJECT = deprovision.RESOURCE
OPTIONS = Options(
    {
        "target": TARGET,
        "configuration": {"type": "str", "required": True},
        "others": {"type": "list", "elements": "str"},
        "deletion_threshold": {"type": "int"},
        "source_domains": {"type": "list", "elements": "str"},
        "wait_timeout": {"type": "int", "default": 7200},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
