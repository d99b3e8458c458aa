# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sizing_info counts what is large, reads what is small, and says what it may not see."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.preflights import connection, grant, task

pytestmark = pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
LARGE = 2500
SEOUL = 1
"""Members of the group Sales Seoul."""


def size(emulator: Emulator, **options: Any) -> dict[str, Any]:
    """The sizing of the link, which changes nothing."""
    before = emulator.state()["tenants"]
    target = connection(emulator, FABRIKAM)
    found: dict[str, Any] = task(emulator, "sizing_info", CONTOSO, configuration="Fabrikam", target=target, **options)
    assert found["changed"] is False
    assert emulator.state()["tenants"] == before
    return dict(found["sizing"])


def calls(emulator: Emulator) -> int:
    """The requests to Graph since the last time, a batch as one."""
    sent = emulator.control("GET", "requests")["requests"]
    emulator.control("DELETE", "requests")
    return len([one for one in sent if one["path"].startswith(("/v1.0/", "/beta/")) and not one.get("batched")])


@pytest.fixture
def large(linked: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """A link with a group of many pages in scope."""
    members = [tenants.add_user(linked, f"person{number}", _netId=f"net{number}")["id"] for number in range(LARGE)]
    sales = tenants.groups(linked, "Sales")[0]
    linked["tenants"][CONTOSO]["members"][sales["id"]] = members
    tenants.assign(linked, sales, "Group")
    emulator.control("PUT", "state", linked)
    return linked


def test_a_large_group_is_counted(large: dict[str, Any], emulator: Emulator) -> None:
    del large
    emulator.control("DELETE", "requests")
    alone = size(emulator)
    assert calls(emulator) <= 8
    assert (alone["users"], alone["objects"], alone["first_cycle_minutes"]) == (LARGE, LARGE + 1, [26, 201])
    assert (alone["writes"], alone["write_minutes"]) == (None, None)
    several = size(emulator, scope_groups=["Sales Seoul"], scope_users=["minsu.kim@contoso.kr"])
    assert calls(emulator) <= 10
    assert several["users"] in (LARGE + SEOUL, LARGE + SEOUL + 1)
    assert "a user who is a member of several large groups in scope is counted several times" in " ".join(several["findings"])
    only = size(emulator, scope_groups=["Sales Seoul"], scope_exact=True)
    assert (only["users"], only["objects"], only["first_cycle_minutes"]) == (SEOUL, SEOUL + 1, [1, 30])
    everybody = size(emulator, scope_mode="all")
    assert everybody["users"] > LARGE
    assert everybody["first_cycle_minutes"] == [43, 86]


def test_what_does_not_suffice(linked: dict[str, Any], emulator: Emulator) -> None:
    for sku in linked["tenants"][CONTOSO]["licences"]:
        sku["prepaidUnits"]["enabled"] = 0
    emulator.control("PUT", "state", linked)
    found = size(emulator, scope_groups=["Sales Seoul"])
    assert found["licences_needed"] == SEOUL
    assert found["licences_found"] == 0
    assert found["findings"] == [
        f"Tenant {CONTOSO}: there is no licence with Entra ID P1; each synchronized user needs Entra ID P1 in the source; "
        "buy the missing licences"
    ]


def test_a_link_that_does_not_exist_yet(emulator: Emulator) -> None:
    differences = [{"module": "sync_configuration", "tenant": CONTOSO, "actions": [{"verb": "create"}, {"verb": "save"}], "basis": {}}]
    found = size(emulator, scope_groups=["Sales Seoul"], differences=differences)
    assert (found["users"], found["writes"], found["write_minutes"], found["findings"]) == (SEOUL, 2, 0.0, [])
    assert None not in found.values()


def test_what_may_not_be_read_is_not_known(linked: dict[str, Any], emulator: Emulator) -> None:
    grant(linked, {CONTOSO: ["Application.Read.All", "Synchronization.Read.All"], FABRIKAM: ["User.Read.All"]})
    emulator.control("PUT", "state", linked)
    found = size(emulator, scope_groups=["Sales Seoul"], differences=[])
    findings = found.pop("findings")
    assert found == dict.fromkeys(found) | {"writes": 0, "write_minutes": 0.0}
    beginnings = (
        f"Tenant {CONTOSO}: how many users are in scope is not known: ",
        f"Tenant {CONTOSO}: the number of licences with Entra ID P1 is not known: ",
        f"Tenant {FABRIKAM}: the quota of the directory is not known: ",
        f"Tenant {FABRIKAM}: the size of the cross-tenant access policy is not known: ",
    )
    assert [finding.startswith(beginning) for finding, beginning in zip(findings, beginnings, strict=True)] == [True] * 4, findings
    assert all("the application needs " in finding for finding in findings), findings


def test_a_group_that_does_not_exist(linked: dict[str, Any], emulator: Emulator) -> None:
    del linked
    found = size(emulator, scope_groups=["Sails"])
    assert found["users"] is None
    assert found["findings"] == [
        f"Tenant {CONTOSO}: how many users are in scope is not known: there is no group 'Sails'; give the display name or id of one that exists"
    ]
