# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link of many users after its first cycle, in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from .cloud import Cloud
from .emulator import CONTOSO, FABRIKAM
from .tenants import assignment

CYCLE = 40 * 60


def name_of(number: int) -> str:
    """The user principal name of a user in the source; the numbers begin with 0."""
    return f"person{number:05}@contoso.kr"


def scenario(users: int, folder: Path) -> str:
    """The path of a scenario: the two tenants of the quick start, with as many users in the source, and a link without any in scope."""
    text = resources.files("entra_emulator").joinpath("scenarios/contoso-fabrikam.json").read_text()
    source, target = (_alone(tenant) for tenant in json.loads(text)["tenants"])
    source["people"] = [
        {"userPrincipalName": name_of(number), "displayName": f"Person {number:05}", "mail": name_of(number)} for number in range(users)
    ]
    link = {"source": CONTOSO, "target": FABRIKAM, "name": "Fabrikam"}
    path = folder / "crowd.json"
    path.write_text(json.dumps({"tenants": [source, target], "history": [{"link": link}]}))
    return str(path)


def _alone(tenant: Mapping[str, Any]) -> dict[str, Any]:
    """A tenant without groups, contacts and people."""
    return {name: value for name, value in tenant.items() if name not in ("groups", "contacts")} | {"people": []}


def synced(users: int, folder: Path, **behaviour: Any) -> Cloud:
    """A cloud in which a cycle has created the users in the target. All are assigned one by one."""
    cloud = Cloud({"initial_cycle_seconds_per_object": 0, **behaviour}, scenario=scenario(users, folder))
    source = cloud.world.tenants[CONTOSO]
    (principal,) = source.service_principals.values()
    source.assignments[str(principal["id"])] = {
        made["id"]: made for made in (assignment(principal, user) for user in source.users.values())
    }
    cloud.sleep(CYCLE)
    return cloud
