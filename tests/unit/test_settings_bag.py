# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings bag: secrets in it, the guard against deletions, and writing it although it has no ETag (facts F17, F57 to F63)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import NEW_ID, Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import settings_bag
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.settings_bag import GUARD, GUARD_NUMBER, NOTIFICATION
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Reply

SECRETS = "/servicePrincipals/1/synchronization/secrets"


def body(bag: Mapping[str, str]) -> dict[str, Any]:
    """A bag as the service returns it."""
    return {"value": [{"key": key, "value": value} for key, value in bag.items()]}


@pytest.mark.parametrize(
    ("path", "bag", "may"),
    [
        (SECRETS, {"Password": "hunter2"}, True),
        (f"{SECRETS}?$select=value", {"CompanyId": "1", "Password": "hunter2"}, True),
        (SECRETS, {"Password": "*"}, False),
        (SECRETS, {"Password": ""}, False),
        (SECRETS, {"CompanyId": "1", "SyncAll": "false", NOTIFICATION: "{}"}, False),
        ("/servicePrincipals/1/synchronization/jobs", {"Password": "hunter2"}, False),
        ("/servicePrincipals?$filter=x/synchronization/secrets", {"Password": "hunter2"}, False),
    ],
)
def test_an_answer_that_may_hold_a_secret(path: str, bag: dict[str, str], may: bool) -> None:
    """It is shared with no other task."""
    assert settings_bag.may_hold_secret(Request("GET", path), body(bag)) is may


@pytest.mark.parametrize(
    ("held", "wanted", "contained"),
    [
        ({"a": "x", "more": "y"}, {"a": "x"}, True),
        ({"a": "x"}, {"a": "y"}, False),
        ({}, {"a": "x"}, False),
        ({"a": "TRUE"}, {"a": "true"}, True),
        ({"a": "true"}, {"a": "TRUE"}, True),
        ({}, {"a": "", "b": "*"}, True),
        ({"a": "x", "b": "x"}, {"a": "", "b": "*"}, True),
        ({NOTIFICATION: '{ "Enabled": true, "more": 1 }'}, {NOTIFICATION: '{"Enabled":true}'}, True),
        ({NOTIFICATION: '{"Enabled":false}'}, {NOTIFICATION: '{"Enabled":true}'}, False),
        ({}, {NOTIFICATION: '{"Enabled":true}'}, False),
        ({}, {NOTIFICATION: ""}, True),
    ],
)
def test_what_the_service_returns_of_what_was_written(held: dict[str, str], wanted: dict[str, str], contained: bool) -> None:
    """It may add keys, write JSON and booleans anew, and leave out what was sent empty or not at all (facts F58, F59)."""
    assert settings_bag.contains(body(held), wanted) is contained


@pytest.mark.parametrize(
    ("members", "threshold", "changes"),
    [
        # Off is said in words
        ("{}", 0, {GUARD: False}),
        (f'{{"{GUARD}":"unclear"}}', 0, {GUARD: False}),
        (f'{{"{GUARD}":false}}', 0, {}),
        (f'{{"{GUARD}":"False"}}', 0, {}),
        (f'{{"{GUARD}":true,"{GUARD_NUMBER}":500}}', 0, {GUARD: False}),
        # A number
        (f'{{"{GUARD}":true,"{GUARD_NUMBER}":500}}', 500, {}),
        (f'{{"{GUARD}":true,"{GUARD_NUMBER}":500}}', 20, {GUARD: True, GUARD_NUMBER: 20}),
        (f'{{"{GUARD}":true}}', 20, {GUARD: True, GUARD_NUMBER: 20}),
        (f'{{"{GUARD}":false,"{GUARD_NUMBER}":20}}', 20, {GUARD: True, GUARD_NUMBER: 20}),
        # Any guard: one that is on stays, one that is off is switched on
        (f'{{"{GUARD}":true,"{GUARD_NUMBER}":20}}', None, {}),
        (f'{{"{GUARD}":true}}', None, {}),
        ("{}", None, {GUARD: True, GUARD_NUMBER: 500}),
        (f'{{"{GUARD}":false,"{GUARD_NUMBER}":20}}', None, {GUARD: True, GUARD_NUMBER: 500}),
        # Without the switch the guard may be on with the number, so it does not become weaker
        (f'{{"{GUARD_NUMBER}":20}}', None, {GUARD: True, GUARD_NUMBER: 20}),
        (f'{{"{GUARD_NUMBER}":900}}', None, {GUARD: True, GUARD_NUMBER: 500}),
    ],
)
def test_the_members_that_set_the_guard(members: str, threshold: int | None, changes: dict[str, Any]) -> None:
    assert settings_bag.guard_members({NOTIFICATION: members}, threshold) == changes


@pytest.mark.parametrize(
    ("switch", "number", "guard"),
    [
        (True, 500, 500),
        ("true", 1, 1),
        (" TRUE ", "500", 500),
        (True, " 500 ", 500),
        (True, 500.0, 500),
        (True, 500.5, None),
        (True, 0, None),
        (True, -1, None),
        (True, True, None),
        (True, "many", None),
        (True, "9" * 19, int("9" * 19)),
        (True, "9" * 20, None),
        (True, None, None),
        (False, 500, 0),
        ("false", 500, 0),
        (1, 500, 0),
        (None, 500, 0),
    ],
)
def test_the_guard_in_any_spelling(switch: Any, number: Any, guard: int | None) -> None:
    """The samples have a boolean and a number (fact F57); other programs may write them as text."""
    members = json.dumps({GUARD: switch, GUARD_NUMBER: number})
    assert settings_bag.deletion_guard({NOTIFICATION: members}) == guard


class TestWriting:
    """Another process may write the bag between the read and the write."""

    BEFORE = (("Target", "x"), ("Domain", "d"))

    @staticmethod
    def merge(bag: Mapping[str, str]) -> dict[str, str]:
        """Sets the target, and the mode if there is none."""
        return {"Mode": "some", **bag, "Target": "Y"}

    def writing(self) -> settings_bag.Writing:
        return settings_bag.writing("/servicePrincipals/1/synchronization", dict(self.BEFORE), self.merge, [Request("POST", "/test")])

    @pytest.mark.parametrize(
        ("now", "written"),
        [
            ({"Target": "x", "Domain": "d"}, {"Mode": "some", "Target": "Y", "Domain": "d"}),
            ({"Target": "X", "Domain": "other", "More": "1"}, {"Mode": "some", "Target": "Y", "Domain": "other", "More": "1"}),
            ({"Target": "y"}, {"Mode": "some", "Target": "Y"}),
            ({"Target": "x", "Mode": "Some"}, {"Mode": "Some", "Target": "Y"}),
        ],
    )
    def test_what_others_have_set_elsewhere_is_kept(self, now: dict[str, str], written: dict[str, str]) -> None:
        refresh = self.writing().refresh
        assert refresh
        first, request = refresh(FakeGraph(lambda _request: Reply(200, body(now))))
        assert (first.path, request.method, request.path) == ("/test", "PUT", SECRETS)
        assert {one["key"]: one["value"] for one in request.body["value"]} == written

    @pytest.mark.parametrize(
        ("now", "said"),
        [
            ({"Target": "z"}, "another process has set Target to 'z' since it was read"),
            ({}, "another process has set Target to '' since it was read"),
            ({"Target": "x", "Mode": "all"}, "another process has set Mode to 'all' since it was read"),
        ],
    )
    def test_what_others_have_set_otherwise_is_not_overwritten(self, now: dict[str, str], said: str) -> None:
        refresh = self.writing().refresh
        assert refresh
        with pytest.raises(Refusal) as caught:
            refresh(FakeGraph(lambda _request: Reply(200, body(now))))
        assert str(caught.value) == f"{said}; check the value, then run again"

    def test_what_is_seen_afterwards(self) -> None:
        visible = self.writing().visible
        assert visible.path == SECRETS
        assert visible.until(body({"Target": "y", "Mode": "all"}))
        assert not visible.until(body({"Target": "x", "Mode": "some"}))

    @pytest.mark.parametrize(("now", "planned"), [({}, True), ({"More": "1"}, False)], ids=["nobody", "somebody"])
    def test_the_result_is_the_planned_one_unless_somebody_has_edited_the_bag(self, now: dict[str, str], planned: bool) -> None:
        after, less = body({"Mode": "some", "Target": "Y", "Domain": "d"}), body({"Mode": "some", "Target": "Y"})
        writing = self.writing()
        assert writing.visible.as_planned
        assert writing.visible.as_planned(after)
        assert writing.refresh
        writing.refresh(FakeGraph(lambda _request: Reply(200, body({**dict(self.BEFORE), **now}))))
        assert writing.visible.as_planned(after) is planned
        assert not writing.visible.as_planned(less)

    def test_the_bag_of_a_new_configuration_is_nobody_elses(self) -> None:
        assert settings_bag.writing(f"/servicePrincipals/{NEW_ID}/synchronization", {}, self.merge).refresh is None
