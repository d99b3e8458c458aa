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
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import Emulator
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
    checked = watch(playbooks, "--check")
    assert (checked.code, verdict(checked)) == (2, verdict(last))

    emulator.advance("PT40M")
    assert incident.arrived(emulator) == {COLLEAGUE}
    assert verdict(watch(playbooks))["verdict"] == "nothing"


def test_the_same_change_through_our_own_roles_is_refused_before_the_first_write(playbooks: Playbooks, emulator: Emulator) -> None:
    """In check mode too; the release of the one user by name is the only way on."""
    build(playbooks)
    change = incident.LINK | {"link_scope_groups": ["Sales"], "link_scope_allow_empty": True}
    before = emulator.state()["tenants"]
    for arguments in (["--check"], []):
        run = playbooks.sync(*arguments, **change)
        assert run.code == 2, run.output
        assert f"{ADMINISTRATOR} ({incident.ROLE}) would be deleted in the target" in run.failure()
        assert "link_protected_release" in run.failure()
        assert emulator.state()["tenants"] == before
    loosened = playbooks.sync(**change | {"link_scope_max_removals": 500, "link_protected_release": [DIRECTOR]})
    assert loosened.code == 2, "neither a limit nor the release of somebody else loosens the protection"
    assert emulator.state()["tenants"] == before

    released = playbooks.sync(**change | {"link_protected_release": [ADMINISTRATOR]})
    assert released.code == 0, released.output
    emulator.advance("PT40M")
    assert incident.arrived(emulator) == set()


def test_a_tenant_that_cannot_be_read(playbooks: Playbooks, emulator: Emulator) -> None:
    """Exit code 4 is that of unreachable hosts: nobody knows whether there is something."""
    build(playbooks)
    emulator.control("POST", "faults", {"method": "GET", "path": "/servicePrincipals", "times": 0, "fault": "status", "status": 403})
    run = watch(playbooks)
    assert run.code == 4, run.output
    found = verdict(run)
    assert found["verdict"] == "could_not_look"
    assert "Application.Read.All" in found["summary"]
    assert lines(run)[0].startswith("contoso_to_fabrikam: Could not look. Tenant ")
    only_reports = watch(playbooks, "-e", "watch_fail=false")
    assert only_reports.code == 0
    assert verdict(only_reports)["verdict"] == "could_not_look"


def test_something_is_never_hidden_behind_a_tenant_that_cannot_be_read(playbooks: Playbooks, emulator: Emulator) -> None:
    """Two links, of which one cannot be looked at: the exit code is that of what was found, and both are reported."""
    build(playbooks)
    somebody = Somebody(emulator)
    somebody.removes_from_group(ADMINISTRATOR)
    hosts = inventory(emulator, **incident.LINK)
    links = hosts["all"]["children"]["links"]["hosts"]
    links["another"] = {**links["contoso_to_fabrikam"], "link_configuration": "Nowhere"}
    run = playbooks.play(WATCH, hosts)
    assert run.code == 2, run.output
    found = next(task.result for task in run.tasks if task.action.endswith("watch_report"))["watch"]
    assert {host: link["verdict"] for host, link in found["links"].items()} == {
        "contoso_to_fabrikam": "something",
        "another": "could_not_look",
    }
    assert found["summary"] == "2 links: 1 something, 1 could_not_look"
    assert "there is no configuration 'Nowhere'" in found["links"]["another"]["summary"]


def test_faulty_variables_could_not_be_looked_at_and_a_link_that_must_not_exist_is_left_out(
    playbooks: Playbooks, emulator: Emulator
) -> None:
    build(playbooks)
    faulty = watch(playbooks, link_protected_importence=["roles"])
    assert faulty.code == 4
    assert "link_protected_importence" in verdict(faulty)["summary"]
    absent = watch(playbooks, link_state="absent")
    assert absent.code == 0
    assert verdict(absent) == {
        "verdict": "nothing",
        "summary": "the link must not exist, so there is nothing to look at",
        "findings": [],
        "could_not_look": [],
        "protected": [],
    }


def test_released_users_raise_no_alarm_and_named_ones_do(playbooks: Playbooks, emulator: Emulator) -> None:
    build(playbooks)
    Somebody(emulator).removes_from_group(ADMINISTRATOR, DIRECTOR)
    released = watch(playbooks, link_protected_release=[ADMINISTRATOR.upper()])
    assert released.code == 0, released.output
    assert "2 unprotected users will be deleted in the next cycle" in verdict(released)["summary"]
    named = watch(playbooks, link_protected_release=[ADMINISTRATOR], link_protected=[DIRECTOR])
    assert named.code == 2
    assert verdict(named)["protected"] == [DIRECTOR]
    limited = watch(playbooks, link_protected_importance=[], link_scope_max_removals=1)
    assert limited.code == 2
    assert verdict(limited)["findings"] == [
        f"2 of 3 users will be deleted in the next cycle, more than max_removals 1: {DIRECTOR}, {ADMINISTRATOR}"
    ]


def test_held_deletions(playbooks: Playbooks, emulator: Emulator) -> None:
    """The deletion guard holds them back, whoever they are, and somebody must decide."""
    build(playbooks)
    guarded = playbooks.sync(**incident.LINK | {"link_deletion_threshold": 1})
    assert guarded.code == 0, guarded.output
    Somebody(emulator).removes_from_group(DIRECTOR, COLLEAGUE)
    emulator.advance("PT40M")
    assert incident.arrived(emulator) == {ADMINISTRATOR, DIRECTOR, COLLEAGUE}
    run = watch(playbooks)
    assert run.code == 2, run.output
    (sentence,) = verdict(run)["findings"]
    assert sentence.startswith("the deletion guard holds 2 deletions back since ")
    assert sentence.endswith(f": {DIRECTOR}, {COLLEAGUE}")


def test_roles_that_cannot_be_read_are_never_safe(tmp_path: Path) -> None:
    """While nobody is at risk, nobody needs to know who is important; as soon as somebody is, the watch could not look."""
    with Emulator(tmp_path / "emulator", scenario=incident.scenario(tmp_path, sees_roles=False)) as emulator:
        emulator.control("PUT", "settings", {**emulator.control("GET", "settings"), **incident.SETTINGS})
        playbooks = Playbooks(emulator, tmp_path / "ansible")
        build(playbooks)
        assert watch(playbooks).code == 0
        Somebody(emulator).removes_from_group(DIRECTOR)
        run = watch(playbooks)
        assert run.code == 4, run.output
        assert "roles" in verdict(run)["could_not_look"][0]
        assert "not checked" in verdict(run)["could_not_look"][0]
        # Who is named needs no role.
        assert watch(playbooks, link_protected=[DIRECTOR]).code == 2


def test_the_verdict_is_handed_to_the_scheduler(playbooks: Playbooks, emulator: Emulator) -> None:
    build(playbooks)
    hosts = inventory(emulator, **incident.LINK)
    run = playbooks.play(WATCH, hosts, env={"ANSIBLE_SHOW_CUSTOM_STATS": "true"})
    assert run.code == 0
    stats = run.output.partition("CUSTOM STATS")[2]
    assert '"verdict": "nothing"' in stats
