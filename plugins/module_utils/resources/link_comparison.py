# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A whole link, compared with its desired state in one task, which changes nothing.

The planners are those of the modules that the roles run, so a link in which they find nothing to do needs no task of the roles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..graph.batch import outcomes_of
from ..graph.client import Answer, Client, Request
from ..graph.odata import is_id
from ..plan import Facts, LinkInquiry, Plan, Refusal
from . import capability, capability_reading, find_configuration, job, link_report, partner, scope, synced_user
from .capability_features import FEATURES
from .capability_reading import DEFAULT, place
from .consequences import foresight
from .link import IN_SOURCE, IN_TARGET, LIMITS, SHARING, SOURCE, TARGET, Given, Part, building

ORGANIZATION = Request("GET", "/organization?$select=verifiedDomains")
"""The source tenant, whose verified domains identify its synced users in the target."""

NOTHING: Facts = {"differences": [], "untouched": list, "warnings": []}
"""The differences if nothing is compared."""


def in_source(client: Client, link: Given) -> dict[str, Any]:
    """The differences in the source tenant, and the current state of the job; for a link that must not exist, its remains there.

    :raises Refusal: if the target is not set, or if the desired state of a part is refused.
    """
    if not link["target"]["tenant_id"]:
        raise Refusal("tenant_id of target is missing; it is the target tenant's id or one of its verified domains")
    client.reads.cache()
    if link["state"] == "absent":
        with client.reading():
            return _left_in_source(client, link)
    if link["share_reads"]:
        client.reads.share()
        if not link["compare"]:
            client.reads.use_shared()
    _read_together(client, link)
    found = _compare(client, link, IN_SOURCE) if link["compare"] else NOTHING
    if _stops(found, link):
        return {**found, "job": None, "verdict": None, "domains": None}
    with client.reading():
        return {**found, **job.inquire(client, link), "domains": link.get("source_domains") or _domains(client)}


def _read_together(client: Client, link: Given) -> None:
    """Read what the first part needs and the domains of the source in one batch. Reads that fail here are repeated where the result is
    required.
    """
    requests = [] if link.get("source_domains") else [ORGANIZATION]
    if link["compare"] and is_id(link["target"]["tenant_id"]):
        requests += [*_partner_reads(link["target"]["tenant_id"].lower()), *_sharing_reads(link, SOURCE, link["target"]["tenant_id"])]
    outcomes_of(client, requests)


def _partner_reads(partner_id: str) -> list[Request]:
    return [Request("GET", path) for path in partner.paths(partner_id)]


def _sharing_reads(link: Given, side: str, partner_id: str) -> list[Request]:
    """What the part of the sharing reads, so that it is read with the rest, where the service has it in v1.0."""
    if not any(part.module == SHARING and part.side == side for part in building(link)):
        return []
    return [Request("GET", path) for path in (place(partner_id.lower()), place(None), DEFAULT)]


def _domains(client: Client) -> list[str] | None:
    """Every domain that a user principal name of the source can have: the verified domains, and those of the users in scope. ``None``
    if the task is not permitted to read the verified domains.
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
    """The whole result: also the differences in the target tenant, and the synced users."""
    client.reads.cache()
    origin = synced_user.Origin(source["domains"] or (), link["tenant_id"])
    entry = _partner_reads(link["tenant_id"].lower()) if is_id(link["tenant_id"]) else []
    if link["state"] == "absent":
        with client.reading():
            synced_user.read_together(client, origin, also=entry)
            arrived = synced_user.arrived(client, synced_user.domains_of(client, origin))
            shared = _still_shared(client, link, TARGET, link["tenant_id"])
            return link_report.left(source, *_partner_in_target(client, link["tenant_id"]), arrived, link, shared)
    if link["share_reads"]:
        client.reads.share()
    names, stops = link.get("verify_users") or (), _stops(source, link)
    if link["compare"] and not stops:
        with client.reading():
            sharing = _sharing_reads(link, TARGET, link["tenant_id"]) if entry else []
            synced_user.read_together(client, origin, names, [*entry, *sharing])
    found = _compare(client, link, IN_TARGET) if link["compare"] else NOTHING
    if stops or _stops(found, link):
        return link_report.compared(source, found, None, link)
    # The service can create users at any time, so later tasks read them again.
    client.reads.keep_private()
    with client.reading():
        arrived = synced_user.arrived(client, synced_user.domains_of(client, origin), names)
    return link_report.compared(source, found, arrived, link)


def _compare(client: Client, link: Given, parts: Sequence[Part]) -> dict[str, Any]:
    """The differences. Every part is planned, also after a difference, because a refusal must be reported before another part is written."""
    differences: list[dict[str, Any]] = []
    untouched: list[tuple[Facts, Callable[[], Facts]]] = []
    warnings: list[str] = []
    planned: dict[str, tuple[Any, Any]] = {}
    restart_owed = False
    for part in building(link, parts):
        wanted = part.resource.desired(part.options(_without_limits(link), restart_owed))
        with client.reading():
            current = _after_earlier_parts(part.resource.read(client, wanted))
        plan = part.resource.plan(current, wanted)
        warnings += plan.warnings
        restart_owed = restart_owed or bool(plan.facts.get("restart_owed"))
        planned[part.module] = (current, wanted)
        if plan.actions or _is_outstanding(plan, client):
            differences.append(_difference(part, plan, client, link))
        elif not link["stop_at_difference"]:
            untouched.append((_place(part, client), plan.basis))
    found: dict[str, Any] = {"differences": differences, "untouched": _bases(untouched, at_once=bool(differences)), "warnings": warnings}
    if parts is IN_SOURCE:
        changed = {difference["module"] for difference in differences}
        found["harmless"] = changed.isdisjoint(("sync_scope", "sync_mapping")) or not foresight.harms(planned)
    return found


def _after_earlier_parts(current: Any) -> Any:
    """The state of a part after those before it: the entry of the partner exists when something is shared with it, and the configuration is
    connected when its scope is set.
    """
    if isinstance(current, scope.Current):
        return scope.connected(current)
    return replace(current, exists=True) if isinstance(current, capability.Current) else current


def _without_limits(link: Given) -> Given:
    """The options of a link without limits for leaving users if a judgement of its impact follows, which knows the filters."""
    return {**link, **{f"scope_{name}": None for name in LIMITS}} if link["stop_at_difference"] else link


def _stops(found: Facts, link: Given) -> bool:
    return bool(link["stop_at_difference"] and found["differences"])


def _is_outstanding(plan: Plan, client: Client) -> bool:
    """Whether a state to wait for is not reached yet."""
    if plan.outcome is None:
        return False
    with client.reading():
        return not plan.outcome.reached(client.find(plan.outcome.path), None)


def _difference(part: Part, plan: Plan, client: Client, link: Given) -> dict[str, Any]:
    return {
        **_place(part, client),
        "actions": [action.describe() for action in plan.actions],
        "before": dict(plan.before),
        "after": dict(plan.after),
        **({} if link["stop_at_difference"] else {"basis": dict(plan.basis())}),
    }


def _bases(parts: Sequence[tuple[Facts, Callable[[], Facts]]], at_once: bool) -> Callable[[], list[dict[str, Any]]]:
    """The bases of parts without a difference. They are needed if another part differs, and most links are in sync. Until they are asked for,
    everything that was read of the parts stays in memory.
    """

    def asked() -> list[dict[str, Any]]:
        return [{**place, "basis": dict(basis())} for place, basis in parts]

    if not at_once:
        return asked
    found = asked()
    return lambda: found


def without_bases(source: Facts) -> Facts:
    """The result in the source without what the bases need, for a look at so many links that it would not fit into memory."""
    return source if source["differences"] else {**source, "untouched": None}


def _place(part: Part, client: Client) -> dict[str, Any]:
    return {"module": part.module, "tenant": client.tenant}


def _left_in_source(client: Client, link: Given) -> dict[str, Any]:
    target_id = partner.resolve(client, link["target"]["tenant_id"])
    serving = find_configuration.serving(client, target_id)
    return {
        **NOTHING,
        "configurations": [{"name": configuration.name, "id": configuration.id} for configuration in serving],
        "entry": _entry(client, target_id),
        "shared": _still_shared(client, link, SOURCE, target_id),
        "domains": link.get("source_domains"),
    }


def _still_shared(client: Client, link: Given, side: str, partner_tenant: str) -> tuple[str, ...] | None:
    """The features of the link that the tenant of a side still shares; ``None`` if the link says nothing about it."""
    wish = (link.get("share") or {}).get(side)
    if wish is None:
        return None
    seen = capability_reading.read(client, partner.resolve(client, partner_tenant), ())
    named = (name for name in FEATURES if wish.get(name) is not None)
    return tuple(name for name in named if FEATURES[name].allowed(seen.own))


def _entry(client: Client, partner_tenant: str) -> bool:
    """Whether the partner entry exists."""
    return client.find(partner.paths(partner.resolve(client, partner_tenant))[0]) is not None


def _partner_in_target(client: Client, source_tenant: str) -> tuple[bool, str | None]:
    """Whether the partner entry exists, and the id of the source tenant if it may synchronize users."""
    partner_id = partner.resolve(client, source_tenant)
    entry, synchronization = (client.find(path) for path in partner.paths(partner_id))
    allowed = entry is not None and partner.settings(entry, synchronization or {})["user_sync_inbound"]
    return entry is not None, partner_id if allowed else None


def excuse(link: Given, msg: str, error: Mapping[str, Any]) -> Facts | None:
    """The result if the comparison precedes the tasks that build the link, and a permission or a credential for it is missing: those tasks
    report the cause better. Other failures are raised.

    Credentials of the target from the environment are an example, because this task uses them for the source.
    """
    leaves = link["compare"] and link["stop_at_difference"] and link["state"] == "present"
    return link_report.not_compared(msg) if leaves and (error.get("status") == 403 or error.get("code") == "CredentialProblem") else None


def complain(link: Given, facts: Facts) -> str | None:
    """Why the task fails, if problems of the link are a failure."""
    if not link["fail_on_problems"] or not facts["problems"]:
        return None
    where = f"Tenant {link['tenant_id']}: link {link['configuration']} to tenant {link['target']['tenant_id']}"
    return f"{where} is not in its desired state: {'; '.join(facts['problems'])} ({facts['summary']})"


INQUIRY = LinkInquiry(in_source, in_target, excuse=excuse, complain=complain)
