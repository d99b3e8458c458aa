# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sync_scope: the users and groups that are synchronized."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import READS, Behaviour
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM as FABRIKAM_ID
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Step, Teller, advance, converges, four
from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import assigned

SCOPE = "sync_scope"
FABRIKAM = {"configuration": "Fabrikam"}
MINSU, HYEJIN, JUNHO = "minsu.kim@contoso.kr", "hyejin.lee@contoso.kr", "junho.choi@contoso.kr"
UNKNOWN_ID = "99999999-9999-4999-8999-999999999999"


def unassigned(step: Step) -> list[str]:
    return [action for action in step.actions if action.startswith("unassign ")]


def tags(state: dict[str, Any]) -> list[str]:
    """The tags of the configuration's service principal, where a pending restart is recorded."""
    found: list[str] = state["tenants"][CONTOSO]["service_principals"][tenants.principal_id(state, "Fabrikam")]["tags"]
    return found


@pytest.fixture
def three(linked: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Minsu, Hyejin and the group Sales were assigned manually."""
    for name in (MINSU, HYEJIN):
        tenants.assign(linked, tenants.user(linked, name))
    tenants.assign(linked, tenants.groups(linked, "Sales")[0], "Group")
    emulator.control("PUT", "state", linked)
    return linked


@pytest.mark.usefixtures("linked")
def test_the_twelve_steps(tell: Teller) -> None:
    story = tell(
        four(SCOPE, {**FABRIKAM, "users": [MINSU], "groups": ["Sales"]}),
        four(SCOPE, {**FABRIKAM, "users": [MINSU, HYEJIN], "groups": ["Engineering"], "exact": True}),
        four(SCOPE, {**FABRIKAM, "users": [MINSU], "groups": ["Engineering"], "state": "absent"}),
    )
    create, modify, delete = story.fours()
    to, of = "to configuration Fabrikam", "from configuration Fabrikam"
    converges(create, f"assign group Sales {to}", f"assign user {MINSU} {to}")
    assert assigned(create[1].after) == {MINSU, "Sales"}
    converges(modify, f"assign group Engineering {to}", f"assign user {HYEJIN} {to}", f"unassign group Sales {of}")
    assert assigned(modify[1].after) == {MINSU, HYEJIN, "Engineering"}
    assert [principal["name"] for principal in modify[0].result["scope"]["assigned"]] == ["Engineering", HYEJIN, MINSU]
    converges(delete, f"unassign group Engineering {of}", f"unassign user {MINSU} {of}")
    assert assigned(delete[1].after) == {HYEJIN}
    assert delete[1].result["actions"][0]["effects"] == {"soft_deletes_in_target": True}


def test_users_by_user_principal_name_mail_or_id(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    """Every name of a user, in upper or lower case, leads to the same assignment."""
    tenants.user(linked, HYEJIN)["mail"] = "h.lee@mail.example"
    emulator.control("PUT", "state", linked)
    junho, sales = tenants.user(linked, JUNHO)["id"], tenants.groups(linked, "Sales")[0]["id"]
    names = [MINSU.upper(), "H.Lee@mail.example", junho.upper(), "o'brien.sean@contoso.kr", MINSU]
    story = tell(
        four(SCOPE, {**FABRIKAM, "users": names, "groups": ["sales", sales]}),
        Do(SCOPE, {"configuration": tenants.principal_id(linked, "Fabrikam"), "users": [junho, HYEJIN], "groups": [sales]}),
    )
    converges(story.steps[:4])
    assert assigned(story[1].after) == {MINSU, HYEJIN, JUNHO, "o'brien.sean@contoso.kr", "Sales"}
    assert story[4].result["changed"] is False


def test_an_invalid_scope_is_refused_before_anything_is_written(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    twins = [tenants.add_user(linked, name, mail="twins@contoso.kr") for name in ("castor", "pollux")]
    emulator.control("PUT", "state", linked)
    phoenix = tenants.groups(linked, "Project Phoenix")
    refused: list[tuple[dict[str, Any], list[str]]] = [
        ({"users": [MINSU, "unknown@contoso.kr", UNKNOWN_ID]}, ["there is no user 'unknown@contoso.kr'", UNKNOWN_ID]),
        ({"users": ["twins@contoso.kr"]}, [user["id"] for user in twins]),
        ({"groups": ["Project Phoenix"]}, [group["id"] for group in phoenix]),
        ({"groups": ["No such group"]}, ["there is no group 'No such group'"]),
        ({"exact": True}, ["exact requires users or groups"]),
        ({"state": "absent"}, ["state absent requires users or groups"]),
        ({"state": "absent", "users": [MINSU], "exact": True}, ["exact and mode cannot be combined with it"]),
        ({"state": "absent", "users": [MINSU], "mode": "all"}, ["exact and mode cannot be combined with it"]),
        ({"configuration": "Nowhere", "users": [MINSU]}, ["there is no configuration 'Nowhere'", "run sync_configuration first"]),
    ]
    story = tell(
        [Do(SCOPE, {**FABRIKAM, **options}) for options, _unused in refused], four(SCOPE, {**FABRIKAM, "groups": [phoenix[0]["id"]]})
    )
    for step, (_unused, words) in zip(story.steps, refused, strict=False):
        for word in words:
            assert word in step.message
        assert step.left_alone
    converges(story.steps[len(refused) :])


def test_additive_and_exact(tell: Teller, three: dict[str, Any]) -> None:
    del three
    story = tell(
        four(SCOPE, {**FABRIKAM, "users": [JUNHO]}),
        four(SCOPE, {**FABRIKAM, "users": [MINSU], "exact": True}),
        Do(SCOPE, FABRIKAM),
    )
    converges(story.steps[:4], f"assign user {JUNHO} to configuration Fabrikam")
    assert assigned(story[1].after) == {MINSU, HYEJIN, JUNHO, "Sales"}
    converges(story.steps[4:8])
    assert assigned(story[5].after) == {MINSU}
    assert story[8].result["changed"] is False
    assert [principal["name"] for principal in story[8].result["scope"]["assigned"]] == [MINSU]


def test_the_limits_are_checked_before_anything_is_written(tell: Teller, three: dict[str, Any]) -> None:
    sales = tenants.groups(three, "Sales")[0]
    names = {user["id"]: user["userPrincipalName"] for user in three["tenants"][CONTOSO]["users"].values()}
    members = {member_id for member_id in three["tenants"][CONTOSO]["members"][sales["id"]] if "#EXT#" not in names.get(member_id, "#EXT#")}
    count = len(members | {tenants.user(three, name)["id"] for name in (MINSU, HYEJIN)})
    keep = {**FABRIKAM, "users": [JUNHO], "exact": True}
    empty: dict[str, Any] = {**FABRIKAM, "users": [], "groups": [], "exact": True}
    remove_all = {**FABRIKAM, "state": "absent", "users": [MINSU, HYEJIN], "groups": ["Sales"]}
    refused: list[tuple[dict[str, Any], list[str]]] = [
        ({**keep, "max_removals": 2}, [f"{count - 1} of {count} users would leave the scope", "max_removals 2", HYEJIN]),
        ({**keep, "max_removal_percent": 50}, [f"({100 * (count - 1) / count:.1f} %)", "max_removal_percent 50"]),
        ({**keep, "max_removals": count, "max_removal_percent": 50}, ["max_removal_percent 50"]),
        (empty, [f"all {count} users would leave the scope", "set allow_empty"]),
        (remove_all, [f"all {count} users would leave the scope", "set allow_empty"]),
        ({**empty, "max_removals": count}, [f"all {count} users would leave the scope", "set allow_empty"]),
        ({**empty, "max_removal_percent": 100}, ["set allow_empty"]),
        ({**empty, "allow_empty": True, "max_removals": 0}, ["max_removals 0"]),
    ]
    checks = [Do(SCOPE, options, check=check) for options, _unused in refused for check in (True, False)]
    story = tell(
        checks,
        Do(SCOPE, {**remove_all, "allow_empty": True}, check=True),
        four(SCOPE, {**keep, "max_removals": count, "max_removal_percent": 100}),
        four(SCOPE, {**empty, "allow_empty": True, "max_removals": 1}),
    )
    for number, (_unused, words) in enumerate(refused):
        for step in story.steps[2 * number : 2 * number + 2]:
            for word in [*words, "nothing was changed"]:
                assert word in step.message
            assert step.left_alone
    first = len(checks)
    assert len(unassigned(story[first])) == 3
    converges(story.steps[first + 1 : first + 5])
    assert assigned(story[first + 2].after) == {JUNHO}
    converges(story.steps[first + 5 :])
    assert assigned(story[-1].after) == set()


def test_a_small_part_of_many_is_more_than_none(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    """The percentage is not rounded in favour of removals: 1 of 300 is more than 0 percent."""
    users = [tenants.add_user(linked, f"person{number}") for number in range(300)]
    for user in users:
        tenants.assign(linked, user)
    emulator.control("PUT", "state", linked)
    leave = {**FABRIKAM, "state": "absent", "max_removal_percent": 0}
    limited = {**FABRIKAM, "state": "absent", "users": [user["id"] for user in users[:4]], "max_removal_percent": 1}
    story = tell(Do(SCOPE, {**leave, "users": [users[0]["id"]]}), Do(SCOPE, limited), Do(SCOPE, {**limited, "max_removal_percent": 2}))
    for step in story.steps[:2]:
        assert "max_removal_percent" in step.message
        assert step.left_alone
    assert len(unassigned(story[2])) == 4


def test_mode(tell: Teller, emulator: Emulator, three: dict[str, Any]) -> None:
    """The change from all to assigned needs a restart, the change back does not; both keep all other settings."""
    foreign = {"Domain": "by-hand.example"}
    tenants.synchronization(three)["secrets"] |= foreign
    emulator.control("PUT", "state", three)
    story = tell(
        Do("sync_job", {**FABRIKAM, "state": "started"}),
        four(SCOPE, {**FABRIKAM, "mode": "all"}),
        four(SCOPE, {**FABRIKAM, "mode": "assigned"}),
        Do(SCOPE, {**FABRIKAM, "mode": "all", "users": [JUNHO]}),
        Do(SCOPE, {**FABRIKAM, "users": [JUNHO]}),
    )
    to_all, to_assigned, last = story.steps[1:5], story.steps[5:9], story.steps[9:]
    converges(to_all, "update scope mode of configuration Fabrikam to all")
    assert tenants.bag(to_all[1].after) == {**tenants.bag(three), "SyncAll": "true"}
    assert {step.result["restart_needed"] for step in to_all} == {False}
    converges(
        to_assigned,
        "record pending restart of configuration Fabrikam",
        "update scope mode of configuration Fabrikam to assigned",
        "restart provisioning job of configuration Fabrikam",
        "clear pending restart of configuration Fabrikam",
    )
    assert [request["path"].rpartition("/")[2] for request in to_assigned[1].writes][1:3] == ["secrets", "restart"]
    assert tags(to_assigned[1].after) == tags(three)
    assert tenants.bag(to_assigned[1].after) == tenants.bag(three)
    assert to_assigned[0].result["restart_needed"] is True
    assert to_assigned[1].result["restart_needed"] is True
    assert to_assigned[1].result["actions"][1]["effects"]["needs_restart"] is True
    assert to_assigned[3].result["restart_needed"] is False
    assert "scope mode is all, so the assignments have no effect" in last[0].warnings
    # A mode that is not set is unchanged.
    assert last[1].result["scope"]["mode"] == "all"
    assert last[1].result["changed"] is False


def test_from_all_to_an_empty_scope_is_refused(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    """All users are in scope and none is assigned: after the change to assigned the service would soft-delete all of them."""
    tenants.synchronization(linked)["secrets"]["SyncAll"] = "True"
    emulator.control("PUT", "state", linked)
    story = tell(
        Do(SCOPE, {**FABRIKAM, "mode": "assigned"}, check=True),
        Do(SCOPE, {**FABRIKAM, "mode": "assigned"}),
        four(SCOPE, {**FABRIKAM, "mode": "assigned", "users": [MINSU]}),
    )
    for step in story.steps[:2]:
        assert "soft-deleted" in step.message
        assert step.left_alone
    converges(story.steps[2:])


def test_from_all_to_assigned_a_limit_counts_all_users(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    """The limit applies although no user is removed by name."""
    tenants.synchronization(linked)["secrets"]["SyncAll"] = "True"
    emulator.control("PUT", "state", linked)
    members = [user for user in linked["tenants"][CONTOSO]["users"].values() if user["userType"] == "Member"]
    options = {**FABRIKAM, "mode": "assigned", "users": [MINSU]}
    story = tell(Do(SCOPE, {**options, "max_removals": 2}), four(SCOPE, {**options, "max_removals": len(members) - 1}))
    assert f"{len(members) - 1} of {len(members)} users would leave the scope, more than max_removals 2" in story[0].message
    assert story[0].left_alone
    converges(story.steps[1:])
    assert story[2].result["leaving"]["count"] == len(members) - 1


def test_a_mode_that_was_changed_while_the_job_was_paused_takes_effect_when_it_starts(
    tell: Teller, emulator: Emulator, linked: dict[str, Any]
) -> None:
    """Starting alone resumes from the watermark: without the restart, all users who should have left stay (fact F62)."""
    tenants.synchronization(linked)["secrets"]["SyncAll"] = "true"
    emulator.control("PUT", "state", linked)
    job = {"configuration": "Fabrikam"}
    narrow = {**FABRIKAM, "mode": "assigned", "users": [MINSU]}
    story = tell(
        Do("sync_job", {**job, "state": "started"}),
        advance("PT2H"),
        Do("sync_job", {**job, "state": "paused"}),
        four(SCOPE, narrow),
        Do("sync_job_info", job),
        four("sync_job", {**job, "state": "started"}),
        advance("PT2H"),
        Do("sync_job_info", job),
    )
    changed, info, started, after = story.steps[2:6], story[6], story.steps[7:11], story[11]
    converges(
        changed,
        f"assign user {MINSU} to configuration Fabrikam",
        "record pending restart of configuration Fabrikam",
        "update scope mode of configuration Fabrikam to assigned",
    )
    assert info.result["restart_owed"] is True
    assert [step.result["restart_owed"] for step in changed] == [True] * 4
    converges(started, "restart provisioning job of configuration Fabrikam", "clear pending restart of configuration Fabrikam")
    assert started[1].result["job"]["state"] == "started"
    assert after.result["restart_owed"] is False
    # Guests who were invited manually before may not belong to the link (fact F113).
    invited = set(linked["tenants"][FABRIKAM_ID]["users"])
    created = [user["userPrincipalName"] for key, user in after.after["tenants"][FABRIKAM_ID]["users"].items() if key not in invited]
    assert [name.partition("_")[0] for name in created] == ["minsu.kim"]
    remaining = story[2].after["tenants"][FABRIKAM_ID]["users"]
    assert len(set(remaining) - invited) > 1


def test_manual_assignments_are_adopted(tell: Teller, three: dict[str, Any]) -> None:
    story = tell(Do(SCOPE, {**FABRIKAM, "mode": "assigned", "users": [HYEJIN, MINSU], "groups": ["Sales"], "exact": True}))
    assert story[0].result["changed"] is False
    assert story[0].left_alone
    assert story[0].result["scope"]["service_principal_id"] == tenants.principal_id(three, "Fabrikam")


def test_an_assignment_that_has_no_effect_is_replaced(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    """The portal's "default access" is skipped by the service, so it is no effective assignment."""
    tenants.assign(linked, tenants.user(linked, MINSU), role="00000000-0000-0000-0000-000000000000")
    emulator.control("PUT", "state", linked)
    story = tell(four(SCOPE, {**FABRIKAM, "users": [MINSU]}))
    converges(story.steps)
    assert assigned(story[-1].after) == {MINSU}


def test_warnings_name_the_users_whom_the_service_skips(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    tenants.add_user(linked, "castor", mail="twins@contoso.kr")
    tenants.add_user(linked, "pollux", mail="TWINS@contoso.kr")
    emulator.control("PUT", "state", linked)
    external = tenants.user(linked, "alex.weber")
    users = ["dohyun.kang@contoso.kr", "yuna.han@contoso.kr", external["id"], "castor@contoso.kr", "pollux@contoso.kr"]
    story = tell(
        Do(SCOPE, {**FABRIKAM, "users": users}, check=True),
        Do(SCOPE, {**FABRIKAM, "groups": ["Sales"]}, check=True),
        Do(SCOPE, {**FABRIKAM, "users": [MINSU]}),
    )
    named, group, without_warning = story
    for words in (
        "disabled users are not created: dohyun.kang@contoso.kr",
        "without one in the target's address book: yuna.han@contoso.kr",
        external["userPrincipalName"],
        "castor@contoso.kr, pollux@contoso.kr",
    ):
        assert words in named.warnings
    assert "nested" in group.warnings
    assert "Sales Seoul" in group.warnings
    assert "dohyun.kang@contoso.kr" in group.warnings
    assert without_warning.warnings == ""


def test_a_configuration_that_does_not_exist_yet_can_be_planned(tell: Teller) -> None:
    options = {"configuration": "Not yet", "mode": "assigned", "users": [MINSU], "groups": ["Sales"]}
    story = tell(Do(SCOPE, options, check=True), Do(SCOPE, options))
    assert len(story[0].actions) == 2
    assert story[0].result["scope"]["service_principal_id"] is None
    assert "run sync_configuration first" in story[1].message


def test_a_thousand_assignments_take_tens_of_requests(
    tell: Teller, emulator: Emulator, linked: dict[str, Any], behaviour: Behaviour
) -> None:
    users = [tenants.add_user(linked, f"person{number}") for number in range(1300)]
    for user in users[:1200]:
        tenants.assign(linked, user)
    emulator.control("PUT", "state", linked)
    new = [user["userPrincipalName"] for user in users[1200:]]
    kept = [user["userPrincipalName"] for user in users[:1100]]
    story = tell(
        Do(SCOPE, {**FABRIKAM, "users": [MINSU]}, check=True),
        Do(SCOPE, {**FABRIKAM, "users": new}),
        Do(SCOPE, {**FABRIKAM, "users": kept + new, "exact": True, "max_removals": 100}),
        Do(SCOPE, {**FABRIKAM, "users": kept + new, "exact": True}),
    )
    reading, adding, replacing, again = story
    # Objects that become visible late are read again, in three pages of assignments and their names.
    extra_reads = 2 * READS * 3 if behaviour.shows_late else 0
    assert reading.calls <= 8
    assert len(adding.actions) == 100
    assert adding.calls <= 25 + extra_reads
    assert len(unassigned(replacing)) == 100
    assert replacing.calls <= 20 + extra_reads
    assert again.result["changed"] is False
    assert again.calls <= 8
    assert len(assigned(again.after)) == 1200


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        ({"lag": {"assignment": 3, "user": 0}}, []),
        ({"secrets_put": "replace", "batch_synchronization": "refused"}, []),
        ({}, [{"method": "POST", "path": "/appRoleAssignedTo$", "fault": "status", "status": 429, "retry_after": 1, "times": 2}]),
        ({}, [{"method": "POST", "path": r"/\$batch$", "fault": "reset_after_commit"}]),
        ({}, [{"method": "DELETE", "path": "/appRoleAssignedTo/", "fault": "status", "status": 503, "times": 1}]),
    ],
)
def test_a_service_with_faults(
    tell: Teller, emulator: Emulator, three: dict[str, Any], settings: dict[str, Any], faults: list[dict[str, Any]]
) -> None:
    """The same final state with every fault; at the latest the next run reaches it."""
    del three
    emulator.control("PUT", "settings", settings)
    emulator.control("POST", "faults", faults)
    options = {**FABRIKAM, "mode": "all", "users": [HYEJIN, JUNHO], "groups": ["Engineering"], "exact": True}
    story = tell(Do(SCOPE, options), Do(SCOPE, options), Do(SCOPE, options))
    assert not story[0].failed, story[0].result["msg"]
    assert assigned(story[-1].after) == {HYEJIN, JUNHO, "Engineering"}
    assert story[-1].result["changed"] is False
