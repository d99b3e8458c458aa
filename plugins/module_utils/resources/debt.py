# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The pending restart of a configuration's job, after a change that takes effect only with a restart (facts F62, F83).

It is recorded in the service, as a tag of the configuration's service principal, before the change is written, and cleared after the
restart. If a run is interrupted in between, every later run from any machine reads the tag and makes the restart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..graph.client import Client, Request
from ..plan import Action, Wait
from .find_configuration import Configuration

TAG = "entra.cross_tenant_sync:restart_owed"


def owed(configuration: Configuration | None) -> bool:
    """Whether a restart is pending: recorded and not yet made."""
    return configuration is not None and TAG in configuration.tags


def record(configuration: Configuration, name: str, tenant: str) -> Action:
    """The action before the change. It waits until the tag is visible, because later tasks read it. Another run may have recorded it
    already.
    """
    return _write("record", configuration, name, tenant, lambda tags: [*tags, TAG] if TAG not in tags else [*tags])


def clear(configuration: Configuration, name: str, tenant: str) -> Action:
    """The action after the restart."""
    return _write("clear", configuration, name, tenant, lambda tags: [tag for tag in tags if tag != TAG])


def _write(verb: str, configuration: Configuration, name: str, tenant: str, change: Callable[[Sequence[str]], list[str]]) -> Action:
    path = f"/servicePrincipals/{configuration.id}"

    def request(tags: Sequence[str]) -> tuple[Request, ...]:
        # The list is written as a whole, so the other tags are sent as they were read, duplicates included.
        return (Request("PATCH", path, {"tags": change(tags)}),)

    def refresh(client: Client) -> tuple[Request, ...]:
        return request(_tags(client.get(f"{path}?$select=id,tags")))

    recorded = verb == "record"
    return Action(
        verb,
        f"pending restart of configuration {name}",
        tenant,
        request(configuration.tags),
        visible=Wait(f"{path}?$select=id,tags", lambda body: (TAG in _tags(body)) is recorded),
        refresh=refresh,
    )


def _tags(body: object) -> list[str]:
    tags = body.get("tags") if isinstance(body, dict) else None
    return list(tags or ())
