# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Finds a configuration and the objects below it, for every resource of the source tenant (facts F52, F69).

What a task has found is recorded in the run cache, so that later tasks read the configuration by its id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..graph.batch import find_all, read_all
from ..graph.client import Client, Request
from ..graph.odata import is_id, quoted
from ..plan import Refusal, Unseen
from . import settings_bag

Raw: TypeAlias = Mapping[str, Any]
"""An object as Microsoft Graph returned it: a service principal, a job, an assignment or an application."""

TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
"""The gallery application "Cross-tenant synchronization" (fact F50)."""
JOB_TEMPLATE = "Azure2Azure"
MULTITENANT_PREFIX = "MTO_Sync_"
"""The prefix of the names of configurations that the Microsoft 365 admin center creates (fact F49)."""
ROLE = "msiam_access"

OF_TEMPLATE = f"applicationTemplateId%20eq%20'{TEMPLATE}'"
_SELECT = "id,appId,displayName,appRoles,applicationTemplateId,tags"
LISTING = f"/servicePrincipals?$filter={OF_TEMPLATE}&$select={_SELECT}"
"""The path of all configurations."""
BY_ID = f"?$select={_SELECT}"
"""The end of the path of a single one."""


@dataclass(frozen=True)
class Configuration:
    """The service principal that carries a link. ``role_id`` is the app role that makes an assignment effective (facts F51, F108)."""

    id: str
    app_id: str
    name: str
    role_id: str | None
    tags: tuple[str, ...] = ()

    @property
    def synchronization(self) -> str:
        """The path of the objects that belong to its provisioning."""
        return f"/servicePrincipals/{self.id}/synchronization"


def same_name(name: str, other: str) -> bool:
    """Whether Entra treats two display names as equal. Its filters ignore case."""
    return name.casefold() == other.casefold()


def of_multitenant_organization(name: str) -> bool:
    """Whether the Microsoft 365 admin center created the configuration. It no longer recognizes an edited one (fact F49)."""
    return name.casefold().startswith(MULTITENANT_PREFIX.casefold())


def configurations(client: Client) -> list[Configuration]:
    """All configurations of the tenant, sorted by name."""
    return sorted(_listed(client, LISTING), key=lambda found: (found.name, found.id))


def _listed(client: Client, path: str) -> list[Configuration]:
    """The configurations of a listing without those that this run has removed: a replica may list them for a while (fact F14)."""
    found = (client.derived(configuration, raw) for raw in client.pages(path))
    return [listed for listed in found if not client.run_cache.recall(*_key(client, "removed", listed.id))]


def hide(client: Client, service_principal_id: str) -> None:
    """Treat a configuration as absent for the rest of the run."""
    client.run_cache.keep(True, *_key(client, "removed", service_principal_id))


def record_removal(client: Client, service_principal_id: str) -> None:
    """Record that this run has removed a configuration, or would have removed it in check mode."""
    if client.check_mode:
        client.run_cache.keep(True, *_key(client, "would be removed", service_principal_id))
    else:
        hide(client, service_principal_id)


def record_start(client: Client, service_principal_id: str) -> None:
    """Record that this run starts the job of a configuration, or would have started it in check mode."""
    client.run_cache.keep(True, *_key(client, "would be started", service_principal_id))


def record_connection(client: Client, service_principal_id: str) -> None:
    """Record that this task would save the connection of a configuration that has none."""
    if client.check_mode:
        client.run_cache.keep(True, *_key(client, "would be connected", service_principal_id))


def would_be_connected(client: Client, found: Configuration) -> bool:
    """Whether an earlier task would have saved the connection of a configuration."""
    return client.check_mode and bool(client.run_cache.recall(*_key(client, "would be connected", found.id)))


def foreseen(client: Client, found: Configuration, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The jobs of a configuration. In check mode they run if an earlier task of the run would have started them."""
    if not client.check_mode or not client.run_cache.recall(*_key(client, "would be started", found.id)):
        return jobs
    return [{**job, "schedule": {**(job.get("schedule") or {}), "state": "Active"}} for job in jobs]


def _would_be_removed(client: Client, found: Configuration) -> bool:
    return bool(client.run_cache.recall(*_key(client, "would be removed", found.id)))


def serving(client: Client, target_id: str) -> list[Configuration]:
    """The configurations that serve a target tenant. A configuration without settings serves no tenant: it is new, or already removed.
    In check mode, neither does a configuration that an earlier task of the run would have removed.
    """
    listing = [found for found in configurations(client) if not (client.check_mode and _would_be_removed(client, found))]
    bags = find_all(client, [Request("GET", f"{found.synchronization}/secrets") for found in listing])
    return [
        found
        for found, body in zip(listing, bags, strict=True)
        if settings_bag.target(client.derived(settings_bag.parse, body)) == target_id
    ]


def configuration(raw: Raw) -> Configuration:
    """The configuration of a service principal as Graph returned it."""
    role_id = next((role["id"] for role in raw.get("appRoles") or () if role.get("displayName") == ROLE), None)
    return Configuration(str(raw["id"]), str(raw["appId"]), str(raw["displayName"]), role_id, tuple(raw.get("tags") or ()))


def find(client: Client, name_or_id: str) -> Configuration | None:
    """The configuration with this display name or object id, or ``None``.

    :raises Unseen: when the name is not unique, which Entra does not ensure (fact F50).
    """
    return find_with(client, name_or_id)[0]


def find_with(client: Client, name_or_id: str, *parts: str, also: Sequence[Request] = ()) -> tuple[Configuration | None, list[Any]]:
    """The configuration with this display name or object id, and the bodies of ``parts``, which are paths below it, and of the reads
    in ``also``, in this order; ``None`` and no bodies if there is no configuration.

    All of it is one batch if the id is known, from the option or from an earlier task of the run.

    :raises Unseen: when the name is not unique, which Entra does not ensure (fact F50).
    """
    known_id = name_or_id if is_id(name_or_id) else client.run_cache.recall(*_key(client, "configuration", name_or_id))
    if known_id:
        found, bodies = _by_id(client, known_id, parts, also)
        if found and (known_id == name_or_id or same_name(found.name, name_or_id)):
            return found, bodies
        discard_id(client, name_or_id)
    found = None if is_id(name_or_id) else _by_name(client, name_or_id)
    if found is None:
        return None, []
    record_ids(client, found)
    return found, [answer.body for answer in read_all(client, [*(_below(found.id, part) for part in parts), *also])]


def find_recorded(client: Client, name: str) -> Configuration | None:
    """The configuration that an earlier task of the run has recorded under this name, if it still exists; a listing may lack it
    (fact F14).
    """
    known_id = client.run_cache.recall(*_key(client, "configuration", name))
    found = _by_id(client, known_id, (), ())[0] if known_id else None
    return found if found and same_name(found.name, name) else None


def record_ids(client: Client, found: Configuration, job_id: str | None = None) -> None:
    """Record the id of a configuration and of its job for later tasks of the run, which check that both still exist."""
    client.run_cache.keep(found.id, *_key(client, "configuration", found.name))
    if job_id:
        client.run_cache.keep(job_id, *_key(client, "job", found.id))


def discard_id(client: Client, name: str) -> None:
    """Discard the recorded id, so that later tasks search again."""
    client.run_cache.discard(*_key(client, "configuration", name))


def known_job(client: Client, name_or_id: str) -> str | None:
    """The id of a configuration's job, if an earlier task of the run has recorded it."""
    known_id = name_or_id if is_id(name_or_id) else client.run_cache.recall(*_key(client, "configuration", name_or_id))
    job_id: str | None = client.run_cache.recall(*_key(client, "job", known_id)) if known_id else None
    return job_id


def _key(client: Client, kind: str, name: str) -> tuple[str, ...]:
    return (kind, client.cloud.graph_endpoint, client.tenant.lower(), name.casefold())


def _below(service_principal_id: str, part: str) -> Request:
    return Request("GET", f"/servicePrincipals/{service_principal_id}{part}")


def _by_id(
    client: Client, service_principal_id: str, parts: Sequence[str], also: Sequence[Request]
) -> tuple[Configuration | None, list[Any]]:
    requests = [*(_below(service_principal_id, part) for part in (BY_ID, *parts)), *also]
    raw, *bodies = find_all(client, requests)
    if raw is None or raw.get("applicationTemplateId") != TEMPLATE:
        return None, []
    # A part without a body was answered with 404: a read outside the batch raises the error with its cause.
    return configuration(raw), [
        client.get(request.path) if body is None else body for request, body in zip(requests[1:], bodies, strict=True)
    ]


def of_name(client: Client, name: str) -> list[Configuration]:
    """The configurations with this display name; names are not unique (fact F50)."""
    return _listed(client, by_name(name))


def by_name(name: str) -> str:
    """The path of the configurations with this display name."""
    return f"/servicePrincipals?$filter={OF_TEMPLATE}%20and%20displayName%20eq%20{quoted(name)}&$select={_SELECT}"


def _by_name(client: Client, name: str) -> Configuration | None:
    matches = of_name(client, name)
    if len(matches) > 1:
        # When two runs create a configuration at the same time, one run removes its own again: a later read may find a single one.
        ids = ", ".join(found.id for found in matches)
        raise Unseen(f"there are {len(matches)} configurations named {name!r}; use an id instead of the name: {ids}")
    return matches[0] if matches else None


def missing(name: str) -> str:
    """The message that a configuration does not exist, so that nothing can be applied to it."""
    return f"there is no configuration {name!r}; run sync_configuration first"


def missing_job(name: str) -> str:
    """The message that a configuration has no job, so that nothing can be applied to it."""
    return f"configuration {name!r} has no provisioning job; run sync_configuration, which creates it"


def unmet(found: Configuration | None, job: Raw | None, name: str) -> str | None:
    """Why nothing can be applied to the job of the named configuration; ``None`` if both exist."""
    if found is None:
        return missing(name)
    return missing_job(name) if job is None else None


def is_sync_job(job: Raw) -> bool:
    """Whether it is a job of cross-tenant synchronization."""
    return job.get("templateId") == JOB_TEMPLATE


def only_job(jobs: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """The cross-tenant synchronization job among a configuration's jobs, as Graph returned it; ``None`` if there is none.

    :raises Refusal: when there are several; the service creates at most one per configuration (fact F74).
    """
    sync_jobs = [job for job in jobs if is_sync_job(job)]
    if len(sync_jobs) > 1:
        ids = ", ".join(str(job["id"]) for job in sync_jobs)
        raise Refusal(f"configuration {name!r} has {len(sync_jobs)} jobs: {ids}; remove those that are not needed")
    return sync_jobs[0] if sync_jobs else None
