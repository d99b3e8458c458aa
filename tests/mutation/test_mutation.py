# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mutation testing itself: which mutations are made, and when ``make mutate`` fails. The mutants are tested by ``make mutate`` only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from . import report, targets

ROOT = Path(__file__).resolve().parents[2]
DEAD = report.Mutant("plan", "- a\n+ b", "killed")
ALIVE = replace(DEAD, status=report.SURVIVED)
REFUSED = replace(DEAD, status=report.REFUSED)
JUDGED = report.Judged("plan.py", "plan", "- a\n+ b", "both are the same")


class TestReport:
    def test_the_row_of_a_file(self) -> None:
        """What mypy refuses is no mutant: it could not be committed. A mutant that never ends is dead."""
        late, unknown = replace(DEAD, status="timeout"), replace(DEAD, status=report.UNTESTED)
        row = report.row("plan.py", [DEAD, late, unknown, ALIVE, REFUSED, REFUSED, REFUSED], 12.4)
        assert str(row) == "| `plan.py` | 3 | 4 | 2 | 2 | 50.0 % | 12 |"
        assert report.row("plan.py", [], 0).score == 100

    @staticmethod
    def complaints(mutants: list[report.Mutant], *known: report.Judged) -> list[str]:
        rows = [report.row("plan.py", mutants, 1)]
        return [text.splitlines()[0] for text in report.complaints(rows, {"plan.py": mutants}, known)]

    def test_a_listed_survivor_is_no_complaint(self) -> None:
        assert self.complaints([DEAD] * 9 + [ALIVE], JUDGED) == []

    @pytest.mark.parametrize("other", [{"mutation": "- a\n+ c"}, {"function": "Plan.apply"}, {"file": "apply.py"}], ids=str)
    def test_any_other_survivor_is_one(self, other: dict[str, Any]) -> None:
        said = self.complaints([DEAD] * 9 + [ALIVE], replace(JUDGED, **other))
        assert "plan.py: a mutant of plan survived:" in said

    def test_a_score_below_the_least_is_one_even_if_all_survivors_are_listed(self) -> None:
        assert self.complaints([DEAD] * 8 + [ALIVE], JUDGED) == ["plan.py: the score is 88.9 %, below 90 %"]

    @pytest.mark.parametrize("mutants", [[DEAD], [REFUSED], []], ids=str)
    def test_a_listed_survivor_that_does_not_survive_is_one(self, mutants: list[report.Mutant]) -> None:
        assert self.complaints(mutants, JUDGED) == [
            "plan.py: a listed survivor of plan does not survive any more, remove it from survivors.yml:"
        ]

    def test_the_page_gets_the_new_rows_and_keeps_the_others(self) -> None:
        rows = [report.row(file, [DEAD], 1) for file in ("a.py", "b.py", "c.py", "gone.py")]
        page = report.page_with(f"Text\n\n{report.HEAD}", rows, ["b.py", "a.py", "c.py", "gone.py"])
        assert page.splitlines() == ["Text", "", *report.HEAD.splitlines(), str(rows[1]), str(rows[0]), str(rows[2]), str(rows[3])]
        again = report.row("a.py", [ALIVE], 2)
        assert report.page_with(page, [again], ["a.py", "b.py", "c.py"]).splitlines()[4:] == [str(again), str(rows[1]), str(rows[2])]

    def test_of_files_that_were_not_tested_nothing_is_said(self) -> None:
        assert list(report.complaints([], {}, [JUDGED])) == []


class TestTables:
    def test_files_and_tests_exist(self) -> None:
        for file in targets.TARGETS:
            assert (ROOT / "plugins" / "module_utils" / file).is_file()
            assert [name for name in targets.tests_of(file) if not (ROOT / "tests" / "unit" / name).is_file()] == []

    def test_every_listed_survivor_has_a_file_of_the_table_and_a_reason(self) -> None:
        known = [
            report.Judged(**one) for one in yaml.safe_load((ROOT / "tests" / "mutation" / "survivors.yml").read_text(encoding="utf-8"))
        ]
        assert [judged for judged in known if judged.file not in targets.TARGETS or not judged.reason] == []
        assert len({(one.file, one.function, one.mutation) for one in known}) == len(known)


class TestDecisions:
    """Needs what ``make lint`` installs."""

    @staticmethod
    def mutations(code: str) -> list[str]:
        """The mutations of an expression or an assignment that are made, as code."""
        cst = pytest.importorskip("libcst")
        mutators = pytest.importorskip("mutmut.mutation.mutators")
        from .decisions import only_decisions

        module = cst.parse_module(code)
        found: list[str] = []

        class Visitor(cst.CSTVisitor):  # type: ignore[misc, name-defined]
            def on_visit(self, node: Any) -> bool:
                for kind, mutate in only_decisions(mutators.mutation_operators):
                    if isinstance(node, kind):
                        found.extend(module.deep_replace(node, mutated).code for mutated in mutate(node))
                return True

        module.visit(Visitor())
        return found

    @pytest.mark.parametrize(
        ("code", "mutations"),
        [
            ("'created'", ["'XXcreatedXX'"]),
            ("'a text'", []),
            ("f'{name} is odd'", []),
            ("text = 'a text'", []),
            ("text += f', {name}'", []),
            ("word = 'text'", ["word = None", "word = 'XXtextXX'"]),
            ("raise Refusal(f'{name} is odd')", []),
            ("raise Refusal('odd: ' f'{name}')", []),
            ("f('a text', 1)", ["f('a text', None)", "f('a text', )", "f('a text', 2)"]),
            ("a.lower()", ["a.upper()"]),
            ("a or b", ["a and b"]),
        ],
        ids=str,
    )
    def test_texts_are_left_alone(self, code: str, mutations: list[str]) -> None:
        assert self.mutations(code) == mutations


class TestDecorated:
    def test_bodies_become_functions_of_their_own(self) -> None:
        pytest.importorskip("libcst")
        from .decorated import with_plain_bodies

        code = [
            "@dataclass",
            "class A:",
            "    @property",
            "    def full(self) -> bool:",
            '        """Doc."""',
            "        def inner() -> bool:",
            "            return True",
            "        return inner()",
            "    @classmethod",
            "    def make(cls) -> A:",
            "        return cls()",
            "@lru_cache",
            "def known(first: str, second: int) -> str:",
            "    return first * second",
        ]
        assert with_plain_bodies("\n".join(code)).splitlines() == [
            *code[:4],
            "        return self.undecorated_full()",
            "    def undecorated_full(self) -> bool:",
            *code[4:13],
            "    return undecorated_known(first, second)",
            "def undecorated_known(first: str, second: int) -> str:",
            code[13],
        ]
