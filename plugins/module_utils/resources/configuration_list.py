# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""All configurations of a source tenant, as ``sync_configuration_info`` returns them (fact F52)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ..graph.batch import read_all
from ..graph.client import Client, Request
from ..plan import Inquiry
from . import debt, find_configuration, job, settings_bag
from .find_configuration import Configuration, Raw
from .partner import resolve


class ListedConfiguration(TypedDict):
    """A configuration as shown in a list."""

    name: str
    service_principal_id: str
    app_id: str
    target_tenant_id: str | None
    """``None`` while no connection is saved."""
    scope_mode: str
    """``assigned`` or ``all``."""
    deletion_threshold: int | None
    """A number of deletions; 0 if the guard is off, ``None`` if it is on without a number that can be read."""
    notification_email: str | None
    multitenant_organization: bool
    job_id: str | None
    job_state: str
    """``started``, ``paused`` or ``absent``."""
    restart_owed: bool


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, list[ListedConfiguration]]:
    """Every configuration with its target, settings and job, as ``{"configurations": [...]}``; with the options ``name`` (a name or an
    id) and ``target_tenant_id`` (an id or a domain), only those that match.

    :raises Refusal: when no tenant owns the domain, or a configuration has several jobs.
    """
    target = resolve(client, params["target_tenant_id"]) if params.get("target_tenant_id") else None
    name = params.get("name")
    matches = [
        configuration
        for configuration in find_configuration.configurations(client)
        if not name or find_configuration.same_name(configuration.name, name) or configuration.id == name.lower()
    ]
    requests = [Request("GET", f"{configuration.synchronization}/{part}") for configuration in matches for part in ("secrets", "jobs")]
    answers = read_all(client, requests)
    found = []
    for number, configuration in enumerate(matches):
        bag, jobs = settings_bag.parse(client.whole(answers[2 * number].body)), list(client.members(answers[2 * number + 1].body))
        if target in (None, settings_bag.target(bag)):
            found.append(_shown(configuration, bag, find_configuration.only_job(jobs, configuration.name)))
    return {"configurations": found}


def _shown(configuration: Configuration, bag: Mapping[str, str], its_job: Raw | None) -> ListedConfiguration:
    members = settings_bag.notification(bag)
    return {
        "name": configuration.name,
        "service_principal_id": configuration.id,
        "app_id": configuration.app_id,
        "target_tenant_id": bag.get("CompanyId") or None,
        "scope_mode": "all" if settings_bag.synchronizes_all(bag) else "assigned",
        "deletion_threshold": settings_bag.deletion_guard(bag),
        "notification_email": members.get("Recipients") or None if members.get("Enabled") else None,
        "multitenant_organization": find_configuration.of_multitenant_organization(configuration.name),
        "job_id": its_job["id"] if its_job else None,
        "job_state": job.run_state(its_job),
        "restart_owed": debt.owed(configuration),
    }


INQUIRY = Inquiry(inquire)
