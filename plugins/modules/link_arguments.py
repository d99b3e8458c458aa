#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: link_arguments
short_description: Judge the variables of a link before anything is written
description:
  - Judges every variable of a link, and the entries of C(tenants) that it names, before the first request is sent. The playbooks of this
    collection begin with it, and so do its roles. It never sends a request.
  - Variables that begin with C(link_) and are not known are refused with the nearest name that is. So are members of an entry of
    C(tenants) that are no connection options. A misspelt filter or limit would otherwise be no filter and no limit.
  - Values may come from a survey of AWX, which gives texts. Numbers and booleans may be texts, a list may be a text with commas or one
    name a line, a list of dictionaries may be JSON, and an empty text counts as not given.
  - What contradicts itself, a rule of the service, or another variable is refused. Every fault is reported, with the variable it comes
    from.
  - Two links of the inventory group C(links), also those that C(--limit) leaves out, must not undo each other's work. They do when they
    name one configuration of one source, in any spelling that Entra takes for the same, or when both want everybody of one source
    in one target and do not have different filters. Two configurations of one pair, such as members in one and guests in the other, are fine.
  - It is an action that runs in the controller, where the variables are. It cannot be run by itself on a remote host.
version_added: 0.1.0
options:
  role:
    description:
      - The role that is going to run. Then only what this role needs is required, and only the tenants it works in must have a way to sign in.
      - If not set, the whole link is going to be built or taken down.
    type: str
    choices: [preflight, source_tenant, target_tenant, verify]
  state:
    description:
      - Whether the link is to exist, whatever C(link_state) says. The playbook C(teardown) sets it.
    type: str
    choices: [present, absent]
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group:
    support: none
    membership: []
    details:
      - It takes no connection options.
notes:
  - The variable C(link_own_variables) lists variables of your own that begin with C(link_).
  - What you note of a tenant belongs into the member C(notes) of its entry of C(tenants), which may hold anything. The variable
    C(tenants_own_keys) lists other members of your own. One that nearly is the name of a connection option is refused all the same.
seealso:
  - module: entra.cross_tenant_sync.link_info
  - module: entra.cross_tenant_sync.preflight_info
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Judge all links of the inventory, and do nothing else
  hosts: links
  connection: local
  gather_facts: false
  tasks:
    - name: Judge the link's arguments
      entra.cross_tenant_sync.link_arguments:
      register: link

    - name: Say which other configurations serve the same pair of tenants
      ansible.builtin.debug:
        msg: "{{ link.others }}"
"""

RETURN = r"""
state:
  description: Whether the link is to exist, V(present) or V(absent).
  returned: success
  type: str
  sample: present
compare:
  description: Whether the playbook C(sync) is to compare the link with what it must be, before anything else.
  returned: success
  type: bool
  sample: true
preflight:
  description: Whether the playbook C(sync) is to look for what is missing before it builds the link.
  returned: success
  type: bool
  sample: true
tasks:
  description: The file of tasks that comes next, of the role if O(role) is set, of the playbook C(sync) otherwise.
  returned: success
  type: str
  sample: present_after_preflight
others:
  description:
    - The names of the configurations that other links of the inventory have for the same two tenants. None of them may be taken over.
    - Also the fact C(cross_tenant_sync_others), which the roles read. The fact C(cross_tenant_sync_link) holds what the variables say of the
      link, by the options of M(entra.cross_tenant_sync.link_info).
  returned: success
  type: list
  elements: str
  sample: [Fabrikam guests]
"""

from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {
    "role": {"type": "str", "choices": ["preflight", "source_tenant", "target_tenant", "verify"]},
    "state": {"type": "str", "choices": ["present", "absent"]},
}


def main() -> None:
    """Say where it runs: only the controller knows the variables."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    module.fail_json(msg="link_arguments runs in the controller, where the variables of the link are; it cannot be run as a module")


if __name__ == "__main__":
    main()
