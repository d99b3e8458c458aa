#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sizing_info
short_description: Find out how much a link is before it is built or changed
version_added: 0.1.0
description:
  - Returns how many users are in scope after a change, how long a full cycle of the service then takes, how long the writes of a run take at
    the service's quota, and whether licences, the quota of the target's directory and the size of its cross-tenant access policy suffice.
    Changes nothing.
  - Groups with more than one page of members are counted rather than read, and no directory is listed, so a link takes about eight requests,
    most of which other tasks of the run have sent already.
  - What the service refuses is V(null), with a sentence in RV(sizing.findings). The task fails only if a tenant cannot be reached, or does not
    accept the sign-in.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  differences:
    description:
      - The differences of the link, as RV(entra.cross_tenant_sync.links_info#module:links) contains them. The writes of a run are counted from
        their actions. If not set, RV(sizing.writes) is V(null).
    type: list
    elements: dict
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.graph.target
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.scope
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
notes:
  - This module reads two tenants. In the source it needs the permissions that M(entra.cross_tenant_sync.link_info) needs, and
    C(LicenseAssignment.Read.All) to count licences; in the target C(Policy.Read.All), and C(Organization.Read.All) for the quota of the
    directory.
seealso:
  - module: entra.cross_tenant_sync.impact_info
  - module: entra.cross_tenant_sync.preflight_info
"""

EXAMPLES = r"""
- name: Find out how long the first cycle takes if Sales is synchronized
  entra.cross_tenant_sync.sizing_info:
    target: "{{ tenants.fabrikam | entra.cross_tenant_sync.connection }}"
    configuration: Fabrikam
    scope_groups: [Sales]
  register: size

- name: Show it
  ansible.builtin.debug:
    msg: "{{ size.sizing.first_cycle_minutes }} minutes for {{ size.sizing.users }} users"
"""

RETURN = r"""
sizing:
  description:
    - How much the link is. V(null) for what could not be read.
  returned: success
  type: dict
  contains:
    users:
      description:
        - How many users the scope contains after the change. Filters are not evaluated, and external users are not counted.
      type: int
      sample: 4210
    objects:
      description:
        - How many users, groups and members of groups a full cycle evaluates.
      type: int
      sample: 4212
    first_cycle_minutes:
      description:
        - How long a full cycle is expected to take, at least and at most, by the formula that Microsoft publishes.
      type: list
      elements: int
      sample: [43, 337]
    writes:
      description:
        - How many requests of the run write.
      type: int
      sample: 12
    write_minutes:
      description:
        - How many minutes they take if the service's quota for writes is used up.
      type: float
      sample: 0.1
    licences_needed:
      description:
        - How many licences with Entra ID P1 the source needs for the users of this link.
      type: int
      sample: 4210
    licences_found:
      description:
        - How many licences with Entra ID P1 the source has.
      type: int
      sample: 5000
    directory_used:
      description:
        - How many objects the directory of the target holds.
      type: int
      sample: 41200
    directory_total:
      description:
        - How many objects the directory of the target may hold.
      type: int
      sample: 300000
    policy_bytes:
      description:
        - The size of the cross-tenant access policy of the target.
      type: int
      sample: 3120
    policy_bytes_total:
      description:
        - The largest size that the service accepts.
      type: int
      sample: 25600
    findings:
      description:
        - What does not fit, and what could not be read, one sentence each.
      type: list
      elements: str
      sample: []
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import SIZING, TARGET, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import sizing

SUBJECT = sizing.INQUIRY
OPTIONS = Options(
    {
        "target": TARGET,
        **SIZING,
        "differences": {"type": "list", "elements": "dict"},
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
