# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The provisioning log: the query, the form of an entry, and the summary (fact F125)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options import checks
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import provisioning_log
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.provisioning_log import entry, summary
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService

ID = "AAAAAAAA-0000-4000-8000-00000000000F"
NEXT = "https://graph.microsoft.com/v1.0/auditLogs/provisioning?$skiptoken="


def raw(number: int = 1, action: str = "create", status: str = "success", code: str | None = None, **rest: Any) -> dict[str, Any]:
    error = {"errorCode": code, "reason": f"reason of {code}", "errorCategory": "failure"} if code else None
    return {
        "id": f"entry-{number}",
        "activityDateTime": f"2026-11-23T02:00:{number % 60:02}Z",
        "cycleId": "cycle",
        "provisioningAction": action,
        "provisioningStatusInfo": {"status": status, "errorInformation": error},
        "provisioningSteps": [],
        "modifiedProperties": [],
        "sourceIdentity": {
            "id": f"source-{number}",
            "displayName": f"User {number}",
            "identityType": "User",
            "details": {"UserPrincipalName": f"p{number}@contoso.kr"},
        },
        "targetIdentity": {"id": f"target-{number}", "displayName": "", "identityType": "User", "details": {}},
        **rest,
    }


@dataclass
class Log:
    """A tenant with a configuration and pages of its log."""

    pages: Sequence[Sequence[dict[str, Any]]] = ((),)
    link: Link = field(default_factory=lambda: Link("Fabrikam", id=ID))
    paths: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Outcome:
        if not request.path.startswith("/auditLogs/"):
            return SourceService([self.link])(request)
        self.paths.append(request.path)
        number = int(request.path.rpartition("skiptoken=")[2]) if "skiptoken" in request.path else 0
        body: dict[str, Any] = {"value": list(self.pages[number])}
        if number + 1 < len(self.pages):
            body["@odata.nextLink"] = f"{NEXT}{number + 1}"
        return Reply(200, body)


def ask(log: Log, **given: Any) -> dict[str, Any]:
    return provisioning_log.inquire(FakeGraph(log), options("provisioning_log_info", **{"configuration": "Fabrikam", **given}))


def shown(log: Log, **given: Any) -> list[str]:
    return [found["id"] for found in ask(log, **given)["entries"]]


class TestAsking:
    @pytest.mark.parametrize(
        ("given", "clauses"),
        [
            pytest.param({}, "", id="everything"),
            pytest.param({"since": "2026-11-23"}, " and activityDateTime gt 2026-11-23", id="a day"),
            pytest.param({"until": "2026-11-23T02:00:00Z"}, " and activityDateTime lt 2026-11-23T02:00:00Z", id="a moment"),
            pytest.param(
                {"since": "2026-11-23T02:00:00.123Z", "until": "2026-11-24T02:00:00+09:00"},
                " and activityDateTime gt 2026-11-23T02:00:00.123Z and activityDateTime lt 2026-11-24T02:00:00+09:00",
                id="both, with a fraction and an offset",
            ),
        ],
    )
    def test_the_query_of_the_documents(self, given: dict[str, Any], clauses: str) -> None:
        """Fact F124: the id is compared in lower case, newest first."""
        log = Log()
        ask(log, **given)
        assert len(log.paths) == 1
        url = urlsplit(log.paths[0])
        assert url.path == "/auditLogs/provisioning"
        assert parse_qs(url.query) == {
            "$filter": [f"contains(tolower(servicePrincipal/id), '{ID.lower()}'){clauses}"],
            "$orderby": ["activityDateTime desc"],
            "$top": ["500"],
        }
        assert " " not in log.paths[0]

    @pytest.mark.parametrize("name", ["since", "until"])
    @pytest.mark.parametrize(
        "moment", ["yesterday", "23.11.2026", "2026-11", "2026-11-23 02:00:00", "2026-11-23T02", "2026-11-23Z", "2026-11-23' or true"]
    )
    def test_an_invalid_time_is_rejected(self, name: str, moment: str) -> None:
        """No such text gets into a filter."""
        assert checks.wrong({name: moment}) == f"{name} must be a time, such as 2026-11-23T02:00:00Z; it is {moment!r}."

    def test_a_configuration_that_does_not_exist(self) -> None:
        with pytest.raises(Refusal, match="there is no configuration 'Typo'"):
            ask(Log(), configuration="Typo")

    def test_by_id(self) -> None:
        assert shown(Log([[raw()]]), configuration=ID) == ["entry-1"]

    def test_a_denied_read_is_no_empty_log(self) -> None:
        link = Link("Fabrikam", id=ID)

        def answer(request: Request) -> Outcome:
            return refusal(403, "Authorization_RequestDenied") if "auditLogs" in request.path else SourceService([link])(request)

        with pytest.raises(ServiceError) as caught:
            provisioning_log.inquire(FakeGraph(answer), options("provisioning_log_info", configuration="Fabrikam"))
        assert caught.value.denied


class TestPages:
    PAGES: Sequence[Sequence[dict[str, Any]]] = ([raw(1), raw(2)], [], [raw(3), raw(4)], [raw(5)])

    @pytest.mark.parametrize(
        ("limit", "entries", "pages"),
        [(1, 1, 1), (2, 2, 1), (3, 3, 3), (4, 4, 3), (5, 5, 4), (1000, 5, 4)],
    )
    def test_only_the_pages_that_are_needed_are_read(self, limit: int, entries: int, pages: int) -> None:
        """Fact F21: five requests in ten seconds."""
        log = Log(self.PAGES)
        assert shown(log, limit=limit) == [f"entry-{number + 1}" for number in range(entries)]
        assert len(log.paths) == pages

    def test_no_entries(self) -> None:
        assert ask(Log(self.PAGES), limit=0) == {"entries": [], "summary": {"total": 0, "outcomes": {}, "error_codes": {}}}

    def test_a_negative_limit_is_rejected(self) -> None:
        assert checks.wrong({"limit": -1}) == "limit must be a whole number from 0 to 2147483647; it is -1."

    def test_the_limit_counts_the_matching_entries(self) -> None:
        log = Log(self.PAGES)
        assert shown(log, users=["p2@contoso.kr", "source-4", "p5@contoso.kr"], limit=2) == ["entry-2", "entry-4"]


class TestMatching:
    LOG = (
        raw(1, "create", "success"),
        raw(2, "create", "failure", "Conflict"),
        raw(3, "update", "skipped"),
        raw(4, "stagedDelete", "warning"),
        raw(5, "delete", "success", sourceIdentity=None),
        raw(
            6,
            "disable",
            "success",
            sourceIdentity={"id": "source-6", "displayName": None, "details": {"userPrincipalName": "P6@contoso.kr"}},
        ),
    )

    @pytest.mark.parametrize(
        ("given", "numbers"),
        [
            ({}, [1, 2, 3, 4, 5, 6]),
            ({"users": []}, [1, 2, 3, 4, 5, 6]),
            ({"users": ["P1@Contoso.KR"]}, [1]),
            ({"users": ["user 2", "SOURCE-3"]}, [2, 3]),
            ({"users": ["p6@contoso.kr"]}, [6]),
            ({"users": ["none"]}, []),
            ({"users": ["target-1"]}, []),
            ({"statuses": ["failure"]}, [2]),
            ({"statuses": ["failure", "warning", "skipped"]}, [2, 3, 4]),
            ({"actions": ["create"]}, [1, 2]),
            ({"actions": ["stagedDelete", "delete", "disable"]}, [4, 5, 6]),
            ({"actions": ["create"], "statuses": ["success"]}, [1]),
            ({"actions": ["create"], "statuses": ["success"], "users": ["p2@contoso.kr"]}, []),
        ],
        ids=str,
    )
    def test_table(self, given: dict[str, Any], numbers: list[int]) -> None:
        assert shown(Log([self.LOG]), **given) == [f"entry-{number}" for number in numbers]


class TestEntry:
    def test_a_failure_with_cause_and_remedy(self) -> None:
        result = entry(
            raw(
                7,
                "create",
                "failure",
                "AzureActiveDirectoryForbidden",
                provisioningSteps=[
                    {"name": "EntryImportAdd", "status": "success", "description": "in"},
                    {"name": "EntryExportAdd", "status": "failure", "description": "out"},
                ],
                modifiedProperties=[{"displayName": "mail", "oldValue": None, "newValue": "p7@contoso.kr"}],
            )
        )
        assert result == {
            "id": "entry-7",
            "time": "2026-11-23T02:00:07Z",
            "cycle_id": "cycle",
            "action": "create",
            "status": "failure",
            "source": {"id": "source-7", "type": "User", "name": "User 7", "user_principal_name": "p7@contoso.kr"},
            "target": {"id": "target-7", "type": "User", "name": "", "user_principal_name": None},
            "code": "AzureActiveDirectoryForbidden",
            "reason": "reason of AzureActiveDirectoryForbidden",
            "remedy": "the target's external collaboration settings do not allow invitations",
            "step": "EntryExportAdd",
            "changes": [{"attribute": "mail", "before": None, "after": "p7@contoso.kr"}],
            "unmet": [],
        }

    @pytest.mark.parametrize(
        ("steps", "step", "reason"),
        [
            ([], None, None),
            (None, None, None),
            (["success"], None, None),
            (["success", "failure", "skipped"], "1 failure", "why 1"),
            (["success", "warning", "skipped"], "1 warning", "why 1"),
            (["skipped", "success", "skipped"], "2 skipped", "why 2"),
            (["failure", "warning"], "0 failure", "why 0"),
        ],
        ids=str,
    )
    def test_the_step_that_decided(self, steps: list[str] | None, step: str | None, reason: str | None) -> None:
        """Fact F126: the first failure or warning, else the last skip; its description replaces a missing reason."""
        written = [
            {"name": f"{number} {status}", "status": status, "description": f"why {number}"} for number, status in enumerate(steps or ())
        ]
        result = entry(raw(status="skipped", provisioningSteps=None if steps is None else written))
        assert (result["step"], result["reason"]) == (step, reason)

    @pytest.mark.parametrize("nothing", [{}, None])
    def test_an_empty_entry_breaks_nothing(self, nothing: Any) -> None:
        names = ("provisioningStatusInfo", "provisioningSteps", "modifiedProperties", "sourceIdentity", "targetIdentity")
        empty = {"id": None, "type": None, "name": None, "user_principal_name": None}
        expected: dict[str, Any] = {
            **dict.fromkeys(("id", "time", "cycle_id", "action", "status", "code", "reason", "remedy", "step")),
            "source": empty,
            "target": empty,
            "changes": [],
            "unmet": [],
        }
        assert entry(dict.fromkeys(names, nothing)) == entry({}) == expected

    @pytest.mark.parametrize("details", [None, {}, {"objectId": "x"}])
    def test_an_identity_without_a_name(self, details: Any) -> None:
        assert entry({"sourceIdentity": {"id": "x", "details": details}})["source"]["user_principal_name"] is None


class TestSummary:
    def test_counts(self) -> None:
        entries = [
            entry(given)
            for given in (
                raw(1),
                raw(2),
                raw(3, "update", "failure", "Timeout"),
                raw(4, "create", "failure", "Conflict"),
                raw(5, "create", "warning", "Conflict"),
                raw(6, "create", "skipped", "RedundantExport"),
                raw(7, "create", "failure"),
            )
        ]
        result = summary(iter(entries))
        assert result == {
            "total": 7,
            "outcomes": {"create failure": 2, "create skipped": 1, "create success": 2, "create warning": 1, "update failure": 1},
            "error_codes": {"Conflict": 2, "Timeout": 1},
        }
        assert list(result["outcomes"]) == sorted(result["outcomes"])
        assert list(result["error_codes"]) == ["Conflict", "Timeout"]

    def test_skipped_users_are_no_errors(self) -> None:
        """Fact F126: skipped entries for users out of scope are normal."""
        assert summary([entry(raw(1, "other", "skipped", "NotEffectivelyEntitled"))])["error_codes"] == {}

    def test_it_counts_only_the_returned_entries(self) -> None:
        assert ask(Log([TestMatching.LOG]), statuses=["failure"])["summary"] == {
            "total": 1,
            "outcomes": {"create failure": 1},
            "error_codes": {"Conflict": 1},
        }
