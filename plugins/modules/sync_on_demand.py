#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_on_demand
short_description: Provision named people now
description:
  - Has the service provision people at once instead of in its next cycle, and tells what became of each.
  - The job need not be started. The service takes five people in ten seconds, and this module keeps to that.
  - A person whose counterpart in the target tenant is soft-deleted must not be provisioned this way, since that makes a second one.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  configuration:
    description:
      - The configuration, by name or by the object id of its service principal.
    type: str
    required: true
  users:
    description:
      - The people, by user principal name, mail address or object id.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.wait
  - entra.cross_tenant_sync.attributes
attributes:
  check_mode:
    support: full
    details:
      - Tells whom it would provision, not what the service would make of it.
  diff_mode:
    support: none
    details:
      - What the service changed is in RV(outcomes).
  idempotent:
    support: partial
    details:
      - People are provisioned every time it is asked for. The service skips those who are as they should be already.
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.provisioning_log_info
"""

EXAMPLES = r"""
- name: Try the link with two people before the job is started
  entra.cross_tenant_sync.sync_on_demand:
    configuration: Fabrikam
    users: [minsu.kim@contoso.kr, hyejin.lee@contoso.kr]
  register: trial

- name: Stop here if one of them failed
  ansible.builtin.assert:
    that: trial.failed_users | length == 0
"""

RETURN = r"""
outcomes:
  description: What became of each person.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The person.
      type: str
      sample: minsu.kim@contoso.kr
    status:
      description:
        - V(success), V(skipped), V(warning) or V(failure); V(planned) in check mode.
        - If the service reports several entries of a person, the worst decides, in the order V(failure), V(warning), V(skipped), V(success).
        - V(unknown) if the service reports none, or its report cannot be read. That is no failure of the person; the provisioning log
          reports what became of them.
      type: str
      sample: skipped
    action:
      description: What the service did.
      type: str
      sample: Create
    code:
      description: The service's code for a failure or skip.
      type: str
      sample: NotEffectivelyEntitled
    reason:
      description: The service's own explanation.
      type: str
      sample: The user is not assigned to the application.
    remedy:
      description: Cause and remedy in plain words, for a code that is known.
      type: str
      sample: the person is not assigned, directly or as a direct member of an assigned group
    step:
      description: The step that decided.
      type: str
      sample: EntrySynchronizationScoping
    changes:
      description: The attributes that were written.
      type: list
      elements: dict
      sample:
        - attribute: displayName
          before: null
          after: Kim Minsu (Contoso)
    target_id:
      description: The object id of the person in the target tenant.
      type: str
      sample: 5d6e7f80-91a2-43b4-85c6-d7e8f9a0b1c2
failed_users:
  description: The people who failed.
  returned: success
  type: list
  elements: str
  sample: []
unknown_users:
  description: The people of whom the service did not report what became of them.
  returned: success
  type: list
  elements: str
  sample: []
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
    effects:
      description: What else follows from it in the service.
      type: dict
      returned: when there are any
  sample:
    - verb: provision
      object: user minsu.kim@contoso.kr in configuration Fabrikam
      tenant: a0c898ca-2445-4e74-ab4b-afd7916549a6
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
    status: 401
    code: UnknownError
    request_id: 7e2b6f4c-4a8e-4b7b-9a43-0f6d0b1c2d3e
    client_request_id: 1d0b6c52-5f4e-4d0c-a3a7-0c9f3f1d2e4b
    method: GET
    path: /servicePrincipals/3c2d9a1e-7f0b-4d6b-8f39-1c5a0a2f7b61/synchronization/jobs
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import on_demand

SUBJECT = on_demand.OPERATION
OPTIONS = Options(
    {
        "configuration": {"type": "str", "required": True},
        "users": {"type": "list", "elements": "str", "required": True},
    },
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
