# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles that ask Exchange: what they report and mend, when they fail, and what they never send (facts F152, F155)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY, Playbooks, Run, inventory

LISTED, HIDDEN, ENTRA_HIDES = "minsu.kim@contoso.kr", "junho.choi@contoso.kr", "yuna.han@contoso.kr"
MENDED = {"junho.choi@contoso.kr", "sora.jung@contoso.kr", "taeho.oh@contoso.kr"}
READER = {"client_id": "55555555-5555-4555-8555-555555555555", "client_secret": "fabrikam-reader-secret"}
HALF = {"client_id": "66666666-6666-4666-8666-666666666666", "client_secret": "fabrikam-half-secret"}


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Emulator, dict[str, Any]]]:
    """The tenants after a synchronization, with at least one user for every verdict, and their first state."""
    with Emulator(tmp_path_factory.mktemp("emulator"), scenario="aftermath") as running:
        yield running, running.state()


@pytest.fixture
def emulator(aftermath: tuple[Emulator, dict[str, Any]]) -> Iterator[Emulator]:
    running, state = aftermath
    running.control("PUT", "state", state)
    running.control("DELETE", "requests")
    yield running
    running.judge_traffic()


def play(playbooks: Playbooks, name: str, *arguments: str, target: dict[str, Any] | None = None, **link: Any) -> Run:
    """A playbook for a link whose target may be asked, unless ``target`` says otherwise."""
    hosts = inventory(playbooks.emulator, **link)
    hosts["all"]["vars"]["tenants"]["fabrikam"] |= {"exchange": True} if target is None else target
    playbooks.emulator.control("DELETE", "requests")
    return playbooks.play(REPOSITORY / "playbooks" / f"{name}.yml", hosts, *arguments)


def to_exchange(emulator: Emulator) -> list[str]:
    """The cmdlets that were run, in order."""
    sent = emulator.control("GET", "requests")["requests"]
    return [one["request_body"]["CmdletInput"]["CmdletName"] for one in sent if "/adminapi/" in one["path"]]


def tasks(run: Run) -> list[str]:
    return [task.name.rpartition(" : ")[2] for task in run.tasks if task.status != "skipped"]


def verdicts(run: Run) -> dict[str, str]:
    return {user["name"]: user["verdict"] for user in run.of("address_book_info")["people"]}


class TestRole:
    def test_a_report(self, playbooks: Playbooks, emulator: Emulator) -> None:
        before = emulator.state()["tenants"]
        run = play(playbooks, "address_book")
        assert run.code == 0, run.output
        found = verdicts(run)
        assert (found[LISTED], found[HIDDEN], found[ENTRA_HIDES]) == ("listed", "hidden_in_exchange", "hidden_by_mapping")
        assert all(line in run.output for line in run.of("address_book_info")["table"])
        assert set(to_exchange(emulator)) == {"Get-AcceptedDomain", "Get-Recipient"}
        assert emulator.state()["tenants"][FABRIKAM]["exchange"] == before[FABRIKAM]["exchange"]
        assert run.changed() == []

    def test_mending(self, playbooks: Playbooks, emulator: Emulator, tmp_path: Path) -> None:
        path = tmp_path / "commands.ps1"
        wanted: dict[str, Any] = {"link_address_book": "mend", "link_address_book_commands_path": str(path)}
        planned = play(playbooks, "address_book", "--check", **wanted)
        assert planned.code == 0, planned.output
        assert not path.exists()
        assert verdicts(planned)[HIDDEN] == "hidden_in_exchange"

        run = play(playbooks, "address_book", **wanted)
        assert run.code == 0, run.output
        assert run.actions() == planned.actions()
        assert {action.split()[2] for action in run.actions()} == MENDED
        found = verdicts(run)
        assert {found[name] for name in MENDED} == {"listed"}
        assert "mirae.song" in path.read_text(encoding="utf-8-sig")

        again = play(playbooks, "address_book", **wanted)
        assert (again.code, again.changed()) == (0, [])
        assert "Set-MailUser" not in to_exchange(emulator)

    def test_a_limit(self, playbooks: Playbooks, emulator: Emulator) -> None:
        run = play(playbooks, "address_book", link_address_book="mend", link_address_book_max_changes=2)
        assert run.code == 2, run.output
        assert "3 users would be changed in Exchange, more than max_changes 2" in run.failure()

    @pytest.mark.parametrize(
        ("link", "target", "said"),
        [
            ({"link_address_book": False}, None, "Link contoso_to_fabrikam: Exchange is not asked"),
            ({}, {}, "Link contoso_to_fabrikam: Exchange is not asked"),
            ({"link_address_book": "mend", "link_state": "absent"}, None, "Link contoso_to_fabrikam must not exist"),
        ],
    )
    def test_nothing_to_do(
        self, playbooks: Playbooks, emulator: Emulator, link: dict[str, Any], target: dict[str, Any] | None, said: str
    ) -> None:
        run = play(playbooks, "address_book", target=target, **link)
        assert run.code == 0, run.output
        assert said in run.output
        assert emulator.control("GET", "requests")["requests"] == []

    @pytest.mark.parametrize("playbook", ["address_book", "verify", "sync", "preflight"])
    def test_what_may_not_be_asked_is_not_mended(self, playbooks: Playbooks, emulator: Emulator, playbook: str) -> None:
        run = play(playbooks, playbook, target={}, link_address_book="mend")
        assert run.code == 2, run.output
        assert "link_address_book is mend, but Exchange is asked only for a tenant with exchange: true" in run.failure()
        assert emulator.control("GET", "requests")["requests"] == []


class TestVerify:
    def test_who_is_listed_in_exchange(self, playbooks: Playbooks, emulator: Emulator) -> None:
        run = play(playbooks, "verify", link_verify_users=[LISTED], link_verify_max_unlisted=20)
        assert run.code == 0, run.output
        assert all(line in run.output for line in run.of("address_book_info")["table"])
        assert "synced users" in run.output

    def test_mend_only_reports_here(self, playbooks: Playbooks, emulator: Emulator) -> None:
        run = play(playbooks, "verify", link_address_book="mend")
        assert (run.code, run.changed()) == (0, []), run.output
        assert set(to_exchange(emulator)) == {"Get-AcceptedDomain", "Get-Recipient"}

    @pytest.mark.parametrize(
        ("limits", "said"),
        [
            ({"link_verify_users": [LISTED, HIDDEN]}, f"{HIDDEN} must be listed, but is not in the address book (hidden_in_exchange)"),
            ({"link_verify_max_unlisted": 2}, "users are unlisted, and max_unlisted is 2"),
        ],
    )
    def test_a_threshold(self, playbooks: Playbooks, emulator: Emulator, limits: dict[str, Any], said: str) -> None:
        """The table is printed nevertheless; in check mode nothing fails."""
        run = play(playbooks, "verify", **limits)
        assert run.code == 2, run.output
        assert said in run.failure()
        assert "Report who is in the address book" in tasks(run)
        assert all(line in run.output for line in run.of("address_book_info")["table"])
        checked = play(playbooks, "verify", "--check", **limits)
        assert checked.code == 0, checked.output

    def test_the_job_and_the_address_book_are_both_reported(self, playbooks: Playbooks, emulator: Emulator) -> None:
        run = play(playbooks, "verify", link_job_state="paused", link_verify_users=[HIDDEN])
        failed = [task.result["msg"] for task in run.tasks if task.status == "failed"]
        assert run.code == 2
        assert len(failed) == 2
        assert "the job is started and must be paused" in failed[0]
        assert HIDDEN in failed[1]

    def test_exchange_decides_where_it_is_asked(self, playbooks: Playbooks, emulator: Emulator) -> None:
        """Entra hides the user, and Exchange lists them (fact F154)."""
        emulator.control("POST", f"exchange/{FABRIKAM}", [{"user": ENTRA_HIDES, "hidden": False}])
        run = play(playbooks, "verify", link_verify_users=[ENTRA_HIDES])
        assert run.code == 0, run.output
        by_entra = play(playbooks, "verify", link_verify_users=[ENTRA_HIDES], link_address_book="off")
        assert by_entra.code == 2
        assert f"not in the address book of tenant {FABRIKAM}: {ENTRA_HIDES}" in by_entra.failure()

    def test_without_the_option_nothing_is_sent_or_run_in_addition(self, playbooks: Playbooks, emulator: Emulator) -> None:
        run = play(playbooks, "verify", target={})
        assert run.code == 0, run.output
        assert to_exchange(emulator) == []
        assert tasks(run) == [
            "Validating arguments against arg spec 'main' - Check a link in both tenants",
            "Validate the link's arguments",
            "Check the link, or report what is left of it",
            "Check the job and the synced users",
            "Report the state of the link",
            "Hand the outcome to the scheduler",
        ]

    def test_a_missing_half_of_the_permission_is_named(self, playbooks: Playbooks, emulator: Emulator) -> None:
        run = play(playbooks, "verify", target={"exchange": True, **HALF}, link_verify_users=[LISTED])
        assert run.code == 0, run.output
        assert "no role in Entra or Exchange" in run.of("address_book_info")["exchange"]["reason"]
        assert f"it is not known whether {LISTED} is in the address book" in run.output.replace("\n", " ")

    def test_reading_needs_no_right_to_write(self, playbooks: Playbooks, emulator: Emulator) -> None:
        run = play(playbooks, "verify", target={"exchange": True, **READER}, link_verify_users=[LISTED])
        assert run.code == 0, run.output
        assert run.of("address_book_info")["exchange"] == {"asked": True, "reason": None}


def test_sync_asks_nothing(playbooks: Playbooks, emulator: Emulator) -> None:
    """New users reach Exchange after they reach Entra."""
    mine: dict[str, Any] = {"link_scope_users": [LISTED], "link_scope_groups": None, "link_verify_users": [LISTED]}
    run = play(playbooks, "sync", "--check", link_preflight=False, link_address_book="mend", **mine)
    assert run.code == 0, run.output
    assert to_exchange(emulator) == []
