# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read for a plan of mappings, and what the plan says beside its request: the diff, what belongs to others, what an approval relies on."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import debt
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.expression import constant_source
from ansible_collections.entra.cross_tenant_sync.tests.unit import test_group_mapping as of_groups
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Reply
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService, new_job
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_mapping import (
    BUILT_IN,
    MARKETING,
    desired,
    full_schema,
    graph,
    plan,
    row,
    title,
    user_mapping_of,
)

KIM = "minsu.kim@contoso.kr"
PEOPLE = [{"id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": KIM, "mail": KIM, "userType": "Member"}]
FILTERED = full_schema(scope={"groups": [{"name": "M", "clauses": [MARKETING]}], "inputFilterGroups": [BUILT_IN]})
OF_MARKETING = [{"name": "M", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Marketing"]}]}]
OF_SALES = [{"name": "S", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Sales"]}]}]
ALL_ACTIONS = ["create", "update", "delete"]


def asked(client: FakeGraph, what: str) -> int:
    return sum(what in request.path for request in client.sent)


class TestReading:
    @pytest.mark.parametrize(
        ("given", "times"), [({}, 0), ({"filters": OF_MARKETING}, 0), ({"filters": []}, 0), ({"filters": OF_SALES}, 1)]
    )
    def test_the_operators_are_read_for_new_filters_only(self, given: dict[str, Any], times: int) -> None:
        client = graph(FILTERED)
        mapping.read(client, desired(**given))
        assert asked(client, "filterOperators") == times

    def test_the_operators_are_read_once(self) -> None:
        """Not again right before the schema is written, if another process has changed it meanwhile."""
        link = Link("Fabrikam", jobs=[new_job()], schema=full_schema(), id="sp")
        client, wanted = FakeGraph(SourceService([link])), desired(filters=OF_SALES)
        refresh = mapping.plan(mapping.read(client, wanted), wanted).actions[0].refresh
        assert refresh
        city = row(link.schema, "city")
        assert city
        city["source"] = constant_source("Seoul")
        (write,) = refresh(client)
        assert (row(write.body, "city") or {})["source"] == constant_source("Seoul")
        assert asked(client, "filterOperators") == 1

    @pytest.mark.parametrize("member", ["id", "name"])
    def test_operators_have_an_id_or_a_name(self, member: str) -> None:
        """Which of them the service returns is not documented (fact F103)."""
        with pytest.raises(Refusal, match=r"there is no operator 'EQUALS'; the service supports Equal_To$"):
            plan(faults={"filterOperators": [Reply(200, {"value": [{member: "Equal_To"}, {}]})]}, filters=OF_SALES)

    def test_an_expression_is_parsed_without_a_change(self) -> None:
        client = graph(full_schema())
        mapping.read(client, desired(mappings=[{"target": "city", "expression": "ToUpper([city])"}]))
        (request,) = (request for request in client.sent if "parseExpression" in request.path)
        assert (request.method, request.body, client.writes) == ("POST", {"expression": "ToUpper([city])"}, [])

    @pytest.mark.parametrize(
        ("answer", "sentence"),
        [
            ([], "the expression 'ToUpper([city])' for city is not valid: the service returned no reason"),
            (None, "the expression 'ToUpper([city])' for city is not valid: the service returned no reason"),
            ({"error": "text"}, "the expression 'ToUpper([city])' for city is not valid: the service returned no reason"),
            (
                {"parsingSucceeded": True},
                "the expression 'ToUpper([city])' for city cannot be written: the service accepts it, but does not return its parsed form",
            ),
        ],
    )
    def test_an_answer_that_does_not_parse_the_expression(self, answer: Any, sentence: str) -> None:
        with pytest.raises(Refusal) as caught:
            plan(faults={"parseExpression": [Reply(200, answer)]}, mappings=[{"target": "city", "expression": "ToUpper([city])"}])
        assert str(caught.value) == sentence

    @pytest.mark.parametrize(
        ("current", "template", "said"),
        [
            ({"synchronizationRules": [None]}, full_schema(), "the mappings of configuration 'Fabrikam' cannot be understood"),
            (full_schema(), {"synchronizationRules": [None]}, "the default mappings of configuration 'Fabrikam' cannot be understood"),
        ],
        ids=["the job's", "the template's"],
    )
    def test_a_schema_that_is_not_understood(self, current: Any, template: Any, said: str) -> None:
        link, wanted = Link("Fabrikam", jobs=[new_job()], schema=current, template=template), desired(reset=True)
        with pytest.raises(Refusal) as caught:
            mapping.read(FakeGraph(SourceService([link])), wanted)
        assert str(caught.value) == f"{said}: in the answer of the service, synchronizationRules[0] is null instead of an object"


class TestTrying:
    def tried(self, **given: Any) -> Any:
        link = Link("Fabrikam", jobs=[new_job()], schema=full_schema(), id="sp")
        wanted, client = desired(**given), FakeGraph(SourceService([link], people=PEOPLE))
        return mapping.plan(mapping.read(client, wanted), wanted).change_facts.get("tried")

    def test_what_changes_is_tried_on_the_named_users(self) -> None:
        change = {"attribute": "companyName", "before": None, "after": "Contoso", "unknown": None}
        assert self.tried(company_name="Contoso", try_on=[KIM]) == [{"user_principal_name": KIM, "changes": [change], "warnings": []}]
        assert self.tried(try_on=[KIM]) == []
        assert self.tried(company_name="Contoso") is None


class TestDiff:
    def test_of_filters(self) -> None:
        planned = plan(FILTERED, filters=OF_SALES)
        assert planned.before == {"configuration": "Fabrikam", "mappings": {}, "filters": OF_MARKETING}
        assert planned.after == {"configuration": "Fabrikam", "mappings": {}, "filters": OF_SALES}
        assert planned.facts["filters"] == OF_SALES

    def test_of_target_actions(self) -> None:
        planned = plan(target_actions=["create"])
        assert planned.before == {"configuration": "Fabrikam", "mappings": {}, "target_actions": ALL_ACTIONS}
        assert planned.after == {"configuration": "Fabrikam", "mappings": {}, "target_actions": ["create"]}

    @pytest.mark.parametrize("given", [{"reset": True}, {"restore": full_schema()}], ids=["reset", "restore"])
    def test_of_the_whole(self, given: dict[str, Any]) -> None:
        planned = plan(FILTERED, **given)
        rest = {"configuration": "Fabrikam", "mappings": {}, "target_actions": ALL_ACTIONS}
        assert planned.before == {**rest, "filters": OF_MARKETING}
        assert planned.after == {**rest, "filters": []}

    def test_groups_that_are_named_are_in_it_even_if_nothing_changes(self) -> None:
        planned = of_groups.plan(of_groups.schema(True), groups=True)
        assert planned.before == planned.after == {"configuration": "Fabrikam", "mappings": {}, "groups": True}

    def test_a_change_of_what_has_no_option(self) -> None:
        backup = full_schema()
        backup["synchronizationRules"][0]["objectMappings"][2]["enabled"] = False
        assert title(plan(restore=backup)) == "other rules of the schema"

    def test_a_pending_restart_is_shown_even_without_a_job(self) -> None:
        wanted = desired(company_name="Contoso")
        planned = mapping.plan(mapping.read(FakeGraph(SourceService([Link("Fabrikam", tags=[debt.TAG])])), wanted), wanted)
        assert planned.facts["restart_owed"] is planned.before["restart_owed"] is True


class TestForeign:
    """What the task does not manage is compared after the run: another process has changed it if it differs."""

    def test_of_users(self) -> None:
        planned = plan(FILTERED, mappings=[{"target": "city", "constant": "Seoul"}])
        rows = {shown["target"]: shown for shown in planned.facts["mappings"]}
        assert planned.foreign == {
            **{f"mapping of {target}": shown for target, shown in rows.items() if target != "city"},
            "filters": OF_MARKETING,
            "target actions": ALL_ACTIONS,
            **{f"group mapping of {shown['target']}": shown for shown in planned.facts["group_mappings"]},
            "groups": False,
        }
        managed = plan(FILTERED, filters=OF_SALES, target_actions=["create"])
        assert {"filters", "target actions"}.isdisjoint(managed.foreign)

    def test_of_groups(self) -> None:
        given = {"target": "description", "constant": "of Contoso"}
        left, managed = of_groups.plan(of_groups.schema(True)), of_groups.plan(of_groups.schema(True), groups=True, group_mappings=[given])
        names = {"group mapping of objectId", "group mapping of displayName", "group mapping of members"}
        assert {name for name in left.foreign if "group" in name} == {*names, "group mapping of description", "groups"}
        assert left.foreign["groups"] is True
        assert {name for name in managed.foreign if "group" in name} == names
        assert left.foreign["mapping of city"] == {"target": "city", "source": "city", "apply": "always"}


class TestBasis:
    """What an approval relies on is what does not change."""

    @staticmethod
    def only_groups(enabled: bool = True) -> Any:
        """A schema without the nameless mapping of the service."""
        made = of_groups.schema(enabled)
        del made["synchronizationRules"][0]["objectMappings"][1]
        return made

    def test_of_users(self) -> None:
        planned = plan(FILTERED, mappings=[{"target": "city", "state": "absent"}, {"target": "companyName", "constant": "Contoso"}])
        before = plan(FILTERED).facts["mappings"]
        basis = dict(planned.basis())
        rules = basis.pop("other rules")
        assert basis == {
            "mappings": {shown["target"]: shown for shown in before if shown["target"] != "city"},
            "filters": OF_MARKETING,
            "target_actions": ALL_ACTIONS,
            "mapping of users": "enabled",
            "matching": {"alternativeSecurityIds": 1},
            "input filters": [BUILT_IN],
        }
        assert all(re.fullmatch("[0-9a-f]{16}", rule.pop("rules")) for rule in rules.values())
        assert rules == {
            "USER_INBOUND_USER: x to y": {"enabled": True, "target_actions": []},
            "USER_INBOUND_USER: Group to Group (Provision Microsoft Entra ID Groups)": {"enabled": False, "target_actions": ALL_ACTIONS},
            "USER_INBOUND_USER: Group to Group": {"enabled": False, "target_actions": []},
        }

    @pytest.mark.parametrize(("enabled", "said"), [(True, "enabled"), (False, "disabled"), (None, "enabled")])
    def test_of_users_that_are_switched_off(self, enabled: bool | None, said: str) -> None:
        assert plan(full_schema(enabled=enabled)).basis()["mapping of users"] == said

    def test_of_a_mapping_without_a_built_in_filter(self) -> None:
        assert plan(full_schema(scope=None)).basis()["input filters"] == []

    def test_of_groups(self) -> None:
        untouched = of_groups.plan(self.only_groups(), mappings=[{"target": "city", "state": "absent"}]).basis()
        assert untouched["other rules"].keys() == {"USER_INBOUND_USER: Group to Group (Provision Microsoft Entra ID Groups)"}
        assert "group mappings" not in untouched
        for given in ({"groups": False}, {"group_mappings": [{"target": "description", "state": "absent"}]}):
            touched = of_groups.plan(self.only_groups(), **given).basis()
            assert touched["other rules"] == {}
            assert touched["group mappings"].keys() - {"description"} == {"objectId", "displayName", "members"}

    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_no_other_mapping_hides_behind_one_of_the_same_kind(self, number: int) -> None:
        """The service has nameless mappings beside those of the portal (fact F84), perhaps several of the same objects."""
        made = full_schema()
        mappings = made["synchronizationRules"][0]["objectMappings"]
        mappings[2] |= {"sourceObjectName": "Group", "targetObjectName": "Group"}
        before = plan(made).basis()["other rules"]
        mappings[number]["enabled"] = not mappings[number]["enabled"]
        after = plan(made).basis()["other rules"]
        kind = "USER_INBOUND_USER: Group to Group"
        assert list(before) == list(after) == [f"{kind} (Provision Microsoft Entra ID Groups)", kind, f"{kind} #2"]
        assert sum(before[name] != rule for name, rule in after.items()) == 1

    def test_without_a_job_there_is_none(self) -> None:
        assert without_a_job(company_name="Contoso").basis() == {}


def without_a_job(**given: Any) -> Plan:
    wanted = desired(**given)
    return mapping.plan(mapping.read(FakeGraph(SourceService([])), wanted), wanted)


class TestWithoutAJob:
    def test_the_matching_of_a_backup_is_that_of_its_job(self) -> None:
        """The new job's is not known yet."""
        backup: Any = default_schema()
        users, groups = backup["synchronizationRules"][0]["objectMappings"]
        users["attributeMappings"][0]["source"] = constant_source("x")
        groups["attributeMappings"][0]["source"] = constant_source("y")
        assert title(without_a_job(restore=backup)) == "change alternativeSecurityIds, change objectId of groups"

    def test_an_expression_is_compared_by_its_meaning(self) -> None:
        assert title(without_a_job(mappings=[{"target": "city", "expression": "[city]"}])) is None
        planned = without_a_job(mappings=[{"target": "city", "expression": "ToUpper([city])"}])
        assert planned.after["mappings"] == {"city": {"target": "city", "expression": "ToUpper([city])", "apply": "always"}}


def test_everything_of_a_mapping_of_users_is_in_the_written_schema() -> None:
    """The parts that the options manage are beside those that they do not."""
    planned = plan(FILTERED, filters=OF_SALES, target_actions=["create"], company_name="Contoso")
    users = user_mapping_of(planned.actions[0].requests[0].body)
    assert users["scope"]["inputFilterGroups"] == [BUILT_IN]
    assert (users["flowTypes"], users["unknownMappingMember"]) == ("Add", "x")
