#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: link_guard
short_description: Decide whether an action on a link may be carried out
description:
  - Judges what the other tasks of the playbooks C(approve_deletions), C(pause), C(provision_now), C(resume) and C(teardown) have read, and what the
    administrator expects. It returns which tasks come next, or refuses in one sentence. Sends no request.
  - Names whom the action is about before it decides, also in check mode.
  - It is an action that runs in the controller, where the variables of all hosts are.
version_added: 0.1.0
options:
  action:
    description:
      - V(approve_deletions) judges whether the deletions that the deletion guard holds back may be carried out. They must be those that O(expected)
        says, no protected user may be among them, and the job must not be paused.
      - V(pause) and V(resume) judge whether the job may be paused or started. It is not started if the next cycle would take the account of a
        protected user, or delete more users than the limits of the link allow, or if that is not known.
      - V(name_users) returns the users in O(expected), for the task that asks about them. V(provision_now) judges whether they may be provisioned -
        all must be in scope, and none may have a deleted account in the target. V(provision_result) reports what the service did.
      - V(teardown) judges whether all links of the play are named in O(expected). Only this action is about the whole run.
    type: str
    choices: [approve_deletions, name_users, pause, provision_now, provision_result, resume, teardown]
    required: true
  look:
    description:
      - What was read of the link - the result of M(entra.cross_tenant_sync.watch_info) for O(action=approve_deletions) and O(action=resume), of
        M(entra.cross_tenant_sync.sync_job_info) for O(action=pause), of a loop of M(entra.cross_tenant_sync.person_info) for
        O(action=provision_now), and of M(entra.cross_tenant_sync.sync_on_demand) for O(action=provision_result).
      - An empty one is that of a link that must not exist. It is left alone.
    type: dict
  expected:
    description:
      - For O(action=approve_deletions), the number of users whose accounts would be deleted, or all their names. In check mode it may be left out.
      - For O(action=name_users), the users to provision. For O(action=teardown), the names of the links to remove, which check mode does not need.
      - Lists may be texts, as in a survey of AWX, with commas or one name per line.
    type: raw
  reason:
    description: Why the job is paused, for O(action=pause). It is shown in the output.
    type: str
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
notes:
  - For O(action=approve_deletions), the task that looks at each link must register its result as C(watch_look), as the playbook does, so that an
    approval of one link is not taken for that of another.
seealso:
  - module: entra.cross_tenant_sync.sync_job
  - module: entra.cross_tenant_sync.sync_on_demand
  - module: entra.cross_tenant_sync.watch_info
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Remove links in a playbook of your own only if each of them is named
  entra.cross_tenant_sync.link_guard:
    action: teardown
    expected: "{{ link_teardown | default(omit) }}"
  run_once: true

- name: Start the job only if no protected user loses an account
  entra.cross_tenant_sync.link_guard:
    action: resume
    look: "{{ watch_look }}"
"""

RETURN = r"""
msg:
  description: The decision in one sentence.
  returned: always
  type: str
  sample: "2 users will be deleted in the next cycle: minsu.kim@contoso.kr, hyejin.lee@contoso.kr"
tasks:
  description: The file of tasks that comes next - V(change_job), V(provision) or V(leave_alone).
  returned: always
  type: str
  sample: change_job
lines:
  description: Whom the action is about, and what happens to them, as it is shown.
  returned: always
  type: list
  elements: str
  sample: ["held back: hyejin.lee@contoso.kr", "held back: minsu.kim@contoso.kr"]
users:
  description: The users to ask about, or to provision.
  returned: always
  type: list
  elements: str
  sample: []
configuration:
  description: The configuration of the link.
  returned: always
  type: str
  sample: Fabrikam
job_state:
  description: The option O(entra.cross_tenant_sync.sync_job#module:state) for the task that comes next.
  returned: if RV(tasks) is V(change_job)
  type: str
  sample: restarted
restart_reason:
  description: The option O(entra.cross_tenant_sync.sync_job#module:restart_reason) for the task that comes next.
  returned: if deletions are approved
  type: str
  sample: approve_deletions
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

ARGUMENTS = {
    "action": {
        "type": "str",
        "choices": ["approve_deletions", "name_users", "pause", "provision_now", "provision_result", "resume", "teardown"],
        "required": True,
    },
    "look": {"type": "dict"},
    "expected": {"type": "raw"},
    "reason": {"type": "str"},
}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("link_guard", ARGUMENTS)


if __name__ == "__main__":
    main()
