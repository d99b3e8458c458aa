#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_info
short_description: Find out what is missing or in the way of a link
version_added: 0.1.0
description:
  - Checks both tenants of a link, or one of them, and reports what would go wrong, with cause and remedy, before anything is written.
  - The permissions in the access token are compared with what the steps of a link need, before the first request to Microsoft Graph.
    A check for which a permission is missing is not made; the finding about the permission names that check.
  - In the source it checks the switch, B2B collaboration, room in the policy, configurations, licences, and the users in scope.
  - In the target it checks the switches, B2B collaboration, invitations, mail domains, room in the policy and the directory, and
    conflicts of the users in scope, and whether it can be seen which users are important there.
  - If the connection to the target has C(exchange), it also checks whether Exchange there can be asked, and reads there instead of in
    Microsoft Graph which contacts and groups have the address of a user. Nothing that is found about Exchange is an error.
  - A check that cannot be made is a finding of severity V(unknown). It is never reported as a check without findings.
  - The role P(entra.cross_tenant_sync.preflight#role) calls it for both tenants, prints RV(report), and fails if the link is not RV(ready).
  - With O(share), it is checked whether both tenants have capabilities of Microsoft 365, whether the trust lets them take effect, and, in
    each tenant whose connection has O(exchange=true), whether old objects of Exchange take precedence over them. The scope and the groups of
    O(share) are not checked.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  side:
    description:
      - The tenants to check. With V(link), the connection options are those of the source tenant, O(target) is the connection to the target
        tenant, and both are checked.
      - With V(source) or V(target), the tenant that the connection options name, which is that side of the link.
    type: str
    choices: [link, source, target]
    required: true
  partner_tenant_id:
    description:
      - The other tenant of the link, as its id or one of its domains. Required for one tenant, and not used with O(side=link).
    type: str
  partner_cloud:
    description:
      - The cloud of the other tenant, if it may be another one than O(cloud). Not used with O(side=link).
    type: str
    choices: [global, usgov, usgov_dod, china]
  purpose:
    description:
      - V(apply) also checks the permissions that changes need. V(plan) only checks those needed to read.
      - V(plan) in check mode, otherwise V(apply), if not set.
    type: str
    choices: [apply, plan]
  strict:
    description:
      - Whether a link with warnings is not RV(ready) either.
    type: bool
    default: false
  switches:
    description:
      - With V(report), RV(switches) returns them, and one that is off is no finding, because the roles turn it on.
      - With V(require), a switch that is off is an error.
    type: str
    choices: [report, require]
    default: report
  source_name:
    description:
      - The name of the source tenant in RV(findings), RV(refusal) and RV(report). Its O(tenant_id) if not set.
    type: str
  target:
    description:
      - The connection to the target tenant, with O(side=link). The connection options of the task itself are those of the source tenant.
      - The same environment variables are used for both tenants.
    type: dict
    required: false
  target_name:
    description:
      - The name of the target tenant in RV(findings), RV(refusal) and RV(report). Its tenant id as given if not set.
    type: str
  configuration:
    description:
      - The name of the link's configuration, in the source.
    type: str
  adopt:
    description:
      - As O(entra.cross_tenant_sync.sync_configuration#module:adopt), in the source.
    type: bool
    default: false
  others:
    description:
      - As O(entra.cross_tenant_sync.sync_configuration#module:others), in the source.
    type: list
    elements: str
  scope_mode:
    description:
      - Which users are going to be in scope, in the source, as in O(entra.cross_tenant_sync.sync_scope#module:mode).
    type: str
    choices: [assigned, all]
  users:
    description:
      - Users who are going to be in scope, in the source, as in O(entra.cross_tenant_sync.sync_scope#module:users).
        Users who are already assigned are checked, too.
    type: list
    elements: str
  groups:
    description:
      - Groups that are going to be in scope, in the source, as in O(entra.cross_tenant_sync.sync_scope#module:groups).
    type: list
    elements: str
  group_sync:
    description:
      - Whether groups are going to be synchronized as groups too, as with O(entra.cross_tenant_sync.sync_mapping#module:groups). Then it is
        checked which of the groups in scope become groups, whether the job can synchronize them, the licences for it, and the switch of the
        target, for which the beta version of Microsoft Graph is asked. Otherwise nothing of this is read.
    type: bool
    default: false
  exact:
    description:
      - Whether only O(users) and O(groups) are going to be in scope.
    type: bool
    default: false
  arriving_users:
    description:
      - The users who are to arrive, for O(side=target) - RV(arriving_users) of the source's preflight.
    type: list
    elements: dict
    suboptions:
      user_principal_name:
        description:
          - The name in the source.
        type: str
        required: true
      mail:
        description:
          - The mail address in the source.
        type: str
  source_domains:
    description:
      - The source's domains, in the target. If they are set, no permission to look them up is needed.
    type: list
    elements: str
  protected_importance:
    description:
      - The kinds of importance that protect users, in the target, as in O(entra.cross_tenant_sync.sync_scope#module:protected_importance).
        It is checked whether they can be read. All kinds if not set.
    type: list
    elements: str
    choices: [roles, owners, licences, mailboxes]
extends_documentation_fragment:
  - entra.cross_tenant_sync.share
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.tenant_info
  - module: entra.cross_tenant_sync.link_info
  - module: entra.cross_tenant_sync.sync_job_info
notes:
  - In check mode it looks at the same, but for the default of O(purpose).
  - Users, groups and contacts of the target are searched for by the addresses of the users in scope - for fifteen users it takes four requests,
    and up to twenty requests are one batch. How many others the target has makes no difference.
"""

EXAMPLES = r"""
- name: Check both tenants of a link
  entra.cross_tenant_sync.preflight_info:
    side: link
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    source_name: contoso
    target:
      tenant_id: afab079d-1f08-4de3-881e-435e497f923f
      client_id: 22222222-2222-4222-8222-222222222222
      client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    target_name: fabrikam
    configuration: Fabrikam
    users: [minsu.kim@contoso.kr]
    groups: [Sales]
  register: preflight

- name: Print what was found
  ansible.builtin.debug:
    msg: "{{ preflight.report }}"

- name: Stop if something is missing
  ansible.builtin.assert:
    that: preflight.ready
    fail_msg: "{{ preflight.refusal }}"

- name: Check the target alone, as its own administrator
  entra.cross_tenant_sync.preflight_info:
    side: target
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    partner_tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
"""

RETURN = r"""
findings:
  description:
    - What was found, the worst first. C(severity) is V(error), V(warning), or V(unknown) for a check that could not be made.
    - C(check) is one of C(permissions), C(cloud), C(exchange), C(old_sharing), C(switches), C(collaboration), C(policy_size), C(configurations), C(users),
      C(licences), C(invitations), C(domains), C(quota), C(addresses), C(guests), C(deleted_users), C(importance),
      C(group_sync), C(group_sync_inbound), C(sharing). For what could not be read, it is also one of C(policy),
      C(mail_domains), C(groups), C(contacts), C(recipients).
  returned: success
  type: list
  elements: dict
  sample:
    - severity: error
      tenant: fabrikam
      check: invitations
      cause: the external collaboration settings do not allow guest invitations, so no user can be created
      remedy: in the external collaboration settings of this tenant, allow at least administrators and guest inviters to invite guests
ready:
  description: Whether there is no error among the findings, and with O(strict) no warning either.
  returned: success
  type: bool
  sample: false
refusal:
  description: Why the link is not ready, all findings in one text. V(null) if it is ready.
  returned: success
  type: str
  sample: >-
    Tenant fabrikam, invitations: the external collaboration settings do not allow guest invitations, so no user can be created;
    in the external collaboration settings of this tenant, allow at least administrators and guest inviters to invite guests.
report:
  description: The lines of a table with the findings, the switches, and how many findings of each severity there are.
  returned: success
  type: list
  elements: str
  sample:
    - severity  tenant    check            cause; remedy
    - switch    contoso   switches         redemption_outbound is on
    - 0 errors, 0 warnings, 0 not known
switches:
  description: The switches that the tenants have for the link. V(null) where a switch could not be read.
  returned: success
  type: dict
  sample:
    redemption_outbound: true
    user_sync_inbound: true
    redemption_inbound: false
sharing:
  description:
    - What each tenant that was checked lets the users of the other one see now, in its entry for the other one or by default, with the values
      of the options of M(entra.cross_tenant_sync.cross_tenant_capability). V(null) without O(share), and if it could not be read.
  returned: success
  type: dict
  sample:
    source:
      free_busy: basic
      mail_tips: none
      calendar_sharing: none
      profile_card: false
      room_booking: false
      desk_booking: false
    target: null
arriving_users:
  description: The users who are not in the target yet. With O(side=source), all users who are to arrive.
  returned: success
  type: list
  elements: dict
  sample:
    - user_principal_name: minsu.kim@contoso.kr
      mail: minsu.kim@contoso.kr
error:
  description: What the service answered, for a failure that it caused.
  returned: failure
  type: dict
  sample:
    code: SignInFailure
    aadsts: [7000215]
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import (
    CAPABILITY,
    PROTECTED,
    TARGET_OR_ENVIRONMENT,
    Options,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.permissions import SOURCE, TARGET
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight import inquiry as preflight

SUBJECT = preflight.INQUIRY
USER = {"user_principal_name": {"type": "str", "required": True}, "mail": {"type": "str"}}
OPTIONS = Options(
    {
        "side": {"type": "str", "choices": ["link", "source", "target"], "required": True},
        "target": TARGET_OR_ENVIRONMENT,
        "partner_tenant_id": {"type": "str"},
        "partner_cloud": {"type": "str", "choices": list(CLOUDS)},
        "purpose": {"type": "str", "choices": ["apply", "plan"]},
        "strict": {"type": "bool", "default": False},
        "switches": {"type": "str", "choices": ["report", "require"], "default": "report"},
        "source_name": {"type": "str"},
        "target_name": {"type": "str"},
        "configuration": {"type": "str"},
        "adopt": {"type": "bool", "default": False},
        "others": {"type": "list", "elements": "str"},
        "scope_mode": {"type": "str", "choices": ["assigned", "all"]},
        "users": {"type": "list", "elements": "str"},
        "groups": {"type": "list", "elements": "str"},
        "exact": {"type": "bool", "default": False},
        "group_sync": {"type": "bool", "default": False},
        "share": {"type": "dict", "options": {side: {"type": "dict", "options": CAPABILITY} for side in (SOURCE, TARGET)}},
        "arriving_users": {"type": "list", "elements": "dict", "options": USER},
        "source_domains": {"type": "list", "elements": "str"},
        "protected_importance": PROTECTED["protected_importance"],
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
