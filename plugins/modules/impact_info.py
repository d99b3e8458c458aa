#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: impact_info
short_description: Find out what a change of a link does to users, before it is made
version_added: 0.1.0
description:
  - Computes for each user what the next cycle of the service does after a change of scope, mappings, filters and target actions - who is
    deleted, disabled, converted between guest and member, updated, restored or created in the target tenant, by number and by name.
    Changes nothing.
  - Fails with one sentence if a guard does not allow the change, in check mode too - if more users would leave the scope than the limits
    allow, or a protected user would be harmed. RV(impact) then also is in the result.
  - The playbook C(sync) runs it before the first write in either tenant, if the change can do harm to users who are there.
  - Users of the source are read by name, by group, or all with the scope mode V(all). Accounts in the target are asked for by name or
    selected by domain, so how many other users the target tenant has makes no difference. Ten thousand users take about 60 requests.
  - What cannot be computed or read is reported as unknown or incomplete, and counts as if users left.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  scope_max_removals:
    description:
      - How many users may leave the scope by the whole change. If more would leave, the task fails.
    type: int
    aliases: [max_removals]
  scope_max_removal_percent:
    description:
      - Which part of the users in scope may leave by the whole change, in percent from 0 to 100. If more would leave, the task fails.
    type: int
    aliases: [max_removal_percent]
  harmful_only:
    description:
      - Whether the impact is computed only if the change can remove, convert, rename or disable users who are in scope before it.
    type: bool
    default: false
  list_harmed:
    description:
      - Whether RV(impact.harmed) lists all users who would be removed, converted, renamed or disabled, whatever O(impact_limit) is. The
        playbook C(plan) needs it.
    type: bool
    default: false
  state:
    description:
      - Whether the link should exist. With V(absent), all users leave the scope, as M(entra.cross_tenant_sync.sync_deprovision) makes them,
        and the options that describe the desired state are ignored.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.scope
  - entra.cross_tenant_sync.scope.allow_empty
  - entra.cross_tenant_sync.mapping
  - entra.cross_tenant_sync.mapping.groups
  - entra.cross_tenant_sync.impact
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
notes:
  - This module reads two tenants. In the source it needs the permissions that M(entra.cross_tenant_sync.link_info) needs, in the target
    C(User.Read.All), and for O(protected_importance) those of the guide to protection.
seealso:
  - module: entra.cross_tenant_sync.link_info
  - module: entra.cross_tenant_sync.sync_scope
  - module: entra.cross_tenant_sync.sync_mapping
"""

EXAMPLES = r"""
- name: Find out who would lose their account if Engineering takes the place of Sales
  entra.cross_tenant_sync.impact_info:
    target: "{{ tenants.fabrikam | entra.cross_tenant_sync.connection }}"
    configuration: Fabrikam
    scope_groups: [Engineering]
    scope_exact: true
    protected: [ceo@contoso.kr, Board]
  register: change

- name: Find out which groups would come and go if groups are synchronized as well
  entra.cross_tenant_sync.impact_info:
    target: "{{ tenants.fabrikam | entra.cross_tenant_sync.connection }}"
    configuration: Fabrikam
    groups: true
  register: with_groups

- name: Show it
  ansible.builtin.debug:
    msg: "{{ change.impact.summary }}"
"""

RETURN = r"""
impact:
  description:
    - What the change does to users. V(null) if nothing differs, or, with O(harmful_only), nothing that can do harm.
    - Also returned if the task fails because of a guard.
  returned: success
  type: dict
  contains:
    counts:
      description:
        - How many users have each effect - V(soft_deleted), V(disabled), V(converted), V(updated), V(restored), V(created), V(kept) (the
          user leaves the scope and the account stays), V(failed), V(skipped), V(unchanged), or V(unknown).
      type: dict
      sample: {soft_deleted: 1, created: 2}
    leaving:
      description:
        - How many users leave the scope, how many are in scope before, and the percentage. A user whose standing cannot be computed counts
          as leaving.
      type: dict
      sample: {count: 1, before: 4, percent: 25.0}
    users:
      description: The first users to whom something happens, protected ones first, then by effect.
      type: list
      elements: dict
      contains:
        user_principal_name:
          description: The name in the source tenant.
          type: str
          sample: minsu.kim@contoso.kr
        target_user_principal_name:
          description: The name of the account in the target tenant. V(null) if there is none, or it is not known.
          type: str
          sample: minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com
        source_id:
          description: The object id in the source tenant.
          type: str
          sample: 0f6d0b1c-2d3e-4f50-8a61-7b8c9d0e1f2a
        target_id:
          description: The object id in the target tenant.
          type: str
          sample: 5f8c2b7d-9a43-4c1e-8b16-0e7c2d4a9f35
        effect:
          description: What the next cycle does.
          type: str
          sample: soft_deleted
        before:
          description: Why the user is, or is not, in scope before the change.
          type: str
          sample: group Sales
        after:
          description: Why the user is, or is not, in scope after the change.
          type: str
          sample: not assigned
        reason:
          description: Why the effect is this one.
          type: str
          sample: not assigned
        changes:
          description: The mapped attributes that change, each with its value before and after, and why the latter is unknown if it is.
          type: list
          elements: dict
          sample: [{attribute: displayName, before: Kim Minsu, after: Kim Minsu (Contoso), unknown: null}]
        protected_by:
          description: Why the user is protected. Empty if nothing protects them.
          type: list
          elements: str
          sample: [Global Administrator]
    more:
      description: How many further users something happens to.
      type: int
      sample: 0
    importance:
      description: For each kind of O(protected_importance), V(checked), or why it is not checked.
      type: dict
      sample: {roles: checked, owners: checked, licences: checked, mailboxes: checked}
    incomplete:
      description: What could not be read or computed, one sentence each.
      type: list
      elements: str
      sample: []
    summary:
      description: The impact in one sentence.
      type: str
      sample: 1 of 4 users leave the scope; 1 deleted in the target; 1 of them protected
    harmed:
      description:
        - With O(list_harmed=true), all users who would be removed, converted, renamed or disabled, or might be, each with C(name),
          C(source_id), C(target_id) and C(effect). V(null) otherwise.
      type: list
      elements: dict
      sample:
        - name: minsu.kim@contoso.kr
          source_id: 0f6d0b1c-2d3e-4f50-8a61-7b8c9d0e1f2a
          target_id: 5f8c2b7d-9a43-4c1e-8b16-0e7c2d4a9f35
          effect: soft_deleted
groups:
  description:
    - What the change does to groups. V(null) if groups are synchronized neither before nor after it. It sends no further request.
    - A group whose kind is not known counts as synchronized.
  returned: success
  type: dict
  contains:
    created:
      description: The groups that are created in the target tenant, by name.
      type: list
      elements: str
      sample: [Engineering]
    deleted:
      description: The groups that leave the scope, and that the service soft-deletes in the target tenant if they were synchronized.
      type: list
      elements: str
      sample: [Sales]
    kept:
      description: The groups that stay in the target tenant with their members, and are not updated any more, because groups are switched off.
      type: list
      elements: str
      sample: []
    assigned:
      description:
        - What becomes of each assigned group, as RV(entra.cross_tenant_sync.sync_scope#module:scope.groups). Empty if groups are switched off.
      type: list
      elements: dict
      sample:
        - id: 5d1b6c8e-8c61-4c1c-9d2a-0f4b7a0c2e11
          name: Engineering
          kind: security
          becomes_group: true
          reason: a security group becomes a security group whose members follow those of the source
report:
  description:
    - The impact as lines of text, as the playbook C(sync) shows it - RV(impact.summary), the users to whom something happens, and what
      happens to groups.
  returned: success
  type: list
  elements: str
  sample:
    - 1 of 4 users leave the scope; 1 deleted in the target
    - "soft_deleted: minsu.kim@contoso.kr (directly assigned -> not assigned)"
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import IMPACT, MAPPING_RULES, TARGET, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences import foresight

SUBJECT = foresight.IMPACT
OPTIONS = Options(
    {
        "target": TARGET,
        **IMPACT,
        "harmful_only": {"type": "bool", "default": False},
        "list_harmed": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    },
    MAPPING_RULES,
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
