# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the HTTP handlers of sign-in, Graph and Exchange share: addresses, answers, the way through the network, the request log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from .call import Reply
from .requestlog import bodies
from .service import Service
from .state import moment
from .traffic import Traffic


def service_of(http: HttpRequest) -> Service:
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


def lower_headers(http: HttpRequest) -> dict[str, str]:
    """The headers with lower-case names."""
    return {name.lower(): value for name, value in http.headers.items()}


def json_response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, {"Date": formatdate(usegmt=True), **(headers or {})}, media_type="application/json; charset=utf-8")


def to_response(reply: Reply, service: Service) -> Response:
    """A reply on the wire. Its ``Date`` is of the clock by which the service's own times are, such as those of a cycle (F68)."""
    headers = {"Date": formatdate(moment(service.world.clock).timestamp(), usegmt=True), **reply.headers}
    if reply.body is None:
        return Response(None, reply.status, headers)
    if isinstance(reply.body, str):
        return Response(reply.body, reply.status, headers)
    return json_response(reply.status, reply.body, headers)


def transport(scope: Any) -> Any:
    """The connection as the server put it into the scope; none where there is no server."""
    return scope.get("extensions", {}).get("entra_emulator.transport")


async def arrival(http: HttpRequest, served: Callable[[str], tuple[str, ...]] | None = None) -> Traffic:
    """Lets a request wait for its way through the network, without holding up any other, and gives what it counts in.

    :param served: gives the resources that this server is under a name: what the caller's token should be for.
    """
    service = service_of(http)
    service.traffic.arrived(transport(http.scope))
    if served is not None:
        service.traffic.shown(http.headers.get("authorization", ""), served(origin(http)))
    if service.settings.latency_ms:
        await asyncio.sleep(service.settings.latency_ms / 1000)
    return service.traffic


def log(http: HttpRequest, tenant: str | None, client: str | None, status: int, sent: Any, answered: Any) -> None:
    """Adds a request to the log."""
    service = service_of(http)
    service.log.add(
        {
            "method": http.method,
            "path": target(http),
            "tenant": tenant,
            "client_id": client,
            "status": status,
            "batched": False,
            **bodies(sent, answered, service.settings.log_bodies),
        }
    )
