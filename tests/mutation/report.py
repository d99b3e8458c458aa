# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the mutants: the table, and what is wrong with it. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SURVIVED = "survived"
REFUSED = "refused"
UNTESTED = "could not be tested"
DEAD = ("killed", "timeout")
LEAST_SCORE = 90.0


@dataclass(frozen=True)
class Mutant:
    """One mutation: the function, the changed lines with ``-`` or ``+`` in front of each, and what became of it."""

    function: str
    mutation: str
    status: str


@dataclass(frozen=True)
class Judged:
    """A survivor that is known, and the reason why no test kills it."""

    file: str
    function: str
    mutation: str
    reason: str


@dataclass(frozen=True)
class Row:
    """The result of a file."""

    file: str
    refused: int
    mutants: int
    killed: int
    survived: int
    seconds: float

    @property
    def score(self) -> float:
        """Of a hundred mutants, how many were killed."""
        return 100 * self.killed / self.mutants if self.mutants else 100.0

    def __str__(self) -> str:
        return f"| `{self.file}` | {self.refused} | {self.mutants} | {self.killed} | {self.survived} | {self.score:.1f} % | {self.seconds:.0f} |"


HEAD = """\
| file | refused by mypy | mutants | killed | survived | score | seconds |
|---|---|---|---|---|---|---|"""


def row(file: str, mutants: Sequence[Mutant], seconds: float) -> Row:
    """Count the mutants of a file."""
    refused = sum(mutant.status == REFUSED for mutant in mutants)
    killed = sum(mutant.status in DEAD for mutant in mutants)
    return Row(file, refused, len(mutants) - refused, killed, len(mutants) - refused - killed, seconds)


def page_with(page: str, rows: Sequence[Row], order: Sequence[str]) -> str:
    """The page with these rows in its last table, which keeps the rows of other files that are still in the order."""
    text, _head, table = page.partition(HEAD)
    lines = {line.split("`")[1]: line for line in table.splitlines() if "`" in line} | {one.file: str(one) for one in rows}
    return text + "\n".join([HEAD, *(lines[file] for file in order if file in lines), ""])


def complaints(rows: Sequence[Row], mutants: Mapping[str, Sequence[Mutant]], known: Sequence[Judged]) -> Iterator[str]:
    """Whatever makes ``make mutate`` fail."""
    for one in rows:
        if one.score < LEAST_SCORE:
            yield f"{one.file}: the score is {one.score:.1f} %, below {LEAST_SCORE:.0f} %"
    for file, of_file in mutants.items():
        listed = {(judged.function, judged.mutation) for judged in known if judged.file == file}
        alive = {(mutant.function, mutant.mutation): mutant.status for mutant in of_file if mutant.status not in (*DEAD, REFUSED)}
        for function, mutation in listed - set(alive):
            yield f"{file}: a listed survivor of {function} does not survive any more, remove it from survivors.yml:\n{mutation}"
        for (function, mutation), status in alive.items():
            if (function, mutation) not in listed:
                yield f"{file}: a mutant of {function} {status}:\n{mutation}"
