# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTPS server: uvicorn with a certificate made on the fly."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

KEEP_ALIVE_SECONDS = 300
"""Longer than any client's idle time, so that connections are not closed under a request."""


class Coalescing:
    """A transport that sends what is written within one turn of the event loop at once: headers and body together."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop, self._waiting = transport, loop, bytearray()

    def write(self, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting += data

    def flush(self) -> None:
        if self._waiting and not self._transport.is_closing():
            self._transport.write(bytes(self._waiting))
        self._waiting.clear()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        self._waiting.clear()
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Protocol(H11Protocol):
    """HTTP/1.1 that hands its transport to the application, for faults below HTTP."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        plain = transport.get_extra_info("socket")
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        coalescing = Coalescing(transport, self.loop)
        super().connection_made(coalescing)  # type: ignore[arg-type]
        application = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})["entra_emulator.transport"] = coalescing
            await application(scope, receive, send)

        self.app = with_transport


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of our own and a certificate for this machine."""

    authority: trustme.CA
    server: trustme.LeafCert

    @staticmethod
    def make(host: str) -> Certificates:
        authority = trustme.CA(organization_name="entra-emulator")
        names = dict.fromkeys(["localhost", "127.0.0.1", "::1", host])
        return Certificates(authority, authority.issue_cert(*[name for name in names if name not in ("0.0.0.0", "::")]))

    def ca_pem(self) -> bytes:
        pem: bytes = self.authority.cert_pem.bytes()
        return pem

    def configure(self, context: ssl.SSLContext) -> None:
        self.server.configure_cert(context)


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound socket, so that port 0 is known before the server starts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


def require_writable(path: Path) -> None:
    """Raises the error that writing the file would have."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(path)) from None


def write_atomically(path: Path, content: bytes) -> None:
    """The file is there whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


class Server(uvicorn.Server):
    """Uvicorn that says when it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


def build(app: Starlette, certificates: Certificates, log_level: str, on_ready: Callable[[], None]) -> Server:
    """A server that is ready to run on a bound socket."""
    config = uvicorn.Config(
        app,
        log_level=log_level,
        access_log=log_level in ("debug", "trace"),
        http=Protocol,
        ws="none",
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
        server_header=False,
        # The application sets the date header: Graph's is the virtual one.
        date_header=False,
    )
    config.load()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.configure(context)
    config.ssl = context
    return Server(config, on_ready)


def ready_content(url: str, ca_file: str, port: int) -> bytes:
    """What the ready file holds."""
    return json.dumps({"url": url, "ca_file": ca_file, "port": port, "pid": os.getpid()}).encode()
