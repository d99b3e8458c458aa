# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More assignments than the service takes at once: the client slows down before it is told to (fact F20)."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import task

pytestmark = pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
PEOPLE = 3500
"""More than the 3,000 writes of 150 seconds and what is added while they are sent."""


def test_the_quota_of_writes_is_used_and_not_exceeded(linked: dict[str, Any], emulator: Emulator) -> None:
    people = [tenants.add_user(linked, f"person{number}", _netId=f"net{number}")["userPrincipalName"] for number in range(PEOPLE)]
    emulator.control("PUT", "state", linked)
    emulator.control("PUT", "settings", {"throttling": True})
    emulator.control("DELETE", "requests")

    result = task(emulator, "sync_scope", CONTOSO, configuration="Fabrikam", users=people)

    assert len(result["actions"]) == len(people)
    assert result["scope"]["assigned_users"] == len(people)
    sent = emulator.control("GET", "requests")["requests"]
    writes = [one for one in sent if one["method"] == "POST" and one["path"].endswith("/appRoleAssignedTo")]
    assert [one["status"] for one in writes] == [201] * len(people)
