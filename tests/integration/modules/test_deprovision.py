# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sync_deprovision: the service removes the users, or the task reports why not and names every user who is left."""

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
PENDING = "pending restart of configuration Fabrikam"
RECORD_OTHERS = f"record other users in tenant {FABRIKAM} at configuration Fabrikam"
TAG = "entra.cross_tenant_sync:restart_owed"


@pytest.fixture
def synced(linked: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Minsu and Hyejin are in scope and in the target; so is Woojin, a guest who was invited manually."""
    for name in (MINSU, HYEJIN):
        tenants.assign(linked, tenants.user(linked, name))
    run_for_a_while(emulator, linked)
    emulator.advance("PT1M")
    state = emulator.state()
    assert set(in_target(state)) == {MINSU, HYEJIN, WOOJIN}
    return state


def in_target(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The users of Contoso in Fabrikam, by their names in Contoso."""
    suffix = "_contoso.kr#EXT#@"
    users = [user for user in state["tenants"][FABRIKAM]["users"].values() if suffix in user["userPrincipalName"]]
    return {
        user["userPrincipalName"].split(suffix)[0] + "@contoso.kr": user
        for user in users
        if user.get("externalUserState") != "PendingAcceptance"
    }


def task(emulator: Emulator, check: bool = False, **options: Any) -> Do:
    """The task for the link from Contoso to Fabrikam."""
    target = inventory(emulator)["all"]["vars"]["tenants"]["fabrikam"]
    given = {"configuration": "Fabrikam", "target": target, "source_domains": ["contoso.kr"], "wait_timeout": 60, **options}
    return Do(DEPROVISION, given, check=check)


def with_cycle(tell: Teller, emulator: Emulator, *tasks: Do) -> Story:
    """Run the tasks; time passes after the job is restarted."""
    with meanwhile(emulator, lambda: emulator.advance("PT20M"), "/restart"):
        return tell.once()(*tasks)


def tags(state: dict[str, Any]) -> list[str]:
    """The tags of the configuration's service principal."""
    principal = state["tenants"][CONTOSO]["service_principals"][tenants.principal_id(state, "Fabrikam")]
    return list(principal["tags"])


def kept(step: Step) -> bool:
    """Whether configuration, job and trust are unchanged."""
    tenants.job(step.after)
    parts = [[tenant["access_policy"] for tenant in state["tenants"].values()] for state in (step.before, step.after)]
    return parts[0] == parts[1]


def refused(tell: Teller, emulator: Emulator, *words: str, **options: Any) -> None:
    """Check mode and run report the same, and nothing is changed."""
    story = tell(task(emulator, check=True, **options), task(emulator, **options))
    for step in story:
        for word in words:
            assert word in step.message
        assert step.left_alone
        assert step.writes == []
    assert story[0].message == story[1].message


@pytest.mark.usefixtures("synced")
def test_no_user_is_left(tell: Teller, emulator: Emulator) -> None:
    """Check mode names exactly the users whom the run removes; afterwards there is nothing to do."""
    check, run, check_again, run_again = with_cycle(
        tell, emulator, task(emulator, check=True), task(emulator), task(emulator, check=True), task(emulator)
    )
    assert (
        check.actions
        == run.actions
        == [
            RECORD_OTHERS,
            f"record {PENDING}",
            f"unassign user {HYEJIN} from configuration Fabrikam",
            f"unassign user {MINSU} from configuration Fabrikam",
            f"restart {TITLE}",
            f"clear {PENDING}",
        ]
    )
    assert check.result["actions"] == run.result["actions"]
    restart = next(action for action in run.result["actions"] if action["verb"] == "restart")
    assert (restart["effects"]["removes_users"], restart["effects"]["users"]) == (2, [HYEJIN, MINSU])
    assert check.result["diff"] == run.result["diff"]
    assert check.result["diff"]["before"]["in_target"] == [HYEJIN, MINSU]
    assert check.result["people"] == run.result["people"]
    assert [(user["user_principal_name"], user["state"]) for user in run.result["people"]] == [(HYEJIN, "removed"), (MINSU, "removed")]
    assert check.left_alone
    assert set(in_target(run.after)) == {WOOJIN}
    assert TAG not in tags(run.after)
    assert "1 user of the source tenant is in the target and not in scope" in run.warnings
    assert WOOJIN in run.warnings
    for step in (check_again, run_again):
        assert step.actions == []
        assert step.writes == []
        assert step.result["people"] == []
    assert len({frozenset(step.result) for step in (check, run, check_again, run_again)}) == 1


def test_all_users_by_mode_and_by_group(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    """From scope mode all, with a job that is paused and a guard that is too low."""
    tenants.bag(linked)["SyncAll"] = "true"
    tenants.assign(linked, tenants.groups(linked, "Sales")[0], "Group")
    # Whether the service takes over an existing guest is tested elsewhere (fact F113).
    del linked["tenants"][FABRIKAM]["users"][in_target(linked)[WOOJIN]["id"]]
    run_for_a_while(emulator, linked)
    emulator.advance("PT1M")
    state = emulator.state()
    assert len(in_target(state)) > 5
    tenants.bag(state)["SyncNotificationSettings"] = '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":3,"Enabled":true}'
    for job in tenants.synchronization(state)["jobs"].values():
        job |= {"schedule_state": "Disabled", "next_cycle": None}
    emulator.control("PUT", "state", state)
    held, run = with_cycle(tell, emulator, task(emulator), task(emulator, deletion_threshold=1000))
    assert "deletion guard of configuration 'Fabrikam', which is 3, would hold the deletions back" in held.message
    assert "link_deletion_threshold" in held.message
    assert held.left_alone
    assert run.actions == [
        RECORD_OTHERS,
        f"record {PENDING}",
        "update settings of configuration Fabrikam (scope mode, deletion_threshold)",
        "unassign group Sales from configuration Fabrikam",
        f"start {TITLE}",
        f"restart {TITLE}",
        f"clear {PENDING}",
    ]
    assert in_target(run.after) == {}
    assert tenants.bag(run.after)["SyncAll"] == "false"


@pytest.mark.parametrize("behaviour", [LIKELY, FLIPPED], indirect=True, ids=str)
def test_an_impossible_removal_is_refused_before_anything_is_written(tell: Teller, emulator: Emulator, synced: dict[str, Any]) -> None:
    """The example "keep those who leave" of this collection, and every other state in which the service removes no user."""
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
    refused(tell, emulator, "mapping of users of configuration 'Fabrikam' is switched off", names)
    tenants.people_mapping(state)["enabled"] = True
    state["tenants"][FABRIKAM]["access_policy"]["identity_synchronizations"] = {}
    put(state)
    refused(tell, emulator, f"user_sync_inbound for tenant {CONTOSO} is off in tenant {FABRIKAM}", names)
    tenants.synchronization(state)["jobs"] = {}
    put(state)
    refused(tell, emulator, "has no job any more", "link_users keep", names)
    put(synced)
    refused(tell, emulator, "would hold the deletions back", names, deletion_threshold=2)
    refused(tell, emulator, "there is no configuration 'Other'", "'Fabrikam'", configuration="Other")
    elsewhere = emulator.state()
    tenants.bag(elsewhere)["CompanyId"] = tenants.made_up_id("another tenant")
    put(elsewhere)
    refused(tell, emulator, f"serves tenant {tenants.made_up_id('another tenant')}")


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True, ids=str)
def test_an_administrator_stays_and_is_named(tell: Teller, emulator: Emulator, synced: dict[str, Any]) -> None:
    """The service refuses to delete the account (fact F117); configuration and trust stay, and a later run finishes."""
    in_target(synced)[MINSU]["_directoryRoles"] = ["Global Administrator"]
    emulator.control("PUT", "state", synced)
    (run,) = with_cycle(tell, emulator, task(emulator, protected_release=[MINSU]))
    assert f"1 of 2 users are still in tenant {FABRIKAM} after the cycle: {MINSU}" in run.message
    assert "administrators of the target" in run.message
    assert [(user["user_principal_name"], user["state"]) for user in run.result["people"]] == [(MINSU, "left"), (HYEJIN, "removed")]
    assert run.result["changed"] is True
    assert kept(run)
    assert set(in_target(run.after)) == {MINSU, WOOJIN}

    state = emulator.state()
    del in_target(state)[MINSU]["_directoryRoles"]
    emulator.control("PUT", "state", state)
    check, again = with_cycle(tell, emulator, task(emulator, check=True), task(emulator))
    assert check.actions == again.actions == [f"record {PENDING}", f"restart {TITLE}", f"clear {PENDING}"]
    assert set(in_target(again.after)) == {WOOJIN}


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True, ids=str)
def test_held_by_the_guard(tell: Teller, emulator: Emulator, synced: dict[str, Any]) -> None:
    """A guard that was lowered in the meantime: the remedy in the message works."""

    def lower() -> None:
        state = emulator.state()
        tenants.bag(state)["SyncNotificationSettings"] = '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":1}'
        emulator.control("PUT", "state", state)
        emulator.advance("PT20M")

    del synced
    with meanwhile(emulator, lower, "/restart"):
        (run,) = tell.once()(task(emulator))
    assert f"2 of 2 users are still in tenant {FABRIKAM}" in run.message
    assert "the deletion guard holds their deletions back" in run.message
    assert kept(run)
    held, again = with_cycle(tell, emulator, task(emulator), task(emulator, deletion_threshold=3))
    assert "which is 1, already holds the deletions back" in held.message
    assert not again.failed, again.message
    assert set(in_target(again.after)) == {WOOJIN}


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True, ids=str)
def test_users_who_left_the_scope_before_the_first_run(tell: Teller, emulator: Emulator, synced: dict[str, Any]) -> None:
    """The scope is empty, and guests cannot be distinguished from synced users: those who are left are named, with a way to finish."""
    synced["tenants"][CONTOSO]["assignments"] = {}
    emulator.control("PUT", "state", synced)
    check, run = with_cycle(tell, emulator, task(emulator, check=True), task(emulator))
    assert check.actions == [f"record {PENDING}", f"restart {TITLE}", f"clear {PENDING}"]
    assert f"1 of 3 users are still in tenant {FABRIKAM} after the cycle: {WOOJIN}" in run.message
    assert "if they were invited manually, the service might not manage them: finish with link_users keep" in run.message
    assert kept(run)


def test_nothing_to_take_down(tell: Teller, emulator: Emulator, synced: dict[str, Any]) -> None:
    """Without a configuration, or with a configuration without job and users, there is nothing to do."""
    state = emulator.state()
    tenants.synchronization(state)["jobs"] = {}
    state["tenants"][FABRIKAM]["users"] = {
        user_id: user for user_id, user in state["tenants"][FABRIKAM]["users"].items() if user not in in_target(state).values()
    }
    emulator.control("PUT", "state", state)
    assert in_target(state) == {}
    without_job = tell(task(emulator, check=True), task(emulator))
    principal = tenants.principal_id(synced, "Fabrikam")
    for part in ("service_principals", "synchronizations", "assignments"):
        del synced["tenants"][CONTOSO][part][principal]
    emulator.control("PUT", "state", synced)
    without_configuration = tell(task(emulator, check=True), task(emulator))
    for step in (*without_job, *without_configuration):
        assert step.actions == []
        assert step.left_alone
        assert step.result["people"] == []
    assert "because nothing shows that this link created them" in without_configuration[1].warnings
