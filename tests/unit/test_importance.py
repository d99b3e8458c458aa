# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is important in the target: what is read, and that nothing unread makes a user unimportant (facts F159 to F164)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import GraphFailure
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import permissions
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.importance import (
    FOUNDATION,
    KINDS,
    MOST_BY_ID,
    Importance,
    read_importance,
)
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.directory import users
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, TARGET, FakeGraph, Outcome, Reply, refusal

GLOBAL, HELPDESK, UNNAMED = (
    "11111111-0000-4000-8000-000000000000",
    "22222222-0000-4000-8000-000000000000",
    "33333333-0000-4000-8000-000000000000",
)
GROUP = "99999999-0000-4000-8000-000000000000"
DENIED = refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
NO_LICENCE = refusal(
    400, "AadPremiumLicenseRequired", "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
)
ROLES, ELIGIBLE = "/roleManagement/directory/roleAssignments", "/roleManagement/directory/roleEligibilityScheduleInstances"
DEFINITIONS = "/roleManagement/directory/roleDefinitions"
SKU = "c7df2760-2c81-4ef7-b578-5b5392b571df"


def number(which: int) -> str:
    """A user's id."""
    return f"aaaaaaaa-0000-4000-8000-{which:012}"


def account(which: int, **about: Any) -> dict[str, Any]:
    return {
        "id": number(which),
        "creationType": "Invitation",
        "assignedLicenses": [],
        "assignedPlans": [],
        "ownedObjects": [],
        **about,
    }


def plan(service: str = "exchange", status: str = "Enabled", plan_id: str = "9aaf7827-d63c-4b61-89c3-182f06f82e5c") -> dict[str, Any]:
    return {"service": service, "capabilityStatus": status, "servicePlanId": plan_id}


def row(principal: str, role: str, kind: str = "user", name: str | None = "x") -> dict[str, Any]:
    shown = {"@odata.type": f"#microsoft.graph.{kind}", "id": principal, "displayName": name}
    return {"id": "r", "principalId": principal, "roleDefinitionId": role, "principal": shown}


@dataclass
class Tenant:
    """The target. ``answers`` are outcomes by the beginning of a path, before all else."""

    accounts: list[dict[str, Any]] = field(default_factory=list)
    active: list[dict[str, Any]] = field(default_factory=list)
    eligible: list[dict[str, Any]] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, Outcome] = field(default_factory=dict)
    filter_required: bool = False

    def __call__(self, request: Request) -> Outcome:
        for beginning, outcome in self.answers.items():
            if request.path.startswith(beginning):
                return outcome
        path, _mark, query = request.path.partition("?")
        if path == "/users":
            return users(request, self.accounts)
        if path == ROLES:
            if self.filter_required and "$filter" not in query:
                return refusal(400, "Request_BadRequest", "The $filter query parameter is required.")
            return Reply(body={"value": [one for one in self.active if "$filter" not in query or one["roleDefinitionId"] in query]})
        if path == ELIGIBLE:
            return Reply(body={"value": self.eligible})
        if path == DEFINITIONS:
            names = {GLOBAL: "Global Administrator", HELPDESK: "Helpdesk Administrator"}
            return Reply(body={"value": [{"id": role, "displayName": name} for role, name in names.items()]})
        if path == "/subscribedSkus":
            return Reply(body={"value": [{"skuId": SKU.upper(), "skuPartNumber": "SPE_E5"}]})
        group = re.fullmatch(r"/groups/([^/]+)/members", path)
        if group and group[1] in self.members:
            return Reply(body={"value": [{"@odata.type": "#microsoft.graph.user", "id": one} for one in self.members[group[1]]]})
        return NOT_FOUND if path.startswith(("/groups/", "/$batch")) and path != "/$batch" else Reply()

    def read(self, kinds: Collection[str] = KINDS, ids: Collection[str] | None = None) -> Importance:
        self.graph = FakeGraph(self, TARGET)
        return read_importance(self.graph, [one["id"] for one in self.accounts] if ids is None else ids, kinds)

    @property
    def asked(self) -> Iterator[str]:
        return (one.path.partition("?")[0] for one in self.graph.sent)


# What is found -------------------------------------------------------------------------------------------------------

FOUND: dict[str, tuple[Tenant, tuple[str, ...]]] = {
    "an active role": (Tenant([account(1)], [row(number(1), GLOBAL)]), ("Global Administrator",)),
    "an eligible role": (Tenant([account(1)], eligible=[row(number(1), GLOBAL)]), ("Global Administrator (eligible)",)),
    "a role that has no name": (Tenant([account(1)], [row(number(1), UNNAMED)]), (f"role {UNNAMED}",)),
    "a role through a group": (
        Tenant([account(1)], [row(GROUP, HELPDESK, "group", "Desk")], members={GROUP: [number(1)]}),
        ("Helpdesk Administrator (through group Desk)",),
    ),
    "an eligible role through a group": (
        Tenant([account(1)], eligible=[row(GROUP, HELPDESK, "group", "Desk")], members={GROUP: [number(1)]}),
        ("Helpdesk Administrator (eligible, through group Desk)",),
    ),
    "a role through a group that must not be read": (
        Tenant([account(1)], [row(GROUP, HELPDESK, "group", None)], members={GROUP: [number(1)]}),
        (f"Helpdesk Administrator (through group {GROUP})",),
    ),
    "a role through a principal of which nothing is shown": (
        Tenant([account(1)], [{**row(GROUP, HELPDESK), "principal": None}], members={GROUP: [number(1)]}),
        (f"Helpdesk Administrator (through group {GROUP})",),
    ),
    "several roles, each once": (
        Tenant([account(1)], [row(number(1), GLOBAL), row(number(1), GLOBAL), row(number(1), HELPDESK)]),
        ("Global Administrator", "Helpdesk Administrator"),
    ),
    "ids in other case": (Tenant([account(1)], [row(number(1).upper(), GLOBAL)]), ("Global Administrator",)),
    "the owner of a group": (
        Tenant([account(1, ownedObjects=[{"@odata.type": "#microsoft.graph.group", "id": GROUP, "displayName": "Board"}])]),
        ("owner of group Board",),
    ),
    "the owner of an application": (
        Tenant([account(1, ownedObjects=[{"@odata.type": "#microsoft.graph.application", "id": GROUP, "displayName": "Payroll"}])]),
        ("owner of application Payroll",),
    ),
    "the owner of an enterprise application": (
        Tenant([account(1, ownedObjects=[{"@odata.type": "#microsoft.graph.servicePrincipal", "id": GROUP, "displayName": "Payroll"}])]),
        ("owner of enterprise application Payroll",),
    ),
    "the owner of a group that must not be read": (
        Tenant([account(1, ownedObjects=[{"@odata.type": "#microsoft.graph.group", "id": GROUP, "displayName": None}])]),
        (f"owner of group {GROUP}",),
    ),
    "the owner of something without a type": (Tenant([account(1, ownedObjects=[{"id": GROUP}])]), (f"owner of object {GROUP}",)),
    "the owner of a device": (Tenant([account(1, ownedObjects=[{"@odata.type": "#microsoft.graph.device", "id": GROUP}])]), ()),
    "the owner of many groups": (
        Tenant([account(1, ownedObjects=[{"@odata.type": "#microsoft.graph.group", "id": f"g{one}"} for one in range(20)])]),
        ("owner of group g0", "owner of group g1", "owner of group g2", "owner of 17 more"),
    ),
    "a licence": (Tenant([account(1, assignedLicenses=[{"skuId": SKU, "disabledPlans": []}])]), ("licence SPE_E5",)),
    "a licence whose name must not be read": (
        Tenant([account(1, assignedLicenses=[{"skuId": SKU, "disabledPlans": []}])], answers={"/subscribedSkus": DENIED}),
        (f"licence {SKU}",),
    ),
    "a mailbox": (Tenant([account(1, assignedPlans=[plan()])]), ("mailbox",)),
    "a mailbox whose plan has ended": (Tenant([account(1, assignedPlans=[plan(status="Suspended")])]), ("mailbox",)),
    "a mailbox that is gone": (Tenant([account(1, assignedPlans=[plan(status="Deleted")])]), ()),
    "Exchange without a mailbox": (Tenant([account(1, assignedPlans=[plan(plan_id=FOUNDATION.upper())])]), ()),
    "another service": (Tenant([account(1, assignedPlans=[plan(service="SharePoint")])]), ()),
    "nothing": (Tenant([account(1)], [row(number(2), GLOBAL), row(GROUP, GLOBAL, "servicePrincipal")]), ()),
}


@pytest.mark.parametrize(("tenant", "reasons"), FOUND.values(), ids=FOUND)
def test_reasons(tenant: Tenant, reasons: tuple[str, ...]) -> None:
    found = tenant.read()
    assert found.not_checked == {}
    assert found.reasons == ({number(1): reasons} if reasons else {})


def test_a_role_needs_no_question_about_applications() -> None:
    tenant = Tenant([account(1)], [row(GROUP, GLOBAL, "servicePrincipal")])
    tenant.read(["roles"])
    assert not any(path.startswith("/groups") for path in tenant.asked)


def test_a_filter_may_be_required() -> None:
    tenant = Tenant([account(1)], [row(number(1), GLOBAL), row(GROUP, HELPDESK, "group", "Desk")], filter_required=True)
    tenant.members = {GROUP: [number(1)]}
    assert tenant.read(["roles"]).reasons[number(1)] == ("Global Administrator", "Helpdesk Administrator (through group Desk)")


def test_without_the_licence_nobody_is_eligible() -> None:
    tenant = Tenant([account(1)], [row(number(1), GLOBAL)], answers={ELIGIBLE: NO_LICENCE})
    assert tenant.read(["roles"]) == Importance({number(1): ("Global Administrator",)}, {})


# What is not checked -------------------------------------------------------------------------------------------------

HOLDER = [row(number(1), GLOBAL)]
GROUPED = [row(GROUP, HELPDESK, "group", "Desk")]
LACKS: dict[str, tuple[dict[str, Outcome], dict[str, str]]] = {
    "roles": (
        {"/roleManagement": DENIED},
        {"roles": f"roles not checked: permission RoleManagement.Read.Directory is missing in tenant {TARGET}"},
    ),
    "active roles": (
        {ROLES: DENIED, DEFINITIONS: DENIED},
        {"roles": f"active roles not checked: permission RoleManagement.Read.Directory is missing in tenant {TARGET}"},
    ),
    "eligible roles": (
        {ELIGIBLE: DENIED},
        {"roles": f"eligible roles not checked: permission RoleManagement.Read.Directory is missing in tenant {TARGET}"},
    ),
    "groups": (
        {"/groups": DENIED},
        {"roles": f"roles through groups not checked: permission Group.Read.All is missing in tenant {TARGET}"},
    ),
    "users": (
        {"/users": DENIED},
        {
            kind: f"{kind} not checked: permission User.Read.All is missing in tenant {TARGET}"
            for kind in ("owners", "licences", "mailboxes")
        },
    ),
}


@pytest.mark.parametrize(("answers", "not_checked"), LACKS.values(), ids=LACKS)
def test_a_missing_permission_is_named(answers: dict[str, Outcome], not_checked: dict[str, str]) -> None:
    tenant = Tenant([account(1, assignedPlans=[plan()])], HOLDER + GROUPED, HOLDER, {GROUP: [number(1)]}, answers)
    found = tenant.read()
    assert found.not_checked == not_checked
    everything = Tenant(tenant.accounts, tenant.active, tenant.eligible, tenant.members).read().reasons[number(1)]
    assert 0 < len(found.reasons[number(1)]) < len(everything), "what can be read counts nevertheless"


@pytest.mark.parametrize("path", [ROLES, DEFINITIONS, ELIGIBLE, "/groups", "/users", "/subscribedSkus"])
@pytest.mark.parametrize("outcome", [refusal(500, "InternalServerError"), refusal(400, "Request_BadRequest"), refusal(404, "UnknownError")])
def test_any_other_failure_is_raised(path: str, outcome: Reply) -> None:
    """A run must not go on as if nobody were important."""
    tenant = Tenant([account(1, assignedLicenses=[{"skuId": SKU}])], GROUPED, [], {GROUP: [number(1)]}, {path: outcome})
    with pytest.raises(GraphFailure):
        tenant.read()


@pytest.mark.parametrize("kind", ["owners", "licences", "mailboxes"])
def test_what_is_not_shown_is_not_checked(kind: str) -> None:
    """An application with lesser permissions gets null."""
    name = {"owners": "ownedObjects", "licences": "assignedLicenses", "mailboxes": "assignedPlans"}[kind]
    tenant = Tenant([account(1, **{name: None}), account(2)])
    assert tenant.read().not_checked == {kind: f"{kind} of 1 of 2 users not checked: tenant {TARGET} did not return them"}


def test_a_user_who_is_not_returned_is_not_unimportant() -> None:
    found = Tenant([account(1)]).read(["licences"], [number(1), number(2)])
    assert found.not_checked == {"licences": f"licences of 1 of 2 users not checked: tenant {TARGET} did not return them"}


# What it costs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [(), KINDS], ids=["no kind", "nobody"])
def test_nothing_is_asked_for_nothing(kinds: tuple[str, ...]) -> None:
    tenant = Tenant([account(1)])
    assert tenant.read(kinds, [] if kinds else [number(1)]) == Importance()
    assert tenant.graph.sent == []


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_wanted_is_asked_for(kind: str) -> None:
    tenant = Tenant([account(1, assignedPlans=[plan()], assignedLicenses=[{"skuId": SKU}])], HOLDER)
    tenant.read([kind])
    paths = {
        "roles": [DEFINITIONS, ROLES, ELIGIBLE],
        "owners": ["/users"],
        "licences": ["/users", "/subscribedSkus"],
        "mailboxes": ["/users"],
    }
    assert list(tenant.asked) == paths[kind]
    assert {"$expand=ownedObjects" in one.path for one in tenant.graph.sent if one.path.startswith("/users")} <= {kind == "owners"}


@pytest.mark.parametrize(("many", "requests"), [(1, 4), (15, 4), (16, 5), (300, 23), (MOST_BY_ID, 43), (MOST_BY_ID + 1, 4), (10_000, 4)])
def test_requests(many: int, requests: int) -> None:
    """Three for the roles, and one for fifteen users; of more users than can be asked for by their ids, all external ones are listed."""
    tenant = Tenant([account(one) for one in range(many)])
    assert tenant.read() == Importance()
    assert len(tenant.graph.sent) == requests


def test_users_who_are_not_external_are_asked_for_by_id_as_well() -> None:
    tenant = Tenant([account(one, creationType="Invitation" if one else None) for one in range(MOST_BY_ID + 1)])
    tenant.accounts[0]["assignedPlans"] = [plan()]
    assert tenant.read(["mailboxes"]) == Importance({number(0): ("mailbox",)})


def test_every_request_has_its_permission() -> None:
    tenant = Tenant([account(1, assignedLicenses=[{"skuId": SKU}])], GROUPED, members={GROUP: [number(1)]})
    tenant.read()
    assert {one.path for one in tenant.graph.sent if not permissions.for_call(one.method, one.path)} == set()
