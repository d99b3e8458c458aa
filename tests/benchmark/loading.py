# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same links as inventory hosts, from a file of the inventory plugin and from YAML: the cost of a play without tasks."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import yaml

from . import cast, contestants, mesh, world
from .contestants import Files
from .measure import Cost, alone

NOWHERE = "https://localhost"
NAMES = {"start": "no links", "plugin": "a file of the inventory plugin", "yaml": "YAML, each link a host with all its variables"}
LONGEST = 15.0
"""The seconds that the repeats may take, unless a single run takes longer."""


def load(files: Files, size: int, repeats: int, report: Callable[[str], None]) -> dict[str, list[Cost]]:
    """The costs by the kind of the inventory; ``start`` has no links, and shows what Ansible needs in any case."""
    files.folder.mkdir(parents=True)
    costs: dict[str, list[Cost]] = {kind: [] for kind in NAMES}
    for kind, inventory in inventories(files.folder, size).items():
        spent = 0.0
        while len(costs[kind]) < repeats and spent < LONGEST:
            done = alone(contestants.no_tasks(files, inventory), files.folder)
            costs[kind].append(done.cost)
            spent += done.cost.wall
            report(f"loading from {NAMES[kind]}: {done.cost.wall:.2f} s")
    return costs


def inventories(folder: Path, size: int) -> dict[str, Path]:
    """The inventories of a mesh, by kind."""
    companies = world.mesh(size, cast.PEOPLE)
    start, written = folder / "none.yml", folder / "hosts.yml"
    start.write_text(yaml.safe_dump({"links": {"hosts": {}}}))
    links = cast.links(itertools.permutations(companies, 2))
    hosts = world.inventory(NOWHERE, "ca.pem", companies, links)
    written.write_text(yaml.dump(hosts, Dumper=Anchorless, sort_keys=False))
    return {"start": start, "plugin": mesh.topology(folder, companies, NOWHERE, "ca.pem"), "yaml": written}


class Anchorless(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # one of two classes of yaml
    """Writes everything out, as people do."""

    def ignore_aliases(self, _data: object) -> bool:
        """Equal parts are no references."""
        return True
