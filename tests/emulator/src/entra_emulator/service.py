# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything the emulator holds while it runs, and how handlers look objects up."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from . import errors
from .call import Call
from .faults import FaultPlan
from .lag import Replicas
from .provisioning import template
from .provisioning.audited import Audited
from .requestlog import RequestLog
from .settings import Settings
from .signing import SigningKey
from .state import GraphObject, Synchronization, Tenant, World, moment
from .throttle import Throttle
from .traffic import Traffic


@dataclass
class Service:
    """One emulated cloud."""

    world: World
    settings: Settings = field(default_factory=Settings)
    key: SigningKey = field(default_factory=SigningKey)
    replicas: Replicas = field(default_factory=Replicas)
    throttle: Throttle = field(default_factory=Throttle)
    log: RequestLog = field(default_factory=RequestLog)
    traffic: Traffic = field(default_factory=Traffic)
    faults: FaultPlan = field(default_factory=FaultPlan)
    transient_errors: dict[str, int] = field(default_factory=dict)
    """How many transient failures each service principal's synchronization endpoints have given (F4)."""
    exchange_pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Commands to Exchange of which there are more pages, by what their addresses hold (F148)."""
    audited: dict[str, Audited] = field(default_factory=dict)
    """What the audit logs say of the work of the provisioning service, by tenant (F302)."""
    blocked_partners: dict[tuple[str, str], int] = field(default_factory=dict)
    """Soft-deleted partners whose re-creation still answers 409, by tenant and partner, with the tries left (F37)."""

    def __post_init__(self) -> None:
        self.replicas.now = self._lag_clock
        self._complete_schemas()

    def _lag_clock(self) -> float:
        """The time that ``lag_seconds`` counts by."""
        return moment(self.world.clock).timestamp() if self.settings.lag_clock == "virtual" else time.monotonic()

    def load(self, world: World) -> None:
        """Replaces the whole state; nothing of the old one lingers."""
        self.world = world
        self._complete_schemas()
        self.replicas.stale.clear()
        self.transient_errors.clear()
        self.blocked_partners.clear()
        self.audited.clear()
        self.exchange_pages.clear()

    def _complete_schemas(self) -> None:
        """Gives the schemas without directories those of the template, all of them the same ones: a state of many jobs stays small."""
        shared = template.directories(self.settings)
        for tenant in self.world.tenants.values():
            for held in tenant.synchronizations.values():
                for job in held.jobs.values():
                    if job.job_schema:
                        job.job_schema.setdefault("directories", shared)


def tenant_of(world: World, name: str) -> Tenant | None:
    """The tenant with this id or verified domain."""
    wanted = name.lower()
    for tenant in world.tenants.values():
        if wanted in (tenant.id.lower(), tenant.initial_domain.lower(), *(domain.lower() for domain in tenant.domains)):
            return tenant
    return None


# Lookups through the replicas (F14) ---------------------------------------------------------------------------------


def written(call: Call, kind: str, key: str, before: Any) -> None:
    """Notes a write; call it before the change."""
    call.service.replicas.written(call.settings, kind, call.tenant.id, key, before)


def find_service_principal(call: Call) -> GraphObject:
    """The service principal in the path, by object id or appId; 404 when absent or not replicated."""
    if "app" in call.params:
        app_id = call.params["app"].lower()
        held = next((item for item in call.tenant.service_principals.values() if item["appId"].lower() == app_id), None)
        key = str(held["id"]) if held else call.params["app"]
    else:
        key = call.params["sp"].lower()
        held = call.tenant.service_principals.get(key)
    seen = call.service.replicas.read("application", call.tenant.id, f"servicePrincipal/{key}", held)
    if seen is None or held is None:
        raise errors.not_found(call.params.get("app") or call.params["sp"])
    require_owned(call, held)
    return held


def require_owned(call: Call, item: GraphObject) -> None:
    """Refuses a caller with only OwnedBy permissions an object it did not create (F136)."""
    if call.owned_only and item.get("_owner") != call.caller.client_id:
        raise errors.forbidden(call.request.path)


def synchronization(call: Call) -> tuple[GraphObject, Synchronization]:
    """The service principal in the path and what hangs below its /synchronization, after its transient failures (F4)."""
    principal = find_service_principal(call)
    sp_id = str(principal["id"])
    given = call.service.transient_errors.get(sp_id, 0)
    if given < call.settings.transient_synchronization_errors:
        call.service.transient_errors[sp_id] = given + 1
        if given % 2 == 0:
            raise errors.GraphError(403, "UnknownError", "")
        raise errors.GraphError(409, "UnknownError", "")
    return principal, call.tenant.synchronizations.setdefault(sp_id, Synchronization())
