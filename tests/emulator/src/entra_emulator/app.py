# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web application: sign-in, Graph, the control API, faults and the request log."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import uuid
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from . import batch, graph, incoming, tokens
from .call import Reply
from .control import ROUTES as CONTROL_ROUTES
from .errors import GraphError, body
from .faults import Fault
from .oauth import OAuthError
from .page import ROUTES as PAGE_ROUTES
from .requestlog import without_secrets
from .service import Service, tenant_of
from .state import moment
from .traffic import Traffic

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
Serve = Callable[[bool], Response]
"""Makes the answer; true means that the token counts as expired."""
HTML = "<!DOCTYPE html><html><head><title>Unavailable</title></head><body><h2>Our services aren't available right now</h2></body></html>"


def create_app(service: Service) -> Starlette:
    """The application around one service."""
    routes: list[BaseRoute] = [
        *PAGE_ROUTES,
        *CONTROL_ROUTES,
        Route("/{tenant}/v2.0/.well-known/openid-configuration", _openid, methods=["GET"]),
        Route("/{tenant}/discovery/v2.0/keys", _keys, methods=["GET"]),
        Route("/{tenant}/oauth2/v2.0/token", _token, methods=["POST"]),
        Route("/{version}/$batch", _batch, methods=["POST"]),
        Route("/{version}/{path:path}", _graph, methods=METHODS),
    ]
    app = Starlette(routes=routes)
    app.state.service = service
    return app


def _service(http: HttpRequest) -> Service:
    service: Service = http.app.state.service
    return service


def origin(http: HttpRequest) -> str:
    """Scheme, host and port as the caller sees them."""
    return f"{http.url.scheme}://{http.headers.get('host', http.url.netloc)}"


def target(http: HttpRequest) -> str:
    """Path and query as they came in, undecoded."""
    raw: bytes = http.scope.get("raw_path") or http.url.path.encode()
    query: bytes = http.scope["query_string"]
    path = raw.partition(b"?")[0].decode("latin-1")
    return path + (f"?{query.decode('latin-1')}" if query else "")


def _json(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, {"Date": formatdate(usegmt=True), **(headers or {})}, media_type="application/json; charset=utf-8")


def to_response(reply: Reply, service: Service) -> Response:
    """A reply on the wire. Its ``Date`` is of the clock by which the service's own times are, such as those of a cycle (F68)."""
    headers = {"Date": formatdate(moment(service.world.clock).timestamp(), usegmt=True), **reply.headers}
    if reply.body is None:
        return Response(None, reply.status, headers)
    if isinstance(reply.body, str):
        return Response(reply.body, reply.status, headers)
    return _json(reply.status, reply.body, headers)


async def _arrival(http: HttpRequest) -> Traffic:
    """Lets a request wait for its way through the network, without holding up any other, and gives what it counts in."""
    service = _service(http)
    service.traffic.arrived(_transport(http.scope))
    if service.settings.latency_ms:
        await asyncio.sleep(service.settings.latency_ms / 1000)
    return service.traffic


# Sign-in ------------------------------------------------------------------------------------------------------------


async def _openid(http: HttpRequest) -> Response:
    traffic = await _arrival(http)
    traffic.discovery_requests += 1
    try:
        return _json(200, tokens.openid_configuration(_service(http), origin(http), http.path_params["tenant"]))
    except OAuthError as problem:
        return _oauth_error(http, problem)


async def _keys(http: HttpRequest) -> Response:
    traffic = await _arrival(http)
    traffic.discovery_requests += 1
    try:
        tokens.resolve(_service(http), http.path_params["tenant"])
    except OAuthError as problem:
        return _oauth_error(http, problem)
    return _json(200, _service(http).key.jwks())


def _oauth_error(http: HttpRequest, problem: OAuthError) -> Response:
    correlation = http.headers.get("client-request-id") or str(uuid.uuid4())
    return _json(problem.status, tokens.error_body(problem, correlation, origin(http)))


async def _token(http: HttpRequest) -> Response:
    traffic = await _arrival(http)
    traffic.token_requests += 1
    service = _service(http)
    raw = await http.body()
    form = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    tenant_name = http.path_params["tenant"]

    def serve(token_expired: bool) -> Response:
        try:
            asked = tokens.TokenRequest(origin(http), tenant_name, form, http.headers.get("authorization", ""))
            content = tokens.issue(service, asked)
            response = _json(200, content, {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})
        except OAuthError as problem:
            response = _oauth_error(http, problem)
        found = tenant_of(service.world, tenant_name)
        _log(http, found.id if found else None, form.get("client_id"), response.status_code, form, json.loads(bytes(response.body)))
        return response

    return await _with_faults(http, serve)


# Graph --------------------------------------------------------------------------------------------------------------


async def _graph(http: HttpRequest) -> Response:
    traffic = await _arrival(http)
    traffic.graph_requests += 1
    service, raw = _service(http), await http.body()
    headers = {name.lower(): value for name, value in http.headers.items()}
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
        _log(http, tenant, client, reply.status, content, reply.body)
        return to_response(reply, service)

    return await _with_faults(http, serve)


async def _batch(http: HttpRequest) -> Response:
    traffic = await _arrival(http)
    traffic.graph_requests += 1
    service, raw = _service(http), await http.body()
    headers = {name.lower(): value for name, value in http.headers.items()}
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
        _log(http, tenant, client, reply.status, content, reply.body)
        return to_response(reply, service)

    return await _with_faults(http, serve)


def _log(http: HttpRequest, tenant: str | None, client: str | None, status: int, sent: Any, answered: Any) -> None:
    _service(http).log.add(
        {
            "method": http.method,
            "path": target(http),
            "tenant": tenant,
            "client_id": client,
            "status": status,
            "batched": False,
            "request_body": without_secrets(sent),
            "response_body": without_secrets(answered),
        }
    )


# Faults -------------------------------------------------------------------------------------------------------------


async def _with_faults(http: HttpRequest, serve: Serve) -> Response:
    """Serves a request as the fault plan wants it."""
    fault = _service(http).faults.next(http.method, target(http))
    if fault is None:
        return serve(False)
    if fault.fault == "delay":
        await asyncio.sleep(fault.seconds)
        return serve(False)
    if fault.fault == "expired_token":
        return serve(True)
    if fault.fault == "reset_before_commit":
        return _reset(http)
    if fault.fault in ("status", "html"):
        if fault.committed:
            serve(False)
        return _faulty(http, fault)
    whole = serve(False)
    return _reset(http) if fault.fault == "reset_after_commit" else Truncated(whole)


def _faulty(http: HttpRequest, fault: Fault) -> Response:
    if fault.fault == "html":
        return Response(HTML, fault.status, media_type="text/html")
    problem = fault.error()
    ids = incoming.identifiers({name.lower(): value for name, value in http.headers.items()})
    _log(http, None, None, problem.status, None, None)
    return _json(problem.status, body(problem, ids), {"request-id": ids.request_id, **problem.headers})


class Truncated(Response):
    """Half of the body, then the end of the connection, although the header promised all of it."""

    def __init__(self, whole: Response) -> None:
        content = bytes(whole.body)
        super().__init__(content[: len(content) // 2], whole.status_code, media_type="application/json")
        self.headers["content-length"] = str(len(content) or 1)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        _abort(scope, gracefully=True)


class Dropped(Response):
    """No answer at all: the connection is reset."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        _abort(scope, gracefully=False)


def _reset(http: HttpRequest) -> Response:
    return Dropped()


def _transport(scope: Any) -> Any:
    """The connection as the server put it into the scope; none where there is no server."""
    return scope.get("extensions", {}).get("entra_emulator.transport")


def _abort(scope: Any, gracefully: bool) -> None:
    """Ends the connection below HTTP."""
    transport = _transport(scope)
    if transport is None:
        raise ConnectionResetError("the fault plan reset this connection")
    if gracefully:
        transport.close()
        return
    plain = transport.get_extra_info("socket")
    # No lingering: the peer gets a reset instead of an end of file.
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
