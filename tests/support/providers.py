# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers for the sign-in methods: the endpoint of a managed identity, a token service like GitHub's, and a proxy. Each on loopback."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = Callable[[str, dict[str, str], dict[str, str]], tuple[int, Any]]
"""From path, query (with the form) and headers (in lower case) to status and body."""


@contextlib.contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A small web server; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, form: str) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(f"{parts.query}&{form}").items()}
            status, body = answer(parts.path, query, {name.lower(): value for name, value in self.headers.items()})
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_unused: Any, **_unneeded: Any) -> None:
            """Log nothing."""

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"


@contextlib.contextmanager
def proxying(credentials: str) -> Iterator[tuple[str, list[str]]]:
    """A proxy that only tunnels, and only with the credentials; yields its address, and a list that collects the targets."""
    led: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            if self.headers.get("Proxy-Authorization") != f"Basic {credentials}":
                self.send_error(407)
                return
            host, _colon, port = self.path.rpartition(":")
            led.append(self.path)
            with socket.create_connection((host, int(port))) as server:
                self.send_response(200)
                self.end_headers()
                self._carry(server)
            self.close_connection = True

        def _carry(self, server: socket.socket) -> None:
            pair = {self.connection: server, server: self.connection}
            while True:
                ready, _writable, _broken = select.select(list(pair), [], [], 30)
                for side in ready or [self.connection]:
                    data = side.recv(65536) if ready else b""
                    if not data:
                        return
                    pair[side].sendall(data)

        def log_message(self, *_unused: Any, **_unneeded: Any) -> None:
            """Log nothing."""

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"127.0.0.1:{server.server_address[1]}", led


@contextlib.contextmanager
def _running(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
