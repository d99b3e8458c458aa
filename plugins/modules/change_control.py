#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: change_control
short_description: Let a run write only within the window of its change request
description:
  - Validates the ticket and the window of a change request, and fails if the present time is outside of the window. In check mode it reports
    that, and does not fail.
  - With O(following), it also fails if the change of the link makes the service evaluate all users again, and such a full cycle can take
    longer than what remains of the window. If the length of that cycle is not known, it counts as too long.
  - The playbooks C(sync) and C(teardown) run it once for each batch of links, and again for each link before its first write, if the variable
    C(change_ticket), C(change_window) or C(change_ticket_pattern) is set. Their values then also are in the custom statistics of the run, as
    C(change).
  - It is an action that runs in the controller, whose clock decides. It sends no request.
version_added: 0.1.0
options:
  ticket:
    description:
      - The number of the change request, one line of at most 200 characters. Empty or blank is not set.
    type: raw
  ticket_pattern:
    description:
      - A regular expression that the whole ticket must match. With it, a ticket is required. Empty or blank is not set.
    type: str
  window:
    description:
      - When the run may write, as a dictionary with C(start) and C(end), or as one text C(start/end). Empty or blank is not set.
      - The times are in ISO 8601 with an offset or C(Z). A time without an offset is rejected, because it means another moment on another
        machine.
    type: raw
  following:
    description:
      - The file of tasks that follows, as RV(entra.cross_tenant_sync.link_arguments#module:tasks). With it, the task is about this link alone.
        V(deprovision) restarts the job.
    type: str
  differences:
    description:
      - The differences of the link, as RV(entra.cross_tenant_sync.links_info#module:links) contains them with
        O(entra.cross_tenant_sync.links_info#module:complete=true).
    type: list
    elements: dict
  job:
    description:
      - The job of the link before the change, as RV(entra.cross_tenant_sync.links_info#module:links) contains it. The first start of a job
        makes the service evaluate all users.
    type: dict
  sizing:
    description:
      - How much the link is, as RV(entra.cross_tenant_sync.sizing_info#module:sizing). The upper value of C(first_cycle_minutes) decides.
    type: dict
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
seealso:
  - module: entra.cross_tenant_sync.sizing_info
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Write only within the window of the change request
  entra.cross_tenant_sync.change_control:
    ticket: CHG0041234
    ticket_pattern: CHG\d{7}
    window: 2026-12-05T22:00:00+09:00/2026-12-06T02:00:00+09:00
"""

RETURN = r"""
change:
  description: The change request, as in the plan and in the report.
  returned: always
  type: dict
  contains:
    ticket:
      description: The ticket. V(null) if it is not set.
      type: str
      sample: CHG0041234
    window:
      description: C(start) and C(end) of the window as they were given. V(null) if it is not set.
      type: dict
      sample: {start: "2026-12-05T22:00:00+09:00", end: "2026-12-06T02:00:00+09:00"}
refusal:
  description: Why nothing may be written now. V(null) if it may.
  returned: always
  type: str
complete:
  description: Whether the playbook must compare links completely, because the length of their cycles decides.
  returned: always
  type: bool
  sample: true
tasks:
  description: The folder of the files of tasks with which the playbook C(sync) continues, with a slash. Empty if no window is set.
  returned: always
  type: str
  sample: in_window/
msg:
  description: The change request in one line, or why nothing may be written now.
  returned: always
  type: str
  sample: change request CHG0041234, until 2026-12-06T02:00:00+09:00
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

ARGUMENTS = {
    "ticket": {"type": "raw"},
    "ticket_pattern": {"type": "str"},
    "window": {"type": "raw"},
    "following": {"type": "str"},
    "differences": {"type": "list", "elements": "dict"},
    "job": {"type": "dict"},
    "sizing": {"type": "dict"},
}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("change_control", ARGUMENTS)


if __name__ == "__main__":
    main()
