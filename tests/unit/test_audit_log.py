# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an entry of the audit log says, and which of several explains a change (facts F190 to F195)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import audit_log, drift
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.audit_log import Actor, Log, Question, entry, search
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.drift import Change, Link, attributed, changes, line

PARTNER, OTHER = "a0c898ca-2445-4e74-ab4b-afd7916549a6", "99999999-9999-4999-8999-999999999999"
OWN = "11111111-1111-4111-8111-111111111111"
UPDATE = audit_log.UPDATE_PARTNER
QUESTION = Question((UPDATE,), (frozenset({PARTNER}),), ("inboundTrust.isMfaAccepted",), may_be_unnamed=True)

Json = dict[str, Any]


def raw(time: str, *properties: tuple[str, Any, Any], activity: str = UPDATE, **more: Any) -> Json:
    """An entry as Graph returns it, with the values as JSON in texts."""
    texts = [
        {"displayName": name, "oldValue": old and json.dumps(old), "newValue": new and json.dumps(new)} for name, old, new in properties
    ]
    target = {"id": "5cd43692-51e1-4168-9757-ec4f686ebbcb", "displayName": "CrossTenantAccessPolicy for x", "modifiedProperties": texts}
    user = {"id": "u", "userPrincipalName": f"{time}@contoso.kr"}
    return {
        "activityDateTime": time,
        "activityDisplayName": activity,
        "result": "success",
        "initiatedBy": {"user": user, "app": None},
        "targetResources": [target],
        **more,
    }


def named(partner: str = PARTNER) -> tuple[str, Any, Any]:
    return "tenantId", partner, partner


def trust(old: Any, new: Any, member: str = "isMfaAccepted") -> tuple[str, Any, Any]:
    return "inboundTrust", old and {member: old == "on"}, new and {member: new == "on"}


def document(value: bool, partner: str = PARTNER) -> tuple[tuple[str, Any, Any], ...]:
    return ("PartnerIdentifier", None, partner), ("PartnerPolicyDetail", None, {"inboundTrust": {"isMfaAccepted": value}})


OLDER, NEWER, NEWEST = "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"
UNCERTAIN_NAME = "uncertain: the entry does not name the object"
CASES: dict[str, tuple[list[Json], str | None, str | None]] = {
    "the entry says it": ([raw(NEWER, named(), trust("on", "off"))], NEWER, None),
    "the newest one that says it": (
        [
            raw(NEWEST, named(), trust("on", "off", "isCompliantDeviceAccepted")),
            raw(NEWER, named(), trust("on", "off")),
            raw(OLDER, named(), trust("off", "on")),
        ],
        NEWER,
        None,
    ),
    "another partner": ([raw(NEWEST, named(OTHER), trust("on", "off")), raw(OLDER, named(), trust("on", "off"))], OLDER, None),
    "another activity": (
        [raw(NEWEST, named(), activity="Update user"), raw(OLDER, named(), trust("on", "off"))],
        OLDER,
        None,
    ),
    "a failure": ([raw(NEWEST, named(), trust("on", "off"), result="failure")], None, audit_log.TOO_LATE),
    "nothing": ([], None, audit_log.TOO_LATE),
    "only another partner": ([raw(NEWEST, named(OTHER), trust("on", "off"))], None, audit_log.TOO_LATE),
    "no properties, and no name": ([raw(NEWEST), raw(OLDER)], NEWEST, UNCERTAIN_NAME),
    "the partner is the target": (
        [raw(NEWEST, targetResources=[{"id": PARTNER.upper(), "modifiedProperties": []}])],
        NEWEST,
        "the only entry about the object does not name the setting",
    ),
    "two of them": (
        [raw(NEWEST, targetResources=[{"id": PARTNER}]), raw(OLDER, targetResources=[{"id": PARTNER}])],
        NEWEST,
        "uncertain: the newest of 2 entries about the object, which do not name the setting",
    ),
    "other settings only": (
        [raw(NEWEST, named(), ("b2bCollaborationInbound", None, {}))],
        NEWEST,
        "uncertain: the only entry about the object does not name the setting",
    ),
    "a silent one after one that says it with this value": ([raw(NEWEST), raw(OLDER, named(), trust("on", "off"))], OLDER, None),
    "a silent one after one with another value": (
        [raw(NEWEST), raw(OLDER, named(), trust("off", "on"))],
        NEWEST,
        "uncertain: the entry does not name the setting, and an earlier one does",
    ),
    "another value only": ([raw(NEWEST, named(), trust("off", "on"))], NEWEST, "uncertain: the entry has another value"),
    "documents: the first with the value": (
        [raw(NEWEST, *document(False)), raw(NEWER, *document(False)), raw(OLDER, *document(True))],
        NEWER,
        None,
    ),
    "documents: all have it": ([raw(NEWEST, *document(False)), raw(OLDER, *document(False))], OLDER, None),
    "documents of others": ([raw(NEWEST, *document(False, OTHER)), raw(OLDER, *document(False))], OLDER, None),
    "a deleted document": ([raw(NEWEST, ("PartnerIdentifier", None, PARTNER), ("PartnerPolicyDetail", None, None))], NEWEST, None),
    "odd values": ([raw(NEWEST, targetResources=[None, {"modifiedProperties": None}], initiatedBy=None)], NEWEST, UNCERTAIN_NAME),
}


@pytest.mark.parametrize("case", CASES)
def test_which_entry_explains_a_change(case: str) -> None:
    entries, when, note = CASES[case]
    found = search(QUESTION, Log(tuple(map(entry, entries)), True, frozenset()), False)
    assert (found.entry and found.entry.time, found.note) == (when, note)


def test_a_log_that_was_not_read_to_its_end() -> None:
    log = Log(tuple(entry(raw(NEWEST, named(OTHER))) for _number in range(3)), False, frozenset())
    assert search(QUESTION, log).note == "not among the newest 3 entries of the audit log"


@pytest.mark.parametrize(
    ("question", "properties", "explains"),
    [
        (Question((UPDATE,), (), ("SyncNotificationSettings.Recipients",)), ("SyncNotificationSettings", '{"Recipients":"a"}', '{"Recipients":"b"}'), True),
        (Question((UPDATE,), (), ("SyncNotificationSettings.Enabled",)), ("SyncNotificationSettings", '{"Recipients":"a"}', '{"Recipients":"b"}'), False),
        (Question((UPDATE,), (), ("displayname",)), ("DisplayName", ["a"], ["b"]), True),
        (Question((UPDATE,), (), ("x", "DisplayName")), ("DisplayName", None, ["b"]), True),
        (Question((UPDATE,), (), ("DisplayName",)), ("DisplayName", ["a"], ["a"]), False),
    ],
)  # fmt: skip
def test_what_a_property_says(question: Question, properties: tuple[str, Any, Any], explains: bool) -> None:
    found = search(question, Log((entry(raw(NEWEST, properties)),), True, frozenset()))
    assert (found.note is None) is explains


@pytest.mark.parametrize(
    ("initiated_by", "expected"),
    [
        ({"user": {"id": "U1", "userPrincipalName": "a@b.example"}, "app": None}, Actor("user", "a@b.example", ("u1",))),
        ({"user": {"id": "U1", "userPrincipalName": None, "displayName": "A"}, "app": {}}, Actor("user", "A", ("u1",))),
        ({"user": {"userPrincipalName": "a@b.example"}, "app": {"displayName": "Portal"}}, Actor("user", "a@b.example", ())),
        ({"user": None, "app": {"displayName": "Robot", "appId": "A1", "servicePrincipalId": "S1"}}, Actor("application", "Robot", ("a1", "s1"))),
        ({"app": {"displayName": "Robot", "appId": None, "servicePrincipalId": "S1"}}, Actor("application", "Robot", ("s1",))),
        ({"app": {"displayName": "Microsoft.Azure.SyncFabric"}}, Actor("service", "Microsoft.Azure.SyncFabric", ())),
        ({"app": {"servicePrincipalId": "S1"}}, Actor("application", "s1", ("s1",))),
        ({"user": {"id": None}, "app": None}, Actor("unknown", "unknown", ())),
        ({}, Actor("unknown", "unknown", ())),
    ],
)  # fmt: skip
def test_who_made_a_change(initiated_by: Json, expected: Actor) -> None:
    assert audit_log.actor(initiated_by) == expected


def test_the_request() -> None:
    """Only what the log can be filtered by (fact F195)."""
    query = parse_qs(urlsplit(audit_log.path({"b", "a"})).query)
    assert query["$filter"] == ["activityDisplayName eq 'a' or activityDisplayName eq 'b'"]
    assert query["$orderby"] == ["activityDateTime desc"]


# Changes ------------------------------------------------------------------------------------------------------------

SAME = {"target_tenant_id": PARTNER, "deletion_threshold": 500}


def difference(module: str, before: Json, after: Json, **basis: Any) -> Json:
    return {"module": module, "tenant": "contoso.kr", "actions": [{"verb": "update"}], "before": before, "after": after, "basis": basis}


def whats(*differences: Json, job: str | None = "started") -> list[tuple[str, Any, Any]]:
    found = changes(Link("F", differences, (), {"state": job} if job else None))
    return [(change.what, change.old, change.new) for change in found]


def configuration(**members: Any) -> Json:
    return {"state": "present", "name": "F", "job": True, **SAME, **members}


ABSENT = difference("sync_configuration", {"state": "absent"}, configuration())
NO_JOB = difference("sync_configuration", configuration(job=False), configuration(), id="s")
MAPPINGS = difference("sync_mapping", {"mappings": {}}, {"mappings": {"city": {"target": "city", "source": "city"}}})
JOB = difference("sync_job", {"state": "paused"}, {"state": "started"}, state="started", restart_owed=False)
SCOPE = difference("sync_scope", {"mode": "assigned", "users": [], "groups": ["B"]}, {"mode": "all", "users": ["a"], "groups": ["B"]})
POLICY = difference("cross_tenant_policy", {"partner": PARTNER, "state": "absent"}, {"partner": PARTNER, "state": "present"})


@pytest.mark.parametrize(
    ("differences", "job", "expected"),
    [
        ([ABSENT, MAPPINGS, SCOPE, JOB, POLICY], None, [("configuration", "present", "absent"), ("partner", "present", "absent")]),
        ([NO_JOB, MAPPINGS, JOB, SCOPE], None, [("job", "present", "absent"), ("mode", "all", "assigned"), ("assignment of user a", "present", "absent")]),
        ([MAPPINGS, JOB], "started", [("mapping city", {"source": "city"}, None)]),
        ([JOB], "paused", [("state", "started", "paused")]),
        ([difference("sync_job", JOB["before"], JOB["after"], restart_owed=True)], "started", [("pending restart", False, True)]),
        ([difference("sync_mapping", {"mappings": {}}, {"mappings": {}})], "started", [("other rules of the schema", None, None)]),
        ([difference("sync_configuration", configuration(name="G"), configuration(), id="s")], "started", [("name", "F", "G")]),
        ([difference("sync_job", {"state": "started"}, {"state": "started"}, restart_owed=False)], "started", []),
        (
            [difference("cross_tenant_policy", {"partner": PARTNER, "state": "present", "inbound_trust": {"mfa": False, "compliant_device": None}},
                        {"partner": PARTNER, "state": "present", "inbound_trust": {"mfa": True, "compliant_device": None}})],
            "started",
            [("inbound_trust.mfa", True, False)],
        ),
        (
            [difference("cross_tenant_policy", {"partner": PARTNER, "state": "present", "inbound_trust": None},
                        {"partner": PARTNER, "state": "present", "inbound_trust": {"mfa": True}})],
            "started",
            [("inbound_trust", {"mfa": True}, None)],
        ),
    ],
)  # fmt: skip
def test_one_change_for_each_setting(differences: list[Json], job: str | None, expected: list[Any]) -> None:
    """What follows from another change is none."""
    assert whats(*differences, job=job) == expected


def test_a_member_of_a_setting_is_asked_for_by_the_name_of_the_service() -> None:
    wanted = {"partner": PARTNER, "state": "present", "inbound_trust": {"mfa": True}}
    (change,) = changes(Link("F", [difference("cross_tenant_policy", {**wanted, "inbound_trust": {"mfa": False}}, wanted)], (), None))
    assert change.question.hints == ("inboundTrust.isMfaAccepted",)
    log = Log((entry(raw(NEWEST, named(), trust("on", "off"))),), True, frozenset())
    assert attributed(change, log)["since"] == NEWEST


def test_a_job_that_the_service_has_stopped() -> None:
    target = {"id": "s", "displayName": "F", "modifiedProperties": []}
    service = {"user": None, "app": {"appId": None, "displayName": "Azure AD Provisioning Service", "servicePrincipalId": None}}
    stopped = entry(raw(NEWEST, activity=audit_log.QUARANTINE, initiatedBy=service, targetResources=[target]))
    started = entry(raw(OLDER, activity=audit_log.START_JOB, targetResources=[target]))
    (change,) = changes(Link("F", [JOB], (), {"state": "paused"}))
    found = attributed(change, Log((stopped, started), True, frozenset()))
    assert (found["since"], found["by"], found["by_kind"]) == (NEWEST, "Azure AD Provisioning Service", "service")


# Lines --------------------------------------------------------------------------------------------------------------

CHANGE = Change("cross_tenant_policy", PARTNER, f"partner {OTHER}", "inbound_trust.mfa", True, False, QUESTION)
NAMES = {PARTNER: "contoso", OTHER: "fabrikam"}


def log_of(own: str = "", **more: Any) -> Log:
    return Log((entry(raw(NEWEST, named(), trust("on", "off"), **more)),), True, frozenset({own}))


@pytest.mark.parametrize(
    ("log", "author"),
    [
        (log_of(), f"since {NEWEST} by {NEWEST}@contoso.kr"),
        (log_of(initiatedBy={"app": {"appId": OTHER, "displayName": "Robot"}}), f"since {NEWEST} by application Robot"),
        (log_of(OWN, initiatedBy={"app": {"appId": OWN, "displayName": "Me"}}), f"since {NEWEST} by application Me ({drift.OWN})"),
        ("Tenant x: no", "by unknown (the audit log could not be read)"),
        (Log((), True, frozenset()), f"by unknown ({audit_log.TOO_LATE})"),
        (Log((entry(raw(NEWEST)),), True, frozenset()), f"since {NEWEST} by {NEWEST}@contoso.kr ({UNCERTAIN_NAME})"),
    ],
)
def test_a_change_in_one_line(log: Log | str, author: str) -> None:
    assert line(attributed(CHANGE, log), NAMES) == f"inbound_trust.mfa of partner fabrikam in contoso: true -> false, {author}"


def test_values_that_only_the_entry_knows() -> None:
    question = Question((UPDATE,), (), ("rules",))
    change = Change("sync_mapping", "contoso.kr", "configuration F", "other rules", None, None, question)
    found = attributed(change, Log((entry(raw(NEWEST, ("rules", 1, 2))),), True, frozenset()))
    assert (found["old"], found["new"]) == (1, 2)
    assert line(found, {}).startswith("other rules of configuration F in contoso.kr: 1 -> 2, since")
    long = Change("sync_mapping", "contoso.kr", "configuration F", "filters", [], ["x" * 500], question)
    assert len(line(attributed(long, "no"), {})) < 300
