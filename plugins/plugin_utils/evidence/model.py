# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The document of which plans and reports are made: plain data, which is rendered for a terminal, as Markdown, as HTML and as JSON.

A plan is a document without anything that differs between two machines or two moments: no times of reading, paths or host names of
controllers. A report has them, and what happened. Every member that is not known is ``None``.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

FORMAT = 1
"""The version of this form, in every document."""

Status = Literal["in_sync", "to_change", "to_remove", "cannot_be_planned"]


class Tenant(TypedDict):
    """A tenant of a link, by the name in ``tenants`` and its id or domain there."""

    name: str
    tenant_id: str


class PlannedAction(TypedDict):
    """A change that a run makes. ``verb``, ``object`` and ``effects`` are those of the module's actions."""

    verb: str
    object: str
    effects: dict[str, Any]
    reversible: bool
    """Whether a later run can restore the state before it without loss."""
    reversal: str
    """How, or what is lost, in one sentence."""


class PlannedPart(TypedDict):
    """The changes that one module makes in one tenant. ``before`` and ``after`` are the managed state, ``basis`` is what was read of
    the object and does not change: if another administrator changes it after the plan, the plan no longer holds.
    """

    module: str
    side: Literal["source", "target"]
    tenant: Tenant
    actions: list[PlannedAction]
    before: dict[str, Any]
    after: dict[str, Any]
    basis: dict[str, Any]
    full_cycle: bool
    """Whether the service evaluates all users again."""


class Untouched(TypedDict):
    """A part of a link that does not change although others do. ``basis`` is as in `PlannedPart`."""

    module: str
    side: Literal["source", "target"]
    tenant: Tenant
    basis: dict[str, Any]


class Sizing(TypedDict):
    """How much a link is, see ``module_utils/resources/sizing.py``."""

    users: int | None
    """Users in scope after the change."""
    objects: int | None
    """Users, groups and members of groups that a cycle evaluates."""
    first_cycle_minutes: list[int] | None
    """The expected length of a full cycle: at least, at most."""
    writes: int | None
    """Requests of the run that write."""
    write_minutes: float | None
    """Their duration at the service's quota."""
    licences_needed: int | None
    licences_found: int | None
    """Licences in the source tenant that include P1."""
    directory_used: int | None
    directory_total: int | None
    """Objects in the target's directory, and its quota."""
    policy_bytes: int | None
    policy_bytes_total: int | None
    """The size of the target's cross-tenant access policy, and its limit."""
    findings: list[str]
    """What does not fit or could not be read, one sentence each."""


class LinkPlan(TypedDict):
    """The plan of a link."""

    source: Tenant
    target: Tenant
    configuration: str | None
    state: Literal["present", "absent"]
    status: Status
    msg: str | None
    """Why it cannot be planned."""
    summary: str
    parts: list[PlannedPart]
    """The parts that change. Empty if the link is in sync."""
    untouched: list[Untouched]
    """The other parts of a link that changes. Empty if it is in sync or is removed."""
    impact: dict[str, Any] | None
    """The facts of ``impact_info``: counts, leaving, users, more, importance, incomplete, summary, and ``harmed``: all users who would be
    removed, converted, renamed or disabled.
    """
    impact_unknown: str | None
    """Why the impact is not known."""
    sizing: Sizing | None
    hash: str
    """Empty if it is only what a look has found to change, which nobody can approve."""


class ChangeWindow(TypedDict):
    """When a run may write, as ISO 8601 with an offset."""

    start: str
    end: str


class Change(TypedDict):
    """The change request of a run."""

    ticket: str | None
    window: ChangeWindow | None


class Plan(TypedDict):
    """The plan of all links of a run. ``hash`` is over what decides, see `planning`: the links that change, their parts, and the users who
    would be harmed. It is not over texts, sizing, the change request, and users who come or are updated.
    """

    format: int
    version: str
    """Of the collection."""
    hash: str
    change: Change
    links: dict[str, LinkPlan]
    """By inventory host, in the order of names."""
    strangers: list[str]
    strangers_unknown: list[str]
    summary: list[str]
    """At most ten lines for a notification."""


class Failure(TypedDict):
    """A kind of failure of the service, by its code."""

    code: str
    count: int
    users: list[str]
    """At most five of them."""
    reason: str | None
    remedy: str | None


class Cycle(TypedDict):
    """What the provisioning log has of a cycle, or of a day if there are too many."""

    time: str
    counts: dict[str, int]
    """Entries by action and result, such as ``create success``."""


class LinkHealth(TypedDict):
    """The health of a link."""

    verdict: Literal["healthy", "degraded", "could_not_look"]
    line: str
    """The whole state in one line."""
    problems: list[str]
    could_not_look: list[str]
    job: dict[str, Any] | None
    """As in ``sync_job_info``."""
    last_cycle: str | None
    """When it ended."""
    stale: bool
    """Whether the last cycle ended too long ago for the schedule of the job."""
    users: int | None
    """Users of the source in the target."""
    failures: list[Failure]
    quarantine: dict[str, Any] | None
    """``since``, ``reason``, and ``days_left`` until the service disables the job."""
    deletions: dict[str, int] | None
    """In the last ``7`` and ``30`` days."""
    deletions_since: str | None
    """Since when all deletions are known. If that is later than 30 or 7 days ago, their numbers are at least those."""
    log_since: str | None
    """Since when the log was read; older failures and deletions are not known."""
    cycles: list[Cycle]


class ReportUser(TypedDict):
    """A user of a link."""

    name: str
    """User principal name in the source, or in the target if that is not known."""
    target_name: str | None
    state: str
    """``synced``, ``coming``, ``invited`` (by hand, and the invitation is not redeemed), ``failed``, ``skipped``, ``deleted``, ``orphan``,
    ``unknown``.
    """
    address_book: str | None
    """Exchange's verdict, as in ``address_book_info``; ``None`` if Exchange was not asked."""
    reason: str | None
    remedy: str | None


class RunPart(TypedDict):
    """What a module did in a run."""

    module: str
    side: str
    tenant: Tenant
    changed: bool
    failed: bool
    msg: str | None
    """Why it failed, or what a module that only reads found, in one line."""
    warnings: list[str]
    actions: list[dict[str, Any]]
    """``verb``, ``object`` and ``effects`` of each change."""
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class LinkReport(TypedDict):
    """Everything about a link in a report. What was not read in the run is ``None``."""

    source: Tenant
    target: Tenant
    configuration: str | None
    state: str
    verdict: str
    """The worst of ``failed``, ``drifted``, ``degraded``, ``to_change``, ``unknown``, ``changed``, ``in_sync``, in this order: what could not
    be looked at prevails over what is well.
    """
    summary: str
    plan: LinkPlan | None
    run: list[RunPart] | None
    health: LinkHealth | None
    users: list[ReportUser] | None
    users_note: str | None
    """Why users are not listed, or not all of them."""


class Report(TypedDict):
    """The evidence of a run."""

    format: int
    title: str
    created: str | None
    versions: dict[str, str]
    change: Change
    hashes: dict[str, str]
    """``plan``: the hash of the plan that was applied; ``expected``: the one that was approved."""
    masked: bool
    """Whether personal data is replaced by pseudonyms."""
    links: dict[str, LinkReport]
    strangers: list[str]
