# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From parameters to a result: check mode, lost answers, other links at the same time, half-done work, and secrets."""

from __future__ import annotations

import functools
import json
import re
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import CredentialProblem
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.transport import Trust
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import (
    ExchangeResource,
    Inquiry,
    LinkInquiry,
    Pace,
    Plan,
    Refusal,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import (
    configuration,
    configuration_list,
    job,
    partner,
    scope,
    tenants,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.find_configuration import TEMPLATE
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.run import run
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.clock import FakeClock
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import (
    NOT_FOUND,
    SOURCE,
    TARGET,
    FakeGraph,
    Lost,
    Outcome,
    Reply,
    refusal,
)
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import (
    EMPTY_ENTRY,
    EXISTS,
    LOST_BUT_DONE,
    NO_POLICY,
    NOT_REPLICATED,
    AfterDoing,
    Faulty,
    Link,
    PartnerService,
    SourceService,
    new_job,
)

SECRETS = {
    "client_secret": "very-secret-client-secret",
    "certificate": "very-secret-certificate",
    "certificate_passphrase": "very-secret-passphrase",
    "access_token": "very-secret-access-token",
}
CONNECTION = {"client_id": "11111111-1111-4111-8111-111111111111", **SECRETS}
MODULES: dict[Any, str] = {
    partner.RESOURCE: "cross_tenant_policy",
    configuration.RESOURCE: "sync_configuration",
    scope.RESOURCE: "sync_scope",
    mapping.RESOURCE: "sync_mapping",
    job.RESOURCE: "sync_job",
    configuration_list.INQUIRY: "sync_configuration_info",
}
NOTHING_GIVEN = (
    "no credential is given; set access_token, certificate, certificate_path, client_secret, federated_token or federated_token_file, "
    "or an auth_method that needs none of them"
)
POLICY = {"partner_tenant_id": TARGET, "user_sync_inbound": True, "redemption_inbound": True}
CONFIGURATION = {"name": "Fabrikam", "target_tenant_id": TARGET}
SCOPE = {"configuration": "Fabrikam", "mode": "assigned", "users": ["minsu.kim@contoso.kr"]}
PEOPLE = [
    {
        "id": f"00000000-0000-4000-8000-0000000000{number:02}",
        "userPrincipalName": f"{name}@contoso.kr",
        "mail": f"{name}@contoso.kr",
        "userType": "Member",
    }
    for number, name in enumerate(["minsu.kim", "jiwoo.lee", "o'brien", *(f"person{number}" for number in range(30))])
]

Answer = Callable[[Request], Outcome]
DENIED = refusal(403, "Authorization_RequestDenied")


class Host:
    """Runs a resource against a Graph in memory. Only the connection is replaced."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.clock = FakeClock()
        self.graph = FakeGraph(lambda _request: Reply(), clock=self.clock)

    def run(self, subject: Any, answer: Answer, given: Mapping[str, Any], *, check: bool = False, wait: float = 60) -> dict[str, Any]:
        self.graph = FakeGraph(answer, clock=self.clock)
        self._monkeypatch.setattr(engine, "connect", lambda *_unused: self.graph)
        pace = Pace(longest=wait, sleep=self.clock.sleep, clock=self.clock.time)
        return run(subject, {**options(MODULES.get(subject, "sync_job_info"), **given), **CONNECTION}, check, pace)

    def failure(self, subject: Any, answer: Answer, given: Mapping[str, Any], **rest: Any) -> RunFailure | None:
        try:
            self.run(subject, answer, given, **rest)
        except RunFailure as failure:
            return failure
        return None

    def fail(self, subject: Any, answer: Answer, given: Mapping[str, Any], **rest: Any) -> RunFailure:
        with pytest.raises(RunFailure) as caught:
            self.run(subject, answer, given, **rest)
        return caught.value


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def titles(result: Mapping[str, Any]) -> list[str]:
    return [f"{action['verb']} {action['object']}" for action in result["actions"]]


def connected(**rest: Any) -> Link:
    bag = {
        "AuthenticationType": "SyncPolicy",
        "CompanyId": TARGET,
        "SyncAll": "false",
        "SyncNotificationSettings": '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":500}',
    }
    return Link("Fabrikam", **{"bag": bag, "jobs": [new_job()], **rest})


class TestResult:
    def test_the_keys_are_the_same_in_check_mode_in_a_real_run_and_without_a_change(self, host: Host) -> None:
        service = PartnerService()
        results = [host.run(partner.RESOURCE, service, POLICY, check=check) for check in (True, False, False)]
        assert len({tuple(sorted(result)) for result in results}) == 1
        assert [result["changed"] for result in results] == [True, True, False]

    def test_check_mode_predicts_and_writes_nothing(self, host: Host) -> None:
        service = SourceService()
        predicted = host.run(configuration.RESOURCE, service, CONFIGURATION, check=True)
        assert host.graph.writes == []
        assert service.links == []
        done = host.run(configuration.RESOURCE, service, CONFIGURATION)
        assert predicted["actions"] == done["actions"]
        assert predicted["diff"] == done["diff"]
        assert titles(done) == [
            "create configuration Fabrikam",
            "create provisioning job of configuration Fabrikam",
            "save settings of configuration Fabrikam (target_tenant_id, deletion_threshold)",
        ]
        assert done["configuration"]["job_id"]
        assert host.run(configuration.RESOURCE, service, CONFIGURATION)["changed"] is False

    def test_check_mode_of_a_link_that_does_not_exist_yet(self, host: Host) -> None:
        service = SourceService(people=PEOPLE)
        mappings = {"configuration": "Fabrikam", "mappings": [{"target": "employeeId", "state": "absent"}]}
        for resource, given in (
            (scope.RESOURCE, SCOPE),
            (mapping.RESOURCE, mappings),
            (job.RESOURCE, {"configuration": "Fabrikam", "state": "started"}),
        ):
            result = host.run(resource, service, given, check=True)
            assert result["changed"]
            assert host.graph.writes == []
            failure = host.fail(resource, service, given)
            assert failure.msg == f"Tenant {SOURCE}: there is no configuration 'Fabrikam'; run sync_configuration first."
            assert host.graph.writes == []

    @pytest.mark.parametrize(
        ("resource", "given"),
        [
            pytest.param(job.RESOURCE, {"configuration": "Typo", "state": "paused"}, id="job"),
            pytest.param(scope.RESOURCE, {"configuration": "Typo", "mode": "assigned"}, id="scope"),
            pytest.param(mapping.RESOURCE, {"configuration": "Typo", "user_type": "member"}, id="mapping"),
        ],
    )
    def test_a_configuration_that_is_not_there_is_refused_even_if_it_would_need_no_change(
        self, host: Host, resource: Any, given: dict[str, Any]
    ) -> None:
        """Check mode plans with an object that will be created; a real run that finds none must not succeed."""
        assert host.run(resource, SourceService(), given, check=True)["changed"] is False
        assert "there is no configuration 'Typo'" in host.fail(resource, SourceService(), given).msg

    @pytest.mark.parametrize(
        ("resource", "given"),
        [
            pytest.param(job.RESOURCE, {"configuration": "Gone", "state": "absent"}, id="job"),
            pytest.param(scope.RESOURCE, {**SCOPE, "configuration": "Gone", "state": "absent", "mode": None}, id="scope"),
        ],
    )
    def test_absent_accepts_a_missing_configuration(self, host: Host, resource: Any, given: dict[str, Any]) -> None:
        assert host.run(resource, SourceService(people=PEOPLE), given)["changed"] is False

    def test_a_read_that_fails_is_a_failure_in_check_mode_too(self, host: Host) -> None:
        failure = host.fail(partner.RESOURCE, lambda _request: refusal(403, "Authorization_RequestDenied"), POLICY, check=True)
        assert "Policy.Read.All (or Policy.ReadWrite.CrossTenantAccess)" in failure.msg
        assert failure.details["error"] == {
            "status": 403,
            "code": "Authorization_RequestDenied",
            "request_id": "inner-request",
            "client_request_id": None,
            "method": "GET",
            "path": f"/policies/crossTenantAccessPolicy/partners/{TARGET}",
        }

    def test_a_refusal_names_the_tenant(self, host: Host) -> None:
        def refuse(_client: Client, _params: Mapping[str, Any]) -> dict[str, Any]:
            raise Refusal("it cannot be")

        assert host.fail(Inquiry(refuse), lambda _request: Reply(), {"configuration": "x"}).msg == f"Tenant {SOURCE}: it cannot be."

    def test_waits_are_reported(self, host: Host) -> None:
        result = host.run(configuration.RESOURCE, SourceService(list_lag=4), CONFIGURATION)
        assert result["waited_seconds"] == pytest.approx(sum(host.clock.sleeps), abs=0.1)
        assert result["waited_seconds"] > 0
        assert result["configuration"]["service_principal_id"]

    def test_changes_that_do_not_show_in_time_are_warned_of(self, host: Host) -> None:
        result = host.run(configuration.RESOURCE, SourceService(list_lag=1000), CONFIGURATION, wait=5)
        assert result["changed"]
        assert result["warnings"] == [
            "the service has not shown these changes yet: create configuration Fabrikam, create provisioning job of configuration Fabrikam, "
            "save settings of configuration Fabrikam (target_tenant_id, deletion_threshold)"
        ]

    def test_an_empty_option_counts_as_not_given(self, host: Host) -> None:
        service = PartnerService(EMPTY_ENTRY)
        assert host.run(partner.RESOURCE, service, {"partner_tenant_id": TARGET, "display_name": ""})["changed"] is False

    def test_facts_about_the_change_itself_are_in_the_result_of_a_real_run(self, host: Host) -> None:
        """The plan after reading back is empty; it must not replace these facts."""
        link = connected(jobs=[new_job(state="Active")])
        link.bag["SyncAll"] = "true"
        service = SourceService([link], people=PEOPLE)
        predicted = host.run(scope.RESOURCE, service, SCOPE, check=True)
        done = host.run(scope.RESOURCE, service, SCOPE)
        assert (predicted["restart_needed"], done["restart_needed"]) == (True, True)
        assert host.run(scope.RESOURCE, service, SCOPE)["restart_needed"] is False

    def test_a_changed_mapping_gives_the_backup_of_what_was_before(self, host: Host) -> None:
        link = connected(jobs=[new_job(state="Active")])
        before = json.loads(json.dumps(link.schema))
        service = SourceService([link])
        given = {"configuration": "Fabrikam", "mappings": [{"target": "employeeId", "state": "absent"}]}
        predicted = host.run(mapping.RESOURCE, service, given, check=True)
        done = host.run(mapping.RESOURCE, service, given)
        assert predicted["backup"] == done["backup"] == before
        assert (predicted["restart_needed"], done["restart_needed"]) == (True, True)
        unchanged = host.run(mapping.RESOURCE, service, given)
        assert (unchanged["backup"], unchanged["restart_needed"]) == (None, False)


class TestLostAnswers:
    @pytest.mark.parametrize("lost", [LOST_BUT_DONE, AfterDoing(refusal(503, "ServiceUnavailable"))], ids=["no answer", "HTTP 503"])
    @pytest.mark.parametrize("request_", [r"POST .*/partners$", r"PUT .*/identitySynchronization$"])
    def test_what_was_made_all_the_same_is_not_repeated(self, host: Host, request_: str, lost: AfterDoing) -> None:
        service = PartnerService()
        result = host.run(partner.RESOURCE, Faulty(service, {request_: [lost]}), POLICY)
        assert titles(result) == [
            f"create partner {TARGET}",
            f"create identity synchronization with partner {TARGET} (user_sync_inbound)",
        ]
        assert len(host.graph.writes) == 2

    @pytest.mark.parametrize("request_", [r"POST .*/partners$", r"PUT .*/identitySynchronization$"])
    def test_what_was_not_made_is_made_after_reading(self, host: Host, request_: str) -> None:
        service = PartnerService()
        result = host.run(partner.RESOURCE, Faulty(service, {request_: [Lost()]}), POLICY)
        assert result["changed"]
        assert len(host.graph.writes) == 3
        assert service.policy is not None
        assert len(titles(result)) == 2

    @pytest.mark.parametrize(
        "lost",
        [LOST_BUT_DONE, AfterDoing(refusal(404, "Request_ResourceNotFound")), AfterDoing(refusal(500, "Fault"))],
        ids=["no answer", "HTTP 404", "HTTP 500"],
    )
    @pytest.mark.parametrize("list_lag", [0, 3])
    def test_a_configuration_made_in_spite_of_the_answer_is_found_and_not_made_again(
        self, host: Host, lost: AfterDoing, list_lag: int
    ) -> None:
        """Fact F16: instantiate sometimes answers 404 although the application was created."""
        service = SourceService(list_lag=list_lag)
        result = host.run(configuration.RESOURCE, Faulty(service, {"instantiate": [lost]}), CONFIGURATION)
        assert len(service.links) == 1
        assert titles(result)[0] == "create configuration Fabrikam"
        assert len(titles(result)) == 3
        assert service.links[0].bag["CompanyId"] == TARGET

    @pytest.mark.parametrize("lost", [Lost(), refusal(404, "Request_ResourceNotFound"), refusal(500, "Fault")], ids=str)
    def test_a_configuration_is_never_instantiated_twice(self, host: Host, lost: Outcome) -> None:
        service = SourceService()
        failure = host.fail(configuration.RESOURCE, Faulty(service, {"instantiate": [lost]}), CONFIGURATION, wait=20)
        assert [write for write in host.graph.writes if "instantiate" in write] == [f"POST /applicationTemplates/{TEMPLATE}/instantiate"]
        assert sum(host.clock.sleeps) == pytest.approx(20)
        assert "could not create configuration Fabrikam" in failure.msg
        assert "Nothing was changed" not in failure.msg
        assert failure.details["changed"] is False

    def test_a_throttled_instantiate_is_safe_to_repeat(self, host: Host) -> None:
        """429 means that nothing was done; the client itself repeats it, so it is not uncertain here."""
        failure = host.fail(
            configuration.RESOURCE, Faulty(SourceService(), {"instantiate": [refusal(429, "TooManyRequests")]}), CONFIGURATION
        )
        assert "throttling" in failure.msg

    @pytest.mark.parametrize("made", [True, False])
    def test_instantiate_is_not_repeated_whatever_header_comes_with_the_error(self, host: Host, made: bool) -> None:
        """A 503 with Retry-After after which the application existed led to a second application, and every later run was refused."""
        service = SourceService()
        busy = refusal(503, "ServiceUnavailable", headers={"Retry-After": "7"})
        answer = Faulty(service, {"instantiate": [AfterDoing(busy) if made else busy]})
        if made:
            host.run(configuration.RESOURCE, answer, CONFIGURATION)
        else:
            host.fail(configuration.RESOURCE, answer, CONFIGURATION, wait=20)
        assert sum("instantiate" in write for write in host.graph.writes) == 1
        assert len(service.links) == made

    @pytest.mark.parametrize("made", [True, False])
    @pytest.mark.parametrize("request_", ["POST .*/jobs$", "PUT .*/secrets$"])
    def test_what_may_be_made_again_is_made_in_one_run_after_the_wait_that_the_service_wants(
        self, host: Host, request_: str, made: bool
    ) -> None:
        service = SourceService()
        busy = refusal(503, "ServiceUnavailable", headers={"Retry-After": "7"})
        result = host.run(configuration.RESOURCE, Faulty(service, {request_: [AfterDoing(busy) if made else busy]}), CONFIGURATION)
        assert (len(service.links), len(service.links[0].jobs)) == (1, 1)
        assert service.links[0].bag["CompanyId"] == TARGET
        assert len(titles(result)) == 3
        assert 7 in host.clock.sleeps

    def test_there_is_no_long_wait_before_it(self, host: Host) -> None:
        busy = refusal(503, "ServiceUnavailable", headers={"Retry-After": "7200"})
        failure = host.fail(configuration.RESOURCE, Faulty(SourceService(), {"POST .*/jobs$": [busy] * 9}), CONFIGURATION)
        assert "could not create provisioning job" in failure.msg
        assert sum(host.clock.sleeps) < 60

    @pytest.mark.parametrize("request_", ["POST .*/jobs$", "PUT .*/secrets$"])
    @pytest.mark.parametrize("list_lag", [0, 2, 6])
    @pytest.mark.parametrize("made", [True, False])
    def test_a_lost_answer_while_the_new_configuration_is_not_listed_makes_no_second_one(
        self, host: Host, request_: str, list_lag: int, made: bool
    ) -> None:
        """Fact F15: up to fifteen seconds pass until a new configuration is listed."""
        service = SourceService(list_lag=list_lag)
        host.run(configuration.RESOURCE, Faulty(service, {request_: [LOST_BUT_DONE if made else Lost()]}), CONFIGURATION)
        assert len(service.links) == 1
        assert len(service.links[0].jobs) == 1
        assert service.links[0].bag["CompanyId"] == TARGET

    def test_a_job_that_was_made_and_does_not_show_yet(self, host: Host) -> None:
        """Fact F70: a second attempt may be a conflict that does not pass. An object in the list exists."""
        service = SourceService()
        faults: dict[str, list[Any]] = {
            "POST .*/jobs$": [LOST_BUT_DONE, *[refusal(409, "JobAlreadyExists")] * 1000],
            "GET .*/jobs$": [Reply(200, {"value": []})] * 2,
        }
        result = host.run(configuration.RESOURCE, Faulty(service, faults), CONFIGURATION)
        assert len(service.links[0].jobs) == 1
        assert titles(result)[1] == "create provisioning job of configuration Fabrikam"
        assert len(titles(result)) == 3
        assert sum(host.clock.sleeps) < 5

    @pytest.mark.parametrize("new", [True, False])
    @pytest.mark.parametrize("template", ["Azure2Azure", "AzureAD2Other"])
    def test_a_job_that_is_there_although_creating_one_is_a_conflict(self, host: Host, template: str, new: bool) -> None:
        """Fact F70. Its own job is used, and another job is reported immediately; formerly it looped until the time was used up."""
        link = Link("Fabrikam", {}, []) if new else connected(jobs=[])
        service = SourceService([] if new else [link])
        existing = {**new_job("9"), "templateId": template}

        def answer(request: Request) -> Outcome:
            if request.method == "POST" and request.path.endswith("/jobs"):
                service.links[0].jobs = [existing]
                return refusal(409, "JobAlreadyExists")
            return service(request)

        if template == "Azure2Azure":
            assert host.run(configuration.RESOURCE, answer, CONFIGURATION)["configuration"]["job_id"] == "Azure2Azure.9"
        else:
            failure = host.fail(configuration.RESOURCE, answer, CONFIGURATION, wait=600)
            assert "already has a job of another template: Azure2Azure.9 (template AzureAD2Other); remove it, and run again." in failure.msg
            assert failure.details.get("changed", False) is new
        assert sum(host.clock.sleeps) < 5

    def test_a_conflict_with_a_job_that_is_not_listed_ends_within_seconds(self, host: Host) -> None:
        answer = Faulty(SourceService([connected(jobs=[])]), {"POST .*/jobs$": [refusal(409, "JobAlreadyExists")] * 1000})
        failure = host.fail(configuration.RESOURCE, answer, CONFIGURATION, wait=600)
        assert "does not create a job for configuration 'Fabrikam', because it has a job (HTTP 409), but it lists none" in failure.msg
        assert failure.msg.count("; ") == 1
        assert sum(host.clock.sleeps) < 10
        assert len(host.graph.writes) < 10

    def test_a_conflict_of_a_new_configuration_passes(self, host: Host) -> None:
        """Fact F4: a new object's synchronization endpoints answer 409 for a while."""
        answer = Faulty(SourceService(), {"POST .*/jobs$": [refusal(409, "Conflict")] * 8})
        assert host.run(configuration.RESOURCE, answer, CONFIGURATION)["configuration"]["job_id"]

    def test_a_lost_batch_is_reported_completely(self, host: Host) -> None:
        """All users were assigned by this run, so all belong in the result."""
        service = SourceService([connected()], people=PEOPLE)
        names = [user["userPrincipalName"] for user in PEOPLE[:3]]
        lost: dict[str, list[Any]] = {r"POST .*/appRoleAssignedTo": [LOST_BUT_DONE] * 3}
        result = host.run(scope.RESOURCE, Faulty(service, lost), {**SCOPE, "users": names})
        assert len(service.links[0].assignments) == 3
        assert len(titles(result)) == 3

    @pytest.mark.parametrize("lost", [Lost(), LOST_BUT_DONE])
    def test_assignments_after_a_lost_batch(self, host: Host, lost: Any) -> None:
        service = SourceService([connected()], people=PEOPLE)
        names = [user["userPrincipalName"] for user in PEOPLE[:25]]
        host.run(scope.RESOURCE, Faulty(service, {r"POST .*/appRoleAssignedTo": [lost, lost]}), {**SCOPE, "users": names})
        assert len({assignment["principalId"] for assignment in service.links[0].assignments}) == len(service.links[0].assignments) == 25


class TestOtherLinks:
    def test_a_partner_that_another_link_made_at_the_same_moment(self, host: Host) -> None:
        """Fact F6: 409 on POST. The values that the other run set stay."""
        service = PartnerService()

        class Race:
            def __call__(self, request: Request) -> Outcome:
                if request.method == "POST" and service.entry is None:
                    service.entry = {**EMPTY_ENTRY, "automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": True}}
                    return EXISTS
                return service(request)

        result = host.run(partner.RESOURCE, Race(), POLICY)
        assert service.entry is not None
        assert service.entry["automaticUserConsentSettings"] == {"inboundAllowed": True, "outboundAllowed": True}
        assert result["partner"]["redemption_outbound"] is True

    @pytest.mark.parametrize(
        ("before", "method", "meanwhile"), [(None, "PUT", {"userSyncInbound": None}), ({"userSyncInbound": None}, "PATCH", None)]
    )
    def test_the_identity_synchronization_appears_or_vanishes_in_between(
        self, host: Host, before: Any, method: str, meanwhile: Any
    ) -> None:
        """Fact F42: absent, PUT; on 409, PATCH; on 404, PUT."""
        service = PartnerService(dict(EMPTY_ENTRY), before)
        changes = iter([meanwhile])

        def answer(request: Request) -> Outcome:
            if request.method == method:
                service.policy = next(changes, service.policy)
            return service(request)

        result = host.run(partner.RESOURCE, answer, {**POLICY, "redemption_inbound": None})
        assert result["partner"]["user_sync_inbound"] is True
        assert service.policy is not None
        assert service.policy["userSyncInbound"] == {"isSyncAllowed": True}

    def test_a_conflict_that_stays_ends(self, host: Host) -> None:
        service = PartnerService()
        failure = host.fail(partner.RESOURCE, Faulty(service, {"POST": [EXISTS] * 1000}), POLICY, wait=10)
        assert "Request_MultipleObjectsWithSameKeyValue" in failure.msg
        assert len(host.graph.writes) < 50

    def test_an_assignment_that_another_run_made(self, host: Host) -> None:
        service = SourceService([connected()], people=PEOPLE)

        def answer(request: Request) -> Outcome:
            if request.method == "POST" and "appRoleAssignedTo" in request.path:
                service.links[0].assign(request.body["principalId"])
            return service(request)

        assert host.run(scope.RESOURCE, answer, SCOPE)["scope"]["assigned"][0]["name"] == "minsu.kim@contoso.kr"


class TestTheSettingsBag:
    """The bag has no ETag: an administrator edits it in the portal during the run (fact F17)."""

    @staticmethod
    def edited(service: SourceService, **changes: str) -> Answer:
        """The bag is edited after it was read for planning."""
        reads = [0]

        def answer(request: Request) -> Outcome:
            outcome = service(request)
            if (request.method, request.path.rpartition("/")[2]) == ("GET", "secrets"):
                reads[0] += 1
                if reads[0] == 1:
                    service.links[0].bag.update(changes)
            return outcome

        return answer

    MINE: ClassVar = {"deletion_threshold": 20}

    def test_what_was_edited_is_kept_and_said(self, host: Host) -> None:
        service = SourceService([connected(jobs=[new_job()])])
        members = {"Enabled": True, "Recipients": "new@contoso.kr"}
        answer = self.edited(service, Domain="new", SyncAll="true", SyncNotificationSettings=json.dumps(members))
        result = host.run(configuration.RESOURCE, answer, {**CONFIGURATION, **self.MINE})
        bag = service.links[0].bag
        assert (bag["Domain"], bag["SyncAll"]) == ("new", "true")
        assert json.loads(bag["SyncNotificationSettings"]) == {**members, "DeleteThresholdEnabled": True, "DeleteThresholdValue": 20}
        assert [warning for warning in result["warnings"] if "another process has changed something at the same time" in warning]

    def test_the_scope_mode_keeps_what_was_edited(self, host: Host) -> None:
        service = SourceService([connected(jobs=[new_job()])], people=PEOPLE)
        result = host.run(scope.RESOURCE, self.edited(service, Domain="new"), {"configuration": "Fabrikam", "mode": "all"})
        assert (service.links[0].bag["Domain"], service.links[0].bag["SyncAll"]) == ("new", "true")
        assert len(result["warnings"]) == 1

    def test_nothing_is_said_without_an_edit(self, host: Host) -> None:
        service = SourceService([connected(jobs=[new_job()])], rewrites=True)
        assert host.run(configuration.RESOURCE, service, {**CONFIGURATION, **self.MINE})["warnings"] == []

    def test_one_that_was_connected_to_another_tenant_is_refused(self, host: Host) -> None:
        service = SourceService([Link("Fabrikam", jobs=[new_job()])])
        failure = host.fail(configuration.RESOURCE, self.edited(service, CompanyId=SOURCE), CONFIGURATION)
        assert f"another process has set CompanyId to '{SOURCE}' since it was read" in failure.msg
        assert failure.msg.endswith("Nothing was changed. Running again is safe.")
        assert service.links[0].bag == {"CompanyId": SOURCE}

    def test_an_edit_that_overwrites_ours_is_no_success(self, host: Host) -> None:
        service = SourceService([connected(jobs=[new_job()])])
        before = dict(service.links[0].bag)

        def answer(request: Request) -> Outcome:
            outcome = service(request)
            if request.method == "PUT":
                service.links[0].bag = before
            return outcome

        failure = host.fail(configuration.RESOURCE, answer, {**CONFIGURATION, **self.MINE})
        assert "another process has changed it at the same time" in failure.msg


class TestForetelling:
    """Check mode of a whole play: a later task plans with the changes of an earlier task."""

    REMOVE: ClassVar = (configuration.RESOURCE, {**CONFIGURATION, "state": "absent"})
    CLOSE: ClassVar = (partner.RESOURCE, {"partner_tenant_id": TARGET, "inherit": ["redemption_outbound"], "state": "absent"})

    @staticmethod
    def play(host: Host, monkeypatch: pytest.MonkeyPatch, *tasks: tuple[Any, Any], check: bool, answer: Any = None) -> list[Any]:
        """Tasks of one run, which share what they have read."""
        entry = {**EMPTY_ENTRY, "automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": True}}
        policy, source = PartnerService(entry), answer or SourceService([connected(jobs=[new_job()])])
        graph = FakeGraph(lambda request: (policy if request.path.startswith("/policies") else source)(request), clock=host.clock)
        monkeypatch.setattr(engine, "connect", lambda *_unused: graph)
        return [run(subject, options(MODULES[subject], **given), check, host.clock.pace(1)) for subject, given in tasks]

    def test_a_removal_gives_back_the_trust_in_check_mode_as_in_a_run(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        checked, done = (self.play(host, monkeypatch, self.REMOVE, self.CLOSE, check=check) for check in (True, False))
        assert [titles(result) for result in checked] == [titles(result) for result in done]
        assert titles(done[1]) == [f"delete partner {TARGET}"]
        assert [result["diff"] for result in checked] == [result["diff"] for result in done]

    def test_without_the_removal_the_trust_stays(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        for check in (True, False):
            (kept,) = self.play(host, monkeypatch, self.CLOSE, check=check)
            assert (kept["changed"], kept["still_served_by"]) == (False, ["Fabrikam"])

    def test_a_rehearsal_deceives_no_run(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        """A play can contain tasks in check mode and others."""
        service = SourceService([connected(jobs=[new_job()])])
        graph = FakeGraph(service, clock=host.clock)
        monkeypatch.setattr(engine, "connect", lambda *_unused: graph)
        given = options("sync_configuration", **self.REMOVE[1])
        rehearsed, again, done = (run(configuration.RESOURCE, given, check, host.clock.pace(1)) for check in (True, True, False))
        assert titles(rehearsed) == titles(again) == titles(done) != []
        assert service.links == []

    def test_a_removal_that_failed_keeps_the_trust(self, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
        denied = Faulty(
            SourceService([connected(jobs=[new_job()])]), {"DELETE /applications": [refusal(403, "Authorization_RequestDenied")]}
        )
        with pytest.raises(RunFailure):
            self.play(host, monkeypatch, self.REMOVE, check=False, answer=denied)
        (kept,) = self.play(host, monkeypatch, self.CLOSE, check=False, answer=denied)
        assert kept["still_served_by"] == ["Fabrikam"]


class TestLag:
    def test_a_new_partner_that_a_replica_does_not_know_yet(self, host: Host) -> None:
        """Fact F8: Directory_ObjectNotFound is also replica lag right after creation."""
        service = PartnerService()
        host.run(partner.RESOURCE, Faulty(service, {r"PUT .*/identitySynchronization": [NO_POLICY, NO_POLICY]}), POLICY)
        assert service.policy is not None

    @pytest.mark.parametrize("refused", [refusal(404, "Request_ResourceNotFound"), NOT_REPLICATED], ids=str)
    def test_the_first_assignment_to_a_new_configuration(self, host: Host, refused: Reply) -> None:
        """Fact F5: right after instantiate 404, or 400 'Not a valid reference update'."""
        service = SourceService([connected()], people=PEOPLE)
        host.run(scope.RESOURCE, Faulty(service, {r"POST .*/appRoleAssignedTo": [refused, refused]}), SCOPE)
        assert len(service.links[0].assignments) == 1

    @pytest.mark.parametrize(
        "refused", [refusal(403, "Forbidden"), refusal(409, "Conflict"), refusal(404, "Request_ResourceNotFound")], ids=str
    )
    def test_synchronization_calls_right_after_instantiate(self, host: Host, refused: Reply) -> None:
        """Fact F4."""
        service = SourceService()
        faults: dict[str, list[Any]] = {"validateCredentials": [refused, refused], "POST .*/jobs$": [refused], "PUT .*/secrets": [refused]}
        result = host.run(configuration.RESOURCE, Faulty(service, dict(faults)), CONFIGURATION)
        assert result["configuration"]["job_id"]

    @pytest.mark.parametrize(
        "code", ["AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure", "AzureDirectoryB2BManagementPolicyCheckFailure"]
    )
    def test_a_trust_switch_that_has_not_spread_yet(self, host: Host, code: str) -> None:
        result = host.run(configuration.RESOURCE, Faulty(SourceService(), {"validateCredentials": [refusal(400, code)] * 3}), CONFIGURATION)
        assert result["changed"]

    def test_a_trust_switch_that_stays_off(self, host: Host) -> None:
        code = "AzureActiveDirectoryCrossTenantSyncPolicyCheckFailure"
        failure = host.fail(
            configuration.RESOURCE, Faulty(SourceService(), {"validateCredentials": [refusal(400, code)] * 1000}), CONFIGURATION, wait=20
        )
        assert "the source needs redemption_outbound for the target" in failure.msg
        assert "Already done: create configuration Fabrikam." in failure.msg


@dataclass
class Forgetful:
    """A service in which every second read of this reaches a replica that does not show the configuration (fact F14)."""

    service: SourceService
    reading: str
    first_knows: bool = True
    readings: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: Request) -> Outcome:
        """The objects that this replica shows."""
        if not re.search(self.reading, f"{request.method} {request.path}"):
            return self.service(request)
        self.readings[request.path] += 1
        if self.readings[request.path] % 2 == self.first_knows:
            return self.service(request)
        return Reply(200, {"value": []}) if "?" in request.path else NOT_FOUND


class TestStaleReplicas:
    """An object that one read returned may be missing in the next read, in any task after the task that created it."""

    @pytest.mark.parametrize(
        ("resource", "given"),
        [
            pytest.param(scope.RESOURCE, SCOPE, id="scope"),
            pytest.param(job.RESOURCE, {"configuration": "Fabrikam", "state": "started"}, id="job"),
            pytest.param(job.RESOURCE, {"configuration": "Fabrikam", "state": "restarted"}, id="restart"),
            pytest.param(mapping.RESOURCE, {"configuration": "Fabrikam", "user_type": "guest"}, id="mapping"),
        ],
    )
    @pytest.mark.parametrize("reading", [r"GET /servicePrincipals\?", r"GET .*/(secrets|jobs)$"])
    @pytest.mark.parametrize("first_knows", [True, False])
    def test_what_an_earlier_task_made(self, host: Host, resource: Any, given: dict[str, Any], reading: str, first_knows: bool) -> None:
        expected = host.run(resource, SourceService([connected(jobs=[new_job()])], people=PEOPLE), given)
        result = host.run(resource, Forgetful(SourceService([connected(jobs=[new_job()])], people=PEOPLE), reading, first_knows), given)
        assert titles(result) == titles(expected) != []
        assert set(result) == set(expected)
        assert result["warnings"] == expected["warnings"]

    @pytest.mark.parametrize("made", [True, False])
    def test_a_lost_answer(self, host: Host, made: bool) -> None:
        """A second read reaches a replica without the configuration; it must not be reported as missing."""
        service = SourceService([connected(jobs=[new_job()])], people=PEOPLE)
        lost: dict[str, list[Any]] = {"POST .*/start$": [LOST_BUT_DONE if made else Lost()]}
        given = {"configuration": "Fabrikam", "state": "started"}
        answer = Faulty(Forgetful(service, r"GET /servicePrincipals\?"), lost)
        assert titles(host.run(job.RESOURCE, answer, given)) == ["start provisioning job of configuration Fabrikam"]
        assert service.links[0].jobs[0]["schedule"]["state"] == "Active"

    @pytest.mark.parametrize("reading", [r"GET /applications\?", r"GET .*/(secrets|jobs)$"])
    def test_removal(self, host: Host, reading: str) -> None:
        service = SourceService([connected(jobs=[new_job()])])
        answer = Forgetful(service, reading, first_knows=False)
        assert host.run(configuration.RESOURCE, answer, {**CONFIGURATION, "state": "absent"})["changed"]
        assert service.links == []

    def test_listing(self, host: Host) -> None:
        answer = Forgetful(SourceService([connected(jobs=[new_job()])]), r"GET .*/(secrets|jobs)$", first_knows=False)
        found = host.run(configuration_list.INQUIRY, answer, {})
        assert [configuration["name"] for configuration in found["configurations"]] == ["Fabrikam"]

    def test_a_missing_application_is_reported_within_seconds(self, host: Host) -> None:
        """The service principal of an application of another tenant has no application in this tenant."""
        answer = Faulty(SourceService([connected(jobs=[new_job()])]), {r"GET /applications\?": [Reply(200, {"value": []})] * 100})
        renaming = {**CONFIGURATION, "name": "New", "adopt": True}
        assert "has no application of its own in this tenant" in host.fail(configuration.RESOURCE, answer, renaming).msg
        assert sum(host.clock.sleeps) <= 5
        removed = host.run(configuration.RESOURCE, answer, {**CONFIGURATION, "state": "absent"})
        assert host.graph.writes[-1].startswith("DELETE /servicePrincipals/")
        assert removed["changed"]
        assert sum(host.clock.sleeps) <= 10

    @pytest.mark.parametrize("resource", [scope.RESOURCE, job.RESOURCE, mapping.RESOURCE])
    def test_a_missing_configuration_is_reported_within_seconds(self, host: Host, resource: Any) -> None:
        given = SCOPE if resource is scope.RESOURCE else {"configuration": "Fabrikam"}
        assert "there is no configuration 'Fabrikam'" in host.fail(resource, SourceService(people=PEOPLE), given).msg
        assert sum(host.clock.sleeps) <= 5


class TestHalfDoneWork:
    DENIED = refusal(401, "UnknownError")

    def test_what_was_done_is_listed(self, host: Host) -> None:
        failure = host.fail(configuration.RESOURCE, Faulty(SourceService(), {"PUT .*/secrets": [self.DENIED]}), CONFIGURATION)
        assert failure.msg.endswith(
            "Already done: create configuration Fabrikam, create provisioning job of configuration Fabrikam. Running again is safe."
        )
        assert f"Tenant {SOURCE}: could not save settings of configuration Fabrikam" in failure.msg
        assert "Synchronization.ReadWrite.All" in failure.msg
        assert [action["verb"] for action in failure.details["actions"]] == ["create", "create"]
        assert failure.details["changed"] is True
        assert failure.details["error"]["code"] == "UnknownError"

    def test_nothing_was_done(self, host: Host) -> None:
        failure = host.fail(
            partner.RESOURCE, Faulty(PartnerService(), {"POST /policies": [refusal(403, "Authorization_RequestDenied")]}), POLICY
        )
        assert failure.msg.endswith("Nothing was changed. Running again is safe.")
        assert failure.details["changed"] is False

    def test_the_first_of_two_requests_counts(self, host: Host) -> None:
        """Renaming writes the application, then the service principal."""
        service = SourceService([connected()])
        wanted = {**CONFIGURATION, "name": "Renamed", "adopt": True}
        failure = host.fail(configuration.RESOURCE, Faulty(service, {"PATCH /servicePrincipals": [DENIED]}), wanted)
        assert "Nothing was changed" not in failure.msg
        assert failure.msg.endswith("Partly done: rename configuration Fabrikam to Renamed. Running again is safe.")
        assert (failure.details["changed"], failure.details["actions"]) == (True, [])

    def test_the_first_of_two_requests_counts_in_an_earlier_attempt_too(self, host: Host) -> None:
        faults: dict[str, list[Any]] = {"PATCH /servicePrincipals": [Lost()], "PATCH /applications": [AfterDoing(Reply(204)), DENIED]}
        wanted = {**CONFIGURATION, "name": "Renamed", "adopt": True}
        failure = host.fail(configuration.RESOURCE, Faulty(SourceService([connected()]), faults), wanted)
        assert "Partly done: rename configuration Fabrikam to Renamed." in failure.msg
        assert failure.details["changed"] is True

    def test_a_test_of_the_connection_changes_nothing(self, host: Host) -> None:
        """It is a POST that changes nothing (fact F74)."""
        answer = Faulty(SourceService([connected(jobs=[])]), {r"POST .*/jobs$": [refusal(403, "Authorization_RequestDenied")]})
        failure = host.fail(configuration.RESOURCE, answer, CONFIGURATION)
        assert "POST /servicePrincipals" in failure.msg
        assert "Nothing was changed" in failure.msg
        assert failure.details["changed"] is False

    @pytest.mark.parametrize("number", range(1, 25))
    def test_the_changes_in_a_failure_are_those_that_the_service_received(self, host: Host, number: int) -> None:
        """The n-th write of a task is refused: for each, the failure says "nothing" exactly if nothing succeeded before."""
        for resource, service, given in (
            (configuration.RESOURCE, SourceService([connected(jobs=[])]), {**CONFIGURATION, "name": "Renamed", "adopt": True}),
            (configuration.RESOURCE, SourceService(), CONFIGURATION),
            (configuration.RESOURCE, SourceService([connected(jobs=[new_job(state="Active")])]), {**CONFIGURATION, "state": "absent"}),
            (scope.RESOURCE, SourceService([connected()], people=PEOPLE), {**SCOPE, "users": [user["mail"] for user in PEOPLE[:22]]}),
            (partner.RESOURCE, PartnerService(), POLICY),
        ):
            succeeded: list[Outcome] = []

            def answer(service: Any, succeeded: list[Outcome], request: Request) -> Outcome:
                if request.reads or request.path == "/$batch" or "validateCredentials" in request.path or "getByIds" in request.path:
                    outcome: Outcome = service(request)
                    return outcome
                if len(succeeded) + 1 == number:
                    return refusal(403, "Forbidden", details=["Really"])
                outcome = service(request)
                assert isinstance(outcome, Reply)
                assert outcome.status < 300
                succeeded.append(outcome)
                return outcome

            failure = host.failure(resource, functools.partial(answer, service, succeeded), given, wait=5)
            if failure:
                assert ("Nothing was changed" in failure.msg) is (not succeeded)
                assert failure.details["changed"] is bool(succeeded)

    @pytest.mark.parametrize("ambiguous", [True, False], ids=["two of one name", "denied"])
    def test_the_changes_are_reported_when_the_state_afterwards_cannot_be_read(self, host: Host, ambiguous: bool) -> None:
        """The restart of a running job is not read back; the state is only read once more."""
        service = SourceService([connected(jobs=[new_job(state="Active")])])
        restarted: list[Request] = []

        def answer(request: Request) -> Outcome:
            if request.path.endswith("/restart"):
                restarted.append(request)
            if not restarted or not request.reads or request.path == "/$batch":
                return service(request)
            if not ambiguous:
                return DENIED
            return Reply(200, {"value": [service.links[0].principal()] * 2}) if "?$filter" in request.path else NOT_FOUND

        failure = host.fail(job.RESOURCE, answer, {"configuration": "Fabrikam", "state": "restarted"})
        assert failure.msg.endswith("Already done: restart provisioning job of configuration Fabrikam.")
        assert failure.details["changed"] is True

    def test_a_second_run_continues_where_it_stopped(self, host: Host) -> None:
        service = SourceService()
        host.fail(configuration.RESOURCE, Faulty(service, {"PUT .*/secrets": [self.DENIED]}), CONFIGURATION)
        assert titles(host.run(configuration.RESOURCE, service, CONFIGURATION)) == [
            "save settings of configuration Fabrikam (target_tenant_id, deletion_threshold)"
        ]
        assert len(service.links) == 1

    @pytest.mark.parametrize("reading", [Lost(), refusal(403, "Authorization_RequestDenied")], ids=str)
    def test_the_changes_are_listed_when_reading_again_fails(self, host: Host, reading: Outcome) -> None:
        """The connection breaks in the middle: first a write loses its answer, then nothing can be read any more."""
        faults: dict[str, list[Any]] = {r"POST .*/jobs$": [Lost()]}
        broken = Faulty(SourceService(), faults)

        def answer(request: Request) -> Outcome:
            if not faults[r"POST .*/jobs$"] and request.reads:
                return reading
            return broken(request)

        failure = host.fail(configuration.RESOURCE, answer, CONFIGURATION)
        assert "create configuration Fabrikam" in failure.msg
        assert failure.details["changed"] is True

    @pytest.mark.parametrize("reading", [Lost(), refusal(403, "Authorization_RequestDenied")], ids=str)
    def test_a_lost_answer_that_cannot_be_looked_up_is_no_refusal(self, host: Host, reading: Outcome) -> None:
        service = PartnerService()
        lost: list[Request] = []

        def answer(request: Request) -> Outcome:
            if request.path == "/$batch":
                return Reply()
            if not request.reads:
                lost.append(request)
                service(request)
                return Lost()
            return reading if lost else service(request)

        failure = host.fail(partner.RESOURCE, answer, POLICY)
        assert "may or may not have been made" in failure.msg
        assert "Nothing was changed" not in failure.msg

    @pytest.mark.parametrize("reading", [Lost(), refusal(403, "Authorization_RequestDenied")], ids=str)
    def test_the_changes_are_listed_when_the_reading_back_fails(self, host: Host, reading: Outcome) -> None:
        service = PartnerService()

        def answer(request: Request) -> Outcome:
            return reading if request.reads and service.policy is not None else service(request)

        failure = host.fail(partner.RESOURCE, answer, POLICY)
        assert f"create partner {TARGET}" in failure.msg
        assert failure.details["changed"] is True

    def test_a_configuration_that_does_not_become_visible_was_created_nevertheless(self, host: Host) -> None:
        service = SourceService()

        def answer(request: Request) -> Outcome:
            path = request.path.split("?", 1)[0]
            return (
                refusal(404, "Request_ResourceNotFound")
                if path.count("/") == 2 and path.startswith("/servicePrincipals/")
                else service(request)
            )

        failure = host.fail(configuration.RESOURCE, answer, CONFIGURATION, wait=5)
        assert len(service.links) == 1
        assert "Nothing was changed" not in failure.msg
        assert failure.details["changed"] is True

    def test_assignments_that_were_made_before_the_connection_broke_are_listed(self, host: Host) -> None:
        service = SourceService([connected()], people=PEOPLE)
        names = [user["userPrincipalName"] for user in PEOPLE[:25]]

        def answer(request: Request) -> Outcome:
            # Batches are sent at the same time, so the second batch of writes is known by its size; it is refused as a whole.
            items = request.body["requests"] if request.path == "/$batch" else ()
            if len(items) == 5 and all(item["method"] == "POST" for item in items):
                return refusal(403, "Forbidden")
            return service(request)

        failure = host.fail(scope.RESOURCE, answer, {**SCOPE, "users": names})
        assert len(service.links[0].assignments) == 20
        assert len(failure.details["actions"]) == 20


class TestSecrecy:
    @pytest.mark.parametrize(
        "fault",
        [Lost(), refusal(403, "Authorization_RequestDenied"), refusal(500, "Fault"), refusal(401, "InvalidAuthenticationToken")],
        ids=str,
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
    def test_no_secret_is_in_any_failure(self, host: Host, fault: Outcome, method: str) -> None:
        service = SourceService()
        failure = host.fail(configuration.RESOURCE, Faulty(service, {f"^{method} ": [fault] * 1000}), CONFIGURATION, wait=1)
        shown = failure.msg + json.dumps(failure.details) + "".join(traceback.format_exception(failure)) + repr(failure)
        for secret in SECRETS.values():
            assert secret not in shown

    @pytest.mark.parametrize("check", [True, False])
    def test_no_secret_is_in_any_result(self, host: Host, check: bool) -> None:
        result = host.run(configuration.RESOURCE, SourceService(), CONFIGURATION, check=check)
        for secret in SECRETS.values():
            assert secret not in json.dumps(result)


class TestConnecting:
    """With the real `connect`: all faults before a connection is made."""

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"tenant_id": None}, "Tenant None: tenant_id is missing; it is the tenant's id or one of its verified domains."),
            ({"tenant_id": ""}, "Tenant None: tenant_id is missing; it is the tenant's id or one of its verified domains."),
            (
                dict.fromkeys(SECRETS),
                f"Tenant {SOURCE}: {NOTHING_GIVEN}.",
            ),
            (
                dict.fromkeys(SECRETS, ""),
                f"Tenant {SOURCE}: {NOTHING_GIVEN}.",
            ),
            (
                {"client_id": None, "access_token": None},
                f"Tenant {SOURCE}: client_id is missing; it is the application (client) id of the registration that signs in.",
            ),
            (
                {"access_token": None, "certificate_path": "/nowhere/identity.pem"},
                f"Tenant {SOURCE}: certificate_path /nowhere/identity.pem cannot be read: No such file or directory.",
            ),
            ({"access_token": None}, f"Tenant {SOURCE}: certificate is neither PEM text nor the base64 of a PFX file."),
        ],
    )
    def test_what_is_missing(self, given: dict[str, Any], sentence: str) -> None:
        with pytest.raises(RunFailure) as caught:
            run(
                partner.RESOURCE,
                {**options("cross_tenant_policy", **POLICY), **CONNECTION, **given},
                check_mode=True,
                pace=FakeClock().pace(0),
            )
        assert caught.value.msg == sentence
        for secret in SECRETS.values():
            assert secret not in json.dumps(caught.value.details)

    @pytest.mark.parametrize(("checked", "warnings"), [(True, None), (False, [engine.NOT_VALIDATED])])
    def test_a_task_that_checks_no_certificate_warns_once(self, checked: bool, warnings: list[str] | None) -> None:
        given = {**options("cross_tenant_policy", **POLICY), **CONNECTION, "validate_certs": checked, "retries": 0}
        with pytest.raises(RunFailure) as caught:
            run(partner.RESOURCE, given, check_mode=True)
        assert caught.value.details.get("warnings") == warnings
        offline = Inquiry(lambda _client, _params: {"found": 1})
        assert run(offline, {**given, **dict.fromkeys(SECRETS), "access_token": "given"}, check_mode=True).get("warnings") == warnings

    def test_a_link_with_problems_is_reported_with_all_warnings(self) -> None:
        found = {"warnings": ["a warning about the link"], "problems": ["the job is paused"]}
        inquiry = LinkInquiry(lambda _client, _params: {}, lambda *_given: found, complain=lambda _params, facts: facts["problems"][0])
        tenant = {**options("cross_tenant_policy", **POLICY), "access_token": "given", "validate_certs": False}
        with pytest.raises(RunFailure, match=r"^the job is paused$") as caught:
            run(inquiry, {**tenant, "target": tenant}, check_mode=False)
        assert caught.value.details["warnings"] == ["a warning about the link", engine.NOT_VALIDATED]

    def test_the_timeouts_and_the_proxy_of_the_options(self, monkeypatch: pytest.MonkeyPatch) -> None:
        trusts: list[Trust] = []
        monkeypatch.setattr(engine, "Transport", lambda trust, _endpoints: trusts.append(trust))
        given = options("cross_tenant_policy", **POLICY, timeout=7, connect_timeout=3, proxy="http://proxy:3128", ca_path="/ca.pem")
        engine.connect({**given, "access_token": "given"})
        assert trusts == [Trust("/ca.pem", True, 7.0, 3.0, "http://proxy:3128")]

    def test_the_endpoints_of_the_options(self) -> None:
        client = engine.connect(
            {
                **options("cross_tenant_policy", **POLICY),
                **CONNECTION,
                "login_endpoint": "https://login.example/",
                "graph_endpoint": "https://graph.example/",
            }
        )
        assert (client.cloud.login_endpoint, client.cloud.graph_endpoint) == ("https://login.example", "https://graph.example")
        assert client.patience.retries == 5


class TestExchange:
    """Exchange is asked only where the connection options say so, with a client of its own."""

    GIVEN: ClassVar[dict[str, Any]] = {
        **options("cross_tenant_policy", **POLICY),
        **CONNECTION,
        **dict.fromkeys(SECRETS),
        "client_secret": "secret",
    }

    def test_without_the_option_there_is_none(self) -> None:
        assert engine.connect(self.GIVEN).exchange is None

    @pytest.mark.parametrize(
        ("given", "endpoint"), [(None, "https://outlook.office365.com"), ("exchange.example/", "https://exchange.example")]
    )
    def test_its_client(self, monkeypatch: pytest.MonkeyPatch, given: str | None, endpoint: str) -> None:
        """A longer patience with each answer, and a shorter one with repetitions; the tenant by its id."""
        made: list[tuple[Trust, tuple[str, ...]]] = []
        monkeypatch.setattr(engine, "Transport", lambda trust, endpoints: made.append((trust, endpoints)))
        client = engine.connect({**self.GIVEN, "exchange": True, "exchange_endpoint": given, "retries": 9})
        assert client.exchange is not None
        exchange = client.exchange()
        assert (exchange.service.endpoint, exchange.tenant) == (endpoint, client.tenant)
        assert exchange.service.base("beta") == f"{endpoint}/adminapi/beta/{client.tenant}"
        assert (made[0][0].timeout, made[1][0].timeout) == (30.0, 120.0)
        assert made[1][1] == (client.cloud.login_endpoint, endpoint)
        assert (client.patience.retries, exchange.patience.retries) == (9, 2)

    def test_a_tenant_that_is_named_by_a_domain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        client = engine.connect({**self.GIVEN, "tenant_id": "contoso.kr", "exchange": True})
        monkeypatch.setattr(tenants, "own_id", lambda _client: SOURCE)
        assert client.exchange is not None
        assert client.exchange().service.base("v2.0").endswith(f"/v2.0/{SOURCE}")
        monkeypatch.setattr(tenants, "own_id", lambda _client: None)
        with pytest.raises(CredentialProblem, match="name the tenant by its id"):
            client.exchange()

    def test_a_token_for_graph_is_none_for_exchange(self) -> None:
        client = engine.connect({**self.GIVEN, "client_secret": None, "access_token": "given", "exchange": True})
        assert client.exchange is not None
        with pytest.raises(CredentialProblem, match="auth_method access_token only signs in to Microsoft Graph"):
            client.exchange()

    def test_an_endpoint_that_cannot_be_used_is_refused_at_once(self) -> None:
        fault = engine.connection_fault({**self.GIVEN, "exchange": True, "exchange_endpoint": "http://exchange.example"})
        assert fault == "exchange_endpoint must begin with https://."

    def test_a_resource_in_exchange_needs_the_option(self) -> None:
        resource = ExchangeResource(lambda params: params, lambda *_given: None, lambda *_given: Plan({}, {}, {}))
        with pytest.raises(RunFailure, match="needs exchange: true"):
            run(resource, self.GIVEN, check_mode=True)

    @pytest.mark.parametrize("check_mode", [True, False])
    def test_a_client_that_cannot_be_created_is_a_reason_and_the_end_is_reached_once(self, check_mode: bool) -> None:
        seen: list[Any] = []
        ended: list[Any] = []

        def finish(_params: Any, result: Mapping[str, Any], checks: bool) -> dict[str, Any]:
            ended.append((result["commands"], checks))
            return {"commands": 3, "changed": True}

        resource = ExchangeResource(
            lambda params: params,
            lambda _graph, exchange, _wanted: seen.append(exchange),
            lambda *_given: Plan({}, {}, {"commands": 2}),
            finish,
        )
        result = run(resource, {**self.GIVEN, "client_secret": None, "access_token": "given", "exchange": True}, check_mode)
        assert (result["changed"], result["commands"]) == (True, 3)
        assert isinstance(seen[0], CredentialProblem)
        assert ended == [(2, check_mode)]
