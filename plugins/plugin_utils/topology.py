# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The links that a file of the inventory plugin topology describes: its content in, links and faults out.

Nothing here reads a file or an inventory. The variables of a link, and what their values must be, are those of `link_variables`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import link_variables
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.likeness import nearest
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import (
    OWN,
    OWN_KEYS,
    VARIABLES,
    is_literal,
    is_template,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.values import UNCHECKED, blank, checked

from .topology_conflicts import Link, conflicts
from .yaml_lines import Fault, Place

PREFIX = "link_"
SIDES = ("link_source", "link_target")
DIRECTIONS = ("both", "to_hub", "from_hub")
LEVELS = ("per_source", "per_target", "per_link")
"""The options with a dictionary of variables for each of their names, in the order of precedence."""
DESCRIBING = ("links", "hub", "mesh")
"""The options that describe links."""
_NAME = re.compile(r"\w[\w.-]{0,99}")
_OTHER = re.compile(r"\W")


@dataclass(frozen=True)
class Pair:
    """A link before its variables are combined. ``variables`` are those of the entry that describes it."""

    source: str
    target: str
    suffix: str
    variables: Mapping[str, Any]
    place: Place

    @property
    def host(self) -> str:
        """The name of its inventory host."""
        return f"{self.source}_to_{self.target}" + (f"_{self.suffix}" if self.suffix else "")

    @property
    def configuration(self) -> str:
        """The name of its configuration, if no variable sets it."""
        return f"{self.target} {self.suffix}".strip()


def topology_of(content: Any, options: Iterable[str], checks: bool = True) -> tuple[list[Link], list[Fault]]:
    """The links of a file, and all its faults. With faults, the links are not complete.

    ``options`` are the names of all options of the plugin. Without ``checks``, values and conflicts are not checked, for a file in which no
    fault was found before.
    """
    if not isinstance(content, Mapping):
        return [], [Fault((), "it must be a dictionary of options")]
    reading = _Reading(checks)
    reading.check_options(content, options)
    reading.read_tenants(content)
    defaults = reading.variables(content.get("defaults"), ("defaults",))
    levels = [reading.level(content, option) for option in LEVELS]
    links = [_link(pair, defaults, levels) for pair in reading.pairs(content)]
    hosts = {link.host for link in links}
    for host in [] if reading.faults else levels[-1]:
        if host not in hosts:
            reading.add(("per_link", host), f"there is no link {host}{nearest(host, hosts)}")
    return links, [*reading.faults, *(conflicts(links, reading.identities) if checks else ())]


def group_of(tenant: str, direction: str) -> str:
    """The group of the links ``from`` or ``to`` a tenant, with a name that Ansible accepts."""
    return _OTHER.sub("_", f"{direction}_{tenant}")


def groups_of(link: Link) -> tuple[str, str]:
    """The groups of a link."""
    return group_of(link.source, "from"), group_of(link.target, "to")


def _link(pair: Pair, defaults: Mapping[str, Any], levels: Iterable[Mapping[str, Mapping[str, Any]]]) -> Link:
    of_source, of_target, of_link = (level.get(name, {}) for level, name in zip(levels, (pair.source, pair.target, pair.host), strict=True))
    combined = {**defaults, **of_source, **of_target, **pair.variables, **of_link}
    configuration = combined.pop("link_configuration", None)
    variables = {
        "link_source": pair.source,
        "link_target": pair.target,
        "link_configuration": pair.configuration if configuration is None else configuration,
        # A variable without a value is not set, so that a link can do without a default.
        **{name: value for name, value in combined.items() if value is not None},
    }
    return Link(pair.host, pair.source, pair.target, variables, pair.place)


@dataclass
class _Reading:
    """Reads the parts of a file, and collects their faults."""

    checks: bool
    """Whether the values are checked."""
    tenants: dict[str, Any] = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    """The tenant ids by tenant; the name of the tenant if its id is a template or missing."""
    own: frozenset[str] = frozenset()
    faults: list[Fault] = field(default_factory=list)

    def add(self, place: Place, message: str, first: Place | None = None) -> None:
        """A fault of the file."""
        self.faults.append(Fault(place, message, first))

    def check_options(self, content: Mapping[str, Any], options: Iterable[str]) -> None:
        """Unknown options, and a file without links."""
        known = set(options)
        for option in content:
            if option not in known:
                variable = "; a variable of all links belongs into defaults" if _full(str(option)) in VARIABLES else ""
                self.add((str(option),), f"there is no option {option}{variable or nearest(str(option), known)}")
        if not any(option in content for option in DESCRIBING):
            self.add((), f"it describes no links; write at least one of {', '.join(DESCRIBING)}")

    def read_tenants(self, content: Mapping[str, Any]) -> None:
        """The entries of ``tenants``, their names and their members."""
        entries = content.get("tenants")
        if not isinstance(entries, Mapping):
            what = "is missing" if blank(entries) else "must be a dictionary"
            self.add(("tenants",), f"tenants {what}; it maps the short name of a tenant to its connection options")
            return
        own, faults = link_variables.names_in(content.get(OWN_KEYS), OWN_KEYS)
        for fault in faults:
            self.add((OWN_KEYS,), fault)
        groups: dict[str, str] = {}
        for name, entry in entries.items():
            tenant, place = str(name), ("tenants", str(name))
            self.tenants[tenant] = entry
            self.identities[tenant] = tenant
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                self.add(
                    place, "the name of a tenant is part of the names of hosts; it must be letters, digits, _, - or ., at most 100 of them"
                )
            other = groups.setdefault(group_of(tenant, "from"), tenant)
            if other != tenant:
                self.add(place, f"the links of {tenant} and {other} have the same group {group_of(tenant, 'from')}; rename a tenant")
            if isinstance(entry, Mapping):
                self._read_entry(tenant, entry, own)
            elif not is_template(entry):
                self.add(place, f"tenants.{tenant} must be a dictionary of connection options")

    def _read_entry(self, tenant: str, entry: Mapping[str, Any], own: Iterable[str]) -> None:
        for message in link_variables.unknown_keys(tenant, entry, own):
            # The message begins with the full name of the member.
            self.add(("tenants", tenant, message.split(" ", 1)[0].removeprefix(f"tenants.{tenant}.")), message)
        literal = {name: value for name, value in entry.items() if self.checks and is_literal(value)}
        for name in literal:
            for message in link_variables.connection_of(tenant, {name: literal[name]}, CONNECTION, files=False)[1]:
                self.add(("tenants", tenant, name), message)
        named = entry.get("tenant_id")
        if blank(named):
            self.add(("tenants", tenant), link_variables.no_tenant_id(tenant))
        elif "tenant_id" in literal:
            self.identities[tenant] = str(named).strip().casefold()

    def variables(self, section: Any, place: Place, keys: Collection[str] = ()) -> dict[str, Any]:
        """The variables in a section, by their full names. ``keys`` are the members that are not variables."""
        if section is None:
            return {}
        if not isinstance(section, Mapping):
            self.add(place, "it must be a dictionary of variables of a link")
            return {}
        own = {*self.own, *link_variables.names_in(section.get(OWN, section.get(OWN.removeprefix(PREFIX))), OWN)[0]}
        if place == ("defaults",):
            self.own = frozenset(own)
        found: dict[str, Any] = {}
        for key, value in section.items():
            name = _full(str(key))
            if key in keys or (name in SIDES and place[0] == "links"):
                continue
            fault = self._fault_of(str(key), name, own, keys) or (f"{name} is set twice, also without {PREFIX}" if name in found else None)
            for message in [fault] if fault else _faults_of_value(name, value) if self.checks else ():
                self.add((*place, str(key)), message)
            found[name] = value
        return found

    def _fault_of(self, key: str, name: str, own: Collection[str], keys: Collection[str]) -> str | None:
        if name in SIDES:
            return f"{name} cannot be set here; links, hub and mesh name the tenants"
        if name == OWN or name in VARIABLES or name in own:
            return None
        short = not link_variables.with_link_prefix([key])
        close = nearest(key, [*keys, *(variable.removeprefix(PREFIX) if short else variable for variable in VARIABLES)])
        return link_variables.no_variable(key if close else name, close)

    def level(self, content: Mapping[str, Any], option: str) -> dict[str, dict[str, Any]]:
        """The variables by tenant or link."""
        sections = content.get(option)
        if sections is None:
            return {}
        if not isinstance(sections, Mapping):
            self.add((option,), f"it must be a dictionary of {'links' if option == 'per_link' else 'tenants'}, each with variables")
            return {}
        if option != "per_link":
            for name in sections:
                self._is_known(name, (option, str(name)), option)
        return {str(name): self.variables(section, (option, str(name))) for name, section in sections.items()}

    def pairs(self, content: Mapping[str, Any]) -> list[Pair]:
        """All links that the file describes, in its order."""
        describe = {"links": self._of_links, "hub": self._of_hub, "mesh": self._of_mesh}
        return [pair for option in content if option in describe for pair in describe[option](content[option])]

    def _of_links(self, entries: Any) -> Iterator[Pair]:
        if not isinstance(entries, (list, tuple)):
            self.add(("links",), "it must be a list of links, each with source and target")
            return
        for number, entry in enumerate(entries):
            place: Place = ("links", number)
            if not isinstance(entry, Mapping):
                self.add(place, "a link must be a dictionary with source and target")
                continue
            sides = [self._side(entry, side, place) for side in SIDES]
            variables, suffix = self.variables(entry, place, ("source", "target", "suffix")), self._suffix(entry, place)
            source, target = ((name, (*place, side.removeprefix(PREFIX))) for name, side in zip(sides, SIDES, strict=True))
            if all(sides) and len(self._distinct((source, target), "a link needs two tenants")) == len(sides):
                yield Pair(source[0], target[0], suffix, variables, place)

    def _side(self, entry: Mapping[str, Any], variable: str, place: Place) -> str:
        """The tenant of a link; empty if it is not known."""
        short = variable.removeprefix(PREFIX)
        given = [key for key in (short, variable) if not blank(entry.get(key))]
        if len(given) != 1:
            self.add(place, f"{variable} is set twice, also without {PREFIX}" if given else f"{short} is missing")
            return ""
        name = entry[given[0]]
        return name if self._is_known(name, (*place, given[0]), variable) else ""

    def _of_hub(self, raw: Any) -> Iterator[Pair]:
        for place, entry in _entries("hub", raw):
            if not isinstance(entry, Mapping):
                self.add(place, "a hub must be a dictionary with tenant and spokes")
                continue
            variables = self.variables(entry, place, ("tenant", "spokes", "direction", "suffix"))
            direction, faults = checked(UNCHECKED, {"type": "str", "choices": DIRECTIONS}, entry.get("direction", "both"), "direction")
            for message in faults:
                self.add((*place, "direction"), message)
            suffix = self._suffix(entry, place)
            hub = [(entry.get("tenant", ""), (*place, "tenant"))]
            hub = [(name, of_hub) for name, of_hub in hub if self._is_known(name, of_hub, "the hub")]
            spokes = self._members(entry.get("spokes"), (*place, "spokes"), "a spoke", hub)
            for (center, _place), (spoke, of_spoke) in itertools.product(hub, spokes):
                if direction != "from_hub":
                    yield Pair(spoke, center, suffix, variables, of_spoke)
                if direction != "to_hub":
                    yield Pair(center, spoke, suffix, variables, of_spoke)

    def _of_mesh(self, raw: Any) -> Iterator[Pair]:
        plain = isinstance(raw, (list, tuple)) and not any(isinstance(member, (list, tuple, Mapping)) for member in raw)
        for place, entry in [(("mesh",), raw)] if plain else _entries("mesh", raw):
            keyed = isinstance(entry, Mapping)
            variables = self.variables(entry, place, ("tenants", "suffix")) if keyed else {}
            suffix = self._suffix(entry, place) if keyed else ""
            names, of_names = (entry.get("tenants"), (*place, "tenants")) if keyed else (entry, place)
            members = self._members(names, of_names, "a member of the mesh")
            if len(members) == 1:
                self.add(of_names, "a mesh needs at least two tenants")
            for (source, of_source), (target, _place) in itertools.permutations(members, 2):
                yield Pair(source, target, suffix, variables, of_source)

    def _members(self, raw: Any, place: Place, what: str, others: Sequence[tuple[str, Place]] = ()) -> list[tuple[str, Place]]:
        """The known tenants of a list, each with its place. None of them is one of ``others``."""
        if not isinstance(raw, (list, tuple)) or not raw:
            self.add(place, "it must be a list of tenants")
            return []
        named = [(name, (*place, number)) for number, name in enumerate(raw)]
        known = [(name, of_name) for name, of_name in named if self._is_known(name, of_name, what)]
        return self._distinct([*others, *known], "name each tenant once")[len(others) :]

    def _distinct(self, members: Iterable[tuple[str, Place]], rule: str) -> list[tuple[str, Place]]:
        """The members without those that are the same tenant as an earlier one."""
        seen: dict[str, tuple[str, Place]] = {}
        for name, place in members:
            first, of_first = seen.setdefault(self.identities[name], (name, place))
            if of_first != place:
                same = f"{name} is named twice" if first == name else f"{first} and {name} are the same tenant, {self.identities[name]}"
                self.add(place, f"{same}; {rule}", of_first)
        return list(seen.values())

    def _is_known(self, tenant: Any, place: Place, what: str) -> bool:
        if isinstance(tenant, str) and tenant in self.tenants:
            return True
        if blank(tenant):
            self.add(place, "the name of a tenant is missing")
        elif self.tenants or not isinstance(tenant, str):
            self.add(place, link_variables.no_entry(str(tenant), what, self.tenants))
        return False

    def _suffix(self, entry: Mapping[str, Any], place: Place) -> str:
        suffix = entry.get("suffix")
        if blank(suffix):
            return ""
        if isinstance(suffix, bool) or not isinstance(suffix, (str, int)) or not _NAME.fullmatch(str(suffix)):
            self.add(
                (*place, "suffix"), "the suffix is part of the names of hosts; it must be letters, digits, _, - or ., at most 100 of them"
            )
            return ""
        return str(suffix)


def _entries(option: str, raw: Any) -> list[tuple[Place, Any]]:
    """The entries of an option that takes a single one or a list."""
    return [((option, number), entry) for number, entry in enumerate(raw)] if isinstance(raw, (list, tuple)) else [((option,), raw)]


def _full(key: str) -> str:
    """The name of a variable, which can be written without its prefix."""
    return key if link_variables.with_link_prefix([key]) else PREFIX + key


def _faults_of_value(name: str, value: Any) -> list[str]:
    """The messages about a value; none if it is evaluated or decrypted later."""
    if not is_literal(value):
        return []
    return link_variables.names_in(value, OWN)[1] if name == OWN else link_variables.value_of(name, value)[1] if name in VARIABLES else []
