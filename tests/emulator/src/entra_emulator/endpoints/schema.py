# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's schema: mappings, scoping filters, and the services around them (fact F84)."""

from __future__ import annotations

from typing import Any

from .. import errors
from ..audit import audit_provisioning
from ..bodies import ParseExpression, read, without_annotations
from ..call import NO_CONTENT, Call, Reply
from ..errors import GraphError
from ..provisioning import engine, schema_rules, template
from ..provisioning.dates import NOW
from ..provisioning.expressions import ExpressionError, evaluate, parse, to_source
from ..router import Operation
from ..schema_bodies import DOCUMENTED, Schema, flow_type_problems
from ..state import GraphObject, Job, new_id
from .jobs import JOB, PORTAL_RESTART, find_job

SCHEMA = JOB + "/schema"
MAXIMUM_EXPRESSION = 10_000


def _context(call: Call, principal: GraphObject, job: Job, rest: str) -> str:
    return call.context(f"servicePrincipals('{principal['id']}')/synchronization/jobs('{job.id}')/schema{rest}")


def get_schema(call: Call) -> Reply:
    principal, _synchronization, job = find_job(call)
    return Reply(200, {"@odata.context": _context(call, principal, job, "/$entity"), **job.job_schema})


def _member_names(value: Any) -> set[str]:
    """The names of all members, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(_member_names, value.values()))
    return set().union(*map(_member_names, value)) if isinstance(value, list) else set()


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(member, names) for name, member in value.items() if name not in names}
    return [_without(element, names) for element in value] if isinstance(value, list) else value


def _invalid(call: Call, problem: str) -> GraphError:
    """A refused schema; the raw answer is not documented (F13)."""
    if call.settings.schema_invalid == "BadRequest":
        return errors.bad_request(f"schemaInvalid: {problem}", "BadRequest")
    return errors.bad_request(problem, "schemaInvalid")


def put_schema(call: Call) -> Reply:
    """Replaces the whole schema: what is left out is gone (F82). Only the directories, a navigation property, may be left out."""
    principal, _synchronization, job = find_job(call)
    new: GraphObject = without_annotations(call.body)
    # What the service itself put into the schema comes back, documented or not (F82).
    checked = _without(new, _member_names(job.job_schema) - DOCUMENTED)
    read(Schema, checked)
    if "directories" not in new:
        new["directories"] = checked["directories"] = job.job_schema.get("directories", [])
    problems = flow_type_problems(checked) or schema_rules.problems(job.job_schema, checked, call.settings.operator_literals)
    if problems:
        raise _invalid(call, problems[0])
    new["id"] = job.id
    new["version"] = f"Date:{call.world.clock}, ActivityId:{new_id()}"
    old = job.job_schema
    job.job_schema = new
    if any(new.get(name) != old.get(name) for name in ("synchronizationRules", "directories")):
        _changed(call, principal, job, old)
    return NO_CONTENT


def _changed(call: Call, principal: GraphObject, job: Job, old: GraphObject) -> None:
    """A change of mappings begins a full cycle automatically, or not (F83)."""
    if call.settings.schema_put_restarts:
        if job.schedule_state == "Active":
            engine.restart(call.world, call.tenant.id, principal["id"], job.id, set(PORTAL_RESTART))
        else:
            engine.schema_changed(call.world, call.tenant.id, principal["id"], job.id)
    audit_provisioning(call, "Update attribute mappings or scope", principal, _of_users(old), _of_users(job.job_schema))


def _of_users(schema: GraphObject) -> dict[str, Any]:
    """What an entry of the audit log names: each attribute, the filters, and the actions, of the first mapping."""
    mapping: GraphObject = next((mapping for rule in schema.get("synchronizationRules", []) for mapping in rule["objectMappings"]), {})
    attributes = {row["targetAttributeName"]: row for row in mapping.get("attributeMappings", [])}
    return {**attributes, "scope": mapping.get("scope"), "flowTypes": mapping.get("flowTypes")}


def delete_schema(call: Call) -> Reply:
    """Restores the template's schema (F82)."""
    principal, _synchronization, job = find_job(call)
    old = job.job_schema
    job.job_schema = {**template.azure2azure_schema(call.settings, principal["appId"]), "id": job.id}
    _changed(call, principal, job, old)
    return NO_CONTENT


def filter_operators(call: Call) -> Reply:
    principal, _synchronization, job = find_job(call)
    context = _context(call, principal, job, "/filterOperators")
    return Reply(200, {"@odata.context": context, "value": template.filter_operators(call.settings)})


def functions(call: Call) -> Reply:
    principal, _synchronization, job = find_job(call)
    return Reply(200, {"@odata.context": _context(call, principal, job, "/functions"), "value": template.functions(call.settings)})


def parse_expression(call: Call) -> Reply:
    """Parses, and evaluates when a test object is given; an expression that fails is still an answer of 200 (F88)."""
    find_job(call)
    sent = read(ParseExpression, call.body)
    body: dict[str, Any] = {
        "@odata.context": call.context("microsoft.graph.parseExpressionResponse"),
        "parsingSucceeded": False,
        "evaluationSucceeded": False,
        "evaluationResult": [],
        "parsedExpression": None,
        "error": None,
    }
    try:
        if len(sent.expression) > MAXIMUM_EXPRESSION:
            raise ExpressionError(f"The expression is longer than {MAXIMUM_EXPRESSION} characters.")
        expression = parse(sent.expression)
    except ExpressionError as problem:
        return Reply(200, {**body, "error": _public_error("ParsingFailed", str(problem))})
    body.update({"parsingSucceeded": True, "parsedExpression": to_source(expression)})
    if sent.testInputObject is None:
        return Reply(200, body)
    attributes = {pair.key: pair.value for pair in sent.testInputObject.properties or []}
    try:
        value = evaluate(expression, {**attributes, NOW: call.world.clock}, call.settings)
    except ExpressionError as problem:
        return Reply(200, {**body, "error": _public_error("EvaluationFailed", str(problem))})
    values = value if isinstance(value, list) else [] if value is None else [value]
    return Reply(200, {**body, "evaluationSucceeded": True, "evaluationResult": [str(element) for element in values]})


def _public_error(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "target": None, "details": [], "innerError": None}


def discover(call: Call) -> Reply:
    principal, _synchronization, job = find_job(call)
    for directory in job.job_schema.get("directories", []):
        if directory["id"] == call.params["directory"]:
            found = {**directory, "discoveryDateTime": call.world.clock}
            return Reply(200, {"@odata.context": _context(call, principal, job, "/directories/$entity"), **found})
    raise errors.not_found(call.params["directory"])


OPERATIONS = [
    Operation("GET", SCHEMA, get_schema, query=frozenset({"$expand"})),
    Operation("PUT", SCHEMA, put_schema, body=True),
    Operation("DELETE", SCHEMA, delete_schema),
    *[Operation("GET", f"{SCHEMA}/filterOperators{suffix}", filter_operators) for suffix in ("", "()")],
    *[Operation("GET", f"{SCHEMA}/functions{suffix}", functions) for suffix in ("", "()")],
    Operation("POST", SCHEMA + "/parseExpression", parse_expression, body=True),
    Operation("POST", SCHEMA + "/directories/{directory}/discover", discover),
]
