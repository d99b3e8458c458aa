# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning the mappings: rows, filters and target actions of one schema, written as a whole (facts F82, F92)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import filters, schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.expression import attribute_source, constant_source
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Faulty, Link, SourceService, new_job

EXTENSION = "extension_0123456789abcdef0123456789abcdef_costCenter"
BUILT_IN = {
    "name": "Filter external users",
    "clauses": [{"sourceOperandName": "alternativeSecurityIds", "operatorName": "EQUALS", "targetOperand": {"values": ["None"]}}],
}
MARKETING = {"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Marketing"]}}


def full_schema(**rest: Any) -> Any:
    """A job's schema, with directories, mappings without a name and unknown members, which the module does not manage (fact F84)."""
    made: Any = default_schema()
    rule = made["synchronizationRules"][0]
    rule |= {
        "id": "rule-id",
        "sourceDirectoryName": "Microsoft Entra ID",
        "targetDirectoryName": "Azure Active Directory (target tenant)",
        "unknownRuleMember": 1,
    }
    users = rule["objectMappings"][0]
    users |= {
        "enabled": True,
        "flowTypes": "Add,Update,Delete",
        "scope": {"groups": [], "categoryFilterGroups": [], "inputFilterGroups": [BUILT_IN]},
        "metadata": [{"key": "Disposition", "value": '"Normal"'}],
        "unknownMappingMember": "x",
        **rest,
    }
    for row in users["attributeMappings"]:
        row["unknownRowMember"] = "kept"
    rule["objectMappings"] += [
        {"name": "", "enabled": True, "sourceObjectName": "x", "targetObjectName": "y", "attributeMappings": []},
        {"name": None, "enabled": False, "sourceObjectName": "Group", "targetObjectName": "Group", "attributeMappings": []},
    ]
    names = [row["targetAttributeName"] for row in users["attributeMappings"]]
    source = [
        *(name for name in names if name not in ("userType", "showInAddressList")),
        "netId",
        "companyName",
        "employeeType",
        "userType",
    ]
    target = [*names, "companyName", "employeeType", "usageLocation"]

    def definition(name: str) -> dict[str, Any]:
        return {
            "name": name,
            "type": "Reference" if name == "manager" else "String",
            "multivalued": False,
            "required": name == "displayName",
        }

    made |= {
        "id": "Azure2Azure.1",
        "version": "v1.2",
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#x",
        "unknownSchemaMember": {"a": [1]},
        "directories": [
            {
                "name": "Microsoft Entra ID",
                "objects": [{"name": "Group", "attributes": []}, {"name": "User", "attributes": [definition(name) for name in source]}],
            },
            {
                "name": "Azure Active Directory (target tenant)",
                "objects": [{"name": "User", "attributes": [definition(name) for name in target]}],
            },
        ],
    }
    return made


def desired(**given: Any) -> mapping.Desired:
    return mapping.desired(options("sync_mapping", configuration="Fabrikam", **given))


def graph(current: dict[str, Any], faults: dict[str, list[Any]] | None = None) -> FakeGraph:
    link = Link("Fabrikam", jobs=[new_job()], schema=current, template=full_schema(), id="sp")
    return FakeGraph(Faulty(SourceService([link]), faults or {}))


def plan(current: dict[str, Any] | None = None, faults: dict[str, list[Any]] | None = None, **given: Any) -> Plan:
    wanted = desired(**given)
    return mapping.plan(mapping.read(graph(full_schema() if current is None else current, faults), wanted), wanted)


def title(planned: Plan) -> str | None:
    return str(planned.actions[0]).partition("(")[2][:-1] if planned.actions else None


def written(planned: Plan) -> Any:
    request = planned.actions[0].requests[0]
    assert (request.method, request.path) == ("PUT", "/servicePrincipals/sp/synchronization/jobs/Azure2Azure.1/schema")
    return request.body


def user_mapping_of(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["synchronizationRules"][0]["objectMappings"][0]
    return found


def row(body: dict[str, Any], target: str) -> dict[str, Any] | None:
    return next((row for row in user_mapping_of(body)["attributeMappings"] if row["targetAttributeName"] == target), None)


def with_row(target: str, **members: Any) -> dict[str, Any]:
    """The full schema with one row changed."""
    made: dict[str, Any] = full_schema()
    changed = row(made, target)
    assert changed is not None
    changed.update(members)
    return made


class TestRows:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            pytest.param({"mappings": [{"target": "employeeId", "state": "absent"}]}, "remove employeeId", id="absent"),
            pytest.param({"mappings": [{"target": "companyName", "state": "absent"}]}, None, id="absent already"),
            pytest.param({"mappings": [{"target": "usageRights", "state": "absent"}]}, None, id="absent and unknown"),
            pytest.param({"mappings": [{"target": EXTENSION, "state": "absent"}]}, None, id="absent extension"),
            pytest.param({"mappings": [{"target": "companyName", "constant": "Contoso"}]}, "add companyName", id="new constant"),
            pytest.param({"mappings": [{"target": "companyName", "source": "companyName"}]}, "add companyName", id="new source"),
            pytest.param(
                {"mappings": [{"target": "displayName", "expression": 'Append([displayName], " x")'}]},
                "change displayName",
                id="expression",
            ),
            pytest.param({"mappings": [{"target": "displayName", "source": "displayName"}]}, None, id="the default"),
            pytest.param({"mappings": [{"target": "displayName", "expression": "[displayName]"}]}, None, id="the default as an expression"),
            pytest.param({"mappings": [{"target": "userType", "constant": "Member"}]}, None, id="the default constant"),
            pytest.param(
                {"mappings": [{"target": "userType", "expression": '"Member"'}]}, None, id="the default constant as an expression"
            ),
            pytest.param({"mappings": [{"target": "showInAddressList", "constant": "True"}]}, None, id="a boolean has no case"),
            pytest.param(
                {"mappings": [{"target": "userType", "constant": "Member", "apply": "create_only"}]}, None, id="the default apply"
            ),
            pytest.param(
                {"mappings": [{"target": "userType", "constant": "Member", "apply": "always"}]}, "change userType", id="another apply"
            ),
            pytest.param({"mappings": [{"target": "city", "source": "city", "default": ""}]}, None, id="an empty default is none"),
            pytest.param({"mappings": [{"target": "city", "source": "city", "default": "Seoul"}]}, "change city", id="a default"),
            pytest.param({"user_type": "member"}, None, id="user_type member"),
            pytest.param({"user_type": "guest"}, "change userType", id="user_type guest"),
            pytest.param({"user_type": "member", "convert_existing": True}, "change userType", id="convert_existing"),
            pytest.param({"user_type": "member", "convert_existing": False}, None, id="convert_existing off"),
            pytest.param({"show_in_address_list": True}, None, id="show_in_address_list"),
            pytest.param({"show_in_address_list": False}, "change showInAddressList", id="show_in_address_list off"),
            pytest.param({"display_name_suffix": " (Contoso)"}, "change displayName", id="display_name_suffix"),
            pytest.param({"company_name": "Contoso"}, "add companyName", id="company_name"),
            pytest.param({}, None, id="nothing named"),
        ],
    )
    def test_the_title_names_the_changes(self, given: dict[str, Any], expected: str | None) -> None:
        assert title(plan(**given)) == expected

    def test_several_in_one_request(self) -> None:
        planned = plan(
            mappings=[
                {"target": "employeeId", "state": "absent"},
                {"target": "companyName", "constant": "Contoso"},
                {"target": "city", "constant": "Seoul"},
            ],
            show_in_address_list=False,
        )
        assert len(planned.actions) == 1
        assert len(planned.actions[0].requests) == 1
        assert planned.actions[0].effects == {"triggers_full_cycle": True}
        assert title(planned) == "change city, remove employeeId, change showInAddressList, add companyName"

    @pytest.mark.parametrize(
        ("row_given", "source"),
        [
            ({"target": "companyName", "source": "companyName"}, attribute_source("companyName")),
            (
                {"target": "companyName", "constant": 'Con"toso'},
                {"type": "Constant", "name": 'Con"toso', "expression": '"Con\\"toso"', "parameters": []},
            ),
            (
                {"target": "companyName", "expression": 'ToUpper([companyName], "x")'},
                {"type": "Function", "name": "ToUpper", "expression": 'ToUpper([companyName],"x")', "parameters": []},
            ),
        ],
    )
    def test_a_new_row(self, row_given: dict[str, Any], source: dict[str, Any]) -> None:
        """Fact F87; the source object of an expression is the service's own."""
        assert row(written(plan(mappings=[row_given])), "companyName") == {
            "targetAttributeName": "companyName",
            "source": source,
            "flowType": "Always",
            "flowBehavior": "FlowWhenChanged",
            "matchingPriority": 0,
            "exportMissingReferences": False,
            "defaultValue": None,
        }

    def test_a_changed_row_keeps_what_was_not_named(self) -> None:
        current = with_row("userType", flowType="ObjectAddOnly", defaultValue="x", flowBehavior="FlowAlways")
        assert row(written(plan(current, user_type="guest")), "userType") == {
            **(row(current, "userType") or {}),
            "source": constant_source("Guest"),
        }

    @pytest.mark.parametrize(
        ("target", "source", "given"),
        [
            ("city", {**attribute_source("city"), "unknown": 1}, {"source": "city"}),
            ("city", {**constant_source("Seoul"), "unknown": 1}, {"constant": "Seoul"}),
            (
                "city",
                {"type": "Function", "name": "ToUpper", "expression": "toupper( [city] )", "parameters": [], "unknown": 1},
                {"expression": "ToUpper([city])"},
            ),
        ],
        ids=["attribute", "constant", "expression"],
    )
    def test_a_source_of_the_same_meaning_stays_as_it_is_written(self, target: str, source: Any, given: dict[str, Any]) -> None:
        body = written(plan(with_row(target, source=source), mappings=[{"target": target, "default": "x", **given}]))
        changed = row(body, target)
        assert changed
        assert (changed["source"], changed["defaultValue"]) == (source, "x")

    @pytest.mark.parametrize(("wanted", "text"), [(True, "true"), (False, "false")])
    def test_a_boolean_is_written_as_the_service_does(self, wanted: bool, text: str) -> None:
        changed = row(written(plan(with_row("showInAddressList", source=None), show_in_address_list=wanted)), "showInAddressList")
        assert changed
        assert changed["source"] == constant_source(text)

    def test_everything_else_is_sent_back_unchanged(self) -> None:
        current = full_schema()
        body = copy.deepcopy(written(plan(current, mappings=[{"target": "employeeId", "state": "absent"}])))
        expected = copy.deepcopy(current)
        rows = user_mapping_of(expected)["attributeMappings"]
        rows.remove(next(row for row in rows if row["targetAttributeName"] == "employeeId"))
        assert body == expected

    @pytest.mark.parametrize(
        "current",
        [
            pytest.param(
                with_row(
                    "displayName",
                    source={"type": "Function", "name": "Append", "expression": 'append([displayName]," x")', "parameters": []},
                ),
                id="another spelling",
            ),
            pytest.param(
                with_row(
                    "displayName",
                    source={
                        "type": "Function",
                        "name": "Append",
                        "expression": "",
                        "parameters": [
                            {"key": "s", "value": attribute_source("displayName")},
                            {"key": "x", "value": constant_source(" x")},
                        ],
                    },
                ),
                id="parameters only",
            ),
        ],
    )
    def test_an_expression_with_the_same_meaning_is_not_parsed_again(self, current: dict[str, Any]) -> None:
        wanted = desired(mappings=[{"target": "displayName", "expression": 'Append([displayName], " x")'}])
        client = graph(current)
        assert mapping.plan(mapping.read(client, wanted), wanted).actions == ()
        assert not [request for request in client.sent if "parseExpression" in request.path]

    @pytest.mark.parametrize(
        "members", [{"flowType": None}, {"defaultValue": ""}, {"flowType": "Always", "defaultValue": None}, {"matchingPriority": None}]
    )
    def test_absent_members_mean_the_default(self, members: dict[str, Any]) -> None:
        assert title(plan(with_row("city", **members), mappings=[{"target": "city", "source": "city", "apply": "always"}])) is None

    def test_a_row_without_a_source(self) -> None:
        assert (
            title(plan(with_row("city", source=None, defaultValue="Seoul"), mappings=[{"target": "city", "source": "city"}]))
            == "change city"
        )

    def test_an_extension_is_declared(self) -> None:
        """Fact F97: a directory extension that was not discovered is added to the definitions."""
        body = written(plan(mappings=[{"target": EXTENSION, "source": EXTENSION}]))
        assert EXTENSION in schema.definitions(body, "source")
        assert EXTENSION in schema.definitions(body, "target")

    def test_an_extension_of_a_filter_is_declared_in_the_source(self) -> None:
        body = written(plan(filters=[{"name": "F", "clauses": [{"attribute": EXTENSION, "operator": "IS NULL"}]}]))
        assert EXTENSION in schema.definitions(body, "source")
        assert EXTENSION not in schema.definitions(body, "target")

    def test_an_extension_is_declared_once(self) -> None:
        """In the spelling of the service: names are case-sensitive (fact F97)."""
        once = written(plan(mappings=[{"target": EXTENSION, "constant": "x"}]))
        again = written(plan(once, mappings=[{"target": EXTENSION, "constant": "y"}]))
        assert again["directories"] == once["directories"]
        with pytest.raises(Refusal, match=f"is not a target attribute of this configuration; did you mean {EXTENSION}"):
            plan(once, mappings=[{"target": EXTENSION.replace("cost", "COST"), "constant": "y"}])


class TestExact:
    def test_other_mappings_are_removed_except_those_that_users_need(self) -> None:
        body = written(plan(exact=True, mappings=[{"target": "mail", "source": "mail"}]))
        assert [row["targetAttributeName"] for row in user_mapping_of(body)["attributeMappings"]] == [
            "alternativeSecurityIds",
            "IsSoftDeleted",
            "accountEnabled",
            "displayName",
            "userPrincipalName",
            "mail",
        ]

    def test_a_second_attribute_that_matches_stays(self) -> None:
        users = user_mapping_of(written(plan(with_row("mail", matchingPriority=2), exact=True)))
        assert "mail" in [row["targetAttributeName"] for row in users["attributeMappings"]]

    def test_an_exact_list_of_the_current_mappings_changes_nothing(self) -> None:
        names = [row["targetAttributeName"] for row in user_mapping_of(full_schema())["attributeMappings"]]
        named = [
            {"target": name, "source": name}
            for name in names
            if name not in ("alternativeSecurityIds", "IsSoftDeleted", "userType", "showInAddressList")
        ]
        assert title(plan(exact=True, mappings=named, user_type="member", show_in_address_list=True)) is None


class TestFilters:
    GIVEN = (
        {
            "name": "Sales",
            "clauses": [
                {"attribute": "department", "operator": "EQUALS", "values": ["Sales"]},
                {"attribute": "city", "operator": "IS NOT NULL", "values": None},
            ],
        },
    )

    def test_written(self) -> None:
        users = user_mapping_of(written(plan(filters=list(self.GIVEN))))
        assert users["scope"]["groups"] == [
            {
                "name": "Sales",
                "clauses": [
                    {"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Sales"]}},
                    {"sourceOperandName": "city", "operatorName": "IS NOT NULL", "targetOperand": {"values": []}},
                ],
            }
        ]
        assert users["scope"]["inputFilterGroups"] == [BUILT_IN]

    @pytest.mark.parametrize("operand", [None, {"values": []}, {"values": None}, {}])
    def test_a_unary_operator_in_any_form_is_the_same(self, operand: Any) -> None:
        current = full_schema(
            scope={
                "groups": [{"name": "x", "clauses": [{"sourceOperandName": "city", "operatorName": "IS NULL", "targetOperand": operand}]}],
                "inputFilterGroups": [BUILT_IN],
            }
        )
        given = [{"name": "x", "clauses": [{"attribute": "city", "operator": "IS NULL"}]}]
        assert title(plan(current, filters=given)) is None

    @pytest.mark.parametrize(
        ("groups", "given", "expected"),
        [
            ([], {}, None),
            ([], {"filters": []}, None),
            ([{"name": "x", "clauses": [MARKETING]}], {}, None),
            ([{"name": "x", "clauses": [MARKETING]}], {"filters": []}, "filters"),
            (
                [{"name": "x", "clauses": [MARKETING]}],
                {"filters": [{"name": "x", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Marketing"]}]}]},
                None,
            ),
            (
                [{"name": "x", "clauses": [MARKETING]}],
                {"filters": [{"name": "x", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["marketing"]}]}]},
                "filters",
            ),
        ],
    )
    def test_what_differs(self, groups: list[Any], given: dict[str, Any], expected: str | None) -> None:
        assert title(plan(full_schema(scope={"groups": groups, "inputFilterGroups": [BUILT_IN]}), **given)) == expected

    @pytest.mark.parametrize("scope", [None, {}, {"groups": None}])
    def test_a_mapping_without_a_scope(self, scope: Any) -> None:
        assert title(plan(full_schema(scope=scope), filters=[])) is None

    @pytest.mark.parametrize(
        ("clause", "sentence"),
        [
            (
                {"attribute": "department", "operator": "equals", "values": ["x"]},
                "there is no operator 'equals'; the service supports EQUALS, Greater_Than, IS NOT NULL, IS NULL, NOT EQUALS",
            ),
            ({"attribute": "department", "operator": "EQUALS"}, "EQUALS needs values to compare with"),
            ({"attribute": "department", "operator": "IS NULL", "values": ["x"]}, "IS NULL takes no values"),
            ({"attribute": "manager", "operator": "IS NULL"}, "the service cannot filter by this attribute"),
            ({"attribute": "userType", "operator": "EQUALS", "values": ["Member"]}, "the service cannot filter by this attribute"),
        ],
    )
    def test_what_the_service_would_refuse_or_never_match(self, clause: dict[str, Any], sentence: str) -> None:
        """Fact F103; operators are validated against the job's own list, with their case."""
        with pytest.raises(Refusal) as caught:
            plan(filters=[{"name": "F", "clauses": [clause]}])
        assert str(caught.value) == f"filter 'F', attribute {clause['attribute']!r}: {sentence}"

    @pytest.mark.parametrize(
        ("definition", "refused"),
        [
            ({}, False),
            ({"type": "String", "multivalued": False}, False),
            ({"type": "String", "multivalued": True}, True),
            ({"type": "Reference", "multivalued": False}, True),
            ({"type": "DateTime", "multivalued": False}, True),
        ],
        ids=str,
    )
    def test_attributes_that_no_filter_can_use(self, definition: dict[str, Any], refused: bool) -> None:
        """Fact F100; the definitions are the job's own."""
        of_x: Any = [{"name": "F", "clauses": [{"attribute": "x", "operator": "IS NULL", "values": []}]}]
        if not refused:
            filters.check(of_x, (), {"x": definition})
            return
        with pytest.raises(Refusal, match="the service cannot filter by this attribute"):
            filters.check(of_x, (), {"x": definition})

    def test_only_a_pattern_must_be_one(self) -> None:
        clause = {"attribute": "department", "operator": "EQUALS", "values": ["*"]}
        assert title(plan(filters=[{"name": "F", "clauses": [clause]}])) == "filters"

    @pytest.mark.parametrize(("raw", "name"), [({"name": "x"}, "x"), ({"name": None}, ""), ({}, "")])
    def test_a_filter_as_it_is_shown(self, raw: dict[str, Any], name: str) -> None:
        of_marketing = {"attribute": "department", "operator": "EQUALS", "values": ["Marketing"]}
        assert filters.shown({"scope": {"groups": [{**raw, "clauses": [MARKETING]}]}}) == [{"name": name, "clauses": [of_marketing]}]

    def test_an_empty_filter(self) -> None:
        with pytest.raises(Refusal, match=r"^filter 'F' has no clauses; a filter without clauses excludes all users$"):
            plan(filters=[{"name": "F", "clauses": []}])

    def test_an_unknown_attribute(self) -> None:
        with pytest.raises(Refusal, match=r"^'Department' is not a source attribute of this configuration; did you mean department$"):
            plan(filters=[{"name": "F", "clauses": [{"attribute": "Department", "operator": "IS NULL"}]}])

    def test_the_documented_operators_are_enough_before_a_job_exists(self) -> None:
        for operator in filters.UNARY:
            filters.check([{"name": "F", "clauses": [{"attribute": "x", "operator": operator, "values": []}]}], (), {})
        for operator in filters.BINARY:
            filters.check([{"name": "F", "clauses": [{"attribute": "x", "operator": operator, "values": ["1"]}]}], (), {})


class TestTargetActions:
    @pytest.mark.parametrize(
        ("current", "wanted", "after"),
        [
            ("Add,Update,Delete", ["create", "update", "delete"], None),
            ("Add, Update, Delete", ["delete", "create", "update"], None),
            ("Add,Update,Delete", ["create", "update"], "Add,Update"),
            ("Add, Update, Delete", ["create", "update"], "Add, Update"),
            ("Add, Update", ["create", "update", "delete"], "Add, Update, Delete"),
            ("Add, Update", ["update"], "Update"),
        ],
    )
    def test_as_the_service_writes_them(self, current: str, wanted: list[str], after: str | None) -> None:
        """Fact F85: compare as sets, with and without blanks."""
        planned = plan(full_schema(flowTypes=current), target_actions=wanted)
        assert title(planned) == ("target_actions" if after else None)
        if after:
            assert user_mapping_of(written(planned))["flowTypes"] == after


class TestWhole:
    BACKUP = full_schema(flowTypes="Add,Update")

    def test_reset(self) -> None:
        current = with_row("city", source=constant_source("Seoul"))
        assert plan(current, reset=True).actions

    def test_restoring_a_backup_is_the_same_as_never_having_changed(self) -> None:
        backup = plan(user_type="guest").change_facts["backup"]
        changed = with_row("userType", source=constant_source("Guest"))
        planned = plan(changed, restore=backup)
        assert title(planned) == "change userType"
        assert schema.rules_meaning(written(planned)) == schema.rules_meaning(full_schema())

    def test_ids_and_versions_stay_the_jobs_own(self) -> None:
        backup = {**full_schema(flowTypes="Add"), "id": "Azure2Azure.old", "version": "v0"}
        body = written(plan(restore=backup))
        assert (body["id"], body["version"]) == ("Azure2Azure.1", "v1.2")

    def test_restoring_the_current_state_changes_nothing(self) -> None:
        assert title(plan(restore={**full_schema(), "version": "Date:2025-03-30"})) is None

    @pytest.mark.parametrize("damage", ["matching", "filter"])
    def test_a_backup_that_changes_how_users_are_matched_is_rejected(self, damage: str) -> None:
        backup = full_schema()
        if damage == "matching":
            user_mapping_of(backup)["attributeMappings"][0]["source"] = attribute_source("mail")
        else:
            user_mapping_of(backup)["scope"]["inputFilterGroups"] = []
        with pytest.raises(Refusal, match="the matching attribute and the built-in filter must stay as they are"):
            plan(restore=backup)

    def test_the_row_that_carries_deletions_over_stays(self) -> None:
        """Facts F93, F94: deletions are carried over by the row of IsSoftDeleted; a backup taken before it was repaired has no such row."""
        backup = full_schema()
        rows = user_mapping_of(backup)["attributeMappings"]
        rows.remove(next(row for row in rows if row["targetAttributeName"] == "IsSoftDeleted"))
        with pytest.raises(Refusal, match="the mapping of IsSoftDeleted must stay as it is"):
            plan(restore=backup)
        assert title(plan(backup, restore=full_schema())) == "add IsSoftDeleted"

    def test_the_matching_attribute_is_written_as_the_job_has_it(self) -> None:
        """A backup with another spelling, and a template of another age (fact F102), do not change it."""
        other = full_schema(scope={"groups": [], "inputFilterGroups": [{"name": "Filter external users", "clauses": []}]})
        user_mapping_of(other)["attributeMappings"][0] |= {"source": attribute_source("other"), "unknownRowMember": "theirs"}
        link = Link("Fabrikam", jobs=[new_job()], schema=with_row("city", source=constant_source("x")), template=other, id="sp")
        wanted = desired(reset=True)
        body = written(mapping.plan(mapping.read(FakeGraph(SourceService([link])), wanted), wanted))
        backup = with_row("city", source=constant_source("x"))
        spelled = user_mapping_of(backup)["attributeMappings"][0]
        spelled["source"] = {**spelled["source"], "expression": "AltSecIdFromNetId( [netId] )"}
        for sent in (body, written(plan(restore=backup))):
            assert user_mapping_of(sent)["scope"]["inputFilterGroups"] == [BUILT_IN]
            assert user_mapping_of(sent)["attributeMappings"][0] == user_mapping_of(full_schema())["attributeMappings"][0]

    def test_a_reset_takes_the_rules_and_the_directories_of_the_template_and_keeps_the_ids_of_the_job(self) -> None:
        """The service identifies a rule by its id (fact F86)."""
        template = full_schema()
        template["directories"][0]["objects"][1]["attributes"].append({"name": "newInTheTemplate"})
        template["synchronizationRules"][0]["id"] = "of the template"
        rows = [row["targetAttributeName"] for row in user_mapping_of(template)["attributeMappings"]]
        current = with_row("city", source=constant_source("x"))
        user_mapping_of(current)["attributeMappings"][0]["source"] = {**attribute_source("netId"), "unknown": 1}
        link = Link("Fabrikam", jobs=[new_job()], schema=current, template=template, id="sp")
        wanted = desired(reset=True)
        body = written(mapping.plan(mapping.read(FakeGraph(SourceService([link])), wanted), wanted))
        assert body["directories"] == template["directories"]
        assert body["synchronizationRules"][0]["id"] == "rule-id"
        assert [row["targetAttributeName"] for row in user_mapping_of(body)["attributeMappings"]] == rows
        assert user_mapping_of(body)["attributeMappings"][0] == user_mapping_of(current)["attributeMappings"][0]

    def test_a_backup_of_another_job_is_reported(self) -> None:
        """The job was created again, or it is the backup of another link: only an administrator can decide."""
        assert plan(restore={**full_schema(), "id": "Azure2Azure.old"}).warnings == (
            "restore is the backup of another job, Azure2Azure.old; its mappings are written to Azure2Azure.1",
        )
        assert plan(restore=full_schema()).warnings == ()

    def test_metadata_with_a_key_twice_survives(self) -> None:
        """Fact F84."""
        twice = [{"key": "LookaheadQueryEnabled", "value": "true"}, {"key": "LookaheadQueryEnabled", "value": "false"}] * 2
        current = full_schema(metadata=twice)
        current["synchronizationRules"][0]["metadata"] = list(twice)
        current["metadata"] = list(twice)
        for given in ({"user_type": "guest"}, {"restore": {**current, "id": "Azure2Azure.1"}, "user_type": "guest"}, {"exact": True}):
            planned = plan(current, **given)
            sent = written(planned)
            assert user_mapping_of(sent)["metadata"] == sent["synchronizationRules"][0]["metadata"] == sent["metadata"] == twice
            assert planned.change_facts["backup"] == current

    def test_a_backup_can_be_planned_before_there_is_a_job(self) -> None:
        wanted = desired(restore=full_schema(flowTypes="Add"))
        planned = mapping.plan(mapping.read(FakeGraph(SourceService([])), wanted), wanted)
        assert title(planned) == "target_actions"

    @pytest.mark.parametrize(
        "current", [{"synchronizationRules": []}, {}, {"synchronizationRules": [{"name": "USER_INBOUND_USER", "objectMappings": []}]}]
    )
    def test_a_schema_without_a_mapping_of_users(self, current: dict[str, Any]) -> None:
        with pytest.raises(
            Refusal, match=r"^the job of configuration 'Fabrikam' has no mapping of users; set reset to restore the defaults$"
        ):
            plan(current, user_type="guest")

    def test_a_schema_without_a_mapping_of_users_can_be_reset(self) -> None:
        """The remedy that the message names must work."""
        assert plan({"synchronizationRules": []}, reset=True).actions

    @pytest.mark.parametrize("damage", ["{}", "garbage"])
    def test_an_invalid_backup_is_rejected_with_a_message(self, damage: str) -> None:
        backup = {} if damage == "{}" else {"synchronizationRules": [{"name": "USER_INBOUND_USER"}]}
        try:
            planned = plan(restore=backup)
        except Refusal:
            return
        assert planned.actions == ()


class TestRefusals:
    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            (
                {"mappings": [{"target": "alternativeSecurityIds", "source": "mail"}]},
                "the mapping of alternativeSecurityIds must stay as the service created it; the service matches and removes users by it",
            ),
            (
                {"mappings": [{"target": "IsSoftDeleted", "state": "absent"}]},
                "the mapping of IsSoftDeleted must stay as the service created it; the service matches and removes users by it",
            ),
            ({"mappings": [{"target": "otherMails", "source": "mail"}]}, "otherMails cannot be a target; the target tenant computes it"),
            (
                {"mappings": [{"target": "proxyAddresses", "source": "mail"}]},
                "proxyAddresses cannot be a target; the target tenant computes it",
            ),
            (
                {"mappings": [{"target": "city", "state": "absent", "constant": "x"}]},
                "the mapping of city is to be absent, so it cannot be combined with constant",
            ),
            ({"mappings": [{"target": "city"}]}, "the mapping of city needs exactly one of source, constant and expression"),
            (
                {"mappings": [{"target": "city", "source": "a", "constant": "b"}]},
                "the mapping of city needs exactly one of source, constant and expression",
            ),
            ({"mappings": [{"target": "city", "constant": "a"}, {"target": "city", "constant": "b"}]}, "city is mapped more than once"),
            ({"mappings": [{"target": "userType", "constant": "Guest"}], "user_type": "guest"}, "userType is mapped more than once"),
            (
                {"mappings": [{"target": "city", "expression": "Append([city]"}]},
                "the expression 'Append([city]' for city is not valid: a closing parenthesis is missing",
            ),
            ({"mappings": [{"target": "city", "expression": ""}]}, "the expression '' for city is not valid: it is empty"),
            (
                {"mappings": [{"target": "displayName", "state": "absent"}]},
                "the mapping of displayName is required by the service and cannot be removed",
            ),
            (
                {"mappings": [{"target": "displayname", "constant": "x"}]},
                "'displayname' is not a target attribute of this configuration; did you mean displayName",
            ),
            (
                {"mappings": [{"target": "employeeID", "state": "absent"}]},
                "'employeeID' is not a target attribute of this configuration; did you mean employeeId",
            ),
            (
                {"mappings": [{"target": "city", "source": "cty"}]},
                "'cty' is not a source attribute of this configuration; did you mean city, country",
            ),
            (
                {"mappings": [{"target": "city", "expression": "ToUpper([zzzzzz])"}]},
                "'zzzzzz' is not a source attribute of this configuration",
            ),
        ],
    )
    def test_contradictions(self, given: dict[str, Any], sentence: str) -> None:
        with pytest.raises(Refusal) as caught:
            plan(**given)
        assert str(caught.value) == sentence

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (Reply(200, {"parsingSucceeded": False, "error": {"code": "X", "message": "Unknown function Foo."}}), "Unknown function Foo."),
            (Reply(200, {"parsingSucceeded": False, "error": None}), "the service returned no reason"),
            (refusal(400, "InvalidExpression", "Unknown function Foo."), "Unknown function Foo."),
            (refusal(400, "InvalidExpression"), "InvalidExpression"),
        ],
    )
    def test_an_expression_that_the_service_refuses(self, answer: Outcome, reason: str) -> None:
        with pytest.raises(Refusal) as caught:
            plan(faults={"parseExpression": [answer]}, mappings=[{"target": "city", "expression": "Foo([city])"}])
        assert str(caught.value) == f"the expression 'Foo([city])' for city is not valid: {reason}"

    def test_names_are_not_checked_if_none_are_listed(self) -> None:
        assert (
            title(plan({**full_schema(), "directories": []}, mappings=[{"target": "newThing", "source": "otherThing"}])) == "add newThing"
        )


class TestWithoutAJob:
    @pytest.mark.parametrize(
        ("links", "unmet"),
        [
            pytest.param([], "there is no configuration 'Fabrikam'; run sync_configuration first", id="no configuration"),
            pytest.param(
                [Link("Fabrikam")],
                "configuration 'Fabrikam' has no provisioning job; run sync_configuration, which creates it",
                id="no job",
            ),
        ],
    )
    def test_the_defaults_are_planned_against(self, links: list[Link], unmet: str) -> None:
        wanted = desired(
            mappings=[{"target": "employeeId", "state": "absent"}, {"target": "displayName", "expression": 'Append([displayName], " x")'}]
        )
        planned = mapping.plan(mapping.read(FakeGraph(SourceService(links)), wanted), wanted)
        assert title(planned) == "remove employeeId, change displayName"
        assert planned.unmet == unmet
        assert planned.change_facts["backup"] is None


class TestShowing:
    def test_before_and_after_hold_only_what_is_managed(self) -> None:
        planned = plan(
            mappings=[
                {"target": "employeeId", "state": "absent"},
                {"target": "companyName", "constant": "Contoso"},
                {"target": "city", "source": "city"},
            ]
        )
        city = {"target": "city", "source": "city", "apply": "always"}
        assert planned.before == {
            "configuration": "Fabrikam",
            "mappings": {"city": city, "employeeId": {"target": "employeeId", "source": "employeeId", "apply": "always"}},
        }
        assert planned.after == {
            "configuration": "Fabrikam",
            "mappings": {"city": city, "companyName": {"target": "companyName", "constant": "Contoso", "apply": "always"}},
        }

    def test_facts(self) -> None:
        planned = plan(user_type="guest", target_actions=["create"])
        assert planned.facts["target_actions"] == ["create"]
        assert {"target": "userType", "constant": "Guest", "apply": "create_only"} in planned.facts["mappings"]
        # The job was never started, so its first start evaluates all users (fact F65).
        assert planned.change_facts["restart_needed"] is False
        assert planned.change_facts["backup"] == full_schema()
        assert plan().change_facts["backup"] is None

    @pytest.mark.parametrize(
        ("raw", "shown"),
        [
            ({"source": attribute_source("mail"), "flowType": "Always"}, {"source": "mail", "apply": "always"}),
            (
                {"source": constant_source("x"), "flowType": "ObjectAddOnly", "defaultValue": "d"},
                {"constant": "x", "apply": "create_only", "default": "d"},
            ),
            (
                {"source": {"type": "Function", "name": "F", "expression": "F()"}, "flowType": "ValueAddOnly"},
                {"expression": "F()", "apply": "ValueAddOnly"},
            ),
            ({"source": None, "defaultValue": "d"}, {"apply": "always", "default": "d"}),
        ],
    )
    def test_a_row_in_the_form_of_the_option(self, raw: Any, shown: dict[str, Any]) -> None:
        row: Any = {"targetAttributeName": "x", **raw}
        assert schema.shown(row) == {"target": "x", **shown}
