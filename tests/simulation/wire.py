# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire between the engine and the emulator: a function call, on a virtual clock, with a hand on every request.

Like `Cloud` of tests/support, but without an HTTP stack, because a history sends hundreds of requests; ``test_wire.py`` compares both.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import hmac
import json
import marshal
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import jwt
import orjson
import requests
from greenlet import getcurrent
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ProtocolError

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import plan as engine_plan
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import batch as engine_batch
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import client as engine_client
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph import transport
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Patience
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials import application
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.read_cache import ReadCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.tokens import Tokens
from ansible_collections.entra.cross_tenant_sync.tests.support import faults
from ansible_collections.entra.cross_tenant_sync.tests.support.traffic import changes
from entra_emulator import batch, control, errors, graph, incoming, tokens
from entra_emulator.breakage import HTML
from entra_emulator.call import Reply
from entra_emulator.errors import GraphError
from entra_emulator.faults import Fault, FaultPlan
from entra_emulator.oauth import OAuthError
from entra_emulator.requestlog import RequestLog
from entra_emulator.service import Service
from entra_emulator.settings import Settings
from entra_emulator.signing import SigningKey
from entra_emulator.state import World, moment
from entra_emulator.throttle import Throttle

URL = "https://localhost"
PATIENCE = 30.0
"""The seconds after which the engine gives up to wait for an answer: its option ``timeout``."""
BATCH = "POST /$batch"
TOKEN = "POST /oauth2/v2.0/token"

_ID = re.compile(
    r"(?<=/m365Capabilities/)[^/]+|(?<=/)(?:[0-9A-Za-z_.-]*[0-9a-f]{8}-[0-9a-f-]{27,}[^/]*|[\w-]{40,}|[^/]*@[^/]*|[^/]*#EXT#[^/]*)"
)


@functools.lru_cache(1024)
def kind_of(method: str, path: str) -> str:
    """A request without its ids and its query: what it asks for."""
    bare = _ID.sub("{id}", path.partition("?")[0])
    if "/oauth2/" in bare:
        return TOKEN
    if bare.endswith("/.well-known/openid-configuration"):
        return f"{method} /.well-known/openid-configuration"
    return f"{method} {bare.removeprefix('/v1.0').removeprefix('/beta')}"


class Killed(BaseException):
    """The process ended here. No `Exception`, so that nobody handles it."""


class Arrival(NamedTuple):
    """A request, and what became of it: a status, or the name of a fault."""

    run: str
    number: int
    """Within its run, counted from 0."""
    kind: str
    outcome: str
    writes: bool
    committed: bool
    """Whether the emulator carried it out, and it was not refused."""
    at: float
    lost: bool = False
    """Whether the caller cannot know if it was carried out."""

    def __str__(self) -> str:
        return f"{self.run} {self.number:>3}  {self.kind} -> {self.outcome}"


class Key(SigningKey):
    """Signs with a hash instead of RSA, and judges the age of a token by the virtual clock."""

    clock: Callable[[], float]
    _read: dict[str, dict[str, Any]]
    """The claims of tokens whose signature was good."""

    def __init__(self, clock: Callable[[], float]) -> None:
        object.__setattr__(self, "clock", clock)
        object.__setattr__(self, "_read", {})

    def sign(self, claims: dict[str, Any]) -> str:
        parts = [_encoded({"typ": "JWT", "alg": "HS256"}), _encoded(claims)]
        return ".".join([*parts, _signature(".".join(parts))])

    def verify(self, token: str, audiences: list[str]) -> dict[str, Any]:
        """The claims of a token of ours; raises `jwt.PyJWTError`."""
        claims = self._read.get(token)
        if claims is None:
            body, _dot, signature = token.rpartition(".")
            if signature != _signature(body):
                raise jwt.InvalidSignatureError
            claims = self._read[token] = json.loads(base64.urlsafe_b64decode(body.partition(".")[2] + "=="))
        if claims["exp"] <= self.clock():
            raise jwt.ExpiredSignatureError
        if claims["aud"] not in audiences:
            raise jwt.InvalidAudienceError
        return claims

    def forget(self) -> None:
        """Forget the tokens of the history before."""
        self._read.clear()


def _encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _signature(text: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(b"of no tenant", text.encode(), "sha256")).decode().rstrip("=")


class _Silence(RequestLog):
    """Nobody reads the log of the requests here."""

    def add(self, entry: dict[str, Any]) -> None:
        """Keep nothing."""


class Response:
    """What the engine and msal use of an answer of `requests`."""

    __slots__ = ("content", "headers", "status_code")

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status_code = status
        self.headers = CaseInsensitiveDict(headers)
        self.content = content

    @property
    def text(self) -> str:
        """The body as msal reads it."""
        return self.content.decode()

    def raise_for_status(self) -> None:
        """Msal calls it on the answer of the OpenID discovery."""
        if self.status_code >= 400:
            raise requests.exceptions.HTTPError(f"{self.status_code}")


class SharedCache(RunCache):
    """The values that the tasks of one run share: in memory, where a real run has files."""

    def recall(self, *key: str) -> Any:
        """A copy, as a file would give it."""
        value = self._values.get("\n".join(key))
        return marshal.loads(value) if isinstance(value, bytes) else value  # noqa: S302  # our own, of this process

    def keep(self, value: Any, *key: str) -> None:
        self._values["\n".join(key)] = value if isinstance(value, str) else marshal.dumps(value)

    def discard(self, *key: str) -> None:
        self._values.pop("\n".join(key), None)


@dataclass
class Caller:
    """Whoever sends requests at the moment: a run, with what is to happen to its requests."""

    name: str
    on_request: Callable[[int, str], str | None] = lambda _number, _kind: None
    """Is called before each request with its number and kind. Returns the name of the fault that strikes it, of `FAULTS`."""
    on_answer: Callable[[int, str], None] = lambda _number, _kind: None
    sent: int = 0
    cache: SharedCache = field(default_factory=SharedCache)


NOBODY = Caller("nobody")

FAULTS: dict[str, dict[str, Any]] = {
    **faults.FAULTS,
    "504 before the change": {"fault": "status", "status": 504},
    "409": {"fault": "status", "status": 409, "code": "Conflict"},
    "html before the change": {"fault": "html", "status": 502},
    "html after the change": {"fault": "html", "status": 502, "committed": True},
    "delay": {"fault": "delay", "seconds": 7},
    "no answer before the change": {"fault": "no_answer"},
    "no answer after the change": {"fault": "no_answer", "committed": True},
}
"""What can happen to a request, by a name that a person reads."""
SERVER_ERRORS = (500, 502, 503, 504)
NO_FAULT: dict[str, Any] = {"status": 200}
ITEM_FAULTS = ("429", "503", "503 after the change", "503 with Retry-After after the change", "500 after the change")
"""What can happen to the first item of a batch."""
ITEM = "item: "


class Wire:
    """A service with the tenants of a scenario. `save` and `load` keep and restore the whole of it."""

    def __init__(self, world: World) -> None:
        self._key = Key(self.clock)
        self.service = Service(world, Settings(throttling=False), key=self._key, log=_Silence())
        self.service.throttle = Throttle(now=self.clock)
        self._set(moment(world.clock))
        self.callers: dict[Any, Caller] = {}
        self.arrivals: list[Arrival] = []
        self.before_write: Callable[[], None] = _nothing
        self.after_write: Callable[[], None] = _nothing
        self.told: Callable[[Arrival, Any], None] = _told_nobody

    # Time and state --------------------------------------------------------------------------------------------------

    @property
    def world(self) -> World:
        """The state."""
        return self.service.world

    def clock(self) -> float:
        """Seconds of virtual time."""
        return self._seconds

    def _set(self, now: datetime) -> None:
        self._now, self._seconds = now, now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass; cycles that fall due run."""
        self._set(self._now + timedelta(seconds=seconds))
        control.advance(self.service, self._now)

    def begin(self, world: World, settings: Settings) -> None:
        """Go to a state, under other settings. Nothing of what was before lingers."""
        self.service.settings = settings
        self.service.load(world)
        self.service.throttle.accounts.clear()
        self.service.faults = FaultPlan()
        self._key.forget()
        self._set(moment(world.clock))
        self.arrivals = []
        self.callers = {}

    # Requests --------------------------------------------------------------------------------------------------------

    def request(self, method: str, url: str, **options: Any) -> Response:
        """What `requests.Session.request` does: an answer, or an exception of a broken connection."""
        caller = self.callers.get(getcurrent(), NOBODY)
        parts = urlsplit(url)
        kind = kind_of(method, parts.path)
        number = caller.sent
        caller.sent += 1
        fault = caller.on_request(number, kind)
        raw = _bytes(options.get("data"))
        headers = {name.lower(): str(value) for name, value in (options.get("headers") or {}).items()}
        writes = _writes(method, parts.path, raw)
        if writes:
            self.before_write()
        outcome: list[Any] = ["", False]
        try:
            response = self._strike(fault, method, parts.path, parts.query, headers, raw, outcome)
        finally:
            lost = (
                fault is not None
                and FAULTS.get(fault, NO_FAULT).get("status", 504) in SERVER_ERRORS
                and fault not in ("delay", "expired token")
            )
            arrival = Arrival(caller.name, number, kind, _outcome(fault, outcome[0]), writes, bool(outcome[1]), self.clock(), lost)
            self.arrivals.append(arrival)
            if writes:
                self.after_write()
                self.told(arrival, raw)
            caller.on_answer(number, kind)
        return response

    def _strike(
        self, fault: str | None, method: str, path: str, query: str, headers: dict[str, str], raw: bytes, outcome: list[Any]
    ) -> Response:
        """Serve a request, with the fault that strikes it. Notes the status, and whether it was carried out, in ``outcome``."""

        def serve(expired: bool = False) -> Response:
            response = self._serve(method, path, query, headers, raw, expired)
            outcome[:] = [response.status_code, _carried_out(path, raw, fault, response)]
            return response

        if fault is None:
            return serve()
        if fault.startswith(ITEM):
            self.service.faults = FaultPlan(faults=[Fault.model_validate(FAULTS[fault.removeprefix(ITEM)])])
            try:
                return serve()
            finally:
                self.service.faults = FaultPlan()
        about = FAULTS[fault]
        kind, status = about["fault"], about.get("status", 503)
        if kind == "delay":
            self.sleep(about["seconds"])
            return serve()
        if kind == "expired_token":
            return serve("/oauth2/" not in path and "/.well-known/" not in path)
        if kind in ("reset_before_commit", "status", "html", "no_answer") and not about.get("committed"):
            outcome[0] = status
        else:
            whole = serve()
        if kind == "no_answer":
            self.sleep(PATIENCE)
            raise requests.exceptions.ReadTimeout("Read timed out.")
        if kind in ("reset_before_commit", "reset_after_commit"):
            raise requests.exceptions.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError("reset")))
        if kind == "truncated":
            raise requests.exceptions.ChunkedEncodingError(ProtocolError("Connection broken", EOFError(len(whole.content))))
        if kind == "html":
            return Response(status, {"Content-Type": "text/html"}, HTML.encode())
        problem = Fault.model_validate(about).error()
        ids = incoming.identifiers(headers)
        return _response(Reply(status, errors.body(problem, ids), {"request-id": ids.request_id, **problem.headers}), self._now)

    def _serve(self, method: str, path: str, query: str, headers: dict[str, str], raw: bytes, expired: bool) -> Response:
        """What the emulator answers."""
        if "/oauth2/" in path:
            return self._sign_in(path, headers, raw)
        if path.endswith("/.well-known/openid-configuration"):
            return self._discover(path)
        version, _slash, below = path.removeprefix("/").partition("/")
        ids = incoming.identifiers(headers)
        try:
            content = incoming.json_body(raw, headers.get("content-type", ""))
            if below == "$batch":
                graph.require_sign_in(self.service, headers, URL, expired)
                return _response(batch.answer(self.service, version, headers, content, URL, ids), self._now)
            target = f"/{below}?{query}" if query else f"/{below}"
            request = incoming.request(method, version, target, headers, content, bool(raw), URL, ids)
            return _response(graph.answer(self.service, request, expired), self._now)
        except GraphError as problem:
            named = {"request-id": ids.request_id, "client-request-id": ids.client_request_id}
            headers_of_error = dict(problem.headers) if below == "$batch" else named
            return _response(Reply(problem.status, errors.body(problem, ids), headers_of_error), self._now)

    def _sign_in(self, path: str, headers: Mapping[str, str], raw: bytes) -> Response:
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True))
        try:
            asked = tokens.TokenRequest(URL, path.split("/")[1], form, headers.get("authorization", ""))
            return _response(Reply(200, tokens.issue(self.service, asked)), self._now)
        except OAuthError as problem:
            return _response(Reply(problem.status, tokens.error_body(problem, str(uuid.uuid4()), URL)), self._now)

    def _discover(self, path: str) -> Response:
        try:
            return _response(Reply(200, tokens.openid_configuration(self.service, URL, path.split("/")[1])), self._now)
        except OAuthError as problem:
            return _response(Reply(problem.status, tokens.error_body(problem, str(uuid.uuid4()), URL)), self._now)

    # The engine ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def reached(self, ids: Callable[[], uuid.UUID], even: Callable[[float, float], float]) -> Iterator[None]:
        """While this lasts, the engine reaches this service, and nothing in this process depends on the machine: ids and chances come
        from ``ids`` and ``even``, and time is virtual.
        """
        wire = self

        class Session:
            """In place of a session of `requests`."""

            def __init__(self) -> None:
                self.headers: dict[str, str] = {}
                self.proxies: dict[str, str] = {}
                self.trust_env = False
                self.verify: Any = True

            def request(self, method: str, url: str, **options: Any) -> Response:
                """Send it."""
                return wire.request(method, url, **options)

            def close(self) -> None:
                """There is nothing to close."""

        clocks = SimpleNamespace(time=self.clock, monotonic=self.clock, sleep=self.sleep)
        library = SimpleNamespace(Session=Session, exceptions=requests.exceptions, Response=requests.Response)
        with contextlib.ExitStack() as stack:
            for place, name, value in (
                (transport, "requests", library),
                (transport, "get_environ_proxies", lambda _url: {}),
                (engine, "Patience", lambda **given: Patience(**given, sleep=wire.sleep)),
                (engine, "RunCache", lambda _folder, _vault: wire.callers[getcurrent()].cache),
                (engine_client, "ReadCache", functools.partial(ReadCache, clock=wire.clock)),
                (engine_client, "Tokens", functools.partial(Tokens, clock=wire.clock)),
                # What the wire answers is JSON, or none at all: the difference to `json_text.parse` are numbers that JSON does not have.
                (engine_client, "parse_json", orjson.loads),
                (engine_client, "_RANDOM", SimpleNamespace(uniform=even)),
                (engine_plan, "_RANDOM", SimpleNamespace(uniform=even)),
                (engine_batch, "ThreadPoolExecutor", InTurn),
                (application, "time", clocks),
                (tokens, "time", clocks),
                (uuid, "uuid4", ids),
            ):
                stack.enter_context(mock.patch.object(place, name, value))
            yield


class InTurn:
    """A pool of threads without threads: order is the same on any machine."""

    def __init__(self, _size: int) -> None:
        pass

    @staticmethod
    def map(function: Callable[[Any], Any], values: Any) -> Iterator[Any]:
        """One after the other."""
        return map(function, values)

    def shutdown(self, **_options: Any) -> None:
        """There is nothing to end."""


def _response(reply: Reply, now: datetime) -> Response:
    headers = {"Date": _date(now), **reply.headers}
    if reply.body is None:
        return Response(reply.status, headers, b"")
    return Response(reply.status, headers, reply.body.encode() if isinstance(reply.body, str) else orjson.dumps(reply.body))


@functools.lru_cache(16)
def _date(now: datetime) -> str:
    """Time stands still between most answers."""
    return formatdate(now.timestamp(), usegmt=True)


def _writes(method: str, path: str, raw: bytes) -> bool:
    if method == "GET" or "/oauth2/" in path:
        return False
    if path.endswith("/$batch"):
        return any(changes(item["method"], item["url"], None) for item in orjson.loads(raw)["requests"])
    return changes(method, path, None)


def _carried_out(path: str, raw: bytes, fault: str | None, response: Response) -> bool:
    """Whether a request was carried out, or any change in a batch: each of its items has a status of its own (fact F25)."""
    if response.status_code >= 400:
        return False
    asked = orjson.loads(raw)["requests"] if path.endswith("/$batch") else []
    changing = {item["id"] for item in asked if changes(item["method"], item["url"], None)}
    if not changing or (fault is not None and "after the change" in fault):
        return True
    return any(item["id"] in changing and item["status"] < 400 for item in orjson.loads(response.content)["responses"])


def _outcome(fault: str | None, status: Any) -> str:
    return str(status) if fault is None else f"{fault} ({status})"


def _bytes(body: Any) -> bytes:
    if isinstance(body, dict):
        return "&".join(f"{name}={requests.compat.quote(str(value))}" for name, value in body.items()).encode()
    return body.encode() if isinstance(body, str) else body or b""


def _nothing() -> None:
    """Watch nothing."""


def _told_nobody(_arrival: Arrival, _raw: bytes) -> None:
    """Report to nobody."""


def digest(world: World) -> str:
    """A short name of a state, which is the same on any machine."""
    return hashlib.sha256(world.model_dump_json().encode()).hexdigest()[:16]
