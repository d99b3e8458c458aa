#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: provisioning_log_info
short_description: Read the provisioning log of a configuration
version_added: 0.1.0
description:
  - Returns what the service did with which users, what failed, and how to fix it.
  - The log covers thirty days. Its entries appear with a delay of some minutes.
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
options:
  users:
    description:
      - Only entries of these users, by object id, display name or user principal name in the source tenant.
    type: list
    elements: str
  since:
    description:
      - Only entries after this time, in ISO 8601.
    type: str
  until:
    description:
      - Only entries before this time, in ISO 8601.
    type: str
  statuses:
    description:
      - Only entries with one of these results.
    type: list
    elements: str
    choices: [success, failure, skipped, warning]
  actions:
    description:
      - Only entries of these actions. V(stagedDelete) is a deletion that the deletion guard holds back.
    type: list
    elements: str
    choices: [create, update, delete, disable, stagedDelete, other]
  limit:
    description:
      - How many entries to return at most, the newest first.
    type: int
    default: 1000
extends_documentation_fragment:
  - entra.cross_tenant_sync.graph
  - entra.cross_tenant_sync.configuration
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
attributes:
  action_group: {}
"""

EXAMPLES = r"""
- name: Read the failures of the night
  entra.cross_tenant_sync.provisioning_log_info:
    configuration: Fabrikam
    since: "2026-11-23T00:00:00Z"
    statuses: [failure, warning]
  register: log

- name: Show the causes
  ansible.builtin.debug:
    var: log.summary
"""

RETURN = r"""
entries:
  description:
    - The entries, newest first.
    - C(unmet) lists the clauses of scoping filters that did not hold, the built-in filter included. C(alternativeSecurityIds EQUALS 'None') is
      unmet for external users, and for users with SMS sign-in.
  returned: success
  type: list
  elements: dict
  sample:
    - time: "2026-11-23T02:01:09Z"
      action: create
      status: failure
      source:
        name: Kim Minsu
        user_principal_name: minsu.kim@contoso.kr
      code: AzureActiveDirectoryForbidden
      remedy: the target's external collaboration settings do not allow invitations
      step: EntryExportAdd
      unmet: []
summary:
  description: How often each action had which result, and the codes of the failures, the most frequent first.
  returned: success
  type: dict
  sample:
    total: 12
    outcomes:
      create success: 11
      create failure: 1
    error_codes:
      AzureActiveDirectoryForbidden: 1
error:
  description: The answer of the service that caused the failure, as RV(entra.cross_tenant_sync.sync_configuration#module:error).
  returned: failure
  type: dict
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import run_module
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONFIGURATION, Options
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import provisioning_log

SUBJECT = provisioning_log.INQUIRY
OPTIONS = Options(
    {
        **CONFIGURATION,
        "users": {"type": "list", "elements": "str"},
        "since": {"type": "str"},
        "until": {"type": "str"},
        "statuses": {"type": "list", "elements": "str", "choices": ["success", "failure", "skipped", "warning"]},
        "actions": {
            "type": "list",
            "elements": "str",
            "choices": ["create", "update", "delete", "disable", "stagedDelete", "other"],
        },
        "limit": {"type": "int", "default": 1000},
    },
    writes=False,
)


def main() -> None:
    """Run the module."""
    run_module(SUBJECT, OPTIONS)


if __name__ == "__main__":
    main()
