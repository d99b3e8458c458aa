# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Parameters in, result out: the one function every host of the engine calls.

Knows neither Ansible nor how it was started. Everything that fails on purpose leaves as a `RunFailure`.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from .graph import cloud
from .graph.client import Client, Patience
from .graph.credentials.base import Secrets
from .graph.credentials.methods import choose
from .graph.errors import CredentialProblem, GraphFailure, ServiceError, SignInFailure, Uncertain, Unreachable
from .graph.memory import Memory
from .graph.transport import Transport, Trust
from .plan import (
    Action,
    HalfDone,
    Inquiry,
    Interrupted,
    LinkInquiry,
    LinkResource,
    Operation,
    Outcome,
    Pace,
    Plan,
    Refusal,
    Resource,
    Sight,
    Unseen,
    apply,
)
from .resources.causes import explain

Desired = TypeVar("Desired")
Current = TypeVar("Current")
Read = TypeVar("Read")
Subject: TypeAlias = "Resource[Any, Any] | LinkResource[Any, Any, Any] | Inquiry | LinkInquiry | Operation"
"""What a module can be about."""

UNCHECKED = "validate_certs is off: nobody checks who answers, and secrets and tokens are sent to whoever does"

LEAST_ATTEMPTS = 3
LOOKS = 5
"""How often something is looked for before it counts as absent."""


class RunFailure(Exception):
    """One sentence for the admin in ``msg``, and the same facts as data in ``details``."""

    def __init__(self, msg: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(msg)
        self.msg = msg
        self.details = dict(details or {})


def run(
    subject: Subject,
    params: Mapping[str, Any],
    check_mode: bool,
    pace: Pace | None = None,
    progress: Callable[[str], None] | None = None,
    run_folder: str | None = None,
) -> dict[str, Any]:
    """Carry out one task and return its result: ``changed``, ``actions``, ``diff``, ``warnings``, ``waited_seconds`` and the facts.

    ``progress`` is told how far a long wait is, and what a human has to do to sign in. ``run_folder`` is the private directory in
    which the tasks of a run share what they learn.

    :raises RunFailure: for everything an admin can do something about.
    """
    given = _without_empty(params)
    tenants = [given]
    if isinstance(subject, (LinkInquiry, LinkResource)):
        given["target"] = _without_empty(given["target"])
        tenants.append(given["target"])
    cautions = [] if all(one["validate_certs"] for one in tenants) else [UNCHECKED]
    try:
        result = _run(subject, given, check_mode, pace, progress, run_folder)
    except RunFailure as failure:
        failure.details.update({"warnings": cautions} if cautions else {})
        raise
    return {**result, "warnings": [*result.get("warnings", ()), *cautions]} if cautions else result


def _without_empty(params: Mapping[str, Any]) -> dict[str, Any]:
    """AWX gives an empty text for a field that was left empty."""
    return {name: None if value == "" else value for name, value in params.items()}


def _run(
    subject: Subject,
    given: Mapping[str, Any],
    check_mode: bool,
    pace: Pace | None,
    tell: Callable[[str], None] | None,
    run_folder: str | None,
) -> dict[str, Any]:
    pace = pace or Pace(longest=float(given.get("visibility_timeout") or 0))
    memory = Memory(run_folder)
    if isinstance(subject, LinkResource):
        # The source is inside: what is not said of the target is said of the source.
        with _at(given["target"], memory, tell) as target, _at(given, memory, tell) as client:
            resource = _seen_from(target, subject)
            return _converge(resource, client, subject.desired(given), check_mode, pace, tell or _silent, target)
    with _at(given, memory, tell) as client:
        if isinstance(subject, Inquiry):
            return {"changed": False, **_patiently(lambda: subject.read(client, given), pace)}
        if isinstance(subject, LinkInquiry):
            source = _patiently(lambda: subject.source(client, given), pace)
            with _at(given["target"], memory, tell) as target:
                return {"changed": False, **_patiently(lambda: subject.target(target, given, source), pace)}
        if isinstance(subject, Operation):
            return {**subject.perform(client, given, check_mode, pace), "waited_seconds": round(pace.waited, 1)}
        return _converge(subject, client, subject.desired(given), check_mode, pace, tell or _silent)


@contextlib.contextmanager
def _at(tenant: Mapping[str, Any], memory: Memory, tell: Callable[[str], None] | None) -> Iterator[Client]:
    """A client of the tenant that the connection options name, and its name on whatever goes wrong there.

    :raises RunFailure: for everything an admin can do something about.
    """
    client = None
    try:
        with _naming(str(tenant.get("tenant_id"))):
            client = connect(tenant, memory, tell)
            yield client
    finally:
        if client:
            client.close()


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    """The tenant's name on whatever goes wrong in it.

    :raises RunFailure: for everything an admin can do something about.
    """
    try:
        yield
    except Refusal as refusal:
        raise RunFailure(f"Tenant {name}: {refusal}.") from None
    except HalfDone as half:
        raise RunFailure(f"Tenant {name}: {explain(half.cause)}", {**_details(half.cause), **half.report}) from None
    except GraphFailure as failure:
        raise RunFailure(f"Tenant {name}: {explain(failure)}", _details(failure)) from None


def _seen_from(target: Client, subject: LinkResource[Desired, Any, Current]) -> Resource[Desired, Current]:
    """The resource of the source tenant that a link's is, once the client of the target is known."""

    def read(client: Client, wanted: Desired) -> Current:
        seen = subject.source(client, wanted)
        with _naming(target.tenant):
            return subject.target(target, wanted, seen)

    return Resource(subject.desired, read, subject.plan)


def _silent(_message: str) -> None:
    """Nobody watches."""


def connect(params: Mapping[str, Any], memory: Memory | None = None, tell: Callable[[str], None] | None = None) -> Client:
    """A client of the tenant that the connection options name. Nothing is sent yet.

    :raises CredentialProblem: when an option is missing or unusable.
    """
    tenant = params.get("tenant_id")
    if not tenant:
        raise CredentialProblem("tenant_id is missing; it is the tenant's id or one of its verified domains")
    place = cloud.choose(params["cloud"], params.get("login_endpoint"), params.get("graph_endpoint"))
    secrets = Secrets(**{field.name: params.get(field.name) for field in dataclasses.fields(Secrets)})
    credential = choose(place, tenant, params.get("client_id"), secrets, params["auth_method"], tell)
    trust = Trust(
        params.get("ca_path"), params["validate_certs"], float(params["timeout"]), float(params["connect_timeout"]), params.get("proxy")
    )
    transport = Transport(trust, (place.login_endpoint, place.graph_endpoint))
    return Client(tenant, place, credential, transport, Patience(retries=params["retries"]), memory)


def _converge(
    resource: Resource[Desired, Current],
    client: Client,
    desired: Desired,
    check_mode: bool,
    pace: Pace,
    progress: Callable[[str], None],
    other: Client | None = None,
) -> dict[str, Any]:
    first = _plan_now(resource, client, desired, pace)
    if check_mode:
        return _result(first, list(first.actions), first, pace)
    for _look in range(1, LOOKS):
        # What an earlier task has just made may be unknown to this replica (fact sheet 0.3).
        if first.unmet:
            pace.rest(1.0)
            first = _plan_now(resource, client, desired, pace)
    plan, done = _apply(first, resource, client, desired, pace)
    if first.outcome:
        _await_outcome(first.outcome, client, pace, progress, done, other)
        if first.outcome.there:
            # It was seen where it counts.
            return _result(first, done, first, pace)
    if done and plan.lasting:
        plan = _read_back(resource, client, desired, done, pace)
    elif done or first.outcome:
        plan = _plan_seen(resource, client, desired, pace)
    return _result(first, done, plan, pace)


def _patiently(read: Callable[[], Read], pace: Pace) -> Read:
    """What can be read. What one replica lists, another may not know, so it is read again for a while (fact sheet 0.3)."""
    for _look in range(1, LOOKS):
        try:
            return read()
        except Unseen:
            pace.rest(1.0)
        except ServiceError as error:
            if not error.missing:
                raise
            pace.rest(1.0)
    return read()


def _plan_now(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> Plan:
    """The plan for what is there."""
    return _patiently(lambda: resource.plan(resource.read(client, desired), desired), pace)


def _plan_seen(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> Plan:
    """The plan for what is there, where this task has seen the configuration: nobody deletes it, so only a replica forgets it."""
    for _attempt in pace.attempts():
        plan = _plan_now(resource, client, desired, pace)
        if not plan.unmet:
            break
    return plan


def _apply(plan: Plan, resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> tuple[Plan, list[Action]]:
    """Apply the plan, planning again as long as that is no blind repetition; the last plan and what was done."""
    done: list[Action] = []
    stop: Interrupted | None = None
    for _attempt in pace.attempts(at_least=LEAST_ATTEMPTS):
        if plan.unmet:
            raise Refusal(plan.unmet)
        try:
            done += apply(plan, client, pace)
        except Interrupted as interruption:
            stop = interruption
            done += stop.done
            plan = _replan(stop, plan, resource, client, desired, done, pace)
        else:
            return plan, done
    raise _interrupted(stop, done, client.tenant)


def _await_outcome(
    outcome: Outcome, client: Client, pace: Pace, progress: Callable[[str], None], done: Sequence[Action], other: Client | None = None
) -> None:
    """Wait for what the service does by itself.

    :raises RunFailure: when it takes longer than the admin wants to wait, or is not what was wanted; what was done before stays
        done, and is told.
    """
    patient = dataclasses.replace(pace, longest=outcome.timeout, slowest=30.0, waited=0.0)
    said, seen = "", None
    for _attempt in patient.attempts():
        try:
            body = client.find(outcome.wait.path)
        except GraphFailure as failure:
            msg = f"Tenant {client.tenant}: could not see whether {outcome.name} was reached: {explain(failure)}{_told(done)}"
            raise RunFailure(msg, {**_details(failure), **_made(done)}) from None
        reached = outcome.wait.until(body)
        seen = _look(outcome, other, body, patient if reached else None, done)
        if reached:
            pace.waited += patient.waited
            if seen and seen.complaint:
                raise RunFailure(f"Tenant {client.tenant}: {seen.complaint}.", {**_made(done), **seen.facts})
            return
        said = outcome.progress(body) + (f", {seen.told} after {patient.waited:.0f} seconds" if seen else "")
        progress(f"waiting for {outcome.name}: {said}")
    late = f"{outcome.name} was not reached within {outcome.timeout:.0f} seconds ({said}); the service goes on, look again later"
    raise RunFailure(f"Tenant {client.tenant}: {late}.", {**_made(done), **(seen.facts if seen else {})})


def _look(outcome: Outcome, other: Client | None, body: Any, patient: Pace | None, done: Sequence[Action]) -> Sight | None:
    """What is seen in the other tenant. At the end it is looked at again for a while: a replica may be behind (fact sheet 0.3)."""
    if outcome.there is None or other is None:
        return None
    for _again in range(LOOKS if patient else 1):
        try:
            seen = outcome.there(other, body)
        except GraphFailure as failure:
            msg = f"Tenant {other.tenant}: could not see how far {outcome.name} is: {explain(failure)}{_told(done)}"
            raise RunFailure(msg, {**_details(failure), **_made(done)}) from None
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
        again = _plan_seeing(resource, client, desired, done, stop, pace)
        left = {str(action) for action in again.actions}
        if str(stop.action) not in left:
            # It was made after all, by us or by another link at the same moment; so was what went with it in a batch.
            known = {str(action) for action in done}
            together = [one for one in plan.actions if one.batched and stop.action.batched] or [stop.action]
            done.extend(one for one in together if str(one) not in left | known)
            return again
        if stop.may_be_repeated:
            return again
    raise _interrupted(stop, done, client.tenant)


def _plan_seeing(
    resource: Resource[Desired, Current], client: Client, desired: Desired, done: list[Action], stop: Interrupted, pace: Pace
) -> Plan:
    """A plan of somebody who sees what was done. A stale replica would have us make it a second time (fact sheet 0.3).

    :raises RunFailure: when what was done does not show, or cannot be read.
    """
    made = {str(action) for action in done}
    for _attempt in pace.attempts():
        try:
            again = _plan_now(resource, client, desired, pace)
        except GraphFailure as failure:
            raise _interrupted(Interrupted(stop.action, failure, ()), done, client.tenant) from None
        if not again.unmet and not made & {str(action) for action in again.actions}:
            return again
    raise _interrupted(stop, done, client.tenant)


def _read_back(resource: Resource[Desired, Current], client: Client, desired: Desired, done: list[Action], pace: Pace) -> Plan:
    """What a following task will see. Directory reads can be stale for a while (fact sheet 0.3).

    :raises RunFailure: when it cannot be read; everything was done all the same.
    """
    for _attempt in pace.attempts():
        try:
            plan = _plan_now(resource, client, desired, pace)
        except GraphFailure as failure:
            msg = f"Tenant {client.tenant}: everything was done, but could not be read back: {explain(failure)}{_told(done)}"
            raise RunFailure(msg, {**_details(failure), **_made(done)}) from None
        if not plan.actions and not plan.unmet:
            return plan
    late = ", ".join(str(action) for action in (plan.actions or done)[:5])
    return dataclasses.replace(plan, warnings=(*plan.warnings, f"the service does not show these changes yet: {late}"))


def _result(first: Plan, actions: list[Action], last: Plan, pace: Pace) -> dict[str, Any]:
    return {
        **last.facts,
        **first.change_facts,
        "changed": bool(actions),
        "actions": [action.describe() for action in actions],
        "diff": {"before": dict(first.before), "after": dict(first.after)},
        "warnings": list(dict.fromkeys((*first.warnings, *last.warnings))),
        "waited_seconds": round(pace.waited, 1),
    }


def _interrupted(stop: Interrupted | None, done: list[Action], tenant: str) -> RunFailure:
    if stop is None:
        return RunFailure(f"Tenant {tenant}: no time was given to apply the plan.")
    refused = isinstance(stop.cause, ServiceError) and any(stop.cause.names(code) for code in stop.action.passing_codes)
    hint = f" {stop.action.hint}" if stop.action.hint and refused else ""
    msg = f"Tenant {tenant}: could not {stop.action}: {explain(stop.cause)}{hint}{_told(done, stop.cause)} Running again is safe."
    return RunFailure(msg, {**_details(stop.cause), **_made(done)})


def _made(done: Sequence[Action]) -> dict[str, Any]:
    return {"actions": [action.describe() for action in done], "changed": bool(done)}


def _told(done: Sequence[Action], cause: GraphFailure | None = None) -> str:
    if done:
        return f" Already done: {', '.join(str(action) for action in done)}."
    return "" if isinstance(cause, Uncertain) else " Nothing was changed."


def _details(failure: GraphFailure) -> dict[str, Any]:
    cause = getattr(failure, "cause", failure)
    if isinstance(cause, ServiceError):
        return {
            "error": {
                "status": cause.status,
                "code": cause.code,
                "request_id": cause.request_id,
                "client_request_id": cause.client_request_id,
                "method": cause.method,
                "path": cause.path.split("?", 1)[0],
            }
        }
    if isinstance(cause, SignInFailure):
        ids = {"trace_id": cause.trace_id, "correlation_id": cause.correlation_id}
        return {"error": {"code": "SignInFailure", "aadsts": list(cause.codes), **ids}}
    if isinstance(cause, Unreachable):
        return {"error": {"code": "Unreachable", "client_request_id": cause.client_request_id}}
    return {"error": {"code": type(cause).__name__}}
