# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions: the grammar, the functions as documented, and Graph's source objects (facts F87, F90)."""

from __future__ import annotations

from typing import Any

import pytest

from entra_emulator.provisioning.catalogue import CATALOGUE
from entra_emulator.provisioning.expressions import ExpressionError, evaluate, parse, render, to_source
from entra_emulator.provisioning.functions import IMPLEMENTATIONS
from entra_emulator.settings import Settings, merged

PERSON: dict[str, Any] = {
    "displayName": "김민수",
    "givenName": "John",
    "surname": "Doe",
    "mail": "john.doe@contoso.com",
    "phone": "+91 9998887777",
    "country": "USA",
    "state": "QLD",
    "empty": "",
    "accountEnabled": True,
    "proxies": ["a", "b", "a"],
    "name": "Zoë Łukasz 민수",
    "address": "545 Tremont Street",
}


@pytest.mark.fact("F90", "The functions of mapping expressions compute what their reference says")
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[displayName]", "김민수"),
        ('"Member"', "Member"),
        ('"Company name: \\"Contoso\\""', 'Company name: "Contoso"'),
        ('Append([displayName], " (Contoso)")', "김민수 (Contoso)"),
        ('Append([missing], " (Contoso)")', None),
        ('Join(", ", "", [surname], [givenName])', "Doe, John"),
        ('Join("-", [proxies], [state])', "a-b-a-QLD"),
        ("Coalesce([missing], [mail])", "john.doe@contoso.com"),
        ("ToUpper([givenName])", "JOHN"),
        ('ToLower([givenName], "en-US")', "john"),
        ('Replace([mail], "@contoso.com", , ,"", ,)', "john.doe"),
        ('Replace("jsmith","<username>", , , , , "<username>@contoso.com")', "jsmith@contoso.com"),
        (r'Replace([phone], , "\\+(?<isd>\\d* )(?<number>\\d{10})", , "${number}", , )', "9998887777"),
        (r'Replace([address], ,"(?<no>^\\d*)","no", "888", , )', "888 Tremont Street"),
        (r'Replace([empty], , "(?<number>\\d{10})", "number" , , [phone], )', "9998887777"),
        ('Switch([state], "Sydney", "NSW", "Sydney", "QLD", "Brisbane")', "Brisbane"),
        ('Switch([missing], "d", "", "none", "x", "y")', "none"),
        ('Switch([state], "Sydney", "qld", "Brisbane")', "Sydney"),
        ('IIF([country]="USA",[state],"abroad")', "QLD"),
        ('IIF([country]<>"USA",[state],"home")', "home"),
        ('IIF([missing]="","Other",[country])', None),
        ("IsPresent([empty])", False),
        ("IsNullOrEmpty([missing])", True),
        ("Not(IsNull([mail]))", True),
        ("NormalizeDiacritics([name])", "Zoe Lukasz 민수"),
        ('NormalizeDiacritics("\u01e3\u01e2")', "aeAE"),
        ('StripSpaces("a b c")', "abc"),
        ("Left([givenName], 3)", "Joh"),
        ("Mid([givenName], 2, 9)", "ohn"),
        ("Item([proxies], 2)", "b"),
        ("Count([proxies])", 3),
        ("RemoveDuplicates([proxies])", ["a", "b"]),
        ('Split("a,b", ",")', ["a", "b"]),
        ('Word("This,string!has&many separators",3,",!&#")', "has"),
        ('InStr("repEated","e",3)', 7),
        ('PCase("PABLO GONSALVES (SECOND)")', "Pablo Gonsalves (Second)"),
        ('PCase("PINTO-DE\'SILVA"," \'-")', "Pinto-De'Silva"),
        ('ConvertToBase64("Hello world!")', "SABlAGwAbABvACAAdwBvAHIAbABkACEA"),
        ('ConvertToUTF8Hex("Hello world!")', "48656C6C6F20776F726C6421"),
        ("BitAnd(&HF, &HF7)", 7),
        ('CDate("2009-06-15T01:45:30-07:00")', "6/15/2009 8:45:30 AM"),
        ('DateAdd("m", 10, CDate("2012-03-16-07:00"))', "1/16/2013 7:00:00 AM"),
        ('DateDiff("d", CDate("2021-08-18+08:00"), CDate("2021-08-31+08:00"))', 13),
        ('DateDiff("ww", CDate("8/25/2021 5:41:18 PM"), CDate("2012-03-16-07:00"))', -493),
        ("DateFromNum(129699324000000000)", "1/1/2012 11:00:00 PM"),
        ('NumFromDate("2012-01-01T23:00:00Z")', 129699324000000000),
        ('NumFromDate("2012-01-01 15:00:00-08:00")', 129699324000000000),
        ('FormatDateTime("20150123105347.1Z", , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")', "2015-01-23"),
        ("AltSecIdFromNetId([mail])", "john.doe@contoso.com"),
        ('ToLower(Join("@", Append([givenName], "x"), "contoso.com"))', "johnx@contoso.com"),
    ],
)
def test_values(expression: str, value: Any) -> None:
    """The examples of the reference, and the rules for null (F91)."""
    assert evaluate(parse(expression), PERSON) == value


@pytest.mark.fact("F90", "Expressions are refused in one clear sentence, over 10,000 characters too")
@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ('append([a], "b")', "Unknown function 'append'"),
        ("Append([a])", "takes 2 parameters, but 1"),
        ('Append([a], "b"', "ends unexpectedly"),
        ('Append([a], "b"))', "Unexpected ')'"),
        ("[a", "ends unexpectedly"),
        ("", "ends unexpectedly"),
        ('Switch([a], "d", "k")', "takes 4"),
        ('Switch([a], "d", "k", "v", "k2")', "even number"),
        ("Append([a],)", "'suffix' of function 'Append' is required"),
        ('Append([a], "\\d")', "Invalid escape sequence"),
        ('"' + "x" * 10_000 + '"', "at most 10000"),
    ],
)
def test_refusals(expression: str, words: str) -> None:
    """One clear sentence for each kind of mistake; 10,000 characters at most (F90)."""
    with pytest.raises(ExpressionError) as caught:
        parse(expression)
    assert words in str(caught.value)


def test_the_longest_expression_is_allowed() -> None:
    assert evaluate(parse('"' + "x" * 9_998 + '"'), {}) == "x" * 9_998


@pytest.mark.fact("F87", "How each kind of mapping is written as a source object")
@pytest.mark.parametrize(
    ("expression", "kind", "name", "keys"),
    [
        ("[displayName]", "Attribute", "displayName", []),
        ('"Member"', "Constant", "Member", []),
        ('Append([displayName], " x")', "Function", "Append", ["source", "suffix"]),
        ('Join("-", [a], [b])', "Function", "Join", ["separator", "source1", "source2"]),
        ('Switch([a], "d", "k", "v", "k", "v")', "Function", "Switch", ["source", "defaultValue", "key1", "value1", "key2", "value2"]),
        ('Replace([a], "x", , ,"", ,)', "Function", "Replace", ["source", "oldValue", "replacementValue"]),
    ],
)
def test_sources(expression: str, kind: str, name: str, keys: list[str]) -> None:
    """How each mapping kind is written (F87)."""
    source = to_source(parse(expression))
    assert (source["type"], source["name"], [p["key"] for p in source["parameters"]]) == (kind, name, keys)
    assert parse(source["expression"]) == parse(expression)
    assert parse(render(parse(expression))) == parse(expression)


def test_constants_are_written_with_their_quotes() -> None:
    """A constant's expression carries the quotation marks, its name does not (F87)."""
    assert to_source(parse('"Member"')) == {"type": "Constant", "name": "Member", "expression": '"Member"', "parameters": []}


def test_every_function_of_the_catalogue_is_implemented() -> None:
    assert CATALOGUE.keys() == IMPLEMENTATIONS.keys() | {"IIF"}


def test_a_random_string_cannot_be_shorter_than_its_parts() -> None:
    with pytest.raises(ExpressionError, match="the length is less"):
        evaluate(parse("RandomString(2,3,0,0,0)"), {})


def test_a_bad_regular_expression_is_an_error() -> None:
    with pytest.raises(ExpressionError, match="regular expression"):
        evaluate(parse('Replace([mail], , "(", , "", , )'), PERSON)


@pytest.mark.fact("F91", "What Append and IIF do with null (switches append_null, iif_null)")
@pytest.mark.parametrize(
    ("expression", "switch", "value", "other"),
    [
        ('Append([missing], "@contoso.kr")', {"append_null": "suffix"}, None, "@contoso.kr"),
        ('IIF([missing]="x", "a", "b")', {"iif_null": "false"}, None, "b"),
    ],
)
def test_what_null_does_is_a_switch(expression: str, switch: dict[str, str], value: None, other: str) -> None:
    """Nothing flows, or what the function makes of an empty value (F91)."""
    assert evaluate(parse(expression), PERSON) is value
    assert evaluate(parse(expression), PERSON, merged(Settings(), switch)) == other
