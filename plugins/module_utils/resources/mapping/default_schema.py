# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""The service's default user mappings, for planning against a configuration that does not exist yet (fact F92).

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


def default_schema() -> Schema:
    """A schema with the default user mappings and no attribute lists."""
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
    return {"synchronizationRules": [{"name": "USER_INBOUND_USER", "objectMappings": [mapping]}], "directories": []}
