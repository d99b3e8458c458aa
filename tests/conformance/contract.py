# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's published metadata as a checker of requests and responses.

The metadata is not part of this repository. It lies in a folder next to it; if that is absent, `MISSING` reports it.
"""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY

FOLDER = REPOSITORY.parent / "shared" / "contract"
PRESENT = (FOLDER / "contract.py").exists()
MISSING = f"the published metadata is not in {FOLDER}"

GAPS = {
    ("POST .*/synchronization/jobs$", "documented status 201, got 200"): "The reference's own sample prints 200 where its text says 201.",
    (
        "GET /(contacts|subscribedSkus|policies/authorizationPolicy|policies/b2bManagementPolicies)",
        "no such path in Graph",
    ): "What a preflight reads is documented, and outside the part of the metadata that lies next to the repository.",
    (
        "GET /roleManagement/directory/(roleAssignments|roleDefinitions|roleEligibilityScheduleInstances)",
        "no such path in Graph",
    ): "Roles are documented (facts F159 to F161), and outside the part of the metadata that lies next to the repository.",
    (
        "(GET|POST|PATCH|DELETE) /policies/crossTenantAccessPolicy/.*/m365Capabilities",
        "no such path in Graph",
    ): "The paths of capabilities are left out of the metadata that lies next to the repository, not their types (fact F201).",
    (
        "(GET|PATCH|PUT) /policies/crossTenantAccessPolicy/partners",
        "unknown field 'groupSyncInbound'",
    ): "The metadata has the switch for groups in beta only; under one switch of the emulator v1.0 shows it, too (fact F45).",
    (
        "GET /users",
        "unknown field 'ownedObjects'",
    ): "A documented relationship of users, asked for with $expand; the metadata next to the repository has no relationships of users.",
    (
        "GET .*/synchronization/templates",
        r"metadata\[\d+\]\.key: '\w+' is not one of",
    ): "The template of a real tenant has keys that the published type does not have; under one switch it has those of the type (fact F304).",
    (
        r"GET /groups/\{group-id\}/members/\$ref",
        "'@odata.id': .* is not of type 'string'",
    ): "References are objects with an address in OData; the metadata has texts.",
    (
        "GET .*/schema/(functions|filterOperators)",
        "unknown field 'name'",
    ): "The documents show the names under name; the metadata has only the key id.",
}
"""Deviations that are right under some reading of the documentation: operation and problem as regular expressions, and the reason."""

_ADDRESS = re.compile(r"/(v1\.0|beta)(/.*)")


@cache
def contract(version: str) -> Any:
    """The checker. "observed" admits GET of the secrets, which works although the metadata only has PUT."""
    specification = importlib.util.spec_from_file_location("published_contract", FOLDER / "contract.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.Contract(version, sources=("metadata", "docs", "observed"))


def violations(emulator: Emulator) -> tuple[list[str], set[str]]:
    """The faults of the requests and responses in the emulator's log, and the operations that were used."""
    found: set[str] = set()
    operations: set[str] = set()
    for entry in emulator.control("GET", "requests")["requests"]:
        match = _ADDRESS.fullmatch(entry["path"])
        if match is None:
            continue
        checker, path = contract(match[1]), match[2]
        known, _unused = checker.match(entry["method"], path)
        operation = f"{entry['method']} {known['path'] if known else path}"
        operations.add(operation)
        problems = [f"request: {problem}" for problem in checker.request(entry["method"], path, entry["request_body"])]
        problems += [f"response: {problem}" for problem in checker.response(entry["method"], path, entry["status"], entry["response_body"])]
        problems += [
            f"capability: {problem}" for body in ("request_body", "response_body") for problem in _of_capabilities(match, entry[body])
        ]
        found |= {f"{operation} {entry['status']} {problem}" for problem in problems if not _allowed(operation, problem)}
    return sorted(found), operations


def _of_capabilities(address: re.Match[str], body: Any) -> list[str]:
    """The faults of capabilities of Microsoft 365, whose type is in the metadata, but not their paths."""
    if "/m365Capabilities" not in address[2] or not isinstance(body, dict) or "error" in body:
        return []
    definitions = contract(address[1]).defs
    validator = Draft202012Validator({"$ref": "#/$defs/microsoft.graph.m365CapabilityInboundAccess", "$defs": definitions})
    capabilities = body.get("value", [body])
    known = definitions["microsoft.graph.m365CapabilityBase"]["properties"]
    unknown = [f"unknown field {name!r}" for one in capabilities for name in one if name not in known and not name.startswith("@odata.")]
    return unknown + [error.message for one in capabilities for error in validator.iter_errors(one["inboundAccess"])]


def _allowed(operation: str, problem: str) -> bool:
    return any(re.search(where, operation) and re.search(what, problem) for where, what in GAPS)
