# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Checks of the policies, licences and quotas of both tenants: pure functions (facts F7, F38, F40, F123, F141, F142, F144)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from ...graph.json_text import parse as parse_json
from ..clouds import obstacle_between
from ..partner import LARGEST_POLICY, settings
from ..people import some
from .finding import ERROR, UNKNOWN, WARNING, Finding

NEARLY_FULL = 0.9
PREMIUM = ("AAD_PREMIUM", "AAD_PREMIUM_P2")
"""Service plans that include Entra ID P1."""
GOVERNANCE = ("Entra_Identity_Governance",)
"""The service plan of Microsoft Entra ID Governance, which Microsoft Entra Suite contains (fact F235)."""

Raw = Mapping[str, Any]


def clouds(side: str, own: str, other: str) -> list[Finding]:
    """Both tenants must be in one cloud (fact F144)."""
    obstacle = obstacle_between(own, other) if side == "source" else obstacle_between(other, own)
    return [Finding("cloud", ERROR, obstacle, "remove this link from the inventory")] if obstacle else []


def switches(side: str, partner: str, values: Mapping[str, bool | None], required: bool) -> list[Finding]:
    """The switches of one tenant: each must be on before the service lets the link work (fact F40)."""
    if not required:
        return []
    return [
        Finding(
            "switches",
            ERROR,
            f"{name} is off for the {'target' if side == 'source' else 'source'} tenant {partner}",
            f"run the playbook sync.yml for the link, or set {name} with cross_tenant_policy in this tenant",
        )
        for name, value in values.items()
        if value is False
    ]


def collaboration(direction: str, entry: Raw | None, default: Raw) -> list[Finding]:
    """Whether B2B collaboration allows the users: the setting of the partner entry, or the default that it inherits."""
    name: Literal["b2b_collaboration_inbound", "b2b_collaboration_outbound"] = (
        "b2b_collaboration_inbound" if direction == "inbound" else "b2b_collaboration_outbound"
    )
    own = settings(entry, {})[name] if entry else None
    where = "the partner entry" if own else "the default settings"
    setting: Raw = own or settings(default, {})[name] or {}
    users, applications = setting.get("users_and_groups"), setting.get("applications")
    remedy = f"allow all users with {name} of cross_tenant_policy, or in the default cross-tenant access settings of this tenant"
    if _how_all_are_treated(users, "AllUsers") == "blocked":
        return [Finding("collaboration", ERROR, f"B2B collaboration {direction} is blocked for all users by {where}", remedy)]
    if _how_all_are_treated(users, "AllUsers") == "allowed" and _how_all_are_treated(applications, "AllApplications") == "allowed":
        return []
    if users is None and applications is None:
        return []
    cause = f"B2B collaboration {direction} is limited to some users or applications by {where}, so some users may be refused"
    return [Finding("collaboration", WARNING, cause, remedy)]


def _how_all_are_treated(part: Raw | None, everything: str) -> str:
    """``allowed`` or ``blocked``, if the setting is for all; ``some`` if it names certain users or applications."""
    if part is None:
        return "allowed"
    named = {target["target"] for target in part.get("targets") or ()}
    return str(part.get("access_type")) if everything in named else "some"


def invitations(policy: Raw) -> list[Finding]:
    """The target must allow at least some of its users to invite guests (fact F123)."""
    if policy.get("allowInvitesFrom") != "none":
        return []
    return [
        Finding(
            "invitations",
            ERROR,
            "the external collaboration settings do not allow guest invitations, so no user can be created",
            "in the external collaboration settings of this tenant, allow at least administrators and guest inviters to invite guests",
        )
    ]


def domain_lists(policies: Iterable[Raw]) -> tuple[frozenset[str], frozenset[str]]:
    """The allowed and the blocked domains, in lower case. They are JSON text in the active policy."""
    allowed: set[str] = set()
    blocked: set[str] = set()
    for policy in policies:
        for text in policy.get("definition") or () if policy.get("isOrganizationDefault") is not False else ():
            try:
                outer = parse_json(text)["B2BManagementPolicy"]
            except (ValueError, KeyError, TypeError):
                continue
            lists = outer.get("InvitationsAllowedAndBlockedDomainsPolicy") or {}
            allowed.update(str(domain).lower() for domain in lists.get("AllowedDomains") or ())
            blocked.update(str(domain).lower() for domain in lists.get("BlockedDomains") or ())
    return frozenset(allowed), frozenset(blocked)


def domains(policies: Iterable[Raw], wanted: Counter[str]) -> list[Finding]:
    """Compares the mail domains of the users who still have to be invited, and their number, with the lists of the target."""
    allowed, blocked = domain_lists(policies)
    refused = sorted(domain for domain in wanted if domain in blocked or (allowed and domain not in allowed))
    if not refused:
        return []
    listed = some([f"{domain} ({_users(wanted[domain])})" for domain in refused])
    return [
        Finding(
            "domains",
            ERROR,
            f"the collaboration restrictions do not allow invitations to {listed}",
            "in the external collaboration settings of this tenant, "
            + ("remove these domains from the list of blocked domains" if blocked else "add these domains to the list of allowed domains"),
        )
    ]


def policy_size(entry: Raw | None, used: int) -> list[Finding]:
    """A new partner entry must fit into the cross-tenant access policy (fact F38). ``used`` is in bytes."""
    if entry is not None or used < NEARLY_FULL * LARGEST_POLICY:
        return []
    return [
        Finding(
            "policy_size",
            WARNING,
            f"the cross-tenant access policy has {used} of {LARGEST_POLICY} bytes, so a new partner entry may not fit",
            "remove partner entries, or lists of users and applications in them, that are no longer needed",
        )
    ]


def directory_size(organization: Raw) -> tuple[int, int] | None:
    """How many objects a directory holds, and may hold; ``None`` if the service does not report it."""
    size = organization.get("directorySizeQuota") or {}
    used, total = size.get("used"), size.get("total")
    return (used, total) if isinstance(used, int) and isinstance(total, int) and total else None


def quota(organization: Raw, arriving: int) -> list[Finding]:
    """Free objects in the directory of the target for the users who still have to be created."""
    size = directory_size(organization)
    if size is None:
        return [Finding("quota", UNKNOWN, "could not read how full the directory is: the service does not report it", "check the portal")]
    used, total = size
    if used + arriving <= NEARLY_FULL * total:
        return []
    fits = used + arriving <= total
    cause = f"the directory holds {used} of {total} objects, and {_users(arriving)} will be added"
    remedy = "remove objects that are not needed, verify a domain, or ask Microsoft for a larger quota"
    return [Finding("quota", WARNING if fits else ERROR, cause, remedy)]


def licences(skus: Sequence[Raw], users: int) -> list[Finding]:
    """The source needs Entra ID P1 for each user who is synchronized (fact F141)."""
    units = premium_units(skus)
    if units >= users and units:
        return []
    cause = f"there are {units} licences with Entra ID P1 for {_users(users)} in scope" if units else "there is no licence with Entra ID P1"
    return [Finding("licences", WARNING, cause, "each synchronized user needs Entra ID P1 in the source; buy the missing licences")]


def group_licences(skus: Sequence[Raw], users: int) -> list[Finding]:
    """The source needs Microsoft Entra ID Governance or Microsoft Entra Suite for users whose groups are synchronized (fact F235)."""
    units = _units(skus, GOVERNANCE)
    if units and units >= users:
        return []
    have = f"there are {units} licences" if units else "there is no licence"
    cause = f"{have} with Microsoft Entra ID Governance, which the synchronization of groups needs for {_users(users)} in assigned groups"
    return [Finding("licences", WARNING, cause, "buy Microsoft Entra ID Governance or Microsoft Entra Suite in the source")]


def premium_units(skus: Sequence[Raw]) -> int:
    """How many users may have a licence with Entra ID P1."""
    return _units(skus, PREMIUM)


def _units(skus: Sequence[Raw], names: Collection[str]) -> int:
    """How many users may have a licence with one of these service plans."""
    return sum(int((sku.get("prepaidUnits") or {}).get("enabled") or 0) for sku in skus if _has(sku, names))


def _has(sku: Raw, names: Collection[str]) -> bool:
    plans = sku.get("servicePlans") or ()
    usable = sku.get("capabilityStatus") in ("Enabled", "Warning")
    known = {name.lower() for name in names}
    return usable and any(
        str(plan.get("servicePlanName")).lower() in known and plan.get("provisioningStatus") != "Disabled" for plan in plans
    )


def _users(number: int) -> str:
    return f"{number} {'user' if number == 1 else 'users'}"
