# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another process edits the mappings between the read and the write: a schema has no ETag, and PUT replaces all of it (fact F17)."""

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


def user_mapping_of(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["synchronizationRules"][0]["objectMappings"][0]
    return found


def sources(schema: dict[str, Any]) -> dict[str, Any]:
    return {row["targetAttributeName"]: row["source"]["name"] for row in user_mapping_of(schema)["attributeMappings"]}


@dataclass
class Busy:
    """A service that another process changes. ``edits`` are made after so many reads, or writes, of the schema were answered."""

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
    """``GET_1`` is after the first read, ``PUT_2`` after the second write."""
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
        rows = user_mapping_of(schema)["attributeMappings"]
        row = next((row for row in rows if row["targetAttributeName"] == target), None)
        if row is None:
            rows.append({"targetAttributeName": target, "source": attribute_source(name), "flowType": "Always"})
        else:
            row["source"] = attribute_source(name)

    return edit


def removed(target: str) -> Edit:
    def edit(schema: dict[str, Any]) -> None:
        users = user_mapping_of(schema)
        users["attributeMappings"] = [row for row in users["attributeMappings"] if row["targetAttributeName"] != target]

    return edit


def filtered(schema: dict[str, Any]) -> None:
    clause = {"sourceOperandName": "city", "operatorName": "IS NULL", "targetOperand": {"values": []}}
    user_mapping_of(schema)["scope"] = {"groups": [{"name": "by hand", "clauses": [clause]}]}


def declared(schema: dict[str, Any]) -> None:
    schema["directories"] = [{"name": "by hand", "objects": []}]


def enabled(schema: dict[str, Any]) -> None:
    """Adds a mapping that no option manages."""
    schema["synchronizationRules"][0]["objectMappings"].append({"name": "", "enabled": True, "attributeMappings": []})


class TestBetweenReadAndWrite:
    def test_it_is_read_again_right_before_it_is_written(self) -> None:
        result, client = run(busy(), company_name="Contoso")
        at_schema = [request.method for request in client.sent if request.path.endswith("/schema")]
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
    def test_an_edit_elsewhere_is_kept_and_reported(self, edit: Edit, named: str) -> None:
        service = busy(GET_1=edit)
        expected = copy.deepcopy(service.link.schema)
        edit(expected)
        result, _client = run(service, company_name="Contoso")
        assert sources(service.link.schema) == {**sources(expected), "companyName": "Contoso"}
        assert user_mapping_of(service.link.schema).get("scope") == user_mapping_of(expected).get("scope")
        assert result["warnings"] == [
            f"another process changed {named} while this task ran; these changes are kept, and are in neither the diff nor the backup"
        ]

    def test_a_part_that_does_not_affect_the_synchronization_is_kept_too(self) -> None:
        service = busy(GET_1=declared)
        run(service, company_name="Contoso")
        assert service.link.schema["directories"] == [{"name": "by hand", "objects": []}]

    def test_it_is_no_reason_to_leave_a_reset_out(self) -> None:
        service = busy(GET_1=declared)
        mapped("city", "state")(service.link.schema)
        run(service, reset=True)
        assert sources(service.link.schema)["city"] == "city"

    @pytest.mark.parametrize(
        ("edit", "given_"),
        [
            (mapped("city", "state"), {"mappings": [{"target": "city", "constant": "Seoul"}]}),
            (mapped("companyName", "department"), {"company_name": "Contoso"}),
            (removed("city"), {"mappings": [{"target": "city", "constant": "Seoul"}]}),
            (filtered, {"filters": [{"name": "F", "clauses": [{"attribute": "city", "operator": "EQUALS", "values": ["x"]}]}]}),
            (filtered, {"reset": True, "user_type": "guest"}),
            (enabled, {"reset": True, "user_type": "guest"}),
            (mapped("mobile", "mobile"), {"exact": True, "user_type": "member"}),
            (mapped("city", "state"), {"restore": {**default_schema(), "id": "job"}, "user_type": "guest"}),
        ],
    )
    def test_an_edit_of_the_same_part_is_not_overwritten_without_notice(self, edit: Edit, given_: dict[str, Any]) -> None:
        service = busy(GET_1=edit)
        expected = copy.deepcopy(service.link.schema)
        edit(expected)
        with pytest.raises(RunFailure) as caught:
            run(service, **given_)
        assert "the mappings of configuration 'Fabrikam' were changed by another process while this task ran" in caught.value.msg
        assert service.link.schema == expected
        # A second run reads the edit, and writes the desired state.
        run(service, **given_)
        assert run(service, **given_)[0]["changed"] is False

    def test_the_same_edit_needs_no_write(self) -> None:
        def same(schema: dict[str, Any]) -> None:
            user_mapping_of(schema)["attributeMappings"].append(
                {"targetAttributeName": "companyName", "source": constant_source("Contoso")}
            )

        service = busy(GET_1=same)
        _result, client = run(service, company_name="Contoso")
        assert client.writes == []

    def test_an_expression_that_is_new_by_then_is_parsed(self) -> None:
        service = busy(GET_1=mapped("city", "state"))
        _result, client = run(
            service,
            mappings=[{"target": "displayName", "expression": "ToUpper([displayName])"}, {"target": "companyName", "constant": "C"}],
        )
        assert len([request for request in client.sent if "parseExpression" in request.path]) == 1
        assert sources(service.link.schema)["city"] == "state"

    def test_an_edit_after_the_write_is_reported(self) -> None:
        service = busy(PUT_1=mapped("city", "state"))
        result, _client = run(service, company_name="Contoso")
        assert "another process changed mapping of city while this task ran" in result["warnings"][0]
        assert sources(service.link.schema)["city"] == "state"


TARGETS = ("city", "state", "country", "mobile", "jobTitle", "companyName")
edits = st.one_of(
    st.builds(mapped, st.sampled_from(TARGETS), st.sampled_from(["mail", "department"])), st.builds(removed, st.sampled_from(TARGETS))
)


class TestAnyEdit:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(edits, min_size=1, max_size=3), st.lists(st.sampled_from(TARGETS), min_size=1, max_size=2, unique=True), st.booleans())
    def test_edits_of_others_in_rows_that_are_not_managed_always_survive(
        self, other_edits: list[Edit], managed: list[str], filters_too: bool
    ) -> None:
        def all_edits(schema: dict[str, Any]) -> None:
            for edit in other_edits:
                edit(schema)
            if filters_too:
                filtered(schema)

        service = busy(GET_1=all_edits)
        expected = copy.deepcopy(service.link.schema)
        before = sources(expected)
        all_edits(expected)
        given_ = [{"target": name, "constant": "ours"} for name in managed]
        if any(sources(expected).get(name) != before.get(name) for name in managed):
            # The edits concern the same rows: an administrator has to decide.
            with pytest.raises(RunFailure, match="the mappings of configuration 'Fabrikam' were changed by another process"):
                run(service, mappings=given_)
            assert service.link.schema == expected
            return
        result, _client = run(service, mappings=given_)
        after = sources(service.link.schema)
        assert {name: value for name, value in after.items() if name not in managed} == {
            name: value for name, value in sources(expected).items() if name not in managed
        }
        assert all(after[name] == "ours" for name in managed)
        assert user_mapping_of(service.link.schema).get("scope") == user_mapping_of(expected).get("scope")
        assert result["changed"] is True
