# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The synced groups of a target: only the audit log says that a group was synchronized (facts F129, F214, F237)."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import synced_group
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.synced_group import Evidence
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Outcome, Reply, refusal

SALES, OLD, TEAM = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2, 3))
SERVICE = {"app": {"displayName": "Microsoft.Azure.SyncFabric"}}
MINSU = {"@odata.type": "#microsoft.graph.user", "id": "u1", "userPrincipalName": "minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com"}
OWN = {"@odata.type": "#microsoft.graph.user", "id": "u2", "userPrincipalName": "ana@fabrikam.com"}
NESTED = {"@odata.type": "#microsoft.graph.group", "id": "g9", "displayName": "Inner"}


def group(number: str, name: str, **members: Any) -> dict[str, Any]:
    kind = {"groupTypes": [], "securityEnabled": True, "mailEnabled": False, "isAssignableToRole": None}
    return {"id": number, "displayName": name, "description": None, "createdDateTime": "2026-11-23T02:00:00Z", **kind, **members}


def entry(number: str, by: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    return {
        "result": "success",
        "initiatedBy": SERVICE if by is None else by,
        "targetResources": [{"id": number, "type": "Group"}],
        **members,
    }


GROUPS = [group(SALES, "Sales"), group(OLD, "Old"), group(TEAM, "Team", groupTypes=["Unified"], mailEnabled=True)]


def service(entries: Any, page: Any = None) -> FakeGraph:
    def answer(request: Request) -> Outcome:
        path = request.path
        if path.startswith("/auditLogs"):
            return entries if not isinstance(entries, list) else Reply(200, {"value": entries, **(page or {})})
        if "/members" in path:
            return Reply(200, {"value": [MINSU, OWN, NESTED] if SALES in path else []})
        found = [raw for raw in GROUPS if raw["id"] in path or f"'{raw['displayName']}'".lower() in path.lower()]
        return Reply(200, {"value": found})

    return FakeGraph(answer)


def ask(entries: Any, *names: str, page: Any = None) -> dict[str, Any]:
    return synced_group.inquire(service(entries, page), {"groups": list(names)})


class TestEvidence:
    @pytest.mark.parametrize(
        ("raw", "found"),
        [
            (entry(SALES), [SALES]),
            (entry(SALES.upper()), [SALES]),
            (entry(SALES, result="failure"), []),
            (entry(SALES, {"user": {"id": "1", "userPrincipalName": "a@b"}}), []),
            (entry(SALES, {"app": {"displayName": "Another application"}}), []),
            (entry(SALES, {}), []),
            ({**entry(SALES), "targetResources": None}, []),
            ({**entry(SALES), "targetResources": [{"id": "u", "type": "User"}, {"id": None, "type": "Group"}, "x"]}, []),
        ],
    )
    def test_only_what_the_service_created_counts(self, raw: dict[str, Any], found: list[str]) -> None:
        assert list(synced_group.created_in([raw])) == found

    def test_a_log_that_cannot_be_read_makes_every_group_unknown(self) -> None:
        result = ask(refusal(403, "Authorization_RequestDenied", "Insufficient privileges"), "Sales")
        assert [found["synced"] for found in result["synced_groups"]] == ["unknown"]
        (said,) = result["incomplete"]
        assert "AuditLog.Read.All" in said

    def test_a_log_that_is_too_long_is_incomplete(self) -> None:
        result = ask([entry(SALES)], page={"@odata.nextLink": "https://graph.microsoft.com/v1.0/auditLogs/directoryAudits?$skiptoken=x"})
        assert [found["id"] for found in result["synced_groups"]] == [SALES]
        assert result["incomplete"] == ["only the newest 2000 entries of the audit log about new groups were read"]


class TestVerdicts:
    def test_the_groups_with_their_members(self) -> None:
        result = ask([entry(SALES), entry("40000000-0000-4000-8000-000000000000")], "old", "Team", "Nobody")
        assert [(found["display_name"], found["synced"]) for found in result["synced_groups"]] == [
            ("Old", "unknown"),
            ("Sales", "yes"),
            ("Team", "no"),
        ]
        assert (result["missing"], result["incomplete"]) == (["Nobody"], [])
        sales = result["synced_groups"][1]
        assert [(member["type"], member["source_user_principal_name"]) for member in sales["members"]] == [
            ("group", None),
            ("user", None),
            ("user", "minsu.kim@contoso.kr"),
        ]
        assert sales["other_members"] == ["Inner", "ana@fabrikam.com"]

    def test_without_evidence_and_names_nothing_is_read(self) -> None:
        graph = service([])
        assert synced_group.inquire(graph, {"groups": None}) == {"synced_groups": [], "missing": [], "incomplete": []}
        assert len(graph.sent) == 1

    @pytest.mark.parametrize(
        ("members", "synced"),
        [
            ({}, "unknown"),
            ({"isAssignableToRole": True}, "unknown"),
            ({"groupTypes": None}, "unknown"),
            ({"groupTypes": ["DynamicMembership"]}, "no"),
            ({"mailEnabled": True}, "no"),
            ({"mailEnabled": True, "securityEnabled": False}, "no"),
        ],
    )
    def test_the_service_creates_static_security_groups_only(self, members: dict[str, Any], synced: str) -> None:
        raw = group(OLD, "Old", **members)
        assert synced_group.judge(raw, (), Evidence())["synced"] == synced
        assert synced_group.judge(raw, (), Evidence(frozenset({OLD})))["synced"] == "yes"
