# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: it may change without notice.
"""Options that several modules share. Documented in the doc fragments of the same names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.basic import env_fallback

from .graph.cloud import CLOUDS
from .graph.credentials.base import CredentialOption
from .graph.credentials.methods import AUTH_METHODS, CREDENTIAL_OPTIONS
from .option_forms import Understood, understand


@dataclass(frozen=True)
class Options:
    """An argument spec together with its rules, so that they travel as one value."""

    spec: Mapping[str, Any]
    rules: Mapping[str, Any] = field(default_factory=dict)
    writes: bool = True

    def argument_spec(self) -> dict[str, Any]:
        """The module's own options with the shared ones."""
        return {**CONNECTION, **(WAIT if self.writes else {}), **self.spec}

    def understand(self, given: Mapping[str, Any]) -> Understood:
        """The options of a task in the forms that Ansible's rules are made for."""
        return understand(self.argument_spec(), given)


def _from(variable: str) -> dict[str, Any]:
    return {"fallback": (env_fallback, [variable])}


def _credential(option: CredentialOption) -> dict[str, Any]:
    return {
        "type": "path" if option.form == "path" else "str",
        **({"no_log": True} if option.is_secret else {}),
        **({"aliases": list(option.aliases)} if option.aliases else {}),
        **(_from(option.environment) if option.environment else {}),
    }


CONNECTION: dict[str, Any] = {
    "tenant_id": {"type": "str", "aliases": ["tenant"], **_from("AZURE_TENANT_ID")},
    "client_id": {"type": "str", **_from("AZURE_CLIENT_ID")},
    **{option.name: _credential(option) for option in CREDENTIAL_OPTIONS},
    "auth_method": {"type": "str", "choices": list(AUTH_METHODS), "default": "auto"},
    "cloud": {"type": "str", "choices": list(CLOUDS), "default": "global"},
    "graph_endpoint": {"type": "str"},
    "login_endpoint": {"type": "str", **_from("AZURE_AUTHORITY_HOST")},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
    "proxy": {"type": "str", "no_log": True},
    "connect_timeout": {"type": "int", "default": 10},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 5},
}

WAIT: dict[str, Any] = {"visibility_timeout": {"type": "int", "default": 60}}

# The environment knows one tenant only, and that is the source.
_ONLY_GIVEN = {name: {key: value for key, value in about.items() if key != "fallback"} for name, about in CONNECTION.items()}
TARGET: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {**_ONLY_GIVEN, "tenant_id": {**_ONLY_GIVEN["tenant_id"], "required": True}},
}
"""The connection to the target tenant, where a task looks at both."""

MAPPINGS: dict[str, Any] = {
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
}

FILTERS: dict[str, Any] = {
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
}
