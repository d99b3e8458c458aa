# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions of attribute mappings: parsing, Graph's `attributeMappingSource`, and evaluation (F87, F90)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import LarkError, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, VisitError

from entra_emulator.provisioning.catalogue import CATALOGUE, FunctionFailure
from entra_emulator.provisioning.functions import IMPLEMENTATIONS, compare, is_empty, text
from entra_emulator.settings import Settings

LONGEST = 10_000
"""The longest expression, in characters (F90)."""

LIKELY = Settings()

Value: TypeAlias = "str | bool | int | list[str] | None"


class ExpressionError(ValueError):
    """An expression that cannot be parsed, or not be evaluated."""


@dataclass(frozen=True)
class Attribute:
    """A source attribute in brackets."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A literal; numbers and bare words are not quoted."""

    value: str
    quoted: bool = True


@dataclass(frozen=True)
class Call:
    """A function call; an argument left out between two commas is None. Comparisons are calls named by their operator."""

    name: str
    arguments: tuple[Expression | None, ...]


Expression: TypeAlias = "Attribute | Constant | Call"

COMPARISONS = ("=", "<>", "<=", ">=", "<", ">")

_GRAMMAR = r"""
    start: value
    ?value: operand [COMPARISON operand]
    ?operand: attribute | constant | call
    attribute: "[" ATTRIBUTE "]"
    constant: STRING | NUMBER | HEX | WORD
    call: WORD "(" arguments ")"
    arguments: [value] ("," [value])*

    COMPARISON: "<>" | "<=" | ">=" | "=" | "<" | ">"
    ATTRIBUTE: /[^\[\]"]+/
    STRING: /"(?:[^"\\]|\\.)*"/s
    NUMBER: /-?\d+(\.\d+)?/
    HEX: /&H[0-9A-Fa-f]+/
    WORD: /[A-Za-z_][A-Za-z0-9_]*/
    %import common.WS
    %ignore WS
"""


class _Builder(Transformer[Token, Any]):
    """Turns lark's tree into the dataclasses, checking each call against the catalogue."""

    def start(self, children: list[Any]) -> Any:
        return children[0]

    def value(self, children: list[Any]) -> Any:
        left, operator, right = children
        return left if operator is None else Call(str(operator), (left, right))

    def attribute(self, children: list[Token]) -> Attribute:
        return Attribute(str(children[0]).strip())

    @v_args(inline=True)
    def constant(self, token: Token) -> Constant:
        if token.type == "STRING":
            return Constant(_unescape(str(token)[1:-1]))
        return Constant(str(int(token[2:], 16)) if token.type == "HEX" else str(token), quoted=False)

    def arguments(self, children: list[Any]) -> tuple[Any, ...]:
        return () if children == [None] else tuple(children)

    def call(self, children: list[Any]) -> Call:
        name, arguments = str(children[0]), children[1]
        _check_call(name, arguments)
        return Call(name, arguments)


_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True)


def _unescape(body: str) -> str:
    """Resolve the two documented escapes; any other one is refused (inferred: "must be escaped")."""
    out, position = [], 0
    while position < len(body):
        character = body[position]
        if character == "\\":
            position += 1
            character = body[position]
            if character not in '\\"':
                raise ExpressionError(f'Invalid escape sequence \\{character} in "{body}": only \\\\ and \\" are allowed.')
        out.append(character)
        position += 1
    return "".join(out)


def _check_call(name: str, arguments: tuple[Any, ...]) -> None:
    function = CATALOGUE.get(name)
    if function is None:
        raise ExpressionError(f"Unknown function '{name}'. Function names are case-sensitive.")
    count = len(arguments)
    if count < function.least or (function.most is not None and count > function.most):
        expected = str(function.least) if function.least == function.most else f"{function.least} to {function.most or 'any number of'}"
        raise ExpressionError(f"Function '{name}' takes {expected} parameters, but {count} were given.")
    if function.even and count % 2:
        raise ExpressionError(f"Function '{name}' takes an even number of parameters, but {count} were given.")
    for key, argument in zip(function.keys(count), arguments, strict=True):
        needed = next((p.required for p in function.parameters if p.name == key), True)
        if argument is None and needed:
            raise ExpressionError(f"Parameter '{key}' of function '{name}' is required.")


@lru_cache(maxsize=4096)
def parse(expression: str) -> Expression:
    """The parsed expression; `ExpressionError` says in one sentence what is wrong with it."""
    if len(expression) > LONGEST:
        raise ExpressionError(f"The expression has {len(expression)} characters; at most {LONGEST} are allowed.")
    try:
        result: Expression = _Builder().transform(_PARSER.parse(expression))
        return result
    except VisitError as error:
        if isinstance(error.orig_exc, ExpressionError):
            raise error.orig_exc from None
        raise
    except UnexpectedCharacters as error:
        rest = expression[error.pos_in_stream or 0 :][:20]
        raise ExpressionError(f"Unexpected character at position {error.column}: {rest!r}.") from None
    except UnexpectedEOF:
        raise ExpressionError("The expression ends unexpectedly: a parenthesis, bracket or quotation mark is not closed.") from None
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise ExpressionError("The expression ends unexpectedly: a parenthesis, bracket or quotation mark is not closed.") from None
        raise ExpressionError(f"Unexpected '{error.token}' at position {error.column}.") from None
    except LarkError as error:  # pragma: no cover - lark has no other errors for this grammar
        raise ExpressionError(str(error)) from None


def render(expression: Expression | None) -> str:
    """The expression's text in normal form."""
    if expression is None:
        return ""
    if isinstance(expression, Attribute):
        return f"[{expression.name}]"
    if isinstance(expression, Constant):
        return '"' + expression.value.replace("\\", "\\\\").replace('"', '\\"') + '"' if expression.quoted else expression.value
    parts = [render(argument) for argument in expression.arguments]
    if expression.name in COMPARISONS:
        return f"{parts[0]}{expression.name}{parts[1]}"
    return f"{expression.name}({', '.join(parts)})"


def to_source(expression: Expression) -> dict[str, Any]:
    """Graph's `attributeMappingSource` for an expression (F87). Arguments left out do not appear among the parameters."""
    source: dict[str, Any] = {"expression": render(expression), "name": "", "type": "", "parameters": []}
    if isinstance(expression, Attribute):
        return {**source, "type": "Attribute", "name": expression.name}
    if isinstance(expression, Constant):
        return {**source, "type": "Constant", "name": expression.value}
    count = len(expression.arguments)
    keys = ["left", "right"] if expression.name in COMPARISONS else CATALOGUE[expression.name].keys(count)
    parameters = [
        {"key": key, "value": to_source(argument)} for key, argument in zip(keys, expression.arguments, strict=True) if argument is not None
    ]
    return {**source, "type": "Function", "name": expression.name, "parameters": parameters}


def attributes_of(expression: Expression | None) -> set[str]:
    """The names of all source attributes an expression reads."""
    if isinstance(expression, Attribute):
        return {expression.name}
    if isinstance(expression, Call):
        return set().union(*(attributes_of(argument) for argument in expression.arguments))
    return set()


def calls_of(expression: Expression | None) -> list[Call]:
    """All function calls of an expression, the outer ones first."""
    if not isinstance(expression, Call):
        return []
    return [expression, *(call for argument in expression.arguments for call in calls_of(argument))]


def evaluate(expression: Expression | None, attributes: Mapping[str, Any], settings: Settings = LIKELY) -> Value:
    """The expression's value for one source object, or None where nothing is to flow."""
    if expression is None:
        return None
    if isinstance(expression, Constant):
        return expression.value
    if isinstance(expression, Attribute):
        found: Value = attributes.get(expression.name)
        return found
    if expression.name == "IIF":
        return _iif(expression, attributes, settings)
    values = [evaluate(argument, attributes, settings) for argument in expression.arguments]
    if expression.name in COMPARISONS:
        return compare(expression.name, values[0], values[1])
    if expression.name == "Append" and is_empty(values[0]) and settings.append_null == "suffix":
        return text(values[1])
    try:
        result: Value = IMPLEMENTATIONS[expression.name](values, attributes)
        return result
    except FunctionFailure as error:
        raise ExpressionError(f"Function '{expression.name}' failed: {error}") from None


def _iif(call: Call, attributes: Mapping[str, Any], settings: Settings) -> Value:
    """IIF. Documented limitation: when an attribute in the condition is null or empty the check fails.

    Whether nothing flows then, or the value for false, is a switch.
    """
    condition, if_true, if_false = call.arguments
    if any(is_empty(attributes.get(name)) for name in attributes_of(condition)):
        return None if settings.iif_null == "nothing" else evaluate(if_false, attributes, settings)
    chosen = text(evaluate(condition, attributes, settings)).lower() == "true"
    return evaluate(if_true if chosen else if_false, attributes, settings)
