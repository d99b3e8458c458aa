# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bounded log of the requests that came in, without their secrets."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

CAPACITY = 10_000
SECRET_MEMBERS = frozenset({"client_secret", "client_assertion", "access_token", "password", "refresh_token"})
PLAIN_SECRET_KEYS = frozenset(
    {
        "CompanyId",
        "AuthenticationType",
        "SyncAll",
        "SyncNotificationSettings",
        "SkipOutOfScopeDeletions",
        "Domain",
        "UserName",
        "BaseAddress",
    }
)
"""Provisioning secrets that are not secret (fact F59); every other one is masked."""

MASK = "*"


def without_secrets(value: Any) -> Any:
    """A copy in which secrets are replaced by a mask."""
    if isinstance(value, list):
        return [without_secrets(element) for element in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"key", "value"} and isinstance(value["key"], str) and isinstance(value["value"], str):
        return value if value["key"] in PLAIN_SECRET_KEYS or not is_secret_like(value["key"]) else {**value, "value": MASK}
    return {name: MASK if name in SECRET_MEMBERS else without_secrets(member) for name, member in value.items()}


def bodies(sent: Any, answered: Any, kept: bool) -> dict[str, Any]:
    """What an entry has of the bodies: both without secrets, or nothing."""
    return {"request_body": without_secrets(sent), "response_body": without_secrets(answered)} if kept else {}


def is_secret_like(key: str) -> bool:
    """Whether a provisioning secret is masked on read (F59). Unlisted keys that do not look secret stay readable."""
    if key in PLAIN_SECRET_KEYS:
        return False
    return any(word in key.lower() for word in ("password", "secret", "token", "key", "connectionstring", "authorizationcode"))


@dataclass
class RequestLog:
    """The last requests, oldest first."""

    entries: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=CAPACITY))
    next_number: int = 1

    def add(self, entry: dict[str, Any]) -> None:
        self.entries.append({"number": self.next_number, **entry})
        self.next_number += 1

    def clear(self) -> None:
        self.entries.clear()
