# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates in expressions: the documented wire form ``M/d/yyyy h:mm:ss tt`` in UTC, and .NET's custom formats as far as used."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta, timezone

from entra_emulator.provisioning.catalogue import FunctionFailure

NOW = "_now"
"""The key under which the virtual time travels among the source attributes."""

_SECONDS = {"d": 86400, "ww": 604800, "h": 3600, "n": 60, "s": 1}

_EPOCH = datetime(1601, 1, 1, tzinfo=timezone.utc)

_FORMATS = [
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d%z",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y",
]

_TOKENS = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m", "dddd": "%A", "ddd": "%a", "dd": "%d", "d": "%d",
    "HH": "%H", "H": "%H", "hh": "%I", "h": "%I", "mm": "%M", "m": "%M", "ss": "%S", "s": "%S", "tt": "%p", "zzz": "%z", "K": "%z",
}  # fmt: skip


def read(value: str) -> datetime:
    """A date in one of the documented forms, in UTC."""
    for form in _FORMATS:
        try:
            found = datetime.strptime(value.strip(), form)
        except ValueError:
            continue
        return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    raise FunctionFailure(f"'{value}' is not a date.")


def written(value: datetime) -> str:
    """``M/d/yyyy h:mm:ss tt``."""
    hour = value.hour % 12 or 12
    return f"{value.month}/{value.day}/{value.year} {hour}:{value:%M:%S} {'AM' if value.hour < 12 else 'PM'}"


def added(interval: str, count: int, value: datetime) -> datetime:
    """DateAdd."""
    if interval in _SECONDS:
        return value + timedelta(seconds=count * _SECONDS[interval])
    if interval not in ("yyyy", "m"):
        raise FunctionFailure(f"'{interval}' is not an interval.")
    months = value.year * 12 + value.month - 1 + count * (12 if interval == "yyyy" else 1)
    year, month = divmod(months, 12)
    return value.replace(year=year, month=month + 1, day=min(value.day, monthrange(year, month + 1)[1]))


def difference(interval: str, first: datetime, second: datetime) -> int:
    """DateDiff, cut to whole intervals towards zero; the documented example of weeks is rounded (F170)."""
    if interval == "ww":
        return round((second - first).total_seconds() / _SECONDS[interval])
    if interval in _SECONDS:
        return int((second - first).total_seconds() / _SECONDS[interval])
    if interval == "yyyy":
        return second.year - first.year
    if interval == "m":
        return (second.year - first.year) * 12 + second.month - first.month
    raise FunctionFailure(f"'{interval}' is not an interval.")


def from_number(number: int) -> datetime:
    """DateFromNum: a date of Active Directory, in units of 100 nanoseconds."""
    return _EPOCH + timedelta(microseconds=number // 10)


def to_number(value: datetime) -> int:
    """NumFromDate."""
    return (value - _EPOCH) // timedelta(microseconds=1) * 10


def reformatted(value: str, source: str, target: str) -> str:
    """FormatDateTime with .NET custom formats; fractions are read and dropped."""
    value, source = re.sub(r"\.\d+", "", value) if ".f" in source else value, re.sub(r"\.f+", "", source)
    try:
        found = datetime.strptime(value, _translated(source))
    except ValueError:
        raise FunctionFailure(f"'{value}' does not have the format '{source}'.") from None
    return found.strftime(_translated(target))


def _translated(form: str) -> str:
    tokens = sorted(_TOKENS, key=len, reverse=True)
    return re.sub("|".join(tokens) + "|%", lambda m: _TOKENS.get(m.group(0), "%%"), form)
