# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves the bodies of decorated functions into functions of their own, because mutmut does not mutate what is decorated."""

from __future__ import annotations

import libcst as cst

PREFIX = "undecorated_"


def with_plain_bodies(code: str) -> str:
    """The same module. Of ``@property def full(self)`` the body is in ``undecorated_full``, which the property calls."""
    return cst.parse_module(code).visit(_Mover()).code


class _Mover(cst.CSTTransformer):
    """Splits the functions of a module and the methods of its classes. Functions within functions stay as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.classes = 0

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        self.classes += 1
        return self.classes == 1

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        self.classes -= 1
        return updated_node

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        names = [one.decorator.value for one in updated_node.decorators if isinstance(one.decorator, cst.Name)]
        if not updated_node.decorators or names in (["staticmethod"], ["classmethod"]):
            return updated_node
        plain = PREFIX + updated_node.name.value
        given = [parameter.name.value for parameter in updated_node.params.params]
        owner = f"{given.pop(0)}." if self.classes else ""
        call = cst.parse_statement(f"return {owner}{plain}({', '.join(given)})")
        return cst.FlattenSentinel(
            [
                updated_node.with_changes(body=cst.IndentedBlock([call])),
                updated_node.with_changes(decorators=[], name=cst.Name(plain)),
            ]
        )
