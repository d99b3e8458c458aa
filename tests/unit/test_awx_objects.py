# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stub of AWX refuses what AWX refuses. ``tests/integration/test_awx.py`` runs the set-up against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.awx_store import Refused, Store, playbooks_of

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
TYPE: Json = {
    "name": "Tenant",
    "kind": "cloud",
    "inputs": {"fields": [{"id": "secret", "label": "Secret", "secret": True}, {"id": "name", "label": "Name"}]},
    "injectors": {"env": {"TENANT_SECRET": "{{ secret }}"}},
}
WEBHOOK: Json = {"url": "https://hooks.example.com/1", "headers": {}}
SURVEY: Json = {"spec": [{"variable": "asked"}]}


@pytest.fixture
def store() -> Store:
    """An AWX with one object of each kind. The numbers go from 1 on in this order."""
    store = Store(ROOT / "docs" / "awx" / "project")
    store.create("credential_types", TYPE)
    store.create("credentials", {"name": "One", "organization": 1, "credential_type": 2, "inputs": {"secret": "geheim", "name": "a"}})
    store.create("execution_environments", {"name": "Image", "image": "registry.example.com/identity/sync:latest"})
    store.create("projects", {"name": "Git", "organization": 1, "scm_type": "git", "scm_url": "https://git.example.com/links.git"})
    store.create("inventories", {"name": "Links", "organization": 1, "kind": None})
    store.create("inventory_sources", {"name": "Topology", "inventory": 6, "source": "scm", "source_project": 5})
    store.create(
        "notification_templates",
        {"name": "Hook", "organization": 1, "notification_type": "webhook", "notification_configuration": WEBHOOK},
    )
    store.update_project(5)
    store.create("job_templates", {"name": "Sync", "organization": 1, "project": 5, "inventory": 6, "playbook": "sync.yml"})
    store.create("workflow_job_templates", {"name": "Workflow", "organization": 1})
    store.create("workflow_job_template_nodes", {"identifier": "first", "workflow_job_template": 10, "unified_job_template": 9})
    store.create("workflow_job_template_nodes", {"identifier": "second", "workflow_job_template": 10, "unified_job_template": 9})
    return store


@pytest.mark.parametrize(
    ("kind", "number", "change", "field"),
    [
        ("credential_types", 2, {"kind": "vault"}, "kind"),
        ("credential_types", 2, {"injectors": {"env": {"ANSIBLE_X": ""}}}, "inputs"),
        ("credential_types", 2, {"inputs": {"fields": [{"id": "secret", "label": "Another"}]}}, "detail"),
        ("credentials", 3, {"inputs": {"another": "x"}}, "inputs"),
        ("credentials", 3, {"inputs": {"secret": 1}}, "inputs"),
        ("credentials", 3, {"credential_type": 99}, "credential_type"),
        ("execution_environments", 4, {"image": "no image"}, "image"),
        ("execution_environments", 4, {"pull": "sometimes"}, "pull"),
        ("projects", 5, {"scm_url": ""}, "scm_url"),
        ("projects", 5, {"scm_url": "links"}, "scm_url"),
        ("projects", 5, {"scm_type": "", "scm_update_on_launch": True}, "scm_update_on_launch"),
        ("projects", 5, {"default_environment": 5}, "default_environment"),
        ("projects", 5, {"name": ""}, "name"),
        ("inventories", 6, {"organization": None}, "organization"),
        ("inventory_sources", 7, {"source_project": None}, "source_project"),
        ("inventory_sources", 7, {"source": "ec2"}, "detail"),
        ("inventory_sources", 7, {"scm_branch": "main"}, "scm_branch"),
        ("notification_templates", 8, {"notification_configuration": {"url": "x"}}, "notification_configuration"),
        ("notification_templates", 8, {"notification_configuration": {**WEBHOOK, "http_method": "GET"}}, "notification_configuration"),
        ("notification_templates", 8, {"notification_configuration": {**WEBHOOK, "headers": ""}}, "notification_configuration"),
        ("notification_templates", 8, {"messages": {"ended": {}}}, "messages"),
        ("notification_templates", 8, {"messages": {"error": {"body": "{{ jobs.name }}"}}}, "messages"),
        ("job_templates", 9, {"playbook": "nothing.yml"}, "playbook"),
        ("job_templates", 9, {"playbook": "topology.yml"}, "playbook"),
        ("job_templates", 9, {"inventory": None}, "inventory"),
        ("job_templates", 9, {"project": None}, "project"),
        ("job_templates", 9, {"job_type": "plan"}, "job_type"),
        ("job_templates", 9, {"job_slice_count": -1}, "job_slice_count"),
        ("job_templates", 9, {"extra_vars": "a: b: c"}, "extra_vars"),
        ("job_templates", 9, {"scm_branch": "main"}, "scm_branch"),
        ("workflow_job_templates", 10, {"extra_vars": "[]"}, "extra_vars"),
        ("workflow_job_template_nodes", 11, {"limit": "contoso_to_fabrikam"}, "limit"),
        ("workflow_job_template_nodes", 11, {"extra_data": {"asked": 1}}, "extra_data"),
        ("workflow_job_template_nodes", 11, {"unified_job_template": 6}, "unified_job_template"),
        ("workflow_job_template_nodes", 11, {"identifier": "second"}, "__all__"),
    ],
)
def test_what_awx_refuses(store: Store, kind: str, number: int, change: Json, field: str) -> None:
    before = str(store.objects)
    with pytest.raises(Refused) as refused:
        store.change(kind, number, change)
    assert (refused.value.code, list(refused.value.about)) == (400, [field])
    assert str(store.objects) == before


def test_what_awx_takes(store: Store) -> None:
    store.change("job_templates", 9, {"ask_limit_on_launch": True, "survey_enabled": True, "timeout": "5", "unknown": 1, "limit": None})
    store.get("job_templates", 9)["survey_spec"] = SURVEY
    node = store.change("workflow_job_template_nodes", 11, {"limit": "a", "extra_data": {"asked": 1}, "workflow_job_template": 99})
    assert (node["limit"], node["workflow_job_template"]) == ("a", 10)
    template = store.get("job_templates", 9)
    assert (template["timeout"], template["limit"], "unknown" in template) == (5, "", False)


def test_secrets_are_not_shown_and_stay(store: Store) -> None:
    assert store.get("credentials", 3)["inputs"] == {"secret": "$encrypted$", "name": "a"}
    store.change("credentials", 3, {"inputs": {"secret": "$encrypted$", "name": "b"}})
    assert store.secrets == {(3, "secret"): "geheim"}
    with pytest.raises(Refused, match=r"reserved"):
        store.create("credentials", {"name": "Two", "organization": 1, "credential_type": 2, "inputs": {"secret": "$encrypted$"}})
    with pytest.raises(Refused, match=r"Missing 'user'"):
        store.create("credentials", {"name": "Two", "credential_type": 2})


def test_what_cannot_be_connected(store: Store) -> None:
    other = store.create("credentials", {"name": "Two", "organization": 1, "credential_type": 2})
    store.associate("job_templates", 9, "credentials", {"id": 3})
    with pytest.raises(Refused, match="Cannot assign multiple Tenant credentials"):
        store.associate("job_templates", 9, "credentials", {"id": other["id"]})
    with pytest.raises(Refused, match="Not found"):
        store.associate("job_templates", 9, "credentials", {"id": 99})
    store.associate("job_templates", 9, "credentials", {"id": 3, "disassociate": True})
    store.associate("job_templates", 9, "credentials", {"id": other["id"]})
    store.associate("workflow_job_template_nodes", 11, "success_nodes", {"id": 12})
    for number in (11, 12):
        with pytest.raises(Refused, match="Cycle detected"):
            store.associate("workflow_job_template_nodes", 12, "always_nodes", {"id": number})


def test_queries(store: Store) -> None:
    assert [one["id"] for one in store.find("projects", {"name": "Git", "organization": "1"})] == [5]
    assert [one["id"] for one in store.find("unified_job_templates", {"or__id": "10", "or__name": "Sync"})] == [9, 10]
    assert store.find("projects", {"name": "Git", "organization": "2"}) == []
    with pytest.raises(Refused, match="Cannot filter by colour"):
        store.find("projects", {"colour": "red"})


def test_playbooks_are_found_by_their_text(tmp_path: Path) -> None:
    play = "- name: A play\n  hosts: links\n"
    for path, text in {
        "play.yml": play,
        "tasks/play.yml": play,
        "group_vars/all.yml": play,
        ".a/b.yml": play,
        "data.yml": "a: 1\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert playbooks_of(tmp_path) == ["play.yml"]
