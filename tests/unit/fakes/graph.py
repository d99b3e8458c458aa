# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A transport that answers from a list, and a Graph in memory that answers from a script or a model of the service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import BROKEN, Answer, Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.access_token import AccessToken
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.credentials.base import Token
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import Uncertain, Unreachable, service_error
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.transport import Transport, Trust
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import answer_forms, settings_bag
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock

UNUSED = "unused"
SOURCE = "a0c898ca-2445-4e74-ab4b-afd7916549a6"
TARGET = "afab079d-1f08-4de3-881e-435e497f923f"


@dataclass(frozen=True)
class Reply:
    """One answer of the service. ``body`` is sent as JSON, or as it is if it is ``bytes``."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lost:
    """No answer came. ``certain`` if the request surely was not carried out."""

    certain: bool = False


Outcome = Reply | Lost


def refusal(status: int, code: str, message: str = "", details: Sequence[str] = (), headers: Mapping[str, str] | None = None) -> Reply:
    """An error as the directory words it (fact F1)."""
    error: dict[str, Any] = {"code": code, "message": message, "innerError": {"request-id": "inner-request"}}
    if details:
        error["details"] = [{"code": one, "message": message} for one in details]
    return Reply(status, {"error": error}, headers or {})


NOT_FOUND = refusal(404, "Request_ResourceNotFound", "Resource 'x' does not exist.")
THROTTLED = refusal(429, "TooManyRequests", headers={"Retry-After": "7"})


class ListedTransport(Transport):
    """Answers with the given outcomes, in order."""

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        super().__init__(Trust(), ())
        self.outcomes = list(outcomes)
        self.requests: list[tuple[str, str, dict[str, Any]]] = []

    @property
    def left(self) -> int:
        """How many outcomes were not asked for."""
        return len(self.outcomes)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """The next outcome."""
        self.requests.append((method, url, options))
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Lost):
            raise Unreachable(method, url.split("?", 1)[0], "no complete answer came", certain=outcome.certain)
        response = requests.Response()
        response.status_code = outcome.status
        response.headers = CaseInsensitiveDict(outcome.headers)
        # requests has no public way to make a response.
        response._content = (
            outcome.body if isinstance(outcome.body, bytes) else b"" if outcome.body is None else json.dumps(outcome.body).encode()
        )
        return response


class CountingCredential:
    """Tokens with a number, so that a test sees which one was used."""

    fingerprint = "counting"

    def __init__(self) -> None:
        self.count = 0

    def token(self, transport: Transport) -> Token:
        """The next token."""
        self.count += 1
        return Token(f"token-{self.count}")


class FakeGraph(Client):
    """A tenant's Graph in memory. ``answer`` gives the outcome of every request; batches are taken apart before.

    Judges answers as the real client does: an error is a `ServiceError`, a write with a lost answer is `Uncertain`.
    """

    def __init__(
        self,
        answer: Callable[[Request], Outcome],
        tenant: str = SOURCE,
        clock: FakeClock | None = None,
        run_cache: RunCache | None = None,
        token: str = UNUSED,
    ) -> None:
        self.clock = clock or FakeClock()
        credential, transport = AccessToken(token), Transport(Trust(), ())
        patience, private = self.clock.patience(), settings_bag.may_hold_secret
        super().__init__(tenant, CLOUDS["global"], credential, transport, patience, run_cache, answer_forms.lack, private)
        self.reads._clock = self.clock.time
        self.answer = answer
        self.sent: list[Request] = []
        self.batches: list[list[Request]] = []

    @property
    def writes(self) -> list[str]:
        """Method and path of every request that was no read, those in batches included."""
        return [f"{one.method} {one.path}" for one in self.sent if not one.reads]

    def _send(self, request: Request) -> Answer:
        """Answer one request or one batch."""
        if request.path == "/$batch":
            return self._batch(request)
        self.sent.append(request)
        outcome = self.answer(request)
        if isinstance(outcome, Lost):
            lost = Unreachable(request.method, request.path, "no complete answer came", certain=outcome.certain)
            raise lost if request.reads or outcome.certain else Uncertain(lost)
        if outcome.status >= 400:
            error = self.service.read_error(request.method, request.path, outcome.status, outcome.body, outcome.headers)
            raise Uncertain(error) if outcome.status in BROKEN and not request.reads else error
        return Answer(outcome.status, outcome.body, outcome.headers)

    def _batch(self, request: Request) -> Answer:
        whole = self.answer(request)
        if isinstance(whole, Lost):
            lost = Unreachable("POST", "/$batch", "no complete answer came", certain=whole.certain)
            raise lost if request.reads or whole.certain else Uncertain(lost)
        if whole.status >= 400:
            raise service_error("POST", "/$batch", whole.status, whole.body, whole.headers)
        items = [(one["id"], _item(one, request.version)) for one in request.body["requests"]]
        self.batches.append([item for _number, item in items])
        responses = []
        for number, item in items:
            self.sent.append(item)
            outcome = self.answer(item)
            if isinstance(outcome, Reply):
                responses.append({"id": number, "status": outcome.status, "headers": dict(outcome.headers), "body": outcome.body})
        # The service may answer in any order (fact F24).
        return Answer(200, {"responses": responses[::-1]})


def _item(item: Mapping[str, Any], version: str) -> Request:
    """A request in a batch."""
    headers = {name: value for name, value in item.get("headers", {}).items() if name != "Content-Type"}
    return Request(item["method"], item["url"], item.get("body"), version, headers)


class Script:
    """Outcomes by method and path; the last of a list stays. What is not in the script is not found."""

    def __init__(self, outcomes: Mapping[str, Outcome | Sequence[Outcome]]) -> None:
        self._outcomes = {name: [one] if isinstance(one, Reply | Lost) else list(one) for name, one in outcomes.items()}
        self._outcomes.setdefault("POST /$batch", [Reply()])

    def __call__(self, request: Request) -> Outcome:
        """The next outcome for this request."""
        listed = self._outcomes.get(f"{request.method} {request.path}")
        if listed is None:
            return NOT_FOUND
        return listed.pop(0) if len(listed) > 1 else listed[0]
