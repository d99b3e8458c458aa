# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that must not be repeated blindly are never repeated, whatever header comes with the error (fact F14).

One table: every kind of request, every status, with and without ``Retry-After``, alone, as an item of a batch, and with a whole
batch that fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.batch import send_all
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Answer, Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.cloud import CLOUDS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure, ServiceError, Uncertain
from ansible_collections.entra.cross_tenant_sync.tests.support.cases import check_each
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, CountingCredential, ListedTransport, Reply, refusal

JOBS = "/servicePrincipals/1/synchronization/jobs"
MAKING = {
    "instantiate": Request("POST", "/applicationTemplates/1/instantiate", {"displayName": "x"}),
    "create job": Request("POST", JOBS, {"templateId": "Azure2Azure"}),
    "create partner": Request("POST", "/policies/crossTenantAccessPolicy/partners", {}),
    "assign": Request("POST", "/servicePrincipals/1/appRoleAssignedTo", {}),
    "provision on demand": Request("POST", f"{JOBS}/1/provisionOnDemand", {}),
    "start": Request("POST", f"{JOBS}/1/start"),
    "restart": Request("POST", f"{JOBS}/1/restart", {}),
}
HARMLESS = {
    "replace settings": Request("PUT", "/servicePrincipals/1/synchronization/secrets", {}),
    "rename": Request("PATCH", "/applications/1", {"displayName": "x"}),
    "delete": Request("DELETE", "/applications/1"),
}
READING = {
    "read": Request("GET", "/users"),
    "test connection": Request("POST", f"{JOBS}/validateCredentials", {}, only_asks=True),
    "resolve ids": Request("POST", "/directoryObjects/getByIds", {}, only_asks=True),
}
KINDS = {**MAKING, **HARMLESS, **READING}
STATUSES = (400, 401, 403, 404, 405, 409, 412, 429, 500, 501, 502, 503, 504)
BROKEN = (500, 502, 503, 504)
HEADERS = {"no header": {}, "Retry-After": {"Retry-After": "3"}}


def sent_again(kind: str, status: int, header: str) -> bool:
    """The rule. 429 means that nothing was done; any other error may come after the change was made."""
    if status == 429:
        return True
    if kind in READING:
        return status in BROKEN
    return kind in HARMLESS and status == 503 and header == "Retry-After"


def fault(status: int, header: str) -> Reply:
    return refusal(status, "Fault", headers=HEADERS[header])


def each_fault(statuses: Iterable[int]) -> Callable[[Callable[[str, int, str], None]], Callable[[str], None]]:
    """Every status with every header, in one test for each kind of request."""

    def decorate(test: Callable[[str, int, str], None]) -> Callable[[str], None]:
        def decorated(kind: str) -> None:
            check_each(product(statuses, HEADERS), lambda fault: test(kind, *fault))

        return decorated

    return decorate


def client_of(*replies: Reply) -> tuple[Client, ListedTransport, FakeClock]:
    clock = FakeClock()
    transport = ListedTransport(replies)
    return Client(SOURCE, CLOUDS["global"], CountingCredential(), transport, clock.patience()), transport, clock


def judged(outcome: Answer | GraphFailure, kind: str, status: int, header: str) -> None:
    if sent_again(kind, status, header):
        assert isinstance(outcome, Answer)
    elif status in BROKEN:
        assert isinstance(outcome, Uncertain)
    else:
        assert isinstance(outcome, ServiceError)
        assert outcome.status == status


def sent(client: Client, request: Request) -> Answer | GraphFailure:
    try:
        return client.send(request)
    except GraphFailure as failure:
        return failure


@pytest.mark.parametrize("kind", KINDS)
@each_fault(STATUSES)
def test_alone(kind: str, status: int, header: str) -> None:
    client, transport, clock = client_of(fault(status, header), Reply(200, {}))
    outcome = sent(client, KINDS[kind])
    judged(outcome, kind, status, header)
    again = sent_again(kind, status, header)
    assert len(transport.requests) == 1 + again
    assert client.changes == (again and kind not in READING)
    if again and header == "Retry-After":
        assert clock.sleeps == [3]


@pytest.mark.parametrize("kind", KINDS)
@each_fault([status for status in STATUSES if status not in (405, 501)])
def test_as_an_item_of_a_batch(kind: str, status: int, header: str) -> None:
    """An item is never sent again unless it was throttled: the other items are carried out nevertheless."""
    first = {
        "responses": [
            {"id": "0", "status": status, "headers": HEADERS[header], "body": fault(status, header).body},
            {"id": "1", "status": 204},
        ]
    }
    client, transport, _clock = client_of(Reply(200, first), Reply(200, {"responses": [{"id": "0", "status": 200, "body": {}}]}))
    outcome, neighbour = send_all(client, [KINDS[kind], Request("DELETE", "/neighbours/1")])
    assert isinstance(neighbour, Answer)
    assert len(transport.requests) == (2 if status == 429 else 1)
    assert client.changes == 1 + (status == 429 and kind not in READING)
    if status in BROKEN and kind not in READING:
        assert isinstance(outcome, Uncertain)
    else:
        assert isinstance(outcome, Answer if status == 429 else ServiceError)


@pytest.mark.parametrize("kind", KINDS)
@each_fault(STATUSES)
def test_a_whole_batch(kind: str, status: int, header: str) -> None:
    good = Reply(200, {"responses": [{"id": number, "status": 200, "body": {}} for number in "01"]})
    client, transport, _clock = client_of(fault(status, header), good)
    outcomes = send_all(client, [KINDS[kind]] * 2)
    for outcome in outcomes:
        judged(outcome, kind, status, header)
    again = sent_again(kind, status, header)
    assert len(transport.requests) == 1 + again
    assert client.changes == (2 if again and kind not in READING else 0)


@pytest.mark.parametrize("kind", MAKING)
@each_fault(BROKEN)
def test_an_item_that_creates_something_prevents_the_repetition_of_the_whole_batch(kind: str, status: int, header: str) -> None:
    for other in (*HARMLESS, *READING):
        client, transport, _clock = client_of(fault(status, header), Reply(200, {"responses": []}))
        outcomes = send_all(client, [KINDS[other], KINDS[kind]])
        assert all(isinstance(outcome, Uncertain) for outcome in outcomes), other
        assert len(transport.requests) == 1, other
