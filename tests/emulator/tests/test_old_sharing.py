# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects in Exchange by which tenants shared before there were capabilities, and who sees what by which of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from api import ACCOUNTS, CONTOSO, PARTNERS
from exchange_api import FABRIKAM, Exchange
from pydantic import ValidationError
from test_capabilities import TRUST, capability

from entra_emulator.exchange.old_sharing import AddressSpace, OrganizationRelationship, Sharing, SharingPolicy, add_sharing
from entra_emulator.scenario import TenantScenario

RELATIONSHIP = OrganizationRelationship(name="Contoso", domains=["contoso.kr"], free_busy="LimitedDetails", mail_tips="Limited")
OLD = Sharing(
    organization_relationships=[RELATIONSHIP],
    sharing_policies=[SharingPolicy(name="Partners", domains=["contoso.kr:CalendarSharingFreeBusyDetail, ContactsSharing"])],
    availability_address_spaces=[AddressSpace(domain="contoso.kr", tenant_id=CONTOSO)],
)
OFF: dict[str, Any] = {"Identity": "Contoso", "Enabled": False}


def administrator() -> Exchange:
    """An application that may read and change sharing."""
    api = Exchange()
    api.target.registrations[ACCOUNTS["fabrikam"][1]].directory_roles.append("Exchange Administrator")
    return api


@pytest.fixture
def exchange() -> Exchange:
    """Fabrikam, which shared with Contoso for years. The application administers Exchange."""
    api = administrator()
    add_sharing(api.target.exchange, OLD, api.service.world.clock)
    return api


def shown(exchange: Exchange, holder: str = "fabrikam.kr", looker: str = "contoso.kr") -> dict[str, Any]:
    """What the looker sees of one person of the holder, and of the features by what."""
    person = next(user["userPrincipalName"] for user in exchange.target.users.values() if not user.get("externalUserState"))
    answer = exchange.http.get(f"/emulator/sharing/{holder}/{looker}", params={"person": person})
    assert answer.status_code == 200, answer.text
    (features,) = answer.json().values()
    return dict(features)


@pytest.mark.fact("F210", "The three Get- cmdlets return the objects with the properties by which they are judged, all or the named one")
@pytest.mark.parametrize(
    ("cmdlet", "name", "properties"),
    [
        (
            "Get-OrganizationRelationship",
            "Contoso",
            {"DomainNames": ["contoso.kr"], "Enabled": True, "FreeBusyAccessLevel": "LimitedDetails"},
        ),
        ("Get-SharingPolicy", "Partners", {"Domains": ["contoso.kr:CalendarSharingFreeBusyDetail, ContactsSharing"], "Enabled": True}),
        ("Get-AvailabilityAddressSpace", "contoso.kr", {"ForestName": "contoso.kr", "AccessMethod": "OrgWideFBToken"}),
    ],
)
def test_reading(exchange: Exchange, cmdlet: str, name: str, properties: dict[str, Any]) -> None:
    listed = exchange.objects(cmdlet)
    (item,) = exchange.objects(cmdlet, {"Identity": name})
    assert item in listed
    assert {key: item[key] for key in properties} == properties
    exchange.failed(404, "couldn't be found", cmdlet, {"Identity": "somebody"})


@pytest.mark.fact("F210", "Every tenant begins with the default sharing policy: everybody's calendars, free/busy times only")
def test_the_default_policy() -> None:
    (policy,) = administrator().objects("Get-SharingPolicy")
    assert policy["Default"] and policy["Enabled"] and "*:CalendarSharingFreeBusySimple" in policy["Domains"]


@pytest.mark.fact("F211", "A relationship and a policy are disabled and enabled again; what is not named stays")
@pytest.mark.parametrize(
    ("kind", "name", "change", "back"),
    [
        ("OrganizationRelationship", "Contoso", {"Enabled": False}, {"Enabled": True}),
        (
            "SharingPolicy",
            "Partners",
            {"Domains": ["adatum.com:CalendarSharingFreeBusySimple"]},
            {"Domains": OLD.sharing_policies[0].domains},
        ),
    ],
)
def test_switching_off_and_on(exchange: Exchange, kind: str, name: str, change: dict[str, Any], back: dict[str, Any]) -> None:
    (before,) = exchange.objects(f"Get-{kind}", {"Identity": name})
    assert "modified" not in str(exchange.run(f"Set-{kind}", {"Identity": name, **change}).json()["@adminapi.warnings"])
    assert "modified" in exchange.run(f"Set-{kind}", {"Identity": name, **change}).json()["@adminapi.warnings"][0]
    (after,) = exchange.objects(f"Get-{kind}", {"Identity": name})
    assert {key for key in before if before[key] != after[key]} == set(change)
    exchange.run(f"Set-{kind}", {"Identity": name, **back})
    assert exchange.objects(f"Get-{kind}", {"Identity": name}) == [before]


@pytest.mark.fact("F211", "WhatIf changes nothing, an Identity is required, and wrong values are refused")
def test_setters_are_strict(exchange: Exchange) -> None:
    exchange.run("Set-OrganizationRelationship", {**OFF, "WhatIf": True})
    assert exchange.objects("Get-OrganizationRelationship")[0]["Enabled"] is True
    exchange.failed(400, "Identity", "Set-OrganizationRelationship", {"Enabled": False})
    exchange.failed(400, "Enabled", "Set-OrganizationRelationship", {"Identity": "Contoso", "Enabled": "no"})
    exchange.failed(
        400, "FreeBusyAccessLevel", "Set-OrganizationRelationship", {"Identity": "Contoso", "FreeBusyAccessLevel": "Everything"}
    )
    exchange.failed(404, "couldn't be found", "Set-SharingPolicy", {"Identity": "Nobody", "Enabled": False})


@pytest.mark.fact("F211", "An address space cannot be disabled: it is removed, after a question, and added again; the default policy stays")
def test_removing(exchange: Exchange) -> None:
    named = {"Identity": "contoso.kr"}
    exchange.run("Remove-AvailabilityAddressSpace", named)
    assert len(exchange.objects("Get-AvailabilityAddressSpace")) == 1
    exchange.run("Remove-AvailabilityAddressSpace", {**named, "Confirm": False})
    assert exchange.objects("Get-AvailabilityAddressSpace") == []
    added = {"ForestName": "contoso.kr", "AccessMethod": "OrgWideFBToken", "TargetTenantId": CONTOSO}
    exchange.run("Add-AvailabilityAddressSpace", added)
    exchange.failed(400, "exists already", "Add-AvailabilityAddressSpace", added)
    assert exchange.objects("Get-AvailabilityAddressSpace")[0]["TargetTenantId"] == CONTOSO
    exchange.run("Remove-OrganizationRelationship", {"Identity": "Contoso", "Confirm": False})
    assert exchange.objects("Get-OrganizationRelationship") == []
    exchange.failed(400, "default sharing policy", "Remove-SharingPolicy", {"Identity": "Default Sharing Policy", "Confirm": False})
    exchange.run("Remove-SharingPolicy", {"Identity": "Partners", "Confirm": False})


@pytest.mark.fact("F213", "Sharing is read by readers of the configuration, and changed by administrators of Exchange")
@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("Global Reader", True, False),
        ("View-Only Configuration", True, False),
        ("Exchange Recipient Administrator", False, False),
        ("Mail Recipients", False, False),
        ("Exchange Administrator", True, True),
        ("Federated Sharing", True, True),
    ],
)
def test_roles(exchange: Exchange, role: str, reads: bool, writes: bool) -> None:
    for registration in exchange.target.registrations.values():
        registration.directory_roles, registration.exchange_roles = [role], [role]
    assert exchange.run("Get-OrganizationRelationship").status_code == (200 if reads else 403)
    assert exchange.run("Set-OrganizationRelationship", OFF).status_code == (200 if writes else 403)


@pytest.mark.fact("F212", "An enabled old object takes precedence over a capability, or not (switch old_sharing)")
@pytest.mark.parametrize(("rule", "level", "by"), [("wins", "limited_details", "relationship"), ("loses", "basic", "Basic")])
def test_old_objects_shadow_capabilities(exchange: Exchange, rule: str, level: str, by: str) -> None:
    exchange.set(old_sharing=rule)
    assert shown(exchange)["free_busy"]["level"] == "limited_details"
    exchange.ok("PATCH", f"{PARTNERS}/{CONTOSO}", TRUST, "fabrikam")
    exchange.ok("POST", f"{PARTNERS}/{CONTOSO}/m365Capabilities", capability("crossTenantCalendarAvailabilityBasic"), "fabrikam")
    seen = shown(exchange)["free_busy"]
    assert seen["level"] == level and by in seen["by"]
    exchange.run("Set-OrganizationRelationship", OFF)
    assert shown(exchange)["free_busy"] == {"level": "basic", "by": "crossTenantCalendarAvailabilityBasic"}


@pytest.mark.fact("F212", "A sharing policy decides about calendars, an address space about where free/busy is asked for")
def test_what_each_old_object_decides(exchange: Exchange) -> None:
    features = shown(exchange)
    assert features["calendar_sharing"]["level"] == "simple"  # of the default policy, for everybody
    exchange.run("Set-SharingPolicy", {"Identity": "Default Sharing Policy", "Enabled": False})
    assert shown(exchange)["calendar_sharing"] == {"level": "detail", "by": "sharing policy Partners of Fabrikam"}
    assert features["mail_tips"]["level"] == "limited"
    assert features["profile_card"] == {"level": None, "by": None}
    person = next(user["userPrincipalName"] for user in exchange.service.world.tenants[CONTOSO].users.values())
    answer = exchange.http.get("/emulator/sharing/contoso.kr/fabrikam.kr", params={"person": person}).json()
    assert answer[person]["free_busy"]["by"] == "availability address space contoso.kr of Fabrikam"


@pytest.mark.fact("F212", "Free/busy of a person out of scope is 5016, of a pair that nothing serves 7002; MailTips are silent")
def test_what_outlook_says(exchange: Exchange) -> None:
    exchange.run("Remove-OrganizationRelationship", {"Identity": "Contoso", "Confirm": False})
    features = shown(exchange)
    assert features["free_busy"]["error"] == "7002" and "error" not in features["mail_tips"]
    exchange.ok("PATCH", f"{PARTNERS}/{CONTOSO}", TRUST, "fabrikam")
    empty = exchange.ok(
        "POST",
        "/groups",
        {"displayName": "Nobody", "mailEnabled": False, "mailNickname": "nobody", "securityEnabled": True},
        "fabrikam-admin",
    )
    scope = {"resourceId": str(empty["id"]), "resourceType": "group"}
    for name in ("crossTenantCalendarAvailabilityBasic", "crossTenantMailTipsAll"):
        exchange.ok("POST", f"{PARTNERS}/{CONTOSO}/m365Capabilities", capability(name, scope), "fabrikam")
    features = shown(exchange)
    assert features["free_busy"] == {"level": None, "by": "crossTenantCalendarAvailabilityBasic", "error": "5016"}
    assert features["mail_tips"] == {"level": None, "by": "crossTenantMailTipsAll"}
    exchange.set(m365_capabilities="absent")
    assert shown(exchange)["free_busy"]["error"] == "7002"


@pytest.mark.fact("F204", "With the trust removed, the capabilities of a partner count for nothing, and those of the default policy do")
def test_without_the_trust(exchange: Exchange) -> None:
    exchange.run("Remove-OrganizationRelationship", {"Identity": "Contoso", "Confirm": False})
    exchange.ok("PATCH", f"{PARTNERS}/{CONTOSO}", TRUST, "fabrikam")
    exchange.ok("POST", f"{PARTNERS}/{CONTOSO}/m365Capabilities", capability("crossTenantOpenProfileCard"), "fabrikam")
    assert shown(exchange)["profile_card"]["level"] == "allowed"
    exchange.ok("PATCH", f"{PARTNERS}/{CONTOSO}", {"m365CollaborationInbound": None}, "fabrikam")
    assert shown(exchange)["profile_card"]["level"] is None
    default = "/policies/crossTenantAccessPolicy/default/m365Capabilities"
    exchange.ok("POST", default, capability("crossTenantOpenProfileCard"), "fabrikam")
    assert shown(exchange)["profile_card"]["level"] == "allowed"


def test_the_control_api_is_strict(exchange: Exchange) -> None:
    for path in ("nowhere.example/contoso.kr", "contoso.kr/nowhere.example", "contoso.kr/fabrikam.kr?person=nobody"):
        answer = exchange.http.get(f"/emulator/sharing/{path}")
        assert answer.status_code == 400 and answer.json()["error"]


def test_scenarios_name_old_objects() -> None:
    """What is no domain entry, level or method is refused; without a word, a tenant has the default policy."""
    tenant = {"id": FABRIKAM, "display_name": "F", "domains": ["f.kr"], "initial_domain": "f.onmicrosoft.com"}
    assert [policy.default for policy in TenantScenario.model_validate(tenant).sharing_policies] == [True]
    given = TenantScenario.model_validate({**tenant, **OLD.model_dump()})
    assert given.organization_relationships == OLD.organization_relationships
    for wrong in (
        {"sharing_policies": [{"name": "x", "domains": ["contoso.kr"]}]},
        {"organization_relationships": [{"name": "x", "domains": []}]},
        {"organization_relationships": [{"name": "x", "domains": ["x.kr"], "free_busy": "Everything"}]},
        {"availability_address_spaces": [{"domain": "x.kr", "method": "Telepathy"}]},
    ):
        with pytest.raises(ValidationError):
            TenantScenario.model_validate({**tenant, **wrong})


def test_the_page_shows_old_objects(exchange: Exchange) -> None:
    page = exchange.http.get("/").text
    assert "Organization relationship" in page and "contoso.kr:CalendarSharingFreeBusyDetail" in page


# The guide ----------------------------------------------------------------------------------------------------------

GUIDE = Path(__file__).parents[3] / "docs" / "guide_sharing.md"


def value(text: str) -> Any:
    """One value of PowerShell, of the few kinds that the guide uses."""
    constants = {"$true": True, "$false": False}
    listed = [part.strip("'") for part in re.findall(r"'(?:[^']|'')*'|[^,]+", text)]
    return constants.get(text, listed if "','" in text else listed[0])


def parsed(line: str) -> tuple[str, dict[str, Any]]:
    """A cmdlet with its parameters; what is behind a pipe only formats."""
    cmdlet, _space, rest = line.partition("|")[0].strip().partition(" ")
    given = re.findall(r"-(\w+)[: ]((?:'(?:[^']|'')*',?)+|\S+)", rest)
    return cmdlet, {name: value(text) for name, text in given}


def lines(section: str) -> list[str]:
    """The commands of one section of the guide."""
    text = GUIDE.read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    return [line for block in re.findall(r"^```powershell\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) for line in block.splitlines()]


def run(exchange: Exchange, section: str) -> list[Any]:
    answers = [exchange.run(*parsed(line)) for line in lines(section)]
    assert [answer.text for answer in answers if answer.status_code != 200] == []
    assert not any("@adminapi.confirmationmessage" in answer.json() for answer in answers), "no question stays unanswered"
    return [answer.json()["value"] for answer in answers]


def test_the_commands_of_the_guide() -> None:
    """Found, switched on, switched off, undone, off again and removed, by the guide's own words; a user sees what the guide says."""
    exchange = administrator()
    policy = ["contoso.kr:CalendarSharingFreeBusyDetail, ContactsSharing", "adatum.com:CalendarSharingFreeBusySimple"]
    old = OLD.model_copy(update={"sharing_policies": [SharingPolicy(name="Partners", domains=policy)]})
    add_sharing(exchange.target.exchange, old, exchange.service.world.clock)
    exchange.run("Set-SharingPolicy", {"Identity": "Default Sharing Policy", "Enabled": False})
    relationships, policies, spaces = run(exchange, "Find")
    assert (relationships[0]["Name"], len(policies), spaces[0]["Name"]) == ("Contoso", 2, "contoso.kr")
    for line in lines("Find"):
        shown_columns = set(line.partition("Format-List ")[2].split(","))
        assert shown_columns <= set(exchange.objects(parsed(line)[0])[0]), line
    exchange.ok("PATCH", f"{PARTNERS}/{CONTOSO}", TRUST, "fabrikam")
    exchange.ok("POST", f"{PARTNERS}/{CONTOSO}/m365Capabilities", capability("crossTenantCalendarAvailabilityBasic"), "fabrikam")
    before = shown(exchange)
    assert (before["free_busy"]["level"], before["calendar_sharing"]["level"]) == ("limited_details", "detail")

    run(exchange, "Switch off")
    assert shown(exchange)["free_busy"] == {"level": "basic", "by": "crossTenantCalendarAvailabilityBasic"}
    assert shown(exchange)["calendar_sharing"]["level"] is None
    assert exchange.objects("Get-AvailabilityAddressSpace") == []

    run(exchange, "Undo")
    assert shown(exchange) == before
    assert len(exchange.objects("Get-AvailabilityAddressSpace")) == 1

    run(exchange, "Switch off")
    run(exchange, "Remove")
    assert exchange.objects("Get-OrganizationRelationship") == []
    assert shown(exchange)["free_busy"]["level"] == "basic"
