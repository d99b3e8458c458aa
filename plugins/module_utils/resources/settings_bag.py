# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The settings bag of a configuration, which Graph calls its secrets (fact sheet 3.4).

It is written as a whole: every key that was read is sent again, whether the service replaces or merges. Nothing in it is
secret with ``SyncPolicy``, but a value that comes back masked is never written back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..graph.client import Request, all_of

AUTHENTICATION = "SyncPolicy"
NOTIFICATION = "SyncNotificationSettings"
MASKED = "*"

Bag = Mapping[str, str]


def parse(body: Any) -> dict[str, str]:
    """The keys and values of an answer; an absent bag is empty."""
    return {str(entry["key"]): str(entry.get("value") or "") for entry in (all_of(body) if body else ())}


def notification(bag: Bag) -> dict[str, Any]:
    """The members of the notification settings; an unreadable text counts as none."""
    try:
        members = json.loads(bag.get(NOTIFICATION) or "{}")
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def merged(bag: Bag, values: Mapping[str, str], members: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The bag with our values, and our members in the notification settings; what is not ours stays."""
    result = {**bag, **values}
    if members:
        before = notification(bag)
        after = {**before, **members}
        if after != before:
            result[NOTIFICATION] = json.dumps(after, separators=(",", ":"), ensure_ascii=False)
    return result


def write(synchronization: str, bag: Bag) -> Request:
    """The request that saves the whole bag."""
    value = [{"key": key, "value": value} for key, value in bag.items() if value != MASKED]
    return Request("PUT", f"{synchronization}/secrets", {"value": value})


def says(body: Any, wanted: Bag) -> bool:
    """Whether the service holds what was written, however it spells it: keys of its own, JSON written anew, booleans in
    either case; a key that was sent empty is gone, and a masked one was not sent (fact sheet 3.4).
    """
    held = parse(body)
    plain = {key: value for key, value in wanted.items() if value not in ("", MASKED) and key != NOTIFICATION}
    members = notification(held)
    return all(held.get(key, "").lower() == value.lower() for key, value in plain.items()) and all(
        members.get(name) == value for name, value in notification(wanted).items()
    )


def synchronizes_all(bag: Bag) -> bool:
    """Whether everybody is in scope. The service writes booleans as text, in either case."""
    return bag.get("SyncAll", "").lower() == "true"
