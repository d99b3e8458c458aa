# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reduces data to the members that a type of the model declares. Whatever else is in a result, such as the arguments of its task, is left
out.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, cast

Shape = TypeVar("Shape")


def shaped(shape: type[Shape], value: Any) -> Shape:
    """The value as that type of the model: only its members, with ``None``, an empty list and such for those that are missing."""
    return cast(Shape, _shaped(shape, value))


def _shaped(hint: Any, value: Any) -> Any:
    if typing.is_typeddict(hint):
        given = value if isinstance(value, Mapping) else {}
        return {name: _shaped(member, given.get(name)) for name, member in _members(hint).items()}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        return None if value is None else _shaped(inner, value)
    if origin is list:
        return [_shaped(arguments[0], member) for member in value] if isinstance(value, (list, tuple)) else []
    if origin is dict:
        return {str(name): _shaped(arguments[1], member) for name, member in value.items()} if isinstance(value, Mapping) else {}
    return _single(hint, value)


def _single(hint: Any, value: Any) -> Any:
    if hint is str:
        return "" if value is None else str.__str__(value) if isinstance(value, str) else str(value)
    if hint is bool:
        return bool(value)
    if hint is int:
        return int(value or 0)
    return value


@functools.cache
def _members(shape: Any) -> dict[str, Any]:
    return typing.get_type_hints(shape)
