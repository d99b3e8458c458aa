# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much Exchange may be asked, and how it refuses (F149, F150). No figure is published, so a switch has one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ..service import Service
from ..state import Tenant
from ..throttle import Quota
from .errors import BUSY, REQUEST, ExchangeError, envelope

SECONDS = 60.0
UNLIMITED = 1200
"""What the headers say where nothing is refused."""


def charge(service: Service, tenant: Tenant) -> dict[str, str]:
    """Spends one request; returns the headers that report it.

    :raises ExchangeError: 429 or 503, where the tenant's requests of this minute are used up.
    """
    settings = service.settings
    limit = settings.exchange_requests_per_minute
    if not limit or not settings.throttling:
        return _told(service, UNLIMITED, UNLIMITED)
    quota = Quota("exchange", tenant.id, "", "", limit, SECONDS, refills=False)
    refused = service.throttle.charge([quota])
    used = round(service.throttle.share([quota]) * limit)
    headers = _told(service, limit, max(0, limit - used))
    if refused is None:
        return headers
    if settings.exchange_throttle_answer == "retry_after":
        headers["Retry-After"] = str(refused.retry_after)
    status = 503 if settings.exchange_throttle_answer == "unavailable" else 429
    raise ExchangeError(status, envelope(status, REQUEST, BUSY), headers)


def _told(service: Service, limit: int, remaining: int) -> dict[str, str]:
    if service.settings.exchange_rate_limit_headers == "absent":
        return {}
    reset = datetime.now(timezone.utc) + timedelta(seconds=SECONDS)
    return {
        "Rate-Limit-Limit": str(limit),
        "Rate-Limit-Remaining": str(remaining),
        "Rate-Limit-Reset": reset.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
