# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Links of one topology that are described twice, or that would undo each other's changes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import link_variables
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import is_template
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import rivals

from .yaml_lines import Fault, Place


@dataclass(frozen=True)
class Link:
    """A link as an inventory host. ``variables`` are by their full names, ``place`` is where the file describes it."""

    host: str
    source: str
    target: str
    variables: Mapping[str, Any]
    place: Place


def conflicts(links: Sequence[Link], identities: Mapping[str, str]) -> list[Fault]:
    """The faults of links that are each valid. ``identities`` are the tenant ids by tenant."""
    repeated = list(_repeated(links))
    if repeated:
        return repeated
    found = rivals.rivals(_rival(link, identities) for link in links if not is_template(link.variables["link_configuration"]))
    places: dict[str, Place] = {}
    for link in links:
        for message in found.get(link.host, {}).get("conflicts", ()):
            places.setdefault(message, link.place)
    return [Fault(place, message) for message, place in places.items()]


def _repeated(links: Sequence[Link]) -> Iterator[Fault]:
    known: dict[str, Link] = {}
    for link in links:
        first = known.setdefault(link.host, link)
        if first is not link:
            same = (first.source, first.target) == (link.source, link.target)
            what = f"the link {link.host} is described twice" if same else f"two links would have the name {link.host}"
            yield Fault(link.place, f"{what}; remove it, or give it a suffix and a configuration of its own", first.place)


def _rival(link: Link, identities: Mapping[str, str]) -> rivals.Link:
    given = link.variables
    filters = given.get("link_filters")
    return rivals.Link(
        host=link.host,
        source=identities[link.source],
        target=identities[link.target],
        configuration=str(given["link_configuration"]).strip(),
        all_users=given.get("link_scope_mode") == "all",
        filters=json.dumps(filters, sort_keys=True, default=str) if filters else "",
        absent=given.get("link_state") == "absent",
        groups=_known("link_groups", given),
        share={side: wish for side, wish in (_known("link_share", given) or {}).items() if wish},
        names=(link.source, link.target),
    )


def _known(variable: str, given: Mapping[str, Any]) -> Any:
    """The value of a variable; ``None`` if it is not set, is evaluated later, or has a fault, which is reported elsewhere."""
    raw = given.get(variable)
    return link_variables.value_of(variable, raw)[0] if raw is not None and link_variables.is_literal(raw) else None
