# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The forms in which a playbook, a survey of AWX or a command line gives the value of an option, and what each means.

A survey gives texts only, and an empty text for a field that was left empty. So this comes before Ansible checks its rules:
what is blank counts as not given, and a text becomes the number, boolean, list or dictionary that the option takes.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ansible.module_utils.common.validation import check_type_dict
from ansible.module_utils.parsing.convert_bool import BOOLEANS_FALSE, BOOLEANS_TRUE

from .checks import shown

Spec = Mapping[str, Any]

LITERAL = frozenset({"mappings.constant", "mappings.default", "filters.clauses.values"})
"""Texts that are written into the service as they are, also when they are empty. A boolean is the service's own word for it."""
SPACED = LITERAL | {"mappings.expression", "display_name_suffix", "certificate_passphrase"}
"""Texts in which a blank at either end means something, or which are shown as they were written."""
SWITCHED = frozenset({"notification_email"})
"""Texts for which ``off`` is a value, which YAML reads as a boolean."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,30}(\.0+)?")
_NOTHING = object()
"""What a blank value means."""


@dataclass(frozen=True)
class Understood:
    """The options in the form that Ansible's validator takes, and what is wrong with the first that has no such form."""

    args: dict[str, Any]
    wrong: str | None


class _Wrong(ValueError):
    """Half a sentence: what an option must be."""


def understand(spec: Spec, given: Mapping[str, Any]) -> Understood:
    """Read the options of a task. Names that the spec does not know are left for Ansible to refuse."""
    complaints: list[str] = []
    args = _options(spec, given, ("", ""), complaints)
    return Understood(args, complaints[0] if complaints else None)


def _options(spec: Spec, given: Mapping[str, Any], place: tuple[str, str], complaints: list[str]) -> dict[str, Any]:
    """``place`` is what the names begin with: for the sentence, with the numbers of list members, and for a table, without."""
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
            # An option that was left empty is not taken from the environment, where another tenant's may be.
            args[option] = None
    return args


def _read(about: Spec, value: Any, place: tuple[str, str], complaints: list[str]) -> Any:
    if value is None or (isinstance(value, str) and not value.strip() and place[1] not in LITERAL):
        return _NOTHING
    kind = about.get("type", "str")
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
        # A value that was not understood is not shown: it may hold a secret anywhere.
        complaints.append(f"{place[0]} {wrong}.")
        return value if kind not in ("list", "dict") and isinstance(value, (str, int, float)) else _NOTHING


def _chosen(about: Spec, value: Any, place: str) -> Any:
    """One of the choices. Ansible judges those of a module itself, but does not say which member of what it means."""
    if about.get("choices") and ("." in place or "[" in place) and value not in about["choices"]:
        raise _Wrong(f"must be one of {', '.join(about['choices'])}; it is {shown(value)}")
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
    if isinstance(value, (int, float)):
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


_SCALARS = {"str": _text, "path": _text, "int": _number, "bool": _boolean}


def _dict(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = check_type_dict(value.strip())
        except TypeError:
            raise _Wrong("must be a dictionary, or the JSON text of one") from None
    if not isinstance(value, Mapping):
        raise _Wrong("must be a dictionary")
    return {str(name): member for name, member in value.items()}


def _list(about: Spec, value: Any, place: tuple[str, str], complaints: list[str]) -> Any:
    of_texts = about.get("elements", "str") != "dict"
    if isinstance(value, str):
        value = _listed(value) if of_texts else _json_list(value)
    elif of_texts and isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, Sequence):
        raise _Wrong("must be a list")
    member = {"type": about.get("elements", "str"), "options": about.get("options"), "choices": about.get("choices")}
    read = [_read(member, given, (f"{place[0]}[{number}]", place[1]), complaints) for number, given in enumerate(value)]
    found = [entry for entry in read if entry is not _NOTHING]
    # A list of nothing but blanks was left empty; an empty list is a value.
    return found if found or not read else _NOTHING


def _listed(text: str) -> list[Any]:
    """The members of a text: one a line, or all in one line with commas between them. In several lines, a comma belongs to a name."""
    if text.lstrip().startswith("["):
        # A name may begin with a bracket, too.
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
        raise _Wrong("must be a list, or the JSON text of one")
    return read


def _parsed(text: str) -> Any:
    """JSON, or what a template makes of a list."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
