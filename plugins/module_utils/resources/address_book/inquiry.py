# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Who is in the target's address book, and who is not and why: reads both directories, the provisioning log and Exchange, and judges."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ...graph.client import Client
from ...graph.errors import GraphFailure
from ...plan import Facts, LinkInquiry
from .. import tenants
from . import matching, people, recipients, report, source_side
from .evidence import Entra, Person, Situation
from .matching import Source
from .people import Found, Selection
from .recipients import Answers
from .source_side import Log, Scope
from .verdict import judge

MOST_OF_FAILURE = 50
"""Users in the result of a failure."""
SEEN = "seen"
"""In the facts of the target: what was read there, if the source completes it."""


@dataclass(frozen=True)
class Seen:
    """What was read in the target, and the client with which Exchange is asked once it is known who is meant."""

    client: Client
    found: Found
    group: str | None

    def ask(self, persons: Sequence[Person]) -> Answers:
        """What Exchange knows of people. It does not fail: whoever could not be asked about is unknown."""
        if self.client.exchange is None:
            return recipients.ask(None, self.client, persons, self.group)
        try:
            exchange = self.client.exchange()
        except GraphFailure as failure:
            return recipients.ask(failure, self.client, persons, self.group)
        with contextlib.closing(exchange):
            return recipients.ask(exchange, self.client, persons, self.group)


def in_target(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The result without the source; with it, what was read in the target, which the source completes.

    :raises Refusal: if nothing selects any users.
    """
    selected = _selected(params)
    with client.reading():
        # From which domains users came is known only in the source.
        found = people.read_external(client) if params.get("source") and not selected.names else people.read(client, selected)
    seen = Seen(client, found, params.get("exchange_group"))
    if params.get("source"):
        return {SEEN: seen}
    persons = matching.of_target(found.users, found.deleted, found.unknown)
    return _result(params, persons, seen, scope_known=False, log=Log())


def _selected(params: Mapping[str, Any]) -> Selection:
    """The selection by the options. If users are named, those who must be listed are named with them."""
    selected = people.selection(params)
    return replace(selected, names=(*selected.names, *(params.get("must_be_listed") or ()))) if selected.names else selected


def in_source(client: Client, params: Mapping[str, Any], target: Facts) -> dict[str, Any]:
    """The result with the scope of the configuration and the provisioning log.

    :raises Refusal: if the configuration does not exist.
    """
    seen: Seen = target[SEEN]
    selected = _selected(params)
    with client.reading():
        scope = source_side.read_scope(client, params["configuration"], whole=not selected.names)
        found = seen.found if selected.names else seen.found.from_domains(_domains(client, selected, scope, seen.found))
        source, pairs = _matched(client, scope, found, seen.found, params)
    persons = matching.of_source(source, found.users, pairs, found.deleted)
    return _result(params, persons, seen, scope_known=True, log=source.log)


def _domains(client: Client, selected: Selection, scope: Scope, found: Found) -> Iterable[str]:
    """The domains that users of the source can have: those of the options, or the verified ones and those of the users in scope."""
    if selected.domains:
        return selected.domains
    verified = tenants.verified_domains(client)
    if verified is None:
        verified = people.domains_of_tenant(client, found.domains, str(tenants.own_id(client)))
    return {*verified, *(user.name.rpartition("@")[2].lower() for user in scope.users.values())}


def _matched(client: Client, scope: Scope, found: Found, everyone: Found, params: Mapping[str, Any]) -> tuple[Source, dict[str, Entra]]:
    """The users of the source who are meant, the user of the target who is each of them, and the log about those who have none.

    The log also names users of the target who have the name of somebody else, for example after the user was renamed in the source.
    """
    named = bool(params.get("people"))
    users = {} if named else dict(scope.users)
    pairs = matching.pair(users.values(), found.users)
    others = [*matching.without_source(found.users, pairs), *found.deleted]
    names = [name for user in others for name in (user.source_name, user.mail) if name]
    users |= source_side.find(client, [*names, *_wanted(found, params)], scope)
    pairs = matching.pair(users.values(), found.users)
    missing = users.keys() - pairs.keys()
    log = source_side.newest(client, scope, missing, _ids(matching.without_source(found.users, pairs)) if named else ())
    users |= source_side.find(client, [*missing, *(log.entries.keys() - users.keys())], scope)
    pairs = matching.pair(users.values(), found.users, log.target_ids, everyone.users)
    return Source(users, scope.covers, log), pairs


def _wanted(found: Found, params: Mapping[str, Any]) -> list[str]:
    """The names of users who must be reported, whether they exist in the target or not."""
    return [*found.unknown, *(params.get("must_be_listed") or ())]


def _ids(users: Iterable[Entra]) -> list[str]:
    return [user.id for user in users]


def _result(params: Mapping[str, Any], persons: Sequence[Person], seen: Seen, scope_known: bool, log: Log) -> dict[str, Any]:
    """The result, with one person for each name that must be reported."""
    must = params.get("must_be_listed") or ()
    known = {name.lower(): person.name for person in persons for name in _names(person)}
    unknown = dict.fromkeys(name for name in _wanted(seen.found, params) if name.lower() not in known)
    everyone = [*persons, *map(Person, unknown)]
    answers = seen.ask(everyone)
    situation = Situation(seen.found.now, scope_known, params.get("global_address_list"), log.unread, answers.only_members)
    judged = [judge(person, _situation_of(person, situation)) for person in recipients.completed(everyone, answers)]
    required = {known.get(name.lower(), name).lower() for name in must}
    doubtful = [each for each in judged if each.listed is None and each.person.name.lower() in required]
    checked = required - {each.person.name.lower() for each in doubtful}
    return {
        "people": [report.described(each) for each in judged],
        "counts": report.counts(judged),
        "unlisted": [each.person.name for each in judged if each.unlisted],
        "table": report.table(judged),
        "summary": report.summary(judged),
        "problems": report.problems(judged, sorted(checked), params.get("max_unlisted")),
        "exchange": {"asked": answers.refusal is None, "reason": answers.refusal},
        "warnings": [
            f"it is not known whether {each.person.name} is in the address book, as must_be_listed requires: {each.reason}"
            for each in doubtful
        ],
    }


def _situation_of(person: Person, situation: Situation) -> Situation:
    """What holds for a person. A user of the target whom the source does not know by this name can have been renamed there, which only the
    log shows.
    """
    renamed = person.source is None and person.entra is not None and situation.log_unread is not None
    return replace(situation, scope_known=False) if renamed else situation


def _names(person: Person) -> Iterator[str]:
    """The names by which the options can mean a person."""
    entra, source = person.entra, person.source
    yield person.name
    yield from (name for name in ((entra.id, entra.user_principal_name, entra.source_name, entra.mail) if entra else ()) if name)
    yield from (name for name in ((source.id, source.user_principal_name, source.mail) if source else ()) if name)


def complain(params: Mapping[str, Any], facts: Facts) -> str | None:
    """Why the task fails: the thresholds of the options are exceeded."""
    if not facts["problems"]:
        return None
    return f"Tenant {params['tenant_id']}: {'; '.join(facts['problems'])} ({facts['summary']})."


def of_failure(facts: Facts) -> Facts:
    """The facts with the first unlisted users only: Ansible prints the whole result of a failure, and of many users that is megabytes."""
    unlisted = (person for person in facts["people"] if person["unlisted"])
    return {**facts, "people": list(islice(unlisted, MOST_OF_FAILURE))}


INQUIRY = LinkInquiry(
    in_target,
    in_source,
    is_complete=lambda _params, found: SEEN not in found,
    other="source",
    complain=complain,
    of_failure=of_failure,
)
