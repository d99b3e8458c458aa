# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can happen to a request, as the emulator's fault plan takes it, by names that people read."""

from __future__ import annotations

from typing import Any

FAULTS: dict[str, dict[str, Any]] = {
    "429": {"fault": "status", "status": 429, "retry_after": 1},
    "503": {"fault": "status", "status": 503},
    "503 after the change": {"fault": "status", "status": 503, "committed": True},
    "503 with Retry-After after the change": {"fault": "status", "status": 503, "retry_after": 1, "committed": True},
    "500 after the change": {"fault": "status", "status": 500, "committed": True},
    "reset before the change": {"fault": "reset_before_commit"},
    "reset after the change": {"fault": "reset_after_commit"},
    "truncated": {"fault": "truncated"},
    "expired token": {"fault": "expired_token"},
}
"""Those that the stories of a life and the simulation have in common."""
