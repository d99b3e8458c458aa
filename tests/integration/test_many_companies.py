# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of the hub and of the mesh of the guide, with the playbooks, against ten emulated tenants."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, REPOSITORY, Playbooks, Run

PLUGIN = f"{PREFIX}topology"
GUIDE = REPOSITORY / "docs" / "guide_topology.md"


def guide(kind: str) -> dict[str, Any]:
    """The file of the guide that describes a hub or a mesh."""
    fences = re.findall(r"^```yaml\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (found,) = [content for content in map(yaml.safe_load, fences) if content.get("plugin") == PLUGIN and kind in content]
    content: dict[str, Any] = found
    return content


@pytest.fixture
def companies(tmp_path: Path) -> Iterator[Emulator]:
    """Ten tenants."""
    with Emulator(tmp_path / "emulator", "ten-companies") as running:
        yield running


class Group:
    """The playbooks with a file of the plugin, against ten emulated tenants."""

    def __init__(self, emulator: Emulator, folder: Path, content: dict[str, Any]) -> None:
        self.playbooks = Playbooks(emulator, folder)
        self.content = copy.deepcopy(content)
        for tenant in self.content["tenants"].values():
            tenant.update(emulator.connection())
        self.secrets = {f"{name.upper()}_CLIENT_SECRET": f"{name}-rehearsal-secret" for name in self.content["tenants"]}

    def play(self, name: str, *arguments: str, **change: Any) -> Run:
        """A playbook of the collection."""
        playbook = REPOSITORY / "playbooks" / f"{name}.yml"
        run = self.playbooks.play(playbook, {**self.content, **change}, *arguments, env=self.secrets, file="topology.yml")
        assert run.code == 0, run.output
        assert all(secret not in run.output for secret in self.secrets.values())
        return run


def hosts_of(run: Run) -> set[str]:
    return {task.host for task in run.tasks}


def guests(emulator: Emulator, tenant_id: str) -> set[str]:
    """The mail addresses of the users of other tenants."""
    users = emulator.tenant(tenant_id)["users"].values()
    return {user["mail"] for user in users if "#EXT#" in user["userPrincipalName"]}


def test_the_life_of_the_hub_of_the_guide(companies: Emulator, tmp_path: Path) -> None:
    """Plan, run, rerun, verify, and one spoke taken out, first described and then forgotten."""
    hub = guide("hub")
    group = Group(companies, tmp_path / "ansible", hub)
    center, (leaving, *_others) = hub["hub"]["tenant"], hub["hub"]["spokes"]
    ids = {name: tenant["tenant_id"] for name, tenant in hub["tenants"].items()}
    links = {f"{one}_to_{other}" for spoke in hub["hub"]["spokes"] for one, other in ((spoke, center), (center, spoke))}
    assert len(ids) == 5

    plan = group.play("sync", "--check")
    assert hosts_of(plan) == links
    assert "for 8 of 8 links" in plan.output
    run = group.play("sync")
    assert {host for host in links if any(task.host == host and task.result.get("changed") for task in run.tasks)} == links
    assert group.play("sync").changed() == []
    companies.advance("PT40M")
    group.play("verify")
    assert len(guests(companies, ids[center])) == 4 * 3
    assert len(guests(companies, ids[leaving])) == 3

    absent = {level: {**hub.get(level, {}), leaving: {"state": "absent"}} for level in ("per_source", "per_target")}
    taken_out = {f"{leaving}_to_{center}", f"{center}_to_{leaving}"}
    plan = group.play("sync", "--check", **absent)
    assert "for 2 of 8 links" in plan.output
    removal = group.play("sync", **absent)
    assert {task.host for task in removal.tasks if task.result.get("changed")} == taken_out
    assert group.play("sync", **absent).changed() == []
    assert ids[leaving] not in companies.tenant(ids[center])["access_policy"]["partners"]
    assert companies.tenant(ids[leaving])["access_policy"]["partners"] == {}

    smaller = {**hub["hub"], "spokes": [spoke for spoke in hub["hub"]["spokes"] if spoke != leaving]}
    rest = group.play("sync", hub=smaller)
    assert hosts_of(rest) == links - taken_out
    assert rest.changed() == []


def test_the_mesh_of_the_guide_by_limits_and_slices(companies: Emulator, tmp_path: Path) -> None:
    """Three of its tenants; AWX deals out the hosts of an inventory to the slices of a job, which run one after another here."""
    mesh = guide("mesh")
    assert len(mesh["mesh"]) == 10
    group = Group(companies, tmp_path / "ansible", mesh)
    whole = group.play("preflight", "--list-hosts").output
    assert len(set(re.findall(r"\w+_to_\w+", whole))) == 90
    one, *rest = mesh["mesh"][:3]

    plan = group.play("sync", "--check", "--limit", f"from_{one}")
    assert hosts_of(plan) == {f"{one}_to_{other}" for other in mesh["mesh"][1:]}

    small = {"mesh": mesh["mesh"][:3]}
    links = [f"{source}_to_{target}" for source in small["mesh"] for target in small["mesh"] if source != target]
    for number in range(2):
        mine = set(links[number::2])
        assert hosts_of(group.play("sync", "--limit", ",".join(mine), **small)) == mine
    rerun = group.play("sync", **small)
    assert hosts_of(rerun) == set(links)
    assert rerun.changed() == []

    removed = group.play("teardown", "--limit", f"from_{one},to_{one}", **small)
    assert hosts_of(removed) == {link for link in links if one in link}
    companies.advance("PT40M")
    last = group.play("sync", mesh=rest)
    assert hosts_of(last) == {f"{rest[0]}_to_{rest[1]}", f"{rest[1]}_to_{rest[0]}"}
    assert last.changed() == []
