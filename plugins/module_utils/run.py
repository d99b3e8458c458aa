# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Runs a task: takes its parameters and returns its result. A module process and the controller's worker both call `run`.

It does not depend on Ansible. Every expected failure is raised as a `RunFailure`.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from .converge import converge, read_with_retries
from .exchange import service as exchange
from .failure import RunFailure, details, operation_changes, run_failure
from .graph import cloud
from .graph.client import Client, Patience
from .graph.credentials.methods import choose
from .graph.errors import CredentialProblem, GraphFailure
from .graph.run_cache import RunCache
from .graph.transport import Transport, Trust
from .graph.vault import Vault
from .options import checks
from .plan import (
    ExchangeResource,
    Facts,
    ForeseenResource,
    HalfDone,
    Inquiry,
    JointInquiry,
    LinkInquiry,
    LinkResource,
    Operation,
    Pace,
    Plan,
    Refusal,
    Resource,
)
from .resources import answer_forms, partner_settings, settings_bag, tenants
from .resources.causes import explain

Desired = TypeVar("Desired")
Current = TypeVar("Current")
Read = TypeVar("Read")
Subject: TypeAlias = (
    "Resource[Any, Any] | ForeseenResource[Any, Any] | LinkResource[Any, Any, Any] | ExchangeResource[Any, Any] | "
    "Inquiry | JointInquiry | LinkInquiry | Operation"
)
"""The kinds of objects that a module handles."""

CHECKS = {**checks.CHECKS, **partner_settings.TABLE.checks()}
"""The check of the value of each option."""
EXCHANGE_PATIENCE = 4.0
"""How many times as long as ``timeout`` an answer of Exchange may take."""
EXCHANGE_RETRIES = 2
"""How often a request to Exchange is repeated at most."""
NOT_VALIDATED = "validate_certs is off: the identity of the servers is not verified, and secrets and tokens can be sent to any server"


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

    ``progress`` is called with the progress of a long wait, and with what a user has to do to sign in. ``run_folder`` is the private
    directory in which the tasks of a run share what they have read; in ``vault`` they share their tokens.

    :raises RunFailure: for every failure with a cause that an administrator can fix.
    """
    given = without_empty(params)
    wrong = refused_value(given)
    if wrong:
        raise RunFailure(wrong)
    connections = [given]
    other = _other_tenant(subject)
    if other and given[other]:
        given[other] = without_empty(given[other])
        connections.append(given[other])
    cautions = [] if all(connection["validate_certs"] for connection in connections) else [NOT_VALIDATED]
    try:
        result = _run(subject, given, check_mode, pace, progress, RunCache(run_folder, vault))
    except RunFailure as failure:
        failure.details.update(_with_warnings(failure.details, cautions))
        raise
    return _with_warnings(result, cautions)


def _other_tenant(subject: Subject) -> str | None:
    """The option with the connection to another tenant."""
    if isinstance(subject, LinkInquiry):
        return subject.other
    return "target" if isinstance(subject, (LinkResource, ForeseenResource, JointInquiry)) else None


def _with_warnings(result: dict[str, Any], cautions: Sequence[str]) -> dict[str, Any]:
    """The result with these warnings after its own."""
    return {**result, "warnings": [*result.get("warnings", ()), *cautions]} if cautions else result


def without_empty(params: Mapping[str, Any]) -> dict[str, Any]:
    """The options without empty texts: an environment variable can be set and empty. Empty options of a task were removed before."""
    return {name: None if isinstance(value, str) and not value.strip() else value for name, value in params.items()}


def refused_value(given: Mapping[str, Any]) -> str | None:
    """What is wrong with the value of an option; ``None`` if nothing is."""
    return checks.wrong(given, CHECKS)


def _run(
    subject: Subject,
    given: Mapping[str, Any],
    check_mode: bool,
    pace: Pace | None,
    progress: Callable[[str], None] | None,
    run_cache: RunCache,
) -> dict[str, Any]:
    pace = pace or Pace(longest=float(given.get("visibility_timeout") or 0))
    if isinstance(subject, LinkInquiry):
        return _run_link_inquiry(subject, given, check_mode, pace, progress, run_cache)
    if isinstance(subject, LinkResource):
        # The source is the inner context: a failure that is not attributed to the target is attributed to the source.
        with _connected(given["target"], run_cache, progress) as target, _connected(given, run_cache, progress) as client:
            client.check_mode = check_mode
            resource = _in_source(target, subject, given)
            return converge(resource, client, subject.desired(given), check_mode, pace, progress or _no_progress, target)
    if isinstance(subject, (ForeseenResource, JointInquiry)):
        with contextlib.ExitStack() as stack:
            there = stack.enter_context(_connected(given["target"], run_cache, progress)) if given.get("target") else None
            client = stack.enter_context(_connected(given, run_cache, progress))
            client.check_mode = check_mode
            if isinstance(subject, ForeseenResource):
                foreseen = _foreseen(subject, there, given)
                return converge(foreseen, client, subject.resource.desired(given), check_mode, pace, progress or _no_progress)
            return {"changed": False, **_ask_both(subject, client, there, given, pace)}
    with _connected(given, run_cache, progress) as client:
        client.check_mode = check_mode
        if isinstance(subject, ExchangeResource):
            return _run_in_exchange(subject, client, given, pace, progress or _no_progress)
        if isinstance(subject, Inquiry):
            if subject.uses_shared_reads:
                _use_shared_reads(client)
            return {"changed": False, **read_with_retries(lambda: _inquire(subject, client, given), client, pace)}
        if isinstance(subject, Operation):
            return {**subject.perform(client, given, check_mode, pace), "waited_seconds": round(pace.waited, 1)}
        return converge(subject, client, subject.desired(given), check_mode, pace, progress or _no_progress)


def _run_in_exchange(
    subject: ExchangeResource[Any, Any], client: Client, given: Mapping[str, Any], pace: Pace, progress: Callable[[str], None]
) -> dict[str, Any]:
    """The result of a resource in Exchange. Without Exchange, its plan has no actions."""
    if client.exchange is None:
        raise Refusal("this task needs exchange: true among the connection options, so that Exchange is asked")
    with contextlib.ExitStack() as stack:
        there: Client | GraphFailure
        try:
            there = stack.enter_context(contextlib.closing(client.exchange()))
        except GraphFailure as failure:
            there = failure
        else:
            there.check_mode = client.check_mode

        def read(_client: Client, wanted: Any) -> Any:
            with client.reading():
                return subject.read(client, there, wanted)

        resource = Resource(subject.desired, read, subject.plan)
        writer = there if isinstance(there, Client) else client
        result = converge(resource, writer, subject.desired(given), client.check_mode, pace, progress)
    return {**result, **subject.finish(given, result, client.check_mode)}


def _run_link_inquiry(
    subject: LinkInquiry,
    given: Mapping[str, Any],
    check_mode: bool,
    pace: Pace,
    progress: Callable[[str], None] | None,
    run_cache: RunCache,
) -> dict[str, Any]:
    """The facts about a link. In check mode its problems are no failure, because nothing was built."""
    try:
        with _connected(given, run_cache, progress) as client:
            client.check_mode = check_mode
            facts = _facts_of_both(subject, client, given, pace, lambda: _connected(given[subject.other], run_cache, progress))
    except RunFailure as failure:
        excused = subject.excuse(given, failure.msg, failure.details.get("error") or {})
        if excused is None:
            raise
        return {"changed": False, **excused}
    complaint = None if check_mode else subject.complain(given, facts)
    if complaint:
        raise RunFailure(complaint, subject.of_failure(facts))
    return facts


def _facts_of_both(
    subject: LinkInquiry,
    client: Client,
    given: Mapping[str, Any],
    pace: Pace,
    in_other: Callable[[], contextlib.AbstractContextManager[Client]],
) -> dict[str, Any]:
    """The facts from the tenant that the task is connected to, completed by those from the other one if they are not complete."""
    if subject.uses_shared_reads:
        _use_shared_reads(client)
    found = read_with_retries(lambda: subject.here(client, given), client, pace)
    if subject.is_complete(given, found):
        return {"changed": False, **found}
    with in_other() as other:
        other.check_mode = client.check_mode
        if subject.uses_shared_reads:
            _use_shared_reads(other)
        return {"changed": False, **read_with_retries(lambda: subject.there(other, given, found), other, pace)}


def _use_shared_reads(client: Client) -> None:
    """Use the reads of earlier tasks of the run, without sharing those of this task."""
    client.reads.use_shared()
    client.reads.keep_private()


@contextlib.contextmanager
def _connected(tenant: Mapping[str, Any], run_cache: RunCache, progress: Callable[[str], None] | None) -> Iterator[Client]:
    """A client of the tenant that the connection options name. Failures within the context are reported with the name of the tenant.

    :raises RunFailure: for every failure with a cause that an administrator can fix.
    """
    name = str(tenant.get("tenant_id"))
    client = None
    try:
        client = connect(tenant, run_cache, progress)
        yield client
    except HalfDone as half:
        raise RunFailure(
            f"Tenant {name}: {explain(half.cause)}{operation_changes(half.report)}", {**details(half.cause), **half.report}
        ) from None
    except (Refusal, GraphFailure) as failure:
        raise run_failure(failure, name, [], client) from None
    finally:
        if client:
            client.close()


def _in_source(
    target: Client, subject: LinkResource[Desired, Any, Current], given: Mapping[str, Any]
) -> Resource[Desired, tuple[Client, Current]]:
    """The resource of a link as a resource of the source tenant, which also reads the target."""

    def read(client: Client, wanted: Desired) -> tuple[Client, Current]:
        seen = subject.source(client, wanted)
        try:
            with target.reading():
                return client, subject.target(target, wanted, seen)
        except (Refusal, GraphFailure) as failure:
            raise run_failure(failure, target.tenant, [], target) from None

    def plan(seen: tuple[Client, Current], wanted: Desired) -> Plan:
        client, current = seen
        planned = subject.plan(current, wanted)
        facts = subject.judge(client, target, current, given) if subject.judge and planned.actions else {"impact": None}
        return dataclasses.replace(planned, change_facts={**planned.change_facts, **facts})

    return Resource(subject.desired, read, plan)


def _foreseen(subject: ForeseenResource[Desired, Current], target: Client | None, given: Mapping[str, Any]) -> Resource[Desired, Any]:
    """The resource with the impact of its changes, which is judged before they are planned."""

    def read(client: Client, wanted: Desired) -> tuple[Client, Current]:
        current = subject.resource.read(client, wanted)
        # A change is planned from fresh reads, and judged only once.
        if subject.affects(current, wanted, given) and client.reads.read_afresh():
            current = subject.resource.read(client, wanted)
        return client, current

    def plan(seen: tuple[Client, Current], wanted: Desired) -> Plan:
        # The engine of consequences does not run under `Client.reading`, so that its faults are not reported as those of the service.
        client, current = seen
        facts: Facts = {"impact": None}
        if subject.affects(current, wanted, given):
            current, facts = subject.judge(client, target, current, wanted, given)
        planned = subject.resource.plan(current, wanted)
        return dataclasses.replace(planned, change_facts={**planned.change_facts, **facts})

    return Resource(subject.resource.desired, read, plan)


def _ask_both(inquiry: JointInquiry, client: Client, target: Client | None, given: Mapping[str, Any], pace: Pace) -> Facts:
    if target is None:
        raise Refusal("target is missing; it is the connection to the target tenant")
    _use_shared_reads(client)
    return read_with_retries(lambda: inquiry.read(client, target, given), client, pace)


def _no_progress(_message: str) -> None:
    """Discard the progress."""


def connection_fault(params: Mapping[str, Any]) -> str | None:
    """Why these connection options cannot work, as far as the options alone determine it. Nothing is sent."""
    try:
        connect(params, progress=_no_progress).close()
    except Refusal as refusal:
        return f"{refusal}."
    except GraphFailure as failure:
        return explain(failure)
    return None


def connect(params: Mapping[str, Any], run_cache: RunCache | None = None, progress: Callable[[str], None] | None = None) -> Client:
    """A client of the tenant that the connection options name. Nothing is sent yet.

    :raises CredentialProblem: if an option is missing or unusable.
    """
    tenant = params.get("tenant_id")
    if not tenant:
        raise CredentialProblem("tenant_id is missing; it is the tenant's id or one of its verified domains")
    place = cloud.choose(params["cloud"], params.get("login_endpoint"), params.get("graph_endpoint"))
    credential = choose(place, tenant, params.get("client_id"), params, params["auth_method"], progress)
    transport = Transport(_trust(params, float(params["timeout"])), (place.login_endpoint, place.graph_endpoint))
    patience = Patience(retries=params["retries"])
    client = Client(
        tenant, place, credential, transport, patience, run_cache, answer_forms.lack, settings_bag.may_hold_secret, progress=progress
    )
    if params.get("exchange"):
        endpoint = exchange.endpoint(place, params.get("exchange_endpoint"))
        client.exchange = lambda: _connect_to_exchange(params, client, endpoint, progress)
    return client


def _connect_to_exchange(params: Mapping[str, Any], client: Client, endpoint: str, progress: Callable[[str], None] | None) -> Client:
    """A client of Exchange in the tenant of ``client``. The tenant must be named by its id (fact F153).

    :raises CredentialProblem: if the sign-in method has tokens for Microsoft Graph only, or if the tenant's id is not known.
    """
    credential = choose(client.cloud, client.tenant, params.get("client_id"), params, params["auth_method"], progress, endpoint)
    tenant_id = tenants.own_id(client)
    if tenant_id is None:
        raise CredentialProblem(f"the id of tenant {client.tenant} is not known; name the tenant by its id, so that Exchange can be asked")
    # A cmdlet can take minutes, and a fault that is not temporary must not take hours.
    transport = Transport(_trust(params, EXCHANGE_PATIENCE * params["timeout"]), (client.cloud.login_endpoint, endpoint))
    patience = Patience(retries=min(params["retries"], EXCHANGE_RETRIES))
    service = exchange.service(endpoint, tenant_id)
    return Client(client.tenant, client.cloud, credential, transport, patience, client.run_cache, service=service, progress=progress)


def _trust(params: Mapping[str, Any], timeout: float) -> Trust:
    return Trust(params.get("ca_path"), params["validate_certs"], timeout, float(params["connect_timeout"]), params.get("proxy"))


def _inquire(inquiry: Inquiry, client: Client, given: Mapping[str, Any]) -> Facts:
    with client.reading():
        return inquiry.read(client, given)
