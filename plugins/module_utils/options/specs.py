# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Options that several modules share, each specified once. The doc fragments describe them.

A new option of a scope or of mappings is added to `SCOPE` or `MAPPING`: then the module, ``link_info`` and the variables of a link have it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.errors import AnsibleFallbackNotFound

from ..graph.cloud import CLOUDS, OF_AZURE
from ..graph.credentials.base import CredentialOption
from ..graph.credentials.methods import AUTH_METHODS, CREDENTIAL_OPTIONS
from ..resources.capability_features import FEATURES
from ..resources.consequences.importance import KINDS
from .forms import Understood, understand


@dataclass(frozen=True)
class Options:
    """An argument spec together with its rules. ``writes``: whether the module changes something."""

    spec: Mapping[str, Any]
    rules: Mapping[str, Any] = field(default_factory=dict)
    writes: bool = True

    def argument_spec(self) -> dict[str, Any]:
        """The module's own options with the shared options."""
        return {**CONNECTION, **(WAIT if self.writes else {}), **self.spec}

    def understand(self, given: Mapping[str, Any]) -> Understood:
        """The options of a task, converted to the types that Ansible's rules expect."""
        return understand(self.argument_spec(), given)


def from_environment(*variables: str) -> str:
    """The value of the first of these variables that has one: AWX sets a variable for a field that was left empty, too.

    :raises AnsibleFallbackNotFound: if none of them has.
    """
    for variable in variables:
        value = os.environ.get(variable)
        if value and value.strip():
            return value
    raise AnsibleFallbackNotFound


def cloud_from_environment(*variables: str) -> str:
    """The cloud that Azure's tools would use. An unknown name is returned as it is, so that it is refused like one that was given.

    :raises AnsibleFallbackNotFound: if none of the variables has a value.
    """
    name = from_environment(*variables).strip()
    return OF_AZURE.get(name.lower(), name)


def _from(*variables: str) -> dict[str, Any]:
    return {"fallback": (from_environment, list(variables))}


def _credential(option: CredentialOption) -> dict[str, Any]:
    return {
        "type": "path" if option.form == "path" else "str",
        **({"no_log": True} if option.is_secret else {}),
        **({"aliases": list(option.aliases)} if option.aliases else {}),
        **(_from(*option.environment) if option.environment else {}),
    }


CONNECTION: dict[str, Any] = {
    "tenant_id": {"type": "str", "aliases": ["tenant"], **_from("AZURE_TENANT_ID", "AZURE_TENANT")},
    "client_id": {"type": "str", **_from("AZURE_CLIENT_ID")},
    **{option.name: _credential(option) for option in CREDENTIAL_OPTIONS},
    "auth_method": {"type": "str", "choices": list(AUTH_METHODS), "default": "auto"},
    "cloud": {
        "type": "str",
        "choices": list(CLOUDS),
        "default": "global",
        "fallback": (cloud_from_environment, ["AZURE_CLOUD_ENVIRONMENT"]),
    },
    "graph_endpoint": {"type": "str"},
    "login_endpoint": {"type": "str", **_from("AZURE_AUTHORITY_HOST")},
    "exchange": {"type": "bool", "default": False},
    "exchange_endpoint": {"type": "str"},
    "exchange_group": {"type": "str"},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
    "proxy": {"type": "str", "no_log": True},
    "connect_timeout": {"type": "int", "default": 10},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 5},
}

WAIT: dict[str, Any] = {"visibility_timeout": {"type": "int", "default": 60}}

# The environment describes only the source tenant.
_ONLY_GIVEN = {name: {key: value for key, value in about.items() if key != "fallback"} for name, about in CONNECTION.items()}
TARGET: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {**_ONLY_GIVEN, "tenant_id": {**_ONLY_GIVEN["tenant_id"], "required": True}},
}
"""The connection to the target tenant, for a task that connects to both."""
SOURCE: dict[str, Any] = {**TARGET, "required": False}
"""The connection to the source tenant, for a task that connects to the target and may need the source as well."""
TARGET_OR_ENVIRONMENT: dict[str, Any] = {"type": "dict", "options": {**CONNECTION, "tenant_id": TARGET["options"]["tenant_id"]}}
"""The connection to the target tenant, for a task that can check a single tenant. The environment is its fallback."""

CONFIGURATION: dict[str, Any] = {"configuration": {"type": "str", "required": True}}

SETTINGS: dict[str, Any] = {
    "adopt": {"type": "bool", "default": False},
    "others": {"type": "list", "elements": "str"},
    "notification_email": {"type": "str"},
    "deletion_threshold": {"type": "int"},
}
"""The options of ``sync_configuration`` that a link has."""

SCOPE: dict[str, Any] = {
    "mode": {"type": "str", "choices": ["assigned", "all"]},
    "users": {"type": "list", "elements": "str"},
    "groups": {"type": "list", "elements": "str"},
    "exact": {"type": "bool", "default": False},
    "allow_empty": {"type": "bool", "default": False},
    "max_removals": {"type": "int"},
    "max_removal_percent": {"type": "int"},
}
"""The options of ``sync_scope`` that a link has."""

PROTECTED: dict[str, Any] = {
    "protected": {"type": "list", "elements": "str"},
    "protected_importance": {"type": "list", "elements": "str", "choices": list(KINDS)},
    "protected_release": {"type": "list", "elements": "str"},
    "impact_limit": {"type": "int", "default": 50},
}
"""Which users a change must not harm, and how many of those whom it affects are named: options that a link has as well."""
JUDGED: dict[str, Any] = {**PROTECTED, "judged": {"type": "bool", "default": False}}
"""For modules whose changes can remove, convert or rename users."""

MAPPING: dict[str, Any] = {
    "mappings": {
        "type": "list",
        "elements": "dict",
        "options": {
            "target": {"type": "str", "required": True},
            "source": {"type": "str"},
            "constant": {"type": "str"},
            "expression": {"type": "str"},
            "default": {"type": "str"},
            "apply": {"type": "str", "choices": ["always", "create_only"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
    },
    "user_type": {"type": "str", "choices": ["member", "guest"]},
    "convert_existing": {"type": "bool"},
    "show_in_address_list": {"type": "bool"},
    "display_name_suffix": {"type": "str"},
    "company_name": {"type": "str"},
    "filters": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "clauses": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "attribute": {"type": "str", "required": True},
                    "operator": {"type": "str", "required": True},
                    "values": {"type": "list", "elements": "str"},
                },
            },
        },
    },
    "target_actions": {"type": "list", "elements": "str", "choices": ["create", "update", "delete"]},
}
"""The options of ``sync_mapping`` that a link has."""
GROUPS: dict[str, Any] = {"groups": {"type": "bool"}, "group_mappings": MAPPING["mappings"]}
"""The options of ``sync_mapping`` for the synchronization of groups."""
MAPPING_RULES: dict[str, Any] = {"required_by": {"convert_existing": "user_type"}}

CAPABILITY: dict[str, Any] = {
    **{name: feature.spec for name, feature in FEATURES.items()},
    "scope": {"type": "str", "choices": ["all", "groups"]},
    "groups": {"type": "list", "elements": "str"},
    "excluded_groups": {"type": "list", "elements": "str"},
}
"""The options of ``cross_tenant_capability`` that each side of a link has."""

JOB: dict[str, Any] = {
    "state": {"type": "str", "choices": ["started", "paused"], "default": "started"},
    "wait": {"type": "str", "choices": ["first_cycle", "steady", "idle"]},
}
"""The options of ``sync_job`` that a link has. The module has more states."""

SELECTED_USERS: dict[str, Any] = {
    "people": {"type": "list", "elements": "str"},
    "source_tenant_id": {"type": "str"},
    "source_domains": {"type": "list", "elements": "str"},
    "global_address_list": {"type": "str"},
}
"""The users of a target tenant whom a task is about, and the list in which they should be."""

RESTART: dict[str, Any] = {"restart_job": {"type": "bool", "default": True}}
"""For modules whose changes may need a restart of the job."""

LINK: dict[str, Any] = {
    **CONFIGURATION,
    **SETTINGS,
    **{f"scope_{name}": about for name, about in SCOPE.items()},
    **MAPPING,
    **GROUPS,
    **{f"job_{name}": about for name, about in JOB.items()},
    "share": {
        "type": "dict",
        "options": {side: {"type": "dict", "options": CAPABILITY} for side in ("source", "target")},
    },
    "share_keep": {
        "type": "dict",
        "options": {side: {"type": "list", "elements": "str", "choices": list(FEATURES)} for side in ("source", "target")},
    },
    "verify_users": {"type": "list", "elements": "str"},
    "source_domains": {"type": "list", "elements": "str"},
}
"""The options of a whole link, as in ``link_info``. The variables of a link have these names, after ``link_``."""

_LIMITS = ("max_removals", "max_removal_percent")
IMPACT: dict[str, Any] = {
    **CONFIGURATION,
    **{f"scope_{name}": {**about, **({"aliases": [name]} if name in _LIMITS else {})} for name, about in SCOPE.items()},
    **MAPPING,
    **GROUPS,
    **PROTECTED,
}
"""The options of ``impact_info``: everything of a link that decides what happens to users, and whom it must not harm."""
SIZING: dict[str, Any] = {**CONFIGURATION, **{f"scope_{name}": SCOPE[name] for name in ("mode", "users", "groups", "exact")}}
"""The options of ``sizing_info`` that a link has: everything that decides who is in scope."""
LIMITS: dict[str, Any] = {name: SCOPE[name] for name in _LIMITS}
"""How many users may leave at once."""
OPTIONAL_TARGET: dict[str, Any] = {**TARGET, "required": False}
"""The connection to the target tenant, for a task that can do without."""
