# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Links of one inventory that would undo each other's changes, and links that share a pair of tenants.

Two links of one pair of tenants can use two configurations: members in the first, guests in the second. They conflict when both name
the same configuration, as Entra compares names, or when both synchronize all users.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .find_configuration import same_name

Rivals: TypeAlias = dict[str, list[str]]
"""``conflicts``: a sentence for each conflict with other links. ``others``: the other configurations of the same pair of tenants, by name."""

NAMED = 5
"""The number of conflicting links that a message names."""


@dataclass(frozen=True)
class Link:
    """The link of an inventory host. ``source`` and ``target`` are tenant ids if they are known, so that two names of the same tenant
    are equal.
    """

    host: str
    source: str
    target: str
    configuration: str
    all_users: bool = False
    """Whether all users of the source are in scope, unless ``filters`` excludes some."""
    filters: str = ""
    absent: bool = False
    others: tuple[str, ...] = ()
    """The configurations of the same pair of tenants that are managed elsewhere, by name."""


def rivals(links: Iterable[Link]) -> dict[str, Rivals]:
    """The conflicts and the other configurations, by inventory host; a host without either is not in the result.

    The links are grouped once, so the time grows with their number, not with its square.
    """
    by_name: dict[Hashable, list[Link]] = defaultdict(list)
    by_pair: dict[Hashable, list[Link]] = defaultdict(list)
    for link in links:
        by_name[link.source, link.configuration.casefold()].append(link)
        by_pair[link.source, link.target].append(link)
    found: dict[str, Rivals] = defaultdict(lambda: {"conflicts": [], "others": []})
    for group in (links for links in by_name.values() if len(links) > 1):
        targets = {link.target for link in group}
        reason = "a configuration serves a single target" if len(targets) > 1 else "each would undo the changes of the others"
        for link in group:
            found[link.host]["conflicts"].append(
                f"{_hosts(group)} name the same configuration {link.configuration!r} of a source tenant (link_configuration), and {reason}"
            )
    for group in (links for links in by_pair.values() if len(links) > 1):
        _add_others(group, found)
        _add_overlaps(group, found)
    return dict(found)


def _add_others(group: Sequence[Link], found: Mapping[str, Rivals]) -> None:
    names = list(dict.fromkeys(link.configuration for link in group))
    for link in group:
        others = [name for name in names if not same_name(name, link.configuration)]
        if others:
            found[link.host]["others"] = others


def _add_overlaps(group: Sequence[Link], found: Mapping[str, Rivals]) -> None:
    """A link of all users without a filter includes the users of every other link of the pair; so do two links with the same filters."""
    all_users = [link for link in group if link.all_users and not link.absent]
    unfiltered = [link for link in all_users if not link.filters]
    by_filters: dict[str, list[Link]] = defaultdict(list)
    for link in all_users:
        by_filters[link.filters].append(link)
    for link in all_users:
        overlapping = all_users if not link.filters else [*unfiltered, *by_filters[link.filters]]
        if len({other.host for other in overlapping} | {link.host}) > 1:
            found[link.host]["conflicts"].append(
                f"{_hosts([link, *overlapping])} synchronize all users (link_scope_mode all) of the same source tenant to the same target "
                "tenant; give each link its own link_filters, or remove a link"
            )


def _hosts(links: Sequence[Link]) -> str:
    names = sorted({link.host for link in links})
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"the links {', '.join(names[:NAMED])}{more}"
