# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Finding a configuration and what hangs below it; shared by every resource that lives in the source tenant (fact sheet 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..graph.client import Client
from ..plan import Refusal
from .directory import is_id, quoted

TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
"""The gallery application "Cross-tenant synchronization" (fact sheet 2.1)."""
JOB_TEMPLATE = "Azure2Azure"
ROLE = "msiam_access"

OF_TEMPLATE = f"applicationTemplateId%20eq%20'{TEMPLATE}'"
_SELECT = "id,appId,displayName,appRoles,applicationTemplateId"


@dataclass(frozen=True)
class Configuration:
    """The service principal that carries a link. ``role_id`` is the app role that makes an assignment count (fact sheet 5)."""

    id: str
    app_id: str
    name: str
    role_id: str | None

    @property
    def synchronization(self) -> str:
        """The path of everything that belongs to its provisioning."""
        return f"/servicePrincipals/{self.id}/synchronization"


def configurations(client: Client) -> list[Configuration]:
    """All configurations of the tenant, by name."""
    path = f"/servicePrincipals?$filter={OF_TEMPLATE}&$select={_SELECT}"
    return sorted((configuration(raw) for raw in client.pages(path)), key=lambda one: (one.name, one.id))


def configuration(raw: Mapping[str, Any]) -> Configuration:
    """A service principal in our words."""
    role = next((one["id"] for one in raw.get("appRoles") or () if one.get("displayName") == ROLE), None)
    return Configuration(str(raw["id"]), str(raw["appId"]), str(raw["displayName"]), role)


def find(client: Client, name_or_id: str) -> Configuration | None:
    """The configuration an option names, by display name or object id.

    :raises Refusal: when the name is not unique; it never is by itself in Entra.
    """
    if is_id(name_or_id):
        raw = client.find(f"/servicePrincipals/{name_or_id}?$select={_SELECT}")
        return configuration(raw) if raw and raw.get("applicationTemplateId") == TEMPLATE else None
    path = f"/servicePrincipals?$filter={OF_TEMPLATE}%20and%20displayName%20eq%20{quoted(name_or_id)}&$select={_SELECT}"
    matches = [configuration(raw) for raw in client.pages(path)]
    if len(matches) > 1:
        raise Refusal(
            f"there are {len(matches)} configurations named {name_or_id!r}; name one by its id: {', '.join(one.id for one in matches)}"
        )
    return matches[0] if matches else None


def missing(name: str) -> str:
    """Why nothing can be applied to a configuration that is not there."""
    return f"there is no configuration {name!r}; run sync_configuration first"


def only_job(jobs: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """The configuration's job.

    :raises Refusal: when there are several; the service makes one a configuration (fact sheet 3.3).
    """
    ours = [job for job in jobs if job.get("templateId") == JOB_TEMPLATE]
    if len(ours) > 1:
        raise Refusal(
            f"configuration {name!r} has {len(ours)} jobs: {', '.join(str(job['id']) for job in ours)}; remove those that are not wanted"
        )
    return ours[0] if ours else None
