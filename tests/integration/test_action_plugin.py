# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One action plugin runs all modules, and each module still has its own name, defaults and group."""

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, Playbooks, Run, inventory


def play(playbooks: Playbooks, tasks: list[dict[str, Any]], **keywords: Any) -> Run:
    """A play of these tasks, which go on after a failure, with the source tenant's connection as defaults of the group."""
    hosts = inventory(playbooks.emulator)
    group = {f"group/{PREFIX}graph": hosts["all"]["vars"]["tenants"]["contoso"]}
    playbooks.folder.mkdir(parents=True, exist_ok=True)
    path = playbooks.folder / "defaults.yml"
    written = {
        "name": "Use defaults",
        "hosts": "links",
        "connection": "local",
        "gather_facts": False,
        "ignore_errors": True,
        **keywords,
        "module_defaults": {**group, **keywords.get("module_defaults", {})},
        "tasks": tasks,
    }
    path.write_text(yaml.safe_dump([written]))
    return playbooks.play(path, hosts)


def test_defaults_of_a_module_are_those_of_no_other(playbooks: Playbooks) -> None:
    """A redirect of action plugins would hand the last of them to every module."""
    defaults = {f"{PREFIX}sync_job_info": {"configuration": "Fabrikam"}, f"{PREFIX}tenant_info": {"resolve": ["fabrikam.kr"]}}
    run = play(
        playbooks, [{f"{PREFIX}sync_job_info": {}}, {f"{PREFIX}tenant_info": {}}, {f"{PREFIX}sync_scope": {}}], module_defaults=defaults
    )
    job, tenants, scope = (task.result for task in run.tasks)
    assert (job.get("msg"), job["job"]) == (None, None)
    assert [tenant["id"] for tenant in tenants["tenants"]] == [FABRIKAM]
    assert scope["msg"] == "missing required arguments: configuration"


def test_short_names_and_templated_names_find_their_module(playbooks: Playbooks) -> None:
    tasks: list[dict[str, Any]] = [
        {"tenant_info": {"resolve": ["fabrikam.kr"]}},
        {"action": "tenant_info", "args": {"resolve": ["fabrikam.kr"]}},
        {"action": "{{ 'tenant' }}_info", "args": {"resolve": ["fabrikam.kr"], "tenant_id": CONTOSO}},
        {"tenant_info": {"resolve": ["fabrikam.kr"]}, "vars": {"cross_tenant_sync_module_process": True}},
    ]
    run = play(playbooks, tasks, collections=["entra.cross_tenant_sync"])
    assert [task.result.get("msg") for task in run.tasks] == [None] * 4, run.output
    assert len({str(task.result["tenants"]) for task in run.tasks}) == 1
