# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Deprovisioning: the scope becomes empty, the service removes the synced users, and no user is left in the target (fact F114).

Only the service deletes users, so a plan first refuses whatever would prevent that, and the result is read in the target, user by user.
The users who are left are named, because nothing records them once the configuration is removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypedDict

from ...graph.client import Client, Request
from ...graph.odata import LARGEST_GET_BY_IDS
from ...plan import Action, LinkResource, OtherTenantState, Outcome, Plan, Refusal, Wait
from .. import debt, find_configuration, job, settings_bag
from ..find_configuration import Configuration, Raw
from ..scope import Assignment, unassignment
from . import bystanders
from .impact import judge
from .reading import Current, Desired, TargetUser, read_source, read_target

SHOWN = 50
"""The largest number of users that a result names; more are only counted."""
KEEP = "finish with link_users keep"


class RemovedUser(TypedDict):
    """A user as ``sync_deprovision`` returns it."""

    user_principal_name: str
    """The name in the source."""
    target_id: str
    state: str
    """``removed``, or ``left`` if the user is still in the target after the cycle."""


class Report(TypedDict):
    """What ``sync_deprovision`` returns. ``people`` are the first `SHOWN` users, those who are left first."""

    people: list[RemovedUser]
    people_count: int


def desired(params: Mapping[str, Any]) -> Desired:
    """The desired state by the options of ``sync_deprovision``.

    :raises Refusal: when an option is invalid.
    """
    threshold = params.get("deletion_threshold")
    if threshold is not None and threshold < 0:
        raise Refusal("deletion_threshold must be 0 (no guard) or a number of deletions")
    if params["wait_timeout"] < 0:
        raise Refusal("wait_timeout must be a number of seconds, 0 or more")
    return Desired(
        tenant=params["tenant_id"],
        configuration=params["configuration"],
        target=params["target"]["tenant_id"],
        threshold=threshold,
        wait_timeout=float(params["wait_timeout"]),
        domains=tuple(params.get("source_domains") or ()),
        others=tuple(params.get("others") or ()),
    )


def plan(current: Current, wanted: Desired) -> Plan:
    """The actions that remove the users, or none if no user is to be removed.

    :raises Refusal: when the service would not remove them.
    """
    configuration, running = current.configuration, current.job
    if configuration is None:
        return _nothing(current, wanted)
    _refuse_impossible(current, wanted)
    may_create = current.connected and not current.switches_off and job.run_state(running) == "started"
    if running is None or not (current.leaving or (may_create and (current.in_scope or current.owed))):
        return _nothing(current, wanted)
    _refuse_held(current, wanted)
    return Plan(
        before={
            "configuration": wanted.configuration,
            "mode": current.mode,
            "assigned": len(current.assignments),
            "deletion_threshold": _guard(current.bag) or 0,
            **_shown(current.leaving, "in_target"),
        },
        after={
            "configuration": wanted.configuration,
            "mode": "assigned",
            "assigned": 0,
            "deletion_threshold": _limit(current, wanted) or 0,
            **_shown((), "in_target"),
        },
        facts=_report(current.leaving, "removed"),
        actions=tuple(_actions(configuration, f"{configuration.synchronization}/jobs/{running['id']}", current, wanted)),
        warnings=_warnings(current, wanted),
        outcome=_outcome(f"{configuration.synchronization}/jobs/{running['id']}", running, current, wanted),
        # The removal of the configuration, which comes later, pauses a job that runs by then.
        foretells=lambda client: find_configuration.record_start(client, configuration.id),
    )


def _nothing(current: Current, wanted: Desired) -> Plan:
    """The plan if no user is to be removed. A warning names the users of the source in the target."""
    managed = {"configuration": wanted.configuration, "mode": current.mode, "assigned": len(current.assignments)}
    warnings = current.warnings
    if current.synced:
        warnings += (
            f"{_count(current.synced, ' of the source tenant')} in tenant {wanted.target} and will not be removed, because nothing shows "
            f"that this link created them: {_some(current.synced)}",
        )
    return Plan(managed, managed, _report((), "removed"), warnings=warnings)


def _refuse_impossible(current: Current, wanted: Desired) -> None:
    """Refuse if the service cannot remove any user.

    :raises Refusal: if there are users to remove.
    """
    if not current.leaving:
        return
    stay = f"so {_count(current.leaving)} in tenant {wanted.target} and would stay: {_some(current.leaving)}"
    name = f"configuration {wanted.configuration!r}"
    if current.job is None or not current.connected:
        lacks = "job" if current.job is None else "connection to that tenant"
        raise Refusal(
            f"{name} has no {lacks} any more, and without it the service removes no user, {stay}; "
            f"build the link again with the playbook sync and then deprovision it, or {KEEP}; nothing was changed"
        )
    if not current.mapping_enabled:
        raise Refusal(f"the mapping of users of {name} is switched off, {stay}; switch it on in the portal first, or {KEEP}")
    if "delete" not in current.target_actions:
        raise Refusal(
            f"the target actions of {name} do not include delete, {stay}; set target_actions (link_target_actions) to "
            f"create, update and delete first, or {KEEP}; nothing was changed"
        )
    if current.switches_off:
        raise Refusal(
            f"the trust of the link is missing ({', '.join(current.switches_off)}), and the service removes no user without it, {stay}; "
            f"build the link again with the playbook sync and then deprovision it, or {KEEP}; nothing was changed"
        )


def _refuse_held(current: Current, wanted: Desired) -> None:
    """Refuse if the service would not remove the users now.

    :raises Refusal: if there are users to remove.
    """
    if not current.leaving:
        return
    quarantine = job.quarantine(current.job)
    if quarantine and quarantine["reason"] != job.TOO_MANY_DELETES:
        raise Refusal(
            f"the job of configuration {wanted.configuration!r} is in quarantine since {quarantine['since']} ({quarantine['reason']}), so it "
            "might not remove any user; fix the cause, restart the job with sync_job, restart_reason release_quarantine, and run again; "
            "nothing was changed"
        )
    if not job.has_met_users(current.job) and not current.began:
        raise Refusal(
            f"the job of configuration {wanted.configuration!r} has not finished a cycle yet, so the service does not know which users it "
            f"synchronizes and would remove none of them, and {_count(current.leaving)} in tenant {wanted.target}: {_some(current.leaving)}; "
            f"let it finish its first cycle (sync_job, state started, wait first_cycle) and run again, or {KEEP}; nothing was changed"
        )
    limit = _limit(current, wanted)
    if limit and len(current.leaving) >= limit:
        holds = "already holds the deletions back" if quarantine else "would hold the deletions back"
        raise Refusal(
            f"{len(current.leaving)} users are to be removed from tenant {wanted.target}, and the deletion guard of configuration "
            f"{wanted.configuration!r}, which is {limit}, {holds}: {_some(current.leaving)}; if the deletions are intended, set deletion_threshold "
            f"(link_deletion_threshold) to {current.most_deletions + 1}, or to 0 for no guard; nothing was changed"
        )


def _guard(bag: Mapping[str, str]) -> int | None:
    """The number of deletions in a cycle from which on the service holds them back; ``None`` if the guard is off. A guard without a
    number has the portal's default (fact F63).
    """
    threshold = settings_bag.deletion_guard(bag)
    return settings_bag.DELETION_THRESHOLD if threshold is None else threshold or None


def _limit(current: Current, wanted: Desired) -> int | None:
    """The deletion guard during the cycle: only an explicit number changes it."""
    return _guard(current.bag) if wanted.threshold is None else wanted.threshold or None


def _actions(configuration: Configuration, path: str, current: Current, wanted: Desired) -> list[Action]:
    """The pending restart is recorded before the first write that needs it. A job that does not run is started first, because the
    service may restart a paused job without starting it (fact F75).
    """
    title = f"provisioning job of configuration {wanted.configuration}"
    tags = bystanders.tagged(configuration.tags, [user.target_id for user in current.others], current.known_domains)
    marked = configuration if current.resumes else replace(configuration, tags=tags)
    unassign = [
        unassignment(assignment, configuration.id, wanted.configuration, wanted.tenant, soft_deletes=True)
        for assignment in sorted(current.assignments, key=_order)
    ]
    settings = _settings(configuration, current, wanted)
    actions = [] if marked.tags == configuration.tags else [_record_bystanders(marked, wanted)]
    actions += [] if current.owed else [debt.record(marked, wanted.configuration, wanted.tenant)]
    actions += [*([settings] if settings else []), *unassign]
    if job.run_state(current.job) != "started":
        actions.append(Action("start", title, wanted.tenant, (Request("POST", f"{path}/start"),)))
    effects = {
        "triggers_full_cycle": True,
        "removes_users": len(current.leaving),
        "users": [user.name for user in current.leaving[:SHOWN]],
        "target": wanted.target,
    }
    # Without a reset scope the service clears watermark, failures and quarantine, and evaluates all users again (fact F74).
    restart = Request("POST", f"{path}/restart", {"criteria": {}})
    return [
        *actions,
        Action("restart", title, wanted.tenant, (restart,), effects=effects),
        debt.clear(marked, wanted.configuration, wanted.tenant),
    ]


def _record_bystanders(marked: Configuration, wanted: Desired) -> Action:
    """Record the users who are in the target and stay, for a run that has to continue."""
    path, tags = f"/servicePrincipals/{marked.id}", set(marked.tags)
    return Action(
        "record",
        f"other users in tenant {wanted.target} at configuration {wanted.configuration}",
        wanted.tenant,
        (Request("PATCH", path, {"tags": list(marked.tags)}),),
        # The tags are written as a whole, so these must be visible before the next write.
        visible=Wait(f"{path}?$select=id,tags", lambda body: tags <= set((body or {}).get("tags") or ())),
    )


def _order(assignment: Assignment) -> tuple[str, str]:
    return assignment.principal.kind, assignment.principal.name


def _settings(configuration: Configuration, current: Current, wanted: Desired) -> Action | None:
    """Scope mode and deletion guard, in one write of the bag."""
    guarded = _limit(current, wanted) != _guard(current.bag)
    # A missing mode may mean all users (fact F61).
    values = {} if current.mode == "assigned" and "SyncAll" in current.bag else {"SyncAll": "false"}
    if not guarded and not values:
        return None

    def merge(bag: Mapping[str, str]) -> dict[str, str]:
        return settings_bag.merged(bag, values, settings_bag.guard_members(bag, wanted.threshold) if guarded else {})

    writing = settings_bag.writing(configuration.synchronization, current.bag, merge)
    changed = [*(["scope mode"] if values else []), *(["deletion_threshold"] if guarded else [])]
    return Action(
        "update",
        f"settings of configuration {wanted.configuration} ({', '.join(changed)})",
        wanted.tenant,
        writing.requests,
        visible=writing.visible,
        refresh=writing.refresh,
    )


def _outcome(path: str, before: Raw, current: Current, wanted: Desired) -> Outcome:
    """The end of a cycle that begins after the restart, and none of the users left in the target."""
    name = f"the cycle of configuration {wanted.configuration} that removes {len(current.leaving)} users from tenant {wanted.target}"
    read_remaining = partial(_read_remaining, current, wanted)
    return Outcome(path, job.cycle_after(before), ("restart",), wanted.wait_timeout, name, job.progress, read_remaining)


def _read_remaining(current: Current, wanted: Desired, target: Client, body: Any) -> OtherTenantState:
    """The users who are still in the target, by object id."""
    ids = [user.target_id for user in current.leaving]
    found: set[str] = set()
    for start in range(0, len(ids), LARGEST_GET_BY_IDS):
        chunk = {"ids": ids[start : start + LARGEST_GET_BY_IDS], "types": ["user"]}
        answer = target.send(Request("POST", "/directoryObjects/getByIds", chunk, only_asks=True))
        found |= {str(raw["id"]) for raw in target.members(answer.body)}
    return state_in_target(current, wanted, [user for user in current.leaving if user.target_id in found], body)


def state_in_target(current: Current, wanted: Desired, left: Sequence[TargetUser], body: Any) -> OtherTenantState:
    """The progress and the report for the users who are ``left``, and the remedy if the cycle is over. ``body`` is the job as Graph
    returned it.
    """
    left_ids = {user.target_id for user in left}
    facts = _report(left, "left", [user for user in current.leaving if user.target_id not in left_ids])
    complaint = _complaint(current, wanted, left, body) if left else None
    return OtherTenantState(f"{len(left)} of {len(current.leaving)} users are left", complaint, facts)


def _complaint(current: Current, wanted: Desired, left: Sequence[TargetUser], body: Any) -> str:
    """Why the users are still in the target, as far as the job and the users show it, and the remedy."""
    begin = f"{len(left)} of {len(current.leaving)} users are still in tenant {wanted.target} after the cycle: {_some(left)}"
    end = "; configuration and trust are kept until no user is left"
    quarantine = job.quarantine(body)
    if quarantine and quarantine["reason"] == job.TOO_MANY_DELETES:
        return (
            f"{begin}; the deletion guard holds their deletions back: set deletion_threshold (link_deletion_threshold) to a number above "
            f"{current.most_deletions}, or approve them with sync_job, state restarted, restart_reason approve_deletions, and run again{end}"
        )
    if quarantine:
        cause = f"the job is in quarantine since {quarantine['since']} ({quarantine['reason']})"
        return f"{begin}; {cause}: fix the cause and run again{end}"
    disabled = len([user for user in left if user.disabled])
    never_removed = f", and it never removes users who were disabled before they left the scope ({disabled} of these)" if disabled else ""
    return (
        f"{begin}; the service does not remove administrators of the target, or retries later (see provisioning_log_info){never_removed}: "
        "remove their roles in the target or delete the users manually, and run again; if they were invited manually, the service might "
        f"not manage them: {KEEP} then{end}"
    )


def _warnings(current: Current, wanted: Desired) -> tuple[str, ...]:
    """The warnings about users who will be left or cannot be recorded, and about deletions that may be held back."""
    # The domains do not matter for users whose names are in scope.
    warnings = list(current.warnings if current.resumes else ())
    disabled = [user for user in current.leaving if user.disabled]
    if disabled:
        warnings.append(
            f"{len(disabled)} of the users are disabled, and the service does not remove users who were disabled before they left the "
            f"scope: {_some(disabled)}"
        )
    others = current.others
    if others:
        warnings.append(
            f"{_count(others, ' of the source tenant')} in the target and not in scope, so the task does not wait for them: {_some(others)}"
        )
    if len(others) > bystanders.LARGEST and not current.resumes:
        warnings.append("these are too many to be recorded, so if this run is interrupted, the next run waits for them, too, and fails")
    limit = _limit(current, wanted)
    if current.leaving and limit and limit <= current.most_deletions:
        warnings.append(
            f"the deletion guard of configuration {wanted.configuration!r}, which is {limit}, also counts groups, and users who left the scope "
            f"before and are not removed yet: with up to {current.most_deletions} deletions it might hold all of them back; to prevent that, set "
            f"deletion_threshold (link_deletion_threshold) to {current.most_deletions + 1}, or to 0 for no guard"
        )
    return tuple(warnings)


def _report(users: Sequence[TargetUser], state: str, removed: Sequence[TargetUser] = ()) -> Report:
    """``users`` in this state, followed by those who were removed."""
    rows = [*((user, state) for user in users), *((user, "removed") for user in removed)]
    shown: list[RemovedUser] = [
        {"user_principal_name": user.name, "target_id": user.target_id, "state": user_state} for user, user_state in rows[:SHOWN]
    ]
    return {"people": shown, "people_count": len(rows)}


def _shown(users: Sequence[TargetUser], name: str) -> dict[str, Any]:
    return {name: [user.name for user in users[:SHOWN]], f"{name}_count": len(users)}


def _count(users: Sequence[TargetUser], origin: str = "") -> str:
    return f"1 user{origin} is" if len(users) == 1 else f"{len(users)} users{origin} are"


def _some(users: Sequence[TargetUser]) -> str:
    names = ", ".join(user.name for user in users[:10])
    return f"{names} and {len(users) - 10} more" if len(users) > 10 else names


RESOURCE = LinkResource(desired, read_source, read_target, plan, judge)
