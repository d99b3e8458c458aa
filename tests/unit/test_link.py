# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole link: compared with exactly what the roles would ask their modules for, and judged."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import ChainableUndefined
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.entra.cross_tenant_sync.plugins.filter.connection import connection
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Answer
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.link_variables import options_of
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION, WAIT
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import link, link_comparison, link_report
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import Principal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.link import BUILDING, DEPROVISION, REMOVAL, Step
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.synced_user import Arrived
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
    "link_protected": ["Board"],
    "link_protected_importance": ["roles"],
    "link_protected_release": ["minsu.kim@contoso.kr"],
    "link_impact_limit": 7,
    "link_user_type": "guest",
    "link_show_in_address_list": False,
    "link_convert_existing": True,
    "link_display_name_suffix": " (Contoso)",
    "link_company_name": "Contoso",
    "link_mappings": [{"target": "employeeId", "state": "absent"}],
    "link_filters": [{"name": "Sales", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Sales"]}]}],
    "link_target_actions": ["create", "update"],
    "link_groups": True,
    "link_group_mappings": [{"target": "description", "state": "absent"}],
    "link_job_state": "paused",
    "link_job_wait": "idle",
}
SHARING: dict[str, Any] = {
    **LEAST,
    "link_share": {
        "source": {
            "free_busy": "limited_details",
            "profile_card": True,
            "scope": "groups",
            "groups": ["Sales"],
            "excluded_groups": ["Board"],
        },
        "target": {"mail_tips": "all", "room_booking": False, "scope": "all"},
    },
    "link_share_keep": {"source": ["profile_card"], "target": ["mail_tips"]},
}
VARIABLES: dict[str, dict[str, Any]] = {"least": LEAST, "most": MOST, "sharing": SHARING}
STEPS = [*((step, "present") for step in BUILDING), *((step, "absent") for step in REMOVAL), (DEPROVISION, "deprovision")]
OMIT = object()


def role_tasks(role: str, file: str) -> list[tuple[str, dict[str, Any], str]]:
    """The modules and arguments of a role's tasks, with those from defaults of the module, and what they register. Included files are read
    where they are included.
    """
    found: list[tuple[str, dict[str, Any], str]] = []
    for entry in yaml.safe_load((ROLES / role / "tasks" / f"{file}.yml").read_text(encoding="utf-8")):
        included = entry.get("ansible.builtin.include_tasks")
        if included is not None:
            found += role_tasks(role, included.removesuffix(".yml")) if (ROLES / role / "tasks" / included).is_file() else []
            continue
        for task in entry["block"]:
            for name in (name for name in task if name.startswith(PREFIX)):
                defaults = entry["module_defaults"].get(name, {})
                found.append((name.removeprefix(PREFIX), {"": defaults, **task[name]}, task["register"]))
    return found


def filled(arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a task as Ansible hands them to the module, where the tasks before it have found nothing."""
    facts = {"cross_tenant_sync_link": options_of("link_info", variables)}
    registered = {name: {"restart_owed": False} for name in ("source_tenant_mapping", "source_tenant_scope")}
    environment = NativeEnvironment(undefined=ChainableUndefined)
    environment.filters[f"{PREFIX}connection"] = connection
    given: dict[str, Any] = {
        name: environment.from_string(value).render(omit=OMIT, ansible_facts=facts, source_tenant_policy={}, **registered, **variables)
        if isinstance(value, str)
        else value
        for name, value in arguments.items()
    }
    given = {**given.pop("", {}), **given}
    return {name: value for name, value in given.items() if value is not OMIT}


def compared(variables: dict[str, Any]) -> dict[str, Any]:
    """The options of link_info in the role verify, and those of impact_info that no comparison needs."""
    source, target = connection(TENANTS["contoso"]), connection(TENANTS["fabrikam"])
    judging = options("impact_info", **source, target=target, **options_of("impact_info", variables))
    protection = {name: judging[name] for name in link.PROTECTED}
    return protection | options(
        "link_info", **source, target=target, stop_at_difference=True, share_reads=True, **options_of("link_info", variables)
    )


def file_of(state: str, named: str) -> str:
    """The file of tasks of the roles."""
    return f"_{state}_sharing" if named == "sharing" and state != "deprovision" else f"_{state}"


def said(parameters: dict[str, Any]) -> dict[str, Any]:
    """What decides. How to sign in and how long to wait does not."""
    ways = {name for option, about in CONNECTION.items() for name in (option, *about.get("aliases", ()))} - {"tenant_id", "cloud"}
    return {name: value for name, value in parameters.items() if value is not None and name not in {*ways, *WAIT, "wait_timeout"}}


class TestTheRolesFollowTheTable:
    @pytest.mark.parametrize("named", VARIABLES)
    @pytest.mark.parametrize(("step", "state"), STEPS, ids=lambda one: one.registered if isinstance(one, Step) else one)
    def test_each_task_passes_what_the_step_takes_of_the_link(self, step: Step, state: str, named: str) -> None:
        variables = VARIABLES[named]
        tasks = [
            (name, given)
            for name, given, registered in role_tasks(f"{step.side}_tenant", file_of(state, named))
            if registered == step.registered
        ]
        if not step.belongs_to(options_of("link_info", variables)):
            assert tasks == []
            return
        ((module, arguments),) = tasks
        tenant = connection(TENANTS["contoso" if step.side == link.SOURCE else "fabrikam"])
        asked = options(module, **{**tenant, **filled(arguments, variables)})
        assert module == step.module
        assert said(step.options(compared(variables))) == said(asked)

    @pytest.mark.parametrize("named", ["least", "sharing"])
    @pytest.mark.parametrize("state", ["present", "absent", "deprovision"])
    @pytest.mark.parametrize("side", [link.SOURCE, link.TARGET])
    def test_no_task_is_left_out_and_the_order_is_that_of_the_table(self, side: str, state: str, named: str) -> None:
        file, wished = file_of(state, named), options_of("link_info", VARIABLES[named])
        folder = ROLES / f"{side}_tenant" / "tasks"
        registered = (
            [name for _module, _arguments, name in role_tasks(folder.parent.name, file)] if (folder / f"{file}.yml").exists() else []
        )
        steps = [step for step, its_state in STEPS if its_state == state and step.side == side]
        assert registered == [step.registered for step in steps if step.belongs_to(wished)]

    @pytest.mark.parametrize("sharing", ["", "_sharing"])
    @pytest.mark.parametrize(
        ("state", "steps"), [("present", BUILDING), ("absent", REMOVAL), ("deprovision", (DEPROVISION, *REMOVAL))], ids=lambda one: one
    )
    def test_the_playbook_goes_through_the_tenants_in_the_order_of_the_table(
        self, state: str, steps: tuple[Step, ...], sharing: str
    ) -> None:
        tasks = yaml.safe_load((ROLES.parent / "playbooks" / "tasks" / f"{state}{sharing}.yml").read_text(encoding="utf-8"))
        found = [next(task[name] for name in task if name.endswith(("import_role", "include_role"))) for task in tasks]
        roles = [role["name"].removeprefix(PREFIX) for role in found]
        assert roles == [*dict.fromkeys(f"{step.side}_tenant" for step in steps), "verify"]
        side = "{{{{ ansible_facts.cross_tenant_sync_tasks.{} }}}}"
        selected = [side.format(role.removesuffix("_tenant")) for role in roles if role != "verify"]
        expected = [f"_{file}" for file in selected] if sharing else ["_absent" if state == "deprovision" else f"_{state}"] * 2
        # The role of the source deletes the users first, and continues with its file.
        expected[0] = "_deprovision" if state == "deprovision" else expected[0]
        assert [role["tasks_from"] for role in found[:-1]] == expected

    def test_a_link_has_the_steps_that_it_asks_for_and_no_other(self) -> None:
        only_source = {"share": {"source": {"free_busy": "basic"}}}
        assert [step.registered for step in BUILDING if step not in link.building({})] == ["target_tenant_sharing", "source_tenant_sharing"]
        assert [step.registered for step in BUILDING if step not in link.building(only_source)] == ["target_tenant_sharing"]
        assert link.building({"share": {"source": {}, "target": {}}}) == BUILDING
        for deprovision, sharing in itertools.product((False, True), ([], ["source"], ["target"], ["source", "target"])):
            left_out = [step.registered for step in (DEPROVISION, *REMOVAL) if step not in link.removal(deprovision, sharing)]
            unshared = [f"{side}_tenant_sharing" for side in ("source", "target") if side not in sharing]
            assert left_out == [*([] if deprovision else [DEPROVISION.registered]), *unshared]

    def test_the_comparison_takes_what_the_variables_say(self) -> None:
        for file in ("_compare", "_present", "_absent"):
            (look, *_rest) = yaml.safe_load((ROLES / "verify" / "tasks" / f"{file}.yml").read_text(encoding="utf-8"))
            assert look["module_defaults"][f"{PREFIX}link_info"] == "{{ ansible_facts.cross_tenant_sync_link }}"


JOB = {"state": "started", "quarantine": None}
LINK = {"compare": True, "state": "present", "job_state": "started", "target": {"tenant_id": TARGET}}
VERDICT = {"verdict": "healthy", "reason": None, "since": None}
CHANGE = {"module": "sync_scope"}
RAN = {**JOB, "steady_since": "2026-11-23T02:01:10Z", "last_cycle": {"ended": "2026-11-25T02:01:10Z"}}


def person(name: str, **about: Any) -> dict[str, Any]:
    return {"source_user_principal_name": name, "account_enabled": True, "show_in_address_list": None, **about}


def arrived(people: list[dict[str, Any]]) -> Arrived:
    return Arrived(len(people), tuple(people))


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
        judged = link_report.compared(
            here, {"differences": target, "warnings": ["b"]}, arrived(people), {**LINK, "verify_users": ["minsu@contoso.kr"]}
        )
        assert judged == {
            "in_sync": in_sync,
            "differences": [*source, *target],
            "untouched": [],
            "job": JOB,
            "job_verdict": VERDICT,
            "synced_users": len(people),
            "missing_users": missing,
            "problems": [f"not in the address book of tenant {TARGET}: {', '.join(missing)}"] if missing else [],
            "summary": judged["summary"],
            "not_compared": None,
            "left": None,
            "remains": None,
            "tasks": "in_sync" if in_sync else None,
            "warnings": ["a", "b"],
        }

    def test_of_a_job_in_quarantine(self) -> None:
        here: dict[str, Any] = {
            "differences": [],
            "warnings": [],
            "job": {**JOB, "quarantine": {"reason": "TooManyDeletes"}},
            "verdict": None,
        }
        assert link_report.compared(here, {"differences": [], "warnings": []}, arrived([]), LINK)["in_sync"] is False

    def test_where_it_stopped_before_the_people(self) -> None:
        judged = link_report.compared({"differences": [CHANGE], "warnings": [], "job": None, "verdict": None}, {}, None, LINK)
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
                "configured as desired; job healthy; 0 synced users; not in the address book: a@x, b@x",
                id="missing",
            ),
            pytest.param(
                {
                    "job": {**RAN, "quarantine": {"reason": "TooManyDeletes"}},
                    "verdict": {"verdict": "quarantined", "reason": "TooManyDeletes", "since": "2026-11-24T00:00:00Z"},
                },
                [],
                [],
                "configured as desired; job quarantined since 2026-11-24T00:00:00Z (TooManyDeletes), "
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
        judged = link_report.compared(
            {"differences": [], "warnings": [], **source}, {}, None if people is None else arrived(people), {**LINK, "verify_users": names}
        )
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
        judged = link_report.compared(source, {}, arrived([]), {**LINK, "compare": False, "job_state": wanted})
        assert judged["problems"] == problems
        assert judged["in_sync"] is None
        assert judged["summary"].startswith("job healthy")


def test_without_a_target_nothing_is_asked() -> None:
    graph = FakeGraph(lambda _request: Reply())
    with pytest.raises(Refusal, match="tenant_id of target is missing"):
        link_comparison.in_source(graph, {**compared(LEAST), "target": {"tenant_id": None, "cloud": "global"}})
    assert graph.sent == []


class TestDomains:
    """Whose users are looked for in the target."""

    def source(self, *domains: str, body: Any = None) -> FakeGraph:
        graph = FakeGraph(lambda _request: Reply())
        graph.reads.cache()
        verified = [{"name": name} for name in domains]
        graph.keep(link_comparison.ORGANIZATION, Answer(200, body or {"value": [{"id": SOURCE, "verifiedDomains": verified}]}), None)
        return graph

    def test_all_that_the_source_verified_and_those_of_the_users_in_scope(self) -> None:
        graph = self.source("Contoso.kr", "tailspin.kr")
        graph.reads.objects = {
            "1": Principal("1", "user", "minsu.kim@wingtip.kr"),
            "2": Principal("2", "user", "guest_elsewhere.com#EXT#@contoso.kr", external=True),
            "3": Principal("3", "group", "Sales"),
        }
        assert link_comparison._domains(graph) == ["contoso.kr", "tailspin.kr", "wingtip.kr"]

    @pytest.mark.parametrize("body", [{"value": []}])
    def test_nobody_knows_them(self, body: Any) -> None:
        assert link_comparison._domains(self.source(body=body)) is None

    def test_they_may_not_be_read(self) -> None:
        graph = FakeGraph(lambda _request: Reply())
        graph.reads.cache()
        assert link_comparison._domains(graph) is None


class TestWhatMayNotBeCompared:
    """Where tasks follow that build the link, they say better what is missing."""

    @pytest.mark.parametrize(
        ("error", "excused"),
        [
            ({"status": 403, "code": "Forbidden"}, True),
            ({"code": "CredentialProblem"}, True),
            ({"status": 401, "code": "UnknownError"}, False),
            ({"status": 500, "code": "Busy"}, False),
            ({"code": "Refused"}, False),
            ({}, False),
        ],
    )
    def test_which_failures_are_none(self, error: dict[str, Any], excused: bool) -> None:
        facts = link_comparison.excuse(compared(LEAST), "Tenant x: no", error)
        assert (facts is not None) is excused
        if facts is not None:
            assert (facts["in_sync"], facts["not_compared"], facts["tasks"]) == (None, "Tenant x: no", None)
            assert facts["summary"] == "not compared: Tenant x: no"

    @pytest.mark.parametrize("alone", [{"stop_at_difference": False}, {"compare": False}, {"state": "absent"}], ids=str)
    def test_where_nothing_follows_it_is_a_failure(self, alone: dict[str, Any]) -> None:
        assert link_comparison.excuse({**compared(LEAST), **alone}, "no", {"status": 403}) is None

    def test_the_results_have_the_same_members(self) -> None:
        here = {"differences": [], "warnings": [], "job": JOB, "verdict": VERDICT}
        left = link_report.left({"configurations": [], "entry": False}, False, None, arrived([]), compared(LEAST))
        assert set(link_report.not_compared("no")) == set(link_report.compared(here, {}, arrived([]), LINK)) == set(left)


class TestComplaint:
    def test_of_a_link_with_problems(self) -> None:
        facts = {"problems": ["the job is absent and must be started", "x"], "summary": "job absent"}
        wanted = {**compared(LEAST), "fail_on_problems": True}
        assert link_comparison.complain(wanted, facts) == (
            f"Tenant {SOURCE}: link Fabrikam to tenant {TARGET} is not in its desired state: the job is absent and must be started; x (job absent)"
        )
        assert link_comparison.complain(compared(LEAST), facts) is None
        assert link_comparison.complain(wanted, {**facts, "problems": []}) is None


class TestWhatIsLeft:
    @pytest.mark.parametrize(
        ("configurations", "entries", "people", "lines"),
        [
            (
                [],
                (False, False),
                [],
                ["a: no configuration to b", "a: no partner entry for b", "b: no partner entry for a", "b: 0 users of a"],
            ),
            (
                ["F", "G"],
                (True, True),
                [person("m@contoso.kr")],
                ["a: F, G configuration to b", "a: a partner entry for b", "b: a partner entry for a", "b: 1 user of a"],
            ),
        ],
    )
    def test_a_line_each(self, configurations: list[str], entries: tuple[bool, bool], people: list[Any], lines: list[str]) -> None:
        source = {"configurations": [{"name": name, "id": name.lower()} for name in configurations], "entry": entries[0]}
        link = {**compared(LEAST), "source_name": "a", "target_name": "b"}
        facts = link_report.left(source, entries[1], SOURCE if entries[1] else None, arrived(people), link)
        assert facts["remains"] == {"configurations": source["configurations"], "user_sync_inbound": SOURCE if entries[1] else None}
        assert facts["left"] == lines
        assert facts["summary"] == "; ".join(lines)
        assert (facts["in_sync"], facts["problems"], facts["synced_users"]) == (None, [], len(people))

    def test_without_names_the_tenants_are_their_ids(self) -> None:
        facts = link_report.left({"configurations": [], "entry": False}, False, None, arrived([]), compared(LEAST))
        assert facts["left"][0] == f"{SOURCE}: no configuration to {TARGET}"
