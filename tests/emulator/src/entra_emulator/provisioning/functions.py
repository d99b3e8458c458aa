# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the functions of `catalogue` compute. Each takes its evaluated arguments and the source attributes."""

from __future__ import annotations

import base64
import re
import secrets
import string
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from entra_emulator.provisioning import dates
from entra_emulator.provisioning.catalogue import FunctionFailure

Arguments = list[Any]
Implementation = Callable[[Arguments, Mapping[str, Any]], Any]


def text(value: Any) -> str:
    """A value as the service writes it in strings: null is empty, booleans are capitalised, lists joined by ``;``."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(text(item) for item in value)
    return str(value)


def is_empty(value: Any) -> bool:
    """Null, the empty string and the empty list."""
    return value is None or value == "" or value == []


def _number(value: Any) -> int:
    written = text(value)
    try:
        return int(written) if written.lstrip("-").isdigit() else int(float(written))
    except ValueError:
        raise FunctionFailure(f"'{text(value)}' is not a number.") from None


def compare(operator: str, left: Any, right: Any) -> bool:
    """The comparisons allowed in IIF's condition; numbers compare as numbers, everything else as case-sensitive text."""
    one, other = text(left), text(right)
    try:
        pair: tuple[Any, Any] = (float(one), float(other))
    except ValueError:
        pair = (one, other)
    a, b = pair
    table = {"=": a == b, "<>": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
    return bool(table[operator])


def _nullable(work: Callable[[str], Any]) -> Implementation:
    """A function of one string that hands null on (inferred: "null source values are skipped", F96)."""

    def run(a: Arguments, _values: Mapping[str, Any]) -> Any:
        return None if a[0] is None else work(text(a[0]))

    return run


def _append(a: Arguments, _values: Mapping[str, Any]) -> Any:
    return None if is_empty(a[0]) else text(a[0]) + text(a[1])


def _coalesce(a: Arguments, _values: Mapping[str, Any]) -> Any:
    return next((value for value in a if value is not None), None)


def _join(a: Arguments, _values: Mapping[str, Any]) -> Any:
    """Empty values are left out, as in Microsoft's example ``Join(", ", "", [surname], [givenName])``."""
    values = [text(item) for value in a[1:] for item in (value if isinstance(value, list) else [value])]
    present = [value for value in values if value != ""]
    return text(a[0]).join(present) if present else None


def _switch(a: Arguments, _values: Mapping[str, Any]) -> Any:
    source = text(a[0])
    for key, value in zip(a[2::2], a[3::2], strict=True):
        if text(key) == source:
            return value
    return a[1]


def _pattern(value: Any) -> re.Pattern[str]:
    try:
        return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", text(value)))
    except re.error as error:
        raise FunctionFailure(f"the regular expression is invalid: {error}.") from None


def _substituted(template: str, match: re.Match[str]) -> str:
    """.NET's replacement patterns ``${name}``, ``$1`` and ``$$``."""

    def one(reference: re.Match[str]) -> str:
        if reference.group(0) == "$$":
            return "$"
        name = reference.group(1) or reference.group(2)
        try:
            return match.group(int(name) if name.isdigit() else name) or ""
        except (IndexError, KeyError):
            return reference.group(0)

    return re.sub(r"\$\$|\$\{(\w+)\}|\$(\d+)", one, template)


def _replace(a: Arguments, _values: Mapping[str, Any]) -> Any:
    """The five documented forms of Replace, distinguished by the parameters that are present."""
    padded: Arguments = a + [None] * (7 - len(a))
    source, old, pattern, group, new, other, template = padded
    if pattern is not None and group is not None and other is not None:
        if not is_empty(source):
            return source
        found = _pattern(pattern).search(text(other))
        return found.group(text(group)) if found else None
    if source is None:
        return None
    value = text(source)
    if old is not None and template is not None:
        return text(template).replace(text(old), value)
    if old is not None and new is not None:
        return value.replace(text(old), text(new)) if text(old) else value
    if pattern is None or new is None:
        raise FunctionFailure("the combination of parameters is not supported.")
    if group is None:
        return _pattern(pattern).sub(lambda match: _substituted(text(new), match), value)
    return _replace_group(value, _pattern(pattern), text(group), text(new))


def _replace_group(value: str, pattern: re.Pattern[str], group: str, new: str) -> str:
    if group not in pattern.groupindex:
        raise FunctionFailure(f"the regular expression has no group '{group}'.")

    def one(match: re.Match[str]) -> str:
        begin, end = match.span(group)
        if begin < 0:
            return match.group(0)
        offset = match.start()
        return match.group(0)[: begin - offset] + new + match.group(0)[end - offset :]

    return pattern.sub(one, value)


_LETTERS = {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "oe", "Ø": "OE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "\u0131": "i"}


def _normalize(value: str) -> str:
    """Latin letters lose their marks; other scripts (Hangul, Kana) stay as they are."""
    out = []
    for character in unicodedata.normalize("NFC", value):
        base = unicodedata.normalize("NFD", character)
        if base[0] in _LETTERS:
            out.append(_LETTERS[base[0]])
            continue
        latin = base[0].isascii()
        out.append(base[0] if latin else character)
    return "".join(c for c in "".join(out) if not "\u0300" <= c <= "\u036f")


def _proper_case(a: Arguments, _values: Mapping[str, Any]) -> Any:
    if a[0] is None:
        return None
    separators = text(a[1]) if len(a) > 1 and a[1] is not None else None
    out, start = [], True
    for character in text(a[0]):
        out.append(character.upper() if start else character.lower())
        start = character in separators if separators is not None else not (character.isalnum() or character == "'")
    return "".join(out)


def _left(a: Arguments, _values: Mapping[str, Any]) -> str:
    count = _number(a[1])
    return text(a[0]) if count < 0 else text(a[0])[:count]


def _mid(a: Arguments, _values: Mapping[str, Any]) -> Any:
    if a[0] is None:
        return None
    start, length = _number(a[1]), _number(a[2])
    if start < 1 or length < 0:
        raise FunctionFailure("the start must be at least 1 and the length at least 0.")
    return text(a[0])[start - 1 : start - 1 + length]


def _instr(a: Arguments, _values: Mapping[str, Any]) -> int:
    start = _number(a[2]) if len(a) > 2 and a[2] is not None else 1
    where, what = text(a[0]), text(a[1])
    if len(a) > 3 and text(a[3]) == "vbTextCompare":
        where, what = where.lower(), what.lower()
    return where.find(what, start - 1) + 1


def _item(a: Arguments, _values: Mapping[str, Any]) -> Any:
    values = a[0] if isinstance(a[0], list) else [a[0]]
    index = _number(a[1])
    return values[index - 1] if 1 <= index <= len(values) else None


def _word(a: Arguments, _values: Mapping[str, Any]) -> str:
    number = _number(a[1])
    words = [word for word in re.split("[" + re.escape(text(a[2])) + "]", text(a[0])) if word] if text(a[2]) else [text(a[0])]
    return words[number - 1] if 1 <= number <= len(words) else ""


def _truth(value: Any) -> bool:
    word = text(value).lower()
    return word not in ("", "0", "false")


def _random(a: Arguments, _values: Mapping[str, Any]) -> str:
    """As many of each kind as are asked for, and small letters for the rest."""
    length, *least = (_number(value) for value in a[:5])
    avoided = text(a[5]) if len(a) > 5 else ""
    kinds = [
        "".join(c for c in kind if c not in avoided)
        for kind in (string.digits, "!#$%&*+-?@", string.ascii_uppercase, string.ascii_lowercase)
    ]
    found = [secrets.choice(kind) for kind, count in zip(kinds, least, strict=True) for _number in range(count)]
    if length < len(found):
        raise FunctionFailure("the length is less than the sum of the minima.")
    found += [secrets.choice(kinds[-1]) for _number in range(length - len(found))]
    secrets.SystemRandom().shuffle(found)
    return "".join(found)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


IMPLEMENTATIONS: dict[str, Implementation] = {
    "AltSecIdFromNetId": _nullable(lambda s: s),
    "Append": _append,
    "AppRoleAssignmentsComplex": _nullable(lambda s: s),
    "BitAnd": lambda a, _: _number(a[0]) & _number(a[1]),
    "CBool": lambda a, _: _truth(a[0]),
    "CDate": lambda a, _: None if is_empty(a[0]) else dates.written(dates.read(text(a[0]))),
    "Coalesce": _coalesce,
    "ConvertToBase64": _nullable(lambda s: base64.b64encode(s.encode("utf-16-le")).decode()),
    "ConvertToUTF8Hex": _nullable(lambda s: s.encode().hex().upper()),
    "Count": lambda a, _: len(_listed(a[0])),
    "CStr": _nullable(lambda s: s),
    "DateAdd": lambda a, _: dates.written(dates.added(text(a[0]), _number(a[1]), dates.read(text(a[2])))),
    "DateDiff": lambda a, _: dates.difference(text(a[0]), dates.read(text(a[1])), dates.read(text(a[2]))),
    "DateFromNum": lambda a, _: None if is_empty(a[0]) else dates.written(dates.from_number(_number(a[0]))),
    "FormatDateTime": lambda a, _: None if is_empty(a[0]) else dates.reformatted(text(a[0]), text(a[2]), text(a[3])),
    "Guid": lambda a, _: str(uuid.uuid4()),
    "IgnoreFlowIfNullOrEmpty": lambda a, _: None if is_empty(a[0]) else a[0],
    "InStr": _instr,
    "IsNull": lambda a, _: a[0] is None,
    "IsNullOrEmpty": lambda a, _: is_empty(a[0]),
    "IsPresent": lambda a, _: not is_empty(a[0]),
    "IsString": lambda a, _: isinstance(a[0], str),
    "Item": _item,
    "Join": _join,
    "Left": _left,
    "Mid": _mid,
    "NormalizeDiacritics": _nullable(_normalize),
    "Not": lambda a, _: not _truth(a[0]),
    "Now": lambda a, attributes: dates.written(dates.read(text(attributes.get(dates.NOW)))),
    "NumFromDate": lambda a, _: None if is_empty(a[0]) else dates.to_number(dates.read(text(a[0]))),
    "PCase": _proper_case,
    "RandomString": _random,
    "Redact": lambda a, _: a[0],
    "RemoveDuplicates": lambda a, _: list(dict.fromkeys(_listed(a[0]))),
    "Replace": _replace,
    "SingleAppRoleAssignment": lambda a, _: _listed(a[0])[0] if _listed(a[0]) else None,
    "Split": lambda a, _: None if a[0] is None else [part.strip() for part in text(a[0]).split(text(a[1]) or ",")],
    "StripSpaces": _nullable(lambda s: s.replace(" ", "")),
    "Switch": _switch,
    "ToLower": _nullable(str.lower),
    "ToUpper": _nullable(str.upper),
    "Trim": _nullable(str.strip),
    "Word": _word,
}
