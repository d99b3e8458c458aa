# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The value that a mapping gives for a user, from Microsoft's "Reference for writing expressions for attribute mappings" (fact F90)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..mapping.documented import FUNCTIONS as ARITIES
from ..mapping.expression import Canonical, attributes
from . import functions
from .functions import is_empty, text, truth
from .model import NotKnown, SourceUser, Unknown, Unsuitable
from .replacing import replace

__all__ = ["Compiled", "Unknown", "compiled", "evaluate", "value_of"]

Compiled = Callable[[SourceUser], Any]
"""What an expression gives for a user.

:raises NotKnown: if it cannot be computed.
"""
_ARITIES = {name.lower(): (name, *counts) for name, counts in ARITIES.items()}
_ORDERS: dict[str, Callable[[float, float], bool]] = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
_OMITTED = ("constant", "")


def evaluate(meaning: Canonical, user: SourceUser) -> Any:
    """A text, boolean, integer or list, ``None`` for an empty value, or `Unknown`."""
    try:
        value = compiled(meaning)(user)
        return None if is_empty(value) else value if isinstance(value, (bool, int, list)) else text(value)
    except NotKnown as problem:
        return Unknown(problem.reason, problem.fails)


@lru_cache(maxsize=2048)
def compiled(meaning: Canonical) -> Compiled:
    """An expression that is ready to be evaluated for many users."""
    if meaning[0] == "attribute":
        return _attribute(str(meaning[1]))
    if meaning[0] == "constant":
        return _constant(str(meaning[1]))
    name, arguments = str(meaning[1]), meaning[2]
    if name in ("=", "<>"):
        left, right = (compiled(argument) for argument in arguments)
        return lambda user: functions.equal(left(user), right(user)) == (name == "=")
    if name in _ORDERS:
        holds, (left, right) = _ORDERS[name], (compiled(argument) for argument in arguments)
        return lambda user: functions.ordered(left(user), right(user), holds)
    return _function(name, arguments)


def value_of(user: SourceUser, name: str) -> Any:
    """An attribute of a user by its name in the schema; ``None`` if it is empty.

    :raises NotKnown: if it was not read.
    """
    if name in user.unread:
        raise NotKnown(f"{name} cannot be read")
    value = user.attributes.get(name)
    if value is None and name in _ALWAYS:
        return _ALWAYS[name](user)
    return value if value != [] else None


_ALWAYS: dict[str, Callable[[SourceUser], Any]] = {
    "accountEnabled": lambda user: user.enabled,
    "userPrincipalName": lambda user: user.name,
    "objectId": lambda user: user.id,
    "IsSoftDeleted": lambda user: user.deleted,
}


def _attribute(name: str) -> Compiled:
    return lambda user: value_of(user, name)


def _constant(value: str) -> Compiled:
    if value == "null":
        # The parser does not tell the word from the text.
        return _unknown("the constant null is not documented")
    return lambda _user: value


def _unknown(reason: str) -> Compiled:
    def refuse(_user: SourceUser) -> Any:
        raise NotKnown(reason)

    return refuse


def _function(name: str, arguments: tuple[Canonical, ...]) -> Compiled:
    if name not in _ARITIES or (name not in functions.FUNCTIONS and name not in _OWN):
        return _unknown(f"the function {name} is not documented for this synchronization")
    spelling, least, most = _ARITIES[name]
    if not least <= len(arguments) <= most:
        return _unknown(f"{spelling} has {len(arguments)} arguments")
    if name in _OWN:
        return _OWN[name](arguments)
    if name == "isstring" and arguments[0][0] == "constant":
        return _unknown("a constant's type is not known")
    work, parts = functions.FUNCTIONS[name], tuple(compiled(argument) for argument in arguments)
    if len(parts) == 1:
        only = parts[0]
        return lambda user: work(only(user))
    return _called(work, parts)


def _called(work: Callable[..., Any], parts: tuple[Compiled, ...]) -> Compiled:
    def run(user: SourceUser) -> Any:
        try:
            return work(*[part(user) for part in parts])
        except Unsuitable:
            raise
        except NotKnown as problem:
            # An empty argument beside one that is not known can be what the function cannot work with.
            if any(_is_unsuitable(part, user) for part in parts):
                raise Unsuitable(problem.reason) from None
            raise

    return run


def _is_unsuitable(part: Compiled, user: SourceUser) -> bool:
    try:
        return part(user) is None
    except NotKnown as problem:
        return problem.fails


def _iif(arguments: tuple[Canonical, ...]) -> Compiled:
    """Only the branch that is taken is evaluated. If the condition reads an empty attribute, it "fails": then nothing flows, or the value
    for false does (fact F91).
    """
    condition, yes, no = (compiled(argument) for argument in arguments)
    read = tuple(attributes(arguments[0]))

    def run(user: SourceUser) -> Any:
        if not any(is_empty(value_of(user, name)) for name in read):
            return yes(user) if truth(condition(user)) else no(user)
        if not is_empty(no(user)):
            raise NotKnown("what IIF gives if its condition reads an empty attribute is not documented")
        return None

    return run


def _switch(arguments: tuple[Canonical, ...]) -> Compiled:
    """An empty source matches the key "". Only the value of the key that matches is evaluated."""
    if len(arguments) % 2:
        return _unknown("Switch has an odd number of arguments")
    source, default, *rest = (compiled(argument) for argument in arguments)
    pairs = tuple(zip(rest[::2], rest[1::2], strict=True))

    def run(user: SourceUser) -> Any:
        value = source(user)
        written = "" if value is None else text(value)
        for key, result in pairs:
            wanted = key(user)
            if wanted is None:
                raise NotKnown("what Switch does with an empty key is not documented")
            if text(wanted) == written:
                return result(user)
            if isinstance(value, bool) and text(wanted).lower() == written.lower():
                raise NotKnown(f"whether {wanted!r} is {written} is not documented")
        return default(user)

    return run


def _coalesce(arguments: tuple[Canonical, ...]) -> Compiled:
    parts = tuple(compiled(argument) for argument in arguments)

    def run(user: SourceUser) -> Any:
        return next((value for value in (part(user) for part in parts) if value is not None), None)

    return run


def _replace(arguments: tuple[Canonical, ...]) -> Compiled:
    given = frozenset(place for place, argument in enumerate(arguments) if argument != _OMITTED)
    parts = tuple(compiled(argument) for argument in arguments)
    return lambda user: replace(given, [part(user) for part in parts])


_OWN: dict[str, Callable[[tuple[Canonical, ...]], Compiled]] = {
    "coalesce": _coalesce,
    "iif": _iif,
    "replace": _replace,
    "switch": _switch,
}
"""Functions that evaluate only some of their arguments, or that depend on which of them are given."""
