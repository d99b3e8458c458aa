# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The directory audit log of a tenant: who made a change (facts F190 to F195).

Which values an entry contains differs by the service that logs it, and is partly not documented. So a change is matched by the kind of
activity and by the objects that the entry names, and the values only decide between several entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from ..graph.client import Client, page_members
from ..graph.errors import GraphFailure
from ..graph.json_text import parse as parse_json

PAGE, PAGES = 500, 4
"""Entries of a page, and pages of a tenant at most: five requests in ten seconds are the quota (fact F21)."""
UNKNOWN = "unknown"
TOO_LATE = "no entry in the audit log explains it; entries come some minutes late, and are kept for 30 days, or 7 without a premium licence"

UPDATE_PARTNER = "Update a partner cross-tenant access setting"
ADD_PARTNER = "Add a partner to cross-tenant access setting"
DELETE_PARTNER = "Delete partner specific cross-tenant access setting"
SYNCHRONIZATION = tuple(f"{verb} a partner cross-tenant identity sync setting" for verb in ("Create", "Update", "Delete"))
ASSIGN = ("Add app role assignment grant to user", "Add app role assignment to group")
UNASSIGN = ("Remove app role assignment from user", "Remove app role assignment from group")
SETTINGS = "Update provisioning setting or credentials"
MAPPINGS = "Update attribute mappings or scope"
ADD_JOB, DELETE_JOB = "Add provisioning configuration", "Delete provisioning configuration"
START_JOB, RESTART_JOB = "Enable/start provisioning configuration", "Enable/restart provisioning configuration"
PAUSE_JOB, QUARANTINE = "Disable/pause provisioning configuration", "Quarantine"
CREATE = ("Add application", "Add service principal")
DELETE = ("Delete application", "Remove service principal")
UPDATE = ("Update application", "Update service principal")

ActorKind: TypeAlias = Literal["user", "application", "service", "unknown"]
_DOCUMENT = "partnerpolicydetail"
"""The modified property that has a whole policy in its value (fact F191)."""


@dataclass(frozen=True)
class Actor:
    """Who made a change."""

    kind: ActorKind
    name: str
    """The user principal name, or the display name of an application."""
    ids: tuple[str, ...] = ()
    """Of a user, its id; of an application, the id of the application and of its service principal, as far as the entry has them."""


@dataclass(frozen=True)
class Entry:
    """An entry of the audit log."""

    time: str
    activity: str
    actor: Actor
    terms: frozenset[str]
    """Every id and name that it contains, in lower case."""
    properties: Mapping[str, tuple[Any, Any]]
    """The values before and after, by the names of the modified properties in lower case."""


@dataclass(frozen=True)
class Question:
    """The change whose author is searched for."""

    activities: tuple[str, ...]
    subjects: tuple[frozenset[str], ...]
    """The objects that the entry must contain: of each, an id or a name, in lower case."""
    hints: tuple[str, ...] = ()
    """Graph's names of what was changed, with a dot before a member. Without any, the activity alone explains the change."""
    may_be_unnamed: bool = False
    """Whether an entry without any values can be about the object, although it does not name it (fact F191)."""


@dataclass(frozen=True)
class Answer:
    """Who made a change. ``note`` is what is uncertain, or why it is not known."""

    entry: Entry | None
    note: str | None = None
    old: Any = None
    new: Any = None


@dataclass(frozen=True)
class Log:
    """What was read of a log, newest first."""

    entries: tuple[Entry, ...]
    complete: bool
    """Whether there are no older entries in the log."""
    own: frozenset[str]
    """The ids of the application that reads, or of the user who is signed in, in lower case."""


def path(activities: Iterable[str]) -> str:
    """The entries of these activities, newest first."""
    clauses = " or ".join(f"activityDisplayName eq '{activity}'" for activity in sorted(activities))
    return f"/auditLogs/directoryAudits?$filter={quote(clauses, safe='')}&$orderby=activityDateTime%20desc&$top={PAGE}"


def read(client: Client, activities: Iterable[str]) -> Log:
    """The newest entries of these activities.

    :raises GraphFailure: if the log cannot be read.
    """
    found: list[Entry] = []
    page = client.get(path(activities))
    for number in range(1, PAGES + 1):
        found += map(entry, page_members(page))
        following = client.path_of(page.get("@odata.nextLink"), "v1.0")
        if following is None or number == PAGES:
            break
        page = client.get(following)
    return Log(tuple(found), following is None, _own_ids(client))


def _own_ids(client: Client) -> frozenset[str]:
    try:
        claims = client.claims()
    except GraphFailure:
        return frozenset()
    # A user who is signed in acts in his own name, and so does an application.
    ids = (claims.object_id,) if claims.delegated else (claims.object_id, claims.application_id)
    return frozenset(value.lower() for value in ids if value)


# Entries ------------------------------------------------------------------------------------------------------------


def entry(raw: Mapping[str, Any]) -> Entry:
    """An entry from Graph's JSON."""
    targets = [target for target in raw.get("targetResources") or () if isinstance(target, Mapping)]
    properties: dict[str, tuple[Any, Any]] = {}
    for target in targets:
        for item in target.get("modifiedProperties") or ():
            properties[str(item.get("displayName") or "").lower()] = (value_of(item.get("oldValue")), value_of(item.get("newValue")))
    names = [target.get(name) for target in targets for name in ("id", "displayName", "userPrincipalName")]
    terms = {str(name).lower() for name in names if name}
    for values in properties.values():
        terms.update(word for value in values for word in _words(value))
    succeeded = str(raw.get("result") or "success").lower() == "success"
    activity = str(raw.get("activityDisplayName") or "") if succeeded else ""
    return Entry(str(raw.get("activityDateTime") or ""), activity, actor(raw.get("initiatedBy") or {}), frozenset(terms), properties)


def value_of(text: Any) -> Any:
    """The value of a modified property: JSON in a text (fact F192), or a text."""
    if not isinstance(text, str):
        return text
    try:
        return parse_json(text)
    except ValueError:
        return text


def _words(value: Any) -> Iterator[str]:
    """All texts of a value."""
    if isinstance(value, Mapping):
        for member in value.values():
            yield from _words(member)
    elif isinstance(value, list):
        for element in value:
            yield from _words(element)
    elif isinstance(value, str):
        yield value.lower()


def actor(initiated_by: Mapping[str, Any]) -> Actor:
    """Who made a change. In a portal, both a user and the portal's application can be named (fact F194)."""
    user, app = (initiated_by.get(name) or {} for name in ("user", "app"))
    if user.get("id") or user.get("userPrincipalName"):
        name = user.get("userPrincipalName") or user.get("displayName") or user.get("id")
        return Actor("user", str(name), _texts(user.get("id")))
    ids = _texts(app.get("appId"), app.get("servicePrincipalId"))
    name = app.get("displayName") or app.get("servicePrincipalName")
    if not name and not ids:
        return Actor("unknown", UNKNOWN)
    # A service of Microsoft has no id of its own in the tenant.
    return Actor("application" if ids else "service", str(name or ids[0]), ids)


def _texts(*values: Any) -> tuple[str, ...]:
    return tuple(str(value).lower() for value in values if value)


# Matching -----------------------------------------------------------------------------------------------------------


def search(question: Question, log: Log, current: Any = None) -> Answer:
    """The entry that explains a change: the newest one that says so, otherwise the newest one about the object. ``current`` is the value that
    Graph returned, if it is a plain one.
    """
    possible = [found for found in log.entries if found.activity in question.activities]
    about = [found for found in possible if _is_about(found, question)]
    if not about:
        return Answer(None, TOO_LATE if log.complete else f"not among the newest {len(log.entries)} entries of the audit log")
    if not question.hints:
        return Answer(about[0], _unnamed(about[0], question))
    telling = _telling(about, question.hints)
    if telling:
        return _told(about, *telling, current)
    note = _unnamed(about[0], question)
    if len(about) == 1:
        doubt = "uncertain: " if about[0].properties else ""
        return Answer(about[0], note or f"{doubt}the only entry about the object does not name the setting")
    return Answer(about[0], note or f"uncertain: the newest of {len(about)} entries about the object, which do not name the setting")


def _told(about: Sequence[Entry], found: Entry, values: tuple[Any, Any], current: Any) -> Answer:
    """The answer if an entry names the setting. One after it that says nothing can have changed the setting again."""
    old, new = values
    comparable = all(isinstance(value, bool | int | str) for value in (current, new))
    if comparable and current == new:
        return Answer(found, None, old, new)
    silent = [one for one in about[: about.index(found)] if not one.properties]
    if silent:
        return Answer(silent[0], "uncertain: the entry does not name the setting, and an earlier one does")
    return Answer(found, "uncertain: the entry has another value" if comparable else None, old, new)


def _is_about(found: Entry, question: Question) -> bool:
    return _names(found, question) or (question.may_be_unnamed and not found.properties)


def _names(found: Entry, question: Question) -> bool:
    return all(not subject.isdisjoint(found.terms) for subject in question.subjects)


def _unnamed(found: Entry, question: Question) -> str | None:
    return None if _names(found, question) else "uncertain: the entry does not name the object"


def _telling(about: Sequence[Entry], hints: Sequence[str]) -> tuple[Entry, tuple[Any, Any]] | None:
    """The newest entry that changed what the hints name, with its values.

    A whole policy without its old state does not show what was changed. The first of the newest entries with equal values changed it.
    """
    said = [(found, values) for found in about for values in [_values(found, hints)] if values is not None]
    if not said:
        return None
    newest, (old, new) = said[0]
    if _DOCUMENT not in newest.properties:
        return newest, (old, new)
    equal = list(takewhile(lambda one: one[1][1] == new, said))
    before = said[len(equal)][1][1] if len(equal) < len(said) else None
    return equal[-1][0], (before, new)


def _values(found: Entry, hints: Sequence[str]) -> tuple[Any, Any] | None:
    """The values before and after; ``None`` if the entry does not say that it was changed."""
    for hint in hints:
        name, _dot, member = hint.lower().partition(".")
        document = found.properties.get(_DOCUMENT)
        if document is not None:
            return None, _member(_member(document[1], name), member)
        if name in found.properties:
            old, new = (_member(value, member) for value in found.properties[name])
            if old != new:
                return old, new
    return None


def _member(value: Any, name: str) -> Any:
    """The member of that name in lower case. A value that has no members stands for itself, and one can be JSON in a text of its own."""
    value = value_of(value)
    if not name or not isinstance(value, Mapping):
        return value
    return next((member for key, member in value.items() if key.lower() == name), None)
