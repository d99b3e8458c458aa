#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cross_tenant_policy_info
short_description: Read the partners in a tenant's cross-tenant access policy
version_added: 0.1.0
description:
  - Lists the partner entries of a tenant with their settings and names.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  partner_tenant_id:
    description:
      - The tenant id or a domain of a partner. Only the entry of this partner is returned.
    type: str
  names:
    description:
      - Whether to look up the partners' names, which needs the permission C(CrossTenantInformation.ReadBasic.All).
      - A name that cannot be looked up is V(null).
    type: bool
    default: true
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.cross_tenant_policy
"""

EXAMPLES = r"""
- name: Read all partners
  entra.cross_tenant_sync.cross_tenant_policy_info:
  register: policy

- name: Show the names of the partners that may synchronize users into this tenant
  ansible.builtin.debug:
    msg: "{{ policy.partners | selectattr('user_sync_inbound') | map(attribute='name') }}"
"""

RETURN = r"""
partners:
  description:
    - The entries, by tenant id. Each has the keys below and those of RV(entra.cross_tenant_sync.cross_tenant_policy#module:partner).
      A setting that is V(null) is inherited from the tenant's default.
    - RV(entra.cross_tenant_sync.cross_tenant_policy#module:partner.group_sync_inbound) and
      RV(entra.cross_tenant_sync.cross_tenant_policy#module:partner.role_enabled_group_sync_inbound) are always V(null) here.
  returned: success
  type: list
  elements: dict
  contains:
    tenant_id:
      description: The partner's tenant id.
      type: str
    name:
      description: The partner's display name. V(null) if it was not or could not be looked up.
      type: str
    default_domain:
      description: The partner's default domain. V(null) if it was not or could not be looked up.
      type: str
    multitenant_organization:
      description: Whether the partner belongs to the same multitenant organization.
      type: bool
  sample:
    - tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
      name: Contoso
      default_domain: contoso.kr
      multitenant_organization: false
      user_sync_inbound: true
      redemption_inbound: true
      redemption_outbound: null
      inbound_trust: null
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
    path: /policies/crossTenantAccessPolicy/partners
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import partner_list

SUBJECT = partner_list.INQUIRY
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
