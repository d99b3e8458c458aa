# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine of consequences predicts of a link, what the emulator's cycle then does, and how the two differ.

All of it happens in this process, without a request.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.engine import consequence
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import (
    Consequence,
)
from entra_emulator.provisioning import attributes
from entra_emulator.state import Tenant

from .foresight_reading import Generated, Json, population, run, state


@dataclass(frozen=True)
class Seen:
    """What the cycle did to an account."""

    effect: str
    changes: Mapping[str, tuple[Any, Any]]
    code: str = ""
    """Of a failure, as the provisioning log has it."""


def predicted(link: Generated) -> list[Consequence]:
    """What the engine says of every user."""
    after = state(link)
    return [
        consequence(source, target, link.before, after, link.switches, full=link.full, ending=link.target.initial_domain)
        for source, target in population(link)
    ]


def happened(link: Generated, foreseen: list[Consequence]) -> list[Seen]:
    """Let the cycle run, and see what it did to the accounts of these users."""
    earlier = copy.deepcopy(link.target)
    logged = len(link.source.provisioning_log)
    run(link)
    failed = {
        entry["sourceIdentity"]["id"]: entry["provisioningStatusInfo"]["errorInformation"]["errorCode"]
        for entry in link.source.provisioning_log[logged:]
        if entry["provisioningStatusInfo"]["status"] == "failure"
    }
    return [_seen(link, earlier, each, failed) for each in foreseen]


def _seen(link: Generated, earlier: Tenant, foreseen: Consequence, failed: Mapping[str, str]) -> Seen:
    assert foreseen.source is not None
    target = foreseen.target
    linked = link.job.links.get(foreseen.source.id, "")
    if linked not in earlier.users and linked not in earlier.deleted_items and linked in link.target.users:
        return Seen("created", _differences(link, {}, link.target.users[linked]))
    if foreseen.source.id in failed:
        return Seen("failed", {}, failed[foreseen.source.id])
    if target is None:
        return Seen("nothing", {})
    if target.deleted:
        if target.id not in link.target.users:
            return Seen("nothing", {})
        return Seen("restored", _differences(link, earlier.deleted_items[target.id], link.target.users[target.id]))
    if target.id not in link.target.users:
        return Seen("soft_deleted", {})
    changes = _differences(link, earlier.users[target.id], link.target.users[target.id])
    if changes.get("accountEnabled", (None, None))[1] is False:
        return Seen("disabled", changes)
    return Seen("converted" if "userType" in changes else "updated" if changes else "nothing", changes)


def _differences(link: Generated, before: Json, after: Json) -> dict[str, tuple[Any, Any]]:
    names = {row["targetAttributeName"] for row in link.user_mapping["attributeMappings"]} | {"userPrincipalName"}
    pairs = {name: (attributes.get(before, name), attributes.get(after, name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


NOTHING = ("unchanged", "kept", "skipped")
MADE_UP = {"displayName", "mailNickname", "accountEnabled", "userType", "telephoneNumber"}
"""What the target sets on a new account without a mapping."""


def contradiction(foreseen: Consequence, seen: Seen) -> str | None:
    """How the cycle contradicts the prediction; ``None`` if it does not."""
    possible = foreseen.possible or (foreseen.effect,)
    if foreseen.effect == "unknown" and (not foreseen.possible or "unknown" in possible):
        return None
    if seen.effect == "nothing":
        return None if set(possible) & set(NOTHING) and _said_why(foreseen) else f"predicted {foreseen.effect}, but nothing happened"
    if seen.code == "InternalError" and foreseen.effect == "unchanged" and foreseen.before.in_scope:
        # A mapping that cannot be evaluated fails again in each cycle, which changes nothing.
        return None
    if seen.effect not in possible:
        return f"predicted {foreseen.effect}, but it was {seen.effect} {dict(seen.changes)}"
    return _wrong_attributes(foreseen, seen) if seen.effect == foreseen.effect else None


def _said_why(foreseen: Consequence) -> bool:
    """Whether the three names of nothing are used as they are defined."""
    if foreseen.effect == "kept":
        gone = foreseen.source is not None and foreseen.source.deleted
        return (foreseen.leaves or gone) and foreseen.target is not None and not foreseen.target.deleted
    return foreseen.effect != "skipped" or (foreseen.after.in_scope is True and bool(foreseen.reason))


def _wrong_attributes(foreseen: Consequence, seen: Seen) -> str | None:
    told = {change.attribute: change for change in foreseen.changes}
    for name, change in told.items():
        pair = seen.changes.get(name)
        if not change.unknown and change.after != (pair[1] if pair else change.before):
            return f"predicted {name} = {change.after!r}, but it was {pair}"
    surprising = seen.changes.keys() - told.keys() - (MADE_UP if seen.effect == "created" else set())
    return f"did not predict {sorted(surprising)}: {[seen.changes[name] for name in surprising]}" if surprising else None
