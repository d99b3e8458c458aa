#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cross_tenant_policy
short_description: Manage a partner in a tenant's cross-tenant access policy
version_added: 0.1.0
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
      - A domain is looked up with Microsoft Graph, or in the public OpenID document if C(CrossTenantInformation.ReadBasic.All) is missing.
    type: str
    required: true
  partner_cloud:
    description:
      - The partner's cloud, if it is not that of O(cloud). It matters only if the entry serves a link.
      - The switches of a link across clouds are refused, since Microsoft does not document an interface for everything such a link needs.
    type: str
    choices: [global, usgov, usgov_dod, china]
  user_sync_inbound:
    description:
      - Whether the partner may synchronize its users into this tenant.
    type: bool
  group_sync_inbound:
    description:
      - Whether the partner may synchronize its groups into this tenant. It needs O(user_sync_inbound) as well.
      - With V(false), groups that were synchronized stay in this tenant, and are not updated any more.
      - Only the beta version of Microsoft Graph has this setting. It is used only if this option is set.
    type: bool
  role_enabled_group_sync_inbound:
    description:
      - Whether the partner may also synchronize groups that roles can be assigned to. It needs O(group_sync_inbound) as well, which is
        switched on before it.
      - If O(group_sync_inbound) is set to V(false), this setting is switched off with it.
      - Only the beta version of Microsoft Graph has this setting. It is used only if this option is set.
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
      - Which of the partner's users may be guests here, and in which applications.
      - A part that is left out is left alone.
    type: dict
    suboptions: &access_options
      users_and_groups:
        description:
          - Which users and groups.
        type: dict
        suboptions: &targets_options
          access_type:
            description:
              - Whether the targets are let through or kept out.
            type: str
            choices: [allowed, blocked]
            required: true
          targets:
            description:
              - The users and groups, or the applications.
            type: list
            elements: dict
            required: true
            suboptions:
              target:
                description:
                  - The object id of a user or group, or V(AllUsers); for applications, an application id, V(AllApplications) or V(Office365).
                type: str
                required: true
              target_type:
                description:
                  - What the target is.
                type: str
                choices: [user, group, application]
                required: true
      applications:
        description:
          - Which applications.
        type: dict
        suboptions: *targets_options
  b2b_collaboration_outbound:
    description:
      - Which of this tenant's users may be guests at the partner, and in which applications.
      - A part that is left out is left alone.
    type: dict
    suboptions: *access_options
  b2b_direct_connect_inbound:
    description:
      - Which of the partner's users may connect directly here, and to which applications.
      - A part that is left out is left alone.
    type: dict
    suboptions: *access_options
  b2b_direct_connect_outbound:
    description:
      - Which of this tenant's users may connect directly to the partner, and to which applications.
      - A part that is left out is left alone.
    type: dict
    suboptions: *access_options
  display_name:
    description:
      - A name for the identity synchronization with the partner.
    type: str
  inherit:
    description:
      - Settings that should be inherited from the tenant's default again.
      - With O(state=absent), only these settings are removed, and the entry only if nothing else is left in it.
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
      - With O(state=absent), the configurations of the source tenant that still need the switches of a link. If there are any,
        O(user_sync_inbound), O(redemption_inbound) and O(redemption_outbound) are kept, with a warning that names them.
        Without O(inherit), the removal of the entry is refused.
      - If not set, the configurations of this tenant are read when O(redemption_outbound) is removed. Those of another tenant
        cannot be read from here, so for a target tenant, pass RV(still_served_by) of the task in the source tenant.
    type: list
    elements: str
  state:
    description:
      - V(present) creates the entry if it does not exist, and sets the given settings.
      - V(absent) removes the identity synchronization and then the whole entry, or what O(inherit) names, and the entry only if nothing else is
        in it. Users that are synchronized already are not changed.
      - Capabilities of Microsoft 365 go with the entry, so they keep it if O(inherit) is set, and are named in the diff otherwise. An
        application that lacks C(Policy.Read.All) cannot read them. Where partners are trusted for Microsoft 365, it keeps the entry, or warns.
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

- name: Let Contoso synchronize its groups into this tenant too
  entra.cross_tenant_sync.cross_tenant_policy:
    partner_tenant_id: contoso.kr
    user_sync_inbound: true
    group_sync_inbound: true

- name: Redeem invitations into Fabrikam automatically
  entra.cross_tenant_sync.cross_tenant_policy:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    partner_tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    redemption_outbound: true

- name: Remove what a link needed, and the entry if nothing else is in it
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
  contains:
    tenant_id:
      description: The partner's tenant id.
      type: str
    user_sync_inbound:
      description: As O(user_sync_inbound).
      type: bool
    group_sync_inbound:
      description: As O(group_sync_inbound), if that option is set. Otherwise V(null), since only the beta version returns it.
      type: bool
    role_enabled_group_sync_inbound:
      description: As O(role_enabled_group_sync_inbound), if that option or O(group_sync_inbound) is set. Otherwise V(null).
      type: bool
    display_name:
      description: As O(display_name).
      type: str
    redemption_inbound:
      description: As O(redemption_inbound).
      type: bool
    redemption_outbound:
      description: As O(redemption_outbound).
      type: bool
    inbound_trust:
      description: As O(inbound_trust).
      type: dict
      contains:
        mfa:
          description: As O(inbound_trust.mfa).
          type: bool
        compliant_device:
          description: As O(inbound_trust.compliant_device).
          type: bool
        hybrid_joined_device:
          description: As O(inbound_trust.hybrid_joined_device).
          type: bool
    b2b_collaboration_inbound:
      description: As O(b2b_collaboration_inbound).
      type: dict
      contains: &access_values
        users_and_groups:
          description: Which users and groups.
          type: dict
          contains: &targets_values
            access_type:
              description: Whether the targets are let through or kept out.
              type: str
            targets:
              description: The users and groups, or the applications, in alphabetical order.
              type: list
              elements: dict
              contains:
                target:
                  description: An id, or one of the service's words.
                  type: str
                target_type:
                  description: What the target is.
                  type: str
        applications:
          description: Which applications.
          type: dict
          contains: *targets_values
    b2b_collaboration_outbound:
      description: As O(b2b_collaboration_outbound).
      type: dict
      contains: *access_values
    b2b_direct_connect_inbound:
      description: As O(b2b_direct_connect_inbound).
      type: dict
      contains: *access_values
    b2b_direct_connect_outbound:
      description: As O(b2b_direct_connect_outbound).
      type: dict
      contains: *access_values
  sample:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    user_sync_inbound: true
    group_sync_inbound: null
    role_enabled_group_sync_inbound: null
    display_name: null
    redemption_inbound: true
    redemption_outbound: null
    inbound_trust: null
    b2b_collaboration_inbound: null
    b2b_collaboration_outbound: null
    b2b_direct_connect_inbound: null
    b2b_direct_connect_outbound: null
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
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner_settings import TABLE

SUBJECT = partner.RESOURCE
OPTIONS = Options(
    {
        "partner_tenant_id": {"type": "str", "required": True},
        "partner_cloud": {"type": "str", "choices": list(CLOUDS)},
        **TABLE.spec(),
        "inherit": {"type": "list", "elements": "str", "choices": list(TABLE.inheritable)},
        "keep_for": {"type": "list", "elements": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
