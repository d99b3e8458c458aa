# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mapping expressions are evaluated as Microsoft's reference documents them, and what it leaves open is unknown (facts F90, F91, F170-F172)."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.evaluate import Unknown, evaluate
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.consequences.model import SourceUser
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.documented import FUNCTIONS
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.expression import calls, parse
from entra_emulator.provisioning.examples import DIACRITICS, DOCUMENTED, RANDOM


def given(expression: str, **attributes: Any) -> Any:
    """What an expression gives for a user with these attributes."""
    user = SourceUser("id", "minsu.kim@contoso.kr", attributes, unread=frozenset({"unread"}))
    return evaluate(parse(expression), user)


UNKNOWN = Unknown("")


def same(found: Any, wanted: Any) -> bool:
    return isinstance(found, Unknown) if wanted is UNKNOWN else (found, type(found)) == (wanted, type(wanted))


NOT_FORETOLD: list[tuple[str, dict[str, Any]]] = [
    ("AppRoleAssignmentsComplex([appRoleAssignments])", {"appRoleAssignments": "msiam_access"}),
    ('DateDiff("d", Now(), CDate([StatusHireDate]))', {"StatusHireDate": "2012-03-16-07:00"}),
    (
        'Switch([Active], , "1", IIF(DateDiff("d", Now(), CDate([StatusHireDate])) > 5, "False", "True"), "0", "False")',
        {"StatusHireDate": "2012-03-16-07:00", "Active": "1"},
    ),
    ('IIF(IsPresent([country]),[country],"Other")', {}),
    ("Now()", {}),
]
"""The examples whose value depends on the moment of the cycle, or on what the reference leaves open."""


@pytest.mark.parametrize(("expression", "attributes", "wanted"), DOCUMENTED)
def test_a_documented_example(expression: str, attributes: dict[str, Any], wanted: Any) -> None:
    """An empty text is no value here."""
    found = given(expression, **attributes)
    foretold = UNKNOWN if (expression, attributes) in NOT_FORETOLD else None if wanted == "" else wanted
    assert same(found, foretold), found


@pytest.mark.parametrize("expression", [expression for expression, _form in RANDOM])
def test_what_differs_each_time_is_not_foretold(expression: str) -> None:
    assert same(given(expression), UNKNOWN)


def test_several_assignments_of_roles_are_not_foretold() -> None:
    assert same(given("SingleAppRoleAssignment([appRoleAssignments])", appRoleAssignments=["a", "b"]), UNKNOWN)


def test_every_documented_function_has_an_example() -> None:
    expressions = [*(one[0] for one in DOCUMENTED), *(one[0] for one in RANDOM)]
    shown = {name for expression in expressions for name, _arity in calls(expression)}
    assert set(FUNCTIONS) - shown == {"AltSecIdFromNetId"}


def test_the_example_of_an_id() -> None:
    expression = 'Join("", 1000, Replace(ConvertToUTF8Hex([objectId]), , "[a-zA-Z_]*", , "", , ))'
    wanted = "1000" + "".join(letter for letter in b"00aa00aa-bb11-cc22-dd33-44ee44ee44ee".hex() if letter.isdigit())
    assert given(expression, objectId="00aa00aa-bb11-cc22-dd33-44ee44ee44ee") == wanted


@pytest.mark.parametrize(("letters", "plain"), DIACRITICS)
def test_letters_with_accents(letters: str, plain: str | None) -> None:
    found = [given("NormalizeDiacritics([name])", name=letter) for letter in letters.split(", ")]
    assert found == [plain or letter for letter in letters.split(", ")]


OPEN: list[tuple[str, dict[str, Any]]] = [
    ("[unread]", {}),
    ('Append([unread], "x")', {}),
    ('Append([missing], "x")', {}),
    ("Append([mail], [missing])", {"mail": "a"}),
    ("null", {}),
    ('Trim("a")', {}),
    ('SelectUniqueValue("a", "b")', {}),
    ('[mail] & "a"', {"mail": "a"}),
    ('CBool([a] = "x")', {}),
    ('CBool([a] = "x")', {"a": "X"}),
    ('CBool([a] = "1")', {"a": "1.0"}),
    ('CBool([a] > "x")', {"a": "b"}),
    ('CBool("yes")', {}),
    ('CDate("tomorrow")', {}),
    ('CDate("2021-13-01")', {}),
    ('DateAdd("q", 1, CDate("2021-08-24"))', {}),
    ('DateAdd("yyyy", 9000, CDate("2021-08-24"))', {}),
    ('DateDiff("d", CDate("2021-08-24T23:00:00Z"), CDate("2021-08-25T01:00:00Z"))', {}),
    ('DateDiff("m", CDate("2021-01-31"), CDate("2021-02-01"))', {}),
    ('DateDiff("yyyy", CDate("2020-12-31"), CDate("2021-01-01"))', {}),
    ('DateDiff("ww", CDate("2021-08-21"), CDate("2021-08-22"))', {}),
    ('FormatDateTime([d], "AssumeLocal", "yyyy-MM-dd", "dd")', {"d": "2020-01-01"}),
    ('FormatDateTime([d], , "yy-MM-dd", "dd")', {"d": "20-01-01"}),
    ('FormatDateTime([d], , "d", "dd")', {"d": "1/1/2020"}),
    ('FormatDateTime([d], , "yyyy-MM-ddzzz", "yyyy-MM-dd")', {"d": "2020-12-31+08:00"}),
    ('FormatDateTime([d], , "yyyy-MM-dd", "zzz")', {"d": "2020-12-31"}),
    ('FormatDateTime([d], , "yyyy-MM", "yyyy")', {"d": "2020-12"}),
    ('FormatDateTime([d], , "yyyy-MM-dd hh:mm", "yyyy")', {"d": "2020-12-31 10:00"}),
    ('IIF([a]="x", "y", "z")', {}),
    ('IIF([a], "y", "z")', {"a": "maybe"}),
    ('IIF([unread]="x", "y", "z")', {}),
    ('InStr("repEated","E")', {}),
    ('InStr([missing],"E")', {}),
    ('InStr("a","a",0)', {}),
    ('IsString("5")', {}),
    ("Item([a], 0)", {"a": ["x"]}),
    ("Item([a], 2)", {"a": ["x"]}),
    ("Count([a])", {"a": "x"}),
    ("Mid([a], 0, 2)", {"a": "x"}),
    ('Left([a], "two")', {"a": "x"}),
    ("Not([a])", {"a": "maybe"}),
    ('ToUpper([a], "tr-TR")', {"a": "istanbul"}),
    ("ToLower([a])", {"a": "İstanbul"}),
    ("PCase([a])", {"a": "O'BRIEN"}),
    ("PCase([a])", {"a": "3RD PLACE"}),
    ("NormalizeDiacritics([a])", {"a": "đ"}),
    ("NormalizeDiacritics([a])", {"a": "œ"}),
    ("NormalizeDiacritics([a])", {"a": "й"}),
    ("RemoveDuplicates([a])", {"a": ["x", "X"]}),
    ('Replace([a], , "\\\\p{L}", , "", , )', {"a": "x"}),
    ('Replace([a], , "(", , "", , )', {"a": "x"}),
    ('Replace([a], , "x", , "$_", , )', {"a": "x"}),
    ('Replace([a], , "(?<n>x)y", "n", "z", , )', {"a": "xyx"}),
    ('Replace([a], , "(?<n>x*)", "n", "z", , )', {"a": "y"}),
    ('Replace([a], , "(?<n>x)", "m", "z", , )', {"a": "x"}),
    ('Replace([a], "x", , , [missing], , )', {"a": "x"}),
    ("Replace([a])", {"a": "x"}),
    ('Split([a], "")', {"a": "x"}),
    ('Split([a], ",")', {"a": "x,,y"}),
    ('Switch([accountEnabled], "a", "true", "b")', {"accountEnabled": True}),
    ('Word("a,,b", 2, ",")', {}),
    ('Join(";", [a])', {"a": [["x"]]}),
]
"""What is not documented, or depends on the moment or on what was not read."""


@pytest.mark.parametrize(("expression", "attributes"), OPEN)
def test_what_is_left_open_is_unknown_with_a_reason(expression: str, attributes: dict[str, Any]) -> None:
    found = given(expression, **attributes)
    assert isinstance(found, Unknown), found
    assert found.reason


@pytest.mark.parametrize(
    ("expression", "attributes", "wanted"),
    [
        ('IIF("True", "x", Guid())', {}, "x"),
        ('IIF([a]="x", "y", [unread])', {"a": "x"}, "y"),
        ('Switch([a], Guid(), "x", "y", "z", Now())', {"a": "x"}, "y"),
        ("Coalesce([a], [unread])", {"a": "x"}, "x"),
        ('DateDiff("m", CDate("2021-01-15"), CDate("2021-03-20"))', {}, 2),
        ('DateDiff("m", CDate("2021-03-20"), CDate("2021-01-15"))', {}, -2),
        ('DateDiff("yyyy", CDate("2019-03-20"), CDate("2021-03-20"))', {}, 2),
        ('DateAdd("m", 1, CDate("2021-01-31"))', {}, "2/28/2021 12:00:00 AM"),
        (
            'FormatDateTime([d], , "yyyy-MM-ddTHH:mm:ssZ", "dddd, MMMM d, yyyy h:mm tt")',
            {"d": "2024-03-01T15:04:05Z"},
            "Friday, March 1, 2024 3:04 PM",
        ),
        ('FormatDateTime([d], , "dd MMM yyyy", "yyyyMMdd")', {"d": "01 Mar 2024"}, "20240301"),
        ("CBool([a] > 5)", {"a": "10"}, True),
        ('CBool([a] <> "x")', {"a": "y"}, True),
        ('ToUpper([a], "de-DE")', {"a": "straße"}, "STRASSE".replace("SS", "ß")),
        ('Replace([a], , "(?<x>a)(?<y>b)", , "${y}$1$$$&", , )', {"a": "ab"}, "ba$ab"),
        ('IIF([a]="x", "y", "")', {}, None),
        ("[proxyAddresses]", {"proxyAddresses": []}, None),
        ("Append([a], [b])", {}, None),
        ("[accountEnabled]", {}, True),
        ("[userPrincipalName]", {}, "minsu.kim@contoso.kr"),
    ],
)
def test_only_what_matters_is_evaluated(expression: str, attributes: dict[str, Any], wanted: Any) -> None:
    assert same(given(expression, **attributes), wanted), given(expression, **attributes)


@pytest.mark.parametrize(
    ("expression", "fails"),
    [
        ("BitAnd([missing], 3)", True),
        ('DateDiff("d", Now(), CDate([missing]))', True),
        ('DateDiff("d", Now(), CDate("2021-01-01"))', False),
        ("Mid([mail], 0, 1)", True),
        ("Guid()", False),
        ("[unread]", False),
    ],
)
def test_what_a_function_cannot_work_with_may_fail(expression: str, fails: bool) -> None:
    found = given(expression, mail="a")
    assert isinstance(found, Unknown)
    assert found.fails is fails
