# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdicts as results: entries, counts, a table that fits a terminal, a summary and problems."""

from __future__ import annotations

import json
import time
import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book import report
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.evidence import Person, Situation
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.address_book.verdict import NAMES, Judged, judge
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.address_book import (
    CONTACT,
    GUID,
    ID,
    LISTS,
    NAME,
    OTHER,
    absent,
    aged,
    contact,
    entra,
    logged,
    people,
    person,
    recipient,
    situation,
    situations,
    source,
)

MANY = settings(max_examples=150, deadline=None)


def judged(**changes: Any) -> Judged:
    return judge(person(**changes), situation())


def named(name: str, **changes: Any) -> Judged:
    return judged(name=name, source=source(user_principal_name=name, id=name), entra=entra(source_name=name, id=name), **changes)


HIDDEN = {"recipient": recipient(hidden=True)}
NO_ANSWER = {"recipient": None, "unasked": "Exchange answered with HTTP 503."}
crowds = st.lists(st.tuples(people, situations).map(lambda both: judge(*both)), max_size=8)
texts = st.text(max_size=60) | st.text(alphabet="김민수ｱ한\u1112\u1161\u11ab e\u0301\u202e\x1b\n\U0001f600", max_size=80)


class TestDescribed:
    def test_a_user_with_all_evidence(self) -> None:
        user = judged(entra=aged(minutes=90), rivals=(contact(),), logged=logged("success", code="x"))
        assert report.described(user) == {
            "name": NAME,
            "id": ID,
            "verdict": "listed",
            "listed": True,
            "unlisted": False,
            "reason": "the user is in the address list Default Global Address List; new names reach Outlook within a day",
            "remedy": None,
            "evidence": {
                "source": {"id": "4", "user_principal_name": NAME, "mail": NAME, "account_enabled": True, "in_scope": True},
                "entra": {
                    "deleted": False,
                    "id": ID,
                    "user_principal_name": "minsu.kim_contoso.kr#EXT#@fabrikam.onmicrosoft.com",
                    "display_name": "Kim Minsu",
                    "mail": NAME,
                    "user_type": "Member",
                    "account_enabled": True,
                    "show_in_address_list": True,
                    "invitation_pending": False,
                    "created": "2026-03-02T03:30:00Z",
                    "age_minutes": 90,
                },
                "exchange": {
                    "asked": True,
                    "unasked_reason": None,
                    "recipient": {
                        "guid": GUID,
                        "object_id": ID,
                        "type": "MailUser",
                        "display_name": "Kim Minsu",
                        "hidden": False,
                        "address_lists": list(LISTS),
                        "primary_address": NAME,
                        "external_address": NAME,
                        "directory_synced": False,
                    },
                    "rivals": [
                        {
                            "guid": CONTACT,
                            "object_id": CONTACT,
                            "type": "MailContact",
                            "display_name": "Kim (contact)",
                            "hidden": False,
                            "address_lists": list(LISTS),
                            "primary_address": NAME,
                            "external_address": NAME,
                            "directory_synced": False,
                        }
                    ],
                },
                "log": {
                    "time": "2026-01-31T05:00:00Z",
                    "action": "create",
                    "status": "success",
                    "code": "x",
                    "reason": None,
                    "remedy": None,
                },
            },
        }

    @pytest.mark.parametrize(
        ("user", "part", "expected"),
        [
            (absent(), "entra", None),
            (absent(deleted=True), "entra", {"deleted": True}),
            (absent(source=None), "source", None),
            (absent(), "log", None),
            (absent(), "exchange", {"asked": True, "unasked_reason": None, "recipient": None, "rivals": []}),
            (
                person(rivals=(contact(),), unasked="no role"),
                "exchange",
                {"asked": False, "unasked_reason": "no role", "recipient": None, "rivals": []},
            ),
        ],
        ids=["no user object", "deleted", "no user in the source", "nothing logged", "no recipient", "not asked"],
    )
    def test_what_is_not_known(self, user: Person, part: str, expected: Any) -> None:
        assert report.described(judge(user, situation()))["evidence"][part] == expected

    def test_what_is_not_told(self) -> None:
        user = judged(entra=entra(created=None), recipient=recipient(lists=None, kind="", object_id=""))
        evidence = report.described(user)["evidence"]
        assert [evidence["exchange"]["recipient"][name] for name in ("address_lists", "type", "object_id")] == [None, None, None]
        assert [evidence["entra"][name] for name in ("created", "age_minutes")] == [None, None]

    @MANY
    @given(people, situations)
    def test_every_entry_is_plain_data_of_one_shape(self, user: Person, where: Situation) -> None:
        entry = report.described(judge(user, where))
        assert json.loads(json.dumps(entry)) == entry
        assert list(entry) == ["name", "id", "verdict", "listed", "unlisted", "reason", "remedy", "evidence"]
        assert list(entry["evidence"]) == ["source", "entra", "exchange", "log"]


class TestCounts:
    def test_every_verdict_is_counted(self) -> None:
        found = report.counts([judged(), judged(), judged(**HIDDEN)])
        assert list(found) == list(NAMES)
        assert {name: number for name, number in found.items() if number} == {"listed": 2, "hidden_in_exchange": 1}

    @MANY
    @given(crowds)
    def test_they_sum_up(self, crowd: list[Judged]) -> None:
        assert sum(report.counts(crowd).values()) == len(crowd)

    @pytest.mark.parametrize(
        ("crowd", "expected"),
        [
            ([], "no users"),
            ([judged()], "1 user, 0 unlisted: 1 listed"),
            (
                [judged(), judged(**HIDDEN), judged(**HIDDEN), judged(**NO_ANSWER)],
                "4 users, 2 unlisted: 1 unknown, 2 hidden_in_exchange, 1 listed",
            ),
        ],
        ids=["nobody", "one", "several"],
    )
    def test_the_summary(self, crowd: list[Judged], expected: str) -> None:
        assert report.summary(crowd) == expected

    def test_the_summary_of_any_iterable_counts_once(self) -> None:
        assert report.counts(iter([judged()]))["listed"] == 1


class TestTable:
    def test_the_unlisted_come_first(self) -> None:
        crowd = [
            named("listed@c"),
            named("mailbox@c", recipient=recipient(kind="UserMailbox")),
            named("unknown@c", **NO_ANSWER),
            named("mapped@c", recipient=recipient(hidden=True)),
            judged(name="hidden.b@c", **HIDDEN),
            judged(name="hidden.a@c", **HIDDEN),
        ]
        crowd[3] = replace(crowd[3], verdict="hidden_by_mapping", unlisted=False)
        lines = report.table(crowd)
        assert lines[0].split() == ["user", "verdict", "age", "reason"]
        assert [line.split()[0] for line in lines[1:]] == ["hidden.a@c", "hidden.b@c", "unknown@c", "mapped@c", "mailbox@c", "listed@c"]

    def test_columns_are_aligned(self) -> None:
        lines = report.table([judged(name="a", entra=aged(days=400)), judged(name="longer@contoso.kr", **HIDDEN)])
        assert lines == [
            "user               verdict             age    reason",
            "longer@contoso.kr  hidden_in_exchange  30 d   Exchange hides the user, although showInAddressList is true in Entra",
            "a                  listed              400 d  the user is in the address list Default Global Address List",
        ]

    def test_wide_letters_take_two_columns(self) -> None:
        lines = report.table([judged(name="김민수@c"), judged(name="kim")])
        assert (lines[1].index("listed"), lines[2].index("listed")) == (10, 7)
        assert columns(lines[1]) == columns(lines[2])

    def test_decomposed_letters_are_composed(self) -> None:
        """A directory that was filled from a Mac has them."""
        composed, decomposed = (report.table([judged(name=unicodedata.normalize(form, "김민수é"))]) for form in ("NFC", "NFD"))
        assert composed == decomposed

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("a\nb", "a?b"),
            ("a\x1b[31mb", "a?[31mb"),
            ("a\x00b", "a?b"),
            ("a\x85b", "a?b"),
            ("a\u2028b", "a b"),
            ("a\u00a0b", "a b"),
            ("a\u202eb", "ab"),
            ("a\u200bb", "ab"),
        ],
        ids=ascii,
    )
    def test_no_character_controls_the_terminal(self, name: str, shown: str) -> None:
        assert report.table([judged(name=name)])[1].startswith(f"{shown}  ")

    def test_a_long_name_and_a_long_reason_are_cut(self) -> None:
        (line,) = report.table([judged(name="n" * 50, recipient=None, unasked="u" * 200)])[1:]
        assert line.startswith("n" * 37 + "...  unknown")
        assert line.endswith("u...")
        assert len(line) == 40 + 2 + len("unknown") + 2 + len("30 d") + 2 + 100

    def test_a_wide_letter_is_not_cut_in_half(self) -> None:
        (line,) = report.table([judged(name="한" * 21)])[1:]
        assert line.startswith("한" * 18 + "...   listed")

    @pytest.mark.parametrize(
        ("users", "most", "lines", "last"),
        [
            (3, 4, 4, "a"),
            (4, 4, 4, "and 2 more, 2 of them unlisted"),
            (4, 5, 5, "a"),
            (100, 60, 60, "and 42 more, 42 of them unlisted"),
            (3, 0, 2, "and 3 more, 3 of them unlisted"),
        ],
    )
    def test_many_users(self, users: int, most: int, lines: int, last: str) -> None:
        table = report.table([judged(name="a", **HIDDEN)] * users, most)
        assert (len(table), table[-1][: len(last)]) == (lines, last)

    def test_those_who_are_left_out_can_all_be_listed(self) -> None:
        table = report.table([*[judged()] * 5, judged(**HIDDEN)], 4)
        assert table[-1] == "and 4 more, 0 of them unlisted"

    def test_nobody(self) -> None:
        assert report.table([]) == ["user  verdict  age  reason"]

    @MANY
    @given(st.lists(texts, max_size=5), st.integers(min_value=2, max_value=7))
    def test_whatever_a_name_is_it_is_one_printable_line_of_the_same_width(self, names: list[str], most: int) -> None:
        lines = report.table([judged(name=name) for name in names], most)
        assert len(lines) == min(most, len(names) + 1)
        assert all(character.isprintable() for line in lines for character in line)
        rows = lines[1 : len(names) + 1 if len(names) < most else -1]
        assert len({columns(line[: line.index("listed  ")]) for line in rows}) <= 1

    @MANY
    @given(crowds)
    def test_every_user_is_in_it_or_counted(self, crowd: list[Judged]) -> None:
        assert len(report.table(crowd)) == len(crowd) + 1
        (*_shown, last) = report.table(crowd, 3)
        if len(crowd) > 2:
            assert last.startswith(f"and {len(crowd) - 1} more, ")


def columns(text: str) -> int:
    """Columns of a terminal, counted independently: letters that combine are composed or take none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 or "\u1160" <= character <= "\u11ff" for character in text)


class TestAge:
    @pytest.mark.parametrize(
        ("age", "shown"),
        [
            (None, ""),
            (timedelta(), "0 min"),
            (timedelta(seconds=59), "0 min"),
            (timedelta(minutes=59, seconds=59), "59 min"),
            (timedelta(minutes=60), "1 h"),
            (timedelta(hours=23, minutes=59), "23 h"),
            (timedelta(hours=24), "1 d"),
            (timedelta(days=1056), "1056 d"),
        ],
        ids=str,
    )
    def test_in_its_largest_unit(self, age: timedelta | None, shown: str) -> None:
        assert report.age(age) == shown


class TestProblems:
    CROWD = (
        named("listed@c"),
        named("hidden@c", **HIDDEN),
        named("unknown@c", **NO_ANSWER),
        named("wrong@c", recipient=recipient(external_address=OTHER)),
    )

    def test_nothing_is_asked_for(self) -> None:
        assert report.problems(self.CROWD) == []

    @pytest.mark.parametrize(
        ("name", "problem"),
        [
            ("listed@c", None),
            ("LISTED@C", None),
            ("wrong@c", None),
            (
                "hidden@c",
                "hidden@c must be listed, but is not in the address book (hidden_in_exchange): "
                "Exchange hides the user, although showInAddressList is true in Entra.",
            ),
            (
                "unknown@c",
                "unknown@c must be listed, but is not known to be in the address book (unknown): "
                "Exchange could not be asked: Exchange answered with HTTP 503.",
            ),
            ("nobody@c", "nobody@c must be listed, but is not among the users whose address book entries were checked."),
        ],
    )
    def test_users_who_must_be_listed(self, name: str, problem: str | None) -> None:
        assert report.problems(self.CROWD, [name]) == ([problem] if problem else [])

    @pytest.mark.parametrize("name", [NAME, "shown", ID, "minsu.kim_contoso.kr#ext#@FABRIKAM.onmicrosoft.com", "4"])
    def test_a_user_has_several_names(self, name: str) -> None:
        assert report.problems([judged(name="shown")], [name]) == []

    def test_a_user_with_two_objects_is_listed_by_one(self) -> None:
        assert report.problems([judged(**HIDDEN), judged()], [NAME]) == []
        (problem,) = report.problems([judged(**NO_ANSWER), judged(**HIDDEN)], [NAME])
        assert "is not in the address book (hidden_in_exchange)" in problem

    @pytest.mark.parametrize(
        ("most", "problems"),
        [
            (None, []),
            (2, []),
            (1, ["2 users are unlisted, and max_unlisted is 1: hidden@c, hidden@c."]),
            (0, ["2 users are unlisted, and max_unlisted is 0: hidden@c, hidden@c."]),
        ],
    )
    def test_too_many_unlisted(self, most: int | None, problems: list[str]) -> None:
        assert report.problems([*self.CROWD, self.CROWD[1]], max_unlisted=most) == problems

    def test_a_single_user(self) -> None:
        assert report.problems(self.CROWD, max_unlisted=0) == ["1 user is unlisted, and max_unlisted is 0: hidden@c."]

    def test_only_some_are_named(self) -> None:
        (problem,) = report.problems([self.CROWD[1]] * 9, max_unlisted=0)
        assert problem.endswith("hidden@c, hidden@c, hidden@c, hidden@c, hidden@c and 4 more.")

    def test_the_time_grows_with_the_users_only(self) -> None:
        """Every user by every name would be minutes for a large company."""
        crowd = [named(f"user{number}@c") for number in range(3000)]
        began = time.process_time()
        assert report.problems(crowd, [f"user{number}@c" for number in range(3000)]) == []
        assert time.process_time() - began < 1

    def test_both(self) -> None:
        assert len(report.problems(self.CROWD, ["hidden@c", "listed@c", "nobody@c"], 0)) == 3

    @MANY
    @given(crowds)
    def test_one_limit_decides(self, crowd: list[Judged]) -> None:
        number = sum(user.unlisted for user in crowd)
        assert report.problems(crowd, max_unlisted=number) == []
        assert number == 0 or len(report.problems(crowd, max_unlisted=number - 1)) == 1
