# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link that runs, in this process, whose users get into all kinds of trouble, and a helpdesk that asks about one of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.odata import is_id
from ansible_collections.entra.cross_tenant_sync.plugins.modules import person_info, sync_mapping
from entra_emulator.state import GraphObject, Job, Tenant, new_id

from .address_book import EXCHANGE, Book
from .cloud import Arrival, Cloud
from .emulator import CONTOSO, FABRIKAM
from .life import CYCLE, NAME, TENANTS, living, sync, task

LINK: dict[str, Any] = {
    "link_scope_mode": "assigned",
    "link_scope_users": ["minsu.kim@contoso.kr", "yerin.do@contoso.kr", "soojin.nam@contoso.kr"],
    "link_scope_groups": ["Sales"],
    "link_scope_exact": True,
    "link_user_type": "member",
    "link_job_state": "started",
}
"""The variables of the link: minsu.kim is assigned directly, hyejin.lee by the group Sales, and sora.yoon is in a group in it."""
SALES, SEOUL = "c1000000-0000-4000-8000-000000000001", "c1000000-0000-4000-8000-000000000002"
DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"


@functools.cache
def _beginning() -> bytes:
    """After the first cycles."""
    cloud = Cloud()
    with living(cloud):
        sync(cloud, LINK)
        cloud.sleep(CYCLE)
        cloud.sleep(CYCLE)
    return cloud.save()


class Helpdesk(Book):
    """Both tenants with the link. ``settings`` are switches of the emulator."""

    def __init__(self, fresh: bool = False, **settings: Any) -> None:
        super().__init__(Cloud(settings))
        if not fresh:
            self.cloud.load(_beginning())

    @classmethod
    def in_aftermath(cls) -> Helpdesk:
        """In the scenario aftermath, which has a user for every answer of Exchange."""
        desk = cls.__new__(cls)
        Book.__init__(desk)
        return desk

    def person(self, user: str, check: bool = False, exchange: bool = False, **options: Any) -> dict[str, Any]:
        """The result of person_info."""
        target = {**TENANTS["fabrikam"], **(EXCHANGE if exchange else {})}
        name = user if "@" in user or is_id(user) else f"{user}@contoso.kr"
        return self._run(person_info, check, {**TENANTS["contoso"], "target": target, "configuration": NAME, "user": name, **options})

    def mapping(self, check: bool, **options: Any) -> dict[str, Any]:
        """The result of sync_mapping."""
        return self._run(sync_mapping, check, {**TENANTS["contoso"], "configuration": NAME, **options})

    @property
    def asked(self) -> list[Arrival]:
        """The requests of the last task to Graph and Exchange; a batch is one. Those of a sign-in are left out."""
        return [arrival for arrival in self.cloud.arrivals if arrival.path.startswith(("/v1.0/", "/beta/", "/exchange/"))]

    # What happens ----------------------------------------------------------------------------------------------------

    def sync(self, **changes: Any) -> None:
        """The playbook sync.yml for the link, with some variables changed."""
        with living(self.cloud):
            sync(self.cloud, {**LINK, **changes})

    def scope(self, *users: str, **changes: Any) -> None:
        """Put exactly these users, and the group Sales, into scope."""
        self.sync(link_scope_users=[f"{alias}@contoso.kr" for alias in users], **changes)

    def task(self, module: str, **options: Any) -> dict[str, Any]:
        """A single task in the source."""
        with living(self.cloud):
            result = task(self.cloud, module, "contoso", configuration=NAME, **options)
        assert not result.get("failed"), result["msg"]
        return result

    def cycle(self, number: int = 1) -> None:
        """Let cycles pass."""
        for _cycle in range(number):
            self.cloud.sleep(CYCLE)

    # State -----------------------------------------------------------------------------------------------------------

    @property
    def source_tenant(self) -> Tenant:
        """The source."""
        return self.cloud.world.tenants[CONTOSO]

    @property
    def target_tenant(self) -> Tenant:
        """The target."""
        return self.cloud.world.tenants[FABRIKAM]

    @property
    def service_principal(self) -> GraphObject:
        """The configuration."""
        found: GraphObject = next(one for one in self.source_tenant.service_principals.values() if one["displayName"] == NAME)
        return found

    @property
    def job(self) -> Job:
        """The provisioning job."""
        return next(iter(self.source_tenant.synchronizations[self.service_principal["id"]].jobs.values()))

    @property
    def user_mapping(self) -> dict[str, Any]:
        """The mapping of users in the job's schema."""
        found: dict[str, Any] = self.job.job_schema["synchronizationRules"][0]["objectMappings"][0]
        return found

    def assign(self, principal: str, kind: str = "User", role: str | None = None) -> None:
        """Assign a user or a group by id, as somebody else does, with a role that need not count."""
        sp_id, key = self.service_principal["id"], new_id()
        known = next(iter(self.source_tenant.assignments[sp_id].values()))
        about = {"id": key, "principalId": principal, "principalType": kind, "principalDisplayName": "somebody"}
        self.source_tenant.assignments[sp_id][key] = {**known, **about, "appRoleId": role or known["appRoleId"]}

    def unassign(self, principal: str) -> None:
        """Remove the assignment of a user or group, as somebody else does."""
        assigned = self.source_tenant.assignments[self.service_principal["id"]]
        for key in [key for key, one in assigned.items() if one["principalId"] == principal]:
            del assigned[key]

    def delete(self, tenant: Tenant, user: GraphObject, purge: bool = False) -> None:
        """Delete a user, by hand."""
        del tenant.users[user["id"]]
        if not purge:
            tenant.deleted_items[user["id"]] = {
                "@odata.type": "#microsoft.graph.user",
                **user,
                "userPrincipalName": user["id"].replace("-", "") + user["userPrincipalName"],
                "deletedDateTime": self.cloud.world.clock,
            }

    def logged(
        self, alias: str, code: str, status: str = "failure", action: str = "update", unmet: Mapping[str, bool] | None = None
    ) -> None:
        """Add an entry to the log, as the service writes it on conditions that the emulator does not have."""
        user, log = self.source_user(alias), self.source_tenant.provisioning_log
        entry = dict(next(entry for entry in log if entry["sourceIdentity"]["identityType"] == "User"))
        details = {"id": user["id"], "odatatype": "User", "UserPrincipalName": user["userPrincipalName"]}
        error = {"errorCode": code, "reason": f"{code} happened.", "additionalDetails": None, "errorCategory": "failure"}
        entry |= {
            "id": new_id(),
            "activityDateTime": self.cloud.world.clock,
            "provisioningAction": action,
            "provisioningStatusInfo": {"status": status, "errorInformation": {**error, "recommendedAction": None}},
            "sourceIdentity": {"id": user["id"], "displayName": user["displayName"], "identityType": "User", "details": details},
            "targetIdentity": {"id": "", "displayName": "", "identityType": "User", "details": {}},
            "modifiedProperties": [],
            "provisioningSteps": [_scoping(unmet or {})],
        }
        log.append(entry)


def _scoping(unmet: Mapping[str, bool]) -> dict[str, Any]:
    """A scoping step with the outcomes of clauses."""
    return {
        "name": "EntrySynchronizationScoping",
        "provisioningStepType": "scoping",
        "status": "skipped" if unmet else "success",
        "description": "Determine if User in scope by evaluating against each scoping filter",
        "details": {"ScopeEvaluationResult": json.dumps(unmet)},
    }
