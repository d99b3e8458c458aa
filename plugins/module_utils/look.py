# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""One look at many links: compares each with its desired state, and reads what they share only once.

Each link is compared by the functions that compare a single one (`link_comparison`), first in its source, then in its target. The reads of
all links of a tenant share batches. A link is left to a comparison of its own if only repeated reads can decide.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .failure import RunFailure, run_failure
from .graph.client import Client, Together
from .graph.desk import Desk
from .graph.errors import GraphFailure, ServiceError
from .graph.rounds import Group, run_together
from .graph.run_cache import Draft, RunCache
from .graph.vault import Vault
from .options.specs import CONNECTION
from .plan import Facts, Refusal, Unseen
from .resources import configuration, link_comparison, link_report, overview, strangers
from .run import connect, refused_value, without_empty

Params = Mapping[str, Any]
"""The validated options of ``link_info``."""

MOST_WITH_READS = 50
"""Of more links, what was read in the source is discarded if nothing differs there, because it would not fit into memory. If a link then
differs in the target, its tasks read the source again.
"""
MOST_ALONE = 2
"""Of more links of a source, what all of them read is read first."""
SIDE_BY_SIDE = 250
"""The links of a tenant that are compared at the same time."""


@dataclass(frozen=True)
class Verdict:
    """The state of a link. ``facts`` are those of ``link_info``, ``None`` if there are none; ``failure`` is why it could not be compared.
    A link that was only to be read has both if its target could not be read. Without both, it needs a comparison of its own.
    """

    facts: Facts | None = None
    failure: str | None = None


ALONE = Verdict()


@dataclass(frozen=True)
class Strangers:
    """Synchronization that no link describes, in a tenant. ``unknown`` is why it could not be read."""

    tenant: str
    objects: tuple[strangers.Stranger, ...] = ()
    unknown: str | None = None

    @property
    def found(self) -> tuple[str, ...]:
        """A sentence for each partner or configuration."""
        return tuple(stranger.text for stranger in self.objects)


@dataclass(frozen=True)
class Seen:
    """The verdicts on links, by the names under which they were given, and the strangers in their tenants."""

    verdicts: Mapping[str, Verdict]
    strangers: tuple[Strangers, ...] = ()


Pair: TypeAlias = tuple[str, str, Collection[str]]
"""A link of the inventory: the ids or domains of its source and its target in lower case, and the names of its configurations."""


@dataclass
class _Link:
    """A link while it is compared."""

    name: str
    params: Params
    read: list[tuple[Client, Draft]] = field(default_factory=list)
    """The clients that have read it, with what they have recorded."""
    source: Facts | None = None
    verdict: Verdict | None = None


Search: TypeAlias = Callable[[Client, strangers.Described], "list[strangers.Stranger]"]


class _Tenants:
    """The connections, by their options. Two credentials of one tenant are two connections: they may be permitted to read different things."""

    def __init__(self, run_cache: RunCache, progress: Callable[[str], None] | None) -> None:
        self._run_cache = run_cache
        self._progress = progress
        self._desks: dict[str, Desk] = {}
        self._searched: set[tuple[str, Search]] = set()
        self.strangers: list[Strangers] = []

    def desk(self, options: Params) -> Desk:
        """The desk of a connection.

        :raises GraphFailure: if an option is missing or unusable.
        """
        key = key_of(options)
        if key not in self._desks:
            client = connect(options, self._run_cache, self._progress)
            client.reads.share()
            # What it reads for all links is shared by those that need it.
            client.reads.keep_private()
            self._desks[key] = Desk(client, overview.LISTINGS)
        return self._desks[key]

    def searches(self, desk: Desk, side: str) -> list[Search]:
        """The searches for strangers in a tenant of a link. Each is made once a tenant, even if there are several connections."""
        wanted: list[Search] = [strangers.inbound, *([strangers.outbound] if side == "source" else [])]
        new = [search for search in wanted if (desk.client.tenant.lower(), search) not in self._searched]
        self._searched.update((desk.client.tenant.lower(), search) for search in new)
        return new

    def close(self) -> None:
        """Close the connections."""
        for desk in self._desks.values():
            desk.client.close()


def key_of(options: Params) -> str:
    """A text that is equal for equal connections. It contains secrets."""
    return json.dumps({name: options.get(name) for name in CONNECTION}, sort_keys=True, default=str)


def look(
    links: Mapping[str, Params],
    check_mode: bool,
    run_folder: str | None = None,
    vault: Vault | None = None,
    progress: Callable[[str], None] | None = None,
    inventory: Sequence[Pair] = (),
) -> Seen:
    """The verdicts on links, and what no link of the inventory describes. Nothing is changed.

    ``run_folder`` and ``vault`` are as in `run`. What was read for a link that is not in sync is shared with the next tasks of the run.
    """
    found = [_given(name, params) for name, params in links.items()]
    tenants = _Tenants(RunCache(run_folder, vault), progress)
    try:
        described = strangers.described(inventory)
        for side in ("source", "target"):
            _compare(tenants, found, side, check_mode, described)
        return Seen({link.name: link.verdict or ALONE for link in found}, tuple(tenants.strangers))
    finally:
        tenants.close()


def _given(name: str, params: Params) -> _Link:
    """A link with its options as `run` would use them. One with an invalid option is left to its own task, which reports it."""
    given = without_empty(params)
    wrong = refused_value(given)
    given["target"] = without_empty(given["target"])
    return _Link(name, given, verdict=ALONE if wrong else None)


def _compare(tenants: _Tenants, links: Sequence[_Link], side: str, check_mode: bool, described: Mapping[str, strangers.Described]) -> None:
    """Compare all links in the tenants of one side."""
    by_connection: dict[str, list[_Link]] = defaultdict(list)
    for link in links:
        if link.verdict is None:
            by_connection[key_of(_options(link, side))].append(link)
    groups = []
    for members in by_connection.values():
        try:
            desk = tenants.desk(_options(members[0], side))
        except GraphFailure as failure:
            for link in members:
                _fail(link, side, failure, None)
            continue
        for start in range(0, len(members), SIDE_BY_SIDE):
            chunk = members[start : start + SIDE_BY_SIDE]
            common = _Common()
            work = [functools.partial(_work, link, side, check_mode, len(links) <= MOST_WITH_READS, common) for link in chunk]
            known = described.get(desk.client.tenant.casefold())
            if start == 0 and known:
                work += [functools.partial(_find_strangers, tenants, search, known) for search in tenants.searches(desk, side)]
            first = [common.read] if side == "source" and len(chunk) > MOST_ALONE and _compares(chunk) else []
            groups.append(Group(desk, work, functools.partial(_begin, desk, chunk, side), first))
    run_together(groups)


def _options(link: _Link, side: str) -> Params:
    options: Params = link.params if side == "source" else link.params["target"]
    return options


def _compares(links: Sequence[_Link]) -> bool:
    """Whether any of these links is compared with its desired state, and not only read."""
    return any(link.params["compare"] for link in links)


def _begin(desk: Desk, links: Sequence[_Link], side: str) -> None:
    if side == "source":
        desk.foresee = overview.Foresight([str(link.params["configuration"]) for link in links], _compares(links))
        desk.expect(overview.opening([link.params for link in links]))


class _Common:
    """What every link of a source reads, read before the links are compared. For each of many links, it would take as long as the rest."""

    def __init__(self) -> None:
        self.reader: list[tuple[Client, Draft]] = []

    def read(self, desk: Desk, together: Together) -> None:
        """Read it. After a failure, each link reads it by itself, and reports that."""
        draft = Draft(desk.run_cache)
        client = desk.client.joining(together, draft, desk.began)
        client.reads.share()
        configuration.share_bags(client)
        self.reader.append((client, draft))


def _work(link: _Link, side: str, check_mode: bool, keeps_reads: bool, common: _Common, desk: Desk, together: Together) -> None:
    """Compare a link in one tenant."""
    draft = Draft(desk.run_cache)
    client = desk.client.joining(together, draft, desk.began)
    link.read += [*common.reader, (client, draft)]
    client.check_mode = check_mode
    try:
        if side == "source":
            link.source = link_comparison.in_source(client, link.params)
            if link.source["differences"]:
                _share(link)
            elif not keeps_reads:
                link.read.clear()
                if not link.params["stop_at_difference"]:
                    link.source = link_comparison.without_bases(link.source)
        else:
            _finish(link, link_comparison.in_target(client, link.params, link.source or {}))
    except (Refusal, GraphFailure) as failure:
        _fail(link, side, failure, client)
    except Exception:  # A fault of a planner is the failure of one link, which its own task reports.
        _end(link, ALONE)


def _find_strangers(tenants: _Tenants, search: Search, known: strangers.Described, desk: Desk, together: Together) -> None:
    """Search for strangers in a tenant. What cannot be read is unknown, and fails no link."""
    client = desk.client.joining(together, Draft(desk.run_cache), desk.began)
    client.reads.cache()
    try:
        with client.reading():
            found = search(client, known)
    except (Refusal, GraphFailure) as failure:
        tenants.strangers.append(Strangers(client.tenant, unknown=run_failure(failure, client.tenant, [], client).msg))
    except Exception as fault:  # No reason to leave all links alone.
        unknown = f"Tenant {client.tenant}: the search has failed with {type(fault).__name__}, a fault of this collection; report it."
        tenants.strangers.append(Strangers(client.tenant, unknown=unknown))
    else:
        if found:
            tenants.strangers.append(Strangers(client.tenant, tuple(found)))


def _finish(link: _Link, facts: Facts) -> None:
    if facts["untouched"] is None:
        _end(link, ALONE)
        return
    if link.params["share_reads"] and not facts["in_sync"]:
        _share(link)
    _end(link, Verdict(facts))


def _share(link: _Link) -> None:
    """Share what was read with the next tasks of the link."""
    for client, draft in link.read:
        client.reads.publish()
        draft.publish()
    link.read.clear()


def _end(link: _Link, verdict: Verdict) -> None:
    link.verdict = verdict
    link.read.clear()
    link.source = None


def _fail(link: _Link, side: str, failure: Refusal | GraphFailure, client: Client | None) -> None:
    if isinstance(failure, Unseen) or (isinstance(failure, ServiceError) and failure.missing):
        # It may pass: one replica can list what another does not show yet (fact F14).
        _end(link, ALONE)
        return
    reported: RunFailure = run_failure(failure, str(_options(link, side).get("tenant_id")), [], client)
    excused = link_comparison.excuse(link.params, reported.msg, reported.details.get("error") or {})
    if excused is None:
        read = (
            link_report.compared(link.source, link_comparison.NOTHING, None, link.params)
            if link.source and not link.params["compare"]
            else None
        )
        _end(link, Verdict(read, reported.msg))
    else:
        _finish(link, excused)
