# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The provisioning log and the directory audit log (facts F124, F129)."""

from __future__ import annotations

import heapq
from datetime import timedelta

from .. import errors, odata
from ..call import Call, Reply
from ..odata import DIRECTORY_AUDIT, PROVISIONING, PROVISIONING_BY_ID
from ..provisioning.audited import Audited
from ..router import Operation
from ..state import GraphObject, moment, stamp


def _published(call: Call, entries: list[GraphObject]) -> list[GraphObject]:
    """Newest first; entries appear late and are kept for 30 or 7 days (F124)."""
    now = moment(call.world.clock)
    newest, oldest = (
        stamp(now - timedelta(seconds=call.settings.log_delay_seconds)),
        stamp(now - timedelta(days=call.settings.log_retention_days)),
    )
    return [entry for entry in reversed(entries) if oldest <= entry["activityDateTime"] <= newest]


def list_provisioning(call: Call) -> Reply:
    entries = _published(call, call.tenant.provisioning_log)
    if call.beta:
        entries = [{**entry, **_older_members(entry)} for entry in entries]
    return odata.collection(call, PROVISIONING if call.settings.log_filter == "listed" else PROVISIONING_BY_ID, entries)


def _older_members(entry: GraphObject) -> GraphObject:
    """What only beta still has: the action in a capital letter, and the status with the details of an error (F303)."""
    status = entry["provisioningStatusInfo"]
    error = status["errorInformation"]
    details = {"@odata.type": "#microsoft.graph.statusDetails", **error} if error else {}
    return {"action": str(entry["provisioningAction"]).capitalize(), "statusInfo": {**details, "status": status["status"]}}


def _audits(call: Call) -> list[GraphObject]:
    """What was changed in the tenant, and what the provisioning service did to each object (F302)."""
    if call.settings.audit_synchronization == "absent":
        return _published(call, call.tenant.audit_log)
    done = call.service.audited.setdefault(call.tenant.id, Audited()).of(call.tenant)
    return _published(call, list(heapq.merge(call.tenant.audit_log, done, key=lambda entry: str(entry["activityDateTime"]))))


def list_audits(call: Call) -> Reply:
    return odata.collection(call, DIRECTORY_AUDIT, _audits(call))


def count_audits(call: Call) -> Reply:
    return odata.count(call, DIRECTORY_AUDIT, _audits(call))


def get_audit(call: Call) -> Reply:
    for entry in _audits(call):
        if entry["id"] == call.params["audit"]:
            return odata.single(call, DIRECTORY_AUDIT, entry)
    raise errors.not_found(call.params["audit"])


OPERATIONS = [
    Operation("GET", "/auditLogs/provisioning", list_provisioning, query=odata.LIST),
    Operation("GET", "/auditLogs/directoryAudits", list_audits, query=odata.LIST),
    Operation("GET", "/auditLogs/directoryAudits/$count", count_audits, query=odata.COUNTED),
    Operation("GET", "/auditLogs/directoryAudits/{audit}", get_audit, query=odata.SINGLE),
]
