#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_configuration
short_description: Manage a cross-tenant synchronization configuration
version_added: 0.1.0
description:
  - Manages the configuration of a link in its source tenant - the application, its connection to the target tenant and its provisioning job.
  - The module looks for the name among the configurations that serve the target tenant or no tenant yet. Upper and lower case of names do
    not matter, as in Entra. A configuration of another name that serves the target is refused, unless O(adopt) or O(others) allow it.
  - If two runs create the same configuration at the same moment, one configuration is left.
  - Settings that this module does not manage are kept.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  name:
    description:
      - The name of the configuration, or its object id. An id finds a configuration and never renames it.
      - A name that begins with C(MTO_Sync_) is refused without O(manage_multitenant).
    type: str
    required: true
  target_tenant_id:
    description:
      - The target tenant, by its tenant id or one of its domains.
    type: str
    required: true
  target_cloud:
    description:
      - The cloud of the target tenant, if it is not that of O(cloud).
      - A link across clouds is refused, since Microsoft does not document all interfaces that it needs.
    type: str
    choices: [global, usgov, usgov_dod, china]
  test_connection:
    description:
      - Whether the service tests the connection before the job is created or its connection changed.
      - The test fails until the trust settings of both tenants are right, see M(entra.cross_tenant_sync.cross_tenant_policy).
    type: bool
    default: true
  manage_multitenant:
    description:
      - Whether to manage a configuration that the Microsoft 365 admin center created for a multitenant organization, named C(MTO_Sync_...).
      - The admin center no longer recognizes such a configuration after it was edited.
    type: bool
    default: false
  state:
    description:
      - V(present) ensures that the configuration exists with its job.
      - V(absent) pauses and deletes the job and deletes the application. Synchronized users are left unchanged in the target tenant. A
        configuration of another name is removed only with O(adopt).
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.wait
  - entra.cross_tenant_sync.configuration.settings
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
  - module: entra.cross_tenant_sync.cross_tenant_policy
  - module: entra.cross_tenant_sync.sync_scope
  - module: entra.cross_tenant_sync.sync_mapping
  - module: entra.cross_tenant_sync.sync_job
"""

EXAMPLES = r"""
- name: Connect Contoso to Fabrikam
  entra.cross_tenant_sync.sync_configuration:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    name: Fabrikam
    target_tenant_id: fabrikam.kr
    notification_email: identity@contoso.kr
    deletion_threshold: 20

- name: Remove the configuration and leave the users in Fabrikam unchanged
  entra.cross_tenant_sync.sync_configuration:
    name: Fabrikam
    target_tenant_id: fabrikam.kr
    state: absent
"""

RETURN = r"""
configuration:
  description:
    - The configuration after the task; in check mode, as it would be. V(null) if it is absent.
    - Ids are V(null) until the service has assigned them.
  returned: success
  type: dict
  contains:
    name:
      description: The name.
      type: str
      sample: Fabrikam
    service_principal_id:
      description: The object id of the service principal.
      type: str
      sample: 3c2d9a1e-7f0b-4d6b-8f39-1c5a0a2f7b61
    app_id:
      description: The application (client) id.
      type: str
      sample: 9b0f7a52-2a0e-4cf5-9c86-53d9a8a2c1aa
    job_id:
      description: The id of the provisioning job.
      type: str
      sample: Azure2Azure.a0c898ca24454e74ab4bafd7916549a6.9b0f7a52-2a0e-4cf5-9c86-53d9a8a2c1aa
    target_tenant_id:
      description: The target tenant's id.
      type: str
      sample: afab079d-1f08-4de3-881e-435e497f923f
    scope_mode:
      description: Whether V(all) users or only V(assigned) ones are in scope.
      type: str
      sample: assigned
    deletion_threshold:
      description: The deletion guard. V(0) if it is off, V(null) if it is on with an unreadable number.
      type: int
      sample: 500
    notification_email:
      description: The address for notifications.
      type: str
      sample: identity@contoso.kr
still_served_by:
  description: The names of the other configurations that serve the target tenant and still need its trust.
  returned: with O(state=absent)
  type: list
  elements: str
  sample: []
actions:
  description: The changes in order; in check mode, the changes that a run would make.
  returned: success
  type: list
  elements: dict
  contains:
    verb:
      description: What is done.
      type: str
    object:
      description: The object of the change.
      type: str
    tenant:
      description: The tenant of the change, as given in O(tenant_id).
      type: str
    effects:
      description: The consequences of the change in the service.
      type: dict
      returned: when there are any
  sample:
    - verb: create
      object: configuration Fabrikam
      tenant: a0c898ca-2445-4e74-ab4b-afd7916549a6
waited_seconds:
  description: How many seconds the module waited for its changes to become visible.
  returned: success
  type: float
  sample: 1.4
error:
  description: The answer of the service that caused the failure.
  returned: failure
  type: dict
  sample:
    status: 403
    code: Authorization_RequestDenied
    request_id: 7e2b6f4c-4a8e-4b7b-9a43-0f6d0b1c2d3e
    client_request_id: 1d0b6c52-5f4e-4d0c-a3a7-0c9f3f1d2e4b
    method: POST
    path: /applicationTemplates/518e5f48-1fc8-4c48-9387-9fdf28b0dfe7/instantiate
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import SETTINGS, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import configuration

SUBJECT = configuration.RESOURCE
OPTIONS = Options(
    {
        "name": {"type": "str", "required": True},
        "target_tenant_id": {"type": "str", "required": True},
        "target_cloud": {"type": "str", "choices": list(CLOUDS)},
        "test_connection": {"type": "bool", "default": True},
        **SETTINGS,
        "manage_multitenant": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
