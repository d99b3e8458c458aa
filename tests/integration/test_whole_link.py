# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of one link, told by real playbook runs: the quick start's inventory from empty tenants to nothing left."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.filter.plan_table import WIDEST
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, REPOSITORY, Playbooks, inventory

SUFFIX = " (Contoso)"
MORE: dict[str, Any] = {
    "link_groups": True,
    "link_share": {
        "source": {"mail_tips": "all", "scope": "groups", "groups": ["Sales"]},
        "target": {"free_busy": "basic", "profile_card": True, "scope": "all"},
    },
}
"""What most links do not have."""


def entitled(contoso: dict[str, Any]) -> set[str]:
    """Who shall arrive: Kim Minsu and the direct members of Sales that are enabled and of the company itself."""
    users = contoso["users"]
    sales = next(one["id"] for one in contoso["groups"].values() if one["displayName"] == "Sales")
    ids = {one["id"] for one in users.values() if one["userPrincipalName"] == "minsu.kim@contoso.kr"}
    ids |= {member for member in contoso["members"][sales] if member in users}
    people = [users[one] for one in ids]
    return {one["userPrincipalName"] for one in people if one["accountEnabled"] and one.get("userType", "Member") == "Member"}


def arrived(fabrikam: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The people from Contoso, by the name they have there."""
    users = [one for one in fabrikam["users"].values() if "_contoso.kr#EXT#@" in one["userPrincipalName"]]
    synced = [one for one in users if (one.get("displayName") or "").endswith(SUFFIX)]
    return {one["userPrincipalName"].replace("_contoso.kr#EXT#@fabrikam.onmicrosoft.com", "@contoso.kr"): one for one in synced}


def test_check_mode_predicts_a_link_that_does_not_exist_yet(playbooks: Playbooks, emulator: Emulator) -> None:
    before = emulator.state()

    plan = playbooks.sync("--check", "--diff", **MORE)
    assert plan.code == 0, plan.output
    assert emulator.state()["tenants"] == before["tenants"]
    table = plan.output[plan.output.index("Show what would be done in all links") :]
    for action in plan.actions():
        verb, _blank, what = action.partition(" ")
        assert re.search(rf"contoso_to_fabrikam +(contoso|fabrikam) +{verb} +{re.escape(what[:WIDEST])}", table), action
    assert f"{len(plan.actions())} actions for 1 of 1 link: " in table

    run = playbooks.sync("--diff", **MORE)
    assert run.code == 0, run.output
    assert run.actions() == plan.actions()
    assert run.diffs() == plan.diffs()
    assert run.changed() == plan.changed()

    for compare in (True, False):
        for arguments in (["--check", "--diff"], ["--diff"]):
            again = playbooks.sync(*arguments, link_compare=compare, **MORE)
            assert again.code == 0, again.output
            assert again.changed() == []
            assert again.actions() == []
            assert ([task.action for task in again.ours()] == [f"{PREFIX}links_info"]) is compare
            assert ('"msg": "in sync; job never run; ' in again.output) is compare
            assert ("nothing to do for 1 link" in again.output) is ("--check" in arguments)


def test_a_link_that_is_compared_first_is_repaired_all_the_same(playbooks: Playbooks, emulator: Emulator) -> None:
    """Whatever differs, the roles do what they would do without the comparison; and verify has its say of what no module would change."""
    assert playbooks.sync().code == 0
    wished: list[dict[str, Any]] = [
        {"link_scope_users": ["bora.cho@contoso.kr"]},
        {"link_display_name_suffix": " (Contoso Group)", "link_mappings": []},
        {"link_job_state": "paused"},
        {"link_deletion_threshold": 50},
    ]
    for link in wished:
        plan, plain = playbooks.sync("--check", **link), playbooks.sync("--check", link_compare=False, **link)
        assert plan.actions() == plain.actions() != [], plan.output
        assert playbooks.sync(**link).actions() == plan.actions()
        assert playbooks.sync(**link).actions() == []

    run = playbooks.sync(link_deletion_threshold=50, link_verify_users=["nobody@contoso.kr"])
    assert run.code == 2
    assert f"not in the address book of tenant {FABRIKAM}: nobody@contoso.kr" in run.failure()


def test_what_cannot_be_compared_is_told_by_the_tasks_that_follow(playbooks: Playbooks, emulator: Emulator) -> None:
    assert playbooks.sync().code == 0
    emulator.control("POST", "faults", [{"path": "/policies/", "fault": "status", "status": 403, "code": "Forbidden", "times": 5}])
    run = playbooks.sync()
    assert run.code == 0, run.output
    assert run.changed() == []
    asked = [task.action for task in run.ours()]
    assert asked[:2] == [f"{PREFIX}links_info", f"{PREFIX}preflight_info"]
    assert asked[-1] == f"{PREFIX}link_info"


def test_the_people_in_scope_arrive_and_nobody_else(playbooks: Playbooks, emulator: Emulator) -> None:
    assert playbooks.sync().code == 0
    expected = entitled(emulator.tenant(CONTOSO))
    assert len(expected) > 5

    emulator.advance("PT40M")

    people = arrived(emulator.tenant(FABRIKAM))
    assert set(people) == expected
    minsu = people["minsu.kim@contoso.kr"]
    assert minsu["userType"] == "Member"
    assert minsu["showInAddressList"] is True
    assert minsu["displayName"].endswith(SUFFIX)
    assert minsu.get("employeeId") is None
    verified = playbooks.sync(link_verify_users=["minsu.kim@contoso.kr"])
    assert verified.code == 0, verified.output
    assert verified.changed() == []


def test_somebody_who_leaves_the_scope_leaves_the_address_book(playbooks: Playbooks, emulator: Emulator) -> None:
    assert playbooks.sync().code == 0
    emulator.advance("PT40M")

    run = playbooks.sync(link_scope_users=[], link_scope_exact=True)
    assert run.actions() == ["unassign user minsu.kim@contoso.kr from configuration Fabrikam"]
    emulator.advance("PT40M")

    assert "minsu.kim@contoso.kr" not in arrived(emulator.tenant(FABRIKAM))
    deleted = emulator.tenant(FABRIKAM)["deleted_items"].values()
    assert [one for one in deleted if "minsu.kim" in str(one.get("userPrincipalName"))]


def test_taking_the_link_down_leaves_the_people(playbooks: Playbooks, emulator: Emulator) -> None:
    assert playbooks.sync(**MORE).code == 0
    emulator.advance("PT40M")
    people = arrived(emulator.tenant(FABRIKAM))

    plan = playbooks.sync("--check", "-e", "link_state=absent", **MORE)
    run = playbooks.sync("-e", "link_state=absent", **MORE)
    assert plan.code == run.code == 0, run.output
    assert run.actions() == plan.actions() != []

    contoso, fabrikam = emulator.tenant(CONTOSO), emulator.tenant(FABRIKAM)
    for tenant in (contoso, fabrikam):
        assert tenant["access_policy"]["partners"] == {}
        assert tenant["access_policy"]["identity_synchronizations"] == {}
    assert contoso["synchronizations"] == {} or all(not one["jobs"] for one in contoso["synchronizations"].values())
    assert not [one for one in contoso["service_principals"].values() if one["displayName"] == "Fabrikam"]
    emulator.advance("P1D")
    assert arrived(emulator.tenant(FABRIKAM)) == people

    again = playbooks.play(REPOSITORY / "playbooks" / "teardown.yml", inventory(emulator, link_teardown="contoso_to_fabrikam"))
    assert again.code == 0, again.output
    assert again.changed() == []
    assert "no configuration to fabrikam" in again.output


def test_a_link_that_was_taken_down_can_be_built_again(playbooks: Playbooks, emulator: Emulator) -> None:
    for arguments in ([], ["-e", "link_state=absent"], []):
        run = playbooks.sync(*arguments)
        assert run.code == 0, run.output
    emulator.advance("PT40M")
    assert set(arrived(emulator.tenant(FABRIKAM))) == entitled(emulator.tenant(CONTOSO))


def test_a_changed_mapping_of_a_running_job_evaluates_everybody_again(playbooks: Playbooks, emulator: Emulator) -> None:
    first = playbooks.sync()
    assert first.code == 0, first.output
    assert not [action for action in first.actions() if action.startswith("restart")]
    emulator.advance("PT40M")

    changed: dict[str, Any] = {"link_mappings": [], "link_display_name_suffix": " (Contoso Group)"}
    plan, run = playbooks.sync("--check", **changed), playbooks.sync(**changed)
    assert run.actions() == plan.actions()
    assert run.actions() == [
        "record pending restart of configuration Fabrikam",
        "pause provisioning job of configuration Fabrikam",
        "update mappings of configuration Fabrikam (change displayName)",
        "restart provisioning job of configuration Fabrikam",
        "clear pending restart of configuration Fabrikam",
    ]
    assert playbooks.sync(**changed).actions() == []
    emulator.advance("PT1H")
    names = [one["displayName"] for one in emulator.tenant(FABRIKAM)["users"].values()]
    assert "Kim Minsu (Contoso Group)" in names

    # Both need a restart, and get one together.
    assert playbooks.sync(**changed, link_scope_mode="all").code == 0
    both = {**changed, "link_scope_mode": "assigned", "link_display_name_suffix": " (Group)"}
    plan, run = playbooks.sync("--check", **both), playbooks.sync(**both)
    assert run.actions() == plan.actions()
    assert [action.split()[0] for action in run.actions()] == ["record", "pause", "update", "update", "restart", "clear"]
    assert playbooks.sync(**both).actions() == []


DEPROVISION = ("-e", "link_state=absent", "-e", "link_users=deprovision")


@contextmanager
def time_passes(emulator: Emulator) -> Iterator[None]:
    """Cycles run while a playbook does."""
    done = threading.Event()

    def let_time_pass() -> None:
        while not done.wait(0.5):
            emulator.advance("PT20M")

    clock = threading.Thread(target=let_time_pass)
    clock.start()
    try:
        yield
    finally:
        done.set()
        clock.join()


def test_people_can_be_removed_together_with_the_link(playbooks: Playbooks, emulator: Emulator) -> None:
    assert playbooks.sync().code == 0
    emulator.advance("PT40M")
    people = len(arrived(emulator.tenant(FABRIKAM)))
    assert people > 5

    plan = playbooks.sync("--check", *DEPROVISION)
    assert plan.code == 0, plan.output
    with time_passes(emulator):
        run = playbooks.sync(*DEPROVISION)

    assert run.code == 0, run.output
    assert run.actions()[:6] == [
        f"record other users in tenant {FABRIKAM} at configuration Fabrikam",
        "record pending restart of configuration Fabrikam",
        "unassign group Sales from configuration Fabrikam",
        "unassign user minsu.kim@contoso.kr from configuration Fabrikam",
        "restart provisioning job of configuration Fabrikam",
        "clear pending restart of configuration Fabrikam",
    ]
    assert run.actions() == plan.actions()
    assert next(one for one in plan.ours() if one.action == f"{PREFIX}sync_deprovision").result["people_count"] == people
    assert arrived(emulator.tenant(FABRIKAM)) == {}
    assert "no partner entry for fabrikam" in run.output
    again = playbooks.sync(*DEPROVISION)
    assert again.code == 0, again.output
    assert again.changed() == []


def test_a_link_is_kept_while_somebody_is_left(playbooks: Playbooks, emulator: Emulator) -> None:
    """An administrator of the target stays, so configuration and trust do; when his role is gone, the next run takes it all down."""
    assert playbooks.sync().code == 0
    emulator.advance("PT40M")
    state = emulator.state()
    fabrikam = state["tenants"][FABRIKAM]
    minsu = next(one for one in fabrikam["users"].values() if one["userPrincipalName"].startswith("minsu.kim_contoso.kr#EXT#"))
    minsu["_directoryRoles"] = ["Global Administrator"]
    emulator.control("PUT", "state", state)
    trust = [one["access_policy"] for one in state["tenants"].values()]

    stopped = playbooks.sync(*DEPROVISION)
    assert stopped.code == 2
    assert "minsu.kim@contoso.kr (Global Administrator) would be deleted in the target" in stopped.failure()
    assert emulator.state()["tenants"] == state["tenants"]

    with time_passes(emulator):
        run = playbooks.sync(*DEPROVISION, "-e", "link_protected_release=minsu.kim@contoso.kr")
    assert run.code == 2
    assert "minsu.kim@contoso.kr" in run.failure()
    after = emulator.state()
    assert [one["access_policy"] for one in after["tenants"].values()] == trust
    assert len(after["tenants"][CONTOSO]["synchronizations"]) == len(state["tenants"][CONTOSO]["synchronizations"])
    assert set(arrived(after["tenants"][FABRIKAM])) == {"minsu.kim@contoso.kr"}

    del after["tenants"][FABRIKAM]["users"][minsu["id"]]["_directoryRoles"]
    emulator.control("PUT", "state", after)
    with time_passes(emulator):
        again = playbooks.sync(*DEPROVISION)
    assert again.code == 0, again.output
    assert arrived(emulator.tenant(FABRIKAM)) == {}
    assert emulator.tenant(FABRIKAM)["access_policy"]["partners"] == {}


def test_those_who_are_to_be_kept_are_not_forgotten(playbooks: Playbooks, emulator: Emulator) -> None:
    """Our own example "keep those who leave": a deprovision that cannot be done is refused, in check mode too, and nothing is touched."""
    assert playbooks.sync(link_target_actions=["create", "update"]).code == 0
    emulator.advance("PT40M")
    before = emulator.state()["tenants"]
    for arguments in (["--check"], []):
        run = playbooks.sync(*arguments, *DEPROVISION)
        assert run.code == 2
        assert "do not include delete" in run.failure()
        assert emulator.state()["tenants"] == before


def test_a_teardown_that_was_ended_after_the_job_was_deleted_goes_on(playbooks: Playbooks, emulator: Emulator) -> None:
    """The people are gone, the job is, too, and the application is still there."""
    assert playbooks.sync().code == 0
    emulator.advance("PT40M")
    emulator.control(
        "POST", "faults", [{"method": "DELETE", "path": "/applications/", "fault": "status", "status": 403, "code": "Forbidden"}]
    )
    with time_passes(emulator):
        assert playbooks.sync(*DEPROVISION).code == 2
    emulator.control("DELETE", "faults")
    assert [one["jobs"] for one in emulator.tenant(CONTOSO)["synchronizations"].values()] == [{}]
    plan, run = playbooks.sync("--check", *DEPROVISION), playbooks.sync(*DEPROVISION)
    assert plan.code == run.code == 0, run.output
    assert run.actions() == plan.actions() != []
    assert emulator.tenant(CONTOSO)["access_policy"]["partners"] == {}
