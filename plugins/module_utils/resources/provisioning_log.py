# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The provisioning log: what the service did to whom, and why not (fact sheet 6.1; pain points, section 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote

from ..graph.client import Client
from ..plan import Inquiry, Refusal
from . import find_configuration
from .causes import log_remedy

PAGE = 500


def inquire(client: Client, params: Mapping[str, Any]) -> dict[str, Any]:
    """The newest entries of a configuration that fit, newest first.

    :raises Refusal: when there is no such configuration.
    """
    configuration = find_configuration.find(client, params["configuration"])
    if configuration is None:
        raise Refusal(find_configuration.missing(params["configuration"]))
    query = quote(_filter(configuration.id, params.get("since"), params.get("until")), safe="")
    raw = client.pages(f"/auditLogs/provisioning?$filter={query}&$orderby=activityDateTime%20desc&$top={PAGE}")
    entries = list(islice(_fitting(map(entry, raw), params), params["limit"]))
    return {"entries": entries, "summary": summary(entries)}


def _filter(service_principal_id: str, since: str | None, until: str | None) -> str:
    clauses = [f"contains(tolower(servicePrincipal/id), '{service_principal_id.lower()}')"]
    for operator, moment in (("gt", since), ("lt", until)):
        if moment:
            clauses.append(f"activityDateTime {operator} {moment}")
    return " and ".join(clauses)


def _fitting(entries: Iterable[dict[str, Any]], params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    users = {str(one).lower() for one in params.get("users") or ()}
    statuses, actions = params.get("statuses") or (), params.get("actions") or ()
    for one in entries:
        names = {str(name).lower() for name in (one["source"]["id"], one["source"]["name"], one["source"]["user_principal_name"]) if name}
        if (not users or users & names) and (not statuses or one["status"] in statuses) and (not actions or one["action"] in actions):
            yield one


def entry(raw: Mapping[str, Any]) -> dict[str, Any]:
    """One entry in our words, with cause and remedy."""
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
        "changes": [
            {"attribute": one.get("displayName"), "before": one.get("oldValue"), "after": one.get("newValue")}
            for one in raw.get("modifiedProperties") or ()
        ],
    }


def _identity(raw: Mapping[str, Any] | None) -> dict[str, Any]:
    raw = raw or {}
    details = raw.get("details") or {}
    return {
        "id": raw.get("id"),
        "type": raw.get("identityType"),
        "name": raw.get("displayName"),
        "user_principal_name": details.get("UserPrincipalName") or details.get("userPrincipalName"),
    }


def summary(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """How often each action ended how, and the codes of what failed, most frequent first."""
    entries = list(entries)
    by_outcome = Counter(f"{one['action']} {one['status']}" for one in entries)
    codes = Counter(str(one["code"]) for one in entries if one["code"] and one["status"] in ("failure", "warning"))
    return {"total": len(entries), "outcomes": dict(sorted(by_outcome.items())), "error_codes": dict(codes.most_common())}


INQUIRY = Inquiry(inquire)
