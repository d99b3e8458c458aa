# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The user principal names of external users, by which they are asked for, so that no directory is listed (facts F28, F112, F158).

``alias@domain`` of the source is named ``alias_domain#EXT#@ending`` here. The beginning says which user it is. The domain and the ending say
which users come from a source; the ending is the initial domain of this tenant, and is learned from the names of its external users,
because reading the domains of a tenant needs another permission.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ..graph.client import Client, Request, all_of
from ..graph.odata import LARGEST_IN, quoted

MARK = "#EXT#@"
ADVANCED = {"ConsistencyLevel": "eventual"}
"""The header of an advanced query, which its next pages need as well."""
LONGEST_QUERY = 1900
"""Characters of a filter and the options after it. Graph accepts at most 2,048 in the URL of an advanced query."""
OR = "%20or%20"
NEXT = "@odata.nextLink"
PENDING = "PendingAcceptance"
"""The state of a user who has not redeemed an invitation."""
INVITED = "creationType%20eq%20'Invitation'%20or%20externalUserState%20eq%20'Accepted'"
"""Which of the two a synced user has is not documented (fact F112)."""
FIRST = Request("GET", f"/users?$filter={INVITED}&$select=userPrincipalName,externalUserState&$top=999")
"""The first thousand external users of any source. Of a tenant with more of them, it shows how their names end."""

_DELETED_PREFIX = re.compile(r"^[0-9a-f]{32}", re.IGNORECASE)
"""What the directory writes before the user principal name of a deleted user."""
_EXTERNAL = re.compile(r"^(?P<alias>.+)_(?P<domain>[^_@]+)#EXT#@(?P<ending>.*)", re.IGNORECASE)


def source_name(user_principal_name: str) -> str | None:
    """``alias@domain`` of a user whose name here is ``alias_domain#EXT#@...``; ``None`` for the tenant's own users.

    A domain holds no underscore, so the last one before ``#EXT#`` is the former ``@``.
    """
    match = _EXTERNAL.match(user_principal_name)
    return f"{match['alias']}@{match['domain']}" if match else None


def former_name(deleted: Mapping[str, Any]) -> str:
    """The user principal name that a deleted user had before the deletion, from Graph's JSON."""
    return _DELETED_PREFIX.sub("", str(deleted.get("userPrincipalName") or ""))


# One user ------------------------------------------------------------------------------------------------------------


def requests_by_source_name(names: Iterable[str], select: str) -> Iterator[Request]:
    """The requests that read the users with these names in the source: user principal names there, or mail addresses, after which guests
    are named (fact F113). Other names are ignored.
    """
    remaining = iter(dict.fromkeys(start for name in names if (start := _beginning(name))))
    while chunk := list(islice(remaining, LARGEST_IN)):
        clauses = OR.join(f"startsWith(userPrincipalName,{quoted(start)})" for start in chunk)
        yield Request("GET", f"/users?$filter={clauses}&$select={select}&$top=999")


def _beginning(name: str) -> str | None:
    alias, at, domain = name.lower().rpartition("@")
    return f"{alias}_{domain}{MARK}" if at and MARK.lower() not in name.lower() else None


# All users of a source -----------------------------------------------------------------------------------------------


def endings(users: Iterable[Mapping[str, Any]]) -> list[str]:
    """How the names of these users end, if they are external ones."""
    return sorted({ending for user in users if (ending := _ending(user))})


def endings_here(client: Client, first: Any) -> list[str]:
    """How the names of external users end in this tenant, from the body of `FIRST`, or from the first following page that shows an ending.
    They are recorded for this run.
    """
    while not (found := endings(all_of({**first, NEXT: None}))) and (following := client.path_of(first.get(NEXT), "v1.0")):
        first = client.get(following)
    if found:
        client.run_cache.keep(found, *_key(client))
    return found


def recorded_endings(client: Client) -> list[str]:
    """The endings that this run has recorded."""
    found: list[str] | None = client.run_cache.recall(*_key(client))
    return found or []


def selecting(domains: Iterable[str], ends: Sequence[str], select: str, user_type: str | None = None) -> list[Request]:
    """The requests that read the users from these domains, with those who have not redeemed an invitation. ``user_type`` is ``member`` or
    ``guest``.
    """
    also = f"%20and%20userType%20eq%20{quoted(user_type.capitalize())}" if user_type else ""
    options = f"{also}&$select={select}&$count=true&$top=999"
    return [_advanced(clauses, options) for clauses in _clauses(domains, ends, len(options))]


def counting(domains: Iterable[str], ends: Sequence[str]) -> list[Request]:
    """The requests from whose answers `counted` counts the users from these domains, without those who have not redeemed an invitation.

    The form of ``/users/$count``, which is a text, in a batch is not documented, so the count of a collection is read. Neither is whether
    ``ne`` selects users without a state, so those whose invitation is pending are counted and subtracted.
    """
    options = "&$select=id&$count=true&$top=1"
    pending = f"%20and%20externalUserState%20eq%20{quoted(PENDING)}{options}"
    return [_advanced(clauses, rest) for clauses in _clauses(domains, ends, len(pending)) for rest in (options, pending)]


def counted(client: Client, bodies: Sequence[Any]) -> int:
    """The number of users, from the bodies of the answers to `counting`."""
    counts = [count_in(client, body) for body in bodies]
    return sum(counts[::2]) - sum(counts[1::2])


def count_in(client: Client, page: Any) -> int:
    """The count of a collection. Its first page can be empty, and an answer without a count has ignored the query."""
    while "@odata.count" not in page and (following := client.path_of(page.get(NEXT), "v1.0")):
        page = client.get(following, headers=ADVANCED)
    return int(page["@odata.count"])


def _clauses(domains: Iterable[str], ends: Sequence[str], rest: int) -> Iterator[str]:
    """As many conditions in one filter as Graph accepts, for a query with so many further characters."""
    remaining = [
        f"endsWith(userPrincipalName,{quoted(f'_{domain}{MARK}{end}')})"
        for domain in sorted({domain.lower() for domain in domains})
        for end in ends
    ]
    while remaining:
        size = LARGEST_IN
        while size > 1 and len(OR.join(remaining[:size])) + rest > LONGEST_QUERY:
            size -= 1
        yield OR.join(remaining[:size])
        del remaining[:size]


def _advanced(clauses: str, rest: str) -> Request:
    return Request("GET", f"/users?$filter=({clauses}){rest}", headers=ADVANCED)


def _ending(user: Mapping[str, Any]) -> str | None:
    match = _EXTERNAL.match(str(user.get("userPrincipalName") or ""))
    return match["ending"].lower() if match else None


def _key(client: Client) -> tuple[str, ...]:
    return ("endings of external names", client.cloud.graph_endpoint, client.tenant.lower())
