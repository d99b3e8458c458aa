# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The failure of a run: one sentence for the administrator, and the same facts as data."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from .apply import Interrupted
from .graph.client import Client
from .graph.errors import GraphFailure, ServiceError, SignInFailure, Uncertain, Unreachable
from .plan import Action, Refusal
from .resources.causes import explain

REFUSED = "Refused"
"""The error code of a request that this collection rejects: it is contradictory, or would do harm."""


INTERNAL = "InternalError"
"""The error code of an error that nobody expected."""
_OURS = "plugins/"


class RunFailure(Exception):
    """``msg`` is one sentence for the administrator, ``details`` are the same facts as data: the members of the result."""

    def __init__(self, msg: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(msg)
        self.msg = msg
        self.details = dict(details or {})


def unexpected(error: Exception) -> dict[str, Any]:
    """The members of the result of a task that an error of this collection itself has ended: which kind of error, and where.

    Neither the error's own text nor the values around it are shown, because they may quote a secret.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{_short(frame.filename)}, line {frame.lineno}, in {frame.name}" for frame in frames]
    where = next((place for place in reversed(places) if place.startswith(_OURS)), places[-1] if places else "an unknown place")
    msg = (
        f"An error of the collection itself: {type(error).__name__} in {where}; report it as it is, without any secret, and run again in check "
        "mode to see what is left to do."
    )
    return {"failed": True, "msg": msg, "error": {"code": INTERNAL, "places": places}}


def _short(path: str) -> str:
    """The path of a file of this collection from its folder on; the name of another file."""
    _before, found, after = path.rpartition(_OURS)
    return f"{found}{after}" if found else path.rpartition("/")[2]


def interrupted(stop: Interrupted | None, done: list[Action], client: Client) -> RunFailure:
    """The failure of an action. ``stop`` is ``None`` if there was no time for a single attempt."""
    if stop is None:
        return RunFailure(f"Tenant {client.tenant}: no time was given to apply the plan.")
    refused = isinstance(stop.cause, ServiceError) and any(stop.cause.names(code) for code in stop.action.passing_codes)
    hint = f" {stop.action.hint}" if stop.action.hint and refused else ""
    msg = f"Tenant {client.tenant}: could not {stop.action}: {explain(stop.cause)}{hint}{already_done(done, client, stop)} Running again is safe."
    return RunFailure(msg, {**details(stop.cause), **changes_so_far(done, client)})


def run_failure(failure: Refusal | GraphFailure, tenant: str, done: Sequence[Action], client: Client | None) -> RunFailure:
    """A failure outside of an action, with the changes before it, if there are any."""
    text = f"{failure}." if isinstance(failure, Refusal) else explain(failure)
    tenant = (None if isinstance(failure, Refusal) else failure.where) or tenant
    facts = {"error": {"code": REFUSED}, **failure.facts} if isinstance(failure, Refusal) else details(failure)
    if client is None or not (done or client.changes):
        return RunFailure(f"Tenant {tenant}: {text}", facts)
    return RunFailure(f"Tenant {tenant}: {text}{already_done(done, client)}", {**facts, **changes_so_far(done, client)})


def changes_so_far(done: Sequence[Action], client: Client) -> dict[str, Any]:
    """The changes before a failure, as members of the result. An action can fail between two of its requests, so requests count."""
    return {"actions": [action.describe() for action in done], "changed": bool(done) or client.changes > 0}


def already_done(done: Sequence[Action], client: Client, stop: Interrupted | None = None) -> str:
    """The changes before a failure, as the end of a message."""
    text = f" Already done: {', '.join(str(action) for action in done)}." if done else ""
    if stop and stop.writes:
        text += f" Partly done: {stop.action}."
    if text:
        return text
    if client.changes:
        return " Something was changed before that."
    return "" if stop and isinstance(stop.cause, Uncertain) else " Nothing was changed."


def operation_changes(report: Mapping[str, Any]) -> str:
    """The changes of an operation before it failed, as the end of a message."""
    done = [f"{action['verb']} {action['object']}" for action in report.get("actions") or ()]
    return f" Already done: {', '.join(done)}." if done else ""


def details(failure: GraphFailure) -> dict[str, Any]:
    """The return value ``error`` of a failure: a code, and what identifies the request or the sign-in."""
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
