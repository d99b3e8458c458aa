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


def blocks(language: str) -> list[str]:
    """The blocks of the guide in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def guide(kind: str) -> dict[str, Any]:
    """The file of the guide that describes a hub or a mesh."""
    (found,) = [content for content in map(yaml.safe_load, blocks("yaml")) if content.get("plugin") == PLUGIN and kind in content]
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


class Folder:
    """A folder, empty at first, in which the files of the guide are saved and its commands are typed."""

    def __init__(self, emulator: Emulator, path: Path) -> None:
        path.mkdir()
        self.playbooks = Playbooks(emulator, path)
        (path / "ca.pem").write_bytes(emulator.ca_path.read_bytes())

    def save(self, file: str, text: str) -> None:
        """A file. The tenants are pointed at the emulator as the guide says: with a line each, the first of which has an anchor."""
        first, others = re.findall(r"^    <<: .*\n", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
        lines = iter([first.replace("https://localhost:8443", self.playbooks.emulator.url)])
        pointed = re.sub(r"^    client_secret: .*\n", lambda found: found.group() + next(lines, others), text, flags=re.MULTILINE)
        (self.playbooks.folder / file).write_text(pointed, encoding="utf-8")

    def type(self, line: str) -> Run:
        """A command, which must succeed."""
        companies = ("contoso", "adatum", "fabrikam", "litware", "tailspin")
        run = self.playbooks.command(line, {f"{name.upper()}_CLIENT_SECRET": f"{name}-rehearsal-secret" for name in companies})
        assert run.code == 0, run.output
        assert "-rehearsal-secret" not in run.output
        return run


def commands(first: str) -> list[str]:
    """The commands of the block of the guide that begins so."""
    (found,) = [block for block in blocks("shell") if block.startswith(first)]
    return found.splitlines()


def changed_hosts(run: Run) -> set[str]:
    return {task.host for task in run.tasks if task.result.get("changed")}


def test_the_hub_of_the_guide_from_an_empty_folder(companies: Emulator, tmp_path: Path) -> None:
    """With the texts and the commands of the guide: graph, plan, run, rerun, verify, and two spokes taken out in both documented ways."""
    folder = Folder(companies, tmp_path / "empty")
    (file,) = [block for block in blocks("yaml") if block.startswith("plugin:") and "\nhub:\n" in block]
    (settings,) = blocks("ini")
    folder.save("ansible.cfg", settings)
    folder.save("topology.yml", file)
    hub = yaml.safe_load(file)
    center, spokes = hub["hub"]["tenant"], hub["hub"]["spokes"]
    ids = {name: tenant["tenant_id"] for name, tenant in hub["tenants"].items()}
    links = {f"{one}_to_{other}" for spoke in spokes for one, other in ((spoke, center), (center, spoke))}
    assert len(ids) == 5

    graph, check, sync = commands("ansible-inventory -i topology.yml --graph\n")
    shown = folder.type(graph).output
    (beginning,) = [block.removesuffix("  ...\n") for block in blocks("text") if block.startswith("@all:")]
    assert shown.startswith(beginning)
    assert set(re.findall(r"--(\w+_to_\w+)", shown)) == links
    assert {f"@{side}_{name}" for name in ids for side in ("from", "to")} <= set(re.findall(r"@\w+", shown))
    plan = folder.type(check)
    assert hosts_of(plan) == links
    assert "for 8 of 8 links" in plan.output
    assert changed_hosts(folder.type(sync)) == links
    companies.advance("PT40M")

    runs = {line: folder.type(line) for line in commands("ansible-playbook -i topology.yml entra.cross_tenant_sync.preflight\n")}
    of = {line.partition("cross_tenant_sync.")[2]: run for line, run in runs.items()}
    assert [run.changed() for run in of.values()] == [[]] * 5
    assert [hosts_of(of[name]) for name in ("preflight", "sync", "verify")] == [links] * 3
    assert hosts_of(of["sync --check --limit from_adatum"]) == {"adatum_to_contoso"}
    assert hosts_of(of["sync --limit from_adatum,to_adatum"]) == {"adatum_to_contoso", "contoso_to_adatum"}
    assert len(guests(companies, ids[center])) == 4 * 3
    assert [len(guests(companies, ids[spoke])) for spoke in spokes] == [3] * 4

    leaving = spokes[-1]
    taken_out = {f"{leaving}_to_{center}", f"{center}_to_{leaving}"}
    check, teardown = commands("ansible-playbook -i topology.yml entra.cross_tenant_sync.teardown ")
    assert changed_hosts(folder.type(check)) == taken_out
    assert ids[leaving] in companies.tenant(ids[center])["access_policy"]["partners"]
    assert changed_hosts(folder.type(teardown)) == taken_out
    expect_no_link(companies, ids[center], ids[leaving])
    links -= taken_out
    file = file.replace(f", {leaving}]", "]")
    folder.save("topology.yml", file)
    rest = folder.type(sync)
    assert hosts_of(rest) == links
    assert rest.changed() == []

    leaving = spokes[1]
    taken_out = {f"{leaving}_to_{center}", f"{center}_to_{leaving}"}
    folder.save("topology.yml", absent(file, leaving))
    plan = folder.type(f"{sync} --check")
    assert "for 2 of 6 links" in plan.output
    assert changed_hosts(folder.type(sync)) == taken_out
    assert folder.type(sync).changed() == []
    expect_no_link(companies, ids[center], ids[leaving])
    folder.save("topology.yml", file.replace(f"{leaving}, ", "", 1))
    rest = folder.type(sync)
    assert hosts_of(rest) == links - taken_out
    assert rest.changed() == []


def absent(file: str, leaving: str) -> str:
    """The file with the two lines of the guide that remove all links of a company."""
    (removal,) = [block for block in blocks("yaml") if block.startswith("per_source:\n  tailspin: {state: absent}\n")]
    source, target = removal.replace("tailspin", leaving).split("per_target:\n")
    return file.replace("per_source:\n", source, 1) + "\nper_target:\n" + target


def expect_no_link(emulator: Emulator, center: str, leaving: str) -> None:
    """Neither of the two tenants knows the other."""
    assert leaving not in emulator.tenant(center)["access_policy"]["partners"]
    assert emulator.tenant(leaving)["access_policy"]["partners"] == {}


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

    removed = group.play(
        "teardown", "--limit", f"from_{one},to_{one}", "-e", f"link_teardown={','.join(link for link in links if one in link)}", **small
    )
    assert hosts_of(removed) == {link for link in links if one in link}
    companies.advance("PT40M")
    last = group.play("sync", mesh=rest)
    assert hosts_of(last) == {f"{rest[0]}_to_{rest[1]}", f"{rest[1]}_to_{rest[0]}"}
    assert last.changed() == []
