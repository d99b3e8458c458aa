#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: links_drift_info
short_description: Find what others have changed in the links of a play, and who did it
description:
  - Compares the links of all hosts of the play's batch with their desired states, as M(entra.cross_tenant_sync.links_info) does, and returns
    each changed setting, assignment and mapping with its old and new value, and since when and by whom it was changed. Changes nothing.
  - The old value is the desired one, and the new value is the current one. Who made the change is searched for in the directory audit log of
    the tenant, which is read once a tenant, and only if something differs in it. This requires the permission C(AuditLog.Read.All). Without
    it, or without an entry in the log, RV(links.drift[].by) is V(unknown), with the reason; the verdict remains the same.
  - Entries come some minutes late, and are kept for 30 days, or 7 without a premium licence. Not every entry says which setting was changed.
    RV(links.drift[].audit) says what is uncertain.
  - Synchronization that no link of the inventory describes counts as drift, for the first link of its tenant.
  - A link that must not exist has drifted if one of its configurations serves the target tenant, or if the target lets the source
    synchronize users.
  - Problems that nobody has caused by a change, such as the quarantine of a job, are returned, but they are no drift.
  - It is an action that runs in the controller, where the variables of all hosts are. Every link must run its tasks there.
  - Use it with C(run_once).
version_added: 0.1.0
options: {}
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
seealso:
  - module: entra.cross_tenant_sync.links_info
  - module: entra.cross_tenant_sync.link_verdict
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Show who has changed what, and end with an exit code for a scheduler
  hosts: links
  connection: local
  gather_facts: false
  tasks:
    - name: Compare all links, and find who changed what differs
      entra.cross_tenant_sync.links_drift_info:
      run_once: true
      register: drift_look

    - name: Report the link
      entra.cross_tenant_sync.link_verdict:
        verdict: "{{ drift_look.links[inventory_hostname].verdict }}"
        whole: "{{ drift_look.verdict }}"
        summary: "{{ drift_look.links[inventory_hostname].line }}"
"""

RETURN = r"""
verdict:
  description: V(drifted) if any link has drifted, otherwise V(could_not_look) if any could not be looked at, otherwise V(in_sync).
  returned: success
  type: str
  sample: drifted
summary:
  description: How many links there are by verdict, and the lines of those that need attention. At most ten lines.
  returned: success
  type: list
  elements: str
  sample:
    - 3 links - 2 in_sync, 1 drifted
links:
  description: The links, by inventory host.
  returned: success
  type: dict
  contains:
    verdict:
      description: V(in_sync), V(drifted) or V(could_not_look).
      type: str
      sample: drifted
    line:
      description: The verdict in one line, with up to ten changes.
      type: str
      sample: >-
        drifted. tenant fabrikam.kr: inbound_trust.mfa of partner a0c898ca-2445-4e74-ab4b-afd7916549a6: true -> false,
        since 2026-11-28T09:12:44Z by yuna.seo@fabrikam.kr
    drift:
      description: The changes.
      type: list
      elements: dict
      contains:
        module:
          description: The module that manages what was changed.
          type: str
          sample: cross_tenant_policy
        tenant:
          description: The tenant in which it was changed.
          type: str
          sample: fabrikam.kr
        object:
          description: What was changed - a partner or a configuration.
          type: str
          sample: partner a0c898ca-2445-4e74-ab4b-afd7916549a6
        what:
          description: The setting, assignment or mapping.
          type: str
          sample: inbound_trust.mfa
        old:
          description: The desired value.
          type: raw
          sample: true
        new:
          description: The current value.
          type: raw
          sample: false
        since:
          description: When it was changed, from the audit log. V(null) if that is not known.
          type: str
          sample: "2026-11-28T09:12:44Z"
        by:
          description: The user principal name of the user, or the display name of the application. V(unknown) if that is not known.
          type: str
          sample: yuna.seo@fabrikam.kr
        by_id:
          description: The id of the user or of the application, as far as the audit log contains one.
          type: str
          sample: c0000000-0000-4000-8000-000000000007
        by_kind:
          description: V(user), V(application), V(service) for a service of Microsoft, or V(unknown).
          type: str
          sample: user
        audit:
          description: The activity in the audit log, with what is uncertain about it. Why it is not known, if there is none.
          type: str
          sample: Update a partner cross-tenant access setting
    problems:
      description: What is wrong with the link although nobody has changed it, as RV(entra.cross_tenant_sync.link_info#module:problems).
      type: list
      elements: str
      sample: []
    msg:
      description: Why the link could not be looked at.
      type: str
      sample: "Tenant contoso.kr: sign-in of application 11111111-1111-4111-8111-111111111111 failed: the client secret is wrong"
    source:
      description: The C(name) and C(tenant_id) of the source tenant.
      type: dict
      sample: {name: contoso, tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6}
    target:
      description: The C(name) and C(tenant_id) of the target tenant.
      type: dict
      sample: {name: fabrikam, tenant_id: c1a2b3c4-d5e6-47f8-89a0-b1c2d3e4f5a6}
    configuration:
      description: The name of the configuration. V(null) for a link that must not exist.
      type: str
      sample: Fabrikam
    state:
      description: Whether the link must exist, V(present) or V(absent).
      type: str
      sample: present
strangers:
  description:
    - Synchronization that no link of the inventory describes, as RV(links.drift), with C(text), a sentence.
  returned: success
  type: list
  elements: dict
  sample: []
strangers_unknown:
  description: Why a tenant could not be searched for strangers, one sentence each.
  returned: success
  type: list
  elements: str
  sample: []
done:
  description: The hosts that are in sync and have no problems, as keys.
  returned: success
  type: dict
  sample: {contoso_to_fabrikam: true}
all_done:
  description: Whether that are all hosts.
  returned: success
  type: bool
  sample: false
stats:
  description: What the playbook C(drift) hands to C(ansible.builtin.set_stats) - the verdict, the first line of the summary, and the hosts by
    verdict, at most twenty of each, with the number of others as C(more).
  returned: success
  type: dict
  sample: {verdict: drifted, summary: "3 links: 2 in_sync, 1 drifted", drifted: [contoso_to_fabrikam], could_not_look: [], more: 0}
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("links_drift_info", {})


if __name__ == "__main__":
    main()
