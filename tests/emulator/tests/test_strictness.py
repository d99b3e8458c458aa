# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the directory refuses, and the forms in which it takes paths (facts F280 to F291)."""

from __future__ import annotations

from typing import Any

import pytest
from api import CONTOSO, Api

ADMIN = "contoso-admin"
DEFAULT = "/policies/crossTenantAccessPolicy/default"


def group_id(api: Api, name: str = "Sales") -> str:
    found = api.get(f"/groups?$filter=startswith(displayName,'{name}')&$select=id", ADMIN)["value"]
    return str(found[0]["id"])


@pytest.mark.fact("F291", "A filter, and each operand in it, is a comparison or a function")
def test_a_filter_is_a_condition(api: Api) -> None:
    """F291: a property or a value alone never answers everybody."""
    for text in ("department", "'Sales'", "true", "accountEnabled", "not department", "department eq 'Sales' or department"):
        error = api.refused(400, "BadRequest", "GET", f"/users?$filter={text}&$count=true", ConsistencyLevel="eventual")
        assert "single boolean value" in error["message"], text


@pytest.mark.fact("F280", "A basic query takes 15 clauses, or 15 values after in, and an advanced one more")
@pytest.mark.parametrize(
    ("form", "joint"),
    [("displayName eq '{}'", " or "), ("startswith(mail,'{}')", " or "), ("displayName in ({})", ",")],
    ids=["eq", "startswith", "in"],
)
def test_how_many_clauses_a_filter_takes(api: Api, form: str, joint: str) -> None:
    """F280: also as a part of another condition."""

    def clauses(count: int) -> str:
        if joint == ",":
            return form.format(joint.join(f"'n{number}'" for number in range(count)))
        return joint.join(form.format(f"n{number}") for number in range(count))

    api.get(f"/users?$filter={clauses(15)}")
    for text in (clauses(16), f"accountEnabled eq true and ({clauses(16)})"):
        error = api.refused(400, "Request_UnsupportedQuery", "GET", f"/users?$filter={text}")
        assert error["message"].endswith("'OR' operators: 16. Max allowed: 15")
    api.get(f"/users?$filter={clauses(16)}&$count=true", ConsistencyLevel="eventual")


@pytest.mark.fact("F281", "Keys in parentheses and short casts are other forms of the same paths")
def test_forms_of_paths(api: Api) -> None:
    """F281: every form has the same answer."""
    user, group = api.get("/users/minsu.kim@contoso.kr"), group_id(api)
    for path in (f"/users('{user['id']}')", f"/users({user['id']})", "/users('minsu.kim@contoso.kr')"):
        assert api.get(path) == user, path
    assert api.get("/users('o''brien.sean@contoso.kr')")["surname"] == "O'Brien"
    members = api.get(f"/groups/{group}/members/microsoft.graph.user", ADMIN)
    for path in (f"/groups/{group}/members/graph.user", f"/groups('{group}')/members/graph.user"):
        assert api.get(path, ADMIN) == members, path
    item = {"id": "1", "method": "GET", "url": f"/groups('{group}')/members/graph.user"}
    (answer,) = api.ok("POST", "/$batch", {"requests": [item]}, ADMIN)["responses"]
    assert answer["body"]["value"] == members["value"]


WRONG_VALUES: list[tuple[str, str, Any]] = [
    ("users", "accountEnabled", "no"),
    ("users", "accountEnabled", 1),
    ("users", "department", 5),
    ("users", "department", ["Sales"]),
    ("users", "businessPhones", "+82 2 555"),
    ("users", "businessPhones", ["1", "2"]),
    ("users", "otherMails", [5]),
    ("users", "showInAddressList", "true"),
    ("users", "userType", "Owner"),
    ("users", "displayName", None),
    ("users", "userPrincipalName", None),
    ("users", "employeeHireDate", "yesterday"),
    ("users", "employeeOrgData", "Sales"),
    ("groups", "securityEnabled", "yes"),
    ("groups", "groupTypes", ["Secure"]),
    ("groups", "displayName", 7),
    ("groups", "displayName", None),
    ("groups", "members@odata.bind", "x"),
]


@pytest.mark.fact("F282", "A value of another type is refused, and nothing is stored")
@pytest.mark.parametrize(("kind", "name", "value"), WRONG_VALUES)
def test_values_have_types(api: Api, kind: str, name: str, value: Any) -> None:
    """F282: the answer names the property."""
    path = f"/{kind}/{api.user_id('minsu.kim@contoso.kr') if kind == 'users' else group_id(api)}"
    before = api.get(path, ADMIN)
    error = api.refused(400, "Request_BadRequest", "PATCH", path, {name: value, "description" if kind == "groups" else "city": "x"}, ADMIN)
    assert f"'{name}" in error["message"]
    assert api.get(path, ADMIN) == before


CONFIGURATION_VALUES: list[tuple[str, str, Any]] = [
    *[("applications", name, 5) for name in ("displayName", "description", "notes", "serviceManagementReference", "signInAudience")],
    *[("applications", name, "x") for name in ("tags", "identifierUris", "web", "api")],
    ("applications", "tags", [5]),
    ("applications", "signInAudience", "Everybody"),
    ("applications", "web", {"homePageUrl": 5}),
    ("applications", "web", {"homePage": "x"}),
    ("applications", "api", {"requestedAccessTokenVersion": "2"}),
    ("applications", "owners@odata.bind", ["x"]),
    *[("servicePrincipals", name, 5) for name in ("displayName", "description", "notes", "loginUrl", "tags", "accountEnabled")],
    ("servicePrincipals", "accountEnabled", "no"),
    ("servicePrincipals", "appRoleAssignmentRequired", 1),
    ("servicePrincipals", "notificationEmailAddresses", "a@contoso.kr"),
    ("authorizationPolicy", "allowInvitesFrom", "nobody"),
    ("authorizationPolicy", "allowedToUseSSPR", "yes"),
    ("authorizationPolicy", "guestUserRoleId", "guest"),
    ("authorizationPolicy", "defaultUserRolePermissions", {"allowedToCreateApp": True}),
]


@pytest.mark.fact("F282", "The same of applications, service principals and the authorization policy")
def test_values_of_configurations_have_types(api: Api) -> None:
    """F282: nothing is stored of a request with a wrong value."""
    sp_id, _job, _role = api.job()
    paths = {
        "applications": f"/applications/{api.get('/applications?$select=id')['value'][0]['id']}",
        "servicePrincipals": f"/servicePrincipals/{sp_id}",
        "authorizationPolicy": "/policies/authorizationPolicy",
    }
    accounts = {"authorizationPolicy": "fabrikam-admin"}
    before = {kind: api.get(path, accounts.get(kind, "contoso")) for kind, path in paths.items()}
    for kind, name, value in CONFIGURATION_VALUES:
        account = accounts.get(kind, "contoso")
        error = api.refused(400, "Request_BadRequest", "PATCH", paths[kind], {"description": "x", name: value}, account)
        assert f"'{name}" in error["message"], (kind, name, value, error)
        assert api.get(paths[kind], account) == before[kind], (kind, name, value)


@pytest.mark.fact("F283", "What an operation does not bind is refused, and never ignored")
@pytest.mark.parametrize(
    ("method", "path", "relation"),
    [
        ("PATCH", "/groups/{group}", "owners"),
        ("PATCH", "/groups/{group}", "acceptedSenders"),
        ("PATCH", "/users/{user}", "manager"),
    ],
)
def test_bindings_that_nobody_knows(api: Api, method: str, path: str, relation: str) -> None:
    """F283: 204 would say that somebody was added."""
    user = api.user_id("minsu.kim@contoso.kr")
    address = path.format(group=group_id(api), user=user)
    body = {f"{relation}@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{user}"]}
    error = api.refused(400, "Request_BadRequest", method, address, body, ADMIN)
    assert f"{relation}@odata.bind" in error["message"]


@pytest.mark.fact("F283", "PATCH of a group adds members to those it has")
def test_members_are_added_by_patch(api: Api) -> None:
    """F283: all of them or nobody."""
    group, path = group_id(api), f"/groups/{group_id(api)}/members?$select=id"
    before = {item["id"] for item in api.get(path, ADMIN)["value"]}
    outside = [item["id"] for item in api.get("/users?$select=id&$top=100", ADMIN)["value"] if item["id"] not in before]

    def bind(ids: list[str]) -> dict[str, Any]:
        return {"members@odata.bind": [f"https://graph.microsoft.com/v1.0/directoryObjects/{one}" for one in ids]}

    api.ok("PATCH", f"/groups/{group}", bind(outside[:2]), ADMIN)
    assert {item["id"] for item in api.get(path, ADMIN)["value"]} == before | set(outside[:2])
    assert "already exist" in api.refused(400, "Request_BadRequest", "PATCH", f"/groups/{group}", bind(outside[1:3]), ADMIN)["message"]
    api.refused(404, "Request_ResourceNotFound", "PATCH", f"/groups/{group}", bind([outside[2], CONTOSO]), ADMIN)
    assert "20 references" in api.refused(400, "Request_BadRequest", "PATCH", f"/groups/{group}", bind(outside[2:3] * 21), ADMIN)["message"]
    assert {item["id"] for item in api.get(path, ADMIN)["value"]} == before | set(outside[:2])


@pytest.mark.fact("F285", "The default policy cannot redeem invitations automatically")
def test_the_default_policy_never_redeems(api: Api) -> None:
    """F285: the values that it has are accepted, as a read and write of the whole object sends them."""
    for name in ("inboundAllowed", "outboundAllowed"):
        settings = {"inboundAllowed": False, "outboundAllowed": False, name: True}
        error = api.refused(400, "Request_BadRequest", "PATCH", DEFAULT, {"automaticUserConsentSettings": settings})
        assert "read-only" in error["message"]
    api.ok("PATCH", DEFAULT, {"automaticUserConsentSettings": {"outboundAllowed": False}})
    assert api.get(DEFAULT)["automaticUserConsentSettings"] == {"inboundAllowed": False, "outboundAllowed": False}


@pytest.mark.fact("F284", "A restored configuration has its assignments, its connection and its job again")
@pytest.mark.parametrize("restored", ["application", "servicePrincipal"])
def test_a_restored_configuration_has_everything_again(api: Api, restored: str) -> None:
    """F284: and synchronizes again."""
    api.link_policies()
    sp_id, job, role = api.job()
    api.assign(sp_id, role, api.user_id("minsu.kim@contoso.kr"))
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    application = api.get(f"/applications(appId='{api.get(f'/servicePrincipals/{sp_id}')['appId']}')")["id"]
    seen = [f"/servicePrincipals/{sp_id}/appRoleAssignedTo", f"/servicePrincipals/{sp_id}/synchronization/secrets", f"{job}/schema"]
    before = [api.get(path) for path in seen]
    if restored == "application":
        api.ok("DELETE", f"/applications/{application}", account=ADMIN)
    else:
        api.ok("DELETE", f"/servicePrincipals/{sp_id}", account=ADMIN)
    api.refused(404, "Request_ResourceNotFound", "GET", f"/servicePrincipals/{sp_id}")
    api.advance("P2D")
    item = application if restored == "application" else sp_id
    shown = api.ok("POST", f"/directory/deletedItems/{item}/restore", account=ADMIN)
    assert not [name for name in shown if name.startswith("_")]
    assert [api.get(path) for path in seen] == before
    api.assign(sp_id, role, api.user_id("eunji.kwon@contoso.kr"))
    assert api.advance("PT1H")["cycles"]
    names = [user["userPrincipalName"] for user in api.get("/users?$top=999", "fabrikam")["value"]]
    assert any(name.startswith("eunji.kwon_contoso.kr#EXT#") for name in names)


def names(answer: dict[str, Any]) -> list[str]:
    return sorted(str(item["displayName"]) for item in answer["value"])


@pytest.mark.fact("F286", "The manager, the members and the owners are expanded, one relation a request, with selected properties")
def test_relations_are_expanded(api: Api) -> None:
    """F286: each shows what its own path shows."""
    user = api.user_id("minsu.kim@contoso.kr")
    manager = api.get(f"/users/{user}/manager?$select=id,displayName", ADMIN)
    expanded = api.get(f"/users/{user}?$select=displayName&$expand=manager($select=id,displayName)", ADMIN)
    assert expanded["displayName"] == "Kim Minsu"
    assert {name: expanded["manager"][name] for name in ("id", "displayName")} == {name: manager[name] for name in ("id", "displayName")}
    group = group_id(api)
    members = {item["id"] for item in api.get(f"/groups/{group}/members?$top=20", ADMIN)["value"]}
    assert {item["id"] for item in api.get(f"/groups/{group}?$expand=members", ADMIN)["members"]} == members
    listed = api.get("/groups?$select=displayName&$expand=members($select=id)", ADMIN)["value"]
    assert members in [{item["id"] for item in one["members"]} for one in listed]
    assert api.get(f"/groups/{group}?$expand=owners", ADMIN)["owners"] == api.get(f"/groups/{group}/owners", ADMIN)["value"]
    for text in ("members,owners", "events", "members($select=nonsense)", "members($top=3)"):
        error = api.send("GET", f"/groups/{group}?$expand={text}", account=ADMIN)
        assert error.status_code == 400, text


@pytest.mark.fact("F287", "$search finds words and beginnings, with ConsistencyLevel: eventual only")
@pytest.mark.parametrize(
    ("text", "filtered"),
    [
        ('"displayName:kim"', "startswith(displayName,'Kim')"),
        ('"mail:minsu"', "startswith(mail,'minsu')"),
        ('"displayName:kim" AND "mail:minsu"', "startswith(displayName,'Kim') and startswith(mail,'minsu')"),
        ('"mail:eunji" OR "mail:minsu"', "startswith(mail,'minsu') or startswith(mail,'eunji')"),
        ('("mail:eunji" OR "mail:minsu") AND "displayName:kim"', "startswith(mail,'minsu') and startswith(displayName,'Kim')"),
    ],
)
def test_searches(api: Api, text: str, filtered: str) -> None:
    """F287: the number of those found is that of $count."""
    found = api.get(f"/users?$search={text}&$count=true", ConsistencyLevel="eventual")
    assert names(found) == names(api.get(f"/users?$filter={filtered}"))
    assert found["value"]
    assert api.get(f"/users/$count?$search={text}", ConsistencyLevel="eventual") == found["@odata.count"]
    assert "ConsistencyLevel" in api.refused(400, "Request_UnsupportedQuery", "GET", f"/users?$search={text}")["message"]


@pytest.mark.parametrize("text", ["kim", '"kim"', '"displayName:kim', '("mail:minsu"', '"mail:a" AND', '"department:Sales"', "", ")"])
def test_what_is_no_search(api: Api, text: str) -> None:
    """A search that the service does not understand never answers everybody."""
    answer = api.send("GET", f"/users?$search={text}", ConsistencyLevel="eventual")
    assert answer.status_code == 400


@pytest.mark.fact("F288", "Assignments are read, made and taken back from the side of the user and of the group")
@pytest.mark.parametrize("kind", ["users", "groups"])
def test_assignments_of_a_principal(api: Api, kind: str) -> None:
    """F288: they are the same objects as those of the service principal."""
    sp_id, _job, role = api.job()
    holder = api.user_id("minsu.kim@contoso.kr") if kind == "users" else group_id(api)
    path = f"/{kind}/{holder}/appRoleAssignments"
    assert api.get(path, ADMIN)["value"] == []
    body = {"principalId": holder, "resourceId": sp_id, "appRoleId": role}
    made = api.ok("POST", path, body, ADMIN)
    assert [item["id"] for item in api.get(f"/servicePrincipals/{sp_id}/appRoleAssignedTo")["value"]] == [made["id"]]
    assert api.get(f"{path}/{made['id']}", ADMIN)["resourceId"] == sp_id
    api.refused(400, "Request_BadRequest", "POST", path, body, ADMIN)
    api.refused(400, "Request_BadRequest", "POST", path, {**body, "principalId": CONTOSO}, ADMIN)
    api.ok("DELETE", f"{path}/{made['id']}", account=ADMIN)
    api.refused(404, "Request_ResourceNotFound", "DELETE", f"{path}/{made['id']}", account=ADMIN)
    assert api.get(path, ADMIN)["value"] == []


@pytest.mark.fact("F289", "Lists of the synchronization service take $select, $top and $count, and schemas have directories")
def test_queries_of_the_synchronization_service(api: Api) -> None:
    """F289: the template's schema has the same sub-resources as the job's."""
    sp_id, job, _role = api.job()
    root = f"/servicePrincipals/{sp_id}/synchronization"
    (only,) = api.get(f"{root}/jobs?$select=id,schedule&$top=1&$count=true")["value"]
    assert set(only) == {"id", "schedule"}
    assert api.get(f"{root}/jobs/$count") == 1
    assert api.get(f"{root}/templates/$count") == 1
    assert api.get(f"{root}/secrets/$count") == 3
    api.refused(400, "BadRequest", "GET", f"{root}/jobs?$select=nonsense")
    for schema in (f"{job}/schema", f"{root}/templates/Azure2Azure/schema"):
        directories = api.get(f"{schema}/directories?$select=id,name")["value"]
        assert [set(one) for one in directories] == [{"id", "name"}] * 2
        assert api.get(f"{schema}/directories/$count") == 2
        assert api.get(f"{schema}/directories/{directories[0]['id']}")["name"] == directories[0]["name"]
        assert api.get(f"{schema}?$select=version").keys() == {"@odata.context", "version"}
        assert len(api.get(f"{schema}/functions()?$top=5")["value"]) == 5
        assert api.ok("POST", f"{schema}/parseExpression", {"expression": "[mail]"})["parsingSucceeded"]
        api.refused(404, "Request_ResourceNotFound", "GET", f"{schema}/directories/{CONTOSO}")
    api.refused(404, "TemplateNotFound", "GET", f"{root}/templates/Other/schema")


@pytest.mark.fact("F290", "A batch with members that the service does not know is answered, and they have no effect")
def test_unknown_members_of_a_batch(api: Api) -> None:
    """F290: ``depends_on`` is no ``dependsOn``."""
    item = {"method": "GET", "url": "/users?$top=1", "depends_on": ["nobody"], "headers": {}}
    answers = api.ok("POST", "/$batch", {"requests": [{**item, "id": "1"}, {**item, "id": "2"}]})["responses"]
    assert [answer["status"] for answer in answers] == [200, 200]


@pytest.mark.parametrize("body", [{}, {"tenants": {}}, {"tenant": {}}, [], "x"])
def test_a_state_without_tenants_is_refused(api: Api, body: Any) -> None:
    """The world is as it was."""
    before = api.http.get("/emulator/state").json()
    answer = api.http.put("/emulator/state", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert api.http.get("/emulator/state").json() == before
