# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioning named people now: both generations of the answer, what stops everybody and what stops one, and the pace (fact sheet 3.5)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import on_demand
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, FakeGraph, Lost, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService, new_job

STATUS_INFO = "Microsoft.Identity.Health.CPP.Common.DataContracts.SyncFabric.StatusInfo"
PEOPLE = [
    {
        "id": f"00000000-0000-4000-8000-0000000000{number:02}",
        "userPrincipalName": f"p{number}@contoso.kr",
        "mail": f"mail{number}@contoso.kr",
    }
    for number in range(30)
]
STATUSES = ("Failure", "Warning", "Skipped", "Success")
"""Worst first (fact sheet 3.5)."""
IMPORTED = {"name": "EntryImport", "type": "Import", "status": "Success", "description": "Received.", "details": {}}
SCOPED_OUT = {
    "name": "EntrySynchronizationScoping",
    "type": "Scoping",
    "status": "Skipped",
    "description": "Not in scope.",
    "details": {"SkipReason": "NotEffectivelyEntitled", "IsInProvisioningScope": "False"},
}
EXPORT_FAILED = {"name": "EntryExportAdd", "type": "Export", "status": "Failure", "description": "The invitation failed.", "details": {}}
CREATED = {
    "action": "Create",
    "provisioningSteps": [IMPORTED],
    "statusInfo": {"status": "Success", "errorCode": None, "reason": None},
    "modifiedProperties": [{"displayName": "displayName", "oldValue": None, "newValue": "Kim Minsu (Contoso)"}],
    "targetIdentity": {"id": "in-target", "type": "User"},
}
DONE = Reply(200, {"key": STATUS_INFO, "value": json.dumps([CREATED])})


def how_to(report: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of the how-to: a fixed key, and an array."""
    return {"key": STATUS_INFO, "value": json.dumps([report])}


def reference(report: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of the API reference: the result as key, and one object."""
    steps = [one for one in report.get("provisioningSteps") or () if isinstance(one, Mapping)]
    told = [(report.get("statusInfo") or {}).get("status"), *(one["status"] for one in reversed(steps))]
    result = next((one for one in told if one), "Success")
    return {"key": json.dumps({"result": result, "details": {}}), "value": json.dumps(report)}


@dataclass
class OnDemand:
    """A source tenant that provisions people. ``answers`` are by object id; everybody else succeeds."""

    service: SourceService
    clock: FakeClock
    answers: Mapping[str, Outcome] = field(default_factory=dict)
    took: float = 0.0
    calls: list[tuple[float, Request]] = field(default_factory=list)

    def __call__(self, request: Request) -> Outcome:
        if not request.path.endswith("/provisionOnDemand"):
            return self.service(request)
        self.calls.append((self.clock.now, request))
        self.clock.now += self.took
        return self.answers.get(request.body["parameters"][0]["subjects"][0]["objectId"], DONE)

    @property
    def asked(self) -> list[str]:
        return [request.body["parameters"][0]["subjects"][0]["objectId"] for _moment, request in self.calls]


def service(*links: Link, answers: Mapping[str, Outcome] | None = None, took: float = 0.0) -> OnDemand:
    return OnDemand(SourceService(list(links or [ready()]), people=PEOPLE), FakeClock(), answers or {}, took)


def ready(**rest: Any) -> Link:
    link = Link("Fabrikam", **{"jobs": [new_job()], "id": "sp", **rest})
    link.schema["synchronizationRules"][0]["id"] = "rule-of-people"
    return link


def perform(there: OnDemand, *users: str, check: bool = False, configuration: str = "Fabrikam") -> dict[str, Any]:
    graph = FakeGraph(there, clock=there.clock)
    return on_demand.perform(
        graph, options("sync_on_demand", configuration=configuration, users=list(users)), check, there.clock.pace(longest=0)
    )


def fail(monkeypatch: pytest.MonkeyPatch, there: OnDemand, *users: str) -> RunFailure:
    monkeypatch.setattr(engine, "connect", lambda *_unused: FakeGraph(there, clock=there.clock))
    given = options("sync_on_demand", configuration="Fabrikam", users=list(users))
    with pytest.raises(RunFailure) as caught:
        engine.run(on_demand.OPERATION, given, False, there.clock.pace())
    return caught.value


class TestOutcome:
    @pytest.mark.parametrize("generation", [how_to, reference])
    @pytest.mark.parametrize(
        ("report", "expected"),
        [
            pytest.param(
                CREATED, {"status": "success", "action": "Create", "target_id": "in-target", "code": None, "step": None}, id="created"
            ),
            pytest.param(
                {"provisioningSteps": [IMPORTED, SCOPED_OUT], "statusInfo": {"status": "Skipped"}},
                {"status": "skipped", "code": "NotEffectivelyEntitled", "reason": "Not in scope.", "step": "EntrySynchronizationScoping"},
                id="not in scope",
            ),
            pytest.param(
                {"provisioningSteps": [IMPORTED, SCOPED_OUT]},
                {"status": "skipped", "code": "NotEffectivelyEntitled", "step": "EntrySynchronizationScoping"},
                id="only the steps tell that it was skipped",
            ),
            pytest.param(
                {"statusInfo": {"status": "Skipped", "errorCode": "RedundantExport", "reason": "Equal already."}},
                {
                    "status": "skipped",
                    "code": "RedundantExport",
                    "reason": "Equal already.",
                    "remedy": "the person is as it should be already",
                },
                id="equal already",
            ),
            pytest.param(
                {
                    "action": "Create",
                    "provisioningSteps": [IMPORTED, SCOPED_OUT, EXPORT_FAILED],
                    "statusInfo": {
                        "status": "Failure",
                        "errorCode": "AzureActiveDirectoryForbidden",
                        "reason": "Guest invitations not allowed.",
                    },
                },
                {
                    "status": "failure",
                    "code": "AzureActiveDirectoryForbidden",
                    "reason": "Guest invitations not allowed.",
                    "remedy": "the target's external collaboration settings do not allow invitations",
                    "step": "EntryExportAdd",
                },
                id="a failure decides over a skip",
            ),
            pytest.param(
                {"provisioningSteps": [EXPORT_FAILED]},
                {"status": "failure", "reason": "The invitation failed.", "code": None, "remedy": None, "step": "EntryExportAdd"},
                id="only the steps tell that it failed",
            ),
            pytest.param(
                {
                    "provisioningSteps": [
                        {**SCOPED_OUT, "name": "first"},
                        {**SCOPED_OUT, "name": "last", "details": {"SkipReason": "RedundantExport"}},
                    ]
                },
                {"status": "skipped", "step": "last", "code": "RedundantExport"},
                id="the last skip decides",
            ),
            pytest.param(
                {"statusInfo": {"status": "Warning", "errorCode": "Conflict"}},
                {
                    "status": "warning",
                    "code": "Conflict",
                    "remedy": "another object in the target has the same address; remove or change it",
                },
                id="a warning",
            ),
        ],
    )
    def test_either_generation_tells_the_same(self, generation: Any, report: dict[str, Any], expected: dict[str, Any]) -> None:
        """Fact sheet 3.5: ``v=json(value); v=v[0] if list``. Status values are capitalised here and not in the log."""
        shown: Mapping[str, Any] = on_demand.outcome(generation(report))
        assert {name: shown[name] for name in expected} == expected

    @pytest.mark.parametrize("empty", [None, {}, []])
    def test_members_that_say_nothing_break_nothing(self, empty: Any) -> None:
        names = ("statusInfo", "provisioningSteps", "modifiedProperties", "targetIdentity")
        assert on_demand.outcome(how_to(dict.fromkeys(names, empty))) == {**EMPTY, "status": "unknown"}

    @pytest.mark.parametrize("step", [None, "text", {"name": "x"}, {"name": "x", "status": None, "details": None}])
    def test_steps_that_say_nothing_break_nothing(self, step: Any) -> None:
        assert on_demand.outcome(how_to({"provisioningSteps": [IMPORTED, step]})) == EMPTY

    def test_the_result_in_the_key_counts_where_the_value_tells_none(self) -> None:
        """Fact sheet 3.5: the API reference puts the result and its code into the key."""
        key = '{"result":"Skipped","details":{"errorCode":"RedundantExport","errorMessage":"Equal already."}}'
        told = on_demand.outcome({"key": key, "value": json.dumps({"provisioningSteps": [IMPORTED]})})
        assert (told["status"], told["code"], told["reason"]) == ("skipped", "RedundantExport", "Equal already.")

    @pytest.mark.parametrize(
        "body",
        [
            *({"value": text} for text in (None, "", "no JSON", "[]", "null", "{}", "[{}]", '["x"]', "[null]", "7")),
            {},
            {"key": STATUS_INFO, "value": "[]"},
            {"key": '{"result":null}', "value": "{}"},
        ],
        ids=str,
    )
    def test_an_answer_that_says_nothing_is_unknown_and_nobodys_failure(self, body: Any) -> None:
        result = perform(service(answers={PEOPLE[1]["id"]: Reply(200, body)}), "p1@contoso.kr", "p2@contoso.kr")
        assert [one["status"] for one in result["outcomes"]] == ["unknown", "success"]
        assert "check the provisioning log" in result["outcomes"][0]["reason"]
        assert (result["failed_users"], result["unknown_users"]) == ([], ["p1@contoso.kr"])
        assert [one["object"] for one in result["actions"]] == ["user p2@contoso.kr in configuration Fabrikam"]

    @pytest.mark.parametrize("value", ["[]", "{}", ""])
    def test_the_result_in_the_key_is_enough(self, value: str) -> None:
        key = '{"result":"Skipped","details":{"errorCode":"RedundantExport","errorMessage":"Equal already."}}'
        told = on_demand.outcome({"key": key, "value": value})
        assert (told["status"], told["code"]) == ("skipped", "RedundantExport")

    @pytest.mark.parametrize("statuses", [order for count in (1, 2, 3) for order in itertools.permutations(STATUSES, count)], ids=",".join)
    def test_of_several_entries_the_worst_decides(self, statuses: tuple[str, ...]) -> None:
        """In whatever order they come, and something was written if any of them wrote."""
        reports = [{**CREATED, "action": one, "statusInfo": {"status": one, "errorCode": one}} for one in statuses]
        body = {"key": STATUS_INFO, "value": json.dumps(reports)}
        worst = next(one for one in STATUSES if one in statuses)
        told = on_demand.outcome(body)
        assert (told["status"], told["code"], told["action"]) == (worst.lower(), worst, worst)
        result = perform(service(answers={PEOPLE[1]["id"]: Reply(200, body)}), "p1@contoso.kr")
        assert (result["failed_users"] == ["p1@contoso.kr"]) is ("Failure" in statuses)
        assert result["changed"] is bool({"Success", "Warning"} & {*statuses})
        assert result["unknown_users"] == []

    def test_changes(self) -> None:
        assert on_demand.outcome(how_to(CREATED))["changes"] == [
            {"attribute": "displayName", "before": None, "after": "Kim Minsu (Contoso)"},
        ]


EMPTY: dict[str, Any] = {
    "status": "success",
    "action": None,
    "code": None,
    "reason": None,
    "remedy": None,
    "step": None,
    "changes": [],
    "target_id": None,
}


class TestPerforming:
    def test_one_call_a_person_with_the_rule_of_the_schema(self) -> None:
        """Fact sheet 3.5: the rule's id looks constant, but is read always."""
        link = ready()
        link.schema["synchronizationRules"][0]["id"] = "a-rule-of-its-own"
        there = service(link)
        result = perform(there, "p1@contoso.kr", "MAIL2@contoso.kr", PEOPLE[3]["id"])
        assert [(request.method, request.path) for _moment, request in there.calls] == [
            ("POST", f"/servicePrincipals/sp/synchronization/jobs/{link.jobs[0]['id']}/provisionOnDemand")
        ] * 3
        assert there.calls[0][1].body == {
            "parameters": [{"ruleId": "a-rule-of-its-own", "subjects": [{"objectId": PEOPLE[1]["id"], "objectTypeName": "User"}]}]
        }
        assert there.asked == [PEOPLE[number]["id"] for number in (1, 2, 3)]
        assert result["changed"] is True
        assert [one["user"] for one in result["outcomes"]] == ["p1@contoso.kr", "p2@contoso.kr", "p3@contoso.kr"]
        assert result["actions"][0] == {"verb": "provision", "object": "user p1@contoso.kr in configuration Fabrikam", "tenant": SOURCE}
        assert result["failed_users"] == []

    @pytest.mark.parametrize("state", ["Disabled", "Active"])
    def test_the_job_need_not_be_started(self, state: str) -> None:
        """Fact sheet 3.5: it works while the job is paused or never started."""
        assert perform(service(ready(jobs=[new_job(state=state)])), "p1@contoso.kr")["changed"] is True

    def test_somebody_named_twice_is_provisioned_once(self) -> None:
        there = service()
        result = perform(there, "p1@contoso.kr", "mail1@contoso.kr", PEOPLE[1]["id"], "P1@CONTOSO.KR")
        assert there.asked == [PEOPLE[1]["id"]]
        assert len(result["outcomes"]) == 1

    @pytest.mark.parametrize(
        ("report", "changed", "failed"),
        [
            pytest.param(CREATED, True, [], id="success"),
            pytest.param({"statusInfo": {"status": "Skipped"}}, False, [], id="skipped"),
            pytest.param({"statusInfo": {"status": "Failure"}}, False, ["p1@contoso.kr"], id="failure"),
        ],
    )
    def test_a_skipped_person_is_no_change(self, report: dict[str, Any], changed: bool, failed: list[str]) -> None:
        """Fact sheet 3.5: a skipped user is still HTTP 200."""
        result = perform(service(answers={PEOPLE[1]["id"]: Reply(200, how_to(report))}), "p1@contoso.kr")
        assert (result["changed"], bool(result["actions"]), result["failed_users"]) == (changed, changed, failed)

    @pytest.mark.parametrize("status", [400, 409, 422])
    def test_one_that_the_service_cannot_take_does_not_keep_the_others_waiting(self, status: int) -> None:
        there = service(answers={PEOPLE[1]["id"]: refusal(status, "Request_BadRequest", "Not this one.")})
        result = perform(there, "p1@contoso.kr", "p2@contoso.kr")
        first = result["outcomes"][0]
        assert (first["status"], first["code"], first["reason"]) == ("failure", "Request_BadRequest", "Not this one.")
        assert [one["status"] for one in result["outcomes"]] == ["failure", "success"]
        assert result["failed_users"] == ["p1@contoso.kr"]
        assert result["changed"] is True

    @pytest.mark.parametrize(
        "error",
        [
            refusal(401, "UnknownError"),
            refusal(403, "Authorization_RequestDenied"),
            refusal(404, "ResourceNotFound"),
            refusal(429, "Throttled"),
        ],
        ids=["401", "403", "404", "429"],
    )
    def test_what_stops_one_would_stop_all(self, monkeypatch: pytest.MonkeyPatch, error: Reply) -> None:
        there = service(answers={PEOPLE[1]["id"]: error})
        assert fail(monkeypatch, there, "p1@contoso.kr", "p2@contoso.kr").details["error"]["status"] == error.status
        assert there.asked == [PEOPLE[1]["id"]]

    @pytest.mark.parametrize("lost", [Lost(), refusal(503, "ServiceUnavailable")], ids=["no answer", "HTTP 503"])
    def test_a_lost_answer_is_not_repeated(self, monkeypatch: pytest.MonkeyPatch, lost: Outcome) -> None:
        there = service(answers={PEOPLE[1]["id"]: lost})
        failure = fail(monkeypatch, there, "p1@contoso.kr")
        assert "may or may not have been made" in failure.msg
        assert there.asked == [PEOPLE[1]["id"]]
        assert failure.details["unknown_users"] == ["p1@contoso.kr"]

    def test_a_failure_tells_who_was_provisioned_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        there = service(answers={PEOPLE[2]["id"]: refusal(403, "Authorization_RequestDenied")})
        failure = fail(monkeypatch, there, "p1@contoso.kr", "p2@contoso.kr")
        details = failure.details
        assert details.get("changed") is True
        assert "Already done: provision user p1@contoso.kr in configuration Fabrikam." in failure.msg
        assert [one["user"] for one in details["outcomes"]] == ["p1@contoso.kr"]

    def test_every_outcome_has_the_same_members(self) -> None:
        there = service(answers={PEOPLE[1]["id"]: refusal(400, "Request_BadRequest")})
        outcomes = perform(there, "p1@contoso.kr", "p2@contoso.kr")["outcomes"]
        planned = perform(service(), "p1@contoso.kr", check=True)["outcomes"]
        assert {frozenset(one) for one in outcomes + planned} == {frozenset({"user", *EMPTY})}

    @pytest.mark.parametrize("check", [True, False])
    def test_unknown_people_are_all_named_before_anybody_is_provisioned(self, check: bool) -> None:
        there = service()
        with pytest.raises(Refusal, match=r"there is no user 'typo@contoso\.kr', 'other@contoso\.kr'"):
            perform(there, "p1@contoso.kr", "typo@contoso.kr", "other@contoso.kr", check=check)
        assert there.calls == []

    def test_nobody(self) -> None:
        there = service()
        assert perform(there) == {"changed": False, "actions": [], "outcomes": [], "failed_users": [], "unknown_users": []}
        assert there.calls == []


class TestMissing:
    @pytest.mark.parametrize(
        ("link", "configuration", "sentence"),
        [
            pytest.param(ready(), "Typo", "there is no configuration 'Typo'", id="no configuration"),
            pytest.param(ready(jobs=[]), "Fabrikam", "configuration 'Fabrikam' has no provisioning job", id="no job"),
            pytest.param(
                ready(jobs=[{**new_job(), "templateId": "Other"}]),
                "Fabrikam",
                "configuration 'Fabrikam' has no provisioning job",
                id="no job of ours",
            ),
        ],
    )
    def test_a_link_that_is_not_there_yet(self, link: Link, configuration: str, sentence: str) -> None:
        """Check mode of a whole play comes here before the configuration is made."""
        assert perform(service(link), "p1@contoso.kr", check=True, configuration=configuration)["outcomes"] == []
        with pytest.raises(Refusal, match=sentence):
            perform(service(link), "p1@contoso.kr", configuration=configuration)

    def test_a_schema_without_a_rule_for_people(self) -> None:
        link = ready()
        link.schema["synchronizationRules"] = []
        with pytest.raises(Refusal, match="the job of configuration 'Fabrikam' has no rule for users; restore the default mappings"):
            perform(service(link), "p1@contoso.kr")

    def test_check_mode_only_says_whom(self) -> None:
        there = service()
        result = perform(there, "p1@contoso.kr", "p2@contoso.kr", check=True)
        assert there.calls == []
        assert [(one["user"], one["status"]) for one in result["outcomes"]] == [("p1@contoso.kr", "planned"), ("p2@contoso.kr", "planned")]
        assert result["changed"] is True
        assert result["actions"] == perform(there, "p1@contoso.kr", "p2@contoso.kr")["actions"]


class TestPace:
    @pytest.mark.parametrize(("people", "waits"), [(1, 0), (5, 0), (6, 1), (10, 1), (11, 2), (26, 5)])
    def test_five_calls_in_ten_seconds(self, people: int, waits: int) -> None:
        """Fact sheet 3.5: 5 per 10 s, as the service counts, which hears of a call a little later."""
        there = service()
        perform(there, *(str(one["userPrincipalName"]) for one in PEOPLE[:people]))
        moments = [moment for moment, _request in there.calls]
        assert len(moments) == people
        assert all(later - earlier >= 10 for earlier, later in zip(moments, moments[5:], strict=False))
        assert there.clock.sleeps == [10.5] * waits

    @pytest.mark.parametrize(("took", "waits"), [(1.0, [5.5]), (1.9, [pytest.approx(1.0)]), (2.1, []), (30.0, [])])
    def test_slow_calls_need_less_waiting(self, took: float, waits: list[float]) -> None:
        there = service(took=took)
        perform(there, *(str(one["userPrincipalName"]) for one in PEOPLE[:6]))
        assert there.clock.sleeps == waits

    def test_the_waits_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        there = service()
        monkeypatch.setattr(engine, "connect", lambda *_unused: FakeGraph(there, clock=there.clock))
        given = options("sync_on_demand", configuration="Fabrikam", users=[one["userPrincipalName"] for one in PEOPLE[:11]])
        result = engine.run(on_demand.OPERATION, given, False, there.clock.pace())
        assert result["waited_seconds"] == 21.0
        assert len(result["outcomes"]) == 11
