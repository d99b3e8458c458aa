# Copyright (c) 2026, the entra.cross_tenant_sync authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task can say when it stops: the sentences that the code raises, and the rows of the guides that explain them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.graph.errors import CredentialProblem
from ansible_collections.entra.cross_tenant_sync.plugins.module_utils.plan import Refusal

from .playbooks import REPOSITORY

GUIDES = [REPOSITORY / "docs" / f"guide_{name}.md" for name in ("troubleshooting", "messages", "sign_in", "address_book", "topology")]
"""Those with tables of messages and codes. What stands in several of them is explained in the first."""
TITLES = ("message or code", "code or symptom")
"""The first column of each table of a guide that quotes what a task or the service says about a failure."""
PLACEHOLDER = re.compile(r"\.\.\.|<[^>]*>")
VALUE = "\0"
"""In a text of the code, a value that is put in."""
RETURNED = (
    "module_utils/options/checks.py",
    "module_utils/options/forms.py",
    "plugin_utils/link_guard.py",
    "plugin_utils/link_arguments.py",
)
"""Files that return their sentences."""
COMPLETES = re.compile(
    rf"^Link {VALUE}: |Nothing was changed\.$|^[;(]|^in the next cycle, |^{VALUE} will be deleted|^may be deleted as well"
    rf"|^tenants\.{VALUE} \(|^{VALUE} {VALUE}; it is "
)
"""What only completes a sentence of these files, or is no refusal."""
RAISED = frozenset(
    {
        *(kind.__name__ for kind in (Refusal, CredentialProblem)),
        "Unseen",
        "WrongTenant",
        "Incomplete",
        "OpaqueToken",
        "Unusable",
        "LookupFault",
    }
)
"""What ends a task with a sentence of this collection."""


@dataclass(frozen=True)
class Sentence:
    """What one place of the code raises."""

    place: str
    texts: tuple[str, ...]
    """More than one where the sentence is put together of several texts."""


def texts_of(tree: ast.AST) -> Iterator[str]:
    """The texts in a part of the code, without docstrings. Each value that is put in is a `VALUE`."""
    nodes = list(ast.walk(tree))
    passed_over = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    passed_over |= {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed_over:
            yield node.value


def sentences() -> Iterator[Sentence]:
    """Every sentence that is written where it is raised, and those of files that return them."""
    for path in sorted((REPOSITORY / "plugins").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _name(node.exc.func) in RAISED):
                continue
            texts = tuple(
                text for argument in node.exc.args[:1] for text in texts_of(argument) if len(text.replace(VALUE, " ").split()) > 2
            )
            if texts:
                yield Sentence(f"{path.relative_to(REPOSITORY / 'plugins')}:{node.lineno}", texts)
    for file in RETURNED:
        found = texts_of(ast.parse((REPOSITORY / "plugins" / file).read_text(encoding="utf-8")))
        sentences_of = {text for text in found if VALUE in text and len(text.replace(VALUE, " ").split()) > 3}
        yield from (Sentence(file, (text,)) for text in sorted(sentences_of) if not COMPLETES.search(text))


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def rows(guide: str, titles: tuple[str, ...] = TITLES) -> list[str]:
    """The first cells of the tables of a guide whose first column has one of the titles."""
    tables = re.findall(r"^\| ([^|]+) \|.*\n\|[-|]+\n((?:\|.*\n)+)", guide.replace("| --- ", "|---"), re.MULTILINE)
    return [row.split(" | ")[0] for title, body in tables if title in titles for row in body.splitlines()]


def quotes(guide: str, titles: tuple[str, ...] = TITLES) -> list[str]:
    """The quotes in these cells."""
    return [quote for row in rows(guide, titles) for quote in re.findall(r"`([^`]+)`", row)]


def anchor(quote: str) -> str:
    """The anchor of a row that quotes this: the words of the quote. It never changes while the message has these words."""
    return "-".join(re.findall(r"\w+", PLACEHOLDER.sub(" ", quote).lower()))


def explained(guide: Path) -> dict[str, str]:
    """The quotes of a guide that can be linked to, each with its anchor."""
    cells = rows(guide.read_text(encoding="utf-8"))
    anchored = [(cell, set(re.findall(r'<a id="([\w-]+)"></a>', cell))) for cell in cells]
    return {quote: anchor(quote) for cell, ids in anchored for quote in re.findall(r"`([^`]+)`", cell) if anchor(quote) in ids}


def pattern(quote: str, words: tuple[str, ...] = ()) -> re.Pattern[str]:
    """What a text must have to be quoted so. A placeholder stands for any text; one of the words may be a value that is put in."""
    parts = [part.strip() for part in PLACEHOLDER.split(quote)]

    def word(one: str) -> str:
        return f"(?:{one}|{VALUE})" if one in words else re.escape(one)

    return re.compile(".+?".join(" ".join(map(word, part.split(" "))) for part in parts), re.DOTALL)
