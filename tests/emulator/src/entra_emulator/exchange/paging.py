# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages and the addresses of the next ones, about which the sources disagree (F148)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ..settings import Settings
from ..state import moment, stamp
from .errors import EXPIRED_PAGE, REQUEST, cmdlet_error

LIFETIME = timedelta(minutes=30)
MORE = "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter."
_PREFERRED = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where a page begins, and of which request it is one: the same body, the same anchor."""

    offset: int
    request: str
    expires: str

    def token(self) -> str:
        text = json.dumps([self.offset, self.request, self.expires, "BackEnd=SE2P216MB1234"])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def page_size(headers: Mapping[str, str], settings: Settings) -> int:
    """The page size that the caller prefers, or the service's own."""
    asked = _PREFERRED.search(headers.get("prefer", ""))
    return min(max(int(asked[1]), 1) if asked else settings.exchange_page_size, settings.exchange_largest_page)


def fingerprint(body: Any, headers: Mapping[str, str]) -> str:
    """By which a request for a further page is recognized."""
    text = json.dumps([body, headers.get("x-anchormailbox", "")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def new(offset: int, request: str, clock: str) -> Place:
    """The place of a further page."""
    return Place(offset, request, stamp(moment(clock) + LIFETIME))


def expired() -> Exception:
    return cmdlet_error(REQUEST, EXPIRED_PAGE)


def read(token: str, clock: str) -> Place:
    """What `Place.token` wrote, unless its time is over."""
    try:
        offset, request, expires, _server = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, TypeError):
        raise expired() from None
    if expires < clock:
        raise expired()
    return Place(int(offset), str(request), str(expires))
