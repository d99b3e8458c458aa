# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provisioning templates and jobs: create, read, start, pause, restart, delete (facts F65, F69, F71)."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ValidationError

from .. import errors, odata
from ..audit import audit_provisioning
from ..bodies import NewJob, Restart, known_members, read
from ..call import NO_CONTENT, Call, Reply
from ..errors import GraphError
from ..odata import SYNCHRONIZATION_JOB, SYNCHRONIZATION_TEMPLATE
from ..provisioning import engine
from ..provisioning.status import new_job_status
from ..provisioning.template import azure2azure_schema
from ..router import Operation
from ..service import synchronization, written
from ..state import GraphObject, Job, Synchronization
from .templates import CROSS_TENANT_TEMPLATE

SYNC = "/servicePrincipals/{sp}/synchronization"
TEMPLATES = SYNC + "/templates"
JOBS = SYNC + "/jobs"
JOB = JOBS + "/{job}"
TEMPLATE = "Azure2Azure"
RESET_SCOPES = {
    "None": frozenset[str](),
    "ConnectorDataStore": frozenset({"ConnectorDataStore"}),
    "Escrows": frozenset({"Escrows"}),
    "Watermark": frozenset({"Watermark"}),
    "QuarantineState": frozenset({"QuarantineState"}),
    "Full": frozenset({"ConnectorDataStore", "Escrows", "Watermark", "QuarantineState"}),
    "ForceDeletes": frozenset({"ForceDeletes"}),
}
TEMPLATE_SCHEMA_ID, TEMPLATE_VERSION = f"{TEMPLATE}.{'0' * 32}", "v1.1"
"""Of the template's own schema (F304)."""
PORTAL_RESTART = frozenset({"QuarantineState", "Watermark", "Escrows"})
"""What an empty or omitted resetScope means (F74)."""


def sync_error(status: int, code: str, message: str) -> GraphError:
    """An error that the synchronization service does name."""
    return GraphError(status, code, message)


def has_template(principal: GraphObject) -> bool:
    """Whether provisioning is possible at all: a service principal from another template gives an unknown error (F69)."""
    return principal.get("applicationTemplateId") == CROSS_TENANT_TEMPLATE


def find_job(call: Call) -> tuple[GraphObject, Synchronization, Job]:
    """The job in the path. Its sub-resources see it at once; only reads of the job itself are replicated late."""
    principal, sync = synchronization(call)
    job = sync.jobs.get(call.params["job"])
    if job is None:
        raise no_job(call.params["job"])
    return principal, sync, job


def no_job(job_id: str) -> GraphError:
    return sync_error(404, "JobNotFound", f"Job '{job_id}' was not found.")


# Templates ----------------------------------------------------------------------------------------------------------


def _template(call: Call, principal: GraphObject) -> GraphObject:
    return {
        "id": TEMPLATE,
        "applicationId": principal["appId"],
        "factoryTag": TEMPLATE,
        "default": True,
        "discoverable": True,
        "description": None,
        "metadata": [{"key": key, "value": value} for key, value in _metadata(call)],
        "schema": {"id": TEMPLATE_SCHEMA_ID, "version": TEMPLATE_VERSION, "directories": [], "synchronizationRules": []},
    }


def _metadata(call: Call) -> list[tuple[str, str]]:
    """As a tenant shows it, with keys twice, or with the keys of the published type, which beta writes in another way (F304)."""
    gallery = [
        ("galleryApplicationIdentifier", CROSS_TENANT_TEMPLATE),
        ("galleryApplicationKey", "aad2aadsync"),
        ("isOAuthEnabled", "false"),
    ]
    if call.settings.template_metadata == "seen":
        policy = json.dumps([{"defaultLabel": "Tenant Id", "name": "companyId"}], separators=(",", ":"))
        twice = [("AzureIngestionAttributeOptimization", "False"), ("LookaheadQueryEnabled", "False")]
        return [*twice, *gallery, ("SyncPolicy", policy), ("SupportedAuthenticationTypes", '["SyncPolicy"]'), *twice]
    return gallery if call.beta else [(key[:1].upper() + key[1:], value) for key, value in gallery]


def list_templates(call: Call) -> Reply:
    principal, _synchronization = synchronization(call)
    context = f"servicePrincipals('{principal['id']}')/synchronization/templates"
    return odata.collection(call, SYNCHRONIZATION_TEMPLATE, _templates(call, principal), context=context)


def _templates(call: Call, principal: GraphObject) -> list[GraphObject]:
    return [_template(call, principal)] if has_template(principal) else []


def count_templates(call: Call) -> Reply:
    principal, _synchronization = synchronization(call)
    return odata.count(call, SYNCHRONIZATION_TEMPLATE, _templates(call, principal))


def require_template(call: Call) -> GraphObject:
    principal, _synchronization = synchronization(call)
    if not has_template(principal) or call.params["template"] != TEMPLATE:
        raise sync_error(404, "TemplateNotFound", f"Template '{call.params['template']}' was not found.")
    return principal


def get_template(call: Call) -> Reply:
    principal = require_template(call)
    context = f"servicePrincipals('{principal['id']}')/synchronization/templates/$entity"
    return odata.single(call, SYNCHRONIZATION_TEMPLATE, _template(call, principal), context=context)


# Jobs ---------------------------------------------------------------------------------------------------------------


def job_view(job: Job, sync: Synchronization) -> GraphObject:
    """A synchronizationJob (F65)."""
    settings = [
        {"name": "AzureIngestionAttributeOptimization", "value": "False"},
        {"name": "LookaheadQueryEnabled", "value": "False"},
    ]
    threshold = delete_threshold(sync)
    if threshold is not None:
        settings.append({"name": "QuarantineTooManyDeletesThreshold", "value": str(threshold)})
    return {
        "id": job.id,
        "templateId": job.template_id,
        "schedule": {"expiration": None, "interval": "PT40M", "state": job.schedule_state},
        "status": job.status,
        "synchronizationJobSettings": settings,
    }


class Notification(BaseModel):
    """The members of SyncNotificationSettings that concern the deletion guard."""

    DeleteThresholdEnabled: bool = False
    DeleteThresholdValue: int = 500


def delete_threshold(sync: Synchronization) -> int | None:
    """The deletion guard's threshold where it is on (F63)."""
    try:
        notification = Notification.model_validate_json(sync.secrets.get("SyncNotificationSettings", "{}"))
    except ValidationError:
        return None
    return notification.DeleteThresholdValue if notification.DeleteThresholdEnabled else None


def _context(principal: GraphObject, suffix: str = "") -> str:
    return f"servicePrincipals('{principal['id']}')/synchronization/jobs{suffix}"


def list_jobs(call: Call) -> Reply:
    principal, sync = synchronization(call)
    return odata.collection(call, SYNCHRONIZATION_JOB, _jobs(call, principal, sync), context=_context(principal))


def _jobs(call: Call, principal: GraphObject, sync: Synchronization) -> list[GraphObject]:
    seen = call.service.replicas.collection("job", call.tenant.id, sync.jobs, f"{principal['id']}/")
    return [job_view(job, sync) for job in seen.values()]


def count_jobs(call: Call) -> Reply:
    principal, sync = synchronization(call)
    return odata.count(call, SYNCHRONIZATION_JOB, _jobs(call, principal, sync))


def get_job(call: Call) -> Reply:
    principal, sync, job = find_job(call)
    seen = call.service.replicas.read("job", call.tenant.id, f"{principal['id']}/{job.id}", job)
    if seen is None:
        raise no_job(call.params["job"])
    return odata.single(call, SYNCHRONIZATION_JOB, job_view(seen, sync), context=_context(principal, "/$entity"))


def create_job(call: Call) -> Reply:
    principal, sync = synchronization(call)
    sent = read(NewJob, call.body)
    if not has_template(principal) or sent.templateId != TEMPLATE:
        raise sync_error(400, "InvalidTemplate", f"Template '{sent.templateId}' is not available for this application.")
    existing = next(iter(sync.jobs.values()), None)
    if existing is not None:
        if call.settings.second_job == "conflict":
            raise sync_error(409, "JobAlreadyExists", f"A job with template '{TEMPLATE}' already exists for this application.")
        return _created(call, principal, sync, existing)
    job_id = f"{TEMPLATE}.{call.tenant.id.replace('-', '')}.{principal['appId']}"
    status = new_job_status(call.settings.new_job_code)
    schema = {**azure2azure_schema(call.settings, principal["appId"], new_job=True), "id": job_id}
    job = Job(id=job_id, template_id=TEMPLATE, status=status, job_schema=schema)
    written(call, "job", f"{principal['id']}/{job_id}", None)
    sync.jobs[job_id] = job
    audit_provisioning(call, "Add provisioning configuration", principal)
    return _created(call, principal, sync, job)


def _created(call: Call, principal: GraphObject, sync: Synchronization, job: Job) -> Reply:
    status: int = call.settings.job_created_status
    return Reply(status, {"@odata.context": call.context(_context(principal, "/$entity")), **job_view(job, sync)})


def patch_job(call: Call) -> Reply:
    """Listed in the permission table, semantics undocumented (F65): nothing of a job is writable."""
    find_job(call)
    known_members(call.body, frozenset(), frozenset({"id", "templateId", "schedule", "status", "synchronizationJobSettings"}))
    return NO_CONTENT


def delete_job(call: Call) -> Reply:
    principal, sync, job = find_job(call)
    if job.schedule_state == "Active" and call.settings.delete_running_job == "refused":
        raise sync_error(409, "JobIsRunning", f"Job '{job.id}' has to be paused before it can be deleted.")
    written(call, "job", f"{principal['id']}/{job.id}", job)
    del sync.jobs[job.id]
    audit_provisioning(call, "Delete provisioning configuration", principal)
    return NO_CONTENT


def start_job(call: Call) -> Reply:
    principal, sync, job = find_job(call)
    _require_credentials(sync)
    engine.start(call.world, call.tenant.id, principal["id"], job.id)
    audit_provisioning(call, "Enable/start provisioning configuration", principal)
    return NO_CONTENT


def _require_credentials(sync: Synchronization) -> None:
    """A job without its connection cannot run: status NotConfigured (F72)."""
    if not sync.secrets.get("CompanyId") or not sync.secrets.get("AuthenticationType"):
        raise sync_error(400, "InvalidCredentials", "The credentials of the synchronization job are not configured.")


def pause_job(call: Call) -> Reply:
    principal, _synchronization, job = find_job(call)
    engine.pause(call.world, call.tenant.id, principal["id"], job.id, call.settings)
    audit_provisioning(call, "Disable/pause provisioning configuration", principal)
    return NO_CONTENT


def reset_scopes(text: str | None) -> set[str]:
    """The set a resetScope stands for: flags, separated by commas (F74)."""
    if text is None or not text.strip():
        return set(PORTAL_RESTART)
    scopes: set[str] = set()
    for name in text.split(","):
        if name.strip() not in RESET_SCOPES:
            raise errors.bad_request(f"Invalid value '{name.strip()}' specified for property 'resetScope'.", "BadRequest")
        scopes |= RESET_SCOPES[name.strip()]
    return scopes


def restart_job(call: Call) -> Reply:
    principal, sync, job = find_job(call)
    if call.owned_only and call.settings.owned_by_restart == "refused":
        raise errors.forbidden(call.request.path)
    sent: Any = read(Restart, call.body if isinstance(call.body, dict) else {})
    scopes = reset_scopes(sent.criteria.resetScope if sent.criteria else None)
    _require_credentials(sync)
    engine.restart(call.world, call.tenant.id, principal["id"], job.id, scopes, call.settings)
    audit_provisioning(call, "Enable/restart provisioning configuration", principal)
    return NO_CONTENT


OPERATIONS = [
    Operation("GET", TEMPLATES, list_templates, query=odata.LISTED),
    Operation("GET", TEMPLATES + "/$count", count_templates),
    Operation("GET", TEMPLATES + "/{template}", get_template, query=odata.SINGLE),
    Operation("GET", JOBS, list_jobs, query=odata.LISTED),
    Operation("GET", JOBS + "/$count", count_jobs),
    Operation("POST", JOBS, create_job, body=True),
    Operation("GET", JOB, get_job, query=odata.SINGLE),
    Operation("PATCH", JOB, patch_job, body=True),
    Operation("DELETE", JOB, delete_job),
    Operation("POST", JOB + "/start", start_job),
    Operation("POST", JOB + "/pause", pause_job),
    Operation("POST", JOB + "/restart", restart_job, body=True, optional_body=True),
]
