# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened in a scenario before it begins: links that were set up and ran, changes since, and states of Exchange.

It comes about by the operations and the engine that serve clients, so that objects, logs and job records are as they would be.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .call import Call, Caller, Request
from .endpoints.jobs import TEMPLATE
from .endpoints.templates import CROSS_TENANT_TEMPLATE
from .errors import GraphError, Identifiers
from .exchange.feed import feed
from .exchange.states import State, StateError, make
from .graph import ROUTER
from .incoming import query_options, split
from .permissions import KNOWN
from .provisioning import engine
from .service import Service
from .settings import Settings
from .state import GraphObject, Tenant, World, moment

PARTNERS = "/policies/crossTenantAccessPolicy/partners"


class HistoryError(Exception):
    """A step that cannot be done; the text says which and why."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Link(Part):
    """A complete link whose job is started."""

    source: str = Field(description="Tenant id.")
    target: str = Field(description="Tenant id.")
    name: str = Field(description="Display name of the configuration.")
    people: list[str] = Field(default_factory=list, description="userPrincipalNames of the assigned people.")
    mappings: dict[str, str] = Field(default_factory=dict, description="Expressions of attribute mappings that differ from the default.")


class Assignment(Part):
    """People who are assigned to a link's configuration, or no longer."""

    link: str
    people: list[str]


class Sent(Part):
    """A Graph request that an administrator of the tenant sent. The path has no version."""

    tenant: str
    method: str
    path: str
    body: Any = None
    version: Literal["v1.0", "beta"] = "v1.0"
    by: str | None = Field(
        default=None,
        description="In whose name: userPrincipalName or id of a user, or client id of an application. Default: the first application.",
    )


class Change(Part):
    """Properties of a user that no request can set."""

    tenant: str
    user: str = Field(description="id, userPrincipalName or mail.")
    properties: dict[str, Any]


class ExchangeStates(Part):
    """States of Exchange, as the control API takes them."""

    tenant: str
    states: list[State]


class Step(Part):
    """One step: exactly one of these."""

    link: Link | None = None
    advance: timedelta | None = Field(default=None, description="Virtual time passes, such as PT40M; due cycles run.")
    assign: Assignment | None = None
    unassign: Assignment | None = None
    restart: str | None = Field(default=None, description="The link whose job is restarted from scratch.")
    request: Sent | None = None
    user: Change | None = None
    exchange: ExchangeStates | None = None

    @model_validator(mode="after")
    def _one(self) -> Step:
        if len(self.model_fields_set) != 1:
            raise ValueError("a step of the history is exactly one of " + ", ".join(type(self).model_fields))
        return self


def perform(service: Service, sent: Sent) -> Any:
    """The answer to a request that is carried out without a token, with every permission and without quotas.

    :raises HistoryError: if it is refused, or if there is nobody in whose name it could be done.
    """
    tenant = service.world.tenants.get(sent.tenant)
    if tenant is None:
        raise HistoryError(f"There is no tenant {sent.tenant}.")
    below, query = split(sent.path)
    ids = Identifiers("history", "history")
    try:
        operation, params = ROUTER.find(sent.method, sent.version, below)
        root = f"https://localhost/{sent.version}"
        request = Request(sent.method, sent.version, below, query_options(query), {}, sent.body, sent.body is not None, root, ids)
        return operation.handler(Call(service, request, _caller(tenant, sent.by), tenant, params)).body
    except GraphError as problem:
        raise HistoryError(f"{sent.method} {sent.path}: {problem}") from None


def _caller(tenant: Tenant, by: str | None) -> Caller:
    client = by if by in tenant.registrations else next(iter(tenant.registrations), None)
    if client is None:
        raise HistoryError(f"{tenant.display_name} has no application in whose name something could have been done.")
    if by is None or by == client:
        return Caller(client, tenant.id, KNOWN)
    wanted = by.casefold()
    user = next((user for user in tenant.users.values() if wanted in (user["id"], user["userPrincipalName"].casefold())), None)
    if user is None:
        raise HistoryError(f"{by} is neither a user nor an application of {tenant.display_name}.")
    return Caller(client, tenant.id, KNOWN, user["id"])


class Historian:
    """Carries the steps out, in the name of each tenant's administrators."""

    def __init__(self, world: World) -> None:
        self.service = Service(world, Settings(throttling=False))
        self.links: dict[str, tuple[str, str, str]] = {}

    def tenant(self, tenant_id: str) -> Tenant:
        found = self.service.world.tenants.get(tenant_id)
        if found is None:
            raise HistoryError(f"There is no tenant {tenant_id}.")
        return found

    def send(self, tenant_id: str, method: str, path: str, body: Any = None) -> Any:
        """A Graph request without sign-in, because the emulator does not listen yet."""
        return perform(self.service, Sent(tenant=tenant_id, method=method, path=path, body=body))

    def link(self, link: Link) -> None:
        source, target = link.source, link.target
        self.send(target, "POST", PARTNERS, {"tenantId": source, "automaticUserConsentSettings": {"inboundAllowed": True}})
        self.send(target, "PUT", f"{PARTNERS}/{source}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": True}})
        self.send(source, "POST", PARTNERS, {"tenantId": target, "automaticUserConsentSettings": {"outboundAllowed": True}})
        made = self.send(source, "POST", f"/applicationTemplates/{CROSS_TENANT_TEMPLATE}/instantiate", {"displayName": link.name})
        principal: GraphObject = made["servicePrincipal"]
        root = f"/servicePrincipals/{principal['id']}/synchronization"
        job = self.send(source, "POST", f"{root}/jobs", {"templateId": TEMPLATE})
        self.links[link.name] = (source, str(principal["id"]), str(job["id"]))
        secrets = {"AuthenticationType": "SyncPolicy", "CompanyId": target, "SyncAll": "false"}
        self.send(source, "PUT", f"{root}/secrets", {"value": [{"key": key, "value": value} for key, value in secrets.items()]})
        self.map(f"{root}/jobs/{job['id']}/schema", source, link.mappings)
        self.assign(Assignment(link=link.name, people=link.people))
        self.send(source, "POST", f"{root}/jobs/{job['id']}/start")

    def map(self, path: str, source: str, mappings: dict[str, str]) -> None:
        if not mappings:
            return
        schema = self.send(source, "GET", path)
        rows = schema["synchronizationRules"][0]["objectMappings"][0]["attributeMappings"]
        for row in rows:
            expression = mappings.get(row["targetAttributeName"])
            if expression is not None:
                row["source"] = self.send(source, "POST", f"{path}/parseExpression", {"expression": expression})["parsedExpression"]
        self.send(source, "PUT", path, {name: value for name, value in schema.items() if not name.startswith("@")})

    def of(self, name: str) -> tuple[str, str, str]:
        if name not in self.links:
            raise HistoryError(f"There is no link {name} yet.")
        return self.links[name]

    def person(self, tenant_id: str, name: str) -> str:
        """The id of a user of the source tenant."""
        return str(self.send(tenant_id, "GET", f"/users/{name}")["id"])

    def assign(self, assignment: Assignment) -> None:
        source, principal, _job = self.of(assignment.link)
        role = self.tenant(source).service_principals[principal]["appRoles"][0]["id"]
        for name in assignment.people:
            body = {"principalId": self.person(source, name), "resourceId": principal, "appRoleId": role}
            self.send(source, "POST", f"/servicePrincipals/{principal}/appRoleAssignedTo", body)

    def unassign(self, assignment: Assignment) -> None:
        source, principal, _job = self.of(assignment.link)
        ids = {self.person(source, name) for name in assignment.people}
        held = self.tenant(source).assignments[principal]
        for key in [key for key, item in held.items() if item["principalId"] in ids]:
            self.send(source, "DELETE", f"/servicePrincipals/{principal}/appRoleAssignedTo/{key}")

    def advance(self, by: timedelta) -> None:
        engine.advance(self.service.world, moment(self.service.world.clock) + by, self.service.settings)

    def exchange(self, wanted: ExchangeStates) -> None:
        tenant = self.tenant(wanted.tenant)
        feed(tenant, self.service.settings, self.service.world.clock)
        for state in wanted.states:
            try:
                make(self.service, tenant, state)
            except StateError as problem:
                raise HistoryError(str(problem)) from None

    def change(self, change: Change) -> None:
        wanted = change.user.casefold()
        users = self.tenant(change.tenant).users.values()
        found = [user for user in users if wanted in {str(user.get(name)).casefold() for name in ("id", "userPrincipalName", "mail")}]
        if not found:
            raise HistoryError(f"{change.user} is not a user of {self.tenant(change.tenant).display_name}.")
        found[0].update(change.properties)

    def restart(self, name: str) -> None:
        source, principal, job = self.of(name)
        path = f"/servicePrincipals/{principal}/synchronization/jobs/{job}/restart"
        self.send(source, "POST", path, {"criteria": {"resetScope": "Full"}})


def live(world: World, steps: list[Step]) -> None:
    """Carries out a scenario's history, whatever the switches are afterwards.

    :raises HistoryError: when a step cannot be done.
    """
    if not steps:
        return
    historian = Historian(world)
    work = {
        "link": historian.link,
        "advance": historian.advance,
        "assign": historian.assign,
        "unassign": historian.unassign,
        "restart": historian.restart,
        "request": lambda sent: perform(historian.service, sent),
        "user": historian.change,
        "exchange": historian.exchange,
    }
    for step in steps:
        (name,) = step.model_fields_set
        work[name](getattr(step, name))  # type: ignore[operator]
