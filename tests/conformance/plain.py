# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operations as plain requests: paths, bodies in Graph's JSON, and what of an answer later requests need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from ansible_collections.entra.cross_tenant_sync.tests.conformance.graph import CONNECTION, TEMPLATE
from ansible_collections.entra.cross_tenant_sync.tests.conformance.operations import Operation
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM

Place: TypeAlias = "list[str | int]"
"""The way to a value in an answer: names of members, and places in lists."""

KNOWN = {"source": CONTOSO, "target": FABRIKAM, "domain": "fabrikam.kr", "gallery": TEMPLATE, "template": "Azure2Azure"}
"""What the names in paths and bodies stand for before anything was created."""
_MADE: dict[str, Place] = {
    "application": ["application", "id"],
    "sp": ["servicePrincipal", "id"],
    "role": ["servicePrincipal", "appRoles", 0, "id"],
}


def kept(operation: Operation) -> Mapping[str, Place]:
    """What the names of later paths and bodies stand for, by where an answer has it."""
    if operation.raw == "made":
        return _MADE
    if operation.raw:
        return {operation.raw: ["id"]}
    if operation.path.endswith("/schema") and operation.method == "GET":
        return {"rule": ["synchronizationRules", 0, "id"], "directory": ["directories", 0, "id"]}
    return {"audit": ["value", 0, "id"]} if operation.path == "/auditLogs/directoryAudits" else {}


def found(answer: Any, place: Place) -> str:
    for step in place:
        answer = answer[step]
    return str(answer)


def _camel(name: str) -> str:
    if name == "odata_id":
        return "@odata.id"
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), name)


def body(value: Any) -> Any:
    """A body of the table in Graph's JSON. Names of things are not filled in yet."""
    if value == "{credentials}":
        return CONNECTION
    if isinstance(value, tuple):
        _model, members = value
        return {_camel(name): body(member) for name, member in members.items()}
    return [body(element) for element in value] if isinstance(value, list) else value


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """A path or a body with the ids of the things."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda name: names[name[1]], value)
    if isinstance(value, list):
        return [filled(element, names) for element in value]
    return {name: filled(member, names) for name, member in value.items()} if isinstance(value, dict) else value


def needs_consistency(operation: Operation) -> bool:
    """Counting needs it."""
    return operation.path.endswith("$count")
