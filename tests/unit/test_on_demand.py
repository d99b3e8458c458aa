# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioning named users immediately: both generations of the answer, failures of all users or of a user, and the pace (fact F130)."""

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
"""Worst first (fact F132)."""
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
    """The answer of the API reference: the result as key, and an object."""
    steps = [step for step in report.get("provisioningSteps") or () if isinstance(step, Mapping)]
    statuses = [(report.get("statusInfo") or {}).get("status"), *(step["status"] for step in reversed(steps))]
    result = next((status for status in statuses if status), "Success")
    return {"key": json.dumps({"result": result, "details": {}}), "value": json.dumps(report)}


@dataclass
class OnDemand:
    """A source tenant that provisions users. ``answers`` are by object id; all other users succeed."""

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
    def provisioned(self) -> list[str]:
        return [request.body["parameters"][0]["subjects"][0]["objectId"] for _moment, request in self.calls]


def service(*links: Link, answers: Mapping[str, Outcome] | None = None, took: float = 0.0) -> OnDemand:
    return OnDemand(SourceService(list(links or [ready()]), people=PEOPLE), FakeClock(), answers or {}, took)


def ready(**rest: Any) -> Link:
    link = Link("Fabrikam", **{"jobs": [new_job()], "id": "sp", **rest})
    link.schema["synchronizationRules"][0]["id"] = "user-rule"
    return link


def perform(source: OnDemand, *users: str, check: bool = False, configuration: str = "Fabrikam") -> dict[str, Any]:
    graph = FakeGraph(source, clock=source.clock)
    return on_demand.perform(
        graph, options("sync_on_demand", configuration=configuration, users=list(users)), check, source.clock.pace(longest=0)
    )


def fail(monkeypatch: pytest.MonkeyPatch, source: OnDemand, *users: str) -> RunFailure:
    monkeypatch.setattr(engine, "connect", lambda *_unused: FakeGraph(source, clock=source.clock))
    given = options("sync_on_demand", configuration="Fabrikam", users=list(users))
    with pytest.raises(RunFailure) as caught:
        engine.run(on_demand.OPERATION, given, False, source.clock.pace())
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
                id="only the steps show that it was skipped",
            ),
            pytest.param(
                {"statusInfo": {"status": "Skipped", "errorCode": "RedundantExport", "reason": "Equal already."}},
                {
                    "status": "skipped",
                    "code": "RedundantExport",
                    "reason": "Equal already.",
                    "remedy": "the user in the target is already up to date",
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
                id="only the steps show that it failed",
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
    def test_both_generations_give_the_same_outcome(self, generation: Any, report: dict[str, Any], expected: dict[str, Any]) -> None:
        """Fact F130: ``v=json(value); v=v[0] if list``. Status values are capitalised here and not in the log."""
        shown: Mapping[str, Any] = on_demand.outcome(generation(report))
        assert {name: shown[name] for name in expected} == expected

    @pytest.mark.parametrize("empty", [None, {}, []])
    def test_empty_members_break_nothing(self, empty: Any) -> None:
        names = ("statusInfo", "provisioningSteps", "modifiedProperties", "targetIdentity")
        assert on_demand.outcome(how_to(dict.fromkeys(names, empty))) == {**EMPTY, "status": "unknown"}

    @pytest.mark.parametrize("step", [None, "text", {"name": "x"}, {"name": "x", "status": None, "details": None}])
    def test_empty_steps_break_nothing(self, step: Any) -> None:
        assert on_demand.outcome(how_to({"provisioningSteps": [IMPORTED, step]})) == EMPTY

    def test_the_result_in_the_key_counts_if_the_value_contains_none(self) -> None:
        """Fact F130: the API reference puts the result and its code into the key."""
        key = '{"result":"Skipped","details":{"errorCode":"RedundantExport","errorMessage":"Equal already."}}'
        shown = on_demand.outcome({"key": key, "value": json.dumps({"provisioningSteps": [IMPORTED]})})
        assert (shown["status"], shown["code"], shown["reason"]) == ("skipped", "RedundantExport", "Equal already.")

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
    def test_an_answer_without_an_outcome_is_unknown_and_not_a_failure(self, body: Any) -> None:
        result = perform(service(answers={PEOPLE[1]["id"]: Reply(200, body)}), "p1@contoso.kr", "p2@contoso.kr")
        assert [outcome["status"] for outcome in result["outcomes"]] == ["unknown", "success"]
        assert "check the provisioning log" in result["outcomes"][0]["reason"]
        assert (result["failed_users"], result["unknown_users"]) == ([], ["p1@contoso.kr"])
        assert [action["object"] for action in result["actions"]] == ["user p2@contoso.kr in configuration Fabrikam"]

    @pytest.mark.parametrize("value", ["[]", "{}", ""])
    def test_the_result_in_the_key_is_enough(self, value: str) -> None:
        key = '{"result":"Skipped","details":{"errorCode":"RedundantExport","errorMessage":"Equal already."}}'
        shown = on_demand.outcome({"key": key, "value": value})
        assert (shown["status"], shown["code"]) == ("skipped", "RedundantExport")

    @pytest.mark.parametrize("statuses", [order for count in (1, 2, 3) for order in itertools.permutations(STATUSES, count)], ids=",".join)
    def test_of_several_entries_the_worst_decides(self, statuses: tuple[str, ...]) -> None:
        """In any order, and something was written if any of them wrote."""
        reports = [{**CREATED, "action": status, "statusInfo": {"status": status, "errorCode": status}} for status in statuses]
        body = {"key": STATUS_INFO, "value": json.dumps(reports)}
        worst = next(status for status in STATUSES if status in statuses)
        shown = on_demand.outcome(body)
        assert (shown["status"], shown["code"], shown["action"]) == (worst.lower(), worst, worst)
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
    def test_a_call_for_each_user_with_the_rule_of_the_schema(self) -> None:
        """Fact F86: the rule's id appears constant, but is always read."""
        link = ready()
        link.schema["synchronizationRules"][0]["id"] = "a-rule-of-its-own"
        source = service(link)
        result = perform(source, "p1@contoso.kr", "MAIL2@contoso.kr", PEOPLE[3]["id"])
        assert [(request.method, request.path) for _moment, request in source.calls] == [
            ("POST", f"/servicePrincipals/sp/synchronization/jobs/{link.jobs[0]['id']}/provisionOnDemand")
        ] * 3
        assert source.calls[0][1].body == {
            "parameters": [{"ruleId": "a-rule-of-its-own", "subjects": [{"objectId": PEOPLE[1]["id"], "objectTypeName": "User"}]}]
        }
        assert source.provisioned == [PEOPLE[number]["id"] for number in (1, 2, 3)]
        assert result["changed"] is True
        assert [outcome["user"] for outcome in result["outcomes"]] == ["p1@contoso.kr", "p2@contoso.kr", "p3@contoso.kr"]
        assert result["actions"][0] == {"verb": "provision", "object": "user p1@contoso.kr in configuration Fabrikam", "tenant": SOURCE}
        assert result["failed_users"] == []

    @pytest.mark.parametrize("state", ["Disabled", "Active"])
    def test_the_job_need_not_be_started(self, state: str) -> None:
        """Fact F131: it works while the job is paused or never started."""
        assert perform(service(ready(jobs=[new_job(state=state)])), "p1@contoso.kr")["changed"] is True

    def test_a_user_who_is_named_twice_is_provisioned_once(self) -> None:
        source = service()
        result = perform(source, "p1@contoso.kr", "mail1@contoso.kr", PEOPLE[1]["id"], "P1@CONTOSO.KR")
        assert source.provisioned == [PEOPLE[1]["id"]]
        assert len(result["outcomes"]) == 1

    @pytest.mark.parametrize(
        ("report", "changed", "failed"),
        [
            pytest.param(CREATED, True, [], id="success"),
            pytest.param({"statusInfo": {"status": "Skipped"}}, False, [], id="skipped"),
            pytest.param({"statusInfo": {"status": "Failure"}}, False, ["p1@contoso.kr"], id="failure"),
        ],
    )
    def test_a_skipped_user_is_no_change(self, report: dict[str, Any], changed: bool, failed: list[str]) -> None:
        """Fact F132: a skipped user is still HTTP 200."""
        result = perform(service(answers={PEOPLE[1]["id"]: Reply(200, how_to(report))}), "p1@contoso.kr")
        assert (result["changed"], bool(result["actions"]), result["failed_users"]) == (changed, changed, failed)

    @pytest.mark.parametrize("status", [400, 409, 422])
    def test_a_user_whom_the_service_rejects_does_not_prevent_the_others(self, status: int) -> None:
        source = service(answers={PEOPLE[1]["id"]: refusal(status, "Request_BadRequest", "Not this user.")})
        result = perform(source, "p1@contoso.kr", "p2@contoso.kr")
        first = result["outcomes"][0]
        assert (first["status"], first["code"], first["reason"]) == ("failure", "Request_BadRequest", "Not this user.")
        assert [outcome["status"] for outcome in result["outcomes"]] == ["failure", "success"]
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
    def test_a_failure_that_concerns_all_users_stops_the_task(self, monkeypatch: pytest.MonkeyPatch, error: Reply) -> None:
        source = service(answers={PEOPLE[1]["id"]: error})
        assert fail(monkeypatch, source, "p1@contoso.kr", "p2@contoso.kr").details["error"]["status"] == error.status
        assert source.provisioned == [PEOPLE[1]["id"]]

    @pytest.mark.parametrize("lost", [Lost(), refusal(503, "ServiceUnavailable")], ids=["no answer", "HTTP 503"])
    def test_a_lost_answer_is_not_repeated(self, monkeypatch: pytest.MonkeyPatch, lost: Outcome) -> None:
        source = service(answers={PEOPLE[1]["id"]: lost})
        failure = fail(monkeypatch, source, "p1@contoso.kr")
        assert "may or may not have been made" in failure.msg
        assert source.provisioned == [PEOPLE[1]["id"]]
        assert failure.details["unknown_users"] == ["p1@contoso.kr"]

    def test_a_failure_reports_who_was_provisioned_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        source = service(answers={PEOPLE[2]["id"]: refusal(403, "Authorization_RequestDenied")})
        failure = fail(monkeypatch, source, "p1@contoso.kr", "p2@contoso.kr")
        details = failure.details
        assert details.get("changed") is True
        assert "Already done: provision user p1@contoso.kr in configuration Fabrikam." in failure.msg
        assert [outcome["user"] for outcome in details["outcomes"]] == ["p1@contoso.kr"]

    def test_every_outcome_has_the_same_members(self) -> None:
        source = service(answers={PEOPLE[1]["id"]: refusal(400, "Request_BadRequest")})
        outcomes = perform(source, "p1@contoso.kr", "p2@contoso.kr")["outcomes"]
        planned = perform(service(), "p1@contoso.kr", check=True)["outcomes"]
        assert {frozenset(outcome) for outcome in outcomes + planned} == {frozenset({"user", *EMPTY})}

    @pytest.mark.parametrize("check", [True, False])
    def test_all_unknown_users_are_named_before_any_user_is_provisioned(self, check: bool) -> None:
        source = service()
        with pytest.raises(Refusal, match=r"there is no user 'typo@contoso\.kr', 'other@contoso\.kr'"):
            perform(source, "p1@contoso.kr", "typo@contoso.kr", "other@contoso.kr", check=check)
        assert source.calls == []

    def test_no_user(self) -> None:
        source = service()
        assert perform(source) == {"changed": False, "actions": [], "outcomes": [], "failed_users": [], "unknown_users": []}
        assert source.calls == []


class TestMissing:
    @pytest.mark.parametrize(
        ("link", "configuration", "message"),
        [
            pytest.param(ready(), "Typo", "there is no configuration 'Typo'", id="no configuration"),
            pytest.param(ready(jobs=[]), "Fabrikam", "configuration 'Fabrikam' has no provisioning job", id="no job"),
            pytest.param(
                ready(jobs=[{**new_job(), "templateId": "Other"}]),
                "Fabrikam",
                "configuration 'Fabrikam' has no provisioning job",
                id="no job of this kind",
            ),
        ],
    )
    def test_a_link_that_does_not_exist_yet(self, link: Link, configuration: str, message: str) -> None:
        """In check mode of a whole play, the configuration has not been created yet."""
        assert perform(service(link), "p1@contoso.kr", check=True, configuration=configuration)["outcomes"] == []
        with pytest.raises(Refusal, match=message):
            perform(service(link), "p1@contoso.kr", configuration=configuration)

    def test_a_schema_without_a_rule_for_users(self) -> None:
        link = ready()
        link.schema["synchronizationRules"] = []
        with pytest.raises(Refusal, match="the job of configuration 'Fabrikam' has no rule for users; restore the default mappings"):
            perform(service(link), "p1@contoso.kr")

    def test_check_mode_only_names_the_users(self) -> None:
        source = service()
        result = perform(source, "p1@contoso.kr", "p2@contoso.kr", check=True)
        assert source.calls == []
        assert [(outcome["user"], outcome["status"]) for outcome in result["outcomes"]] == [
            ("p1@contoso.kr", "planned"),
            ("p2@contoso.kr", "planned"),
        ]
        assert result["changed"] is True
        assert result["actions"] == perform(source, "p1@contoso.kr", "p2@contoso.kr")["actions"]


class TestPace:
    @pytest.mark.parametrize(("users", "waits"), [(1, 0), (5, 0), (6, 1), (10, 1), (11, 2), (26, 5)])
    def test_five_calls_in_ten_seconds(self, users: int, waits: int) -> None:
        """Fact F22: 5 per 10 s, as the service counts, which receives a call a little later."""
        source = service()
        perform(source, *(str(user["userPrincipalName"]) for user in PEOPLE[:users]))
        moments = [moment for moment, _request in source.calls]
        assert len(moments) == users
        assert all(later - earlier >= 10 for earlier, later in zip(moments, moments[5:], strict=False))
        assert source.clock.sleeps == [10.5] * waits

    @pytest.mark.parametrize(("took", "waits"), [(1.0, [5.5]), (1.9, [pytest.approx(1.0)]), (2.1, []), (30.0, [])])
    def test_slow_calls_need_less_waiting(self, took: float, waits: list[float]) -> None:
        source = service(took=took)
        perform(source, *(str(user["userPrincipalName"]) for user in PEOPLE[:6]))
        assert source.clock.sleeps == waits

    def test_the_waits_are_reported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        source = service()
        monkeypatch.setattr(engine, "connect", lambda *_unused: FakeGraph(source, clock=source.clock))
        given = options("sync_on_demand", configuration="Fabrikam", users=[user["userPrincipalName"] for user in PEOPLE[:11]])
        result = engine.run(on_demand.OPERATION, given, False, source.clock.pace())
        assert result["waited_seconds"] == 21.0
        assert len(result["outcomes"]) == 11
