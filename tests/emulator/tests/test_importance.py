# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directory roles, owned objects, licences and mailboxes (facts F159 to F164)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from api import ACCOUNTS, FABRIKAM, Api

from entra_emulator.scenario import FOLDER, ScenarioError, load_scenario
from entra_emulator.state import Registration

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
ROLES = "/roleManagement/directory"
PEOPLE = ["mina.yeo@fabrikam.kr", "sangwoo.ma@fabrikam.kr"]


def scenario(changes: dict[str, Any] | None = None, licences: list[str] | None = None) -> dict[str, Any]:
    """The shipped scenario, in which Fabrikam has users who matter."""
    found: dict[str, Any] = json.loads((FOLDER / "contoso-fabrikam.json").read_text(encoding="utf-8"))
    fabrikam = found["tenants"][1]
    plans = {"SPE_E5": ["EXCHANGE_S_ENTERPRISE", "AAD_PREMIUM_P2"], "AAD_PREMIUM": ["AAD_PREMIUM", "EXCHANGE_S_FOUNDATION"]}
    bought = ["SPE_E5", "AAD_PREMIUM"] if licences is None else licences
    fabrikam["licences"] = [{"sku": sku, "service_plans": plans[sku], "enabled": 9} for sku in bought]
    mina = next(person for person in fabrikam["people"] if person["userPrincipalName"] == PEOPLE[0])
    mina |= {"directory_roles": ["Global Administrator"], "eligible_roles": ["User Administrator"], "owned_applications": ["Payroll"]}
    mina |= {"licences": bought, "exchange_licensed": True} | (changes or {})
    fabrikam["groups"].append(
        {
            "displayName": "Helpdesk",
            "isAssignableToRole": True,
            "members": [PEOPLE[1]],
            "owners": [PEOPLE[0]],
            "directory_roles": ["Helpdesk Administrator"],
            "eligible_roles": ["Board Secretary"],
        }
    )
    return found


@pytest.fixture
def fabrikam(tmp_path: Path) -> Api:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(scenario()), encoding="utf-8")
    return permitted(Api(scenario=str(path)), "User.Read.All", "Group.Read.All", "Application.Read.All", "RoleManagement.Read.Directory")


def permitted(api: Api, *permissions: str) -> Api:
    """The account has these permissions and no other ones."""
    registration: Registration = api.service.world.tenants[FABRIKAM].registrations[ACCOUNTS["fabrikam"][1]]
    registration.roles = list(permissions)
    api.tokens.pop("fabrikam", None)
    return api


def values(api: Api, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(path, "fabrikam")["value"]
    return found


@pytest.mark.fact("F159", "Active assignments of users, groups and applications are listed, with the principal or the role, one of them")
def test_holders_of_roles(fabrikam: Api) -> None:
    """F159: what is expanded shows the type."""
    rows = values(fabrikam, f"{ROLES}/roleAssignments?$expand=principal")
    shown = {(row["principal"]["@odata.type"], row["principal"]["displayName"], row["roleDefinitionId"]) for row in rows}
    assert ("#microsoft.graph.user", "Yeo Mina", GLOBAL_ADMINISTRATOR) in shown
    assert ("#microsoft.graph.group", "Helpdesk", "729827e3-9c14-49f7-bb1b-9608f156bbb8") in shown
    named = {row["roleDefinition"]["displayName"] for row in values(fabrikam, f"{ROLES}/roleAssignments?$expand=roleDefinition")}
    assert {"Global Administrator", "Helpdesk Administrator"} <= named
    fabrikam.refused(400, "BadRequest", "GET", f"{ROLES}/roleAssignments?$expand=nonsense", account="fabrikam")
    fabrikam.refused(400, "Request_BadRequest", "GET", f"{ROLES}/roleAssignments?$top=5", account="fabrikam")


@pytest.mark.fact("F159", "principalId and roleDefinitionId are filtered with eq and in")
@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"roleDefinitionId eq '{GLOBAL_ADMINISTRATOR}'", 1),
        (f"roleDefinitionId in ('{GLOBAL_ADMINISTRATOR}','729827e3-9c14-49f7-bb1b-9608f156bbb8')", 2),
        ("principalId eq '{mina}'", 1),
        ("principalId in ('{mina}')", 1),
        ("principalId eq 'x'", 0),
    ],
)
def test_filters_of_role_assignments(fabrikam: Api, text: str, count: int) -> None:
    """F159: nothing but these operators is documented."""
    mina = fabrikam.user_id(PEOPLE[0], "fabrikam")
    assert len(values(fabrikam, f"{ROLES}/roleAssignments?$filter={text.format(mina=mina)}")) == count
    path = f"{ROLES}/roleAssignments?$filter=startswith(principalId,'a')"
    fabrikam.refused(400, "Request_UnsupportedQuery", "GET", path, account="fabrikam")


@pytest.mark.fact("F159", "A filter may be required (switch role_assignments_filter)")
def test_a_filter_may_be_required(fabrikam: Api) -> None:
    """F159: as older versions of the page say."""
    fabrikam.set(role_assignments_filter="required")
    fabrikam.refused(400, "Request_BadRequest", "GET", f"{ROLES}/roleAssignments", account="fabrikam")
    assert len(values(fabrikam, f"{ROLES}/roleAssignments?$filter=roleDefinitionId eq '{GLOBAL_ADMINISTRATOR}'")) == 1


@pytest.mark.fact("F159", "The names of roles are in roleDefinitions, those of own roles as well")
def test_names_of_roles(fabrikam: Api) -> None:
    """F159: one page holds them all."""
    names = {row["displayName"]: row["isBuiltIn"] for row in values(fabrikam, f"{ROLES}/roleDefinitions?$select=displayName,isBuiltIn")}
    assert names["Global Administrator"] and not names["Board Secretary"]


@pytest.mark.fact("F160", "Eligible roles of users and groups are listed apart")
def test_eligible_roles(fabrikam: Api) -> None:
    """F160: nobody who is active is here."""
    rows = values(fabrikam, f"{ROLES}/roleEligibilityScheduleInstances?$expand=principal")
    assert [(row["principal"]["displayName"], row["memberType"]) for row in rows] == [("Yeo Mina", "Direct"), ("Helpdesk", "Direct")]
    mina = fabrikam.user_id(PEOPLE[0], "fabrikam")
    assert len(values(fabrikam, f"{ROLES}/roleEligibilityScheduleInstances?$filter=principalId eq '{mina}'")) == 1
    path = f"{ROLES}/roleEligibilityScheduleInstances?$filter=principalId in ('{mina}')"
    fabrikam.refused(400, "Request_UnsupportedQuery", "GET", path, account="fabrikam")


@pytest.mark.fact("F160", "Without the licence it is 400 AadPremiumLicenseRequired")
def test_eligible_roles_need_a_licence(tmp_path: Path) -> None:
    """F160: P1 is not enough."""
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(scenario(licences=["AAD_PREMIUM"])), encoding="utf-8")
    api = permitted(Api(scenario=str(path)), "RoleManagement.Read.Directory")
    api.refused(400, "AadPremiumLicenseRequired", "GET", f"{ROLES}/roleEligibilityScheduleInstances", account="fabrikam")


@pytest.mark.fact("F159", "Roles need a permission of their own")
@pytest.mark.fact("F160", "RoleEligibilitySchedule.Read.Directory reads eligible roles only")
@pytest.mark.parametrize(
    ("permission", "active", "eligible"),
    [
        ("User.Read.All", False, False),
        ("RoleManagement.Read.Directory", True, True),
        ("Directory.Read.All", True, False),
        ("RoleEligibilitySchedule.Read.Directory", False, True),
    ],
)
def test_permissions_for_roles(fabrikam: Api, permission: str, active: bool, eligible: bool) -> None:
    """F159, F160: four tables of the documentation."""
    permitted(fabrikam, permission)
    for path, allowed in (("roleAssignments", active), ("roleDefinitions", active), ("roleEligibilityScheduleInstances", eligible)):
        assert fabrikam.send("GET", f"{ROLES}/{path}", account="fabrikam").status_code == (200 if allowed else 403), path


@pytest.mark.fact("F162", "Groups and applications that a user owns are listed, and expanded on users")
def test_owned_objects(fabrikam: Api) -> None:
    """F162: with the types."""
    mina = fabrikam.user_id(PEOPLE[0], "fabrikam")
    wanted = [("#microsoft.graph.group", "Helpdesk"), ("#microsoft.graph.application", "Payroll")]
    assert [
        (row["@odata.type"], row["displayName"]) for row in values(fabrikam, f"/users/{mina}/ownedObjects?$select=id,displayName")
    ] == wanted
    (user,) = values(fabrikam, f"/users?$filter=id in ('{mina}')&$select=userPrincipalName&$expand=ownedObjects")
    assert [(row["@odata.type"], row["displayName"]) for row in user.pop("ownedObjects")] == wanted
    assert user == {"userPrincipalName": PEOPLE[0]}
    others = values(fabrikam, "/users?$select=id&$expand=ownedObjects&$top=999")
    assert [one["id"] for one in others if one["ownedObjects"]] == [mina]
    fabrikam.refused(400, "Request_BadRequest", "GET", "/users?$expand=events", account="fabrikam")


@pytest.mark.fact("F162", "$expand shows 20 objects, and is not for advanced queries")
def test_limits_of_expand(fabrikam: Api) -> None:
    """F162: there is no next page of what is expanded."""
    tenant, mina = fabrikam.service.world.tenants[FABRIKAM], fabrikam.user_id(PEOPLE[0], "fabrikam")
    for number in range(25):
        tenant.groups[str(number)] = {"id": str(number), "displayName": f"Group {number}"}
        tenant.owners[str(number)] = [mina]
    (user,) = values(fabrikam, f"/users?$filter=id eq '{mina}'&$expand=ownedObjects")
    assert len(user["ownedObjects"]) == 20
    assert len(values(fabrikam, f"/users/{mina}/ownedObjects")) == 27
    path = "/users?$filter=endsWith(mail,'x')&$count=true&$expand=ownedObjects"
    fabrikam.refused(400, "Request_UnsupportedQuery", "GET", path, account="fabrikam", ConsistencyLevel="eventual")


@pytest.mark.fact("F162", "Owned objects need more than User.ReadBasic.All")
def test_permissions_for_owned_objects(fabrikam: Api) -> None:
    """F162: the users themselves are readable."""
    permitted(fabrikam, "User.ReadBasic.All")
    mina = fabrikam.user_id(PEOPLE[0], "fabrikam")
    for path in (f"/users/{mina}/ownedObjects", "/users?$expand=ownedObjects"):
        fabrikam.refused(403, "Authorization_RequestDenied", "GET", path, account="fabrikam")


@pytest.mark.fact("F161", "Of an object of a type that must not be read, type and id are shown")
def test_limited_information(fabrikam: Api) -> None:
    """F161: in owned objects, and in the principals of roles."""
    permitted(fabrikam, "User.Read.All", "RoleManagement.Read.Directory")
    mina = fabrikam.user_id(PEOPLE[0], "fabrikam")
    (user,) = values(fabrikam, f"/users?$filter=id eq '{mina}'&$expand=ownedObjects")
    rows = [row["principal"] for row in values(fabrikam, f"{ROLES}/roleAssignments?$expand=principal")]
    for row in (*user["ownedObjects"], *(row for row in rows if row["@odata.type"].endswith("group"))):
        assert row["id"] and row["displayName"] is None and {row[name] for name in row if name not in ("id", "@odata.type")} == {None}
    assert "Yeo Mina" in [row["displayName"] for row in rows]


@pytest.mark.fact("F163", "Licences and plans of users are returned on $select, empty for those without")
def test_licences_and_plans(fabrikam: Api) -> None:
    """F163: names are in the tenant's licences."""
    fabrikam.service.world.tenants[FABRIKAM].registrations[ACCOUNTS["fabrikam"][1]].roles += ["LicenseAssignment.Read.All"]
    fabrikam.tokens.clear()
    mina, sangwoo = (fabrikam.get(f"/users/{name}?$select=assignedLicenses,assignedPlans", "fabrikam") for name in PEOPLE)
    names = {row["skuId"]: row["skuPartNumber"] for row in values(fabrikam, "/subscribedSkus?$select=skuId,skuPartNumber")}
    assert [names[licence["skuId"]] for licence in mina["assignedLicenses"]] == ["SPE_E5", "AAD_PREMIUM"]
    exchange = [plan["servicePlanId"] for plan in mina["assignedPlans"] if plan["service"] == "exchange"]
    assert "113feb6c-3fe4-4440-bddc-54d774bf0318" in exchange and len(exchange) == 3
    assert (sangwoo["assignedLicenses"], sangwoo["assignedPlans"]) == ([], [])
    assert "assignedLicenses" not in fabrikam.get(f"/users/{PEOPLE[0]}", "fabrikam")


@pytest.mark.fact("F164", "Roles are given to role-assignable groups only")
def test_groups_with_roles(tmp_path: Path) -> None:
    """F164: a scenario with another group is refused, and one with unknown owners or licences as well."""
    for message, change in (
        ("needs isAssignableToRole", {"isAssignableToRole": None}),
        ("the owner nobody@fabrikam.kr is not in this tenant", {"owners": ["nobody@fabrikam.kr"]}),
    ):
        found = scenario()
        found["tenants"][1]["groups"][-1] |= change
        path = tmp_path / "scenario.json"
        path.write_text(json.dumps(found), encoding="utf-8")
        with pytest.raises(ScenarioError, match=message):
            load_scenario(str(path))
    path.write_text(json.dumps(scenario({"licences": ["NONE"]})), encoding="utf-8")
    with pytest.raises(ScenarioError, match="the tenant has no licence NONE"):
        load_scenario(str(path))
