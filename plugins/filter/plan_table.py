# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.quantity import quantity

DOCUMENTATION = r"""
name: plan_table
short_description: Show the changes of a run as one table
version_added: 0.1.0
description:
  - Takes the results of the tasks that change a link, and returns the lines of one table - link, tenant, verb, object and effects - and a
    last line with the totals.
  - The playbook C(entra.cross_tenant_sync.sync) prints it at the end of every run in check mode.
  - It reads the variables that the roles of this collection register. Skipped and failed tasks count as no action.
positional: hosts, most, going
options:
  _input:
    description:
      - The variables of all hosts, C(hostvars).
    type: dict
    required: true
  hosts:
    description:
      - The hosts that are links, for example C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
  most:
    description:
      - How many rows of the same link, tenant and verb are listed. If there are more, one row contains their number.
    type: int
    default: 20
  going:
    description:
      - The hosts that have not failed, C(ansible_play_hosts). If it is given, the last line says how many links have failed. Links that are in
        sync have not, although their tasks have ended.
    type: list
    elements: str
seealso:
  - plugin: entra.cross_tenant_sync.link_info
    plugin_type: module
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
- name: Plan the part of the source tenant's administrator
  hosts: links
  connection: local
  gather_facts: false
  roles:
    - role: entra.cross_tenant_sync.source_tenant
  post_tasks:
    - name: Show it in one table
      ansible.builtin.debug:
        msg: "{{ hostvars | entra.cross_tenant_sync.plan_table(ansible_play_hosts_all) }}"
      run_once: true
"""

RETURN = r"""
_value:
  description: The lines of the table.
  type: list
  elements: str
  sample:
    - link                  tenant    verb      object                                   effects
    - contoso_to_fabrikam   contoso   unassign  user minsu.kim@contoso.kr from ...       soft_deletes_in_target
    - 1 action for 1 link - 1 unassign
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import BUILDING, DEPROVISION, REMOVAL, TARGET
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.hand_over import whole

ARGUMENTS = ("sync_arguments", "source_tenant_arguments", "target_tenant_arguments")
"""The registered results of link_arguments, which contain the state of the link."""
LOOKS = ("sync_look", "plan_look")
"""The registered results of links_info, which contain the links that need no further task."""
HEADER = ("link", "tenant", "verb", "object", "effects")
WIDEST = 100
"""Characters of a column. Longer texts are truncated; the task itself shows them in full."""


def plan_table(variables: Any, hosts: Any, most: int = 20, going: Any = None) -> list[str]:
    """The lines of the table.

    :raises AnsibleFilterError: for anything but the variables of hosts and a list of hosts.
    """
    if not isinstance(variables, Mapping) or not isinstance(hosts, Sequence) or isinstance(hosts, str):
        raise AnsibleFilterError("plan_table takes hostvars and a list of hosts, such as ansible_play_hosts_all")
    acting = [(str(host), list(_actions(variables[host]))) for host in hosts if host in variables]
    failed = [] if going is None else [link for link, _actions in acting if link not in going and not _is_done(link, variables[link])]
    failures = f"; {quantity(len(failed), 'link')} failed" if failed else ""
    verbs = Counter(verb for _link, actions in acting for _tenant, verb, _object, _effects in actions)
    if not verbs:
        return [f"nothing to do for {quantity(len(acting) - len(failed), 'link')}{failures}"]
    rows = [HEADER, *((link, *row) for link, actions in acting for row in _shortened(actions, most))]
    widths = [min(WIDEST, max(len(row[column]) for row in rows)) for column in range(len(HEADER))]
    lines = ["  ".join(f"{text[:width]:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    counted = ", ".join(f"{number} {verb}" for verb, number in verbs.most_common())
    busy = len([link for link, actions in acting if actions])
    total = f"{quantity(verbs.total(), 'action')} for {busy} of {quantity(len(acting), 'link')}: {counted}"
    return [*lines, f"{total}{failures}"]


def _is_done(link: str, variables: Mapping[str, Any]) -> bool:
    """Whether the tasks of a link have ended because it is in sync."""
    looks = (variables.get(name) for name in LOOKS)
    return any(link in (look.get("done") or ()) for look in looks if isinstance(look, Mapping))


Row = tuple[str, str, str, str]


def _actions(link: Mapping[str, Any]) -> Iterable[Row]:
    """Tenant, verb, object and effects of every action of a link, in the order of its tasks."""
    removed = any(isinstance(link.get(name), Mapping) and link[name].get("state") == "absent" for name in ARGUMENTS)
    # A link has no result of a step that does not belong to it.
    for step in (DEPROVISION, *REMOVAL) if removed else BUILDING:
        result = link.get(step.registered)
        tenant = str(link.get("link_target" if step.side == TARGET else "link_source"))
        for action in whole(result.get("actions")) or () if isinstance(result, Mapping) else ():
            effects = ", ".join(_effect(name, value) for name, value in (action.get("effects") or {}).items() if value)
            yield tenant, str(action["verb"]), str(action["object"]), effects


def _effect(name: str, value: Any) -> str:
    return name if value is True else f"{name}: {', '.join(map(str, value)) if isinstance(value, (list, tuple)) else value}"


def _shortened(actions: Iterable[Row], most: int) -> Iterable[Row]:
    """The rows. Consecutive rows of the same tenant, verb and effects are combined if there are more than ``most``."""
    for (tenant, verb, effects), same in groupby(actions, key=lambda row: (row[0], row[1], row[3])):
        rows = list(same)
        if len(rows) <= most:
            yield from rows
        else:
            yield tenant, verb, f"{rows[0][2]} and {len(rows) - 1} more", effects


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name."""
        return {"plan_table": plan_table}
