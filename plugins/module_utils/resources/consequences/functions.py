# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What the documented functions give (fact F90). Each takes its evaluated arguments; ``None`` is an empty attribute.

A function of an empty value hands it on, because empty values are skipped (fact F96). Where the documentation leaves two readings, both
are computed: only a result on which they agree is returned (fact F172).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from . import dates, letters
from .model import NotKnown, Unsuitable

MOMENT = "it depends on the moment of the cycle"
COUNT = re.compile(r"-?\d+")
_HEXADECIMAL = re.compile(r"&H([0-9A-Fa-f]+)")
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")


def text(value: Any) -> str:
    """A value as the service writes it into a text. It must not be ``None``."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return dates.shown(value)
    if isinstance(value, (bool, int)):
        return str(value)
    raise NotKnown("how a value with several parts is written as a text is not documented")


def number(value: Any) -> int:
    """A whole number, which may be written in hexadecimal."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    written = text(value).strip() if value is not None else ""
    hexadecimal = _HEXADECIMAL.fullmatch(written)
    if hexadecimal:
        return int(hexadecimal[1], 16)
    if not COUNT.fullmatch(written):
        raise Unsuitable(f"{written!r} is not a whole number")
    return int(written)


def time(value: Any) -> datetime:
    """A time."""
    return value if isinstance(value, datetime) else dates.read(text(value))


def is_empty(value: Any) -> bool:
    """Whether a value is null, an empty text or an empty list."""
    return value is None or value in ("", [])


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same. Case and forms of numbers are not documented for comparisons."""
    if left is None or right is None:
        raise NotKnown("how an empty value is compared is not documented")
    one, other = text(left), text(right)
    if one != other and (one.casefold() == other.casefold() or _numbers(one, other, lambda a, b: a == b)):
        raise NotKnown(f"whether {one!r} and {other!r} are equal is not documented")
    return one == other


def ordered(left: Any, right: Any, holds: Callable[[float, float], bool]) -> bool:
    """Whether two numbers are in an order. That of texts is not documented."""
    if left is None or right is None:
        raise NotKnown("how an empty value is compared is not documented")
    one, other = text(left), text(right)
    if not (_DECIMAL.fullmatch(one) and _DECIMAL.fullmatch(other)):
        raise NotKnown(f"how {one!r} and {other!r} are ordered is not documented")
    return holds(float(one), float(other))


def truth(value: Any) -> bool:
    """A boolean, or a text that says true or false."""
    if isinstance(value, bool):
        return value
    found = {"true": True, "false": False}.get(text(value).lower() if value is not None else "")
    if found is None:
        raise Unsuitable(f"whether {value!r} is true is not documented")
    return found


def _numbers(one: str, other: str, holds: Callable[[float, float], bool]) -> bool:
    return bool(_DECIMAL.fullmatch(one) and _DECIMAL.fullmatch(other)) and holds(float(one), float(other))


def _handing_on(work: Callable[[str], Any]) -> Callable[[Any], Any]:
    """A function of one text that hands an empty value on."""
    return lambda value: None if value is None else work(text(value))


def _append(source: Any, suffix: Any) -> Any:
    if is_empty(source) and is_empty(suffix):
        return None
    if is_empty(source) or suffix is None:
        raise NotKnown("what Append gives for an empty attribute is not documented")
    return text(source) + text(suffix)


def _bit_and(left: Any, right: Any) -> Any:
    return number(left) & number(right)


def _to_boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else number(value) != 0


def _count(value: Any) -> int:
    if not isinstance(value, list):
        raise NotKnown("what Count gives for an attribute without several values is not documented")
    return len(value)


def _in(source: Any, wanted: Any, start: Any = "1", how: Any = "") -> int:
    if source is None or is_empty(wanted):
        raise NotKnown("what InStr gives for an empty value is not documented")
    place = number(start if start != "" else "1") - 1
    if place < 0:
        raise Unsuitable("InStr counts from 1")
    binary = text(source).find(text(wanted), place) + 1
    textual = text(source).lower().find(text(wanted).lower(), place) + 1
    found = {"vbbinarycompare": binary, "vbtextcompare": textual}.get(str(how).lower())
    if found is None and binary != textual:
        raise NotKnown("whether InStr regards upper and lower case without a compareType is not documented")
    return binary if found is None else found


def _item(values: Any, place: Any) -> Any:
    wanted = number(place)
    if not isinstance(values, list) or not 1 <= wanted <= len(values):
        raise Unsuitable("what Item gives for an item that does not exist is not documented")
    return values[wanted - 1]


def _join(separator: Any, *sources: Any) -> Any:
    """Empty values are left out, as in the documented example ``Join(", ", "", [surname], [givenName])``."""
    values = [text(item) for value in sources for item in (value if isinstance(value, list) else [value]) if not is_empty(item)]
    return text(separator or "").join(values) if values else None


def _left(source: Any, count: Any) -> str:
    wanted = number(count)
    if source is None:
        return ""
    return text(source) if wanted < 0 else text(source)[:wanted]


def _mid(source: Any, start: Any, length: Any) -> Any:
    first, count = number(start), number(length)
    if first < 1 or count < 0:
        raise Unsuitable("Mid counts from 1, and its length is not negative")
    return None if source is None else text(source)[first - 1 : first - 1 + count]


def _proper(source: Any, separators: Any = "") -> Any:
    return None if source is None else letters.capitalized(text(source), text(separators or ""))


def _unique(values: Any) -> Any:
    if not isinstance(values, list):
        return values
    found = list(dict.fromkeys(text(value) for value in values))
    if len({value.casefold() for value in found}) < len(found):
        raise NotKnown("whether RemoveDuplicates regards upper and lower case is not documented")
    return found


def _single_role(roles: Any) -> Any:
    if isinstance(roles, list):
        if len(roles) > 1:
            raise NotKnown("SingleAppRoleAssignment does not support several roles")
        return roles[0] if roles else None
    return roles


def _split(source: Any, delimiter: Any) -> Any:
    """The documented example splits "PermissionSetOne, PermissionSetTwo" by a comma into two names without blanks."""
    mark = text(delimiter)
    if len(mark) != 1:
        raise NotKnown("Split takes one delimiter character")
    if source is None:
        return None
    parts = [part.strip() for part in text(source).split(mark)]
    if not all(parts):
        raise NotKnown("whether Split keeps empty parts is not documented")
    return parts


def _to_lower(source: Any, culture: Any = "") -> Any:
    return None if source is None else letters.lower(text(source), text(culture or ""))


def _to_upper(source: Any, culture: Any = "") -> Any:
    return None if source is None else letters.upper(text(source), text(culture or ""))


def _word(source: Any, place: Any, delimiters: Any) -> str:
    wanted, marks = number(place), text(delimiters)
    if source is None or wanted < 1:
        return ""
    parts = re.split(f"[{re.escape(marks)}]", text(source)) if marks else [text(source)]
    words = [part for part in parts if part]
    found = [counted[wanted - 1] if wanted <= len(counted) else "" for counted in (parts, words)]
    if found[0] != found[1]:
        raise NotKnown("how Word counts delimiters that follow each other is not documented")
    return found[0]


def _format_date(source: Any, styles: Any, given: Any, wanted: Any = None) -> Any:
    if not is_empty(styles) or wanted is None:
        raise NotKnown("FormatDateTime is evaluated here only without styles")
    return None if source is None else dates.reformatted(text(source), text(given), text(wanted))


def _add_date(interval: Any, count: Any, moment: Any) -> Any:
    return None if moment is None else dates.added(text(interval), number(count), time(moment))


def _compare_dates(interval: Any, first: Any, second: Any) -> Any:
    if first is None or second is None:
        raise Unsuitable("what DateDiff gives for an empty date is not documented")
    return dates.difference(text(interval), time(first), time(second))


def _never(reason: str) -> Callable[..., Any]:
    def refuse(*_arguments: Any) -> Any:
        raise NotKnown(reason)

    return refuse


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "append": _append,
    "approleassignmentscomplex": _never("AppRoleAssignmentsComplex is not evaluated here"),
    "bitand": _bit_and,
    "cbool": _to_boolean,
    "cdate": _handing_on(dates.read),
    "converttobase64": _handing_on(lambda value: base64.b64encode(value.encode("utf-16-le")).decode()),
    "converttoutf8hex": _handing_on(lambda value: value.encode().hex().upper()),
    "count": _count,
    "cstr": _handing_on(str),
    "dateadd": _add_date,
    "datediff": _compare_dates,
    "datefromnum": lambda value: None if value is None else dates.from_number(number(value)),
    "formatdatetime": _format_date,
    "guid": _never("Guid gives another value each time"),
    "ignoreflowifnullorempty": lambda value: None if is_empty(value) else value,
    "instr": _in,
    "isnull": lambda value: value is None,
    "isnullorempty": is_empty,
    "ispresent": lambda value: not is_empty(value),
    "isstring": lambda value: isinstance(value, str),
    "item": _item,
    "join": _join,
    "left": _left,
    "mid": _mid,
    "normalizediacritics": _handing_on(letters.plain),
    "not": lambda value: not (value is not None and truth(value)),
    "now": _never(f"Now: {MOMENT}"),
    "numfromdate": lambda value: None if value is None else dates.to_number(time(value)),
    "pcase": _proper,
    "randomstring": _never("RandomString gives another value each time"),
    # It hides the value in the logs only.
    "redact": lambda value: value,
    "removeduplicates": _unique,
    "singleapproleassignment": _single_role,
    "split": _split,
    "stripspaces": _handing_on(lambda value: value.replace(" ", "")),
    "tolower": _to_lower,
    "toupper": _to_upper,
    "word": _word,
}
"""The functions by name in lower case. ``IIF``, ``Switch``, ``Coalesce`` and ``Replace`` are in `evaluate`."""
