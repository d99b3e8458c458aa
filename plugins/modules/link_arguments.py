#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: link_arguments
short_description: Check the variables of a link before anything is written
description:
  - Checks every variable of a link, and the entries of C(tenants) that it names, before the first request is sent. The playbooks and the
    roles of this collection begin with it. It never sends a request.
  - Unknown variables that begin with C(link_) are refused, with the nearest known name, and so are members of an entry of C(tenants) that
    are no connection options. Otherwise a misspelt filter or limit would be ignored.
  - Values may come from a survey of AWX, which gives texts. Numbers and booleans may be texts, a list may be a text with commas or one
    name per line, a list of dictionaries may be JSON, and an empty text counts as not given.
  - Contradictions between variables, or between a variable and a rule of the service, are refused. Every fault is reported with its
    variable.
  - Two links of the inventory group C(links), also those that C(--limit) leaves out, must not undo each other's work. They do so if they
    name the same configuration of the same source, in any spelling that Entra treats as equal, or if both synchronize all users of one source
    to one target without different filters. Two configurations for one pair of tenants, such as members in one and guests in the other, are
    accepted.
  - Links between the same two tenants must agree on what they set for all of them - whether groups are synchronized (C(link_groups)), and the
    level and scope of each feature that a tenant shares with the other one (C(link_share)), for which the direction of a link makes no
    difference.
  - It is an action that runs in the controller, where the variables are. It cannot run on a remote host.
version_added: 0.1.0
options:
  role:
    description:
      - The role that is about to run. Then only the variables of this role are required, and only the tenants it works in need a way to sign in.
        V(watch) and V(report) are the playbooks of these names.
      - If not set, the whole link is checked.
    type: str
    choices: [address_book, person, preflight, report, source_tenant, target_tenant, verify, watch]
  state:
    description:
      - Whether the link must exist. It takes precedence over C(link_state). The playbook C(teardown) sets it.
    type: str
    choices: [present, absent]
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
notes:
  - The variable C(link_own_variables) lists variables of your own that begin with C(link_).
  - Put notes on a tenant into the member C(notes) of its entry of C(tenants), which may hold anything. The variable C(tenants_own_keys)
    lists other members of your own. A member whose name is nearly that of a connection option is refused in any case.
seealso:
  - module: entra.cross_tenant_sync.link_info
  - module: entra.cross_tenant_sync.preflight_info
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Check all links of the inventory, and do nothing else
  hosts: links
  connection: local
  gather_facts: false
  tasks:
    - name: Check the arguments of the link
      entra.cross_tenant_sync.link_arguments:
      register: link

    - name: Show which other configurations serve the same pair of tenants
      ansible.builtin.debug:
        msg: "{{ link.others }}"
"""

RETURN = r"""
state:
  description: Whether the link must exist, V(present) or V(absent).
  returned: success
  type: str
  sample: present
compare:
  description: Whether the playbook C(sync) compares the link with its desired state first.
  returned: success
  type: bool
  sample: true
preflight:
  description: Whether the playbook C(sync) runs the preflight before it builds the link.
  returned: success
  type: bool
  sample: true
tasks:
  description: The file of tasks that comes next, of the role if O(role) is set, of the playbook C(sync) otherwise.
  returned: success
  type: str
  sample: present_after_preflight
judged:
  description:
    - The file of tasks that lets M(entra.cross_tenant_sync.impact_info) judge what the change does to users before the first write, and then
      continues with those of RV(tasks). The same as RV(tasks) where nothing is built.
  returned: success
  type: str
  sample: judged_present_after_preflight
building:
  description:
    - The file of tasks of the playbook C(sync) that works in both tenants, after preflight and judgement. Links whose tenants share nothing
      have files without tasks for it.
  returned: success
  type: str
  sample: present
deprovision:
  description: Whether the removal of the link deletes its users first.
  returned: success
  type: bool
  sample: false
sharing:
  description: The sides of the link whose tenants share something with the other one, V(source) and V(target).
  returned: success
  type: list
  elements: str
  sample: [target]
others:
  description:
    - The names of the configurations that other links of the inventory have for the same two tenants. None of them may be adopted.
    - Also set as the fact C(cross_tenant_sync_others), which the roles read. The fact C(cross_tenant_sync_link) holds the variables of the
      link, as options of M(entra.cross_tenant_sync.link_info), and the fact C(cross_tenant_sync_impact) as options of
      M(entra.cross_tenant_sync.impact_info). Without O(role), the fact C(cross_tenant_sync_sizing) holds those of
      M(entra.cross_tenant_sync.sizing_info).
    - Where the address book of the target is reported, the fact C(cross_tenant_sync_address_book) holds them as options of
      M(entra.cross_tenant_sync.address_book_info). Where it is mended, the fact C(cross_tenant_sync_mend) holds them as options of
      M(entra.cross_tenant_sync.address_book_visibility).
    - For the roles of the two tenants and the playbooks, the fact C(cross_tenant_sync_tasks) holds the files of tasks that select what belongs to
      the link, by side. With C(link_state=absent), the member C(share_keep) of C(cross_tenant_sync_link) names the features that stay,
      because C(link_share_keep) or another link of the inventory wants them.
    - For the role C(person), the fact C(cross_tenant_sync_person) holds them as options of M(entra.cross_tenant_sync.person_info).
    - For the playbook C(report), the fact C(cross_tenant_sync_address_book) is also set where Exchange may not be asked.
    - For the playbook C(watch), the fact C(cross_tenant_sync_watch) holds the variables of the link as options of
      M(entra.cross_tenant_sync.watch_info).
  returned: success
  type: list
  elements: str
  sample: [Fabrikam guests]
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

ARGUMENTS = {
    "role": {
        "type": "str",
        "choices": ["address_book", "person", "preflight", "report", "source_tenant", "target_tenant", "verify", "watch"],
    },
    "state": {"type": "str", "choices": ["present", "absent"]},
}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("link_arguments", ARGUMENTS)


if __name__ == "__main__":
    main()
