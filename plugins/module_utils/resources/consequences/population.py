# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads the users of a change in both tenants, as a stream: each user of the source with the account in the target.

Source users are read by id, by the group that they are members of, or, in scope mode ``all`` or if that takes fewer requests, page by page.
Of the target, no directory is listed: accounts are asked for by name or selected by domain (facts F28, F112, F158).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from ...graph.batch import LARGEST_BATCH, read_all
from ...graph.client import Client, page_members
from ...graph.errors import ServiceError
from ...graph.odata import LARGEST_IN, requests_by
from .. import external_names
from ..directory import Principal, listed, person
from ..external_names import ADVANCED, FIRST, PENDING, former_name, source_name
from . import properties
from .model import Population, Scope, SourceUser, TargetUser
from .rules import ALWAYS_READ

CHUNK = LARGEST_BATCH * LARGEST_IN
"""The users that one batch asks for by name or id."""
PAGE = 999
"""The users of a page."""
BY_DOMAIN = 5 * CHUNK
"""The number of users from which on the accounts in the target are selected by domain: a page of those has three times as many."""

_SOURCE = frozenset({"id", "userPrincipalName", "mail", "accountEnabled", "userType"})
_TARGET = frozenset({"id", "userPrincipalName", "mail", "accountEnabled", "userType", "externalUserState", "assignedLicenses"})


@dataclass(frozen=True)
class Wanted:
    """Which users of two scopes are read, and which attributes of them by the names of the schema."""

    before: Scope
    after: Scope
    source: frozenset[str] = frozenset()
    target: frozenset[str] = frozenset()
    moved: bool = False
    """Whether only users are read whom just one of the two scopes contains."""
    light: bool = False
    """Whether of users who leave nothing is needed but what is known, and whether they are enabled."""
    left: bool = False
    """Whether users are read as well who are in neither scope, but have an account: the link may have created it."""
    known: Mapping[str, Principal] = field(default_factory=dict)
    """The users who are known, by id."""
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The ids of the members of groups, by group id: many members are read page by page. Of members, it is known whether they are enabled."""

    def ids(self) -> dict[str, None]:
        """The users to read in scope mode ``assigned``, in the order of the scopes."""
        before, after = self.before.paths, self.after.paths
        return {user_id: None for user_id in chain(before, after) if not self.moved or user_id not in before or user_id not in after}

    def takes(self, user_id: str) -> bool:
        """Whether a user of the directory is read, if one of the scopes contains all users."""
        return not self.moved or not contains(self.before, user_id) or not contains(self.after, user_id)


def contains(scope: Scope, user_id: str) -> bool:
    """Whether the mode or an assignment puts a user into scope, regardless of filters."""
    return scope.mode == "all" or user_id in scope.paths


def read_population(source: Client, target: Client | None, wanted: Wanted) -> Population:
    """The users that two scopes contain, each with the account in the target. Without a client of the target, no account is known.

    ``incomplete`` is complete when the stream has ended. Failures occur while it is read.
    """
    reader = _Reader(source, target, wanted)
    return Population(reader.pairs(), reader.incomplete)


class _Reader:
    def __init__(self, source: Client, target: Client | None, wanted: Wanted) -> None:
        self._source, self._target, self._wanted = source, target, wanted
        self._select = select_source(wanted.source)
        self._select_in_target = select_target(wanted.target)
        self._accounts: dict[str, TargetUser] = {}
        """The accounts in the target, by the name in the source from which theirs was made, in lower case."""
        self._deleted: dict[str, TargetUser] | None = None
        self._selected = False
        """Whether the accounts are selected by domain."""
        self._seen: set[str] = set()
        self._domains: set[str] = set()
        self.incomplete: list[str] = []

    def pairs(self) -> Iterator[tuple[SourceUser, TargetUser | None]]:
        """The users with their accounts."""
        chunks = _in_chunks(self._users())
        first = list(islice(chunks, BY_DOMAIN // CHUNK))
        following = next(chunks, None)
        if following is not None:
            self._select_by_domain(chain.from_iterable(first))
        for chunk in chain(first, [following] if following else [], chunks):
            self._read_accounts(chunk)
            pairs = [(user, self._account(user)) for user in chunk]
            if self._wanted.left:
                self._seen.update(account.id for _user, account in pairs if account)
                self._domains.update(name.rpartition("@")[2] for user in chunk for name in _names(user))
            yield from pairs
            if not self._selected:
                self._accounts.clear()
        if self._wanted.left:
            yield from self._left_before()

    # Source ------------------------------------------------------------------------------------------------------------

    def _users(self) -> Iterator[SourceUser]:
        if "all" in (self._wanted.before.mode, self._wanted.after.mode):
            for user in self._pages(f"/users?$select={self._select}&$top=999"):
                if self._wanted.takes(user.id):
                    yield user
            return
        remaining = self._wanted.ids()
        if self._wanted.light:
            yield from self._leavers(remaining)
        for group_id, members in self._wanted.groups.items():
            if sum(member in remaining for member in members) > CHUNK:
                yield from self._taken(remaining, self._pages(f"/groups/{group_id}/members?$select={self._select}&$top=999"))
        if len(remaining) > BY_DOMAIN:
            yield from self._from_listing(remaining)
        yield from self._by_id(list(remaining))

    @staticmethod
    def _taken(remaining: dict[str, None], users: Iterator[SourceUser]) -> Iterator[SourceUser]:
        for user in users:
            if user.id in remaining:
                del remaining[user.id]
                yield user

    def _from_listing(self, remaining: dict[str, None]) -> Iterator[SourceUser]:
        """The users from a list of all members of the tenant, if its pages are fewer than the batches that ask for each by id."""
        path = f"/users?$filter=userType%20eq%20'Member'&$select={self._select}&$count=true&$top={PAGE}"
        with self._source.reading():
            page = self._source.get(path, headers=ADVANCED)
            size = page.get("@odata.count")
        if isinstance(size, int) and size / PAGE <= len(remaining) / CHUNK:
            yield from self._taken(remaining, self._following(page, ADVANCED))

    def _leavers(self, remaining: dict[str, None]) -> Iterator[SourceUser]:
        """The users who leave, of whom no more is read than which of them are disabled; they are removed from ``remaining``."""
        known, after = self._wanted.known, self._wanted.after.paths
        leavers = [user_id for user_id in remaining if user_id in known and user_id not in after]
        members = frozenset(chain.from_iterable(self._wanted.groups.values()))
        direct = sum(user_id not in members for user_id in leavers)
        if 0 < direct <= CHUNK:
            leavers = [user_id for user_id in leavers if user_id in members]
        disabled = self._disabled() if direct > CHUNK else frozenset()
        for user_id in leavers:
            del remaining[user_id]
            user = known[user_id]
            enabled = user.enabled and user_id not in disabled
            mail = {"mail": user.mail} if user.mail else {}
            yield SourceUser(
                user_id, user.name, {"accountEnabled": enabled, "userPrincipalName": user.name, **mail}, enabled, user.external
            )

    def _disabled(self) -> frozenset[str]:
        with self._source.reading():
            return frozenset(raw["id"] for raw in self._source.pages("/users?$filter=accountEnabled%20eq%20false&$select=id&$top=999"))

    def _pages(self, path: str) -> Iterator[SourceUser]:
        with self._source.reading():
            page = self._source.get(path)
        yield from self._following(page, {})

    def _following(self, page: Any, headers: Mapping[str, str]) -> Iterator[SourceUser]:
        """The users of a page, and of those that follow it. No page is read before the users of the one before it are taken."""
        while True:
            with self._source.reading():
                users = [self._user(raw) for raw in page_members(page)]
                following = self._source.path_of(page.get("@odata.nextLink"), "v1.0")
            yield from users
            if following is None:
                return
            with self._source.reading():
                page = self._source.get(following, headers=headers)

    def _by_id(self, ids: Sequence[str]) -> Iterator[SourceUser]:
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            with self._source.reading():
                answers = read_all(self._source, list(requests_by("/users", "id", self._select, chunk)))
                users = {raw["id"]: self._user(raw) for raw in listed(self._source, (answer.body for answer in answers))}
            # A user who is not found is deleted, or a replica does not show it: the attributes are unknown.
            yield from (users.get(user_id) or self._unseen(user_id) for user_id in chunk)

    def _unseen(self, user_id: str) -> SourceUser:
        name = self._wanted.known[user_id].name if user_id in self._wanted.known else user_id
        return SourceUser(user_id, name, {"userPrincipalName": name}, unread=self._wanted.source | {"accountEnabled", "mail"})

    def _user(self, raw: Mapping[str, Any]) -> SourceUser:
        return source_user(raw, self._wanted.source)

    # Target ------------------------------------------------------------------------------------------------------------

    def _account(self, user: SourceUser) -> TargetUser | None:
        return self._found(self._accounts, user) or (self._found(self._deleted, user) if self._deleted else None)

    @staticmethod
    def _found(accounts: Mapping[str, TargetUser], user: SourceUser) -> TargetUser | None:
        """By user principal name, or by the mail address after which an invited guest is named (facts F112, F113)."""
        return next((accounts[name] for name in _names(user) if name in accounts), None)

    def _read_accounts(self, users: Sequence[SourceUser]) -> None:
        missing = [user for user in users if self._found(self._accounts, user) is None]
        if self._target is None or not missing:
            return
        try:
            with self._target.reading():
                # The index by domain can be late, so nobody counts as absent because of it (fact F158).
                self._read_by_name(self._target, [name for user in missing for name in _names(user)])
                absent = [user for user in missing if self._found(self._accounts, user) is None]
                self._read_by_mail(self._target, [user.attributes["mail"] for user in absent if user.attributes.get("mail")])
                entering = any(not contains(self._wanted.before, user.id) for user in absent)
                if entering and self._deleted is None:
                    self._deleted = self._read_deleted(self._target)
        except ServiceError as error:
            self._give_up(error)

    def _read_by_name(self, target: Client, names: Iterable[str]) -> None:
        requests = list(external_names.requests_by_source_name(names, self._select_in_target))
        for answer in read_all(target, requests):
            self._keep(target.members(answer.body))

    def _read_by_mail(self, target: Client, addresses: Sequence[str]) -> None:
        """A guest who was taken over keeps the old name, but the synchronization updates the address (fact F113)."""
        requests = list(requests_by("/users", "mail", self._select_in_target, addresses))
        for raw in listed(target, (answer.body for answer in read_all(target, requests))):
            if source_name(str(raw.get("userPrincipalName") or "")):
                self._accounts.setdefault(str(raw["mail"]).lower(), self._target_user(raw))

    def _select_by_domain(self, users: Iterable[SourceUser]) -> None:
        """Read the accounts from the domains of these users. Accounts from other domains are read by name."""
        target = self._target
        if target is None:
            return
        domains = {name.rpartition("@")[2] for user in users for name in _names(user)}
        try:
            with target.reading():
                self._read_by_domain(target, domains)
        except ServiceError as error:
            self._give_up(error)
        self._selected = True

    def _read_by_domain(self, target: Client, domains: Iterable[str]) -> None:
        ends = external_names.recorded_endings(target) or external_names.endings_here(target, target.send(FIRST).body)
        for answer in read_all(target, external_names.selecting(domains, ends, self._select_in_target)):
            self._keep(target.members(answer.body, headers=ADVANCED))

    def _left_before(self) -> Iterator[tuple[SourceUser, TargetUser | None]]:
        """Users who are in neither scope, with their accounts."""
        target = self._target
        if target is None:
            self.incomplete.append("who left the scope before and would be deleted now is not known")
            return
        domains = self._source_domains()
        try:
            with target.reading():
                self._read_by_domain(target, domains)
        except ServiceError as error:
            self._give_up(error)
            return
        left = {name: account for name, account in self._accounts.items() if account.id not in self._seen}
        names = list(left)
        for start in range(0, len(names), CHUNK):
            chunk = names[start : start + CHUNK]
            with self._source.reading():
                answers = read_all(self._source, list(requests_by("/users", "userPrincipalName", self._select, chunk)))
                users = [self._user(raw) for raw in listed(self._source, (answer.body for answer in answers))]
            by_name = {user.name.lower(): user for user in users}
            for name in chunk:
                unseen = SourceUser(f"account {left[name].id}", name, {}, unread=self._wanted.source)
                yield by_name.get(name, unseen), left[name]

    def _source_domains(self) -> set[str]:
        """The verified domains of the source, and those of its users."""
        try:
            with self._source.reading():
                organizations = list(self._source.pages("/organization?$select=id,verifiedDomains"))
        except ServiceError as error:
            if not error.denied:
                raise
            self.incomplete.append(
                f"the verified domains of tenant {self._source.tenant} cannot be read (permission Organization.Read.All is missing there), so "
                "users of other domains who left the scope before are not known"
            )
            return self._domains
        named = (domain for organization in organizations for domain in organization.get("verifiedDomains") or ())
        return self._domains | {str(domain["name"]).lower() for domain in named if domain.get("name")}

    def _keep(self, users: Iterable[Mapping[str, Any]]) -> None:
        for raw in users:
            name = source_name(str(raw.get("userPrincipalName") or ""))
            if name:
                self._accounts[name.lower()] = self._target_user(raw)

    def _read_deleted(self, target: Client) -> dict[str, TargetUser]:
        """The deleted accounts, which the service can restore (fact F115)."""
        found = {}
        for raw in target.pages(f"/directory/deletedItems/microsoft.graph.user?$select={self._select_in_target}&$top=999"):
            former = former_name(raw)
            name = source_name(former)
            if name:
                found[name.lower()] = self._target_user({**raw, "userPrincipalName": former}, deleted=True)
        return found

    def _target_user(self, raw: Mapping[str, Any], deleted: bool = False) -> TargetUser:
        return target_user(raw, self._wanted.target, deleted)

    def _give_up(self, error: ServiceError) -> None:
        """Without permission to read the target, no account is known, and none counts as absent."""
        if not error.denied or self._target is None:
            raise error
        self.incomplete.append(f"the users of tenant {self._target.tenant} cannot be read (permission User.Read.All is missing there)")
        self._target = None
        self._accounts.clear()
        self._deleted = None


def select_source(attributes: Iterable[str], *more: str) -> str:
    """The properties that `source_user` reads, and ``more``."""
    return ",".join(sorted(_SOURCE | properties.selected(attributes) | set(more)))


def select_target(attributes: Iterable[str]) -> str:
    """The properties that `target_user` reads."""
    return ",".join(sorted(_TARGET | properties.selected(attributes)))


def source_user(raw: Mapping[str, Any], attributes: frozenset[str], deleted: bool = False) -> SourceUser:
    """A user of the source from Graph's JSON, with the attributes."""
    principal = person(raw)
    needed = attributes | ALWAYS_READ
    return SourceUser(
        principal.id,
        principal.name,
        properties.values(raw, needed),
        enabled=principal.enabled,
        external=principal.external,
        deleted=deleted,
        unread=properties.unread(needed),
    )


def target_user(raw: Mapping[str, Any], attributes: Iterable[str], deleted: bool = False) -> TargetUser:
    """An account in the target from Graph's JSON, with the attributes."""
    return TargetUser(
        str(raw["id"]),
        str(raw["userPrincipalName"]),
        properties.values(raw, attributes),
        enabled=raw.get("accountEnabled") is not False,
        user_type=str(raw.get("userType") or "Member"),
        deleted=deleted,
        redeemed=raw.get("externalUserState") != PENDING,
        licensed=bool(raw.get("assignedLicenses")),
    )


def _names(user: SourceUser) -> Iterator[str]:
    yield from (str(name).lower() for name in (user.name, user.attributes.get("mail")) if name)


def _in_chunks(users: Iterator[SourceUser]) -> Iterator[list[SourceUser]]:
    return iter(lambda: list(islice(users, CHUNK)), [])
