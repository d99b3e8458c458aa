#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_mapping
short_description: Manage the attribute mappings of a configuration
version_added: 0.1.0
description:
  - Manages which attributes of users reach the target tenant, and how, and whether groups are synchronized as well.
  - The mappings are read once and written at most once. Mappings that no option names are written back exactly as they were read.
  - After a change the service evaluates all users again, see O(restart_job).
  - A change of filters, of target actions, of the user type, or of another mapping that decides whether users are removed, converted, renamed
    or disabled, is judged before anything is written, in check mode too - users who would leave are counted and named, and the change is
    refused if they are more than the options allow, or if one of them is protected. Other changes cost no further request.
  - The matching attribute and the soft-deletion flag cannot be changed, because the service matches and removes users by them.
  - The mappings are read again right before they are written. If another client has changed other parts of them, its changes are kept and
    reported in a warning. If another client has changed the same part, or a complete list is written, nothing is written and the task
    fails.
  - In check mode, before the configuration has a job, names are checked against the documentation of Microsoft. Certain faults are refused - an
    undocumented function, a wrong number of arguments, an unknown operator, a misspelt documented name. Names that may exist in the tenant
    are reported in a warning as not checked. Once there is a job, its own schema decides.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  scope_mode:
    description:
      - The mode of the scope that a later task of the same run sets, so that O(groups) is judged by it.
      - If not set, and O(groups) is V(true), the present mode of the configuration is read.
    type: str
    choices: [assigned, all]
  exact:
    description:
      - Whether to remove every mapping of users that O(mappings) does not name.
      - Mappings that the service requires, and those of C(userPrincipalName) and C(accountEnabled), are kept.
    type: bool
    default: false
  reset:
    description:
      - Whether to start from the default mappings of the service instead of the present ones. This also removes filters.
      - The default mappings contain a mapping of groups, which jobs lack that are older than the synchronization of groups. Whether groups
        are synchronized does not change, unless O(groups) is set.
    type: bool
    default: false
  restore:
    description:
      - A schema that an earlier task returned as RV(backup), to be written back. It must be RV(backup) alone, not the whole result.
      - A backup that changes how users are matched, excluded or removed is refused. A backup of another job is accepted with a warning.
    type: dict
  try_on:
    description:
      - Users of the source tenant, by user principal name, mail or id, on whom the changed mappings are tried before they are written.
      - The service evaluates the expressions, for twenty users and expressions in a request. Before there is a job, they are evaluated as documented.
      - If no mapping changes, nobody is read.
    type: list
    elements: str
  max_removals:
    description:
      - How many users may leave the scope at once, because of filters or target actions. If more would leave, the change is refused and nothing is written.
      - Without it, any number may leave.
    type: int
  max_removal_percent:
    description:
      - Which part of the users in scope may leave at once, in percent from 0 to 100. If more would leave, the change is refused and nothing
        is written.
    type: int
extends_documentation_fragment:
  - entra.cross_tenant_sync.impact.judged
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.graph.wait
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.configuration.restart
  - entra.cross_tenant_sync.mapping
  - entra.cross_tenant_sync.mapping.groups
  - entra.cross_tenant_sync.impact
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
  - module: entra.cross_tenant_sync.impact_info
  - name: Reference for writing expressions
    description: The functions that expressions may use.
    link: https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data
"""

EXAMPLES = r"""
- name: Keep employee ids in the source tenant and show where users come from
  entra.cross_tenant_sync.sync_mapping:
    configuration: Fabrikam
    user_type: member
    show_in_address_list: true
    mappings:
      - target: employeeId
        state: absent
      - target: displayName
        expression: 'Append([displayName], " (Contoso)")'
    company_name: Contoso

- name: Synchronize only users of two departments, and keep those who leave them
  entra.cross_tenant_sync.sync_mapping:
    configuration: Fabrikam
    filters:
      - name: Sales
        clauses:
          - {attribute: department, operator: EQUALS, values: [Sales]}
      - name: Engineering
        clauses:
          - {attribute: department, operator: EQUALS, values: [Engineering]}
    target_actions: [create, update]

- name: Show what a suffix makes of two users, without changing anything
  entra.cross_tenant_sync.sync_mapping:
    configuration: Fabrikam
    display_name_suffix: " (Contoso)"
    try_on: [minsu.kim@contoso.kr, yuna.han@contoso.kr]
  check_mode: true
  register: mapping

- name: Synchronize the assigned groups as groups too, with a name that shows where they come from
  entra.cross_tenant_sync.sync_mapping:
    configuration: Fabrikam
    groups: true
    group_mappings:
      - target: displayName
        expression: 'Append([displayName], " (Contoso)")'

- name: Return to the default mappings of the service
  entra.cross_tenant_sync.sync_mapping:
    configuration: Fabrikam
    reset: true
"""

RETURN = r"""
mappings:
  description: All mappings of users, as they are after the task; in check mode, as they would be.
  returned: success
  type: list
  elements: dict
  sample:
    - target: displayName
      expression: 'Append([displayName], " (Contoso)")'
      apply: always
filters:
  description: The scoping filters, as they are after the task; in check mode, as they would be.
  returned: success
  type: list
  elements: dict
  sample: []
target_actions:
  description: What the service may do to users in the target tenant.
  returned: success
  type: list
  elements: str
  sample: [create, update, delete]
groups:
  description:
    - Whether assigned groups are synchronized as groups. V(null) if the job has no mapping of groups, so that only their members are
      synchronized.
  returned: success
  type: bool
  sample: true
group_mappings:
  description: All mappings of groups, in the form of RV(mappings), as they are after the task; in check mode, as they would be.
  returned: success
  type: list
  elements: dict
  sample:
    - target: displayName
      source: displayName
      apply: always
tried:
  description:
    - What the changed mappings make of the users of O(try_on). Not returned without this option.
    - The task returns a warning for each of RV(tried[].warnings).
  returned: success
  type: list
  elements: dict
  contains:
    user_principal_name:
      description: The user in the source tenant.
      type: str
      sample: minsu.kim@contoso.kr
    changes:
      description:
        - Each attribute whose value changes, with the value of the present mapping and that of the new one. V(unknown) is why the latter is not known.
      type: list
      elements: dict
      sample: [{attribute: displayName, before: Kim Minsu, after: Kim Minsu (Contoso), unknown: null}]
    warnings:
      description:
        - What is wrong with a value - it is empty, so it is not synchronized; it is longer than the target takes; it ends twice with the same suffix;
          it contains C(#EXT#); or it is not known.
      type: list
      elements: str
      sample: []
impact:
  description:
    - What the change does to users, as RV(entra.cross_tenant_sync.impact_info#module:impact). V(null) if it cannot remove, convert, rename or
      disable users, or with O(judged).
    - Also returned if the task fails because of a limit or a protected user.
  returned: success
  type: dict
  sample: null
restart_needed:
  description:
    - Whether the mappings of a job changed that was started before. The service may evaluate all users again without a restart; only a
      restart of the job guarantees it, see O(restart_job).
  returned: success
  type: bool
  sample: true
restart_owed:
  description:
    - Whether a restart of the job is recorded in the service that has not been made yet. M(entra.cross_tenant_sync.sync_job) makes it.
  returned: success
  type: bool
  sample: false
backup:
  description:
    - The complete schema as it was read before the change, in the form of Microsoft Graph, for O(restore). V(null) if nothing changed.
  returned: success
  type: dict
  sample:
    id: Azure2Azure.a0c898ca24454e74ab4bafd7916549a6.9b0f7a52-2a0e-4cf5-9c86-53d9a8a2c1aa
    version: v1.2
actions:
  description:
    - The changes in order; in check mode, the changes that a run would make. The keys are those of
      RV(entra.cross_tenant_sync.sync_configuration#module:actions).
  returned: success
  type: list
  elements: dict
  sample:
    - verb: update
      object: mappings of configuration Fabrikam (remove employeeId, change displayName)
      tenant: a0c898ca-2445-4e74-ab4b-afd7916549a6
      effects:
        triggers_full_cycle: true
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
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import (
    CONFIGURATION,
    GROUPS,
    JUDGED,
    LIMITS,
    MAPPING,
    MAPPING_RULES,
    OPTIONAL_TARGET,
    RESTART,
    Options,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences import foresight

SUBJECT = foresight.MAPPING
OPTIONS = Options(
    {
        **CONFIGURATION,
        **MAPPING,
        **GROUPS,
        "scope_mode": {"type": "str", "choices": ["assigned", "all"]},
        "exact": {"type": "bool", "default": False},
        "reset": {"type": "bool", "default": False},
        **LIMITS,
        "target": OPTIONAL_TARGET,
        **JUDGED,
        **RESTART,
        "restore": {"type": "dict"},
        "try_on": {"type": "list", "elements": "str"},
    },
    {"mutually_exclusive": [("reset", "restore")], **MAPPING_RULES},
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
