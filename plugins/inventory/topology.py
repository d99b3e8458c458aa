# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: topology
short_description: Create the links between many tenants from one file
version_added: 0.1.0
description:
  - Reads the tenants of a group of companies, and the links between them, as a list, as a hub with spokes, as a mesh, or as any
    combination of these. Each link becomes an inventory host for the playbooks and roles of this collection.
  - The name of the file must end in V(topology.yml) or V(topology.yaml).
  - The host of a link is named C(<source>_to_<target>), with C(_<suffix>) if the link has a suffix. It has the variables of the link, such as
    C(link_source), C(link_target), C(link_configuration) and C(link_scope_groups), and is in the groups C(from_<source>) and
    C(to_<target>). Both are children of the group C(links), on which the playbooks run. In the name of a group, C(_) replaces a character
    that Ansible does not accept there.
  - The group C(links) has the variables C(ansible_connection) and C(ansible_python_interpreter), so that tasks run in the controller. The
    group C(all) has the variable C(tenants). A template in it, such as the lookup of a secret, stays a template, which is evaluated when a task
    uses it.
  - Reads no tenant and needs no credential. Unknown options, misspelt or invalid variables, unknown tenants, links of a tenant to
    itself, links that are described twice, and links that would undo each other's changes are rejected. The message contains all faults,
    each with its line.
  - Variables of a link are written with or without C(link_), for example C(scope_groups) or C(link_scope_groups). The README files of the roles
    list them. A variable replaces the same variable of a weaker level as a whole. From the weakest to the strongest, the levels are O(defaults),
    O(per_source), O(per_target), the entry of O(links), O(hub) or O(mesh) that describes the link, and O(per_link). A variable with the value
    V(null) is not set.
extends_documentation_fragment:
  - constructed
  - inventory_cache
options:
  plugin:
    description:
      - The name of this plugin.
    type: str
    required: true
    choices: [entra.cross_tenant_sync.topology]
  tenants:
    description:
      - The tenants, by short names of your choice. An entry contains connection options, like an entry of the variable C(tenants) in an
        inventory without this plugin, which this option becomes.
      - If another source of the inventory has the variable C(tenants) in the group C(all) and is read earlier, its entries are kept.
      - A short name consists of letters, digits, C(_), C(-) and C(.).
    type: dict
    required: true
  tenants_own_keys:
    description:
      - Members of your own in the entries of O(tenants). It becomes the variable C(tenants_own_keys).
    type: list
    elements: str
  defaults:
    description:
      - Variables of all links.
    type: dict
  per_source:
    description:
      - Variables of all links from a tenant, by the short name of the tenant.
    type: dict
  per_target:
    description:
      - Variables of all links to a tenant, by the short name of the tenant.
    type: dict
  per_link:
    description:
      - Variables of a link, by the name of its host.
    type: dict
  links:
    description:
      - Single links. An entry contains O(links[].source), O(links[].target) and, if you want, O(links[].suffix) and variables of the link.
      - If no variable sets C(link_configuration), the configuration has the short name of the target, followed by the suffix.
    type: list
    elements: dict
    suboptions:
      source:
        description:
          - The short name of the source tenant.
        type: str
        required: true
      target:
        description:
          - The short name of the target tenant.
        type: str
        required: true
      suffix:
        description:
          - Distinguishes a further link between the same two tenants, with a configuration of its own, for example V(guests).
        type: str
  hub:
    description:
      - A dictionary, or a list of dictionaries. It contains C(tenant), the short name of the hub; C(spokes), a list of short names;
        C(direction), which is V(both) (the default), V(to_hub) or V(from_hub); and, if you want, C(suffix) and variables of these links.
    type: raw
  mesh:
    description:
      - A list of short names; each of these tenants synchronizes to every other. Or a dictionary that contains C(tenants), such a list, and,
        if you want, C(suffix) and variables of these links. Or a list of several such lists and dictionaries.
    type: raw
  cache:
    description:
      - Whether an unchanged file is checked only once. Only a hash of the content is cached, no variable. A changed file is always read and
        checked.
      - With thousands of links this saves a fraction of a second. The links themselves are not cached, because creating them takes as long as
        reading them from a cache.
    type: bool
    default: false
notes:
  - Ansible only warns about an inventory that it cannot read, and then runs without the links. Set V(any_unparsed_is_failed=true) in the section
    V([inventory]) of C(ansible.cfg), so that such a run fails. AWX does so by itself.
seealso:
  - name: Many companies from one file
    description: The guide to this plugin.
    link: https://github.com/entra-cross-tenant-sync/entra.cross_tenant_sync/blob/main/docs/guide_topology.md
  - plugin: entra.cross_tenant_sync.link_arguments
    plugin_type: module
author:
  - The entra.cross_tenant_sync authors (@entra-cross-tenant-sync)
"""

EXAMPLES = r"""
---
# contoso.topology.yml: a hub with two spokes, and a second link for guests
plugin: entra.cross_tenant_sync.topology
tenants:
  contoso:
    tenant_id: a0c898ca-2445-4e74-ab4b-afd7916549a6
    client_id: 11111111-1111-4111-8111-111111111111
    client_secret: "{{ lookup('ansible.builtin.env', 'CONTOSO_CLIENT_SECRET') }}"
  fabrikam:
    tenant_id: afab079d-1f08-4de3-881e-435e497f923f
    client_id: 22222222-2222-4222-8222-222222222222
    client_secret: "{{ lookup('ansible.builtin.env', 'FABRIKAM_CLIENT_SECRET') }}"
  tailspin:
    tenant_id: 0d8c1f5e-6d52-4a41-9c7b-3a5d2f0f6b11
    client_id: 33333333-3333-4333-8333-333333333333
    certificate_path: tailspin.pem
defaults:
  scope_groups: [Address book]
  user_type: member
per_source:
  contoso:
    display_name_suffix: " (Contoso)"
hub:
  tenant: contoso
  spokes: [fabrikam, tailspin]
  direction: both
links:
  - source: contoso
    target: fabrikam
    suffix: guests
    scope_groups: [Externals]
    user_type: guest

# Features of constructed inventories: a group of all links that create guests, and one group for each mode
groups:
  guests: link_user_type | default('member') == 'guest'
keyed_groups:
  - key: link_scope_mode | default('assigned')
    prefix: mode

# Another file, with a mesh of three tenants, of which one link is removed:
#
# plugin: entra.cross_tenant_sync.topology
# tenants:
#   contoso: "{{ contoso_connection }}"
#   fabrikam: "{{ fabrikam_connection }}"
#   tailspin: "{{ tailspin_connection }}"
# mesh: [contoso, fabrikam, tailspin]
# per_link:
#   tailspin_to_contoso:
#     state: absent
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.vars import combine_vars

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import OWN_KEYS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology import groups_of, topology_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology_conflicts import Link
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.yaml_lines import Fault, line_finder, refusal

GROUP = "links"
CONTROLLER = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Creates one inventory host for each link that a file describes."""

    NAME = "entra.cross_tenant_sync.topology"
    # The file can contain templates, like every inventory file (ansible-core 2.19 and later).
    trusted_by_default = True

    inventory: Any
    loader: Any

    def verify_file(self, path: str) -> bool:
        """Whether the file has a name of this plugin."""
        readable = super().verify_file(path)  # type: ignore[no-untyped-call]  # as in ansible
        return bool(readable) and path.endswith(("topology.yml", "topology.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the links of the file to the inventory.

        :raises AnsibleParserError: if the file has faults; with all of them in one sentence.
        """
        super().parse(inventory, loader, path, cache)
        content = self._content(path)
        links = self._links(path, content, cache)
        self._set_tenants(path, content)
        self._add_groups(links)
        for link in links:
            self._add(link)
        if any(content.get(option) for option in ("compose", "groups", "keyed_groups")):
            for link in links:
                self._construct(link.host, content["tenants"])

    def _content(self, path: str) -> Mapping[str, Any]:
        try:
            content: Mapping[str, Any] = self._read_config_data(path)  # type: ignore[no-untyped-call]  # as in ansible
        except (AnsibleError, AttributeError):
            # Ansible stops at the first option with a wrong type, and does not report its line.
            self._refuse(path, topology_of(self.loader.load_from_file(path, cache="none"), self.option_definitions)[1])
            raise
        return content

    def _links(self, path: str, content: Mapping[str, Any], cache: bool) -> Sequence[Link]:
        """The links of the file. With the option ``cache``, an unchanged file is not checked again."""
        key, judged = self.get_cache_key(path), {"sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()}
        caches = self.get_option("cache")  # type: ignore[no-untyped-call]  # as in ansible
        links, faults = topology_of(content, self.option_definitions, checks=not (caches and cache and self._cache.get(key) == judged))
        self._refuse(path, faults)
        if caches:
            self._cache[key] = judged
        return links

    def _refuse(self, path: str, faults: Sequence[Fault]) -> None:
        if faults:
            text = Path(path).read_text(encoding="utf-8", errors="replace")
            raise AnsibleParserError(refusal(path, faults, line_finder(text)))

    def _set_tenants(self, path: str, content: Mapping[str, Any]) -> None:
        """Set the variables of all links once, beside the tenants of other sources of the inventory."""
        entries, others = content["tenants"], self.inventory.groups["all"].vars.get("tenants")
        others = others if isinstance(others, Mapping) else {}
        different = [name for name in entries if name in others and entries[name] != others[name]]
        message = "another source of the inventory defines this tenant differently; rename it, or use one file"
        self._refuse(path, [Fault(("tenants", name), message) for name in different])
        self.inventory.set_variable("all", "tenants", {**others, **entries})
        if content.get(OWN_KEYS):
            self.inventory.set_variable("all", OWN_KEYS, content[OWN_KEYS])

    def _add_groups(self, links: Sequence[Link]) -> None:
        self.inventory.add_group(GROUP)
        for name, value in CONTROLLER.items():
            self.inventory.set_variable(GROUP, name, value)
        for group in sorted({group for link in links for group in groups_of(link)}):
            self.inventory.add_group(group)
            self.inventory.add_child(GROUP, group)

    def _add(self, link: Link) -> None:
        for group in groups_of(link):
            self.inventory.add_host(link.host, group)
        # With thousands of links, `set_variable` takes seconds: it marks every value as one that can be a template (ansible-core 2.19 and
        # later). Ansible's loader has marked the values of the file, but the name of the configuration can be new.
        host = self.inventory.hosts[link.host]
        host.vars = combine_vars(host.vars, link.variables)
        self.inventory.set_variable(link.host, "link_configuration", link.variables["link_configuration"])

    def _construct(self, host: str, tenants: Mapping[str, Any]) -> None:
        """Apply the options of constructed inventories to a host."""
        ansible: Any = self  # its methods have no type hints
        strict = ansible.get_option("strict")
        ansible._set_composite_vars(ansible.get_option("compose"), self._variables(host, tenants), host, strict)
        variables = self._variables(host, tenants)
        ansible._add_host_to_composed_groups(ansible.get_option("groups"), variables, host, strict, fetch_hostvars=False)
        ansible._add_host_to_keyed_groups(ansible.get_option("keyed_groups"), variables, host, strict, fetch_hostvars=False)

    def _variables(self, host: str, tenants: Mapping[str, Any]) -> dict[str, Any]:
        variables: dict[str, Any] = combine_vars({"tenants": tenants}, self.inventory.get_host(host).get_vars())
        return variables
