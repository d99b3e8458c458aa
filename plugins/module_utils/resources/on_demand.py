# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Provisioning named people now instead of in the next cycle (fact sheet 3.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..graph.client import Client, Request
from ..graph.errors import GraphFailure, ServiceError, Uncertain
from ..graph.json_text import parse as parse_json
from ..plan import HalfDone, Operation, Pace, Refusal
from . import find_configuration, job
from .causes import log_remedy
from .directory import Principal, find_people
from .mapping.schema import user_rule

WORST_FIRST = ("failure", "warning", "skipped", "success")
"""The statuses of an entry (fact sheet 3.5). One that is none of them is judged like a warning: it is not known to be fine."""
UNKNOWN = "unknown"
"""The service did not say what became of the person, which is no failure of the person's."""
CALLS = 5
WINDOW_SECONDS = 10.0
"""The service takes five calls in ten seconds."""
ON_THE_WAY_SECONDS = 0.5
"""The service counts from when it hears of a call, which is later than when it was sent."""


def perform(client: Client, params: Mapping[str, Any], check_mode: bool, pace: Pace) -> dict[str, Any]:
    """Provision each person, one call each, no faster than the service allows.

    :raises Refusal: when the configuration, its job or a person is not there.
    """
    configuration = params["configuration"]
    with client.reading():
        there = job.find(client, configuration)
    if there.configuration is None or there.job is None:
        if check_mode:
            return _result(params, [])
        raise Refusal(str(find_configuration.unmet(there.configuration, there.job, configuration)))
    with client.reading():
        people = list({one.id: one for one in find_people(client, params["users"]).values()}.values())
    if check_mode:
        return _result(params, [_outcome(one.name, "planned") for one in people])
    path = f"{there.configuration.synchronization}/jobs/{there.job['id']}"
    with client.reading():
        rule = user_rule(client.get(f"{path}/schema"))
        if rule is None:
            raise Refusal(f"the job of configuration {configuration!r} has no rule for people; restore the default mappings")
        rule_id = str(rule["id"])
    return _result(params, _provision(client, params, path, rule_id, people, pace))


def _provision(
    client: Client, params: Mapping[str, Any], path: str, rule_id: str, people: Sequence[Principal], pace: Pace
) -> list[dict[str, Any]]:
    outcomes: list[dict[str, Any]] = []
    began: list[float] = []
    for one in people:
        if len(began) >= CALLS:
            pace.rest(WINDOW_SECONDS + ON_THE_WAY_SECONDS - (pace.clock() - began[-CALLS]))
        began.append(pace.clock())
        subject = {"objectId": one.id, "objectTypeName": "User"}
        body = {"parameters": [{"ruleId": rule_id, "subjects": [subject]}]}
        try:
            with client.reading():
                answer = client.send(Request("POST", f"{path}/provisionOnDemand", body))
                outcomes.append({"user": one.name, **_judged(answer.body)})
        except ServiceError as error:
            if error.denied or error.status in (404, 429):
                raise HalfDone(error, _result(params, outcomes)) from None
            # One person the service cannot take does not keep the others waiting.
            outcomes.append(_outcome(one.name, "failure", error.code, error.message or None))
        except GraphFailure as failure:
            lost = [_outcome(one.name, UNKNOWN, reason=_LOST)] if isinstance(failure, Uncertain) else []
            raise HalfDone(failure, _result(params, [*outcomes, *lost])) from None
    return outcomes


def _outcome(user: str, status: str, code: str | None = None, reason: str | None = None) -> dict[str, Any]:
    """An outcome of which the service tells no more."""
    return {"user": user, **_told(status, code, reason)}


def _told(status: str, code: str | None = None, reason: str | None = None) -> dict[str, Any]:
    return {
        "status": status,
        "action": None,
        "code": code,
        "reason": reason,
        "remedy": log_remedy(code),
        "step": None,
        "changes": [],
        "target_id": None,
        "acted": status == "planned",
    }


_LOST = "the service's answer was lost; look into the provisioning log"
_SILENT = "the service's answer does not say what became of the person; look into the provisioning log"


def outcome(body: Any) -> dict[str, Any]:
    """What became of one person, from either generation of the answer (fact sheet 3.5 and 12): of several entries, the worst."""
    return _shown(_judged(body))


def _shown(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != "acted"}


def _judged(body: Any) -> dict[str, Any]:
    """The outcome, and whether something was written for the person."""
    said = _result_in_key(body)
    entries = [_entry(report, said) for report in _reports(body) or ([{}] if said.get("result") else [])]
    if not entries:
        return _told(UNKNOWN, reason=_SILENT)
    worst = min(entries, key=lambda one: _rank(one["status"]))
    return {**worst, "changes": [change for one in entries for change in one["changes"]], "acted": any(map(_acted, entries))}


def _rank(status: str) -> int:
    return WORST_FIRST.index(status if status in WORST_FIRST else "warning")


def _acted(entry: Mapping[str, Any]) -> bool:
    """Whether something was written for the person."""
    return entry["status"] == "success" or (entry["status"] not in ("failure", "skipped") and bool(entry["changes"]))


def _entry(report: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    info = report.get("statusInfo") or {}
    steps = [step for step in report.get("provisioningSteps") or () if isinstance(step, Mapping)]
    failing = next((step for step in steps if str(step.get("status")).lower() == "failure"), None)
    skipping = next((step for step in reversed(steps) if str(step.get("status")).lower() == "skipped"), None)
    decisive = failing or skipping or {}
    details = said.get("details") or {}
    code = info.get("errorCode") or _skip_reason(steps) or details.get("errorCode")
    return {
        "status": str(info.get("status") or decisive.get("status") or said.get("result") or ("Success" if steps else UNKNOWN)).lower(),
        "action": report.get("action"),
        "code": code,
        "reason": info.get("reason") or decisive.get("description") or details.get("errorMessage"),
        "remedy": log_remedy(code),
        "step": decisive.get("name"),
        "changes": [
            {"attribute": one.get("displayName"), "before": one.get("oldValue"), "after": one.get("newValue")}
            for one in report.get("modifiedProperties") or ()
        ],
        "target_id": (report.get("targetIdentity") or {}).get("id"),
    }


def _reports(body: Any) -> list[Mapping[str, Any]]:
    """The reports in the value, which is JSON in a text: an array, or one itself. An empty one says nothing."""
    try:
        value = parse_json(body["value"])
    except (KeyError, TypeError, ValueError):
        return []
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Mapping) and one]


def _result_in_key(body: Any) -> Mapping[str, Any]:
    """The API reference puts the result into the key, as JSON; the how-to has a plain name there."""
    try:
        said = parse_json(str(body["key"]))
    except (KeyError, TypeError, ValueError):
        return {}
    return said if isinstance(said, Mapping) else {}


def _skip_reason(steps: Sequence[Mapping[str, Any]]) -> str | None:
    reasons = [str(step["details"]["SkipReason"]) for step in steps if (step.get("details") or {}).get("SkipReason")]
    return reasons[-1] if reasons else None


def _result(params: Mapping[str, Any], outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    title = f"in configuration {params['configuration']}"
    acted = [one for one in outcomes if one["acted"]]
    return {
        "changed": bool(acted),
        "actions": [{"verb": "provision", "object": f"user {one['user']} {title}", "tenant": params["tenant_id"]} for one in acted],
        "outcomes": [_shown(one) for one in outcomes],
        "failed_users": [one["user"] for one in outcomes if one["status"] == "failure"],
        "unknown_users": [one["user"] for one in outcomes if one["status"] == UNKNOWN],
    }


OPERATION = Operation(perform)
