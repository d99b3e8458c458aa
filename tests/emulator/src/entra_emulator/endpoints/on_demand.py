# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""provisionOnDemand (fact F131)."""

from __future__ import annotations

import json
from typing import Any

from .. import errors
from ..bodies import OnDemand, read
from ..call import Call, Reply
from ..provisioning import engine
from ..router import Operation
from .jobs import JOB, find_job, sync_error

ARRAY_KEY = "Microsoft.Identity.Health.CPP.Common.DataContracts.SyncFabric.StatusInfo"
MAXIMUM_MEMBERS = 5
TYPES = ("User", "Group")


def provision(call: Call) -> Reply:
    """Provisions one object now. A skipped object is an answer of 200 as well."""
    principal, sync, job = find_job(call)
    sent = read(OnDemand, call.body)
    if len(sent.parameters) != 1 or len(sent.parameters[0].subjects) != 1:
        raise errors.bad_request("Exactly one rule and one subject can be provisioned on demand.", "BadRequest")
    parameters, subject = sent.parameters[0], sent.parameters[0].subjects[0]
    if subject.objectTypeName not in TYPES:
        raise errors.bad_request(f"Invalid value '{subject.objectTypeName}' specified for property 'objectTypeName'.", "BadRequest")
    if subject.objectTypeName == "Group":
        if call.settings.on_demand_groups == "refused":
            raise sync_error(400, "EntityTypeNotSupported", "On-demand provisioning of groups is not supported for this application.")
        if subject.links and len(subject.links.members or []) > MAXIMUM_MEMBERS:
            raise errors.bad_request(f"At most {MAXIMUM_MEMBERS} members of a group can be provisioned on demand.", "BadRequest")
    rules = [rule.get("id") for rule in job.job_schema.get("synchronizationRules", [])]
    if parameters.ruleId not in rules:
        raise errors.bad_request(f"The synchronization rule '{parameters.ruleId}' was not found in the schema.", "BadRequest")
    if not sync.secrets.get("CompanyId"):
        raise sync_error(400, "InvalidCredentials", "The credentials of the synchronization job are not configured.")
    info = engine.provision_on_demand(
        call.world,
        call.tenant.id,
        principal["id"],
        job.id,
        parameters.ruleId,
        subject.objectId,
        subject.objectTypeName,
        call.settings,
    )
    return Reply(200, {"@odata.context": call.context("microsoft.graph.stringKeyStringValuePair"), **wrapped(call, info)})


def wrapped(call: Call, info: dict[str, Any]) -> dict[str, str]:
    """The two generations of the answer (F130)."""
    if call.settings.on_demand == "array":
        return {"key": ARRAY_KEY, "value": json.dumps([info], ensure_ascii=False)}
    status = info.get("statusInfo") or {}
    details = {"errorCode": status.get("errorCode"), "errorMessage": status.get("reason")} if status.get("errorCode") else {}
    return {
        "key": json.dumps({"result": status.get("status", "Success"), "details": details}),
        "value": json.dumps(info, ensure_ascii=False),
    }


OPERATIONS = [Operation("POST", JOB + "/provisionOnDemand", provision, body=True)]
