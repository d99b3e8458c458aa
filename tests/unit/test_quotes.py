# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages, codes and outputs that the guides quote are those of the code."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources import causes, link_report
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.resources.synced_user import Arrived
from ansible_collections.entra.cross_tenant_sync.tests.support import messages
from ansible_collections.entra.cross_tenant_sync.tests.unit.test_documentation import prose

ROOT = Path(__file__).resolve().parents[2]
GUIDES = messages.GUIDES
TITLES = (*messages.TITLES, "verdict")
"""The first column of each table of a guide that quotes what a task or the service reports."""
KINDS = ("user", "group", "source", "target")
"""Values that a guide quotes literally."""
FEWEST_WORDS = 3
"""A shorter quote could be part of any message."""


@functools.cache
def code() -> frozenset[str]:
    """All texts of the plugins, without those of the modules, which are documentation."""
    files = [path for path in (ROOT / "plugins").rglob("*.py") if path.parent.name not in ("modules", "doc_fragments")]
    return frozenset(text for path in files for text in messages.texts_of(ast.parse(path.read_text(encoding="utf-8"))))


def is_message(quote: str, texts: frozenset[str]) -> bool:
    """Whether one of the texts contains the quote, in which a placeholder stands for any text."""
    if len(messages.PLACEHOLDER.sub(" ", quote).split()) < FEWEST_WORDS:
        return False
    pattern = messages.pattern(quote, KINDS)
    return any(pattern.search(text) for text in texts)


def is_code(quote: str, texts: frozenset[str]) -> bool:
    """Whether the code has this word, a remedy for a code of the log that ends so, or this number of a failed sign-in."""
    number = re.fullmatch(r"AADSTS(\d+)", quote)
    return int(number[1]) in causes._SIGN_IN if number else quote in texts or causes.log_remedy(quote) is not None


def quotes(guide: str) -> list[str]:
    """The quotes in the first column of the tables of a guide."""
    return messages.quotes(guide, TITLES)


def made_up(guide: str, texts: frozenset[str]) -> list[str]:
    """The quotes that are not in the code."""
    return [quote for quote in quotes(guide) if not (is_message if " " in quote else is_code)(quote, texts)]


class TestTables:
    @pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
    def test_every_quote_is_a_text_of_the_code(self, guide: Path) -> None:
        assert made_up(guide.read_text(encoding="utf-8"), code()) == []

    def test_the_tables_are_found(self) -> None:
        """The test above would pass for nothing otherwise."""
        found = [quotes(guide.read_text(encoding="utf-8")) for guide in GUIDES]
        messages_of = [sum(" " in quote for quote in of_guide) for of_guide in found]
        assert [number > 4 for number in messages_of] == [True] * len(GUIDES)
        assert {"AADSTS50034", "ImportSkipped", "healthy", "no credential is given"} <= {quote for of_guide in found for quote in of_guide}

    def test_a_made_up_quote_is_noticed(self) -> None:
        wrong = [
            "the moon is not in its desired state",
            "no credential is given by anybody",
            "there is no dragon",
            "more than one link has the same name",
            "was changed ... is for tenant",
            "tenants.<tenant>.<member> is no connection option",
            "is for",
            "... <name>",
            "AADSTS1234567",
            "ImportSkippedTwice",
        ]
        right = ["there is no user", "more than one group has the same name", "is for tenant ..., not for ...", "AADSTS50034"]
        rows = "".join(f"| `{quote}`, `no credential is given` | a | b |\n" for quote in (*right, *wrong))
        guide = (
            f"Text.\n\n| message or code | cause | remedy |\n|---|---|---|\n{rows}\n| option | text |\n|---|---|\n| `made up` | none |\n"
        )
        assert made_up(guide, code()) == wrong

    def test_documentation_is_no_message(self) -> None:
        source = (
            '"""A docstring of four words."""\nNAME = "a"\n"""Another docstring of words."""\nTEXT = f"a {NAME} of " "words" + "more"\n'
        )
        assert set(messages.texts_of(ast.parse(source))) == {"a", f"a {messages.VALUE} of words", "more"}


class TestAnchors:
    """Whoever quotes a message in a ticket can link to its row, and nobody searches in vain."""

    def test_every_sentence_that_stops_a_task_is_explained(self) -> None:
        patterns = [messages.pattern(quote, KINDS) for guide in GUIDES for quote in messages.explained(guide) if " " in quote]
        found = list(messages.sentences())
        missing = [f"{one.place}: {one.texts[0]}" for one in found if not any(p.search(text) for p in patterns for text in one.texts)]
        assert len(found) > 150
        assert missing == [], "each needs a row in docs/guide_messages.md, with the anchor that messages.anchor makes of its quote"

    def test_every_quote_has_its_anchor_once(self) -> None:
        for guide in GUIDES:
            text = guide.read_text(encoding="utf-8")
            ids = re.findall(r'<a id="([\w-]+)"></a>', text)
            assert sorted(ids) == sorted({messages.anchor(quote) for quote in messages.quotes(text)} - {""}), guide.name

    def test_every_code_with_a_known_cause_has_an_anchor(self) -> None:
        anchors = {quote for guide in GUIDES for quote in messages.explained(guide)}
        codes = [*causes._CODES, *(code for code, _remedy in causes._LOG_CODES), *(f"AADSTS{number}" for number in causes._SIGN_IN)]
        assert [code for code in codes if code not in anchors] == []

    def test_a_missing_row_is_noticed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "plugins").mkdir()
        (tmp_path / "plugins" / "a.py").write_text(
            'raise Refusal(f"the moon of {planet} is not round")\nraise ValueError("no sentence of ours")'
        )
        monkeypatch.setattr(messages, "REPOSITORY", tmp_path)
        monkeypatch.setattr(messages, "RETURNED", ("b.py",))
        (tmp_path / "plugins" / "b.py").write_text('wrong = f"the sun of {planet} is not round"\nhint = f"; look at {planet} by night"')
        assert [one.texts for one in messages.sentences()] == [(f"the {one} of {messages.VALUE} is not round",) for one in ("moon", "sun")]
        guide = tmp_path / "guide.md"
        guide.write_text(
            '| message or code | x |\n|---|---|\n| <a id="the-moon-of-is-not"></a>`the moon of ... is not`, `no anchor here` | a |\n'
        )
        assert messages.explained(guide) == {"the moon of ... is not": "the-moon-of-is-not"}


class TestOutput:
    """Whole lines that the guides print."""

    LINK: ClassVar[dict[str, Any]] = {"tenant_id": "", "source_name": "contoso", "target_name": "fabrikam", "target": {"tenant_id": ""}}
    USERS: ClassVar[Arrived] = Arrived(8)

    def test_what_is_left_of_a_link(self) -> None:
        left = link_report.left({"configurations": [], "entry": False}, False, None, self.USERS, self.LINK)["left"]
        assert "```text\n" + "\n".join(left) + "\n```" in (ROOT / "docs" / "guide_change_window.md").read_text(encoding="utf-8")

    def test_the_state_of_a_link(self) -> None:
        (line,) = re.findall(r"such as `(job .*)`,", prose(ROOT / "docs" / "guide_first_link.md"))
        time = "2026-11-23T20:28:24Z"
        job = {"state": "started", "quarantine": None, "steady_since": time, "last_cycle": {"ended": time}}
        source = {"differences": [], "warnings": [], "job": job, "verdict": {"verdict": "healthy", "since": time, "reason": None}}
        link = {**self.LINK, "compare": False, "job_state": "started"}
        assert link_report.compared(source, {}, self.USERS, link)["summary"] == line
