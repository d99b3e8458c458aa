#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_info
short_description: Read who signs in, which tenant it is, and which tenant a domain belongs to
version_added: 0.1.0
description:
  - Returns which application signs in and its permissions, according to the access token. The token itself is never shown.
  - Returns the tenant's id, names and domains, as far as the application may read them.
  - Resolves domains and ids of other tenants.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  resolve:
    description:
      - Domains or ids of other tenants to look up. One that does not exist in this O(cloud) is a failure.
      - Microsoft Graph is asked first, which needs the permission C(CrossTenantInformation.ReadBasic.All).
        Without it, the sign-in service's public OpenID document has the id, but no names.
    type: list
    elements: str
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
notes:
  - The domains of RV(tenant) need C(Organization.Read.All), C(Application.Read.All), C(Application.ReadWrite.All) or C(Directory.Read.All).
    Without any of them C(domains) is null, and the names need C(CrossTenantInformation.ReadBasic.All).
"""

EXAMPLES = r"""
- name: Read which application signs in, and which tenant owns fabrikam.kr
  entra.cross_tenant_sync.tenant_info:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    resolve: [fabrikam.kr]
  register: contoso

- name: Stop unless the application may do everything
  ansible.builtin.assert:
    that: "'Synchronization.ReadWrite.All' in contoso.application.permissions"
"""

RETURN = r"""
application:
  description:
    - Who signed in. C(permissions) are the application permissions in the token, or the scopes of a signed-in person, in which
      case C(delegated) is true and that person's roles count as well.
  returned: success
  type: dict
  sample:
    id: 11111111-1111-4111-8111-111111111111
    name: Ansible cross-tenant sync
    object_id: 3f2504e0-4f89-41d3-9a0c-0305e82c3301
    permissions: [Application.ReadWrite.All, Synchronization.ReadWrite.All]
    delegated: false
    token_expires: "2026-11-24T10:00:00Z"
tenant:
  description: The tenant that was signed in to. What may not be read is null.
  returned: success
  type: dict
  sample:
    id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    name: Contoso
    default_domain: contoso.kr
    initial_domain: contoso.onmicrosoft.com
    domains: [contoso.kr, contoso.onmicrosoft.com]
    cloud: global
tenants:
  description: The tenants of O(resolve), in its order. C(source) is C(graph) or, where the C(openid) document was read instead, C(openid).
  returned: success
  type: list
  elements: dict
  sample:
    - query: fabrikam.kr
      id: afab079d-1f08-4de3-881e-435e497f923f
      name: Fabrikam
      default_domain: fabrikam.kr
      source: graph
error:
  description: What the service answered, for a failure that it caused.
  returned: failure
  type: dict
  sample:
    status: 503
    code: UnknownError
    request_id: 7e2b6f4c-4a8e-4b7b-9a43-0f6d0b1c2d3e
    method: GET
    path: /organization
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import tenant

SUBJECT = tenant.INQUIRY
OPTIONS = Options({"resolve": {"type": "list", "elements": "str"}}, writes=False)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
