# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole link: compared with exactly what the roles would ask their modules for, and judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.entra.cross_tenant_sync.plugins.filter.connection import connection
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Answer
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION, WAIT
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import link
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import IN_SOURCE, IN_TARGET, Part
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET, FakeGraph, Reply
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options

ROLES = Path(__file__).resolve().parents[2] / "roles"
PREFIX = "entra.cross_tenant_sync."
TENANTS = {
    "contoso": {"tenant_id": SOURCE, "client_id": "c", "client_secret": "s", "cloud": "usgov", "note": "of the site"},
    "fabrikam": {"tenant_id": TARGET, "client_id": "f", "secret": "t", "cloud": "usgov_dod"},
}
LEAST = {"link_source": "contoso", "link_target": "fabrikam", "link_configuration": "Fabrikam", "tenants": TENANTS}
MOST = {
    **LEAST,
    "link_adopt": True,
    "link_others": ["Guests"],
    "link_notification_email": "it@contoso.kr",
    "link_deletion_threshold": 7,
    "link_scope_mode": "assigned",
    "link_scope_users": ["minsu.kim@contoso.kr"],
    "link_scope_groups": ["Sales"],
    "link_scope_exact": True,
    "link_scope_allow_empty": True,
    "link_scope_max_removals": 3,
    "link_scope_max_removal_percent": 4,
    "link_user_type": "guest",
    "link_show_in_address_list": False,
    "link_convert_existing": True,
    "link_display_name_suffix": " (Contoso)",
    "link_company_name": "Contoso",
    "link_mappings": [{"target": "employeeId", "state": "absent"}],
    "link_filters": [{"name": "Sales", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Sales"]}]}],
    "link_target_actions": ["create", "update"],
    "link_job_state": "paused",
    "link_job_wait": "idle",
}
PARTS = [*((part, "source_tenant") for part in IN_SOURCE), *((part, "target_tenant") for part in IN_TARGET)]
OMIT = object()


def tasks(role: str, file: str) -> list[tuple[str, dict[str, Any]]]:
    """The modules and arguments of a role's tasks."""
    (block, *_rest) = yaml.safe_load((ROLES / role / "tasks" / f"{file}.yml").read_text(encoding="utf-8"))
    named = [(name, task[name]) for task in block["block"] for name in task if name.startswith(PREFIX)]
    return [(name.removeprefix(PREFIX), arguments) for name, arguments in named]


def filled(arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a task as Ansible hands them to the module."""
    registered = {name: {"restart_owed": False} for name in ("source_tenant_mapping", "source_tenant_scope")}
    environment = NativeEnvironment()
    environment.filters[f"{PREFIX}connection"] = connection
    given = {
        name: environment.from_string(value).render(omit=OMIT, ansible_facts={}, **registered, **variables)
        if isinstance(value, str)
        else value
        for name, value in arguments.items()
    }
    return {name: value for name, value in given.items() if value is not OMIT}


def compared(variables: dict[str, Any]) -> dict[str, Any]:
    """The options of link_info in the role verify."""
    ((module, arguments),) = tasks("verify", "_compare")
    assert module == "link_info"
    return options("link_info", **{**connection(TENANTS["contoso"]), **filled(arguments, variables)})


def said(parameters: dict[str, Any]) -> dict[str, Any]:
    """What decides. How to sign in and how long to wait does not."""
    ways = {name for option, about in CONNECTION.items() for name in (option, *about.get("aliases", ()))} - {"tenant_id", "cloud"}
    return {name: value for name, value in parameters.items() if value is not None and name not in {*ways, *WAIT, "wait_timeout"}}


class TestTheRolesAskForTheSame:
    @pytest.mark.parametrize("variables", [LEAST, MOST], ids=["least", "most"])
    @pytest.mark.parametrize(("part", "role"), PARTS, ids=lambda one: one.module if isinstance(one, Part) else one)
    def test_each_part(self, part: Part, role: str, variables: dict[str, Any]) -> None:
        (arguments,) = [arguments for module, arguments in tasks(role, "_present") if module == part.module]
        tenant = connection(TENANTS["contoso" if role == "source_tenant" else "fabrikam"])
        asked = options(part.module, **{**tenant, **filled(arguments, variables)})
        assert said(part.options(compared(variables))) == said(asked)

    def test_no_task_is_left_out_and_the_order_is_theirs(self) -> None:
        assert [part.module for part in IN_SOURCE] == [module for module, _arguments in tasks("source_tenant", "_present")]
        assert [part.module for part in IN_TARGET] == [module for module, _arguments in tasks("target_tenant", "_present")]


JOB = {"state": "started", "quarantine": None}
LINK = {"compare": True, "job_state": "started", "target": {"tenant_id": TARGET}}
VERDICT = {"verdict": "healthy", "reason": None, "since": None}
CHANGE = {"module": "sync_scope"}
RAN = {**JOB, "steady_since": "2026-11-23T02:01:10Z", "last_cycle": {"ended": "2026-11-25T02:01:10Z"}}


def person(name: str, **about: Any) -> dict[str, Any]:
    return {"source_user_principal_name": name, "account_enabled": True, "show_in_address_list": None, **about}


class TestJudgement:
    @pytest.mark.parametrize(
        ("source", "target", "people", "in_sync", "missing"),
        [
            pytest.param([], [], [person("Minsu@contoso.kr")], True, [], id="all is well"),
            pytest.param([], [], [person("minsu@contoso.kr", show_in_address_list=True)], True, [], id="shown"),
            pytest.param([CHANGE], [], [person("minsu@contoso.kr")], False, [], id="a difference in the source"),
            pytest.param([], [CHANGE], [person("minsu@contoso.kr")], False, [], id="a difference in the target"),
            pytest.param([], [], [], False, ["minsu@contoso.kr"], id="nobody arrived"),
            pytest.param([], [], [person("minsu@contoso.kr", account_enabled=False)], False, ["minsu@contoso.kr"], id="disabled"),
            pytest.param([], [], [person("minsu@contoso.kr", show_in_address_list=False)], False, ["minsu@contoso.kr"], id="hidden"),
        ],
    )
    def test_of_people(self, source: list[Any], target: list[Any], people: list[Any], in_sync: bool, missing: list[str]) -> None:
        here = {"differences": source, "warnings": ["a"], "job": JOB, "verdict": VERDICT}
        judged = link.judged(here, {"differences": target, "warnings": ["b"]}, people, {**LINK, "verify_users": ["minsu@contoso.kr"]})
        assert judged == {
            "in_sync": in_sync,
            "differences": [*source, *target],
            "job": JOB,
            "synced_users": len(people),
            "missing_users": missing,
            "problems": [f"not in the address book of tenant {TARGET}: {', '.join(missing)}"] if missing else [],
            "summary": judged["summary"],
            "warnings": ["a", "b"],
        }

    def test_of_a_job_in_quarantine(self) -> None:
        here: dict[str, Any] = {
            "differences": [],
            "warnings": [],
            "job": {**JOB, "quarantine": {"reason": "TooManyDeletes"}},
            "verdict": None,
        }
        assert link.judged(here, {"differences": [], "warnings": []}, [], LINK)["in_sync"] is False

    def test_where_it_stopped_before_the_people(self) -> None:
        judged = link.judged({"differences": [CHANGE], "warnings": [], "job": None, "verdict": None}, {}, None, LINK)
        assert (judged["in_sync"], judged["synced_users"], judged["missing_users"]) == (False, None, None)


class TestSummary:
    @pytest.mark.parametrize(
        ("source", "people", "names", "said"),
        [
            pytest.param(
                {"job": RAN, "verdict": VERDICT},
                [person("minsu@contoso.kr")],
                ["minsu@contoso.kr"],
                "in sync; job healthy since 2026-11-23T02:01:10Z, last cycle ended 2026-11-25T02:01:10Z; 1 synced user",
                id="all is well",
            ),
            pytest.param(
                {"job": JOB, "verdict": {**VERDICT, "verdict": "never_run"}}, [], [], "in sync; job never run; 0 synced users", id="new"
            ),
            pytest.param(
                {"job": JOB, "verdict": VERDICT},
                [],
                ["a@x", "b@x"],
                "configured as wanted; job healthy; 0 synced users; not in the address book: a@x, b@x",
                id="missing",
            ),
            pytest.param(
                {
                    "job": {**RAN, "quarantine": {"reason": "TooManyDeletes"}},
                    "verdict": {"verdict": "quarantined", "reason": "TooManyDeletes", "since": "2026-11-24T00:00:00Z"},
                },
                [],
                [],
                "configured as wanted; job quarantined since 2026-11-24T00:00:00Z (TooManyDeletes), "
                "last cycle ended 2026-11-25T02:01:10Z; 0 synced users",
                id="quarantine",
            ),
            pytest.param(
                {"differences": [CHANGE, CHANGE, {"module": "sync_job"}], "job": None, "verdict": None},
                None,
                [],
                "differs in sync_scope, sync_job",
                id="stopped",
            ),
        ],
    )
    def test_one_line(self, source: dict[str, Any], people: list[Any] | None, names: list[str], said: str) -> None:
        judged = link.judged({"differences": [], "warnings": [], **source}, {}, people, {**LINK, "verify_users": names})
        assert judged["summary"] == said


class TestProblems:
    @pytest.mark.parametrize(
        ("found", "wanted", "problems"),
        [
            (RAN, "started", []),
            (RAN, "paused", ["the job is started and must be paused"]),
            (None, "started", ["the job is absent and must be started"]),
            ({**RAN, "quarantine": {"reason": "TooManyDeletes"}}, "started", ["the job is in quarantine (TooManyDeletes)"]),
        ],
    )
    def test_of_the_job(self, found: Any, wanted: str, problems: list[str]) -> None:
        source = {"differences": [], "warnings": [], "job": found, "verdict": VERDICT}
        judged = link.judged(source, {}, [], {**LINK, "compare": False, "job_state": wanted})
        assert judged["problems"] == problems
        assert judged["in_sync"] is None
        assert judged["summary"].startswith("job healthy")


def test_without_a_target_nothing_is_asked() -> None:
    graph = FakeGraph(lambda _request: Reply())
    with pytest.raises(Refusal, match="tenant_id of target is missing"):
        link.in_source(graph, {**compared(LEAST), "target": {"tenant_id": None, "cloud": "global"}})
    assert graph.sent == []


class TestDomains:
    """Whose users are looked for in the target."""

    def source(self, *domains: str, body: Any = None) -> FakeGraph:
        graph = FakeGraph(lambda _request: Reply())
        graph.cache_reads()
        verified = [{"name": name} for name in domains]
        graph.cache_read(link.ORGANIZATION, Answer(200, body or {"value": [{"id": SOURCE, "verifiedDomains": verified}]}))
        return graph

    def test_all_that_the_source_verified_and_those_of_the_users_in_scope(self) -> None:
        graph = self.source("Contoso.kr", "tailspin.kr")
        graph.principals = {
            "1": Principal("1", "user", "minsu.kim@wingtip.kr"),
            "2": Principal("2", "user", "guest_elsewhere.com#EXT#@contoso.kr", external=True),
            "3": Principal("3", "group", "Sales"),
        }
        assert link._domains(graph) == ["contoso.kr", "tailspin.kr", "wingtip.kr"]

    @pytest.mark.parametrize("body", [{"value": []}])
    def test_nobody_knows_them(self, body: Any) -> None:
        assert link._domains(self.source(body=body)) is None

    def test_they_may_not_be_read(self) -> None:
        graph = FakeGraph(lambda _request: Reply())
        graph.cache_reads()
        assert link._domains(graph) is None
