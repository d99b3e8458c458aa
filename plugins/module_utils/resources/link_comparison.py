# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A whole link, compared with its desired state in one task, which changes nothing.

The planners are those of the modules that the roles run, so a link in which they find nothing to do needs no task of the roles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..graph.batch import look_all
from ..graph.client import Answer, Client, Request
from ..graph.odata import is_id
from ..plan import Facts, LinkInquiry, Plan, Refusal
from . import find_configuration, job, link_report, partner, synced_user
from .link import IN_SOURCE, IN_TARGET, Given, Part

ORGANIZATION = Request("GET", "/organization?$select=verifiedDomains")
"""The source itself, whose verified domains show whose users are meant in the target."""

NOTHING: Facts = {"differences": [], "warnings": []}
"""What differs where nothing is compared."""


def in_source(client: Client, link: Given) -> dict[str, Any]:
    """What differs in the source tenant, and the job as it is. Of a link that must not exist: what is left of it there.

    :raises Refusal: when the target is not named, or a part refuses what it must be.
    """
    if not link["target"]["tenant_id"]:
        raise Refusal("tenant_id of target is missing; it is the target tenant's id or one of its verified domains")
    client.reads.remember()
    if link["state"] == "absent":
        with client.reading():
            return _left_in_source(client, link)
    if link["share_reads"]:
        client.reads.share()
        if not link["compare"]:
            client.reads.use_shared()
    _look_together(client, link)
    found = _compare(client, link, IN_SOURCE) if link["compare"] else NOTHING
    if _enough(found, link):
        return {**found, "job": None, "verdict": None, "domains": None}
    with client.reading():
        return {**found, **job.inquire(client, link), "domains": link.get("source_domains") or _domains(client)}


def _look_together(client: Client, link: Given) -> None:
    """Read in one batch what the first part wants, and the domains of the source. What cannot be read here is read where it is
    needed, or done without.
    """
    requests = [] if link.get("source_domains") else [ORGANIZATION]
    if link["compare"] and is_id(link["target"]["tenant_id"]):
        requests += [Request("GET", path) for path in partner.paths(link["target"]["tenant_id"].lower())]
    look_all(client, requests)


def _domains(client: Client) -> list[str] | None:
    """Every domain that a user principal name of the source may have: the verified ones, and those of the users in scope. ``None``
    where the verified ones may not be read.
    """
    answer = client.recall(ORGANIZATION)
    organization = next(iter(client.members(answer.body)), None) if isinstance(answer, Answer) else None
    if organization is None:
        return None
    users = (principal for principal in client.reads.objects.values() if principal.kind == "user" and not principal.external)
    in_scope = {user.name.rpartition("@")[2].lower() for user in users}
    verified = {str(domain["name"]).lower() for domain in organization.get("verifiedDomains") or ()}
    return sorted(verified | (in_scope - {""}))


def in_target(client: Client, link: Given, source: Facts) -> dict[str, Any]:
    """The whole result: what differs in the target tenant, too, and who has arrived there."""
    client.reads.remember()
    origin = {"source_domains": source["domains"], "source_tenant_id": link["tenant_id"]}
    if link["state"] == "absent":
        with client.reading():
            entry = _entry(client, link["tenant_id"])
            return link_report.left(source, entry, synced_user.inquire(client, origin)["synced_users"], link)
    if link["share_reads"]:
        client.reads.share()
    found = _compare(client, link, IN_TARGET) if link["compare"] else NOTHING
    if _enough(source, link) or _enough(found, link):
        return link_report.judged(source, found, None, link)
    # The service brings users whenever it likes, so later tasks look for themselves.
    client.reads.keep_private()
    with client.reading():
        people = synced_user.inquire(client, origin)["synced_users"]
    return link_report.judged(source, found, people, link)


def _compare(client: Client, link: Given, parts: Sequence[Part]) -> dict[str, Any]:
    """What differs. Every part is planned, also after a difference: what one refuses must be known before another is written."""
    differences: list[dict[str, Any]] = []
    warnings: list[str] = []
    owed = False
    for part in parts:
        wanted = part.resource.desired(part.options(link, owed))
        with client.reading():
            current = part.resource.read(client, wanted)
        plan = part.resource.plan(current, wanted)
        warnings += plan.warnings
        owed = owed or bool(plan.facts.get("restart_owed"))
        if plan.actions or _outstanding(plan, client):
            differences.append(_difference(part, plan, client))
    return {"differences": differences, "warnings": warnings}


def _enough(found: Facts, link: Given) -> bool:
    return bool(link["stop_at_difference"] and found["differences"])


def _outstanding(plan: Plan, client: Client) -> bool:
    """Whether something is waited for that the service has not reached."""
    if plan.outcome is None:
        return False
    with client.reading():
        return not plan.outcome.reached(client.find(plan.outcome.path), None)


def _difference(part: Part, plan: Plan, client: Client) -> dict[str, Any]:
    return {
        "module": part.module,
        "tenant": client.tenant,
        "actions": [action.describe() for action in plan.actions],
        "before": dict(plan.before),
        "after": dict(plan.after),
    }


def _left_in_source(client: Client, link: Given) -> dict[str, Any]:
    target_id = partner.resolve(client, link["target"]["tenant_id"])
    serving = find_configuration.serving(client, target_id)
    return {
        "configurations": [configuration.name for configuration in serving],
        "entry": _entry(client, target_id),
        "domains": link.get("source_domains"),
    }


def _entry(client: Client, partner_tenant: str) -> bool:
    """Whether there is a partner entry."""
    return client.find(partner.paths(partner.resolve(client, partner_tenant))[0]) is not None


def excuse(link: Given, msg: str, error: Mapping[str, Any]) -> Facts | None:
    """What to return where the comparison comes before tasks that build the link, and may not be made: those say better what is missing.
    Other failures stay failures.

    So are credentials of the target that come from the environment, which this task takes for those of the source.
    """
    leaves = link["compare"] and link["stop_at_difference"] and link["state"] == "present"
    return link_report.not_compared(msg) if leaves and (error.get("status") == 403 or error.get("code") == "CredentialProblem") else None


def complain(link: Given, facts: Facts) -> str | None:
    """Why the task fails, if it must when the link has problems."""
    if not link["fail_on_problems"] or not facts["problems"]:
        return None
    where = f"Tenant {link['tenant_id']}: link {link['configuration']} to tenant {link['target']['tenant_id']}"
    return f"{where} is not as it must be: {'; '.join(facts['problems'])} ({facts['summary']})"


INQUIRY = LinkInquiry(in_source, in_target, excuse=excuse, complain=complain)
