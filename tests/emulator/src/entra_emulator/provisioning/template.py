# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The template ``Azure2Azure``: its default synchronization schema, functions and filter operators (F90, F92, F103, F106).

The attribute set, the order, the constants, the matching row and the filter clauses are sourced; flow types other than those
of ``userType``, the nameless object mappings and the group mapping are inferred (F92).
"""

from __future__ import annotations

import uuid
from typing import Any

from entra_emulator.provisioning import attributes, catalogue, scoping
from entra_emulator.provisioning.expressions import parse, to_source
from entra_emulator.settings import Settings

Json = dict[str, Any]

TEMPLATE_ID = "Azure2Azure"
RULE_ID = "01e28086-1453-4cb2-b95d-4fbc4564fcc0"
"""As a tenant of 2026 shows it (F86)."""
RULE_NAME = "USER_INBOUND_USER"
SOURCE_DIRECTORY_ID = "66e4a8cc-1b7b-435e-95f8-f06cea133828"
TARGET_DIRECTORY_ID = "8d4ad3f4-6c0c-4e0a-9d3a-5c1f0a3a7b52"
EXTENSIONS_OWNER = "b6a1c2d3e4f54a5b8c7d9e0f1a2b3c4d"
"""The application id, without dashes, in the names of directory extensions."""

_DIRECT = [
    "IsSoftDeleted", "accountEnabled", "streetAddress", "city", "state", "postalCode", "country", "department", "employeeId",
    "displayName", "givenName", "jobTitle", "mailNickname", "manager", "physicalDeliveryOfficeName", "preferredLanguage", "surname",
    "telephoneNumber", "userPrincipalName",
]  # fmt: skip
"""Direct mappings in the portal's order (F92), between the matching row and the constants."""


def filter_operators(settings: Settings) -> list[Json]:
    """The operators under the settings' literals (F103)."""
    return scoping.graph_operators(settings.operator_literals, settings.function_names)


def functions(settings: Settings) -> list[Json]:
    """The functions that expressions may call (F89)."""
    return catalogue.graph_functions(settings.function_names)


def azure2azure_schema(settings: Settings, application: str = "", *, new_job: bool = False) -> Json:
    """The untouched default schema of an application; the caller sets ``id`` to the job's. A new job can lack the group mapping (F218)."""
    source, target = directory_names(settings)
    return {
        "id": TEMPLATE_ID,
        "version": "v1.2",
        "synchronizationRules": [_rule(settings, source, target, application, new_job)],
        "directories": directories(settings),
    }


def directories(settings: Settings) -> list[Json]:
    """The two directories with the attributes of their objects."""
    source, target = directory_names(settings)
    return [
        _directory(SOURCE_DIRECTORY_ID, source, _source_objects(settings), read_only=True),
        _directory(TARGET_DIRECTORY_ID, target, _target_objects(settings), read_only=False),
    ]


def directory_names(settings: Settings) -> tuple[str, str]:
    """The two directories' names (F85)."""
    name = "Microsoft Entra ID" if settings.directory_names == "new" else "Azure Active Directory"
    return name, f"{name} (target tenant)"


def mapping(target: str, expression: str, *, flow: str = "Always", priority: int = 0) -> Json:
    """One attributeMapping."""
    return {
        "defaultValue": None,
        "exportMissingReferences": False,
        "flowBehavior": "FlowWhenChanged",
        "flowType": flow,
        "matchingPriority": priority,
        "targetAttributeName": target,
        "source": to_source(parse(expression)),
    }


def _rule(settings: Settings, source: str, target: str, application: str, new_job: bool) -> Json:
    product = "Microsoft Entra ID" if settings.directory_names == "new" else "Azure Active Directory"
    flows = "Add, Update, Delete" if settings.flow_types == "blanks" else "Add,Update,Delete"
    objects = [_user_mapping(settings, f"Provision {product} Users", flows)]
    objects += [_object_mapping("", False, flows, name, [], None) for name in ("AppRole", "Manager", "Device")]
    if settings.group_mapping == "present" or (settings.group_mapping == "only_template" and not new_job):
        objects.append(_group_mapping(f"Provision {product} Groups", flows))
    return {
        "id": RULE_ID if settings.rule_id == "constant" else str(uuid.uuid5(uuid.UUID(RULE_ID), application)),
        "name": RULE_NAME,
        "priority": 1,
        "editable": True,
        "sourceDirectoryName": source,
        "targetDirectoryName": target,
        "containerFilter": None,
        "groupFilter": None,
        "metadata": [
            {"key": "defaultSourceObjectMappings", "value": '{"User":"User","Group":"Group"}'},
            {"key": "supportsProvisionOnDemand", "value": "true"},
        ],
        "objectMappings": objects,
    }


def _user_mapping(settings: Settings, name: str, flows: str) -> Json:
    rows = [mapping("alternativeSecurityIds", "AltSecIdFromNetId([netId])", priority=1)]
    rows += [mapping(attribute, f"[{attribute}]") for attribute in _DIRECT]
    rows.append(mapping("showInAddressList", '"true"'))
    if settings.mail_mapping == "present":
        rows.append(mapping("mail", "[mail]"))
    rows.append(mapping("userType", '"Member"', flow="ObjectAddOnly"))
    return _object_mapping(name, True, flows, "User", rows, _built_in_filter(settings))


def _built_in_filter(settings: Settings) -> Json:
    """Keeps external people, people with SMS sign-in and pending guests out (F102)."""
    external = {"sourceOperandName": "alternativeSecurityIds", "operatorName": "EQUALS", "targetOperand": {"values": ["None"]}}
    pending = {"sourceOperandName": "userState", "operatorName": "NOT EQUALS", "targetOperand": {"values": ["PendingAcceptance"]}}
    groups = [{"name": "Filter external users", "clauses": [external, pending]}]
    if settings.input_filter == "two_groups":
        groups = [{"name": "Filter external users", "clauses": [external]}, {"name": "Filter pending users", "clauses": [pending]}]
    return {"groups": [], "categoryFilterGroups": [], "inputFilterGroups": groups}


def _group_mapping(name: str, flows: str) -> Json:
    rows = [
        mapping("objectId", "[objectId]", flow="ObjectAddOnly", priority=1),
        mapping("displayName", "[displayName]"),
        mapping("description", "[description]"),
        mapping("members", "[members]"),
    ]
    return _object_mapping(name, False, flows, "Group", rows, None)


def _object_mapping(name: str, enabled: bool, flows: str, kind: str, rows: list[Json], scope: Json | None) -> Json:
    return {
        "name": name,
        "enabled": enabled,
        "flowTypes": flows,
        "sourceObjectName": kind,
        "targetObjectName": kind,
        "scope": scope,
        "metadata": [{"key": "EscrowBehavior", "value": '"Default"'}, {"key": "DisableMonitoringForChanges", "value": "false"}],
        "attributeMappings": rows,
    }


def _attribute(name: str, kind: str = "String", **changes: Any) -> Json:
    return {
        "anchor": False,
        "caseExact": False,
        "defaultValue": None,
        "flowNullValues": True,
        "multivalued": False,
        "mutability": "ReadWrite",
        "name": name,
        "required": False,
        "type": kind,
        "apiExpressions": [],
        "metadata": [],
        "referencedObjects": [],
        **changes,
    }


def _reference(name: str, kind: str, **changes: Any) -> Json:
    return _attribute(name, "Reference", referencedObjects=[{"referencedObjectName": kind, "referencedProperty": None}], **changes)


def _common() -> list[Json]:
    plain = [_attribute(name) for name in attributes.PLAIN]
    flags = [_attribute(name, "Boolean") for name in attributes.BOOLEAN]
    return [*plain, *flags, _reference("manager", "User")]


def _extensions(settings: Settings) -> list[Json]:
    """Directory extensions of one application (F97)."""
    return [_attribute(f"extension_{EXTENSIONS_OWNER}_attribute{number:03}") for number in range(1, settings.directory_extensions + 1)]


def _source_objects(settings: Settings) -> list[Json]:
    user = [
        _attribute("objectId", anchor=True, required=True, mutability="Immutable"),
        *_common(),
        *[_attribute(name, "DateTime") for name in attributes.DATES],
        *[_attribute(name, multivalued=True) for name in attributes.MULTIVALUED],
        *[_attribute(name, mutability="ReadOnly") for name in ("netId", "alternativeSecurityIds", "userState")],
        _attribute("appRoleAssignments", multivalued=True),
        *_extensions(settings),
    ]
    return [_object("User", user), _object("Group", _group_attributes())]


def _target_objects(settings: Settings) -> list[Json]:
    """``userType`` is a target only; ``proxyAddresses`` and ``otherMails`` are computed there (F95)."""
    user = [
        _attribute("objectId", anchor=True, mutability="ReadOnly"),
        _attribute("alternativeSecurityIds", caseExact=True, required=True),
        *_common(),
        _attribute("userType"),
        *[_attribute(name, multivalued=True, mutability="ReadOnly") for name in attributes.MULTIVALUED],
        *_extensions(settings),
    ]
    return [_object("User", user), _object("Group", _group_attributes())]


def _group_attributes() -> list[Json]:
    plain = [_attribute(name) for name in ("displayName", "description", "mailNickname")]
    return [_attribute("objectId", anchor=True), *plain, _reference("members", "User", multivalued=True)]


def _object(name: str, definitions: list[Json]) -> Json:
    metadata = [
        {"key": "PropertyNameAccountEnabled", "value": '"accountEnabled"'},
        {"key": "PropertyNameSoftDeleted", "value": '"IsSoftDeleted"'},
        {"key": "IsSoftDeletionSupported", "value": "true"},
        {"key": "IsSynchronizeAllSupported", "value": "true"},
    ]
    return {"name": name, "supportedApis": [], "metadata": metadata if name == "User" else [], "attributes": definitions}


def _directory(identifier: str, name: str, objects: list[Json], *, read_only: bool) -> Json:
    return {
        "id": str(uuid.UUID(identifier)),
        "name": name,
        "readOnly": read_only,
        "version": "2.0",
        "discoverabilities": "AttributeNames, AttributeDataTypes" if read_only else "None",
        "discoveryDateTime": None,
        "objects": objects,
    }
