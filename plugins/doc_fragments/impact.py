# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Which users a change must not harm."""

    DOCUMENTATION = r"""
options:
  protected:
    description:
      - Users and groups who must not lose their accounts, by user principal name, mail address or object id, and by display name, in either
        of the two tenants. All members of a group are protected, also those of groups in it.
      - A change is refused before the first write, in check mode too, if one of them would leave the scope, or be deleted, disabled, or
        converted between guest and member.
    type: list
    elements: str
  protected_importance:
    description:
      - Which users are protected because of what they are in the target tenant, without being named - holders of directory V(roles), active
        or eligible; V(owners) of groups and applications; users with V(licences); and users with V(mailboxes). All four if not set, and
        none with an empty list.
      - What cannot be read, for example because a permission is missing, is reported as not checked. No user counts as unimportant
        because of it, but the change is not refused either.
    type: list
    elements: str
    choices: [roles, owners, licences, mailboxes]
  protected_release:
    description:
      - Protected users who may leave nevertheless, by user principal name or object id. No other option lifts a protection.
    type: list
    elements: str
  impact_limit:
    description:
      - How many users the return value C(impact) names. Protected users who would be harmed come first.
    type: int
    default: 50
"""

    # It precedes the fragment of the connection to the target, which describes the members of the option.
    JUDGED = r"""
options:
  target:
    description:
      - The connection to the target tenant. With it, the accounts of the users there are read, and whether they are important, see
        O(protected_importance). Without it, all users in scope count as having an account, and their importance is not checked.
      - The environment is never used for options of the target tenant.
    type: dict
    required: false
  judged:
    description:
      - Whether a task with M(entra.cross_tenant_sync.impact_info) has judged the whole change earlier in the same run. Then this task does not
        compute the impact again.
    type: bool
    default: false
"""
