# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masking: nobody is named in a masked report, in any form of it, and everybody has one pseudonym."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.markdown import report_text
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.masking import HIDDEN, masked
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import LinkReport, Report, ReportUser
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.page import report_page
from ansible_collections.entra.cross_tenant_sync.tests.support import evidence

LINK = "contoso_to_fabrikam"


def link_of(report: Report) -> LinkReport:
    return report["links"][LINK]


def rendered(report: Report) -> str:
    """All forms of a report, as they are and with their escapes resolved."""
    texts = [report_page(report), json.dumps(report), json.dumps(report, ensure_ascii=False), report_text(report)]
    return "\n".join([*texts, *(unescape(text) for text in texts), *(text.replace("\\", "") for text in texts)]).lower()


def with_text(text: str, **members: Any) -> Report:
    """The small report with another sentence."""
    report = evidence.small_report()
    link_of(report)["summary"] = text
    return {**report, **members}  # type: ignore[typeddict-item]


def summary(text: str) -> str:
    """The sentence after masking."""
    return link_of(masked(with_text(text)))["summary"]


class TestSmallReport:
    def test_nobody_is_named(self) -> None:
        text = rendered(masked(evidence.small_report()))
        names = ("minsu", "jiyoung", "park", "seoyeon", "junho", "haneul", "taeyang", "it@northwind")
        assert [name for name in names if name in text] == []
        ids = re.findall(r'"(?:source|target)_id": "([0-9a-f-]{36})"', json.dumps(evidence.small_report()))
        assert ids
        assert [known for known in ids if known in text] == []

    def test_what_is_not_personal_stays(self) -> None:
        report, shown = evidence.small_report(), masked(evidence.small_report())
        assert shown["masked"] is True
        assert (shown["change"], shown["hashes"], shown["versions"], shown["strangers"]) == (
            report["change"],
            report["hashes"],
            report["versions"],
            report["strangers"],
        )
        assert list(shown["links"]) == list(report["links"])
        for name, link in report["links"].items():
            kept = ("source", "target", "configuration", "verdict", "state")
            assert [shown["links"][name][member] for member in kept] == [link[member] for member in kept]  # type: ignore[literal-required]

    def test_a_person_has_one_pseudonym(self) -> None:
        link = link_of(masked(evidence.small_report()))
        assert link["plan"] is not None
        assert link["plan"]["impact"] is not None
        assert link["users"] is not None
        assert link["run"] is not None
        (left,) = [user for user in link["users"] if user["state"] == "left"]
        pseudonym = left["name"].partition("@")[0]
        assert left["target_name"] == f"{pseudonym}_contoso.kr#EXT#@fabrikam.onmicrosoft.com"
        of_impact = link["plan"]["impact"]["users"][0]
        assert of_impact["user_principal_name"] == left["name"]
        assert of_impact["target_user_principal_name"] == left["target_name"]
        assert of_impact["source_id"] == f"{pseudonym}-id"
        assert link["run"][1]["actions"][0]["object"] == f"user {left['name']}"
        assert link["plan"]["impact"]["harmed"][0]["name"] == left["name"]

    def test_the_input_stays(self) -> None:
        report = evidence.small_report()
        masked(report)
        assert report == evidence.small_report()

    def test_masking_is_repeatable(self) -> None:
        report = evidence.small_report()
        again: Any = {**report, "links": dict(reversed(report["links"].items()))}
        assert masked(report)["links"] == masked(again)["links"]

    def test_injections_are_no_obstacle(self) -> None:
        report_page(masked(evidence.hostile(evidence.small_report())))

    def test_ten_thousand_users(self) -> None:
        report = evidence.large_report()
        users = link_of(masked(report))["users"]
        assert users is not None
        assert len({user["name"] for user in users}) == 10_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("user minsu.kim@contoso.kr has left", "user user-0007@contoso.kr has left"),
        ("MINSU.KIM@CONTOSO.KR", "user-0007@CONTOSO.KR"),
        ("('minsu.kim@contoso.kr')", "('user-0007@contoso.kr')"),
        ("SMTP:minsu.kim@contoso.kr;smtp:x", "SMTP:user-0007@contoso.kr;smtp:x"),
        ("minsu.kim@contoso.kr.", "user-0007@contoso.kr."),
        ("minsu.kim_contoso.kr#EXT#@other.example", "user-0007_contoso.kr#EXT#@other.example"),
        ("minsu.kim", "user-0007"),
        ("Park Jiyoung", "user-0005"),
        ("PARK JIYOUNG's mail", "user-0005's mail"),
        ("minsu.kimchi", "minsu.kimchi"),
        ("the group Sales of contoso.kr", "the group Sales of contoso.kr"),
        ("members@odata.bind", "members@odata.bind"),
        ("user 01234567-89ab-cdef-0123-456789abcdef has left", "user user-0001-id has left"),
        ("tenant 01234567-89ab-cdef-0123-456789abcdef", "tenant 01234567-89ab-cdef-0123-456789abcdef"),
    ],
)
def test_texts(text: str, shown: str) -> None:
    """The numbers are those of the names in their order: a user more moves those that follow."""
    found = summary(text)
    assert re.sub(r"user-\d{4}", "user-0000", found) == re.sub(r"user-\d{4}", "user-0000", shown)
    minsu = next(user["name"] for user in link_of(masked(with_text(text)))["users"] or [] if user["state"] == "left").partition("@")[0]
    assert "0007" not in shown or minsu in found


def test_attributes_of_users_are_hidden() -> None:
    report = evidence.small_report()
    plan = link_of(report)["plan"]
    assert plan is not None
    assert plan["impact"] is not None
    plan["impact"]["users"][1]["changes"] = [
        {"attribute": "displayName", "before": "Park Jiyoung", "after": "박지영", "unknown": None},
        {"attribute": "telephoneNumber", "before": "+82 2 555", "after": None, "unknown": None},
        {"attribute": "showInAddressList", "before": True, "after": False, "unknown": None},
        {"attribute": "userType", "before": "Guest", "after": "Member", "unknown": None},
    ]
    link_of(report)["summary"] = "박지영은 있다"
    shown = link_of(masked(report))
    assert shown["plan"] is not None
    assert shown["plan"]["impact"] is not None
    user = shown["plan"]["impact"]["users"][1]
    pseudonym = user["user_principal_name"].partition("@")[0]
    assert [(change["before"], change["after"]) for change in user["changes"]] == [
        (pseudonym, pseudonym),
        (HIDDEN, None),
        (True, False),
        ("Guest", "Member"),
    ]
    assert shown["summary"] == f"{pseudonym}은 있다"


def test_another_address_of_a_user_is_the_same_person() -> None:
    report = with_text("minsu@fabrikam.example is minsu.kim@contoso.kr")
    users = link_of(report)["users"]
    assert users
    users[4]["target_name"] = "minsu@fabrikam.example"
    first, second = re.findall(r"user-\d{4}", link_of(masked(report))["summary"])
    assert first == second


def test_a_name_that_looks_like_a_pseudonym_is_none() -> None:
    report = with_text("user-0003@contoso.kr")
    shown = rendered(masked(report))
    assert "user-0003" not in shown
    assert "person-0001" in shown


def test_names_that_are_words_of_reports_change_no_structure() -> None:
    report = evidence.small_report()
    link_of(report)["users"] = [
        {**user, "name": name} for user, name in zip(evidence.five_users(), ("source", "state", "in_sync", "x", "users"), strict=True)
    ]
    shown = masked(report)
    assert set(link_of(shown)) == set(link_of(report))
    assert [user["state"] for user in link_of(shown)["users"] or []] == [user["state"] for user in link_of(report)["users"] or []]
    assert [user["name"] for user in link_of(shown)["users"] or [] if not re.fullmatch(r"user-\d{4}", user["name"])] == []
    report_page(shown)


LETTERS = st.characters(categories=["Ll", "Lu", "Lo"], max_codepoint=0xD7A3)
LOCALS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.'_+!#^~-]{2,20}[A-Za-z0-9]q", fullmatch=True)
DOMAINS = st.sampled_from(["contoso.kr", "fabrikam.onmicrosoft.com", "a-b.example"])
ADDRESSES = st.builds("{}@{}".format, LOCALS, DOMAINS)
PLAIN = st.builds(lambda one, other: f"{one}Q {other}", st.text(LETTERS, min_size=2, max_size=8), st.text(LETTERS, min_size=3, max_size=8))
NAMES = st.one_of(ADDRESSES, PLAIN)
IDS = st.uuids().map(str)
SENTENCES = st.sampled_from(
    ["user {} was not found", "{}", "({}), {}", "'{}' and {}.", "contact <{}>;{}", "{}\n{}", "SMTP:{}", "{}의 계정", "x/{}/y"]
)


@given(
    st.lists(st.tuples(NAMES, IDS, st.one_of(PLAIN, ADDRESSES)), min_size=1, max_size=6),
    st.lists(SENTENCES, min_size=4, max_size=4),
    st.data(),
)
@settings(max_examples=80, deadline=None)
def test_no_name_occurs_after_masking(people: list[tuple[str, str, str]], sentences: list[str], data: st.DataObject) -> None:
    """Whoever is a user of the report is not named in any form of it, wherever the names stand."""
    report = evidence.small_report()
    link = link_of(report)
    report["links"] = {LINK: link}
    assert link["plan"] is not None
    assert link["plan"]["impact"] is not None
    assert link["run"] is not None
    assert link["health"] is not None
    users: list[ReportUser] = []
    impact = []
    for name, known, display in people:
        target = f"{name.replace('@', '_')}#EXT#@fabrikam.onmicrosoft.com"
        users.append({"name": name, "target_name": target, "state": "synced", "address_book": None, "reason": None, "remedy": None})
        change = {"attribute": "displayName", "before": display, "after": f"{display} (Contoso)", "unknown": None}
        impact.append({**link["plan"]["impact"]["users"][0], "user_principal_name": name, "source_id": known, "changes": [change]})
    link["users"], link["plan"]["impact"]["users"] = users, impact
    spoken = st.sampled_from([text for person in people for text in person])
    texts = [sentence.replace("{}", data.draw(spoken), 1).replace("{}", data.draw(spoken)) for sentence in sentences]
    link["summary"], link["run"][1]["msg"], link["health"]["problems"], link["users_note"] = texts[0], texts[1], [texts[2]], texts[3]
    link["run"][1]["before"] = {"users": [name for name, _known, _display in people], "note": texts[0]}
    shown = rendered(masked(report))
    original = [text.lower() for person in people for text in person]
    assert [name for name in original if name in shown] == []
