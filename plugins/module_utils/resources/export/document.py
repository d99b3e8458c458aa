# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""From the tenants that were read to the links of the file. Pure functions: nothing is read, and the same state gives the same file."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ..capability_features import FEATURES
from ..mapping import schema
from ..mapping.types import Schema
from ..partner_list import ListedPartner
from .model import Described, Export, ExportedLink, Foreign, Identity, SeenConfiguration, SeenTenant
from .variables import describe, is_plain

FOREIGN = "there is no connection to its target; add {} to tenants, and export again"
NOT_CHOSEN = "its target {} was not exported"
_NO_NAME = re.compile(r"[^a-z0-9_-]+")


def export_of(tenants: Sequence[SeenTenant], not_chosen: Mapping[str, str]) -> Export:
    """All that the file describes, in an order that depends on names and ids only. ``not_chosen`` are the names of tenants that are given and
    not exported, by id.
    """
    ordered = sorted(tenants, key=lambda one: one.short)
    by_id = {one.identity.id: one for one in ordered}
    foreign = _foreign(ordered, by_id, not_chosen)
    links = _with_sharing([link for one in ordered for link in _links_of(one, by_id, foreign)], ordered, by_id)
    served = {(one.identity.id, found.target) for one in ordered for found in one.configurations}
    served |= {(one.identity.id, target) for one in ordered for _name, target in one.multitenant}
    inbound, partners = _partners(ordered, served)
    return Export(
        tenants=tuple(ordered),
        foreign=tuple(sorted(foreign.values(), key=lambda one: one.short)),
        links=tuple(_with_hosts(links)),
        inbound=tuple(inbound),
        partners=tuple(partners),
        multitenant=tuple(
            f"{one.short}: configuration {name!r} of the multitenant organization serves {_titled(target, one, by_id)}; the Microsoft 365 "
            "admin center manages it"
            for one in ordered
            for name, target in sorted(one.multitenant)
        ),
        idle=tuple(f"{one.short}: configuration {name!r} serves no tenant" for one in ordered for name in sorted(one.idle)),
        related=tuple(_related(ordered, by_id)),
        unread=tuple(sentence for one in ordered for sentence in one.unread),
    )


def with_obstacles(export: Export, obstacles: Mapping[str, str]) -> Export:
    """The export with these links commented out, by host."""
    links = [dataclasses.replace(link, obstacle=link.obstacle or obstacles.get(link.host)) for link in export.links]
    return dataclasses.replace(export, links=tuple(links))


def same_tenant_twice(tenants: Iterable[SeenTenant]) -> str | None:
    """The sentence about two names for the same tenant; ``None`` if there are none."""
    names: dict[str, list[str]] = defaultdict(list)
    for one in tenants:
        names[one.identity.id].append(one.short)
    twice = next((sorted(of_one) for of_one in names.values() if len(of_one) > 1), None)
    return f"{' and '.join(twice)} are the same tenant; choose one of them with tenants" if twice else None


# Links ---------------------------------------------------------------------------------------------------------------


def _links_of(source: SeenTenant, by_id: Mapping[str, SeenTenant], foreign: Mapping[str, Foreign]) -> Iterator[ExportedLink]:
    """The links from a tenant, those of one pair in the order of their configurations: the first has no suffix."""
    by_target: dict[str, list[tuple[SeenConfiguration, Described]]] = defaultdict(list)
    for found in source.configurations:
        by_target[found.target].append((found, _described(found, source.template, source.cloud)))
    for _target, pair in sorted(by_target.items(), key=lambda entry: _short(entry[0], by_id, foreign)):
        in_order = sorted(pair, key=lambda entry: (_is_guest(entry[1]), entry[0].name.casefold(), entry[0].id))
        suffixes = _suffixes([_is_guest(described) for _found, described in in_order])
        for (found, described), suffix in zip(in_order, suffixes, strict=True):
            yield _link(source, found, described, suffix, by_id, foreign)


def _described(found: SeenConfiguration, template: Schema | None, cloud: str) -> Described:
    return Described({}) if found.obstacle else describe(found, template, cloud)


def _link(
    source: SeenTenant,
    found: SeenConfiguration,
    described: Described,
    suffix: str,
    by_id: Mapping[str, SeenTenant],
    foreign: Mapping[str, Foreign],
) -> ExportedLink:
    name, notes = _configuration(found, source.names)
    others = sorted(other for other, target in source.multitenant if target == found.target and is_plain(other))
    variables = {"configuration": name, **({"others": others} if others else {}), **described.variables}
    obstacle = found.obstacle
    if obstacle is None and found.target == source.identity.id:
        obstacle = "the configuration serves its own tenant"
    if obstacle is None and found.target in foreign:
        obstacle = (NOT_CHOSEN if foreign[found.target].given else FOREIGN).format(foreign[found.target].short)
    target = _short(found.target, by_id, foreign)
    groups = _groups(found, found.target in by_id and by_id[found.target].lets_groups_in.get(source.identity.id, False), target)
    variables |= groups.variables
    notes += groups.notes
    return ExportedLink(source.short, target, suffix, variables, (*notes, *described.notes), obstacle)


def _groups(found: SeenConfiguration, let_in: bool, target: str) -> Described:
    """Whether groups are synchronized, which both tenants decide. Where neither does, nothing is said."""
    mapping = schema.group_mapping(found.schema) if found.schema is not None else None
    if mapping is None or not mapping.get("enabled"):
        return Described({})
    if let_in and found.mode == "assigned" and schema.rows(mapping):
        return Described({"groups": True})
    why = f"{target} does not let them in, or that is not known" if not let_in else "a run refuses to set that"
    return Described({}, (f"the job synchronizes groups, but {why}; it stays as it is",))


def _configuration(found: SeenConfiguration, names: Collection[str]) -> tuple[str, list[str]]:
    """The name of a configuration; its id if the name is not unique, as Entra compares names, or cannot be written."""
    same = [name for name in names if name.casefold() == found.name.casefold()]
    if len(same) == 1 and is_plain(found.name):
        return found.name, []
    why = "is the name of several configurations" if len(same) > 1 else "cannot be written"
    return found.id, [f"{found.id} is the configuration {found.name!r}; the name {why}"]


def _is_guest(described: Described) -> bool:
    return described.variables.get("user_type") == "guest"


def _suffixes(guests: Sequence[bool]) -> list[str]:
    """The suffixes of the links of one pair: none for the first, ``guests`` for the only one of guests, and otherwise numbers."""
    words = ["" if number == 1 else str(number) for number in range(1, len(guests) + 1)]
    if len(guests) > 1 and guests.count(True) == 1:
        words[guests.index(True)] = "guests"
    return words


def _with_hosts(links: Iterable[ExportedLink]) -> Iterator[ExportedLink]:
    """The links, each with a host of its own. Names of tenants can be such that two links would have the same."""
    hosts: set[str] = set()
    for link in links:
        unique, number = link, 2
        while unique.host in hosts:
            unique = dataclasses.replace(link, suffix=f"{link.suffix}{'_' if link.suffix else ''}{number}")
            number += 1
        hosts.add(unique.host)
        yield unique


def _with_sharing(links: Sequence[ExportedLink], tenants: Sequence[SeenTenant], by_id: Mapping[str, SeenTenant]) -> list[ExportedLink]:
    """The links with what their tenants share. Each is written once: in the link into the tenant that shares, if there is one."""
    found = list(links)
    for one in tenants:
        for partner in sorted(one.sharing.keys() & by_id.keys()):
            pair = {one.short, by_id[partner].short}
            places = [number for number, link in enumerate(found) if {link.source, link.target} == pair]
            if places:
                place = min(places, key=lambda number: (found[number].obstacle is not None, found[number].target != one.short, number))
                found[place] = _sharing_in(found[place], one, one.sharing[partner])
    return found


def _sharing_in(link: ExportedLink, tenant: SeenTenant, shared: Described) -> ExportedLink:
    """The link with what its tenant shares."""
    side = "target" if link.target == tenant.short else "source"
    share = {**link.variables.get("share", {}), **({side: dict(shared.variables)} if shared.variables else {})}
    variables = {**link.variables, **({"share": share} if share else {})}
    notes = [f"of what {tenant.short} shares: {note}" for note in shared.notes]
    return dataclasses.replace(link, variables=variables, notes=(*link.notes, *notes))


# Other tenants -------------------------------------------------------------------------------------------------------


def _foreign(tenants: Sequence[SeenTenant], by_id: Mapping[str, SeenTenant], not_chosen: Mapping[str, str]) -> dict[str, Foreign]:
    """The tenants that links lead to, and that are not given, by id. Their names come from their default domains."""
    identities = {
        found.target: one.known.get(found.target, Identity(found.target))
        for one in reversed(tenants)
        for found in one.configurations
        if found.target not in by_id
    }
    taken = {name.casefold() for name in (*(one.short for one in tenants), *not_chosen.values())}
    found: dict[str, Foreign] = {}
    for target, identity in sorted(identities.items()):
        label = _NO_NAME.sub("", (identity.default_domain or "").partition(".")[0].lower())
        given = not_chosen.get(target)
        short = given or (label if label[:1].isalpha() and label not in taken else target)
        taken.add(short)
        found[target] = Foreign(short, identity, given=given is not None)
    return found


def _short(tenant_id: str, by_id: Mapping[str, SeenTenant], foreign: Mapping[str, Foreign]) -> str:
    return by_id[tenant_id].short if tenant_id in by_id else foreign[tenant_id].short


def _titled(tenant_id: str, seen: SeenTenant, by_id: Mapping[str, SeenTenant]) -> str:
    """A tenant in a sentence: its name in the file, or its id with the names that are known."""
    if not tenant_id:
        return "no tenant"
    if tenant_id in by_id:
        return by_id[tenant_id].short
    known = seen.known.get(tenant_id)
    named = ", ".join(name for name in (known.name, known.default_domain) if name) if known else ""
    return f"tenant {tenant_id} ({named})" if named else f"tenant {tenant_id}"


def _partners(tenants: Sequence[SeenTenant], served: Collection[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The partners that belong to no link: those that may synchronize users into a tenant, and the others.

    Whether a tenant that was not read has a configuration for it is not known.
    """
    by_id = {one.identity.id: one for one in tenants}
    inbound, others = [], []
    for one in tenants:
        for partner in one.partners:
            partner_id, here = partner["tenant_id"].lower(), one.identity.id
            shared = one.sharing.get(partner_id, Described({}))
            sentence = f"{one.short}: {_policy(partner, _titled(partner_id, one, by_id), shared)}"
            if partner["user_sync_inbound"] and (partner_id, here) not in served:
                inbound.append(sentence)
            elif not {(partner_id, here), (here, partner_id)} & set(served):
                others.append(sentence)
    return sorted(inbound), sorted(others)


def _policy(partner: ListedPartner, title: str, shared: Described) -> str:
    """The switches of a partner that are on, as a clause."""
    into = ["may synchronize users into this tenant"] if partner["user_sync_inbound"] else []
    ways = [words for name, words in (("redemption_inbound", "from there"), ("redemption_outbound", "to there")) if partner.get(name)]
    redeemed = [f"invitations {' and '.join(ways)} are redeemed automatically"] if ways else []
    organization = ["it is in the same multitenant organization"] if partner["multitenant_organization"] else []
    features = [name for name in FEATURES if name in shared.variables]
    sees = [f"its users see {', '.join(features)} of this tenant"] if features else []
    clauses = [*into, *redeemed, *sees, *organization]
    return (
        f"{title} {into[0]}{''.join(f', {clause}' for clause in clauses[1:])}"
        if into
        else ": ".join((title, ", ".join(clauses) or "no switch is on"))
    )


def _related(tenants: Sequence[SeenTenant], by_id: Mapping[str, SeenTenant]) -> Iterator[str]:
    """The related tenants that are neither given nor a partner nor the target of a configuration, and where they are not known."""
    unknown: dict[str, list[str]] = defaultdict(list)
    for one in tenants:
        known = {partner["tenant_id"].lower() for partner in one.partners} | {found.target for found in one.configurations}
        for related in one.related:
            if related.tenant_id not in by_id and related.tenant_id not in known:
                signals = f": {', '.join(related.signals)}" if related.signals else ""
                yield f"{one.short}: {_titled(related.tenant_id, one, by_id)}{signals}"
        if one.related_unknown:
            unknown[one.related_unknown].append(one.short)
    yield from (f"not known for {', '.join(names)}: {reason}" for reason, names in unknown.items())
