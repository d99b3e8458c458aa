# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What anyone may know of a tenant (fact F47), asked once a run."""

from __future__ import annotations

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import tenants
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import (
    NOT_FOUND,
    SOURCE,
    TARGET,
    FakeGraph,
    Outcome,
    Reply,
    Script,
    refusal,
)

DENIED = refusal(403, "Authorization_RequestDenied")
FABRIKAM = {"tenantId": TARGET, "displayName": "Fabrikam", "defaultDomainName": "fabrikam.kr"}


def test_a_tenants_default_domain() -> None:
    script = {
        f"GET /tenantRelationships/findTenantInformationByTenantId(tenantId='{TARGET}')": Reply(200, {"defaultDomainName": "fabrikam.kr"})
    }
    assert tenants.default_domain(FakeGraph(Script(script)), TARGET) == ("fabrikam.kr", [])


@pytest.mark.parametrize("answer", [NOT_FOUND, refusal(400, "Request_BadRequest")])
def test_a_tenant_that_is_not_there(answer: Outcome) -> None:
    script = {f"GET /tenantRelationships/findTenantInformationByTenantId(tenantId='{TARGET}')": answer}
    with pytest.raises(Refusal, match=f"^there is no tenant {TARGET} in this cloud$"):
        tenants.default_domain(FakeGraph(Script(script)), TARGET)


@pytest.mark.parametrize("owner", [TARGET, None])
def test_without_the_permission_the_public_document_is_asked(owner: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = FakeGraph(lambda _request: refusal(403, "Authorization_RequestDenied"))
    asked: list[str] = []

    def owner_of(name: str) -> str | None:
        asked.append(name)
        return owner

    monkeypatch.setattr(graph, "owner_of", owner_of)
    if owner:
        assert tenants.id_of_domain(graph, "fabrikam.kr") == TARGET
    else:
        with pytest.raises(Refusal, match=r"^no tenant owns the domain 'fabrikam\.kr'$"):
            tenants.id_of_domain(graph, "fabrikam.kr")
    assert asked == ["fabrikam.kr"]


@pytest.mark.parametrize(("tenant", "expected"), [(SOURCE, True), (SOURCE.upper(), True), (TARGET, False)])
def test_our_own_tenant_by_its_id(tenant: str, expected: bool) -> None:
    assert tenants.is_own(FakeGraph(Script({}), tenant=tenant), SOURCE) is expected


@pytest.mark.parametrize(("owner", "expected"), [(SOURCE, True), (TARGET, False), (None, False)])
def test_our_own_tenant_by_a_domain(owner: str | None, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = FakeGraph(Script({}), tenant="contoso.kr")
    monkeypatch.setattr(graph, "owner_of", {"contoso.kr": owner}.__getitem__)
    assert tenants.is_own(graph, SOURCE) is expected


def test_a_failed_look_up_is_no_absence() -> None:
    with pytest.raises(ServiceError):
        tenants.id_of_domain(FakeGraph(lambda _request: refusal(409, "Conflict")), "fabrikam.kr")


def test_every_question_about_a_tenant_is_asked_once_a_run() -> None:
    graph = FakeGraph(lambda _request: Reply(200, FABRIKAM))
    for _time in range(2):
        assert tenants.id_of_domain(graph, "fabrikam.kr") == TARGET
        assert tenants.find(graph, "Fabrikam.KR") == (FABRIKAM, tenants.GRAPH)
        assert tenants.default_domain(graph, TARGET) == ("fabrikam.kr", [])
        assert tenants.several(graph, [TARGET.upper()]) == {TARGET.upper(): FABRIKAM}
    assert [request.path for request in graph.sent] == [
        f"{tenants.FIND}DomainName(domainName='fabrikam.kr')",
        f"{tenants.FIND}TenantId(tenantId='{TARGET}')",
    ]


def test_the_public_document_is_asked_once_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = FakeGraph(lambda _request: DENIED, tenant="contoso.kr")
    owners = iter([SOURCE])
    monkeypatch.setattr(graph, "owner_of", lambda _name: next(owners))
    assert tenants.find(graph, "contoso.kr") == ({"tenantId": SOURCE}, tenants.OPENID)
    assert tenants.is_own(graph, SOURCE)


def test_other_reads_go_into_the_same_batch() -> None:
    graph = FakeGraph(lambda request: Reply(200, {"value": []} if request.path == "/users" else FABRIKAM))
    others = [Request("GET", "/users")]
    assert tenants.default_domain(graph, TARGET, *others) == ("fabrikam.kr", [{"value": []}])
    assert [len(batch) for batch in graph.batches] == [2]
    assert tenants.default_domain(graph, TARGET, *others) == ("fabrikam.kr", [{"value": []}])
    assert len(graph.sent) == 3


def test_tenants_that_cannot_be_read_are_left_out() -> None:
    graph = FakeGraph(lambda request: DENIED if SOURCE in request.path else Reply(200, FABRIKAM))
    assert tenants.several(graph, [SOURCE, TARGET]) == {TARGET: FABRIKAM}
