# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Converts the values of options from the forms in which a playbook, a survey of AWX or a command line passes them.

A survey passes only texts, and an empty text for an empty field. Therefore this is done before Ansible checks its rules: a blank
value counts as not set, and a text becomes the number, boolean, list or dictionary of the type of the option.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.parsing.convert_bool import BOOLEANS_FALSE, BOOLEANS_TRUE

from .checks import shown
from .likeness import nearest

Spec = Mapping[str, Any]

_ROWS = ("mappings", "group_mappings")
LITERAL = frozenset({"filters.clauses.values", *(f"{rows}.{member}" for rows in _ROWS for member in ("constant", "default"))})
"""Texts that are written to the service unchanged, also if they are empty. A boolean becomes ``true`` or ``false``."""
SPACED = LITERAL | {*(f"{rows}.expression" for rows in _ROWS), "display_name_suffix", "certificate_passphrase"}
"""Texts in which a blank at the beginning or end has a meaning, or which are shown as they were written."""
SWITCHED = frozenset({"notification_email", "link_address_book"})
"""Texts for which ``off`` is a value, which YAML reads as a boolean."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,30}(\.0+)?")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_NOTHING = object()
"""The result for a blank value."""


@dataclass(frozen=True)
class Understood:
    """``args`` are the options in the form of Ansible's validator; ``wrong`` is the message about the first invalid option."""

    args: dict[str, Any]
    wrong: str | None


class _Wrong(ValueError):
    """The requirement that an option does not meet, such as "must be a list"."""


def understand(spec: Spec, given: Mapping[str, Any]) -> Understood:
    """Convert the options of a task. Names that are not in the spec are left for Ansible to reject."""
    complaints: list[str] = []
    args = _options(spec, given, ("", ""), complaints)
    return Understood(args, complaints[0] if complaints else None)


def _options(spec: Spec, given: Mapping[str, Any], place: tuple[str, str], complaints: list[str]) -> dict[str, Any]:
    """``place`` is the beginning of the names: for the message, with the numbers of list members, and for the tables, without."""
    args = dict(given)
    for option, about in spec.items():
        names = [option] if option in given else []
        if "aliases" in about:
            names += [name for name in about["aliases"] if name in given]
        if not names and not (place[0] and "required" in about):
            continue
        for name in names:
            value = _read(about, given[name], (place[0] + name, place[1] + option), complaints)
            if value is _NOTHING:
                del args[name]
            else:
                args[name] = value
        if any(name in args for name in names):
            continue
        if about.get("required"):
            complaints.append(f"{place[0]}{option} is required; it is {'empty' if names else 'missing'}.")
        elif names and "fallback" in about:
            # An empty option is not taken from the environment, which may have the value of another tenant.
            args[option] = about.get("default")
    return args


def _read(about: Spec, value: Any, place: tuple[str, str], complaints: list[str]) -> Any:
    kind = about.get("type", "str")
    # An empty text is a member of a list of literal texts, but no list of them.
    if value is None or (isinstance(value, str) and not value.strip() and (kind == "list" or place[1] not in LITERAL)):
        return _NOTHING
    try:
        if kind == "list":
            return _list(about, value, place, complaints)
        if kind == "dict":
            members = _dict(value)
            if not about.get("options"):
                return members
            return _options(about["options"], members, (f"{place[0]}.", f"{place[1]}."), complaints)
        return _chosen(about, _SCALARS[kind](value, place[1]), place[0])
    except _Wrong as wrong:
        # A value that cannot be converted is not shown: it may contain a secret.
        complaints.append(f"{place[0]} {wrong}.")
        # Ansible gets nothing to convert: its conversion of an infinite number raises an error that it does not handle.
        return value if kind in ("str", "path") and isinstance(value, (str, int, float)) else _NOTHING


def _chosen(about: Spec, value: Any, place: str) -> Any:
    """A value that is one of the choices. Ansible's message shows the whole value, whatever it is, and not the place of a suboption."""
    if about.get("choices") and value not in about["choices"]:
        raise _Wrong(f"must be one of {', '.join(about['choices'])}{nearest(str(value), about['choices'])}; it is {shown(value)}")
    return value


def _text(value: Any, place: str) -> str:
    if isinstance(value, str):
        text = value if place in SPACED else value.strip()
        return "off" if place in SWITCHED and text.lower() in BOOLEANS_FALSE else text
    if isinstance(value, bool):
        if place in LITERAL:
            return str(value).lower()
        if place in SWITCHED and not value:
            return "off"
        raise _Wrong(f"must be a text; it is {shown(value)}, as YAML reads words like on, off, yes and no: write it in quotes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, float)) and math.isfinite(value):
        return str(value)
    raise _Wrong("must be a text")


def _number(value: Any, _place: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value.strip().partition(".")[0])
    raise _Wrong(f"must be a whole number; it is {shown(value)}" if isinstance(value, (str, float, bool)) else "must be a whole number")


def _boolean(value: Any, _place: str) -> bool:
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, (str, bool, int, float)):
        if word in BOOLEANS_TRUE:
            return True
        if word in BOOLEANS_FALSE:
            return False
        raise _Wrong(f"must be true or false; it is {shown(value)}")
    raise _Wrong("must be true or false")


def _decimal(value: Any, _place: str) -> float:
    word = value.strip() if isinstance(value, str) else value
    if isinstance(word, (int, float)) and not isinstance(word, bool) and math.isfinite(word):
        return float(word)
    if isinstance(word, str) and _DECIMAL.fullmatch(word):
        return float(word)
    raise _Wrong(f"must be a number; it is {shown(value)}" if isinstance(value, (str, float, bool)) else "must be a number")


def _unchanged(value: Any, _place: str) -> Any:
    return value


_SCALARS: Mapping[str, Callable[[Any, str], Any]] = {
    "str": _text,
    "path": _text,
    "int": _number,
    "float": _decimal,
    "bool": _boolean,
    "raw": _unchanged,
}


def _dict(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = check_type_dict(value.strip())
        except TypeError:
            raise _Wrong("must be a dictionary, or its JSON text") from None
    if not isinstance(value, Mapping):
        raise _Wrong("must be a dictionary")
    return {str(name): member for name, member in value.items()}


def _list(about: Spec, value: Any, place: tuple[str, str], complaints: list[str]) -> Any:
    of_texts = about.get("elements", "str") != "dict"
    if isinstance(value, str):
        value = _listed(value) if of_texts else _json_list(value)
    elif of_texts and isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, Sequence) or isinstance(value, bytes):
        raise _Wrong("must be a list")
    member = {"type": about.get("elements", "str"), "options": about.get("options"), "choices": about.get("choices")}
    read = [_read(member, given, (f"{place[0]}[{number}]", place[1]), complaints) for number, given in enumerate(value)]
    found = [entry for entry in read if entry is not _NOTHING]
    # A list of blanks only counts as not set; an empty list is a value.
    return found if found or not read else _NOTHING


def _listed(text: str) -> list[Any]:
    """The members of a text: each in its own line, or all in one line, separated by commas. In several lines, a comma is part of a name."""
    if text.lstrip().startswith("["):
        # A name can begin with a bracket as well.
        read = _parsed(text)
        if isinstance(read, list):
            return read
    lines = [line for line in text.splitlines() if line.strip()]
    return lines if len(lines) > 1 else lines[0].split(",")


def _json_list(text: str) -> list[Any]:
    read = _parsed(text)
    if isinstance(read, dict):
        return [read]
    if not isinstance(read, list):
        raise _Wrong("must be a list, or its JSON text")
    return read


def _parsed(text: str) -> Any:
    """The value of a JSON text, or of the text that a template makes of a list; ``None`` for another text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
