#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_on_demand
short_description: Provision named users now
version_added: 0.1.0
description:
  - Makes the service provision users at once instead of in its next cycle, and returns the outcome for each user.
  - The job does not have to be started. The service accepts five users in ten seconds, and this module keeps to that limit.
  - Do not provision a user this way whose counterpart in the target tenant is soft-deleted, because the service creates a second one.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  users:
    description:
      - The users, by user principal name, mail address or object id.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.wait
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.attributes
attributes:
  check_mode:
    support: full
    details:
      - Returns which users it would provision, not what the service would do with them.
  diff_mode:
    support: none
    details:
      - RV(outcomes) has the changes that the service made.
  idempotent:
    support: partial
    details:
      - Every run provisions the users. The service skips users who need no change.
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.provisioning_log_info
"""

EXAMPLES = r"""
- name: Try the link with two users before the job is started
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
  description: The outcome for each user.
  returned: success
  type: list
  elements: dict
  contains:
    user:
      description: The user.
      type: str
      sample: minsu.kim@contoso.kr
    status:
      description:
        - V(success), V(skipped), V(warning) or V(failure); V(planned) in check mode.
        - If the service reports several entries for a user, the worst one counts, in the order V(failure), V(warning), V(skipped), V(success).
        - V(unknown) if the service reports no entry, or an unreadable one. This does not mean that the user failed; the provisioning log
          has the outcome.
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
      description: The explanation of the service.
      type: str
      sample: The user is not assigned to the application.
    remedy:
      description: The cause and the remedy of a known code.
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
      description: The object id of the user in the target tenant.
      type: str
      sample: 5d6e7f80-91a2-43b4-85c6-d7e8f9a0b1c2
failed_users:
  description: The users whose provisioning failed.
  returned: success
  type: list
  elements: str
  sample: []
unknown_users:
  description: The users for whom the service reported no outcome.
  returned: success
  type: list
  elements: str
  sample: []
actions:
  description:
    - The changes in order; in check mode, the changes that a run would make. The keys are those of
      RV(entra.cross_tenant_sync.sync_configuration#module:actions).
  returned: success
  type: list
  elements: dict
  sample:
    - verb: provision
      object: user minsu.kim@contoso.kr in configuration Fabrikam
      tenant: a0c898ca-2445-4e74-ab4b-afd7916549a6
waited_seconds:
  description: How many seconds the module waited for its changes to become visible.
  returned: success
  type: float
  sample: 1.4
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONFIGURATION, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import on_demand

SUBJECT = on_demand.OPERATION
OPTIONS = Options({**CONFIGURATION, "users": {"type": "list", "elements": "str", "required": True}})


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
