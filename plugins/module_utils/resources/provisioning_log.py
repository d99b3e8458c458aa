# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The provisioning log: what the service did for each user, and why it did not (facts F124, F127)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypedDict
from urllib.parse import quote

from ..graph.client import Client, Request
from ..graph.json_text import parse as parse_json
from ..plan import Inquiry, Refusal
from . import find_configuration
from .causes import log_remedy

PAGE = 500
"""Entries that are requested at a time."""


class AttributeChange(TypedDict):
    """A changed attribute of a synchronized object."""

    attribute: str | None
    before: str | None
    after: str | None


class Identity(TypedDict):
    """An object of the source or the target. All values are ``None`` if the service names none, such as the target of a skipped user."""

    id: str | None
    type: str | None
    name: str | None
    user_principal_name: str | None


class LogEntry(TypedDict):
    """An entry of the provisioning log, as ``provisioning_log_info`` returns it."""

    id: str | None
    time: str | None
    """As the service writes it, such as ``2026-11-23T02:00:00Z``."""
    cycle_id: str | None
    action: str | None
    status: str | None
    source: Identity
    target: Identity
    code: str | None
    reason: str | None
    remedy: str | None
    """The cause and what to do, if the code is known."""
    step: str | None
    """The name of the step that failed or skipped the object."""
    changes: list[AttributeChange]
    unmet: list[str]
    """The clauses of scoping filters, the built-in one included, that did not hold (fact F132)."""


class Summary(TypedDict):
    """The number of entries: of all, by action and status (``create failure``), and by code of those that failed."""

    total: int
    outcomes: dict[str, int]
    error_codes: dict[str, int]


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a configuration that match the options, newest first.

    :raises Refusal: if the configuration does not exist.
    """
    configuration = find_configuration.find(client, params["configuration"])
    if configuration is None:
        raise Refusal(find_configuration.missing(params["configuration"]))
    found = newest_first(client, configuration.id, params.get("since"), params.get("until"))
    entries = list(islice(_matching(found, params), params["limit"]))
    return {"entries": entries, "summary": summary(entries)}


def newest_first(client: Client, service_principal_id: str, since: str | None = None, until: str | None = None) -> Iterator[LogEntry]:
    """The entries of a configuration, newest first, page by page."""
    return map(entry, client.pages(_path(_filter(service_principal_id, since, until))))


def about(service_principal_id: str, side: str, object_id: str) -> Request:
    """The request for the entries about one object, newest first (fact F175). ``side`` is ``source`` or ``target``."""
    return Request("GET", _path(f"{_filter(service_principal_id, None, None)} and {side}Identity/id eq '{object_id.lower()}'"))


def _path(clauses: str) -> str:
    return f"/auditLogs/provisioning?$filter={quote(clauses, safe='')}&$orderby=activityDateTime%20desc&$top={PAGE}"


def _filter(service_principal_id: str, since: str | None, until: str | None) -> str:
    clauses = [f"contains(tolower(servicePrincipal/id), '{service_principal_id.lower()}')"]
    for operator, moment in (("gt", since), ("lt", until)):
        if moment:
            clauses.append(f"activityDateTime {operator} {moment}")
    return " and ".join(clauses)


def _matching(entries: Iterable[LogEntry], params: Mapping[str, Any]) -> Iterator[LogEntry]:
    users = {str(user).lower() for user in params.get("users") or ()}
    statuses, actions = params.get("statuses") or (), params.get("actions") or ()
    for found in entries:
        source = found["source"]
        names = {str(name).lower() for name in (source["id"], source["name"], source["user_principal_name"]) if name}
        if (not users or users & names) and (not statuses or found["status"] in statuses) and (not actions or found["action"] in actions):
            yield found


def entry(raw: Mapping[str, Any]) -> LogEntry:
    """An entry from Graph's JSON, with its cause and remedy."""
    info = raw.get("provisioningStatusInfo") or {}
    error = info.get("errorInformation") or {}
    steps = [step for step in raw.get("provisioningSteps") or () if isinstance(step, Mapping)]
    decisive = next((step for step in steps if step.get("status") in ("failure", "warning")), None)
    decisive = decisive or next((step for step in reversed(steps) if step.get("status") == "skipped"), None)
    code = error.get("errorCode")
    return {
        "id": raw.get("id"),
        "time": raw.get("activityDateTime"),
        "cycle_id": raw.get("cycleId"),
        "action": raw.get("provisioningAction"),
        "status": info.get("status"),
        "source": _identity(raw.get("sourceIdentity")),
        "target": _identity(raw.get("targetIdentity")),
        "code": code,
        "reason": error.get("reason") or (decisive or {}).get("description"),
        "remedy": log_remedy(code),
        "step": (decisive or {}).get("name"),
        "changes": attribute_changes(raw),
        "unmet": _unmet(steps),
    }


def _unmet(steps: Iterable[Mapping[str, Any]]) -> list[str]:
    """The clauses that did not hold. The service lists them as JSON in a text, with their outcomes."""
    found: list[str] = []
    for step in steps:
        try:
            results = parse_json(str((step.get("details") or {}).get("ScopeEvaluationResult") or "{}"))
        except ValueError:
            continue
        found += [str(clause) for clause, holds in results.items() if holds is False] if isinstance(results, Mapping) else []
    return list(dict.fromkeys(found))


def attribute_changes(raw: Mapping[str, Any]) -> list[AttributeChange]:
    """The changed attributes of an entry in Graph's JSON."""
    return [
        {"attribute": modified.get("displayName"), "before": modified.get("oldValue"), "after": modified.get("newValue")}
        for modified in raw.get("modifiedProperties") or ()
    ]


def _identity(raw: Mapping[str, Any] | None) -> Identity:
    raw = raw or {}
    details = raw.get("details") or {}
    return {
        "id": raw.get("id"),
        "type": raw.get("identityType"),
        "name": raw.get("displayName"),
        "user_principal_name": details.get("UserPrincipalName") or details.get("userPrincipalName"),
    }


def summary(entries: Iterable[LogEntry]) -> Summary:
    """The number of entries by action and status, and the codes of failures and warnings, most frequent first."""
    entries = list(entries)
    by_outcome = Counter(f"{found['action']} {found['status']}" for found in entries)
    codes = Counter(str(found["code"]) for found in entries if found["code"] and found["status"] in ("failure", "warning"))
    return {"total": len(entries), "outcomes": dict(sorted(by_outcome.items())), "error_codes": dict(codes.most_common())}


INQUIRY = Inquiry(inquire)
