# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a preflight concludes from what it has read (facts F38, F40, F113, F121, F122, F123, F141, F144)."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.claims import Claims
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.people import some, taken
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight import granted, groups, policy, source, users
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.check import Link, Outcome, Seen, User
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.checks import CHECKS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.finding import Finding, ordered
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.users import Directory

LEAST = {
    "source": {
        "Policy.ReadWrite.CrossTenantAccess",
        "Application.ReadWrite.All",
        "Synchronization.ReadWrite.All",
        "User.Read.All",
        "Group.Read.All",
    },
    "target": {"Policy.ReadWrite.CrossTenantAccess", "User.Read.All", "CrossTenantInformation.ReadBasic.All"},
}
ALL = ("groups", "look_up", "without_exchange")


def claims(*granted: str, delegated: bool = False) -> Claims:
    return Claims("t", "a", "Ansible", "o", frozenset(granted), delegated, None)


def severities(findings: Sequence[Finding]) -> list[str]:
    return [finding.severity for finding in findings]


class TestPermissions:
    @pytest.mark.parametrize("side", ["source", "target"])
    @pytest.mark.parametrize("apply", [True, False])
    def test_the_least_ones_are_enough(self, side: str, apply: bool) -> None:
        found = granted.judge(granted.needed(side, apply, ALL, CHECKS), claims(*LEAST[side]))
        assert set(severities(found)) <= {"unknown"}

    @pytest.mark.parametrize("side", ["source", "target"])
    def test_each_of_them_is_asked_for_once(self, side: str) -> None:
        for permission in LEAST[side]:
            found = granted.judge(granted.needed(side, True, ALL, CHECKS), claims(*LEAST[side] - {permission}))
            (error,) = [finding for finding in found if finding.severity == "error"]
            assert f"application permission {permission} " in error.remedy

    @pytest.mark.parametrize(
        ("instead_of", "others"),
        [
            ("Application.ReadWrite.All", {"Application.ReadWrite.OwnedBy", "AppRoleAssignment.ReadWrite.All"}),
            ("User.Read.All", {"Directory.Read.All"}),
            ("User.Read.All", {"User.ReadBasic.All"}),
            ("Group.Read.All", {"GroupMember.Read.All"}),
        ],
    )
    def test_alternatives(self, instead_of: str, others: set[str]) -> None:
        found = granted.judge(granted.needed("source", True, ALL, CHECKS), claims(*LEAST["source"] - {instead_of} | others))
        assert "error" not in severities(found)

    def test_owned_by_alone_is_known_to_fail(self) -> None:
        permitted = LEAST["source"] - {"Synchronization.ReadWrite.All"} | {"Application.ReadWrite.OwnedBy"}
        (warning,) = [
            finding
            for finding in granted.judge(granted.needed("source", True, ALL, CHECKS), claims(*permitted))
            if finding.severity == "warning"
        ]
        assert "restarts are known to fail" in warning.cause
        assert "Synchronization.ReadWrite.All" in warning.remedy

    def test_nothing_is_permitted(self) -> None:
        """One finding a permission, not one a need."""
        needs = granted.needed("source", True, (*ALL, "sharing"), CHECKS)
        found = granted.judge(needs, claims())
        asked = [finding.remedy.split("permission ")[1].split()[0] for finding in found]
        assert set(asked) == LEAST["source"] | {"LicenseAssignment.Read.All", "Policy.Read.All"}
        assert len(asked) == len(set(asked))
        assert not any(granted.possible(read, needs, claims()) for read in granted.reads_of("source", CHECKS))

    def test_a_link_without_groups_needs_no_permission_for_them(self) -> None:
        assert (
            granted.judge(granted.needed("source", False, (), CHECKS), claims("Directory.Read.All", *LEAST["source"] - {"Group.Read.All"}))
            == []
        )

    def test_known_domains_need_no_look_up(self) -> None:
        needs = granted.needed("target", True, (), CHECKS)
        assert "CrossTenantInformation.ReadBasic.All" not in {name for need in needs for name in need.one_of}

    @pytest.mark.parametrize("unsure", [None, claims("User.Read", delegated=True)])
    def test_what_the_token_does_not_say_is_tried(self, unsure: Claims | None) -> None:
        needs = granted.needed("source", True, ALL, CHECKS)
        assert severities(granted.judge(needs, unsure)) == ["unknown"]
        assert all(granted.possible(read, needs, unsure) for read in granted.reads_of("source", CHECKS))


def access(users: str | None, who: str = "AllUsers", applications: str | None = "allowed", what: str = "AllApplications") -> dict[str, Any]:
    def part(how: str | None, target: str, kind: str) -> dict[str, Any] | None:
        return {"accessType": how, "targets": [{"target": target, "targetType": kind}]} if how else None

    return {"usersAndGroups": part(users, who, "user"), "applications": part(applications, what, "application")}


class TestCollaboration:
    @pytest.mark.parametrize(
        ("entry", "default", "expected"),
        [
            (None, access("allowed"), []),
            (None, access("blocked", applications="blocked"), ["error"]),
            ({"b2bCollaborationInbound": None}, access("blocked"), ["error"]),
            ({"b2bCollaborationInbound": access("allowed")}, access("blocked"), []),
            ({"b2bCollaborationInbound": access("blocked")}, access("allowed"), ["error"]),
            ({"b2bCollaborationInbound": access("blocked", "group-1")}, access("allowed"), ["warning"]),
            ({"b2bCollaborationInbound": access("allowed", "group-1")}, access("allowed"), ["warning"]),
            ({"b2bCollaborationInbound": access("allowed", applications="blocked")}, access("allowed"), ["warning"]),
            ({"b2bCollaborationInbound": access("allowed", what="Office365")}, access("allowed"), ["warning"]),
            ({"b2bCollaborationInbound": access(None, applications=None)}, access("allowed"), []),
            ({"b2bCollaborationInbound": access("allowed", applications=None)}, access("allowed"), []),
            ({"b2bCollaborationOutbound": access("blocked")}, access("allowed"), []),
        ],
    )
    def test_truth_table(self, entry: dict[str, Any] | None, default: dict[str, Any], expected: list[str]) -> None:
        assert severities(policy.collaboration("inbound", entry, {"b2bCollaborationInbound": default})) == expected


class TestSwitches:
    @pytest.mark.parametrize("required", [True, False])
    @pytest.mark.parametrize("sync", [True, False, None])
    @pytest.mark.parametrize("redemption", [True, False, None])
    def test_truth_table(self, required: bool, sync: bool | None, redemption: bool | None) -> None:
        values = {"user_sync_inbound": sync, "redemption_inbound": redemption}
        found = policy.switches("target", "partner", values, required)
        off = [name for name, value in values.items() if value is False] if required else []
        assert [finding.cause.split()[0] for finding in found] == off
        assert all("for the source tenant partner" in finding.cause for finding in found)


class TestClouds:
    @pytest.mark.parametrize(
        ("own", "other", "same"),
        [
            ("global", "global", True),
            ("usgov", "usgov_dod", True),
            ("global", "usgov", False),
            ("china", "global", False),
            ("usgov_dod", "china", False),
        ],
    )
    def test_pairs(self, own: str, other: str, same: bool) -> None:
        assert (policy.clouds("source", own, other) == []) is same
        assert (policy.clouds("target", other, own) == []) is same

    def test_the_direction_counts(self) -> None:
        """Fact F144: commercial to China is offered, the other direction is not."""
        (offered,), (impossible,) = policy.clouds("source", "global", "china"), policy.clouds("target", "global", "china")
        assert "admin center" in offered.cause
        assert "offers no synchronization from the cloud of 21Vianet in China" in impossible.cause


def listed(**lists: list[str]) -> list[dict[str, Any]]:
    definition = {"B2BManagementPolicy": {"InvitationsAllowedAndBlockedDomainsPolicy": lists, "AutoRedeemPolicy": {}}}
    return [{"definition": [json.dumps(definition)], "isOrganizationDefault": True}]


class TestDomains:
    @pytest.mark.parametrize(
        ("policies", "refused"),
        [
            ([], []),
            (listed(), []),
            (listed(AllowedDomains=[], BlockedDomains=[]), []),
            (listed(BlockedDomains=["CONTOSO.kr"]), ["contoso.kr"]),
            (listed(BlockedDomains=["adatum.com"]), []),
            (listed(AllowedDomains=["contoso.kr"]), ["mail.kr"]),
            (listed(AllowedDomains=["Contoso.KR", "mail.kr"]), []),
            (listed(AllowedDomains=["adatum.com"]), ["contoso.kr", "mail.kr"]),
            ([{**listed(BlockedDomains=["contoso.kr"])[0], "isOrganizationDefault": False}], []),
            ([{"definition": ["no JSON", "[]", "{}"], "isOrganizationDefault": True}], []),
        ],
    )
    def test_lists(self, policies: list[dict[str, Any]], refused: list[str]) -> None:
        found = policy.domains(policies, Counter(["contoso.kr", "contoso.kr", "mail.kr"]))
        assert [domain for finding in found for domain in ("contoso.kr", "mail.kr") if f"{domain} (" in finding.cause] == refused
        assert not refused or "contoso.kr (2 users)" in found[0].cause or "mail.kr (1 user)" in found[0].cause

    def test_no_user_has_to_be_invited(self) -> None:
        assert policy.domains(listed(BlockedDomains=["contoso.kr"]), Counter()) == []


class TestNumbers:
    @pytest.mark.parametrize(
        ("used", "arriving", "expected"),
        [(0, 900, []), (800, 100, []), (800, 101, ["warning"]), (900, 100, ["warning"]), (900, 101, ["error"])],
    )
    def test_quota(self, used: int, arriving: int, expected: list[str]) -> None:
        assert severities(policy.quota({"directorySizeQuota": {"used": used, "total": 1000}}, arriving)) == expected

    @pytest.mark.parametrize("organization", [{}, {"directorySizeQuota": None}, {"directorySizeQuota": {"used": None, "total": None}}])
    def test_a_quota_that_is_not_reported(self, organization: dict[str, Any]) -> None:
        assert severities(policy.quota(organization, 1)) == ["unknown"]

    @pytest.mark.parametrize(("entry", "used", "expected"), [(None, 23039, []), (None, 23041, ["warning"]), ({"tenantId": "x"}, 25600, [])])
    def test_policy_size(self, entry: dict[str, Any] | None, used: int, expected: list[str]) -> None:
        assert severities(policy.policy_size(entry, used)) == expected

    @pytest.mark.parametrize(
        ("skus", "count", "expected"),
        [
            ([], 0, ["warning"]),
            ([("AAD_PREMIUM", "Success", "Enabled", 10)], 10, []),
            ([("AAD_PREMIUM", "Success", "Enabled", 10)], 11, ["warning"]),
            ([("AAD_PREMIUM", "Success", "Enabled", 10), ("AAD_PREMIUM_P2", "Success", "Warning", 1)], 11, []),
            ([("AAD_PREMIUM", "Disabled", "Enabled", 10)], 1, ["warning"]),
            ([("AAD_PREMIUM", "Success", "Suspended", 10)], 1, ["warning"]),
            ([("EXCHANGE_S_STANDARD", "Success", "Enabled", 10)], 1, ["warning"]),
        ],
    )
    def test_licences(self, skus: list[tuple[str, str, str, int]], count: int, expected: list[str]) -> None:
        raw = [
            {
                "capabilityStatus": status,
                "prepaidUnits": {"enabled": units},
                "servicePlans": [{"servicePlanName": plan, "provisioningStatus": state}],
            }
            for plan, state, status, units in skus
        ]
        assert severities(policy.licences(raw, count)) == expected

    @pytest.mark.parametrize(
        ("plan", "units", "count", "cause"),
        [
            ("Entra_Identity_Governance", 10, 10, None),
            ("ENTRA_IDENTITY_GOVERNANCE", 10, 0, None),
            ("Entra_Identity_Governance", 10, 11, "there are 10 licences with Microsoft Entra ID Governance"),
            ("AAD_PREMIUM_P2", 10, 1, "there is no licence with Microsoft Entra ID Governance"),
        ],
    )
    def test_groups_need_licences_of_their_own(self, plan: str, units: int, count: int, cause: str | None) -> None:
        """The plan of Microsoft Entra ID Governance, which Microsoft Entra Suite contains (fact F235)."""
        plans = [{"servicePlanName": plan, "provisioningStatus": "Success"}]
        found = policy.group_licences([{"capabilityStatus": "Enabled", "prepaidUnits": {"enabled": units}, "servicePlans": plans}], count)
        assert [finding.cause.partition(", which")[0] for finding in found] == ([cause] if cause else [])


class TestGroups:
    """A link that synchronizes groups (facts F106, F214)."""

    LINK = Link("source", "t", group_sync=True, mode="assigned")

    def test_other_links_ask_nothing(self) -> None:
        for side in ("source", "target"):
            link = Link(side, "t", mode="all", switches_required=True)
            assert [*groups.SWITCH.requests(link), *groups.MAPPING.longer(link, Seen())] == []
            assert [*groups.in_source(link, Seen()), *groups.in_target(link, Seen())] == []

    @pytest.mark.parametrize(
        ("mode", "mapped", "kind", "expected"),
        [
            ("assigned", [True], "security", []),
            ("assigned", [], "dynamic_security", []),
            ("assigned", [False], "security", ["error: the job has no mapping of groups: the service has not"]),
            ("all", [True], "security", ["error: groups are synchronized only with scope mode assigned"]),
            ("assigned", [True], "distribution", ["warning: distribution groups are not synchronized as groups: Sales"]),
            ("assigned", [True], None, ["warning: the kind of these groups could not be read"]),
        ],
    )
    def test_what_is_found_in_the_source(self, mode: str, mapped: list[bool], kind: str | None, expected: list[str]) -> None:
        sales = Principal("g", "group", "Sales", group_kind=kind)
        seen = Seen({groups.MAPPING: Outcome(items=mapped), source.NAMED_GROUPS: Outcome(items=[sales])})
        found = groups.in_source(dataclasses.replace(self.LINK, mode=mode), seen)
        assert len(found) == len(expected)
        for finding, begin in zip(found, expected, strict=True):
            assert f"{finding.severity}: {finding.cause}".startswith(begin)

    @pytest.mark.parametrize(
        ("body", "required", "expected"),
        [
            ({"groupSyncInbound": {"isSyncAllowed": True}}, True, []),
            ({"groupSyncInbound": {"isSyncAllowed": False}}, True, ["error"]),
            ({"groupSyncInbound": None}, True, ["error"]),
            ({}, True, ["error"]),
            ({}, False, []),
        ],
    )
    def test_the_switch_of_the_target(self, body: dict[str, Any], required: bool, expected: list[str]) -> None:
        link = Link("target", "t", group_sync=True, switches_required=required)
        assert [request.version for request in groups.SWITCH.requests(link)] == ["beta"]
        assert severities(groups.in_target(link, Seen({groups.SWITCH: Outcome(bodies=[body])}))) == expected


MINSU = User("minsu.kim@contoso.kr", "minsu@mail.kr")
TARGET = "fabrikam.onmicrosoft.com"


def user(name: str, number: str = "1", **more: Any) -> dict[str, Any]:
    return {"id": number, "userPrincipalName": name, "mail": None, "proxyAddresses": [], **more}


class TestMet:
    """What is in the way of one user, and whether the user is there already."""

    @pytest.mark.parametrize(
        ("there", "deleted", "checks", "present"),
        [
            (Directory(), [], [], False),
            (Directory(users=[user(f"minsu.kim_contoso.kr#EXT#@{TARGET}", mail="minsu@mail.kr")]), [], [], True),
            (Directory(users=[user(f"minsu.kim_contoso.kr#EXT#@{TARGET}")]), [], [], True),
            (Directory(users=[user(f"minsu_mail.kr#EXT#@{TARGET}", externalUserState="Accepted")]), [], [], True),
            (Directory(users=[user(f"minsu_mail.kr#EXT#@{TARGET}", externalUserState="PendingAcceptance")]), [], ["guests"], False),
            (
                Directory(users=[user(f"minsu.kim_contoso.kr#EXT#@{TARGET}"), user(f"minsu_mail.kr#EXT#@{TARGET}", "2")]),
                [],
                ["guests"],
                True,
            ),
            (Directory(users=[user("minsu@fabrikam.kr", mail="MINSU@mail.kr")]), [], ["addresses"], False),
            (Directory(users=[user("minsu@fabrikam.kr", proxyAddresses=["smtp:minsu@mail.kr"])]), [], ["addresses"], False),
            (Directory(users=[user("minsu@fabrikam.kr", proxyAddresses=["sip:minsu@mail.kr"])]), [], [], False),
            (Directory(groups=[{"id": "g", "displayName": "G", "mail": "minsu@mail.kr"}]), [], ["addresses"], False),
            (Directory(contacts=[{"id": "c", "displayName": "C", "proxyAddresses": ["SMTP:Minsu@mail.kr"]}]), [], ["addresses"], False),
            (Directory(), [user(f"{'0a' * 16}minsu.kim_contoso.kr#EXT#@{TARGET}")], ["deleted_users"], False),
            (Directory(), [user(f"minsu.kim_contoso.kr#EXT#@{TARGET}")], ["deleted_users"], False),
            (Directory(), [user("somebody@fabrikam.kr", mail="minsu@mail.kr")], [], False),
            (Directory(), [user(f"hyejin.lee_contoso.kr#EXT#@{TARGET}")], [], False),
        ],
    )
    def test_one_user(self, there: Directory, deleted: list[dict[str, Any]], checks: list[str], present: bool) -> None:
        found = users.matches([MINSU], there)
        findings = [*users.addresses(found), *users.guests(found), *users.deleted_users([MINSU], deleted)]
        assert [finding.check for finding in findings] == checks
        assert (users.missing(found) == []) is present

    def test_a_user_without_a_mail_address_is_known_by_name(self) -> None:
        yuna = User("yuna.han@contoso.kr", None)
        assert (yuna.address, yuna.domain) == ("yuna.han@contoso.kr", "contoso.kr")


class TestSkipped:
    def test_nothing_to_report(self) -> None:
        assert source.skipped([Principal("1", "user", "a@contoso.kr", "a@contoso.kr")], frozenset({"contoso.kr"})) == []

    def test_unreadable_domains_are_not_compared(self) -> None:
        principals = [Principal("1", "user", "a@contoso.kr", "a@elsewhere.example")]
        assert source.skipped(principals, None) == []
        assert len(source.skipped(principals, frozenset({"contoso.kr"}))) == 1

    def test_a_user_who_is_in_scope_twice_is_one(self) -> None:
        user = Principal("1", "user", "a@contoso.kr", "a@contoso.kr")
        assert source.skipped([user, user], None) == []
        assert taken([user, user]) == [user]

    def test_only_those_arrive_whom_the_service_takes(self) -> None:
        principals = [
            Principal("1", "user", "a@contoso.kr"),
            Principal("2", "user", "disabled@contoso.kr", enabled=False),
            Principal("3", "user", "x_y.com#EXT#@contoso.onmicrosoft.com", external=True),
            Principal("4", "group", "Sales"),
        ]
        assert taken(principals) == principals[:1]


def test_the_worst_comes_first() -> None:
    found = [Finding(severity, severity, "", "").describe("contoso") for severity in ("unknown", "warning", "error", "unknown", "error")]
    assert [finding["severity"] for finding in ordered(found)] == ["error", "error", "warning", "unknown", "unknown"]


def test_long_lists_are_cut() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some([str(number) for number in range(8)]) == "0, 1, 2, 3, 4 and 3 more"
