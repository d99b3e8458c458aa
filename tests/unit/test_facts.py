# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of facts about the service, and the citations of it: each names the other."""

from __future__ import annotations

import datetime
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.entra.cross_tenant_sync.tests.support.cases import check_each
from entra_emulator.settings import FLIPPED, Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "developers" / "facts.md"
GENERATED = ROOT / "docs" / "developers" / "emulator-facts.md"
CONFIDENCE = {"documented", "documented in two ways", "observed by others", "assumed"}
CITED = re.compile(r"\bF([1-9]\d{0,2})\b(?![&=])")
SINCE = datetime.date(2026, 11, 1)
"""Before the project began nothing can have been checked."""


def facts(page: str) -> Iterator[tuple[int, str]]:
    """The number of each fact, and what stands below its title."""
    for title, body in re.findall(r"^### (.+)\n((?:(?!^#|^\[\w+\]: ).*\n)*)", page, re.MULTILINE):
        number = re.fullmatch(r"F([1-9]\d{0,2}) \S.*", title)
        assert number, f"a title that does not begin with a number: {title}"
        yield int(number[1]), " ".join(body.split())


def citations() -> Iterator[tuple[str, int]]:
    """Every file that cites a fact, and the fact."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    for name in subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines():
        path = ROOT / name
        if path in (PAGE, GENERATED, Path(__file__)) or path.suffix not in {".py", ".md", ".yml", ".json", ".j2"} or not path.is_file():
            continue
        yield from ((name, int(number)) for number in CITED.findall(path.read_text(encoding="utf-8")))


FACTS = list(facts(PAGE.read_text(encoding="utf-8")))


def has_confidence_date_and_source(fact: tuple[int, str]) -> None:
    judged = re.search(r"(?P<text>.+) Confidence: (?P<confidence>[^.]+)\. Checked: (?P<day>[\d-]{10})\. Source: (?P<source>.+)\.$", fact[1])
    assert judged, "it does not end with Confidence, Checked and Source"
    assert judged["confidence"] in CONFIDENCE
    assert SINCE <= datetime.date.fromisoformat(judged["day"]) <= datetime.date.today()


class TestPage:
    def test_numbers_are_unique(self) -> None:
        assert [number for number, times in Counter(number for number, _body in FACTS).items() if times > 1] == []

    def test_every_fact_has_confidence_date_and_source(self) -> None:
        check_each(FACTS, has_confidence_date_and_source)

    def test_its_switches_exist(self) -> None:
        named = {f"F{number}": re.findall(r"`(\w+)`", body.partition(" Switch: ")[2]) for number, body in FACTS}
        assert [(fact, name) for fact, names in named.items() for name in names if name not in Settings.model_fields] == []

    def test_every_switch_with_two_readings_belongs_to_a_fact(self) -> None:
        named = {name for _number, body in FACTS for name in re.findall(r"`(\w+)`", body.partition(" Switch: ")[2])}
        assert set(FLIPPED) - named == set()

    def test_every_link_has_an_address(self) -> None:
        page = PAGE.read_text(encoding="utf-8")
        addresses = dict(re.findall(r"^\[(\w+)\]: (https://\S+)$", page, re.MULTILINE))
        assert set(re.findall(r"\]\[(\w+)\]", page)) == set(addresses)


class TestCitations:
    def test_every_citation_names_a_fact(self) -> None:
        known = {number for number, _body in FACTS}
        assert [f"{name}: F{number}" for name, number in citations() if number not in known] == []

    def test_every_fact_is_cited(self) -> None:
        cited = {number for _name, number in citations()}
        assert [f"F{number}" for number, _body in FACTS if number not in cited] == []

    @pytest.mark.parametrize(
        ("text", "numbers"),
        [
            ("a replica may be behind (fact F14)", ["14"]),
            ("Facts F9, F31 and F140: so it is.", ["9", "31", "140"]),
            ('pytest.mark.fact("F34", "PATCH")', ["34"]),
            ("F05, F1234, UF8, F1& and 0xF1", []),
        ],
    )
    def test_what_is_a_citation(self, text: str, numbers: list[str]) -> None:
        assert CITED.findall(text) == numbers

    @pytest.mark.parametrize("page", ["### F1 A\n\nText.\n\n## Next\n\n### F2 B\n\nMore.\n\n[A]: https://a\n"])
    def test_where_a_fact_ends(self, page: str) -> None:
        assert list(facts(page)) == [(1, "Text."), (2, "More.")]
