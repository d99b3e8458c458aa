# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody edits the mappings between our read and our write: a schema has no ETag, and PUT replaces all of it (fact sheet 4.1)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils import run as engine
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.failure import RunFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.default_schema import default_schema
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.expression import attribute_source, constant_source
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Outcome
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, SourceService, new_job

Edit = Callable[[dict[str, Any]], None]


def people_of(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["synchronizationRules"][0]["objectMappings"][0]
    return found


def sources(schema: dict[str, Any]) -> dict[str, Any]:
    return {row["targetAttributeName"]: row["source"]["name"] for row in people_of(schema)["attributeMappings"]}


@dataclass
class Busy:
    """A service in which somebody else works. ``edits`` are made after so many reads, or writes, of the schema were answered."""

    link: Link
    edits: dict[tuple[str, int], Edit]
    count: dict[str, int] = field(default_factory=dict)

    def __call__(self, request: Request) -> Outcome:
        """Answer one request."""
        outcome = SourceService([self.link])(request)
        if request.path.endswith("/schema") and "/templates/" not in request.path:
            self.count[request.method] = self.count.get(request.method, 0) + 1
            edit = self.edits.get((request.method, self.count[request.method]))
            if edit:
                edit(self.link.schema)
        return outcome


def busy(**edits: Edit) -> Busy:
    """``GET_1`` is after the first read, and so on."""
    return Busy(
        Link("Fabrikam", jobs=[new_job()], schema={**default_schema(), "id": "job", "version": "v1.2"}, template=default_schema()),
        {(name.partition("_")[0], int(name.partition("_")[2])): edit for name, edit in edits.items()},
    )


def run(service: Busy, **given_: Any) -> tuple[dict[str, Any], FakeGraph]:
    client = FakeGraph(service)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "connect", lambda *_args: client)
        result = engine.run(mapping.RESOURCE, options("sync_mapping", configuration="Fabrikam", **given_), False, client.clock.pace(0))
    return result, client


def mapped(target: str, name: str) -> Edit:
    def edit(schema: dict[str, Any]) -> None:
        rows = people_of(schema)["attributeMappings"]
        row = next((one for one in rows if one["targetAttributeName"] == target), None)
        if row is None:
            rows.append({"targetAttributeName": target, "source": attribute_source(name), "flowType": "Always"})
        else:
            row["source"] = attribute_source(name)

    return edit


def removed(target: str) -> Edit:
    def edit(schema: dict[str, Any]) -> None:
        people = people_of(schema)
        people["attributeMappings"] = [row for row in people["attributeMappings"] if row["targetAttributeName"] != target]

    return edit


def filtered(schema: dict[str, Any]) -> None:
    clause = {"sourceOperandName": "city", "operatorName": "IS NULL", "targetOperand": {"values": []}}
    people_of(schema)["scope"] = {"groups": [{"name": "by hand", "clauses": [clause]}]}


def declared(schema: dict[str, Any]) -> None:
    schema["directories"] = [{"name": "by hand", "objects": []}]


class TestBetweenReadAndWrite:
    def test_it_is_read_again_right_before_it_is_written(self) -> None:
        result, client = run(busy(), company_name="Contoso")
        at_schema = [one.method for one in client.sent if one.path.endswith("/schema")]
        assert at_schema == ["GET", "GET", "PUT", "GET"]
        assert result["warnings"] == []

    @pytest.mark.parametrize(
        ("edit", "named"),
        [
            (mapped("city", "state"), "mapping of city"),
            (mapped("mobile", "mobile"), "mapping of mobile"),
            (removed("employeeId"), "mapping of employeeId"),
            (filtered, "filters"),
        ],
    )
    def test_an_edit_elsewhere_is_kept_and_said(self, edit: Edit, named: str) -> None:
        service = busy(GET_1=edit)
        expected = copy.deepcopy(service.link.schema)
        edit(expected)
        result, _client = run(service, company_name="Contoso")
        assert sources(service.link.schema) == {**sources(expected), "companyName": "Contoso"}
        assert people_of(service.link.schema).get("scope") == people_of(expected).get("scope")
        assert result["warnings"] == [
            f"somebody else changed {named} while this ran; that was kept, and is neither in the difference nor in the backup"
        ]

    def test_what_nobody_synchronizes_by_is_kept_too(self) -> None:
        service = busy(GET_1=declared)
        run(service, company_name="Contoso")
        assert service.link.schema["directories"] == [{"name": "by hand", "objects": []}]

    @pytest.mark.parametrize(
        ("edit", "given_"),
        [
            (mapped("city", "state"), {"mappings": [{"target": "city", "constant": "Seoul"}]}),
            (mapped("companyName", "department"), {"company_name": "Contoso"}),
            (removed("city"), {"mappings": [{"target": "city", "constant": "Seoul"}]}),
            (filtered, {"filters": [{"name": "F", "clauses": [{"attribute": "city", "operator": "EQUALS", "values": ["x"]}]}]}),
            (filtered, {"reset": True, "user_type": "guest"}),
            (mapped("mobile", "mobile"), {"exact": True, "user_type": "member"}),
            (mapped("city", "state"), {"restore": {**default_schema(), "id": "job"}, "user_type": "guest"}),
        ],
    )
    def test_an_edit_of_the_same_is_not_overwritten_unseen(self, edit: Edit, given_: dict[str, Any]) -> None:
        service = busy(GET_1=edit)
        expected = copy.deepcopy(service.link.schema)
        edit(expected)
        with pytest.raises(RunFailure) as caught:
            run(service, **given_)
        assert "somebody else changed the mappings of configuration 'Fabrikam' while this ran" in caught.value.msg
        assert service.link.schema == expected
        # A run again sees their edit, and its wishes win.
        run(service, **given_)
        assert run(service, **given_)[0]["changed"] is False

    def test_the_same_edit_needs_no_write(self) -> None:
        def same(schema: dict[str, Any]) -> None:
            people_of(schema)["attributeMappings"].append({"targetAttributeName": "companyName", "source": constant_source("Contoso")})

        service = busy(GET_1=same)
        _result, client = run(service, company_name="Contoso")
        assert client.writes == []

    def test_an_expression_that_is_new_by_then_is_parsed(self) -> None:
        service = busy(GET_1=mapped("city", "state"))
        _result, client = run(
            service,
            mappings=[{"target": "displayName", "expression": "ToUpper([displayName])"}, {"target": "companyName", "constant": "C"}],
        )
        assert len([one for one in client.sent if "parseExpression" in one.path]) == 1
        assert sources(service.link.schema)["city"] == "state"

    def test_an_edit_after_the_write_is_said(self) -> None:
        service = busy(PUT_1=mapped("city", "state"))
        result, _client = run(service, company_name="Contoso")
        assert "somebody else changed mapping of city while this ran" in result["warnings"][0]
        assert sources(service.link.schema)["city"] == "state"


TARGETS = ("city", "state", "country", "mobile", "jobTitle", "companyName")
edits = st.one_of(
    st.builds(mapped, st.sampled_from(TARGETS), st.sampled_from(["mail", "department"])), st.builds(removed, st.sampled_from(TARGETS))
)


class TestAnyEdit:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(edits, min_size=1, max_size=3), st.lists(st.sampled_from(TARGETS), min_size=1, max_size=2, unique=True), st.booleans())
    def test_what_others_edit_in_rows_that_are_not_ours_always_survives(
        self, theirs: list[Edit], ours: list[str], filters_too: bool
    ) -> None:
        def all_of_them(schema: dict[str, Any]) -> None:
            for edit in theirs:
                edit(schema)
            if filters_too:
                filtered(schema)

        service = busy(GET_1=all_of_them)
        expected = copy.deepcopy(service.link.schema)
        before = sources(expected)
        all_of_them(expected)
        given_ = [{"target": one, "constant": "ours"} for one in ours]
        if any(sources(expected).get(one) != before.get(one) for one in ours):
            # They edited the same: somebody has to look.
            with pytest.raises(RunFailure, match="somebody else changed the mappings"):
                run(service, mappings=given_)
            assert service.link.schema == expected
            return
        result, _client = run(service, mappings=given_)
        after = sources(service.link.schema)
        assert {name: value for name, value in after.items() if name not in ours} == {
            name: value for name, value in sources(expected).items() if name not in ours
        }
        assert all(after[one] == "ours" for one in ours)
        assert people_of(service.link.schema).get("scope") == people_of(expected).get("scope")
        assert result["changed"] is True
