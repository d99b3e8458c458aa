# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories in ``examples``: those that a guide prints are the same there, whose tests run them; the others are planned here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.certificates import PASSPHRASE, rsa_pair

EXAMPLES = REPOSITORY / "examples"
PRINTED = {
    "one_link/inventory.yml": "README.md",
    "hub/topology.yml": "docs/guide_topology.md",
    "mesh/topology.yml": "docs/guide_topology.md",
}
SECRETS = {f"{name.upper()}_CLIENT_SECRET": f"{name}-rehearsal-secret" for name in ("contoso", "fabrikam")}
VAULT_PASSWORD = "open-sesame"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def companies(tmp_path: Path) -> Iterator[Emulator]:
    """Ten tenants, each with the group of the examples."""
    with Emulator(tmp_path / "emulator", "ten-companies") as running:
        yield running


def connected(emulator: Emulator, name: str, folder: Path) -> Playbooks:
    """A copy of the examples, one of which is connected to the emulator."""
    shutil.copytree(EXAMPLES, folder)
    (tenants,) = (path for path in (folder / name / "group_vars").rglob("*.yml") if "tenants" in (load(path) or {}))
    content = load(tenants)
    for tenant in content["tenants"].values():
        tenant.update(emulator.connection())
    tenants.write_text(yaml.safe_dump(content), encoding="utf-8")
    return Playbooks(emulator, folder)


def test_each_example_is_printed_or_planned_here() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    assert folders == {Path(path).parts[0] for path in PRINTED} | {"affiliates", "vault"}
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"[{name}]({name}/" in text for name in folders)


@pytest.mark.parametrize("path", PRINTED)
def test_an_inventory_of_a_guide_is_the_same_here(path: str) -> None:
    guide = (REPOSITORY / PRINTED[path]).read_text(encoding="utf-8")
    printed = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)]
    assert load(EXAMPLES / path) in printed


def test_affiliates(companies: Emulator, tmp_path: Path) -> None:
    playbooks = connected(companies, "affiliates", tmp_path / "examples")
    run = playbooks.command("ansible-playbook -i affiliates/inventory.yml entra.cross_tenant_sync.sync", SECRETS)
    assert run.code == 0, run.output
    assert {f"create configuration {name}" for name in ("Contoso", "Fabrikam")} <= set(run.actions())
    again = playbooks.command("ansible-playbook -i affiliates/inventory.yml entra.cross_tenant_sync.sync", SECRETS)
    assert (again.code, again.changed()) == (0, [])


def test_vault_and_certificate(companies: Emulator, tmp_path: Path) -> None:
    state = companies.state()
    for registration in state["tenants"][FABRIKAM]["registrations"].values():
        registration |= {"certificates": [rsa_pair().certificate_pem().decode()], "secrets": []}
    companies.load(state)
    folder = tmp_path / "examples"
    playbooks = connected(companies, "vault", folder)
    (folder / "vault" / "certificates").mkdir(mode=0o700)
    (folder / "vault" / "certificates" / "fabrikam.pem").write_bytes(rsa_pair().pem(PASSPHRASE))
    vault = folder / "vault" / "group_vars" / "all" / "vault.yml"
    assert set(load(vault).values()) == {"replace-me"}
    vault.write_text(
        yaml.safe_dump(
            {"vault_contoso_client_secret": SECRETS["CONTOSO_CLIENT_SECRET"], "vault_fabrikam_passphrase": PASSPHRASE},
        )
    )
    password = folder / "password"
    password.write_text(VAULT_PASSWORD)
    program = str(Path(sys.executable).with_name("ansible-vault"))
    subprocess.run([program, "encrypt", "--vault-password-file", str(password), str(vault)], check=True, capture_output=True)
    assert vault.read_text().startswith("$ANSIBLE_VAULT")

    run = playbooks.command(
        "ansible-playbook -i vault/inventory.yml entra.cross_tenant_sync.sync --check --vault-password-file password",
        {"CONTOSO_CLIENT_SECRET": ""},
    )
    assert run.code == 0, run.output
    assert "create configuration Fabrikam" in run.actions()
