# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The users of a link in a report, from the result of ``address_book_info``. Pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import ReportUser

BOOKS = ("report_address_book", "verify_address_book", "address_book_report")
"""The variables in which the playbooks register it."""
ORPHAN = "orphan"
OF_MISSING = {"deleted": "deleted", "failed": "failed", "skipped": "skipped", "not_yet": "coming"}
OF_PRESENT = {ORPHAN: ORPHAN, "invitation_pending": "invited"}
"""The states of users without and with an account in the target, by the verdict."""
LEFT = (ORPHAN, "deleted", "skipped")
"""The states of users whom a link does not maintain."""
NOT_READ = "the users were not read in this run; the playbook report lists them, with report_users=true those of many links, too"
MUST_NOT_EXIST = "the link must not exist, so its users are not listed"
WITHOUT_EXCHANGE = "who is in the address book is not known, because Exchange was not asked"

Users = list[ReportUser]


def of(result: Callable[..., Mapping[str, Any]], state: str) -> tuple[Users | None, str | None]:
    """The users of a link, and why they are not listed, or what is not known of them. ``result`` returns the first registered result."""
    book = result(*BOOKS)
    if not book:
        return None, MUST_NOT_EXIST if state == "absent" else NOT_READ
    if "exchange" not in book:
        return None, f"the users could not be read: {book.get('msg') or 'the task returned no users'}"
    asked = bool(book["exchange"].get("asked"))
    people = sorted(book.get("people") or (), key=lambda person: (not person.get("unlisted"), str(person.get("name"))))
    users = [_user(person, asked) for person in people]
    notes = [] if asked else [f"{WITHOUT_EXCHANGE}: {book['exchange'].get('reason')}"]
    notes += ["only the first users who should be in the address book and are not"] if book.get("failed") else []
    return users, "; ".join(notes) or None


def names_of(result: Callable[..., Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The display names that the reasons can contain, each with the address of its owner: of the users, and of other recipients that have
    their addresses. Names of groups are none of a person.
    """
    for person in result(*BOOKS).get("people") or ():
        evidence = person.get("evidence") or {}
        exchange = evidence.get("exchange") or {}
        owners = [(evidence.get("entra") or {}, person.get("name")), (exchange.get("recipient") or {}, person.get("name"))]
        owners += [(rival, f"{rival.get('guid')}@") for rival in exchange.get("rivals") or () if "Group" not in str(rival.get("type"))]
        yield from ((str(owner["display_name"]), str(address)) for owner, address in owners if owner.get("display_name"))


def _user(person: Mapping[str, Any], asked: bool) -> ReportUser:
    account = (person.get("evidence") or {}).get("entra") or {}
    verdict = str(person.get("verdict"))
    present = bool(account) and not account.get("deleted")
    state = OF_PRESENT.get(verdict, "synced") if present else OF_MISSING.get(verdict, "unknown")
    # What only Exchange knows is explained once for the whole link if it was not asked.
    explained = asked or verdict != "unknown" or not present
    return {
        "name": str(person.get("name")),
        "target_name": str(account["user_principal_name"]) if present and account.get("user_principal_name") else None,
        "state": state,
        "address_book": verdict if asked else None,
        "reason": _text(person.get("reason")) if explained else None,
        "remedy": _text(person.get("remedy")) if explained else None,
    }


def _text(value: Any) -> str | None:
    return str(value) if value else None


def without_those_of_others(users: Mapping[str, Users | None], pairs: Mapping[str, tuple[str, str]]) -> dict[str, Users | None]:
    """The users of each link, without those whom another link of the same two tenants maintains: to a link that does not, they look like
    orphans. ``pairs`` are the tenants of the links.
    """
    links: dict[tuple[tuple[str, str], str], set[str]] = defaultdict(set)
    for host, found in users.items():
        for user in found or ():
            if user["state"] not in LEFT:
                links[pairs[host], user["name"].lower()].add(host)

    def belongs_here(host: str, user: ReportUser) -> bool:
        return user["state"] not in LEFT or links[pairs[host], user["name"].lower()] <= {host}

    return {host: None if found is None else [user for user in found if belongs_here(host, user)] for host, found in users.items()}
