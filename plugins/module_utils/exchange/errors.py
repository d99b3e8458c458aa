# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Errors of Exchange's admin API (fact F149)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..graph.errors import GraphFailure, ServiceError, service_error

ABSENT = "ManagementObjectNotFoundException"
"""The code of the only error that means that a recipient does not exist."""
TRANSIENT_STATUS = 408
_TRANSIENT = re.compile(r"maximum number of concurrent requests|issue may be transient", re.IGNORECASE)
_TRANSIENT_TYPE = "unabletowritetoaadexception"
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]*")
LONGEST_MESSAGE = 500
"""In characters."""


class Incomplete(GraphFailure):
    """The answer is not complete, and its rest cannot be read, so it proves nothing about what it does not contain (fact F148)."""


class WrongTenant(GraphFailure):
    """Exchange answers for another tenant than the one that was asked (fact F156)."""


def read_error(method: str, path: str, status: int, body: Any, headers: Mapping[str, str]) -> ServiceError:
    """An error with the useful text, which the envelope contains deep inside, and the type of the exception as its code.

    A 403 has a body of NUL bytes, which is no JSON and never printed. A 401 does not say whether the token or a permission is the cause.
    """
    error = service_error(method, path, status, body, headers)
    kind, text = _cause(body)
    if status == 401 and not kind:
        # The code with which Graph answers for the same two causes, so that the client renews the token once.
        error.code = "UnknownError"
    elif kind:
        error.code = kind
    error.message = _UNPRINTABLE.sub(" ", text or error.message).strip()[:LONGEST_MESSAGE]
    by_name = {name.lower(): value for name, value in headers.items()}
    error.passes = (
        status == TRANSIENT_STATUS
        or _TRANSIENT.search(error.message) is not None
        or _TRANSIENT_TYPE in by_name.get("x-exceptiontype", "").lower()
    )
    return error


def _cause(body: Any) -> tuple[str, str]:
    """The type of the exception, without its namespace, and its text; empty where the body has none."""
    error = _mapping(_mapping(body).get("error"))
    inner = _mapping(_mapping(error.get("innererror")).get("internalexception"))
    details = error.get("details")
    first = _mapping(details[0]) if isinstance(details, list) and details else {}
    # An error id, which may be empty, the type and the text, separated by "|".
    parts = str(first.get("message") or "").split("|", 2)
    detail_kind, detail_text = (parts[1], parts[2]) if len(parts) == 3 else ("", parts[0])
    # Where a recipient does not exist, only the detail has the type.
    kind = detail_kind or str(inner.get("type") or "")
    name = kind.rpartition(".")[2].strip()
    return name if _CODE.fullmatch(name) else "", str(inner.get("message") or detail_text)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
