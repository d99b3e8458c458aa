# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads what is known of accounts in the target that belong to no user in scope: the user in the source, other links, and the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from ...graph.batch import read_all
from ...graph.client import Client
from ...graph.odata import requests_by
from .. import synced_user
from ..deprovision import bystanders
from ..directory import Principal, listed, people_named
from .accounts import Account, Fate, Situation, account, judge
from .engine import standing
from .logged import Log, sources
from .model import Consequence, SourceUser, Standing, Switches
from .population import select_source, source_user
from .present import Present
from .rules import needed

GONE = "there is no user of this name in the source any more"


@dataclass(frozen=True)
class Judged:
    """An account whose user is not in scope of the link."""

    account: Account
    fate: Fate
    consequence: Consequence


@dataclass(frozen=True)
class Known:
    """What is known of accounts that were not found by the names of users in scope."""

    users: Mapping[str, SourceUser] = field(default_factory=dict)
    """The user in the source, by the account's id."""
    log: Log = field(default_factory=Log)


def accounts(target: Client, domains: Iterable[str]) -> list[Account]:
    """The accounts of the users of a source, by its domains. A user without any domain of the source is none of them."""
    wanted = {domain.lower() for domain in domains}
    found = filter(None, map(account, synced_user.external_users(target, wanted)))
    return [each for each in found if each.source_name.rpartition("@")[2].lower() in wanted]


def look_up(
    source: Client, links: Sequence[Present], unmatched: Sequence[Account], users: Mapping[str, SourceUser], log: Log
) -> dict[str, SourceUser]:
    """The users in the source to whom accounts belong, by the account's id: by the names of the accounts; of an account whose user has
    another name now, the log names the user. ``users`` are those who are known already.
    """
    unknown = [each for each in unmatched if each.user.id not in users]
    ids = sources(log, (each.user.id for each in unknown))
    with source.reading():
        named = people_named(source, list(dict.fromkeys([*_names(unknown), *ids.values()])))
        principals = {each.user.id: found for each in unknown if (found := _principal(each, named, ids.get(each.user.id)))}
        complete = {user.id: user for user in _with_attributes(source, links, principals.values())}
    found_users = {account_id: complete[user.id] for account_id, user in principals.items() if user.id in complete}
    return {**users, **found_users}


def _names(unmatched: Iterable[Account]) -> Iterator[str]:
    for each in unmatched:
        yield each.source_name
        if each.mail:
            yield each.mail


def _principal(each: Account, named: Mapping[str, list[Principal]], logged: str | None) -> Principal | None:
    """The user in the source: the one of the log, of the name, or of the mail address."""
    for name in (logged, each.source_name, each.mail):
        found = named.get((name or "").lower())
        if found:
            return found[0]
    return None


def _with_attributes(source: Client, links: Sequence[Present], principals: Iterable[Principal]) -> Iterator[SourceUser]:
    """The users with the attributes that the filters read. Without filters, nothing more is read."""
    users = {user.id: user for user in principals}
    filtered = [link.state.rules for link in links if link.state.rules.filters]
    if not filtered:
        for user in users.values():
            yield SourceUser(user.id, user.name, {}, user.enabled, user.external)
        return
    needs = needed(*filtered)
    requests = list(requests_by("/users", "id", select_source(needs.source), list(users)))
    for raw in listed(source, [answer.body for answer in read_all(source, requests)]):
        yield source_user(raw, needs.source)


def standing_of(user: SourceUser | None, link: Present) -> Standing:
    """Whether the user is in scope of the link, and why."""
    return standing(user, link.state, Switches()) if user else Standing(False, GONE)


def situation(link: Present, log: Log) -> Situation:
    """What holds for all accounts of the link."""
    return Situation(
        keeps=link.keeps,
        keeps_deleted=not link.state.rules.soft_deletes,
        held_since=link.held_since,
        bystanders=bystanders.recorded(link.configuration.tags),
        log_unread=log.unread,
        entries=log.by_target,
    )


def judged(link: Present, unmatched: Iterable[Account], known: Known, elsewhere: Collection[str]) -> list[Judged]:
    """The accounts whose user is not in scope, of those that were not found by name. ``elsewhere`` are those in scope of another link, by id."""
    whole = situation(link, known.log)
    found = []
    for each in unmatched:
        user = known.users.get(each.user.id)
        now = standing_of(user, link)
        if now.in_scope is True or each.user.id in elsewhere:
            continue
        fate, consequence = judge(each, user, now, whole)
        found.append(Judged(each, fate, consequence))
    return found


def covered(others: Iterable[Present], users: Mapping[str, SourceUser]) -> set[str]:
    """The accounts whose user is in scope of one of the other links, by id."""
    links = list(others)
    return {account_id for account_id, user in users.items() if any(standing_of(user, link).in_scope is True for link in links)}


class Held(TypedDict):
    """The deletions that the deletion guard holds back, as results contain them."""

    since: str
    users: list[str]
    """User principal names in the source, of the first ones."""
    count: int | None
    """``None`` if the log could not be read."""
    unknown: str | None
    """Why the users are not known."""


def held(link: Present, log: Log, limit: int) -> Held | None:
    """The deletions that the guard holds back (fact F81), as the log names them; ``None`` if there are none."""
    if link.held_since is None:
        return None
    names = log.held()
    # A log that cannot be read at all names nobody.
    number = None if log.unread and not log.by_source else len(names)
    return {"since": link.held_since, "users": names[:limit], "count": number, "unknown": log.unread}
