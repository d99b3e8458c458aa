# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Finding a configuration and what hangs below it; shared by every resource that lives in the source tenant (fact sheet 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.batch import find_all, read_all
from ..graph.client import Client, Request
from ..graph.odata import is_id, quoted
from ..plan import Refusal, Unseen
from . import settings_bag

TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
"""The gallery application "Cross-tenant synchronization" (fact sheet 2.1)."""
JOB_TEMPLATE = "Azure2Azure"
MULTITENANT_PREFIX = "MTO_Sync_"
"""How the names of the configurations begin that the Microsoft 365 admin center makes (fact sheet 1.6)."""
ROLE = "msiam_access"

OF_TEMPLATE = f"applicationTemplateId%20eq%20'{TEMPLATE}'"
_SELECT = "id,appId,displayName,appRoles,applicationTemplateId,tags"


@dataclass(frozen=True)
class Configuration:
    """The service principal that carries a link. ``role_id`` is the app role that makes an assignment count (fact sheet 5)."""

    id: str
    app_id: str
    name: str
    role_id: str | None
    tags: tuple[str, ...] = ()

    @property
    def synchronization(self) -> str:
        """The path of everything that belongs to its provisioning."""
        return f"/servicePrincipals/{self.id}/synchronization"


def same_name(one: str, other: str) -> bool:
    """Whether two display names are one to Entra, whose filters compare without case."""
    return one.casefold() == other.casefold()


def of_multitenant_organization(name: str) -> bool:
    """Whether the Microsoft 365 admin center made it, and no longer recognizes it once it is edited (fact sheet 1.6)."""
    return name.casefold().startswith(MULTITENANT_PREFIX.casefold())


def configurations(client: Client) -> list[Configuration]:
    """All configurations of the tenant, by name."""
    path = f"/servicePrincipals?$filter={OF_TEMPLATE}&$select={_SELECT}"
    return sorted(_listed(client, path), key=lambda one: (one.name, one.id))


def _listed(client: Client, path: str) -> list[Configuration]:
    """What a listing shows, less what this run has taken back: a replica may list it for a while (fact sheet 0.3)."""
    return [one for one in map(configuration, client.pages(path)) if not client.run_cache.recall(*_key(client, "taken back", one.id))]


def take_back(client: Client, service_principal_id: str) -> None:
    """For the rest of the run, a configuration is not there."""
    client.run_cache.keep(True, *_key(client, "taken back", service_principal_id))


def leaves(client: Client, service_principal_id: str) -> None:
    """A configuration was removed by this run, or would have been in check mode."""
    if client.rehearses:
        client.run_cache.keep(True, *_key(client, "would be gone", service_principal_id))
    else:
        take_back(client, service_principal_id)


def _would_be_gone(client: Client, one: Configuration) -> bool:
    return bool(client.run_cache.recall(*_key(client, "would be gone", one.id)))


def serving(client: Client, target_id: str) -> list[Configuration]:
    """The configurations that serve a target tenant. One whose settings are not there serves nobody: it is new, or gone already.
    In check mode, so does one that an earlier task of the run would have removed.
    """
    listing = [one for one in configurations(client) if not (client.rehearses and _would_be_gone(client, one))]
    bags = find_all(client, [Request("GET", f"{one.synchronization}/secrets") for one in listing])
    return [one for one, body in zip(listing, bags, strict=True) if settings_bag.target(settings_bag.parse(body)) == target_id]


def configuration(raw: Mapping[str, Any]) -> Configuration:
    """A service principal in our words."""
    role = next((one["id"] for one in raw.get("appRoles") or () if one.get("displayName") == ROLE), None)
    return Configuration(str(raw["id"]), str(raw["appId"]), str(raw["displayName"]), role, tuple(raw.get("tags") or ()))


def find(client: Client, name_or_id: str) -> Configuration | None:
    """The configuration an option names, by display name or object id.

    :raises Refusal: when the name is not unique; it never is by itself in Entra.
    """
    return find_with(client, name_or_id)[0]


def find_with(client: Client, name_or_id: str, *parts: str, also: Sequence[Request] = ()) -> tuple[Configuration | None, list[Any]]:
    """The configuration an option names, by display name or object id, and the bodies of ``parts``, which are paths below it,
    and of other reads; no bodies if there is no configuration.

    All of it is one batch if the id is known, from the option or from an earlier task of the run.

    :raises Refusal: when the name is not unique; it never is by itself in Entra.
    """
    known = name_or_id if is_id(name_or_id) else client.run_cache.recall(*_key(client, "configuration", name_or_id))
    if known:
        found, bodies = _by_id(client, known, parts, also)
        if found and (known == name_or_id or same_name(found.name, name_or_id)):
            return found, bodies
        forget(client, name_or_id)
    found = None if is_id(name_or_id) else _by_name(client, name_or_id)
    if found is None:
        return None, []
    remember(client, found)
    return found, [answer.body for answer in read_all(client, [*(_below(found.id, part) for part in parts), *also])]


def still_there(client: Client, name: str) -> Configuration | None:
    """The configuration that an earlier task of the run has seen under this name, if it is there; a list may lack it (fact sheet 0.3)."""
    known = client.run_cache.recall(*_key(client, "configuration", name))
    found = _by_id(client, known, (), ())[0] if known else None
    return found if found and same_name(found.name, name) else None


def remember(client: Client, found: Configuration, job_id: str | None = None) -> None:
    """Tell later tasks of the run where a configuration is, and its job. They make sure that it is still there."""
    client.run_cache.keep(found.id, *_key(client, "configuration", found.name))
    if job_id:
        client.run_cache.keep(job_id, *_key(client, "job", found.id))


def forget(client: Client, name: str) -> None:
    """Later tasks have to look again."""
    client.run_cache.forget(*_key(client, "configuration", name))


def known_job(client: Client, found: str) -> str | None:
    """The id of a configuration's job, if an earlier task of the run has seen it."""
    known = found if is_id(found) else client.run_cache.recall(*_key(client, "configuration", found))
    job_id: str | None = client.run_cache.recall(*_key(client, "job", known)) if known else None
    return job_id


def _key(client: Client, kind: str, name: str) -> tuple[str, ...]:
    return (kind, client.cloud.graph_endpoint, client.tenant.lower(), name.casefold())


def _below(service_principal_id: str, part: str) -> Request:
    return Request("GET", f"/servicePrincipals/{service_principal_id}{part}")


def _by_id(
    client: Client, service_principal_id: str, parts: Sequence[str], also: Sequence[Request]
) -> tuple[Configuration | None, list[Any]]:
    requests = [*(_below(service_principal_id, part) for part in (f"?$select={_SELECT}", *parts)), *also]
    raw, *bodies = find_all(client, requests)
    if raw is None or raw.get("applicationTemplateId") != TEMPLATE:
        return None, []
    # A part that is not there is no answer: read by itself, it says why.
    return configuration(raw), [client.get(one.path) if body is None else body for one, body in zip(requests[1:], bodies, strict=True)]


def of_name(client: Client, name: str) -> list[Configuration]:
    """The configurations of that name, which need not be one (fact sheet 2.1)."""
    return _listed(client, f"/servicePrincipals?$filter={OF_TEMPLATE}%20and%20displayName%20eq%20{quoted(name)}&$select={_SELECT}")


def _by_name(client: Client, name: str) -> Configuration | None:
    matches = of_name(client, name)
    if len(matches) > 1:
        # Of two that were made at the same moment, one goes at once.
        raise Unseen(f"there are {len(matches)} configurations named {name!r}; name one by its id: {', '.join(one.id for one in matches)}")
    return matches[0] if matches else None


def missing(name: str) -> str:
    """Why nothing can be applied to a configuration that is not there."""
    return f"there is no configuration {name!r}; run sync_configuration first"


def missing_job(name: str) -> str:
    """Why nothing can be applied to the job of a configuration that has none."""
    return f"configuration {name!r} has no provisioning job; run sync_configuration, which makes it"


def unmet(found: Configuration | None, job: Mapping[str, Any] | None, name: str) -> str | None:
    """Why nothing can be applied to the job of the named configuration, if so."""
    if found is None:
        return missing(name)
    return missing_job(name) if job is None else None


def is_ours(job: Mapping[str, Any]) -> bool:
    """Whether it is a job of cross-tenant synchronization."""
    return job.get("templateId") == JOB_TEMPLATE


def only_job(jobs: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """The configuration's job.

    :raises Refusal: when there are several; the service makes one a configuration (fact sheet 3.3).
    """
    ours = [job for job in jobs if is_ours(job)]
    if len(ours) > 1:
        raise Refusal(
            f"configuration {name!r} has {len(ours)} jobs: {', '.join(str(job['id']) for job in ours)}; remove those that are not wanted"
        )
    return ours[0] if ours else None
