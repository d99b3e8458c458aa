# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People, groups, contacts, deleted items and $batch (facts F24, F28, F54, F122)."""

from __future__ import annotations

from typing import Any

import pytest
from api import CONTOSO, FABRIKAM, Api

CAST = "microsoft.graph.user"


def names(answer: dict[str, Any]) -> list[str]:
    return sorted(item["userPrincipalName"] for item in answer["value"])


def test_people_by_id_and_name(api: Api) -> None:
    """Default properties; user principal names are compared without case; an apostrophe is only an apostrophe."""
    person = api.get("/users/MINSU.KIM@contoso.kr")
    assert person["displayName"] == "Kim Minsu" and "department" not in person and "_netId" not in person
    assert api.get(f"/users/{person['id']}?$select=department")["department"] == "Sales"
    assert api.get("/users/o'brien.sean@contoso.kr")["surname"] == "O'Brien"


@pytest.mark.fact("F28", "eq, startsWith and in are basic queries")
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("userPrincipalName eq 'o''brien.sean@contoso.kr'", 1),
        ("displayName eq 'kim minsu'", 1),
        ("startswith(displayName,'Kim')", 1),
        ("startsWith(mail,'minsu.kim')", 2),
        ("mail in ('minsu.kim@contoso.kr','eunji.kwon@contoso.kr')", 2),
        ("department eq 'Sales' and accountEnabled eq false", 1),
        ("userType eq 'Guest' or department eq 'Legal'", 3),
        ("proxyAddresses/any(p:p eq 'SMTP:minsu.kim@contoso.kr')", 1),
    ],
)
def test_basic_filters(api: Api, text: str, count: int) -> None:
    """F28: basic queries need no headers."""
    assert len(api.get(f"/users?$filter={text}")["value"]) == count


@pytest.mark.fact("F28", "$filter takes in with a list of one element")
@pytest.mark.parametrize("text", ["{} in ('{}')", "{} in('{}')", "startswith(displayName,'in (') or {} in ( '{}' )", "{} in ('{}','x')"])
def test_lists_of_one(api: Api, text: str) -> None:
    """F28: a list may have a single element."""
    clause = text.format("userPrincipalName", "minsu.kim@contoso.kr")
    assert [one["userPrincipalName"] for one in api.get(f"/users?$filter={clause}")["value"]] == ["minsu.kim@contoso.kr"]


@pytest.mark.fact("F28", "ne, not and endsWith need ConsistencyLevel: eventual and $count=true")
@pytest.mark.parametrize("text", ["department ne 'Sales'", "not startswith(displayName,'Kim')", "endswith(mail,'@contoso.kr')"])
def test_advanced_filters_need_consistency_level(api: Api, text: str) -> None:
    """Advanced queries: ConsistencyLevel: eventual and $count=true."""
    error = api.refused(400, "Request_UnsupportedQuery", "GET", f"/users?$filter={text}")
    assert "ConsistencyLevel" in error["message"]
    found = api.get(f"/users?$filter={text}&$count=true", ConsistencyLevel="eventual")
    assert 0 < found["@odata.count"] < 30


@pytest.mark.fact("F158", "External users are selected by creationType, externalUserState and the end of their names, and counted")
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("creationType eq 'Invitation'", 2),
        ("creationType eq 'Invitation' or externalUserState eq 'Accepted'", 2),
        ("(endsWith(userPrincipalName,'_contoso.kr%23EXT%23@fabrikam.onmicrosoft.com'))", 2),
        ("(endsWith(userPrincipalName,'_CONTOSO.KR%23ext%23@fabrikam.onmicrosoft.com') or endsWith(userPrincipalName,'x'))", 2),
        ("(endsWith(userPrincipalName,'_contoso.kr%23EXT%23@fabrikam.onmicrosoft.com')) and externalUserState eq 'PendingAcceptance'", 1),
        ("(endsWith(userPrincipalName,'_contoso.kr%23EXT%23@fabrikam.onmicrosoft.com')) and userType eq 'Member'", 0),
        ("startsWith(userPrincipalName,'woojin.moon_contoso.kr%23EXT%23@')", 1),
    ],
)
def test_external_users(api: Api, text: str, count: int) -> None:
    """F158: the count is of all that match, whatever is on the page."""
    found = api.get(f"/users?$filter={text}&$count=true&$top=1&$select=userPrincipalName", account="fabrikam", ConsistencyLevel="eventual")
    assert (found["@odata.count"], len(found["value"])) == (count, min(count, 1))


def test_filters_and_selections_of_unknown_properties(api: Api) -> None:
    """Strictness."""
    assert "nonsense" in api.refused(400, "BadRequest", "GET", "/users?$filter=nonsense eq 'x'")["message"]
    assert "displayNam" in api.refused(400, "BadRequest", "GET", "/users?$select=displayNam")["message"]
    api.refused(400, "BadRequest", "GET", "/users?$filter=displayName eq")
    api.refused(400, "BadRequest", "GET", "/users?$filter='Sales' eq department")
    api.refused(400, "BadRequest", "GET", "/users?$filter=startswith(displayName)")
    api.refused(400, "BadRequest", "GET", "/users?$orderby=nonsense")


@pytest.mark.fact("F27", "$top goes up to 999, and @odata.nextLink is opaque and keeps the query")
def test_paging(api: Api) -> None:
    """F27: $top up to 999, opaque nextLink that keeps the query."""
    seen: list[str] = []
    answer = api.get("/users?$top=7&$select=id,displayName")
    while True:
        seen += [item["id"] for item in answer["value"]]
        if "@odata.nextLink" not in answer:
            break
        assert "$skiptoken=" in answer["@odata.nextLink"] and "$select=" in answer["@odata.nextLink"]
        answer = api.get(answer["@odata.nextLink"])
    assert len(seen) == len(set(seen)) == 30
    error = api.refused(400, "Request_BadRequest", "GET", "/users?$top=1000")
    assert error["message"] == "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive."
    api.refused(400, "Directory_ExpiredPageToken", "GET", "/users?$skiptoken=nonsense")


@pytest.mark.fact("F27", "A page has 100 elements by default")
def test_the_default_page(api: Api) -> None:
    """F27: 100, a setting."""
    api.set(default_page_size=10)
    assert len(api.get("/users")["value"]) == 10


@pytest.mark.parametrize("empty", [1, 3])
def test_pages_may_be_empty(api: Api, empty: int) -> None:
    """F27: only the nextLink shows whether there is more."""
    api.set(default_page_size=20, empty_pages=empty)
    path = "/users?$filter=userType eq 'Member'"
    found: list[str] = []
    pages: list[int] = []
    while True:
        body = api.get(path)
        pages.append(len(body["value"]))
        found += names(body)
        if "@odata.nextLink" not in body:
            break
        path = body["@odata.nextLink"]
    assert pages[:empty] == [0] * empty
    assert 0 not in pages[empty:]
    api.set(default_page_size=100, empty_pages=0)
    assert sorted(found) == names(api.get("/users?$filter=userType eq 'Member'"))


def test_count_and_order(api: Api) -> None:
    """$count and $orderby."""
    api.refused(400, "Request_BadRequest", "GET", "/users/$count")
    assert api.send("GET", "/users/$count", ConsistencyLevel="eventual").text == "30"
    ordered = [item["displayName"] for item in api.get("/users?$orderby=displayName desc&$select=displayName")["value"]]
    assert ordered == sorted(ordered, key=str.casefold, reverse=True)
    assert "@odata.count" not in api.get("/users?$count=true")
    api.refused(400, "Request_UnsupportedQuery", "GET", "/users?$filter=accountEnabled eq true&$orderby=displayName")


@pytest.mark.fact("F109", "Direct members carry their type; nested ones are only transitive")
def test_members(api: Api) -> None:
    """F109, F111: direct members carry their type; nested ones are only transitive."""
    sales = api.get("/groups?$filter=displayName eq 'Sales'")["value"][0]["id"]
    direct = api.get(f"/groups/{sales}/members")["value"]
    assert {item["@odata.type"] for item in direct} == {"#microsoft.graph.user", "#microsoft.graph.group"}
    people = names(api.get(f"/groups/{sales}/members/{CAST}"))
    assert len(people) == 8 and "sora.yoon@contoso.kr" not in people
    assert "sora.yoon@contoso.kr" in names(api.get(f"/groups/{sales}/transitiveMembers/{CAST}"))
    assert api.send("GET", f"/groups/{sales}/members/$count", ConsistencyLevel="eventual").text == "9"
    groups = [item["displayName"] for item in api.get("/users/sora.yoon@contoso.kr/memberOf")["value"]]
    assert sorted(groups) == ["All Staff", "Project Phoenix", "Sales Seoul"]


def test_an_ambiguous_group_name(api: Api) -> None:
    """The scenario: two groups of one name."""
    assert len(api.get("/groups?$filter=displayName eq 'Project Phoenix'")["value"]) == 2


@pytest.mark.fact("F53", "Deleted objects lie in the deleted items and can be restored or purged")
def test_people_change(api: Api) -> None:
    """POST, PATCH, DELETE, restore and purge of people; a deleted user is not a member of any group."""
    body = {
        "accountEnabled": True,
        "displayName": "New Person",
        "mailNickname": "new",
        "userPrincipalName": "new@contoso.kr",
        "passwordProfile": {"password": "hush"},
    }
    api.refused(403, "Authorization_RequestDenied", "POST", "/users", body)
    made = api.ok("POST", "/users", body, "contoso-admin")
    assert "hush" not in api.http.get("/emulator/requests").text
    error = api.refused(400, "Request_BadRequest", "POST", "/users", body, "contoso-admin")
    assert error["message"] == "Another object with the same value for property userPrincipalName already exists."
    api.refused(400, "Request_BadRequest", "PATCH", f"/users/{made['id']}", {"departement": "x"}, "contoso-admin")
    api.ok("PATCH", f"/users/{made['id']}", {"department": "Sales", "mail": "new@contoso.kr"}, "contoso-admin")
    group = api.get("/groups?$filter=displayName eq 'Engineering'")["value"][0]["id"]
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{made['id']}"}
    api.ok("POST", f"/groups/{group}/members/$ref", link, "contoso-admin")
    api.refused(400, "Request_BadRequest", "POST", f"/groups/{group}/members/$ref", link, "contoso-admin")
    api.ok("DELETE", f"/users/{made['id']}", account="contoso-admin")
    assert "new@contoso.kr" not in names(api.get(f"/groups/{group}/members/{CAST}"))
    deleted = api.get(f"/directory/deletedItems/{CAST}")["value"]
    assert [item["id"] for item in deleted] == [made["id"]] and deleted[0]["deletedDateTime"]
    api.refused(403, "Authorization_RequestDenied", "POST", f"/directory/deletedItems/{made['id']}/restore")
    api.ok("POST", f"/directory/deletedItems/{made['id']}/restore", account="contoso-admin")
    assert "new@contoso.kr" in names(api.get(f"/groups/{group}/members/{CAST}"))
    api.ok("DELETE", f"/users/{made['id']}", account="contoso-admin")
    assert api.send("DELETE", f"/directory/deletedItems/{made['id']}", account="contoso-admin").status_code == 204
    api.refused(404, "Request_ResourceNotFound", "GET", f"/directory/deletedItems/{made['id']}", account="contoso-admin")


def test_groups_change(api: Api) -> None:
    """POST with bound members, PATCH, removal of a member, DELETE."""
    body = {
        "displayName": "New",
        "mailEnabled": False,
        "mailNickname": "new-group",
        "securityEnabled": True,
        "members@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{api.user_id('minsu.kim@contoso.kr')}"],
    }
    made = api.ok("POST", "/groups", body, "contoso-admin")
    assert names(api.get(f"/groups/{made['id']}/members/{CAST}")) == ["minsu.kim@contoso.kr"]
    api.ok("PATCH", f"/groups/{made['id']}", {"description": "x"}, "contoso-admin")
    api.ok("DELETE", f"/groups/{made['id']}/members/{api.user_id('minsu.kim@contoso.kr')}/$ref", account="contoso-admin")
    assert api.get(f"/groups/{made['id']}/members")["value"] == []
    api.ok("DELETE", f"/groups/{made['id']}", account="contoso-admin")
    api.refused(404, "Request_ResourceNotFound", "GET", f"/groups/{made['id']}")


@pytest.mark.fact("F122", "A contact may hold the address of a person to come")
def test_contacts_and_managers(api: Api) -> None:
    """F122: a contact with the address of a person to come; F99: managers."""
    contacts = api.get("/contacts", "fabrikam-admin")["value"]
    assert [item["mail"] for item in contacts] == ["mirae.song@contoso.kr"]
    assert api.get("/users/minsu.kim@contoso.kr/manager")["userPrincipalName"] == "hyejin.lee@contoso.kr"
    api.refused(404, "Request_ResourceNotFound", "GET", "/users/jiyoung.park@contoso.kr/manager")


def test_get_by_ids(api: Api) -> None:
    """directoryObjects/getByIds: typed objects, unknown ids left out."""
    minsu, sales = api.user_id("minsu.kim@contoso.kr"), api.get("/groups?$filter=displayName eq 'Sales'")["value"][0]["id"]
    body = {"ids": [minsu, sales, "00000000-0000-4000-8000-000000000000"]}
    found = api.ok("POST", "/directoryObjects/getByIds", body)["value"]
    assert {item["@odata.type"] for item in found} == {"#microsoft.graph.user", "#microsoft.graph.group"}
    assert len(api.ok("POST", "/directoryObjects/getByIds", {**body, "types": ["user"]})["value"]) == 1


# $batch (F24) -------------------------------------------------------------------------------------------------------


def batch(api: Api, *requests: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = api.ok("POST", "/$batch", {"requests": list(requests)})
    return {item["id"]: item for item in answer["responses"]}


@pytest.mark.fact("F24", "A batch answers 200 although items fail; deletions have no body; the order is any")
def test_a_batch_answers_each_item(api: Api) -> None:
    """F24: 200 although an item fails; deletions have no body."""
    answers = batch(
        api,
        {"id": "1", "method": "GET", "url": "/users/minsu.kim@contoso.kr?$select=displayName"},
        {"id": "2", "method": "GET", "url": "users/nobody@contoso.kr"},
    )
    assert answers["1"]["status"] == 200 and answers["1"]["body"]["displayName"] == "Kim Minsu"
    assert answers["2"]["status"] == 404 and answers["2"]["body"]["error"]["code"] == "Request_ResourceNotFound"


@pytest.mark.fact("F24", "An item whose dependsOn failed is 424")
def test_a_failed_dependency_is_424(api: Api) -> None:
    """F24."""
    answers = batch(
        api,
        {"id": "a", "method": "GET", "url": "/users/nobody@contoso.kr"},
        {"id": "b", "method": "GET", "url": "/users", "dependsOn": ["A"]},
        {"id": "c", "method": "GET", "url": "/users", "dependsOn": ["b"]},
    )
    assert [answers[name]["status"] for name in "abc"] == [404, 424, 424]


@pytest.mark.fact("F24", "More than twenty items, repeated ids and a body without Content-Type make the whole batch 400")
def test_malformed_batches(api: Api) -> None:
    """F24: more than twenty, repeated ids (without case), a body without Content-Type."""
    item = {"id": "1", "method": "GET", "url": "/users"}
    for requests in (
        [{**item, "id": str(number)} for number in range(21)],
        [{**item, "id": "a"}, {**item, "id": "A"}],
        [{**item, "body": {}}],
        [{"method": "GET", "url": "/users"}],
        [{**item, "dependsOn": ["later"]}],
    ):
        assert api.send("POST", "/$batch", {"requests": requests}).status_code == 400
    assert batch(api, {**item, "url": "/$batch", "method": "POST"})["1"]["status"] == 400
    response = api.http.post("/v1.0/$batch", json={"requests": [item]})
    assert response.status_code == 401


@pytest.mark.fact("F25", "Each item is throttled on its own, with Retry-After in its headers")
def test_items_are_throttled_on_their_own(api: Api) -> None:
    """F20, F25: 429 with Retry-After inside a batch of 200."""
    api.set(throttling=True)
    answers = batch(api, *[{"id": str(number), "method": "GET", "url": "/auditLogs/provisioning"} for number in range(6)])
    assert [answers[str(number)]["status"] for number in range(6)] == [200] * 5 + [429]
    assert int(answers["5"]["headers"]["Retry-After"]) >= 1


@pytest.mark.fact("F26", "Whether a batch takes synchronization endpoints is unknown (switch batch_synchronization)")
def test_batches_may_refuse_synchronization(api: Api) -> None:
    """F26."""
    _sp_id, job, _role = api.job()
    assert batch(api, {"id": "1", "method": "GET", "url": job})["1"]["status"] == 200
    api.set(batch_synchronization="refused")
    assert batch(api, {"id": "1", "method": "GET", "url": job})["1"]["status"] == 400


@pytest.mark.fact("F142", "Only beta tells how full the directory is, and a deleted object counts a quarter")
def test_the_directorys_quota(api: Api) -> None:
    """organization.directorySizeQuota, and the page of the directory's limits."""
    select = "/organization?$select=directorySizeQuota"
    (before,) = api.get(select, "fabrikam", "beta")["value"]
    assert before["directorySizeQuota"]["total"] == 300_000
    tenant = api.service.world.tenants[FABRIKAM]
    for user in list(tenant.users)[:4]:
        tenant.deleted_items[user] = {"@odata.type": "#microsoft.graph.user", **tenant.users.pop(user)}
    (after,) = api.get(select, "fabrikam", "beta")["value"]
    assert after["directorySizeQuota"]["used"] == before["directorySizeQuota"]["used"] - 3
    api.refused(400, "BadRequest", "GET", select, account="fabrikam")


@pytest.mark.fact("F141", "subscribedSkus tells the licences and their service plans, and takes only $select")
def test_licences(api: Api) -> None:
    """The page of subscribedSku; LicenseAssignment.Read.All or a permission that reads the organization."""
    (sku,) = api.get("/subscribedSkus?$select=skuPartNumber,prepaidUnits,servicePlans,capabilityStatus")["value"]
    assert (sku["skuPartNumber"], sku["capabilityStatus"], sku["prepaidUnits"]["enabled"]) == ("AAD_PREMIUM", "Enabled", 200)
    assert [one["servicePlanName"] for one in sku["servicePlans"]] == ["AAD_PREMIUM", "MFA_PREMIUM"]
    api.refused(400, "Request_BadRequest", "GET", "/subscribedSkus?$filter=skuPartNumber eq 'AAD_PREMIUM'")
    api.service.world.tenants[CONTOSO].registrations["11111111-1111-4111-8111-111111111111"].roles = ["User.Read.All"]
    api.tokens.clear()
    api.refused(403, "Authorization_RequestDenied", "GET", "/subscribedSkus")


@pytest.mark.fact("F28", "Addresses of people, groups and contacts are found by proxyAddresses/any, several with or")
@pytest.mark.parametrize(
    ("path", "address"),
    [("/users", "SMTP:woojin.moon@contoso.kr"), ("/contacts", "smtp:mirae.song@contoso.kr"), ("/groups", "smtp:all@fabrikam.kr")],
)
def test_addresses(api: Api, path: str, address: str) -> None:
    """Any of several addresses, whatever their case."""
    tenant = api.service.world.tenants[FABRIKAM]
    next(iter(tenant.groups.values()))["proxyAddresses"] = ["SMTP:all@fabrikam.kr"]
    clauses = " or ".join(f"proxyAddresses/any(p:p eq '{one}')" for one in ("smtp:nobody@contoso.kr", address))
    assert len(api.get(f"{path}?$filter={clauses}&$select=id", "fabrikam")["value"]) == 1
