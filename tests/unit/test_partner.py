# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning the partner entry (facts F30, F34, F42)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypedDict

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure, ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.run_cache import RunCache
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import foretold, partner
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.causes import explain
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner import PARTNERS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner_settings import (
    SYNCHRONIZATION,
    TABLE,
    Setting,
    Table,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner_values import ACCESS, SWITCH, TRUST, notes
from ansible_collections.entra.cross_tenant_sync.plugins.modules import cross_tenant_policy
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import (
    NOT_FOUND,
    SOURCE,
    TARGET,
    FakeGraph,
    Lost,
    Reply,
    Script,
    refusal,
)
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import EMPTY_ENTRY, Faulty, Link, PartnerService

PATH = f"{PARTNERS}/{TARGET}"
POLICY_PATH = f"{PATH}/identitySynchronization"
ACCESS_BLOCKS = {
    "b2b_collaboration_inbound": "b2bCollaborationInbound",
    "b2b_collaboration_outbound": "b2bCollaborationOutbound",
    "b2b_direct_connect_inbound": "b2bDirectConnectInbound",
    "b2b_direct_connect_outbound": "b2bDirectConnectOutbound",
}
ALL_USERS = {"access_type": "allowed", "targets": [{"target": "AllUsers", "target_type": "user"}]}
ALL_USERS_RAW = {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}


def entry(**members: Any) -> dict[str, Any]:
    return {**EMPTY_ENTRY, **members}


def redemption(inbound: bool | None = None, outbound: bool | None = None) -> dict[str, Any]:
    return {"automaticUserConsentSettings": {"inboundAllowed": inbound, "outboundAllowed": outbound}}


def policy(allowed: bool | None, name: str | None = None) -> dict[str, Any]:
    return {"tenantId": TARGET, "displayName": name, "userSyncInbound": {"isSyncAllowed": allowed}}


def desired(**given: Any) -> partner.Desired:
    return partner.desired(options("cross_tenant_policy", **{"partner_tenant_id": TARGET, **given}))


def plan(service: PartnerService, **given: Any) -> Plan:
    wanted = desired(**given)
    return partner.plan(partner.read(FakeGraph(service), wanted), wanted)


def calls(planned: Plan) -> list[tuple[str, str, Any]]:
    return [(request.method, request.path, request.body) for action in planned.actions for request in action.requests]


# name: what is there, what is wanted, what is sent
CASES: dict[str, tuple[PartnerService, dict[str, Any], list[tuple[str, str, Any]]]] = {
    "nothing there, nothing named": (PartnerService(), {}, [("POST", PARTNERS, {"tenantId": TARGET})]),
    "the target's side from nothing": (
        PartnerService(),
        {"user_sync_inbound": True, "redemption_inbound": True, "display_name": "Contoso"},
        [
            ("POST", PARTNERS, {"tenantId": TARGET, "automaticUserConsentSettings": {"inboundAllowed": True}}),
            ("PUT", POLICY_PATH, {"userSyncInbound": {"isSyncAllowed": True}, "displayName": "Contoso"}),
        ],
    ),
    "the source's side from nothing": (
        PartnerService(),
        {"redemption_outbound": True},
        [("POST", PARTNERS, {"tenantId": TARGET, "automaticUserConsentSettings": {"outboundAllowed": True}})],
    ),
    "as wanted": (
        PartnerService(entry(**redemption(True)), policy(True)),
        {"user_sync_inbound": True, "redemption_inbound": True},
        [],
    ),
    "nothing named": (PartnerService(entry(**redemption(True)), policy(True)), {}, []),
    "one redemption beside the other": (
        PartnerService(entry(**redemption(None, True))),
        {"redemption_inbound": True},
        [("PATCH", PATH, {"automaticUserConsentSettings": {"inboundAllowed": True, "outboundAllowed": True}})],
    ),
    "redemption off is not inherited": (
        PartnerService(entry(**redemption(None, None))),
        {"redemption_inbound": False},
        [("PATCH", PATH, {"automaticUserConsentSettings": {"inboundAllowed": False}})],
    ),
    "inherit again": (
        PartnerService(entry(**redemption(True, True), inboundTrust={"isMfaAccepted": True})),
        {"inherit": ["redemption_inbound", "inbound_trust"]},
        [("PATCH", PATH, {"automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": True}, "inboundTrust": None})],
    ),
    "inherit what is inherited": (PartnerService(entry()), {"inherit": list(TABLE.inheritable)}, []),
    "trust keeps its neighbours": (
        PartnerService(
            entry(inboundTrust={"isMfaAccepted": True, "isCompliantDeviceAccepted": False, "isHybridAzureADJoinedDeviceAccepted": None})
        ),
        {"inbound_trust": {"compliant_device": True, "mfa": None}},
        [
            (
                "PATCH",
                PATH,
                {"inboundTrust": {"isMfaAccepted": True, "isCompliantDeviceAccepted": True, "isHybridAzureADJoinedDeviceAccepted": None}},
            )
        ],
    ),
    "trust that names nothing": (PartnerService(entry()), {"inbound_trust": {"mfa": None, "compliant_device": None}}, []),
    "an access block that names nothing": (PartnerService(entry()), {"b2b_collaboration_inbound": {"users_and_groups": None}}, []),
    "trust with a member we do not know": (
        PartnerService(entry(inboundTrust={"isMfaAccepted": False, "isCompliantNetworkAccepted": True})),
        {"inbound_trust": {"mfa": True}},
        [
            (
                "PATCH",
                PATH,
                {
                    "inboundTrust": {
                        "isMfaAccepted": True,
                        "isCompliantDeviceAccepted": None,
                        "isHybridAzureADJoinedDeviceAccepted": None,
                        "isCompliantNetworkAccepted": True,
                    }
                },
            )
        ],
    ),
    "an existing policy is patched": (
        PartnerService(entry(), policy(False)),
        {"user_sync_inbound": True},
        [("PATCH", POLICY_PATH, {"userSyncInbound": {"isSyncAllowed": True}})],
    ),
    "a policy that the expansion hides is patched": (
        PartnerService(entry(), policy(False), expands=False),
        {"user_sync_inbound": True},
        [("PATCH", POLICY_PATH, {"userSyncInbound": {"isSyncAllowed": True}})],
    ),
    "a policy that is missing is put": (
        PartnerService(entry()),
        {"user_sync_inbound": False},
        [("PUT", POLICY_PATH, {"userSyncInbound": {"isSyncAllowed": False}})],
    ),
    "only the name differs": (
        PartnerService(entry(), policy(True, "old")),
        {"user_sync_inbound": True, "display_name": "new"},
        [("PATCH", POLICY_PATH, {"displayName": "new"})],
    ),
    "access keeps its other half": (
        PartnerService(entry(b2bCollaborationInbound={"usersAndGroups": ALL_USERS_RAW, "applications": None})),
        {
            "b2b_collaboration_inbound": {
                "applications": {"access_type": "blocked", "targets": [{"target": "AllApplications", "target_type": "application"}]}
            }
        },
        [
            (
                "PATCH",
                PATH,
                {
                    "b2bCollaborationInbound": {
                        "usersAndGroups": ALL_USERS_RAW,
                        "applications": {"accessType": "blocked", "targets": [{"target": "AllApplications", "targetType": "application"}]},
                    }
                },
            )
        ],
    ),
    "absent, nothing there": (PartnerService(), {"state": "absent"}, []),
    "absent, policy first": (
        PartnerService(entry(**redemption(True)), policy(True)),
        {"state": "absent"},
        [("DELETE", POLICY_PATH, None), ("DELETE", PATH, None)],
    ),
    "absent, hidden policy first": (
        PartnerService(entry(), policy(True), expands=False),
        {"state": "absent"},
        [("DELETE", POLICY_PATH, None), ("DELETE", PATH, None)],
    ),
    "absent, no policy": (PartnerService(entry(**redemption(None, True))), {"state": "absent"}, [("DELETE", PATH, None)]),
    "absent for some, others remain": (
        PartnerService(entry(**redemption(True, True)), policy(True)),
        {"state": "absent", "inherit": ["user_sync_inbound", "redemption_inbound"]},
        [
            ("DELETE", POLICY_PATH, None),
            ("PATCH", PATH, {"automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": True}}),
        ],
    ),
    "absent for some, nothing else in it": (
        PartnerService(entry(**redemption(True)), policy(True)),
        {"state": "absent", "inherit": ["user_sync_inbound", "redemption_inbound"]},
        [("DELETE", POLICY_PATH, None), ("DELETE", PATH, None)],
    ),
    "absent for some, something foreign in it": (
        PartnerService(entry(**redemption(True), crossCloudMeetingConfiguration={"inboundAllowed": True, "outboundAllowed": None})),
        {"state": "absent", "inherit": ["redemption_inbound"]},
        [("PATCH", PATH, {"automaticUserConsentSettings": {"inboundAllowed": None}})],
    ),
    "absent for some, the policy remains": (
        PartnerService(entry(**redemption(True)), policy(False)),
        {"state": "absent", "inherit": ["redemption_inbound"]},
        [("PATCH", PATH, {"automaticUserConsentSettings": {"inboundAllowed": None}})],
    ),
    "absent for some, a policy that says nothing remains": (
        PartnerService(entry(**redemption(True)), policy(None)),
        {"state": "absent", "inherit": ["redemption_inbound"]},
        [("PATCH", PATH, {"automaticUserConsentSettings": {"inboundAllowed": None}})],
    ),
    "absent for some, done already": (
        PartnerService(entry(**redemption(None, True))),
        {"state": "absent", "inherit": ["redemption_inbound"]},
        [],
    ),
}


class TestPlan:
    @pytest.mark.parametrize("name", CASES)
    def test_what_is_sent(self, name: str) -> None:
        service, given, expected = CASES[name]
        assert calls(plan(service, **given)) == expected

    @pytest.mark.parametrize("ours", ACCESS_BLOCKS)
    def test_every_access_setting(self, ours: str) -> None:
        planned = plan(PartnerService(entry()), **{ours: {"users_and_groups": ALL_USERS, "applications": None}})
        assert calls(planned) == [("PATCH", PATH, {ACCESS_BLOCKS[ours]: {"usersAndGroups": ALL_USERS_RAW}})]

    def test_the_order_of_targets_means_nothing(self) -> None:
        raw = {
            "accessType": "allowed",
            "targets": [
                {"target": "b", "targetType": "user"},
                {"target": "a", "targetType": "group"},
                {"target": "a", "targetType": "user"},
            ],
        }
        given = {
            "access_type": "allowed",
            "targets": [
                {"target": "a", "target_type": "user"},
                {"target": "b", "target_type": "user"},
                {"target": "a", "target_type": "group"},
            ],
        }
        service = PartnerService(entry(b2bCollaborationOutbound={"usersAndGroups": raw, "applications": None}))
        assert calls(plan(service, b2b_collaboration_outbound={"users_and_groups": given})) == []

    def test_before_and_after_hold_only_what_is_managed(self) -> None:
        planned = plan(PartnerService(entry(**redemption(None, True)), policy(False)), user_sync_inbound=True, redemption_inbound=True)
        assert planned.before == {"partner": TARGET, "state": "present", "user_sync_inbound": False, "redemption_inbound": None}
        assert planned.after == {"partner": TARGET, "state": "present", "user_sync_inbound": True, "redemption_inbound": True}

    def test_before_and_after_of_a_new_entry(self) -> None:
        planned = plan(PartnerService(), redemption_inbound=True)
        assert planned.before == {"partner": TARGET, "state": "absent"}
        assert planned.after == {"partner": TARGET, "state": "present", "redemption_inbound": True}

    def test_facts_hold_everything(self) -> None:
        planned = plan(PartnerService(entry(**redemption(None, True)), policy(False, "Contoso")), user_sync_inbound=True)
        assert planned.facts["partner_tenant_id"] == TARGET
        assert planned.facts["partner"] == {
            **dict.fromkeys(TABLE.rows),
            "tenant_id": TARGET,
            "user_sync_inbound": True,
            "display_name": "Contoso",
            "group_sync_inbound": None,
            "redemption_inbound": None,
            "redemption_outbound": True,
            "inbound_trust": None,
            **dict.fromkeys(ACCESS_BLOCKS),
        }

    def test_facts_of_what_is_gone(self) -> None:
        assert plan(PartnerService(entry()), state="absent").facts == {"partner_tenant_id": TARGET, "partner": None, "still_served_by": []}

    def test_facts_of_an_entry_that_loses_its_policy(self) -> None:
        service = PartnerService(entry(**redemption(None, True)), policy(True, "Contoso"))
        facts = plan(service, state="absent", inherit=["user_sync_inbound"]).facts["partner"]
        assert (facts["user_sync_inbound"], facts["display_name"], facts["redemption_outbound"]) == (None, None, True)

    def test_what_is_kept_is_reported(self) -> None:
        kept = plan(PartnerService(entry(**redemption(True, True))), state="absent", inherit=["redemption_inbound"])
        assert kept.warnings == (f"partner {TARGET} is kept, because other settings remain in it",)
        assert kept.after["state"] == "present"

    def test_actions_are_readable(self) -> None:
        planned = plan(PartnerService(entry(), policy(False)), user_sync_inbound=True, redemption_inbound=True, inbound_trust={"mfa": True})
        assert [str(action) for action in planned.actions] == [
            f"update partner {TARGET} (redemption_inbound, inbound_trust)",
            f"update identity synchronization with partner {TARGET} (user_sync_inbound)",
        ]
        removed = plan(PartnerService(entry(**redemption(True)), policy(True)), state="absent")
        assert [str(action) for action in removed.actions] == [
            f"delete identity synchronization with partner {TARGET}",
            f"delete partner {TARGET}",
        ]

    def test_before_and_after_of_a_removal(self) -> None:
        there, absent = {"partner": TARGET, "state": "present"}, {"partner": TARGET, "state": "absent"}
        removed = plan(PartnerService(entry(**redemption(True))), state="absent")
        assert (removed.before, removed.after) == ({**there, "redemption_inbound": True}, absent)
        nothing = plan(PartnerService(), state="absent")
        assert (nothing.before, nothing.after) == (absent, absent)

    def test_the_basis_of_an_approval_is_what_else_the_entry_says(self) -> None:
        """With what this collection does not know, by the names of Graph; without what changes, and what says nothing."""
        trust = {"isMfaAccepted": True, "isCompliantNetworkAccepted": True}
        service = PartnerService(entry(tenantId=TARGET, inboundTrust=trust, somethingNew=1, **redemption(True, True)), policy(False))
        assert plan(service, redemption_outbound=False).basis() == {
            "user_sync_inbound": False,
            "redemption_inbound": True,
            "inbound_trust": {"mfa": True, "compliant_device": None, "hybrid_joined_device": None},
            "inboundTrust": {"isCompliantNetworkAccepted": True},
            "somethingNew": 1,
        }
        assert plan(PartnerService(), redemption_outbound=True).basis() == {}

    @pytest.mark.parametrize(("there", "said"), [(None, True), (entry(), False)], ids=["absent", "there"])
    def test_in_check_mode_an_entry_that_would_be_created_is_there(self, tmp_path: Path, there: Any, said: bool) -> None:
        """Its capabilities are a later task's."""
        client = FakeGraph(PartnerService(there), run_cache=RunCache(str(tmp_path)))
        client.check_mode = True
        planned = plan(PartnerService(there), redemption_inbound=True)
        assert (planned.foretells is not None) is said
        if planned.foretells:
            planned.foretells(client)
        assert foretold.would_exist(client, TARGET) is said


class TestSwitchesInUse:
    """Fact F80: without its switches, another configuration's job goes into quarantine."""

    SERVING: ClassVar = [
        Link("Guests", {"CompanyId": TARGET.upper()}),
        Link("MTO_Sync_x", {"CompanyId": TARGET}),
        Link("Elsewhere", {"CompanyId": SOURCE}),
        Link("Empty"),
    ]
    OUTBOUND: ClassVar = {"state": "absent", "inherit": ["redemption_outbound"]}
    INBOUND: ClassVar = {"state": "absent", "inherit": ["user_sync_inbound", "redemption_inbound"]}

    def test_in_the_source_they_are_read_and_the_switch_is_kept(self) -> None:
        planned = plan(PartnerService(entry(**redemption(None, True)), links=self.SERVING), **self.OUTBOUND)
        assert calls(planned) == []
        assert planned.facts["still_served_by"] == ["Guests", "MTO_Sync_x"]
        assert planned.facts["partner"]["redemption_outbound"] is True
        assert planned.warnings == (f"redemption_outbound of partner {TARGET}: kept, because they still serve Guests, MTO_Sync_x",)
        assert planned.before == {"partner": TARGET, "state": "present"} == planned.after

    def test_in_the_source_no_configuration_is_left(self) -> None:
        planned = plan(PartnerService(entry(**redemption(None, True)), links=self.SERVING[2:]), **self.OUTBOUND)
        assert calls(planned) == [("DELETE", PATH, None)]
        assert (planned.facts["still_served_by"], planned.warnings) == ([], ())

    def test_other_settings_are_removed_all_the_same(self) -> None:
        service = PartnerService(entry(inboundTrust={"isMfaAccepted": True}, **redemption(None, True)), links=self.SERVING)
        planned = plan(service, state="absent", inherit=["redemption_outbound", "inbound_trust"])
        assert calls(planned) == [("PATCH", PATH, {"inboundTrust": None})]
        assert len(planned.warnings) == 2

    def test_the_whole_entry_is_refused(self) -> None:
        with pytest.raises(Refusal) as caught:
            plan(PartnerService(entry(**redemption(None, True)), links=self.SERVING), state="absent")
        assert str(caught.value) == (
            f"partner {TARGET} cannot be removed, because it still serves Guests, MTO_Sync_x; "
            "remove those configurations first, or name in inherit what to remove"
        )

    def test_in_the_target_they_are_named(self) -> None:
        service = PartnerService(entry(**redemption(True, None)), policy(True), links=self.SERVING)
        planned = plan(service, **self.INBOUND, keep_for=["Guests"])
        assert calls(planned) == []
        assert planned.facts["partner"]["user_sync_inbound"] is True
        assert planned.warnings == (f"user_sync_inbound, redemption_inbound of partner {TARGET}: kept, because they still serve Guests",)
        assert calls(plan(service, **self.INBOUND, keep_for=[])) == calls(plan(service, **self.INBOUND)) != []

    def test_in_the_target_no_configuration_is_read(self) -> None:
        """Its application may not read configurations, and need not."""
        client = FakeGraph(PartnerService(entry(**redemption(True, None)), policy(True), links=self.SERVING))
        partner.read(client, desired(**self.INBOUND))
        assert not [request for request in client.sent if request.path.startswith("/servicePrincipals")]

    @pytest.mark.parametrize(
        ("denied", "outbound", "warned"),
        [
            (refusal(403, "Authorization_RequestDenied"), True, True),
            (refusal(401, "UnknownError"), True, True),
            (refusal(403, "Authorization_RequestDenied"), None, False),
        ],
    )
    def test_what_may_not_be_read_is_reported_where_it_matters(self, denied: Reply, outbound: bool | None, warned: bool) -> None:
        service = Faulty(PartnerService(entry(**redemption(True, outbound))), {"GET /servicePrincipals": [denied] * 9})
        wanted = desired(**self.OUTBOUND)
        planned = partner.plan(partner.read(FakeGraph(service), wanted), wanted)
        assert planned.facts["still_served_by"] is None
        assert ("could not check" in "".join(planned.warnings)) is warned

    def test_what_may_not_be_read_is_reported_of_the_whole_entry(self) -> None:
        denied = refusal(403, "Authorization_RequestDenied")
        service = Faulty(PartnerService(entry(**redemption(True, True))), {"GET /servicePrincipals": [denied] * 9})
        wanted = desired(state="absent")
        (warning,) = partner.plan(partner.read(FakeGraph(service), wanted), wanted).warnings
        assert warning.startswith(f"redemption_outbound of partner {TARGET}: could not check whether another configuration still needs it")

    def test_a_failure_is_no_absence(self) -> None:
        service = Faulty(PartnerService(entry(**redemption(None, True))), {"GET /servicePrincipals": [Lost()] * 9})
        with pytest.raises(GraphFailure):
            partner.read(FakeGraph(service), desired(**self.OUTBOUND))

    def test_keep_for_goes_with_absent(self) -> None:
        with pytest.raises(Refusal, match="cannot be used with state present"):
            desired(keep_for=["Guests"])


class TestEntriesOfOthers:
    """An entry is removed with a link only if it says nothing else (fact F30)."""

    INHERIT: ClassVar = ["user_sync_inbound", "redemption_inbound"]

    @pytest.mark.parametrize(
        ("members", "stays"),
        [
            ({}, False),
            ({"isInMultiTenantOrganization": True}, True),
            ({"isInMultiTenantOrganization": False}, False),
            ({"isInMultiTenantOrganization": None}, False),
            ({"isServiceProvider": True}, True),
            ({"isServiceProvider": False}, False),
            ({"somethingNew": {"a": [None]}}, True),
            ({"somethingNew": {"a": None}}, False),
            ({"blockServiceProviderOutboundAccess": True}, True),
            ({"m365CollaborationInbound": {"users": {"accessType": "allowed"}}}, True),
            ({"tenantRestrictions": None, "@odata.etag": "x"}, False),
            ({"tenantId": TARGET}, False),
            ({"automaticUserConsentSettings": {"inboundAllowed": True, "outboundAllowed": None, "somethingNew": False}}, True),
            ({"inboundTrust": {"isMfaAccepted": None, "isCompliantNetworkAccepted": True}}, True),
        ],
        ids=str,
    )
    def test_what_was_there_before_is_kept(self, members: dict[str, Any], stays: bool) -> None:
        service = PartnerService(entry(**{**redemption(True, None), **members}), policy(True))
        planned = plan(service, state="absent", inherit=self.INHERIT)
        assert (("DELETE", PATH, None) in calls(planned)) is not stays


def capability(allowed: bool) -> dict[str, Any]:
    access = {"isAllowed": allowed, "resourceScopes": {"included": [{"resourceId": "All", "resourceType": "user"}], "excluded": []}}
    return {"name": "crossTenantMailTipsAll", "inboundAccess": access}


TRUSTS = {"m365CollaborationInbound": {"users": ALL_USERS_RAW}}


class TestCapabilities:
    """They go with the entry (fact F201), and say something if they allow, or disallow what the default policy allows (fact F251)."""

    # name: the capability, that of the default policy, whether it says something
    SAYS: ClassVar = {
        "none": (None, None, False),
        "none, and the default allows": (None, True, False),
        "it allows": (True, None, True),
        "it allows what the default allows": (True, True, True),
        "it disallows": (False, None, False),
        "it disallows what the default disallows": (False, False, False),
        "it disallows what the default allows": (False, True, True),
    }

    @pytest.mark.parametrize("name", SAYS)
    def test_an_entry_with_them_is_kept_unless_the_whole_is_to_go(self, name: str) -> None:
        own, default, says = self.SAYS[name]
        held, of_default = ([] if allowed is None else [capability(allowed)] for allowed in (own, default))
        service = PartnerService(entry(**redemption(True)), capabilities=held, of_default=of_default)
        part = plan(service, state="absent", inherit=["redemption_inbound"])
        assert (("DELETE", PATH, None) in calls(part)) is not says
        assert any("other settings remain" in warning for warning in part.warnings) is says
        assert "capabilities" not in part.before or not says
        whole = plan(service, state="absent")
        assert calls(whole) == [("DELETE", PATH, None)]
        assert whole.before.get("capabilities") == (["crossTenantMailTipsAll"] if says else None)

    @pytest.mark.parametrize(
        ("own", "default", "unknown"),
        [({}, {}, False), ({}, TRUSTS, True), (TRUSTS, {}, True), ({}, {"m365CollaborationInbound": None}, False)],
        ids=["nobody is trusted", "the default trusts", "the entry trusts", "the default says nothing"],
    )
    def test_those_that_may_not_be_read(self, own: dict[str, Any], default: dict[str, Any], unknown: bool) -> None:
        """What cannot be read is not absent, unless nobody is trusted, so that no capability has an effect (facts F204, F206)."""
        service = PartnerService(entry(**redemption(True), **own), capabilities=None, default=default)
        part, whole = plan(service, state="absent", inherit=["redemption_inbound"]), plan(service, state="absent")
        assert (("DELETE", PATH, None) in calls(part)) is not unknown
        assert [warning for warning in part.warnings if "could not be read" in warning and "is kept" in warning] != [] or not unknown
        assert calls(whole) == [("DELETE", PATH, None)]
        assert any("is removed with those that it has" in warning for warning in whole.warnings) is unknown

    def test_those_that_were_removed_just_now_do_not_keep_it(self, tmp_path: Path) -> None:
        """A replica may still list them (fact F14)."""
        client = FakeGraph(PartnerService(entry(**redemption(True)), capabilities=[capability(True)]), run_cache=RunCache(str(tmp_path)))
        foretold.record_removal(client, TARGET, ["crossTenantMailTipsAll"], False)
        wanted = desired(state="absent", inherit=["redemption_inbound"])
        assert ("DELETE", PATH, None) in calls(partner.plan(partner.read(client, wanted), wanted))

    @pytest.mark.parametrize(
        ("there", "given"), [(entry(), {"redemption_inbound": True}), (None, {"state": "absent"})], ids=["kept", "absent"]
    )
    def test_they_are_read_only_if_an_entry_is_removed(self, there: Any, given: dict[str, Any]) -> None:
        """Reading them needs another permission (fact F206)."""
        client = FakeGraph(PartnerService(there))
        partner.read(client, desired(**given))
        assert not [request for request in client.sent if "m365Capabilities" in request.path]

    def test_what_else_goes_with_the_whole_entry_is_named(self) -> None:
        planned = plan(PartnerService(entry(**redemption(True), somethingNew={"a": 1}, **TRUSTS)), state="absent")
        assert planned.before["other_settings"] == {"somethingNew": {"a": 1}, **TRUSTS}


class TestGroups:
    """Only beta knows groups (fact F45)."""

    @pytest.mark.parametrize(
        ("there", "given", "expected"),
        [
            (
                None,
                {"user_sync_inbound": True, "group_sync_inbound": True},
                [("PUT", "beta", {"userSyncInbound": {"isSyncAllowed": True}, "groupSyncInbound": {"isSyncAllowed": True}})],
            ),
            ({**policy(True), "groupSyncInbound": {"isSyncAllowed": True}}, {"group_sync_inbound": True}, []),
            (
                {**policy(True), "groupSyncInbound": {"isSyncAllowed": False}},
                {"group_sync_inbound": True},
                [("PATCH", "beta", {"groupSyncInbound": {"isSyncAllowed": True}})],
            ),
            (
                {**policy(False), "groupSyncInbound": {"isSyncAllowed": True}},
                {"user_sync_inbound": True},
                [("PATCH", "v1.0", {"userSyncInbound": {"isSyncAllowed": True}})],
            ),
        ],
    )
    def test_beta_is_used_only_when_groups_are_named(
        self, there: dict[str, Any] | None, given: dict[str, Any], expected: list[Any]
    ) -> None:
        planned = plan(PartnerService(entry(), there), **given)
        assert [(request.method, request.version, request.body) for action in planned.actions for request in action.requests] == expected

    @staticmethod
    def allowed(**members: bool) -> dict[str, Any]:
        return {f"{name}SyncInbound": {"isSyncAllowed": value} for name, value in members.items()}

    @pytest.mark.parametrize(
        ("there", "given", "expected"),
        [
            (
                None,
                {"user_sync_inbound": True, "group_sync_inbound": True, "role_enabled_group_sync_inbound": True},
                [("PUT", {"user": True, "group": True}), ("PATCH", {"roleEnabledGroup": True})],
            ),
            (
                {"user": True},
                {"role_enabled_group_sync_inbound": True, "group_sync_inbound": True},
                [("PATCH", {"group": True}), ("PATCH", {"roleEnabledGroup": True})],
            ),
            ({"user": True, "group": True}, {"role_enabled_group_sync_inbound": True}, [("PATCH", {"roleEnabledGroup": True})]),
            (
                {"user": True, "group": True, "roleEnabledGroup": True},
                {"group_sync_inbound": False},
                [("PATCH", {"roleEnabledGroup": False}), ("PATCH", {"group": False})],
            ),
            (
                {"user": True, "group": True, "roleEnabledGroup": True},
                {"group_sync_inbound": False, "role_enabled_group_sync_inbound": False},
                [("PATCH", {"roleEnabledGroup": False}), ("PATCH", {"group": False})],
            ),
            ({"group": True, "roleEnabledGroup": True}, {"group_sync_inbound": True, "role_enabled_group_sync_inbound": True}, []),
            ({"group": True, "roleEnabledGroup": True}, {"user_sync_inbound": True}, [("PATCH", {"user": True})]),
            ({"group": False}, {"role_enabled_group_sync_inbound": False}, [("PATCH", {"roleEnabledGroup": False})]),
        ],
    )
    def test_groups_with_roles_come_after_groups(
        self, there: dict[str, bool] | None, given: dict[str, Any], expected: list[tuple[str, dict[str, bool]]]
    ) -> None:
        """Groups with roles are switched on after groups, and off with them (fact F219)."""
        service = PartnerService(entry(), there and {**policy(None), **self.allowed(**there)})
        planned = plan(service, **given)
        sent = [request for action in planned.actions for request in action.requests]
        assert [(request.method, request.body) for request in sent] == [(method, self.allowed(**body)) for method, body in expected]
        for request in sent:
            answer = service(request)
            assert isinstance(answer, Reply)
            assert answer.status == 204
        assert plan(service, **given).actions == ()

    def test_from_every_state_to_every_wish(self) -> None:
        """The service refuses groups with roles while groups are off, at any moment. No plan ends there, and a second one has nothing to do."""
        values = (None, True, False)
        for policy_there, group, role, wish_group, wish_role in itertools.product((True, False), values, values, values, values):
            if role and not group:
                continue
            members = {name: value for name, value in (("group", group), ("roleEnabledGroup", role)) if value is not None}
            service = PartnerService(entry(), {**policy(True), **self.allowed(**members)} if policy_there else None)
            wish = {"group_sync_inbound": wish_group, "role_enabled_group_sync_inbound": wish_role}
            given = {name: value for name, value in wish.items() if value is not None}
            group_after = wish_group if wish_group is not None else (group if policy_there else None)
            if wish_role and not group_after:
                with pytest.raises(Refusal):
                    plan(service, **given)
                continue
            for action in plan(service, **given).actions:
                for request in action.requests:
                    answer = service(request)
                    assert isinstance(answer, Reply)
                    assert answer.status == 204, (members, given)
            again = plan(service, **given)
            assert again.actions == (), (members, given)
            assert given.items() <= again.facts["partner"].items()

    @pytest.mark.parametrize("given", [{}, {"group_sync_inbound": False}])
    def test_groups_with_roles_without_groups_are_refused(self, given: dict[str, Any]) -> None:
        with pytest.raises(Refusal, match="role_enabled_group_sync_inbound can be on only while group_sync_inbound is on"):
            plan(PartnerService(entry(), policy(True)), role_enabled_group_sync_inbound=True, **given)

    @pytest.mark.parametrize(
        ("member", "option"), [("groupSyncInbound", "group_sync"), ("roleEnabledGroupSyncInbound", "role_enabled_group_sync")]
    )
    def test_a_service_without_the_setting_is_explained(self, member: str, option: str) -> None:
        error = ServiceError("PATCH", POLICY_PATH, 400, "BadRequest", f"The property '{member}' does not exist on type 'x'.")
        assert f"leave {option}_inbound out" in explain(error)
        assert explain(ServiceError("PATCH", PATH, 400, "BadRequest", error.message)).endswith("see the code and the request id.")


class TestSize:
    """Fact F38: the whole policy may have 25 KB. Inherited settings take no space."""

    BULKY: ClassVar = {
        "usersAndGroups": {"accessType": "allowed", "targets": [{"target": f"{number:036}", "targetType": "user"} for number in range(150)]}
    }

    @staticmethod
    def users(count: int) -> dict[str, Any]:
        return {
            "users_and_groups": {
                "access_type": "allowed",
                "targets": [{"target": f"{number:036}", "target_type": "user"} for number in range(count)],
            }
        }

    def test_lists_that_do_not_fit_are_refused_before_anything_is_written(self) -> None:
        with pytest.raises(Refusal, match="the service takes 25600"):
            plan(PartnerService(entry()), b2b_collaboration_inbound=self.users(500))

    def test_a_hundred_partners_that_say_nothing_leave_room_for_another(self) -> None:
        others = [entry(tenantId=str(number)) for number in range(100)]
        assert plan(PartnerService(others=others), redemption_inbound=True).actions

    def test_a_list_may_always_become_shorter(self) -> None:
        """The remedy in the refusal must work."""
        service = PartnerService(entry(b2bCollaborationInbound=self.BULKY), others=[entry(b2bCollaborationInbound=self.BULKY)])
        assert plan(service, b2b_collaboration_inbound=self.users(140)).actions

    @pytest.mark.parametrize(
        ("before", "longer", "fits"),
        [
            (partner.LARGEST_POLICY - 1, 1, True),
            (partner.LARGEST_POLICY, 1, False),
            (partner.LARGEST_POLICY + 100, 0, True),
            (partner.LARGEST_POLICY + 100, -1, True),
        ],
    )
    def test_to_the_byte(self, before: int, longer: int, fits: bool) -> None:
        """A list of the same length is no reason to refuse, even in a policy that is too large."""
        raw = {
            "b2bCollaborationInbound": {
                "usersAndGroups": {"accessType": "allowed", "targets": [{"target": "x" * 36, "targetType": "user"}]}
            }
        }
        current = partner.Current(TARGET, partner.settings(raw, {}), False, raw, before)
        block = {"users_and_groups": {"access_type": "allowed", "targets": [{"target": "y" * (36 + longer), "target_type": "user"}]}}
        wanted = desired(b2b_collaboration_inbound=block)
        if fits:
            assert partner.plan(current, wanted).actions
        else:
            with pytest.raises(Refusal, match=f"would have about {before + longer} bytes"):
                partner.plan(current, wanted)


class TestRefusals:
    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"redemption_inbound": True, "inherit": ["redemption_inbound"]}, "redemption_inbound cannot be set and inherited at once"),
            (
                {"user_sync_inbound": False, "inbound_trust": {"mfa": True}, "inherit": ["inbound_trust", "user_sync_inbound"]},
                "inbound_trust, user_sync_inbound cannot be set and inherited at once",
            ),
            ({"partner_tenant_id": SOURCE}, "partner_tenant_id is the tenant itself; a link needs two tenants"),
            ({"partner_tenant_id": SOURCE.upper()}, "partner_tenant_id is the tenant itself; a link needs two tenants"),
        ],
    )
    def test_contradictions(self, given: dict[str, Any], sentence: str) -> None:
        with pytest.raises(Refusal) as caught:
            plan(PartnerService(entry()), **given)
        assert str(caught.value) == sentence

    @pytest.mark.parametrize("answer", [NOT_FOUND, refusal(400, "Request_BadRequest")])
    def test_a_domain_without_a_tenant(self, answer: Reply) -> None:
        script = {"GET /tenantRelationships/findTenantInformationByDomainName(domainName='nobody.example')": answer}
        wanted = desired(partner_tenant_id="nobody.example")
        with pytest.raises(Refusal, match=r"^no tenant owns the domain 'nobody\.example'$"):
            partner.read(FakeGraph(Script(script)), wanted)

    def test_a_domain_is_resolved(self) -> None:
        script = {
            "GET /tenantRelationships/findTenantInformationByDomainName(domainName='fabrikam.kr')": Reply(200, {"tenantId": TARGET}),
            f"GET {PATH}": Reply(200, entry()),
        }
        wanted = desired(partner_tenant_id="fabrikam.kr")
        assert partner.read(FakeGraph(Script(script)), wanted).partner_id == TARGET

    @pytest.mark.parametrize("given", [TARGET, TARGET.upper(), TARGET.replace("-", ""), f"{{{TARGET}}}"])
    def test_every_spelling_of_an_id(self, given: str) -> None:
        assert plan(PartnerService(entry()), partner_tenant_id=given).facts["partner_tenant_id"] == TARGET


EXAMPLE = Table(
    {
        **TABLE.rows,
        "b2b_example_outbound": Setting("b2bExampleOutbound", ACCESS),
        "device_sync_inbound": Setting("deviceSyncInbound.isSyncAllowed", SWITCH, SYNCHRONIZATION, version="beta"),
        "example_consent": Setting("exampleConsentSettings.exampleAllowed", SWITCH),
        "example_trust": Setting("exampleTrust", replace(TRUST, members={**TRUST.members, "mfa": "isExampleAccepted"})),
    }
)
"""Four made-up settings, each one row."""


class Line(TypedDict):
    """Two members with what stands beside them."""

    first: Annotated[bool | None, SWITCH]
    second: Annotated[str, "of Graph"]


def example(service: PartnerService, **given: Any) -> Plan:
    """A plan with the settings of the longer table, from options that its own argument spec has checked."""
    spec = cross_tenant_policy.OPTIONS.argument_spec() | EXAMPLE.spec()
    spec["inherit"] = {**spec["inherit"], "choices": list(EXAMPLE.inheritable)}
    checked = ArgumentSpecValidator(spec).validate({"tenant_id": SOURCE, "partner_tenant_id": TARGET, **given})
    assert not checked.error_messages
    wanted = partner.desired(checked.validated_parameters, EXAMPLE)
    return partner.plan(partner.read(FakeGraph(service), wanted), wanted)


class TestNewSetting:
    """A new setting is one row of the table."""

    FULL: ClassVar = {
        "b2bExampleOutbound": {"usersAndGroups": ALL_USERS_RAW, "applications": None},
        "exampleConsentSettings": {"exampleAllowed": True},
        "exampleTrust": {"isExampleAccepted": True, "isOfTomorrow": True},
    }
    FULL_POLICY: ClassVar = {**policy(True), "deviceSyncInbound": {"isSyncAllowed": True}}

    def test_it_is_created(self) -> None:
        planned = example(
            PartnerService(),
            b2b_example_outbound={"users_and_groups": ALL_USERS},
            device_sync_inbound=True,
            example_consent=True,
            example_trust={"mfa": True},
        )
        trust = {"isExampleAccepted": True, "isCompliantDeviceAccepted": None, "isHybridAzureADJoinedDeviceAccepted": None}
        assert calls(planned) == [
            (
                "POST",
                PARTNERS,
                {
                    "tenantId": TARGET,
                    "b2bExampleOutbound": {"usersAndGroups": ALL_USERS_RAW},
                    "exampleConsentSettings": {"exampleAllowed": True},
                    "exampleTrust": trust,
                },
            ),
            ("PUT", POLICY_PATH, {"deviceSyncInbound": {"isSyncAllowed": True}}),
        ]
        assert [request.version for action in planned.actions for request in action.requests] == ["v1.0", "beta"]

    def test_it_is_read_and_left_alone(self) -> None:
        facts = example(PartnerService(entry(**self.FULL), self.FULL_POLICY), example_consent=True).facts["partner"]
        assert facts["b2b_example_outbound"] == {"users_and_groups": ALL_USERS, "applications": None}
        assert (facts["example_consent"], facts["example_trust"]["mfa"]) == (True, True)
        assert set(facts) == {"tenant_id", *EXAMPLE.rows}

    def test_it_is_changed(self) -> None:
        block = {"applications": {"access_type": "blocked", "targets": [{"target": "Office365", "target_type": "application"}]}}
        service = PartnerService(entry(**self.FULL), self.FULL_POLICY)
        planned = example(service, b2b_example_outbound=block, example_consent=False, device_sync_inbound=False)
        assert [(action.verb, request.version, request.body) for action in planned.actions for request in action.requests] == [
            (
                "update",
                "v1.0",
                {
                    "b2bExampleOutbound": {
                        "usersAndGroups": ALL_USERS_RAW,
                        "applications": {"accessType": "blocked", "targets": [{"target": "Office365", "targetType": "application"}]},
                    },
                    "exampleConsentSettings": {"exampleAllowed": False},
                },
            ),
            ("update", "beta", {"deviceSyncInbound": {"isSyncAllowed": False}}),
        ]

    def test_it_is_inherited(self) -> None:
        inherit = ["b2b_example_outbound", "device_sync_inbound", "example_consent", "example_trust"]
        service = PartnerService(entry(**self.FULL), self.FULL_POLICY)
        assert calls(example(service, inherit=inherit)) == [
            ("PATCH", PATH, {"b2bExampleOutbound": None, "exampleConsentSettings": {"exampleAllowed": None}, "exampleTrust": None}),
            ("PATCH", POLICY_PATH, {"deviceSyncInbound": {"isSyncAllowed": None}}),
        ]

    def test_it_is_removed_and_keeps_what_others_need(self) -> None:
        """The identity synchronization is deleted with the last of its switches."""
        service = PartnerService(entry(**self.FULL), self.FULL_POLICY)
        removed = example(service, state="absent", inherit=["device_sync_inbound", "example_consent"])
        assert calls(removed) == [
            ("PATCH", POLICY_PATH, {"deviceSyncInbound": {"isSyncAllowed": None}}),
            ("PATCH", PATH, {"exampleConsentSettings": {"exampleAllowed": None}}),
        ]
        removed = example(service, state="absent", inherit=["device_sync_inbound", "user_sync_inbound", "b2b_example_outbound"])
        assert calls(removed) == [("DELETE", POLICY_PATH, None), ("PATCH", PATH, {"b2bExampleOutbound": None})]
        everything = ["device_sync_inbound", "user_sync_inbound", "b2b_example_outbound", "example_consent"]
        assert calls(example(service, state="absent", inherit=[*everything, "example_trust"]))[1:] == [("DELETE", PATH, None)]
        assert calls(example(service, state="absent", inherit=everything))[1][0] == "PATCH"

    def test_a_removal_of_what_is_inherited_sends_nothing(self) -> None:
        service = PartnerService(entry(**redemption(True)), policy(True))
        assert calls(example(service, state="absent", inherit=["device_sync_inbound"])) == []

    def test_it_is_a_line_of_a_typed_dictionary(self) -> None:
        assert notes(Line) == {"first": SWITCH, "second": "of Graph"}

    def test_it_is_checked_and_takes_part_in_the_size_of_the_policy(self) -> None:
        assert EXAMPLE.checks()["b2b_example_outbound"] == TABLE.checks()["b2b_collaboration_inbound"]
        with pytest.raises(Refusal, match="the service takes 25600"):
            example(PartnerService(), b2b_example_outbound=TestSize.users(500))

    def test_a_member_that_is_not_in_the_table_belongs_to_others(self) -> None:
        service = PartnerService(entry(**redemption(True), **self.FULL))
        assert calls(plan(service, state="absent", inherit=["redemption_inbound"]))[0][0] == "PATCH"


OF_THE_MODULE = {"partner_tenant_id", "partner_cloud", "inherit", "keep_for", "state"}
"""Options of cross_tenant_policy that are no settings."""


def undocumented(table: Table, options_: Mapping[str, Any], returned: Mapping[str, Any]) -> set[str]:
    """What is in the table or the documentation of the module, but not in both."""
    rows = {name: row.kind.spec.get("options", {}) for name, row in table.rows.items()}
    wanted = {*rows, *(f"{name}.{member}" for name, members in rows.items() for member in members)}
    return (wanted ^ keys(options_, "suboptions")) | (wanted ^ keys(returned, "contains"))


def keys(described: Mapping[str, Any], inside: str) -> set[str]:
    """The names of options or return values, and of those inside them."""
    return {*described, *(f"{name}.{member}" for name, about in described.items() for member in about.get(inside, {}))}


class TestDocumentation:
    """What the module documents is what the table holds."""

    OPTIONS: ClassVar = yaml.safe_load(cross_tenant_policy.DOCUMENTATION)["options"]
    RETURN: ClassVar = yaml.safe_load(cross_tenant_policy.RETURN)["partner"]

    def of_settings(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return (
            {name: about for name, about in self.OPTIONS.items() if name not in OF_THE_MODULE},
            {name: about for name, about in self.RETURN["contains"].items() if name != "tenant_id"},
        )

    def test_every_setting_is_documented(self) -> None:
        assert undocumented(TABLE, *self.of_settings()) == set()

    def test_a_setting_without_documentation_is_noticed(self) -> None:
        new = {name: {name, *(f"{name}.{member}" for member in row.kind.spec.get("options", ()))} for name, row in EXAMPLE.rows.items()}
        assert undocumented(EXAMPLE, *self.of_settings()) == set().union(*(new[name] for name in EXAMPLE.rows.keys() - TABLE.rows.keys()))

    def test_types_agree(self) -> None:
        specs = {name: row.kind.spec["type"] for name, row in TABLE.rows.items()}
        for documented in self.of_settings():
            assert {name: about["type"] for name, about in documented.items()} == specs

    def test_what_can_be_inherited(self) -> None:
        assert tuple(self.OPTIONS["inherit"]["choices"]) == TABLE.inheritable

    def test_the_sample_shows_every_key(self) -> None:
        facts = plan(PartnerService(), user_sync_inbound=True, redemption_inbound=True).facts["partner"]
        assert json.dumps(self.RETURN["sample"]) == json.dumps({**facts, "tenant_id": self.RETURN["sample"]["tenant_id"]})
