# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What the source tenant knows of one user: the configuration, the assignments that cover the user, and the provisioning log.

The users in scope are not read. The groups of the user are compared with the assigned groups (facts F108, F109, F176).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ....graph.batch import Outcome, outcomes_of
from ....graph.client import Answer, Client, Request
from ....graph.errors import GraphFailure
from ....graph.odata import is_id, requests_by
from ....plan import Refusal
from ... import debt, find_configuration, job, provisioning_log, settings_bag, tenants
from ...causes import clause
from ...directory import PERSON, Principal, find_people, group, people_named, person
from ...external_names import ADVANCED, former_name
from ...find_configuration import Configuration
from ...mapping.schema import problem, user_mapping
from ...scope import ASSIGNED, Assignment, assignments
from ..model import SourceUser
from ..population import select_source, source_user
from ..rules import Needs, needed, rules_of
from .evidence import Access, History, Link, Nested

MOST_GROUPS = 60
"""The assigned groups in which nested groups are searched for: each is a request, twenty in a batch."""
DELETED = f"/directory/deletedItems/microsoft.graph.user?$select={PERSON}&$top=999"
ORGANIZATION = Request("GET", "/organization?$select=verifiedDomains")
DIRECTLY = "directly assigned"


@dataclass(frozen=True)
class Configured:
    """The configuration with what is needed to judge one user."""

    configuration: Configuration
    link: Link
    assignments: tuple[Assignment, ...]
    schema_path: str | None
    """``None`` without a job."""
    needs: Needs
    remembers: bool
    """Whether the job has run."""


@dataclass(frozen=True)
class Found:
    """The user in the source, and what concerns them there."""

    user: SourceUser | None = None
    access: Access = field(default_factory=Access)
    history: History = field(default_factory=History)
    verified: tuple[str, ...] | None = None
    incomplete: tuple[str, ...] = ()

    @property
    def target_ids(self) -> list[str]:
        """The ids of the user's accounts as the log names them. Of a failure, it can be another user."""
        ids = [entry["target"]["id"] for entry in self.history.entries if entry["status"] != "failure"]
        return list(dict.fromkeys(target_id for target_id in ids if target_id))


def configured(client: Client, name: str, users: Sequence[str]) -> Configured:
    """The configuration and its job. The users with these names are read in the same batch, so that `named` finds them in the cache.

    :raises Refusal: if the configuration does not exist.
    """
    client.reads.cache()
    parts = ("/synchronization/secrets", ASSIGNED, job.JOBS)
    found, bodies = find_configuration.find_with(client, name, *parts, also=_by_names(users))
    if found is None:
        raise Refusal(find_configuration.missing(name))
    secrets, first_page, jobs, *_users = bodies
    bag = settings_bag.parse(client.whole(secrets))
    sync_job = find_configuration.only_job(list(client.members(jobs)), name)
    verdict = job.verdict(sync_job, client.service_clock.now(), debt.owed(found))
    quarantine = job.quarantine(sync_job)
    link = Link(
        configuration=found.name,
        mode="all" if settings_bag.synchronizes_all(bag) else "assigned",
        rules=None,
        job=verdict["verdict"],
        quarantine=(quarantine["code"] or quarantine["reason"]) if quarantine else None,
        owed=debt.owed(found),
    )
    path = f"{found.synchronization}/jobs/{sync_job['id']}/schema" if sync_job else None
    remembers = job.has_run(sync_job)
    return Configured(found, link, assignments(client, found, first_page, named=False), path, needed(), remembers)


def _by_names(names: Sequence[str]) -> list[Request]:
    """The reads of `directory.people_named`."""
    ids, others = [name for name in names if is_id(name)], [name for name in names if not is_id(name)]
    return [
        *requests_by("/users", "id", PERSON, ids),
        *requests_by("/users", "userPrincipalName", PERSON, others),
        *requests_by("/users", "mail", PERSON, others),
    ]


def named(client: Client, names: Sequence[str]) -> Principal | None:
    """The user whom the first of these names means that means anybody.

    :raises Refusal: if that name means several users.
    """
    found = people_named(client, names)
    name = next((name for name in names if name.lower() in found), None)
    return find_people(client, [name])[name] if name else None


# What concerns one user ----------------------------------------------------------------------------------------------


def with_rules(client: Client, known: Configured) -> Configured:
    """The configuration with the rules of its schema."""
    if known.schema_path is None or known.link.rules is not None:
        return known
    schema = client.get(known.schema_path)
    wrong = problem(schema)
    if wrong:
        raise Refusal(
            f"the mappings of configuration {known.link.configuration!r} cannot be understood: in the answer of the service, {wrong}"
        )
    mapping = user_mapping(schema)
    if mapping is None:
        return known
    rules = rules_of(mapping)
    return replace(known, link=replace(known.link, rules=rules), needs=needed(rules))


def find(client: Client, known: Configured, principal: Principal | None, names: Collection[str]) -> tuple[Configured, Found]:
    """What concerns the user. Without one, a deleted user with one of the names.

    What may not be read is in ``incomplete``, and nothing that depends on it counts as absent.
    """
    schema = [Request("GET", known.schema_path)] if known.schema_path and known.link.rules is None else []
    about = [_member_of(principal), provisioning_log.about(known.configuration.id, "source", principal.id)] if principal else []
    requests = [*about, *([] if principal else [Request("GET", DELETED)]), ORGANIZATION]
    outcomes = outcomes_of(client, [*requests, *schema])
    known = with_rules(client, known)
    verified = _verified(client, outcomes[len(requests) - 1])
    if principal is None:
        deleted, unread_deleted = _deleted(client, outcomes[0], names, known.needs)
        return known, Found(deleted, verified=verified, incomplete=unread_deleted)
    history = read_history(client, outcomes[1])
    groups, unread_groups = _groups(client, outcomes[0])
    access = _access(known, principal, groups, unread_groups)
    user, access, more = _completed(client, known, principal, access, groups)
    unread = [f"the groups of the user could not be read ({access.unread})"] if access.unread else []
    return known, Found(user, access, history, verified, (*unread, *more))


def history_of_account(client: Client, known: Configured, target_id: str) -> History:
    """The entries of the log about an account in the target."""
    return read_history(client, outcomes_of(client, [provisioning_log.about(known.configuration.id, "target", target_id)])[0])


def read_history(client: Client, outcome: Outcome) -> History:
    """The entries of the log from the first page. A log that cannot be read is no failure."""
    if not isinstance(outcome, Answer):
        return History(unread=clause(outcome))
    try:
        return History(tuple(map(provisioning_log.entry, client.members(outcome.body))))
    except GraphFailure as failure:
        return History(unread=clause(failure))


def _verified(client: Client, outcome: Outcome) -> tuple[str, ...] | None:
    """The verified domains, which are cached; ``None`` if they are not known."""
    found = tenants.verified_domains(client) if isinstance(outcome, Answer) else None
    return None if found is None else tuple(found)


def _deleted(client: Client, outcome: Outcome, names: Collection[str], needs: Needs) -> tuple[SourceUser | None, tuple[str, ...]]:
    if not isinstance(outcome, Answer):
        return None, (f"the deleted users of the source could not be read ({clause(outcome)})",)
    wanted = {name.lower() for name in names}
    for raw in client.members(outcome.body):
        former = {**raw, "userPrincipalName": former_name(raw)}
        if wanted & {str(former.get(name) or "").lower() for name in ("id", "userPrincipalName", "mail")}:
            return source_user(former, needs.source, deleted=True), ()
    return None, ()


# Assignments ---------------------------------------------------------------------------------------------------------


def _member_of(principal: Principal) -> Request:
    return Request("GET", f"/users/{principal.id}/memberOf?$select=id,displayName&$top=999")


def _groups(client: Client, outcome: Outcome) -> tuple[dict[str, Principal], str | None]:
    """The groups of which the user is a direct member, by id, and why they could not be read."""
    if not isinstance(outcome, Answer):
        return {}, clause(outcome)
    try:
        members = [raw for raw in client.members(outcome.body) if str(raw.get("@odata.type")).endswith(".group")]
    except GraphFailure as failure:
        return {}, clause(failure)
    return {str(raw["id"]): group(raw) for raw in members}, None


def _access(known: Configured, principal: Principal, groups: Mapping[str, Principal], unread: str | None) -> Access:
    ways = [(way, assignment) for assignment in known.assignments if (way := _way(assignment, principal, groups))]
    paths = [way for way, assignment in ways if _counts(known, assignment)]
    return Access(tuple(_ordered(paths)), tuple(_ordered(way for way, assignment in ways if not _counts(known, assignment))), unread=unread)


def _ordered(ways: Iterable[str]) -> list[str]:
    """Each once, the direct assignment first."""
    return sorted(dict.fromkeys(ways), key=lambda way: (way != DIRECTLY, way))


def _way(assignment: Assignment, principal: Principal, groups: Mapping[str, Principal]) -> str | None:
    if assignment.principal.id == principal.id:
        return DIRECTLY
    return f"group {assignment.principal.name}" if assignment.principal.id in groups else None


def _counts(known: Configured, assignment: Assignment) -> bool:
    """Whether the assignment puts users into scope (fact F108)."""
    return assignment.role_id == known.configuration.role_id


def _completed(
    client: Client, known: Configured, principal: Principal, access: Access, groups: Mapping[str, Principal]
) -> tuple[SourceUser, Access, list[str]]:
    """The user with all attributes, the groups through which they would be in scope if members of nested groups were, and what could not
    be read.
    """
    searched = [] if access.paths or known.link.mode == "all" or not groups else _assigned_groups(known)
    mail = list(requests_by("/users", "mail", PERSON, [principal.mail])) if principal.mail else []
    nested = [_nested_in(assignment.principal.id) for assignment in searched[:MOST_GROUPS]]
    own = Request("GET", f"/users/{principal.id}?$select={select_source(known.needs.source)}")
    outcomes = outcomes_of(client, [own, *mail, *nested])
    raw = outcomes[0].body if isinstance(outcomes[0], Answer) else client.get(own.path)
    sharing = outcomes[1] if mail else None
    others = [person(other) for other in client.members(sharing.body)] if isinstance(sharing, Answer) else []
    shares = any(other.id != principal.id and not other.external for other in others)
    found, unread = _nested(client, searched, outcomes[1 + len(mail) :], groups)
    if len(searched) > MOST_GROUPS:
        unread.append(f"nested groups were searched for in {MOST_GROUPS} of {len(searched)} assigned groups")
    return replace(source_user(raw, known.needs.source), shares_mail=shares), replace(access, nested=tuple(found)), unread


def _assigned_groups(known: Configured) -> list[Assignment]:
    return [assignment for assignment in known.assignments if assignment.principal.kind == "group" and _counts(known, assignment)]


def _nested_in(group_id: str) -> Request:
    """The groups in a group, at any depth. A cast is an advanced query (fact F176)."""
    path = f"/groups/{group_id}/transitiveMembers/microsoft.graph.group?$count=true&$select=id,displayName&$top=999"
    return Request("GET", path, headers=ADVANCED)


def _nested(
    client: Client, searched: Sequence[Assignment], outcomes: Sequence[Any], groups: Mapping[str, Principal]
) -> tuple[list[Nested], list[str]]:
    found: list[Nested] = []
    unread: list[str] = []
    for assignment, outcome in zip(searched, outcomes, strict=False):
        if not isinstance(outcome, Answer):
            unread.append(f"the groups in group {assignment.principal.name} could not be read ({clause(outcome)})")
            continue
        inside = client.members(outcome.body, headers=ADVANCED)
        nested = (group(raw).name for raw in inside if str(raw["id"]) in groups)
        found += [Nested(name, assignment.principal.name) for name in nested]
    return found, unread
