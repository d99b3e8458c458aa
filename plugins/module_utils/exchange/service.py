# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Exchange Online of a tenant as a service of `Client`: its endpoints, its headers and its speed (facts F146, F150)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from ..graph.cloud import Cloud, root
from ..graph.service import Service
from .errors import read_error

ENDPOINTS = {
    "global": "https://outlook.office365.com",
    "usgov": "https://outlook.office365.us",
    "usgov_dod": "https://outlook-dod.office365.us",
    "china": "https://outlook.office365.cn",
}
"""The endpoints by cloud. For the national clouds, the audience of the token is assumed to be the same (fact F157)."""
SECONDS_BETWEEN_REQUESTS = 1.0
"""No limit is published. One request a second is the speed of a client that was measured in production."""
LONGEST_PAUSE = 60.0
"""Seconds to wait at most for the end of a limit that the service reports."""
_SYSTEM_MAILBOX = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"


@dataclass
class Pacer:
    """One request after another, at most one a second, and none while the service reports that its limit is reached."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    _next: float | None = None

    def before(self, sleep: Callable[[float], None]) -> None:
        """Wait until the next request may be sent."""
        pause = 0.0 if self._next is None else self._next - self.clock()
        if pause > 0:
            sleep(pause)
        self._next = self.clock() + SECONDS_BETWEEN_REQUESTS

    def after(self, headers: Mapping[str, str]) -> None:
        """Take note of the limit, which some answers report."""
        named = {name.lower(): value for name, value in headers.items()}
        if named.get("rate-limit-remaining") != "0":
            return
        pause = _seconds_until(named.get("rate-limit-reset", ""), self.now())
        if pause is not None:
            self._next = self.clock() + max(SECONDS_BETWEEN_REQUESTS, min(pause, LONGEST_PAUSE))


def _seconds_until(moment: str, now: float) -> float | None:
    try:
        at = datetime.fromisoformat(moment.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp() - now


def endpoint(cloud: Cloud, given: str | None = None) -> str:
    """The root of Exchange: the given one, or that of the cloud. It is also what the token is for.

    :raises CredentialProblem: if the given one is not a valid ``https`` address, or contains a password.
    """
    return root("exchange_endpoint", given or ENDPOINTS[cloud.name])


def service(endpoint_: str, tenant_id: str, pacer: Pacer | None = None) -> Service:
    """Exchange of a tenant, which must be named by its id. The anchor routes all requests to the same server."""
    return Service(
        endpoint_,
        lambda version: f"{endpoint_}/adminapi/{version}/{tenant_id}",
        read_error,
        {"X-AnchorMailbox": f"APP:{_SYSTEM_MAILBOX}@{tenant_id}"},
        pacer or Pacer(),
    )
