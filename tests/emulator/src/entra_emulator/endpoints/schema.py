# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job's schema: mappings, scoping filters, and the services around them (fact F84)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import errors, odata
from ..audit import audit_provisioning
from ..bodies import ParseExpression, checked, read, without_annotations
from ..call import NO_CONTENT, Call, Reply
from ..errors import GraphError
from ..odata import DIRECTORY_DEFINITION, FILTER_OPERATOR, FUNCTION, SYNCHRONIZATION_SCHEMA
from ..provisioning import engine, schema_rules, template
from ..provisioning.dates import NOW
from ..provisioning.expressions import ExpressionError, evaluate, parse, to_source
from ..router import Operation
from ..schema_bodies import DOCUMENTED, Schema, flow_type_problems
from ..state import GraphObject, Job, new_id
from .jobs import JOB, PORTAL_RESTART, TEMPLATE, TEMPLATE_SCHEMA_ID, TEMPLATE_VERSION, TEMPLATES, find_job, require_template

SCHEMA = JOB + "/schema"
TEMPLATE_SCHEMA = TEMPLATES + "/{template}/schema"
MAXIMUM_EXPRESSION = 10_000


def _found(call: Call) -> tuple[str, GraphObject]:
    """The schema of the job or template in the path, and its address."""
    if "job" in call.params:
        principal, _synchronization, job = find_job(call)
        return f"servicePrincipals('{principal['id']}')/synchronization/jobs('{job.id}')/schema", job.job_schema
    principal = require_template(call)
    schema = {**template.azure2azure_schema(call.settings, principal["appId"]), "id": TEMPLATE_SCHEMA_ID, "version": TEMPLATE_VERSION}
    return f"servicePrincipals('{principal['id']}')/synchronization/templates('{TEMPLATE}')/schema", schema


def get_schema(call: Call) -> Reply:
    address, schema = _found(call)
    return odata.single(call, SYNCHRONIZATION_SCHEMA, schema, context=f"{address}/$entity")


def list_directories(call: Call) -> Reply:
    address, schema = _found(call)
    return odata.collection(call, DIRECTORY_DEFINITION, schema.get("directories", []), context=f"{address}/directories")


def count_directories(call: Call) -> Reply:
    _address, schema = _found(call)
    return odata.count(call, DIRECTORY_DEFINITION, schema.get("directories", []))


def get_directory(call: Call) -> Reply:
    address, directory = _directory(call)
    return odata.single(call, DIRECTORY_DEFINITION, directory, context=f"{address}/directories/$entity")


def _directory(call: Call) -> tuple[str, GraphObject]:
    address, schema = _found(call)
    for directory in schema.get("directories", []):
        if directory["id"] == call.params["directory"]:
            return address, directory
    raise errors.not_found(call.params["directory"])


def _member_names(value: Any) -> set[str]:
    """The names of all members, at any depth."""
    names = set(value) if isinstance(value, dict) else set()
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, (dict, list)):
            names |= _member_names(member)
    return names


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
    undocumented = _member_names(job.job_schema) - DOCUMENTED
    documented = _without(new, undocumented) if undocumented else new
    checked(Schema, documented)
    if "directories" not in new:
        new["directories"] = documented["directories"] = job.job_schema.get("directories", [])
    problems = flow_type_problems(documented) or schema_rules.problems(job.job_schema, documented, call.settings.operator_literals)
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
    address, _schema = _found(call)
    return odata.collection(call, FILTER_OPERATOR, template.filter_operators(call.settings), context=f"{address}/filterOperators")


def functions(call: Call) -> Reply:
    address, _schema = _found(call)
    return odata.collection(call, FUNCTION, template.functions(call.settings), context=f"{address}/functions")


def parse_expression(call: Call) -> Reply:
    """Parses, and evaluates when a test object is given; an expression that fails is still an answer of 200 (F88)."""
    _found(call)
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
    address, directory = _directory(call)
    found = {**directory, "discoveryDateTime": call.world.clock}
    return Reply(200, {"@odata.context": call.context(f"{address}/directories/$entity"), **found})


def _of_both(schema: str) -> Iterator[Operation]:
    """What the schemas of jobs and of templates have in common."""
    yield Operation("GET", schema, get_schema, query=odata.SINGLE | {"$expand"})
    yield Operation("GET", schema + "/directories", list_directories, query=odata.LISTED)
    yield Operation("GET", schema + "/directories/$count", count_directories)
    yield Operation("GET", schema + "/directories/{directory}", get_directory, query=odata.SINGLE)
    yield Operation("POST", schema + "/directories/{directory}/discover", discover)
    for suffix in ("", "()"):
        yield Operation("GET", f"{schema}/filterOperators{suffix}", filter_operators, query=odata.LISTED)
        yield Operation("GET", f"{schema}/functions{suffix}", functions, query=odata.LISTED)
    yield Operation("POST", schema + "/parseExpression", parse_expression, body=True)


OPERATIONS = [
    *_of_both(SCHEMA),
    *_of_both(TEMPLATE_SCHEMA),
    Operation("PUT", SCHEMA, put_schema, body=True),
    Operation("DELETE", SCHEMA, delete_schema),
]
