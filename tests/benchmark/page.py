# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the documentation with the tables between markers."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.entra.cross_tenant_sync.tests.support.playbooks import REPOSITORY

from . import reach
from .results import Results

PAGE = REPOSITORY / "docs" / "developers" / "performance.md"


def write(results: Results) -> None:
    """Put the tables between their markers."""
    parts = {
        "reach": reached(results),
        "machine": ["", f"Measured on: {machine(results)}."],
        "profile": results.profile_table(),
        "versions": versions(results),
        "tables": results.tables(),
    }
    text = PAGE.read_text()
    for name, lines in parts.items():
        text = between(text, name, "\n".join(lines))
    PAGE.write_text(text)


def between(text: str, name: str, body: str) -> str:
    """The text with ``body`` between the markers of that name."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _begin, rest = text.partition(begin)
    return before + begin + body + "\n" + end + rest.partition(end)[2]


def machine(results: Results) -> str:
    """The machine and the versions."""
    return ", ".join(f"{name} {value}" for name, value in results.content.get("machine", {}).items())


def reached(results: Results) -> Iterator[str]:
    """The table of all figures, line by line."""
    yield from ("", "| figure | wanted | measured | | before |", "| --- | --- | --- | --- | --- |")
    for figure in reach.figures(results):
        yield f"| {figure.what} | {figure.limit} | {figure.shown} | {_word(figure.met)} | {figure.before} |"


def versions(results: Results) -> Iterator[str]:
    """The figures that were measured with other versions of ansible-core, beside those of the first one."""
    others = results.cores()
    if not others:
        return
    names = [_name(one) for one in (results, *others.values())]
    yield from ("", f"| figure | wanted | {' | '.join(names)} |", "| --- |" + " --- |" * (len(names) + 1))
    for found in zip(*(reach.figures(one) for one in (results, *others.values())), strict=True):
        if any(figure.value is not None for figure in found[1:]):
            yield f"| {found[0].what} | {found[0].limit} | {' | '.join(figure.shown for figure in found)} |"


def _name(results: Results) -> str:
    known = results.content.get("machine", {})
    return f"ansible-core {known.get('ansible-core')}, Python {known.get('python')}"


def _word(met: bool | None) -> str:
    return {True: "met", False: "not met", None: ""}[met]
