#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cross_tenant_capability
short_description: Manage what a partner's users see of this tenant's people
version_added: 0.1.0
description:
  - Manages free/busy times, MailTips, calendar sharing, profile cards, and the booking of rooms and desks, as the users of another tenant, the
    partner, see them. These are the Microsoft 365 capabilities of the cross-tenant access policy, which replace organization relationships
    of Exchange.
  - A capability is set in the tenant that is looked at. If both tenants are to see each other, run the module in both of them. The direction
    of a synchronization does not matter.
  - A feature that is named gets exactly the given level; one that is left out is left alone. At most one level of a feature is allowed.
    The old level is disallowed before the new one is allowed, so that users see nothing for a moment rather than too much.
  - The capabilities need the trust C(m365CollaborationInbound) of the partner's entry. If the entry or the trust is missing, the module
    creates it. A trust that lets only some users through is left as it is, with a warning; one that blocks all users is an error.
  - An organization relationship, a sharing policy or an availability address space of Exchange comes first as long as it is enabled.
  - Writing needs the permissions C(Policy.ReadWrite.CrossTenantCapability) and, for the trust, C(Policy.ReadWrite.CrossTenantAccess).
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  partner_tenant_id:
    description:
      - The partner, as its tenant id or one of its domains. Either this or O(default=true) is required.
      - A domain is looked up with Microsoft Graph, or in the public OpenID document if C(CrossTenantInformation.ReadBasic.All) is missing.
    type: str
  default:
    description:
      - Whether to change the default policy, which applies to every tenant in the world that has no settings of its own. Its trust
        is not changed.
    type: bool
    default: false
  free_busy:
    description:
      - How much of free/busy times is visible. V(basic) shows only when somebody is busy, V(limited_details) also subject and location.
    type: str
    choices: [none, basic, limited_details]
  mail_tips:
    description:
      - Which MailTips are shown. V(limited) shows those that are about delivery and automatic replies, V(all) all of them.
    type: str
    choices: [none, limited, all]
  calendar_sharing:
    description:
      - How much of a calendar users can share with the partner's users. V(simple) is free/busy, V(detail) adds subject and location,
        V(reviewer) is everything.
    type: str
    choices: [none, simple, detail, reviewer]
  profile_card:
    description:
      - Whether profile cards and photos are shown.
    type: bool
  room_booking:
    description:
      - Whether rooms can be booked.
    type: bool
  desk_booking:
    description:
      - Whether desks can be booked.
    type: bool
  scope:
    description:
      - Whose data the named features show. V(all) are all users of this tenant, V(groups) the members of O(groups).
      - If it is left out, the scope of a feature that is allowed already stays as it is, also if its level changes. A feature that is not
        allowed yet is refused without a scope.
    type: str
    choices: [all, groups]
  groups:
    description:
      - The groups of this tenant, by display name or id, whose members' data is shown. Required with O(scope=groups), and only used with it.
    type: list
    elements: str
  excluded_groups:
    description:
      - The groups of this tenant, by display name or id, whose members' data is not shown. It needs O(scope).
      - If it is left out, who is excluded already stays excluded. V([]) excludes nobody.
    type: list
    elements: str
  trust_all_users:
    description:
      - Whether to let all users of the partner through if its trust lets only some of them through, or none.
    type: bool
    default: false
  state:
    description:
      - V(present) sets the named features.
      - V(absent) removes the capabilities of the named features, whatever their levels are, so that the default policy applies again. Where
        the default policy would then show more, the capability is kept and disallowed, with a warning. The trust is removed with the last
        capability that is needed, if it is exactly what this module sets. The entry stays.
    type: str
    choices: [present, absent]
    default: present
  keep:
    description:
      - Features that O(state=absent) leaves alone although they are named, because another link still needs them.
    type: list
    elements: str
    choices: [free_busy, mail_tips, calendar_sharing, profile_card, room_booking, desk_booking]
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
  - module: entra.cross_tenant_sync.cross_tenant_capability_info
  - module: entra.cross_tenant_sync.cross_tenant_policy
  - name: Microsoft 365 cross-tenant access policy
    description: What the capabilities are, and in which order the policies apply.
    link: https://learn.microsoft.com/graph/api/resources/m365-cross-tenant-access-policy-overview
"""

EXAMPLES = r"""
- name: Let Contoso's users see when Fabrikam's users are busy
  entra.cross_tenant_sync.cross_tenant_capability:
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    partner_tenant_id: contoso.kr
    free_busy: basic
    mail_tips: all
    scope: all

- name: Show subjects and locations as well, of the same people
  entra.cross_tenant_sync.cross_tenant_capability:
    partner_tenant_id: contoso.kr
    free_busy: limited_details

- name: Show the profile cards of two groups, but not those of the board
  entra.cross_tenant_sync.cross_tenant_capability:
    partner_tenant_id: contoso.kr
    profile_card: true
    scope: groups
    groups: [Sales, Engineering]
    excluded_groups: [Board]

- name: Remove what was shared with Contoso, except MailTips, which another link needs
  entra.cross_tenant_sync.cross_tenant_capability:
    partner_tenant_id: contoso.kr
    free_busy: basic
    mail_tips: all
    keep: [mail_tips]
    state: absent
"""

RETURN = r"""
partner_tenant_id:
  description: The partner's tenant id. V(null) for the default policy.
  returned: success
  type: str
  sample: a0c898ca-2445-4e74-ab4b-afd7916549a6
features:
  description:
    - All features as they are set for the partner or in the default policy now, or will be. Each has the keys of RV(features.free_busy).
    - What a partner sees by the default policy is not contained.
  returned: success
  type: dict
  contains:
    free_busy:
      description: Free/busy times.
      type: dict
      contains:
        level:
          description: The allowed level, as the option of the feature. If several are, the one that shows most.
          type: raw
        also_allowed:
          description: The other levels that are allowed at the same time, which is a conflict. It is resolved when the feature is set.
          type: list
          elements: str
        scope:
          description: V(all), V(groups), or V(other) for a scope that this module cannot set. V(null) if no level is allowed.
          type: str
        groups:
          description: The ids of the groups whose members' data is shown.
          type: list
          elements: str
        excluded_groups:
          description: The ids of the groups whose members' data is not shown.
          type: list
          elements: str
        users:
          description: The ids of single users whose data is shown, in a scope that this module cannot set.
          type: list
          elements: str
        excluded_users:
          description: The ids of single users whose data is not shown, in a scope that this module cannot set.
          type: list
          elements: str
    mail_tips:
      description: MailTips.
      type: dict
    calendar_sharing:
      description: Calendar sharing.
      type: dict
    profile_card:
      description: Profile cards and photos.
      type: dict
    room_booking:
      description: The booking of rooms.
      type: dict
    desk_booking:
      description: The booking of desks.
      type: dict
  sample:
    free_busy: {level: basic, also_allowed: [], scope: all, groups: [], excluded_groups: [], users: [], excluded_users: []}
    mail_tips: {level: none, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
    calendar_sharing: {level: none, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
    profile_card: {level: false, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
    room_booking: {level: false, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
    desk_booking: {level: false, also_allowed: [], scope: null, groups: [], excluded_groups: [], users: [], excluded_users: []}
trust:
  description:
    - Whom the trust C(m365CollaborationInbound) of the partner's entry lets through, V(all) of its users, V(some) or V(none) of them. V(null) if
      it says nothing.
  returned: success, with O(partner_tenant_id)
  type: str
  sample: all
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
  sample:
    - verb: update
      object: partner a0c898ca-2445-4e74-ab4b-afd7916549a6 (trust)
      tenant: afab079d-1f08-4de3-881e-435e497f923f
    - verb: create
      object: capability crossTenantCalendarAvailabilityBasic of partner a0c898ca-2445-4e74-ab4b-afd7916549a6 (allowed)
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
    method: POST
    path: /policies/crossTenantAccessPolicy/partners/a0c898ca-2445-4e74-ab4b-afd7916549a6/m365Capabilities
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CAPABILITY, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import capability
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability_features import FEATURES

SUBJECT = capability.RESOURCE
OPTIONS = Options(
    {
        "partner_tenant_id": {"type": "str"},
        "default": {"type": "bool", "default": False},
        **CAPABILITY,
        "trust_all_users": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "keep": {"type": "list", "elements": "str", "choices": list(FEATURES)},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
