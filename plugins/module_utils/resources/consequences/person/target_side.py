# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The accounts of one user in the target tenant, deleted ones included. No directory is listed (facts F112, F113, F118)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ....graph.batch import Outcome, outcomes_of, read_all
from ....graph.client import Answer, Client, Request, all_of
from ....graph.odata import is_id, requests_by
from ...address_book import matching, people
from ...address_book.evidence import Entra
from ...causes import clause
from ...directory import Principal, listed
from ...external_names import former_name, requests_by_source_name
from ..model import TargetUser
from ..population import select_target, target_user
from .source_side import ORGANIZATION


@dataclass(frozen=True)
class Accounts:
    """The users of the target whom the names can mean, by id. ``deleted`` users have the name from before the deletion."""

    live: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    deleted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    """The time of the service."""
    ending: str = ""
    """The initial domain, with which the names of external users end; empty if it is not known."""
    incomplete: tuple[str, ...] = ()

    def external(self, deleted: bool = False) -> list[Entra]:
        """Those who came from other tenants."""
        return [user for user in map(people.entra, (self.deleted if deleted else self.live).values()) if user.source_name]

    def own(self, name: str) -> Entra | None:
        """The user of the target itself whom a name means."""
        users = (user for user in map(people.entra, self.live.values()) if not user.source_name)
        return next((user for user in users if name.lower() in _names(user)), None)


@dataclass(frozen=True)
class Matched:
    """The accounts of the user: the one that the synchronization uses first."""

    accounts: tuple[Entra, ...] = ()
    deleted: bool = False
    """Whether they are deleted accounts."""


def read(client: Client, names: Collection[str], ids: Collection[str], attributes: frozenset[str]) -> Accounts:
    """The users with these names in the source, mail addresses or ids."""
    client.reads.cache()
    select = ",".join(dict.fromkeys([*people.SELECT.split(","), *select_target(attributes).split(",")]))
    wanted = list(dict.fromkeys(name for name in names if name))
    addresses = [name for name in wanted if "@" in name]
    requests = [
        *requests_by_source_name(addresses, select),
        *requests_by("/users", "id", select, list(dict.fromkeys([*ids, *filter(is_id, wanted)]))),
        *requests_by("/users", "userPrincipalName", select, addresses),
        *requests_by("/users", "mail", select, addresses),
    ]
    deleted = Request("GET", f"/directory/deletedItems/microsoft.graph.user?$select={select}&$top=999")
    now = people.service_time(client)
    # Exchange proves with the verified domains that it answers for this tenant, so they are cached as well.
    outcomes = outcomes_of(client, [*requests, deleted, ORGANIZATION])
    # A read that failed is repeated here, and fails the task.
    live = listed(client, (answer.body for answer in read_all(client, requests)))
    found, unread = _deleted(client, outcomes[len(requests)])
    ending = _initial_domain(outcomes[-1])
    return Accounts({str(raw["id"]): raw for raw in live}, {str(raw["id"]): raw for raw in found}, now, ending, unread)


def _initial_domain(outcome: Outcome) -> str:
    organizations = all_of(outcome.body) if isinstance(outcome, Answer) else []
    domains = (domain for organization in organizations for domain in organization.get("verifiedDomains") or ())
    return next((str(domain.get("name")) for domain in domains if domain.get("isInitial")), "")


def _deleted(client: Client, outcome: Outcome) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    if not isinstance(outcome, Answer):
        return [], (f"the deleted users of the target could not be read ({clause(outcome)})",)
    return [{**raw, "userPrincipalName": former_name(raw)} for raw in client.members(outcome.body)], ()


def of_source(found: Accounts, principal: Principal, target_ids: Sequence[str]) -> Matched:
    """The accounts of a user of the source: what the log names first, then by name and mail address."""
    by_log = {principal.id: next((target_id for target_id in target_ids if target_id in {*found.live, *found.deleted}), "")}
    for deleted in (False, True):
        users = found.external(deleted)
        paired = matching.pair([principal], users, by_log, users).get(principal.id)
        if paired:
            names = {principal.name.lower(), (principal.mail or principal.name).lower()}
            others = [
                user for user in users if user.id != paired.id and names & {(user.source_name or "").lower(), (user.mail or "").lower()}
            ]
            return Matched((paired, *others), deleted)
    return Matched()


def of_name(found: Accounts, name: str) -> Matched:
    """The accounts that a name means, of a user whom the source does not have."""
    for deleted in (False, True):
        users = [user for user in found.external(deleted) if name.lower() in _names(user)]
        if users:
            return Matched(tuple(users), deleted)
    return Matched()


def _names(user: Entra) -> set[str]:
    return {name.lower() for name in (user.id, user.user_principal_name, user.source_name, user.mail) if name}


def account(found: Accounts, matched: Matched, attributes: Iterable[str]) -> TargetUser | None:
    """The account in the form of the engine."""
    if not matched.accounts:
        return None
    raw = (found.deleted if matched.deleted else found.live)[matched.accounts[0].id]
    return target_user(raw, frozenset(attributes), matched.deleted)
