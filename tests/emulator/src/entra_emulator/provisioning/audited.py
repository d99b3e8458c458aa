# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the audit log of the source tenant says of each object that the provisioning service worked on (fact F302).

The entries are made of those of the provisioning log when they are read: a cycle over many people writes nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from entra_emulator.provisioning.logs import SERVICE
from entra_emulator.state import GraphObject, Tenant

Json = dict[str, Any]

ACTIVITIES = {"import": "Import", "matching": "Import", "processing": "Synchronization rule action", "export": "Export"}
"""By the type of a step. Scoping has no entry of its own."""
FIRST_NUMBER, NUMBERS = 161_778_000, 10
"""Each entry of the provisioning log has so many numbers, so that an id stays the same whenever it is read."""
ADDRESS = "203.0.113.9"
INITIATOR = {"appId": None, "displayName": SERVICE, "servicePrincipalId": None, "servicePrincipalName": None}


@dataclass
class Audited:
    """What was made so far, so that an entry of the provisioning log is looked at once, however often the audit log is read."""

    made: list[GraphObject] = field(default_factory=list)
    seen: int = 0
    """How many entries of the provisioning log that is."""

    def of(self, tenant: Tenant) -> list[GraphObject]:
        """The audit entries about the work of the provisioning service, oldest first."""
        for number in range(self.seen, len(tenant.provisioning_log)):
            self.made += entries(number, tenant.provisioning_log[number])
        self.seen = len(tenant.provisioning_log)
        return self.made


def entries(number: int, entry: GraphObject) -> Iterator[GraphObject]:
    """The audit entries of the entry with this number in the provisioning log, oldest first."""
    for place, step in enumerate(entry["provisioningSteps"]):
        activity = ACTIVITIES.get(step["provisioningStepType"])
        if activity is not None:
            yield _entry(FIRST_NUMBER + NUMBERS * number + place, entry, step, activity)


def _entry(number: int, entry: GraphObject, step: Json, activity: str) -> GraphObject:
    return {
        "id": f"Sync_{entry['cycleId']}_L5BFV_{number}",
        "category": "ProvisioningManagement",
        "correlationId": entry["cycleId"],
        "result": "failure" if step["status"] == "failure" else "success",
        "resultReason": step["description"],
        "activityDisplayName": activity,
        "activityDateTime": entry["activityDateTime"],
        "loggedByService": "Account Provisioning",
        "operationType": "",
        "initiatedBy": {"user": None, "app": dict(INITIATOR)},
        "targetResources": [_configuration(entry), _object(entry, activity)],
        "additionalDetails": [{"key": key, "value": value} for key, value in _details(entry, step).items()],
    }


def _details(entry: GraphObject, step: Json) -> dict[str, str]:
    error = entry["provisioningStatusInfo"]["errorInformation"] or {}
    failed = step["status"] != "success"
    details = {
        "Details": str(error.get("reason") or "") if failed else "",
        "ErrorCode": str(error.get("errorCode") or "None") if failed else "None",
        "EventName": step["name"],
        "ipaddr": ADDRESS,
        "JoiningProperty": entry["sourceIdentity"]["id"],
        "SourceAnchor": entry["sourceIdentity"]["id"],
    }
    return {**details, "TargetAnchor": entry["targetIdentity"]["id"]} if step["provisioningStepType"] == "export" else details


def _configuration(entry: GraphObject) -> GraphObject:
    principal = entry["servicePrincipal"]
    return _resource(principal["id"], principal["displayName"], "ServicePrincipal")


def _object(entry: GraphObject, activity: str) -> GraphObject:
    """The person or group: by name, without an id, as in the published entries."""
    source = entry["sourceIdentity"]
    name = source["details"].get("UserPrincipalName") or source["displayName"]
    return _resource("", name, source["identityType"], entry["modifiedProperties"] if activity == "Export" else [])


def _resource(identifier: str, name: str, kind: str, properties: list[Json] | None = None) -> GraphObject:
    return {
        "id": identifier,
        "displayName": name,
        "type": kind,
        "userPrincipalName": None,
        "groupType": None,
        "modifiedProperties": properties or [],
    }
