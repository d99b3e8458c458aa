# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The verdicts as results: entries with their evidence, counts, a table for a terminal, a summary, and what a threshold does not allow."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from ..people import some
from .case import rivals
from .evidence import Person, Recipient
from .verdict import NAMES, UNKNOWN, Judged

HEADER = ("user", "verdict", "age", "reason")
WIDEST = (40, 20, 7, 100)
"""Columns of a terminal, for each column of the table. Longer texts are cut; the entries have them in full."""
MOST_LINES = 60
_JOINING = range(0x1160, 0x1200)
"""Vowels and final consonants that join the Hangul letter before them; they remain only in old spellings, which have no composed form."""
_CUT = "..."
_CONTROL = "?"


def described(judged: Judged) -> dict[str, Any]:
    """The entry of a user in results. ``evidence`` is what the verdict was made of; a part of it that is not known is ``None``."""
    person = judged.person
    return {
        "name": person.name,
        "id": person.entra.id if person.entra else None,
        "verdict": judged.verdict,
        "listed": judged.listed,
        "unlisted": judged.unlisted,
        "reason": judged.reason,
        "remedy": judged.remedy,
        "evidence": {
            "source": _source(person),
            "entra": _entra(judged),
            "exchange": _exchange(person),
            "log": _log(person),
        },
    }


def counts(judged: Iterable[Judged]) -> dict[str, int]:
    """The number of users with each verdict, also of those that no user has."""
    counted = Counter(each.verdict for each in judged)
    return {name: counted[name] for name in NAMES}


def table(judged: Iterable[Judged], most: int = MOST_LINES) -> list[str]:
    """A header and a line for each user, the unlisted first. If there are more than ``most`` lines, the last contains the number of the
    users who are left out.
    """
    ordered = sorted(judged, key=_rank)
    room = most - 1
    shown = ordered if len(ordered) <= room else ordered[: max(0, room - 1)]
    rows = [HEADER, *(_row(each) for each in shown)]
    widths = [min(widest, max(_width(row[column]) for row in rows)) for column, widest in enumerate(WIDEST)]
    lines = ["  ".join(_padded(text, width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    left_out = ordered[len(shown) :]
    if left_out:
        lines.append(f"and {len(left_out)} more, {_unlisted(left_out)} of them unlisted")
    return lines


def summary(judged: Sequence[Judged]) -> str:
    """The number of users, of those who are unlisted, and of each verdict that occurs, on one line."""
    if not judged:
        return "no users"
    verdicts = ", ".join(f"{number} {name}" for name, number in counts(judged).items() if number)
    return f"{len(judged)} {'user' if len(judged) == 1 else 'users'}, {_unlisted(judged)} unlisted: {verdicts}"


def problems(judged: Sequence[Judged], must_be_listed: Iterable[str] = (), max_unlisted: int | None = None) -> list[str]:
    """A sentence for each user who must be listed and is not, or of whom that is not known, and one if too many users are unlisted.
    ``must_be_listed`` are names or ids of users in either tenant. ``max_unlisted`` is ``None`` for no limit.
    """
    by_name: dict[str, list[Judged]] = {}
    for each in judged:
        for name in _names(each.person):
            by_name.setdefault(name, []).append(each)
    found = [problem for name in must_be_listed for problem in _missing(name, by_name.get(name.casefold(), []))]
    unlisted = [each.person.name for each in judged if each.unlisted]
    if max_unlisted is not None and len(unlisted) > max_unlisted:
        number = "1 user is" if len(unlisted) == 1 else f"{len(unlisted)} users are"
        found.append(f"{number} unlisted, and max_unlisted is {max_unlisted}: {some(unlisted)}.")
    return found


def _missing(name: str, found: Sequence[Judged]) -> list[str]:
    if any(each.listed for each in found):
        return []
    if not found:
        return [f"{name} must be listed, but is not among the users whose address book entries were checked."]
    known = [each for each in found if each.listed is not None] or found
    said = "is not" if known[0].listed is False else "is not known to be"
    return [f"{name} must be listed, but {said} in the address book ({known[0].verdict}): {known[0].reason}."]


def _names(person: Person) -> set[str]:
    source, entra = person.source, person.entra
    names = [person.name]
    names += [source.id, source.user_principal_name] if source else []
    names += [entra.id, entra.user_principal_name, entra.source_name or ""] if entra else []
    return {name.casefold() for name in names if name}


def _unlisted(judged: Iterable[Judged]) -> int:
    return sum(each.unlisted for each in judged)


# ------------------------------------------------------------------------------------------------------------------- evidence


def _source(person: Person) -> dict[str, Any] | None:
    source = person.source
    return (
        None
        if source is None
        else {
            "id": source.id,
            "user_principal_name": source.user_principal_name,
            "mail": source.mail,
            "account_enabled": source.enabled,
            "in_scope": source.in_scope,
        }
    )


def _entra(judged: Judged) -> dict[str, Any] | None:
    entra = judged.person.entra
    if entra is None:
        return {"deleted": True} if judged.person.deleted else None
    return {
        "deleted": False,
        "id": entra.id,
        "user_principal_name": entra.user_principal_name,
        "display_name": entra.display_name,
        "mail": entra.mail,
        "user_type": entra.user_type,
        "account_enabled": entra.account_enabled,
        "show_in_address_list": entra.show_in_address_list,
        "invitation_pending": entra.pending,
        "created": _stamp(entra.created),
        "age_minutes": None if judged.age is None else int(judged.age / timedelta(minutes=1)),
    }


def _exchange(person: Person) -> dict[str, Any]:
    """Whether Exchange was asked and, if not, why; and its recipients."""
    asked = person.unasked is None
    return {
        "asked": asked,
        "unasked_reason": person.unasked,
        "recipient": _recipient(person.recipient) if asked and person.recipient else None,
        "rivals": [_recipient(rival) for rival in rivals(person)] if asked else [],
    }


def _recipient(recipient: Recipient) -> dict[str, Any]:
    return {
        "guid": recipient.guid,
        "object_id": recipient.object_id or None,
        "type": recipient.kind or None,
        "display_name": recipient.name,
        "hidden": recipient.hidden,
        "address_lists": None if recipient.lists is None else list(recipient.lists),
        "primary_address": recipient.primary_address,
        "external_address": recipient.external_address,
        "directory_synced": recipient.directory_synced,
    }


def _log(person: Person) -> dict[str, Any] | None:
    logged = person.logged
    return (
        None
        if logged is None
        else {
            "time": logged.time,
            "action": logged.action,
            "status": logged.status,
            "code": logged.code,
            "reason": logged.reason,
            "remedy": logged.remedy,
        }
    )


def _stamp(moment: datetime | None) -> str | None:
    return f"{moment.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}" if moment else None


# --------------------------------------------------------------------------------------------------------------------- table


def _rank(judged: Judged) -> tuple[int, int, str]:
    """Unlisted users, then those of whom nothing is known, then others who are not listed, then listed ones."""
    groups = (judged.unlisted, judged.verdict == UNKNOWN, judged.listed is not True, True)
    return groups.index(True), NAMES.index(judged.verdict), judged.person.name


def _row(judged: Judged) -> tuple[str, ...]:
    return _plain(judged.person.name), judged.verdict, age(judged.age), _plain(judged.reason)


def age(of: timedelta | None) -> str:
    """An age in its largest unit, rounded down; empty if it is not known."""
    if of is None:
        return ""
    minutes = int(of / timedelta(minutes=1))
    units = ((24 * 60, "d"), (60, "h"), (1, "min"))
    size, unit = next(((size, unit) for size, unit in units if minutes >= size), units[-1])
    return f"{minutes // size} {unit}"


def _plain(text: str) -> str:
    """A text of a directory as a terminal may show it: on one line, composed, without characters that control the terminal."""
    return "".join(map(_shown, unicodedata.normalize("NFC", text)))


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z":
        return " "
    if category == "Cf":
        return ""
    return _CONTROL if category[0] == "C" else character


def _width(text: str) -> int:
    """The number of columns of a terminal that a text takes."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me") or ord(character) in _JOINING:
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _padded(text: str, width: int) -> str:
    """A text of exactly that many columns, cut if it is longer."""
    if _width(text) > width:
        text = _cut(text, width - len(_CUT)) + _CUT
    return text + " " * (width - _width(text))


def _cut(text: str, width: int) -> str:
    taken = 0
    for position, character in enumerate(text):
        taken += _columns(character)
        if taken > width:
            return text[:position]
    return text
