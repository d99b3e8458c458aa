# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""A whole link, compared with what it shall be: every resource of it in one task, which changes nothing.

The planners are those of the modules that the roles run, so a link in which they find nothing to do needs no task of the roles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.batch import send_all
from ..graph.client import Answer, Client, Request
from ..graph.odata import is_id
from ..plan import Facts, LinkInquiry, Plan, Refusal, Resource
from . import configuration, job, partner, scope, synced_user
from .mapping import filters
from .mapping import resource as mapping

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
        "adopt": link["adopt"],
        "others": link.get("others"),
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
        "restart_owed": False,
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

ORGANIZATION = Request("GET", "/organization?$select=id,verifiedDomains")
"""The source itself, whose verified domains tell whose users are meant in the target."""

NOTHING: Facts = {"differences": [], "warnings": []}
"""What differs where nothing is compared."""

IN_SOURCE = (
    Part("cross_tenant_policy", partner.RESOURCE, _source_policy),
    Part("sync_configuration", configuration.RESOURCE, _configuration),
    Part("sync_mapping", mapping.RESOURCE, _mapping),
    Part("sync_scope", scope.RESOURCE, _scope),
    Part("sync_job", job.RESOURCE, _job),
)
IN_TARGET = (Part("cross_tenant_policy", partner.RESOURCE, _target_policy),)

_CLOSER: dict[str, Callable[[Any], None]] = {
    # A job may know more operators than the documented ones; then the comparison with it decides.
    "sync_mapping": lambda wanted: filters.check(wanted.filters or [], (), {}),
}
"""What else can be judged of what a part wants, without the service."""


@dataclass(frozen=True)
class Fault:
    """A refusal that needs no look at the service, and the options it comes from: ``filters``, or ``filters[0]`` of several."""

    said: str
    options: tuple[str, ...]


def judge(link: Given, parts: Sequence[Part]) -> list[Fault]:
    """What is wrong with a link's options, as far as they alone tell. Nothing is sent."""
    found: dict[str, Fault] = {}
    for part in parts:
        said = _refusal(part, link)
        if said and said not in found:
            found[said] = Fault(said, tuple(_causes(part, link, said)))
    return list(found.values())


def _refusal(part: Part, link: Given) -> str | None:
    try:
        wanted = part.resource.desired(part.options(link))
        _CLOSER.get(part.module, lambda _wanted: None)(wanted)
    except Refusal as refusal:
        return str(refusal)
    return None


def _causes(part: Part, link: Given, said: str) -> Iterator[str]:
    """The options without which the same would not be said."""
    for name in _OPTIONAL:
        value = link.get(name)
        if value is None or _refusal(part, {**link, name: None}) == said:
            continue
        members = range(len(value)) if isinstance(value, list) else ()
        single = [one for one in members if _refusal(part, {**link, name: [*value[:one], *value[one + 1 :]]}) != said]
        yield from (f"{name}[{one}]" for one in single) if single else (name,)


_OPTIONAL = (
    "notification_email",
    "deletion_threshold",
    *(f"scope_{name}" for name in SCOPE),
    *MAPPING,
    "job_state",
    "job_wait",
)
"""The options of a link that can be left out."""


def in_source(client: Client, link: Given) -> dict[str, Any]:
    """What differs in the source tenant, and the job as it is."""
    if not link["target"]["tenant_id"]:
        raise Refusal("tenant_id of target is missing; it is the target tenant's id or one of its verified domains")
    client.cache_reads()
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
    for request, outcome in zip(requests, send_all(client, requests), strict=True):
        client.cache_read(request, outcome)


def _domains(client: Client) -> list[str] | None:
    """Every domain that a user principal name of the source may have: the verified ones, and those of the users in scope. ``None``
    where the verified ones may not be read.
    """
    answer = client.cached_read(ORGANIZATION)
    organization = next(iter(client.members(answer.body)), None) if isinstance(answer, Answer) else None
    if organization is None:
        return None
    in_scope = [one.name.rpartition("@")[2] for one in client.principals.values() if one.kind == "user" and not one.external]
    return sorted(
        {str(one["name"]).lower() for one in organization.get("verifiedDomains") or ()} | {one.lower() for one in in_scope if one}
    )


def in_target(client: Client, link: Given, source: Facts) -> dict[str, Any]:
    """The whole result: what differs in the target tenant, too, and who has arrived there."""
    found = _compare(client, link, IN_TARGET) if link["compare"] else NOTHING
    if _enough(source, link) or _enough(found, link):
        return judged(source, found, None, link)
    origin = {"source_domains": source["domains"], "source_tenant_id": link["tenant_id"]}
    with client.reading():
        people = synced_user.inquire(client, origin)["synced_users"]
    return judged(source, found, people, link)


def _compare(client: Client, link: Given, parts: Sequence[Part]) -> dict[str, Any]:
    """What differs. Every part is planned, also after a difference: what one refuses must be known before another is written."""
    differences: list[dict[str, Any]] = []
    warnings: list[str] = []
    owed = False
    for part in parts:
        wanted = part.resource.desired(
            {**part.options(link), **({"restart_owed": owed} if part.resource in (scope.RESOURCE, job.RESOURCE) else {})}
        )
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


def judged(source: Facts, target: Facts, people: Sequence[Facts] | None, link: Given) -> dict[str, Any]:
    """The result. ``people`` is ``None`` where the comparison stopped before them."""
    differences = [*source["differences"], *target.get("differences", ())]
    missing = None if people is None else synced_user.missing(people, link.get("verify_users") or ())
    quarantine = (source["job"] or {}).get("quarantine")
    in_sync = not differences and not quarantine and not missing if link["compare"] else None
    return {
        "in_sync": in_sync,
        "differences": differences[:1] if link.get("stop_at_difference") else differences,
        "job": source["job"],
        "synced_users": None if people is None else len(people),
        "missing_users": missing,
        "problems": list(_problems(source, missing, link)),
        "summary": "; ".join(_summary(in_sync, differences, missing, people, source)),
        "warnings": list(dict.fromkeys((*source["warnings"], *target.get("warnings", ())))),
    }


def _problems(source: Facts, missing: Sequence[str] | None, link: Given) -> Iterator[str]:
    """What is wrong with the link although it may be configured as wanted."""
    if source["verdict"]:
        found = source["job"] or {}
        state, wanted = found.get("state") or "absent", link["job_state"]
        if state != wanted:
            yield f"the job is {state} and must be {wanted}"
        if found.get("quarantine"):
            yield f"the job is in quarantine ({found['quarantine'].get('reason')})"
    if missing:
        yield f"not in the address book of tenant {link['target']['tenant_id']}: {', '.join(missing)}"


def _summary(
    in_sync: bool | None, differences: Sequence[Facts], missing: Sequence[str] | None, people: Sequence[Facts] | None, source: Facts
) -> Iterator[str]:
    """How the link is, in one line for whoever reads the output of a run."""
    modules = ", ".join(dict.fromkeys(one["module"] for one in differences))
    if in_sync is not None:
        yield "in sync" if in_sync else f"differs in {modules}" if modules else "configured as wanted"
    if source["verdict"]:
        yield _job_summary(source["job"], source["verdict"])
    if people is not None:
        yield f"{len(people)} synced {'user' if len(people) == 1 else 'users'}"
    if missing:
        yield f"not in the address book: {', '.join(missing)}"


def _job_summary(found: Facts | None, verdict: Facts) -> str:
    """The verdict of the job, since when it holds, and when the last cycle ended."""
    word, since = str(verdict["verdict"]).replace("_", " "), verdict["since"] or (found or {}).get("steady_since")
    last = (found or {}).get("last_cycle")
    dated = f" since {since}" if since and word in ("healthy", "quarantined") else ""
    reason = f" ({verdict['reason']})" if verdict["reason"] else ""
    return f"job {word}{dated}{reason}" + (f", last cycle ended {last['ended']}" if last else "")


INQUIRY = LinkInquiry(in_source, in_target)
