# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of things: deleted items after 30 days, provisioning log entries after 30 days (F114, F124)."""

from __future__ import annotations

from datetime import datetime, timedelta

from entra_emulator.state import World, stamp

LIFETIME = timedelta(days=30)


def purge(world: World, at: datetime) -> None:
    """Remove what is older than its lifetime in every tenant."""
    oldest = stamp(at - LIFETIME)
    for tenant in world.tenants.values():
        for key in [key for key, item in tenant.deleted_items.items() if (item.get("deletedDateTime") or oldest) < oldest]:
            del tenant.deleted_items[key]
        log = tenant.provisioning_log
        stale = next((n for n, entry in enumerate(log) if entry["activityDateTime"] >= oldest), len(log))
        del log[:stale]
