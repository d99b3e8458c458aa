# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``$batch`` of the admin API: ten cmdlets at most (F150)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from ..call import Reply
from ..requestlog import bodies
from ..resources import exchange
from ..service import Service
from . import admin_api
from .admin_api import PATH, ExchangeRequest
from .errors import REQUEST, ExchangeError, cmdlet_error, faulty

MAXIMUM_ITEMS = 10


class Item(BaseModel):
    """One cmdlet in a batch."""

    model_config = ConfigDict(extra="forbid")

    id: str
    method: str
    url: str
    headers: dict[str, str] = {}
    body: Any = None


class Batch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    requests: list[Item]


def size(raw: Any) -> int:
    """How many cmdlets a batch holds, be they well formed or not."""
    requests = raw.get("requests") if isinstance(raw, dict) else None
    return len(requests) if isinstance(requests, list) else 0


def answer(service: Service, request: ExchangeRequest, token_expired: bool = False) -> Reply:
    """The answer to a whole batch. Without ``Prefer: odata.continue-on-error`` nothing is run after the first failure."""
    try:
        admin_api.open_session(service, request, token_expired)
        items = _checked(request)
    except ExchangeError as problem:
        return Reply(problem.status, problem.body, problem.headers)
    goes_on = "odata.continue-on-error" in request.headers.get("prefer", "").lower()
    responses = []
    for item in items:
        reply = _item(service, request, item)
        responses.append(_response(service, item, reply))
        if reply.status >= 400 and not goes_on:
            break
    # The order is not promised; the last comes first here, so that no client relies on it.
    return Reply(200, {"responses": responses[::-1]})


def _checked(request: ExchangeRequest) -> list[Item]:
    if request.method != "POST":
        raise cmdlet_error(REQUEST, "The requested resource does not support this http method.", 405)
    try:
        items = Batch.model_validate(request.body).requests
    except ValidationError as problem:
        place = ".".join(str(part) for part in problem.errors()[0]["loc"])
        raise cmdlet_error(REQUEST, f"Invalid batch payload format: {place or 'requests'}.") from None
    if not items or len(items) > MAXIMUM_ITEMS:
        raise cmdlet_error(REQUEST, f"A batch holds 1 to {MAXIMUM_ITEMS} requests, this one holds {len(items)}.")
    if len({item.id for item in items}) < len(items):
        raise cmdlet_error(REQUEST, "Each request of a batch must have an id of its own.")
    return items


def _item(service: Service, request: ExchangeRequest, item: Item) -> Reply:
    address = urlsplit(item.url)
    path, query = unquote(address.path), dict(parse_qsl(address.query))
    sent = {"authorization": request.headers.get("authorization", ""), "x-anchormailbox": request.headers.get("x-anchormailbox", "")}
    headers = sent | {name.lower(): value for name, value in item.headers.items()}
    inner = admin_api.within(request, path, query, headers, item.body)
    if headers["authorization"] != sent["authorization"]:
        service.traffic.shown(headers["authorization"], exchange(request.origin))
    fault = service.faults.next(item.method, address.path + (f"?{address.query}" if address.query else ""))
    place = PATH.fullmatch(path)
    if not address.netloc or item.method.upper() != "POST" or place is None or place["action"] != "InvokeCommand":
        reply = _refused("The url of a batch request must be the absolute address of InvokeCommand, and its method POST.")
    elif fault is not None and fault.fault == "status" and not fault.committed:
        reply = _as_reply(faulty(fault.status, fault.code, fault.retry_after))
    else:
        reply = admin_api.answer(service, inner, token_expired=fault is not None and fault.fault == "expired_token")
        if fault is not None and fault.fault == "status":
            reply = _as_reply(faulty(fault.status, fault.code, fault.retry_after))
    _log(service, inner, address.path, reply)
    return reply


def _refused(text: str) -> Reply:
    return _as_reply(cmdlet_error(REQUEST, text))


def _as_reply(problem: ExchangeError) -> Reply:
    return Reply(problem.status, problem.body, problem.headers)


def _response(service: Service, item: Item, reply: Reply) -> dict[str, Any]:
    body = reply.body
    if body is None:
        body = {"value": []}
    elif isinstance(body, str):  # Where the whole answer would be unreadable, the body of an item is still JSON.
        body = {"error": {"code": "Forbidden" if reply.status == 403 else "Unauthorized", "message": ""}}
    response: dict[str, Any] = {"id": item.id, "body": body}
    if service.settings.exchange_batch_status == "present":
        response["status"] = reply.status
    if reply.headers:
        response["headers"] = dict(reply.headers)
    return response


def _log(service: Service, request: ExchangeRequest, path: str, reply: Reply) -> None:
    tenant, client = admin_api.identity(service, request)
    service.log.add(
        {
            "method": "POST",
            "path": path,
            "tenant": tenant,
            "client_id": client,
            "status": reply.status,
            "batched": True,
            **bodies(request.body, None if isinstance(reply.body, str) else reply.body, service.settings.log_bodies),
        }
    )
