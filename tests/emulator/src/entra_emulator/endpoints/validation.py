# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""validateCredentials: "test connection" (facts F11, F77)."""

from __future__ import annotations

from .. import errors
from ..bodies import GUID, Credentials, read
from ..call import NO_CONTENT, Call, Reply
from ..errors import GraphError
from ..provisioning.policies import Refusal, connection
from ..router import Operation
from ..service import synchronization
from .jobs import JOB, JOBS, TEMPLATE, find_job, has_template, sync_error

INCOMPLETE = Refusal("InvalidCredentials", "The credentials are incomplete: CompanyId and AuthenticationType SyncPolicy are required.")


def _failure(call: Call, refusal: Refusal) -> GraphError:
    """A failed test; the raw answer of Graph is not documented (F13)."""
    if call.settings.validation_failure == "wrapped":
        return sync_error(400, "BadRequest", f"{refusal.code}: {refusal.message}")
    return sync_error(400, refusal.code, refusal.message)


def _check(call: Call, credentials: dict[str, str]) -> None:
    company = credentials.get("CompanyId", "").lower()
    if not GUID.fullmatch(company) or credentials.get("AuthenticationType") != "SyncPolicy":
        raise _failure(call, INCOMPLETE)
    outcome = connection(call.world, call.tenant, {**credentials, "CompanyId": company}, call.settings)
    if isinstance(outcome, Refusal):
        raise _failure(call, outcome)


def validate(call: Call) -> Reply:
    """Both forms: on the collection, before any job exists, templateId is needed; on a job it is known."""
    if "job" in call.params:
        _principal, sync, _job = find_job(call)
    else:
        principal, sync = synchronization(call)
        if not has_template(principal):
            raise sync_error(404, "TemplateNotFound", "No synchronization template exists for this application.")
    sent = read(Credentials, call.body)
    if sent.templateId != TEMPLATE and ("job" not in call.params or sent.templateId is not None):
        raise errors.bad_request(f"Invalid value '{sent.templateId}' specified for parameter 'templateId'.", "BadRequest")
    given = {str(item.key): item.value or "" for item in sent.credentials or []}
    _check(call, dict(sync.secrets) if sent.useSavedCredentials else given)
    return NO_CONTENT


OPERATIONS = [
    Operation("POST", JOBS + "/validateCredentials", validate, body=True),
    Operation("POST", JOB + "/validateCredentials", validate, body=True),
]
