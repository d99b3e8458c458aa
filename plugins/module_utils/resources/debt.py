# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A restart that the job is owed, written down in the service itself, so that any later run sees it and pays.

It is recorded before the write that needs the restart (fact sheet 3.4), and taken away after the restart.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.client import Request
from ..plan import Action
from .lookup import Configuration

TAG = "entra.cross_tenant_sync:restart_owed"


def owed(tags: Sequence[str]) -> bool:
    """Whether a restart is owed, by the tags of the configuration's service principal."""
    return TAG in tags


def record(configuration: Configuration, tenant: str) -> Action:
    """Write down that a restart is owed."""
    return _write("record", (*(one for one in configuration.tags if one != TAG), TAG), configuration, tenant)


def clear(configuration: Configuration, tenant: str) -> Action:
    """Take the record away, after the restart."""
    return _write("clear", tuple(one for one in configuration.tags if one != TAG), configuration, tenant)


def _write(verb: str, tags: Sequence[str], configuration: Configuration, tenant: str) -> Action:
    request = Request("PATCH", f"/servicePrincipals/{configuration.id}", {"tags": list(tags)})
    return Action(verb, f"the restart that configuration {configuration.name} is owed", tenant, (request,))
