# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cross_tenant_policy and cross_tenant_policy_info, in both tenants of a link."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner_settings import TABLE
from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Teller, converges, four

POLICY = "cross_tenant_policy"
STRANGER = "dddddddd-0000-4000-8000-000000000001"


def entry(state: dict[str, Any], tenant: str = FABRIKAM, partner: str = CONTOSO) -> Any:
    """The partner entry as the service holds it; ``None`` if there is none."""
    return state["tenants"][tenant]["access_policy"]["partners"].get(partner)


def synchronization(state: dict[str, Any], tenant: str = FABRIKAM, partner: str = CONTOSO) -> Any:
    """The identity synchronization with the partner as the service holds it; ``None`` if there is none."""
    return state["tenants"][tenant]["access_policy"]["identity_synchronizations"].get(partner)


def access(kind: str, *targets: tuple[str, str]) -> dict[str, Any]:
    return {"access_type": kind, "targets": [{"target": target, "target_type": of} for target, of in targets]}


def graph_access(kind: str, *targets: tuple[str, str]) -> dict[str, Any]:
    return {"accessType": kind, "targets": [{"target": target, "targetType": of} for target, of in targets]}


ALL_USERS = ("AllUsers", "user")
ALL_APPLICATIONS = ("AllApplications", "application")
SOME_GROUP = (STRANGER, "group")
OFFICE = ("Office365", "application")


def test_the_twelve_steps_in_the_target_tenant(tell: Teller) -> None:
    partner = {"partner_tenant_id": CONTOSO}
    story = tell(
        four(POLICY, {**partner, "user_sync_inbound": True, "redemption_inbound": True}, "fabrikam"),
        four(POLICY, {**partner, "user_sync_inbound": False, "redemption_inbound": False, "inbound_trust": {"mfa": True}}, "fabrikam"),
        four(POLICY, {**partner, "state": "absent"}, "fabrikam"),
    )
    create, modify, delete = story.fours()
    synchronized = f"identity synchronization with partner {CONTOSO}"
    converges(create, f"create partner {CONTOSO}", f"create {synchronized} (user_sync_inbound)")
    assert synchronization(create[1].after)["userSyncInbound"] == {"isSyncAllowed": True}
    assert entry(create[1].after)["automaticUserConsentSettings"] == {"inboundAllowed": True, "outboundAllowed": None}
    assert create[0].result["partner"]["user_sync_inbound"] is True
    assert create[0].result["partner"] == create[1].result["partner"] == create[3].result["partner"]

    converges(modify, f"update partner {CONTOSO} (redemption_inbound, inbound_trust)", f"update {synchronized} (user_sync_inbound)")
    assert synchronization(modify[1].after)["userSyncInbound"] == {"isSyncAllowed": False}
    assert entry(modify[1].after)["automaticUserConsentSettings"] == {"inboundAllowed": False, "outboundAllowed": None}
    assert entry(modify[1].after)["inboundTrust"]["isMfaAccepted"] is True

    # The service refuses to delete an entry that still has an identity synchronization.
    converges(delete, f"delete {synchronized}", f"delete partner {CONTOSO}")
    assert entry(delete[1].after) is synchronization(delete[1].after) is None
    assert delete[1].result["partner"] is None


def test_the_twelve_steps_in_the_source_tenant(tell: Teller) -> None:
    partner = {"partner_tenant_id": FABRIKAM}
    story = tell(
        four(POLICY, {**partner, "redemption_outbound": True}),
        four(POLICY, {**partner, "redemption_outbound": False}),
        four(POLICY, {**partner, "state": "absent"}),
    )
    create, modify, delete = story.fours()
    converges(create, f"create partner {FABRIKAM}")
    consent = entry(create[1].after, CONTOSO, FABRIKAM)["automaticUserConsentSettings"]
    assert consent == {"inboundAllowed": None, "outboundAllowed": True}
    assert synchronization(create[1].after, CONTOSO, FABRIKAM) is None
    converges(modify, f"update partner {FABRIKAM} (redemption_outbound)")
    converges(delete, f"delete partner {FABRIKAM}")
    assert entry(delete[1].after, CONTOSO, FABRIKAM) is None


OPTIONS = [
    ("user_sync_inbound", True, False),
    ("redemption_inbound", True, False),
    ("redemption_outbound", True, False),
    ("inbound_trust", {"mfa": True}, {"mfa": False, "compliant_device": True, "hybrid_joined_device": True}),
    *[
        (
            f"b2b_{kind}_{direction}",
            {"users_and_groups": access("blocked", ALL_USERS)},
            {"users_and_groups": access("allowed", SOME_GROUP, ALL_USERS), "applications": access("allowed", OFFICE)},
        )
        for kind in ("collaboration", "direct_connect")
        for direction in ("inbound", "outbound")
    ],
]


def test_every_setting_that_can_be_inherited_is_among_the_options() -> None:
    assert tuple(option for option, _first, _second in OPTIONS) == TABLE.inheritable


@pytest.mark.parametrize(("option", "first", "second"), OPTIONS)
def test_each_setting_of_an_entry_made_by_hand(
    tell: Teller, emulator: Emulator, state: dict[str, Any], option: str, first: Any, second: Any
) -> None:
    """Set, changed and inherited again, without any other change in the entry."""
    foreign = {
        "tenantRestrictions": {
            "usersAndGroups": graph_access("blocked", ALL_USERS),
            "applications": graph_access("blocked", ALL_APPLICATIONS),
            "devices": None,
        },
        "m365CollaborationInbound": {"users": graph_access("allowed", ALL_USERS)},
    }
    tenants.add_partner(state, FABRIKAM, CONTOSO, **foreign)
    tenants.allow_synchronization(state, FABRIKAM, CONTOSO, None, displayName="By hand")
    emulator.control("PUT", "state", state)
    partner = {"partner_tenant_id": CONTOSO}
    story = tell(
        four(POLICY, {**partner, option: first}, "fabrikam"),
        four(POLICY, {**partner, option: second}, "fabrikam"),
        four(POLICY, {**partner, "inherit": [option]}, "fabrikam"),
    )
    start = entry(story[0].before), synchronization(story[0].before)
    set_once, changed, inherited = story.fours()
    for steps in (set_once, changed, inherited):
        converges(steps)
        assert len(steps[1].writes) == 1
        assert set(steps[1].result["diff"]["after"]) == {"partner", "state", option}
        now = entry(steps[1].after)
        assert {name: now[name] for name in foreign} == foreign
        assert synchronization(steps[1].after)["displayName"] == "By hand"
    given = set_once[1].result["partner"][option]
    assert given == first if not isinstance(first, dict) else first.items() <= given.items()
    assert inherited[1].result["partner"][option] is None
    assert entry(story[-1].after) == start[0]
    assert synchronization(story[-1].after) == start[1]


def test_group_synchronization_uses_beta_only_when_asked_for(tell: Teller) -> None:
    partner = {"partner_tenant_id": CONTOSO, "user_sync_inbound": True}
    story = tell(
        four(POLICY, partner, "fabrikam"),
        four(POLICY, {**partner, "group_sync_inbound": True}, "fabrikam"),
        four(POLICY, {**partner, "group_sync_inbound": False}, "fabrikam"),
        four(POLICY, {**partner}, "fabrikam")[2:],
        four(POLICY, {**partner, "state": "absent"}, "fabrikam")[:2],
    )
    without, on, off = (story.steps[start : start + 4] for start in (0, 4, 8))
    for steps in (without, on, off):
        converges(steps)
    assert not [call for step in (*without, story[12]) for call in step.sent if call["path"].startswith("/beta")]
    assert [call for call in on[1].sent if call["path"].startswith("/beta")]
    assert synchronization(on[1].after)["groupSyncInbound"] == {"isSyncAllowed": True}
    assert synchronization(off[1].after)["groupSyncInbound"] == {"isSyncAllowed": False}
    assert story[12].result["changed"] is story[13].result["changed"] is False


def test_the_name_of_the_synchronization(tell: Teller) -> None:
    partner = {"partner_tenant_id": CONTOSO}
    story = tell(
        four(POLICY, {**partner, "user_sync_inbound": True, "display_name": "Contoso's users"}, "fabrikam"),
        four(POLICY, {**partner, "display_name": "콘토소"}, "fabrikam"),
    )
    for steps in story.fours():
        converges(steps)
    assert synchronization(story[1].after)["displayName"] == "Contoso's users"
    assert synchronization(story[-1].after) == {**synchronization(story[1].after), "displayName": "콘토소"}


@pytest.mark.parametrize("nested", ["merge", "replace"])
def test_members_that_are_not_named_stay(tell: Teller, emulator: Emulator, state: dict[str, Any], nested: str) -> None:
    """Nested members are kept, whether the service merges them or replaces them."""
    trust = {"isMfaAccepted": True, "isCompliantDeviceAccepted": None, "isHybridAzureADJoinedDeviceAccepted": True}
    consent = {"inboundAllowed": True, "outboundAllowed": False}
    collaboration = {"usersAndGroups": graph_access("allowed", ALL_USERS), "applications": graph_access("blocked", OFFICE)}
    tenants.add_partner(
        state, FABRIKAM, CONTOSO, inboundTrust=trust, automaticUserConsentSettings=consent, b2bCollaborationInbound=collaboration
    )
    emulator.control("PUT", "state", state)
    emulator.control("PUT", "settings", {"nested_settings": nested})
    partner = {"partner_tenant_id": CONTOSO}
    story = tell(
        four(POLICY, {**partner, "inbound_trust": {"compliant_device": True}}, "fabrikam"),
        four(POLICY, {**partner, "redemption_outbound": True}, "fabrikam"),
        four(POLICY, {**partner, "b2b_collaboration_inbound": {"applications": access("allowed", ALL_APPLICATIONS)}}, "fabrikam"),
        four(POLICY, {**partner, "inherit": ["redemption_inbound"]}, "fabrikam"),
    )
    for steps in story.fours():
        converges(steps)
    assert entry(story[3].after)["inboundTrust"] == {**trust, "isCompliantDeviceAccepted": True}
    assert entry(story[7].after)["automaticUserConsentSettings"] == {**consent, "outboundAllowed": True}
    assert entry(story[11].after)["b2bCollaborationInbound"] == {
        "usersAndGroups": collaboration["usersAndGroups"],
        "applications": graph_access("allowed", ALL_APPLICATIONS),
    }
    last = entry(story[-1].after)
    assert last["automaticUserConsentSettings"] == {"inboundAllowed": None, "outboundAllowed": True}
    assert last["inboundTrust"] == entry(story[3].after)["inboundTrust"]


def test_what_was_made_by_hand_is_adopted(tell: Teller, emulator: Emulator, state: dict[str, Any]) -> None:
    """No change where everything is as wanted, in any order of targets and any case of the id."""
    collaboration = {"usersAndGroups": graph_access("allowed", SOME_GROUP, ALL_USERS), "applications": None}
    consent = {"inboundAllowed": True, "outboundAllowed": None}
    tenants.add_partner(state, FABRIKAM, CONTOSO, automaticUserConsentSettings=consent, b2bCollaborationInbound=collaboration)
    tenants.allow_synchronization(state, FABRIKAM, CONTOSO)
    emulator.control("PUT", "state", state)
    same: dict[str, Any] = {
        "partner_tenant_id": CONTOSO.upper(),
        "user_sync_inbound": True,
        "redemption_inbound": True,
        "b2b_collaboration_inbound": {"users_and_groups": access("allowed", ALL_USERS, SOME_GROUP)},
    }
    story = tell(
        Do(POLICY, same, "fabrikam"),
        Do(POLICY, {**same, "partner_tenant_id": "contoso.kr"}, "fabrikam"),
        four(POLICY, {**same, "redemption_inbound": False}, "fabrikam"),
    )
    for step in story.steps[:2]:
        assert step.result["changed"] is False
        assert step.left_alone
        assert step.result["partner_tenant_id"] == CONTOSO
    converges(story.steps[2:], f"update partner {CONTOSO} (redemption_inbound)")
    (patch,) = story[3].writes
    assert patch["request_body"] == {"automaticUserConsentSettings": {"inboundAllowed": False}}


def test_removing_only_what_a_link_needed(tell: Teller, emulator: Emulator, state: dict[str, Any]) -> None:
    """The entry is kept as long as it holds any other setting."""
    consent = {"inboundAllowed": True, "outboundAllowed": True}
    foreign = {"m365CollaborationInbound": {"users": graph_access("allowed", ALL_USERS)}}
    tenants.add_partner(state, FABRIKAM, CONTOSO, automaticUserConsentSettings=consent)
    tenants.allow_synchronization(state, FABRIKAM, CONTOSO)
    tenants.add_partner(state, CONTOSO, FABRIKAM, automaticUserConsentSettings={**consent, "inboundAllowed": None}, **foreign)
    emulator.control("PUT", "state", state)
    link = {"partner_tenant_id": CONTOSO, "state": "absent", "inherit": ["user_sync_inbound", "redemption_inbound"]}
    story = tell(
        four(POLICY, link, "fabrikam"),
        four(POLICY, {**link, "inherit": ["redemption_outbound"]}, "fabrikam"),
        four(POLICY, {"partner_tenant_id": FABRIKAM, "state": "absent", "inherit": ["redemption_outbound"]}),
    )
    inbound, outbound, source = story.fours()
    converges(inbound, f"delete identity synchronization with partner {CONTOSO}", f"update partner {CONTOSO} (redemption_inbound)")
    assert entry(inbound[1].after)["automaticUserConsentSettings"] == {"inboundAllowed": None, "outboundAllowed": True}
    assert "other settings remain" in inbound[1].warnings
    converges(outbound, f"delete partner {CONTOSO}")
    converges(source, f"update partner {FABRIKAM} (redemption_outbound)")
    assert entry(source[1].after, CONTOSO, FABRIKAM)["m365CollaborationInbound"] == foreign["m365CollaborationInbound"]


def test_capabilities_of_others_keep_an_entry(tell: Teller, emulator: Emulator, state: dict[str, Any]) -> None:
    """They would go with it (fact F201), although nothing in the entry itself says that there are some. The whole entry goes with them, named."""
    access = {"isAllowed": True, "resourceScopes": {"included": [{"resourceId": "All", "resourceType": "user"}], "excluded": []}}
    tips = {"name": "crossTenantMailTipsAll", "lastModifiedDateTime": state["clock"], "inboundAccess": access}
    tenants.add_partner(state, FABRIKAM, CONTOSO, automaticUserConsentSettings={"inboundAllowed": True, "outboundAllowed": None})
    state["tenants"][FABRIKAM]["access_policy"]["capabilities"] = {CONTOSO: {tips["name"]: tips}}
    emulator.control("PUT", "state", state)
    link = {"partner_tenant_id": CONTOSO, "state": "absent", "inherit": ["redemption_inbound"]}
    story = tell(four(POLICY, link, "fabrikam"), four(POLICY, {**link, "inherit": []}, "fabrikam"))
    part, whole = story.fours()
    converges(part, f"update partner {CONTOSO} (redemption_inbound)")
    assert "other settings remain" in part[1].warnings
    assert part[1].after["tenants"][FABRIKAM]["access_policy"]["capabilities"] == {CONTOSO: {tips["name"]: tips}}
    converges(whole, f"delete partner {CONTOSO}")
    assert "crossTenantMailTipsAll" in str(whole[0].result["diff"]["before"])


def test_an_entry_is_kept_for_a_synchronization_that_says_nothing(tell: Teller, emulator: Emulator, state: dict[str, Any]) -> None:
    """The service refuses to delete an entry that still has one, although it allows nothing and was not named."""
    consent = {"inboundAllowed": True, "outboundAllowed": None}
    tenants.add_partner(state, FABRIKAM, CONTOSO, automaticUserConsentSettings=consent)
    tenants.allow_synchronization(state, FABRIKAM, CONTOSO, None)
    emulator.control("PUT", "state", state)
    story = tell(four(POLICY, {"partner_tenant_id": CONTOSO, "state": "absent", "inherit": ["redemption_inbound"]}, "fabrikam"))
    converges(story.steps)
    assert entry(story[1].after)["automaticUserConsentSettings"]["inboundAllowed"] is None
    assert synchronization(story[1].after) is not None


def test_contradictions_are_refused_before_the_first_write(tell: Teller) -> None:
    story = tell(
        Do(POLICY, {"partner_tenant_id": FABRIKAM, "user_sync_inbound": True}, "fabrikam"),
        Do(POLICY, {"tenant_id": "fabrikam.kr", "partner_tenant_id": FABRIKAM, "user_sync_inbound": True}, "fabrikam"),
        Do(POLICY, {"partner_tenant_id": CONTOSO, "user_sync_inbound": True, "inherit": ["user_sync_inbound"]}, "fabrikam"),
        Do(POLICY, {"partner_tenant_id": "nowhere.example"}, "fabrikam"),
    )
    own_id, own_domain, both, unknown = story
    assert "partner_tenant_id is the tenant itself" in own_id.message
    assert "partner_tenant_id is the tenant itself" in own_domain.message
    assert "user_sync_inbound cannot be set and inherited at once" in both.message
    assert "no tenant owns the domain 'nowhere.example'" in unknown.message
    assert not [step for step in story if step.writes]


def test_a_policy_that_would_be_too_large_is_refused_before_the_first_write(
    tell: Teller, emulator: Emulator, state: dict[str, Any]
) -> None:
    users = [(tenants.made_up_id(f"user {number}"), "user") for number in range(200)]
    tenants.add_partner(state, FABRIKAM, STRANGER, b2bCollaborationInbound={"usersAndGroups": graph_access("allowed", *users)})
    emulator.control("PUT", "state", state)
    large = {"users_and_groups": access("allowed", *users)}
    options = {"partner_tenant_id": CONTOSO, "user_sync_inbound": True, "b2b_collaboration_inbound": large}
    story = tell(Do(POLICY, options, "fabrikam", check=True), Do(POLICY, options, "fabrikam"))
    for step in story:
        assert "25" in step.message
        assert f"Tenant {FABRIKAM}" in step.message
        assert step.writes == []


def test_many_partners_with_inherited_settings_are_no_large_policy(tell: Teller, emulator: Emulator, state: dict[str, Any]) -> None:
    """Inherited settings take no space in the policy."""
    for number in range(60):
        tenants.add_partner(state, FABRIKAM, f"dddddddd-0000-4000-8000-{number:012}")
    emulator.control("PUT", "state", state)
    story = tell(four(POLICY, {"partner_tenant_id": CONTOSO, "redemption_inbound": True, "user_sync_inbound": True}, "fabrikam"))
    converges(story.steps)


@pytest.mark.parametrize(
    "settings",
    [
        {"put_existing_identity_synchronization": "update", "absent_identity_synchronization": "Request_ResourceNotFound"},
        {"expand_absent_policy": "omitted", "partner_delete_with_policy": "cascade", "unknown_tenant_information": "bad_request"},
        {"soft_deleted_partner": "blocks"},
    ],
)
def test_the_twelve_steps_where_the_service_behaves_differently(tell: Teller, emulator: Emulator, settings: dict[str, Any]) -> None:
    emulator.control("PUT", "settings", settings)
    partner = {"partner_tenant_id": "contoso.kr"}
    present = {**partner, "user_sync_inbound": True, "redemption_inbound": True}
    story = tell(
        four(POLICY, present, "fabrikam"),
        four(POLICY, {**partner, "user_sync_inbound": False}, "fabrikam"),
        four(POLICY, {**partner, "state": "absent"}, "fabrikam"),
        four(POLICY, present, "fabrikam"),
    )
    for steps in story.fours():
        converges(steps)


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True, ids=str)
def test_a_narrow_quota_is_waited_for(tell: Teller, emulator: Emulator) -> None:
    """One request a second, and no header that says how long to wait, if the policy has the quota of Conditional Access (fact F23)."""
    emulator.control("PUT", "settings", {"throttling": True, "policy_quota": "conditional_access"})
    story = tell(four(POLICY, {"partner_tenant_id": CONTOSO, "user_sync_inbound": True}, "fabrikam"))
    assert 429 in [call["status"] for call in story[1].sent]
    for step in story:
        assert not step.failed, step.result["msg"]
    assert story[1].actions == story[0].actions != []
    assert story[3].actions == []


def test_listing_the_partners(tell: Teller, emulator: Emulator, state: dict[str, Any]) -> None:
    """Odd entries are listed like others, check mode returns the same, and one partner can be selected by its domain."""
    tenants.trust_each_other(state)
    tenants.add_partner(
        state,
        FABRIKAM,
        STRANGER,
        automaticUserConsentSettings=None,
        inboundTrust=None,
        isInMultiTenantOrganization=None,
        futureMember={"a": 1},
    )
    tenants.add_partner(state, FABRIKAM, STRANGER.replace("1", "2"), isInMultiTenantOrganization=True)
    emulator.control("PUT", "state", state)
    info = "cross_tenant_policy_info"
    story = tell(
        Do(info, {}, "fabrikam"),
        Do(info, {}, "fabrikam", check=True),
        Do(info, {"names": False}, "fabrikam"),
        Do(info, {"partner_tenant_id": "contoso.kr"}, "fabrikam"),
        Do(info, {"partner_tenant_id": STRANGER.replace("1", "9")}, "fabrikam"),
    )
    listed, checked, nameless, selected, none = story
    partners = {entry["tenant_id"]: entry for entry in listed.result["partners"]}
    assert list(partners) == sorted(partners)
    assert len(partners) == 3
    assert partners[CONTOSO]["name"] == "Contoso"
    assert partners[CONTOSO]["default_domain"] == "contoso.kr"
    assert partners[CONTOSO]["user_sync_inbound"] is partners[CONTOSO]["redemption_inbound"] is True
    assert partners[STRANGER]["name"] is partners[STRANGER]["redemption_inbound"] is None
    assert partners[STRANGER]["multitenant_organization"] is False
    assert partners[STRANGER.replace("1", "2")]["multitenant_organization"] is True
    assert checked.result["partners"] == listed.result["partners"]
    assert [entry["name"] for entry in nameless.result["partners"]] == [None] * 3
    assert not [call for call in nameless.sent if "tenantRelationships" in call["path"]]
    assert selected.result["partners"] == [partners[CONTOSO]]
    assert none.result["partners"] == []
    for step in story:
        assert step.result["changed"] is False
        assert step.writes == []


CONFLICT = {"status": 409, "code": "Request_MultipleObjectsWithSameKeyValue", "committed": True, "fault": "status"}


@pytest.mark.parametrize(
    "fault",
    [
        {**CONFLICT, "method": "POST", "path": "/partners$"},
        {**CONFLICT, "method": "PUT", "path": "/identitySynchronization$"},
        {"method": "POST", "path": "/partners$", "fault": "reset_after_commit"},
        {"method": "PUT", "path": "/identitySynchronization$", "fault": "reset_after_commit"},
    ],
)
def test_another_link_at_the_same_moment(tell: Teller, emulator: Emulator, fault: dict[str, Any]) -> None:
    """It was created between reading and writing, or the answer was lost: it is read again, and the rest is done."""
    emulator.control("POST", "faults", fault)
    options = {"partner_tenant_id": CONTOSO, "user_sync_inbound": True, "redemption_inbound": True}
    story = tell(Do(POLICY, options, "fabrikam"), Do(POLICY, options, "fabrikam"))
    assert not story[0].failed, story[0].result["msg"]
    assert synchronization(story[0].after)["userSyncInbound"] == {"isSyncAllowed": True}
    assert entry(story[0].after)["automaticUserConsentSettings"]["inboundAllowed"] is True
    assert story[1].result["changed"] is False


@pytest.mark.parametrize("lag", [{"partner": 3}, {"partner": 1}])
def test_a_directory_that_lags(tell: Teller, emulator: Emulator, lag: dict[str, int]) -> None:
    emulator.control("PUT", "settings", {"lag": lag})
    options = {"partner_tenant_id": CONTOSO, "user_sync_inbound": True, "redemption_inbound": True}
    story = tell(Do(POLICY, options, "fabrikam"), Do(POLICY, options, "fabrikam"), Do(POLICY, {**options, "state": "absent"}, "fabrikam"))
    assert story[0].result["changed"] is True
    assert story[0].warnings == ""
    assert story[1].result["changed"] is False
    assert story[2].result["changed"] is True
    assert entry(story[2].after) is None
