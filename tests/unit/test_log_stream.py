# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of a tenant for all of its links: which requests are sent, and since when it is known (facts F124, F185, F187)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import log_streams
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure, OddAnswer, ServiceError
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.service_clock import ServiceClock, date_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.log_streams import Unread, read_logs
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import log_stream
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.log_stream import (
    DELETIONS,
    DONE_OR_TRIED,
    MOST_ASKED_ABOUT,
    Page,
    following,
    read,
    stream,
)
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.provisioning_log import PAGE
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET, FakeGraph, Outcome, Reply, refusal

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
MINE, OTHERS = "aaaaaaaa-0000-4000-8000-00000000000f", "bbbbbbbb-0000-4000-8000-00000000000f"


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def raw(number: int, days: float, status: str = "success", action: str = "update", **rest: Any) -> dict[str, Any]:
    """An entry about a user, so many days ago."""
    return {
        "id": f"entry-{number}",
        "activityDateTime": stamp(NOW - timedelta(days=days)),
        "cycleId": "cycle",
        "provisioningAction": action,
        "provisioningStatusInfo": {"status": status, "errorInformation": None},
        "servicePrincipal": {"id": MINE.upper()},
        "sourceIdentity": {"id": f"SOURCE-{number}", "displayName": f"User {number}", "details": {}},
        "targetIdentity": {"id": f"target-{number}"},
        **rest,
    }


@dataclass
class Log:
    """The log of a tenant, of which each request gets a page, as it was told."""

    pages: Sequence[Outcome]
    filters: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Outcome:
        parts = urlsplit(request.path)
        assert parts.path == "/auditLogs/provisioning"
        query = parse_qs(parts.query)
        assert query["$top"] == [str(PAGE)]
        assert query["$orderby"] == ["activityDateTime desc"]
        self.filters.append(query.get("$filter", [""])[0])
        return self.pages[len(self.filters) - 1]


def page(*entries: dict[str, Any], more: bool = False) -> Reply:
    return Reply(200, {"value": list(entries), **({"@odata.nextLink": "https://graph.microsoft.com/v1.0/x?$skiptoken=1"} if more else {})})


REFUSED = refusal(400, "BadRequest", "Invalid filter clause")
FAILED = raw(1, 1, "failure")
SKIPS = "provisioningStatusInfo/status eq 'skipped' and (sourceIdentity/id eq 'source-1')"


class TestRequests:
    @pytest.mark.parametrize(
        ("pages", "filters"),
        [
            pytest.param([page()], [DONE_OR_TRIED], id="nothing was done"),
            pytest.param([page(raw(1, 1))], [DONE_OR_TRIED], id="everything is on one page"),
            pytest.param([page(FAILED), page()], [DONE_OR_TRIED, SKIPS], id="somebody failed"),
            pytest.param([page(raw(1, 0.5), FAILED)], [DONE_OR_TRIED], id="somebody failed and succeeded later"),
            pytest.param([page(raw(1, 1), more=True), page(more=True)], [DONE_OR_TRIED, DELETIONS], id="there is more"),
            pytest.param(
                [page(FAILED, more=True), page(more=True)],
                [DONE_OR_TRIED, f"{DELETIONS} or ({SKIPS})"],
                id="there is more, and somebody failed",
            ),
            pytest.param([REFUSED, page(FAILED, more=True)], [DONE_OR_TRIED, ""], id="the filter is refused"),
            pytest.param(
                [page(FAILED, more=True), REFUSED], [DONE_OR_TRIED, f"{DELETIONS} or ({SKIPS})"], id="the second filter is refused"
            ),
        ],
    )
    def test_there_are_two_at_most(self, pages: list[Outcome], filters: list[str]) -> None:
        log = Log(pages)
        read(FakeGraph(log))
        assert log.filters == filters

    @pytest.mark.parametrize(
        ("pages", "failure"),
        [
            pytest.param([refusal(403, "Authorization_RequestDenied")], ServiceError, id="no permission"),
            pytest.param([REFUSED, refusal(400, "BadRequest")], ServiceError, id="not even without a filter"),
            pytest.param([Reply(200, {"value": [{"provisioningStatusInfo": "odd"}]})], OddAnswer, id="an odd entry"),
            pytest.param([Reply(200, {"values": []})], GraphFailure, id="no list"),
        ],
    )
    def test_what_cannot_be_read_is_a_failure(self, pages: list[Outcome], failure: type[GraphFailure]) -> None:
        with pytest.raises(failure):
            read(FakeGraph(Log(pages)))

    def test_a_filter_names_a_few_users_each_once(self) -> None:
        failed = [raw(number % 40, number / 100, "failure") for number in range(80)]
        more = following(Page(failed))
        assert more is not None
        assert [more.count(f"'source-{number}'") for number in range(MOST_ASKED_ABOUT + 1)] == [1] * MOST_ASKED_ABOUT + [0]

    def test_a_group_or_user_without_a_source_is_not_asked_about(self) -> None:
        assert following(Page([raw(1, 1, "failure", sourceIdentity=None)])) is None


DAY, WEEK, MONTH = (NOW - timedelta(days=days) for days in (1, 7, 30))
OLD = raw(9, 8.5)
"""An entry that only a tenant with a premium licence has kept."""


class TestSince:
    @pytest.mark.parametrize(
        ("first", "second", "since", "deletions_since"),
        [
            pytest.param(Page(), None, WEEK, WEEK, id="an empty log may be a short one"),
            pytest.param(Page([raw(1, 7.9)]), None, WEEK, WEEK, id="about a week"),
            pytest.param(Page([raw(1, 1), OLD]), None, MONTH, MONTH, id="a long log"),
            pytest.param(Page([FAILED, OLD]), Page([raw(1, 0, "skipped")], False), MONTH, MONTH, id="all is known after one page"),
            pytest.param(Page([raw(1, 1)], False), Page([OLD]), DAY, MONTH, id="all deletions"),
            pytest.param(Page([raw(1, 1)], False), Page([raw(2, 3)]), DAY, WEEK, id="all deletions of a short log"),
            pytest.param(Page([raw(1, 1)], False), Page([OLD], False), DAY, NOW - timedelta(days=8.5), id="not all deletions"),
            pytest.param(Page([raw(1, 1)], False), None, DAY, DAY, id="the second request was refused"),
            pytest.param(
                Page([raw(1, 1)], False), Page([raw(1, 0.5)], False), DAY, DAY, id="the first page shows more deletions than the second"
            ),
            pytest.param(Page([OLD], False), Page(), NOW - timedelta(days=8.5), MONTH, id="a page that is longer than a week"),
            pytest.param(Page([{**OLD, "activityDateTime": None}], False), None, NOW, NOW, id="no times"),
        ],
    )
    def test_when_the_log_is_known(self, first: Page, second: Page | None, since: datetime, deletions_since: datetime) -> None:
        found = stream(NOW, first, second)
        assert (found.since, found.deletions_since) == (since, deletions_since)

    def test_entries_are_split_by_configuration_newest_first_each_once(self) -> None:
        other = raw(3, 1, servicePrincipal=[{"id": OTHERS}])
        found = stream(NOW, Page([raw(1, 1), raw(2, 2), other]), Page([raw(4, 0), raw(2, 2), raw(5, 9)]))
        assert [entry["id"] for entry in found.of(MINE.upper())] == ["entry-4", "entry-1", "entry-2", "entry-5"]
        assert [entry["id"] for entry in found.of(OTHERS)] == ["entry-3"]
        assert found.of(None) == found.of("somebody else") == ()

    @pytest.mark.parametrize("principal", [None, [], {}])
    def test_an_entry_of_nobody_belongs_to_no_link(self, principal: Any) -> None:
        found = stream(NOW, Page([raw(1, 1, servicePrincipal=principal)]), None)
        assert found.of(None) == found.of("") == found.of(MINE) == ()


class TestManyTenants:
    def test_a_tenant_that_cannot_be_read_keeps_no_other_from_being_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        denied = refusal(403, "Authorization_RequestDenied")
        logs = {SOURCE: Log([page(raw(1, 1))]), TARGET: Log([denied])}
        graphs = {tenant: FakeGraph(log, tenant) for tenant, log in logs.items()}

        def connect(options: dict[str, Any], _cache: Any, _progress: Any) -> Client:
            return graphs[options["tenant_id"]]

        monkeypatch.setattr(log_streams, "connect", connect)
        found = read_logs({name: {"tenant_id": tenant} for name, tenant in (("a", SOURCE), ("b", TARGET))}, log_stream.read)
        assert isinstance(found["a"], log_stream.Stream)
        assert isinstance(found["b"], Unread)
        assert found["b"].reason.startswith(f"Tenant {TARGET}: GET /auditLogs/provisioning was answered with HTTP 403")
        assert "ProvisioningLog.Read.All" in found["b"].reason

    def test_no_tenants(self) -> None:
        assert read_logs({}, log_stream.read) == {}

    def test_a_connection_that_cannot_be_made(self) -> None:
        found = read_logs({"a": {"tenant_id": ""}}, log_stream.read)
        assert isinstance(found["a"], Unread)
        assert "tenant_id is missing" in found["a"].reason


class TestClock:
    def test_it_follows_the_service(self) -> None:
        clock = ServiceClock()
        assert abs(clock.now() - datetime.now(timezone.utc)) < timedelta(seconds=5)
        clock.set({"date": "Mon, 02 Mar 2026 00:00:00 GMT"})
        assert timedelta() <= clock.now() - datetime(2026, 3, 2, tzinfo=timezone.utc) < timedelta(seconds=5)
        clock.set({})
        assert clock.now().year == 2026

    @pytest.mark.parametrize("headers", [{}, {"Date": ""}, {"Date": "yesterday"}])
    def test_an_answer_without_a_date(self, headers: dict[str, str]) -> None:
        assert date_of(headers) is None
