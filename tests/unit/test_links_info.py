# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows for each host from the look at all links, and what is reported of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, ClassVar

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.look import ALONE, Seen, Strangers, Verdict
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.options.specs import CONNECTION
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.strangers import Stranger
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.run import without_empty
from ansible_collections.entra.cross_tenant_sync.plugins.modules import link_info
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils import link_arguments
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.link_arguments import LinkHost, inventory_links, validate_link
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.links_info import (
    COMPARE,
    FAILED,
    GO_ON,
    IN_SYNC,
    JUDGE,
    MOST_LINES,
    NO_TASKS,
    USERS,
    Looked,
    before_report,
    ending,
    lines,
    pairs_of,
    prepare,
    report,
    variables_of,
)
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import SOURCE, TARGET
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.link import LINK, SECRET

FACTS = {"in_sync": True, "summary": "in sync", "not_compared": None, "synced_users": 2, "differences": [], "warnings": []}
SAME = Verdict(FACTS)
OTHER = Verdict({**FACTS, "in_sync": False, "summary": "differs", "differences": [{"module": "sync_job"}]})
BROKEN = Verdict(failure="Tenant x: sign-in failed")


def strange(tenant: str, *texts: str) -> Strangers:
    """Strangers with these sentences."""
    return Strangers(tenant, tuple(Stranger("partner", text, text, text) for text in texts))


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
            ({"link_state": "present"}, True, None),
            ({"link_state": "absent"}, True, GO_ON),
            ({"link_compare": False}, True, JUDGE),
            ({"link_scope_usres": []}, True, JUDGE),
            ({"link_source": ""}, True, JUDGE),
            ({}, False, COMPARE),
            ({"ansible_connection": "ssh"}, True, COMPARE),
            ({"ansible_connection": "local"}, True, None),
            ({"ansible_connection": "ansible.builtin.local"}, True, None),
            ({"ansible_become": True}, True, COMPARE),
            ({"ansible_become": "no"}, True, None),
            ({"cross_tenant_sync_module_process": "yes"}, True, COMPARE),
            ({"link_strangers": "fail", "link_state": "absent"}, True, GO_ON),
            ({"link_strangers": "fail"}, False, FAILED),
            ({"link_strangers": "fail", "ansible_connection": "ssh"}, True, FAILED),
            ({"link_strangers": "report"}, False, COMPARE),
        ],
        ids=str,
    )
    def test_what_is_looked_at(self, variables: dict[str, Any], here: bool, tasks: str | None) -> None:
        host = LinkHost("a_to_b", {**LINK, **variables}, lambda raw: raw, None, here)
        looked = prepare(host, dict)
        assert looked.tasks == tasks
        assert bool(looked.msg) is (tasks == FAILED)
        if tasks is None:
            assert (looked.params["tenant_id"], looked.params["target"]["tenant_id"]) == (SOURCE, TARGET)
            assert looked.params["stop_at_difference"] is looked.params["share_reads"] is True
            assert looked.secrets == {SECRET}

    FORMS: ClassVar[tuple[dict[str, Any], ...]] = (
        {},
        {"link_scope_users": "a@b.example, c@d.example", "link_scope_exact": "yes", "link_deletion_threshold": "7"},
        {"link_mappings": '[{"target": "city", "constant": 5}]', "link_filters": "[]", "link_others": ["Old"], "link_job_state": ""},
        {"link_source_domains": "contoso.kr", "link_verify_users": ["a@b.example"], "link_adopt": "true"},
        {"tenants": {**LINK["tenants"], "contoso": {"tenant_id": f" {SOURCE} ", "client_id": "c", "secret": SECRET, "timeout": "9"}}},
        {"tenants": {**LINK["tenants"], "contoso": {"tenant_id": "contoso.kr", "client_id": "c", "client_secret": SECRET, "proxy": ""}}},
    )

    @pytest.mark.parametrize("variables", FORMS)
    def test_the_options_are_those_of_a_task(self, variables: dict[str, Any]) -> None:
        """As the roles give them to ``link_info``, which understands and validates them again."""
        host = LinkHost("a_to_b", {**LINK, **variables}, lambda raw: raw)
        result = validate_link(host, dict)
        source, target = (host.variables["tenants"][host.variables[side]] for side in ("link_source", "link_target"))
        given = {**source, **result["ansible_facts"]["cross_tenant_sync_link"], "target": target}
        understood = link_info.OPTIONS.understand({**given, "stop_at_difference": True, "share_reads": True})
        expected = ArgumentSpecValidator(link_info.OPTIONS.argument_spec(), **link_info.OPTIONS.rules).validate(understood.args)
        assert not understood.wrong
        assert not expected.error_messages
        known = link_info.OPTIONS.argument_spec()
        expected_params = {name: value for name, value in expected.validated_parameters.items() if name in known}
        looked = prepare(host, dict)
        params = {name: value for name, value in looked.params.items() if name in known}
        assert without_empty(params) == without_empty(expected_params) | {"target": params["target"]}
        of_target = expected_params["target"]
        assert without_empty(params["target"]) == without_empty({name: of_target[name] for name in params["target"]})
        assert params["configuration"].__class__ is str

    def test_an_entry_that_several_links_share_is_validated_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        monkeypatch.setattr(link_arguments, "connection_fault", lambda params: asked.append(params["tenant_id"]))
        entries: dict[Hashable, Any] = {}
        other = {**LINK["tenants"], "fabrikam": {**LINK["tenants"]["fabrikam"], "client_secret": "another"}}
        for variables in (LINK, {**LINK, "link_configuration": "Second"}, {**LINK, "tenants": other}):
            assert prepare(LinkHost("a_to_b", variables, lambda raw: raw, entries=entries), dict).tasks is None
        assert asked == [SOURCE, TARGET, TARGET]
        # Messages are not lost.
        wrong = {**LINK, "tenants": {**LINK["tenants"], "contoso": {"tenant_id": SOURCE, "timeout": "long"}}}
        messages = [validate_link(LinkHost("a_to_b", wrong, lambda raw: raw, entries=entries), dict)["msg"] for _time in range(2)]
        assert messages[0] == messages[1]
        assert "tenants.contoso.timeout" in messages[0]

    @pytest.mark.parametrize(("value", "fails"), [(None, False), ("", False), ("report", False), ("fail", True)])
    def test_whether_strangers_fail_it(self, value: str | None, fails: bool) -> None:
        host = LinkHost("a_to_b", {**LINK, "link_strangers": value}, lambda raw: raw)
        assert prepare(host, dict).fails_for_strangers is fails


def looked_at(*hosts: str, fails: bool = False) -> dict[str, Looked]:
    return {host: Looked(None, {"tenant_id": SOURCE.upper(), "target": {"tenant_id": TARGET}}, fails_for_strangers=fails) for host in hosts}


def seen(verdicts: Mapping[str, Verdict], *strangers: Strangers) -> Seen:
    return Seen(verdicts, strangers)


class TestBeforeReport:
    """Which tasks of the playbook report follow a look."""

    @pytest.mark.parametrize(("wanted", "number", "asks"), [(None, 20, True), (None, 21, False), (True, 21, True), (False, 1, False)])
    def test_whose_users_are_asked_about(self, wanted: bool | None, number: int, asks: bool) -> None:
        links: dict[str, Any] = {f"l{index}": {"tasks": IN_SYNC, "state": "present"} for index in range(number)}
        links["l0"] = {"tasks": FAILED, "msg": "why"}
        result = before_report({"links": links, "done": {}}, wanted)
        assert {entry["report"] for entry in result["links"].values()} == {USERS if asks else NO_TASKS}
        assert len(result["done"]) == (0 if asks else number - 1), "one stays to write the report"

    def test_a_link_that_must_not_exist_has_no_users(self) -> None:
        links = {"a": {"tasks": GO_ON, "state": "absent"}, "b": {"tasks": JUDGE, "state": "present"}}
        result = before_report({"links": links, "done": {}}, None)
        assert ({host: entry["report"] for host, entry in result["links"].items()}, result["done"]) == (
            {"a": NO_TASKS, "b": USERS},
            {"a": True},
        )

    @pytest.mark.parametrize(
        ("check_mode", "reports", "file"),
        [(False, False, None), (True, False, "table"), (False, True, "report"), (True, True, "table_and_report")],
    )
    def test_how_a_run_ends(self, check_mode: bool, reports: bool, file: str | None) -> None:
        assert ending(check_mode, reports) == file


class TestReporting:
    @pytest.mark.parametrize(
        ("verdict", "expected"),
        [
            (SAME, {"tasks": IN_SYNC, "in_sync": True, "summary": "in sync", "synced_users": 2}),
            (OTHER, {"tasks": JUDGE, "in_sync": False, "summary": "differs", "synced_users": 2, "differences": [{"module": "sync_job"}]}),
            (BROKEN, {"tasks": FAILED, "msg": "Tenant x: sign-in failed"}),
            (ALONE, {"tasks": COMPARE}),
        ],
        ids=["in sync", "differs", "broken", "alone"],
    )
    def test_what_comes_next(self, verdict: Verdict, expected: dict[str, Any]) -> None:
        assert report(looked_at("a"), seen({"a": verdict}), False)["links"] == {"a": expected}

    def test_what_was_not_looked_at(self) -> None:
        looked = {"a": Looked(GO_ON), "b": Looked(COMPARE), "c": Looked(FAILED, msg="why")}
        links = report(looked, seen({}), False)["links"]
        assert links == {"a": {"tasks": GO_ON}, "b": {"tasks": COMPARE}, "c": {"tasks": FAILED, "msg": "why"}}

    @pytest.mark.parametrize("check_mode", [False, True])
    @pytest.mark.parametrize("others", [0, 1])
    @pytest.mark.parametrize("number", [1, MOST_LINES, MOST_LINES + 1])
    def test_one_line_each_or_one_in_all(self, number: int, others: int, check_mode: bool) -> None:
        """In check mode one host stays for the table of all actions."""
        verdicts = {f"same{index}": SAME for index in range(number)} | {f"other{index}": OTHER for index in range(others)}
        result = report(looked_at(*verdicts), seen(verdicts), check_mode)
        many = number > MOST_LINES
        stays = check_mode and many and not others
        assert len(result["done"]) == (number - stays if many else 0)
        assert result["all_done"] is (many and not others and not check_mode)
        assert result["in_sync"] == number
        assert set(result["done"]) <= {host for host in verdicts if host.startswith("same")}
        assert list(lines(result)) == ([f"{number} of {number + others} links are in sync"] if many else [])

    def test_the_warnings_of_links_that_are_in_sync(self) -> None:
        """The tasks of the others repeat theirs."""
        warned = {name: Verdict({**verdict.facts, "warnings": ["w"]}) for name, verdict in {"a": SAME, "b": OTHER}.items() if verdict.facts}
        assert report(looked_at(*warned), seen(warned), False)["warnings"] == ["a: w"]

    @pytest.mark.parametrize(
        ("verdict", "strangers", "tasks", "sentences"),
        [
            (SAME, [strange(TARGET.upper(), "t1", "t2")], FAILED, ["t1", "t2"]),
            (SAME, [strange(SOURCE, "s"), strange(TARGET, "t")], FAILED, ["s", "t"]),
            (OTHER, [strange(SOURCE, "s")], FAILED, ["s"]),
            (ALONE, [strange(SOURCE, "s")], FAILED, ["s"]),
            (SAME, [strange("elsewhere.example", "e")], IN_SYNC, None),
            (SAME, [Strangers(SOURCE, unknown="no answer")], FAILED, ["strangers unknown: no answer"]),
            (BROKEN, [Strangers(SOURCE, unknown="no answer")], FAILED, ["Tenant x: sign-in failed"]),
            (BROKEN, [Strangers(SOURCE, unknown="no answer"), strange(TARGET, "t")], FAILED, ["Tenant x: sign-in failed", "t"]),
        ],
    )
    def test_strangers_fail_the_links_of_their_tenants(
        self, verdict: Verdict, strangers: list[Strangers], tasks: str, sentences: list[str] | None
    ) -> None:
        looked = looked_at("fails", fails=True) | looked_at("reports")
        result = report(looked, seen({"fails": verdict, "reports": verdict}, *strangers), False)
        alone = report(looked_at("reports"), seen({"reports": verdict}), False)
        assert result["links"]["reports"] == alone["links"]["reports"]
        assert result["links"]["fails"]["tasks"] == tasks
        assert result["links"]["fails"].get("msg") == (None if sentences is None else "; ".join(sentences))
        found = [sentence for tenant in strangers for sentence in tenant.found]
        assert result["strangers"] == found
        assert result["strangers_unknown"] == [tenant.unknown for tenant in strangers if tenant.unknown]
        assert list(lines(result))[: len(found)] == found


@pytest.mark.parametrize(
    ("others", "names"),
    [
        (None, ()),
        ("", ()),
        ([], ()),
        (["By hand", "Old"], ("By hand", "Old")),
        ("By hand, Old", ("By hand", "Old")),
        ("{{ foreign }}", ("templated",)),
        (["{{ foreign }}"], ("templated",)),
        ({"odd": 1}, ()),
    ],
    ids=str,
)
def test_the_links_of_an_inventory_with_what_is_managed_elsewhere(others: Any, names: tuple[str, ...]) -> None:
    """Whatever the limit is, because such configurations are described."""
    variables = {**LINK, "link_others": others}
    links = inventory_links(["a"], lambda _host: variables, lambda _host: {**variables, "link_others": ["templated"]})
    assert pairs_of(links) == [(SOURCE, TARGET, ("Fabrikam", *names))]


def test_each_host_has_the_variables_of_its_own_and_those_of_the_play() -> None:
    own = {"a": {"name": "a", "group": 1}, "b": {"name": "b", "group": 2}}
    task_vars = {**own["a"], "group": 7, "of_the_play": True, "vars": {}}
    found = dict(variables_of(["a", "b"], "a", task_vars, own.__getitem__))
    assert found == {"a": task_vars, "b": {"name": "b", "group": 7, "of_the_play": True}}
