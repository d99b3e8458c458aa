# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check of the preflight is one object: everything else follows from the table, and the documents agree with it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.permissions import TARGET, Need
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight import check as parts
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight import inquiry
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.check import Check, Link, Read, Seen
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.checks import CHECKS, WITHOUT_READS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight.finding import WARNING, Finding
from ansible_collections.entra.cross_tenant_sync.plugins.modules import preflight_info
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes import graph
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Lost, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import EMPTY_ENTRY

ROOT = Path(__file__).resolve().parents[2]
ROLE = ROOT / "roles" / "preflight"
EVERYTHING = [
    "Policy.ReadWrite.CrossTenantAccess",
    "User.Read.All",
    "CrossTenantInformation.ReadBasic.All",
    "Directory.Read.All",
    "Policy.Read.All",
    "Policy.Read.B2BManagementPolicy",
    "Application.ReadWrite.All",
    "Synchronization.ReadWrite.All",
    "RoleManagement.Read.Directory",
]

# A made-up check -----------------------------------------------------------------------------------------------------

BRANDING = Read(
    "branding",
    (Need("read the branding", ("OrganizationalBranding.Read.All",)),),
    lambda link: [Request("GET", f"/organization/{link.partner}/branding")],
)


def judge_branding(_link: Link, seen: Seen) -> list[Finding]:
    text = seen.body(BRANDING).get("signInPageText")
    return [] if text else [Finding("branding", WARNING, "users see no text when they sign in", "write one")]


MADE_UP = Check("branding", (TARGET,), judge_branding, reads=(BRANDING,))


def tenant(branding: Outcome) -> Callable[[Request], Outcome]:
    """A target tenant in which nothing else is in the way."""

    def answer(request: Request) -> Outcome:
        path = request.path.partition("?")[0]
        if path.endswith("/branding"):
            return branding
        if "crossTenantAccessPolicy" in path:
            return Reply(200, {"tenantId": graph.SOURCE, **EMPTY_ENTRY})
        if path == "/policies/authorizationPolicy":
            return Reply(200, {"allowInvitesFrom": "everyone"})
        if path == "/organization":
            return Reply(200, {"value": [{"directorySizeQuota": {"used": 1, "total": 1000}}]})
        return Reply(200, {"value": []})

    return answer


def granting(client: FakeGraph, *permissions: str, tenant: str, **more: Any) -> None:
    """Sign in with a token that holds these application permissions, and ``more`` claims."""
    claims = {"tid": tenant, "roles": list(permissions), "idtyp": "app", **more}
    client._token = f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}.signature"


def look(branding: Outcome, *permissions: str, checks: tuple[Check, ...] = (*CHECKS, MADE_UP)) -> tuple[dict[str, Any], FakeGraph]:
    client = FakeGraph(tenant(branding), tenant=graph.TARGET)
    granting(client, *permissions, tenant=graph.TARGET)
    params = options("preflight_info", side="target", tenant_id=graph.TARGET, partner_tenant_id=graph.SOURCE)
    return inquiry.in_source(client, params, checks), client


def found(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(finding["check"], finding["severity"], finding["cause"]) for finding in result["findings"]]


class TestMadeUp:
    PERMITTED = (*EVERYTHING, "OrganizationalBranding.Read.All")

    def test_its_finding(self) -> None:
        result, _client = look(Reply(200, {}), *self.PERMITTED)
        assert found(result) == [("branding", "warning", "users see no text when they sign in")]
        assert "warning   " + graph.TARGET + "  branding         users see no text when they sign in; write one" in result["report"]
        assert found(look(Reply(200, {"signInPageText": "Welcome"}), *self.PERMITTED)[0]) == []

    def test_it_costs_no_request_of_its_own(self) -> None:
        """It goes into the batch that is sent anyway."""
        _result, client = look(Reply(200, {}), *self.PERMITTED)
        _result, without = look(Reply(200, {}), *self.PERMITTED, checks=CHECKS)
        assert len(client.batches) == len(without.batches) == 2
        assert len(client.sent) == len(without.sent) + 1
        assert sum(map(len, client.batches)) == len(client.sent)

    def test_it_is_unknown_without_its_permission(self) -> None:
        result, client = look(Reply(200, {}), *EVERYTHING)
        cause = "could not read the branding: the application has no OrganizationalBranding.Read.All"
        assert found(result) == [("permissions", "unknown", cause)]
        assert not [request for request in client.sent if request.path.endswith("/branding")]

    @pytest.mark.parametrize("failure", [refusal(409, "Conflict"), Lost(certain=True)], ids=str)
    def test_it_is_unknown_if_its_read_fails(self, failure: Outcome) -> None:
        ((check, severity, cause),) = found(look(failure, *self.PERMITTED)[0])
        assert (check, severity) == ("branding", "unknown")
        assert cause.startswith("could not read what this check needs: ")


class TestImportance:
    """Whether it can be seen who is important in the target. It is no reason to stop."""

    NO_ROLES = tuple(name for name in EVERYTHING if name not in ("RoleManagement.Read.Directory", "Directory.Read.All"))
    OTHERS = ("Group.Read.All", "OrgContact.Read.All", "Organization.Read.All")

    def look(self, answer: Outcome, *permissions: str, **given: Any) -> tuple[list[tuple[str, str, str]], list[str]]:
        def roles(request: Request) -> Outcome:
            return answer if request.path.startswith(("/roleManagement", "/groups/")) else tenant(Reply(200, {}))(request)

        client = FakeGraph(roles, tenant=graph.TARGET)
        granting(client, *permissions, tenant=graph.TARGET)
        params = options("preflight_info", side="target", tenant_id=graph.TARGET, partner_tenant_id=graph.SOURCE, **given)
        result = inquiry.in_source(client, params)
        assert result["ready"]
        paths = (request.path.partition("?")[0] for request in client.sent)
        return found(result), [path for path in paths if path.startswith(("/roleManagement", "/groups/"))]

    @pytest.mark.parametrize(
        ("permissions", "lacking"),
        [
            ((), ["see who holds directory roles"]),
            (("Directory.Read.All",), ["see who is eligible for directory roles"]),
            (("RoleEligibilitySchedule.Read.Directory",), ["see who holds directory roles"]),
            (("RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.All"), []),
            (("RoleManagement.Read.Directory",), []),
        ],
    )
    def test_a_permission_is_missing(self, permissions: tuple[str, ...], lacking: list[str]) -> None:
        findings, _asked = self.look(Reply(200, {"value": []}), *self.NO_ROLES, *self.OTHERS, *permissions)
        assert [(check, severity) for check, severity, _cause in findings] == [("importance", "unknown")] * len(lacking)
        assert all(f"could not {words} " in cause for words, (_check, _severity, cause) in zip(lacking, findings, strict=True))

    def test_roles_that_do_not_protect_are_not_asked_for(self) -> None:
        for kinds in ([], ["owners"], ["owners", "licences", "mailboxes"]):
            assert self.look(Reply(200, {"value": []}), *self.NO_ROLES, *self.OTHERS, protected_importance=kinds) == ([], [])
        assert len(self.look(Reply(200, {"value": []}), *EVERYTHING, protected_importance=["roles"])[1]) == 1

    def test_a_read_fails(self) -> None:
        ((check, severity, cause),), _asked = self.look(refusal(409, "Conflict"), *EVERYTHING)
        assert (check, severity) == ("importance", "unknown")
        assert cause.startswith("could not read what this check needs: ")

    def test_groups_are_asked_for_where_they_hold_roles(self) -> None:
        held = {"principalId": "1", "principal": {"@odata.type": "#microsoft.graph.group", "id": "1"}}
        assert self.look(Reply(200, {"value": [held]}), *EVERYTHING)[1] == [
            "/roleManagement/directory/roleAssignments",
            "/groups/1/members",
        ]


# The table -----------------------------------------------------------------------------------------------------------


def sides(check: str) -> str:
    known = {each.name: each.sides for each in CHECKS} | WITHOUT_READS
    return "both" if len(known[check]) > 1 else known[check][0]


class TestTable:
    def test_names_are_unique(self) -> None:
        names = [*(check.name for check in CHECKS), *WITHOUT_READS]
        assert len(names) == len(set(names))

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
    def test_a_judge_copes_with_what_it_can_do_without(self, check: Check) -> None:
        """Whatever else could not be read."""
        for side in check.sides:
            seen = Seen({read: whole(read, side) for read in check.reads})
            assert {finding.check for finding in check.judge(Link(side, graph.SOURCE), seen)} <= {check.name}

    def test_the_readme_lists_every_check_with_its_side(self) -> None:
        rows = re.findall(r"^\| `(\w+)` \| (both|source|target) \|", (ROLE / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
        assert rows == [(name, sides(name)) for name in (*WITHOUT_READS, *(check.name for check in CHECKS))]

    def test_the_module_lists_every_name(self) -> None:
        description = yaml.safe_load(preflight_info.RETURN)["findings"]["description"][1]
        checks, unread = (re.findall(r"C\((\w+)\)", part) for part in description.split("For what could not be read"))
        assert checks[1:] == [*WITHOUT_READS, *(check.name for check in CHECKS)]
        assert set(unread) == {read.name for check in CHECKS for read in check.all_reads} - set(checks)

    def test_the_readme_names_what_can_be_unread(self) -> None:
        text = (ROLE / "README.md").read_text(encoding="utf-8")
        assert [read.name for check in CHECKS for read in check.all_reads if f"`{read.name}`" not in text] == []


def whole(read: Read, side: str) -> parts.Outcome:
    """What a read brings where every answer is empty."""
    return parts.Outcome([{} for _request in read.requests(Link(side, graph.SOURCE))])


# Both tenants --------------------------------------------------------------------------------------------------------

NAMES = {"source_name": "contoso", "target_name": "fabrikam-korea"}


def both(**given: Any) -> dict[str, Any]:
    target = {"tenant_id": graph.TARGET, **given.pop("target", {})}
    return options("preflight_info", side="link", target=target, **{**NAMES, **given})


def client_of(tenant_id: str, *permissions: str, check_mode: bool = False) -> FakeGraph:
    client = FakeGraph(tenant(Reply(200, {})), tenant=tenant_id)
    granting(client, *permissions, tenant=tenant_id)
    client.check_mode = check_mode
    return client


def look_at_both(*permissions: str, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    params = both(**given)
    source = inquiry.in_source(client_of(graph.SOURCE, *permissions, check_mode=check_mode), params)
    assert not inquiry.is_complete(params, source)
    return inquiry.in_target(client_of(graph.TARGET, *permissions, check_mode=check_mode), params, source)


class TestBoth:
    def test_one_table(self) -> None:
        result = look_at_both(*EVERYTHING, scope_mode="assigned", configuration="Fabrikam")
        assert result["report"] == [
            "severity  tenant          check            cause; remedy",
            "warning   contoso         licences         there is no licence with Entra ID P1; each synchronized user needs Entra ID P1 in the "
            "source; buy the missing licences",
            "switch    contoso         switches         redemption_outbound is off",
            "switch    fabrikam-korea  switches         user_sync_inbound is off",
            "switch    fabrikam-korea  switches         redemption_inbound is off",
            "0 errors, 1 warning, 0 not known",
        ]
        assert (result["ready"], result["refusal"]) == (True, None)
        assert result["switches"] == {"redemption_outbound": False, "user_sync_inbound": False, "redemption_inbound": False}

    def test_warnings_count_if_they_should(self) -> None:
        result = look_at_both(*EVERYTHING, scope_mode="assigned", configuration="Fabrikam", strict=True)
        assert result["ready"] is False
        assert result["refusal"] == (
            "Tenant contoso, licences: there is no licence with Entra ID P1; each synchronized user needs Entra ID P1 in the source; "
            "buy the missing licences."
        )

    def test_the_worst_of_both_comes_first(self) -> None:
        result = look_at_both(*EVERYTHING, scope_mode="assigned", configuration="Fabrikam", switches="require")
        assert [(finding["severity"], finding["tenant"]) for finding in result["findings"]] == [
            ("error", "contoso"),
            ("error", "fabrikam-korea"),
            ("error", "fabrikam-korea"),
            ("warning", "contoso"),
        ]
        assert result["refusal"].count("Tenant ") == 3

    def test_across_clouds_nothing_is_asked(self) -> None:
        params = both(target={"cloud": "usgov"})
        client = client_of(graph.SOURCE)
        result = inquiry.in_source(client, params)
        assert inquiry.is_complete(params, result)
        assert client.sent == []
        assert result["report"][1].startswith("error     contoso         cloud            ")
        assert result["report"][2] == "switch    contoso         switches         redemption_outbound is not known"
        assert result["report"][-1] == "1 error, 0 warnings, 0 not known"

    @pytest.mark.parametrize(
        ("purpose", "check_mode", "errors"), [(None, False, True), (None, True, False), ("apply", True, True), ("plan", False, False)]
    )
    def test_only_a_run_that_changes_something_needs_the_permissions_to(self, purpose: str | None, check_mode: bool, errors: bool) -> None:
        reading = ("Directory.Read.All", "Policy.Read.All", "Synchronization.Read.All", "CrossTenantInformation.ReadBasic.All")
        result = look_at_both(*reading, check_mode=check_mode, purpose=purpose, scope_mode="assigned", configuration="Fabrikam")
        tenants = {finding["tenant"] for finding in result["findings"] if finding["severity"] == "error"}
        assert tenants == (set(NAMES.values()) if errors else set())

    def test_who_arrives_is_asked_for_in_the_target(self) -> None:
        params = both(scope_mode="assigned", configuration="Fabrikam")
        users = [{"user_principal_name": "minsu.kim@contoso.kr", "mail": None}]
        source = {"findings": [], "switches": {"redemption_outbound": True}, "arriving_users": users, "sharing": {"source": None}}
        client = client_of(graph.TARGET, *EVERYTHING)
        assert inquiry.in_target(client, params, source)["arriving_users"] == users
        assert [request.path for request in client.sent if request.path.startswith("/users?$filter=mail") and "minsu.kim" in request.path]


class TestOptions:
    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"side": "link"}, "side link of the preflight needs target"),
            ({"side": "source"}, "side source of the preflight needs partner_tenant_id"),
            ({"side": "target"}, "side target of the preflight needs partner_tenant_id"),
            (
                {"side": "link", "target": {"tenant_id": graph.TARGET}, "partner_tenant_id": graph.TARGET, "arriving_users": []},
                "side link of the preflight does not use partner_tenant_id, arriving_users",
            ),
            (
                {"side": "target", "partner_tenant_id": graph.TARGET, "target": {"tenant_id": graph.TARGET}},
                "side target of the preflight does not use target",
            ),
        ],
    )
    def test_what_contradicts_itself(self, given: dict[str, Any], sentence: str) -> None:
        client = client_of(graph.SOURCE)
        with pytest.raises(Refusal, match=f"^{sentence}$"):
            inquiry.in_source(client, options("preflight_info", **given))
        assert client.sent == []

    def test_a_credential_of_either_tenant_may_come_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As it may in two tasks for one tenant each."""
        monkeypatch.setenv("AZURE_CLIENT_ID", "c")
        monkeypatch.setenv("AZURE_TENANT_ID", graph.SOURCE)
        params = both()
        assert (params["client_id"], params["target"]["client_id"], params["target"]["tenant_id"]) == ("c", "c", graph.TARGET)


# The role ------------------------------------------------------------------------------------------------------------


def test_the_role_decides_nothing() -> None:
    """It stops if the module says that the link is not ready."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROLE / "tasks").glob("*.yml")}
    together = "\n".join(texts.values())
    assert re.findall(r"^\s*(?:when|failed_when|changed_when|until):", together, re.MULTILINE) == []
    assert re.findall(r"^\s*that: (.*)$", together, re.MULTILINE) == ["preflight_link.ready"]
    assert "{%" not in together
