# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The target's half of a preflight: policy, invitations, room, and whoever is in the way of the people that are to arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ...graph.client import Request
from ...graph.odata import LARGEST_IN, quoted
from ..partner import PARTNERS, policy_bytes, settings
from . import checks as preflight_policy
from . import people as preflight_people
from .finding import UNKNOWN, Finding
from .people import Person, There
from .reading import Looking, members

WORTH_LISTING = 150
"""From this many people on, whole collections are read a thousand at a time, which takes fewer requests than looking for each."""
KINDS = {
    "users": "id,userPrincipalName,mail,proxyAddresses,externalUserState",
    "groups": "id,displayName,mail,proxyAddresses",
    "contacts": "id,displayName,mail,proxyAddresses",
}
"""What can have an address, and what is read of it."""
GONE = "id,userPrincipalName,mail"
DELETED = "deleted"


@dataclass(frozen=True)
class Link:
    """What the inventory says of the link's target, and who is to arrive."""

    partner: str
    people: tuple[Person, ...]
    switches_required: bool


def look(looking: Looking, link: Link) -> dict[str, Any]:
    """Look at everything."""
    entry = f"{PARTNERS}/{link.partner}"
    found = looking.answers(
        {
            "entry": ("policy", Request("GET", f"{entry}?$expand=identitySynchronization")),
            "synchronization": ("policy", Request("GET", f"{entry}/identitySynchronization")),
            "default": ("policy", Request("GET", "/policies/crossTenantAccessPolicy/default")),
            "invitations": ("invitations", Request("GET", "/policies/authorizationPolicy")),
            "organization": ("quota", Request("GET", "/organization?$select=directorySizeQuota", version="beta")),
            **_domain_list(looking),
            **_searches(link.people),
        }
    )
    values = _policy(looking, link, found)
    if "invitations" in found:
        looking.findings += preflight_policy.invitations(found["invitations"])
    met, missing = preflight_people.met(link.people, _there(looking, link.people, found))
    looking.findings += met
    if "domains" in found:
        looking.findings += preflight_policy.domains(members(found["domains"]), Counter(one.domain for one in missing))
    if "organization" in found:
        organizations = members(found["organization"]) or [{}]
        looking.findings += preflight_policy.quota(organizations[0], len(missing))
    return {"switches": values, "people": [{"user_principal_name": one.name, "mail": one.mail} for one in missing]}


def _domain_list(looking: Looking) -> dict[str, tuple[str, Request]]:
    """The page of b2bManagementPolicy: beta, and the global cloud only."""
    if looking.client.cloud.name == "global":
        return {"domains": ("domains", Request("GET", "/policies/b2bManagementPolicies", version="beta"))}
    if looking.may("domains"):
        cause = f"could not read the allow or deny list of mail domains: Microsoft Graph does not tell it in the cloud {looking.client.cloud.name}"
        looking.findings.append(Finding("domains", UNKNOWN, cause, "look at the external collaboration settings in the portal"))
    return {}


def _policy(looking: Looking, link: Link, found: Mapping[str, Any]) -> dict[str, bool | None]:
    if "entry" not in found:
        return {"user_sync_inbound": None, "redemption_inbound": None}
    entry = found["entry"] or None
    # The expansion may be empty although the policy is there (fact sheet 1.3).
    ours: Mapping[str, Any] = settings(entry, found.get("synchronization") or entry.get("identitySynchronization") or {}) if entry else {}
    values: dict[str, bool | None] = {name: bool(ours.get(name)) for name in ("user_sync_inbound", "redemption_inbound")}
    looking.findings += preflight_policy.switches("target", link.partner, values, link.switches_required)
    if "default" in found:
        looking.findings += preflight_policy.collaboration("inbound", entry, found["default"])
    if entry is None:
        used = policy_bytes(looking.everything("policy", lambda: looking.client.pages(PARTNERS)))
        looking.findings += preflight_policy.policy_size(entry, used)
    return values


def _searches(people: Sequence[Person]) -> dict[str, tuple[str, Request]]:
    """Whoever has one of the people's addresses, and who was deleted. They go into the same batch as everything else."""
    if not people:
        return {}
    wanted = {DELETED: ("people", Request("GET", f"/directory/deletedItems/microsoft.graph.user?$select={GONE}&$top=999"))}
    if len(people) >= WORTH_LISTING:
        return wanted
    addresses = list(dict.fromkeys(address for person in people for address in (person.address, person.name.lower())))
    for kind, select in KINDS.items():
        for number, clause in enumerate(_clauses(kind, addresses)):
            check = "people" if kind == "users" else kind
            wanted[f"{kind} {number}"] = (check, Request("GET", f"/{kind}?$filter={clause}&$select={select}&$top=999"))
    return wanted


def _clauses(kind: str, addresses: Sequence[str]) -> Iterator[str]:
    """Fifteen addresses a filter. People may have a mail address without a mailbox, so they are looked for by both."""
    remaining = iter(addresses)
    while some := list(islice(remaining, LARGEST_IN)):
        if kind == "users":
            yield f"mail%20in%20({','.join(quoted(one) for one in some)})"
        yield "%20or%20".join(f"proxyAddresses/any(p:p%20eq%20{quoted(f'smtp:{one}')})" for one in some)


def _there(looking: Looking, people: Sequence[Person], found: Mapping[str, Any]) -> There:
    return There(**{kind: _with_addresses(looking, kind, people, found) for kind in KINDS}, deleted=members(found.get(DELETED)))


def _with_addresses(looking: Looking, kind: str, people: Sequence[Person], found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the searches brought; or all there are, where that is less work."""
    if len(people) >= WORTH_LISTING:
        return _all(looking, "people" if kind == "users" else kind, f"/{kind}?$select={KINDS[kind]}&$top=999")
    return [raw for name, body in found.items() if name.startswith(f"{kind} ") for raw in members(body)]


def _all(looking: Looking, check: str, path: str) -> list[dict[str, Any]]:
    return looking.everything(check, lambda: looking.client.pages(path))
