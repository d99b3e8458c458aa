# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mutations change a decision. The others are never made: no test should have to notice them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

Operator = tuple[type, Callable[[Any], Iterable[cst.CSTNode]]]
"""As mutmut has them: a type of nodes, and a function that makes the mutations of such a node."""


def only_decisions(operators: Sequence[Operator]) -> list[Operator]:
    """The same operators without the mutations that change no decision."""
    return [(kind, _deciding(mutate)) for kind, mutate in operators]


def _deciding(mutate: Callable[[Any], Iterable[cst.CSTNode]]) -> Callable[[Any], Iterable[cst.CSTNode]]:
    return lambda node: (mutated for mutated in mutate(node) if is_decision(node, mutated))


def is_decision(node: cst.CSTNode, mutated: cst.CSTNode) -> bool:
    """Whether the mutation changes more than a text for a person."""
    if isinstance(node, cst.SimpleString) and isinstance(mutated, cst.SimpleString):
        # Of each string there is one mutation. One in capitals and one in small letters would be found by the same tests.
        return not is_text(node) and node.value.lower() != mutated.value.lower()
    if isinstance(node, cst.Call) and isinstance(mutated, cst.Call):
        kept = {id(arg) for arg in mutated.args}
        lost = [arg.value for arg in node.args if id(arg) not in kept]
        return not lost or not all(is_text(value) for value in lost)
    if isinstance(node, cst.Assign | cst.AnnAssign | cst.AugAssign):
        return node.value is None or not is_text(node.value)
    return True


def is_text(node: cst.BaseExpression) -> bool:
    """Whether this is a text for a person: a literal with a space in it. Names, paths, keys and values of Microsoft Graph have none."""
    if isinstance(node, cst.ConcatenatedString):
        return is_text(node.left) or is_text(node.right)
    if isinstance(node, cst.FormattedString):
        return any(isinstance(part, cst.FormattedStringText) and " " in part.value for part in node.parts)
    return isinstance(node, cst.SimpleString) and " " in node.value
