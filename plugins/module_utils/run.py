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

from . import checks
from .graph import cloud
from .graph.client import Client, Patience, seconds
from .graph.credentials.base import Secrets
from .graph.credentials.methods import choose
from .graph.errors import CredentialProblem, GraphFailure, ServiceError, SignInFailure, Uncertain, Unreachable
from .graph.memory import Memory
from .graph.transport import Transport, Trust
from .graph.vault import Vault
from .plan import (
    Action,
    Facts,
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
from .resources import answer_forms
from .resources.causes import explain

Desired = TypeVar("Desired")
Current = TypeVar("Current")
Read = TypeVar("Read")
Subject: TypeAlias = "Resource[Any, Any] | LinkResource[Any, Any, Any] | Inquiry | LinkInquiry | Operation"
"""What a module can be about."""

UNCHECKED = "validate_certs is off: nobody checks who answers, and secrets and tokens are sent to whoever does"

REFUSED = "Refused"
"""The code of an error that is none of the service's: what was asked for makes no sense, or would do harm."""

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
    vault: Vault | None = None,
) -> dict[str, Any]:
    """Carry out one task and return its result: ``changed``, ``actions``, ``diff``, ``warnings``, ``waited_seconds`` and the facts.

    ``progress`` is told how far a long wait is, and what a human has to do to sign in. ``run_folder`` is the private directory in
    which the tasks of a run share what they learn, and ``vault`` is where they share their tokens.

    :raises RunFailure: for everything an admin can do something about.
    """
    given = _without_empty(params)
    wrong = checks.wrong(given)
    if wrong:
        raise RunFailure(wrong)
    tenants = [given]
    if isinstance(subject, (LinkInquiry, LinkResource)):
        given["target"] = _without_empty(given["target"])
        tenants.append(given["target"])
    cautions = [] if all(one["validate_certs"] for one in tenants) else [UNCHECKED]
    try:
        result = _run(subject, given, check_mode, pace, progress, Memory(run_folder, vault))
    except RunFailure as failure:
        failure.details.update({"warnings": cautions} if cautions else {})
        raise
    return {**result, "warnings": [*result.get("warnings", ()), *cautions]} if cautions else result


def _without_empty(params: Mapping[str, Any]) -> dict[str, Any]:
    """An environment variable may be set and empty; what a task leaves empty, its host has left out already."""
    return {name: None if isinstance(value, str) and not value.strip() else value for name, value in params.items()}


def _run(
    subject: Subject,
    given: Mapping[str, Any],
    check_mode: bool,
    pace: Pace | None,
    tell: Callable[[str], None] | None,
    memory: Memory,
) -> dict[str, Any]:
    pace = pace or Pace(longest=float(given.get("visibility_timeout") or 0))
    if isinstance(subject, LinkResource):
        # The source is inside: what is not said of the target is said of the source.
        with _at(given["target"], memory, tell) as target, _at(given, memory, tell) as client:
            client.rehearses = check_mode
            resource = _seen_from(target, subject)
            return _converge(resource, client, subject.desired(given), check_mode, pace, tell or _silent, target)
    with _at(given, memory, tell) as client:
        client.rehearses = check_mode
        if isinstance(subject, Inquiry):
            return {"changed": False, **_patiently(lambda: _inquired(subject, client, given), pace)}
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
    name = str(tenant.get("tenant_id"))
    client = None
    try:
        client = connect(tenant, memory, tell)
        yield client
    except HalfDone as half:
        raise RunFailure(f"Tenant {name}: {explain(half.cause)}{_reported(half.report)}", {**_details(half.cause), **half.report}) from None
    except (Refusal, GraphFailure) as failure:
        raise _ended(failure, name, [], client) from None
    finally:
        if client:
            client.close()


def _seen_from(target: Client, subject: LinkResource[Desired, Any, Current]) -> Resource[Desired, Current]:
    """The resource of the source tenant that a link's is, once the client of the target is known."""

    def read(client: Client, wanted: Desired) -> Current:
        seen = subject.source(client, wanted)
        try:
            with target.reading():
                return subject.target(target, wanted, seen)
        except (Refusal, GraphFailure) as failure:
            raise _ended(failure, target.tenant, [], target) from None

    return Resource(subject.desired, read, subject.plan)


def _silent(_message: str) -> None:
    """Nobody watches."""


def connection_fault(params: Mapping[str, Any]) -> str | None:
    """Why these connection options lead nowhere, as far as they alone tell. Nothing is sent."""
    try:
        connect(params, tell=_silent).close()
    except Refusal as refusal:
        return f"{refusal}."
    except GraphFailure as failure:
        return explain(failure)
    return None


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
    return Client(tenant, place, credential, transport, Patience(retries=params["retries"]), memory, answer_forms.lack)


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
        if first.foretells:
            first.foretells(client)
        return _result(first, list(first.actions), first, pace, client.tenant)
    for _look in range(1, LOOKS):
        # What an earlier task has just made may be unknown to this replica (fact sheet 0.3).
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
        raise _ended(failure, client.tenant, done, client) from None
    return _result(first, done, plan, pace, client.tenant)


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


def _inquired(inquiry: Inquiry, client: Client, given: Mapping[str, Any]) -> Facts:
    with client.reading():
        return inquiry.read(client, given)


def _plan_now(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> Plan:
    """The plan for what is there."""
    return _patiently(lambda: resource.plan(_current(resource, client, desired), desired), pace)


def _current(resource: Resource[Desired, Current], client: Client, desired: Desired) -> Current:
    """What is there. Only reading takes answers apart, so that a fault of a planner is not taken for one of the service."""
    with client.reading():
        return resource.read(client, desired)


def _plan_seen(resource: Resource[Desired, Current], client: Client, desired: Desired, pace: Pace) -> Plan:
    """The plan for what is there, where this task has seen the configuration: nobody deletes it, so only a replica forgets it."""
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
            apply(plan, client, pace, now)
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
    raise _interrupted(stop, done, client)


def _await_outcome(
    outcome: Outcome, client: Client, pace: Pace, progress: Callable[[str], None], done: Sequence[Action], other: Client | None = None
) -> None:
    """Wait for what the service does by itself.

    :raises RunFailure: when it takes longer than the admin wants to wait, or is not what was wanted; what was done before stays
        done, and is told.
    """
    patient = dataclasses.replace(pace, longest=outcome.timeout, slowest=30.0, waited=0.0)
    began = pace.clock()
    said, seen = "", None
    since = next((one.answered for one in reversed(done) if one.verb in outcome.after), None)
    for _attempt in patient.attempts():
        try:
            with client.reading():
                body = client.find(outcome.path)
                reached = outcome.reached(body, since)
                said = outcome.progress(body)
        except GraphFailure as failure:
            msg = f"Tenant {client.tenant}: could not see whether {outcome.name} was reached: {explain(failure)}{_told(done, client)}"
            raise RunFailure(msg, {**_details(failure), **_made(done, client)}) from None
        seen = _look(outcome, client, other, body, patient if reached else None, done)
        if reached:
            pace.waited += patient.waited
            if seen and seen.complaint:
                raise RunFailure(f"Tenant {client.tenant}: {seen.complaint}.", {**_made(done, client), **seen.facts})
            return
        waited = f"{pace.clock() - began:.0f} of at most {outcome.timeout:.0f} seconds"
        said += f", {seen.told}" if seen else ""
        progress(f"Tenant {client.tenant}: waiting for {outcome.name} ({waited}): {said}")
    late = f"{outcome.name} was not reached within {outcome.timeout:.0f} seconds ({said}); the service goes on, look again later"
    raise RunFailure(f"Tenant {client.tenant}: {late}.", {**_made(done, client), **(seen.facts if seen else {})})


def _look(outcome: Outcome, client: Client, other: Client | None, body: Any, patient: Pace | None, done: Sequence[Action]) -> Sight | None:
    """What is seen in the other tenant. At the end it is looked at again for a while: a replica may be behind (fact sheet 0.3)."""
    if outcome.there is None or other is None:
        return None
    for _again in range(LOOKS if patient else 1):
        try:
            with other.reading():
                seen = outcome.there(other, body)
        except GraphFailure as failure:
            msg = f"Tenant {other.tenant}: could not see how far {outcome.name} is: {explain(failure)}{_told(done, client)}"
            raise RunFailure(msg, {**_details(failure), **_made(done, client)}) from None
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
            together = [one for one in plan.actions if one.batched and stop.action.batched] or [stop.action]
            done.extend(one for one in together if str(one) not in left | known)
            return again
        if stop.may_be_repeated:
            return again
    raise _interrupted(stop, done, client)


def _heed(stop: Interrupted, client: Client, done: list[Action], pace: Pace) -> None:
    """Stay away as long as the service says, before what may be repeated is looked into and sent again.

    :raises RunFailure: when that is too long for a change window.
    """
    told = seconds(stop.cause.retry_after) if isinstance(stop.cause, Uncertain) and stop.may_be_repeated else None
    if told is None:
        return
    if told > client.patience.longest_told:
        raise _interrupted(stop, done, client)
    pace.rest(told)


def _plan_seeing(
    resource: Resource[Desired, Current], client: Client, desired: Desired, done: list[Action], stop: Interrupted, pace: Pace
) -> Plan:
    """A plan of somebody who sees what was done. A stale replica would have us make it a second time (fact sheet 0.3).

    :raises RunFailure: when what was done does not show, or cannot be read.
    """
    made = {str(action) for action in done if action.leaves_trace}
    for _attempt in pace.attempts():
        try:
            again = _plan_now(resource, client, desired, pace)
        except GraphFailure as failure:
            raise _interrupted(Interrupted(stop.action, failure, (), stop.writes), done, client) from None
        except Refusal as refusal:
            raise _interrupted(Interrupted(stop.action, GraphFailure(str(refusal)), (), stop.writes), done, client) from None
        if not again.unmet and not made & {str(action) for action in again.actions}:
            return again
    raise _interrupted(stop, done, client)


def _read_back(resource: Resource[Desired, Current], client: Client, desired: Desired, done: list[Action], pace: Pace) -> Plan:
    """What a following task will see. Directory reads can be stale for a while (fact sheet 0.3).

    :raises RunFailure: when it cannot be read; everything was done all the same.
    """
    for _attempt in pace.attempts():
        try:
            plan = _plan_now(resource, client, desired, pace)
        except GraphFailure as failure:
            msg = f"Tenant {client.tenant}: everything was done, but could not be read back: {explain(failure)}{_told(done, client)}"
            raise RunFailure(msg, {**_details(failure), **_made(done, client)}) from None
        if not plan.actions and not plan.unmet:
            return plan
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
            dict.fromkeys((*first.warnings, *(one.note for one in actions if one.note), *last.warnings, *_changed_by_others(first, last)))
        ),
        "waited_seconds": round(pace.waited, 1),
    }


def _changed_by_others(first: Plan, last: Plan) -> list[str]:
    """What somebody else changed beside us, between our first look and our last."""
    names = [name for name in {**first.foreign, **last.foreign} if first.foreign.get(name) != last.foreign.get(name)]
    if not names:
        return []
    return [f"somebody else changed {', '.join(names)} while this ran; that was kept, and is neither in the difference nor in the backup"]


def _interrupted(stop: Interrupted | None, done: list[Action], client: Client) -> RunFailure:
    if stop is None:
        return RunFailure(f"Tenant {client.tenant}: no time was given to apply the plan.")
    refused = isinstance(stop.cause, ServiceError) and any(stop.cause.names(code) for code in stop.action.passing_codes)
    hint = f" {stop.action.hint}" if stop.action.hint and refused else ""
    msg = f"Tenant {client.tenant}: could not {stop.action}: {explain(stop.cause)}{hint}{_told(done, client, stop)} Running again is safe."
    return RunFailure(msg, {**_details(stop.cause), **_made(done, client)})


def _ended(failure: Refusal | GraphFailure, tenant: str, done: Sequence[Action], client: Client | None) -> RunFailure:
    """What ended the task outside of an action, with what was changed before it, if anything was."""
    said = f"{failure}." if isinstance(failure, Refusal) else explain(failure)
    details = {"error": {"code": REFUSED}} if isinstance(failure, Refusal) else _details(failure)
    if client is None or not (done or client.changes):
        return RunFailure(f"Tenant {tenant}: {said}", details)
    return RunFailure(f"Tenant {tenant}: {said}{_told(done, client)}", {**details, **_made(done, client)})


def _made(done: Sequence[Action], client: Client) -> dict[str, Any]:
    """What a failure tells of the changes before it: requests count, since an action may have ended between two of them."""
    return {"actions": [action.describe() for action in done], "changed": bool(done) or client.changes > 0}


def _told(done: Sequence[Action], client: Client, stop: Interrupted | None = None) -> str:
    said = f" Already done: {', '.join(str(action) for action in done)}." if done else ""
    if stop and stop.writes:
        said += f" Partly done: {stop.action}."
    if said:
        return said
    if client.changes:
        return " Something was changed before that."
    return "" if stop and isinstance(stop.cause, Uncertain) else " Nothing was changed."


def _reported(report: Mapping[str, Any]) -> str:
    """The same of an operation that broke off."""
    done = [f"{one['verb']} {one['object']}" for one in report.get("actions") or ()]
    return f" Already done: {', '.join(done)}." if done else ""


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
