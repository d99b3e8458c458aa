# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Reads that are answered from another answer: a single object from a list, and several queries by value from one query.

Only what is in an answer is used. An object that a list lacks is read by itself, because a list can lag behind (fact F14).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .message import Request
from .odata import LARGEST_GET_BY_IDS, requests_by

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Listing:
    """A list, and the reads that it answers."""

    request: Request
    index: Callable[[Raw], Hashable]
    """The key of a member."""
    single: re.Pattern[str]
    """Matches the path of a read that one member answers. Its group is the key, as text."""
    answer: Callable[[Sequence[Raw]], Any]
    """The body of the read, from the members with the key; ``None`` if they do not contain it."""

    def key_of(self, request: Request) -> str | None:
        """The key of the member that answers a read; ``None`` if no member does."""
        if request.method != "GET" or request.version != self.request.version:
            return None
        found = self.single.fullmatch(request.path)
        return unquote(found[1]).replace("''", "'").casefold() if found else None


@dataclass(frozen=True)
class ByValue:
    """A query of objects by the values of a property, taken apart."""

    family: tuple[str, ...]
    """Equal for queries that can be combined."""
    values: tuple[str, ...]
    """In lower case, as the directory compares them."""


_BY_IDS = "/directoryObjects/getByIds"
_QUERY = re.compile(
    r"(?P<path>/\w+)\?\$filter=(?P<name>\w+)%20(?:eq%20|in%20\()(?P<literals>'[^'&(),]*'(?:,'[^'&(),]*')*)\)?&\$select=(?P<select>[\w,]+)&\$top=999"
)
_LITERAL = re.compile(r"'([^']*)'")


def by_value(request: Request) -> ByValue | None:
    """The parts of a query by values; ``None`` for any other request."""
    if request.version != "v1.0" or request.headers:
        return None
    if request.method == "POST" and request.path == _BY_IDS:
        return ByValue((_BY_IDS, *request.body["types"]), tuple(str(value).lower() for value in request.body["ids"]))
    query = _QUERY.fullmatch(request.path) if request.method == "GET" else None
    if query is None:
        return None
    # A literal is encoded as a whole, so it contains neither an apostrophe nor a comma.
    values = (unquote(literal).replace("''", "'").lower() for literal in _LITERAL.findall(query["literals"]))
    return ByValue((query["path"], query["name"], query["select"]), tuple(values))


def combined(family: tuple[str, ...], values: Sequence[str]) -> list[Request]:
    """The fewest requests for these values."""
    if family[0] == _BY_IDS:
        size = LARGEST_GET_BY_IDS
        chunks = [list(values[start : start + size]) for start in range(0, len(values), size)]
        return [Request("POST", _BY_IDS, {"ids": chunk, "types": list(family[1:])}, only_asks=True) for chunk in chunks]
    path, name, select = family
    return list(requests_by(path, name, select, values))


def value_in(family: tuple[str, ...], member: Raw) -> str:
    """The value by which an object was found."""
    return str(member["id" if family[0] == _BY_IDS else family[1]]).lower()
