# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two hosts of the engine, the controller's worker and a module process, say and do the same."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Step, Story, Teller

PASSING = {"waited_seconds", "diff", "stdout", "stdout_lines", "ansible_facts", "exception", "request_id", "client_request_id", "timings"}
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|\d{4}-\d\d-\d\dT[0-9:.]+Z")
CONFIGURATION = {"configuration": "Fabrikam"}
MINSU = "minsu.kim@contoso.kr"

STORY: list[tuple[str, dict[str, Any], str]] = [
    # module, options, tenant; refusals among them, by the engine as well as by the options' own rules
    ("cross_tenant_policy", {"partner_tenant_id": CONTOSO, "user_sync_inbound": True, "redemption_inbound": True}, "fabrikam"),
    ("cross_tenant_policy", {"partner_tenant_id": CONTOSO, "inherit": ["odd"]}, "fabrikam"),
    ("cross_tenant_policy", {"partner_tenant_id": "nowhere.example"}, "fabrikam"),
    ("cross_tenant_policy", {"partner_tenant_id": FABRIKAM, "redemption_outbound": "yes"}, "contoso"),
    ("cross_tenant_policy_info", {}, "fabrikam"),
    ("sync_configuration", {"name": "Fabrikam", "target_tenant_id": FABRIKAM, "deletion_threshold": "7"}, "contoso"),
    ("sync_configuration", {"name": "Fabrikam", "odd": 1}, "contoso"),
    ("sync_configuration_info", {}, "contoso"),
    ("sync_scope", {**CONFIGURATION, "mode": "assigned", "users": f"{MINSU},yuna.han@contoso.kr", "groups": ["Sales"]}, "contoso"),
    ("sync_scope", {**CONFIGURATION, "users": [], "groups": [], "exact": True}, "contoso"),
    ("sync_mapping", {**CONFIGURATION, "user_type": "guest", "display_name_suffix": " (C)", "filters": []}, "contoso"),
    ("sync_mapping", {**CONFIGURATION, "convert_existing": True}, "contoso"),
    ("sync_mapping", {**CONFIGURATION, "reset": True, "restore": {"a": 1}}, "contoso"),
    ("sync_mapping", {**CONFIGURATION, "mappings": [{"target": "displayNam", "source": "displayName"}]}, "contoso"),
    ("sync_job", {**CONFIGURATION}, "contoso"),
    ("sync_job", {**CONFIGURATION, "state": "restarted", "restart_reason": "full"}, "contoso"),
    ("sync_job_info", {**CONFIGURATION}, "contoso"),
    ("sync_on_demand", {**CONFIGURATION, "users": [MINSU, "junho.choi@contoso.kr"]}, "contoso"),
    ("provisioning_log_info", {**CONFIGURATION, "statuses": ["success"]}, "contoso"),
    ("synced_user_info", {"source_domains": ["contoso.kr"]}, "fabrikam"),
    ("sync_job", {**CONFIGURATION, "state": "absent"}, "contoso"),
    ("sync_configuration", {"name": "Fabrikam", "target_tenant_id": FABRIKAM, "state": "absent"}, "contoso"),
    ("cross_tenant_policy", {"partner_tenant_id": CONTOSO, "state": "absent"}, "fabrikam"),
]


def same(value: Any) -> Any:
    """The value without what is different every time: ids that the service makes up, times and how long it took."""
    if isinstance(value, dict):
        return {same(name): same(member) for name, member in value.items() if name not in PASSING}
    if isinstance(value, list):
        return [same(member) for member in value]
    return _ID.sub("<made up>", value) if isinstance(value, str) else value


def writes(step: Step) -> list[tuple[str, str]]:
    """What was written. What is read may differ: a process knows nothing of what earlier tasks have seen."""
    return [(one["method"], same(one["path"])) for one in step.writes]


def test_every_module_in_both_hosts(tell: Teller, emulator: Emulator, state: dict[str, Any]) -> None:
    stories: list[Story] = []
    for process in (False, True):
        emulator.control("PUT", "state", state)
        # Check mode through a process costs a third of a second a task, and is the same code: one module shows it.
        first, *_unused = scenes = [Do(module, options, tenant, process=process) for module, options, tenant in STORY]
        stories.append(tell(dataclasses.replace(first, check=True), scenes))
    assert {step.task.action for step in stories[0]} >= {PREFIX + name for name, _unused, _unneeded in STORY}
    for worker, module in zip(*stories, strict=True):
        assert worker.task.status == module.task.status, (worker.result.get("msg"), module.result.get("msg"))
        assert same(worker.result) == same(module.result)
        assert same(worker.result["diff"]) == same(module.result["diff"])
        assert same(worker.warnings) == same(module.warnings)
        assert writes(worker) == writes(module)
    failed = [step.message for step in stories[0] if step.failed]
    assert len(failed) == 8
    for text in (stories[0].run.output, stories[1].run.output):
        assert "rehearsal-secret" not in text
    assert tenants.groups(stories[0][-1].after, "Sales")
