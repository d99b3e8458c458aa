#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: link_info
short_description: Compare a link with its desired state, in both tenants
version_added: 0.1.0
description:
  - Compares everything that the roles C(target_tenant) and C(source_tenant) manage with its desired state, in one task. Changes nothing.
  - Decides as the modules of those resources do in check mode. If RV(in_sync) is true, none of them would change anything.
  - Also returns the state of the job and which users have arrived, as the role C(verify) reports them. How many users the target tenant has
    makes no difference - a thousand external users are one request, more are counted by the service, and the users of O(verify_users) are
    read by name.
  - The playbook C(sync) begins with it, and ends there for a link that is in sync.
  - Fails as those modules would, for example if a user who must be in scope does not exist. Limits for leaving users are not checked with
    O(stop_at_difference), because M(entra.cross_tenant_sync.impact_info) follows, which knows the filters.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  scope_max_removals:
    description:
      - See O(entra.cross_tenant_sync.sync_scope#module:max_removals).
    type: int
  scope_max_removal_percent:
    description:
      - See O(entra.cross_tenant_sync.sync_scope#module:max_removal_percent).
    type: int
  job_state:
    description:
      - Whether the job must run. See O(entra.cross_tenant_sync.sync_job#module:state).
    type: str
    choices: [started, paused]
    default: started
  job_wait:
    description:
      - What the job must have reached. See O(entra.cross_tenant_sync.sync_job#module:wait). This module does not wait for it.
    type: str
    choices: [first_cycle, steady, idle]
  share_keep:
    description:
      - Features that the removal of the link leaves, because another link still wants them, by the side whose tenant shares them.
    type: dict
    suboptions:
      source:
        description: The features that the source tenant still shares.
        type: list
        elements: str
        choices: &features [free_busy, mail_tips, calendar_sharing, profile_card, room_booking, desk_booking]
      target:
        description: The features that the target tenant still shares.
        type: list
        elements: str
        choices: *features
  verify_users:
    description:
      - Users of the source tenant, by user principal name, who must be in the address book of the target tenant.
    type: list
    elements: str
  source_domains:
    description:
      - The domains of the user principal names in the source tenant.
      - If not set, these are the verified domains of the source tenant and those of the users in scope. If the verified domains cannot be
        read, the default domain is looked up in the target tenant, which needs C(CrossTenantInformation.ReadBasic.All) there.
    type: list
    elements: str
  compare:
    description:
      - Whether to compare the link with its desired state. With V(false) only the job and the arrived users are read, RV(in_sync) is
        V(null), and the options that describe the desired state are ignored.
    type: bool
    default: true
  stop_at_difference:
    description:
      - Whether to stop at the first resource that differs. Then RV(differences) has one member, and RV(job) and the users are not returned.
      - Every resource is still checked, so that a refusal is reported before another resource is written.
      - It is intended for a comparison before the tasks that build the link. If something may not be read, or credentials cannot be used,
        this task then does not fail, because those tasks report better what is missing - see RV(not_compared).
    type: bool
    default: false
  share_reads:
    description:
      - Whether the tasks of this run may share what they read in the two tenants, for at most 60 seconds and until one of them writes there.
      - With V(true), a comparison reads everything, and the tasks of this collection that follow in the same run use these reads while
        they find nothing to do. Before a task changes something, it reads it again. With O(compare=false), this task uses what the earlier
        tasks have read, except for the synced users. Do not repeat it with C(until).
      - Requires tasks on the controller, and tenants that are named by their ids.
    type: bool
    default: false
  fail_on_problems:
    description:
      - Whether the task fails if there are RV(problems). It never fails for them in check mode, in which nothing was built.
    type: bool
    default: false
  state:
    description:
      - Whether the link should exist. With V(absent), nothing is compared, and RV(left) lists what is left of the link.
    type: str
    choices: [present, absent]
    default: present
  source_name:
    description:
      - The name of the source tenant in RV(left). Its id if not set.
    type: str
  target_name:
    description:
      - The name of the target tenant in RV(left). Its id if not set.
    type: str
extends_documentation_fragment:
  - entra.cross_tenant_sync.share
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.configuration.settings
  - entra.cross_tenant_sync.scope
  - entra.cross_tenant_sync.scope.allow_empty
  - entra.cross_tenant_sync.mapping
  - entra.cross_tenant_sync.mapping.groups
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
notes:
  - This module reads two tenants.
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
    - name: Compare the link with its desired state
      entra.cross_tenant_sync.link_info:
        target: "{{ tenants[link_target] | entra.cross_tenant_sync.connection }}"
        configuration: "{{ link_configuration }}"
        scope_groups: [Sales]
        scope_exact: true
        user_type: member
      register: link

    - name: Show the differences
      ansible.builtin.debug:
        msg: "{{ link.differences | map(attribute='actions') | flatten }}"
      when: not link.in_sync
"""

RETURN = r"""
in_sync:
  description:
    - Whether nothing differs, the job is not in quarantine, and all of O(verify_users) have arrived.
    - A link whose job must run and has a pending restart differs, because the service must evaluate all users again.
    - V(null) if nothing was compared.
  returned: success
  type: bool
  sample: false
not_compared:
  description: Why the link was not compared, if O(stop_at_difference) leaves the failure to the tasks that follow. V(null) otherwise.
  returned: success
  type: str
  sample: null
tasks:
  description:
    - The file of tasks with which the playbook C(sync) continues - V(in_sync) if there is nothing to do, V(harmless) if no difference can
      remove, convert, rename or disable users who are in scope. V(null) otherwise; M(entra.cross_tenant_sync.impact_info) then judges what
      the change does to users before anything is written.
  returned: success
  type: str
  sample: null
left:
  description:
    - What is left of a link with O(state=absent), one sentence each for configurations, the two partner entries and users,
      and for what each tenant still shares of what O(share) names.
      V(null) with O(state=present).
  returned: success
  type: list
  elements: str
  sample: null
remains:
  description:
    - What would still work of a link with O(state=absent). V(null) with O(state=present).
  returned: success
  type: dict
  contains:
    configurations:
      description: The configurations of the source that serve the target, each with C(name) and C(id).
      type: list
      elements: dict
      sample: [{name: Fabrikam, id: 3b7a3a36-0000-4000-8000-000000000001}]
    user_sync_inbound:
      description: The id of the source tenant if the target lets it synchronize users, otherwise V(null).
      type: str
      sample: null
differences:
  description: The differences, first those in the source tenant, then those in the target tenant.
  returned: success
  type: list
  elements: dict
  contains:
    module:
      description: The module that would make the change.
      type: str
      sample: sync_scope
    tenant:
      description: The tenant of the resource, as given in O(tenant_id) or O(target.tenant_id).
      type: str
      sample: a0c898ca-2445-4e74-ab4b-afd7916549a6
    actions:
      description: The changes that the module would make. Empty if only O(job_wait) is not reached.
      type: list
      elements: dict
      sample:
        - verb: assign
          object: user minsu.kim@contoso.kr to configuration Fabrikam
          tenant: a0c898ca-2445-4e74-ab4b-afd7916549a6
    before:
      description: The present state of what is managed.
      type: dict
      sample: {mode: assigned, users: [], groups: []}
    after:
      description: The desired state of what is managed.
      type: dict
      sample: {mode: assigned, users: [minsu.kim@contoso.kr], groups: []}
    basis:
      description:
        - What was read of the same object and does not change, by name, such as the other settings of a partner entry, the other attribute
          mappings, the other assignments, and the other keys of the configuration. It contains no secret. Not returned with
          O(stop_at_difference=true).
      type: dict
      sample: {mode: assigned, users: [minsu.kim@contoso.kr], groups: [Sales], without effect: []}
untouched:
  description: The parts of a link that differs which do not differ themselves. Empty if the link is in sync, or with O(stop_at_difference=true).
  returned: success
  type: list
  elements: dict
  contains:
    module:
      description: The module that manages the part.
      type: str
      sample: sync_job
    tenant:
      description: The tenant of the part.
      type: str
      sample: a0c898ca-2445-4e74-ab4b-afd7916549a6
    basis:
      description: What was read of the object, as in RV(differences[].basis).
      type: dict
      sample: {running: true, restart pending: false, quarantine: null, interval: PT40M}
job:
  description: The job, as RV(entra.cross_tenant_sync.sync_job_info#module:job). V(null) if there is none, or if the comparison stopped before it.
  returned: success
  type: dict
job_verdict:
  description:
    - The verdict on the job, as RV(entra.cross_tenant_sync.sync_job_info#module:verdict). V(null) if the comparison stopped before it.
  returned: success
  type: dict
problems:
  description:
    - What is wrong apart from the configuration - a job in another state than O(job_state) or in quarantine, or a user of O(verify_users)
      who has not arrived. One sentence each.
  returned: success
  type: list
  elements: str
  sample: []
summary:
  description: The state of the link in one line - in sync or what differs, the verdict on the job and since when it holds, and who arrived.
  returned: success
  type: str
  sample: in sync; job healthy since 2026-11-23T02:01:10Z, last cycle ended 2026-11-25T02:01:10Z; 12 synced users
synced_users:
  description:
    - How many users of the source tenant are in the target tenant, in scope or not, without those who have not redeemed an invitation.
      V(null) if the comparison stopped before them.
    - Counted are the users whose user principal name was made from a domain of the source, in both scope modes. In a tenant with more than a
      thousand external users, the service counts them from an index that can be some minutes late.
  returned: success
  type: int
  sample: 12
missing_users:
  description:
    - The users of O(verify_users) who have not arrived, are disabled, or are hidden from the address list according to Entra. V(null) if the
      comparison stopped before them.
  returned: success
  type: list
  elements: str
  sample: []
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import LINK, MAPPING_RULES, TARGET, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import link_comparison

SUBJECT = link_comparison.INQUIRY
OPTIONS = Options(
    {
        "target": TARGET,
        **LINK,
        "compare": {"type": "bool", "default": True},
        "stop_at_difference": {"type": "bool", "default": False},
        "share_reads": {"type": "bool", "default": False},
        "fail_on_problems": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "source_name": {"type": "str"},
        "target_name": {"type": "str"},
    },
    MAPPING_RULES,
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
