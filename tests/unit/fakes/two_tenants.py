# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link that runs: a source tenant, a target tenant, and a service that deletes whoever left the scope (facts F62, F74, F81, F114)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.client import Request
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.partner import PARTNERS
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.directory import users
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.graph import NOT_FOUND, SOURCE, TARGET, Outcome, Reply, refusal
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.service import Link, PartnerService, SourceService, new_job

GROUP = "10000000-0000-4000-8000-000000000001"


def person(number: int, name: str) -> dict[str, Any]:
    """Somebody in the source."""
    principal_name = f"{name}@contoso.kr"
    return {
        "id": f"00000000-0000-4000-8000-0000000000{number:02}",
        "userPrincipalName": principal_name,
        "displayName": name,
        "mail": principal_name,
        "userType": "Member",
        "accountEnabled": True,
    }


def guest(number: int, name: str, **about: Any) -> dict[str, Any]:
    """The same in the target. An id's beginning is like no other's."""
    return {
        "id": f"{number:08}-1111-4111-8111-000000000000",
        "userPrincipalName": f"{name}_contoso.kr#EXT#@fabrikam.onmicrosoft.com",
        "displayName": name,
        "mail": f"{name}@contoso.kr",
        "userType": "Member",
        "accountEnabled": True,
        "creationType": "Invitation",
        "externalUserState": "Accepted",
        **about,
    }


NAMES = ("minsu", "hyejin", "jiwoo", "bora")
"""Minsu and Hyejin are assigned, Jiwoo and Bora come with a group."""
BY_HAND = "woojin"


def running_link(**rest: Any) -> Link:
    """A configuration that serves the target, with a job that has run."""
    guard = '{"DeleteThresholdEnabled":true,"DeleteThresholdValue":500}'
    bag = {"AuthenticationType": "SyncPolicy", "CompanyId": TARGET, "SyncAll": "false", "SyncNotificationSettings": guard}
    job: dict[str, Any] = new_job(state="Active")
    job["status"]["lastExecution"] = {"timeBegan": moment(98), "timeEnded": moment(99), "state": "Succeeded"}
    link = Link("Fabrikam", **{"bag": bag, "jobs": [job], **rest})
    link.schema["synchronizationRules"][0]["objectMappings"][0] |= {"enabled": True, "flowTypes": "Add, Update, Delete"}
    return link


@dataclass
class TwoTenants:
    """Four people in scope and in the target, and one who was invited there by hand.

    ``starts_paused``: whether a restart also starts a job that is paused; sources differ (F75).
    """

    starts_paused: bool = True
    link: Link = field(default_factory=running_link)
    target_people: list[dict[str, Any]] = field(default_factory=lambda: [guest(number, name) for number, name in enumerate(NAMES, 1)])
    administrators: set[str] = field(default_factory=set)
    clock: int = 100
    pending: bool = False
    restarts: int = 0
    everybody: bool = False
    """The service's own idea of the scope mode, which a restart brings up to date (F62)."""
    domains: bool = True

    def __post_init__(self) -> None:
        self.people = [person(number, name) for number, name in enumerate(NAMES, 1)]
        self.synchronized = {one["id"]: there["id"] for one, there in zip(self.people, self.target_people, strict=True)}
        self.target_people = [*self.target_people, guest(9, BY_HAND, userType="Guest")]
        self.link.assign(self.people[0]["id"])
        self.link.assign(self.people[1]["id"])
        self.link.assign(GROUP, "Group")
        self.tenant = SourceService(
            [self.link],
            self.people,
            [{"id": GROUP, "displayName": "Sales"}],
            {GROUP: [{"@odata.type": "#microsoft.graph.user", **one} for one in self.people[2:]]},
        )
        on = {"automaticUserConsentSettings": {"inboundAllowed": None, "outboundAllowed": True}}
        self.source_partner = PartnerService({"tenantId": TARGET, **on})
        let_in = {"automaticUserConsentSettings": {"inboundAllowed": True, "outboundAllowed": None}}
        self.target_partner = PartnerService(
            {"tenantId": SOURCE, **let_in}, {"tenantId": SOURCE, "userSyncInbound": {"isSyncAllowed": True}}
        )

    def answer(self, tenant: str, request: Request) -> Outcome:
        """What one of the two tenants answers."""
        return self.source(request) if tenant == SOURCE else self.target(request)

    def source(self, request: Request) -> Outcome:
        """The source tenant."""
        path = request.path.split("?", 1)[0]
        if path.startswith(PARTNERS):
            return self.source_partner(request)
        if path == "/organization":
            denied = refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
            names = [{"name": one} for one in ("contoso.kr", "contoso.onmicrosoft.com")]
            return Reply(200, {"value": [{"id": SOURCE, "verifiedDomains": names}]}) if self.domains else denied
        if path == "/users" and "$filter" not in request.path:
            return Reply(200, {"value": self.people})
        if self.link.jobs and path == f"/servicePrincipals/{self.link.id}/synchronization/jobs/{self.link.jobs[0]['id']}":
            self.pass_time()
            return Reply(200, json.loads(json.dumps(self.link.jobs[0])))
        runs = bool(self.link.jobs) and self.link.jobs[0]["schedule"]["state"] == "Active"
        outcome = self.tenant(request)
        if path.endswith("/restart"):
            self.link.jobs[0]["status"]["quarantine"] = None
            self.everybody = self.link.bag.get("SyncAll") == "true"
            self.restarts += 1
            self.link.jobs[0]["schedule"]["state"] = "Active" if runs or self.starts_paused else "Disabled"
        self.pending = self.pending or path.endswith(("/restart", "/start"))
        return outcome

    def target(self, request: Request) -> Outcome:
        """The target tenant."""
        path = request.path.split("?", 1)[0]
        if path == "/$batch":
            return Reply()
        if path.startswith(PARTNERS):
            return self.target_partner(request)
        if path == "/users":
            return users(request, self.target_people)
        if path == "/directoryObjects/getByIds":
            return Reply(200, {"value": [one for one in self.target_people if one["id"] in request.body["ids"]]})
        if path.startswith("/roleManagement/"):
            # The application may not see roles, so a removal is not stopped by them (fact F159).
            return refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        if path.startswith("/tenantRelationships/findTenantInformationByTenantId"):
            return Reply(200, {"tenantId": SOURCE, "displayName": "Contoso", "defaultDomainName": "contoso.kr"})
        return NOT_FOUND

    def pass_time(self, ordinary: bool = False) -> None:
        """A cycle runs if one is due, or at any time if it is an ``ordinary`` one."""
        self.clock += 1
        if not self.link.jobs or self.link.jobs[0]["schedule"]["state"] != "Active" or not (self.pending or ordinary):
            return
        self.pending = False
        began = self.clock
        self.clock += 1
        status = self.link.jobs[0]["status"]
        leaving = [one for one in self.synchronized if not self.everybody and one not in self._in_scope()]
        settings = json.loads(self.link.bag.get("SyncNotificationSettings") or "{}")
        if settings.get("DeleteThresholdEnabled") and len(leaving) >= settings["DeleteThresholdValue"]:
            status["quarantine"] = {"reason": "TooManyDeletes", "currentBegan": moment(began)}
        elif self.trusted:
            for one in leaving:
                if self.synchronized[one] not in self.administrators and "Delete" in self.mapping()["flowTypes"]:
                    self._delete(self.synchronized.pop(one))
        status["lastExecution"] = {"timeBegan": moment(began), "timeEnded": moment(self.clock), "state": "Succeeded"}

    def _delete(self, number: str) -> None:
        self.target_people = [one for one in self.target_people if one["id"] != number]

    def mapping(self) -> dict[str, Any]:
        """The object mapping of people in the job's schema."""
        found: dict[str, Any] = self.link.schema["synchronizationRules"][0]["objectMappings"][0]
        return found

    def _in_scope(self) -> set[str]:
        assigned = {one["principalId"] for one in self.link.assignments}
        return assigned | {one["id"] for one in (self.people[2:] if GROUP in assigned else [])}

    @property
    def trusted(self) -> bool:
        """Whether the target lets the service in."""
        return bool(self.target_partner.policy)

    @property
    def there(self) -> set[str]:
        """Who is in the target."""
        return {str(one["displayName"]) for one in self.target_people}


def moment(minute: int) -> str:
    """A time of the service."""
    return f"2026-11-25T{minute // 60:02}:{minute % 60:02}:00Z"


def changed(bag: Mapping[str, str], **members: Any) -> dict[str, str]:
    """A settings bag with other notification settings."""
    return {**bag, "SyncNotificationSettings": json.dumps({**json.loads(bag["SyncNotificationSettings"]), **members})}
