#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: topology_export
short_description: Describe the links that exist in given tenants in a file for the inventory plugin topology
description:
  - Reads the configurations, partners and jobs of tenants, and writes a file for the inventory plugin P(entra.cross_tenant_sync.topology#inventory)
    that describes the links as they are, so that the playbook C(sync) with this file has nothing to change. Nothing is changed in a tenant.
  - Each link is compared with what the file says of it, by the same rules as in the playbook C(sync). A link that a run would change, and one
    whose target is not among the tenants, is commented out, with the reason. What variables cannot describe, and a run leaves as it is, is a
    comment at the link.
  - The file contains no credential. Placeholders show where they belong.
  - Comments list partners without a link, configurations that belong to a multitenant organization or serve no tenant, and tenants that the
    service has discovered as related.
  - The same state gives the same file.
  - It is an action that runs in the controller, where the variable C(tenants) is.
version_added: 0.1.0
options:
  path:
    description:
      - The file to write, on the controller. Its name must end in V(topology.yml) or V(topology.yaml). Only its owner can read it.
      - A file that exists is kept, and the task fails before the first request, unless O(force=true).
    type: path
    required: true
  tenants:
    description:
      - Which tenants of the variable C(tenants) to read, by their short names. By default all of them.
    type: list
    elements: str
  force:
    description:
      - Whether a file that exists is replaced.
    type: bool
    default: false
  partial:
    description:
      - Whether the task succeeds although something could not be read. A new file is written in any case, and says what is missing in it. A
        file that exists is only replaced by an incomplete one with V(true).
    type: bool
    default: false
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode no file is written, and the result has its content.
  diff_mode:
    support: none
    details:
      - A file that is replaced may contain credentials by now.
  idempotent:
    support: full
seealso:
  - name: Adopt what exists
    description: The guide to this module and the playbook C(export).
    link: https://github.com/entra-cross-tenant-sync/entra.cross_tenant_sync/blob/main/docs/guide_adopt.md
  - plugin: entra.cross_tenant_sync.topology
    plugin_type: inventory
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Describe the links of two tenants
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    tenants:
      contoso:
        tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
        client_id: 11111111-1111-4111-8111-111111111111
        client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
      fabrikam:
        tenant_id: afab079d-1f08-4de3-881e-435e497f923f
        client_id: 22222222-2222-4222-8222-222222222222
        client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
  tasks:
    - name: Read them, and write the file
      entra.cross_tenant_sync.topology_export:
        path: found.topology.yml
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: /home/admin/found.topology.yml
links:
  description: The links that the file describes, by the names of their inventory hosts.
  returned: success
  type: list
  elements: str
  sample: [contoso_to_fabrikam]
commented:
  description: The links that are commented out, each with C(link) and C(reason).
  returned: success
  type: list
  elements: dict
  sample:
    - link: contoso_to_northwind
      reason: there is no connection to its target; add northwind to tenants, and export again
notes:
  description: What variables do not describe, and a run leaves as it is, by C(link), as C(notes).
  returned: success
  type: list
  elements: dict
  sample:
    - link: contoso_to_fabrikam
      notes: ["the mapping of employeeId is applied as ValueAddOnly, which cannot be written; it stays as it is"]
partners_without_link:
  description: Partners that no link belongs to, one sentence each. Those that may synchronize users into a tenant come first.
  returned: success
  type: list
  elements: str
  sample:
    - "fabrikam: tenant 99999999-9999-4999-8999-999999999999 (Northwind, northwind.com): may synchronize users into this tenant"
related_tenants:
  description: Tenants that the service has discovered as related, and that are neither given nor a partner, one sentence each.
  returned: success
  type: list
  elements: str
  sample: ["contoso: tenant 88888888-8888-4888-8888-888888888888: 14 guests from it"]
unread:
  description: What could not be read, one sentence each.
  returned: success
  type: list
  elements: str
  sample: []
summary:
  description: The result in one line.
  returned: success
  type: str
  sample: 2 tenants - 1 link, 1 commented out
content:
  description: The content of the file.
  returned: in check mode
  type: str
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "tenants": {"type": "list", "elements": "str"},
    "force": {"type": "bool", "default": False},
    "partial": {"type": "bool", "default": False},
}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("topology_export", ARGUMENTS)


if __name__ == "__main__":
    main()
