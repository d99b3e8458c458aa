# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: tenant_id
short_description: Look up the tenant that owns a domain
version_added: 0.1.0
description:
  - Returns the tenant ids of domains, from the public OpenID document that Microsoft's sign-in service has for each domain. It needs no
    credential and no permission.
  - A domain is looked up once in a run. A tenant id is returned as it is, in lower case.
  - A domain that belongs to no tenant of the cloud fails the task.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  _terms:
    description: The domains, such as V(contoso.kr).
    type: list
    elements: str
    required: true
  cloud:
    description: See O(entra.cross_tenant_sync.tenant_info#module:cloud).
    type: str
    choices: [global, usgov, usgov_dod, china]
    default: global
  login_endpoint:
    description: See O(entra.cross_tenant_sync.tenant_info#module:login_endpoint).
    type: str
  ca_path:
    description: See O(entra.cross_tenant_sync.tenant_info#module:ca_path).
    type: path
  validate_certs:
    description: See O(entra.cross_tenant_sync.tenant_info#module:validate_certs).
    type: bool
    default: true
  proxy:
    description: See O(entra.cross_tenant_sync.tenant_info#module:proxy).
    type: str
  connect_timeout:
    description: See O(entra.cross_tenant_sync.tenant_info#module:connect_timeout).
    type: int
    default: 10
  timeout:
    description: See O(entra.cross_tenant_sync.tenant_info#module:timeout).
    type: int
    default: 30
notes:
  - It runs in the controller, which needs the Python packages of this collection.
  - In the variable C(tenants), Ansible evaluates it whenever a task needs the tenant. For a job of many hours, write the id itself.
seealso:
  - plugin: entra.cross_tenant_sync.tenant_info
    plugin_type: module
"""

EXAMPLES = r"""
- name: Show the tenant of a domain
  ansible.builtin.debug:
    msg: "{{ lookup('entra.cross_tenant_sync.tenant_id', 'contoso.kr') }}"

- name: Allow the tenant of a domain to synchronize users
  entra.cross_tenant_sync.cross_tenant_policy:
    partner_tenant_id: "{{ lookup('entra.cross_tenant_sync.tenant_id', 'contoso.kr') }}"
    user_sync_inbound: true
"""

RETURN = r"""
_raw:
  description: The ids of the tenants, in the order of the domains.
  type: list
  elements: str
  sample: [a0c898ca-2445-4e74-ab4b-afd7916549a6]
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import unexpected
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.lookups import LookupFault, tenant_ids
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import run_folder


class LookupModule(LookupBase):
    """The tenant of a domain."""

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """The ids, in the order of the terms."""
        try:
            return tenant_ids(terms, kwargs, RunCache(run_folder()))
        except LookupFault as fault:
            raise AnsibleLookupError(str(fault)) from None
        except Exception as error:
            # Ansible would show the text of the error, which may quote a secret.
            raise AnsibleLookupError(unexpected(error)["msg"]) from None
