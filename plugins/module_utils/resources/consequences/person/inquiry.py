# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Everything about one user of a link: reads the source, then the target, then Exchange if it may be asked, and judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ....graph.client import Client
from ....graph.errors import GraphFailure
from ....plan import Facts, LinkInquiry, Refusal
from ...address_book import inquiry as address_book
from ...address_book import recipients, verdict
from ...address_book.evidence import Person, Situation
from ...address_book.evidence import SourceUser as InSource
from ...address_book.matching import logged
from ...address_book.people import Found as FoundInTarget
from ...causes import clause
from ...directory import Principal
from ...external_names import source_name
from ..engine import consequence, standing, values
from ..model import AttributeChange, Consequence, Rules, Scope, SourceUser, Standing, State, TargetUser
from . import report, source_side, target_side
from .case import was_deleted_by_service
from .evidence import Evidence, History
from .source_side import Configured, Found
from .target_side import Accounts, Matched
from .unmet import unmet_clauses

SEEN = "seen"
"""In the facts of the source: what was read there."""
NO_RULES = Rules(())


@dataclass(frozen=True)
class Seen:
    """What was read in the source, and its client: whose account a name means may be known only in the target."""

    client: Client
    known: Configured
    principal: Principal | None
    found: Found


def in_source(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """What the source knows of the user.

    :raises Refusal: if the configuration does not exist, or the name means several users.
    """
    names = _names(str(params["user"]))
    with client.reading():
        known = source_side.configured(client, params["configuration"], names)
        principal = source_side.named(client, names)
        known, found = source_side.find(client, known, principal, names)
    return {SEEN: Seen(client, known, principal, found)}


def _names(user: str) -> list[str]:
    """The names that the user can have in the source."""
    return list(dict.fromkeys(name for name in (user, source_name(user)) if name))


def in_target(client: Client, params: Mapping[str, Any], source: Facts) -> dict[str, Any]:
    """The result."""
    seen: Seen = source[SEEN]
    user = str(params["user"])
    with client.reading():
        accounts = target_side.read(client, _wanted(user, seen), seen.found.target_ids, seen.known.needs.target)
    matched = _matched(accounts, seen, user)
    incomplete: tuple[str, ...] = ()
    if seen.found.user is None and matched.accounts:
        try:
            with seen.client.reading():
                seen = _by_account(seen, matched)
        except (GraphFailure, Refusal) as failure:
            reason = clause(failure) if isinstance(failure, GraphFailure) else str(failure)
            incomplete = (f"the user of the account could not be read in the source ({reason})",)
        matched = _matched(accounts, seen, user)
    return _result(client, params, seen, accounts, matched, incomplete)


def _wanted(user: str, seen: Seen) -> list[str]:
    mail = seen.found.user.attributes.get("mail") if seen.found.user else None
    return [name for name in (user, *_names(user), seen.found.user and seen.found.user.name, mail) if name]


def _matched(accounts: Accounts, seen: Seen, user: str) -> Matched:
    principal = seen.principal or _principal(seen.found.user)
    found = target_side.of_source(accounts, principal, seen.found.target_ids) if principal else Matched()
    return found if found.accounts else target_side.of_name(accounts, user)


def _principal(user: SourceUser | None) -> Principal | None:
    """A deleted user as the matching takes one."""
    if user is None:
        return None
    return Principal(user.id, "user", user.name, user.attributes.get("mail"), user.enabled, user.external)


def _by_account(seen: Seen, matched: Matched) -> Seen:
    """The user of the source whose account it is: by its name, by its mail address, or as the log names them, after they were renamed."""
    first = matched.accounts[0]
    names = [name for name in (first.source_name, first.mail) if name]
    history = source_side.history_of_account(seen.client, seen.known, first.id)
    ids = [entry["source"]["id"] for entry in history.entries if entry["source"]["id"]]
    principal = source_side.named(seen.client, [*ids[:1], *names])
    known, found = source_side.find(seen.client, seen.known, principal, [*ids[:1], *names])
    return Seen(seen.client, known, principal, found if principal else replace(found, history=history))


# Judging -------------------------------------------------------------------------------------------------------------


def _result(
    client: Client, params: Mapping[str, Any], seen: Seen, accounts: Accounts, matched: Matched, incomplete: tuple[str, ...]
) -> dict[str, Any]:
    known, found, user = seen.known, seen.found, seen.found.user
    account = target_side.account(accounts, matched, known.needs.target)
    rules = known.link.rules or NO_RULES
    state = State(_scope(known, found), rules, runs=known.link.runs, remembers=known.remembers)
    now = _standing(user, found, state)
    history = found.history
    own_user = accounts.own(str(params["user"]))
    person = Person(
        name=user.name if user else account.name if account else str(params["user"]),
        entra=matched.accounts[0] if account and not account.deleted else None,
        deleted=matched.deleted,
        source=_in_source(user, now),
        logged=logged(next(iter(history.entries), None)),
    )
    evidence = Evidence(
        name=person.name,
        link=known.link,
        standing=now,
        next=_next(user, account, state, history, known.link.owed, accounts.ending),
        differences=_differences(user, account, state, accounts.ending),
        book=_book(client, params, person, accounts, history),
        source=user,
        access=found.access,
        unmet=unmet_clauses(rules.filters, user) if user else (),
        accounts=() if matched.deleted else matched.accounts,
        own_user=own_user is not None,
        account=account,
        history=history,
        values=values(rules, user) if user else {},
        verified=found.verified,
        incomplete=(*found.incomplete, *accounts.incomplete, *incomplete),
    )
    return report.result(evidence)


def _in_source(user: SourceUser | None, now: Standing) -> InSource | None:
    if user is None or user.deleted:
        return None
    return InSource(user.id, user.name, user.attributes.get("mail"), user.enabled, now.in_scope is not False)


def _scope(known: Configured, found: Found) -> Scope:
    user, access = found.user, found.access
    paths = {user.id: access.paths} if user and access.paths else {}
    entitled = frozenset() if user is None or access.paths or not access.default else frozenset({user.id})
    return Scope(known.link.mode, paths, entitled)


def _standing(user: SourceUser | None, found: Found, state: State) -> Standing:
    """Whether the user is in scope. Without the groups of the user, nobody is known to be out of scope."""
    if user is None:
        return Standing(None if found.incomplete else False, "no user in the source")
    now = standing(user, state)
    if now.in_scope is False and found.access.unread and not user.external and not user.deleted:
        return Standing(None, f"the groups of the user could not be read: {found.access.unread}")
    return now


def _next(user: SourceUser | None, account: TargetUser | None, state: State, history: History, owed: bool, ending: str) -> Consequence:
    """What the next cycle does, if it looks at the user whose account exists. Such an account was made while the user was in scope, and one
    that the service deleted was deleted because the user was not.
    """
    exists = account is not None and not account.deleted
    before = replace(state, scope=Scope("all" if exists else "assigned"), rules=replace(state.rules, filters=()))
    untouched = not exists and not was_deleted_by_service(history.entries)
    return consequence(user, account, state if untouched else before, state, full=exists or owed, ending=ending)


def _differences(user: SourceUser | None, account: TargetUser | None, state: State, ending: str) -> tuple[AttributeChange, ...]:
    """What a cycle would change in an account that exists if the target action update were on."""
    if user is None or account is None or account.deleted:
        return ()
    rules = replace(state.rules, flows=state.rules.flows | {"Update"})
    everyone = replace(state, rules=replace(rules, filters=(), input_filters=()), scope=Scope("all"))
    return consequence(user, account, everyone, everyone, ending=ending).changes


def _book(client: Client, params: Mapping[str, Any], person: Person, accounts: Accounts, history: History) -> verdict.Judged:
    seen = address_book.Seen(client, FoundInTarget(now=accounts.now), params["target"].get("exchange_group"))
    answers = seen.ask([person])
    asked = next(recipients.completed([person], answers))
    situation = Situation(accounts.now, True, params.get("global_address_list"), history.unread, answers.only_members)
    return verdict.judge(asked, situation)


INQUIRY = LinkInquiry(in_source, in_target)
