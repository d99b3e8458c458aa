# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions: which texts are valid, when two have the same meaning, and that any text is handled (fact F90)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.mapping.expression import (
    ExpressionError,
    attribute_source,
    attributes,
    constant_source,
    constant_text,
    parse,
    source_meaning,
)

MAIL = ("attribute", "mail")
NAME = ("attribute", "displayName")


def constant(text: str) -> tuple[str, str]:
    return ("constant", text)


class TestParse:
    @pytest.mark.parametrize(
        ("text", "meaning"),
        [
            ("[mail]", MAIL),
            ("  [mail]\n", MAIL),
            ("[employeeOrgData.costCenter]", ("attribute", "employeeOrgData.costCenter")),
            ("[extension_0123456789abcdef0123456789abcdef_x]", ("attribute", "extension_0123456789abcdef0123456789abcdef_x")),
            ('"Member"', constant("Member")),
            ('""', constant("")),
            ("1", constant("1")),
            ("-1.5", constant("-1.5")),
            ("true", constant("true")),
            ("NULL", constant("null")),
            (r'"a \"quoted\" \\ word"', constant(r"a " + '"quoted" \\ word')),
            ('"with ] and ) and , in it"', constant("with ] and ) and , in it")),
            ('"김민수 🙂"', constant("김민수 🙂")),
            ('Append([displayName], " (Contoso)")', ("function", "append", (NAME, constant(" (Contoso)")))),
            ('append( [displayName] ," (Contoso)" )', ("function", "append", (NAME, constant(" (Contoso)")))),
            ("Now()", ("function", "now", ())),
            ("ToLower(Coalesce([mail], [displayName]))", ("function", "tolower", (("function", "coalesce", (MAIL, NAME)),))),
            ('IIF([mail]="x", "y", [displayName])', ("function", "iif", (("function", "=", (MAIL, constant("x"))), constant("y"), NAME))),
            ('Replace([mail], , "a", , "b")', ("function", "replace", (MAIL, constant(""), constant("a"), constant(""), constant("b")))),
            ("AltSecIdFromNetId([netId])", ("function", "altsecidfromnetid", (("attribute", "netId"),))),
            ('[mail] & "x"', ("function", "&", (MAIL, constant("x")))),
        ],
    )
    def test_what_it_means(self, text: str, meaning: Any) -> None:
        assert parse(text) == meaning

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("", "it is empty"),
            ("   \n\t", "it is empty"),
            ("mail", "'mail' is neither an attribute in brackets, a text in double quotes nor a function with parentheses"),
            ("[mail", "it is not valid from '[mail' on"),
            ("[]", "it is not valid from '[]' on"),
            ("[[mail]]", "it is not valid from '[[mail]]' on"),
            ('"open', "it is not valid from '\"open' on"),
            (r'"open\"', "it is not valid from"),
            ("'single'", "it is not valid from"),
            ("Append([mail]", "a closing parenthesis is missing"),
            ("Append(", "a closing parenthesis is missing"),
            ("Append", "'Append' is neither"),
            ("Append)", "'Append' is neither"),
            ("[mail])", "')' is not expected at this position"),
            ("[mail] [mail]", "'mail' is not expected at this position"),
            ("Append([mail] [mail])", "a comma is missing before 'mail'"),
            ('Append([mail] "x")', "a comma is missing before 'x'"),
            (", [mail]", "',' is not expected at this position"),
            ("[mail] &", "it is incomplete"),
            ("Append([mail] &", "it is incomplete"),
            ("Append([mail], &)", "'&' is not expected at this position"),
            ("([mail])", "'(' is not expected at this position"),
            ("Append([mail]; [mail])", "it is not valid from '; [mail])' on"),
            ("{{ lookup('x') }}", "it is not valid from"),
            ("\x00", "it is not valid from"),
            ("x" * 10_001, "it is longer than 10000 characters"),
        ],
    )
    def test_what_is_wrong_with_it(self, text: str, problem: str) -> None:
        with pytest.raises(ExpressionError) as caught:
            parse(text)
        assert str(caught.value).startswith(problem)

    def test_the_longest(self) -> None:
        """Fact F90: 10,000 characters."""
        assert parse('"' + "x" * 9_998 + '"') == constant("x" * 9_998)

    @pytest.mark.parametrize("text", ["F(" * 3000, "F(" * 3000 + ")" * 3000, "F(" * 1600 + "[mail]" + ")" * 1600])
    def test_nesting_without_end(self, text: str) -> None:
        with pytest.raises(ExpressionError):
            parse(text)

    @pytest.mark.parametrize("text", ['"' + "\\" * 9_000, "[" * 9_000, "F(" + "," * 9_000 + ")", "a" * 9_999, '"a"&' * 2_000 + '"b"'])
    def test_long_and_strange_is_answered_at_once(self, text: str) -> None:
        with contextlib.suppress(ExpressionError):
            attributes(parse(text))

    @given(st.text(max_size=60))
    def test_any_text_is_parsed_or_refused(self, text: str) -> None:
        with contextlib.suppress(ExpressionError):
            parse(text)

    @given(st.text(alphabet='[]"\\(), F1&=<ab', max_size=40))
    def test_any_text_of_its_own_marks_is_parsed_or_refused(self, text: str) -> None:
        with contextlib.suppress(ExpressionError):
            parse(text)


class TestSources:
    @pytest.mark.parametrize(
        ("source", "meaning"),
        [
            (None, None),
            (attribute_source("mail"), MAIL),
            ({"type": "Attribute", "name": "mail", "expression": "[mail]"}, MAIL),
            (constant_source("Member"), constant("Member")),
            ({"type": "Constant", "name": "Member", "expression": '"Member"'}, constant("Member")),
            ({"type": "Constant", "expression": '"Member"'}, constant("Member")),
            ({"type": "Constant", "expression": "Member"}, constant("Member")),
            (
                {"type": "Function", "name": "Append", "expression": 'Append([displayName],"x")', "parameters": []},
                ("function", "append", (NAME, constant("x"))),
            ),
            (
                {
                    "type": "Function",
                    "name": "Append",
                    "expression": None,
                    "parameters": [
                        {"key": "source", "value": attribute_source("displayName")},
                        {"key": "suffix", "value": constant_source("x")},
                    ],
                },
                ("function", "append", (NAME, constant("x"))),
            ),
            ({"type": "Function", "name": "New", "expression": "New {syntax}", "parameters": None}, ("function", "new", ())),
        ],
    )
    def test_what_graph_holds(self, source: Any, meaning: Any) -> None:
        assert source_meaning(source) == meaning

    @given(st.text())
    def test_a_constant_survives_the_way_there_and_back(self, text: str) -> None:
        source: Any = constant_source(text)
        assert constant_text(source) == text
        assert constant_text({"name": None, "expression": source["expression"]}) == text
        if len(source["expression"]) <= 10_000:
            assert parse(source["expression"]) == constant(text)

    @pytest.mark.parametrize(
        ("text", "names"),
        [("[mail]", {"mail"}), ('"x"', set()), ('IIF([a]="x", Append([b], [a]), Now())', {"a", "b"})],
    )
    def test_which_attributes_are_read(self, text: str, names: set[str]) -> None:
        assert attributes(parse(text)) == names

    def test_nothing_reads_nothing(self) -> None:
        assert attributes(None) == set()


class TestComparing:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ('Append([displayName], " x")', 'append([displayName]," x")'),
            ('Append([displayName], " x")', '  Append (\n [displayName] , " x" )'),
            ("IsPresent([mail])", "ISPRESENT([mail])"),
            ("TRUE", "true"),
        ],
    )
    def test_the_spelling_has_no_meaning(self, first: str, second: str) -> None:
        assert parse(first) == parse(second)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ('Append([displayName], " x")', 'Append([displayName], "x")'),
            ('Append([displayName], "x")', 'Append([displayName], "X")'),
            ("[mail]", "[Mail]"),
            ("[mail]", '"mail"'),
            ("F([a], [b])", "F([b], [a])"),
            ("F([a], , [b])", "F([a], [b])"),
            ("[a]=[b]", "[a]<>[b]"),
        ],
    )
    def test_everything_else_has_a_meaning(self, first: str, second: str) -> None:
        assert parse(first) != parse(second)
