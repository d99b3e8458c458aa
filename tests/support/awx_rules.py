# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6.1 refuses when an object is saved, as its documentation and its answers describe it. Each function returns the faults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
FIELD = {"id", "label", "type", "format", "choices", "help_text", "multiline", "secret", "ask_at_runtime", "default"}
ONLY_TEXTS = ("choices", "multiline", "format", "secret")
NOT_INJECTED = {"PATH", "PYTHONPATH", "VIRTUAL_ENV", "JOB_ID", "INVENTORY_ID", "AWX_HOST", "CACHE"}
QUESTIONS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "textarea": (str,),
    "password": (str,),
    "multiplechoice": (str,),
    "multiselect": (str,),
    "integer": (int,),
    "float": (int, float),
}
"""The types of questions, and the types of their defaults."""
EVENTS = ("started", "success", "error")
APPROVALS = ("running", "approved", "timed_out", "denied")
JOB: dict[str, Any] = {
    "job": {"id": 1, "name": "plan", "status": "successful", "limit": "", "artifacts": {}},
    "job_friendly_name": "Job",
    "url": "https://awx.example.com/#/jobs/1",
    "approval_status": "approved",
    "approval_node_name": "Approve",
    "workflow_url": "https://awx.example.com/#/jobs/workflow/1",
    "job_metadata": "{}",
}
"""What the text of a notification can use."""

MODULES: dict[str, set[str]] = {
    "credential_type": {"name", "description", "kind", "inputs", "injectors"},
    "credential": {"name", "description", "organization", "credential_type", "inputs", "update_secrets", "user", "team"},
    "execution_environment": {"name", "description", "image", "organization", "credential", "pull"},
    "project": {
        *("name", "description", "organization", "scm_type", "scm_url", "scm_branch", "scm_refspec", "credential", "scm_clean"),
        *("scm_update_on_launch", "scm_update_cache_timeout", "allow_override", "timeout", "default_environment", "wait", "update_project"),
    },
    "inventory": {"name", "description", "organization", "variables", "kind", "host_filter", "instance_groups"},
    "inventory_source": {
        *("name", "description", "inventory", "organization", "source", "source_path", "source_vars", "limit", "credential"),
        *("execution_environment", "overwrite", "overwrite_vars", "timeout", "verbosity", "update_on_launch", "update_cache_timeout"),
        *("source_project", "scm_branch"),
    },
    "notification_template": {"name", "description", "organization", "notification_type", "notification_configuration", "messages"},
    "job_template": {
        *("name", "description", "organization", "job_type", "inventory", "project", "playbook", "credentials", "execution_environment"),
        *("forks", "limit", "verbosity", "extra_vars", "job_tags", "skip_tags", "timeout", "diff_mode", "allow_simultaneous"),
        *("ask_variables_on_launch", "ask_limit_on_launch", "ask_job_type_on_launch", "ask_verbosity_on_launch", "job_slice_count"),
        *("survey_enabled", "survey_spec", "notification_templates_success", "notification_templates_error"),
    },
    "workflow_job_template": {
        *("name", "description", "organization", "extra_vars", "survey_spec", "survey_enabled", "allow_simultaneous", "inventory", "limit"),
        *("ask_variables_on_launch", "ask_limit_on_launch", "ask_inventory_on_launch", "notification_templates_approvals"),
    },
    "workflow_job_template_node": {
        *("identifier", "workflow_job_template", "organization", "extra_data", "limit", "unified_job_template", "lookup_organization"),
        *("approval_node", "all_parents_must_converge", "success_nodes", "always_nodes", "failure_nodes", "credentials"),
    },
}
"""Options of the modules of awx.awx 24.6.1, as far as a set-up like ours may use them."""


def credential_type(inputs: Mapping[str, Any], injectors: Mapping[str, Any]) -> list[str]:
    """The faults of a credential type of one's own."""
    return [*_inputs(inputs), *_injectors(injectors, [field.get("id") for field in inputs.get("fields", ())])]


def _inputs(inputs: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"inputs.{name} is not allowed" for name in inputs.keys() - {"fields", "required"})
    ids = [field.get("id") for field in inputs.get("fields", ())]
    yield from (f"{one} is there twice" for one in ids if ids.count(one) > 1)
    yield from (f"{one} is required, and no field" for one in inputs.get("required", ()) if one not in ids)
    for field in inputs.get("fields", ()):
        name, kind = field.get("id"), field.get("type", "string")
        yield from (f"{name}.{member} is not allowed" for member in field.keys() - FIELD)
        if not NAME.fullmatch(name or "") or name == "tower":
            yield f"{name} is no name"
        if not isinstance(field.get("label"), str):
            yield f"{name} has no label"
        if kind not in ("string", "boolean"):
            yield f"{name} has type {kind}"
        if kind == "boolean":
            yield from (f"{name} is a boolean with {member}" for member in ONLY_TEXTS if member in field)
        if "default" in field and not isinstance(field["default"], {"string": str, "boolean": bool}[kind]):
            yield f"{name} has a default of another type"


def _injectors(injectors: Mapping[str, Any], fields: Sequence[str]) -> Iterator[str]:
    yield from (f"injectors.{name} is not allowed" for name in injectors.keys() - {"env", "file", "extra_vars"})
    files = list(injectors.get("file", {}))
    yield from (f"file {name} is no template" for name in files if not re.fullmatch(r"template(\.[a-zA-Z_]\w*)?", name))
    if "template" in files and len(files) > 1:
        yield "several files need names"
    for name, text in injectors.get("env", {}).items():
        if not NAME.fullmatch(name) or name.startswith("ANSIBLE_") or name in NOT_INJECTED:
            yield f"{name} cannot be injected"
        if not text.isascii():
            yield f"{name} is not ASCII"
    named = SimpleNamespace(filename="file" if files == ["template"] else {name.partition(".")[2]: "file" for name in files})
    names = {**dict.fromkeys(fields, "value"), "tower": named}
    for kind in ("env", "file", "extra_vars"):
        for name, text in injectors.get(kind, {}).items():
            yield from (f"{kind}.{name}: {fault}" for fault in _unrendered(text, names))


def _unrendered(text: str, names: Mapping[str, Any]) -> Iterator[str]:
    try:
        ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(text).render(**names)
    except TemplateError as error:
        yield str(error)


def survey(spec: Mapping[str, Any]) -> list[str]:
    """The faults of the survey of a template."""
    return list(_survey(spec))


def _survey(spec: Mapping[str, Any]) -> Iterator[str]:
    wanted = {"name": str, "description": str, "spec": list}
    yield from (f"{name} is missing or of another type" for name, kind in wanted.items() if not isinstance(spec.get(name), kind))
    variables = [question.get("variable") for question in spec.get("spec", ())]
    if not variables:
        yield "there is no question"
    yield from (f"{name} is asked twice" for name in variables if variables.count(name) > 1)
    for question in spec.get("spec", ()):
        name, kind = question.get("variable"), question.get("type")
        for member, of in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
            if not isinstance(question.get(member), of):
                yield f"{name}.{member} is missing or of another type"
        if kind not in QUESTIONS:
            yield f"{name} has type {kind}"
            continue
        yield from (
            f"{name}.{limit} is no whole number" for limit in ("min", "max") if limit in question and not isinstance(question[limit], int)
        )
        default = question.get("default", "")
        if default != "" and not isinstance(default, QUESTIONS[kind]):
            yield f"{name} has a default of another type"
        if kind in ("multiplechoice", "multiselect"):
            choices = question.get("choices")
            if not choices or not all(isinstance(choice, str) for choice in choices):
                yield f"{name} has no choices"
            elif any(one not in choices for one in str(default).splitlines()):
                yield f"{name} has a default that is no choice"


def messages(texts: Mapping[str, Any]) -> list[str]:
    """The faults of the texts of a notification."""
    found = [f"there is no event {event}" for event in texts if event not in (*EVENTS, "workflow_approval")]
    approvals = texts.get("workflow_approval", {})
    found += [f"there is no event workflow_approval.{event}" for event in approvals if event not in APPROVALS]
    for event, parts in [*((event, texts[event]) for event in EVENTS if event in texts), *approvals.items()]:
        found += [f"{event}.{part} is unknown" for part in parts if part not in ("message", "body")]
        found += [f"{event} has a message of several lines" for part in parts if part == "message" and "\n" in parts[part]]
        found += [f"{event}: {fault}" for text in parts.values() for fault in _unrendered(text, JOB)]
    return found
