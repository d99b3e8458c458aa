#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sync_mapping
short_description: Manage the attribute mappings of a configuration
description:
  - Manages which attributes of a person reach the target tenant, and how.
  - The mappings are read once and written at most once. What is not named goes back exactly as it came.
  - The service evaluates everybody again after a change, see O(restart_job).
  - The matching attribute and the soft-deletion flag cannot be touched, because people are joined and removed by them.
  - The mappings are read again right before they are written. What somebody else changed elsewhere in them meanwhile is kept and
    reported as a warning. If somebody changed the same, or a complete list is written, nothing is written and the task fails.
  - In check mode, before the configuration has a job, names are judged by what Microsoft documents. What is certainly wrong is refused - a
    function that is not documented or has another number of arguments, an unknown operator, a documented name with a slip in it. What may
    exist in the tenant all the same is named in a warning as not checked. Once there is a job, it is asked itself.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  configuration:
    description:
      - The configuration, by name or by the object id of its service principal.
    type: str
    required: true
  mappings:
    description:
      - The mappings to manage. Others are left alone.
    type: list
    elements: dict
    suboptions:
      target:
        description:
          - The attribute in the target tenant. Its case matters.
          - C(userType) takes the constants V(Member) and V(Guest) only.
        type: str
        required: true
      source:
        description:
          - The attribute of the source tenant to take as it is.
        type: str
      constant:
        description:
          - A fixed value.
        type: str
      expression:
        description:
          - An expression in the service's own language, of at most 10,000 characters. It is checked by the service before anything is written.
          - The case of its functions matters.
        type: str
      default:
        description:
          - The value to use when the source has none. The service uses it only when it creates a person.
        type: str
      apply:
        description:
          - When to apply the mapping - in every cycle, or only when a person is created. Left alone if not set.
        type: str
        choices: [always, create_only]
      state:
        description:
          - Whether the target attribute is to be mapped.
        type: str
        choices: [present, absent]
        default: present
  user_type:
    description:
      - What the people are in the target tenant. A short form of a constant mapping of C(userType).
    type: str
    choices: [member, guest]
  convert_existing:
    description:
      - Whether O(user_type) is also applied to people who are in the target tenant already, instead of only when a person is created.
        Left alone if not set.
    type: bool
  show_in_address_list:
    description:
      - Whether the people are shown in the target's address lists. A short form of a constant mapping of C(showInAddressList).
    type: bool
  display_name_suffix:
    description:
      - What to append to everybody's display name, such as V( (Contoso\)). A short form of an expression mapping of C(displayName).
    type: str
  company_name:
    description:
      - The company name to give everybody. A short form of a constant mapping of C(companyName), which is not mapped by default.
    type: str
  filters:
    description:
      - The scoping filters. Whoever passes one of them is in scope. An empty list removes all filters.
      - Whoever is in scope already and passes none of them is soft-deleted in the target tenant.
      - The service's built-in filter, which keeps external people out, is never touched.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The filter's name.
        type: str
        required: true
      clauses:
        description:
          - What must hold, all of it.
        type: list
        elements: dict
        required: true
        suboptions:
          attribute:
            description:
              - The attribute of the source tenant.
            type: str
            required: true
          operator:
            description:
              - The service's operator, such as V(EQUALS), V(NOT EQUALS), V(REGEX MATCH), V(IS NULL) or V(IS NOT NULL). Its case matters.
              - Comparisons are case-sensitive, and every operator but V(IS NULL) fails for somebody without the attribute.
              - The pattern of V(REGEX MATCH) is a regular expression; V(*) alone is none.
            type: str
            required: true
          values:
            description:
              - What to compare with. An empty text is refused, because no comparison with it holds; use V(IS NULL) or V(IS NOT NULL).
            type: list
            elements: str
  target_actions:
    description:
      - What the service may do to people in the target tenant. At least one of them.
      - Without V(delete), people who leave the scope stay as they are.
    type: list
    elements: str
    choices: [create, update, delete]
  exact:
    description:
      - Whether to remove every mapping that is not named.
      - Those that the service requires, and C(userPrincipalName) and C(accountEnabled), are kept all the same.
    type: bool
    default: false
  reset:
    description:
      - Whether to start from the service's default mappings instead of the present ones. Also removes filters.
    type: bool
    default: false
  restart_job:
    description:
      - Whether to restart the job at once if the change needs it, so that the service evaluates everybody again.
      - The restart that is owed is recorded in the service before the change is written, as a tag of the configuration's service
        principal, and cleared afterwards. If the run ends in between, or the job is paused, any later run makes the restart.
      - With V(false) it is left to M(entra.cross_tenant_sync.sync_job), which then must follow. Until then a job that runs is paused, so that
        no cycle sees a link that is changed by half.
    type: bool
    default: true
  restore:
    description:
      - A schema that was returned as RV(backup) before, to be put back. Not the whole result of the task that returned it.
      - A backup that changes how people are joined, kept out or removed is refused. A backup of another job is taken, with a warning.
    type: dict
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.wait
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
  - name: Reference for writing expressions
    description: The functions that expressions may use.
    link: https://learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data
"""

EXAMPLES = r"""
- name: Keep employee ids at home and show where people come from
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

- name: Synchronize only people of two departments, and keep those who leave
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

- name: Go back to the service's default mappings
  entra.cross_tenant_sync.sync_mapping:
    configuration: Fabrikam
    reset: true
"""

RETURN = r"""
mappings:
  description: All mappings of people as they are now, or will be.
  returned: success
  type: list
  elements: dict
  sample:
    - target: displayName
      expression: 'Append([displayName], " (Contoso)")'
      apply: always
filters:
  description: The scoping filters as they are now, or will be.
  returned: success
  type: list
  elements: dict
  sample: []
target_actions:
  description: What the service may do to people in the target tenant.
  returned: success
  type: list
  elements: str
  sample: [create, update, delete]
restart_needed:
  description:
    - Whether the mappings changed of a job that was started before. The service may evaluate everybody again by itself; a restart of the
      job makes sure of it, see O(restart_job).
  returned: success
  type: bool
  sample: true
restart_owed:
  description:
    - Whether a restart of the job is recorded in the service that was not made yet. Then M(entra.cross_tenant_sync.sync_job) makes it.
  returned: success
  type: bool
  sample: false
backup:
  description:
    - The complete schema exactly as it was read before, in Microsoft Graph's own form, for O(restore). V(null) if nothing changed.
  returned: success
  type: dict
  sample:
    id: Azure2Azure.a0c898ca24454e74ab4bafd7916549a6.9b0f7a52-2a0e-4cf5-9c86-53d9a8a2c1aa
    version: v1.2
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
    - verb: update
      object: mappings of configuration Fabrikam (remove employeeId, change displayName)
      tenant: a0c898ca-2445-4e74-ab4b-afd7916549a6
      effects:
        triggers_full_cycle: true
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
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import FILTERS, MAPPINGS, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping

SUBJECT = mapping.RESOURCE
OPTIONS = Options(
    {
        "configuration": {"type": "str", "required": True},
        "mappings": MAPPINGS,
        "user_type": {"type": "str", "choices": ["member", "guest"]},
        "convert_existing": {"type": "bool"},
        "show_in_address_list": {"type": "bool"},
        "display_name_suffix": {"type": "str"},
        "company_name": {"type": "str"},
        "filters": FILTERS,
        "target_actions": {"type": "list", "elements": "str", "choices": ["create", "update", "delete"]},
        "exact": {"type": "bool", "default": False},
        "reset": {"type": "bool", "default": False},
        "restart_job": {"type": "bool", "default": True},
        "restore": {"type": "dict"},
    },
    {"mutually_exclusive": [("reset", "restore")], "required_by": {"convert_existing": "user_type"}},
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
