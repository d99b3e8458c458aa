# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sync_on_demand: provisioning named users immediately."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Step, Teller

ON_DEMAND = "sync_on_demand"
CONFIGURATION = {"configuration": "Fabrikam"}
MINSU, HYEJIN, JUNHO = "minsu.kim@contoso.kr", "hyejin.lee@contoso.kr", "junho.choi@contoso.kr"


def provisioning(step: Step) -> list[dict[str, Any]]:
    """The calls that provision a user."""
    return [request for request in step.sent if request["path"].endswith("/provisionOnDemand")]


def outcomes(step: Step) -> dict[str, dict[str, Any]]:
    """The outcome of each user."""
    assert not step.failed, step.result["msg"]
    return {outcome["user"]: outcome for outcome in step.result["outcomes"]}


@pytest.mark.parametrize("generation", ["array", "object"])
def test_success_skip_and_failure(tell: Teller, emulator: Emulator, linked: dict[str, Any], generation: str) -> None:
    """In both generations of the service's answer, before the job was ever started."""
    emulator.control("PUT", "settings", {"on_demand": generation})
    for name in (MINSU, HYEJIN):
        tenants.assign(linked, tenants.user(linked, name))
    emulator.control("PUT", "state", linked)
    no_invitations = {**linked, "tenants": {**linked["tenants"], FABRIKAM: {**linked["tenants"][FABRIKAM]}}}
    policy = {**linked["tenants"][FABRIKAM]["authorization_policy"], "allowInvitesFrom": "none"}
    no_invitations["tenants"][FABRIKAM]["authorization_policy"] = policy
    hyejin = tenants.user(linked, HYEJIN)
    story = tell(
        Do(ON_DEMAND, {**CONFIGURATION, "users": [MINSU, JUNHO]}),
        Do(
            ON_DEMAND,
            {"configuration": tenants.principal_id(linked, "Fabrikam"), "users": [MINSU.upper(), tenants.user(linked, MINSU)["id"]]},
        ),
    )
    first, again = story
    done = outcomes(first)
    assert done[MINSU]["status"] == "success"
    assert done[MINSU]["action"] == "Create"
    assert {"attribute", "before", "after"} <= set(done[MINSU]["changes"][0])
    synced = first.after["tenants"][FABRIKAM]["users"][done[MINSU]["target_id"]]
    assert synced["userPrincipalName"].startswith("minsu.kim_contoso.kr#EXT#")
    assert done[JUNHO]["status"] == "skipped"
    assert done[JUNHO]["code"] == "NotEffectivelyEntitled"
    assert "not assigned" in done[JUNHO]["remedy"]
    assert done[JUNHO]["step"]
    assert first.result["changed"] is True
    assert first.actions == [f"provision user {MINSU} in configuration Fabrikam"]
    assert first.result["failed_users"] == []
    # A user who is named twice needs a single call. A user in the desired state is skipped, and nothing changes.
    assert len(provisioning(again)) == 1
    assert outcomes(again)[MINSU]["code"] == "RedundantExport"
    assert again.result["changed"] is False

    emulator.control("PUT", "state", no_invitations)
    (failed,) = tell(Do(ON_DEMAND, {**CONFIGURATION, "users": [hyejin["mail"]]}))
    outcome = outcomes(failed)[HYEJIN]
    assert outcome["status"] == "failure"
    assert outcome["code"] == "AzureActiveDirectoryForbidden"
    assert "do not allow invitations" in outcome["remedy"]
    assert outcome["step"]
    assert failed.result["failed_users"] == [HYEJIN]
    assert failed.result["changed"] is False


def test_a_trust_that_is_off_is_explained(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    tenants.assign(linked, tenants.user(linked, MINSU))
    linked["tenants"][FABRIKAM]["access_policy"]["identity_synchronizations"] = {}
    emulator.control("PUT", "state", linked)
    (step,) = tell(Do(ON_DEMAND, {**CONFIGURATION, "users": [MINSU]}))
    outcome = outcomes(step)[MINSU]
    assert outcome["status"] == "failure"
    assert "trust switch" in outcome["remedy"]
    assert step.result["failed_users"] == [MINSU]


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True, ids=str)
def test_no_faster_than_the_service_allows(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    """Five in ten seconds: the sixth waits, and no call is ever throttled."""
    users = ("minsu.kim@", "hyejin.lee@", "junho.choi@", "seoyeon.jung@", "o'brien.sean@", "taeyang.seo@")
    names = [tenants.user(linked, name)["userPrincipalName"] for name in users]
    for name in names:
        tenants.assign(linked, tenants.user(linked, name))
    emulator.control("PUT", "state", linked)
    emulator.control("PUT", "settings", {"throttling": True})
    began = time.monotonic()
    options = {**CONFIGURATION, "users": names}
    # The quota is used up afterwards, so this runs in a single runner.
    check, step = tell.once()(Do(ON_DEMAND, options, check=True), Do(ON_DEMAND, options))
    assert 8 < step.result["waited_seconds"] <= 11
    assert time.monotonic() - began > 8
    assert [request["status"] for request in provisioning(step)] == [200] * 6
    assert list(outcomes(step)) == names
    assert {outcome["status"] for outcome in outcomes(step).values()} == {"success"}
    assert check.result["waited_seconds"] == 0


def test_a_throttled_call_is_repeated_later(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    tenants.assign(linked, tenants.user(linked, MINSU))
    emulator.control("PUT", "state", linked)
    fault = {"method": "POST", "path": "/provisionOnDemand$", "fault": "status", "status": 429, "retry_after": 1}
    emulator.control("POST", "faults", [fault])
    (step,) = tell(Do(ON_DEMAND, {**CONFIGURATION, "users": [MINSU]}))
    assert outcomes(step)[MINSU]["status"] == "success"


def test_check_mode_only_names_the_users(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    tenants.assign(linked, tenants.user(linked, MINSU))
    emulator.control("PUT", "state", linked)
    options = {**CONFIGURATION, "users": [MINSU]}
    check, run, nowhere = tell(
        Do(ON_DEMAND, options, check=True),
        Do(ON_DEMAND, options),
        Do(ON_DEMAND, {"configuration": "Not yet", "users": [MINSU]}, check=True),
    )
    assert check.actions == run.actions
    assert outcomes(check)[MINSU]["status"] == "planned"
    assert provisioning(check) == []
    assert check.left_alone
    assert set(check.result) == set(run.result)
    assert nowhere.writes == []


@pytest.mark.usefixtures("linked")
def test_what_does_not_exist(tell: Teller, emulator: Emulator, mould: tenants.Mould, linked: dict[str, Any]) -> None:
    mould.cast(linked, "Jobless", job=False)
    emulator.control("PUT", "state", linked)
    unknown, nowhere, jobless = tell(
        Do(ON_DEMAND, {**CONFIGURATION, "users": [MINSU, "nobody@contoso.kr"]}),
        Do(ON_DEMAND, {"configuration": "Nowhere", "users": [MINSU]}),
        Do(ON_DEMAND, {"configuration": "Jobless", "users": [MINSU]}),
    )
    assert "there is no user 'nobody@contoso.kr'" in unknown.message
    assert provisioning(unknown) == []
    assert "there is no configuration 'Nowhere'" in nowhere.message
    assert "configuration 'Jobless' has no provisioning job" in jobless.message
