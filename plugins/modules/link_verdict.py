#!/usr/bin/python
# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: link_verdict
short_description: End a link by the verdict on it
description:
  - Reports the verdict of a playbook that only looks, so that a scheduler knows it from the exit code of C(ansible-playbook) - 0 if all is
    well, 2 if something was found, 4 if something could not be looked at. What was found prevails.
  - It is an action that runs in the controller, and sends no request.
version_added: 0.1.0
options:
  verdict:
    description: The verdict on this link.
    type: str
    choices: [healthy, in_sync, nothing, degraded, drifted, something, could_not_look]
    required: true
  whole:
    description: The verdict on all links of the run.
    type: str
    choices: [healthy, in_sync, nothing, degraded, drifted, something, could_not_look]
    required: true
  summary:
    description: The verdict in words. It becomes the message.
    type: str
    required: true
  fail:
    description: Whether a verdict other than V(healthy), V(in_sync) or V(nothing) fails the link, or makes it unreachable.
    type: bool
    default: true
extends_documentation_fragment:
  - entra.cross_tenant_sync.attributes.controller
  - entra.cross_tenant_sync.attributes
  - entra.cross_tenant_sync.attributes.info_module
seealso:
  - module: entra.cross_tenant_sync.watch_report
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: End with exit code 2 if the link is degraded, and with 4 if it could not be looked at
  entra.cross_tenant_sync.link_verdict:
    verdict: degraded
    whole: degraded
    summary: contoso_to_fabrikam is degraded - the job is in quarantine since 2026-11-20T02:00:00Z
"""

RETURN = r"""
msg:
  description: The verdict in words.
  returned: always
  type: str
  sample: contoso_to_fabrikam is degraded - the job is in quarantine since 2026-11-20T02:00:00Z
"""

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.controller_only import refuse_module

_VERDICT = {
    "type": "str",
    "choices": ["healthy", "in_sync", "nothing", "degraded", "drifted", "something", "could_not_look"],
    "required": True,
}
ARGUMENTS = {
    "verdict": _VERDICT,
    "whole": _VERDICT,
    "summary": {"type": "str", "required": True},
    "fail": {"type": "bool", "default": True},
}


def main() -> None:
    """Fail, because its work is done in the controller."""
    refuse_module("link_verdict", ARGUMENTS)


if __name__ == "__main__":
    main()
