# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The actions that change capabilities and the trust, and what they look after when two runs write the same partner (facts F200 to F202)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..graph.client import Client, Request
from ..plan import Action, Facts, Pace, Refusal
from .capability_features import EVERYONE, FEATURES, OF_TYPE, Access, accesses, body
from .capability_model import Current, Desired
from .capability_reading import place
from .capability_trust import MEMBER
from .partner_entry import PARTNERS
from .partner_values import Raw

EXISTS = "Request_MultipleObjectsWithSameKeyValue"
"""The code of a second capability of the same name (fact F201)."""


def trust_action(current: Current, wanted: Desired, trust: Raw | None) -> Action:
    """Creates the entry with the trust, or updates the trust."""
    if not current.exists:
        create = Request("POST", PARTNERS, {"tenantId": current.partner_id, MEMBER: trust})
        return Action("create", current.named, wanted.tenant, (create,))
    update = Request("PATCH", f"{PARTNERS}/{current.partner_id}", {MEMBER: trust})
    return Action("update", f"{current.named} (trust)", wanted.tenant, (update,))


def write(current: Current, wanted: Desired, name: str, access: Access, new: bool = False) -> Action:
    """Creates or updates a capability. ``new``: whether an earlier action of the plan creates it."""
    version, path = str(current.version), place(current.partner_id)
    label = f"capability {name} of {current.named} ({'allowed' if access.allowed else 'disallowed'})"
    if name in current.own:
        update = Request("PATCH", f"{path}/{name}", body(access), version)
        return Action("update", label, wanted.tenant, (update,), follows_creation=new)
    create = Request("POST", path, {"@odata.type": f"{OF_TYPE}{name}", **body(access)}, version)
    # In a new entry a conflict would pass as lag; what another run has created is read back like everything else.
    done = () if current.exists else (EXISTS,)
    return Action("create", label, wanted.tenant, (create,), follows_creation=not current.exists, done_codes=done)


def shown(access: Access) -> dict[str, Any]:
    """An access as plans contain it."""
    return {
        "allowed": access.allowed,
        **{part: [f"{one.type} {one.id}" for one in sorted(who)] for part, who in vars(access.scope).items()},
    }


def watching(action: Action, current: Current, wanted: Desired, allowed: frozenset[str], disallowed: frozenset[str]) -> Action:
    """The last action that allows something, which then looks whether another run has allowed another level of a feature meanwhile."""
    path, version = place(current.partner_id), str(current.version)

    def look(client: Client, _answer: Facts, _pace: Pace) -> str:
        own = _now(client, path, version)
        # What this run has disallowed may still be shown as allowed by a replica (fact F14).
        return _settle(client, path, version, {name: access for name, access in own.items() if name not in disallowed}, wanted, allowed)

    return replace(action, gives_way=look)


def _now(client: Client, path: str, version: str) -> dict[str, Access]:
    with client.reading():
        return accesses(client.pages(path, version=version))


def _settle(client: Client, path: str, version: str, own: Mapping[str, Access], wanted: Desired, allowed: frozenset[str]) -> str:
    """Leave the level that shows least, of two that two runs have allowed at the same time.

    :raises Refusal: when that is not the level of this run.
    """
    notes = []
    for option, level in wanted.levels.items():
        feature = FEATURES[option]
        if level is None or feature.levels[level] not in allowed:
            continue
        others = [other for other in feature.allowed(own) if other != level]
        order = list(feature.levels)
        less = [other for other in others if order.index(other) < order.index(level)]
        for other in [level] if less else others:
            name = feature.levels[other]
            scope = own[name].scope if name in own else EVERYONE
            client.send(Request("PATCH", f"{path}/{name}", body(Access(False, scope)), version))
        if less:
            raise Refusal(
                f"another process has set {option} to {less[0]} at the same time, so {level} is not allowed; only one level can be, "
                "make the two tasks agree and run again"
            )
        notes += [f"another process has set {option} to {other} at the same time, which is disallowed again" for other in others]
    return "; ".join(notes)


def remove(current: Current, wanted: Desired, name: str, access: Access | None) -> Action:
    """Removes a capability, or disallows it if it must not go."""
    if access is not None:
        return write(current, wanted, name, access)
    delete = Request("DELETE", f"{place(current.partner_id)}/{name}", version=str(current.version))
    return Action("delete", f"capability {name} of {current.named}", wanted.tenant, (delete,))


def untrust(current: Current, wanted: Desired) -> Action:
    """Removes the trust, after another look whether another run has allowed something meanwhile."""
    action = trust_action(current, wanted, None)
    path, version = place(current.partner_id), str(current.version)
    removed = frozenset(name for option in wanted.levels if option not in wanted.keep for name in FEATURES[option].levels.values())

    def requests(client: Client) -> tuple[Request, ...]:
        # What this run has removed may still be shown by a replica (fact F14).
        own = _now(client, path, version)
        return () if any(access.allowed for name, access in own.items() if name not in removed) else action.requests

    return replace(action, refresh=requests)
