# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The watch over a link: whether protected users are about to lose their accounts, whoever caused it. It needs no desired state.

It looks at what is in the service now, so it finds a change by somebody else in the time between the change and the cycle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...graph.client import Client
from ...plan import Facts, LinkInquiry
from .. import external_names, partner, synced_user, tenants
from . import leavers, watch_report
from .accounts import Account
from .engine import consequence
from .importance import KINDS, Importance, read_importance
from .leavers import Known
from .logged import read_log
from .model import Consequence, SourceUser, TargetUser
from .population import Wanted, read_population
from .present import Present, read, serving
from .protected import HARMFUL, resolve
from .summary import Summary, slim
from .watch_report import Found

SEEN = "seen"
"""In the facts of the source: what was read there."""


@dataclass(frozen=True)
class Seen:
    """What was read in the source."""

    client: Client
    link: Present
    domains: tuple[str, ...]
    """The domains of the source's users by the options, or the verified ones; empty if they could not be read."""


def in_source(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The link as it is now.

    :raises Refusal: if the configuration or its job does not exist.
    """
    client.reads.cache()
    with client.reading():
        link = read(client, params["configuration"])
        named = params.get("source_domains") or tenants.verified_domains(client) or ()
    return {SEEN: Seen(client, link, tuple(named))}


def in_target(target: Client, params: Mapping[str, Any], found: Facts) -> dict[str, Any]:
    """The whole result.

    :raises Refusal: if a name in ``protected`` means nobody.
    """
    seen: Seen = found[SEEN]
    target.reads.cache()
    kinds = tuple(
        kind for kind in KINDS if kind in (KINDS if params.get("protected_importance") is None else params["protected_importance"])
    )
    protection = resolve(seen.client, target, params.get("protected") or (), params.get("protected_release") or (), kinds)
    with target.reading():
        domains = seen.domains or tuple(synced_user.domains_of(target, synced_user.Origin((), params["tenant_id"])))
    scope = _read_scope(seen, target, params["impact_limit"])
    with target.reading():
        accounts = leavers.accounts(target, {*domains, *scope.domains})
    unmatched = [*(account for account in accounts if account.user.id not in scope.accounts), *scope.not_listed(accounts)]
    known, elsewhere = _known(seen, unmatched, scope, params["target"]["tenant_id"])
    left = leavers.judged(seen.link, unmatched, known, elsewhere)
    for judged in left:
        scope.summary.add(judged.consequence)
    risks = [*(judged.consequence for judged in left if judged.fate != "outside"), *scope.risks]
    return watch_report.facts(
        Found(
            params=params,
            link=seen.link,
            summary=scope.summary,
            left=tuple(left),
            risks=tuple(scope.risks),
            importance=_importance(target, risks, kinds),
            checked=kinds if risks else (),
            protection=protection,
            held=leavers.held(seen.link, known.log, params["impact_limit"]),
            users=scope.users,
            differing=scope.differing,
            incomplete=tuple(scope.incomplete()),
        )
    )


@dataclass
class _Scope:
    """The users whom assignments name, and what the next cycle does to those in scope."""

    summary: Summary
    accounts: set[str] = field(default_factory=set)
    """The ids of the accounts of users in scope."""
    users: int = 0
    differing: int = 0
    """Users who differ from the mappings, and are written only when they change in the source."""
    risks: list[Consequence] = field(default_factory=list)
    """Users in scope to whom a cycle does, or may do, harm."""
    filtered: dict[str, tuple[SourceUser, TargetUser]] = field(default_factory=dict)
    """Users who are not in scope although an assignment names them, such as those who fail a filter, by the id of their account."""
    domains: set[str] = field(default_factory=set)
    """The domains of the users' names."""
    uncertain: Counter[str] = field(default_factory=Counter)
    """Why it cannot be computed whether users are in scope, and of how many."""
    unread: Sequence[str] = ()

    def not_listed(self, accounts: Iterable[Account]) -> list[Account]:
        """The accounts of users who are not in scope that are not among those selected by domain."""
        listed = {account.user.id for account in accounts}
        return [
            Account(user, external_names.source_name(user.name) or user.name, sign="an assignment names the user")
            for account_id, (_source, user) in self.filtered.items()
            if account_id not in listed
        ]

    def incomplete(self) -> Iterator[str]:
        """What could not be read or computed, one sentence each."""
        yield from self.unread
        yield from (f"whether {number} users are in scope cannot be computed: {why}" for why, number in self.uncertain.most_common(5))


def _read_scope(seen: Seen, target: Client, limit: int) -> _Scope:
    link, found = seen.link, _Scope(Summary(limit))
    needs, state = link.needs, link.state
    population = read_population(
        seen.client, target, Wanted(state.scope, state.scope, needs.source, needs.target, known=link.known, groups=link.groups)
    )
    for source, account in population.users:
        if source is not None:
            _add(found, link, source, account)
    found.unread = population.incomplete
    return found


def _add(found: _Scope, link: Present, source: SourceUser, account: TargetUser | None) -> None:
    if not source.external:
        found.domains.add(source.name.rpartition("@")[2].lower())
    ending = account.name.partition(external_names.MARK)[2] if account else ""
    result = consequence(source, account, link.state, link.state, full=True, ending=ending)
    alive = account if account and not account.deleted else None
    if result.after.in_scope is False:
        if alive:
            found.filtered[alive.id] = (source, alive)
        return
    found.users += 1
    if alive:
        found.accounts.add(alive.id)
    if result.after.in_scope is None:
        found.uncertain[result.after.reason] += 1
    if not link.full and {"updated", "converted"}.issuperset(result.possible or (result.effect,)):
        # The service looks at the target only when a user changes in the source (fact F119).
        found.differing += 1
        why = "differs from the mappings, and is written when the user changes in the source"
        result = replace(result, effect="unchanged", reason=why, possible=())
    found.summary.add(result)
    if result.effect in HARMFUL or HARMFUL.intersection(result.possible):
        found.risks.append(slim(result))


def _known(seen: Seen, unmatched: Sequence[Account], scope: _Scope, target: str) -> tuple[Known, set[str]]:
    """What is known of the accounts that belong to nobody in scope, and which of them another link maintains."""
    client, users = seen.client, {account_id: source for account_id, (source, _user) in scope.filtered.items()}
    if not unmatched and not seen.link.held_since:
        return Known(), set()
    log = read_log(client, seen.link.configuration)
    if not unmatched:
        return Known(log=log), set()
    with client.reading():
        links = serving(client, partner.resolve(client, target))
    others = [link for link in links if link.configuration.id != seen.link.configuration.id]
    known = Known(leavers.look_up(client, [seen.link, *others], unmatched, users, log), log)
    return known, leavers.covered(others, known.users)


def _importance(target: Client, risks: Iterable[Consequence], kinds: Sequence[str]) -> Importance:
    ids = {risk.target.id for risk in risks if risk.target}
    if not ids or not kinds:
        return Importance()
    with target.reading():
        return read_importance(target, ids, kinds)


INQUIRY = LinkInquiry(in_source, in_target, complain=watch_report.complain)
