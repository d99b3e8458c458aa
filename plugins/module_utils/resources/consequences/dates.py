# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Dates in expressions (fact F170): the documented forms, and .NET's custom format strings as far as they are unambiguous.

All times are in UTC. What .NET would read or write by the settings of a machine is not known here.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from .model import NotKnown, Unsuitable

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6})0*)?)?)?(?P<offset>Z|[+-]\d\d:\d\d)?"
)
_WRITTEN = re.compile(
    r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})(?: (?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d) (?P<half>AM|PM))?"
)
"""The form in which CDate, DateAdd and Now return a date: M/d/yyyy h:mm:ss tt."""
_EPOCH = datetime(1601, 1, 1, tzinfo=timezone.utc)
"""Active Directory counts from here, in units of 100 nanoseconds."""
_TICK = timedelta(microseconds=1)
_SECONDS = {"ww": 604_800, "d": 86_400, "h": 3_600, "n": 60, "s": 1}
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_TOKEN = re.compile(r"y+|M+|d+|H+|h+|m+|s+|f+|F+|t+|z+|K|g+|%|'[^']*'|\"[^\"]*\"|\\.|.", re.DOTALL)
_READ = {
    "yyyy": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d\d)",
    "M": r"(?P<month>\d{1,2})",
    "dd": r"(?P<day>\d\d)",
    "d": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d\d)",
    "H": r"(?P<hour>\d{1,2})",
    "hh": r"(?P<hour>\d\d)",
    "h": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d\d)",
    "m": r"(?P<minute>\d{1,2})",
    "ss": r"(?P<second>\d\d)",
    "s": r"(?P<second>\d{1,2})",
    "tt": r"(?P<half>AM|PM)",
    "zzz": r"(?P<offset>[+-]\d\d:\d\d)",
    "MMM": f"(?P<name>{'|'.join(name[:3] for name in _MONTHS)})",
    "MMMM": f"(?P<name>{'|'.join(_MONTHS)})",
    **{"f" * count: rf"(?P<fraction>\d{{{count}}})" for count in range(1, 7)},
}
"""What a format reads. Others, such as years of two digits, depend on settings of the service."""


def read(text: str) -> datetime:
    """The time that a text in a documented form means.

    :raises NotKnown: if the text has another form.
    """
    match = _ISO.fullmatch(text.strip()) or _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise Unsuitable(f"{text!r} is not in a documented form of a date")
    return _time(match.groupdict(), text)


def shown(time: datetime) -> str:
    """The text of a date: M/d/yyyy h:mm:ss tt."""
    return f"{time.month}/{time.day}/{time.year} {time.hour % 12 or 12}:{time:%M:%S} {'AM' if time.hour < 12 else 'PM'}"


def from_number(number: int) -> datetime:
    """The time that a number of Active Directory means."""
    try:
        return _EPOCH + timedelta(microseconds=number // 10)
    except OverflowError:
        raise Unsuitable(f"{number} is outside of the calendar") from None


def to_number(time: datetime) -> int:
    """The number of Active Directory for a time."""
    return (time - _EPOCH) // _TICK * 10


def added(interval: str, count: int, time: datetime) -> datetime:
    """A time moved by a number of intervals. A month that is too short ends with its last day, as in .NET."""
    try:
        if interval in _SECONDS:
            return time + timedelta(seconds=_SECONDS[interval] * count)
        months = {"m": 1, "yyyy": 12}[interval] * count + time.month - 1
        year, month = time.year + months // 12, months % 12 + 1
        return time.replace(year=year, month=month, day=min(time.day, monthrange(year, month)[1]))
    except KeyError:
        raise Unsuitable(f"{interval!r} is not a documented interval") from None
    except (OverflowError, ValueError):
        raise Unsuitable("the date is outside of the calendar") from None


def difference(interval: str, first: datetime, second: datetime) -> int:
    """How many intervals lie between two times.

    The documented examples fit two ways of counting: whole intervals that have passed, or limits of the calendar that lie between, as in
    Visual Basic. Weeks of the examples are counted by Sundays, or rounded.

    :raises NotKnown: if the two ways differ.
    """
    seconds = (second - first).total_seconds()
    if interval == "ww":
        ways = (_week(second) - _week(first), round(seconds / _SECONDS["ww"]))
    elif interval in _SECONDS:
        unit = _SECONDS[interval]
        ways = (int(second.timestamp() // unit - first.timestamp() // unit), int(seconds / unit))
    elif interval in ("m", "yyyy"):
        months = (second.year - first.year) * 12 + second.month - first.month
        passed = _passed_months(first, second, months)
        ways = (months, passed) if interval == "m" else (second.year - first.year, int(passed / 12))
    else:
        raise Unsuitable(f"{interval!r} is not a documented interval")
    if ways[0] != ways[1]:
        raise NotKnown(f"how DateDiff counts {interval!r} between {shown(first)} and {shown(second)} is not documented")
    return ways[0]


def reformatted(text: str, given: str, wanted: str) -> str:
    """A date in another format.

    :raises NotKnown: if one of the formats depends on the service's settings, or the text does not fit.
    """
    match = _pattern(given).fullmatch(text.strip())
    if match is None:
        raise Unsuitable(f"{text!r} does not have the format {given!r}")
    found = match.groupdict()
    utc = _time(found, text)
    written = _time({**found, "offset": None}, text)
    results = (_formatted(utc, wanted), _formatted(written, wanted))
    if results[0] != results[1]:
        # .NET turns a time with an offset into the time of the machine.
        raise NotKnown(f"in which time zone {text!r} is written is not documented")
    return results[0]


def _time(found: dict[str, str | None], text: str) -> datetime:
    hour = int(found.get("hour") or 0)
    if found.get("half"):
        hour = hour % 12 + (12 if found["half"] == "PM" else 0)
    month = _month(str(found["name"])) if found.get("name") else int(found.get("month") or 0)
    fraction = int(str(found.get("fraction") or "0").ljust(6, "0"))
    try:
        clock = datetime(
            int(found.get("year") or 0),
            month,
            int(found.get("day") or 0),
            hour,
            int(found.get("minute") or 0),
            int(found.get("second") or 0),
            fraction,
            timezone.utc,
        )
        return clock - _offset(found.get("offset"))
    except (OverflowError, ValueError):
        raise Unsuitable(f"{text!r} is not a date") from None


def _month(name: str) -> int:
    return next(number for number, full in enumerate(_MONTHS, 1) if full[:3] == name[:3])


def _offset(text: str | None) -> timedelta:
    if text is None or text == "Z":
        return timedelta(0)
    size = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return -size if text[0] == "-" else size


def _week(time: datetime) -> int:
    """The number of Sundays before the end of a day."""
    return (time.toordinal()) // 7


def _passed_months(first: datetime, second: datetime, months: int) -> int:
    """Months between two times that are over."""
    moved = added("m", months, first)
    if months > 0 and moved > second:
        return months - 1
    return months + 1 if months < 0 and moved < second else months


@lru_cache(maxsize=256)
def _pattern(form: str) -> re.Pattern[str]:
    parts = [_part(piece, form) for piece in _tokens(form)]
    try:
        pattern = re.compile("".join(parts))
    except re.error:
        raise NotKnown(f"the format {form!r} names a part twice") from None
    if not {"year", "day"} <= pattern.groupindex.keys() or not {"month", "name"} & pattern.groupindex.keys():
        raise NotKnown(f"the format {form!r} lacks a part of the date")
    if any(piece[0] == "h" for piece in _tokens(form)) and "half" not in pattern.groupindex:
        raise NotKnown(f"the format {form!r} does not say which half of the day it is")
    return pattern


def _part(piece: str, form: str) -> str:
    if piece in _READ:
        return _READ[piece]
    return re.escape(_literal(piece, form))


def _literal(piece: str, form: str) -> str:
    if piece[0] in "'\"":
        return piece[1:-1]
    if piece[0] == "\\" and len(piece) == 2:
        return piece[1]
    if piece[0] in "yMdHhmsfFtzKg%":
        raise NotKnown(f"what {piece!r} in the format {form!r} means depends on the service")
    return piece


def _tokens(form: str) -> list[str]:
    if len(form) < 2:
        raise NotKnown(f"{form!r} is one of the standard formats, which depend on the service")
    return [match[0] for match in _TOKEN.finditer(form)]


def _formatted(time: datetime, form: str) -> str:
    return "".join(_written(time, piece, form) for piece in _tokens(form))


def _written(time: datetime, piece: str, form: str) -> str:
    if piece in ("MMM", "MMMM"):
        return _MONTHS[time.month - 1][: len(piece) if piece == "MMM" else None]
    if piece in ("ddd", "dddd"):
        return _DAYS[time.weekday()][: len(piece) if piece == "ddd" else None]
    if piece == "tt":
        return "AM" if time.hour < 12 else "PM"
    if piece == "yyyy":
        return f"{time.year:04}"
    if piece == "yy":
        return f"{time.year % 100:02}"
    if set(piece) == {"f"} and len(piece) <= 6:
        return f"{time.microsecond:06}"[: len(piece)]
    numbers = {"M": time.month, "d": time.day, "H": time.hour, "h": time.hour % 12 or 12, "m": time.minute, "s": time.second}
    if piece[0] in numbers and len(piece) <= 2:
        return str(numbers[piece[0]]).rjust(len(piece), "0")
    return _literal(piece, form)
