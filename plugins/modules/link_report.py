#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: link_report
short_description: Write the evidence of a run
description:
  - Writes what the tasks of a run have registered about its links as three files - C(report.html), a page for a browser and for paper that
    needs no network, C(report.md), and C(report.json), the same as data.
  - It reads the results of the playbooks and roles of this collection from the variables of all hosts - the look at the links, the plan, what
    each task did or why it failed, the verification, the health, and the users with the verdict of the address book. It sends no request and
    computes nothing anew, so what no task of the run has read is not in the report.
  - The last task of the playbook C(sync) uses it if C(report_folder) is set, and the playbook C(report) does.
  - Each file can be read by its owner only, and is replaced at once. Secrets are not in it. It has names of users, unless O(mask) is true.
  - It is an action that runs in the controller, where the variables of all hosts are. Use it with C(run_once).
version_added: 0.1.0
options:
  folder:
    description:
      - The folder of the files. It is made if it does not exist. Files of an earlier report are replaced.
    type: path
    default: report
  formats:
    description:
      - Which of the files are written. If not set, all of them.
    type: list
    elements: str
    choices: [json, markdown, html]
  mask:
    description:
      - Whether names and addresses of users are replaced by pseudonyms, the same one for the same user throughout the report.
    type: bool
    default: false
  title:
    description:
      - The title of the report.
    type: str
    default: Cross-tenant synchronization
  ticket:
    description:
      - The number of the change request, which becomes a part of the report.
    type: raw
  window:
    description:
      - The change window, which becomes a part of the report - a dictionary with C(start) and C(end), or one text with a slash between them. Both
        are ISO 8601 with an offset.
      - It is not checked against the time. See the guide on plans for that.
    type: raw
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode no file is written. The return values are those of a run.
  diff_mode:
    support: none
    details:
      - A report is new each time, because it has the time of the run.
  idempotent:
    support: full
    details:
      - The task never reports a change, because nothing that is managed changes. The files are written each time.
seealso:
  - module: entra.cross_tenant_sync.links_info
  - module: entra.cross_tenant_sync.address_book_info
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Check the links of one administrator, and keep the evidence
  hosts: links
  connection: local
  gather_facts: false
  tasks:
    - name: Check the link
      block:
        - name: Check the link in both tenants
          ansible.builtin.import_role:
            name: entra.cross_tenant_sync.verify
      always:
        - name: Write the report, also of links that failed
          entra.cross_tenant_sync.link_report:
            folder: reports/monday
            title: Check on Monday
            mask: true
          run_once: true
          register: evidence
"""

RETURN = r"""
verdict:
  description:
    - The worst verdict of the links - V(failed), V(drifted), V(degraded), V(to_change), V(unknown), V(changed) or V(in_sync), in this order.
  returned: success
  type: str
  sample: in_sync
counts:
  description: How many links have each verdict that occurs.
  returned: success
  type: dict
  sample: {degraded: 1, in_sync: 2}
summary:
  description: The report in at most ten lines - how many links have which verdict, and those that need somebody, the worst first.
  returned: success
  type: list
  elements: str
  sample:
    - "3 links: 1 degraded, 2 in_sync"
    - "contoso_to_fabrikam: degraded: 2 users failed"
files:
  description: The paths of the files, by format. In check mode, those that a run would write.
  returned: success
  type: dict
  sample:
    html: /srv/reports/monday/report.html
    json: /srv/reports/monday/report.json
    markdown: /srv/reports/monday/report.md
sha256:
  description: The SHA-256 checksum of each file, by format.
  returned: success
  type: dict
  sample:
    html: 7c2d1f0e5b6a49388776655443322110ffeeddccbbaa99887766554433221100
masked:
  description: Whether the report has pseudonyms instead of names, see O(mask).
  returned: success
  type: bool
  sample: true
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

ARGUMENTS = {
    "folder": {"type": "path", "default": "report"},
    "formats": {"type": "list", "elements": "str", "choices": ["json", "markdown", "html"]},
    "mask": {"type": "bool", "default": False},
    "title": {"type": "str", "default": "Cross-tenant synchronization"},
    "ticket": {"type": "raw"},
    "window": {"type": "raw"},
}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("link_report", ARGUMENTS)


if __name__ == "__main__":
    main()
