# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What the two tenants of a link let each other's users see."""

    DOCUMENTATION = r"""
options:
  share:
    description:
      - What the two tenants let each other's users see of their own people, see M(entra.cross_tenant_sync.cross_tenant_capability). Each side
        has the options of that module for features, scope and groups.
      - It does not depend on the direction of the synchronization. Two links between the same tenants may name the same feature if they agree.
      - Nothing about it is read or changed if it is not set.
    type: dict
    suboptions:
      source:
        description: What the source tenant shares with the users of the target tenant.
        type: dict
        suboptions: &shared
          free_busy:
            description: See O(entra.cross_tenant_sync.cross_tenant_capability#module:free_busy).
            type: str
            choices: [none, basic, limited_details]
          mail_tips:
            description: See O(entra.cross_tenant_sync.cross_tenant_capability#module:mail_tips).
            type: str
            choices: [none, limited, all]
          calendar_sharing:
            description: See O(entra.cross_tenant_sync.cross_tenant_capability#module:calendar_sharing).
            type: str
            choices: [none, simple, detail, reviewer]
          profile_card:
            description: See O(entra.cross_tenant_sync.cross_tenant_capability#module:profile_card).
            type: bool
          room_booking:
            description: See O(entra.cross_tenant_sync.cross_tenant_capability#module:room_booking).
            type: bool
          desk_booking:
            description: See O(entra.cross_tenant_sync.cross_tenant_capability#module:desk_booking).
            type: bool
          scope:
            description: See O(entra.cross_tenant_sync.cross_tenant_capability#module:scope).
            type: str
            choices: [all, groups]
          groups:
            description: See O(entra.cross_tenant_sync.cross_tenant_capability#module:groups).
            type: list
            elements: str
          excluded_groups:
            description: See O(entra.cross_tenant_sync.cross_tenant_capability#module:excluded_groups).
            type: list
            elements: str
      target:
        description: What the target tenant shares with the users of the source tenant.
        type: dict
        suboptions: *shared
"""
