# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifact of a release: two builds are one file, and what users get from it is enough."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, inventory
from ansible_collections.entra.cross_tenant_sync.tests.tools import dist

NAME = "entra.cross_tenant_sync"


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The artifact, built with a time of its own, because a test may run where git has no commit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1790000000")
        yield dist.main(tmp_path_factory.mktemp("dist"), REPOSITORY)


def test_two_builds_are_one_file(artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From another folder, with other times, permissions, umask and order of files, and with a file that git ignores."""
    clone = tmp_path / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"], cwd=REPOSITORY, check=True, capture_output=True
    )
    umask = os.umask(0o077)
    try:
        for name in reversed(listed.stdout.decode().splitlines()):
            if (REPOSITORY / name).is_file():
                (clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(REPOSITORY / name, clone / name)
                (clone / name).chmod(0o700 if os.access(REPOSITORY / name, os.X_OK) else 0o600)
                os.utime(clone / name, (1, 1))
        (clone / "plugins" / "secret.retry").write_text("not for users")
        subprocess.run(["git", "init", "--quiet", str(clone)], check=True)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
        second = dist.main(tmp_path / "dist", clone)
    finally:
        os.umask(umask)
    assert second.read_bytes() == artifact.read_bytes()
    sums = (tmp_path / "dist" / "SHA256SUMS").read_text()
    assert sums == f"{hashlib.sha256(artifact.read_bytes()).hexdigest()}  {artifact.name}\n"


@pytest.fixture(scope="module")
def installed(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty path with the collection, and nothing of it from the repository."""
    path = tmp_path_factory.mktemp("installed")
    command(path, "ansible-galaxy", "collection", "install", str(artifact), "--collections-path", str(path), "--offline", "--no-cache")
    found = path / "ansible_collections" / "entra" / "cross_tenant_sync"
    assert {file.name for file in (found / "tests").iterdir()} == {"config.yml"}
    assert not (found / "docs" / "developers").exists()
    return path


def command(path: Path, program: str, *arguments: str) -> str:
    """Run a command of Ansible that knows the installed collection only. What it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH"))}
    environment = {**kept, **SECRETS, "ANSIBLE_COLLECTIONS_PATH": str(path), "ANSIBLE_HOME": str(path / "home"), "ANSIBLE_NOCOLOR": "1"}
    run = subprocess.run(
        [str(Path(sys.executable).with_name(program)), *arguments], cwd=path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_the_documentation_of_everything_is_there(installed: Path) -> None:
    for kind in ("module", "lookup", "filter", "inventory", "role"):
        names = {
            line.split()[0].rstrip(":")
            for line in command(installed, "ansible-doc", "--type", kind, "--list", NAME).splitlines()
            if NAME in line
        }
        folder = REPOSITORY / ("roles" if kind == "role" else f"plugins/{'modules' if kind == 'module' else kind}")
        there = {path.stem for path in folder.iterdir() if not path.name.startswith("_")}
        assert {name.removeprefix(f"{NAME}.") for name in names} == there
    found = json.loads(command(installed, "ansible-doc", "--json", f"{NAME}.sync_scope"))
    assert found[f"{NAME}.sync_scope"]["doc"]["version_added"] == "0.1.0"


def test_a_link_of_a_topology_file_is_planned(installed: Path, tmp_path: Path) -> None:
    with Emulator(tmp_path / "emulator") as emulator:
        tenants = inventory(emulator)["all"]["vars"]["tenants"]
        links = [{"source": "contoso", "target": "fabrikam", "scope_users": ["minsu.kim@contoso.kr"], "job_state": "started"}]
        topology = installed / "topology.yml"
        topology.write_text(yaml.safe_dump({"plugin": f"{NAME}.topology", "tenants": tenants, "links": links}))
        assert "contoso_to_fabrikam" in command(installed, "ansible-inventory", "-i", str(topology), "--graph")
        shown = command(installed, "ansible-playbook", "-i", str(topology), f"{NAME}.plan")
        assert "create" in shown
        assert "contoso_to_fabrikam" in shown
