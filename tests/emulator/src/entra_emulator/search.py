# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``$search`` in the directory (fact F287): ``"displayName:Kim" AND ("mail:minsu" OR "mail:eunji")``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .errors import GraphError, bad_request

Predicate = Callable[[Mapping[str, Any]], bool]
TOKENIZED = frozenset({"displayName", "description"})
"""What is found by the beginnings of its words; the other properties are found by how they begin."""
WORDS = re.compile(r"\w+")
PART = re.compile(r'\s*(?:"(?P<name>[A-Za-z]+):(?P<text>(?:[^"\\]|\\.)*)"|(?P<word>AND|OR|[()]))')


def compile_search(text: str, searchable: frozenset[str], type_name: str) -> Predicate:
    """A predicate for the value of ``$search``.

    :raises GraphError: 400 for a text that is no search, or a property that cannot be searched.
    """
    parts = _parts(text, searchable, type_name)
    found = _alternatives(parts)
    if parts:
        raise _unreadable(text)
    return found


def _unreadable(text: str) -> GraphError:
    return bad_request(f"Syntax error: the value of $search is not readable: {text}", "BadRequest")


def _parts(text: str, searchable: frozenset[str], type_name: str) -> list[str | Predicate]:
    parts: list[str | Predicate] = []
    place = 0
    while place < len(text.rstrip()):
        found = PART.match(text, place)
        if found is None:
            raise _unreadable(text)
        parts.append(found["word"] or _clause(found["name"], found["text"], searchable, type_name))
        place = found.end()
    return parts


def _clause(name: str, text: str, searchable: frozenset[str], type_name: str) -> Predicate:
    if name not in searchable:
        raise bad_request(f"Property '{name}' of type '{type_name}' is not supported in $search.", "Request_UnsupportedQuery")
    wanted = text.casefold()
    if name not in TOKENIZED:
        return lambda item: str(item.get(name) or "").casefold().startswith(wanted)
    words = WORDS.findall(wanted)

    def holds(item: Mapping[str, Any]) -> bool:
        held = WORDS.findall(str(item.get(name) or "").casefold())
        return all(any(word.startswith(beginning) for word in held) for beginning in words)

    return holds


def _alternatives(parts: list[str | Predicate]) -> Predicate:
    operands = _joined("OR", _conjunction, parts)
    return lambda item: any(holds(item) for holds in operands)


def _conjunction(parts: list[str | Predicate]) -> Predicate:
    operands = _joined("AND", _operand, parts)
    return lambda item: all(holds(item) for holds in operands)


def _joined(word: str, operand: Callable[[list[str | Predicate]], Predicate], parts: list[str | Predicate]) -> list[Predicate]:
    """The operands between which a word stands."""
    found = [operand(parts)]
    while parts and parts[0] == word:
        parts.pop(0)
        found.append(operand(parts))
    return found


def _operand(parts: list[str | Predicate]) -> Predicate:
    part = parts.pop(0) if parts else ")"
    if part == "(":
        inner = _alternatives(parts)
        if not parts or parts.pop(0) != ")":
            raise _unreadable("a parenthesis is not closed")
        return inner
    if isinstance(part, str):
        raise _unreadable(part)
    return part
