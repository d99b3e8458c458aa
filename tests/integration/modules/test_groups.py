# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups follow: both switches, the mappings of groups, what the cycles make of it, and what is refused (facts F45, F106, F214 to F219, F231, F235, F237).

The tasks run in this process; that a playbook and a module process do the same is proved by the stories of these modules.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.tests.integration.modules.test_job import run_for_a_while
from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import FLIPPED, LAG, LIKELY, Behaviour
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import connection, preflight, registration, task

CONFIGURATION: dict[str, Any] = {"configuration": "Fabrikam"}
SUFFIX = 'Append([displayName], " (Contoso)")'
WITH_GROUPS = Behaviour("flipped, but with groups", {**FLIPPED.settings, "group_mapping": "present"})
BOTH = pytest.mark.parametrize("behaviour", [LIKELY, WITH_GROUPS], indirect=True, ids=str)
ALL = pytest.mark.parametrize("behaviour", [LIKELY, WITH_GROUPS, LAG], indirect=True, ids=str)
ONE = pytest.mark.parametrize("behaviour", [LIKELY], indirect=True, ids=str)
PARTNER: dict[str, Any] = {"partner_tenant_id": CONTOSO}


def said(result: dict[str, Any]) -> list[str]:
    return [f"{action['verb']} {action['object']}" for action in result["actions"]]


def four(emulator: Emulator, module: str, tenant: str, *actions: str, **options: Any) -> list[dict[str, Any]]:
    """Check, apply, check, apply: check mode predicts what a run does, and a second run finds nothing to do."""
    steps = []
    for check in (True, False, True, False):
        before = emulator.state()
        result = task(emulator, module, tenant, check, **options)
        steps.append(result)
        assert (emulator.state() == before) is (check or len(steps) > 2)
    first, run, *again = steps
    assert said(first) == said(run)
    assert said(run) == list(actions)
    assert first["diff"] == run["diff"]
    assert run["diff"]["before"] != run["diff"]["after"]
    for result in again:
        assert result["changed"] is False
        assert said(result) == []
        assert result["diff"]["before"] == result["diff"]["after"]
    assert len({frozenset(result) for result in steps}) == 1
    return steps


def refused(emulator: Emulator, module: str, tenant: str, **options: Any) -> str:
    """The one sentence of a task that changes nothing."""
    before = emulator.state()
    with pytest.raises(RunFailure) as failure:
        task(emulator, module, tenant, **options)
    assert emulator.state() == before
    assert "\n" not in failure.value.msg
    return failure.value.msg


def policy(emulator: Emulator) -> dict[str, Any]:
    found: dict[str, Any] = emulator.tenant(FABRIKAM)["access_policy"]["identity_synchronizations"][CONTOSO]
    return found


def group_mapping(emulator: Emulator) -> dict[str, Any]:
    """The mapping of groups in the job's schema."""
    listed = tenants.job(emulator.state())["job_schema"]["synchronizationRules"][0]["objectMappings"]
    return next(mapping for mapping in listed if mapping["sourceObjectName"] == "Group")


@ALL
@pytest.mark.usefixtures("linked")
class TestTwelveSteps:
    def test_the_twelve_steps_of_the_mapping(self, emulator: Emulator) -> None:
        title = "update mappings of configuration Fabrikam"
        suffix = {"target": "displayName", "expression": SUFFIX}
        on = four(emulator, "sync_mapping", CONTOSO, f"{title} (groups on)", **CONFIGURATION, groups=True)
        changed = four(
            emulator,
            "sync_mapping",
            CONTOSO,
            f"{title} (change displayName of groups)",
            **CONFIGURATION,
            groups=True,
            group_mappings=[suffix],
        )
        rows = {row["targetAttributeName"]: row for row in group_mapping(emulator)["attributeMappings"]}
        assert rows["displayName"]["source"]["parameters"]
        assert group_mapping(emulator)["enabled"] is True
        back = [{"target": "displayName", "source": "displayName"}]
        off = four(
            emulator,
            "sync_mapping",
            CONTOSO,
            f"{title} (groups off, change displayName of groups)",
            **CONFIGURATION,
            groups=False,
            group_mappings=back,
        )
        assert group_mapping(emulator)["enabled"] is False
        assert [result["groups"] for result in (on[1], changed[1], off[1])] == [True, True, False]
        assert off[1]["warnings"]
        assert not any(off[3]["warnings"])

    def test_the_twelve_steps_of_the_switch(self, emulator: Emulator) -> None:
        on, off = {**PARTNER, "group_sync_inbound": True}, {**PARTNER, "group_sync_inbound": False}
        title = f"update identity synchronization with partner {CONTOSO}"
        four(emulator, "cross_tenant_policy", FABRIKAM, f"{title} (group_sync_inbound)", **on)
        assert policy(emulator)["groupSyncInbound"] == {"isSyncAllowed": True}
        with_roles = {**on, "role_enabled_group_sync_inbound": True}
        four(emulator, "cross_tenant_policy", FABRIKAM, f"{title} (role_enabled_group_sync_inbound)", **with_roles)
        assert policy(emulator)["roleEnabledGroupSyncInbound"] == {"isSyncAllowed": True}
        four(
            emulator,
            "cross_tenant_policy",
            FABRIKAM,
            f"{title} (role_enabled_group_sync_inbound)",
            f"{title} (group_sync_inbound)",
            **off,
        )
        both = (policy(emulator)[name] for name in ("groupSyncInbound", "roleEnabledGroupSyncInbound"))
        assert list(both) == [{"isSyncAllowed": False}] * 2
        assert policy(emulator)["userSyncInbound"] == {"isSyncAllowed": True}

    def test_a_new_partner_gets_everything_in_the_right_order(self, emulator: Emulator) -> None:
        task(emulator, "cross_tenant_policy", FABRIKAM, **PARTNER, state="absent")
        switches = {"user_sync_inbound": True, "group_sync_inbound": True, "role_enabled_group_sync_inbound": True}
        steps = four(
            emulator,
            "cross_tenant_policy",
            FABRIKAM,
            f"create partner {CONTOSO}",
            f"create identity synchronization with partner {CONTOSO} (user_sync_inbound, group_sync_inbound)",
            f"update identity synchronization with partner {CONTOSO} (role_enabled_group_sync_inbound)",
            **PARTNER,
            **switches,
        )
        assert switches.items() <= steps[1]["partner"].items()


@pytest.fixture
def following(linked: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Groups are on in both tenants, Sales Seoul and Engineering are in scope, and the job runs. The group Sales Seoul exists in Fabrikam
    already, made by hand.
    """
    by_hand = {**tenants.groups(linked, "Purchasing", FABRIKAM)[0], "id": tenants.made_up_id("by hand"), "displayName": "Sales Seoul"}
    linked["tenants"][FABRIKAM]["groups"][by_hand["id"]] = by_hand
    linked["tenants"][FABRIKAM]["members"][by_hand["id"]] = []
    emulator.control("PUT", "state", linked)
    task(emulator, "cross_tenant_policy", FABRIKAM, **PARTNER, group_sync_inbound=True)
    task(emulator, "sync_mapping", CONTOSO, **CONFIGURATION, groups=True)
    task(emulator, "sync_scope", CONTOSO, **CONFIGURATION, groups=["Sales Seoul", "Engineering"], group_sync=True)
    run_for_a_while(emulator, emulator.state())
    return emulator.state()


def synced(emulator: Emulator, *names: str) -> dict[str, dict[str, Any]]:
    """The synced groups of Fabrikam, as the module lists them, by name."""
    found = task(emulator, "synced_group_info", FABRIKAM, groups=list(names))
    assert found["incomplete"] == []
    return {group["display_name"]: group for group in found["synced_groups"] if group["synced"] == "yes"}


def members(group: dict[str, Any]) -> list[str]:
    return [member["source_user_principal_name"] for member in group["members"]]


class TestGroupsFollow:
    """Each change arrives with the next cycle."""

    @BOTH
    @pytest.mark.usefixtures("following")
    def test_a_group_is_created_followed_renamed_and_removed(self, emulator: Emulator) -> None:
        groups = synced(emulator)
        assert set(groups) == {"Sales Seoul", "Engineering"}
        assert members(groups["Sales Seoul"]) == ["sora.yoon@contoso.kr"]
        assert groups["Sales Seoul"]["kind"] == "security"

        # A member is added: a user who is in no other group.
        number = tenants.groups(emulator.state(), "Sales Seoul")[0]["id"]
        minsu = tenants.user(emulator.state(), "minsu.kim@")["id"]
        self.change(emulator, lambda contoso: contoso["members"][number].append(minsu))
        assert members(synced(emulator)["Sales Seoul"]) == ["minsu.kim@contoso.kr", "sora.yoon@contoso.kr"]

        # The member leaves.
        self.change(emulator, lambda contoso: contoso["members"][number].remove(minsu))
        assert members(synced(emulator)["Sales Seoul"]) == ["sora.yoon@contoso.kr"]

        # The group is renamed.
        self.change(emulator, lambda contoso: contoso["groups"][number].update(displayName="Sales Busan"))
        assert set(synced(emulator)) == {"Sales Busan", "Engineering"}

        # It is unassigned.
        result = task(emulator, "sync_scope", CONTOSO, **CONFIGURATION, groups=["Sales Busan"], state="absent", group_sync=True)
        assert result["leaving_groups"] == ["Sales Busan"]
        emulator.advance("PT40M")
        assert set(synced(emulator)) == {"Engineering"}
        deleted = emulator.tenant(FABRIKAM)["deleted_items"].values()
        assert "Sales Busan" in [item.get("displayName") for item in deleted]

    @staticmethod
    def change(emulator: Emulator, what: Any) -> None:
        """Change the source by hand, and let one cycle pass."""
        state = emulator.state()
        what(state["tenants"][CONTOSO])
        emulator.control("PUT", "state", state)
        emulator.advance("PT40M")

    @ONE
    def test_a_group_of_the_same_name_is_left_alone(self, emulator: Emulator, following: dict[str, Any]) -> None:
        """Existing groups of the target are never used (fact F215)."""
        number = tenants.made_up_id("by hand")
        there = following["tenants"][FABRIKAM]
        assert there["groups"][number]["displayName"] == "Sales Seoul"
        assert there["members"][number] == []
        found = task(emulator, "synced_group_info", FABRIKAM, groups=["Sales Seoul", "Purchasing", "Nobody"])
        standing = [(group["display_name"], group["synced"]) for group in found["synced_groups"]]
        assert sorted(standing) == [("Engineering", "yes"), ("Purchasing", "unknown"), ("Sales Seoul", "unknown"), ("Sales Seoul", "yes")]
        assert found["missing"] == ["Nobody"]

    @BOTH
    @pytest.mark.usefixtures("following")
    def test_switched_off_they_stay(self, emulator: Emulator) -> None:
        """What has arrived stays with its members, and follows no more (fact F217)."""
        result = task(emulator, "sync_mapping", CONTOSO, **CONFIGURATION, groups=False)
        assert any("stay in the target tenant" in warning for warning in result["warnings"])
        number = tenants.groups(emulator.state(), "Sales Seoul")[0]["id"]
        self.change(emulator, lambda contoso: contoso["groups"][number].update(displayName="Sales Busan"))
        assert set(synced(emulator)) == {"Sales Seoul", "Engineering"}

    @ONE
    @pytest.mark.usefixtures("following")
    def test_the_impact_names_them(self, emulator: Emulator) -> None:
        target = connection(emulator, FABRIKAM)
        other: dict[str, Any] = {"scope_groups": ["Engineering", "Sales"], "scope_exact": True}
        found = task(emulator, "impact_info", CONTOSO, target=target, **CONFIGURATION, **other)["groups"]
        assert (found["created"], found["deleted"], found["kept"]) == (["Sales"], ["Sales Seoul"], [])
        off = task(emulator, "impact_info", CONTOSO, target=target, **CONFIGURATION, groups=False)
        assert off["groups"]["kept"] == ["Engineering", "Sales Seoul"]
        assert off["impact"] is None
        assert "groups that stay in the target with their members, and are not updated any more: Engineering, Sales Seoul" in off["report"]
        nothing = task(emulator, "impact_info", CONTOSO, target=target, **CONFIGURATION)
        assert (nothing["impact"], nothing["groups"]["created"], nothing["groups"]["deleted"]) == (None, [], [])

    @ONE
    @pytest.mark.usefixtures("following")
    def test_the_scope_reads_the_mappings_when_users_may_leave(self, emulator: Emulator) -> None:
        """Then it knows that groups are on, without being told."""
        result = task(emulator, "sync_scope", CONTOSO, check=True, **CONFIGURATION, groups=["Sales Seoul"], state="absent")
        assert result["leaving_groups"] == ["Sales Seoul"]
        judged = task(emulator, "sync_scope", CONTOSO, check=True, **CONFIGURATION, groups=["Sales Seoul"], state="absent", judged=True)
        assert judged["leaving_groups"] == []


class TestKinds:
    """Whether a group becomes a group is said beforehand, and the cycle does that (fact F214)."""

    KINDS: ClassVar[dict[str, dict[str, Any]]] = {
        "Static": {},
        "Dynamic": {"groupTypes": ["DynamicMembership"]},
        "Team": {"groupTypes": ["Unified"], "mailEnabled": True},
        "Mail": {"mailEnabled": True},
        "List": {"mailEnabled": True, "securityEnabled": False},
        "Role": {"isAssignableToRole": True},
    }

    @BOTH
    def test_the_verdict_is_what_the_cycle_does(self, emulator: Emulator, linked: dict[str, Any]) -> None:
        known = tenants.groups(linked, "Sales Seoul")[0]
        for name, about in self.KINDS.items():
            new = {**known, "id": tenants.made_up_id(name), "displayName": name, "mailNickname": name.lower(), **about}
            linked["tenants"][CONTOSO]["groups"][new["id"]] = new
            linked["tenants"][CONTOSO]["members"][new["id"]] = list(linked["tenants"][CONTOSO]["members"][known["id"]])
        emulator.control("PUT", "state", linked)
        task(emulator, "cross_tenant_policy", FABRIKAM, **PARTNER, group_sync_inbound=True)
        task(emulator, "sync_mapping", CONTOSO, **CONFIGURATION, groups=True)
        result = task(emulator, "sync_scope", CONTOSO, **CONFIGURATION, groups=list(self.KINDS), group_sync=True)
        expected = {group["name"] for group in result["scope"]["groups"] if group["becomes_group"]}
        assert expected == {"Static", "Dynamic", "Team"}
        assert len([warning for warning in result["warnings"] if "not synchronized as groups" in warning]) == 3
        # Of groups that are assigned already, the kinds come with their names.
        again = task(emulator, "sync_scope", CONTOSO, check=True, **CONFIGURATION, users=[], group_sync=True)
        assert again["scope"]["groups"] == result["scope"]["groups"]
        run_for_a_while(emulator, emulator.state())
        assert set(synced(emulator)) == expected
        assert {group["kind"] for group in synced(emulator).values()} == {"security"}

    @ONE
    def test_a_group_with_roles_needs_the_switch_of_the_target(self, emulator: Emulator, linked: dict[str, Any]) -> None:
        """In the source it counts as left out, because the switch is not known there; when it leaves, it is named (fact F219)."""
        tenants.groups(linked, "Sales Seoul")[0]["isAssignableToRole"] = True
        emulator.control("PUT", "state", linked)
        task(emulator, "cross_tenant_policy", FABRIKAM, **PARTNER, group_sync_inbound=True, role_enabled_group_sync_inbound=True)
        task(emulator, "sync_mapping", CONTOSO, **CONFIGURATION, groups=True)
        result = task(emulator, "sync_scope", CONTOSO, **CONFIGURATION, groups=["Sales Seoul", "Engineering"], group_sync=True)
        (warning,) = [said for said in result["warnings"] if "roles" in said]
        assert warning == "groups that roles can be assigned to are not synchronized as groups, unless the target allows them: Sales Seoul"
        run_for_a_while(emulator, emulator.state())
        assert set(synced(emulator)) == {"Sales Seoul", "Engineering"}
        result = task(emulator, "sync_scope", CONTOSO, True, **CONFIGURATION, groups=["Sales Seoul"], state="absent", group_sync=True)
        assert result["leaving_groups"] == ["Sales Seoul"]


@ONE
@pytest.mark.usefixtures("linked")
class TestRefusals:
    def test_all_users_in_scope(self, emulator: Emulator) -> None:
        task(emulator, "sync_scope", CONTOSO, **CONFIGURATION, mode="all")
        message = refused(emulator, "sync_mapping", CONTOSO, **CONFIGURATION, groups=True)
        assert message.startswith(f"Tenant {CONTOSO}: configuration 'Fabrikam': groups are synchronized only with scope mode assigned")
        assert "only with scope mode assigned" in refused(emulator, "sync_scope", CONTOSO, **CONFIGURATION, users=[], group_sync=True)
        # The order of a link: the mappings first, then the scope, which ends mode all.
        task(emulator, "sync_mapping", CONTOSO, **CONFIGURATION, groups=True, scope_mode="assigned")

    def test_a_job_that_is_older(self, emulator: Emulator) -> None:
        """The mapping of groups is missing, and comes with a reset (facts F106, F231)."""
        state = emulator.state()
        rule = tenants.job(state)["job_schema"]["synchronizationRules"][0]
        rule["objectMappings"] = [mapping for mapping in rule["objectMappings"] if mapping["sourceObjectName"] != "Group"]
        emulator.control("PUT", "state", state)
        message = refused(emulator, "sync_mapping", CONTOSO, **CONFIGURATION, groups=True)
        assert "has no mapping of groups: the service has not given it one" in message
        causes = {finding["check"]: finding["cause"] for finding in preflight(emulator, group_sync=True)}
        assert "the service has not given it one" in causes["group_sync"]
        result = task(emulator, "sync_mapping", CONTOSO, **CONFIGURATION, groups=True, reset=True)
        assert said(result)[-1].startswith("update mappings of configuration Fabrikam (groups on, add objectId of groups")
        assert result["groups"] is True

    def test_a_tenant_without_groups(self, emulator: Emulator) -> None:
        state = emulator.state()
        rule = tenants.job(state)["job_schema"]["synchronizationRules"][0]
        rule["objectMappings"] = [mapping for mapping in rule["objectMappings"] if mapping["sourceObjectName"] != "Group"]
        emulator.control("PUT", "state", state)
        emulator.control("PUT", "settings", {**emulator.control("GET", "settings"), "group_mapping": "absent"})
        message = refused(emulator, "sync_mapping", CONTOSO, **CONFIGURATION, groups=True, reset=True)
        assert "the service does not offer the synchronization of groups in this tenant" in message

    def test_groups_with_roles_without_groups(self, emulator: Emulator) -> None:
        message = refused(emulator, "cross_tenant_policy", FABRIKAM, **PARTNER, role_enabled_group_sync_inbound=True)
        assert "role_enabled_group_sync_inbound can be on only while group_sync_inbound is on" in message

    @pytest.mark.parametrize(("status", "code"), [(400, "BadRequest"), (404, "UnknownError")])
    def test_v1_0_only(self, emulator: Emulator, status: int, code: str) -> None:
        """Without the beta version, a task that asks for its settings says so, and every other task works."""
        fault = {"path": "^/beta/", "fault": "status", "status": status, "code": code, "times": 0}
        emulator.control("POST", "faults", fault)
        message = refused(emulator, "cross_tenant_policy", FABRIKAM, **PARTNER, group_sync_inbound=True)
        assert "the beta version of Microsoft Graph, which alone has group_sync_inbound, is not available in this tenant" in message
        emulator.control("DELETE", "requests")
        task(emulator, "cross_tenant_policy", FABRIKAM, **PARTNER, user_sync_inbound=True)
        task(emulator, "sync_mapping", CONTOSO, **CONFIGURATION, groups=True)
        assert [request["path"] for request in emulator.control("GET", "requests")["requests"] if "/beta/" in request["path"]] == []


@ONE
@pytest.mark.usefixtures("linked")
class TestPreflight:
    def test_what_it_finds_and_asks(self, emulator: Emulator) -> None:
        state = emulator.state()
        engineering = tenants.groups(state, "Engineering")[0]
        engineering["mailEnabled"] = True
        emulator.control("PUT", "state", state)
        emulator.control("DELETE", "requests")
        without = preflight(emulator, groups=["Engineering"])
        asked = [request["path"] for request in emulator.control("GET", "requests")["requests"]]
        assert not [path for path in asked if "/schema" in path or ("identitySynchronization" in path and path.startswith("/beta"))]
        found = preflight(emulator, groups=["Engineering"], group_sync=True, switches="require")
        new = [finding for finding in found if finding not in without]
        assert sorted((finding["check"], finding["severity"], finding["tenant"]) for finding in new) == [
            ("group_sync", "warning", CONTOSO),
            ("group_sync_inbound", "error", FABRIKAM),
            ("licences", "warning", CONTOSO),
        ]
        assert any("Microsoft Entra ID Governance, which the synchronization of groups needs for" in finding["cause"] for finding in new)

    def test_without_the_audit_log_every_group_is_unknown(self, emulator: Emulator) -> None:
        state = emulator.state()
        roles = registration(state, FABRIKAM)["roles"]
        registration(state, FABRIKAM)["roles"] = [role for role in roles if role not in ("AuditLog.Read.All", "Directory.Read.All")]
        emulator.control("PUT", "state", state)
        found = task(emulator, "synced_group_info", FABRIKAM, groups=["Purchasing"])
        assert [group["synced"] for group in found["synced_groups"]] == ["unknown"]
        assert "AuditLog.Read.All" in found["incomplete"][0]
