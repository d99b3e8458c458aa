# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token for each tenant and run: counted at the token endpoint, and searched in the files that must not contain it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, Playbooks, inventory


def token_requests(emulator: Emulator) -> Counter[str]:
    """The number of token requests of each tenant."""
    requests = emulator.control("GET", "requests")["requests"]
    return Counter(request["path"].split("/")[1] for request in requests if request["path"].endswith("/oauth2/v2.0/token"))


TOKEN = re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.")
"""The form of a JSON web token."""


def test_one_token_a_tenant_and_run(playbooks: Playbooks, emulator: Emulator) -> None:
    run = playbooks.sync()
    assert run.code == 0, run.output
    assert token_requests(emulator) == {CONTOSO: 1, FABRIKAM: 1}


def test_one_token_for_each_service(playbooks: Playbooks, emulator: Emulator) -> None:
    """A token for Graph is not for Exchange (fact F146), so two tasks that ask both need two."""
    hosts = inventory(emulator)
    run = playbooks.play(_play(playbooks, hosts, [_read_exchange(hosts)] * 2), hosts)
    assert run.code == 0, run.output
    assert [task.result["exchange"]["asked"] for task in run.ours()[1:]] == [True, True]
    assert token_requests(emulator) == {CONTOSO: 1, FABRIKAM: 2}


def test_module_processes_sign_in_separately(playbooks: Playbooks, emulator: Emulator) -> None:
    """A token can only reach them through a file or the environment, where others could find it."""
    hosts = inventory(emulator)
    read = _read(hosts)
    run = playbooks.play(_play(playbooks, hosts, [read]), hosts, "-e", "cross_tenant_sync_module_process=true")
    assert run.code == 0, run.output
    assert token_requests(emulator) == {CONTOSO: 2}


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


@pytest.mark.parametrize("process", [False, True], ids=["worker", "process"])
@pytest.mark.parametrize("end", ["normally", "SIGTERM", "SIGKILL"])
def test_no_file_contains_a_token_during_the_run_or_after_it(
    playbooks: Playbooks, emulator: Emulator, tmp_path: Path, end: str, process: bool
) -> None:
    """A run that is killed cannot remove a file, so there must be none."""
    temporary, copy = tmp_path / "tmp", tmp_path / "copy"
    temporary.mkdir()
    hosts = inventory(emulator)
    copy_files = {
        "name": "Copy the files",
        "ansible.builtin.command": {"argv": ["cp", "-r", str(playbooks.folder), str(temporary), str(copy)]},
    }
    copy.mkdir()
    tasks = [_read_exchange(hosts), copy_files, _read(hosts)]
    if end != "normally":
        # The parent of the worker that evaluates this lookup.
        parent = "{{ lookup('ansible.builtin.pipe', 'ps -o ppid= -p $PPID') | trim }}"
        tasks.append({"name": "End the run", "ansible.builtin.command": {"argv": ["kill", f"-{end}", parent]}})
        tasks.append({"name": "Continue", "ansible.builtin.command": {"argv": ["sleep", "60"]}})
    run = playbooks.play(
        _play(playbooks, hosts, tasks), hosts, "-e", f"cross_tenant_sync_module_process={process}", env={"TMPDIR": str(temporary)}
    )
    assert (run.code == 0) is (end == "normally"), run.output
    assert token_requests(emulator) == {CONTOSO: 2 if process else 1, FABRIKAM: 2}
    files = [path for folder in (copy, temporary, playbooks.folder) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if TOKEN.search(path.read_bytes())] == []


def _read(hosts: dict[str, Any]) -> dict[str, Any]:
    """A task that reads something of Contoso."""
    connection = hosts["all"]["vars"]["tenants"]["contoso"]
    return {"name": "Read", f"{PREFIX}cross_tenant_policy_info": {**connection, "names": False}}


def _read_exchange(hosts: dict[str, Any]) -> dict[str, Any]:
    """A task that asks Graph and Exchange of Fabrikam."""
    connection = {**hosts["all"]["vars"]["tenants"]["fabrikam"], "exchange": True}
    return {"name": "Read Exchange", f"{PREFIX}address_book_info": {**connection, "people": ["woojin.moon@contoso.kr"]}}


def _play(playbooks: Playbooks, hosts: dict[str, Any], tasks: list[dict[str, Any]]) -> Path:
    """A play that reads something of Contoso, and then runs the given tasks."""
    path = playbooks.folder / "tokens.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    plays = [{"name": "Read", "hosts": "links", "connection": "local", "gather_facts": False, "tasks": [_read(hosts), *tasks]}]
    path.write_text(yaml.safe_dump(plays, sort_keys=False))
    return path
