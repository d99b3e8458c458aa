# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a partner sees of a tenant's people in Microsoft 365: m365Capabilities and the trust they need."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api import CONTOSO, FABRIKAM, PARTNERS, Api

from entra_emulator.scenario import FOLDER, Scenario, to_world
from entra_emulator.state import World

PARTNER = f"{PARTNERS}/{FABRIKAM}"
CAPABILITIES = f"{PARTNER}/m365Capabilities"
DEFAULT = "/policies/crossTenantAccessPolicy/default/m365Capabilities"
TRUST = {"m365CollaborationInbound": {"users": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}}}
EVERYBODY = {"resourceId": "All", "resourceType": "user"}
BASIC = "crossTenantCalendarAvailabilityBasic"
LIMITED = "crossTenantCalendarAvailabilityLimitedDetails"
CARD = "crossTenantOpenProfileCard"


def capability(name: str, *included: dict[str, str], allowed: bool = True, excluded: tuple[dict[str, str], ...] = ()) -> dict[str, Any]:
    """The body that creates a capability; for everybody, unless told otherwise."""
    scopes = {"included": list(included or (EVERYBODY,)), "excluded": list(excluded)}
    return {"@odata.type": f"#microsoft.graph.{name}", "inboundAccess": {"isAllowed": allowed, "resourceScopes": scopes}}


def group(api: Api) -> dict[str, str]:
    """Some group of the tenant as a scope."""
    return {"resourceId": str(api.get("/groups?$top=1", "contoso-admin")["value"][0]["id"]), "resourceType": "group"}


@pytest.fixture
def partner(api: Api) -> Api:
    api.ok("POST", PARTNERS, {"tenantId": FABRIKAM, **TRUST})
    return api


@pytest.mark.fact("F200", "The trust can come with the creation of a partner, is kept by a PATCH of others, and is replaced as a whole")
def test_the_trust_is_a_member_of_the_partner(partner: Api) -> None:
    assert (
        partner.get(f"{PARTNER}?$select=tenantId,m365CollaborationInbound")["m365CollaborationInbound"] == TRUST["m365CollaborationInbound"]
    )
    assert partner.send("PATCH", PARTNER, {"inboundTrust": {"isMfaAccepted": True}}).status_code == 204
    assert partner.get(PARTNER)["m365CollaborationInbound"] == TRUST["m365CollaborationInbound"]
    blocked = {"users": {"accessType": "blocked", "targets": [{"target": "AllUsers", "targetType": "user"}]}}
    assert partner.send("PATCH", PARTNER, {"m365CollaborationInbound": blocked}).status_code == 204
    assert partner.get(PARTNER)["m365CollaborationInbound"] == blocked
    partner.refused(400, "Request_BadRequest", "PATCH", PARTNER, {"m365CollaborationInbound": {"usersAndGroups": {}}})
    partner.refused(400, "Request_BadRequest", "PATCH", PARTNER, {"m365CollaborationInbound": {"users": {"accessType": "Allowed"}}})


@pytest.mark.fact("F201", "A capability is created (201), listed with its type, read, updated (204) and deleted (204) by its name")
@pytest.mark.parametrize("version", ["v1.0", "beta"])
def test_the_life_of_a_capability(partner: Api, version: str) -> None:
    made = partner.send("POST", CAPABILITIES, capability(BASIC), version=version)
    assert made.status_code == 201
    shown = made.json()
    assert shown["@odata.type"] == f"#microsoft.graph.{BASIC}" and shown["name"] == BASIC
    assert shown["inboundAccess"] == {"isAllowed": True, "resourceScopes": {"included": [EVERYBODY], "excluded": []}}
    partner.ok("POST", CAPABILITIES, capability(CARD, group(partner), excluded=(group(partner),)), version=version)
    listed = partner.get(CAPABILITIES, version=version)["value"]
    assert [item["@odata.type"] for item in listed] == [f"#microsoft.graph.{BASIC}", f"#microsoft.graph.{CARD}"]
    assert all(set(item) == {"@odata.type", "name", "lastModifiedDateTime", "inboundAccess"} for item in listed)
    assert partner.get(f"{CAPABILITIES}/{CARD}", version=version)["inboundAccess"]["resourceScopes"]["excluded"] == [group(partner)]
    off = {"inboundAccess": {"isAllowed": False}}
    assert partner.send("PATCH", f"{CAPABILITIES}/{BASIC}", off, version=version).status_code == 204
    assert partner.get(f"{CAPABILITIES}/{BASIC}", version=version)["inboundAccess"]["isAllowed"] is False
    assert partner.send("DELETE", f"{CAPABILITIES}/{BASIC}", version=version).status_code == 204
    assert [item["name"] for item in partner.get(CAPABILITIES, version=version)["value"]] == [CARD]
    for method, body in (("GET", None), ("PATCH", off), ("DELETE", None)):
        partner.refused(404, "Request_ResourceNotFound", method, f"{CAPABILITIES}/{BASIC}", body, version=version)


@pytest.mark.fact("F201", "Collections take $select, $filter by name and $count; a member keeps its type")
def test_query_options(partner: Api) -> None:
    for name in (CARD, BASIC):
        partner.ok("POST", CAPABILITIES, capability(name))
    (only,) = partner.get(f"{CAPABILITIES}?$select=name&$filter=name eq '{CARD}'")["value"]
    assert only == {"@odata.type": f"#microsoft.graph.{CARD}", "name": CARD}
    assert partner.send("GET", f"{CAPABILITIES}/$count").text == "2"
    assert partner.get(f"{CAPABILITIES}?$top=1")["@odata.nextLink"]


@pytest.mark.fact("F201", "A second capability of one type is 409 Request_MultipleObjectsWithSameKeyValue")
def test_a_type_exists_once(partner: Api) -> None:
    partner.ok("POST", CAPABILITIES, capability(BASIC))
    partner.refused(409, "Request_MultipleObjectsWithSameKeyValue", "POST", CAPABILITIES, capability(BASIC, allowed=False))


@pytest.mark.fact("F201", "@odata.type and inboundAccess are required; unknown types, members and values are refused")
@pytest.mark.parametrize(
    "change",
    [
        {"@odata.type": None},
        {"@odata.type": "#microsoft.graph.m365CapabilityBase"},
        {"@odata.type": "#microsoft.graph.crossTenantTeleportation"},
        {"inboundAccess": None},
        {"name": "something else"},
        {"outboundAccess": {"isAllowed": True}},
        {"inboundAccess": {"isAllowed": "true"}},
        {"inboundAccess": {"allowed": True}},
        {"inboundAccess": {"isAllowed": True, "resourceScopes": {"included": [{"resourceId": "All", "resourceType": "users"}]}}},
        {"inboundAccess": {"isAllowed": True, "resourceScopes": {"included": {"resourceId": "All", "resourceType": "user"}}}},
    ],
    ids=json.dumps,
)
def test_what_is_no_capability_is_refused(partner: Api, change: dict[str, Any]) -> None:
    body = {name: value for name, value in {**capability(BASIC), **change}.items() if value is not None}
    partner.refused(400, "Request_BadRequest", "POST", CAPABILITIES, body)


@pytest.mark.fact("F203", "A scope is everybody (All of type user), or an object of the tenant by id")
@pytest.mark.parametrize(
    "scope",
    [
        {"resourceId": "All", "resourceType": "group"},
        {"resourceId": "Sales", "resourceType": "group"},
        {"resourceId": "", "resourceType": "user"},
        {"resourceId": "00000000-0000-4000-8000-000000000000", "resourceType": "group"},
    ],
)
def test_a_scope_is_an_object(partner: Api, scope: dict[str, str]) -> None:
    partner.refused(400, "Request_BadRequest", "POST", CAPABILITIES, capability(BASIC, scope))
    partner.ok("POST", CAPABILITIES, capability(BASIC))
    body = {"inboundAccess": capability(BASIC, scope)["inboundAccess"]}
    partner.refused(400, "Request_BadRequest", "PATCH", f"{CAPABILITIES}/{BASIC}", body)


@pytest.mark.fact("F202", "PATCH keeps what is not sent; inside inboundAccess too, or not (switch capability_update)")
@pytest.mark.parametrize(("rule", "kept"), [("merge", True), ("replace", False)])
def test_what_a_patch_keeps(partner: Api, rule: str, kept: bool) -> None:
    partner.set(capability_update=rule)
    scope = group(partner)
    partner.ok("POST", CAPABILITIES, capability(BASIC, scope))
    partner.ok("PATCH", f"{CAPABILITIES}/{BASIC}", {"inboundAccess": {"isAllowed": False}})
    assert partner.get(f"{CAPABILITIES}/{BASIC}")["inboundAccess"]["resourceScopes"]["included"] == ([scope] if kept else [])
    partner.ok("PATCH", f"{CAPABILITIES}/{BASIC}", {})
    assert partner.get(f"{CAPABILITIES}/{BASIC}")["inboundAccess"]["isAllowed"] is False


@pytest.mark.fact("F202", "The type of a capability does not change")
def test_the_type_of_a_capability_stays(partner: Api) -> None:
    partner.ok("POST", CAPABILITIES, capability(BASIC))
    partner.refused(400, "Request_BadRequest", "PATCH", f"{CAPABILITIES}/{BASIC}", capability(LIMITED))
    partner.refused(400, "Request_BadRequest", "PATCH", f"{CAPABILITIES}/{BASIC}", {"name": LIMITED})


@pytest.mark.fact("F201", "The entry of the partner has to exist")
def test_a_partner_without_an_entry_has_no_capabilities(api: Api) -> None:
    for method, path, body in (
        ("GET", CAPABILITIES, None),
        ("POST", CAPABILITIES, capability(BASIC)),
        ("GET", f"{CAPABILITIES}/{BASIC}", None),
    ):
        api.refused(404, "Request_ResourceNotFound", method, path, body)


@pytest.mark.fact("F201", "Capabilities go with the entry of the partner")
def test_capabilities_go_with_the_partner(partner: Api) -> None:
    partner.ok("POST", CAPABILITIES, capability(BASIC))
    partner.ok("DELETE", PARTNER)
    partner.ok("POST", PARTNERS, {"tenantId": FABRIKAM, **TRUST})
    assert partner.get(CAPABILITIES)["value"] == []


@pytest.mark.fact("F204", "A capability of a partner without the trust is refused, or accepted (switch capability_without_trust)")
def test_the_trust_comes_first(api: Api) -> None:
    api.ok("POST", PARTNERS, {"tenantId": FABRIKAM})
    assert "trust" in api.refused(400, "Request_BadRequest", "POST", CAPABILITIES, capability(BASIC))["message"]
    api.set(capability_without_trust="accepted")
    api.ok("POST", CAPABILITIES, capability(BASIC))


@pytest.mark.fact("F205", "The default policy has anonymous calendar sharing, a partner has mailbox migration")
def test_the_default_policy(partner: Api) -> None:
    assert partner.get(DEFAULT)["value"] == []
    for name in (BASIC, "anonymousCalendarSharingFreeBusySimple"):
        assert partner.send("POST", DEFAULT, capability(name)).status_code == 201
    assert [item["name"] for item in partner.get(DEFAULT)["value"]] == ["anonymousCalendarSharingFreeBusySimple", BASIC]
    partner.ok("PATCH", f"{DEFAULT}/{BASIC}", {"inboundAccess": {"isAllowed": False}})
    partner.ok("DELETE", f"{DEFAULT}/{BASIC}")
    partner.refused(400, "Request_BadRequest", "POST", DEFAULT, capability("crossTenantMigration"))
    partner.refused(400, "Request_BadRequest", "POST", CAPABILITIES, capability("anonymousCalendarSharingFreeBusySimple"))
    partner.ok("POST", CAPABILITIES, capability("crossTenantMigration"))


@pytest.mark.fact("F205", "Two levels of one feature can be allowed at once")
def test_two_levels_at_once(partner: Api) -> None:
    for name in (BASIC, LIMITED):
        partner.ok("POST", CAPABILITIES, capability(name))
    assert all(item["inboundAccess"]["isAllowed"] for item in partner.get(CAPABILITIES)["value"])


@pytest.mark.fact("F206", "Reading takes Policy.Read.All or Policy.ReadWrite.CrossTenantCapability, writing the latter")
@pytest.mark.parametrize(
    ("permission", "reads", "writes"),
    [
        ("Policy.Read.All", True, False),
        ("Policy.ReadWrite.CrossTenantCapability", True, True),
        ("Policy.ReadWrite.CrossTenantAccess", False, False),
    ],
)
@pytest.mark.parametrize("path", [CAPABILITIES, DEFAULT])
def test_permissions(partner: Api, permission: str, reads: bool, writes: bool, path: str) -> None:
    partner.ok("POST", path, capability(CARD))
    for registration in partner.service.world.tenants[CONTOSO].registrations.values():
        registration.roles = [permission]
    partner.tokens.clear()
    assert partner.send("GET", path).status_code == (200 if reads else 403)
    assert partner.send("GET", f"{path}/{CARD}").status_code == (200 if reads else 403)
    assert partner.send("POST", path, capability(BASIC)).status_code == (201 if writes else 403)
    assert partner.send("PATCH", f"{path}/{CARD}", {"inboundAccess": {"isAllowed": False}}).status_code == (204 if writes else 403)
    assert partner.send("DELETE", f"{path}/{CARD}").status_code == (204 if writes else 403)


@pytest.mark.fact("F207", "A version without capabilities answers 400, as for every unknown segment (switch m365_capabilities)")
@pytest.mark.parametrize(("where", "served"), [("available", ("v1.0", "beta")), ("beta_only", ("beta",)), ("absent", ())])
@pytest.mark.parametrize("path", [CAPABILITIES, f"{CAPABILITIES}/{BASIC}", DEFAULT])
def test_where_capabilities_are_not(partner: Api, where: str, served: tuple[str, ...], path: str) -> None:
    partner.ok("POST", CAPABILITIES, capability(BASIC))
    partner.set(m365_capabilities=where)
    for version in ("v1.0", "beta"):
        if version in served:
            partner.get(path, version=version)
            continue
        error = partner.refused(400, "BadRequest", "GET", path, version=version)
        assert error["message"] == "Resource not found for the segment 'm365Capabilities'."


@pytest.mark.fact("F14", "A capability is seen late: in the list, by name, and by the check for duplicates")
def test_capabilities_lag(partner: Api) -> None:
    partner.set(lag={"partner": 1})
    partner.ok("POST", CAPABILITIES, capability(BASIC))
    assert partner.get(CAPABILITIES)["value"] == []
    assert len(partner.get(CAPABILITIES)["value"]) == 1
    partner.ok("PATCH", f"{CAPABILITIES}/{BASIC}", {"inboundAccess": {"isAllowed": False}})
    assert partner.get(f"{CAPABILITIES}/{BASIC}")["inboundAccess"]["isAllowed"] is True
    assert partner.get(f"{CAPABILITIES}/{BASIC}")["inboundAccess"]["isAllowed"] is False
    partner.ok("DELETE", f"{CAPABILITIES}/{BASIC}")
    partner.refused(409, "Request_MultipleObjectsWithSameKeyValue", "POST", CAPABILITIES, capability(BASIC))


@pytest.mark.fact("F208", "A change of a capability is an entry of the audit log about the partner's settings, or about the default's")
def test_changes_are_audited(partner: Api) -> None:
    partner.ok("POST", CAPABILITIES, capability(BASIC))
    partner.ok("POST", DEFAULT, capability(CARD))
    partner.ok("DELETE", f"{CAPABILITIES}/{BASIC}")
    *_before, made, default, removed = partner.service.world.tenants[CONTOSO].audit_log
    assert made["activityDisplayName"] == removed["activityDisplayName"] == "Update a partner cross-tenant access setting"
    assert default["activityDisplayName"] == "Update the company default cross-tenant access setting"
    (_partner, change) = made["targetResources"][0]["modifiedProperties"]
    assert change["displayName"] == BASIC and change["oldValue"] is None and json.loads(change["newValue"])["isAllowed"] is True
    (_partner, change) = removed["targetResources"][0]["modifiedProperties"]
    assert change["newValue"] is None


@pytest.mark.fact("F201", "Capabilities can be read and written in a batch")
def test_capabilities_in_a_batch(partner: Api) -> None:
    headers = {"Content-Type": "application/json"}
    requests = [
        {"id": "1", "method": "POST", "url": CAPABILITIES, "body": capability(BASIC), "headers": headers},
        {"id": "2", "method": "GET", "url": CAPABILITIES, "dependsOn": ["1"]},
    ]
    answers = {item["id"]: item for item in partner.ok("POST", "/$batch", {"requests": requests})["responses"]}
    assert answers["1"]["status"] == 201
    assert [item["name"] for item in answers["2"]["body"]["value"]] == [BASIC]


def test_reading_changes_nothing(partner: Api) -> None:
    """Not even of tenants and applications that have nothing yet: a run in check mode leaves the state byte for byte as it was."""
    principal = partner.configuration()["servicePrincipal"]["id"]
    before = partner.http.get("/emulator/state").json()["tenants"]
    for path in (CAPABILITIES, DEFAULT, f"/servicePrincipals/{principal}/appRoleAssignedTo"):
        partner.get(path)
    partner.refused(404, "Request_ResourceNotFound", "GET", f"{CAPABILITIES}/{BASIC}")
    assert partner.http.get("/emulator/state").json()["tenants"] == before


def test_the_state_is_taken_and_given_back(partner: Api) -> None:
    partner.ok("POST", CAPABILITIES, capability(BASIC))
    partner.ok("POST", DEFAULT, capability(CARD))
    state = partner.http.get("/emulator/state").json()
    policy = World.model_validate(state).tenants[CONTOSO].access_policy
    assert set(policy.capabilities[FABRIKAM]) == {BASIC} and set(policy.default_capabilities) == {CARD}
    assert partner.http.put("/emulator/state", json=state).status_code == 204
    assert [item["name"] for item in partner.get(CAPABILITIES)["value"]] == [BASIC]


def test_the_page_shows_what_is_shared(partner: Api) -> None:
    partner.ok("POST", CAPABILITIES, capability(BASIC))
    partner.ok("POST", CAPABILITIES, capability(CARD, group(partner), allowed=False))
    page = partner.http.get("/").text
    assert f"{BASIC}: everybody" in page and f"{CARD}: not allowed" in page


def test_a_scenario_can_begin_with_shared_calendars() -> None:
    """In its history, like everything that somebody has set by requests."""
    scenario = json.loads((FOLDER / "contoso-fabrikam.json").read_text(encoding="utf-8"))
    scenario["history"] = [
        {"request": {"tenant": CONTOSO, "method": "POST", "path": PARTNERS, "body": {"tenantId": FABRIKAM, **TRUST}}},
        {"request": {"tenant": CONTOSO, "method": "POST", "path": CAPABILITIES, "body": capability(BASIC)}},
    ]
    policy = to_world(Scenario.model_validate(scenario)).tenants[CONTOSO].access_policy
    assert list(policy.capabilities[FABRIKAM]) == [BASIC]
