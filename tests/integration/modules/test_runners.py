# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two hosts of the engine, the controller's worker and a module process, say and do the same."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.behaviours import ALL, LIKELY
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.life import everything
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import COLLECTIONS, PREFIX, Playbooks, inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.runners import compare
from ansible_collections.entra.cross_tenant_sync.tests.support.stories import Do, Story, Teller

CONFIGURATION = {"configuration": "Fabrikam"}
MINSU = "minsu.kim@contoso.kr"

TARGET = {"tenant_id": FABRIKAM, "client_id": "22222222-2222-4222-8222-222222222222", "client_secret": SECRETS["FABRIKAM_CLIENT_SECRET"]}

STORY: list[tuple[str, dict[str, Any], str]] = [
    # module, options, tenant; refusals among them, by the engine as well as by the options' own rules
    ("cross_tenant_policy", {"partner_tenant_id": CONTOSO, "user_sync_inbound": True, "redemption_inbound": True}, "fabrikam"),
    ("cross_tenant_policy", {"partner_tenant_id": CONTOSO, "inherit": ["odd"]}, "fabrikam"),
    ("cross_tenant_policy", {"partner_tenant_id": "nowhere.example"}, "fabrikam"),
    ("cross_tenant_policy", {"partner_tenant_id": FABRIKAM, "redemption_outbound": "yes"}, "contoso"),
    ("cross_tenant_policy_info", {}, "fabrikam"),
    ("cross_tenant_capability", {"partner_tenant_id": CONTOSO, "free_busy": "basic", "profile_card": "no", "scope": "all"}, "fabrikam"),
    ("cross_tenant_capability", {"partner_tenant_id": CONTOSO, "free_busy": "limited_details"}, "fabrikam"),
    ("cross_tenant_capability", {"partner_tenant_id": CONTOSO, "mail_tips": "all"}, "fabrikam"),
    ("cross_tenant_capability", {"partner_tenant_id": CONTOSO, "free_busy": "everything"}, "fabrikam"),
    ("cross_tenant_capability_info", {}, "fabrikam"),
    ("cross_tenant_capability", {"partner_tenant_id": CONTOSO, "free_busy": "none", "state": "absent"}, "fabrikam"),
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
    ("link_info", {**CONFIGURATION, "target": TARGET, "scope_users": [MINSU], "source_domains": ["contoso.kr"]}, "contoso"),
    ("link_info", {**CONFIGURATION, "target": {**TARGET, "cloud": "mars"}}, "contoso"),
    ("sync_deprovision", {**CONFIGURATION, "target": TARGET, "source_domains": ["contoso.kr"], "deletion_threshold": "1"}, "contoso"),
    ("sync_deprovision", {**CONFIGURATION, "target": TARGET, "wait_timeout": "-1"}, "contoso"),
    ("sync_job", {**CONFIGURATION, "state": "absent"}, "contoso"),
    ("sync_deprovision", {**CONFIGURATION, "target": TARGET, "source_domains": ["contoso.kr"]}, "contoso"),
    ("sync_configuration", {"name": "Fabrikam", "target_tenant_id": FABRIKAM, "state": "absent"}, "contoso"),
    ("cross_tenant_policy", {"partner_tenant_id": CONTOSO, "state": "absent"}, "fabrikam"),
]


def led(options: dict[str, Any], emulator: Emulator) -> dict[str, Any]:
    """The options with the second tenant, if there is one, led to the emulator as the first."""
    return {**options, "target": {**options["target"], **emulator.connection()}} if "target" in options else options


@pytest.mark.parametrize("behaviour", ALL if everything() else [LIKELY], ids=str, indirect=True)
def test_every_module_in_both_hosts(tell: Teller, emulator: Emulator, state: dict[str, Any]) -> None:
    stories: list[Story] = []
    for process in (False, True):
        emulator.control("PUT", "state", state)
        # Check mode through a process costs a third of a second a task, and is the same code: one module shows it.
        first, *_unused = scenes = [Do(module, led(options, emulator), tenant, process=process) for module, options, tenant in STORY]
        stories.append(tell(dataclasses.replace(first, check=True), scenes))
    assert {step.task.action for step in stories[0]} >= {PREFIX + name for name, _unused, _unneeded in STORY}
    compare(*stories)
    failed = [step.message for step in stories[0] if step.failed]
    assert len(failed) == 14
    for text in (stories[0].run.output, stories[1].run.output):
        assert "rehearsal-secret" not in text
    assert tenants.groups(stories[0][-1].after, "Sales")


@pytest.mark.parametrize("behaviour", [LIKELY], indirect=True)
@pytest.mark.parametrize("process", [False, True], ids=["worker", "process"])
class TestEnds:
    """A task that is ended from outside ends like any module."""

    OPTIONS: ClassVar[dict[str, Any]] = {"partner_tenant_id": FABRIKAM, "redemption_outbound": True}

    def play(self, playbooks: Playbooks, process: bool, **keywords: Any) -> tuple[Path, dict[str, Any]]:
        """A playbook of one task that the service lets wait."""
        playbooks.emulator.control("PUT", "settings", {"latency_ms": 20_000})
        hosts = inventory(playbooks.emulator)
        task = {**Do("cross_tenant_policy", self.OPTIONS, process=process).task(hosts["all"]["vars"]["tenants"]), **keywords}
        playbooks.folder.mkdir(parents=True, exist_ok=True)
        path = playbooks.folder / "slow.yml"
        path.write_text(yaml.safe_dump([{"name": "Wait", "hosts": "links", "connection": "local", "gather_facts": False, "tasks": [task]}]))
        return path, hosts

    def test_by_its_time_limit(self, playbooks: Playbooks, process: bool) -> None:
        path, hosts = self.play(playbooks, process, timeout=3, ignore_errors=False)
        began = time.monotonic()
        run = playbooks.play(path, hosts)
        assert time.monotonic() - began < 15
        assert run.code == 2
        assert run.of("cross_tenant_policy")["timedout"]["period"] == 3
        assert "Traceback" not in run.output

    def test_by_the_keyboard(self, playbooks: Playbooks, process: bool) -> None:
        path, hosts = self.play(playbooks, process)
        inventory_file = path.with_name("inventory.yml")
        inventory_file.write_text(yaml.safe_dump(hosts))
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory_file), str(path)]
        env = {**os.environ, **SECRETS, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_NOCOLOR": "1"}
        # A session of its own, since an interrupted ansible-playbook ends its whole process group.
        playing = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        time.sleep(4)
        os.killpg(playing.pid, signal.SIGINT)
        output, _nothing = playing.communicate(timeout=15)
        assert playing.returncode == 99
        assert "User interrupted execution" in output
        assert "rehearsal-secret" not in output
