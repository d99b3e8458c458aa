# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Companies of which each synchronizes to every other: the cost of a rerun without changes for each link, and its growth."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support import tenants
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY

from . import bare, contestants, world
from .contestants import Files
from .measure import QUIET, Cost, Failure, run

PEOPLE = 2
FORKS = 4


@dataclass
class Mesh:
    """The reruns of a mesh, and those of a play that does nothing in as many tasks on as many inventory hosts."""

    tenants: int
    links: int
    runs: list[Cost] = field(default_factory=list)
    floor: list[Cost] = field(default_factory=list)


def rerun(folder: Path, size: int, repeats: int, report: Callable[[str], None]) -> Mesh:
    """Build a mesh without the collection, and run its playbook, which finds nothing to do."""
    folder.mkdir(parents=True)
    companies = world.mesh(size, PEOPLE)
    scenario = folder / "scenario.json"
    scenario.write_text(json.dumps(world.scenario(companies)))
    with Emulator(folder / "emulator", str(scenario), QUIET) as emulator:
        links = settle(emulator, companies)
        report(f"mesh of {size} tenants is built")
        hosts = world.inventory(emulator.url, str(emulator.ca_path), companies, links)
        files = Files(folder)
        Path(files.inventory("noop")).write_text(yaml.safe_dump(hosts, sort_keys=False))
        mesh = Mesh(size, len(links))
        for _repeat in range(repeats):
            done = run(emulator, contestants.playbook(files, "noop", REPOSITORY / "playbooks" / "sync.yml", "-f", str(FORKS)), folder)
            recap = contestants.recap(done.output)
            if recap.changed:
                raise Failure(f"the mesh was not settled, {recap.changed} tasks changed something:\n{done.output[-3000:]}")
            mesh.runs.append(done.cost)
            report(f"mesh of {size} tenants, {len(links)} links: {done.cost.wall:.1f} s, {done.cost.cpu / len(links):.3f} s CPU a link")
            (folder / "floor.yml").write_text(contestants.floor_play(max(1, recap.executed // len(links))))
            mesh.floor.append(run(emulator, contestants.playbook(files, "noop", folder / "floor.yml", "-f", str(FORKS)), folder).cost)
        return mesh


def settle(emulator: Emulator, companies: list[world.Company]) -> list[dict[str, object]]:
    """Every link, created with the fewest calls and with its synced users. Returns the links in the form of an inventory."""
    state = emulator.state()
    allowed = {"inboundAllowed": True, "outboundAllowed": True}
    for company, other in itertools.permutations(companies, 2):
        tenants.add_partner(state, company.tenant_id, other.tenant_id, automaticUserConsentSettings=allowed)
        tenants.allow_synchronization(state, company.tenant_id, other.tenant_id)
    emulator.control("PUT", "state", state)
    links = []
    for source in companies:
        users = [source.user(number) for number in range(PEOPLE)]
        for target in companies:
            if target is not source:
                spec = world.spec(emulator.url, str(emulator.ca_path), source, target, users)
                with bare.Tenant(spec, "source") as graph:
                    bare.build(graph, spec)
                links.append(world.link(source, target, users))
    emulator.advance("PT40M")
    return links
