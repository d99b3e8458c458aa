# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever Exchange does, no verdict is wrong, and only what can be mended is changed (facts F146 to F157)."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book import source_side
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.directory import all_people
from ansible_collections.entra.cross_tenant_sync.tests.support.address_book import (
    MEMBERS,
    MENDED,
    OF_GRAPH,
    SOURCE,
    VERDICTS,
    Book,
    expected,
    switches,
    verdicts,
)
from ansible_collections.entra.cross_tenant_sync.tests.support.emulator import CONTOSO
from ansible_collections.entra.cross_tenant_sync.tests.support.life import TENANTS

EVERYBODY = [f"{alias}@contoso.kr" for alias in VERDICTS]
SILENT = {"exchange_answers_for_other_tenant": True, "exchange_client_secret": "refused"}
"""The values of switches with which Exchange does not answer for the tenant."""
each_switch = pytest.mark.parametrize("settings", switches(), ids=str)


def silent(settings: dict[str, Any]) -> bool:
    return bool(settings.items() & SILENT.items())


def unknown_at_most(result: dict[str, Any]) -> None:
    """Every verdict is right or unknown with a reason, and those of Graph are right."""
    found = verdicts(result)
    assert found.keys() == VERDICTS.keys()
    for alias, verdict in VERDICTS.items():
        assert found[alias] in ({verdict} if verdict in OF_GRAPH else {verdict, "unknown"}), alias
    assert [person["reason"] for person in result["people"] if person["verdict"] == "unknown" and not person["reason"]] == []


class TestVerdicts:
    @each_switch
    def test_every_verdict_is_right_under_every_switch(self, settings: dict[str, Any]) -> None:
        book = Book(**settings)
        result = book.ask()
        if silent(settings):
            unknown_at_most(result)
            assert result["exchange"]["asked"] is False
            assert set(verdicts(result).values()) == {*OF_GRAPH, "unknown"}
        else:
            assert verdicts(result) == expected(settings.get("exchange_members", "MailUser"))
            assert result["exchange"] == {"asked": True, "reason": None}
        assert book.writes == []

    @each_switch
    def test_named_users_have_the_same_verdicts(self, settings: dict[str, Any]) -> None:
        whole, named = Book(**settings), Book(**settings)
        assert verdicts(named.ask(people=EVERYBODY, **SOURCE)) == verdicts(whole.ask())

    def test_without_exchange_not_a_request_goes_there(self) -> None:
        """The connection decides; what only Exchange knows is unknown, with the option that would allow it."""
        book = Book()
        result = book.ask(exchange=False, **SOURCE)
        unknown_at_most(result)
        assert book.requests == []
        assert not [request for request in book.cloud.arrivals if "exchange" in request.path]
        assert set(verdicts(result).values()) == {*OF_GRAPH, "unknown"}
        assert result["exchange"]["asked"] is False
        assert "set exchange to true" in result["exchange"]["reason"]

    def test_without_the_source(self) -> None:
        """Who is in the target is judged alike; who is not there is not known, and nobody is an orphan."""
        of_target = {alias: verdict for alias, verdict in VERDICTS.items() if verdict not in ("skipped", "failed", "orphan")}
        of_target |= dict.fromkeys(("kyungsoo.do", "jiwon.ahn"), "listed")
        selections: tuple[dict[str, Any], ...] = ({"source_tenant_id": CONTOSO}, {"source_domains": ["contoso.kr"]})
        for options in selections:
            book = Book()
            result = book.ask(**options)
            assert verdicts(result) == of_target
            assert not [request for request in book.cloud.arrivals if CONTOSO in request.path]
        assert verdicts(Book().ask(people=EVERYBODY)) == of_target | {"minho.seo": "unknown", "eunji.ryu": "unknown"}

    @pytest.mark.parametrize(
        "options",
        [SOURCE, {"source_tenant_id": CONTOSO}, {"people": ["hyejin.lee@labs.contoso.kr"], **SOURCE}],
        ids=["source", "id", "name"],
    )
    def test_users_of_several_domains_are_found(self, options: dict[str, Any]) -> None:
        """Nobody names the domains (fact F48)."""
        book = Book()
        book.cloud.world.tenants[CONTOSO].domains.append("labs.contoso.kr")
        book.source_user("hyejin.lee")["userPrincipalName"] = "hyejin.lee@labs.contoso.kr"
        book.target_user("hyejin.lee")["userPrincipalName"] = "hyejin.lee_labs.contoso.kr#EXT#@fabrikam.onmicrosoft.com"
        result = book.ask(**options)
        assert verdicts(result)["hyejin.lee"] == "listed"
        assert "hyejin.lee@labs.contoso.kr" in {person["name"] for person in result["people"]}

    @pytest.mark.parametrize("options", [SOURCE, {"people": ["hyejin.lee@contoso.kr"], **SOURCE}], ids=["all", "by the old name"])
    @pytest.mark.parametrize("reads_log", [True, False])
    def test_who_was_renamed_is_the_same_user(self, options: dict[str, Any], reads_log: bool) -> None:
        """The name in the target keeps the old one: neither is somebody missing, nor an orphan."""
        book = Book()
        book.source_user("hyejin.lee")["userPrincipalName"] = "hyejin.park@contoso.kr"
        if not reads_log:
            self.without_log(book)
        found = verdicts(book.ask(**options))
        assert found["hyejin.park"] == "listed"
        assert "hyejin.lee" not in found

    @staticmethod
    def without_log(book: Book) -> None:
        """The application of the source may not read the provisioning log."""
        registration = book.cloud.world.tenants[CONTOSO].registrations[TENANTS["contoso"]["client_id"]]
        registration.roles[:] = ["Application.Read.All", "Synchronization.Read.All", "User.Read.All", "Group.Read.All"]

    @pytest.mark.parametrize("people", [[], EVERYBODY])
    def test_all_users_of_the_source_are_in_scope(self, people: list[str]) -> None:
        """Mode all: who was out of scope is in it, and the directory of the source is only listed if nobody is named."""
        book = Book()
        for synchronization in book.cloud.world.tenants[CONTOSO].synchronizations.values():
            synchronization.secrets["SyncAll"] = "true"
        options: dict[str, Any] = {"people": people} if people else {}
        with mock.patch(f"{source_side.__name__}.all_people", wraps=all_people) as listed:
            result = book.ask(**SOURCE, **options)
        assert verdicts(result) == {**VERDICTS, "kyungsoo.do": "listed"}
        assert listed.call_count == (0 if people else 1)

    def test_a_source_without_permission_to_read_its_log(self) -> None:
        book = Book()
        self.without_log(book)
        result = book.ask()
        lost = {"skipped", "failed"}
        assert {alias: verdict for alias, verdict in verdicts(result).items() if VERDICTS[alias] not in lost} == {
            alias: verdict for alias, verdict in VERDICTS.items() if verdict not in lost
        } | {"jiwon.ahn": "listed"}
        assert "ProvisioningLog.Read.All" in next(person["reason"] for person in result["people"] if person["name"].startswith("eunji.ryu"))

    def test_an_application_that_reads_is_enough(self) -> None:
        assert verdicts(Book().ask(application="reads", **SOURCE)) == VERDICTS

    def test_the_documented_endpoint_knows_less_but_nothing_wrong(self) -> None:
        """Fact F153: it shows who is hidden, and proves nothing about who is not in the group."""
        book = Book()
        result = book.ask(application="documented", exchange_group="cts-people@fabrikam.kr", **SOURCE)
        unknown_at_most(result)
        found = verdicts(result)
        assert {alias: found[alias] for alias in ("junho.choi", "sora.jung", "yuna.han", "seungmin.bae")} == {
            "junho.choi": "hidden_in_exchange",
            "sora.jung": "hidden_in_exchange",
            "yuna.han": "hidden_by_mapping",
            "seungmin.bae": "unknown",
        }
        assert {request.path.rpartition("/")[2] for request in book.requests} == {"DynamicDistributionGroupMember"}

    @pytest.mark.parametrize(
        ("application", "group", "half"),
        [
            ("none", None, "lacks the app role Exchange.ManageAsApp,"),
            ("half", None, "no role in Entra or Exchange"),
            ("documented", None, "lacks the app role Exchange.ManageAsApp,"),
            ("mends", "cts-people@fabrikam.kr", "lacks the app role Exchange.ManageAsAppV2,"),
            ("documented", "nobody@fabrikam.kr", "ManagementObjectNotFoundException"),
        ],
    )
    def test_the_missing_half_of_the_permission_is_named(self, application: str, group: str | None, half: str) -> None:
        """Fact F152: neither half allows anything alone."""
        options: dict[str, Any] = {"exchange_group": group} if group else {}
        result = Book().ask(application=application, **options, **SOURCE)
        unknown_at_most(result)
        assert half in result["exchange"]["reason"]
        assert half in next(person["reason"] for person in result["people"] if person["verdict"] == "unknown")
        assert "\0" not in str(result)


def refuse_from(number: int) -> Callable[[Book], None]:
    """Exchange fails from that request on: the tenant is proved, a part is answered."""
    return lambda book: book.fault({"fault": "status", "status": 500, "nth": number})


FAILURES: dict[str, Callable[[Book], None]] = {
    "down 500": lambda book: book.fault({"fault": "status", "status": 500}),
    "down 503": lambda book: book.fault({"fault": "status", "status": 503}),
    "throttles for ever": lambda book: book.fault({"fault": "status", "status": 429, "retry_after": 5}),
    "throttles for hours": lambda book: book.fault({"fault": "status", "status": 429, "retry_after": 7200}),
    "pages of a proxy": lambda book: book.fault({"fault": "html", "status": 502}),
    "half of an answer": lambda book: book.fault({"fault": "truncated"}),
    "resets": lambda book: book.fault({"fault": "reset_before_commit"}),
    "hangs": lambda book: book.fault({"fault": "no_answer"}),
    "answers too late": lambda book: book.fault({"fault": "delay", "seconds": 150}),
    "expired tokens": lambda book: book.fault({"fault": "expired_token"}),
    **{f"fails from request {number}": refuse_from(number) for number in range(2, 6)},
}
PASSING: dict[str, dict[str, Any]] = {
    "throttles once": {"fault": "status", "status": 429, "retry_after": 5, "times": 1},
    "throttles without a time": {"fault": "status", "status": 429, "times": 1},
    "busy once": {"fault": "status", "status": 503, "times": 1},
    "an old token": {"fault": "expired_token", "times": 1},
    "resets once": {"fault": "reset_before_commit", "times": 1},
    "a broken answer once": {"fault": "truncated", "times": 1},
}


class TestFailures:
    @pytest.mark.parametrize("failure", FAILURES)
    def test_the_run_ends_well_and_no_verdict_is_wrong(self, failure: str) -> None:
        book = Book(exchange_longest_filter=400)
        FAILURES[failure](book)
        result = book.ask(**SOURCE, must_be_listed=["minsu.kim@contoso.kr", "dahye.yoon@contoso.kr"], max_unlisted=7)
        unknown_at_most(result)
        assert result["problems"] == [], "what is not known is no failure"
        for person in result["people"]:
            if person["verdict"] == "unknown":
                assert person["listed"] is None
                assert "could not be asked" in person["reason"]

    @pytest.mark.parametrize("fault", PASSING)
    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_what_passes_is_outwaited(self, fault: str, number: int) -> None:
        book = Book()
        book.fault({**PASSING[fault], "nth": number})
        assert verdicts(book.ask()) == VERDICTS

    @pytest.mark.parametrize("paging", ["repost", "get", "never"])
    @pytest.mark.parametrize("size", [1, 2, 5])
    def test_a_page_is_never_taken_for_everything(self, paging: str, size: int) -> None:
        """Fact F148: a page that cannot be followed says nothing about who is not on it."""
        result = Book(exchange_paging=paging, exchange_largest_page=size).ask()
        unknown_at_most(result)
        if paging != "never":
            assert verdicts(result) == VERDICTS

    def test_a_user_who_must_be_listed_and_is_not_known_is_a_warning(self) -> None:
        book = Book()
        book.fault({"fault": "status", "status": 500})
        result = book.ask(**SOURCE, must_be_listed=["minsu.kim@contoso.kr"])
        assert ["minsu.kim@contoso.kr" in warning for warning in result["warnings"]] == [True]


class TestThresholds:
    @pytest.mark.parametrize(
        ("options", "named"),
        [
            ({"must_be_listed": ["junho.choi@contoso.kr"]}, "junho.choi@contoso.kr must be listed"),
            ({"must_be_listed": ["minsu.kim@contoso.kr", "EUNJI.ryu@contoso.kr"]}, "eunji.ryu@contoso.kr must be listed"),
            ({"must_be_listed": ["nobody@contoso.kr"]}, "nobody@contoso.kr must be listed"),
            ({"max_unlisted": 6}, "max_unlisted is 6"),
        ],
    )
    def test_the_task_fails_and_never_in_check_mode(self, options: dict[str, Any], named: str) -> None:
        result = Book().ask(**SOURCE, **options)
        assert result["failed"]
        assert named.lower() in result["msg"].lower()
        assert [person["name"] for person in result["people"]] == result["unlisted"], "the facts are there, but not those of everyone"
        checked = Book().ask(check=True, **SOURCE, **options)
        assert not checked.get("failed")
        assert checked["problems"] == result["problems"] != []

    def test_it_does_not_fail_at_the_limit(self) -> None:
        result = Book().ask(**SOURCE, must_be_listed=["minsu.kim@contoso.kr", "seungmin.bae@contoso.kr"], max_unlisted=7)
        assert not result.get("failed")
        assert len(result["unlisted"]) == 7


class TestMending:
    @each_switch
    def test_exactly_the_mendable_users_are_mended_with_one_write_each(self, settings: dict[str, Any], tmp_path: Path) -> None:
        book = Book(**settings)
        mended = MENDED - (MEMBERS if settings.get("exchange_members") == "not_mail_enabled" else set())
        mended = set() if silent(settings) else mended
        path = str(tmp_path / "commands.ps1")
        before = book.recipients
        checked = book.mend(check=True, commands_path=path)
        assert book.writes == []
        assert book.recipients == before
        assert not Path(path).exists()
        result = book.mend(commands_path=path)
        # A touch is two writes: the second one removes the mark (fact F151).
        assert len(book.writes) == len(mended) + ("taeho.oh" in mended)
        assert {name: result[name] for name in ("actions", "diff", "unmended", "commands", "changed")} == {
            name: checked[name] for name in ("actions", "diff", "unmended", "commands", "changed")
        }
        assert {action["object"].split()[1].partition("@")[0] for action in result["actions"]} == mended
        self.nothing_else(before, book.recipients, mended)
        again = book.mend(commands_path=path)
        assert not again["changed"]
        assert (again["actions"], book.writes) == ([], [])
        assert again["diff"]["before"] == again["diff"]["after"]
        if not silent(settings):
            assert verdicts(book.ask()) == expected(settings.get("exchange_members", "MailUser"), mended)

    @staticmethod
    def nothing_else(before: dict[str, Any], after: dict[str, Any], mended: set[str]) -> None:
        """Of the mended users the flag and the lists are others, and of all recipients nothing else."""
        assert before.keys() == after.keys()
        changed = {
            key: {name for name in record if record[name] != after[key][name]} for key, record in before.items() if record != after[key]
        }
        assert {before[key]["UserPrincipalName"].partition("_contoso")[0] for key in changed} == mended
        assert set().union(*changed.values()) <= {"HiddenFromAddressListsEnabled", "AddressListMembership", "_hiddenHere"}

    def test_the_address_only_on_request(self) -> None:
        book = Book()
        book.recipient("seungmin.bae")["HiddenFromAddressListsEnabled"] = True
        book.recipient("seungmin.bae")["_hiddenHere"] = True
        book.mend(people=["seungmin.bae@contoso.kr"])
        assert len(book.writes) == 1
        assert book.recipient("seungmin.bae")["PrimarySmtpAddress"] == "seungmin.bae@old.contoso.kr"
        result = book.mend(people=["seungmin.bae@contoso.kr"], external_address=True)
        assert len(book.writes) == 1
        assert book.recipient("seungmin.bae")["PrimarySmtpAddress"] == "seungmin.bae@contoso.kr"
        assert result["unmended"] == []
        assert not book.mend(people=["seungmin.bae@contoso.kr"], external_address=True)["changed"]

    def test_all_of_one_user_in_one_write(self) -> None:
        book = Book()
        book.recipient("seungmin.bae").update({"HiddenFromAddressListsEnabled": True, "_hiddenHere": True, "AddressListMembership": []})
        result = book.mend(people=["seungmin.bae@contoso.kr"], external_address=True)
        assert len(book.writes) == len(result["actions"]) == 1
        assert verdicts(book.ask())["seungmin.bae"] == "listed"

    def test_only_who_is_selected(self) -> None:
        book = Book()
        before = book.recipients
        book.mend(people=["junho.choi@contoso.kr", "nobody@contoso.kr", "woojin.moon@contoso.kr"])
        self.nothing_else(before, book.recipients, {"junho.choi"})

    def test_a_limit_is_checked_before_the_first_write(self) -> None:
        book = Book()
        for check in (True, False):
            result = book.mend(check=check, max_changes=2)
            assert result["failed"]
            assert "3 users would be changed in Exchange, more than max_changes 2" in result["msg"]
            assert book.writes == []
        assert not book.mend(max_changes=3).get("failed")

    @pytest.mark.parametrize("mark", ["entra.cross_tenant_sync: address lists", "mine"])
    @pytest.mark.parametrize("alias", ["taeho.oh", "junho.choi", "minsu.kim"])
    def test_the_mark_of_an_interrupted_run_is_cleared_and_no_other(self, mark: str, alias: str) -> None:
        book = Book()
        book.recipient(alias)["CustomAttribute15"] = mark
        book.mend(people=[f"{alias}@contoso.kr"])
        ours = mark != "mine"
        assert len(book.writes) == (1 if ours or alias == "junho.choi" else 0)
        assert book.recipient(alias)["CustomAttribute15"] == ("" if ours else "mine")
        assert not book.mend(people=[f"{alias}@contoso.kr"])["changed"]
        assert verdicts(book.ask())[alias] == ("not_indexed" if (alias, ours) == ("taeho.oh", False) else "listed")

    def test_a_recipient_that_is_managed_on_premises_is_left_alone(self) -> None:
        book = Book()
        for alias in MENDED:
            book.recipient(alias)["IsDirSynced"] = True
        result = book.mend()
        assert (result["actions"], book.writes) == ([], [])
        assert {entry["name"].partition("@")[0] for entry in result["unmended"]} >= MENDED

    @pytest.mark.parametrize(
        ("fault", "number"),
        [(fault, number) for fault in ("reset_after_commit", "reset_before_commit", "truncated") for number in range(4, 9)],
    )
    def test_a_lost_answer_is_looked_up(self, fault: str, number: int) -> None:
        book = Book()
        before = book.recipients
        book.fault({"fault": fault, "nth": number, "times": 1})
        result = book.mend()
        assert not result.get("failed"), result["msg"]
        self.nothing_else(before, book.recipients, MENDED)
        assert len(result["actions"]) >= len(MENDED)
        assert not book.mend()["changed"]


class TestCommands:
    @pytest.mark.parametrize(
        ("application", "half"),
        [("reads", "no role in Entra or Exchange"), ("half", "no role in Entra or Exchange"), ("none", "lacks the app role")],
    )
    def test_what_may_not_be_changed_is_left_in_a_file(self, application: str, half: str, tmp_path: Path) -> None:
        book = Book()
        path = tmp_path / "commands.ps1"
        before = book.recipients
        checked = book.mend(check=True, application=application, commands_path=str(path))
        assert not path.exists()
        result = book.mend(application=application, commands_path=str(path))
        assert result["changed"] is checked["changed"] is True
        assert [half in warning for warning in result["warnings"]] == [True]
        assert result["actions"] == []
        assert book.recipients == before
        text = path.read_text(encoding="utf-8-sig")
        assert text.count("\n") == result["commands"] > 0
        assert text.count("HiddenFromAddressListsEnabled $false") >= 2
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        written = path.stat().st_mtime_ns
        again = book.mend(application=application, commands_path=str(path))
        assert not again["changed"]
        assert path.stat().st_mtime_ns == written
        assert [entry.name for entry in tmp_path.iterdir()] == ["commands.ps1"]

    @pytest.mark.parametrize("application", ["reads", "half", "none"])
    def test_without_a_file_the_task_fails_in_one_sentence(self, application: str) -> None:
        result = Book().mend(application=application)
        assert result["failed"]
        assert "set commands_path" in result["msg"]
        assert "\n" not in result["msg"]

    def test_a_reader_does_not_fail_where_there_is_nothing_to_mend(self) -> None:
        book = Book()
        book.mend()
        result = book.mend(application="reads")
        assert not result.get("failed")
        assert result["warnings"] == []

    def test_the_file_of_an_earlier_run_says_nothing_wrong(self, tmp_path: Path) -> None:
        book = Book()
        path = tmp_path / "commands.ps1"
        book.mend(application="reads", people=["junho.choi@contoso.kr"], commands_path=str(path))
        assert "Set-MailUser" in path.read_text(encoding="utf-8-sig")
        result = book.mend(people=["junho.choi@contoso.kr"], commands_path=str(path))
        assert result["commands"] == 0
        assert "Set-MailUser" not in path.read_text(encoding="utf-8-sig")
        assert not book.mend(people=["junho.choi@contoso.kr"], commands_path=str(path))["changed"]

    def test_no_file_is_made_for_nothing(self, tmp_path: Path) -> None:
        book = Book()
        book.mend(people=["minsu.kim@contoso.kr"], commands_path=str(tmp_path / "commands.ps1"))
        assert list(tmp_path.iterdir()) == []

    def test_others_lose_access_to_the_file(self, tmp_path: Path) -> None:
        book = Book()
        path = tmp_path / "commands.ps1"
        book.mend(commands_path=str(path))
        path.chmod(0o644)
        assert book.mend(commands_path=str(path))["changed"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.parametrize("place", ["missing/commands.ps1", "."])
    def test_a_place_that_cannot_be_written_is_refused_before_the_first_write(self, place: str, tmp_path: Path) -> None:
        book = Book()
        for check in (True, False):
            result = book.mend(check=check, commands_path=str(tmp_path / place))
            assert result["failed"]
            assert "commands_path cannot be written" in result["msg"]
            assert book.cloud.arrivals == []

    @pytest.mark.parametrize("failure", FAILURES)
    def test_when_exchange_fails_nothing_is_changed_and_the_file_is_written(self, failure: str, tmp_path: Path) -> None:
        book = Book()
        before = book.recipients
        FAILURES[failure](book)
        result = book.mend(commands_path=str(tmp_path / "commands.ps1"))
        if failure == "fails from request 5":
            # The first write: whether it was made is not known, and cannot be read.
            assert "may or may not have been made" in result["msg"]
            return
        assert not result.get("failed"), result["msg"]
        assert result["actions"] == []
        assert result["warnings"]
        assert result["commands"] > 0
        assert book.recipients == before

    @pytest.mark.parametrize("failure", FAILURES)
    def test_when_exchange_fails_and_there_is_no_file_the_task_fails(self, failure: str) -> None:
        book = Book()
        before = book.recipients
        FAILURES[failure](book)
        result = book.mend()
        assert result["failed"]
        assert "\n" not in result["msg"]
        assert book.recipients == before

    def test_the_documented_endpoints_cannot_mend(self) -> None:
        result = Book().mend(exchange_group="cts-people@fabrikam.kr")
        assert "exchange_group cannot change anything" in result["msg"]
