# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The source's half of a preflight: policy, configurations, licences, and the people in scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...graph.client import Client, Request
from ...plan import Refusal
from .. import configuration, scope, settings_bag
from ..configuration_choice import Found, Wanted, choose
from ..directory import PERSON, Principal, find_groups, find_people, members_of, person
from ..find_configuration import of_multitenant_organization
from ..partner import PARTNERS, policy_bytes, settings
from . import checks as preflight_policy
from . import people as preflight_people
from .finding import ERROR, WARNING, Finding
from .reading import Looking, members


@dataclass(frozen=True)
class Link:
    """What the inventory says of the link's source."""

    partner: str
    configuration: str | None
    mode: str | None
    users: tuple[str, ...]
    groups: tuple[str, ...]
    exact: bool
    switches_required: bool
    adopt: bool = False
    others: tuple[str, ...] = ()


def look(looking: Looking, link: Link) -> dict[str, Any]:
    """Look at everything, and return what the target's half wants to know."""
    found = looking.answers(
        {
            "entry": ("policy", Request("GET", f"{PARTNERS}/{link.partner}")),
            "default": ("policy", Request("GET", "/policies/crossTenantAccessPolicy/default")),
            "organization": ("mail_domains", Request("GET", "/organization?$select=verifiedDomains")),
            "skus": ("licences", Request("GET", "/subscribedSkus?$select=capabilityStatus,prepaidUnits,servicePlans")),
        }
    )
    values = _policy(looking, link, found)
    serving = _configurations(looking, link)
    principals = _in_scope(looking, link, serving)
    looking.findings += preflight_people.skipped(principals, _verified(found.get("organization")))
    people = preflight_people.arriving(principals)
    if "skus" in found:
        looking.findings += preflight_policy.licences(members(found["skus"]), len(people))
    return {
        "switches": values,
        "people": [{"user_principal_name": one.name, "mail": one.mail} for one in people],
    }


def _policy(looking: Looking, link: Link, found: Mapping[str, Any]) -> dict[str, bool | None]:
    if "entry" not in found:
        return {"redemption_outbound": None}
    entry = found["entry"] or None
    values: dict[str, bool | None] = {"redemption_outbound": bool(entry and settings(entry, {})["redemption_outbound"])}
    looking.findings += preflight_policy.switches("source", link.partner, values, link.switches_required)
    if "default" in found:
        looking.findings += preflight_policy.collaboration("outbound", entry, found["default"])
    if entry is None:
        used = policy_bytes(looking.everything("policy", lambda: looking.client.pages(PARTNERS)))
        looking.findings += preflight_policy.policy_size(entry, used)
    return values


def _configurations(looking: Looking, link: Link) -> Found | None:
    """The configuration that sync_configuration would take, and what speaks against it."""
    everything = tuple(looking.everything("configurations", lambda: configuration.with_bags(looking.client)))
    serving = [one for one in everything if one.serves == link.partner]
    if link.configuration is None:
        looking.findings += several(serving)
        return serving[0] if len(serving) == 1 else None
    try:
        match = choose(everything, Wanted(link.configuration, adopt=link.adopt, others=link.others), link.partner)
    except Refusal as refusal:
        looking.findings += several(serving)
        remedy = "rename or remove what is in the way, or choose another link_configuration"
        looking.findings.append(Finding("configurations", ERROR, str(refusal), remedy))
        return None
    looking.findings += several(serving, one_more=match is None)
    return match


def several(serving: list[Found], one_more: bool = False) -> list[Finding]:
    """More than one configuration for a pair of tenants is possible, as long as their scopes do not overlap (fact sheet 10)."""
    if len(serving) + one_more < 2:
        return []
    names = ", ".join(f"{one.configuration.name} ({one.configuration.id})" for one in serving)
    foreign = any(of_multitenant_organization(one.configuration.name) for one in serving)
    also = "; the one that begins with MTO_Sync_ belongs to the Microsoft 365 admin center" if foreign else ""
    others = "1 configuration serves" if len(serving) == 1 else f"{len(serving)} configurations serve"
    cause = f"{others} the same target{' beside the one that this link makes' if one_more else ''}: {names}{also}"
    return [Finding("configurations", WARNING, cause, "make sure that their scopes do not overlap, or remove those that are not wanted")]


def _in_scope(looking: Looking, link: Link, serving: Found | None) -> list[Principal]:
    """Everybody whom the link is going to synchronize, with the direct members of groups."""
    client = looking.client
    if link.mode == "all" or (link.mode is None and serving is not None and settings_bag.synchronizes_all(serving.bag)):
        return looking.everything("people", lambda: _all_people(client))
    assigned = [] if serving is None or link.exact else looking.everything("people", lambda: _assigned(client, serving))
    known = {one.name.lower() for one in assigned}
    try:
        names = [name for name in link.users if name.lower() not in known]
        users = looking.everything("people", lambda: find_people(client, names).values())
        groups = looking.everything("groups", lambda: find_groups(client, link.groups).values())
    except Refusal as refusal:
        looking.findings.append(Finding("people", ERROR, str(refusal), "correct link_scope_users and link_scope_groups"))
        return assigned
    together = {one.id: one for one in [*assigned, *users, *groups]}
    within = [one for group in together.values() if group.kind == "group" for one in _members(looking, group)]
    return [one for one in [*together.values(), *within] if one.kind == "user" or one.id not in together]


def _members(looking: Looking, group: Principal) -> list[Principal]:
    return looking.everything("groups", lambda: members_of(looking.client, group.id))


def _assigned(client: Client, serving: Found) -> list[Principal]:
    return [one.principal for one in scope.assignments(client, serving.configuration)]


def _all_people(client: Client) -> Iterable[Principal]:
    for raw in client.pages(f"/users?$filter=userType%20eq%20'Member'&$select={PERSON}&$top=999"):
        yield person(raw)


def _verified(body: Mapping[str, Any] | None) -> frozenset[str] | None:
    organizations = members(body)
    return frozenset(str(one["name"]).lower() for one in organizations[0].get("verifiedDomains") or ()) if organizations else None
