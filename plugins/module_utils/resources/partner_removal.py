# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""What state absent removes from a partner entry, and what it keeps for others: pure decisions (facts F34, F74)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..graph.client import Request
from ..plan import Action, Plan, Refusal
from .partner_entry import Current, Desired, entry_action, facts, needed_by_source, paths, synchronization_action
from .partner_settings import ENTRY, SYNCHRONIZATION, Table, Values
from .partner_values import Raw, says_nothing, unknown

OF_THE_SERVICE = ("isServiceProvider", "isInMultiTenantOrganization")
"""Flags that say something only where they are on (fact F31)."""


def plan_removal(current: Current, wanted: Desired) -> Plan:
    """Remove the whole entry, or what ``inherit`` names and the entry only if nothing else is left in it.

    :raises Refusal: when the whole entry is to be removed, and still serves configurations.
    """
    served = current.served if wanted.keep_for is None else wanted.keep_for
    still = {"still_served_by": None if served is None else list(served)}
    if current.settings is None:
        nothing = {"partner": current.partner_id, "state": "absent"}
        return Plan(nothing, nothing, {**facts(current.partner_id, None), **still})
    table, now = wanted.table, current.settings
    removed = _removed(current, wanted, served)
    says = {name: value for name, value in now.items() if not says_nothing(value)}
    before = {name: value for name, value in says.items() if name in removed}
    synchronization = _synchronization_removal(current, wanted, removed, before)
    goes = synchronization is not None and synchronization.verb == "delete"
    # The service refuses to delete an entry that still has an identity synchronization (fact F36).
    remains = (
        bool(table.within(ENTRY, says).keys() - set(removed))
        or (current.has_synchronization and not goes)
        or bool(_unknown(table, current.raw, removed))
        or current.capabilities != ()
    )
    kept = bool(wanted.inherit and remains)
    beside = {} if kept else _beside(current, wanted)
    actions = [synchronization] if synchronization else []
    entry = dict.fromkeys(table.within(ENTRY, before))
    if not kept:
        delete = Request("DELETE", paths(current.partner_id)[0])
        actions.append(Action("delete", f"partner {current.partner_id}", wanted.tenant, (delete,)))
    elif entry:
        actions.append(entry_action(current, wanted, entry))
    gone = [*before, *(table.names(lambda row: row.part == SYNCHRONIZATION) if goes else ())]
    return Plan(
        before={"partner": current.partner_id, "state": "present", **before, **beside},
        after={"partner": current.partner_id, "state": "present" if kept else "absent"},
        facts={**facts(current.partner_id, {**now, **dict.fromkeys(gone)} if kept else None), **still},
        actions=tuple(actions),
        warnings=(
            *((f"partner {current.partner_id} is kept, because other settings remain in it",) if kept and actions else ()),
            *_unread_capabilities(current, kept),
            *_kept_switches(current, wanted, served),
        ),
    )


def _beside(current: Current, wanted: Desired) -> dict[str, Any]:
    """What goes with the whole entry and is not among its settings: what this collection does not know, and its capabilities (fact F201)."""
    others = {"other_settings": _unknown(wanted.table, current.raw, ()), "capabilities": list(current.capabilities or ())}
    return {name: value for name, value in others.items() if value}


def _unread_capabilities(current: Current, kept: bool) -> tuple[str, ...]:
    if current.capabilities is not None:
        return ()
    outcome = "is kept, because it may have them" if kept else "is removed with those that it has"
    return (
        f"capabilities of partner {current.partner_id}: could not be read, because this application lacks Policy.Read.All; "
        f"the partner {outcome}",
    )


def _removed(current: Current, wanted: Desired, served: Collection[str] | None) -> tuple[str, ...]:
    """The settings to remove: all that are asked for, but no switches that still serve configurations."""
    if not served:
        return wanted.inherit or wanted.table.names()
    if not wanted.inherit:
        raise Refusal(
            f"partner {current.partner_id} cannot be removed, because it still serves {', '.join(served)}; "
            "remove those configurations first, or name in inherit what to remove"
        )
    return tuple(name for name in wanted.inherit if name not in wanted.table.needed)


def _synchronization_removal(current: Current, wanted: Desired, removed: Collection[str], before: Values) -> Action | None:
    """The identity synchronization goes with the last of the settings that can be inherited: the others only describe it."""
    table = wanted.table
    if not current.has_synchronization or not table.within(SYNCHRONIZATION, dict.fromkeys(removed)):
        return None
    left = [
        name
        for name, value in table.within(SYNCHRONIZATION, current.settings or {}).items()
        if table.rows[name].inheritable and name not in removed and not says_nothing(value)
    ]
    if left:
        inherited = dict.fromkeys(table.within(SYNCHRONIZATION, before))
        return synchronization_action(current, wanted, inherited, exists=True) if inherited else None
    delete = Request("DELETE", paths(current.partner_id)[1])
    return Action("delete", f"identity synchronization with partner {current.partner_id}", wanted.tenant, (delete,))


def _kept_switches(current: Current, wanted: Desired, served: Collection[str] | None) -> tuple[str, ...]:
    table = wanted.table
    now: Values = current.settings or {}
    on = [name for name in table.needed if name in (wanted.inherit or table.needed) and now.get(name)]
    if served and on:
        return (f"{', '.join(on)} of partner {current.partner_id}: kept, because they still serve {', '.join(served)}",)
    unseen = [name for name in on if name in needed_by_source(table)]
    if served is None and unseen:
        return (
            f"{', '.join(unseen)} of partner {current.partner_id}: could not check whether another configuration still needs it, "
            "because this application may not read configurations (Application.Read.All, Synchronization.Read.All)",
        )
    return ()


def _unknown(table: Table, raw: Raw, removed: Collection[str]) -> dict[str, Any]:
    """What an entry says that this collection does not know, by the names of Graph. ``removed`` are settings that are left out, because what
    is removed goes with its unknown members.
    """
    rows = {name: row for name, row in table.rows.items() if row.part == ENTRY}
    leaves: dict[str, list[str]] = {row.member: [] for row in rows.values()}
    for row in rows.values():
        leaves[row.member] += [row.leaf] if row.leaf else []
    beside = {member: unknown(raw.get(member), names) for member, names in leaves.items() if names}
    inside = {row.member: row.kind.unknown(row.raw(raw)) for name, row in rows.items() if not row.leaf and name not in removed}
    others = unknown(raw, ("tenantId", "identitySynchronization", *leaves))
    said = {**beside, **inside, **{name: value for name, value in others.items() if name not in OF_THE_SERVICE or value}}
    return {name: value for name, value in said.items() if not says_nothing(value)}


def unchanged(table: Table, raw: Raw, now: Values, changed: Collection[str]) -> dict[str, Any]:
    """What an entry says beside the settings that change: settings by our names, and what this collection does not know by those of Graph."""
    known = {name: value for name, value in now.items() if name not in changed and not says_nothing(value)}
    return {**known, **_unknown(table, raw, ())}
