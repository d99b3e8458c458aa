# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""watch_info and coverage_info with thousands of users: few requests, no alarm for the unimportant, and nobody important is missed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import crowd, life
from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM

USERS, LEAVERS = 2_000, 1_000
REQUESTS = 60
"""The limit for each of the two modules. A batch is one."""


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """A link of many users, half of whom somebody has unassigned since the last cycle."""
    found = crowd.synced(USERS, tmp_path)
    (assigned,) = found.world.tenants[CONTOSO].assignments.values()
    for key in list(assigned)[:LEAVERS]:
        del assigned[key]
    return found


def ask(cloud: Cloud, module: str, **options: Any) -> tuple[dict[str, Any], int]:
    """The answer, and how many requests it took."""
    cloud.calm()
    with life.living(cloud):
        found = life.task(cloud, module, "contoso", target=life.TENANTS["fabrikam"], **options)
    assert not found.get("failed"), found
    assert not [arrival for arrival in cloud.arrivals if arrival.writes]
    return found, len([arrival for arrival in cloud.arrivals if "/oauth2/" not in arrival.path])


def test_a_thousand_unimportant_leavers_raise_no_alarm_and_one_important_one_does(cloud: Cloud) -> None:
    quiet, requests = ask(cloud, "watch_info", configuration="Fabrikam")
    assert quiet["verdict"] == "nothing"
    assert quiet["next_cycle"]["removes"] == quiet["not_in_scope"]["removed"] == LEAVERS
    assert quiet["importance"]["roles"] == "checked"
    assert (len(quiet["users"]), quiet["more"]) == (50, LEAVERS - 50)
    assert requests <= REQUESTS

    user = list(cloud.world.tenants[FABRIKAM].users.values())[LEAVERS // 2]
    user["_directoryRoles"] = ["Global Administrator"]
    loud, _requests = ask(cloud, "watch_info", configuration="Fabrikam", impact_limit=3)
    assert loud["verdict"] == "something"
    assert [each["target_id"] for each in loud["protected"]] == [user["id"]]
    assert loud["users"][0]["target_id"] == user["id"]


def test_coverage_of_many_users(cloud: Cloud) -> None:
    found, requests = ask(cloud, "coverage_info", limit=10)
    assert found["users"]["total"] == found["accounts"]["total"] == USERS
    assert found["users"]["arrived"]["count"] == found["accounts"]["maintained"]["count"] == USERS - LEAVERS
    assert found["accounts"]["removed"]["count"] == LEAVERS
    assert (len(found["accounts"]["removed"]["users"]), found["accounts"]["removed"]["more"]) == (10, LEAVERS - 10)
    assert requests <= REQUESTS
