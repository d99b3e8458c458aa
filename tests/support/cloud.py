# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator in this process: no network, no sleep, and a hand on every request before and after it is carried out."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ProtocolError

from entra_emulator import app, breakage, control, web
from entra_emulator.faults import Fault, FaultPlan
from entra_emulator.scenario import load_scenario
from entra_emulator.service import Service
from entra_emulator.settings import Settings, merged
from entra_emulator.state import World, moment
from entra_emulator.traffic import Traffic

from .traffic import changes, is_of_exchange, judge

URL = "https://localhost"


class Killed(BaseException):
    """The process ended here. No `Exception`, so that nobody handles it."""


@dataclass(frozen=True)
class Arrival:
    """One request that arrived, with what was answered; ``status`` is ``None`` where no answer came."""

    method: str
    path: str
    status: int | None
    writes: bool
    """Whether it is there to change something."""
    at: float = 0.0
    """The virtual time in seconds."""

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


@dataclass(frozen=True)
class Orders:
    """What a job was told."""

    everybody: bool
    schema: bytes
    restarts: int
    ran: bool


Hook = Callable[[int], None]
"""Is called with a request's number, counted from 0."""


def _nothing(_number: int) -> None:
    """Disturbs nobody."""


@dataclass
class Cloud:
    """Both tenants. ``before`` and ``after`` are called around each request; ``sleep`` lets virtual time pass instead of ours."""

    behaviour: Mapping[str, Any] = field(default_factory=dict)
    scenario: str = "contoso-fabrikam"
    """A name or the path of a file."""
    before: Hook = _nothing
    after: Hook = _nothing
    arrivals: list[Arrival] = field(default_factory=list)
    owes: bool = False
    """Whether something was changed that the service takes up only after a restart (facts F62, F83), and none was made since."""
    most: int = 0
    """The most applications that were there at once."""
    asks_exchange: bool = False
    """Whether the run that comes next has ``exchange: true``."""

    def __post_init__(self) -> None:
        self.service = Service(load_scenario(self.scenario), merged(Settings(throttling=False), dict(self.behaviour)))
        self.service.throttle.now = self.clock
        self._app = app.create_app(self.service)
        self._now = moment(self.service.world.clock)
        self._delay = 0.0

    @property
    def world(self) -> World:
        """The state."""
        return self.service.world

    # Time ------------------------------------------------------------------------------------------------------------

    def clock(self) -> float:
        """Seconds of virtual time."""
        return self._now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass; cycles that fall due run."""
        self._now += timedelta(seconds=seconds)
        control.advance(self.service, self._now)

    async def _pause(self, seconds: float) -> None:
        """What a fault ``delay`` does here."""
        self._delay = seconds
        self.sleep(seconds)

    # State -----------------------------------------------------------------------------------------------------------

    def save(self) -> bytes:
        """The state, and nothing of what a run knows."""
        return pickle.dumps((self.world, self._now, self.owes))

    def load(self, saved: bytes) -> None:
        """Go back to a state that `save` kept. Nothing is disturbed any more."""
        world, self._now, self.owes = pickle.loads(saved)  # noqa: S301  # our own, of this process
        self.service.load(world)
        self.calm()
        self.most = 0

    def calm(self) -> None:
        """Disturb nothing from here on, and count from 0 again."""
        self.before = self.after = _nothing
        self.service.faults = FaultPlan()
        self.service.log.clear()
        self.arrivals = []

    def fault(self, number: int, **fault: Any) -> None:
        """Have the emulator fail the request of that number. It counts the items of batches as well, so it is told in the last moment."""

        def tell() -> None:
            self.service.faults = FaultPlan(faults=[Fault.model_validate(fault)])

        self.before = at(number, tell)

    # Wire ------------------------------------------------------------------------------------------------------------

    def answer(self, sent: requests.PreparedRequest, patience: float = math.inf) -> requests.Response:
        """What the emulator answers, or the exception of a connection that broke, or on which nothing came for ``patience`` seconds."""
        number = len(self.arrivals)
        path = urlsplit(str(sent.url)).path
        arrival = Arrival(str(sent.method), path, None, _writes(sent, path), self.clock())
        self.arrivals.append(arrival)
        self.before(number)
        started: dict[str, Any] = {}
        body = bytearray()
        try:
            with self._watched(str(sent.method), path):
                self._serve(sent, started, body, patience)
        except _Unanswered:
            self.after(number)
            raise requests.exceptions.ReadTimeout("Read timed out.", request=sent) from None
        except ConnectionResetError as error:
            self.after(number)
            if started:
                raise requests.exceptions.ChunkedEncodingError(ProtocolError("Connection broken", error), request=sent) from None
            raise requests.exceptions.ConnectionError(ProtocolError("Connection aborted.", error), request=sent) from None
        self.arrivals[number] = replace(arrival, status=started["status"])
        self.after(number)
        return _response(sent, started, bytes(body))

    def _serve(self, sent: requests.PreparedRequest, started: dict[str, Any], body: bytearray, patience: float) -> None:
        """Have the emulator carry out the request. What it sends is added to ``started`` and ``body``."""
        unread = [_bytes(sent.body)]
        self._delay = 0.0

        async def receive() -> dict[str, Any]:
            if not unread:  # What is waited for now is that the caller gives up.
                raise _Unanswered
            return {"type": "http.request", "body": unread.pop(), "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                body.extend(message.get("body", b""))

        try:
            _drive(self._app(_scope(sent), receive, send))
        except _Unanswered:
            self.sleep(patience)
            raise
        if self._delay > patience:
            raise _Unanswered

    @contextmanager
    def _watched(self, method: str, path: str) -> Iterator[None]:
        """Notes what a request does to the service, whatever is answered."""
        if method == "GET":
            yield
            return
        before = self._orders() if "/synchronization/" in path else None
        try:
            yield
        finally:
            self.most = max(self.most, *(len(tenant.applications) for tenant in self.world.tenants.values()))
            if before is not None:
                self._judge(before, self._orders())

    def _orders(self) -> dict[str, Orders]:
        """What every job was told, by its id."""
        return {
            job.id: Orders(
                str(synchronization.secrets.get("SyncAll", "false")).lower() == "true",
                pickle.dumps({**job.job_schema, "version": None}),
                sum("restart" in entry["activityDisplayName"] for entry in tenant.audit_log),
                job.cycles_completed > 0,
            )
            for tenant in self.world.tenants.values()
            for synchronization in tenant.synchronizations.values()
            for job in synchronization.jobs.values()
        }

    def _judge(self, before: Mapping[str, Orders], after: Mapping[str, Orders]) -> None:
        if not after:
            self.owes = False
        for job, now in after.items():
            earlier = before.get(job)
            if earlier is None or now.restarts > earlier.restarts:
                self.owes = False
            elif now.ran and (now.schema != earlier.schema or (earlier.everybody and not now.everybody)):
                self.owes = True

    @contextmanager
    def reached(self) -> Iterator[None]:
        """While this lasts, every `requests.Session` of this process ends here. The emulator keeps no log, because none is read.

        Then whatever was sent is judged: see `traffic.judge`.
        """
        adapter = _Adapter(self)
        reached = mock.patch.object(requests.Session, "get_adapter", return_value=adapter)
        paused = mock.patch.object(breakage, "pause", self._pause)
        with reached, paused, mock.patch.object(app, "log"), mock.patch.object(breakage, "log"), mock.patch.object(web, "log"):
            yield
        traffic, self.service.traffic = self.service.traffic, Traffic()
        judge(traffic.counts(), self.asks_exchange)


class _Unanswered(Exception):
    """Nothing came for as long as the caller waits."""


class _Adapter(BaseAdapter):
    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud

    def send(self, request: requests.PreparedRequest, *_args: Any, **options: Any) -> requests.Response:
        timeout = options["timeout"]
        patience = timeout[1] if isinstance(timeout, tuple) else timeout
        return self._cloud.answer(request, patience)

    def close(self) -> None:
        """There is nothing to close."""


def _drive(application: Coroutine[Any, Any, None]) -> None:
    """Run the application to its end. It waits for nothing, so it needs no event loop."""
    try:
        application.send(None)
    except StopIteration:
        return
    application.close()
    raise AssertionError("the emulator waits for something, which only its server can do")


def _scope(sent: requests.PreparedRequest) -> dict[str, Any]:
    url = urlsplit(str(sent.url))
    headers = [(name.lower().encode(), str(value).encode()) for name, value in sent.headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "root_path": "",
        "headers": [(b"host", url.netloc.encode()), *headers],
        "client": None,
        "server": (url.hostname, 443),
    }


def _writes(sent: requests.PreparedRequest, path: str) -> bool:
    if path.endswith("/$batch"):
        return any(changes(item["method"], item["url"], item.get("body")) for item in json.loads(_bytes(sent.body))["requests"])
    return changes(str(sent.method), path, json.loads(_bytes(sent.body)) if sent.body and is_of_exchange(path) else None)


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""


def _response(sent: requests.PreparedRequest, started: Mapping[str, Any], body: bytes) -> requests.Response:
    response = requests.Response()
    response.status_code = started["status"]
    response.headers = CaseInsensitiveDict({name.decode(): value.decode() for name, value in started["headers"]})
    response._content = body
    response.url = str(sent.url)
    response.request = sent
    response.encoding = "utf-8"
    return response


def at(number: int, hook: Callable[[], None]) -> Hook:
    """A hook that acts once, at the request of that number."""

    def act(now: int) -> None:
        if now == number:
            hook()

    return act


def kill() -> None:
    """End the process that sends."""
    raise Killed
