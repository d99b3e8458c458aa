# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""provisioning_log_info and synced_user_info."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import Behaviour
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Step, Teller, advance

LOG, PEOPLE = "provisioning_log_info", "synced_user_info"
CONFIGURATION = {"configuration": "Fabrikam"}
MINSU, HYEJIN = "minsu.kim@contoso.kr", "hyejin.lee@contoso.kr"


def entries(step: Step) -> list[dict[str, Any]]:
    assert not step.failed, step.result["msg"]
    found: list[dict[str, Any]] = step.result["entries"]
    return found


@pytest.fixture
def history(linked: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Two cycles: in the first, Minsu and Sales arrived; in the second, Hyejin left and Jaewon failed, because nobody may be invited."""
    tenants.assign(linked, tenants.groups(linked, "Sales")[0], "Group")
    tenants.assign(linked, tenants.user(linked, MINSU))
    hyejin = tenants.assign(linked, tenants.user(linked, HYEJIN))
    started = tenants.job(linked)
    started |= {"schedule_state": "Active", "next_cycle": linked["clock"]}
    tenants.synchronization(linked)["jobs"] = {started["id"]: started}
    emulator.control("PUT", "state", linked)
    emulator.advance("PT40M")
    state = emulator.state()
    sales = tenants.groups(state, "Sales")[0]["id"]
    tenant = state["tenants"][CONTOSO]
    tenant["members"][sales].remove(tenants.user(state, HYEJIN)["id"])
    del tenant["assignments"][tenants.principal_id(state, "Fabrikam")][hyejin]
    tenants.assign(state, tenants.user(state, "jaewon.shin@"))
    state["tenants"][FABRIKAM]["authorization_policy"]["allowInvitesFrom"] = "none"
    emulator.control("PUT", "state", state)
    emulator.advance("PT40M")
    return emulator.state()


def test_the_log_and_its_filters(tell: Teller, history: dict[str, Any]) -> None:
    raw = history["tenants"][CONTOSO]["provisioning_log"]
    first, last = raw[0]["activityDateTime"], raw[-1]["activityDateTime"]
    assert first < last
    by_id = tenants.user(history, MINSU)["id"]
    stories = {
        "all": {},
        "failed": {"statuses": ["failure"]},
        "several": {"statuses": ["failure", "skipped"], "actions": ["create", "other"]},
        "deleted": {"actions": ["delete"]},
        "person": {"users": [MINSU.upper()]},
        "person by id": {"users": [by_id]},
        "person by name": {"users": ["Kim Minsu"]},
        "since": {"since": first},
        "until": {"until": last},
        "between": {"since": first, "until": last},
        "limit": {"limit": 3},
        "by id": {"configuration": tenants.principal_id(history, "Fabrikam")},
    }
    story = tell([Do(LOG, {**CONFIGURATION, **options}) for options in stories.values()], Do(LOG, CONFIGURATION, check=True))
    found = {name: entries(step) for name, step in zip(stories, story, strict=False)}
    everything = found["all"]
    assert len(everything) == len(raw)
    assert [one["time"] for one in everything] == sorted((one["time"] for one in everything), reverse=True)
    assert entries(story[-1]) == everything == found["by id"]

    (failure,) = found["failed"]
    assert failure["source"]["user_principal_name"] == "jaewon.shin@contoso.kr"
    assert (failure["action"], failure["status"], failure["code"]) == ("create", "failure", "AzureActiveDirectoryForbidden")
    assert "do not allow invitations" in failure["remedy"]
    assert failure["step"]
    assert failure["reason"]
    assert {(one["action"], one["status"]) for one in found["several"]} <= {
        (action, status) for action in ("create", "other") for status in ("failure", "skipped")
    }
    assert len(found["several"]) > 1
    assert [one["source"]["user_principal_name"] for one in found["deleted"]] == [HYEJIN]
    assert found["person"]
    assert found["person"] == found["person by id"] == found["person by name"]
    assert found["since"] == [one for one in everything if one["time"] > first] != []
    assert found["until"] == [one for one in everything if one["time"] < last] != []
    assert found["between"] == [one for one in everything if first < one["time"] < last]
    assert found["limit"] == everything[:3]

    summary = story[0].result["summary"]
    assert summary["total"] == len(everything)
    assert sum(summary["outcomes"].values()) == len(everything)
    assert summary["outcomes"]["delete success"] == 1
    assert summary["error_codes"] == {"AzureActiveDirectoryForbidden": 1}
    assert story[1].result["summary"]["total"] == 1
    created = next(one for one in everything if one["action"] == "create" and one["status"] == "success")
    assert created["changes"]
    assert created["target"]["id"]
    for step in story:
        assert step.result["changed"] is False
        assert step.writes == []


@pytest.mark.usefixtures("linked")
def test_what_cannot_be_asked(tell: Teller) -> None:
    nowhere, since, until, status = tell(
        Do(LOG, {"configuration": "Nowhere"}),
        Do(LOG, {**CONFIGURATION, "since": "yesterday"}),
        Do(LOG, {**CONFIGURATION, "until": "2026-11-23 02:00"}),
        Do(LOG, {**CONFIGURATION, "statuses": ["odd"]}),
    )
    assert "there is no configuration 'Nowhere'" in nowhere.message
    assert "since must be a time" in since.message
    assert "until must be a time" in until.message
    assert "odd" in status.message


def test_a_long_log_is_paged_and_only_as_far_as_needed(tell: Teller, emulator: Emulator, history: dict[str, Any]) -> None:
    """With the service's quota of five reads in ten seconds. Entries of other configurations are not ours."""
    log = history["tenants"][CONTOSO]["provisioning_log"]
    model = log[-1]
    for number in range(1200):
        one = {**copy.deepcopy(model), "id": tenants.made_up_id(f"entry {number}"), "changeId": tenants.made_up_id(f"change {number}")}
        if number % 4 == 0:
            one["servicePrincipal"] = {"id": tenants.made_up_id("other"), "displayName": "Other"}
        log.append(one)
    ours = len([one for one in log if one["servicePrincipal"]["id"] == tenants.principal_id(history, "Fabrikam")])
    emulator.control("PUT", "state", history)
    story = tell(Do(LOG, {**CONFIGURATION, "limit": 5000}), Do(LOG, {**CONFIGURATION, "limit": 10}), Do(LOG, CONFIGURATION))
    everything, few, default = story
    assert len(entries(everything)) == ours
    assert len([one for one in everything.sent if "/auditLogs/" in one["path"]]) == 2
    assert len(entries(few)) == 10
    assert len([one for one in few.sent if "/auditLogs/" in one["path"]]) == 1
    assert len(entries(default)) == min(1000, ours)


def test_throttling_of_the_log_is_outwaited(tell: Teller, emulator: Emulator, history: dict[str, Any]) -> None:
    del history
    emulator.control("POST", "faults", [{"path": "/auditLogs/", "fault": "status", "status": 429, "retry_after": 1, "times": 2}])
    (step,) = tell(Do(LOG, CONFIGURATION))
    assert entries(step)
    assert [one["status"] for one in step.sent if "/auditLogs/" in one["path"]] == [429, 429, 200]


def test_held_deletions_are_in_the_log(tell: Teller, emulator: Emulator, history: dict[str, Any]) -> None:
    tenants.synchronization(history)["secrets"]["SyncNotificationSettings"] = '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":2}'
    emulator.control("PUT", "state", history)
    story = tell(
        Do("sync_scope", {**CONFIGURATION, "state": "absent", "groups": ["Sales"]}),
        advance(),
        Do(LOG, {**CONFIGURATION, "actions": ["stagedDelete"]}),
    )
    assert len(entries(story[1])) > 2
    assert {one["action"] for one in entries(story[1])} == {"stagedDelete"}


def test_the_people_who_came(tell: Teller, emulator: Emulator, history: dict[str, Any], behaviour: Behaviour) -> None:
    """Guests of other companies and those who never answered are not listed."""
    users = history["tenants"][FABRIKAM]["users"]
    minsu = next(one for one in users.values() if one["userPrincipalName"].startswith("minsu.kim_contoso.kr#EXT#"))
    minsu |= {"userType": "Guest", "showInAddressList": False, "accountEnabled": False}
    odd = {**copy.deepcopy(minsu), "id": tenants.made_up_id("odd"), "displayName": None, "mail": None, "userType": None}
    odd["userPrincipalName"] = "under_score_Contoso.KR#EXT#@fabrikam.onmicrosoft.com"
    users[odd["id"]] = odd
    pending = {**copy.deepcopy(minsu), "id": tenants.made_up_id("pending"), "externalUserState": "PendingAcceptance"}
    pending["userPrincipalName"] = "pending_contoso.kr#EXT#@fabrikam.onmicrosoft.com"
    users[pending["id"]] = pending
    emulator.control("PUT", "state", history)
    domains = {"source_domains": ["contoso.kr"]}
    story = tell(
        Do(PEOPLE, domains, "fabrikam"),
        Do(PEOPLE, domains, "fabrikam", check=True),
        Do(PEOPLE, {"source_tenant_id": CONTOSO}, "fabrikam"),
        Do(PEOPLE, {**domains, "user_type": "member"}, "fabrikam"),
        Do(PEOPLE, {**domains, "user_type": "guest"}, "fabrikam"),
        Do(PEOPLE, {"source_domains": ["adatum.com", "nowhere.example"]}, "fabrikam"),
        Do(PEOPLE, {}, "fabrikam"),
        Do(PEOPLE, {"source_tenant_id": tenants.made_up_id("nobody")}, "fabrikam"),
    )
    everybody, checked, looked_up, members, guests = (step.result["synced_users"] for step in story.steps[:5])
    by_name = {one["source_user_principal_name"]: one for one in everybody}
    assert by_name[MINSU]["user_type"] == "Guest"
    assert by_name[MINSU]["show_in_address_list"] is by_name[MINSU]["account_enabled"] is False
    assert by_name[MINSU]["mail"] == (MINSU if behaviour.maps_mail else None)
    assert "under_score@Contoso.KR" in by_name
    assert "pending@contoso.kr" not in by_name
    assert HYEJIN not in by_name
    assert checked == looked_up == everybody
    assert {one["source_user_principal_name"] for one in guests} >= {MINSU}
    assert {one["user_type"] for one in members} == {"Member"}
    assert {one["user_type"] for one in guests} == {"Guest"}
    assert story[2].result["source_domains"] == ["contoso.kr"]
    assert not [one for one in story[5].result["synced_users"] if "contoso" in one["source_user_principal_name"]]
    assert "source_domains or source_tenant_id is needed" in story[6].message
    assert "there is no tenant" in story[7].message
    for step in story.steps[:6]:
        assert step.result["changed"] is False
        assert step.writes == []
