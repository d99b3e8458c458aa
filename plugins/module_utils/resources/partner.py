# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The partner entry: another tenant's place in this tenant's cross-tenant access policy (fact sheet 1)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..graph.batch import find_all
from ..graph.client import Client, Request
from ..graph.errors import ServiceError
from ..plan import Action, Plan, Refusal, Resource
from . import clouds, find_configuration
from .tenants import id_of_domain, is_own

PARTNERS = "/policies/crossTenantAccessPolicy/partners"

TRUST = {
    "mfa": "isMfaAccepted",
    "compliant_device": "isCompliantDeviceAccepted",
    "hybrid_joined_device": "isHybridAzureADJoinedDeviceAccepted",
}
REDEMPTION = {"redemption_inbound": "inboundAllowed", "redemption_outbound": "outboundAllowed"}
INBOUND = ("user_sync_inbound", "group_sync_inbound", "redemption_inbound")
ACCESS = {
    "b2b_collaboration_inbound": "b2bCollaborationInbound",
    "b2b_collaboration_outbound": "b2bCollaborationOutbound",
    "b2b_direct_connect_inbound": "b2bDirectConnectInbound",
    "b2b_direct_connect_outbound": "b2bDirectConnectOutbound",
}
IDENTITY_SYNCHRONIZATION = ("user_sync_inbound", "group_sync_inbound", "display_name")
SETTINGS = ("user_sync_inbound", *REDEMPTION, "inbound_trust", *ACCESS)
"""What a partner entry can say and can be told to inherit again."""
SWITCHES = ("user_sync_inbound", *REDEMPTION)
"""What a link needs of the two entries."""
OF_THE_SERVICE = ("isServiceProvider", "isInMultiTenantOrganization")
"""Flags that say something only where they are on (fact sheet 1.1)."""

LARGEST_POLICY = 25 * 1024

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Desired:
    """What is wanted. ``settings`` holds only what was named; a value of ``None`` in it means: inherit."""

    tenant: str
    partner: str
    absent: bool
    settings: Settings
    inherit: tuple[str, ...]
    keep_for: tuple[str, ...] | None = None
    """The configurations that still need the switches, as somebody else has seen them; ``None`` if nobody has looked."""


@dataclass(frozen=True)
class Current:
    """What is there, in our own words. ``settings`` is ``None`` where the entry does not exist."""

    partner_id: str
    settings: Settings | None
    identity_synchronization: bool
    raw: Mapping[str, Any]
    policy_bytes: int = 0
    """How large the whole policy is already, where this task may make it larger."""
    served: tuple[str, ...] | None = ()
    """This tenant's configurations that serve the partner, where a switch is going to be taken from them; ``None`` if they may not be read."""


def desired(params: Mapping[str, Any]) -> Desired:
    """Understand the options.

    :raises Refusal: when a setting is both given and inherited, or serves a link across clouds.
    """
    settings = {name: params[name] for name in (*SETTINGS, "group_sync_inbound", "display_name") if params.get(name) is not None}
    if settings.get("inbound_trust"):
        settings["inbound_trust"] = {name: value for name, value in settings["inbound_trust"].items() if value is not None}
    if not settings.get("inbound_trust", True):
        del settings["inbound_trust"]
    inherit = tuple(params.get("inherit") or ())
    _require_link(params, settings)
    both = sorted(set(inherit) & set(settings))
    if both:
        raise Refusal(f"{', '.join(both)} cannot be set and inherited at once")
    absent = params["state"] == "absent"
    keep_for = None if params.get("keep_for") is None else tuple(params["keep_for"])
    if keep_for and not absent:
        raise Refusal("keep_for says for whom to keep what state absent would take away, and does not go with state present")
    return Desired(params["tenant_id"], params["partner_tenant_id"], absent, settings, inherit, keep_for)


def _require_link(params: Mapping[str, Any], given: Settings) -> None:
    """The switches of a link, where both clouds are known: which of the two is the source, they tell."""
    here, there = params["cloud"], clouds.other(params, "partner_cloud")
    if any(given.get(name) for name in INBOUND):
        clouds.require_link(there, here)
    elif given.get("redemption_outbound"):
        clouds.require_link(here, there)


def read(client: Client, wanted: Desired) -> Current:
    """The entry, its identity synchronization, and how large the policy is if it may grow."""
    partner_id = resolve(client, wanted.partner)
    if is_own(client, partner_id):
        raise Refusal("partner_tenant_id is the tenant itself; a link needs two tenants")
    path = f"{PARTNERS}/{partner_id}"
    raw, policy = _entry_and_policy(client, path, groups="group_sync_inbound" in wanted.settings)
    grows = not wanted.absent and (raw is None or any(name in wanted.settings for name in ACCESS))
    size = policy_bytes(client.pages(PARTNERS)) if grows else 0
    if raw is None:
        return Current(partner_id, None, False, {}, size, _served(client, partner_id, wanted, now={}))
    now = settings(raw, policy or {})
    return Current(partner_id, now, policy is not None, raw, size, _served(client, partner_id, wanted, now))


def _served(client: Client, partner_id: str, wanted: Desired, now: Settings) -> tuple[str, ...] | None:
    """Who would be put into quarantine without redemption_outbound. In the target tenant there is nobody to see."""
    takes = wanted.absent and ("redemption_outbound" in wanted.inherit or (not wanted.inherit and now.get("redemption_outbound")))
    if not takes or wanted.keep_for is not None:
        return ()
    try:
        return tuple(one.name for one in find_configuration.serving(client, partner_id))
    except ServiceError as error:
        if error.denied:
            return None
        raise


def paths(partner_id: str) -> tuple[str, str]:
    """Where an entry and its identity synchronization are."""
    return f"{PARTNERS}/{partner_id}", f"{PARTNERS}/{partner_id}/identitySynchronization"


def _entry_and_policy(client: Client, path: str, groups: bool) -> tuple[Any, Any]:
    """The entry and its identity synchronization, which an expansion may hide although it is there (fact sheet 1.3)."""
    if groups:
        # Only beta knows groups, and it is asked only when they are (fact sheet 1.3).
        raw = client.find(path)
        return raw, raw and client.find(f"{path}/identitySynchronization", version="beta")
    raw, policy = find_all(client, [Request("GET", path), Request("GET", f"{path}/identitySynchronization")])
    return raw, policy


def resolve(client: Client, partner: str) -> str:
    """The partner's tenant id, from an id or a domain."""
    try:
        return str(uuid.UUID(partner))
    except ValueError:
        return id_of_domain(client, partner)


def policy_bytes(entries: Iterable[Mapping[str, Any]]) -> int:
    """How large a policy with these entries is; the service takes 25 KB in all (fact sheet 1.4)."""
    return _bytes([_saying(one) for one in entries])


def _saying(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if not name.startswith("@") and not _says_nothing(value)}


def _bytes(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def plan(current: Current, wanted: Desired) -> Plan:
    """Decide."""
    return _plan_absent(current, wanted) if wanted.absent else _plan_present(current, wanted)


def settings(raw: Mapping[str, Any], policy: Mapping[str, Any]) -> dict[str, Any]:
    """Graph's entry in our words; ``None`` means inherited from the tenant's default."""
    consent = raw.get("automaticUserConsentSettings") or {}
    trust = raw.get("inboundTrust")
    sync = policy.get("userSyncInbound") or {}
    return {
        "user_sync_inbound": sync.get("isSyncAllowed"),
        "group_sync_inbound": (policy.get("groupSyncInbound") or {}).get("isSyncAllowed"),
        "display_name": policy.get("displayName"),
        **{ours: consent.get(theirs) for ours, theirs in REDEMPTION.items()},
        "inbound_trust": {ours: trust.get(theirs) for ours, theirs in TRUST.items()} if trust else None,
        **{ours: _access(raw.get(theirs)) for ours, theirs in ACCESS.items()},
    }


def _access(raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if raw is None:
        return None
    return {ours: _targets(raw.get(theirs)) for ours, theirs in (("users_and_groups", "usersAndGroups"), ("applications", "applications"))}


def _targets(raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if raw is None:
        return None
    targets = [{"target": one["target"], "target_type": one["targetType"]} for one in raw.get("targets") or ()]
    return {"access_type": raw.get("accessType"), "targets": sorted(targets, key=lambda one: (one["target_type"], one["target"]))}


def _wanted_values(wanted: Desired, now: Settings) -> dict[str, Any]:
    """The value each managed setting shall have; members that were not named keep what they have."""
    values: dict[str, Any] = dict.fromkeys(wanted.inherit)
    for name, value in wanted.settings.items():
        if name == "inbound_trust":
            values[name] = {**dict.fromkeys(TRUST), **(now.get(name) or {}), **value}
        elif name in ACCESS:
            values[name] = {**dict.fromkeys(("users_and_groups", "applications")), **(now.get(name) or {}), **_given_access(value)}
        else:
            values[name] = value
    return values


def _given_access(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        part: {
            "access_type": given["access_type"],
            "targets": sorted(
                ({"target": one["target"], "target_type": one["target_type"]} for one in given["targets"]),
                key=lambda one: (one["target_type"], one["target"]),
            ),
        }
        for part, given in value.items()
        if given is not None
    }


def _plan_present(current: Current, wanted: Desired) -> Plan:
    now: Settings = current.settings or {}
    values = _wanted_values(wanted, now)
    changed = {name: value for name, value in values.items() if now.get(name) != value}
    actions = []
    partner = f"partner {current.partner_id}"
    entry = {name: value for name, value in changed.items() if name not in IDENTITY_SYNCHRONIZATION}
    body = _entry_body(entry, now, current.raw)
    _refuse_too_large(current, body)
    if current.settings is None:
        actions.append(
            Action("create", partner, wanted.tenant, (Request("POST", PARTNERS, {"tenantId": current.partner_id, **body}),), after=entry)
        )
    elif entry:
        before = {name: now.get(name) for name in entry}
        path = f"{PARTNERS}/{current.partner_id}"
        actions.append(Action("update", f"{partner} ({', '.join(entry)})", wanted.tenant, (Request("PATCH", path, body),), before, entry))
    synchronization = {name: value for name, value in changed.items() if name in IDENTITY_SYNCHRONIZATION}
    if synchronization:
        actions.append(_synchronization_action(current, wanted, synchronization))
    before = {name: now.get(name) for name in values} if current.settings is not None else {}
    return Plan(
        before={"partner": current.partner_id, "state": "absent" if current.settings is None else "present", **before},
        after={"partner": current.partner_id, "state": "present", **values},
        facts=_facts(current.partner_id, {**dict.fromkeys((*SETTINGS, "group_sync_inbound", "display_name")), **now, **values}),
        actions=tuple(actions),
    )


def _refuse_too_large(current: Current, body: Mapping[str, Any]) -> None:
    """The service refuses a policy of more than 25 KB (fact sheet 1.4), after everything before it was written."""
    growth = _bytes(body) - _bytes({name: current.raw.get(name) for name in body})
    size = current.policy_bytes + growth
    if growth > 0 and size > LARGEST_POLICY:
        raise Refusal(
            f"the cross-tenant access policy would have about {size} bytes, and the service takes {LARGEST_POLICY}; "
            f"shorten the lists of partner {current.partner_id} or others, for example by naming groups instead of users"
        )


def _synchronization_action(current: Current, wanted: Desired, changed: Settings) -> Action:
    """PUT creates and PATCH updates: a second PUT is refused (fact sheet 1.3)."""
    body: dict[str, Any] = {}
    if "user_sync_inbound" in changed:
        body["userSyncInbound"] = {"isSyncAllowed": changed["user_sync_inbound"]}
    if "group_sync_inbound" in changed:
        body["groupSyncInbound"] = {"isSyncAllowed": changed["group_sync_inbound"]}
    if "display_name" in changed:
        body["displayName"] = changed["display_name"]
    path = f"{PARTNERS}/{current.partner_id}/identitySynchronization"
    exists = current.identity_synchronization
    return Action(
        "update" if exists else "create",
        f"identity synchronization with partner {current.partner_id} ({', '.join(changed)})",
        wanted.tenant,
        (Request("PATCH" if exists else "PUT", path, body, version="beta" if "group_sync_inbound" in changed else "v1.0"),),
        before={name: (current.settings or {}).get(name) for name in changed} if exists else None,
        after=dict(changed),
        follows_creation=current.settings is None,
    )


def _entry_body(entry: Settings, now: Settings, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the entry to write. A nested member is sent with its neighbours that hold a value: right whether the
    service merges nested values or replaces them, and without writing what another link may be setting (fact sheet 1.2).
    """
    body: dict[str, Any] = {}
    if any(name in entry for name in REDEMPTION):
        members = {name: entry.get(name, now.get(name)) for name in REDEMPTION}
        body["automaticUserConsentSettings"] = {
            theirs: members[ours] for ours, theirs in REDEMPTION.items() if ours in entry or members[ours] is not None
        }
    if "inbound_trust" in entry:
        trust = entry["inbound_trust"]
        unknown = {name: value for name, value in _unknown(raw.get("inboundTrust"), TRUST.values()).items() if value is not None}
        body["inboundTrust"] = trust and {**unknown, **{TRUST[name]: value for name, value in trust.items()}}
    for ours, theirs in ACCESS.items():
        if ours in entry:
            body[theirs] = _access_body(entry[ours])
    return body


def _access_body(access: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if access is None:
        return None
    body = {}
    for ours, theirs in (("users_and_groups", "usersAndGroups"), ("applications", "applications")):
        part = access.get(ours)
        if part is not None:
            targets = [{"target": one["target"], "targetType": one["target_type"]} for one in part["targets"]]
            body[theirs] = {"accessType": part["access_type"], "targets": targets}
    return body


def _plan_absent(current: Current, wanted: Desired) -> Plan:
    served = current.served if wanted.keep_for is None else wanted.keep_for
    still = {"still_served_by": None if served is None else list(served)}
    if current.settings is None:
        nothing = {"partner": current.partner_id, "state": "absent"}
        return Plan(nothing, nothing, {**_facts(current.partner_id, None), **still})
    named = _taken(current, wanted, served)
    left = {name: value for name, value in current.settings.items() if name not in named and not _says_nothing(value)}
    # They belong to the identity synchronization, not to the entry.
    for name in ("display_name", "group_sync_inbound"):
        left.pop(name, None)
    path = f"{PARTNERS}/{current.partner_id}"
    actions = []
    if current.identity_synchronization and "user_sync_inbound" in named:
        # The service refuses to delete an entry that still has one (fact sheet 1.2).
        actions.append(
            Action(
                "delete",
                f"identity synchronization with partner {current.partner_id}",
                wanted.tenant,
                (Request("DELETE", f"{path}/identitySynchronization"),),
            )
        )
    before = {name: value for name, value in current.settings.items() if name in named and not _says_nothing(value)}
    # A policy that was not named keeps the entry too: the service refuses to delete one that has a policy.
    policy_stays = current.identity_synchronization and "user_sync_inbound" not in named
    remains = bool(left) or policy_stays or _foreign(current.raw, named)
    if wanted.inherit and remains:
        entry: dict[str, Any] = {name: None for name in before if name not in IDENTITY_SYNCHRONIZATION}
        if entry:
            request = Request("PATCH", path, _entry_body(entry, current.settings, current.raw))
            title = f"partner {current.partner_id} ({', '.join(entry)})"
            actions.append(Action("update", title, wanted.tenant, (request,), before, entry))
    else:
        actions.append(Action("delete", f"partner {current.partner_id}", wanted.tenant, (Request("DELETE", path),), before))
    kept = bool(wanted.inherit and remains)
    gone = [*before, *(IDENTITY_SYNCHRONIZATION if "user_sync_inbound" in named else ())]
    return Plan(
        before={"partner": current.partner_id, "state": "present", **before},
        after={"partner": current.partner_id, "state": "present" if kept else "absent"},
        facts={**_facts(current.partner_id, {**current.settings, **dict.fromkeys(gone)} if kept else None), **still},
        actions=tuple(actions),
        warnings=(
            *((f"partner {current.partner_id} is kept, because other settings remain in it",) if kept and actions else ()),
            *_kept_switches(current, wanted, served),
        ),
    )


def _taken(current: Current, wanted: Desired, served: tuple[str, ...] | None) -> tuple[str, ...]:
    """The settings to take away: all that are asked for, but the switches only if they serve nobody else.

    :raises Refusal: when the whole entry is to go.
    """
    if not served:
        return wanted.inherit or (*SETTINGS, "group_sync_inbound", "display_name")
    if not wanted.inherit:
        raise Refusal(
            f"partner {current.partner_id} cannot be removed, because it still serves {', '.join(served)}; "
            "remove those configurations first, or name in inherit what to take away"
        )
    return tuple(name for name in wanted.inherit if name not in SWITCHES)


def _kept_switches(current: Current, wanted: Desired, served: tuple[str, ...] | None) -> tuple[str, ...]:
    on = [name for name in SWITCHES if name in (wanted.inherit or SWITCHES) and (current.settings or {}).get(name)]
    if served and on:
        return (f"{', '.join(on)} of partner {current.partner_id}: kept, because they still serve {', '.join(served)}",)
    if served is None and "redemption_outbound" in on:
        return (
            f"redemption_outbound of partner {current.partner_id}: could not see whether another configuration still needs it, "
            "because this application may not read configurations (Application.Read.All, Synchronization.Read.All)",
        )
    return ()


def _foreign(raw: Mapping[str, Any], named: Iterable[str]) -> bool:
    """Whether the entry says something that this collection does not manage. Trust that is given back goes as a whole."""
    ours = {"tenantId", "identitySynchronization", "automaticUserConsentSettings", "inboundTrust", *ACCESS.values()}
    parts = [_unknown(raw.get("automaticUserConsentSettings"), REDEMPTION.values())]
    if "inbound_trust" not in named:
        parts.append(_unknown(raw.get("inboundTrust"), TRUST.values()))
    return not _says_nothing({str(number): part for number, part in enumerate(parts)}) or any(
        bool(value) if name in OF_THE_SERVICE else not _says_nothing(value)
        for name, value in raw.items()
        if name not in ours and not name.startswith("@")
    )


def _unknown(raw: Mapping[str, Any] | None, known: Iterable[str]) -> dict[str, Any]:
    """Members of a nested value that this collection does not know (fact sheet 1.1)."""
    ours = set(known)
    return {name: value for name, value in (raw or {}).items() if name not in ours and not name.startswith("@")}


def _says_nothing(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_says_nothing(member) for member in value.values())
    return value is None


def _facts(partner_id: str, settings: Settings | None) -> dict[str, Any]:
    return {"partner_tenant_id": partner_id, "partner": None if settings is None else {"tenant_id": partner_id, **settings}}


RESOURCE = Resource(desired, read, plan)
