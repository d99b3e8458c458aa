# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two small tenants with one link, set up in a few words by the tests."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from entra_emulator.provisioning import engine, status, template
from entra_emulator.settings import Settings, merged
from entra_emulator.state import Job, Synchronization, Tenant, World, moment

SOURCE = "a0c898ca-2445-4e74-ab4b-afd7916549a6"
TARGET = "afab079d-1f08-4de3-881e-435e497f923f"
SP = "sp"
JOB = "Azure2Azure.1"
ROLE = "7a0bbd37-0000-4000-8000-000000000001"
CYCLE = timedelta(minutes=40)
Json = dict[str, Any]


class LinkedTenants:
    """A world whose link is complete: policies on both sides, a configuration, a job that is paused."""

    def __init__(self, **switches: Any) -> None:
        self.settings = merged(Settings(), switches)
        self.source = Tenant(id=SOURCE, display_name="Contoso", domains=["contoso.kr"], initial_domain="contosokr.onmicrosoft.com")
        self.target = Tenant(id=TARGET, display_name="Fabrikam", domains=["fabrikam.kr"], initial_domain="fabrikamkr.onmicrosoft.com")
        self.world = World(clock="2026-01-05T00:00:00Z", tenants={SOURCE: self.source, TARGET: self.target})
        self.source.access_policy.partners[TARGET] = {"automaticUserConsentSettings": {"outboundAllowed": True}}
        self.target.access_policy.partners[SOURCE] = {"automaticUserConsentSettings": {"inboundAllowed": True}}
        self.target.access_policy.identity_synchronizations[SOURCE] = {"userSyncInbound": {"isSyncAllowed": True}}
        self.source.service_principals[SP] = {
            "id": SP,
            "appId": "app",
            "displayName": "Fabrikam",
            "appRoles": [{"id": ROLE, "displayName": "msiam_access"}],
        }
        self.job = Job(id=JOB, template_id="Azure2Azure", status=status.new_job_status())
        self.job.job_schema = template.azure2azure_schema(self.settings)
        secrets = {"CompanyId": TARGET, "AuthenticationType": "SyncPolicy", "SyncAll": "false"}
        self.source.synchronizations[SP] = Synchronization(secrets=secrets, jobs={JOB: self.job})
        self.source.assignments[SP] = {}

    @property
    def secrets(self) -> dict[str, str]:
        return self.source.synchronizations[SP].secrets

    @property
    def mapping(self) -> Json:
        """The object mapping of people."""
        found: Json = self.job.job_schema["synchronizationRules"][0]["objectMappings"][0]
        return found

    def person(self, alias: str, assigned: bool = True, **more: Any) -> Json:
        """A user in the source tenant, assigned by default; the alias is the id."""
        name = f"{alias}@contoso.kr"
        user = {"id": alias, "userPrincipalName": name, "mail": name, "displayName": alias.title(), "mailNickname": alias}
        self.source.users[alias] = {**user, "accountEnabled": True, "userType": "Member", **more}
        if assigned:
            self.assign(alias)
        return self.source.users[alias]

    def group(self, name: str, *members: str, assigned: bool = True, **more: Any) -> None:
        """A group with direct members."""
        self.source.groups[name] = {"id": name, "displayName": name, "securityEnabled": True, "groupTypes": [], **more}
        self.source.members[name] = list(members)
        if assigned:
            self.assign(name)

    def assign(self, principal: str, role: str = ROLE) -> None:
        kind = "Group" if principal in self.source.groups else "User"
        self.source.assignments[SP][principal] = {"principalId": principal, "principalType": kind, "appRoleId": role}

    def unassign(self, *principals: str) -> None:
        for principal in principals:
            del self.source.assignments[SP][principal]

    def delete_source(self, alias: str) -> None:
        """What DELETE /users/{id} does in the source."""
        self.source.deleted_items[alias] = {**self.source.users.pop(alias), "deletedDateTime": self.world.clock}

    def guard(self, value: int) -> None:
        """Switch the deletion guard on."""
        self.secrets["SyncNotificationSettings"] = json.dumps({"DeleteThresholdEnabled": True, "DeleteThresholdValue": value})

    def start(self) -> None:
        engine.start(self.world, SOURCE, SP, JOB)

    def restart(self, *scopes: str) -> None:
        engine.restart(self.world, SOURCE, SP, JOB, set(scopes))

    def changed(self) -> None:
        engine.schema_changed(self.world, SOURCE, SP, JOB)

    def advance(self, by: timedelta) -> list[Json]:
        return engine.advance(self.world, moment(self.world.clock) + by, self.settings)

    def cycle(self) -> Json:
        """Advance by one interval; the summary of the cycle in it."""
        return self.advance(CYCLE)[-1]

    def first(self) -> Json:
        """Start the job and let its initial cycle end."""
        self.start()
        return self.cycle()

    def on_demand(self, object_id: str, kind: str = "User") -> Json:
        return engine.provision_on_demand(self.world, SOURCE, SP, JOB, template.RULE_ID, object_id, kind, self.settings)

    def synced(self, alias: str) -> Json | None:
        """The live target user of a source person."""
        return self.target.users.get(self.job.links.get(alias, ""))

    def names(self) -> list[str]:
        return sorted(user["displayName"] for user in self.target.users.values())

    def last_log(self, alias: str) -> Json:
        """The newest provisioning log entry about a user."""
        return [entry for entry in self.source.provisioning_log if entry["sourceIdentity"]["id"] == alias][-1]

    def error(self, alias: str) -> str:
        """The error code of that entry."""
        information = self.last_log(alias)["provisioningStatusInfo"]["errorInformation"] or {}
        return str(information.get("errorCode") or "")

    def row(self, target: str) -> Json:
        """One attribute mapping of people."""
        found: Json = next(row for row in self.mapping["attributeMappings"] if row["targetAttributeName"] == target)
        return found
