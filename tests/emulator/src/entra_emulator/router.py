# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of Graph operations: what is served, by whom, and which query options it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from starlette.routing import compile_path

from .call import Call, Reply
from .errors import is_synchronization, no_method, no_route

Handler = Callable[[Call], Reply]

BOTH = frozenset({"v1.0", "beta"})
BETA = frozenset({"beta"})


@dataclass(frozen=True)
class Operation:
    """One method on one path."""

    method: str
    template: str
    handler: Handler
    query: frozenset[str] = frozenset()
    body: bool = False
    """Whether it takes a JSON body."""
    optional_body: bool = False
    """Whether that body may be left out."""
    versions: frozenset[str] = BOTH


@cache
def pattern(template: str) -> re.Pattern[str]:
    """The template as a regular expression; Graph ignores case in paths."""
    expression, _names, _order = compile_path(template)
    return re.compile(expression.pattern, re.IGNORECASE)


class Router:
    """Finds the operation for a request."""

    def __init__(self, operations: list[Operation]) -> None:
        by_template: dict[str, list[Operation]] = {}
        for operation in operations:
            by_template.setdefault(operation.template, []).append(operation)
        self._by_place: dict[tuple[int, str], list[tuple[str, list[Operation]]]] = {}
        # Literal segments win over parameters.
        for template in sorted(by_template, key=lambda template: template.count("{")):
            self._by_place.setdefault(_place(template), []).append((template, by_template[template]))
        self._found = lru_cache(4096)(self._find)

    def find(self, method: str, version: str, path: str) -> tuple[Operation, Mapping[str, str]]:
        """The operation and its path parameters; raises the service's error for unknown routes and methods."""
        return self._found(method, version, path)

    def _find(self, method: str, version: str, path: str) -> tuple[Operation, Mapping[str, str]]:
        path = path.rstrip("/") or "/"
        for template, operations in self._by_place.get(_place(path), ()):
            match = pattern(template).match(path)
            if match is None:
                continue
            for operation in operations:
                if operation.method == method and version in operation.versions:
                    return operation, MappingProxyType(match.groupdict())
            if any(version in operation.versions for operation in operations) or not is_synchronization(path):
                raise no_method(path)
        raise no_route(path)


def _place(path: str) -> tuple[int, str]:
    """Where the index has a path or a template: by the number of segments, and the name of the first one, which is never a parameter."""
    return path.count("/"), path.split("/", 2)[1].partition("(")[0].casefold()
