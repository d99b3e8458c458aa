# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The health of many links: what is looked at, whose log is read, and what is reported of all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.log_streams import Unread
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import ALONE, Verdict, key_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.health import STALE_FACTOR
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.log_stream import Page, Stream, stream
from ansible_collections.entra.cross_tenant_sync.plugins.modules.links_health_info import ARGUMENTS
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import LinkHealth
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import LinkHost
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_health_info import (
    LONGEST_LINE,
    MOST_NAMED,
    fault,
    judged,
    lines,
    prepare,
    report,
    sources,
)
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import FAILED, GO_ON, MOST_LINES, Looked
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.link import LINK, SECRET

NOW = datetime.now(timezone.utc)
JOB = {
    "state": "started",
    "interval": "PT40M",
    "last_cycle": {"began": None, "ended": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")},
    "quarantine": None,
    "service_principal_id": "sp",
}
FACTS = {
    "job": JOB,
    "job_verdict": {"verdict": "healthy", "next_action": "nothing", "days_until_disabled": None},
    "problems": [],
    "summary": "job healthy",
    "synced_users": 3,
}
LOG = stream(NOW, Page(), None)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for about in CONNECTION.values():
        if "fallback" in about:
            monkeypatch.delenv(about["fallback"][1][0], raising=False)


class TestPreparing:
    @pytest.mark.parametrize(
        ("variables", "here", "tasks"),
        [
            ({}, True, None),
            ({"link_compare": False}, True, None),
            ({"link_strangers": "fail"}, True, None),
            ({"link_state": "absent"}, True, GO_ON),
            ({"link_scope_usres": []}, True, FAILED),
            ({"link_configuration": ""}, True, FAILED),
            ({"ansible_connection": "ssh"}, True, FAILED),
            ({}, False, FAILED),
        ],
        ids=str,
    )
    def test_what_is_looked_at(self, variables: dict[str, Any], here: bool, tasks: str | None) -> None:
        looked = prepare(
            LinkHost("a_to_b", {**LINK, "link_verify_users": ["a@contoso.kr"], **variables}, lambda raw: raw, None, here), dict
        )
        assert looked.tasks == tasks
        assert bool(looked.msg) is (tasks == FAILED)
        if tasks is None:
            # Nothing is compared, and nothing is shared with tasks that follow.
            assert [looked.params[name] for name in ("compare", "share_reads", "stop_at_difference", "verify_users")] == [False] * 3 + [
                None
            ]
            assert looked.secrets == {SECRET}


def looked_at(tenant: str = SOURCE, secret: str = SECRET) -> Looked:
    return Looked(None, {"tenant_id": tenant, "client_secret": secret, "target": {"tenant_id": TARGET}})


class TestSources:
    def test_each_connection_once_and_only_where_there_is_a_job(self) -> None:
        looked = {
            "one": looked_at(),
            "two": looked_at(),
            "other secret": looked_at(secret="another"),
            "other tenant": looked_at(TARGET),
            "without a job": looked_at("c"),
            "failed": looked_at("d"),
            "absent": Looked(GO_ON),
        }
        none = Verdict({**FACTS, "job": None})
        seen = {
            **{name: Verdict(FACTS) for name in ("one", "two", "other secret", "other tenant")},
            "without a job": none,
            "failed": Verdict(failure="Tenant d: sign-in failed."),
        }
        expected = [looked[name].params for name in ("one", "other secret", "other tenant")]
        assert list(sources(looked, seen).values()) == expected


def health_of(before: Looked, verdict: Verdict | None, log: Stream | Unread | None = LOG) -> LinkHealth:
    logs: Mapping[str, Any] = {key_of(before.params): log} if log and before.params else {}
    return judged({"a_to_b": before}, {"a_to_b": verdict} if verdict else {}, logs, 3)["a_to_b"]


class TestJudging:
    @pytest.mark.parametrize(
        ("before", "verdict", "log", "word", "said"),
        [
            (looked_at(), Verdict(FACTS), LOG, "healthy", "job healthy; 3"),
            (looked_at(), Verdict({**FACTS, "problems": ["it is odd"]}), LOG, "degraded", "it is odd"),
            (
                looked_at(),
                Verdict({**FACTS, "problems": ["it is odd"]}),
                Unread("no"),
                "degraded",
                "failures and deletions are not known: no",
            ),
            (looked_at(), Verdict(FACTS), Unread("no"), "could_not_look", "failures and deletions are not known: no"),
            (looked_at(), Verdict(FACTS, "Tenant b: no"), LOG, "could_not_look", "Tenant b: no"),
            (looked_at(), Verdict(failure="Tenant a: no"), None, "could_not_look", "Tenant a: no"),
            (looked_at(), ALONE, None, "could_not_look", "it was not looked at"),
            (Looked(FAILED, msg="Link a_to_b: link_source is missing."), None, None, "could_not_look", "link_source is missing"),
            (Looked(GO_ON), None, None, "healthy", "must not exist"),
        ],
    )
    def test_a_link(self, before: Looked, verdict: Verdict | None, log: Any, word: str, said: str) -> None:
        found = health_of(before, verdict, log)
        assert found["verdict"] == word
        assert said.partition(";")[0] in found["line"]

    def test_a_job_that_is_not_there_needs_no_log(self) -> None:
        found = health_of(looked_at(), Verdict({**FACTS, "job": None, "problems": ["the job is absent and must be started"]}), None)
        assert (found["verdict"], found["deletions"], found["log_since"]) == ("degraded", None, None)


def link(verdict: str, line: str = "its line") -> LinkHealth:
    return {**health_of(Looked(GO_ON), None), "verdict": verdict, "line": line}  # type: ignore[typeddict-item]


class TestReporting:
    def test_the_verdict_on_all_and_a_summary(self) -> None:
        result = report({"a": link("healthy"), "b": link("could_not_look"), "c": link("degraded"), "d": link("healthy")})
        assert result["verdict"] == "degraded"
        assert result["summary"] == ["4 links: 1 degraded, 1 could_not_look, 2 healthy", "c: its line", "b: its line"]
        assert (result["done"], result["all_done"], result["changed"]) == ({}, False, False)
        assert list(lines(result)) == []

    def test_no_links(self) -> None:
        result = report({})
        assert (result["verdict"], result["summary"], result["all_done"]) == ("healthy", ["no links"], True)

    @pytest.mark.parametrize(("number", "done"), [(MOST_LINES, 0), (MOST_LINES + 1, MOST_LINES + 1)])
    def test_many_healthy_links_are_one_line(self, number: int, done: int) -> None:
        links = {f"link{count}": link("healthy") for count in range(number)}
        result = report(links)
        assert (len(result["done"]), result["all_done"]) == (done, bool(done))
        result = report({**links, "other": link("degraded")})
        assert (len(result["done"]), result["all_done"]) == (done, False)
        assert list(lines(result)) == ([f"{done} of {number + 1} links are healthy"] if done else [])

    def test_a_summary_is_short(self) -> None:
        result = report({f"link{count}": link("degraded", "x" * 5000) for count in range(9900)})
        assert len(result["summary"]) == MOST_NAMED + 2
        assert result["summary"][-1] == f"and {9900 - MOST_NAMED} more"
        assert max(map(len, result["summary"])) == LONGEST_LINE
        assert len(json.dumps(result["summary"])) < 4096


@pytest.mark.parametrize(
    ("factor", "named"), [(3.0, None), (0.1, None), (1e9, None), (0.0, "0"), (-1.5, "-1.5"), (float("inf"), "inf"), (float("nan"), "nan")]
)
def test_how_late_is_late_is_a_number(factor: float, named: str | None) -> None:
    found = fault(factor)
    assert found is None if named is None else f" is {named}; it must be a number greater than 0" in str(found)


def test_the_default_of_the_module_is_that_of_the_verdict() -> None:
    assert ARGUMENTS["stale_factor"]["default"] == STALE_FACTOR
