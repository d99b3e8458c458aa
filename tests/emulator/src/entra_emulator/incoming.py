# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From HTTP to a `Request`: decoding that requests and batch items share."""

from __future__ import annotations

import functools
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from .call import Request
from .errors import GraphError, Identifiers, bad_request, unreadable_json

VERSIONS = ("v1.0", "beta")


def identifiers(headers: Mapping[str, str]) -> Identifiers:
    """A fresh request id, and the caller's own id where it sent one."""
    request_id = str(uuid.uuid4())
    return Identifiers(request_id, headers.get("client-request-id") or request_id)


def query_options(text: str) -> dict[str, str]:
    """The query string; an option must not be given twice."""
    options: dict[str, str] = {}
    for name, value in _pairs(text):
        if name in options:
            raise bad_request(f"Query option '{name}' was specified more than once, but it must be specified at most once.", "BadRequest")
        options[name] = value
    return options


@functools.lru_cache(1024)
def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Clients ask the same again and again."""
    return tuple(parse_qsl(text, keep_blank_values=True))


def json_body(raw: bytes, content_type: str) -> Any:
    """The body of a request; 400 for one that is not JSON."""
    if not raw:
        return None
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise unreadable_json()
    try:
        return json.loads(raw)
    except ValueError:
        raise unreadable_json() from None


KEY = re.compile(r"/([A-Za-z]+)\((?:'((?:[^'/]|'')*)'|([0-9A-Za-z-]+))\)(?=/|$)")
"""A key in parentheses, which may not have a name: ``users('a@contoso.kr')`` (F281)."""
CAST = re.compile(r"/graph\.(?=[A-Za-z]+(?:/|$))", re.IGNORECASE)
"""The short form of a cast, which Microsoft's SDKs send: ``graph.user`` (F281)."""


@functools.lru_cache(1024)
def split(target: str) -> tuple[str, str]:
    """Path and query of an address below the version root; the path is decoded, with keys as segments and whole names of types."""
    path, _mark, query = target.partition("?")
    return canonical("/" + unquote(path).strip("/")), query


def canonical(path: str) -> str:
    """The path in the one form that the operations have (F281)."""
    keyed = KEY.sub(lambda found: f"/{found[1]}/{(found[2] or '').replace(chr(39) * 2, chr(39)) or found[3]}", path)
    return CAST.sub("/microsoft.graph.", keyed)


def request(
    method: str, version: str, target: str, headers: Mapping[str, str], body: Any, has_body: bool, origin: str, ids: Identifiers
) -> Request:
    """A request below ``/{version}``; `headers` have lower-case names."""
    path, query = split(target)
    if version not in VERSIONS:
        raise GraphError(400, "BadRequest", "Invalid version.")
    return Request(method, version, path, query_options(query), headers, body, has_body, f"{origin}/{version}", ids)
