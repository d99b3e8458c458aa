# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks for a link that exists: each names whom it is about, refuses what must not happen, and changes nothing when it runs again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support import incident
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO, FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.incident import ADMINISTRATOR, COLLEAGUE, DIRECTOR, Somebody
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.tenants import add_user, job, user

ALL = {ADMINISTRATOR, DIRECTOR, COLLEAGUE}
LINK = incident.LINK | {"link_deletion_threshold": 2}


def play(playbooks: Playbooks, name: str, *arguments: str, variables: dict[str, Any] | None = None, **link: Any) -> Run:
    """A run of one of the playbooks. ``variables`` are extra variables."""
    extra = ("-e", json.dumps(variables)) if variables else ()
    return playbooks.play(REPOSITORY / "playbooks" / f"{name}.yml", inventory(playbooks.emulator, **link), *arguments, *extra)


def refused(playbooks: Playbooks, name: str, *arguments: str, variables: dict[str, Any] | None = None, **link: Any) -> str:
    """The sentence of a run that changes nothing."""
    before = playbooks.emulator.state()["tenants"]
    run = play(playbooks, name, *arguments, variables=variables, **link)
    assert run.code == 2, run.output
    assert playbooks.emulator.state()["tenants"] == before
    # What was refused about one of several users is reported with the others.
    message = str([task.result["msg"] for task in run.tasks if task.status == "failed"][-1])
    assert message.endswith(". Nothing was changed."), message
    assert run.changed() == []
    outcome = run.outcome()
    assert (outcome["verdict"], outcome["changed"]) == ("failed", False)
    assert any(message[:200] in line for line in outcome["summary"])
    return message


def idle(playbooks: Playbooks, name: str, *arguments: str, variables: dict[str, Any] | None = None, **link: Any) -> str:
    """The output of a run that succeeds and changes nothing."""
    before = playbooks.emulator.state()["tenants"]
    run = play(playbooks, name, *arguments, variables=variables, **link)
    assert run.code == 0, run.output
    assert playbooks.emulator.state()["tenants"] == before
    checked = any(argument == "--check" for argument in arguments)
    assert run.outcome()["verdict"] in ({"unchanged", "to_change"} if checked else {"unchanged"})
    return run.output


class TestIncident:
    """On the tenants of the incident: three users of Contoso whom the link took over, one of them an administrator in Fabrikam."""

    @pytest.fixture
    def emulator(self, tmp_path: Path) -> Iterator[Emulator]:
        with Emulator(tmp_path / "emulator", scenario=incident.scenario(tmp_path)) as running:
            running.control("PUT", "settings", {**running.control("GET", "settings"), **incident.SETTINGS})
            yield running

    @pytest.fixture(autouse=True)
    def _built(self, playbooks: Playbooks, emulator: Emulator) -> None:
        built = playbooks.sync(**LINK)
        assert built.code == 0, built.output
        emulator.advance("PT40M")
        assert incident.arrived(emulator) == ALL

    def test_held_deletions(self, playbooks: Playbooks, emulator: Emulator) -> None:
        settled = emulator.state()
        Somebody(emulator).removes_from_group(DIRECTOR, COLLEAGUE)
        emulator.advance("PT40M")
        assert incident.arrived(emulator) == ALL
        shown = idle(playbooks, "approve_deletions", "--check", **LINK)
        assert f"contoso_to_fabrikam: held back: {DIRECTOR}\n" in shown
        assert f"contoso_to_fabrikam: held back: {COLLEAGUE}\n" in shown
        assert "set approve_deletions_expected to 2" in shown
        wrong = refused(playbooks, "approve_deletions", variables={"approve_deletions_expected": "3"}, **LINK)
        assert f"approve_deletions_expected is 3, but 2 users would be deleted: {DIRECTOR}, {COLLEAGUE}" in wrong

        approved = play(playbooks, "approve_deletions", variables={"approve_deletions_expected": f"{COLLEAGUE}, {DIRECTOR}"}, **LINK)
        assert approved.code == 0, approved.output
        assert approved.actions() == ["restart provisioning job of configuration Fabrikam"]
        outcome = approved.outcome()
        assert (outcome["verdict"], outcome["people"]["held"], outcome["named"]) == ("changed", 2, ["contoso_to_fabrikam"])
        assert "no deletions are held back" in idle(playbooks, "approve_deletions", variables={"approve_deletions_expected": 2}, **LINK)
        emulator.advance("PT40M")
        assert incident.arrived(emulator) == {ADMINISTRATOR}

        emulator.control("PUT", "state", settled)
        Somebody(emulator).removes_from_group(DIRECTOR, ADMINISTRATOR)
        emulator.advance("PT40M")
        stopped = refused(playbooks, "approve_deletions", variables={"approve_deletions_expected": 2}, **LINK)
        assert f"an approval takes the accounts of protected users: {ADMINISTRATOR} ({incident.ROLE})" in stopped

    def test_pause_and_resume(self, playbooks: Playbooks, emulator: Emulator) -> None:
        paused = play(playbooks, "pause", variables={"pause_reason": "ticket 4711"}, **LINK)
        assert paused.actions() == ["pause provisioning job of configuration Fabrikam"]
        assert "reason: ticket 4711" in paused.output
        assert "reason: ticket 4711" in paused.outcome()["summary"][1]
        assert "the job is paused already" in idle(playbooks, "pause", variables={"pause_reason": ""}, **LINK)

        somebody = Somebody(emulator)
        somebody.removes_from_group(DIRECTOR)
        before = emulator.state()
        shown = idle(playbooks, "resume", "--check", **LINK)
        assert f"in the next cycle, 1 user will be deleted: {DIRECTOR}" in shown
        somebody.removes_from_group(ADMINISTRATOR)
        stopped = refused(playbooks, "resume", **LINK)
        assert f"the next cycle takes the accounts of protected users: {ADMINISTRATOR} ({incident.ROLE})" in stopped

        emulator.control("PUT", "state", before)
        resumed = play(playbooks, "resume", **LINK)
        assert resumed.actions() == ["start provisioning job of configuration Fabrikam"]
        assert "the job runs already" in idle(playbooks, "resume", **LINK)
        emulator.advance("PT40M")
        assert incident.arrived(emulator) == {ADMINISTRATOR, COLLEAGUE}


def test_provisioning_now(playbooks: Playbooks, emulator: Emulator) -> None:
    """All of the users or none of them."""
    assert playbooks.sync(link_job_state="paused").code == 0
    known, shared = "yuna.han@contoso.kr", "front.desk@contoso.kr"
    state = emulator.state()
    for name in ("desk.one", "desk.two"):
        add_user(state, name, mail=shared)
    emulator.control("PUT", "state", state)
    names = [known, "sora.yoon@contoso.kr", shared, "nobody@contoso.kr"]
    sentence = refused(playbooks, "provision_now", variables={"provision_users": "\n".join(names)})
    assert f"{shared}: Tenant {CONTOSO}: " in sentence
    assert "sora.yoon@contoso.kr is only a member of group" in sentence
    assert "nobody@contoso.kr is a user of neither tenant" in sentence
    assert known not in sentence

    assert job(emulator.state())["schedule_state"] != "Active"
    first = play(playbooks, "provision_now", variables={"provision_users": [known, known.upper()]})
    assert first.code == 0, first.output
    assert first.of("sync_on_demand")["changed"] is True
    assert f"contoso_to_fabrikam: {known}: success" in first.output
    again = play(playbooks, "provision_now", "--limit", "contoso_to_fabrikam", variables={"provision_users": known})
    assert (again.code, again.changed()) == (0, []), again.output

    state = emulator.state()
    account = user(state, "yuna.han_", FABRIKAM)
    del state["tenants"][FABRIKAM]["users"][account["id"]]
    former = account["id"].replace("-", "") + account["userPrincipalName"]
    deleted = {"@odata.type": "#microsoft.graph.user", **account, "userPrincipalName": former, "deletedDateTime": "2026-11-23T00:00:00Z"}
    state["tenants"][FABRIKAM]["deleted_items"][account["id"]] = deleted
    emulator.control("PUT", "state", state)
    assert "a second one" in refused(playbooks, "provision_now", variables={"provision_users": known})


def test_only_named_links_are_removed(playbooks: Playbooks, emulator: Emulator) -> None:
    assert playbooks.sync().code == 0
    sentence = refused(playbooks, "teardown", variables={"link_teardown": "contoso_to_fabricam"})
    assert sentence.startswith(
        "contoso_to_fabrikam would be removed, but link_teardown does not name it (did you mean contoso_to_fabricam?)"
    )
    idle(playbooks, "teardown", "--check")
    removed = play(playbooks, "teardown", variables={"link_teardown": "another\ncontoso_to_fabrikam"})
    assert removed.code == 0, removed.output
    assert emulator.tenant(CONTOSO)["access_policy"]["partners"] == {}
    assert "the link must not exist" in idle(playbooks, "resume", link_state="absent")
    assert "there is no job" in refused(playbooks, "pause")
