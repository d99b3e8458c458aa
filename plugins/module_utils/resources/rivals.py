# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Links of one inventory that would undo each other's work, and those that stand side by side.

Two links of one pair of tenants are fine with two configurations: members in one, guests in the other. They fight when they name
one configuration, as Entra compares names, or when both want everybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .find_configuration import same_name

NAMED = 5
"""So many rivals are named."""


@dataclass(frozen=True)
class Link:
    """What a host of the inventory wants. ``source`` and ``target`` are ids, where they are known, so that two names of one tenant are one."""

    host: str
    source: str
    target: str
    configuration: str
    everybody: bool = False
    """Whether all of the source are in scope, unless ``filters`` says otherwise."""
    filters: str = ""
    absent: bool = False


def rivals(links: Iterable[Link]) -> dict[str, dict[str, Any]]:
    """By host: ``fights``, a list of sentences, and ``others``, the names of other configurations of the same pair.

    A host without either is left out. One pass: it costs as much as there are links.
    """
    by_name: dict[Hashable, list[Link]] = defaultdict(list)
    by_pair: dict[Hashable, list[Link]] = defaultdict(list)
    for link in links:
        by_name[link.source, link.configuration.casefold()].append(link)
        by_pair[link.source, link.target].append(link)
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"fights": [], "others": []})
    for group in (one for one in by_name.values() if len(one) > 1):
        pairs = {one.target for one in group}
        why = "one configuration serves one target" if len(pairs) > 1 else "each would undo what the other does"
        for link in group:
            found[link.host]["fights"].append(
                f"{_hosts(group)} name the same configuration {link.configuration!r} of one source tenant (link_configuration), and {why}"
            )
    for group in (one for one in by_pair.values() if len(one) > 1):
        _side_by_side(group, found)
        _all_for_everybody(group, found)
    return dict(found)


def _side_by_side(group: Sequence[Link], found: Mapping[str, dict[str, Any]]) -> None:
    names = list(dict.fromkeys(one.configuration for one in group))
    for link in group:
        others = [name for name in names if not same_name(name, link.configuration)]
        if others:
            found[link.host]["others"] = others


def _all_for_everybody(group: Sequence[Link], found: Mapping[str, dict[str, Any]]) -> None:
    """Whoever has no filter takes everybody whom another link of the pair takes; so do two with the same filters."""
    all_of_them = [one for one in group if one.everybody and not one.absent]
    unfiltered = [one for one in all_of_them if not one.filters]
    by_filters: dict[str, list[Link]] = defaultdict(list)
    for link in all_of_them:
        by_filters[link.filters].append(link)
    for link in all_of_them:
        against = all_of_them if not link.filters else [*unfiltered, *by_filters[link.filters]]
        if len({one.host for one in against} | {link.host}) > 1:
            found[link.host]["fights"].append(
                f"{_hosts([link, *against])} want everybody (link_scope_mode all) of one source tenant in one target tenant; "
                "give each link_filters of its own, or take one away"
            )


def _hosts(links: Sequence[Link]) -> str:
    names = sorted({one.host for one in links})
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"the links {', '.join(names[:NAMED])}{more}"
