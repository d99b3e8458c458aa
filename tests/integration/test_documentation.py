# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every play, inventory and variable that the guides print, run against the emulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, REPOSITORY, Playbooks, inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.samples import kind, samples


def documents(form: str) -> list[Any]:
    """The samples of a kind, in the order of the guides."""
    return [yaml.safe_load(sample.text) for sample in samples() if kind(sample) == form]


def removes(play: dict[str, Any]) -> bool:
    """Whether nothing is left for the plays that come after it."""
    return "link_state" in play.get("vars", {})


def with_exchange(emulator: Emulator) -> dict[str, Any]:
    """The inventory of the quick start, whose target may also be asked in Exchange."""
    hosts = inventory(emulator)
    hosts["all"]["vars"]["tenants"]["fabrikam"]["exchange"] = True
    return hosts


def save(path: Path, plays: list[dict[str, Any]]) -> Path:
    """A playbook in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(plays, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def test_every_play_runs(playbooks: Playbooks, emulator: Emulator, tmp_path: Path) -> None:
    """In one run, in the order of the guides: what one play changes or saves, a later one of the same guide may need."""
    assert playbooks.sync().code == 0
    emulator.advance("PT40M")
    plays = sorted((play for document in documents("play") for play in document), key=removes)
    assert len(plays) > 15
    for play in plays:
        for tenant in play.get("vars", {}).get("tenants", {}).values():
            tenant.update(emulator.connection())

    run = playbooks.play(save(tmp_path / "plays" / "all.yml", plays), with_exchange(emulator))

    assert run.code == 0, run.output


def test_every_variable_of_a_link_is_taken(playbooks: Playbooks, emulator: Emulator, tmp_path: Path) -> None:
    """As somebody would try it: check mode on a link that runs."""
    assert playbooks.sync().code == 0
    snippets = documents("variables of a link")
    assert len(snippets) > 10
    # The quick start's own mapping of the display name would be a second one beside a snippet's.
    roles = {
        name: {"name": "Plan it", "ansible.builtin.import_role": {"name": f"{PREFIX}{name}"}}
        for name in ("source_tenant", "address_book", "verify")
    }
    plays = [
        {
            "name": ", ".join(snippet),
            "hosts": "links",
            "connection": "local",
            "gather_facts": False,
            "vars": {"link_mappings": [], **snippet},
            "tasks": [role for name, role in roles.items() if name == "source_tenant" or "link_address_book" in snippet],
        }
        for snippet in snippets
    ]

    run = playbooks.play(save(tmp_path / "plays" / "snippets.yml", plays), with_exchange(emulator), "--check")

    assert run.code == 0, run.output


def test_every_inventory_can_be_planned(playbooks: Playbooks, emulator: Emulator) -> None:
    inventories = documents("inventory")
    assert len(inventories) > 1
    for hosts in inventories:
        for tenant in hosts["all"]["vars"]["tenants"].values():
            tenant.update(emulator.connection())

        run = playbooks.play(REPOSITORY / "playbooks" / "sync.yml", hosts, "--check")

        assert run.code == 0, run.output
        assert "start provisioning job of configuration Fabrikam" in run.actions()
