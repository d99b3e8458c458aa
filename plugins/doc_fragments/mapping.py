# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Which attributes of users reach the target tenant, and which users pass the filters."""

    DOCUMENTATION = r"""
options:
  mappings:
    description:
      - The mappings to manage. Other mappings are left alone.
    type: list
    elements: dict
    suboptions:
      target:
        description:
          - The attribute in the target tenant. Upper and lower case matter.
          - C(userType) takes only the constants V(Member) and V(Guest).
        type: str
        required: true
      source:
        description:
          - The attribute in the source tenant whose value is taken unchanged.
        type: str
      constant:
        description:
          - A fixed value.
        type: str
      expression:
        description:
          - An expression in the language of the service, of at most 10,000 characters. The service checks it before anything is written.
          - Upper and lower case of its functions matter.
        type: str
      default:
        description:
          - The value to use when the source has none. The service uses it only when it creates a user.
        type: str
      apply:
        description:
          - Whether the mapping applies in every cycle or only when a user is created. If not set, it is left alone.
        type: str
        choices: [always, create_only]
      state:
        description:
          - Whether the target attribute must have a mapping.
        type: str
        choices: [present, absent]
        default: present
  user_type:
    description:
      - Whether users become members or guests of the target tenant. A short form of a constant mapping of C(userType).
    type: str
    choices: [member, guest]
  convert_existing:
    description:
      - Whether O(user_type) also applies to users who are already in the target tenant, instead of only to users that are created.
        If not set, it is left alone.
    type: bool
  show_in_address_list:
    description:
      - Whether the users appear in the address lists of the target tenant. A short form of a constant mapping of C(showInAddressList).
    type: bool
  display_name_suffix:
    description:
      - The text to append to every display name, such as V( (Contoso\)). A short form of an expression mapping of C(displayName).
    type: str
  company_name:
    description:
      - The company name of every user. A short form of a constant mapping of C(companyName), which has no mapping by default.
    type: str
  filters:
    description:
      - The scoping filters. A user who passes at least one of them is in scope. An empty list removes all filters.
      - Users who are in scope and pass no filter after the change are soft-deleted in the target tenant.
      - The built-in filter of the service, which excludes external users, is never changed.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the filter.
        type: str
        required: true
      clauses:
        description:
          - The conditions. A user passes the filter if all of them hold.
        type: list
        elements: dict
        required: true
        suboptions:
          attribute:
            description:
              - The attribute in the source tenant.
            type: str
            required: true
          operator:
            description:
              - The operator, in the word of the service, such as V(EQUALS), V(NOT EQUALS), V(REGEX MATCH), V(IS NULL) or V(IS NOT NULL).
                Upper and lower case matter.
              - Comparisons are case-sensitive. For a user without the attribute, every operator except V(IS NULL) fails.
              - The pattern of V(REGEX MATCH) is a regular expression; V(*) alone is not a valid one.
            type: str
            required: true
          values:
            description:
              - The values to compare with. An empty text is refused, because no comparison with it holds; use V(IS NULL) or V(IS NOT NULL).
            type: list
            elements: str
  target_actions:
    description:
      - What the service may do to users in the target tenant. At least one action is needed.
      - Without V(delete), users who leave the scope stay in the target tenant unchanged.
    type: list
    elements: str
    choices: [create, update, delete]
"""

    GROUPS = r"""
options:
  groups:
    description:
      - Whether the assigned groups become groups in the target tenant too, with those of their members who are synchronized. If not set, it
        is left alone. By default it is off, and only the members of assigned groups are synchronized.
      - Security groups, dynamic groups and Microsoft 365 groups become static security groups. Mail-enabled security groups, distribution
        groups, role-assignable groups and nested groups do not. A group that exists in the target tenant already is never used.
      - The target tenant must allow it with O(entra.cross_tenant_sync.cross_tenant_policy#module:group_sync_inbound). Users of synchronized
        groups need licences of Microsoft Entra ID Governance or Microsoft Entra Suite in the source tenant.
      - V(true) is refused if the mode of the scope is V(all), because the service does not support that.
      - V(false) leaves the groups in the target tenant that were synchronized, with their members; they are not updated any more.
    type: bool
  group_mappings:
    description:
      - The mappings of groups to manage, by the same rules as those of users. Other mappings are left alone.
      - The mapping by which the service recognizes a group cannot be changed.
    type: list
    elements: dict
    suboptions:
      target:
        description:
          - The attribute of the group in the target tenant. Upper and lower case matter.
        type: str
        required: true
      source:
        description:
          - The attribute of the group in the source tenant whose value is taken unchanged.
        type: str
      constant:
        description:
          - A fixed value.
        type: str
      expression:
        description:
          - An expression in the language of the service, of at most 10,000 characters. The service checks it before anything is written.
        type: str
      default:
        description:
          - The value to use when the source has none. The service uses it only when it creates a group.
        type: str
      apply:
        description:
          - Whether the mapping applies in every cycle or only when a group is created. If not set, it is left alone.
        type: str
        choices: [always, create_only]
      state:
        description:
          - Whether the target attribute must have a mapping.
        type: str
        choices: [present, absent]
        default: present
"""
