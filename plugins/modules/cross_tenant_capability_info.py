#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cross_tenant_capability_info
short_description: Read what other tenants see of this tenant's people
version_added: 0.1.0
description:
  - Lists what the users of each partner, and those of all other tenants, may see of a tenant's people, such as free/busy times and MailTips.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  partner_tenant_id:
    description:
      - The tenant id or a domain of a partner. Only the entry of this partner is returned.
    type: str
  names:
    description:
      - Whether to look up the names of the groups in scopes, which needs the permission C(Group.Read.All) or C(Directory.Read.All).
    type: bool
    default: true
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.cross_tenant_capability
"""

EXAMPLES = r"""
- name: Read what is shared with whom
  entra.cross_tenant_sync.cross_tenant_capability_info:
  register: sharing

- name: Show the partners that see more of free/busy times than when somebody is busy
  ansible.builtin.debug:
    msg: "{{ sharing.partners | selectattr('features.free_busy.level', '==', 'limited_details') | map(attribute='tenant_id') }}"
"""

RETURN = r"""
available:
  description:
    - Whether the service has Microsoft 365 capabilities in this tenant. If not, everything is returned as not allowed.
  returned: success
  type: bool
  sample: true
partners:
  description: The partner entries, by tenant id.
  returned: success
  type: list
  elements: dict
  contains: &shared
    tenant_id:
      description: The partner's tenant id. The default policy has none.
      type: str
    trust:
      description: As RV(entra.cross_tenant_sync.cross_tenant_capability#module:trust).
      type: str
    features:
      description: As RV(entra.cross_tenant_sync.cross_tenant_capability#module:features).
      type: dict
    others:
      description:
        - Whether each capability is allowed that M(entra.cross_tenant_sync.cross_tenant_capability) does not manage, by its name in Microsoft
          Graph. These are calendar sharing with anonymous users, in the default policy, and the migration of mailboxes, in that of a partner.
      type: dict
  sample:
    - tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
      trust: all
      features:
        free_busy: {level: basic, also_allowed: [], scope: all, groups: [], excluded_groups: [], users: [], excluded_users: []}
        mail_tips: {level: none, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
        calendar_sharing: {level: none, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
        profile_card: {level: false, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
        room_booking: {level: false, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
        desk_booking: {level: false, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
      others: {}
default:
  description:
    - The default policy, with the same keys. It applies where a partner has no capability of its own, and to all tenants without an entry.
  returned: success
  type: dict
  contains: *shared
  sample:
    trust: null
    features:
      free_busy: {level: none, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
      mail_tips: {level: none, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
      calendar_sharing: {level: none, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
      profile_card: {level: false, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
      room_booking: {level: false, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
      desk_booking: {level: false, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
    others:
      anonymousCalendarSharingFreeBusySimple: true
group_names:
  description: The names of the groups in scopes, by id. Groups that no longer exist or that may not be read are not contained.
  returned: success
  type: dict
  sample:
    ad4fc698-74dc-4f62-9e71-ba9b591e8e74: Sales
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
    path: /policies/crossTenantAccessPolicy/default/m365Capabilities
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import capability_list

SUBJECT = capability_list.INQUIRY
OPTIONS = Options(
    {
        "partner_tenant_id": {"type": "str"},
        "names": {"type": "bool", "default": True},
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
