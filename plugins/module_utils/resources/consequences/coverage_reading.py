# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads all users of the source, a page at a time, and all accounts of the source in the target, and puts each into its class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...graph.client import Client
from ...plan import Facts, LinkInquiry
from .. import external_names, partner, synced_user, tenants
from ..address_book.matching import Named
from . import leavers
from .accounts import FATES, Account, judge
from .coverage import NO_LINK, Classes, Place, Totals, class_of_left, class_of_user, facts, place
from .logged import Log, read_log
from .model import SourceUser, Standing
from .population import select_source, source_user
from .present import Present, serving
from .rules import Needs, needed

SEEN = "seen"
"""In the facts of the source: what was read there."""
PROGRESS = 10_000
"""Users of the source after which the progress is reported."""
_PENDING = "a guest whose invitation is not redeemed has the address: it becomes the user, or stands in the way"


@dataclass(frozen=True)
class Seen:
    """What was read in the source."""

    client: Client
    links: Sequence[Present]
    logs: Mapping[str, Log]
    """By the id of the configuration."""
    domains: tuple[str, ...]

    @property
    def needs(self) -> Needs:
        """The attributes that the filters of the links read: values do not matter here."""
        return needed(*(link.state.rules for link in self.links if link.state.rules.filters))


def in_source(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The links to the target, and their logs."""
    client.reads.cache()
    with client.reading():
        links = serving(client, partner.resolve(client, params["target"]["tenant_id"]))
        named = params.get("source_domains") or tenants.verified_domains(client) or ()
    logs = {link.configuration.id: read_log(client, link.configuration) for link in links}
    return {SEEN: Seen(client, links, logs, tuple(named))}


def in_target(target: Client, params: Mapping[str, Any], found: Facts) -> dict[str, Any]:
    """The result."""
    seen: Seen = found[SEEN]
    target.reads.cache()
    with target.reading():
        domains = seen.domains or tuple(synced_user.domains_of(target, synced_user.Origin((), params["tenant_id"])))
        accounts = leavers.accounts(target, domains)
    return _Coverage(seen, accounts, params["limit"]).result()


@dataclass
class _Match:
    """The user to whom an account belongs; of several, one in scope."""

    user: SourceUser
    where: Place


@dataclass
class _Coverage:
    seen: Seen
    accounts: list[Account]
    limit: int
    matches: dict[str, _Match] = field(default_factory=dict)
    """By the id of the account."""
    total: int = 0
    unlicensed_unknown: int = 0

    def __post_init__(self) -> None:
        self._by_id = {account.user.id: account for account in self.accounts}
        self._named = Named(self.accounts)
        self._owners = {
            account_id: source_id for log in self.seen.logs.values() for account_id, source_id in _owners(log) if account_id in self._by_id
        }
        """The ids of the users in the source whom a log names for an account."""
        self._of_user = {source_id: account_id for account_id, source_id in self._owners.items()}

    def result(self) -> dict[str, Any]:
        """Everyone in their class."""
        users = Classes(self.limit)
        for user, licensed in self._users():
            account = self._account(user)
            where = place(user, self.seen.links)
            if account:
                self._match(account, user, where)
            users.add(*self._classed(user, account, where, licensed))
        accounts = Classes(self.limit)
        for account in self.accounts:
            accounts.add(*self._class_of_account(account))
        totals = Totals(self.total, len(self.accounts))
        return facts(users, accounts, totals, self.seen.links, list(self._unread()))

    # Users -------------------------------------------------------------------------------------------------------------

    def _users(self) -> Iterator[tuple[SourceUser, bool]]:
        """All users of the source, and whether they are licensed. A page is gone before the next one is read."""
        client, needs = self.seen.client, self.seen.needs.source
        following: str | None = f"/users?$select={select_source(needs, 'assignedLicenses')}&$top=999"
        while following:
            with client.reading():
                page = client.get(following)
                users = [(source_user(raw, needs), self._licensed(raw)) for raw in client.members({**page, external_names.NEXT: None})]
                following = client.path_of(page.get(external_names.NEXT), "v1.0")
            for user in users:
                self.total += 1
                if self.total % PROGRESS == 0:
                    client.progress(f"Tenant {client.tenant}: {self.total} users were read")
                yield user

    def _licensed(self, raw: Mapping[str, Any]) -> bool:
        """A user of whom licences are not shown counts as licensed, so that nobody is left out."""
        licences = raw.get("assignedLicenses")
        self.unlicensed_unknown += licences is None
        return licences is None or bool(licences)

    def _account(self, user: SourceUser) -> Account | None:
        """The account of a user: the one of the log, otherwise by name, unless the log names another user for that."""
        if user.external:
            return None
        logged = self._by_id.get(self._of_user.get(user.id, ""))
        named = self._named.of(user.name, user.attributes.get("mail"))
        return logged or (named if named and self._owners.get(named.user.id) in (None, user.id) else None)

    def _match(self, account: Account, user: SourceUser, where: Place) -> None:
        known = self.matches.get(account.user.id)
        if known is None or (where.link and not known.where.link):
            self.matches[account.user.id] = _Match(user, where)

    def _classed(self, user: SourceUser, account: Account | None, where: Place, licensed: bool) -> tuple[str, str, str]:
        entry = self.seen.logs[where.link.configuration.id].by_source.get(user.id) if where.link else None
        pending = account is not None and account.pending
        kind, reason = class_of_user(user, None if pending else account, where, licensed, entry)
        return ("unknown", user.name, _PENDING) if pending and kind == "coming" else (kind, user.name, reason)

    # Accounts ----------------------------------------------------------------------------------------------------------

    def _class_of_account(self, account: Account) -> tuple[str, str, str]:
        match = self.matches.get(account.user.id)
        if match and match.where.link:
            return (
                ("unknown", account.source_name, _PENDING)
                if account.pending
                else ("maintained", account.source_name, match.where.standing.reason)
            )
        if not self.seen.links:
            return "never_removed", account.source_name, NO_LINK
        user, now = (match.user, match.where.standing) if match else (None, Standing(False, leavers.GONE))
        judged = [
            judge(account, user, now, leavers.situation(link, self.seen.logs[link.configuration.id])) for link in self._links_of(account)
        ]
        fate, consequence = min(judged, key=lambda found: FATES.index(found[0]))
        return class_of_left(fate, now), account.source_name, consequence.reason if now.in_scope is not None else now.reason

    def _links_of(self, account: Account) -> Sequence[Present]:
        """The links whose log names the account; all of them if none does."""
        named = [link for link in self.seen.links if account.user.id in self.seen.logs[link.configuration.id].by_target]
        return named or self.seen.links

    def _unread(self) -> Iterator[str]:
        for link in self.seen.links:
            unread = self.seen.logs[link.configuration.id].unread
            if unread:
                yield f"configuration {link.name}: {unread}"
        if self.unlicensed_unknown:
            yield f"the licences of {self.unlicensed_unknown} users of tenant {self.seen.client.tenant} are not shown, so they count as licensed"


def _owners(log: Log) -> Iterator[tuple[str, str]]:
    """The accounts with the users whom the log names for them, without those that were deleted."""
    for account_id, entry in log.by_target.items():
        if entry["source"]["id"]:
            yield account_id, str(entry["source"]["id"])


INQUIRY = LinkInquiry(in_source, in_target)
