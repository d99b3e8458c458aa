# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The admin API over HTTP: below ``/exchange``, where this server is Exchange, and at ``/adminapi`` for callers by a real host name."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from .. import web
from ..breakage import with_faults
from ..call import Reply
from ..faults import Fault
from ..resources import EXCHANGE_PREFIX, exchange
from ..service import Service
from . import admin_api, batch
from .admin_api import ExchangeRequest
from .errors import REQUEST, cmdlet_error, faulty

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


async def _exchange(http: HttpRequest) -> Response:
    traffic = await web.arrival(http, exchange)
    traffic.exchange_requests += 1
    service, raw = web.service_of(http), await http.body()
    content, readable = _content(http, raw)
    request = ExchangeRequest(
        http.method,
        web.origin(http),
        http.url.path,
        dict(parse_qsl(http.scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        web.lower_headers(http),
        content,
    )

    def serve(token_expired: bool) -> Response:
        if not readable:
            problem = cmdlet_error(REQUEST, "The request body is not JSON, or its Content-Type does not say so.")
            reply = Reply(problem.status, problem.body)
        elif request.path.endswith("/$batch"):
            traffic.exchange_batch_items += batch.size(content)
            reply = batch.answer(service, request, token_expired)
        else:
            reply = admin_api.answer(service, request, token_expired)
        tenant, client = admin_api.identity(service, request)
        web.log(http, tenant, client, reply.status, content, None if isinstance(reply.body, str) else reply.body)
        return web.to_response(reply, service)

    return await with_faults(http, serve, _refuse)


def _content(http: HttpRequest, raw: bytes) -> tuple[Any, bool]:
    """The body, and whether it could be read."""
    if not raw:
        return None, True
    if http.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None, False
    try:
        return json.loads(raw), True
    except ValueError:
        return None, False


def _refuse(http: HttpRequest, fault: Fault) -> Response:
    """The fault plan's error as Exchange says it."""
    problem = faulty(fault.status, fault.code, fault.retry_after)
    service: Service = web.service_of(http)
    return web.to_response(Reply(problem.status, problem.body, problem.headers), service)


ROUTES: list[BaseRoute] = [
    Route(EXCHANGE_PREFIX + "/{rest:path}", _exchange, methods=METHODS),
    Route("/adminapi/{rest:path}", _exchange, methods=METHODS),
]
