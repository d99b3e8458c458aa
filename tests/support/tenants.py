# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that an administrator created by hand before: they are put directly into a state of the emulator."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from .emulator import CONTOSO, FABRIKAM, SECRETS, Emulator

TEMPLATE = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
CLIENT = "11111111-1111-4111-8111-111111111111"

State = dict[str, Any]


def made_up_id(name: str) -> str:
    """The same id for the same name, every time."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def user(state: State, name: str, tenant: str = CONTOSO) -> dict[str, Any]:
    """A user by the beginning of the user principal name."""
    users = state["tenants"][tenant]["users"].values()
    found: dict[str, Any] = next(user for user in users if user["userPrincipalName"].startswith(name))
    return found


def groups(state: State, name: str, tenant: str = CONTOSO) -> list[dict[str, Any]]:
    """All groups of that name."""
    return [group for group in state["tenants"][tenant]["groups"].values() if group["displayName"] == name]


def add_user(state: State, name: str, tenant: str = CONTOSO, **members: Any) -> dict[str, Any]:
    """Another user, with the attributes of Kim Minsu where none are given."""
    principal_name = name if "@" in name else f"{name}@contoso.kr"
    known = user(state, "minsu.kim@")
    new = {**copy.deepcopy(known), "id": made_up_id(principal_name), "userPrincipalName": principal_name, "displayName": name}
    new |= {"mail": principal_name, "mailNickname": name.split("@")[0], "proxyAddresses": [f"SMTP:{principal_name}"]}
    new["identities"] = [{**new["identities"][0], "issuerAssignedId": principal_name}]
    new |= members
    state["tenants"][tenant]["users"][new["id"]] = new
    return new


def add_partner(state: State, tenant: str, partner: str, **members: Any) -> dict[str, Any]:
    """A partner entry in the form of the service; members that are not given are inherited."""
    entry = {
        "tenantId": partner,
        "isServiceProvider": None,
        "isInMultiTenantOrganization": False,
        "inboundTrust": None,
        "b2bCollaborationOutbound": None,
        "b2bCollaborationInbound": None,
        "b2bDirectConnectOutbound": None,
        "b2bDirectConnectInbound": None,
        "tenantRestrictions": None,
        "crossCloudMeetingConfiguration": {"inboundAllowed": None, "outboundAllowed": None},
        "automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": None},
        **members,
    }
    state["tenants"][tenant]["access_policy"]["partners"][partner] = entry
    return entry


def allow_synchronization(state: State, tenant: str, partner: str, allowed: bool | None = True, **members: Any) -> dict[str, Any]:
    """An identity synchronization policy."""
    policy = {
        "tenantId": partner,
        "displayName": None,
        "userSyncInbound": {"isSyncAllowed": allowed},
        "deletedDateTime": None,
        "groupSyncInbound": None,
        "externalCloudAuthorizedApplicationId": None,
        **members,
    }
    state["tenants"][tenant]["access_policy"]["identity_synchronizations"][partner] = policy
    return policy


def trust_each_other(state: State) -> None:
    """The switches of both tenants that a link from Contoso to Fabrikam needs."""
    consent = {"inboundAllowed": None, "outboundAllowed": None}
    add_partner(state, CONTOSO, FABRIKAM, automaticUserConsentSettings={**consent, "outboundAllowed": True})
    add_partner(state, FABRIKAM, CONTOSO, automaticUserConsentSettings={**consent, "inboundAllowed": True})
    allow_synchronization(state, FABRIKAM, CONTOSO)


@dataclass(frozen=True)
class Mould:
    """A new configuration of the service, which is the template of others."""

    application: dict[str, Any]
    service_principal: dict[str, Any]
    synchronization: dict[str, Any]

    @classmethod
    def take(cls, emulator: Emulator) -> Mould:
        """Have the service create a configuration, copy it and remove it again."""
        pristine = emulator.state()
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(emulator.ca_path)
            grant = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRETS["CONTOSO_CLIENT_SECRET"]}
            grant["scope"] = f"{emulator.url}/.default"
            answer = session.post(f"{emulator.url}/{CONTOSO}/oauth2/v2.0/token", data=grant, timeout=60)
            answer.raise_for_status()
            session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            root = f"{emulator.url}/v1.0"
            made = session.post(f"{root}/applicationTemplates/{TEMPLATE}/instantiate", json={"displayName": "Mould"}, timeout=60)
            made.raise_for_status()
            principal = made.json()["servicePrincipal"]["id"]
            jobs = f"{root}/servicePrincipals/{principal}/synchronization/jobs"
            session.post(jobs, json={"templateId": "Azure2Azure"}, timeout=60).raise_for_status()
        tenant = emulator.tenant(CONTOSO)
        emulator.control("PUT", "state", pristine)
        return cls(
            next(iter(tenant["applications"].values())), tenant["service_principals"][principal], tenant["synchronizations"][principal]
        )

    def cast(
        self, state: State, name: str, target: str | None = FABRIKAM, bag: dict[str, str] | None = None, job: bool = True
    ) -> dict[str, Any]:
        """Put a configuration into the state and return its part below ``synchronizations``."""
        tenant = state["tenants"][CONTOSO]
        number = len(tenant["service_principals"])
        app_id = made_up_id(f"app {name} {number}")
        exchange = {
            self.application["id"]: made_up_id(f"application {name} {number}"),
            self.service_principal["id"]: made_up_id(f"principal {name} {number}"),
            self.application["appId"]: app_id,
            self.application["appRoles"][0]["id"]: made_up_id(f"role {name} {number}"),
            '"Mould"': json.dumps(name),
        }

        def recast(part: Any) -> Any:
            text = json.dumps(part)
            for old, new in exchange.items():
                text = text.replace(old, new)
            return json.loads(text)

        application, principal, synchronization = map(recast, (self.application, self.service_principal, self.synchronization))
        if target:
            synchronization["secrets"] = {
                "AuthenticationType": "SyncPolicy",
                "CompanyId": target,
                "SyncAll": "false",
                "SyncNotificationSettings": '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":500}',
            }
        synchronization["secrets"].update(bag or {})
        if not job:
            synchronization["jobs"] = {}
        tenant["applications"][application["id"]] = application
        tenant["service_principals"][principal["id"]] = principal
        tenant["synchronizations"][principal["id"]] = synchronization
        tenant["assignments"].setdefault(principal["id"], {})
        return {"id": principal["id"], "role": principal["appRoles"][0]["id"], **synchronization}


def principal_id(state: State, name: str) -> str:
    """The service principal of the configuration with that name."""
    (found,) = [
        principal["id"] for principal in state["tenants"][CONTOSO]["service_principals"].values() if principal["displayName"] == name
    ]
    return str(found)


def synchronization(state: State, name: str = "Fabrikam") -> dict[str, Any]:
    """The parts of a configuration: ``secrets`` and ``jobs``."""
    found: dict[str, Any] = state["tenants"][CONTOSO]["synchronizations"][principal_id(state, name)]
    return found


def bag(state: State, name: str = "Fabrikam") -> dict[str, str]:
    """The settings bag of a configuration."""
    found: dict[str, str] = synchronization(state, name)["secrets"]
    return found


def job(state: State, name: str = "Fabrikam") -> dict[str, Any]:
    """The job of a configuration."""
    (found,) = synchronization(state, name)["jobs"].values()
    return dict(found)


def people_mapping(state: State, name: str = "Fabrikam") -> dict[str, Any]:
    """The object mapping of users in the job's schema."""
    found: dict[str, Any] = job(state, name)["job_schema"]["synchronizationRules"][0]["objectMappings"][0]
    return found


def rows(state: State, name: str = "Fabrikam") -> dict[str, dict[str, Any]]:
    """The attribute mappings of users by target."""
    return {row["targetAttributeName"]: row for row in people_mapping(state, name)["attributeMappings"]}


def assign(state: State, principal: dict[str, Any], kind: str = "User", name: str = "Fabrikam", role: str | None = None) -> str:
    """Assign a user or group by hand and return the assignment's id."""
    tenant = state["tenants"][CONTOSO]
    resource = principal_id(state, name)
    service_principal = tenant["service_principals"][resource]
    made = assignment(service_principal, principal, kind, role)
    tenant["assignments"].setdefault(resource, {})[made["id"]] = made
    return str(made["id"])


def assignment(
    service_principal: Mapping[str, Any], principal: Mapping[str, Any], kind: str = "User", role: str | None = None
) -> dict[str, Any]:
    """The assignment of a user or group to a configuration, as the emulator holds it."""
    return {
        # Short ids cannot collide with others, and the service's own ids are opaque.
        "id": f"By-Hand-{made_up_id(principal['id'] + service_principal['id'])}",
        "deletedDateTime": None,
        "appRoleId": role or service_principal["appRoles"][0]["id"],
        "createdDateTime": "2026-11-23T00:00:00Z",
        "principalDisplayName": principal["displayName"],
        "principalId": principal["id"],
        "principalType": kind,
        "resourceDisplayName": service_principal["displayName"],
        "resourceId": service_principal["id"],
    }


def assigned(state: State, name: str = "Fabrikam") -> set[str]:
    """The names of the assigned users and groups."""
    tenant = state["tenants"][CONTOSO]
    known = {**{user["id"]: user["userPrincipalName"] for user in tenant["users"].values()}}
    known |= {group["id"]: group["displayName"] for group in tenant["groups"].values()}
    assignments = tenant["assignments"].get(principal_id(state, name), {}).values()
    return {known[assignment["principalId"]] for assignment in assignments}
