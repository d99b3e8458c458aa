# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rerun of a link whose target has many users who are none of its business."""

from __future__ import annotations

import json
from collections.abc import Callable

from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import made_up_id

from . import contestants
from .link import Arena
from .measure import Cost

USERS = 20
"""The users in scope."""
STRANGERS = 50_000


def reruns(here: Arena, strangers: int, repeats: int, report: Callable[[str], None]) -> dict[int, list[Cost]]:
    """The costs by the number of strangers: none, and as many as given."""
    costs: dict[int, list[Cost]] = {}
    for number in (0, strangers):
        here.states["settled"] = with_strangers(here.states["settled"], number)
        costs[number] = [here.work(contestants.OURS, "noop").cost for _repeat in range(repeats)]
        report(f"{number} strangers: {costs[number][-1].requests} requests, {costs[number][-1].wall:.2f} s")
    return costs


def with_strangers(state: bytes, number: int) -> bytes:
    """The state with so many employees more in the target."""
    world_now = json.loads(state)
    target = next(tenant for tenant in world_now["tenants"].values() if tenant["display_name"] == "Fabrikam")
    employee = next(user for user in target["users"].values() if "#EXT#" not in user["userPrincipalName"])
    for counted in range(number):
        name = f"employee{counted:05}@{target['domains'][0]}"
        names = {"userPrincipalName": name, "mail": name, "mailNickname": name.partition("@")[0], "displayName": f"Employee {counted:05}"}
        user = {**employee, **names, "id": made_up_id(name), "proxyAddresses": [f"SMTP:{name}"], "identities": []}
        target["users"][user["id"]] = user
    return json.dumps(world_now).encode()
