# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: synced_user
short_description: Look up the user in a target tenant whom a user of the source has become
version_added: 0.1.0
description:
  - Returns the users of a target tenant whom the synchronization made of users of a source, by their names in the source. Their object ids
    or names in the target are what groups, roles and licences there need.
  - A user is found by the user principal name in the source, of which the name in the target is made, or else by the mail address.
    Users who have not redeemed an invitation were invited by hand, and are not found.
  - A name that means nobody, or several users, fails the task.
  - It sends one request for up to fifteen names, and signs in once in a run.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  _terms:
    description: The user principal names or mail addresses in the source.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
notes:
  - It runs in the controller, which needs the Python packages of this collection. The options are those of the connection to the target tenant.
  - In the target it needs the permission C(User.Read.All).
seealso:
  - plugin: entra.cross_tenant_sync.synced_user_info
    plugin_type: module
  - plugin: entra.cross_tenant_sync.connection
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the object id of Kim Minsu in the target of a link
  ansible.builtin.debug:
    msg: "{{ lookup('entra.cross_tenant_sync.synced_user', 'minsu.kim@contoso.kr', **target).id }}"
  vars:
    target: "{{ tenants[link_target] | entra.cross_tenant_sync.connection }}"

- name: Show the names of several users in the target of a link
  ansible.builtin.debug:
    msg: "{{ query('entra.cross_tenant_sync.synced_user', *users, **target) | map(attribute='user_principal_name') }}"
  vars:
    target: "{{ tenants[link_target] | entra.cross_tenant_sync.connection }}"
    users: [minsu.kim@contoso.kr, yuna.han@contoso.kr]
"""

RETURN = r"""
_raw:
  description: The users, in the order of the names. Their members are those of RV(entra.cross_tenant_sync.synced_user_info#module:synced_users).
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
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import unexpected
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.lookups import LookupFault, synced_users


class LookupModule(LookupBase):
    """The user in the target of a name in the source."""

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        """The users, in the order of the terms."""
        try:
            return synced_users(terms, kwargs)
        except LookupFault as fault:
            raise AnsibleLookupError(str(fault)) from None
        except Exception as error:
            # Ansible would show the text of the error, which may quote a secret.
            raise AnsibleLookupError(unexpected(error)["msg"]) from None
