# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire without HTTP answers as the emulator's own web application does, and breaks as it does."""

from __future__ import annotations

import json
import pickle
import re
import uuid
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import requests
from greenlet import getcurrent

from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from entra_emulator import tokens
from entra_emulator.faults import Fault, FaultPlan
from entra_emulator.service import Service

from .history import Chance
from .tenants import CLIENTS, CONNECTIONS, SECRETS, SOURCE, TARGET, upn, world
from .wire import FAULTS, ITEM, ITEM_FAULTS, URL, Caller, Wire

PARTNERS = "/v1.0/policies/crossTenantAccessPolicy/partners"
BATCH = {
    "requests": [
        {"id": "1", "method": "GET", "url": f"/users/{upn('ann')}"},
        {"id": "2", "method": "POST", "url": "/groups", "body": {}, "headers": {"Content-Type": "application/json"}},
    ]
}
CALLS: tuple[tuple[str, str, Any], ...] = (
    ("GET", f"/v1.0/users/{upn('ann')}?$select=id,displayName", None),
    ("GET", "/v1.0/groups?$filter=displayName eq 'Sales'", None),
    ("GET", "/v1.0/nothing", None),
    ("GET", "/beta/servicePrincipals/x/synchronization/jobs", None),
    ("POST", PARTNERS, {"tenantId": TARGET}),
    ("POST", PARTNERS, {"tenantId": TARGET}),
    ("PATCH", f"{PARTNERS}/{TARGET}", {"unheardOf": 1}),
    ("DELETE", f"{PARTNERS}/{TARGET}", None),
    ("POST", "/v1.0/$batch", BATCH),
    ("POST", "/v1.0/$batch", {"requests": []}),
)
_REQUEST = re.compile(r'("request-id": ?")[^"]*')
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?")


class Both:
    """The same service behind the wire and behind the web application."""

    def __init__(self) -> None:
        self.wire = Wire(world())
        with mock.patch("ansible_collections.entra.cross_tenant_sync.tests.support.cloud.load_scenario", return_value=world()):
            self.cloud = Cloud()
        self.cloud.service.key = self.wire.service.key

    def by_wire(self, method: str, path: str, fault: str | None = None, **options: Any) -> Any:
        """What the wire answers."""
        self.wire.callers = {getcurrent(): Caller("test", lambda _number, _kind: fault)}
        with ids():
            return outcome(lambda: self.wire.request(method, URL + path, **options))

    def by_web(self, method: str, path: str, fault: str | None = None, **options: Any) -> Any:
        """What the web application answers."""
        plan = FAULTS[fault.removeprefix(ITEM)] if fault else None
        if plan:
            item = {"nth": 2} if fault and fault.startswith(ITEM) else {}
            self.cloud.service.faults = FaultPlan(faults=[Fault.model_validate({**plan, **item})])
        with ids(), self.cloud.reached():
            return outcome(lambda: requests.Session().request(method, URL + path, timeout=30, **options))


def ids() -> Any:
    """The same ids on both sides."""
    chance = Chance(1)
    return mock.patch.object(uuid, "uuid4", side_effect=lambda: uuid.UUID(int=chance.getrandbits(128), version=4))


def outcome(call: Any) -> Any:
    """An answer without what may differ, or how the connection broke."""
    try:
        answer = call()
    except requests.exceptions.ReadTimeout:
        return "no answer"
    except requests.exceptions.RequestException:
        # Where exactly it broke makes no difference to the engine: the outcome is unknown.
        return "broken"
    text = answer.content.decode()
    try:
        body = json.loads(_REQUEST.sub(r"\1<id>", _TIME.sub("<time>", text))) if text else None
    except ValueError:
        body = text
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return answer.status_code, body, {name: headers.get(name) for name in ("retry-after", "odata-version", "www-authenticate")}


def token(both: Both) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENTS["source"],
        "client_secret": SECRETS["source"],
        "scope": f"{URL}/.default",
    }
    path = f"/{SOURCE}/oauth2/v2.0/token"
    status, body, _headers = both.by_wire("POST", path, data=form)
    assert status == 200
    return str(body["access_token"])


def state(service: Service) -> Any:
    """What is stored, without the times of the log."""
    return json.loads(_TIME.sub("<time>", service.world.model_dump_json()))


def sent(both: Both, body: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"headers": {"Authorization": f"Bearer {token(both)}", "client-request-id": "test"}}
    if body is not None:
        options["headers"]["Content-Type"] = "application/json"
        options["data"] = json.dumps(body).encode()
    return options


def test_both_answer_the_same() -> None:
    both = Both()
    for method, path, body in CALLS:
        options = sent(both, body)
        assert both.by_wire(method, path, **options) == both.by_web(method, path, **options), f"{method} {path}"
    assert state(both.wire.service)["tenants"] == state(both.cloud.service)["tenants"]


@pytest.mark.parametrize("fault", [*FAULTS, *(ITEM + name for name in ITEM_FAULTS)])
@pytest.mark.parametrize("call", [4, 8])
def test_both_break_in_the_same_way(fault: str, call: int) -> None:
    """A write and a batch, under each fault: the same answer, and the same state afterwards."""
    method, path, body = CALLS[call]
    if fault.startswith(ITEM) and "$batch" not in path:
        return
    both = Both()
    options = sent(both, body)
    assert both.by_wire(method, path, fault, **options) == both.by_web(method, path, fault, **options)
    partners = [service.world.tenants[SOURCE].access_policy.partners for service in (both.wire.service, both.cloud.service)]
    assert partners[0] == partners[1]


def test_a_wrong_secret_and_an_unknown_tenant_are_refused() -> None:
    both = Both()
    form = {"grant_type": "client_credentials", "client_id": CLIENTS["source"], "client_secret": "wrong", "scope": f"{URL}/.default"}
    for path in (f"/{SOURCE}/oauth2/v2.0/token", "/nobody.example/oauth2/v2.0/token"):
        by_wire, by_web = both.by_wire("POST", path, data=form), both.by_web("POST", path, data=form)
        assert (by_wire[0], by_wire[1]["error_codes"]) == (by_web[0], by_web[1]["error_codes"])
    for path in (f"/{SOURCE}/v2.0/.well-known/openid-configuration", "/nobody.example/v2.0/.well-known/openid-configuration"):
        assert both.by_wire("GET", path)[0] == both.by_web("GET", path)[0]


def test_a_token_expires_by_the_virtual_clock() -> None:
    both = Both()
    with mock.patch.object(tokens, "time", SimpleNamespace(time=both.wire.clock)):
        options = sent(both, None)
    path = f"/v1.0/users/{upn('ann')}"
    assert both.by_wire("GET", path, **options)[0] == 200
    both.wire.sleep(24 * 3600)
    assert both.by_wire("GET", path, **options)[0] == 401


def test_the_state_can_be_kept() -> None:
    """It is plain data."""
    assert pickle.loads(pickle.dumps(world())) == world()  # noqa: S301  # our own
    assert set(CONNECTIONS) == {"source", "target"}
