# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One token a tenant and run: seen from the token endpoint, and from the files that hold it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, Playbooks, inventory


def token_requests(emulator: Emulator) -> Counter[str]:
    """How often each tenant was asked for a token."""
    seen = emulator.control("GET", "requests")["requests"]
    return Counter(one["path"].split("/")[1] for one in seen if one["path"].endswith("/oauth2/v2.0/token"))


@pytest.mark.parametrize("process", [False, True], ids=["worker", "process"])
def test_one_token_a_tenant_and_run(playbooks: Playbooks, emulator: Emulator, process: bool) -> None:
    run = playbooks.sync("-e", f"cross_tenant_sync_module_process={process}")
    assert run.code == 0, run.output
    assert token_requests(emulator) == {CONTOSO: 1, FABRIKAM: 1}


def test_links_that_run_at_the_same_time_share_it(playbooks: Playbooks, emulator: Emulator) -> None:
    hosts = inventory(emulator)
    links = hosts["all"]["children"]["links"]["hosts"]
    hosts["all"]["children"]["links"]["hosts"] = {f"link_{number}": dict(*links.values()) for number in range(8)}
    run = playbooks.play(_play(playbooks, hosts, []), hosts, "--forks", "8")
    assert run.code == 0, run.output
    assert len(run.ours()) == 8
    assert token_requests(emulator) == {CONTOSO: 1}


def test_a_token_that_expires_in_the_middle_of_a_run_is_replaced_once(playbooks: Playbooks, emulator: Emulator) -> None:
    emulator.control("POST", "faults", {"method": "GET", "path": "/jobs$", "fault": "expired_token"})
    run = playbooks.sync()
    assert run.code == 0, run.output
    assert token_requests(emulator) == {CONTOSO: 2, FABRIKAM: 1}


def test_only_the_owner_can_read_it_and_only_while_the_run_lasts(playbooks: Playbooks, emulator: Emulator, tmp_path: Path) -> None:
    local = tmp_path / "local"
    hosts = inventory(emulator)
    command = ["find", str(local), "-name", "cross_tenant_sync-*", "-printf", "%m %p\\n"]
    look = {"name": "Look", "ansible.builtin.command": {"argv": command}}
    run = playbooks.play(_play(playbooks, hosts, [look]), hosts, env={"ANSIBLE_LOCAL_TEMP": str(local)})
    assert run.code == 0, run.output
    found = [line.split() for line in next(one.result["stdout_lines"] for one in run.tasks if one.name == "Look")]
    assert found
    assert {mode for mode, _path in found} == {"600"}
    assert not [path for _mode, path in found if Path(path).exists()]
    assert list(local.iterdir()) == []


def _play(playbooks: Playbooks, hosts: dict[str, Any], tasks: list[dict[str, Any]]) -> Path:
    """A play that reads something of Contoso, and then does what else is given."""
    connection = hosts["all"]["vars"]["tenants"]["contoso"]
    read = {"name": "Read", f"{PREFIX}cross_tenant_policy_info": {**connection, "names": False}}
    path = playbooks.folder / "tokens.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        yaml.safe_dump(
            [{"name": "Read", "hosts": "links", "connection": "local", "gather_facts": False, "tasks": [read, *tasks]}], sort_keys=False
        )
    )
    return path
