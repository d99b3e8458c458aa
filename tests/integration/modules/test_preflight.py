# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preflight: whatever one thing is taken away, exactly one finding reports it, with the right tenant and remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.tests.support import preflights, tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import NAMES, REQUIRED, grant, preflight, take_away, task

State = dict[str, Any]
Change = Callable[[State], Any]
MINSU = "minsu.kim@contoso.kr"
OPTIONAL = {
    CONTOSO: {"LicenseAssignment.Read.All": "licences"},
    FABRIKAM: {
        "Policy.Read.All": "invitations",
        "Policy.Read.B2BManagementPolicy": "mail domains",
        "Organization.Read.All": "how full the directory is",
        "OrgContact.Read.All": "contacts",
        "Group.Read.All": "groups",
    },
}


@dataclass(frozen=True)
class Case:
    """One thing that is not as it should be, and the one finding about it."""

    name: str
    change: Change
    tenant: str
    check: str
    severity: str
    cause: str
    remedy: str
    options: dict[str, Any] = field(default_factory=dict)


def policy(state: State, tenant: str) -> Any:
    return state["tenants"][tenant]["access_policy"]


def partner(state: State, tenant: str) -> Any:
    return next(iter(policy(state, tenant)["partners"].values()))


def access(how: str, who: str = "AllUsers") -> dict[str, Any]:
    all_users = {"accessType": how, "targets": [{"target": who, "targetType": "user"}]}
    everything = {
        "accessType": "blocked" if how == "blocked" else "allowed",
        "targets": [{"target": "AllApplications", "targetType": "application"}],
    }
    return {"usersAndGroups": all_users, "applications": everything}


def without(tenant: str, permission: str) -> Change:
    return lambda state: take_away(state, tenant, permission)


def switch_off(tenant: str, member: str) -> Change:
    return lambda state: partner(state, tenant)["automaticUserConsentSettings"].update({member: None})


def setting(tenant: str, member: str, value: Any) -> Change:
    return lambda state: state["tenants"][tenant].update({member: value})


def authorization(member: str, value: Any) -> Change:
    return lambda state: state["tenants"][FABRIKAM]["authorization_policy"].update({member: value})


def person(**members: Any) -> Change:
    return lambda state: tenants.user(state, "minsu.kim@").update(members)


def second_in_scope(name: str, **members: Any) -> Change:
    def change(state: State) -> None:
        added = tenants.add_user(state, name, **members)
        state["tenants"][CONTOSO]["members"][tenants.groups(state, "Sales Seoul")[0]["id"]].append(added["id"])

    return change


def nested(state: State) -> None:
    outer = tenants.groups(state, "Sales Seoul")[0]["id"]
    state["tenants"][CONTOSO]["members"][outer].append(tenants.groups(state, "Engineering")[0]["id"])


def in_the_way(kind: str) -> Change:
    def change(state: State) -> None:
        target = state["tenants"][FABRIKAM]
        there: dict[str, Any] = {"id": tenants.made_up_id(kind), "displayName": f"Minsu the {kind}", "deletedDateTime": None}
        there |= {"mail": MINSU, "proxyAddresses": [f"SMTP:{MINSU}"]}
        target[f"{kind}s"][there["id"]] = there

    return change


def guest(*homes: str, state_: str = "Accepted") -> Change:
    """Guests with Minsu's mail address, by the name that each was invited by."""

    def change(state: State) -> None:
        for home in homes:
            name = f"{home.replace('@', '_')}#EXT#@fabrikam.onmicrosoft.com"
            members = {"mail": MINSU, "proxyAddresses": [f"SMTP:{MINSU}"], "userType": "Guest", "externalUserState": state_}
            tenants.add_user(state, name, FABRIKAM, **members)

    return change


def deleted_twin(state: State) -> None:
    guest(MINSU)(state)
    target = state["tenants"][FABRIKAM]
    gone = next(user for user in target["users"].values() if user["userPrincipalName"].startswith("minsu.kim_"))
    del target["users"][gone["id"]]
    target["deleted_items"][gone["id"]] = {"@odata.type": "#microsoft.graph.user", **gone, "deletedDateTime": "2026-11-20T00:00:00Z"}


def nearly_full(state: State) -> None:
    """No entry for Contoso yet, and little room for one."""
    policy(state, FABRIKAM)["partners"] = {}
    targets = [{"target": tenants.made_up_id(str(number)), "targetType": "user"} for number in range(330)]
    setting_ = {"usersAndGroups": {"accessType": "allowed", "targets": targets}, "applications": None}
    tenants.add_partner(state, FABRIKAM, tenants.made_up_id("bulky"), b2bCollaborationOutbound=setting_)


PREREQUISITES = [
    *(
        Case(
            f"no {permission}",
            without(tenant, permission),
            tenant,
            "permissions",
            "error",
            f"no {permission}",
            f"permission {permission} ",
        )
        for tenant, names in REQUIRED.items()
        for permission in names
    ),
    *(
        Case(
            f"no {permission} ({NAMES[tenant]})",
            without(tenant, permission),
            tenant,
            "permissions",
            "unknown",
            what,
            f"permission {permission} ",
        )
        for tenant, names in OPTIONAL.items()
        for permission, what in names.items()
    ),
    Case(
        "redemption outbound",
        switch_off(CONTOSO, "outboundAllowed"),
        CONTOSO,
        "switches",
        "error",
        "redemption_outbound is off",
        "sync.yml",
        {"switches": "require"},
    ),
    Case(
        "redemption inbound",
        switch_off(FABRIKAM, "inboundAllowed"),
        FABRIKAM,
        "switches",
        "error",
        "redemption_inbound is off",
        "sync.yml",
        {"switches": "require"},
    ),
    Case(
        "synchronization inbound",
        lambda state: tenants.allow_synchronization(state, FABRIKAM, CONTOSO, False),
        FABRIKAM,
        "switches",
        "error",
        "user_sync_inbound is off",
        "sync.yml",
        {"switches": "require"},
    ),
    Case(
        "no invitations",
        authorization("allowInvitesFrom", "none"),
        FABRIKAM,
        "invitations",
        "error",
        "do not allow guest invitations",
        "external collaboration settings",
    ),
    Case(
        "a blocked domain",
        authorization("_invitationsBlockedDomains", ["Contoso.kr"]),
        FABRIKAM,
        "domains",
        "error",
        "contoso.kr (2 users)",
        "remove these domains",
    ),
    Case(
        "an allow list without the domain",
        authorization("_invitationsAllowedDomains", ["adatum.com"]),
        FABRIKAM,
        "domains",
        "error",
        "contoso.kr (2 users)",
        "add these domains",
    ),
    Case(
        "B2B blocked inbound by the partner entry",
        lambda state: partner(state, FABRIKAM).update(b2bCollaborationInbound=access("blocked")),
        FABRIKAM,
        "collaboration",
        "error",
        "inbound is blocked for all users by the partner entry",
        "b2b_collaboration_inbound",
    ),
    Case(
        "B2B blocked inbound by default",
        lambda state: policy(state, FABRIKAM).update(default={"b2bCollaborationInbound": access("blocked")}),
        FABRIKAM,
        "collaboration",
        "error",
        "inbound is blocked for all users by the default settings",
        "default cross-tenant access settings",
    ),
    Case(
        "B2B blocked outbound by the partner entry",
        lambda state: partner(state, CONTOSO).update(b2bCollaborationOutbound=access("blocked")),
        CONTOSO,
        "collaboration",
        "error",
        "outbound is blocked for all users",
        "b2b_collaboration_outbound",
    ),
    Case(
        "B2B limited outbound",
        lambda state: partner(state, CONTOSO).update(b2bCollaborationOutbound=access("allowed", tenants.made_up_id("few"))),
        CONTOSO,
        "collaboration",
        "warning",
        "outbound is limited",
        "b2b_collaboration_outbound",
    ),
    Case(
        "the directory is full",
        setting(FABRIKAM, "directory_quota", 9),
        FABRIKAM,
        "quota",
        "error",
        "of 9 objects, and 2 users",
        "larger quota",
    ),
    Case("no licence", setting(CONTOSO, "licences", []), CONTOSO, "licences", "warning", "no licence with Entra ID P1", "buy"),
    Case("little room in the policy", nearly_full, FABRIKAM, "policy_size", "warning", "of 25600 bytes", "remove partner entries"),
    Case("disabled", person(accountEnabled=False), CONTOSO, "users", "warning", f"disabled users are not created: {MINSU}", "enable"),
    Case("external", person(userType="Guest"), CONTOSO, "users", "warning", f"external users are skipped: {MINSU}", "out of scope"),
    Case(
        "no mail",
        person(mail=None),
        CONTOSO,
        "users",
        "warning",
        f"users without a mail address appear without one in the target's address book: {MINSU}",
        "mail address",
    ),
    Case("another's mail", second_in_scope("twin", mail=MINSU), CONTOSO, "users", "warning", "twin@contoso.kr", "their own mail address"),
    Case(
        "an unverified domain",
        person(mail="minsu@mail.example"),
        CONTOSO,
        "users",
        "warning",
        "outside the verified domains",
        "verify the domain",
    ),
    Case(
        "a nested group",
        nested,
        CONTOSO,
        "users",
        "warning",
        "nested groups are not synchronized, only direct members are: Engineering",
        "assign the nested",
    ),
    Case(
        "a group with the address",
        in_the_way("group"),
        FABRIKAM,
        "addresses",
        "warning",
        f"{MINSU} is group Minsu the group",
        "remove the address",
    ),
    Case(
        "a contact with the address",
        in_the_way("contact"),
        FABRIKAM,
        "addresses",
        "warning",
        f"{MINSU} is contact Minsu the contact",
        "remove the address",
    ),
    Case(
        "a user with the address",
        lambda state: tenants.add_user(
            state, "minsu@fabrikam.kr", FABRIKAM, proxyAddresses=["SMTP:minsu@fabrikam.kr", f"smtp:{MINSU}"], mail="minsu@fabrikam.kr"
        ),
        FABRIKAM,
        "addresses",
        "warning",
        f"{MINSU} is user minsu@fabrikam.kr",
        "remove the address",
    ),
    Case(
        "a pending guest",
        guest(MINSU, state_="PendingAcceptance"),
        FABRIKAM,
        "guests",
        "warning",
        "have not redeemed the invitation are not matched",
        "have the invitation redeemed",
    ),
    Case("two guests", guest(MINSU, "m.kim@old.kr"), FABRIKAM, "guests", "warning", "more than one guest", "delete the guest"),
    Case(
        "roles",
        without(FABRIKAM, "RoleManagement.Read.Directory"),
        FABRIKAM,
        "importance",
        "unknown",
        "could not see who holds directory roles (link_protected_importance): the application has no RoleManagement.Read.Directory",
        "leave roles out of link_protected_importance",
    ),
    Case("a deleted twin", deleted_twin, FABRIKAM, "deleted_users", "warning", MINSU, "restore"),
    Case(
        "in another cloud",
        lambda state: None,
        CONTOSO,
        "cloud",
        "error",
        "crosses clouds",
        "remove this link",
        {"target": {"cloud": "usgov"}},
    ),
    Case(
        "an unknown user",
        lambda state: None,
        CONTOSO,
        "users",
        "error",
        "there is no user 'nobody@contoso.kr'",
        "link_scope_users",
        {"users": ["nobody@contoso.kr"]},
    ),
]


@pytest.fixture
def fine(state: State, mould: tenants.Mould, emulator: Emulator) -> State:
    """A link in which a preflight finds nothing. The state is in the emulator."""
    preflights.everything_fine(state, mould)
    emulator.control("PUT", "state", state)
    return state


def writes(emulator: Emulator) -> list[str]:
    sent = emulator.control("GET", "requests")["requests"]
    reading = ("$batch", "/token", "getByIds")
    return [
        f"{request['method']} {request['path']}" for request in sent if request["method"] != "GET" and not request["path"].endswith(reading)
    ]


def test_nothing_is_found_where_everything_is_fine(fine: State, emulator: Emulator) -> None:
    emulator.control("DELETE", "requests")
    assert preflight(emulator, switches="require") == []
    assert writes(emulator) == []


@pytest.mark.parametrize("case", PREREQUISITES, ids=lambda case: case.name)
def test_one_thing_less_is_one_finding(case: Case, fine: State, emulator: Emulator) -> None:
    case.change(fine)
    emulator.control("PUT", "state", fine)
    emulator.control("DELETE", "requests")
    found = preflight(emulator, **case.options)
    assert len(found) == 1, json.dumps(found, indent=2)
    (finding,) = found
    assert (finding["tenant"], finding["check"], finding["severity"]) == (case.tenant, case.check, case.severity)
    assert case.cause in finding["cause"]
    assert case.remedy in finding["remedy"]
    assert writes(emulator) == []


def test_many_users_are_searched_for_by_name_in_few_batches(fine: State, emulator: Emulator) -> None:
    """No collection of the target is listed: it can have many more members than the link has users."""
    people = [tenants.add_user(fine, f"person{number}") for number in range(1200)]
    sales = tenants.groups(fine, "Sales Seoul")[0]["id"]
    fine["tenants"][CONTOSO]["members"][sales] += [user["id"] for user in people]
    for number in range(1100):
        tenants.add_user(fine, f"own{number}@fabrikam.kr", FABRIKAM, proxyAddresses=[f"SMTP:own{number}@fabrikam.kr"])
    tenants.add_user(fine, "zz@fabrikam.kr", FABRIKAM, proxyAddresses=["SMTP:zz@fabrikam.kr", "smtp:person1199@contoso.kr"])
    in_the_way("contact")(fine)
    fine["tenants"][CONTOSO]["licences"][0]["prepaidUnits"]["enabled"] = 5000
    emulator.control("PUT", "state", fine)
    emulator.control("DELETE", "requests")
    (finding,) = preflight(emulator)
    assert finding["check"] == "addresses"
    assert f"{MINSU} is contact" in finding["cause"]
    assert "person1199@contoso.kr is user zz@fabrikam.kr" in finding["cause"]
    sent = [request for request in emulator.control("GET", "requests")["requests"] if FABRIKAM not in request["path"]]
    assert len([request for request in sent if not request.get("batched")]) < 40
    assert not [request for request in sent if re.search(r"/(users|groups|contacts)\?\$select", request["path"])]


UNREADABLE = [
    (CONTOSO, "policy", f"/partners/{FABRIKAM}"),
    (CONTOSO, "licences", "/subscribedSkus"),
    (CONTOSO, "configurations", "/servicePrincipals\\?"),
    (CONTOSO, "groups", "/groups/.*/members"),
    (CONTOSO, "users", "/users\\?.filter=userPrincipalName"),
    (CONTOSO, "mail_domains", "v1.0/organization"),
    (FABRIKAM, "policy", "expand=identitySynchronization"),
    (FABRIKAM, "invitations", "/policies/authorizationPolicy"),
    (FABRIKAM, "domains", "/policies/b2bManagementPolicies"),
    (FABRIKAM, "quota", "/beta/organization"),
    (FABRIKAM, "users", "/users\\?.filter=(mail|proxy)"),
    (FABRIKAM, "users", "/directory/deletedItems"),
    (FABRIKAM, "groups", "/groups\\?.filter=proxy"),
    (FABRIKAM, "contacts", "/contacts"),
]


@pytest.mark.parametrize(("tenant", "check", "path"), UNREADABLE)
def test_what_cannot_be_read_is_never_fine(tenant: str, check: str, path: str, fine: State, emulator: Emulator) -> None:
    emulator.control("POST", "faults", [{"path": path, "fault": "status", "status": 409, "code": "Conflict", "times": 0}])
    found = preflight(emulator)
    assert [(finding["tenant"], finding["check"], finding["severity"]) for finding in found] == [(tenant, check, "unknown")]
    assert "could not read what this check needs: GET /" in found[0]["cause"]
    assert "HTTP 409 Conflict" in found[0]["cause"]


class TestConfigurations:
    def test_a_second_one(self, fine: State, mould: tenants.Mould, emulator: Emulator) -> None:
        mould.cast(fine, "Fabrikam by hand")
        emulator.control("PUT", "state", fine)
        (finding,) = preflight(emulator)
        assert (finding["check"], finding["severity"]) == ("configurations", "warning")
        assert "2 configurations serve the same target" in finding["cause"]

    def test_one_of_the_admin_center_beside_ours(self, fine: State, mould: tenants.Mould, emulator: Emulator) -> None:
        mould.cast(fine, f"MTO_Sync_{FABRIKAM}")
        emulator.control("PUT", "state", fine)
        (finding,) = preflight(emulator)
        assert "belongs to the Microsoft 365 admin center" in finding["cause"]

    def test_only_one_of_the_admin_center(self, state: State, mould: tenants.Mould, emulator: Emulator) -> None:
        mould.cast(state, f"MTO_Sync_{FABRIKAM}")
        emulator.control("PUT", "state", state)
        (finding,) = preflight(emulator)
        # It is no obstacle, but its scope may overlap with ours.
        assert (finding["check"], finding["severity"]) == ("configurations", "warning")
        assert finding["cause"].startswith(
            "1 configuration serves the same target in addition to the configuration that this link creates: MTO_Sync_"
        )

    def test_a_name_that_is_taken(self, state: State, mould: tenants.Mould, emulator: Emulator) -> None:
        mould.cast(state, "Fabrikam", tenants.made_up_id("another tenant"))
        emulator.control("PUT", "state", state)
        (finding,) = preflight(emulator)
        assert (finding["check"], finding["severity"]) == ("configurations", "error")
        assert "choose another name" in finding["cause"]


def names(answer: dict[str, Any]) -> set[str]:
    return {user["user_principal_name"] for user in answer["arriving_users"]}


class TestUsersInScope:
    """Who is looked at: named users, those who are assigned already, or all."""

    def look(self, emulator: Emulator, **options: Any) -> set[str]:
        common = {"side": "source", "partner_tenant_id": FABRIKAM, "configuration": "Fabrikam"}
        return names(task(emulator, "preflight_info", CONTOSO, **{**common, **options}))

    def test_named_and_assigned(self, fine: State, emulator: Emulator) -> None:
        tenants.assign(fine, tenants.user(fine, "jaewon.shin@"))
        tenants.assign(fine, tenants.groups(fine, "Sales Seoul")[0], "Group")
        emulator.control("PUT", "state", fine)
        assigned = {"jaewon.shin@contoso.kr", "sora.yoon@contoso.kr"}
        assert self.look(emulator) == assigned
        assert self.look(emulator, users=[MINSU]) == {*assigned, MINSU}
        assert self.look(emulator, users=[MINSU], exact=True) == {MINSU}

    def test_all_users(self, fine: State, emulator: Emulator) -> None:
        all_users = self.look(emulator, scope_mode="all")
        assert len(all_users) > 20
        tenants.bag(fine)["SyncAll"] = "True"
        emulator.control("PUT", "state", fine)
        assert self.look(emulator) == all_users
        assert self.look(emulator, scope_mode="assigned") == set()

    def test_the_target_returns_who_is_not_there_yet(self, fine: State, emulator: Emulator) -> None:
        guest(MINSU)(fine)
        emulator.control("PUT", "state", fine)
        people = [{"user_principal_name": name, "mail": name} for name in (MINSU, "sora.yoon@contoso.kr")]
        answer = task(emulator, "preflight_info", FABRIKAM, side="target", partner_tenant_id=CONTOSO, arriving_users=people)
        assert answer["findings"] == []
        assert names(answer) == {"sora.yoon@contoso.kr"}


def test_the_switches_are_returned_and_are_no_finding_before_the_first_run(state: State, emulator: Emulator) -> None:
    assert preflight(emulator) == []
    source = task(emulator, "preflight_info", CONTOSO, side="source", partner_tenant_id=FABRIKAM)
    target = task(emulator, "preflight_info", FABRIKAM, side="target", partner_tenant_id=CONTOSO)
    assert source["switches"] == {"redemption_outbound": False}
    assert target["switches"] == {"user_sync_inbound": False, "redemption_inbound": False}
    assert len(preflight(emulator, switches="require")) == 3


READING = {
    CONTOSO: ["Policy.Read.All", "Application.Read.All", "Synchronization.Read.All", "User.Read.All", "Group.Read.All"],
    FABRIKAM: ["Policy.Read.All", "User.Read.All", "CrossTenantInformation.ReadBasic.All"],
}


def test_an_application_that_only_reads_can_plan_and_not_apply(fine: State, emulator: Emulator) -> None:
    grant(fine, READING)
    emulator.control("PUT", "state", fine)
    assert [finding for finding in preflight(emulator, purpose="plan") if finding["severity"] != "unknown"] == []
    errors = [
        (finding["tenant"], finding["cause"].split()[4].rstrip(",")) for finding in preflight(emulator) if finding["severity"] == "error"
    ]
    assert errors == [
        (CONTOSO, "Policy.ReadWrite.CrossTenantAccess"),
        (CONTOSO, "Application.ReadWrite.All"),
        (CONTOSO, "Synchronization.ReadWrite.All"),
        (FABRIKAM, "Policy.ReadWrite.CrossTenantAccess"),
    ]


@pytest.mark.parametrize("tenant", [CONTOSO, FABRIKAM])
def test_nothing_permitted_asks_graph_nothing(tenant: str, fine: State, emulator: Emulator) -> None:
    grant(fine, {tenant: []})
    emulator.control("PUT", "state", fine)
    emulator.control("DELETE", "requests")
    side, other = ("source", FABRIKAM) if tenant == CONTOSO else ("target", CONTOSO)
    answer = task(emulator, "preflight_info", tenant, side=side, partner_tenant_id=other, users=[MINSU], groups=["Sales"])
    assert answer["ready"] is False
    assert {finding["check"] for finding in answer["findings"]} == {"permissions"} | ({"importance"} if tenant == FABRIKAM else set())
    assert answer["arriving_users"] == []
    assert set(answer["switches"].values()) == {None}
    assert not [
        request for request in emulator.control("GET", "requests")["requests"] if "/v1.0/" in request["path"] or "/beta/" in request["path"]
    ]


def test_a_link_to_itself(fine: State, emulator: Emulator) -> None:
    with pytest.raises(RunFailure, match="a link needs two tenants"):
        task(emulator, "preflight_info", CONTOSO, side="source", partner_tenant_id=CONTOSO)
    with pytest.raises(RunFailure, match="a link needs two tenants"):
        task(emulator, "preflight_info", CONTOSO, side="source", partner_tenant_id="contoso.kr")


def test_partners_named_by_a_domain(fine: State, emulator: Emulator) -> None:
    answer = task(emulator, "preflight_info", CONTOSO, side="source", partner_tenant_id="fabrikam.kr")
    assert answer["switches"] == {"redemption_outbound": True}


EXCHANGE_CASES = [
    # what is changed in the state, the settings or the faults; the check, severity, and words of cause and remedy
    (
        "no app role",
        {"exchange_permissions": []},
        {},
        [],
        ("exchange", "warning", "no app role Exchange.ManageAsApp", "Office 365 Exchange"),
    ),
    (
        "an app role that looks alike",
        {"exchange_permissions": ["Exchange.ManageAsAppV2"]},
        {},
        [],
        ("exchange", "warning", "only Exchange.ManageAsAppV2, which is another one", "permission Exchange.ManageAsApp of"),
    ),
    ("no role", {"directory_roles": []}, {}, [], ("exchange", "warning", "no role in Entra or Exchange", "View-Only Recipients")),
    ("no role that reads", {"directory_roles": ["Security Reader"]}, {}, [], ("exchange", "warning", "no role in Entra", "Global Reader")),
    ("a secret that is not accepted", {}, {"exchange_client_secret": "refused"}, [], ("exchange", "warning", "HTTP 401", "admin consent")),
    ("another tenant", {}, {"exchange_answers_for_other_tenant": True}, [], ("exchange", "warning", "contoso.kr", "exchange_endpoint")),
    (
        "out of order",
        {},
        {},
        [{"path": "/adminapi/", "fault": "status", "status": 409, "times": 0}],
        ("exchange", "unknown", "HTTP 409", "run again"),
    ),
    (
        "answers that break off",
        {},
        {},
        [{"path": "/adminapi/", "fault": "truncated", "times": 0}],
        ("exchange", "unknown", "Exchange could not be asked: POST ", "run again"),
    ),
    (
        "out of order after the probe",
        {},
        {},
        [{"path": "/adminapi/", "fault": "status", "status": 409, "nth": 3, "times": 0}],
        ("recipients", "unknown", "HTTP 409", "run the preflight again"),
    ),
]


class TestExchange:
    """With ``exchange: true`` in the target's entry (facts F149, F152, F156)."""

    ASKED: ClassVar[dict[str, Any]] = {"exchange": True}

    @staticmethod
    def sent(emulator: Emulator, part: str) -> list[dict[str, Any]]:
        return [one for one in emulator.control("GET", "requests")["requests"] if part in one["path"]]

    def test_it_answers(self, fine: State, emulator: Emulator) -> None:
        emulator.control("DELETE", "requests")
        assert preflight(emulator, target=self.ASKED) == []
        cmdlets = [one["request_body"]["CmdletInput"]["CmdletName"] for one in self.sent(emulator, "/adminapi/")]
        assert cmdlets == ["Get-AcceptedDomain", "Get-Recipient", "Get-Recipient"]
        assert [one for kind in ("/contacts", "/groups?") for one in self.sent(emulator, kind) if one["tenant"] == FABRIKAM] == []

    def test_without_the_option_nothing_is_sent(self, fine: State, emulator: Emulator) -> None:
        emulator.control("DELETE", "requests")
        assert preflight(emulator) == []
        assert self.sent(emulator, "/adminapi/") == []
        # One sign-in for each tenant, and none for Exchange.
        assert len(self.sent(emulator, "/token")) == 2

    def test_the_searches_need_no_permission_of_graph(self, fine: State, emulator: Emulator) -> None:
        for permission in ("OrgContact.Read.All", "Group.Read.All"):
            take_away(fine, FABRIKAM, permission)
        emulator.control("PUT", "state", fine)
        assert preflight(emulator, target=self.ASKED) == []

    @pytest.mark.parametrize(
        ("members", "settings", "faults", "expected"), [case[1:] for case in EXCHANGE_CASES], ids=[case[0] for case in EXCHANGE_CASES]
    )
    def test_one_thing_less_is_one_finding(
        self,
        members: dict[str, Any],
        settings: dict[str, Any],
        faults: list[dict[str, Any]],
        expected: tuple[str, ...],
        fine: State,
        emulator: Emulator,
    ) -> None:
        """It never stops the link."""
        preflights.registration(fine, FABRIKAM).update(members)
        emulator.control("PUT", "state", fine)
        emulator.control("PUT", "settings", settings)
        emulator.control("POST", "faults", faults)
        (finding,) = preflight(emulator, target=self.ASKED)
        assert (finding["tenant"], finding["check"], finding["severity"]) == (FABRIKAM, *expected[:2])
        assert expected[2] in finding["cause"]
        assert expected[3] in finding["remedy"]
        assert "\0" not in finding["cause"]

    def test_a_tenant_without_exchange(self, fine: State, emulator: Emulator) -> None:
        fine["tenants"][FABRIKAM]["exchange_online"] = False
        emulator.control("PUT", "state", fine)
        (finding,) = preflight(emulator, target=self.ASKED)
        assert (finding["check"], finding["severity"]) == ("exchange", "warning")
        assert "AADSTS500014" in finding["cause"]

    @pytest.mark.parametrize("kind", ["contact", "group"])
    @pytest.mark.parametrize("target", [{}, ASKED], ids=["graph", "exchange"])
    def test_an_address_that_is_taken(self, kind: str, target: dict[str, Any], fine: State, emulator: Emulator) -> None:
        in_the_way(kind)(fine)
        if kind == "group":
            (group,) = [one for one in fine["tenants"][FABRIKAM]["groups"].values() if one["mail"] == MINSU]
            group |= {"mailEnabled": True, "securityEnabled": False, "groupTypes": [], "mailNickname": "minsu"}
        emulator.control("PUT", "state", fine)
        (finding,) = preflight(emulator, target=target)
        assert (finding["check"], finding["severity"]) == ("addresses", "warning")
        assert f"{MINSU} is {kind} Minsu the {kind}" in finding["cause"]

    def test_the_target_alone(self, fine: State, emulator: Emulator) -> None:
        in_the_way("contact")(fine)
        emulator.control("PUT", "state", fine)
        people = [{"user_principal_name": MINSU, "mail": MINSU}]
        answer = task(emulator, "preflight_info", FABRIKAM, side="target", partner_tenant_id=CONTOSO, arriving_users=people, **self.ASKED)
        assert [finding["check"] for finding in answer["findings"]] == ["addresses"]
        source = task(emulator, "preflight_info", CONTOSO, side="source", partner_tenant_id=FABRIKAM, users=[MINSU], **self.ASKED)
        assert source["findings"] == []

    def test_the_documented_interface(self, fine: State, emulator: Emulator) -> None:
        """Its group shows no addresses, so Graph is searched (fact F153)."""
        preflights.registration(fine, FABRIKAM).update(exchange_permissions=["Exchange.ManageAsAppV2"])
        in_the_way("contact")(fine)
        emulator.control("PUT", "state", fine)
        found = preflight(emulator, target={**self.ASKED, "exchange_group": "nobody@fabrikam.kr"})
        assert [(finding["check"], finding["severity"]) for finding in found] == [("exchange", "warning"), ("addresses", "warning")]
        assert "Exchange has no distribution group nobody@fabrikam.kr" in found[0]["cause"]
