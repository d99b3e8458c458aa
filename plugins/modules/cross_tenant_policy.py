#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cross_tenant_policy
short_description: Manage a partner in a tenant's cross-tenant access policy
description:
  - Manages the entry of another tenant, the partner, in the cross-tenant access policy of a tenant.
  - A link needs it in both tenants. The target tenant sets O(user_sync_inbound) and O(redemption_inbound) for the source tenant,
    the source tenant sets O(redemption_outbound) for the target tenant.
  - A setting that is left out is left alone. Only what differs is written.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  partner_tenant_id:
    description:
      - The partner, as its tenant id or one of its domains.
      - A domain is looked up with Microsoft Graph, or in the public OpenID document where C(CrossTenantInformation.ReadBasic.All) is missing.
    type: str
    required: true
  partner_cloud:
    description:
      - The cloud that the partner lives in, if it is not that of O(cloud). It matters where the entry serves a link.
      - The switches of a link across clouds are refused, since Microsoft documents no interface for all that such a link needs.
    type: str
    choices: [global, usgov, usgov_dod, china]
  user_sync_inbound:
    description:
      - Whether the partner may synchronize its users into this tenant.
    type: bool
  group_sync_inbound:
    description:
      - Whether the partner may synchronize its groups into this tenant. It needs O(user_sync_inbound) as well.
      - Microsoft Graph knows this only in its beta version, which is used only if this option is set.
    type: bool
  redemption_inbound:
    description:
      - Whether invitations of the partner's users into this tenant are redeemed automatically, without a consent prompt.
    type: bool
  redemption_outbound:
    description:
      - Whether invitations of this tenant's users into the partner's tenant are redeemed automatically, without a consent prompt.
    type: bool
  inbound_trust:
    description:
      - Which claims of the partner's users Conditional Access accepts here.
      - A member that is left out is left alone.
    type: dict
    suboptions:
      mfa:
        description:
          - Accept the partner's multifactor authentication.
        type: bool
      compliant_device:
        description:
          - Accept the partner's compliant devices.
        type: bool
      hybrid_joined_device:
        description:
          - Accept the partner's hybrid joined devices.
        type: bool
  b2b_collaboration_inbound:
    description:
      - Who of the partner may be a guest here, and in which applications.
      - A part that is left out is left alone.
    type: dict
    suboptions:
      users_and_groups:
        description:
          - Which users and groups.
        type: dict
        suboptions:
          access_type:
            description:
              - Whether the targets are let through or kept out.
            type: str
            choices: [allowed, blocked]
            required: true
          targets:
            description:
              - Who or what is meant.
            type: list
            elements: dict
            required: true
            suboptions:
              target:
                description:
                  - An object id, or one of the service's words V(AllUsers), V(AllApplications) and V(Office365).
                type: str
                required: true
              target_type:
                description:
                  - What O(b2b_collaboration_inbound.users_and_groups.targets[].target) is.
                type: str
                choices: [user, group, application]
                required: true
      applications:
        description:
          - Which applications.
        type: dict
        suboptions:
          access_type:
            description:
              - Whether the targets are let through or kept out.
            type: str
            choices: [allowed, blocked]
            required: true
          targets:
            description:
              - Who or what is meant.
            type: list
            elements: dict
            required: true
            suboptions:
              target:
                description:
                  - An application id, or one of the service's words V(AllApplications) and V(Office365).
                type: str
                required: true
              target_type:
                description:
                  - What O(b2b_collaboration_inbound.applications.targets[].target) is.
                type: str
                choices: [user, group, application]
                required: true
  b2b_collaboration_outbound:
    description:
      - Who of this tenant may be a guest at the partner, and in which applications.
      - A part that is left out is left alone.
    type: dict
    suboptions:
      users_and_groups:
        description:
          - Which users and groups.
        type: dict
        suboptions:
          access_type:
            description:
              - Whether the targets are let through or kept out.
            type: str
            choices: [allowed, blocked]
            required: true
          targets:
            description:
              - Who or what is meant.
            type: list
            elements: dict
            required: true
            suboptions:
              target:
                description:
                  - An object id, or one of the service's words V(AllUsers), V(AllApplications) and V(Office365).
                type: str
                required: true
              target_type:
                description:
                  - What O(b2b_collaboration_outbound.users_and_groups.targets[].target) is.
                type: str
                choices: [user, group, application]
                required: true
      applications:
        description:
          - Which applications.
        type: dict
        suboptions:
          access_type:
            description:
              - Whether the targets are let through or kept out.
            type: str
            choices: [allowed, blocked]
            required: true
          targets:
            description:
              - Who or what is meant.
            type: list
            elements: dict
            required: true
            suboptions:
              target:
                description:
                  - An application id, or one of the service's words V(AllApplications) and V(Office365).
                type: str
                required: true
              target_type:
                description:
                  - What O(b2b_collaboration_outbound.applications.targets[].target) is.
                type: str
                choices: [user, group, application]
                required: true
  b2b_direct_connect_inbound:
    description:
      - Who of the partner may connect directly here, and to which applications.
      - A part that is left out is left alone.
    type: dict
    suboptions:
      users_and_groups:
        description:
          - Which users and groups.
        type: dict
        suboptions:
          access_type:
            description:
              - Whether the targets are let through or kept out.
            type: str
            choices: [allowed, blocked]
            required: true
          targets:
            description:
              - Who or what is meant.
            type: list
            elements: dict
            required: true
            suboptions:
              target:
                description:
                  - An object id, or one of the service's words V(AllUsers), V(AllApplications) and V(Office365).
                type: str
                required: true
              target_type:
                description:
                  - What O(b2b_direct_connect_inbound.users_and_groups.targets[].target) is.
                type: str
                choices: [user, group, application]
                required: true
      applications:
        description:
          - Which applications.
        type: dict
        suboptions:
          access_type:
            description:
              - Whether the targets are let through or kept out.
            type: str
            choices: [allowed, blocked]
            required: true
          targets:
            description:
              - Who or what is meant.
            type: list
            elements: dict
            required: true
            suboptions:
              target:
                description:
                  - An application id, or one of the service's words V(AllApplications) and V(Office365).
                type: str
                required: true
              target_type:
                description:
                  - What O(b2b_direct_connect_inbound.applications.targets[].target) is.
                type: str
                choices: [user, group, application]
                required: true
  b2b_direct_connect_outbound:
    description:
      - Who of this tenant may connect directly to the partner, and to which applications.
      - A part that is left out is left alone.
    type: dict
    suboptions:
      users_and_groups:
        description:
          - Which users and groups.
        type: dict
        suboptions:
          access_type:
            description:
              - Whether the targets are let through or kept out.
            type: str
            choices: [allowed, blocked]
            required: true
          targets:
            description:
              - Who or what is meant.
            type: list
            elements: dict
            required: true
            suboptions:
              target:
                description:
                  - An object id, or one of the service's words V(AllUsers), V(AllApplications) and V(Office365).
                type: str
                required: true
              target_type:
                description:
                  - What O(b2b_direct_connect_outbound.users_and_groups.targets[].target) is.
                type: str
                choices: [user, group, application]
                required: true
      applications:
        description:
          - Which applications.
        type: dict
        suboptions:
          access_type:
            description:
              - Whether the targets are let through or kept out.
            type: str
            choices: [allowed, blocked]
            required: true
          targets:
            description:
              - Who or what is meant.
            type: list
            elements: dict
            required: true
            suboptions:
              target:
                description:
                  - An application id, or one of the service's words V(AllApplications) and V(Office365).
                type: str
                required: true
              target_type:
                description:
                  - What O(b2b_direct_connect_outbound.applications.targets[].target) is.
                type: str
                choices: [user, group, application]
                required: true
  display_name:
    description:
      - A name for the identity synchronization with the partner.
    type: str
  inherit:
    description:
      - Settings to give back to the tenant's default.
      - With O(state=absent), only these settings are removed, and the entry goes only if nothing else is left in it.
    type: list
    elements: str
    choices:
      - user_sync_inbound
      - redemption_inbound
      - redemption_outbound
      - inbound_trust
      - b2b_collaboration_inbound
      - b2b_collaboration_outbound
      - b2b_direct_connect_inbound
      - b2b_direct_connect_outbound
  keep_for:
    description:
      - The configurations of the source tenant that still need the switches of a link, with O(state=absent). If there are any,
        O(user_sync_inbound), O(redemption_inbound) and O(redemption_outbound) are kept, with a warning that names them.
        Without O(inherit), the removal of the entry is refused.
      - If not set, the configurations of this tenant are looked at where O(redemption_outbound) is taken away. Those of another tenant
        cannot be seen from here. A target tenant takes RV(still_served_by) of the source's tasks.
    type: list
    elements: str
  state:
    description:
      - V(present) makes sure that the entry exists with the given settings.
      - V(absent) removes the identity synchronization and then the whole entry, or what O(inherit) names.
        Users that were synchronized before stay as they are.
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
  - name: Cross-tenant access settings for B2B
    description: What the settings mean.
    link: https://learn.microsoft.com/entra/external-id/cross-tenant-access-overview
"""

EXAMPLES = r"""
- name: Let Contoso synchronize its users into this tenant
  entra.cross_tenant_sync.cross_tenant_policy:
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    partner_tenant_id: contoso.kr
    user_sync_inbound: true
    redemption_inbound: true

- name: Redeem invitations into Fabrikam automatically
  entra.cross_tenant_sync.cross_tenant_policy:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    partner_tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    redemption_outbound: true

- name: Take back what a link needed, and the entry if nothing else is in it
  entra.cross_tenant_sync.cross_tenant_policy:
    partner_tenant_id: contoso.kr
    inherit: [user_sync_inbound, redemption_inbound]
    state: absent
"""

RETURN = r"""
partner_tenant_id:
  description: The partner's tenant id.
  returned: success
  type: str
  sample: a0c898ca-2445-4e74-ab4b-afd7916549a6
partner:
  description: The entry as it is now, or will be. V(null) if it is absent; a setting that is V(null) is inherited.
  returned: success
  type: dict
  sample:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    user_sync_inbound: true
    redemption_inbound: true
    redemption_outbound: null
    inbound_trust: null
    display_name: null
still_served_by:
  description:
    - The configurations that still need the switches, so that these are kept. V(null) if this application may not read configurations.
  returned: with O(state=absent)
  type: list
  elements: str
  sample: []
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
    - verb: create
      object: partner a0c898ca-2445-4e74-ab4b-afd7916549a6
      tenant: afab079d-1f08-4de3-881e-435e497f923f
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
    method: GET
    path: /policies/crossTenantAccessPolicy/partners
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import partner

TARGETS = {
    "type": "dict",
    "options": {
        "access_type": {"type": "str", "choices": ["allowed", "blocked"], "required": True},
        "targets": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "target": {"type": "str", "required": True},
                "target_type": {"type": "str", "choices": ["user", "group", "application"], "required": True},
            },
        },
    },
}
ACCESS = {"type": "dict", "options": {"users_and_groups": TARGETS, "applications": TARGETS}}

SUBJECT = partner.RESOURCE
OPTIONS = Options(
    {
        "partner_tenant_id": {"type": "str", "required": True},
        "partner_cloud": {"type": "str", "choices": list(CLOUDS)},
        "user_sync_inbound": {"type": "bool"},
        "group_sync_inbound": {"type": "bool"},
        "redemption_inbound": {"type": "bool"},
        "redemption_outbound": {"type": "bool"},
        "inbound_trust": {"type": "dict", "options": {name: {"type": "bool"} for name in partner.TRUST}},
        **dict.fromkeys(partner.ACCESS, ACCESS),
        "display_name": {"type": "str"},
        "inherit": {"type": "list", "elements": "str", "choices": list(partner.SETTINGS)},
        "keep_for": {"type": "list", "elements": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
