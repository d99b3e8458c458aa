# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: connection
short_description: Select the connection options of a tenant
version_added: 0.1.0
description:
  - Takes an entry of C(tenants) and returns its members that are connection options of the modules, by their names and aliases.
  - The roles of this collection use it, so that an entry can also contain C(notes) and the members that C(tenants_own_keys) lists.
    M(entra.cross_tenant_sync.link_arguments) rejects all other members, because each could be a misspelt option.
options:
  _input:
    description: An entry of C(tenants).
    type: dict
    required: true
seealso:
  - plugin: entra.cross_tenant_sync.cross_tenant_policy
    plugin_type: module
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Work in a tenant of the inventory
  hosts: links
  connection: local
  gather_facts: false
  module_defaults:
    group/entra.cross_tenant_sync.graph: "{{ tenants[link_source] | entra.cross_tenant_sync.connection }}"
  tasks:
    - name: Read the job
      entra.cross_tenant_sync.sync_job_info:
        configuration: "{{ link_configuration }}"
"""

RETURN = r"""
_value:
  description: The connection options, for C(module_defaults) or a task.
  type: dict
  sample:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from jinja2 import Undefined

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION

_NAMES = frozenset(name for option, about in CONNECTION.items() for name in (option, *about.get("aliases", ())))


def connection(tenant: Any) -> Any:
    """The connection options of an entry of ``tenants``.

    :raises AnsibleFilterError: for anything but an entry. The text does not contain the value, which may be a secret.
    """
    if isinstance(tenant, Undefined):
        # Ansible then reports which variable is undefined.
        return tenant
    if not isinstance(tenant, Mapping):
        raise AnsibleFilterError("connection takes an entry of tenants, which is a dictionary of connection options")
    # Each member can be a template, so only the members that are used are evaluated, and only once.
    given = ((name, tenant[name]) for name in tenant if name in _NAMES)
    return {name: value for name, value in given if value is not None}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {"connection": connection}
