# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""impact_info, and the guards of the modules that use it: what a change does to users is said before it is made, and refused if it must not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.integration.modules.test_job import run_for_a_while
from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM as FABRIKAM_ID
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Step, Teller, advance, converges, four

MINSU, HYEJIN = "minsu.kim@contoso.kr", "hyejin.lee@contoso.kr"
NOT_SALES = [{"name": "No sales", "clauses": [{"attribute": "department", "operator": "NOT EQUALS", "values": ["Sales"]}]}]


@pytest.fixture
def target(emulator: Emulator) -> dict[str, Any]:
    """The connection to Fabrikam."""
    connection: dict[str, Any] = inventory(emulator)["all"]["vars"]["tenants"]["fabrikam"]
    return connection


@pytest.fixture
def running(linked: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Minsu is assigned, Sales as well, and all have arrived. Minsu holds a role in Fabrikam."""
    tenants.assign(linked, tenants.user(linked, MINSU))
    tenants.assign(linked, tenants.groups(linked, "Sales")[0], "Group")
    run_for_a_while(emulator, linked)
    emulator.advance("PT1M")
    state = emulator.state()
    account(state, MINSU)["_directoryRoles"] = ["Global Administrator"]
    emulator.control("PUT", "state", state)
    return state


def account(state: dict[str, Any], name: str) -> dict[str, Any]:
    """The account of a user in Fabrikam."""
    beginning = name.replace("@", "_")
    users = state["tenants"][FABRIKAM_ID]["users"].values()
    return next(user for user in users if user["userPrincipalName"].startswith(f"{beginning}#EXT#"))


def named(step: Step) -> dict[str, str]:
    """The users in the result, with what happens to them."""
    return {user["user_principal_name"]: user["effect"] for user in step.result["impact"]["users"]}


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("process", [False, True], ids=["worker", "process"])
@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
def test_twelve_times_only_read(tell: Teller, target: dict[str, Any], process: bool) -> None:
    """In check mode and in a run, in both hosts: the same, and nothing is changed."""
    options = {"configuration": "Fabrikam", "target": target, "protected_importance": []}
    story = tell(
        four("impact_info", {**options, "scope_groups": ["Sales"], "scope_exact": True}, process=process),
        four("impact_info", {**options, "filters": NOT_SALES, "company_name": "Contoso"}, process=process),
        four("impact_info", {**options, "state": "absent"}, process=process),
    )
    swapped, filtered, removed = story.fours()
    for steps in (swapped, filtered, removed):
        assert [step.failed for step in steps] == [False] * 4, steps[0].result
        assert not any(step.writes for step in steps)
        assert all(step.left_alone for step in steps)
        assert all(step.result["impact"] == steps[0].result["impact"] for step in steps)
    assert swapped[0].result["impact"]["leaving"]["count"] in (0, 1)
    assert named(filtered[0])[MINSU] == "soft_deleted"
    assert removed[0].result["impact"]["leaving"]["percent"] == 100.0


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
def test_it_is_what_the_cycle_does(tell: Teller, target: dict[str, Any], emulator: Emulator, running: dict[str, Any]) -> None:
    """Without roles: whether administrators are deleted is not known (fact F117)."""
    del account(running, MINSU)["_directoryRoles"]
    emulator.control("PUT", "state", running)
    options = {"configuration": "Fabrikam", "users": [HYEJIN], "groups": [], "exact": True}
    story = tell(
        Do("impact_info", {"configuration": "Fabrikam", "target": target, "protected_importance": [], **_of_link(options)}),
        Do("sync_scope", {**options, "target": target}),
        advance("PT2H"),
    )
    with_account = {user["user_principal_name"] for user in story[0].result["impact"]["users"] if user["target_id"]}
    told = {name: effect for name, effect in named(story[0]).items() if name in with_account}
    assert story[1].result["impact"]["counts"] == story[0].result["impact"]["counts"]
    present = {user["userPrincipalName"].partition("#EXT#")[0] for user in emulator.state()["tenants"][FABRIKAM_ID]["users"].values()}
    assert "soft_deleted" in told.values()
    for name, effect in told.items():
        assert (name.replace("@", "_") in present) is (effect != "soft_deleted"), name


def _of_link(options: dict[str, Any]) -> dict[str, Any]:
    return {f"scope_{name}": value for name, value in options.items() if name != "configuration"}


LEAVE = {"users": [MINSU], "groups": ["Sales"], "state": "absent", "allow_empty": True}


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("process", [False, True], ids=["worker", "process"])
@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
@pytest.mark.parametrize(
    ("module", "options"),
    [("sync_scope", LEAVE), ("sync_mapping", {"filters": NOT_SALES}), ("sync_deprovision", {})],
    ids=["scope", "filter", "teardown"],
)
def test_a_protected_user_stops_the_task_before_the_first_write(
    tell: Teller, target: dict[str, Any], module: str, options: dict[str, Any], process: bool
) -> None:
    """Neither a limit nor ``allow_empty`` lifts the protection; only the name of the user does."""
    task = {"configuration": "Fabrikam", "target": target, "max_removals": 1000, **options}
    story = tell(four(module, task, process=process))
    for step in story:
        assert f"{MINSU} (Global Administrator) would be deleted in the target" in step.message
        assert "protected_release" in step.message
        assert step.result["impact"]["users"][0]["protected_by"] == ["Global Administrator"]
        assert step.writes == []
        assert step.left_alone


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
@pytest.mark.parametrize(("module", "options"), [("sync_scope", LEAVE), ("sync_mapping", {"filters": NOT_SALES})], ids=["scope", "filter"])
def test_a_released_user_leaves(tell: Teller, target: dict[str, Any], module: str, options: dict[str, Any]) -> None:
    task = {"configuration": "Fabrikam", "target": target, "protected_release": [MINSU], **options}
    (steps,) = tell(four(module, task)).fours()
    converges(steps)
    assert named(steps[0])[MINSU] == "soft_deleted"
    assert steps[2].result["impact"] is None


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
@pytest.mark.parametrize(
    ("module", "options"),
    [("sync_scope", LEAVE), ("sync_mapping", {"filters": NOT_SALES}), ("sync_deprovision", {"protected_release": [MINSU]})],
    ids=["scope", "filter", "teardown"],
)
def test_limits_count_users_in_whichever_way_they_leave(tell: Teller, target: dict[str, Any], module: str, options: dict[str, Any]) -> None:
    """Without a connection to the target, too, where the module can do without."""
    there = {"target": target} if module == "sync_deprovision" else {}
    task = {"configuration": "Fabrikam", **there, **options, "max_removals": 0}
    for step in tell(Do(module, task, check=True), Do(module, task)):
        assert "users would leave the scope, more than max_removals 0" in step.message
        assert step.result["impact"]["leaving"]["count"] > 0
        assert step.left_alone


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
def test_what_was_not_asked_is_said(tell: Teller) -> None:
    (step,) = tell(Do("sync_scope", {"configuration": "Fabrikam", **LEAVE}, check=True))
    impact = step.result["impact"]
    assert set(impact["importance"]) == {"roles", "owners", "licences", "mailboxes"}
    assert all("the target tenant was not asked" in reason for reason in impact["importance"].values())
    assert any("the target tenant was not asked" in sentence for sentence in impact["incomplete"])
    # A user who was disabled before stays (fact F116).
    assert sum(impact["counts"].get(effect, 0) for effect in ("soft_deleted", "kept")) == impact["leaving"]["count"]
    assert impact["counts"]["soft_deleted"] > 1
