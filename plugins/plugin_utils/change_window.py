# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""When a run may write: the window and the ticket of a change request. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.checks import shown
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.quantity import quantity
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.sizing import causes_full_cycle
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Change, ChangeWindow

FORM = "two times in ISO 8601 with an offset, such as 2026-12-05T22:00:00+09:00/2026-12-06T02:00:00+09:00"
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:?\d{2})")
_PARTS = ("start", "end")
IN_WINDOW = "in_window/"
"""The folder of the files of tasks of the playbook sync that judge the window again before the first write of each link."""
LONGEST_TICKET = 200
"""Characters."""


class Unusable(ValueError):
    """A value that is not a window or a ticket. Its text is one sentence."""


@dataclass(frozen=True)
class Window:
    """A window, and its times as they were given."""

    start: datetime
    end: datetime
    start_text: str
    end_text: str

    def shown(self) -> ChangeWindow:
        """The window in a document."""
        return {"start": self.start_text, "end": self.end_text}


def parse(value: Any) -> Window | None:
    """The window that ``change_window`` gives; ``None`` if it is not set, as the empty field of a survey.

    :raises Unusable: with one sentence, if it is not a window.
    """
    if value is None or (isinstance(value, (str, Mapping)) and not value) or (isinstance(value, str) and not value.strip()):
        return None
    start_text, end_text = _texts(value)
    if not start_text and not end_text:
        return None
    start, end = _time("start", start_text), _time("end", end_text)
    if end <= start:
        raise Unusable(f"change_window ends at {end_text}, which is not after its start {start_text}; exchange or correct the two times")
    return Window(start, end, start_text, end_text)


def _texts(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        parts = value.split("/")
        if len(parts) != len(_PARTS):
            raise Unusable(f"change_window {shown(value.strip())} is not a window; give {FORM}")
        return parts[0].strip(), parts[1].strip()
    if not isinstance(value, Mapping):
        raise Unusable(f"change_window is neither a dictionary with start and end nor a text; give {FORM}")
    unknown = sorted(repr(str(name)) for name in value if name not in _PARTS)
    if unknown:
        raise Unusable(f"change_window has no member {', '.join(unknown)}; it has start and end")
    start, end = (_text(value.get(name)) for name in _PARTS)
    return start, end


def _text(value: Any) -> str:
    """The text of a time. YAML reads a time without quotes as one."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value).strip()


def _time(part: str, text: str) -> datetime:
    if not text:
        raise Unusable(f"the {part} of change_window is missing; give {FORM}")
    if not _TIME.fullmatch(text):
        raise Unusable(f"the {part} of change_window, {shown(text)}, is not a time in ISO 8601 with an offset; give {FORM}")
    written = re.sub(r"[Zz]$", "+00:00", text.replace("t", "T").replace(" ", "T"))
    written = re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", written)
    written = re.sub(r"\.(\d+)", lambda fraction: f".{fraction[1]:0<6}", written)
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise Unusable(f"the {part} of change_window, {shown(text)}, is not a time that exists; give {FORM}") from None


def refusal(window: Window | None, now: datetime, first_cycle_minutes: float | None = None) -> str | None:
    """Why nothing may be written now, in one sentence; ``None`` if it may. ``first_cycle_minutes`` is how long the full cycle that the
    change causes takes at most; ``None`` if it causes none or that is not known.
    """
    if window is None:
        return None
    if now < window.start:
        return f"the change window begins at {window.start_text}, in {_length(window.start - now)}"
    if now >= window.end:
        return f"the change window ended at {window.end_text}, {_length(now - window.end)} ago"
    remaining = window.end - now
    if first_cycle_minutes is not None and timedelta(minutes=first_cycle_minutes) > remaining:
        cycle = _length(timedelta(minutes=first_cycle_minutes))
        return f"the change causes a full cycle, which can take {cycle}, and the change window ends at {window.end_text}, in {_length(remaining)}"
    return None


def _length(span: timedelta) -> str:
    """A length of time in words, at least a minute."""
    minutes = max(1, round(span.total_seconds() / 60))
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [quantity(number, noun) for number, noun in ((days, "day"), (hours, "hour"), (minutes, "minute")) if number]
    return " and ".join(parts[:2])


def ticket_of(value: Any, pattern: str | None = None) -> str | None:
    """The ticket that ``change_ticket`` gives; ``None`` if it is not set.

    :raises Unusable: if it is not a ticket, or does not match the pattern, with which it is required.
    """
    if value is not None and not isinstance(value, (str, int)):
        raise Unusable("change_ticket is not a text; give the number of the change request")
    ticket = "" if value is None else str(value).strip()
    if not ticket.isprintable() or len(ticket) > LONGEST_TICKET:
        raise Unusable(f"change_ticket must be one line of at most {LONGEST_TICKET} characters; give the number of the change request")
    wanted = (pattern or "").strip()
    if wanted and not _matches(wanted, ticket):
        what = f"change_ticket {ticket!r} does not match" if ticket else "change_ticket is missing, and must match"
        raise Unusable(f"{what} the pattern {wanted!r}; give the number of the change request")
    return ticket or None


def _matches(pattern: str, ticket: str) -> bool:
    try:
        return bool(re.fullmatch(pattern, ticket))
    except re.error as error:
        raise Unusable(f"ticket_pattern {pattern!r} is not a regular expression ({error.msg}); correct it") from None


def change_of(ticket: Any, window: Any, pattern: str | None = None) -> Change:
    """The change request of a run, for documents.

    :raises Unusable: if it is none.
    """
    parsed = parse(window)
    return {"ticket": ticket_of(ticket, pattern), "window": parsed.shown() if parsed else None}


def judge(given: Mapping[str, Any], link: str | None, now: datetime, check_mode: bool) -> dict[str, Any]:
    """The result of ``change_control`` for its options. ``link`` is the link that is about to be changed, ``None`` for all of them."""
    try:
        window = parse(given["window"])
        change = change_of(given["ticket"], given["window"], given["ticket_pattern"])
    except Unusable as unusable:
        return {"failed": True, "msg": f"The change request cannot be used: {unusable}. Nothing was changed."}
    refused = refusal(window, now) or (window and _too_long(given, window, now))
    result = {
        "changed": False,
        "change": change,
        "refusal": refused,
        "complete": window is not None,
        "tasks": IN_WINDOW if window else "",
        "msg": described(change),
    }
    if refused is None:
        return result
    if check_mode:
        return {**result, "msg": f"A run would be refused: {refused}."}
    where = f"Link {link} may not be changed now" if link else "Nothing may be changed now"
    what = "Nothing of it was changed." if link else "Nothing was changed."
    return {**result, "failed": True, "msg": f"{where}: {refused}; run again within a window that is long enough. {what}"}


def _too_long(given: Mapping[str, Any], window: Window, now: datetime) -> str | None:
    """Why the full cycle that a link's change causes does not fit into the window."""
    causes = (causes_full_cycle(difference, given["job"]) for difference in given["differences"] or ())
    if given["following"] != "deprovision" and not any(causes):
        return None
    minutes = (given["sizing"] or {}).get("first_cycle_minutes")
    if not minutes:
        return "the change causes a full cycle, and how long that takes is not known, so it may not fit into the change window"
    return refusal(window, now, minutes[-1])


def described(change: Change) -> str:
    """A change request in one line."""
    window, ticket = change["window"], change["ticket"]
    until = f"from {window['start']} until {window['end']}" if window else "at any time"
    return f"change request {ticket}, {until}" if ticket else f"no change request, {until}"
