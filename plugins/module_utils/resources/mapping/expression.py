# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A parser of mapping expressions: it compares two expressions, and finds invalid ones before a job exists.

If there is a job, the service's ``parseExpression`` decides (facts F88, F90).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from .types import Source

MAX_LENGTH = 10_000
MAX_DEPTH = 100
NAMED_CONSTANTS = ("true", "false", "null", "vbtextcompare", "vbbinarycompare")
"""The constants that are written without quotes, in lower case."""

Canonical = tuple[Any, ...]
"""``("attribute", name)``, ``("constant", text)`` or ``("function", name in lower case, (argument, ...))``."""

_TOKEN = re.compile(
    r"""\s*(?:
        \[(?P<attribute>[^\[\]]+)\]
      | "(?P<text>(?:[^"\\]|\\.)*)"
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>-?\d+(?:\.\d+)?|&H[0-9A-Fa-f]+)
      | (?P<mark>[(),]|[=<>!&|]+)
    )""",
    re.VERBOSE | re.DOTALL,
)


class ExpressionError(ValueError):
    """The fault of an expression, as the end of a message, such as "it is empty"."""


@functools.lru_cache(maxsize=1000)
def parse(text: str) -> Canonical:
    """The meaning of an expression, independent of its spelling. Many links have the same expressions.

    :raises ExpressionError: if the text is not a valid expression.
    """
    return _lowered(_tree(text))


def calls(text: str) -> list[tuple[str, int]]:
    """The functions and operators in an expression: the name as it is spelled there, and the number of arguments.

    :raises ExpressionError: if the text is not a valid expression.
    """
    return list(_calls(_tree(text)))


def shortened(text: str) -> str:
    """An expression, quoted and at most 200 characters long, for a message."""
    return repr(text if len(text) <= 200 else f"{text[:80]}...")


def source_meaning(source: Source | None) -> Canonical | None:
    """The meaning of an ``attributeMappingSource`` as Graph holds it."""
    if source is None:
        return None
    kind, name = source.get("type"), str(source.get("name") or "")
    if kind == "Attribute":
        return ("attribute", name)
    if kind == "Constant":
        return ("constant", constant_text(source))
    if source.get("expression"):
        try:
            return parse(str(source["expression"]))
        except ExpressionError:
            # The service accepts newer syntax: its parsed form in the same object is used instead.
            pass
    return ("function", name.lower(), tuple(source_meaning(parameter.get("value")) for parameter in source.get("parameters") or ()))


def constant_text(source: Source) -> str:
    """The text of a constant. ``name`` holds it bare and ``expression`` in quotes (fact F87)."""
    name = source.get("name")
    return str(name) if name is not None else _unquote(str(source.get("expression") or ""))


def constant_source(text: str) -> Source:
    """A constant as Graph holds it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return {"type": "Constant", "name": text, "expression": f'"{escaped}"', "parameters": []}


def attribute_source(name: str) -> Source:
    """A direct mapping's source as Graph holds it."""
    return {"type": "Attribute", "name": name, "expression": f"[{name}]", "parameters": []}


def attributes(meaning: Canonical | None) -> set[str]:
    """The names of all source attributes that an expression reads."""
    if meaning is None:
        return set()
    if meaning[0] == "attribute":
        return {str(meaning[1])}
    if meaning[0] == "function":
        return set().union(*(attributes(argument) for argument in meaning[2]))
    return set()


def _tree(text: str) -> Canonical:
    """Like `parse`, but the names of functions keep their case."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"it is longer than {MAX_LENGTH} characters")
    tokens = _tokens(text)
    value, rest = _operand(tokens, 0, 0)
    value, rest = _chain(tokens, value, rest, 0)
    if rest < len(tokens):
        raise ExpressionError(f"{tokens[rest][1]!r} is not expected at this position")
    return value


def _lowered(tree: Canonical) -> Canonical:
    if tree[0] != "function":
        return tree
    return ("function", str(tree[1]).lower(), tuple(_lowered(argument) for argument in tree[2]))


def _calls(tree: Canonical) -> Iterator[tuple[str, int]]:
    if tree[0] == "function":
        yield str(tree[1]), len(tree[2])
        for argument in tree[2]:
            yield from _calls(argument)


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place = 0
    stripped = text.rstrip()
    while place < len(stripped):
        match = _TOKEN.match(stripped, place)
        if match is None:
            raise ExpressionError(f"it is not valid from {stripped[place : place + 20].strip()!r} on")
        kind = str(match.lastgroup)
        value = match[kind]
        if kind == "text":
            value = _unescape(value)
        elif kind == "mark":
            kind = value if value in "()," else "operator"
        found.append((kind, value))
        place = match.end()
    if not found:
        raise ExpressionError("it is empty")
    return found


def _chain(tokens: list[tuple[str, str]], value: Canonical, place: int, depth: int) -> tuple[Canonical, int]:
    """A value with the operators and values that follow it."""
    while place < len(tokens) and tokens[place][0] == "operator":
        depth += 1
        right, end = _operand(tokens, place + 1, depth)
        value, place = ("function", tokens[place][1], (value, right)), end
    return value, place


def _operand(tokens: list[tuple[str, str]], place: int, depth: int) -> tuple[Canonical, int]:
    if depth > MAX_DEPTH:
        raise ExpressionError(f"it has more than {MAX_DEPTH} nested levels")
    if place >= len(tokens):
        raise ExpressionError("it is incomplete")
    kind, value = tokens[place]
    if kind == "attribute":
        return ("attribute", value), place + 1
    if kind in ("text", "number"):
        return ("constant", value), place + 1
    if kind != "word":
        raise ExpressionError(f"{value!r} is not expected at this position")
    if place + 1 < len(tokens) and tokens[place + 1][0] == "(":
        arguments, end = _arguments(tokens, place + 2, depth + 1)
        return ("function", value, arguments), end
    if value.lower() in NAMED_CONSTANTS:
        return ("constant", value.lower()), place + 1
    raise ExpressionError(f"{value!r} is neither an attribute in brackets, a text in double quotes nor a function with parentheses")


def _arguments(tokens: list[tuple[str, str]], place: int, depth: int) -> tuple[tuple[Canonical, ...], int]:
    """The arguments between two parentheses; ``place`` is after the opening parenthesis. An argument can be empty."""
    found: list[Canonical] = []
    if place < len(tokens) and tokens[place][0] == ")":
        return (), place + 1
    while place < len(tokens):
        value: Canonical = ("constant", "")
        if tokens[place][0] not in ",)":
            value, place = _operand(tokens, place, depth)
            value, place = _chain(tokens, value, place, depth)
        found.append(value)
        if place < len(tokens) and tokens[place][0] == ")":
            return tuple(found), place + 1
        if place < len(tokens) and tokens[place][0] != ",":
            raise ExpressionError(f"a comma is missing before {tokens[place][1]!r}")
        place += 1
    raise ExpressionError("a closing parenthesis is missing")


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _unquote(text: str) -> str:
    return _unescape(text[1:-1]) if len(text) > 1 and text.startswith('"') and text.endswith('"') else text
