# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The service's default mappings of users and groups, for planning against a configuration that does not exist yet (fact F92).

Only check mode of a new link uses them; a real run reads the job's own schema.
"""

from __future__ import annotations

from .expression import attribute_source, constant_source
from .types import ObjectMapping, Row, Schema, Source

MATCHING = "alternativeSecurityIds"
SOFT_DELETED = "IsSoftDeleted"

DIRECT = (
    SOFT_DELETED,
    "accountEnabled",
    "streetAddress",
    "city",
    "state",
    "postalCode",
    "country",
    "department",
    "employeeId",
    "displayName",
    "givenName",
    "jobTitle",
    "mailNickname",
    "manager",
    "physicalDeliveryOfficeName",
    "preferredLanguage",
    "surname",
    "telephoneNumber",
    "userPrincipalName",
    "mail",
)
"""The target attributes that are mapped from the source attribute of the same name."""


def _row(target: str, source: Source, flow_type: str = "Always", priority: int = 0) -> Row:
    return {
        "targetAttributeName": target,
        "source": source,
        "flowType": flow_type,
        "flowBehavior": "FlowWhenChanged",
        "matchingPriority": priority,
        "defaultValue": None,
        "exportMissingReferences": False,
    }


GROUP_MATCHING = "objectId"
GROUP_DIRECT = ("displayName", "description", "members")
"""The assumed default mappings of groups: Microsoft publishes none (fact F231). A job's own schema decides."""


def default_schema() -> Schema:
    """A schema with the default mappings of users and groups and no attribute lists. Groups are off by default (fact F106)."""
    matching: Source = {
        "type": "Function",
        "name": "AltSecIdFromNetId",
        "expression": "AltSecIdFromNetId([netId])",
        "parameters": [{"key": "netId", "value": attribute_source("netId")}],
    }
    rows = [_row(MATCHING, matching, priority=1), *(_row(name, attribute_source(name)) for name in DIRECT)]
    rows += [_row("showInAddressList", constant_source("true")), _row("userType", constant_source("Member"), "ObjectAddOnly")]
    mapping: ObjectMapping = {
        "name": "Provision Microsoft Entra ID Users",
        "sourceObjectName": "User",
        "targetObjectName": "User",
        "enabled": True,
        "flowTypes": "Add, Update, Delete",
        "attributeMappings": rows,
    }
    groups: ObjectMapping = {
        "name": "Provision Microsoft Entra ID Groups",
        "sourceObjectName": "Group",
        "targetObjectName": "Group",
        "enabled": False,
        "flowTypes": "Add, Update, Delete",
        "attributeMappings": [
            _row(GROUP_MATCHING, attribute_source(GROUP_MATCHING), "ObjectAddOnly", priority=1),
            *(_row(name, attribute_source(name)) for name in GROUP_DIRECT),
        ],
    }
    return {"synchronizationRules": [{"name": "USER_INBOUND_USER", "objectMappings": [mapping, groups]}], "directories": []}
