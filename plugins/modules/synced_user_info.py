#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: synced_user_info
short_description: Read the users of a target tenant who came from a source tenant
version_added: 0.1.0
description:
  - Lists the B2B users of a target tenant that came from a given source tenant, with what an address book shows of them.
  - Users are recognized by their user principal name, which contains the one that they have in the source tenant.
    Users who have not redeemed an invitation were invited by hand, and are not listed.
  - A guest who was invited by hand and has redeemed the invitation looks the same as a user who was synchronized as a guest.
  - The service selects the users by the end of their user principal names, which consists of the domain of the source and the initial
    domain of the tenant. The module sends two requests, and one more for every further thousand users of the source. How many other users
    the tenant has makes no difference.
  - The service selects them from an index that can be some minutes late.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  source_domains:
    description:
      - The domains of the source tenant's user principal names.
    type: list
    elements: str
  source_tenant_id:
    description:
      - The source tenant's id. Its default domain is looked up if O(source_domains) is not given.
      - The look-up needs the permission C(CrossTenantInformation.ReadBasic.All).
    type: str
  user_type:
    description:
      - Only list members, or only guests.
    type: str
    choices: [member, guest]
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
notes:
  - C(show_in_address_list) in RV(synced_users) is the value in Microsoft Graph. Exchange's own setting takes precedence, and Graph can be delayed.
"""

EXAMPLES = r"""
- name: Read the users who came from Contoso
  entra.cross_tenant_sync.synced_user_info:
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    source_domains: [contoso.kr]
  register: contoso
"""

RETURN = r"""
synced_users:
  description: The users, by display name.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 5d6e7f80-91a2-43b4-85c6-d7e8f9a0b1c2
      user_principal_name: minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com
      source_user_principal_name: minsu.kim@contoso.kr
      display_name: Kim Minsu (Contoso)
      mail: minsu.kim@contoso.kr
      user_type: Member
      account_enabled: true
      show_in_address_list: true
source_domains:
  description: The domains that users were recognized by.
  returned: success
  type: list
  elements: str
  sample: [contoso.kr]
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
    path: /users
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import synced_user

SUBJECT = synced_user.INQUIRY
OPTIONS = Options(
    {
        "source_domains": {"type": "list", "elements": "str"},
        "source_tenant_id": {"type": "str"},
        "user_type": {"type": "str", "choices": ["member", "guest"]},
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
