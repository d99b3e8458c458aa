# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether data has the form that a type of the evidence's model declares, to the last member."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any


def misfits(hint: Any, value: Any, path: str = "") -> Iterator[str]:
    """Where the value is not of that type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return
    if typing.is_typeddict(hint):
        members = typing.get_type_hints(hint)
        if not isinstance(value, dict) or value.keys() != members.keys():
            yield f"{path}: {sorted(value) if isinstance(value, dict) else value!r} instead of {sorted(members)}"
            return
        for name, member in members.items():
            yield from misfits(member, value[name], f"{path}.{name}")
    elif origin in (typing.Union, types.UnionType):
        found = [list(misfits(argument, value, path)) for argument in arguments]
        if all(found):
            yield from min(found, key=len)
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{path}: {value!r} is none of {arguments}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path}: {value!r} is not a list"
            return
        for place, member in enumerate(value):
            yield from misfits(arguments[0], member, f"{path}[{place}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is not a dictionary"
            return
        for name, member in value.items():
            yield from misfits(arguments[0], name, f"{path} key")
            yield from misfits(arguments[1], member, f"{path}.{name}")
    elif not _is_single(hint, value):
        yield f"{path}: {value!r} is not {hint}"


def _is_single(hint: Any, value: Any) -> bool:
    if hint in (None, type(None)):
        return value is None
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
