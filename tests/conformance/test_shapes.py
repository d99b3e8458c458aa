# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation of the table, in both versions: what the emulator answers has the members and the types of that version's metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.conformance import contract, plain
from ansible_collections.entra.cross_tenant_sync.tests.conformance.graph import Graph
from ansible_collections.entra.cross_tenant_sync.tests.conformance.operations import ADMIN, DRIVEN, TARGET, Operation
from ansible_collections.entra.cross_tenant_sync.tests.conformance.walkthrough import MINSU
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator

SYNC = "/servicePrincipals/{sp}/synchronization"
SEEN_DEEPER = [
    Operation("GET", SYNC + "/secrets"),
    Operation("GET", "/servicePrincipals/{sp}?$expand=owners", ADMIN),
    Operation("GET", "/applications/{application}?$expand=owners", ADMIN),
    Operation("GET", "/policies/crossTenantAccessPolicy/partners/{source}?$expand=identitySynchronization", TARGET),
    Operation("POST", "/directoryObjects/getByIds", ADMIN, ("GetByIdsPostRequestBody", {"ids": ["{sp}", "{application}", "{user}"]})),
]
"""What the table does not show, because the SDK cannot ask for it or asks for less."""
LOGS = next(number for number, operation in enumerate(DRIVEN) if operation.path == "/auditLogs/directoryAudits")


class Caller:
    """Sends the operations one after the other, and keeps what the names in their paths stand for."""

    def __init__(self, emulator: Emulator, version: str) -> None:
        self.graph, self.version = Graph(emulator), version
        self.names = {**plain.KNOWN, "user": self.graph.ok("GET", f"/users/{MINSU}?$select=id")["id"]}

    def perform(self, operation: Operation) -> tuple[int, str]:
        """The status, and what a refusal says."""
        headers = {"Authorization": f"Bearer {self.graph.token(operation.account)}"}
        headers |= {"ConsistencyLevel": "eventual"} if plain.needs_consistency(operation) else {}
        content: Any = plain.filled(plain.body(operation.body), self.names) if operation.body else None
        address = f"{self.graph.emulator.url}/{self.version}{plain.filled(operation.path, self.names)}"
        answer = self.graph.session.request(operation.method, address, json=content, headers=headers, timeout=30)
        if answer.ok:
            self.names |= {name: plain.found(answer.json(), place) for name, place in plain.kept(operation).items()}
        return answer.status_code, "" if answer.ok else answer.text[:300]


def invitations(emulator: Emulator, allowed: str) -> None:
    """Who may invite guests into the target."""
    state = emulator.state()
    state["tenants"][FABRIKAM]["authorization_policy"]["allowInvitesFrom"] = allowed
    emulator.load(state)


@pytest.mark.skipif(not contract.PRESENT, reason=contract.MISSING)
@pytest.mark.parametrize("version", ["v1.0", "beta"])
@pytest.mark.parametrize("arguments", [(), ("--preset", "flipped")], ids=["likely", "flipped"])
def test_answers_have_the_shape_of_their_version(tmp_path: Path, version: str, arguments: tuple[str, ...]) -> None:
    """The target refuses a person on demand and accepts the person in the cycle, so that the logs have both outcomes."""
    with Emulator(tmp_path, arguments=(*arguments, "--set", "throttling=false", "--set", "delete_running_job=allowed")) as emulator:
        caller = Caller(emulator, version)
        refused = []
        for operation in [*DRIVEN[:LOGS], *SEEN_DEEPER, *DRIVEN[LOGS:]]:
            on_demand = operation.path.endswith("/provisionOnDemand")
            if on_demand:
                invitations(emulator, "none")
            if operation.path.endswith("/pause"):
                emulator.advance("PT40M")
            status, text = caller.perform(operation)
            if on_demand:
                invitations(emulator, "everyone")
            if status >= 300:
                refused.append(f"{operation.method} {operation.path}: {status} {text}")
        assert refused == []
        logged = emulator.tenant(CONTOSO)["provisioning_log"]
        assert {entry["provisioningStatusInfo"]["status"] for entry in logged} >= {"failure", "success"}
        found, operations = contract.violations(emulator)
        assert found == []
        assert len(operations) > 120, sorted(operations)
