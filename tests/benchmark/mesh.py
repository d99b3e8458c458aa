# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Companies of which each synchronizes to every other, from a file of the inventory plugin: the cost of a rerun without changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY

from . import cast, contestants, world
from .contestants import Files
from .measure import QUIET, Cost, Failure, run

SYNC = REPOSITORY / "playbooks" / "sync.yml"


@dataclass
class Mesh:
    """The reruns of a mesh, and those of a play without tasks with the same inventory, which are Ansible's own share."""

    tenants: int
    links: int
    runs: list[Cost] = field(default_factory=list)
    floor: list[Cost] = field(default_factory=list)


def rerun(files: Files, size: int, repeats: int, report: Callable[[str], None]) -> Mesh:
    """Build a mesh without the collection, and run its playbook, which finds nothing to do."""
    files.folder.mkdir(parents=True)
    companies = world.mesh(size, cast.PEOPLE)
    scenario = files.folder / "scenario.json"
    scenario.write_text(json.dumps(world.scenario(companies)))
    with Emulator(files.folder / "emulator", str(scenario), QUIET) as emulator:
        mesh = Mesh(size, len(cast.settle(emulator, companies)))
        report(f"mesh of {size} tenants is built")
        inventory = topology(files.folder, companies, emulator.url, str(emulator.ca_path))
        for _repeat in range(repeats):
            done = run(emulator, contestants.playbook(files, inventory, SYNC), files.folder)
            expect_settled(done.output, mesh.links)
            mesh.runs.append(done.cost)
            report(f"mesh of {size} tenants, {mesh.links} links: {done.cost.wall:.1f} s, {done.cost.cpu:.1f} s CPU")
            mesh.floor.append(run(emulator, contestants.no_tasks(files, inventory), files.folder).cost)
    return mesh


def topology(folder: Path, companies: list[world.Company], url: str, ca_path: str) -> Path:
    """The file of the inventory plugin for a mesh."""
    path = folder / "topology.yml"
    path.write_text(yaml.safe_dump(world.topology(url, ca_path, companies, cast.PEOPLE), sort_keys=False))
    return path


def expect_settled(output: str, links: int) -> None:
    """The run itself must report that it has compared each link and found nothing to do.

    :raises Failure: if it does not.
    """
    in_sync = f"{links} of {links} links are in sync" in output or output.count('"msg": "in sync;') == links
    if not in_sync or contestants.recap(output).changed:
        raise Failure(f"not all of {links} links were in sync:\n{output[-3000:]}")
