# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Plan, apply, and plan again, until the service shows what was wanted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .apply import Interrupted
from .apply import apply as carry_out
from .failure import RunFailure, details, ended, interrupted, made, told
from .graph.client import Client, seconds
from .graph.errors import GraphFailure, ServiceError, Uncertain
from .plan import Action, Outcome, Pace, Plan, Refusal, Resource, Sight, Unseen
from .resources.causes import explain

Desired = TypeVar("Desired")
Current = TypeVar("Current")
Read = TypeVar("Read")

LEAST_ATTEMPTS = 3
LOOKS = 5
"""How often something is looked for before it counts as absent."""


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
    for _look in range(1, LOOKS):
        # What an earlier task has just made may be unknown to this replica (fact F14).
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
            if first.outcome.there:
                # It was seen where it counts.
                return _result(first, done, first, pace, client.tenant)
        if done and plan.lasting:
            plan = _read_back(resource, client, desired, done, pace)
        elif done or first.outcome:
            plan = _plan_seen(resource, client, desired, pace)
    except (Refusal, GraphFailure) as failure:
        raise ended(failure, client.tenant, done, client) from None
    return _result(first, done, plan, pace, client.tenant)


def patiently(read: Callable[[], Read], client: Client, pace: Pace) -> Read:
    """What can be read. What one replica lists, another may not know, so it is read again for a while (fact F14); and a failure
    that rests on what other tasks have read counts only if it comes again without.

    :raises Refusal: what the last look ended with,
    :raises GraphFailure: and this as well.
    """
    looks = 0
    while True:
        try:
            return read()
        except (Refusal, GraphFailure) as failure:
            if client.reads.read_afresh():
                continue
            looks += 1
            passes = isinstance(failure, Unseen) or (isinstance(failure, ServiceError) and failure.missing)
            if looks == LOOKS or not passes:
                raise
        client.reads.forget()
        pace.rest(1.0)


def _first_plan(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> Plan:
    """The plan for what is there. One that finds nothing to do may rest on what the run has read moments ago, see `read_cache`."""
    client.reads.use_shared()
    plan = _plan_now(resource, client, desired, pace)
    if client.reads.read_afresh() and (plan.actions or plan.unmet or plan.outcome):
        plan = _plan_now(resource, client, desired, pace)
    client.reads.forget()
    return plan


def _plan_now(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> Plan:
    """The plan for what is there."""
    return patiently(lambda: resource.plan(_current(resource, client, desired), desired), client, pace)


def _current(resource: Resource[Desired, Current], client: Client, desired: Desired) -> Current:
    """What is there. Only reading takes answers apart, so that a fault of a planner is not taken for one of the service."""
    with client.reading():
        return resource.read(client, desired)


def _plan_seen(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> Plan:
    """The plan for what is there, where this task has seen the configuration: a run does not delete it, so only a replica forgets it."""
    for _attempt in pace.attempts():
        plan = _plan_now(resource, client, desired, pace)
        if not plan.unmet:
            break
    return plan


def _apply(plan: Plan, resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace, done: list[Action]) -> Plan:
    """Apply the plan, planning again as long as that is no blind repetition; the last plan. What was done is added to ``done``."""
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
    """Wait for what the service does on its own.

    :raises RunFailure: when it takes longer than the admin wants to wait, or is not what was wanted; what was done before stays
        done, and is reported.
    """
    patient = dataclasses.replace(pace, longest=outcome.timeout, slowest=30.0, waited=0.0)
    began = pace.clock()
    said, seen = "", None
    since = next((action.answered for action in reversed(done) if action.verb in outcome.after), None)
    for _attempt in patient.attempts():
        try:
            with client.reading():
                body = client.find(outcome.path)
                reached = outcome.reached(body, since)
                said = outcome.progress(body)
        except GraphFailure as failure:
            msg = f"Tenant {client.tenant}: could not see whether {outcome.name} was reached: {explain(failure)}{told(done, client)}"
            raise RunFailure(msg, {**details(failure), **made(done, client)}) from None
        seen = _look(outcome, client, other, body, patient if reached else None, done)
        if reached:
            pace.waited += patient.waited
            if seen and seen.complaint:
                raise RunFailure(f"Tenant {client.tenant}: {seen.complaint}.", {**made(done, client), **seen.facts})
            return
        waited = f"{pace.clock() - began:.0f} of at most {outcome.timeout:.0f} seconds"
        said += f", {seen.told}" if seen else ""
        progress(f"Tenant {client.tenant}: waiting for {outcome.name} ({waited}): {said}")
    late = f"{outcome.name} was not reached within {outcome.timeout:.0f} seconds ({said}); the service goes on, look again later"
    raise RunFailure(f"Tenant {client.tenant}: {late}.", {**made(done, client), **(seen.facts if seen else {})})


def _look(outcome: Outcome, client: Client, other: Client | None, body: Any, patient: Pace | None, done: Sequence[Action]) -> Sight | None:
    """What is seen in the other tenant. At the end it is looked at again for a while: a replica may be behind (fact F14)."""
    if outcome.there is None or other is None:
        return None
    for _again in range(LOOKS if patient else 1):
        try:
            with other.reading():
                seen = outcome.there(other, body)
        except GraphFailure as failure:
            msg = f"Tenant {other.tenant}: could not see how far {outcome.name} is: {explain(failure)}{told(done, client)}"
            raise RunFailure(msg, {**details(failure), **made(done, client)}) from None
        if patient is None or not seen.complaint:
            break
        patient.rest(1.0)
    return seen


def _replan(
    stop: Interrupted, plan: Plan, resource: Resource[Desired, Current], client: Client, desired: Desired, done: list[Action], pace: Pace
) -> Plan:
    """Read again and plan what is left, when that is no blind repetition.

    :raises RunFailure: when going on would be one, or would fail the same way.
    """
    if stop.may_be_resolved_by_reading:
        _heed(stop, client, done, pace)
        again = _plan_seeing(resource, client, desired, done, stop, pace)
        left = {str(action) for action in again.actions}
        if str(stop.action) not in left:
            # It was made after all, by us or by another link at the same moment; so was what went with it in a batch.
            known = {str(action) for action in done}
            together = [action for action in plan.actions if action.batched and stop.action.batched] or [stop.action]
            done.extend(action for action in together if str(action) not in left | known)
            return again
        if stop.may_be_repeated:
            return again
    raise interrupted(stop, done, client)


def _heed(stop: Interrupted, client: Client, done: list[Action], pace: Pace) -> None:
    """Stay away as long as the service says, before what may be repeated is looked into and sent again.

    :raises RunFailure: when that is too long for a change window.
    """
    told = seconds(stop.cause.retry_after) if isinstance(stop.cause, Uncertain) and stop.may_be_repeated else None
    if told is None:
        return
    if told > client.patience.longest_told:
        raise interrupted(stop, done, client)
    pace.rest(told)


def _plan_seeing(
    resource: Resource[Desired, Current], client: Client, desired: Desired, done: list[Action], stop: Interrupted, pace: Pace
) -> Plan:
    """A plan of somebody who sees what was done. A stale replica would have us make it a second time (fact F14).

    :raises RunFailure: when what was done does not show, or cannot be read.
    """
    made = {str(action) for action in done if action.leaves_trace}
    for _attempt in pace.attempts():
        try:
            again = _plan_now(resource, client, desired, pace)
        except GraphFailure as failure:
            raise interrupted(Interrupted(stop.action, failure, (), stop.writes), done, client) from None
        except Refusal as refusal:
            raise interrupted(Interrupted(stop.action, GraphFailure(str(refusal)), (), stop.writes), done, client) from None
        if not again.unmet and not made & {str(action) for action in again.actions}:
            return again
    raise interrupted(stop, done, client)


def _read_back(resource: Resource[Desired, Current], client: Client, desired: Desired, done: list[Action], pace: Pace) -> Plan:
    """What a following task will see. Directory reads can be stale for a while (fact F14).

    :raises RunFailure: when it cannot be read; everything was done all the same.
    """
    for _attempt in pace.attempts():
        try:
            plan = _plan_now(resource, client, desired, pace)
        except GraphFailure as failure:
            msg = f"Tenant {client.tenant}: everything was done, but could not be read back: {explain(failure)}{told(done, client)}"
            raise RunFailure(msg, {**details(failure), **made(done, client)}) from None
        if not plan.actions and not plan.unmet:
            return plan
    client.reads.distrust()
    late = ", ".join(str(action) for action in (plan.actions or done)[:5])
    return dataclasses.replace(plan, warnings=(*plan.warnings, f"the service does not show these changes yet: {late}"))


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
    """What somebody else changed beside us, between our first look and our last."""
    names = [name for name in {**first.foreign, **last.foreign} if first.foreign.get(name) != last.foreign.get(name)]
    if not names:
        return []
    return [f"somebody else changed {', '.join(names)} while this ran; that was kept, and is neither in the difference nor in the backup"]
