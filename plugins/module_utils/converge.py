# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Plan, apply, and plan again, until the service shows the desired state."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .apply import Interrupted
from .apply import apply as carry_out
from .failure import RunFailure, already_done, changes_so_far, details, interrupted, run_failure
from .graph.client import Client, seconds
from .graph.errors import GraphFailure, ServiceError, Uncertain
from .plan import Action, OtherTenantState, Outcome, Pace, Plan, Refusal, Resource, Unseen
from .resources.causes import explain

Desired = TypeVar("Desired")
Current = TypeVar("Current")
Read = TypeVar("Read")

LEAST_ATTEMPTS = 3
READS = 5
"""How often an object is read before it counts as absent."""


def converge(
    resource: Resource[Desired, Current],
    client: Client,
    desired: Desired,
    check_mode: bool,
    pace: Pace,
    progress: Callable[[str], None],
    other: Client | None = None,
) -> dict[str, Any]:
    first = _first_plan(resource, client, desired, pace)
    if check_mode:
        if first.foretells:
            first.foretells(client)
        return _result(first, list(first.actions), first, pace, client.tenant)
    for _attempt in range(1, READS):
        # A replica may not show yet what an earlier task has just created (fact F14).
        if first.unmet:
            pace.rest(1.0)
            first = _plan_now(resource, client, desired, pace)
    done: list[Action] = []
    try:
        plan = _apply(first, resource, client, desired, pace, done)
        if done and first.foretells:
            first.foretells(client)
        if first.outcome:
            _await_outcome(first.outcome, client, pace, progress, done, other)
            if first.outcome.in_other_tenant:
                # It was read in the tenant that decides.
                return _result(first, done, first, pace, client.tenant)
        if done and plan.lasting:
            plan = _read_back(resource, client, desired, done, pace)
        elif done or first.outcome:
            plan = _plan_once_visible(resource, client, desired, pace)
    except (Refusal, GraphFailure) as failure:
        raise run_failure(failure, client.tenant, done, client) from None
    return _result(first, done, plan, pace, client.tenant)


def read_with_retries(read: Callable[[], Read], client: Client, pace: Pace) -> Read:
    """The result of a read. One replica may list what another does not show yet, so the read is repeated for a while (fact F14). A failure
    that is based on the reads of other tasks only counts if it occurs again without them.

    :raises Refusal: if the last read was refused.
    :raises GraphFailure: if the last read failed.
    """
    reads = 0
    while True:
        try:
            return read()
        except (Refusal, GraphFailure) as failure:
            if client.reads.read_afresh():
                continue
            reads += 1
            passes = isinstance(failure, Unseen) or (isinstance(failure, ServiceError) and failure.missing)
            if reads == READS or not passes:
                raise
        client.reads.discard()
        pace.rest(1.0)


def _first_plan(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> Plan:
    """The plan for the current state. A plan without changes can be based on recent reads of the run, see `read_cache`."""
    client.reads.use_shared()
    plan = _plan_now(resource, client, desired, pace)
    if client.reads.read_afresh() and (plan.actions or plan.unmet or plan.outcome):
        plan = _plan_now(resource, client, desired, pace)
    client.reads.discard()
    return plan


def _plan_now(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> Plan:
    """The plan for the current state."""
    return read_with_retries(lambda: resource.plan(_current(resource, client, desired), desired), client, pace)


def _plan_after(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace, actions: Sequence[Action]) -> Plan:
    """The plan for the current state after these actions, which may have created something.

    :raises GraphFailure: if it cannot be read.
    """

    def plan() -> Plan:
        return _plan_now(resource, client, desired, pace)

    return pace.until_allowed(plan) if any(action.new_id_at for action in actions) else plan()


def _current(resource: Resource[Desired, Current], client: Client, desired: Desired) -> Current:
    """The current state. Only this part runs under `Client.reading`, so that a fault of a planner is not reported as one of the service."""
    with client.reading():
        return resource.read(client, desired)


def _plan_once_visible(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> Plan:
    """The plan for the current state, after this task has read the configuration. If it is missing now, a replica does not show it."""
    for _attempt in pace.attempts():
        plan = _plan_now(resource, client, desired, pace)
        if not plan.unmet:
            break
    return plan


def _apply(plan: Plan, resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace, done: list[Action]) -> Plan:
    """Apply the plan, and plan again while that is not a blind repetition. Returns the last plan; the actions that were carried out are
    added to ``done``.
    """
    stop: Interrupted | None = None
    for _attempt in pace.attempts(at_least=LEAST_ATTEMPTS):
        if plan.unmet:
            raise Refusal(plan.unmet)
        now: list[Action] = []
        try:
            carry_out(plan, client, pace, now)
        except Interrupted as interruption:
            done += now
            if stop and str(stop.action) == str(interruption.action):
                interruption.writes += stop.writes
            stop = interruption
            plan = _replan(stop, plan, resource, client, desired, done, pace)
        except Refusal:
            done += now
            raise
        else:
            done += now
            return plan
    raise interrupted(stop, done, client)


def _await_outcome(
    outcome: Outcome, client: Client, pace: Pace, progress: Callable[[str], None], done: Sequence[Action], other: Client | None = None
) -> None:
    """Wait for a state that the service reaches automatically.

    :raises RunFailure: if the timeout of the outcome has passed, or if the result is not as desired; changes already made are kept
        and reported.
    """
    patient = dataclasses.replace(pace, longest=outcome.timeout, slowest=30.0, waited=0.0)
    began = pace.clock()
    state = None
    progress_text = ""
    since = next((action.answered for action in reversed(done) if action.verb in outcome.after), None)
    for _attempt in patient.attempts():
        try:
            with client.reading():
                body = client.find(outcome.path)
                reached = outcome.reached(body, since)
                progress_text = outcome.progress(body)
        except GraphFailure as failure:
            msg = f"Tenant {client.tenant}: could not check whether {outcome.name} was reached: {explain(failure)}{already_done(done, client)}"
            raise RunFailure(msg, {**details(failure), **changes_so_far(done, client)}) from None
        state = _state_in_other_tenant(outcome, client, other, body, patient if reached else None, done)
        if reached:
            pace.waited += patient.waited
            if state and state.complaint:
                raise RunFailure(f"Tenant {client.tenant}: {state.complaint}.", {**changes_so_far(done, client), **state.facts})
            return
        waited = f"{pace.clock() - began:.0f} of at most {outcome.timeout:.0f} seconds"
        progress_text += f", {state.progress}" if state else ""
        progress(f"Tenant {client.tenant}: waiting for {outcome.name} ({waited}): {progress_text}")
    late = (
        f"{outcome.name} was not reached within {outcome.timeout:.0f} seconds ({progress_text}); the service continues, check again later"
    )
    raise RunFailure(f"Tenant {client.tenant}: {late}.", {**changes_so_far(done, client), **(state.facts if state else {})})


def _state_in_other_tenant(
    outcome: Outcome, client: Client, other: Client | None, body: Any, patient: Pace | None, done: Sequence[Action]
) -> OtherTenantState | None:
    """The state in the other tenant. At the end it is read repeatedly for a while, because a replica may be delayed (fact F14)."""
    if outcome.in_other_tenant is None or other is None:
        return None
    for _attempt in range(READS):
        try:
            with other.reading():
                state = outcome.in_other_tenant(other, body)
        except GraphFailure as failure:
            msg = f"Tenant {other.tenant}: could not check the progress of {outcome.name}: {explain(failure)}{already_done(done, client)}"
            raise RunFailure(msg, {**details(failure), **changes_so_far(done, client)}) from None
        if patient is None or not state.complaint:
            break
        patient.rest(1.0)
    return state


def _replan(
    stop: Interrupted, plan: Plan, resource: Resource[Desired, Current], client: Client, desired: Desired, done: list[Action], pace: Pace
) -> Plan:
    """Read again and plan the remaining actions, if that is not a blind repetition.

    :raises RunFailure: if it would be one, or would fail in the same way.
    """
    if stop.may_be_resolved_by_reading:
        _wait_as_required(stop, client, done, pace)
        again = _plan_showing_done(resource, client, desired, done, stop, pace)
        remaining = {str(action) for action in again.actions}
        if str(stop.action) not in remaining:
            # The change was made, by this task or by another link at the same time; so were the others of the same batch.
            recorded = {str(action) for action in done}
            together = [action for action in plan.actions if action.batched and stop.action.batched] or [stop.action]
            done.extend(action for action in together if str(action) not in remaining | recorded)
            return again
        if stop.may_be_repeated:
            return again
    raise interrupted(stop, done, client)


def _wait_as_required(stop: Interrupted, client: Client, done: list[Action], pace: Pace) -> None:
    """Wait as ``Retry-After`` requires, before an action that may be repeated is checked and sent again.

    :raises RunFailure: if that is too long for a change window.
    """
    required = seconds(stop.cause.retry_after) if isinstance(stop.cause, Uncertain) and stop.may_be_repeated else None
    if required is None:
        return
    if required > client.patience.longest_retry_after:
        raise interrupted(stop, done, client)
    pace.rest(required)


def _plan_showing_done(
    resource: Resource[Desired, Current], client: Client, desired: Desired, done: list[Action], stop: Interrupted, pace: Pace
) -> Plan:
    """A plan based on reads that show the actions in ``done``. With a stale replica they would be carried out twice (fact F14).

    :raises RunFailure: if they are not visible, or cannot be read.
    """
    visible_later = {str(action) for action in done if action.leaves_trace}
    # A read cannot show a restart, and a second one evaluates all users once more. One that is without effect is planned again.
    once = {str(action) for action in done if not action.leaves_trace} - {str(stop.action)}
    for _attempt in pace.attempts():
        try:
            again = _plan_after(resource, client, desired, pace, (*done, stop.action))
        except (GraphFailure, Refusal) as obstacle:
            failure = obstacle if isinstance(obstacle, GraphFailure) else GraphFailure(str(obstacle))
            # What cannot be read does not show that a lost answer was a refusal.
            cause = Uncertain(failure) if isinstance(stop.cause, Uncertain) else failure
            raise interrupted(Interrupted(stop.action, cause, (), stop.writes), done, client) from None
        if not again.unmet and not visible_later & {str(action) for action in again.actions}:
            return dataclasses.replace(again, actions=tuple(action for action in again.actions if str(action) not in once))
    raise interrupted(stop, done, client)


def _read_back(resource: Resource[Desired, Current], client: Client, desired: Desired, done: list[Action], pace: Pace) -> Plan:
    """The plan for the state that a later task will read. Directory reads can be stale for a while (fact F14).

    :raises RunFailure: if it cannot be read, although all actions were carried out, or if it differs where this task has changed nothing.
    """
    for _attempt in pace.attempts():
        try:
            plan = _plan_after(resource, client, desired, pace, done)
        except GraphFailure as failure:
            msg = (
                f"Tenant {client.tenant}: all changes were made, but could not be read back: {explain(failure)}{already_done(done, client)}"
            )
            raise RunFailure(msg, {**details(failure), **changes_so_far(done, client)}) from None
        if not plan.actions and not plan.unmet:
            return plan
    client.reads.invalidate()
    _refuse_other_differences(plan, client, done)
    late = ", ".join(str(action) for action in (plan.actions or done)[:5])
    return dataclasses.replace(plan, warnings=(*plan.warnings, f"the service has not shown these changes yet: {late}"))


def _refuse_other_differences(plan: Plan, client: Client, done: Sequence[Action]) -> None:
    """Only what this task has changed can be shown late. The rest is due to another process, or to a first read that was outdated, as after an
    interrupted run. It is not carried out, because nobody has seen it in a plan.

    :raises RunFailure: naming the actions that the next run will carry out.
    """
    changed = {_whose(action) for action in done}
    others = [str(action) for action in plan.actions if _whose(action) not in changed]
    if others:
        raise RunFailure(
            f"Tenant {client.tenant}: all planned changes were made, but the state is not as desired, because another process has changed it "
            f"at the same time or just before; run again, which will do: {', '.join(others[:5])}."
            f"{already_done(done, client)}",
            changes_so_far(done, client),
        )


def _whose(action: Action) -> str:
    """The object of an action, without the part of it that changes."""
    return action.object.partition(" (")[0]


def _result(first: Plan, actions: list[Action], last: Plan, pace: Pace, tenant: str) -> dict[str, Any]:
    place = f"tenant {tenant}"
    return {
        **last.facts,
        **first.change_facts,
        "changed": bool(actions),
        "actions": [action.describe() for action in actions],
        "diff": {"before_header": place, "after_header": place, "before": dict(first.before), "after": dict(first.after)},
        "warnings": list(
            dict.fromkeys(
                (*first.warnings, *(action.note for action in actions if action.note), *last.warnings, *_changed_by_others(first, last))
            )
        ),
        "waited_seconds": round(pace.waited, 1),
    }


def _changed_by_others(first: Plan, last: Plan) -> list[str]:
    """A warning about changes by other processes between the first read of this task and its last."""
    names = [name for name in {**first.foreign, **last.foreign} if first.foreign.get(name) != last.foreign.get(name)]
    if not names:
        return []
    return [
        f"another process changed {', '.join(names)} while this task ran; these changes are kept, and are in neither the diff nor the backup"
    ]
