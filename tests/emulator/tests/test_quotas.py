# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fact F18: the quotas and their headers in answers."""

from __future__ import annotations

from typing import Any

import pytest
from api import ACCOUNTS, CONTOSO, FABRIKAM, PARTNERS, Api, connection

from entra_emulator.quotas import granted
from entra_emulator.state import Tenant


def throttled(api: Api, **settings: Any) -> list[float]:
    """Quotas, by a clock of the test's own: the list's one element."""
    now = [100.0]
    api.set(throttling=True, **settings)
    api.service.throttle.now = lambda: now[0]
    return now


def units(api: Api, path: str, method: str = "GET", body: Any = None) -> int:
    """What the service says that a request cost."""
    return int(api.send(method, path, body).headers["x-ms-resource-unit"])


@pytest.mark.fact("F21", "The logs allow five requests in ten seconds, then 429 with Retry-After")
def test_logs_are_throttled(api: Api) -> None:
    """F21: five requests in ten seconds, then 429 with Retry-After; the window slides."""
    now = throttled(api)
    for _time in range(5):
        api.get("/auditLogs/provisioning")
    response = api.send("GET", "/auditLogs/directoryAudits")
    assert response.status_code == 429 and response.json()["error"]["code"] == "TooManyRequests"
    assert response.headers["Retry-After"] == "10"
    now[0] += 10
    api.get("/auditLogs/directoryAudits")


@pytest.mark.fact("F18", "The directory's quota is a bucket of resource units that fills up evenly, 429 tells when there is enough")
def test_directory_quota(api: Api) -> None:
    """F18: 3,500 units in ten seconds, here seven: a second brings back 0.7."""
    now = throttled(api, directory_throttle_units=7)
    for _time in range(3):
        api.get("/users")
    response = api.send("GET", "/users")
    assert response.status_code == 429 and response.json()["error"]["code"] == "TooManyRequests"
    assert response.headers["Retry-After"] == "2"
    now[0] += 2
    api.get("/users")
    api.set(throttling=False)
    for _time in range(10):
        assert "x-ms-resource-unit" not in api.send("GET", "/users").headers


@pytest.mark.fact("F20", "x-ms-resource-unit tells what a request cost, refused ones too; $select, $expand and a small $top count")
def test_costs_of_requests(api: Api) -> None:
    throttled(api)
    group = api.get("/groups?$top=1&$select=id")["value"][0]["id"]
    assert units(api, "/users") == units(api, "/applications") == 2
    assert units(api, "/users?$select=id") == units(api, "/users?$top=5") == units(api, "/users/minsu.kim@contoso.kr") == 1
    assert units(api, f"/groups/{group}/members") == 3
    assert units(api, f"/groups/{group}/transitiveMembers?$select=id") == 4
    assert units(api, f"{PARTNERS}?$expand=identitySynchronization") == 2
    assert units(api, "/policies/crossTenantAccessPolicy/default") == 4
    assert units(api, "/directoryObjects/getByIds", "POST", {"ids": [group]}) == 5
    assert units(api, "/users/nobody@contoso.kr") == 1
    assert "x-ms-resource-unit" not in api.send("GET", "/auditLogs/provisioning").headers


@pytest.mark.fact("F18", "A larger tenant has a larger quota: 3,500, 5,000 or 8,000 units in ten seconds")
@pytest.mark.parametrize(("people", "limit"), [(49, 3500), (50, 5000), (500, 5000), (501, 8000)])
def test_the_quota_grows_with_the_tenant(people: int, limit: int) -> None:
    users: dict[str, Any] = {str(number): {} for number in range(people)}
    assert granted(Tenant(id=CONTOSO, display_name="Contoso", domains=[], initial_domain="contoso.onmicrosoft.com", users=users)) == limit


@pytest.mark.fact("F20", "x-ms-throttle-limit-percentage warns from 0.8 of the quota on, in good answers too")
def test_the_share_of_the_quota(api: Api) -> None:
    throttled(api, directory_throttle_units=10)
    shares = [api.send("GET", "/groups").headers.get("x-ms-throttle-limit-percentage") for _time in range(11)]
    assert shares == [None] * 8 + ["0.90", "1.00", "1.00"]


@pytest.mark.fact("F19", "3,000 writes in two and a half minutes an application and tenant; reads go on, and others are not meant")
def test_writes_have_a_quota_of_their_own(api: Api) -> None:
    """F19, here three writes: fifty seconds for one. Reading by POST is no write, nor is what the synchronization service answers."""
    now = throttled(api, directory_throttle_writes=3)
    sp_id, job, role = api.job()
    assert api.send("PUT", f"{job.rsplit('/jobs', 1)[0]}/secrets", {"value": connection()}).status_code == 204
    names = ["minsu.kim@contoso.kr", "hyejin.lee@contoso.kr", "junho.choi@contoso.kr"]
    bodies = [{"principalId": api.user_id(name), "resourceId": sp_id, "appRoleId": role} for name in names]
    path = f"/servicePrincipals/{sp_id}/appRoleAssignedTo"
    for body in bodies[:2]:
        api.ok("POST", path, body)
    response = api.send("POST", path, bodies[2])
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "50"
    assert response.headers["x-ms-throttle-scope"] == f"Tenant_Application/Write/{ACCOUNTS['contoso'][1]}/{CONTOSO}"
    assert response.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert response.headers["x-ms-throttle-limit-percentage"] == "1.00"
    assert len(api.get(path)["value"]) == 2
    api.ok("POST", "/directoryObjects/getByIds", {"ids": [sp_id]})
    api.ok("PATCH", f"/users/{names[0]}", {"city": "Busan"}, "contoso-admin")
    now[0] += 50
    api.ok("POST", path, bodies[2])
    assert api.send("DELETE", f"{path}/{api.get(path)['value'][0]['id']}").status_code == 429


@pytest.mark.fact("F19", "18,000 writes in five minutes a tenant, whoever makes them")
def test_all_applications_share_the_tenants_quota(api: Api) -> None:
    throttled(api, tenant_throttle_writes=2)
    api.ok("PATCH", "/users/minsu.kim@contoso.kr", {"city": "Busan"}, "contoso-admin")
    api.configuration()
    response = api.send("POST", PARTNERS, {"tenantId": FABRIKAM})
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "150"
    assert response.headers["x-ms-throttle-scope"].startswith("Tenant/Write/")
    api.ok("POST", PARTNERS, {"tenantId": CONTOSO}, "fabrikam")


@pytest.mark.fact("F25", "Each item's headers tell of its quota, and a write that does not fit leaves the others done")
def test_items_tell_of_their_quota(api: Api) -> None:
    throttled(api, directory_throttle_writes=2)
    url = "/users/minsu.kim@contoso.kr"
    sent = {"method": "PATCH", "url": url, "headers": {"Content-Type": "application/json"}}
    items = [{**sent, "id": str(number), "body": {"city": f"City {number}"}} for number in range(3)]
    answer = api.ok("POST", "/$batch", {"requests": [*items, {"id": "3", "method": "GET", "url": url}]}, "contoso-admin")
    by_id = {item["id"]: item for item in answer["responses"]}
    assert [by_id[str(number)]["status"] for number in range(4)] == [204, 204, 429, 200]
    refused = by_id["2"]["headers"]
    assert refused["Retry-After"] == "75"
    assert refused["x-ms-throttle-scope"].startswith("Tenant_Application/Write/")
    assert [by_id[str(number)]["headers"]["x-ms-resource-unit"] for number in range(4)] == ["1"] * 4
    assert api.get(f"{url}?$select=city")["city"] == "City 1"


@pytest.mark.fact("F23", "The policy may have Conditional Access's quota: one a second, no Retry-After (switch policy_quota)")
def test_the_policy_may_have_a_narrow_quota(api: Api) -> None:
    """F23; the quota is the tenant's, for all clients together."""
    now = throttled(api)
    assert [api.send("GET", PARTNERS).status_code for _time in range(3)] == [200] * 3
    api.set(policy_quota="conditional_access")
    api.get(PARTNERS)
    response = api.send("GET", PARTNERS)
    assert response.status_code == 429
    assert "Retry-After" not in response.headers
    assert "x-ms-resource-unit" not in response.headers
    api.get(PARTNERS, "fabrikam")
    api.get("/users")
    now[0] += 1
    api.ok("POST", PARTNERS, {"tenantId": FABRIKAM})
    assert api.send("GET", "/policies/crossTenantAccessPolicy/default").status_code == 429
