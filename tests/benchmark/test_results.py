# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables and the verdict contain all that was measured, and nothing else."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.benchmark import contestants, page, reach
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.__main__ import KEY_PARTS, PARTS, arguments
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.link import LONGEST_CELL, Cell
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.measure import Cost
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.mesh import Mesh
from ansible_collections.entra.cross_tenant_sync.tests.benchmark.results import Results

COST = Cost(1.0, 0.9, 60.0, emulator_cpu=0.4, requests=14, batch_items=3, token_requests=2, discovery_requests=2, connections=8)


def cell(contestant: contestants.Contestant, *walls: float, why_not: str = "") -> Cell:
    """A cell of these wall times."""
    return Cell(contestant, [dataclasses.replace(COST, wall=wall) for wall in walls], why_not)


def measured() -> Results:
    """A bit of everything."""
    results = Results()
    ours, floor = cell(contestants.OURS, 1.2, 1.0, 9.0), cell(contestants.FLOOR, 0.5)
    results.add_cells(50, 0, "noop", [ours, floor, cell(contestants.URI, why_not="too long")])
    results.add_growth({1000: [COST], 5000: [COST]})
    results.add_mesh(Mesh(20, 380, [dataclasses.replace(COST, cpu=190.0)], [dataclasses.replace(COST, cpu=38.0)]))
    results.add_strangers({0: [COST], 50_000: [dataclasses.replace(COST, requests=58)]})
    results.add_loading({"start": [COST], "plugin": [dataclasses.replace(COST, cpu=1.0)], "yaml": [dataclasses.replace(COST, cpu=25.0)]})
    return results


def test_a_row_has_medians_ratios_and_the_number_of_runs() -> None:
    """And none for a work that was not measured."""
    (row,) = [line for line in measured().tables() if "(a)" in line]
    assert row == "| rerun | (a) our playbook | 1.20 (1.00-9.00) | 0.90 | 60 | 14 | 3 | 4 | 8 |  | 2.40 |  | 3 |"


def test_a_work_that_was_not_run_has_a_reason() -> None:
    """Below the table, once for all works with the same reason."""
    assert [line for line in measured().tables() if "(c)" in line and "|" not in line] == ["- (c) rerun not run: too long."]
    results = measured()
    for work in contestants.WORKS:
        results.add_cells(1000, 0, work, [cell(contestants.SDK, why_not="too slow")])
        results.add_cells(1000, 0, work, [cell(contestants.URI, *([] if work in ("create", "change") else [1.0]), why_not="too long")])
    below = [line for line in results.tables() if line.startswith("- ")][1:]
    assert below == ["- (c) create, one change not run: too long.", "- (d) not run: too slow."]


def test_every_row_has_as_many_columns_as_its_head() -> None:
    """In all tables."""
    tables = "\n".join(measured().tables()).split("\n### ")[1:]
    for table in tables:
        rows = [line for line in table.splitlines() if line.startswith("|")]
        assert len(rows) > 2, table
        assert len({row.count("|") for row in rows}) == 1


def test_rows_of_many_links() -> None:
    """The cost of the client, Ansible's share of it, and that of the emulator."""
    rows = list(measured().tables())
    assert "| 20 | 380 | 1.00 (1.00-1.00) | 190.0 | 38.0 | 500.0 | 0.4 | 14 | 3 | 0.7 | 4 | 60 | 1 |" in rows
    assert "| 50,000 | 58 | 3 | 1.00 (1.00-1.00) | 0.90 | 0.40 | 60 | 1 |" in rows
    assert "| a file of the inventory plugin | 1.00 (1.00-1.00) | 1.00 | 60 | 1 |" in rows


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
    assert verdicts["full mesh of 20 tenants (380 links), CPU a link"].met is False
    assert verdicts["full mesh of 20 tenants (380 links), Graph requests"].met is True
    assert verdicts["full mesh of 100 tenants (9,900 links)"].met is None
    assert verdicts["rerun with 20 users in scope and 50,000 others in the target, Graph requests"].shown == "58"
    assert verdicts["loading 9,900 links, CPU with YAML compared with the plugin"].shown == "25 x"
    assert verdicts["rerun with 1,000 assignments, Graph requests"].met is None
    better = measured()
    better.add_cells(50, 0, "noop", [cell(contestants.OURS, 0.7), cell(contestants.URI, 5.5)])
    assert [figure.met for figure in reach.figures(better)][:4] == [True, False, True, True]


def test_other_versions_have_a_table_of_their_own() -> None:
    """With the figures that were measured with one of them, from old to new."""
    results = measured()
    assert list(page.versions(results)) == []
    results.note_machine({"python": "3.11.7", "ansible-core": "2.19.14"})
    for core in ("2.21.5", "2.9"):
        results.of_core(core).add_cells(50, 0, "noop", [cell(contestants.OURS, 0.5)])
        results.of_core(core).note_machine({"python": "3.12.1", "ansible-core": core})
    head, line, *rows = list(page.versions(results))[1:]
    assert head.split(" | ")[2:] == [
        "ansible-core 2.19.14, Python 3.11.7",
        "ansible-core 2.9, Python 3.12.1",
        "ansible-core 2.21.5, Python 3.12.1 |",
    ]
    assert {row.count("|") for row in (head, line, *rows)} == {6}
    assert rows == [
        "| rerun of one link | at most 0.77 s | 1.2 s | 0.5 s | 0.5 s |",
        "| rerun of one link, Graph requests | at most 8 | 14 | 14 | 14 |",
    ]
    assert next(figure.value for figure in reach.figures(results)) == 1.2


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
    text = page.PAGE.read_text()
    for name in ("reach", "machine", "profile", "versions", "tables"):
        new = page.between(text, name, "here")
        assert f"<!-- {name} -->\nhere\n<!-- end of {name} -->" in new
        assert page.between(new, name, "here") == new


@pytest.mark.parametrize("part", [*PARTS, *KEY_PARTS])
def test_every_part_can_be_chosen(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself; with another version of ansible-core, some of them."""
    monkeypatch.setattr("sys.argv", ["bench", "--only", part])
    assert arguments().only == [part]
    monkeypatch.setattr("sys.argv", ["bench", "--core", "2.16", "--only", part])
    if part in KEY_PARTS:
        assert (arguments().core, arguments().only) == ("2.16", [part])
    else:
        with pytest.raises(SystemExit):
            arguments()
