# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the impact on many users costs: requests by a formula, which gives at most 60 for ten thousand users, and processor time.

``LIFE=everything`` takes ten thousand users, otherwise fewer.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import crowd
from ansible_collections.entra.cross_tenant_sync.tests.support.cloud import Cloud
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO
from ansible_collections.entra.cross_tenant_sync.tests.support.life import NAME, TENANTS, living, task
from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import assignment, made_up_id

MOST = 10_000
PEOPLE = MOST if os.environ.get("LIFE") == "everything" else 2_000
SECONDS = 30
PAGE = 999
FIXED = 14
"""Requests for the configuration, its schema, the first external users and the roles of the target, whatever the number of users."""


def allowed(pages_each: int, users: int = PEOPLE) -> int:
    """So many collections of all users are read, 999 in a page."""
    return FIXED + pages_each * math.ceil(users / PAGE)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cloud, bytes]:
    cloud = crowd.synced(PEOPLE, tmp_path_factory.mktemp("crowd"))
    return cloud, cloud.save()


@pytest.fixture
def cloud(saved: tuple[Cloud, bytes]) -> Iterator[Cloud]:
    found, state = saved
    found.load(state)
    with living(found):
        yield found


def in_groups(cloud: Cloud) -> None:
    """All users are in the group Old, which is assigned instead of them, and a tenth of them also in the group New."""
    source = cloud.world.tenants[CONTOSO]
    (principal,) = source.service_principals.values()
    ids = list(source.users)
    for name, members in (("Old", ids), ("New", ids[: PEOPLE // 10])):
        group_id = made_up_id(name)
        source.groups[group_id] = {"id": group_id, "displayName": name, "deletedDateTime": None}
        source.members[group_id] = members
    made = assignment(principal, source.groups[made_up_id("Old")], "Group")
    source.assignments[str(principal["id"])] = {made["id"]: made}


def measured(cloud: Cloud, module: str, **options: Any) -> tuple[dict[str, Any], int]:
    """The result of a task in check mode, and the number of its requests to Graph; a batch is one."""
    cloud.arrivals.clear()
    began = time.process_time()
    result = task(cloud, module, "contoso", check=True, configuration=NAME, target=TENANTS["fabrikam"], **options)
    spent = time.process_time() - began
    assert not result.get("failed"), result
    assert not any(arrival.writes for arrival in cloud.arrivals)
    # The emulator runs in this process, so its own time is contained.
    assert spent < SECONDS * PEOPLE / MOST + 5, spent
    requests = len([arrival for arrival in cloud.arrivals if "/v1.0/" in arrival.path])
    print(f"{module} of {PEOPLE} users: {requests} requests, {spent:.1f} s of processor time with the emulator")
    return result, requests


NOBODY = {"scope_users": [], "scope_groups": [], "scope_exact": True, "scope_allow_empty": True}


def test_the_formula_keeps_the_budget() -> None:
    assert allowed(4, MOST) <= 60


def test_everybody_who_is_assigned_leaves(cloud: Cloud) -> None:
    """Assignments, their names, the accounts and their importance are read, nothing else of each user."""
    result, requests = measured(cloud, "impact_info", **NOBODY)
    assert result["impact"]["counts"] == {"soft_deleted": PEOPLE}
    assert result["impact"]["leaving"] == {"count": PEOPLE, "before": PEOPLE, "percent": 100.0}
    assert len(result["impact"]["users"]) == 50
    assert result["impact"]["more"] == PEOPLE - 50
    assert requests <= allowed(4)


def test_a_group_is_swapped(cloud: Cloud) -> None:
    in_groups(cloud)
    result, requests = measured(cloud, "impact_info", scope_groups=["New"], scope_exact=True)
    assert result["impact"]["leaving"] == {"count": PEOPLE - PEOPLE // 10, "before": PEOPLE, "percent": 90.0}
    assert requests <= allowed(3) + 1


@pytest.mark.parametrize("grouped", [True, False], ids=["a group", "one by one"])
def test_a_filter_lets_nobody_pass(cloud: Cloud, grouped: bool) -> None:
    """The attributes of all users are read: by the group that they are in, or page by page where that takes fewer requests."""
    if grouped:
        in_groups(cloud)
    clause = {"attribute": "department", "operator": "EQUALS", "values": ["Nowhere"]}
    result, requests = measured(cloud, "sync_mapping", filters=[{"name": "Nobody", "clauses": [clause]}])
    assert result["impact"]["leaving"]["count"] == PEOPLE
    assert result["impact"]["users"][0]["reason"] == "filter Nobody: department EQUALS 'Nowhere' does not hold"
    assert requests <= allowed(4)


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("sync_mapping", {"mappings": [{"target": "jobTitle", "constant": "Guest of Contoso"}], "display_name_suffix": " (C)"}),
        ("sync_mapping", {"user_type": "guest"}),
        ("impact_info", {"company_name": "Contoso", "harmful_only": True}),
    ],
    ids=["attributes", "the type of new users", "attributes, for a whole link"],
)
def test_a_change_that_can_do_no_harm_reads_no_user(cloud: Cloud, module: str, options: dict[str, Any]) -> None:
    result, _requests = measured(cloud, module, **options)
    assert result["impact"] is None
    assert not any("/users" in arrival.path for arrival in cloud.arrivals)
    fabrikam = str(TENANTS["fabrikam"]["tenant_id"])
    assert not any(fabrikam in arrival.path for arrival in cloud.arrivals), "it signed in to the target"
