# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A whole link, compared with what it shall be: every resource of it in one task, which changes nothing.

The planners are those of the modules that the roles run, so a link in which they find nothing to do needs no task of the roles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.client import Client
from ..plan import Facts, LinkInquiry, Plan, Refusal, Resource
from . import configuration, job, mapping, partner, scope, synced_user

Given = Mapping[str, Any]
"""A module's options, as a task gave them."""


@dataclass(frozen=True)
class Part:
    """One resource of a link: the module that manages it, and that module's options by those of the link."""

    module: str
    resource: Resource[Any, Any]
    options: Callable[[Given], dict[str, Any]]


def _target_policy(link: Given) -> dict[str, Any]:
    return {
        **_place(link["target"]),
        "partner_tenant_id": link["tenant_id"],
        "partner_cloud": link["cloud"],
        "user_sync_inbound": True,
        "redemption_inbound": True,
        "state": "present",
    }


def _source_policy(link: Given) -> dict[str, Any]:
    return {
        **_place(link),
        "partner_tenant_id": link["target"]["tenant_id"],
        "partner_cloud": link["target"]["cloud"],
        "redemption_outbound": True,
        "state": "present",
    }


def _configuration(link: Given) -> dict[str, Any]:
    return {
        **_place(link),
        "name": link["configuration"],
        "target_tenant_id": link["target"]["tenant_id"],
        "target_cloud": link["target"]["cloud"],
        "notification_email": link.get("notification_email"),
        "deletion_threshold": link.get("deletion_threshold"),
        "test_connection": True,
        "adopt": True,
        "manage_multitenant": False,
        "state": "present",
    }


def _scope(link: Given) -> dict[str, Any]:
    return {
        **_place(link),
        "configuration": link["configuration"],
        **{name: link.get(f"scope_{name}") for name in SCOPE},
        # The job is last, and pays what the others owe.
        "restart_job": False,
        "full_result": False,
        "state": "present",
    }


def _mapping(link: Given) -> dict[str, Any]:
    return {**_place(link), **{name: link.get(name) for name in ("configuration", *MAPPING)}, **LEFT_ALONE}


def _job(link: Given) -> dict[str, Any]:
    return {
        **_place(link),
        "configuration": link["configuration"],
        "state": link["job_state"],
        "wait": link.get("job_wait"),
        "wait_timeout": 0,
        "restart_owed": False,
        "acknowledge_full": False,
    }


def _place(tenant: Given) -> dict[str, Any]:
    return {"tenant_id": tenant["tenant_id"], "cloud": tenant["cloud"]}


LEFT_ALONE = {"exact": False, "reset": False, "restart_job": False}
"""What a link does not say of its mappings."""
SCOPE = ("mode", "users", "groups", "exact", "allow_empty", "max_removals", "max_removal_percent")
"""The options that say who is synchronized: those of the link begin with ``scope_``."""
MAPPING = (
    "mappings",
    "user_type",
    "convert_existing",
    "show_in_address_list",
    "display_name_suffix",
    "company_name",
    "filters",
    "target_actions",
)
"""The options that say what of people is synchronized: those of the link are named as those of the module."""

IN_SOURCE = (
    Part("cross_tenant_policy", partner.RESOURCE, _source_policy),
    Part("sync_configuration", configuration.RESOURCE, _configuration),
    Part("sync_mapping", mapping.RESOURCE, _mapping),
    Part("sync_scope", scope.RESOURCE, _scope),
    Part("sync_job", job.RESOURCE, _job),
)
IN_TARGET = (Part("cross_tenant_policy", partner.RESOURCE, _target_policy),)


def in_source(client: Client, link: Given) -> dict[str, Any]:
    """What differs in the source tenant, and the job as it is."""
    if not link["target"]["tenant_id"]:
        raise Refusal("tenant_id of target is missing; it is the target tenant's id or one of its verified domains")
    client.look_once()
    found = _compare(client, link, IN_SOURCE)
    return {**found, "job": None if _enough(found, link) else job.inquire(client, link)["job"]}


def in_target(client: Client, link: Given, source: Facts) -> dict[str, Any]:
    """The whole result: what differs in the target tenant, too, and who has arrived there."""
    if _enough(source, link):
        return judged(source, {}, None, link)
    found = _compare(client, link, IN_TARGET)
    if _enough(found, link):
        return judged(source, found, None, link)
    origin = {"source_domains": link.get("source_domains"), "source_tenant_id": link["tenant_id"]}
    return judged(source, found, synced_user.inquire(client, origin)["synced_users"], link)


def _compare(client: Client, link: Given, parts: Sequence[Part]) -> dict[str, Any]:
    differences: list[dict[str, Any]] = []
    warnings: list[str] = []
    owed = False
    for part in parts:
        wanted = part.resource.desired({**part.options(link), **({"restart_owed": owed} if part.resource is job.RESOURCE else {})})
        plan = part.resource.plan(part.resource.read(client, wanted), wanted)
        warnings += plan.warnings
        owed = owed or bool(plan.facts.get("restart_owed"))
        if plan.actions or _outstanding(plan, client):
            differences.append(_difference(part, plan, client))
        if _enough({"differences": differences}, link):
            break
    return {"differences": differences, "warnings": warnings}


def _enough(found: Facts, link: Given) -> bool:
    return bool(link["stop_at_difference"] and found["differences"])


def _outstanding(plan: Plan, client: Client) -> bool:
    """Whether something is waited for that the service has not reached."""
    return plan.outcome is not None and not plan.outcome.reached(client.find(plan.outcome.path), None)


def _difference(part: Part, plan: Plan, client: Client) -> dict[str, Any]:
    return {
        "module": part.module,
        "tenant": client.tenant,
        "actions": [action.describe() for action in plan.actions],
        "before": dict(plan.before),
        "after": dict(plan.after),
    }


def judged(source: Facts, target: Facts, people: Sequence[Facts] | None, link: Given) -> dict[str, Any]:
    """The result. ``people`` is ``None`` where the comparison stopped before them."""
    differences = [*source["differences"], *target.get("differences", ())]
    missing = None if people is None else synced_user.missing(people, link.get("verify_users") or ())
    quarantine = (source["job"] or {}).get("quarantine")
    return {
        "in_sync": not differences and not quarantine and not missing,
        "differences": differences,
        "job": source["job"],
        "synced_users": None if people is None else len(people),
        "missing_users": missing,
        "warnings": list(dict.fromkeys((*source["warnings"], *target.get("warnings", ())))),
    }


INQUIRY = LinkInquiry(in_source, in_target)
