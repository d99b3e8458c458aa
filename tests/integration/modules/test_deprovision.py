# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sync_deprovision: the service removes the people, or it is said why not, and nobody is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.integration.modules.test_job import meanwhile, run_for_a_while
from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import FLIPPED, LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Step, Story, Teller

DEPROVISION = "sync_deprovision"
MINSU, HYEJIN, WOOJIN = "minsu.kim@contoso.kr", "hyejin.lee@contoso.kr", "woojin.moon@contoso.kr"
TITLE = "provisioning job of configuration Fabrikam"
OWED = "owed restart of configuration Fabrikam"
NOTE = f"record who else is in tenant {FABRIKAM}, at configuration Fabrikam"
TAG = "entra.cross_tenant_sync:restart_owed"


@pytest.fixture
def arrived(linked: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Minsu and Hyejin are in scope and in the target, where Woojin is as well, a guest who was invited by hand."""
    for name in (MINSU, HYEJIN):
        tenants.assign(linked, tenants.user(linked, name))
    run_for_a_while(emulator, linked)
    emulator.advance("PT1M")
    state = emulator.state()
    assert set(there(state)) == {MINSU, HYEJIN, WOOJIN}
    return state


def there(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The people of Contoso in Fabrikam, by the name they have at home."""
    suffix = "_contoso.kr#EXT#@"
    people = [one for one in state["tenants"][FABRIKAM]["users"].values() if suffix in one["userPrincipalName"]]
    return {
        one["userPrincipalName"].split(suffix)[0] + "@contoso.kr": one
        for one in people
        if one.get("externalUserState") != "PendingAcceptance"
    }


def task(emulator: Emulator, check: bool = False, **options: Any) -> Do:
    """The task for the link from Contoso to Fabrikam."""
    target = inventory(emulator)["all"]["vars"]["tenants"]["fabrikam"]
    given = {"configuration": "Fabrikam", "target": target, "source_domains": ["contoso.kr"], "wait_timeout": 60, **options}
    return Do(DEPROVISION, given, check=check)


def told(tell: Teller, emulator: Emulator, *tasks: Do) -> Story:
    """A story in which time passes once the job was restarted."""
    with meanwhile(emulator, lambda: emulator.advance("PT20M"), "/restart"):
        return tell.once()(*tasks)


def tags(state: dict[str, Any]) -> list[str]:
    """The tags of the configuration's service principal."""
    principal = state["tenants"][CONTOSO]["service_principals"][tenants.principal_id(state, "Fabrikam")]
    return list(principal["tags"])


def kept(step: Step) -> bool:
    """Whether configuration, job and trust are as they were."""
    tenants.job(step.after)
    parts = [[one["access_policy"] for one in state["tenants"].values()] for state in (step.before, step.after)]
    return parts[0] == parts[1]


def refused(tell: Teller, emulator: Emulator, *words: str, **options: Any) -> None:
    """Check mode and run say the same, and nothing is changed."""
    story = tell(task(emulator, check=True, **options), task(emulator, **options))
    for step in story:
        for word in words:
            assert word in step.message
        assert step.left_alone
        assert step.writes == []
    assert story[0].message == story[1].message


@pytest.mark.usefixtures("arrived")
def test_nobody_is_left(tell: Teller, emulator: Emulator) -> None:
    """Check mode says who goes and is right; afterwards there is nothing to do."""
    check, run, check_again, run_again = told(
        tell, emulator, task(emulator, check=True), task(emulator), task(emulator, check=True), task(emulator)
    )
    assert (
        check.actions
        == run.actions
        == [
            NOTE,
            f"record {OWED}",
            f"unassign user {HYEJIN} from configuration Fabrikam",
            f"unassign user {MINSU} from configuration Fabrikam",
            f"restart {TITLE}",
            f"clear {OWED}",
        ]
    )
    assert check.result["actions"] == run.result["actions"]
    restart = next(one for one in run.result["actions"] if one["verb"] == "restart")
    assert (restart["effects"]["removes_users"], restart["effects"]["users"]) == (2, [HYEJIN, MINSU])
    assert check.result["diff"] == run.result["diff"]
    assert check.result["diff"]["before"]["in_target"] == [HYEJIN, MINSU]
    assert check.result["people"] == run.result["people"]
    assert [(one["user_principal_name"], one["state"]) for one in run.result["people"]] == [(HYEJIN, "removed"), (MINSU, "removed")]
    assert check.left_alone
    assert set(there(run.after)) == {WOOJIN}
    assert TAG not in tags(run.after)
    assert "1 person is of the source tenant in the target and not in scope" in run.warnings
    assert WOOJIN in run.warnings
    for step in (check_again, run_again):
        assert step.actions == []
        assert step.writes == []
        assert step.result["people"] == []
    assert len({frozenset(step.result) for step in (check, run, check_again, run_again)}) == 1


def test_everybody_by_mode_and_by_group(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    """From scope mode all, with a job that is paused and a guard that is too low."""
    tenants.bag(linked)["SyncAll"] = "true"
    tenants.assign(linked, tenants.groups(linked, "Sales")[0], "Group")
    # Whether the service takes over a guest who was there before is another question (fact sheet 7).
    del linked["tenants"][FABRIKAM]["users"][there(linked)[WOOJIN]["id"]]
    run_for_a_while(emulator, linked)
    emulator.advance("PT1M")
    state = emulator.state()
    people = set(there(state))
    assert len(people) > 5
    tenants.bag(state)["SyncNotificationSettings"] = '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":3,"Enabled":true}'
    for job in tenants.synchronization(state)["jobs"].values():
        job |= {"schedule_state": "Disabled", "next_cycle": None}
    emulator.control("PUT", "state", state)
    held, run = told(tell, emulator, task(emulator), task(emulator, deletion_threshold=1000))
    assert "deletion guard of configuration 'Fabrikam', which is 3, would hold them back" in held.message
    assert "link_deletion_threshold" in held.message
    assert held.left_alone
    assert run.actions == [
        NOTE,
        f"record {OWED}",
        "update settings of configuration Fabrikam (scope mode, deletion_threshold)",
        "unassign group Sales from configuration Fabrikam",
        f"start {TITLE}",
        f"restart {TITLE}",
        f"clear {OWED}",
    ]
    assert there(run.after) == {}
    assert tenants.bag(run.after)["SyncAll"] == "false"


@pytest.mark.parametrize("behaviour", [LIKELY, FLIPPED], indirect=True, ids=str)
def test_what_cannot_be_done_is_refused_before_anything_is_written(tell: Teller, emulator: Emulator, arrived: dict[str, Any]) -> None:
    """Our own example "keep those who leave", and whatever else would keep the service from removing people."""
    names = f"{HYEJIN}, {MINSU}"

    def put(state: dict[str, Any]) -> None:
        emulator.control("PUT", "state", state)

    state = emulator.state()
    tenants.people_mapping(state)["flowTypes"] = "Add, Update"
    put(state)
    refused(tell, emulator, "target actions of configuration 'Fabrikam' do not include delete", "link_target_actions", names)
    state = emulator.state()
    tenants.people_mapping(state).update(flowTypes="Add, Update, Delete", enabled=False)
    put(state)
    refused(tell, emulator, "mapping of people of configuration 'Fabrikam' is switched off", names)
    tenants.people_mapping(state)["enabled"] = True
    state["tenants"][FABRIKAM]["access_policy"]["identity_synchronizations"] = {}
    put(state)
    refused(tell, emulator, f"user_sync_inbound for tenant {CONTOSO} is off in tenant {FABRIKAM}", names)
    tenants.synchronization(state)["jobs"] = {}
    put(state)
    refused(tell, emulator, "has no job any more", "link_users keep", names)
    put(arrived)
    refused(tell, emulator, "hold them back", names, deletion_threshold=2)
    refused(tell, emulator, "there is no configuration 'Other'", "'Fabrikam'", configuration="Other")
    elsewhere = emulator.state()
    tenants.bag(elsewhere)["CompanyId"] = tenants.made_up_id("another tenant")
    put(elsewhere)
    refused(tell, emulator, f"serves tenant {tenants.made_up_id('another tenant')}")


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True, ids=str)
def test_an_administrator_stays_and_is_not_forgotten(tell: Teller, emulator: Emulator, arrived: dict[str, Any]) -> None:
    """The service refuses to delete him (fact sheet 7); configuration and trust stay, and a later run finishes."""
    there(arrived)[MINSU]["_directoryRoles"] = ["Global Administrator"]
    emulator.control("PUT", "state", arrived)
    (run,) = told(tell, emulator, task(emulator))
    assert f"1 of 2 people are still in tenant {FABRIKAM} after the cycle: {MINSU}" in run.message
    assert "administrators of the target" in run.message
    assert [(one["user_principal_name"], one["state"]) for one in run.result["people"]] == [(MINSU, "left"), (HYEJIN, "removed")]
    assert run.result["changed"] is True
    assert kept(run)
    assert set(there(run.after)) == {MINSU, WOOJIN}

    state = emulator.state()
    del there(state)[MINSU]["_directoryRoles"]
    emulator.control("PUT", "state", state)
    check, again = told(tell, emulator, task(emulator, check=True), task(emulator))
    assert check.actions == again.actions == [f"record {OWED}", f"restart {TITLE}", f"clear {OWED}"]
    assert set(there(again.after)) == {WOOJIN}


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True, ids=str)
def test_held_by_the_guard(tell: Teller, emulator: Emulator, arrived: dict[str, Any]) -> None:
    """A guard that was lowered meanwhile: the advice is one that helps."""

    def lower() -> None:
        state = emulator.state()
        tenants.bag(state)["SyncNotificationSettings"] = '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":1}'
        emulator.control("PUT", "state", state)
        emulator.advance("PT20M")

    del arrived
    with meanwhile(emulator, lower, "/restart"):
        (run,) = tell.once()(task(emulator))
    assert f"2 of 2 people are still in tenant {FABRIKAM}" in run.message
    assert "the deletion guard holds their deletions back" in run.message
    assert kept(run)
    held, again = told(tell, emulator, task(emulator), task(emulator, deletion_threshold=3))
    assert "which is 1, holds them back already" in held.message
    assert not again.failed, again.message
    assert set(there(again.after)) == {WOOJIN}


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True, ids=str)
def test_people_who_left_scope_before_anybody_looked(tell: Teller, emulator: Emulator, arrived: dict[str, Any]) -> None:
    """Nobody is in scope, and nothing tells a guest from those who were synchronized: who is left is named, with a way to finish."""
    arrived["tenants"][CONTOSO]["assignments"] = {}
    emulator.control("PUT", "state", arrived)
    check, run = told(tell, emulator, task(emulator, check=True), task(emulator))
    assert check.actions == [f"record {OWED}", f"restart {TITLE}", f"clear {OWED}"]
    assert f"1 of 3 people are still in tenant {FABRIKAM} after the cycle: {WOOJIN}" in run.message
    assert "whoever was invited by hand it may not know at all: finish with link_users keep" in run.message
    assert kept(run)


def test_nothing_to_take_down(tell: Teller, emulator: Emulator, arrived: dict[str, Any]) -> None:
    """Without a configuration, or with one that has no job and no people, there is nothing to do."""
    state = emulator.state()
    tenants.synchronization(state)["jobs"] = {}
    state["tenants"][FABRIKAM]["users"] = {
        number: one for number, one in state["tenants"][FABRIKAM]["users"].items() if one not in there(state).values()
    }
    emulator.control("PUT", "state", state)
    assert there(state) == {}
    without_job = tell(task(emulator, check=True), task(emulator))
    principal = tenants.principal_id(arrived, "Fabrikam")
    for part in ("service_principals", "synchronizations", "assignments"):
        del arrived["tenants"][CONTOSO][part][principal]
    emulator.control("PUT", "state", arrived)
    without_configuration = tell(task(emulator, check=True), task(emulator))
    for step in (*without_job, *without_configuration):
        assert step.actions == []
        assert step.left_alone
        assert step.result["people"] == []
    assert "nothing here says that this link made them" in without_configuration[1].warnings
