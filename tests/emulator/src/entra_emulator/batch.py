# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``$batch`` (fact F24)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from . import graph, incoming, resources
from .call import Reply
from .errors import GraphError, Identifiers, bad_request, body, is_synchronization
from .requestlog import bodies
from .service import Service

MAXIMUM_ITEMS = 20
ASKING = ("/getbyids", "/parseexpression", "/validatecredentials")
"""The ends of the paths of a POST that only asks, in lower case."""


class Item(BaseModel):
    """One request in a batch. Members that the service does not know are ignored: Microsoft's Python SDK sends ``depends_on`` (F290)."""

    model_config = ConfigDict(extra="ignore")

    id: str
    method: str
    url: str
    headers: dict[str, str] = {}
    body: Any = None
    dependsOn: list[str] = []


class Batch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    requests: list[Item]


def answer(service: Service, version: str, headers: Mapping[str, str], raw: Any, origin: str, ids: Identifiers) -> Reply:
    """The answer to a whole batch: 200 unless the batch itself is malformed."""
    try:
        items = _checked(raw)
    except GraphError as problem:
        return Reply(problem.status, body(problem, ids))
    statuses: dict[str, int] = {}
    # Later items may change what an answer was made of, unless all of them only read.
    keep = (lambda held: held) if all(_reads(item) for item in items) else copy.deepcopy
    responses = [_item(service, version, headers, item, origin, statuses, keep) for item in items]
    # The service answers in any order; the last comes first here, so that no client relies on the order.
    return Reply(200, {"responses": responses[::-1]})


def _reads(item: Item) -> bool:
    """Whether an item changes nothing."""
    path, _query = incoming.split(item.url)
    return item.method.upper() == "GET" or path.lower().endswith(ASKING)


def size(raw: Any) -> int:
    """How many requests a batch holds, be they well formed or not."""
    requests = raw.get("requests") if isinstance(raw, dict) else None
    return len(requests) if isinstance(requests, list) else 0


def _checked(raw: Any) -> list[Item]:
    try:
        items = Batch.model_validate(raw).requests
    except ValidationError as problem:
        place = ".".join(str(part) for part in problem.errors()[0]["loc"])
        raise bad_request(f"Invalid batch payload format: {place or 'requests'}.", "BadRequest") from None
    if not items or len(items) > MAXIMUM_ITEMS:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {MAXIMUM_ITEMS}.", "MaximumValueExceeded")
    seen: set[str] = set()
    for item in items:
        if not item.id or item.id.casefold() in seen:
            raise bad_request(f"Each batch request must have a unique identifier: '{item.id}'.", "BadRequest")
        if not {name.casefold() for name in item.dependsOn} <= seen:
            raise bad_request(f"The dependsOn of batch request '{item.id}' names a request that does not come before it.", "BadRequest")
        if item.body is not None and "content-type" not in {name.lower() for name in item.headers}:
            raise bad_request(f"Write request id : {item.id} does not contain Content-Type header or body.", "BadRequest")
        seen.add(item.id.casefold())
    return items


def _item(
    service: Service,
    version: str,
    outer: Mapping[str, str],
    item: Item,
    origin: str,
    statuses: dict[str, int],
    keep: Callable[[Any], Any],
) -> dict[str, Any]:
    headers = {"authorization": outer.get("authorization", "")} | {name.lower(): value for name, value in item.headers.items()}
    if headers["authorization"] != outer.get("authorization", ""):
        service.traffic.shown(headers["authorization"], resources.graph(origin))
    ids = incoming.identifiers(headers)
    failed = any(statuses[name.casefold()] >= 400 for name in item.dependsOn)
    reply = _failed(ids) if failed else _answer(service, version, headers, item, origin, ids)
    statuses[item.id.casefold()] = reply.status
    service.log.add(log_entry(service, item, version, reply, headers, origin))
    response: dict[str, Any] = {"id": item.id, "status": reply.status, "headers": {"Cache-Control": "no-cache", **_served(reply)}}
    if reply.body is not None:
        response["body"] = keep(reply.body)
    return response


def _served(reply: Reply) -> dict[str, str]:
    headers = {name: value for name, value in reply.headers.items() if name in ("Retry-After", "request-id") or name.startswith("x-ms-")}
    return {**headers, "Content-Type": "application/json"} if reply.body is not None else headers


def _failed(ids: Identifiers) -> Reply:
    problem = GraphError(424, "FailedDependency", "The request failed because a request it depends on failed.")
    return Reply(424, body(problem, ids))


def _answer(service: Service, version: str, headers: Mapping[str, str], item: Item, origin: str, ids: Identifiers) -> Reply:
    path, _query = incoming.split(item.url)
    try:
        if item.url.lower().startswith("http") or path.lower() == "/$batch":
            raise bad_request("The url of a batch request must be relative and must not be a batch.", "BadRequest")
        if is_synchronization(path) and service.settings.batch_synchronization == "refused":
            raise bad_request("Synchronization requests are not supported in batches.", "BadRequest")
        fault = service.faults.next(item.method, f"/{version}/{item.url.lstrip('/')}")
        if fault is not None and fault.fault == "status" and not fault.committed:
            raise fault.error()
        request = incoming.request(item.method.upper(), version, item.url, headers, item.body, item.body is not None, origin, ids)
        reply = graph.answer(service, request, token_expired=fault is not None and fault.fault == "expired_token")
        if fault is not None and fault.fault == "status":
            raise fault.error()
        return reply
    except GraphError as problem:
        return Reply(problem.status, body(problem, ids), dict(problem.headers))


def log_entry(service: Service, item: Item, version: str, reply: Reply, headers: Mapping[str, str], origin: str) -> dict[str, Any]:
    """A batch item in the request log."""
    tenant, client = graph.identity(service, headers.get("authorization", ""), origin)
    return {
        "method": item.method.upper(),
        "path": f"/{version}/{item.url.lstrip('/')}",
        "tenant": tenant,
        "client_id": client,
        "status": reply.status,
        "batched": True,
        **bodies(item.body, reply.body, service.settings.log_bodies),
    }
