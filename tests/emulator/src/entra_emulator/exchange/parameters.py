# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of cmdlets: which there are, and what JSON each one takes (F146)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .errors import BINDING, CONVERSION, cmdlet_error

HASHTABLE = "#Exchange.GenericHashTable"


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _nullable_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(element, str) for element in value))


def _size(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower() == "unlimited" or (value.isdigit() and int(value) > 0)
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _changes(value: Any) -> bool:
    """A hashtable needs its marker, and knows add and remove."""
    if not isinstance(value, dict) or value.get("@odata.type") != HASHTABLE:
        return False
    changes = {name: texts for name, texts in value.items() if name != "@odata.type"}
    return bool(changes) and {name.lower() for name in changes} <= {"add", "remove"} and all(_texts(texts) for texts in changes.values())


TAKES: dict[str, Callable[[Any], bool]] = {
    "text": _text,
    "nullable text": _nullable_text,
    "flag": _flag,
    "texts": _texts,
    "size": _size,
    "changes": _changes,
}


def checked(cmdlet: str, known: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as given, after the refusals that PowerShell's binding would give."""
    for name, value in given.items():
        if name not in known:
            raise cmdlet_error(BINDING, f"A parameter cannot be found that matches parameter name '{name}'.")
        if not TAKES[known[name]](value):
            raise cmdlet_error(
                CONVERSION, f"Cannot process argument transformation on parameter '{name}' of {cmdlet}: it takes a {known[name]}."
            )
    return dict(given)


def texts(value: Any) -> list[str]:
    """A list of texts, or a single one."""
    return [value] if isinstance(value, str) else list(value or [])


def limit(value: Any) -> int | None:
    """``ResultSize``: 1000 unless it says otherwise, None for Unlimited."""
    if isinstance(value, str) and value.lower() == "unlimited":
        return None
    return 1000 if value is None else int(value)
