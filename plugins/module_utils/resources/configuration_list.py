# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""All configurations of a source tenant, as they are (fact sheet 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..graph.batch import read_all
from ..graph.client import Client, Request
from ..plan import Inquiry
from . import debt, find_configuration, job, settings_bag
from .partner import resolve


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """Every configuration with its target, settings and job; only those of one name or target if asked."""
    target = resolve(client, params["target_tenant_id"]) if params.get("target_tenant_id") else None
    name = params.get("name")
    there = [
        one
        for one in find_configuration.configurations(client)
        if not name or find_configuration.same_name(one.name, name) or one.id == name.lower()
    ]
    requests = [Request("GET", f"{one.synchronization}/{part}") for one in there for part in ("secrets", "jobs")]
    answers = read_all(client, requests)
    found = []
    for number, one in enumerate(there):
        bag, jobs = settings_bag.parse(client.whole(answers[2 * number].body)), list(client.members(answers[2 * number + 1].body))
        if target in (None, settings_bag.target(bag)):
            found.append(_shown(one, bag, find_configuration.only_job(jobs, one.name)))
    return {"configurations": found}


def _shown(one: find_configuration.Configuration, bag: Mapping[str, str], its_job: Mapping[str, Any] | None) -> dict[str, Any]:
    members = settings_bag.notification(bag)
    return {
        "name": one.name,
        "service_principal_id": one.id,
        "app_id": one.app_id,
        "target_tenant_id": bag.get("CompanyId") or None,
        "scope_mode": "all" if settings_bag.synchronizes_all(bag) else "assigned",
        "deletion_threshold": settings_bag.deletion_guard(bag),
        "notification_email": members.get("Recipients") or None if members.get("Enabled") else None,
        "multitenant_organization": find_configuration.of_multitenant_organization(one.name),
        "job_id": its_job["id"] if its_job else None,
        "job_state": job.run_state(its_job),
        "restart_owed": debt.owed(one),
    }


INQUIRY = Inquiry(inquire)
