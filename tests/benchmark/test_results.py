# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables and the verdict contain all that was measured, and nothing else."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.benchmark import contestants, reach
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.__main__ import PAGE, between
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.link import LONGEST_CELL, Cell
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.measure import Cost
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.mesh import Mesh
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.results import Results

COST = Cost(wall=1.0, cpu=0.9, peak_mb=60.0, requests=14, batch_items=3, token_requests=2, discovery_requests=2, connections=8)


def cell(contestant: contestants.Contestant, *walls: float, why_not: str = "") -> Cell:
    """A cell of these wall times."""
    return Cell(contestant, [dataclasses.replace(COST, wall=wall) for wall in walls], why_not)


def measured() -> Results:
    """A work and a mesh."""
    results = Results()
    ours, floor = cell(contestants.OURS, 1.2, 1.0, 9.0), cell(contestants.FLOOR, 0.5)
    results.add_cells(50, 0, "noop", [ours, floor, cell(contestants.URI, why_not="too long")])
    results.add_growth({1000: [COST], 5000: [COST]})
    results.add_mesh(Mesh(20, 380, [dataclasses.replace(COST, cpu=190.0)], [dataclasses.replace(COST, cpu=38.0)]))
    return results


def test_a_row_has_medians_ratios_and_the_number_of_runs() -> None:
    """And none for a work that was not measured."""
    (row,) = [line for line in measured().tables() if "(a)" in line]
    assert row == "| rerun | (a) our playbook | 1.20 (1.00-9.00) | 0.90 | 60 | 14 | 3 | 4 | 8 |  | 2.40 |  | 3 |"


def test_a_work_that_was_not_run_has_a_reason() -> None:
    """The cell contains no figure."""
    (row,) = [line for line in measured().tables() if "(c) `" in line]
    assert "not run: too long" in row
    assert not any(sign.isdigit() for sign in row.removesuffix("0 |"))


def test_every_row_has_as_many_columns_as_its_head() -> None:
    """In both tables."""
    tables = "\n".join(measured().tables()).split("\n### ")[1:]
    for table in tables:
        rows = [line for line in table.splitlines() if line.startswith("|")]
        assert len(rows) > 2
        assert len({row.count("|") for row in rows}) == 1


def test_the_mesh_is_reported_for_each_link() -> None:
    """The cost, and Ansible's share of it."""
    assert next(line for line in measured().tables() if line.startswith("| 20 |")).startswith(
        "| 20 | 380 | 1.0 (1.00-1.00) | 0.003 | 0.500 | 0.100 |"
    )


def test_a_part_measured_again_replaces_the_old_figures() -> None:
    """And keeps the others."""
    results = measured()
    results.add_cells(50, 0, "noop", [cell(contestants.OURS, 0.8)])
    assert [cell["contestant"] for cell in results.content["link"]] == ["a", "c", "e"]
    found = results.cell(50, 0, "noop", "a")
    assert found is not None
    assert [run["wall"] for run in found["runs"]] == [0.8]


def test_figures_are_met_missed_or_unknown() -> None:
    """Each according to the measurements."""
    verdicts = {figure.what: figure for figure in reach.figures(measured())}
    floor = verdicts["rerun of one link, compared with as many `debug` tasks"]
    assert (floor.met, floor.value) == (False, 2.4)
    assert verdicts["full mesh of 20 tenants, CPU a link"].met is False
    assert verdicts["rerun with 1,000 assignments, Graph requests"].met is None
    better = measured()
    better.add_cells(50, 0, "noop", [cell(contestants.OURS, 0.9), cell(contestants.URI, 5.5)])
    assert [figure.met for figure in reach.figures(better)][:2] == [True, True]


@pytest.mark.parametrize(("many", "met"), [(3.25, True), (3.7, False)])
def test_linear_growth(many: float, met: bool) -> None:
    """An assignment costs the same among many."""
    results = Results()
    walls = {1000: 1.0, 5000: 2.0, 10_000: many}
    results.add_growth({size: [dataclasses.replace(COST, wall=wall)] for size, wall in walls.items()})
    (figure,) = [figure for figure in reach.figures(results) if "an assignment from" in figure.what]
    assert figure.met is met
    row = next(line for line in results.tables() if line.startswith("| 5,000 |"))
    assert row == "| 5,000 | 2.00 (2.00-2.00) | 0.90 | 0.250 | 14 | 60 | 1 |"


def test_a_cell_ends_with_its_time() -> None:
    """Five runs, or as many as there is time for; at least a single run."""
    assert not cell(contestants.OURS).full(5)
    assert not cell(contestants.OURS, 1, 1, 1, 1).full(5)
    assert cell(contestants.OURS, 1, 1, 1, 1, 1).full(5)
    assert cell(contestants.OURS, LONGEST_CELL).full(5)
    assert cell(contestants.OURS, why_not="too long").full(5)


def test_the_page_has_a_place_for_everything() -> None:
    """Tables are written between markers, and nothing else changes."""
    page = PAGE.read_text()
    for name in ("reach", "machine", "profile", "tables"):
        new = between(page, name, "here")
        assert f"<!-- {name} -->\nhere\n<!-- end of {name} -->" in new
        assert between(new, name, "here") == new
