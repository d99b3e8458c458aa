# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios: the tenants, people and groups an emulator starts with, read from a checked JSON file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from cryptography.x509 import load_pem_x509_certificate
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from .exchange.old_sharing import Sharing, add_sharing
from .exchange.opath import FilterError, compile_filter
from .exchange.roles import DirectoryRole, ExchangeRole, Permission
from .history import HistoryError, Step, live
from .licensing import licensed, subscription
from .mistakes import explained, nearest, twice
from .permissions import KNOWN
from .provisioning.attributes import net_id
from .state import Exchange, FederatedCredential, GraphObject, Registration, Tenant, World, object_id

GUID_PATTERN = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
FOLDER = resources.files(__package__) / "scenarios"


class ScenarioError(Exception):
    """A scenario that cannot be used; the text says where and why."""


class Part(BaseModel):
    """Every part of a scenario refuses unknown members."""

    model_config = ConfigDict(extra="forbid")


class Application(Part):
    """An application that may sign in to the tenant."""

    client_id: str = Field(pattern=GUID_PATTERN)
    display_name: str = ""
    secrets: list[str] = Field(default_factory=list)
    certificates: list[str] = Field(default_factory=list, description="PEM certificates.")
    federated: list[FederatedCredential] = Field(default_factory=list, description="Other providers' tokens that the application trusts.")
    permissions: list[str] = Field(default_factory=list, description="Microsoft Graph application permissions.")
    exchange_permissions: list[Permission] = Field(default_factory=list, description="App roles on Office 365 Exchange Online.")
    directory_roles: list[DirectoryRole] = Field(default_factory=list, description="Entra directory roles of the service principal.")
    exchange_roles: list[ExchangeRole] = Field(
        default_factory=list, description="Exchange's own roles, through a role group; they are not in the token."
    )

    @field_validator("permissions")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        for name in names:
            if name not in KNOWN:
                raise ValueError(f"no operation of the emulator asks for the permission {name}{nearest(name, KNOWN)}")
        return names

    @field_validator("certificates")
    @classmethod
    def _certificates(cls, texts: list[str]) -> list[str]:
        for text in texts:
            try:
                load_pem_x509_certificate(text.encode())
            except ValueError:
                raise ValueError("this is no certificate in PEM form") from None
        return texts


class Home(Part):
    """Where an external person comes from."""

    tenant_id: str | None = Field(default=None, pattern=GUID_PATTERN)
    user_principal_name: str | None = Field(
        default=None, description="The person's name at home, where the home tenant is in the scenario."
    )


class Person(Part):
    """A user. Members carry Graph's own names; what is left out is null."""

    userPrincipalName: str = Field(pattern="^[^@]+@[^@]+$")
    displayName: str
    id: str | None = Field(default=None, pattern=GUID_PATTERN, description="Made from tenant and name when left out, so it never changes.")
    givenName: str | None = None
    surname: str | None = None
    mail: str | None = None
    mailNickname: str | None = None
    accountEnabled: bool = True
    userType: Literal["Member", "Guest"] = "Member"
    companyName: str | None = None
    department: str | None = None
    jobTitle: str | None = None
    employeeId: str | None = None
    employeeType: str | None = None
    officeLocation: str | None = None
    businessPhones: list[str] = Field(default_factory=list, max_length=1)
    mobilePhone: str | None = None
    streetAddress: str | None = None
    city: str | None = None
    state: str | None = None
    postalCode: str | None = None
    country: str | None = None
    usageLocation: str | None = None
    preferredLanguage: str | None = None
    showInAddressList: bool | None = None
    externalUserState: Literal["PendingAcceptance", "Accepted"] | None = None
    createdDateTime: str | None = None
    manager: str | None = Field(default=None, description="The manager's userPrincipalName.")
    home: Home | None = Field(default=None, description="For external people; with externalUserState Accepted they can be matched.")
    directory_roles: list[str] = Field(default_factory=list, description="Administrator roles; their holders are not deleted (fact F117).")
    eligible_roles: list[str] = Field(default_factory=list, description="Administrator roles that the person may activate (fact F160).")
    licences: list[str] = Field(default_factory=list, description="Assigned licences: names of the tenant's licences (fact F163).")
    owned_applications: list[str] = Field(default_factory=list, description="Display names of applications that the person owns.")
    exchange_licensed: bool = Field(default=False, description="Whether the person has a mailbox here (fact F120).")
    sms_sign_in: bool = Field(default=False, description="SMS sign-in, which keeps a person out of synchronization (fact F102).")


class Group(Part):
    """A group with its direct members."""

    displayName: str
    members: list[str] = Field(default_factory=list, description="userPrincipalNames of people and ids or mailNicknames of groups.")
    id: str | None = Field(default=None, pattern=GUID_PATTERN)
    description: str | None = None
    mailNickname: str | None = None
    mail: str | None = None
    mailEnabled: bool = False
    securityEnabled: bool = True
    groupTypes: list[Literal["Unified", "DynamicMembership"]] = Field(default_factory=list)
    isAssignableToRole: bool | None = None
    owners: list[str] = Field(default_factory=list, description="userPrincipalNames of people.")
    directory_roles: list[str] = Field(default_factory=list, description="Administrator roles of all members (fact F159).")
    eligible_roles: list[str] = Field(default_factory=list, description="Administrator roles that the members may activate.")

    @model_validator(mode="after")
    def _assignable(self) -> Group:
        if (self.directory_roles or self.eligible_roles) and not self.isAssignableToRole:
            raise ValueError(f"group {self.displayName}: a group with roles needs isAssignableToRole")
        return self


class Contact(Part):
    """An organizational contact."""

    displayName: str
    mail: str
    id: str | None = Field(default=None, pattern=GUID_PATTERN)
    givenName: str | None = None
    surname: str | None = None
    companyName: str | None = None
    department: str | None = None
    jobTitle: str | None = None
    onPremisesSyncEnabled: bool | None = None


class DynamicGroup(Part):
    """A dynamic distribution group, which exists in Exchange only."""

    displayName: str
    mail: str
    recipient_filter: str = Field(description="OPATH: the recipients that are its members.")

    @field_validator("recipient_filter")
    @classmethod
    def _parses(cls, text: str) -> str:
        try:
            compile_filter(text)
        except FilterError as problem:
            raise ValueError(str(problem)) from None
        return text


class Licence(Part):
    """A subscription that the tenant has bought."""

    sku: str = Field(description="The name that Graph calls skuPartNumber, such as AAD_PREMIUM.")
    service_plans: list[str] = Field(description="Names of the service plans in it, such as AAD_PREMIUM for Entra ID P1.")
    enabled: int = Field(ge=0, description="How many units are paid for.")
    consumed: int = Field(default=0, ge=0)


class TenantScenario(Sharing):
    """One tenant."""

    id: str = Field(pattern=GUID_PATTERN)
    display_name: str
    domains: list[str] = Field(min_length=1, description="Verified domains; the first one is the default.")
    initial_domain: str = Field(pattern=r"\.onmicrosoft\.com$")
    applications: list[Application] = Field(default_factory=list)
    people: list[Person] = Field(default_factory=list)
    groups: list[Group] = Field(default_factory=list)
    contacts: list[Contact] = Field(default_factory=list)
    exchange_online: bool = Field(default=True, description="Whether the tenant has Exchange Online.")
    dynamic_groups: list[DynamicGroup] = Field(default_factory=list)
    allow_invites_from: Literal["none", "adminsAndGuestInviters", "adminsGuestInvitersAndAllMembers", "everyone"] = "everyone"
    invitations_allowed_domains: list[str] = Field(default_factory=list, description="When given, only these domains can be invited.")
    invitations_blocked_domains: list[str] = Field(default_factory=list, description="Domains that cannot be invited.")

    directory_quota: int = Field(default=300_000, description="How many objects the directory may hold.")
    licences: list[Licence] = Field(default_factory=list)

    @model_validator(mode="after")
    def _references(self) -> TenantScenario:
        listed = [person.userPrincipalName.lower() for person in self.people]
        _unique(listed, "userPrincipalName")
        _unique([application.client_id for application in self.applications], "client_id")
        _unique([item.id for items in (self.people, self.groups, self.contacts) for item in items if item.id], "id")
        names = set(listed)
        domains = {domain.lower() for domain in (*self.domains, self.initial_domain)}
        for person in self.people:
            domain = person.userPrincipalName.rpartition("@")[2]
            if domain.lower() not in domains:
                raise ValueError(f"{person.userPrincipalName}: {domain} is not a domain of this tenant{nearest(domain, domains)}")
            if person.manager is not None and person.manager.lower() not in names:
                raise ValueError(
                    f"{person.userPrincipalName}: the manager {person.manager} is not in this tenant{nearest(person.manager, names)}"
                )
        nicknames = Counter(group.mailNickname.lower() for group in self.groups if group.mailNickname)
        known = {*names, *nicknames, *(group.id for group in self.groups if group.id)}
        for group in self.groups:
            for member in group.members:
                if member.lower() not in known:
                    raise ValueError(f"group {group.displayName}: the member {member} is not in this tenant{nearest(member, known)}")
                if nicknames[member.lower()] > 1:
                    raise ValueError(
                        f"group {group.displayName}: {member} is the mailNickname of several groups; name the member by its id"
                    )
            for owner in group.owners:
                if owner.lower() not in names:
                    raise ValueError(f"group {group.displayName}: the owner {owner} is not in this tenant{nearest(owner, names)}")
        bought = {licence.sku for licence in self.licences}
        for person in self.people:
            for sku in person.licences:
                if sku not in bought:
                    raise ValueError(f"{person.userPrincipalName}: the tenant has no licence {sku}{nearest(sku, bought)}")
        return self


class Scenario(Part):
    """A whole scenario file."""

    schema_: str | None = Field(default=None, alias="$schema")
    description: str = ""
    clock: str | None = Field(
        default=None, pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", description="Virtual time at the start; now when left out."
    )
    tenants: list[TenantScenario] = Field(min_length=1)
    history: list[Step] = Field(default_factory=list, description="What happened before the scenario begins, in this order.")

    @model_validator(mode="after")
    def _tenants(self) -> Scenario:
        _unique([tenant.id for tenant in self.tenants], "tenant id")
        _unique([domain.lower() for tenant in self.tenants for domain in {*tenant.domains, tenant.initial_domain}], "domain")
        homes = [items for tenant in self.tenants for items in (tenant.people, tenant.groups, tenant.contacts)]
        _unique([item.id for items in homes for item in items if item.id], "id")
        return self


def _unique(values: list[str], what: str) -> None:
    repeated = twice(values)
    if repeated is not None:
        raise ValueError(f"the {what} {repeated} occurs twice")


def shipped() -> list[str]:
    """The names of the scenarios that come with the emulator."""
    return sorted(
        item.name.removesuffix(".json") for item in FOLDER.iterdir() if item.name.endswith(".json") and ".schema." not in item.name
    )


def load_scenario(name: str) -> World:
    """The world of a shipped scenario, by name, or of a file."""
    path = Path(name)
    source = FOLDER / f"{name}.json" if name in shipped() else path
    try:
        text = source.read_text(encoding="utf-8")
    except OSError as problem:
        raise ScenarioError(f"{name}: no such scenario ({problem.strerror}){nearest(name, shipped())}") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{name}: this is no text in UTF-8") from None
    try:
        scenario = Scenario.model_validate_json(text)
    except ValidationError as problem:
        raise ScenarioError(f"{name}: {explained(problem, Scenario)}") from None
    try:
        return to_world(scenario)
    except HistoryError as problem:
        raise ScenarioError(f"{name}: history: {problem}") from None


def to_world(scenario: Scenario) -> World:
    """A scenario as a state to start from."""
    world = World(clock=scenario.clock) if scenario.clock else World()
    for tenant in scenario.tenants:
        world.tenants[tenant.id] = _tenant(tenant, world.clock)
    names = {tenant.id: {user["userPrincipalName"].lower(): user for user in tenant.users.values()} for tenant in world.tenants.values()}
    for tenant in scenario.tenants:
        _link_homes(world, tenant, names)
    live(world, scenario.history)
    return world


def _tenant(scenario: TenantScenario, clock: str) -> Tenant:
    tenant = Tenant(id=scenario.id, display_name=scenario.display_name, domains=scenario.domains, initial_domain=scenario.initial_domain)
    tenant.directory_quota = scenario.directory_quota
    tenant.licences = [
        subscription(scenario.id, licence.sku, licence.service_plans, licence.enabled, licence.consumed) for licence in scenario.licences
    ]
    tenant.authorization_policy = {
        "allowInvitesFrom": scenario.allow_invites_from,
        "_invitationsAllowedDomains": scenario.invitations_allowed_domains,
        "_invitationsBlockedDomains": scenario.invitations_blocked_domains,
    }
    for application in scenario.applications:
        tenant.registrations[application.client_id] = Registration(
            client_id=application.client_id,
            display_name=application.display_name,
            secrets=application.secrets,
            certificates=application.certificates,
            federated=application.federated,
            roles=application.permissions,
            exchange_permissions=list(application.exchange_permissions),
            directory_roles=list(application.directory_roles),
            exchange_roles=list(application.exchange_roles),
        )
    groups = [group.model_dump() for group in scenario.dynamic_groups]
    tenant.exchange, tenant.exchange_online = Exchange(since=clock, dynamic_groups=groups), scenario.exchange_online
    if scenario.exchange_online:
        add_sharing(tenant.exchange, scenario, clock)
    by_name: dict[str, str] = {}
    for person in scenario.people:
        user = _user(scenario, person, clock)
        tenant.users[user["id"]] = user
        by_name[person.userPrincipalName.lower()] = user["id"]
    for person in scenario.people:
        if person.manager:
            tenant.managers[by_name[person.userPrincipalName.lower()]] = by_name[person.manager.lower()]
    _add_groups(scenario, tenant, by_name, clock)
    _add_applications(scenario, tenant, by_name, clock)
    contact_ids = _ids(scenario.id, "contact", [(contact.id, contact.mail) for contact in scenario.contacts])
    for contact, contact_id in zip(scenario.contacts, contact_ids, strict=True):
        tenant.contacts[contact_id] = _contact(contact, contact_id)
    return tenant


NO_PROPERTIES = {
    "manager",
    "home",
    "sms_sign_in",
    "directory_roles",
    "eligible_roles",
    "licences",
    "owned_applications",
    "exchange_licensed",
}
"""What of a person is no property of a user in Graph."""


def _user(tenant: TenantScenario, person: Person, clock: str) -> GraphObject:
    values = person.model_dump(exclude=NO_PROPERTIES)
    external = person.home is not None
    identity = (
        {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}
        if external
        else {"signInType": "userPrincipalName", "issuer": tenant.initial_domain, "issuerAssignedId": person.userPrincipalName}
    )
    user: GraphObject = {
        **values,
        "id": person.id or object_id(tenant.id, "user", person.userPrincipalName),
        "deletedDateTime": None,
        "createdDateTime": person.createdDateTime or clock,
        "mailNickname": person.mailNickname or person.userPrincipalName.partition("@")[0],
        "creationType": "Invitation" if external else None,
        "otherMails": [person.mail] if external and person.mail else [],
        "proxyAddresses": [f"SMTP:{person.mail}"] if person.mail else [],
        "identities": [identity],
    }
    if person.sms_sign_in:
        user["_smsSignIn"] = True
    if person.directory_roles:
        user["_directoryRoles"] = person.directory_roles
    if person.eligible_roles:
        user["_eligibleRoles"] = person.eligible_roles
    if person.exchange_licensed:
        user["_exchangeLicensed"] = True
    bought = {licence.sku: licence.service_plans for licence in tenant.licences if licence.sku in person.licences}
    user |= licensed(tenant.id, bought, person.exchange_licensed, clock)
    return user


def _link_homes(world: World, scenario: TenantScenario, names: Mapping[str, Mapping[str, GraphObject]]) -> None:
    """Gives redeemed guests the identity by which the synchronization service matches them (fact F113). `names` has all users by name."""
    tenant = world.tenants[scenario.id]
    for person in scenario.people:
        if person.home is None or person.home.tenant_id is None or person.externalUserState != "Accepted":
            continue
        name = (person.home.user_principal_name or "").lower()
        people = names.get(person.home.tenant_id, {})
        source = people.get(name)
        if source is None:
            missing = f"the home account {name} is not in tenant {person.home.tenant_id}{nearest(name, people)}"
            raise ScenarioError(f"{person.userPrincipalName}: {missing}")
        user_id = person.id or object_id(tenant.id, "user", person.userPrincipalName)
        tenant.users[user_id]["_alternativeSecurityId"] = net_id(source)


def _add_groups(scenario: TenantScenario, tenant: Tenant, by_name: dict[str, str], clock: str) -> None:
    ids = _ids(scenario.id, "group", [(group.id, group.mailNickname or group.displayName) for group in scenario.groups])
    known = dict(by_name)
    for group, group_id in zip(scenario.groups, ids, strict=True):
        known[group_id] = group_id
        if group.mailNickname:
            known[group.mailNickname.lower()] = group_id
    for group, group_id in zip(scenario.groups, ids, strict=True):
        values: dict[str, Any] = group.model_dump(exclude={"members", "owners", "directory_roles", "eligible_roles"})
        values |= {
            f"_{key}": roles for key, roles in (("directoryRoles", group.directory_roles), ("eligibleRoles", group.eligible_roles)) if roles
        }
        if group.owners:
            tenant.owners[group_id] = [by_name[owner.lower()] for owner in group.owners]
        values["mailNickname"] = group.mailNickname or group.displayName.replace(" ", "")
        proxies = [f"SMTP:{group.mail}"] if group.mail else []
        tenant.groups[group_id] = {**values, "id": group_id, "deletedDateTime": None, "createdDateTime": clock, "proxyAddresses": proxies}
        tenant.members[group_id] = [known[member.lower()] for member in group.members]


def _add_applications(scenario: TenantScenario, tenant: Tenant, by_name: dict[str, str], clock: str) -> None:
    """The applications that people own."""
    for person in scenario.people:
        for name in person.owned_applications:
            application_id = object_id(scenario.id, "application", name)
            application = {"id": application_id, "appId": object_id(scenario.id, "client", name), "displayName": name}
            tenant.applications.setdefault(application_id, {**application, "deletedDateTime": None, "createdDateTime": clock, "tags": []})
            tenant.owners.setdefault(application_id, []).append(by_name[person.userPrincipalName.lower()])


def _ids(tenant_id: str, kind: str, items: list[tuple[str | None, str]]) -> list[str]:
    """The ids of objects, given or made of their names. Names can occur more than once, as in real directories."""
    seen: Counter[str] = Counter()
    ids = []
    for given, name in items:
        seen[name.lower()] += 1
        count = seen[name.lower()]
        ids.append(given or object_id(tenant_id, kind, name if count == 1 else f"{name} {count}"))
    return ids


def _contact(contact: Contact, contact_id: str) -> GraphObject:
    return {
        **contact.model_dump(),
        "id": contact_id,
        "deletedDateTime": None,
        "mailNickname": contact.mail.partition("@")[0],
        "proxyAddresses": [f"SMTP:{contact.mail}"],
        "addresses": [],
        "phones": [],
    }


def json_schema() -> str:
    """The JSON schema of scenario files, as it is shipped."""
    return json.dumps(Scenario.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
