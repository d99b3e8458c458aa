# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that AWX 24.6.1 stores, as far as a set-up like ours creates them: their fields, and what AWX refuses when one is saved.

The sources of the rules are the files awx/api/serializers.py, awx/api/views/__init__.py, awx/main/fields.py and awx/main/models of
https://github.com/ansible/awx at the tag 24.6.1. Like there, unknown fields are ignored, and null is an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import yaml
from jsonschema import Draft4Validator
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from . import awx_rules

Json = dict[str, Any]
Faults = Iterator[tuple[str, str]]
"""Each is a field, and what is wrong with it."""

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value), StringConstraints(strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=512, strip_whitespace=True)]
Flag = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
Number = Annotated[int, Field(ge=0)]
IMAGE = re.compile(r"[a-z0-9.:_/-]*[a-z0-9_/-](:[\w][\w.-]{0,127})?(@[\w+.:-]+)?")
GIT = re.compile(r"((ssh|git|git\+ssh|https?|ftps?|file)://[^/]*/.+|([\w.-]+@)?[\w.-]+:(?!//).+)")
PROMPTS = {"scm_branch": "", "job_type": "", "job_tags": "tags", "skip_tags": "", "limit": "", "inventory": "", "verbosity": ""}
"""The prompts of a node, and how the field of the template is named that permits it, if it is named differently."""
WEBHOOK: dict[str, tuple[type, Any]] = {
    "url": (str, ...),
    "http_method": (str, "POST"),
    "disable_ssl_verification": (bool, False),
    "username": (str, ""),
    "password": (str, ""),
    "headers": (dict, ...),
}
"""The configuration of a webhook: types and defaults. Those without a default are required."""
EVENTS = ("notification_templates_started", "notification_templates_success", "notification_templates_error")


@dataclass(frozen=True)
class Refers:
    """Marks a field with the id of an object of that kind."""

    kind: str


class Stored(BaseModel):
    """An object."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Named(Stored):
    name: Name
    description: Text = ""


Organization = Annotated[int | None, Refers("organizations")]
Environment = Annotated[int | None, Refers("execution_environments")]
Credential = Annotated[int | None, Refers("credentials")]


class OrganizationObject(Named):
    """One organization exists from the beginning."""


class CredentialType(Named):
    kind: Literal["cloud", "net"]
    managed: Flag = False
    inputs: Json = {}
    injectors: Json = {}


class CredentialObject(Named):
    organization: Organization = None
    credential_type: Annotated[int, Refers("credential_types")]
    inputs: Json = {}


class ExecutionEnvironment(Named):
    image: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    organization: Organization = None
    credential: Credential = None
    pull: Literal["", "always", "missing", "never"] = ""


class Project(Named):
    organization: Organization = None
    scm_type: Annotated[Literal["", "git", "svn", "insights", "archive"], BeforeValidator(lambda value: value or "")] = ""
    scm_url: Annotated[Text, StringConstraints(max_length=1024)] = ""
    scm_branch: Annotated[Text, StringConstraints(max_length=256)] = ""
    scm_refspec: Annotated[Text, StringConstraints(max_length=1024)] = ""
    scm_clean: Flag = False
    scm_delete_on_update: Flag = False
    scm_track_submodules: Flag = False
    scm_update_on_launch: Flag = False
    scm_update_cache_timeout: Number = 0
    allow_override: Flag = False
    default_environment: Environment = None
    credential: Credential = None
    timeout: int = 0


class Inventory(Named):
    organization: Annotated[int, Refers("organizations")]
    kind: Annotated[Literal["", "smart", "constructed"], BeforeValidator(lambda value: value or "")] = ""
    host_filter: str | None = None
    variables: Text = ""
    prevent_instance_group_fallback: Flag = False


class InventorySource(Named):
    inventory: Annotated[int, Refers("inventories")]
    source: Literal["scm", "ec2", "gce", "azure_rm", "vmware", "satellite6", "openstack", "rhv", "controller", "insights", "terraform"]
    source_path: Annotated[Text, StringConstraints(max_length=1024)] = ""
    source_vars: Text = ""
    source_project: Annotated[int | None, Refers("projects")] = None
    execution_environment: Environment = None
    credential: Credential = None
    overwrite: Flag = False
    overwrite_vars: Flag = False
    update_on_launch: Flag = False
    update_cache_timeout: Number = 0
    timeout: int = 0
    verbosity: Literal[0, 1, 2] = 1
    limit: Text = ""
    scm_branch: Text = ""


class NotificationTemplate(Named):
    organization: Annotated[int, Refers("organizations")]
    notification_type: Literal["awssns", "email", "grafana", "irc", "mattermost", "pagerduty", "rocketchat", "slack", "twilio", "webhook"]
    notification_configuration: Json = {}
    messages: Json | None = None


class Template(Named):
    """What the templates of jobs and of workflows have in common."""

    organization: Organization = None
    inventory: Annotated[int | None, Refers("inventories")] = None
    extra_vars: Text = ""
    scm_branch: Text = ""
    limit: Text = ""
    job_tags: Text = ""
    skip_tags: Text = ""
    allow_simultaneous: Flag = False
    survey_enabled: Flag = False
    ask_variables_on_launch: Flag = False
    ask_inventory_on_launch: Flag = False
    ask_limit_on_launch: Flag = False
    ask_scm_branch_on_launch: Flag = False
    ask_tags_on_launch: Flag = False
    ask_skip_tags_on_launch: Flag = False


class JobTemplate(Template):
    job_type: Literal["run", "check"] = "run"
    project: Annotated[int | None, Refers("projects")] = None
    playbook: Annotated[Text, StringConstraints(max_length=1024)] = ""
    execution_environment: Environment = None
    forks: Number = 0
    verbosity: Literal[0, 1, 2, 3, 4, 5] = 0
    timeout: int = 0
    diff_mode: Flag = False
    become_enabled: Flag = False
    use_fact_cache: Flag = False
    job_slice_count: Number = 1
    ask_job_type_on_launch: Flag = False
    ask_verbosity_on_launch: Flag = False
    ask_credential_on_launch: Flag = False
    ask_diff_mode_on_launch: Flag = False


class WorkflowTemplate(Template):
    """It has no fields of its own."""


class Node(Stored):
    identifier: Name
    workflow_job_template: Annotated[int, Refers("workflow_job_templates")]
    unified_job_template: Annotated[int | None, Refers("unified_job_templates")] = None
    extra_data: Json = {}
    inventory: Annotated[int | None, Refers("inventories")] = None
    scm_branch: str | None = None
    job_type: Literal["", "run", "check"] | None = None
    job_tags: str | None = None
    skip_tags: str | None = None
    limit: str | None = None
    verbosity: Literal[0, 1, 2, 3, 4, 5] | None = None
    all_parents_must_converge: Flag = False


class ApprovalTemplate(Named):
    timeout: int = 0


@dataclass(frozen=True)
class Case:
    """An object that is to be saved. ``get`` reads another one; ``before`` is None if the object is new."""

    new: Json
    before: Json | None
    get: Callable[[str, int], Json]
    used: bool = False
    """Whether others refer to it."""


@dataclass(frozen=True)
class Kind:
    """A kind of objects, by the name of its endpoint."""

    noun: str
    fields: type[Stored]
    unique: tuple[str, ...] = ("name",)
    associations: Mapping[str, str] = field(default_factory=dict)
    faults: Callable[[Case], Faults] = lambda case: iter(())
    created_only: tuple[str, ...] = ()
    """Fields that a change leaves alone."""


def _credential_type(case: Case) -> Faults:
    for fault in awx_rules.credential_type(case.new["inputs"], case.new["injectors"]):
        yield "inputs", fault
    if case.before and case.used and case.before["inputs"] != case.new["inputs"]:
        yield "detail", "Modifications to inputs are not allowed for credential types that are in use"


def _credential(case: Case) -> Faults:
    if case.before is None and case.new["organization"] is None:
        yield "detail", "Missing 'user', 'team', or 'organization'."
    fields = case.get("credential_types", case.new["credential_type"])["inputs"].get("fields", ())
    known = {field["id"]: {"type": field.get("type", "string")} for field in fields}
    for error in Draft4Validator({"properties": known, "additionalProperties": False}).iter_errors(case.new["inputs"]):
        yield "inputs", error.message
    if case.before is None:
        yield from (("inputs", f"$encrypted$ is reserved: {name}") for name, value in case.new["inputs"].items() if value == "$encrypted$")


def _environment(case: Case) -> Faults:
    if not IMAGE.fullmatch(case.new["image"]):
        yield "image", f"{case.new['image']} is no name of an image"
    if case.before and case.new["organization"] not in (None, case.before["organization"]):
        yield "organization", "Cannot change the organization of an execution environment"


def _project(case: Case) -> Faults:
    new = case.new
    if not new["scm_type"]:
        for name in ("scm_update_on_launch", "scm_delete_on_update", "scm_track_submodules", "scm_clean"):
            if new[name]:
                yield name, "Update options must be set to false for manual projects."
    elif not new["scm_url"]:
        yield "scm_url", "SCM URL is required."
    elif new["scm_type"] == "git" and not GIT.fullmatch(new["scm_url"]):
        yield "scm_url", "Invalid SCM URL."
    if new["scm_refspec"] and new["scm_type"] != "git":
        yield "scm_refspec", "SCM refspec can only be used with git projects."


def _inventory_source(case: Case) -> Faults:
    new = case.new
    if new["source"] == "scm":
        if new["source_project"] is None:
            yield "source_project", "Project required for scm type sources."
        elif not (project := case.get("projects", new["source_project"]))["scm_type"]:
            yield "source_project", "Cannot use manual project for SCM-based inventory."
        elif new["scm_branch"] and not project["allow_override"]:
            yield "scm_branch", "Project does not allow overriding branch."
    elif redundant := [name for name in ("source_project", "source_path", "scm_branch") if new[name]]:
        yield "detail", f"Cannot set {' '.join(redundant)} if not SCM type."
    if case.get("inventories", new["inventory"])["kind"]:
        yield "detail", "Cannot create Inventory Source for Smart or Constructed Inventories"


def _notification(case: Case) -> Faults:
    if case.new["notification_type"] == "webhook":
        configuration = case.new["notification_configuration"]
        for name, (kind, default) in WEBHOOK.items():
            if name not in configuration and default is not ...:
                configuration[name] = default
            if name not in configuration:
                yield "notification_configuration", f"Missing required fields for Notification Configuration: {name}."
            elif not isinstance(configuration[name], kind):
                yield "notification_configuration", f"Configuration field '{name}' incorrect type, expected {kind.__name__}."
            elif name == "http_method" and configuration[name].lower() not in ("put", "post"):
                yield "notification_configuration", "HTTP method must be either 'POST' or 'PUT'."
    yield from (("messages", fault) for fault in awx_rules.messages(case.new["messages"] or {}))


def _template(case: Case) -> Faults:
    try:
        variables = yaml.safe_load(case.new["extra_vars"] or "{}")
    except yaml.YAMLError:
        variables = None
    if not isinstance(variables, dict):
        yield "extra_vars", "Cannot parse as JSON or YAML."


def _job_template(case: Case) -> Faults:
    new = case.new
    yield from _template(case)
    if new["inventory"] is None and not new["ask_inventory_on_launch"]:
        yield "inventory", "You must either set a default value or ask to prompt on launch."
    if new["project"] is None:
        yield "project", "Job Templates must have a project assigned."
        return
    project = case.get("projects", new["project"])
    if not new["playbook"]:
        yield "playbook", "Must select playbook for project."
    elif not project["allow_override"] and new["playbook"] not in project["playbook_files"]:
        yield "playbook", "Playbook not found for project."
    if not project["allow_override"]:
        names = ("scm_branch", "ask_scm_branch_on_launch")
        yield from ((name, "Project does not allow overriding branch.") for name in names if new[name])


def _node(case: Case) -> Faults:
    new = case.new
    if new["unified_job_template"] is None:
        return
    template = case.get("unified_job_templates", new["unified_job_template"])
    for name, asked in PROMPTS.items():
        if new[name] not in (None, "") and not template.get(f"ask_{asked or name}_on_launch"):
            yield name, "Field is not configured to prompt on launch."
    if not template.get("ask_variables_on_launch"):
        spec = template.get("survey_spec", {}).get("spec", ()) if template.get("survey_enabled") else ()
        strange = new["extra_data"].keys() - {question["variable"] for question in spec}
        yield from (("extra_data", f"Variable {name} is not allowed on launch.") for name in sorted(strange))


KINDS: dict[str, Kind] = {
    "organizations": Kind("organization", OrganizationObject, associations={}),
    "credential_types": Kind("credential_type", CredentialType, ("name", "kind"), {}, _credential_type),
    "credentials": Kind("credential", CredentialObject, ("organization", "name", "credential_type"), {}, _credential),
    "execution_environments": Kind("execution_environment", ExecutionEnvironment, ("name",), {}, _environment),
    "projects": Kind("project", Project, ("name", "organization"), dict.fromkeys(EVENTS, "notification_templates"), _project),
    "inventories": Kind("inventory", Inventory, ("name", "organization"), {}),
    "inventory_sources": Kind(
        *("inventory_source", InventorySource, ("name", "inventory")),
        *(dict.fromkeys(EVENTS, "notification_templates"), _inventory_source, ("inventory",)),
    ),
    "notification_templates": Kind("notification_template", NotificationTemplate, ("name", "organization"), {}, _notification),
    "job_templates": Kind(
        *("job_template", JobTemplate, ("name", "organization")),
        *({**dict.fromkeys(EVENTS, "notification_templates"), "credentials": "credentials"}, _job_template),
    ),
    "workflow_job_templates": Kind(
        *("workflow_job_template", WorkflowTemplate, ("name", "organization")),
        *(dict.fromkeys((*EVENTS, "notification_templates_approvals"), "notification_templates"), _template),
    ),
    "workflow_job_template_nodes": Kind(
        *("workflow_job_template_node", Node, ("identifier", "workflow_job_template")),
        *(dict.fromkeys(("success_nodes", "failure_nodes", "always_nodes"), "workflow_job_template_nodes"), _node),
        ("workflow_job_template",),
    ),
    "workflow_approval_templates": Kind("workflow_approval_template", ApprovalTemplate, (), {}),
}
UNIFIED = ("projects", "inventory_sources", "job_templates", "workflow_job_templates", "workflow_approval_templates")
"""The kinds that the endpoint unified_job_templates lists together."""
