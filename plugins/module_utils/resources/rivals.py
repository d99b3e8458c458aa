# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Links of one inventory that would undo each other's changes, and links that share a pair of tenants.

Two links of one pair of tenants can use two configurations: members in the first, guests in the second. They conflict when both name
the same configuration, as Entra compares names, when both synchronize all users, or when one wants groups to be synchronized and the other
does not.

What a tenant shares with a partner does not depend on a direction, so every link between the two can speak of it, also the reverse one. Links
that name the same feature must agree on it, and a link that is removed leaves what another one still wants.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from .capability_features import FEATURES
from .find_configuration import same_name


class Rivals(TypedDict, total=False):
    """What a link must know of the others. A member that says nothing is left out."""

    conflicts: list[str]
    """A sentence for each conflict with other links."""
    others: list[str]
    """The other configurations of the same pair of tenants, by name."""
    share_keep: dict[str, list[str]]
    """The features of its ``share`` that other links still want, by side."""


NAMED = 5
"""The number of conflicting links that a message names."""
SIDES = ("source", "target")
SCOPE_OF_SHARING = ("scope", "groups", "excluded_groups")
"""The members of a wish to share that hold for every feature beside them."""


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
    groups: bool | None = None
    """Whether groups are synchronized; ``None`` if the link does not say."""
    share: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the tenants share with each other, by side."""
    names: tuple[str, str] = ("", "")
    """The short names of the source and of the target."""

    def of(self, side: str) -> Wish:
        """What the tenant of a side must share."""
        here, there = (self.source, self.target) if side == "source" else (self.target, self.source)
        return Wish(self, side, here, there, self.share[side])


@dataclass(frozen=True)
class Wish:
    """What a link wants its tenant ``here`` to share with its tenant ``there``."""

    link: Link
    side: str
    here: str
    there: str
    wanted: Mapping[str, Any]

    @property
    def features(self) -> dict[str, Any]:
        """The features, with their levels."""
        return {name: value for name, value in self.wanted.items() if name in FEATURES}

    @property
    def names(self) -> tuple[str, str]:
        """The short names of the tenant that shares and of the other one."""
        source, target = self.link.names
        return (source, target) if self.side == "source" else (target, source)


def rivals(links: Iterable[Link]) -> dict[str, Rivals]:
    """The conflicts and the other configurations, by inventory host; a host without either is not in the result.

    The links are grouped once, so the time grows with their number, not with its square.
    """
    by_name: dict[Hashable, list[Link]] = defaultdict(list)
    by_pair: dict[Hashable, list[Link]] = defaultdict(list)
    by_sharing: dict[Hashable, list[Wish]] = defaultdict(list)
    for link in links:
        by_name[link.source, link.configuration.casefold()].append(link)
        by_pair[link.source, link.target].append(link)
        for wish in (link.of(side) for side in SIDES if link.share.get(side)):
            by_sharing[wish.here, wish.there].append(wish)
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
        _add_groups(group, found)
    for wishes in (wishes for wishes in by_sharing.values() if len(wishes) > 1):
        _add_sharing(wishes, found)
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


def _add_groups(group: Sequence[Link], found: Mapping[str, Rivals]) -> None:
    """Whether groups may come from a source is one setting of the target (fact F45)."""
    speaking = [link for link in group if link.groups is not None and not link.absent]
    if len({link.groups for link in speaking}) > 1:
        for link in speaking:
            found[link.host]["conflicts"].append(
                f"{_hosts(speaking)} disagree on whether groups are synchronized (link_groups), and the target has one setting for all "
                "links from the same source; let them agree, or set it in one of them"
            )


def _add_sharing(wishes: Sequence[Wish], found: Mapping[str, Rivals]) -> None:
    """A feature has one level and one scope between two tenants, whichever links name it."""
    speaking = [wish for wish in wishes if not wish.link.absent]
    for feature in sorted({name for wish in speaking for name in wish.features}):
        naming = [wish for wish in speaking if feature in wish.features]
        if _disagree(feature, naming):
            for wish in naming:
                here, there = wish.names
                found[wish.link.host]["conflicts"].append(
                    f"{_hosts([one.link for one in naming])} disagree on what {here} shares with {there} (link_share.{wish.side}.{feature}, or "
                    "its scope and groups); let them agree, or set it in one of them"
                )
    for wish in wishes:
        kept = sorted(set(wish.features) & {name for other in speaking if other.link != wish.link for name in other.features})
        if kept:
            found[wish.link.host].setdefault("share_keep", {})[wish.side] = kept


def _disagree(feature: str, naming: Sequence[Wish]) -> bool:
    """Whether these wishes cannot all come true. A scope that is not named is left as it is."""
    values = ([wish.wanted.get(name) for wish in naming] for name in (feature, *SCOPE_OF_SHARING))
    return any(len({_plain(value) for value in given if value is not None}) > 1 for given in values)


def _plain(value: Any) -> Hashable:
    """A value for a comparison: names of groups in any order and any case are the same list."""
    return tuple(sorted(str(name).casefold() for name in value)) if isinstance(value, (list, tuple)) else str(value)


def _hosts(links: Sequence[Link]) -> str:
    names = sorted({link.host for link in links})
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"the links {', '.join(names[:NAMED])}{more}"
