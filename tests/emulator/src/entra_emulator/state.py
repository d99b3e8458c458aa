# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's whole state: one `World` that dumps to and loads from JSON.

Graph objects (users, groups, applications ...) are kept as dictionaries in Graph's own wire names, because they are
served as they are. Keys that begin with an underscore are the service's internals (``_netId``) and are never served.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

GraphObject = dict[str, Any]

NEVER = "0001-01-01T00:00:00Z"
NO_TENANTS = "The state has no tenants, so nobody could sign in any more."


class Model(BaseModel):
    """Every part of the state refuses unknown members, so that a misspelt dump fails to load."""

    model_config = ConfigDict(extra="forbid", validate_assignment=False)


class FederatedCredential(Model):
    """Whose tokens stand for an application's secret (Graph's federatedIdentityCredential), and the key they are signed with.

    The service fetches the key from the issuer; the emulator has it in its state.
    """

    issuer: str
    subject: str
    audience: str = "api://AzureADTokenExchange"
    public_key: str = Field(description="PEM, RSA.")


class Registration(Model):
    """An application registration that may sign in to one tenant, with the Graph application permissions it was granted."""

    client_id: str
    display_name: str = ""
    secrets: list[str] = Field(default_factory=list)
    certificates: list[str] = Field(default_factory=list, description="PEM certificates whose keys may sign an assertion.")
    federated: list[FederatedCredential] = Field(default_factory=list, description="Other providers' tokens that the application trusts.")
    roles: list[str] = Field(default_factory=list, description="Microsoft Graph application permissions, by name.")
    exchange_permissions: list[str] = Field(default_factory=list, description="App roles on Office 365 Exchange Online, by name.")
    directory_roles: list[str] = Field(default_factory=list, description="Entra directory roles of the service principal, by name.")
    exchange_roles: list[str] = Field(default_factory=list, description="Exchange's own roles that a role group gives it, by name.")


class AccessPolicy(Model):
    """The tenant's cross-tenant access policy (fact F30)."""

    display_name: str = "CrossTenantAccessPolicy"
    allowed_cloud_endpoints: list[str] = Field(default_factory=list)
    default: GraphObject = Field(default_factory=dict)
    partners: dict[str, GraphObject] = Field(default_factory=dict, description="By the partner's tenant id.")
    identity_synchronizations: dict[str, GraphObject] = Field(default_factory=dict, description="By the partner's tenant id.")
    capabilities: dict[str, dict[str, GraphObject]] = Field(
        default_factory=dict, description="What Graph calls m365Capabilities, by the partner's tenant id, then by name."
    )
    default_capabilities: dict[str, GraphObject] = Field(default_factory=dict, description="Those of the default policy, by name.")


class Job(Model):
    """A provisioning job (fact F65). ``links`` is the service's connector data store."""

    id: str
    template_id: str
    schedule_state: str = "Disabled"
    status: GraphObject = Field(default_factory=dict, description="Graph's synchronizationStatus, as served.")
    job_schema: GraphObject = Field(default_factory=dict)
    links: dict[str, str] = Field(default_factory=dict, description="Source object id to target object id.")
    seen: dict[str, GraphObject] = Field(default_factory=dict, description="What was last exported for a source object id.")
    memory: GraphObject = Field(default_factory=dict, description="What the engine remembers of the job itself between cycles.")
    staged_deletes: list[str] = Field(default_factory=list, description="Source object ids whose deletion the guard holds back.")
    deletes_approved: bool = False
    next_cycle: str | None = Field(default=None, description="Virtual time at which the next cycle begins.")
    cycles_completed: int = 0


class Synchronization(Model):
    """What hangs below ``/servicePrincipals/{id}/synchronization``."""

    secrets: dict[str, str] = Field(default_factory=dict)
    jobs: dict[str, Job] = Field(default_factory=dict)


class Exchange(Model):
    """A tenant's Exchange directory, fed from the Entra directory; everything is kept by the Entra object's id."""

    since: str = Field(default=NEVER, description="Objects that existed at this time are in Exchange from the beginning.")
    recipients: dict[str, GraphObject] = Field(default_factory=dict)
    soft_deleted: dict[str, GraphObject] = Field(default_factory=dict, description="What is left of recipients deleted in Entra.")
    received: dict[str, list[Any]] = Field(default_factory=dict, description="What Exchange last received of each Entra object.")
    waiting: dict[str, str] = Field(default_factory=dict, description="Since when a change of an Entra object is on its way.")
    held: dict[str, str] = Field(default_factory=dict, description="Until when a change of an Entra object does not arrive.")
    dynamic_groups: list[GraphObject] = Field(default_factory=list)
    organization_relationships: list[GraphObject] = Field(default_factory=list)
    sharing_policies: list[GraphObject] = Field(default_factory=list)
    availability_address_spaces: list[GraphObject] = Field(default_factory=list)
    _known: tuple[Any, dict[str, GraphObject]] = PrivateAttr(default=(None, {}))
    """Copies of the Entra objects as they were received, and what else mattered: whatever is equal needs no second look."""


class Tenant(Model):
    """One directory."""

    id: str
    display_name: str
    domains: list[str] = Field(description="Verified domains; the first one is the default domain.")
    initial_domain: str
    registrations: dict[str, Registration] = Field(default_factory=dict, description="By client id.")
    directory_quota: int = Field(default=300_000, description="How many objects the directory may hold.")
    licences: list[GraphObject] = Field(default_factory=list, description="Graph's subscribedSkus, as served.")
    authorization_policy: GraphObject = Field(default_factory=dict)
    related_tenants: list[GraphObject] | None = Field(
        default=None, description="What discovery has found, with the metrics that it has; none while it is not enabled (F197)."
    )
    users: dict[str, GraphObject] = Field(default_factory=dict)
    groups: dict[str, GraphObject] = Field(default_factory=dict)
    members: dict[str, list[str]] = Field(default_factory=dict, description="Group id to the ids of its direct members.")
    owners: dict[str, list[str]] = Field(
        default_factory=dict, description="Id of a group, an application or a service principal to the ids of its owners."
    )
    managers: dict[str, str] = Field(default_factory=dict, description="User id to the manager's id.")
    contacts: dict[str, GraphObject] = Field(default_factory=dict)
    deleted_items: dict[str, GraphObject] = Field(default_factory=dict)
    access_policy: AccessPolicy = Field(default_factory=AccessPolicy)
    applications: dict[str, GraphObject] = Field(default_factory=dict)
    service_principals: dict[str, GraphObject] = Field(default_factory=dict)
    assignments: dict[str, dict[str, GraphObject]] = Field(default_factory=dict, description="By service principal id, then assignment id.")
    synchronizations: dict[str, Synchronization] = Field(default_factory=dict, description="By service principal id.")
    provisioning_log: list[GraphObject] = Field(default_factory=list, description="Oldest first.")
    audit_log: list[GraphObject] = Field(default_factory=list, description="Oldest first.")
    exchange_online: bool = Field(default=True, description="Whether the tenant has Exchange Online at all.")
    exchange: Exchange = Field(default_factory=Exchange)


class World(Model):
    """All tenants and the virtual clock."""

    clock: str = Field(default_factory=lambda: stamp(datetime.now(timezone.utc)), description="Virtual time, ISO 8601 in UTC.")
    tenants: dict[str, Tenant] = Field(default_factory=dict)


def stamp(moment: datetime) -> str:
    """A point in time as Graph writes it, in UTC and with whole seconds."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The point in time that `stamp` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def new_id() -> str:
    """A fresh object id."""
    return str(uuid.uuid4())


def object_id(tenant_id: str, kind: str, name: str) -> str:
    """The id of an object that has none in the scenario; always the same."""
    return str(uuid.uuid5(_namespace(tenant_id), f"{kind}:{name.lower()}"))


@cache
def _namespace(tenant_id: str) -> uuid.UUID:
    return uuid.UUID(tenant_id)
