# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What OData and Graph have rules for in a URL: quoting, ids, and how many values a query takes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from itertools import islice
from urllib.parse import quote

from .message import Request

LARGEST_IN = 15
"""Graph takes fifteen values in one ``in``."""
LARGEST_GET_BY_IDS = 1000


def is_id(name: str) -> bool:
    """Whether it is an object id."""
    try:
        return str(uuid.UUID(name)) == name.lower()
    except ValueError:
        return False


def escape(value: str) -> str:
    """A string literal's content for a URL: apostrophes doubled, everything else percent-encoded."""
    return quote(value.replace("'", "''"), safe="")


def quoted(value: str) -> str:
    """A string literal for a filter in a URL."""
    return f"'{escape(value)}'"


def requests_by(path: str, name: str, select: str, values: Sequence[str]) -> Iterator[Request]:
    """The reads of all objects of which a property has one of the values."""
    remaining = iter({value.lower(): value for value in values}.values())
    while chunk := list(islice(remaining, LARGEST_IN)):
        literals = [quoted(value) for value in chunk]
        clause = f"{name}%20in%20({','.join(literals)})" if len(literals) > 1 else f"{name}%20eq%20{literals[0]}"
        yield Request("GET", f"{path}?$filter={clause}&$select={select}&$top=999")
