#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coverage_info
short_description: Find out who of the source is not in the target, and whom no link will ever remove
version_added: 0.1.0
description:
  - Puts every user of the source tenant into exactly one class, and every account in the target tenant that came from the source, with the
    reason. The numbers of the classes add up to the totals, to the last user.
  - Finds the enabled, licensed users who are not in the target and will not be, and the accounts that no link will ever remove, for example
    because they were invited by hand and are in scope of no link.
  - All configurations of the source that serve the target are taken together. Changes nothing.
  - What it costs - it lists all users of the source, 999 at a time, with the attributes that the filters of the links read. A page is
    dropped before the next one is read. Accounts in the target are selected by the domains of the source, a thousand at a time. Of the
    provisioning log of each link, the newest 10,000 entries are read at most, 500 at a time, of which the service allows five requests in ten
    seconds.
  - Nothing in Microsoft Graph shows which accounts a link maintains. M(entra.cross_tenant_sync.watch_info) describes what is used instead.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  limit:
    description:
      - How many users and accounts of each class are named. All are counted.
    type: int
    default: 50
  source_domains:
    description:
      - The domains of the user principal names in the source tenant, by which its accounts in the target are recognized.
      - If not set, these are the verified domains of the source tenant. If they cannot be read, its default domain is looked up in the target
        tenant, which needs C(CrossTenantInformation.ReadBasic.All) there.
    type: list
    elements: str
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
notes:
  - This module reads two tenants.
  - Two users of the source who share a mail address share one account, which is one account in RV(accounts), and both have arrived.
seealso:
  - module: entra.cross_tenant_sync.watch_info
  - module: entra.cross_tenant_sync.preflight_info
"""

EXAMPLES = r"""
- name: Find out who of Contoso is not in Fabrikam
  entra.cross_tenant_sync.coverage_info:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    target:
      tenant_id: afab079d-1f08-4de3-881e-435e497f923f
      client_id: 22222222-2222-4222-8222-222222222222
      client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    limit: 500
  register: coverage

- name: Show who is missing, and why
  ansible.builtin.debug:
    msg: "{{ coverage.users.missing.users }}"
"""

RETURN = r"""
links:
  description: The names of the configurations of the source that serve the target.
  returned: success
  type: list
  elements: str
  sample: [Fabrikam]
users:
  description:
    - The users of the source, C(total) and by class. Each class has C(count), and C(reasons) with their numbers. The classes V(missing),
      V(in_target), V(coming) and V(unknown) also have C(users), each with C(name) and C(reason), and C(more), the number of those who are not named.
    - V(arrived) - in scope of a link, with an account in the target.
    - V(in_target) - with an account, in scope of no link.
    - V(coming) - in scope, without an account, which a cycle creates.
    - V(missing) - enabled and licensed, without an account, which no cycle creates. The reason is that of the scope or the filter, or what the
      log says.
    - V(unlicensed), V(disabled), V(external) - without an account, and not expected to have one.
    - V(unknown) - it cannot be computed.
  returned: success
  type: dict
  sample:
    total: 30
    missing:
      count: 2
      reasons: {not assigned: 2}
      users:
        - {name: sora.yoon@contoso.kr, reason: not assigned}
        - {name: bora.cho@contoso.kr, reason: not assigned}
      more: 0
accounts:
  description:
    - The accounts in the target of users who came from the source, C(total) and by class, as in RV(users). All classes but V(maintained) have
      C(users), by the names in the source from which those of the accounts were made.
    - V(maintained) - the user is in scope of a link.
    - V(removed) - a cycle deletes the account.
    - V(may_be_removed) - a cycle may delete the account; the log does not show whether a link maintains it.
    - V(never_removed) - no link deletes it - invited by hand and in scope of no link, an invitation that is not redeemed, a link without the
      target action delete, or a user who was disabled before leaving the scope.
    - V(unknown) - whether the user is in scope cannot be computed.
  returned: success
  type: dict
  sample:
    total: 13
    never_removed:
      count: 1
      reasons: {not assigned; the invitation is not redeemed, so no job maintains the account: 1}
      users:
        - {name: nari.im@contoso.kr, reason: not assigned; the invitation is not redeemed, so no job maintains the account}
      more: 0
incomplete:
  description: What could not be read, one sentence each.
  returned: success
  type: list
  elements: str
  sample: []
summary:
  description: The numbers in one line.
  returned: success
  type: str
  sample: >-
    30 users of the source: 12 arrived, 0 coming, 2 enabled and licensed ones are missing; 13 accounts in the target: 1 that no link will ever
    remove, 0 that may be removed
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import TARGET, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences import coverage_reading

SUBJECT = coverage_reading.INQUIRY
OPTIONS = Options(
    {
        "target": TARGET,
        "limit": {"type": "int", "default": 50},
        "source_domains": {"type": "list", "elements": "str"},
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
