#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: watch_info
short_description: Find protected users who are about to lose their accounts, whoever caused it
version_added: 0.1.0
description:
  - Finds users of the target who came from the source, who are named as protected or important there, and whom the link no longer has in
    scope, or whom a cycle is going to delete, disable or convert. It does not matter who changed what - this collection, the portal, or
    the members of an assigned group.
  - Also finds deletions that the deletion guard holds back, and counts what the next cycle does to users, as far as it can be computed.
  - It looks at what is in the service now. It does not need the desired state of the link, and changes nothing.
  - The playbook C(watch) runs it for every link of the inventory, and ends with an exit code for a scheduler.
  - Nothing in Microsoft Graph shows which accounts a link maintains. The provisioning log shows it for the accounts that it names. Of the
    others, an account counts as one that may be deleted if it is a member, is shown in the address list, or has a name, job title,
    department, company, office or telephone number, because an invitation sets none of these. All other accounts count as invited by hand -
    V(outside) in RV(not_in_scope).
  - In scope mode V(all) it reads all users of the source, a thousand at a time. In mode V(assigned), how many other users the two tenants
    have makes no difference. If accounts belong to no user in scope, the newest 10,000 entries of the provisioning log are read at most.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  protected:
    description:
      - Users and groups of either tenant whose accounts must not be lost. Users by user principal name, mail address or id, groups by display
        name or id.
    type: list
    elements: str
  protected_importance:
    description:
      - By what users of the target are important, and therefore protected - directory roles, active or eligible; ownership of groups and
        applications; licences; mailboxes. If not set, by any of these. An empty list is none.
      - What may not be read is named in RV(importance), and is never treated as unimportant - see RV(verdict).
    type: list
    elements: str
    choices: [roles, owners, licences, mailboxes]
  protected_release:
    description:
      - Users who may lose their accounts although they are protected, by user principal name in either tenant or by id.
    type: list
    elements: str
  max_removals:
    description:
      - How many users the next cycle may delete. More of them, protected or not, are a finding.
    type: int
  max_removal_percent:
    description:
      - How many per cent of the users in scope the next cycle may delete, from 0 to 100. More of them are a finding.
    type: int
  impact_limit:
    description:
      - How many users RV(users), RV(held) and each part of RV(leaving) name. RV(protected) names all.
    type: int
    default: 50
  source_domains:
    description:
      - The domains of the user principal names in the source tenant.
      - If not set, these are the verified domains of the source tenant and those of the users in scope. If the verified domains cannot be
        read, the default domain is looked up in the target tenant, which needs C(CrossTenantInformation.ReadBasic.All) there.
    type: list
    elements: str
  fail_on_findings:
    description:
      - Whether the task fails if RV(verdict) is not V(nothing). The message begins with C(Something was found) or C(Could not look).
      - It never fails for that in check mode.
    type: bool
    default: false
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
notes:
  - This module reads two tenants.
  - The provisioning log is kept for 30 days, or for 7 days without a premium licence.
seealso:
  - module: entra.cross_tenant_sync.coverage_info
  - module: entra.cross_tenant_sync.provisioning_log_info
  - module: entra.cross_tenant_sync.watch_report
"""

EXAMPLES = r"""
- name: Look at the users of a link
  entra.cross_tenant_sync.watch_info:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    target:
      tenant_id: afab079d-1f08-4de3-881e-435e497f923f
      client_id: 22222222-2222-4222-8222-222222222222
      client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    configuration: Fabrikam
    protected: [Board]
    protected_importance: [roles, owners]
    max_removals: 20
  register: watch

- name: Show who is about to lose an account
  ansible.builtin.debug:
    msg: "{{ watch.findings }}"
"""

RETURN = r"""
verdict:
  description:
    - V(nothing), V(something) if there are RV(findings), or V(could_not_look) if there are none but RV(could_not_look) says what is not known.
    - Without any user at risk, it makes no difference who is important, so a missing permission for that does not count.
  returned: success
  type: str
  sample: something
summary:
  description: The findings, or what could not be looked at, or the state of the link, in one line.
  returned: success
  type: str
  sample: >-
    minsu.kim@contoso.kr (Global Administrator) will be deleted in the next cycle: not assigned; this link maintains the account, as the log of
    2026-05-12T02:00:00Z shows
findings:
  description: What somebody has to look at, one sentence each - protected users, held deletions, and more deletions than allowed.
  returned: success
  type: list
  elements: str
could_not_look:
  description: What could not be read or computed, so that it is not certain that there is nothing, one sentence each.
  returned: success
  type: list
  elements: str
  sample: []
protected:
  description:
    - The protected users who are no longer in scope, or to whom a cycle does harm, without those in O(protected_release). All of them.
  returned: success
  type: list
  elements: dict
  contains:
    user_principal_name:
      description: The name in the source. V(null) if there is no such user any more.
      type: str
      sample: minsu.kim@contoso.kr
    target_user_principal_name:
      description: The name in the target. V(null) if there is no account.
      type: str
      sample: minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com
    source_id:
      description: The object id in the source.
      type: str
      sample: c0000000-0000-4000-8000-000000000101
    target_id:
      description: The object id in the target.
      type: str
      sample: 5d6e7f80-91a2-43b4-85c6-d7e8f9a0b1c2
    effect:
      description:
        - What a cycle does - V(soft_deleted), V(disabled), V(converted), V(updated), V(restored), V(created), V(kept), V(failed), V(skipped),
          V(unchanged) or V(unknown).
      type: str
      sample: soft_deleted
    before:
      description: Why the user was in scope, as far as it is known.
      type: str
      sample: this link maintains the account, as the log of 2026-05-12T02:00:00Z shows
    after:
      description: Why the user is or is not in scope now.
      type: str
      sample: not assigned
    reason:
      description: Why that happens.
      type: str
    changes:
      description: The attributes that change.
      type: list
      elements: dict
    protected_by:
      description: Why the user is protected. Empty for others.
      type: list
      elements: str
      sample: [Global Administrator]
users:
  description: The users to whom something happens, as in RV(protected), protected users first, then by effect. At most O(impact_limit).
  returned: success
  type: list
  elements: dict
more:
  description: How many such users are not named.
  returned: success
  type: int
  sample: 0
counts:
  description: The number of users by effect.
  returned: success
  type: dict
  sample: {soft_deleted: 2, unchanged: 39}
in_scope:
  description: How many users are in scope.
  returned: success
  type: int
  sample: 39
differing:
  description:
    - How many users in scope differ from the mappings although no full cycle is due. The service writes them when they change in the source.
  returned: success
  type: int
  sample: 0
not_in_scope:
  description:
    - The number of accounts whose users are not in scope, by what becomes of them.
    - V(removed) - the link maintains them, and the next cycle deletes them; V(held) - the deletion guard holds that back; V(refused) - the
      service has tried it and failed; V(may_be_removed) - the link may maintain them; V(kept) - the link does not delete them; V(outside) -
      nothing shows that the link maintains them.
  returned: success
  type: dict
  sample: {removed: 2, outside: 4}
leaving:
  description:
    - The names of the users whose accounts a cycle may delete, by what becomes of them - V(removed), V(held), V(refused) and V(may_be_removed) as
      in RV(not_in_scope), at most O(impact_limit) of each.
  returned: success
  type: dict
  sample: {removed: [minsu.kim@contoso.kr, hyejin.lee@contoso.kr]}
next_cycle:
  description: When it runs, whether it compares every user with the target, and how many accounts it deletes.
  returned: success
  type: dict
  sample: {when: in the next cycle, full: false, removes: 2}
held:
  description: The deletions that the deletion guard holds back - since when, how many, and the first users. V(null) if there are none.
  returned: success
  type: dict
  sample: null
job_state:
  description: Whether cycles run, V(started) or V(paused).
  returned: success
  type: str
  sample: started
importance:
  description: For each kind of importance V(checked), or why it was not. Empty if no user is at risk.
  returned: success
  type: dict
  sample: {roles: checked, owners: checked, licences: checked, mailboxes: checked}
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONFIGURATION, LIMITS, PROTECTED, TARGET, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences import watch

SUBJECT = watch.INQUIRY
OPTIONS = Options(
    {
        "target": TARGET,
        **CONFIGURATION,
        **PROTECTED,
        **LIMITS,
        "source_domains": {"type": "list", "elements": "str"},
        "fail_on_findings": {"type": "bool", "default": False},
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
