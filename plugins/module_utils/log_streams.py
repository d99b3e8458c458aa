# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The logs of many tenants, each read once for all links: the quota is small, and counts by tenant and application (fact F21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from .failure import run_failure
from .graph.client import Client
from .graph.errors import GraphFailure
from .graph.run_cache import RunCache
from .graph.vault import Vault
from .run import connect, without_empty

Read = TypeVar("Read")
TENANTS_AT_ONCE = 8


@dataclass(frozen=True)
class Unread:
    """A log that could not be read. ``reason`` is why, in one sentence."""

    reason: str


def read_logs(
    tenants: Mapping[str, Mapping[str, Any]],
    read: Callable[[Client], Read],
    run_folder: str | None = None,
    vault: Vault | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Read | Unread]:
    """What ``read`` returns for each tenant, by the names under which their connection options are given."""
    one = partial(_read, read=read, run_cache=RunCache(run_folder, vault), progress=progress)
    with ThreadPoolExecutor(TENANTS_AT_ONCE) as pool:
        return dict(zip(tenants, pool.map(one, tenants.values()), strict=True))


def _read(
    options: Mapping[str, Any],
    *,
    read: Callable[[Client], Read],
    run_cache: RunCache,
    progress: Callable[[str], None] | None,
) -> Read | Unread:
    client = None
    try:
        client = connect(without_empty(options), run_cache, progress)
        return read(client)
    except GraphFailure as failure:
        return Unread(run_failure(failure, str(options.get("tenant_id")), [], client).msg)
    finally:
        if client:
            client.close()
