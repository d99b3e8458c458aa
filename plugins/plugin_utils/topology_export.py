# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads tenants, and describes the links found in them so that a run has nothing to change.

Every link is compared by the look of the playbook ``sync``, with the variables that the file gets. A link that would change is commented out.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.module_utils.common.parameters import remove_values

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import run_failure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.odata import is_id
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import ALONE, Verdict, look
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import no_entry, value_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.quantity import quantity
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.export import document, reading
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.export.model import (
    Export,
    ExportedLink,
    Identity,
    SeenTenant,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.run import connect
from ansible_collections.entra.cross_tenant_sync.plugins.modules import link_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import (
    LinkHost,
    connection_to,
    examine,
    rivals_by_host,
)
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import COMPLETE
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology import topology_of
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.topology_text import content, topology_text
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.worker_runner import VAULT, plain, run_folder, run_in_worker

NAMES = ("topology.yml", "topology.yaml")
"""The ends of the names of files that the inventory plugin reads."""
OPTIONS = ("plugin", "tenants", "links")
"""The options of the inventory plugin in the file that is checked, which shares no variables."""
LEAST_SECRET = 8
"""Shorter secrets are not searched for in the text of the file."""

Connections = Mapping[str, Mapping[str, Any]]
"""The connection options of the tenants, by name."""
_IDS = re.compile(r", (client )?request id [\w-]+| \(client request id [\w-]+\)|, (trace|correlation) id [\w-]+")
"""What identifies a request, and differs each time."""


@dataclasses.dataclass(frozen=True)
class Given:
    """The tenants to export, and what is wrong with them."""

    connections: Connections
    not_chosen: Mapping[str, str]
    """The names of the other tenants of ``tenants``, by id."""
    secrets: frozenset[str]
    faults: tuple[str, ...]


def given_tenants(host: LinkHost, chosen: Iterable[str] | None) -> Given:
    """The connections to the chosen tenants, or to all of ``tenants``."""
    entries = host.variables.get("tenants")
    entries = host.value("tenants", entries) if isinstance(entries, str) else entries
    if not isinstance(entries, Mapping) or not entries:
        return Given({}, {}, frozenset(), ("there is no variable tenants; it maps the short name of a tenant to its connection options",))
    names = list(dict.fromkeys(chosen)) if chosen is not None else list(map(str, entries))
    faults = [no_entry(name, "tenants of the task", entries) for name in names if name not in entries]
    connections, secrets = {}, set()
    for name in (name for name in names if name in entries):
        values, wrong, of_entry = connection_to(host, name)
        connections[str(name)] = plain(values)
        faults += wrong
        secrets |= of_entry
    others = {str(name): entry for name, entry in entries.items() if name not in names and isinstance(entry, Mapping)}
    by_id = {str(entry["tenant_id"]).lower(): name for name, entry in others.items() if is_id(str(entry.get("tenant_id")))}
    return Given(connections, by_id, frozenset(secrets), tuple(faults))


def exported(given: Given, progress: Callable[[str], None]) -> Export:
    """What is found in the tenants, with the links that would change commented out.

    :raises Refusal: if two names are the same tenant, or the names cannot be those of a topology.
    """
    seen = [_seen(name, options, progress) for name, options in given.connections.items()]
    twice = document.same_tenant_twice(seen)
    if twice:
        raise Refusal(twice)
    found = _valid(_writable(document.export_of(seen, given.not_chosen)))
    return document.with_obstacles(found, _obstacles(found, given.connections, progress))


def text_of(export: Export, given: Given) -> str:
    """The text of the file."""
    text = topology_text(export, {name: options.get("client_id") for name, options in given.connections.items()})
    masked: str = remove_values(text, {secret for secret in given.secrets if len(secret) >= LEAST_SECRET})
    return masked


def summary(export: Export) -> dict[str, Any]:
    """What is in the file, as data."""
    return {
        "links": [link.host for link in export.links if link.obstacle is None],
        "commented": [{"link": link.host, "reason": link.obstacle} for link in export.links if link.obstacle is not None],
        "notes": [{"link": link.host, "notes": list(link.notes)} for link in export.links if link.notes],
        "partners_without_link": [*export.inbound, *export.partners],
        "related_tenants": list(export.related),
        "unread": list(export.unread),
    }


def line_of(export: Export) -> str:
    """The result in one line."""
    active = sum(1 for link in export.links if link.obstacle is None)
    commented = len(export.links) - active
    parts = [quantity(active, "link"), *([f"{commented} commented out"] if commented else [])]
    parts += [f"{len(export.unread)} not read"] if export.unread else []
    return f"{quantity(len(export.tenants), 'tenant')}: {', '.join(parts)}"


def _seen(name: str, options: Mapping[str, Any], progress: Callable[[str], None]) -> SeenTenant:
    tenant = str(options["tenant_id"])
    try:
        client = connect(options, RunCache(run_folder(), VAULT), progress)
    except GraphFailure as failure:
        sentence = run_failure(failure, tenant, [], None).msg
        return SeenTenant(name, Identity(tenant.lower()), str(options["cloud"]), unread=(sentence,))
    try:
        return reading.read(client, name)
    finally:
        client.close()


def _writable(export: Export) -> Export:
    """The export without the variables whose values a run would refuse: what is not set is not managed. The comparison shows whether the link
    can do without.
    """
    return dataclasses.replace(export, links=tuple(map(_without_refused, export.links)))


def _without_refused(link: ExportedLink) -> ExportedLink:
    refused = {name: faults for name, value in link.variables.items() if (faults := value_of(f"link_{name}", value)[1])}
    kept = {name: value for name, value in link.variables.items() if name not in refused}
    notes = [f"{name} cannot be written, and is left as it is: {'; '.join(faults)}" for name, faults in refused.items()]
    return dataclasses.replace(link, variables=kept, notes=(*link.notes, *notes))


def _valid(export: Export) -> Export:
    """The export with the links commented out whose variables the inventory plugin would refuse.

    :raises Refusal: if anything else than a link is refused.
    """
    while True:
        active = [link for link in export.links if link.obstacle is None]
        _links, faults = topology_of(content(export, shares=False), OPTIONS)
        obstacles = {
            active[int(fault.place[1])].host: fault.message for fault in faults if fault.place[:1] == ("links",) and len(fault.place) > 1
        }
        if faults and not obstacles:
            raise Refusal(faults[0].message)
        if not faults:
            return export
        export = document.with_obstacles(export, obstacles)


def _obstacles(export: Export, connections: Connections, progress: Callable[[str], None]) -> dict[str, str]:
    """Why links cannot be described, by host: a run would change them, or cannot compare them."""
    links, _faults = topology_of(content(export, shares=False), OPTIONS)
    variables: dict[str, dict[str, Any]] = {link.host: {**link.variables, "tenants": connections} for link in links}
    rivals = rivals_by_host(variables, variables.__getitem__, variables.__getitem__)
    found: dict[str, str] = {}
    params: dict[str, dict[str, Any]] = {}
    entries: dict[Any, Any] = {}
    for host, own in variables.items():
        # Nothing is evaluated: the values are those of the service, and the connections were evaluated before.
        link = LinkHost(host, own, lambda value: value, entries=entries)
        examined, options = examine(link, functools.partial(_of_host, rivals, host))
        if examined.get("failed"):
            found[host] = _bare(str(examined["msg"]), host)
        else:
            params[host] = {**options, **COMPLETE}
    names = {str(options["tenant_id"]).lower(): name for name, options in connections.items()}
    for host, verdict in look(params, True, run_folder(), VAULT, progress).verdicts.items():
        reason = _reason(_alone(params[host], progress) if verdict == ALONE else verdict, names)
        if reason:
            found[host] = _IDS.sub("", reason)
    return found


def _of_host(rivals: Mapping[str, Mapping[str, Any]], host: str) -> Mapping[str, Any]:
    return rivals.get(host, {})


def _alone(params: Mapping[str, Any], progress: Callable[[str], None]) -> Verdict:
    """The verdict on a link that only a comparison of its own can decide."""
    given = {option: value for option, value in params.items() if value is not None}
    found = run_in_worker("link_info", link_info.SUBJECT, link_info.OPTIONS, given, True, progress)
    return Verdict(failure=found["msg"]) if found.get("failed") else Verdict(found)


def _reason(verdict: Verdict, names: Mapping[str, str]) -> str | None:
    """Why a link cannot be described. ``names`` are those of the tenants, by id or domain."""
    if verdict.failure:
        return _bare(verdict.failure)
    facts = verdict.facts or {}
    if facts.get("not_compared"):
        return _bare(str(facts["not_compared"]))
    changes = [
        f"{action['verb']} {action['object']} in {names.get(str(difference['tenant']).lower(), difference['tenant'])}"
        for difference in facts["differences"]
        for action in difference["actions"]
    ]
    return f"a run would {', '.join(changes)}" if changes else None


def _bare(message: str, host: str = "") -> str:
    """A message of a task as a reason: without the name of the link, and without what is the same for every export."""
    return message.removeprefix(f"Link {host}: ").removesuffix(" Nothing was changed.").rstrip(".")
