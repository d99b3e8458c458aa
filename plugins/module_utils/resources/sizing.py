# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""How much a link is: the users in scope, the length of a full cycle, the writes of a run, and what they use of licences and quotas.

What the service does not let us read is ``None``, with a sentence among the findings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any, TypeVar

from ..graph.batch import find_all
from ..graph.client import Client, Request
from ..graph.errors import OddAnswer, ServiceError
from ..plan import Facts, JointInquiry, Refusal
from . import population, scope
from .causes import explain
from .consequences.changes import Assigned, assigned_after, assigned_before
from .directory import Principal, count_members, small_groups
from .external_names import ADVANCED, count_in
from .link import BUILDING, Given
from .partner import LARGEST_POLICY, PARTNERS, policy_bytes, resolve
from .preflight import policy
from .preflight.finding import Finding
from .preflight.source import LICENCES_PATH
from .preflight.target import QUOTA_PATH

MINUTES_PER_OBJECT = (0.01, 0.08)
"""The length of a full cycle, at least and at most, with scope mode ``assigned`` (fact F180)."""
SMALL = 1_000
"""Up to so many objects, a full cycle takes less than `SMALL_MINUTES` (fact F180)."""
SMALL_MINUTES = 30
MINUTES_OF_ALL = ((10_000, 43, 86), (100_000, 713, 1_425))
"""The length of a full cycle with scope mode ``all``, up to so many users (fact F180)."""
WRITES_PER_MINUTE = 1_200
"""3,000 in two and a half minutes, for each application and tenant (fact F19)."""
SEVERAL_REQUESTS = {"rename": 2}
"""The requests of an action that sends more than one that writes, by verb."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Sizing:
    """How much a link is. The members are those of a plan."""

    users: int | None = None
    objects: int | None = None
    first_cycle_minutes: list[int] | None = None
    writes: int | None = None
    write_minutes: float | None = None
    licences_needed: int | None = None
    licences_found: int | None = None
    directory_used: int | None = None
    directory_total: int | None = None
    policy_bytes: int | None = None
    policy_bytes_total: int | None = None
    findings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Counted:
    """The users in a scope, before filters, and the objects that a cycle evaluates. ``ids`` are those of the users, ``None`` if they were
    only counted. ``exact`` is false if a user in several groups may be counted several times.
    """

    users: int
    objects: int
    ids: frozenset[str] | None = None
    exact: bool = True


# Pure functions ----------------------------------------------------------------------------------------------------------


def first_cycle(mode: str, objects: int) -> list[int]:
    """The expected length of a full cycle in minutes, at least and at most (fact F180)."""
    least, most = MINUTES_PER_OBJECT
    if mode == "assigned" or objects <= SMALL:
        longest = ceil(round(most * objects, 6)) if mode == "assigned" else 0
        return [ceil(round(least * objects, 6)), max(SMALL_MINUTES, longest)]
    for limit, least_of_all, most_of_all in MINUTES_OF_ALL:
        if objects <= limit:
            return [least_of_all, most_of_all]
    limit, least_of_all, most_of_all = MINUTES_OF_ALL[-1]
    return [ceil(least_of_all * objects / limit), ceil(most_of_all * objects / limit)]


def _actions(difference: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Its actions. They come from an option, so anything else is left out."""
    actions = difference.get("actions")
    return [action for action in actions if isinstance(action, Mapping)] if isinstance(actions, list) else []


def causes_full_cycle(difference: Mapping[str, Any], job: Mapping[str, Any] | None) -> bool:
    """Whether a difference of a link makes the service evaluate all users: a restart does, and the first start of a job.
    ``job`` is the job before the change as in results, ``None`` if there is none.
    """
    actions = _actions(difference)
    effects = [action.get("effects") or {} for action in actions]
    if any(each.get("triggers_full_cycle") or each.get("needs_restart") for each in effects):
        return True
    starts = difference.get("module") == "sync_job" and any(action.get("verb") == "start" for action in actions)
    return starts and not (job or {}).get("last_cycle")


def writes_of(differences: Iterable[Mapping[str, Any]]) -> tuple[int, float]:
    """The requests of a run that write, and how many minutes the quota of one tenant lets them take."""
    by_tenant: Counter[str] = Counter()
    for difference in differences:
        for action in _actions(difference):
            by_tenant[str(difference.get("tenant"))] += SEVERAL_REQUESTS.get(str(action.get("verb")), 1)
    return by_tenant.total(), round(max(by_tenant.values(), default=0) / WRITES_PER_MINUTE, 1)


def count(assigned: Assigned, members: Mapping[str, Sequence[Principal]], totals: Mapping[str, int]) -> Counted:
    """What assignments put into scope. ``members`` are the members of groups, ``totals`` the number of users in those that are large."""
    principals = list(assigned.principals.values())
    groups = [principal.id for principal in principals if principal.kind == "group"]
    users = population.in_scope(assigned.principals, members)
    large = [totals[group_id] for group_id in groups if group_id in totals]
    inside = sum(len(members.get(group_id, ())) for group_id in groups if group_id not in totals)
    return Counted(
        users=len(users) + sum(large),
        objects=len(principals) + inside + sum(large),
        ids=None if large else frozenset(users),
        exact=not large or (len(large) == 1 and not users),
    )


def arriving(before: Counted | None, after: Counted) -> int:
    """How many users come into scope, as far as it is known."""
    if before is None:
        return after.users
    if before.ids is not None and after.ids is not None:
        return len(after.ids - before.ids)
    return max(0, after.users - before.users)


# Reading -----------------------------------------------------------------------------------------------------------------


def inquire(source: Client, target: Client, given: Given) -> Facts:
    """The sizing of a link, for ``sizing_info``."""
    findings: list[str] = []
    in_scope = _tried(source, findings, "how many users are in scope", lambda: _scope(source, given))
    differences = given.get("differences")
    writes, write_minutes = (None, None) if differences is None else writes_of(differences)
    mode, before, after = in_scope or ("assigned", None, None)
    if after and not after.exact:
        findings.append(f"Tenant {source.tenant}: a user who is a member of several large groups in scope is counted several times")
    licences = _licences(source, after, findings)
    used, total = _directory(target, arriving(before, after) if after else 0, findings) or (None, None)
    size = _policy(target, given, findings)
    sizing = Sizing(
        users=after.users if after else None,
        objects=after.objects if after else None,
        first_cycle_minutes=first_cycle(mode, after.objects) if after else None,
        writes=writes,
        write_minutes=write_minutes,
        licences_needed=after.users if after else None,
        licences_found=licences,
        directory_used=used,
        directory_total=total,
        policy_bytes=size,
        policy_bytes_total=None if size is None else LARGEST_POLICY,
        findings=findings,
    )
    return {"sizing": asdict(sizing)}


def _tried(client: Client, findings: list[str], what: str, read: Callable[[], Value]) -> Value | None:
    """What is read, or ``None`` with a sentence among the findings. A tenant that cannot be reached at all fails the task."""
    try:
        with client.reading():
            return read()
    except (Refusal, ServiceError, OddAnswer) as failure:
        reason = str(failure) if isinstance(failure, Refusal) else explain(failure)
        findings.append(f"Tenant {client.tenant}: {what} is not known: {reason.rstrip('.')}")
        return None


def _scope(source: Client, given: Given) -> tuple[str, Counted | None, Counted]:
    """The mode after the change, and the scope before and after it. There is none before it if the configuration does not exist."""
    part = next(part for part in BUILDING if part.module == "sync_scope")
    wanted = scope.desired({**part.options(given), "allow_empty": True})
    there = scope.read(source, wanted)
    sides = assigned_before(there), assigned_after(there, wanted)
    everyone = count_members(source) if "all" in (sides[0].mode, sides[1].mode) else 0
    groups = {group.id for side in sides if side.mode == "assigned" for group in side.groups}
    members, totals = _groups(source, there.members, groups)
    before, after = (Counted(everyone, everyone) if side.mode == "all" else count(side, members, totals) for side in sides)
    return sides[1].mode, None if there.configuration is None else before, after


def _groups(
    client: Client, known: Mapping[str, Sequence[Principal]], wanted: Iterable[str]
) -> tuple[dict[str, Sequence[Principal]], dict[str, int]]:
    """The members of groups that have one page of them, and the number of users in the others (fact F181)."""
    found = small_groups(client, [group_id for group_id in wanted if group_id not in known])
    large = [group_id for group_id, members in found.items() if members is None]
    path = "/groups/{}/members/microsoft.graph.user?$select=id&$count=true&$top=1"
    pages = find_all(client, [Request("GET", path.format(group_id), headers=ADVANCED) for group_id in large])
    totals = {group_id: count_in(client, page) if page else 0 for group_id, page in zip(large, pages, strict=True)}
    small = {group_id: members for group_id, members in found.items() if members is not None}
    return {**known, **small}, totals


def _licences(source: Client, after: Counted | None, findings: list[str]) -> int | None:
    """How many users of the source may have P1 (fact F141)."""

    def read() -> tuple[int, list[Finding]]:
        skus = list(source.pages(LICENCES_PATH))
        return policy.premium_units(skus), policy.licences(skus, after.users) if after and after.users else []

    units, found = _tried(source, findings, "the number of licences with Entra ID P1", read) or (None, [])
    _say(source, findings, found)
    return units


def _directory(target: Client, coming: int, findings: list[str]) -> tuple[int, int] | None:
    """How many objects the target's directory holds, and may hold."""

    def read() -> tuple[tuple[int, int] | None, list[Finding]]:
        organization = next(target.pages(QUOTA_PATH, version="beta"), {})
        return policy.directory_size(organization), policy.quota(organization, coming)

    size, found = _tried(target, findings, "the quota of the directory", read) or (None, [])
    _say(target, findings, found)
    return size


def _policy(target: Client, given: Given, findings: list[str]) -> int | None:
    """The size of the target's cross-tenant access policy."""

    def read() -> tuple[int, list[Finding]]:
        partner_id, entries = resolve(target, given["tenant_id"]), list(target.pages(PARTNERS))
        size = policy_bytes(entries)
        return size, policy.policy_size(next((entry for entry in entries if entry.get("tenantId") == partner_id), None), size)

    size, found = _tried(target, findings, "the size of the cross-tenant access policy", read) or (None, [])
    _say(target, findings, found)
    return size


def _say(client: Client, findings: list[str], found: Iterable[Finding]) -> None:
    findings += [f"Tenant {client.tenant}: {finding.cause}; {finding.remedy}" for finding in found]


INQUIRY = JointInquiry(inquire)
