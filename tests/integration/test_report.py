# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of a run: the playbook report in the scenario aftermath, and the report at the end of sync.yml, also of runs that failed."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import planning
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Report
from ansible_collections.entra.cross_tenant_sync.tests.support.address_book import VERDICTS
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import FABRIKAM, SECRETS, Emulator
from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import PREFIX, REPOSITORY, Playbooks, Run, inventory
from ansible_collections.entra.cross_tenant_sync.tests.support.shapes import misfits

LINK = "contoso_to_fabrikam"
AS_IT_IS: dict[str, Any] = {"link_scope_groups": None, "link_user_type": None, "link_mappings": None}
"""The variables of the link as it is in the scenario."""
WITHOUT_ACCOUNT = {"skipped": "skipped", "failed": "failed", "deleted": "deleted"}
STATES = {"orphan": "orphan", "invitation_pending": "invited", **WITHOUT_ACCOUNT}
"""The states of the users by their verdicts. All others have arrived."""
CAUSES = {
    "minsu.kim": ("is in the address list", None),
    "hyejin.lee": ("is in the address list", None),
    "junho.choi": ("Exchange hides the user", "address_book_visibility"),
    "sora.jung": ("Exchange hides the user", "address_book_visibility"),
    "yuna.han": ("showInAddressList is false", "link_show_in_address_list"),
    "taeho.oh": ("in no address list", "computed with address_book_visibility"),
    "jisoo.kwon": ("no mail address in the source", "give the user a mail address"),
    "mirae.song": ("MailContact Song Mirae", "export and remove that recipient"),
    "woojin.moon": ("has a mailbox in the target", "Set-Mailbox"),
    "seungmin.bae": ("seungmin.bae@old.contoso.kr instead of", "external_address"),
    "dahye.yoon": ("younger than an hour", "look again at 2026-03-02T05:40:00Z"),
    "nari.im": ("the invitation is not redeemed", "sync_on_demand"),
    "minho.seo": ("not active in the source", "out of scope"),
    "eunji.ryu": ("InvitationCreationFailureAmbiguousUser", "belongs to another user"),
    "hyunwoo.nam": ("among the deleted users", "bring them back into scope"),
    "kyungsoo.do": ("not in scope of the link", "bring the user into scope"),
    "jiwon.ahn": ("the source does not have the user", "delete the user object"),
}
"""For each user of the scenario, what the cause and the remedy must say."""


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
    running.control("DELETE", "faults")
    yield running
    running.control("DELETE", "faults")
    running.judge_traffic()


class Runs:
    """Runs that write a report into a folder."""

    def __init__(self, playbooks: Playbooks, folder: Path) -> None:
        self.playbooks, self.folder = playbooks, folder / "report"

    def hosts(self, exchange: bool = False, **link: Any) -> dict[str, Any]:
        hosts = inventory(self.playbooks.emulator, **AS_IT_IS | link)
        hosts["all"]["vars"]["tenants"]["fabrikam"]["exchange"] = exchange
        return hosts

    def play(self, name: str, hosts: dict[str, Any], *arguments: str, env: dict[str, str] | None = None, **variables: Any) -> Run:
        given = {"report_folder": str(self.folder), **variables}
        return self.playbooks.play(REPOSITORY / "playbooks" / f"{name}.yml", hosts, "-e", json.dumps(given), *arguments, env=env)

    @property
    def found(self) -> dict[str, Any]:
        """The report, which must have the form of the model."""
        report: dict[str, Any] = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        assert list(misfits(Report, report)) == []
        return report

    def link(self, name: str = LINK) -> dict[str, Any]:
        link: dict[str, Any] = self.found["links"][name]
        return link


@pytest.fixture
def runs(playbooks: Playbooks, tmp_path: Path) -> Runs:
    return Runs(playbooks, tmp_path)


def with_broken(hosts: dict[str, Any], alone: bool = False) -> dict[str, Any]:
    """The inventory with a link whose source cannot be signed in to, besides the other or in its place."""
    tenants, links = hosts["all"]["vars"]["tenants"], hosts["all"]["children"]["links"]["hosts"]
    tenants["locked"] = {**tenants["contoso"], "client_secret": "not-the-secret"}
    links["locked_to_fabrikam"] = {**links[LINK], "link_source": "locked", "link_configuration": "Locked"}
    if alone:
        del links[LINK]
    return hosts


def users_of(link: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {user["name"].partition("@")[0]: user for user in link["users"]}


class TestPresentState:
    def test_aftermath_where_exchange_may_be_asked(self, runs: Runs, emulator: Emulator) -> None:
        before = emulator.state()["tenants"]
        run = runs.play("report", runs.hosts(exchange=True), "-vvvv", env={"ANSIBLE_SHOW_CUSTOM_STATS": "true"}, change_ticket="CHG-1")
        assert run.code == 0, run.output
        assert run.changed() == []
        assert {**emulator.state()["tenants"][FABRIKAM], "exchange": None} == {**before[FABRIKAM], "exchange": None}
        link = runs.link()
        assert link["users_note"] is None
        users = users_of(link)
        assert {alias: user["address_book"] for alias, user in users.items()} == VERDICTS
        assert {alias: user["state"] for alias, user in users.items()} == {
            alias: STATES.get(verdict, "synced") for alias, verdict in VERDICTS.items()
        }
        for alias, (cause, remedy) in CAUSES.items():
            assert cause in users[alias]["reason"], alias
            assert (users[alias]["remedy"] is None) == (remedy is None), alias
            assert remedy is None or remedy in users[alias]["remedy"], alias
            account = f"{alias}_contoso.kr#EXT#@fabrikam.onmicrosoft.com"
            assert users[alias]["target_name"] == (None if VERDICTS[alias] in WITHOUT_ACCOUNT else account)
        assert link["verdict"] == link["health"]["verdict"] == "degraded"
        assert "InvitationCreationFailureAmbiguousUser" in {failure["code"] for failure in link["health"]["failures"]}
        assert runs.found["change"] == {"ticket": "CHG-1", "window": None}
        self.check_files(runs, run)
        masked = runs.play("report", runs.hosts(exchange=True), report_mask=True)
        assert masked.code == 0, masked.output
        assert runs.found["masked"] is True
        counted = Counter((user["state"], user["address_book"]) for user in runs.link()["users"])
        assert counted == Counter((user["state"], user["address_book"]) for user in users.values())
        for path in runs.folder.iterdir():
            text = path.read_text(encoding="utf-8").lower()
            known = [name for alias in VERDICTS for name in (alias, " ".join(alias.split(".")), " ".join(reversed(alias.split("."))))]
            assert [name for name in known if name in text] == [], path.name

    @staticmethod
    def check_files(runs: Runs, run: Run) -> None:
        """They are private, have the checksums that the task returns, and no secret, like the output."""
        result = next(task.result for task in run.tasks if task.action.endswith("link_report"))
        paths = sorted(runs.folder.iterdir())
        assert sorted(result["files"].values()) == [str(path) for path in paths]
        assert {form: hashlib.sha256(Path(path).read_bytes()).hexdigest() for form, path in result["files"].items()} == result["sha256"]
        for path in paths:
            assert path.stat().st_mode & 0o777 == 0o600
            assert LINK in path.read_text(encoding="utf-8"), path.name
        for text in (run.output, *(path.read_text(encoding="utf-8") for path in paths)):
            assert not any(secret in text for secret in SECRETS.values())
            assert "eyJ" not in text
        handed = run.output.rpartition("CUSTOM STATS")[2]
        assert '"verdict": "degraded"' in handed
        assert str(paths[0]) in handed
        assert len(handed) < 4000

    def test_aftermath_where_exchange_may_not_be_asked(self, runs: Runs) -> None:
        run = runs.play("report", runs.hosts(link_deletion_threshold=7), report_mask=False)
        assert run.code == 0, run.output
        users = users_of(runs.link())
        assert {alias: user["state"] for alias, user in users.items()} == {
            alias: STATES.get(verdict, "synced") for alias, verdict in VERDICTS.items()
        }
        assert {user["address_book"] for user in users.values()} == {None}
        of_graph = {alias for alias, user in users.items() if user["reason"]}
        assert of_graph == {alias for alias, verdict in VERDICTS.items() if verdict in STATES}
        assert all(CAUSES[alias][0] in users[alias]["reason"] for alias in of_graph)
        assert "set exchange to true" in runs.link()["users_note"]
        plan = runs.link()["plan"]
        assert plan["parts"][0]["after"]["deletion_threshold"] == 7
        assert (plan["impact_unknown"], plan["hash"]) == (planning.NOT_ASKED, "")

    def test_a_link_that_cannot_be_read_does_not_hide_the_others(self, runs: Runs) -> None:
        run = runs.play("report", with_broken(runs.hosts(exchange=True, link_address_book="off")))
        assert run.code == 0, run.output
        locked = runs.link("locked_to_fabrikam")
        assert locked["verdict"] == "unknown"
        assert "the client secret is wrong" in locked["summary"]
        assert locked["users"] is None
        assert "the client secret is wrong" in locked["users_note"]
        found = runs.found
        assert len(found["links"][LINK]["users"]) == len(VERDICTS)
        assert {user["address_book"] for user in found["links"][LINK]["users"]} == {None}, "link_address_book is off"

    def test_users_that_are_not_asked_about(self, runs: Runs, emulator: Emulator) -> None:
        run = runs.play("report", with_broken(runs.hosts(exchange=True)), report_users=False)
        assert run.code == 0, run.output
        assert not any("/adminapi/" in sent["path"] for sent in emulator.control("GET", "requests")["requests"])
        assert (runs.link()["users"], runs.link("locked_to_fabrikam")["verdict"]) == (None, "unknown")
        assert "report_users" in runs.link()["users_note"]
        emulator.given("exchange: true was set, but nothing had to be asked")


class TestRun:
    def test_what_was_done_and_what_failed(self, runs: Runs) -> None:
        """The run ends with the exit code of the failed link; a second one changes nothing."""
        changed: dict[str, Any] = {"link_scope_users": ["minsu.kim@contoso.kr", "junho.choi@contoso.kr"], "link_job_state": "paused"}
        run = runs.play("sync", with_broken(runs.hosts(**changed)))
        assert run.code == 2, run.output
        link, locked = runs.link(), runs.link("locked_to_fabrikam")
        assert (link["verdict"], locked["verdict"]) == ("changed", "failed")
        assert "the client secret is wrong" in locked["summary"]
        done = {part["module"]: part for part in link["run"] if part["changed"]}
        assert (done["sync_job"]["before"]["state"], done["sync_job"]["after"]["state"]) == ("started", "paused")
        assert [action["verb"] for action in done["sync_job"]["actions"]] == ["pause"]
        again = runs.play("sync", runs.hosts(**changed))
        assert (again.code, again.changed()) == (0, []), again.output
        assert runs.link()["verdict"] == "in_sync"

    def test_a_run_that_stops_half_way(self, runs: Runs, emulator: Emulator) -> None:
        fault = {"method": "POST", "path": "/jobs/.*/pause", "times": 0, "fault": "status", "status": 403}
        emulator.control("POST", "faults", fault)
        run = runs.play("sync", runs.hosts(link_deletion_threshold=7, link_job_state="paused", link_preflight=False))
        assert run.code == 2, run.output
        link = runs.link()
        assert link["verdict"] == "failed"
        assert link["summary"] == run.failure()
        parts = {part["module"]: part for part in link["run"]}
        assert parts["sync_configuration"]["changed"]
        assert parts["sync_configuration"]["after"]["deletion_threshold"] == 7
        assert parts["sync_job"]["failed"]
        assert "link_info" not in parts

    def test_a_run_in_which_every_link_fails(self, runs: Runs) -> None:
        run = runs.play("sync", with_broken(runs.hosts(), alone=True))
        assert run.code == 2, run.output
        assert {name: link["verdict"] for name, link in runs.found["links"].items()} == {"locked_to_fabrikam": "failed"}

    def test_a_plan_that_was_not_approved_and_one_that_was(self, runs: Runs) -> None:
        hosts = runs.hosts(link_job_state="paused", link_preflight=False)
        refused = runs.play("sync", hosts, expected_plan="0" * 64)
        assert refused.code == 2, refused.output
        assert runs.link()["verdict"] == "failed"
        assert runs.link()["summary"].startswith("The plan is not the one that was approved")
        assert runs.found["hashes"] == {}
        (approved,) = set(re.findall(r"[0-9a-f]{64}", runs.link()["summary"])) - {"0" * 64}
        window = {"start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}
        run = runs.play("sync", hosts, expected_plan=approved, change_window=window, change_ticket="CHG-2")
        assert run.code == 0, run.output
        assert runs.found["hashes"] == {"plan": approved, "expected": approved}
        assert runs.found["change"] == {"ticket": "CHG-2", "window": window}
        link = runs.link()
        assert link["verdict"] == "changed"
        assert link["plan"]["hash"]
        assert [part["module"] for part in link["run"]][:2] == ["plan_report", "change_control"]

    def test_check_mode_writes_nothing(self, runs: Runs) -> None:
        run = runs.play("sync", runs.hosts(link_deletion_threshold=7), "--check")
        assert run.code == 0, run.output
        assert not runs.folder.exists()
        result = next(task.result for task in run.tasks if task.action.endswith("link_report"))
        assert result["verdict"] == "to_change"
        assert "update" in run.output

    def test_a_removal(self, runs: Runs) -> None:
        run = runs.play("teardown", runs.hosts(), link_teardown=[LINK])
        assert run.code == 0, run.output
        link = runs.link()
        assert (link["state"], link["verdict"]) == ("absent", "changed")
        assert next(part["module"] for part in link["run"] if part["changed"]) == "sync_configuration"


class TestMistakes:
    @pytest.mark.parametrize(
        ("playbook", "folder", "said"), [("sync", "{file}", "is not a folder"), ("report", "{file}", "is not a folder")]
    )
    def test_nothing_happens_before_the_folder_is_right(
        self, runs: Runs, emulator: Emulator, tmp_path: Path, playbook: str, folder: str, said: str
    ) -> None:
        (tmp_path / "file").write_text("")
        run = runs.play(playbook, runs.hosts(), report_folder=folder.format(file=tmp_path / "file"))
        assert run.code == 2, run.output
        assert said in run.failure()
        assert run.failure().endswith("Nothing was changed.")
        assert emulator.control("GET", "requests")["requests"] == []

    def test_tasks_with_wrong_options(self, runs: Runs, tmp_path: Path) -> None:
        folder = {"folder": str(runs.folder)}
        cases: list[tuple[dict[str, Any], str]] = [
            (folder | {"formats": ["pdf"]}, "formats[0] must be one of json, markdown, html; it is 'pdf'"),
            (folder | {"window": "tonight"}, "change_window 'tonight' is not a window"),
            (folder | {"ticket": ["a", "b"]}, "change_ticket is not a text"),
        ]
        tasks = [{"name": said, f"{PREFIX}link_report": options, "ignore_errors": True} for options, said in cases]
        play = [{"hosts": "links", "gather_facts": False, "connection": "local", "tasks": tasks}]
        path = tmp_path / "play.yml"
        path.write_text(json.dumps(play))
        run = runs.playbooks.play(path, runs.hosts())
        failures = [str(task.result["msg"]) for task in run.tasks]
        assert len(failures) == len(cases)
        assert [said for (_options, said), failure in zip(cases, failures, strict=True) if said not in failure] == []
        assert not runs.folder.exists()
