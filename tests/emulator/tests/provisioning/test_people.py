# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios of users: joining, changing, leaving, returning (facts F92, F100, F107, F115)."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from linked_tenants import CYCLE, ROLE, SOURCE, SP, LinkedTenants

from entra_emulator.provisioning import attributes, engine, population, template

DEFAULT_ACCESS = population.DEFAULT_ACCESS


@pytest.mark.fact("F109", "Assigned people and direct members of assigned groups are provisioned, nested members never")
def test_who_is_in_scope() -> None:
    """Assigned people and direct members; not nested members, externals, SMS people or disabled people (F109, F111)."""
    s = LinkedTenants()
    s.person("minsu")
    s.person("direct", assigned=False)
    s.person("nested", assigned=False)
    s.person("nobody", assigned=False)
    s.person("off", accountEnabled=False)
    s.person("guest", userType="Guest")
    s.person("external", userPrincipalName="x_y.z#EXT#@contosokr.onmicrosoft.com", externalUserState="Accepted")
    s.person("sms", _smsSignIn=True)
    s.group("team", "nested", assigned=False)
    s.group("sales", "direct", "team")
    s.first()
    assert s.names() == ["Direct", "Minsu"]


@pytest.mark.fact("F61", "SyncAll true takes everybody internal")
def test_sync_all_takes_everybody_internal() -> None:
    """SyncAll true needs no assignment, and still no external people (F61)."""
    s = LinkedTenants()
    s.secrets["SyncAll"] = "True"
    s.person("minsu", assigned=False)
    s.person("guest", assigned=False, userType="Guest")
    s.first()
    assert s.names() == ["Minsu"]


@pytest.mark.fact("F62", "SyncAll from true to false waits for a restart")
def test_sync_all_off_waits_for_a_restart() -> None:
    """From true to false has no effect until the job is restarted (F62)."""
    s = LinkedTenants()
    s.secrets["SyncAll"] = "true"
    s.person("minsu")
    s.person("jia", assigned=False)
    s.first()
    s.secrets["SyncAll"] = "false"
    s.cycle()
    assert s.names() == ["Jia", "Minsu"]
    s.restart()
    s.cycle()
    assert s.names() == ["Minsu"]


@pytest.mark.fact("F112", "The synchronized user: name with #EXT#, userType Member, Accepted, Invitation, in the address list")
def test_what_a_synced_person_looks_like() -> None:
    """The B2B user of section 7; an apostrophe stays in the name."""
    s = LinkedTenants()
    s.person("o'brien", displayName="오브라이언", telephoneNumber="ignored", businessPhones=["+82 2"], officeLocation="Seoul")
    s.first()
    user = s.synced("o'brien")
    assert user is not None
    assert user["userPrincipalName"] == "o'brien_contoso.kr#EXT#@fabrikamkr.onmicrosoft.com"
    assert (user["userType"], user["creationType"], user["externalUserState"]) == ("Member", "Invitation", "Accepted")
    assert user["identities"] == [{"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}]
    assert (user["mail"], user["proxyAddresses"]) == ("o'brien@contoso.kr", ["SMTP:o'brien@contoso.kr"])
    assert (user["displayName"], user["showInAddressList"], user["accountEnabled"]) == ("오브라이언", True, True)
    assert (user["businessPhones"], user["officeLocation"]) == (["+82 2"], "Seoul")
    assert user["_alternativeSecurityId"] == attributes.net_id(s.source.users["o'brien"])


@pytest.mark.fact("F108", "People with the default access role are skipped as not effectively entitled")
def test_default_access_does_not_entitle() -> None:
    """People with the default role are skipped as not effectively entitled (F108)."""
    s = LinkedTenants()
    s.person("minsu", assigned=False)
    s.assign("minsu", DEFAULT_ACCESS)
    s.first()
    assert s.names() == []
    assert s.error("minsu") == "NotEffectivelyEntitled"


@pytest.mark.fact("F92", "Mappings, constants, expressions and defaults of the job's schema are applied")
def test_the_mappings_of_the_job_are_applied() -> None:
    """A dropped row, an expression, a constant and a default (F87, F92)."""
    s = LinkedTenants()
    s.mapping["attributeMappings"].remove(s.row("employeeId"))
    s.row("displayName").update(template.mapping("displayName", 'Append([displayName], " (Contoso)")'))
    s.mapping["attributeMappings"].append(template.mapping("companyName", '"Contoso"'))
    s.row("department")["defaultValue"] = "Unknown"
    s.row("userType").update(template.mapping("userType", '"Guest"', flow="ObjectAddOnly"))
    s.person("minsu", employeeId="7", jobTitle="Engineer")
    s.first()
    user = s.synced("minsu")
    assert user is not None
    assert "employeeId" not in user
    assert (user["displayName"], user["companyName"], user["department"]) == ("Minsu (Contoso)", "Contoso", "Unknown")
    assert (user["userType"], user["jobTitle"]) == ("Guest", "Engineer")


@pytest.mark.fact("F170", "Now is the time of the cycle, and dates are written as the reference says")
def test_a_cycle_knows_the_time_and_writes_texts() -> None:
    """Now is the time of the cycle in the documented form (F170), and an attribute that is a text gets numbers as texts (F97)."""
    s = LinkedTenants()
    s.person("a", proxyAddresses=["SMTP:a@contoso.kr", "smtp:b@contoso.kr"])
    s.mapping["attributeMappings"] += [
        template.mapping("extensionAttribute1", "Now()"),
        template.mapping("extensionAttribute2", "Count([proxyAddresses])"),
    ]
    s.first()
    user = s.synced("a")
    assert user is not None
    found = user["onPremisesExtensionAttributes"]
    assert re.fullmatch(r"1/5/2026 \d+:\d\d:\d\d AM", found["extensionAttribute1"])
    assert found["extensionAttribute2"] == "2"


@pytest.mark.fact("F300", "The provisioning log does not show what a mapping redacts, and the target has it")
def test_a_redacted_value_is_not_in_the_log() -> None:
    """F300: neither what is written, nor what it was made of, now and later."""
    s = LinkedTenants()
    s.mapping["attributeMappings"].append(template.mapping("extensionAttribute1", 'Append("pay-", Redact([department]))'))
    s.person("a", department="secret-1")
    s.first()
    s.source.users["a"]["department"] = "secret-2"
    s.cycle()
    assert s.on_demand("a")["statusInfo"]["status"] == "Skipped"
    user = s.synced("a")
    assert user is not None and user["onPremisesExtensionAttributes"]["extensionAttribute1"] == "pay-secret-2"
    assert "pay-secret" not in json.dumps(s.source.provisioning_log)
    changes = [change for entry in s.source.provisioning_log for change in entry["modifiedProperties"]]
    shown = [change for change in changes if change["displayName"] == "extensionAttribute1"]
    assert [(change["oldValue"], change["newValue"]) for change in shown] == [(None, "[Redact]"), ("[Redact]", "[Redact]")]
    imported = [entry["provisioningSteps"][0]["details"]["department"] for entry in s.source.provisioning_log]
    assert imported == ["[Redact]"] * 3


@pytest.mark.fact(
    "F301", "A function that gives another value each time changes nobody, until the source changes or everybody is evaluated"
)
@pytest.mark.parametrize("expression", ["Guid()", "Now()", "RandomString(6,3,0,0,3)", "Append([city], CStr(Guid()))"])
def test_a_value_that_differs_each_time_is_no_change(expression: str) -> None:
    """F301: regular cycles look at what has changed in the source."""
    s = LinkedTenants()
    s.mapping["attributeMappings"].append(template.mapping("extensionAttribute1", expression))
    s.person("a", city="Seoul")
    s.person("b", city="Seoul")
    s.first()

    def values() -> list[str]:
        users = [s.synced(alias) for alias in ("a", "b")]
        return [user["onPremisesExtensionAttributes"]["extensionAttribute1"] for user in users if user]

    before = values()
    assert [s.cycle()["updated"] for _cycle in range(3)] == [0, 0, 0] and values() == before
    s.source.users["a"]["jobTitle"] = "Engineer"
    assert s.cycle()["updated"] == 1
    assert [new != old for new, old in zip(values(), before, strict=True)] == [True, False]
    s.restart()
    assert s.advance(CYCLE)[0]["updated"] == 2
    if "city" in expression:
        s.source.users["b"]["city"] = "Busan"
        assert s.cycle()["updated"] == 1


@pytest.mark.fact("F96", "Nulls are not propagated, and defaults apply on creation only")
def test_nulls_are_not_propagated_and_defaults_apply_on_creation_only() -> None:
    """A value that vanishes in the source stays in the target (F96)."""
    s = LinkedTenants()
    s.row("city")["defaultValue"] = "Seoul"
    s.person("minsu", department="Sales", city="Busan")
    s.first()
    s.source.users["minsu"].update(department=None, city=None, jobTitle="Boss")
    s.cycle()
    user = s.synced("minsu")
    assert user is not None
    assert (user["department"], user["city"], user["jobTitle"]) == ("Sales", "Busan", "Boss")


@pytest.mark.fact("F119", "Target edits persist until the next source change, a sign-in block too")
def test_target_edits_persist_until_the_next_source_change() -> None:
    """The engine does not look at the target; the next change in the source undoes even a sign-in block (F119)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    user = s.synced("minsu")
    assert user is not None
    user.update(displayName="Edited", accountEnabled=False)
    assert s.cycle()["updated"] == 0
    assert (user["displayName"], user["accountEnabled"]) == ("Edited", False)
    s.source.users["minsu"]["jobTitle"] = "Boss"
    s.cycle()
    assert (user["displayName"], user["accountEnabled"], user["jobTitle"]) == ("Minsu", True, "Boss")


@pytest.mark.fact("F113", "A redeemed guest is matched by alternativeSecurityIds; userType changes only where it applies always")
@pytest.mark.parametrize(("flow", "after"), [("Always", "Member"), ("ObjectAddOnly", "Guest")])
def test_a_redeemed_guest_is_adopted(flow: str, after: str) -> None:
    """Matching is by identity; userType changes only when the mapping applies always (F93, F113)."""
    s = LinkedTenants()
    s.row("userType")["flowType"] = flow
    minsu = s.person("minsu", jobTitle="Boss")
    name = "minsu.kim_contoso.kr#EXT#@fabrikamkr.onmicrosoft.com"
    guest = {"id": "g", "userPrincipalName": name, "mail": "minsu@contoso.kr", "userType": "Guest", "displayName": "M"}
    s.target.users["g"] = {**guest, "_alternativeSecurityId": attributes.net_id(minsu), "externalUserState": "Accepted"}
    summary = s.first()
    assert summary["created"] == 0
    assert s.job.links["minsu"] == "g"
    assert (s.target.users["g"]["userType"], s.target.users["g"]["jobTitle"]) == (after, "Boss")
    assert s.target.users["g"]["userPrincipalName"] == "minsu_contoso.kr#EXT#@fabrikamkr.onmicrosoft.com"


@pytest.mark.fact("F113", "A pending guest keeps the mail-based name until on-demand provisioning or a restart")
def test_a_pending_guest_keeps_the_mail_based_name_until_on_demand() -> None:
    """Unredeemed guests are not matched by identity; the invitation finds them, the name stays (F113)."""
    s = LinkedTenants()
    s.person("minsu", mail="minsu.kim@contoso.kr")
    name = "minsu.kim_contoso.kr#EXT#@fabrikamkr.onmicrosoft.com"
    guest = {"id": "g", "userPrincipalName": name, "mail": "minsu.kim@contoso.kr", "userType": "Guest", "displayName": "M"}
    s.target.users["g"] = {**guest, "externalUserState": "PendingAcceptance"}
    s.first()
    assert list(s.target.users) == ["g"]
    assert s.target.users["g"]["userPrincipalName"] == name
    assert s.target.users["g"]["externalUserState"] == "Accepted"
    s.source.users["minsu"]["jobTitle"] = "Boss"
    s.cycle()
    assert s.target.users["g"]["userPrincipalName"] == name
    s.on_demand("minsu")
    assert s.target.users["g"]["userPrincipalName"] == "minsu_contoso.kr#EXT#@fabrikamkr.onmicrosoft.com"


@pytest.mark.fact("F113", "Whether existing guests are matched is a switch (match_existing_guests)")
def test_existing_guests_that_are_not_matched() -> None:
    """The switch match_existing_guests: a guest of the same address stands in the way; whom synchronization made is found again (F113)."""
    s = LinkedTenants(match_existing_guests=False)
    minsu = s.person("minsu")
    name = "minsu_contoso.kr#EXT#@fabrikamkr.onmicrosoft.com"
    guest = {"id": "g", "userPrincipalName": name, "mail": "minsu@contoso.kr", "userType": "Guest", "displayName": "M"}
    s.target.users["g"] = {**guest, "_alternativeSecurityId": attributes.net_id(minsu), "externalUserState": "Accepted"}
    s.person("jia")
    s.first()
    assert s.error("minsu") == "InvitationCreationFailureAmbiguousUser"
    s.restart("Full")
    s.cycle()
    assert s.job.links.keys() == {"jia"}


@pytest.mark.fact("F113", "A pending guest joins or stands in the way (switch pending_guests)")
def test_a_pending_guest_can_stand_in_the_way() -> None:
    """The switch pending_guests (F113)."""
    s = LinkedTenants(pending_guests="refused")
    s.person("minsu")
    name = "minsu_contoso.kr#EXT#@fabrikamkr.onmicrosoft.com"
    guest = {"id": "g", "userPrincipalName": name, "mail": "minsu@contoso.kr", "userType": "Guest", "displayName": "M"}
    s.target.users["g"] = {**guest, "externalUserState": "PendingAcceptance"}
    s.first()
    assert s.error("minsu") == "InvitationCreationFailureAmbiguousUser"
    assert s.target.users["g"]["externalUserState"] == "PendingAcceptance"


@pytest.mark.fact("F115", "Out of scope is a soft deletion; back within 30 days the same object is restored")
def test_leaving_and_returning() -> None:
    """Out of scope is a soft deletion; back within 30 days the same object is restored (F115)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    target_id = s.job.links["minsu"]
    s.unassign("minsu")
    assert s.cycle()["deleted"] == 1
    assert s.names() == []
    assert s.target.deleted_items[target_id]["deletedDateTime"] == s.world.clock
    s.source.users["minsu"]["jobTitle"] = "Boss"
    s.assign("minsu")
    s.cycle()
    assert list(s.target.users) == [target_id]
    assert (s.target.users[target_id]["deletedDateTime"], s.target.users[target_id]["jobTitle"]) == (None, "Boss")


@pytest.mark.fact("F115", "Or another account is created (switch restore_soft_deleted)")
def test_returning_where_restoring_is_unsupported() -> None:
    """The other reading of F115: another account is created."""
    s = LinkedTenants(restore_soft_deleted="unsupported")
    s.person("minsu")
    s.first()
    before = s.job.links["minsu"]
    s.unassign("minsu")
    s.cycle()
    s.assign("minsu")
    s.cycle()
    assert s.job.links["minsu"] != before
    assert before in s.target.deleted_items


@pytest.mark.fact("F114", "Hard deletion after 30 days")
def test_the_purge_after_thirty_days() -> None:
    """Hard deletion after 30 days, never earlier; who returns later gets a new object (F114)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    before = s.job.links["minsu"]
    s.unassign("minsu")
    s.cycle()
    s.advance(timedelta(days=29))
    assert before in s.target.deleted_items
    s.advance(timedelta(days=2))
    assert before not in s.target.deleted_items
    s.assign("minsu")
    assert s.cycle()["created"] == 1
    assert s.job.links["minsu"] != before


@pytest.mark.fact("F110", "Whoever is assigned in several ways stays while one remains")
def test_leaving_one_group_of_two() -> None:
    """Several ways in: one of them is enough (F110)."""
    s = LinkedTenants()
    s.person("minsu", assigned=False)
    s.group("a", "minsu")
    s.group("b", "minsu")
    s.first()
    s.unassign("a")
    s.cycle()
    assert s.names() == ["Minsu"]
    s.source.members["b"].remove("minsu")
    s.cycle()
    assert s.names() == []


@pytest.mark.fact("F114", "A user deleted in the source is soft-deleted in the target")
def test_a_deleted_source_user() -> None:
    """Deleted in the source is deleted in the target (F114)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    s.delete_source("minsu")
    s.cycle()
    assert s.names() == []
    s.source.users["minsu"] = s.source.deleted_items.pop("minsu")
    s.cycle()
    assert s.names() == ["Minsu"]


@pytest.mark.fact("F93", "The mapping of IsSoftDeleted drives the soft deletion")
def test_is_soft_deleted_drives_the_deletion() -> None:
    """Without that mapping a deleted source user stays in the target (F93, F94)."""
    s = LinkedTenants()
    s.mapping["attributeMappings"].remove(s.row("IsSoftDeleted"))
    s.person("minsu")
    s.first()
    s.delete_source("minsu")
    s.cycle()
    assert s.names() == ["Minsu"]


@pytest.mark.fact("F116", "accountEnabled false blocks the user in the target")
def test_disabling_flows_and_does_not_delete() -> None:
    """accountEnabled false blocks the target user (F116)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    s.source.users["minsu"]["accountEnabled"] = False
    assert s.cycle()["updated"] == 1
    user = s.synced("minsu")
    assert user is not None and user["accountEnabled"] is False


@pytest.mark.fact("F128", "Blocking is logged as update or disable (switch disable_action)")
@pytest.mark.parametrize("action", ["update", "disable"])
def test_a_disabled_person_in_the_log(action: str) -> None:
    """The switch disable_action (F128)."""
    s = LinkedTenants(disable_action=action)
    s.person("minsu")
    s.first()
    s.source.users["minsu"]["accountEnabled"] = False
    assert s.cycle()["updated"] == 1
    assert s.last_log("minsu")["provisioningAction"] == action


def test_disabled_without_being_synchronized_is_deleted() -> None:
    """Without the action Update, nobody is blocked in the target; F116 keeps only users whose block was synchronized."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    s.mapping["flowTypes"] = "Add, Delete"
    s.source.users["minsu"]["accountEnabled"] = False
    assert s.cycle()["updated"] == 0
    s.unassign("minsu")
    assert s.cycle()["deleted"] == 1


@pytest.mark.fact("F116", "Disabled first and removed later is not deleted")
def test_disabled_first_and_removed_later_is_not_deleted() -> None:
    """The documented exception (F116); removed at once is deleted."""
    s = LinkedTenants()
    for alias in ("first", "both"):
        s.person(alias)
    s.first()
    s.source.users["first"]["accountEnabled"] = False
    s.cycle()
    s.source.users["both"]["accountEnabled"] = False
    s.unassign("first", "both")
    s.cycle()
    assert s.names() == ["First"]


@pytest.mark.fact("F101", "A filter that no longer passes deprovisions, and a change of the schema re-evaluates everybody")
def test_scoping_filters_create_and_deprovision() -> None:
    """A filter that no longer passes removes people; after the schema change all users are evaluated again (F82, F101)."""
    s = LinkedTenants()
    s.person("minsu", department="Sales")
    s.person("jia", department="sales")
    s.first()
    clause = {"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Sales"]}}
    s.mapping["scope"]["groups"] = [{"name": "Sales", "clauses": [clause]}]
    s.changed()
    assert s.cycle()["deleted"] == 1
    assert s.names() == ["Minsu"]
    s.source.users["jia"]["department"] = "Sales"
    s.cycle()
    assert s.names() == ["Jia", "Minsu"]


@pytest.mark.fact("F101", "Failing the input filter does not deprovision")
def test_failing_the_input_filter_does_not_deprovision() -> None:
    """Only ``scope.groups`` deprovisions (F101)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    s.source.users["minsu"]["_smsSignIn"] = True
    s.cycle()
    assert s.names() == ["Minsu"]


@pytest.mark.fact("F102", "A PUT that loses the built-in filter lets external people flow")
def test_without_the_input_filter_guests_flow() -> None:
    """A PUT that loses the built-in filter is punished (F102)."""
    s = LinkedTenants()
    s.mapping["scope"]["inputFilterGroups"] = []
    s.person("guest", userType="Guest")
    s.first()
    assert s.names() == ["Guest"]


@pytest.mark.fact("F105", "Dropping Add stops creation, dropping Delete stops deletion")
@pytest.mark.parametrize(
    ("flows", "created", "updated", "deleted"),
    [("Add, Update, Delete", 1, 1, 1), ("Update,Delete", 0, 1, 1), ("Add, Delete", 1, 0, 1), ("Add,Update", 1, 1, 0)],
)
def test_target_object_actions(flows: str, created: int, updated: int, deleted: int) -> None:
    """Dropping Add stops creation, dropping Delete stops soft deletion (F105)."""
    s = LinkedTenants()
    s.person("changes")
    s.person("leaves")
    s.first()
    s.mapping["flowTypes"] = flows
    s.person("joins")
    s.source.users["changes"]["jobTitle"] = "Boss"
    s.unassign("leaves")
    summary = s.cycle()
    assert (summary["created"], summary["updated"], summary["deleted"]) == (created, updated, deleted)


@pytest.mark.fact("F105", "enabled false skips the object mapping")
def test_a_disabled_object_mapping_is_skipped() -> None:
    """``enabled: false`` (F105)."""
    s = LinkedTenants()
    s.mapping["enabled"] = False
    s.person("minsu")
    s.first()
    assert s.names() == []


@pytest.mark.fact("F99", "The manager is set only where both are in scope; removal is not propagated")
def test_managers() -> None:
    """Set only when both are in scope; removal is not propagated (F99)."""
    s = LinkedTenants()
    s.person("minsu")
    s.person("boss", assigned=False)
    s.source.managers["minsu"] = "boss"
    s.first()
    assert s.target.managers == {}
    s.assign("boss")
    s.cycle()
    expected = {s.job.links["minsu"]: s.job.links["boss"]}
    assert s.target.managers == expected
    del s.source.managers["minsu"]
    s.cycle()
    assert s.target.managers == expected


@pytest.mark.fact("F121", "Two people with one mail address collapse into one target user")
def test_two_people_with_one_mail_collapse() -> None:
    """They share one target user, which goes when the last of them goes (F121)."""
    s = LinkedTenants()
    s.person("minsu", mail="info@contoso.kr")
    s.person("jia", mail="info@contoso.kr")
    s.first()
    assert len(s.target.users) == 1
    assert s.error("jia") == "DuplicateSourceEntries"
    s.unassign("minsu")
    s.cycle()
    assert len(s.target.users) == 1
    s.unassign("jia")
    s.cycle()
    assert s.target.users == {}


@pytest.mark.fact("F121", "Or the second one fails (switch duplicate_mail)")
def test_two_people_with_one_mail_can_fail() -> None:
    """The switch duplicate_mail (F121)."""
    s = LinkedTenants(duplicate_mail="refused")
    s.person("minsu", mail="info@contoso.kr")
    s.person("jia", mail="info@contoso.kr")
    assert s.first()["failed"] == 1
    assert s.error("jia") == "DuplicateSourceEntries"
    assert s.job.links.keys() == {"minsu"}


def test_no_mail_is_no_obstacle() -> None:
    """Matching needs the identity, not the address."""
    s = LinkedTenants()
    s.person("minsu", mail=None)
    s.first()
    user = s.synced("minsu")
    assert user is not None and "mail" not in user


def test_names_change_with_the_source() -> None:
    """userPrincipalName is an ordinary mapping: the source wins (F119)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    s.source.users["minsu"]["userPrincipalName"] = "kim@contoso.kr"
    s.cycle()
    user = s.synced("minsu")
    assert user is not None and user["userPrincipalName"] == "kim_contoso.kr#EXT#@fabrikamkr.onmicrosoft.com"


@pytest.mark.fact("F54", "Deleting a job leaves the people, and a new one adopts them")
def test_deleting_the_job_leaves_people_and_a_new_job_adopts_them() -> None:
    """A second job matches the first one's people by identity (F54, F113)."""
    s = LinkedTenants()
    s.person("minsu")
    s.first()
    before = list(s.target.users)
    again = LinkedTenants()
    s.source.synchronizations[SP].jobs[again.job.id] = again.job
    s.job = again.job
    summary = s.first()
    assert (summary["created"], list(s.target.users)) == (0, before)


@pytest.mark.fact("F108", "Only roles that the application defines entitle")
def test_role_of_the_application() -> None:
    """Only roles that the application defines count (F51, F108)."""
    s = LinkedTenants()
    assert population.roles(s.source, SP) == {ROLE}
    assert {"QuarantineState", "Watermark", "Escrows"} == engine.DEFAULT_RESTART
    assert s.source.id == SOURCE
