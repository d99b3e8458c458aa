# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Provisions named users immediately instead of in the next cycle (fact F131)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from ..graph.client import Client, Request
from ..graph.errors import GraphFailure, ServiceError, Uncertain
from ..graph.json_text import parse as parse_json
from ..plan import HalfDone, Operation, Pace, Refusal
from . import find_configuration, job
from .causes import log_remedy
from .directory import Principal, find_people
from .mapping.schema import user_rule
from .provisioning_log import AttributeChange, attribute_changes

WORST_FIRST = ("failure", "warning", "skipped", "success")
"""The statuses of an entry (fact F130). Any other status ranks like a warning, because it does not stand for success."""
UNKNOWN = "unknown"
"""The service did not return the outcome for the user. This is not a failure of the user."""
CALLS = 5
WINDOW_SECONDS = 10.0
"""The service accepts five calls in ten seconds."""
TRANSIT_SECONDS = 0.5
"""The service counts a call when it arrives, which is later than when it was sent."""

_LOST = "the service's answer was lost; check the provisioning log"
_SILENT = "the service's answer does not contain the outcome for the user; check the provisioning log"


class Outcome(TypedDict):
    """The outcome for a user, without the user's name."""

    status: str
    """One of `WORST_FIRST`, another status of the service, `UNKNOWN`, or ``planned`` in check mode."""
    action: str | None
    code: str | None
    reason: str | None
    remedy: str | None
    """The cause and what to do, if the code is known."""
    step: str | None
    """The name of the step that failed or skipped the user."""
    changes: list[AttributeChange]
    target_id: str | None


class UserOutcome(Outcome):
    """The outcome for a user, as ``sync_on_demand`` returns it."""

    user: str


@dataclass(frozen=True)
class _Attempt:
    """A call for a user. ``wrote``: whether the service wrote something, or would write it in check mode."""

    user: str
    outcome: Outcome
    wrote: bool


def perform(client: Client, params: Mapping[str, Any], check_mode: bool, pace: Pace) -> dict[str, Any]:
    """Provision each user with a call, no faster than the service allows.

    :raises Refusal: if the configuration, its job or a user does not exist.
    :raises HalfDone: if a call fails in a way that concerns the users after it, too.
    """
    configuration = params["configuration"]
    with client.reading():
        current = job.find(client, configuration)
    if current.configuration is None or current.job is None:
        if check_mode:
            return _result(params, [])
        raise Refusal(str(find_configuration.unmet(current.configuration, current.job, configuration)))
    with client.reading():
        users = list({user.id: user for user in find_people(client, params["users"]).values()}.values())
    if check_mode:
        return _result(params, [_Attempt(user.name, _bare_outcome("planned"), wrote=True) for user in users])
    path = f"{current.configuration.synchronization}/jobs/{current.job['id']}"
    with client.reading():
        rule = user_rule(client.get(f"{path}/schema"))
        if rule is None:
            raise Refusal(f"the job of configuration {configuration!r} has no rule for users; restore the default mappings")
        rule_id = str(rule["id"])
    attempts: list[_Attempt] = []
    try:
        for attempt in _provision(client, path, rule_id, users, pace):
            attempts.append(attempt)
    except GraphFailure as failure:
        if isinstance(failure, Uncertain):
            lost = users[len(attempts)]
            attempts.append(_Attempt(lost.name, _bare_outcome(UNKNOWN, reason=_LOST), wrote=False))
        raise HalfDone(failure, _result(params, attempts)) from None
    return _result(params, attempts)


def _provision(client: Client, path: str, rule_id: str, users: Sequence[Principal], pace: Pace) -> Iterator[_Attempt]:
    """One attempt for each user, in their order.

    :raises GraphFailure: for a failure that concerns the users after it, too.
    """
    starts: list[float] = []
    for user in users:
        if len(starts) >= CALLS:
            pace.rest(WINDOW_SECONDS + TRANSIT_SECONDS - (pace.clock() - starts[-CALLS]))
        starts.append(pace.clock())
        subject = {"objectId": user.id, "objectTypeName": "User"}
        body = {"parameters": [{"ruleId": rule_id, "subjects": [subject]}]}
        try:
            with client.reading():
                answer = client.send(Request("POST", f"{path}/provisionOnDemand", body))
                attempt = _Attempt(user.name, *_read(answer.body))
        except ServiceError as error:
            if error.denied or error.status in (404, 429):
                raise
            # A user whom the service rejects does not prevent the calls for the others.
            attempt = _Attempt(user.name, _bare_outcome("failure", error.code, error.message or None), wrote=False)
        yield attempt


def _bare_outcome(status: str, code: str | None = None, reason: str | None = None) -> Outcome:
    """An outcome without an entry of the service."""
    return {
        "status": status,
        "action": None,
        "code": code,
        "reason": reason,
        "remedy": log_remedy(code),
        "step": None,
        "changes": [],
        "target_id": None,
    }


def outcome(body: Any) -> Outcome:
    """The outcome for a user, from either generation of the answer (fact F130): of several entries, the worst."""
    return _read(body)[0]


def _read(body: Any) -> tuple[Outcome, bool]:
    """The outcome, and whether something was written for the user."""
    result = _result_in_key(body)
    entries = [_entry(report, result) for report in _reports(body) or ([{}] if result.get("result") else [])]
    if not entries:
        return _bare_outcome(UNKNOWN, reason=_SILENT), False
    worst = min(entries, key=lambda entry: _rank(entry["status"])).copy()
    worst["changes"] = [change for entry in entries for change in entry["changes"]]
    return worst, any(map(_wrote, entries))


def _rank(status: str) -> int:
    return WORST_FIRST.index(status if status in WORST_FIRST else "warning")


def _wrote(entry: Outcome) -> bool:
    """Whether something was written for the user."""
    return entry["status"] == "success" or (entry["status"] not in ("failure", "skipped") and bool(entry["changes"]))


def _entry(report: Mapping[str, Any], result: Mapping[str, Any]) -> Outcome:
    info = report.get("statusInfo") or {}
    steps = [step for step in report.get("provisioningSteps") or () if isinstance(step, Mapping)]
    failing = next((step for step in steps if str(step.get("status")).lower() == "failure"), None)
    skipping = next((step for step in reversed(steps) if str(step.get("status")).lower() == "skipped"), None)
    decisive = failing or skipping or {}
    details = result.get("details") or {}
    code = info.get("errorCode") or _skip_reason(steps) or details.get("errorCode")
    status = info.get("status") or decisive.get("status") or result.get("result") or ("Success" if steps else UNKNOWN)
    return {
        "status": str(status).lower(),
        "action": report.get("action"),
        "code": code,
        "reason": info.get("reason") or decisive.get("description") or details.get("errorMessage"),
        "remedy": log_remedy(code),
        "step": decisive.get("name"),
        "changes": attribute_changes(report),
        "target_id": (report.get("targetIdentity") or {}).get("id"),
    }


def _reports(body: Any) -> list[Mapping[str, Any]]:
    """The reports in the value, which is JSON in a text: an array of reports, or a report. An empty report contains no outcome."""
    try:
        value = parse_json(body["value"])
    except (KeyError, TypeError, ValueError):
        return []
    reports = value if isinstance(value, list) else [value]
    return [report for report in reports if isinstance(report, Mapping) and report]


def _result_in_key(body: Any) -> Mapping[str, Any]:
    """The result in the key: JSON according to the API reference, but a plain name in the how-to, which gives no result."""
    try:
        result = parse_json(str(body["key"]))
    except (KeyError, TypeError, ValueError):
        return {}
    return result if isinstance(result, Mapping) else {}


def _skip_reason(steps: Sequence[Mapping[str, Any]]) -> str | None:
    reasons = [str(step["details"]["SkipReason"]) for step in steps if (step.get("details") or {}).get("SkipReason")]
    return reasons[-1] if reasons else None


def _result(params: Mapping[str, Any], attempts: Sequence[_Attempt]) -> dict[str, Any]:
    place = f"in configuration {params['configuration']}"
    written = [attempt.user for attempt in attempts if attempt.wrote]
    outcomes: list[UserOutcome] = [{"user": attempt.user, **attempt.outcome} for attempt in attempts]
    return {
        "changed": bool(written),
        "actions": [{"verb": "provision", "object": f"user {user} {place}", "tenant": params["tenant_id"]} for user in written],
        "outcomes": outcomes,
        "failed_users": [found["user"] for found in outcomes if found["status"] == "failure"],
        "unknown_users": [found["user"] for found in outcomes if found["status"] == UNKNOWN],
    }


OPERATION = Operation(perform)
