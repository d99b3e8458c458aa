# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sync_configuration and sync_configuration_info."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Control, Do, Step, Story, Teller, advance, converges, four
from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import Mould, bag

CONFIGURATION = "sync_configuration"
FABRIKAM_LINK = {"name": "Fabrikam", "target_tenant_id": FABRIKAM}
LOST = 504
OTHER_TARGET = "dddddddd-0000-4000-8000-000000000001"


def notification(state: dict[str, Any], name: str = "Fabrikam") -> dict[str, Any]:
    """The inner JSON of the settings bag."""
    found: dict[str, Any] = json.loads(bag(state, name)["SyncNotificationSettings"])
    return found


def configurations(state: dict[str, Any]) -> list[str]:
    """The names of all configurations."""
    return sorted(principal["displayName"] for principal in state["tenants"][CONTOSO]["service_principals"].values())


def instantiations(story: Story | list[Step]) -> int:
    """The number of requests for a new configuration. A fault that replaces an answer is logged in addition to the answer."""
    sent = [request for step in story for request in step.sent if request["path"].endswith("/instantiate")]
    return len([request for request in sent if request["status"] != LOST])


@pytest.fixture
def trusting(emulator: Emulator, state: dict[str, Any]) -> dict[str, Any]:
    """Two tenants that trust each other, without any configuration."""
    tenants.trust_each_other(state)
    emulator.control("PUT", "state", state)
    return state


@pytest.mark.usefixtures("trusting")
def test_the_twelve_steps(tell: Teller) -> None:
    story = tell(
        four(CONFIGURATION, FABRIKAM_LINK),
        four(CONFIGURATION, {**FABRIKAM_LINK, "notification_email": "identity@contoso.kr", "deletion_threshold": 50}),
        four(CONFIGURATION, {**FABRIKAM_LINK, "state": "absent"}),
    )
    create, modify, delete = story.fours()
    converges(
        create,
        "create configuration Fabrikam",
        "create provisioning job of configuration Fabrikam",
        "save settings of configuration Fabrikam (target_tenant_id, deletion_threshold)",
    )
    settings = bag(create[1].after)
    assert (settings["AuthenticationType"], settings["CompanyId"], settings["SyncAll"]) == ("SyncPolicy", FABRIKAM, "false")
    assert notification(create[1].after) == {"DeleteThresholdEnabled": True, "DeleteThresholdValue": 500}
    ids = {"service_principal_id", "app_id", "job_id"}
    assert {name for name, value in create[0].result["configuration"].items() if value is None} == {*ids, "notification_email"}
    assert create[1].result["configuration"] == create[2].result["configuration"] == create[3].result["configuration"]
    assert all(create[1].result["configuration"][name] for name in ids)

    converges(modify, "update settings of configuration Fabrikam (deletion_threshold, notification_email)")
    assert notification(modify[1].after) == {
        "DeleteThresholdEnabled": True,
        "DeleteThresholdValue": 50,
        "Enabled": True,
        "Recipients": "identity@contoso.kr",
    }

    converges(delete, "delete provisioning job of configuration Fabrikam", "delete configuration Fabrikam")
    assert configurations(delete[1].after) == []
    assert delete[1].after["tenants"][CONTOSO]["applications"] == {}
    assert delete[1].result["configuration"] is None


def test_each_option_of_the_settings(tell: Teller, linked: dict[str, Any]) -> None:
    del linked
    story = tell(
        four(CONFIGURATION, {**FABRIKAM_LINK, "deletion_threshold": 0}),
        four(CONFIGURATION, {**FABRIKAM_LINK, "deletion_threshold": 7}),
        four(CONFIGURATION, {**FABRIKAM_LINK, "deletion_threshold": 7, "notification_email": "a@contoso.kr"}),
        four(CONFIGURATION, {**FABRIKAM_LINK, "deletion_threshold": 7, "notification_email": "b@contoso.kr"}),
        Do(CONFIGURATION, {**FABRIKAM_LINK, "deletion_threshold": 7}),
        Do(CONFIGURATION, {**FABRIKAM_LINK, "deletion_threshold": -1}),
    )
    for start in (0, 4, 8, 12):
        converges(story.steps[start : start + 4])
    assert notification(story[1].after)["DeleteThresholdEnabled"] is False
    assert notification(story[5].after)["DeleteThresholdEnabled"] is True
    assert notification(story[5].after)["DeleteThresholdValue"] == 7
    assert notification(story[9].after)["Recipients"] == "a@contoso.kr"
    assert notification(story[13].after)["Recipients"] == "b@contoso.kr"
    # The address is unchanged if it is not set, and the default guard is on.
    assert story[16].left_alone
    assert "deletion_threshold must be 0 (no guard) or a number of deletions" in story[17].message


def test_foreign_settings_are_kept(tell: Teller, emulator: Emulator, mould: Mould, state: dict[str, Any]) -> None:
    """Keys of the bag and members of its inner JSON that are not documented, whether the service merges a PUT or replaces the bag."""
    foreign = {"SkipOutOfScopeDeletions": "False", "Domain": "by-hand.example", "Url": "https://by-hand.example/x"}
    inner = {"Enabled": True, "Recipients": "old@contoso.kr", "HumanResourcesLookaheadQueryEnabled": False, "Futurö": {"a": [1, None]}}
    tenants.trust_each_other(state)
    given = {**foreign, "SyncAll": "True", "SyncNotificationSettings": json.dumps(inner)}
    mould.cast(state, "Fabrikam", bag=given)
    stories = []
    for behaviour in ("merge", "replace"):
        emulator.control("PUT", "state", state)
        emulator.control("PUT", "settings", {"secrets_put": behaviour})
        story = tell(four(CONFIGURATION, {**FABRIKAM_LINK, "deletion_threshold": 20}))
        converges(story.steps)
        assert len(story[1].writes) == 1
        stories.append(bag(story[-1].after))
    assert stories[0] == stories[1]
    assert {**stories[0], "SyncNotificationSettings": ""} == {
        **bag(state),
        "SyncNotificationSettings": "",
    }
    assert json.loads(stories[0]["SyncNotificationSettings"]) == {**inner, "DeleteThresholdEnabled": True, "DeleteThresholdValue": 20}


def test_a_manual_configuration_is_adopted_unchanged(tell: Teller, linked: dict[str, Any]) -> None:
    story = tell(
        Do(CONFIGURATION, FABRIKAM_LINK),
        Do(CONFIGURATION, {**FABRIKAM_LINK, "target_tenant_id": "fabrikam.kr"}),
        Do(CONFIGURATION, {**FABRIKAM_LINK, "target_tenant_id": FABRIKAM.upper()}),
    )
    for step in story:
        assert step.result["changed"] is False
        assert step.left_alone
        assert step.result["configuration"]["service_principal_id"] == tenants.principal_id(linked, "Fabrikam")


def test_an_incomplete_configuration_is_completed(tell: Teller, emulator: Emulator, mould: Mould, state: dict[str, Any]) -> None:
    """A configuration of that name without a target and a job, as an interrupted run or an administrator leaves it."""
    tenants.trust_each_other(state)
    mould.cast(state, "Fabrikam", target=None, job=False)
    emulator.control("PUT", "state", state)
    story = tell(four(CONFIGURATION, FABRIKAM_LINK))
    converges(
        story.steps,
        "create provisioning job of configuration Fabrikam",
        "save settings of configuration Fabrikam (target_tenant_id, deletion_threshold)",
    )
    assert configurations(story[-1].after) == ["Fabrikam"]


def test_a_configuration_of_another_name_is_renamed_or_refused(
    tell: Teller, emulator: Emulator, mould: Mould, state: dict[str, Any]
) -> None:
    tenants.trust_each_other(state)
    manual = mould.cast(state, "Azure2Azure by hand")
    emulator.control("PUT", "state", state)
    story = tell(
        Do(CONFIGURATION, FABRIKAM_LINK, check=True),
        Do(CONFIGURATION, FABRIKAM_LINK),
        # state=absent never removes a configuration of another name, and is refused while that serves the target.
        Do(CONFIGURATION, {**FABRIKAM_LINK, "state": "absent"}),
        Do(CONFIGURATION, {**FABRIKAM_LINK, "name": manual["id"]}),
        Do(CONFIGURATION, {**FABRIKAM_LINK, "name": OTHER_TARGET}),
        four(CONFIGURATION, {**FABRIKAM_LINK, "adopt": True}),
        Do(CONFIGURATION, {**FABRIKAM_LINK, "name": "FABRIKAM"}),
    )
    for refused in story.steps[:3]:
        assert "'Azure2Azure by hand'" in refused.message
        assert manual["id"] in refused.message
        assert "adopt" in refused.message
        assert refused.left_alone
    # An id finds a configuration and does not rename it.
    assert story[3].result["changed"] is False
    assert story[3].result["configuration"]["name"] == "Azure2Azure by hand"
    assert "there is no configuration with the id" in story[4].message
    converges(story.steps[5:9], "rename configuration Azure2Azure by hand to Fabrikam")
    assert story[9].left_alone
    assert configurations(story[-1].after) == ["Fabrikam"]
    assert tenants.principal_id(story[-1].after, "Fabrikam") == manual["id"]
    assert instantiations(story) == 0


def test_a_configuration_of_another_name_is_removed_with_adopt(
    tell: Teller, emulator: Emulator, mould: Mould, state: dict[str, Any]
) -> None:
    tenants.trust_each_other(state)
    mould.cast(state, "Renamed in the portal")
    emulator.control("PUT", "state", state)
    story = tell(four(CONFIGURATION, {**FABRIKAM_LINK, "adopt": True, "state": "absent"}))
    converges(
        story.steps,
        "delete provisioning job of configuration Renamed in the portal",
        "delete configuration Renamed in the portal",
    )
    assert configurations(story[-1].after) == []


def test_two_links_of_a_pair_do_not_change_each_other(tell: Teller, emulator: Emulator, state: dict[str, Any]) -> None:
    """A configuration for members and another for guests, each with the other's name in ``others``."""
    tenants.trust_each_other(state)
    emulator.control("PUT", "state", state)
    pair = {name: {**FABRIKAM_LINK, "name": name, "others": ["Members", "Guests"]} for name in ("Members", "Guests")}
    source = {"partner_tenant_id": FABRIKAM, "inherit": ["redemption_outbound"], "state": "absent"}
    story = tell(
        four(CONFIGURATION, pair["Members"]),
        four(CONFIGURATION, pair["Guests"]),
        four(CONFIGURATION, {**pair["Members"], "adopt": True}),
        four(CONFIGURATION, {**pair["Members"], "state": "absent"}),
        four("cross_tenant_policy", source),
        four(CONFIGURATION, {**pair["Guests"], "state": "absent"}),
        four("cross_tenant_policy", source),
    )
    members, guests, again, removal, kept, last, trust_removal = story.fours()
    converges(members)
    converges(guests)
    assert "scopes must not overlap: Members" in guests[1].warnings
    assert not [step for step in again if step.result["changed"]]
    converges(removal)
    assert removal[1].result["still_served_by"] == ["Guests"]
    assert not [step for step in kept if step.result["changed"]]
    assert "kept, because they still serve Guests" in kept[1].warnings
    converges(last)
    converges(trust_removal, f"delete partner {FABRIKAM}")
    assert configurations(story[-1].after) == []


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        ({"DeleteThresholdEnabled": True}, None),
        ({"DeleteThresholdEnabled": "true", "DeleteThresholdValue": "20"}, 20),
        ({"DeleteThresholdEnabled": True, "DeleteThresholdValue": None}, None),
        ({"DeleteThresholdValue": 20}, 20),
        ({"DeleteThresholdEnabled": None, "DeleteThresholdValue": 9999}, 500),
    ],
    ids=str,
)
def test_the_guard_is_never_loosened(
    tell: Teller, emulator: Emulator, mould: Mould, state: dict[str, Any], guard: dict[str, Any], expected: int | None
) -> None:
    tenants.trust_each_other(state)
    mould.cast(state, "Fabrikam", bag={"SyncNotificationSettings": json.dumps(guard)})
    emulator.control("PUT", "state", state)
    story = tell(Do(CONFIGURATION, FABRIKAM_LINK), Do(CONFIGURATION, FABRIKAM_LINK), Do("sync_configuration_info", {}))
    assert str(notification(story[0].after)["DeleteThresholdEnabled"]).lower() == "true"
    assert story[1].left_alone
    assert story[1].result["configuration"]["deletion_threshold"] == expected
    assert story[2].result["configurations"][0]["deletion_threshold"] == expected


def test_a_name_that_serves_another_tenant_is_refused(tell: Teller, emulator: Emulator, mould: Mould, state: dict[str, Any]) -> None:
    tenants.trust_each_other(state)
    other = mould.cast(state, "Fabrikam", target=OTHER_TARGET)
    emulator.control("PUT", "state", state)
    story = tell(
        Do(CONFIGURATION, FABRIKAM_LINK, check=True),
        Do(CONFIGURATION, FABRIKAM_LINK),
        Do(CONFIGURATION, {**FABRIKAM_LINK, "state": "absent"}),
    )
    for refused in story.steps[:2]:
        assert other["id"] in refused.message
        assert f"serves tenant {OTHER_TARGET}" in refused.message
        assert refused.left_alone
    assert story[2].result["changed"] is False


def test_two_configurations_to_the_same_target(tell: Teller, emulator: Emulator, mould: Mould, state: dict[str, Any]) -> None:
    """Refused with both ids if the name is ambiguous; a name of its own is accepted with a warning."""
    tenants.trust_each_other(state)
    first, second = mould.cast(state, "Guests"), mould.cast(state, "Members")
    emulator.control("PUT", "state", state)
    story = tell(
        Do(CONFIGURATION, {**FABRIKAM_LINK, "adopt": True}, check=True),
        Do(CONFIGURATION, FABRIKAM_LINK),
        four(CONFIGURATION, {**FABRIKAM_LINK, "name": "Members", "deletion_threshold": 5}),
    )
    for refused in story.steps[:2]:
        assert first["id"] in refused.message
        assert second["id"] in refused.message
        assert refused.left_alone
    converges(story.steps[2:])
    assert f"Guests ({first['id']})" in story[3].warnings
    assert notification(story[-1].after, "Guests") == notification(state, "Guests")
    assert configurations(story[-1].after) == ["Guests", "Members"]
    assert instantiations(story) == 0


def test_two_configurations_of_the_same_name(tell: Teller, emulator: Emulator, mould: Mould, state: dict[str, Any]) -> None:
    tenants.trust_each_other(state)
    first, second = mould.cast(state, "Fabrikam", target=None), mould.cast(state, "Fabrikam", target=None)
    emulator.control("PUT", "state", state)
    story = tell(Do(CONFIGURATION, FABRIKAM_LINK), Do("sync_scope", {"configuration": "Fabrikam", "mode": "assigned"}))
    for refused in story:
        assert first["id"] in refused.message
        assert second["id"] in refused.message
        assert refused.left_alone


def test_the_configuration_of_the_admin_center_is_refused(tell: Teller, emulator: Emulator, mould: Mould, state: dict[str, Any]) -> None:
    tenants.trust_each_other(state)
    name = f"MTO_Sync_{FABRIKAM}"
    mould.cast(state, name)
    emulator.control("PUT", "state", state)
    link = {**FABRIKAM_LINK, "name": name}
    story = tell(
        Do(CONFIGURATION, {**link, "deletion_threshold": 3}),
        Do(CONFIGURATION, {**link, "name": "mto_sync_new"}),
        Do(CONFIGURATION, {**link, "state": "absent"}),
        four(CONFIGURATION, {**link, "deletion_threshold": 3, "manage_multitenant": True}),
        Do("sync_configuration_info", {"name": name}),
        # Without its name in the options it is neither a candidate nor a conflict.
        four(CONFIGURATION, {**FABRIKAM_LINK, "adopt": True}),
        four(CONFIGURATION, {**FABRIKAM_LINK, "state": "absent"}),
    )
    for refused in story.steps[:3]:
        assert "MTO_Sync_" in refused.message.replace("mto_sync_", "MTO_Sync_")
        assert "manage_multitenant" in refused.message
        assert refused.left_alone
        assert refused.sent == []
    converges(story.steps[3:7])
    (listed,) = story[7].result["configurations"]
    assert listed["multitenant_organization"] is True
    converges(story.steps[8:12])
    assert f"scopes must not overlap: {name}" in story[9].warnings
    converges(story.steps[12:])
    assert story[13].result["still_served_by"] == [name]
    assert configurations(story[-1].after) == [name]


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        ({"instantiate_answers_404": True}, []),
        ({"instantiate_answers_404": True, "lag": {"application": 3}}, []),
        ({"lag": {"application": 4, "job": 3, "secrets": 3}}, []),
        ({"transient_synchronization_errors": 6}, []),
        ({"second_job": "same", "job_created_status": 200, "new_job_code": "NotConfigured"}, []),
        ({"batch_synchronization": "refused", "validation_failure": "wrapped"}, []),
        ({}, [{"method": "POST", "path": "/instantiate$", "fault": "reset_after_commit"}]),
        ({}, [{"method": "POST", "path": "/instantiate$", "fault": "status", "status": LOST, "committed": True}]),
        ({}, [{"method": "POST", "path": "/instantiate$", "fault": "truncated"}]),
        ({}, [{"method": "POST", "path": "/synchronization/jobs$", "fault": "reset_after_commit"}]),
        ({}, [{"method": "PUT", "path": "/secrets$", "fault": "reset_after_commit"}]),
    ],
)
@pytest.mark.usefixtures("trusting")
def test_never_a_second_configuration(tell: Teller, emulator: Emulator, settings: dict[str, Any], faults: list[dict[str, Any]]) -> None:
    """With every answer of the service, the same run or the next completes the only configuration that was created."""
    emulator.control("PUT", "settings", settings)
    emulator.control("POST", "faults", faults)
    story = tell(Do(CONFIGURATION, FABRIKAM_LINK), Do(CONFIGURATION, FABRIKAM_LINK), Do(CONFIGURATION, FABRIKAM_LINK))
    assert configurations(story[-1].after) == ["Fabrikam"]
    assert instantiations(story) == 1
    assert not story[0].failed, story[0].result["msg"]
    assert story[2].result["changed"] is False
    assert len(tenants.synchronization(story[-1].after)["jobs"]) == 1
    assert bag(story[-1].after)["CompanyId"] == FABRIKAM


def test_the_connection_is_tested_by_default(tell: Teller, emulator: Emulator) -> None:
    """Nothing is prepared in either tenant, so the test fails; without the test, the job is nevertheless created."""
    del emulator
    options = {**FABRIKAM_LINK, "visibility_timeout": 1}
    story = tell(Do(CONFIGURATION, options), Do(CONFIGURATION, {**options, "test_connection": False}), Do(CONFIGURATION, FABRIKAM_LINK))
    failed, untested, again = story
    assert "could not create provisioning job" in failed.message
    assert "redemption_outbound" in failed.message
    assert "user_sync_inbound" in failed.message
    assert not [request for request in untested.sent if request["path"].endswith("/validateCredentials")]
    assert untested.result["changed"] is True
    assert again.result["changed"] is False
    assert configurations(again.after) == ["Fabrikam"]


def test_visibility_timeout_bounds_the_wait(tell: Teller, emulator: Emulator) -> None:
    """The connection test is repeated until the timeout, because a policy may not be visible everywhere yet."""
    del emulator
    story = tell(
        Do(CONFIGURATION, {**FABRIKAM_LINK, "visibility_timeout": 0}), Do(CONFIGURATION, {**FABRIKAM_LINK, "visibility_timeout": 2})
    )
    short, long = (len([request for request in step.sent if request["path"].endswith("/validateCredentials")]) for step in story)
    assert short < long


def test_a_running_job_is_paused_before_its_configuration_is_removed(tell: Teller, emulator: Emulator, linked: dict[str, Any]) -> None:
    tenants.assign(linked, tenants.user(linked, "minsu.kim@"))
    emulator.control("PUT", "state", linked)
    emulator.control("PUT", "settings", {"delete_running_job": "refused"})
    story = tell(
        Do("sync_job", {"configuration": "Fabrikam"}), advance(), advance(), four(CONFIGURATION, {**FABRIKAM_LINK, "state": "absent"})
    )
    job = "provisioning job of configuration Fabrikam"
    converges(story.steps[1:], f"pause {job}", f"delete {job}", "delete configuration Fabrikam")
    names = [user["userPrincipalName"] for user in story[-1].after["tenants"][FABRIKAM]["users"].values()]
    assert [name for name in names if name.startswith("minsu.kim_contoso.kr#EXT#")]
    assert story[2].result["actions"][-1]["effects"] == {"keeps_synced_users": True}


def test_listing_the_configurations(tell: Teller, emulator: Emulator, mould: Mould, state: dict[str, Any]) -> None:
    tenants.trust_each_other(state)
    mould.cast(state, "Fabrikam", bag={"SyncAll": "True", "SyncNotificationSettings": '{"Enabled":true,"Recipients":"a@contoso.kr"}'})
    mould.cast(state, "Elsewhere", target=OTHER_TARGET)
    mould.cast(state, "Empty", target=None, job=False)
    mould.cast(state, "Broken", bag={"SyncNotificationSettings": "not JSON"})
    # Only the template makes a service principal a configuration.
    other = copy.deepcopy(next(iter(state["tenants"][CONTOSO]["service_principals"].values())))
    other |= {"id": OTHER_TARGET, "appId": OTHER_TARGET, "displayName": "Salesforce", "applicationTemplateId": OTHER_TARGET}
    state["tenants"][CONTOSO]["service_principals"][OTHER_TARGET] = other
    emulator.control("PUT", "state", state)
    info = "sync_configuration_info"
    story = tell(
        Do(info, {}),
        Do(info, {}, check=True),
        Do(info, {"name": "Elsewhere"}),
        Do(info, {"target_tenant_id": "fabrikam.kr"}),
        Do(info, {"name": "Elsewhere", "target_tenant_id": FABRIKAM}),
    )
    everything, checked, named, targeted, none = (step.result["configurations"] for step in story)
    assert [listed["name"] for listed in everything] == ["Broken", "Elsewhere", "Empty", "Fabrikam"]
    assert checked == everything
    assert [listed["name"] for listed in named] == ["Elsewhere"]
    assert [listed["name"] for listed in targeted] == ["Broken", "Fabrikam"]
    assert none == []
    fabrikam = everything[3]
    assert (fabrikam["scope_mode"], fabrikam["notification_email"], fabrikam["deletion_threshold"]) == ("all", "a@contoso.kr", 0)
    assert (fabrikam["target_tenant_id"], fabrikam["job_state"]) == (FABRIKAM, "paused")
    empty = everything[2]
    assert (empty["target_tenant_id"], empty["job_id"], empty["job_state"]) == (None, None, "absent")
    for step in story:
        assert step.result["changed"] is False
        assert step.writes == []


@pytest.mark.parametrize("switch", ["redemption_outbound", "redemption_inbound", "user_sync_inbound"])
def test_the_message_names_the_switch_that_is_off(tell: Teller, emulator: Emulator, state: dict[str, Any], switch: str) -> None:
    """With every code of the failure, the message contains all switches, and the test is repeated until the timeout."""
    tenants.trust_each_other(state)
    contoso, fabrikam = (state["tenants"][tenant]["access_policy"] for tenant in (CONTOSO, FABRIKAM))
    if switch == "user_sync_inbound":
        fabrikam["identity_synchronizations"] = {}
    else:
        partner = contoso["partners"][FABRIKAM] if switch == "redemption_outbound" else fabrikam["partners"][CONTOSO]
        partner["automaticUserConsentSettings"] = {"inboundAllowed": None, "outboundAllowed": None}
    emulator.control("PUT", "state", state)
    settings_of_failures = [
        {"validation_failure": form, "validation_code": code} for form in ("error_code", "wrapped") for code in ("new", "old")
    ]
    run = Do(CONFIGURATION, {**FABRIKAM_LINK, "visibility_timeout": 1})
    story = tell([scene for settings in settings_of_failures for scene in (Control("PUT", "settings", settings), run)])
    own = "OFF" if switch == "redemption_outbound" else "on"
    for settings, step in zip(settings_of_failures, story, strict=True):
        assert f"redemption_outbound in tenant {CONTOSO} for the target is {own}" in step.message, settings
        assert "user_sync_inbound" in step.message
        assert f"check them in tenant {FABRIKAM}" in step.message
        assert len([request for request in step.sent if request["path"].endswith("/validateCredentials")]) > 1
    assert configurations(story[-1].after) == ["Fabrikam"]
