# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web application: sign-in, Graph, Exchange, the page and the control API."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from . import batch, graph, incoming, resources, tokens
from .breakage import with_faults
from .call import Reply
from .control import ROUTES as CONTROL_ROUTES
from .errors import GraphError, body
from .exchange.web import ROUTES as EXCHANGE_ROUTES
from .oauth import OAuthError
from .page import ROUTES as PAGE_ROUTES
from .service import Service, tenant_of
from .web import arrival, json_response, log, lower_headers, origin, service_of, target, to_response

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def create_app(service: Service) -> Starlette:
    """The application around one service."""
    routes: list[BaseRoute] = [
        *PAGE_ROUTES,
        *CONTROL_ROUTES,
        *EXCHANGE_ROUTES,
        Route("/{tenant}/v2.0/.well-known/openid-configuration", _openid, methods=["GET"]),
        Route("/{tenant}/discovery/v2.0/keys", _keys, methods=["GET"]),
        Route("/{tenant}/oauth2/v2.0/token", _token, methods=["POST"]),
        Route("/{version}/$batch", _batch, methods=["POST"]),
        Route("/{version}/{path:path}", _graph, methods=METHODS),
    ]
    app = Starlette(routes=routes)
    app.state.service = service
    return app


# Sign-in ------------------------------------------------------------------------------------------------------------


async def _openid(http: HttpRequest) -> Response:
    traffic = await arrival(http)
    traffic.discovery_requests += 1
    try:
        return json_response(200, tokens.openid_configuration(service_of(http), origin(http), http.path_params["tenant"]))
    except OAuthError as problem:
        return _oauth_error(http, problem)


async def _keys(http: HttpRequest) -> Response:
    traffic = await arrival(http)
    traffic.discovery_requests += 1
    try:
        tokens.resolve(service_of(http), http.path_params["tenant"])
    except OAuthError as problem:
        return _oauth_error(http, problem)
    return json_response(200, service_of(http).key.jwks())


def _oauth_error(http: HttpRequest, problem: OAuthError) -> Response:
    correlation = http.headers.get("client-request-id") or str(uuid.uuid4())
    return json_response(problem.status, tokens.error_body(problem, correlation, origin(http)))


async def _token(http: HttpRequest) -> Response:
    traffic = await arrival(http)
    traffic.token_requests += 1
    service = service_of(http)
    raw = await http.body()
    form = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    tenant_name = http.path_params["tenant"]
    if resources.names_exchange(form.get("scope", ""), origin(http)):
        traffic.exchange_token_requests += 1

    def serve(token_expired: bool) -> Response:
        try:
            asked = tokens.TokenRequest(origin(http), tenant_name, form, http.headers.get("authorization", ""))
            content = tokens.issue(service, asked)
            response = json_response(200, content, {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})
        except OAuthError as problem:
            response = _oauth_error(http, problem)
        found = tenant_of(service.world, tenant_name)
        log(http, found.id if found else None, form.get("client_id"), response.status_code, form, json.loads(bytes(response.body)))
        return response

    return await with_faults(http, serve)


# Graph --------------------------------------------------------------------------------------------------------------


async def _graph(http: HttpRequest) -> Response:
    traffic = await arrival(http, resources.graph)
    traffic.graph_requests += 1
    service, raw = service_of(http), await http.body()
    headers = lower_headers(http)
    ids = incoming.identifiers(headers)
    version = http.path_params["version"]

    def serve(token_expired: bool) -> Response:
        content: Any = None
        try:
            content = incoming.json_body(raw, headers.get("content-type", ""))
            below = target(http).removeprefix(f"/{version}")
            request = incoming.request(http.method, version, below, headers, content, bool(raw), origin(http), ids)
            reply = graph.answer(service, request, token_expired)
        except GraphError as problem:
            reply = Reply(problem.status, body(problem, ids), {"request-id": ids.request_id, "client-request-id": ids.client_request_id})
        tenant, client = graph.identity(service, headers.get("authorization", ""), origin(http))
        log(http, tenant, client, reply.status, content, reply.body)
        return to_response(reply, service)

    return await with_faults(http, serve)


async def _batch(http: HttpRequest) -> Response:
    traffic = await arrival(http, resources.graph)
    traffic.graph_requests += 1
    service, raw = service_of(http), await http.body()
    headers = lower_headers(http)
    ids = incoming.identifiers(headers)
    version = http.path_params["version"]

    def serve(token_expired: bool) -> Response:
        try:
            content = incoming.json_body(raw, headers.get("content-type", ""))
            graph.require_sign_in(service, headers, origin(http), token_expired)
            traffic.batch_items += batch.size(content)
            reply = batch.answer(service, version, headers, content, origin(http), ids)
        except GraphError as problem:
            content, reply = None, Reply(problem.status, body(problem, ids), dict(problem.headers))
        tenant, client = graph.identity(service, headers.get("authorization", ""), origin(http))
        log(http, tenant, client, reply.status, content, reply.body)
        return to_response(reply, service)

    return await with_faults(http, serve)
