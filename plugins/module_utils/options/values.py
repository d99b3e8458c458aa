# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Values judged as a task would read and check them, but all at once, and under the names that their owner gave them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from . import checks
from .forms import understand

About = Mapping[str, Any]
"""One option of an argument spec."""
UNCHECKED = "a value"
"""The name of no option: only the rules of its type hold for it."""

_SHOWN = re.compile(r"; it is (?!missing|empty).*$", re.DOTALL)


def judged(option: str, about: About, raw: Any, name: str, shows: bool = True) -> tuple[Any, list[str]]:
    """The value that a task would take for an option, and what is wrong with it, said of ``name``.

    ``shows`` is false where a value may be a secret. The value is ``None`` if it is blank, or wrong.
    """
    understood = understand({option: {**about, "required": False}}, {option: raw})
    value = understood.args.get(option)
    faults = [f"{name}.{fault}" if fault[:1].isalpha() else f"{name}{fault}" for fault in _strange_members(about, value)]
    wrong = understood.wrong or _no_choice(option, about, value) or (None if faults else checks.wrong({option: value}))
    if wrong and not faults:
        said = wrong if shows else _SHOWN.sub("", wrong)
        faults = [name + said.removeprefix(option).rstrip(".")]
    return (None, faults) if faults else (value, [])


def _no_choice(option: str, about: About, value: Any) -> str | None:
    choices: Any = about.get("choices")
    several = value if isinstance(value, list) else [value]
    for number, member in enumerate(several if choices and value is not None else ()):
        if member not in choices:
            place = f"{option}[{number}]" if isinstance(value, list) else option
            return f"{place} must be one of {', '.join(choices)}{nearest(str(member), choices)}; it is {checks.shown(member)}"
    return None


def _strange_members(about: About, value: Any) -> Iterator[str]:
    """The unknown members of a dictionary, or of those in a list; each with its place, which begins with a dot or a bracket."""
    if not about.get("options"):
        return
    if isinstance(value, list):
        for number, member in enumerate(value):
            yield from (f"[{number}].{rest}" for rest in _strange_members(about, member))
    elif isinstance(value, Mapping):
        known = about["options"]
        for name, member in value.items():
            if name not in known:
                yield f"{name} is not known{nearest(name, known)}"
                continue
            for rest in _strange_members(known[name], member):
                yield f"{name}{rest}" if rest.startswith("[") else f"{name}.{rest}"


def nearest(name: str, known: Iterable[str], alike: float = 0.6) -> str:
    """The known name that may be meant, for the end of a sentence. ``alike`` is the part of it that must agree."""
    lower = {word.lower(): word for word in known}
    found = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=alike)
    return f" (did you mean {lower[found[0]]}?)" if found else ""


def blank(value: Any) -> bool:
    """Whether it counts as not given: AWX gives an empty text for a field that was left empty."""
    return value is None or (isinstance(value, str) and not value.strip())
