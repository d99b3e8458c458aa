# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-up of AWX: it runs, is idempotent, and breaks no rule of AWX. Jobs of what it has created run as AWX runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ansible_collections.entra.cross_tenant_sync.tests.support import awx_rules
from ansible_collections.entra.cross_tenant_sync.tests.support.awx import Controller, Job, SetUp
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator

Kept = dict[str, dict[str, dict[str, Any]]]
INPUTS = {
    "Entra source tenant": {"tenant_id": CONTOSO, "client_id": "11111111-1111-4111-8111-111111111111", "certificate": ""},
    "Entra target tenant": {"tenant_id": FABRIKAM, "client_id": "22222222-2222-4222-8222-222222222222"},
}
for _kind, _secret in zip(INPUTS, SECRETS.values(), strict=True):
    INPUTS[_kind]["client_secret"] = _secret
ENVIRONMENT = {
    f"ENTRA_{side}_{name.upper()}": value
    for side, inputs in zip(("SOURCE", "TARGET"), INPUTS.values(), strict=True)
    for name, value in inputs.items()
}
LINKS = [
    {"source": "source", "target": "target", "scope_groups": ["Sales"]},
    {"source": "source", "target": "target", "suffix": "engineering", "scope_groups": ["Engineering"]},
    {"source": "source", "target": "target", "suffix": "minsu", "scope_groups": None, "scope_users": ["minsu.kim@contoso.kr"]},
]
HOSTS = {"source_to_target", "source_to_target_engineering", "source_to_target_minsu"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What AWX has after the set-up, which changes nothing when it runs again."""
    setup = SetUp(tmp_path_factory.mktemp("setup"))
    webhook = ("-e", "entra_awx_webhook_url=https://hooks.example.com/1")
    first = setup.run(*webhook, **ENVIRONMENT)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "WARNING" not in first.stderr
    again = setup.run(*webhook, **ENVIRONMENT)
    assert again.returncode == 0
    assert " changed=0 " in again.stdout
    assert not [secret for secret in SECRETS.values() if secret in first.stdout + first.stderr]
    return setup.kept()


class TestSetUp:
    def test_the_modules_have_every_option(self, kept: Kept) -> None:
        assert {kind: set().union(*named.values()) - awx_rules.MODULES[kind] for kind, named in kept.items()} == {
            kind: set() for kind in kept
        }
        assert set(kept) == set(awx_rules.MODULES)

    def test_what_names_something_names_what_exists(self, kept: Kept) -> None:
        known = {
            "execution_environment": kept["execution_environment"],
            "default_environment": kept["execution_environment"],
            "project": kept["project"],
            "source_project": kept["project"],
            "inventory": kept["inventory"],
            "credential_type": kept["credential_type"],
            "unified_job_template": kept["job_template"],
            "workflow_job_template": kept["workflow_job_template"],
            "credentials": kept["credential"],
            "notification_templates_error": kept["notification_template"],
            "notification_templates_success": kept["notification_template"],
            "notification_templates_approvals": kept["notification_template"],
        }
        for named in kept.values():
            for entry in named.values():
                for member, names in known.items():
                    values = entry.get(member, [])
                    assert set([values] if isinstance(values, str) else values) <= set(names), (entry, member)

    def test_credential_types(self, kept: Kept) -> None:
        for name, entry in kept["credential_type"].items():
            assert awx_rules.credential_type(entry["inputs"], entry["injectors"]) == [], name
        assert {name: entry["inputs"] for name, entry in kept["credential"].items()} == {
            kind: {"client_secret": "", "certificate": "", "certificate_passphrase": "", **inputs} for kind, inputs in INPUTS.items()
        }

    def test_surveys(self, kept: Kept) -> None:
        for entry in (*kept["job_template"].values(), *kept["workflow_job_template"].values()):
            assert ("survey_spec" in entry) == bool(entry.get("survey_enabled"))
            assert awx_rules.survey(entry.get("survey_spec", {"name": "", "description": "", "spec": [ANY]})) == [], entry["name"]

    def test_the_text_of_notifications(self, kept: Kept) -> None:
        (entry,) = kept["notification_template"].values()
        assert awx_rules.messages(entry["messages"]) == []
        environment = ImmutableSandboxedEnvironment()

        def text(template: str, artifacts: Any) -> str:
            context = {**awx_rules.JOB, "job": {**awx_rules.JOB["job"], "artifacts": artifacts}}
            found: str = json.loads(environment.from_string(template).render(**context))["text"]
            return found

        error = entry["messages"]["error"]["body"]
        assert text(error, {}) == "plan: successful, https://awx.example.com/#/jobs/1"
        artifacts = {"plan": {"summary": ["1 link:", 'to change "x"']}, "drift": {"summary": "2 links: nothing"}}
        assert text(error, artifacts).split() == [
            *text(error, {}).split(),
            *["1", "link:", "to", "change", '"x"', "2", "links:", "nothing"],
        ]
        assert text(entry["messages"]["workflow_approval"]["running"]["body"], {}).startswith("Approve waits")

    def test_the_workflow_applies_only_what_was_approved(self, kept: Kept) -> None:
        nodes = {node["identifier"]: node for node in kept["workflow_job_template_node"].values()}
        assert list(nodes) == ["verify", "apply", "approve", "plan"]
        order = {name: node["success_nodes"] for name, node in nodes.items()}
        assert order == {"plan": ["approve"], "approve": ["apply"], "apply": ["verify"], "verify": []}
        assert set(nodes["approve"]["approval_node"]) == {"name", "description", "timeout"}
        applied = kept["job_template"][nodes["apply"]["unified_job_template"]]
        assert (applied["playbook"], applied["extra_vars"]) == ("sync.yml", {"expected_plan": "{{ plan.hash }}"})
        planned = kept["job_template"][nodes["plan"]["unified_job_template"]]
        # The hash is about all links of the run.
        assert {template.get("job_slice_count", 1) for template in (planned, applied)} == {1}


ANY = {"type": "text", "question_name": "", "variable": "x", "required": False}


@pytest.fixture
def awx(kept: Kept, tmp_path: Path) -> Iterator[tuple[Controller, Emulator]]:
    """The project in AWX, connected to the emulator."""
    with Emulator(tmp_path / "emulator") as emulator:
        controller = Controller(tmp_path / "awx", kept, INPUTS)
        topology = yaml.safe_load((controller.project / "topology.yml").read_text())
        tenants = {name: {**tenant, **emulator.connection()} for name, tenant in topology["tenants"].items()}
        controller.topology({"tenants": tenants, "links": LINKS})
        yield controller, emulator


def ended(job: Job) -> Job:
    """A job that was successful, and has shown no secret."""
    assert job.code == 0, job.output
    assert not [secret for secret in SECRETS.values() if secret in job.output]
    return job


def test_plan_approve_apply_verify_and_slices(awx: tuple[Controller, Emulator]) -> None:
    """Fields that were left empty arrive as empty texts, or as null."""
    controller, _emulator = awx
    blank: dict[str, Any] = {"change_ticket": "", "change_window": "", "plan_folder": "", "link_verify_users": "", "report_mask": None}
    blank |= {"report_folder": ""}
    nothing = dict.fromkeys(blank)
    planned = ended(controller.launch("plan", nothing)).artifacts["plan"]
    assert (planned["changed"], set(planned["named"])) == (True, HOSTS)
    applied = ended(controller.launch("apply", blank, {"plan": planned}))
    assert applied.changed == HOSTS
    refused = controller.launch("apply", blank, {"plan": planned})
    assert (refused.code, refused.changed) == (2, set())
    assert "The plan is not the one that was approved" in refused.failures[0]

    controller.topology({"defaults": {"user_type": "member", "deletion_threshold": 7}})
    for name, answers, changed in (("plan", blank, set()), ("sync", nothing, HOSTS), ("verify", blank, set())):
        jobs = [ended(controller.launch(name, answers, part=(number, 3))) for number in (1, 2, 3)]
        assert [len(job.changed) for job in jobs] == [len(changed) // 3] * 3
        assert {host for job in jobs for host in job.changed} == changed
        if name == "plan":
            assert {host for job in jobs for host in job.artifacts["plan"]["named"]} == HOSTS

    report = ended(controller.launch("report", blank | {"report_users": "", "report_title": "", "health_stale_factor": None}))
    assert set(report.artifacts["report"]["files"]) == {"html", "json", "markdown"}
    assert ended(controller.launch("drift", {"drift_fail": None})).artifacts["drift"]["verdict"] == "in_sync"
