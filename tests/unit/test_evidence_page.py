# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of plans and reports: what is on them, that values cannot be more than text, and that they are drawn well."""

from __future__ import annotations

import base64
import copy
import hashlib
import itertools
import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence import charts, graph, page, states
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.differences import Row, differences
from ansible_collections.entra.cross_tenant_sync.plugins.plugin_utils.evidence.model import Cycle, Tenant
from ansible_collections.entra.cross_tenant_sync.tests.support import evidence

VOID = {"meta", "link", "br", "input", "img", "hr", "col"}
SVG = {"svg", "symbol", "use", "path", "circle", "rect", "line", "polygon", "g", "text", "desc"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "a", "header", "main", "footer", "section", "nav", "h1", "h2", "h3", "h4", "p"),
    *("dl", "dt", "dd", "div", "span", "b", "code", "ul", "li", "table", "caption", "colgroup", "col", "thead", "tbody", "tr", "th", "td"),
    *("details", "summary", "figure", "figcaption", "label", "input", "select", "option", "button", "noscript", "script"),
    *SVG,
}


class Page(HTMLParser):
    """A page as a browser reads it: its elements, with what they are in, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.comments: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self) -> str:
        """Everything that is shown, with one blank between words."""
        shown = (text for kind, text in self.texts if kind not in ("script", "style"))
        return " ".join(" ".join(shown).split())


PAGES = {
    "plan": lambda: page.plan_page(evidence.small_plan()),
    "report": lambda: page.report_page(evidence.small_report()),
    "large report": lambda: page.report_page(evidence.large_report(1000)),
    "hostile plan": lambda: page.plan_page(evidence.hostile(evidence.small_plan())),
    "hostile report": lambda: page.report_page(evidence.hostile(evidence.small_report())),
    "hostile large report": lambda: page.report_page(evidence.hostile(evidence.large_report(1000))),
    "empty plan": lambda: page.plan_page({**evidence.small_plan(), "links": {}, "summary": [], "strangers": []}),
    "empty report": lambda: page.report_page({**evidence.small_report(), "links": {}, "hashes": {}, "versions": {}}),
}


@pytest.fixture(scope="module", params=PAGES)
def text(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]()


class TestSafety:
    def test_only_known_elements_without_style_and_handlers(self, text: str) -> None:
        found = Page(text)
        assert {tag for tag, _attributes in found.elements} <= ALLOWED
        names = {name for _tag, attributes in found.elements for name in attributes}
        assert [name for name in names if name.startswith("on") or name in ("style", "src", "srcset", "action", "formaction")] == []
        assert found.comments == []

    def test_links_lead_to_the_page_itself(self, text: str) -> None:
        found = Page(text)
        targets = [str(attributes["href"]) for _tag, attributes in found.elements if "href" in attributes]
        ids = [attributes["id"] for _tag, attributes in found.elements if "id" in attributes]
        assert {target for target in targets if target[0] != "#" or target[1:] not in ids} == set()
        assert len(ids) == len(set(ids))

    def test_the_policy_allows_exactly_this_style_and_this_script(self, text: str) -> None:
        found = Page(text)
        (policy,) = [one["content"] for one in found.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
        rules = dict(rule.split(" ", 1) for rule in str(policy).split("; "))
        assert rules["default-src"] == rules["img-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
        (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
        assert rules["style-src"] == f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
        assert rules["script-src"] == f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"

    def test_nothing_comes_from_elsewhere(self, text: str) -> None:
        found = Page(text)
        assert not re.search(
            r"url\(|@import|https?://(?!www\.w3\.org/2000/svg|www\.gnu\.org)",
            "".join(one for kind, one in found.texts if kind in ("style", "script")),
        )
        assert [one for one in found.all("script") if one not in ({}, {"type": "application/json"})] == []

    def test_every_character_can_be_seen(self, text: str) -> None:
        assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f\u2028-\u202e\u2066-\u2069\u200e\u200f]", text) == []

    @pytest.mark.parametrize("make", [evidence.small_report, evidence.small_plan])
    def test_injections_are_shown_as_they_are(self, make: Any) -> None:
        document = make()
        rendered = page.plan_page if "version" in document else page.report_page
        shown = Page(rendered(evidence.hostile(document))).text()
        for injection in evidence.INJECTIONS:
            assert " ".join(page.visible(injection).split()) in shown

    @pytest.mark.parametrize("injection", evidence.INJECTIONS)
    def test_a_value_is_text_wherever_it_stands(self, injection: str) -> None:
        """Each injection in each field."""
        report = Page(page.report_page(evidence.hostile(evidence.small_report(), [injection])))
        plan = Page(page.plan_page(evidence.hostile(evidence.small_plan(), [injection])))
        for found in (report, plan):
            assert {tag for tag, _attributes in found.elements} <= ALLOWED
            assert len(found.all("style")) == 1
            assert [one for one in found.all("script") if one != {"type": "application/json"}] == [{}]
            assert found.comments == []

    @given(st.recursive(st.text(max_size=20), lambda inner: st.lists(inner, max_size=4), max_leaves=8))
    def test_data_cannot_end_its_element(self, data: Any) -> None:
        embedded = str(page.embedded_json(data))
        assert "<" not in embedded
        assert "&" not in embedded
        assert json.loads(embedded) == data

    @given(st.text())
    def test_what_is_visible_stays_so_and_can_be_written(self, text: str) -> None:
        shown = page.visible(text)
        assert page.visible(shown) == shown
        shown.encode("utf-8")


class TestContents:
    def test_a_report_has_everything(self) -> None:
        report = evidence.small_report()
        shown = Page(page.report_page(report)).text()
        for text in (
            *("Contoso, Fabrikam and Northwind", "CHG0042137", "ansible-core 2.19.14", str(report["hashes"]["plan"])),
            *("2026-11-28 14:03 UTC", "2026-11-28 22:00 +09:00", "The plan that was applied is the one that was approved."),
            *("AzureActiveDirectoryDuplicateUserPrincipalName", "another object in the target has the address"),
            *("26 days are left until the service disables the job", "remove or rename the contact junho.choi@contoso.kr in fabrikam"),
            *("seoyeon.lee@contoso.kr was not assigned", "hidden in Exchange", "show the user with address_book_visibility"),
            *("the sign-in failed, because the certificate has expired", "protected: Global Administrator", "20 min to 40 min"),
            *("48\u202f211 of 50\u202f000 objects", "fabrikam has a partner entry for adatum.example", "Users were not read"),
        ):
            assert " ".join(text.split()) in shown, text

    def test_a_plan_has_everything(self) -> None:
        plan = evidence.small_plan()
        shown = Page(page.plan_page(plan)).text()
        for text in (
            *plan["summary"],
            plan["hash"],
            *(link["hash"] for link in plan["links"].values()),
            "1 of 5 users leaves the scope",
            "taeyang.yoon@contoso.kr",
        ):
            assert text in shown, text
        assert "no : the account in the target is soft deleted and can be restored for 30 days" in shown
        assert "yes, 20 min to 40 min" in shown

    @pytest.mark.parametrize(("number", "rows"), [(100, True), (101, False)])
    def test_of_many_links_those_that_are_in_sync_are_counted(self, number: int, rows: bool) -> None:
        plan = evidence.small_plan()
        changing = {name: link for name, link in plan["links"].items() if link["status"] != "in_sync"}
        quiet: Any = {**next(iter(changing.values())), "status": "in_sync", "parts": [], "summary": "in sync"}
        links = {**changing, **{f"quiet_{place}": quiet for place in range(number)}}
        rendered = page.plan_page({**plan, "links": links})
        shown = Page(rendered).text()
        assert rendered.count('<details class="link') == len(changing) + (number if rows else 0)
        assert (f"{number} links that are in sync have no row. Nothing is done in them." in shown) is not rows
        assert all(name in shown for name in changing)

    def test_equal_plans_have_equal_pages(self) -> None:
        assert page.plan_page(evidence.small_plan()) == page.plan_page(copy.deepcopy(evidence.small_plan()))

    @pytest.mark.parametrize(
        ("hashes", "said"),
        [
            ({"plan": "a", "expected": "a"}, "is the one that was approved"),
            ({"plan": "a", "expected": "b"}, "is not the one that was approved"),
            ({"plan": "a"}, None),
            ({}, None),
        ],
    )
    def test_whether_the_approved_plan_was_applied(self, hashes: dict[str, str], said: str | None) -> None:
        shown = Page(page.report_page({**evidence.small_report(), "hashes": hashes})).text()
        assert ("that was approved." in shown) == (said is not None)
        assert said is None or said in shown

    def test_few_users_are_rows_and_many_are_data(self) -> None:
        few, many = (page.report_page(evidence.large_report(number)) for number in (page.STATIC_USERS, 1000))
        listed = [len(re.findall(r'class="name">[^<]*\.\d{5}@', text)) for text in (few, many)]
        assert listed == [page.STATIC_USERS, 10]
        assert "All users are in report.json" in many
        assert "All users are in report.json" not in few
        data = json.loads(re.findall(r'<script type="application/json">(.*?)</script>', many)[0])
        assert len(data["rows"]) == 1000

    def test_those_who_need_attention_are_first(self) -> None:
        users = page.ordered_users(evidence.five_users())
        assert [user["state"] for user in users] == ["synced", "failed", "coming", "synced", "left"]
        assert [states.needs_attention(user) for user in users] == [True, True, False, False, False]

    def test_of_many_links_only_those_with_trouble_are_open(self) -> None:
        text = page.report_page(evidence.mesh_report(6))
        links = [one for one in Page(text).all("details") if str(one.get("class")).startswith("link")]
        assert len(links) == 30
        opened = [one for one in links if "open" in one]
        assert 0 < len(opened) <= page.MOST_OPEN
        assert [one for one in opened if one["class"] == "link good"] == []

    def test_ten_thousand_users_fit(self) -> None:
        assert len(page.report_page(evidence.large_report()).encode()) < 5_000_000

    def test_headings_have_no_gaps(self, text: str) -> None:
        levels = [int(tag[1]) for tag, _attributes in Page(text).elements if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))

    def test_tables_name_their_columns(self, text: str) -> None:
        found = Page(text)
        assert len(found.all("caption")) == len(found.all("table"))
        assert [one for one in found.all("th") if "scope" not in one] == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-11-28T14:03:11Z", "2026-11-28 14:03 UTC"),
        ("2026-11-28T14:03:11+00:00", "2026-11-28 14:03 UTC"),
        ("2026-11-28T22:00:00-05:30", "2026-11-28 22:00 -05:30"),
        ("2026-11-28", "2026-11-28"),
        ("soon", "soon"),
        (None, "not known"),
    ],
)
def test_times(given: str | None, shown: str) -> None:
    assert page.moment(given).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("values", "shown"),
    [([0.2], "less than 1 min"), ([20, 40], "20 min to 40 min"), ([90, 600], "90 min to 10.0 h"), ([3000, 3000], "2.1 days")],
)
def test_durations(values: list[float], shown: str) -> None:
    assert page.minutes(values) == shown


class TestDifferences:
    @pytest.mark.parametrize(
        ("before", "after", "rows", "same"),
        [
            ({}, {}, [], 0),
            (None, None, [], 0),
            ({"mode": "all"}, {"mode": "all"}, [], 1),
            ({"mode": "all"}, {"mode": "assigned"}, [Row("mode", ["all"], ["assigned"])], 0),
            ({"a": {"b": False, "c": 1}}, {"a": {"b": True, "c": 1}}, [Row("a / b", ["false"], ["true"])], 1),
            ({"users": ["x", "y"]}, {"users": ["y", "z"]}, [Row("users", ["x"], ["z"])], 0),
            ({"users": ["x"]}, {"users": []}, [Row("users", ["x"], ["none"])], 0),
            ({"users": ["x", "y"]}, {"users": ["y", "x"]}, [Row("users", ["x", "y"], ["y", "x"])], 0),
            ({"name": "Fabrikam"}, {}, [Row("name", ["Fabrikam"], [])], 0),
            ({}, {"trust": {"mfa": True}}, [Row("trust / mfa", [], ["true"])], 0),
            ({"trust": {"mfa": True}}, {"trust": None}, [Row("trust / mfa", ["true"], [])], 0),
            ({"note": None}, {"note": ""}, [Row("note", ["none"], ["(empty)"])], 0),
            (
                {"mappings": [{"target": "mail", "source": "mail"}, {"target": "city", "source": "city"}]},
                {"mappings": [{"target": "mail", "source": "otherMail"}, {"target": "city", "source": "city"}]},
                [Row("mappings / mail / source", ["mail"], ["otherMail"])],
                3,
            ),
            ({"x": [{"a": 1}]}, {"x": [{"a": 2}]}, [Row("x", ['{"a": 1}'], ['{"a": 2}'])], 0),
        ],
    )
    def test_rows(self, before: Any, after: Any, rows: list[Row], same: int) -> None:
        found = differences(before, after)
        assert (found.rows, found.same) == (rows, same)

    def test_long_lists_are_cut(self) -> None:
        (row,) = differences({"users": []}, {"users": [str(number) for number in range(60)]}).rows
        assert row.after[-1] == "and 10 more"

    @given(
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=3), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner)
        )
    )
    def test_nothing_differs_from_itself(self, value: Any) -> None:
        assert differences({"value": value}, {"value": value}).rows == []


def tenant(number: int) -> Tenant:
    return {"name": f"tenant{number}", "tenant_id": str(number)}


def edges(pairs: Any) -> list[graph.Edge]:
    return [graph.Edge(f"{one}_to_{other}", tenant(one), tenant(other), "in_sync") for one, other in pairs]


class TestGraph:
    @pytest.mark.parametrize(
        ("pairs", "matrix"),
        [
            ([(0, 1)], False),
            (itertools.permutations(range(2), 2), False),
            (itertools.permutations(range(5), 2), False),
            (itertools.permutations(range(6), 2), True),
            ([(0, other) for other in range(1, 15)], False),
            ([(0, other) for other in range(1, 16)], True),
            ([(one, other) for one, other in itertools.permutations(range(30), 2) if 0 in (one, other)], True),
            ([(one, other) for one, other in itertools.permutations(range(15), 2) if 0 in (one, other)], False),
            (itertools.permutations(range(20), 2), True),
            ([(0, 0)], False),
            ([(0, 1), (0, 1), (1, 0)], False),
        ],
    )
    def test_every_link_is_drawn_inside(self, pairs: Any, matrix: bool) -> None:
        given = edges(pairs)
        drawing = graph.draw(given)
        assert drawing is not None
        assert drawing.is_matrix == matrix
        drawn = drawing.cells if matrix else drawing.arrows
        assert [one.edge for one in drawn] == given
        assert not matrix or len({(one.x, one.y) for one in drawn}) == len(given)
        assert all(0 <= one.x <= drawing.width and 0 <= one.y <= drawing.height for one in drawn)
        assert all(
            0 <= float(x) <= drawing.width and 0 <= float(y) <= drawing.height for one in drawing.arrows for x, y in points(one.path)
        )

    @pytest.mark.parametrize("number", range(2, 16))
    def test_nodes_do_not_touch(self, number: int) -> None:
        for pairs in ([(one, (one + 1) % number) for one in range(number)], [(0, other) for other in range(1, number)]):
            drawing = graph.draw(edges(pairs))
            assert drawing is not None
            for one, other in itertools.combinations(drawing.nodes, 2):
                assert abs(one.x - other.x) >= graph.NODE_WIDTH or abs(one.y - other.y) >= graph.NODE_HEIGHT

    def test_symbols_do_not_cover_each_other(self) -> None:
        drawing = graph.draw(edges([*itertools.permutations(range(3), 2), (0, 1)]))
        assert drawing is not None
        for one, other in itertools.combinations(drawing.arrows, 2):
            assert math.dist((one.x, one.y), (other.x, other.y)) > 20

    def test_no_links(self) -> None:
        assert graph.draw([]) is None


def points(path: str) -> list[tuple[str, str]]:
    return re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)


class TestTimeline:
    def test_kinds_and_totals(self) -> None:
        cycles: list[Cycle] = [
            {"time": "2026-11-02T00:00:00Z", "counts": {"update success": 4, "stagedDelete success": 1, "update skipped": 2}},
            {"time": "2026-11-01T00:00:00Z", "counts": {"create success": 8, "create failure": 2, "disable success": 1}},
        ]
        chart = charts.timeline(cycles)
        assert chart is not None
        assert {one.name: one.numbers for one in chart.series} == {
            "created": [8, 0],
            "updated": [0, 4],
            "deleted": [0, 1],
            "disabled": [1, 0],
            "skipped": [0, 2],
            "failed": [2, 0],
        }
        assert chart.description.endswith("8 created, 4 updated, 1 deleted, 1 disabled, 2 skipped, 2 failed")

    @pytest.mark.parametrize("number", [1, 2, 12, charts.MOST, charts.MOST + 7])
    def test_bars_are_inside(self, number: int) -> None:
        chart = charts.timeline(evidence.cycles(number))
        assert chart is not None
        assert len(chart.times) == min(number, charts.MOST)
        assert chart.left_out == max(0, number - charts.MOST)
        for drawn in (drawn for one in chart.series for drawn in one.bars):
            assert charts.LEFT <= drawn.x <= drawn.x + drawn.width <= chart.width - charts.RIGHT
            assert 0 <= drawn.y < drawn.y + drawn.height <= chart.height

    def test_no_cycles(self) -> None:
        assert charts.timeline([]) is None
