# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The partner entry: another tenant's place in this tenant's cross-tenant access policy (fact F30)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..graph.client import Client
from ..graph.errors import ServiceError
from ..plan import Plan, Refusal, Resource
from . import capability_reading, capability_trust, clouds, foretold, partner_entry
from .partner_entry import (
    LARGEST_POLICY,
    PARTNERS,
    Current,
    Desired,
    entry_action,
    facts,
    json_bytes,
    paths,
    policy_bytes,
    resolve,
    synchronization_action,
)
from .partner_removal import plan_removal, unchanged
from .partner_settings import ENTRY, SYNCHRONIZATION, TABLE, Table, Values, settings

__all__ = [
    "LARGEST_POLICY",
    "PARTNERS",
    "RESOURCE",
    "Current",
    "Desired",
    "desired",
    "paths",
    "plan",
    "policy_bytes",
    "read",
    "resolve",
    "settings",
]


def desired(params: Mapping[str, Any], table: Table = TABLE) -> Desired:
    """Understand the options.

    :raises Refusal: when a setting is both given and inherited, or serves a link across clouds.
    """
    named = table.given(params)
    inherit = tuple(params.get("inherit") or ())
    _require_link(params, named, table)
    both = sorted(set(inherit) & set(named))
    if both:
        raise Refusal(f"{', '.join(both)} cannot be set and inherited at once")
    absent = params["state"] == "absent"
    keep_for = None if params.get("keep_for") is None else tuple(params["keep_for"])
    if keep_for and not absent:
        raise Refusal("keep_for names the configurations whose switches state absent must keep, and cannot be used with state present")
    return Desired(params["tenant_id"], params["partner_tenant_id"], absent, named, inherit, keep_for, table)


def _require_link(params: Mapping[str, Any], named: Values, table: Table) -> None:
    """The switches say which of the two tenants is the source of a link, which must be possible between their clouds."""
    here, there = params["cloud"], clouds.other(params, "partner_cloud")
    sides = {table.rows[name].link for name, value in named.items() if value}
    if "target" in sides:
        clouds.require_link(there, here)
    elif "source" in sides:
        clouds.require_link(here, there)


def read(client: Client, wanted: Desired) -> Current:
    """The entry, and what would go with it if it is removed.

    :raises Refusal: when the partner is the tenant itself.
    """
    current = partner_entry.read(client, wanted)
    if not wanted.absent or current.settings is None:
        return current
    return replace(current, capabilities=_capabilities(client, current))


def _capabilities(client: Client, current: Current) -> tuple[str, ...] | None:
    """The names of the entry's capabilities that say something: they allow it, or disallow what the default policy allows (fact F251).
    ``None`` if there may be some: reading them needs another permission than the entry (fact F206).
    """
    try:
        seen = capability_reading.read(client, current.partner_id, ())
    except ServiceError as error:
        if not error.denied:
            raise
    else:
        by_default = {name for name, access in seen.inherited.items() if access.allowed}
        gone = foretold.gone_capabilities(client, current.partner_id)
        return tuple(sorted(name for name, access in seen.own.items() if name not in gone and (access.allowed or name in by_default)))
    default = client.get(capability_reading.DEFAULT)
    # Without trust, none has an effect (fact F204).
    trusts = capability_trust.lets_through(current.raw.get(capability_trust.MEMBER), default.get(capability_trust.MEMBER))
    return None if trusts else ()


def plan(current: Current, wanted: Desired) -> Plan:
    """Decide."""
    return plan_removal(current, wanted) if wanted.absent else _plan_present(current, wanted)


def _plan_present(current: Current, wanted: Desired) -> Plan:
    table = wanted.table
    now: Values = current.settings or {}
    merged = {name: table.rows[name].kind.merge(now.get(name), value) for name, value in wanted.settings.items()}
    values = _with_dependents({**dict.fromkeys(wanted.inherit), **merged}, now, wanted)
    changed = {name: value for name, value in values.items() if now.get(name) != value}
    entry, synchronization = table.within(ENTRY, changed), table.within(SYNCHRONIZATION, changed)
    _refuse_too_large(current, table.body(ENTRY, entry, now, current.raw))
    actions = []
    if entry or current.settings is None:
        actions.append(entry_action(current, wanted, entry))
    exists = current.has_synchronization
    for part in _in_order(table, synchronization):
        actions.append(synchronization_action(current, wanted, part, exists))
        exists = True
    before = {name: now.get(name) for name in values} if current.settings is not None else {}
    return Plan(
        before={"partner": current.partner_id, "state": "absent" if current.settings is None else "present", **before},
        after={"partner": current.partner_id, "state": "present", **values},
        facts=facts(current.partner_id, {**dict.fromkeys(table.rows), **now, **values}),
        actions=tuple(actions),
        basis=lambda: unchanged(table, current.raw, now, changed),
        foretells=(lambda client: foretold.record_entry(client, current.partner_id)) if current.settings is None else None,
    )


def _with_dependents(values: Values, now: Values, wanted: Desired) -> dict[str, Any]:
    """The values with the settings that can be on only while another is on: with that one, they are switched off (fact F219).

    :raises Refusal: if such a setting is to be on without the other.
    """
    complete = dict(values)
    for name, row in wanted.table.rows.items():
        if row.requires is None:
            continue
        if values.get(name) and not {**now, **values}.get(row.requires):
            raise Refusal(f"{name} can be on only while {row.requires} is on with partner {wanted.partner}; set {row.requires} as well")
        if now.get(name) and values.get(row.requires) is False:
            complete[name] = False
    return complete


def _in_order(table: Table, changed: Values) -> list[dict[str, Any]]:
    """The changes as one request, or as several if a setting depends on another: the service accepts it as on only after that one is on."""
    dependent = {name: value for name, value in changed.items() if table.rows[name].requires in changed}
    others = {name: value for name, value in changed.items() if name not in dependent}
    on = {name: value for name, value in dependent.items() if value}
    off = {name: value for name, value in dependent.items() if not value}
    return [part for part in (off, others, on) if part]


def _refuse_too_large(current: Current, body: Mapping[str, Any]) -> None:
    """The service refuses a policy of more than 25 KB (fact F38), after everything before it was written."""
    growth = json_bytes(body) - json_bytes({name: current.raw.get(name) for name in body})
    size = current.policy_bytes + growth
    if growth > 0 and size > LARGEST_POLICY:
        raise Refusal(
            f"the cross-tenant access policy would have about {size} bytes, and the service takes {LARGEST_POLICY}; "
            f"shorten the lists of partner {current.partner_id} or others, for example by naming groups instead of users"
        )


RESOURCE = Resource(desired, read, plan)
