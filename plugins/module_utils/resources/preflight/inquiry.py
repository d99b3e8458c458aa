# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The preflight: missing prerequisites and conflicts of a link, before anything is written. It only reads, in one tenant or in both."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...graph.claims import Claims, OpaqueToken
from ...graph.client import Client
from ...plan import LinkInquiry, Refusal
from ..consequences.importance import KINDS
from ..partner import resolve
from ..permissions import DOMAINS_UNKNOWN, GROUPS_NAMED, ROLES_PROTECT, SHARES, SHARES_GROUPS, SHARING, SOURCE, TARGET, WITHOUT_EXCHANGE
from ..tenants import is_own
from . import both, exchange, granted, old_sharing, policy, report, sharing, source, target
from .check import Check, Link, Seen, User
from .checks import CHECKS
from .finding import ordered
from .reading import Reading

LINK = "link"
"""The side of a preflight that checks both tenants."""
OF_ONE_TENANT = ("partner_tenant_id", "partner_cloud", "arriving_users")
"""Options for a preflight in one tenant; a preflight of both takes these values from the connections, or reads them."""

Params = Mapping[str, Any]
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """The result for a link: described findings, switches by name, and the users who are to be created in the target."""

    findings: Sequence[Mapping[str, str]]
    switches: Mapping[str, bool | None]
    arriving: Sequence[User] = ()
    shown: sharing.Shown | None = None
    """What the users of the other tenant see of this one, if the link shares something."""


def in_source(client: Client, params: Params, checks: Sequence[Check] = CHECKS) -> dict[str, Any]:
    """The facts of the tenant that the task is connected to: of the source, unless the option ``side`` is ``target``.

    :raises Refusal: if options contradict each other, or the link leads from a tenant to itself.
    """
    _reject_contradictions(params)
    side = SOURCE if params["side"] == LINK else str(params["side"])
    other = params.get("target") or {}
    partner, cloud = other.get("tenant_id") or params["partner_tenant_id"], other.get("cloud") or params.get("partner_cloud")
    found = _inspect(client, side, partner, cloud, _users(params.get("arriving_users") or ()), params, checks)
    return _result(params, found, {side: found.shown})


def in_target(client: Client, params: Params, found: Facts, checks: Sequence[Check] = CHECKS) -> dict[str, Any]:
    """The facts of both tenants. ``found`` are the facts of the source.

    :raises Refusal: if the link leads from a tenant to itself.
    """
    here = _inspect(client, TARGET, params["tenant_id"], None, _users(found["arriving_users"]), params, checks)
    both_sides = Found([*found["findings"], *here.findings], {**found["switches"], **here.switches}, here.arriving)
    return _result(params, both_sides, {**found["sharing"], TARGET: here.shown})


def is_complete(params: Params, found: Facts) -> bool:
    """Whether nothing has to be read in the target: for one tenant, and for a link across clouds, which cannot be built."""
    return params["side"] != LINK or any(finding["check"] == "cloud" for finding in found["findings"])


def _reject_contradictions(params: Params) -> None:
    side = params["side"]
    needed, unused = ("target", OF_ONE_TENANT) if side == LINK else ("partner_tenant_id", ("target",))
    if not params.get(needed):
        raise Refusal(f"side {side} of the preflight needs {needed}")
    given = [name for name in unused if params.get(name) is not None]
    if given:
        raise Refusal(f"side {side} of the preflight does not use {', '.join(given)}")


def _inspect(
    client: Client, side: str, partner: str, cloud: str | None, users: tuple[User, ...], params: Params, checks: Sequence[Check]
) -> Found:
    """The result of one tenant. ``partner`` is the other tenant, by id or domain; ``cloud`` is its cloud, ``None`` for the same."""
    name = _names(params)[side]
    across = policy.clouds(side, client.cloud.name, cloud or client.cloud.name)
    if across:
        return Found([finding.describe(name) for finding in across], dict.fromkeys(both.SWITCHES[side]))
    with contextlib.ExitStack() as stack:
        stack.enter_context(client.reading())
        claims = _claims(client)
        link = _link(client, side, partner, users, params)
        asks = side == TARGET or bool(old_sharing.question(link))
        standing, there = stack.enter_context(exchange.asked(client, _group(side, params))) if asks else (None, None)
        link = replace(link, exchange=there is not None and side == TARGET)
        needs = granted.needed(side, _purpose(client, params) == "apply", _features(link, params), checks)
        findings = [*granted.judge(needs, claims), *exchange.judge(standing)]
        reading = Reading(client, link, there)
        reading.make([read for read in granted.reads_of(side, checks) if granted.possible(read, needs, claims)])
        seen = reading.seen
        results = [finding for check in checks if _is_possible(check, side, seen) for finding in check.judge(link, seen)]
        arriving = source.arriving(seen) if side == SOURCE else target.missing(link, seen)
        shadows = old_sharing.findings(client, there, link)
        described = [finding.describe(name) for finding in (*findings, *reading.findings, *results, *shadows)]
        return Found(described, both.switches(link, seen), arriving, sharing.shown(seen))


def _is_possible(check: Check, side: str, seen: Seen) -> bool:
    return side in check.sides and all(map(seen.whole, check.reads))


def _purpose(client: Client, params: Params) -> str:
    return str(params.get("purpose") or ("plan" if client.check_mode else "apply"))


def _features(link: Link, params: Params) -> list[str]:
    used = {
        GROUPS_NAMED: link.side == SOURCE and bool(params.get("groups")),
        DOMAINS_UNKNOWN: link.side == TARGET and not params.get("source_domains"),
        WITHOUT_EXCHANGE: link.side == TARGET and not link.exchange,
        ROLES_PROTECT: link.side == TARGET and link.roles_protect,
        SHARES: bool(link.shares),
        SHARES_GROUPS: bool(link.shares) and sharing.names_groups(params.get("share"), link.side),
        SHARING: bool(link.shares or link.sees),
    }
    return [feature for feature, is_used in used.items() if is_used]


def _group(side: str, params: Params) -> str | None:
    """The group that Exchange of a tenant is asked for instead of recipients."""
    connection: Params = params.get("target") or params if side == TARGET else params
    group: str | None = connection.get("exchange_group")
    return group


def _link(client: Client, side: str, partner: str, users: tuple[User, ...], params: Params) -> Link:
    partner_id = resolve(client, partner)
    if is_own(client, partner_id):
        raise Refusal("the other tenant of the link is the tenant itself; a link needs two tenants")
    return Link(
        side=side,
        partner=partner_id,
        cloud=client.cloud.name,
        switches_required=params["switches"] == "require",
        configuration=params.get("configuration"),
        mode=params.get("scope_mode"),
        users=tuple(params.get("users") or ()),
        groups=tuple(params.get("groups") or ()),
        exact=params["exact"],
        adopt=params["adopt"],
        others=tuple(params.get("others") or ()),
        arriving=users,
        group_sync=bool(params.get("group_sync")),
        roles_protect="roles" in _important(params),
        shares=sharing.wanted(params.get("share"), side),
        sees=sharing.wanted(params.get("share"), TARGET if side == SOURCE else SOURCE),
    )


def _important(params: Params) -> Collection[str]:
    """The kinds of importance that protect users."""
    kinds: Collection[str] | None = params.get("protected_importance")
    return KINDS if kinds is None else kinds


def _claims(client: Client) -> Claims | None:
    """The claims of the token, or ``None`` if it cannot be read.

    :raises SignInFailure: if there is no token.
    """
    try:
        return client.claims()
    except OpaqueToken:
        return None


def _users(given: Iterable[Mapping[str, Any]]) -> tuple[User, ...]:
    return tuple(User(user["user_principal_name"], user.get("mail") or None) for user in given)


def _names(params: Params) -> dict[str, str]:
    """The names of the tenants by side. A preflight of one tenant has only that tenant."""
    own = str(params["tenant_id"])
    if params["side"] != LINK:
        return {params["side"]: params.get(f"{params['side']}_name") or own}
    return {SOURCE: params.get("source_name") or own, TARGET: params.get("target_name") or params["target"]["tenant_id"]}


def _result(params: Params, found: Found, shown: Mapping[str, sharing.Shown | None]) -> dict[str, Any]:
    names, findings = _names(params), ordered(found.findings)
    switches = [(names[side], name, found.switches[name]) for side in names for name in both.SWITCHES[side] if name in found.switches]
    refusal = report.refusal(findings, params["strict"])
    return {
        "findings": findings,
        "ready": refusal is None,
        "refusal": refusal,
        "report": report.lines(findings, switches, names.values(), {names[side]: shown[side] for side in names if shown.get(side)}),
        "switches": dict(found.switches),
        "sharing": {side: dict(levels) if levels is not None else None for side, levels in shown.items()},
        "arriving_users": [{"user_principal_name": user.name, "mail": user.mail} for user in found.arriving],
    }


INQUIRY = LinkInquiry(in_source, in_target, is_complete, uses_shared_reads=True)
