# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a preflight finds about sharing: capabilities, the trust, and old objects of Exchange that take precedence (facts F200 to F213)."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import capability_reading
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability_features import EVERYONE, FEATURES, Access
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.capability_trust import ALL_USERS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight import old_sharing, sharing
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.check import Link
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.old_sharing import Old

PARTNER, ELSEWHERE = "a0c898ca-2445-4e74-ab4b-afd7916549a6", "00000000-0000-4000-8000-000000000001"
OWNERS = {"contoso.kr": PARTNER, "contoso.com": PARTNER, "adatum.com": ELSEWHERE, "gone.example": None}
BASIC = "crossTenantCalendarAvailabilityBasic"


def link(*shares: str, sees: tuple[str, ...] = ()) -> Link:
    return Link("target", PARTNER, shares=shares, sees=sees)


def seen(trust: Any = None, version: str | None = "v1.0", **members: Any) -> capability_reading.Seen:
    return capability_reading.Seen(version, {"m365CollaborationInbound": trust} if trust else {}, **members)


class TestWhatIsShared:
    @pytest.mark.parametrize(
        ("share", "side", "expected"),
        [
            (None, "source", ()),
            ({"source": None, "target": {"free_busy": "basic"}}, "source", ()),
            ({"target": {"free_busy": "basic", "mail_tips": "none", "profile_card": False, "scope": "all"}}, "target", ("free_busy",)),
            ({"source": {"room_booking": True, "calendar_sharing": "detail"}}, "source", ("calendar_sharing", "room_booking")),
        ],
    )
    def test_wanted(self, share: Any, side: str, expected: tuple[str, ...]) -> None:
        assert sharing.wanted(share, side) == expected

    def test_what_is_shown(self) -> None:
        """Without the trust nothing; with it, what the entry or the default policy allows, the highest level (fact F251)."""
        basic = {BASIC: Access(True, EVERYONE)}
        nothing = {name: feature.value(None) for name, feature in FEATURES.items()}
        assert sharing._levels(seen(own=basic)) == nothing
        assert sharing._levels(seen({"users": ALL_USERS}, own=basic)) == {**nothing, "free_busy": "basic"}
        assert sharing._levels(seen({"users": ALL_USERS}, inherited=basic)) == {**nothing, "free_busy": "basic"}
        denied = {BASIC: Access(False, EVERYONE)}
        assert sharing._levels(seen({"users": ALL_USERS}, own=denied, inherited=basic)) == nothing
        both = {**basic, FEATURES["free_busy"].levels["limited_details"]: Access(True, EVERYONE)}
        assert sharing._levels(seen({"users": ALL_USERS}, own=both))["free_busy"] == "limited_details"


class TestCapabilities:
    def test_a_tenant_without_capabilities(self) -> None:
        (finding,) = sharing.judge(link("free_busy"), seen(version=None))
        assert finding.severity == "error"
        assert "m365Capabilities" in finding.cause
        assert "free_busy" in finding.cause
        (finding,) = sharing.judge(link(sees=("mail_tips",)), seen(version=None))
        assert finding.severity == "warning"
        assert "rollout" in finding.remedy

    @pytest.mark.parametrize(
        ("users", "severity"),
        [
            (None, None),
            (ALL_USERS, None),
            ({"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]}, "error"),
            ({"accessType": "allowed", "targets": [{"target": ELSEWHERE, "targetType": "group"}]}, "warning"),
        ],
    )
    def test_the_trust(self, users: Any, severity: str | None) -> None:
        found = sharing.judge(link("free_busy"), seen({"users": users} if users else None))
        assert [finding.severity for finding in found] == ([severity] if severity else [])
        assert sharing.judge(link(sees=("free_busy",)), seen({"users": users} if users else None)) == []


def relationship(name: str = "Contoso", **members: Any) -> dict[str, Any]:
    about = {"Name": name, "Enabled": True, "DomainNames": ["contoso.kr"], "FreeBusyAccessEnabled": True, "MailTipsAccessEnabled": False}
    return {**about, "TargetApplicationUri": "outlook.com", **members}


def policy(*domains: str, **members: Any) -> dict[str, Any]:
    return {"Name": "Partners", "Enabled": True, "Domains": list(domains), **members}


def space(domain: str = "contoso.kr", **members: Any) -> dict[str, Any]:
    return {"Name": domain, "ForestName": domain, "AccessMethod": "OrgWideFBToken", "TargetTenantId": PARTNER, **members}


def found(wanted: Link, *relationships: Any, policies: Any = (), spaces: Any = ()) -> list[tuple[str, str]]:
    old = Old(relationships, policies, spaces)
    assert set(old.domains()) <= OWNERS.keys()
    findings = old_sharing.judge(wanted, old_sharing.question(wanted), old, OWNERS)
    assert {finding.severity for finding in findings} <= {"warning"}
    assert {finding.check for finding in findings} <= {"old_sharing"}
    return [(finding.cause, finding.remedy) for finding in findings]


class TestOldObjects:
    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (link("profile_card", "room_booking"), (0, False, False)),
            (link("free_busy"), (1, False, False)),
            (link("calendar_sharing"), (0, True, False)),
            (link(sees=("free_busy", "mail_tips")), (2, False, True)),
            (link(sees=("calendar_sharing",)), (0, False, False)),
        ],
    )
    def test_only_what_can_be_in_the_way_is_asked_for(self, wanted: Link, expected: tuple[int, bool, bool]) -> None:
        asked = old_sharing.question(wanted)
        assert (len(asked.relationships), asked.policies, asked.spaces) == expected
        commands = ("OrganizationRelationship", "SharingPolicy", "AvailabilityAddressSpace")
        assert [f"Get-{name}" in asked.look() for name in commands] == [bool(one) for one in expected]

    def test_a_relationship(self) -> None:
        ((cause, remedy),) = found(link("free_busy", "mail_tips"), relationship())
        assert cause == "the organization relationship 'Contoso' is enabled for contoso.kr and takes precedence over free_busy"
        assert "Set-OrganizationRelationship -Identity 'Contoso' -Enabled $false" in remedy

    @pytest.mark.parametrize(
        "harmless",
        [
            {"Enabled": False},
            {"DomainNames": ["adatum.com", "gone.example"]},
            {"FreeBusyAccessEnabled": False},
            {"DomainNames": None},
        ],
    )
    def test_relationships_that_are_not_in_the_way(self, harmless: dict[str, Any]) -> None:
        assert found(link("free_busy"), relationship(**harmless)) == []

    def test_what_else_a_relationship_does(self) -> None:
        more: dict[str, Any] = {
            "MailboxMoveEnabled": True,
            "DomainNames": ["Contoso.KR", "contoso.com", "adatum.com"],
            "MailTipsAccessEnabled": True,
        }
        ((cause, _remedy),) = found(link("free_busy", "mail_tips"), relationship(**more))
        assert "for Contoso.KR, contoso.com and" in cause
        assert "free_busy and mail_tips" in cause
        assert "it also moves mailboxes" in cause
        assert "also for 1 domain of other tenants" in cause

    @pytest.mark.parametrize(
        ("endpoint", "leave"),
        [
            ("https://mail.contoso.kr/ews/exchange.asmx", True),
            ("https://outlook.office365.com/EWS/Exchange.asmx", False),
            ("https://evil-outlook.com/ews", True),
            (None, False),
        ],
    )
    def test_a_partner_on_exchange_server_stays(self, endpoint: str | None, leave: bool) -> None:
        ((_cause, remedy),) = found(link("free_busy"), relationship(TargetApplicationUri=None, TargetSharingEpr=endpoint))
        assert remedy.startswith("leave it") is leave

    def test_names_are_quoted(self) -> None:
        ((_cause, remedy),) = found(link("free_busy"), relationship("Kim's; Remove-Mailbox"))
        assert "-Identity 'Kim''s; Remove-Mailbox' -Enabled" in remedy

    @pytest.mark.parametrize(
        ("domains", "command"),
        [
            (["contoso.kr:CalendarSharingFreeBusyDetail"], "Set-SharingPolicy -Identity 'Partners' -Enabled $false"),
            (
                ["contoso.kr: CalendarSharingFreeBusyDetail, ContactsSharing", "adatum.com:CalendarSharingFreeBusySimple"],
                "Set-SharingPolicy -Identity 'Partners' -Domains 'adatum.com:CalendarSharingFreeBusySimple'",
            ),
            (
                ["*:CalendarSharingFreeBusySimple", "Anonymous:CalendarSharingFreeBusyReviewer"],
                "Set-SharingPolicy -Identity 'Partners' -Domains 'Anonymous:CalendarSharingFreeBusyReviewer'",
            ),
        ],
    )
    def test_a_sharing_policy(self, domains: list[str], command: str) -> None:
        ((cause, remedy),) = found(link("calendar_sharing"), policies=[policy(*domains)])
        assert command in remedy
        assert domains[0] in cause
        assert ("for every tenant" in cause) is domains[0].startswith("*")

    def test_policies_that_are_not_in_the_way(self) -> None:
        wanted = link("calendar_sharing")
        for harmless in (policy("contoso.kr:ContactsSharing"), policy("adatum.com:CalendarSharingFreeBusySimple")):
            assert found(wanted, policies=[harmless]) == []
        assert found(wanted, policies=[policy("*:CalendarSharingFreeBusySimple", Enabled=False)]) == []

    def test_an_address_space(self) -> None:
        ((cause, remedy),) = found(link(sees=("free_busy",)), spaces=[space(), space("adatum.com")])
        assert "contoso.kr (OrgWideFBToken)" in cause
        assert "Remove-AvailabilityAddressSpace -Identity 'contoso.kr'" in remedy
        assert f"Add-AvailabilityAddressSpace -ForestName 'contoso.kr' -AccessMethod OrgWideFBToken -TargetTenantId {PARTNER}" in remedy
