#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: synced_group_info
short_description: Read the groups of a target tenant that were synchronized, with their members
version_added: 0.1.0
description:
  - Lists the groups of a target tenant that cross-tenant synchronization has created, with their members.
  - No property of a group says that it was synchronized. Only the audit log of the tenant does, which is kept for 30 days, or 7 days without
    a premium licence. A group of which nothing says it is V(unknown) in RV(synced_groups[].synced), never V(yes).
  - Name the groups that you expect in O(groups), to see also those that were created before that time.
  - The module reads the audit log, then twenty groups with their members in a request. How many groups the tenant has makes no difference.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  groups:
    description:
      - Groups of the target tenant to return as well, by display name or object id, for example the names of the groups in scope. If several
        groups have the same name, all of them are returned.
    type: list
    elements: str
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.synced_user_info
  - module: entra.cross_tenant_sync.provisioning_log_info
  - module: entra.cross_tenant_sync.sync_mapping
notes:
  - It needs C(Group.Read.All) and C(AuditLog.Read.All) in the target tenant. Without the latter, RV(incomplete) says so, and every group is
    V(unknown).
"""

EXAMPLES = r"""
- name: Read the groups that came from other tenants, and two whose names are known
  entra.cross_tenant_sync.synced_group_info:
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    groups: [Sales (Contoso), Engineering (Contoso)]
  register: fabrikam

- name: Show who was added to them by hand
  ansible.builtin.debug:
    msg: "{{ item.display_name }}: {{ item.other_members | join(', ') }}"
  loop: "{{ fabrikam.synced_groups | selectattr('other_members') }}"
  loop_control:
    label: "{{ item.display_name }}"
"""

RETURN = r"""
synced_groups:
  description: The groups, by display name.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The object id in the target tenant.
      type: str
      sample: 9c1d2e3f-4a5b-4c6d-8e7f-0a1b2c3d4e5f
    display_name:
      description: The display name.
      type: str
      sample: Sales
    description:
      description: The description.
      type: str
      sample: null
    created:
      description: When it was created.
      type: str
      sample: "2026-11-23T02:00:00Z"
    kind:
      description: The kind of the group, as RV(entra.cross_tenant_sync.sync_scope#module:scope.groups).
      type: str
      sample: security
    synced:
      description:
        - V(yes) if the audit log says that the provisioning service created it, V(no) if it is of a kind that the service never creates,
          otherwise V(unknown).
      type: str
      sample: "yes"
    reason:
      description: Why it is V(yes), V(no) or V(unknown).
      type: str
      sample: the audit log says that the provisioning service created it
    members:
      description: The direct members, by name.
      type: list
      elements: dict
      contains:
        id:
          description: The object id in the target tenant.
          type: str
          sample: 5d6e7f80-91a2-43b4-85c6-d7e8f9a0b1c2
        type:
          description: What the member is, such as V(user) or V(group).
          type: str
          sample: user
        name:
          description: The user principal name, or the display name of a member that is no user.
          type: str
          sample: minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com
        display_name:
          description: The display name.
          type: str
          sample: Kim Minsu
        source_user_principal_name:
          description: The name of the user in the source tenant. V(null) for a member who is not an external user.
          type: str
          sample: minsu.kim@contoso.kr
    other_members:
      description: The names of members who are not external users. The service adds none of them.
      type: list
      elements: str
      sample: []
missing:
  description: The names and ids of O(groups) that mean no group of the tenant.
  returned: success
  type: list
  elements: str
  sample: []
incomplete:
  description: What could not be read, one sentence each. If it is not empty, more groups may be synchronized than are listed.
  returned: success
  type: list
  elements: str
  sample: []
error:
  description: What the service answered, for a failure that it caused.
  returned: failure
  type: dict
  sample:
    status: 403
    code: Authorization_RequestDenied
    request_id: 7e2b6f4c-4a8e-4b7b-9a43-0f6d0b1c2d3e
    client_request_id: 1d0b6c52-5f4e-4d0c-a3a7-0c9f3f1d2e4b
    method: GET
    path: /groups
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import synced_group

SUBJECT = synced_group.INQUIRY
OPTIONS = Options({"groups": {"type": "list", "elements": "str"}}, writes=False)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
