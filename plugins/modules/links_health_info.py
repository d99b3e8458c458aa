#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: links_health_info
short_description: Report the health of all links of a play
description:
  - Reports of every link of the play's batch the state of its job, the users in the target, the users who failed with the cause and the
    remedy, a quarantine with the days that are left, deletions, and whether its cycles are late. Changes nothing.
  - It compares nothing with the desired state, apart from whether the job must run. M(entra.cross_tenant_sync.links_info) does that.
  - The reads of all links of a tenant share batches. The provisioning log is read once for each source tenant, with at most two requests,
    however many links it has. See RV(links.log_since) for what is not read then.
  - A link whose variables are wrong, or whose tenant cannot be read, could not be looked at, and keeps no other from being looked at. A link
    that must not exist is not looked at.
  - Without a permission for the log (C(ProvisioningLog.Read.All) is the least one), the job is judged nevertheless.
  - It is an action that runs in the controller, where the variables of all hosts are. Every link must run its tasks there.
  - Use it with C(run_once).
version_added: 0.1.0
options:
  stale_factor:
    description:
      - The last cycle of a job that runs is late if it ended longer ago than so many intervals of the job, and the time that this cycle
        took. While a full cycle runs, or in quarantine, an interval is a day. It must be greater than 0.
    type: float
    default: 3
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
seealso:
  - module: entra.cross_tenant_sync.link_verdict
  - module: entra.cross_tenant_sync.sync_job_info
  - module: entra.cross_tenant_sync.provisioning_log_info
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Report the health of all links
  hosts: links
  connection: local
  gather_facts: false
  tasks:
    - name: Look at all links and at the logs of their sources
      entra.cross_tenant_sync.links_health_info:
      run_once: true
      register: health

    - name: Show the health of this link
      ansible.builtin.debug:
        msg: "{{ health.links[inventory_hostname].line }}"
"""

RETURN = r"""
verdict:
  description:
    - The verdict on all links. V(degraded) if any link is, else V(could_not_look) if any could not be looked at, else V(healthy).
  returned: success
  type: str
  sample: degraded
summary:
  description: The numbers of links by verdict, and up to ten links that are not healthy, one line each, as for a notification.
  returned: success
  type: list
  elements: str
  sample:
    - "2 links: 1 degraded, 1 healthy"
    - "contoso_to_fabrikam: Degraded. 1 user failed with InvitationCreationFailure (the invitation failed; check the target's invitation
      settings and allowed domains): minsu.kim@contoso.kr; job degraded, last cycle ended 2026-11-25T02:01:10Z; 41 synced users;
      deletions: 0 in 7 days, 3 in 30 days"
links:
  description: The links, by inventory host.
  returned: success
  type: dict
  contains:
    verdict:
      description:
        - V(healthy); V(degraded) if there are RV(links.problems); V(could_not_look) if there are none, and not everything was read. A link
          that must not exist is V(healthy).
      type: str
      sample: healthy
    line:
      description: The whole state in one line. It begins with C(Healthy.), C(Degraded.) or C(Could not look.), which never change.
      type: str
      sample: "Healthy. job healthy since 2026-11-23T02:01:10Z, last cycle ended 2026-11-25T02:01:10Z; 41 synced users; no failures;
        deletions: 0 in 7 days, 3 in 30 days"
    problems:
      description: What somebody has to do something about, one sentence each.
      type: list
      elements: str
      sample: []
    could_not_look:
      description: What could not be read, one sentence each.
      type: list
      elements: str
      sample: []
    job:
      description: The job, as RV(entra.cross_tenant_sync.sync_job_info#module:job).
      type: dict
    last_cycle:
      description: When the last cycle ended.
      type: str
      sample: "2026-11-25T02:01:10Z"
    stale:
      description: Whether the last cycle ended too long ago, see O(stale_factor).
      type: bool
      sample: false
    users:
      description: How many users of the source tenant are in the target tenant, as RV(entra.cross_tenant_sync.link_info#module:synced_users).
      type: int
      sample: 41
    failures:
      description: The users whose newest entry in the log is a failure, by code. A user who succeeded later, or left the scope, is none of them.
      type: list
      elements: dict
      contains:
        code:
          description: The service's code.
          type: str
          sample: InvitationCreationFailure
        count:
          description: The number of users.
          type: int
          sample: 1
        users:
          description: The names of up to five of them.
          type: list
          elements: str
          sample: [minsu.kim@contoso.kr]
        reason:
          description: The service's own words about one of them.
          type: str
          sample: The invited user's domain is not allowed.
        remedy:
          description: The cause and what to do. V(null) for an unknown code.
          type: str
          sample: the invitation failed; check the target's invitation settings and allowed domains
    quarantine:
      description: The quarantine of the job. V(null) if there is none.
      type: dict
      contains:
        since:
          description: Since when the job is in quarantine.
          type: str
          sample: "2026-11-20T02:00:00Z"
        reason:
          description: The service's reason.
          type: str
          sample: TooManyDeletes
        days_left:
          description: How many days are left until the service disables the job.
          type: int
          sample: 23
    deletions:
      description:
        - How many users the service has deleted in the target in the last C(7) and C(30) days. V(null) if the log was not read.
      type: dict
      sample: {"7": 0, "30": 3}
    deletions_since:
      description:
        - Since when all deletions are known. If this is later than 30 days ago, the number in RV(links.deletions) is the least possible one. A
          tenant without a premium licence keeps its log for seven days only.
      type: str
      sample: "2026-10-26T02:10:00Z"
    log_since:
      description: Since when the log was read. Older failures and cycles are not known.
      type: str
      sample: "2026-11-18T02:10:00Z"
    cycles:
      description: What the log has of each cycle, or of each day if there are more than 60 cycles, oldest first. Users who were skipped are
        missing.
      type: list
      elements: dict
      contains:
        time:
          description: The time of the first entry.
          type: str
          sample: "2026-11-25T02:00:00Z"
        counts:
          description: The number of entries by action and result.
          type: dict
          sample: {"create success": 2, "update success": 5}
done:
  description: The hosts that need no further task, as keys - the healthy ones, if there are more than 20.
  returned: success
  type: dict
all_done:
  description: Whether no host needs a further task.
  returned: success
  type: bool
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

ARGUMENTS = {"stale_factor": {"type": "float", "default": 3}}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("links_health_info", ARGUMENTS)


if __name__ == "__main__":
    main()
