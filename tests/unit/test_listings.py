# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing all configurations of a source and all partners of a tenant (facts F30, F52)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import configuration_list, partner_list
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.configuration_list import ListedConfiguration
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner import PARTNERS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner_settings import TABLE
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, TARGET, FakeGraph, Lost, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import EMPTY_ENTRY, Faulty, Link, SourceService, new_job

OTHER = "cccccccc-0000-4000-8000-000000000003"
THIRD = "dddddddd-0000-4000-8000-000000000004"
FIND = "/tenantRelationships/findTenantInformationBy"


def link(name: str = "Fabrikam", target: str | None = TARGET, members: Any = None, **rest: Any) -> Link:
    text = members if isinstance(members, str) else json.dumps(members or {})
    bag = {} if target is None else {"CompanyId": target, "SyncAll": "false", "SyncNotificationSettings": text}
    return Link(name, **{"bag": bag, "jobs": [new_job()], "id": f"id-of-{name}", "app_id": f"app-of-{name}", **rest})


class TestConfigurations:
    def listed(self, *links: Link, **given: Any) -> list[ListedConfiguration]:
        found = configuration_list.inquire(FakeGraph(SourceService(list(links))), options("sync_configuration_info", **given))
        return found["configurations"]

    def test_all_members(self) -> None:
        members = {"Enabled": True, "Recipients": "admin@contoso.kr", "DeleteThresholdEnabled": True, "DeleteThresholdValue": 250}
        assert self.listed(link(members=members, jobs=[new_job("7", "Active")])) == [
            {
                "name": "Fabrikam",
                "service_principal_id": "id-of-Fabrikam",
                "app_id": "app-of-Fabrikam",
                "target_tenant_id": TARGET,
                "scope_mode": "assigned",
                "deletion_threshold": 250,
                "notification_email": "admin@contoso.kr",
                "multitenant_organization": False,
                "job_id": "Azure2Azure.7",
                "job_state": "started",
                "restart_owed": False,
            }
        ]

    def test_an_incomplete_configuration(self) -> None:
        """Fact F52: a configuration without settings and job is still a configuration."""
        listed = self.listed(link(target=None, jobs=[]))[0]
        assert {name: value for name, value in listed.items() if not name.startswith(("service", "app"))} == {
            "name": "Fabrikam",
            "target_tenant_id": None,
            "scope_mode": "assigned",
            "deletion_threshold": 0,
            "notification_email": None,
            "multitenant_organization": False,
            "job_id": None,
            "job_state": "absent",
            "restart_owed": False,
        }

    @pytest.mark.parametrize(
        ("members", "threshold", "email"),
        [
            ({}, 0, None),
            ({"DeleteThresholdEnabled": False, "DeleteThresholdValue": 500}, 0, None),
            ({"DeleteThresholdEnabled": True, "DeleteThresholdValue": 500}, 500, None),
            ({"Enabled": True, "Recipients": "a@contoso.kr"}, 0, "a@contoso.kr"),
            ({"Enabled": False, "Recipients": "a@contoso.kr"}, 0, None),
            ({"Enabled": True, "Recipients": ""}, 0, None),
            ({"Enabled": True}, 0, None),
            ("no JSON", 0, None),
            ("*", 0, None),
            ("[]", 0, None),
        ],
        ids=str,
    )
    def test_notification_settings(self, members: Any, threshold: int, email: str | None) -> None:
        """Fact F60: JSON in a string that another tool may have written."""
        listed = self.listed(link(members=members))[0]
        assert (listed["deletion_threshold"], listed["notification_email"]) == (threshold, email)

    @pytest.mark.parametrize(
        ("text", "mode"), [("true", "all"), ("True", "all"), ("false", "assigned"), ("False", "assigned"), ("", "assigned")]
    )
    def test_scope_mode(self, text: str, mode: str) -> None:
        """Fact F60: the service writes booleans as text, in either case."""
        assert self.listed(link(bag={"SyncAll": text}))[0]["scope_mode"] == mode

    @pytest.mark.parametrize(
        ("given", "names"),
        [
            ({}, ["Fabrikam", "MTO_Sync_x", "Other", "Unfinished"]),
            ({"name": "Other"}, ["Other"]),
            ({"name": "other"}, ["Other"]),
            ({"name": "Nothing"}, []),
            ({"target_tenant_id": TARGET}, ["Fabrikam", "MTO_Sync_x"]),
            ({"target_tenant_id": TARGET.upper()}, ["Fabrikam", "MTO_Sync_x"]),
            ({"target_tenant_id": OTHER}, ["Other"]),
            ({"target_tenant_id": THIRD}, []),
            ({"name": "Fabrikam", "target_tenant_id": TARGET}, ["Fabrikam"]),
            ({"name": "Fabrikam", "target_tenant_id": OTHER}, []),
        ],
        ids=str,
    )
    def test_which(self, given: dict[str, Any], names: list[str]) -> None:
        links = [link("Other", OTHER), link("MTO_Sync_x", TARGET.upper()), link("Unfinished", None), link()]
        assert [listed["name"] for listed in self.listed(*links, **given)] == names

    def test_configurations_of_a_multitenant_organization_are_marked(self) -> None:
        marks = {listed["name"]: listed["multitenant_organization"] for listed in self.listed(link(), link("MTO_Sync_x"))}
        assert marks == {"Fabrikam": False, "MTO_Sync_x": True}

    def test_two_of_the_same_name_are_both_listed(self) -> None:
        found = self.listed(link(id="b"), link(id="a"), name="Fabrikam")
        assert [listed["service_principal_id"] for listed in found] == ["a", "b"]

    @pytest.mark.parametrize("count", [0, 1, 2, 10, 11, 45])
    def test_each_is_listed_with_its_own_settings_whatever_their_number(self, count: int) -> None:
        """Fact F24: twenty requests a batch, answered in any order."""
        links = [link(f"{number:02}", f"{number:08}-0000-4000-8000-000000000000", jobs=[new_job(str(number))]) for number in range(count)]
        found = self.listed(*links)
        assert [(listed["name"], listed["target_tenant_id"], listed["job_id"]) for listed in found] == [
            (configured.name, configured.bag["CompanyId"], configured.jobs[0]["id"]) for configured in links
        ]

    def test_settings_that_cannot_be_read_are_a_failure(self) -> None:
        """A configuration that the list lacks would be created a second time by a user of the list."""
        service = Faulty(SourceService([link(), link("Other")]), {"GET .*/secrets": [refusal(403, "Authorization_RequestDenied")] * 9})
        with pytest.raises(ServiceError):
            configuration_list.inquire(FakeGraph(service), options("sync_configuration_info"))

    def test_an_endpoint_that_fails_in_batches_is_read_separately(self) -> None:
        service = Faulty(SourceService([link(), link("Other")]), {"GET .*/secrets": [refusal(400, "Request_BadRequest")]})
        found = configuration_list.inquire(FakeGraph(service), options("sync_configuration_info"))["configurations"]
        assert [listed["target_tenant_id"] for listed in found] == [TARGET, TARGET]

    def test_two_jobs_of_one_configuration_are_refused(self) -> None:
        """Fact F74: the service creates only a single job."""
        with pytest.raises(Refusal, match="configuration 'Fabrikam' has 2 jobs"):
            self.listed(link(jobs=[new_job("1"), new_job("2")]))


def partner(tenant_id: str = TARGET, sync: Any = None, **rest: Any) -> dict[str, Any]:
    return {"tenantId": tenant_id, **EMPTY_ENTRY, "identitySynchronization": sync, **rest}


@dataclass
class Tenant:
    """A tenant with partners, in pages, and a directory of tenants."""

    pages: Sequence[Sequence[dict[str, Any]]]
    names: dict[str, Outcome] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Outcome:
        self.paths.append(request.path)
        if request.path == "/$batch":
            return Reply()
        if request.path.startswith(f"{FIND}TenantId(tenantId='"):
            return self.names.get(request.path.split("'")[1], NOT_FOUND)
        if request.path == f"{FIND}DomainName(domainName='fabrikam.kr')":
            return Reply(200, {"tenantId": TARGET})
        if request.path.split("?")[0] != PARTNERS:
            return NOT_FOUND
        number = int(request.path.rpartition("skiptoken=")[2]) if "skiptoken" in request.path else 0
        more = (
            {"@odata.nextLink": f"https://graph.microsoft.com/v1.0{PARTNERS}?$skiptoken={number + 1}"}
            if number + 1 < len(self.pages)
            else {}
        )
        return Reply(200, {"value": list(self.pages[number]), **more})


def named(tenant_id: str, name: str) -> Reply:
    return Reply(200, {"tenantId": tenant_id, "displayName": name, "defaultDomainName": f"{name.lower()}.kr"})


class TestPartners:
    def listed(self, tenant: Tenant, **given: Any) -> list[dict[str, Any]]:
        partners: list[Any] = partner_list.inquire(FakeGraph(tenant), options("cross_tenant_policy_info", **given))["partners"]
        return partners

    def test_all_members(self) -> None:
        entry = partner(
            sync={"displayName": "From Contoso", "userSyncInbound": {"isSyncAllowed": True}},
            automaticUserConsentSettings={"inboundAllowed": True, "outboundAllowed": None},
            inboundTrust={"isMfaAccepted": True, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": None},
            isInMultiTenantOrganization=True,
        )
        tenant = Tenant([[entry]], {TARGET: named(TARGET, "Fabrikam")})
        assert self.listed(tenant) == [
            {
                **dict.fromkeys(TABLE.rows),
                "tenant_id": TARGET,
                "name": "Fabrikam",
                "default_domain": "fabrikam.kr",
                "multitenant_organization": True,
                "user_sync_inbound": True,
                "group_sync_inbound": None,
                "display_name": "From Contoso",
                "redemption_inbound": True,
                "redemption_outbound": None,
                "inbound_trust": {"mfa": True, "compliant_device": False, "hybrid_joined_device": None},
                "b2b_collaboration_inbound": None,
                "b2b_collaboration_outbound": None,
                "b2b_direct_connect_inbound": None,
                "b2b_direct_connect_outbound": None,
            }
        ]
        assert tenant.paths[0] == f"{PARTNERS}?$expand=identitySynchronization"

    def test_an_empty_entry(self) -> None:
        """Fact F30: all inherited."""
        entry = self.listed(Tenant([[partner()]]))[0]
        assert entry.pop("tenant_id") == TARGET
        assert entry.pop("multitenant_organization") is False
        assert set(entry.values()) == {None}

    @pytest.mark.parametrize(
        ("given", "ids"),
        [
            ({}, [TARGET, OTHER, THIRD]),
            ({"partner_tenant_id": OTHER}, [OTHER]),
            ({"partner_tenant_id": OTHER.upper()}, [OTHER]),
            ({"partner_tenant_id": "fabrikam.kr"}, [TARGET]),
            ({"partner_tenant_id": "eeeeeeee-0000-4000-8000-000000000005"}, []),
        ],
        ids=str,
    )
    def test_which(self, given: dict[str, Any], ids: list[str]) -> None:
        tenant = Tenant([[partner(THIRD), partner(OTHER)], [], [partner(TARGET)]])
        assert [entry["tenant_id"] for entry in self.listed(tenant, **given)] == ids

    def test_an_entry_in_upper_case_is_found(self) -> None:
        tenant = Tenant([[partner(TARGET.upper())]], {TARGET.upper(): named(TARGET, "Fabrikam")})
        assert self.listed(tenant, partner_tenant_id=TARGET)[0]["name"] == "Fabrikam"

    def test_a_domain_without_a_tenant(self) -> None:
        with pytest.raises(Refusal, match="no tenant owns the domain"):
            self.listed(Tenant([[]]), partner_tenant_id="unowned.kr")

    @pytest.mark.parametrize(
        "answer",
        [NOT_FOUND, refusal(403, "Authorization_RequestDenied"), refusal(500, "Fault"), Lost()],
        ids=["unknown", "denied", "fault", "no answer"],
    )
    def test_a_name_that_cannot_be_read_hides_no_partner(self, answer: Outcome) -> None:
        """Fact F140: the permission to read names is optional."""
        tenant = Tenant([[partner(), partner(OTHER)]], {TARGET: named(TARGET, "Fabrikam"), OTHER: answer})
        assert [(entry["name"], entry["default_domain"]) for entry in self.listed(tenant)] == [("Fabrikam", "fabrikam.kr"), (None, None)]

    def test_an_empty_expansion_is_read_again(self) -> None:
        """Fact F44: the expansion may be null although the policy exists, so it is read directly."""
        policy = Reply(200, {"tenantId": TARGET, "displayName": None, "userSyncInbound": {"isSyncAllowed": True}})
        tenant = Tenant([[partner(), partner(OTHER)]])

        def answer(request: Request) -> Outcome:
            return policy if request.path == f"{PARTNERS}/{TARGET}/identitySynchronization" else tenant(request)

        found = partner_list.inquire(FakeGraph(answer), options("cross_tenant_policy_info"))["partners"]
        assert [entry["user_sync_inbound"] for entry in found] == [True, None]

    def test_names_are_optional(self) -> None:
        tenant = Tenant([[partner()]], {TARGET: named(TARGET, "Fabrikam")})
        assert self.listed(tenant, names=False)[0]["name"] is None
        assert [path for path in tenant.paths if path.startswith(FIND)] == []

    def test_only_the_names_of_the_requested_partners_are_read(self) -> None:
        tenant = Tenant([[partner(), partner(OTHER)]])
        self.listed(tenant, partner_tenant_id=OTHER)
        assert [path for path in tenant.paths if path.startswith(FIND)] == [f"{FIND}TenantId(tenantId='{OTHER}')"]

    def test_no_partners(self) -> None:
        tenant = Tenant([[]])
        assert self.listed(tenant) == []
        assert len(tenant.paths) == 1

    def test_more_than_a_batch(self) -> None:
        """Fact F24: twenty requests a batch, answered in any order."""
        ids = [f"{number:08}-0000-4000-8000-000000000000" for number in range(41)]
        tenant = Tenant(
            [[partner(tenant_id) for tenant_id in ids]], {tenant_id: named(tenant_id, f"Tenant{tenant_id[:8]}") for tenant_id in ids}
        )
        assert [tenant_id["name"] for tenant_id in self.listed(tenant)] == [f"Tenant{tenant_id[:8]}" for tenant_id in ids]
        assert sum(path.startswith(FIND) for path in tenant.paths) == 41

    def test_a_denied_read_is_no_empty_list(self) -> None:
        with pytest.raises(ServiceError):
            partner_list.inquire(
                FakeGraph(lambda _request: refusal(403, "Authorization_RequestDenied")), options("cross_tenant_policy_info")
            )
