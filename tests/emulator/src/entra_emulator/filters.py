# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluates $filter over dictionaries. The grammar is odata-query's; this is only the meaning of its tree."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import lru_cache
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from .errors import bad_request

ADVANCED = (
    "Operator '{}' is not supported because the required parameters might be missing. Try adding $count=true query parameter and "
    "ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information"
)

Predicate = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Rules:
    """What an endpoint's $filter may contain."""

    type_name: str
    properties: frozenset[str]
    operators: frozenset[str]
    """Names of comparators and functions: eq, ne, gt, startswith, not ..."""
    needs_advanced: frozenset[str] = frozenset()
    """Those of them that need advanced query parameters."""
    ignore_case: bool = True
    most_alternatives: int | None = None
    """How many clauses may be combined with ``or``, or be listed after ``in``, in a basic query (F280)."""
    paths: Mapping[str, frozenset[str]] | None = None
    """Where each property has operators of its own: those of each path, such as ``initiatedBy/user/id``; members of a collection's
    elements are below the collection.
    """


DIRECTORY_OPERATORS = frozenset({"eq", "ne", "not", "ge", "le", "gt", "lt", "in", "startswith", "endswith", "and", "or", "any"})
DIRECTORY_ADVANCED = frozenset({"ne", "not", "endswith"})
DIRECTORY_ALTERNATIVES = 15
AUDIT_OPERATORS = frozenset({"eq", "ge", "le", "startswith", "and", "or", "any"})
_EQUAL, _BEGINS = frozenset({"eq"}), frozenset({"eq", "startswith"})
AUDIT_PATHS: Mapping[str, frozenset[str]] = {
    "activityDateTime": frozenset({"eq", "ge", "le"}),
    "activityDisplayName": _BEGINS,
    "correlationId": _EQUAL,
    "id": _EQUAL,
    "initiatedBy/user/id": _EQUAL,
    "initiatedBy/user/displayName": _EQUAL,
    "initiatedBy/user/userPrincipalName": _BEGINS,
    "initiatedBy/app/appId": _EQUAL,
    "initiatedBy/app/displayName": _EQUAL,
    "loggedByService": _EQUAL,
    "targetResources/id": _EQUAL,
    "targetResources/displayName": _BEGINS,
}
"""What the audit log may be filtered by (F195)."""
LOG_OPERATORS = frozenset({"eq", "contains", "gt", "lt", "ge", "le", "startswith", "and", "or", "tolower", "any"})

COMPARATORS: dict[type[Any], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.In: "in",
}
ORDERINGS: dict[str, Callable[[Any, Any], Any]] = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge}
TESTS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}


LITERAL_OR_SPELLING = re.compile(r"'(?:[^']|'')*'|\b(?:not|in)\(|\b(?:starts|ends)With\(")
"""Graph takes ``not(...)``, ``in(...)``, ``startsWith`` and ``endsWith``; the grammar wants a space and the lower-case names."""

LIST_OF_ONE = re.compile(r"(\bin\s*\(\s*(?:'(?:[^']|'')*'|[^\s'(),]+))(\s*\))|'(?:[^']|'')*'")
"""Graph takes ``in ('one')``; the grammar wants a comma in a list of one. Literals are matched to be passed over."""


def _spelled(text: str) -> str:
    def spell(match: re.Match[str]) -> str:
        found = match.group()
        if found.startswith("'"):
            return found
        return found.replace("(", " (") if found in ("not(", "in(") else found.lower()

    spelled = LITERAL_OR_SPELLING.sub(spell, text.strip())
    return LIST_OF_ONE.sub(lambda match: f"{match[1]},{match[2]}" if match[1] else match[0], spelled)


@lru_cache(maxsize=512)
def parse(text: str) -> Any:
    """The tree of a filter; 400 for one that does not parse."""
    try:
        return ODataParser().parse(ODataLexer().tokenize(_spelled(text)))
    except (ODataException, ValueError, AttributeError) as problem:
        raise bad_request(f"Invalid filter clause: {problem}", "BadRequest") from None


def compile_filter(text: str, rules: Rules, advanced: bool) -> Predicate:
    """A predicate for `text`; refuses what `rules` do not allow, as the service does."""
    tree = parse(text)
    _check_boolean(tree)
    _check(tree, rules, advanced, frozenset())
    if rules.most_alternatives is not None and not advanced:
        _check_alternatives(tree, rules.most_alternatives)
    if rules.paths is not None:
        _check_paths(tree, rules.paths, {})
    holds = _evaluator(tree, rules.ignore_case)
    return lambda item: bool(holds(item, NO_VARIABLES))


def _check(node: Any, rules: Rules, advanced: bool, variables: frozenset[str]) -> None:
    """Refuses unknown properties and operators that the endpoint or the query level does not support."""
    name = _operator(node)
    if name and name not in rules.operators:
        raise bad_request(f"Unsupported Query. The operator or function '{name}' is not supported.", "Request_UnsupportedQuery")
    if name in rules.needs_advanced and not advanced:
        raise bad_request(ADVANCED.format(name), "Request_UnsupportedQuery")
    if isinstance(node, ast.Identifier):
        if node.name not in rules.properties and node.name not in variables:
            raise bad_request(
                f"Invalid filter clause: Could not find a property named '{node.name}' on type '{rules.type_name}'.", "BadRequest"
            )
        return
    if isinstance(node, ast.Attribute):
        _check(node.owner, rules, advanced, variables)
        return
    if isinstance(node, ast.CollectionLambda) and node.lambda_ is not None:
        _check(node.owner, rules, advanced, variables)
        _check(node.lambda_.expression, rules, advanced, variables | {node.lambda_.identifier.name})
        return
    if isinstance(node, ast.Compare) and isinstance(node.right, ast.Identifier | ast.Attribute):
        raise bad_request("Invalid filter clause: The right side of a comparison has to be a value.", "BadRequest")
    for child in _children(node):
        _check(child, rules, advanced, variables)


def _check_boolean(node: Any) -> None:
    """Refuses a filter, or an operand of a logical operator, that is a property or a value and no condition (F291)."""
    if isinstance(node, ast.BoolOp):
        _check_boolean(node.left)
        _check_boolean(node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _check_boolean(node.operand)
    elif isinstance(node, ast.CollectionLambda) and node.lambda_ is not None:
        _check_boolean(node.lambda_.expression)
    elif not isinstance(node, ast.CollectionLambda | ast.Compare) and _operator(node) not in TESTS:
        raise bad_request("Invalid filter clause: The $filter expression must evaluate to a single boolean value.", "BadRequest")


def _check_alternatives(node: Any, most: int) -> None:
    """Refuses too many clauses of one disjunction (F280)."""
    count = _alternatives(node)
    if count > most:
        raise bad_request(
            f"Too many child clauses specified in search filter expression containing 'OR' operators: {count}. Max allowed: {most}",
            "Request_UnsupportedQuery",
        )
    for child in [node.lambda_.expression] if isinstance(node, ast.CollectionLambda) and node.lambda_ else _children(node):
        _check_alternatives(child, most)


def _alternatives(node: Any) -> int:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return _alternatives(node.left) + _alternatives(node.right)
    return len(_children(node.right)) if isinstance(node, ast.Compare) and isinstance(node.comparator, ast.In) else 1


def _check_paths(node: Any, paths: Mapping[str, frozenset[str]], variables: Mapping[str, str]) -> None:
    """Refuses an operator that a property does not support."""
    if isinstance(node, ast.Compare | ast.Call):
        subject = node.left if isinstance(node, ast.Compare) else node.args[0]
        path, name = _path(subject, variables), _operator(node)
        if name not in paths.get(path, ()):
            raise bad_request(f"Unsupported Query. '{name}' is not supported for property '{path}'.", "Request_UnsupportedQuery")
    elif isinstance(node, ast.CollectionLambda) and node.lambda_ is not None:
        owner = _path(node.owner, variables)
        _check_paths(node.lambda_.expression, paths, {**variables, str(node.lambda_.identifier.name): owner})
    else:
        for child in _children(node):
            _check_paths(child, paths, variables)


def _path(node: Any, variables: Mapping[str, str]) -> str:
    if isinstance(node, ast.Identifier):
        return variables.get(str(node.name), str(node.name))
    return f"{_path(node.owner, variables)}/{node.attr}" if isinstance(node, ast.Attribute) else ""


def _operator(node: Any) -> str | None:
    if isinstance(node, ast.Compare):
        return COMPARATORS[type(node.comparator)]
    if isinstance(node, ast.BoolOp):
        return "and" if isinstance(node.op, ast.And) else "or"
    if isinstance(node, ast.UnaryOp):
        return "not" if isinstance(node.op, ast.Not) else "-"
    if isinstance(node, ast.Call):
        return str(node.func.name).lower()
    if isinstance(node, ast.CollectionLambda):
        return "any" if isinstance(node.operator, ast.Any) else "all"
    return "arithmetic" if isinstance(node, ast.BinOp) else None


def _children(node: Any) -> list[Any]:
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Call):
        return list(node.args)
    return list(node.val) if isinstance(node, ast.List) else []


# Evaluation: each node becomes a function once, because a filter runs over thousands of people ------------------------

Scope = Mapping[str, Any]
"""The element that a lambda's variable stands for, by name."""
Evaluator = Callable[[Mapping[str, Any], Scope], Any]
NO_VARIABLES: Scope = {}


def _evaluator(node: Any, ignore_case: bool) -> Evaluator:
    """The function that gives a node's value."""
    if isinstance(node, ast.Identifier):
        return _identifier(str(node.name))
    if isinstance(node, ast.Attribute):
        return _attribute(_evaluator(node.owner, ignore_case), str(node.attr))
    if isinstance(node, ast.Compare):
        return _comparison(node, ignore_case)
    if isinstance(node, ast.BoolOp):
        return _boolean(node, ignore_case)
    if isinstance(node, ast.UnaryOp):
        operand = _evaluator(node.operand, ignore_case)
        return lambda item, scope: not operand(item, scope)
    if isinstance(node, ast.Call):
        return _function(node, ignore_case)
    if isinstance(node, ast.CollectionLambda):
        return _any(node, ignore_case)
    value = [_literal(child) for child in node.val] if isinstance(node, ast.List) else _literal(node)
    return lambda item, scope: value


def _identifier(name: str) -> Evaluator:
    return lambda item, scope: scope[name] if name in scope else item.get(name)


def _attribute(owner: Evaluator, name: str) -> Evaluator:
    def value(item: Mapping[str, Any], scope: Scope) -> Any:
        holder = owner(item, scope)
        return holder.get(name) if isinstance(holder, Mapping) else None

    return value


def _boolean(node: Any, ignore_case: bool) -> Evaluator:
    left, right = _evaluator(node.left, ignore_case), _evaluator(node.right, ignore_case)
    if isinstance(node.op, ast.And):
        return lambda item, scope: bool(left(item, scope) and right(item, scope))
    return lambda item, scope: bool(left(item, scope) or right(item, scope))


def _literal(node: Any) -> Any:
    value = node.py_val
    if isinstance(value, str | int | float | datetime) or value is None:
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    return str(value)


def _comparison(node: Any, ignore_case: bool) -> Evaluator:
    name = COMPARATORS[type(node.comparator)]
    left = _evaluator(node.left, ignore_case)
    right = _evaluator(node.right, ignore_case)(NO_VARIABLES, NO_VARIABLES)
    if name == "in":
        candidates = {_fold(candidate, ignore_case) for candidate in right}
        return lambda item, scope: _fold(left(item, scope), ignore_case) in candidates
    if isinstance(right, datetime):
        wanted = right if right.tzinfo else right.replace(tzinfo=timezone.utc)
        return lambda item, scope: _ordered(name, _moment(left(item, scope)), wanted)
    folded = _fold(right, ignore_case)
    if name == "eq":
        return lambda item, scope: bool(_fold(left(item, scope), ignore_case) == folded)
    if name == "ne":
        return lambda item, scope: bool(_fold(left(item, scope), ignore_case) != folded)
    return lambda item, scope: _ordered(name, _fold(left(item, scope), ignore_case), folded)


def _moment(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _ordered(name: str, left: Any, right: Any) -> bool:
    if name in ("eq", "ne"):
        return bool((left == right) == (name == "eq"))
    if left is None or right is None:
        return False
    try:
        return bool(ORDERINGS[name](left, right))
    except TypeError:
        raise bad_request("Invalid filter clause: A binary operator with incompatible types was detected.", "BadRequest") from None


def _any(node: Any, ignore_case: bool) -> Evaluator:
    owner = _evaluator(node.owner, ignore_case)
    if node.lambda_ is None:
        return lambda item, scope: bool(owner(item, scope))
    name = str(node.lambda_.identifier.name)
    holds = _evaluator(node.lambda_.expression, ignore_case)
    return lambda item, scope: any(holds(item, {**scope, name: element}) for element in owner(item, scope) or ())


def _function(node: Any, ignore_case: bool) -> Evaluator:
    name = str(node.func.name).lower()
    arguments = [_evaluator(argument, ignore_case) for argument in node.args]
    if name == "tolower":
        return lambda item, scope: str(arguments[0](item, scope) or "").lower()
    test = TESTS[name]

    def value(item: Mapping[str, Any], scope: Scope) -> bool:
        text, part = (_fold(argument(item, scope), ignore_case) for argument in arguments)
        return isinstance(text, str) and isinstance(part, str) and test(text, part)

    return value


def _fold(value: Any, ignore_case: bool) -> Any:
    return value.casefold() if ignore_case and isinstance(value, str) else value
