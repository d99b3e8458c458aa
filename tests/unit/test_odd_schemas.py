# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemas, backups and answers with missing or wrong members: a plan or a message, never a traceback."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Plan, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import resource as mapping
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import schema as schema_parts
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Outcome, Reply
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import AfterDoing, Faulty, Link, SourceService, new_job
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_mapping import MARKETING, full_schema, user_mapping_of, with_row

WHOLE = full_schema()
user_mapping_of(WHOLE)["scope"]["groups"] = [{"name": "x", "clauses": [MARKETING]}]
Place = tuple[str | int, ...]

GIVEN: list[dict[str, Any]] = [
    {},
    {
        "user_type": "guest",
        "display_name_suffix": " (C)",
        "mappings": [
            {"target": "employeeId", "state": "absent"},
            {"target": "companyName", "source": "city", "default": "x"},
            {"target": "alternativeEmail", "state": "absent"},
        ],
        "filters": [{"name": "x", "clauses": [{"attribute": "department", "operator": "EQUALS", "values": ["Sales"]}]}],
        "target_actions": ["create", "update"],
    },
    {"exact": True, "filters": [], "show_in_address_list": True},
    {"reset": True, "target_actions": ["update"]},
    {"restore": WHOLE},
]


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """The place of every member, at any depth."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*place, name)
        yield from places(member, (*place, name))


PLACES = [place for place in places(WHOLE) if "attributes" not in place[:-1] or int(place[place.index("attributes") + 1]) < 2]
"""Two attribute definitions of each object are enough."""
DROPPED = object()
damage = st.sampled_from([DROPPED, None, [], {}, "text", 7, True, [None], [{}], ["text"], {"a": None}])


def damaged(place: Place, value: Any, whole: Any = None) -> dict[str, Any]:
    schema = copy.deepcopy(WHOLE if whole is None else whole)
    *way, last = place
    holder: Any = schema
    with contextlib.suppress(LookupError, TypeError):
        for step in way:
            holder = holder[step]
        if value is DROPPED:
            del holder[last]
        else:
            holder[last] = copy.deepcopy(value)
    made: dict[str, Any] = schema
    return made


def plan(
    current: Any, given_: dict[str, Any], template: Any = WHOLE, faults: dict[str, list[Outcome | AfterDoing]] | None = None
) -> Plan | str:
    """The plan, or the message of the refusal."""
    link = Link("Fabrikam", jobs=[new_job()], schema=copy.deepcopy(current), template=copy.deepcopy(template))
    try:
        wanted = mapping.desired(options("sync_mapping", configuration="Fabrikam", **given_))
        made = mapping.plan(mapping.read(FakeGraph(Faulty(SourceService([link]), faults or {})), wanted), wanted)
    except Refusal as refusal:
        return str(refusal)
    json.dumps(
        [made.before, made.after, made.facts, made.change_facts, [request.body for action in made.actions for request in action.requests]]
    )
    return made


MANY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class TestAnyMember:
    @pytest.mark.parametrize("value", [DROPPED, None], ids=["dropped", "null"])
    def test_every_member_can_be_missing_or_null(self, value: Any) -> None:
        for place in PLACES:
            plan(damaged(place, value), GIVEN[1])

    @MANY
    @given(st.lists(st.tuples(st.sampled_from(PLACES), damage), min_size=1, max_size=3), st.sampled_from(GIVEN))
    def test_of_the_job(self, damages: list[tuple[Place, Any]], given_: dict[str, Any]) -> None:
        current = WHOLE
        for place, value in damages:
            current = damaged(place, value, current)
        plan(current, given_)

    @MANY
    @given(st.sampled_from(PLACES), damage)
    def test_of_the_template(self, place: Place, value: Any) -> None:
        plan(WHOLE, {"reset": True, "user_type": "guest"}, damaged(place, value))

    @MANY
    @given(st.sampled_from(PLACES), damage, st.sampled_from(GIVEN[:3]))
    def test_of_a_backup(self, place: Place, value: Any, given_: dict[str, Any]) -> None:
        plan(with_row("city", source=None), {**given_, "restore": damaged(place, value)})


def test_a_copy_shares_nothing_that_can_be_changed() -> None:
    whole = copy.deepcopy(WHOLE)
    copied = schema_parts.copied(whole)
    assert copied == WHOLE
    for place in PLACES:
        *way, last = place
        holder: Any = copied
        for step in way:
            holder = holder[step]
        if not isinstance(holder[last], (dict, list)):
            holder[last] = "changed"
    assert whole == WHOLE


EXPRESSION: dict[str, Any] = {"mappings": [{"target": "city", "expression": 'Append([city], "x")'}]}
FILTER: dict[str, Any] = {"filters": [{"name": "x", "clauses": [{"attribute": "city", "operator": "EQUALS", "values": ["x"]}]}]}


class TestAnswers:
    @pytest.mark.parametrize(
        "body", [None, {}, [], "text", {"value": "text"}, {"synchronizationRules": "text"}, {"synchronizationRules": [[]]}]
    )
    def test_an_invalid_schema(self, body: Any) -> None:
        message = plan(body, {})
        assert isinstance(message, str)
        assert "'Fabrikam'" in message

    @pytest.mark.parametrize("body", [None, {}, [], "text", {"synchronizationRules": None}, {"synchronizationRules": 7}])
    def test_an_invalid_template(self, body: Any) -> None:
        """If the default itself is broken, the message does not advise to reset to it."""
        message = plan(WHOLE, {"reset": True}, body)
        assert isinstance(message, str)
        assert "set reset" not in message

    @pytest.mark.parametrize(
        "body",
        [
            None,
            {},
            [],
            "text",
            {"parsingSucceeded": True},
            {"parsingSucceeded": True, "parsedExpression": None},
            {"parsingSucceeded": True, "parsedExpression": "text"},
            {"parsingSucceeded": None, "error": "text"},
            {"parsingSucceeded": False, "error": {"message": None}},
        ],
    )
    def test_an_expression_that_is_not_answered(self, body: Any) -> None:
        message = plan(WHOLE, EXPRESSION, faults={"parseExpression": [Reply(200, body)]})
        assert isinstance(message, str)
        assert message.startswith("""the expression 'Append([city], "x")' for city """)

    @pytest.mark.parametrize("names", [[{"name": None}], [{"name": "EQUALS"}, {}], []])
    def test_operators_without_a_name(self, names: list[Any]) -> None:
        plan(WHOLE, FILTER, faults={"filterOperators": [Reply(200, {"value": names})]})
