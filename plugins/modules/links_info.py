#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: links_info
short_description: Look at all links of a play at once
description:
  - Compares the links of all hosts of the play's batch with their desired states, in one task, and changes nothing. The playbook C(sync) begins
    with it, and continues only with the links that differ.
  - Each link is compared by the same rules as with M(entra.cross_tenant_sync.link_info). The reads of all links of a tenant share batches, and
    one list of partners and one of configurations serve all of them, so the number of requests grows with the tenants rather than with the
    links.
  - A tenant that cannot be read fails its own links, and no others.
  - It is an action that runs in the controller, where the variables of all hosts are. A link whose tasks do not run there (another
    connection, C(become)) is left to a comparison of its own.
  - Use it with C(run_once).
version_added: 0.1.0
options:
  state:
    description:
      - Whether the links must exist. It takes precedence over C(link_state). A link that must not exist is not compared.
    type: str
    choices: [present, absent]
  complete:
    description:
      - Whether to return all differences of every link, with the states before and after, instead of the first one.
      - Then a link with unusable variables or without a permission has V(failed) in C(tasks), links are compared although C(link_compare) is
        V(false), and limits for leaving users are not checked, because M(entra.cross_tenant_sync.impact_info) follows where they matter.
      - Every link must run its tasks in the controller.
    type: bool
    default: false
  expected_plan:
    description:
      - The plan that was approved, see M(entra.cross_tenant_sync.plan_report). If it is set, nothing is read, and every link has V(planned) in
        C(tasks), because the playbook C(sync) then plans all links again before it looks at them.
    type: raw
  report_folder:
    description:
      - The folder into which M(entra.cross_tenant_sync.link_report) writes its files at the end of the run. If that is not possible, the task
        fails before the first request.
      - One host then always has a task left, which can write the report.
    type: path
  report_mask:
    description:
      - The option O(entra.cross_tenant_sync.link_report#module:mask) of the report. It has no effect here. A value that is not a boolean fails
        the task before the first request, rather than at the end of the run.
    type: bool
  purpose:
    description:
      - Which tasks follow - V(change) those of the playbook C(sync), or V(report) those of the playbook C(report), which change nothing.
        V(report) needs O(complete=true).
    type: str
    choices: [change, report]
    default: change
  report_users:
    description:
      - With O(purpose=report), whether tasks about the users of each link follow. If not set, they follow if there are at most 20 links.
    type: bool
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
seealso:
  - module: entra.cross_tenant_sync.link_info
  - module: entra.cross_tenant_sync.link_arguments
  - module: entra.cross_tenant_sync.link_report
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Find the links that differ, and do nothing else
  hosts: links
  connection: local
  gather_facts: false
  tasks:
    - name: Look at all links
      entra.cross_tenant_sync.links_info:
      run_once: true
      register: look

    - name: Show the state of this link
      ansible.builtin.debug:
        msg: "{{ look.links[inventory_hostname].summary | default('not compared') }}"
"""

RETURN = r"""
links:
  description: The links, by inventory host.
  returned: success
  type: dict
  contains:
    tasks:
      description:
        - The file of tasks with which the playbook C(sync) continues - V(as_desired) reports a link that is in sync, V(failed) one that cannot
          be compared, V(link) builds or removes a link, V(link_judged) lets M(entra.cross_tenant_sync.impact_info) judge first what that does
          to users, V(link_compared) compares the link by itself first, and V(planned) compares the plan with O(expected_plan).
      type: str
      sample: as_desired
    in_sync:
      description: Whether the link is in sync, as RV(entra.cross_tenant_sync.link_info#module:in_sync).
      type: bool
      sample: true
    summary:
      description: The state of the link in one line, as RV(entra.cross_tenant_sync.link_info#module:summary).
      type: str
      sample: in sync; job healthy since 2026-11-23T02:01:10Z, last cycle ended 2026-11-25T02:01:10Z; 12 synced users
    synced_users:
      description: How many users of the source tenant are in the target tenant.
      type: int
      sample: 12
    not_compared:
      description: Why the link was not compared, if the tasks that follow report the cause better.
      type: str
    differences:
      description:
        - The first difference of a link that differs, as RV(entra.cross_tenant_sync.link_info#module:differences). All of them with
          O(complete=true).
      type: list
      elements: dict
    untouched:
      description: With O(complete=true), as RV(entra.cross_tenant_sync.link_info#module:untouched).
      type: list
      elements: dict
    problems:
      description: With O(complete=true), as RV(entra.cross_tenant_sync.link_info#module:problems).
      type: list
      elements: str
    missing_users:
      description: With O(complete=true), as RV(entra.cross_tenant_sync.link_info#module:missing_users).
      type: list
      elements: str
    job:
      description: With O(complete=true), as RV(entra.cross_tenant_sync.link_info#module:job).
      type: dict
    warnings:
      description: With O(complete=true), the warnings about the link.
      type: list
      elements: str
    source:
      description: With O(complete=true), the C(name) and C(tenant_id) of the source tenant.
      type: dict
      sample: {name: contoso, tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6}
    target:
      description: With O(complete=true), the C(name) and C(tenant_id) of the target tenant.
      type: dict
      sample: {name: fabrikam, tenant_id: c1a2b3c4-d5e6-47f8-89a0-b1c2d3e4f5a6}
    configuration:
      description: With O(complete=true), the name of the configuration. V(null) if it is not set.
      type: str
      sample: Fabrikam
    state:
      description: With O(complete=true), whether the link must exist, V(present) or V(absent).
      type: str
      sample: present
    report:
      description:
        - With O(purpose=report), the file of tasks with which the playbook C(report) continues - V(users) asks about the
          users of a link that must exist, V(nothing) does nothing.
      type: str
      sample: users
    msg:
      description: Why the link cannot be compared, or which strangers fail it.
      type: str
      sample: "Tenant contoso.kr: sign-in of application 11111111-1111-4111-8111-111111111111 failed: the client secret is wrong"
in_sync:
  description: How many links are in sync.
  returned: success
  type: int
  sample: 378
strangers:
  description:
    - Synchronization that no link of the inventory describes, one sentence each - partners that may synchronize users into a tenant, and
      configurations that synchronize users out of it.
    - The links of such a tenant, and of one that could not be searched, have V(failed) in C(tasks) if their variable C(link_strangers) is
      V(fail). It is V(report) if it is not set.
  returned: success
  type: list
  elements: str
  sample:
    - "Tenant fabrikam.kr: partner 99999999-9999-4999-8999-999999999999 may synchronize users into it, and no link of the inventory describes that"
strangers_unknown:
  description: Why a tenant could not be searched for strangers, one sentence each.
  returned: success
  type: list
  elements: str
  sample: []
done:
  description:
    - The hosts that need no further task, as keys. It is empty if at most 20 links are in sync, each of which has a task that reports it.
    - With O(complete=true), the hosts whose users no task asks about, see O(report_users). Without
        O(report_folder), those that are in sync if they are more than 20.
  returned: success
  type: dict
ending:
  description:
    - The file of tasks with which the run ends, also after failures - V(table) shows what would be done, in check mode, V(report) writes the
      report, V(table_and_report) does both. V(null) if there is none.
  returned: success
  type: str
  sample: report
all_done:
  description: Whether no host needs a further task.
  returned: success
  type: bool
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"]},
    "complete": {"type": "bool", "default": False},
    "expected_plan": {"type": "raw"},
    "report_folder": {"type": "path"},
    "report_mask": {"type": "bool"},
    "purpose": {"type": "str", "choices": ["change", "report"], "default": "change"},
    "report_users": {"type": "bool"},
}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("links_info", ARGUMENTS)


if __name__ == "__main__":
    main()
