# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The trust of a partner for Microsoft 365, without which no capability has an effect (facts F200, F204). Pure functions.

It is merged: what others have limited or blocked stays so, unless the task asks for all users in words.
"""

from __future__ import annotations

from typing import Any

from .partner_values import Raw, unknown

MEMBER = "m365CollaborationInbound"
ALL_USERS = {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}
EVERY, SOME, NOBODY = "all", "some", "none"


def trusted(raw: Raw | None) -> str | None:
    """Whom a trust lets through: ``all`` users of the partner, ``some`` or ``none`` of them; ``None`` if it says nothing, so that the
    tenant's default decides.
    """
    users = (raw or {}).get("users")
    if not users or not users.get("accessType"):
        return None
    targets = users.get("targets") or []
    everybody = any(str(target.get("target")).lower() == "allusers" for target in targets)
    if users["accessType"] == "allowed":
        return EVERY if everybody else SOME if targets else NOBODY
    return NOBODY if everybody else SOME


def lets_through(own: Raw | None, default: Raw | None) -> bool:
    """Whether any user is let through by a trust, or by that of the default policy if it says nothing. Without trust, nobody is."""
    return (trusted(own) or trusted(default)) in (EVERY, SOME)


def opened(raw: Raw | None) -> dict[str, Any]:
    """The trust with all users let through. Members that this collection does not know are sent back."""
    others = {name: value for name, value in unknown(raw, ()).items() if value is not None}
    return {**others, "users": ALL_USERS}


def is_ours(raw: Raw | None) -> bool:
    """Whether a trust is exactly what this collection sets."""
    users = (raw or {}).get("users") or {}
    targets = [(str(target.get("target")), target.get("targetType")) for target in users.get("targets") or ()]
    foreign = any(value is not None for value in unknown(raw, ("users",)).values())
    return users.get("accessType") == "allowed" and targets == [("AllUsers", "user")] and not foreign
