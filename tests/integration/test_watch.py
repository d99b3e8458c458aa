# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook watch.yml: it names protected users before a cycle deletes them, and its exit code says whether it could look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import incident
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.incident import ADMINISTRATOR, COLLEAGUE, DIRECTOR, Somebody
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory

WATCH = REPOSITORY / "playbooks" / "watch.yml"


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """The tenants of the incident, before the link."""
    with Emulator(tmp_path / "emulator", scenario=incident.scenario(tmp_path)) as running:
        running.control("PUT", "settings", {**running.control("GET", "settings"), **incident.SETTINGS})
        yield running


def watch(playbooks: Playbooks, *arguments: str, **link: Any) -> Run:
    """A run of watch.yml, which changes nothing."""
    before = playbooks.emulator.state()["tenants"]
    run = playbooks.play(WATCH, inventory(playbooks.emulator, **incident.LINK | link), *arguments)
    assert playbooks.emulator.state()["tenants"] == before
    return run


def verdict(run: Run) -> dict[str, Any]:
    """The verdict on the link."""
    found: dict[str, Any] = next(task.result for task in run.tasks if task.action.endswith("watch_report"))["watch"]
    (link,) = found["links"].values()
    assert found["verdict"] == link["verdict"]
    return dict(link)


def lines(run: Run) -> list[str]:
    """What is printed about the link."""
    return [line for line in run.output.splitlines() if line.startswith("contoso_to_fabrikam: ")]


def build(playbooks: Playbooks) -> None:
    """Build the link, and let it take over the guests."""
    built = playbooks.sync(**incident.LINK)
    assert built.code == 0, built.output
    playbooks.emulator.advance("PT40M")
    assert incident.arrived(playbooks.emulator) == {ADMINISTRATOR, DIRECTOR, COLLEAGUE}


def test_the_incident(playbooks: Playbooks, emulator: Emulator) -> None:
    """Three nights before the cycle, the user and the role are named."""
    build(playbooks)
    quiet = watch(playbooks)
    assert quiet.code == 0, quiet.output
    assert verdict(quiet)["verdict"] == "nothing"
    assert len(lines(quiet)) == 1

    somebody = Somebody(emulator)
    somebody.tells_the_job("pause")
    somebody.removes_from_group(ADMINISTRATOR, DIRECTOR)
    for _night in range(3):
        emulator.advance("P1D")
        night = watch(playbooks)
        assert night.code == 2, night.output
        found = verdict(night)
        assert found["verdict"] == "something"
        assert found["protected"] == [ADMINISTRATOR]
        (sentence,) = found["findings"]
        assert sentence.startswith(f"{ADMINISTRATOR} ({incident.ROLE}) will be deleted as soon as the job is started: not assigned")
        assert lines(night) == [f"contoso_to_fabrikam: Something was found. {sentence}"]
    somebody.tells_the_job("start")
    last = watch(playbooks)
    assert last.code == 2
    assert "will be deleted in the next cycle" in verdict(last)["findings"][0]

    emulator.advance("PT40M")
    assert incident.arrived(emulator) == {COLLEAGUE}
    assert verdict(watch(playbooks))["verdict"] == "nothing"
