# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The rules of OData and Graph for URLs: quoting, ids, and how many values a query accepts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from itertools import islice
from urllib.parse import quote

from .message import Request

LARGEST_IN = 15
"""Graph accepts at most fifteen values in one ``in``."""
LARGEST_GET_BY_IDS = 1000
"""Graph accepts at most a thousand ids in one ``getByIds``."""


def is_id(name: str) -> bool:
    """Whether a name is an object id."""
    try:
        return str(uuid.UUID(name)) == name.lower()
    except ValueError:
        return False


def escape(value: str) -> str:
    """The content of a string literal in a URL: apostrophes are doubled, all special characters percent-encoded."""
    return quote(value.replace("'", "''"), safe="")


def quoted(value: str) -> str:
    """A string literal for a filter in a URL."""
    return f"'{escape(value)}'"


def requests_by(path: str, name: str, select: str, values: Sequence[str]) -> Iterator[Request]:
    """The requests that read all objects whose property ``name`` has one of the values."""
    remaining = iter({value.lower(): value for value in values}.values())
    while chunk := list(islice(remaining, LARGEST_IN)):
        literals = [quoted(value) for value in chunk]
        clause = f"{name}%20in%20({','.join(literals)})" if len(literals) > 1 else f"{name}%20eq%20{literals[0]}"
        yield Request("GET", f"{path}?$filter={clause}&$select={select}&$top=999")
