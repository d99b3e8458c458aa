# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened in one tenant in May 2026, and how it was repaired (facts F67, F305, F306)."""

from __future__ import annotations

import json

import pytest
from api import CONTOSO, FABRIKAM, Api

ADMINS = ("contoso-admin", "fabrikam-admin")
GUEST = "minsu.kim_contoso.kr#EXT#@fabrikamkr.onmicrosoft.com"


@pytest.fixture
def adopted(api: Api) -> tuple[str, str, str]:
    """A guest who was invited by hand, became an administrator of the target, and is in scope through a group: job, group, user id."""
    api.set(administrator_deletion="allowed")
    api.link_policies()
    tenants = api.service.world.tenants
    minsu = tenants[CONTOSO].users[api.user_id("minsu.kim@contoso.kr")]
    minsu["_netId"] = "1003BFFD00000001"
    guest = {"id": "0e5ee0a8-0000-4000-8000-000000000001", "userPrincipalName": GUEST, "displayName": "Minsu", "mail": minsu["mail"]}
    redeemed = {"userType": "Guest", "externalUserState": "Accepted", "_alternativeSecurityId": minsu["_netId"]}
    tenants[FABRIKAM].users[guest["id"]] = {**guest, **redeemed, "_directoryRoles": ["Global Administrator"], "accountEnabled": True}
    sp_id, job, role = api.job()
    notification = {"Enabled": True, "Recipients": "", "DeleteThresholdEnabled": True, "DeleteThresholdValue": 500}
    secrets = {"value": [{"key": "SyncNotificationSettings", "value": json.dumps(notification)}]}
    api.ok("PUT", f"/servicePrincipals/{sp_id}/synchronization/secrets", secrets)
    body = {"displayName": "Team", "mailEnabled": False, "mailNickname": "team", "securityEnabled": True}
    group = api.ok("POST", "/groups", body, ADMINS[0])["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{minsu['id']}"}
    api.ok("POST", f"/groups/{group}/members/$ref", reference, ADMINS[0])
    api.assign(sp_id, role, group)
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    return job, group, minsu["id"]


def deleted(api: Api) -> list[str]:
    found = api.get("/directory/deletedItems/microsoft.graph.user?$select=id", ADMINS[1])["value"]
    return [user["id"] for user in found]


@pytest.mark.fact("F305", "An adopted user is deleted like a created one, an administrator too; a threshold of 500 does not hold one back")
def test_an_adopted_administrator_is_deleted(api: Api, adopted: tuple[str, str, str]) -> None:
    """F305: three days after the group was changed, at the first cycle that ran again."""
    job, group, minsu = adopted
    assert api.service.world.tenants[FABRIKAM].users["0e5ee0a8-0000-4000-8000-000000000001"]["jobTitle"] is not None
    api.ok("POST", f"{job}/pause")
    api.ok("DELETE", f"/groups/{group}/members/{minsu}/$ref", account=ADMINS[0])
    api.advance("P3D")
    assert deleted(api) == []
    api.ok("POST", f"{job}/start")
    api.advance("PT1H")
    assert deleted(api) == ["0e5ee0a8-0000-4000-8000-000000000001"]
    assert api.get(job)["status"]["quarantine"] is None


@pytest.mark.fact("F306", "Pause, assign directly, restore in the target, start: the same account is synchronized again, and nobody twice")
def test_the_repair(api: Api, adopted: tuple[str, str, str]) -> None:
    """F306: the roles are there again, and later cycles change nothing."""
    job, group, minsu = adopted
    sp_id = job.split("/")[2]
    api.ok("DELETE", f"/groups/{group}/members/{minsu}/$ref", account=ADMINS[0])
    api.advance("PT1H")
    (lost,) = deleted(api)
    api.ok("POST", f"{job}/pause")
    role = api.get(f"/servicePrincipals/{sp_id}")["appRoles"][0]["id"]
    api.assign(sp_id, role, minsu)
    api.ok("POST", f"/directory/deletedItems/{lost}/restore", account=ADMINS[1])
    assert api.service.world.tenants[FABRIKAM].users[lost]["_directoryRoles"] == ["Global Administrator"]
    api.ok("PATCH", f"/users/{minsu}", {"department": "Repaired"}, ADMINS[0])
    api.ok("POST", f"{job}/start")
    cycles = api.advance("PT2H")["cycles"]
    assert [(cycle["created"], cycle["deleted"], cycle["failed"]) for cycle in cycles] == [(0, 0, 0)] * len(cycles)
    assert api.service.world.tenants[FABRIKAM].users[lost]["department"] == "Repaired"
    named = [
        user
        for user in api.service.world.tenants[FABRIKAM].users.values()
        if str(user["userPrincipalName"]).startswith("minsu.kim_contoso.kr")
    ]
    assert [user["id"] for user in named] == [lost] and deleted(api) == []


@pytest.mark.fact("F67", "A paused job is Paused in schedule and status, a running one Active with PT40M; or Disabled (switch pause_state)")
@pytest.mark.parametrize("state", ["Paused", "Disabled"])
def test_a_paused_job(api: Api, adopted: tuple[str, str, str], state: str) -> None:
    """F67: as one tenant of 2026 shows it, and as it was before."""
    api.set(pause_state=state)
    job, _group, _minsu = adopted
    running = api.get(job)
    assert (running["schedule"]["state"], running["schedule"]["interval"], running["status"]["code"]) == ("Active", "PT40M", "Active")
    api.ok("POST", f"{job}/pause")
    paused = api.get(job)
    assert (paused["schedule"]["state"], paused["status"]["code"]) == (state, "Paused")
