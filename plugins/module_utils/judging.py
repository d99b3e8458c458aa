# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Values judged by an argument spec, every fault with the place where it is: ``link_filters[0].clauses[1].operator``.

Ansible's own validation stops at the first fault, does not say which member of a list it is in, and knows no survey: AWX gives
numbers, booleans and lists as texts, and an empty text for a field that was left empty.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

About = Mapping[str, Any]
"""One option of an argument spec."""

SHOWN = 60
"""So many characters of a wrong value are shown, at most."""


class Judge:
    """Collects ``faults``, one sentence each. ``shows`` is false where a value may be a secret."""

    def __init__(self, shows: bool = True) -> None:
        self.faults: list[str] = []
        self._shows = shows

    def members(self, spec: Mapping[str, About], given: Mapping[str, Any], where: str = "") -> dict[str, Any]:
        """The values that are given, by the names of the spec."""
        prefix = f"{where}." if where else ""
        owners = {alias: name for name, about in spec.items() for alias in (name, *about.get("aliases", ()))}
        values = {}
        for name, value in given.items():
            if name not in owners:
                self.faults.append(f"{prefix}{name} is not known{nearest(str(name), owners)}")
                continue
            judged = self.value(spec[owners[name]], value, f"{prefix}{name}")
            if judged is not None:
                values[owners[name]] = judged
        for name, about in spec.items():
            # What is there and wrong has been complained about.
            if about.get("required") and name not in values and blank(given.get(name)):
                self.faults.append(f"{prefix}{name} is missing")
        return values

    def value(self, about: About, value: Any, where: str) -> Any:
        """The value as its type wants it, or ``None`` if it is not given, or wrong."""
        if blank(value):
            return None
        kind = about.get("type", "str")
        judged: Any = getattr(self, f"_{kind}")(about, value, where)
        if kind != "list" and judged is not None and not self._is_choice(about, judged, where):
            return None
        return judged

    def _is_choice(self, about: About, value: Any, where: str) -> bool:
        choices = about.get("choices")
        if not choices or value in choices:
            return True
        known = [str(one) for one in choices]
        hint = nearest(str(value), known) if self._shows else ""
        self._wrong(where, f"one of {', '.join(known)}", value, hint)
        return False

    def _wrong(self, where: str, wanted: str, value: Any, hint: str = "") -> None:
        shown = f", not {_shown(value)}" if self._shows else ""
        self.faults.append(f"{where} must be {wanted}{shown}{hint}")

    def _str(self, _about: About, value: Any, where: str) -> str | None:
        if isinstance(value, (str, int, float)):
            return str(value)
        self._wrong(where, "a text", value)
        return None

    _path = _str

    def _int(self, about: About, value: Any, where: str) -> int | None:
        text = str(value).strip()
        least, most = about.get("range", (None, None))
        if isinstance(value, bool) or not re.fullmatch(r"[+-]?[0-9]{1,18}(\.0+)?", text):
            self._wrong(where, "a whole number", value)
            return None
        number = int(text.partition(".")[0])
        if (least is not None and number < least) or (most is not None and number > most):
            self._wrong(where, f"{least} or more" if most is None else f"a number from {least} to {most}", value)
            return None
        return number

    def _bool(self, _about: About, value: Any, where: str) -> bool | None:
        try:
            return bool(boolean(value.strip() if isinstance(value, str) else value))
        except TypeError:
            self._wrong(where, "true or false", value)
            return None

    def _list(self, about: About, value: Any, where: str) -> list[Any] | None:
        members = value
        if isinstance(value, str):
            members = _from_json(value) if about["elements"] == "dict" else named_in(value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and about["elements"] == "str":
            members = [value]
        if not isinstance(members, (list, tuple)) or (isinstance(value, str) and not members):
            self._wrong(where, "a list" if about["elements"] == "str" else "a list, or its JSON", value)
            return None
        judged = []
        for number, member in enumerate(members):
            place = f"{where}[{number}]"
            if blank(member):
                self.faults.append(f"{place} is empty")
            else:
                one = {**about, "type": about["elements"]}
                judged.append(self.value(one, member, place))
        return [one for one in judged if one is not None]

    def _dict(self, about: About, value: Any, where: str) -> dict[str, Any] | None:
        if not isinstance(value, Mapping):
            self._wrong(where, "a dictionary", value)
            return None
        return self.members(about["options"], value, where) if "options" in about else dict(value)


def blank(value: Any) -> bool:
    """Whether it counts as not given: AWX gives an empty text for a field that was left empty."""
    return value is None or (isinstance(value, str) and not value.strip())


def named_in(text: str) -> list[str]:
    """The names in a text: separated by commas, or one a line."""
    return [one.strip() for one in re.split(r"[,\n]", text) if one.strip()]


def nearest(name: str, known: Iterable[str], alike: float = 0.6) -> str:
    """Which known name may be meant, as the end of a sentence. ``alike`` is how much of it must agree, at least."""
    lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=alike)
    return f" (did you mean {lower[found[0]]}?)" if found else ""


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _shown(value: Any) -> str:
    text = " ".join(str(value).split()) if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    short = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return f"'{short}'" if isinstance(value, str) else short
