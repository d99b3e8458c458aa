# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that somebody makes in a link by hand, each by a named user or application, and what is to be reported of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping import schema

from .emulator import CONTOSO, FABRIKAM
from .life import CREATED

PARTNERS = "/policies/crossTenantAccessPolicy/partners"
LINK: dict[str, Any] = {
    **CREATED,
    "link_deletion_threshold": 20,
    "link_notification_email": "it@contoso.kr",
    "link_target_actions": ["create", "update", "delete"],
    "link_groups": True,
    "link_group_mappings": [{"target": "description", "constant": "From Contoso"}],
    "link_share": {"target": {"free_busy": "basic", "mail_tips": "all", "scope": "all"}},
}
OTHER = "99999999-9999-4999-8999-999999999999"
USERS = ("minsu.kim@contoso.kr", "soojin.nam@contoso.kr", "jiyoung.park@contoso.kr", "byungho.ryu@contoso.kr")
APPLICATION = {CONTOSO: "33333333-3333-4333-8333-333333333333", FABRIKAM: "44444444-4444-4444-8444-444444444444"}

Json = dict[str, Any]
Perform = Callable[[Json], Any]
"""Carries out a request of the control API's ``acts``."""


@dataclass
class Somebody:
    """Changes things in the name of ``by``, in the state that ``tenants`` returns."""

    perform: Perform
    tenants: Callable[[], Json]
    """The tenants of the state as JSON, by id."""
    by: str | None = None

    def sends(self, method: str, path: str, body: Any = None, tenant: str = CONTOSO, version: str = "v1.0") -> Any:
        """A request, and the answer."""
        return self.perform({"tenant": tenant, "method": method, "path": path, "body": body, "by": self.by, "version": version})

    # Places ----------------------------------------------------------------------------------------------------------

    @property
    def contoso(self) -> Json:
        """The source tenant."""
        found: Json = self.tenants()[CONTOSO]
        return found

    @property
    def principal(self) -> Json:
        """The service principal of the configuration."""
        principals = self.contoso["service_principals"].values()
        found: Json = next(one for one in principals if one["id"] in self.contoso["synchronizations"])
        return found

    @property
    def synchronization(self) -> str:
        """The path of its synchronization."""
        return f"/servicePrincipals/{self.principal['id']}/synchronization"

    @property
    def job(self) -> str:
        """The path of its job."""
        (job_id,) = self.contoso["synchronizations"][self.principal["id"]]["jobs"]
        return f"{self.synchronization}/jobs/{job_id}"

    @property
    def application(self) -> str:
        """The path of its application."""
        app_id = self.principal["appId"]
        return next(f"/applications/{one['id']}" for one in self.contoso["applications"].values() if one["appId"] == app_id)

    def id_of(self, kind: str, name: str) -> str:
        """The id of a user by the user principal name, or of a group by its name."""
        of = {"users": "userPrincipalName", "groups": "displayName"}[kind]
        return next(str(one["id"]) for one in self.contoso[kind].values() if one[of] == name)

    # Changes ---------------------------------------------------------------------------------------------------------

    def sets_partner(self, tenant: str, **members: Any) -> None:
        """Changes the partner entry for the other tenant of the link."""
        self.sends("PATCH", f"{PARTNERS}/{_other(tenant)}", members, tenant)

    def deletes_partner(self, tenant: str) -> None:
        """Deletes it, with its identity synchronization."""
        if _other(tenant) in self.tenants()[tenant]["access_policy"]["identity_synchronizations"]:
            self.sends("DELETE", f"{PARTNERS}/{_other(tenant)}/identitySynchronization", tenant=tenant)
        self.sends("DELETE", f"{PARTNERS}/{_other(tenant)}", tenant=tenant)

    def saves(self, **secrets: str) -> None:
        """Changes keys of the settings bag."""
        self.sends("PUT", f"{self.synchronization}/secrets", {"value": [{"key": key, "value": value} for key, value in secrets.items()]})

    def notifies(self, **members: Any) -> None:
        """Changes members of the notification settings, which are JSON in a text."""
        secrets = self.contoso["synchronizations"][self.principal["id"]]["secrets"]
        self.saves(SyncNotificationSettings=json.dumps({**json.loads(secrets["SyncNotificationSettings"]), **members}))

    def assigns(self, kind: str, name: str) -> None:
        """Assigns a user or a group."""
        role = next(role["id"] for role in self.principal["appRoles"])
        body = {"principalId": self.id_of(kind, name), "resourceId": self.principal["id"], "appRoleId": role}
        self.sends("POST", f"/servicePrincipals/{self.principal['id']}/appRoleAssignedTo", body)

    def unassigns(self, kind: str, name: str) -> None:
        """Removes an assignment."""
        wanted = self.id_of(kind, name)
        held = self.contoso["assignments"][self.principal["id"]]
        key = next(key for key, one in held.items() if one["principalId"] == wanted)
        self.sends("DELETE", f"/servicePrincipals/{self.principal['id']}/appRoleAssignedTo/{key}")

    def shares(self, name: str, allowed: bool) -> None:
        """Changes what the target lets users of the source see."""
        scopes = {"included": [{"resourceId": "All", "resourceType": "user"}], "excluded": []}
        path = f"{PARTNERS}/{CONTOSO}/m365Capabilities"
        access = {"inboundAccess": {"isAllowed": allowed, "resourceScopes": scopes}}
        if name in self.tenants()[FABRIKAM]["access_policy"]["capabilities"].get(CONTOSO, {}):
            self.sends("PATCH", f"{path}/{name}", access, FABRIKAM)
        else:
            self.sends("POST", path, {"@odata.type": f"#microsoft.graph.{name}", **access}, FABRIKAM)

    def maps_groups(self, change: Callable[[Json], None]) -> None:
        """Changes the mapping of groups."""
        self._changes_schema(change, lambda mapping: mapping.get("name") in schema.GROUPS)

    def maps(self, change: Callable[[Json], None]) -> None:
        """Changes the mapping of users."""
        self._changes_schema(change, lambda _mapping: True)

    def _changes_schema(self, change: Callable[[Json], None], chosen: Callable[[Json], bool]) -> None:
        job_id = self.job.rpartition("/")[2]
        held = self.contoso["synchronizations"][self.principal["id"]]["jobs"][job_id]
        new = copy.deepcopy(held["job_schema"])
        change(next(mapping for mapping in new["synchronizationRules"][0]["objectMappings"] if chosen(mapping)))
        self.sends("PUT", f"{self.job}/schema", new)


def _other(tenant: str) -> str:
    return FABRIKAM if tenant == CONTOSO else CONTOSO


def row(mapping: Json, target: str) -> Json:
    """The row of an attribute."""
    found: Json = next(one for one in mapping["attributeMappings"] if one["targetAttributeName"] == target)
    return found


def constant(target: str, value: str) -> Callable[[Json], None]:
    """An attribute gets a constant value."""

    def change(mapping: Json) -> None:
        row(mapping, target)["source"] = {"expression": f'"{value}"', "name": value, "type": "Constant", "parameters": []}

    return change


def _remove(target: str) -> Callable[[Json], None]:
    return lambda mapping: mapping["attributeMappings"].remove(row(mapping, target))


def _add(target: str, attribute: str) -> Callable[[Json], None]:
    def change(mapping: Json) -> None:
        new = copy.deepcopy(row(mapping, "department"))
        new |= {"targetAttributeName": target, "source": {**new["source"], "expression": f"[{attribute}]", "name": attribute}}
        mapping["attributeMappings"].append(new)

    return change


def _flow(value: str) -> Callable[[Json], None]:
    def change(mapping: Json) -> None:
        mapping["flowTypes"] = value

    return change


def _off(mapping: Json) -> None:
    mapping["enabled"] = False


def _no_filter(mapping: Json) -> None:
    mapping["scope"]["groups"] = []


@dataclass(frozen=True)
class Foreign:
    """A change: the tenant in which it is made, what is done, and what is to be reported: module, what, old and new value."""

    tenant: str
    act: Callable[[Somebody], None]
    module: str
    what: str
    old: Any
    new: Any


def _recreated(somebody: Somebody) -> None:
    root = somebody.synchronization
    somebody.sends("DELETE", somebody.job)
    somebody.sends("POST", f"{root}/jobs", {"templateId": "Azure2Azure"})


ANY = object()
"""A value that is not compared."""
SHARING = "cross_tenant_capability"
POLICY, CONFIGURATION, MAPPING, SCOPE, JOB = "cross_tenant_policy", "sync_configuration", "sync_mapping", "sync_scope", "sync_job"
CHANGES: dict[str, Foreign] = {
    "redemption out": Foreign(
        CONTOSO,
        lambda by: by.sets_partner(CONTOSO, automaticUserConsentSettings={"outboundAllowed": False}),
        POLICY,
        "redemption_outbound",
        True,
        False,
    ),
    "partner in the source": Foreign(CONTOSO, lambda by: by.deletes_partner(CONTOSO), POLICY, "partner", "present", "absent"),
    "redemption in": Foreign(
        FABRIKAM,
        lambda by: by.sets_partner(FABRIKAM, automaticUserConsentSettings={"inboundAllowed": False}),
        POLICY,
        "redemption_inbound",
        True,
        False,
    ),
    "synchronization off": Foreign(
        FABRIKAM,
        lambda by: by.sends(
            "PATCH", f"{PARTNERS}/{CONTOSO}/identitySynchronization", {"userSyncInbound": {"isSyncAllowed": False}}, FABRIKAM
        ),
        POLICY,
        "user_sync_inbound",
        True,
        False,
    ),
    "synchronization deleted": Foreign(
        FABRIKAM,
        lambda by: by.sends("DELETE", f"{PARTNERS}/{CONTOSO}/identitySynchronization", tenant=FABRIKAM),
        POLICY,
        "user_sync_inbound",
        True,
        None,
    ),
    "partner in the target": Foreign(FABRIKAM, lambda by: by.deletes_partner(FABRIKAM), POLICY, "partner", "present", "absent"),
    "guard": Foreign(CONTOSO, lambda by: by.notifies(DeleteThresholdValue=5000), CONFIGURATION, "deletion_threshold", 20, 5000),
    "guard off": Foreign(CONTOSO, lambda by: by.notifies(DeleteThresholdEnabled=False), CONFIGURATION, "deletion_threshold", 20, ANY),
    "notification": Foreign(
        CONTOSO, lambda by: by.notifies(Recipients="x@evil.example"), CONFIGURATION, "notification_email", "it@contoso.kr", "x@evil.example"
    ),
    "other target": Foreign(CONTOSO, lambda by: by.saves(CompanyId=OTHER), CONFIGURATION, "configuration", "absent", "present"),
    "configuration deleted": Foreign(
        CONTOSO, lambda by: by.sends("DELETE", by.application), CONFIGURATION, "configuration", "present", "absent"
    ),
    "renamed": Foreign(
        CONTOSO,
        lambda by: by.sends("PATCH", by.application, {"displayName": "Fabrikam (old)"}),
        CONFIGURATION,
        "configuration",
        "absent",
        "present",
    ),
    "job deleted": Foreign(CONTOSO, lambda by: by.sends("DELETE", by.job), CONFIGURATION, "job", "present", "absent"),
    "everybody": Foreign(CONTOSO, lambda by: by.saves(SyncAll="true"), SCOPE, "mode", "assigned", "all"),
    "user assigned": Foreign(
        CONTOSO,
        lambda by: by.assigns("users", "jiyoung.park@contoso.kr"),
        SCOPE,
        "assignment of user jiyoung.park@contoso.kr",
        "absent",
        "present",
    ),
    "user unassigned": Foreign(
        CONTOSO,
        lambda by: by.unassigns("users", "yerin.do@contoso.kr"),
        SCOPE,
        "assignment of user yerin.do@contoso.kr",
        "present",
        "absent",
    ),
    "group assigned": Foreign(
        CONTOSO, lambda by: by.assigns("groups", "Engineering"), SCOPE, "assignment of group Engineering", "absent", "present"
    ),
    "group unassigned": Foreign(
        CONTOSO, lambda by: by.unassigns("groups", "Sales"), SCOPE, "assignment of group Sales", "present", "absent"
    ),
    "mapping changed": Foreign(CONTOSO, lambda by: by.maps(constant("displayName", "x")), MAPPING, "mapping displayName", ANY, ANY),
    "mapping added": Foreign(
        CONTOSO,
        lambda by: by.maps(_add("employeeId", "employeeId")),
        MAPPING,
        "mapping employeeId",
        None,
        {"source": "employeeId", "apply": "always"},
    ),
    "users become guests": Foreign(CONTOSO, lambda by: by.maps(constant("userType", "Guest")), MAPPING, "mapping userType", ANY, ANY),
    "filter removed": Foreign(CONTOSO, lambda by: by.maps(_no_filter), MAPPING, "filters", ANY, []),
    "no deletions": Foreign(
        CONTOSO, lambda by: by.maps(_flow("Add, Update")), MAPPING, "target_actions", ["create", "update", "delete"], ["create", "update"]
    ),
    "groups off": Foreign(CONTOSO, lambda by: by.maps_groups(_off), MAPPING, "groups", True, False),
    "group mapping changed": Foreign(
        CONTOSO, lambda by: by.maps_groups(constant("description", "x")), MAPPING, "group mapping description", ANY, ANY
    ),
    "groups not let in": Foreign(
        FABRIKAM,
        lambda by: by.sends(
            "PATCH", f"{PARTNERS}/{CONTOSO}/identitySynchronization", {"groupSyncInbound": {"isSyncAllowed": False}}, FABRIKAM, "beta"
        ),
        POLICY,
        "group_sync_inbound",
        True,
        False,
    ),
    "free/busy off": Foreign(
        FABRIKAM, lambda by: by.shares("crossTenantCalendarAvailabilityBasic", allowed=False), SHARING, "free_busy", "basic", "none"
    ),
    "more MailTips": Foreign(
        FABRIKAM, lambda by: by.shares("crossTenantMailTipsLimited", allowed=True), SHARING, "mail_tips.also_allowed", [], ["limited"]
    ),
    "trust for Microsoft 365": Foreign(
        FABRIKAM, lambda by: by.sets_partner(FABRIKAM, m365CollaborationInbound=None), SHARING, "trust", "all", None
    ),
    "paused": Foreign(CONTOSO, lambda by: by.sends("POST", f"{by.job}/pause"), JOB, "state", "started", "paused"),
    "job created again": Foreign(CONTOSO, _recreated, JOB, "state", "started", "paused"),
}
"""Each kind of change of a link."""
