# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What earlier tasks of a run in check mode would have done to a partner entry, so that later tasks plan what they will do in the run: what
is shared is removed before the entry, and is set after the entry was created.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..graph.client import Client
from .capability_trust import MEMBER
from .partner_values import Raw


def record_entry(client: Client, partner_id: str) -> None:
    """Record that this task would create the entry of a partner."""
    if client.check_mode:
        client.run_cache.keep(True, *_key(client, "would be created", partner_id))


def would_exist(client: Client, partner_id: str) -> bool:
    """Whether an earlier task would have created the entry of a partner."""
    return client.check_mode and bool(client.run_cache.recall(*_key(client, "would be created", partner_id)))


def record_removal(client: Client, partner_id: str, capabilities: Iterable[str], trust: bool) -> None:
    """Record that this task has removed capabilities of a partner, and perhaps its trust, or would have in check mode."""
    removed = {"capabilities": sorted({*gone_capabilities(client, partner_id), *capabilities}), "trust": trust}
    client.run_cache.keep(removed, *_key(client, "would not be shared", partner_id))


def gone_capabilities(client: Client, partner_id: str) -> frozenset[str]:
    """The capabilities of a partner that earlier tasks have removed, or would have: a replica may still list them (fact F14)."""
    return frozenset(_recorded(client, partner_id).get("capabilities") or ())


def removed_capabilities(client: Client, partner_id: str) -> frozenset[str]:
    """The capabilities of a partner that earlier tasks would have removed."""
    return frozenset(_removed(client, partner_id).get("capabilities") or ())


def entry(client: Client, partner_id: str, raw: Raw | None) -> Raw | None:
    """The entry of a partner as it would be by now."""
    if raw is None or not _removed(client, partner_id).get("trust"):
        return raw
    return {name: value for name, value in raw.items() if name != MEMBER}


def _removed(client: Client, partner_id: str) -> Mapping[str, Any]:
    return _recorded(client, partner_id) if client.check_mode else {}


def _recorded(client: Client, partner_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = client.run_cache.recall(*_key(client, "would not be shared", partner_id))
    return found or {}


def _key(client: Client, what: str, partner_id: str) -> tuple[str, ...]:
    return (client.cloud.graph_endpoint, client.tenant.lower(), what, partner_id)
