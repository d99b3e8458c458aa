#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: watch_report
short_description: Sum up the watch over all links, and end the run with an exit code for a scheduler
description:
  - Reads what the playbook C(watch) has registered for each of its links - C(watch_arguments) and C(watch_look) - and returns the verdict on
    all of them. Sends no request.
  - With O(fail=true), the links that need attention end the run. With B(something) at any link, those links fail, and so does every link that
    could not be looked at, so that C(ansible-playbook) ends with exit code 2. If nothing was found, but a link could not be looked at, that link
    counts as unreachable, and the exit code is 4.
  - A protected user is therefore never hidden behind a tenant that could not be read. The message begins with C(Something was found) or
    C(Could not look) in any case.
  - It is an action that runs in the controller, where the variables of all hosts are.
version_added: 0.1.0
options:
  fail:
    description:
      - Whether links that need attention fail or become unreachable. With V(false), the task only reports.
    type: bool
    default: true
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
seealso:
  - module: entra.cross_tenant_sync.watch_info
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Look at all links in a play of your own
  hosts: links
  connection: local
  gather_facts: false
  tasks:
    - name: Look at the link
      block:
        - name: Validate its arguments
          entra.cross_tenant_sync.link_arguments:
            role: watch
          register: watch_arguments

        - name: Look at its users
          entra.cross_tenant_sync.watch_info:
            target: "{{ tenants[link_target] | entra.cross_tenant_sync.connection }}"
          module_defaults:
            group/entra.cross_tenant_sync.graph: "{{ tenants[link_source] | entra.cross_tenant_sync.connection }}"
            entra.cross_tenant_sync.watch_info: "{{ ansible_facts.cross_tenant_sync_watch }}"
          register: watch_look
      rescue:
        - name: Continue with the other links
          ansible.builtin.meta: noop

    - name: End with an exit code
      entra.cross_tenant_sync.watch_report:
"""

RETURN = r"""
watch:
  description: The verdict on all links, and on each of them. The playbook C(watch) hands it to C(ansible.builtin.set_stats).
  returned: always
  type: dict
  contains:
    verdict:
      description: V(something) if something was found at any link, otherwise V(could_not_look) if any could not be looked at, or V(nothing).
      type: str
      sample: something
    summary:
      description: How many links there are, by verdict.
      type: str
      sample: 3 links - 1 something, 2 nothing
    links:
      description:
        - By inventory host, C(verdict), C(summary), C(findings) and C(could_not_look), as RV(entra.cross_tenant_sync.watch_info#module:verdict)
          and its neighbours, and C(protected), the names of the protected users.
        - The first links, those with findings before others, with their first sentences and names, so that it stays small.
      type: dict
    more:
      description: How many links are left out.
      type: int
      sample: 0
msg:
  description: The verdict on this link in one line.
  returned: always
  type: str
  sample: >-
    Something was found. minsu.kim@contoso.kr (Global Administrator) will be deleted in the next cycle - not assigned
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

ARGUMENTS = {"fail": {"type": "bool", "default": True}}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("watch_report", ARGUMENTS)


if __name__ == "__main__":
    main()
