# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioning of one object on demand (F131)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from entra_emulator.provisioning import cycle, groups, logs, mapping, policies, population, references
from entra_emulator.provisioning.executing import execute
from entra_emulator.provisioning.model import Outcome, Plan, Run
from entra_emulator.provisioning.planning import NOT_ENTITLED, SKIPPED, plan
from entra_emulator.provisioning.population import Candidate
from entra_emulator.settings import Settings
from entra_emulator.state import Job, World, moment, new_id, stamp

Json = dict[str, Any]


class UnknownRule(LookupError):
    """The rule id is none of the schema's."""


def provision_on_demand(
    world: World, tenant_id: str, sp_id: str, job_id: str, rule_id: str, object_id: str, object_type: str, settings: Settings
) -> Json:
    """Provision one object now, whatever the job's schedule; the StatusInfo object of the response (F131)."""
    job = world.tenants[tenant_id].synchronizations[sp_id].jobs[job_id]
    if rule_id not in {rule.get("id") for rule in job.job_schema.get("synchronizationRules") or []}:
        raise UnknownRule(f"The synchronization rule '{rule_id}' does not exist in the schema.")
    run = cycle.prepare(world, tenant_id, sp_id, job_id, settings, moment(world.clock))
    if isinstance(run, policies.Refusal):
        return _refused(object_id, object_type, run, world.clock)
    run.on_demand = run.corrects_names = True
    outcome = _group(run, object_id) if object_type == "Group" else _person(run, job, object_id)
    entry = logs.entry(run, outcome)
    run.source.provisioning_log.append(entry)
    return status_info(entry)


def _person(run: Run, job: Job, object_id: str) -> Outcome:
    all_users = population.sync_all(run.source, run.sp_id, job)
    candidate = population.candidate(run.source, object_id, run.assigned, all_users)
    if candidate.user is None:
        return Outcome(Plan(candidate, "fail"), "other", "failure", "ImportSkipped", f"The object {object_id} could not be found.")
    if not run.mapping.enabled:
        return Outcome(Plan(candidate, "skip"), "other", "skipped", SKIPPED, "The object mapping is not enabled.")
    outcome = execute(run, plan(run, candidate))
    if outcome.status == "success" or outcome.code == "RedundantExport":
        change = references.link_manager(run, object_id)
        if change is not None and outcome.status == "success":
            outcome.modified.append(change)
        elif change is not None:
            return references.manager_outcome(run, object_id, change)
    return outcome


def _group(run: Run, object_id: str) -> Outcome:
    compiled = mapping.object_mapping(run.job.job_schema, "Group")
    candidate = Candidate(object_id, run.source.groups.get(object_id), False, object_id in run.assigned.groups, False)
    if compiled is None or candidate.user is None:
        return Outcome(Plan(candidate, "fail"), "other", "failure", "ImportSkipped", f"The object {object_id} could not be found.")
    if not run.assigned.groups.get(object_id):
        reason = "The group is not assigned to the application."
        return Outcome(Plan(candidate, "skip"), "other", "skipped", NOT_ENTITLED, reason, kind="Group")
    done = groups.one(run, compiled, object_id)
    reason = "The state of the entry in both the source and target systems already match."
    return done or Outcome(Plan(candidate, "skip"), "other", "skipped", "RedundantExport", reason, kind="Group")


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def status_info(entry: Json) -> Json:
    """A provisioning log entry in the words of provisionOnDemand: capitalised, with a timestamp for each step."""
    began: datetime = moment(entry["activityDateTime"])
    ended = stamp(began + timedelta(milliseconds=entry["durationInMilliseconds"]))
    information = entry["provisioningStatusInfo"]["errorInformation"] or {}
    return {
        "action": _capital(entry["provisioningAction"]),
        "changeId": entry["changeId"],
        "startTime": entry["activityDateTime"],
        "endTime": ended,
        "reportableIdentifier": entry["sourceIdentity"]["details"].get("UserPrincipalName") or entry["sourceIdentity"]["displayName"],
        "modifiedProperties": entry["modifiedProperties"],
        "provisioningSteps": [_step(step, entry["activityDateTime"]) for step in entry["provisioningSteps"]],
        "statusInfo": {
            "status": _capital(entry["provisioningStatusInfo"]["status"]),
            "errorCode": information.get("errorCode"),
            "reason": information.get("reason"),
            "additionalDetails": information.get("additionalDetails"),
            "errorCategory": _capital(information["errorCategory"]) if information else None,
            "recommendedAction": information.get("recommendedAction"),
        },
        **{name: _identity(entry[name]) for name in ("sourceIdentity", "targetIdentity")},
        **{name: _system(entry[name]) for name in ("sourceSystem", "targetSystem")},
    }


def _step(step: Json, at: str) -> Json:
    return {
        "name": step["name"].replace("EntryImportAdd", "EntryImport").replace("EntryImportUpdate", "EntryImport"),
        "type": _capital(step["provisioningStepType"]),
        "status": _capital(step["status"]),
        "description": step["description"],
        "timestamp": at,
        "details": step["details"],
    }


def _identity(identity: Json) -> Json:
    return {
        "id": identity["id"],
        "type": identity["identityType"],
        "displayName": identity["displayName"],
        "details": identity["details"],
    }


def _system(system: Json) -> Json:
    return {"id": system["id"], "name": system["displayName"], "details": system["details"]}


def _refused(object_id: str, object_type: str, refusal: policies.Refusal, at: str) -> Json:
    """Both tenants' policies are checked before anything is read."""
    identity = {"id": object_id, "type": object_type, "displayName": "", "details": {}}
    information = {"errorCode": refusal.code, "reason": refusal.message, "additionalDetails": None}
    return {
        "action": "Other",
        "changeId": new_id(),
        "startTime": at,
        "endTime": at,
        "reportableIdentifier": object_id,
        "modifiedProperties": [],
        "provisioningSteps": [],
        "statusInfo": {"status": "Failure", **information, "errorCategory": "NonServiceFailure", "recommendedAction": None},
        "sourceIdentity": identity,
        "targetIdentity": {**identity, "id": ""},
        "sourceSystem": {"id": "", "name": "", "details": {}},
        "targetSystem": {"id": "", "name": "", "details": {}},
    }
