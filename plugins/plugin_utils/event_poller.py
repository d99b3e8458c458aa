# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""One poll of the event source, in a process of its own: ansible-core keeps settings, plugins and temporary files for a whole process, and
ansible-rulebook runs for months.

It gets the arguments of the source as JSON on standard input, and writes `Conditions` as JSON to standard output.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible import constants
from ansible.cli import CLI
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.log_streams import read_logs
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import look
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.module_runner import incomplete
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import OWN_KEYS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import log_stream
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.health import STALE_FACTOR
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.rivals import Link, rivals
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import events, links_health_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import GROUP, LinkHost, inventory_links
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_action import compared_alone, params_of, without_secrets
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import Looked, pairs_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology import topology_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import VAULT, run_folder
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.yaml_lines import place_text

TOPOLOGY = "entra.cross_tenant_sync.topology"


class Fault(Exception):
    """Why nothing can be looked at. The text is a sentence without secrets."""


@dataclass(frozen=True)
class Links:
    """The links that are polled: their variables, and the functions that evaluate them."""

    names: list[str]
    raw_of: Callable[[str], Any]
    templated: Callable[[str], Any]
    template_of: Callable[[str], Callable[[Any], Any]]


def main() -> None:
    """Poll once."""
    try:
        answer = poll(json.load(sys.stdin))
    except (Fault, AnsibleError) as fault:
        answer = dict(events.blind(str(fault)))
    except Exception as fault:  # Its text could contain anything.
        answer = dict(events.blind(f"The poll has failed with {type(fault).__name__}, a fault of this collection; report it."))
    json.dump(answer, sys.stdout)


def poll(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions of all links and tenants.

    :raises Fault: if nothing can be looked at.
    """
    missing = incomplete()
    if missing:
        raise Fault(f"The Python library {missing.name} is missing in {sys.executable}; install requirements.txt of this collection there.")
    links = of_inventory(arguments["inventory"]) if arguments.get("inventory") else of_arguments(arguments["topology"])
    looked, inventory = _prepared(links)
    seen = look(params_of(looked), True, run_folder(), VAULT, None, pairs_of(inventory))
    seen = compared_alone(seen, looked, True, _silent)
    logs = read_logs(links_health_info.sources(looked, seen.verdicts), log_stream.read, run_folder(), VAULT)
    healths = links_health_info.judged(looked, seen.verdicts, logs, STALE_FACTOR)
    return without_secrets(events.conditions(looked, seen, logs, healths, arguments["disabled_within"]), looked)


def of_inventory(path: str) -> Links:
    """The links of an inventory, as Ansible reads it: of a topology file or any other.

    :raises Fault: if it cannot be read, or has no links.
    """
    loader = DataLoader()
    identities: list[str] = constants.DEFAULT_VAULT_IDENTITY_LIST  # type: ignore[attr-defined]  # Ansible sets its constants while it starts
    loader.set_vault_secrets(CLI.setup_vault_secrets(loader, list(identities), auto_prompt=False))
    try:
        inventory = InventoryManager(loader=loader, sources=[path])
    except AnsibleError:
        # Ansible shows the faults as warnings, and raises an error without them.
        raise Fault(f"The inventory {path} cannot be read; the command ansible-inventory -i {path} --list shows why.") from None
    group = inventory.groups.get(GROUP)
    if group is None:
        raise Fault(
            f"The inventory {path} has no group {GROUP}; check its path, and that its name ends in topology.yml if it is a topology."
        )
    variables = VariableManager(loader=loader, inventory=inventory)
    hostvars = HostVars(inventory, variables, loader)

    def template_of(host: str) -> Callable[[Any], Any]:
        variables_of_host: Any = hostvars.raw_get(host)
        template: Callable[[Any], Any] = Templar(loader=loader, variables=variables_of_host).template
        return template

    return Links([str(host) for host in group.get_hosts()], hostvars.raw_get, hostvars.__getitem__, template_of)


def of_arguments(content: Mapping[str, Any]) -> Links:
    """The links of arguments, which are those of a topology file. ansible-rulebook has evaluated their templates.

    :raises Fault: with all faults in one sentence.
    """
    links, faults = topology_of(content, inventory_loader.get(TOPOLOGY).option_definitions)
    if faults:
        found = (": ".join(filter(None, (place_text(fault.place), fault.message))) for fault in faults)
        raise Fault(f"The arguments of the event source have faults: {'; '.join(found)}.")
    common = {"tenants": content["tenants"], OWN_KEYS: content.get(OWN_KEYS)}
    variables = {link.host: {**common, **link.variables} for link in links}
    return Links(list(variables), variables.__getitem__, variables.__getitem__, lambda _host: lambda raw: raw)


def _prepared(links: Links) -> tuple[dict[str, Looked], Iterable[Link]]:
    """Each link before the look, and all links."""
    inventory = inventory_links(links.names, links.raw_of, links.templated)
    found = rivals(inventory)
    entries: dict[Any, Any] = {}
    looked = {}
    for name in links.names:
        host = LinkHost(name, links.raw_of(name), links.template_of(name), None, True, None, entries)
        looked[name] = links_health_info.prepare(host, functools.partial(_of_host, found, name))
    return looked, inventory


def _of_host(found: Mapping[str, Mapping[str, Any]], host: str) -> Mapping[str, Any]:
    return found.get(host, {})


def _silent(_message: str) -> None:
    """A poll reports no progress."""
