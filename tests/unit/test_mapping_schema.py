# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a job's schema: its form, which rule and which mapping is meant, and what counts as a change of its meaning (facts F84, F85)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import schema as schemas
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_mapping import full_schema, row, user_mapping_of
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_odd_schemas import DROPPED, PLACES, damaged

Edit = Callable[[Any], Any]
EXTENSION = "extension_0123456789abcdef0123456789abcdef_costCenter"


def mappings_of(schema: Any) -> Any:
    return schema["synchronizationRules"][0]["objectMappings"]


class TestForm:
    DAMAGES: ClassVar[list[Any]] = [DROPPED, None, [], {}, "text", 7, 0.5, True, [None], [{}], ["text"], {"a": None}]

    def test_the_quick_check_accepts_what_has_no_problem_and_nothing_else(self) -> None:
        """It decides whether a problem is searched for at all."""
        for place in PLACES:
            for value in self.DAMAGES:
                schema = damaged(place, value)
                problem = schemas._misshapen(schema, schemas.SHAPE, "it")
                assert schemas._fits(schema, schemas.SHAPE) is (problem is None), (place, value)

    @pytest.mark.parametrize(
        ("schema", "sentence"),
        [
            (["x"], "it is a list instead of an object"),
            ({"synchronizationRules": None}, "it has no list synchronizationRules"),
            ({"synchronizationRules": [True]}, "synchronizationRules[0] is a boolean instead of an object"),
            (
                {"synchronizationRules": [], "directories": [{"objects": [{"name": 1}]}]},
                "directories[0].objects[0].name is a number instead of a text",
            ),
            (full_schema(), None),
        ],
    )
    def test_the_problem_names_its_place(self, schema: Any, sentence: str | None) -> None:
        assert schemas.problem(schema) == sentence


class TestWhichIsMeant:
    OTHER, USERS = {"name": "OTHER"}, {"name": schemas.RULE}

    @pytest.mark.parametrize(
        ("rules", "meant"),
        [([OTHER, USERS], USERS), ([USERS, OTHER], USERS), ([OTHER], OTHER), ([OTHER, {"name": "MORE"}], None), ([], None)],
    )
    def test_the_rule_of_users(self, rules: Any, meant: Any) -> None:
        """By its name; an only rule whatever its name."""
        assert schemas.user_rule({"synchronizationRules": rules}) is meant

    def test_the_mapping_of_users_is_the_one_with_the_matching_attribute(self) -> None:
        made = full_schema()
        mappings_of(made).reverse()
        found = schemas.user_mapping(made)
        assert found
        assert found["name"] == "Provision Microsoft Entra ID Users"

    def test_the_mapping_of_groups_is_the_named_one_of_several(self) -> None:
        made = full_schema()
        named: Any = mappings_of(made)[1]
        mappings_of(made).insert(0, {**copy.deepcopy(named), "name": "by hand"})
        found: Any = schemas.group_mapping(made)
        assert found is named
        named["name"] = "renamed"
        assert schemas.group_mapping(made) is None


class TestDefinition:
    """A directory extension that was not discovered is added to the definitions (fact F97)."""

    DEFINED: ClassVar = {
        "name": EXTENSION,
        "type": "String",
        "mutability": "ReadWrite",
        "multivalued": False,
        "required": False,
        "caseExact": False,
        "anchor": False,
    }

    @pytest.mark.parametrize(("side", "directory", "place"), [("source", 0, 1), ("target", 1, 0)])
    def test_of_users(self, side: Any, directory: int, place: int) -> None:
        made = full_schema()
        made["directories"].append({"name": "empty"})
        expected = copy.deepcopy(made)
        expected["directories"][directory]["objects"][place]["attributes"].append(self.DEFINED)
        assert schemas.with_definition(made, side, EXTENSION) == expected
        assert EXTENSION not in str(made)

    def test_of_groups(self) -> None:
        made = full_schema()
        expected = copy.deepcopy(made)
        expected["directories"][0]["objects"][0]["attributes"].append(self.DEFINED)
        assert schemas.with_definition(made, "source", EXTENSION, mappings_of(made)[1]) == expected

    def test_a_schema_that_lists_nothing_stays_as_it_is(self) -> None:
        made = full_schema()
        del made["directories"]
        assert schemas.with_definition(made, "source", EXTENSION) == made


def of_row(target: str, **members: Any) -> Edit:
    """Changes a row."""

    def edit(schema: Any) -> None:
        found = row(schema, target)
        assert found is not None
        found.update(members)

    return edit


def of_rule(**members: Any) -> Edit:
    return lambda schema: schema["synchronizationRules"][0].update(members)


def of_mapping(**members: Any) -> Edit:
    return lambda schema: mappings_of(schema)[2].update(members)


def of_scope(scope: Any) -> Edit:
    return lambda schema: mappings_of(schema)[3].update(scope=scope)


class TestMeaning:
    @pytest.mark.parametrize(
        "edit",
        [
            pytest.param(of_rule(name="ANOTHER"), id="the name of the rule"),
            pytest.param(of_mapping(sourceObjectName="z"), id="what is synchronized"),
            pytest.param(of_mapping(targetObjectName="z"), id="what it becomes"),
            pytest.param(of_mapping(enabled=False), id="a mapping is switched off"),
            pytest.param(lambda schema: user_mapping_of(schema).update(flowTypes="Add"), id="the target actions"),
            pytest.param(lambda schema: user_mapping_of(schema)["scope"].update(inputFilterGroups=[]), id="the scope"),
            pytest.param(lambda schema: user_mapping_of(schema)["attributeMappings"].pop(), id="a row is removed"),
            pytest.param(of_row("city", source=None), id="a source"),
            pytest.param(of_row("city", defaultValue="x"), id="a default"),
            pytest.param(of_row("city", flowType="ObjectAddOnly"), id="when a row is applied"),
            pytest.param(of_row("city", matchingPriority=1), id="a row begins to match"),
            pytest.param(of_row("alternativeSecurityIds", matchingPriority=2), id="the order of matching"),
            pytest.param(of_row("showInAddressList", source={"type": "Constant", "name": "false"}), id="a boolean"),
        ],
    )
    def test_what_determines_who_is_synchronized_and_how(self, edit: Edit) -> None:
        assert self.meaning(edit) != schemas.rules_meaning(full_schema())

    @pytest.mark.parametrize(
        "edit",
        [
            pytest.param(lambda schema: schema.update(id="x", version="y", directories=[]), id="versions and lists"),
            pytest.param(of_rule(id="x", unknown=1), id="the id of the rule"),
            pytest.param(lambda schema: user_mapping_of(schema)["attributeMappings"].reverse(), id="the order of rows"),
            pytest.param(
                lambda schema: user_mapping_of(schema)["scope"].update({"@odata.type": "x", "categoryFilterGroups": None}),
                id="empty members",
            ),
            pytest.param(
                lambda schema: user_mapping_of(schema).update(flowTypes="Delete, Add, Update"), id="the order of the target actions"
            ),
            pytest.param(of_row("city", defaultValue="", flowType=None, matchingPriority=None), id="members that are left out"),
            pytest.param(of_row("showInAddressList", source={"type": "Constant", "name": "TRUE"}), id="the case of a boolean"),
        ],
    )
    def test_what_does_not(self, edit: Edit) -> None:
        assert self.meaning(edit) == schemas.rules_meaning(full_schema())

    def test_a_boolean_that_is_off_has_no_case_either(self) -> None:
        off = [self.meaning(of_row("showInAddressList", source={"type": "Constant", "name": text})) for text in ("false", "FALSE")]
        assert off[0] == off[1]

    @staticmethod
    def meaning(edit: Edit) -> Any:
        made = full_schema()
        edit(made)
        return schemas.rules_meaning(made)


class TestOtherRules:
    @staticmethod
    def digests(edit: Edit) -> list[str]:
        made = full_schema()
        edit(made)
        return [rule["rules"] for rule in schemas.other_rules(made, schemas.user_mapping(made)).values()]

    def test_the_digest_is_that_of_the_meaning(self) -> None:
        before = self.digests(lambda _schema: None)
        assert len(before) == 3
        assert self.digests(of_scope({"groups": [{"name": "x"}]})) != before
        clauses, built_in = {"groups": [{"name": "x"}]}, {"inputFilterGroups": [{"name": "y"}]}
        assert self.digests(of_scope({**clauses, **built_in})) == self.digests(of_scope({**built_in, **clauses}))
