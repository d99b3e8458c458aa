# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What a tenant shares with its partners, as one side of the variable ``share``.

As with configurations, a value is described only if a run would find nothing to change in it: the planner of the module is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...graph.client import Client
from ...plan import Refusal
from .. import capability, capability_list
from ..capability_features import FEATURES, SharedFeature
from ..capability_list import ListedCapabilities
from ..capability_trust import MEMBER, trusted
from ..partner_entry import PARTNERS
from .model import Described
from .variables import WOULD_CHANGE


def read(client: Client) -> dict[str, Described]:
    """What the tenant shares, by the id of the partner. If it trusts nobody, nothing is shared, and nothing is asked."""
    if all(trusted(entry.get(MEMBER)) is None for entry in client.pages(f"{PARTNERS}?$expand=identitySynchronization")):
        return {}
    listed = capability_list.inquire(client, {"names": True})
    trusting = [one for one in listed["partners"] if one["trust"] is not None]
    found = {one["tenant_id"].lower(): _described(client, one, listed["group_names"]) for one in trusting}
    return {partner: described for partner, described in found.items() if described.variables or described.notes}


def _described(client: Client, listed: ListedCapabilities, names: Mapping[str, str]) -> Described:
    described = describe(listed["features"])
    reason = _unfit(client, listed["tenant_id"], described.variables) if described.variables else None
    if reason:
        return Described({}, (*described.notes, f"it cannot be described, and stays as it is: {reason}"))
    ids = [*described.variables.get("groups", ()), *described.variables.get("excluded_groups", ())]
    return Described(described.variables, (*described.notes, *(f"{one} is group {names[one]!r}" for one in ids if one in names)))


def _unfit(client: Client, partner: str, variables: Mapping[str, Any]) -> str | None:
    """Why this does not describe what is shared; ``None`` if a run with it changes nothing. What it reads was read before."""
    try:
        wanted = capability.desired({"tenant_id": client.tenant, "partner_tenant_id": partner, "state": "present", **variables})
        plan = capability.plan(capability.read(client, wanted), wanted)
    except Refusal as refusal:
        return str(refusal)
    return WOULD_CHANGE if plan.actions else None


def describe(seen: Mapping[str, SharedFeature]) -> Described:
    """The features that one wish can express, and notes about the others. If their scopes differ, none is named, so that all stay."""
    shared = {name: feature for name, feature in seen.items() if feature["scope"] is not None}
    odd = {name: why for name, feature in shared.items() if (why := _obstacle(feature))}
    levels = {name: shared[name]["level"] for name in FEATURES if name in shared and name not in odd}
    scopes = [_scope(shared[name]) for name in levels]
    common = scopes[0] if scopes and all(scope == scopes[0] for scope in scopes) else {}
    notes = [f"{name} cannot be described, and stays as it is: {why}" for name, why in odd.items()]
    if levels and not common:
        notes.append(f"the scopes of {', '.join(levels)} differ; they stay as they are")
    return Described({**levels, **common}, tuple(notes))


def _obstacle(feature: SharedFeature) -> str | None:
    if feature["also_allowed"]:
        return f"several levels are allowed at once, {feature['level']} and {', '.join(feature['also_allowed'])}"
    if feature["scope"] == "other":
        return "its scope names single users"
    return None


def _scope(feature: SharedFeature) -> dict[str, Any]:
    named = {name: feature[name] for name in ("groups", "excluded_groups") if feature[name]}
    return {"scope": feature["scope"], **named}
