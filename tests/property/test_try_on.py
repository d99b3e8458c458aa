# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changed mappings, tried on real users by the service's own parser (facts F88, F90)."""

from __future__ import annotations

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.helpdesk import Helpdesk
from entra_emulator.faults import Fault, FaultPlan

MINSU, YUNA, HYEJIN = "minsu.kim@contoso.kr", "yuna.han@contoso.kr", "hyejin.lee@contoso.kr"
SUFFIX = {"display_name_suffix": " (Contoso)"}


class TestOnUsers:
    @pytest.mark.parametrize("check", [True, False])
    def test_the_values_before_and_after(self, check: bool) -> None:
        desk = Helpdesk()
        result = desk.mapping(check, try_on=[MINSU, YUNA], **SUFFIX)
        assert result["tried"] == [
            {
                "user_principal_name": name,
                "changes": [{"attribute": "displayName", "before": shown, "after": f"{shown} (Contoso)", "unknown": None}],
                "warnings": [],
            }
            for name, shown in ((MINSU, "Kim Minsu"), (YUNA, desk.source_user("yuna.han")["displayName"]))
        ]
        assert result["changed"] is True

    def test_the_service_evaluates_and_a_batch_is_one_request(self) -> None:
        """Twenty expressions in a request; attributes and constants need none."""
        desk = Helpdesk()
        mappings = [
            {"target": "jobTitle", "expression": "ToUpper([jobTitle])"},
            {"target": "department", "source": "companyName"},
            {"target": "companyName", "constant": "Contoso"},
        ]
        desk.mapping(True, mappings=mappings)
        without = [str(request) for request in desk.asked]
        result = desk.mapping(True, mappings=mappings, try_on=[MINSU, HYEJIN])
        assert len(desk.asked) == len(without) + len(("their names", "their attributes", "their expressions"))
        assert {tried["attribute"]: tried["after"] for tried in result["tried"][0]["changes"]} == {
            "jobTitle": "ACCOUNT EXECUTIVE",
            "department": None,
            "companyName": "Contoso",
        }
        assert result["tried"][0]["warnings"] == [
            "department has no value, and an empty value is not synchronized, so the target keeps 'Sales'"
        ]

    def test_nobody_is_read_if_no_mapping_changes(self) -> None:
        desk = Helpdesk()
        result = desk.mapping(True, user_type="member", try_on=["nobody@contoso.kr"])
        assert (result["changed"], result["tried"]) == (False, [])
        assert not [request for request in desk.asked if request.path.endswith("/users")]

    def test_without_the_option_nothing_is_returned(self) -> None:
        assert "tried" not in Helpdesk().mapping(True, **SUFFIX)

    def test_a_suffix_that_is_there_already_is_a_warning(self) -> None:
        desk = Helpdesk()
        desk.source_user("minsu.kim")["displayName"] = "Kim Minsu (Contoso)"
        result = desk.mapping(True, try_on=[MINSU], **SUFFIX)
        warning = "displayName ends twice with '(Contoso)': 'Kim Minsu (Contoso) (Contoso)'"
        assert result["tried"][0]["warnings"] == [warning]
        assert f"{MINSU}: {warning}" in result["warnings"]

    def test_an_unknown_user_is_refused_before_anything_is_written(self) -> None:
        desk = Helpdesk()
        before = desk.job.job_schema
        result = desk.mapping(False, try_on=[MINSU, "nobody@contoso.kr"], **SUFFIX)
        assert "there is no user 'nobody@contoso.kr'" in result["msg"]
        assert desk.job.job_schema == before

    def test_what_the_service_cannot_evaluate_is_not_known(self) -> None:
        desk = Helpdesk()
        mappings = [{"target": "companyName", "expression": 'Mid([displayName], "x", 2)'}]
        (tried,) = desk.mapping(True, mappings=mappings, try_on=[MINSU])["tried"]
        (changed,) = tried["changes"]
        assert changed["after"] is None
        assert changed["unknown"].startswith("the service cannot evaluate it: ")
        assert tried["warnings"] == [f"the value of companyName is not known: {changed['unknown']}"]

    def test_without_a_job_the_expression_is_evaluated_as_documented(self) -> None:
        """The engine of consequences knows the functions; no request goes to a parser that does not exist."""
        desk = Helpdesk(fresh=True)
        result = desk.mapping(True, try_on=[MINSU], **SUFFIX)
        (changed,) = result["tried"][0]["changes"]
        assert (changed["before"], changed["after"]) == ("Kim Minsu", "Kim Minsu (Contoso)")

    def test_a_service_that_refuses_batches_is_asked_one_by_one(self) -> None:
        desk = Helpdesk(batch_synchronization="refused")
        result = desk.mapping(True, try_on=[MINSU, HYEJIN], **SUFFIX)
        assert len([request for request in desk.asked if request.path.endswith("/parseExpression")]) == 3
        assert [tried["changes"][0]["after"][-10:] for tried in result["tried"]] == [" (Contoso)"] * 2

    def test_a_parser_that_fails_ends_the_task_before_a_write(self) -> None:
        desk = Helpdesk()
        desk.cloud.service.faults = FaultPlan(faults=[Fault(path="/parseExpression", nth=2, fault="status", status=403, times=0)])
        before = desk.job.job_schema
        result = desk.mapping(False, try_on=[MINSU], **SUFFIX)
        assert result["failed"] is True
        assert desk.job.job_schema == before
