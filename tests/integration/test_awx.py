# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-up of AWX with the modules of awx.awx: AWX takes what it creates, and it is idempotent. Jobs of that run as AWX runs them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ansible_collections.entra.cross_tenant_sync.tests.support import awx_rules
from ansible_collections.entra.cross_tenant_sync.tests.support.awx import AWX, COLLECTION, Controller, Job, set_up
from ansible_collections.entra.cross_tenant_sync.tests.support.awx_server import Awx
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator

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
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Awx]:
    """What AWX has after the set-up, which changes nothing when it runs again."""
    if not COLLECTION.exists():
        pytest.skip("awx.awx is not there; python tests/tools/awx_collection.py .build/awx gets it from the package index")
    folder = tmp_path_factory.mktemp("setup")
    webhook = ("-e", "entra_awx_webhook_url=https://hooks.example.com/1")
    with Awx(AWX / "project") as server:
        first = set_up(server, folder, *webhook, **ENVIRONMENT)
        assert first.returncode == 0, first.stdout + first.stderr
        assert "WARNING" not in first.stderr
        before = copy.deepcopy(server.store.objects)
        again = set_up(server, folder, *webhook, **ENVIRONMENT)
        assert again.returncode == 0, again.stdout + again.stderr
        assert " changed=0 " in again.stdout
        assert server.store.objects == before
        assert not [secret for secret in SECRETS.values() if secret in first.stdout + first.stderr]
        yield server


class TestSetUp:
    def test_awx_refuses_nothing(self, server: Awx) -> None:
        assert server.store.refused == []
        assert all(server.store.objects.values())

    def test_a_mistake_in_the_settings_is_refused(self, server: Awx, tmp_path: Path) -> None:
        before = copy.deepcopy(server.store.objects)
        wrong = ("-e", "entra_awx_project_url=links", "--start-at-task", "Create the project, and wait until it is there")
        done = set_up(server, tmp_path, *wrong, **ENVIRONMENT)
        assert done.returncode == 2
        assert "Invalid SCM URL." in done.stdout
        assert server.store.objects == before
        server.store.refused.clear()

    def test_secrets_are_in_the_credentials_only(self, server: Awx) -> None:
        assert {name: entry["inputs"] for name, entry in server.named("credentials").items()} == {
            kind: {"client_secret": "", "certificate": "", "certificate_passphrase": "", **inputs} for kind, inputs in INPUTS.items()
        }
        stored = json.dumps(server.store.objects)
        assert not [secret for secret in SECRETS.values() if secret in stored]

    def test_each_job_has_both_credentials_and_notifies(self, server: Awx) -> None:
        for template in server.named("job_templates").values():
            assert template["credentials"] == list(INPUTS)
            assert template["notification_templates_error"] == ["Cross-tenant synchronization"]
            assert ("survey_spec" in template) == template["survey_enabled"]

    def test_the_text_of_notifications(self, server: Awx) -> None:
        (entry,) = server.named("notification_templates").values()
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

    def test_the_workflow_applies_only_what_was_approved(self, server: Awx) -> None:
        nodes = server.named("workflow_job_template_nodes")
        order = {name: node["success_nodes"] for name, node in nodes.items()}
        assert order == {"plan": ["approve"], "approve": ["apply"], "apply": ["verify"], "verify": []}
        (approval,) = server.named("workflow_approval_templates").values()
        assert (nodes["approve"]["unified_job_template"], approval["timeout"]) == (approval["name"], 259200)
        templates = server.named("job_templates")
        applied, planned = templates[nodes["apply"]["unified_job_template"]], templates[nodes["plan"]["unified_job_template"]]
        assert (applied["playbook"], applied["extra_vars"]) == ("sync.yml", '{"expected_plan": "{{ plan.hash }}"}')
        # The hash is about all links of the run.
        assert {template["job_slice_count"] for template in (planned, applied)} == {1}


@pytest.fixture
def awx(server: Awx, tmp_path: Path) -> Iterator[tuple[Controller, Emulator]]:
    """The project in AWX, connected to the emulator."""
    with Emulator(tmp_path / "emulator") as emulator:
        controller = Controller(tmp_path / "awx", server)
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
