#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_info
short_description: Find out what is missing or in the way of a link, in one of its tenants
description:
  - Looks at one tenant of a link and tells what would go wrong, with cause and remedy, before anything is written.
  - The permissions in the access token are compared with what the steps of a link need, before Microsoft Graph is asked anything.
    A check that a permission is missing for is not attempted; the finding about the permission tells which it is.
  - In the source it looks at the switch, B2B collaboration, room in the policy, configurations, licences, and the people in scope.
  - In the target it looks at the switches, B2B collaboration, invitations, mail domains, room in the policy and the directory, and at
    whoever is in the way of the people in scope.
  - A check that cannot be made is a finding of severity V(unknown). It never passes for something that is fine.
  - The role P(entra.cross_tenant_sync.preflight#role) calls it for both tenants and prints one table.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  side:
    description:
      - Which tenant of the link this is.
    type: str
    choices: [source, target]
    required: true
  partner_tenant_id:
    description:
      - The other tenant of the link, as its id or one of its domains.
    type: str
    required: true
  partner_cloud:
    description:
      - The cloud of the other tenant, if it may be another one than O(cloud).
    type: str
    choices: [global, usgov, usgov_dod, china]
  purpose:
    description:
      - V(apply) also wants the permissions that changes need. V(plan) is content with those to read.
    type: str
    choices: [apply, plan]
    default: apply
  switches:
    description:
      - With V(report), RV(switches) tells them, and one that is off is nothing to mend, because the roles are going to set it.
      - With V(require), a switch that is off is an error.
    type: str
    choices: [report, require]
    default: report
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
      - Who is going to be in scope, in the source, as in O(entra.cross_tenant_sync.sync_scope#module:mode).
    type: str
    choices: [assigned, all]
  users:
    description:
      - People who are going to be in scope, in the source, as in O(entra.cross_tenant_sync.sync_scope#module:users).
        Whoever is assigned already is looked at as well.
    type: list
    elements: str
  groups:
    description:
      - Groups that are going to be in scope, in the source, as in O(entra.cross_tenant_sync.sync_scope#module:groups).
    type: list
    elements: str
  exact:
    description:
      - Whether O(users) and O(groups) are all who are going to be in scope.
    type: bool
    default: false
  people:
    description:
      - Who is to arrive in the target - RV(people) of the source's preflight.
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
      - The source's domains, in the target. Where they are known, nothing has to be looked up, which needs a permission.
    type: list
    elements: str
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
seealso:
  - module: entra.cross_tenant_sync.tenant_info
  - module: entra.cross_tenant_sync.sync_job_info
notes:
  - The answer is the same in check mode.
  - Up to 150 people are looked for by their addresses. For more, all users, groups and contacts of the target are read, a thousand at a time.
"""

EXAMPLES = r"""
- name: Look at the source
  entra.cross_tenant_sync.preflight_info:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
    side: source
    partner_tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    configuration: Fabrikam
    users: [minsu.kim@contoso.kr]
    groups: [Sales]
  register: source

- name: Look at the target, with the people in scope
  entra.cross_tenant_sync.preflight_info:
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
    side: target
    partner_tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    people: "{{ source.people }}"
  register: target

- name: Stop if something is missing
  ansible.builtin.assert:
    that: source.ready and target.ready
"""

RETURN = r"""
findings:
  description:
    - What was found, the worst first. C(severity) is V(error), V(warning), or V(unknown) for a check that could not be made.
    - C(check) is one of C(permissions), C(cloud), C(switches), C(policy), C(policy_size), C(collaboration), C(invitations), C(domains),
      C(configurations), C(people), C(groups), C(contacts), C(mail_domains), C(addresses), C(guests), C(deleted_people), C(quota),
      C(licences).
  returned: success
  type: list
  elements: dict
  sample:
    - severity: error
      tenant: afab079d-1f08-4de3-881e-435e497f923f
      check: invitations
      cause: the external collaboration settings let nobody invite guests, so nobody can be created
      remedy: in the external collaboration settings of this tenant, let at least administrators and guest inviters invite
ready:
  description: Whether there is no error among the findings.
  returned: success
  type: bool
  sample: false
switches:
  description: The switches that this tenant has for the link. Null where the switch could not be read.
  returned: success
  type: dict
  sample:
    user_sync_inbound: true
    redemption_inbound: false
people:
  description: In the source, who is to arrive. In the target, who of them is not there yet.
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
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight import inquiry as preflight

SUBJECT = preflight.INQUIRY
PERSON = {"user_principal_name": {"type": "str", "required": True}, "mail": {"type": "str"}}
OPTIONS = Options(
    {
        "side": {"type": "str", "choices": ["source", "target"], "required": True},
        "partner_tenant_id": {"type": "str", "required": True},
        "partner_cloud": {"type": "str", "choices": list(CLOUDS)},
        "purpose": {"type": "str", "choices": ["apply", "plan"], "default": "apply"},
        "switches": {"type": "str", "choices": ["report", "require"], "default": "report"},
        "configuration": {"type": "str"},
        "adopt": {"type": "bool", "default": False},
        "others": {"type": "list", "elements": "str"},
        "scope_mode": {"type": "str", "choices": ["assigned", "all"]},
        "users": {"type": "list", "elements": "str"},
        "groups": {"type": "list", "elements": "str"},
        "exact": {"type": "bool", "default": False},
        "people": {"type": "list", "elements": "dict", "options": PERSON},
        "source_domains": {"type": "list", "elements": "str"},
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
