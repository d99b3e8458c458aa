#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: plan_report
short_description: Sum up the plan of all links, write it into files, and compare it with the plan that was approved
description:
  - Reads what the tasks of the playbook C(plan) have registered for each link - C(plan_look), C(plan_arguments), C(plan_impact), C(plan_sizing),
    and C(plan_removal), what the tasks that would remove a link have found in check mode - and returns the plan of all links and its hash.
    Sends no request.
  - The hash is over everything that decides - the links that change, their tenants and configurations, each change with the states before and
    after it, the rest of the objects that were read, such as the other settings of a partner entry, and the users who would be removed,
    converted, renamed or disabled. Links that are in sync, texts, sizes, times, the change request, and users who only come or are updated
    are not in it.
  - The plan of the same state is the same text on every machine and at every moment.
  - With O(expected), the task fails if the plan is not the one that was approved, or has links that cannot be planned. The message names
    each difference. The playbook C(sync) runs it before the first write in any tenant if the variable C(expected_plan) is set.
  - It is an action that runs in the controller, where the variables of all hosts are. Use it with C(run_once).
  - The files are written in check mode, too, because they are the result of a plan.
version_added: 0.1.0
options:
  folder:
    description:
      - The folder into which C(plan.json), C(plan.md) and C(plan.html) are written. It is made if it does not exist. Only their owner can
        read the files, because they name users.
    type: path
  expected:
    description:
      - The plan that was approved - its hash, the path of its C(plan.json), or the content of that file as a dictionary. What
        C(ansible.builtin.set_stats) hands over in the playbook C(plan) counts as its hash.
      - With the hash alone, the message cannot name the differences.
    type: raw
  ticket:
    description:
      - The number of the change request, which is recorded in the plan.
    type: raw
  window:
    description:
      - When the change may be made, which is recorded in the plan - a dictionary with C(start) and C(end), or one text C(start/end), in ISO
        8601 with an offset.
    type: raw
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
seealso:
  - module: entra.cross_tenant_sync.links_info
  - module: entra.cross_tenant_sync.impact_info
  - module: entra.cross_tenant_sync.sizing_info
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Plan without sizes in a play of your own
  hosts: links
  connection: local
  gather_facts: false
  tasks:
    - name: Compare all links
      entra.cross_tenant_sync.links_info:
        complete: true
      run_once: true
      register: plan_look

    - name: Find out what the change of this link does to users
      block:
        - name: Validate its arguments
          entra.cross_tenant_sync.link_arguments:
          register: plan_arguments

        - name: Find it out
          entra.cross_tenant_sync.impact_info:
            target: "{{ tenants[link_target] | entra.cross_tenant_sync.connection }}"
            list_harmed: true
          module_defaults:
            group/entra.cross_tenant_sync.graph: "{{ tenants[link_source] | entra.cross_tenant_sync.connection }}"
            entra.cross_tenant_sync.impact_info: "{{ ansible_facts.cross_tenant_sync_impact }}"
          register: plan_impact
      rescue:
        - name: Continue with the other links
          ansible.builtin.meta: noop

    - name: Sum up
      entra.cross_tenant_sync.plan_report:
        folder: /var/lib/cross-tenant-sync
      run_once: true
      register: plan_found

    - name: Show the hash
      ansible.builtin.debug:
        var: plan_found.hash
      run_once: true
"""

RETURN = r"""
plan:
  description:
    - The plan, which is also the content of C(plan.json), and the fact C(sync_plan).
  returned: success
  type: dict
  contains:
    format:
      description: The version of the form of the plan.
      type: int
      sample: 1
    version:
      description: The version of the collection that made the plan.
      type: str
      sample: 0.1.0
    hash:
      description: As RV(hash).
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    change:
      description: The C(ticket) and the C(window) of the change request, V(null) where they are not set.
      type: dict
      sample: {ticket: CHG0031337, window: null}
    links:
      description:
        - By inventory host, in the order of names. Each has C(source), C(target), C(configuration), C(state), C(status), which is V(in_sync),
          V(to_change), V(to_remove) or V(cannot_be_planned), C(msg), C(summary), C(parts), C(untouched), C(impact), C(impact_unknown),
          C(sizing) and C(hash).
        - C(parts) are the changes of one module in one tenant each, with C(actions), the states C(before) and C(after), and C(basis), which was
          read of the object and does not change. C(untouched) are the other parts of the link, with their C(basis).
      type: dict
    strangers:
      description: As RV(entra.cross_tenant_sync.links_info#module:strangers).
      type: list
      elements: str
      sample: []
    strangers_unknown:
      description: As RV(entra.cross_tenant_sync.links_info#module:strangers_unknown).
      type: list
      elements: str
      sample: []
    summary:
      description: As RV(summary).
      type: list
      elements: str
hash:
  description: The hash of the plan, 64 hexadecimal digits. It is that of the present plan, also if the task fails because of O(expected).
  returned: when a plan was made
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
summary:
  description: The plan in at most ten lines.
  returned: when a plan was made
  type: list
  elements: str
  sample: ["2 links: 1 changes, 1 in sync"]
differences:
  description: The differences from the approved plan, one sentence each, if the task fails because of them and not only the hash is known.
  returned: failure
  type: list
  elements: str
  sample:
    - "contoso_to_fabrikam: sync_scope in contoso: users: sora.lee@contoso.kr has come"
links:
  description:
    - By inventory host, the C(verdict) for M(entra.cross_tenant_sync.link_verdict), which is V(something) for a link that cannot be planned and
      V(nothing) for others, and the C(summary).
  returned: success
  type: dict
  sample: {contoso_to_fabrikam: {verdict: nothing, summary: in sync}}
verdict:
  description: The verdict on all links.
  returned: success
  type: str
  sample: nothing
artifact:
  description:
    - What the playbook C(plan) hands to C(ansible.builtin.set_stats), a few hundred characters however many links there are - C(hash),
      C(changed), whether a run would write anything, C(approvable), which is V(false) if a link cannot be planned, C(summary), C(counts) of
      links by status, C(named), the first 20 links that are not in sync, C(more), the number of the others, and C(change).
  returned: success
  type: dict
files:
  description: The paths of the files that were written.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/cross-tenant-sync/plan.json, /var/lib/cross-tenant-sync/plan.md, /var/lib/cross-tenant-sync/plan.html]
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

ARGUMENTS = {
    "folder": {"type": "path"},
    "expected": {"type": "raw"},
    "ticket": {"type": "raw"},
    "window": {"type": "raw"},
}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("plan_report", ARGUMENTS)


if __name__ == "__main__":
    main()
