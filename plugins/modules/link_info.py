#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: link_info
short_description: Compare a link with what it shall be, in both tenants
description:
  - Compares everything that the roles C(target_tenant) and C(source_tenant) see to with what it shall be, in one task. Changes nothing.
  - Decides as the modules of those resources do in check mode, so if RV(in_sync) is true, none of them would change anything.
  - Also tells how the job is and who has arrived, as the role C(verify) does.
  - The playbook C(sync) begins with it, and is done with a link that is in sync.
  - Fails as those modules would, for example if somebody who shall be in scope does not exist.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  configuration:
    description:
      - The configuration's name or object id.
    type: str
    required: true
  adopt:
    description:
      - As O(entra.cross_tenant_sync.sync_configuration#module:adopt).
    type: bool
    default: false
  others:
    description:
      - As O(entra.cross_tenant_sync.sync_configuration#module:others).
    type: list
    elements: str
  notification_email:
    description:
      - As O(entra.cross_tenant_sync.sync_configuration#module:notification_email).
    type: str
  deletion_threshold:
    description:
      - As O(entra.cross_tenant_sync.sync_configuration#module:deletion_threshold).
    type: int
  scope_mode:
    description:
      - As O(entra.cross_tenant_sync.sync_scope#module:mode).
    type: str
    choices: [assigned, all]
  scope_users:
    description:
      - As O(entra.cross_tenant_sync.sync_scope#module:users).
    type: list
    elements: str
  scope_groups:
    description:
      - As O(entra.cross_tenant_sync.sync_scope#module:groups).
    type: list
    elements: str
  scope_exact:
    description:
      - As O(entra.cross_tenant_sync.sync_scope#module:exact).
    type: bool
    default: false
  scope_allow_empty:
    description:
      - As O(entra.cross_tenant_sync.sync_scope#module:allow_empty).
    type: bool
    default: false
  scope_max_removals:
    description:
      - As O(entra.cross_tenant_sync.sync_scope#module:max_removals).
    type: int
  scope_max_removal_percent:
    description:
      - As O(entra.cross_tenant_sync.sync_scope#module:max_removal_percent).
    type: int
  mappings:
    description:
      - As O(entra.cross_tenant_sync.sync_mapping#module:mappings).
    type: list
    elements: dict
    suboptions:
      target:
        description:
          - The attribute in the target tenant.
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
          - An expression in the service's own language. It is checked by the service before anything is written.
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
      - As O(entra.cross_tenant_sync.sync_mapping#module:user_type).
    type: str
    choices: [member, guest]
  convert_existing:
    description:
      - As O(entra.cross_tenant_sync.sync_mapping#module:convert_existing).
    type: bool
  show_in_address_list:
    description:
      - As O(entra.cross_tenant_sync.sync_mapping#module:show_in_address_list).
    type: bool
  display_name_suffix:
    description:
      - As O(entra.cross_tenant_sync.sync_mapping#module:display_name_suffix).
    type: str
  company_name:
    description:
      - As O(entra.cross_tenant_sync.sync_mapping#module:company_name).
    type: str
  filters:
    description:
      - As O(entra.cross_tenant_sync.sync_mapping#module:filters).
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
            type: str
            required: true
          values:
            description:
              - What to compare with.
            type: list
            elements: str
  target_actions:
    description:
      - As O(entra.cross_tenant_sync.sync_mapping#module:target_actions).
    type: list
    elements: str
    choices: [create, update, delete]
  job_state:
    description:
      - Whether the job shall run.
    type: str
    choices: [started, paused]
    default: started
  job_wait:
    description:
      - What the job shall have reached, as O(entra.cross_tenant_sync.sync_job#module:wait). Nothing is waited for.
    type: str
    choices: [first_cycle, steady, idle]
  verify_users:
    description:
      - Users of the source tenant, by user principal name, that must be in the target's address book.
    type: list
    elements: str
  source_domains:
    description:
      - The domains of the source tenant's user principal names. If not set, these are its verified domains and those of the users in scope.
        Where the source does not let its verified domains be read, the default domain is looked up, which needs the permission
        C(CrossTenantInformation.ReadBasic.All) in the target tenant.
    type: list
    elements: str
  compare:
    description:
      - Whether to compare the link with what it must be. With V(false) only the job and the users that arrived are looked at, RV(in_sync) is
        V(null), and options that say how the link must be are not used.
    type: bool
    default: true
  stop_at_difference:
    description:
      - Whether the first resource that differs is enough. Then RV(differences) has one member, and the job and the people are not read.
      - Every resource is judged all the same, so that what one of them refuses is known before another is written.
      - It is meant for a comparison before the tasks that build the link. What may not be read, or credentials that cannot be used, are then
        no failure, since those tasks say better what is missing - see RV(not_compared).
    type: bool
    default: false
  share_reads:
    description:
      - Whether the tasks of this run may share what they read in the two tenants, for at most 60 seconds and until one of them writes there.
      - With V(true), a comparison reads everything itself, and the tasks of this collection that follow in the same run rest on that as long
        as they find nothing to do. What one of them is going to change it reads again. With O(compare=false), this task itself rests on
        what they have read, but for the users that arrived. So do not repeat it with C(until).
      - It works for tasks on the controller, and for tenants that are named by their ids.
    type: bool
    default: false
  fail_on_problems:
    description:
      - Whether the task fails if there are RV(problems). Never in check mode, where nothing was built yet.
    type: bool
    default: false
  state:
    description:
      - Whether the link is to exist. With V(absent), nothing is compared, and RV(left) says what is left of it.
    type: str
    choices: [present, absent]
    default: present
  source_name:
    description:
      - What to call the source tenant in RV(left). Its id if not set.
    type: str
  target_name:
    description:
      - What to call the target tenant in RV(left). Its id if not set.
    type: str
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
notes:
  - Unlike the others, this module works in two tenants.
seealso:
  - module: entra.cross_tenant_sync.preflight_info
  - module: entra.cross_tenant_sync.sync_job_info
  - module: entra.cross_tenant_sync.synced_user_info
"""

EXAMPLES = r"""
- name: Find out which links have drifted
  hosts: links
  connection: local
  gather_facts: false
  module_defaults:
    group/entra.cross_tenant_sync.graph: "{{ tenants[link_source] | entra.cross_tenant_sync.connection }}"
  tasks:
    - name: Compare the link with what it shall be
      entra.cross_tenant_sync.link_info:
        target: "{{ tenants[link_target] | entra.cross_tenant_sync.connection }}"
        configuration: "{{ link_configuration }}"
        scope_groups: [Sales]
        scope_exact: true
        user_type: member
      register: link

    - name: Say what differs
      ansible.builtin.debug:
        msg: "{{ link.differences | map(attribute='actions') | flatten }}"
      when: not link.in_sync
"""

RETURN = r"""
in_sync:
  description:
    - Whether nothing differs, the job is not in quarantine, and everybody in O(verify_users) has arrived.
    - A link whose job shall run and owes a restart differs, because everybody must be evaluated again.
    - V(null) if nothing was compared.
  returned: success
  type: bool
  sample: false
not_compared:
  description: Why the link was not compared, where O(stop_at_difference) lets tasks follow that say what is missing. V(null) otherwise.
  returned: success
  type: str
  sample: null
tasks:
  description: V(in_sync) if there is nothing to do, which is the file of tasks with which the playbook C(sync) says so. V(null) otherwise.
  returned: success
  type: str
  sample: null
left:
  description:
    - What is left of a link with O(state=absent), one sentence for each of configurations, the two partner entries and users.
      V(null) with O(state=present).
  returned: success
  type: list
  elements: str
  sample: null
differences:
  description: What differs, in the order of the source tenant's resources and then those of the target.
  returned: success
  type: list
  elements: dict
  contains:
    module:
      description: The module that would change it.
      type: str
      sample: sync_scope
    tenant:
      description: The tenant it is in, as O(tenant_id) or O(target.tenant_id) named it.
      type: str
      sample: a0c898ca-2445-4e74-ab4b-afd7916549a6
    actions:
      description: What that module would do. Empty if only O(job_wait) is not reached.
      type: list
      elements: dict
      sample:
        - verb: assign
          object: user minsu.kim@contoso.kr to configuration Fabrikam
          tenant: a0c898ca-2445-4e74-ab4b-afd7916549a6
    before:
      description: What is managed, as it is.
      type: dict
      sample: {mode: assigned, users: [], groups: []}
    after:
      description: What is managed, as it shall be.
      type: dict
      sample: {mode: assigned, users: [minsu.kim@contoso.kr], groups: []}
job:
  description: The job as it is. V(null) if it is absent, or if the comparison stopped before it.
  returned: success
  type: dict
  contains:
    id:
      description: The job's id.
      type: str
      sample: Azure2Azure.a0c898ca24454e74ab4bafd7916549a6.9b0f7a52-2a0e-4cf5-9c86-53d9a8a2c1aa
    configuration:
      description: The configuration's name.
      type: str
      sample: Fabrikam
    service_principal_id:
      description: The object id of the configuration's service principal.
      type: str
      sample: 3c2d9a1e-7f0b-4d6b-8f39-1c5a0a2f7b61
    state:
      description: V(started) or V(paused).
      type: str
      sample: started
    status:
      description: The service's own word for it.
      type: str
      sample: Active
    interval:
      description: The time from the start of one cycle to the next, as an ISO 8601 duration.
      type: str
      sample: PT40M
    last_cycle:
      description: The last cycle that ended. V(null) if there was none.
      type: dict
      sample:
        began: "2026-11-23T02:00:00Z"
        ended: "2026-11-23T02:01:10Z"
        state: Succeeded
        entitled: 12
        exported: 12
        held_for_retry: 0
    last_successful_cycle:
      description: The last cycle that succeeded. V(null) if there was none.
      type: dict
    steady_since:
      description: When the job first finished an initial cycle.
      type: str
      sample: "2026-11-23T02:01:10Z"
    quarantine:
      description: Why and since when the job is in quarantine. V(null) if it is not.
      type: dict
      sample: null
    progress:
      description: How far the running cycle is, one entry a kind of object. Empty while none runs.
      type: list
      elements: dict
      contains:
        done:
          description: How many objects the service is done with.
          type: int
        total:
          description: How many objects there are, as far as the service knows.
          type: int
      sample:
        - done: 3
          total: 12
    synchronized:
      description: How many objects are synchronized, by type.
      type: dict
      sample:
        User: 12
problems:
  description: What is wrong beside the configuration - a job in another state than O(job_state) or in quarantine, or somebody in O(verify_users)
    who has not arrived. One sentence each.
  returned: success
  type: list
  elements: str
  sample: []
summary:
  description: How the link is, in one line - whether it is in sync or what differs, the verdict on the job and since when it holds, and who arrived.
  returned: success
  type: str
  sample: in sync; job healthy since 2026-11-23T02:01:10Z, last cycle ended 2026-11-25T02:01:10Z; 12 synced users
synced_users:
  description: How many people of the source are in the target. V(null) if the comparison stopped before them.
  returned: success
  type: int
  sample: 12
missing_users:
  description:
    - Who of O(verify_users) has not arrived, is disabled, or is hidden from the address list as Entra knows it. V(null) if the comparison
      stopped before them.
  returned: success
  type: list
  elements: str
  sample: []
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
    path: /servicePrincipals/3c2d9a1e-7f0b-4d6b-8f39-1c5a0a2f7b61/synchronization/secrets
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import FILTERS, MAPPINGS, TARGET, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import link_comparison

SUBJECT = link_comparison.INQUIRY
OPTIONS = Options(
    {
        "target": TARGET,
        "configuration": {"type": "str", "required": True},
        "adopt": {"type": "bool", "default": False},
        "others": {"type": "list", "elements": "str"},
        "notification_email": {"type": "str"},
        "deletion_threshold": {"type": "int"},
        "scope_mode": {"type": "str", "choices": ["assigned", "all"]},
        "scope_users": {"type": "list", "elements": "str"},
        "scope_groups": {"type": "list", "elements": "str"},
        "scope_exact": {"type": "bool", "default": False},
        "scope_allow_empty": {"type": "bool", "default": False},
        "scope_max_removals": {"type": "int"},
        "scope_max_removal_percent": {"type": "int"},
        "mappings": MAPPINGS,
        "user_type": {"type": "str", "choices": ["member", "guest"]},
        "convert_existing": {"type": "bool"},
        "show_in_address_list": {"type": "bool"},
        "display_name_suffix": {"type": "str"},
        "company_name": {"type": "str"},
        "filters": FILTERS,
        "target_actions": {"type": "list", "elements": "str", "choices": ["create", "update", "delete"]},
        "job_state": {"type": "str", "choices": ["started", "paused"], "default": "started"},
        "job_wait": {"type": "str", "choices": ["first_cycle", "steady", "idle"]},
        "verify_users": {"type": "list", "elements": "str"},
        "source_domains": {"type": "list", "elements": "str"},
        "compare": {"type": "bool", "default": True},
        "stop_at_difference": {"type": "bool", "default": False},
        "share_reads": {"type": "bool", "default": False},
        "fail_on_problems": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "source_name": {"type": "str"},
        "target_name": {"type": "str"},
    },
    {"required_by": {"convert_existing": "user_type"}},
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
