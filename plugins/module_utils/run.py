# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Parameters in, result out: the one function every host of the engine calls.

Knows neither Ansible nor how it was started. Everything that fails on purpose leaves as a `RunFailure`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from .converge import converge, patiently
from .failure import RunFailure, details, ended, reported
from .graph import cloud
from .graph.client import Client, Patience
from .graph.credentials.methods import choose
from .graph.errors import CredentialProblem, GraphFailure
from .graph.run_cache import RunCache
from .graph.transport import Transport, Trust
from .graph.vault import Vault
from .options import checks
from .plan import (
    Facts,
    HalfDone,
    Inquiry,
    LinkInquiry,
    LinkResource,
    Operation,
    Pace,
    Refusal,
    Resource,
)
from .resources import answer_forms, partner_settings, settings_bag
from .resources.causes import explain

Desired = TypeVar("Desired")
Current = TypeVar("Current")
Read = TypeVar("Read")
Subject: TypeAlias = "Resource[Any, Any] | LinkResource[Any, Any, Any] | Inquiry | LinkInquiry | Operation"
"""What a module can be about."""

CHECKS = {**checks.CHECKS, **partner_settings.TABLE.checks()}
"""What the value of each option of a module must be."""
UNCHECKED = "validate_certs is off: nobody checks who answers, and secrets and tokens are sent to whoever does"


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

    ``progress`` gets how far a long wait is, and what a human has to do to sign in. ``run_folder`` is the private directory in
    which the tasks of a run share what they learn, and ``vault`` is where they share their tokens.

    :raises RunFailure: for everything an admin can do something about.
    """
    given = _without_empty(params)
    wrong = checks.wrong(given, CHECKS)
    if wrong:
        raise RunFailure(wrong)
    tenants = [given]
    if isinstance(subject, (LinkInquiry, LinkResource)) and given["target"]:
        given["target"] = _without_empty(given["target"])
        tenants.append(given["target"])
    cautions = [] if all(tenant["validate_certs"] for tenant in tenants) else [UNCHECKED]
    try:
        result = _run(subject, given, check_mode, pace, progress, RunCache(run_folder, vault))
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
    run_cache: RunCache,
) -> dict[str, Any]:
    pace = pace or Pace(longest=float(given.get("visibility_timeout") or 0))
    if isinstance(subject, LinkInquiry):
        return _run_link_inquiry(subject, given, check_mode, pace, tell, run_cache)
    if isinstance(subject, LinkResource):
        # The source is inside: what is not said of the target is said of the source.
        with _at(given["target"], run_cache, tell) as target, _at(given, run_cache, tell) as client:
            client.rehearses = check_mode
            resource = _seen_from(target, subject)
            return converge(resource, client, subject.desired(given), check_mode, pace, tell or _silent, target)
    with _at(given, run_cache, tell) as client:
        client.rehearses = check_mode
        if isinstance(subject, Inquiry):
            if subject.rests_on_run:
                _rest_on_run(client)
            return {"changed": False, **patiently(lambda: _inquired(subject, client, given), client, pace)}
        if isinstance(subject, Operation):
            return {**subject.perform(client, given, check_mode, pace), "waited_seconds": round(pace.waited, 1)}
        return converge(subject, client, subject.desired(given), check_mode, pace, tell or _silent)


def _run_link_inquiry(
    subject: LinkInquiry,
    given: Mapping[str, Any],
    check_mode: bool,
    pace: Pace,
    tell: Callable[[str], None] | None,
    run_cache: RunCache,
) -> dict[str, Any]:
    """What is seen of a link. In check mode nothing has been done that it could complain of."""
    try:
        with _at(given, run_cache, tell) as client:
            client.rehearses = check_mode
            facts = _of_both(subject, client, given, pace, lambda: _at(given["target"], run_cache, tell))
    except RunFailure as failure:
        excused = subject.excuse(given, failure.msg, failure.details.get("error") or {})
        if excused is None:
            raise
        return {"changed": False, **excused}
    complaint = None if check_mode else subject.complain(given, facts)
    if complaint:
        raise RunFailure(complaint, facts)
    return facts


def _of_both(
    subject: LinkInquiry,
    client: Client,
    given: Mapping[str, Any],
    pace: Pace,
    at_target: Callable[[], contextlib.AbstractContextManager[Client]],
) -> dict[str, Any]:
    """The facts from the source, completed by those from the target if they are not complete."""
    if subject.rests_on_run:
        _rest_on_run(client)
    source = patiently(lambda: subject.source(client, given), client, pace)
    if subject.is_complete(given, source):
        return {"changed": False, **source}
    with at_target() as target:
        target.rehearses = client.rehearses
        if subject.rests_on_run:
            _rest_on_run(target)
        return {"changed": False, **patiently(lambda: subject.target(target, given, source), target, pace)}


def _rest_on_run(client: Client) -> None:
    """Use the reads of earlier tasks of the run, and leave it none."""
    client.reads.use_shared()
    client.reads.keep_private()


@contextlib.contextmanager
def _at(tenant: Mapping[str, Any], run_cache: RunCache, tell: Callable[[str], None] | None) -> Iterator[Client]:
    """A client of the tenant that the connection options name, and its name on whatever goes wrong there.

    :raises RunFailure: for everything an admin can do something about.
    """
    name = str(tenant.get("tenant_id"))
    client = None
    try:
        client = connect(tenant, run_cache, tell)
        yield client
    except HalfDone as half:
        raise RunFailure(f"Tenant {name}: {explain(half.cause)}{reported(half.report)}", {**details(half.cause), **half.report}) from None
    except (Refusal, GraphFailure) as failure:
        raise ended(failure, name, [], client) from None
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
            raise ended(failure, target.tenant, [], target) from None

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


def connect(params: Mapping[str, Any], run_cache: RunCache | None = None, tell: Callable[[str], None] | None = None) -> Client:
    """A client of the tenant that the connection options name. Nothing is sent yet.

    :raises CredentialProblem: when an option is missing or unusable.
    """
    tenant = params.get("tenant_id")
    if not tenant:
        raise CredentialProblem("tenant_id is missing; it is the tenant's id or one of its verified domains")
    place = cloud.choose(params["cloud"], params.get("login_endpoint"), params.get("graph_endpoint"))
    credential = choose(place, tenant, params.get("client_id"), params, params["auth_method"], tell)
    trust = Trust(
        params.get("ca_path"), params["validate_certs"], float(params["timeout"]), float(params["connect_timeout"]), params.get("proxy")
    )
    transport = Transport(trust, (place.login_endpoint, place.graph_endpoint))
    patience = Patience(retries=params["retries"])
    return Client(tenant, place, credential, transport, patience, run_cache, answer_forms.lack, settings_bag.may_hold_secret)


def _inquired(inquiry: Inquiry, client: Client, given: Mapping[str, Any]) -> Facts:
    with client.reading():
        return inquiry.read(client, given)
