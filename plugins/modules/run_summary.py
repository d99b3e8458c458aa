#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_summary
short_description: Hand the outcome of a run to a scheduler
description:
  - Sums up what became of the links of a play, from what the tasks of this collection's playbooks have registered, and adds it to the custom
    statistics of the run. C(ansible-playbook) prints these with C(show_custom_stats); in AWX, they are the artifacts of the job, and variables of
    the next one in a workflow.
  - The outcome has a few hundred characters, and never more than a few thousand, however many links and users there are.
  - It is an action that runs in the controller, where the variables of all hosts are. It sends no request.
version_added: 0.1.0
options:
  run:
    description: The name of the run, under which the outcome is in the custom statistics.
    type: str
    required: true
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
notes:
  - The playbooks C(plan), C(health), C(drift), C(watch) and C(report) hand over what they have found in forms of their own.
seealso:
  - module: entra.cross_tenant_sync.plan_report
  - module: ansible.builtin.set_stats
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Hand over how the links are, also if tasks have failed
  hosts: links
  connection: local
  gather_facts: false
  tasks:
    - name: Check the links
      block:
        - name: Check the link
          ansible.builtin.import_role:
            name: entra.cross_tenant_sync.verify
      always:
        - name: Hand the outcome to the scheduler
          entra.cross_tenant_sync.run_summary:
            run: verify
          run_once: true
"""

RETURN = r"""
outcome:
  description: The outcome of the run.
  returned: always
  type: dict
  contains:
    verdict:
      description:
        - The first of these that holds for a link of the run - V(failed); V(to_change), in check mode; V(changed); V(not_reached), if its batch has
          not run; V(unchanged).
      type: str
      sample: changed
    changed:
      description: Whether something was changed, or would be in check mode.
      type: bool
      sample: true
    summary:
      description: How many links there are in which state, and for the first ones a sentence, those that failed first.
      type: list
      elements: str
      sample:
        - "2 links: 1 changed, 1 unchanged"
        - "contoso_to_fabrikam: pauses the job; reason: ticket 4711"
    counts:
      description: The number of links by state.
      type: dict
      sample: {changed: 1, unchanged: 1}
    people:
      description: The number of users by what happens to them, or by the verdict on them, as far as the tasks of the run have found it out.
      type: dict
      sample: {created: 12, soft_deleted: 1}
    hash:
      description: The hash of the approved plan that was applied. V(null) without one.
      type: str
      sample: null
    named:
      description: The links that have failed or changed, at most twenty.
      type: list
      elements: str
      sample: [contoso_to_fabrikam]
    more:
      description: How many such links are not named.
      type: int
      sample: 0
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

ARGUMENTS = {"run": {"type": "str", "required": True}}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("run_summary", ARGUMENTS)


if __name__ == "__main__":
    main()
