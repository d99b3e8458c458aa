# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Checks values like a task, but reports all faults together, with the names of the variables that contain the values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import checks
from .forms import understand
from .likeness import nearest

About = Mapping[str, Any]
"""One option of an argument spec."""
UNCHECKED = "a value"
"""The name of a value that is not an option: only the rules of its type apply."""

_SHOWN = re.compile(r"; it is (?!missing|empty).*$", re.DOTALL)


def checked(option: str, about: About, raw: Any, name: str, shows: bool = True) -> tuple[Any, list[str]]:
    """The value that a task would use for an option, and the messages about its faults, with ``name`` instead of the option.

    ``shows`` is false if the value may be a secret. The value is ``None`` if it is blank or invalid.
    """
    understood = understand({option: {**about, "required": False}}, {option: raw})
    value = understood.args.get(option)
    faults = [f"{name}.{fault}" if fault[:1].isalpha() else f"{name}{fault}" for fault in _unknown_members(about, value)]
    wrong = understood.wrong or (None if faults else checks.wrong({option: value}))
    if wrong and not faults:
        message = wrong if shows else _SHOWN.sub("", wrong)
        faults = [name + message.removeprefix(option).rstrip(".")]
    return (None, faults) if faults else (value, [])


def _unknown_members(about: About, value: Any) -> Iterator[str]:
    """The unknown members of a dictionary, or of the dictionaries in a list, each with its place."""
    if not about.get("options"):
        return
    if isinstance(value, list):
        for number, member in enumerate(value):
            yield from (f"[{number}].{rest}" for rest in _unknown_members(about, member))
    elif isinstance(value, Mapping):
        known = about["options"]
        for name, member in value.items():
            if name not in known:
                yield f"{name} is not a valid option{nearest(name, known)}"
                continue
            for rest in _unknown_members(known[name], member):
                yield f"{name}{rest}" if rest.startswith("[") else f"{name}.{rest}"


def blank(value: Any) -> bool:
    """Whether a value counts as not set: AWX passes an empty text for an empty field."""
    return value is None or (isinstance(value, str) and not value.strip())
