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
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, inventory
from ansible_collections.entra.cross_tenant_sync.tests.tools import dist, sign

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


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a key of GnuPG, made for this test; ``ring.gpg`` has its public part."""
    if not shutil.which("gpg"):
        pytest.skip("GnuPG is not installed")
    # The socket of its agent has a path of at most 107 characters, so its folder is not below that of the test.
    with tempfile.TemporaryDirectory() as home:
        monkeypatch.setenv("GNUPGHOME", home)
        made = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "release@example.com", "ed25519", "sign", "1d"]
        subprocess.run(made, check=True, capture_output=True)
        subprocess.run(["gpg", "--batch", "--export", "--output", str(tmp_path / "ring.gpg")], check=True)
        yield "release@example.com"
        subprocess.run(["gpgconf", "--kill", "all"], check=False)


def verified(path: Path, signature: Path, ring: Path) -> subprocess.CompletedProcess[str]:
    """What ``ansible-galaxy collection verify`` says of what is installed below a path."""
    options = ["--offline", "--keyring", str(ring), "--signature", signature.as_uri()]
    program = str(Path(sys.executable).with_name("ansible-galaxy"))
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(path), "ANSIBLE_NOCOLOR": "1"}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        [program, "collection", "verify", NAME, *options], cwd=path, env=environment, capture_output=True, text=True, check=False
    )


def test_a_signed_release_can_be_verified(artifact: Path, installed: Path, key: str, tmp_path: Path) -> None:
    """Its checksums, and what was installed of it; a changed file and the signature of something else are noticed."""
    folder = tmp_path / "dist"
    shutil.copytree(artifact.parent, folder)
    of_manifest, of_sums = sign.main(folder, key)
    assert of_manifest.name == "entra-cross_tenant_sync-0.1.0.MANIFEST.json.asc"
    checked = ["gpgv", "--keyring", str(tmp_path / "ring.gpg"), str(of_sums), str(folder / "SHA256SUMS")]
    assert subprocess.run(checked, check=False, capture_output=True).returncode == 0
    (folder / "SHA256SUMS").write_text("0" * 64 + f"  {artifact.name}\n")
    assert subprocess.run(checked, check=False, capture_output=True).returncode != 0

    copy = tmp_path / "copy"
    shutil.copytree(installed / "ansible_collections", copy / "ansible_collections")
    whole = verified(copy, of_manifest, tmp_path / "ring.gpg")
    assert whole.returncode == 0, whole.stdout + whole.stderr
    foreign = verified(copy, of_sums, tmp_path / "ring.gpg")
    assert foreign.returncode != 0
    assert "Signature verification failed" in foreign.stdout
    module = copy / "ansible_collections" / "entra" / "cross_tenant_sync" / "plugins" / "modules" / "sync_job.py"
    module.write_text(module.read_text() + "# changed\n")
    changed = verified(copy, of_manifest, tmp_path / "ring.gpg")
    assert changed.returncode != 0
    assert "plugins/modules/sync_job.py" in changed.stdout


def test_a_release_is_not_signed_with_a_key_that_is_not_there(artifact: Path, key: str, tmp_path: Path) -> None:
    folder = tmp_path / "dist"
    shutil.copytree(artifact.parent, folder)
    with pytest.raises(subprocess.CalledProcessError):
        sign.main(folder, f"not.{key}")
    assert not list(folder.glob("*.asc"))


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
