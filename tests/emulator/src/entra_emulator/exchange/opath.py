# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OPATH, the language of ``Filter``, as far as it is asked here: -eq -ne -like, -and -or -not, parentheses (F151).

The filter becomes one function, because it runs over all recipients. Many comparisons of one property for equality, which is how named
people are asked for, become a look-up in a set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, VisitError

from .recipients import CUSTOM_ATTRIBUTES

Item = Mapping[str, Any]
Predicate = Callable[[Item], bool]

PROPERTIES = frozenset(
    [
        "Alias", "AddressListMembership", "City", "Company", "CountryOrRegion", "Department", "DisplayName", "DistinguishedName",
        "EmailAddresses", "ExternalDirectoryObjectId", "ExternalEmailAddress", "FirstName", "Guid", "HiddenFromAddressListsEnabled",
        "LastName", "Name", "Office", "Phone", "PrimarySmtpAddress", "RecipientType", "RecipientTypeDetails", "Title",
        *CUSTOM_ATTRIBUTES,
    ]
)  # fmt: skip
"""What may be filtered by."""
_CANONICAL = {name.casefold(): name for name in PROPERTIES}
_ADDRESSES = frozenset({"EmailAddresses", "ExternalEmailAddress"})


class FilterError(ValueError):
    """A filter that Exchange refuses; the text says why."""


_GRAMMAR = r"""
    start: expression
    ?expression: term | all | any
    all: term (AND term)+
    any: term (OR term)+
    ?term: comparison | negation | "(" expression ")"
    negation: NOT term
    comparison: NAME OPERATOR value
    value: STRING | NULL

    AND.2: /-and\b/i
    OR.2: /-or\b/i
    NOT.2: /-not\b/i
    OPERATOR.2: /-(eq|ne|like)\b/i
    NULL: /\$null\b/i
    STRING: /'(?:[^']|'')*'/
    NAME: /[A-Za-z][A-Za-z0-9]*/
    %import common.WS
    %ignore WS
"""
_PARSER = Lark(_GRAMMAR, parser="lalr")


@dataclass(frozen=True)
class _Equal:
    """A comparison for equality with a text, kept open so that several of them can become one."""

    name: str
    value: str


def _texts(item: Item, name: str) -> list[str]:
    """A property's values as they are compared: without case, and addresses also without their kind."""
    value = item.get(name)
    values = value if isinstance(value, list) else [] if value is None or value == "" else [value]
    folded = [str(element).casefold() for element in values]
    return [*folded, *(text.partition(":")[2] for text in folded if ":" in text)] if name in _ADDRESSES else folded


def _equals(name: str, values: Iterable[str]) -> Predicate:
    wanted = frozenset(value.casefold() for value in values)
    return lambda item: any(text in wanted for text in _texts(item, name))


def _like(name: str, value: str) -> Predicate:
    matches = re.compile(".*".join(re.escape(part) for part in value.casefold().split("*")), re.DOTALL).fullmatch
    return lambda item: any(matches(text) is not None for text in _texts(item, name))


def _not(holds: Predicate) -> Predicate:
    return lambda item: not holds(item)


def _predicate(node: _Equal | Predicate) -> Predicate:
    return _equals(node.name, [node.value]) if isinstance(node, _Equal) else node


class _Builder(Transformer[Token, Any]):
    """Turns lark's tree into functions."""

    def start(self, children: list[Any]) -> Predicate:
        return _predicate(children[0])

    def value(self, children: list[Token]) -> str | None:
        return None if children[0].type == "NULL" else str(children[0])[1:-1].replace("''", "'")

    def comparison(self, children: list[Any]) -> _Equal | Predicate:
        name, operator, value = _CANONICAL.get(str(children[0]).casefold()), str(children[1]).lower(), children[2]
        if name is None:
            raise FilterError(f'"{children[0]}" is not a recognized filterable property.')
        if value is None:
            if operator == "-like":
                raise FilterError(f'The operator "-like" of "{name}" needs a text.')
            return (lambda item: not _texts(item, name)) if operator == "-eq" else (lambda item: bool(_texts(item, name)))
        if operator == "-like":
            return _like(name, value)
        return _Equal(name, value) if operator == "-eq" else _not(_equals(name, [value]))

    def negation(self, children: list[Any]) -> Predicate:
        return _not(_predicate(children[1]))

    def all(self, children: list[Any]) -> Predicate:
        parts = [_predicate(child) for child in children[::2]]
        return lambda item: all(part(item) for part in parts)

    def any(self, children: list[Any]) -> Predicate:
        sets: dict[str, list[str]] = {}
        for child in children[::2]:
            if isinstance(child, _Equal):
                sets.setdefault(child.name, []).append(child.value)
        parts = [_equals(name, values) for name, values in sets.items()]
        parts += [child for child in children[::2] if not isinstance(child, _Equal)]
        return lambda item: any(part(item) for part in parts)


@lru_cache(maxsize=256)
def compile_filter(text: str) -> Predicate:
    """The function for a filter.

    ``-and`` and ``-or`` side by side need parentheses here: which of them binds first is not documented.

    :raises FilterError: for everything that is not in the subset, such as ``$true``, which Microsoft's module rewrites as ``'True'``.
    """
    try:
        result: Predicate = _Builder().transform(_PARSER.parse(text))
        return result
    except VisitError as error:
        raise error.orig_exc from None
    except LarkError as error:
        place = f" at position {column}" if (column := getattr(error, "column", -1)) and column > 0 else ""
        raise FilterError(f'Invalid filter syntax{place}: "{text[:200]}".') from None
