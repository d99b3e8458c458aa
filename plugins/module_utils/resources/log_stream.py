# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The provisioning log of a tenant for all of its links at once, with at most two requests (facts F124, F185, F187).

The first request is for what the service did or tried, without the many entries about users who were skipped. The second one is for what
the first one cannot show: older deletions, and whether users who failed were skipped since, because they are no longer in scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from ..graph.client import Client, page_members
from ..graph.errors import ServiceError
from .provisioning_log import PAGE, LogEntry, entry

RETENTION = timedelta(days=30)
SHORT_RETENTION = timedelta(days=7)
"""How long a tenant without a premium licence keeps its log."""
MOST_ASKED_ABOUT = 15
"""Users in one filter."""
_STATUS, _ACTION = "provisioningStatusInfo/status", "provisioningAction"
# The status of a deletion that is held back is not documented (fact F188).
DONE_OR_TRIED = " or ".join((*(f"{_STATUS} eq '{status}'" for status in ("success", "failure", "warning")), f"{_ACTION} eq 'stagedDelete'"))
DELETIONS = f"{_ACTION} eq 'delete' or {_ACTION} eq 'stagedDelete'"


@dataclass(frozen=True)
class Page:
    """A page of the log; ``complete`` if no other page follows."""

    entries: Sequence[Mapping[str, Any]] = ()
    complete: bool = True


@dataclass(frozen=True)
class Stream:
    """What was read of a tenant's log."""

    now: datetime
    """The time by the clock of the service."""
    since: datetime
    """Since when everything that was done or tried is known."""
    deletions_since: datetime
    """Since when all deletions are known."""
    entries: Mapping[str, Sequence[LogEntry]] = field(default_factory=dict)
    """The entries, newest first, by the id of the configuration's service principal in lower case."""

    def of(self, service_principal_id: str | None) -> Sequence[LogEntry]:
        """The entries of a configuration, newest first."""
        return self.entries.get(service_principal_id.lower(), ()) if service_principal_id else ()


def read(client: Client) -> Stream:
    """The log of all configurations of the tenant.

    :raises GraphFailure: if it cannot be read.
    """
    with client.reading():
        first = _page(client, DONE_OR_TRIED)
        if first is None:
            # Which properties a filter takes is documented in two ways. Without a filter, the log can always be read.
            return stream(client.service_clock.now(), _page(client, None) or Page(), None)
        more = following(first)
        second = _page(client, more) if more else None
        return stream(client.service_clock.now(), first, second)


def _page(client: Client, clauses: str | None) -> Page | None:
    """The newest entries that match the clauses; ``None`` if the service refuses the filter."""
    condition = f"$filter={quote(clauses, safe='')}&" if clauses else ""
    try:
        body = client.get(f"/auditLogs/provisioning?{condition}$orderby=activityDateTime%20desc&$top={PAGE}")
    except ServiceError as error:
        if clauses is None or error.status != 400:
            raise
        return None
    return Page(page_members(body), not body.get("@odata.nextLink"))


def following(first: Page) -> str | None:
    """The filter of the second request; ``None`` if the first one has shown everything."""
    failing = failed_last(map(entry, first.entries))[:MOST_ASKED_ABOUT]
    of_users = " or ".join(f"sourceIdentity/id eq '{user}'" for user in failing)
    skips = f"{_STATUS} eq 'skipped' and ({of_users})" if failing else None
    if first.complete:
        return skips
    return f"{DELETIONS} or ({skips})" if skips else DELETIONS


def failed_last(entries: Iterable[LogEntry]) -> list[str]:
    """The ids of the users of the source whose newest entry is a failure, in the order of these entries, which are newest first."""
    ids = (found["source"]["id"] for found in newest_of(entries) if found["status"] == "failure")
    return list(dict.fromkeys(str(user).lower() for user in ids if user))


def newest_of(entries: Iterable[LogEntry]) -> list[LogEntry]:
    """The newest entry about each user or group. ``entries`` are newest first."""
    return [of_one[0] for of_one in by_subject(entries)]


def by_subject(entries: Iterable[LogEntry]) -> list[list[LogEntry]]:
    """The entries about each user or group, in the order given."""
    subjects: dict[tuple[str, str], list[LogEntry]] = {}
    for found in entries:
        subjects.setdefault(_subject(found), []).append(found)
    return list(subjects.values())


def _subject(found: LogEntry) -> tuple[str, str]:
    """What an entry is about: the object in the source, or in the target if the service names none."""
    for side, identity in (("source", found["source"]), ("target", found["target"])):
        if identity["id"]:
            return side, str(identity["id"]).lower()
    return "entry", str(found["id"])


def stream(now: datetime, first: Page, second: Page | None) -> Stream:
    """What two pages of the log show. ``second`` is ``None`` if it was not read."""
    start = _start(now, (*first.entries, *(second or first).entries))
    since = start if first.complete else max(start, _oldest(first) or now)
    deletions_since = since
    if second is not None and not first.complete:
        deletions_since = start if second.complete else max(start, min(since, _oldest(second) or now))
    return Stream(now, since, deletions_since, _by_configuration((*first.entries, *(second.entries if second else ()))))


def _start(now: datetime, entries: Iterable[Mapping[str, Any]]) -> datetime:
    """Since when the tenant certainly has kept its log: an older entry shows that it has a premium licence."""
    short = now - SHORT_RETENTION
    oldest = min((moment for raw in entries if (moment := moment_of(raw.get("activityDateTime")))), default=now)
    return now - RETENTION if oldest < short - timedelta(days=1) else short


def _oldest(page: Page) -> datetime | None:
    return min((moment for raw in page.entries if (moment := moment_of(raw.get("activityDateTime")))), default=None)


def _by_configuration(raws: Iterable[Mapping[str, Any]]) -> dict[str, list[LogEntry]]:
    found: dict[str, dict[str, LogEntry]] = {}
    for raw in raws:
        read_entry = entry(raw)
        of_configuration = found.setdefault(_configuration(raw), {})
        of_configuration.setdefault(str(read_entry["id"] or len(of_configuration)), read_entry)
    return {name: sorted(entries.values(), key=lambda one: str(one["time"]), reverse=True) for name, entries in found.items()}


def _configuration(raw: Mapping[str, Any]) -> str:
    """The id of the service principal, which is documented as an object and as a collection."""
    named = raw.get("servicePrincipal")
    principal = next(iter(named), None) if isinstance(named, list) else named
    return str((principal or {}).get("id") or "").lower()


def moment_of(text: str | None) -> datetime | None:
    """A time as the service writes it; ``None`` if there is none."""
    try:
        return datetime.fromisoformat(str(text)[:19]).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
