# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a link in the service, without ids and dates, so that two life cycles of it can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from entra_emulator.state import Tenant, World

from .cloud import Cloud
from .emulator import CONTOSO, FABRIKAM

Json = dict[str, Any]

_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_DATE = re.compile(r"(?!0001)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?")
_VERSION = re.compile(r'"version": "Date:[^"]*"')


def known_ids(world: World) -> frozenset[str]:
    """The ids of the objects that exist before any link, which are the same in every life cycle."""
    return frozenset(_ID.findall(world.model_dump_json()))


def normal(cloud: Cloud, known: frozenset[str]) -> Json:
    """The state of the link and of all users in the target."""
    world = cloud.world
    source, target = world.tenants[CONTOSO], world.tenants[FABRIKAM]
    state = {
        "restart owed": cloud.owes,
        "partners": {
            name: {"entries": tenant.access_policy.partners, "synchronization": tenant.access_policy.identity_synchronizations}
            for name, tenant in (("source", source), ("target", target))
        },
        "applications": sorted(application["displayName"] for application in source.applications.values()),
        "deleted applications": sorted(str(deleted.get("displayName")) for deleted in source.deleted_items.values()),
        "configurations": [_configuration(source, target, principal) for principal in _by_name(source.service_principals)],
        "people": {user["userPrincipalName"]: _person(target, user) for user in target.users.values()},
        "deleted people": sorted(str(deleted.get("userPrincipalName")) for deleted in target.deleted_items.values()),
        "people of the source": sorted(user["userPrincipalName"] for user in source.users.values()),
    }
    text = _VERSION.sub('"version": "?"', json.dumps(state, sort_keys=True, ensure_ascii=False))
    text = _ID.sub(lambda found: found[0] if found[0] in known else "<id>", text)
    found: Json = json.loads(_DATE.sub("<date>", text))
    return found


def _by_name(principals: Mapping[str, Json]) -> list[Json]:
    return sorted(principals.values(), key=lambda principal: str(principal["displayName"]))


def _configuration(source: Tenant, target: Tenant, principal: Json) -> Json:
    held = source.synchronizations.get(principal["id"])
    secrets = dict(held.secrets) if held else {}
    notification = secrets.pop("SyncNotificationSettings", "{}")
    roles = {role["id"]: role["displayName"] for role in principal.get("appRoles", ())}
    assigned = source.assignments.get(principal["id"], {}).values()
    return {
        "name": principal["displayName"],
        "tags": sorted(principal.get("tags") or ()),
        "enabled": principal.get("accountEnabled"),
        "settings": {**secrets, "SyncNotificationSettings": json.loads(notification)},
        "assignments": sorted(f"{assignment['principalDisplayName']} as {roles.get(assignment['appRoleId'])}" for assignment in assigned),
        "jobs": [
            {
                "state": job.schedule_state,
                "status": job.status.get("code"),
                "quarantine": (job.status.get("quarantine") or {}).get("reason"),
                "schema": job.job_schema,
                "held deletions": sorted(_name(source, deletion) for deletion in job.staged_deletes),
                "links": {_name(source, source_id): _name(target, linked) for source_id, linked in job.links.items()},
            }
            for job in (held.jobs.values() if held else ())
        ],
    }


def _name(tenant: Tenant, key: str) -> str:
    held = tenant.users.get(key) or tenant.groups.get(key) or tenant.deleted_items.get(key) or {}
    return str(held.get("mail") or held.get("userPrincipalName") or held.get("displayName"))


def _person(tenant: Tenant, user: Json) -> Json:
    shown = {name: value for name, value in user.items() if name not in ("id", "_netId")}
    manager = tenant.managers.get(user["id"])
    return {**shown, "manager": tenant.users[manager]["userPrincipalName"] if manager in tenant.users else manager}


def differences(desired: Any, found: Any, where: str = "") -> Iterator[str]:
    """The differences between two states, a line each."""
    if isinstance(desired, Mapping) and isinstance(found, Mapping):
        for name in sorted({*desired, *found}):
            if name not in found:
                yield f"{where}/{name} is missing"
            elif name not in desired:
                yield f"{where}/{name} exists"
            else:
                yield from differences(desired[name], found[name], f"{where}/{name}")
    elif isinstance(desired, list) and isinstance(found, list) and len(desired) == len(found):
        for number, (expected, actual) in enumerate(zip(desired, found, strict=True)):
            yield from differences(expected, actual, f"{where}/{number}")
    elif desired != found:
        yield f"{where} is {_short(found)}, not {_short(desired)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 200 else text[:200] + "..."


def deleted_and_created(world: World, since: int) -> tuple[set[str], set[str]]:
    """The users that the service deleted and created, according to its log from that entry on."""
    log = world.tenants[CONTOSO].provisioning_log[since:]
    users: dict[str, set[str]] = {"delete": set(), "create": set()}
    for entry in log:
        verb = str(entry["provisioningAction"]).lower()
        if verb in users and entry["provisioningStatusInfo"]["status"] == "success":
            users[verb].add(str(entry["sourceIdentity"]["details"].get("UserPrincipalName")))
    return users["delete"], users["create"]
