# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serving a request as the fault plan wants it, below HTTP where need be."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from . import incoming
from .errors import body
from .faults import Fault
from .web import json_response, log, lower_headers, service_of, target, transport

Serve = Callable[[bool], Response]
"""Makes the answer; true means that the token counts as expired."""
Refuse = Callable[[HttpRequest, Fault], Response]
"""Makes the answer of a fault ``status``, in the dialect of the service that is asked."""
HTML = "<!DOCTYPE html><html><head><title>Unavailable</title></head><body><h2>Our services aren't available right now</h2></body></html>"


def graph_error(http: HttpRequest, fault: Fault) -> Response:
    """Graph's answer."""
    problem = fault.error()
    ids = incoming.identifiers(lower_headers(http))
    return json_response(problem.status, body(problem, ids), {"request-id": ids.request_id, **problem.headers})


async def pause(seconds: float) -> None:
    """Keeps a caller waiting, and no other."""
    await asyncio.sleep(seconds)


async def given_up(http: HttpRequest) -> None:
    """Lasts until the caller ends the connection. Its request has been read before."""
    while (await http.receive())["type"] != "http.disconnect":
        pass


async def with_faults(http: HttpRequest, serve: Serve, refuse: Refuse = graph_error) -> Response:
    """Serves a request, unless the fault plan strikes it."""
    fault = service_of(http).faults.next(http.method, target(http))
    if fault is None:
        return serve(False)
    if fault.fault == "delay":
        await pause(fault.seconds)
        return serve(False)
    if fault.fault == "expired_token":
        return serve(True)
    if fault.fault == "reset_before_commit":
        return Dropped()
    if fault.fault in ("status", "html", "no_answer"):
        if fault.committed:
            serve(False)
        if fault.fault == "no_answer":
            await given_up(http)
            return Dropped()
        if fault.fault == "html":
            return Response(HTML, fault.status, media_type="text/html")
        log(http, None, None, fault.status, None, None)
        return refuse(http, fault)
    whole = serve(False)
    return Dropped() if fault.fault == "reset_after_commit" else Truncated(whole)


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


def _abort(scope: Any, gracefully: bool) -> None:
    """Ends the connection below HTTP."""
    connection = transport(scope)
    if connection is None:
        raise ConnectionResetError("the fault plan reset this connection")
    if gracefully:
        connection.close()
        return
    plain = connection.get_extra_info("socket")
    # No lingering: the peer gets a reset instead of an end of file.
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.abort()
