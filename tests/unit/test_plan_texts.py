# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans and reports as a page in the terminal, as Markdown, and as ten lines. No value can change what a page is made of."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.markdown import escaped, plan_text, report_text
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.summary import plan_summary
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.terminal import WIDTH, columns, plan_lines, wrapped
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.wording import minutes, plain
from ansible_collections.entra.cross_tenant_sync.tests.unit.fakes.evidence import CHANGE, SIZING, changing, link, plan, report, user

REASON = "Tenant contoso.kr: permission User.Read.All is missing"
LINKS = {
    "contoso_to_fabrikam": changing(),
    "contoso_to_northwind": link("cannot_be_planned", msg=REASON, summary=f"cannot be planned: {REASON}"),
    "fabrikam_to_contoso": link(),
}
PLAN = plan(LINKS, CHANGE, strangers=["Tenant fabrikam.kr: partner x may synchronize users into it"])
HASH = "3f" * 32

PAGE = f"""\
Plan: 3 links: 1 to change, 1 not plannable, 1 in sync; 2 users lose their accounts, 1 protected
Hash: {HASH}
Change: change request CHG0041234, window 2026-12-05T22:00:00+09:00 to 2026-12-06T02:00:00+09:00

contoso_to_fabrikam changes: contoso to fabrikam, configuration Fabrikam
  In fabrikam (target):
    create partner contoso.kr
      reversible: cross_tenant_policy with state absent removes it
  In contoso (source):
    update mappings of configuration Fabrikam (add department) [full cycle]
      NOT REVERSIBLE: restore the backup of the mappings; values that they no longer write stay as they are
    unassign group Sales from configuration Fabrikam [users are soft-deleted in the target]
      NOT REVERSIBLE: assign it again; for 30 days the service restores accounts of users who come back, though not in
          every case; after that they are lost
  Users: 2 of 7 users leave the scope; 2 deleted in the target, 5 updated; 1 of them protected
    minsu.kim@contoso.kr: deleted in the target (group Sales -> not assigned); protected: Global Administrator
    jiwoo.park@contoso.kr: deleted in the target (group Sales -> not assigned)
    and 5 more users
  Cycle: all users are evaluated again in a full cycle, expected to take from 43 minutes to 5 hours 37 minutes
  Size: users in scope 4,210; objects that a cycle evaluates 4,212; writes of the run 3; licences with Entra ID P1,
      needed and found 4,210 of 5,000; objects in the target's directory 41,200 of 300,000; bytes of the target's
      cross-tenant access policy 3,120 of 25,600

contoso_to_northwind cannot be planned: contoso to fabrikam, configuration Fabrikam
  {REASON}

1 link in sync: fabrikam_to_contoso
Tenant fabrikam.kr: partner x may synchronize users into it
"""

MARKDOWN_OF_THE_LINK = """\
## contoso_to_fabrikam changes

contoso to fabrikam, configuration Fabrikam

all users are evaluated again in a full cycle, expected to take from 43 minutes to 5 hours 37 minutes

### Actions

| tenant | side | action | object | effects | reversible | how, or what is lost |
| --- | --- | --- | --- | --- | --- | --- |
| fabrikam | target | create | partner contoso.kr |  | yes | cross_tenant_policy with state absent removes it |
"""

HOSTILE = (
    "| a | b |",
    "*x* _y_ __z__ ~~q~~ ==m== ^s^ $m$",
    "`code` ``` fence",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[a](javascript:alert(1)) ![b](http://evil.example/x.png) <http://evil.example> [c]: http://evil.example",
    "https://evil.example/x www.evil.example mailto:a@b.example",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "2) item",
    "---",
    "===",
    "> quote",
    "    code",
    "line\nbreak\r\n\n# heading\n\n<b>",
    "\u2028# heading\u2029",
    "back\\slash \\| \\",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "{{ 7 * 7 }} {% raw %} ${x}",
    ":smile: :--- | ---:",
    "\x1b[31mred\x1b[0m \x07 \x9b31m",
    "\u202eright to left\u2066",
    "김민수 " * 60,
    "x" * 3000,
)
KEPT = {"status", "state", "side", "verdict", "effect", "format"}
"""Members with values of this collection's own."""
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def poisoned(value: Any, text: str, name: str = "") -> Any:
    """A document in which every text that comes from elsewhere is another one."""
    if isinstance(value, Mapping):
        return {(text if name == "links" else key): poisoned(member, text, str(key)) for key, member in value.items()}
    if isinstance(value, list):
        return [poisoned(member, text, name) for member in value]
    return text if isinstance(value, str) and name not in KEPT else value


def structure(page: str) -> list[tuple[str, str, int, tuple[str, ...]]]:
    """What a renderer makes of a page, without its texts."""
    return [
        (token.type, token.tag, token.level, tuple(sorted({child.type for child in token.children or () if child.content})))
        for token in MARKDOWN.parse(page)
    ]


def one(value: str) -> str:
    """A page with a value in every place that a page has for one."""
    text = escaped(value)
    return f"## {text}\n\n{text}\n\n| a | b |\n| --- | --- |\n| {text} | {text} |\n\n- {text}\n- {text}\n"


class TestTerminal:
    def test_the_page(self) -> None:
        assert "\n".join(plan_lines(PLAN)) + "\n" == PAGE

    @pytest.mark.parametrize("text", HOSTILE)
    def test_no_value_controls_the_terminal_or_is_too_wide(self, text: str) -> None:
        for line in plan_lines(poisoned(PLAN, text)):
            assert line.isprintable()
            assert columns(line) <= WIDTH

    @given(st.text(max_size=400))
    def test_no_text_is_too_wide(self, text: str) -> None:
        lines = wrapped(f"    {plain(text)}")
        assert all(columns(line) <= WIDTH for line in lines)
        assert "".join("".join(lines).split()) == "".join(plain(text).split())

    def test_links_in_sync_are_one_line(self) -> None:
        quiet = {f"link_{number:03}": link() for number in range(300)}
        lines = plan_lines(plan(quiet))
        assert len(lines) == 4
        assert lines[-1].startswith("300 links in sync: link_000, link_001,")
        assert lines[-1].endswith(" and 295 more")

    def test_many_equal_actions_are_one(self) -> None:
        assign = [{"verb": "assign", "object": f"user u{number} to configuration F"} for number in range(1000)]
        whole = plan({"a_to_b": link("to_change", *_parts(assign))})
        lines = plan_lines(whole)
        assert len(lines) < 20
        assert "    assign 995 more like the last" in lines
        assert plan_text(whole).count("| assign |") == 1000

    def test_of_many_links_the_first_are_shown_with_their_actions(self) -> None:
        lines = plan_lines(plan({f"link_{number:03}": changing() for number in range(100)}))
        assert sum("NOT REVERSIBLE" in line for line in lines) == 40
        assert sum(line == "" for line in lines) == 100

    def test_what_is_not_known_is_said(self) -> None:
        unknown = changing(impact=None, impact_unknown="User.Read.All is missing", sizing={**SIZING, "first_cycle_minutes": None})
        lines = plan_lines(plan({"a_to_b": unknown}))
        assert "  Users: the impact is not known: User.Read.All is missing" in lines
        assert "  Cycle: all users are evaluated again in a full cycle; how long it takes is not known" in lines


def _parts(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    part: dict[str, Any] = dict(changing()["parts"][2])
    return [{**part, "actions": [{"effects": {}, "reversible": True, "reversal": "unassign", **action} for action in actions]}]


class TestMarkdown:
    def test_the_link_of_a_plan(self) -> None:
        assert MARKDOWN_OF_THE_LINK in plan_text(PLAN)

    def test_a_report_has_what_its_document_has(self) -> None:
        text = report_text(report())
        for said in (
            "# Run of the playbook sync",
            "| change request | change request CHG0041234, window",
            f"| hash of the applied plan | {HASH} |",
            "| contoso_to_fabrikam | contoso to fabrikam, configuration Fabrikam | degraded | 1 user fails |",
            "| cross_tenant_policy | fabrikam | changed | create partner contoso.kr | mind it |",
            "| Duplicate | 3 | minsu.kim@contoso.kr | exists twice | delete one |",
            "| 30 | 4 |",
            "| 2026-12-05 | 2 create success |",
            "| minsu.kim@contoso.kr |  | failed |  | twice |  |",
            "- Tenant fabrikam.kr: partner x may synchronize users into it",
        ):
            assert said in text

    def test_a_report_in_which_nothing_was_read(self) -> None:
        whole = report(created=None, hashes={}, versions={}, strangers=[], change={"ticket": None, "window": None}, masked=True)
        nothing = dict.fromkeys(("plan", "run", "health", "users", "users_note", "configuration"))
        whole["links"]["contoso_to_fabrikam"] |= nothing  # type: ignore[typeddict-item]
        text = report_text(whole)
        assert "None" not in text
        assert "| personal data | replaced by pseudonyms |" in text

    def test_ten_thousand_users_are_cut(self) -> None:
        many = [{**report()["links"]["contoso_to_fabrikam"]["users"][0], "name": f"u{number}@contoso.kr"} for number in range(10_000)]  # type: ignore[index]
        whole = report()
        whole["links"]["contoso_to_fabrikam"]["users"] = many  # type: ignore[typeddict-item]
        text = report_text(whole)
        assert "9,000 more rows are in the JSON file." in text
        assert len(text) < 200_000

    @pytest.mark.parametrize("text", HOSTILE)
    @pytest.mark.parametrize("place", ["plan", "report"])
    def test_no_value_adds_structure(self, place: str, text: str) -> None:
        """In every field at once: the page has the headings, tables, lists and texts that it has with a plain word."""
        document: Any = PLAN if place == "plan" else report()
        render: Any = plan_text if place == "plan" else report_text
        page = render(poisoned(document, text))
        assert structure(page) == structure(render(poisoned(document, "word")))
        shown = MARKDOWN.render(page)
        assert "<script" not in shown
        assert "<a " not in shown
        assert "<img" not in shown
        assert "\x1b" not in page

    @given(st.text(alphabet=st.one_of(st.sampled_from("|*_`~#-+=<>[](){}!\\&:;.1 \n\tabwW/@$^\"'"), st.characters()), max_size=60))
    def test_no_text_adds_structure(self, text: str) -> None:
        if plain(text):
            assert structure(one(text)) == structure(one("word"))

    @given(st.text(max_size=200))
    def test_a_renderer_shows_the_value_as_it_is(self, text: str) -> None:
        assert html.unescape(escaped(text)) == plain(text)

    def test_names_and_ids_stay_readable(self) -> None:
        for text in (
            "minsu.kim@contoso.kr",
            "contoso_to_fabrikam",
            "2026-12-05T22:00:00+09:00",
            "a0c898ca-2445-4e74-ab4b-afd7916549a6",
            "0.1.0",
        ):
            assert escaped(text) == text


class TestSummary:
    def test_the_lines(self) -> None:
        assert plan_summary(LINKS, CHANGE) == [
            "3 links: 1 to change, 1 not plannable, 1 in sync; 2 users lose their accounts, 1 protected",
            "change request CHG0041234, window 2026-12-05T22:00:00+09:00 to 2026-12-06T02:00:00+09:00",
            "protected: minsu.kim@contoso.kr",
            "lose their accounts: minsu.kim@contoso.kr, jiwoo.park@contoso.kr",
            f"contoso_to_northwind: cannot be planned: {REASON}",
            "contoso_to_fabrikam: changes: 3 actions",
        ]

    @pytest.mark.parametrize(
        ("links", "first"),
        [
            ({}, "nothing to change: there are no links"),
            ({"a": link()}, "nothing to change: 1 link in sync"),
            ({"a": link(), "b": link()}, "nothing to change: 2 links in sync"),
            ({"a": link("to_remove", state="absent")}, "1 link: 1 to remove; no user loses the account"),
            ({"a": changing(impact=None)}, "1 link: 1 to change; no user loses the account"),
            ({"a": changing(impact=None, impact_unknown="x")}, "1 link: 1 to change; impact on users not known for 1 link"),
            (
                {"a": changing(impact={"counts": {"unknown": 3}, "users": [], "more": 3})},
                "1 link: 1 to change; impact on users not known for 1 link",
            ),
            (
                {"a": changing(impact={"counts": {"soft_deleted": 1}, "users": [user("a@b.kr")], "more": 0}), "b": link()},
                "2 links: 1 to change, 1 in sync; 1 user loses the account",
            ),
            (
                {"a": changing(impact={"counts": {"converted": 1}, "users": [user("a@b.kr", "converted", protected_by=["x"])], "more": 0})},
                "1 link: 1 to change; no user loses the account, 1 protected",
            ),
        ],
    )
    def test_the_first_line(self, links: dict[str, Any], first: str) -> None:
        assert plan_summary(links)[0] == first

    @pytest.mark.parametrize("count", [1, 7, 8, 9, 1000])
    def test_there_are_never_more_than_ten_lines(self, count: int) -> None:
        lines = plan_summary({f"link_{number:04}": changing() for number in range(count)}, CHANGE)
        assert len(lines) <= 10
        if count == 1000:
            assert lines[-1] == "and 995 more links"
            assert "2,000 users lose their accounts" in lines[0]
            assert lines[3] == "lose their accounts: minsu.kim@contoso.kr, jiwoo.park@contoso.kr"

    def test_the_names_that_an_impact_does_not_have_are_counted(self) -> None:
        many = {"counts": {"soft_deleted": 70}, "users": [user(f"u{number}@contoso.kr") for number in range(50)], "more": 20}
        lines = plan_summary({"a": changing(impact=many)})
        assert lines[1] == "lose their accounts: u0@contoso.kr, u1@contoso.kr, u2@contoso.kr, u3@contoso.kr, u4@contoso.kr and 65 more"

    @pytest.mark.parametrize("text", HOSTILE)
    def test_every_line_is_one_line(self, text: str) -> None:
        lines = plan_summary(poisoned(LINKS, text, "links"), poisoned(CHANGE, text))
        assert all(line.isprintable() and len(line) <= 200 for line in lines)


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 minute"), (59, "59 minutes"), (60, "1 hour"), (61, "1 hour 1 minute"), (1425, "23 hours 45 minutes")]
)
def test_minutes(count: int, words: str) -> None:
    assert minutes(count) == words
