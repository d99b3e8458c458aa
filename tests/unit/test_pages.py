# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A collection ends where there is no next link, and nowhere else (fact F27).

Every listing of every module, from a service of which the first page of each collection is empty, and from a service that returns a
member a page: the result is the same as from a service that returns all in one page.
"""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request, all_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Inquiry, Resource
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import (
    capability,
    capability_list,
    configuration,
    configuration_list,
    directory,
    find_configuration,
    job,
    on_demand,
    partner_list,
    provisioning_log,
    scope,
    synced_user,
    tenant,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight import inquiry as preflight
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET, FakeGraph, Outcome, Reply
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import EMPTY_ENTRY, Link, SourceService, new_job

Answer = Callable[[Request], Outcome]
_TOKEN = re.compile(r"[?&]\$skiptoken=(\d+)$")


@dataclass
class Paged:
    """A service that returns each collection in pages: first ``empty`` ones without a member, then ``size`` members a page."""

    service: Answer
    empty: int = 1
    size: int = 1
    pages: int = 0

    def __call__(self, request: Request) -> Outcome:
        """The requested page."""
        token = _TOKEN.search(request.path)
        path = _TOKEN.sub("", request.path)
        outcome = self.service(replace(request, path=path))
        if request.method != "GET" or not isinstance(outcome, Reply) or not isinstance((outcome.body or {}).get("value"), list):
            return outcome
        number, members = int(token[1]) if token else 0, outcome.body["value"]
        start = max(0, number - self.empty) * self.size
        shown = [] if number < self.empty else members[start : start + self.size]
        self.pages += 1
        more = number < self.empty or start + self.size < len(members)
        link = f"https://graph.microsoft.com/{request.version}{path}{'&' if '?' in path else '?'}$skiptoken={number + 1}"
        return Reply(outcome.status, {**outcome.body, "value": shown, **({"@odata.nextLink": link} if more else {})})


PEOPLE = [
    {
        "id": f"00000000-0000-4000-8000-0000000000{number:02}",
        "userPrincipalName": f"{name}@contoso.kr",
        "displayName": name,
        "mail": f"{name}@contoso.kr",
        "userType": "Member",
        "accountEnabled": True,
    }
    for number, name in enumerate(["minsu.kim", "jiwoo.lee", "hyejin.park"])
]
GROUPS = [{"id": f"11111111-0000-4000-8000-00000000000{number}", "displayName": f"Group {number}"} for number in range(3)]
MAILS = [str(user["mail"]) for user in PEOPLE]
BAG = {
    "AuthenticationType": "SyncPolicy",
    "CompanyId": TARGET,
    "SyncAll": "false",
    "SyncNotificationSettings": '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":500}',
}


def source() -> SourceService:
    links = [
        Link(name, dict(BAG, CompanyId=company), [new_job(name)], id=f"sp-{name}", app_id=f"app-{name}", role_id=f"role-{name}")
        for name, company in (("Fabrikam", TARGET), ("Other", "cccccccc-0000-4000-8000-000000000003"))
    ]
    for user in PEOPLE[:2]:
        links[0].assign(str(user["id"]))
    for number, assignment in enumerate(links[0].assignments):
        assignment["id"] = f"assignment-{number}"
    return SourceService(links, PEOPLE, GROUPS, {str(GROUPS[0]["id"]): [{"@odata.type": "#microsoft.graph.user", **PEOPLE[2]}]})


def guest(number: int, **rest: Any) -> dict[str, Any]:
    name = f"{MAILS[number].replace('@', '_')}#EXT#@fabrikam.onmicrosoft.com"
    return {"id": f"guest-{number}", "userPrincipalName": name, "mail": MAILS[number], "proxyAddresses": [f"SMTP:{MAILS[number]}"], **rest}


EVERYBODY = {"included": [{"resourceId": "All", "resourceType": "user"}], "excluded": []}
COLLECTIONS: Mapping[str, list[dict[str, Any]]] = {
    "/policies/crossTenantAccessPolicy/partners": [{"tenantId": tenant, **EMPTY_ENTRY} for tenant in (TARGET, SOURCE)],
    **{
        f"/policies/crossTenantAccessPolicy/{where}/m365Capabilities": [
            {"name": name, "inboundAccess": {"isAllowed": name != "crossTenantMailTipsAll", "resourceScopes": EVERYBODY}}
            for name in ("crossTenantCalendarAvailabilityBasic", "crossTenantMailTipsAll", "crossTenantOpenProfileCard")
        ]
        for where in ("default", f"partners/{TARGET}", f"partners/{SOURCE}")
    },
    "/policies/b2bManagementPolicies": [
        {"definition": ['{"B2BManagementPolicy":{"InvitationsAllowedAndBlockedDomainsPolicy":{"BlockedDomains":["contoso.kr"]}}}']}
    ],
    "/organization": [
        {
            "id": SOURCE,
            "displayName": "Contoso",
            "verifiedDomains": [{"name": "contoso.kr", "isDefault": True}],
            "directorySizeQuota": {"used": 1, "total": 50000},
        }
    ],
    "/subscribedSkus": [
        {
            "capabilityStatus": "Enabled",
            "prepaidUnits": {"enabled": 100},
            "servicePlans": [{"servicePlanName": "AAD_PREMIUM", "provisioningStatus": "Success"}],
        }
    ],
    "/users": [guest(0, externalUserState="PendingAcceptance", displayName="Kim", createdDateTime="2026-01-01T00:00:00Z")],
    "/groups": [{"id": "group", "displayName": "Team", "mail": MAILS[1], "proxyAddresses": [f"SMTP:{MAILS[1]}"]}],
    "/contacts": [{"id": "contact", "displayName": "Contact", "mail": MAILS[2], "proxyAddresses": [f"SMTP:{MAILS[2]}"]}],
    "/directory/deletedItems/microsoft.graph.user": [
        {**guest(1), "userPrincipalName": f"{'0' * 32}{guest(1)['userPrincipalName']}"},
    ],
    "/auditLogs/provisioning": [
        {"id": f"log-{number}", "provisioningAction": "create", "provisioningStatusInfo": {"status": "failure"}} for number in range(3)
    ],
}


def tenants(request: Request) -> Outcome:
    """All collections of a tenant, in addition to the configurations and users of a source."""
    path = request.path.partition("?")[0]
    if path in COLLECTIONS:
        return Reply(200, {"value": copy.deepcopy(COLLECTIONS[path])})
    if path == f"/policies/crossTenantAccessPolicy/partners/{TARGET}":
        return Reply(200, {"tenantId": TARGET, **EMPTY_ENTRY})
    if path == "/policies/crossTenantAccessPolicy/default":
        return Reply(200, copy.deepcopy(EMPTY_ENTRY))
    if path == "/policies/authorizationPolicy":
        return Reply(200, {"allowInvitesFrom": "everyone"})
    return source_and(request)


def source_and(request: Request) -> Outcome:
    """A source tenant with all other collections that a preflight reads."""
    path = request.path.partition("?")[0]
    if path in COLLECTIONS and path not in ("/users", "/groups"):
        return Reply(200, {"value": copy.deepcopy(COLLECTIONS[path])})
    return source()(request)


def inquired(inquiry: Inquiry, module: str, **given: Any) -> Callable[[Client], Any]:
    return lambda client: inquiry.read(client, options(module, **given))


def planned(resource: Resource[Any, Any], module: str, **given: Any) -> Callable[[Client], Any]:
    def result(client: Client) -> Any:
        desired = resource.desired(options(module, **given))
        planned = resource.plan(resource.read(client, desired), desired)
        return [str(action) for action in planned.actions], planned.before, planned.after, planned.facts, planned.warnings

    return result


def on_demand_outcome(client: Client) -> Any:
    return on_demand.perform(client, options("sync_on_demand", configuration="Fabrikam", users=MAILS), True, FakeClock().pace())


def organization(client: Client) -> Any:
    payload = base64.urlsafe_b64encode(json.dumps({"tid": SOURCE}).encode()).decode()
    client._token = f"e30.{payload}.signature"
    return tenant.INQUIRY.read(client, options("tenant_info"))


PEOPLE_OF_A_LINK = [{"user_principal_name": mail, "mail": mail} for mail in MAILS]
FILTERS = [{"name": "Seoul", "clauses": [{"attribute": "city", "operator": "EQUALS", "values": ["Seoul"]}]}]
LISTINGS: dict[str, tuple[Answer, Callable[[Client], Any]]] = {
    "configurations": (source_and, inquired(configuration_list.INQUIRY, "sync_configuration_info")),
    "configuration": (source_and, planned(configuration.RESOURCE, "sync_configuration", name="Fabrikam", target_tenant_id=TARGET)),
    "configuration to rename": (
        source_and,
        planned(configuration.RESOURCE, "sync_configuration", name="New", target_tenant_id=TARGET, adopt=True),
    ),
    "configuration to remove": (
        source_and,
        planned(configuration.RESOURCE, "sync_configuration", name="Fabrikam", target_tenant_id=TARGET, state="absent"),
    ),
    "job": (source_and, inquired(job.INQUIRY, "sync_job_info", configuration="Fabrikam")),
    "job to start": (source_and, planned(job.RESOURCE, "sync_job", configuration="Fabrikam", state="started")),
    "scope": (
        source_and,
        planned(scope.RESOURCE, "sync_scope", configuration="Fabrikam", mode="assigned", users=MAILS, groups=["Group 0", "Group 2"]),
    ),
    "exact scope": (source_and, planned(scope.RESOURCE, "sync_scope", configuration="Fabrikam", users=MAILS[1:], exact=True)),
    "mapping and filters": (source_and, planned(mapping.RESOURCE, "sync_mapping", configuration="Fabrikam", filters=FILTERS)),
    "on demand": (source_and, on_demand_outcome),
    "people": (source_and, lambda client: directory.find_people(client, MAILS)),
    "groups": (source_and, lambda client: directory.find_groups(client, [str(group["displayName"]) for group in GROUPS])),
    "configurations by name": (source_and, lambda client: find_configuration.find(client, "Fabrikam")),
    "partners": (tenants, inquired(partner_list.INQUIRY, "cross_tenant_policy_info", names=False)),
    "capabilities": (tenants, inquired(capability_list.INQUIRY, "cross_tenant_capability_info", names=False)),
    "capability": (
        tenants,
        planned(capability.RESOURCE, "cross_tenant_capability", partner_tenant_id=TARGET, mail_tips="all", scope="all", profile_card=False),
    ),
    "provisioning log": (tenants, inquired(provisioning_log.INQUIRY, "provisioning_log_info", configuration="Fabrikam")),
    "synced users": (tenants, inquired(synced_user.INQUIRY, "synced_user_info", source_domains=["contoso.kr"])),
    "organization": (tenants, organization),
    "preflight of the source": (
        source_and,
        inquired(
            Inquiry(preflight.in_source),
            "preflight_info",
            side="source",
            partner_tenant_id=TARGET,
            configuration="Fabrikam",
            scope_mode="assigned",
            users=MAILS,
            groups=["Group 0"],
        ),
    ),
    "preflight of the target": (
        tenants,
        inquired(
            Inquiry(preflight.in_source),
            "preflight_info",
            side="target",
            partner_tenant_id=TARGET,
            arriving_users=PEOPLE_OF_A_LINK,
            purpose="plan",
        ),
    ),
}


@pytest.mark.parametrize(
    "shape", [(1, 1000), (3, 1000), (0, 1), (1, 1), (2, 2)], ids=lambda shape: f"{shape[0]} empty, then {shape[1]} a page"
)
@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_is_the_same_for_every_division_into_pages(name: str, shape: tuple[int, int]) -> None:
    answer, read = LISTINGS[name]
    expected = read(FakeGraph(answer))
    paged = Paged(answer, *shape)
    assert read(FakeGraph(paged)) == expected
    assert paged.pages


def test_a_preflight_reads_the_pages_after_an_empty_page() -> None:
    """Collisions after it were reported as "fine"."""
    causes = {}
    for name in ("preflight of the source", "preflight of the target"):
        answer, read = LISTINGS[name]
        causes[name] = " ".join(finding["cause"] for finding in read(FakeGraph(Paged(answer)))["findings"])
    expected = ("belong to other objects here", "have not redeemed", "among the deleted", "do not allow invitations to contoso.kr")
    assert [cause for cause in expected if cause not in causes["preflight of the target"]] == []
    assert "no licence" not in causes["preflight of the source"]


@pytest.mark.parametrize("body", [None, {}, [], "text", {"value": None}, {"value": {}}, {"value": [], "@odata.nextLink": "https://next"}])
def test_an_incomplete_collection_is_a_failure_and_not_empty(body: Any) -> None:
    with pytest.raises(GraphFailure):
        all_of(body)


@pytest.mark.parametrize("body", [None, {"value": None}, {"error": "strange"}])
def test_an_unexpected_page_in_the_middle_is_a_failure_and_not_the_end(body: Any) -> None:
    first = Reply(200, {"value": [1], "@odata.nextLink": "https://graph.microsoft.com/v1.0/things?$skiptoken=1"})
    client = FakeGraph(lambda request: Reply(200, body) if "skiptoken" in request.path else first)
    with pytest.raises(GraphFailure):
        list(client.pages("/things"))


@pytest.mark.parametrize("following", [["1", "1"], ["1", "2", "1"], ["1", "2", "2"]], ids=["itself", "a circle", "the last one"])
def test_pages_that_lead_back_are_a_failure(following: list[str]) -> None:
    def answer(request: Request) -> Outcome:
        number = request.path.partition("=")[2]
        after = following[following.index(number) + 1] if number else following[0]
        return Reply(200, {"value": [number], "@odata.nextLink": f"https://graph.microsoft.com/v1.0/things?$skiptoken={after}"})

    client = FakeGraph(answer)
    with pytest.raises(GraphFailure, match="the pages of /things lead back"):
        list(client.pages("/things"))
    assert len(client.sent) == 1 + len(set(following))
