# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The clock of the service, which the times of jobs and logs are from (fact F68)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The ``Date`` of an answer; ``None`` if it has none, because a proxy may remove it."""
    return _moment(next((value for name, value in headers.items() if name.lower() == "date"), None))


@functools.lru_cache(16)
def _moment(date: str | None) -> datetime | None:
    """Many answers have the same date: a batch takes less than a second."""
    try:
        return parsedate_to_datetime(date or "").astimezone(timezone.utc)
    except (TypeError, ValueError):
        return None


class ServiceClock:
    """Runs like the clock of this machine, and is set by each answer of the service."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def set(self, headers: Mapping[str, str]) -> None:
        """Set it by the headers of an answer that has just arrived."""
        date = date_of(headers)
        if date:
            self._ahead = date - datetime.now(timezone.utc)

    def now(self) -> datetime:
        """The time of the service; that of this machine if the service has not answered yet."""
        return datetime.now(timezone.utc) + self._ahead
