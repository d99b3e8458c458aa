# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioning log entries of the source tenant and audit entries of both (F125, F129)."""

from __future__ import annotations

import json
from typing import Any

from entra_emulator.provisioning import template
from entra_emulator.provisioning.functions import text
from entra_emulator.provisioning.model import Outcome, Run
from entra_emulator.state import GraphObject, Tenant, new_id

Json = dict[str, Any]

SERVICE = "Azure AD Provisioning Service"
FABRIC = "Microsoft.Azure.SyncFabric"
_EXPORTS = {"create": "Add", "update": "Update", "delete": "Delete", "disable": "Update", "stagedDelete": "Delete"}
REDACTED = "[Redact]"
_GERUND = {"Add": "created", "Update": "updated", "Delete": "deleted"}


def entry(run: Run, outcome: Outcome) -> Json:
    """One `provisioningObjectSummary` (F125)."""
    source_name, target_name = template.directory_names(run.settings)
    principal = run.source.service_principals.get(run.sp_id, {})
    return {
        "id": new_id(),
        "activityDateTime": run.at,
        "tenantId": run.source.id if run.settings.log_tenant_id == "source" else run.target.id,
        "jobId": run.job.id,
        "cycleId": run.id,
        "changeId": new_id(),
        "durationInMilliseconds": 640,
        "provisioningAction": outcome.action,
        "provisioningStatusInfo": {"status": outcome.status, "errorInformation": _error(outcome)},
        "provisioningSteps": [_without(step, run.redacted.get(outcome.kind)) for step in steps(outcome, source_name, target_name)],
        "modifiedProperties": [_concealed(change, run.redacted.get(outcome.kind)) for change in outcome.modified],
        "servicePrincipal": {"id": run.sp_id, "displayName": principal.get("displayName")},
        "sourceSystem": {"id": template.SOURCE_DIRECTORY_ID, "displayName": source_name, "details": {}},
        "targetSystem": {
            "id": template.TARGET_DIRECTORY_ID,
            "displayName": target_name,
            "details": {
                "ApplicationId": principal.get("appId"),
                "ServicePrincipalId": run.sp_id,
                "ServicePrincipalDisplayName": principal.get("displayName"),
            },
        },
        "initiatedBy": {"id": "", "displayName": SERVICE, "initiatorType": "system"},
        "sourceIdentity": _source_identity(outcome),
        "targetIdentity": _target_identity(outcome),
    }


def _concealed(change: Json, names: frozenset[str] | None) -> Json:
    """A modified property whose values are not shown (F300)."""
    if not names or change["displayName"] not in names:
        return change
    return {name: value if name == "displayName" or value is None else REDACTED for name, value in change.items()}


def _without(step: Json, names: frozenset[str] | None) -> Json:
    if not names:
        return step
    return {**step, "details": {name: REDACTED if name in names else value for name, value in step["details"].items()}}


def _error(outcome: Outcome) -> Json | None:
    if not outcome.code:
        return None
    ours = outcome.code in ("InternalError", "Timeout", "TooManyRequests")
    category = "success" if outcome.status == "skipped" else "failure" if ours else "nonServiceFailure"
    return {
        "errorCode": outcome.code,
        "reason": outcome.reason,
        "additionalDetails": None,
        "errorCategory": category,
        "recommendedAction": None,
    }


def _source_identity(outcome: Outcome) -> Json:
    label = outcome.label
    details = {"id": outcome.plan.candidate.id, "odatatype": outcome.kind, "DisplayName": label.get("displayName") or ""}
    if outcome.kind == "User":
        details["UserPrincipalName"] = label.get("userPrincipalName") or ""
    return {
        "id": outcome.plan.candidate.id,
        "displayName": label.get("displayName") or "",
        "identityType": outcome.kind,
        "details": details,
    }


def _target_identity(outcome: Outcome) -> Json:
    target = outcome.target or {}
    details = {"UserPrincipalName": target["userPrincipalName"]} if target.get("userPrincipalName") else {}
    return {
        "id": target.get("id") or "",
        "displayName": target.get("displayName") or "",
        "identityType": outcome.kind,
        "details": details,
    }


def _step(name: str, kind: str, status: str, description: str, details: Json | None = None) -> Json:
    return {"name": name, "provisioningStepType": kind, "status": status, "description": description, "details": details or {}}


def steps(outcome: Outcome, source: str, target: str) -> list[Json]:
    """`provisioningSteps`: import, scoping, matching, processing, export (F125, F132), in the how-to's words. All details are strings."""
    plan, what = outcome.plan, f"{outcome.kind} '{_who(outcome)}'"
    export = _EXPORTS.get(outcome.action)
    imported = {name: text(value) for name, value in plan.source.items() if value is not None and not name.startswith("_")}
    name = f"EntryImport{export}" if export else "EntryImport"
    received = f"Received {what} change of type ({export})" if export else f"Retrieved {what}"
    result = [_step(name, "import", "success", f"{received} from {source}", imported)]
    if plan.verdict is not None:
        result.append(_scoping_step(outcome))
    if outcome.target:
        details = {"id": str(outcome.target["id"]), "displayName": text(outcome.target.get("displayName"))}
        result.append(_step("EntryImport", "matching", "success", f"Matched {what} in {target}", details))
    if export is None or outcome.action == "stagedDelete":
        details = {"SkipReason": outcome.code} if outcome.code else {}
        result.append(_step("EntrySynchronizationSkip", "processing", outcome.status, outcome.reason, details))
        return result
    values = {change["displayName"]: change["newValue"] for change in outcome.modified}
    description = f"{what} will be {_GERUND[export]} in {target}"
    if export == "Add":
        description += f" ({outcome.kind} is active and assigned in {source}, but no matching {outcome.kind} was found in {target})"
    result.append(_step(f"EntrySynchronization{export}", "processing", "success", description, values))
    description = outcome.reason or f"{what} was {_GERUND[export]} in {target}"
    details = values if outcome.status != "failure" else {"ErrorCode": outcome.code, "ErrorMessage": outcome.reason}
    result.append(_step(f"EntryExport{export}", "export", outcome.status, description, details))
    return result


def _who(outcome: Outcome) -> str:
    return str(outcome.label.get("userPrincipalName") or outcome.label.get("displayName") or outcome.plan.candidate.id)


def _scoping_step(outcome: Outcome) -> Json:
    plan = outcome.plan
    verdict = plan.verdict
    assert verdict is not None
    person = plan.candidate
    passed = verdict.passed and person.entitled and not person.deleted
    details = {
        "Active in the source system": str(bool(plan.source.get("accountEnabled", True)) and not person.deleted),
        "Assigned to the application": str(person.assigned),
        "User has the required role": str(person.entitled),
        "Scoping filter evaluation passed": str(verdict.passed),
        "ScopeEvaluationResult": json.dumps(verdict.results),
        "IsInProvisioningScope": str(passed),
    }
    status = "success" if passed else "skipped"
    return _step(
        "EntrySynchronizationScoping",
        "scoping",
        status,
        f"Determine if {outcome.kind} in scope by evaluating against each scoping filter",
        details,
    )


def audit(run: Run, activity: str, operation: str, thing: GraphObject, modified: list[Json], kind: str = "User") -> None:
    """A directory audit entry of the target tenant, by Microsoft.Azure.SyncFabric (F129)."""
    resource = {
        "id": thing["id"],
        "displayName": thing.get("displayName"),
        "type": kind,
        "userPrincipalName": thing.get("userPrincipalName") if kind == "User" else None,
        "groupType": None,
        "modifiedProperties": [{name: _quoted(name, value) for name, value in change.items()} for change in modified],
    }
    app = {"appId": None, "displayName": FABRIC, "servicePrincipalId": None, "servicePrincipalName": None}
    category = "UserManagement" if kind == "User" else "GroupManagement"
    _append_audit(run.target, run, activity, category, "Core Directory", operation, app, [resource])


def _quoted(name: str, value: Any) -> Any:
    return value if name == "displayName" or value is None else json.dumps([value], ensure_ascii=False)


def audit_quarantine(run: Run, reason: str) -> None:
    """The source tenant's own record of a quarantine (F129)."""
    principal = run.source.service_principals.get(run.sp_id, {})
    resource: Json = {
        "id": run.sp_id,
        "displayName": principal.get("displayName"),
        "type": "ServicePrincipal",
        "userPrincipalName": None,
        "groupType": None,
        "modifiedProperties": [],
    }
    app = {"appId": None, "displayName": SERVICE, "servicePrincipalId": None, "servicePrincipalName": None}
    _append_audit(run.source, run, "Quarantine", "ProvisioningManagement", "Account Provisioning", "Update", app, [resource], reason)


def _append_audit(
    tenant: Tenant, run: Run, activity: str, category: str, service: str, operation: str, app: Json, resources: list[Json], reason: str = ""
) -> None:
    tenant.audit_log.append(
        {
            "id": f"Directory_{new_id()}",
            "category": category,
            "correlationId": run.id,
            "result": "success",
            "resultReason": reason,
            "activityDisplayName": activity,
            "activityDateTime": run.at,
            "loggedByService": service,
            "operationType": operation,
            "initiatedBy": {"user": None, "app": app},
            "targetResources": resources,
            "additionalDetails": [],
        }
    )
