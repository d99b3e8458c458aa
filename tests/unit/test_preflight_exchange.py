# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a preflight finds about Exchange of the target, and what it reads there (facts F149, F151, F152, F153, F156)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.exchange import service
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Client, Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import CredentialProblem, GraphFailure, SignInFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import exchange_access
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.preflight import inquiry
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes import graph
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import FakeGraph, Lost, Outcome, Reply
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.options import options
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_preflight_table import EVERYTHING, granting, tenant
from entra_emulator.exchange.roles import RIGHTS, ROLE_TEMPLATES

MINSU = "minsu.kim@contoso.kr"
GLOBAL_READER, SECURITY_READER = ROLE_TEMPLATES["Global Reader"], ROLE_TEMPLATES["Security Reader"]
NULS = Reply(403, b"\0" * 64)
OURS = ({"DomainName": "fabrikam.onmicrosoft.com", "InitialDomain": True}, {"DomainName": "fabrikam.kr", "InitialDomain": False})
NO_GROUP = {
    "error": {
        "code": "NotFound",
        "details": [{"message": "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|There is no object."}],
    }
}


def of_kind(kind: str, name: str, address: str = MINSU) -> dict[str, Any]:
    """A recipient as Exchange returns it."""
    addresses = {"PrimarySmtpAddress": address, "EmailAddresses": [f"SMTP:{address}", "SIP:x@fabrikam.kr"]}
    return {"Guid": f"guid-{name}", "Guid@odata.type": "#Guid", "DisplayName": name, "RecipientTypeDetails": kind, **addresses}


def answering(
    *recipients: dict[str, Any], domains: Sequence[dict[str, Any]] = OURS, probe: Outcome | None = None, search: Outcome | None = None
) -> Callable[[Request], Outcome]:
    """An Exchange with these recipients, which can refuse the probe and the search."""

    def answer(request: Request) -> Outcome:
        sent = request.body["CmdletInput"]
        if sent["CmdletName"] == "Get-AcceptedDomain":
            return Reply(200, {"value": list(domains)})
        if sent["Parameters"].get("ResultSize") == 1:
            return probe or Reply(
                200, {"value": [{"Guid": "1"}], "@odata.nextLink": "https://x/adminapi/beta/t/InvokeCommand?$skiptoken=1"}
            )
        return search or Reply(200, {"value": list(recipients), "@adminapi.warnings": []})

    return answer


def exchange(answer: Callable[[Request], Outcome], permissions: Sequence[str], roles: Sequence[str]) -> FakeGraph:
    client = FakeGraph(answer, tenant=graph.TARGET)
    client.service = service.service(service.ENDPOINTS["global"], graph.TARGET)
    granting(client, *permissions, tenant=graph.TARGET, wids=list(roles))
    return client


def raises(failure: GraphFailure) -> Callable[[], Client]:
    def connect() -> Client:
        raise failure

    return connect


class Target(FakeGraph):
    """A target tenant in which nothing else is in the way."""

    def __init__(self, connect: Callable[[], Client] | None, permissions: Sequence[str], answer: Callable[[Request], Outcome]) -> None:
        super().__init__(answer, tenant=graph.TARGET)
        granting(self, *permissions, tenant=graph.TARGET)
        self.exchange = connect

    def owner_of(self, name: str) -> str | None:
        """As the public OpenID document has it."""
        return graph.TARGET if name.startswith("fabrikam") else graph.SOURCE


EMPTY = tenant(Reply(200, {}))


def look(
    connect: Callable[[], Client] | None,
    group: str | None = None,
    permissions: Sequence[str] = tuple(EVERYTHING),
    users: Sequence[str] = (MINSU,),
    answer: Callable[[Request], Outcome] = EMPTY,
) -> tuple[list[dict[str, str]], FakeGraph]:
    """The findings in such a target, and what was sent to Graph."""
    client = Target(connect, permissions, answer)
    params = options(
        "preflight_info",
        side="target",
        tenant_id=graph.TARGET,
        partner_tenant_id=graph.SOURCE,
        arriving_users=[{"user_principal_name": name, "mail": None} for name in users],
        exchange_group=group,
    )
    return inquiry.in_source(client, params)["findings"], client


def sent_for(client: FakeGraph, kind: str) -> list[str]:
    return [request.path for request in client.sent if request.path.startswith(f"/{kind}?")]


STANDINGS = [
    # app roles, roles in Entra, what Exchange answers, the group; severity, words of the cause, words of the remedy, requests to Exchange
    (["Exchange.ManageAsApp"], [GLOBAL_READER], answering(), None, None, "", "", 3),
    (["Exchange.ManageAsApp"], [], answering(), None, None, "", "", 3),
    (
        [],
        [GLOBAL_READER],
        answering(),
        None,
        "warning",
        "the application has no app role Exchange.ManageAsApp, so",
        "ManageAsApp of Office",
        0,
    ),
    (
        ["Exchange.ManageAsAppV2"],
        [GLOBAL_READER],
        answering(),
        None,
        "warning",
        "no app role Exchange.ManageAsApp, only Exchange.ManageAsAppV2, which is another one",
        "application permission Exchange.ManageAsApp of",
        0,
    ),
    (["Exchange.ManageAsApp"], [], answering(probe=NULS), None, "warning", "has the app role, but no role in Entra", "Global Reader", 2),
    (
        ["Exchange.ManageAsApp"],
        [SECURITY_READER],
        answering(probe=NULS),
        None,
        "warning",
        "has the app role, but no role",
        "Global Reader",
        2,
    ),
    (["Exchange.ManageAsApp"], [GLOBAL_READER], answering(probe=NULS), None, "warning", "has the role Global Reader", "two hours", 2),
    (
        ["Exchange.ManageAsApp"],
        [],
        answering(probe=Reply(401, b"")),
        None,
        "warning",
        "does not accept the access token",
        "some minutes",
        2,
    ),
    (
        ["Exchange.ManageAsApp"],
        [GLOBAL_READER],
        answering(domains=[{"DomainName": "contoso.onmicrosoft.com", "InitialDomain": True}]),
        None,
        "warning",
        "Exchange answers for another tenant, with the mail domains contoso.onmicrosoft.com",
        "tenant_id and exchange_endpoint",
        1,
    ),
    (["Exchange.ManageAsApp"], [], answering(probe=Reply(503, None)), None, "unknown", "HTTP 503", "run again", 2),
    (["Exchange.ManageAsApp"], [], answering(probe=Lost()), None, "unknown", "no complete answer came", "run again", 2),
    (["Exchange.ManageAsApp"], [], lambda _request: Reply(200, {"value": 1}), None, "unknown", "did not return a list", "run again", 1),
    (
        ["Exchange.ManageAsApp"],
        [],
        lambda _request: Reply(200, {"value": [{"DomainName": {}}]}),
        None,
        "warning",
        "another tenant",
        "proxy",
        1,
    ),
    (["Exchange.ManageAsAppV2"], [], answering(), "cts@fabrikam.kr", None, "", "", 1),
    (["Exchange.ManageAsApp"], [], answering(), "cts@fabrikam.kr", "warning", "no app role Exchange.ManageAsAppV2", "ManageAsAppV2 of", 0),
    (
        ["Exchange.ManageAsAppV2"],
        [],
        lambda _request: Reply(404, NO_GROUP),
        "cts@fabrikam.kr",
        "warning",
        "Exchange has no distribution group cts@fabrikam.kr",
        "exchange_group",
        2,
    ),
]


class TestStanding:
    @pytest.mark.parametrize(("permissions", "roles", "answer", "group", "severity", "cause", "remedy", "requests"), STANDINGS)
    def test_one_finding_at_most(
        self,
        permissions: list[str],
        roles: list[str],
        answer: Callable[[Request], Outcome],
        group: str | None,
        severity: str | None,
        cause: str,
        remedy: str,
        requests: int,
    ) -> None:
        there = exchange(answer, permissions, roles)
        found, client = look(lambda: there, group)
        assert [(one["check"], one["severity"]) for one in found] == ([("exchange", severity)] if severity else [])
        assert all(cause in one["cause"] and remedy in one["remedy"] and "\0" not in one["cause"] for one in found)
        assert len(there.sent) == requests
        assert there.writes == []
        # Where Exchange does not return recipients, Graph is asked as ever.
        by_exchange = severity is None and group is None
        assert [bool(sent_for(client, kind)) for kind in ("users", "groups", "contacts")] == [True, not by_exchange, not by_exchange]

    @pytest.mark.parametrize(
        ("failure", "cause"),
        [
            (CredentialProblem("auth_method device_code only signs in to Microsoft Graph"), "auth_method device_code only signs in"),
            (SignInFailure("t", "c", (500014,), "The service principal for resource 'x' is disabled."), "AADSTS500014"),
        ],
    )
    def test_a_sign_in_that_is_not_possible(self, failure: GraphFailure, cause: str) -> None:
        ((check, severity, said),) = [(one["check"], one["severity"], one["cause"]) for one in look(raises(failure))[0]]
        assert (check, severity) == ("exchange", "warning")
        assert cause in said

    def test_without_the_option_nothing_is_asked(self) -> None:
        found, client = look(None)
        assert found == []
        assert sent_for(client, "groups")
        assert sent_for(client, "contacts")

    def test_the_source_is_never_asked(self) -> None:
        client = FakeGraph(tenant(Reply(200, {})), tenant=graph.SOURCE)
        granting(client, *EVERYTHING, tenant=graph.SOURCE)
        client.exchange = raises(CredentialProblem("must not be asked"))
        params = options("preflight_info", side="source", partner_tenant_id=graph.TARGET, scope_mode="assigned", configuration="Fabrikam")
        assert "exchange" not in {finding["check"] for finding in inquiry.in_source(client, params)["findings"]}

    def test_the_roles_are_those_that_exchange_knows(self) -> None:
        assert {ROLE_TEMPLATES[name]: name for name in exchange_access.READING_ROLES.values()} == exchange_access.READING_ROLES
        assert set(exchange_access.READING_ROLES.values()) == RIGHTS["read"] & set(ROLE_TEMPLATES)


class TestAddresses:
    PERMISSIONS = ("Exchange.ManageAsApp",)

    def look(self, answer: Callable[[Request], Outcome], **given: Any) -> tuple[list[tuple[str, str, str]], FakeGraph, FakeGraph]:
        there = exchange(answer, self.PERMISSIONS, [])
        found, client = look(lambda: there, **given)
        return [(one["check"], one["severity"], one["cause"]) for one in found], client, there

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("MailContact", "contact"),
            ("MailForestContact", "contact"),
            ("MailUniversalDistributionGroup", "group"),
            ("MailUniversalSecurityGroup", "group"),
            ("DynamicDistributionGroup", "group"),
            ("GroupMailbox", "group"),
            ("RoomList", "group"),
            ("PublicFolder", "recipient (PublicFolder)"),
            # Graph returns users.
            ("GuestMailUser", None),
            ("MailUser", None),
            ("UserMailbox", None),
            ("SharedMailbox", None),
        ],
    )
    def test_what_has_the_address(self, kind: str, said: str | None) -> None:
        found, _client, _there = self.look(answering(of_kind(kind, "Minsu")))
        cause = f"addresses of users in scope belong to other objects here: {MINSU} is {said} Minsu"
        assert found == ([("addresses", "warning", cause)] if said else [])

    def test_graph_is_not_asked_for_what_exchange_returns(self) -> None:
        """Nor are its permissions."""
        without = [name for name in EVERYTHING if name != "Directory.Read.All"] + ["User.Read.All", "Organization.Read.All"]
        found, client, there = self.look(answering(), permissions=without)
        assert found == []
        assert (sent_for(client, "groups"), sent_for(client, "contacts")) == ([], [])
        assert there.sent[-1].body["CmdletInput"]["Parameters"]["Filter"] == f"EmailAddresses -eq '{MINSU}'"

    @pytest.mark.parametrize("search", [NULS, Reply(503, None), Lost(), Reply(200, {"value": None})], ids=str)
    def test_a_search_that_fails_is_not_known(self, search: Outcome) -> None:
        ((check, severity, cause),), _client, _there = self.look(answering(search=search))
        assert (check, severity) == ("recipients", "unknown")
        assert cause.startswith("could not read what this check needs: ")

    def test_what_was_found_before_a_failure_is_reported(self) -> None:
        users = [f"u{number}@contoso.kr" for number in range(150)]
        answers = [Reply(200, {"value": [of_kind("MailContact", "First", users[0])]}), Reply(500, None)]
        there = exchange(lambda request: answers.pop(0) if "Filter" in str(request.body) else answering()(request), self.PERMISSIONS, [])
        found, _client = look(lambda: there, users=users)
        assert [(one["check"], one["severity"]) for one in found] == [("addresses", "warning"), ("recipients", "unknown")]
        assert "u0@contoso.kr is contact First" in found[0]["cause"]

    def test_only_users_who_do_not_exist_yet_are_searched_for(self) -> None:
        there = exchange(answering(of_kind("MailContact", "Minsu")), self.PERMISSIONS, [])
        found, _client = look(lambda: there, answer=self.with_minsu)
        assert (found, len(there.sent)) == ([], 2)

    @staticmethod
    def with_minsu(request: Request) -> Outcome:
        """There is a synced user already."""
        if request.path.startswith("/users?"):
            user = {"id": "1", "userPrincipalName": "minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com", "mail": MINSU}
            return Reply(200, {"value": [user]})
        return EMPTY(request)
