# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every request of the collection and every answer of the emulator conform to Microsoft's published metadata; others are refused."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.conformance import contract
from ansible_collections.entra.cross_tenant_sync.tests.conformance.graph import CONNECTION, PARTNERS, TEMPLATE, Graph
from ansible_collections.entra.cross_tenant_sync.tests.conformance.walkthrough import CHANGED, MINSU, Walkthrough
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator

needs_contract = pytest.mark.skipif(not contract.PRESENT, reason=contract.MISSING)

FABRIKAMS = {"configuration": "Fabrikam"}
MODULES: list[tuple[str, str, dict[str, Any]]] = [
    ("cross_tenant_policy_info", "contoso", {}),
    ("cross_tenant_policy_info", "fabrikam", {}),
    ("sync_configuration_info", "contoso", {}),
    ("sync_job_info", "contoso", FABRIKAMS),
    ("provisioning_log_info", "contoso", FABRIKAMS),
    ("synced_user_info", "fabrikam", {"source_tenant_id": CONTOSO}),
    ("sync_on_demand", "contoso", {**FABRIKAMS, "users": [MINSU]}),
    ("sync_job", "contoso", {**FABRIKAMS, "state": "paused"}),
    ("sync_job", "contoso", {**FABRIKAMS, "state": "restarted"}),
    (
        "sync_mapping",
        "contoso",
        {**FABRIKAMS, "filters": [{"name": "Sales", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Sales"]}]}]},
    ),
    ("sync_mapping", "contoso", {**FABRIKAMS, "reset": True}),
    ("cross_tenant_policy", "fabrikam", {"partner_tenant_id": "contoso.kr", "group_sync_inbound": True}),
    ("synced_group_info", "fabrikam", {"groups": ["Purchasing"]}),
    ("cross_tenant_policy", "fabrikam", {"partner_tenant_id": "contoso.kr", "inbound_trust": {"mfa": True}}),
    ("cross_tenant_policy", "fabrikam", {"partner_tenant_id": "contoso.kr", "inherit": ["inbound_trust"], "state": "absent"}),
    (
        "cross_tenant_capability",
        "fabrikam",
        {"partner_tenant_id": "contoso.kr", "free_busy": "basic", "mail_tips": "all", "scope": "groups", "groups": ["Purchasing"]},
    ),
    ("cross_tenant_capability", "fabrikam", {"partner_tenant_id": "contoso.kr", "free_busy": "limited_details"}),
    ("cross_tenant_capability", "fabrikam", {"default": True, "profile_card": True, "scope": "all"}),
    ("cross_tenant_capability_info", "fabrikam", {}),
    ("cross_tenant_capability", "fabrikam", {"default": True, "profile_card": False, "state": "absent"}),
    (
        "cross_tenant_capability",
        "fabrikam",
        {"partner_tenant_id": "contoso.kr", "free_busy": "none", "mail_tips": "none", "state": "absent"},
    ),
    (
        "address_book_info",
        "fabrikam",
        {**FABRIKAMS, "exchange": True, "source": "{{ tenants.contoso | entra.cross_tenant_sync.connection }}"},
    ),
    ("address_book_info", "fabrikam", {"exchange": True, "people": [MINSU, "nobody@contoso.kr"]}),
    ("address_book_visibility", "fabrikam", {"exchange": True, "source_tenant_id": CONTOSO}),
]
"""Modules and options that the roles do not use, or use in another way. Of those that ask Exchange, only the requests to Graph are checked:
Microsoft publishes no metadata of the interface (fact F146)."""


@needs_contract
@pytest.mark.parametrize("arguments", [(), ("--preset", "flipped")], ids=["likely", "flipped"])
def test_every_request_and_answer_conforms_to_the_published_metadata(
    walkthrough: Callable[..., Walkthrough], arguments: tuple[str, ...]
) -> None:
    walk = walkthrough("--set", "throttling=false", *arguments)
    walk.sync()
    walk.cycle()
    walk.tasks(MODULES)
    walk.sync(**CHANGED)
    walk.emulator.advance("PT40M")
    walk.sync("--check", "-e", "link_state=absent", "-e", "link_users=deprovision")
    walk.sync("-e", "link_state=absent")
    found, operations = contract.violations(walk.emulator)
    assert found == []
    assert len(operations) > 30, sorted(operations)


# Misspelt members are refused ------------------------------------------------------------------------------------------


@dataclass
class Link:
    """A link that was created by plain calls, and its addresses."""

    graph: Graph
    sp: str
    role: str
    job: str
    rule: str
    user: str

    @property
    def bodies(self) -> dict[str, tuple[str, str, str, Any]]:
        """A valid request of every kind that writes: account, method, path, body."""
        synchronization = f"/servicePrincipals/{self.sp}/synchronization"
        job = f"{synchronization}/jobs/{self.job}"
        allowed = {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}
        settings = {
            "inboundTrust": {"isMfaAccepted": True, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": False},
            "automaticUserConsentSettings": {"inboundAllowed": True},
            "b2bCollaborationInbound": {"usersAndGroups": allowed},
        }
        clause = {"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Sales"]}}
        expression = {"type": "Constant", "name": "Guest", "expression": '"Guest"', "parameters": []}
        schema = self.graph.ok("GET", f"{job}/schema")
        schema.pop("@odata.context")
        mapping = schema["synchronizationRules"][0]["objectMappings"][0]
        mapping["scope"]["groups"] = [{"name": "Sales", "clauses": [clause]}]
        mapping["attributeMappings"][-1]["source"] = expression
        subject = {"objectId": self.user, "objectTypeName": "User"}
        return {
            "create partner": ("contoso", "POST", PARTNERS, {"tenantId": str(uuid.uuid4()), **settings}),
            "update partner": ("fabrikam", "PATCH", f"{PARTNERS}/{CONTOSO}", settings),
            "update identity synchronization": (
                "fabrikam",
                "PATCH",
                f"{PARTNERS}/{CONTOSO}/identitySynchronization",
                {"displayName": "Contoso", "userSyncInbound": {"isSyncAllowed": True}},
            ),
            # The default policy never redeems invitations automatically (fact F285).
            "update default policy": (
                "fabrikam",
                "PATCH",
                "/policies/crossTenantAccessPolicy/default",
                {**settings, "automaticUserConsentSettings": {"inboundAllowed": False}},
            ),
            "instantiate": ("contoso", "POST", f"/applicationTemplates/{TEMPLATE}/instantiate", {"displayName": "Another"}),
            "create job": ("contoso", "POST", f"{synchronization}/jobs", {"templateId": "Azure2Azure"}),
            "validate": (
                "contoso",
                "POST",
                f"{synchronization}/jobs/validateCredentials",
                {"useSavedCredentials": False, "templateId": "Azure2Azure", "credentials": copy.deepcopy(CONNECTION[:2])},
            ),
            "save secrets": ("contoso", "PUT", f"{synchronization}/secrets", {"value": copy.deepcopy(CONNECTION)}),
            "restart": ("contoso", "POST", f"{job}/restart", {"criteria": {"resetScope": "Watermark, Escrows"}}),
            "assign": (
                "contoso",
                "POST",
                f"/servicePrincipals/{self.sp}/appRoleAssignedTo",
                {"principalId": self.user, "resourceId": self.sp, "appRoleId": self.role},
            ),
            "provision on demand": (
                "contoso",
                "POST",
                f"{job}/provisionOnDemand",
                {"parameters": [{"ruleId": self.rule, "subjects": [subject]}]},
            ),
            "parse expression": (
                "contoso",
                "POST",
                f"{job}/schema/parseExpression",
                {"expression": "[mail]", "testInputObject": {"properties": [{"key": "mail", "value": "a"}]}},
            ),
            "replace schema": ("contoso", "PUT", f"{job}/schema", schema),
        }


KINDS = (
    "create partner", "update partner", "update identity synchronization", "update default policy", "instantiate", "create job", "validate",
    "save secrets", "restart", "assign", "provision on demand", "parse expression", "replace schema",
)  # fmt: skip


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Link]:
    with Emulator(tmp_path_factory.mktemp("strict"), arguments=("--set", "throttling=false")) as emulator:
        graph = Graph(emulator)
        graph.ok("POST", PARTNERS, {"tenantId": CONTOSO, "automaticUserConsentSettings": {"inboundAllowed": True}}, "fabrikam")
        graph.ok("PUT", f"{PARTNERS}/{CONTOSO}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}}, "fabrikam")
        graph.ok("POST", PARTNERS, {"tenantId": FABRIKAM, "automaticUserConsentSettings": {"outboundAllowed": True}})
        principal = graph.ok("POST", f"/applicationTemplates/{TEMPLATE}/instantiate", {"displayName": "Fabrikam"})["servicePrincipal"]
        root = f"/servicePrincipals/{principal['id']}/synchronization"
        job = graph.ok("POST", f"{root}/jobs", {"templateId": "Azure2Azure"})["id"]
        graph.ok("PUT", f"{root}/secrets", {"value": CONNECTION})
        rule = graph.ok("GET", f"{root}/jobs/{job}/schema")["synchronizationRules"][0]["id"]
        user = graph.ok("GET", f"/users/{MINSU}?$select=id")["id"]
        yield Link(graph, principal["id"], principal["appRoles"][0]["id"], job, rule, user)


def misspelt(body: Any) -> Iterator[tuple[str, Any]]:
    """`body` with one member misspelt at a time, and the member's name; of each list only the first element is changed."""
    if isinstance(body, list):
        for name, mutated in misspelt(body[0]) if body else ():
            yield name, [mutated, *body[1:]]
    if isinstance(body, dict):
        for name, value in body.items():
            yield name, {(f"{name}x" if other == name else other): copy.deepcopy(kept) for other, kept in body.items()}
            for inner, mutated in misspelt(value):
                yield f"{name}.{inner}", {**body, name: mutated}


OPEN = ("directories",)
"""Members that the emulator does not check: definitions of attributes, which clients send back unchanged."""


@pytest.mark.parametrize("kind", KINDS)
def test_misspelt_members_are_refused(link: Link, kind: str) -> None:
    account, method, path, body = link.bodies[kind]
    tried = 0
    for name, mutated in misspelt(body):
        if name.split(".")[0] in OPEN and name not in OPEN:
            continue
        answer = link.graph.send(method, path, mutated, account)
        assert answer.status_code == 400, (name, answer.status_code, answer.text)
        if contract.PRESENT:
            # The pairs of a test object are an open type in the metadata.
            assert name.startswith("testInputObject.properties.") or contract.contract("v1.0").request(method, path, mutated), name
        tried += 1
    assert tried


@pytest.mark.parametrize(
    ("kind", "place", "value"),
    [
        ("update partner", ("b2bCollaborationInbound", "usersAndGroups", "accessType"), "Allowed"),
        ("update partner", ("b2bCollaborationInbound", "usersAndGroups", "targets", 0, "targetType"), "users"),
        ("update partner", ("automaticUserConsentSettings", "inboundAllowed"), "True"),
        ("update partner", ("inboundTrust", "isMfaAccepted"), 1),
        ("create partner", ("tenantId",), "contoso"),
        ("update identity synchronization", ("userSyncInbound", "isSyncAllowed"), "true"),
        ("create job", ("templateId",), "Azure2Azur"),
        ("save secrets", ("value", 0, "key"), "authenticationType"),
        ("validate", ("credentials", 0, "key"), "TenantId"),
        ("restart", ("criteria", "resetScope"), "Watermarks"),
        ("assign", ("appRoleId",), "msiam_access"),
        ("provision on demand", ("parameters", 0, "subjects", 0, "objectTypeName"), "Person"),
        ("replace schema", ("synchronizationRules", 0, "objectMappings", 0, "flowTypes"), "Add, Change"),
        ("replace schema", ("synchronizationRules", 0, "objectMappings", 0, "attributeMappings", 3, "flowType"), "always"),
        ("replace schema", ("synchronizationRules", 0, "objectMappings", 0, "attributeMappings", 3, "source", "type"), "Direct"),
        ("replace schema", ("synchronizationRules", 0, "objectMappings", 0, "scope", "groups", 0, "clauses", 0, "operatorName"), "equals"),
    ],
)
def test_wrong_values_are_refused(link: Link, kind: str, place: tuple[str | int, ...], value: Any) -> None:
    account, method, path, body = link.bodies[kind]
    inner: Any = body
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    answer = link.graph.send(method, path, body, account)
    assert answer.status_code == 400, answer.text


DECLARED = {("PATCH", "schema"), ("DELETE", "default"), ("DELETE", "crossTenantAccessPolicy")}
"""Calls that are in the metadata, but that the service does not support."""


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", PARTNERS, 405),
        ("PUT", f"{PARTNERS}/{FABRIKAM}", 405),
        ("POST", f"{PARTNERS}/{FABRIKAM}/identitySynchronization", 405),
        ("DELETE", "/policies/crossTenantAccessPolicy/default", 405),
        ("DELETE", "/policies/crossTenantAccessPolicy", 405),
        ("PATCH", "/servicePrincipals/{sp}/appRoleAssignedTo", 405),
        ("PUT", "/servicePrincipals/{sp}/synchronization/jobs", 404),
        ("POST", "/servicePrincipals/{sp}/synchronization/secrets", 404),
        ("PATCH", "/servicePrincipals/{sp}/synchronization/jobs/{job}/schema", 404),
        ("POST", "/servicePrincipals/{sp}/synchronization/jobs/{job}/stop", 404),
        ("GET", "/servicePrincipals/{sp}/synchronization/jobs/{job}/start", 404),
        ("GET", "/policies/crossTenantAccessPolicies", 400),
    ],
)
def test_unsupported_methods_and_routes_are_refused(link: Link, method: str, path: str, status: int) -> None:
    path = path.format(sp=link.sp, job=link.job)
    answer = link.graph.send(method, path, {} if method in ("PUT", "POST", "PATCH") else None)
    assert answer.status_code == status, answer.text
    if "/synchronization/" in path:
        assert answer.json()["error"]["code"] == "UnknownError"
    if contract.PRESENT and (method, path.rsplit("/", 1)[-1]) not in DECLARED:
        assert contract.contract("v1.0").match(method, path)[0] is None


def test_the_valid_requests_are_accepted(link: Link) -> None:
    """The requests that the other tests change."""
    bodies = link.bodies
    bodies["create partner"][3]["tenantId"] = "99999999-9999-4999-8999-999999999999"
    statuses = {}
    for kind, (account, method, path, body) in bodies.items():
        if contract.PRESENT:
            assert contract.contract("v1.0").request(method, path, body) == [], kind
        statuses[kind] = link.graph.send(method, path, body, account).status_code
    refused = {kind: status for kind, status in statuses.items() if status >= 300}
    assert tuple(statuses) == KINDS
    # The tenant does not exist, and a job already exists.
    assert refused == {"create partner": 400, "create job": 409}
